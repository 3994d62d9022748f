"""Where records are kept: the contract of a store, and the stores that honour it.

Here: the `Store`, `Reading` and `Writing` protocols that `Ledger` speaks. The modules beside
this one are the only importers of eventsourcing and of database drivers. Not here: any rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from govledger.audit import Check, Derived
from govledger.codec import Entry


class Reading(Protocol):
    """What can be asked of one snapshot of a log. Lists are in log order."""

    def last(self) -> Entry | None:
        """The newest entry; None in an empty log."""

    def about(self, subjects: Iterable[str]) -> list[Entry]:
        """All entries of these subjects."""

    def naming(self, subjects: Iterable[str]) -> set[str]:
        """The subjects of the entries that name one of these."""

    def at(self, positions: Iterable[int]) -> list[Entry]:
        """The entries at these positions, as far as there are any."""

    def keyed(self, key: str) -> list[Entry]:
        """The entries written under an idempotency key."""

    def everything(self) -> Iterator[Entry]:
        """Every entry there is, whatever its position."""

    def derived(self) -> Iterator[Derived]:
        """Every derived row, ordered by position, table and value."""

    def checks(self) -> Iterator[Check]:
        """What the store can say of its own soundness."""


class Writing(Reading, Protocol):
    """What can be asked and done while the ledger's write lock is held."""

    def append(self, entries: Sequence[Entry], derived: Sequence[Derived]) -> None:
        """Write entries, and the rows that follow from them, at the end of the log."""


class Store(Protocol):
    """A log of entries with its derived rows, durable once `write` has returned."""

    @property
    def name(self) -> str:
        """Where it is, for messages."""

    def read(self) -> AbstractContextManager[Reading]:
        """One snapshot, for as long as it is held. Ask quickly: writers may have to wait."""

    def write(self) -> AbstractContextManager[Writing]:
        """Hold the write lock; all that is appended is written at the end, or nothing."""

    def head(self) -> int:
        """The position of the newest entry; 0 in an empty log."""

    def entries(self, after: int = 0, upto: int | None = None) -> Iterator[Entry]:
        """The entries with `after` < position <= `upto`, in log order, page by page."""

    def close(self) -> None:
        """Let go of files and connections."""
