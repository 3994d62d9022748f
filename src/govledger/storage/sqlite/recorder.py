"""The recorder: eventsourcing's contract on the tables of a ledger.

Here: the recorders and the factory that eventsourcing's environment names. Not here: the
store that `Ledger` speaks to, or any derived row.

Hazard met: eventsourcing's SQLite positions are implicit row ids, reused after a tail
deletion. Ours are explicit, and checked by a trigger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any
from uuid import UUID

from eventsourcing import sqlite as stock  # a second factory by name would hide ours
from eventsourcing.persistence import (
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
)
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType

from govledger.storage.sqlite.connections import LedgerDatastore
from govledger.storage.sqlite.layout import DERIVED, DISCLOSURES, LOG, statements
from govledger.storage.sqlite.session import marks
from govledger.storage.subscription import LookingSubscription

LOOK = 0.05
"""Seconds between two looks for what other processes wrote; a look takes some 20 µs."""


class LedgerRecorder(SQLiteApplicationRecorder):
    """An application recorder whose notification ids are explicit, dense positions."""

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "records") -> None:
        super().__init__(datastore, events_table_name)
        self.insert_events_statement = f"INSERT INTO {events_table_name} VALUES (?,?,?,?,?)"
        self.select_max_notification_id_statement = f"SELECT max(position) FROM {events_table_name}"
        self._listeners: set[Event] = set()

    def construct_create_table_statements(self) -> list[str]:
        """The statements that lay out a ledger file."""
        return [
            *statements(LOG, self.events_table_name),
            *statements(DISCLOSURES),
            *statements(DERIVED),
        ]

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Write events in one transaction; gives their positions."""
        positions = super().insert_events(stored_events, **kwargs)
        self.tell()
        return positions

    def tell(self) -> None:
        """Wake those who follow the log in this process."""
        for listener in tuple(self._listeners):
            listener.set()

    @contextmanager
    def listening(self, woken: Event) -> Iterator[None]:
        """Set an event whenever somebody in this process has written, for as long as this lasts."""
        self._listeners.add(woken)
        try:
            yield
        finally:
            self._listeners.discard(woken)

    def _insert_events(
        self,
        c: SQLiteCursor,
        stored_events: Sequence[StoredEvent],
        *,
        first: int | None = None,
        **_: Any,
    ) -> Sequence[int] | None:
        first = (self._max_notification_id(c) or 0) + 1 if first is None else first
        positions = range(first, first + len(stored_events))
        c.executemany(
            self.insert_events_statement,
            [
                (position, _text_id(s.originator_id), s.originator_version, s.topic, s.state)
                for position, s in zip(positions, stored_events, strict=True)
            ],
        )
        return list(positions)

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
        conditions, values = ["1"], list[Any]()
        if start is not None:
            conditions.append("position >= ?" if inclusive_of_start else "position > ?")
            values.append(start)
        if stop is not None:
            conditions.append("position <= ?")
            values.append(stop)
        if topics:
            conditions.append(f"topic IN ({marks(topics)})")
            values.extend(topics)
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                f"SELECT * FROM {self.events_table_name} WHERE {' AND '.join(conditions)}"
                " ORDER BY position LIMIT ?",
                (*values, limit),
            )
            return [
                Notification(
                    id=row["position"],
                    originator_id=self.convert_originator_id(row["originator_id"]),
                    originator_version=row["originator_version"],
                    topic=row["topic"],
                    state=row["state"],
                )
                for row in c.fetchall()
            ]

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[Any]:
        """Events as they are committed, by this process or another, in order."""
        return _Subscription(self, gt, topics)


class _Subscription(LookingSubscription[LedgerRecorder]):
    """Woken by writers of this process."""

    INTERVAL = LOOK

    def _loop_on_pull(self) -> None:
        with self._recorder.listening(self._has_been_notified):
            super()._loop_on_pull()


class LedgerProcessRecorder(SQLiteTrackingRecorder, LedgerRecorder, ProcessRecorder):
    """The recorder with eventsourcing's tracking of processed positions beside it."""

    def __init__(self, datastore: SQLiteDatastore, *, events_table_name: str = "records") -> None:
        super().__init__(datastore, events_table_name=events_table_name)

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        tracking = kwargs.pop("tracking", None)
        positions = super()._insert_events(c, stored_events, **kwargs)
        if tracking is not None:
            self._insert_tracking(c, tracking)
        return positions


class Factory(stock.SQLiteFactory):
    """For eventsourcing's environment: `PERSISTENCE_MODULE=govledger.storage.sqlite`."""

    application_recorder_class = LedgerRecorder
    process_recorder_class = LedgerProcessRecorder  # type: ignore[assignment] # a sibling

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        given = self.datastore
        self.datastore = LedgerDatastore(
            given.pool.db_name,
            lock_timeout=given.pool.lock_timeout,
            single_row_tracking=given.single_row_tracking,
            originator_id_type=given.originator_id_type,
        )


def _text_id(originator_id: UUID | str) -> str:
    return originator_id.hex if isinstance(originator_id, UUID) else originator_id
