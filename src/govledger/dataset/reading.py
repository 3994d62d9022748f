"""Reading datasets in YAML: every problem at once, each at its line and column.

Here: from nodes to heads, facts and expectations. Not here: YAML itself (`tree`), other
formats (`govledger.interchange`), or any ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import file_digest
from pathlib import Path
from typing import Any

import attrs
import yaml
from attrs import frozen

from govledger.codec import canonical, payload
from govledger.dataset.content import (
    LARGEST_FILE,
    VERSION,
    Dataset,
    Document,
    Expectation,
    Fact,
    Head,
    Item,
    as_known,
    by_place,
)
from govledger.dataset.tree import (
    MapNode,
    Node,
    Refused,
    Scalar,
    Text,
    Yaml,
    place_in,
    sentence,
    untyped,
    why_unreadable,
)
from govledger.errors import (
    InvalidInput,
    Place,
    Problem,
    brief,
    did_you_mean,
)
from govledger.events import subject_name
from govledger.register import fields_of
from govledger.values import structure
from govledger.vocabulary import STANDARD, Vocabulary
from govledger.when import timezone, view_instant


def read(
    path: str | Path,
    progress: Callable[[int], None] | None = None,
    vocabulary: Vocabulary = STANDARD,
) -> Iterator[Item]:
    """Read a dataset in YAML item by item, however large it is.

    Gives the `Head`, if there is one, before all else, then facts, expectations and problems
    in the order of the file. `progress` is called with the number of bytes read. What records
    rest on (`govledger`, `ledger`, `documents`) is known before the first of them: where it
    does not stand in front, the file is read twice. `vocabulary` is what may be spoken of.

    Raises `InvalidInput` where the file cannot be read on, `OSError` where there is none.
    """
    return _Reader(path, vocabulary).read(progress)


def load(path: str | Path, vocabulary: Vocabulary = STANDARD) -> Dataset:
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
    reader = _Reader(path, vocabulary, whole=True)
    dataset = gathered(path, reader.read(), vocabulary)
    return attrs.evolve(dataset, documents=reader.declared()) if dataset.digest else dataset


def gathered(path: str | Path, items: Iterable[Item], vocabulary: Vocabulary) -> Dataset:
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
        vocabulary=vocabulary,
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

    def __init__(self, path: str | Path, vocabulary: Vocabulary, *, whole: bool = False) -> None:
        self.vocabulary = vocabulary
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
            before, text = Text(file, self.file), Text(file, self.file, progress)
            try:
                try:
                    base = self._base(before)
                except (Refused, InvalidInput, yaml.YAMLError):
                    for _ in self._items(text, {}):  # what is told is the first that is refused
                        pass
                    raise
                yield from self._items(text, base)
            except (Refused, yaml.YAMLError) as error:
                raise InvalidInput(why_unreadable(error, text)) from None

    def _base(self, text: Text) -> Mapping[str, Node]:
        """What records rest on, wherever it stands."""
        found: dict[str, Node] = {}
        tree = Yaml(text, whole=False)
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

    def _items(self, text: Text, base: Mapping[str, Node]) -> Iterator[Item]:
        head = self._built(Head, base.get("ledger"))
        self.documents = dict(self._documents(base.get("documents")))
        if head:
            yield head
        tree = Yaml(text, whole=self.whole)
        events = iter(tree)
        first = next(events, None)
        if isinstance(first, yaml.MappingStartEvent):
            yield from self._sections(tree, first, base)
        elif first is not None:
            root = tree.node(first, 0)
            hint = "write govledger: 1, and records: on a line of its own"
            self._say("not-a-mapping", root.place, sentence("not-a-mapping"), hint)
        else:
            self._version(None, Place(self.file, 1, 1, 1, text.line(0)))
        for _ in events:  # to the end of the file: what follows the mapping is refused there
            pass
        yield from self._found()

    def _sections(self, tree: Yaml, first: Any, base: Mapping[str, Node]) -> Iterator[Item]:
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
                self._say("not-a-list", node.place, sentence("not-a-list"), hint)
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
        self._say("not-a-mapping", node.place, sentence("not-a-mapping"), "write key: value")
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
        self.problems += [attrs.evolve(p, place=place_in(node, p)) for p in error.problems]

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
                sentence(code),
                "make it two records"
                if types
                else "begin a record with its type and subject, - motion.adopted: rob-ii",
            )
            return None
        (key,) = types
        try:
            cls = self.vocabulary.event_type(str(key.text))
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
            event = self.vocabulary.event(cls, fields)
        except InvalidInput as error:
            self._place(error, rest)
            return None
        places = {str(name.text): value.place for name, value in rest.pairs}
        if isinstance(cited, MapNode):
            places |= {f"source.{name.text}": value.place for name, value in cited.pairs}
        told = payload(event, packed=False)
        said = canonical({"type": event.type, "subject": event.subject, **told})
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
        known = {kind: fields_of(kind, self.vocabulary) for kind in self.vocabulary.kinds}
        known = {kind: fields for kind, fields in known.items() if fields}
        kinds = [key for key, _ in mapping.pairs if key.text in known]
        if len(kinds) != 1:
            code = "several-subjects" if kinds else "no-subject"
            self._say(
                code,
                (kinds[1] if kinds else mapping).place,
                sentence(code),
                "name one of: " + ", ".join(known),
            )
            return None
        (kind,) = kinds
        before = len(self.problems)
        values: dict[str, tuple[Any, Place]] = {}
        for key, value in mapping.pairs:
            name = str(key.text)
            if name in ("as_of", "known_at") or key is kind:
                continue
            if name not in known[str(kind.text)]:
                self._say(
                    "unknown-field",
                    key.place,
                    f"a {kind.text} has no {brief(name)}",
                    did_you_mean(name, known[str(kind.text)]),
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
        self._judge(known_at, as_known)
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
