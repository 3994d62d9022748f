"""Tiles: where they are published and what they hold, as the specification says, and that a
tree can be built and proven from them alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govledger.errors import InvalidInput
from govledger.integrity.merkle import (
    Frontier,
    append,
    hashes_of,
    leaf_hash,
    plan_consistency,
    plan_inclusion,
    root_nodes,
    root_over,
    verify_consistency,
    verify_inclusion,
)
from govledger.integrity.tiles import (
    ENTRIES,
    LARGEST_ENTRY,
    WIDTH,
    Tile,
    hash_in,
    hashes_of_entries,
    nodes_of,
    parse_entries,
    parse_hashes,
    parse_tile_path,
    tile_with,
    tiles_of,
    write_entries,
    write_hashes,
)

SIZE = 70_000
LEAVES = [leaf_hash(b"%d" % n) for n in range(SIZE)]
STORED = dict(append(Frontier(), LEAVES)[1])


def published(size, before=0):
    """The hash tiles of a tree, as files."""
    return {
        str(tile): write_hashes(tile, [STORED[node] for node in nodes_of(tile)])
        for tile in tiles_of(size, before)
        if tile.level != ENTRIES
    }


def refused(call, *given):
    with pytest.raises(InvalidInput) as caught:
        call(*given)
    return caught.value.problems[0].code


# --- where ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(2, 999), "tile/2/999"),
        (Tile(1, 1000, 1), "tile/1/x001/000.p/1"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(ENTRIES, 1234067, 255), "tile/entries/x001/x234/067.p/255"),
        (Tile(6, 5, 17), "tile/6/005.p/17"),
        (Tile(63, 0), "tile/63/000"),
    ],
)
def test_paths(tile, path):
    assert str(tile) == path
    assert parse_tile_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/1234067",
        "tile/0/x000/067",
        "tile/0/x001/x000",
        "tile/0/001/067",
        "tile/00/067",
        "tile/64/000",
        "tile/-1/000",
        "tile/x/000",
        "tile/data/000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/000.p/1/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/../000",
        "tile/0/٠٠٠",
        "tile/0/" + "x999/" * 7 + "999",
        "tile/0/" + "x999/" * 100_000 + "999",
    ],
)
def test_what_is_no_path(path):
    assert refused(parse_tile_path, path) == "not-a-tile"


@given(st.integers(ENTRIES, 5), st.integers(0, 2**14), st.integers(1, WIDTH))
@settings(max_examples=100, deadline=None)
def test_paths_come_back(level, index, width):
    tile = Tile(level, index, width)
    assert parse_tile_path(str(tile)) == tile


def test_tiles_that_no_tree_has():
    for level, index, width in (
        *((-2, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)),
        *((0, 2**55, 1), (7, 1, 1), (10**9, 1, 1)),
    ):
        assert refused(Tile, level, index, width) == "not-a-tile"


# --- which ------------------------------------------------------------------------------


def test_the_tree_of_the_specification():
    """A tree of 70,000: 273 full tiles and one of 112; one full and one of 17; one of 1."""
    tiles = list(tiles_of(70_000))
    assert {t.width for t in tiles[:273]} == {WIDTH}
    assert tiles[273] == Tile(ENTRIES, 273, 112)
    assert tiles[274:547] == [Tile(0, n) for n in range(273)]
    assert tiles[547:] == [Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles_of(256)) == [Tile(ENTRIES, 0), Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(1)) == [Tile(ENTRIES, 0, 1), Tile(0, 0, 1)]
    assert list(tiles_of(0)) == []
    assert refused(next, tiles_of(2**63)) == "not-a-tree-size"


@given(st.integers(0, 3_000), st.integers(0, 3_000))
@settings(max_examples=60, deadline=None)
def test_only_what_is_new_is_published_again(one, other):
    before, size = sorted((one, other))
    known, every = set(tiles_of(before)), set(tiles_of(size))
    new = list(tiles_of(size, before))
    assert len(new) == len(set(new))
    assert set(new) == every - known
    assert list(tiles_of(size, size)) == []
    assert list(tiles_of(before, size)) == []


def test_every_hash_of_a_level_is_in_one_tile():
    for size in (1, 255, 256, 257, 511, 65_535, 65_536, SIZE):
        nodes = [node for t in tiles_of(size) if t.level != ENTRIES for node in nodes_of(t)]
        assert len(nodes) == len(set(nodes))
        assert set(nodes) == {
            (level, at) for level in (0, 8, 16) for at in range(size >> level)
        }  # fmt: skip


# --- what -------------------------------------------------------------------------------


def naive(start, end):
    return root_over(LEAVES[start:end])


def test_contents():
    files = published(SIZE)
    assert len(files) == 277
    full = parse_hashes(Tile(1, 0), files["tile/1/000"])
    assert full[255] == naive(255 * 256, 256 * 256)
    assert files["tile/2/000.p/1"] == naive(0, 65_536)
    assert len(files["tile/0/000"]) == 8_192
    assert files["tile/0/273.p/112"] == b"".join(LEAVES[273 * 256 :])


def test_a_tree_is_proven_from_its_tiles_alone():
    files = published(SIZE)

    def read(node):
        tile = tile_with(node, SIZE)
        return hash_in(tile, parse_hashes(tile, files[str(tile)]), node)

    def built(plan):
        return hashes_of(plan, {node: read(node) for parts in plan for node in parts})

    (root,) = built((root_nodes(SIZE),))
    assert root == naive(0, SIZE)
    for index in (0, 1, 255, 256, 65_535, 65_536, SIZE - 1):
        assert verify_inclusion(LEAVES[index], index, SIZE, built(plan_inclusion(index, SIZE)), root)  # fmt: skip
    for old in (1, 255, 256, 257, 4_096, 65_536, 65_537, SIZE - 1):
        proof = built(plan_consistency(old, SIZE))
        assert verify_consistency(old, naive(0, old), SIZE, root, proof)


def test_every_node_is_found_in_its_tile():
    for size in (1, 2, 255, 256, 300, 1_000):
        files = published(size)
        for (level, index), stored in STORED.items():
            if index + 1 << level > size:
                continue
            tile = tile_with((level, index), size)
            assert hash_in(tile, parse_hashes(tile, files[str(tile)]), (level, index)) == stored


def test_nodes_that_a_tile_does_not_hold():
    tile = Tile(0, 0, 5)
    hashes = LEAVES[:5]
    assert hash_in(tile, hashes, (2, 0)) == naive(0, 4)
    for node in ((0, 5), (2, 1), (3, 0), (8, 0), (0, 300), (0, -1), (-1, 0), (70, 0)):
        assert refused(hash_in, tile, hashes, node) == "not-a-tile"
    assert refused(hash_in, Tile(0, 1, 5), hashes, (0, 0)) == "not-a-tile"
    assert refused(hash_in, Tile(ENTRIES, 0, 5), hashes, (0, 0)) == "not-a-tile"
    for node in ((0, 5), (3, 0), (-1, 0), (0, -1), (63, 0), (10**9, 0)):
        assert refused(tile_with, node, 5) == "not-a-tile"


def test_bundles():
    tile = Tile(ENTRIES, 0, 3)
    data = write_entries(tile, [b"", b"a", b"bc"])
    assert data == b"\x00\x00\x00\x01a\x00\x02bc"
    entries = parse_entries(tile, data)
    assert entries == (b"", b"a", b"bc")
    assert hashes_of_entries(entries) == (leaf_hash(b""), leaf_hash(b"a"), leaf_hash(b"bc"))
    largest = b"x" * LARGEST_ENTRY
    one = Tile(ENTRIES, 0, 1)
    assert parse_entries(one, write_entries(one, [largest])) == (largest,)


def test_bundles_that_are_cut_or_go_on():
    tile = Tile(ENTRIES, 0, 3)
    data = write_entries(tile, [b"", b"a", b"bc"])
    for wrong in (*(data[:at] for at in range(len(data))), data + b"\0", data + data):
        assert refused(parse_entries, tile, wrong) == "not-a-tile"
    assert refused(write_entries, tile, [b""]) == "not-a-tile"
    assert refused(write_entries, Tile(ENTRIES, 0, 1), [b"x" * 65_536]) == "not-a-tile"


def test_hash_tiles_of_another_size():
    tile = Tile(0, 0, 2)
    data = write_hashes(tile, LEAVES[:2])
    assert parse_hashes(tile, data) == tuple(LEAVES[:2])
    for wrong in (b"", data[:-1], data + b"\0", data * 2):
        assert refused(parse_hashes, tile, wrong) == "not-a-tile"
    assert refused(write_hashes, tile, LEAVES[:1]) == "not-a-tile"
    assert refused(write_hashes, tile, [b"short", LEAVES[0]]) == "not-a-hash"


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=WIDTH))
@settings(max_examples=60, deadline=None)
def test_bundles_come_back(entries):
    tile = Tile(ENTRIES, 7, len(entries))
    assert parse_entries(tile, write_entries(tile, entries)) == tuple(entries)


@given(st.binary(max_size=60), st.integers(1, WIDTH))
@settings(max_examples=200, deadline=None)
def test_bytes_are_a_bundle_or_refused(data, width):
    tile = Tile(ENTRIES, 0, width)
    try:
        assert write_entries(tile, parse_entries(tile, data)) == data
    except InvalidInput:
        pass


def test_hostile_tiles_take_bounded_time():
    for data in (b"\0" * 50_000_000, b"\xff" * 50_000_000):
        assert refused(parse_entries, Tile(ENTRIES, 0), data) == "not-a-tile"
        assert refused(parse_hashes, Tile(0, 0), data) == "not-a-tile"
