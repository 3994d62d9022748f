"""One transaction of a PostgreSQL database.

Here: what PostgreSQL says in its own way, and the marks of values. Not here: statements that
every database understands (`govledger.storage.tables`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

import psycopg
from psycopg.rows import TupleRow, tuple_row

from govledger.storage.postgres.layout import (
    DERIVED,
    TABLES,
    expected,
    of_what_is_derived,
    present,
)
from govledger.storage.tables.session import Question, Session, Values

FETCHED = 1_000
"""Rows of a stream that are fetched at a time."""


class PostgresSession(Session):
    """The transaction of a connection, in the schema of a ledger."""

    OCTETS = "convert_to({}, 'UTF8')"
    fault = psycopg.DatabaseError

    def __init__(self, connection: psycopg.Connection[Any], schema: str) -> None:
        super().__init__()
        self.connection = connection
        self.schema = schema
        self.cursor: psycopg.Cursor[TupleRow] = connection.cursor(row_factory=tuple_row)
        self.cursor.format = psycopg.pq.Format.BINARY

    def select(self, statement: str, values: Values = ()) -> list[Any]:
        return self.cursor.execute(self._told(statement), values or None).fetchall()

    def gather(self, *groups: Sequence[Question]) -> list[list[Any]]:
        with self.connection.pipeline():
            asked = [[self._asked(*question) for question in group] for group in groups]
            return [[row for cursor in group for row in cursor.fetchall()] for group in asked]

    def _asked(self, statement: str, values: Values) -> psycopg.Cursor[TupleRow]:
        cursor = self.connection.cursor(row_factory=tuple_row)
        cursor.format = psycopg.pq.Format.BINARY
        return cursor.execute(self._told(statement), values or None)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        with self.connection.pipeline():
            yield

    def stream(self, statement: str, values: Values = ()) -> Iterator[Any]:
        name = f"stream_{len(self.streams) + 1}"
        with self.connection.cursor(name, row_factory=tuple_row) as cursor:
            self.streams.append(cursor)
            cursor.format = psycopg.pq.Format.BINARY
            cursor.itersize = FETCHED
            yield from cursor.execute(self._told(statement), values or None)

    def run(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) == 1:
            self.cursor.execute(self._told(statement), rows[0])
        else:
            self.cursor.executemany(self._told(statement), rows)

    def _told(self, statement: str) -> Any:
        return _in_full(statement, self.schema)

    def among(self, values: Sequence[Any]) -> tuple[str, Sequence[Any]]:
        return "= ANY(?)", [list(values)]

    def last_span(self, join: str, condition: str) -> str:
        end = " ON true" if join == "LEFT" else ""
        return (
            f"{join} JOIN LATERAL (SELECT since, known_from, status, meeting, state FROM spans"
            f" WHERE {condition} ORDER BY since DESC LIMIT 1) AS held{end}"
        )

    def by_index(self, table: str, index: str) -> str:  # noqa: ARG002 - it has statistics
        return table

    def has(self, table: str) -> bool:
        return bool(
            self.select(
                "SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace(?)"
                " AND relname = ? AND relkind IN ('r', 'p')",
                (self.schema, table),
            )
        )

    def renew_derived(self) -> None:
        """Empty the derived tables; make them again where they are not as they were made.

        Whoever reads a snapshot from before sees what was there: deleted rows, unlike those of
        tables that were dropped. So dropping waits until nobody reads, and keeps readers out.
        """
        made = {row for row in expected() if row[0] in DERIVED}
        if made == {row for row in present(self.cursor, self.schema) if row[0] in DERIVED}:
            for table in DERIVED:
                self.run(f"DELETE FROM {table}", [()])
            return
        self.run("LOCK TABLE records IN ACCESS EXCLUSIVE MODE", [()])
        kinds = self.select(
            "SELECT CAST(relkind AS text), relname FROM pg_class"
            " WHERE relnamespace = to_regnamespace(?) AND relname = ANY(?)",
            (self.schema, list(DERIVED)),
        )
        for kind, table in kinds:
            self.cursor.execute(f"DROP {_KINDS[kind]} IF EXISTS {self.schema}.{table} CASCADE")
        for statement in of_what_is_derived(self.schema):
            self.cursor.execute(statement)


_KINDS = {
    "r": "TABLE",
    "p": "TABLE",
    "f": "FOREIGN TABLE",
    "v": "VIEW",
    "m": "MATERIALIZED VIEW",
    "S": "SEQUENCE",
    "c": "TYPE",
    "i": "INDEX",
    "I": "INDEX",
}
"""What may bear the name of a table, and what it is called where it is dropped."""

_NAMED = re.compile(rf"\b(FROM|JOIN|INTO|UPDATE|TABLE)(\s+)({'|'.join(TABLES)})\b")


@lru_cache(maxsize=1_000)
def _in_full(statement: str, schema: str) -> Any:
    """A statement with the marks of psycopg, and its tables named with their schema."""
    named = re.sub(r"(?<!:):(\w+)", r"%(\1)s", _NAMED.sub(rf"\1\2{schema}.\3", statement))
    return cast("Any", named.replace("?", "%s"))
