"""Addresses of many countries, in one line or in parts."""

import pytest

from profiles.canonical.registry import read
from profiles.canonical.types import Context

LINES = """
US | 123 Main Street Apt 4 | house_number=123; street=Main Street; unit=4
US | 123 MAIN ST APT 4 | house_number=123; street=Main Street; unit=4
US | 123 N MAIN ST | house_number=123; street=North Main Street
US | 1515 Adela Lane, Las Vegas NV 89132 | house_number=1515; street=Adela Lane; city=Las Vegas; region=NV; postcode=89132
US | 1515 Adela Lane Las Vegas NV 89132 | house_number=1515; street=Adela Lane; city=Las Vegas; region=NV; postcode=89132
US | 1515 Adela Ln, LV, NV | house_number=1515; street=Adela Lane; city=LV; region=NV
US | 123 Main St, Las Vegas | house_number=123; street=Main Street; city=Las Vegas
US | 123 Main St, Apt 4B, Springfield, IL, 62704, USA | house_number=123; street=Main Street; unit=4B; city=Springfield; region=IL; postcode=62704; country=US
US | 12 Elm St, Springfield, Illinois 62704 | house_number=12; street=Elm Street; city=Springfield; region=IL; postcode=62704
US | 1600 Pennsylvania Ave NW, Washington, DC 20500 | house_number=1600; street=Pennsylvania Avenue Northwest; city=Washington; region=DC; postcode=20500
US | 100 Broadway Suite 200, New York, NY 10005-1234 | house_number=100; street=Broadway; unit=200; city=New York; region=NY; postcode=10005-1234
US | 742 Evergreen Ter # 3 | house_number=742; street=Evergreen Terrace; unit=3
US | Adventura Apartments 638 Downey St, Salem, OR | house_number=638; street=Downey Street; city=Salem; region=OR; free:address_extra=Adventura Apartments
US | #321, Street 128 | house_number=321; street=Street 128
US | No 321, Street 128 Phnom Penh Cambodia | house_number=321; street=Street 128; city=Phnom Penh; country=KH
SG | #01-11, Tower2, 4 Hillview Rise, 667979 | house_number=4; street=Hillview Rise; unit=01-11; postcode=667979; free:address_extra=Tower2
DE | Feldstr. 10, FL-2198 Triesen, Lichtenstien | house_number=10; street=Feldstraße; postcode=2198; city=Triesen; free:address_extra=Lichtenstien
US | #4 123 Main St | house_number=123; street=Main Street; unit=4
US | Unit 5 12 Elm St | house_number=12; street=Elm Street; unit=5
US | 350 5th Ave | house_number=350; street=5th Avenue
US | 3 St James St | house_number=3; street=St James Street
US | 123 Main St 4 | house_number=123; street=Main Street; unit=4
US | 5 Avenue | street=5 Avenue
US | Highway 61 | street=Highway 61
US | 4500 County Road 12 | house_number=4500; street=County Road 12
US | PO Box 123 | street=PO Box 123
US | P.O. Box 123 | street=PO Box 123
US | One Microsoft Way | street=One Microsoft Way
US | Las Vegas, NV | city=Las Vegas; region=NV
US | Apt 4 | unit=4
CA | 10 King St W, Toronto, ON M5H 1A1 | house_number=10; street=King Street West; city=Toronto; region=ON; postcode=M5H 1A1
GB | 12 Mill Road | house_number=12; street=Mill Road
GB | 221B Baker Street | house_number=221B; street=Baker Street
GB | Flat 4, 12 High Street, London | unit=4; house_number=12; street=High Street; city=London
GB | 12 High St, London SW1A 1AA | house_number=12; street=High Street; city=London; postcode=SW1A 1AA
GB | 12 High St, London, sw1a1aa, UK | house_number=12; street=High Street; city=London; postcode=SW1A 1AA; country=GB
GB | Rose Cottage, Church Lane, Oxford | free:address_extra=Rose Cottage; street=Church Lane; city=Oxford
GB | 10 Downing Street, Westminster, London SW1A 2AA | house_number=10; street=Downing Street; free:address_extra=Westminster; city=London; postcode=SW1A 2AA
GB | 12 | street=12
AU | 4/17 Smith St, Carlton VIC 3053 | unit=4; house_number=17; street=Smith Street; city=Carlton; region=VIC; postcode=3053
DE | Hauptstraße 12b | street=Hauptstraße; house_number=12B
DE | Hauptstr. 12 b | street=Hauptstraße; house_number=12B
DE | HAUPTSTR. 12 | street=Hauptstraße; house_number=12
DE | Hauptstrasse 12-14 | street=Hauptstraße; house_number=12-14
DE | Berliner Str. 5 | street=Berliner Straße; house_number=5
DE | Hauptstr. 12, 10115 Berlin | street=Hauptstraße; house_number=12; postcode=10115; city=Berlin
DE | Hauptstr. 12 10115 Berlin | street=Hauptstraße; house_number=12; postcode=10115; city=Berlin
DE | Straße des 17. Juni 135 | street=Straße des 17. Juni; house_number=135
DE | Musterweg 3, Hinterhaus, 20095 Hamburg | street=Musterweg; house_number=3; unit=Hinterhaus; postcode=20095; city=Hamburg
CH | Bahnhofstrasse 10, CH-8001 Zürich | street=Bahnhofstrasse; house_number=10; postcode=8001; city=Zürich
AT | Stephansplatz 1/2/3, 1010 Wien | street=Stephansplatz; house_number=1/2/3; postcode=1010; city=Wien
NL | Kerkstr. 5, 1017 GA Amsterdam | street=Kerkstraat; house_number=5; postcode=1017 GA; city=Amsterdam
FR | 12 rue de la Paix | house_number=12; street=rue de la Paix
FR | 12, rue de la Paix, 75002 Paris, France | house_number=12; street=rue de la Paix; postcode=75002; city=Paris; country=FR
FR | 12bis av. Foch | house_number=12BIS; street=Avenue Foch
FR | 3 bd Saint-Michel | house_number=3; street=Boulevard Saint-Michel
ES | C/ Mayor 5, 3º B, 28013 Madrid | street=Calle Mayor; house_number=5; unit=3º B; postcode=28013; city=Madrid
ES | Avda. de América, 12 | street=Avenida de América; house_number=12
IT | Via Roma, 12 | street=Via Roma; house_number=12
IT | V.le Europa 3 | street=Viale Europa; house_number=3
BR | Av. Paulista, 1578, São Paulo | street=Avenida Paulista; house_number=1578; city=São Paulo
AR | 9 de Julio 123 | street=9 de Julio; house_number=123
PL | ul. Długa 5/7 m. 3, 00-001 Warszawa | street=ulica Długa; house_number=5/7; unit=3; postcode=00-001; city=Warszawa
RU | ул. Ленина, д. 5, кв. 4 | street=улица Ленина; house_number=5; unit=4
SE | Storgatan 5, 111 22 Stockholm | street=Storgatan; house_number=5; postcode=111 22; city=Stockholm
GR | Ερμού 12, Αθήνα | street=Ερμού; house_number=12; city=Αθήνα
SG | 4 Hillview Rise, SINGAPORE 667979 | house_number=4; street=Hillview Rise; city=Singapore; postcode=667979
JP | 東京都千代田区千代田1-1 | street=東京都千代田区千代田1-1
"""


def cases(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


@pytest.mark.parametrize(("region", "raw", "expected"), cases(LINES))
def test_a_line_is_taken_apart(region, raw, expected):
    found = read("address_line", raw, Context(region))
    wanted = dict(item.strip().split("=") for item in expected.split(";"))
    assert {field: values[0] for field, values in found.values.items()} == wanted


def test_lines_of_a_block_are_read_like_one_line():
    found = read("address_line", "12 Elm St\nSpringfield, IL 62704", Context("US")).values
    assert found["street"] == ("Elm Street",)
    assert found["city"] == ("Springfield",)


PARTS = """
street | GB | wallaby place | Wallaby Place
street | GB | Mill Rd | Mill Road
street | GB | MILL RD. | Mill Road
street | GB | St John's Close | St John's Close
street | DE | Hauptstr | Hauptstraße
street | DE | Marktpl. | Marktplatz
street | GB | Hauptstrasse | Hauptstraße
street | CH | Hauptstrasse | Hauptstrasse
street | GB | Am Ring | Am Ring
house_number | GB | 12 b | 12B
house_number | DE | Nr. 5 | 5
house_number | US | # 7 | 7
house_number | GB | 12.0 | 12
unit | GB | Flat 2 | 2
unit | US | Apt. 4b | 4B
unit | US | # 4 | 4
unit | US | Suite 200 | 200
unit | GB | 3rd Floor | 3rd Floor
unit | GB | 2a | 2A
postcode | GB | sw1a1aa | SW1A 1AA
postcode | DE | SW1A 1AA | SW1A 1AA
postcode | NL | 1017ga | 1017 GA
postcode | CA | m5h1a1 | M5H 1A1
postcode | DE | D-10115 | 10115
postcode | US | 891321234 | 89132-1234
postcode | US | 89132.0 | 89132
postcode | GB | 2119 | 2119
city | GB | LAS VEGAS | Las Vegas
city | GB | Stoke-on-Trent | Stoke-on-Trent
city | GB | münchen | München
region | US | Nevada | NV
region | US | nv | NV
region | GB | New York | NY
region | AU | New South Wales | NSW
region | CA | Québec | QC
region | GB | YORKSHIRE | Yorkshire
region | DE | Bayern | Bayern
"""


@pytest.mark.parametrize(("target", "region", "raw", "expected"), cases(PARTS))
def test_a_part_alone_is_tidied(target, region, raw, expected):
    assert read(target, raw, Context(region)).values[target] == (expected,)


@pytest.mark.parametrize("target", ["address_line", "street", "city", "region", "unit", "house_number", "postcode"])
def test_a_text_too_long_for_its_field_is_set_aside(target):
    found = read(target, "Main Street " * 100, Context())
    assert not found.values
    assert found.problem and found.problem.code == "too_long"
