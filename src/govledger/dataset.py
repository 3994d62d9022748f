"""Datasets: records, documents and expectations in YAML, read with positions.

Here: reading (every problem at once, each at its line and column), importing into a
ledger, and judging: breaches, unmet expectations, citations that do not hold. Not here:
other formats (`interchange`), nor any printing.

YAML is read as parser events, never as objects: every scalar stays text until the field it
belongs to types it; anchors, tags and duplicate keys are refused; size and depth bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

import attrs
import yaml
from attrs import field, frozen
from attrs.converters import optional

from govledger.codec import ENTRY_LIMIT
from govledger.errors import (
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
from govledger.values import count, digest, line, structure
from govledger.when import timezone, view_instant, zone_name

VERSION = "1"
"""The version of the dataset format, as `govledger: 1` states it."""

LARGEST_FILE = 32 * 1024 * 1024
"""The largest dataset that is read, in bytes."""

MOST_VALUES = 500_000
"""How many values a dataset may hold; about 20,000 records."""

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


def parse_yaml(text: str, file: str) -> Node:
    """The tree of a YAML text; raises `InvalidInput` where the file cannot be read on."""
    lines = _LINE_END.split(text)

    def place(event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        excerpt = lines[start.line] if start.line < len(lines) else ""
        ends = end.column if end.line == start.line else len(excerpt)
        width = max(1, ends - start.column)
        return Place(file, start.line + 1, start.column + 1, width, excerpt)

    try:
        parsed = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        events = _checked(parsed, place)
        first = next(events, None)
        if first is None:
            return MapNode((), Place(file, 1, 1, 1, lines[0]))
        root = _node(first, events, place, 0)
        for _ in events:  # to the end of the file: what follows the mapping is refused there
            pass
    except _Refused as refused:
        raise InvalidInput(refused.problem) from None
    except yaml.YAMLError as error:
        raise InvalidInput(_yaml_problem(error, file, text, lines)) from None
    return root


def _checked(events: Iterable[Any], place: Any) -> Iterator[Any]:
    """The events of the one document, anything refused raised as soon as it is met."""
    documents = values = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refused("several-documents", place(event), "one file is one dataset")
        if getattr(event, "anchor", None) is not None:
            mark = "*" if isinstance(event, yaml.AliasEvent) else "&"
            hint = "write the value out in full"
            raise _refused("anchor", place(event), hint, mark + event.anchor)
        if getattr(event, "tag", None) not in (None, "!"):
            raise _refused("tag", place(event), "leave the tag out", event.tag)
        if isinstance(event, yaml.ScalarEvent) and len(event.value) > ENTRY_LIMIT:
            hint = "keep long texts in a document and cite it by its digest"
            size = f"{len(event.value)} characters"
            raise _refused("scalar-too-long", place(event), hint, size)
        if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            values += 1
            if values > MOST_VALUES:
                hint = "split the file, or use JSON Lines"
                raise _refused("too-many-values", place(event), hint, f"over {MOST_VALUES}")
            yield event


def _said(code: str) -> str:
    """The sentence of the table as the message of an error."""
    return PROBLEMS[code][0].lower() + PROBLEMS[code][1:].rstrip(".")


def _refused(code: str, place: Place, hint: str, detail: str = "") -> _Refused:
    message = _said(code) + (f" ({brief(detail)[1:-1]})" if detail else "")
    return _Refused(Problem(code=code, message=message, hint=hint, place=place))


def _node(event: Any, events: Iterator[Any], place: Any, depth: int) -> Node:
    if depth > DEEPEST:
        raise _refused("too-deep", place(event), f"at most {DEEPEST} levels are read")
    if isinstance(event, yaml.ScalarEvent):
        null = event.implicit[0] and event.value in ("", "~", "null")
        return Scalar(None if null else event.value, place(event))
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            items.append(_node(inner, events, place, depth + 1))
        return ListNode(tuple(items), place(event))
    pairs: list[tuple[Scalar, Node]] = []
    seen: set[str | None] = set()
    while not isinstance(inner := next(events), yaml.MappingEndEvent):
        key = _node(inner, events, place, depth + 1)
        if not isinstance(key, Scalar):
            raise _refused("not-a-scalar", key.place, "a key is one word")
        if key.text in seen:
            raise _refused("duplicate-key", key.place, "keep one of them", str(key.text))
        seen.add(key.text)
        pairs.append((key, _node(next(events), events, place, depth + 1)))
    return MapNode(tuple(pairs), pairs[0][0].place if pairs else place(event))


def _yaml_problem(error: yaml.YAMLError, file: str, text: str, lines: Sequence[str]) -> Problem:
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    mark = getattr(error, "problem_mark", None)
    if "end of stream" in message and getattr(error, "context_mark", None) is not None:
        mark = error.context_mark  # type: ignore[attr-defined] # where the unclosed thing opens
    if mark is None:  # the reader met a character that YAML forbids; it counts bytes
        read = text.encode()[: max(0, getattr(error, "position", 0))].decode(errors="ignore")
        number, column = len(_LINE_END.findall(read)), len(_LINE_END.split(read)[-1])
    else:
        number, column = mark.line, mark.column
    number = min(number, len(lines) - 1)
    return Problem(
        code="not-yaml",
        message=f"this is not well-formed YAML: {message}",
        hint="check the indentation, colons and quotes of this line and of those around it",
        place=Place(file, number + 1, column + 1, 1, lines[number]),
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


@frozen(kw_only=True)
class Fact:
    """A record of a dataset: its event, its place, where its fields stand, its number, if any."""

    event: Event
    place: Place
    locate: Callable[[str], Place | None]
    number: int | None = None

    def place_of(self, *names: str) -> Place:
        """The place of the first of these fields that is written; else of the record."""
        return next(filter(None, map(self.locate, names)), self.place)


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


# --- reading ----------------------------------------------------------------------------


_LF = b"\n"


def read_text(path: Path) -> tuple[str, str]:
    """The text of a file and the digest of its bytes; `InvalidInput` where it is not text."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise invalid(
            "too-large",
            f"{path}: {size} bytes, and a dataset has at most {LARGEST_FILE}",
            "split it, or use JSON Lines",
        )
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid(
            "not-utf8",
            f"{path}, line {raw.count(_LF, 0, error.start) + 1}: byte {error.start} is not UTF-8",
            "save the file as UTF-8 text; a dataset is not a database or a picture",
        ) from None
    return text, sha256(raw).hexdigest()


def load(path: str | Path) -> Dataset:
    """Read a dataset in YAML.

    Never raises for what the file holds: `problems` of the result lists everything that is
    wrong, and what could be read stands beside it. Raises `OSError` where there is no file.
    """
    name = str(path)
    try:
        text, digest = read_text(Path(path))
        root = parse_yaml(text, name)
    except InvalidInput as error:
        return Dataset(file=name, digest="", problems=error.problems)
    return _Reader(name, digest).read(root)


class _Reader:
    """Collects what a tree holds, and every problem on the way."""

    def __init__(self, file: str, digest: str) -> None:
        self.file = file
        self.digest = digest
        self.problems: list[Problem] = []

    def read(self, root: Node) -> Dataset:
        top = self._mapping(root, ("govledger", "ledger", "documents", "records", "expect"))
        version = top.get("govledger") if top else None
        if top and version is None:
            message = 'the key "govledger" is missing'
            self._say("missing-field", top.place, message, "add govledger: 1")
        elif version is not None and untyped(version) != VERSION:
            self._say(
                "unknown-version",
                version.place,
                f"this is version {untyped(version)} of the format, and version {VERSION} is read",
                "upgrade govledger, or write govledger: 1",
            )
        head = self._built(Head, top and top.get("ledger")) or Head()
        documents = dict(self._documents(top and top.get("documents")))
        return Dataset(
            file=self.file,
            digest=self.digest,
            head=head,
            documents={name: d for name, d in documents.items() if d is not None},
            entries=tuple(
                entry
                for node in self._list(top and top.get("records"))
                if (entry := self._entry(node, documents))
            ),
            expectations=tuple(
                expectation
                for node in self._list(top and top.get("expect"))
                if (expectation := self._expectation(node))
            ),
            problems=tuple(sorted(self.problems, key=by_place)),
        )

    def _say(self, code: str, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Problem(code=code, message=message, hint=hint, place=place))

    def _mapping(self, node: Node | None, keys: Iterable[str] | None = None) -> MapNode | None:
        if node is None:
            return None
        if not isinstance(node, MapNode):
            self._say(
                "not-a-mapping",
                node.place,
                "a mapping is wanted here",
                "write govledger: 1, and records: on a line of its own"
                if keys is not None
                else "write key: value",
            )
            return None
        for key, _ in node.pairs:
            if keys is not None and str(key.text) not in keys:
                self._say(
                    "unknown-field",
                    key.place,
                    f"{brief(key.text)} is not known here",
                    did_you_mean(str(key.text), keys),
                )
        return node

    def _list(self, node: Node | None) -> tuple[Node, ...]:
        if node is None or (isinstance(node, Scalar) and node.text is None):
            return ()
        if not isinstance(node, ListNode):
            self._say("not-a-list", node.place, "a list is wanted here", "begin each item with -")
            return ()
        return node.items

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

    def _entry(self, node: Node, documents: Mapping[str, Document | None]) -> Fact | None:
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
        if cited is not None and not self._resolve(cited, fields, documents):
            return None
        try:
            event = structure(cls, fields)
        except InvalidInput as error:
            self._place(error, rest)
            return None
        places = {str(name.text): value.place for name, value in rest.pairs}
        if isinstance(cited, MapNode):
            places |= {f"source.{name.text}": value.place for name, value in cited.pairs}
        return Fact(event=event, place=key.place, locate=places.get)

    def _resolve(
        self, cited: Node, fields: dict[str, Any], documents: Mapping[str, Document | None]
    ) -> bool:
        """Fill in a source from the document it names."""
        given = fields["source"]
        if not isinstance(given, dict) or "document" not in given:
            return True  # the schema will say what is wrong
        if documents.get(str(given["document"]), "") is None:
            return False  # it is declared, and what is wrong with it is said there
        document = documents.get(str(given["document"]))
        named = cited.get("document") if isinstance(cited, MapNode) else None
        place = (named or cited).place
        if document is None:
            self._say(
                "unknown-document",
                place,
                f"{brief(given['document'])} is not declared under documents",
                did_you_mean(str(given["document"]), documents),
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


def ledger_options(dataset: Dataset) -> LedgerOptions:
    """What a dataset says of its ledger, as arguments of `Ledger.open`."""
    said = attrs.asdict(dataset.head)
    return cast("LedgerOptions", {name: value for name, value in said.items() if value})


def import_dataset(
    ledger: Ledger, dataset: Dataset, *, breaches: Literal["refuse", "flag"] = "refuse"
) -> tuple[Record, ...]:
    """Record a dataset, all or nothing; importing the same file again changes nothing.

    Raises `InvalidInput` with the dataset's problems, or `RuleBreach` with each breach at
    the line of its record.
    """
    if dataset.problems:
        raise InvalidInput(*dataset.problems)
    if not dataset.entries:
        return ()
    numbers = [entry.number for entry in dataset.entries if entry.number is not None]
    try:
        return ledger.import_events(
            [entry.event for entry in dataset.entries],
            numbers=numbers or None,
            key=import_key(dataset),
            breaches=breaches,
        )
    except RuleBreach as error:
        placed = placed_breaches(error.problems, dataset, error.head)
        raise RuleBreach(*placed, head=error.head) from None


def import_key(dataset: Dataset) -> str:
    """The key under which a dataset is recorded: the same bytes are imported once."""
    return f"file:{dataset.digest[:32]}"


def placed_breaches(
    problems: Iterable[Problem], dataset: Dataset, head: int
) -> tuple[Problem, ...]:
    """Breaches with the place of the record they are about, where the dataset holds it."""
    placed = []
    for problem in problems:
        index = (getattr(problem, "position", None) or 0) - head - 1
        if 0 <= index < len(dataset.entries):
            place = dataset.entries[index].place_of(*map(str, problem.path))
            problem = attrs.evolve(problem, place=place)
        placed.append(problem)
    return tuple(sorted(placed, key=by_place))


# --- judging ----------------------------------------------------------------------------


def judge_dataset(dataset: Dataset) -> tuple[Problem, ...]:
    """Everything that is wrong with a dataset: problems, breaches, unmet expectations.

    It is recorded in a ledger in memory for that; nothing else is written.
    """
    if dataset.problems:
        return dataset.problems
    with new_ledger(dataset) as ledger:
        breaches: tuple[Problem, ...] = ()
        try:
            import_dataset(ledger, dataset)
        except RuleBreach as error:
            breaches = error.problems
            if any(isinstance(breach, Breach) and breach.binding for breach in breaches):
                return breaches
            import_dataset(ledger, dataset, breaches="flag")
        found = (*breaches, *unmet(ledger, dataset.expectations))
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
