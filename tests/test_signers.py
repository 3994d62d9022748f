"""Key files and their memory: private keys stay private, and no key signs two histories,
whatever is restored, altered, killed or done at the same time."""

import json
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from govledger.errors import Inconsistent, InvalidInput, StorageError
from govledger.integrity.checkpoint import Checkpoint, Policy, Witness, evaluate, sign_checkpoint
from govledger.integrity.merkle import (
    EMPTY_ROOT,
    LARGEST_SIZE,
    LONGEST_PROOF,
    Frontier,
    append,
    hashes_of,
    leaf_hash,
    plan_consistency,
    root_over,
    verify_consistency,
)
from govledger.integrity.note import (
    KeyType,
    Note,
    parse_note,
    parse_verifier_key,
    signing_key,
    to_base64,
    verify_note,
    write_signing_key,
)
from govledger.integrity.note import cosign as cosign_text
from govledger.integrity.note import sign as sign_text
from govledger.integrity.witness import (
    LARGEST_REQUEST,
    Request,
    consistency_of,
    parse_request,
)
from govledger.signers import LARGEST_MEMORY, cosign, new_key, read_key, sign

ORIGIN = "example.org/ledger"
OTHER = "example.org/other"
NOW = 1_700_000_000
SIZE = 21

posix = pytest.mark.skipif(os.name != "posix", reason="rights and locks of POSIX")


class Tree:
    """A log of which every size can be signed, and any two sizes be proven consistent."""

    def __init__(self, *entries, origin=ORIGIN):
        self.origin = origin
        self.leaves = [leaf_hash(entry) for entry in entries]
        self.stored = dict(append(Frontier(), self.leaves)[1])

    def at(self, size):
        return Checkpoint(self.origin, size, root_over(self.leaves[:size]))

    def proof(self, old, new):
        return hashes_of(plan_consistency(old, new), self.stored)


ENTRIES = [b"entry %d" % n for n in range(SIZE)]
TREE = Tree(*ENTRIES)
FORK = Tree(*ENTRIES[:5], *(b"another %d" % n for n in range(5, SIZE)))
ALTERED = Tree(b"altered", *ENTRIES[1:])


def made_key(folder, name=ORIGIN, type_=KeyType.ED25519):
    path = folder / f"{name.replace('/', '-')}.key"
    new_key(path, name, type_)
    return path


@pytest.fixture
def key(tmp_path):
    return made_key(tmp_path)


def beside(path, ending):
    return path.with_name(path.name + ending)


def memory_of(path):
    return json.loads(beside(path, ".memory").read_text("utf-8"))


def remembered(*checkpoints):
    return {c.origin: {"root": to_base64(c.root), "size": c.size} for c in checkpoints}


def refused(error, call, *given, **named):
    """The code of the problem with which a call is refused."""
    with pytest.raises(error) as caught:
        call(*given, **named)
    (problem,) = caught.value.problems
    assert problem.message
    assert problem.hint
    return problem.code


def never(*_):
    raise AssertionError("no proof is needed")


# --- key files --------------------------------------------------------------------------


@pytest.mark.parametrize("type_", KeyType)
def test_a_new_key(tmp_path, type_):
    path = tmp_path / "club.key"
    public = new_key(path, ORIGIN, type_)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        *("club.key", "club.key.memory", "club.key.pub"),
    ]
    key = read_key(path)
    assert key.public == public
    assert (key.name, key.type) == (ORIGIN, type_)
    assert path.read_text() == f"{write_signing_key(key)}\n"
    assert beside(path, ".pub").read_text() == f"{public}\n"
    assert parse_verifier_key(beside(path, ".pub").read_text()[:-1]) == public
    assert memory_of(path) == {}


def test_every_key_is_another(tmp_path):
    assert len({new_key(tmp_path / str(n), ORIGIN, KeyType.ED25519) for n in range(8)}) == 8


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277, 0o777])
def test_private_files_are_for_their_owner_whatever_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        path = made_key(tmp_path)
        sign(path, TREE.at(3), TREE.proof)
    finally:
        os.umask(before)
    for file in (path, beside(path, ".memory")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(beside(path, ".pub").stat().st_mode) == 0o644
    assert not stat.S_IMODE(beside(path, ".lock").stat().st_mode) & 0o077


@posix
def test_a_private_key_is_not_readable_by_others_at_first_either(tmp_path):
    """Its mode is looked at before anything changes it, and it is the one who created it."""
    done = in_a_process(
        """
        path, opened, modes = Path(sys.argv[1]), [], []
        def hook(event, given):
            if event == "open" and given[0] == str(path):
                opened.append(given[2] & os.O_EXCL)
            elif event == "os.chmod" and path.exists():
                modes.append(oct(path.stat().st_mode & 0o777))
        sys.addaudithook(hook)
        os.umask(0)
        new_key(path, ORIGIN, KeyType.ED25519)
        print(all(opened), len(opened), modes[0])
        """,
        tmp_path / "club.key",
    )
    assert done.stdout == "True 1 0o600\n", done.stderr


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "\ud800", "é" * 200])
def test_a_bad_name_writes_nothing(tmp_path, name):
    assert refused(InvalidInput, new_key, tmp_path / "k", name, KeyType.ED25519) == "not-a-key-name"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["", ".pub", ".memory"])
@pytest.mark.parametrize("kind", ["file", "folder", "dangling"])
def test_nothing_is_ever_overwritten(tmp_path, ending, kind):
    path = tmp_path / "club.key"
    there = beside(path, ending)
    match kind:
        case "file":
            there.write_bytes(b"precious")
        case "folder":
            there.mkdir()
        case "dangling":
            there.symlink_to(tmp_path / "nowhere")
    assert refused(StorageError, new_key, path, ORIGIN, KeyType.ED25519) == "key-exists"
    assert list(tmp_path.iterdir()) == [there]
    assert kind != "file" or there.read_bytes() == b"precious"


def test_a_key_that_exists_keeps_its_memory(key):
    sign(key, TREE.at(5), TREE.proof)
    before = {file: file.read_bytes() for file in key.parent.iterdir()}
    assert refused(StorageError, new_key, key, ORIGIN, KeyType.ED25519) == "key-exists"
    assert {file: file.read_bytes() for file in key.parent.iterdir()} == before
    beside(key, ".memory").unlink()
    assert refused(StorageError, new_key, key, ORIGIN, KeyType.ED25519) == "key-exists"
    assert not beside(key, ".memory").exists()


def test_no_folder(tmp_path):
    path = tmp_path / "none" / "club.key"
    assert refused(StorageError, new_key, path, ORIGIN, KeyType.ED25519) == "not-found"
    assert refused(StorageError, read_key, path) == "no-key"


@contextmanager
def a_full_disk(most=0):
    """No file may grow: what root is refused, too."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@posix
@pytest.mark.parametrize("most", [0, 10, 60])
def test_nothing_half_made_is_left(tmp_path, most):
    with a_full_disk(most), pytest.raises(StorageError) as caught:
        new_key(tmp_path / "club.key", ORIGIN, KeyType.ED25519)
    assert caught.value.problems[0].code == "disk-full"
    assert list(tmp_path.iterdir()) == []


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o620, 0o601, 0o777])
def test_an_exposed_key_is_refused(key, mode):
    key.chmod(mode)
    with pytest.raises(StorageError, match=f"chmod 600 .*{key.name}") as caught:
        read_key(key)
    assert caught.value.problems[0].code == "key-exposed"
    assert refused(StorageError, sign, key, TREE.at(3), TREE.proof) == "key-exposed"
    assert memory_of(key) == {}
    for closed in (0o600, 0o400):
        key.chmod(closed)
        assert read_key(key).name == ORIGIN


SEED = b"a secret that nobody may see..!!"
SECRET = write_signing_key(signing_key(ORIGIN, SEED))
MATERIAL = SECRET.rpartition("+")[2]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"PRIVATE+KEY+",
        SECRET[:-1].encode(),
        SECRET.encode() + b"\n\n",
        SECRET.encode() + b"\r\n",
        b" " + SECRET.encode(),
        SECRET.encode() + b"\n" + SECRET.encode(),
        SECRET.encode() + b"\xff",
        SECRET.replace(ORIGIN, "example.org/renamed").encode(),
        SECRET.replace(f"{ORIGIN}+", "").encode(),
        f"PRIVATE+KEY+{MATERIAL}\n+{SECRET}".encode(),
        f"PRIVATE+KEY+{SECRET.rpartition('+')[2]}".encode(),
        f"{SECRET}{'=' * 10_000}".encode(),
        SECRET.encode("utf-16"),
        str(signing_key(ORIGIN, SEED).public).encode(),
        b"x" * 1_000_000,
    ],
)
def test_a_malformed_key_is_refused_and_never_shown(tmp_path, data):
    path = tmp_path / "club.key"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(InvalidInput) as caught:
        read_key(path)
    assert caught.value.problems[0].code == "not-a-key"
    assert caught.value.__suppress_context__
    for shown in (str(caught.value), repr(caught.value)):
        assert MATERIAL[:6] not in shown
        assert SEED.decode()[:6] not in shown


def test_the_line_end_may_be_missing(tmp_path):
    path = tmp_path / "club.key"
    path.write_text(SECRET)
    path.chmod(0o600)
    assert read_key(path) == signing_key(ORIGIN, SEED)


def test_a_key_is_a_plain_file(tmp_path):
    assert refused(StorageError, read_key, tmp_path) == "disk-error"
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe", 0o600)
        assert refused(StorageError, read_key, tmp_path / "pipe") == "disk-error"
        assert refused(StorageError, read_key, Path("/dev/zero")) == "disk-error"


@posix
def test_a_key_that_may_not_be_read(key):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    key.chmod(0o000)
    assert refused(StorageError, read_key, key) == "no-access"


# --- a log signs ------------------------------------------------------------------------


def test_a_log_grows(key):
    for size in (0, 1, 2, 5, 6, 8, 13, 21):
        note = sign(key, TREE.at(size), TREE.proof)
        assert memory_of(key) == remembered(TREE.at(size))
        assert note == sign_checkpoint(TREE.at(size), read_key(key))
        assert verify_note(note, [read_key(key).public])


def test_the_same_tree_is_signed_again_to_the_same_bytes(key):
    first = bytes(sign(key, TREE.at(8), TREE.proof))
    assert bytes(sign(key, TREE.at(8), never)) == first
    assert bytes(sign(key, TREE.at(8), never)) == first


@given(st.lists(st.tuples(st.sampled_from("tfa"), st.integers(0, SIZE)), max_size=12))
@settings(max_examples=40, deadline=None)
def test_whatever_is_signed_is_one_history(tmp_path_factory, steps):
    key = made_key(tmp_path_factory.mktemp("log"))
    trees, signed = {"t": TREE, "f": FORK, "a": ALTERED}, []
    for which, size in steps:
        tree = trees[which]
        before = memory_of(key)
        try:
            sign(key, tree.at(size), tree.proof)
        except Inconsistent:
            assert memory_of(key) == before
        else:
            signed.append((which, size))
    for (before, old), (after, new) in zip(signed, signed[1:], strict=False):
        proof = trees[after].proof(old, new)
        assert verify_consistency(
            old, trees[before].at(old).root, new, trees[after].at(new).root, proof
        )


def test_a_restored_backup_is_refused(key):
    sign(key, TREE.at(8), TREE.proof)
    with pytest.raises(Inconsistent) as caught:
        sign(key, TREE.at(7), never)
    (problem,) = caught.value.problems
    assert problem.code == "inconsistent-tree"
    assert problem.message == f'"{ORIGIN}" was signed at size 8, and this tree has 7 entries'
    assert "older backup was restored" in problem.hint
    assert refused(Inconsistent, sign, key, TREE.at(0), never) == "inconsistent-tree"
    assert memory_of(key) == remembered(TREE.at(8))
    sign(key, TREE.at(9), TREE.proof)


@pytest.mark.parametrize(
    ("tree", "size"), [(FORK, 8), (FORK, 9), (FORK, 21), (ALTERED, 8), (ALTERED, 16)]
)
def test_another_tree_is_refused(key, tree, size):
    sign(key, TREE.at(8), TREE.proof)
    for proof in (tree.proof, TREE.proof, lambda *_: (), lambda *_: [b"x" * 32] * 64):
        with pytest.raises(Inconsistent, match=r"at size 8, and this tree of \d+ entries"):
            sign(key, tree.at(size), proof)
    assert memory_of(key) == remembered(TREE.at(8))


def test_a_fork_after_what_was_signed_is_none(key):
    sign(key, TREE.at(5), TREE.proof)
    sign(key, FORK.at(9), FORK.proof)
    assert refused(Inconsistent, sign, key, TREE.at(10), TREE.proof) == "inconsistent-tree"


def test_a_proof_that_cannot_be_made_signs_nothing(key):
    sign(key, TREE.at(5), TREE.proof)
    assert refused(StorageError, sign, key, TREE.at(9), Tree(*ENTRIES[:3]).proof) == "missing-node"
    assert memory_of(key) == remembered(TREE.at(5))


def test_a_first_checkpoint_extends_nothing(key):
    """And the callable is asked all the same: it must not say that there was something."""
    asked = []
    sign(key, TREE.at(5), lambda *sizes: asked.append(sizes) or ())
    assert asked == [(0, 5)]


def test_keys_sign_for_themselves_and_as_they_may(tmp_path, key):
    assert refused(InvalidInput, sign, key, Tree(origin=OTHER).at(0), never) == "foreign-origin"
    witness = made_key(tmp_path, "w.example", KeyType.COSIGNATURE)
    tree = Tree(*ENTRIES, origin="w.example")
    assert refused(InvalidInput, sign, witness, tree.at(3), tree.proof) == "wrong-key-type"
    assert memory_of(key) == memory_of(witness) == {}


# --- a memory that is lost --------------------------------------------------------------

GOOD = '{"%s":{"root":"%s","size":5}}\n' % (ORIGIN, to_base64(TREE.at(5).root))


def test_the_form_of_the_memory(key):
    sign(key, TREE.at(5), TREE.proof)
    assert beside(key, ".memory").read_text() == GOOD


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "{}",
        "{ }\n",
        "null\n",
        "[]\n",
        "5\n",
        GOOD[:-1],
        GOOD[:-2],
        GOOD + "\n",
        GOOD + GOOD,
        " " + GOOD,
        "\ufeff" + GOOD,
        GOOD.replace('"size":5', '"size":"5"'),
        GOOD.replace('"size":5', '"size":5.0'),
        GOOD.replace('"size":5', '"size":5e0'),
        GOOD.replace('"size":5', '"size":-5'),
        GOOD.replace('"size":5', '"size":-0'),
        GOOD.replace('"size":5', '"size":05'),
        GOOD.replace('"size":5', '"size":true'),
        GOOD.replace('"size":5', '"size":null'),
        GOOD.replace('"size":5', '"size":NaN'),
        GOOD.replace('"size":5', f'"size":{LARGEST_SIZE + 1}'),
        GOOD.replace('"size":5', f'"size":{"9" * 10_000}'),
        GOOD.replace('"size":5', '"size":0'),
        GOOD.replace('"size":5', '"size":5,"size":4'),
        GOOD.replace('"size":5', '"size":5,"more":1'),
        GOOD.replace(',"size":5', ""),
        GOOD.replace("root", "Root"),
        GOOD.replace("=", ""),
        GOOD.replace('"root":"', '"root":"AAAA'),
        GOOD.replace(to_base64(TREE.at(5).root), ""),
        GOOD.replace(to_base64(TREE.at(5).root), "é"),
        GOOD.replace(ORIGIN, ""),
        GOOD.replace(ORIGIN, "a b"),
        GOOD.replace(ORIGIN, "a\\u0000b"),
        GOOD.replace(ORIGIN, "\\ud800"),
        GOOD.replace(ORIGIN, "x" * 256),
        GOOD.replace(ORIGIN, OTHER),
        GOOD.replace("/", "\\/"),
        GOOD.replace("}}", "},%s" % GOOD[1:-1]),
        "[" * 100_000,
        '{"x":' * 100_000,
        "{}\n" + " " * LARGEST_MEMORY,
    ],
)
def test_a_damaged_memory_is_refused(key, text):
    beside(key, ".memory").write_text(text)
    assert refused(StorageError, sign, key, TREE.at(8), TREE.proof) == "damaged-memory"
    assert beside(key, ".memory").read_text() == text


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_changed_byte_of_a_memory_never_lets_a_key_forget(tmp_path_factory, data):
    key = made_key(tmp_path_factory.mktemp("log"))
    at, change = data.draw(st.integers(0, len(GOOD) - 1)), data.draw(st.integers(1, 255))
    changed = bytearray(GOOD.encode())
    changed[at] ^= change
    beside(key, ".memory").write_bytes(changed)
    for tree in (TREE, ALTERED):
        with pytest.raises((StorageError, Inconsistent)):
            sign(key, tree.at(8), tree.proof)


def test_a_memory_that_is_missing_is_refused(key):
    beside(key, ".memory").unlink()
    with pytest.raises(StorageError, match="last checkpoint") as caught:
        sign(key, TREE.at(8), TREE.proof)
    assert caught.value.problems[0].code == "no-memory"
    assert not beside(key, ".memory").exists()
    beside(key, ".memory").mkdir()
    assert refused(StorageError, sign, key, TREE.at(8), TREE.proof) == "disk-error"


def test_bytes_that_are_no_text(key):
    beside(key, ".memory").write_bytes(GOOD.replace("ledger", "l\xe9dger").encode("latin-1"))
    assert refused(StorageError, sign, key, TREE.at(8), TREE.proof) == "damaged-memory"


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_the_last_checkpoint_restores_a_memory(key, how):
    early, last = (sign(key, TREE.at(size), TREE.proof) for size in (3, 8))
    beside(key, ".memory").unlink()
    if how == "damaged":
        beside(key, ".memory").write_text("{")
    for size in (7, 0):
        assert refused(Inconsistent, sign, key, TREE.at(size), never, [last]) == "inconsistent-tree"
    assert refused(Inconsistent, sign, key, FORK.at(9), FORK.proof, [last]) == "inconsistent-tree"
    assert beside(key, ".memory").exists() == (how == "damaged")
    sign(key, TREE.at(9), TREE.proof, [early, last])
    assert memory_of(key) == remembered(TREE.at(9))


def test_only_what_this_very_key_signed_restores_its_memory(tmp_path, key):
    beside(key, ".memory").unlink()
    twin = signing_key(ORIGIN, SEED)
    own = sign_checkpoint(TREE.at(8), read_key(key))
    forged = evolve(own.signatures[0], made=bytes(64))
    foreign = str(Tree(*ENTRIES, origin=OTHER).at(8))
    for note in (
        sign_checkpoint(TREE.at(8), twin),
        Note(str(TREE.at(9)), own.signatures),
        Note(str(TREE.at(8)), (forged,)),
        Note(str(TREE.at(8)), (*own.signatures, forged)),
        Note(str(TREE.at(8)), ()),
        Note(foreign, (sign_text(foreign, read_key(key)),)),
    ):
        for given in ([note], [own, note]):
            assert (
                refused(InvalidInput, sign, key, TREE.at(9), TREE.proof, given)
                == "unsigned-checkpoint"
            )
    letter = Note("Dear sir\n", (sign_text("Dear sir\n", read_key(key)),))
    assert refused(InvalidInput, sign, key, TREE.at(9), TREE.proof, [letter]) == "not-a-checkpoint"
    assert not beside(key, ".memory").exists()


def test_the_last_checkpoint_agrees_with_a_memory_that_exists(key):
    notes = {size: sign(key, TREE.at(size), TREE.proof) for size in (3, 8)}
    for size in (3, 8):
        sign(key, TREE.at(8), never, [notes[size]])
    ahead = sign_checkpoint(TREE.at(9), read_key(key))
    with pytest.raises(StorageError, match="at size 8; this key signed it at size 9") as caught:
        sign(key, TREE.at(13), TREE.proof, [ahead])
    assert caught.value.problems[0].code == "old-memory"
    fork = sign_checkpoint(FORK.at(8), read_key(key))
    assert refused(Inconsistent, sign, key, TREE.at(13), TREE.proof, [fork]) == "inconsistent-tree"
    assert memory_of(key) == remembered(TREE.at(8))
    beside(key, ".memory").unlink()
    both = [notes[8], fork]
    assert refused(Inconsistent, sign, key, TREE.at(13), TREE.proof, both) == "inconsistent-tree"
    sign(key, TREE.at(13), TREE.proof, [ahead])


def test_a_memory_from_before_anything_was_signed(key):
    """Restored with the key from a backup of the first day: the last checkpoint helps."""
    ahead = sign_checkpoint(TREE.at(9), read_key(key))
    assert refused(Inconsistent, sign, key, TREE.at(7), never, [ahead]) == "inconsistent-tree"
    sign(key, TREE.at(13), TREE.proof, [ahead])


# --- crashes, and two at once -----------------------------------------------------------


def in_a_process(code, *given):
    start = (
        "import os, sys, signal\nfrom pathlib import Path\n"
        "from govledger.integrity.note import KeyType\n"
        "from test_signers import *\n"
    )
    lines = code.split("\n")
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    body = "\n".join(line[indent:] for line in lines)
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    return subprocess.run(
        [sys.executable, "-c", start + body, *map(str, given)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )


DIES = """
    path, moment = Path(sys.argv[1]), sys.argv[2]
    seen = []
    def hook(event, given):
        if event == "os.rename":
            seen.append(event)
            if moment == "before":
                os.kill(os.getpid(), signal.SIGKILL)
        elif seen and moment == "after" and event == "open":
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    print(bytes(sign(path, FORK.at(9), FORK.proof)).hex())
"""


@posix
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_signature_is_remembered_before_it_is_given_out(key, moment):
    """Killed as the memory takes its name, or just after: no signature is out by then."""
    sign(key, TREE.at(5), TREE.proof)
    done = in_a_process(DIES, key, moment)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout == ""
    if moment == "before":
        assert memory_of(key) == remembered(TREE.at(5))
        sign(key, TREE.at(9), TREE.proof)
    else:
        assert memory_of(key) == remembered(FORK.at(9))
        assert refused(Inconsistent, sign, key, TREE.at(9), TREE.proof) == "inconsistent-tree"
        sign(key, FORK.at(9), never)


@posix
def test_no_signature_without_room_for_the_memory(tmp_path, key):
    witness = made_key(tmp_path, "w.example", KeyType.COSIGNATURE)
    note = sign(key, TREE.at(5), TREE.proof)
    files = sorted(tmp_path.iterdir())
    with a_full_disk():
        with pytest.raises(StorageError) as caught:
            sign(key, TREE.at(8), TREE.proof)
        with pytest.raises(StorageError) as caught_too:
            cosign(witness, note, ALONE(key), TREE.proof, lambda: NOW)
    assert [each.value.problems[0].code for each in (caught, caught_too)] == ["disk-full"] * 2
    assert memory_of(key) == remembered(TREE.at(5))
    assert memory_of(witness) == {}
    assert sorted({*files, beside(witness, ".lock")}) == sorted(tmp_path.iterdir())


@posix
def test_no_signature_in_a_folder_that_cannot_be_written(key):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    sign(key, TREE.at(5), TREE.proof)
    key.parent.chmod(0o500)
    try:
        assert refused(StorageError, sign, key, TREE.at(8), TREE.proof) == "no-access"
    finally:
        key.parent.chmod(0o700)


def race(path, which, start, answers):
    """Sign one of many forks; the proof takes a while, to leave the others room."""
    tree = Tree(*ENTRIES[:5], b"fork %d" % which)

    def slowly(old, new):
        time.sleep(0.02)
        return tree.proof(old, new)

    start.wait()
    try:
        answers.put((which, bytes(sign(path, tree.at(6), slowly))))
    except Inconsistent:
        answers.put((which, None))
    except BaseException as error:
        answers.put((which, repr(error)))


@posix
def test_of_many_that_sign_forks_at_once_one_succeeds(tmp_path):
    context = multiprocessing.get_context("spawn")
    key = made_key(tmp_path)
    sign(key, TREE.at(5), TREE.proof)
    start, answers = context.Barrier(4), context.Queue()
    racers = [context.Process(target=race, args=(key, n, start, answers)) for n in range(4)]
    for racer in racers:
        racer.start()
    told = dict(answers.get(timeout=60) for _ in racers)
    for racer in racers:
        racer.join()
    signed = [answer for answer in told.values() if answer is not None]
    assert len(signed) == 1, told
    assert isinstance(signed[0], bytes), told
    assert memory_of(key)[ORIGIN]["root"] in signed[0].decode()
    assert not list(tmp_path.glob(".govledger-*"))


@posix
def test_a_lock_goes_with_its_process(key):
    holds = """
        def stay(*_):
            print("holding", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        sign(Path(sys.argv[1]), TREE.at(5), stay)
    """
    assert in_a_process(holds, key).stdout == "holding\n"
    assert memory_of(key) == {}
    sign(key, TREE.at(5), TREE.proof)


# --- a witness --------------------------------------------------------------------------


def ALONE(*logs):  # noqa: N802 - a policy
    return Policy(tuple(read_key(path).public for path in logs))


@pytest.fixture
def witness(tmp_path):
    return made_key(tmp_path, "auditor.example", KeyType.COSIGNATURE)


def test_a_witness_of_two_logs(tmp_path, key, witness):
    other, tree = made_key(tmp_path, OTHER), Tree(*ENTRIES[3:], origin=OTHER)
    policy = ALONE(key, other)
    public = read_key(witness).public
    for n, (log, from_, size) in enumerate(
        [(key, TREE, 5), (other, tree, 4), (key, TREE, 8), (other, tree, 4), (other, tree, 18)]
    ):
        note = sign(log, from_.at(size), from_.proof)
        seen = cosign(witness, note, policy, from_.proof, lambda n=n: NOW + n)
        assert seen.text == note.text
        assert seen.signatures == (*note.signatures, cosign_text(note.text, read_key(witness), NOW + n))  # fmt: skip
        full = Policy(policy.logs, (Witness("w", public),), (), "w")
        assert evaluate(full, parse_note(bytes(seen)))
    assert memory_of(witness) == remembered(TREE.at(8), tree.at(18))
    # The key of the first log is in other hands: it signs what it likes.
    thief = read_key(key)
    for checkpoint, from_ in [(TREE.at(7), TREE), (FORK.at(8), FORK), (FORK.at(9), FORK)]:
        note = sign_checkpoint(checkpoint, thief)
        assert (
            refused(Inconsistent, cosign, witness, note, policy, from_.proof, lambda: NOW)
            == "inconsistent-tree"
        )
    assert memory_of(witness) == remembered(TREE.at(8), tree.at(18))


def test_an_empty_log_is_witnessed(key, witness):
    note = sign(key, TREE.at(0), never)
    cosign(witness, note, ALONE(key), never, lambda: NOW)
    assert memory_of(witness) == {ORIGIN: {"root": to_base64(EMPTY_ROOT), "size": 0}}
    cosign(witness, sign(key, TREE.at(5), TREE.proof), ALONE(key), TREE.proof, lambda: NOW)


def test_a_witness_cosigns_again_what_it_knows(key, witness):
    note = sign(key, TREE.at(5), TREE.proof)
    once = cosign(witness, note, ALONE(key), TREE.proof, lambda: NOW)
    again = cosign(witness, once, ALONE(key), never, lambda: NOW + 1)
    assert again == cosign(witness, note, ALONE(key), never, lambda: NOW + 1)
    assert len(again.signatures) == 2


def test_a_witness_wants_the_signature_of_the_log(tmp_path, key, witness):
    other = made_key(tmp_path, OTHER)
    good = sign(key, TREE.at(5), TREE.proof)
    by_other = Note(good.text, (sign_text(good.text, read_key(other)),))
    forged = evolve(good.signatures[0], made=bytes(64))
    cases = [
        (good, Policy(), "foreign-origin"),
        (good, ALONE(other), "foreign-origin"),
        (by_other, ALONE(key, other), "unsigned-checkpoint"),
        (Note(good.text, ()), ALONE(key), "unsigned-checkpoint"),
        (Note(good.text, (forged,)), ALONE(key), "unsigned-checkpoint"),
        (Note(good.text, (*good.signatures, forged)), ALONE(key), "unsigned-checkpoint"),
        (Note(str(TREE.at(6)), good.signatures), ALONE(key), "unsigned-checkpoint"),
        (Note(good.text, (sign_text(good.text, signing_key(ORIGIN, SEED)),)), ALONE(key), "unsigned-checkpoint"),
        (Note("Dear auditor\n", good.signatures), ALONE(key), "not-a-checkpoint"),
    ]  # fmt: skip
    for note, policy, code in cases:
        assert refused(InvalidInput, cosign, witness, note, policy, TREE.proof, lambda: NOW) == code
    assert memory_of(witness) == {}


def test_the_quorum_is_not_asked_for(key, witness):
    """A witness is often the first: the others come after."""
    second = signing_key("second.example", SEED, KeyType.COSIGNATURE)
    policy = evolve(ALONE(key), witnesses=(Witness("s", second.public),), quorum="s")
    note = sign(key, TREE.at(5), TREE.proof)
    assert cosign(witness, note, policy, TREE.proof, lambda: NOW)
    forged = evolve(cosign_text(note.text, second, NOW), made=bytes(72))
    spoiled = Note(note.text, (*note.signatures, forged))
    with pytest.raises(InvalidInput, match='does not hold: "second.example"'):
        cosign(witness, spoiled, policy, TREE.proof, lambda: NOW)


def test_what_cannot_be_cosigned_is_not_remembered(tmp_path, key, witness):
    note = sign(key, TREE.at(5), TREE.proof)
    log = made_key(tmp_path, OTHER)
    assert refused(InvalidInput, cosign, log, note, ALONE(key), TREE.proof, lambda: NOW) == "wrong-key-type"  # fmt: skip
    assert refused(InvalidInput, cosign, witness, note, ALONE(key), TREE.proof, lambda: -1) == "not-a-time"  # fmt: skip
    noise = [signing_key(f"n{n}", SEED) for n in range(99)]
    crowd = Note(note.text, (*note.signatures, *(sign_text(note.text, each) for each in noise)))
    assert refused(InvalidInput, cosign, witness, crowd, ALONE(key), TREE.proof, lambda: NOW) == "too-many-signatures"  # fmt: skip
    assert memory_of(log) == memory_of(witness) == {}


def test_a_witness_that_lost_its_memory(tmp_path, key, witness):
    other, tree = made_key(tmp_path, OTHER), Tree(*ENTRIES[3:], origin=OTHER)
    policy = ALONE(key, other)
    mine = cosign(witness, sign(key, TREE.at(8), TREE.proof), policy, TREE.proof, lambda: NOW)
    theirs = cosign(witness, sign(other, tree.at(4), tree.proof), policy, tree.proof, lambda: NOW)
    beside(witness, ".memory").unlink()
    next_ = sign(key, TREE.at(9), TREE.proof)

    def asked(note, from_, last=()):
        return cosign(witness, note, policy, from_.proof, lambda: NOW + 1, last)

    assert refused(StorageError, asked, next_, TREE) == "no-memory"
    assert refused(StorageError, asked, next_, TREE, [theirs]) == "no-memory"
    assert refused(InvalidInput, asked, next_, TREE, [next_]) == "unsigned-checkpoint"
    fork = sign_checkpoint(FORK.at(9), read_key(key))
    assert refused(Inconsistent, asked, fork, FORK, [mine, theirs]) == "inconsistent-tree"
    assert not beside(witness, ".memory").exists()
    asked(next_, TREE, [mine])
    assert memory_of(witness) == remembered(TREE.at(9))
    asked(sign(other, tree.at(18), tree.proof), tree, [theirs])
    assert memory_of(witness) == remembered(TREE.at(9), tree.at(18))


def test_a_memory_never_grows_beyond_what_is_read(key, witness):
    def text(*origins):
        heads = [Checkpoint(origin, 5, TREE.at(5).root) for origin in origins]
        return json.dumps(remembered(*heads), separators=(",", ":")) + "\n"

    def ask():
        return cosign(witness, note, ALONE(key), TREE.proof, lambda: NOW)

    note = sign(key, TREE.at(5), TREE.proof)
    each = len(text("x" * 255)) - 2  # with a comma, and without braces and line end
    many = [f"{n:0255}" for n in range(LARGEST_MEMORY // each - 1)]
    needed = len(text(ORIGIN)) - 2
    for spare in (needed, needed - 1):
        room = LARGEST_MEMORY - len(text(*many)) - spare - 2 * (each - 255)
        full = text(*many, "y" * (room // 2), "z" * (room - room // 2))
        assert len(full) == LARGEST_MEMORY - spare
        beside(witness, ".memory").write_text(full)
        if spare == needed:
            ask()
            assert beside(witness, ".memory").stat().st_size == LARGEST_MEMORY
            ask()
        else:
            assert refused(StorageError, ask) == "memory-full"
            assert beside(witness, ".memory").read_text() == full


# --- requests ---------------------------------------------------------------------------

LOG = signing_key(ORIGIN, b"log.............................")
LOGS = Policy((LOG.public,))


def request(old, new, tree=TREE):
    return Request(old, tree.proof(old, new), sign_checkpoint(tree.at(new), LOG))


REQUEST = request(6, 13)
DATA = bytes(REQUEST)

EXAMPLE = """\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""


def test_the_example_of_the_specification():
    read = parse_request(EXAMPLE.encode())
    assert (read.old, len(read.hashes), read.checkpoint.size) == (20852014, 4, 20852163)
    assert bytes(read) == EXAMPLE.encode()


@pytest.mark.parametrize("old", range(SIZE + 1))
def test_requests_come_back_and_are_granted(old):
    for new in range(old, SIZE + 1):
        made = request(old, new)
        read = parse_request(bytes(made))
        assert read == made
        proof = consistency_of(read)(old, new)
        assert verify_consistency(old, TREE.at(old).root, new, TREE.at(new).root, proof)


HASH = to_base64(bytes(32))
REST = bytes(REQUEST.note).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "old 6\n",
        "old 6\n\n",
        "old 6\n" + REST,
        "\n" + REST,
        REST,
        "old\n\n" + REST,
        "old \n\n" + REST,
        "old  6\n\n" + REST,
        "old 6 \n\n" + REST,
        "Old 6\n\n" + REST,
        " old 6\n\n" + REST,
        "new 6\n\n" + REST,
        "old 06\n\n" + REST,
        "old +6\n\n" + REST,
        "old -6\n\n" + REST,
        "old 6.0\n\n" + REST,
        "old ٦\n\n" + REST,
        "old 1_0\n\n" + REST,
        "old 14\n\n" + REST,
        f"old {2**63}\n\n" + REST,
        f"old {'9' * 100_000}\n\n" + REST,
        "old 6\r\n\r\n" + REST,
        "old 6\n\n\n" + REST,
        "old 6\nold 6\n\n" + REST,
        "old 6\n \n\n" + REST,
        f"old 6\n{HASH[:-1]}\n\n" + REST,
        f"old 6\n{HASH}=\n\n" + REST,
        f"old 6\n{HASH} \n\n" + REST,
        f"old 6\n {HASH}\n\n" + REST,
        f"old 6\n{HASH}{HASH}\n\n" + REST,
        f"old 6\n{to_base64(bytes(31))}\n\n" + REST,
        f"old 6\n{to_base64(bytes(33))}\n\n" + REST,
        f"old 6\n{HASH.replace('A=', 'B=')}\n\n" + REST,
        "old 6\n" + f"{HASH}\n" * 64 + "\n" + REST,
        "old 6\n" + f"{HASH}\n" * 20_000 + "\n" + REST,
        "old 6\n" + "\n" * 100_000 + REST,
        "old 6\n\nDear auditor\n\n" + REST.split("\n\n")[1],
        "old 6\n\n" + REST[:-1],
        "old 6\n\n" + REST + "\n",
        "old 6\n\n" + REST.replace("\n\n", "\nextension\n\n"),
        "old 6\n\n" + REST.split("\n\n")[0] + "\n",
        "old 6\n\n" + REST + "x" * LARGEST_REQUEST,
    ],
)
def test_what_is_no_request(text):
    assert refused(InvalidInput, parse_request, text.encode()) in {
        *("not-a-request", "not-a-number", "not-base64", "not-a-note", "not-a-checkpoint"),
    }


def test_what_cannot_be_asked():
    note = REQUEST.note
    assert Request(6, (bytes(32),) * LONGEST_PROOF, note)
    for old, hashes in [(14, ()), (-1, ()), (6, (b"",)), (6, (bytes(33),)), (6, (bytes(32),) * 64)]:
        assert refused(InvalidInput, Request, old, hashes, note) == "not-a-request"
    letter = Note("Dear auditor\n", note.signatures)
    assert refused(InvalidInput, Request, 6, (), letter) == "not-a-checkpoint"


def test_a_large_request_is_not_looked_into():
    with pytest.raises(InvalidInput, match=f"larger than {LARGEST_REQUEST} bytes"):
        parse_request(DATA + b"x" * LARGEST_REQUEST)


@given(st.binary(max_size=120))
@settings(max_examples=200, deadline=None)
def test_bytes_are_a_request_or_refused(data):
    for whole in (data, DATA[:20] + data, data + DATA, DATA + data, DATA[:-20] + data):
        try:
            assert bytes(parse_request(whole)) == whole
        except InvalidInput:
            continue


def grant(data, known):
    """What a witness does that remembers the checkpoint `known`, without its files."""
    read = parse_request(data)
    new = read.checkpoint
    found = evaluate(LOGS, read.note)
    if found.log is None or found.forged or new.origin != known.origin:
        raise InvalidInput
    proof = consistency_of(read)(known.size, new.size)
    if not verify_consistency(known.size, known.root, new.size, new.root, proof):
        raise Inconsistent


def test_any_changed_bit_of_a_request_is_refused():
    grant(DATA, TREE.at(6))
    for at in range(len(DATA)):
        for bit in range(8):
            changed = bytearray(DATA)
            changed[at] ^= 1 << bit
            with pytest.raises((InvalidInput, Inconsistent)):
                grant(bytes(changed), TREE.at(6))


@given(st.integers(0, len(DATA) - 1), st.binary(max_size=2), st.integers(0, 2))
@settings(max_examples=300, deadline=None)
def test_whatever_is_done_to_a_request_changes_nothing_of_what_is_granted(at, put, cut):
    changed = DATA[:at] + put + DATA[at + cut :]
    try:
        grant(changed, TREE.at(6))
    except (InvalidInput, Inconsistent):
        return
    assert changed == DATA


def test_requests_by_file(tmp_path, key, witness):
    """A log and a witness that exchange files and nothing else."""
    policy, remembered_size = ALONE(key), 0
    for size in (5, 8, 8, 21):
        note = sign(key, TREE.at(size), TREE.proof)
        (tmp_path / "request").write_bytes(
            bytes(Request(remembered_size, TREE.proof(remembered_size, size), note))
        )
        read = parse_request((tmp_path / "request").read_bytes())
        seen = cosign(witness, read.note, policy, consistency_of(read), lambda: NOW)
        assert verify_note(seen, [read_key(witness).public])
        remembered_size = size


def test_a_request_from_another_size_names_the_one_to_begin_with(key, witness):
    policy = ALONE(key)

    def ask(old, new):
        note = sign_checkpoint(TREE.at(new), read_key(key))
        read = Request(old, TREE.proof(old, new), note)
        return cosign(witness, read.note, policy, consistency_of(read), lambda: NOW)

    with pytest.raises(InvalidInput, match="from size 0"):
        ask(3, 5)
    assert memory_of(witness) == {}
    ask(0, 5)
    for old in (0, 3, 6):
        with pytest.raises(InvalidInput, match="remembers it at size 5") as caught:
            ask(old, 9)
        (problem,) = caught.value.problems
        assert (problem.code, problem.hint) == (
            *("other-old-size", "make the request again, from size 5"),
        )
    ask(3, 5)  # the answer was lost in the mail: the tree is the one that is known
    ask(5, 9)
    with pytest.raises(Inconsistent, match="this tree has 5 entries"):
        ask(0, 5)
    assert memory_of(witness) == remembered(TREE.at(9))
