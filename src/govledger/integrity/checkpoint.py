"""Checkpoints (C2SP tlog-checkpoint): a log had this size and this root, signed and witnessed.

Here: reading and writing them, signing and cosigning them, and policies (C2SP tlog-policy) that
say whose word counts. Not here: the tree (`merkle`), the form of signatures (`note`), how strong
a verdict a checkpoint allows (`govledger.audit`), files and clocks.

Checkpoints have three lines: what a log adds to them nobody can audit, so extension lines are
refused. The origin is the name of the key that signs, an address without its scheme.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sized

from attrs import field, frozen

from govledger.errors import InvalidInput, brief, did_you_mean, invalid
from govledger.integrity.merkle import EMPTY_ROOT, HASH_SIZE, LARGEST_SIZE
from govledger.integrity.note import (
    LARGEST_NOTE,
    SECRET,
    KeyType,
    Note,
    Signatures,
    SigningKey,
    VerifierKey,
    cosign,
    from_base64,
    parse_note,
    parse_verifier_key,
    sign,
    to_base64,
    verify_note,
    with_signature,
)
from govledger.values import key_name

LARGEST_POLICY = 2**16
"""The largest policy, in bytes."""

MOST_NAMES = 100
"""The most logs, witnesses and groups of a policy, each; the specification asks for 32."""

NONE = "none"
"""The quorum of a policy that asks for no witness."""


@frozen
class Checkpoint:
    """The head of a log: its `origin`, how many entries it had (`size`), and the `root` over them.

    Raises `InvalidInput` for an origin that no key can bear, a size out of range, a root that
    is no hash, and a root of nothing that is not `EMPTY_ROOT`.

    >>> from govledger import Checkpoint, Ledger
    >>> with Ledger.in_memory(origin="example.org/club") as ledger:
    ...     checkpoint = ledger.checkpoint()
    >>> isinstance(checkpoint, Checkpoint), str(checkpoint).splitlines()[:2]
    (True, ['example.org/club', '1'])
    """

    origin: str = field(converter=key_name)
    size: int
    root: bytes

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.size <= LARGEST_SIZE:
            raise _not_a_checkpoint("its size is out of range")
        if len(self.root) != HASH_SIZE:
            raise _not_a_checkpoint(f"its root has {len(self.root)} bytes, not {HASH_SIZE}")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise _not_a_checkpoint("its root is not that of a log without entries")

    def __str__(self) -> str:
        """The text to be signed: three lines (tlog-checkpoint, note text)."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint; `str(checkpoint)` gives the same text again.

    Raises `InvalidInput` for anything else than three whole lines: origin, size in decimal
    digits without leading zeros, root in base64.
    """
    lines = text.split("\n", 4)
    if len(lines) < 4 or lines[-1]:
        raise _not_a_checkpoint("it has not three whole lines")
    if len(lines) > 4:
        raise _not_a_checkpoint("it has extension lines, which nobody can audit")
    origin, size, root, _ = lines
    return Checkpoint(origin, decimal(size, "the size"), from_base64(root, "the root"))


def open_checkpoint(data: bytes) -> tuple[Checkpoint, Note]:
    """Read a checkpoint file: a note whose text is a checkpoint. No signature is verified.

    Raises `InvalidInput` where it is neither.
    """
    note = parse_note(data)
    return parse_checkpoint(note.text), note


def read_checkpoint(data: bytes) -> Note:
    """A checkpoint that somebody kept: a signed one, or its three lines alone, as minutes have it.

    Lines that were typed may have blanks and blank lines around them. Raises `InvalidInput`
    where it is neither.
    """
    if is_signed(data):
        return open_checkpoint(data)[1]
    if len(data) > LARGEST_NOTE:
        raise _not_a_checkpoint(f"it is larger than {LARGEST_NOTE} bytes")
    try:
        lines = [line.strip(" \t\r") for line in data.decode("utf-8-sig").split("\n")]
    except UnicodeDecodeError:
        raise _not_a_checkpoint("it is not UTF-8") from None
    text = "".join(f"{line}\n" for line in lines if line)
    return Note(str(parse_checkpoint(text)), ())


def is_signed(data: bytes) -> bool:
    """Whether there is anything like a signature line in a file."""
    return "\n\N{EM DASH} ".encode() in data


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> Note:
    """The checkpoint, signed by the log's key.

    Raises `InvalidInput` for a key of another name than the origin, or that cosigns. Whoever
    calls has proven that the checkpoint extends the last that this key signed.
    """
    if key.name != checkpoint.origin:
        raise invalid(
            "foreign-origin",
            f"the key of {brief(key.name)} cannot sign for {brief(checkpoint.origin)}",
            "a log is signed by the key that bears its origin as a name",
        )
    text = str(checkpoint)
    return Note(text, (sign(text, key),))


def cosign_checkpoint(note: Note, key: SigningKey, time: int) -> Note:
    """The signed checkpoint with a witness's word that it was consistent at `time`.

    `time` is in POSIX seconds. Raises `InvalidInput` where the note is no checkpoint, or the
    key does not cosign. Whoever calls has verified the log's signature, and that the
    checkpoint extends the last that this witness cosigned (tlog-cosignature).
    """
    parse_checkpoint(note.text)
    return with_signature(note, cosign(note.text, key, time))


def decimal(digits: str, what: str) -> int:
    """A whole number from 0 to 2^63 - 1 in decimal, without leading zeros.

    Raises `InvalidInput` that names `what` it should be.
    """
    if not _DECIMAL.fullmatch(digits) or int(digits) > LARGEST_SIZE:
        raise invalid(
            "not-a-number",
            f"{what} is no whole number below 2^63, or has leading zeros",
            "write digits only",
        )
    return int(digits)


_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def _not_a_checkpoint(reason: str) -> InvalidInput:
    return invalid(
        "not-a-checkpoint",
        f"this is not a checkpoint: {reason}",
        "it has three lines: origin, size, root",
    )


# --- policies -------------------------------------------------------------------------------


@frozen
class Witness:
    """A witness of a policy: the name that groups use, its key, and perhaps its address."""

    name: str
    key: VerifierKey
    url: str = ""


@frozen
class Group:
    """A group of a policy: it has witnessed where `threshold` of its members have."""

    name: str
    threshold: int
    members: tuple[str, ...]


@frozen
class Policy:
    """Whose word counts: any of the `logs` must have signed, and the quorum have cosigned.

    `witnesses` are single keys, `groups` of them stand after those they name, `quorum` is a
    witness, a group or `NONE`. `integrity.checkpoint.parse_policy` reads one from a file.

    >>> from govledger import Policy
    >>> Policy().quorum
    'none'
    """

    logs: tuple[VerifierKey, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NONE


def parse_policy(data: bytes) -> Policy:
    """Read a policy (C2SP tlog-policy).

    Raises `InvalidInput` that names the line: for anything the specification does not allow,
    keys that are not Ed25519, a witness with the key of a log, which would witness itself,
    and more than the limits of this module.
    """
    if SECRET in data:
        raise _not_a_policy(0, "it holds a private key, which is for its owner alone")
    if len(data) > LARGEST_POLICY:
        raise _not_a_policy(0, f"it is larger than {LARGEST_POLICY} bytes")
    reading = _Reading()
    for number, line in enumerate(data.split(b"\n"), start=1):
        if unfit := [octet for octet in line if (octet < 32 and octet != 9) or octet == 127]:
            raise _not_a_policy(number, f"it holds the control character 0x{unfit[0]:02x}")
        # Octets beyond ASCII are opaque: none is lost, and none equals another.
        words = line.decode("utf-8", "surrogateescape").replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if words and not words[0].startswith("#"):
            reading.take(number, words)
    return reading.policy()


class _Reading:
    """What has been read of a policy so far."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self.names: set[str] = set()
        self.listed: set[str] = set()
        self.keys: dict[bytes, str] = {}

    def take(self, number: int, words: list[str]) -> None:
        keyword, *rest = words
        if keyword not in _LINES:
            raise _not_a_policy(
                number, f"{brief(keyword)} is no keyword: {did_you_mean(keyword, _LINES)}"
            )
        form, least, most, read = _LINES[keyword]
        if not least <= len(rest) <= most:
            raise _not_a_policy(number, f"a {keyword} is written as: {form}")
        try:
            read(self, *rest)
        except InvalidInput as error:
            raise _not_a_policy(number, error.problems[0].message) from None

    def log(self, key: str, _url: str = "") -> None:
        self.logs.append(self._key(key, KeyType.ED25519, "log"))
        _few(self.logs)

    def witness(self, name: str, key: str, url: str = "") -> None:
        self._name(name)
        self.witnesses.append(Witness(name, self._key(key, KeyType.COSIGNATURE, "witness"), url))
        _few(self.witnesses)

    def group(self, name: str, threshold: str, *members: str) -> None:
        for member in members:
            if member not in self.names:
                raise _wrong(f"no line before this defines {brief(member)}")
            if member in self.listed:
                raise _wrong(f"{brief(member)} is listed already: a witness counts once")
            self.listed.add(member)
        self._name(name)
        needed = {"any": 1, "all": len(members)}.get(threshold)
        if needed is None:
            needed = decimal(threshold, "how many of a group are needed")
        if not 1 <= needed <= len(members):
            raise _wrong(f"{needed} of {len(members)} members cannot be needed")
        self.groups.append(Group(name, needed, members))
        _few(self.groups)

    def set_quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise _wrong("there is a quorum already")
        if name != NONE and name not in self.names:
            raise _wrong(f"no line before this defines {brief(name)}")
        self.quorum = name

    def policy(self) -> Policy:
        if self.quorum is None:
            raise _not_a_policy(0, 'it has no quorum; "quorum none" asks for no witness')
        return Policy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum)

    def _name(self, name: str) -> None:
        if name == NONE or name in self.names:
            raise _wrong(f"the name {brief(name)} is taken")
        self.names.add(name)

    def _key(self, text: str, type_: KeyType, what: str) -> VerifierKey:
        key = parse_verifier_key(text)
        if key.type is not type_:
            raise _wrong(f"the key of a {what} has type {type_.value}, not {key.type.value}")
        if key.public in self.keys:
            raise _wrong(f"this is the key of a {self.keys[key.public]} already")
        self.keys[key.public] = what
        return key


def _wrong(reason: str) -> InvalidInput:
    return invalid("not-a-policy", reason)


def _few(values: Sized) -> None:
    if len(values) > MOST_NAMES:
        raise _wrong(f"there are more than {MOST_NAMES} of them")


_LINES: Mapping[str, tuple[str, int, int, Callable[..., None]]] = {
    "log": ("log KEY [URL]", 1, 2, _Reading.log),
    "witness": ("witness NAME KEY [URL]", 2, 3, _Reading.witness),
    "group": ("group NAME all|any|NUMBER MEMBER...", 3, LARGEST_POLICY, _Reading.group),
    "quorum": ("quorum NAME|none", 1, 1, _Reading.set_quorum),
}
"""Per keyword: how its line is written, how many words follow at least and at most, who reads."""


def _not_a_policy(number: int, reason: str) -> InvalidInput:
    return invalid(
        "not-a-policy",
        f"line {number} of the policy: {reason}" if number else f"the policy: {reason}",
        "see c2sp.org/tlog-policy for its form",
    )


def has_quorum(policy: Policy, cosigned: Iterable[str]) -> bool:
    """Whether the witnesses of these names are enough (tlog-policy, defining the quorum)."""
    known = {witness.name for witness in policy.witnesses}
    done = known.intersection(cosigned)
    for group in policy.groups:
        if len(done.intersection(group.members)) >= group.threshold:
            done.add(group.name)
    return policy.quorum == NONE or policy.quorum in done


# --- what a checkpoint is worth ---------------------------------------------------------------


@frozen
class Cosigned:
    """A witness of the policy whose cosignature holds, and when it gave it (POSIX seconds)."""

    name: str
    time: int


@frozen
class Evaluation:
    """What a policy says of a signed checkpoint. True where it is valid by the policy.

    `log` is the key of the log whose signature holds, `cosigned` the witnesses, `forged` the
    names of keys whose lines do not hold. `problems` says why it is not valid.
    """

    log: VerifierKey | None
    cosigned: tuple[Cosigned, ...]
    forged: tuple[str, ...]
    quorum: bool
    problems: tuple[str, ...]

    def __bool__(self) -> bool:
        return not self.problems


def evaluate(policy: Policy, note: Note) -> Evaluation:
    """What a policy says of a signed checkpoint (tlog-policy, what is a policy).

    Only a log whose key bears the origin as its name can have signed. A line that bears the
    name and id of a key of the policy and does not hold makes the checkpoint invalid. Raises
    `InvalidInput` where the note is no checkpoint.
    """
    checkpoint = parse_checkpoint(note.text)
    logs = [key for key in policy.logs if key.name == checkpoint.origin]
    by_key = {witness.key: witness.name for witness in policy.witnesses}
    found: Signatures = verify_note(note, [*logs, *by_key])
    log = next((signed.key for signed in found.signed if signed.key in logs), None)
    cosigned = tuple(
        Cosigned(by_key[signed.key], signed.time)
        for signed in found.signed
        if signed.key in by_key and signed.time is not None
    )
    quorum = has_quorum(policy, (witness.name for witness in cosigned))
    problems = []
    if not logs:
        problems.append(f"the policy knows no log {brief(checkpoint.origin)}")
    elif log is None:
        problems.append(f"no key of {brief(checkpoint.origin)} signed it")
    if found.forged:
        names = ", ".join(sorted({brief(key.name) for key in found.forged}))
        problems.append(f"a signature does not hold: {names}")
    if not quorum:
        signers = ", ".join(sorted({witness.name for witness in cosigned})) or "nobody"
        problems.append(f"the quorum {brief(policy.quorum)} is not met: cosigned by {signers}")
    return Evaluation(
        log, cosigned, tuple(key.name for key in found.forged), quorum, tuple(problems)
    )
