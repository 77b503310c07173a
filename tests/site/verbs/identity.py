"""Merge, split, move and undo, alone or by two, and the run brake."""

from collections.abc import Callable

from django.utils import timezone

from matching import brakes, identity, second_person, undo
from matching.models import RunBrake
from profiles import approvals
from tests.cast import Cast, profile_of, record, send


def ends(cast: Cast) -> tuple:
    return profile_of(cast.shop, "1"), profile_of(cast.shop, "2")


def merge(cast: Cast) -> object:
    kept, lost = ends(cast)
    return identity.merge(survivor=kept.id, losers=[lost.id], by=cast.ada, reason="r")


def split(cast: Cast) -> Callable:
    merge(cast)
    return lambda: identity.split(
        profile=profile_of(cast.shop, "1").id, record_ids=[record(cast.shop, "2").id], by=cast.ada, reason="r"
    )


def move(cast: Cast) -> Callable:
    merge(cast)
    ids, to = [record(cast.shop, "2").id], profile_of(cast.crm, "9").id
    return lambda: identity.move(record_ids=ids, to_profile=to, by=cast.ada, reason="r")


def merge_by_two(cast: Cast, act: Callable | None = None) -> Callable:
    """What takes a second person: the merge of two customers that ada has confirmed; asked for, where there is an act."""
    merge(cast)
    send(cast.shop, {"id": "3", "name": "Grace Hopper"}, name="grace.jsonl")
    grace, emmy = profile_of(cast.shop, "3"), profile_of(cast.crm, "9")
    identity.merge(survivor=emmy.id, losers=[grace.id], by=cast.ada, reason="r")
    given = {"left": profile_of(cast.shop, "1").id, "right": emmy.id, "survivor": emmy.id, "confirmed": []}
    if act is None:
        return lambda: second_person.ask_for_merge(**given, by=cast.ada, reason="r")
    asked = second_person.ask_for_merge(**given, by=cast.ada, reason="r")
    return lambda: act(approval=asked, by=cast.root)


def undo_by_two(cast: Cast) -> Callable:
    operation = merge(cast)
    identity.merge(survivor=operation.profile_id, losers=[profile_of(cast.crm, "9").id], by=cast.ada, reason="r")
    return lambda: second_person.ask_for_undo(operation=operation, never_again=True, by=cast.ada, reason="r")


def ask_again(cast: Cast) -> Callable:
    undo_by_two(cast)
    arguments = {"operation": str(merge_of(cast)), "never_again": True}
    return lambda: approvals.request(
        kind="partial_undo", subject_id="1", arguments=arguments, by=cast.ada, reason="r"
    )  # fmt: skip


def merge_of(cast: Cast) -> object:
    return record(cast.shop, "2").moves.get().operation_id


def release_brake(cast: Cast) -> Callable:
    stopped = RunBrake.objects.create(
        batch=record(cast.shop, "1").batch, customers=3, state="on", wanted=2, limit=1, stopped_at=timezone.now()
    )
    return lambda: brakes.release(brake=stopped, by=cast.ada, reason="r")


def confirm(cast: Cast) -> Callable:
    home, row = profile_of(cast.shop, "1").id, record(cast.shop, "1").pk
    return lambda: identity.confirm(profile=home, record_ids=[row], by=cast.ada, reason="r")


def undone(cast: Cast) -> Callable:
    operation = merge(cast)
    return lambda: undo.undo(operation=operation, by=cast.ada, reason="r")


MERGED_BY_TWO = ["identity.merged", "proposal.decided", "approval.approved"]
VERBS = [
    ("matching.identity.merge", lambda cast: lambda: merge(cast), ["identity.merged"]),
    ("matching.identity.split", split, ["identity.split"]),
    ("matching.identity.move", move, ["identity.moved"]),
    ("matching.identity.confirm", confirm, ["identity.confirmed"]),
    ("matching.undo.undo", undone, ["identity.undone"]),
    ("matching.second_person.ask_for_merge", merge_by_two, ["approval.requested"]),
    ("matching.second_person.ask_for_undo", undo_by_two, ["approval.requested"]),
    ("profiles.approvals.request", ask_again, ["approval.requested"]),
    ("profiles.approvals.approve", lambda cast: merge_by_two(cast, approvals.approve), MERGED_BY_TWO),
    ("profiles.approvals.reject", lambda cast: merge_by_two(cast, approvals.reject), ["approval.rejected"]),
    ("matching.brakes.release", release_brake, ["run_brake.released"]),
]  # fmt: skip
