"""Where the demo's people live: streets, towns and postcodes that fit each other, and phone numbers of nobody.

The towns exist, the streets and postcodes are made up. Phone prefixes are ones that numbering plans keep for
fiction (the British area code 01632) or have handed to no operator, in lengths that are possible.
"""

from dataclasses import dataclass
from random import Random

from cdv_site.demo.names import COMPANY_STEMS, Form, words

Phone = tuple[str, str]
"""A phone number as (country calling code, national number without trunk zero); ("", text) is written as it is."""


@dataclass(frozen=True, slots=True)
class Address:
    """One postal address, each part in the script of its country and in Latin letters."""

    street: Form
    house_number: str
    unit: str
    postcode: str
    city: Form
    country: str


@dataclass(frozen=True, slots=True)
class Country:
    """What addresses and mobile numbers of a country look like.

    `#` in a postcode is a digit; British ones have the area only."""

    code: str
    calling_code: str
    mobile_prefix: str
    mobile_digits: int
    cities: tuple[tuple[Form, str], ...]
    streets: tuple[Form, ...]


def _cities(text: str) -> tuple[tuple[Form, str], ...]:
    """Read `native=Latin:postcode pattern` items."""
    items = (item.split(":") for item in words(text))
    return tuple(((name.split("=")[0], name.split("=")[-1]), pattern) for name, pattern in items)


def _streets(text: str) -> tuple[Form, ...]:
    items = (item.split("=") for item in words(text))
    return tuple((item[0], item[-1]) for item in items)


_GB_NAMES = words(
    "Mill Church Station Victoria Albert Park Orchard Chapel Priory Castle Bridge Canal Meadow Grange Manor Holly "
    "Laurel Cherry Hawthorn Sycamore Rowan Beech Chestnut Maple Poplar Juniper Linden Foundry Tannery Weaver Saddler "
    "Cooper Barley Harvest Sheaf Wheatfield Kingfisher Heron Swallow Curlew Nightingale Fox Badger Otter Quarry "
    "Limekiln Smithy Market Abbey Cloister Trinity Spring Brook Willow Reservoir Windmill Lighthouse Harbour Ferry "
    "Turnpike Tollgate"
)
_GB_KINDS = words("Road Street Lane Close Avenue Drive Gardens Terrace Way Crescent")

ADDRESSES: dict[str, Country] = {
    country.code: country
    for country in (
        Country(
            "GB", "44", "71", 8,
            _cities(
                "Leeds:LS London:SE Manchester:M Birmingham:B Bristol:BS Sheffield:S Liverpool:L "
                "Glasgow:G Edinburgh:EH Cardiff:CF Newcastle_upon_Tyne:NE Nottingham:NG Leicester:LE "
                "Norwich:NR Exeter:EX York:YO Oxford:OX Cambridge:CB Swansea:SA Belfast:BT Aberdeen:AB "
                "Plymouth:PL Derby:DE Bath:BA"
            ),
            tuple((f"{name} {kind}",) * 2 for kind in _GB_KINDS for name in (*_GB_NAMES, *COMPANY_STEMS)),
        ),
        Country(
            "DE", "49", "153", 8,
            _cities(
                "Berlin:10### München=Muenchen:80### Köln=Koeln:50### Hamburg:20### Leipzig:04### "
                "Düsseldorf=Duesseldorf:40###"
            ),
            _streets(
                "Lindenstraße=Lindenstrasse Gartenweg Bahnhofstraße=Bahnhofstrasse Mühlenweg=Muehlenweg Am_Markt "
                "Rosenallee Schillerplatz Königsallee=Koenigsallee Ährenweg=Aehrenweg Birkenhain"
            ),
        ),
        Country(
            "FR", "33", "90", 7,
            _cities("Lyon:690## Paris:750## Lille:590## Nîmes=Nimes:300## Orléans=Orleans:450## Rennes:350##"),
            _streets(
                "rue_des_Lilas avenue_de_la_Gare rue_du_Château=rue_du_Chateau place_de_l'Église=place_de_l'Eglise "
                "boulevard_des_Alpes chemin_Vert rue_Molière=rue_Moliere quai_des_Brumes"
            ),
        ),
        Country(
            "PL", "48", "409", 6,
            _cities("Kraków=Krakow:30-### Łódź=Lodz:90-### Warszawa:00-### Gdańsk=Gdansk:80-### Poznań=Poznan:60-###"),
            _streets(
                "ul._Polna ul._Leśna=ul._Lesna ul._Słoneczna=ul._Sloneczna ul._Krótka=ul._Krotka ul._Szkolna "
                "al._Jesionowa ul._Żeromskiego=ul._Zeromskiego ul._Ogrodowa"
            ),
        ),
        Country(
            "GR", "30", "688", 7,
            _cities("Αθήνα=Athina:10#_## Θεσσαλονίκη=Thessaloniki:54#_## Πάτρα=Patra:26#_## Ηράκλειο=Irakleio:71#_##"),
            _streets("Ελαιώνων=Elaionon Αγίου_Γεωργίου=Agiou_Georgiou Παραλίας=Paralias Μύλων=Mylon Ακακίας=Akakias"),
        ),
        Country(
            "UA", "380", "69", 7,
            _cities("Київ=Kyiv:01### Львів=Lviv:79### Одеса=Odesa:65### Харків=Kharkiv:61###"),
            _streets(
                "вул._Садова=vul._Sadova вул._Лугова=vul._Luhova вул._Шкільна=vul._Shkilna вул._Зелена=vul._Zelena"
            ),
        ),
        Country(
            "RU", "7", "979", 7,
            _cities("Казань=Kazan:420### Самара=Samara:443### Пермь=Perm:614### Омск=Omsk:644###"),
            _streets("ул._Садовая=ul._Sadovaya ул._Лесная=ul._Lesnaya ул._Речная=ul._Rechnaya ул._Новая=ul._Novaya"),
        ),
        Country(
            "SA", "966", "52", 7,
            _cities("الرياض=Riyadh:11### جدة=Jeddah:21### الدمام=Dammam:32###"),
            _streets("شارع_النخيل=Al_Nakheel_Street شارع_الورود=Al_Wurud_Street شارع_البحر=Al_Bahr_Street"),
        ),
        Country(
            "AE", "971", "51", 7,
            _cities("دبي=Dubai: أبوظبي=Abu_Dhabi: الشارقة=Sharjah:"),
            _streets("شارع_اللؤلؤ=Al_Lulu_Street شارع_الصقر=Al_Saqr_Street شارع_الواحة=Al_Waha_Street"),
        ),
        Country(
            "CN", "86", "140", 8,
            _cities("上海=Shanghai:2000## 北京=Beijing:1000## 广州=Guangzhou:5100## 成都=Chengdu:6100##"),
            _streets("梅花路=Meihua_Road 青松街=Qingsong_Street 湖滨路=Hubin_Road 竹林巷=Zhulin_Lane"),
        ),
        Country(
            "JP", "81", "60", 8,
            _cities("東京=Tokyo:150-00## 大阪=Osaka:530-00## 札幌=Sapporo:060-00## 福岡=Fukuoka:810-00##"),
            _streets("桜通り=Sakura-dori 松原=Matsubara 青葉台=Aobadai 港町=Minatocho"),
        ),
    )
}  # fmt: skip

_INWARD = "ABDEFGHJLNPQRSTUWXYZ"


def postcode(country: Country, pattern: str, street_index: int, block: int) -> str:
    """The postcode of a block of houses: the same street and block of a town always share one."""
    number = (street_index * 7919 + block * 104729 + 12345) % 1_000_003
    digits = f"{number:06d}"[::-1]
    if country.code != "GB":
        return "".join(digits[i % 6] if char == "#" else char for i, char in enumerate(pattern))
    first, second = divmod(number % 400, 20)
    return f"{pattern}{number % 23 + 1} {number % 9 + 1}{_INWARD[first]}{_INWARD[second]}"


def address(country: Country, rng: Random) -> Address:
    """A home somewhere in the country."""
    city, pattern = country.cities[int(len(country.cities) * rng.random() ** 1.3)]
    index = int(len(country.streets) * rng.random())
    house = 1 + int(180 * rng.random() ** 1.5)
    unit = f"Flat {1 + int(30 * rng.random())}" if country.code == "GB" and rng.random() < 0.15 else ""
    return Address(
        country.streets[index], str(house), unit, postcode(country, pattern, index, house // 20), city, country.code
    )


def mobile(country: Country, serial: int) -> Phone:
    """The mobile number of the person with this serial number; two people never get the same by chance."""
    size: int = 10**country.mobile_digits
    return country.calling_code, f"{country.mobile_prefix}{serial * 61_803_399 % size:0{country.mobile_digits}d}"


def landline(serial: int) -> Phone:
    """A line of the area code 01632, which exists in films only."""
    return "44", f"1632{serial * 618_033 % 1_000_000:06d}"
