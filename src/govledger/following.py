"""Following a log: its records as they are committed, in order, without gaps.

Here: waiting and reading in turn, named cursors, and patience with a server that is away. Not
here: how a store notices that something was written, or what is done with the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import inf
from time import monotonic, sleep
from typing import TypeVar

from govledger.errors import Problem, StorageError, invalid
from govledger.history import Record
from govledger.storage import Store
from govledger.values import count, line

PAGE = 100
"""Records that are read, and their texts disclosed, at a time."""

AWAY = 60.0
"""Seconds for which a server may be away: so long a follower looks for it."""

PAUSES = (0.1, 1.0)
"""Seconds between two looks for the server: the first pause, which doubles, and the longest."""

_T = TypeVar("_T")


Read = Callable[[int, int], Iterable[Record]]
"""Reads the records after one position, up to another."""


def follow(
    store: Store, read: Read, after: int | None, cursor: str | None, timeout: float | None
) -> Iterator[Record]:
    """The records after a position or a cursor, then those to come (see `Ledger.follow`)."""
    if timeout is not None and not timeout >= 0:
        raise invalid("not-a-timeout", f"nobody can wait for {timeout} seconds", "give 0 or more")
    given = 0 if after is None else count(after)
    store.head()  # one that is closed says so now
    if cursor is not None:
        cursor = line(cursor)
        with store.read() as reading:
            given = reading.cursors().get(cursor, given)
    last = next(iter(read(given - 1, given)), None) if given else None
    if given and last is None:
        raise _lost(given)
    if cursor is not None:
        _keep(store, cursor, given)  # whoever may not do that is told so now
    return _followed(store, read, last, cursor, inf if timeout is None else timeout)


def _followed(
    store: Store, read: Read, last: Record | None, cursor: str | None, timeout: float
) -> Iterator[Record]:
    idle_since: float | None = None
    try:
        with store.watch() as wait:
            while True:
                page = _patiently(partial(_page, store, read, last))
                for record in page:
                    yield record
                    last = record
                    if cursor is not None:
                        _patiently(partial(_keep, store, cursor, record.position))
                if page:
                    idle_since = None
                    continue
                idle_since = idle_since or monotonic()
                left = idle_since + timeout - monotonic()
                if left <= 0:
                    return
                _patiently(partial(wait, left))
    except StorageError as error:
        if error.problems[0].code != "closed":
            raise


def _page(store: Store, read: Read, last: Record | None) -> list[Record]:
    """The records after the last that was given, which must still be there.

    A server that took over from another may lack it, or hold something else in its place.
    """
    if last is None:
        return list(read(0, PAGE))
    if store.head() == last.position:
        return []
    page = list(read(last.position - 1, last.position + PAGE))
    if not page or _signs(page[0]) != _signs(last):
        raise _lost(last.position)
    return page[1:]


def _signs(record: Record) -> tuple[object, ...]:
    """What tells records apart, whatever was erased of them."""
    return record.position, record.version, record.subject, record.type, record.recorded_at


def _keep(store: Store, cursor: str, position: int) -> None:
    with store.beside() as cursors:
        cursors.keep(cursor, position)


def _lost(position: int) -> StorageError:
    return StorageError(
        Problem(
            code="lost-record",
            message=f"the ledger no longer holds record {position}, which the follower was given",
            hint="was it restored, or did another server take over? Undo what was made of the"
            " records that are lost, and begin after the last that is not",
        )
    )


def _patiently(action: Callable[[], _T]) -> _T:
    """What an action comes to; a server that is away is looked for."""
    pause, longest = PAUSES
    until = None
    while True:
        try:
            return action()
        except StorageError as error:
            until = until or monotonic() + AWAY
            if error.problems[0].code != "no-server" or monotonic() > until:
                raise
        sleep(pause)
        pause = min(2 * pause, longest)
