"""Asking a witness to cosign (C2SP tlog-witness): a checkpoint, and that it extends an older one.

Here: the add-checkpoint request, as a value and as a file that may travel by mail. Not here:
what a witness remembers and when it cosigns (`signers`), the tree (`merkle`), HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen

from govledger.errors import InvalidInput, brief, invalid
from govledger.integrity.checkpoint import Checkpoint, decimal, parse_checkpoint
from govledger.integrity.merkle import HASH_SIZE, LONGEST_PROOF
from govledger.integrity.note import LARGEST_NOTE, Note, from_base64, parse_note, to_base64

LARGEST_REQUEST = LARGEST_NOTE + 2**12
"""The largest request, in bytes: a note, and 63 hashes before it."""

Consistency = Callable[[int, int], Sequence[bytes]]
"""Gives the hashes that prove a tree of the second size to extend that of the first."""


@frozen
class Request:
    """What is asked of a witness: to cosign a checkpoint that extends the tree of size `old`.

    `old` is the size that the witness remembers, 0 where it never saw the log; `hashes` prove
    the consistency of both. Raises `InvalidInput` where the note is no checkpoint, the
    checkpoint is smaller than `old`, and for anything that is no proof (tlog-witness,
    add-checkpoint). No hash and no signature is verified.
    """

    old: int
    hashes: tuple[bytes, ...]
    note: Note

    def __attrs_post_init__(self) -> None:
        size = self.checkpoint.size
        if not 0 <= self.old <= size:
            raise _not_a_request(f"its checkpoint, of size {size}, extends none of {self.old}")
        if len(self.hashes) > LONGEST_PROOF:
            raise _not_a_request(f"it has more than {LONGEST_PROOF} hashes")
        if any(len(each) != HASH_SIZE for each in self.hashes):
            raise _not_a_request(f"a hash has not {HASH_SIZE} bytes")

    def __bytes__(self) -> bytes:
        """The request as a file, and as the body of an HTTP request."""
        lines = [f"old {self.old}", *map(to_base64, self.hashes), "", ""]
        return "\n".join(lines).encode() + bytes(self.note)

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint to be cosigned."""
        return parse_checkpoint(self.note.text)


def parse_request(data: bytes) -> Request:
    """Read a request; `bytes(request)` gives the same bytes again. Nothing is verified.

    Raises `InvalidInput` for any other form than tlog-witness's, and where `Request` does.
    """
    if len(data) > LARGEST_REQUEST:
        raise _not_a_request(f"it is larger than {LARGEST_REQUEST} bytes")
    head, gap, rest = data.partition(b"\n\n")
    if not gap:
        raise _not_a_request("no empty line divides hashes and checkpoint")
    if not head.isascii():
        raise _not_a_request("what comes before the checkpoint is not ASCII")
    first, *lines = head.decode().split("\n", LONGEST_PROOF + 1)
    if not first.startswith("old "):
        raise _not_a_request("it does not begin with the old size")
    old = decimal(first.removeprefix("old "), "the old size")
    if len(lines) > LONGEST_PROOF:
        raise _not_a_request(f"it has more than {LONGEST_PROOF} hashes")
    hashes = tuple(from_base64(line, "a hash") for line in lines)
    return Request(old, hashes, parse_note(rest))


def consistency_of(request: Request) -> Consistency:
    """The hashes of a request, for a witness that asks for them by the sizes.

    Raises `InvalidInput` when asked, where the request begins at another size than the witness
    remembers: it names that size, as the answer 409 of tlog-witness does.
    """

    def consistency(old: int, new: int) -> tuple[bytes, ...]:
        checkpoint = request.checkpoint
        if (old, new) != (request.old, checkpoint.size):
            raise invalid(
                "other-old-size",
                f"the request leads from size {request.old} to {checkpoint.size} of "
                f"{brief(checkpoint.origin)}; the witness remembers it at size {old}",
                f"make the request again, from size {old}",
            )
        return request.hashes

    return consistency


def _not_a_request(reason: str) -> InvalidInput:
    return invalid(
        "not-a-request",
        f"this is not a request to a witness: {reason}",
        "take the file as it was sent",
    )
