"""Key files, and what their holders remember: a key never signs two trees that disagree.

Here: making and reading key files, the memory beside them, signing for a log and as a witness.
Not here: the forms of keys and checkpoints (`integrity`), where a log's proofs come from.

A holder of a key remembers, per origin, the size and the root it signed last, and signs only
what extends it. So a restored backup, or altered records, cannot become a second history with
the same signature. The memory guards one copy of a key: keep one. It is written and synced
before a signature leaves this module, so a crash may lose a signature and never the memory.

Beside the key file `club.key` stand `club.key.pub` (to pass on), `club.key.memory`, and
`club.key.lock`, which is empty.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from govledger.errors import Inconsistent, Problem, StorageError, brief, invalid
from govledger.files import replacing, sync_folder
from govledger.integrity.checkpoint import (
    Checkpoint,
    Policy,
    cosign_checkpoint,
    evaluate,
    parse_checkpoint,
    sign_checkpoint,
)
from govledger.integrity.merkle import EMPTY_ROOT, verify_consistency
from govledger.integrity.note import (
    KeyType,
    Note,
    SigningKey,
    VerifierKey,
    from_base64,
    parse_signing_key,
    signing_key,
    to_base64,
    verify_note,
    write_signing_key,
)
from govledger.integrity.witness import Consistency

try:
    from fcntl import LOCK_EX, flock
except ImportError:  # Windows; two processes that sign at once are not kept apart there
    flock = None  # type: ignore[assignment]

LARGEST_KEY = 2**10
"""The largest file of a key, in bytes."""

LARGEST_MEMORY = 2**20
"""The largest memory, in bytes: that of a witness of some 3,000 logs."""

Memory = dict[str, Checkpoint]
"""Per origin, the checkpoint that was signed last."""


# --- keys -----------------------------------------------------------------------------------


def new_key(path: Path, name: str, type_: KeyType) -> VerifierKey:
    """Make a key: the private one at `path`, the public one and an empty memory beside it.

    The private key is readable by its owner alone from its first byte on. Raises `InvalidInput`
    for a name that no key may have, `StorageError` where one of the files exists or cannot be
    written; no file is left behind then.
    """
    key = signing_key(name, os.urandom(32), type_)
    made = list[Path]()
    try:
        # The private key comes first and, if need be, goes last: an empty memory beside a key
        # that has signed already would let it sign anything.
        _create(path, f"{write_signing_key(key)}\n".encode(), 0o600, made)
        _create(_beside(path, ".pub"), f"{key.public}\n".encode(), 0o644, made)
        _create(_memory_of(path), _encode({}), 0o600, made)
        with _explained(path):
            sync_folder(path.parent)
    except BaseException:
        for file in reversed(made):
            with suppress(OSError):
                file.unlink()
        raise
    return key.public


def _create(path: Path, data: bytes, mode: int, made: list[Path]) -> None:
    """Write a file that does not exist, and list it among those `made`."""
    with _explained(path):
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
        except FileExistsError as error:
            raise _fault(
                path,
                "key-exists",
                "it exists already, and keys are never overwritten",
                "name another file; what belongs to a key has its name and .pub or .memory",
            ) from error
        made.append(path)
        with os.fdopen(handle, "wb") as file:
            _write(file, data, mode)


def read_key(path: Path) -> SigningKey:
    """The private key in a file.

    Raises `StorageError` where there is none, or others than its owner have rights to it;
    `InvalidInput` for a malformed one, without showing it.
    """
    try:
        with _explained(path):
            data, mode = _read(path, LARGEST_KEY)
    except StorageError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise _fault(
                path, "no-key", "there is no such file", "name the file of the private key"
            ) from error
        raise
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise _fault(
            path,
            "key-exposed",
            f"others have rights to this private key: mode {stat.S_IMODE(mode):04o}",
            f"chmod 600 {path}; where others may have read it, make a new key",
        )
    try:
        return parse_signing_key(data.decode().removesuffix("\n"))
    except ValueError:  # whose message may hold what was meant to be a key
        raise invalid(
            "not-a-key",
            f"{path}: this is not a private key, or it is damaged",
            "name the file that `new_key` made; the public key ends in .pub",
        ) from None


# --- signing --------------------------------------------------------------------------------


def sign(
    path: Path, checkpoint: Checkpoint, consistency: Consistency, last: Iterable[Note] = ()
) -> Note:
    """Sign a checkpoint with the key of its log, where it extends what that signed before.

    `consistency` gives the hashes that prove it, from the size that is remembered; it is not
    asked where sizes are equal. The same checkpoint is signed again, to the same bytes. `last`
    is for a key whose memory is lost: the last checkpoint it signed.

    Raises `Inconsistent` for a tree that is smaller, or another; `StorageError` where key or
    memory cannot be read or written, `InvalidInput` where the key does not sign for the origin.
    Nothing was signed then.
    """
    key = read_key(path)
    signed = sign_checkpoint(checkpoint, key)  # it goes nowhere until it is remembered
    with _locked(path):
        memory = _recall(path, key, checkpoint.origin, last)
        _check_extends(memory, checkpoint, consistency)
        _remember(path, memory | {checkpoint.origin: checkpoint})
    return signed


def cosign(
    path: Path,
    note: Note,
    policy: Policy,
    consistency: Consistency,
    now: Callable[[], int],
    last: Iterable[Note] = (),
) -> Note:
    """Cosign a checkpoint as a witness (C2SP tlog-witness, add-checkpoint).

    One of the policy's logs must have signed it; its quorum is not asked for. An origin that
    was never seen counts as remembered at size 0, so that its first checkpoint is trusted as
    it is: compare it with what the log's owner says by another way. `now` gives the time in
    POSIX seconds. `consistency` and `last` are as in `sign`; where the memory is lost, give
    the last checkpoint of every log, for one that is forgotten would be a first sight again.

    Raises as `sign` does, and `InvalidInput` for a log that the policy does not know, or that
    did not sign.
    """
    key = read_key(path)
    checkpoint = parse_checkpoint(note.text)
    _check_log(note, checkpoint.origin, policy)
    cosigned = cosign_checkpoint(note, key, now())  # it goes nowhere until it is remembered
    with _locked(path):
        memory = _recall(path, key, checkpoint.origin, last)
        _check_extends(memory, checkpoint, consistency)
        _remember(path, memory | {checkpoint.origin: checkpoint})
    return cosigned


def _check_log(note: Note, origin: str, policy: Policy) -> None:
    """Refuse what the log did not sign (tlog-witness: status 404 and 403)."""
    if all(key.name != origin for key in policy.logs):
        raise invalid(
            "foreign-origin",
            f"the policy knows no log {brief(origin)}",
            "a witness cosigns for the logs of its policy; add the log's key to it",
        )
    found = evaluate(policy, note)
    if found.log is None or found.forged:
        names = ", ".join(map(brief, found.forged))
        raise invalid(
            "unsigned-checkpoint",
            f"a signature does not hold: {names}" if names else f"no key of {brief(origin)} signed",
            "take the checkpoint as the log's owner sent it",
        )


def _check_extends(memory: Memory, new: Checkpoint, consistency: Consistency) -> None:
    """Raise `Inconsistent` where a tree does not extend the one that was signed last."""
    old = memory.get(new.origin, _nothing_of(new.origin))
    if new.size < old.size:
        raise _inconsistent(new, f"this tree has {new.size} entries", old.size)
    if new.size == old.size:
        if new.root != old.root:
            raise _inconsistent(new, f"this tree of {new.size} entries has another root", old.size)
        return
    proof = consistency(old.size, new.size)
    if not verify_consistency(old.size, old.root, new.size, new.root, proof):
        raise _inconsistent(
            new, f"this tree of {new.size} entries is not shown to extend it", old.size
        )


def _nothing_of(origin: str) -> Checkpoint:
    return Checkpoint(origin, 0, EMPTY_ROOT)


def _inconsistent(new: Checkpoint, reason: str, old: int) -> Inconsistent:
    return Inconsistent(
        Problem(
            code="inconsistent-tree",
            message=f"{brief(new.origin)} was signed at size {old}, and {reason}",
            hint="do not sign it: an older backup was restored, records were altered, or this is "
            "an old file; verify the ledger with the last checkpoint, and keep both",
        )
    )


# --- memory ---------------------------------------------------------------------------------


class _Seen(msgspec.Struct, forbid_unknown_fields=True):
    """How a checkpoint is remembered, under its origin."""

    root: str
    size: int


_MEMORY = msgspec.json.Decoder(dict[str, _Seen])


def _encode(memory: Memory) -> bytes:
    seen = {head.origin: _Seen(to_base64(head.root), head.size) for head in memory.values()}
    return msgspec.json.encode(seen, order="sorted") + b"\n"


def _decode(data: bytes) -> Memory:
    """Read a memory; raises `ValueError` and the like for bytes that `_encode` never wrote."""
    memory = {
        origin: Checkpoint(origin, seen.size, from_base64(seen.root, "the root"))
        for origin, seen in _MEMORY.decode(data).items()
    }
    if _encode(memory) != data:  # keys that come twice, numbers of other forms
        raise ValueError
    return memory


def _recall(path: Path, key: SigningKey, origin: str, last: Iterable[Note]) -> Memory:
    """What a key signed last, by its memory and by `last`.

    A lost memory is made anew from `last`, if that says anything of `origin`. Where there is
    one, `last` may add an origin to it, and must not be ahead of it: then it is an old memory.
    """
    signed = sorted((_signed_by(key, note) for note in last), key=lambda head: -head.size)
    memory = _read_memory(path, key)
    if isinstance(memory, Problem):
        if origin not in {head.origin for head in signed}:
            raise StorageError(memory)
        memory = {}
    for head in signed:
        known = memory.get(head.origin, _nothing_of(head.origin))
        if known.size == 0:
            memory[head.origin] = head
        elif head.size > known.size:
            raise _fault(
                _memory_of(path),
                "old-memory",
                f"it knows {brief(head.origin)} at size {known.size}; this key signed it at "
                f"size {head.size}",
                "an older backup of it was restored: remove it, and give the last checkpoint of "
                "every log that this key signed",
            )
        elif head.size == known.size and head.root != known.root:
            raise _inconsistent(head, "the last checkpoint given has another root", known.size)
    return memory


def _signed_by(key: SigningKey, note: Note) -> Checkpoint:
    """A checkpoint that this very key signed; raises `InvalidInput` for any other."""
    head = parse_checkpoint(note.text)
    foreign = key.type is KeyType.ED25519 and head.origin != key.name
    if foreign or not verify_note(note, [key.public]):
        raise invalid(
            "unsigned-checkpoint",
            f"the checkpoint of {brief(head.origin)} at size {head.size} was not signed by "
            f"{brief(key.name)}",
            "give the last checkpoint that this key signed, as it was given out",
        )
    return head


def _read_memory(path: Path, key: SigningKey) -> Memory | Problem:
    """The memory of a key, or how it was lost."""
    file = _memory_of(path)
    hint = "give the last checkpoint that this key signed (--last; a witness: of every log)"
    try:
        with _explained(file):
            data, _ = _read(file, LARGEST_MEMORY)
    except StorageError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        lost = f"{file}: what this key signed is forgotten: there is no such file"
        return Problem(code="no-memory", message=lost, hint=hint)
    damaged = f"{file}: the memory of what this key signed is damaged"
    try:
        memory = _decode(data) if len(data) <= LARGEST_MEMORY else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        memory = None
    if memory is None:
        return Problem(code="damaged-memory", message=damaged, hint=hint)
    if key.type is KeyType.ED25519 and memory.keys() - {key.name}:  # it signs for itself alone
        return Problem(code="damaged-memory", message=f"{damaged}: another key's", hint=hint)
    return memory


def _remember(path: Path, memory: Memory) -> None:
    """Replace the memory of a key, as a whole or not at all; it is on the disk afterwards."""
    data, file = _encode(memory), _memory_of(path)
    if len(data) > LARGEST_MEMORY:
        raise _fault(
            file,
            "memory-full",
            f"it would be larger than {LARGEST_MEMORY} bytes",
            "use a further key for further logs",
        )
    with _explained(file), replacing(file, private=True) as stream:
        stream.write(data)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Nobody else signs with this key meanwhile: they wait.

    The file of the lock stays, for who removes it may remove one that another waits for. The
    lock itself goes with the process that holds it, however that ends.
    """
    file = _beside(path, ".lock")
    with _explained(file):
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if flock is not None:
            with _explained(file):
                flock(handle, LOCK_EX)
        yield
    finally:
        os.close(handle)


# --- files ----------------------------------------------------------------------------------

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would write two bytes for a line end
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)


def is_of_key(path: Path, key: Path) -> bool:
    """Whether a file is that of a key, or one of those beside it."""
    own = (key, *(_beside(key, ending) for ending in (".pub", ".memory", ".lock")))
    return path.resolve() in {each.resolve() for each in own}


def _beside(path: Path, ending: str) -> Path:
    return Path(f"{path}{ending}")


def _memory_of(path: Path) -> Path:
    return _beside(path, ".memory")


def _read(path: Path, most: int) -> tuple[bytes, int]:
    """The bytes of a plain file, at most one more than `most`, and its mode."""
    handle = os.open(path, os.O_RDONLY | _BINARY | _NONBLOCK)  # a pipe would keep us waiting
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is not a plain file")
        return file.read(most + 1), mode


def _write(file: IO[bytes], data: bytes, mode: int) -> None:
    """Write all there is of a file; it is on the disk afterwards."""
    if hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), mode)  # the umask may have taken the owner's rights
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


_FULL = ("disk-full", "the disk is full", "make room; nothing was signed")
_NO_ACCESS = ("no-access", "it may not be used", "check the rights to the file and its folder")

_FAULTS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _NO_ACCESS,
    errno.EPERM: _NO_ACCESS,
    errno.EROFS: _NO_ACCESS,
    errno.ENOENT: ("not-found", "there is no such file or folder", "check the path"),
}


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn faults of the disk into errors that say what to do."""
    try:
        yield
    except StorageError:
        raise  # which says it already, and is an `OSError` too
    except OSError as error:
        told = ("disk-error", error.strerror or str(error), "check the path and the disk")
        raise _fault(path, *_FAULTS.get(error.errno or 0, told)) from error


def _fault(path: Path, code: str, message: str, hint: str) -> StorageError:
    return StorageError(Problem(code=code, message=f"{path}: {message}", hint=hint))
