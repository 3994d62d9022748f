"""Ledgers for tests, in every kind of store, and what becomes of them after.

Here: opening them, and dropping those that were made on a server. Not here: fixtures
(`pytest_govledger`), or anything that would drop a ledger which it did not make itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from govledger.ledger import Clock, Ledger


@contextmanager
def new_ledger(
    store: str,
    clock: Clock | None = None,
    *,
    folder: Path,
    postgres: str | None = None,
    **options: Any,
) -> Iterator[Ledger]:
    """A new ledger of a `store`, "memory", "file" or "postgres", as long as the block lasts.

    A file is made in `folder`; a ledger on a server in the database of the URL `postgres`, under
    a name of its own that nobody else takes, and is dropped after. `options` as for `Ledger.open`.
    Raises `StorageError` where it cannot be made.
    """
    match store:
        case "memory":
            with Ledger.in_memory(clock, **options) as ledger:
                yield ledger
        case "file":
            path = folder / f"ledger-{uuid4().hex}.db"
            with Ledger.open(path, clock, **options) as ledger:
                yield ledger
        case "postgres" if postgres is not None:
            url = _free(postgres)
            try:
                with Ledger.open(url, clock, **options) as ledger:
                    yield ledger
            finally:
                _drop(url)
        case _:
            raise ValueError(f"no store is called {store!r}, or no server is named for it")


def _free(database: str) -> str:
    """The URL of a ledger in a database that nobody else takes."""
    place, _, query = database.partition("?")
    options = [option for option in query.split("&") if option and not option.startswith("ledger=")]
    return f"{place}?{'&'.join([*options, f'ledger=test_{uuid4().hex}'])}"


def _drop(url: str) -> None:
    """Drop a ledger that a test made: its schema, and all that is in it."""
    import psycopg  # noqa: PLC0415 - a driver, only where there is a server
    from psycopg import conninfo, sql  # noqa: PLC0415

    from govledger.storage.postgres.urls import address  # noqa: PLC0415

    there = address(url)
    told = conninfo.make_conninfo(**there.told)
    with psycopg.connect(told, autocommit=True) as connection:
        schema = sql.Identifier(there.schema)
        connection.execute("SET lock_timeout TO '10s'")  # a test may have left a transaction open
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
