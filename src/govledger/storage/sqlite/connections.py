"""Connections to a ledger file: durable, with immediate write transactions.

Here: the pool, and eventsourcing's datastore on top of it. Not here: any table.

Hazard met: eventsourcing's SQLite transactions begin deferred, so two writers can read the
same head. Ours begin IMMEDIATE where they will write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic, sleep
from typing import Any

from eventsourcing.persistence import (
    ConnectionPoolClosedError,
    ConnectionUnavailableError,
    InterfaceError,
    OperationalError,
)
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTransaction,
)

CACHE = 32_768
"""KiB of pages that a connection may keep in memory."""

LOCK_TIMEOUT = 30
"""Seconds to wait for another process that is writing."""


PAUSES = (0.0005, 0.004)
"""Seconds between two looks whether somebody else still writes: at first, and later on."""


class _Transaction(SQLiteTransaction):
    """Begins IMMEDIATE where it will write: the head it reads cannot move under it."""

    connection: _Connection

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        try:
            if self.commit:
                self.connection.begin_immediate()
            else:
                cursor.execute("BEGIN")
        except sqlite3.Error as error:
            raise OperationalError(error) from error
        return cursor


class _Connection(SQLiteConnection):
    def __init__(self, raw: sqlite3.Connection, max_age: float | None, patience: float) -> None:
        super().__init__(raw, max_age)
        self._raw = raw
        self._patience = patience

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        with _Transaction(self, commit=commit) as cursor, cursor:
            yield cursor

    def begin_immediate(self) -> None:
        """Begin to write, as soon as nobody else does.

        SQLite itself looks again after a tenth of a second at last. A write takes one or two
        thousandths, so where several processes write, nobody would for most of the time.
        """
        deadline = monotonic() + self._patience
        pause, longest = PAUSES
        self._raw.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    self._raw.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    if not _is_busy(error) or monotonic() > deadline:
                        raise
                    sleep(pause)
                    pause = min(pause * 1.2, longest)
                else:
                    return
        finally:
            self._raw.execute(f"PRAGMA busy_timeout = {int(self._patience * 1_000)}")


def _is_busy(error: sqlite3.Error) -> bool:
    return error.sqlite_errorname.startswith("SQLITE_BUSY")


class _Pool(SQLiteConnectionPool):
    """Lets writers wait for each other without holding up readers, and closes in peace.

    The stock pool queues readers behind a waiting writer, keeps its writer's lock when a
    connection cannot be made, closes connections that other threads are using, and keeps
    one prepared statement a connection (its `cached_statements=True` counts as 1).
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._writers = Lock()
        self._shut = False

    def _create_connection(self) -> SQLiteConnection:
        patience = self.lock_timeout or LOCK_TIMEOUT
        try:
            raw = sqlite3.connect(
                self.db_name,
                uri=True,
                check_same_thread=False,
                isolation_level=None,
                timeout=patience,
            )
        except (sqlite3.Error, TypeError) as error:
            raise InterfaceError(error) from error
        raw.row_factory = sqlite3.Row
        if not (self.is_sqlite_memory_mode or self.is_journal_mode_wal):
            (mode,) = raw.execute("PRAGMA journal_mode").fetchone()
            if mode.lower() != "wal":
                raw.execute("PRAGMA journal_mode = WAL")
                self.journal_mode_was_changed_to_wal = True
            self.is_journal_mode_wal = True
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA trusted_schema = OFF")
        raw.execute("PRAGMA secure_delete = ON")
        raw.execute(f"PRAGMA cache_size = -{CACHE}")
        return _Connection(raw, self.max_age, patience)

    def get_connection(
        self, timeout: float | None = None, *, is_writer: bool | None = None
    ) -> SQLiteConnection:
        if self._shut:
            raise ConnectionPoolClosedError
        if not is_writer or self._mutually_exclusive_read_write:
            return super().get_connection(timeout, is_writer=is_writer)
        if not self._writers.acquire(timeout=self.pool_timeout if timeout is None else timeout):
            raise ConnectionUnavailableError
        try:
            return super().get_connection(timeout, is_writer=True)
        except BaseException:
            if self._num_writers:
                self._num_writers -= 1
                self._writer_lock.release()
            self._writers.release()
            raise

    def put_connection(self, conn: SQLiteConnection) -> None:
        wrote = conn.is_writer and not self._mutually_exclusive_read_write
        try:
            super().put_connection(conn)
        finally:
            if wrote:
                self._writers.release()

    def close(self) -> None:
        """Close all connections, those in use once they are given back."""
        with self._put_condition:
            self._shut = True
            self._put_condition.wait_for(lambda: not self._in_use, timeout=self.pool_timeout)
        super().close()


class LedgerDatastore(SQLiteDatastore):
    """eventsourcing's datastore with durable connections and immediate transactions."""

    def __init__(self, db_name: str, *, originator_id_type: Any = "text", **options: Any) -> None:
        patience = options.get("lock_timeout") or LOCK_TIMEOUT
        options = {"pool_timeout": patience + 5, **options, "lock_timeout": patience}
        super().__init__(db_name, originator_id_type=originator_id_type, **options)
        of_the_pool = {name: value for name, value in options.items() if name in _OF_THE_POOL}
        self.pool = _Pool(db_name=db_name, **of_the_pool)


_OF_THE_POOL = frozenset(
    {"lock_timeout", "pool_size", "max_overflow", "pool_timeout", "max_age", "pre_ping"}
)
