"""Connections to a ledger's schema: one writer at a time, snapshots for readers.

Here: eventsourcing's datastore with transactions of ours, and the lock of a ledger. Not here:
any table.

Hazards met: eventsourcing locks the log's table, for which a role needs more than the right to
insert, and waits for autovacuum where that may not be interrupted; ours is an advisory lock.
Its `POSTGRES_ENABLE_DB_FUNCTIONS` writes without either, so it is refused.

Whoever forks has two processes that speak on one socket; the second would end the first one's
session. So there nothing is used, and nothing is closed either.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any, cast
from zlib import crc32

import psycopg
from eventsourcing.persistence import ProgrammingError
from eventsourcing.postgres import PostgresDatastore
from psycopg.pq import Format
from psycopg.rows import DictRow, TupleRow, tuple_row
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from govledger.storage.forks import Home

LOCK_TIMEOUT = 30
"""Seconds to wait for somebody else who is writing."""

STALLED = 60
"""Seconds after which the server takes the lock from a writer that stopped in the middle."""

CONNECT_TIMEOUT = 10
"""Seconds to wait for a server."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_]{0,62}")

CONNECTIONS = 15
"""Connections that an open ledger has at most."""


class CommitLost(psycopg.OperationalError):
    """The connection ended after COMMIT was sent: the server may have carried it out, or not."""


@contextmanager
def committing(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Tell a commit whose answer was lost from one that the server refused."""
    try:
        yield
    except psycopg.errors.StatementCompletionUnknown:
        raise  # it is written: the server said so before it went
    except psycopg.OperationalError as error:
        if connection.closed:
            raise CommitLost(str(error)) from error
        raise


class LedgerDatastore(PostgresDatastore):
    """eventsourcing's datastore, with transactions of ours, on the ledger of one schema."""

    def __init__(
        self,
        dbname: str = "",
        host: str = "",
        port: str | int = "",
        user: str = "",
        password: str = "",
        *,
        schema: str = "",
        told: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """Take what eventsourcing's takes, or what libpq is `told`."""
        self.home = Home()
        if not _PLAIN.fullmatch(schema or "public"):
            raise ProgrammingError(
                f'a schema is named with small letters, digits and _, not "{schema}"'
            )
        if options.pop("enable_db_functions", False):
            raise ProgrammingError(
                "POSTGRES_ENABLE_DB_FUNCTIONS would write to a ledger without its lock"
            )
        patience = options.pop("lock_timeout", 0) or LOCK_TIMEOUT
        defaults = {"originator_id_type": "text", "max_overflow": CONNECTIONS - 1}
        super().__init__(
            dbname,
            host,
            port,
            user,
            password,
            schema=schema,
            lock_timeout=patience,
            **{**defaults, **options},
        )
        self.pool.timeout = max(self.pool.timeout, float(patience + 5))
        given = cast("dict[str, Any]", self.pool.kwargs)
        if told is not None:
            given = {**told, "row_factory": given["row_factory"]}
        self.pool.kwargs = given_to_libpq(given)
        self._writers = Lock()
        self._lost = False

    def after_connect_func(self) -> Callable[[psycopg.Connection[Any]], None]:
        """What every new connection is told."""
        stock, settings = super().after_connect_func(), settings_of(self.lock_timeout)

        def after_connect(connection: psycopg.Connection[Any]) -> None:
            stock(connection)
            prepare(connection, settings)

        return after_connect

    @contextmanager
    def get_connection(self) -> Iterator[psycopg.Connection[DictRow]]:
        """A connection of the pool, as long as it is held."""
        self.home.check()
        with super().get_connection() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection[Any]]:
        """One snapshot, in a transaction that cannot write."""
        with self._begun(_READ.format(self.schema)) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction that holds the lock of the ledger before anything is read."""
        self.home.check()
        # Of this process only one waits at the server, so that readers find connections.
        if not self._writers.acquire(timeout=self.lock_timeout):
            raise psycopg.errors.LockNotAvailable("another thread of this process is writing")
        try:
            with self._begun(f"{_WRITE}; {locking(self.schema)}", committing) as connection:
                if connection.info.parameter_status("default_transaction_read_only") == "on":
                    raise psycopg.errors.ReadOnlySqlTransaction("by default, so it is meant")
                yield connection
        finally:
            self._writers.release()

    @contextmanager
    def beside(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction that writes beside the log, and so without its lock."""
        with self._begun(_WRITE) as connection:
            yield connection

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of its own, outside the pool, to the server that the pool speaks to."""
        return psycopg.connect(**cast("dict[str, Any]", self.pool.kwargs), autocommit=True)

    def ask(self, statement: str, values: Sequence[Any] | None = None) -> list[Any]:
        """The rows of one question, in a snapshot of its own."""
        with ExitStack() as stack:
            return self._run(stack, statement, values)[1].fetchall()

    @contextmanager
    def _begun(
        self, statement: str, ending: Callable[[Any], AbstractContextManager[Any]] = nullcontext
    ) -> Iterator[psycopg.Connection[Any]]:
        with ExitStack() as stack:
            connection, _ = self._run(stack, statement)
            try:
                yield connection
                self.home.check()
                with ending(connection):
                    _commit(connection)
            except BaseException:
                if not self.home.is_here():
                    _hush(connection)
                elif not connection.closed:
                    connection.rollback()
                raise
            finally:
                self._lost = self._lost or connection.closed

    def _run(
        self, stack: ExitStack, statement: str, values: Sequence[Any] | None = None
    ) -> tuple[psycopg.Connection[Any], psycopg.Cursor[TupleRow]]:
        """Run a first statement on a connection of the pool, which is the stack's to give back.

        The server may have ended those that the pool has: then it is looked for at once.
        """
        for is_last in (False, True):
            if self._lost:
                self._look_for_server()
            connection = stack.enter_context(self.get_connection())
            cursor = connection.cursor(row_factory=tuple_row)
            cursor.format = Format.BINARY if values is not None else Format.TEXT
            try:
                return connection, cursor.execute(cast("Any", statement), values)
            except psycopg.OperationalError:
                if is_last or not connection.closed:
                    raise
                self._lost = True
                stack.close()
        raise AssertionError

    def close(self) -> None:
        """Close all connections, in the process that opened them."""
        if self.home.is_here():
            super().close()
        else:
            self.pool._closed = True  # noqa: SLF001 - or it takes locks when it is collected

    def _look_for_server(self) -> None:
        """Raise what keeps us from the server; a pool would only wait."""
        self.connect().close()
        self._lost = False
        self.pool.check()


def _hush(connection: psycopg.Connection[Any]) -> None:
    """Say nothing more on a connection that the parent of this process goes on using."""
    with Path(os.devnull).open("r+b") as nothing:
        os.dup2(nothing.fileno(), connection.fileno())


def given_to_libpq(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is told, and what must be so whatever the environment says."""
    return {"connect_timeout": CONNECT_TIMEOUT, **told, "client_encoding": "UTF8"}


def settings_of(patience: int) -> str:
    """The settings of a connection of ours, as statements.

    The schema of a ledger is not on its path. PostgreSQL takes the function or the operator
    whose arguments fit exactly before one that stands earlier on the path; so the owner of a
    schema could have whoever looks into it run what they wrote. Tables are named in full. For
    the same reason no policy is applied: where there is one, reading is refused.
    """
    return (
        "SET search_path = pg_catalog, pg_temp; SET row_security = off;"
        f" SET lock_timeout = '{patience}s';"
        " SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') IN ('off', 'local')"
    )


def prepare(connection: psycopg.Connection[Any], settings: str) -> None:
    """Make a connection one of ours."""
    connection.execute(cast("Any", settings))
    # Whole numbers have one type, whatever their size: so a statement is prepared once.
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.adapters.register_dumper(int, Int8BinaryDumper)


def _commit(connection: psycopg.Connection[Any]) -> None:
    """Commit; raises where the server gave up waiting for its replica, which it only warns of."""
    warnings: list[str] = []

    def heard(notice: psycopg.errors.Diagnostic) -> None:
        if notice.sqlstate == "01000":  # a plain warning; that the server stops is told otherwise
            warnings.append(str(notice.message_primary))

    connection.add_notice_handler(heard)
    try:
        connection.commit()
    finally:
        connection.remove_notice_handler(heard)
    if warnings:
        raise psycopg.errors.StatementCompletionUnknown(warnings[0])


def locking(schema: str) -> str:
    """The statement that waits for the lock of a ledger, and holds it until the end."""
    number = crc32(schema.encode())
    return f"SELECT pg_advisory_xact_lock({_LOCKS}, {number - (number >> 31 << 32)})"


_LOCKS = int.from_bytes(b"GovL")
"""What our locks have in common; the schema tells them apart."""

WAIT_FOR_REPLICA = (
    "SELECT pg_logical_emit_message(true, 'govledger', '')"
    " WHERE current_setting('synchronous_standby_names') <> ''"
)
"""Makes a commit that has nothing to write wait for the replica as others do.

So what a call with a key finds is nowhere lost either: it may have been written by a server that
stopped, or was told to stop, before its replica had it.
"""

# The snapshot is taken by what follows, so nobody replaces a table between the two.
_READ = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE {}.records IN ACCESS SHARE MODE"
)
_WRITE = (
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
    f" SET LOCAL idle_in_transaction_session_timeout = '{STALLED}s'"
)
