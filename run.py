#!/usr/bin/env python3
"""The one command: `python3 run.py`. Makes the environment from pinned requirements, then hands over to it.

Needs nothing but Python 3.11 with pip and venv; everything else is in cdv_site/launch.py, inside the environment.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "requirements.stamp"
NEEDS_DEV = {"test", "lint", "bench"}


def digest(name: str) -> str:
    return hashlib.sha256((HERE / name).read_bytes()).hexdigest()


def installed() -> set[str]:
    return set(STAMP.read_text().split()) if STAMP.exists() else set()


def sync(dev: bool) -> None:
    """Install the pinned requirements when they have changed since the last time. Development ones hold the others."""
    name = "requirements-dev.txt" if dev else "requirements.txt"
    if digest(name) in installed():
        return
    print(f"Installing {name} …", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    must([*pip, "--no-compile", "-r", str(HERE / name)])  # most of it is never imported: half the time
    now = {digest("requirements.txt")} | ({digest(name)} if dev else set())
    STAMP.write_text("\n".join(sorted(now)))


def make_venv() -> None:
    """Make it, anew when its Python is gone; without a stamp it was never finished and is mended."""
    if PYTHON.exists() and STAMP.exists():
        return
    print("Making the environment .venv …", flush=True)
    anew = [] if PYTHON.exists() else ["--clear"]
    must([sys.executable, "-m", "venv", *anew, str(VENV)])


def must(argv: list[str]) -> None:
    """Run it; when it fails, what it has printed is the message."""
    if subprocess.run(argv, check=False).returncode:
        sys.exit(f"This failed: {' '.join(argv)}")


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  (an older Python gets this far, and a clear word)
        sys.exit("Python 3.11 or newer is needed.")
    if sys.platform == "win32":
        sys.exit("Linux or macOS is needed; on Windows use WSL.")
    dev = bool(NEEDS_DEV & set(sys.argv[1:2]))
    with (HERE / ".venv.lock").open("w") as lock:  # two starts at once install one after the other
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_venv()
        sync(dev)
    os.chdir(HERE)
    os.execv(PYTHON, [str(PYTHON), "-m", "cdv_site.launch", *sys.argv[1:]])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:  # while it installs: the next start goes on
        sys.exit(130)
