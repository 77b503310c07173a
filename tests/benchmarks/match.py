"""`run.py bench match`: the engine beside Splink, on one machine, by turns, and one table of what was measured.

Peers get an environment of their own from requirements-bench.txt. Data are generated or copied once. Results are kept by
state of the engine, so that a long measurement may be done in several goes: --minutes stops in good order.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cdv_site import embedded
from tests.benchmarks._match_memory import peak_of
from tests.benchmarks._match_report import report
from tests.benchmarks._match_sets import labelled

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
YARDSTICK, REQUIREMENTS = HERE / "yardstick", HERE / "requirements-bench.txt"
LABELLED = ("febrl3", "febrl4", "historical_50k@wide", "fake_20000")
NICE = {"UPAIRS": "1e6", "NOCOUNT": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Measurement:
    """One kind of run: an engine over a set, in a way."""

    engine: str
    name: str
    way: str = "train"

    @property
    def key(self) -> str:
        return f"{self.engine} {self.name} {self.way}"


def main() -> None:
    options = arguments()
    place = embedded.private_dir(embedded.state_dir() / "bench", mode=0o755)
    python = peers(place)
    kept = Results(place / f"results-{state_of_engine()}.jsonl")
    deadline = time.monotonic() + options.minutes * 60
    for turn in range(options.repeat):
        for wanted in measurements(options):
            if len(kept.of(wanted)) > turn or time.monotonic() > deadline:
                continue
            print(f"{turn + 1}. {wanted.key} …", file=sys.stderr, flush=True)
            kept.add(wanted, measure(wanted, place, python))
    text = report(kept.all(), python)
    if options.to:
        options.to.write_text(text, encoding="utf-8")
    print(text, end="")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py bench match", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each kind, by turns (default 3)")
    parser.add_argument("--millions", default="1,5", help="generated customers beside Splink (default 1,5)")
    parser.add_argument("--growth", default="1,2,4", help="generated customers of the engine alone (default 1,2,4)")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no run after so many minutes")
    parser.add_argument("--to", type=Path, help="write the table to this file too")
    return parser.parse_args()


def measurements(options: argparse.Namespace) -> Iterator[Measurement]:
    """All kinds of runs, those to be compared next to each other."""
    millions, growth = (list(filter(None, text.split(","))) for text in (options.millions, options.growth))
    for name in (*LABELLED, *(f"c{size}m" for size in millions)):
        yield Measurement("ours", name)
        yield Measurement("splink", name)
    for size in millions[:1]:
        yield Measurement("ours", f"c{size}m", "stored")
        yield Measurement("ours", f"c{size}m", "alone")
    for size in growth:
        yield Measurement("ours", f"c{size}m")


class Results:
    """Figures kept as lines of JSON."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> list[dict]:
        return [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []

    def of(self, wanted: Measurement) -> list[dict]:
        return [found for found in self.all() if found["key"] == wanted.key]

    def add(self, wanted: Measurement, figures: Mapping[str, object]) -> None:
        line = {**figures, "key": wanted.key, "set": wanted.name, "way": wanted.way}
        with self.path.open("a") as lines:
            lines.write(json.dumps(line) + "\n")


# --- runs ------------------------------------------------------------------------------------------------------------
def measure(wanted: Measurement, place: Path, python: Path) -> dict:
    data = ready(wanted.name, place, python)
    return splink(wanted, place, python) if wanted.engine == "splink" else ours(wanted, place, python, data)


def ours(wanted: Measurement, place: Path, python: Path, data: Path) -> dict:
    """One run of the engine, its pairs judged by the yardstick."""
    pairs, model = place / "pairs.parquet", place / f"{wanted.name}-model.json"
    argv = [sys.executable, "-m", "tests.benchmarks._match_ours", wanted.name, str(data), str(pairs)]
    argv += ["--workers", "1"] if wanted.way == "alone" else []
    argv += ["--model", str(model)] if wanted.way == "stored" else ["--save", str(model)]
    figures, peak = run(argv, place)
    evaluation = [str(python), str(HERE / "_match_evaluate.py"), str(YARDSTICK), base(wanted.name), str(pairs)]
    evaluation += ["--link"] if labelled(wanted.name).link else []
    judged, _ = run(evaluation, place) if wanted.way == "train" else ({}, 0.0)
    return figures | judged | {"peak_mb": round(peak)}


def splink(wanted: Measurement, place: Path, python: Path) -> dict:
    """One run of the yardstick's script, unchanged; it measures its own memory before it evaluates."""
    pairs, name = place / "splink.parquet", splink_name(wanted.name)
    figures, _ = run([str(python), str(YARDSTICK / "splink_bench.py"), name, str(pairs)], place)
    evaluation = [str(python), str(HERE / "_match_evaluate.py"), str(YARDSTICK), base(wanted.name), str(pairs)]
    evaluation += ["--link"] if labelled(wanted.name).link else []
    judged, _ = run(evaluation, place)
    return figures | {"sure": judged["sure"], "peak_mb": figures["rss_mb"]}


def run(argv: list[str], place: Path) -> tuple[dict, float]:
    """The JSON of the last line that a command prints, and the peak of its processes' memory in MB."""
    env = os.environ | NICE | {"BENCH_DATA": str(place / "data")}
    with subprocess.Popen(argv, env=env, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        peak = peak_of(process)
        printed = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise SystemExit(f"This failed: {' '.join(argv)}")
    return json.loads(printed.strip().splitlines()[-1]), peak


# --- what runs need --------------------------------------------------------------------------------------------------
def base(name: str) -> str:
    """The name of a set's data, as the yardstick knows them."""
    found = name.partition("@")[0]
    return f"{found}c" if is_generated(found) else found


def splink_name(name: str) -> str:
    return f"{base(name)}@names2" if is_generated(name) else name


def is_generated(name: str) -> bool:
    return name[:1] == "c" and name[1:2].isdigit()


def ready(name: str, place: Path, python: Path) -> Path:
    """The data of a set, made when they are first asked for."""
    data = place / "data"
    data.mkdir(exist_ok=True)
    if not is_generated(name):
        path = data / base(name) / "data.parquet"
        if not path.exists():
            script(python, place, "prepare.py", CHECKOUT / "tests" / "data")
        return path
    raw, path = data / f"{name}.parquet", data / f"{base(name)}.parquet"
    once(raw, lambda new: script(python, place, "gen_customers.py", int(float(name[1:-1]) * 1_000_000), new))
    once(path, lambda new: script(python, place, "clean_hubs.py", raw, new))
    return path


def once(path: Path, make: Callable[[Path], None]) -> None:
    """Make a file that is not there yet; one half made is never taken for it."""
    if not path.exists():
        new = path.with_suffix(".new")
        make(new)
        new.replace(path)


def script(python: Path, place: Path, name: str, *words: object) -> None:
    env = os.environ | {"BENCH_DATA": str(place / "data")}
    subprocess.run(
        [str(python), str(YARDSTICK / name), *map(str, words)], env=env, check=True, stdout=subprocess.DEVNULL
    )


def peers(place: Path) -> Path:
    """The Python of the peers' environment, made and installed when its requirements have changed."""
    where, stamp = place / "venv", place / "venv" / "requirements.stamp"
    digest = sha256(REQUIREMENTS.read_bytes()).hexdigest()
    python = where / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != digest:
        print("Installing the peers …", file=sys.stderr, flush=True)
        venv.create(where, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([*pip, "-r", str(REQUIREMENTS)], check=True)
        stamp.write_text(digest)
    return python


def state_of_engine() -> str:
    """A digest of the engine's code and of how it is measured: figures of another state are not mixed in."""
    files = [*(CHECKOUT / "matching" / "engine").rglob("*.*"), *HERE.glob("_match*.py")]
    texts = sorted(path for path in files if path.suffix in (".py", ".json") and path.name != "_match_report.py")
    return sha256(b"".join(path.read_bytes() for path in texts)).hexdigest()[:12]


if __name__ == "__main__":
    main()
