"""The recorder: eventsourcing's contract on the tables of a schema.

Here: the recorders and the factory that eventsourcing's environment names. Not here: the
store that `Ledger` speaks to, or any derived row.

Hazards met: eventsourcing's PostgreSQL positions come from a sequence, which leaves gaps, and
its channel is named after the table, so that all ledgers of a database would wake each other.
An insert of some thousand events hangs in its pipeline; ours goes by `BATCH` events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from zlib import crc32

import psycopg
from eventsourcing import postgres as stock  # a second factory by name would hide ours
from eventsourcing.persistence import (
    ApplicationRecorder,
    InterfaceError,
    Notification,
    OperationalError,
    ProcessRecorder,
    ProgrammingError,
    StoredEvent,
    Subscription,
)
from eventsourcing.postgres import (
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresSubscription,
    PostgresTrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType, resolve_topic, retry, strtobool
from psycopg.rows import DictRow
from psycopg.sql import SQL, Composed, Identifier

from govledger.storage.postgres.connections import LedgerDatastore, locking
from govledger.storage.postgres.layout import marking, of_the_log, of_what_is_derived
from govledger.storage.subscription import LookingSubscription
from govledger.values import batches

BATCH = 1_000
"""Events that are written by one statement."""


class LedgerRecorder(PostgresApplicationRecorder):
    """An application recorder whose notification ids are explicit, dense positions."""

    datastore: LedgerDatastore

    def __init__(self, datastore: PostgresDatastore, *, events_table_name: str = "records") -> None:
        if not isinstance(datastore, LedgerDatastore):
            raise ProgrammingError("a LedgerRecorder needs a LedgerDatastore")
        super().__init__(datastore, events_table_name=events_table_name)
        schema = datastore.schema
        self.sql_create_statements = [
            statement
            for statement in self.sql_create_statements
            if not any(name in statement.as_string() for name in self._stock_names())
        ]
        self._table = SQL("{}.{}").format(Identifier(schema), Identifier(events_table_name))
        self.max_notification_id_statement = self._asking("SELECT max(position) FROM {}")
        self._insert_one = self._asking("INSERT INTO {} VALUES (%b, %b, %b, %b, %b)")
        self.insert_events_statement = self._asking(
            "INSERT INTO {} SELECT * FROM unnest(%b::bigint[], %b::"
            f"{datastore.originator_id_type}[], %b::bigint[], %b::text[], %b::bytea[])"
        )
        self.lock_table_statements = [cast("Any", locking(schema))]
        self.channel_name = channel_of(schema, events_table_name)

    def _stock_names(self) -> Sequence[str]:
        """What the tables, types and functions are called that ours take the place of."""
        return (
            f'"{self.events_table_name}"',
            f'"{self.stored_event_type_name}"',
        )

    def _asking(self, statement: str) -> Composed:
        return SQL(cast("Any", statement)).format(self._table)

    def _create_table(self, curs: psycopg.Cursor[DictRow]) -> None:
        """Make a ledger's tables in the schema, unless they are there: then nothing is touched."""
        schema, log = self.datastore.schema, self.events_table_name
        curs.execute(cast("Any", locking(schema)))
        curs.execute("SELECT to_regclass(%s) IS NULL AS missing", [f"{schema}.{log}"])
        if cast("DictRow", curs.fetchone())["missing"]:
            for statement in (
                *of_the_log(schema, log, self.datastore.originator_id_type),
                *of_what_is_derived(schema),
                marking(schema, log),
            ):
                curs.execute(cast("Any", statement))
        super()._create_table(curs)

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Write events in one transaction; gives their positions."""
        with self.datastore.writing() as connection, connection.cursor() as cursor:
            self._insert_events(cursor, stored_events, **kwargs)
            return self.put(cursor, stored_events)

    def put(
        self, cursor: psycopg.Cursor[Any], events: Sequence[StoredEvent], first: int | None = None
    ) -> list[int]:
        """Write events in a transaction that holds the lock; gives their positions."""
        if not events:
            return []
        if first is None:
            cursor.execute(self.max_notification_id_statement)
            first = (cast("DictRow", cursor.fetchone())["max"] or 0) + 1
        positions = list(range(first, first + len(events)))
        for some in batches(zip(positions, events, strict=True), BATCH):
            rows = [
                (position, e.originator_id, e.originator_version, e.topic, e.state)
                for position, e in some
            ]
            if len(rows) == 1:
                cursor.execute(self._insert_one, rows[0])
            else:
                columns = [list(column) for column in zip(*rows, strict=True)]
                cursor.execute(self.insert_events_statement, columns)
        self._notify_channel(cursor)
        return positions

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The events from position `start` to `stop`, at most `limit`, of these types."""
        conditions, values = [SQL("true")], list[Any]()
        if start is not None:
            conditions.append(SQL("position >= %s" if inclusive_of_start else "position > %s"))
            values.append(start)
        if stop is not None:
            conditions.append(SQL("position <= %s"))
            values.append(stop)
        if topics:
            conditions.append(SQL("topic = ANY(%s)"))
            values.append(list(topics))
        statement = SQL("SELECT * FROM {} WHERE {} ORDER BY position LIMIT %s").format(
            self._table, SQL(" AND ").join(conditions)
        )
        with (
            self.datastore.get_connection() as connection,
            connection.cursor(binary=True) as cursor,
        ):
            cursor.execute(statement, (*values, limit), prepare=True)
            return [
                Notification(
                    id=row["position"],
                    originator_id=row["originator_id"],
                    originator_version=row["originator_version"],
                    topic=row["topic"],
                    state=row["state"],
                )
                for row in cursor.fetchall()
            ]

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[Any]:
        """Events as they are committed, by this process or another, in order."""
        return _Subscription(self, gt, topics)


class _Subscription(LookingSubscription[Any], PostgresSubscription):
    """Woken by writers, from when it listens; what they wrote just before is found by looking."""


class LedgerProcessRecorder(PostgresTrackingRecorder, LedgerRecorder, ProcessRecorder):
    """The recorder with eventsourcing's tracking of processed positions beside it."""

    def __init__(
        self,
        datastore: PostgresDatastore,
        *,
        events_table_name: str = "records",
        tracking_table_name: str = "notification_tracking",
    ) -> None:
        super().__init__(
            datastore,
            tracking_table_name=tracking_table_name,
            events_table_name=events_table_name,
        )

    def _insert_events(
        self, curs: psycopg.Cursor[DictRow], stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> None:
        tracking = kwargs.get("tracking")
        if tracking is not None:
            self._insert_tracking(curs, tracking)
        super()._insert_events(curs, stored_events, **kwargs)


class Factory(stock.PostgresFactory):
    """For eventsourcing's environment: `PERSISTENCE_MODULE=govledger.storage.postgres`.

    One schema (`POSTGRES_SCHEMA`) holds one ledger.
    """

    application_recorder_class = LedgerRecorder
    process_recorder_class = LedgerProcessRecorder  # type: ignore[assignment] # a sibling

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        if strtobool(self.env.get(self.POSTGRES_ENABLE_DB_FUNCTIONS) or "no"):
            raise OSError(
                f"{self.POSTGRES_ENABLE_DB_FUNCTIONS} would write to a ledger without its lock"
            )
        given = self.datastore
        pool, told = given.pool, cast("dict[str, Any]", given.pool.kwargs)
        self.datastore = LedgerDatastore(
            **{key: told[key] for key in ("dbname", "host", "port", "user", "password")},
            schema=given.schema,
            connect_timeout=pool.timeout,
            idle_in_transaction_session_timeout=given.idle_in_transaction_session_timeout,
            pool_size=pool.min_size,
            max_overflow=pool.max_size - pool.min_size,
            max_waiting=pool.max_waiting,
            conn_max_age=pool.max_lifetime,
            pre_ping=given.pre_ping,
            lock_timeout=given.lock_timeout,
            get_password_func=pool.get_password_func,
            single_row_tracking=given.single_row_tracking,
            originator_id_type=given.originator_id_type,
        )
        given.close()

    def application_recorder(self) -> ApplicationRecorder:
        topic, ours = self.APPLICATION_RECORDER_TOPIC, self.application_recorder_class
        return cast("ApplicationRecorder", self._made(topic, ours))

    def process_recorder(self) -> ProcessRecorder:
        topic, ours = self.PROCESS_RECORDER_TOPIC, self.process_recorder_class
        return cast("ProcessRecorder", self._made(topic, ours))

    def _made(self, topic: str, unless_named: Any) -> Any:
        """A recorder of the one log of the schema; the stock factory names logs by application."""
        named = self.env.get(topic)
        recorder = (resolve_topic(named) if named else unless_named)(self.datastore)
        if self.env_create_table():
            recorder.create_table()
        return recorder


def channel_of(schema: str, table: str) -> str:
    """The name of the channel on which writers of a table wake those who follow it."""
    name = schema if table == "records" else f"{schema}.{table}"
    return name if len(name) < _LONGEST else f"{name[: _LONGEST - 9]}_{crc32(name.encode()):08x}"


_LONGEST = 63
"""Bytes that the name of a channel has at most."""
