"""Work without Python's cyclic garbage collection, for code that makes many objects and no cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """No cyclic garbage collection: in a process that holds many cached values a pass takes longer than a batch."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def collect_young() -> None:
    """Collect what little became garbage in cycles since the last time, in a long piece of work without collecting."""
    gc.collect(1)
