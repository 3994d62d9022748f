"""What the works need: histories of several sizes, and the same log held by each contender.

Here: `Bench`, which makes all of it in one folder, when it is first asked for. Not here: what
is measured (`works`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from shutil import copyfile
from types import ModuleType
from typing import Any

import msgspec

from benchmarks import timeline
from benchmarks.generate import Line, history

AHEAD = 5_000
"""How many facts are kept at hand that come after the end of a history."""


@dataclass(frozen=True)
class History:
    """A history in a file, and what is asked of it.

    `day` lies in the middle of what is recorded, and `known` at three quarters of it; `motion`
    is the one of which most is said by then. `later` is what comes next.
    """

    path: Path
    records: int
    day: str
    known: int
    motion: str
    later: list[Line]

    @property
    def until(self) -> int:
        """The last instant of the day."""
        return timeline.end_of(self.day)


def written(path: Path, records: int, seed: int) -> History:
    """Write a history to a file, and choose what is asked of it."""
    day = ""
    motions: Counter[str] = Counter()
    lines = history(records, seed)
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for line in islice(lines, records):
            file.write(encode(line) + b"\n")
            if line["position"] <= records // 2:
                day = timeline.last_day(line["on"]).isoformat()
                if line["type"].startswith("motion."):
                    motions[line["subject"]] += 1
    ((motion, _),) = motions.most_common(1)
    return History(path, records, day, records * 3 // 4, motion, list(islice(lines, AHEAD)))


@dataclass
class Bench:
    """A folder to measure in, the size of what is measured, and the seed of its histories."""

    folder: Path
    size: int
    seed: int
    _made: dict[tuple[str, int], Any] = field(default_factory=dict)
    _opened: ExitStack = field(default_factory=ExitStack)

    @property
    def small(self) -> int:
        """The size beside which growth is measured: a hundredth, or 1,000 where that is more."""
        return max(self.size // 100, 1_000)

    @property
    def tenth(self) -> int:
        """The size beside which memory is measured."""
        return self.size // 10

    def history(self, size: int) -> History:
        """A history of a size."""
        if ("history", size) not in self._made:
            made = written(self.folder / f"{size}.jsonl", size, self.seed)
            self._made["history", size] = made
        return self._made["history", size]

    def file(self, contender: ModuleType, size: int) -> Path:
        """The file in which a contender holds a history."""
        path = self.folder / f"{contender.__name__}-{size}.db"
        if not path.exists():
            with closing(contender.connect(path)) as opened:
                contender.load(opened, self.history(size).path)
        return path

    def opened(self, contender: ModuleType, size: int) -> Any:
        """What a contender has open on that file; it is only read."""
        key = contender.__name__, size
        if key not in self._made:
            opened = contender.connect(self.file(contender, size))
            self._made[key] = self._opened.enter_context(closing(opened))
        return self._made[key]

    def copied(self, contender: ModuleType, size: int, name: str) -> Any:
        """What a contender has open on a copy of that file, to write to."""
        path = self.free(name)
        copyfile(self.file(contender, size), path)
        return self._opened.enter_context(closing(contender.connect(path)))

    def free(self, name: str) -> Path:
        """The path of a file that is not there; what was there before is deleted."""
        for file in self.folder.glob(f"{name}.db*"):
            file.unlink()
        return self.folder / f"{name}.db"

    def close(self) -> None:
        """Let go of all files."""
        self._opened.close()


def lines_after(told: History) -> Iterator[Line]:
    """The facts that come after a history, each once."""
    yield from told.later
