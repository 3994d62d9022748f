"""Which store a path or a URL means.

Here: `Place`, where a ledger is or may come to be, in a file or in a database. Not here: how
stores open and make ledgers; a database's driver is only imported where a URL asks for it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from attrs import frozen

from govledger.codec import Entry
from govledger.errors import Problem, StorageError
from govledger.storage import Store
from govledger.storage.sqlite import SqliteStore


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


def place(path_or_url: str | os.PathLike[str]) -> Place:
    """The place that a path or a URL means. Raises `StorageError` where it means none."""
    given = os.fsdecode(path_or_url)
    scheme, separator, _ = given.partition("://")
    if separator and scheme in ("postgresql", "postgres"):
        return _schema(given)
    if separator or given == ":memory:":
        raise StorageError(
            Problem(
                code="unknown-store",
                message=f'no store is known for "{scheme}{separator}"',
                hint="give the path of a file, postgresql://…?ledger=NAME,"
                " or use Ledger.in_memory()",
            )
        )
    return _File(Path(given))


@frozen
class _File:
    """A file, which SQLite reads and writes."""

    path: Path

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
        return SqliteStore.create(self.path, first)

    def open(self, *, read_only: bool = False) -> Store:
        """The ledger in the file."""
        return SqliteStore.open(self.path, read_only=read_only)


def _schema(url: str) -> Place:
    try:
        from govledger.storage.postgres.place import schema_at  # noqa: PLC0415 - a driver
    except ImportError as error:
        raise StorageError(
            Problem(
                code="no-driver",
                message="the driver of PostgreSQL is not installed",
                hint='pip install "govledger[postgres]"',
            )
        ) from error
    return schema_at(url)
