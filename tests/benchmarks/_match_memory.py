"""How much memory a process and its children hold at most, pages that they share counted once."""

import contextlib
import subprocess
import time
from pathlib import Path

import psutil

EVERY = 0.1  # seconds


def peak_of(process: subprocess.Popen[str]) -> float:
    """Waits for the process; the peak in MB of the proportional set sizes of all its processes."""
    highest = 0.0
    while process.poll() is None:
        highest = max(highest, _held(process.pid))
        time.sleep(EVERY)
    return highest


def _held(pid: int) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        return sum(_proportional(one.pid) for one in (root, *root.children(recursive=True)))
    return 0.0


def _proportional(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
