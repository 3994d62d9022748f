"""Proof bundles: one file shows that an entry was in the log, and any byte of it counts."""

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from govledger.codec import ENTRY_LIMIT, Entry, entry_bytes
from govledger.errors import InvalidInput
from govledger.integrity.checkpoint import (
    Checkpoint,
    Policy,
    Witness,
    cosign_checkpoint,
    sign_checkpoint,
)
from govledger.integrity.merkle import (
    Frontier,
    append,
    hashes_of,
    leaf_hash,
    plan_inclusion,
    root_nodes,
    root_over,
)
from govledger.integrity.note import KeyType, Note, sign, signing_key, to_base64
from govledger.integrity.proof import (
    LARGEST_PROOF,
    Proof,
    parse_proof,
    prove,
    verify_proof,
)
from govledger.integrity.tiles import LARGEST_ENTRY

LOG = signing_key("example.org/ledger", b"log.............................")
WITNESS = signing_key("auditor.example", b"auditor.........................", KeyType.COSIGNATURE)
POLICY = Policy((LOG.public,), (Witness("auditor", WITNESS.public),), (), "auditor")
ALONE = Policy((LOG.public,))

SIZE = 21
ENTRIES = [
    entry_bytes(Entry(n, f"motion/m{n}", 1, "motion.adopted@1", b'{"on":"2024"}'))
    for n in range(1, SIZE + 1)
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
STORED = dict(append(Frontier(), LEAVES)[1])


def signed(size, root=None):
    head = Checkpoint("example.org/ledger", size, root or root_over(LEAVES[:size]))
    return cosign_checkpoint(sign_checkpoint(head, LOG), WITNESS, 1_700_000_000)


def bundle(index, size=SIZE):
    return prove(index, hashes_of(plan_inclusion(index, size), STORED), signed(size), ENTRIES[index])  # fmt: skip


PROOF = bundle(13)
DATA = bytes(PROOF)


def refused(call, *given):
    with pytest.raises(InvalidInput) as caught:
        call(*given)
    return caught.value.problems[0].code


# --- the form ---------------------------------------------------------------------------


def test_the_form_of_the_specification():
    lines = DATA.decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1] == f"extra {to_base64(ENTRIES[13])}"
    assert lines[2] == "index 13"
    assert lines[3:8] == [to_base64(each) for each in PROOF.hashes]
    assert lines[8] == ""
    assert "\n".join(lines[9:]).encode() == bytes(PROOF.note)
    assert lines[9:13] == ["example.org/ledger", "21", to_base64(root_over(LEAVES)), ""]


def test_every_entry_of_every_size_is_proven():
    for size in range(1, SIZE + 1):
        for index in range(size):
            proof = parse_proof(bytes(bundle(index, size)))
            found = verify_proof(proof, POLICY)
            assert found, found.problems
            assert (found.entry, found.index) == (ENTRIES[index], index)
            assert found.checkpoint.size == size
            assert verify_proof(proof, POLICY, ENTRIES[index])
            assert not verify_proof(proof, POLICY, ENTRIES[index - 1] if size > 1 else b"x")


def test_a_log_of_one_entry_needs_no_hashes():
    proof = bundle(0, 1)
    assert proof.hashes == ()
    assert b"\nindex 0\n\nexample.org/ledger\n1\n" in bytes(proof)
    assert parse_proof(bytes(proof)) == proof


def test_the_entry_may_come_from_elsewhere():
    bare = evolve(PROOF, extra=None)
    assert b"extra" not in bytes(bare)
    assert parse_proof(bytes(bare)) == bare
    assert verify_proof(bare, POLICY, ENTRIES[13])
    assert verify_proof(bare, POLICY).problems == ("there is no entry to prove",)
    assert not verify_proof(bare, POLICY, ENTRIES[12])


def test_the_largest_entry():
    assert LARGEST_ENTRY == ENTRY_LIMIT
    entry = b"x" * LARGEST_ENTRY
    head = signed(1, leaf_hash(entry))
    assert parse_proof(bytes(prove(0, (), head, entry))).extra == entry
    large = entry + b"x"
    assert refused(prove, 0, (), signed(1, leaf_hash(large)), large) == "not-proven"
    assert refused(parse_proof, bytes(Proof(0, (), head, large))) == "not-a-proof"


HEADER = "c2sp.org/tlog-proof@v1\n"
REST = bytes(PROOF.note).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEADER,
        HEADER + "index 13\n",
        "c2sp.org/tlog-proof@v2\nindex 13\n\n" + REST,
        HEADER.upper() + "index 13\n\n" + REST,
        " " + HEADER + "index 13\n\n" + REST,
        HEADER + "\n" + REST,
        HEADER + "extra eA==\n\n" + REST,
        HEADER + "index 13\nextra eA==\n\n" + REST,
        HEADER + "extra eA==\nextra eA==\nindex 13\n\n" + REST,
        HEADER + "extra\nindex 13\n\n" + REST,
        HEADER + "extra eA\nindex 13\n\n" + REST,
        HEADER + "extra !!not\nindex 13\n\n" + REST,
        HEADER + "index\n\n" + REST,
        HEADER + "index \n\n" + REST,
        HEADER + "index 013\n\n" + REST,
        HEADER + "index -5\n\n" + REST,
        HEADER + "index 1_3\n\n" + REST,
        HEADER + "index ١\n\n" + REST,
        HEADER + f"index {2**63}\n\n" + REST,
        HEADER + f"index {'9' * 100_000}\n\n" + REST,
        HEADER + "index 13\nindex 13\n\n" + REST,
        HEADER + f"index 13\n{to_base64(bytes(31))}\n\n" + REST,
        HEADER + f"index 13\n{to_base64(bytes(64))}\n\n" + REST,
        HEADER + f"index 13\n{to_base64(bytes(32))} \n\n" + REST,
        HEADER + "index 13\n" + (to_base64(bytes(32)) + "\n") * 64 + "\n" + REST,
        HEADER + "index 13\n\n\n" + REST,
        HEADER + "index 13\n\n" + REST[:-1],
        HEADER + "index 13\n\n" + REST + "\n",
        HEADER + "index 13\n\nDear reader\n\n" + REST.partition("\n\n")[2],
        (HEADER + "index 13\n\n" + REST).replace("\n", "\r\n"),
    ],
)
def test_what_is_no_bundle(text):
    assert refused(parse_proof, text.encode()) in {
        *("not-a-proof", "not-a-number", "not-base64", "not-a-note", "not-a-checkpoint"),
        "not-a-key-name",
    }


def test_the_longest_path():
    path = (HEADER + "index 13\n" + (to_base64(bytes(32)) + "\n") * 63 + "\n" + REST).encode()
    proof = parse_proof(path)
    assert len(proof.hashes) == 63
    assert not verify_proof(proof, POLICY, ENTRIES[13])


def test_hostile_bundles_take_bounded_time():
    for data in (
        b"\n" * LARGEST_PROOF,
        b"x" * (50 * LARGEST_PROOF),
        HEADER.encode() + b"a\n" * 800_000 + b"\n",
        HEADER.encode() + b"extra " + b"A" * 1_500_000 + b"\nindex 0\n\n" + REST.encode(),
        HEADER.encode() + b"index 0\n" + b"A" * 1_500_000 + b"\n\n" + REST.encode(),
        HEADER.encode() + b"index " + b"1" * 1_500_000 + b"\n\n" + REST.encode(),
        b"\xff" * 1_000_000 + b"\n\n",
    ):
        refused(parse_proof, data)
    huge = Checkpoint("example.org/ledger", 2**63 - 1, bytes(32))
    proof = Proof(2**62, (bytes(32),) * 63, sign_checkpoint(huge, LOG), b"x")
    assert not verify_proof(proof, POLICY)


# --- what a bundle shows ----------------------------------------------------------------


def test_a_bundle_is_made_only_where_it_proves():
    hashes = PROOF.hashes
    assert refused(prove, 12, hashes, PROOF.note, ENTRIES[13]) == "not-proven"
    assert refused(prove, 13, hashes[:-1], PROOF.note, ENTRIES[13]) == "not-proven"
    assert refused(prove, 13, hashes, PROOF.note, ENTRIES[12]) == "not-proven"
    assert refused(prove, 13, hashes, signed(20), ENTRIES[13]) == "not-proven"
    letter = Note("Dear reader\n", (sign("Dear reader\n", LOG),))
    assert refused(prove, 13, hashes, letter, ENTRIES[13]) == "not-a-checkpoint"


def test_another_index_or_entry_shows_nothing():
    for index in {*range(SIZE + 3), 2**62} - {13}:
        assert not verify_proof(evolve(PROOF, index=index), POLICY).included
    forged = evolve(PROOF, extra=ENTRIES[13] + b" ")
    assert verify_proof(forged, POLICY).problems == ("the entry is not number 13 of that log",)
    assert verify_proof(forged, POLICY, ENTRIES[13]).problems == (
        "the bundle is about another entry",
    )


def test_a_tree_of_ones_own_is_of_no_use():
    """Whoever forges an entry can prove it in a tree, but not sign for the log."""
    forged = [*LEAVES[:13], leaf_hash(b"forged"), *LEAVES[14:]]
    stored = dict(append(Frontier(), forged)[1])
    mallory = signing_key("example.org/ledger", b"mallory.........................")
    head = Checkpoint("example.org/ledger", SIZE, root_over(forged))
    proof = prove(13, hashes_of(plan_inclusion(13, SIZE), stored), sign_checkpoint(head, mallory), b"forged")  # fmt: skip
    found = verify_proof(proof, POLICY)
    assert found.included
    assert not found
    assert found.problems == (
        'no key of "example.org/ledger" signed it',
        'the quorum "auditor" is not met: cosigned by nobody',
    )


def test_without_witnesses_the_log_alone_speaks():
    proof = evolve(PROOF, note=evolve(PROOF.note, signatures=PROOF.note.signatures[:1]))
    assert verify_proof(proof, ALONE)
    assert not verify_proof(proof, POLICY)
    assert not verify_proof(PROOF, Policy())


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
@settings(max_examples=500, deadline=None)
def test_any_changed_byte_is_found(at, change):
    changed = DATA[:at] + bytes([DATA[at] ^ change]) + DATA[at + 1 :]
    try:
        proof = parse_proof(changed)
    except InvalidInput:
        return
    assert not verify_proof(proof, POLICY)


def test_any_byte_left_out_or_doubled_is_found():
    for at in range(len(DATA)):
        for changed in (DATA[:at] + DATA[at + 1 :], DATA[: at + 1] + DATA[at:]):
            if changed == DATA:
                continue
            try:
                proof = parse_proof(changed)
            except InvalidInput:
                continue
            assert not verify_proof(proof, POLICY), at


@given(st.binary(max_size=200), st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_bundles_come_back(extra, index, hashes):
    proof = Proof(index, tuple(hashes), PROOF.note, extra)
    assert parse_proof(bytes(proof)) == proof


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_bytes_are_a_bundle_or_refused(data):
    for whole in (data, HEADER.encode() + data, HEADER.encode() + data + b"\n\n" + REST.encode()):
        try:
            assert bytes(parse_proof(whole)) == whole
        except InvalidInput:
            pass


def test_a_frontier_gives_the_checkpoint_of_any_size():
    for size in range(1, SIZE + 1):
        (root,) = hashes_of((root_nodes(size),), STORED)
        assert parse_proof(bytes(bundle(0, size))).checkpoint.root == root
