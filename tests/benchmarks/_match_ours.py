"""One run of the engine over one set, in a process of its own: pairs to a file, figures to standard output as JSON.

usage: python -m tests.benchmarks._match_ours NAME DATA PAIRS [--model FILE] [--save FILE] [--workers N]
"""

import argparse
import json
import resource
import time
from pathlib import Path

STARTED = time.perf_counter()

import numpy as np  # noqa: E402  (what is imported is timed)
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from matching.engine.arrow import encode_columns, load  # noqa: E402
from matching.engine.blocked import BlockedValues  # noqa: E402
from matching.engine.bulk import Edges, Run, certain, edges  # noqa: E402
from matching.engine.cascade import Wanted  # noqa: E402
from matching.engine.crew import Crew  # noqa: E402
from matching.engine.memory import keep_freed_memory  # noqa: E402
from matching.engine.model import Model  # noqa: E402
from matching.engine.train import train  # noqa: E402
from tests.benchmarks._match_sets import Labelled, labelled, model_of  # noqa: E402

IMPORTED = time.perf_counter()
AT_LEAST = -6.6294  # log2 odds of a probability of .01, as the yardstick keeps


class Clock:
    """Wall time by phase."""

    def __init__(self) -> None:
        self.last, self.phases = time.perf_counter(), dict[str, float]()

    def __call__(self, phase: str) -> None:
        now = time.perf_counter()
        self.phases[phase], self.last = round(now - self.last, 3), now


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("data", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    keep_freed_memory()
    pa.set_cpu_count(options.workers)
    described = labelled(options.name)
    clock = Clock()
    start = Model.from_json(json.loads(options.model.read_text())) if options.model else model_of(described)
    columns = read(options.data, described)
    clock("load")
    table = encode_columns(columns, start, BlockedValues(), threads=options.workers)
    del columns
    clock("encode")
    run = Run.of(table, start, Wanted(AT_LEAST), threads=options.workers)
    clock("prepare")
    with Crew(run, options.workers) as crew:
        fitted = start if options.model else train(run, "trained", crew)
        clock("train")
        found = edges(crew, fitted)
        clock("predict")
    component = certain(found, run.under(fitted))
    clock("cluster")
    write(found, described, options.data, options.pairs)
    if options.save:
        options.save.write_text(json.dumps(fitted.to_json()))
    print(json.dumps(figures(clock, len(found), component)))


def read(path: Path, described: Labelled) -> dict[str, pa.ChunkedArray]:
    """The columns of a set, dates as ISO dates."""
    columns = load(path, described.fields)
    if described.compact_dates:
        texts = columns["birth_date"].cast(pa.string())
        columns["birth_date"] = pc.replace_substring_regex(texts, r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3")
    return columns


def write(found: Edges, described: Labelled, data: Path, path: Path) -> None:
    """Pairs with their weights; of a set to be linked only those across its sources."""
    keep = np.ones(len(found), np.bool_)
    if described.link:
        source = pq.read_table(data, columns=["source"])["source"].dictionary_encode().combine_chunks()
        codes = (source.chunk(0) if isinstance(source, pa.ChunkedArray) else source).indices.to_numpy()
        keep = codes[found.left] != codes[found.right]
    pq.write_table(pa.table({"i": found.left[keep], "j": found.right[keep], "w": found.weight[keep]}), path)


def figures(clock: Clock, pairs: int, component: np.ndarray) -> dict[str, object]:
    """What the run has cost."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "wall": round(sum(clock.phases.values()), 3),
        "import_s": round(IMPORTED - STARTED, 3),
        "cpu": round(sum((*own[:2], *others[:2])), 2),
        "phases": clock.phases,
        "pred_rows": pairs,
        "clusters": len(np.unique(component)),
    }


if __name__ == "__main__":
    main()
