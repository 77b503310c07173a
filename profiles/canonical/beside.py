"""The process beside an import: standardises chunk after chunk, from its input to its output, until its input ends."""

import pickle
import sys
from typing import IO

from .records import Cache, standardise_rows


def serve(given: IO[bytes], answer: IO[bytes]) -> None:
    """First come mappings and context, then lists of rows; each is answered by a list of canonical records."""
    mappings, context = pickle.load(given)
    cache: Cache = {}
    while True:
        try:
            rows = pickle.load(given)
        except EOFError:
            return
        pickle.dump(standardise_rows(rows, mappings, context, cache), answer, pickle.HIGHEST_PROTOCOL)
        answer.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
