"""What a dataset holds, as values; its limits, and what can be wrong with it.

Here: `Dataset` and its parts, whatever format they were read from. Not here: reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from attrs import field, frozen
from attrs.converters import optional

from govledger.errors import (
    InvalidInput,
    Place,
    Problem,
    brief,
    did_you_mean,
)
from govledger.events import Event
from govledger.profiles import Named, Profile, usable
from govledger.terms import LANGUAGES, TERMS
from govledger.values import count, digest, line
from govledger.vocabulary import STANDARD, Vocabulary
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
    "unknown-language": "A profile has labels in a language that is not shown.",
    "unknown-term": "A profile has a label for a term that is not known.",
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


def _profile(value: Named | Mapping[str, Any]) -> Named:
    given = usable(value)
    if isinstance(value, Mapping) and isinstance(given, Profile):  # as people write it
        judge_labels(given)
    return given


def judge_labels(profile: Profile) -> None:
    """Raise `InvalidInput` for labels of a profile that nothing would ever show."""
    if problems := list(_strange_labels(profile)):
        raise InvalidInput(*problems)


def _strange_labels(profile: Profile) -> Iterator[Problem]:
    for language, terms in profile.labels.items():
        if language not in LANGUAGES:
            yield Problem(
                code="unknown-language",
                message=f"{brief(language)} is not a language that is shown",
                hint=did_you_mean(language, LANGUAGES),
                path=("labels", language),
            )
        for term in terms:
            if term not in TERMS:
                yield Problem(
                    code="unknown-term",
                    message=f"{brief(term)} is not a term that is shown",
                    hint=did_you_mean(term, TERMS),
                    path=("labels", language, term),
                )


@frozen(kw_only=True)
class Head:
    """What a dataset says of the ledger it is meant for."""

    name: str | None = field(default=None, converter=optional(line))
    timezone: str | None = field(default=None, converter=optional(zone_name))
    profile: Named | None = field(default=None, converter=optional(_profile))


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
    """A dataset as far as it could be read; `problems` say what could not.

    `vocabulary` is what was known when it was read.
    """

    file: str
    digest: str
    head: Head = Head()
    documents: Mapping[str, Document] = field(factory=dict)
    entries: tuple[Fact, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    problems: tuple[Problem, ...] = ()
    vocabulary: Vocabulary = field(default=STANDARD, eq=False, repr=False)


Item = Head | Fact | Expectation | Problem
"""What a file holds, one after the other."""


def by_place(problem: Problem) -> tuple[int, int]:
    """Where a problem stands, as a key to sort by."""
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)


def as_known(text: Any) -> int | str:
    """A position as a number; a day or an instant as it is, if it is one."""
    if isinstance(text, str) and text.isdecimal():
        return count(text)
    view_instant(text, timezone("UTC"))
    return str(text)
