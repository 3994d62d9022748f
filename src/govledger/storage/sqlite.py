"""SQLite: the embedded store, in a file or in memory.

Here: the recorder (an eventsourcing recorder with explicit, gapless positions), the
connections it uses, the file format, and `SqliteStore`. Not here: any rule.

Hazards met: eventsourcing's SQLite positions are implicit row ids, reused after a tail
deletion, and its transactions begin deferred, so two writers can read the same head. Ours
are explicit and checked by a trigger, and a write begins IMMEDIATE.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Any, Self
from urllib.parse import quote
from uuid import UUID, uuid4

from attrs import astuple
from eventsourcing import sqlite as stock  # a second factory by name would hide ours
from eventsourcing.persistence import (
    ConnectionPoolClosedError,
    ConnectionUnavailableError,
    ListenNotifySubscription,
    Notification,
    OperationalError,
    PersistenceError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
)
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTrackingRecorder,
    SQLiteTransaction,
)
from eventsourcing.utils import Environment, EnvType

from govledger.audit import Check, Derived, Outcome
from govledger.codec import Entry
from govledger.errors import Problem, StorageError
from govledger.storage.mapping import stored_event

APPLICATION_ID = int.from_bytes(b"GovL")
"""Marks a SQLite file as a ledger (bytes 68 to 71 of the file)."""

FORMAT = 1
"""The version of the file format (SQLite's user_version, bytes 60 to 63)."""

LOCK_TIMEOUT = 30
"""Seconds to wait for another process that is writing."""

PAGE = 1_000
"""Entries read in one transaction, so that no reader holds up a writer for long."""

_VARIABLES = 500  # values in one IN list, well below every build's limit

_TABLES = """
CREATE TABLE IF NOT EXISTS {table} (
    position INTEGER PRIMARY KEY,
    originator_id TEXT NOT NULL,
    originator_version INTEGER NOT NULL,
    topic TEXT NOT NULL,
    state BLOB NOT NULL,
    UNIQUE (originator_id, originator_version)
);
CREATE TABLE IF NOT EXISTS keys (
    value TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (value, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links (
    value TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (value, position)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS {table}_are_never_changed BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'a ledger is append-only: records are never changed'); END;
CREATE TRIGGER IF NOT EXISTS {table}_are_never_deleted BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'a ledger is append-only: records are never deleted'); END;
CREATE TRIGGER IF NOT EXISTS {table}_have_no_gaps BEFORE INSERT ON {table}
WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM {table})
BEGIN SELECT RAISE(ABORT, 'a ledger has no gaps: the next position comes next'); END;
CREATE TRIGGER IF NOT EXISTS {table}_are_never_replaced BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE originator_id = NEW.originator_id
    AND originator_version = NEW.originator_version)
BEGIN SELECT RAISE(ABORT, 'a ledger is append-only: records are never replaced'); END
"""


def layout(table: str) -> list[str]:
    """The statements that make the tables and triggers of a ledger."""
    statements = _TABLES.format(table=table).split(";\nCREATE")
    return [s if s.lstrip().startswith("CREATE") else f"CREATE{s}" for s in statements]


# --- connections ------------------------------------------------------------------------


class _Transaction(SQLiteTransaction):
    """Begins IMMEDIATE where it will write: the head it reads cannot move under it."""

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        except sqlite3.Error as error:
            raise OperationalError(error) from error
        return cursor


class _Connection(SQLiteConnection):
    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        with _Transaction(self, commit=commit) as cursor, cursor:
            yield cursor


class _Pool(SQLiteConnectionPool):
    """Lets writers wait for each other without holding up readers, and closes in peace.

    The stock pool queues readers behind a waiting writer, keeps its writer's lock when a
    connection cannot be made, and closes connections that other threads are using.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._writers = Lock()
        self._shut = False

    def _create_connection(self) -> SQLiteConnection:
        raw = super()._create_connection()._sqlite_conn  # noqa: SLF001 - to wrap it anew
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA trusted_schema = OFF")
        return _Connection(sqlite_conn=raw, max_age=self.max_age)

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


# --- the recorder -----------------------------------------------------------------------


class LedgerRecorder(SQLiteApplicationRecorder):
    """An application recorder whose notification ids are explicit, dense positions.

    `insert_events(events, derived=rows)` writes derived rows in the same transaction.
    """

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "records") -> None:
        super().__init__(datastore, events_table_name)
        self.insert_events_statement = f"INSERT INTO {events_table_name} VALUES (?,?,?,?,?)"
        self.select_max_notification_id_statement = f"SELECT max(position) FROM {events_table_name}"
        self._listeners: set[_Subscription] = set()

    def construct_create_table_statements(self) -> list[str]:
        """The statements that lay out a ledger file."""
        return layout(self.events_table_name)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Write events in one transaction; gives their positions."""
        positions = super().insert_events(stored_events, **kwargs)
        for listener in tuple(self._listeners):
            listener.notify()
        return positions

    def _insert_events(
        self,
        c: SQLiteCursor,
        stored_events: Sequence[StoredEvent],
        *,
        derived: Sequence[Derived] = (),
        **_: Any,
    ) -> Sequence[int] | None:
        first = (self._max_notification_id(c) or 0) + 1
        positions = range(first, first + len(stored_events))
        c.executemany(
            self.insert_events_statement,
            [
                (position, _text_id(s.originator_id), s.originator_version, s.topic, s.state)
                for position, s in zip(positions, stored_events, strict=True)
            ],
        )
        for table in ("keys", "links"):
            rows = [(value, position) for position, name, value in derived if name == table]
            if rows:
                c.executemany(f"INSERT INTO {table} VALUES (?,?)", rows)
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
            conditions.append(f"topic IN ({_marks(topics)})")
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


class _Subscription(ListenNotifySubscription[LedgerRecorder]):
    """Woken by writers of this process; looks for those of others every now and then."""

    INTERVAL = 0.1

    def __init__(self, recorder: LedgerRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        recorder._listeners.add(self)  # noqa: SLF001 - the same module

    def notify(self) -> None:
        self._has_been_notified.set()

    def stop(self) -> None:
        super().stop()
        self._recorder._listeners.discard(self)  # noqa: SLF001 - the same module

    def _loop_on_pull(self) -> None:
        try:
            while not self._has_been_stopped:
                self._pull()
                self._has_been_notified.wait(self.INTERVAL)
        except BaseException as error:  # noqa: BLE001 - handed to the consuming thread
            self._thread_error = error
            self.stop()


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


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


# --- the store --------------------------------------------------------------------------


class SqliteStore:
    """A ledger in one SQLite file, or in memory."""

    def __init__(self, name: str, uri: str) -> None:
        self.name = name
        self._still: tuple[Path, int, int] | None = None
        self._datastore = LedgerDatastore(uri)
        self._recorder = LedgerRecorder(self._datastore)

    @classmethod
    def in_memory(cls, first: Entry) -> Self:
        """A store that holds a first entry, and lives as long as it is open."""
        store = cls("memory", f"file:govledger-{uuid4().hex}?mode=memory&cache=shared")
        with _explained(store.name), store._datastore.transaction(commit=True) as cursor:
            _lay_out(cursor.execute, first)
        return store

    @classmethod
    def create(cls, path: Path, first: Entry) -> Self:
        """A new file that holds a first entry; it comes into being whole, or not at all.

        Where somebody else makes one at the same time, theirs or this one is opened.
        """
        with _explained(str(path)):
            if path.exists():  # an empty file, to be filled in place
                _make(path, first)
                return cls.open(path)
            draft = path.with_name(f".govledger-{uuid4().hex}")
            try:
                _make(draft, first)
                _put_in_place(draft, path, first)
            finally:
                with suppress(OSError):
                    draft.unlink(missing_ok=True)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """The ledger in an existing file, which is touched only if it is one."""
        _identify(path)
        if not read_only:
            # Whoever cannot write here will be told so when it tries.
            with suppress(sqlite3.Error), closing(sqlite3.connect(_uri(path), uri=True)) as raw:
                _use_wal(raw)
        store = cls(str(path), _uri(path, "mode=ro" if read_only else ""))
        try:
            store.head()
        except StorageError as error:
            store.close()
            closed_off = error.problems[0].code in ("not-readable", "read-only")
            if not closed_off or path.with_name(path.name + "-wal").exists():
                raise
            # A directory that cannot be written to holds no shared memory. The file is read
            # as it is; should anybody write to it all the same, reading stops.
            store = cls(str(path), _uri(path, "immutable=1"))
            store._still = _state_of(path)
            store.head()
        return store

    @contextmanager
    def read(self) -> Iterator[_Access]:
        """One snapshot of the ledger, for as long as it is held."""
        with self._access(commit=False) as access:
            yield access

    @contextmanager
    def write(self) -> Iterator[_Access]:
        """Hold the write lock; all that is appended is written at the end, or nothing."""
        with self._access(commit=True) as access:
            yield access

    @contextmanager
    def _access(self, *, commit: bool) -> Iterator[_Access]:
        with (
            _explained(self.name),
            self._datastore.get_connection(commit=commit) as connection,
            connection.transaction(commit=commit) as cursor,
        ):
            yield _Access(connection, cursor, self._recorder)
            self._check_still()

    def _check_still(self) -> None:
        """Refuse what was read of a file that is taken not to change, and did."""
        if self._still is not None and _state_of(self._still[0]) != self._still:
            raise _fault(
                self.name,
                "changed",
                "somebody writes to this ledger, and its folder cannot be written to from here",
                "copy it first, or read it where it is written",
            )

    def head(self) -> int:
        """The position of the newest entry; 0 in an empty log."""
        self._check_still()
        with _explained(self.name):
            return self._recorder.max_notification_id() or 0

    def entries(self, after: int = 0, upto: int | None = None) -> Iterator[Entry]:
        """The entries with `after` < position <= `upto`, in log order, page by page."""
        upto = self.head() if upto is None else upto
        while after < upto:
            with _explained(self.name):
                page = self._recorder.select_notifications(
                    after, PAGE, upto, inclusive_of_start=False
                )
            self._check_still()
            if not page:
                return
            for n in page:
                yield Entry(n.id, str(n.originator_id), n.originator_version, n.topic, n.state)
            after = page[-1].id

    def close(self) -> None:
        """Let go of the file."""
        self._datastore.close()


class _Access:
    """Reads and appends on one connection, inside one transaction."""

    def __init__(
        self, connection: SQLiteConnection, cursor: SQLiteCursor, recorder: LedgerRecorder
    ) -> None:
        self._connection = connection
        self._cursor = cursor
        self._recorder = recorder
        self._table = recorder.events_table_name

    def last(self) -> Entry | None:
        found = self._select("ORDER BY position DESC LIMIT 1")
        return found[0] if found else None

    def about(self, subjects: Iterable[str]) -> list[Entry]:
        return self._in("WHERE originator_id IN ({})", subjects)

    def naming(self, subjects: Iterable[str]) -> set[str]:
        named = self._in(
            "WHERE position IN (SELECT position FROM links WHERE value IN ({}))", subjects
        )
        return {entry.subject for entry in named}

    def at(self, positions: Iterable[int]) -> list[Entry]:
        return self._in("WHERE position IN ({})", positions)

    def keyed(self, key: str) -> list[Entry]:
        return self._in("WHERE position IN (SELECT position FROM keys WHERE value = {})", [key])

    def everything(self) -> Iterator[Entry]:
        rows = self._stream(f"SELECT * FROM {self._table} ORDER BY position")
        return (Entry(*row) for row in rows)

    def derived(self) -> Iterator[Derived]:
        self._cursor.execute("SELECT name FROM sqlite_master WHERE name IN ('keys', 'links')")
        tables = [row["name"] for row in self._cursor.fetchall()]
        if not tables:
            return iter(())
        parts = (f"SELECT position, '{table}', value FROM {table}" for table in tables)
        rows = self._stream(f"{' UNION ALL '.join(parts)} ORDER BY 1, 2, 3")
        return (tuple(row) for row in rows)

    def checks(self) -> Iterator[Check]:
        self._cursor.execute("PRAGMA integrity_check(1)")
        found = str(self._cursor.fetchone()[0])
        yield Check(
            Outcome.OK if found == "ok" else Outcome.FAIL,
            "file",
            f"format {FORMAT}, sound" if found == "ok" else found.splitlines()[-1],
        )
        self._cursor.execute("SELECT type, sql FROM sqlite_master WHERE sql IS NOT NULL")
        found_there = self._cursor.fetchall()
        there = {row["sql"] for row in found_there}
        triggers = {row["sql"] for row in found_there if row["type"] == "trigger"}
        made = {
            statement.replace("IF NOT EXISTS ", "").strip()
            for statement in self._recorder.create_table_statements
        }
        wrong = sorted(
            sql.split("(")[0].splitlines()[0].strip() for sql in (made - there) | (triggers - made)
        )
        yield Check(
            Outcome.FAIL if wrong else Outcome.OK,
            "append-only",
            f"changed, added or gone: {wrong[0]}"
            if wrong
            else "triggers refuse change, deletion and gaps",
        )

    def append(self, entries: Sequence[Entry], derived: Sequence[Derived]) -> None:
        self._recorder._insert_events(  # noqa: SLF001 - its hook for one transaction
            self._cursor, [stored_event(entry) for entry in entries], derived=derived
        )

    def _in(self, where: str, values: Iterable[str | int]) -> list[Entry]:
        wanted = sorted(set(values))
        found: list[Entry] = []
        for start in range(0, len(wanted), _VARIABLES):
            some = wanted[start : start + _VARIABLES]
            found += self._select(where.format(_marks(some)), some)
        return sorted(found, key=lambda entry: entry.position)

    def _select(self, rest: str, values: Sequence[object] = ()) -> list[Entry]:
        self._cursor.execute(f"SELECT * FROM {self._table} {rest}", values)
        return [Entry(*row) for row in self._cursor.fetchall()]

    def _stream(self, statement: str) -> Iterator[Any]:
        """Rows a page at a time, on a cursor of their own in the same snapshot."""
        cursor = self._connection.cursor().sqlite_cursor
        cursor.execute(statement)
        while page := cursor.fetchmany(PAGE):
            yield from page


# --- files and their faults -------------------------------------------------------------


def _uri(path: Path, option: str = "") -> str:
    return f"file:{quote(os.fsencode(path.absolute()))}" + (f"?{option}" if option else "")


def _lay_out(execute: Callable[..., object], first: Entry) -> None:
    """Make the tables and triggers of a ledger, mark it as one, and write its first entry."""
    for statement in layout("records"):
        execute(statement)
    execute("INSERT INTO records VALUES (?,?,?,?,?)", astuple(first))
    execute(f"PRAGMA application_id = {APPLICATION_ID}")
    execute(f"PRAGMA user_version = {FORMAT}")


def _make(path: Path, first: Entry) -> None:
    """Lay out a ledger in a new or empty file, in one transaction, unless it is one already."""
    with closing(
        sqlite3.connect(_uri(path), uri=True, isolation_level=None, timeout=LOCK_TIMEOUT)
    ) as raw:
        raw.execute("BEGIN IMMEDIATE")
        (application,) = raw.execute("PRAGMA application_id").fetchone()
        if application != APPLICATION_ID:
            _lay_out(raw.execute, first)
        raw.execute("COMMIT")
        _use_wal(raw)


def _use_wal(raw: sqlite3.Connection) -> None:
    """Switch to a write-ahead log, which SQLite refuses while somebody else is at the file."""
    deadline = monotonic() + LOCK_TIMEOUT
    while True:
        try:
            raw.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or monotonic() > deadline:
                raise
            sleep(0.005)
        else:
            return


def _put_in_place(draft: Path, path: Path, first: Entry) -> None:
    """Give a finished file its name, without ever writing over another ledger."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return  # somebody else was first, and theirs is the ledger
    except OSError:  # a file system without hard links
        _make(path, first)
    with suppress(OSError):  # not every system lets a folder be synced
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _state_of(path: Path) -> tuple[Path, int, int]:
    found = path.stat()
    return path, found.st_size, found.st_mtime_ns


def _identify(path: Path) -> None:
    """Refuse whatever is not a ledger of this format, without touching it.

    It is read through SQLite: whoever closes a file by other means lets go of all locks
    that this process holds on it, those of other connections too (POSIX).
    """
    name = str(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise _fault(
            name,
            "no-ledger",
            "there is no ledger here",
            "`govledger init --name NAME` makes one, `govledger demo` an example",
        ) from None
    except (OSError, ValueError) as error:
        raise _fault(
            name, "not-readable", f"cannot be read: {error}", "check the path and rights"
        ) from error
    if not stat.S_ISREG(mode):
        raise _fault(name, "not-readable", "this is no file", "check the path")
    application, version, kind = 0, 0, "another file"
    # Half a transaction of a killed process is undone by whoever reads the file next.
    unfinished = path.with_name(path.name + "-journal").exists()
    look = _uri(path, "mode=rw" if unfinished else "immutable=1")
    with _explained(name), closing(sqlite3.connect(look, uri=True)) as raw:
        try:
            (application,) = raw.execute("PRAGMA application_id").fetchone()
            (version,) = raw.execute("PRAGMA user_version").fetchone()
            kind = "an SQLite database of something else"
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname != "SQLITE_NOTADB":
                raise
    if application != APPLICATION_ID:
        raise _fault(name, "not-a-ledger", f"this is not a ledger but {kind}", "check the path")
    if version > FORMAT:
        raise _fault(
            name,
            "newer-format",
            f"this ledger has format {version}, and this govledger reads up to {FORMAT}",
            "upgrade govledger; nothing was changed",
        )


_FAULTS = {
    "SQLITE_READONLY": ("read-only", "the ledger cannot be written", "check the file's rights"),
    "SQLITE_BUSY": ("busy", "somebody else is writing", "try again when that is done"),
    "SQLITE_FULL": ("disk-full", "the disk is full", "make room; nothing was recorded"),
    "SQLITE_CORRUPT": ("damaged", "the file is damaged", "restore it from a backup"),
    "SQLITE_NOTADB": ("damaged", "the file is damaged", "restore it from a backup"),
    "SQLITE_CANTOPEN": ("not-readable", "the file cannot be opened", "check path and rights"),
    "SQLITE_IOERR": ("disk-error", "the disk gave an error", "check the disk"),
}


_SIGNS_OF_DAMAGE = ("unsupported file format", "malformed", "no such table", "no such column")
"""What SQLite says of a damaged file without an error code of its own."""


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn faults of the database into errors that say what to do."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise _fault(name, *_FAULTS["SQLITE_CORRUPT"]) from error
    except ConnectionPoolClosedError as error:
        raise _fault(name, "closed", "the ledger is closed", "open it again") from error
    except ConnectionUnavailableError as error:
        raise _fault(name, *_FAULTS["SQLITE_BUSY"]) from error
    except (sqlite3.Error, PersistenceError) as error:
        cause = error if isinstance(error, sqlite3.Error) else error.__cause__
        symbol = getattr(cause, "sqlite_errorname", "")
        for prefix, (code, message, hint) in _FAULTS.items():
            if symbol.startswith(prefix):
                raise _fault(name, code, message, hint) from error
        if any(sign in str(error) for sign in _SIGNS_OF_DAMAGE):
            raise _fault(name, *_FAULTS["SQLITE_CORRUPT"]) from error
        told = f"{error} ({symbol})" if symbol else str(error)
        raise _fault(name, "storage", told, "this should not happen: see the cause") from error


def _fault(name: str, code: str, message: str, hint: str) -> StorageError:
    return StorageError(Problem(code=code, message=f"{name}: {message}", hint=hint))
