"""eventsourcing's own conformance suites on a real PostgreSQL server, run against our recorders
and our factory; and its event store, notification log, subscriptions and projections on a schema
that a `Ledger` wrote."""

import os
import subprocess
import sys
from contextlib import contextmanager
from itertools import count, product
from unittest.mock import patch
from uuid import uuid4

import pytest
from eventsourcing.application import Application
from eventsourcing.persistence import (
    EventStore,
    InfrastructureFactory,
    ProgrammingError,
    StoredEvent,
    Tracking,
    TrackingRecorder,
)
from eventsourcing.postgres import (
    PostgresAggregateRecorder,
    PostgresDatastore,
    PostgresTrackingRecorder,
)
from eventsourcing.projection import ApplicationSubscription, Projection, ProjectionRunner
from eventsourcing.tests import application as application_suites
from eventsourcing.tests import persistence as suites
from eventsourcing.tests import projection as projection_suites
from eventsourcing.utils import Environment, get_topic
from psycopg.sql import SQL, Identifier
from test_conformance import MOTIONS, WRITER, mapper, soon, wait_for_threads

from govledger import Ledger, MotionAdopted, MotionSubmitted
from govledger.codec import stored_types
from govledger.storage.mapping import LedgerMapper
from govledger.storage.postgres import (
    Factory,
    LedgerDatastore,
    LedgerProcessRecorder,
    LedgerRecorder,
    address,
)

numbers = count(1)


class OnServer:
    """Gives a suite an empty schema of a server."""

    @pytest.fixture(autouse=True)
    def _on(self, server):
        self.server = server

    def schema(self):
        name = f"conformance_{next(numbers)}"
        with self.server.connect() as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return name

    def fields(self):
        told = self.server.fields()
        return {key.removeprefix("POSTGRES_").lower(): value for key, value in told.items()}


# --- the suites of recorders ------------------------------------------------------------


class Recorders(OnServer):
    """Makes the recorder of a suite, with originator ids of the type `ids`."""

    ids = "text"

    def create_recorder(self):
        datastore = LedgerDatastore(
            **self.fields(), schema=self.schema(), originator_id_type=self.ids, pool_size=2
        )
        self.addCleanup(datastore.close)
        self.addCleanup(wait_for_threads)  # the suites leave their readers running
        recorder = self.recorder(datastore)
        recorder.create_table()
        return recorder

    def new_originator_id(self):
        return uuid4() if self.ids == "uuid" else f"motion/{uuid4()}"


class Snapshots(Recorders):
    """Our factory leaves aggregate recorders (snapshots) to the stock class."""

    recorder = PostgresAggregateRecorder


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
    recorder = PostgresTrackingRecorder


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


def with_all_ids():
    """A test class for each suite and type of originator id."""
    for (ours, suite), ids in product(RECORDER_SUITES, ("uuid", "text")):
        name = f"Test{ours.__name__}{suite.__name__}{ids.title()}"
        yield name, type(name, (ours, suite), {"ids": ids, "__module__": __name__})


globals().update(with_all_ids())


# --- the suites of factories, applications and projections ------------------------------


class SomeTrackingRecorder(PostgresTrackingRecorder):
    """A subclass that a factory is told to make."""


class TestFactory(OnServer, suites.InfrastructureFactoryTestCase):
    def setUp(self):
        self.env = Environment("TestCase")
        self.env[InfrastructureFactory.PERSISTENCE_MODULE] = get_topic(Factory)
        self.env.update(self.server.fields(), POSTGRES_SCHEMA=self.schema())
        super().setUp()

    def expected_factory_class(self):
        return Factory

    def expected_aggregate_recorder_class(self):
        return PostgresAggregateRecorder

    def expected_application_recorder_class(self):
        return LedgerRecorder

    def expected_tracking_recorder_class(self):
        return PostgresTrackingRecorder

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

    def test_functions_of_the_database_are_refused(self):
        self.env[Factory.POSTGRES_ENABLE_DB_FUNCTIONS] = "y"
        with pytest.raises(OSError, match="without its lock"):
            InfrastructureFactory.construct(self.env)
        with pytest.raises(ProgrammingError, match="without its lock"):
            LedgerDatastore(**self.fields(), enable_db_functions=True)

    def test_the_stock_datastore_is_refused(self):
        with PostgresDatastore(**self.fields()) as stock, pytest.raises(ProgrammingError):
            LedgerRecorder(stock)


class InEnvironment(OnServer):
    """Points applications that are configured by environment to our factory."""

    def setUp(self):
        super().setUp()
        variables = {
            **self.server.fields(),
            "PERSISTENCE_MODULE": get_topic(Factory),
            "POSTGRES_SCHEMA": self.schema(),
            "COUNTERS_POSTGRES_SCHEMA": self.schema(),
            "EVENTCOUNTERS_POSTGRES_SCHEMA": self.schema(),
        }
        self.enterContext(patch.dict(os.environ, variables))


class TestExample(InEnvironment, application_suites.ExampleApplicationTestCase):
    expected_factory_topic = get_topic(Factory)


@pytest.mark.filterwarnings("default::DeprecationWarning")  # one of them tests a deprecation
class TestApplication(InEnvironment, application_suites.ApplicationTestCase):
    """All that applications promise, on our factory."""


class CountersView(PostgresTrackingRecorder, projection_suites.EventCountersView):
    """The view of the projection suite, in tables of a schema of ours."""

    def __init__(self, datastore, **kwargs):
        super().__init__(datastore, **kwargs)
        self.counters = SQL("{}.{}").format(
            Identifier(datastore.schema), Identifier(f"{self.tracking_table_name}_counters")
        )
        self.sql_create_statements.append(
            SQL("CREATE TABLE IF NOT EXISTS {} (name text PRIMARY KEY, count bigint)").format(
                self.counters
            )
        )

    def _get(self, name):
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(
                SQL("SELECT count FROM {} WHERE name = %s").format(self.counters), [name]
            )
            row = cursor.fetchone()
            return row["count"] if row else 0

    def _increment(self, name, tracking):
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                SQL(
                    "INSERT INTO {} AS c VALUES (%s, 1)"
                    " ON CONFLICT (name) DO UPDATE SET count = c.count + 1"
                ).format(self.counters),
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


class TestCountersView(Recorders, projection_suites.EventCountersViewTestCase):
    recorder = CountersView

    def construct_event_counters_view(self):
        return self.create_recorder()


class TestProjection(InEnvironment, projection_suites.AggregateEventCountersProjectionTestCase):
    view_class = CountersView


class TestEventSourcedProjection(InEnvironment, projection_suites.EventSourcedProjectionTestCase):
    """A projection that is itself event-sourced, on our process recorder."""


# --- eventsourcing's tools on a ledger --------------------------------------------------


class LedgerApplication(Application[str]):
    """An eventsourcing application that reads a ledger."""

    name = "ledger"
    env = {
        "PERSISTENCE_MODULE": get_topic(Factory),
        "ORIGINATOR_ID_TYPE": "text",
        "MAPPER_TOPIC": get_topic(LedgerMapper),
    }


@pytest.fixture
def url(server):
    """A schema that a ledger has written five records to."""
    url = server.url()
    with Ledger.open(url, name="spring") as ledger:
        ledger.record(*MOTIONS)
    return url


@contextmanager
def recorder_of(url):
    there = address(url)
    datastore = LedgerDatastore(schema=there.schema, told=there.told)
    try:
        yield LedgerRecorder(datastore)
    finally:
        datastore.close()


@pytest.fixture
def application(server, url):
    with LedgerApplication(
        {**server.fields(), "POSTGRES_SCHEMA": address(url).schema}
    ) as application:
        yield application


def written_by_ledger(url):
    with Ledger.open(url, create=False) as ledger:
        return list(ledger.log())


def test_an_event_store_reads_the_records_of_a_ledger(url):
    records = written_by_ledger(url)
    with recorder_of(url) as recorder:
        notifications = recorder.select_notifications(start=1, limit=10)
        assert [n.id for n in notifications] == [1, 2, 3, 4, 5]
        assert [mapper().to_domain_event(n) for n in notifications] == records
        events = EventStore(mapper(), recorder)
        assert list(events.get("motion/bins")) == [records[2], records[4]]
        assert list(events.get("motion/bins", desc=True, limit=1)) == [records[4]]
        for n in notifications:
            again = mapper().to_stored_event(mapper().to_domain_event(n))
            assert again == StoredEvent(n.originator_id, n.originator_version, n.topic, n.state)


def test_an_application_pages_through_the_notification_log_and_changes_nothing(url, application):
    records = written_by_ledger(url)
    sections = [application.notification_log["1,2"]]
    while sections[-1].next_id:
        sections.append(application.notification_log[sections[-1].next_id])
    items = [item for section in sections for item in section.items]
    assert [application.mapper.to_domain_event(item) for item in items] == records
    with Ledger.open(url) as ledger:
        assert ledger.verify()


def test_a_subscription_sees_records_committed_by_another_process(url, application):
    topics = [*stored_types(MotionSubmitted), *stored_types(MotionAdopted)]
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, url],
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


def test_only_followers_of_the_ledger_are_woken(server, url):
    other = server.url()
    Ledger.open(other).close()
    woken = []
    with server.connect() as listening:
        for each in (url, other):
            listening.execute(f"LISTEN {address(each).schema}")
        with Ledger.open(url) as ledger:
            ledger.record(MotionSubmitted("late", title="Late", on="2024-05-01"))
        woken = [n.channel for n in listening.notifies(timeout=5, stop_after=1)]
    assert woken == [address(url).schema]


class TitlesView(PostgresTrackingRecorder):
    """Titles by motion, beside the position up to which they were read."""

    titles = None

    def keep(self, motion, title, tracking):
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            self.titles = {**(self.titles or {}), motion: title}


class Titles(Projection[TrackingRecorder]):
    name = "titles"
    topics = stored_types(MotionSubmitted)

    def process_event(self, record, tracking):
        self.view.keep(record.subject, record.event.title, tracking)


def test_a_projection_runner_follows_a_ledger(server, url):
    with server.connect() as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS titles")
    env = {
        **LedgerApplication.env,
        **server.fields(),
        "LEDGER_POSTGRES_SCHEMA": address(url).schema,
        "TITLES_POSTGRES_SCHEMA": "titles",
    }
    with ProjectionRunner(
        application_class=LedgerApplication, projection_class=Titles, view_class=TitlesView, env=env
    ) as runner:
        runner.wait(4, timeout=5)
        assert runner.projection.view.titles == {
            "motion/bins": "Bigger bins",
            "motion/lamps": "Fewer lamps",
        }
        with Ledger.open(url) as ledger:
            late = ledger.record(MotionSubmitted("late", title="Late", on="2024-05-01"))
        runner.wait(late[0].position, timeout=5)
        assert runner.projection.view.titles["motion/late"] == "Late"
