"""Personal texts: a record commits to a name without telling it, so that it can be erased.

Here: sealing the personal texts of an event and opening them again, disclosures in the encoding
of RFC 9901 (SD-JWT), and the account of what is no longer disclosed. Not here: which fields are
personal (`events`), what stands for a text (`values.Sealed`), where disclosures are kept, random
numbers.

In the record, a personal text gives way to `{"_sd": "<digest>"}`. The disclosure, base64url of
the JSON array `[salt, name, value]`, is kept apart. Without it nothing tells the text: the
salt has 128 bits, so trying names is of no use, and the same name looks different in every
record. A list of names has a commitment for each, so that one person can be erased.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar, cast, get_args, get_type_hints

import attrs
import msgspec
from attrs import field, frozen

from govledger.codec import canonical
from govledger.errors import InvalidInput, Problem, StorageError, invalid
from govledger.values import COMMITMENT, PERSONAL, Sealed

SALT_SIZE = 16
"""The bytes of a salt: the 128 bits that RFC 9901 recommends at least (section 9.3)."""

LARGEST_DISCLOSURE = 2**17
"""The largest disclosure, in characters: a record's largest text fits."""

_T = TypeVar("_T")


@frozen
class Disclosure:
    """What a commitment stands for: a salt, the name of the field, and its text.

    `encoded` is what was hashed, to the letter: never write it anew from the rest.
    """

    salt: str
    name: str
    value: str = field(repr=False)
    encoded: str = field(repr=False)

    @property
    def digest(self) -> str:
        """The digest by which a record commits to this (RFC 9901, section 4.2.3)."""
        return digest_of(self.encoded)

    @property
    def array(self) -> str:
        """The JSON array that `encoded` writes in base64url."""
        return urlsafe_b64decode(self.encoded + "==").decode()


@frozen
class Account:
    """Whether every hole in the personal texts has its reason. True where all is in order.

    Of the `sealed` texts of a log, `erased` are gone, and a record says so of each; `problem`
    tells of the first for which that does not hold. `withheld` ones were sealed when they came,
    `unsealed` ones stand in the log itself, which then is of an older format.
    """

    sealed: int
    erased: int
    withheld: int = 0
    unsealed: int = 0
    problem: str = ""

    def __bool__(self) -> bool:
        return not self.problem


# --- disclosures --------------------------------------------------------------------------


def disclose(name: str, value: str, salt: bytes) -> Disclosure:
    """What discloses a field, with a salt of 16 random bytes that is used for nothing else.

    Raises `InvalidInput` for a shorter salt, or a text that no record can hold.
    """
    if len(salt) < SALT_SIZE:
        raise _not_a_disclosure(f"a salt has at least {SALT_SIZE} bytes, not {len(salt)}")
    text = _to_base64url(salt)
    _check_name(name)
    try:
        encoded = _to_base64url(canonical([text, name, value]))
    except UnicodeEncodeError:
        raise _not_a_disclosure("its text is not Unicode") from None
    _check_length(encoded)
    return Disclosure(text, name, value, encoded)


def disclosure_of(array: str) -> Disclosure:
    """The disclosure that is this JSON array; errors as for `parse_disclosure`."""
    try:
        return parse_disclosure(_to_base64url(array.encode()))
    except UnicodeEncodeError:
        raise _not_a_disclosure("its text is not Unicode") from None


def _check_length(encoded: str) -> None:
    if len(encoded) > LARGEST_DISCLOSURE:
        raise _not_a_disclosure(f"it is longer than {LARGEST_DISCLOSURE} characters")


def _check_name(name: str) -> None:
    if name in ("", COMMITMENT, "..."):
        raise _not_a_disclosure("it names no field")


def parse_disclosure(encoded: str) -> Disclosure:
    """Read a disclosure (RFC 9901, section 4.2.1), whoever wrote it.

    Raises `InvalidInput` where it is not base64url of a JSON array of three texts, without
    padding; where the salt is shorter than 16 bytes in base64url; where the name is reserved.
    """
    _check_length(encoded)
    try:
        array = json.loads(_from_base64url(encoded).decode())
    except (binascii.Error, ValueError, RecursionError):
        raise _not_a_disclosure("it is not base64url of JSON") from None
    if not (
        isinstance(array, list)
        and len(array) == 3
        and all(isinstance(part, str) and not _SURROGATES.intersection(part) for part in array)
    ):
        raise _not_a_disclosure("it is not an array of three texts")
    salt, name, value = array
    if len(salt) < -(-SALT_SIZE * 4 // 3):
        raise _not_a_disclosure("its salt is too short to hide anything")
    _check_name(name)
    return Disclosure(salt, name, value, encoded)


_SURROGATES = frozenset(map(chr, range(0xD800, 0xE000)))


def digest_of(encoded: str) -> str:
    """The digest of a disclosure: base64url of SHA-256 over it as it is written."""
    return _to_base64url(sha256(encoded.encode()).digest())


def to_hex(digest: str) -> str:
    """A digest as `personal-data.erased` lists it, in 64 hexadecimal digits."""
    return _from_base64url(Sealed(digest).digest).hex()


def from_hex(digits: str) -> str:
    """A digest as a commitment holds it; the inverse of `to_hex`."""
    return Sealed(_to_base64url(bytes.fromhex(digits))).digest


# --- sealing ------------------------------------------------------------------------------


def seal(value: _T, salt: Callable[[], bytes]) -> tuple[_T, tuple[Disclosure, ...]]:
    """An event with every personal text sealed, and what discloses them.

    `salt` gives 16 new random bytes each time. What is sealed already is marked as withheld:
    its disclosure is not here to be kept.
    """
    made: list[Disclosure] = []

    def hide(name: str, text: str) -> str:
        if isinstance(text, Sealed):
            return Sealed(text.digest, withheld=True)
        made.append(disclose(name, text, salt()))
        return Sealed(made[-1].digest)

    return _changed(value, hide), tuple(made)


def unseal(value: _T, disclosed: Mapping[str, str]) -> _T:
    """An event or a state with every text that is disclosed: digest -> `Disclosure.array`.

    The other texts stay sealed. Raises `StorageError` for an array that does not have its digest.
    """

    def show(_name: str, text: str) -> str:
        if not isinstance(text, Sealed) or text.withheld:
            return text
        found = disclosed.get(text.digest)
        return text if found is None else text_in(found, text.digest)

    return _changed(value, show)


def covered(value: _T, salt: Callable[[], bytes]) -> _T:
    """An event with every text that is not sealed sealed for good: what discloses it is not kept.

    For records made before there were seals, where they are handed on.
    """

    def cover(name: str, text: str) -> str:
        if isinstance(text, Sealed):
            return text
        return Sealed(disclose(name, text, salt()).digest, withheld=True)

    return _changed(value, cover)


def has_open_texts(value: Any) -> bool:
    """Whether any personal text of an event or a state is not sealed."""
    return any(not isinstance(text, Sealed) for _, text in personal_texts(value))


def without_texts(value: _T) -> _T:
    """An event or a state with a dash for each personal text; itself where it has none."""
    return _changed(value, lambda _name, _text: "-")


def text_in(array: str, digest: str) -> str:
    """The text that a disclosure's array discloses; `StorageError` where its digest is another."""
    try:
        if digest_of(_to_base64url(array.encode())) == digest:
            return _ARRAY.decode(array)[2]
    except (msgspec.MsgspecError, AttributeError, UnicodeEncodeError):
        pass
    raise StorageError(
        Problem(
            code="damaged-disclosure",
            message="what a sealed text says is not what was sealed",
            hint="`govledger verify` tells which; restore it from a backup",
        )
    )


_ARRAY = msgspec.json.Decoder(tuple[str, str, str])


def personal_texts(value: Any) -> Iterator[tuple[str, str]]:
    """The personal texts of an event or a state, each with the name of its field."""
    found: list[tuple[str, str]] = []

    def note(name: str, text: str) -> str:
        found.append((name, text))
        return text

    _changed(value, note)
    return iter(found)


def same(one: object, other: object) -> bool:
    """Whether two events, as JSON, say the same as far as their texts are not sealed."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if COMMITMENT in one or COMMITMENT in other:
            return one.get(COMMITMENT) == other.get(COMMITMENT)
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, Mapping) or isinstance(other, Mapping):
        return COMMITMENT in (
            one if isinstance(one, Mapping) else cast("Mapping[str, object]", other)
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def _changed(value: _T, change: Callable[[str, str], str]) -> _T:
    """A value of ours with each personal text changed; itself where none was."""
    changes: dict[str, Any] = {}
    for name in _holding(cast("Any", type(value))):
        held = getattr(value, name)
        if held:
            changed = _within(name, held, change)
            if changed is not held:
                changes[name] = changed
    if not changes:
        return value
    if not hasattr(value, "__dict__"):
        return cast("_T", attrs.evolve(cast("Any", value), **changes))
    new = object.__new__(type(value))  # quicker, and nothing is left to convert
    vars(new).update(vars(value) | changes)
    return new


def _within(name: str, held: Any, change: Callable[[str, str], str]) -> Any:
    if isinstance(held, str):
        return change(name, held)
    if isinstance(held, tuple):
        changed = tuple(_within(name, each, change) for each in held)
        return held if all(map(_is, changed, held)) else changed
    return _changed(held, change)


def _is(one: object, other: object) -> bool:
    return one is other


@cache
def _holding(cls: Any) -> tuple[str, ...]:
    """The fields of a class that are personal, or whose values have fields that are."""
    hints = get_type_hints(cls)
    return tuple(
        f.name
        for f in attrs.fields(cls)
        if f.metadata == PERSONAL or any(map(_holding, _values_in(hints[f.name])))
    )


def _values_in(hint: Any) -> Iterator[Any]:
    """The classes of ours that an annotation speaks of."""
    if attrs.has(hint):
        yield hint
    for part in get_args(hint):
        yield from _values_in(part)


_SEALED = re.compile(rb'\{"%s":"([A-Za-z0-9_-]{43})"\}' % COMMITMENT.encode())


def digests_in(bodies: Iterable[bytes]) -> set[str]:
    """The digests of the sealed texts in canonical JSON of ours, those withheld left out.

    None in what a damaged row may hold instead.
    """
    whole = b"\n".join(body for body in bodies if isinstance(body, bytes))
    return set(map(bytes.decode, _SEALED.findall(whole)))


# --- the account --------------------------------------------------------------------------


def account(
    sealed: Iterable[tuple[str, int, str]],
    disclosed: Iterable[tuple[str, str]],
    erased: Iterable[str],
    withheld: int = 0,
    unsealed: int = 0,
) -> Account:
    """Whether all holes in the personal texts of a log are accounted for.

    `sealed` has the digest, the position and the field of each sealed text of the log that is
    not withheld; `disclosed` the digest and the JSON array of each disclosure that is kept;
    `erased` the digests, as commitments hold them, of what records say is erased. All are
    sorted by digest, and read once. `withheld` and `unsealed` are how many of those there are.
    """
    told = merge(
        ((digest, 0, position, name) for digest, position, name in sealed),
        (
            (digest if isinstance(digest, str) else _LAST, 1, 0, array)
            for digest, array in disclosed
        ),
        ((digest, 2, 0, "") for digest in erased),
        key=itemgetter(0, 1),
    )
    texts = holes = 0
    wrong: list[tuple[int, str]] = []
    for _, group in groupby(told, key=itemgetter(0)):
        every = list(group)
        texts += every[0][1] == 0
        problem = _fault(every)
        if problem:
            wrong = [min((*wrong, (every[0][2], problem)))]
        else:
            holes += every[0][1] == 0 and every[-1][1] == 2
    return Account(texts, holes, withheld, unsealed, wrong[0][1] if wrong else "")


_LAST = "~"
"""Comes after every digest, as a damaged row that holds none does."""


def _fault(told: Sequence[tuple[str, int, int, str]]) -> str:
    """What is wrong with a sealed text, of all that is told of its digest; empty if nothing."""
    (digest, first, position, name), kinds = told[0], {kind for _, kind, _, _ in told}
    at = f'record {position}: the text of "{name}"'
    if first == 1:
        return "a disclosure is kept to which no record commits"
    if first == 2:
        return ""  # it was erased elsewhere, before the record was imported
    if sum(kind == 0 for _, kind, _, _ in told) > 1:
        return f"{at} is sealed by a commitment that stands elsewhere, too"
    if kinds == {0}:
        return f"{at} is gone, and no record says that it was erased"
    if kinds == {0, 1, 2}:
        return f"{at} is kept, and a record says that it was erased"
    if kinds == {0, 1} and not _discloses(told[1][3], digest, name):
        return f"{at} is not the one that was sealed"
    return ""


def _discloses(array: str, digest: str, name: str) -> bool:
    try:
        found = disclosure_of(array)
    except (InvalidInput, AttributeError):  # a damaged row may hold anything
        return False
    return (found.digest, found.name) == (digest, name)


def _to_base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    """Raises `ValueError` for text that `_to_base64url` does not write."""
    data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if _to_base64url(data) != text:
        raise ValueError
    return data


def _not_a_disclosure(reason: str) -> InvalidInput:
    # What a disclosure holds is personal, so no message quotes it.
    return invalid("not-a-disclosure", f"this is not a disclosure: {reason}", "see RFC 9901")
