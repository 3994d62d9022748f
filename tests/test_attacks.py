"""Somebody owns the file of the ledger, and perhaps the key of its log: what `verify` finds, what
it cannot find, and that its words are never stronger than that."""

import random
import shutil
import signal
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from textwrap import indent
from types import SimpleNamespace

import forgery
import pytest
from attrs import evolve
from test_storage import MANY, Child, posix, sound, together

from govledger import (
    Ledger,
    MandateGiven,
    MeetingConvened,
    MotionAdopted,
    MotionSubmitted,
    MotionWithdrawn,
    Verdict,
)
from govledger.audit import Outcome
from govledger.errors import Inconsistent
from govledger.integrity.checkpoint import (
    Checkpoint,
    open_checkpoint,
    parse_policy,
    sign_checkpoint,
)
from govledger.integrity.merkle import verify_consistency
from govledger.integrity.note import KeyType, signing_key
from govledger.signers import cosign, new_key, read_key, sign

ORIGIN = "example.org/ledger"
NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)
WITNESSED = NOON + timedelta(hours=1)
TODAY = NOON + timedelta(days=30)
OLD = 8
"""The records that were there when the checkpoint was made that somebody kept."""

EVENTS = (  # the first of them is record 2
    MeetingConvened("spring", title="Spring assembly", on="2024-04-01"),
    MotionSubmitted("bins", title="Bigger bins", movers=["Ann", "Bob"], on="2024-04-01"),
    MotionSubmitted("lamps", title="Fewer lamps", meeting="spring", on="2024-04-01"),
    MotionAdopted("bins", tally={"in_favour": 30, "against": 2}, on="2024-04-01"),
    MandateGiven("bins.1", motion="bins", task="Buy bins", addressee="board", on="2024-04-01"),
    MotionSubmitted("trees", title="More trees", movers=["Eve"], on="2024-04-01"),
    MotionSubmitted("lamps", title="Fewer lamps still", corrects=4, on="2024-04-01"),
    MotionSubmitted("paths", title="Wider paths", movers=["Ann"], on="2024-04-02"),
    MotionSubmitted("roads", title="Fewer roads", on="2024-04-02"),
    MotionAdopted("paths", on="2024-04-02"),
    MotionWithdrawn("trees", on="2024-04-03"),
)

FORGED = (
    MotionSubmitted("tower", title="A tower for the board", movers=["Mallory"], on="2024-04-01"),
    MotionAdopted("tower", on="2024-04-01"),
    MotionSubmitted("wages", title="Higher wages for the board", on="2024-04-01"),
)

BACKDATED = MotionSubmitted("pension", title="A pension for the board", on="2024-03-01")

# --- an honest ledger, and those who vouch for it -------------------------------------------


def ticking(start=NOON):
    times = (start + timedelta(minutes=n) for n in range(999))
    return lambda: next(times)


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """A folder with a ledger of twelve records, a checkpoint of eight, and the keys."""
    folder = tmp_path_factory.mktemp("honest")
    log = new_key(folder / "log.key", ORIGIN, KeyType.ED25519)
    ann, bob = (
        new_key(folder / f"{name}.key", f"{name}.example", KeyType.COSIGNATURE)
        for name in ("ann", "bob")
    )
    policy = f"log {log}\nwitness ann {ann}\nwitness bob {bob}\ngroup both all ann bob\nquorum both"
    (folder / "policy").write_text(policy + "\n")
    with Ledger.open(folder / "ledger.db", ticking(), name="spring", origin=ORIGIN) as ledger:
        for n, event in enumerate(EVENTS, start=2):
            ledger.record(event, key=f"key-{n}")
        assert ledger.head() == 12
        note = sign(folder / "log.key", ledger.checkpoint(OLD), ledger.consistency)
        note, refused = asked(folder, note, ledger.consistency, WITNESSED)
        assert not refused
        assert ledger.verify(checkpoints=[note], policy=policy_in(folder)).verdict == "witnessed"
    (folder / "old.checkpoint").write_bytes(bytes(note))
    return folder


def policy_in(folder):
    return parse_policy((folder / "policy").read_bytes())


def old_checkpoint(folder):
    return open_checkpoint((folder / "old.checkpoint").read_bytes())[1]


def asked(folder, note, consistency, moment):
    """The note with the cosignatures of the witnesses who give them, and how others refuse."""
    refused = {}
    for witness in ("ann", "bob"):
        try:
            note = cosign(
                folder / f"{witness}.key",
                note,
                policy_in(folder),
                consistency,
                lambda: int(moment.timestamp()),
            )
        except Inconsistent as error:
            refused[witness] = error.problems[0].code
    return note, refused


def stolen(folder):
    """What the thief of the log's key signs: the tree of the records as they are now."""
    leaves = forgery.leaves_of(folder / "ledger.db")
    head = Checkpoint(ORIGIN, len(leaves), forgery.root(leaves))
    return sign_checkpoint(head, read_key(folder / "log.key"))


def shown_to_witnesses(folder, note):
    """What becomes of the note where witnesses are asked, with the best proof there can be."""

    def consistency(old, new):
        leaves = forgery.leaves_of(folder / "ledger.db")
        assert len(leaves) == new
        return forgery.consistency(old, leaves)

    return asked(folder, note, consistency, TODAY)


# --- the attacks ----------------------------------------------------------------------------

ATTACKS = {
    "edit": partial(forgery.edit, position=4, title="More lamps"),
    "truncate": partial(forgery.truncate, size=OLD - 1),
    "forge": partial(forgery.forge, size=OLD - 1, events=FORGED),
    "swap": partial(forgery.swap, one=4, other=5),
    "insert": partial(forgery.insert, position=OLD, event=FORGED[0]),
    "clock": partial(forgery.backdate_clock, position=7),
    "rename": partial(forgery.rename, position=3, name="Mallory"),
    # What follows touches no record that the old checkpoint covers.
    "edit-tail": partial(forgery.edit, position=10, title="More roads"),
    "truncate-tail": partial(forgery.truncate, size=OLD),
    "forge-tail": partial(forgery.forge, size=OLD, events=FORGED),
    "swap-tail": partial(forgery.swap, one=OLD + 1, other=OLD + 2),
    "insert-tail": partial(forgery.insert, position=OLD + 1, event=FORGED[2]),
    "clock-tail": partial(forgery.backdate_clock, position=OLD + 1),
    "rename-tail": partial(forgery.rename, position=9, name="Mallory"),
    "backdate": partial(forgery.backdate_event, event=BACKDATED, clock=lambda: TODAY),
    "conceal": partial(forgery.conceal, name="Eve", clock=lambda: TODAY),
}
"""Each is done `naive`, to its rows alone, and `thorough`, with all that follows from them."""

MEANING = {
    "A": (Verdict.ALTERED, False, set()),
    "Ac": (Verdict.ALTERED, False, {"checkpoint"}),
    "Ap": (Verdict.ALTERED, False, {"policy"}),
    "S": (Verdict.SELF_CONSISTENT, True, set()),
    "E": (Verdict.EXTENDS, True, set()),
    "Ep": (Verdict.EXTENDS, False, {"policy"}),
    "W": (Verdict.WITNESSED, True, set()),
}
"""What a cell says: the verdict, whether the report is true, and which checks fail besides those
that fail without any checkpoint (`BY_ITSELF`)."""

# What the auditor holds: nothing; the old checkpoint, of eight records; the new one, which the
# thief of the log's key signs after the attack; both. With a policy (+p), which asks for both
# witnesses: the old one, which they cosigned, and the new one, which they are asked to cosign.
TABLE = """
                          nothing  old  new  both  old+p  new+p
edit           naive      A        Ac   A    Ac    Ac     Ap
edit           thorough   S        Ac   E    Ac    Ac     Ep
truncate       naive      A        Ac   A    Ac    Ac     Ap
truncate       thorough   S        Ac   E    Ac    Ac     Ep
forge          naive      A        Ac   A    Ac    Ac     Ap
forge          thorough   S        Ac   E    Ac    Ac     Ep
swap           naive      A        Ac   A    Ac    Ac     Ap
swap           thorough   S        Ac   E    Ac    Ac     Ep
insert         naive      A        Ac   A    Ac    Ac     Ap
insert         thorough   S        Ac   E    Ac    Ac     Ep
clock          naive      A        Ac   A    Ac    Ac     Ap
clock          thorough   S        Ac   E    Ac    Ac     Ep
rename         naive      A        A    A    A     A      A
rename         thorough   S        Ac   E    Ac    Ac     Ep
edit-tail      naive      A        A    A    A     A      A
edit-tail      thorough   S        E    E    E     W      W
truncate-tail  naive      A        A    A    A     A      A
truncate-tail  thorough   S        E    E    E     W      W
forge-tail     naive      A        A    A    A     A      A
forge-tail     thorough   S        E    E    E     W      W
swap-tail      naive      A        A    A    A     A      A
swap-tail      thorough   S        E    E    E     W      W
insert-tail    naive      A        A    A    A     A      A
insert-tail    thorough   S        E    E    E     W      W
clock-tail     naive      A        A    A    A     A      A
clock-tail     thorough   S        E    E    E     W      W
rename-tail    naive      A        A    A    A     A      A
rename-tail    thorough   S        E    E    E     W      W
backdate       naive      A        A    A    A     A      A
backdate       thorough   S        E    E    E     W      W
conceal        naive      A        A    A    A     A      A
conceal        thorough   S        E    E    E     W      W
"""

# Where only bytes are hashed, everything is as above but this: names are not looked at.
TABLE_OF_BYTES = """
                          nothing  old  new  both  old+p  new+p
rename         naive      S        E    E    E     W      W
rename-tail    naive      S        E    E    E     W      W
conceal        naive      S        E    E    E     W      W
"""

UNMADE = "does not have the bytes that the tree was made of"

BY_ITSELF = {
    "edit": {
        "tree": f"record 4 (motion/lamps) {UNMADE}",
        "derived data": 'table "spans" is altered at motion/lamps',
    },
    "truncate": {
        "tree": "it goes on after record 7: records were cut off",
        "personal data": "a disclosure is kept to which no record commits",
        "derived data": 'table "subjects" has no reason for motion/paths',
    },
    "forge": {
        "tree": f"record 8 (motion/tower) {UNMADE}",
        "personal data": "a disclosure is kept to which no record commits",
        "derived data": 'table "subjects" is altered at motion/tower',
    },
    "swap": {
        "records": "record 4 (motion/bins) says inside that it is record 5",
        "tree": f"record 4 (motion/bins) {UNMADE}",
    },
    "insert": {
        "records": "record 9 (motion/lamps) says inside that it is record 8",
        "tree": f"record 8 (motion/tower) {UNMADE}",
    },
    "clock": {"tree": f"record 7 (motion/trees) {UNMADE}"},
    "rename": {"personal data": 'record 3: the text of "movers" is not the one that was sealed'},
    "edit-tail": {
        "tree": f"record 10 (motion/roads) {UNMADE}",
        "derived data": 'table "spans" is altered at motion/roads',
    },
    "truncate-tail": {
        "tree": "it goes on after record 8: records were cut off",
        "personal data": "a disclosure is kept to which no record commits",
        "derived data": 'table "subjects" has no reason for motion/paths',
    },
    "forge-tail": {
        "tree": f"record 9 (motion/tower) {UNMADE}",
        "personal data": "a disclosure is kept to which no record commits",
        "derived data": 'table "subjects" is altered at motion/tower',
    },
    "swap-tail": {
        "records": "record 9 (motion/roads) says inside that it is record 10",
        "tree": f"record 9 (motion/roads) {UNMADE}",
    },
    "insert-tail": {
        "records": "record 10 (motion/paths) says inside that it is record 9",
        "tree": f"record 9 (motion/wages) {UNMADE}",
    },
    "clock-tail": {"tree": f"record 9 (motion/paths) {UNMADE}"},
    "rename-tail": {
        "personal data": 'record 9: the text of "movers" is not the one that was sealed'
    },
    "backdate": {
        "tree": "a node is missing that record 13 (motion/pension) completes",
        "derived data": 'table "subjects" lacks motion/pension',
    },
    "conceal": {
        "personal data": 'record 7: the text of "movers" is gone, and no record says that it was'
    },
}
"""What fails in a naive attack, whatever anybody holds; in a thorough one nothing does."""

CUT_OFF = ("8 records", "there are 7", "cut off")
TOLD = ("extends your checkpoint", "witnessed")
"""The verdicts that say how far they go."""

OTHERS = ("the first 8 records are not those",)


def cells(table):
    columns, *rows = table.strip().splitlines()
    return [
        (attack, how, column, cell)
        for attack, how, *given in map(str.split, rows)
        for column, cell in zip(columns.split(), given, strict=True)
    ]


def each(of):
    return pytest.mark.parametrize(
        ("attack", "how", "column", "cell"), of, ids=["-".join(cell[:3]) for cell in of]
    )


@pytest.fixture(scope="module")
def attacked(honest, tmp_path_factory):
    """Makes an attack, once: a copy of the folder, and what the thief of the key made of it."""
    made = {}

    def attacked(attack, how):
        if (attack, how) not in made:
            folder = tmp_path_factory.mktemp("attacked") / "folder"
            shutil.copytree(honest, folder)
            ATTACKS[attack](folder / "ledger.db", thorough=how == "thorough")
            signed = stolen(folder)
            witnessed, refused = shown_to_witnesses(folder, signed)
            made[attack, how] = SimpleNamespace(
                folder=folder, signed=signed, witnessed=witnessed, refused=refused
            )
        return made[attack, how]

    return attacked


def report_on(case, column, **options):
    """What an auditor is told who holds what a column says."""
    old = old_checkpoint(case.folder)
    checkpoints = {
        "nothing": [],
        "old": [old],
        "new": [case.signed],
        "both": [old, case.signed],
        "old+p": [old],
        "new+p": [case.witnessed],
    }[column]
    policy = policy_in(case.folder) if column.endswith("+p") else None
    return verified(case.folder, checkpoints, policy, **options)


def verified(folder, checkpoints=(), policy=None, **options):
    with Ledger.open(folder / "ledger.db", create=False) as ledger:
        return ledger.verify(checkpoints=checkpoints, policy=policy, **options)


def failed(report):
    return {check.name: check.detail for check in report.checks if check.outcome is Outcome.FAIL}


def details(report, name):
    return [check.detail for check in report.checks if check.name == name]


def assert_told(report, cell, by_itself):
    """A report says what the cell does: no more, no less, and of the right record."""
    verdict, truth, besides = MEANING[cell]
    assert (report.verdict, bool(report)) == (verdict, truth), str(report)
    *_, last = str(report).splitlines()
    assert last.split(", ")[0] == f"verdict: {verdict}"
    kept = [check.detail for check in report.checks if check.name == "checkpoint"]
    partly = all("came since" in detail for detail in kept)
    assert ("up to record" in last) == (partly and verdict in TOLD)
    assert ("but the policy is not met" in last) == ("policy" in failed(report) and verdict in TOLD)
    found = failed(report)
    assert found.keys() == by_itself.keys() | besides, str(report)
    for check, words in by_itself.items():
        assert words in found[check]


def test_the_table_has_every_attack():
    table = [(attack, how) for attack, how, column, _ in cells(TABLE) if column == "nothing"]
    assert table == [(attack, how) for attack in ATTACKS for how in ("naive", "thorough")]
    assert BY_ITSELF.keys() == ATTACKS.keys()


@each(cells(TABLE))
def test_what_is_found_of_an_attack(attacked, attack, how, column, cell):
    report = report_on(attacked(attack, how), column)
    assert_told(report, cell, BY_ITSELF[attack] if how == "naive" else {})
    found = failed(report)
    if "checkpoint" in found:
        for words in CUT_OFF if attack == "truncate" else OTHERS:
            assert words in found["checkpoint"]
    if "policy" in found:
        assert found["policy"] == 'the quorum "both" is not met: cosigned by nobody'


BLIND = {cell[:3] for cell in cells(TABLE_OF_BYTES)}


@each([cell for cell in cells(TABLE) if cell[:3] not in BLIND])
def test_bytes_alone_show_as_much_of_what_a_checkpoint_covers(attacked, attack, how, column, cell):
    report = report_on(attacked(attack, how), column, contents=False)
    by_itself = BY_ITSELF[attack] if how == "naive" else {}
    assert_told(report, cell, {name: by_itself[name] for name in by_itself if name == "tree"})


@each(cells(TABLE_OF_BYTES))
def test_bytes_alone_show_nothing_of_names_and_say_so(attacked, attack, how, column, cell):
    report = report_on(attacked(attack, how), column, contents=False)
    assert_told(report, cell, {})
    assert details(report, "personal data") == ["not looked at: only bytes were hashed"]


# --- what the cells rest on -----------------------------------------------------------------

COVERED = ("edit", "truncate", "forge", "swap", "insert", "clock", "rename")
UNCOVERED = tuple(attack for attack in ATTACKS if attack not in COVERED)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_thorough_attack_leaves_nothing_to_find(attacked, attack):
    """The records are another history, the library's own tree is over them, all is in order."""
    case = attacked(attack, "thorough")
    path = case.folder / "ledger.db"
    leaves = forgery.leaves_of(path)
    with Ledger.open(path, create=False) as ledger:
        head = ledger.checkpoint()
        assert (head.size, head.root) == (len(leaves), forgery.root(leaves))
        assert head.origin == ORIGIN
        report = ledger.verify()
    assert {check.outcome for check in report.checks[:-1]} == {Outcome.OK}
    assert details(report, "checkpoint") == [
        "none given: agreement with itself is all that can be shown"
    ]


@pytest.mark.parametrize("attack", COVERED)
def test_no_witness_cosigns_a_history_that_parts_from_the_one_it_saw(honest, attacked, attack):
    case = attacked(attack, "thorough")
    assert case.refused == {"ann": "inconsistent-tree", "bob": "inconsistent-tree"}
    assert case.witnessed == case.signed
    for name in ("ann.key.memory", "bob.key.memory"):
        assert (case.folder / name).read_bytes() == (honest / name).read_bytes()
    report = report_on(case, "new+p")
    assert report.verdict is not Verdict.WITNESSED
    assert not report


@pytest.mark.parametrize("attack", UNCOVERED)
def test_the_limit_witnesses_cosign_what_extends_what_they_saw(attacked, attack):
    case = attacked(attack, "thorough")
    assert not case.refused
    assert len(case.witnessed.signatures) == 3


@pytest.mark.parametrize("attack", COVERED)
def test_the_key_of_the_log_refuses_too_where_its_memory_is_asked(attacked, attack):
    """Only a thief signs with the bare key; a secretary with a restored backup does not."""
    case = attacked(attack, "thorough")
    with Ledger.open(case.folder / "ledger.db", create=False) as ledger:
        with pytest.raises(Inconsistent):
            sign(case.folder / "log.key", ledger.checkpoint(), ledger.consistency)


@pytest.mark.parametrize("attack", UNCOVERED)
def test_the_limit_is_said_what_came_after_a_checkpoint_is_not_covered_by_it(attacked, attack):
    case = attacked(attack, "thorough")
    since = len(forgery.leaves_of(case.folder / "ledger.db")) - OLD
    for column in ("old", "old+p"):
        (told,) = details(report_on(case, column), "checkpoint")
        assert told.startswith("the first 8 records are those")
        assert told.endswith(f"; {since} came since") is bool(since)


@pytest.mark.parametrize("attack", sorted(set(UNCOVERED) - {"backdate", "conceal"}))
def test_a_witness_who_saw_more_finds_more(honest, tmp_path, attack):
    """The auditor's own checkpoint covers eight records; the witnesses have seen all twelve."""
    folder = tmp_path / "folder"
    shutil.copytree(honest, folder)
    _, refused = shown_to_witnesses(folder, stolen(folder))
    assert not refused
    ATTACKS[attack](folder / "ledger.db", thorough=True)
    forked = stolen(folder)
    forked, refused = shown_to_witnesses(folder, forked)
    assert refused == {"ann": "inconsistent-tree", "bob": "inconsistent-tree"}
    old, policy = old_checkpoint(folder), policy_in(folder)
    assert verified(folder, [old], policy).verdict is Verdict.WITNESSED
    report = verified(folder, [old, forked], policy)
    assert (report.verdict, bool(report)) == (Verdict.EXTENDS, False)
    assert list(failed(report)) == ["policy"]


@pytest.mark.parametrize("attack", COVERED)
def test_cosignatures_cannot_be_moved_to_another_tree(attacked, attack):
    case = attacked(attack, "thorough")
    _, *cosignatures = old_checkpoint(case.folder).signatures
    moved = evolve(case.signed, signatures=(*case.signed.signatures, *cosignatures))
    for contents in (True, False):
        report = verified(case.folder, [moved], policy_in(case.folder), contents=contents)
        assert (report.verdict, bool(report)) == (Verdict.SELF_CONSISTENT, False)
        assert "a signature does not hold" in failed(report)["policy"]
        assert details(report, "checkpoint") == [
            f"{len(forgery.leaves_of(case.folder / 'ledger.db'))} records: not compared:"
            " nobody vouches for it"
        ]


def test_a_checkpoint_of_another_ledger_is_no_checkpoint_of_this_one(honest, tmp_path):
    """The thief opens a second ledger of the same origin, and has it signed with the same key."""
    shutil.copytree(honest, tmp_path / "folder")
    (tmp_path / "folder" / "ledger.db").unlink()
    with Ledger.open(tmp_path / "folder/ledger.db", ticking(), name="x", origin=ORIGIN) as ledger:
        ledger.record(*EVENTS)
    other = stolen(tmp_path / "folder")
    assert verified(tmp_path / "folder", [other]).verdict is Verdict.EXTENDS
    report = verified(honest, [other], policy_in(honest))
    assert (report.verdict, bool(report)) == (Verdict.ALTERED, False)
    assert failed(report).keys() == {"checkpoint", "policy"}


def test_a_checkpoint_that_bears_another_name_is_no_checkpoint_of_this_log(honest):
    leaves = forgery.leaves_of(honest / "ledger.db")
    other = signing_key("example.org/other", b"other...........................")
    note = sign_checkpoint(Checkpoint(other.name, len(leaves), forgery.root(leaves)), other)
    for contents in (True, False):
        report = verified(honest, [note], contents=contents)
        assert (report.verdict, bool(report)) == (Verdict.ALTERED, False)
        assert failed(report).keys() == {"checkpoint"}
        for name in (other.name, ORIGIN):
            assert f'"{name}"' in failed(report)["checkpoint"]


def test_a_rewriting_in_another_form_is_found_whatever_tree_is_over_it(honest, tmp_path):
    """Canonical bytes leave no choice of how to say something; bytes alone do not tell."""
    shutil.copytree(honest, tmp_path / "folder")
    path = tmp_path / "folder" / "ledger.db"
    with forgery.tampering(path) as connection:
        connection.execute(
            "UPDATE records SET state = CAST(replace(state, ',', ', ') AS BLOB) WHERE position = 10"
        )
        connection.execute("DELETE FROM tree")
    with Ledger.open(path) as ledger:
        ledger.rebuild()
    report = verified(path.parent)
    assert (report.verdict, bool(report)) == (Verdict.ALTERED, False)
    assert failed(report).keys() == {"records"}
    assert "record 10 (motion/roads)" in failed(report)["records"]
    assert verified(path.parent, contents=False).verdict is Verdict.SELF_CONSISTENT


# --- time -----------------------------------------------------------------------------------


def test_a_backdated_event_is_given_away_by_its_place_alone(attacked):
    """It says March; everything up to the checkpoint was witnessed in April, and it came after."""
    case = attacked("backdate", "thorough")
    with Ledger.open(case.folder / "ledger.db", create=False) as ledger:
        (record,) = ledger.log(after=12)
        old = old_checkpoint(case.folder)
        assert str(record.on) == "2024-03-01"
        assert record.recorded_at == TODAY
        assert record.position > OLD
        assert (
            ledger.verify(checkpoints=[old], policy=policy_in(case.folder)).verdict == "witnessed"
        )
        assert ledger.known_at(WITNESSED) == 12
        assert "pension" not in ledger.as_of("2024-03-01", known_at=OLD).motions
        assert "pension" in ledger.as_of("2024-03-01").motions


LATE = (
    (timedelta(0), True),
    (timedelta(minutes=10), True),
    (timedelta(minutes=10, microseconds=1), False),
    (timedelta(days=3650), False),
)


@pytest.mark.parametrize("contents", [True, False], ids=["contents", "bytes"])
@pytest.mark.parametrize(("late", "passes"), LATE, ids=[str(late) for late, _ in LATE])
def test_a_record_cannot_be_made_after_it_was_witnessed(honest, tmp_path, late, passes, contents):
    folder = tmp_path / "folder"
    shutil.copytree(honest, folder)
    with Ledger.open(folder / "ledger.db", lambda: TODAY + late) as ledger:
        (record,) = ledger.record(BACKDATED)
    note, refused = shown_to_witnesses(folder, stolen(folder))  # who cosign TODAY
    assert not refused
    report = verified(folder, [note], policy_in(folder), contents=contents)
    assert bool(report) is passes
    if passes:
        assert report.verdict is Verdict.WITNESSED
    else:
        assert report.verdict is Verdict.EXTENDS
        assert failed(report) == {
            "policy": 'record 13 says that it was recorded after "ann" witnessed it: a clock is'
            " wrong"
        }


def test_one_witness_whose_clock_disagrees_is_enough(honest, tmp_path):
    folder = tmp_path / "folder"
    shutil.copytree(honest, folder)
    note, policy = stolen(folder), policy_in(folder)
    for witness, moment in (("ann", TODAY), ("bob", NOON - timedelta(days=1))):
        note = cosign(
            folder / f"{witness}.key",
            note,
            policy,
            lambda old, new: forgery.consistency(old, forgery.leaves_of(folder / "ledger.db")),
            lambda moment=moment: int(moment.timestamp()),
        )
    report = verified(folder, [note], policy)
    assert report.verdict is Verdict.EXTENDS
    assert 'record 12 says that it was recorded after "bob"' in failed(report)["policy"]


# --- several processes, and their sudden end ------------------------------------------------

SINGLES = """
with Ledger.open(sys.argv[1]) as ledger:
    begin()
    for n in range(int(sys.argv[2])):
        slug = f"{sys.argv[3]}-{sys.argv[4]}-{n}"
        event = MotionSubmitted(slug, title="T", movers=["Ann"], on="2024-04-01")
        print(ledger.record(event, key=slug)[-1].position, flush=True)
"""

BATCHES = """
with Ledger.open(sys.argv[1]) as ledger:
    begin()
    for n in range(int(sys.argv[2])):
        slug = f"{sys.argv[3]}-{sys.argv[4]}-{n}"
        events = [MotionSubmitted(f"{slug}-{m}", title="T", movers=["Ann"], on="2024-04-01")
                  for m in range(150)]
        print(ledger.import_events(events, key=slug)[-1].position, flush=True)
"""


def assert_every_tree(path, head=None):
    """The log is dense and verifies, and every size of it has the root that it should have."""
    records = sound(path, head)
    leaves, known = forgery.leaves_of(path), {}
    assert len(leaves) == len(records)
    with Ledger.open(path, create=False) as ledger:
        for size in range(len(leaves) + 1):
            assert ledger.checkpoint(size).root == forgery.root(leaves, known, 0, size), size
    return records


def test_the_tree_here_is_that_of_the_rfc():
    """The roots and proofs of RFC 6962's reference tree of eight (transparency-dev/merkle)."""
    entries = [
        *(b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43"),
        *(bytes(range(0x50, 0x58)), bytes(range(0x60, 0x70))),
    ]
    leaves = [sha256(b"\0" + entry).digest() for entry in entries]
    assert forgery.root([]).hex().startswith("e3b0c44298fc1c149afbf4c8996fb924")
    assert forgery.root(leaves[:1]).hex().startswith("6e340b9cffb37a989ca544e6bb780a2c")
    assert forgery.root(leaves[:3]).hex().startswith("aeb6bcfe274b70a14fb067a5e5578264")
    assert forgery.root(leaves).hex().startswith("5dc9da79a70659a9ad559cb701ded9a2")
    for size in range(9):
        for old in range(size + 1):
            assert verify_consistency(
                old,
                forgery.root(leaves[:old]),
                size,
                forgery.root(leaves[:size]),
                forgery.consistency(old, leaves[:size]) if old < size else (),
            )


def test_two_processes_that_append_at_once_make_one_tree(tmp_path):
    path = tmp_path / "ledger.db"
    Ledger.open(path).close()
    script = (
        "if sys.argv[-1] == '0':\n" + indent(SINGLES, "    ") + "else:\n" + indent(BATCHES, "    ")
    )
    singles, batches = together(script, path, 12, "at-once")
    records = assert_every_tree(path, head=1 + 12 + 12 * 150)
    said = [*map(int, singles), *map(int, batches)]
    assert len(set(said)) == 24
    assert max(said) == len(records)


@posix
def test_killed_writers_leave_a_tree_of_what_there_is(tmp_path):
    """Two at a time: one records, the other imports; what either acknowledged is in the tree."""
    path = tmp_path / "ledger.db"
    Ledger.open(path).close()
    chance = random.Random(11)
    begin = "def begin():\n    pass\n"
    heads = []
    for run in range(40 if MANY else 4):
        with (
            Child(begin + SINGLES, path, 9999, f"run{run}", "singles") as singles,
            Child(begin + BATCHES, path, 9999, f"run{run}", "batches") as batches,
        ):
            acknowledged = [int(singles.line()), int(batches.line())]
            for child in chance.sample([singles, batches], 2):
                time.sleep(chance.uniform(0, 0.08))
                child.process.send_signal(signal.SIGKILL)
            for child in (singles, batches):
                said = child.process.stdout.read()
                acknowledged += map(int, said[: said.rfind("\n") + 1].splitlines())
        with Ledger.open(path, create=False) as ledger:
            heads.append(ledger.head())
            assert ledger.checkpoint().root == forgery.root(forgery.leaves_of(path)), f"run {run}"
            report = ledger.verify()
            assert report, f"run {run}: {report}"
        assert max(acknowledged) <= heads[-1]
    assert heads == sorted(set(heads))
    assert_every_tree(path, heads[-1])
