"""The file a ledger lives in: what is refused, what survives, and what processes and
threads may do to it at the same time."""

import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govledger import (
    ClockError,
    GovledgerError,
    InvalidInput,
    KeyConflict,
    Ledger,
    MeetingConvened,
    MotionAdopted,
    MotionRejected,
    MotionSubmitted,
    RuleBreach,
    StorageError,
)
from govledger.storage import sqlite

MANY = os.environ.get("GOVLEDGER_TEST_FAULTS") == "many"

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX rights, limits and signals")

# --- helpers ----------------------------------------------------------------------------


def submitted(slug, **fields):
    return MotionSubmitted(slug, **{"title": f"On {slug}", "on": "2024-04-01", **fields})


def filled(path, motions=3):
    """A ledger file with an opening, a meeting and motions; closed."""
    with Ledger.open(path, name="spring") as ledger:
        ledger.record(MeetingConvened("spring", title="Spring assembly", on="2024-04-01"))
        for n in range(motions):
            ledger.record(submitted(f"m{n}", meeting="spring"), key=f"key-{n}")
    return path


@pytest.fixture
def path(tmp_path):
    return filled(tmp_path / "ledger.db")


@contextmanager
def nothing_changes(folder):
    """No file of a folder changes, comes or goes. Ledgers must be closed on both ends:
    reading a database's file beside SQLite takes away the locks of this process."""

    def content():
        return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}

    before = content()
    yield
    assert content() == before


@contextmanager
def refused(code):
    with pytest.raises(StorageError) as caught:
        yield
    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].hint


def module_of(ledger):
    """The module of the store that a ledger is in."""
    return sys.modules[type(ledger._store).__module__]


def positions(ledger):
    return [record.position for record in ledger.log()]


def sound(path, head=None):
    """Check that a ledger verifies and is dense; gives its records."""
    with Ledger.open(path, create=False) as ledger:
        report = ledger.verify()
        assert report, str(report)
        records = list(ledger.log())
    assert [record.position for record in records] == list(range(1, len(records) + 1))
    if head is not None:
        assert len(records) == head
    return records


class Child:
    """Another process that runs a script, with its standard streams as pipes."""

    PRELUDE = "import os, sys, time\nfrom govledger import *\n"

    def __init__(self, script, *arguments, options=()):
        self.process = subprocess.Popen(
            [sys.executable, *options, "-c", self.PRELUDE + script, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()

    def line(self):
        """The next line it writes; its errors where it ends without one."""
        said = self.process.stdout.readline()
        assert said, self.process.stderr.read()
        return said.strip()

    def say(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def finish(self):
        """All lines that it writes until it ends well."""
        with self:
            out, errors = self.process.communicate(timeout=60)
            assert (self.process.returncode, errors) == (0, "")
            return out.splitlines()


def together(script, *arguments, processes=2):
    """Run a script in several processes that begin at the same moment; their lines.

    The script waits with `begin()` and gets its own number as the last argument.
    """
    wait = "def begin():\n    print('ready', flush=True)\n    sys.stdin.readline()\n"
    with ExitStack() as stack:
        children = [
            stack.enter_context(Child(wait + script, *arguments, n)) for n in range(processes)
        ]
        for child in children:
            assert child.line() == "ready"
        for child in children:
            child.say("go")
        return [child.finish() for child in children]


# --- files that are not to be touched ---------------------------------------------------


def as_directory(path):
    path.mkdir()


def as_text(path):
    path.write_text("Dear members,\n" * 100)


def as_random_bytes(path):
    path.write_bytes(random.Random(1).randbytes(20_000))


def as_foreign_database(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE members (name TEXT)")
    connection.close()


def as_newer_format(path):
    filled(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def as_header_alone(path):
    path.write_bytes(filled(path).read_bytes()[:50])


def as_truncated(path):
    content = filled(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def as_first_page_alone(path):
    path.write_bytes(filled(path).read_bytes()[:4096])


def as_garbage_in_its_pages(path):
    content = bytearray(filled(path).read_bytes())
    content[4096:] = random.Random(2).randbytes(len(content) - 4096)
    path.write_bytes(content)


BAD_FILES = (
    (as_directory, "not-readable"),
    (as_text, "not-a-ledger"),
    (as_random_bytes, "not-a-ledger"),
    (as_foreign_database, "not-a-ledger"),
    (as_header_alone, "not-a-ledger"),
    (as_newer_format, "newer-format"),
    (as_truncated, "damaged"),
    (as_first_page_alone, "damaged"),
    (as_garbage_in_its_pages, "damaged"),
)


@pytest.mark.parametrize("read_only", [False, True], ids=["write", "read-only"])
@pytest.mark.parametrize(("make", "code"), BAD_FILES, ids=[m.__name__[3:] for m, _ in BAD_FILES])
def test_a_file_that_is_no_sound_ledger_is_refused_and_left_alone(tmp_path, make, code, read_only):
    path = tmp_path / "ledger.db"
    make(path)
    before = path.is_file() and path.read_bytes()
    with refused(code):
        Ledger.open(path, read_only=read_only)
    assert (path.is_file() and path.read_bytes()) == before


@pytest.mark.parametrize("options", [{"create": False}, {"read_only": True}], ids=str)
def test_a_missing_file_is_refused_and_not_made(tmp_path, options):
    with nothing_changes(tmp_path), refused("no-ledger"):
        Ledger.open(tmp_path / "ledger.db", **options)


def test_a_missing_directory_is_refused(tmp_path):
    with nothing_changes(tmp_path), refused("not-readable"):
        Ledger.open(tmp_path / "none" / "ledger.db")


def test_a_url_of_an_unknown_store_is_refused():
    with refused("unknown-store"):
        Ledger.open("mysql://localhost/ledger")


def test_a_foreign_database_stays_in_its_own_journal_mode(tmp_path):
    as_foreign_database(tmp_path / "members.db")
    with refused("not-a-ledger"):
        Ledger.open(tmp_path / "members.db")
    connection = sqlite3.connect(tmp_path / "members.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


def test_an_empty_file_becomes_a_ledger(tmp_path):
    path = tmp_path / "ledger.db"
    path.touch()
    for options in ({"create": False}, {"read_only": True}):
        with nothing_changes(tmp_path), refused("not-a-ledger"):
            Ledger.open(path, **options)
    Ledger.open(path, name="spring").close()
    (opening,) = sound(path)
    assert opening.event.name == "spring"


# --- append-only ------------------------------------------------------------------------

NEXT = "(SELECT max(position) + 1 FROM records)"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET state = x'00' WHERE position = 3",
        "UPDATE OR REPLACE records SET position = 4 WHERE position = 3",
        "UPDATE OR IGNORE records SET topic = topic",
        "DELETE FROM records",
        "DELETE FROM records WHERE position = 5",
        "INSERT OR REPLACE INTO records SELECT * FROM records WHERE position = 3",
        "INSERT OR REPLACE INTO records SELECT position, 'motion/x', 1, topic, state"
        " FROM records WHERE position = 5",
        f"INSERT OR REPLACE INTO records SELECT {NEXT}, originator_id, originator_version,"
        " topic, x'00' FROM records WHERE position = 3",
        "INSERT INTO records VALUES (7, 'motion/x', 1, 'motion.adopted@1', x'00')",
        "INSERT OR IGNORE INTO records VALUES (7, 'motion/x', 1, 'motion.adopted@1', x'00')",
        "INSERT INTO records VALUES (0, 'motion/x', 1, 'motion.adopted@1', x'00')",
        "INSERT INTO records VALUES (-1, 'motion/x', 1, 'motion.adopted@1', x'00')",
        "INSERT INTO records VALUES (NULL, 'motion/x', 1, 'motion.adopted@1', x'00')",
        "INSERT INTO records SELECT position + 1, 'motion/x', 1, topic, state FROM records",
    ],
    ids=str,
)
def test_plain_sql_cannot_change_the_log(path, statement):
    before = sound(path)
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError), connection:
        connection.execute(statement)
    connection.close()
    assert sound(path) == before


def test_the_file_says_what_it_is(path):
    header = path.read_bytes()[:100]
    assert header[68:72] == b"GovL"
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (sqlite.FORMAT,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


# --- the clock --------------------------------------------------------------------------

NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)


def test_a_naive_clock_writes_nothing(path):
    with nothing_changes(path.parent), Ledger.open(path, clock=datetime.now) as ledger:
        with pytest.raises(ClockError) as caught:
            ledger.record(submitted("new"))
        assert caught.value.problems[0].code == "naive-clock"


def test_a_naive_clock_makes_no_ledger(tmp_path):
    with nothing_changes(tmp_path), pytest.raises(ClockError):
        Ledger.open(tmp_path / "ledger.db", clock=datetime.now)


def test_a_clock_that_fails_lets_go_of_the_lock(path):
    def broken():
        raise RuntimeError

    with nothing_changes(path.parent), Ledger.open(path, clock=broken) as ledger:
        with pytest.raises(RuntimeError):
            ledger.record(submitted("new"))
    with Ledger.open(path, clock=broken) as waiting, Ledger.open(path) as ledger:
        with pytest.raises(RuntimeError):
            waiting.record(submitted("new"))
        ledger.record(submitted("new"))


def test_another_time_zone_is_no_step_back(tmp_path):
    zones = iter([NOON, NOON.astimezone(), NOON.astimezone(tz=None)])
    with Ledger.in_memory(clock=lambda: next(zones)) as ledger:
        (record,) = ledger.record(submitted("m0"))
    assert record.recorded_at == NOON


# --- idempotency ------------------------------------------------------------------------


def test_a_key_writes_the_same_events_once(path):
    events = (submitted("a"), submitted("b", note="the second"))
    with Ledger.open(path) as ledger:
        first = ledger.record(*events, key="letter of 2 April")
        assert ledger.record(*events, key="letter of 2 April") == first
        assert ledger.record(*events, key="  letter of 2 April ") == first
    with Ledger.open(path) as ledger:
        assert ledger.record(*events, key="letter of 2 April") == first
    sound(path, head=7)


@pytest.mark.parametrize(
    "others",
    [
        [submitted("a")],
        [submitted("b"), submitted("a")],
        [submitted("a"), submitted("b"), submitted("c")],
        [submitted("a"), submitted("b", note="another")],
        [submitted("a"), MotionAdopted("a", on="2024-04-01")],
    ],
    ids=["fewer", "order", "more", "field", "type"],
)
def test_a_key_refuses_other_events(path, others):
    with Ledger.open(path) as ledger:
        ledger.record(submitted("a"), submitted("b"), key="key")
    with nothing_changes(path.parent), Ledger.open(path) as ledger:
        with pytest.raises(KeyConflict) as caught:
            ledger.record(*others, key="key")
        assert caught.value.problems[0].code == "key-conflict"


def test_a_refused_call_leaves_its_key_free(path):
    with Ledger.open(path) as ledger:
        with pytest.raises(RuleBreach):
            ledger.record(MotionAdopted("none", on="2024-04-01"), key="key")
        (record,) = ledger.record(submitted("new"), key="key")
        assert record.key == "key"


def test_an_import_with_corrections_is_idempotent_too(path):
    events = [submitted("a"), submitted("a", title="Better", corrects=10)]
    with Ledger.open(path) as ledger:
        first = ledger.import_events(events, numbers=[10, 11], key="import")
        assert first[1].event.corrects == 6
        assert ledger.import_events(events, numbers=[10, 11], key="import") == first


def test_a_key_holds_between_processes(path):
    script = """
with Ledger.open(sys.argv[1]) as ledger:
    print(ledger.record(MotionSubmitted("new", title="New", on="2024-04-02"), key="key")[0])
"""
    (there,) = Child(script, path).finish()
    with Ledger.open(path) as ledger:
        (here,) = ledger.record(MotionSubmitted("new", title="New", on="2024-04-02"), key="key")
        assert str(here) == there
        with pytest.raises(KeyConflict):
            ledger.record(MotionSubmitted("other", title="New", on="2024-04-02"), key="key")
    sound(path, head=6)


def test_processes_that_race_with_a_key_write_it_once(path):
    script = """
with Ledger.open(sys.argv[1]) as ledger:
    begin()
    for n in range(20):
        events = [MotionSubmitted(f"new-{n}-{part}", title="N", on="2024-04-02") for part in "ab"]
        print([record.position for record in ledger.record(*events, key=f"new-{n}")])
"""
    first, second = together(script, path)
    assert first == second
    sound(path, head=45)


def test_a_key_has_200_characters_whatever_they_are(new_ledger):
    ledger, chance = new_ledger(), random.Random(3)
    longest = "".join(chr(chance.randint(0x20000, 0x2A6D0)) for _ in range(200))
    (record,) = ledger.record(submitted("a"), key=longest)
    assert ledger.record(submitted("a"), key=longest) == (record,)
    for key in (longest + "k", "k" * 9_000):
        with pytest.raises(InvalidInput) as caught:
            ledger.record(submitted("b"), key=key)
        assert caught.value.problems[0].code == "long-key"


# --- all or nothing ---------------------------------------------------------------------


@pytest.mark.parametrize("place", range(0, 10, 3))
def test_one_bad_event_among_ten_writes_nothing(path, place):
    events = [submitted(f"new-{n}", meeting="spring") for n in range(9)]
    events.insert(place, MotionAdopted("never-submitted", on="2024-04-01"))
    with nothing_changes(path.parent), Ledger.open(path) as ledger:
        with pytest.raises(RuleBreach):
            ledger.record(*events, key="ten")
        assert ledger.head() == 5


def test_one_event_too_large_among_ten_writes_nothing(path):
    events = [submitted(f"new-{n}") for n in range(9)]
    events.append(submitted("large", note="word " * 14_000))
    with nothing_changes(path.parent), Ledger.open(path) as ledger:
        with pytest.raises(GovledgerError) as caught:
            ledger.record(*events, key="ten")
        assert caught.value.problems[0].code == "record-too-large"
        assert ledger.head() == 5


# --- several processes ------------------------------------------------------------------


def test_four_processes_lose_and_double_nothing(path):
    script = """
with Ledger.open(sys.argv[1]) as ledger:
    begin()
    for n in range(25):
        slug = f"p{sys.argv[2]}-{n}"
        (record,) = ledger.record(MotionSubmitted(slug, title="T", on="2024-04-01"), key=slug)
        print(record.position, record.subject)
"""
    said = together(script, path, processes=4)
    records = sound(path, head=105)
    written = {f"{record.position} {record.subject}" for record in records[5:]}
    assert written == {line for lines in said for line in lines}
    assert all(len(lines) == 25 for lines in said)
    keys = [record.key for record in records[5:]]
    assert len(set(keys)) == len(keys) == 100


def test_a_ledger_can_be_opened_at_any_time_while_another_process_writes(path):
    script = """
with Ledger.open(sys.argv[1]) as ledger:
    print("ready", flush=True)
    for n in range(1_000):
        ledger.record(*(MotionSubmitted(f"m{n}-{m}", title="T" * 300, on="2024-04-01")
                        for m in range(40)))
"""
    with Child(script, path) as writer:
        assert writer.line() == "ready"
        until = time.monotonic() + (20 if MANY else 3)
        while time.monotonic() < until:
            for read_only in (True, False):
                Ledger.open(path, read_only=read_only).close()


def test_of_two_processes_that_decide_a_motion_one_wins(path):
    with Ledger.open(path) as ledger:
        ledger.record(*(submitted(f"race-{n}") for n in range(20)))
    script = """
decision = (MotionAdopted, MotionRejected)[int(sys.argv[2])]
with Ledger.open(sys.argv[1]) as ledger:
    begin()
    for n in range(20):
        try:
            ledger.record(decision(f"race-{n}", on="2024-04-02"))
            print("won")
        except RuleBreach:
            print("lost")
"""
    adopting, rejecting = together(script, path)
    assert all({a, r} == {"won", "lost"} for a, r in zip(adopting, rejecting, strict=True))
    events = [type(record.event) for record in sound(path, head=45)]
    assert events.count(MotionAdopted) == adopting.count("won")
    assert events.count(MotionRejected) == rejecting.count("won")


CREATE = """
begin()
for n in range(20):
    time.sleep(max(0, float(sys.argv[2]) + 0.04 * n - time.time()))
    with Ledger.open(f"{sys.argv[1]}/{n}.db") as ledger:
        slug = f"m{sys.argv[3]}"
        print(ledger.record(MotionSubmitted(slug, title="T", on="2024-04-01"))[0].subject)
"""


@pytest.mark.parametrize("empty", [False, True], ids=["missing", "empty"])
def test_two_processes_that_make_one_ledger_both_get_it(tmp_path, empty):
    if empty:
        for n in range(20):
            (tmp_path / f"{n}.db").touch()
    said = together(CREATE, tmp_path, time.time() + 1.2)
    assert said == [["motion/m0"] * 20, ["motion/m1"] * 20]
    for n in range(20):
        records = sound(tmp_path / f"{n}.db", head=3)
        assert {record.subject for record in records[1:]} == {"motion/m0", "motion/m1"}
    assert len(list(tmp_path.iterdir())) == 20


def test_two_ledgers_of_one_process_do_not_disturb_another(path):
    """SQLite's locks belong to the process: closing the file by other means drops them."""
    script = """
for line in sys.stdin:
    with Ledger.open(sys.argv[1]) as ledger:
        slug = line.strip()
        print(ledger.record(MotionSubmitted(slug, title="T", on="2024-04-01"))[0].subject, flush=True)
"""
    recorded = []
    with Child(script, path) as other, Ledger.open(path) as first, Ledger.open(path) as second:
        for n in range(3):
            for ledger in (first, second):
                (record,) = ledger.record(submitted(f"here-{len(recorded)}"))
                recorded.append(record.subject)
                other.say(f"there-{len(recorded)}")
                recorded.append(other.line())
    assert [record.subject for record in sound(path)[5:]] == recorded


# --- one process, several threads -------------------------------------------------------


@pytest.fixture
def ledger(new_ledger):
    """An open ledger with a meeting and three motions, in a store of any kind."""
    ledger = new_ledger()
    ledger.record(MeetingConvened("spring", title="Spring assembly", on="2024-04-01"))
    ledger.record(*(submitted(f"m{n}", meeting="spring") for n in range(3)))
    return ledger


def test_ledgers_in_memory_are_separate():
    with Ledger.in_memory(name="one") as one, Ledger.in_memory(name="two") as two:
        one.record(submitted("a"))
        assert (one.head(), two.head()) == (2, 1)
        assert (one.name, two.name) == ("one", "two")
        two.record(submitted("a"), submitted("b"))
        assert (one.head(), two.head()) == (2, 3)


def test_a_ledger_in_memory_is_gone_once_closed():
    with Ledger.in_memory() as ledger:
        ledger.record(submitted("a"))
    with Ledger.in_memory() as ledger:
        assert ledger.head() == 1


def test_recording_while_the_log_is_read(ledger, monkeypatch):
    monkeypatch.setattr(module_of(ledger), "PAGE", 2)
    seen = []
    for record in ledger.log():
        seen.append(record.position)
        ledger.record(submitted(f"while-{record.position}"))
    assert seen == [1, 2, 3, 4, 5]
    assert positions(ledger) == list(range(1, 11))
    assert ledger.verify()


def test_a_log_that_is_half_read_holds_up_nobody(ledger, monkeypatch):
    monkeypatch.setattr(module_of(ledger), "PAGE", 2)
    log = ledger.log()
    next(log)
    for n in range(10):
        ledger.record(submitted(f"new-{n}"))
    assert [record.position for record in log] == [2, 3, 4, 5]


def test_the_log_is_read_in_pages(ledger, monkeypatch):
    whole = list(ledger.log())
    for page in (1, 2, 4, 5, 6):
        monkeypatch.setattr(module_of(ledger), "PAGE", page)
        assert list(ledger.log()) == whole
        assert list(ledger.log(after=1, upto=4)) == whole[1:4]
    assert list(ledger.log(after=5)) == list(ledger.log(after=99)) == []


def test_threads_share_a_ledger(ledger):
    stop = threading.Event()

    def write(thread):
        for n in range(10):
            ledger.record(submitted(f"t{thread}-{n}", meeting="spring"), key=f"t{thread}-{n}")

    def read():
        rounds = 0
        while not stop.is_set():
            held = positions(ledger)
            assert held == list(range(1, len(held) + 1))
            assert ledger.as_of("2024-04-01").motions["m0"].title == "On m0"
            rounds += 1
        return rounds

    with ThreadPoolExecutor() as threads:
        readers = [threads.submit(read) for _ in range(2)]
        for writer in [threads.submit(write, n) for n in range(6)]:
            writer.result()
        stop.set()
        assert all(reader.result() for reader in readers)
    assert positions(ledger) == list(range(1, 66))
    assert ledger.verify()


# --- names ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "with space.db",
        "a#b.db",
        "a?mode=memory&cache=shared.db",
        "100%.db",
        "%41%00.db",
        "ledger-éø-日本語.db",
        "mode=memory",
        "file:ledger.db",
        "'quoted\" \\ `.db",
        "-wal",
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="not all of these are names elsewhere")
def test_any_name_will_do(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    for path in (name, Path(name), tmp_path / name):
        with Ledger.open(path, name="spring") as ledger:
            ledger.record(submitted("m0"), key="key")
            assert ledger.name == "spring"
    sound(tmp_path / name, head=2)
    with Ledger.open(tmp_path / name, read_only=True) as ledger:
        assert ledger.head() == 2
    assert {path.name for path in tmp_path.iterdir()} <= {name, f"{name}-wal", f"{name}-shm"}


def test_memory_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageError) as refused:
        Ledger.open(":memory:")
    assert refused.value.problems[0].code == "unknown-store"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are Unicode")
def test_a_name_that_is_not_unicode_will_do(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/l\xff.db"))
    with Ledger.open(path, name="spring") as ledger:
        ledger.record(submitted("m0"))
    sound(path, head=2)


def test_a_long_name_will_do_or_is_refused(tmp_path):
    path = tmp_path / ("n" * 240)
    try:
        Ledger.open(path).close()
    except StorageError as error:
        assert error.problems[0].code == "not-readable"
    else:
        sound(path, head=1)


@posix
def test_a_link_leads_to_the_ledger(path, tmp_path):
    (tmp_path / "link.db").symlink_to(path)
    with Ledger.open(tmp_path / "link.db") as linked, Ledger.open(path) as ledger:
        linked.record(submitted("a"))
        ledger.record(submitted("b"))
    sound(path, head=7)


# --- closing ----------------------------------------------------------------------------


def test_closing_twice_is_fine(ledger):
    ledger.close()
    ledger.close()


def test_a_closed_ledger_says_so(ledger):
    ledger.close()
    for use in (
        ledger.head,
        ledger.verify,
        lambda: list(ledger.log()),
        lambda: ledger.as_of("2024-04-01"),
        lambda: ledger.record(submitted("new")),
    ):
        with pytest.raises(StorageError):
            use()


def test_a_closed_ledger_leaves_one_file(path):
    with Ledger.open(path) as ledger:
        ledger.record(submitted("new"))
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("place", ["file", "memory"])
def test_closing_while_threads_read_is_survived(tmp_path, place):
    script = """
import threading
def read():
    try:
        while True:
            list(ledger.log())
    except StorageError:
        pass
for n in range(5):
    ledger = Ledger.in_memory() if sys.argv[1] == "memory" else Ledger.open(f"{sys.argv[2]}/{n}.db")
    ledger.record(*(MotionSubmitted(f"m{m}", title="T", on="2024-04-01") for m in range(200)))
    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    time.sleep(0.05)
    ledger.close()
    for reader in readers:
        reader.join()
"""
    assert Child(script, place, tmp_path).finish() == []
