"""The process beside an import: standardises chunk after chunk, from its input to its output, until its input ends."""

import gc
import pickle
import sys
from typing import IO

import orjson

from .records import Cache, standardise_rows


def serve(given: IO[bytes], answer: IO[bytes]) -> None:
    """First come mappings and context, then lists of rows as JSON; each is answered by a list of canonical records."""
    gc.disable()  # the cache is large: only what became garbage since the last answer is looked for
    mappings, context = pickle.load(given)  # from our own process  # nosec B301
    cache: Cache = {}
    while True:
        try:
            rows = orjson.loads(pickle.load(given))  # from our own process  # nosec B301
        except EOFError:
            return
        pickle.dump(standardise_rows(rows, mappings, context, cache), answer, pickle.HIGHEST_PROTOCOL)
        answer.flush()
        gc.collect(1)


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
