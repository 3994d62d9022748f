"""No single byte that matters can flip unseen: in the rows of a ledger, in the checkpoints,
proofs and tiles that it gives away.

Every byte is flipped once, in bits that take turns or in all of its bits, and random ones in any
other way. There is no byte whose flip is harmless, but two kinds that are not here:

- A flip that gives a row a number that another row has. The database itself refuses it.
- A flip in the name or the id of a signature's key, which turns the line into one of a stranger,
  and those are ignored, as signed-note says. It matters as soon as the signature does: the policy
  here asks for all that signed. `test_what_may_flip_where_one_witness_is_enough` has the rest.

All this is of a whole verification. With `contents=False` two things are not looked at, and the
report says so: what discloses names, and nodes of the tree that are not at its right edge.
"""

import gc
import sqlite3
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import forgery
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govledger import GovledgerError, InvalidInput, Ledger, MandateGiven, MotionSubmitted, Verdict
from govledger.audit import Outcome
from govledger.integrity.checkpoint import (
    cosign_checkpoint,
    evaluate,
    open_checkpoint,
    parse_policy,
    sign_checkpoint,
)
from govledger.integrity.note import KeyType, signing_key
from govledger.integrity.proof import parse_proof, verify_proof
from govledger.integrity.tiles import (
    ENTRIES,
    WIDTH,
    hashes_of_entries,
    parse_entries,
    parse_hashes,
    tiles_of,
)

NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)
LATER = int(NOON.timestamp()) + 3600
ORIGIN = "example.org/ledger"
LOG = signing_key(ORIGIN, b"log.............................")
ANN, BOB = (
    signing_key(f"{name}.example", name.encode().ljust(32, b"."), KeyType.COSIGNATURE)
    for name in ("ann", "bob")
)
KEYS = f"log {LOG.public}\nwitness ann {ANN.public}\nwitness bob {BOB.public}\n"
ALL = parse_policy(f"{KEYS}group both all ann bob\nquorum both\n".encode())
ANY = parse_policy(f"{KEYS}group one any ann bob\nquorum one\n".encode())

EVENTS = (
    MotionSubmitted("bins", title="Bins in the café", movers=["Ann", "Zoë"], on="2024-04-01"),
    MotionSubmitted("lamps", title="Fewer lamps", note="late", on="2024-04-01T10:00+02:00"),
    MandateGiven("bins.1", motion="bins", task="Buy bins", addressee="board", on="2024-04-01"),
    MotionSubmitted("bins", title="Bins, bigger", corrects=2, on="2024-04-01"),
)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """An open ledger of five records, a plain connection to its file, a witnessed checkpoint."""
    path = tmp_path_factory.mktemp("flipped") / "ledger.db"
    times = (NOON + timedelta(minutes=n) for n in range(9))
    with (
        Ledger.open(path, lambda: next(times), name="spring", origin=ORIGIN) as ledger,
        closing(sqlite3.connect(path, isolation_level=None)) as connection,
    ):
        for n, event in enumerate(EVENTS):
            ledger.record(event, key=f"key-{n}")
        connection.execute("PRAGMA synchronous = OFF")
        note = sign_checkpoint(ledger.checkpoint(), LOG)
        for key in (ANN, BOB):
            note = cosign_checkpoint(note, key, LATER)
        book = SimpleNamespace(path=path, ledger=ledger, connection=connection, note=note)
        assert_untouched(book)
        yield book
        assert_untouched(book)


def assert_untouched(book):
    """Nothing is wrong where nothing was flipped; else all tests here would pass for nothing."""
    for contents in (True, False):
        report = book.ledger.verify(checkpoints=[book.note], policy=ALL, contents=contents)
        assert report.verdict is Verdict.WITNESSED, str(report)


def failed(report):
    assert bool(report) is all(check.outcome is not Outcome.FAIL for check in report.checks)
    return {check.name for check in report.checks if check.outcome is Outcome.FAIL}


def flips(data, *, bits=None):
    """The data with one bit of one byte flipped: any, or of each byte so many in turn."""
    for at, byte in enumerate(data):
        for bit in range(8) if bits is None else [(at + n) % 8 for n in range(bits)]:
            yield at, data[:at] + bytes([byte ^ 1 << bit]) + data[at + 1 :]


@st.composite
def flip(draw, data):
    """The data with one byte that is any other."""
    at = draw(st.integers(0, len(data) - 1))
    return data[:at] + bytes([data[at] ^ draw(st.integers(1, 255))]) + data[at + 1 :]


# --- in the rows of the file ----------------------------------------------------------------

COLUMNS = {
    "records": ("position", "originator_id", "originator_version", "topic", "state"),
    "tree": ("number", "hash"),
    "disclosures": ("digest", "array"),
}
"""The columns of the tables, the one that tells the rows apart first."""

WIDTH_OF_AN_INTEGER = 8


def as_bytes(value):
    if isinstance(value, int):
        return value.to_bytes(WIDTH_OF_AN_INTEGER, "big", signed=True)
    return value.encode() if isinstance(value, str) else value


def bound(value, data):
    """An SQL expression, and what to bind to it, for a value like this one with other bytes."""
    if isinstance(value, int):
        return "?", int.from_bytes(data, "big", signed=True)
    return ("CAST(? AS TEXT)" if isinstance(value, str) else "?"), data


def values_in(connection, table, column):
    key, *_ = COLUMNS[table]
    return connection.execute(f"SELECT {key}, {column} FROM {table} ORDER BY {key}").fetchall()


def update(connection, table, column, key, value):
    """Change one value of one row, whatever the triggers say, and leave them as they were."""
    (of_key, key), (of_value, value) = key, value
    connection.execute("BEGIN IMMEDIATE")
    try:
        with forgery.untriggered(connection):
            done = connection.execute(
                f"UPDATE {table} SET {column} = {of_value} WHERE {COLUMNS[table][0]} = {of_key}",
                [value, key],
            )
            assert done.rowcount == 1
    except sqlite3.IntegrityError:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def flipped(connection, table, column, key, value, data):
    """A row with other bytes in a column, for a while; tells whether the database allows it."""
    there, here = bound(key, as_bytes(key)), bound(value, as_bytes(value))
    changed = bound(value, data)
    is_key = column == COLUMNS[table][0]
    try:
        update(connection, table, column, there, changed)
    except sqlite3.IntegrityError:  # another row has that number
        yield False
        return
    try:
        yield True
    finally:
        update(connection, table, column, changed if is_key else there, here)


def is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


RIGHT_EDGE = {6, 7}
"""Which nodes of a tree of five make its root: that over four leaves, made seventh, and the last."""


def expected_of(table, column, value, data):
    """The check that fails, whatever else does."""
    if isinstance(value, str) and not is_utf8(data) and column != "array":
        return "file"
    if table == "disclosures":
        return "personal data"
    return "records" if column == "position" else "tree"


def assert_found(book, table, column, key, value, data):
    """Verifying finds it, by the right check; so does a checkpoint, and so do the bytes alone.

    Bytes alone are compared with the root of the tree, and not with all of its nodes: these are
    made of the records, and only hold them for proofs. What discloses names is no record.
    """
    expected = expected_of(table, column, value, data)
    # A ledger that met text that is none is not asked again (see the test of it below).
    with nullcontext(book.ledger) if expected != "file" else Ledger.open(book.path) as ledger:
        report = ledger.verify()
        assert report.verdict is Verdict.ALTERED
        assert expected in failed(report), str(report)
        if table != "records":  # nothing follows from it, so nothing else is wrong
            assert failed(report) == {expected}, str(report)
        report = ledger.verify(contents=False)
        if not failed(report):  # then it was not looked at, and the report says so
            assert table == "disclosures" or (table == "tree" and key not in RIGHT_EDGE)
            unread = "personal data" if table == "disclosures" else "inner nodes"
            assert (Outcome.SKIP, unread) in {(c.outcome, c.name) for c in report.checks}
            return
        assert report.verdict is Verdict.ALTERED
        assert expected in failed(report), str(report)
        if table == "records" and column != "position":
            report = ledger.verify(checkpoints=[book.note], policy=ALL, contents=False)
            assert report.verdict is Verdict.ALTERED
            assert failed(report) >= {"checkpoint"} or failed(report) == {"file"}, str(report)


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table in COLUMNS for column in COLUMNS[table]]
)
def test_every_byte_of_a_row_matters(book, table, column):
    done = refused = 0
    for key, value in values_in(book.connection, table, column):
        for _, data in flips(as_bytes(value), bits=8 if isinstance(value, int) else 1):
            with flipped(book.connection, table, column, key, value, data) as allowed:
                if allowed:
                    assert_found(book, table, column, key, value, data)
            done, refused = done + 1, refused + (not allowed)
    assert done >= 3 * WIDTH_OF_AN_INTEGER
    assert refused < done / 8
    assert not refused or isinstance(value, int)


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_no_byte_of_a_row_may_be_any_other(book, data):
    table = data.draw(st.sampled_from(sorted(COLUMNS)))
    column = data.draw(st.sampled_from(COLUMNS[table]))
    key, value = data.draw(st.sampled_from(values_in(book.connection, table, column)))
    changed = data.draw(flip(as_bytes(value)))
    with flipped(book.connection, table, column, key, value, changed) as allowed:
        if allowed:
            assert_found(book, table, column, key, value, changed)


def test_a_ledger_that_met_text_that_is_none_sees_it_mended(tmp_path):
    """What verifying reads ends with it, also where it stops half-way: it holds no old snapshot."""
    gc.disable()
    try:
        with Ledger.open(tmp_path / "ledger.db") as ledger:
            ledger.record(EVENTS[0])
            for text, sound in ((b"motion/\xff", False), (b"motion/bins", True)):
                with forgery.tampering(tmp_path / "ledger.db") as connection:
                    connection.execute(
                        "UPDATE records SET originator_id = CAST(? AS TEXT) WHERE position = 2",
                        [text],
                    )
                assert bool(ledger.verify()) is sound
            ledger.record(EVENTS[1])
    finally:
        gc.enable()


def test_no_proof_is_handed_out_that_flipped_hashes_lead_to(book):
    """Whatever node is damaged: a proof is right, or there is none."""
    whole = {n: bytes(book.ledger.prove(n, book.note)) for n in range(1, 6)}
    refused = 0
    for key, value in values_in(book.connection, "tree", "hash"):
        for _, data in flips(value[:1]):
            data += value[1:]
            with flipped(book.connection, "tree", "hash", key, value, data):
                for position in whole:
                    try:
                        assert bytes(book.ledger.prove(position, book.note)) == whole[position]
                    except GovledgerError:
                        refused += 1
    assert refused


# --- in a checkpoint ------------------------------------------------------------------------


def accepts(book, policy, data, **options):
    """Whether a checkpoint file is read, and the ledger found to be as it says."""
    try:
        report = book.ledger.verify(checkpoints=[data], policy=policy, **options)
    except InvalidInput:
        return False
    assert bool(report) is (report.verdict is Verdict.WITNESSED), str(report)
    return bool(report)


def test_every_bit_of_a_checkpoint_matters(book):
    """All of its lines are of keys that the policy names and asks for."""
    whole = bytes(book.note)
    assert len(book.note.signatures) == 3
    assert accepts(book, ALL, whole, contents=False)
    for at, data in flips(whole):
        assert not accepts(book, ALL, data, contents=False), (at, data)


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_no_byte_of_a_checkpoint_may_be_any_other(book, data):
    changed = data.draw(flip(bytes(book.note)))
    assert not accepts(book, ALL, changed)


def test_what_may_flip_where_one_witness_is_enough(book):
    """The name and the id of a key, and no more: that line is a stranger's then, and ignored.

    The other witness is enough, and the report names that one alone.
    """
    whole = bytes(book.note)
    harmless = set()
    for line in book.note.signatures[1:]:
        start = whole.index(str(line).encode()) + len("— ".encode())
        # Four bytes of base64 are six letters, the last of which tells some of the time, too.
        harmless |= set(range(start, start + len(f"{line.name} ") + 6)) - {start + len(line.name)}
    ignored = set()
    for at, data in flips(whole):
        if accepts(book, ANY, data, contents=False):
            ignored.add(at)
            (only,) = evaluate(ANY, open_checkpoint(data)[1]).cosigned
            assert only.name == ("bob" if at < whole.index(b"bob") else "ann")
    assert ignored == harmless


# --- in a proof -----------------------------------------------------------------------------


def shows(data):
    """Whether a bundle is read, and shows its entry to be in the log by the policy."""
    try:
        return bool(verify_proof(parse_proof(data), ALL))
    except InvalidInput:
        return False


@pytest.mark.parametrize("position", range(1, 6))
def test_every_byte_of_a_proof_matters(book, position):
    whole = bytes(book.ledger.prove(position, book.note))
    assert shows(whole)
    for at, data in flips(whole, bits=4 if position == 5 else 1):
        assert not shows(data), (at, data)


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_no_byte_of_a_proof_may_be_any_other(book, data):
    position = data.draw(st.integers(1, 5))
    assert not shows(data.draw(flip(bytes(book.ledger.prove(position, book.note)))))


def test_a_flipped_entry_does_not_pass_beside_its_proof(book):
    """Where the verifier has the entry already, and the bundle only shows where it stands."""
    for entry in book.ledger.entries():
        proof = book.ledger.prove(entry.position, book.note)
        assert verify_proof(proof, ALL, proof.extra)
        for at, data in flips(proof.extra, bits=1):
            assert not verify_proof(proof, ALL, data), at


# --- in a tile ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(book):
    """The tiles of a small log, and of one that has two levels of them; with their roots."""

    def tiles(ledger):
        head = ledger.checkpoint()
        return {tile: ledger.tile(tile) for tile in tiles_of(head.size)}, head

    with Ledger.in_memory(lambda: NOON, origin=ORIGIN) as large:
        large.record(
            *(
                MotionSubmitted(f"m{n}", title="T" * (n % 9 + 1), on="2024-04-01")
                for n in range(299)
            )
        )
        yield {"small": tiles(book.ledger), "large": tiles(large)}


def agree(tiles, head):
    """Whether tiles are those of a checkpoint: its root and all of theirs, made from entries."""
    try:
        levels = {}
        for tile, data in tiles.items():
            if tile.level == ENTRIES:
                hashes = hashes_of_entries(parse_entries(tile, data))
            else:
                hashes = parse_hashes(tile, data)
            levels.setdefault(tile.level, []).extend(hashes)
    except InvalidInput:
        return False
    leaves = levels.pop(ENTRIES)
    made = {level: leaves if level == 0 else None for level in levels}
    for level in sorted(levels)[1:]:
        below = made[level - 1]
        whole = range(0, len(below) - WIDTH + 1, WIDTH)
        made[level] = [forgery.root(below[at : at + WIDTH]) for at in whole]
    return (len(leaves), forgery.root(leaves)) == (head.size, head.root) and levels == made


def test_there_are_tiles_of_every_kind(published):
    for size, kinds in (
        ("small", ["tile/entries/000.p/5", "tile/0/000.p/5"]),
        (
            "large",
            [
                *("tile/entries/000", "tile/entries/001.p/44"),
                *("tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"),
            ],
        ),
    ):
        tiles, head = published[size]
        assert list(map(str, tiles)) == kinds
        assert agree(tiles, head)


def test_every_bit_of_a_tile_matters(published):
    tiles, head = published["small"]
    for tile, whole in tiles.items():
        for at, data in flips(whole):
            assert not agree(tiles | {tile: data}, head), (str(tile), at)


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_no_byte_of_a_tile_may_be_any_other(published, data):
    tiles, head = published["large"]
    tile = data.draw(st.sampled_from(list(tiles)))
    assert not agree(tiles | {tile: data.draw(flip(tiles[tile]))}, head)
