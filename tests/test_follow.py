"""Following a ledger: every record, in order, once it is committed, whoever writes it; with a
position or a cursor that survives whatever happens to the follower, on every store."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import postgres_server
import pytest
from click.testing import CliRunner
from test_storage import MANY, Child, filled, posix, refused, sound, submitted, together

from govledger import GovledgerError, InvalidInput, Ledger, RuleBreach, following
from govledger.cli import main
from govledger.storage.application import LedgerApplication
from govledger.storage.postgres import address, watching

OLD = Path(__file__).parent / "ledgers" / "format-2" / "balv.db"

PATIENCE = 60
"""Seconds after which a test gives up; none is ever waited for."""


class Follower(threading.Thread):
    """A thread that follows a ledger until that ends."""

    def __init__(self, ledger, *positions, **options):
        super().__init__(daemon=True)
        self.records, self.error = ledger.follow(*positions, **options), None
        self.seen, self.came = [], threading.Condition()
        self.start()

    def run(self):
        try:
            for record in self.records:
                with self.came:
                    self.seen.append(record.position)
                    self.came.notify_all()
        except GovledgerError as error:
            self.error = error

    def has(self, *seen):
        with self.came:
            assert self.came.wait_for(lambda: self.seen == list(seen), PATIENCE), self.seen

    def ends(self):
        self.join(PATIENCE)
        assert not self.is_alive()
        return self


@pytest.fixture
def ledger(new_ledger):
    ledger = new_ledger(name="spring")
    ledger.record(submitted("m1"), submitted("m2", movers="Zoe Zijl"))
    return ledger


@pytest.fixture(params=["file", "postgres"])
def place(request, tmp_path):
    """Where a ledger is that other processes can open."""
    if request.param == "file":
        return tmp_path / "ledger.db"
    return request.getfixturevalue("server").url()


@pytest.fixture
def path(place):
    """There is one, of five records."""
    return filled(place)


def positions(records):
    return [record.position for record in records]


# --- what is given ----------------------------------------------------------------------


def test_what_is_on_record_comes_first(ledger):
    assert list(ledger.follow(timeout=0)) == list(ledger.log())
    assert list(ledger.follow(1, timeout=0, sealed=True)) == list(ledger.log(after=1, sealed=True))
    assert list(ledger.follow(3, timeout=0)) == []


def test_more_than_a_page_is_on_record(ledger, monkeypatch):
    monkeypatch.setattr(following, "PAGE", 2)
    ledger.record(*(submitted(f"more-{n}") for n in range(4)))
    assert positions(ledger.follow(timeout=0)) == [1, 2, 3, 4, 5, 6, 7]


def test_what_is_new_comes_when_it_is_recorded(ledger):
    follower = Follower(ledger, 2)
    follower.has(3)
    for n in range(4, 9):
        ledger.record(submitted(f"m{n}"))
        follower.has(*range(3, n + 1))


def test_whoever_writes_wakes_those_who_wait(ledger, monkeypatch):
    monkeypatch.setattr(watching, "LOOK", 10 * PATIENCE)  # nobody looks without being told
    monkeypatch.setattr("govledger.storage.sqlite.store.LOOK", 10 * PATIENCE)
    followers = [Follower(ledger, 2), Follower(ledger, 2, cursor="web")]
    for n in range(4, 14):
        for follower in followers:
            follower.has(*range(3, n))
        ledger.record(submitted(f"m{n}"))
    ledger.close()
    for follower in followers:
        assert follower.ends().error is None


def test_it_ends_when_nothing_comes(ledger):
    follower = Follower(ledger, 2, timeout=0.2)
    assert follower.ends().seen == [3]
    assert follower.error is None


def test_records_may_be_made_of_records(ledger):
    for record in ledger.follow(2, timeout=0):
        if record.position < 6:
            ledger.record(submitted(f"after-{record.position}"))
    assert ledger.head() == 6


def test_what_is_refused_or_rolled_back_is_not_seen(ledger, monkeypatch):
    follower = Follower(ledger, 2)
    follower.has(3)
    with pytest.raises(RuleBreach):
        ledger.record(submitted("m1"))
    with ledger._store.read() as reading:
        access = type(reading)
    put = access.put

    def put_and_fail(self, entries):
        put(self, entries)
        raise RuntimeError("after it was written")

    with monkeypatch.context() as patched:
        patched.setattr(access, "put", put_and_fail)
        with pytest.raises(RuntimeError):
            ledger.record(submitted("never"))
    assert positions(ledger.follow(timeout=0)) == [1, 2, 3]
    ledger.record(submitted("new"))
    follower.has(3, 4)


def test_erased_texts_are_not_given(ledger):
    movers = [str(r.event.movers[0]) for r in ledger.follow(2, timeout=0)]
    assert movers == ["Zoe Zijl"]
    ledger.erase(name="Zoe Zijl", basis="asked")
    movers = [str(r.event.movers[0]) for r in ledger.follow(2, timeout=0) if r.position == 3]
    assert movers == ["[erased]"]


def test_threads_that_write_leave_no_gap(ledger):
    follower = Follower(ledger)
    other = Follower(ledger, cursor="other")

    def write(number):
        for n in range(10):
            ledger.record(submitted(f"t{number}-{n}"))

    writers = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    follower.has(*range(1, 44))
    other.has(*range(1, 44))


def test_processes_that_write_leave_no_gap(path):
    script = """
with Ledger.open(sys.argv[1]) as ledger:
    begin()
    for n in range(25):
        ledger.record(*(MotionSubmitted(f"p{sys.argv[2]}-{n}-{m}", title="T", on="2024-04-01")
                        for m in range(1 + n % 3)))
"""
    with Ledger.open(path) as ledger:
        followers = [Follower(ledger), Follower(ledger, cursor="web")]
        together(script, path, processes=4)
        for follower in followers:
            follower.has(*range(1, 6 + 4 * 49))


# --- closing ----------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"cursor": "web"}])
def test_closing_ends_it(ledger, options):
    follower = Follower(ledger, **options)
    follower.has(1, 2, 3)
    ledger.close()
    assert follower.ends().error is None


def test_closing_with_a_record_in_hand_ends_it_too(ledger):
    records = ledger.follow(cursor="web")
    assert next(records).position == 1
    ledger.close()
    assert list(records) in ([], [2, 3])
    with refused("closed"):
        ledger.follow()


def test_nothing_is_left_open(path):
    script = """
import gc
from pathlib import Path
ledger = Ledger.open(sys.argv[1])
records, rest = ledger.follow(timeout=0.2), ledger.follow(cursor="web")
assert len(list(records)) == 5
for record in rest:
    if record.position == 5:
        ledger.record(MotionSubmitted("new", title="T", on="2024-04-01"))
    elif record.position == 6:
        break
ledger.close()  # with `rest` in the middle
gc.collect()
if Path("/proc/self/fd").exists():
    held = [os.readlink(fd) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]
    assert not [name for name in held if name.startswith("socket") or ".db" in name], held
"""
    assert Child(script, path, options=["-X", "dev", "-W", "error"]).finish() == []


# --- cursors ----------------------------------------------------------------------------


def test_a_cursor_is_where_the_last_record_was_dealt_with(ledger):
    assert ledger.cursors() == {}
    assert positions(ledger.follow(1, cursor="web", timeout=0)) == [2, 3]
    assert ledger.cursors() == {"web": 3}
    ledger.record(submitted("m4"), submitted("m5"))
    assert positions(ledger.follow(cursor="web", timeout=0)) == [4, 5]
    assert positions(ledger.follow(1, cursor="web", timeout=0)) == []  # it has a position
    assert positions(ledger.follow(4, cursor="mail", timeout=0)) == [5]
    assert ledger.cursors() == {"mail": 5, "web": 5}


def test_the_record_in_hand_comes_again(ledger):
    for record in ledger.follow(cursor="web"):
        if record.position == 2:
            break
    assert ledger.cursors() == {"web": 1}
    with pytest.raises(ZeroDivisionError):
        for record in ledger.follow(cursor="web"):
            1 // (3 - record.position)
    assert ledger.cursors() == {"web": 2}
    assert positions(ledger.follow(cursor="web", timeout=0)) == [3]


def test_a_cursor_is_kept_from_where_it_begins(ledger):
    ledger.follow(2, cursor="web")
    assert ledger.cursors() == {"web": 2}
    assert positions(ledger.follow(1, cursor="web", timeout=0)) == [3]


def test_a_cursor_never_goes_back_unless_it_is_moved(ledger):
    behind = ledger.follow(cursor="web")
    assert next(behind).position == 1
    assert positions(ledger.follow(cursor="web", timeout=0)) == [1, 2, 3]
    assert next(behind).position == 2  # each of two followers gets every record
    assert ledger.cursors() == {"web": 3}
    ledger.move_cursor("web", 1)
    assert positions(ledger.follow(cursor="web", timeout=0)) == [2, 3]
    ledger.move_cursor("new", 2)
    assert positions(ledger.follow(cursor="new", timeout=0)) == [3]
    ledger.move_cursor("web", None)
    assert ledger.cursors() == {"new": 3}


@pytest.mark.parametrize("read", ["follow", "move_cursor"])
def test_what_cannot_be_is_refused(ledger, read):
    name = {"follow": {"cursor": "web"}, "move_cursor": {"name": "web"}}[read]
    given = {"follow": "after", "move_cursor": "position"}[read]
    for position in (4, -1, "three", 2.5, True):
        with pytest.raises((GovledgerError, InvalidInput)):
            getattr(ledger, read)(**name, **{given: position})
    with pytest.raises(InvalidInput):
        getattr(ledger, read)(**{next(iter(name)): " "}, **{given: 1})
    for timeout in (-1, float("nan")):
        with pytest.raises(InvalidInput):
            ledger.follow(timeout=timeout)
    assert ledger.cursors() == {}


def test_a_ledger_opened_read_only_keeps_no_cursor(path):
    with Ledger.open(path) as ledger:
        ledger.move_cursor("web", 2)
    with Ledger.open(path, read_only=True) as ledger:
        assert positions(ledger.follow(3, timeout=0)) == [4, 5]
        assert ledger.cursors() == {"web": 2}
        for name in ("web", "new"):
            with refused("read-only"):
                ledger.follow(cursor=name)
            with refused("read-only"):
                ledger.move_cursor(name, 1)


def test_cursors_are_no_part_of_the_log(path):
    with Ledger.open(path) as ledger:
        root = ledger.checkpoint()
        ledger.move_cursor("web", 4)
        ledger.rebuild()
        report = ledger.verify()
        assert report and report.verdict == "self-consistent"
        assert ledger.checkpoint() == root
        assert ledger.cursors() == {"web": 4}
    sound(path, head=5)


def test_a_file_of_an_older_format_can_be_followed(tmp_path):
    path = tmp_path / "old.db"
    path.write_bytes(OLD.read_bytes())
    with Ledger.open(path) as ledger:
        assert ledger.cursors() == {}
        head = ledger.head()
        assert len(positions(ledger.follow(cursor="web", timeout=0))) == head
        assert ledger.cursors() == {"web": head}
        assert ledger.verify()


# --- killed -----------------------------------------------------------------------------

WRITER = """
with Ledger.open(sys.argv[1]) as ledger:
    print("ready", flush=True)
    for n in sys.stdin:
        for m in range(15):
            slug = f"w{n.strip()}-{m}"
            ledger.record(MotionSubmitted(slug, title="T", on="2024-04-01"))
"""

IN_ITS_OWN_DATABASE = """
import sqlite3
mine = sqlite3.connect(sys.argv[2], isolation_level=None)
mine.execute("PRAGMA journal_mode = WAL")
mine.execute("CREATE TABLE IF NOT EXISTS seen (position)")
mine.execute("CREATE TABLE IF NOT EXISTS place (position)")
(place,) = mine.execute("SELECT coalesce(max(position), 0) FROM place").fetchone()
timeout = 0 if sys.argv[3] == "end" else None
with Ledger.open(sys.argv[1]) as ledger:
    print("ready", flush=True)
    for record in ledger.follow(place, timeout=timeout):
        mine.execute("BEGIN IMMEDIATE")
        mine.execute("INSERT INTO seen VALUES (?)", [record.position])
        mine.execute("DELETE FROM place")
        mine.execute("INSERT INTO place VALUES (?)", [record.position])
        mine.execute("COMMIT")
"""

BY_NAME = """
timeout = 0 if sys.argv[3] == "end" else None
mine = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
with Ledger.open(sys.argv[1]) as ledger:
    print("ready", flush=True)
    for record in ledger.follow(cursor="web", timeout=timeout):
        os.write(mine, f"{record.position} ".encode())
"""

BY_PROJECTION = """
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.sqlite import SQLiteTrackingRecorder
from psycopg.sql import SQL, Identifier
from govledger.storage.application import LedgerApplication
import json

class InFile(SQLiteTrackingRecorder):
    def construct_create_table_statements(self):
        made = "CREATE TABLE IF NOT EXISTS seen (position INTEGER)"
        return [*super().construct_create_table_statements(), made]

    def note(self, position, tracking):
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute("INSERT INTO seen VALUES (?)", [position])

class InSchema(PostgresTrackingRecorder):
    def __init__(self, datastore, **more):
        super().__init__(datastore, **more)
        self.seen = Identifier(datastore.schema, "seen")
        made = SQL("CREATE TABLE IF NOT EXISTS {} (position bigint, nr bigserial)").format(self.seen)
        self.sql_create_statements.append(made)

    def note(self, position, tracking):
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(SQL("INSERT INTO {} VALUES (%s)").format(self.seen), [position])

class Seen(Projection):
    def process_event(self, record, tracking):
        assert record.position == tracking.notification_id
        self.view.note(record.position, tracking)

environment = json.loads(sys.argv[2])
view = InSchema if "POSTGRES_SCHEMA" in environment else InFile
with ProjectionRunner(application_class=LedgerApplication, projection_class=Seen,
                      view_class=view, env=environment) as runner:
    print("ready", flush=True)
    if sys.argv[3] == "end":
        runner.wait(int(sys.argv[4]), timeout=60)
    else:
        runner.run_forever()
"""


def killed(script, path, *arguments, runs, wait=0.1):
    """Kill a follower again and again while somebody writes; let it come to the end."""
    chance = random.Random(11)
    with Child(WRITER, path) as writer:
        assert writer.line() == "ready"
        for run in range(runs):
            with Child(script, path, *arguments, "on") as follower:
                assert follower.line() == "ready"
                writer.say(run)
                time.sleep(chance.uniform(0, wait))
                follower.process.send_signal(signal.SIGKILL)
                follower.process.wait()
    head = len(sound(path))
    assert head > 5
    Child(script, path, *arguments, "end", head).finish()
    return head


@posix
def test_a_killed_follower_with_a_position_of_its_own_does_everything_once(path, tmp_path):
    head = killed(IN_ITS_OWN_DATABASE, path, tmp_path / "own.db", runs=100 if MANY else 4)
    with closing(sqlite3.connect(tmp_path / "own.db")) as own:
        seen = [position for (position,) in own.execute("SELECT position FROM seen ORDER BY rowid")]
    assert seen == list(range(1, head + 1))


@posix
def test_a_killed_follower_with_a_name_misses_nothing(path, tmp_path):
    runs = 100 if MANY else 4
    head = killed(BY_NAME, path, tmp_path / "seen", runs=runs)
    seen = [int(position) for position in (tmp_path / "seen").read_text().split()]
    assert sorted(set(seen)) == list(range(1, head + 1))
    steps = [after - before for before, after in zip(seen, seen[1:], strict=False)]
    assert set(steps) <= {0, 1}  # in order, and only the one in hand comes again
    assert steps.count(0) <= runs
    if MANY:
        print(f"{runs} kills: {head} records, of which {steps.count(0)} came again")
    with Ledger.open(path) as ledger:
        assert ledger.cursors() == {"web": head}


@pytest.fixture
def environment(request, place, tmp_path):
    """What eventsourcing is told of a ledger and of a view of it."""
    if isinstance(place, Path):
        return {
            "PERSISTENCE_MODULE": "govledger.storage.sqlite",
            "SQLITE_DBNAME": str(place),
            "SEEN_PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SEEN_SQLITE_DBNAME": str(tmp_path / "view.db"),
        }
    server, ledger = request.getfixturevalue("server"), address(place).ledger
    with server.connect() as connection:
        connection.execute(f"CREATE SCHEMA view_{ledger}")
    return {
        "PERSISTENCE_MODULE": "govledger.storage.postgres",
        "POSTGRES_SCHEMA": address(place).schema,
        **server.fields(),
        "SEEN_PERSISTENCE_MODULE": "eventsourcing.postgres",
        "SEEN_POSTGRES_SCHEMA": f"view_{ledger}",
    }


@posix
def test_a_killed_projection_does_everything_once(request, path, environment, tmp_path):
    runs = 50 if MANY else 2
    head = killed(BY_PROJECTION, path, json.dumps(environment), runs=runs, wait=0.3)
    if "SQLITE_DBNAME" in environment:
        with closing(sqlite3.connect(tmp_path / "view.db")) as view:
            seen = view.execute("SELECT position FROM seen ORDER BY rowid").fetchall()
    else:
        with request.getfixturevalue("server").connect() as view:
            table = f"{environment['SEEN_POSTGRES_SCHEMA']}.seen"
            seen = view.execute(f"SELECT position FROM {table} ORDER BY nr").fetchall()
    assert [position for (position,) in seen] == list(range(1, head + 1))
    sound(path, head)


# --- as an application ------------------------------------------------------------------


def test_a_ledger_is_an_application_that_reads(path, environment):
    with LedgerApplication(environment) as application:
        section = application.notification_log["1,10"].items
        assert [application.mapper.to_domain_event(n).position for n in section] == [1, 2, 3, 4, 5]
        with refused("read-only"):
            application.save()
        with application.recorder.subscribe(gt=4) as subscription:
            assert next(subscription).id == 5
            with Ledger.open(path) as ledger:
                ledger.record(submitted("new"))
            assert next(subscription).id == 6


def test_where_there_is_no_ledger_there_is_no_application(place, environment):
    with refused("no-ledger"):
        LedgerApplication(environment)
    Ledger.open(place).close()  # nothing stands in its way


# --- the command ------------------------------------------------------------------------


@contextmanager
def command(place, *words):
    with subprocess.Popen(
        [sys.executable, "-m", "govledger", "-l", str(place), "follow", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def govledger(place, *words, exit_code=0):
    result = CliRunner().invoke(main, ["-l", str(place), *words], prog_name="govledger")
    assert result.exit_code == exit_code, result.output
    return result.stdout


def test_the_command_writes_the_lines_of_export(path):
    with Ledger.open(path) as ledger:
        ledger.record(submitted("m4", movers="Zoe Zijl"))
    for options in ((), ("--disclose",)):
        lines = govledger(path, "follow", "--timeout", "0", *options)
        assert lines == govledger(path, "export", *options)
        assert ("Zoe Zijl" in lines) == bool(options)
    assert govledger(path, "follow", "--after", "5", "--timeout", "0").count("\n") == 1
    govledger(path, "follow", "--format", "csv", exit_code=2)
    govledger(path, "follow", "--after", "7", exit_code=1)


def test_the_command_keeps_and_moves_cursors(path):
    assert govledger(path, "follow", "--cursors") == ""
    assert govledger(path, "follow", "--cursor", "web", "--timeout", "0").count("\n") == 5
    assert govledger(path, "follow", "--cursor", "web", "--timeout", "0") == ""
    assert govledger(path, "follow", "--cursors") == '{"cursor": "web", "position": 5}\n'
    govledger(path, "follow", "--cursor", "web", "--move", "--after", "3")
    assert govledger(path, "follow", "--cursor", "web", "--timeout", "0").count("\n") == 2
    govledger(path, "follow", "--cursor", "web", "--forget")
    govledger(path, "follow", "--cursor", "web", "--forget", exit_code=2)
    assert govledger(path, "follow", "--cursors") == ""
    for words in (["--move"], ["--forget"], ["--cursors", "--cursor", "web"]):
        govledger(path, "follow", *words, exit_code=2)


@posix
def test_the_command_writes_what_comes_until_it_is_interrupted(path):
    with command(path, "--after", "5") as process, Ledger.open(path) as ledger:
        for n in range(3):
            ledger.record(submitted(f"new-{n}"))
            assert json.loads(process.stdout.readline())["subject"] == f"motion/new-{n}"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert process.stdout.read() + process.stderr.read() == b""


@posix
@pytest.mark.parametrize("more", [False, True], ids=["idle", "busy"])
def test_the_command_ends_quietly_when_nobody_reads(path, more):
    with command(path) as process, Ledger.open(path) as ledger:
        for _ in range(5):
            assert process.stdout.readline()
        process.stdout.close()
        if more:
            ledger.record(submitted("unread"))
        assert process.wait(PATIENCE) in (0, 1)
        assert process.stderr.read() == b""


@posix
def test_no_line_is_acknowledged_before_it_was_handed_over(path):
    with Ledger.open(path) as ledger:
        ledger.record(*(submitted(f"long-{n}", note="word " * 300) for n in range(100)))
        with command(path, "--cursor", "web") as process:
            first = process.stdout.readline()  # and then the pipe fills, unread
            deadline = time.monotonic() + PATIENCE
            while ledger.cursors().get("web", 0) < 10 and time.monotonic() < deadline:
                time.sleep(0.01)
            process.kill()
            lines = (first + process.stdout.read()).count(b"\n")
        assert 10 <= ledger.cursors()["web"] <= lines < 105


# --- servers that come and go -----------------------------------------------------------


@pytest.fixture(scope="module")
def restless():
    """A server that tests may stop, and start again before they end."""
    with postgres_server.running() as server:
        yield server


@posix
def test_a_follower_outlives_a_server(restless):
    url = filled(restless.url())
    with Ledger.open(url) as ledger:
        followers = [Follower(ledger), Follower(ledger, cursor="web")]
        for run in range(10 if MANY else 2):
            for follower in followers:
                follower.has(*range(1, 6 + run))
            restless.stop(("immediate", "fast")[run % 2])
            restless.start()
            with Ledger.open(url) as other:
                other.record(submitted(f"new-{run}"))
        for follower in followers:
            follower.has(*range(1, 6 + run + 1))
        assert ledger.cursors()["web"] >= 5


@posix
def test_a_follower_gives_up_on_a_server_that_stays_away(restless, monkeypatch):
    monkeypatch.setattr(following, "AWAY", 0.3)
    with Ledger.open(filled(restless.url())) as ledger:
        follower = Follower(ledger)
        follower.has(1, 2, 3, 4, 5)
        restless.stop()
        assert follower.ends().error.problems[0].code == "no-server"
    restless.start()


@contextmanager
def standby_of(server):
    """A server that copies another, and can take its place."""
    program = server.programs / "pg_basebackup"
    if not program.exists():
        pytest.skip("no pg_basebackup")
    with TemporaryDirectory(prefix="govledger-", ignore_cleanup_errors=True) as name:
        standby = postgres_server.Server(Path(name), server.programs)
        if standby.user:
            os.chown(standby.folder, 65534, 65534)
        subprocess.run(
            [program, "-R", "-D", standby.folder / "data", "-h", server.folder, "-U", "owner"]
            + ["-X", "stream", "-c", "fast"],
            env={**os.environ, "PGPASSWORD": postgres_server.PASSWORD},
            check=True,
            **standby.user,
        )
        with (standby.folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(f"unix_socket_directories = '{standby.folder}'\n")
        standby.start()
        try:
            yield standby
        finally:
            standby.stop()


@posix
def test_a_follower_reads_a_standby_and_goes_on_where_that_takes_over(restless):
    server = restless
    with standby_of(server) as standby:
        url = filled(server.url())
        there = url.replace(str(server.folder), str(standby.folder))
        with (
            Ledger.open(url) as ledger,
            Ledger.open(caught_up(there), read_only=True) as copy,
        ):
            follower = Follower(copy)
            for n in range(6, 9):
                follower.has(*range(1, n))
                ledger.record(submitted(f"new-{n}"))
            follower.has(*range(1, 9))
        with Ledger.open(there, create=False) as copy, refused("read-only"):
            copy.follow(cursor="web")
        either = f"host={server.folder},{standby.folder}&target_session_attrs=read-write"
        with Ledger.open(url.replace(f"host={server.folder}", either)) as ledger:
            follower = Follower(ledger, cursor="web")
            follower.has(*range(1, 9))
            server.stop()
            standby.run("pg_ctl", "promote", "-w")
            with Ledger.open(there) as other:
                other.record(submitted("after"))
            follower.has(*range(1, 10))
    server.start()


def caught_up(url):
    """The URL of a ledger in a standby, once it has come there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with Ledger.open(url, read_only=True) as copy:
                if copy.head() == 5:
                    return url
        except GovledgerError:
            time.sleep(0.05)
    raise AssertionError("the standby does not catch up")


@posix
@pytest.mark.parametrize("others", [0, 2])
def test_a_server_that_comes_back_with_something_else_is_told_of(restless, others):
    url = filled(restless.url())
    with Ledger.open(url) as ledger:
        restless.stop("fast")
        data, kept = restless.folder / "data", restless.folder / "kept"
        subprocess.run(["cp", "-a", data, kept], check=True)
        restless.start()
        records = ledger.follow(4)
        assert next(records).position == 5
        with Ledger.open(url) as other:
            other.record(submitted("lost"))
        assert next(records).position == 6
        restless.stop("fast")
        shutil.rmtree(data)
        kept.rename(data)
        restless.start()
        with Ledger.open(url) as other:
            for n in range(others):
                other.record(submitted(f"other-{n}"))
        with refused("lost-record"):
            next(records)
