"""Standardising beside the database work: a large file is read by a process of its own, one chunk ahead of storing.

Standardising is more than half of the work of receiving, and pure: given the cells, it needs neither database nor settings.
"""

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import orjson

from .canonical.records import Cache, standardise_rows
from .canonical.types import StandardisedRecord
from .connectors import BadRow, Row
from .schema import SourceSpec

WORTH_IT = 3_000
PIPE = 1 << 20  # bytes: a chunk, so that handing one over does not wait until the last is done
ROOT = Path(__file__).resolve().parent.parent
Chunk = list[Row | BadRow]
Results = list[StandardisedRecord]


class HelperEnded(Exception):
    """The process that standardised has ended before its work; its own error is in the log."""


def standardise(rows: Iterable[Row | BadRow], source: SourceSpec, cache: Cache) -> Results:
    """Rows in canonical form, in order, bad ones left out."""
    return standardise_rows(_cells(rows), source.mappings, source.context, cache)


def standardised(chunks: Iterable[Chunk], source: SourceSpec, *, rows: int) -> Iterator[tuple[Chunk, Results]]:
    """Each chunk with its rows in canonical form; for a file of that many rows, worked on ahead by a second process."""
    if rows < WORTH_IT or (os.cpu_count() or 1) < 2:
        cache: Cache = {}  # what was read of distinct values; goes with the import, so that memory stays flat
        yield from ((chunk, standardise(chunk, source, cache)) for chunk in chunks)
        return
    with _helper(source) as helper:
        ahead: Chunk | None = None
        for chunk in chunks:
            helper.give(chunk)
            if ahead is not None:
                yield ahead, helper.take()
            ahead = chunk
        if ahead is not None:
            yield ahead, helper.take()


def _cells(rows: Iterable[Row | BadRow]) -> list[dict[str, str]]:
    return [row.cells for row in rows if isinstance(row, Row)]


class _Helper:
    """The process beside: chunks go in through its input; a thread takes what comes out, so that neither waits for ever."""

    def __init__(self, process: "subprocess.Popen[bytes]", source: SourceSpec) -> None:
        self.process = process
        self.results: queue.SimpleQueue[Results | None] = queue.SimpleQueue()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        self._send((source.mappings, source.context))

    def give(self, chunk: Chunk) -> None:
        """Hand a chunk over; it is worked on at once."""
        self._send(orjson.dumps(_cells(chunk)))

    def take(self) -> Results:
        """What became of the chunk that was given first and not taken yet."""
        found = self.results.get()
        if found is None:
            raise HelperEnded
        return found

    def end(self) -> None:
        self.process.kill()
        self.listener.join()

    def _send(self, what: object) -> None:
        pipe = cast(IO[bytes], self.process.stdin)
        try:
            pickle.dump(what, pipe, pickle.HIGHEST_PROTOCOL)
            pipe.flush()
        except BrokenPipeError:
            raise HelperEnded from None

    def _listen(self) -> None:
        try:
            while True:
                self.results.put(pickle.load(cast(IO[bytes], self.process.stdout)))  # from our own process  # nosec B301
        except (EOFError, pickle.UnpicklingError):  # it has ended, perhaps in the middle of an answer
            self.results.put(None)


@contextmanager
def _helper(source: SourceSpec) -> Iterator[_Helper]:
    """A fresh process (a worker of the pool may not fork one); it ends when its input does, so it outlives nobody."""
    argv = [sys.executable, "-m", "profiles.canonical.beside"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, pipesize=PIPE) as process:
        helper = _Helper(process, source)
        try:
            yield helper
        finally:
            helper.end()
