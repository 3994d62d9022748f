"""Datasets: records, documents and expectations in YAML, read with positions.

Here: reading (every problem at once, each at its line and column), importing into a
ledger batch by batch, and judging: breaches, unmet expectations, citations that do not hold.
Not here: other formats and files to import (`interchange`), nor any printing.

YAML is read as parser events, never as objects: every scalar stays text until the field it
belongs to types it; anchors, tags and duplicate keys are refused; size and depth bounded.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import file_digest, sha256
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol, TypedDict, cast

import attrs
import yaml
from attrs import field, frozen
from attrs.converters import optional

from govledger.codec import ENTRY_LIMIT, canonical, payload
from govledger.errors import (
    GovledgerError,
    InvalidInput,
    Place,
    Problem,
    RuleBreach,
    brief,
    did_you_mean,
    invalid,
)
from govledger.events import Event, event_type, subject_name
from govledger.history import Record
from govledger.ledger import Ledger
from govledger.register import FIELDS, Register
from govledger.rules import Breach, profile_named
from govledger.source import Source, quoted
from govledger.spans import BATCH
from govledger.values import batches, count, digest, line, structure
from govledger.when import timezone, view_instant, zone_name

VERSION = "1"
"""The version of the dataset format, as `govledger: 1` states it."""

LARGEST_FILE = 32 * 1024 * 1024
"""The largest dataset that is loaded, in bytes; of one that streams, the largest item."""

MOST_VALUES = 500_000
"""How many values a dataset that is loaded may hold; of one that streams, any item of it."""

DEEPEST = 12
"""How deep mappings and lists may nest."""

PROBLEMS: Mapping[str, str] = {
    "too-large": "The file is larger than a dataset may be.",
    "not-utf8": "The file is not UTF-8 text.",
    "not-yaml": "The file is not well-formed YAML.",
    "several-documents": "The file holds more than one YAML document.",
    "anchor": "Anchors and aliases are refused: every fact stands where it is read.",
    "tag": "Tags are refused: the field says what its value is.",
    "duplicate-key": "A key stands twice in one mapping.",
    "too-many-values": "The file holds more values than are read at once.",
    "too-deep": "Mappings and lists nest deeper than any dataset needs.",
    "scalar-too-long": "One value is longer than a whole record may be.",
    "not-a-mapping": "A mapping is wanted here.",
    "not-a-list": "A list is wanted here.",
    "not-a-scalar": "A single value is wanted here.",
    "unknown-version": "The dataset has a version that is not known here.",
    "unknown-field": "A key that is not known here.",
    "missing-field": "A key that must be there is missing.",
    "no-type": "A record names no event type.",
    "several-types": "A record names more than one event type.",
    "unknown-type": "No event type has that name.",
    "unknown-document": "A source names a document that is not declared.",
    "document-without-digest": "A span is cited from a document whose digest is not declared.",
    "no-subject": "An expectation names no subject.",
    "several-subjects": "An expectation names more than one subject.",
    "expectation-failed": "The ledger disagrees with an expectation.",
    "document-missing": "No file in the directory has the digest of the document.",
    "span-outside": "A span ends beyond the end of its document.",
    "span-differs": "The text of a span does not have the digest that is cited.",
}
"""What can be wrong with a dataset besides its values: code -> what it means."""


# --- the tree ---------------------------------------------------------------------------


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


def _at(node: Node, problem: Problem) -> Place:
    """The place inside a node that a problem is about, or of the nearest thing around it."""
    for depth, step in enumerate(problem.path, start=1):
        inner: Node | None = None
        if isinstance(node, MapNode) and isinstance(step, str):
            inner = node.get(step)
            if inner and problem.code == "unknown-field" and depth == len(problem.path):
                return node.key(step).place
        elif isinstance(node, ListNode) and isinstance(step, int) and step < len(node.items):
            inner = node.items[step]
        if inner is None:
            break
        node = inner
    return node.place


class _Refused(Exception):  # noqa: N818 - ends the reading of a file, seen by nobody else
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line for YAML 1.1, so that excerpts are those of the parser's lines."""

_CHUNK = 64 * 1024
_LF = b"\n"


class _Text:
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
            raise _refused("too-large", place, hint, f"from here on, over {LARGEST_FILE}")

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


class _Yaml:
    """The one YAML document of a text: its events, and the nodes they make.

    Anything refused is raised as soon as it is met. Values are counted in all or, where
    `whole` is false, by item (`begin`).
    """

    def __init__(self, text: _Text, *, whole: bool) -> None:
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
                    raise _refused("several-documents", self.place(event), hint)
            if getattr(event, "anchor", None) is not None:
                mark = "*" if isinstance(event, yaml.AliasEvent) else "&"
                hint = "write the value out in full"
                raise _refused("anchor", self.place(event), hint, mark + event.anchor)
            if getattr(event, "tag", None) not in (None, "!"):
                raise _refused("tag", self.place(event), "leave the tag out", event.tag)
            if isinstance(event, yaml.ScalarEvent) and len(event.value) > ENTRY_LIMIT:
                hint = "keep long texts in a document and cite it by its digest"
                size = f"{len(event.value)} characters"
                raise _refused("scalar-too-long", self.place(event), hint, size)
            if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                self._values += 1
                if self._values > MOST_VALUES:
                    hint = "split the file, or use JSON Lines"
                    found = f"over {MOST_VALUES}"
                    raise _refused("too-many-values", self.place(event), hint, found)
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
            raise _refused("not-a-scalar", key.place, "a key is one word")
        if key.text in seen:
            raise _refused("duplicate-key", key.place, "keep one of them", str(key.text))
        seen.add(key.text)
        return key

    def node(self, event: Any, depth: int) -> Node:
        """The node that begins with an event, at a depth."""
        if depth > DEEPEST:
            raise _refused("too-deep", self.place(event), f"at most {DEEPEST} levels are read")
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


def _said(code: str) -> str:
    """The sentence of the table as the message of an error."""
    return PROBLEMS[code][0].lower() + PROBLEMS[code][1:].rstrip(".")


def _refused(code: str, place: Place, hint: str, detail: str = "") -> _Refused:
    message = _said(code) + (f" ({brief(detail)[1:-1]})" if detail else "")
    return _Refused(Problem(code=code, message=message, hint=hint, place=place))


def _unreadable(error: _Refused | yaml.YAMLError, text: _Text) -> Problem:
    """Why a file cannot be read on."""
    if isinstance(error, _Refused):
        return error.problem
    try:
        return _yaml_problem(error, text)
    except _Refused as refused:  # its line does not end
        return refused.problem


def _yaml_problem(error: yaml.YAMLError, text: _Text) -> Problem:
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


# --- what a dataset holds ---------------------------------------------------------------


def _profile_name(value: str) -> str:
    return profile_named(line(value)).name


@frozen(kw_only=True)
class Head:
    """What a dataset says of the ledger it is meant for."""

    name: str | None = field(default=None, converter=optional(line))
    timezone: str | None = field(default=None, converter=optional(zone_name))
    profile: str | None = field(default=None, converter=optional(_profile_name))


@frozen(kw_only=True)
class Document:
    """A document that sources cite: `sha256` is the digest of its bytes."""

    title: str | None = field(default=None, converter=optional(line))
    url: str | None = field(default=None, converter=optional(line))
    sha256: str | None = field(default=None, converter=optional(digest))


class Where(Protocol):
    """Where in a file something stands."""

    @property
    def place(self) -> Place:
        """The place of the whole."""

    def locate(self, path: str) -> Place | None:
        """The place of a field in it (`tally.in_favour`), where it is written."""


@frozen(kw_only=True)
class Fact:
    """A record of a dataset: its event, where it stands, and its number there, if any.

    `said` are bytes that say the same: they tell whether it was imported before.
    """

    event: Event
    at: Where
    said: bytes
    number: int | None = None

    @property
    def place(self) -> Place:
        """The place of the record."""
        return self.at.place

    def place_of(self, *names: str) -> Place:
        """The place of the first of these fields that is written; else of the record."""
        return next(filter(None, map(self.at.locate, names)), self.place)


@frozen(kw_only=True)
class Expectation:
    """What the minutes say of a subject on a date: field -> (expected value, its place)."""

    place: Place
    as_of: str
    known_at: str | None
    subject: str
    fields: Mapping[str, tuple[Any, Place]]


@frozen(kw_only=True)
class Dataset:
    """A dataset as far as it could be read; `problems` say what could not."""

    file: str
    digest: str
    head: Head = Head()
    documents: Mapping[str, Document] = field(factory=dict)
    entries: tuple[Fact, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    problems: tuple[Problem, ...] = ()


Item = Head | Fact | Expectation | Problem
"""What a file holds, one after the other."""


# --- reading ----------------------------------------------------------------------------


def read(path: str | Path, progress: Callable[[int], None] | None = None) -> Iterator[Item]:
    """Read a dataset in YAML item by item, however large it is.

    Gives the `Head`, if there is one, before all else, then facts, expectations and problems
    in the order of the file. `progress` is called with the number of bytes read. What records
    rest on (`govledger`, `ledger`, `documents`) is known before the first of them: where it
    does not stand in front, the file is read twice.

    Raises `InvalidInput` where the file cannot be read on, `OSError` where there is none.
    """
    return _Reader(path).read(progress)


def load(path: str | Path) -> Dataset:
    """Read a dataset in YAML as a whole.

    Never raises for what the file holds: `problems` of the result lists everything that is
    wrong, and what could be read stands beside it. Raises `OSError` where there is no file.
    """
    size = Path(path).stat().st_size
    if size > LARGEST_FILE:
        problem = Problem(
            code="too-large",
            message=f"{path}: {size} bytes, and at most {LARGEST_FILE} are read as a whole",
            hint="import it, which reads it bit by bit; or split it",
        )
        return Dataset(file=str(path), digest="", problems=(problem,))
    reader = _Reader(path, whole=True)
    dataset = gathered(path, reader.read())
    return attrs.evolve(dataset, documents=reader.declared()) if dataset.digest else dataset


def gathered(path: str | Path, items: Iterable[Item]) -> Dataset:
    """All that is read from a file; where it could not be read on, the reason only."""
    head, entries, expectations = Head(), list[Fact](), list[Expectation]()
    problems: list[Problem] = []
    try:
        for item in items:
            match item:
                case Fact():
                    entries.append(item)
                case Problem():
                    problems.append(item)
                case Expectation():
                    expectations.append(item)
                case Head():
                    head = item
    except InvalidInput as error:
        return Dataset(file=str(path), digest="", problems=error.problems)
    return Dataset(
        file=str(path),
        digest=digest_of(path),
        head=head,
        entries=tuple(entries),
        expectations=tuple(expectations),
        problems=tuple(sorted(problems, key=by_place)),
    )


def digest_of(path: str | Path) -> str:
    """The SHA-256 digest of the bytes of a file."""
    with Path(path).open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


_BASE = ("govledger", "ledger", "documents")
"""What records rest on."""

_KEYS = (*_BASE, "records", "expect")


@frozen
class _Spot:
    """Where a record stands in YAML."""

    place: Place
    places: Mapping[str, Place]

    def locate(self, path: str) -> Place | None:
        return self.places.get(path)


class _Reader:
    """Reads a file, collecting every problem on the way."""

    def __init__(self, path: str | Path, *, whole: bool = False) -> None:
        self.path = Path(path)
        self.file = str(path)
        self.whole = whole
        self.problems: list[Problem] = []
        self.documents: dict[str, Document | None] = {}

    def declared(self) -> dict[str, Document]:
        """The documents that are declared without fault."""
        return {name: d for name, d in self.documents.items() if d is not None}

    def read(self, progress: Callable[[int], None] | None = None) -> Iterator[Item]:
        with self.path.open("rb") as file:
            before, text = _Text(file, self.file), _Text(file, self.file, progress)
            try:
                try:
                    base = self._base(before)
                except (_Refused, InvalidInput, yaml.YAMLError):
                    for _ in self._items(text, {}):  # what is told is the first that is refused
                        pass
                    raise
                yield from self._items(text, base)
            except (_Refused, yaml.YAMLError) as error:
                raise InvalidInput(_unreadable(error, text)) from None

    def _base(self, text: _Text) -> Mapping[str, Node]:
        """What records rest on, wherever it stands."""
        found: dict[str, Node] = {}
        tree = _Yaml(text, whole=False)
        events = iter(tree)
        if not isinstance(next(events, None), yaml.MappingStartEvent):
            return found
        while len(found) < len(_BASE) and not isinstance(
            inner := next(events), yaml.MappingEndEvent
        ):
            key = tree.node(inner, 1)
            name = key.text if isinstance(key, Scalar) else None
            if name in _BASE:
                found[str(name)] = tree.node(next(events), 1)
            else:
                tree.skip(next(events))
        return found

    def _items(self, text: _Text, base: Mapping[str, Node]) -> Iterator[Item]:
        head = self._built(Head, base.get("ledger"))
        self.documents = dict(self._documents(base.get("documents")))
        if head:
            yield head
        tree = _Yaml(text, whole=self.whole)
        events = iter(tree)
        first = next(events, None)
        if isinstance(first, yaml.MappingStartEvent):
            yield from self._sections(tree, first, base)
        elif first is not None:
            root = tree.node(first, 0)
            hint = "write govledger: 1, and records: on a line of its own"
            self._say("not-a-mapping", root.place, _said("not-a-mapping"), hint)
        else:
            self._version(None, Place(self.file, 1, 1, 1, text.line(0)))
        for _ in events:  # to the end of the file: what follows the mapping is refused there
            pass
        yield from self._found()

    def _sections(self, tree: _Yaml, first: Any, base: Mapping[str, Node]) -> Iterator[Item]:
        """What the outermost mapping holds."""
        events = iter(tree)
        tree.pin(first)
        seen: set[str | None] = set()
        root: Place | None = None
        while not isinstance(inner := next(events), yaml.MappingEndEvent):
            tree.begin(inner)
            key = tree.key(inner, seen)
            name = str(key.text)
            if name not in _KEYS:
                hint = did_you_mean(name, _KEYS)
                self._say("unknown-field", key.place, f"{brief(key.text)} is not known here", hint)
            if root is None:
                root = key.place
                self._version(base.get("govledger"), root)
            value = next(events)
            if name in ("records", "expect") and isinstance(value, yaml.SequenceStartEvent):
                tree.pin(value)
                while not isinstance(inner := next(events), yaml.SequenceEndEvent):
                    tree.begin(inner)
                    node = tree.node(inner, 2)
                    read = self._entry(node) if name == "records" else self._expectation(node)
                    if read is not None:
                        yield read
                    yield from self._found()
                continue
            node = tree.node(value, 1)
            nothing = isinstance(node, Scalar) and node.text is None
            if name in ("records", "expect") and not nothing:
                hint = "begin each item with -"
                self._say("not-a-list", node.place, _said("not-a-list"), hint)
            yield from self._found()
        if root is None:
            self._version(None, tree.place(first))

    def _found(self) -> Iterator[Problem]:
        """The problems since this was asked last."""
        yield from sorted(self.problems, key=by_place)
        self.problems.clear()

    def _version(self, version: Node | None, root: Place) -> None:
        if version is None:
            message = 'the key "govledger" is missing'
            self._say("missing-field", root, message, "add govledger: 1")
        elif untyped(version) != VERSION:
            self._say(
                "unknown-version",
                version.place,
                f"this is version {untyped(version)} of the format, and version {VERSION} is read",
                "upgrade govledger, or write govledger: 1",
            )

    def _say(self, code: str, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Problem(code=code, message=message, hint=hint, place=place))

    def _mapping(self, node: Node | None) -> MapNode | None:
        if node is None or isinstance(node, MapNode):
            return node
        self._say("not-a-mapping", node.place, _said("not-a-mapping"), "write key: value")
        return None

    def _built(self, cls: type[Any], node: Node | None) -> Any:
        """A value of `cls` from a mapping; None where it has problems."""
        if node is None:
            return None
        try:
            return structure(cls, untyped(node))
        except InvalidInput as error:
            self._place(error, node)
            return None

    def _place(self, error: InvalidInput, node: Node) -> None:
        self.problems += [attrs.evolve(p, place=_at(node, p)) for p in error.problems]

    def _documents(self, node: Node | None) -> Iterator[tuple[str, Document | None]]:
        mapping = self._mapping(node)
        for key, value in mapping.pairs if mapping else ():
            yield str(key.text), self._built(Document, value)

    def _entry(self, node: Node) -> Fact | None:
        record = self._mapping(node)
        if record is None:
            return None
        types = [key for key, _ in record.pairs if "." in str(key.text)]
        if len(types) != 1:
            code = "several-types" if types else "no-type"
            self._say(
                code,
                (types[1] if types else record).place,
                _said(code),
                "make it two records"
                if types
                else "begin a record with its type and subject, - motion.adopted: rob-ii",
            )
            return None
        (key,) = types
        try:
            cls = event_type(str(key.text))
        except InvalidInput as error:
            self.problems += [attrs.evolve(p, place=key.place) for p in error.problems]
            return None
        subject = record.get(str(key.text))
        assert subject is not None  # noqa: S101 - the key was found a moment ago
        stray = next((name for name, _ in record.pairs if name.text == "subject"), None)
        if stray is not None:
            self._say(
                "unknown-field",
                stray.place,
                "the subject stands behind the type, not in a field of its own",
                f"write - {key.text}: {brief(untyped(subject))[1:-1]}, and leave this out",
            )
            return None
        rest = MapNode(
            (
                (attrs.evolve(key, text="subject"), subject),
                *((name, value) for name, value in record.pairs if name is not key),
            ),
            key.place,
        )
        fields = untyped(rest)
        cited = rest.get("source")
        if cited is not None and not self._resolve(cited, fields):
            return None
        try:
            event = structure(cls, fields)
        except InvalidInput as error:
            self._place(error, rest)
            return None
        places = {str(name.text): value.place for name, value in rest.pairs}
        if isinstance(cited, MapNode):
            places |= {f"source.{name.text}": value.place for name, value in cited.pairs}
        said = canonical({"type": event.type, "subject": event.subject, **payload(event)})
        return Fact(event=event, at=_Spot(key.place, places), said=said)

    def _resolve(self, cited: Node, fields: dict[str, Any]) -> bool:
        """Fill in a source from the document it names."""
        given = fields["source"]
        if not isinstance(given, dict) or "document" not in given:
            return True  # the schema will say what is wrong
        if self.documents.get(str(given["document"]), "") is None:
            return False  # it is declared, and what is wrong with it is said there
        document = self.documents.get(str(given["document"]))
        named = cited.get("document") if isinstance(cited, MapNode) else None
        place = (named or cited).place
        if document is None:
            self._say(
                "unknown-document",
                place,
                f"{brief(given['document'])} is not declared under documents",
                did_you_mean(str(given["document"]), self.documents),
            )
            return False
        if "span" in given and document.sha256 is None:
            self._say(
                "document-without-digest",
                place,
                f'"{given["document"]}" is cited by span, and its digest is not declared',
                "add its sha256 under documents",
            )
            return False
        known = {
            "title": document.title,
            "url": document.url,
            "document_sha256": document.sha256,
        }
        fields["source"] = {**{k: v for k, v in known.items() if v is not None}, **given}
        return True

    def _judge(self, node: Node | None, convert: Callable[[Any], object]) -> None:
        """Say what is wrong with a value, if it does not convert."""
        if node is not None:
            try:
                convert(untyped(node))
            except InvalidInput as error:
                self._place(error, node)

    def _expectation(self, node: Node) -> Expectation | None:
        mapping = self._mapping(node)
        if mapping is None:
            return None
        kinds = [key for key, _ in mapping.pairs if key.text in FIELDS]
        if len(kinds) != 1:
            code = "several-subjects" if kinds else "no-subject"
            self._say(
                code,
                (kinds[1] if kinds else mapping).place,
                _said(code),
                "name one of: " + ", ".join(FIELDS),
            )
            return None
        (kind,) = kinds
        before = len(self.problems)
        values: dict[str, tuple[Any, Place]] = {}
        for key, value in mapping.pairs:
            name = str(key.text)
            if name in ("as_of", "known_at") or key is kind:
                continue
            if name not in FIELDS[str(kind.text)]:
                self._say(
                    "unknown-field",
                    key.place,
                    f"a {kind.text} has no {brief(name)}",
                    did_you_mean(name, FIELDS[str(kind.text)]),
                )
            values[name] = (untyped(value), value.place)
        as_of, known_at = (mapping.get(name) for name in ("as_of", "known_at"))
        named = mapping.get(str(kind.text))
        subject = ""
        try:
            subject = subject_name(untyped(named) if named else "", str(kind.text))
        except InvalidInput as error:
            self.problems += [attrs.evolve(p, place=(named or kind).place) for p in error.problems]
        self._judge(as_of, lambda text: view_instant(text, timezone("UTC")))
        self._judge(known_at, _known)
        if as_of is None or not values:
            self._say(
                "missing-field",
                mapping.place,
                '"as_of" is missing' if as_of is None else "nothing is expected of it",
                f"write {{as_of: 2018-11-30, {kind.text}: …, status: …}}",
            )
        if len(self.problems) > before:
            return None
        return Expectation(
            place=mapping.place,
            as_of=str(untyped(as_of)) if as_of else "",
            known_at=None if known_at is None else str(untyped(known_at)),
            subject=subject,
            fields=values,
        )


def _known(text: Any) -> int | str:
    """A position as a number; a day or an instant as it is, if it is one."""
    if isinstance(text, str) and text.isdecimal():
        return count(text)
    view_instant(text, timezone("UTC"))
    return str(text)


def by_place(problem: Problem) -> tuple[int, int]:
    """Where a problem stands, as a key to sort by."""
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)


# --- importing --------------------------------------------------------------------------


def new_ledger(dataset: Dataset) -> Ledger:
    """An empty ledger in memory, for the association that a dataset speaks of."""
    return Ledger.in_memory(**ledger_options(dataset))


class LedgerOptions(TypedDict, total=False):
    """Arguments of `Ledger.open` that a dataset may give."""

    name: str
    timezone: str
    profile: str


def ledger_options(dataset: Dataset | Head) -> LedgerOptions:
    """What a dataset says of its ledger, as arguments of `Ledger.open`."""
    said = attrs.asdict(dataset.head if isinstance(dataset, Dataset) else dataset)
    return cast("LedgerOptions", {name: value for name, value in said.items() if value})


Mode = Literal["refuse", "flag"]
"""What is done with breaches of the rules (see `Ledger.record`)."""

MOST_PROBLEMS = 1_000
"""How many problems of a file are kept to be told; the rest is counted."""

GOES_ON = "import the file again once it is mended: it goes on from there"
"""How an import that stopped is taken up."""


@frozen(kw_only=True)
class Imported:
    """How far an import has come; `str()` says it in words.

    Of the records `read`, some were `written`, and some `skipped`: an earlier import had
    written them. `last` is the place of the last one that is on record, None where none is.
    `problems` counts what is wrong with the file; from the first of them on nothing is written.
    """

    read: int = 0
    written: int = 0
    skipped: int = 0
    problems: int = 0
    last: Place | None = None

    def __str__(self) -> str:
        if self.last is None:
            return "nothing was imported"
        number = self.written or self.skipped
        records = f"{number:,} record{'' if number == 1 else 's'}"
        upto = f"{records}, up to {self.last.file}:{self.last.line:,},"
        verb = "was" if number == 1 else "were"
        if not self.written:
            return f"nothing was imported; {upto} {verb} on record before"
        rest = f"; {self.skipped:,} before them were on record" if self.skipped else ""
        return f"{upto} {verb} written before{rest}"

    def note(self) -> str:
        """The account that an exception carries."""
        return f"{self}; {GOES_ON}" if self.last else str(self)


def import_facts(
    ledger: Ledger, items: Iterable[Item], *, breaches: Mode = "refuse"
) -> Iterator[Imported]:
    """Record the facts of a file in batches of 1,000, each all or nothing.

    Gives an account after each batch. A batch is written under a key that is the digest of
    all facts up to its end, so what an earlier import wrote is passed over, and the same facts
    are written once. With the first problem the writing ends, and the reading goes on.

    Raises `InvalidInput` with the problems (at most 1,000), or at once `RuleBreach` with each
    breach at the line of its record; a note of the exception holds the account. What was
    written before stays.
    """
    account, found = Imported(), list[Problem]()
    writer = _Writer(ledger)
    for facts, problems in _groups(items):
        found += problems[: MOST_PROBLEMS - len(found)]
        account = attrs.evolve(
            account, read=account.read + len(facts), problems=account.problems + len(problems)
        )
        if facts and not account.problems:
            try:
                skipped, _ = writer.write(facts, breaches)
            except GovledgerError as error:
                error.add_note(account.note())
                raise
            account = attrs.evolve(
                account,
                written=account.written + len(facts) - skipped,
                skipped=account.skipped + skipped,
                last=facts[-1].place,
            )
        yield account
    if found:
        refused = InvalidInput(*sorted(found, key=by_place))
        refused.add_note(account.note())
        raise refused


def _groups(items: Iterable[Item]) -> Iterator[tuple[list[Fact], list[Problem]]]:
    """Facts and problems, a batch at a time; why a file cannot be read on is a problem."""
    facts, problems = list[Fact](), list[Problem]()
    try:
        for item in items:
            if isinstance(item, Fact):
                facts.append(item)
            elif isinstance(item, Problem):
                problems.append(item)
            if len(facts) + len(problems) == BATCH:
                yield facts, problems
                facts, problems = [], []
    except InvalidInput as error:
        problems += error.problems
    if facts or problems:
        yield facts, problems


class Runs:
    """The positions of increasing numbers; numbers and positions in step take no room."""

    def __init__(self) -> None:
        self._runs: list[list[int]] = []  # first number, first position, length

    def add(self, number: int, position: int) -> None:
        """Add a number, greater than all before."""
        if self._runs:
            first, start, length = run = self._runs[-1]
            if number == first + length and position == start + length:
                run[2] += 1
                return
        self._runs.append([number, position, 1])

    def get(self, number: int) -> int | None:
        """The position of a number; None where it was not added."""
        at = bisect_right(self._runs, number, key=itemgetter(0)) - 1
        if at < 0:
            return None
        first, start, length = self._runs[at]
        return start + number - first if number < first + length else None


class _Writer:
    """Writes the facts of a file to a ledger, batch after batch, those that it lacks."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._hashed = sha256()
        self._known = Runs()
        self._resuming = ledger.head() > 1

    def write(self, facts: Sequence[Fact], breaches: Mode) -> tuple[int, list[range]]:
        """Write a batch, all or nothing.

        Gives how many of its facts an earlier import had written, and the positions of all.
        """
        hashed = self._hashed.copy()
        keys = _keys(hashed, facts)
        here = self._on_record(keys)
        done = sum(map(len, here))
        self._learn(facts[:done], here)
        if rest := facts[done:]:
            records = self._import(rest, keys[-1], breaches)
            here.append(range(records[0].position, records[-1].position + 1))
            self._learn(rest, here[-1:])
        self._hashed, self._resuming = hashed, not rest
        return done, here

    def _on_record(self, keys: Sequence[str]) -> list[range]:
        """Where the first facts of a batch are on record, in order.

        They are so under the key of the last of them. Where an import ended within the batch,
        and the file has grown since, that is under several keys, one for each import.
        """
        here: list[range] = []
        upto = len(keys)
        while upto > 0:
            found = self._ledger.recorded_under(keys[upto - 1])
            if found:
                here.insert(0, found)
            elif not self._resuming:  # where nothing before is on record, nothing of this is
                break
            upto -= len(found) or 1
        return here

    def _learn(self, facts: Sequence[Fact], here: Iterable[range]) -> None:
        positions = (position for some in here for position in some)
        for fact, position in zip(facts, positions, strict=True):
            if fact.number is not None:
                self._known.add(fact.number, position)

    def _import(self, facts: Sequence[Fact], key: str, breaches: Mode) -> tuple[Record, ...]:
        numbers = [fact.number for fact in facts if fact.number is not None]
        try:
            return self._ledger.import_events(
                [fact.event for fact in facts],
                numbers=numbers or None,
                earlier=self._known.get,
                key=key,
                breaches=breaches,
            )
        except RuleBreach as error:
            placed = _placed(error.problems, facts, error.head)
            raise RuleBreach(*placed, head=error.head) from None


def _keys(hashed: Any, facts: Iterable[Fact]) -> list[str]:
    """For each fact the key of all up to it, in a digest that goes on."""
    keys = []
    for fact in facts:
        hashed.update(fact.said + b"\n")
        keys.append(f"facts:{hashed.hexdigest()[:32]}")
    return keys


def _placed(problems: Iterable[Problem], facts: Sequence[Fact], head: int) -> tuple[Problem, ...]:
    """Breaches with the place of the record they are about, where it is one of the facts."""
    placed = []
    for problem in problems:
        index = (getattr(problem, "position", None) or 0) - head - 1
        if 0 <= index < len(facts):
            place = facts[index].place_of(*map(str, problem.path))
            problem = attrs.evolve(problem, place=place)
        placed.append(problem)
    return tuple(sorted(placed, key=by_place))


def import_dataset(
    ledger: Ledger, dataset: Dataset, *, breaches: Mode = "refuse"
) -> tuple[Record, ...]:
    """Record a dataset in batches of 1,000, each all or nothing, as `import_facts` does.

    Gives all its records; importing the same dataset again writes nothing. Raises
    `InvalidInput` with the dataset's problems (nothing is written then), or `RuleBreach` with
    each breach at the line of its record.
    """
    if dataset.problems:
        raise InvalidInput(*dataset.problems)
    writer = _Writer(ledger)
    whole = ledger.recorded_under(file_key(dataset.digest))
    here = [whole] if whole else []
    if not whole:
        for facts in batches(dataset.entries, BATCH):
            _, some = writer.write(facts, breaches)
            here += some
    return tuple(r for some in here for r in ledger.log(after=some.start - 1, upto=some.stop - 1))


def file_key(digest: str) -> str:
    """The key under which version 0.1 recorded a whole file, whose digest this is."""
    return f"file:{digest[:32]}"


def import_keys(dataset: Dataset) -> frozenset[str]:
    """The keys under which the records of an imported dataset may stand."""
    return frozenset((file_key(dataset.digest), *_keys(sha256(), dataset.entries)))


# --- judging ----------------------------------------------------------------------------


def judge_dataset(dataset: Dataset) -> tuple[Problem, ...]:
    """Everything that is wrong with a dataset: problems, breaches, unmet expectations.

    It is recorded in a ledger in memory for that; nothing else is written.
    """
    if dataset.problems:
        return dataset.problems
    with new_ledger(dataset) as ledger:
        found: list[Problem] = []
        writer = _Writer(ledger)
        for facts in batches(dataset.entries, BATCH):
            try:
                writer.write(facts, "refuse")
            except RuleBreach as error:
                found += error.problems
                if any(isinstance(breach, Breach) and breach.binding for breach in found):
                    return tuple(sorted(found, key=by_place))
                writer.write(facts, "flag")
        found += unmet(ledger, dataset.expectations)
        return tuple(sorted(found, key=by_place))


def unmet(ledger: Ledger, expectations: Iterable[Expectation]) -> Iterator[Problem]:
    """The expectations with which a ledger disagrees, one problem for every field."""
    registers: dict[tuple[str, str | None], Register] = {}
    for expected in expectations:
        asked = expected.as_of, expected.known_at
        try:
            if asked not in registers:
                known = None if expected.known_at is None else _known(expected.known_at)
                registers[asked] = ledger.as_of(expected.as_of, known)
        except InvalidInput as error:
            yield from (attrs.evolve(p, path=(), place=expected.place) for p in error.problems)
            continue
        described = registers[asked].describe(expected.subject)
        for name, (wanted, place) in expected.fields.items():
            actual = None if described is None else described[name]
            absent = described is None and name != "status"
            if absent or not _agrees(wanted, actual):
                said = "not on record" if described is None else _shown(actual)
                yield Problem(
                    code="expectation-failed",
                    message=f"{expected.subject} on {expected.as_of}: {name} is {said},"
                    f" not {_shown(wanted)}",
                    hint=f"look at the records about {expected.subject}: they or the expectation"
                    " are wrong",
                    place=place,
                )


def _agrees(wanted: Any, actual: Any) -> bool:
    if isinstance(wanted, list) and isinstance(actual, list):
        return len(wanted) == len(actual) and all(map(_agrees, wanted, actual))
    if isinstance(wanted, dict) and isinstance(actual, dict):
        return all(_agrees(value, actual.get(key)) for key, value in wanted.items())
    if wanted is None or actual is None:
        return wanted is actual
    return str(wanted) == _shown(actual)


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def judge_citations(dataset: Dataset, directory: Path) -> Iterator[Problem]:
    """The citations that do not hold against the documents in a directory.

    Documents are found by the digest of their bytes, whatever their files are called.
    """
    texts = dict(_texts(dataset, directory))
    for entry in dataset.entries:
        cited = entry.event.source
        if cited is None or cited.span is None or cited.document_sha256 is None:
            continue
        problem = _citation(cited, texts, directory)
        if problem is not None:
            names = ("source.document",) if problem.code == "document-missing" else ("source.span",)
            yield attrs.evolve(problem, place=entry.place_of(*names, "source"))


def _texts(dataset: Dataset, directory: Path) -> Iterator[tuple[str, str]]:
    sources = (entry.event.source for entry in dataset.entries)
    wanted = {source.document_sha256 for source in sources if source is not None}
    for path in sorted(directory.iterdir()):
        if path.is_file() and path.stat().st_size <= LARGEST_FILE:
            try:
                raw = path.read_bytes()
            except OSError:  # not ours to read, so not a document of ours
                continue
            found = sha256(raw).hexdigest()
            if found in wanted:
                yield found, raw.decode("utf-8", errors="replace")


def _citation(cited: Source, texts: Mapping[str, str], directory: Path) -> Problem | None:
    assert cited.span is not None  # noqa: S101 - the caller looked
    text = texts.get(cited.document_sha256 or "")
    start, end = cited.span
    if text is None:
        return Problem(
            code="document-missing",
            message=f'no file in {directory} is "{cited.document}" (SHA-256'
            f" {str(cited.document_sha256)[:16]}…)",
            hint="put the document there as it was published; one changed byte changes the digest",
        )
    found = quoted(text, cited.span)
    if found is None:
        return Problem(
            code="span-outside",
            message=f'"{cited.document}" has {len(text)} characters, and the span is'
            f" {start} to {end}",
            hint="count in characters of the UTF-8 text, from 0",
        )
    if found != cited.sha256:
        return Problem(
            code="span-differs",
            message=f'characters {start} to {end} of "{cited.document}" do not have the digest'
            " that is cited",
            hint=f"their digest is {found}",
        )
    return None
