"""The same new person in two batches, resolved by two processes at the same moment, is found all the same."""

import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

from matching.models import Proposal
from matching.run import resolve_now
from profiles.models import SourceRecord
from tests.cast import Cast, profile_of, send
from tests.matching.hammer import drop_application_locks

ROUNDS = 25
SYLLABLES = ("bor", "dak", "fen", "gul", "hom", "jev", "kip", "lun", "mar", "nop")


def person(n: int) -> dict[str, str]:
    """One who is like no other."""
    one, two = SYLLABLES[n // 10], SYLLABLES[n % 10]
    name = f"{two}{one}{two} {one}{two}{one}{two}".title()
    mail, born = f"{one}{two}{n}@post.example", f"{1940 + n}-0{n % 9 + 1}-1{n % 10}"
    return {"id": str(n), "name": name, "mail": mail, "born": born}


def _resolve_one_by_one(record_ids: Sequence[int], start: Any, bare: bool) -> None:
    for alias in connections:
        connections[alias].connection = None  # the parent's
    if bare:
        drop_application_locks()
    for record_id in record_ids:
        start.wait(60)
        resolve_now([record_id])
    connections.close_all()


def missed(*, bare: bool = False) -> int:
    """How many of the twins are two customers that nobody was asked about, after two processes resolved one of each."""
    cast = Cast()
    for source in (cast.shop, cast.crm):
        send(source, *(person(n) for n in range(ROUNDS)), resolve=False)
    twins = [list(SourceRecord.objects.filter(source=s).order_by("id")) for s in (cast.shop, cast.crm)]
    connections.close_all()
    context = multiprocessing.get_context("fork")
    start = context.Barrier(2)
    processes = [
        context.Process(target=_resolve_one_by_one, args=([r.id for r in records], start, bare), daemon=True)
        for records in twins
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    return sum(_are_two_unnoticed(cast, left.external_id) for left in twins[0])


def _are_two_unnoticed(cast: Cast, name: str) -> bool:
    ends = sorted({profile_of(cast.shop, name).id, profile_of(cast.crm, name).id})
    return len(ends) == 2 and not Proposal.objects.awaiting_review().filter(left=ends[0], right=ends[1]).exists()


def test_twins_resolved_at_once_are_found(fresh_database: Callable[[], None]) -> None:
    assert missed() == 0


def test_without_the_lock_some_would_be_missed(fresh_database: Callable[[], None]) -> None:
    assert missed(bare=True) > 0
