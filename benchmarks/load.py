"""Many writers at once: how many facts a second are durable, beside stock eventsourcing.

python -m benchmarks.load [--seconds 5] [--rounds 3] [--postgres URL] [--folder DIR] [--json FILE]

Here: the cases, the writers, and what is looked at when they are done. Not here: one writer alone
(`works`). Whatever a writer was told to be durable is looked for afterwards, each fact once.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Barrier, Thread
from time import perf_counter, time_ns
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

from benchmarks import stock
from benchmarks.measure import surroundings
from govledger import Ledger, MotionSubmitted

PROCESSES = get_context("spawn")
CASES: dict[str, tuple[int, int, int]] = {
    "one thread": (1, 1, 1),
    "16 threads, one ledger": (1, 1, 16),
    "8 threads, one ledger": (1, 1, 8),
    "8 processes, one ledger": (1, 8, 1),
    "8 processes, 8 ledgers": (8, 8, 1),
}
"""How many ledgers, processes, and threads of each process."""

GOALS = {
    "8 threads, one ledger": 1.0,
    "8 processes, one ledger": 1.0,
    "8 processes, 8 ledgers": 2.0,
}
"""How many times as many facts a second as stock are wanted."""

GROUPED = 3.0
"""How many times as many facts a second 16 threads are wanted to record as one."""


@dataclass(frozen=True)
class Contender:
    """Who records: making and opening a place, recording a fact there, and the names of all."""

    make: Callable[[str], Any]
    open: Callable[[str], Any]
    record: Callable[[Any, str], object]
    names: Callable[[Any], Sequence[str]]


def _record(ledger: Ledger, name: str) -> object:
    return ledger.record(MotionSubmitted(name, title="Bigger bins", on="2024-03-01"), key=name)


def _recorded(ledger: Ledger) -> Sequence[str]:
    assert ledger.verify()
    records = list(ledger.log(after=1))
    assert [record.position for record in records] == list(range(2, len(records) + 2))
    return [str(record.key) for record in records]


def _save(book: stock.Book, name: str) -> object:
    fact = {
        "type": "motion.submitted",
        "subject": f"motion/{name}",
        "on": "2024-03-01",
        "data": {"title": "Bigger bins"},
    }
    return book.save(stock.told(None, fact))


def _saved(book: stock.Book) -> Sequence[str]:
    return [aggregate.subject.removeprefix("motion/") for aggregate in book.replay()]


CONTENDERS = {
    "govledger": Contender(Ledger.open, Ledger.open, _record, _recorded),
    "stock": Contender(stock.made, stock.opened, _save, _saved),
}


# --- writing ----------------------------------------------------------------------------


def _write(who: str, place: str, number: int, threads: int, seconds: float, pipe: Any) -> None:
    """What one process does: its threads record until the time is over."""
    contender = CONTENDERS[who]
    told: list[str] = []
    with closing(contender.open(place)) as opened:
        contender.record(opened, f"p{number}-first")  # all that is made at first is made now
        told.append(f"p{number}-first")
        start = Barrier(threads + 1)

        def record(thread: int) -> None:
            mine = []
            start.wait()
            until = perf_counter() + seconds
            for n in count():
                if perf_counter() >= until:
                    break
                contender.record(opened, name := f"p{number}-t{thread}-{n}")
                mine.append(name)
            told.extend(mine)

        workers = [Thread(target=record, args=(thread,)) for thread in range(threads)]
        for worker in workers:
            worker.start()
        pipe.send("ready")
        pipe.recv()
        start.wait()
        begin = perf_counter()
        for worker in workers:
            worker.join()
        pipe.send((perf_counter() - begin, told))


def measured(who: str, places: Sequence[str], processes: int, threads: int, time: float) -> float:
    """How many facts a second all writers together recorded.

    Raises `AssertionError` where one that was told to be durable is missing, or there twice.
    """
    contender = CONTENDERS[who]
    for place in set(places):
        contender.make(place).close()
    pipes, running = [], []
    for number in range(processes):
        ours, theirs = PROCESSES.Pipe()
        given = (who, places[number], number, threads, time, theirs)
        running.append(PROCESSES.Process(target=_write, args=given))
        running[-1].start()
        pipes.append(ours)
    for pipe in pipes:
        assert pipe.recv() == "ready"
    for pipe in pipes:
        pipe.send("go")
    answers = [pipe.recv() for pipe in pipes]
    for process in running:
        process.join()
    told = [name for _, names in answers for name in names]
    there: list[str] = []
    for place in sorted(set(places)):
        with closing(contender.open(place)) as opened:
            there += contender.names(opened)
    assert sorted(there) == sorted(told), "facts are lost, or there twice"
    return (len(told) - processes) / max(seconds for seconds, _ in answers)


# --- where ------------------------------------------------------------------------------


def files(folder: Path) -> Callable[[str, int], list[str]]:
    """Places in a folder, none of which there is yet."""
    numbers = count()

    def places(who: str, ledgers: int) -> list[str]:
        return [str(folder / f"{who}-{next(numbers)}.db") for _ in range(ledgers)]

    return places


def schemas(url: str) -> Callable[[str, int], list[str]]:
    """Places in a database; stock keeps all its books in one table, as it does by itself."""
    numbers = count()
    begun = time_ns()
    parts = urlsplit(url)

    def place(name: str) -> str:
        query = "&".join(filter(None, (parts.query, f"ledger={name}")))
        return urlunsplit(parts._replace(query=query))

    def places(who: str, ledgers: int) -> list[str]:
        if who == "govledger":
            return [place(f"load_{begun}_{next(numbers)}") for _ in range(ledgers)]
        name = f"load_{begun}_{next(numbers)}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(name)))
        return [place(name)] * ledgers

    return places


def main() -> None:
    """Measure, print, and write."""
    given = _arguments()
    with TemporaryDirectory(dir=given.folder, prefix="load-") as folder:
        stores = {"SQLite": files(Path(folder))}
        if given.postgres:
            stores["PostgreSQL"] = schemas(given.postgres)
        found = {
            store: _found(store, places, given.rounds, given.seconds)
            for store, places in stores.items()
        }
    for line in _lines(found):
        sys.stdout.write(f"{line}\n")
    if given.json is not None:
        said = {"seconds": given.seconds, "rounds": given.rounds, **surroundings()}
        given.json.write_text(json.dumps({**said, "facts a second": found}, indent=1) + "\n")


Found = dict[str, dict[str, list[float]]]


def _found(
    store: str, places: Callable[[str, int], list[str]], rounds: int, seconds: float
) -> Found:
    """Facts a second, by case and contender, one for each round; all take turns."""
    found: Found = {case: {who: [] for who in CONTENDERS} for case in CASES}
    for turn in range(rounds):
        for case, (ledgers, processes, threads) in CASES.items():
            for who in CONTENDERS:
                sys.stderr.write(f"{store}, round {turn + 1}: {case}, {who} …\n")
                where = places(who, ledgers)
                where = [where[number % ledgers] for number in range(processes)]
                rate = measured(who, where, processes, threads, seconds)
                found[case][who].append(rate)
    return found


def _lines(found: dict[str, Found]) -> Iterator[str]:
    for store, cases in found.items():
        rates = {
            case: {who: median(each) for who, each in whose.items()}
            for case, whose in cases.items()
        }
        yield f"{store}: facts a second"
        for case, whose in rates.items():
            ratio = whose["govledger"] / whose["stock"]
            wanted = f"  (wanted: {GOALS[case]:g}x)" if case in GOALS else ""
            told = "   ".join(f"{who} {rate:6,.0f}" for who, rate in whose.items())
            yield f"  {case:26}{told}   {ratio:.2f}x{wanted}"
        many, one = (rates[case]["govledger"] for case in ("16 threads, one ledger", "one thread"))
        yield f"  16 threads beside one: {many / one:.2f}x  (wanted: {GROUPED:g}x)\n"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load", description="How many facts a second many writers record."
    )
    parser.add_argument("--seconds", type=float, default=5, help="for each (default: 5)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each (default: 3)")
    parser.add_argument("--postgres", metavar="URL", help="a database to measure in, too")
    parser.add_argument("--folder", type=Path, help="where files are kept meanwhile")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
