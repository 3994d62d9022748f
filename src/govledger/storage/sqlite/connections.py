"""Connections to a ledger file: durable, with immediate write transactions.

Here: the pool, and eventsourcing's datastore on top of it. Not here: any table.

Hazard met: eventsourcing's SQLite transactions begin deferred, so two writers can read the
same head. Ours begin IMMEDIATE where they will write.

Hazard of SQLite: in a forked process it believes that it holds the locks of its parent. What it
opens there of the same file is not safe from a parent that closes it, and loses records; what
it closes there may alter the parent's log. So both are refused, and nothing is closed.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from types import TracebackType
from typing import Any, ClassVar
from urllib.parse import unquote_to_bytes, urlsplit

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

from govledger.storage.forks import Forked, Home

CACHE = 32_768
"""KiB of pages that a connection may keep in memory."""

LOCK_TIMEOUT = 30
"""Seconds to wait for another process that is writing."""


PAUSES = (0.0005, 0.004)
"""Seconds between two looks whether somebody else still writes: at first, and later on."""


def _counter_of_references() -> Callable[[object], None]:
    count = ctypes.pythonapi.Py_IncRef
    count.argtypes, count.restype = [ctypes.py_object], None
    return count


class Database(sqlite3.Connection):
    """SQLite's connection, which no other process than its own uses or closes.

    Raises `Forked` where the parent of this process had a connection to that file at the fork.
    """

    _open: ClassVar[set[tuple[tuple[int, int], Home, int]]] = set()
    """The files that there are connections to: SQLite has such a list of locks, one a process."""

    def __init__(self, database: str, **options: Any) -> None:
        self._home = Home()
        self._entry = None
        held = _file_of(database)
        if any(file == held and not home.is_here() for file, home, _ in tuple(self._open)):
            raise Forked
        super().__init__(database, **options)
        file = held or _file_of(database)
        if file is not None:
            self._entry = file, self._home, id(self)
            self._open.add(self._entry)

    def close(self) -> None:
        """Close the connection, which is what its process does, and no other."""
        if self._home.is_here():
            super().close()
            self._open.discard(self._entry)

    def __del__(self, keep: Callable[[object], None] = _counter_of_references()) -> None:  # noqa: B008
        if self._home.is_here():
            self._open.discard(self._entry)
        else:
            keep(self)  # for ever: whatever collects a connection closes it


def connected(uri: str, **options: Any) -> Database:
    """A connection to a database that a URI names."""
    return sqlite3.connect(uri, uri=True, factory=Database, **options)


def _file_of(uri: str) -> tuple[int, int] | None:
    """Which file a URI means, under whatever name; None where there is none."""
    try:
        found = Path(os.fsdecode(unquote_to_bytes(urlsplit(uri).path))).stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


class _Transaction(SQLiteTransaction):
    """Begins IMMEDIATE where it will write: the head it reads cannot move under it."""

    connection: _Connection

    def __init__(self, connection: SQLiteConnection, *, commit: bool) -> None:
        super().__init__(connection, commit=commit)
        self._home = Home()

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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._home.check()
        super().__exit__(kind, error, traceback)


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
        self.home = Home()
        self._writers = Lock()
        self._shut = False

    def _create_connection(self) -> SQLiteConnection:
        patience = self.lock_timeout or LOCK_TIMEOUT
        try:
            raw = connected(
                self.db_name,
                check_same_thread=False,
                isolation_level=None,
                timeout=patience,
            )
        except (sqlite3.Error, TypeError) as error:
            raise InterfaceError(error) from error
        try:
            self._prepare(raw)
        except BaseException:
            raw.close()
            raise
        return _Connection(raw, self.max_age, patience)

    def _prepare(self, raw: sqlite3.Connection) -> None:
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

    def get_connection(
        self, timeout: float | None = None, *, is_writer: bool | None = None
    ) -> SQLiteConnection:
        self.home.check()
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
        self.home.check()
        wrote = conn.is_writer and not self._mutually_exclusive_read_write
        try:
            super().put_connection(conn)
        finally:
            if wrote:
                self._writers.release()

    def close(self) -> None:
        """Close all connections, those in use once they are given back."""
        if self.closed or not self.home.is_here():
            return  # whoever still had one then never gives it back
        with self._put_condition:
            self._shut = True
            # One that was asked for at the last moment is never given back.
            self._put_condition.wait_for(
                lambda: self._closed or not self._in_use, timeout=self.pool_timeout
            )
        super().close()


class LedgerDatastore(SQLiteDatastore):
    """eventsourcing's datastore with durable connections and immediate transactions."""

    def __init__(self, db_name: str, *, originator_id_type: Any = "text", **options: Any) -> None:
        patience = options.get("lock_timeout") or LOCK_TIMEOUT
        options = {"pool_timeout": patience + 5, **options, "lock_timeout": patience}
        super().__init__(db_name, originator_id_type=originator_id_type, **options)
        of_the_pool = {name: value for name, value in options.items() if name in _OF_THE_POOL}
        pool = _Pool(db_name=db_name, **of_the_pool)
        self.pool, self.home = pool, pool.home


_OF_THE_POOL = frozenset(
    {"lock_timeout", "pool_size", "max_overflow", "pool_timeout", "max_age", "pre_ping"}
)
