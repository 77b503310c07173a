"""A small world in which things collide: two sources, a pool of people who resemble each other, every act by number.

Who or what an act is about is a number, taken modulo what is there in an order that does not depend on random ids, so
that a sequence of acts can be repeated.
"""

import io
import json
from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

from matching import constraints, identity, review, second_person
from matching import undo as undoing
from matching.models import CannotLink, Proposal
from matching.run import resolve_all
from profiles import approvals, corrections, imports, jobs
from profiles.context import acting, actor_of
from profiles.models import Approval, Batch, Correction, IdentityOperation, Job, Membership, Source, SourceRecord, User

# what a person may be told: each is worded for a steward, and nothing was changed
REFUSALS = (
    identity.ChangeNotAllowed,
    corrections.CorrectionNotAllowed,
    constraints.RevokeNotAllowed,
    imports.ImportNotAllowed,
    approvals.ApprovalNotAllowed,
)

BYRON = {"name": "Ada Byron", "born": "1815-12-10", "mail": "ada@post.example", "tel": "020 7946 0001"}
HOME = {"addr": "12 St James's Square", "zip": "SW1Y 4JH", "town": "London"}
PEOPLE = (
    {**BYRON, **HOME, "card": "C-1001"},
    {**BYRON, **HOME, "name": "Ada Byrom", "mail": "ada.byron@mail.example"},  # herself, written otherwise
    {**HOME, "name": "Augusta Byron", "born": "1783-01-26", "tel": "020 7946 0001"},  # of her household
    {
        "name": "Ada Byron",
        "born": "1815-12-10",
        "mail": "ada@post.example",
        "card": "C-2002",
    },  # another card: who knows
    {"name": "Ada Byron"},  # nothing but the name: who knows
    {"name": "Carl Gauss", "born": "1777-04-30", "mail": "gauss@uni.example", "card": "C-3003"},
)
OPTIONAL = ("mail", "tel", "born", "addr", "card")


class World:
    """The acts. Refusals are raised; whoever acts by chance catches REFUSALS."""

    def __init__(self) -> None:
        self.sources = list(Source.objects.order_by("key"))
        self.ada, self.root = (User.objects.get(username=name) for name in ("ada", "root"))

    def begin(self) -> None:
        """Both sources know Ada, her namesakes and Carl: each pair is joined, and there are proposals."""
        for source in (0, 1):
            self.ingest(source, [self.row(n, person, 0, "") for n, person in enumerate((0, 3, 4, 5), 1)])
        self.resolve()

    # ---- records arrive --------------------------------------------------------------------------------------------

    def row(self, external_id: int, person: int, without: int, version: str) -> dict[str, str]:
        """A row about one of the pool; `without` is a bit mask of details left out."""
        cells = dict(PEOPLE[person % len(PEOPLE)])
        for bit, column in enumerate(OPTIONAL):
            if without >> bit & 1:
                cells.pop(column, None)
        return {"id": str(external_id), **cells, **({"v": version} if version else {})}

    def ingest(self, source: int, rows: Sequence[dict[str, str]], *, snapshot: bool = False) -> Batch:
        """Import rows as a file through the real doors; each file is another one."""
        chosen = self.sources[source % len(self.sources)]
        chosen.import_mode = "snapshot" if snapshot else "delta"
        content = "\n".join(json.dumps(row) for row in [*rows, {"name": uuid4().hex}]).encode()  # one is set aside
        batch, _ = imports.receive_file(source=chosen, name="rows.jsonl", content=io.BytesIO(content), by=None)
        jobs.run(batch.job_id)
        return batch

    def resolve(self) -> None:
        """Everything that waits is resolved, and what was split off is matched again."""
        for job_id in Job.objects.filter(kind="match_again", state="queued").values_list("id", flat=True):
            jobs.run(job_id)
            assert Job.objects.get(id=job_id).state in ("done", "running")  # or somebody else has it
        resolve_all()

    def undo_import(self, which: int) -> None:
        batch = pick(list(Batch.objects.order_by("-id")), which)
        imports.undo_import(batch=batch, by=self.ada)
        for job_id in Job.objects.filter(kind="undo_import", state="queued").values_list("id", flat=True):
            jobs.run(job_id)

    # ---- a steward acts --------------------------------------------------------------------------------------------

    def act(self, verb: Callable, **arguments: object) -> object:
        """Do something as ada."""
        with acting(actor_of(self.ada)):
            return verb(by=self.ada, **arguments)

    def profiles(self) -> list[UUID]:
        """Customers with records, by their lowest record."""
        return list(dict.fromkeys(Membership.objects.order_by("record_id").values_list("profile_id", flat=True)))

    def members(self, profile_id: UUID) -> list[int]:
        return list(Membership.objects.filter(profile_id=profile_id).values_list("record_id", flat=True))

    def two(self, one: int, other: int) -> tuple[UUID, UUID]:
        """Two customers; different ones where there are two."""
        found = self.profiles()
        first = pick(found, one)
        return first, pick([p for p in found if p != first] or found, other)

    def merge(self, one: int, other: int, confirm: bool) -> IdentityOperation:
        survivor, loser = self.two(one, other)
        confirmed = [*self.members(loser)[:1], *self.members(survivor)[:1]] if confirm else []
        given = {"survivor": survivor, "confirmed": confirmed, "reason": "test"}
        try:
            return self.act(identity.merge, losers=[loser], **given)
        except identity.SecondPersonNeeded:
            return self.by_two(second_person.ask_for_merge, left=survivor, right=loser, **given)

    def by_two(self, ask: Callable, **arguments: object) -> IdentityOperation:
        """Ada asks, root approves; what cannot be done any more is taken back."""
        asked = self.act(ask, **arguments)
        try:
            with acting(actor_of(self.root)):
                done = approvals.approve(approval=asked, by=self.root)
        except REFUSALS:
            approvals.reject(approval=asked, by=self.ada)
            raise
        if done.state != Approval.State.APPROVED:
            raise identity.OutOfDate(done.answer)
        return IdentityOperation.objects.get(pk=done.result_id)

    def split(self, which: int, mask: int, never_again: bool) -> IdentityOperation:
        profile, leaving = self.some_records(which, mask)
        return self.act(identity.split, profile=profile, record_ids=leaving, reason="test", never_again=never_again)

    def move(self, which: int, mask: int, to: int) -> IdentityOperation:
        profile, leaving = self.some_records(which, mask)
        target = pick([p for p in self.profiles() if p != profile] or [profile], to)
        return self.act(identity.move, record_ids=leaving, to_profile=target, reason="test")

    def some_records(self, which: int, mask: int) -> tuple[UUID, list[int]]:
        """A customer (of several records, where there is one) and some of its records."""
        several = [p for p in self.profiles() if len(self.members(p)) > 1]
        profile = pick(several or self.profiles(), which)
        records = self.members(profile)
        return profile, [pk for bit, pk in enumerate(records) if mask >> (bit % 4) & 1] or records[:1]

    def undo(self, which: int, never_again: bool) -> IdentityOperation:
        """Undo an operation, the newest being number 0."""
        operation = pick(list(IdentityOperation.objects.order_by("-id")), which)
        given = {"operation": operation, "reason": "test", "never_again": never_again}
        try:
            return self.act(undoing.undo, **given)
        except identity.SecondPersonNeeded:
            return self.by_two(second_person.ask_for_undo, **given)

    def decide(self, which: int, verdict: str) -> None:
        proposal = pick(list(Proposal.objects.awaiting_review().order_by("id")), which)
        self.act(review.decide, proposal=proposal, verdict=verdict, reason="test")

    def compare(self, one: int, other: int, verdict: str) -> None:
        left, right = self.two(one, other)
        self.act(review.compare_decide, left=left, right=right, verdict=verdict, reason="test")

    def revoke(self, which: int) -> None:
        link = pick(list(CannotLink.objects.filter(revoked_at__isnull=True).order_by("id")), which)
        self.act(constraints.revoke, cannot_link=link, reason="test")

    def correct(self, which: int, field: str, values: list[str]) -> None:
        record = pick(list(SourceRecord.objects.order_by("id")), which)
        self.act(corrections.correct, record=record, field=field, values=values, reason="test")

    def release(self, which: int) -> None:
        correction = pick(list(Correction.objects.filter(released_at__isnull=True).order_by("id")), which)
        self.act(corrections.release, correction=correction)


class NothingThere(identity.ChangeNotAllowed):
    """There is nothing yet to act on."""


def pick(items: list, number: int) -> object:
    """One of the items by number."""
    if not items:
        raise NothingThere
    return items[number % len(items)]
