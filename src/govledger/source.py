"""`Source` and `Assertion`: where a fact was read, and how firmly.

Here: the value that cites a document by span and digest. Not here: the documents
themselves, nor the reading of files to check a citation.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256

from attrs import field, frozen
from attrs.converters import optional

from govledger.errors import brief, invalid
from govledger.values import count, digest, line, one_of, several, structure


class Assertion(StrEnum):
    """How a source supports a fact.

    >>> from govledger import Assertion, Source
    >>> Source(document="minutes").assertion is Assertion.STATED
    True
    """

    STATED = "stated"
    """The document says it."""
    INFERRED = "inferred"
    """It follows from what the document says."""
    EXTERNAL = "external"
    """It comes from elsewhere, such as a public page that is named."""


def _assertion(value: str) -> Assertion:
    return one_of(Assertion, value, "unknown-assertion", "an assertion level")


def _span(value: Iterable[int | str]) -> tuple[int, int]:
    numbers = () if isinstance(value, str) else several(value, count)
    if len(numbers) != 2 or numbers[0] >= numbers[1]:
        raise invalid(
            "not-a-span",
            f"{brief(value)} is not a span of characters",
            "write [start, end] with start before end, counted in characters from 0",
        )
    return numbers


@frozen(kw_only=True)
class Source:
    """Where a fact was read.

    At least one of `document`, `title` and `url` says where. `document` is the name the
    citing side gives the document, `document_sha256` the digest of its bytes; `span` is a
    range of characters in it read as UTF-8 (`text[start:end]`) and `sha256` the digest of that
    range in UTF-8. So whoever holds the document can check the citation, and nothing of it
    need be copied. `assertion` says how it supports the fact, an `Assertion`. Raises
    `InvalidInput` for a source that names nothing, or half a citation.

    >>> from govledger import Source
    >>> Source(title="Minutes of 14 March", assertion="inferred").named
    'Minutes of 14 March'
    """

    document: str | None = field(default=None, converter=optional(line))
    assertion: Assertion = field(default=Assertion.STATED, converter=_assertion)
    title: str | None = field(default=None, converter=optional(line))
    url: str | None = field(default=None, converter=optional(line))
    document_sha256: str | None = field(default=None, converter=optional(digest))
    span: tuple[int, int] | None = field(default=None, converter=optional(_span))
    sha256: str | None = field(default=None, converter=optional(digest))

    def __attrs_post_init__(self) -> None:
        if self.named is None:
            raise invalid(
                "empty-source",
                "the source does not say where the fact was read",
                "name a document, or give a title or url",
            )
        if (self.span is None) != (self.sha256 is None):
            raise invalid(
                "half-a-citation",
                "a span needs the digest of the quoted text, and the digest needs its span",
                "give both span and sha256, or neither",
                "sha256" if self.span is None else "span",
            )

    @property
    def named(self) -> str | None:
        """What to call it: its document, else its title, else its address."""
        return self.document or self.title or self.url


def source(value: Source | dict[str, object]) -> Source:
    """The `Source` of a `value`: one, or a mapping of its fields. Errors as for `Source`.

    The converter of the field every event has.

    >>> from govledger.fields import source
    >>> source({"document": "minutes", "assertion": "inferred"}).named
    'minutes'
    """
    return structure(Source, value)


def quoted(document: str, span: tuple[int, int]) -> str | None:
    """The SHA-256 digest of a span of a document's text; None where it lies outside."""
    start, end = span
    if end > len(document):
        return None
    return sha256(document[start:end].encode()).hexdigest()
