"""Proof bundles (C2SP tlog-proof): one file that shows a stranger an entry was in the log.

Here: reading and writing `.tlog-proof` files, and verifying them without a ledger or a
network. Not here: the tree (`merkle`), signatures (`note`), whose word counts (`checkpoint`).

A bundle holds the entry itself as its extra data. That is no authority: it counts for
nothing until its hash is proven to be in the tree of a checkpoint that a policy trusts.
"""

from __future__ import annotations

from attrs import frozen

from govledger.errors import InvalidInput, invalid
from govledger.integrity.checkpoint import (
    Checkpoint,
    Evaluation,
    Policy,
    decimal,
    evaluate,
    parse_checkpoint,
)
from govledger.integrity.merkle import (
    HASH_SIZE,
    LARGEST_SIZE,
    LONGEST_PROOF,
    leaf_hash,
    verify_inclusion,
)
from govledger.integrity.note import LARGEST_NOTE, Note, from_base64, parse_note, to_base64
from govledger.integrity.tiles import LARGEST_ENTRY

LARGEST_PROOF = 2 * LARGEST_NOTE
"""The largest bundle, in bytes."""

_HEADER = "c2sp.org/tlog-proof@v1"


@frozen
class Proof:
    """What shows that leaf `index`, from 0, is in the tree of a signed checkpoint.

    `extra` is the entry, or nothing where the verifier has it already.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes | None = None

    def __bytes__(self) -> bytes:
        """The bundle as a file (tlog-proof, format)."""
        lines = [_HEADER]
        if self.extra is not None:
            lines.append(f"extra {to_base64(self.extra)}")
        lines += [f"index {self.index}", *map(to_base64, self.hashes), "", ""]
        return "\n".join(lines).encode() + bytes(self.note)

    @property
    def checkpoint(self) -> Checkpoint:
        """The head of the log that the bundle speaks of; `InvalidInput` where it is none."""
        return parse_checkpoint(self.note.text)


@frozen
class Verified:
    """What a bundle shows. True where the entry is in a tree that the policy trusts.

    `included` says that the hashes lead from the entry to the root, `evaluation` what the
    policy says of the checkpoint, `problems` why the bundle shows nothing.
    """

    index: int
    entry: bytes | None
    checkpoint: Checkpoint
    included: bool
    evaluation: Evaluation
    problems: tuple[str, ...]

    def __bool__(self) -> bool:
        return not self.problems


def parse_proof(data: bytes) -> Proof:
    """Read a bundle; `bytes(proof)` gives the same bytes again. Nothing is verified.

    Raises `InvalidInput` for any other form than tlog-proof's, more than 63 hashes, an entry
    of more than 65,535 bytes, and a checkpoint that is none.
    """
    if len(data) > LARGEST_PROOF:
        raise _not_a_proof(f"it is larger than {LARGEST_PROOF} bytes")
    head, gap, rest = data.partition(b"\n\n")
    if not gap:
        raise _not_a_proof("no empty line divides hashes and checkpoint")
    if not head.isascii():
        raise _not_a_proof("what comes before the checkpoint is not ASCII")
    header, *lines = head.decode().split("\n", LONGEST_PROOF + 4)
    if header != _HEADER:
        raise _not_a_proof(f"its first line is not {_HEADER}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = from_base64(lines.pop(0).removeprefix("extra "), "the extra data")
        if len(extra) > LARGEST_ENTRY:
            raise _not_a_proof(f"its entry is larger than {LARGEST_ENTRY} bytes")
    if not lines or not lines[0].startswith("index "):
        raise _not_a_proof("it does not say the index of the entry")
    index = decimal(lines.pop(0).removeprefix("index "), "the index")
    if len(lines) > LONGEST_PROOF:
        raise _not_a_proof(f"it has more than {LONGEST_PROOF} hashes")
    hashes = tuple(from_base64(line, "a hash") for line in lines)
    if any(len(each) != HASH_SIZE for each in hashes):
        raise _not_a_proof(f"a hash has not {HASH_SIZE} bytes")
    note = parse_note(rest)
    parse_checkpoint(note.text)
    return Proof(index, hashes, note, extra)


def prove(index: int, hashes: tuple[bytes, ...], note: Note, entry: bytes) -> Proof:
    """Bundle an entry with its hashes and a signed checkpoint.

    Raises `InvalidInput` where they do not fit together: such a bundle would show nothing.
    """
    checkpoint = parse_checkpoint(note.text)
    if len(entry) > LARGEST_ENTRY or not verify_inclusion(
        leaf_hash(entry), index, checkpoint.size, hashes, checkpoint.root
    ):
        raise invalid(
            "not-proven",
            f"the hashes do not lead from entry {index} to the root of the checkpoint",
            "a proof is made at the size of its checkpoint",
        )
    return Proof(index, hashes, note, entry)


def verify_proof(proof: Proof, policy: Policy, entry: bytes | None = None) -> Verified:
    """What a bundle shows by a policy, of an entry that the caller holds or else its own.

    Raises `InvalidInput` only where its checkpoint is none.
    """
    checkpoint = proof.checkpoint
    shown = proof.extra if entry is None else entry
    included = (
        shown is not None
        and 0 <= proof.index <= LARGEST_SIZE
        and verify_inclusion(
            leaf_hash(shown), proof.index, checkpoint.size, proof.hashes, checkpoint.root
        )
    )
    evaluation = evaluate(policy, proof.note)
    problems = list(evaluation.problems)
    if shown is None:
        problems.insert(0, "there is no entry to prove")
    elif entry is not None and proof.extra not in (None, entry):
        problems.insert(0, "the bundle is about another entry")
    elif not included:
        problems.insert(0, f"the entry is not number {proof.index} of that log")
    return Verified(proof.index, shown, checkpoint, included, evaluation, tuple(problems))


def _not_a_proof(reason: str) -> InvalidInput:
    return invalid(
        "not-a-proof",
        f"this is not a proof bundle: {reason}",
        "take the .tlog-proof file as it was sent",
    )
