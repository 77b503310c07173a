"""What one reader sees of customers: the best value that a granted source supports, with no sign of others."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count
from django.http import Http404, HttpRequest

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
    """Customers as the user may see them: what a granted source supports, masked as the role demands. 5 queries, 6 for
    those who may reveal, whatever their number."""
    schema, granted = published(), granted_sources(user)
    masks, sizes = masks_for(user, profile_ids), _sizes(profile_ids, granted)
    rows = GoldenValue.objects.filter(profile_id__in=profile_ids, source_ids__overlap=list(granted))
    values = list(rows.order_by("profile_id", "rank", "id"))
    by_profile: dict[UUID, list[GoldenValue]] = {profile_id: [] for profile_id in profile_ids}
    for value in values:
        by_profile[value.profile_id].append(value)
    allowed = _records_of(values, granted)
    shown = {pid: assemble(pid, ranked, schema, allowed, masks.of(pid)) for pid, ranked in by_profile.items()}
    for pid, customer in shown.items():
        customer.record_count = sizes.get(pid, 0)
    return shown


def _sizes(profile_ids: Collection[UUID], granted: Collection[int]) -> dict[UUID, int]:
    """How many live records of granted sources each has. 1 query."""
    rows = Membership.objects.filter(
        profile_id__in=profile_ids, record__source_id__in=granted, record__state__in=SourceRecord.LIVE
    )
    return dict(rows.order_by().values_list("profile_id").annotate(Count("record_id")))


def show_members(profile_id: UUID, members: Iterable[Member], schema: Schema, mask: Mask) -> ShownCustomer:
    """A customer made of exactly these records, which the reader may see: a merge before it happens, or a past day."""
    members = list(members)
    ranked = rank_values(members, {spec.key: Rule(spec.survivorship, spec.group) for spec in schema.fields.values()})
    allowed = {member.record_id for member in members}
    return assemble(profile_id, sorted(ranked, key=lambda value: value.rank), schema, allowed, mask)


def assemble(
    profile_id: UUID, ranked: Iterable[GoldenValue | Candidate], schema: Schema, allowed: Collection[int], mask: Mask
) -> ShownCustomer:
    """Golden values and runners-up from values in order of rank, each supported by at least one allowed record and
    seen through the mask; what it withholds is left out."""
    customer = ShownCustomer(profile_id)
    for value in ranked:
        seen = mask.value(value.field, value.value, schema)
        if seen is not None:
            _place(customer, value, seen, schema, allowed)
    customer.golden = dict(sorted(customer.golden.items(), key=lambda item: _position(item[0], schema)))
    customer.name = name_of(customer)
    return customer


def _records_of(values: Iterable[GoldenValue], granted: Collection[int]) -> set[int]:
    wanted = {record_id for value in values for record_id in value.record_ids}
    return set(SourceRecord.objects.filter(id__in=wanted, source_id__in=granted).values_list("id", flat=True))


def _place(
    customer: ShownCustomer, value: GoldenValue | Candidate, seen: str, schema: Schema, allowed: Collection[int]
) -> None:
    records = tuple(pk for pk in value.record_ids if pk in allowed)
    spec = schema.fields.get(value.field)
    shown = ShownValue(
        value.field, schema.label(value.field), seen,
        value.record_id if value.record_id in allowed else records[0], records, value.rule, value.rank,
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
