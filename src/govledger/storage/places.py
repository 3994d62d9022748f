"""Which store a path or a URL means.

Here: `Place`, where a ledger is or may come to be, in a file or in a database, and the list of
those that a database has. Not here: how
stores open and make ledgers; a database's driver is only imported where a URL asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from attrs import frozen

from govledger.codec import Entry
from govledger.errors import Problem, StorageError
from govledger.storage import Listed, Store
from govledger.storage.sqlite import SqliteStore
from govledger.vocabulary import STANDARD, Vocabulary


class Place(Protocol):
    """Where a ledger is, or may come to be."""

    @property
    def name(self) -> str:
        """Where it is, for messages: without a password."""

    @property
    def title(self) -> str:
        """What a new ledger is called there unless it is named."""

    def is_free(self) -> bool:
        """Whether a new ledger may be made there: there is nothing yet."""

    def create(self, first: Entry) -> Store:
        """Make a ledger with a first entry; where somebody else was faster, open theirs."""

    def open(self, *, read_only: bool = False) -> Store:
        """Open the ledger that is there."""

    def is_of(self, store: Store) -> bool:
        """Whether a store that is open is the one that is there."""


def place(path_or_url: str | os.PathLike[str], vocabulary: Vocabulary = STANDARD) -> Place:
    """The place that a path or a URL means. Raises `StorageError` where it means none.

    `vocabulary` is what a ledger there is opened with.
    """
    given = os.fsdecode(path_or_url)
    scheme, separator, _ = given.partition("://")
    if _is_of_postgres(given):
        return _schema(given, vocabulary)
    if separator or given == ":memory:":
        raise StorageError(
            Problem(
                code="unknown-store",
                message=f'no store is known for "{scheme}{separator}"',
                hint="give the path of a file, postgresql://…?ledger=NAME,"
                " or use Ledger.in_memory()",
            )
        )
    return _File(Path(given), vocabulary)


def ledgers(url: str) -> Iterator[Listed]:
    """The ledgers of a database, by name, of which few are in memory at a time.

    `url` is that of `Ledger.open`; which ledger it names, if any, does not matter. One that its
    user may not read, or that this govledger cannot read, is listed with what keeps it from that.

    Raises `StorageError` where the URL means no database, or the server cannot be asked.

    >>> from govledger import StorageError, ledgers
    >>> try:
    ...     list(ledgers("club.db"))
    ... except StorageError as error:
    ...     error.problems[0].code
    'not-a-database'
    """
    if not _is_of_postgres(url):
        raise StorageError(
            Problem(
                code="not-a-database",
                message="only the ledgers of a PostgreSQL database can be listed",
                hint="give its URL, postgresql://user@host:port/database;"
                " a file holds one ledger, its own",
            )
        )
    with _driver():
        from govledger.storage.postgres.listing import ledgers_at  # noqa: PLC0415 - a driver
    return ledgers_at(url)


def _is_of_postgres(given: str) -> bool:
    return given.startswith(("postgresql://", "postgres://"))


@contextmanager
def _driver() -> Iterator[None]:
    """Say what to install where there is no driver to import."""
    try:
        yield
    except ImportError as error:
        raise StorageError(
            Problem(
                code="no-driver",
                message="the driver of PostgreSQL is not installed",
                hint='pip install "govledger[postgres]"',
            )
        ) from error


@frozen
class _File:
    """A file, which SQLite reads and writes."""

    path: Path
    vocabulary: Vocabulary

    @property
    def name(self) -> str:
        """The path, as it was given."""
        return str(self.path)

    @property
    def title(self) -> str:
        """The name of the file."""
        return self.path.stem

    def is_free(self) -> bool:
        """Whether there is nothing, or an empty file."""
        try:
            return not self.path.exists() or (self.path.is_file() and self.path.stat().st_size == 0)
        except OSError:
            return False  # opening it will say what is wrong

    def create(self, first: Entry) -> Store:
        """A new file, or an empty one filled."""
        return SqliteStore.create(self.path, first, self.vocabulary)

    def open(self, *, read_only: bool = False) -> Store:
        """The ledger in the file."""
        return SqliteStore.open(self.path, self.vocabulary, read_only=read_only)

    def is_of(self, store: Store) -> bool:
        """Whether it is the same file, by whatever name."""
        return isinstance(store, SqliteStore) and store.is_in(self.path)


def _schema(url: str, vocabulary: Vocabulary) -> Place:
    with _driver():
        from govledger.storage.postgres.place import schema_at  # noqa: PLC0415 - a driver
    return schema_at(url, vocabulary)
