"""The kit for tests of embedders: what passes, what fails and how that reads, and the plugin.

The plugin is tried on test-suites of its own, each in another process.
"""

import itertools
import random
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path

import attrs
import pytest
import pytest_govledger
from hypothesis import HealthCheck, given as examples, settings
from hypothesis import strategies as st
from own_extension import (
    GRANTS,
    STRICTER,
    Grant,
    GrantEvent,
    GrantGiven,
    GrantPaid,
    Instalment,
    granted,
)
from test_extension import MODULE

import govledger as g
import govledger.testing
from govledger.errors import ClockError, InvalidInput, invalid
from govledger.testing import (
    FixedClock,
    OldBody,
    a_blockade,
    a_completed_motion,
    a_held_over_motion,
    a_mandate,
    a_meeting,
    a_motion,
    a_proposal,
    a_rejected_motion,
    an_adopted_motion,
    check_extension,
    given,
    several,
    stores,
    strategies,
)
from govledger.testing import histories as random_histories

FACTORIES = (
    a_blockade,
    a_completed_motion,
    a_held_over_motion,
    a_mandate,
    a_meeting,
    a_motion,
    a_proposal,
    a_rejected_motion,
    an_adopted_motion,
)

# --- the clock --------------------------------------------------------------------------


def test_a_clock_stands_still_until_it_is_moved():
    clock = FixedClock()
    assert clock() == clock() == datetime(2024, 1, 1, tzinfo=UTC)
    assert clock.advance(days=1, hours=2, minutes=3, seconds=4, microseconds=5) is clock
    assert clock() == datetime(2024, 1, 2, 2, 3, 4, 5, tzinfo=UTC)
    assert clock.at("2024-06-30T14:30+02:00")() == datetime(2024, 6, 30, 12, 30, tzinfo=UTC)
    assert clock.at(clock())() == clock()
    assert clock()  # aware: a ledger refuses others
    assert repr(clock) == 'FixedClock("2024-06-30T12:30:00+00:00")'
    assert eval(repr(clock))() == clock()


@pytest.mark.parametrize("day", ["2018-11-30", date(2018, 11, 30), g.When("2018-11-30")])
def test_a_day_begins_in_the_zone_of_the_clock(day):
    assert FixedClock(day)() == datetime(2018, 11, 30, tzinfo=UTC)
    assert FixedClock(day, zone="Europe/Amsterdam")() == datetime(2018, 11, 29, 23, tzinfo=UTC)


@pytest.mark.parametrize("move", [{"days": -1}, {"microseconds": -1}])
def test_a_clock_never_goes_back(move):
    clock = FixedClock("2018-11-30")
    with pytest.raises(ClockError, match="never runs back") as refused:
        clock.advance(**move)
    assert [problem.code for problem in refused.value.problems] == ["clock-ran-back"]
    with pytest.raises(ClockError, match="told to go back to 2018-11-29"):
        clock.at("2018-11-29")
    assert clock() == datetime(2018, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("moment", ["2018-11", "2018", "../2018-11-30"])
def test_a_clock_shows_a_single_moment(moment):
    with pytest.raises(InvalidInput, match="names no single moment"):
        FixedClock(moment)
    with pytest.raises(InvalidInput, match="has no UTC offset"):
        FixedClock(datetime(2018, 11, 30))


# --- given, when, then ------------------------------------------------------------------

ADOPTION = g.MotionAdopted("bins", meeting="agm", on="2024-03-14")
STORY = given(a_meeting("agm", on="2024-03-01"), a_motion("bins", meeting="agm")).when(ADOPTION)
EARLY = given(a_motion("bins")).when(g.MotionCompleted("bins", on="2024-03-15"))
FLAGGED = given(a_motion("bins")).when(g.MotionCompleted("bins", on="2024-03-15"), breaches="flag")


def test_what_holds_passes():
    (
        STORY.then({"motion/bins": "adopted", "meeting/agm": "on-record", "motion/x": None})
        .then({"motion/bins": None, "meeting/agm": "on-record"}, as_of="2024-03-13")
        .then({"motion/bins": "submitted"}, known_at=3)
        .then_state("motion/bins", decided_on="2024-03-14", movers=[], status=g.Status.ADOPTED)
        .then_records(ADOPTION)
        .then_records("motion.adopted")
        .then_found()
        .then_unchanged("meeting/agm")
        .then_unchanged(as_of="2024-03-13")
    )
    EARLY.then_refused("not-adopted").then_unchanged()
    FLAGGED.then_found("not-adopted").then_found(as_of="2024-03-14")
    assert STORY.ask(lambda ledger: ledger.head()) == 4
    assert repr(STORY) == "<Story: given 2 events, when 1 event>"


def test_a_story_is_a_value_that_each_call_adds_to():
    both = STORY.when(g.MotionCompleted("bins", on="2024-04-01"))
    both.then({"motion/bins": "completed"})
    STORY.then({"motion/bins": "adopted"})
    assert STORY == attrs.evolve(STORY)


def test_what_was_refused_as_expected_does_not_end_a_story():
    EARLY.then_refused("not-adopted").when(g.MotionAdopted("bins", on="2024-03-15")).then(
        {"motion/bins": "adopted"}
    )
    with pytest.raises(AssertionError, match="it was refused"):
        EARLY.when(g.MotionAdopted("bins", on="2024-03-15")).then({"motion/bins": "adopted"})


def test_a_story_tells_when_things_were_recorded():
    late = given(a_motion("bins"), at="2024-04-01").when(
        g.MotionRejected("bins", on="2024-03-14"), at="2024-05-01T10:00Z"
    )
    late.then({"motion/bins": "rejected"}).then({"motion/bins": "submitted"}, known_at="2024-04-30")
    (record,) = late.ask(lambda ledger: list(ledger.log(after=2)))
    assert record.recorded_at == datetime(2024, 5, 1, 10, tzinfo=UTC)
    with pytest.raises(ClockError):
        late.when(ADOPTION, at="2024-04-01").then()


def test_a_story_has_a_profile_and_a_time_zone():
    story = given(a_held_over_motion("bins"), profile="vng@1", timezone="Europe/Amsterdam")
    assert story.ask(lambda ledger: (ledger.profile.name, ledger.zone.key)) == (
        "vng@1",
        "Europe/Amsterdam",
    )
    with pytest.raises(AssertionError, match="record motion.vote-deferred"):
        given(a_held_over_motion("bins"), profile="parliament@1").then()


def test_a_key_is_that_of_the_call():
    told = given().when(ADOPTION, key="mail-1", breaches="flag")
    told.when(ADOPTION, key="mail-1").then_records(ADOPTION).then_unchanged()
    other = g.MotionAdopted("bins", on="2024-03-15")
    told.when(other, key="mail-1").then_refused("key-conflict")


def test_nothing_need_be_given():
    given().then().then_records().then_found()
    given().when().then_refused("no-events")


MADE = given(a_proposal("p"), a_mandate("bins.1", due="2024-06-01")).when(
    g.MandateProgressed("bins.1", on="2024-04-01", note="a letter was sent")
)
FAILING = {
    "status": lambda: STORY.then({"motion/bins": "rejected", "motion/bin": "adopted"}),
    "status on a day": lambda: STORY.then({"motion/bins": "adopted"}, as_of="2024-03-01"),
    "status known at": lambda: STORY.then({"motion/bins": "adopted"}, known_at=3),
    "recorded": lambda: EARLY.then({"motion/bins": "completed"}),
    "state": lambda: STORY.then_state("motion/bins", title="Big bins", decided_on="2024-03-13"),
    "state of nothing": lambda: STORY.then_state("motion/bin", title="Bins"),
    "no such field": lambda: STORY.then_state("motion/bins", titel="Bins"),
    "described": lambda: MADE.then_state("mandate/bins.1", as_of="2024-09-01", deadline="due"),
    "refused": lambda: STORY.then_refused("not-adopted"),
    "refused otherwise": lambda: EARLY.then_refused("not-on-record"),
    "refused for more": lambda: EARLY.then_refused("not-adopted", "not-adopted"),
    "found": lambda: FLAGGED.then_found(),
    "found nothing": lambda: STORY.then_found("overdue"),
    "found otherwise": lambda: MADE.then_found("overdue", as_of="2024-09-01"),
    "records": lambda: STORY.then_records("motion.rejected"),
    "other records": lambda: STORY.then_records(g.MotionAdopted("bins", on="2024-03-14")),
    "more records": lambda: STORY.then_records(ADOPTION, "motion.completed"),
    "unchanged": lambda: STORY.then_unchanged("motion/bins"),
    "all unchanged": lambda: given().when(a_meeting("agm")).then_unchanged(),
    "given": lambda: given(g.MotionAdopted("bins", on="2024-03-14")).when(ADOPTION).then(),
    "asked": lambda: EARLY.ask(lambda ledger: ledger.head()),
}


@pytest.mark.parametrize("name", FAILING)
def test_what_does_not_hold_fails(name):
    with pytest.raises(AssertionError):
        FAILING[name]()


def test_failures_teach(golden):
    told = []
    for name, fail in FAILING.items():
        with pytest.raises(AssertionError) as failed:
            fail()
        told.append(f"# {name}\n\n{failed.value}\n")
    golden("tests/golden/stories.txt", "\n".join(told))


# --- factories --------------------------------------------------------------------------


@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory.__name__)
def test_what_a_factory_gives_is_legal(factory):
    story = given(factory("bins.1"), factory("other"), several(factory, 3, on="2024-06-01"))
    story.then()
    assert story == given(factory("bins.1"), factory("other"), several(factory, 3, on="2024-06-01"))


def test_factories_take_the_fields_of_their_last_event():
    (_, adopted) = an_adopted_motion("bins", tally={"in_favour": 3, "against": 1})
    assert adopted.tally == g.Tally(in_favour=3, against=1)
    (motion,) = a_motion("bigger-bins", movers="Zoe")
    assert (motion.title, motion.movers) == ("Bigger bins", ("Zoe",))
    with pytest.raises(TypeError, match="colour"):
        a_motion("bins", colour="green")


def test_what_a_mandate_or_a_blockade_rests_on():
    assert [event.subject for event in a_mandate("bins.1", motion="bins")] == ["mandate/bins.1"]
    assert a_mandate("mandate/x")[0].subject == "motion/motion-x"
    assert [event.subject for event in a_blockade("stop", by="bins")] == ["blockade/stop"]
    given(an_adopted_motion("bins"), a_mandate("bins.1", motion="bins")).then_found()


def test_several_are_named_after_their_factory_or_as_told():
    assert [event.subject for event in several(an_adopted_motion, 2)] == [
        "motion/motion-1",
        "motion/motion-1",
        "motion/motion-2",
        "motion/motion-2",
    ]
    assert [event.subject for event in several(a_meeting, 2, "agm", on="2024-05-01")] == [
        "meeting/agm-1",
        "meeting/agm-2",
    ]
    assert several(a_meeting, 0) == ()


# --- strategies -------------------------------------------------------------------------

quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@examples(strategies.histories(max_size=6))
def test_legal_histories_are_accepted(history):
    with g.Ledger.in_memory() as ledger:
        for event in history:
            ledger.record(event)
        assert ledger.verify()


@quick
@examples(strategies.histories(max_size=6, legal=False))
def test_other_histories_can_be_flagged(history):
    with g.Ledger.in_memory() as ledger:
        for event in history:
            ledger.record(event, breaches="flag")
        assert ledger.verify()


@quick
@examples(strategies.events([g.MotionSubmitted], days=[date(2024, 2, 29)]))
def test_events_are_of_the_types_that_are_asked_for(event):
    assert type(event) is g.MotionSubmitted
    assert event.on.last in (date(2024, 2, 29), date(2024, 3, 1))


def test_histories_reach_far():
    """What is made up covers the vocabulary, lawfully where that is asked."""
    lawful, other = set(), set()
    for seed in range(60):
        pick = random.Random(seed).choice
        lawful |= {type(event) for event in random_histories.legal(pick, size=15)}
        other |= {type(event) for event in random_histories.arbitrary(pick, size=30)}
    assert other == set(random_histories.STANDARD)
    assert len(lawful) > 0.8 * len(random_histories.STANDARD)


def test_what_is_made_up_may_name_subjects_of_any_kind():
    made = random_histories.arbitrary(random.Random(1).choice, [g.MandateGiven], 3)
    assert {event.motion.partition("/")[0] for event in made} == {"motion"}
    assert random_histories.legal(random.Random(1).choice, [g.MandateGiven], 3) == []


def test_a_builder_makes_what_cannot_be_made_up():
    def build(pick, subject, on):
        return g.MotionForceExtended(subject, on=on, until={"kind": "exact", "when": "2030"})

    builders = {g.MotionForceExtended: build}
    made = random_histories.arbitrary(
        random.Random(1).choice, [g.MotionForceExtended], 3, builders=builders
    )
    assert {str(event.until) for event in made} == {"2030"}


def test_strategies_say_what_they_need():
    code = """
import sys
sys.modules["hypothesis"] = None
import govledger.testing
try:
    import govledger.testing.strategies
except ImportError as error:
    sys.exit(str(error))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == (
        "govledger.testing.strategies needs Hypothesis: pip install hypothesis"
    )


# --- extensions -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def budget(tmp_path_factory):
    """The module that docs/how-to/extend.md shows."""
    folder = tmp_path_factory.mktemp("budget")
    (folder / "budget.py").write_text(MODULE, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield import_module("budget")
    del sys.modules["budget"]


def test_extensions_of_ours_pass(budget):
    check_extension(budget.BUDGET, histories=3)
    examples = [
        GrantGiven("park", motion="bins", holder="A. Aarts", on="2018-03-01"),
        GrantPaid("park", instalments=[{"amount": 5, "on": "2018-03"}], on="2018-03-02"),
    ]
    check_extension(GRANTS, examples=examples, histories=3)
    check_extension(STRICTER, histories=1, seed=7)


def grants(evolve=granted, **fields):
    """The grants, with something else in its place."""
    subject = attrs.evolve(GRANTS.subjects[0], evolve=evolve)
    return attrs.evolve(GRANTS, **{"subjects": (subject,), **fields})


def partial(state, event):
    return attrs.evolve(state or granted(None, event), paid=(*state.paid,))


def nothing(state, event):
    return None


def counting(state, event, numbers=itertools.count()):
    return attrs.evolve(granted(state, event), paid=(Instalment(amount=next(numbers), on="2018"),))


def hasty(state, event):
    if state is not None:
        state.__dict__["holder"] += "!"
    return granted(None, event)


def stuck(state, event):
    return attrs.evolve(granted(state, event), status="given")


def shouting(state, event):
    after = granted(state, event)
    return attrs.evolve(after, holder=str(after.holder).upper())


def listing(state, event):
    after = granted(state, event)
    return attrs.evolve(after, paid=list(after.paid))


def moody(case, numbers=itertools.count()):
    if next(numbers) % 2:
        yield case.notice("odd", "who knows")


def failing(case):
    yield case.notice("early", case.state.title)


def asking(name, of, **fields):
    return grants(projections=(g.Projection(name=name, of=of, **fields),))


@attrs.frozen(kw_only=True, slots=False)
class GrantNamed(GrantEvent):
    type = "grant.named"
    names: tuple[str, ...] = attrs.field(converter=lambda names: (*names, "x"))


@attrs.frozen(kw_only=True, slots=False)
class GrantListed(GrantEvent):
    type = "grant.listed"
    names: tuple[str, ...] = attrs.field(converter=list)


WRONG = {
    "every event may follow every state": grants(partial),
    "expected  a Grant": grants(nothing),
    "depend on its two arguments alone": grants(counting),
    "leave the old one alone": grants(hasty),
    "its transition from given says so": grants(stuck),
    "states as of .*, by a replay.*\n(.*\n)*.*personal texts come sealed": grants(shouting),
    "tuples, not lists": grants(listing),
    "self-consistent": grants(rules={g.MotionSubmitted: moody}),
    "AttributeError: 'NoneType' object has no attribute 'title'": grants(
        rules={g.MotionAdopted: failing}
    ),
    "let `kinds` name": asking("both", lambda r: len(r.motions), kinds=("grant",)),
    "the same value each time": asking("dice", lambda r, n=itertools.count(): next(n)),
    "projection first as of 1900-01-01: .*\n\n.*\n.*IndexError": asking(
        "first", lambda r: list(r.of(Grant))[0]
    ),
    "let converters take what they gave": grants(
        events=(*GRANTS.events, GrantNamed), transitions=()
    ),
    "TypeError: unhashable type": grants(events=(*GRANTS.events, GrantListed), transitions=()),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_with_an_extension_is_found(message):
    with pytest.raises(AssertionError, match=message):
        check_extension(WRONG[message])


def account(value):
    if not value.startswith("NL"):
        raise invalid("not-an-account", f"{value} is no account here", "begin with NL")
    return value


@attrs.frozen(kw_only=True, slots=False)
class GrantMoved(GrantEvent):
    type = "grant.moved"
    account: str = attrs.field(converter=account)


def test_what_cannot_be_made_up_is_built():
    def build(pick, subject, on):
        return GrantMoved(subject, on=on, account=pick(["NL1", "NL2"]))

    def moving(state, event):
        return granted(state, event) or state or Grant(subject=event.subject, since=event.on)

    moved = grants(moving, events=(*GRANTS.events, GrantMoved), transitions=())
    with pytest.raises(InvalidInput, match="builders={GrantMoved: function"):
        check_extension(moved, histories=1)
    check_extension(moved, histories=1, builders={GrantMoved: build})


def test_old_bodies_are_read():
    event = g.MotionSubmitted("bins", title="Bins", on="2024-03-14")
    said = {"on": "2024-03-14", "data": {"title": "Bins"}}
    old = [OldBody(type="motion.submitted@1", said=said, reads_as=event)]
    check_extension(GRANTS, old=old, histories=0)
    for wrong, message in (
        ({"type": "motion.submitted@9"}, "not known here"),
        ({"said": {**said, "data": {"title": "Cans"}}}, 'title="Cans"'),
        ({"said": {"on": "2024-03-14"}}, "unreadable-record"),
    ):
        with pytest.raises(AssertionError, match=message):
            check_extension(GRANTS, old=[attrs.evolve(old[0], **wrong)], histories=0)


# --- the plugin -------------------------------------------------------------------------

LEDGER = """
from govledger import MotionSubmitted

def test_ledger(ledger, ledger_store):
    ledger.record(MotionSubmitted("bins", title="Bins", on="2024-03-01"))
    assert ledger.head() == 2
    kind = {"memory": "in memory", "file": ".db>", "postgres": "postgresql:"}
    assert kind[ledger_store] in repr(ledger)
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    """Runs a test-suite as an embedder would, in another process."""
    monkeypatch.delenv("GOVLEDGER_POSTGRES", raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:cacheprovider -W error -rs")

    def run(*arguments, **files):
        pytester.makepyfile(**files)
        return pytester.runpytest_subprocess(*arguments)

    return run


def left(server):
    """The ledgers of tests that are still on the server."""
    query = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^govledger_test_[0-9a-f]{32}$'"
    with server.connect() as connection:
        return {name for (name,) in connection.execute(query).fetchall()}


def test_a_ledger_on_a_server_is_dropped_even_after_an_error(server, tmp_path):
    before = left(server)
    with pytest.raises(ZeroDivisionError):
        with stores.new_ledger("postgres", folder=tmp_path, postgres=server.url()) as ledger:
            assert ledger.head() == 1
            assert len(left(server) - before) == 1
            raise ZeroDivisionError
    assert left(server) == before


def test_a_ledger_comes_in_memory_and_in_a_file(suite):
    suite("-v", test_a=LEDGER).assert_outcomes(passed=2)


@pytest.mark.parametrize("how", ["option", "environment", "configuration"])
def test_a_ledger_comes_on_a_server_that_is_configured(suite, how, server, monkeypatch, pytester):
    before, url = left(server), server.url()
    if how == "environment":
        monkeypatch.setenv("GOVLEDGER_POSTGRES", url)
    elif how == "configuration":
        pytester.makeini(f"[pytest]\ngovledger_postgres = {url}")
    options = [f"--govledger-postgres={url}"] if how == "option" else []
    suite(*options, test_a=LEDGER).assert_outcomes(passed=3)
    assert left(server) == before


def test_ledgers_of_tests_that_run_at_once_do_not_meet(suite, server):
    before = left(server)
    many = (
        LEDGER
        + "import pytest\n@pytest.mark.parametrize('n', range(4))\n"
        + (
            "def test_many(n, ledger, ledger_factory):\n"
            "    other = ledger_factory(name='another')\n"
            "    assert (ledger.head(), other.head()) == (1, 1)\n"
            "    assert n or other.name != 'another', 'it fails on purpose'\n"
        )
    )
    done = suite(f"--govledger-postgres={server.url()}", "-n2", test_a=many)
    done.assert_outcomes(passed=12, failed=3)
    done.stdout.fnmatch_lines(["*it fails on purpose*"])
    assert left(server) == before


def test_stores_are_chosen(suite, pytester):
    pytester.makeini("[pytest]\ngovledger_stores = file")
    suite(test_a=LEDGER).assert_outcomes(passed=1)
    pytester.makeini("[pytest]\ngovledger_stores = memory postgres")
    done = suite(test_a=LEDGER)
    done.assert_outcomes(passed=1, skipped=1)
    done.stdout.fnmatch_lines(["*no PostgreSQL is configured: --govledger-postgres*"])
    pytester.makeini("[pytest]\ngovledger_stores = memory disk")
    done = suite(test_a=LEDGER)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*: disk is no store; take some of memory, file, postgres"])


def test_a_test_says_itself_where_it_runs(suite):
    one = 'import pytest\nmark = pytest.mark.parametrize("ledger_store", ["file"], indirect=True)\n'
    suite(test_a=one + LEDGER.replace("def ", "@mark\ndef ")).assert_outcomes(passed=1)


def test_in_a_class_of_unittest_a_ledger_is_in_memory(suite):
    suite(
        test_a="""
import pytest
import unittest

class TestLedger(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _give(self, ledger):
        self.ledger = ledger

    def test_ledger(self):
        assert "in memory" in repr(self.ledger)
"""
    ).assert_outcomes(passed=1)


def test_fixtures_are_overridden(suite, pytester):
    pytester.makeconftest(
        """
import pytest
from govledger.testing import FixedClock

@pytest.fixture
def ledger_clock():
    return FixedClock("2018-11-30")

@pytest.fixture
def ledger_options():
    return {"name": "vng", "timezone": "Europe/Amsterdam", "profile": "vng@1"}
"""
    )
    done = suite(
        test_a="""
from govledger import Ledger

def test_all_of_them(ledger, ledger_clock, ledger_factory):
    assert (ledger.name, ledger.zone.key, ledger.profile.name) == ("vng", "Europe/Amsterdam", "vng@1")
    assert str(ledger.today()) == "2018-11-30"
    ledger_clock.advance(days=1)
    assert str(ledger.today()) == "2018-12-01"
    assert ledger_factory(name="other").name == "other"
""",
        test_own="""
import pytest
from govledger import Ledger

@pytest.fixture
def ledger():
    with Ledger.in_memory(name="mine") as ledger:
        yield ledger

def test_mine(ledger):
    assert ledger.name == "mine"
""",
    )
    done.assert_outcomes(passed=3)


def test_extensions_are_there_in_every_store(suite, server, monkeypatch, pytester):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    pytester.makeconftest(
        """
import pytest
from own_extension import GRANTS

@pytest.fixture
def ledger_extensions():
    return [GRANTS]
"""
    )
    suite(
        f"--govledger-postgres={server.url()}",
        test_a="""
from govledger import MotionAdopted, MotionSubmitted
from own_extension import Grant, GrantGiven

def test_grants(ledger, ledger_factory):
    ledger.record(
        MotionSubmitted("bins", title="Bins", on="2024-03-01"),
        MotionAdopted("bins", on="2024-03-14"),
        GrantGiven("park", motion="bins", holder="A. Aarts", on="2024-03-15"),
    )
    assert ledger.as_of("2024-03-15").of(Grant)["park"].holder == "A. Aarts"
    assert [each.name for each in ledger.vocabulary.extensions] == ["grants@1"]
    assert ledger_factory(extensions=()).vocabulary.extensions == ()
    assert ledger.verify()
""",
    ).assert_outcomes(passed=3)


def test_who_asks_for_no_ledger_pays_nothing(suite):
    """At its start pytest loads the plugin, and nothing of govledger with it."""
    suite(
        test_a="""
import sys

def test_nothing(pytestconfig):
    assert pytestconfig.pluginmanager.has_plugin("govledger")
    assert "pytest_govledger" in sys.modules
    assert [name for name in sys.modules if name.partition(".")[0] == "govledger"] == []
"""
    ).assert_outcomes(passed=1)


def test_failures_point_at_the_line_of_the_test(suite):
    done = suite(
        test_a="""
from govledger.testing import a_motion, given

def test_story():
    given(a_motion("bins")).then({"motion/bins": "adopted"})
"""
    )
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            '>   *given(a_motion("bins")).then({"motion/bins": "adopted"})',
            "E *AssertionError: status as of 2024-03-14: not as expected",
            "E *expected  motion/bins: adopted",
            "E *found     motion/bins: submitted",
            "test_a.py:4: AssertionError",
        ]
    )
    assert "stories.py" not in done.stdout.str()


# --- the page ---------------------------------------------------------------------------

PAGE = (Path(__file__).parents[1] / "docs" / "how-to" / "test-your-rules.md").read_text("utf-8")


def test_the_page_runs_as_a_test_suite(suite):
    """Its blocks run as they stand (see conftest.py); here its tests get the fixtures they name."""
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    suite(test_page="\n\n".join(blocks)).assert_outcomes(passed=9)


def test_the_page_shows_every_public_name():
    fixtures = re.findall(r"^@pytest.fixture.*\n(?:async )?def (\w+)", PLUGIN, re.MULTILINE)
    methods = [name for name in vars(govledger.testing.Story) if name.startswith(("then", "when"))]
    assert len(fixtures) == 7
    for name in (*govledger.testing.__all__, *fixtures, *methods, "ask", "events", "histories"):
        assert re.search(rf"`(?:Story\.)?{name}[`(]", PAGE), name


PLUGIN = Path(pytest_govledger.__file__).read_text("utf-8")


def test_the_page_shows_how_a_failure_reads():
    with pytest.raises(AssertionError) as failed:
        given(
            a_meeting("agm", on="2024-03-14"), a_motion("bins", meeting="agm", on="2024-03-14")
        ).when(g.MotionCompleted("bins", on="2024-03-14")).then_refused("not-on-record")
    assert f"AssertionError: {failed.value}\n```" in PAGE
