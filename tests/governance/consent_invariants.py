"""What must hold of consent whatever happens, worked out from the raw ledger in another way than the code does it."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from governance import consent, consent_store, contacts
from governance.consent_gate import allowed
from governance.models import ConsentEvent, ConsentState, Purpose
from profiles.models import Mark, Membership, Profile, SourceRecord
from tests.governance.consenting import purposes
from tests.matching.world import World, pick

MAILS = ("", "ada@post.example", "ada.byron@mail.example", "gauss@uni.example")
ACTS = ("grant", "grant", "withdraw", "object", "expire")  # the first is the person's own, the second a source's
USABLE = ("allowed", "not_objected")
Cell = tuple[int, str, str]  # purpose, channel, contact


class ConsentWorld(World):
    """The world of identity, where people also say what their data may be used for.

    `forgiven` is kept beside the code: a NO that the person took back while its record and that of the grant were one
    customer's, until the two part.
    """

    def begin(self) -> None:
        super().begin()
        self.start = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=10)
        self.purposes = list(purposes())
        self.said: dict[int, tuple] = {}
        self.forgiven: dict[tuple[int, str], int] = {}

    def say(self, which: int, act: int, mail: int, purpose: int, day: int) -> None:
        record = pick(list(SourceRecord.objects.order_by("id")), which)
        chosen, contact = self.purposes[purpose % 2], MAILS[mail % len(MAILS)]
        said = consent.Statement(
            purpose=chosen, channel="email", act=ACTS[act % 5], method="written" if act % 5 != 1 else "import",
            record_id=record.pk, contact=contact, at=self.start + timedelta(days=day),
        )  # fmt: skip
        event = consent.record(said, by=self.ada)
        self.said[event.id] = content(event)
        if event.act == "grant" and event.method == "written":
            self.forgive(event)

    def forgive(self, grant: ConsentEvent) -> None:
        """What stood with the customer when the person agreed, for the value that they named."""
        home = homes().get(grant.record_id)
        for no in restrictions():
            same = (no.purpose_id, no.channel) == (grant.purpose_id, grant.channel)
            if home and homes().get(no.record_id) == home and same and no.at < grant.at:
                self.forgiven[no.id, grant.contact] = grant.id

    def part(self) -> None:
        """Whatever parted is forgiven no more; a copy is, where what it copies was and its grant came along."""
        where, grants = homes(), {e.id: e for e in ConsentEvent.objects.filter(act="grant")}
        for no in restrictions():
            origin = [g for (pk, _), g in self.forgiven.items() if pk == no.carried_from_id]
            for (pk, contact), grant in list(self.forgiven.items()):
                if pk == no.carried_from_id and no.id not in self.said and grant in origin:
                    self.forgiven.setdefault((no.id, contact), grant)
            self.said.setdefault(no.id, content(no))
        by_id = {no.id: no for no in restrictions()}
        self.forgiven = {
            (pk, contact): grant
            for (pk, contact), grant in self.forgiven.items()
            if where.get(by_id[pk].record_id) == where.get(grants[grant].record_id) is not None
        }

    def restrict(self, which: int) -> None:
        """Restrict a record, or lift that."""
        record = pick(list(SourceRecord.objects.order_by("id")), which)
        if not Mark.objects.filter(record=record, until__isnull=True).update(until=timezone.now()):
            Mark.objects.create(record=record, kind="restricted", reason="asked", since=timezone.now())


def content(event: ConsentEvent) -> tuple:
    return (event.record_id, event.purpose_id, event.channel, event.contact, event.act, event.at, event.method)


def homes() -> dict[int, UUID]:
    return dict(Membership.objects.values_list("record_id", "profile_id"))


def restrictions() -> list[ConsentEvent]:
    return list(ConsentEvent.objects.filter(act__in=["withdraw", "object"]).order_by("id"))


def stored() -> dict[UUID, dict[Cell, str]]:
    found: dict[UUID, dict[Cell, str]] = {}
    for row in ConsentState.objects.all():
        found.setdefault(row.profile_id, {})[row.purpose_id, row.channel, row.contact] = row.state
    return found


def broken(world: ConsentWorld) -> list[str]:
    """Every invariant of consent that does not hold now."""
    world.part()
    return [
        *no_became_yes(world), *grants_stay_at_home(), *values_said_no_to(), *states_are_fresh(), *ledger_is_kept(world),
        *gate_is_closed(),
    ]  # fmt: skip


def no_became_yes(world: ConsentWorld) -> Iterator[str]:
    """A NO that a record carries, and that nobody took back, is a NO of its customer."""
    where, states, now = homes(), stored(), contacts.held(set(homes().values()))
    grants = [e for e in ConsentEvent.objects.filter(act="grant", method="written") if not is_ended(e)]
    for no in restrictions():
        home = where.get(no.record_id)
        for contact in now.get(home, {}).get("email", {}):
            if no.act == "withdraw" and no.contact not in ("", contact):
                continue
            mine = [g for g in grants if (g.purpose_id, g.contact) == (no.purpose_id, contact) and g.at > no.at]
            own = any(g.record_id == no.record_id and (no.carried_from_id is None or g.id > no.id) for g in mine)
            taken_back = world.forgiven.get((no.id, contact)) in {g.id for g in mine}
            state = states.get(home, {}).get((no.purpose_id, no.channel, contact))
            if not own and not taken_back and state in (*USABLE, None) and home:
                yield f"no operation turns a NO into a YES: event {no.id} of record {no.record_id} is {state}"


def is_ended(grant: ConsentEvent) -> bool:
    same = {"record": grant.record_id, "purpose": grant.purpose_id, "contact": grant.contact}
    return ConsentEvent.objects.filter(act="expire", at__gte=grant.at, **same).exists()


def grants_stay_at_home() -> Iterator[str]:
    """Where consent is needed, a YES rests on a grant of one of the customer's own records for that very value."""
    where = homes()
    given = {(where.get(e.record_id), e.purpose_id, e.contact) for e in ConsentEvent.objects.filter(act="grant")}
    for row in ConsentState.objects.filter(state="allowed", purpose__needs_consent=True):
        if (row.profile_id, row.purpose_id, row.contact) not in given:
            yield f"a grant counts at home only: {row.profile_id}"


def values_said_no_to() -> Iterator[str]:
    """Who holds a value that was said NO to after every grant of theirs for it may not be reached by it."""
    where, states = homes(), stored()
    held = contacts.held(set(where.values()))
    for no in restrictions():
        for home, values in held.items():
            if no.contact and any(no.contact in found for found in values.values()):
                mine = ConsentEvent.objects.filter(act="grant", at__gt=no.at, contact=no.contact, purpose=no.purpose_id)
                is_later = any(where.get(e.record_id) == home for e in mine)
                state = states.get(home, {}).get((no.purpose_id, no.channel, no.contact))
                if not is_later and state in (*USABLE, None):
                    yield f"a NO counts for whoever holds the value: event {no.id}, {home} is {state}"


def states_are_fresh() -> Iterator[str]:
    """The stored states are those that a replay of the ledger comes to now, and there are no others."""
    ground = consent_store.ground_of(set(homes().values()))
    replayed = {
        profile: {(a.purpose, a.channel, a.contact): str(a.state) for a in found}
        for profile, found in consent_store.answers(ground, timezone.now()).items()
        if found
    }
    if replayed != stored():
        yield "the projection equals a replay"


def ledger_is_kept(world: ConsentWorld) -> Iterator[str]:
    """What was said is there as it was said; what is more are copies of restrictions."""
    rows = {event.id: event for event in ConsentEvent.objects.all()}
    if {pk: content(event) for pk, event in rows.items() if pk in world.said} != world.said:
        yield "events before are events after"
    if any(event.method != "carried" for pk, event in rows.items() if pk not in world.said):
        yield "nobody says anything but the people"


def gate_is_closed() -> Iterator[str]:
    """The gate lets through who has a usable value, and nobody whose data is restricted."""
    states = stored()
    marked = set(
        Membership.objects.filter(record__marks__until__isnull=True, record__marks__isnull=False).values_list(
            "profile_id", flat=True
        )
    )
    for purpose in Purpose.objects.all():
        through = set(
            allowed(Profile.objects.filter(record_count__gt=0), purpose, "email").values_list("id", flat=True)
        )
        for profile in through:
            mine = [
                state
                for (pk, channel, _), state in states.get(profile, {}).items()
                if (pk, channel) == (purpose.id, "email")
            ]
            if profile in marked or (mine and not set(mine) & set(USABLE)) or (not mine and purpose.needs_consent):
                yield f"the gate is closed: {profile} for {purpose}"
