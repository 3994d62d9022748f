"""Ledgers that earlier versions wrote: today's code opens them, and tells the same of them.

They stand in `tests/ledgers`, each beside what the code that wrote it said of it.
"""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from test_storage import MANY, Child

from govledger import Ledger, MotionSubmitted, StorageError, UnreadableRecord
from govledger.codec import entry_bytes
from govledger.integrity.merkle import leaf_hash

LEDGERS = sorted((Path(__file__).parent / "ledgers").glob("format-*/*.db"))


def each(ledgers=LEDGERS):
    return pytest.mark.parametrize("old", ledgers, ids=lambda p: f"{p.parent.name}-{p.stem}")


@pytest.fixture
def path(old, tmp_path):
    """A copy of an old ledger."""
    return Path(shutil.copy(old, tmp_path / "ledger.db"))


@pytest.fixture
def told(old):
    """What the code that wrote it said of it."""
    return json.loads(old.with_suffix(".json").read_text("utf-8"))


def agrees(ledger, told, now=None):
    """Check that a ledger, as known `now`, says what was told of it."""
    for view in told["views"]:
        when = view["as_of"], now if view["known_at"] is None else view["known_at"]
        register = ledger.as_of(*when)
        said = {subject: register.describe(subject) for subject in register.subjects()}
        said = json.loads(json.dumps(said))  # sealed texts as they read
        assert said == {name: told["described"][n] for name, n in view["subjects"].items()}, when
        found = {(f.code, f.subject, f.position) for f in ledger.findings(*when)}
        assert found == {tuple(told["found"][n][:3]) for n in view["found"]}, when
    entries = [sha256(entry_bytes(entry)).hexdigest() for entry in ledger.entries(upto=now)]
    assert entries == told["entries"]
    assert ledger.checkpoint(len(entries)).root.hex() == told.get("root", root_over(ledger, now))
    report = ledger.verify()
    assert report, str(report)
    return True


def root_over(ledger, upto):
    leaves = [leaf_hash(entry_bytes(entry)) for entry in ledger.entries(upto=upto)]
    return naive_root(leaves).hex()


def naive_root(leaves):
    """The root as RFC 9162, section 2.1.1 defines it."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + naive_root(leaves[:half]) + naive_root(leaves[half:])).digest()


# --- opened -----------------------------------------------------------------------------


def test_every_old_ledger_is_there():
    names = "balv empty flagged profiles wide withdrawn".split()
    for folder in {path.parent for path in LEDGERS} | {Path(__file__).parent / "ledgers/format-1"}:
        there = (
            names if folder.name < "format-3" else sorted([*names, "erased", "imported", "votes"])
        )
        assert sorted(path.stem for path in folder.glob("*.db")) == there
        assert sorted(path.stem for path in folder.glob("*.json")) == there


@each()
def test_an_old_ledger_is_as_it_was_written(old, told):
    assert sha256(old.read_bytes()).hexdigest() == told["file"]


@each()
def test_an_old_ledger_says_what_it_said(path, told):
    for _ in range(2):
        with Ledger.open(path) as ledger:
            assert ledger.head() == told["head"]
            assert agrees(ledger, told)
    assert list(path.parent.iterdir()) == [path]


@each()
def test_an_old_ledger_takes_new_facts(path, told):
    with Ledger.open(path) as ledger:
        ledger.record(MotionSubmitted("one-more", title="One more", on="2024-12-31"))
        assert ledger.as_of("2024-12-31").motions["one-more"].title == "One more"
    with Ledger.open(path) as ledger:
        assert ledger.head() == told["head"] + 1
        assert agrees(ledger, told, now=told["head"])


@each()
def test_an_old_ledger_knows_its_keys(path, told):
    with Ledger.open(path) as ledger:
        keyed = {}
        for record in ledger.log():
            keyed.setdefault(record.key, []).append(record)
        keyed.pop(None)
        for key, records in keyed.items():
            events = [record.event for record in records]
            assert list(ledger.record(*events, key=key)) == records
        assert ledger.head() == told["head"]


@each()
def test_an_old_ledger_is_only_read_where_it_is_opened_to_be_read(path, told):
    before = path.read_bytes()
    try:
        with Ledger.open(path, read_only=True) as ledger:
            assert agrees(ledger, told)
    except StorageError as refused:
        (problem,) = refused.problems
        assert problem.code == "older-format"
        assert "govledger" in problem.hint
    assert path.read_bytes() == before


# --- killed -----------------------------------------------------------------------------

OPENING = """
import sqlite3
path, stop, steps = sys.argv[1], int(sys.argv[2]), 0

def step(*_):
    global steps
    steps += 1
    if steps == stop:
        print("there", flush=True)
        time.sleep(60)

def connect(*arguments, connect=sqlite3.connect, **options):
    connection = connect(*arguments, **options)
    connection.set_trace_callback(step)  # at every statement
    connection.set_progress_handler(step, 1000)  # and within the longer ones
    return connection

sqlite3.connect = connect
sys.addaudithook(lambda event, _: event in ("os.link", "os.remove", "os.rename") and step())
Ledger.open(path).close()
print(steps)
"""


@each(LEDGERS if MANY else [p for p in LEDGERS if p.stem in ("withdrawn", "wide")])
def test_an_old_ledger_survives_whoever_is_killed_while_opening_it(old, told, tmp_path):
    """The first opening is stopped dead at its first step, its last, and some between."""
    (steps,) = map(int, Child(OPENING, shutil.copy(old, tmp_path / "whole.db"), 0).finish())
    assert steps > 3
    stops = range(1, steps + 1) if MANY else {1 + n * (steps - 1) // 5 for n in range(6)}
    for stop in sorted(stops):
        path = shutil.copy(old, tmp_path / f"{stop}.db")
        with Child(OPENING, path, stop) as child:  # leaving it kills the process
            assert child.line() == "there"
        with Ledger.open(path) as ledger:
            assert agrees(ledger, told), stop


# --- damaged ----------------------------------------------------------------------------


def stored(path):
    """Every row of every table of a file, as far as it is bytes or text."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        rows = [
            row for (name,) in list(tables) for row in connection.execute(f"SELECT * FROM {name}")
        ]
    return {os.fsencode(value) for row in rows for value in row if isinstance(value, bytes | str)}


@each([p for p in LEDGERS if p.stem in ("flagged", "withdrawn")])
@pytest.mark.parametrize("share", [0, 0.5, 1], ids=["first", "middle", "last"])
def test_an_old_ledger_that_is_damaged_is_found_out_and_loses_nothing(path, tmp_path, share):
    with Ledger.open(shutil.copy(path, tmp_path / "whole.db")) as ledger:
        bodies = [entry.body for entry in ledger.entries()]
    hit = round(share * (len(bodies) - 1))
    broken = b"z" + bodies[hit][1:]  # one bit of the brace
    content = path.read_bytes()
    assert content.count(bodies[hit]) == 1
    path.write_bytes(content.replace(bodies[hit], broken))
    bodies[hit] = broken

    try:
        with Ledger.open(path) as ledger:
            assert not ledger.verify()
    except (StorageError, UnreadableRecord) as error:
        (problem,) = error.problems
        assert problem.message
        assert problem.hint
    assert set(bodies) <= stored(path)
