"""The truth: households of persons and the companies that some of them work for, before any source writes them down."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate, count
from random import Random

from cdv_site.demo.names import (
    BRITISH,
    COMPANY_STEMS,
    COMPANY_TRADES,
    CULTURES,
    LEGAL_FORMS,
    Culture,
    Form,
    feminine,
    words,
)
from cdv_site.demo.places import ADDRESSES, Address, Phone, address, landline, mobile

MAIL_DOMAINS = words(
    "mail.example inbox.example post.example webmail.example home.example letters.example quickpost.example"
)
_SHARES = list(accumulate(culture.share for culture in CULTURES))
_SIZES = (1,) * 36 + (2,) * 32 + (3,) * 15 + (4,) * 11 + (5,) * 6
_EPOCH = date(1938, 1, 1)


@dataclass(slots=True)
class Company:
    """An organisation that shops on account, and whose people share its switchboard."""

    entity_id: str
    stem: str
    legal_forms: tuple[str, ...]
    domain: str
    switchboard: Phone
    office: Address
    seats: int

    def written(self, rng: Random) -> str:
        """The name in one of the ways in which people write it."""
        name = f"{self.stem} {rng.choice(self.legal_forms)}".strip()
        return name.upper() if rng.random() < 0.1 else name


@dataclass(slots=True)
class Person:
    """One real person, with everything that is true of them; `cases` names what makes them hard to recognise."""

    entity_id: str
    serial: int
    culture: Culture
    gender: str
    given: Form
    middle: str
    family: Form
    suffix: str
    born: date
    home: Address
    landline: Phone | None
    mobile: Phone
    email: str
    second_email: str
    loyalty_id: str
    national_id: str
    devices: list[str]
    maiden: Form | None = None
    former_home: Address | None = None
    employer: Company | None = None
    cases: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Guest:
    """Somebody at a till who left no name: one visit, and nothing that would tell who it was."""

    entity_id: str


Party = Person | Company | Guest


def population(rng: Random) -> Iterator[list[Party]]:
    """Households, each a list of its members, with a company before every 35th and a guest here and there; endless."""
    serials, companies, guests = count(1), count(1), count(1)
    for number in count(1):
        if number % 35 == 1:
            company = found_company(next(companies), rng)
            yield [company]
        if rng.random() < 0.03:
            yield [Guest(f"G{next(guests):06d}")]
        yield household(serials, number, company, rng)


def found_company(number: int, rng: Random) -> Company:
    """A company; its name is made of two words and a legal form, and repeats only after some hundred others."""
    stem = COMPANY_STEMS[number * 7 % len(COMPANY_STEMS)]
    trade = COMPANY_TRADES[number * 5 % len(COMPANY_TRADES)].replace("_", " ")
    round_ = number // (len(COMPANY_STEMS) * len(COMPANY_TRADES))
    name = f"{stem} {trade}" + (f" {round_ + 1}" if round_ else "")
    domain = name.lower().replace(" ", "-") + ".example"
    office = address(ADDRESSES["GB"], rng)
    return Company(
        f"O{number:06d}", name, rng.choice(LEGAL_FORMS), domain, landline(500_000 + number), office, rng.randint(3, 8)
    )


def household(serials: Iterator[int], number: int, company: Company, rng: Random) -> list[Party]:
    """The people of one address: a couple, their grown children, sometimes twins or a son named like his father."""
    culture = rng.choices(CULTURES, cum_weights=_SHARES)[0]
    return [*_Household(serials, number, culture, company, rng).members()]


class _Household:
    """What the members of one household have in common while they are being made up."""

    def __init__(self, serials: Iterator[int], number: int, culture: Culture, company: Company, rng: Random) -> None:
        self.serials, self.culture, self.company, self.rng = serials, culture, company, rng
        self.abroad = culture is not BRITISH and rng.random() < 0.45
        self.country = ADDRESSES[culture.country if self.abroad else "GB"]
        self.home = address(self.country, rng)
        self.landline = landline(number) if not self.abroad and number < 500_000 and rng.random() < 0.45 else None
        self.family = family_name(culture, rng)
        self.size = rng.choice(_SIZES)
        self.parents_born = _EPOCH + timedelta(days=int(rng.random() * (23_000 if self.size < 3 else 14_000)))

    def members(self) -> list[Person]:
        """All members, eldest first."""
        people: list[Person] = []
        taken: set[Form] = set()
        for position in range(self.size):
            person = self._member(position, taken)
            if position >= 2:
                self._make_child_alike(person, people)
            people.append(person)
        self._share(people)
        for person in people:
            self._live(person)
        return people

    def _member(self, position: int, taken: set[Form]) -> Person:
        rng, culture = self.rng, self.culture
        gender = ("male", "female")[(position + (rng.random() < 0.5)) % 2]
        family = self.family if position == 0 or rng.random() < 0.87 else family_name(culture, rng)
        days = rng.random() * 1_800 if position < 2 else 8_000 + rng.random() * 3_000
        names = culture.male if gender == "male" else culture.female
        given = _not_yet(taken, names, rng)
        middle = pick(names, rng)
        serial = next(self.serials)
        return Person(
            entity_id=f"P{serial:06d}",
            serial=serial,
            culture=culture,
            gender=gender,
            given=given,
            middle=middle[1] if middle != given and rng.random() < 0.3 else "",
            family=self._borne_by(gender, family),
            suffix="",
            born=self.parents_born + timedelta(days=int(days)),
            home=self.home,
            landline=self.landline,
            mobile=mobile(self.country, serial),
            email="",
            second_email="",
            loyalty_id=loyalty_id(serial),
            national_id=f"QQ{serial * 271_829 % 1_000_000:06d}{'ABCD'[serial // 1_000_000 % 4]}",
            devices=[f"{serial * 2_654_435_761 % 2**32:08x}-{n:02d}" for n in range(2 if rng.random() < 0.2 else 1)],
        )

    def _make_child_alike(self, child: Person, people: list[Person]) -> None:
        """Sometimes a child is a twin of the one before, or bears the father's name."""
        sibling, father = people[-1], next((p for p in people[:2] if p.gender == "male"), None)
        if len(people) > 2 and not sibling.suffix and self.rng.random() < 0.12:
            for twin in (sibling, child):
                twin.born, twin.family = sibling.born, self._borne_by(twin.gender, self.family)
                twin.cases.add("twins")
        elif (
            father
            and not father.suffix
            and self.culture is BRITISH
            and child.gender == "male"
            and self.rng.random() < 0.12
        ):
            child.given, child.family, child.middle = father.given, father.family, father.middle
            for man, suffix in ((father, "Sr"), (child, "Jr")):
                man.suffix = suffix
                man.cases.add("senior_junior")

    def _borne_by(self, gender: str, family: Form) -> Form:
        return feminine(family, self.culture) if gender == "female" else family

    def _share(self, people: list[Person]) -> None:
        """Give everybody their e-mail, and let some couples use one for both and some families one tablet."""
        for person in people:
            person.email = email(person, MAIL_DOMAINS[person.serial % len(MAIL_DOMAINS)])
            if len(people) > 1:
                person.cases.add("household")
        if len(people) > 1 and self.rng.random() < 0.08:
            people[1].email = people[0].email
            people[0].cases.add("shared_email")
            people[1].cases.add("shared_email")
        if len(people) > 1 and self.rng.random() < 0.1:
            people[1].devices = [*people[1].devices, people[0].devices[0]]
            people[1].cases.add("shared_device")

    def _live(self, person: Person) -> None:
        """What happened to the person since the oldest records: moved, married, found work, opened a second mailbox."""
        rng = self.rng
        if rng.random() < 0.14:
            person.former_home = address(self.country, rng)
        if person.gender == "female" and "twins" not in person.cases and rng.random() < 0.12:
            person.maiden = person.family
            person.family = feminine(family_name(self.culture, rng), self.culture)
        if rng.random() < 0.2:
            domain = MAIL_DOMAINS[(person.serial + 3) % len(MAIL_DOMAINS)]
            person.second_email = email(person, domain)
        if self.company.seats and not self.abroad and rng.random() < 0.3:
            self.company.seats -= 1
            person.employer = self.company
            person.second_email = email(person, self.company.domain)


def pick(names: tuple[Form, ...], rng: Random) -> Form:
    """One of the names; those in front are common."""
    return names[int(len(names) * rng.random() ** 1.6)]


def _not_yet(taken: set[Form], names: tuple[Form, ...], rng: Random) -> Form:
    """A name that nobody else in the house has, as parents choose one."""
    name = next(name for name in iter(lambda: pick(names, rng), None) if name not in taken)
    taken.add(name)
    return name


def family_name(culture: Culture, rng: Random) -> Form:
    """A family name as a man of the culture bears it; one in three Britons has a rare one."""
    return pick(culture.rare_family if culture.rare_family and rng.random() < 0.35 else culture.family, rng)


def email(person: Person, domain: str) -> str:
    """A mailbox whose number makes it the person's alone."""
    given, family = (name[1].lower().replace(" ", "").replace("'", "") for name in (person.given, person.family))
    number = person.serial * 7_919 % 10_000 if person.serial < 10_000 else 10_000 + person.serial * 7_919 % 990_000
    local = (f"{given}.{family}", f"{given}{family}", f"{given[0]}.{family}", f"{given}_{family[0]}")[person.serial % 4]
    return f"{local}{number}@{domain}"


def loyalty_id(serial: int) -> str:
    """A card number of 13 digits with an EAN check digit, in the range that shops number themselves (29)."""
    digits = f"2900{serial * 38_196_601 % 10**8:08d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
