"""Asks the vulnerability service about every pinned version. Fails on a known hole; a service that is away fails nothing."""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
SECONDS = 120


def main() -> int:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-f", "json", "-r", "requirements.txt"],
            cwd=HERE, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        found = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        print("pip-audit: no vulnerability service answers here; nothing was checked.")
        return 0
    asked = [one for one in found if "skip_reason" not in one]
    holes = [(one["name"], one["version"], hole["id"]) for one in asked for hole in one["vulns"]]
    for name, version, hole in holes:
        print(f"{name} {version}: {hole}")
    if not asked:
        print("pip-audit: the vulnerability service knows none of the packages here; nothing was checked.")
    else:
        print(f"pip-audit: {len(asked)} of {len(found)} packages checked, {len(holes)} known holes.")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main())
