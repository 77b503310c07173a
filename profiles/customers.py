"""What one reader sees of customers: the best value that a granted source supports, with no sign of others."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count
from django.http import Http404, HttpRequest

from .golden import members_of
from .masking import Mask, masks_for, token
from .models import GoldenValue, Membership, Profile, Source, SourceRecord, User
from .schema import Schema, published
from .survivorship import Candidate, Member, Rule, rank_values


@dataclass(frozen=True, slots=True)
class ShownValue:
    """One value of a customer as the reader may see it, with where it came from."""

    field: str
    label: str
    value: str
    record_id: int
    record_ids: tuple[int, ...]
    rule: str
    rank: int
    token: str  # what it is held equal by

    @property
    def is_masked(self) -> bool:
        return self.token != self.value


@dataclass(slots=True)
class ShownCustomer:
    """A customer as the reader may see it: golden values and runners-up by field, and how many of its records."""

    id: UUID
    name: str = "Without a name"
    record_count: int = 0
    golden: dict[str, list[ShownValue]] = field(default_factory=dict)
    runners_up: dict[str, list[ShownValue]] = field(default_factory=dict)

    def first(self, key: str) -> str:
        return self.golden[key][0].value if key in self.golden else ""

    @property
    def address(self) -> str:
        street = " ".join(filter(None, (self.first("house_number"), self.first("street"), self.first("unit"))))
        place = " ".join(filter(None, (self.first("postcode"), self.first("city"))))
        return ", ".join(filter(None, (street, place, self.first("country"))))


def get_profile(request: HttpRequest, pk: UUID) -> Profile:
    """The profile, or 404 when the reader may not know of it. 2 queries."""
    profile = Profile.objects.visible_to(request.user).select_related("canonical").filter(pk=pk).first()
    if profile is None:
        raise Http404
    return profile


def granted_sources(user: User) -> set[int]:
    """Ids of the sources whose records the user may read. 1 query."""
    return set(Source.objects.visible_to(user).values_list("id", flat=True))


def show(profile_ids: Collection[UUID], user: User) -> dict[UUID, ShownCustomer]:
    """Customers as the user may see them: what granted sources say, masked as the role demands. 4 queries, 1 more for
    those who may reveal, 2 more where a customer has records that the user may not see, whatever their number.

    Of such a customer the values are chosen anew from the records that may be seen: the stored ranks, and what is said
    of why they won, come from the others too.
    """
    schema, granted = published(), granted_sources(user)
    masks, sizes = masks_for(user, profile_ids), _sizes(profile_ids)
    part = [pid for pid, counts in sizes.items() if not granted.issuperset(counts)]
    shown = {
        pid: assemble(pid, ranked, schema, masks.of(pid))
        for pid, ranked in _stored(set(profile_ids).difference(part), granted).items()
    }
    for pid, members in (members_of(part, schema) if part else {}).items():
        shown[pid] = show_members(pid, [one for one in members if one.source_id in granted], schema, masks.of(pid))
    for pid in profile_ids:
        customer = shown.setdefault(pid, ShownCustomer(pid))
        customer.record_count = sum(n for source, n in sizes.get(pid, {}).items() if source in granted)
    return shown


def _stored(profile_ids: Collection[UUID], granted: Collection[int]) -> dict[UUID, list[GoldenValue]]:
    """The values of customers all of whose records may be seen, in order of rank. 1 query."""
    by_profile: dict[UUID, list[GoldenValue]] = {profile_id: [] for profile_id in profile_ids}
    rows = GoldenValue.objects.filter(profile_id__in=profile_ids, source_ids__contained_by=list(granted))
    for value in rows.order_by("profile_id", "rank", "id"):
        by_profile[value.profile_id].append(value)
    return by_profile


def _sizes(profile_ids: Collection[UUID]) -> dict[UUID, dict[int, int]]:
    """How many live records of each source every customer has. 1 query."""
    rows = Membership.objects.filter(profile_id__in=profile_ids, record__state__in=SourceRecord.LIVE)
    found: dict[UUID, dict[int, int]] = {}
    for profile_id, source, n in (
        rows.order_by().values_list("profile_id", "record__source_id").annotate(Count("record_id"))
    ):
        found.setdefault(profile_id, {})[source] = n
    return found


def show_members(profile_id: UUID, members: Iterable[Member], schema: Schema, mask: Mask) -> ShownCustomer:
    """A customer made of exactly these records, which the reader may see: a merge before it happens, or a past day."""
    ranked = rank_values(members, {spec.key: Rule(spec.survivorship, spec.group) for spec in schema.fields.values()})
    return assemble(profile_id, sorted(ranked, key=lambda value: value.rank), schema, mask)


def assemble(profile_id: UUID, ranked: Iterable[GoldenValue | Candidate], schema: Schema, mask: Mask) -> ShownCustomer:
    """Golden values and runners-up from values in order of rank, all of records that the reader may see, through the
    mask; what it withholds is left out."""
    customer = ShownCustomer(profile_id)
    for value in ranked:
        seen = mask.value(value.field, value.value, schema)
        if seen is not None:
            _place(customer, value, seen, schema)
    customer.golden = dict(sorted(customer.golden.items(), key=lambda item: _position(item[0], schema)))
    customer.name = name_of(customer)
    return customer


def _place(customer: ShownCustomer, value: GoldenValue | Candidate, seen: str, schema: Schema) -> None:
    spec = schema.fields.get(value.field)
    shown = ShownValue(
        value.field, schema.label(value.field), seen, value.record_id, tuple(value.record_ids), value.rule, value.rank,
        token(value.field, value.value, seen),
    )  # fmt: skip
    is_golden = value.field not in customer.golden or (spec is not None and spec.multi_valued)
    grouped = spec is not None and spec.group
    if grouped and is_golden and value.rank != _golden_rank(customer, schema, spec.group, value.rank):
        is_golden = False
    (customer.golden if is_golden else customer.runners_up).setdefault(value.field, []).append(shown)


def _golden_rank(customer: ShownCustomer, schema: Schema, group: str, rank: int) -> int:
    """The rank at which the group's golden values stand: all of one group come from one record."""
    for key, values in customer.golden.items():
        spec = schema.fields.get(key)
        if spec and spec.group == group:
            return values[0].rank
    return rank


def _position(key: str, schema: Schema) -> tuple[int, str]:
    spec = schema.fields.get(key)
    return (spec.position if spec else 10_000, key)


def name_of(customer: ShownCustomer) -> str:
    """What the customer is called on screen."""
    parts = (customer.first(key) for key in ("title", "given_name", "middle_name", "family_name", "name_suffix"))
    return " ".join(filter(None, parts)) or customer.first("organisation_name") or "Without a name"
