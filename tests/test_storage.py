"""The file a ledger lives in: what is refused, what survives, and what processes and
threads may do to it at the same time."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

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
from govledger.storage.sqlite import connections

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


def is_found_out(path):
    """Whether a broken ledger is refused on opening, or does not verify; it is left alone."""
    before = path.read_bytes()
    try:
        with Ledger.open(path) as ledger:
            found = not ledger.verify()
    except StorageError as error:
        found = error.problems[0].code in ("damaged", "not-a-ledger")
    assert path.read_bytes() == before
    return found


def test_no_page_can_turn_to_garbage_unseen(tmp_path):
    """Some pages are read on opening, some only later; none is passed over by `verify`."""
    path = filled(tmp_path / "ledger.db", motions=100)
    with Ledger.open(path) as ledger:  # with something in every table
        ledger.record(MotionAdopted("unheard-of", on="2024-04-01"), breaches="flag")
        ledger.record(MotionSubmitted("m", title="M", movers="Zoe", on="2024-04-01"))
    content = path.read_bytes()
    assert len(content) >= 10 * 4096
    for end in range(2 * 4096, len(content) + 1, 4096):
        for size in (16, 4096):
            broken = bytearray(content)
            broken[end - size : end] = random.Random(end).randbytes(size)
            path = tmp_path / f"{end}-{size}.db"
            path.write_bytes(broken)
            assert is_found_out(path), path.name


def test_no_ledger_can_be_cut_short_unseen(tmp_path):
    content = filled(tmp_path / "ledger.db", motions=100).read_bytes().rstrip(b"\0")
    for cut in (*range(1, len(content), 1021), *range(len(content) - 3, len(content))):
        path = tmp_path / f"{cut}.db"
        path.write_bytes(content[:cut])
        assert is_found_out(path), path.name


@pytest.mark.parametrize(
    ("hit", "read"),
    [
        (b'"position":23,', lambda ledger: list(ledger.log())),
        (
            b'"submitted_on":"2024-04-01","title":"On m20"',
            lambda ledger: ledger.as_of("2024-04-01"),
        ),
    ],
    ids=["log", "spans"],
)
def test_reading_damaged_pages_is_a_clear_error(tmp_path, hit, read):
    path = filled(tmp_path / "ledger.db", motions=40)
    content = bytearray(path.read_bytes())
    assert content.count(hit) == 1
    found = content.find(hit) // 4096 * 4096
    content[found : found + 4096] = random.Random(3).randbytes(4096)
    path.write_bytes(content)
    with refused("damaged"), Ledger.open(path) as ledger:
        read(ledger)
    assert path.read_bytes() == bytes(content)


# --- rights -----------------------------------------------------------------------------

UNPRIVILEGED = """
Ledger.in_memory().close()  # loads what is loaded late
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
def tried(act):
    try:
        print(act(), flush=True)
    except StorageError as error:
        print(error.problems[0].code, flush=True)
path, motion = sys.argv[1], MotionSubmitted("new", title="New", on="2024-04-02")
"""

READ_AND_RECORD = """
for read_only in (True, False):
    with Ledger.open(path, read_only=read_only) as ledger:
        print(ledger.head(), len(list(ledger.log())), bool(ledger.verify()))
        print(ledger.as_of("2024-04-01").motions["m0"].status)
        tried(lambda: ledger.record(motion))
"""

SEEN = ["5 5 True", "submitted", "read-only"]


@pytest.fixture
def common():
    """A directory that any user of the machine can reach."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


@posix
def test_a_read_only_file_is_read_and_not_written(common):
    filled(common / "ledger.db").chmod(0o444)
    common.chmod(0o777)
    before = (common / "ledger.db").read_bytes()
    assert Child(UNPRIVILEGED + READ_AND_RECORD, common / "ledger.db").finish() == SEEN * 2
    assert (common / "ledger.db").read_bytes() == before


@posix
@pytest.mark.parametrize("mode", [0o444, 0o666], ids=oct)
def test_a_ledger_in_a_read_only_directory_is_read_and_not_written(common, mode):
    filled(common / "ledger.db").chmod(mode)
    common.chmod(0o555)
    with nothing_changes(common):
        assert Child(UNPRIVILEGED + READ_AND_RECORD, common / "ledger.db").finish() == SEEN * 2


@posix
def test_no_ledger_is_made_in_a_read_only_directory(common):
    common.chmod(0o555)
    script = UNPRIVILEGED + "tried(lambda: Ledger.open(path))"
    with nothing_changes(common):
        assert Child(script, common / "ledger.db").finish() == ["not-readable"]


@posix
def test_a_file_that_may_not_be_read_is_refused(common):
    filled(common / "ledger.db").chmod(0o000)
    script = UNPRIVILEGED + "tried(lambda: Ledger.open(path))"
    assert Child(script, common / "ledger.db").finish() == ["not-readable"]


@posix
def test_a_directory_that_may_not_be_entered_is_refused(common):
    (common / "closed").mkdir()
    filled(common / "closed" / "ledger.db")
    (common / "closed").chmod(0o000)
    script = UNPRIVILEGED + "tried(lambda: Ledger.open(path))"
    try:
        assert Child(script, common / "closed" / "ledger.db").finish() == ["not-readable"]
    finally:
        (common / "closed").chmod(0o755)


def test_a_ledger_opened_read_only_is_not_written(path):
    before = path.read_bytes()
    with Ledger.open(path, read_only=True) as ledger:
        assert ledger.head() == 5
        with refused("read-only"):
            ledger.record(submitted("new"))
        assert ledger.verify()
    assert path.read_bytes() == before


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


def test_a_clock_that_runs_backwards_writes_nothing(tmp_path):
    path = tmp_path / "ledger.db"
    now = NOON
    with Ledger.open(path, clock=lambda: now) as ledger:
        ledger.record(submitted("m0"))
    with nothing_changes(tmp_path), Ledger.open(path, clock=lambda: now) as ledger:
        now = NOON - timedelta(microseconds=1)
        with pytest.raises(ClockError) as caught:
            ledger.record(submitted("m1"), key="key")
        assert caught.value.problems[0].code == "clock-ran-back"
        assert ledger.head() == 2
    now = NOON
    with Ledger.open(path, clock=lambda: now) as ledger:
        assert ledger.record(submitted("m1"), key="key")[0].recorded_at == NOON
    sound(path, head=3)


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


def test_a_log_cut_short_by_a_loss_of_power_holds_whole_calls_only(tmp_path):
    """Wherever the write-ahead log ends, a prefix of the calls is there, each complete."""
    script = """
with Ledger.open(sys.argv[1]) as ledger:
    for call in range(8):
        events = (MotionSubmitted(f"m{call}-{n}", title="T" * 300, on="2024-04-01")
                  for n in range(4))
        ledger.record(*events, key=str(call))
    print("done", flush=True)
    sys.stdin.readline()
"""
    with Child(script, tmp_path / "ledger.db") as writer:
        assert writer.line() == "done"
        writer.process.kill()
        writer.process.wait()
    content = (tmp_path / "ledger.db").read_bytes()
    log = (tmp_path / "ledger.db-wal").read_bytes()
    heads = []
    for n in range(25):
        path = tmp_path / f"{n}.db"
        path.write_bytes(content)
        path.with_name(f"{n}.db-wal").write_bytes(log[: len(log) * n // 24])
        heads.append(len(sound(path)))
    assert heads == sorted(heads)
    assert {head % 4 for head in heads} == {1}
    assert (heads[0], heads[-1]) == (1, 33)


def test_a_checkpoint_that_was_cut_short_is_made_good(tmp_path):
    """The pages go from the write-ahead log into the file in their order, the first one first;
    that already tells of all the others."""
    script = """
with Ledger.open(sys.argv[1]) as ledger:
    for n in range(5):
        ledger.record(*(MotionSubmitted(f"m{n}-{m}", title="T" * 300, on="2024-04-01")
                        for m in range(40)))
    print("done", flush=True)
    sys.stdin.readline()
"""
    with Child(script, tmp_path / "ledger.db") as writer:
        assert writer.line() == "done"
        writer.process.kill()
        writer.process.wait()
    content = (tmp_path / "ledger.db").read_bytes()
    log = (tmp_path / "ledger.db-wal").read_bytes()
    frames = [log[start : start + 24 + 4096] for start in range(32, len(log), 24 + 4096)]
    pages = {int.from_bytes(frame[:4]): frame[24:] for frame in frames}
    for done in (0, 1, 2, len(pages) // 2, len(pages)):
        file = bytearray(content)
        for number in sorted(pages)[:done]:
            file[(number - 1) * 4096 : number * 4096] = pages[number]
        path = tmp_path / f"{done}.db"
        path.write_bytes(file)
        path.with_name(f"{done}.db-wal").write_bytes(log)
        sound(path, head=201)


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


# --- killed, held up, out of space ------------------------------------------------------

WRITER = """
with Ledger.open(sys.argv[1]) as ledger:
    n = 0
    while True:
        events = [MotionSubmitted(f"{sys.argv[2]}-{n + m}", title="T" * 200, on="2024-04-01")
                  for m in range(1 + n % 3)]
        for record in ledger.record(*events, key=f"{sys.argv[2]}-{n}"):
            print(record.position, record.subject, flush=True)
        n += len(events)
"""


@posix
def test_a_killed_writer_loses_nothing_that_it_acknowledged(path):
    chance = random.Random(7)
    acknowledged = []
    for run in range(200 if MANY else 15):
        with Child(WRITER, path, f"run-{run}") as writer:
            acknowledged.append(writer.line())
            time.sleep(chance.uniform(0, 0.1))
            writer.process.send_signal(signal.SIGKILL)
            said = writer.process.stdout.read()
            acknowledged += said[: said.rfind("\n") + 1].splitlines()  # the last may be torn
        there = {f"{record.position} {record.subject}" for record in sound(path)}
        assert there.issuperset(acknowledged), f"run {run}"


@posix
def test_a_ledger_killed_in_the_making_is_whole_or_not_there(tmp_path):
    script = """
print("ready", flush=True)
n = 0
while True:
    n += 1
    Ledger.open(f"{sys.argv[1]}/{n}.db").close()
"""
    chance = random.Random(8)
    made = 0
    for run in range(50 if MANY else 5):
        folder = tmp_path / str(run)
        folder.mkdir()
        with Child(script, folder) as maker:
            maker.line()
            time.sleep(chance.uniform(0, 0.2))
        for path in folder.glob("[0-9]*.db"):
            sound(path, head=1)
            made += 1
    assert made


@contextmanager
def another_writer(path):
    """Another process that holds the write lock."""
    script = """
import sqlite3
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
connection.close()
print("released")
"""
    with Child(script, path) as holder:
        assert holder.line() == "locked"
        yield
        holder.say("enough")
        assert holder.finish() == ["released"]


def test_another_process_that_writes_makes_it_busy(path, monkeypatch):
    monkeypatch.setattr(connections, "LOCK_TIMEOUT", 0.2)
    with Ledger.open(path) as ledger:
        with another_writer(path):
            with refused("busy"):
                ledger.record(submitted("new"))
            assert ledger.head() == 5
            assert ledger.verify()
        ledger.record(submitted("new"))
    sound(path, head=6)


def test_threads_wait_for_the_lock_and_hold_up_no_reader(path):
    with Ledger.open(path) as ledger, ThreadPoolExecutor() as threads:
        with another_writer(path):
            writers = [threads.submit(ledger.record, submitted(slug)) for slug in ("a", "b")]
            time.sleep(0.5)
            began = time.monotonic()
            assert ledger.head() == 5
            assert time.monotonic() - began < 2
            time.sleep(5.5)
        assert {writer.result()[0].subject for writer in writers} == {"motion/a", "motion/b"}
    sound(path, head=7)


LIMIT = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
def tried(act):
    try:
        print(act(), flush=True)
    except StorageError as error:
        print(error.problems[0].code, flush=True)
path = sys.argv[1]
"""


@posix
def test_a_full_disk_is_a_clear_error_and_loses_nothing(path):
    script = """
with Ledger.open(path) as ledger:
    limit(60_000)
    n = 0
    def fill():
        global n
        while True:
            n += 1
            ledger.record(*(MotionSubmitted(f"n{n}-{m}", title="T" * 900, on="2024-04-01")
                            for m in range(3)))
    tried(fill)
    tried(fill)
    print(ledger.head() % 3, bool(ledger.verify()))
    limit(resource.RLIM_INFINITY)
    print(ledger.record(MotionSubmitted("room", title="T", on="2024-04-01"))[0].subject)
"""
    said = Child(LIMIT + script, path).finish()
    assert set(said[:2]) <= {"disk-full", "disk-error"}
    assert said[2:] == ["2 True", "motion/room"]
    records = sound(path)
    assert len(records) > 6
    assert records[-1].subject == "motion/room"


@posix
def test_a_ledger_that_does_not_fit_is_not_made(tmp_path):
    said = Child(LIMIT + "limit(6_000)\ntried(lambda: Ledger.open(path))", tmp_path / "l.db")
    assert set(said.finish()) <= {"disk-full", "disk-error"}
    assert list(tmp_path.iterdir()) == []


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


def test_nothing_is_left_open():
    script = """
import gc, tempfile
from pathlib import Path
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "ledger.db"
    motion = MotionSubmitted("m0", title="T", on="2024-04-01")
    with Ledger.open(path) as ledger, Ledger.in_memory() as memory:
        for each in (ledger, memory):
            each.record(motion)
            next(each.log())
            assert each.verify()
    Ledger.open(path, read_only=True).close()
    path.write_bytes(path.read_bytes()[:5000])
    try:
        Ledger.open(path)
    except StorageError:
        pass
    gc.collect()
    if Path("/proc/self/fd").exists():
        held = [os.readlink(fd) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]
        assert not [name for name in held if folder in name], held
"""
    assert Child(script, options=["-X", "dev", "-W", "error"]).finish() == []


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
