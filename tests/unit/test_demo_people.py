"""The demo's people are consistent: what is theirs is theirs alone, and what a record tells leads back to them."""

from itertools import chain, combinations, islice
from random import Random

import pytest

from cdv_site.demo.facts import Facts
from cdv_site.demo.names import CULTURES, POLISH, RUSSIAN, feminine
from cdv_site.demo.people import Person, loyalty_id, population
from cdv_site.demo.records import Desk, evidence


def some_people(households: int) -> list[Person]:
    parties = chain.from_iterable(islice(population(Random(1)), households))
    return [party for party in parties if isinstance(party, Person)]


def test_shares_of_cultures_add_up() -> None:
    assert sum(culture.share for culture in CULTURES) == pytest.approx(1)


def test_no_two_people_have_the_same_number_card_or_mailbox_by_chance() -> None:
    people = some_people(6_000)
    for values in (
        [person.mobile for person in people],
        [person.loyalty_id for person in people],
        [person.national_id for person in people],
        [person.email for person in people if "shared_email" not in person.cases],
    ):
        assert len(set(values)) == len(values)


def test_couples_share_a_mailbox_and_families_a_landline() -> None:
    people = some_people(2_000)
    shared = [person.email for person in people if "shared_email" in person.cases]
    assert shared and len(set(shared)) == len(shared) // 2


def test_twins_have_one_birth_date_and_two_names() -> None:
    twins = [person for person in some_people(4_000) if "twins" in person.cases]
    pairs = [
        (left, right) for left, right in combinations(twins, 2) if left.home is right.home and left.born == right.born
    ]
    assert pairs
    assert all(left.given != right.given for left, right in pairs)


def test_a_junior_has_his_fathers_name_and_another_birth_date() -> None:
    men = [person for person in some_people(4_000) if person.suffix]
    fathers = {id(man.home): man for man in men if man.suffix == "Sr"}
    sons = [man for man in men if man.suffix == "Jr"]
    assert sons
    for son in sons:
        father = fathers[id(son.home)]
        assert (son.given, son.family) == (father.given, father.family)
        assert (son.born - father.born).days > 6_000


@pytest.mark.parametrize(
    ("name", "culture", "expected"),
    [
        (("Kowalski", "Kowalski"), POLISH, ("Kowalska", "Kowalska")),
        (("Nowak", "Nowak"), POLISH, ("Nowak", "Nowak")),
        (("Иванов", "Ivanov"), RUSSIAN, ("Иванова", "Ivanova")),
        (("Достоевский", "Dostoevsky"), RUSSIAN, ("Достоевская", "Dostoevskaya")),
    ],
)
def test_women_bear_the_feminine_form(name, culture, expected) -> None:
    assert feminine(name, culture) == expected


def test_card_numbers_carry_a_valid_check_digit() -> None:
    digits = [int(digit) for digit in loyalty_id(4711)]
    assert len(digits) == 13
    assert sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def test_nearly_all_true_pairs_are_connected_by_shared_evidence() -> None:
    desk = Desk(Random(1))
    pairs = lost = 0
    for person in some_people(1_500):
        records = desk.records_of(person)
        sizes = connected_sizes(records)
        pairs += len(records) * (len(records) - 1) // 2
        lost += sum(left * right for left, right in combinations(sizes, 2))
    assert 0 < lost < pairs * 0.02


def connected_sizes(records: list[Facts]) -> list[int]:
    """Sizes of the groups of records that share evidence, directly or through others."""
    groups: list[tuple[set[object], int]] = []
    for facts in records:
        own, size = evidence(facts), 1
        apart = []
        for group, count in groups:
            if group & own:
                own, size = own | group, size + count
            else:
                apart.append((group, count))
        groups = [*apart, (own, size)]
    return [size for _, size in groups]
