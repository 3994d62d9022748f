"""`SqliteStore`: a ledger in one SQLite file, or in memory.

Here: opening, making and recognising files, and one transaction at a time. Not here: any
rule, what the tables look like, or the faults of databases in words (`faults`).
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Self
from urllib.parse import quote
from uuid import uuid4

from eventsourcing.sqlite import SQLiteCursor

from govledger.audit import Check, Outcome
from govledger.codec import Entry
from govledger.errors import StorageError
from govledger.files import sync_folder
from govledger.storage import Wait
from govledger.storage.faults import OTHER_CALENDAR, fault
from govledger.storage.mapping import entry_of, stored_event
from govledger.storage.rederivation import Rederivation
from govledger.storage.sqlite.connections import LOCK_TIMEOUT, LedgerDatastore, connected
from govledger.storage.sqlite.faults import explained
from govledger.storage.sqlite.layout import (
    APPLICATION_ID,
    CURSORS,
    DERIVED,
    DISCLOSURES,
    LOG,
    statements,
)
from govledger.storage.sqlite.migration import migrate
from govledger.storage.sqlite.recorder import LOOK, LedgerRecorder
from govledger.storage.sqlite.session import SqliteSession
from govledger.storage.tables.access import Access, write_first
from govledger.storage.tables.columns import FORMAT
from govledger.storage.tables.cursors import Cursors
from govledger.storage.tables.log import PAGE, paged
from govledger.vocabulary import STANDARD, Vocabulary

PATIENCE = 2
"""Seconds to wait for readers before what was erased is left to whoever closes the file last."""

_HELD_UP = (
    "somebody is reading the ledger: bytes of what was erased stay until they are done and the"
    " same is erased once more, or the ledger is opened by any other command"
)


class SqliteStore:
    """A ledger in one SQLite file, or in memory."""

    def __init__(self, name: str, uri: str, vocabulary: Vocabulary = STANDARD) -> None:
        self.name = name
        self.vocabulary = vocabulary
        self._still: tuple[Path, int, int] | None = None
        self._datastore = LedgerDatastore(uri)
        self._recorder = LedgerRecorder(self._datastore)

    @classmethod
    def in_memory(cls, first: Entry, vocabulary: Vocabulary = STANDARD) -> Self:
        """A store that holds a first entry, and lives as long as it is open."""
        uri = f"file:govledger-{uuid4().hex}?mode=memory&cache=shared"
        store = cls("memory", uri, vocabulary)
        with explained(store.name), store._datastore.transaction(commit=True) as cursor:
            _lay_out(cursor.sqlite_cursor, first)
        return store

    @classmethod
    def create(cls, path: Path, first: Entry, vocabulary: Vocabulary = STANDARD) -> Self:
        """A new file that holds a first entry; it comes into being whole, or not at all.

        Where somebody else makes one at the same time, theirs or this one is opened.
        """
        with explained(str(path)):
            if path.exists():  # an empty file, to be filled in place
                _make(path, first)
                return cls.open(path, vocabulary)
            draft = path.with_name(f".govledger-{uuid4().hex}")
            try:
                _make(draft, first)
                _put_in_place(draft, path, first)
            finally:
                with suppress(OSError):
                    draft.unlink(missing_ok=True)
        return cls.open(path, vocabulary)

    @classmethod
    def open(
        cls, path: Path, vocabulary: Vocabulary = STANDARD, *, read_only: bool = False
    ) -> Self:
        """The ledger in an existing file, which is touched only if it is one.

        What is derived in it is brought up to date where it can be written to.
        """
        store = cls._opened(path, vocabulary, read_only=read_only)
        try:
            store._keep_up(read_only=read_only)  # noqa: SLF001 - its own
        except BaseException:
            store.close()
            raise
        return store

    def _keep_up(self, *, read_only: bool) -> None:
        """Derive all anew where the rules of the time zone have changed since."""
        with self.read() as access:
            if access.is_up_to_date():
                return
        if read_only or self._still is not None:
            raise fault(self.name, *OTHER_CALENDAR)
        with self.write() as access:
            access.rebuild()

    @classmethod
    def _opened(cls, path: Path, vocabulary: Vocabulary, *, read_only: bool) -> Self:
        version = _identify(path)
        if version < FORMAT:
            if read_only:
                raise _older(path, version)
            try:
                with explained(str(path)), closing(_plain(path)) as raw:
                    migrate(raw)
            except StorageError as error:
                if error.problems[0].code in ("read-only", "not-readable"):
                    raise _older(path, version) from error
                raise
        if not read_only:
            # Whoever cannot write here will be told so when it tries.
            with suppress(sqlite3.Error), closing(connected(_uri(path))) as raw:
                _use_wal(raw)
        store = cls(str(path), _uri(path, "mode=ro" if read_only else ""), vocabulary)
        try:
            store.head()
        except StorageError as error:
            store.close()
            closed_off = error.problems[0].code in ("not-readable", "read-only")
            if not closed_off or path.with_name(path.name + "-wal").exists():
                raise
            # A directory that cannot be written to holds no shared memory. The file is read
            # as it is; should anybody write to it all the same, reading stops.
            store = cls(str(path), _uri(path, "immutable=1"), vocabulary)
            store._still = _state_of(path)
            store.head()
        return store

    def read(self) -> AbstractContextManager[_Access]:
        """One snapshot of the ledger, for as long as it is held."""
        return self._access(commit=False)

    def write(self) -> AbstractContextManager[_Access]:
        """Hold the write lock; all that is appended is written at the end, or nothing."""
        return self._access(commit=True)

    @contextmanager
    def _access(self, *, commit: bool) -> Iterator[_Access]:
        with (
            explained(self.name),
            self._datastore.get_connection(commit=commit) as connection,
            connection.transaction(commit=commit) as cursor,
        ):
            access = _Access(cursor, self._recorder, self.vocabulary)
            with access.session.released():
                yield access
            self._check_still()
        if access.has_put:
            self._recorder.tell()

    def _check_still(self) -> None:
        """Refuse what was read of a file that is taken not to change, and did."""
        if self._still is not None and _state_of(self._still[0]) != self._still:
            raise fault(
                self.name,
                "changed",
                "somebody writes to this ledger, and its folder cannot be written to from here",
                "copy it first, or read it where it is written",
            )

    def head(self) -> int:
        """The position of the newest entry; 0 in an empty log."""
        self._check_still()
        with explained(self.name):
            return self._recorder.max_notification_id() or 0

    def entries(self, after: int = 0, upto: int | None = None) -> Iterator[Entry]:
        """The entries with `after` < position <= `upto`, in log order, page by page."""
        return paged(self._page, after, self.head() if upto is None else upto)

    def _page(self, after: int, upto: int) -> Sequence[Entry]:
        with explained(self.name):
            page = self._recorder.select_notifications(after, PAGE, upto, inclusive_of_start=False)
        self._check_still()
        return [entry_of(notification) for notification in page]

    def is_in(self, path: Path) -> bool:
        """Whether this is the ledger in a file, by whatever name."""
        try:
            return not self._datastore.pool.is_sqlite_memory_mode and path.samefile(self.name)
        except OSError:
            return False

    @contextmanager
    def watch(self) -> Iterator[Wait]:
        """What waits for writers: those of this process wake it, others are looked for."""
        woken = Event()

        def wait(seconds: float) -> None:
            woken.wait(min(seconds, LOOK))
            woken.clear()

        with self._recorder.listening(woken):
            yield wait

    @contextmanager
    def beside(self) -> Iterator[Cursors]:
        """Move cursors; a file has one write lock, so a writer is waited for."""
        with self.write() as access:
            access.session.cursor.execute(CURSORS)
            yield Cursors(access.session)

    def check(self) -> None:
        """Raise `StorageError` in a process that was forked since."""
        with explained(self.name):
            self._datastore.home.check()

    def purge(self) -> str:
        """Cut off the write-ahead log, which holds what was erased; says why that must wait."""
        with explained(self.name), self._datastore.get_connection(commit=True) as connection:
            cursor = connection.cursor()
            # Who waits for readers keeps writers waiting.
            cursor.execute(f"PRAGMA busy_timeout = {PATIENCE * 1_000}")
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                busy, _, _ = cursor.fetchone()
            except sqlite3.OperationalError:
                busy = True  # no room, say; what was erased is on record all the same
            cursor.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT * 1_000}")
        return _HELD_UP if busy else ""

    def close(self) -> None:
        """Let go of the file; whoever waits for writers finds it closed."""
        self._datastore.close()
        self._recorder.tell()


class _Access(Access):
    """Reads and appends on one connection, inside one transaction."""

    session: SqliteSession

    def __init__(
        self, cursor: SQLiteCursor, recorder: LedgerRecorder, vocabulary: Vocabulary
    ) -> None:
        super().__init__(SqliteSession(cursor.sqlite_cursor), vocabulary)
        self._recorder = recorder
        self._wrapped = cursor
        self.has_put = False

    def put(self, entries: Sequence[Entry]) -> None:
        self.has_put = True
        self._recorder._insert_events(  # noqa: SLF001 - its hook for one transaction
            self._wrapped,
            [stored_event(entry) for entry in entries],
            first=entries[0].position,
        )

    def erase(self, digests: Iterable[str]) -> None:
        super().erase(digests)
        for statement in _ANEW:
            self.session.cursor.execute(statement)

    def again(self) -> Rederivation:
        return Rederivation(self)

    def checks(self) -> Iterator[Check]:
        found = str(self.session.select("PRAGMA integrity_check(1)")[0][0])
        yield Check(
            Outcome.OK if found == "ok" else Outcome.FAIL,
            "file",
            f"format {FORMAT}, sound" if found == "ok" else found.splitlines()[-1],
        )
        found_there = self.session.select(
            "SELECT type, sql FROM sqlite_master WHERE sql IS NOT NULL"
        )
        there = {sql for _, sql in found_there}
        added = {sql for kind, sql in found_there if kind != "table"}
        made = {
            statement.replace("IF NOT EXISTS ", "")
            for statement in self._recorder.create_table_statements
        }
        wrong = sorted(
            sql.split("(")[0].splitlines()[0].strip() for sql in (made - there) | (added - made)
        )
        yield Check(
            Outcome.FAIL if wrong else Outcome.OK,
            "append-only",
            f"changed, added or gone: {wrong[0]}"
            if wrong
            else "triggers refuse change, deletion and gaps",
        )


_ANEW = (
    "CREATE TABLE remaining AS SELECT * FROM disclosures",
    "DELETE FROM disclosures",
    "INSERT OR FAIL INTO disclosures SELECT * FROM remaining",  # in order, as they came out
    "DELETE FROM remaining",
    "DROP TABLE remaining",  # were it not empty, its pages would go through a temporary file
)
"""What an erasure ends with: every page of the table is freed, and so overwritten.

Bytes that SQLite no longer needs stay in the file unless `secure_delete` is on, which it is on
every connection of ours; but in the unused room of pages that were split or merged they stay all
the same. In the write-ahead log they stay until `purge` cuts it off.
"""


# --- files ------------------------------------------------------------------------------


def _uri(path: Path, option: str = "") -> str:
    return f"file:{quote(os.fsencode(path.absolute()))}" + (f"?{option}" if option else "")


def _lay_out(cursor: sqlite3.Cursor, first: Entry) -> None:
    """Make the tables and triggers of a ledger, mark it as one, and write its first entry."""
    for statement in (*statements(LOG), *statements(DISCLOSURES), *statements(DERIVED)):
        cursor.execute(statement)
    write_first(SqliteSession(cursor), first)
    cursor.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    cursor.execute(f"PRAGMA user_version = {FORMAT}")


def _plain(path: Path) -> sqlite3.Connection:
    """A connection of our own, outside the pool, where transactions are begun by hand."""
    raw = connected(_uri(path), isolation_level=None, timeout=LOCK_TIMEOUT)
    raw.execute("PRAGMA secure_delete = ON")
    return raw


def _make(path: Path, first: Entry) -> None:
    """Lay out a ledger in a new or empty file, in one transaction, unless it is one already."""
    with closing(_plain(path)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        (application,) = raw.execute("PRAGMA application_id").fetchone()
        if application != APPLICATION_ID:
            _lay_out(raw.cursor(), first)
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
    with suppress(OSError):  # the ledger is there all the same
        sync_folder(path.parent)


def _state_of(path: Path) -> tuple[Path, int, int]:
    found = path.stat()
    return path, found.st_size, found.st_mtime_ns


def _identify(path: Path) -> int:
    """The version of a ledger's format; whatever is no ledger is refused, without touching it.

    It is read through SQLite: whoever closes a file by other means lets go of all locks
    that this process holds on it, those of other connections too (POSIX).
    """
    name = str(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise fault(
            name,
            "no-ledger",
            "there is no ledger here",
            "`govledger init --name NAME` makes one, `govledger demo` an example",
        ) from None
    except (OSError, ValueError) as error:
        raise fault(
            name, "not-readable", f"cannot be read: {error}", "check the path and rights"
        ) from error
    if not stat.S_ISREG(mode):
        raise fault(name, "not-readable", "this is no file", "check the path")
    with explained(name):
        application, version, kind = _marks_of(path)
    if application != APPLICATION_ID:
        raise fault(name, "not-a-ledger", f"this is not a ledger but {kind}", "check the path")
    if version < 1:
        message = f"the file says that it has format {version}, which there never was"
        raise fault(name, "damaged", message, "restore it from a backup")
    if version > FORMAT:
        raise fault(
            name,
            "newer-format",
            f"this ledger has format {version}, and this govledger reads up to {FORMAT}",
            "upgrade govledger; nothing was changed",
        )
    return version


def _marks_of(path: Path) -> tuple[int, int, str]:
    """What a file is marked as, the version of its format, and what else it may be."""
    application, version, kind = 0, 0, "another file"
    *tries, last = _ways_to_look(path)
    for way in (*tries, last):
        try:
            with closing(connected(_uri(path, way))) as raw:
                (application,) = raw.execute("PRAGMA application_id").fetchone()
                (version,) = raw.execute("PRAGMA user_version").fetchone()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname == "SQLITE_NOTADB":
                break
            if way is last:
                raise
        else:
            kind = "an SQLite database of something else"
            break
    return application, version, kind


def _ways_to_look(path: Path) -> tuple[str, ...]:
    if path.with_name(path.name + "-journal").exists():
        return ("mode=rw",)  # half a transaction, undone by whoever reads the file next
    if path.with_name(path.name + "-wal").exists():
        return ("mode=ro", "immutable=1")  # the file alone may be half of the truth
    return ("immutable=1", "mode=ro")  # nobody is at it: look without leaving a trace


def _older(path: Path, version: int) -> StorageError:
    return fault(
        str(path),
        "older-format",
        f"this ledger has format {version}, and this govledger reads {FORMAT}",
        "`govledger verify` brings it up to date, where it can be written; no record changes",
    )
