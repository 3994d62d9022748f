"""The ledgers of a database, one after the other.

Here: what the first and the last record of each say. Not here: finding or opening them (`store`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from govledger.codec import Entry, decode, recorded_at
from govledger.errors import Problem, StorageError, UnreadableRecord
from govledger.events import LedgerOpened
from govledger.storage import Listed
from govledger.storage.faults import fault
from govledger.storage.postgres.faults import explained
from govledger.storage.postgres.layout import MARK
from govledger.storage.postgres.store import connected, ledgers, wrong_format
from govledger.storage.postgres.urls import PREFIX, address

PATIENCE = 2
"""Seconds to wait for a ledger whose tables are being made anew."""


def ledgers_at(url: str) -> Iterator[Listed]:
    """The ledgers of the database that a URL means, by name; which one it names does not matter.

    Raises `StorageError` where the URL is none, or the server cannot be asked.
    """
    with connected(address(url)) as raw:
        raw.execute(SQL("SET lock_timeout = '{}s'").format(PATIENCE))
        for name, mark in ledgers(raw):
            listed = _listed(raw, name, mark)
            if listed is not None:
                yield listed


def _listed(raw: psycopg.Connection[Any], name: str, mark: str) -> Listed | None:
    """What is told of a ledger; None where it went away meanwhile."""
    wrong = wrong_format(mark.removeprefix(MARK))
    if wrong is not None:
        code, message, hint = wrong
        return Listed(ledger=name, problem=Problem(code=code, message=message, hint=hint))
    try:
        with explained(name):
            first, last = _ends(raw, PREFIX + name)
            opened = decode(first).event
            return Listed(
                ledger=name,
                name=opened.name if isinstance(opened, LedgerOpened) else None,
                size=last.position,
                recorded_at=recorded_at(last),
            )
    except (StorageError, UnreadableRecord) as error:
        if raw.closed:
            raise
        if isinstance(error.__cause__, psycopg.errors.UndefinedTable):
            return None
        return Listed(ledger=name, problem=error.problems[0])


def _ends(raw: psycopg.Connection[Any], schema: str) -> list[Entry]:
    """The first and the last entry of a ledger."""
    with raw.cursor(binary=True, row_factory=tuple_row) as cursor:
        cursor.execute(SQL(_ENDS).format(Identifier(schema, "records")))
        found = [Entry(*row) for row in cursor.fetchall()]
    if not found:
        raise fault(schema, "damaged", "its log is empty", "restore it from a backup")
    return found


_ENTRY = "SELECT position, originator_id, originator_version, topic, state FROM {0}"
_ENDS = f"({_ENTRY} ORDER BY position LIMIT 1) UNION ALL ({_ENTRY} ORDER BY position DESC LIMIT 1)"
