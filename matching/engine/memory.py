"""Memory of a process that works on long columns: what is freed is kept for the next column."""

import ctypes
from typing import Any

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3  # parameters of glibc's mallopt
KEPT, STEP, ON_HEAP = (1 << 31) - 1, 1 << 24, 1 << 30  # bytes: kept at most, asked for at once, largest array kept


def keep_freed_memory() -> None:
    """Take arrays from the heap and keep it when they are freed.

    By default glibc asks the system for each long array and gives it back, and the system fills every page with noughts
    again: a sixth of the time of a full run. Where there is no glibc nothing happens.
    """
    for parameter, value in ((TRIM_THRESHOLD, KEPT), (TOP_PAD, STEP), (MMAP_THRESHOLD, ON_HEAP)):
        _glibc("mallopt", parameter, value)


def give_back() -> None:
    """Return what was kept to the system."""
    _glibc("malloc_trim", 0)


def _glibc(function: str, *arguments: int) -> Any:
    called = getattr(ctypes.CDLL(None), function, None)
    return called(*arguments) if called else None
