"""Signed notes (C2SP signed-note): a text, and who signed it, in one small file.

Here: keys and their names, signatures and cosignatures (C2SP tlog-cosignature, v1), reading
and writing notes, and whether a signature holds. Not here: what the text means
(`checkpoint`), key files, clocks, random numbers.

A note is refused whole where anything about its form is wrong. Whether a signature holds is
told as a value, never raised: lines of keys that were not named are ignored, as they must be.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable
from enum import IntEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from govledger.errors import InvalidInput, brief, invalid
from govledger.values import LONGEST_NAME, key_name

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MOST_SIGNATURES = 100
"""The most signatures in a note; the specification asks for 16 at least."""

LARGEST_NOTE = 2**20
"""The largest note, in bytes."""

LONGEST_LINE = 2**14
"""The longest signature line, in bytes: post-quantum signatures of others are near 7,000."""

_DASH = "\N{EM DASH} "
SECRET = b"PRIVATE+KEY+"
"""How a private key begins (Go's `sumdb/note`)."""

_SECRET = SECRET.decode()


class KeyType(IntEnum):
    """What a key signs: the signature types of signed-note that are used here."""

    ED25519 = 0x01
    """The text of a note."""
    COSIGNATURE = 0x04
    """A checkpoint and the time, as tlog-cosignature says."""


@frozen
class VerifierKey:
    """A public key with the name and the type that are part of its id."""

    name: str
    type: KeyType
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature line names this key, beside its name."""
        return key_id(self.name, self.type, self.public)

    def __str__(self) -> str:
        """The key as people pass it on: `name+id+base64` (signed-note, verifier keys)."""
        material = bytes([self.type]) + self.public
        return f"{self.name}+{self.id.hex()}+{to_base64(material)}"


@frozen
class SigningKey:
    """A private key: 32 bytes of seed (RFC 8032), never shown. `public` is its other half."""

    name: str
    type: KeyType
    seed: bytes = field(repr=False)

    @property
    def public(self) -> VerifierKey:
        """The key that verifies what this one signs."""
        public = _private(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, self.type, public)


@frozen
class Signature:
    """A signature line: the name and the id of a key, and what it made of the text."""

    name: str
    key_id: bytes
    made: bytes

    def __str__(self) -> str:
        """The line, without its line end."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.made)}"


@frozen
class Note:
    """A text, which ends its last line, and its signatures, in the order of the file."""

    text: str
    signatures: tuple[Signature, ...]

    def __bytes__(self) -> bytes:
        """The note as a file."""
        lines = "".join(f"{line}\n" for line in self.signatures)
        return f"{self.text}\n{lines}".encode()


@frozen
class Signed:
    """A signature that holds: by which key, and for a cosignature when, in POSIX seconds."""

    key: VerifierKey
    time: int | None = None


@frozen
class Signatures:
    """What the named keys say of a note. True where one of them signed, and none is forged.

    `forged` are signature lines that bear the name and id of a named key and do not hold.
    """

    signed: tuple[Signed, ...] = ()
    forged: tuple[VerifierKey, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.signed) and not self.forged


# --- keys -----------------------------------------------------------------------------------


def key_id(name: str, type_: KeyType, public: bytes) -> bytes:
    """The id of a key: four bytes of a hash, to find it by (signed-note, signatures)."""
    return sha256(name.encode() + b"\n" + bytes([type_]) + public).digest()[:4]


def signing_key(name: str, seed: bytes, type_: KeyType = KeyType.ED25519) -> SigningKey:
    """A private key from 32 random bytes. Raises `InvalidInput` for a wrong name or length."""
    if len(seed) != 32:
        raise invalid(
            "not-a-key", f"a seed has 32 bytes, not {len(seed)}", "take them from os.urandom"
        )
    return SigningKey(key_name(name), type_, bytes(seed))


def parse_verifier_key(text: str) -> VerifierKey:
    """The key that `str(key)` wrote, `name+id+base64` (signed-note, verifier keys).

    Raises `InvalidInput` for any other form, a type that is not `KeyType`, an id that is not
    the key's, and points of the curve that are no honest key (RFC 8032, section 5.1.3).
    """
    name, type_, public, said_id = _parse_key(text, "name+id+base64")
    if _is_weak(public):
        raise invalid(
            "not-a-key",
            f"the key of {brief(name)} is no honest one: anything would seem signed by it",
            "ask for another",
        )
    key = VerifierKey(name, type_, public)
    _check_id(key, said_id)
    return key


def parse_signing_key(text: str) -> SigningKey:
    """The private key that `write_signing_key` wrote. Raises `InvalidInput`, without showing it."""
    if not text.startswith(_SECRET):
        raise invalid(
            "not-a-key", f"a private key begins with {_SECRET}", "name the file of the private key"
        )
    name, type_, seed, said_id = _parse_key(text[len(_SECRET) :], f"{_SECRET}name+id+base64")
    key = SigningKey(name, type_, seed)
    _check_id(key.public, said_id)
    return key


def write_signing_key(key: SigningKey) -> str:
    """A private key as text, in the form of Go's `sumdb/note`: for a file with mode 0600."""
    material = to_base64(bytes([key.type]) + key.seed)
    return f"{_SECRET}{key.name}+{key.public.id.hex()}+{material}"


def _parse_key(text: str, form: str) -> tuple[str, KeyType, bytes, bytes]:
    """The name, the type, the 32 bytes and the id that the text gives."""
    parts = text.split("+", 2)
    if len(parts) != 3 or len(text) > 2 * LONGEST_NAME + 200:
        raise invalid("not-a-key", "this is not a key", f"write it as {form}")
    name, said_id, material = parts
    key_name(name)
    if len(said_id) != 8 or not set("0123456789abcdef").issuperset(said_id):
        raise invalid("not-a-key", "the id of a key is 8 hexadecimal digits", f"in {form}")
    decoded = from_base64(material, "a key")
    known = {int(member): member for member in KeyType}
    if not decoded or decoded[0] not in known:
        raise invalid(
            "unknown-key-type",
            f"the key of {brief(name)} is of a type that is not known here",
            "Ed25519 keys (1) sign, cosignature keys (4) witness",
        )
    if len(decoded) != 33:
        raise invalid("not-a-key", f"a key has 32 bytes, not {len(decoded) - 1}", f"in {form}")
    return name, known[decoded[0]], decoded[1:], bytes.fromhex(said_id)


def _check_id(key: VerifierKey, said: bytes) -> None:
    if said != key.id:
        raise invalid(
            "wrong-key-id",
            f"the key of {brief(key.name)} says that its id is {said.hex()}; it is {key.id.hex()}",
            "a letter was mistyped, or the key was renamed: ask for it again",
        )


_PRIME = 2**255 - 19
_ORDER_8 = int.from_bytes(
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
)
_WEAK = frozenset({0, 1, _PRIME - 1, _ORDER_8, _PRIME - _ORDER_8})
"""The heights of the eight points of the curve whose order divides 8."""


def _is_weak(public: bytes) -> bool:
    """Whether a key is a point of small order, or written in another way than the one."""
    height = int.from_bytes(public, "little") & (1 << 255) - 1
    return height >= _PRIME or height in _WEAK


# --- notes ----------------------------------------------------------------------------------


def parse_note(data: bytes) -> Note:
    """Read a note. `bytes(note)` gives the same bytes again.

    Raises `InvalidInput` where anything about its form is wrong (signed-note, format): text
    that is not UTF-8, control characters, lines after the last empty one that are no
    signatures, base64 that could be written otherwise; and beyond the limits of this module.
    """
    if len(data) > LARGEST_NOTE:
        raise _not_a_note(f"it is larger than {LARGEST_NOTE} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise _not_a_note(f"byte {error.start + 1} is not UTF-8") from None
    for character in whole:
        if character < " " and character != "\n":
            raise _not_a_note(f"it holds the control character U+{ord(character):04X}")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines:
        raise _not_a_note("no empty line divides text and signatures")
    if not lines.endswith("\n"):
        raise _not_a_note("its last line does not end")
    signatures = lines[:-1].split("\n")
    if len(signatures) > MOST_SIGNATURES:
        raise _not_a_note(f"it has more than {MOST_SIGNATURES} signatures")
    first = text.count("\n") + 3
    return Note(
        f"{text}\n",
        tuple(_parse_signature(line, first + n) for n, line in enumerate(signatures)),
    )


def _parse_signature(line: str, number: int) -> Signature:
    name, gap, material = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not gap:
        raise _not_a_note(f"line {number} is no signature")
    if len(line.encode()) > LONGEST_LINE:
        raise _not_a_note(f"line {number} is longer than {LONGEST_LINE} bytes")
    try:
        key_name(name)
        made = from_base64(material, "the signature")
    except InvalidInput as error:
        raise _not_a_note(f"line {number}: {error.problems[0].message}") from None
    if len(made) < 5:
        raise _not_a_note(f"line {number} holds no signature")
    return Signature(name, made[:4], made[4:])


def _not_a_note(reason: str) -> InvalidInput:
    return invalid(
        "not-a-note",
        f"this is not a signed note: {reason}",
        "take the file as it was sent; mail programs may fold lines",
    )


def note_text(text: str) -> str:
    """A text that can be signed; raises `InvalidInput` where it is none.

    It ends its last line and has no control characters but line feeds (signed-note, format).
    """
    if not text.endswith("\n") or any(c < " " and c != "\n" for c in text):
        raise invalid(
            "not-a-note-text",
            "the text does not end its last line, or holds control characters",
            "write whole lines",
        )
    return text


def sign(text: str, key: SigningKey) -> Signature:
    """Sign a text (signed-note, Ed25519 signatures): always the same signature for the same text.

    Raises `InvalidInput` for a key that cosigns, or text that no note can hold.
    """
    _check_type(key, KeyType.ED25519)
    made = _ed25519(key, note_text(text).encode())
    return Signature(key.name, key.public.id, made)


def cosign(text: str, key: SigningKey, time: int) -> Signature:
    """Sign the text of a checkpoint with the time, in POSIX seconds (tlog-cosignature, v1).

    Raises `InvalidInput` for a key that does not cosign, or a time outside 0 to 2^63 - 1.
    """
    _check_type(key, KeyType.COSIGNATURE)
    if not 0 <= time < 2**63:
        raise invalid("not-a-time", "the time is out of range", "give POSIX seconds")
    made = _ed25519(key, _cosigned(note_text(text), time))
    return Signature(key.name, key.public.id, time.to_bytes(8, "big") + made)


def with_signature(note: Note, signature: Signature) -> Note:
    """The note with a further signature, which replaces what the same key made before.

    Raises `InvalidInput` where it would have more than `MOST_SIGNATURES`.
    """
    same = (signature.name, signature.key_id)
    kept = tuple(s for s in note.signatures if (s.name, s.key_id) != same)
    if len(kept) >= MOST_SIGNATURES:
        raise invalid(
            "too-many-signatures",
            f"the note has {MOST_SIGNATURES} signatures already",
            "leave out those that no policy names",
        )
    return evolve(note, signatures=(*kept, signature))


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> Signatures:
    """Which of the keys signed a note, and which lines only seem to be theirs.

    Every line that bears the name and id of one of the keys is verified; all others are
    ignored (signed-note, signatures). Raises `InvalidInput` where two different keys share
    name and id, so that a line could mean either.
    """
    named: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if named.setdefault((key.name, key.id), key) != key:
            raise invalid(
                "ambiguous-key",
                f"two keys have the name {brief(key.name)} and the id {key.id.hex()}",
                "trust one of them",
            )
    signed, forged = list[Signed](), list[VerifierKey]()
    for line in note.signatures:
        known = named.get((line.name, line.key_id))
        if known is None:
            continue
        held = _verify(note.text, known, line.made)
        if held is None:
            forged.append(known)
        else:
            signed.append(held)
    return Signatures(tuple(signed), tuple(forged))


def _verify(text: str, key: VerifierKey, made: bytes) -> Signed | None:
    message, time = text.encode(), None
    if key.type is KeyType.COSIGNATURE:
        if len(made) != 72:
            return None
        time, made = int.from_bytes(made[:8], "big"), made[8:]
        if time >= 2**63:
            return None
        message = _cosigned(text, time)
    return Signed(key, time) if _holds(key.public, message, made) else None


def _cosigned(text: str, time: int) -> bytes:
    """What a witness signs (tlog-cosignature, Ed25519 signed message)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _ed25519(key: SigningKey, message: bytes) -> bytes:
    return _private(key.seed).sign(message)


# Imported where it is used: most commands sign nothing, and start sooner without it.


def _private(seed: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed)


def _holds(public: bytes, message: bytes, made: bytes) -> bool:
    """Whether a signature of Ed25519 holds."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(made, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _check_type(key: SigningKey, wanted: KeyType) -> None:
    if key.type is not wanted:
        raise invalid(
            "wrong-key-type",
            f"the key of {brief(key.name)} is for {_PURPOSE[key.type]}, not {_PURPOSE[wanted]}",
            "keep a key for each: what one signs must not pass for what the other signs",
        )


_PURPOSE = {KeyType.ED25519: "signing", KeyType.COSIGNATURE: "cosigning"}


# --- base64 ---------------------------------------------------------------------------------


def to_base64(data: bytes) -> str:
    """Bytes as base64 (RFC 4648, section 4)."""
    return b64encode(data).decode()


def from_base64(text: str, what: str) -> bytes:
    """The bytes that `to_base64` wrote.

    Raises `InvalidInput` that names `what` it should be, for text of which they are not the
    one writing: other letters, line ends, missing padding, bits that do not count.
    """
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = None
    if data is None or to_base64(data) != text:
        raise invalid(
            "not-base64",
            f"{what} is not base64, or not as it is written",
            "take it as it was sent, to the last letter",
        )
    return data
