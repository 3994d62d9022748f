"""Several servers: replicas that are read, and fail-over in the middle of writing, after which
nothing is lost that was acknowledged and nothing is there twice.

A replica is made in the ordinary tests; a cluster under Patroni with GOVLEDGER_TEST_CLUSTER=1
(see `patroni_cluster`, which tells what is missing), GOVLEDGER_TEST_FAULTS=many for more of it."""

import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise

import patroni_cluster
import postgres_server
import pytest
from patroni_cluster import parts_of_docs, wait_until
from test_postgres import filled
from test_storage import MANY, Child, posix, refused, sound, submitted

from govledger import Ledger
from govledger.storage.postgres import address

pytestmark = posix

# --- names of several hosts -------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("//u:pw@a:1,b:2,c/club?ledger=v", "//u@a:1,b:2,c/club?ledger=v"),
        ("//u:pw@a:1,a:1/club?target_session_attrs=read-write", "//u@a:1,a:1/club"),
        ("//a,b/club?port=5433&ledger=v", "//a:5433,b:5433/club?ledger=v"),
        ("//u:pw@[::1]:1,[::2]/club", "//u@[::1]:1,[::2]/club"),
        ("///club?host=/x,/y&port=1,2&ledger=v", "//:1,:2/club?host=/x,/y&ledger=v"),
        ("///club?ledger=v", "///club?ledger=v"),
    ],
)
def test_a_name_is_a_url_of_the_same_servers(url, name):
    found = address(f"postgresql:{url}")
    assert found.name == f"postgresql:{name}"
    again = address(found.name)
    for key in ("host", "port", "user", "dbname"):
        assert again.told.get(key, "").strip(",") in (
            found.told.get(key, "").strip(","),
            ",".join([found.told.get(key, "")] * 2),  # one port, said for both
        )


# --- writers that carry on --------------------------------------------------------------

(LOOP,) = parts_of_docs("python")

WRITER = (
    LOOP
    + """
url, path, stop, number = sys.argv[1:]

class Counted:
    codes = []
    def record(self, *events, key):
        try:
            return ledger.record(*events, key=key)
        except StorageError as error:
            self.codes.append(error.problems[0].code)
            raise

with Ledger.open(url) as ledger, open(path, "a", buffering=1) as acknowledged:
    n = 0
    while not os.path.exists(stop):
        slug, Counted.codes = f"w{number}-{n}", []
        event = MotionSubmitted(slug, title="T" * 100, on="2024-04-01")
        (record,) = record_until_answered(Counted(), event, key=slug)
        print(time.time(), record.position, record.subject, *Counted.codes, file=acknowledged)
        n += 1
"""
)


class Writers:
    """Processes that write until the block ends, and what was acknowledged to them."""

    def __init__(self, url, folder, number):
        self.stop = folder / "stop"
        self.paths = [folder / f"acknowledged-{n}" for n in range(number)]
        self.children = ExitStack()
        self.running = [
            self.children.enter_context(Child(WRITER, url, path, self.stop, n))
            for n, path in enumerate(self.paths)
        ]

    def __enter__(self):
        return self

    def __exit__(self, *failed):
        self.stop.touch()
        try:
            if not any(failed):
                for child in self.running:
                    child.process.wait(timeout=150)
                    assert child.process.returncode == 0, child.process.stderr.read()
        finally:
            self.children.close()

    def lines(self):
        """For each writer: (time, position, subject, codes of the calls before) of each answer."""
        return [
            [
                (float(moment), int(position), subject, codes)
                for moment, position, subject, *codes in map(str.split, whole_lines(path))
            ]
            for path in self.paths
        ]

    def have_all_written(self, since, number):
        for child in self.running:
            assert child.process.poll() is None, child.process.stderr.read()
        return all(sum(line[0] > since for line in each) >= number for each in self.lines())


def whole_lines(path):
    text = path.read_text() if path.exists() else ""
    return text[: text.rfind("\n") + 1].splitlines()


def checked(url, writers, checkpoints=()):
    """Nothing that was acknowledged is lost, and nothing is there twice."""
    records = sound(url)
    subjects = Counter(record.subject for record in records[1:] if record.type.startswith("motion"))
    assert set(subjects.values()) == {1}
    by_position = {record.position: record.subject for record in records}
    for lines in writers.lines():
        for _, position, subject, _ in lines:
            assert by_position[position] == subject
    with Ledger.open(url, read_only=True) as ledger:
        report = ledger.verify(checkpoints=checkpoints)
        assert report and (not checkpoints or report.verdict == "extends your checkpoint")
    return records


# --- one replica ------------------------------------------------------------------------


def caught_up(primary, replica):
    with primary.connect() as one, replica.connect() as two:
        ((there,),) = one.execute("SELECT pg_current_wal_insert_lsn()").fetchall()
        wait_until(
            lambda: two.execute("SELECT pg_last_wal_replay_lsn() >= %s", (there,)).fetchone()[0]
        )


def set_to(server, **settings):
    with server.connect() as connection:
        for name, value in settings.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        connection.execute("SELECT pg_reload_conf()")
        for name, value in settings.items():
            shown = f"SELECT setting = '{value}' FROM pg_settings WHERE name = '{name}'"
            with server.connect() as another:
                wait_until(lambda: another.execute(shown).fetchone()[0])


@pytest.fixture(scope="module")
def pair():
    """A primary and its replica."""
    with postgres_server.running() as primary, postgres_server.running(primary) as replica:
        yield primary, replica


@pytest.fixture
def ledgers(pair):
    """The URL of a new ledger at the primary, and at the replica, which has it."""
    url = filled(pair[0].url())
    caught_up(*pair)
    return url, pair[1].url(address(url).ledger)


def test_a_replica_is_read_and_verified(pair, ledgers):
    url, at_replica = ledgers
    with Ledger.open(url) as ledger, Ledger.open(at_replica, read_only=True) as reader:
        kept = str(ledger.checkpoint()).encode()
        ledger.record(submitted("late", movers="Yvo Ypma"), key="late")
        caught_up(*pair)
        report = reader.verify(checkpoints=[kept])
        assert report.verdict == "extends your checkpoint"
        assert report == ledger.verify(checkpoints=[kept])
        assert reader.as_of("2024-04-01").motions["late"].movers == ("Yvo Ypma",)
        assert list(reader.log()) == list(ledger.log())
        assert reader.recorded_under("late") == range(6, 7)
        assert [r.record for r in reader.why("motion/m0", as_of="2024-04-01").reasons]
        assert reader.checkpoint() == ledger.checkpoint()


def test_a_replica_refuses_to_be_written(ledgers):
    with Ledger.open(ledgers[1]) as ledger:
        for write in (
            lambda: ledger.record(submitted("new")),
            lambda: ledger.record(submitted("m0"), key="key-0"),
            lambda: ledger.erase(name="Zoe Zijl", basis="asked"),
            ledger.rebuild,
        ):
            with refused("read-only"):
                write()
        assert ledger.verify()
    with refused("read-only"):
        Ledger.open(f"{ledgers[1]}_new")
    sound(ledgers[0], head=5)


def test_a_writer_finds_the_primary_among_several(pair, ledgers):
    primary, replica = pair
    several = replica.url(address(ledgers[0]).ledger, also=[primary])
    with Ledger.open(several) as ledger, refused("read-only"):
        ledger.record(submitted("new"))
    with Ledger.open(f"{several}&target_session_attrs=read-write") as ledger:
        ledger.record(submitted("new"))
    with Ledger.open(f"{several}&target_session_attrs=standby", read_only=True) as ledger:
        assert ledger.verify()


def test_a_reader_that_is_in_the_way_of_a_replica_is_told(pair, ledgers):
    primary, replica = pair
    set_to(replica, max_standby_streaming_delay=0)
    with Ledger.open(ledgers[1], read_only=True) as reader, Ledger.open(ledgers[0]) as ledger:
        with refused("busy"), reader._store.read() as reading:
            assert reading.disclosing("Zoe Zijl")
            ledger.erase(name="Zoe Zijl", basis="asked")
            caught_up(primary, replica)
            reading.disclosing("Zoe Zijl")
        with reader._store.read() as reading:
            assert not reading.disclosing("Zoe Zijl")
        assert reader.verify()


def waiting(server):
    """The processes of the server that wait until a replica has what they wrote."""
    with server.connect() as connection:
        rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        return [pid for (pid,) in rows.fetchall()]


def test_what_no_replica_has_is_not_acknowledged_neither_the_first_time_nor_later(pair, ledgers):
    primary, replica = pair
    url = ledgers[0]
    with primary.connect() as connection:  # whoever may write may wait
        connection.execute("CREATE ROLE clerk LOGIN PASSWORD 'pw'")
        connection.execute(f"GRANT USAGE ON SCHEMA {address(url).schema} TO clerk")
        connection.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE"
            f" ON ALL TABLES IN SCHEMA {address(url).schema} TO clerk"
        )
    of_clerk = primary.url(address(url).ledger, user="clerk", password="pw")
    set_to(primary, synchronous_standby_names="*")
    replica.stop()

    def record():
        with Ledger.open(of_clerk) as ledger:
            return ledger.record(submitted("alone"), key="alone")

    with ThreadPoolExecutor() as threads:
        for ended, code in (
            ("pg_terminate_backend", "outcome-unknown"),  # a first time, that is written and seen
            ("pg_cancel_backend", "unconfirmed"),  # a second time, that finds it
        ):
            call = threads.submit(record)
            (pid,) = wait_until(lambda: waiting(primary))
            with primary.connect() as connection:
                connection.execute(f"SELECT {ended}(%s)", (pid,))
            with refused(code):
                call.result()
            with Ledger.open(url) as ledger:
                assert ledger.recorded_under("alone") == range(6, 7)
        call = threads.submit(record)
        wait_until(lambda: waiting(primary))
        assert not call.done()
        replica.start()
        assert [written.position for written in call.result()] == [6]
    set_to(primary, synchronous_standby_names="")
    caught_up(primary, replica)
    sound(ledgers[1], head=6)


def told_unconfirmed_of_a_new_record(primary, url):
    with Ledger.open(url) as ledger, ThreadPoolExecutor() as threads:
        call = threads.submit(ledger.record, submitted("new"), key="new")
        (pid,) = wait_until(lambda: waiting(primary))
        with primary.connect() as connection:
            connection.execute("SELECT pg_cancel_backend(%s)", (pid,))
        with refused("unconfirmed"):
            call.result()


def test_a_wait_for_a_replica_that_is_broken_off_is_no_acknowledgement(pair, ledgers):
    primary, replica = pair
    set_to(primary, synchronous_standby_names="nobody")
    told_unconfirmed_of_a_new_record(primary, ledgers[0])
    set_to(primary, synchronous_standby_names="")
    caught_up(primary, replica)
    assert sound(ledgers[1], head=6)[5].subject == "motion/new"


@pytest.mark.parametrize("run", range(10 if MANY else 1))
def test_a_replica_takes_over_and_nothing_acknowledged_is_lost(tmp_path, run):
    with postgres_server.running() as primary, postgres_server.running(primary) as replica:
        ledger = address(filled(primary.url())).ledger
        set_to(primary, synchronous_standby_names="*")
        url = primary.url(ledger, also=[replica]) + "&target_session_attrs=read-write"
        with Ledger.open(url) as held:
            kept = str(held.checkpoint()).encode()
            with Writers(url, tmp_path, 2) as writers:
                wait_until(lambda: writers.have_all_written(0, 20))
                with refused("no-server"), ExitStack() as stack:
                    readings = [stack.enter_context(held._store.read()) for _ in range(3)]
                    primary.kill()
                    readings[0].last()
                killed = time.time()
                with refused("no-server"):  # at once; it does not wait for the pool
                    held.head()
                replica.run("pg_ctl", "promote", "-w")
                wait_until(lambda: writers.have_all_written(killed, 20))
                held.record(submitted("held"))
        checked(url, writers, [kept])
        for code in {code for lines in writers.lines() for line in lines for code in line[3]}:
            assert code in ("no-server", "outcome-unknown", "read-only", "busy")


# --- three servers under Patroni --------------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    if not os.environ.get("GOVLEDGER_TEST_CLUSTER"):
        pytest.skip("GOVLEDGER_TEST_CLUSTER=1 runs the tests with Patroni")
    lacking = patroni_cluster.missing()
    if lacking:
        pytest.fail("a cluster needs\n  " + "\n  ".join(lacking))
    with patroni_cluster.running() as running:
        yield running


def kill_the_leader(cluster):
    node = cluster.leader()
    node.kill()
    return node


def outage(writers, since, what):
    """One line on what writers met: the longest time without an answer, and calls repeated."""
    lines = [line for each in writers.lines() for line in each]
    moments = sorted(line[0] for line in lines)
    began = max(n for n, moment in enumerate(moments) if moment <= since)
    gap = max(after - before for before, after in pairwise(moments[began:]))
    codes = Counter(code for line in lines if line[0] > since for code in line[3])
    return f"{what}: no answer for {gap:.1f} s, repeated {dict(codes)}"


def test_a_cluster_fails_over_and_nothing_acknowledged_is_lost(cluster, tmp_path, capsys):
    url = filled(cluster.url())
    checkpoints, said = [], []
    with Writers(url, tmp_path, 4) as writers, Ledger.open(url) as held:
        wait_until(lambda: writers.have_all_written(0, 5))
        for run in range(10 if MANY else 1):
            checkpoints.append(str(held.checkpoint()).encode())
            killed = kill_the_leader(cluster)
            since = time.time()
            wait_until(lambda: writers.have_all_written(since, 20))
            assert cluster.leader() not in (None, killed)
            said.append(outage(writers, since, f"{killed.name} killed"))
            held.record(submitted(f"held-{run}"), key=f"held-{run}")
            killed.start()
            wait_until(cluster.is_whole, 180)
        since = time.time()
        cluster.hand_over()
        wait_until(cluster.is_whole, 180)
        since_then = time.time()
        wait_until(lambda: writers.have_all_written(since_then, 20))
        said.append(outage(writers, since, "handed over"))
    records = checked(url, writers, checkpoints)
    for node in cluster.nodes.values():
        with Ledger.open(node.url(url)) as ledger:
            wait_until(lambda: ledger.head() == len(records))
            assert ledger.verify(checkpoints=checkpoints).verdict == "extends your checkpoint"
            if node is not cluster.leader():
                with refused("read-only"):
                    ledger.record(submitted("elsewhere"))
    with capsys.disabled():
        print("", *said, f"{sum(map(len, writers.lines()))} calls acknowledged", sep="\n")
