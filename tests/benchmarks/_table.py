"""How benchmarks print: a Markdown table, so that docs/benchmarks.md holds what the command said."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path


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
