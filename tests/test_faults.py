"""What may go wrong beneath a ledger, and what is left of it then: all faults in one place, of both
stores where it applies. What was acknowledged is never lost, and what an error says is true.
docs/explanation/faults.md has the figures of many runs."""

import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import postgres_server
import psycopg
import pytest
from test_storage import (
    MANY,
    Child,
    filled,
    nothing_changes,
    posix,
    refused,
    sound,
    submitted,
)

from govledger import (
    ClockError,
    GovledgerError,
    Ledger,
    MotionAdopted,
    MotionSubmitted,
    StorageError,
)
from govledger.storage.postgres import address
from govledger.storage.postgres import connections as postgres_connections
from govledger.storage.sqlite import connections as sqlite_connections

linux = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")


@pytest.fixture
def path(tmp_path):
    return filled(tmp_path / "ledger.db")


@pytest.fixture(params=["file", "postgres"])
def place(request, tmp_path):
    """Where a ledger of five records is: its path, or its URL."""
    if request.param == "file":
        return filled(tmp_path / "ledger.db")
    return filled(request.getfixturevalue("server").url())


@pytest.fixture(scope="module")
def mortal():
    """A server that waits for its disk and checks its pages, to be killed and damaged."""
    with postgres_server.running(
        initdb=("--data-checksums", "--wal-segsize=1"), settings="fsync = on"
    ) as server:
        yield server


@pytest.fixture
def tally(request, record_property):
    """Counts what happened, and tells it where there are many runs."""
    counted = Counter()
    yield counted
    if MANY:
        print(f"\n{request.node.name}: {dict(counted)}")


# --- killed writers ---------------------------------------------------------------------

WRITER = """
with Ledger.open(sys.argv[1]) as ledger:
    n = 0
    while True:
        events = [MotionSubmitted(f"{sys.argv[2]}-{n + m}", title="T" * 200, on="2024-04-01")
                  for m in range(1 + n % 3)]
        try:
            records = ledger.record(*events, key=f"{sys.argv[2]}-{n}")
        except StorageError as error:
            print(error.problems[0].code, f"{sys.argv[2]}-{n}", flush=True)
            sys.exit()
        for record in records:
            print(record.position, record.subject, flush=True)
        n += len(events)
"""


def is_there(place, acknowledged):
    """Check that all that was acknowledged is there, and the ledger sound."""
    there = {f"{record.position} {record.subject}" for record in sound(place)}
    assert there.issuperset(acknowledged)


@posix
def test_a_killed_writer_loses_nothing_that_it_acknowledged(place, tally):
    chance, acknowledged = random.Random(7), []
    for run in range((200 if isinstance(place, Path) else 100) if MANY else 5):
        with Child(WRITER, place, f"run-{run}") as writer:
            acknowledged.append(writer.line())
            time.sleep(chance.uniform(0, 0.1))
            writer.process.send_signal(signal.SIGKILL)
            said = writer.process.stdout.read()
            acknowledged += said[: said.rfind("\n") + 1].splitlines()  # the last may be torn
        is_there(place, acknowledged)
        tally["killed"] += 1
    tally["acknowledged"] = len(acknowledged)


@posix
@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_a_ledger_killed_in_the_making_is_whole_or_not_there(request, tmp_path, tally, kind):
    script = """
for n in range(1, 1_000):
    Ledger.open(f"{sys.argv[1]}_{n}").close()
    print(n, flush=True)
"""
    chance = random.Random(8)
    for run in range(50 if MANY else 3):
        base = tmp_path / "l" if kind == "file" else request.getfixturevalue("server").url()
        base = f"{base}_{run}"
        with Child(script, base) as maker:
            said = [maker.line()]
            time.sleep(chance.uniform(0, 0.2))
            maker.process.send_signal(signal.SIGKILL)
            said += maker.process.stdout.read().splitlines()
        for n in count(1):
            try:
                sound(f"{base}_{n}", head=1)
            except StorageError as error:
                assert error.problems[0].code == "no-ledger"
                break
        assert n > len(said)
        tally["made"] += n - 1
        tally["killed"] += 1


# --- power that is lost -----------------------------------------------------------------


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


# --- killed servers ---------------------------------------------------------------------


@linux
def test_a_killed_server_loses_nothing_that_was_acknowledged(mortal, tally):
    """SIGKILL of all its processes in the middle of the work of two writers."""
    url, chance = filled(mortal.url()), random.Random(9)
    with Ledger.open(url) as held:
        for run in range(50 if MANY else 2):
            names, lost = [f"run-{run}-{writer}" for writer in "ab"], []
            with Child(WRITER, url, names[0]) as one, Child(WRITER, url, names[1]) as two:
                acknowledged = [one.line(), two.line()]
                time.sleep(chance.uniform(0, 0.3))
                mortal.kill()
                for writer in (one, two):
                    *lines, last = writer.finish()
                    acknowledged += lines
                    lost.append(last.split())
            with refused("no-server"):
                held.head()
            mortal.start()
            is_there(url, acknowledged)
            for said, key in lost:
                written = bool(held.recorded_under(key))
                assert said == "outcome-unknown" or (said, written) == ("no-server", False)
                tally[said, "written" if written else "not written"] += 1
            held.record(submitted(f"held-{run}"))  # on a new connection
            tally["killed"] += 1
            tally["acknowledged"] += len(acknowledged)


# --- connections that are cut -----------------------------------------------------------


class Line:
    """A line to a server, that is cut where it is told to be: a proxy on 127.0.0.1.

    `rule` is asked of all that passes: whether it goes up to the server, and its bytes. It says
    how many of them still pass before the cut, or None for all.
    """

    def __init__(self, server):
        self.target = str(server.folder / ".s.PGSQL.5432")
        self.rule = lambda up, data: None
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def url(self, url):
        port = self.listening.getsockname()[1]
        password = quote(postgres_server.PASSWORD, safe="")
        return (
            f"postgresql://owner:{password}@127.0.0.1:{port}/postgres?ledger={address(url).ledger}"
        )

    def _accept(self):
        while True:
            try:
                client = self.listening.accept()[0]
            except OSError:
                return  # closed
            self.threads.append(threading.Thread(target=self._serve, args=[client]))
            self.threads[-1].start()

    def _serve(self, client):
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self.target)
            up = threading.Thread(target=self._pass_on, args=[True, client, server])
            up.start()
            self._pass_on(False, server, client)
            up.join()

    def _pass_on(self, up, source, target):
        try:
            while data := source.recv(65536):
                passed = self.rule(up, data)
                target.sendall(data[:passed])
                if passed is not None:
                    self.rule = lambda up, data: None
                    break
        except OSError:
            pass  # the other direction was cut
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        for thread in self.threads:
            thread.join()


@pytest.fixture
def line(server):
    line = Line(server)
    yield line
    line.close()


def cut_after(size, going_up):
    """A rule that cuts when so many bytes have passed in one direction."""

    def rule(up, data):
        nonlocal size
        if up is not going_up:
            return None
        if len(data) < size:
            size -= len(data)
            return None
        return size

    return rule


def traffic(line, act):
    """How many bytes pass while something is done: to the server, and back."""
    passed = Counter()

    def rule(up, data):
        passed[up] += len(data)

    line.rule = rule
    act()
    line.rule = lambda up, data: None
    return passed


def test_a_line_cut_anywhere_leaves_a_true_word_and_writes_once(server, line, tally):
    url, chance = filled(server.url()), random.Random(10)
    with Ledger.open(line.url(url)) as ledger, Ledger.open(url) as beside:
        for n in range(8):  # statements are prepared on the way
            passed = traffic(line, lambda: ledger.record(submitted(f"before-{n}"), key=f"b{n}"))
        for run in range(1_000 if MANY else 40):
            up, late = chance.random() < 0.5, chance.random() < 0.5
            first = passed[up] - 40 if late else 1  # where COMMIT is sent, and answered
            line.rule = cut_after(chance.randint(first, passed[up]), up)
            motion, key = submitted(f"run-{run}"), f"run-{run}"
            try:
                said = f"record {ledger.record(motion, key=key)[0].position}"
            except StorageError as error:
                said = error.problems[0].code
            line.rule = lambda up, data: None
            with beside._store.write() as writing:  # once the lost session has ended
                written = bool(writing.keyed(key))
            if said == "no-server":
                assert not written
            else:
                assert said == "outcome-unknown" or written
            tally[said.split()[0], "written" if written else "not written"] += 1
            (record,) = ledger.record(motion, key=key)
            assert beside.recorded_under(key) == range(record.position, record.position + 1)
        records = sound(url)
    assert len({record.subject for record in records[5:]}) == len(records) - 5
    assert tally["no-server", "not written"]


@pytest.mark.parametrize("arrives", [True, False], ids=["answer lost", "question lost"])
def test_where_the_answer_to_commit_is_lost_nobody_knows(server, line, arrives):
    url, sent = filled(server.url()), []

    def rule(up, data):
        if up and b"COMMIT\0" in data:
            sent.append(data)
            return None if arrives else 0
        return 0 if sent else None

    with Ledger.open(line.url(url)) as ledger, Ledger.open(url) as beside:
        ledger.record(submitted("before"))
        line.rule = rule
        with refused("outcome-unknown"):
            ledger.record(submitted("new"), key="new")
        with beside._store.write() as writing:
            assert bool(writing.keyed("new")) is arrives
        assert ledger.record(submitted("new"), key="new")[0].position == 7
    sound(url, head=7)


def test_a_ledger_whose_making_is_cut_is_whole_or_not_there(server, line, tally):
    chance = random.Random(11)
    made = traffic(line, lambda: Ledger.open(line.url(server.url())).close())
    for run in range(200 if MANY else 8):
        url, up = server.url(), chance.random() < 0.5
        line.rule = cut_after(chance.randint(1, made[up]), up)
        try:
            Ledger.open(line.url(url)).close()
            said = "opened"
        except StorageError as error:
            said = error.problems[0].code
        line.rule = lambda up, data: None
        tally[said] += 1
        assert said in ("opened", "no-server", "outcome-unknown", "busy")
        Ledger.open(url).close()
        sound(url, head=1)


def test_a_session_that_is_ended_in_the_middle_writes_nothing(server):
    """An administrator ends it, or the server is shut down."""
    url = server.url()

    def clock():  # is asked while the ledger is locked
        if ending:
            with server.connect() as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 9000) FROM pg_locks WHERE locktype = 'advisory'"
                )
        return datetime.now(UTC)

    ending = False
    with Ledger.open(filled(url), clock=clock) as ledger:
        ending = True
        with refused("no-server"):
            ledger.record(submitted("new"), key="new")
        ending = False
        assert ledger.head() == 5
        assert ledger.record(submitted("new"), key="new")[0].position == 6
    sound(url, head=6)


# --- full disks -------------------------------------------------------------------------


class Disk:
    """A small file system in memory, mounted in a folder; it can be made larger."""

    def __init__(self, folder, kilobytes):
        self.folder = folder
        folder.mkdir()
        if os.name != "posix" or os.geteuid() or not shutil.which("mount"):
            pytest.skip("only root can mount a small disk")
        self._mount(f"size={kilobytes}k", "tmpfs", folder, kind=["-t", "tmpfs"])

    def _mount(self, options, *what, kind=()):
        done = subprocess.run(
            ["mount", *kind, "-o", options, *what], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")

    def remount(self, options):
        self._mount(f"remount,{options}", self.folder)

    def unmount(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


@contextmanager
def small_disk(folder, kilobytes):
    disk = Disk(folder, kilobytes)
    try:
        yield disk
    finally:
        disk.unmount()


def fill(ledger, acknowledged):
    """Record until it is refused; gives the error's code."""
    known = {line.split()[1] for line in acknowledged}
    try:
        for n in count():
            if f"motion/fill-{n}" in known:
                continue
            motion = submitted(f"fill-{n}", note=random.Random(n).randbytes(15_000).hex())
            (record,) = ledger.record(motion, key=f"fill-{n}")
            acknowledged.append(f"{record.position} {record.subject}")
    except StorageError as error:
        assert error.problems[0].hint
        return error.problems[0].code


def test_a_file_on_a_full_disk_goes_on_where_there_is_room(tmp_path, tally):
    acknowledged = []
    with small_disk(tmp_path / "disk", 900) as disk:
        path = filled(disk.folder / "ledger.db")
        with Ledger.open(path) as ledger:
            for more in range(1_200, 60_000 if MANY else 2_400, 300):
                for _ in range(3):
                    head = ledger.head()
                    said = fill(ledger, acknowledged)
                    tally[said] += 1
                    assert said == "disk-full"
                assert ledger.head() == head == 5 + len(acknowledged)
                assert ledger.as_of("2024-04-01").motions["m0"].title == "On m0"
                assert ledger.verify()
                disk.remount(f"size={more}k")
                (record,) = ledger.record(submitted(f"room-{more}"))
                acknowledged.append(f"{record.position} {record.subject}")
            fill(ledger, acknowledged)
        with Ledger.open(path) as ledger:  # still full
            assert ledger.verify()
            assert fill(ledger, acknowledged) == "disk-full"
        disk.remount("size=80m")
        is_there(path, acknowledged)
        tally["acknowledged"] = len(acknowledged)


def test_a_server_whose_disk_is_full_goes_on_where_there_is_room(mortal, tally):
    acknowledged = []
    with small_disk(mortal.folder / "tables", 9_500) as disk, mortal.connect() as connection:
        shutil.chown(disk.folder, *list(mortal.user.values())[:2])
        connection.execute(f"CREATE TABLESPACE small LOCATION '{disk.folder}'")
        connection.execute("CREATE DATABASE small TABLESPACE small TEMPLATE template0")
        try:
            url = filled(mortal.url(database="small"))
            with Ledger.open(url) as ledger:
                for more in range(10_000, 40_000 if MANY else 11_000, 500):
                    for _ in range(3):
                        said = fill(ledger, acknowledged)
                        tally[said] += 1
                        assert said == "disk-full"
                    assert ledger.head() == 5 + len(acknowledged)
                    assert ledger.verify()
                    disk.remount(f"size={more}k")
                    (record,) = ledger.record(submitted(f"room-{more}"))
                    acknowledged.append(f"{record.position} {record.subject}")
            is_there(url, acknowledged)
            tally["acknowledged"] = len(acknowledged)
        finally:
            connection.execute("DROP DATABASE small WITH (FORCE)")
            connection.execute("DROP TABLESPACE small")


def test_a_server_whose_write_ahead_log_is_full_stops_and_loses_nothing(mortal, tally):
    """PostgreSQL ends all sessions then, and itself, or tries again."""
    acknowledged, url = [], filled(mortal.url())
    log, before = mortal.folder / "data" / "pg_wal", mortal.folder / "before"
    mortal.stop("fast")
    held = sum(file.stat().st_size for file in log.rglob("*")) // 1024
    with small_disk(mortal.folder / "wal", held + 2_500) as disk:
        shutil.chown(disk.folder, *list(mortal.user.values())[:2])
        subprocess.run(["cp", "-a", f"{log}/.", disk.folder], check=True)
        log.rename(before)
        log.symlink_to(disk.folder)
        try:
            mortal.start()
            with Ledger.open(url) as ledger:
                for run in range(10 if MANY else 1):
                    said = fill(ledger, acknowledged)
                    tally[said] += 1
                    assert said in ("no-server", "outcome-unknown")
                    mortal.kill()
                    disk.remount(f"size={held + 2_500 * (run + 2)}k")
                    mortal.start()
                    is_there(url, acknowledged)
                    (record,) = ledger.record(submitted(f"room-{run}"))
                    acknowledged.append(f"{record.position} {record.subject}")
            tally["acknowledged"] = len(acknowledged)
        finally:
            disk.remount("size=200m")
            mortal.kill()
            log.unlink()
            subprocess.run(["cp", "-a", disk.folder, log], check=True)
            mortal.start()
    is_there(url, acknowledged)


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


# --- nothing can be written -------------------------------------------------------------


def test_a_file_system_that_is_read_only_is_read_and_not_written(tmp_path):
    with small_disk(tmp_path / "disk", 2_000) as disk:
        path = filled(disk.folder / "ledger.db")
        disk.remount("ro")
        with nothing_changes(disk.folder), Ledger.open(path) as ledger:
            assert ledger.verify()
            assert ledger.as_of("2024-04-01").motions["m0"].title == "On m0"
            with refused("read-only"):
                ledger.record(submitted("new"))
        with refused("not-readable"):
            Ledger.open(disk.folder / "new.db")
        disk.remount("rw")
        with Ledger.open(path) as ledger:
            ledger.record(submitted("new"))
        sound(path, head=6)


def test_a_database_that_is_read_only_is_read_and_not_written(server):
    with server.connect() as connection:
        connection.execute("CREATE DATABASE still")
        url = filled(server.url(database="still"))
        connection.execute("ALTER DATABASE still SET default_transaction_read_only = on")
    with Ledger.open(url) as ledger:
        assert ledger.verify()
        with refused("read-only"):
            ledger.record(submitted("new"))
    with refused("read-only"):
        Ledger.open(server.url(database="still"))
    sound(url, head=5)


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


# --- somebody else holds the lock -------------------------------------------------------


@contextmanager
def another_writer(place):
    """Another process that holds the write lock."""
    script = """
with Ledger.open(sys.argv[1]) as ledger:
    with ledger._store.write():
        print("locked", flush=True)
        sys.stdin.readline()
print("released")
"""
    with Child(script, place) as holder:
        assert holder.line() == "locked"
        yield
        holder.say("enough")
        assert holder.finish() == ["released"]


def test_another_process_that_writes_makes_it_busy(place, monkeypatch):
    for module in (sqlite_connections, postgres_connections):
        monkeypatch.setattr(module, "LOCK_TIMEOUT", 1)
    with Ledger.open(place) as ledger:
        with another_writer(place):
            with refused("busy"):
                ledger.record(submitted("new"), key="new")
            assert ledger.head() == 5
            assert ledger.verify()
        assert ledger.record(submitted("new"), key="new")[0].position == 6
    sound(place, head=6)


def test_threads_wait_for_the_lock_and_hold_up_no_reader(path):
    with Ledger.open(path) as ledger, ThreadPoolExecutor() as threads:
        with another_writer(path):
            writers = [threads.submit(ledger.record, submitted(slug)) for slug in ("a", "b")]
            time.sleep(0.5)
            assert ledger.head() == 5
            time.sleep(5.5)
        assert {writer.result()[0].subject for writer in writers} == {"motion/a", "motion/b"}
    sound(path, head=7)


# --- damaged pages ----------------------------------------------------------------------


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


def flipped(path, chance):
    """Flip one byte among the rows of the first page of a table."""
    with path.open("r+b") as file:
        page = bytearray(file.read(8192))
        rows = int.from_bytes(page[14:16], "little")  # pd_upper
        where = chance.randrange(rows, 8192)
        page[where] ^= chance.randrange(1, 256)
        file.seek(0)
        file.write(page)


def read_whole(url):
    with Ledger.open(url) as ledger:
        return [*ledger.log()]


def verified(url, **options):
    with Ledger.open(url) as ledger:
        return "sound" if ledger.verify(**options) else "altered"


def told(server, act):
    """What comes of it, or its error: damage may end the server, which starts again."""
    while True:
        try:
            server.connect().close()
            break
        except psycopg.OperationalError:
            time.sleep(0.05)
    try:
        return act()
    except GovledgerError as error:
        return error.problems[0].code


@pytest.mark.parametrize("checked", [True, False], ids=["with checksums", "without"])
def test_a_damaged_page_of_a_server_is_told_or_found(mortal, tally, checked):
    """A log that was read wrong without a sign: never with checksums; `verify` finds it."""
    urls = [filled(mortal.url(), motions=12) for _ in range(100 if MANY else 5)]
    before, chance = [read_whole(url) for url in urls], random.Random(12)
    with mortal.connect() as connection:
        paths = [
            connection.execute(
                f"SELECT pg_relation_filepath('{address(url).schema}.records')"
            ).fetchone()[0]
            for url in urls
        ]
    mortal.stop("fast")
    if not checked:
        mortal.run("pg_checksums", "--disable")
    for path in paths:
        flipped(mortal.folder / "data" / path, chance)
    mortal.start()
    try:
        for url, held in zip(urls, before, strict=True):
            seen = told(mortal, lambda: "right" if read_whole(url) == held else "wrong")
            whole = told(mortal, lambda: verified(url))
            hashed = told(mortal, lambda: verified(url, contents=False))
            found = "not found" if whole == "sound" else "found"
            tally[seen, found] += 1
            assert found == "found" or seen == "right", seen
            assert seen == "damaged" if checked else (hashed == "sound") == (whole == "sound")
    finally:
        told(mortal, lambda: None)
        with mortal.connect() as connection:
            for url in urls:
                connection.execute(f"DROP SCHEMA {address(url).schema} CASCADE")
        if not checked:
            mortal.stop("fast")
            mortal.run("pg_checksums", "--enable")
            mortal.start()


# --- a clock that steps back ------------------------------------------------------------

NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("step", [timedelta(microseconds=1), timedelta(days=400)], ids=str)
def test_a_clock_that_steps_back_writes_nothing(new_ledger, where, step):
    now = NOON
    ledger = new_ledger(clock=lambda: now)
    ledger.record(submitted("m0"))
    now = NOON - step
    with pytest.raises(ClockError) as caught:
        ledger.record(submitted("m1"), key="key")
    assert caught.value.problems[0].code == "clock-ran-back"
    assert ledger.head() == 2
    now = NOON
    assert ledger.record(submitted("m1"), key="key")[0].recorded_at == NOON
    assert ledger.verify()


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_a_clock_that_is_behind_the_ledger_writes_nothing(request, tmp_path, kind):
    """The clock of another machine, say, or of the same one a year later."""
    place = tmp_path / "l.db" if kind == "file" else request.getfixturevalue("server").url()
    with Ledger.open(place, clock=lambda: NOON) as ledger:
        ledger.record(submitted("m0"))
    with Ledger.open(place, clock=lambda: NOON - timedelta(hours=1)) as ledger:
        with pytest.raises(ClockError):
            ledger.record(submitted("m1"))
        with pytest.raises(ClockError):
            ledger.retract(2, reason="none")
    sound(place, head=2)
