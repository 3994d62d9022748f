"""Instants are worked out by the rules of a time zone, and governments change these."""

import os
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from zoneinfo import ZoneInfo

import pytest

from govledger import Ledger, MotionAdopted, MotionSubmitted, StorageError
from govledger.when import zone_rules

SUMMER = "2030-07-01"
BEFORE = "2030-06-30T22:30Z"  # which is the first of July in Amsterdam, with summer time


@pytest.fixture
def path(tmp_path):
    with Ledger.open(tmp_path / "ledger.db", timezone="Europe/Amsterdam") as ledger:
        ledger.record(
            MotionSubmitted("clock", title="Leave the clock alone", on="2030-01-01"),
            MotionAdopted("clock", on=SUMMER),
        )
    return tmp_path / "ledger.db"


def without_summer_time(folder):
    """A folder of time zones in which Amsterdam keeps winter time for ever."""
    header = struct.pack(">4s1s15x6L", b"TZif", b"2", 0, 0, 0, 0, 1, 4)
    zone = struct.pack(">lBB", 3600, 0, 0) + b"CET\0"
    (folder / "Europe").mkdir(parents=True)
    (folder / "Europe" / "Amsterdam").write_bytes(header + zone + header + zone + b"\nCET-1\n")
    return folder


def elsewhere(folder, script, path):
    """Run a script where the time zones are those of a folder."""
    env = {**os.environ, "PYTHONTZPATH": str(folder)}
    lines = ("import sys", "from govledger import *", script)
    command = [sys.executable, "-c", "\n".join(lines), str(path)]
    return subprocess.run(command, env=env, capture_output=True, text=True)


ASK = f"""
with Ledger.open(sys.argv[1]) as ledger:
    print(ledger.as_of("{BEFORE}").motions["clock"].status)
    print([state.status for state in ledger.replay("{BEFORE}")][0])
    print(bool(ledger.verify()))
"""


def test_a_ledger_follows_the_rules_of_its_time_zone(path, tmp_path):
    with Ledger.open(path) as ledger:
        assert ledger.as_of(BEFORE).motions["clock"].status == "adopted"
    told = elsewhere(without_summer_time(tmp_path / "zones"), ASK, path)
    assert told.stdout.split() == ["submitted", "submitted", "True"], told.stderr
    with Ledger.open(path) as ledger:  # and back again
        assert ledger.as_of(BEFORE).motions["clock"].status == "adopted"
        assert ledger.verify()


def test_who_may_only_read_is_told_so(path, tmp_path):
    before = path.read_bytes()
    ask = ASK.replace("sys.argv[1]", "sys.argv[1], read_only=True")
    told = elsewhere(without_summer_time(tmp_path / "zones"), ask, path)
    assert "error[other-calendar]" in told.stderr
    assert path.read_bytes() == before


def test_a_damaged_note_of_the_rules_is_found_and_made_again(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE calendar SET zone = 'Europe/Nowhere'")
    with Ledger.open(path) as ledger:
        assert 'table "calendar"' in str(ledger.verify())
        ledger.rebuild()
        assert ledger.verify()


def test_other_rules_have_other_digests():
    zones = ("UTC", "Europe/Amsterdam", "Europe/London", "Asia/Tokyo", "America/Sao_Paulo")
    assert len({zone_rules(ZoneInfo(name)) for name in zones}) == len(zones)


@pytest.mark.parametrize("version", [0, -3])
def test_a_format_that_there_never_was(path, version):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(StorageError) as refused:
        Ledger.open(path)
    assert [problem.code for problem in refused.value.problems] == ["damaged"]


@pytest.mark.parametrize(
    "harm",
    [
        *(
            f"DROP TABLE {t}"
            for t in ("calendar", "subjects", "keys", "links", "spans", "findings")
        ),
        "DROP INDEX spans_by_subject",
        "DROP INDEX spans_by_status",
        "CREATE UNIQUE INDEX stray ON spans (state)",
        "ALTER TABLE spans ADD COLUMN colour TEXT",
        "DROP TABLE spans; CREATE VIEW spans AS SELECT 1 AS subject",
    ],
)
def test_what_is_derived_can_be_made_again_whatever_became_of_it(path, harm):
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(harm)
    with Ledger.open(path) as ledger:
        assert not ledger.verify()
        assert ledger.rebuild() == 3
        assert ledger.verify()
        assert ledger.as_of(BEFORE).motions["clock"].status == "adopted"
