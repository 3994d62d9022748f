"""One transaction of a database, as the rooms of this package speak to it.

Here: `Session`, and what every database says in its own way. Not here: any statement that all
of them understand; those stand where they are asked. Values stand for `?` or `:name` in them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar, Protocol, TypeVar

Values = Sequence[Any] | Mapping[str, Any]
"""What stands for the marks of a statement: in their order, or by name."""

Question = tuple[str, Values]
"""A statement that asks for rows, and its values."""

VARIABLES = 500
"""Values in one list of a statement, well below every build's limit."""

_T = TypeVar("_T", bound=str | int)


class Closing(Protocol):
    """What rows are streamed from."""

    def close(self) -> None:
        """Let go of it; closing twice is fine."""


class Session(ABC):
    """A transaction that statements are run in."""

    OCTETS: ClassVar[str]
    """An expression for the UTF-8 bytes of a column of text."""

    fault: ClassVar[type[Exception]]
    """What the database raises."""

    def __init__(self) -> None:
        self.streams: list[Closing] = []

    @contextmanager
    def released(self) -> Iterator[None]:
        """Close all streams at the end of this block, before the transaction ends.

        One that is still held keeps its snapshot after that, or is closed in the midst of what
        somebody else does on the connection.
        """
        try:
            yield
        finally:
            for stream in self.streams:
                stream.close()

    @abstractmethod
    def select(self, statement: str, values: Values = ()) -> list[Any]:
        """All rows of a question, as tuples."""

    @abstractmethod
    def gather(self, *groups: Sequence[Question]) -> list[list[Any]]:
        """The rows of each group of questions, all of which are asked at once."""

    @abstractmethod
    def at_once(self) -> AbstractContextManager[None]:
        """What is run in this block may go together; its errors come at the end."""

    @abstractmethod
    def stream(self, statement: str, values: Values = ()) -> Iterator[Any]:
        """The rows of a question, of which few are in memory at a time."""

    @abstractmethod
    def run(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row of values."""

    @abstractmethod
    def among(self, values: Sequence[Any]) -> tuple[str, Sequence[Any]]:
        """What follows a column that has one of these values, and the values that it takes."""

    @abstractmethod
    def last_span(self, join: str, condition: str) -> str:
        """A join (CROSS or LEFT) with that span, as `held`, which fits and begins last."""

    @abstractmethod
    def by_index(self, table: str, index: str) -> str:
        """A table, with a hint which index is to be used where the database needs one."""

    @abstractmethod
    def has(self, table: str) -> bool:
        """Whether there is a table: somebody may have dropped it."""

    @abstractmethod
    def renew_derived(self) -> None:
        """Empty the derived tables, or make them again, whatever became of them."""

    def some(self, statement: str, values: Iterable[_T]) -> Iterator[Any]:
        """The rows of a question about many values, a few at a time; `{}` is their condition."""
        for question in self.of_many(statement, values):
            yield from self.select(*question)

    def of_many(self, statement: str, values: Iterable[_T]) -> list[Question]:
        """One question about many values as questions about a few each."""
        split = [self.among(few) for few in slices(values)]
        return [(statement.format(among), given) for among, given in split]


def slices(values: Iterable[_T]) -> Iterator[list[_T]]:
    """Different values, in order, a few at a time."""
    wanted = sorted(set(values))
    for start in range(0, len(wanted), VARIABLES):
        yield wanted[start : start + VARIABLES]
