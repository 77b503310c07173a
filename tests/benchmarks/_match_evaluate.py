"""Scored pairs of one run held against the truth by the yardstick's own function; runs in the yardstick's environment.

usage: python _match_evaluate.py YARDSTICK NAME PAIRS [--link]    prints one JSON line
"""

import json
import sys

sys.path.insert(0, sys.argv[1])
from common import evaluate, load, np, pl  # noqa: E402  (the yardstick's module, by the path given)

SURE = 0.99


def main() -> None:
    name, path, link = sys.argv[2], sys.argv[3], "--link" in sys.argv
    pairs = pl.read_parquet(path)
    i, j, w = (pairs[column].to_numpy() for column in "ijw")
    result = evaluate(name, i.astype(np.int64), j.astype(np.int64), w.astype(float), link=link)
    entity = load(name)["entity_id"].rank("dense").to_numpy()
    sure = 1 / (1 + np.exp2(-w.astype(float))) >= SURE
    true = entity[i[sure]] == entity[j[sure]]
    result["sure"] = {"pairs": int(sure.sum()), "P": round(float(true.mean()), 4) if sure.any() else None}
    print(json.dumps(result, default=float))


if __name__ == "__main__":
    main()
