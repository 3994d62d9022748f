"""Every error govledger raises, and the values it is made of.

Here: `Place`, `Problem` and the exceptions that carry them. Not here: any judgement
about what is wrong; whoever finds a problem describes it. Imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar

from attrs import frozen


@frozen
class Place:
    """Where in a file something stands.

    `file` is its name; `line` and `column` count from 1, in characters; `width` is the number of
    characters the carets mark; `excerpt` is the whole line, without its line end.

    >>> from govledger import Place
    >>> Place("minutes.yaml", line=19, column=15, width=13).line
    19
    """

    file: str
    line: int
    column: int
    width: int = 1
    excerpt: str = ""


@frozen(kw_only=True)
class Problem:
    """One thing that is wrong: a stable `code`, a `message` and a `hint` how to mend it.

    `path` names the field inside the value that was judged (`("tally", "against")`),
    `place` the spot in a file, `subject` and `position` the record, where there is one.

    >>> from govledger import Problem
    >>> print(Problem(code="not-a-count", message='"many" is no number', path=("against",)))
    error[not-a-count]: against: "many" is no number
    """

    code: str
    message: str
    hint: str = ""
    path: tuple[str | int, ...] = ()
    place: Place | None = None
    subject: str | None = None
    position: int | None = None

    word: ClassVar[str] = "error"
    """What it is called where it is printed."""

    def __str__(self) -> str:
        """The problem as people read it: place, reason, excerpt with carets, remedy."""
        if self.place is None:
            field = ".".join(map(str, self.path))
            lines = [f"{self.word}[{self.code}]: {field}{': ' if field else ''}{self.message}"]
            gutter = ""
        else:
            at = self.place
            gutter = " " * len(str(at.line))
            excerpt, column = _window(at)
            lines = [
                f"{at.file}:{at.line}:{at.column}: {self.word}[{self.code}]: {self.message}",
                f"{gutter} |",
                f"{at.line} | {excerpt}",
                f"{gutter} | {' ' * column}{'^' * max(1, min(at.width, len(excerpt) - column))}",
            ]
        if self.hint:
            lines.append(f"{gutter} = help: {self.hint}")
        return "\n".join(map(visible, lines))


_WIDEST = 120
"""How much of a line is shown, in characters."""


def _window(place: Place) -> tuple[str, int]:
    """The part of the line around a place, and the column of the place in it, from 0."""
    column = place.column - 1
    if len(place.excerpt) <= _WIDEST:
        return place.excerpt, column
    start = max(0, min(column - _WIDEST // 3, len(place.excerpt) - _WIDEST))
    part = place.excerpt[start : start + _WIDEST]
    before = "…" if start else ""
    after = "…" if start + _WIDEST < len(place.excerpt) else ""
    return before + part + after, column - start + len(before)


def visible(text: str) -> str:
    """Text whose unprintable characters are replaced: they may be hostile to a terminal."""
    if text.isprintable():
        return text
    shown = text.replace("\t", " ")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)


def brief(value: object) -> str:
    """A value in a message: text in quotes, long ones cut."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else repr(value)
    text = text if len(text) <= 60 else text[:59] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to `word`; empty where none is near."""
    close = get_close_matches(word[:60], tuple(known), n=1)
    return f'did you mean "{close[0]}"?' if close else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to `word`, or lists them all."""
    choices = tuple(known)
    if close := nearest(word, choices):
        return close
    return "use one of: " + ", ".join(choices) if choices else "there is none to choose from"


class GovledgerError(Exception):
    """The parent of every error of this library.

    `problems` holds all that is wrong, not just the first of it; `str()` prints them.

    >>> from govledger import GovledgerError, MotionAdopted
    >>> try:
    ...     MotionAdopted("Bigger bins", on="2024-03-14")
    ... except GovledgerError as error:
    ...     [problem.code for problem in error.problems]
    ['not-a-subject']
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class InvalidInput(GovledgerError, ValueError):  # noqa: N818 - it names the input, not us
    """A value, event, dataset or line that is malformed, whatever the ledger holds.

    >>> from govledger import InvalidInput, When
    >>> try:
    ...     When("14 March")
    ... except InvalidInput as error:
    ...     error.problems[0].code
    'not-a-time'
    """


class RuleBreach(GovledgerError):  # noqa: N818 - the term of the rules table
    """Records that the rules refuse; `problems` are `govledger.rules.Breach` values.

    Nothing was written. `breaches="flag"` records what really happened all the same.
    `head` is the position of the newest record then: the events were to follow it.

    >>> from govledger import Ledger, MotionAdopted, RuleBreach
    >>> with Ledger.in_memory() as ledger:
    ...     try:
    ...         ledger.record(MotionAdopted("bins", on="2024-03-14"))
    ...     except RuleBreach as refused:
    ...         [breach.code for breach in refused.problems], refused.head
    (['not-on-record'], 1)
    """

    def __init__(self, *problems: Problem, head: int = 0) -> None:
        super().__init__(*problems)
        self.head = head


class KeyConflict(GovledgerError):  # noqa: N818 - what happened, as HTTP names it
    """An idempotency key was used again, for other events. Nothing was written.

    >>> from govledger import KeyConflict, Ledger, MotionSubmitted
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(MotionSubmitted("bins", title="Bins", on="2024-03-01"), key="form-1")
    ...     try:
    ...         ledger.record(MotionSubmitted("sand", title="Sand", on="2024-03-01"), key="form-1")
    ...     except KeyConflict as error:
    ...         error.problems[0].code
    'key-conflict'
    """


class ClockError(GovledgerError):
    """The ledger's clock ran backwards or gave a naive time. Nothing was written.

    >>> from datetime import datetime
    >>> from govledger import ClockError, Ledger
    >>> try:
    ...     Ledger.in_memory(clock=lambda: datetime(2024, 3, 14))
    ... except ClockError as error:
    ...     error.problems[0].code
    'naive-clock'
    """


class StorageError(GovledgerError, OSError):
    """The ledger could not be opened, read or written.

    >>> from govledger import Ledger, StorageError
    >>> try:
    ...     Ledger.open("nowhere.db", create=False)
    ... except StorageError as error:
    ...     error.problems[0].code
    'no-ledger'
    """


class Inconsistent(GovledgerError):  # noqa: N818 - it names the tree
    """A tree that does not extend the one that was signed before. Nothing was signed.

    >>> from pathlib import Path
    >>> from govledger import Inconsistent, Ledger, signers
    >>> from govledger.integrity.note import KeyType
    >>> key = Path("club.key")
    >>> with Ledger.in_memory(origin="example.org/club") as ledger:
    ...     _ = signers.new_key(key, ledger.origin, KeyType.ED25519)
    ...     _ = signers.sign(key, ledger.checkpoint(), ledger.consistency)
    >>> with Ledger.in_memory(origin="example.org/club") as another:
    ...     try:
    ...         signers.sign(key, another.checkpoint(), another.consistency)
    ...     except Inconsistent as error:
    ...         error.problems[0].code
    'inconsistent-tree'
    """


class UnreadableRecord(GovledgerError):  # noqa: N818 - it names the record
    """A stored record that this version cannot turn into an event.

    >>> from govledger import UnreadableRecord
    >>> from govledger.codec import Entry, decode
    >>> entry = Entry(2, "motion/bins", 1, "motion.sung@1", b"{}")
    >>> try:
    ...     decode(entry)
    ... except UnreadableRecord as error:
    ...     error.problems[0].code
    'unknown-record-type'
    """


def invalid(code: str, message: str, hint: str = "", *path: str) -> InvalidInput:
    """An `InvalidInput` with one problem, to raise from a converter.

    `path` names the field at fault, where the converter is for a value of several fields.
    """
    return InvalidInput(Problem(code=code, message=message, hint=hint, path=path))
