"""Recording and replaying beside the floor: plain sqlite3 with the same bytes.

Run with `python -m pytest benchmarks --benchmark-only`. Answers are compared before any
time counts.
"""

import sqlite3
from itertools import count

import msgspec
import pytest

from govledger import Ledger, MotionAdopted, MotionCompleted, MotionSubmitted
from govledger.codec import encode
from govledger.history import Record

MOTIONS = 1_000


def events(slug):
    return (
        MotionSubmitted(slug, title=f"Motion {slug}", on="2024-01-01"),
        MotionAdopted(slug, on="2024-02-01"),
        MotionCompleted(slug, on="2024-03-01"),
    )


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    with Ledger.open(tmp_path_factory.mktemp("bench") / "ledger.db") as ledger:
        ledger.record(*(event for n in range(MOTIONS) for event in events(f"m{n}")))
        yield ledger


@pytest.fixture(scope="module")
def floor(ledger, tmp_path_factory):
    """The same bytes in a table of our own, with the same durability."""
    path = tmp_path_factory.mktemp("floor") / "floor.db"
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(
        "CREATE TABLE records (position INTEGER PRIMARY KEY, subject TEXT, version INTEGER,"
        " type TEXT, body BLOB, UNIQUE (subject, version))"
    )
    database.execute("BEGIN")
    database.executemany("INSERT INTO records VALUES (?,?,?,?,?)", map(row, ledger.log()))
    database.execute("COMMIT")
    yield database
    database.close()


def row(record: Record):
    entry = encode(record)
    return entry.position, entry.subject, entry.version, entry.type, entry.body


def completed_in(database):
    last = {}
    for subject, kind, body in database.execute("SELECT subject, type, body FROM records"):
        msgspec.json.decode(body)
        last[subject] = kind
    return sum(kind == "motion.completed@1" for kind in last.values())


def completed(ledger):
    register = ledger.as_of("2024-12-31")
    return sum(motion.status == "completed" for motion in register.motions.values())


@pytest.mark.benchmark(group="replay of 3,000 records")
def test_replay(benchmark, ledger, floor):
    assert completed(ledger) == completed_in(floor) == MOTIONS
    benchmark(completed, ledger)


@pytest.mark.benchmark(group="replay of 3,000 records")
def test_replay_floor(benchmark, floor):
    benchmark(completed_in, floor)


@pytest.mark.benchmark(group="one durable append")
def test_append(benchmark, tmp_path):
    numbers = count()
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        benchmark(lambda: ledger.record(events(f"m{next(numbers)}")[0]))
        assert ledger.verify()


@pytest.mark.benchmark(group="one durable append")
def test_append_floor(benchmark, floor, ledger):
    body = row(next(ledger.log(after=1)))[4]
    numbers = count(1_000_000)

    def append():
        position = next(numbers)
        floor.execute("BEGIN IMMEDIATE")
        floor.execute(
            "INSERT INTO records VALUES (?,?,?,?,?)",
            (position, f"motion/n{position}", 1, "motion.submitted@1", body),
        )
        floor.execute("COMMIT")

    benchmark(append)
