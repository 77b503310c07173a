"""How benchmarks print: a Markdown table, so that docs/benchmarks.md holds what the command said."""

import os
import platform
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """The first column is text, all others are figures."""
    print(f"| {' | '.join(head)} |")
    print(f"|---|{'---:|' * (len(head) - 1)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |", flush=True)


def machine() -> str:
    """What the figures were measured on, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"


def peak_memory() -> int:
    """The most memory this process has held since it began, in MB. Linux."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


@contextmanager
def watched_children() -> Iterator[list[int]]:
    """While it is open, the most memory that the children of this process hold together, in MB, looked at ten times a second."""
    most, done = [0], threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            with suppress(psutil.Error):
                held = sum(child.memory_info().rss for child in psutil.Process().children(recursive=True))
                most[0] = max(most[0], held // 2**20)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()
