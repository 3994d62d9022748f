"""`PostgresStore`: a ledger in one schema of a PostgreSQL database.

Here: opening, making and recognising schemas, and one transaction at a time. Not here: any
rule, what the tables look like, or the faults of servers in words (`faults`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any, Self, cast

import psycopg

from govledger.audit import Check, Kept, Outcome
from govledger.codec import Entry
from govledger.errors import StorageError
from govledger.storage import Wait
from govledger.storage.faults import CLOSED, OTHER_CALENDAR, fault
from govledger.storage.mapping import stored_event
from govledger.storage.postgres.connections import (
    LOCK_TIMEOUT,
    WAIT_FOR_REPLICA,
    LedgerDatastore,
    committing,
    given_to_libpq,
    locking,
    prepare,
    settings_of,
)
from govledger.storage.postgres.faults import DAMAGED, READ_ONLY, explained
from govledger.storage.postgres.layout import (
    MARK,
    expected,
    marking,
    of_the_log,
    of_what_is_derived,
    present,
    unreadable,
)
from govledger.storage.postgres.recorder import LedgerRecorder
from govledger.storage.postgres.session import PostgresSession
from govledger.storage.postgres.urls import PREFIX, Address
from govledger.storage.postgres.watching import Watch
from govledger.storage.rederivation import Rederivation
from govledger.storage.tables.access import Access, write_first
from govledger.storage.tables.columns import FORMAT
from govledger.storage.tables.cursors import Cursors
from govledger.storage.tables.log import COLUMNS, PAGE, paged
from govledger.vocabulary import STANDARD, Vocabulary

PATIENCE = 2
"""Seconds to wait for readers before what was erased is left in the files of the server."""

_FROZEN = "SELECT relfrozenxid::text, relfilenode FROM pg_class WHERE oid = to_regclass(%s)"
_SAMPLED = (
    "SELECT count(*) FROM pg_stats WHERE attname = 'array' AND tablename = 'disclosures'"
    " AND to_regclass(%s) = to_regclass(format('%%I.%%I', schemaname, tablename))"
)
_HELD_UP = (
    "somebody on this server reads, or writes for long: bytes of what was erased stay until that"
    " is done and the same is erased once more"
)
_FAILED = (
    "the server did not write the table anew (see its log): bytes of what was erased stay until"
    " the same is erased once more"
)
_NOT_THE_OWNER = (
    "bytes of what was erased stay until the owner of the schema, who alone may do that, erases"
    " the same once more"
)
_IN_STATISTICS = (
    "ANALYZE has copied names into the statistics of the table, for somebody switched those on:"
    " let an administrator see to it (docs/how-to/postgresql.md)"
)

MOST_NAMED = 10
"""How many ledgers an error lists."""

OLDEST = 140_000
"""The oldest version of PostgreSQL that will do: 14."""


class PostgresStore:
    """A ledger in one schema of a PostgreSQL database."""

    def __init__(
        self, address: Address, vocabulary: Vocabulary = STANDARD, *, read_only: bool = False
    ) -> None:
        self.name = address.name
        self.vocabulary = vocabulary
        self.address = address
        self._read_only = read_only
        self._closed = False
        self._log = f"{address.schema}.records"
        self._datastore = LedgerDatastore(schema=address.schema, told=address.told)
        self._recorder = LedgerRecorder(self._datastore)
        self._watches: set[Watch] = set()

    # --- opening and making -----------------------------------------------------------------

    @classmethod
    def create(cls, address: Address, first: Entry, vocabulary: Vocabulary = STANDARD) -> Self:
        """A new schema that holds a first entry; it comes into being whole, or not at all.

        Where somebody else makes one at the same time, theirs or this one is opened.
        """
        with _connected(address) as raw:
            begin = "BEGIN ISOLATION LEVEL READ COMMITTED"  # to see what others made
            raw.execute(cast("Any", f"{begin}; {locking(address.schema)}"))
            if _mark_of(raw, address) is None:
                _lay_out(raw, address.schema, first)
            with committing(raw):
                raw.execute("COMMIT")
        return cls.open(address, vocabulary)

    @classmethod
    def open(
        cls, address: Address, vocabulary: Vocabulary = STANDARD, *, read_only: bool = False
    ) -> Self:
        """The ledger in an existing schema, which is touched only if it is one.

        What is derived in it is brought up to date where it can be written to.
        """
        with _connected(address) as raw:
            _identify(raw, address)
        with explained(address.name):
            store = cls(address, vocabulary, read_only=read_only)
        try:
            store._keep_up()
        except BaseException:
            store.close()
            raise
        return store

    @staticmethod
    def is_free(address: Address) -> bool:
        """Whether a new ledger may be made there: there is no such schema, or an empty one."""
        with _connected(address) as raw:
            return _mark_of(raw, address) is None

    def _keep_up(self) -> None:
        """Derive all anew where the rules of the time zone have changed since."""
        with self.read() as access:
            if access.is_up_to_date():
                return
        try:
            with self.write() as access:
                access.rebuild()
        except StorageError as error:
            if error.problems[0].code in ("read-only", "no-right"):
                raise fault(self.name, *OTHER_CALENDAR) from error
            raise

    # --- transactions -----------------------------------------------------------------------

    @contextmanager
    def read(self) -> Iterator[_Access]:
        """One snapshot of the ledger, for as long as it is held."""
        with self._explained(), self._datastore.reading() as connection:
            access = _Access(self.name, connection, self._recorder, self.vocabulary)
            with access.session.released():
                yield access

    @contextmanager
    def write(self) -> Iterator[_Access]:
        """Hold the write lock; all that is appended is written at the end, or nothing."""
        self._check_writable()
        with self._explained(), self._datastore.writing() as connection:
            access = _Access(self.name, connection, self._recorder, self.vocabulary)
            with access.session.released():
                yield access
            self._datastore.home.check()
            if not access.has_put:
                connection.execute(WAIT_FOR_REPLICA)

    @contextmanager
    def beside(self) -> Iterator[Cursors]:
        """Move cursors; nobody who writes to the log is waited for."""
        self._check_writable()
        with self._explained(), self._datastore.beside() as connection:
            yield Cursors(PostgresSession(connection, self._datastore.schema))

    def _check_writable(self) -> None:
        if self._read_only:
            raise fault(self.name, *READ_ONLY)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        if self._closed:
            raise fault(self.name, *CLOSED)
        with explained(self.name):
            yield

    def head(self) -> int:
        """The position of the newest entry; 0 in an empty log."""
        with self._explained():
            ((head,),) = self._datastore.ask(f"SELECT coalesce(max(position), 0) FROM {self._log}")
        return int(head)

    def entries(self, after: int = 0, upto: int | None = None) -> Iterator[Entry]:
        """The entries with `after` < position <= `upto`, in log order, page by page."""
        return paged(self._page, after, self.head() if upto is None else upto)

    def _page(self, after: int, upto: int) -> Sequence[Entry]:
        with self._explained():
            rows = self._datastore.ask(
                f"SELECT {COLUMNS} FROM {self._log} WHERE position > %s AND position <= %s"
                " ORDER BY position LIMIT %s",
                (after, upto, PAGE),
            )
        if any(None in row for row in rows):  # a page without a checksum, and a bit that turned
            raise fault(self.name, *DAMAGED)
        return [Entry(*row) for row in rows]

    def check(self) -> None:
        """Raise `StorageError` in a process that was forked since."""
        with explained(self.name):
            self._datastore.home.check()

    @contextmanager
    def watch(self) -> Iterator[Wait]:
        """What waits for writers, who tell of what they wrote on the channel of the ledger."""
        watch = Watch(self._datastore.connect, self._recorder.channel_name)

        def wait(seconds: float) -> None:
            with self._explained():
                watch.wait(seconds)

        self._watches.add(watch)
        try:
            yield wait
        finally:
            self._watches.discard(watch)
            watch.close()

    def purge(self) -> str:
        """Write the disclosures anew, without what was erased; says why that must wait.

        PostgreSQL keeps what was deleted for those whose snapshot is older. A table that is
        written anew is frozen up to the oldest of these; so it tells whether anything was kept.
        On a server in use somebody's snapshot always is a bit older: so it is tried again.
        """
        with self._explained(), self._datastore.get_connection() as connection:
            ask = connection.cursor(row_factory=psycopg.rows.tuple_row).execute
            table = (f"{self._datastore.schema}.disclosures",)
            (deleted_before,) = _one(ask("SELECT pg_snapshot_xmax(pg_current_snapshot())::text"))
            _, file = _one(ask(_FROZEN, table))
            until, pause = monotonic() + PATIENCE, 0.02
            ask(cast("Any", f"SET lock_timeout = '{PATIENCE}s'"))
            try:
                while True:
                    ask(cast("Any", f"VACUUM (FULL) {table[0]}"))
                    frozen, written = _one(ask(_FROZEN, table))
                    if written == file:  # which tells those who may not with a warning only
                        return _NOT_THE_OWNER
                    if (int(frozen) - int(deleted_before)) % 2**32 < 2**31:
                        return _IN_STATISTICS if _one(ask(_SAMPLED, table))[0] else ""
                    if monotonic() + pause > until:
                        return _HELD_UP
                    sleep(pause)
                    file, pause = written, pause * 2
            except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
                return _HELD_UP
            except psycopg.OperationalError:  # what was erased is on record all the same
                return _FAILED
            finally:
                if not connection.closed:
                    ask(cast("Any", f"SET lock_timeout = '{self._datastore.lock_timeout}s'"))

    def close(self) -> None:
        """Let go of the connections."""
        self._closed = True
        for watch in tuple(self._watches):
            watch.close()
        self._datastore.close()


class _Access(Access):
    """Reads and appends on one connection, inside one transaction."""

    session: PostgresSession

    def __init__(
        self,
        name: str,
        connection: psycopg.Connection[Any],
        recorder: LedgerRecorder,
        vocabulary: Vocabulary,
    ) -> None:
        super().__init__(PostgresSession(connection, recorder.datastore.schema), vocabulary)
        self._name = name
        self._recorder = recorder
        self.has_put = False

    def put(self, entries: Sequence[Entry]) -> None:
        self.has_put = True
        events = [stored_event(entry) for entry in entries]
        self._recorder.put(self.session.cursor, events, entries[0].position)

    def kept(self) -> Kept:
        self._check_readable()
        return super().kept()

    def rebuild(self, progress: Callable[[int], None] | None = None) -> int:
        self._check_readable("records", "disclosures")
        return super().rebuild(progress)

    def _check_readable(self, *tables: str) -> None:
        """Refuse tables that do not hold what they held, before anything is read of them."""
        if wrong := unreadable(present(self.session.cursor, self.session.schema), tables):
            raise fault(
                self._name,
                "damaged",
                f"its tables are not as they were made: {wrong}",
                "restore it from a backup; what is derived `verify --rebuild` makes again",
            )

    def again(self) -> Rederivation:
        return Rederivation(self)

    def checks(self) -> Iterator[Check]:
        ((version, fsync),) = self.session.select(
            "SELECT current_setting('server_version'), current_setting('fsync')"
        )
        told = f"PostgreSQL {version.split()[0]}, format {FORMAT}"
        told += "" if fsync == "on" else "; it does not wait for its disk (fsync is off)"
        yield Check(Outcome.OK, "server", told)
        schema = self.session.schema
        wrong = sorted(
            f"{kind} of {table}"
            for table, kind, _ in present(self.session.cursor, schema) ^ expected()
        )
        yield Check(
            Outcome.FAIL if wrong else Outcome.OK,
            "append-only",
            f"changed, added or gone: {wrong[0]}"
            if wrong
            else "triggers refuse change, deletion and gaps",
        )


# --- schemas ----------------------------------------------------------------------------


@contextmanager
def connected(address: Address) -> Iterator[psycopg.Connection[Any]]:
    """A connection of our own to a database, where transactions are begun by hand."""
    with (
        explained(address.name),
        psycopg.connect(**given_to_libpq(address.told), autocommit=True) as raw,
    ):
        prepare(raw, settings_of(LOCK_TIMEOUT))
        _check_server(raw, address)
        yield raw


@contextmanager
def _connected(address: Address) -> Iterator[psycopg.Connection[Any]]:
    """The same, where a ledger is named."""
    with connected(address) as raw:
        if not address.ledger:
            there = _there(raw) or "this database has none yet"
            raise fault(
                address.name, "which-ledger", "no ledger is named", f"add ?ledger=NAME; {there}"
            )
        yield raw


def _check_server(raw: psycopg.Connection[Any], address: Address) -> None:
    if raw.info.server_version < OLDEST:
        raise fault(
            address.name,
            "old-server",
            f"this is PostgreSQL {raw.info.server_version // 10_000}",
            f"a ledger needs {OLDEST // 10_000} or newer",
        )
    encoding = raw.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise fault(
            address.name,
            "other-encoding",
            f"this database keeps text as {encoding}",
            "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
        )


def ledgers(raw: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """The names of the ledgers of a database, and what their logs are marked with."""
    found = raw.execute(
        "SELECT nspname, obj_description(pg_class.oid, 'pg_class') FROM pg_class"
        " JOIN pg_namespace ON pg_namespace.oid = relnamespace"
        " WHERE relname = 'records' AND relkind IN ('r', 'p') AND starts_with(nspname, %s)"
        " AND starts_with(obj_description(pg_class.oid, 'pg_class'), %s) ORDER BY nspname",
        (PREFIX, MARK),
    )
    return [(str(name).removeprefix(PREFIX), str(mark)) for name, mark in found]


def _there(raw: psycopg.Connection[Any]) -> str:
    """Which ledgers there are, as a hint; empty where there are none."""
    names = [name for name, _ in ledgers(raw)]
    if len(names) > MOST_NAMED:
        names = [*names[:MOST_NAMED], "…: `govledger ledgers` lists them all"]
    return f"this database has {', '.join(names)}" if names else ""


def _mark_of(raw: psycopg.Connection[Any], address: Address) -> str | None:
    """What the log of a schema is marked with; None where the schema is empty or missing.

    Raises `StorageError` where something else is in the schema.
    """
    is_empty, mark = _one(raw.execute(_MARK_OF, (address.schema,)))
    if is_empty:
        return None
    if mark is None or not mark.startswith(MARK):
        raise fault(
            address.name,
            "not-a-ledger",
            f'the schema "{address.schema}" is not a ledger but of something else',
            "choose another name; a ledger that was restored without comments needs the one"
            " on its table records again",
        )
    return str(mark)


_MARK_OF = """
SELECT space.oid IS NULL OR log.oid IS NULL
        AND NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = space.oid),
    CASE WHEN log.relkind IN ('r', 'p') THEN obj_description(log.oid, 'pg_class') END
FROM (SELECT CAST(to_regnamespace(%s) AS oid) AS oid) AS space
LEFT JOIN pg_class AS log ON log.relnamespace = space.oid AND log.relname = 'records'
"""
"""One question, for somebody may make a ledger meanwhile. Only where there is a schema without a
log all of the catalogue is looked through, which may be large."""


def _identify(raw: psycopg.Connection[Any], address: Address) -> None:
    """Refuse whatever is no ledger of the present format, without touching it."""
    mark = _mark_of(raw, address)
    if mark is None:
        raise fault(
            address.name,
            "no-ledger",
            "there is no ledger of that name here",
            _there(raw) or "`govledger init` makes one",
        )
    wrong = wrong_format(mark.removeprefix(MARK))
    if wrong is not None:
        raise fault(address.name, *wrong)


def wrong_format(version: str) -> tuple[str, str, str] | None:
    """What is wrong with a format, if anything: code, message and hint."""
    if version == str(FORMAT):
        return None
    newer = version.isdecimal() and int(version) > FORMAT
    return (
        "newer-format" if newer else "damaged",
        f"this ledger has format {version}, and this govledger reads {FORMAT}",
        "upgrade govledger; nothing was changed" if newer else "restore it from a backup",
    )


def _lay_out(raw: psycopg.Connection[Any], schema: str, first: Entry) -> None:
    """Make the tables and triggers of a ledger, mark it as one, and write its first entry."""
    for statement in (
        *(() if _exists(raw, schema) else (f"CREATE SCHEMA {schema}",)),
        *of_the_log(schema),
        *of_what_is_derived(schema),
        marking(schema),
    ):
        raw.execute(cast("Any", statement))
    write_first(PostgresSession(raw, schema), first)


def _exists(raw: psycopg.Connection[Any], schema: str) -> bool:
    return bool(_one(raw.execute("SELECT to_regnamespace(%s) IS NOT NULL", (schema,)))[0])


def _one(cursor: psycopg.Cursor[Any]) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = cursor.fetchone()
    return row or (None,)
