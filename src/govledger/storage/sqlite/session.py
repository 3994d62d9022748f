"""One transaction of a SQLite database.

Here: what SQLite says in its own way. Not here: statements that every database understands
(`govledger.storage.tables`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from govledger.storage.sqlite.layout import DERIVED, statements
from govledger.storage.tables.columns import DERIVED_TABLES
from govledger.storage.tables.session import Question, Session, Values


class SqliteSession(Session):
    """The transaction of a cursor, whose rows become plain tuples."""

    OCTETS = "CAST({} AS BLOB)"
    fault = sqlite3.DatabaseError

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        super().__init__()
        cursor.row_factory = None
        self.cursor = cursor

    def select(self, statement: str, values: Values = ()) -> list[Any]:
        return self.cursor.execute(statement, values).fetchall()

    def gather(self, *groups: Sequence[Question]) -> list[list[Any]]:
        return [[row for asked in group for row in self.select(*asked)] for group in groups]

    def at_once(self) -> AbstractContextManager[None]:
        return nullcontext()

    def stream(self, statement: str, values: Values = ()) -> Iterator[Any]:
        cursor = self.cursor.connection.cursor()
        cursor.row_factory = None
        self.streams.append(cursor)
        return cursor.execute(statement, values)

    def run(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        self.cursor.executemany(statement, rows)

    def among(self, values: Sequence[Any]) -> tuple[str, Sequence[Any]]:
        return f"IN ({marks(values)})", values

    def last_span(self, join: str, condition: str) -> str:
        return (
            f"{join} JOIN spans AS held ON held.rowid ="
            f" (SELECT rowid FROM spans WHERE {condition} ORDER BY since DESC LIMIT 1)"
        )

    def by_index(self, table: str, index: str) -> str:
        return f"{table} INDEXED BY {index}"

    def has(self, table: str) -> bool:
        return bool(self.select("SELECT 1 FROM sqlite_master WHERE name = ?", [table]))

    def renew_derived(self) -> None:
        kinds = "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view')"
        for kind, name in self.select(kinds):
            if name in DERIVED_TABLES or name == "tree":
                self.cursor.execute(f"DROP {kind} {name}")
        for statement in statements(DERIVED):
            self.cursor.execute(statement)


def marks(values: Sequence[object]) -> str:
    """As many question marks as there are values."""
    return ",".join("?" * len(values))
