"""eventsourcing's own conformance suites, run against our recorders and our factory;
and its event store, notification log and projections on a file that a `Ledger` wrote."""

import os
import subprocess
import sys
import threading
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch
from uuid import uuid4

import pytest
from eventsourcing.application import Application
from eventsourcing.persistence import (
    DatetimeAsISO,
    EventStore,
    InfrastructureFactory,
    JSONTranscoder,
    StoredEvent,
    Tracking,
    TrackingRecorder,
)
from eventsourcing.projection import ApplicationSubscription, Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteAggregateRecorder, SQLiteTrackingRecorder
from eventsourcing.tests import application as application_suites
from eventsourcing.tests import persistence as suites
from eventsourcing.tests import projection as projection_suites
from eventsourcing.utils import Environment, get_topic

from govledger import Ledger, MeetingConvened, MotionAdopted, MotionSubmitted, Record
from govledger.codec import stored_types
from govledger.storage.mapping import LedgerMapper
from govledger.storage.sqlite import (
    Factory,
    LedgerDatastore,
    LedgerProcessRecorder,
    LedgerRecorder,
)

# --- the suites of recorders ------------------------------------------------------------


def wait_for_threads():
    for thread in set(threading.enumerate()) - {threading.main_thread()}:
        if not thread.name.startswith("pool-"):  # those of psycopg end with their pool
            thread.join(timeout=10)


class OnFile:
    """Gives a suite a database in a file."""

    def database(self):
        return f"file:{self.enterContext(TemporaryDirectory())}/ledger.db"


class InMemory:
    """Gives a suite a database in shared-cache memory."""

    def database(self):
        return f"file:conformance-{uuid4().hex}?mode=memory&cache=shared"


class Recorders:
    """Makes the recorder of a suite, with originator ids of the type `ids`."""

    ids = "text"

    def create_recorder(self):
        datastore = LedgerDatastore(self.database(), originator_id_type=self.ids)
        self.addCleanup(datastore.close)
        self.addCleanup(wait_for_threads)  # the suites leave their readers running
        recorder = self.recorder(datastore)
        recorder.create_table()
        return recorder

    def new_originator_id(self):
        return uuid4() if self.ids == "uuid" else f"motion/{uuid4()}"


class Snapshots(Recorders):
    """Our factory leaves aggregate recorders (snapshots) to the stock class."""

    recorder = SQLiteAggregateRecorder


class Aggregates(Recorders):
    """The aggregate suite wants no positions back; besides that, ours is one of those."""

    class recorder(LedgerRecorder):
        def insert_events(self, stored_events, **kwargs):
            super().insert_events(stored_events, **kwargs)


class Applications(Recorders):
    recorder = LedgerRecorder

    def test_insert_subscribe(self):
        self.optional_test_insert_subscribe()


class NonInterleaving(Recorders):
    recorder = LedgerRecorder


class Trackers(Recorders):
    recorder = SQLiteTrackingRecorder


class Processes(Recorders):
    recorder = LedgerProcessRecorder


class ProcessesAsApplications(Applications):
    recorder = LedgerProcessRecorder


RECORDER_SUITES = (
    (Snapshots, suites.AggregateRecorderTestCase),
    (Aggregates, suites.AggregateRecorderTestCase),
    (Applications, suites.ApplicationRecorderTestCase),
    (ProcessesAsApplications, suites.ApplicationRecorderTestCase),
    (NonInterleaving, suites.NonInterleavingNotificationIDsBaseCase),
    (Trackers, suites.TrackingRecorderTestCase),
    (Processes, suites.TrackingRecorderTestCase),
    (Processes, suites.ProcessRecorderTestCase),
)


def on_every_store():
    """A test class for each suite, kind of database and type of originator id."""
    for (ours, suite), place, ids in product(RECORDER_SUITES, (OnFile, InMemory), ("uuid", "text")):
        name = f"Test{ours.__name__}{suite.__name__}{place.__name__}{ids.title()}"
        yield name, type(name, (ours, place, suite), {"ids": ids, "__module__": __name__})


globals().update(on_every_store())


# --- the suites of factories, applications and projections ------------------------------


class SomeTrackingRecorder(SQLiteTrackingRecorder):
    """A subclass that a factory is told to make."""


class TestFactory(OnFile, suites.InfrastructureFactoryTestCase):
    def setUp(self):
        self.env = Environment("TestCase")
        self.env[InfrastructureFactory.PERSISTENCE_MODULE] = get_topic(Factory)
        self.env[Factory.SQLITE_DBNAME] = self.database()
        super().setUp()

    def expected_factory_class(self):
        return Factory

    def expected_aggregate_recorder_class(self):
        return SQLiteAggregateRecorder

    def expected_application_recorder_class(self):
        return LedgerRecorder

    def expected_tracking_recorder_class(self):
        return SQLiteTrackingRecorder

    def tracking_recorder_subclass(self):
        return SomeTrackingRecorder

    def expected_process_recorder_class(self):
        return LedgerProcessRecorder

    def test_datastore(self):
        assert type(self.factory.datastore) is LedgerDatastore

    def test_the_name_of_the_module_is_enough(self):
        self.env[InfrastructureFactory.PERSISTENCE_MODULE] = Factory.__module__
        with InfrastructureFactory.construct(self.env) as factory:
            assert type(factory) is Factory


class InEnvironment:
    """Points applications that are configured by environment to our factory."""

    def setUp(self):
        super().setUp()
        variables = {
            "PERSISTENCE_MODULE": get_topic(Factory),
            "SQLITE_DBNAME": self.database(),
            "COUNTERS_SQLITE_DBNAME": self.database(),
        }
        self.enterContext(patch.dict(os.environ, variables))


class TestExampleOnFile(InEnvironment, OnFile, application_suites.ExampleApplicationTestCase):
    expected_factory_topic = get_topic(Factory)


class TestExampleInMemory(InEnvironment, InMemory, application_suites.ExampleApplicationTestCase):
    expected_factory_topic = get_topic(Factory)


@pytest.mark.filterwarnings("default::DeprecationWarning")  # one of them tests a deprecation
class TestApplication(InEnvironment, InMemory, application_suites.ApplicationTestCase):
    """All that applications promise, on our factory."""


class CountersView(SQLiteTrackingRecorder, projection_suites.EventCountersView):
    """The view of the projection suite, in tables of a database of ours."""

    def construct_create_table_statements(self):
        return [
            *super().construct_create_table_statements(),
            "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, count INTEGER)",
        ]

    def _get(self, name):
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT count FROM counters WHERE name = ?", [name])
            row = cursor.fetchone()
            return row["count"] if row else 0

    def _increment(self, name, tracking):
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO counters VALUES (?, 1) "
                "ON CONFLICT (name) DO UPDATE SET count = count + 1",
                [name],
            )

    def get_created_event_counter(self):
        return self._get("created")

    def get_subsequent_event_counter(self):
        return self._get("subsequent")

    def incr_created_event_counter(self, tracking):
        self._increment("created", tracking)

    def incr_subsequent_event_counter(self, tracking):
        self._increment("subsequent", tracking)


class TestCountersView(Recorders, OnFile, projection_suites.EventCountersViewTestCase):
    recorder = CountersView

    def construct_event_counters_view(self):
        return self.create_recorder()


class TestProjection(
    InEnvironment, OnFile, projection_suites.AggregateEventCountersProjectionTestCase
):
    view_class = CountersView


class TestEventSourcedProjection(
    InEnvironment, OnFile, projection_suites.EventSourcedProjectionTestCase
):
    """A projection that is itself event-sourced, on our process recorder."""


# --- eventsourcing's tools on a ledger --------------------------------------------------

MOTIONS = (
    MeetingConvened("spring", title="Spring assembly", on="2024-04-01"),
    MotionSubmitted("bins", title="Bigger bins", meeting="spring", on="2024-04-01"),
    MotionSubmitted("lamps", title="Fewer lamps", meeting="spring", on="2024-04-01"),
    MotionAdopted("bins", meeting="spring", on="2024-04-01"),
)

WRITER = """
import sys
from govledger import Ledger, MotionAdopted
with Ledger.open(sys.argv[1], create=False) as ledger:
    for line in sys.stdin:
        ledger.record(MotionAdopted(line.strip(), on="2024-04-02"))
"""


class LedgerApplication(Application[str]):
    """An eventsourcing application that reads a ledger."""

    name = "ledger"
    env = {
        "PERSISTENCE_MODULE": get_topic(Factory),
        "ORIGINATOR_ID_TYPE": "text",
        "MAPPER_TOPIC": get_topic(LedgerMapper),
    }


@pytest.fixture
def path(tmp_path):
    """A file that a ledger has written five records to."""
    with Ledger.open(tmp_path / "ledger.db", name="spring") as ledger:
        ledger.record(*MOTIONS)
    return tmp_path / "ledger.db"


@pytest.fixture
def application(path):
    with LedgerApplication({"SQLITE_DBNAME": f"file:{path}"}) as application:
        yield application


def mapper():
    transcoder = JSONTranscoder()
    transcoder.register(DatetimeAsISO())
    return LedgerMapper(transcoder)


def written_by_ledger(path):
    with Ledger.open(path, create=False) as ledger:
        return list(ledger.log())


def soon(subscription):
    """The next of a subscription; it is stopped, and the test fails, where none comes."""
    alarm = threading.Timer(10, subscription.stop)
    alarm.start()
    try:
        return next(subscription)
    finally:
        alarm.cancel()
        alarm.join()


def test_a_recorder_and_the_mapper_read_the_records_of_a_ledger(path):
    records = written_by_ledger(path)
    datastore = LedgerDatastore(f"file:{path}")
    recorder = LedgerRecorder(datastore)
    notifications = recorder.select_notifications(start=1, limit=10)
    assert [n.id for n in notifications] == [1, 2, 3, 4, 5] == [r.position for r in records]
    assert [mapper().to_domain_event(n) for n in notifications] == records
    assert all(isinstance(mapper().to_domain_event(n), Record) for n in notifications)
    assert recorder.max_notification_id() == 5
    datastore.close()


def test_the_mapper_gives_back_the_very_bytes_that_are_stored(path):
    datastore = LedgerDatastore(f"file:{path}")
    for n in LedgerRecorder(datastore).select_notifications(start=None, limit=10):
        again = mapper().to_stored_event(mapper().to_domain_event(n))
        assert again == StoredEvent(n.originator_id, n.originator_version, n.topic, n.state)
    datastore.close()


def test_an_event_store_gives_the_records_of_one_subject(path):
    records = written_by_ledger(path)
    datastore = LedgerDatastore(f"file:{path}")
    events = EventStore(mapper(), LedgerRecorder(datastore))
    assert list(events.get("motion/bins")) == [records[2], records[4]]
    assert list(events.get("motion/bins", gt=1)) == [records[4]]
    assert list(events.get("motion/bins", desc=True, limit=1)) == [records[4]]
    assert list(events.get("motion/none")) == []
    datastore.close()


def test_an_application_pages_through_the_notification_log(path, application):
    records = written_by_ledger(path)
    assert isinstance(application.mapper, LedgerMapper)
    sections = [application.notification_log["1,2"]]
    while sections[-1].next_id:
        sections.append(application.notification_log[sections[-1].next_id])
    assert [section.id for section in sections] == ["1,2", "3,4", "5,5"]
    items = [item for section in sections for item in section.items]
    assert [application.mapper.to_domain_event(item) for item in items] == records


def test_an_application_leaves_the_ledger_as_it_was(path):
    before = path.read_bytes()
    with LedgerApplication({"SQLITE_DBNAME": f"file:{path}"}) as application:
        assert application.recorder.max_notification_id() == 5
    assert path.read_bytes() == before
    with Ledger.open(path) as ledger:
        assert ledger.verify()


def test_a_subscription_sees_records_committed_by_another_process(path, application):
    topics = [*stored_types(MotionSubmitted), *stored_types(MotionAdopted)]
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdin=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with writer, ApplicationSubscription(application, gt=2, topics=topics) as subscription:
        seen = [soon(subscription) for _ in range(3)]
        assert [tracking.notification_id for _, tracking in seen] == [3, 4, 5]
        writer.stdin.write("lamps\n")
        writer.stdin.close()
        record, tracking = soon(subscription)
    assert writer.returncode == 0
    assert (record.position, record.subject, record.type) == (6, "motion/lamps", "motion.adopted")
    assert tracking == Tracking("ledger", 6)


def test_a_subscription_sees_what_a_ledger_of_this_process_records(path, application):
    with Ledger.open(path) as ledger, ApplicationSubscription(application, gt=5) as subscription:
        for n in range(5):
            ledger.record(MotionSubmitted(f"late-{n}", title="Late", on="2024-05-01"))
            record, _ = soon(subscription)
            assert (record.position, record.subject) == (6 + n, f"motion/late-{n}")


class TitlesView(SQLiteTrackingRecorder):
    """Titles by motion, beside the position up to which they were read."""

    def construct_create_table_statements(self):
        return [
            *super().construct_create_table_statements(),
            "CREATE TABLE IF NOT EXISTS titles (motion TEXT PRIMARY KEY, title TEXT)",
        ]

    def keep(self, motion, title, tracking):
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute("INSERT INTO titles VALUES (?, ?)", [motion, title])

    def titles(self):
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT motion, title FROM titles")
            return {row["motion"]: row["title"] for row in cursor.fetchall()}


class Titles(Projection[TrackingRecorder]):
    name = "titles"
    topics = stored_types(MotionSubmitted)

    def process_event(self, record, tracking):
        self.view.keep(record.subject, record.event.title, tracking)


def test_a_projection_runner_follows_a_ledger(path, tmp_path):
    env = {
        **LedgerApplication.env,
        "LEDGER_SQLITE_DBNAME": f"file:{path}",
        "TITLES_SQLITE_DBNAME": f"file:{tmp_path}/titles.db",
    }
    with ProjectionRunner(
        application_class=LedgerApplication, projection_class=Titles, view_class=TitlesView, env=env
    ) as runner:
        runner.wait(4, timeout=5)
        assert runner.projection.view.titles() == {
            "motion/bins": "Bigger bins",
            "motion/lamps": "Fewer lamps",
        }
        with Ledger.open(path) as ledger:
            late = ledger.record(MotionSubmitted("late", title="Late", on="2024-05-01"))
        runner.wait(late[0].position, timeout=5)
        assert runner.projection.view.titles()["motion/late"] == "Late"
    with Ledger.open(path) as ledger:
        assert ledger.verify()
