"""The tree: its constants are those of RFC 6962, its proofs those of a tree written naively,
its nodes enough for a store, and nothing that is wrong passes."""

import random
import re
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govledger import integrity
from govledger.errors import InvalidInput, StorageError
from govledger.integrity.merkle import (
    EMPTY_ROOT,
    LARGEST_SIZE,
    Frontier,
    append,
    as_hash,
    completed,
    grow,
    hashes_of,
    join,
    leaf_hash,
    node_hash,
    number_of,
    plan_consistency,
    plan_inclusion,
    root_nodes,
    root_of,
    root_over,
    verify_consistency,
    verify_inclusion,
)

hexed = bytes.fromhex

# --- RFC 6962: the tree of its reference implementation ---------------------------------

ENTRIES = [
    *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
KNOWN = [leaf_hash(hexed(entry)) for entry in ENTRIES]


def grown(leaves):
    """A frontier, and what a store keeps of its tree."""
    frontier, complete = append(Frontier(), leaves)
    return frontier, dict(complete)


def test_hashes_of_the_specification():
    assert hexed(ROOTS[0]) == EMPTY_ROOT == join([]) == sha256(b"").digest()
    assert leaf_hash(b"").hex() == ROOTS[1]
    assert leaf_hash(b"L123456").hex() == (
        "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    )
    assert node_hash(b"N123", b"N456").hex() == (
        "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )


@pytest.mark.parametrize("size", range(9))
def test_roots_of_the_specification(size):
    assert root_over(KNOWN[:size]).hex() == ROOTS[size]
    assert root_of(grown(KNOWN[:size])[0]).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_of_the_specification(index, size):
    proof = hashes_of(plan_inclusion(index, size), grown(KNOWN)[1])
    assert [h.hex() for h in proof] == INCLUSION[index, size]
    assert verify_inclusion(KNOWN[index], index, size, proof, hexed(ROOTS[size]))


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proofs_of_the_specification(old, new):
    proof = hashes_of(plan_consistency(old, new), grown(KNOWN)[1])
    assert [h.hex() for h in proof] == CONSISTENCY[old, new]
    assert verify_consistency(old, hexed(ROOTS[old]), new, hexed(ROOTS[new]), proof)


# --- a tree as the specification defines it: by recursion -------------------------------

MOST = 130
LEAVES = [leaf_hash(b"%d" % n) for n in range(MOST)]
FRONTIER, STORED = grown(LEAVES)


def half(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


NAIVE = {}


def naive_root(start, end):
    if (start, end) not in NAIVE:
        n = end - start
        if n == 0:
            NAIVE[start, end] = sha256().digest()
        elif n == 1:
            NAIVE[start, end] = LEAVES[start]
        else:
            left, right = naive_root(start, start + half(n)), naive_root(start + half(n), end)
            NAIVE[start, end] = sha256(b"\x01" + left + right).digest()
    return NAIVE[start, end]


def naive_path(m, start, end):
    n = end - start
    if n == 1:
        return []
    k = half(n)
    if m < k:
        return [*naive_path(m, start, start + k), naive_root(start + k, end)]
    return [*naive_path(m - k, start + k, end), naive_root(start, start + k)]


def naive_subproof(m, start, end, whole):
    n = end - start
    if m == n:
        return [] if whole else [naive_root(start, end)]
    k = half(n)
    if m <= k:
        return [*naive_subproof(m, start, start + k, whole), naive_root(start + k, end)]
    return [*naive_subproof(m - k, start + k, end, False), naive_root(start, start + k)]


def test_the_frontier_of_every_size():
    frontier = Frontier()
    stored = {}
    for size in range(MOST + 1):
        assert root_of(frontier) == naive_root(0, size)
        assert frontier.hashes == tuple(stored[node] for node in root_nodes(size))
        assert hashes_of((root_nodes(size),), stored) == (naive_root(0, size),)
        if size < MOST:
            frontier, complete = append(frontier, [LEAVES[size]])
            assert complete[0] == ((0, size), LEAVES[size])
            assert not stored.keys() & dict(complete).keys()
            stored.update(complete)
    assert (frontier, stored) == (FRONTIER, STORED)


def test_what_is_stored_are_the_complete_subtrees():
    for (level, index), stored in STORED.items():
        assert stored == naive_root(index << level, index + 1 << level)
    assert len(STORED) == sum(MOST >> level for level in range(MOST.bit_length()))


def test_inclusion_of_every_leaf_in_every_tree():
    for size in range(1, MOST + 1):
        root = naive_root(0, size)
        for index in range(size):
            proof = hashes_of(plan_inclusion(index, size), STORED)
            assert list(proof) == naive_path(index, 0, size)
            assert verify_inclusion(LEAVES[index], index, size, proof, root)


def test_consistency_of_every_two_trees():
    for new in range(MOST + 1):
        for old in range(new + 1):
            plan = plan_consistency(old, new)
            proof = hashes_of(plan, STORED)
            assert list(proof) == (naive_subproof(old, 0, new, True) if old else [])
            roots = naive_root(0, old), naive_root(0, new)
            assert verify_consistency(old, roots[0], new, roots[1], proof)


def test_only_nodes_of_that_size_are_read():
    """What a proof reads was stored when the tree had its size, and is O(log n) of nodes."""
    for size in range(1, MOST + 1):
        for index in {0, 1, size // 2, size - 1} & set(range(size)):
            plans = plan_inclusion(index, size), plan_consistency(index, size)
            for plan in plans:
                read = [node for parts in plan for node in parts]
                assert len(read) == len(set(read)) <= 2 * size.bit_length()
                assert all(at + 1 << level <= size for level, at in read)


def test_nodes_are_numbered_in_the_order_in_which_they_are_completed():
    _, complete = append(Frontier(), LEAVES)
    assert [number_of(node) for node, _ in complete] == list(range(len(complete)))
    for size in range(len(LEAVES) + 1):
        assert completed(size) == len(append(Frontier(), LEAVES[:size])[1])


@given(st.lists(st.integers(0, 70), max_size=6))
def test_growing_without_nodes_is_the_same(steps):
    frontier = quick = Frontier()
    leaves = [leaf_hash(b"%d" % n) for n in range(sum(steps))]
    for step in steps:
        some, leaves = leaves[:step], leaves[step:]
        frontier, _ = append(frontier, some)
        quick = grow(quick, some)
        assert quick == frontier


def test_batches_and_single_appends_are_one():
    cut = random.Random(7)
    frontier, stored = Frontier(), {}
    while frontier.size < MOST:
        batch = LEAVES[frontier.size : frontier.size + cut.randrange(1, 40)]
        frontier, complete = append(frontier, batch)
        stored.update(complete)
    assert (frontier, stored) == (FRONTIER, STORED)


# --- what is wrong is refused -----------------------------------------------------------


def manglings(proof):
    """Every proof that is one step away."""
    junk = sha256(b"junk").digest()
    yield from ([*proof, junk], [junk, *proof], [*proof, b""], [b"", *proof])
    if proof:
        yield from (proof[:-1], proof[1:], [*proof, proof[-1]], [proof[0], *proof], [])
    for at, known in enumerate(proof):
        yield [*proof[:at], junk, *proof[at:]]
        for wrong in (junk, known[:-1], known + b"\0", b"", bytes([known[0] ^ 1]) + known[1:]):
            yield [*proof[:at], wrong, *proof[at + 1 :]]
        if at and proof[at - 1] != known:
            yield [*proof[: at - 1], known, proof[at - 1], *proof[at + 1 :]]


def test_wrong_inclusion_proofs_of_small_trees_are_refused():
    for size in range(1, 12):
        root = naive_root(0, size)
        for index in range(size):
            proof, leaf = naive_path(index, 0, size), LEAVES[index]
            assert not any(
                verify_inclusion(leaf, index, size, bad, root) for bad in manglings(proof)
            )
            others = {*range(-1, 14), 2**63, 2**64 + index} - {index}
            assert not any(verify_inclusion(leaf, at, size, proof, root) for at in others)
            assert not any(verify_inclusion(LEAVES[o], index, size, proof, root) for o in range(size) if o != index)  # fmt: skip
            for wrong in (naive_root(0, size + 1), b"", root[:-1], EMPTY_ROOT):
                assert not verify_inclusion(leaf, index, size, proof, wrong)
            for wrong in (b"", leaf + b"\0", naive_root(0, size + 1)):
                assert not verify_inclusion(wrong, index, size, proof, root)


def test_wrong_sizes_are_refused_or_cannot_be_told():
    """A path fits every size of the same shape: a proof is worth what its checkpoint is."""
    for size in range(1, 12):
        for index in range(size):
            proof = naive_path(index, 0, size)
            shape = [node for parts in plan_inclusion(index, size) for node in parts[:1]]
            for other in range(-1, 26):
                taken = verify_inclusion(LEAVES[index], index, other, proof, naive_root(0, size))
                if taken and other != size:
                    same = [node for parts in plan_inclusion(index, other) for node in parts[:1]]
                    assert len(same) == len(shape)


def test_wrong_consistency_proofs_of_small_trees_are_refused():
    for new in range(2, 12):
        for old in range(1, new):
            before, after = naive_root(0, old), naive_root(0, new)
            proof = naive_subproof(old, 0, new, True)
            assert not any(
                verify_consistency(old, before, new, after, bad) for bad in manglings(proof)
            )
            assert not verify_consistency(new, after, old, before, proof)
            assert not verify_consistency(old, after, new, before, proof)
            for wrong in (naive_root(0, new + 1), b"", EMPTY_ROOT):
                assert not verify_consistency(old, wrong, new, after, proof)
                assert not verify_consistency(old, before, new, wrong, proof)
            for other in {*range(-1, 14), 2**64} - {old}:
                assert not verify_consistency(other, before, new, after, proof)


def test_trees_of_one_size_and_of_none():
    one, two = naive_root(0, 1), naive_root(0, 2)
    assert verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    assert verify_consistency(0, EMPTY_ROOT, 2, two, [])
    assert verify_consistency(2, two, 2, two, [])
    assert not verify_consistency(0, EMPTY_ROOT, 2, two, [one])
    assert not verify_consistency(0, one, 2, two, [])
    assert not verify_consistency(0, EMPTY_ROOT, 0, one, [])
    assert not verify_consistency(1, one, 1, LEAVES[1], [])
    assert not verify_consistency(2, two, 2, two, [one])
    assert not verify_inclusion(one, 0, 0, [], EMPTY_ROOT)


def test_another_leaf_changes_every_root_that_covers_it():
    for changed in range(11):
        leaves = LEAVES[:]
        leaves[changed] = leaf_hash(b"another")
        for size in range(14):
            assert (root_over(leaves[:size]) == naive_root(0, size)) == (size <= changed)


def test_an_extension_of_another_past_is_refused():
    forged = [leaf_hash(b"forged"), *LEAVES[1:]]
    _, stored = grown(forged)
    for old in range(1, 20):
        for new in range(old, 20):
            proof = hashes_of(plan_consistency(old, new), stored)
            root = root_over(forged[:new])
            assert not verify_consistency(old, naive_root(0, old), new, root, proof)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: root_nodes(-1), "not-a-tree-size"),
        (lambda: root_nodes(2**63), "not-a-tree-size"),
        (lambda: root_nodes(10**5000), "not-a-tree-size"),
        (lambda: plan_inclusion(0, 0), "not-in-the-tree"),
        (lambda: plan_inclusion(5, 5), "not-in-the-tree"),
        (lambda: plan_inclusion(-1, 5), "not-in-the-tree"),
        (lambda: plan_inclusion(0, 2**63), "not-a-tree-size"),
        (lambda: plan_consistency(6, 5), "not-an-extension"),
        (lambda: plan_consistency(-1, 5), "not-an-extension"),
        (lambda: Frontier(5, (EMPTY_ROOT,)), "not-a-frontier"),
        (lambda: Frontier(-1, ()), "not-a-tree-size"),
        (lambda: as_hash(b"short"), "not-a-hash"),
    ],
)
def test_what_no_tree_has_is_named(call, code):
    with pytest.raises(InvalidInput) as refused:
        call()
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_node_that_is_missing_is_named():
    with pytest.raises(StorageError, match="node 1 of level 2"):
        hashes_of(plan_inclusion(0, 8), {(0, 1): LEAVES[1], (1, 1): LEAVES[2]})


# --- hostile sizes ----------------------------------------------------------------------


@given(st.integers(0, LARGEST_SIZE), st.integers(0, LARGEST_SIZE))
@settings(max_examples=200, deadline=None)
def test_trees_of_any_size_are_planned_in_few_nodes(one, other):
    """Without leaves: each node stands for itself, and the proof climbs to the same root."""
    old, new = sorted((one, other))
    index = old if old < new else max(0, new - 1)

    def named(parts):
        return join([sha256(b"%d %d" % node).digest() for node in parts])

    if new:
        plan = plan_inclusion(index, new)
        assert len(plan) <= 63
        assert sum(map(len, plan)) <= 2 * 63
    for parts in (*plan_consistency(old, new), root_nodes(new)):
        assert len(parts) <= 63
        assert named(parts)


def test_hostile_proofs_take_bounded_time():
    junk = [EMPTY_ROOT] * 64
    endless = [EMPTY_ROOT] * 1_000_000
    for size in (1, 2**62, LARGEST_SIZE, 2**63, 2**64, 10**4000):
        for proof in ([], junk[:63], junk, endless):
            assert not verify_inclusion(EMPTY_ROOT, size - 1, size, proof, EMPTY_ROOT[::-1])
            assert not verify_inclusion(EMPTY_ROOT, 0, size, proof, EMPTY_ROOT[::-1])
            assert not verify_consistency(size // 3 + 1, LEAVES[0], size, EMPTY_ROOT, proof)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_flipped_bit_is_found(data):
    size = data.draw(st.integers(2, MOST))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size - 1))
    bit = data.draw(st.integers(0, 255))

    def flipped(value):
        return (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(32, "big")

    for proof, holds in (
        (
            naive_path(index, 0, size),
            lambda p: verify_inclusion(LEAVES[index], index, size, p, naive_root(0, size)),
        ),
        (
            naive_subproof(old, 0, size, True),
            lambda p: verify_consistency(old, naive_root(0, old), size, naive_root(0, size), p),
        ),
    ):
        assert holds(proof)
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not holds([*proof[:at], flipped(proof[at]), *proof[at + 1 :]])


def test_the_room_knows_no_clock_no_files_and_no_chance():
    for module in Path(integrity.__file__).parent.glob("*.py"):
        text = module.read_text("utf-8")
        imports = re.findall(r"^(?:import|from) (\w+)", text, re.M)
        assert not {"os", "time", "datetime", "random", "secrets", "pathlib"} & set(imports), module
        assert not re.search(r"\bopen\(|\.now\(|\.generate\(", text), module
