"""`python -m cdv_site.demo --seed 7 --scale 5000 OUT`: write the demo's files and say what is in them."""

import argparse
from pathlib import Path

from cdv_site.demo.generate import Manifest, generate


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m cdv_site.demo", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the five files and truth.csv")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scale", type=int, default=5_000, help="about how many records in total")
    options = parser.parse_args()
    _tell(generate(options.out, seed=options.seed, scale=options.scale))


def _tell(manifest: Manifest) -> None:
    for key, path in manifest.files.items():
        print(f"{path}: {manifest.records.get(key, 0)} records, {manifest.malformed.get(key, 0)} malformed rows")
    print(f"{manifest.truth}: {manifest.entities} entities")
    for name, case in sorted(manifest.cases.items()):
        print(f"  {name}: {case.count}, e.g. {' '.join(case.examples[0])}")


if __name__ == "__main__":
    main()
