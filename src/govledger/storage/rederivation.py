"""Deriving everything again, in a scratch database, to compare it with what there is.

Here: the scratch database, which is SQLite whatever database keeps the ledger, and telling
where two tables differ. Not here: what follows from a record (`govledger.spans`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any, Self

from govledger.errors import StorageError
from govledger.events import PersonalDataErased
from govledger.history import Record
from govledger.integrity.personal import Account, account, from_hex, personal_texts
from govledger.storage.faults import fault
from govledger.storage.sqlite.layout import DERIVED, statements
from govledger.storage.sqlite.session import SqliteSession
from govledger.storage.tables import disclosures
from govledger.storage.tables.columns import DERIVED_TABLES, IDENTITY
from govledger.storage.tables.log import Log
from govledger.storage.tables.rebuild import retell
from govledger.values import Sealed
from govledger.when import timezone


class Rederivation:
    """The derived tables made again from the log, in a scratch database, to compare."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._zone = timezone("UTC")
        self._withheld = 0
        self._unsealed = 0
        # A nameless database is kept in memory as far as it fits, then in a temporary file.
        self._scratch = sqlite3.connect("", isolation_level=None)
        self._session = SqliteSession(self._scratch.cursor())
        for statement in (*_SCRATCH, *_TABLES, *statements(DERIVED), "BEGIN"):
            if not statement.startswith("CREATE INDEX"):  # they answer questions; none is asked
                self._scratch.execute(statement)

    def take(self, records: Sequence[Record]) -> None:
        """Derive what follows from the next records of the log."""
        with _in_scratch():
            self._zone = retell(self._session, self._log, records, self._zone)
            for record in records:
                self._note_sealed(record)

    def _note_sealed(self, record: Record) -> None:
        for name, text in personal_texts(record.event):
            if isinstance(text, Sealed) and text.withheld:
                self._withheld += 1
            elif isinstance(text, Sealed):
                row = text.digest, record.position, name
                self._scratch.execute("INSERT INTO sealed VALUES (?,?,?)", row)
            else:
                self._unsealed += 1
        if isinstance(record.event, PersonalDataErased):
            gone = [(from_hex(digest),) for digest in record.event.digests]
            self._scratch.executemany("INSERT INTO erased VALUES (?)", gone)

    def difference(self) -> str:
        """The first thing in which the tables differ from what was derived; empty if none."""
        with _in_scratch():
            return next(filter(None, map(self._differs, DERIVED_TABLES)), "")

    def account(self) -> Account:
        """Whether the holes in the personal texts are accounted for."""
        held = self._log.session
        with _in_scratch():
            return account(
                self._scratch.execute("SELECT * FROM sealed ORDER BY digest"),
                disclosures.everything(held) if held.has("disclosures") else (),
                (digest for (digest,) in self._scratch.execute(_ERASED)),
                self._withheld,
                self._unsealed,
            )

    def _differs(self, table: str) -> str:
        if not self._log.session.has(table):
            return f'table "{table}" is gone'
        columns = DERIVED_TABLES[table]
        order = ", ".join(f"{column} NULLS FIRST" for column in columns.split(", "))
        statement = f"SELECT {columns} FROM {table} ORDER BY {order}"
        again = self._session.stream(statement)
        for there, derived in zip_longest(self._log.session.stream(statement), again):
            if there != derived:
                what, row = _difference(there, derived, IDENTITY[table])
                return f'table "{table}" {what} {self._named(table, row)}'
        return ""

    def _named(self, table: str, row: Sequence[Any]) -> str:
        """The subject, the key or the zone that a row is about."""
        if table in ("calendar", "keys"):
            return str(row[0])
        if table == "subjects":
            return str(row[1])
        found = self._session.select("SELECT name FROM subjects WHERE id = ?", row[:1])
        return str(found[0][0]) if found else f"subject {row[0]}, which there is not"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._scratch.close()


_ERASED = "SELECT DISTINCT digest FROM erased ORDER BY digest"
_TABLES = (
    "CREATE TABLE sealed (digest TEXT, position INTEGER, name TEXT)",
    "CREATE TABLE erased (digest TEXT)",
)
_SCRATCH = ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -32768")


_OF_A_DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")


@contextmanager
def _in_scratch() -> Iterator[None]:
    """Say of which disk it is that there is no room."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorname", "").startswith(_OF_A_DISK):
            raise _no_room(error) from error
        raise


def _no_room(error: Exception) -> StorageError:
    return fault(
        "temporary files",
        "no-room",
        f"what is derived cannot be compared: {error}",
        "let SQLITE_TMPDIR name a folder with as much room as the ledger takes",
    )


def _difference(there: Any, derived: Any, width: int) -> tuple[str, Sequence[Any]]:
    """What is wrong where two ordered tables part, and the row it is about."""
    if there is None or (derived is not None and _order(derived) < _order(there)):
        what, row = "lacks", derived
    else:
        what, row = "has no reason for", there
    if there is not None and derived is not None and there[:width] == derived[:width]:
        what, row = "is altered at", derived
    return what, row


def _order(row: Sequence[Any]) -> list[tuple[int, Any]]:
    """Where a row comes: a damaged one may hold anything, and SQLite orders kinds of values."""
    kinds = {type(None): 0, int: 1, float: 1, str: 2, bytes: 3}
    return [(kinds[type(value)], 0 if value is None else value) for value in row]
