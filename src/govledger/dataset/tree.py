"""YAML as a tree of nodes, each with its place, read bit by bit.

Here: the text as the parser asks for it, the events that are let through, and the nodes they
make. Not here: what the nodes mean.

YAML is read as parser events, never as objects: every scalar stays text until the field it
belongs to types it; anchors, tags and duplicate keys are refused; size and depth bounded.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

import yaml
from attrs import frozen

from govledger.codec import ENTRY_LIMIT
from govledger.dataset.content import DEEPEST, LARGEST_FILE, MOST_VALUES, PROBLEMS
from govledger.errors import (
    Place,
    Problem,
    brief,
    invalid,
)


@frozen
class Scalar:
    """A single value, still text; None where it is written as null."""

    text: str | None
    place: Place


@frozen
class ListNode:
    """A list."""

    items: tuple[Node, ...]
    place: Place


@frozen
class MapNode:
    """A mapping, its keys in the order of the file."""

    pairs: tuple[tuple[Scalar, Node], ...]
    place: Place

    def get(self, key: str) -> Node | None:
        """The value of a key; None where there is none."""
        return next((value for name, value in self.pairs if name.text == key), None)

    def key(self, key: str) -> Scalar:
        """The key itself, for its place."""
        return next(name for name, _ in self.pairs if name.text == key)


Node = Scalar | ListNode | MapNode


def untyped(node: Node) -> Any:
    """A node as plain values: text, None, lists and mappings."""
    match node:
        case Scalar(text=text):
            return text
        case ListNode(items=items):
            return [untyped(item) for item in items]
        case MapNode(pairs=pairs):
            return {key.text: untyped(value) for key, value in pairs}


def place_in(node: Node, problem: Problem) -> Place:
    """The place inside a node that a problem is about, or of the nearest thing around it."""
    for depth, step in enumerate(problem.path, start=1):
        inner: Node | None = None
        if isinstance(node, MapNode) and isinstance(step, str):
            inner = node.get(step)
            if inner and problem.code in _OF_KEYS and depth == len(problem.path):
                return node.key(step).place
        elif isinstance(node, ListNode) and isinstance(step, int) and step < len(node.items):
            inner = node.items[step]
        if inner is None:
            break
        node = inner
    return node.place


_OF_KEYS = ("unknown-field", "unknown-language", "unknown-term", "not-a-word")
"""What is wrong with a key, not with what stands behind it."""


class Refused(Exception):  # noqa: N818 - ends the reading of a file, and is told as a problem
    """A YAML text holds what is not let through; `problem` says what."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line for YAML 1.1, so that excerpts are those of the parser's lines."""

_CHUNK = 64 * 1024
_LF = b"\n"


class Text:
    """The text of a file as the parser asks for it, and the lines that places may need.

    Lines are kept from the present item on (`forget`), besides those that are pinned.
    """

    def __init__(
        self, file: BinaryIO, name: str, progress: Callable[[int], None] | None = None
    ) -> None:
        self.name = name
        self._file = file
        self._progress = progress
        self._decoder = getincrementaldecoder("utf-8-sig")()
        self._bytes = self._line_feeds = 0
        self._ended = False
        self._ahead: list[str] = []  # read, and not yet asked for by the parser
        self._first = 0
        self._lines: list[str] = []
        self._begun: list[str] = []  # the pieces of a line whose end is not read yet
        self._kept = 0
        self._pinned: dict[int, str] = {}

    def read(self, _size: int = -1, /) -> str:
        """The next piece of text, for the parser; nothing at the end."""
        while not self._ahead and not self._ended:
            self._fetch()
        text = "".join(self._ahead)
        self._ahead.clear()
        return text

    def _fetch(self) -> None:
        self._file.seek(self._bytes)  # several may read one file
        raw = self._file.read(_CHUNK)
        pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            start = max(0, error.start - pending)
            raise invalid(
                "not-utf8",
                f"{self.name}, line {self._line_feeds + raw.count(_LF, 0, start) + 1}:"
                f" byte {self._bytes - pending + error.start} is not UTF-8",
                "save the file as UTF-8 text; a dataset is not a database or a picture",
            ) from None
        self._bytes += len(raw)
        self._line_feeds += raw.count(_LF)
        self._ended = not raw
        if text:
            self._ahead.append(text)
        self._split(text)
        if self._progress is not None:
            self._progress(self._bytes)
        if self._kept + sum(map(len, self._begun)) > LARGEST_FILE:
            excerpt = self._lines[0] if self._lines else self._begun[0]
            place = Place(self.name, self._first + 1, 1, 1, excerpt[:1_000])
            hint = "one record takes some lines of its own; is this a dataset?"
            raise refused("too-large", place, hint, f"from here on, over {LARGEST_FILE}")

    def _split(self, text: str) -> None:
        """Add a piece of text to the lines; a CR at its end may be half of a line end."""
        if self._begun and self._begun[-1] == "\r":
            text = self._begun.pop() + text
        cut = len(text) - (text.endswith("\r") and not self._ended)
        begun, *further = _LINE_END.split(text[:cut])
        self._begun.append(begun)
        if further:
            *whole, begun = further
            whole = ["".join(self._begun), *whole]
            self._lines += whole
            self._kept += sum(map(len, whole)) + len(whole)
            self._begun = [begun]
        if text[cut:]:
            self._begun.append(text[cut:])

    def line(self, number: int) -> str:
        """The line of a number, from 0; nothing where it is not kept, or beyond the end."""
        if number in self._pinned:
            return self._pinned[number]
        while number >= self._first + len(self._lines) and not self._ended:
            self._fetch()
        at = number - self._first
        if 0 <= at < len(self._lines):
            return self._lines[at]
        return "".join(self._begun) if at == len(self._lines) else ""

    def last(self) -> int:
        """The number of the last line that was read."""
        return self._first + len(self._lines)

    def forget(self, number: int) -> None:
        """Keep the lines from a number on only."""
        dropped = min(number - self._first, len(self._lines))
        if dropped > 0:
            self._kept -= sum(map(len, self._lines[:dropped])) + dropped
            del self._lines[:dropped]
            self._first += dropped

    def pin(self, number: int) -> None:
        """Keep a line for good."""
        self._pinned[number] = self.line(number)

    def forbidden(self) -> tuple[int, int]:
        """Where the first character stands that YAML forbids: line and column, from 0."""
        for at, text in enumerate((*self._lines, "".join(self._begun)), start=self._first):
            found = _FORBIDDEN.search(text)
            if found:
                return at, found.start()
        return self.last(), 0


_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Yaml:
    """The one YAML document of a text: its events, and the nodes they make.

    Anything refused is raised as soon as it is met. Values are counted in all or, where
    `whole` is false, by item (`begin`).
    """

    def __init__(self, text: Text, *, whole: bool) -> None:
        self._text = text
        self._whole = whole
        self._values = 0
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._events = self._checked(yaml.parse(text, Loader=loader))

    def __iter__(self) -> Iterator[Any]:
        return self._events

    def _checked(self, events: Iterable[Any]) -> Iterator[Any]:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    hint = "one file is one dataset"
                    raise refused("several-documents", self.place(event), hint)
            if getattr(event, "anchor", None) is not None:
                mark = "*" if isinstance(event, yaml.AliasEvent) else "&"
                hint = "write the value out in full"
                raise refused("anchor", self.place(event), hint, mark + event.anchor)
            if getattr(event, "tag", None) not in (None, "!"):
                raise refused("tag", self.place(event), "leave the tag out", event.tag)
            if isinstance(event, yaml.ScalarEvent) and len(event.value) > ENTRY_LIMIT:
                hint = "keep long texts in a document and cite it by its digest"
                size = f"{len(event.value)} characters"
                raise refused("scalar-too-long", self.place(event), hint, size)
            if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                self._values += 1
                if self._values > MOST_VALUES:
                    hint = "split the file, or use JSON Lines"
                    found = f"over {MOST_VALUES}"
                    raise refused("too-many-values", self.place(event), hint, found)
                yield event

    def place(self, event: Any) -> Place:
        """Where the node of an event stands."""
        start, end = event.start_mark, event.end_mark
        excerpt = self._text.line(start.line)
        ends = end.column if end.line == start.line else len(excerpt)
        width = max(1, ends - start.column)
        return Place(self._text.name, start.line + 1, start.column + 1, width, excerpt)

    def pin(self, event: Any) -> None:
        """Keep the line where something begins that holds items: it may never end."""
        self._text.pin(event.start_mark.line)

    def begin(self, event: Any) -> None:
        """Begin an item: what stands before it is needed no more."""
        self._text.forget(event.start_mark.line)
        if not self._whole:
            self._values = 0

    def skip(self, event: Any) -> None:
        """Pass over a node, whatever it holds."""
        depth = 0
        while True:
            self.begin(event)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if not depth:
                return
            event = next(self._events)

    def key(self, event: Any, seen: set[str | None]) -> Scalar:
        """A key of the outermost mapping, in which each stands once."""
        return self._key(event, seen, 1)

    def _key(self, event: Any, seen: set[str | None], depth: int) -> Scalar:
        key = self.node(event, depth)
        if not isinstance(key, Scalar):
            raise refused("not-a-scalar", key.place, "a key is one word")
        if key.text in seen:
            raise refused("duplicate-key", key.place, "keep one of them", str(key.text))
        seen.add(key.text)
        return key

    def node(self, event: Any, depth: int) -> Node:
        """The node that begins with an event, at a depth."""
        if depth > DEEPEST:
            raise refused("too-deep", self.place(event), f"at most {DEEPEST} levels are read")
        if isinstance(event, yaml.ScalarEvent):
            null = event.implicit[0] and event.value in ("", "~", "null")
            return Scalar(None if null else event.value, self.place(event))
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
                items.append(self.node(inner, depth + 1))
            return ListNode(tuple(items), self.place(event))
        pairs: list[tuple[Scalar, Node]] = []
        seen: set[str | None] = set()
        while not isinstance(inner := next(self._events), yaml.MappingEndEvent):
            key = self._key(inner, seen, depth + 1)
            pairs.append((key, self.node(next(self._events), depth + 1)))
        return MapNode(tuple(pairs), pairs[0][0].place if pairs else self.place(event))


def sentence(code: str) -> str:
    """The sentence of the table as the message of an error."""
    return PROBLEMS[code][0].lower() + PROBLEMS[code][1:].rstrip(".")


def refused(code: str, place: Place, hint: str, detail: str = "") -> Refused:
    """The refusal of what a code of `PROBLEMS` names, at a place."""
    message = sentence(code) + (f" ({brief(detail)[1:-1]})" if detail else "")
    return Refused(Problem(code=code, message=message, hint=hint, place=place))


def why_unreadable(error: Refused | yaml.YAMLError, text: Text) -> Problem:
    """Why a file cannot be read on."""
    if isinstance(error, Refused):
        return error.problem
    try:
        return _yaml_problem(error, text)
    except Refused as endless:  # its line does not end
        return endless.problem


def _yaml_problem(error: yaml.YAMLError, text: Text) -> Problem:
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    mark = getattr(error, "problem_mark", None)
    if "end of stream" in message and getattr(error, "context_mark", None) is not None:
        mark = error.context_mark  # type: ignore[attr-defined] # where the unclosed thing opens
    number, column = text.forbidden() if mark is None else (mark.line, mark.column)
    excerpt = text.line(number)
    if number > text.last():  # it says where the file ends: behind its last line end
        number = text.last()
        excerpt = text.line(number)
    return Problem(
        code="not-yaml",
        message=f"this is not well-formed YAML: {message}",
        hint="check the indentation, colons and quotes of this line and of those around it",
        place=Place(text.name, number + 1, column + 1, 1, excerpt),
    )
