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
    if cursor is not None:
        cursor = line(cursor)
        with store.read() as reading:
            given = reading.cursors().get(cursor, given)
    _check_held(store, given)
    if cursor is not None:
        _keep(store, cursor, given)  # whoever may not do that is told so now
    return _followed(store, read, given, cursor, inf if timeout is None else timeout)


def _followed(
    store: Store, read: Read, given: int, cursor: str | None, timeout: float
) -> Iterator[Record]:
    def patiently(action: Callable[[], _T]) -> _T:
        return _patiently(action, partial(_check_held, store, given))

    idle_since: float | None = None
    try:
        with store.watch() as wait:
            while True:
                page = patiently(partial(_page, read, given))
                for record in page:
                    yield record
                    given = record.position
                    if cursor is not None:
                        patiently(partial(_keep, store, cursor, given))
                if page:
                    idle_since = None
                    continue
                idle_since = idle_since or monotonic()
                left = idle_since + timeout - monotonic()
                if left <= 0:
                    return
                patiently(partial(wait, left))
    except StorageError as error:
        if error.problems[0].code != "closed":
            raise


def _page(read: Read, given: int) -> list[Record]:
    return list(read(given, given + PAGE))


def _keep(store: Store, cursor: str, position: int) -> None:
    with store.beside() as cursors:
        cursors.keep(cursor, position)


def _check_held(store: Store, position: int) -> None:
    """Raise `StorageError` where a follower has been given what the log does not hold."""
    head = store.head()
    if position > head:
        raise StorageError(
            Problem(
                code="ahead-of-ledger",
                message=f"the follower has come to record {position}, and the ledger to {head}",
                hint="was it restored, or did another server take over? What was made of the"
                " records after that must be undone; begin at a position that both know",
            )
        )


def _patiently(action: Callable[[], _T], check: Callable[[], None]) -> _T:
    """What an action comes to; a server that is away is looked for.

    What is there when it comes back is checked: it may be another one, that lost something.
    """
    pause, longest = PAUSES
    until = None
    while True:
        try:
            if until is not None:
                check()
            return action()
        except StorageError as error:
            until = until or monotonic() + AWAY
            if error.problems[0].code != "no-server" or monotonic() > until:
                raise
        sleep(pause)
        pause = min(2 * pause, longest)
