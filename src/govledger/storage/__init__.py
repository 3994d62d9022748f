"""Where records are kept: the contract of a store, and the stores that honour it.

Here: the `Store`, `Reading` and `Writing` protocols that `Ledger` speaks. The modules beside
this one are the only importers of eventsourcing and of database drivers. Not here: any rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from attrs import frozen

from govledger.audit import Again, Check, Kept
from govledger.codec import Entry
from govledger.errors import Problem
from govledger.events import Event
from govledger.integrity.merkle import Node
from govledger.integrity.personal import Disclosure
from govledger.rules import Finding
from govledger.spans import Books, Judged, Plan
from govledger.vocabulary import Vocabulary

Row = tuple[str, str | None, bytes]
"""A subject on a date: its name, its status, and its state (see `codec.decode_state`)."""


SpanRow = tuple[str, int, int, int, bytes]
"""A span as it is stored: subject, `since`, `known_from`, `known_until`, and the state."""


@frozen(kw_only=True)
class Selection:
    """Which subjects are asked for: those that have all that is said here.

    `after` and `limit` choose a page, in the order in which the log first mentions subjects.
    """

    subject: str | None = None
    kind: str | None = None
    status: str | None = None
    meeting: str | None = None
    after: str | None = None
    limit: int | None = None


@frozen
class Standing:
    """Where a ledger stands: what has to be known to judge what comes.

    Its newest entry (None in an empty log), how many entries there are of each subject, and what
    is on the books.
    """

    last: Entry | None
    versions: Mapping[str, int]
    books: Books


@frozen(kw_only=True)
class Listed:
    """A ledger of a database, as it is listed.

    `ledger` is what `?ledger=` calls it, `name` whose it is, as its first record says, `size` how
    many records it has, and `recorded_at` when the last of them was made. Where something keeps us
    from reading it, `problem` tells what, and nothing else is known.

    >>> from govledger import Listed
    >>> Listed(ledger="vng", name="VNG", size=56).problem is None
    True
    """

    ledger: str
    name: str | None = None
    size: int | None = None
    recorded_at: datetime | None = None
    problem: Problem | None = None


class Reading(Protocol):
    """What can be asked of one snapshot of a ledger. Lists are in log order."""

    def last(self) -> Entry | None:
        """The newest entry; None in an empty log."""

    def about(self, subjects: Iterable[str]) -> list[Entry]:
        """All entries of these subjects."""

    def at(self, positions: Iterable[int]) -> list[Entry]:
        """The entries at these positions, as far as there are any."""

    def keyed(self, key: str) -> list[Entry]:
        """The entries written under an idempotency key."""

    def positions(self, key: str) -> range:
        """The positions of the entries written under an idempotency key."""

    def versions(self, subjects: Iterable[str]) -> dict[str, int]:
        """How many entries there are of each of these subjects that has any."""

    def subjects(self) -> list[str]:
        """The names of all subjects that there are entries about, sorted."""

    def everything(self) -> Iterator[Entry]:
        """Every entry there is, whatever its position."""

    def kept(self) -> Kept:
        """All that is kept of the log, to be verified."""

    def streams(self, after: str) -> list[Entry]:
        """All entries of the next few subjects after one, by name; none after the last."""

    def nodes(self, wanted: Iterable[Node]) -> Mapping[Node, bytes]:
        """Those of the wanted nodes of the tree over the log that are kept."""

    def disclosed(self, digests: Iterable[str]) -> Mapping[str, str]:
        """The arrays of disclosures (`Disclosure.array`), by digest, as far as they are kept."""

    def disclosing(self, text: str) -> list[str]:
        """The digests of the disclosures of this text."""

    def view(self, as_of: int, known: int, chosen: Selection) -> list[Row]:
        """The subjects that are chosen, at an instant, as known at a position."""

    def findings(self, as_of: int, known: int, subjects: Sequence[str] | None) -> list[Finding]:
        """The findings on subjects, or on all, at an instant, as known at a position."""

    def mentioned(self, known: int) -> list[str]:
        """The names of the subjects that were mentioned by a position, in that order."""

    def spans(self, subjects: Sequence[str], known: int) -> list[SpanRow]:
        """The spans of a few subjects that were known by a position, by subject and `since`."""

    def judged(self, known: int) -> list[Judged]:
        """The findings that were known by a position, those that were healed since among them."""

    def cursors(self) -> Mapping[str, int]:
        """How far those who follow the log by a name have come."""

    def again(self) -> AbstractContextManager[Again]:
        """Derive everything again, beside what there is, to compare."""

    def checks(self) -> Iterator[Check]:
        """What the store can say of its own soundness."""


class Writing(Reading, Protocol):
    """What can be asked and done while the ledger's write lock is held."""

    def standing(self, coming: Sequence[Event]) -> Standing:
        """Where the ledger stands, as events that are to come need to know it."""

    def append(
        self, entries: Sequence[Entry], planned: Plan, disclosures: Sequence[Disclosure] = ()
    ) -> None:
        """Write entries at the end of the log, what follows from them, and what they seal.

        Once, after `standing` was asked for the events of these entries.
        """

    def erase(self, digests: Iterable[str]) -> None:
        """Forget disclosures; `Store.purge` then makes sure that nothing is left of them."""

    def rebuild(self, progress: Callable[[int], None] | None = None) -> int:
        """Make all that is derived again; gives the number of entries it follows from."""


class Cursors(Protocol):
    """What can be done to cursors, while nobody else does."""

    def keep(self, name: str, position: int) -> None:
        """Let a cursor be at a position, unless it is beyond."""

    def move(self, name: str, position: int) -> None:
        """Let a cursor be at a position, wherever it was."""

    def forget(self, name: str) -> None:
        """Let there be no cursor of that name."""


Wait = Callable[[float], object]
"""Waits until something may have been written, or the store was closed, at most so many seconds."""


class Store(Protocol):
    """A log of entries with its derived rows, durable once `write` has returned."""

    @property
    def name(self) -> str:
        """Where it is, for messages."""

    @property
    def vocabulary(self) -> Vocabulary:
        """What it was opened with: types that are not known cannot be derived from."""

    def read(self) -> AbstractContextManager[Reading]:
        """One snapshot, for as long as it is held. Ask quickly: writers may have to wait."""

    def write(self) -> AbstractContextManager[Writing]:
        """Hold the write lock; all that is appended is written at the end, or nothing."""

    def head(self) -> int:
        """The position of the newest entry; 0 in an empty log."""

    def entries(self, after: int = 0, upto: int | None = None) -> Iterator[Entry]:
        """The entries with `after` < position <= `upto`, in log order, page by page."""

    def watch(self) -> AbstractContextManager[Wait]:
        """What waits for writers: of all that is written after the first wait, none is missed.

        It may return for nothing, and the first time at once: look then, and wait again.
        """

    def beside(self) -> AbstractContextManager[Cursors]:
        """Move cursors, durably, in one transaction beside the log."""

    def check(self) -> None:
        """Raise `StorageError` in a process that was forked since: whoever waits asks first."""

    def purge(self) -> str:
        """Make sure that nothing is left of what was erased.

        Where that must wait, it says for what, and what is to be done then; else nothing.
        """

    def close(self) -> None:
        """Let go of files and connections."""
