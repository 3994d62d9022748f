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
        self.connection = connection
        self.schema = schema
        self.cursor: psycopg.Cursor[TupleRow] = connection.cursor(row_factory=tuple_row)
        self.cursor.format = psycopg.pq.Format.BINARY
        self._streams = 0

    def select(self, statement: str, values: Values = ()) -> list[Any]:
        return self.cursor.execute(_marked(statement), values or None).fetchall()

    def gather(self, *groups: Sequence[Question]) -> list[list[Any]]:
        with self.connection.pipeline():
            asked = [[self._asked(*question) for question in group] for group in groups]
            return [[row for cursor in group for row in cursor.fetchall()] for group in asked]

    def _asked(self, statement: str, values: Values) -> psycopg.Cursor[TupleRow]:
        cursor = self.connection.cursor(row_factory=tuple_row)
        cursor.format = psycopg.pq.Format.BINARY
        return cursor.execute(_marked(statement), values or None)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        with self.connection.pipeline():
            yield

    def stream(self, statement: str, values: Values = ()) -> Iterator[Any]:
        self._streams += 1
        with self.connection.cursor(f"stream_{self._streams}", row_factory=tuple_row) as cursor:
            cursor.format = psycopg.pq.Format.BINARY
            cursor.itersize = FETCHED
            yield from cursor.execute(_marked(statement), values or None)

    def run(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) == 1:
            self.cursor.execute(_marked(statement), rows[0])
        else:
            self.cursor.executemany(_marked(statement), rows)

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
        name = f"{self.schema}.{table}"
        return self.select("SELECT to_regclass(?) IS NOT NULL", (name,)) == [(True,)]

    def renew_derived(self) -> None:
        """Empty the derived tables; make them again where they are not as they were made.

        Whoever reads a snapshot from before sees what was there: deleted rows, unlike those of
        tables that were dropped. So dropping waits until nobody reads, and keeps readers out.
        """
        made = {row for row in expected() if row[0] in DERIVED}
        if made == {row for row in present(self.cursor, self.schema) if row[0] in DERIVED}:
            for table in DERIVED:
                self.cursor.execute(f"DELETE FROM {table}")
            return
        self.cursor.execute("LOCK TABLE records IN ACCESS EXCLUSIVE MODE")
        kinds = self.select(
            "SELECT CAST(relkind AS text), relname FROM pg_class"
            " WHERE relnamespace = to_regnamespace(?) AND relname = ANY(?)",
            (self.schema, list(DERIVED)),
        )
        for kind, table in kinds:
            self.cursor.execute(f"DROP {_KINDS[kind]} {table} CASCADE")
        for statement in of_what_is_derived(self.schema):
            self.cursor.execute(statement)


_KINDS = {"r": "TABLE", "p": "TABLE", "f": "FOREIGN TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW"}


@lru_cache(maxsize=1_000)
def _marked(statement: str) -> Any:
    """A statement with the marks of psycopg."""
    named = re.sub(r"(?<!:):(\w+)", r"%(\1)s", statement)
    return cast("Any", named.replace("?", "%s"))
