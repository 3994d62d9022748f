"""Copies: whatever the stores, a copy is the original row for row; an earlier or interrupted one
is continued, anything else is left alone, and damage is not copied."""

import os
import random
import shutil
import signal
import sqlite3
import time
import tracemalloc
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count, product
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from test_old_ledgers import LEDGERS, agrees, told  # noqa: F401 - a fixture
from test_postgres import files_with
from test_spans import Clock, rows, tell
from test_storage import (
    BAD_FILES,
    MANY,
    Child,
    filled,
    nothing_changes,
    posix,
    refused,
    sound,
    submitted,
    together,
)

from govledger import Ledger, MotionAdopted, RuleBreach, StorageError, UnreadableRecord, ledgers
from govledger.cli import main
from govledger.integrity.merkle import number_of
from govledger.storage import copying
from govledger.storage.postgres import address

STORES = ("file", "postgres")
PAIRS = [pytest.param(*pair, id=f"{pair[0]}-{pair[1]}") for pair in product(STORES, STORES)]
pairs = pytest.mark.parametrize(("one", "other"), PAIRS)


@pytest.fixture
def place(request, tmp_path):
    """Places where there is nothing yet, in a kind of store."""
    numbers = count(1)

    def new(kind):
        if kind == "file":
            return str(tmp_path / f"place-{next(numbers)}.db")
        return request.getfixturevalue("server").url()

    return new


@pytest.fixture
def small(monkeypatch):
    """Copies that go by a few records at a time."""
    monkeypatch.setattr(copying, "BATCH", 7)


def everything(place):
    """All rows of a ledger, and all that it answers for: log, names, tree, what is derived."""
    with Ledger.open(place, create=False) as ledger:
        report = ledger.verify()
        assert report, str(report)
        with ledger._store.read() as reading:
            ask = reading.session.select
            own = {
                "disclosures": ask('SELECT digest, "array" FROM disclosures ORDER BY digest'),
                "tree": ask("SELECT number, hash FROM tree ORDER BY number"),
            }
        return {**own, **rows(ledger), "records": list(ledger.entries())}


def copied(source, target):
    with Ledger.open(source, read_only=True) as ledger:
        return ledger.copy_to(target)


def history(place, seed):
    """A ledger with late facts, corrections, flagged breaches, keys, names and an erasure."""
    with Ledger.open(place, clock=Clock(), timezone="Europe/Amsterdam") as ledger:
        ledger.record(submitted("named", movers=["Zoe Zijl", "Yvo Ypma"], on="2018-01-01"))
        tell(ledger, seed, 20)
        ledger.record(submitted("other", movers=["Zoe Zijl"], on="2018-01-01"), key="other")
        ledger.erase("motion/named", name="Zoe Zijl", basis="asked")
        ledger.record(submitted("third", movers=["Zoe Zijl", "Ann Aal"], on="2018-01-01"))
        tell(ledger, seed + 1_000, 20)
    return place


# --- the same in every store ------------------------------------------------------------


@pairs
@pytest.mark.parametrize("seed", range(25 if MANY else 2))
def test_a_copy_is_the_original_row_for_row(place, small, one, other, seed):
    source, target = history(place(one), seed), place(other)
    done = copied(source, target)
    before = everything(source)
    assert everything(target) == before
    assert (done.count, done.size) == (len(before["records"]), len(before["records"]))
    with Ledger.open(target) as ledger:
        assert ledger.checkpoint().root == done.root
    assert "Zoe Zijl" in str(before["disclosures"])
    again = copied(source, target)
    assert (again.count, again.size, again.root) == (0, done.size, done.root)

    with Ledger.open(source) as ledger:  # and then it goes on
        tell(ledger, seed + 2_000, 10)
        ledger.erase(name="Zoe Zijl", basis="asked")
        ledger.erase("motion/third", basis="asked")
    again = copied(source, target)
    assert again.count == again.size - done.size > 2
    after = everything(source)
    assert everything(target) == after
    gone = set(before["disclosures"]) - set(after["disclosures"])
    assert (again.erased, again.purged) == (len(gone), True)
    assert len(gone) >= 3


@pairs
def test_keys_go_on_working_in_a_copy(place, small, one, other):
    source, target = history(place(one), 5), place(other)
    copied(source, target)
    with Ledger.open(target) as ledger:
        keyed, head = {}, ledger.head()
        for record in ledger.log():
            keyed.setdefault(record.key, []).append(record)
        keyed.pop(None)
        assert len(keyed) > 3
        for key, records in keyed.items():
            assert list(ledger.record(*(r.event for r in records), key=key)) == records
        assert ledger.head() == head


def test_a_ledger_in_memory_is_copied_to_stay(place, small):
    with Ledger.in_memory(name="club") as ledger:
        ledger.record(*(submitted(f"m{n}", movers="Zoe Zijl") for n in range(20)))
        assert ledger.copy_to(target := place("file")).count == 21
        with Ledger.open(target) as copy:
            assert (copy.name, list(copy.log())) == ("club", list(ledger.log()))
    sound(target, head=21)


def test_a_new_ledger_and_an_empty_file_will_do(place, tmp_path):
    Ledger.open(source := place("file")).close()
    (tmp_path / "empty.db").touch()
    assert copied(source, tmp_path / "empty.db").count == 1
    assert everything(source) == everything(tmp_path / "empty.db")


OLD = [
    pytest.param(old, other, id=f"{old.parent.name}-{old.stem}-{other}")
    for old, other in product(LEDGERS, STORES)
    if MANY or other == "file" or old.stem in ("flagged", "erased")
]


@pytest.mark.parametrize(("old", "other"), OLD)
def test_an_old_ledger_is_copied_as_it_is(old, told, place, other, tmp_path, small):  # noqa: F811
    source = shutil.copy(old, tmp_path / "old.db")
    target = place(other)
    result = CliRunner().invoke(main, ["copy", str(source), target])
    assert result.exit_code == 0, result.output
    with Ledger.open(target) as ledger:
        assert ledger.head() == told["head"]
        assert agrees(ledger, told)
    assert everything(source) == everything(target)


def test_an_old_ledger_opened_to_be_read_is_told_to_be_old(place, tmp_path):
    (old,) = (path for path in LEDGERS if path.match("format-2/balv.db"))
    with nothing_changes(old.parent), refused("older-format"):
        copied(old, place("file"))


def test_a_ledger_of_another_calendar_is_brought_up_to_date_first(place):
    source, target = filled(place("file")), filled(place("file"))
    for path in (source, target):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE calendar SET rules = 'of another year'")
    before = Path(target).read_bytes()
    assert "error[other-calendar]" in govledger("copy", source, target, exit_code=1)
    assert Path(target).read_bytes() == before
    other = place("file")
    assert "copied 5 records" in govledger("copy", source, other)
    assert everything(source) == everything(other)


# --- names ------------------------------------------------------------------------------


def test_an_erased_name_is_gone_from_the_copy(server, place):
    source = place("file")
    with Ledger.open(source) as ledger:
        ledger.record(submitted("a", movers=["Zoe Zijl", "Yvo Ypma"]))
    file, url = place("file"), place("postgres")
    for target in (file, url):
        assert copied(source, target).erased == 0
    assert b"Zoe Zijl" in Path(file).read_bytes()
    assert files_with(server, url, "Zoe Zijl")
    with Ledger.open(source) as ledger:
        ledger.erase(name="Zoe Zijl", basis="asked")
    for target in (file, url):
        done = copied(source, target)
        assert (done.count, done.erased, done.purged) == (1, 1, True)
    assert b"Zoe Zijl" not in Path(file).read_bytes()
    assert b"Yvo Ypma" in Path(file).read_bytes()
    assert files_with(server, url, "Zoe Zijl") == []


def test_a_reader_of_the_copy_keeps_what_was_erased_and_that_is_said(place, monkeypatch):
    monkeypatch.setattr("govledger.storage.sqlite.store.PATIENCE", 0)
    source, target = place("file"), place("file")
    with Ledger.open(source) as ledger:
        ledger.record(submitted("a", movers=["Zoe Zijl"]))
        ledger.copy_to(target)
        ledger.erase(name="Zoe Zijl", basis="asked")
    with Ledger.open(target) as reader, reader._store.read() as reading:
        reading.last()
        result = CliRunner().invoke(main, ["copy", source, target])
        assert result.exit_code == 1
        assert "erased there, too: 1 text" in result.output
        assert "not purged there: " in result.output
    assert b"Zoe Zijl" not in Path(target).read_bytes()


@pairs
def test_a_copy_of_a_ledger_that_is_written_to_is_sound_each_time(place, small, one, other):
    """Whatever is erased while it is copied, the erasure is copied, too."""
    source, target = filled(place(one)), place(other)
    script = """
from itertools import count
with Ledger.open(sys.argv[1]) as ledger:
    for n in count():
        ledger.record(*(MotionSubmitted(f"n{n}-{m}", title="N", on="2024-04-01", movers="Zoe Zijl")
                        for m in range(5)))
        ledger.erase(f"motion/n{n}-3", basis="asked")
        ledger.erase(f"motion/n{n // 2}-1", basis="asked") if n % 2 else None
        print(n, flush=True)
"""
    with Child(script, source) as writer:
        sizes = []
        for _ in range(10 if MANY else 3):
            writer.line()
            sizes.append(copied(source, target).size)
            sound(target, head=sizes[-1])
        writer.process.kill()
        writer.process.wait()
    assert sizes == sorted(sizes)
    copied(source, target)
    assert everything(source) == everything(target)


# --- interrupted ------------------------------------------------------------------------

COPIER = """
from govledger.storage import copying
copying.BATCH = 7
with Ledger.open(sys.argv[1], read_only=True) as ledger:
    ledger.copy_to(sys.argv[2], lambda done: print(done, flush=True))
"""


@posix
@pairs
def test_a_killed_copy_is_continued(place, one, other):
    source, chance, interrupted = history(place(one), 7), random.Random(9), 0
    with Ledger.open(source) as ledger:
        ledger.record(*(submitted(f"n{n}", movers="Zoe Zijl", on="2018-01-01") for n in range(300)))
        size = ledger.head()
    for _ in range(20 if MANY else 1):
        target = place(other)
        for _ in range(3):
            with Child(COPIER, source, target) as copier:
                for _ in range(chance.randint(0, 12)):
                    copier.process.stdout.readline()
                time.sleep(chance.uniform(0, 0.02))
                copier.process.send_signal(signal.SIGKILL)
                copier.process.wait()
            try:
                with Ledger.open(target, create=False) as ledger:
                    interrupted += 0 < ledger.head() < size
                    assert ledger.verify(contents=False)
            except StorageError as error:
                assert error.problems[0].code == "no-ledger"
        copied(source, target)
        assert everything(source) == everything(target)
    assert interrupted or not MANY


def test_an_interrupt_ends_it_between_two_batches(place, small):
    source, target = filled(place("file"), motions=100), place("file")

    def interrupt(done):
        if done > 50:
            raise KeyboardInterrupt

    with Ledger.open(source) as ledger:
        with pytest.raises(KeyboardInterrupt):
            ledger.copy_to(target, interrupt)
        sound(target, head=57)
        assert ledger.copy_to(target).count == 102 - 57
    assert everything(source) == everything(target)


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_says_how_to_go_on(place, small, monkeypatch, number):
    source, target = filled(place("file"), motions=50), place("file")
    part, parts = copying._next, []

    def interrupted(*given):
        parts.append(given)
        if len(parts) == 4:
            os.kill(os.getpid(), number)
        return part(*given)

    monkeypatch.setattr(copying, "_next", interrupted)
    shown = govledger("copy", source, target, exit_code=128 + number)
    assert "interrupted. The same command goes on from there." in shown
    sound(target, head=22)
    monkeypatch.undo()
    assert "copied 30 records" in govledger("copy", source, target)
    assert everything(source) == everything(target)


# --- what is there already --------------------------------------------------------------


def ahead(source, target):
    """A copy that was written to."""
    copied(source, target)
    with Ledger.open(target) as ledger:
        ledger.record(submitted("own"))


def apart(source, target):
    """A copy that was written to, as the original was."""
    ahead(source, target)
    with Ledger.open(source) as ledger:
        ledger.record(submitted("one"), submitted("two"), submitted("three"))


def foreign(source, target):
    """Another ledger, with fewer records."""
    Ledger.open(target, name="spring").close()


@pairs
@pytest.mark.parametrize("there", [ahead, apart, foreign], ids=lambda there: there.__name__)
def test_what_is_no_beginning_of_the_ledger_is_left_alone(place, one, other, there):
    source, target = filled(place(one)), place(other)
    there(source, target)
    before = everything(target)
    with refused("not-a-copy"):
        copied(source, target)
    assert everything(target) == before


@pytest.mark.parametrize(("make", "code"), BAD_FILES, ids=[m.__name__[3:] for m, _ in BAD_FILES])
def test_what_is_no_ledger_is_left_alone(place, tmp_path, make, code):
    source, target = filled(place("file")), tmp_path / "there.db"
    make(target)
    before = target.is_file() and target.read_bytes()
    with refused(code):
        copied(source, target)
    assert (target.is_file() and target.read_bytes()) == before


def test_an_old_ledger_that_is_there_is_left_as_it_is(place, tmp_path):
    (old,) = (path for path in LEDGERS if path.match("format-1/balv.db"))
    target = shutil.copy(old, tmp_path / "there.db")
    source = filled(place("file"))
    with refused("older-format"):
        copied(source, target)
    assert target.read_bytes() == old.read_bytes()


def test_a_schema_of_something_else_is_left_alone(server, place):
    source, url = filled(place("file")), place("postgres")
    with server.connect() as connection:
        schema = address(url).schema
        connection.execute(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.records (n int)")
        with refused("not-a-ledger"):
            copied(source, url)
        assert connection.execute(f"SELECT * FROM {schema}.records").fetchall() == []


def test_the_same_place_is_refused(server, place, tmp_path, monkeypatch):
    source, url = filled(place("file")), filled(place("postgres"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.db").symlink_to(source)
    os.link(source, tmp_path / "other-name.db")
    for target in (source, Path(source).name, "link.db", "other-name.db"):
        with refused("same-place"):
            copied(source, target)
    name = address(url).ledger
    for target in (url, url.replace("postgresql:", "postgres:"), server.url(name, user="x")):
        with refused("same-place"):
            copied(url, target)
    sound(source, head=5)
    sound(url, head=5)


@pytest.mark.parametrize("other", STORES)
def test_a_copy_that_somebody_writes_to_meanwhile_is_given_up(place, small, other):
    source, target = filled(place("file"), motions=100), place(other)
    script = """
sys.stdin.readline()
with Ledger.open(sys.argv[1]) as ledger:
    print(ledger.record(MotionSubmitted("own", title="T", on="2024-04-01"))[0].position)
"""
    with Child(script, target) as writer:

        def meanwhile(done):
            if done == 57:
                writer.say("now")
                assert writer.line() == "58"

        with Ledger.open(source) as ledger, refused("not-a-copy"):
            ledger.copy_to(target, meanwhile)
        assert writer.process.wait(timeout=60) == 0
    sound(target, head=58)


@pytest.mark.parametrize("other", STORES)
def test_two_copies_to_one_place_help_each_other(place, other):
    source, target = filled(place("file"), motions=200), place(other)
    script = """
from govledger.storage import copying
copying.BATCH = 7
with Ledger.open(sys.argv[1]) as ledger:
    begin()
    done = ledger.copy_to(sys.argv[2])
    print(done.count, done.size, done.root.hex())
"""
    (first,), (second,) = together(script, source, target)
    assert first.split()[1:] == second.split()[1:]
    assert int(first.split()[1]) == 202
    assert everything(source) == everything(target)


# --- damage -----------------------------------------------------------------------------


@contextmanager
def altering(kind, server, source):
    """As an owner who can switch triggers off."""
    if kind == "file":
        with closing(sqlite3.connect(source, isolation_level=None)) as connection:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type='trigger'"
            ):
                connection.execute(f"DROP TRIGGER {name}")
            yield connection.execute
    else:
        with server.connect(options=f"-csearch_path={address(source).schema}") as connection:
            connection.execute("ALTER TABLE records DISABLE TRIGGER USER")
            yield connection.execute


DAMAGE = [
    ("UPDATE records SET topic = 'motion.admitted@1' WHERE position = 30", "record 30", 29),
    ("UPDATE records SET originator_version = 9 WHERE position = 30", "record 30", 29),
    ("UPDATE records SET state = (SELECT state FROM records WHERE position = 31)"
     " WHERE position = 30", "record 30", 29),
    ("DELETE FROM records WHERE position = 30", "record 30 is gone", 29),
    ("DELETE FROM records WHERE position = 52", "after 51", 0),
    ("UPDATE records SET topic = 'motion.admitted@1' WHERE position = 1", "record 1", 0),
    (f"UPDATE tree SET hash = (SELECT hash FROM tree WHERE number = 3) WHERE number ="
     f" {number_of((0, 29))}", "record 30", 29),
    (f"UPDATE tree SET hash = (SELECT hash FROM tree WHERE number = 3) WHERE number ="
     f" {number_of((5, 0))}", "tree", 31),
    (f"DELETE FROM tree WHERE number = {number_of((5, 0))}", "node", 31),
]  # fmt: skip


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize(("statement", "said", "before"), DAMAGE)
def test_damage_is_not_copied(request, place, small, kind, statement, said, before):
    server = request.getfixturevalue("server") if kind == "postgres" else None
    source, target = filled(place(kind), motions=50), place("file")
    with altering(kind, server, source) as ask:
        ask(statement)
    with pytest.raises((StorageError, UnreadableRecord)) as caught:
        copied(source, target)
    problem = caught.value.problems[0]
    assert problem.code in ("altered", "missing-node", "unreadable-record")
    assert said in problem.message
    if Path(target).exists():
        size = len(sound(target))
        assert before - 7 < size <= before
    else:
        assert before == 0


def test_a_disclosure_that_is_not_what_was_sealed_is_not_copied(place):
    source = place("file")
    with Ledger.open(source) as ledger:
        ledger.record(submitted("a", movers="Zoe Zijl"))
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE disclosures SET array = replace(array, 'Zoe', 'Ann')")
    with refused("damaged-disclosure"):
        copied(source, target := place("file"))
    assert not Path(target).exists()


# --- memory -----------------------------------------------------------------------------


def test_a_long_ledger_is_copied_in_bounded_memory(place, monkeypatch):
    source, target = place("file"), place("file")
    with Ledger.open(source) as ledger:
        for n in range(6):
            long = "word " * 4_000
            ledger.record(*(submitted(f"n{n}-{m}", note=long) for m in range(200)))
    monkeypatch.setattr(copying, "BATCH", 50)
    tracemalloc.start()
    try:
        assert copied(source, target).size == 1_201
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert Path(target).stat().st_size > 25_000_000
    assert peak < 10_000_000


# --- the command ------------------------------------------------------------------------


def govledger(*words, exit_code=0):
    result = CliRunner().invoke(main, [str(word) for word in words], prog_name="govledger")
    assert result.exit_code == exit_code, result.output
    return result.output


def test_the_command_says_what_was_copied(server, place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    url = server.url("copied")
    filled("club.db")
    with Ledger.open("club.db") as ledger:
        ledger.record(submitted("a", movers="Zoe Zijl"))
        root = ledger.checkpoint()
    shown = govledger("copy", "club.db", url)
    assert "copied 6 records: " in shown
    assert "has 6 records" in shown
    assert "root of both: " in shown
    assert "nothing was missing: " in govledger("copy", "club.db", url)
    with Ledger.open("club.db") as ledger:
        ledger.erase(name="Zoe Zijl", basis="asked")
        assert ledger.checkpoint() != root
    again = govledger("copy", "club.db", url)
    assert "copied 1 record: " in again
    assert "erased there, too: 1 text" in again
    back = govledger("copy", url, "back.db")
    assert everything("back.db") == everything("club.db") == everything(url)
    missing = govledger("copy", "none.db", "new.db", exit_code=1)
    assert "error[no-ledger]" in missing
    assert not Path("new.db").exists()
    same = govledger("copy", url, url, exit_code=1)
    for text in (shown, again, back, missing, same):
        assert "s3cret" not in text


# --- the ledgers of a database ----------------------------------------------------------


@pytest.fixture
def database(server):
    """A database of its own, as URLs of ledgers in it."""
    name = f"listed_{time.monotonic_ns()}"
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield lambda ledger=None, **more: server.url(ledger, database=name, **more)


def asking(server, url):
    return server.connect(dbname=address(url).told["dbname"])


def test_the_ledgers_of_a_database_are_listed(server, database, tmp_path):
    assert list(ledgers(database())) == []
    assert govledger("ledgers", database()) == "No ledgers.\n"
    clock = lambda: datetime(2024, 3, 14, 9, 30, tzinfo=UTC)  # noqa: E731
    for n in range(30):
        with Ledger.open(database(f"club_{n:02}"), name=f"Club {n}", clock=clock) as ledger:
            if n % 3 == 0:
                ledger.record(*(submitted(f"m{m}") for m in range(n)), submitted("one"))
    found = list(ledgers(database("club_07")))
    assert [each.ledger for each in found] == [f"club_{n:02}" for n in range(30)]
    assert [each.name for each in found] == [f"Club {n}" for n in range(30)]
    assert [each.size for each in found] == [n + 2 if n % 3 == 0 else 1 for n in range(30)]
    assert {each.recorded_at for each in found} == {clock()}
    assert {each.problem for each in found} == {None}
    url = database().partition("&ledger")[0]
    assert list(ledgers(url)) == found
    lines = govledger("ledgers", url, "--format", "jsonl").splitlines()
    assert len(lines) == 30
    assert lines[3] == (
        '{"ledger": "club_03", "name": "Club 3", "size": 5, "last_recorded_at":'
        ' "2024-03-14T09:30:00.000000Z", "code": null, "message": null}'
    )
    assert govledger("ledgers", url, "--format", "csv").count("\n") == 31
    assert "grootboek" in govledger("ledgers", url, "--lang", "nl")
    assert govledger("-l", url, "ledgers") == govledger("ledgers", url)


def test_what_cannot_be_read_is_listed_too(server, database):
    for name in ("mine", "newer", "odd", "secret", "broken", "emptied", "changed"):
        Ledger.open(database(name), name=name).close()
    with asking(server, database()) as connection:
        ask = connection.execute
        ask("CREATE SCHEMA govledger_other; CREATE TABLE govledger_other.records (n int)")
        ask("CREATE SCHEMA govledger_empty")
        ask("COMMENT ON TABLE govledger_newer.records IS 'govledger, format 99'")
        ask("COMMENT ON TABLE govledger_odd.records IS 'govledger, format odd'")
        for name in ("broken", "emptied", "changed"):
            ask(f"ALTER TABLE govledger_{name}.records DISABLE TRIGGER USER")
        ask("UPDATE govledger_broken.records SET state = ''")
        ask("TRUNCATE govledger_emptied.records")
        ask("ALTER TABLE govledger_changed.records DROP COLUMN state")
        role = f"lister_{time.monotonic_ns()}"
        ask(f"CREATE ROLE {role} LOGIN PASSWORD 'pw/s3cret'")
        for name in ("mine", "newer", "odd", "broken", "emptied", "changed"):
            ask(f"GRANT USAGE ON SCHEMA govledger_{name} TO {role}")
            ask(f"GRANT SELECT ON govledger_{name}.records TO {role}")
    url = database(user=role, password="pw/s3cret")
    found = {each.ledger: each.problem and each.problem.code for each in ledgers(url)}
    assert found == {
        "broken": "unreadable-record",
        "changed": "damaged",
        "emptied": "damaged",
        "mine": None,
        "newer": "newer-format",
        "odd": "damaged",
        "secret": "no-right",
    }
    shown = govledger("ledgers", url)
    assert "this user may not do that" in shown
    assert "this ledger has format 99" in shown
    assert "s3cret" not in shown


def test_a_ledger_that_is_made_anew_does_not_hold_up_the_list(server, database, monkeypatch):
    monkeypatch.setattr("govledger.storage.postgres.listing.PATIENCE", 1)
    for name in ("one", "two"):
        Ledger.open(database(name)).close()
    with asking(server, database()) as connection:
        connection.execute("BEGIN; LOCK TABLE govledger_one.records")
        one, two = ledgers(database())
    assert (one.problem.code, two.problem) == ("busy", None)


def test_a_list_that_is_not_read_to_its_end_leaves_nothing_open(server, database):
    for name in ("one", "two"):
        Ledger.open(database(name)).close()
    found = ledgers(database())
    assert next(found).ledger == "one"
    found.close()
    with asking(server, database()) as connection:
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        deadline = time.monotonic() + 30
        while connection.execute(others).fetchone() != (1,) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert connection.execute(others).fetchone() == (1,)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("club.db", "not-a-database"),
        ("mysql://server/club", "not-a-database"),
        ("postgresql://ann:s3cret@localhost:1/club", "no-server"),
        ("postgresql://ann:s3/cret@localhost:1/club", "not-a-url"),
    ],
)
def test_what_is_no_database_has_no_list(url, code):
    shown = govledger("ledgers", url, exit_code=1)
    assert f"error[{code}]" in shown
    assert "s3cret" not in shown
