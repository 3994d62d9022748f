"""Personal fields: a record commits to a name without telling it, so that it can be erased.

Here: salted commitments and what discloses them, in the encoding of RFC 9901 (SD-JWT), and
the account of what is no longer disclosed. Not here: which fields are personal (`events`),
where disclosures are kept, random numbers.

In the record, a personal text gives way to `{"_sd": "<digest>"}`. The disclosure, base64url of
the JSON array `[salt, name, value]`, is kept apart. Without it nothing tells the text: the
salt has 128 bits, so trying names is of no use, and the same name looks different in every
record. A list of names has a commitment for each, so that one person can be erased.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from attrs import field, frozen

from govledger.errors import InvalidInput, invalid

SALT_SIZE = 16
"""The bytes of a salt: the 128 bits that RFC 9901 recommends at least (section 9.3)."""

LARGEST_DISCLOSURE = 2**17
"""The largest disclosure, in characters: a record's largest text fits."""

KEY = "_sd"
"""The only key of a commitment."""


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


@frozen
class Concealed:
    """Fields whose personal texts gave way to commitments, and what discloses them."""

    fields: dict[str, Any]
    disclosures: tuple[Disclosure, ...]


@frozen
class Revealed:
    """Fields with the texts that were disclosed; `erased` are the digests of all others.

    A text that was not disclosed stays a commitment: whoever shows it says that it is erased.
    """

    fields: dict[str, Any]
    erased: tuple[str, ...]


@frozen
class Account:
    """Whether every hole in the personal fields has its reason. True where all is in order.

    The digests, sorted, of: `erased` texts that a record accounts for; `unaccounted` holes
    that none does; `kept` disclosures that a record says are erased; `foreign` disclosures
    to which no record commits; `unknown` digests that are said to be erased and never were.
    """

    erased: tuple[str, ...]
    unaccounted: tuple[str, ...]
    kept: tuple[str, ...]
    foreign: tuple[str, ...]
    unknown: tuple[str, ...]

    def __bool__(self) -> bool:
        return not (self.unaccounted or self.kept or self.foreign or self.unknown)


def disclose(name: str, value: str, salt: bytes) -> Disclosure:
    """What discloses a field, with a salt of 16 random bytes that is used for nothing else.

    Raises `InvalidInput` for a shorter salt, or a text that no record can hold.
    """
    if len(salt) < SALT_SIZE:
        raise _not_a_disclosure(f"a salt has at least {SALT_SIZE} bytes, not {len(salt)}")
    text = _to_base64url(salt)
    array = json.dumps([text, name, value], ensure_ascii=False, separators=(",", ":"))
    try:
        encoded = _to_base64url(array.encode())
    except UnicodeEncodeError:
        raise _not_a_disclosure("its text is not Unicode") from None
    return parse_disclosure(encoded)


def parse_disclosure(encoded: str) -> Disclosure:
    """Read a disclosure (RFC 9901, section 4.2.1), whoever wrote it.

    Raises `InvalidInput` where it is not base64url of a JSON array of three texts, without
    padding; where the salt is shorter than 16 bytes in base64url; where the name is reserved.
    """
    if len(encoded) > LARGEST_DISCLOSURE:
        raise _not_a_disclosure(f"it is longer than {LARGEST_DISCLOSURE} characters")
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
    if name in ("", KEY, "..."):
        raise _not_a_disclosure("it names no field")
    return Disclosure(salt, name, value, encoded)


_SURROGATES = frozenset(map(chr, range(0xD800, 0xE000)))


def digest_of(encoded: str) -> str:
    """The digest of a disclosure: base64url of SHA-256 over it as it is written."""
    return _to_base64url(sha256(encoded.encode()).digest())


def to_hex(digest: str) -> str:
    """A digest as `personal-data.erased` lists it, in 64 hexadecimal digits."""
    return _from_base64url(_check_digest(digest)).hex()


def from_hex(digits: str) -> str:
    """A digest as a commitment holds it; the inverse of `to_hex`."""
    return _check_digest(_to_base64url(bytes.fromhex(digits)))


def committed(value: object) -> str | None:
    """The digest of a commitment; None for a value that is none.

    Raises `InvalidInput` for something like a commitment that holds no digest.
    """
    if not isinstance(value, Mapping) or KEY not in value:
        return None
    if len(value) != 1:
        raise _not_a_commitment("it has further keys")
    return _check_digest(value[KEY])


def conceal(
    fields: Mapping[str, Any], personal: Collection[str], salt: Callable[[], bytes]
) -> Concealed:
    """The fields with a commitment for every personal text, and the disclosures of them.

    `salt` gives 16 new random bytes each time. A list of texts becomes a list of commitments.
    Fields that are not there stay away. Raises `InvalidInput` for a personal field that is
    neither text nor a list of texts.
    """
    disclosures: list[Disclosure] = []

    def hide(name: str, value: object) -> dict[str, str]:
        if not isinstance(value, str):
            raise _not_a_disclosure("only texts can be personal")
        disclosures.append(disclose(name, value, salt()))
        return {KEY: disclosures[-1].digest}

    hidden: dict[str, Any] = {
        name: value
        if name not in personal
        else [hide(name, each) for each in value]
        if isinstance(value, list | tuple)
        else hide(name, value)
        for name, value in fields.items()
    }
    return Concealed(hidden, tuple(disclosures))


def reveal(fields: Mapping[str, Any], disclosures: Mapping[str, Disclosure]) -> Revealed:
    """The fields with every text that is disclosed; `disclosures` are found by their digests.

    Raises `InvalidInput` for a disclosure of another field, and where two commitments are the
    same: none was made twice (RFC 9901, section 7.1).
    """
    erased: list[str] = []
    seen: set[str] = set()

    def show(name: str, value: object) -> object:
        digest = committed(value)
        if digest is None:
            return value
        if digest in seen:
            raise _not_a_commitment("it stands there twice")
        seen.add(digest)
        found = disclosures.get(digest)
        if found is None:
            erased.append(digest)
            return value
        if found.digest != digest or found.name != name:
            raise _not_a_disclosure(f"it does not disclose the field {name}")
        return found.value

    shown = {
        name: [show(name, each) for each in value] if isinstance(value, list) else show(name, value)
        for name, value in fields.items()
    }
    return Revealed(shown, tuple(erased))


def commitments(value: object) -> Iterator[str]:
    """The digests of all commitments in a value of a record, however deep.

    Raises `InvalidInput` for something like a commitment that holds no digest.
    """
    waiting = [value]
    while waiting:
        here = waiting.pop()
        digest = committed(here)
        if digest is not None:
            yield digest
        elif isinstance(here, Mapping):
            waiting += [*here.values()][::-1]
        elif isinstance(here, list | tuple):
            waiting += here[::-1]


def account(digests: Iterable[str], disclosed: Iterable[str], erased: Iterable[str]) -> Account:
    """Whether the holes in the personal fields are accounted for.

    `digests` are those of all commitments of the log, `disclosed` those of the disclosures
    that are kept, `erased` those that `personal-data.erased` records list. Raises
    `InvalidInput` where the log holds a commitment twice.
    """
    times = Counter(digests)
    if any(count > 1 for count in times.values()):
        raise _not_a_commitment("it stands in the log twice")
    every, there, gone = set(times), set(disclosed), set(erased)
    found = (
        every & gone - there,
        every - there - gone,
        there & gone,
        there - every,
        gone - every,
    )
    return Account(*(tuple(sorted(part)) for part in found))


def _to_base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    """Raises `ValueError` for text that `_to_base64url` does not write."""
    data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if _to_base64url(data) != text:
        raise ValueError
    return data


def _check_digest(digest: object) -> str:
    try:
        if isinstance(digest, str) and len(digest) == 43 and _from_base64url(digest):
            return digest
    except ValueError:
        pass
    raise _not_a_commitment("it holds no SHA-256 digest in base64url")


def _not_a_disclosure(reason: str) -> InvalidInput:
    # What a disclosure holds is personal, so no message quotes it.
    return invalid("not-a-disclosure", f"this is not a disclosure: {reason}", "see RFC 9901")


def _not_a_commitment(reason: str) -> InvalidInput:
    return invalid("not-a-commitment", f"this is not a commitment: {reason}", "see RFC 9901")
