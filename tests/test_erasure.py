"""Erasing personal texts: nothing of them is left in any file, every proof stays as it was, and
each hole has its record."""

import json
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from attrs import evolve
from test_storage import MANY, Child, posix

from govledger import (
    AgreementReached,
    GovledgerError,
    InvalidInput,
    KeyConflict,
    Ledger,
    MandateGiven,
    MeetingConvened,
    MotionAdopted,
    MotionReferred,
    MotionResumed,
    MotionSubmitted,
    ProposalMade,
    ResponseReceived,
    RuleBreach,
    StatementMade,
    StorageError,
)
from govledger.codec import canonical
from govledger.events import LEDGER, PersonalDataErased
from govledger.integrity.checkpoint import Policy, sign_checkpoint
from govledger.integrity.merkle import verify_consistency
from govledger.integrity.note import signing_key
from govledger.integrity.personal import digest_of, disclose, personal_texts, to_hex
from govledger.integrity.proof import verify_proof
from govledger.storage.sqlite import connections
from govledger.values import Sealed

EVENTS = (
    MeetingConvened("spring", title="Spring", on="2024-04-01", recorded_by="Carla Cox"),
    MotionSubmitted(
        "bins",
        title="Bigger bins",
        meeting="spring",
        movers=["Anna Aarts", "Bram Bos"],
        on="2024-04-01",
    ),
    MotionSubmitted(
        "lamps", title="Lamps", movers="Bram Bos", on="2024-04-01", recorded_by="Carla Cox"
    ),
    MotionReferred("lamps", to="Dirk Dam", on="2024-04-02"),
    MotionAdopted(
        "bins",
        tally={
            "in_favour": 2,
            "against": 0,
            "roll_call": [
                {"member": "Anna Aarts", "choice": "in-favour"},
                {"member": "Jan Jansen", "choice": "in-favour"},
            ],
        },
        on="2024-04-02",
    ),
    MandateGiven(
        "bins.1",
        motion="bins",
        task="Buy bins",
        addressee="Els Evers",
        due="2024-06",
        on="2024-04-02",
    ),
    ProposalMade("lift", by="Fem Fok", text="Lift it", on="2024-04-03"),
    ResponseReceived("letter", sender="Gijs Groot", regarding="motion/bins", on="2024-04-04"),
    AgreementReached("pact", parties=["Hanna Haan", "The city"], on="2024-04-05"),
    StatementMade("word", by="Iris Ito", on="2024-04-06"),
)

TEXTS = 14
"""How many personal texts they hold."""

AT = {
    "Anna Aarts": ("motion/bins", lambda motion: motion.movers[0]),
    "Dirk Dam": ("motion/lamps", lambda motion: motion.referred_to),
    "Els Evers": ("mandate/bins.1", lambda mandate: mandate.addressee),
    "Fem Fok": ("proposal/lift", lambda proposal: proposal.by),
    "Gijs Groot": ("response/letter", lambda response: response.parties[0]),
    "Hanna Haan": ("agreement/pact", lambda agreement: agreement.parties[0]),
    "Iris Ito": ("statement/word", lambda statement: statement.parties[0]),
}
"""Where a register shows a name."""

NAMES = (*AT, "Bram Bos", "Carla Cox", "Jan Jansen")
NOW = "2024-12-31"

each_name = pytest.mark.parametrize("name", NAMES)
each_shown = pytest.mark.parametrize("name", AT)


@pytest.fixture
def path(tmp_path):
    """A ledger with all kinds of personal texts, in a folder of its own; closed."""
    return filled(tmp_path)


def filled(folder, events=EVENTS):
    with Ledger.open(folder / "ledger.db", name="spring") as ledger:
        fill(ledger, events)
    return folder / "ledger.db"


def fill(ledger, events=EVENTS):
    for number, event in enumerate(events):
        ledger.record(event, key=f"key-{number}")


def pytest_generate_tests(metafunc):
    """A test that looks into the file needs one; others hold for any store."""
    if {"path", "where"} <= set(metafunc.fixturenames):
        in_a_file = pytest.mark.parametrize("ledger_store", ["file"], indirect=True)
        metafunc.definition.add_marker(in_a_file)


@pytest.fixture
def ledger(request, where, new_ledger):
    """The same, open, in a store of any kind."""
    if "path" in request.fixturenames:
        with Ledger.open(request.getfixturevalue("path")) as opened:
            yield opened
    else:
        opened = new_ledger(name="spring")
        fill(opened)
        yield opened


READER = """
import pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    sys.stdout.buffer.write(path.read_bytes())
"""


def everything(folder):
    """The bytes of all files of a folder.

    Another process reads them: whoever closes a database's file by other means than SQLite's
    takes away the locks of its process.
    """
    command = [sys.executable, "-I", "-S", "-c", READER, folder]
    return subprocess.run(command, capture_output=True, check=True).stdout


def is_in(name, content):
    """Whether a name stands in some bytes, as it is or in JSON."""
    written = {name.encode(), canonical(name)[1:-1], json.dumps(name)[1:-1].encode()}
    return any(form in content for form in written)


def rows(path, *, leaving_out=()):
    """All rows of all tables, in one text."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = [name for (name,) in tables if name not in leaving_out]
        return str([connection.execute(f"SELECT * FROM {name}").fetchall() for name in names])


def by_hand(path, *statement):
    """Do what an administrator can do behind the ledger's back; gives what is selected."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(*statement).fetchall()


def digest_at(path, name):
    """The digest of the one disclosure of a name."""
    ((digest,),) = by_hand(
        path, "SELECT digest FROM disclosures WHERE array LIKE ?", [f'%,"{name}"]']
    )
    return digest


def sound(ledger):
    """Check that a ledger verifies; gives what is told of the personal data."""
    report = ledger.verify()
    assert report, str(report)
    return detail(report, "personal data")


OLD_TEXTS = 7
"""The personal texts in the log of the old ledgers used here."""


def told(sealed, erased, withheld=0, unsealed=0):
    """What verify tells of so many texts."""
    also = f"; {withheld} were withheld" if withheld else ""
    also += f"; {unsealed} stand in the log itself" if unsealed else ""
    return f"{sealed} texts sealed, {erased} of them erased and accounted for{also}"


def detail(report, name):
    (check,) = [check for check in report.checks if check.name == name]
    return check.detail


def problem_of(path):
    """What verify has against the personal data of a ledger, and against nothing else."""
    with Ledger.open(path) as ledger:
        report = ledger.verify()
    assert not report
    assert [check.name for check in report.checks if check.outcome == "FAIL"] == ["personal data"]
    assert str(report).endswith("verdict: altered")
    assert not any(is_in(name, str(report).encode()) for name in NAMES), "it tells a name"
    return detail(report, "personal data")


def refused(error, code, call, *given, **more):
    with pytest.raises(error) as caught:
        call(*given, **more)
    assert caught.value.problems[0].code == code


# --- where texts stand ------------------------------------------------------------------


@each_name
def test_a_name_stands_nowhere_but_among_the_disclosures(path, name):
    assert name in rows(path)
    assert name not in rows(path, leaving_out=["disclosures"])
    with Ledger.open(path) as ledger:
        assert not any(is_in(name, entry.body) for entry in ledger.entries())
        ledger.rebuild()
        assert sound(ledger) == told(TEXTS, 0)
    assert name not in rows(path, leaving_out=["disclosures"])


@each_name
def test_an_erased_name_is_in_no_file(path, name):
    folder = path.parent
    assert is_in(name, everything(folder))
    with Ledger.open(path) as ledger:
        assert is_in(name, everything(folder))
        erasure = ledger.erase(name=name, basis="asked for")
        assert erasure.count == (2 if name in ("Anna Aarts", "Bram Bos", "Carla Cox") else 1)
        assert erasure.purged
        assert not is_in(name, everything(folder))
        sound(ledger)
        assert not is_in(name, everything(folder))
        ledger.rebuild()
        sound(ledger)
        assert not is_in(name, everything(folder))
    assert not is_in(name, everything(folder))
    assert name not in rows(path)
    for other in set(NAMES) - {name}:
        assert is_in(other, everything(folder))


def test_a_name_that_was_just_recorded_is_in_no_file_once_erased(tmp_path):
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        ledger.record(*EVENTS)
        for name in NAMES:
            assert is_in(name, everything(tmp_path))
            assert ledger.erase(name=name, basis="asked for").purged
            assert not is_in(name, everything(tmp_path))


ODD_NAMES = (
    "Zoë Ångström-Françoise",
    "Łukasz Żółć",
    "Bob 😀 Smith 👩‍⚖️",
    'Ann "Bones" Smith',
    'Ann","x","Bones',
    "back\\slash \\u00e9 \\",
    "100% _ Ann*",
    "Смета Ёлкина",
    "山田太郎",
    "'; DROP TABLE records; --",
    '{"_sd":"' + "A" * 43 + '"}',
    "Ann <b>&amp;</b>/Bob",
    "null",
    "12345678901",
    "A" + "b" * 60_000 + "Z",
)


def test_any_name_is_erased_and_no_other(tmp_path):
    def event(number, name):
        return MotionSubmitted(f"m{number}", title="T", on="2024-04-01", movers=[name, "Common"])

    path = filled(tmp_path, [event(n, name) for n, name in enumerate(ODD_NAMES)])
    with Ledger.open(path) as ledger:
        for number, name in enumerate(ODD_NAMES):
            assert is_in(name[:9000], everything(tmp_path)) or len(name) > 9000
            assert ledger.as_of(NOW).motions[f"m{number}"].movers == (name, "Common")
            assert ledger.erase(name=name, basis="asked for").count == 1
            assert ledger.as_of(NOW).motions[f"m{number}"].movers[1] == "Common"
            refused(InvalidInput, "nothing-to-erase", ledger.erase, name=name, basis="again")
        content = everything(tmp_path)
        for name in ODD_NAMES[:10]:
            assert not is_in(name, content)
        assert b"b" * 60 not in content
        assert "b" * 60 not in rows(path)
        assert sound(ledger) == told(2 * len(ODD_NAMES), len(ODD_NAMES))


def test_a_name_is_erased_as_a_whole_and_in_any_form_of_unicode(ledger):
    ledger.record(
        MotionSubmitted("a", title="A", on="2024-04-01", movers=["Zoë", "Zoë Bos", "zoë"])
    )
    assert ledger.erase(name="  Zoe\u0308 ", basis="asked for").count == 1
    assert ledger.as_of(NOW).motions["a"].movers[1:] == ("Zoë Bos", "zoë")


# --- thousands of names -----------------------------------------------------------------

MARK = re.compile(rb"<(\d{5})>")


def marked(number, chance):
    """A name of any length whose every few bytes tell its number."""
    times = chance.choice([1, 1, 2, 3, 5, 10, 20, 60, 20 if number % 50 else 1200])
    return " ".join([f"<{number:05}>"] * times)


def marks(folder):
    return set(map(int, MARK.findall(everything(folder))))


@pytest.mark.parametrize("seed", range(40 if MANY else 2))
def test_of_thousands_of_names_nothing_is_left(tmp_path, seed):
    """The pages of a database are split and merged, and parts of them copied, on the way."""
    chance = random.Random(seed)
    many, more, writers = 1_600, 400, range(90_000, 90_004)
    kept, gone, left = set(), set(), set()
    with Ledger.open(tmp_path / "ledger.db") as ledger:

        def record(numbers):
            events = [
                MotionSubmitted(
                    f"m{n}",
                    title="T",
                    movers=[marked(n, chance), marked(n + 30_000, chance)],
                    recorded_by=f"<{chance.choice(writers)}>",
                    on="2024-04-01",
                )
                for n in chance.sample(numbers, len(numbers))
            ]
            for start in range(0, len(events), 100):
                ledger.record(*events[start : start + 100])
            kept.update(numbers, (n + 30_000 for n in numbers), writers)
            gone.difference_update(writers)

        def look(*numbers):
            """See whether these are gone with all others that were erased, and no others are."""
            gone.update(numbers)
            kept.difference_update(numbers)
            found = marks(tmp_path)
            assert found - gone == kept
            left.update(found & gone)

        record(range(many))
        look()
        for writer in writers:
            assert ledger.erase(name=f"<{writer}>", basis="asked for").count > many / 8
            look(writer)
        some = chance.sample(range(many), 60)
        for number in some:
            assert ledger.erase(f"motion/m{number}", basis="asked for").count == 2
        look(*some, *(n + 30_000 for n in some))
        record(range(10_000, 10_000 + more))
        look()
        for writer in writers:
            ledger.erase(name=f"<{writer}>", basis="asked for")
            look(writer)
        others = chance.sample(sorted(kept), 30)
        for number in others:
            subject = f"motion/m{number % 30_000}"
            movers = ledger.as_of(NOW, subject=subject).state(subject).movers
            (name,) = (text for text in movers if text.startswith(f"<{number:05}>"))
            assert ledger.erase(name=name, basis="asked for").count == 1
        look(*others)
        ledger.rebuild()
        look()
        assert sound(ledger) == told(3 * (many + more), many + more + 2 * 60 + 30)
        look()
    look()
    assert left == set()


def test_more_names_are_erased_than_one_record_can_list(tmp_path):
    movers = [f"<Ann {n}>" for n in range(500)]
    events = [MotionSubmitted("a", title="A", on="2024-04-01", movers=movers, recorded_by="Sec")]
    path = filled(tmp_path, events)
    with Ledger.open(path) as ledger:
        vote = [{"member": name, "choice": "absent"} for name in movers]
        counted = {"in_favour": 1, "against": 0, "absent": 500, "roll_call": vote}
        for number in range(3):
            ledger.record(MotionAdopted("a", on="2024", tally=counted), breaches="flag")
        erasure = ledger.erase("motion/a", basis="asked for")
        assert erasure.count == 2001 == sum(record.event.count for record in erasure.records)
        assert len(erasure.records) > 1
        assert len({d for record in erasure.records for d in record.event.digests}) == 2001
        assert sound(ledger) == told(2001, 2001)
        assert not is_in("<Ann", everything(tmp_path))


# --- proofs -----------------------------------------------------------------------------

KEY = signing_key("example.org/spring", b"log.............................")


def test_proofs_stay_as_they_were(tmp_path):
    with Ledger.open(tmp_path / "ledger.db", origin="example.org/spring") as ledger:
        ledger.record(*EVENTS)
        size = ledger.head()
        note = sign_checkpoint(ledger.checkpoint(), KEY)
        roots = [ledger.checkpoint(n) for n in range(size + 1)]
        entries = list(ledger.entries())
        proofs = [ledger.prove(position, note) for position in range(1, size + 1)]

        for name in NAMES:
            ledger.erase(name=name, basis="asked for")

        assert [ledger.checkpoint(n) for n in range(size + 1)] == roots
        assert list(ledger.entries(upto=size)) == entries
        assert [ledger.prove(position, note) for position in range(1, size + 1)] == proofs
        for proof, entry in zip(proofs, entries, strict=True):
            found = verify_proof(proof, Policy((KEY.public,)))
            assert found, found.problems
            assert found.entry.endswith(entry.body)
        new = ledger.checkpoint()
        assert new.size == size + len(NAMES)
        for old in roots:
            path = ledger.consistency(old.size)
            assert verify_consistency(old.size, old.root, new.size, new.root, path)
        report = ledger.verify(checkpoints=[note])
        assert report, str(report)
        assert "extends your checkpoint" in str(report).splitlines()[-1]
        assert detail(report, "personal data") == told(TEXTS, TEXTS - 1)  # not the city


def test_the_record_of_an_erasure_says_what_and_why(ledger, path):
    found = by_hand(path, "SELECT digest FROM disclosures WHERE array LIKE '%Anna Aarts%'")
    digests = sorted(digest for (digest,) in found)
    head = ledger.head()
    (record,) = ledger.erase(name="Anna Aarts", basis="GDPR 17(1)(b)", on="2024-05-01").records
    assert (record.position, record.subject, record.type) == (
        *(head + 1, LEDGER, "personal-data.erased"),
    )
    assert (record.event.count, record.event.basis) == (2, "GDPR 17(1)(b)")
    assert str(record.event.on) == "2024-05-01"
    assert record.event.digests == tuple(map(to_hex, digests))
    assert list(ledger.log(after=head)) == [record]
    (record,) = ledger.erase("motion/bins", name="Bram Bos", basis="asked for").records
    assert (record.subject, record.event.count) == ("motion/bins", 1)
    assert record.on.text == ledger.today().isoformat()


def test_an_erasure_whose_record_is_withdrawn_still_has_one(ledger):
    first, second = (
        ledger.erase(name=name, basis="asked for").records[0] for name in ("Els Evers", "Fem Fok")
    )
    ledger.retract(first.position, reason="the wrong one")
    ledger.record(evolve(second.event, digests=(), count=0, corrects=second.position))
    assert sound(ledger) == told(TEXTS, 2)


def test_hashing_the_bytes_alone_says_nothing_of_personal_data(ledger):
    ledger.erase(name="Els Evers", basis="asked for")
    report = ledger.verify(contents=False)
    assert report
    assert [check.outcome for check in report.checks if check.name == "personal data"] == ["SKIP"]


# --- holes without a reason -------------------------------------------------------------


def test_a_disclosure_that_is_deleted_by_hand_is_missed(path):
    by_hand(path, "DELETE FROM disclosures WHERE digest = ?", [digest_at(path, "Dirk Dam")])
    assert problem_of(path) == (
        'record 5: the text of "to" is gone, and no record says that it was erased'
    )
    with Ledger.open(path) as ledger:
        ledger.rebuild()
    assert problem_of(path).startswith('record 5: the text of "to"')


def test_of_all_that_is_deleted_by_hand_the_first_is_named(path):
    by_hand(path, "DELETE FROM disclosures")
    assert problem_of(path).startswith('record 2: the text of "recorded_by" is gone')


@pytest.mark.parametrize("text", ["Dora Dam", "Dirk Da", "", "Dirk Dam "])
def test_a_text_that_is_replaced_by_hand_is_found(path, text):
    statement = "UPDATE disclosures SET array = replace(array, 'Dirk Dam', ?)"
    by_hand(path, statement, [text])
    assert problem_of(path) == 'record 5: the text of "to" is not the one that was sealed'


def test_a_text_that_is_replaced_by_hand_is_not_shown(path):
    by_hand(path, "UPDATE disclosures SET array = replace(array, 'Dirk Dam', 'Eve Evers')")
    with Ledger.open(path) as ledger:
        for view in (
            lambda: ledger.as_of(NOW).state("motion/lamps"),
            lambda: list(ledger.log()),
            lambda: ledger.why("motion/lamps", NOW),
            lambda: list(ledger.replay(NOW)),
        ):
            with pytest.raises(StorageError) as caught:
                view()
            assert caught.value.problems[0].code == "damaged-disclosure"
            assert "Eve" not in str(caught.value)


def test_a_text_with_another_salt_or_field_is_found(path):
    for old, new in (('","to",', '","by",'), ('["', '["x')):
        statement = "UPDATE disclosures SET array = replace(array, ?, ?) WHERE digest = ?"
        changed = [old, new, digest_at(path, "Dirk Dam")]
        by_hand(path, statement, changed)
        assert problem_of(path) == 'record 5: the text of "to" is not the one that was sealed'
        by_hand(path, statement, [new, old, changed[-1]])
    with Ledger.open(path) as ledger:
        sound(ledger)


def test_a_text_that_is_moved_to_another_digest_is_found(path):
    """Who was referred to, and who was charged, change places."""
    one, other = digest_at(path, "Dirk Dam"), digest_at(path, "Els Evers")
    arrays = dict(by_hand(path, "SELECT digest, array FROM disclosures"))
    for digest, array in ((one, arrays[other]), (other, arrays[one])):
        by_hand(path, "UPDATE disclosures SET array = ? WHERE digest = ?", [array, digest])
    assert problem_of(path) == 'record 5: the text of "to" is not the one that was sealed'


def test_a_disclosure_of_nothing_is_found(path):
    foreign = disclose("to", "Karel Klein", bytes(16))
    by_hand(path, "INSERT INTO disclosures VALUES (?,?)", [foreign.digest, foreign.array])
    problem = problem_of(path)
    assert problem == "a disclosure is kept to which no record commits"
    by_hand(path, "DELETE FROM disclosures WHERE digest = ?", [digest_at(path, "Dirk Dam")])
    assert "Karel" not in problem_of(path)


def test_a_disclosure_that_comes_back_is_found(path):
    """As it does where a table is restored from a backup."""
    before = by_hand(path, "SELECT * FROM disclosures")
    with Ledger.open(path) as ledger:
        ledger.erase(name="Dirk Dam", basis="asked for")
        sound(ledger)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executemany("INSERT OR IGNORE INTO disclosures VALUES (?,?)", before)
    assert problem_of(path) == (
        'record 5: the text of "to" is kept, and a record says that it was erased'
    )


def test_a_record_of_an_erasure_that_did_not_happen_is_found(path):
    """It is refused; where it came to be all the same, `verify` tells."""
    digest = digest_at(path, "Dirk Dam")
    event = PersonalDataErased(LEDGER, on=NOW, count=1, digests=[to_hex(digest)], basis="none")
    with Ledger.open(path) as ledger:
        head = ledger.head()
        refused(InvalidInput, "not-erased", ledger.record, event)
        assert ledger.head() == head
    with closing(sqlite3.connect(path)) as connection, connection:
        (kept,) = connection.execute("SELECT array FROM disclosures WHERE digest = ?", [digest])
        connection.execute("DELETE FROM disclosures WHERE digest = ?", [digest])
    with Ledger.open(path) as ledger:
        ledger.record(event)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO disclosures VALUES (?, ?)", [digest, *kept])
    assert "is kept, and a record says that it was erased" in problem_of(path)
    with Ledger.open(path) as ledger:
        ledger.erase(name="Dirk Dam", basis="asked for")
        sound(ledger)


def test_a_record_of_an_erasure_elsewhere_is_none_of_ours(ledger):
    digest = to_hex(digest_of("elsewhere"))
    ledger.record(PersonalDataErased(LEDGER, on=NOW, count=1, digests=[digest], basis="there"))
    assert sound(ledger) == told(TEXTS, 0)


ODD_VALUES = {
    "empty": "",
    "text": "text",
    "bytes": b"\x00\xff",
    "no bytes": b"",
    "number": 5,
    "real": 1.5,
    "deep": "[" * 60_000,
    "long": "A" * 300_000,
    "null": "null",
    "object": "{}",
}


@pytest.mark.parametrize("column", ["digest", "array"])
@pytest.mark.parametrize("end", ["min", "max"])
@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
def test_any_value_in_any_disclosure_is_survived(path, column, end, value):
    found = f"(SELECT {end}(digest) FROM disclosures)"
    by_hand(path, f"UPDATE disclosures SET {column} = ? WHERE digest = {found}", [value])
    problem_of(path)


def test_a_disclosure_that_is_no_unicode_is_survived_and_not_told(path):
    broken = "CAST(CAST(array AS BLOB) || x'ff' AS TEXT)"
    by_hand(path, f"UPDATE disclosures SET array = {broken} WHERE array LIKE '%Dirk Dam%'")
    with Ledger.open(path) as ledger:
        report = ledger.verify()
        assert not report
        assert "Dirk" not in str(report)
        with pytest.raises(StorageError) as caught:
            ledger.as_of(NOW).state("motion/lamps")
        assert "Dirk" not in str(caught.value)


def test_a_disclosure_that_cannot_be_read_can_be_erased(path):
    """It may be a name all the same."""
    by_hand(path, "UPDATE disclosures SET array = substr(array, 3) WHERE array LIKE '%Dirk Dam%'")
    with Ledger.open(path) as ledger:
        refused(StorageError, "damaged-disclosure", ledger.as_of(NOW).state, "motion/lamps")
        ledger.erase("motion/lamps", basis="asked for")
        sound(ledger)
    assert not is_in("Dirk Dam", everything(path.parent))


def test_a_missing_table_of_disclosures_is_found(path):
    by_hand(path, "DROP TABLE disclosures")
    with Ledger.open(path) as ledger:
        report = ledger.verify()
    assert not report
    assert "disclosures" in str(report)


# --- what is shown ----------------------------------------------------------------------

VIEWS = {
    "log": lambda ledger: list(ledger.log()),
    "log of one": lambda ledger: [list(ledger.log(subject=name)) for name in ledger.subjects()],
    "why": lambda ledger: [ledger.why(name, NOW) for name in ledger.subjects()],
    "written under keys": lambda ledger: [
        ledger.record(event, key=f"key-{number}") for number, event in enumerate(EVENTS)
    ],
}
"""Views that show every name; registers do not show who recorded or voted."""

REGISTERS = {
    "as of": lambda ledger: dict(ledger.as_of(NOW).states),
    "as known then": lambda ledger: dict(ledger.as_of(NOW, len(EVENTS) + 1).states),
    "described": lambda ledger: [
        ledger.as_of(NOW).describe(name) for name in ledger.as_of(NOW).subjects()
    ],
    "replay": lambda ledger: list(ledger.replay(NOW)),
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_name_is_told_until_it_is_erased(ledger, view):
    for name in NAMES:
        assert name in repr(VIEWS[view](ledger))
        ledger.erase(name=name, basis="asked for")
        said = repr(VIEWS[view](ledger))
        assert name not in said
        assert "The city" in said


@pytest.mark.parametrize("view", REGISTERS)
def test_a_name_is_shown_until_it_is_erased(ledger, view):
    for name in (*AT, "Bram Bos"):
        assert name in repr(REGISTERS[view](ledger))
        ledger.erase(name=name, basis="asked for")
        said = repr(REGISTERS[view](ledger))
        assert name not in said
        assert "The city" in said


@each_shown
def test_what_was_erased_reads_as_that(ledger, name):
    subject, find = AT[name]
    assert find(ledger.as_of(NOW).state(subject)) == name
    before = {each.subject: each for each in ledger.replay(NOW)}
    assert find(before[subject]) == name
    ledger.erase(subject, basis="asked for")
    shown = find(ledger.as_of(NOW).state(subject))
    assert isinstance(shown, Sealed)
    assert (f"{shown}", shown.withheld) == ("[erased]", False)
    assert '"[erased]"' in json.dumps(ledger.as_of(NOW).describe(subject))
    after = {each.subject: each for each in ledger.replay(NOW)}
    assert find(after[subject]) == shown
    assert {name: state for name, state in after.items() if name != subject} == {
        name: state for name, state in before.items() if name != subject
    }


def test_all_of_a_subject_is_erased_and_nothing_of_others(ledger):
    assert ledger.erase("motion/bins", basis="asked for").count == 4
    for record in ledger.log():
        told = [text for _, text in personal_texts(record.event)]
        ours = record.subject == "motion/bins"
        assert all(isinstance(text, Sealed) == ours for text in told)
    assert "Bram Bos" in ledger.as_of(NOW).motions["lamps"].movers


def test_one_of_several_movers_is_erased(ledger):
    assert ledger.erase("motion/bins", name="Anna Aarts", basis="asked for").count == 2
    first, second = ledger.as_of(NOW).motions["bins"].movers
    assert (str(first), second) == ("[erased]", "Bram Bos")
    (adopted,) = (r.event for r in ledger.log() if isinstance(r.event, MotionAdopted))
    assert [str(vote.member) for vote in adopted.tally.roll_call] == ["[erased]", "Jan Jansen"]
    assert (adopted.tally.in_favour, adopted.tally.roll_call[0].choice) == (2, "in-favour")


def test_a_name_is_erased_in_one_subject_and_kept_in_another(ledger):
    ledger.erase("motion/lamps", name="Bram Bos", basis="asked for")
    motions = ledger.as_of(NOW).motions
    assert str(motions["lamps"].movers[0]) == "[erased]"
    assert motions["bins"].movers[1] == "Bram Bos"


def test_what_is_due_is_due_from_nobody_once_erased(ledger):
    assert [mandate.addressee for mandate in ledger.due(NOW)] == ["Els Evers"]
    ledger.erase(name="Els Evers", basis="asked for")
    assert [str(mandate.addressee) for mandate in ledger.due(NOW)] == ["[erased]"]


def referred(ledger, day, name):
    ledger.record(MotionReferred("lamps", to=name, on=day))


def test_a_difference_is_told_without_the_names(ledger):
    def differences():
        found = ledger.diff("2024-04-02", "2024-04-20")
        return [(each.before, each.after) for each in found if each.field == "referred_to"]

    referred(ledger, "2024-04-20", "Karel Klein")
    assert differences() == [("Dirk Dam", "Karel Klein")]
    ledger.erase(name="Karel Klein", basis="asked for")
    ((before, after),) = differences()
    assert (before, str(after)) == ("Dirk Dam", "[erased]")
    ledger.erase(name="Dirk Dam", basis="asked for")
    ((before, after),) = differences()
    assert (str(before), str(after)) == ("[erased]", "[erased]")
    assert before != after


def test_a_name_that_goes_away_makes_a_difference_once_erased(ledger):
    ledger.record(MotionResumed("lamps", on="2024-04-20"))
    ledger.erase(name="Dirk Dam", basis="asked for")
    (change,) = (c for c in ledger.diff("2024-04-02", "2024-04-20") if c.field == "referred_to")
    assert (str(change.before), change.after) == ("[erased]", None)


def test_the_past_forgets_too(ledger):
    """Whatever the ledger knew at a time, it no longer tells."""
    known = ledger.head()
    submitted = next(ledger.log(after=2))
    ledger.record(evolve(submitted.event, movers=["Zed"], corrects=submitted.position))
    assert ledger.as_of(NOW, known).motions["bins"].movers == ("Anna Aarts", "Bram Bos")
    ledger.erase(name="Anna Aarts", basis="asked for")
    first, second = ledger.as_of(NOW, known).motions["bins"].movers
    assert (str(first), second) == ("[erased]", "Bram Bos")
    assert ledger.as_of(NOW).motions["bins"].movers == ("Zed",)
    sound(ledger)


# --- what can be done with it -----------------------------------------------------------


def test_what_was_erased_can_be_corrected(ledger):
    ledger.erase("motion/bins", basis="asked for")
    submitted = next(ledger.log(after=2))
    (better,) = ledger.record(
        evolve(submitted.event, title="Better bins", corrects=submitted.position)
    )
    motion = ledger.as_of(NOW).motions["bins"]
    assert motion.title == "Better bins"
    assert [str(text) for text in motion.movers] == ["[withheld]", "[withheld]"]
    assert all(text.withheld for text in better.event.movers)
    assert [r.withdrawn_by for r in ledger.why("motion/bins", NOW).reasons].count(better.position)
    assert sound(ledger) == told(TEXTS, 4, withheld=2)
    ledger.rebuild()
    assert sound(ledger) == told(TEXTS, 4, withheld=2)


def test_what_was_erased_can_be_corrected_with_a_name_of_its_own(ledger):
    ledger.erase("mandate/bins.1", basis="asked for")
    ledger.record(
        MandateGiven(
            "bins.1",
            motion="bins",
            task="Buy bins",
            addressee="Karel Klein",
            on="2024-04-02",
            corrects=7,
        )
    )
    assert ledger.as_of(NOW).mandates["bins.1"].addressee == "Karel Klein"
    sound(ledger)
    assert ledger.erase("mandate/bins.1", basis="asked for").count == 1
    sound(ledger)


def test_what_was_erased_can_be_retracted_and_brought_back(ledger):
    ledger.erase("statement/word", basis="asked for")
    retraction = ledger.retract(len(EVENTS) + 1, reason="never said")
    assert "statement/word" not in ledger.as_of(NOW).states
    sound(ledger)
    ledger.retract(retraction.position, reason="said after all")
    assert str(ledger.as_of(NOW).state("statement/word").parties[0]) == "[erased]"
    sound(ledger)


def test_a_name_that_was_retracted_is_erased_too(ledger):
    ledger.retract(len(EVENTS) + 1, reason="never said")
    assert ledger.erase(name="Iris Ito", basis="asked for").count == 1
    assert "Iris Ito" not in repr(list(ledger.log()))


def test_a_name_may_come_back(ledger):
    for _ in range(3):
        referred(ledger, "2024-04-20", "Dirk Dam")
        assert ledger.as_of(NOW).motions["lamps"].referred_to == "Dirk Dam"
        sound(ledger)
        ledger.erase(name="Dirk Dam", basis="asked for")
    assert sound(ledger) == told(TEXTS + 3, 4)


def test_a_key_is_remembered_once_names_are_erased(ledger):
    written = list(ledger.log(after=1))
    ledger.erase("motion/bins", basis="asked for")
    ledger.erase(name="Carla Cox", basis="asked for")
    head = ledger.head()
    for number, event in enumerate(EVENTS):
        (record,) = ledger.record(event, key=f"key-{number}")
        assert record.position == written[number].position
        assert record == next(ledger.log(after=number + 1))
        if event.subject == "motion/bins":
            assert record != written[number]
    assert ledger.head() == head


@pytest.mark.parametrize(
    "change",
    [
        {"movers": ["Anna Aarts", "Karel Klein"]},
        {"movers": ["Anna Aarts"]},
        {"movers": ["Anna Aarts", "Bram Bos", "Karel Klein"]},
        {"movers": []},
        {"title": "Smaller bins"},
        {"recorded_by": "Carla Cox"},
        {"on": "2024-04-02"},
        {"subject": "boxes"},
    ],
    ids=str,
)
def test_a_key_is_not_used_for_other_events_once_a_name_is_erased(ledger, change):
    ledger.erase("motion/bins", name="Anna Aarts", basis="asked for")
    head = ledger.head()
    event = evolve(EVENTS[1], **change)
    refused(KeyConflict, "key-conflict", ledger.record, event, key="key-1")
    assert ledger.head() == head


# --- nothing to erase, or too much ------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"name": "Nobody"},
        {"name": "Anna"},
        {"name": "Bigger bins"},
        {"name": "[erased]"},
        {"name": "dirk dam"},
        {"subject": "motion/none"},
        {"subject": "motion/bins", "name": "Dirk Dam"},
        {"subject": "ledger/self"},
    ],
    ids=str,
)  # fmt: skip
def test_where_there_is_nothing_to_erase_nothing_changes(ledger, path, given):
    before, texts = list(ledger.log()), by_hand(path, "SELECT * FROM disclosures")
    refused(InvalidInput, "nothing-to-erase", ledger.erase, **given, basis="asked for")
    assert list(ledger.log()) == before
    assert by_hand(path, "SELECT * FROM disclosures") == texts
    sound(ledger)


def test_a_name_is_erased_once(ledger):
    ledger.erase(name="Dirk Dam", basis="asked for")
    head = ledger.head()
    for given in ({"name": "Dirk Dam"}, {"subject": "motion/lamps", "name": "Dirk Dam"}):
        refused(InvalidInput, "nothing-to-erase", ledger.erase, **given, basis="again")
    assert ledger.head() == head


def test_a_ledger_opened_read_only_erases_nothing(path):
    with Ledger.open(path, read_only=True) as ledger:
        refused(StorageError, "read-only", ledger.erase, name="Dirk Dam", basis="asked for")
        assert ledger.as_of(NOW).motions["lamps"].referred_to == "Dirk Dam"


def test_a_ledger_in_memory_erases():
    with Ledger.in_memory() as ledger:
        ledger.record(*EVENTS)
        assert ledger.erase(name="Dirk Dam", basis="asked for").purged
        assert str(ledger.as_of(NOW).motions["lamps"].referred_to) == "[erased]"
        sound(ledger)


@pytest.mark.parametrize(("names", "size"), [(1, 70_000), (900, 6_000), (901, 30_000)])
def test_a_basis_of_any_length_is_refused_or_recorded(tmp_path, names, size):
    movers = [f"Ann {n}" for n in range(names)]
    path = filled(tmp_path, [MotionSubmitted("a", title="A", on="2024-04-01", movers=movers)])
    with Ledger.open(path) as ledger:
        before = list(ledger.log())
        try:
            ledger.erase("motion/a", basis="b" * size)
        except (InvalidInput, RuleBreach):
            assert list(ledger.log()) == before
            assert sound(ledger) == told(names, 0)
        else:
            assert sound(ledger) == told(names, names)


@pytest.mark.parametrize("size", [60_000, 98_000, 200_000])
def test_a_name_of_any_length_is_refused_or_read_again(tmp_path, size):
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        event = MotionSubmitted("a", title="A", on="2024-04-01", movers=["x" * size])
        try:
            ledger.record(event)
        except (InvalidInput, RuleBreach):
            assert ledger.head() == 1
        else:
            assert next(ledger.log(after=1)).event == event
            assert ledger.as_of(NOW).motions["a"].movers == event.movers
            sound(ledger)
            ledger.erase("motion/a", basis="asked for")
        sound(ledger)


# --- what came sealed -------------------------------------------------------------------


def test_what_came_sealed_is_withheld_and_no_hole(ledger):
    withheld = Sealed(digest_of("withheld"))
    (record,) = ledger.record(
        AgreementReached("deal", parties=[withheld, "Karel Klein"], on="2024-04-07")
    )
    assert [str(text) for text in record.event.parties] == ["[withheld]", "Karel Klein"]
    assert record.event.parties[0].withheld
    assert next(ledger.log(after=record.position - 1)) == record
    shown = ledger.as_of(NOW).state("agreement/deal").parties
    assert [str(text) for text in shown] == ["[withheld]", "Karel Klein"]
    assert sound(ledger) == told(TEXTS + 1, 0, withheld=1)
    assert ledger.erase("agreement/deal", basis="asked for").count == 1
    assert sound(ledger) == told(TEXTS + 1, 1, withheld=1)
    refused(InvalidInput, "nothing-to-erase", ledger.erase, "agreement/deal", basis="again")


def test_a_ledger_is_copied_without_what_was_erased(ledger):
    """Event by event, as an import of an export does."""
    ledger.erase(name="Bram Bos", basis="asked for")
    with Ledger.in_memory() as copied:
        records = list(ledger.log(after=1))
        copied.import_events(
            [record.event for record in records], numbers=[record.position for record in records]
        )
        assert sound(copied) == told(TEXTS - 2, 0, withheld=2)
        movers = copied.as_of(NOW).motions["bins"].movers
        assert (movers[0], str(movers[1]), movers[1].withheld) == ("Anna Aarts", "[withheld]", True)
        copied.rebuild()
        sound(copied)


def test_the_same_commitment_may_be_withheld_many_times(ledger, path):
    """Nobody promises that a text that came sealed came once."""
    withheld = Sealed(digest_at(path, "Dirk Dam"))
    for day in ("2024-04-07", "2024-04-08"):
        ledger.record(MotionReferred("lamps", to=withheld, on=day))
    sound(ledger)
    ledger.erase(name="Dirk Dam", basis="asked for")
    assert sound(ledger) == told(TEXTS, 1, withheld=2)


# --- somebody is reading ----------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch):
    """Nobody waits long for a lock."""
    monkeypatch.setattr(connections, "LOCK_TIMEOUT", 0.2)


def reading(path):
    """A reader who holds on to what is there."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM records").fetchall()
    return closing(connection)


def test_erasing_beside_a_reader_says_that_bytes_remain(path, impatient):
    with Ledger.open(path) as ledger:
        with reading(path):
            erasure = ledger.erase(name="Dirk Dam", basis="asked for")
            assert (erasure.count, erasure.purged) == (1, False)
            assert str(ledger.as_of(NOW).motions["lamps"].referred_to) == "[erased]"
            assert is_in("Dirk Dam", everything(path.parent))
        refused(InvalidInput, "nothing-to-erase", ledger.erase, name="Dirk Dam", basis="again")
        assert not is_in("Dirk Dam", everything(path.parent))
        sound(ledger)


def test_what_a_reader_held_up_is_gone_once_the_ledger_is_closed(path, impatient):
    with Ledger.open(path) as ledger, reading(path):
        assert not ledger.erase(name="Dirk Dam", basis="asked for").purged
        ledger.record(MotionResumed("lamps", on="2024-04-20"))
        assert is_in("Dirk Dam", everything(path.parent))
    assert not is_in("Dirk Dam", everything(path.parent))
    with Ledger.open(path) as ledger:
        sound(ledger)


def test_what_a_reader_held_up_is_gone_with_the_next_erasure(path, impatient):
    with Ledger.open(path) as ledger:
        with reading(path):
            assert not ledger.erase(name="Dirk Dam", basis="asked for").purged
        assert ledger.erase(name="Els Evers", basis="asked for").purged
        assert not is_in("Dirk Dam", everything(path.parent))
        sound(ledger)


def test_a_reader_sees_what_it_saw(path, impatient):
    with Ledger.open(path) as ledger, reading(path) as reader:
        before = reader.execute("SELECT * FROM disclosures").fetchall()
        ledger.erase(name="Dirk Dam", basis="asked for")
        assert reader.execute("SELECT * FROM disclosures").fetchall() == before
        assert len(by_hand(path, "SELECT * FROM disclosures")) == len(before) - 1


def test_erasing_holds_up_nobody_who_has_read(path):
    """A log that is half read holds no snapshot, nor does a register."""
    with Ledger.open(path) as ledger, Ledger.open(path) as other:
        log, register = other.log(), other.as_of(NOW)
        next(log)
        assert ledger.erase(name="Dirk Dam", basis="asked for").purged
        assert len(list(log)) == len(EVENTS)
        assert register.motions["bins"].movers[0] == "Anna Aarts"


# --- killed -----------------------------------------------------------------------------

LETTERS = "abc"


def names_of(number):
    return [f"<{number:05}{letter}>" + "x" * 300 for letter in LETTERS]


def gone(path, *, again=True):
    """The numbers of the motions whose movers were erased, after a check that all is in order:
    of none a part is erased, or without a record, and of those nothing is left."""
    with Ledger.open(path, create=False) as ledger:
        sound(ledger)
        records = list(ledger.log())
        there = {r.subject: r.event.movers for r in records if r.type == "motion.submitted"}
        recorded = [r.subject for r in records if r.type == "personal-data.erased"]
        for subject, movers in there.items():
            number = int(subject.removeprefix("motion/m"))
            if subject in recorded:
                assert {str(text) for text in movers} == {"[erased]"}
            else:
                assert list(movers) == names_of(number)
        assert len(recorded) == len(set(recorded))
        if recorded and again:  # which purges; closing does, too
            refused(InvalidInput, "nothing-to-erase", ledger.erase, recorded[-1], basis="again")
            leaves_nothing(path, there, recorded)
    leaves_nothing(path, there, recorded)
    return {int(subject.removeprefix("motion/m")) for subject in recorded}


def leaves_nothing(path, there, recorded):
    found = {int(n) for n in re.findall(rb"<(\d{5})[abc]>", everything(path.parent))}
    assert {f"motion/m{number}" for number in found} == there.keys() - set(recorded)


NAMED = f"""
def names_of(number):
    return [f"<{{number:05}}{{letter}}>" + "x" * 300 for letter in "{LETTERS}"]

def submitted(number):
    return MotionSubmitted(f"m{{number}}", title="T", movers=names_of(number), on="2024-04-01")
"""

ERASER = """
number = int(sys.argv[2])
with Ledger.open(sys.argv[1]) as ledger:
    while True:
        ledger.record(submitted(number), submitted(number + 1))
        print("recorded", number, flush=True)
        ledger.erase(f"motion/m{number}", basis="asked for")
        print("erased", number, flush=True)
        number += 2
"""


@posix
def test_whoever_is_killed_while_erasing_has_erased_with_a_record_or_not_at_all(tmp_path):
    chance = random.Random(9)
    path = tmp_path / "ledger.db"
    acknowledged = set()
    for run in range(100 if MANY else 8):
        with Child(NAMED + ERASER, path, 1000 * run) as eraser:
            said = [eraser.line()]
            time.sleep(chance.uniform(0, 0.1))
            eraser.process.send_signal(signal.SIGKILL)
            rest = eraser.process.stdout.read()
            said += rest[: rest.rfind("\n") + 1].splitlines()  # the last may be torn
        acknowledged |= {int(line.split()[1]) for line in said if line.startswith("erased")}
        found = gone(path, again=run % 2 == 0)
        assert found >= acknowledged, f"run {run}"
    assert acknowledged


STEPS = """
import sqlite3
path, stop, steps, armed = sys.argv[1], int(sys.argv[2]), 0, False

def step(*_):
    global steps
    steps += armed
    if armed and steps == stop:
        print("there", flush=True)
        time.sleep(60)

def connect(*arguments, connect=sqlite3.connect, **options):
    connection = connect(*arguments, **options)
    connection.set_trace_callback(step)  # at every statement
    connection.set_progress_handler(step, 100)  # and within the longer ones
    return connection

sqlite3.connect = connect
with Ledger.open(path) as ledger:
    ledger.record(submitted(1), submitted(2))
    armed = True
    ledger.erase("motion/m1", basis="asked for")
    armed = False
print(steps)
"""


@posix
def test_an_erasure_that_is_stopped_anywhere_is_whole_or_not_begun(tmp_path):
    (steps,) = map(int, Child(NAMED + STEPS, tmp_path / "whole.db", 0).finish())
    assert steps > 5
    stops = range(1, steps + 1) if MANY else {1 + n * (steps - 1) // 5 for n in range(6)}
    outcomes = set()
    for stop in sorted(stops):
        folder = tmp_path / str(stop)
        folder.mkdir()
        with Child(NAMED + STEPS, folder / "ledger.db", stop) as child:  # leaving it kills it
            assert child.line() == "there"
        outcomes.add(frozenset(gone(folder / "ledger.db")))
    assert outcomes == {frozenset(), frozenset({1})}


# --- old ledgers ------------------------------------------------------------------------

FORMATS = ("format-1", "format-2")


@pytest.fixture(params=FORMATS)
def old(request, tmp_path):
    """A copy of an old ledger, which has names in the log itself."""
    found = Path(__file__).parent / "ledgers" / request.param / "withdrawn.db"
    return Path(shutil.copy(found, tmp_path / "ledger.db"))


def test_names_in_the_log_of_an_old_ledger_are_told_and_stay(old):
    with Ledger.open(old) as ledger:
        before = list(ledger.log())
        where = {
            (name, record.position) for record in before for _, name in personal_texts(record.event)
        }
        assert where
        for name in {name for name, _ in where}:
            erasure = ledger.erase(name=name, basis="asked for")
            assert (erasure.records, erasure.count) == ((), 0)
            assert set(erasure.in_the_log) == {at for text, at in where if text == name}
            assert list(erasure.in_the_log) == sorted(erasure.in_the_log)
        assert list(ledger.log()) == before
        erasure = ledger.erase("mandate/g.1", basis="asked for")
        assert set(erasure.in_the_log) == {r.position for r in before if r.subject == "mandate/g.1"}
        assert sound(ledger) == told(0, 0, unsealed=OLD_TEXTS)


def test_new_records_of_an_old_ledger_are_sealed_and_erased(old):
    with Ledger.open(old) as ledger:
        assert is_in("Board", everything(old.parent))
        inside = ledger.erase(name="Board", basis="asked for").in_the_log
        event = MotionSubmitted("new", title="New", on=NOW, movers=["Board", "Karel Klein"])
        (record,) = ledger.record(event)
        assert record.event == event
        (entry,) = ledger.entries(record.position - 1)
        assert not is_in("Board", entry.body)
        assert is_in("Karel Klein", everything(old.parent))

        erasure = ledger.erase(name="Board", basis="asked for")
        assert (erasure.count, erasure.in_the_log) == (1, inside)
        assert ledger.erase("motion/new", basis="asked for").in_the_log == ()
        assert [str(text) for text in ledger.as_of(NOW).motions["new"].movers] == ["[erased]"] * 2
        assert not is_in("Karel Klein", everything(old.parent))
        ledger.rebuild()
        assert sound(ledger) == told(2, 2, unsealed=OLD_TEXTS)
    assert not is_in("Karel Klein", everything(old.parent))


def test_an_old_ledger_is_only_told_of_names_in_personal_fields(old):
    """Other texts that happen to hold the same words are not personal."""
    with Ledger.open(old) as ledger:
        title = next(r.event.title for r in ledger.log() if hasattr(r.event, "title"))
        refused(InvalidInput, "nothing-to-erase", ledger.erase, name=title, basis="asked for")
