"""What each source knows of a party: the true facts, partly filled, as they are before a source writes its row."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from cdv_site.demo import dirt
from cdv_site.demo.facts import Facts
from cdv_site.demo.people import Company, Guest, Party, Person
from cdv_site.demo.places import Phone

KEYS = ("pos", "shop", "app", "crm", "callcentre")
_PRESENT = {"pos": 0.36, "shop": 0.41, "app": 0.29, "crm": 0.38, "callcentre": 0.17}
_TWICE = {"pos": 0.03, "crm": 0.05}

# How often a source holds a value, of those that it has a place for.
_FILLED: dict[str, dict[str, float]] = {
    "pos": {"name": 0.93, "phone": 0.75, "loyalty": 0.62, "postcode": 0.3, "kiosk": 0.15},
    "shop": {"name": 1, "email": 1, "phone": 0.6, "address": 0.85, "born": 0.35, "language": 0.9, "contact": 0.5},
    "app": {"name": 0.96, "email": 0.8, "phone": 0.7, "devices": 0.95, "loyalty": 0.5, "born": 0.5, "postcode": 0.35,
            "language": 1},
    "crm": {"name": 1, "email": 0.65, "phone": 0.82, "national": 0.35, "address": 0.95, "loyalty": 0.45, "born": 0.75,
            "gender": 0.7, "contact": 0.6},
    "callcentre": {"name": 0.98, "phone": 0.93, "born": 0.45, "address": 0.55, "email": 0.25, "loyalty": 0.2},
}  # fmt: skip
_NATIVE_SCRIPT = {"pos": 0.0, "shop": 0.6, "app": 0.6, "crm": 0.0, "callcentre": 0.0}
_ID_FORMATS = {"pos": "T-{:07d}", "shop": "{:08d}", "app": "acc_{:07d}", "crm": "C{:07d}", "callcentre": "CC-{:07d}"}
KIOSKS = ("KIOSK-LEEDS-1", "KIOSK-LEEDS-2", "KIOSK-YORK-1", "KIOSK-BATH-1")
_NO_EVIDENCE: frozenset[object] = frozenset(
    ("", "0000000000000", *KIOSKS, *dirt.NO_EMAIL, *(("", number) for number in dirt.NO_PHONE))
)
_FIRST_DAY = date(2022, 1, 3)


class Desk:
    """Hands out the external ids of the five sources and writes down what each knows."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.issued = dict.fromkeys(KEYS, 0)

    def records_of(self, party: Party) -> list[Facts]:
        """All records of a party over all sources, at least one."""
        if isinstance(party, Guest):
            return [self._of_guest(party)]
        if isinstance(party, Company):
            return list(self._of_company(party))
        records = [self._of_person(party, source) for source in self._registrations()]
        self._quote_numbers(records)
        self._link(records, party)
        _note_doubles(records)
        return records

    def blank(self, source: str, entity_id: str) -> Facts:
        """An empty record with its id; ids follow no order that would give anything away."""
        self.issued[source] += 1
        number = self.issued[source] * 618_033 % 10_000_000
        day = _FIRST_DAY + timedelta(days=int(self.rng.random() * 1_300))
        updated = f"{day}T{int(self.rng.random() * 86_400) // 3600:02d}:{number % 60:02d}:00"
        return Facts(source, _ID_FORMATS[source].format(number), entity_id, updated)

    def _registrations(self) -> list[str]:
        """The sources that know a person; CRM comes before the call centre, which quotes its numbers."""
        random = self.rng.random
        known: list[str] = []
        while not known:
            for source in KEYS:
                if random() < _PRESENT[source]:
                    known += [source, source] if random() < _TWICE.get(source, 0) else [source]
        return known

    def _of_guest(self, guest: Guest) -> Facts:
        facts = self.blank("pos", guest.entity_id)
        facts.given, facts.family = self.rng.choice(dirt.NOBODY)
        facts.phones = [("", self.rng.choice(dirt.NO_PHONE))] if self.rng.random() < 0.5 else []
        facts.loyalty = "0000000000000" if self.rng.random() < 0.3 else ""
        facts.devices = [self.rng.choice(KIOSKS)]
        facts.cases = {"placeholder", "guest", "kiosk_device"}
        return facts

    def _of_company(self, company: Company) -> Iterator[Facts]:
        for source in ("crm", "shop") if self.rng.random() < 0.6 else ("crm", "crm"):
            facts = self.blank(source, company.entity_id)
            facts.kind, facts.organisation = "organisation", company.written(self.rng)
            facts.emails = [f"info@{company.domain}"]
            facts.phones = [company.switchboard]
            facts.address = company.office
            facts.cases = {"company", "switchboard"}
            yield facts

    def _of_person(self, person: Person, source: str) -> Facts:
        """A record of a person: what the source asks for, of the life that the person led at the time, then soiled."""
        facts = self.blank(source, person.entity_id)
        facts.cases |= person.cases - {"shared_email", "shared_device"}
        held = {name for name, share in _FILLED[source].items() if self.rng.random() < share}
        if "name" not in held:
            held |= {"phone", "loyalty"}
        long_ago = self.rng.random() < 0.4
        if "name" in held:
            self._name(facts, person, long_ago)
        self._contacts(facts, person, held)
        self._identifiers(facts, person, held)
        self._home(facts, person, held, long_ago)
        facts.born = person.born if "born" in held else None
        facts.gender = person.gender if "gender" in held else ""
        facts.language = person.culture.language if "language" in held else ""
        facts.contact = self.rng.choice(("email", "phone", "post", "none")) if "contact" in held else ""
        dirt.soil(facts, self.rng)
        named = facts.given and (facts.given, facts.family) not in dirt.NOBODY
        if person.suffix and named and (source == "pos" or facts.born != person.born or self.rng.random() < 0.7):
            facts.suffix = person.suffix
        return facts

    def _name(self, facts: Facts, person: Person, long_ago: bool) -> None:
        foreign = person.culture.has_own_script
        facts.native = foreign and self.rng.random() < _NATIVE_SCRIPT[facts.source]
        script = 0 if facts.native or (not foreign and facts.source in ("shop", "app", "crm")) else 1
        family = person.maiden if person.maiden and long_ago else person.family
        facts.given, facts.family = person.given[script], family[script]
        if person.middle and facts.source in ("crm", "shop") and not facts.native and self.rng.random() < 0.6:
            facts.middle = person.middle if self.rng.random() < 0.5 else person.middle[0]
        if person.maiden and long_ago:
            facts.cases.add("married")
        if foreign:
            facts.cases.add("native_script" if facts.native else "transliterated")

    def _contacts(self, facts: Facts, person: Person, held: set[str]) -> None:
        random = self.rng.random
        if "email" in held:
            facts.emails = [person.second_email if person.second_email and random() < 0.25 else person.email]
            if facts.source == "crm" and person.second_email and random() < 0.3:
                facts.emails = [person.email, person.second_email]
            facts.cases |= person.cases & {"shared_email"}
        if "phone" in held:
            at_home = person.landline if facts.source in ("crm", "callcentre") and random() < 0.35 else None
            facts.phones = [at_home or person.mobile]
            if at_home:
                facts.cases.add("shared_landline" if "household" in person.cases else "landline")
        if person.employer and facts.source in ("crm", "shop", "callcentre") and random() < 0.5:
            facts.company = person.employer.written(self.rng)
            facts.phones = [*facts.phones[: int(facts.source == "crm")], person.employer.switchboard]
            facts.cases.add("switchboard")

    def _identifiers(self, facts: Facts, person: Person, held: set[str]) -> None:
        facts.loyalty = person.loyalty_id if "loyalty" in held else ""
        facts.national = person.national_id if "national" in held else ""
        if "devices" in held:
            facts.devices = list(person.devices)
            facts.cases |= person.cases & {"shared_device"}
        if "kiosk" in held:
            facts.devices = [self.rng.choice(KIOSKS)]
            facts.cases.add("kiosk_device")

    def _home(self, facts: Facts, person: Person, held: set[str], long_ago: bool) -> None:
        home = person.former_home if person.former_home and long_ago else person.home
        if "address" in held:
            facts.address = home
        if "postcode" in held:
            facts.postcode = home.postcode
        if home is person.former_home and held & {"address", "postcode"}:
            facts.cases.add("moved")

    def _link(self, records: list[Facts], person: Person) -> None:
        """See to it that nearly every record shares evidence with another of the person: else two get the mobile."""
        shared: set[object] = {person.employer.switchboard} if person.employer else set()
        seen = evidence(records[0]) - shared
        for facts in records[1:]:
            if not (evidence(facts) - shared) & seen and self.rng.random() < 0.97:
                seen.add(person.mobile)
                for end in (records[0], facts):
                    _add_phone(end, person.mobile)
            seen |= evidence(facts) - shared

    def _quote_numbers(self, records: list[Facts]) -> None:
        """Every other caller whom CRM knows has the customer number at hand."""
        known = [facts.external_id for facts in records if facts.source == "crm"]
        for facts in records:
            if known and facts.source == "callcentre" and self.rng.random() < 0.5:
                facts.customer_number = known[0]


def _add_phone(facts: Facts, phone: Phone) -> None:
    """Put the number first; only CRM has room for a second one."""
    if phone not in facts.phones:
        facts.phones = [phone, *facts.phones[: int(facts.source == "crm")]]


def _note_doubles(records: list[Facts]) -> None:
    sources = [facts.source for facts in records]
    for facts in records:
        if sources.count(facts.source) > 1:
            facts.cases.add("registered_twice")


def evidence(facts: Facts) -> set[object]:
    """What a record could be recognised by: its own contacts and ids, and name with birth date or street."""
    found: set[object] = {*facts.emails, *facts.phones, *facts.devices, facts.loyalty, facts.national}
    found.add(facts.customer_number or (facts.external_id if facts.source == "crm" else ""))
    if facts.born and facts.family:
        found.add((facts.family.casefold(), facts.born))
    if facts.address and facts.family:
        home = facts.address
        found.add((facts.family.casefold(), facts.given[:2].casefold(), home.postcode, home.house_number))
    return found - _NO_EVIDENCE
