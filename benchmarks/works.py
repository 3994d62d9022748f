"""The works: what is measured, who does it, and how it should come out.

Here: one table, `WORKS`. Both `python -m benchmarks` and the pytest entry go by it. Not here:
the contenders (`ours`, `stock`, `raw`), or how time is taken (`measure`).
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from benchmarks import ours, raw, stock, timeline
from benchmarks.answers import JUDGED, Answer, digest
from benchmarks.bench import Bench, lines_after

OURS, STOCK, RAW = "govledger", "stock", "raw"
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Contender:
    """Somebody at work.

    `run` is measured, `calls` times a round; `ready` gives its arguments before each call, and
    is not. `answer` makes of a result what must be equal for all who answer.
    """

    run: Callable[..., Any]
    ready: Callable[[], tuple[Any, ...]] = tuple
    answer: Callable[[Any], str] | None = None
    calls: int = 1


@dataclass(frozen=True)
class Goal:
    """What is wanted beside another: at least so many times as fast, or below so many times it."""

    beside: str
    at_least: float | None = None
    below: float | None = None

    @property
    def of(self) -> str:
        """What a ratio says."""
        return "as fast" if self.below is None else "as much"

    def ratio(self, our: float, other: float) -> float:
        """How many times as fast as the other, or how many times as much."""
        return other / our if self.below is None else our / other

    def reached(self, ratio: float) -> bool | None:
        """Whether a ratio is as wanted; None where nothing is."""
        if self.below is not None:
            return ratio < self.below
        return None if self.at_least is None else ratio >= self.at_least

    def __str__(self) -> str:
        if self.below is not None:
            return f"< {self.below:g}x"
        return "" if self.at_least is None else f">= {self.at_least:g}x"


NONE = Goal("")
"""Nothing is wanted: the ratio is there to be read."""


@dataclass(frozen=True)
class Work:
    """Something to be done: by whom, and what is wanted of the first of them."""

    name: str
    title: str
    contenders: Mapping[str, Callable[[Bench], Contender]]
    goals: tuple[Goal, ...]
    bytes: bool = False
    """Whether `run` gives bytes, which then count, and not the time it takes."""


# --- a full replay ----------------------------------------------------------------------


def _replay_ours(bench: Bench) -> Contender:
    ledger = bench.opened(ours, bench.size)
    return Contender(
        lambda: ours.replay(ledger), answer=lambda states: digest(ours.answer(ledger, states))
    )


def _replay_stock(bench: Bench) -> Contender:
    return _replay_of(bench.opened(stock, bench.size))


def _replay_in_memory(bench: Bench) -> Contender:
    book = stock.in_memory()
    stock.load(book, bench.history(bench.size).path)
    return _replay_of(book)


def _replay_of(book: stock.Book) -> Contender:
    return Contender(
        book.replay,
        answer=lambda found: digest(_since((s.subject, s.status, s.since) for s in found)),
    )


def _replay_raw(bench: Bench) -> Contender:
    log = bench.opened(raw, bench.size)
    return Contender(
        lambda: raw.replay(log),
        answer=lambda found: digest(_since((n, s.status, s.since) for n, s in found.items())),
    )


def _since(found: Answer) -> Answer:
    """Those that have a status, with the day since when."""
    for subject, status, since in found:
        if subject.startswith(JUDGED):
            yield subject, status, timeline.last_day(since).isoformat()


# --- writing ----------------------------------------------------------------------------

APPENDS = 50
"""How many facts are appended in a round, each by itself."""


def _append_ours(bench: Bench) -> Contender:
    ledger = bench.copied(ours, bench.size, "append-ours")
    facts = map(ours.event, lines_after(bench.history(bench.size)))
    return Contender(ours.record, lambda: (ledger, next(facts)), str, APPENDS)


def _append_stock(bench: Bench) -> Contender:
    book = bench.copied(stock, bench.size, "append-stock")
    facts = lines_after(bench.history(bench.size))
    return Contender(book.record, lambda: (next(facts),), str, APPENDS)


def _append_raw(bench: Bench) -> Contender:
    log = bench.copied(raw, bench.size, "append-raw")
    facts = (msgspec.convert(line, raw.Line) for line in lines_after(bench.history(bench.size)))
    return Contender(raw.append, lambda: (log, next(facts)), str, APPENDS)


def _save_stock(bench: Bench) -> Contender:
    book = bench.copied(stock, bench.size, "append-save")
    fresh = (
        stock.told(None, {"type": "proposal.made", "subject": f"proposal/{n}", **_PROPOSED})
        for n in range(sys.maxsize)
    )
    return Contender(book.save, lambda: (next(fresh),), None, APPENDS)


_PROPOSED = {"on": "2024-01-01", "data": {"by": "Bestuur", "text": "Meer groen"}}


def _import_by(contender: ModuleType) -> Callable[[Bench], Contender]:
    def make(bench: Bench) -> Contender:
        source = bench.history(bench.size).path
        name = f"import-{contender.__name__}"
        return Contender(
            lambda path: _imported(contender, path, source), lambda: (bench.free(name),), str
        )

    return make


def _imported(contender: ModuleType, path: Path, source: Path) -> int:
    """Import into a new file and close it; gives the position of the last record."""
    with closing(contender.connect(path)) as opened:
        contender.load(opened, source)
        return contender.head(opened)


# --- asking -----------------------------------------------------------------------------


def _register_ours(bench: Bench) -> Contender:
    asked, ledger = bench.history(bench.size), bench.opened(ours, bench.size)
    return Contender(lambda: ours.register(ledger, asked.day, asked.known), answer=_statuses)


def _register_stock(bench: Bench) -> Contender:
    asked, book = bench.history(bench.size), bench.opened(stock, bench.size)
    return Contender(
        lambda: [(s.subject, s.status) for s in book.replay(asked.until, asked.known)],
        answer=_statuses,
    )


def _register_raw(bench: Bench) -> Contender:
    asked, log = bench.history(bench.size), bench.opened(raw, bench.size)
    return Contender(
        lambda: [(n, s.status) for n, s in raw.replay(log, asked.until, asked.known).items()],
        answer=_statuses,
    )


def _register_grouped(bench: Bench) -> Contender:
    asked, log = bench.history(bench.size), bench.opened(raw, bench.size)
    return Contender(lambda: raw.grouped(log, asked.until, asked.known), answer=_statuses)


def _statuses(found: Answer) -> str:
    return digest(line for line in found if line[0].startswith(JUDGED))


QUESTIONS = 20
"""How often a small question is asked in a round."""


def _motion_at(size: str) -> Callable[[Bench], Contender]:
    def make(bench: Bench) -> Contender:
        records = getattr(bench, size)
        asked, ledger = bench.history(records), bench.opened(ours, records)
        return Contender(
            lambda: ours.motion(ledger, asked.motion, asked.day),
            answer=str if size == "size" else None,
            calls=QUESTIONS,
        )

    return make


def _motion_replayed(bench: Bench) -> Contender:
    asked, log = bench.history(bench.size), bench.opened(raw, bench.size)
    return Contender(lambda: raw.replay(log, asked.until)[asked.motion].status, answer=str)


def _page_at(size: str, *, known: bool = False) -> Callable[[Bench], Contender]:
    def make(bench: Bench) -> Contender:
        records = getattr(bench, size)
        asked, ledger = bench.history(records), bench.opened(ours, records)
        known_at = asked.known if known else None
        return Contender(lambda: ours.page(ledger, asked.day, known_at), calls=QUESTIONS)

    return make


# --- proofs -----------------------------------------------------------------------------


def _append_without_tree(bench: Bench) -> Contender:
    ledger = bench.copied(ours, bench.size, "append-no-tree")
    facts = map(ours.event, lines_after(bench.history(bench.size)))
    return Contender(ours.record_without_tree, lambda: (ledger, next(facts)), str, APPENDS)


def _verified_by(run: Callable[[Any], bytes]) -> Callable[[Bench], Contender]:
    def make(bench: Bench) -> Contender:
        ledger = bench.opened(ours, bench.size)
        return Contender(lambda: run(ledger), answer=bytes.hex)

    return make


def _hashed(bench: Bench) -> Contender:
    return Contender(lambda: raw.hashed(bench.file(ours, bench.size)))


def _proved_at(size: str, run: Callable[[Any, int], int]) -> Callable[[Bench], Contender]:
    def make(bench: Bench) -> Contender:
        records = getattr(bench, size)
        ledger = bench.opened(ours, records)
        places = itertools.cycle(range(1, records, max(1, records // 101)))
        return Contender(run, lambda: (ledger, next(places)), calls=QUESTIONS)

    return make


# --- memory, and whole processes --------------------------------------------------------


def _memory_of(operation: str, size: str) -> Callable[[Bench], Contender]:
    def make(bench: Bench) -> Contender:
        records = getattr(bench, size)
        source = bench.history(records).path

        def run() -> int:
            ledger = bench.free("memory") if operation == "import" else bench.file(ours, records)
            file = source if operation == "import" else bench.folder / "export.jsonl"
            return int(_process("benchmarks.memory", operation, ledger, file))

        return Contender(run)

    return make


def _list(bench: Bench) -> Contender:
    ledger = bench.free("example")
    _process("govledger", "--ledger", ledger, "--quiet", "demo")
    return Contender(lambda: _process("govledger", "--ledger", ledger, "list"))


def _empty(_: Bench) -> Contender:
    return Contender(lambda: _process("benchmarks.empty"))


def _process(module: str, *words: str | Path) -> str:
    """Run a module in a process of its own; gives what it prints."""
    command = [sys.executable, "-m", module, *map(str, words)]
    return subprocess.run(  # noqa: S603 - our own modules
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


# --- all of them ------------------------------------------------------------------------

WORKS = (
    Work(
        "replay",
        "replay of all records",
        {
            OURS: _replay_ours,
            STOCK: _replay_stock,
            RAW: _replay_raw,
            "stock in memory": _replay_in_memory,
        },
        (Goal(STOCK, at_least=5), Goal(RAW, at_least=0.6)),
    ),
    Work(
        "append",
        "one durable append",
        {OURS: _append_ours, STOCK: _append_stock, RAW: _append_raw, "bare save": _save_stock},
        (Goal(STOCK, at_least=1), Goal("bare save", at_least=1)),
    ),
    Work(
        "import",
        "import of a file",
        {OURS: _import_by(ours), STOCK: _import_by(stock), RAW: _import_by(raw)},
        (Goal(STOCK, at_least=2),),
    ),
    Work(
        "register",
        "the register on a date, as known at another",
        {
            OURS: _register_ours,
            STOCK: _register_stock,
            RAW: _register_raw,
            "GROUP BY": _register_grouped,
        },
        (Goal(STOCK, at_least=100), Goal("GROUP BY", at_least=10)),
    ),
    Work(
        "motion",
        "one motion on a date",
        {OURS: _motion_at("size"), "fewer": _motion_at("small"), "a replay": _motion_replayed},
        (Goal("fewer", below=1.5), Goal("a replay", at_least=100)),
    ),
    Work(
        "page",
        "50 motions on a date",
        {OURS: _page_at("size"), "fewer": _page_at("small")},
        (Goal("fewer", below=2),),
    ),
    Work(
        "page-known",
        "50 motions on a date, as known at another",
        {OURS: _page_at("size", known=True), "as known now": _page_at("size")},
        (Goal("as known now", below=2),),
    ),
    Work(
        "append-tree",
        "one durable append, with the tree",
        {OURS: _append_ours, "without the tree": _append_without_tree},
        (Goal("without the tree", below=1.25),),
    ),
    Work(
        "verify-bytes",
        "verify --bytes-only",
        {OURS: _verified_by(ours.verify_bytes), "hashing alone": _hashed},
        (Goal("hashing alone", at_least=0.6),),
    ),
    Work(
        "verify",
        "verify",
        {OURS: _verified_by(ours.verify), "hashing alone": _hashed},
        (),
    ),
    Work(
        "inclusion",
        "a proof that a record is in the ledger",
        {OURS: _proved_at("size", ours.prove), "fewer": _proved_at("small", ours.prove)},
        (Goal("fewer", below=2),),
    ),
    Work(
        "consistency",
        "a proof that the ledger extends what it was",
        {OURS: _proved_at("size", ours.extends), "fewer": _proved_at("small", ours.extends)},
        (),
    ),
    *(
        Work(
            f"memory-{operation}",
            f"memory of {operation}",
            {OURS: _memory_of(operation, "size"), "a tenth": _memory_of(operation, "tenth")},
            (Goal("a tenth", below=1.3),),
            bytes=True,
        )
        for operation in ("import", "replay", "verify", "export")
    ),
    Work(
        "list",
        "govledger list, the whole process",
        {OURS: _list, "empty click": _empty},
        (Goal("empty click", below=2),),
    ),
)
