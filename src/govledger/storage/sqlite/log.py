"""The log as entries: reading it inside one transaction.

Here: the questions asked of the log itself. Not here: writing it (`recorder`), or anything
derived.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import TypeVar

from govledger.codec import Entry
from govledger.storage.sqlite.recorder import marks

PAGE = 1_000
"""Entries fetched at a time, so that no reader holds up a writer, or memory, for long."""

SUBJECTS = 500
"""Subjects whose streams are read at a time."""

VARIABLES = 500
"""Values in one IN list, well below every build's limit."""

_T = TypeVar("_T", bound=str | int)


class Log:
    """The log, in the transaction of a cursor. Lists are in log order."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor
        self._others: list[sqlite3.Cursor] = []

    def release(self) -> None:
        """Close all cursors: one that is still read from keeps its snapshot after its end."""
        for other in self._others:
            other.close()

    def last(self) -> Entry | None:
        found = self._select("ORDER BY position DESC LIMIT 1")
        return found[0] if found else None

    def about(self, subjects: Iterable[str]) -> list[Entry]:
        return self._in("WHERE originator_id IN ({})", subjects)

    def at(self, positions: Iterable[int]) -> list[Entry]:
        return self._in("WHERE position IN ({})", positions)

    def versions(self, subjects: Iterable[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in slices(subjects):
            self._cursor.execute(
                "SELECT originator_id, max(originator_version) FROM records"
                f" WHERE originator_id IN ({marks(some)}) GROUP BY originator_id",
                some,
            )
            found.update(map(tuple, self._cursor.fetchall()))
        return found

    def subjects(self) -> list[str]:
        self._cursor.execute("SELECT DISTINCT originator_id FROM records ORDER BY originator_id")
        return [name for (name,) in self._cursor.fetchall()]

    def everything(self) -> Iterator[Entry]:
        return (Entry(*row) for row in self.columns())

    def columns(self) -> sqlite3.Cursor:
        """The fields of every entry there is."""
        return self._tuples("SELECT * FROM records ORDER BY position")

    def streams(self, after: str) -> list[Entry]:
        self._cursor.execute(
            "SELECT max(originator_id) FROM (SELECT DISTINCT originator_id FROM records"
            " WHERE originator_id > ? ORDER BY originator_id LIMIT ?)",
            (after, SUBJECTS),
        )
        (last,) = self._cursor.fetchone()
        if last is None:
            return []
        cursor = self._tuples(
            "SELECT * FROM records WHERE originator_id > ? AND originator_id <= ?"
            " ORDER BY originator_id, originator_version",
            (after, last),
        )
        return [Entry(*row) for row in cursor]

    def _in(self, where: str, values: Iterable[str | int]) -> list[Entry]:
        found: list[Entry] = []
        for some in slices(values):
            found += self._select(where.format(marks(some)), some)
        return sorted(found, key=attrgetter("position"))

    def _select(self, rest: str, values: Sequence[object] = ()) -> list[Entry]:
        self._cursor.execute(f"SELECT * FROM records {rest}", values)
        return [Entry(*row) for row in self._cursor.fetchall()]

    def _tuples(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        return self.another().execute(statement, values)

    def has(self, table: str) -> bool:
        """Whether there is a table: somebody may have dropped it."""
        return bool(self._tuples("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone())

    def another(self) -> sqlite3.Cursor:
        """Another cursor in the same transaction, whose rows are plain tuples."""
        cursor = self._cursor.connection.cursor()
        cursor.row_factory = None
        self._others.append(cursor)
        return cursor


def slices(values: Iterable[_T]) -> Iterator[list[_T]]:
    """Different values, in order, a few at a time."""
    wanted = sorted(set(values))
    for start in range(0, len(wanted), VARIABLES):
        yield wanted[start : start + VARIABLES]
