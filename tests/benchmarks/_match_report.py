"""The table of `run.py bench match`, from the figures of its runs."""

import math
import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

NAMES = {"ours": "this engine", "splink": "Splink"}
PEERS = ("splink", "duckdb", "polars", "pyarrow", "numpy")
OURS = ("numpy", "pyarrow", "RapidFuzz")
Runs = list[dict]


def report(results: Runs, python: Path) -> str:
    """Everything measured, as Markdown."""
    sections = [
        "# Benchmarks\n\nThe output of `python3 run.py bench match`, nothing else. Times are seconds of wall clock without"
        " imports: median (lowest to highest) of the runs, which were done by turns on the same machine. Memory is the"
        " peak of all processes, shared pages counted once.\n",
        _machine(python),
        _speed(results),
        _stored(results),
        _accuracy(results),
        _growth(results),
        _workers(results),
    ]
    return "\n".join(section for section in sections if section)


def _machine(python: Path) -> str:
    ask = f"from importlib.metadata import version as v; print(*(p + chr(32) + v(p) for p in {PEERS}), sep=chr(44) + chr(32))"
    peers = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
    own = ", ".join(f"{name} {version(name)}" for name in OURS)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    rows = [
        ["machine", f"{os.cpu_count()} processors ({_processor()}), {memory:.0f} GB, {platform.system()}"],
        ["Python", platform.python_version()],
        ["this engine", own],
        ["peers", peers],
    ]
    return _table("## Machine and versions", ["", ""], rows)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _speed(results: Runs) -> str:
    rows = []
    for name in _sets(results, generated=True):
        own, other = _runs(results, "ours", name), _runs(results, "splink", name)
        for runs in (own, other):
            rows += [_speed_row(name, runs, own)] if runs and other else []
    head = ["records", "engine", "runs", "wall", "imports", "CPU", "peak memory MB", "times this engine's wall"]
    return _table("## Generated customers: load, train, predict, cluster", head, rows)


def _speed_row(name: str, runs: Runs, own: Runs) -> list[str]:
    ratio = _median(runs, "wall") / _median(own, "wall")
    return [
        *(_size(name), _engine(runs[0]), str(len(runs)), _spread(runs, "wall"), _spread(runs, "import_s")),
        *(_spread(runs, "cpu"), f"{_median(runs, 'peak_mb'):.0f}", f"{ratio:.2f}"),
    ]


def _stored(results: Runs) -> str:
    """Prediction alone: what both do to load and to predict, without training and clustering."""
    rows = []
    for name in _sets(results, generated=True):
        own, other = _runs(results, "ours", name, "stored"), _runs(results, "splink", name)
        if own and other:
            times = [[_predicting(run) for run in runs] for runs in (own, other)]
            for runs, seconds in zip((own, other), times, strict=True):
                ratio = statistics.median(seconds) / statistics.median(times[0])
                rows.append([_size(name), _engine(runs[0]), str(len(runs)), _range(seconds), f"{ratio:.2f}"])
    head = ["records", "engine", "runs", "wall", "times this engine's wall"]
    return _table("## Predict only, with a stored model: load and predict", head, rows)


def _predicting(run: dict) -> float:
    return sum(seconds for phase, seconds in run["phases"].items() if phase in ("load", "encode", "prepare", "predict"))


def _accuracy(results: Runs) -> str:
    rows = []
    for name in _sets(results):
        for engine in ("ours", "splink"):
            runs = _runs(results, engine, name)
            rows += [_accuracy_row(name, runs[-1])] if runs and "best" in runs[-1] else []
    head = ["set", "engine", "true pairs", "pairs P", "pairs R", "pairs F1", "at P >= .99: R", "F1"]
    head += ["clusters F1", "clusters F1 at P >= .99", "pairs with posterior >= .99", "their precision"]
    note = "\nF1 at its best threshold, and at the lowest threshold with a precision of .99; `-` where none has it.\n"
    return _table("## Accuracy", head, rows) + note


def _accuracy_row(name: str, run: dict) -> list[str]:
    best, high, sure = run["best"], run.get("p99") or {}, run.get("sure") or {}
    figures = (best["P"], best["R"], best["F1"], high.get("R"), high.get("F1"))
    clusters = ((run.get("cl_best") or {}).get("F1"), (run.get("cl_p99") or {}).get("F1"))
    return [
        *(_label(name), _engine(run), f"{run['true_pairs']:,}", *map(_share, (*figures, *clusters))),
        *(f"{sure.get('pairs', 0):,}", _share(sure.get("P"))),
    ]


def _growth(results: Runs) -> str:
    rows, first = [], None
    for name in _sets(results, generated=True):
        runs = _runs(results, "ours", name)
        size = float(name[1:-1]) * 1e6
        cost = _median(runs, "wall") / (size * math.log2(size)) if runs else 0.0
        first = first or cost
        memory = _median(runs, "peak_mb") if runs else 0.0
        rows += [[_size(name), _spread(runs, "wall"), f"{cost / first:.2f}", f"{memory:.0f}"]] if runs else []
    head = ["records", "wall", "wall / (n log n), the smallest being 1", "peak memory MB"]
    return _table("## Growth of this engine", head, rows)


def _workers(results: Runs) -> str:
    rows = []
    for name in _sets(results, generated=True):
        one, two = _runs(results, "ours", name, "alone"), _runs(results, "ours", name)
        if one and two:
            rows.append([_size(name), _spread(one, "wall"), _spread(two, "wall"), _quotient(one, two, None)])
            for phase in ("train", "predict"):
                told = [_range([run["phases"][phase] for run in runs]) for runs in (one, two)]
                rows.append([f"{_size(name)}, {phase} alone", *told, _quotient(one, two, phase)])
    return _table("## One worker and two", ["records", "one", "two", "times as fast"], rows)


def _quotient(one: Runs, two: Runs, phase: str | None) -> str:
    def middle(runs: Runs) -> float:
        return statistics.median(run["phases"][phase] if phase else run["wall"] for run in runs)

    return f"{middle(one) / middle(two):.2f}"


# --- figures ---------------------------------------------------------------------------------------------------------
def _runs(results: Runs, engine: str, name: str, way: str = "train") -> Runs:
    return [run for run in results if run["key"] == f"{engine} {name} {way}"]


def _engine(run: dict) -> str:
    return NAMES[run["key"].partition(" ")[0]]


def _sets(results: Runs, generated: bool | None = None) -> list[str]:
    names = dict.fromkeys(run["set"] for run in results)
    found = [name for name in names if generated is None or _is_generated(name) == generated]
    return sorted(found, key=lambda name: (not _is_generated(name), float(name[1:-1]) if _is_generated(name) else 0))


def _is_generated(name: str) -> bool:
    return name[:1] == "c" and name[1:2].isdigit()


def _size(name: str) -> str:
    return f"{name[1:-1]} million"


def _label(name: str) -> str:
    return f"customers, {_size(name)}" if _is_generated(name) else name.replace("@", ", ")


def _median(runs: Runs, name: str) -> float:
    return float(statistics.median(run[name] for run in runs))


def _spread(runs: Runs, name: str) -> str:
    return _range([run[name] for run in runs])


def _range(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"{title}\n", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines, ""])
