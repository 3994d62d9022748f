"""The standalone checker: what our functions publish it accepts, without a line of ours, and
whatever is changed of it, it never finds fine."""

import ast
import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from govledger.integrity.checkpoint import Checkpoint, cosign_checkpoint, sign_checkpoint
from govledger.integrity.merkle import (
    Frontier,
    append,
    hashes_of,
    leaf_hash,
    plan_inclusion,
    root_over,
)
from govledger.integrity.note import KeyType, signing_key
from govledger.integrity.proof import Proof, prove
from govledger.integrity.tiles import ENTRIES as BUNDLE
from govledger.integrity.tiles import nodes_of, tiles_of, write_entries, write_hashes

SCRIPT = Path(__file__).parent.parent / "tools" / "check_proof.py"
LOG = signing_key("example.org/ledger", b"log.............................")
OTHER = signing_key("example.org/ledger", b"another.........................")
WITNESS = signing_key("auditor.example", b"auditor.........................", KeyType.COSIGNATURE)
SECOND = signing_key("sister.example", b"sister..........................", KeyType.COSIGNATURE)
LOG_KEY, WITNESS_KEY, SECOND_KEY = (str(key.public) for key in (LOG, WITNESS, SECOND))
BOTH = ["--key", LOG_KEY, "--key", WITNESS_KEY]

SIZES = [1, 2, 3, 255, 256, 257, 700]
ENTRIES = [
    f'govledger/1\nmotion/m{n}\n1\nmotion.adopted@1\n{{"position":{n}}}'.encode()
    for n in range(1, 66_001)
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES[:700]]
STORED = dict(append(Frontier(), LEAVES)[1])
WEAKER = ["verdict: self-consistent", "verdict: extends your checkpoint", "verdict: witnessed"]


def run(*words, crypto=True):
    """The exit code and the output of the script in a process of its own. Without the `site`
    module there are no installed packages, so no cryptography, and no govledger either."""
    flags = ["-I"] if crypto else ["-I", "-S"]
    done = subprocess.run(
        [sys.executable, *flags, SCRIPT, *map(str, words)], capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def loaded():
    spec = importlib.util.spec_from_file_location("check_proof", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    spec.loader.exec_module(module)
    sys.dont_write_bytecode = before
    return module


CHECKER = loaded()


@pytest.fixture
def quick(capsys):
    """The same without a process, to run it very often."""

    def call(*words):
        code = CHECKER.main([str(word) for word in words])
        out = capsys.readouterr()
        return code, out.out, out.err

    return call


def head(size, root=None, by=LOG, witnesses=(WITNESS,)):
    note = sign_checkpoint(Checkpoint(LOG.name, size, root or root_over(LEAVES[:size])), by)
    for witness in witnesses:
        note = cosign_checkpoint(note, witness, 1_700_000_000)
    return note


def bundle(index, size, **given):
    proof = prove(index, hashes_of(plan_inclusion(index, size), STORED), head(size, **given), ENTRIES[index])  # fmt: skip
    return bytes(proof)


def publish(top, size, before=(), entries=ENTRIES, stored=STORED, note=None):
    """A directory of tiles, with the partial ones of earlier sizes."""
    for now in (*before, size):
        for tile in tiles_of(now):
            file = top / str(tile)
            file.parent.mkdir(parents=True, exist_ok=True)
            nodes = nodes_of(tile)
            if tile.level == BUNDLE:
                file.write_bytes(write_entries(tile, [entries[at] for _, at in nodes]))
            else:
                file.write_bytes(write_hashes(tile, [stored[node] for node in nodes]))
    top.mkdir(exist_ok=True)
    (top / "checkpoint").write_bytes(bytes(note or head(size)))
    return top


def never_fine(result):
    code, out, _ = result
    assert code in (1, 4), out
    assert not any(word in out for word in WEAKER), out
    if code == 4:
        assert "\nverdict: altered\n" in f"\n{out}"
        assert "FAIL" in out


def test_it_is_a_script_of_its_own():
    text = SCRIPT.read_text()
    assert "import govledger" not in text
    assert "from govledger" not in text
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {each.name.split(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
    assert names <= {*sys.stdlib_module_names, "cryptography"}


# --- what is right ------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_bundles_that_hold(size, tmp_path, quick):
    file = tmp_path / "x.tlog-proof"
    for index in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
        file.write_bytes(bundle(index, size))
        code, out, _ = quick("bundle", file, *BOTH)
        assert (code, out.splitlines()[-1]) == (0, "verdict: witnessed"), out
        code, out, _ = quick("bundle", file, "--key", LOG_KEY)
        assert (code, out.splitlines()[-1]) == (0, "verdict: self-consistent"), out
    assert run("bundle", file, *BOTH)[0] == 0


def test_every_path_in_small_trees():
    for size in range(1, 40):
        root = root_over(LEAVES[:size])
        for index in range(size):
            path = list(hashes_of(plan_inclusion(index, size), STORED))
            for at, length in [(index, size), (index + 1, size), (index, index)]:
                found = CHECKER.root_by_path(LEAVES[index], at, length, path)
                assert (found == root) is ((at, length) == (index, size))
            for wrong in (path[:-1], path[1:], [*path, root], [bytes(32), *path]):
                if wrong != path:
                    assert CHECKER.root_by_path(LEAVES[index], index, size, wrong) != root


def test_a_bundle_line_by_line(tmp_path):
    file, entry = tmp_path / "x.tlog-proof", tmp_path / "entry"
    file.write_bytes(bundle(13, 21))
    entry.write_bytes(ENTRIES[13])
    assert run("bundle", file, *BOTH, "--entry", entry)[1].splitlines() == [
        "OK    bundle        entry 13 of 21, counted from 0, 5 hashes",
        "OK    entry         57 bytes, 'govledger/1\\nmotion/m14\\n1\\nmotion.adopted@1'",
        f"OK    inclusion     the hashes lead to the root: {root_over(LEAVES[:21]).hex()}",
        "OK    signature     'example.org/ledger'",
        "OK    witnesses     'auditor.example' at 2023-11-14T22:13:20Z",
        "verdict: witnessed",
    ]
    entry.write_bytes(ENTRIES[12])
    never_fine(run("bundle", file, *BOTH, "--entry", entry))


def test_a_bundle_without_its_entry(tmp_path, quick):
    file, entry = tmp_path / "x.tlog-proof", tmp_path / "entry"
    file.write_bytes(bytes(Proof(5, hashes_of(plan_inclusion(5, 9), STORED), head(9))))
    never_fine(quick("bundle", file, *BOTH))
    entry.write_bytes(ENTRIES[5])
    assert quick("bundle", file, *BOTH, "--entry", entry)[0] == 0
    entry.write_bytes(ENTRIES[6])
    never_fine(quick("bundle", file, *BOTH, "--entry", entry))


@pytest.mark.parametrize("size", [0, *SIZES])
def test_tiles_that_are_whole(size, tmp_path, quick):
    top = publish(tmp_path / "log", size, before=[n for n in (1, 5, 250, 256) if n < size])
    code, out, _ = quick("tiles", top)
    assert (code, out.splitlines()[-1]) == (0, "verdict: self-consistent"), out
    code, out, _ = quick("tiles", top, *BOTH)
    assert (code, out.splitlines()[-1]) == (0, "verdict: witnessed"), out
    kept = tmp_path / "kept"
    for earlier in {0, 1, size // 2, size - 1, size} & set(range(size + 1)):
        kept.write_bytes(bytes(head(earlier, witnesses=())))
        code, out, _ = quick("tiles", top, "--checkpoint", kept, "--key", LOG_KEY)
        assert (code, out.splitlines()[-1]) == (0, "verdict: extends your checkpoint"), out
    assert run("tiles", top, *BOTH)[0] == 0
    assert run("tiles", top, crypto=False)[0] == 0


def test_a_checkpoint_beside_the_tiles(tmp_path, quick):
    top = publish(tmp_path / "log", 257)
    own = top / "checkpoint"
    code, out, _ = quick("tiles", top, "--checkpoint", own)
    assert (code, out.splitlines()[-1]) == (0, "verdict: self-consistent"), out
    kept = tmp_path / "kept"
    own.rename(kept)
    code, out, _ = quick("tiles", top, "--checkpoint", kept)
    assert (code, out.splitlines()[-1]) == (0, "verdict: extends your checkpoint"), out
    code, _, err = quick("tiles", top)
    assert code == 1
    assert "checkpoint' is missing" in err


@pytest.mark.parametrize("typed", ["{}", "\ufeff{}", "\n {}\n\n", "{}\r\n"])
def test_the_three_lines_of_the_minutes(typed, tmp_path, quick):
    top, kept = publish(tmp_path / "log", 257), tmp_path / "minutes.txt"
    for size, fine in ((200, True), (257, True), (0, True), (199, False)):
        lines = str(Checkpoint(LOG.name, size, root_over(LEAVES[:size])))
        lines = lines if fine else lines.replace("\n199\n", "\n198\n")
        kept.write_bytes(typed.format(lines.strip()).encode())
        code, out, _ = quick("tiles", top, *BOTH, "--checkpoint", kept)
        assert (code == 0) is fine
        assert not fine or "kept signed" in out
    kept.write_text(LOG_KEY)
    code, out, err = quick("tiles", top, "--checkpoint", kept)
    assert (code, "verdict" in out) == (1, False)
    assert "--checkpoint is no checkpoint" in err


def test_a_tree_of_three_levels(tmp_path, quick):
    size = 66_000
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    stored = dict(append(Frontier(), leaves)[1])
    note = head(size, root_over(leaves))
    top = publish(tmp_path / "log", size, stored=stored, note=note)
    code, out, _ = quick("tiles", top, *BOTH)
    assert code == 0, out
    assert "OK    tiles         261 hash tiles recomputed from 66000 entries" in out
    (top / "tile/2/000.p/1").unlink()
    code, out, _ = quick("tiles", top, *BOTH)
    assert code == 4
    assert "tile/2/000.p/1 is missing" in out


def test_without_cryptography_it_says_what_it_could_not_check(tmp_path):
    file, top = tmp_path / "x.tlog-proof", publish(tmp_path / "log", 257)
    file.write_bytes(bundle(3, 257))
    for words in (["bundle", file], ["tiles", top]):
        code, out, _ = run(*words, *BOTH, crypto=False)
        assert code == 1
        assert "SKIP  signature     NOT VERIFIED, install cryptography: " in out
        assert "SKIP  witnesses     NOT VERIFIED, install cryptography: " in out
        assert out.endswith("verdict: self-consistent\n")
        # Who did not sign at all is known without.
        code, out, _ = run(*words, *BOTH, "--key", SECOND_KEY, crypto=False)
        assert code == 4
        assert "FAIL  witnesses     too few cosigned" in out


# --- whose word counts --------------------------------------------------------------------

X, Y = f"witness x {WITNESS_KEY}", f"witness y {SECOND_KEY} https://sister.example"
COUNTS = {
    "quorum none": ("self-consistent", "self-consistent"),
    f"{X}\nquorum x": ("witnessed", "witnessed"),
    f"{X}\n{Y}\nquorum y": ("altered", "witnessed"),
    f"# all\n\n{X}\n{Y}\n\tgroup g all x  y \nquorum g": ("altered", "witnessed"),
    f"{X}\n{Y}\ngroup g 1 x y\ngroup h any g\nquorum h": ("witnessed", "witnessed"),
}


@pytest.mark.parametrize("policy", COUNTS)
def test_policies(policy, tmp_path, quick):
    file, rules = tmp_path / "x.tlog-proof", tmp_path / "policy"
    rules.write_text(f"log {LOG_KEY} https://example.org\n{policy}\n")
    for witnesses, word in zip([(WITNESS,), (WITNESS, SECOND)], COUNTS[policy], strict=True):
        file.write_bytes(bundle(3, 9, witnesses=witnesses))
        code, out, _ = quick("bundle", file, "--policy", rules)
        assert out.splitlines()[-1] == f"verdict: {word}"
        assert code == (4 if word == "altered" else 0)


@pytest.mark.parametrize(
    "policy",
    [
        "",
        f"log {LOG_KEY}",
        "quorum x",
        "quorum none\nquorum none",
        f"{X}\n{X}\nquorum none",
        f"{X}\nwitness z {WITNESS_KEY}\nquorum none",
        f"log {WITNESS_KEY}\nquorum none",
        f"witness x {LOG_KEY}\nquorum none",
        f"{X}\ngroup g 2 x\nquorum g",
        f"{X}\ngroup g 0 x\nquorum g",
        f"{X}\ngroup g 2 x x\nquorum g",
        f"{X}\ngroup g any x\ngroup h any x\nquorum h",
        f"{X}\ngroup g any\nquorum x",
        f"{X}\ngroup none any x\nquorum none",
        f"group g any g\nquorum g",
        "witness\nquorum none",
        "loge x\nquorum none",
        "quorum none\r",
        "x" * 2**17,
    ],
)
def test_policies_that_are_none(policy, tmp_path, quick):
    file, rules = tmp_path / "x.tlog-proof", tmp_path / "policy"
    file.write_bytes(bundle(3, 9))
    rules.write_text(f"{policy}\n")
    never_fine(quick("bundle", file, "--policy", rules))


@pytest.mark.parametrize(
    "keys",
    [
        [str(OTHER.public)],
        [WITNESS_KEY],
        [LOG_KEY, SECOND_KEY],
        [str(signing_key("example.org/else", LOG.seed).public)],
    ],
)
def test_wrong_keys(keys, tmp_path, quick):
    words = [word for key in keys for word in ("--key", key)]
    file = tmp_path / "x.tlog-proof"
    file.write_bytes(bundle(3, 9))
    never_fine(quick("bundle", file, *words))
    never_fine(quick("tiles", publish(tmp_path / "log", 9), *words))


def test_a_forged_line_fails_even_beside_a_good_one(tmp_path, quick):
    file, data = tmp_path / "x.tlog-proof", bundle(3, 9)
    other = head(8)
    file.write_bytes(data + f"{other.signatures[1]}\n".encode())
    never_fine(quick("bundle", file, *BOTH))


def test_usage():
    assert run()[0] == 2
    assert run("bundle", "x")[0] == 2
    assert run("bundle", "x", "--key", LOG_KEY, "--policy", "y")[0] == 2
    code, _, err = run("bundle", "x", "--key", LOG_KEY[:-1])
    assert code == 2
    assert "copy it again" in err
    code, _, err = run("bundle", "no such file", "--key", LOG_KEY)
    assert code == 1
    assert "'no such file' is missing" in err
    assert run("tiles", "no such folder")[0] == 1


# --- what is not --------------------------------------------------------------------------


def flipped(data, at, bit):
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def test_no_byte_of_a_bundle_can_change(tmp_path, quick):
    chance, file = random.Random(1), tmp_path / "x.tlog-proof"
    for data in (bundle(6, 13), bundle(0, 1), bundle(699, 700)):
        for at in range(len(data)):
            file.write_bytes(flipped(data, at, chance.randrange(8)))
            never_fine(quick("bundle", file, *BOTH))
        for _ in range(40):
            file.write_bytes(data[: chance.randrange(len(data))])
            never_fine(quick("bundle", file, *BOTH))
        for more in (b"\n", b"x", b"\0", data):
            file.write_bytes(data + more)
            never_fine(quick("bundle", file, *BOTH))


@pytest.mark.parametrize("crypto", [True, False])
def test_no_byte_of_a_bundle_can_change_in_a_process(crypto, tmp_path):
    chance, file, data = random.Random(2), tmp_path / "x.tlog-proof", bundle(6, 13)
    for at in chance.sample(range(len(data)), 15):
        file.write_bytes(flipped(data, at, chance.randrange(8)))
        code, out, _ = run("bundle", file, *BOTH, crypto=crypto)
        assert code in (1, 4)
        # Without cryptography a signature is said not to be verified, and no more.
        assert "verdict: witnessed" not in out
        assert crypto is False or "verdict: self-consistent" not in out
        assert code == 4 or "NOT VERIFIED" in out


def test_no_byte_of_a_directory_can_change(tmp_path, quick):
    chance, top = random.Random(3), publish(tmp_path / "log", 700, before=[3, 258])
    files = sorted(file for file in top.rglob("*") if file.is_file())
    assert len(files) == 13
    for file in files:
        data = file.read_bytes()
        for at in {0, len(data) - 1, *chance.sample(range(len(data)), 6)}:
            file.write_bytes(flipped(data, at, chance.randrange(8)))
            never_fine(quick("tiles", top, *BOTH))
        for wrong in (b"", data[:-1], data[:-32], data[: chance.randrange(len(data))], data + b"x"):
            file.write_bytes(wrong)
            never_fine(quick("tiles", top, *BOTH))
        file.write_bytes(data)
    file = top / "tile/entries/001"
    file.write_bytes(flipped(file.read_bytes(), 1000, 0))
    for crypto in (True, False):
        never_fine(run("tiles", top, *BOTH, crypto=crypto))


def test_tiles_that_are_missing(tmp_path, quick):
    top = publish(tmp_path / "log", 700)
    for file in sorted(file for file in (top / "tile").rglob("*") if file.is_file()):
        data = file.read_bytes()
        file.unlink()
        code, out, _ = quick("tiles", top)
        assert code == 4
        assert f"{file.relative_to(top).as_posix()} is missing" in out
        file.write_bytes(data)
    assert quick("tiles", top)[0] == 0


@pytest.mark.parametrize(
    "place",
    [
        "tile/entries/003",
        "tile/entries/002",
        "tile/entries/002.p/189",
        "tile/entries/002.p/0",
        "tile/entries/002.p/07",
        "tile/0/x001/000",
        "tile/0/x000/001",
        "tile/0/1",
        "tile/1/000.p/3",
        "tile/2/000.p/1",
        "tile/8/000",
        "tile/notes",
        "tile/entries/\x1b[2J",
    ],
)
def test_tiles_that_are_too_many(place, tmp_path, quick):
    top = publish(tmp_path / "log", 700)
    (top / place).parent.mkdir(parents=True, exist_ok=True)
    (top / place).write_bytes(b"")
    result = quick("tiles", top, *BOTH)
    never_fine(result)
    assert "nothing vouches for it" in result[1]
    assert "\x1b" not in result[1]


def test_a_partial_tile_of_before_that_is_another(tmp_path, quick):
    top = publish(tmp_path / "log", 300)
    for place, data in {
        "tile/entries/000.p/2": b"\0\0\0\0",
        "tile/0/000.p/2": bytes(64),
        "tile/0/001.p/2": b"".join(LEAVES[256:257]),
    }.items():
        file = top / place
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        never_fine(quick("tiles", top))
        file.unlink()


@pytest.mark.parametrize("size", [1, 256, 299, 301, 512, 2**40, 2**63 - 1])
def test_a_checkpoint_of_another_size(size, tmp_path, quick):
    top = publish(tmp_path / "log", 300, note=head(size, root_over(LEAVES[:300])))
    never_fine(quick("tiles", top, *BOTH))


def test_a_log_that_was_cut_off_or_written_again(tmp_path, quick):
    kept = tmp_path / "kept"
    kept.write_bytes(bytes(head(300)))
    never_fine(quick("tiles", publish(tmp_path / "short", 299), *BOTH, "--checkpoint", kept))
    entries = [*ENTRIES[:100], b"forged", *ENTRIES[101:700]]
    leaves = [leaf_hash(entry) for entry in entries]
    stored = dict(append(Frontier(), leaves)[1])
    top = publish(tmp_path / "again", 700, (), entries, stored, head(700, root_over(leaves)))
    assert quick("tiles", top, *BOTH)[0] == 0  # it agrees with itself, and was cosigned anew
    result = quick("tiles", top, *BOTH, "--checkpoint", kept)
    never_fine(result)
    assert "OK    root" in result[1]
    assert "FAIL  kept" in result[1]
    kept.write_bytes(flipped(kept.read_bytes(), 150, 0))
    never_fine(quick("tiles", top, *BOTH, "--checkpoint", kept))


def test_links_and_pipes_are_not_followed(tmp_path):
    top = publish(tmp_path / "log", 9)
    note = head(2**40, bytes(32))
    (top / "checkpoint").write_bytes(bytes(note))
    # One bundle, and folders that lead into themselves: 256 entries, as often as one likes.
    folder = top / "tile/entries"
    for n in range(1000):
        (folder / f"x{n:03}").symlink_to(folder)
    never_fine(run("tiles", top, *BOTH))
    (top / "checkpoint").write_bytes(bytes(head(9)))
    never_fine(run("tiles", top, *BOTH))
    pipe = publish(tmp_path / "pipe", 9)
    (pipe / "tile/0/000.p/9").unlink()
    os.mkfifo(pipe / "tile/0/000.p/9")
    never_fine(run("tiles", pipe, *BOTH))
    os.mkfifo(tmp_path / "fifo")
    assert run("bundle", tmp_path / "fifo", *BOTH)[0] == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"\xff" * 100,
        b"A" * 2**22,
        b"\n" * 2**20,
        b"c2sp.org/tlog-proof@v1\nindex 0" + b"\n" + b"A" * 43 + b"=" * 2**20,
        b"c2sp.org/tlog-proof@v1\nindex 0" + (b"\n" + b"A" * 43 + b"=") * 64 + b"\n\nx\n1\n",
        bundle(3, 9).replace(b"index 3", b"index 03"),
        bundle(3, 9).replace(b"index 3", b"index " + b"9" * 10**6),
        bundle(3, 9).replace(b"index 3", b"index 9223372036854775808"),
        bundle(3, 9).replace(b"\n9\n", b"\n09\n"),
        bundle(3, 9).replace(b"\n9\n", b"\n8\n"),
        bundle(3, 9) + "\N{EM DASH} a AAAAAAAA\n".encode() * 100,
        bundle(3, 9) + "\N{EM DASH} ".encode() * 2**18,
        bundle(3, 9).replace(b"example.org/ledger\n", b"example.org/ledger\nmore\n"),
    ],
)
def test_hostile_bundles(data, tmp_path, quick):
    file = tmp_path / "x.tlog-proof"
    file.write_bytes(data)
    never_fine(quick("bundle", file, *BOTH))
