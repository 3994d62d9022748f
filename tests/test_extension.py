"""Extensions: the page that teaches them, run as a stranger would; and what they may not be."""

import json
import os
import random
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from threading import Thread

import attrs
import pytest
from attrs import field, frozen
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from own_extension import (
    GRANTS,
    NOSY,
    SHARE,
    STRICTER,
    UNREADABLE,
    Careless,
    Known,
    Mentioned,
    Grant,
    GrantEvent,
    GrantGiven,
    GrantPaid,
    Instalment,
    MotionCosted,
    Ours,
    Slotted,
    granted,
    instalments,
    rests,
)

from govledger import (
    Axis,
    Event,
    Extension,
    InvalidInput,
    Ledger,
    LedgerExtended,
    MeetingConvened,
    Motion,
    MotionAdopted,
    MotionSubmitted,
    Notice,
    Profile,
    Projection,
    RecordRetracted,
    RuleBreach,
    Sealed,
    StatementMade,
    Subject,
    SubjectState,
    Transition,
    UnknownEvent,
    UnreadableRecord,
    When,
)
from govledger.cli import extensions as discovery
from govledger.cli import main
from govledger.fields import (
    PERSONAL,
    REFERENCE,
    count,
    meeting,
    motion,
    personal,
    subject_name,
    when,
)
from govledger.history import replay
from govledger.integrity.note import signing_key
from govledger.integrity.checkpoint import sign_checkpoint
from govledger.interchange import jsonl
from govledger.interchange.importing import import_file
from govledger.register import register
from govledger.rules import Stays
from govledger.vocabulary import Vocabulary
from govledger.when import view_instant

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "how-to" / "extend.md").read_text("utf-8")


def blocks(language):
    """The fenced blocks of the page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


MODULE, *PROGRAMS = (block for block in blocks("python") if "def test_" not in block)
(TESTS,) = (block for block in blocks("python") if "def test_" in block)
(PROJECT,) = blocks("toml")
(SESSION,) = blocks("console")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Where the package of the page is installed, by pip, from its two files."""
    folder = tmp_path_factory.mktemp("budget")
    (folder / "budget.py").write_text(MODULE, "utf-8")
    (folder / "pyproject.toml").write_text(PROJECT, "utf-8")
    site = tmp_path_factory.mktemp("site")
    options = "--quiet --no-index --no-deps --no-build-isolation --no-compile --target".split()
    command = [sys.executable, "-m", "pip", "install", *options, str(site), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return site


@pytest.fixture
def budget(site, monkeypatch):
    """The module, as whoever installed it imports it."""
    monkeypatch.syspath_prepend(str(site))
    return import_module("budget")


def govledger(words, folder, site=None):
    """Run a command in a process of its own, with what is installed in a place."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "120"}
    environment.pop("GOVLEDGER_LEDGER", None)
    if site is not None:
        environment["PYTHONPATH"] = str(site)
    return subprocess.run(
        f"{sys.executable} -m govledger {words}",
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


# --- the page ---------------------------------------------------------------------------


def test_it_is_about_sixty_lines():
    assert len([line for line in MODULE.splitlines() if line.strip()]) <= 70


def test_the_programs_of_the_page_run(site, tmp_path):
    whole = "from budget import *\nfrom budget import Status\n" + "\n".join(PROGRAMS)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", whole],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_tests_of_the_page_run(site, pytester, monkeypatch, server):
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.setenv("PYTEST_ADDOPTS", f"-W error --govledger-postgres={server.url()}")
    pytester.makepyfile(test_budget=TESTS)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=5)


def test_the_session_of_the_page_runs(site, tmp_path):
    for command in re.split(r"^\$ govledger ", SESSION, flags=re.MULTILINE)[1:]:
        words, _, shown = command.partition("\n")
        done = govledger(words, tmp_path, site)
        if shown.strip():
            assert (done.stdout + done.stderr).strip() == shown.strip()
        else:
            assert done.returncode == 0, done.stderr
    log = govledger("-l shop.db log --format jsonl", tmp_path, site).stdout.splitlines()
    assert [json.loads(line)["type"] for line in log] == [
        *("ledger.opened", "ledger.extended", "budget.proposed", "budget.approved")
    ]
    without = govledger("-l shop.db show budget/bikes --format json", tmp_path)
    assert json.loads(without.stdout)["state"]["status"] == "approved"
    assert "budget@1, not installed here" in without.stderr
    verified = govledger("-l shop.db verify", tmp_path)
    assert verified.returncode == 0
    assert "self-consistent, without budget@1" in verified.stdout
    refused = govledger("-l shop.db record motion.submitted m --on 2024 --set title=M", tmp_path)
    assert refused.returncode == 1
    assert "error[missing-extension]" in refused.stderr


class Clock:
    """A minute later at every call."""

    now = datetime(2024, 1, 1, tzinfo=UTC)

    def __call__(self):
        self.now += timedelta(minutes=1)
        return self.now


MOTION = MotionSubmitted("bins", title="bins", on="2024-01-10")
ADOPTED = MotionAdopted("bins", on="2024-02-10")
GRANT = GrantGiven("park", motion="bins", holder="A. Aarts", on="2024-03-01")
PAID = GrantPaid("park", instalments=[{"amount": 5, "on": "2024-03"}], on="2024-03-02")


def found(ledger, *when):
    return [(finding.code, finding.position) for finding in ledger.findings(*when)]


def rebuilt(ledger):
    """Check that all that is derived is what the log gives."""
    report = ledger.verify()
    assert report, str(report)
    assert "without" not in str(report).splitlines()[-1]
    return True


# --- what is kept -----------------------------------------------------------------------


def test_states_and_events_come_back(new_ledger):
    ledger = new_ledger(clock=Clock(), extensions=[GRANTS])
    ledger.record(MOTION, ADOPTED, GRANT, PAID, breaches="flag")
    assert [record.event for record in ledger.log(after=2)] == [MOTION, ADOPTED, GRANT, PAID]
    state = ledger.as_of("2024-12-31").of(Grant)["park"]
    paid = Instalment(amount=5, on="2024-03")
    assert state == Grant(
        **{"subject": "grant/park", "since": "2024-03-02", "status": "paid", "paid": (paid,)},
        **{"motion": "motion/bins", "holder": "A. Aarts", "last": When("2024-03-02")},
    )
    assert ledger.as_of("2024-12-31").describe("grant/park") == {
        **{"id": "grant/park", "status": "paid", "motion": "motion/bins", "holder": "A. Aarts"},
        **{"last": "2024-03-02", "paid": [{"amount": 5, "on": "2024-03"}], "since": "2024-03-02"},
        "findings": [],
    }
    assert {state.subject for state in ledger.replay("2024-12-31")} == {"grant/park", "motion/bins"}
    assert [change.subject for change in ledger.diff("2024-02-28", "2024-03-01")] == ["grant/park"]
    assert [reason.decides for reason in ledger.why("grant/park", "2024-12-31").reasons] == [
        False,
        True,
    ]
    assert ledger.as_of("2024-12-31", status="paid").subjects() == ("grant/park",)
    assert ledger.as_of("2024-12-31", kind="grant", limit=1).subjects() == ("grant/park",)
    assert ledger.subjects("park") == ("grant/park",)
    assert rebuilt(ledger)
    ledger.rebuild()
    assert rebuilt(ledger)


def test_a_late_decision_mends_what_rested_on_it(new_ledger):
    ledger = new_ledger(clock=Clock(), extensions=[GRANTS])
    ledger.record(attrs.evolve(MOTION, title="Bins"))
    with pytest.raises(RuleBreach) as refused:
        ledger.record(GRANT)
    assert [problem.code for problem in refused.value.problems] == ["grant-without-decision"]
    ledger.record(GRANT, breaches="flag")
    before = ledger.head()
    ledger.record(ADOPTED)  # which happened before
    assert found(ledger, "2024-12-31", before) == [("grant-without-decision", 4)]
    assert found(ledger, "2024-12-31") == []
    assert rebuilt(ledger)


def test_an_extension_that_comes_later_judges_what_is_there(new_ledger, tmp_path):
    ledger = new_ledger(clock=Clock())
    ledger.record(MOTION, ADOPTED)
    ledger.copy_to(tmp_path / "copy.db")
    with Ledger.open(tmp_path / "copy.db", extensions=[GRANTS]) as later:
        assert later.findings("2024-12-31") == ()  # nothing was written with it yet
        later.record(MeetingConvened("alv", title="ALV", on="2024-06-01"))
        assert [record.type for record in later.log(after=3)] == [
            "ledger.extended",
            "meeting.convened",
        ]
        assert found(later, "2024-12-31") == [("small-title", 3)]
        assert found(later, "2024-12-31", 3) == []  # as it was known before
        assert rebuilt(later)
        later.rebuild()
        assert found(later, "2024-12-31", 3) == []


def test_a_new_version_takes_over(tmp_path):
    path = tmp_path / "club.db"
    with Ledger.open(path, clock=Clock(), extensions=[GRANTS]) as ledger:
        ledger.record(MOTION)
        assert found(ledger, "2024-12-31") == []
    with Ledger.open(path, extensions=[GRANTS, STRICTER]) as ledger:
        ledger.record(ADOPTED, breaches="flag")
        assert [record.type for record in ledger.log(after=3)] == [
            "ledger.extended",
            "motion.adopted",
        ]
        assert found(ledger, "2024-12-31") == [("costed", 3), ("small-title", 5)]
        assert found(ledger, "2024-12-31", 3) == []
        assert rebuilt(ledger)
    with Ledger.open(path, extensions=[STRICTER]) as ledger:  # the old rules were thrown away
        assert ledger.missing == ()
        ledger.record(GRANT)
        assert str(ledger.verify()).endswith("self-consistent, without grants@1")
    with Ledger.open(path, extensions=[GRANTS]) as ledger:
        assert ledger.missing == ("grants@2",)
        with pytest.raises(UnreadableRecord):
            ledger.record(PAID)
    with Ledger.open(path, extensions=[GRANTS, STRICTER]) as ledger:
        assert rebuilt(ledger)


@frozen(kw_only=True, slots=False)
class GrantNoted(GrantEvent):
    """Something was written down about it; it stays what it is."""

    type = "grant.noted"


def granted_or_noted(state, event):
    blank = Grant(subject=event.subject, since=event.on)
    return state or blank if isinstance(event, GrantNoted) else granted(state, event)


NOTING = attrs.evolve(
    GRANTS,
    events=(*GRANTS.events, GrantNoted),
    subjects=(Subject(kind="grant", state=Grant, evolve=granted_or_noted),),
    transitions=(
        *GRANTS.transitions,
        Transition(GrantNoted, Axis.STATUS, ("given", "paid"), Stays.SAME),
    ),
)


def test_what_comes_too_soon_is_said_of_that_alone(new_ledger):
    ledger = new_ledger(clock=Clock(), extensions=[NOTING])
    ledger.record(attrs.evolve(MOTION, title="Bins"), ADOPTED, GRANT)
    with pytest.raises(RuleBreach) as refused:
        ledger.record(GrantNoted("park", on="2024-02-11"))
    assert [(p.code, p.position) for p in refused.value.problems] == [("not-on-record", 6)]


def test_a_refused_call_leaves_no_trace(new_ledger):
    ledger = new_ledger(extensions=[GRANTS])
    with pytest.raises(RuleBreach) as refused:
        ledger.record(ADOPTED)
    assert refused.value.head == 2  # where the call would have begun
    assert ledger.head() == 1
    first = ledger.record(MOTION, key="mail-1")
    assert [record.position for record in first] == [3]
    assert ledger.record(MOTION, key="mail-1") == first
    assert ledger.recorded_under("mail-1") == range(3, 4)


def test_batches_and_threads_write_it_once(new_ledger):
    ledger = new_ledger(extensions=[GRANTS])
    with pytest.raises(ExceptionGroup), ledger.batch() as batch:
        batch.record(ADOPTED)
        batch.record(MOTION)
        batch.record(MeetingConvened("alv", title="ALV", on="2024-06-01"))
    threads = [
        Thread(target=ledger.record, args=[MeetingConvened(f"m-{n}", title="M", on="2024")])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    types = [record.type for record in ledger.log()]
    assert types.count("ledger.extended") == 1
    assert len(types) == 2 + 2 + 8
    assert rebuilt(ledger)


def test_personal_texts_are_sealed_and_erased(new_ledger):
    ledger = new_ledger(clock=Clock(), extensions=[GRANTS])
    ledger.record(attrs.evolve(MOTION, title="Bins"), ADOPTED, GRANT)
    assert b"Aarts" not in b"".join(entry.body for entry in ledger.entries())
    assert ledger.as_of("2024-12-31").of(Grant)["park"].holder == "A. Aarts"
    ledger.erase("grant/park", basis="GDPR art. 17(1)(a)")
    assert isinstance(ledger.as_of("2024-12-31").of(Grant)["park"].holder, Sealed)
    assert ledger.as_of("2024-12-31").describe("grant/park")["holder"] + "" == "[erased]"
    assert rebuilt(ledger)


MOTIONS = st.sampled_from(["a", "b"])
DAYS = st.integers(1, 28).map("2024-02-{:02}".format)
EVENTS = st.one_of(
    st.builds(lambda m, on: MotionSubmitted(m, title="Title", on=on), MOTIONS, DAYS),
    st.builds(lambda m, on: MotionSubmitted(m, title="title", on=on), MOTIONS, DAYS),
    st.builds(lambda m, on: MotionAdopted(m, on=on), MOTIONS, DAYS),
    st.builds(lambda m, on: MotionCosted(m, amount=3, on=on), MOTIONS, DAYS),
    st.builds(lambda m, on: GrantGiven("g", motion=m, holder="A", on=on), MOTIONS, DAYS),
    st.builds(lambda on: GrantPaid("g", instalments=[], on=on), DAYS),
    st.integers(2, 12),
)


@settings(
    max_examples=int(os.environ.get("GOVLEDGER_TEST_PROFILE") == "thorough") * 940 + 60,
    deadline=None,
)
@given(st.lists(EVENTS, min_size=1, max_size=14), st.integers(0, 6), st.integers(0, 99))
def test_any_history_is_what_a_replay_gives(steps, since, seed):
    """Spans, findings and registers equal the definition, on any day, as known at any position."""
    clock = Clock()
    with Ledger.in_memory(clock=clock) as plain:
        recorded(
            plain,
            [s for s in steps[:since] if isinstance(s, int | MotionSubmitted | MotionAdopted)],
        )
        ledger = Ledger(plain._store, clock)
        ledger._store.vocabulary = Vocabulary((GRANTS,))  # as if it were opened again
        recorded(ledger, steps[since:])
        records = list(ledger.log())
        chance = random.Random(seed)
        for known in {len(records), *chance.choices(range(1, len(records) + 1), k=3)}:
            for day in ("2024-02-14", "2024-12-31"):
                instant = view_instant(day, ledger.zone)
                there = [r for r in records if r.position <= known]
                told = replay(there, ledger.zone, instant, ledger.vocabulary)
                defined = register(
                    told.states,
                    as_of=instant,
                    known_at=known,
                    zone=ledger.zone,
                    vocabulary=ledger.vocabulary,
                )
                kept = ledger.as_of(day, known)
                assert dict(kept.states) == dict(defined.states)
                codes = sorted((f.code, f.position) for f in kept.judged)
                assert codes == sorted((f.code, f.position) for f in told.findings)
        assert ledger.verify(), str(ledger.verify())


def recorded(ledger, steps):
    """Record events, flagged; numbers retract the record there, where that can be."""
    for step in steps:
        try:
            if isinstance(step, int):
                ledger.retract(step, reason="wrong", on="2024-03-01", breaches="flag")
            else:
                ledger.record(step, breaches="flag")
        except RuleBreach:
            pass


# --- an event type changes --------------------------------------------------------------


def in_cents(fields):
    """Version 2 of grant.paid, from version 1, which counted in euros."""
    paid = [{**each, "amount": 100 * each["amount"]} for each in fields["instalments"]]
    return {**fields, "instalments": paid}


@frozen(kw_only=True, slots=False)
class GrantPaidInCents(GrantEvent):
    type = "grant.paid"
    upcasters = (in_cents,)
    instalments: tuple[Instalment, ...] = field(converter=instalments)


def granted_in_cents(state, event):
    if isinstance(event, GrantPaidInCents):
        now = state or Grant(subject=event.subject, since=event.on)
        return attrs.evolve(now, status="paid", last=event.on, paid=(*now.paid, *event.instalments))
    return granted(state, event)


IN_CENTS = Extension(
    name="grants@1",
    events=(GrantGiven, GrantPaidInCents, MotionCosted),
    subjects=(Subject(kind="grant", state=Grant, evolve=granted_in_cents),),
    rules=GRANTS.rules,
)


def test_old_records_are_read_in_their_new_version(tmp_path):
    path = tmp_path / "club.db"
    with Ledger.open(path, clock=Clock(), extensions=[GRANTS]) as ledger:
        ledger.record(attrs.evolve(MOTION, title="Bins"), ADOPTED, GRANT, PAID)
        before, root = list(ledger.entries()), ledger.checkpoint().root
    with Ledger.open(path, extensions=[IN_CENTS]) as ledger:
        (paid,) = ledger.log(after=5)
        assert paid.event.instalments == (Instalment(amount=500, on="2024-03"),)
        assert not ledger.verify()  # what is derived still counts in euros
        ledger.rebuild()
        assert rebuilt(ledger)
        assert ledger.as_of("2024-12-31").of(Grant)["park"].paid[0].amount == 500
        assert (list(ledger.entries()), ledger.checkpoint().root) == (before, root)
        ledger.record(
            GrantPaidInCents("park", instalments=[{"amount": 7, "on": "2024"}], on="2024-04")
        )
        assert [entry.type for entry in ledger.entries(5)] == ["grant.paid@1", "grant.paid@2"]
        assert rebuilt(ledger)


def test_lines_of_an_older_version_say_so(tmp_path):
    lines = tmp_path / "club.jsonl"
    with Ledger.in_memory(clock=Clock(), extensions=[GRANTS]) as ledger:
        ledger.record(attrs.evolve(MOTION, title="Bins"), ADOPTED, GRANT, PAID)
        with lines.open("wb") as stream:
            jsonl.write(ledger.log(), stream)
    lines.write_bytes(lines.read_bytes().replace(b'"grant.paid"', b'"grant.paid@1"'))
    with Ledger.in_memory(extensions=[IN_CENTS]) as ledger:
        import_file(ledger, lines)
        assert ledger.as_of("2024-12-31").of(Grant)["park"].paid[0].amount == 500
    for wrong in (b"@9", b"@0", b"@one", b"@", b"@" + b"1" * 5000):
        other = tmp_path / "other.jsonl"
        other.write_bytes(lines.read_bytes().replace(b"paid@1", b"paid" + wrong))
        with Ledger.in_memory(extensions=[IN_CENTS]) as ledger, pytest.raises(InvalidInput) as no:
            import_file(ledger, other)
        assert "unknown-version" in {problem.code for problem in no.value.problems}


# --- without it -------------------------------------------------------------------------


@pytest.fixture
def kept(new_ledger, where, request, tmp_path):
    """A ledger that is kept with an extension, opened without it."""
    ledger = new_ledger(clock=Clock(), extensions=[GRANTS])
    ledger.record(attrs.evolve(MOTION, title="Bins"), ADOPTED, GRANT, PAID)
    ledger.record(StatementMade("why", by="Board", regarding=["grant/park"], on="2024-03-03"))
    ledger.record(MotionCosted("bins", amount=900, on="2024-03-04"))
    ledger._store.vocabulary = Vocabulary()
    return Ledger(ledger._store, ledger._clock)


def test_it_shows_what_it_can(kept):
    assert kept.missing == ("grants@1",)
    there = kept.as_of("2024-12-31")
    assert there.motions["bins"].status == "adopted"
    unknown = there.unknown["grant/park"]
    assert (unknown.status, unknown.since) == ("paid", When("2024-03-02"))
    assert there.describe("grant/park")["motion"] == "motion/bins"
    assert "grant/park" in there.subjects()
    assert found(kept, "2024-12-31") == [("costed", 8)]
    events = [record.event for record in kept.log(subject="grant/park")]
    assert [type(event) for event in events] == [UnknownEvent, UnknownEvent]
    assert events[0].type == "grant.given"
    assert events[1].data == {"instalments": [{"amount": 5, "on": "2024-03"}]}
    assert [record.type for record in kept.follow(timeout=0)][-1] == "motion.costed"
    assert [r.record.type for r in kept.why("grant/park", "2024-12-31").reasons] == [
        "grant.given",
        "grant.paid",
    ]
    assert [r.record.type for r in kept.why("motion/bins", "2024-12-31").reasons][
        -1
    ] == "motion.costed"
    assert kept.as_of("2024-12-31", kind="grant").subjects() == ("grant/park",)
    assert kept.as_of("2024-12-31", status="paid").subjects() == ("grant/park",)
    assert [state.subject for state in kept.replay("2024-12-31")] == [
        "motion/bins",
        "statement/why",
    ]
    assert kept.diff("2024-02-28", "2024-03-31")
    with pytest.raises(InvalidInput):
        Ledger.in_memory().as_of(kind="grant")


def test_it_verifies_and_says_how_far(kept):
    report = kept.verify()
    assert report
    assert report.remark == "without grants@1"
    skipped = {check.name for check in report.checks if check.outcome == "SKIP"}
    assert skipped == {"types", "personal data", "derived data", "checkpoint"}
    key = signing_key(kept.origin, bytes(32))
    note = sign_checkpoint(kept.checkpoint(), key)
    assert str(kept.verify(checkpoints=[note])).endswith(
        "extends your checkpoint, without grants@1"
    )
    assert kept.prove(5, note)


def test_an_alteration_is_found_without_it(tmp_path):
    path = tmp_path / "club.db"
    with Ledger.open(path, extensions=[GRANTS]) as ledger:
        ledger.record(MOTION, GRANT, PAID, breaches="flag")
    import sqlite3

    connection = sqlite3.connect(path)
    for (trigger,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(
        "UPDATE records SET state = CAST(replace(CAST(state AS TEXT), '2024-03-02', '2024-03-03') AS BLOB) WHERE position = 5"
    )
    connection.commit()
    connection.close()
    with Ledger.open(path) as ledger:
        report = ledger.verify()
        assert not report
        assert "altered" in str(report)


def test_nothing_is_written_without_it(kept, tmp_path):
    head = kept.head()
    later = MeetingConvened("alv", title="ALV", on="2024-06-01")
    for write in (
        lambda: kept.record(later),
        lambda: kept.retract(4, reason="wrong"),
        lambda: kept.erase(name="A. Aarts", basis="GDPR art. 17(1)(a)"),
        kept.rebuild,
        lambda: kept.copy_to(tmp_path / "copy.db"),
    ):
        with pytest.raises(UnreadableRecord) as refused:
            write()
        assert refused.value.problems[0].code in ("missing-extension", "unknown-record-type")
    assert kept.head() == head
    with pytest.raises(InvalidInput):
        kept.record(next(kept.log(after=4, upto=5)).event)


def test_exported_lines_come_in_again(kept, tmp_path):
    lines = tmp_path / "club.jsonl"
    with lines.open("wb") as stream:
        jsonl.write(kept.log(), stream)
    with Ledger.in_memory(extensions=[GRANTS]) as ledger:
        import_file(ledger, lines)
        assert ledger.as_of("2024-12-31").of(Grant)["park"].status == "paid"
        assert rebuilt(ledger)
    with Ledger.in_memory() as ledger, pytest.raises(InvalidInput) as refused:
        import_file(ledger, lines)
    assert {problem.code for problem in refused.value.problems} == {"unknown-type", "unknown-kind"}


# --- what an extension may not be -------------------------------------------------------


WRONG = {
    "not-a-version": {"name": "grants"},
    "twice": {"events": (GrantGiven, GrantGiven)},
    "not-a-type": {"events": (Ours,)},
    "unknown-kind": {
        "events": (
            attrs.make_class(
                "Odd",
                {},
                bases=(Event,),
                frozen=True,
                slots=False,
                class_body={"type": "odd.one", "kind": "odd"},
            ),
        )
    },
    "not-plain": {"events": (Slotted,)},
    "no-converter": {"events": (Careless,)},
    "unfit-field": {"subjects": (SHARE,)},
    "unknown-annotation": {"subjects": (UNREADABLE,)},
    "half-personal": {
        "events": (Known,),
        "subjects": (Subject(kind="guest", state=Grant, evolve=granted),),
    },
    "no-transition": {
        "subjects": GRANTS.subjects,
        "events": (*GRANTS.events, Mentioned),
        "transitions": GRANTS.transitions,
    },
    "no-status": {
        "subjects": (Subject(kind="grant", state=SubjectState, evolve=granted),),
        "events": GRANTS.events,
        "transitions": GRANTS.transitions,
    },
    "not-a-kind": {"subjects": (Subject(kind="motion", state=Grant, evolve=granted),)},
    "foreign-transition": {"transitions": (Transition(MotionAdopted, Axis.STATUS, (None,), "x"),)},
    "rule-of-nothing": {"rules": {Slotted: rests}},
    "unknown-language": {"labels": {"de": {"paid": "bezahlt"}}},
}


@pytest.mark.parametrize("code", WRONG)
def test_what_is_wrong_with_an_extension_is_said(code):
    arguments = {"name": "grants@1", "subjects": GRANTS.subjects, **WRONG[code]}
    with pytest.raises(InvalidInput) as refused:
        Extension(**arguments)
    assert [problem.code for problem in refused.value.problems] == [code]
    assert all(problem.hint for problem in refused.value.problems)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InvalidInput) as refused:
        Extension(
            name="grants@1", events=(Careless, Ours), labels={"de": {}}, subjects=GRANTS.subjects
        )
    assert {p.code for p in refused.value.problems} == {
        "no-converter",
        "not-a-type",
        "unknown-language",
    }


def test_two_extensions_claim_no_name_twice():
    other = attrs.evolve(
        GRANTS,
        name="gifts@1",
        subjects=(Subject(kind="grant", state=Grant, evolve=granted, plural="gifts"),),
    )
    with pytest.raises(InvalidInput) as refused:
        Ledger.in_memory(extensions=[GRANTS, other])
    assert {problem.code for problem in refused.value.problems} == {"name-clash"}
    listed = Extension(name="odd@1", projections=(Projection(name="motions", of=len),))
    with pytest.raises(InvalidInput):
        Ledger.in_memory(extensions=[listed])


def test_a_rule_sees_only_what_the_event_names():
    with Ledger.in_memory(extensions=[NOSY]) as ledger, pytest.raises(InvalidInput) as refused:
        ledger.record(MOTION)
    assert refused.value.problems[0].code == "unnamed-subject"


def test_kinds_are_known_or_refused():
    with Ledger.in_memory(extensions=[GRANTS]) as ledger:
        for event, code in (
            (StatementMade("s", by="B", regarding=["grnt/park"], on="2024"), "unknown-kind"),
            (RecordRetracted("grnt/park", position=1, reason="r", on="2024"), "unknown-kind"),
        ):
            with pytest.raises(InvalidInput) as refused:
                ledger.record(event)
            (problem,) = refused.value.problems
            assert (problem.code, problem.hint) == (code, 'did you mean "grant"?')


def test_a_profile_of_an_extension_is_offered():
    strict = Profile(name="club@1", title="a club")
    with pytest.raises(InvalidInput):
        Ledger.in_memory(profile="club@1")
    club = Extension(name="club@1", profiles=(strict,))
    with Ledger.in_memory(profile="club@1", extensions=[club]) as ledger:
        assert ledger.profile == strict


# --- found by the command line ----------------------------------------------------------


@pytest.fixture
def points(monkeypatch):
    """Let there be these entry points, and no others."""

    def install(**found):
        points = [EntryPoint(name, value, discovery.GROUP) for name, value in found.items()]
        monkeypatch.setattr(discovery, "_installed", lambda: points)
        discovery.vocabulary.cache_clear()

    yield install
    discovery.vocabulary.cache_clear()


def test_what_is_installed_is_found(points):
    points(grants="own_extension:GRANTS", both="test_extension:BOTH")
    assert [one.name for one in discovery.vocabulary().extensions] == [
        "grants@1",
        "plain@1",
        "plain@2",
    ]


BOTH = (Extension(name="plain@1"), Extension(name="plain@2"))


def test_what_is_broken_is_left_out_and_said(points, capsys):
    points(gone="no_such_module:X", odd="test_extension:ROOT", ok="test_extension:BOTH")
    assert [one.name for one in discovery.vocabulary().extensions] == ["plain@1", "plain@2"]
    said = capsys.readouterr().err
    assert "the extension gone (no_such_module:X) is left out: ModuleNotFoundError" in said
    assert "the extension odd (test_extension:ROOT) is left out: TypeError" in said


def test_names_are_not_disclosed_by_half(tmp_path, monkeypatch):
    path = str(tmp_path / "club.db")
    with Ledger.open(path, clock=Clock(), extensions=[GRANTS]) as ledger:
        ledger.record(MOTION, GRANT, breaches="flag")
    monkeypatch.setattr(discovery, "_installed", list)
    discovery.vocabulary.cache_clear()
    for words in (["export", "--disclose"], ["follow", "--disclose", "--timeout", "0"]):
        result = CliRunner().invoke(main, ["-l", path, *words])
        assert result.exit_code == 1
        assert "error[missing-extension]" in result.output
        assert '"position"' not in result.output
    discovery.vocabulary.cache_clear()
