"""Making the derived tables again: in their place, or beside it to compare.

Here: going through the log batch by batch, and telling where two tables differ. Not here:
what follows from a record (`govledger.spans`), or single rows (`derived`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from govledger.codec import decode
from govledger.errors import InvalidInput, StorageError, UnreadableRecord
from govledger.events import LedgerOpened, PersonalDataErased
from govledger.history import Record
from govledger.integrity.personal import Account, account, from_hex, personal_texts
from govledger.spans import BATCH, plan
from govledger.storage.sqlite import disclosures, tree
from govledger.storage.sqlite.books import TableBooks
from govledger.storage.sqlite.derived import write
from govledger.storage.sqlite.faults import fault
from govledger.storage.sqlite.layout import DERIVED, DERIVED_TABLES, IDENTITY, statements
from govledger.storage.sqlite.log import Log
from govledger.values import Sealed, batches
from govledger.when import timezone, zone_rules


def rebuild(cursor: Any, log: Log, progress: Callable[[int], None] | None = None) -> int:
    """Drop the derived tables, whatever became of them, and make them again from the log.

    Raises `StorageError` where the tree that is there tells that a record was altered or cut off:
    nothing may cover that up.
    """
    if log.has("tree"):
        tree.check_leaves(cursor, log.columns())
    cursor.execute("SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view')")
    for kind, name in cursor.fetchall():
        if name in DERIVED_TABLES or name == "tree":
            cursor.execute(f"DROP {kind} {name}")
    for statement in statements(DERIVED):
        cursor.execute(statement)
    zone, done = timezone("UTC"), 0
    for entries in batches(log.everything(), BATCH):
        zone = _retell(cursor, log, [decode(entry) for entry in entries], zone)
        tree.append(cursor, entries)
        done += len(entries)
        if progress is not None:
            progress(done)
    return done


def date(cursor: Any, zone: ZoneInfo) -> None:
    """Note by which rules of its time zone the instants of a ledger are worked out."""
    cursor.execute("INSERT OR REPLACE INTO calendar VALUES (?,?)", (zone.key, zone_rules(zone)))


def calendar_holds(cursor: Any) -> bool:
    """Whether they were worked out by the rules that hold today; a damaged note says nothing."""
    try:
        cursor.execute("SELECT zone, rules FROM calendar")
        return all(rules == zone_rules(timezone(zone)) for zone, rules in cursor.fetchall())
    except (sqlite3.DatabaseError, InvalidInput):
        return True


def _retell(cursor: Any, log: Log, records: Sequence[Record], zone: ZoneInfo) -> ZoneInfo:
    """Write what follows from records of the log, after all before them; gives the zone."""
    first = records[0].event
    if isinstance(first, LedgerOpened):
        zone = timezone(first.timezone)
        date(cursor, zone)
    books = TableBooks(cursor, log, records[0].position - 1, records)
    try:
        planned = plan(books, records, zone, accepted=True)
    except InvalidInput as error:  # a profile that is not known here
        raise UnreadableRecord(*error.problems) from error
    write(cursor, planned, books.numbers)
    return zone


class Rederivation:
    """The derived tables made again from the log, in a scratch database, to compare."""

    def __init__(self, cursor: Any, log: Log) -> None:
        self._cursor = cursor
        self._log = log
        self._zone = timezone("UTC")
        self._withheld = 0
        self._unsealed = 0
        # A nameless database is kept in memory as far as it fits, then in a temporary file.
        self._scratch = sqlite3.connect("", isolation_level=None)
        for statement in (*_SCRATCH, *_TABLES, *statements(DERIVED), "BEGIN"):
            if not statement.startswith("CREATE INDEX"):  # they answer questions; none is asked
                self._scratch.execute(statement)

    def take(self, records: Sequence[Record]) -> None:
        """Derive what follows from the next records of the log."""
        with _in_scratch():
            self._zone = _retell(self._scratch.cursor(), self._log, records, self._zone)
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
        with _in_scratch():
            return account(
                self._scratch.execute("SELECT * FROM sealed ORDER BY digest"),
                disclosures.everything(self._log.another()) if self._log.has("disclosures") else (),
                (digest for (digest,) in self._scratch.execute(_ERASED)),
                self._withheld,
                self._unsealed,
            )

    def _differs(self, table: str) -> str:
        if not self._log.has(table):
            return f'table "{table}" is gone'
        columns = DERIVED_TABLES[table]
        statement = f"SELECT {columns} FROM {table} ORDER BY {columns}"
        self._cursor.execute(statement)
        again = self._scratch.execute(statement)
        for held, derived in zip_longest(self._cursor, again):
            there = None if held is None else tuple(held)
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
        found = self._scratch.execute("SELECT name FROM subjects WHERE id = ?", row[:1]).fetchone()
        return str(found[0]) if found else f"subject {row[0]}, which there is not"

    def close(self) -> None:
        """Forget it all."""
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
