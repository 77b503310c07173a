"""What a merge would make of two customers, before it happens: golden values, and what else it would touch."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from profiles.customers import ShownCustomer, ShownValue, show_members
from profiles.golden import members_of
from profiles.masking import Mask
from profiles.models import Membership, Profile, Source, User
from profiles.schema import Schema, published

from .models import Proposal

SIDES = "ABCDE"
EMPTY = ShownCustomer(UUID(int=0))


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of one side and the value of the other side that it is held against (empty: nothing to compare)."""

    value: str
    against: str
    equal: bool
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class Previewed:
    """One value as it would be after the merge: from which side it comes, and the survivorship rule that chose it."""

    value: ShownValue
    sides: str


@dataclass(frozen=True, slots=True)
class Row:
    """One field: after the merge, and on each side."""

    label: str
    after: Sequence[Previewed]
    cells: Sequence[Sequence[Cell]]

    @property
    def equal(self) -> bool:
        return all(cell.equal for side in self.cells for cell in side) and all(self.cells)


@dataclass(frozen=True, slots=True)
class Impact:
    """What a merge would do if this customer survived."""

    moved: int
    retired: int


def merged(profile_ids: Sequence[UUID], granted: Collection[int], mask: Mask) -> tuple[ShownCustomer, dict[int, str]]:
    """The customer that the visible records of all these would make, and the side of each record. 4 queries."""
    schema = published()
    side_of, members = {}, []
    for letter, found in zip(SIDES, _members(profile_ids, schema), strict=False):
        visible = [member for member in found if member.source_id in granted]
        members += visible
        side_of |= dict.fromkeys((member.record_id for member in visible), letter)
    return show_members(profile_ids[0], members, schema, mask), side_of


def parts(profile_id: UUID, leaving: Collection[int], mask: Mask) -> tuple[ShownCustomer, ShownCustomer]:
    """What stays and what leaves when these records are split off; the caller may see all records. 3 queries."""
    schema = published()
    members = members_of([profile_id], schema).get(profile_id, [])
    stays = [member for member in members if member.record_id not in leaving]
    leaves = [member for member in members if member.record_id in leaving]
    return show_members(profile_id, stays, schema, mask), show_members(profile_id, leaves, schema, mask)


def _members(profile_ids: Sequence[UUID], schema: Schema) -> list[list]:
    found = members_of(profile_ids, schema)
    return [found.get(profile_id, []) for profile_id in profile_ids]


def rows(shown: Sequence[ShownCustomer], after: ShownCustomer, side_of: Mapping[int, str]) -> list[Row]:
    """One row per field that any of the customers has, in the schema's order."""
    schema = published()
    keys = dict.fromkeys(key for customer in (*shown, after) for key in customer.golden)
    order = sorted(keys, key=lambda key: schema.fields[key].position if key in schema.fields else 10_000)
    return [Row(schema.label(key), _after(after.golden.get(key, []), side_of), _cells(key, shown)) for key in order]


def _after(values: Sequence[ShownValue], side_of: Mapping[int, str]) -> list[Previewed]:
    return [Previewed(value, "".join(sorted({side_of[pk] for pk in value.record_ids}))) for value in values]


def _cells(key: str, shown: Sequence[ShownCustomer]) -> list[list[Cell]]:
    sides = [customer.golden.get(key, []) for customer in shown]
    return [
        [_cell(value, mine, [other for i, side in enumerate(sides) if i != n for other in side]) for value in mine]
        for n, mine in enumerate(sides)
    ]


def _cell(value: ShownValue, mine: Sequence[ShownValue], others: Sequence[ShownValue]) -> Cell:
    """Characters are only held against each other where each side says one thing; of a masked value only what came of
    the comparison is told."""
    same = {other.token for other in others}
    equal = value.token in same
    if value.is_masked:
        return Cell("the same" if equal else "differs" if others else "only here", "", equal, is_masked=True)
    one_each = len(mine) == 1 and len(same) == 1
    return Cell(value.value, others[0].value if one_each else "", equal)


def impacts(profiles: Sequence[Profile], proposal: Proposal | None, user: User) -> dict[UUID, Impact]:
    """What a merge would do, by the customer that would survive; records and proposals the user may see are counted. 4
    queries."""
    ids = [profile.id for profile in profiles]
    seen = Membership.objects.filter(profile_id__in=ids, record__source__in=Source.objects.visible_to(user))
    records = seen.values_list("profile_id", flat=True)
    size = dict.fromkeys(ids, 0)
    for profile_id in records:
        size[profile_id] += 1
    waiting = Proposal.objects.awaiting_review().visible_to(user).filter(Q(left__in=ids) | Q(right__in=ids))
    ends = list(waiting.exclude(pk=proposal.pk if proposal else None).values_list("left_id", "right_id"))
    return {
        survivor: Impact(
            moved=sum(n for profile_id, n in size.items() if profile_id != survivor),
            retired=sum(1 for pair in ends if any(pid in pair for pid in ids if pid != survivor)),
        )
        for survivor in ids
    }
