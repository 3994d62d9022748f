"""The log as entries: reading it inside one transaction.

Here: the questions asked of the log itself. Not here: writing it (the recorders of each
database), or anything derived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from govledger.codec import Entry
from govledger.storage.tables.session import Session
from govledger.vocabulary import STANDARD, Vocabulary

PAGE = 1_000
"""Entries fetched at a time, so that no reader holds up a writer, or memory, for long."""

SUBJECTS = 500
"""Subjects whose streams are read at a time."""

COLUMNS = "position, originator_id, originator_version, topic, state"
"""The columns of the log: somebody may have added more."""


class Log:
    """The log, in one transaction. Lists are in log order."""

    def __init__(self, session: Session, vocabulary: Vocabulary = STANDARD) -> None:
        self.session = session
        self.vocabulary = vocabulary

    def last(self) -> Entry | None:
        rows = self.session.select(NEWEST)
        return Entry(*rows[0]) if rows else None

    def about(self, subjects: Iterable[str]) -> list[Entry]:
        return _sorted(self.session.some(_OF_SUBJECTS, subjects))

    def at(self, positions: Iterable[int]) -> list[Entry]:
        return _sorted(self.session.some(_AT_POSITIONS, positions))

    def versions(self, subjects: Iterable[str]) -> dict[str, int]:
        return dict(self.session.some(VERSIONS, subjects))

    def subjects(self) -> list[str]:
        rows = self.session.select(
            "SELECT DISTINCT originator_id FROM records ORDER BY originator_id"
        )
        return [name for (name,) in rows]

    def everything(self) -> Iterator[Entry]:
        return (Entry(*row) for row in self.columns())

    def columns(self) -> Iterator[Any]:
        """The fields of every entry there is."""
        return self.session.stream(f"SELECT {COLUMNS} FROM records ORDER BY position")

    def streams(self, after: str) -> list[Entry]:
        ((last,),) = self.session.select(
            "SELECT max(originator_id) FROM (SELECT DISTINCT originator_id FROM records"
            " WHERE originator_id > ? ORDER BY originator_id LIMIT ?) AS following",
            (after, SUBJECTS),
        )
        if last is None:
            return []
        rows = self.session.select(
            f"SELECT {COLUMNS} FROM records WHERE originator_id > ? AND originator_id <= ?"
            " ORDER BY originator_id, originator_version",
            (after, last),
        )
        return [Entry(*row) for row in rows]


def paged(select: Callable[[int, int], Sequence[Entry]], after: int, upto: int) -> Iterator[Entry]:
    """The entries with `after` < position <= `upto`, of which a page is selected at a time."""
    while after < upto and (page := select(after, upto)):
        yield from page
        after = page[-1].position


def _sorted(rows: Iterable[Any]) -> list[Entry]:
    return sorted((Entry(*row) for row in rows), key=attrgetter("position"))


_OF_SUBJECTS = f"SELECT {COLUMNS} FROM records WHERE originator_id {{}}"
_AT_POSITIONS = f"SELECT {COLUMNS} FROM records WHERE position {{}}"
NEWEST = f"SELECT {COLUMNS} FROM records ORDER BY position DESC LIMIT 1"
"""The entry at the end."""

VERSIONS = (
    "SELECT originator_id, max(originator_version) FROM records"
    " WHERE originator_id {} GROUP BY originator_id"
)
"""How many entries there are about each subject."""
