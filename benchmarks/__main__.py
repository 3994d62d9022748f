"""Measure all works, and print how they compare.

python -m benchmarks [--size 10000] [--seed 1] [--rounds 5] [--only NAME] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.bench import Bench
from benchmarks.measure import measured, outcome, surroundings
from benchmarks.works import OURS, WORKS

HEAD = ("work", "govledger", "beside", "takes", "ratio", "goal", "reached?")


def main() -> None:
    """Measure, print, and write."""
    given = _arguments()
    outcomes = []
    with (
        TemporaryDirectory(dir=given.folder, prefix="benchmarks-") as folder,
        closing(Bench(Path(folder), given.size, given.seed)) as bench,
    ):
        for work in WORKS:
            if not given.only or work.name in given.only:
                sys.stderr.write(f"{work.name} … ")
                sys.stderr.flush()
                outcomes.append(outcome(work, measured(work, bench, given.rounds)))
        sizes = {"records": given.size, "fewer": bench.small, "a tenth": bench.tenth}
    sys.stderr.write("\n\n")
    sys.stdout.write(
        f"{given.size:,} records; fewer: {sizes['fewer']:,}; medians of {given.rounds} rounds\n\n"
    )
    for line in _table([HEAD, *(row for found in outcomes for row in _rows(found))]):
        sys.stdout.write(f"{line}\n")
    if given.json is not None:
        said = {"seed": given.seed, "rounds": given.rounds, "sizes": sizes}
        results = {**said, **surroundings(), "works": outcomes}
        given.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure all works, and print how they compare."
    )
    parser.add_argument("--size", type=int, default=10_000, help="records (default: 10000)")
    parser.add_argument("--seed", type=int, default=1, help="of the history (default: 1)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (default: 5)")
    names = [work.name for work in WORKS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    parser.add_argument("--folder", type=Path, help="where files are kept meanwhile")
    return parser.parse_args()


def _rows(found: dict[str, Any]) -> Iterator[Sequence[str]]:
    """A line for each contender beside ours."""
    shown = {name: _amount(value, found["unit"]) for name, value in found["median"].items()}
    begin = (found["title"], shown[OURS])
    for other in found["beside"]:
        reached = {None: "", True: "yes", False: "no"}[other["reached"]]
        name, goal = other["contender"], other["goal"]
        yield *begin, name, shown[name], f"{other['ratio']:.3g}x {other['of']}", goal, reached
        begin = ("", "")


def _amount(value: float, unit: str) -> str:
    if unit == "bytes":
        return f"{value / 1e6:.0f} MB"
    for factor, name in ((1, "s"), (1e3, "ms")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {name}"
    return f"{value * 1e6:.3g} us"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)


if __name__ == "__main__":
    main()
