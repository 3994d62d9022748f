"""`verify` finds what was tampered with, names the check and the record, and never claims
more than it knows."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import rfc8785
from attrs import astuple, evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from naive_books import NaiveBooks

from govledger import (
    BlockadeImposed,
    Ledger,
    LedgerOpened,
    MandateGiven,
    MeetingConvened,
    MotionAdopted,
    MotionSubmitted,
    ProposalMade,
    UnreadableRecord,
    audit,
)
from govledger.audit import Outcome, Verdict
from govledger.codec import Entry, decode, encode, entry_bytes
from govledger.integrity.merkle import Frontier, append, leaf_hash
from govledger.integrity.personal import Account
from govledger.spans import plan

NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)

EVENTS = (
    MeetingConvened("spring", title="Spring assembly", on="2024-04-01"),
    MotionSubmitted(
        "bins",
        title="Bigger bins in the café",
        meeting="spring",
        movers=["Ann", "Bob"],
        on="2024-04-01T10:00+02:00",
    ),
    MotionSubmitted("lamps", title="Fewer lamps", meeting="spring", on="2024-04-01"),
    MotionAdopted("bins", meeting="spring", tally={"in_favour": 30, "against": 2}, on="2024-04-02"),
    MandateGiven("bins.1", motion="bins", task="Buy bins", addressee="board", on="2024-04-02"),
    BlockadeImposed("talks", by="bins", scope="All talks", on="2024-04-02"),
    ProposalMade("lift", by="board", text="Lift it", regarding=["blockade/talks"], on="2024-04-02"),
)


SPRING, BINS, LAMPS, TALKS = (
    f"(SELECT id FROM subjects WHERE name = '{name}')"
    for name in ("meeting/spring", "motion/bins", "motion/lamps", "blockade/talks")
)


@pytest.fixture
def path(tmp_path):
    """A ledger of eight records with keys and links, one minute apart; closed."""
    times = (NOON + timedelta(minutes=n) for n in range(99))
    with Ledger.open(tmp_path / "ledger.db", clock=lambda: next(times), name="spring") as ledger:
        for n, event in enumerate(EVENTS):
            ledger.record(event, key=f"key-{n}")
    return tmp_path / "ledger.db"


@contextmanager
def tampering(path):
    """A plain connection that may change all; the triggers are back in place afterwards."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = found.fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in triggers:
            connection.execute(sql)


def body(connection, position):
    found = connection.execute("SELECT state FROM records WHERE position = ?", [position])
    return found.fetchone()[0]


def put(connection, position, changed):
    connection.execute("UPDATE records SET state = ? WHERE position = ?", [changed, position])


def put_type(connection, position, topic):
    connection.execute("UPDATE records SET topic = ? WHERE position = ?", [topic, position])


def plant(connection):
    """Make the tree anew over whatever the log holds."""
    entries = [Entry(*row) for row in connection.execute("SELECT * FROM records")]
    _, nodes = append(Frontier(), [leaf_hash(entry_bytes(entry)) for entry in entries])
    connection.execute("DELETE FROM tree")
    connection.executemany(
        "INSERT INTO tree VALUES (?,?)", enumerate(joined for _, joined in nodes)
    )


def forget_lamps(connection):
    """Delete record 4, the only one about its subject, with all that follows from it."""
    connection.execute("DELETE FROM records WHERE position = 4")
    connection.execute("DELETE FROM keys WHERE value = 'key-2'")
    connection.execute(f"DELETE FROM links WHERE naming = {LAMPS}")
    connection.execute(f"DELETE FROM spans WHERE subject = {LAMPS}")
    connection.execute("DELETE FROM subjects WHERE name = 'motion/lamps'")


def replace(path, position, old, new):
    """Change the bytes of one record."""
    with tampering(path) as connection:
        before = body(connection, position)
        assert before.count(old) == 1
        put(connection, position, before.replace(old, new))


def verified(path):
    with Ledger.open(path, create=False) as ledger:
        return ledger.verify()


def failed(report):
    return {check.name: check.detail for check in report.checks if check.outcome is Outcome.FAIL}


def assert_found(path, check, words):
    """The report is falsy, says so, and the detail of a check holds some words."""
    report = verified(path)
    assert not report
    assert report.verdict is not Verdict.SELF_CONSISTENT
    assert str(Verdict.SELF_CONSISTENT) not in str(report)
    assert words in failed(report)[check]
    assert words in str(report)


# --- what an honest ledger is told ------------------------------------------------------


def test_an_untouched_ledger_is_self_consistent_and_never_more(path):
    with Ledger.open(path) as ledger:
        seen = []
        report = ledger.verify(progress=seen.append)
    assert seen == [8]
    assert report
    assert report.verdict is Verdict.SELF_CONSISTENT
    assert str(report).endswith("verdict: self-consistent")
    assert [check.name for check in report.checks] == [
        "file",
        "append-only",
        "records",
        "types",
        "tree",
        "personal data",
        "derived data",
        "checkpoint",
    ]
    assert [check.outcome for check in report.checks] == [*[Outcome.OK] * 7, Outcome.SKIP]
    assert report.checks[-1].detail.endswith("agreement with itself is all that can be shown")


def test_verify_leaves_the_file_as_it_was(path):
    before = path.read_bytes()
    assert verified(path)
    assert path.read_bytes() == before


def test_a_new_ledger_verifies():
    with Ledger.in_memory() as ledger:
        assert ledger.verify()


def test_putting_the_triggers_back_is_no_tampering(path):
    with tampering(path):
        pass
    assert verified(path)


def test_a_vacuumed_copy_verifies(path, tmp_path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", [str(tmp_path / "copy.db")])
    assert verified(tmp_path / "copy.db")


def retitle(path):
    replace(path, 4, b"Fewer lamps", b"No more lamps")


def reject(path):
    with tampering(path) as connection:
        put_type(connection, 5, "motion.rejected@1")


def cut_short(path):
    with tampering(path) as connection:
        connection.execute("DELETE FROM records WHERE position > 6")


DERIVED = ("tree", "derived data")

REWRITES = (
    (retitle, 'table "spans" is altered at motion/lamps'),
    (reject, 'table "spans" is altered at motion/bins'),
    (cut_short, 'table "subjects" has no reason for blockade/talks'),
)


@pytest.mark.parametrize(("rewrite", "words"), REWRITES, ids=[r.__name__ for r, _ in REWRITES])
def test_a_rewrite_in_good_form_leaves_traces_in_what_is_derived(path, rewrite, words):
    rewrite(path)
    assert_found(path, "derived data", words)
    assert_found(path, "tree", "record")
    assert {"tree", "derived data"} <= set(failed(verified(path))) <= {*DERIVED, "personal data"}


def test_a_consistent_rewrite_is_not_found_and_not_claimed_to_be(path):
    """Whoever owns the file can do this; only a checkpoint kept elsewhere convicts them."""
    for rewrite, _ in REWRITES:
        rewrite(path)
    assert "derived data" in failed(verified(path))
    with tampering(path) as connection:
        connection.execute("""DELETE FROM disclosures WHERE array LIKE '%"by","board"%' """)
        connection.execute("DELETE FROM tree")
    with Ledger.open(path) as ledger:
        assert ledger.rebuild() == 6
    report = verified(path)
    assert report.verdict is Verdict.SELF_CONSISTENT
    assert report.checks[-1].outcome is Outcome.SKIP


# --- what is found ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "old", "new"),
    [
        (3, b'"title"', b'"title'),
        (3, b'"title"', b'"titel"'),
        (3, b'"2024-04-01T10:00+02:00"', b'"2024-04-31T10:00+02:00"'),
        (3, b'"position":3', b'"position":4'),
        (3, b"caf\xc3\xa9", b"caf\xc3"),
    ],
    ids=["json", "field", "date", "position", "utf-8"],
)
def test_altered_bytes(path, position, old, new):
    replace(path, position, old, new)
    assert_found(path, "records", f"record {position}")


@pytest.mark.parametrize(
    ("position", "old", "new", "words"),
    [
        (8, b"blockade/talks", b"blockade/walks", "blockade/walks"),
        (5, b'"key":"key-3"', b'"key":"key-4"', 'table "keys" has no reason for key-3'),
        (3, b"Bigger", b"Larger", 'table "spans" is altered at motion/bins'),
        (5, b'"on":"2024-04-02"', b'"on":"2024-04-03"', "motion/bins"),
        (5, b'"on":"2024-04-02"', b'"on":"2024-03-02"', "motion/bins"),
        (6, b'"motion":"motion/bins"', b'"motion":"motion/lamps"', "motion/bins"),
    ],
    ids=["link", "key", "title", "date", "order", "reference"],
)
def test_altered_words(path, position, old, new, words):
    """They are in good form, and not what the rest was derived from."""
    replace(path, position, old, new)
    assert_found(path, "derived data", words)


def test_a_deleted_row_in_the_middle(path):
    with tampering(path) as connection:
        connection.execute("DELETE FROM records WHERE position = 4")
    assert_found(path, "records", "record 5 (motion/bins) stands where record 4 should")


def test_a_row_deleted_with_all_that_follows_from_it(path):
    with tampering(path) as connection:
        forget_lamps(connection)
    assert_found(path, "records", "record 5 (motion/bins) stands where record 4 should")


def test_a_deleted_first_row(path):
    with tampering(path) as connection:
        connection.execute("DELETE FROM records WHERE position = 1")
    assert_found(path, "records", "record 2 (meeting/spring) stands where record 1 should")


def test_a_deleted_last_row_that_left_its_traces(path):
    with tampering(path) as connection:
        connection.execute("DELETE FROM records WHERE position = 8")
    assert_found(path, "derived data", 'table "subjects" has no reason for proposal/lift')


@pytest.mark.parametrize(
    ("left", "place"),
    [("keys", "key-6"), ("links", "blockade/talks"), ("spans", "proposal/lift")],
)
def test_a_deleted_last_row_that_left_only_one_trace(path, left, place):
    with tampering(path) as connection:
        connection.execute("DELETE FROM records WHERE position = 8")
        lift = connection.execute("SELECT id FROM subjects WHERE name = 'proposal/lift'").fetchone()
        if left != "keys":
            connection.execute("DELETE FROM keys WHERE value = 'key-6'")
        if left != "links":
            connection.execute("DELETE FROM links WHERE naming = ?", lift)
        if left != "spans":
            connection.execute("DELETE FROM spans WHERE subject = ?", lift)
        connection.execute("DELETE FROM subjects WHERE id = ?", lift)
    assert_found(path, "derived data", f'table "{left}" has no reason for')


def test_a_deleted_log(path):
    with tampering(path) as connection:
        connection.execute("DELETE FROM records")
    assert_found(path, "records", "empty")


def test_a_closed_gap(path):
    with tampering(path) as connection:
        forget_lamps(connection)
        connection.execute("UPDATE records SET position = position - 1 WHERE position > 4")
    assert_found(path, "records", "record 4 (motion/bins) says inside that it is record 5")


@pytest.mark.parametrize("position", [0, -1, -(2**63)])
def test_a_row_before_the_first(path, position):
    """Such a row would be read with its subject, so it may not be passed over."""
    with tampering(path) as connection:
        connection.execute(
            "INSERT INTO records SELECT ?, originator_id, 99, topic, state FROM records"
            " WHERE position = 4",
            [position],
        )
    assert_found(path, "records", f"record {position}")


def test_a_row_far_after_the_last(path):
    with tampering(path) as connection:
        connection.execute(
            "INSERT INTO records SELECT ?, originator_id, 2, topic, state FROM records"
            " WHERE position = 4",
            [2**63 - 1],
        )
    assert_found(path, "records", f"record {2**63 - 1}")


def test_swapped_bodies(path):
    with tampering(path) as connection:
        third, fourth = body(connection, 3), body(connection, 4)
        put(connection, 3, fourth)
        put(connection, 4, third)
    assert_found(path, "records", "record 3 (motion/bins) says inside that it is record 4")


def test_another_subject(path):
    with tampering(path) as connection:
        connection.execute("UPDATE records SET originator_id = 'motion/x' WHERE position = 3")
    assert_found(path, "records", "record 5 (motion/bins) is number 2 of its subject, not 1")


@pytest.mark.parametrize(
    "topic",
    ["motion.adoptd@1", "motion.submitted@2", "motion.submitted@0", "motion.submitted", "", "@"],
)
def test_an_unknown_type(path, topic):
    with tampering(path) as connection:
        connection.execute("UPDATE records SET topic = ? WHERE position = 3", [topic])
    assert_found(path, "types", "record 3 (motion/bins) cannot be read")
    assert_found(path, "tree", "record 3 (motion/bins) does not have the bytes")
    assert verified(path).verdict is Verdict.ALTERED


def test_a_type_that_was_unknown_from_the_start_is_no_alteration(path):
    with tampering(path) as connection:
        connection.execute("UPDATE records SET topic = 'budget.made@1' WHERE position = 3")
        plant(connection)
    assert set(failed(verified(path))) == {"types"}
    assert verified(path).verdict is Verdict.UNREADABLE


def test_another_known_type(path):
    with tampering(path) as connection:
        connection.execute("UPDATE records SET topic = 'motion.rejected@1' WHERE position = 3")
    assert_found(path, "records", "record 3 (motion/bins)")


@pytest.mark.parametrize("version", [0, 1, 3, 99, -1])
def test_another_version_number(path, version):
    with tampering(path) as connection:
        if version == 1:
            connection.execute("UPDATE records SET originator_version = 5 WHERE position = 3")
        connection.execute(
            "UPDATE records SET originator_version = ? WHERE position = 5", [version]
        )
    assert_found(path, "records", "(motion/bins) is number")


def test_a_clock_turned_back(path):
    replace(path, 4, b"T12:03:00.000000Z", b"T11:03:00.000000Z")
    assert_found(path, "records", "record 4 (motion/lamps) was recorded before record 3")


def test_a_second_opening(path):
    opening = LedgerOpened(on="2024-04-01", name="ours", timezone="UTC", profile="general@1")
    with Ledger.open(path) as ledger:
        fourth = next(ledger.log(after=3))
    entry = encode(evolve(fourth, event=opening, version=2))
    with tampering(path) as connection:
        connection.execute(
            "UPDATE records SET originator_id = ?, originator_version = ?, topic = ?, state = ?"
            " WHERE position = 4",
            [entry.subject, entry.version, entry.type, entry.body],
        )
    assert_found(path, "records", "record 4 (ledger/self) is a ledger.opened")


@pytest.mark.parametrize(
    ("position", "old", "new"),
    [
        (2, b'{"data":', b'{ "data":'),
        (2, b'"on":"2024-04-01"', b'"on":"2024-04-01" '),
        (2, b'"on":"2024-04-01"', b'"on":" 2024-04-01"'),
        (2, b'"title":"Spring assembly"', b'"title":"\\u0053pring assembly"'),
        (2, b'"title":"Spring assembly"', b'"title":"Spring assembly "'),
        (2, b'"title":"Spring assembly"', b'"place":null,"title":"Spring assembly"'),
        (2, b'"on":"2024-04-01"', b'"note":null,"on":"2024-04-01"'),
        (2, b'"key":"key-0","on":"2024-04-01"', b'"on":"2024-04-01","key":"key-0"'),
        (2, b'"on":"2024-04-01"', b'"on":"2023-04-01","on":"2024-04-01"'),
        (2, b'.000000Z"', b'Z"'),
        (2, b'.000000Z"', b'.000000+00:00"'),
        (2, b'"position":2', b'"position":2.0'),
        (2, b'"position":2', b'"position":2e0'),
        (2, b'"position":2', b'"position":20e-1'),
        (1, b'"position":1', b'"position":true'),
        (3, b'"movers":[{"_sd"', b'"movers":[ {"_sd"'),
        (3, b"caf\xc3\xa9", b"cafe\xcc\x81"),
        (3, b"+02:00", b"+02:00:00"),
        (4, b'"title":"Fewer lamps"', b'"movers":[],"title":"Fewer lamps"'),
        (5, b'"against":2', b'"against":2.0'),
        (5, b'"against":2', b'"against":"2"'),
        (5, b'"against":2', b'"abstained":0,"against":2'),
        (5, b'"meeting":"meeting/spring"', b'"meeting":"spring"'),
    ],
)  # fmt: skip
def test_other_bytes_that_say_the_same(path, position, old, new):
    """A record has one form of bytes; any other that reads alike is not it."""
    replace(path, position, old, new)
    report = verified(path)
    assert not report
    found = failed(report)
    assert f"record {position} (" in found.get("records", "") + found.get("types", "")


FINDING = """'{"code":"x","kind":"breach","message":"x"}'"""


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (f"DELETE FROM subjects WHERE id = {LAMPS}", 'table "subjects" lacks motion/lamps'),
        (
            "INSERT INTO subjects VALUES (99, 'motion/x', 'motion', 8, 8)",
            'table "subjects" has no reason for motion/x',
        ),
        (f"UPDATE subjects SET name = 'motion/x' WHERE id = {LAMPS}", "motion/lamps"),
        (f"UPDATE subjects SET kind = 'meeting' WHERE id = {LAMPS}", "motion/lamps"),
        (f"UPDATE subjects SET id = 99 WHERE id = {LAMPS}", "motion/lamps"),
        ("DELETE FROM keys WHERE value = 'key-3'", 'table "keys" lacks key-3'),
        ("INSERT INTO keys VALUES ('key-30', 5, 5)", 'table "keys" has no reason for key-30'),
        ("INSERT INTO keys VALUES ('extra', -1, 99)", 'table "keys" has no reason for extra'),
        ("UPDATE keys SET first = 6 WHERE value = 'key-3'", "key-3"),
        ("UPDATE keys SET last = 6 WHERE value = 'key-3'", "key-3"),
        ("UPDATE keys SET value = x'00' WHERE value = 'key-3'", "key-3"),
        ("DELETE FROM keys", 'table "keys" lacks key-0'),
        (f"DELETE FROM links WHERE named = {SPRING}", 'table "links" lacks meeting/spring'),
        (
            f"INSERT INTO links VALUES ({SPRING}, 1)",
            'table "links" has no reason for meeting/spring',
        ),
        (
            f"INSERT INTO links VALUES ({SPRING}, 99)",
            'table "links" has no reason for meeting/spring',
        ),
        ("INSERT INTO links VALUES (99, 3)", 'table "links" has no reason for subject 99'),
        ("INSERT INTO links VALUES (-1, 3)", "subject -1"),
        (
            f"UPDATE links SET naming = 'x' WHERE named = {SPRING} AND naming = {BINS}",
            "meeting/spring",
        ),
        (
            f"UPDATE links SET named = x'00' WHERE named = {SPRING} AND naming = {BINS}",
            "meeting/spring",
        ),
        ("DELETE FROM links", 'table "links" lacks meeting/spring'),
        (f"DELETE FROM spans WHERE subject = {BINS}", 'table "spans" lacks motion/bins'),
        (
            f"DELETE FROM spans WHERE subject = {BINS} AND known_from = 5",
            'table "spans" lacks motion/bins',
        ),
        ("DELETE FROM spans", 'table "spans" lacks meeting/spring'),
        (
            f"UPDATE spans SET state = x'00' WHERE subject = {BINS}",
            'table "spans" is altered at motion/bins',
        ),
        (
            f"UPDATE spans SET status = NULL WHERE subject = {BINS}",
            'table "spans" is altered at motion/bins',
        ),
        (
            f"UPDATE spans SET meeting = 'x' WHERE subject = {BINS}",
            'table "spans" is altered at motion/bins',
        ),
        (
            f"UPDATE spans SET known_until = 8 WHERE subject = {BINS}",
            'table "spans" is altered at motion/bins',
        ),
        (f"UPDATE spans SET since = since - 1 WHERE subject = {BINS}", "motion/bins"),
        (f"UPDATE spans SET since = -since WHERE subject = {BINS}", "motion/bins"),
        (
            f"UPDATE spans SET known_from = 4 WHERE subject = {BINS} AND known_from = 5",
            "motion/bins",
        ),
        (
            f"INSERT INTO findings VALUES ({BINS}, 5, 5, 0, 0, 0, {FINDING})",
            'table "findings" has no reason for motion/bins',
        ),
    ],
)
def test_rows_that_do_not_follow_from_the_records(path, statement, words):
    with tampering(path) as connection:
        connection.execute(statement)
    assert_found(path, "derived data", words)
    assert set(failed(verified(path))) == {"derived data"}
    with Ledger.open(path) as ledger:
        ledger.rebuild()
    assert verified(path)


TRIGGERS = (
    "records_are_never_changed",
    "records_are_never_deleted",
    "records_are_never_replaced",
    "records_have_no_gaps",
)


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_missing_trigger(path, trigger):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"DROP TRIGGER {trigger}")
    assert_found(path, "append-only", trigger)
    assert set(failed(verified(path))) == {"append-only"}


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_weakened_trigger(path, trigger):
    with closing(sqlite3.connect(path)) as connection:
        (sql,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = ?", [trigger]
        ).fetchone()
        connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(re.sub("BEGIN", "BEGIN SELECT 1; --", sql) + "\n END")
    assert_found(path, "append-only", trigger)


def test_a_trigger_too_many(path):
    """This one makes every later record vanish without an error."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TRIGGER quiet BEFORE INSERT ON records BEGIN SELECT RAISE(IGNORE); END"
        )
    assert_found(path, "append-only", "quiet")


def test_a_table_without_its_constraints(path):
    with tampering(path) as connection:
        connection.execute("CREATE TABLE copy AS SELECT * FROM records")
        connection.execute("DROP TABLE records")
        connection.execute("ALTER TABLE copy RENAME TO records")
    assert_found(path, "append-only", "records")


@pytest.mark.parametrize(
    "table", ["subjects", "links", "keys", "spans", "findings", "tree", "disclosures"]
)
def test_a_missing_table(path, table):
    with tampering(path) as connection:
        connection.execute(f"DROP TABLE {table}")
    assert_found(path, "append-only", table)


# --- it never stumbles ------------------------------------------------------------------


ODD_VALUES = {
    "empty text": "",
    "text": "text",
    "empty": b"",
    "bytes": b"\x00\xff",
    "minus one": -1,
    "large": 2**62,
    "real": 1.5,
    "long type": "motion.submitted@" + "9" * 5000,
    "deep": b"[" * 60_000,
    "long number": b'{"position":' + b"9" * 5000 + b"}",
    "null": b"null",
    "list": b"[]",
    "number": b"3",
    "string": b'"text"',
    "object": b"{}",
    "nan": b"NaN",
}


@pytest.mark.parametrize("column", ["originator_id", "originator_version", "topic", "state"])
@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
def test_any_value_in_any_column_is_survived(path, column, value):
    with tampering(path) as connection:
        connection.execute(f"UPDATE records SET {column} = ? WHERE position = 3", [value])
    report = verified(path)
    assert not report
    assert "record 3" in str(report)


@pytest.mark.parametrize("column", ["since", "known_from", "known_until"])
@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
def test_any_value_in_any_span_is_survived(path, column, value):
    with tampering(path) as connection:
        connection.execute(f"UPDATE spans SET {column} = ? WHERE known_from = 3", [value])
    assert_found(path, "derived data", "motion/bins")


@pytest.mark.parametrize("column", ["subject", "status", "meeting", "state"])
@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
def test_any_word_in_any_span_is_survived(path, column, value):
    with tampering(path) as connection:
        connection.execute(f"UPDATE spans SET {column} = ? WHERE known_from = 3", [value])
    assert_found(path, "derived data", "spans")


@pytest.mark.parametrize(
    "value", [b"null", b"true", b"0", b"0.5", b"1e999", b"{}", b"[]", b'""', b'"x"', b'"\\u0000"']
)
@pytest.mark.parametrize("name", [b"data", b"key", b"on", b"position", b"recorded_at"])
def test_any_value_in_any_field_is_survived(path, name, value):
    with tampering(path) as connection:
        before = msgspec.json.decode(body(connection, 3), type=dict[str, msgspec.Raw])
        put(connection, 3, msgspec.json.encode({**before, name.decode(): msgspec.Raw(value)}))
    report = verified(path)
    assert not report
    assert ("key-1" if (name, value) == (b"key", b'"x"') else "record 3") in str(report)


@pytest.mark.parametrize("end", [b'.000000"', b'.0000000"', b'"'])
def test_a_time_without_offset_is_survived(path, end):
    replace(path, 3, b'.000000Z"', end)
    report = verified(path)
    assert not report
    assert "record 3" in str(report)


def test_all_that_is_wrong_at_once_is_survived(path):
    with tampering(path) as connection:
        connection.execute("DELETE FROM records WHERE position = 2")
        connection.execute("UPDATE records SET topic = 'x' WHERE position = 4")
        connection.execute("DELETE FROM links")
        put(connection, 6, b"")
    assert set(failed(verified(path))) >= {"records", "types"}
    assert verified(path).verdict is Verdict.ALTERED


# --- single bytes -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def stored():
    """The records of a ledger."""
    with Ledger.in_memory(clock=lambda: NOON, name="spring") as ledger:
        for n, event in enumerate(EVENTS):
            ledger.record(event, key=f"key-{n}")
        return list(map(decode, ledger.entries()))


class Again:
    """What follows from records, beside what followed from those that stood there before."""

    def __init__(self, records):
        self.there = follows(records)
        self.taken = []

    def take(self, records):
        self.taken += records

    def account(self):
        return Account(0, 0)

    def difference(self):
        return "" if follows(self.taken) == self.there else "something else follows"


def follows(records):
    return plan(NaiveBooks([], UTC), records, UTC, accepted=True)


def checked(records, index, changed):
    """The report on a log in which one record has other bytes."""
    entries = [encode(record) for record in records]
    entries[index] = evolve(entries[index], body=changed)
    # whoever changed it made the tree anew
    frontier, nodes = append(Frontier(), [leaf_hash(entry_bytes(entry)) for entry in entries])
    kept = audit.Kept(
        entries=lambda: map(astuple, entries),
        nodes=lambda: enumerate(joined for _, joined in nodes),
        edge=lambda size: frontier.hashes,
        count=lambda: len(nodes),
    )
    return audit.verify(kept, Again(records), [])


def flipped(content, place, mask):
    changed = bytearray(content)
    changed[place] ^= mask
    return bytes(changed)


def says_something_else(entry, changed):
    """Whether changed bytes are the one canonical form of another readable record."""
    try:
        return (
            rfc8785.dumps(msgspec.json.decode(changed)) == changed
            and decode(evolve(entry, body=changed)) != decode(entry)
        )  # fmt: skip
    except (UnreadableRecord, ValueError, rfc8785.CanonicalizationError):
        return False


@given(data=st.data())
@settings(max_examples=400, deadline=None)
def test_a_changed_byte_is_found_or_says_something_else(stored, data):
    """A changed letter in a name cannot be found: those bytes are the canonical form of
    another record. Every change that leaves anything else is, and nothing makes it stumble."""
    index = data.draw(st.integers(0, len(stored) - 1))
    entry = encode(stored[index])
    place = data.draw(st.integers(0, len(entry.body) - 1))
    changed = flipped(entry.body, place, data.draw(st.integers(1, 255)))
    report = checked(stored, index, changed)
    if report or set(failed(report)) == {"derived data"}:
        assert says_something_else(entry, changed)
        assert report.verdict is (Verdict.SELF_CONSISTENT if report else Verdict.ALTERED)
    else:
        assert report.verdict in (Verdict.ALTERED, Verdict.UNREADABLE)
        assert f"record {index + 1}" in str(report)


VALUES = re.compile(rb'"name":"[^"]*"|"on":"2024-04-01","position":1|"recorded_at":"[^"]*"')
"""What a record may say otherwise, without anything else in the ledger telling against it."""


def test_a_changed_bit_outside_of_the_values_is_always_found(stored):
    for index, record in enumerate(stored):
        body = encode(record).body
        free = [range(*match.span()) for match in VALUES.finditer(body)]
        for place in range(len(body)):
            for bit in range(8):
                changed = flipped(body, place, 1 << bit)
                report = checked(stored, index, changed)
                assert not report or any(place in span for span in free), changed


@given(place=st.integers(0, 2_000), mask=st.integers(1, 255))
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_changed_byte_in_a_record_is_always_found_by_the_tree(path, place, mask):
    position = place % 8 + 1
    with tampering(path) as connection:
        before = body(connection, position)
        changed = flipped(before, place % len(before), mask)
        put(connection, position, changed)
    with Ledger.open(path) as ledger:
        report = ledger.verify()
        assert report.verdict is Verdict.ALTERED
        assert f"record {position} (" in failed(report)["tree"]
    with tampering(path) as connection:
        put(connection, position, before)


# --- beside a writer --------------------------------------------------------------------

WRITER = """
import sys
from govledger import Ledger, MotionSubmitted
with Ledger.open(sys.argv[1]) as ledger:
    n = 0
    print("ready", flush=True)
    while ledger.head() < 2000:
        n += 1
        ledger.record(MotionSubmitted(f"n{n}", title="T", meeting="spring", on="2024-04-01"), key=f"n{n}")
"""


def test_a_ledger_that_grows_meanwhile_is_not_suspected(path):
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    with writer, Ledger.open(path) as ledger:
        try:
            assert writer.stdout.readline() == "ready\n"
            for _ in range(60):
                report = ledger.verify()
                assert report, str(report)
        finally:
            writer.kill()
    assert verified(path)
