"""Publishing tiles: the folder that others find is the one that RFC 9162 and C2SP's tlog-tiles
describe, written once or bit by bit, whatever stops it in between.

The tiles that are expected come from the definitions of RFC 9162, section 2.1, in `forgery`.
"""

import os
import random
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import forgery
import pytest

from govledger import Ledger, MotionAdopted, MotionSubmitted
from govledger.errors import GovledgerError, Inconsistent, InvalidInput, StorageError
from govledger.integrity.checkpoint import Checkpoint, cosign_checkpoint, sign_checkpoint
from govledger.integrity.merkle import EMPTY_ROOT
from govledger.integrity.note import KeyType, signing_key
from govledger.interchange import tiles
from govledger.interchange.tiles import publish

CHECKER = Path(__file__).parent.parent / "tools" / "check_proof.py"
LOG = signing_key("example.org/club", b"log.............................")
OTHER = signing_key("example.org/other", b"other...........................")
WITNESS = signing_key("auditor.example", b"auditor.........................", KeyType.COSIGNATURE)

"""Take the mark away where a test passes."""

SIZE = 600
EDGES = sorted({*range(4), *range(254, 259), *range(510, 515), *range(SIZE - 2, SIZE + 1)})


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A ledger of 600 records, to be read only."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    with Ledger.open(path, name="Club", origin=LOG.name) as ledger:
        ledger.record(
            *(
                MotionSubmitted(f"m{n}", title=f"Motion {n}", movers="Anna Aarts", on="2024")
                for n in range(2, SIZE + 1)
            )
        )
    return path


@pytest.fixture(scope="module")
def ledger(path):
    with Ledger.open(path, create=False) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "public"


@pytest.fixture(scope="module")
def entries(path):
    """The bytes that were hashed, read without the library."""
    with closing(connect(path)) as connection:
        rows = connection.execute("SELECT * FROM records ORDER BY position").fetchall()
    return [
        f"govledger/1\n{subject}\n{version}\n{type_}\n".encode() + body
        for _, subject, version, type_, body in rows
    ]


@pytest.fixture(scope="module")
def expected(path, entries):
    """Gives the files of a tree of some size, as its definition has them."""
    leaves, known = forgery.leaves_of(path), {}

    def files(size):
        found = {}
        for at in range(0, size, 256):
            some = entries[at : min(size, at + 256)]
            data = b"".join(len(entry).to_bytes(2, "big") + entry for entry in some)
            found[place("entries", at // 256, len(some))] = data
        for level in range(8):
            width = 256**level
            hashes = [
                forgery.root(leaves, known, at * width, (at + 1) * width)
                for at in range(size // width)
            ]
            for at in range(0, len(hashes), 256):
                some = hashes[at : at + 256]
                found[place(level, at // 256, len(some))] = b"".join(some)
        return found

    return files


def place(level, index, width):
    assert index < 1000
    return f"tile/{level}/{index:03}" + ("" if width == 256 else f".p/{width}")


def head(ledger, size, *witnesses, by=LOG):
    note = sign_checkpoint(ledger.checkpoint(size), by)
    for time, witness in enumerate(witnesses):
        note = cosign_checkpoint(note, witness, 1_700_000_000 + time)
    return note


def files(folder):
    """What stands in a folder, whether it can be seen or not."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def without_partial(found, size):
    """The files of a folder without the partial tiles of earlier sizes."""
    last = {place("entries", size // 256, size % 256)}
    last |= {place(n, (size >> 8 * n) // 256, (size >> 8 * n) % 256) for n in range(8)}
    return {name: data for name, data in found.items() if ".p/" not in name or name in last}


def refused(error, *given):
    with pytest.raises(error) as caught:
        publish(*given)
    (problem,) = caught.value.problems
    assert problem.message
    assert problem.hint
    return problem.code


def checked(folder, *words, expect=0):
    words = [sys.executable, "-I", CHECKER, "tiles", folder, *words]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout


# --- at once ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", EDGES)
def test_a_folder_holds_the_tree_of_its_checkpoint(ledger, folder, expected, size):
    note = head(ledger, size)
    written = publish(ledger, note, folder)
    assert files(folder) == {**expected(size), "checkpoint": bytes(note)}
    assert written == len(expected(size))


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, SIZE])
def test_others_find_the_folder_right(ledger, folder, size):
    publish(ledger, head(ledger, size, WITNESS), folder)
    keys = ["--key", LOG.public, "--key", WITNESS.public]
    assert checked(folder, *keys).endswith("verdict: witnessed\n")


def test_no_name_is_published(ledger, folder, entries):
    publish(ledger, head(ledger, SIZE), folder)
    assert b'{"_sd":"' in entries[1]
    assert not any(b"Anna" in data for data in files(folder).values())


def test_progress_is_told_in_records(ledger, folder):
    told = []
    publish(ledger, head(ledger, SIZE), folder, told.append)
    assert told == [256, 512, SIZE]
    told.clear()
    publish(ledger, head(ledger, SIZE), folder, told.append)
    assert told == []


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_others_may_read_what_is_published(ledger, folder):
    publish(ledger, head(ledger, 257), folder)
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o644}


# --- bit by bit ---------------------------------------------------------------------------


@pytest.mark.parametrize("before", [0, 1, 200, 255, 256, 257, 512])
@pytest.mark.parametrize("size", [257, 512, 513, SIZE])
def test_publishing_twice_is_publishing_at_once(ledger, folder, expected, before, size):
    if before > size:
        return
    publish(ledger, head(ledger, before), folder)
    old = files(folder)
    written = publish(ledger, head(ledger, size), folder)
    found = files(folder)
    assert without_partial(found, size) == {
        **expected(size),
        "checkpoint": bytes(head(ledger, size)),
    }
    assert found.items() >= {n: data for n, data in old.items() if n != "checkpoint"}.items()
    assert written == len(found) - len(old)


@pytest.mark.parametrize("seed", range(3))
def test_a_folder_that_grows_is_right_at_every_size(ledger, folder, expected, seed):
    sizes = sorted(random.Random(seed).sample(range(SIZE + 1), 12))
    everything = {}
    for size in sizes:
        publish(ledger, head(ledger, size), folder)
        everything |= expected(size)
        assert files(folder) == {**everything, "checkpoint": bytes(head(ledger, size))}
    assert checked(folder).endswith("verdict: self-consistent\n")


def test_nothing_is_written_again(ledger, folder):
    publish(ledger, head(ledger, 257), folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    assert publish(ledger, head(ledger, 300), folder) > 0
    after = {path: path.stat().st_mtime_ns for path in before}
    del before[folder / "checkpoint"], after[folder / "checkpoint"]
    assert after == before


def test_the_word_of_a_witness_may_come_later(ledger, folder):
    publish(ledger, head(ledger, 300), folder)
    before = files(folder)
    note = head(ledger, 300, WITNESS)
    assert publish(ledger, note, folder) == 0
    assert files(folder) == {**before, "checkpoint": bytes(note)}


def test_what_came_after_the_checkpoint_is_not_published(tmp_path, folder):
    with Ledger.open(tmp_path / "club.db", origin=LOG.name) as ledger:
        ledger.record(MotionSubmitted("bins", title="Bins", on="2024-01-01"))
        note = head(ledger, 2)
        ledger.record(MotionAdopted("bins", on="2024-01-02"))
        publish(ledger, note, folder)
        assert sorted(files(folder)) == ["checkpoint", "tile/0/000.p/2", "tile/entries/000.p/2"]
        assert publish(ledger, head(ledger, 3), folder) == 2


# --- what is refused ----------------------------------------------------------------------


THERE = {
    "rubbish": b"mine\n",
    "nothing": b"",
    "far too much": b"x" * (2**20 + 1),
    "another log": bytes(sign_checkpoint(Checkpoint(OTHER.name, 0, EMPTY_ROOT), OTHER)),
    "another tree": bytes(sign_checkpoint(Checkpoint(LOG.name, 5, bytes(32)), LOG)),
    "a later tree": bytes(sign_checkpoint(Checkpoint(LOG.name, SIZE + 1, bytes(32)), LOG)),
    "a tree of any size": bytes(sign_checkpoint(Checkpoint(LOG.name, 2**63 - 1, bytes(32)), LOG)),
}


@pytest.mark.parametrize("there", THERE)
def test_a_folder_of_something_else_is_left_as_it_is(ledger, folder, there):
    folder.mkdir()
    (folder / "checkpoint").write_bytes(THERE[there])
    (folder / "tile").mkdir()
    (folder / "tile" / "mine").write_text("mine")
    before = files(folder)
    assert refused(Inconsistent, ledger, head(ledger, 300), folder) == "published-otherwise"
    assert files(folder) == before


def test_a_smaller_tree_is_not_published_over_a_larger(ledger, folder):
    publish(ledger, head(ledger, 300), folder)
    before = files(folder)
    assert refused(Inconsistent, ledger, head(ledger, 299), folder) == "published-otherwise"
    assert files(folder) == before


@pytest.mark.parametrize(
    "note",
    [
        sign_checkpoint(Checkpoint(OTHER.name, 0, EMPTY_ROOT), OTHER),
        sign_checkpoint(Checkpoint(LOG.name, 5, bytes(32)), LOG),
        sign_checkpoint(Checkpoint(LOG.name, SIZE + 1, bytes(32)), LOG),
    ],
    ids=["origin", "root", "size"],
)
def test_a_checkpoint_of_something_else_is_not_published(ledger, folder, note):
    assert refused(InvalidInput, ledger, note, folder) == "foreign-checkpoint"
    assert not folder.exists()


@pytest.mark.parametrize("position", [1, 2, 256, 257, SIZE])
def test_altered_records_are_not_published(path, tmp_path, folder, position):
    altered = shutil.copy(path, tmp_path / "altered.db")
    with forgery.tampering(altered) as connection:
        connection.execute(
            "UPDATE records SET state = replace(state, '2024', '2025') WHERE position = ?",
            [position],
        )
        changed = "SELECT CAST(state AS BLOB) FROM records WHERE position = ?"
        (body,) = connection.execute(changed, [position]).fetchone()
        connection.execute(
            "UPDATE records SET state = ? WHERE position = ?", [body + b" ", position]
        )
    with Ledger.open(altered, create=False) as ledger:
        assert refused(StorageError, ledger, head(ledger, SIZE), folder) == "altered"
    assert "checkpoint" not in files(folder)
    bundle = place("entries", (position - 1) // 256, 256 if position <= 512 else SIZE - 512)
    assert bundle not in files(folder)


# --- what stops in between ----------------------------------------------------------------


class Stopped(Exception):
    pass


def stop_after(monkeypatch, calls):
    """Let everything be written so many times, and no more."""
    replace, left = os.replace, iter(range(calls))

    def count(*given):
        if next(left, None) is None:
            raise Stopped
        return replace(*given)

    monkeypatch.setattr(tiles.os, "replace", count)


@pytest.mark.parametrize("calls", range(7))
def test_what_was_stopped_can_be_published_again(ledger, folder, expected, monkeypatch, calls):
    with monkeypatch.context() as patched:
        stop_after(patched, calls)
        with pytest.raises(Stopped):
            publish(ledger, head(ledger, 513), folder)
    half = files(folder)
    assert "checkpoint" not in half
    assert half.items() <= expected(513).items()  # and no drafts
    publish(ledger, head(ledger, 513), folder)
    assert files(folder) == {**expected(513), "checkpoint": bytes(head(ledger, 513))}


@pytest.mark.parametrize("calls", range(5))
def test_a_folder_that_was_being_extended_holds_what_it_held(ledger, folder, monkeypatch, calls):
    publish(ledger, head(ledger, 200), folder)
    before = files(folder)
    with monkeypatch.context() as patched:
        stop_after(patched, calls)
        with pytest.raises(Stopped):
            publish(ledger, head(ledger, 513), folder)
    assert files(folder).items() >= before.items()
    publish(ledger, head(ledger, SIZE), folder)
    assert files(folder)["checkpoint"] == bytes(head(ledger, SIZE))


KILLED = """
import os, sys
from pathlib import Path
from govledger import Ledger
from govledger.integrity.note import parse_note
from govledger.interchange import tiles

path, note, folder, calls = sys.argv[1:]
replace, left = os.replace, iter(range(int(calls)))
os.replace = lambda *given: os._exit(9) if next(left, None) is None else replace(*given)
with Ledger.open(path, create=False) as ledger:
    tiles.publish(ledger, parse_note(Path(note).read_bytes()), Path(folder))
"""


@pytest.mark.parametrize("calls", [0, 1, 4])
def test_who_is_killed_leaves_nothing_that_hinders_others(path, ledger, folder, tmp_path, calls):
    note = tmp_path / "note"
    note.write_bytes(bytes(head(ledger, 513)))
    words = [sys.executable, "-c", KILLED, path, note, folder, calls]
    assert subprocess.run(list(map(str, words))).returncode == 9
    assert not (folder / "checkpoint").exists()
    publish(ledger, head(ledger, 513), folder)
    assert checked(folder).endswith("verdict: self-consistent\n")


def test_a_full_disk_is_told_and_mended(ledger, folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(tiles.os, "replace", full)
        with pytest.raises(OSError) as caught:
            publish(ledger, head(ledger, 3), folder)
    assert isinstance(caught.value, GovledgerError)
    publish(ledger, head(ledger, 3), folder)
    assert sorted(files(folder)) == ["checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"]
