"""Threads whose calls arrive together are served together, by one of them.

Here: the queue, and who serves it. Not here: what is done for a call, or any ledger.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from threading import Lock
from time import sleep
from typing import Generic, TypeVar, cast

from attrs import define, field

from govledger.errors import Problem, StorageError

MOMENT = 0.00005
"""Seconds in which a thread that was answered comes again, if it has more to say."""

_C = TypeVar("_C")
_R = TypeVar("_R")


def _held() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@define(eq=False)
class _Turn(Generic[_C, _R]):
    """A call that waits: for its answer, or to be the one that serves all who wait."""

    call: _C
    answer: _R | BaseException | None = None
    is_answered: bool = False
    serves: bool = False
    asleep: Lock = field(factory=_held)

    def give(self, answer: _R | BaseException) -> None:
        self.answer, self.is_answered = answer, True
        self.asleep.release()


class Together(Generic[_C, _R]):
    """Groups calls: while one group is served the next one gathers, in order of arrival.

    There is no thread behind it: whoever comes when nobody is served serves, then hands over
    to the first of those who came meanwhile. A call that comes alone waits for nothing.
    """

    def __init__(
        self,
        serve: Callable[[Sequence[_C]], Sequence[_R | BaseException]],
        size: Callable[[_C], int],
        most: int,
    ) -> None:
        """`serve` gives an answer or an error for each call of a group, or raises for all.

        A group holds calls of `most` in `size` together, or one larger call.
        """
        self._serve = serve
        self._size = size
        self._most = most
        self._lock = Lock()
        self._waiting: deque[_Turn[_C, _R]] = deque()
        self._is_served = False
        self._served = 0

    def __call__(self, calls: Iterable[_C]) -> list[_R | BaseException]:
        """The answers to calls, or the errors they met, in their order.

        Waits until all of them are served.
        """
        turns = [_Turn[_C, _R](call) for call in calls]
        try:
            with self._lock:
                self._waiting += turns
                if not self._is_served:
                    self._wake_next()
            for turn in turns:
                self._wait(turn)
        finally:
            self._withdraw(turns)
        return [cast("_R | BaseException", turn.answer) for turn in turns]

    def _wait(self, turn: _Turn[_C, _R]) -> None:
        """Wait for an answer, and serve until then if it comes to that."""
        turn.asleep.acquire()
        if turn.serves:
            self._serve_group()
            self._hand_over(turn)

    def _serve_group(self) -> None:
        group = self._next_group()
        try:
            answers = self._serve([turn.call for turn in group])
        except BaseException as error:
            for turn in group:
                turn.give(interrupted(error))
            raise
        for turn, answer in zip(group, answers, strict=True):
            turn.give(answer)

    def _next_group(self) -> list[_Turn[_C, _R]]:
        """The calls that wait, as many as a group may hold."""
        self._let_others_come()
        with self._lock:
            group = [self._waiting.popleft()]
            room = self._most - self._size(group[0].call)
            while self._waiting and (room := room - self._size(self._waiting[0].call)) >= 0:
                group.append(self._waiting.popleft())
        self._served = len(group)
        return group

    def _let_others_come(self) -> None:
        """Where several were served just now, wait while they come again, one after the other.

        Otherwise the quickest of them would be served alone, and the others after it.
        """
        before = 0
        while before < len(self._waiting) < self._served:
            before = len(self._waiting)
            sleep(MOMENT)

    def _hand_over(self, turn: _Turn[_C, _R]) -> None:
        with self._lock:
            turn.serves = False
            self._wake_next()

    def _wake_next(self) -> None:
        """Let the first of those who wait serve, if any do."""
        self._is_served = bool(self._waiting)
        if self._waiting:
            self._waiting[0].serves = True
            self._waiting[0].asleep.release()

    def _withdraw(self, turns: Iterable[_Turn[_C, _R]]) -> None:
        """Leave nobody waiting for calls that were given up, by an interrupt."""
        for turn in turns:
            if not turn.is_answered:
                with self._lock, suppress(ValueError):
                    self._waiting.remove(turn)
            if turn.serves:
                self._hand_over(turn)


def interrupted(error: BaseException) -> StorageError:
    """What those are told who were served by somebody that was interrupted."""
    told = StorageError(
        Problem(
            code="interrupted",
            message="the thread that was to record this was interrupted",
            hint="look whether it was recorded; with a `key` it is safe to record it again",
        )
    )
    told.__cause__ = error
    return told
