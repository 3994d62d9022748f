"""The plain values a field may hold: text, counts, flags, digests, and how they convert.

Here: converters for attrs fields, `Sealed`, which stands for a personal text, and `structure`,
which builds any of our values from a mapping and reports all its problems at once. Not here:
anything that knows a motion, or how a personal text is sealed (`integrity.personal`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import islice
from typing import Any, Self, TypeVar, cast

import attrs

from govledger.errors import InvalidInput, Problem, brief, did_you_mean, invalid

LARGEST_INTEGER = 2**53 - 1
"""The largest integer every JSON reader keeps exact (RFC 8785, section 3.2.2.3)."""

PERSONAL = {"personal": True}
"""Metadata of a field that may hold a natural person's name: it is sealed, and can be erased.

>>> from attrs import field, fields, frozen
>>> from govledger import Event
>>> from govledger.fields import PERSONAL, personal
>>> @frozen(kw_only=True, slots=False)
... class TreasurerAppointed(Event):
...     holder: str = field(converter=personal, metadata=PERSONAL)
>>> fields(TreasurerAppointed).holder.metadata == PERSONAL
True
"""

LONGEST_NAME = 255
"""The longest name of a key, in bytes: as much as C2SP tlog-cosignature gives a name room for."""

COMMITMENT = "_sd"
"""The key under which a sealed text gives its digest (RFC 9901, section 4.2.4.1)."""

WITHHELD = "withheld"
"""The key that says of a sealed text that it was sealed when it came."""

_HEX = frozenset("0123456789abcdef")
_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)


def line(value: str) -> str:
    """A line of text: `value`, trimmed, in Unicode NFC.

    Raises `InvalidInput` where it is empty, or holds a control character: line feeds, too.

    >>> from govledger.fields import line
    >>> line("  Bigger bins ")
    'Bigger bins'
    """
    return _clean(value, allowed="")


def text(value: str) -> str:
    r"""A text of one or more lines: `value`, trimmed, in Unicode NFC.

    Raises `InvalidInput` where it is empty, or holds another control character than line feeds.

    >>> from govledger.fields import text
    >>> text("Bigger bins,\r\nand more of them.\r\n")
    'Bigger bins,\nand more of them.'
    """
    return _clean(value, allowed="\n")


def _clean(value: str, allowed: str) -> str:
    if value is None:
        raise invalid("empty-text", "there is no text", "write it, or leave the field out")
    if not isinstance(value, str):
        raise invalid("not-text", f"{brief(value)} is not text", "put it in quotes")
    if type(value) is str and value.isascii() and value.isprintable() and value == value.strip():
        if value:
            return value
    elif isinstance(value, Sealed):
        raise invalid("sealed-text", "this text is sealed", "only personal fields can be")
    clean = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    if not clean:
        raise invalid("empty-text", "the text is empty", "leave the field out instead")
    if clean.isprintable():
        return clean
    for character in clean:
        # Zl and Zp end a line for many readers of JSON Lines; Cs cannot be stored at all.
        if character not in allowed and unicodedata.category(character) in _UNFIT:
            raise invalid(
                "control-character",
                f"the text holds the control character U+{ord(character):04X}",
                "remove it; line feeds are allowed in long texts only",
            )
    return clean


_UNFIT = frozenset({"Cc", "Cs", "Zl", "Zp"})


def lines(value: str | Iterable[str]) -> tuple[str, ...]:
    """The lines of text that `value` holds; a single one stands for itself. Errors as for `line`.

    >>> from govledger.fields import lines
    >>> lines(["Board", "Council"]), lines("Board")
    (('Board', 'Council'), ('Board',))
    """
    return several(value, line)


def texts(value: str | Iterable[str]) -> tuple[str, ...]:
    """The texts that `value` holds; a single one stands for itself. Errors as for `text`.

    >>> from govledger.fields import texts
    >>> texts("Bigger bins")
    ('Bigger bins',)
    """
    return several(value, text)


class Sealed(str):
    """A personal text of which only a commitment is there (see `integrity.personal`).

    `digest` is that commitment: a SHA-256 digest in base64url, 43 characters; anything else raises
    `InvalidInput`. Two are equal where they are written alike. Whoever sees one after all that is
    disclosed was put in its place sees a text that was erased, or, where it is `withheld`, that was
    sealed when it came into the ledger. It reads as "[erased]" or "[withheld]", and `said` is how
    it is written in JSON.

    >>> from govledger import Sealed
    >>> erased = Sealed("A" * 43)
    >>> str(erased), erased.withheld, erased.digest[:4]
    ('[erased]', False, 'AAAA')
    >>> erased.said == {"_sd": erased.digest}
    True
    """

    __slots__ = ("digest", "withheld")

    digest: str
    withheld: bool

    def __new__(cls, digest: str, *, withheld: bool = False) -> Self:
        """Raises `InvalidInput` where that is no SHA-256 digest in base64url, 43 characters."""
        if not isinstance(digest, str) or _DIGEST.fullmatch(digest) is None:
            raise _not_a_commitment("it holds no SHA-256 digest in base64url")
        sealed = super().__new__(cls, _AS_SEALED[withheld])
        sealed.digest = digest
        sealed.withheld = withheld
        return sealed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.said == other.said

    def __ne__(self, other: object) -> bool:  # str has one of its own
        return not self == other

    def __hash__(self) -> int:
        return hash(self.digest)

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, bool]]:  # to be copied by
        return (self.digest,), {WITHHELD: self.withheld}

    def __repr__(self) -> str:
        return f"Sealed({self.digest!r})"

    @property
    def said(self) -> dict[str, str | bool]:
        """How it is written in JSON."""
        return {COMMITMENT: self.digest} | ({WITHHELD: True} if self.withheld else {})


_DIGEST = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)
"""43 digits of base64 say two bits more than a digest has; these are 0 (RFC 4648, 3.5)."""


def sealed(value: Mapping[str, object]) -> Sealed:
    """The sealed text that `Sealed.said` wrote; raises `InvalidInput` for any other mapping."""
    extra = value.keys() - {COMMITMENT}
    if COMMITMENT not in value or (extra and (extra != {WITHHELD} or value[WITHHELD] is not True)):
        raise _not_a_commitment("it has other keys")
    return Sealed(cast("str", value[COMMITMENT]), withheld=bool(extra))


def _not_a_commitment(reason: str) -> InvalidInput:
    return invalid("not-a-commitment", f"this is not a commitment: {reason}", "see RFC 9901")


def personal(value: str | Mapping[str, object]) -> str:
    """A line of text that may name a person: `value`, sealed already or not.

    For fields with `metadata=PERSONAL`. Raises `InvalidInput` for what is no `line`, and for words
    that stand for a sealed text.

    >>> from govledger.fields import personal
    >>> personal("Zoe Zijl")
    'Zoe Zijl'
    """
    if isinstance(value, Sealed):
        return value
    text = sealed(value) if isinstance(value, Mapping) else line(value)
    if text in _AS_SEALED and not isinstance(text, Sealed):
        raise invalid("sealed-text", f"{brief(text)} stands for a sealed text", "write a name")
    return text


_AS_SEALED = ("[erased]", "[withheld]")
"""How sealed texts read."""


def personals(value: str | Iterable[str]) -> tuple[str, ...]:
    """The lines of `value` that may each name a person; a single one stands for itself.

    Errors as for `personal`.

    >>> from govledger.fields import personals
    >>> personals(["Zoe Zijl", "J. Jansen"])
    ('Zoe Zijl', 'J. Jansen')
    """
    return several(value, personal)


def key_name(name: str) -> str:
    """A name that a key may have; raises `InvalidInput` for any other.

    It has no spaces and no plus sign (signed-note, format), at most `LONGEST_NAME` bytes.
    """
    reason = ""
    if not name:
        reason = "it is empty"
    elif any(c.isspace() or c == "+" or c < " " for c in name):
        reason = "it has a space, a plus sign or a control character"
    elif any("\ud800" <= c <= "\udfff" for c in name):
        reason = "it is not UTF-8"
    elif len(name.encode()) > LONGEST_NAME:
        reason = f"it is longer than {LONGEST_NAME} bytes"
    if reason:
        raise invalid(
            "not-a-key-name",
            f"{brief(name)} is no name for a key: {reason}",
            "name keys like an address without https://, example.org/ledger",
        )
    return name


def origin(value: str) -> str:
    """The name of a log: one line of text that may be the name of a key."""
    return key_name(line(value))


def several(value: Any, convert: Any) -> tuple[Any, ...]:
    """A tuple of converted values, every problem named with the item's index."""
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        value = (value,)
    converted, problems = [], []
    for index, item in enumerate(value):
        try:
            converted.append(convert(item))
        except InvalidInput as error:
            problems += under(index, error)
    if problems:
        raise InvalidInput(*problems)
    return tuple(converted)


def count(value: int | str) -> int:
    """A whole number from 0 to 2^53 - 1: `value`, which may be decimal digits as text.

    Raises `InvalidInput` for any other.

    >>> from govledger.fields import count
    >>> count("40000")
    40000
    """
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value) if len(value) <= _DIGITS else LARGEST_INTEGER + 1
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid("not-a-count", f"{brief(value)} is not a whole number", "write digits only")
    if not 0 <= value <= LARGEST_INTEGER:
        raise invalid(
            "not-a-count",
            "the number is out of range",
            f"counts run from 0 to {LARGEST_INTEGER} (2^53 - 1)",
        )
    return value


_WHOLE = re.compile(r"-?\d+", re.ASCII)
_DIGITS = len(str(LARGEST_INTEGER))


def flag(value: bool | str) -> bool:  # noqa: FBT001 - an attrs converter
    """A truth value: `value`, which may be the word "true" or "false".

    Raises `InvalidInput` for anything else.

    >>> from govledger.fields import flag
    >>> flag("true"), flag(False)
    (True, False)
    """
    if isinstance(value, str):
        value = _FLAGS.get(value, value)
    if not isinstance(value, bool):
        raise invalid(
            "not-a-flag", f"{brief(value)} is neither true nor false", "write true or false"
        )
    return value


_FLAGS: Mapping[str, bool] = {"true": True, "false": False}


def one_of(words: type[_E], value: str, code: str, what: str) -> _E:
    """The member of an enumeration of words; `InvalidInput` with the nearest one otherwise."""
    try:
        return words(value)
    except ValueError:
        hint = did_you_mean(str(value), list(words))
        raise invalid(code, f"{brief(value)} is not {what}", hint) from None


def digest(value: str) -> str:
    """A SHA-256 digest: `value`, 64 hexadecimal digits, in lower case.

    Raises `InvalidInput` for anything else.

    >>> from hashlib import sha256
    >>> from govledger.fields import digest
    >>> digest(sha256(b"the minutes").hexdigest().upper())[:8]
    'bc6ad68e'
    """
    plain = value.lower() if isinstance(value, str) else ""
    if len(plain) != 64 or not _HEX.issuperset(plain):
        raise invalid(
            "not-a-digest",
            f"{brief(value)} is not a SHA-256 digest",
            "write its 64 hexadecimal digits, as sha256sum prints them",
        )
    return plain


def digests(value: str | Iterable[str]) -> tuple[str, ...]:
    """Several SHA-256 digests."""
    return several(value, digest)


def batches(values: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Values, some at a time."""
    every = iter(values)
    while batch := list(islice(every, size)):
        yield batch


UNFIT = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a converter may raise for a value that will not do; ours raise `InvalidInput`, one of these.
"""


def structure(cls: type[_T], given: object) -> _T:
    """Build the attrs value `cls` from a mapping of its fields.

    Raises `InvalidInput` with every problem: unknown and missing fields, and each value
    that its field refuses; `path` names the field.
    """
    if isinstance(given, cls):
        return given
    if not isinstance(given, Mapping):
        raise invalid(
            "not-a-mapping",
            f"{brief(given)} is not a mapping",
            "write it as {" + ", ".join(f"{f.name}: …" for f in _fields(cls)) + "}",
        )
    try:
        return cls(**given)
    except UNFIT:
        problems = _problems(cls, given)
        if not problems:
            raise
        raise InvalidInput(*problems) from None


def _problems(cls: type[Any], given: Mapping[Any, object]) -> list[Problem]:
    """Everything that is wrong with a mapping of fields that `cls` refused."""
    fields = {f.name: f for f in _fields(cls)}
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in fields:
            problems.append(
                Problem(
                    code="unknown-field",
                    message=f"{brief(name)} is not a field here",
                    hint=did_you_mean(str(name), (f for f in fields if f != "subject")),
                    path=(name,),
                )
            )
            continue
        converter = fields[name].converter
        try:
            values[name] = converter(value) if callable(converter) else value
        except InvalidInput as error:
            problems += under(name, error)
        except UNFIT as error:  # of somebody else's converter
            problems.append(
                Problem(
                    code="unfit-value",
                    message=f"{brief(value)} will not do: {type(error).__name__}: {error}",
                    hint="see what the field may hold, where its type is described",
                    path=(name,),
                )
            )
    for name, field in fields.items():
        if field.default is attrs.NOTHING and name not in given:
            problems.append(
                Problem(
                    code="missing-field",
                    message=f'the field "{name}" is missing',
                    hint=f'add "{name}"',
                )
            )
    if not problems:
        try:
            cls(**values)
        except InvalidInput as error:  # what the value as a whole refuses
            problems += error.problems
    return problems


def under(step: str | int, error: InvalidInput) -> list[Problem]:
    """The problems of `error`, their paths one level deeper."""
    return [attrs.evolve(p, path=(step, *p.path)) for p in error.problems]


def _fields(cls: type[object]) -> tuple[attrs.Attribute[Any], ...]:
    every = cast("tuple[attrs.Attribute[Any], ...]", attrs.fields(cast("Any", cls)))
    return tuple(f for f in every if f.init)
