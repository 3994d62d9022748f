"""The plain values a field may hold: text, counts, flags, digests, and how they convert.

Here: converters for attrs fields and `structure`, which builds any of our values from a
mapping and reports all its problems at once. Not here: anything that knows a motion.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar, cast

import attrs

from govledger.errors import InvalidInput, Problem, brief, did_you_mean, invalid

LARGEST_INTEGER = 2**53 - 1
"""The largest integer every JSON reader keeps exact (RFC 8785, section 3.2.2.3)."""

PERSONAL = {"personal": True}
"""Metadata of a field that may hold a natural person's name."""

_HEX = frozenset("0123456789abcdef")
_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)


def line(value: str) -> str:
    """One line of text: trimmed, in Unicode NFC, without control characters."""
    return _clean(value, allowed="")


def text(value: str) -> str:
    """Text of one or more lines: trimmed, in Unicode NFC, no controls but line feeds."""
    return _clean(value, allowed="\n")


def _clean(value: str, allowed: str) -> str:
    if value is None:
        raise invalid("empty-text", "there is no text", "write it, or leave the field out")
    if not isinstance(value, str):
        raise invalid("not-text", f"{brief(value)} is not text", "put it in quotes")
    if value.isascii() and value.isprintable() and value and value == value.strip():
        return value
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
    """Several lines of text; a single one stands for itself."""
    return several(value, line)


def texts(value: str | Iterable[str]) -> tuple[str, ...]:
    """Several texts; a single one stands for itself."""
    return several(value, text)


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
    """A whole number from 0 to 2^53 - 1, or its decimal digits as text."""
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
    """True or False, or the words "true" and "false"."""
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
    """A SHA-256 digest as 64 hexadecimal digits, in lower case."""
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
    except (InvalidInput, TypeError):
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
