"""Travel through both times: random histories, and the register beside a naive oracle's.

More of the same, slowly: GOVLEDGER_TEST_PROFILE=thorough.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import event as tell
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from oracle import MotionWords, Oracle, Row, counts_from

import govledger as g
from govledger.events import VOCABULARY

settings.register_profile("quick", max_examples=60, stateful_step_count=25, deadline=None)
settings.register_profile("thorough", max_examples=1_000, stateful_step_count=50, deadline=None)
PROFILE = settings.get_profile(os.environ.get("GOVLEDGER_TEST_PROFILE", "quick"))

# --- a small world ----------------------------------------------------------------------

ZONES = ("UTC", "Europe/Amsterdam", "America/Sao_Paulo")
SUBJECTS = {
    "motion": ("motion/m1", "motion/m2", "motion/m3"),
    "mandate": ("mandate/m1.1", "mandate/m2.1"),
    "blockade": ("blockade/b1", "blockade/b2"),
    "proposal": ("proposal/p1", "proposal/p2"),
    "meeting": ("meeting/v1", "meeting/v2"),
}
EVERY = tuple(subject for subjects in SUBJECTS.values() for subject in subjects)
OF_KIND = {kind: tuple(cls for cls in VOCABULARY if cls.kind == kind) for kind in SUBJECTS}
OF_KIND["ledger"] = (g.LedgerProfileChanged,)
CLUB = g.Profile(
    name="club@1",
    title="a club",
    majorities={"ordinary": {"share": "at least 2/3", "quorum": "at least 1/2"}, "few": {}},
    discharge={"only": ["ALV"]},
    lapse={"undecided": "1 month", "vote_deferred": "10 days", "held_over": "1 year"},
)
PROFILES = ("general@1", "vng@1", "parliament@1", CLUB)

DAYS = tuple(
    map(
        date.fromisoformat,
        # the clock changes on 2018-02-18, 2018-11-04 and 2019-02-17 in São Paulo, and on
        # 2018-03-25, 2018-10-28, 2019-03-31 and 2019-10-27 in Amsterdam
        """2018-01-01 2018-02-17 2018-02-18 2018-02-28 2018-03-24 2018-03-25 2018-03-26
        2018-06-05 2018-06-27 2018-06-30 2018-10-27 2018-10-28 2018-10-29 2018-11-03
        2018-11-04 2018-11-05 2018-11-29 2018-11-30 2018-12-01 2018-12-31 2019-01-01
        2019-02-16 2019-02-17 2019-02-28 2019-03-31 2019-06-05 2019-10-27 2019-12-31""".split(),
    )
)
TIMES = tuple(
    f"T{time}{offset}"
    for time in ("00:00", "00:30", "02:30", "03:00", "12:00", "23:30:00.000001", "23:59:59.999999")
    for offset in ("Z", "+01:00", "+02:00", "-02:00", "-03:00")
)
END = "2100-01-01"
seeds = st.integers(0, 2**32 - 1)


Pick = Callable[[Sequence[Any]], Any]
"""Chooses one of several: Hypothesis does, or a seeded generator where a history must be long."""


def instant(pick: Pick, day: date) -> str | datetime:
    """An instant on the day or around it, as text or as a datetime."""
    text = f"{day}{pick(TIMES)}"
    return pick([text, datetime.fromisoformat(text)])


def some_time(pick: Pick, day: date) -> Any:
    """A time of any precision that the day lies in."""
    form = pick(["day", "instant", "other"])
    if form == "instant":
        return instant(pick, day)
    month, year = f"{day:%Y-%m}", f"{day:%Y}"
    others = (f"../{day}", month, year, f"../{month}", f"../{year}")
    return pick([str(day), day] if form == "day" else others)


def moment(pick: Pick) -> Any:
    """A day or an instant to ask about."""
    day = pick(DAYS)
    days = [day, str(day), day - timedelta(days=1), day + timedelta(days=1)]
    return pick(days) if pick([True, False]) else instant(pick, day)


# --- what happens in it -----------------------------------------------------------------

_DECIDED = (
    g.MotionAdopted,
    g.MotionAdopted,
    g.MotionAdopted,
    g.MotionAdopted,
    g.MotionVoteDeferred,
    g.MotionReferred,
    g.MotionAmended,
    g.MotionRejected,
    g.MotionWithdrawn,
    g.MotionReplaced,
    g.MotionLapsed,
)
_ASIDE = (g.MotionResumed, g.MotionResumed, g.MotionVoteDeferred, g.MotionReferred)
_FOLLOWED = (
    g.MotionHeldOver,
    g.MotionHeldOver,
    g.MotionCompleted,
    g.MotionCompleted,
    g.MotionSuperseded,
    g.MotionLapsed,
    g.MotionForceExtended,
    g.MotionRescinded,
)
_WORKED = (
    g.MandateProgressed,
    g.MandateProgressed,
    g.MandatePartlyFulfilled,
    g.MandateFulfilled,
    g.MandateNotFulfilled,
    g.MandateWaived,
)
NEXT: dict[str, dict[str | None, Sequence[type[g.Event]]]] = {
    "motion": {
        None: (g.MotionSubmitted,),
        "submitted": (g.MotionAdmitted, g.MotionAdmitted, *_DECIDED),
        "admitted": _DECIDED,
        "vote-deferred": (*_ASIDE, *_ASIDE, *_DECIDED),
        "referred": (*_ASIDE, *_ASIDE, *_DECIDED),
        "adopted": _FOLLOWED,
        "held-over": (g.MotionResumed, g.MotionResumed, *_FOLLOWED),
        "completed": (g.MotionReopened, g.MotionReopened, g.MotionForceExtended, g.MotionRescinded),
        "superseded": (g.MotionReopened, g.MotionRescinded),
        "lapsed": (g.MotionReopened, g.MotionAliasNoted),
        "rescinded": (g.MotionAliasNoted,),
    },
    "mandate": {
        None: (g.MandateGiven,),
        "waiting": (g.MandateConditionMet, g.MandateConditionMet, *_WORKED),
        "given": _WORKED,
        "in-progress": _WORKED,
        "partly-fulfilled": _WORKED,
    },
    "blockade": {
        None: (g.BlockadeImposed,),
        "imposed": (g.BlockadeConditionMet, g.BlockadeLiftProposed, g.BlockadeLiftOrdered),
        "lift-proposed": (g.BlockadeConditionMet, g.BlockadeLiftOrdered, g.BlockadeLifted),
        "lift-ordered": (g.BlockadeConditionMet, g.BlockadeLifted),
    },
    "proposal": {
        None: (g.ProposalMade,),
        "made": (g.ProposalAccepted, g.ProposalRejected),
    },
    "meeting": {None: (g.MeetingConvened,)},
}
"""What mostly happens next, by the present status; only a bias, not a rule."""


def fields(pick: Pick, cls: type[g.Event], subject: str, words: dict[str, Any]) -> dict[str, Any]:
    """The fields that an event needs, and some that it may have."""

    def name(*kinds: str) -> str:
        every = [s for kind in kinds for s in SUBJECTS[kind] if s != subject]
        held = [s for s in every if s in words]
        adopted = [s for s in held if words[s] == MotionWords("adopted", "adopted", "open")]
        return pick([*every, *held * 3, *adopted * 3])

    def maybe(value: Callable[[], Any]) -> Any:
        return value() if pick([False, True]) else None

    match cls.type:
        case "ledger.profile-changed":
            return {"profile": pick(PROFILES)}
        case "meeting.convened":
            title = pick(["Spring", "Autumn"])
            return {"title": title, "body": pick([None, "ALV", "bestuur"])}
        case "motion.submitted":
            return {"title": "A title", "meeting": maybe(lambda: name("meeting"))}
        case "motion.alias-noted":
            return {"alias": pick(["One name", "Another name"])}
        case "motion.referred":
            return {"to": "a committee"}
        case "motion.adopted" | "motion.rejected":
            counts = [(3, 1), (1, 3), (2, 2)]
            tallies = [None] * 3 + [g.Tally(in_favour=a, against=b) for a, b in counts]
            tallies += [g.Tally(in_favour=3, against=1, electorate=n) for n in (8, 9)]
            return {
                "tally": pick(tallies),
                "majority": pick([None, None, None, "few"]),
                "meeting": maybe(lambda: name("meeting")),
            }
        case "motion.replaced" | "motion.superseded":
            return {"by": name("motion")}
        case "motion.held-over":
            return {"pending": pick([(), ("an answer",)])}
        case "motion.completed":
            return {
                "meeting": maybe(lambda: name("meeting")),
                "because": [name("motion", "proposal", "blockade")] if pick([False, True]) else (),
                "in_light_of": maybe(lambda: name("motion")),
            }
        case "motion.force-extended":
            return {"until": g.Until(kind="exact", when=pick(DAYS))}
        case "mandate.given":
            condition = pick([None, "once there is money"])
            due = pick([None, "2018-06-27", {"before": "2018-11-30"}, "2018"])
            motion = name("motion")
            return {
                "motion": motion,
                "task": "Do it",
                "addressee": "X",
                "condition": condition,
                "due": due,
            }
        case "mandate.fulfilled":
            return {"evidence": pick([("a letter",), ("a letter",), ()])}
        case "blockade.imposed":
            condition = pick([None, "an agreement"])
            return {"by": name("motion"), "scope": "All", "release_condition": condition}
        case "blockade.condition-met":
            return {"part": pick([None, "a half"])}
        case "blockade.lift-proposed":
            return {"by": name("proposal")}
        case "blockade.lift-ordered":
            return {"by": name("motion")}
        case "blockade.lifted":
            return {"by": name("motion"), "replaced_by": maybe(lambda: name("blockade"))}
        case "proposal.made":
            regarding = [name("motion", "blockade")] if pick([False, True]) else ()
            return {"by": "the board", "text": "Let us", "regarding": regarding}
        case "proposal.accepted" | "proposal.rejected":
            return {"meeting": maybe(lambda: name("meeting"))}
        case _:
            return {}


def status(words: dict[str, Any], subject: str) -> str | None:
    """The one word of a subject."""
    found = words.get(subject)
    return found.status if isinstance(found, MotionWords) else found


def fact(pick: Pick, words: dict[str, Any], days: Sequence[date]) -> g.Event:
    """An event that mostly fits what the subjects are called, on one of the days."""
    subject = pick(EVERY + SUBJECTS["motion"] * 2)
    kind = subject.partition("/")[0]
    fitting = NEXT[kind].get(status(words, subject), ())
    cls = pick(fitting if fitting and pick(range(10)) < 8 else OF_KIND[kind])
    return cls(subject, on=some_time(pick, pick(days)), **fields(pick, cls, subject, words))


def some_facts(pick: Pick, oracle: Oracle, days: Sequence[date]) -> list[g.Event]:
    """One fact, or a few that mostly fit each other, to be recorded together."""
    scratch = Oracle(oracle.zone)
    scratch.rows = list(oracle.rows)
    for _ in range(pick([1, 1, 1, 2, 3])):
        event = fact(pick, scratch.words(END), days)
        scratch.add(len(scratch.rows) + 1, datetime.now(UTC), event)
    return [row.event for row in scratch.rows[len(oracle.rows) :]]


# --- the machine ------------------------------------------------------------------------


def said(register: g.Register, subject: str) -> Any:
    """What the register calls a subject, in the oracle's words."""
    state = register.state(subject)
    match state:
        case g.Motion():
            return MotionWords(state.status, state.decision, state.follow_up)
        case g.Meeting():
            return state.title
        case _:
            return state.status


LIFECYCLE = {
    "already-on-record",
    "illegal-transition",
    "not-adopted",
    "not-in-profile",
    "not-on-record",
}
"""One rule, whose breach is named after the present state."""


def rules(found: Iterable[Any]) -> Counter[Any]:
    """Which rules are broken, at which records."""
    return Counter(
        ("lifecycle" if b.code in LIFECYCLE else b.code, b.subject, b.position)
        for b in found
        if isinstance(b, g.Breach)
    )


def breaches(ledger: g.Ledger, known_at: Any = None, as_of: Any = END) -> Counter[Any]:
    """The rules that are broken in a ledger, at which records."""
    return rules(ledger.findings(as_of, known_at))


def picker(data: st.DataObject) -> Pick:
    """Hypothesis chooses."""
    return lambda options: data.draw(st.sampled_from(options))


class TimeMachine(RuleBasedStateMachine):
    """A ledger and an oracle that hear the same facts must tell the same story."""

    modes: Sequence[str] = ("refuse", "flag")

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2018, 2, 18, 1, 30, tzinfo=UTC)
        self.story = 0  # how far the association has come, in DAYS
        self.whole = [1]  # the head after each call: what is known there is no half of a call

    @initialize(
        zone=st.sampled_from(ZONES),
        profile=st.sampled_from(PROFILES),
        seed=seeds,
        calls=st.integers(0, 15),
    )
    def open(self, zone: str, profile: str, seed: int, calls: int) -> None:
        self.ledger = g.Ledger.in_memory(clock=lambda: self.now, timezone=zone, profile=profile)
        self.oracle = Oracle(zone)
        (opened,) = self.ledger.log()
        self.oracle.add(opened.position, opened.recorded_at, opened.event)
        self.go_on(seed, calls)

    # --- what happens -------------------------------------------------------------------

    @rule(step=st.sampled_from([0, 1, 10**6, 3_600 * 10**6, 86_400 * 10**6, 45 * 86_400 * 10**6]))
    def wait(self, step: int) -> None:
        self.now += timedelta(microseconds=step)

    @rule(seed=seeds, calls=st.integers(1, 8))
    def go_on(self, seed: int, calls: int) -> None:
        """Things happen, mostly lawful, one after the other."""
        pick = random.Random(seed).choice
        for _ in range(calls):
            self.story = min(self.story + pick([0, 0, 0, 1, 1, 2]), len(DAYS) - 1)
            self.now += timedelta(hours=pick([0, 0, 7, 240]))
            self.record(pick, some_facts(pick, self.oracle, [DAYS[self.story]]))

    @rule(data=st.data())
    def hear_late(self, data: st.DataObject) -> None:
        """Facts of any day come in."""
        pick = picker(data)
        self.record(pick, some_facts(pick, self.oracle, DAYS))

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        """A record is retracted, or corrected: the same on another day, or something else."""
        pick = picker(data)
        target = self.target(pick)
        subject = target.event.subject
        days = [day_of(target.event, self.oracle.zone), pick(DAYS)]
        on = pick([target.event.on, some_time(pick, pick(days))])
        if pick([True, False]):
            event = g.RecordRetracted(subject, on=on, position=target.position, reason="Wrong")
        elif pick([True, False]):
            cls = pick(OF_KIND[subject.partition("/")[0]])
            values = fields(pick, cls, subject, self.oracle.words(END))
            event = cls(subject, on=on, corrects=target.position, **values)
        else:
            event = attrs.evolve(target.event, on=on, corrects=target.position)
        self.record(pick, [event])

    def target(self, pick: Pick) -> Row:
        """A record to take back: mostly one that can be, and often one that took back."""
        standing = self.oracle.standing(END)
        takers = [row for row in standing if row.event.type == "record.retracted"]
        return pick(pick([self.oracle.rows, standing, standing, takers or standing]))

    @rule(profile=st.sampled_from(PROFILES), data=st.data())
    def change_the_rules(self, profile: str, data: st.DataObject) -> None:
        pick = picker(data)
        on = some_time(pick, pick(DAYS))
        self.record(pick, [g.LedgerProfileChanged(on=on, profile=profile)])

    @rule(data=st.data(), subject=st.sampled_from(EVERY), ahead=st.integers(-40, 2))
    def do_what_cannot_be(self, data: st.DataObject, subject: str, ahead: int) -> None:
        """Retract any record in the name of any subject, or open the ledger again, with a fact."""
        pick = picker(data)
        position = max(0, self.ledger.head() + ahead)
        retraction = g.RecordRetracted(subject, on="2018", position=position, reason="Wrong")
        opening = g.LedgerOpened(on="2018", name="Again", timezone="UTC", profile="general@1")
        act = pick([retraction, retraction, opening])
        fact_beside = fact(pick, self.oracle.words(END), DAYS)
        self.record(pick, pick([[act], [act, fact_beside], [fact_beside, act]]))

    def record(self, pick: Pick, events: Sequence[g.Event]) -> None:
        """Record in the ledger, and tell the oracle if that was done."""
        mode = pick(self.modes)
        self.attempt(events, mode, insist=mode != self.modes[-1] and pick([False, True]))

    def attempt(self, events: Sequence[g.Event], mode: str, *, insist: bool = False) -> None:
        head, stood, before = self.ledger.head(), breaches(self.ledger), self.views()
        opens = any(isinstance(event, g.LedgerOpened) for event in events)
        unfit = opens or self.oracle.unfit(events)
        tell(f"{mode}: {'unfit' if unfit else 'fit'}")
        try:
            records = self.ledger.record(*events, breaches=mode)
        except g.RuleBreach as refusal:
            tell(f"{mode}: refused")
            assert (self.ledger.head(), self.views()) == (head, before)
            bound = any(breach.binding for breach in refusal.problems)
            assert unfit == bound
            if mode == "flag":
                assert all(breach.binding for breach in refusal.problems)
            elif insist and not bound:
                self.attempt(events, "flag")
                assert breaches(self.ledger) - stood == rules(refusal.problems)
            return
        assert not unfit
        assert [record.event for record in records] == list(events)
        assert [record.position for record in records] == [
            head + n for n in range(1, len(events) + 1)
        ]
        assert {record.recorded_at for record in records} == {self.now}
        for record in records:
            self.oracle.add(record.position, record.recorded_at, record.event)
        self.whole.append(self.ledger.head())
        if mode == "refuse":
            assert breaches(self.ledger) <= stood

    def views(self) -> list[g.Register]:
        return [self.ledger.as_of(day) for day in (DAYS[10], END)]

    # --- what is asked ------------------------------------------------------------------

    @rule(data=st.data())
    def look_back(self, data: st.DataObject) -> None:
        pick = picker(data)
        as_of = pick(self.edges()) if pick([True, False]) else moment(pick)
        recorded = pick(self.oracle.rows).recorded_at
        position = pick(range(self.ledger.head() + 1))
        known_at = pick([None, position, position, recorded, recorded.date(), moment(pick)])
        self.compare(as_of, known_at)
        subject = pick(EVERY)
        told = self.ledger.why(subject, as_of, known_at)
        assert told.description == self.ledger.as_of(as_of, known_at).describe(subject)
        assert [r.record.position for r in told.reasons if r.withdrawn_by is None] == [
            row.position
            for row in self.oracle.standing(as_of, known_at)
            if row.event.subject == subject
        ]

    def edges(self) -> list[datetime]:
        """The instants from which something counts, and those just before."""
        at = {counts_from(str(row.event.on), self.oracle.zone) for row in self.oracle.rows}
        return sorted(at | {instant - timedelta(microseconds=1) for instant in at})

    def compare(self, as_of: Any, known_at: Any) -> None:
        register = self.ledger.as_of(as_of, known_at)
        expected = self.oracle.words(as_of, known_at)
        told = {subject: said(register, subject) for subject in register.subjects()}
        assert told == expected

    @invariant()
    def the_present_is_as_the_oracle_says(self) -> None:
        self.compare(END, None)

    def teardown(self) -> None:
        if not hasattr(self, "ledger"):
            return
        with self.ledger as ledger:
            log = [(r.position, r.recorded_at, r.event) for r in ledger.log()]
            assert log == [tuple(row) for row in self.oracle.rows]
            for known_at in {0, 1, ledger.head() // 2, ledger.head()}:
                for as_of in (*self.edges()[::3], *DAYS[::5]):
                    self.compare(as_of, known_at)
            self.at_the_end()
            report = ledger.verify()
            assert report, report

    def at_the_end(self) -> None:
        tell(f"records: {len(self.oracle.rows) // 10 * 10} and more")
        words = self.oracle.words(END)
        for subject in words:
            tell(f"reached: {subject.partition('/')[0]} {status(words, subject)}")


class RefusingMachine(TimeMachine):
    """Where breaches are refused, none ever stands, whatever day and knowledge is asked of."""

    modes = ("refuse",)

    def at_the_end(self) -> None:
        super().at_the_end()
        for known_at in self.whole:
            for as_of in (END, *DAYS[::5]):
                assert not breaches(self.ledger, known_at, as_of)


TestTimeMachine = TimeMachine.TestCase
TestTimeMachine.settings = PROFILE
TestRefusingMachine = RefusingMachine.TestCase
TestRefusingMachine.settings = PROFILE


# --- any order --------------------------------------------------------------------------


def history(seed: int, size: int, zone: str) -> list[g.Event]:
    """Facts in the order of their days, mostly lawful; those of one day in some order."""
    pick = random.Random(seed).choice
    oracle, story = Oracle(zone), 0
    while len(oracle.rows) < size:
        story = min(story + pick([0, 0, 0, 1, 1, 2]), len(DAYS) - 1)
        event = fact(pick, oracle.words(END), pick([DAYS, *[[DAYS[story]]] * 9]))
        if pick(range(15)) == 0:
            event = g.LedgerProfileChanged(on=event.on, profile=pick(PROFILES))
        oracle.add(len(oracle.rows) + 1, datetime.now(UTC), event)
    return sorted((row.event for row in oracle.rows), key=lambda event: day_of(event, zone))


def day_of(event: g.Event, zone: str) -> date:
    """The day, in the zone, on which an event counts."""
    return counts_from(str(event.on), zone).astimezone(ZoneInfo(zone)).date()


def told(ledger: g.Ledger, as_of: Any) -> tuple[dict[str, Any], Counter[Any]]:
    """All that a ledger says of a date, but for the positions and the words of findings."""
    register = ledger.as_of(as_of)
    found = Counter((finding.code, finding.subject) for finding in ledger.findings(as_of))
    return {subject: register.describe(subject) for subject in register.subjects()}, found


@PROFILE
@given(data=st.data(), zone=st.sampled_from(ZONES), seed=seeds, size=st.integers(2, 30))
def test_the_order_of_recording_days_does_not_matter(
    data: st.DataObject, zone: str, seed: int, size: int
) -> None:
    events = history(seed, size, zone)
    queues: dict[date, list[g.Event]] = {}
    for event in events:
        queues.setdefault(day_of(event, zone), []).append(event)
    waiting = {day: iter(queue) for day, queue in queues.items()}
    order = data.draw(st.permutations([day_of(event, zone) for event in events]), label="days")
    shuffled = [next(waiting[day]) for day in order]

    profile = data.draw(st.sampled_from(PROFILES), label="profile")
    opening = {"clock": lambda: NOON, "timezone": zone, "profile": profile}
    with g.Ledger.in_memory(**opening) as straight, g.Ledger.in_memory(**opening) as mixed:
        for ledger, sequence in ((straight, events), (mixed, shuffled)):
            for event in sequence:
                ledger.record(event, breaches="flag")
        instants = {counts_from(str(event.on), zone) for event in events}
        for as_of in (*sorted(instants), *queues, END):
            assert told(mixed, as_of) == told(straight, as_of)


# --- by hand ----------------------------------------------------------------------------

NOON = datetime(2019, 1, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that moves when told."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def next_day(self) -> None:
        self.now += timedelta(days=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Iterator[g.Ledger]:
    """Record 2 submits a motion on 29 November, record 3 adopts it on the 30th."""
    with g.Ledger.in_memory(clock=clock, timezone="Europe/Amsterdam") as ledger:
        ledger.record(g.MotionSubmitted("m1", title="First", on="2018-11-29"))
        ledger.record(g.MotionAdopted("m1", on="2018-11-30"))
        clock.next_day()
        yield ledger
        assert ledger.verify()


def word(
    ledger: g.Ledger, as_of: Any = END, known_at: Any = None, motion: str = "m1"
) -> str | None:
    found = ledger.as_of(as_of, known_at).motions.get(motion)
    return found and found.status


def test_a_retracted_fact_still_stands_for_those_who_knew_no_better(ledger: g.Ledger) -> None:
    assert ledger.retract(3, reason="Another motion was meant").position == 4
    assert word(ledger) == "submitted"
    for before in (3, NOON, "2019-01-01", "2019-01-02T12:59:59.999999+01:00"):
        assert word(ledger, known_at=before) == "adopted"
    for after in (4, NOON + timedelta(days=1), "2019-01-02", "2019-01-02T13:00+01:00"):
        assert word(ledger, known_at=after) == "submitted"
    assert word(ledger, known_at=2) == "submitted"
    assert word(ledger, known_at=1) is None


def test_the_day_of_a_retraction_does_not_matter_only_when_it_is_known(ledger: g.Ledger) -> None:
    ledger.retract(3, reason="Wrong", on="2019-06-01")
    assert word(ledger, "2018-11-30") == "submitted"
    assert word(ledger, "2018-11-30", known_at=3) == "adopted"


def test_a_retraction_can_be_retracted_and_that_too(ledger: g.Ledger) -> None:
    for position in (3, 4, 5, 6):
        ledger.retract(position, reason="Wrong")
    assert [word(ledger, known_at=known_at) for known_at in range(3, 8)] == [
        "adopted",
        "submitted",
        "adopted",
        "submitted",
        "adopted",
    ]


def test_a_correction_puts_a_fact_on_another_day(ledger: g.Ledger) -> None:
    ledger.record(g.MotionAdopted("m1", on="2018-12-14", corrects=3))
    assert [word(ledger, day) for day in ("2018-11-29", "2018-11-30", "2018-12-14")] == [
        "submitted",
        "submitted",
        "adopted",
    ]
    assert word(ledger, "2018-11-30", known_at=3) == "adopted"
    assert word(ledger, "2018-11-30", known_at="2019-01-01") == "adopted"


def test_a_correction_says_that_something_else_happened(ledger: g.Ledger) -> None:
    ledger.record(g.MotionRejected("m1", on="2018-11-30", corrects=3))
    assert word(ledger) == "rejected"
    assert word(ledger, known_at=3) == "adopted"


def test_a_correction_keeps_its_place_among_the_facts_of_a_day(ledger: g.Ledger) -> None:
    ledger.record(g.MotionSubmitted("m1", title="Second", on="2018-11-30", corrects=2))
    titles = [ledger.as_of(END, known_at).motions["m1"].title for known_at in (3, 4)]
    assert titles == ["First", "Second"]
    assert word(ledger) == "adopted"
    assert word(ledger, "2018-11-29") is None
    assert word(ledger, "2018-11-29", known_at=3) == "submitted"


def test_a_retracted_correction_gives_the_first_record_back(ledger: g.Ledger) -> None:
    ledger.record(g.MotionRejected("m1", on="2018-11-30", corrects=3))
    ledger.retract(4, reason="The minutes had it right")
    assert [word(ledger, known_at=known_at) for known_at in (3, 4, 5)] == [
        "adopted",
        "rejected",
        "adopted",
    ]


def test_a_correction_can_be_corrected_and_keeps_the_place_of_the_first(ledger: g.Ledger) -> None:
    ledger.record(g.MotionHeldOver("m1", on="2018-12-02"))
    ledger.record(g.MotionAdopted("m1", on="2018-12-01", corrects=3))
    ledger.record(g.MotionAdopted("m1", on="2018-12-02", corrects=5))
    adopted_on = [ledger.as_of(END, known_at).motions["m1"].decided_on for known_at in (3, 5, 6)]
    assert list(map(str, adopted_on)) == ["2018-11-30", "2018-12-01", "2018-12-02"]
    assert word(ledger) == "held-over"


def test_a_corrected_correction_leaves_the_first_record_withdrawn(ledger: g.Ledger) -> None:
    ledger.record(g.MotionHeldOver("m1", on="2018-12-01"))
    ledger.record(g.MotionHeldOver("m1", on="2018-12-02", corrects=4))
    ledger.record(g.MotionHeldOver("m1", on="2018-12-03", corrects=5))
    assert [word(ledger, f"2018-12-0{day}") for day in (1, 2, 3)] == [
        "adopted",
        "adopted",
        "held-over",
    ]
    ledger.retract(6, reason="The second date was right")
    assert [word(ledger, f"2018-12-0{day}") for day in (1, 2, 3)] == [
        "adopted",
        "held-over",
        "held-over",
    ]


def test_a_retraction_can_be_corrected(ledger: g.Ledger) -> None:
    ledger.retract(3, reason="Wrong")
    ledger.record(
        g.RecordRetracted(
            "motion/m1", on="2019-01-02", position=3, reason="Wrong meeting", corrects=4
        )
    )
    assert word(ledger) == "submitted"


def test_a_correction_does_not_come_back_beside_another_of_the_same(ledger: g.Ledger) -> None:
    ledger.record(g.MotionAdopted("m1", on="2018-12-01", corrects=3))
    ledger.retract(4, reason="The first date was right")
    ledger.record(g.MotionAdopted("m1", on="2018-12-02", corrects=3))
    with pytest.raises(g.RuleBreach) as refused:
        ledger.retract(5, reason="Wrong")
    assert "already-withdrawn" in [breach.code for breach in refused.value.problems]


def test_nor_beside_one_that_replaced_the_other(ledger: g.Ledger) -> None:
    ledger.record(g.MotionHeldOver("m1", on="2018-12-01"))
    ledger.record(g.MotionHeldOver("m1", on="2018-12-02", corrects=4))
    ledger.retract(5, reason="The first date was right")
    ledger.record(g.MotionHeldOver("m1", on="2018-12-03", corrects=4))
    ledger.record(g.MotionHeldOver("m1", on="2018-12-04", corrects=7))
    with pytest.raises(g.RuleBreach):
        ledger.retract(6, reason="Wrong")


def test_what_others_rest_on_is_not_taken_back_silently(ledger: g.Ledger) -> None:
    with pytest.raises(g.RuleBreach) as refused:
        ledger.retract(2, reason="Wrong")
    assert [(b.code, b.position) for b in refused.value.problems] == [("not-on-record", 3)]
    assert ledger.head() == 3


def test_a_late_fact_is_told_which_later_record_it_spoils(ledger: g.Ledger) -> None:
    late = g.MotionWithdrawn("m1", on="2018-11-29T18:00+01:00")
    with pytest.raises(g.RuleBreach) as refused:
        ledger.record(late)
    assert [(b.code, b.position) for b in refused.value.problems] == [("illegal-transition", 3)]
    ledger.record(late, breaches="flag")
    assert (word(ledger, "2018-11-29"), word(ledger)) == ("withdrawn", "adopted")
    assert word(ledger, "2018-11-29", known_at=3) == "submitted"
    assert breaches(ledger) == {("lifecycle", "motion/m1", 3): 1}
    assert not breaches(ledger, known_at=3)


def test_records_of_one_instant_are_known_together_but_have_positions(ledger: g.Ledger) -> None:
    assert word(ledger, known_at=2) == "submitted"
    assert word(ledger, known_at=NOON) == "adopted"
    assert word(ledger, known_at=NOON - timedelta(microseconds=1)) is None


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        ("UTC", "2018-11-04", "2018-11-04T00:00Z", "2018-11-05T00:00Z"),
        ("Europe/Amsterdam", "2018-03-25", "2018-03-24T23:00Z", "2018-03-25T22:00Z"),
        ("Europe/Amsterdam", "2018-10-28", "2018-10-27T22:00Z", "2018-10-28T23:00Z"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00Z", "2018-11-05T02:00Z"),
        ("America/Sao_Paulo", "2019-02-16", "2019-02-16T02:00Z", "2019-02-17T03:00Z"),
        ("America/Havana", "2018-11-04", "2018-11-04T04:00Z", "2018-11-05T05:00Z"),
    ],
)
def test_a_day_begins_and_ends_where_the_ledger_lives(
    zone: str, day: str, begins: str, ends: str
) -> None:
    first, after = datetime.fromisoformat(begins), datetime.fromisoformat(ends)
    last = after - timedelta(microseconds=1)
    with g.Ledger.in_memory(clock=Clock(last), timezone=zone) as ledger:
        ledger.record(g.MotionSubmitted("day", title="By its day", on=day))
        ledger.record(g.MotionSubmitted("last", title="At the very end", on=last))
        ledger.record(g.MotionSubmitted("after", title="Just after", on=after))
        assert word(ledger, first, motion="day") == "submitted"
        assert word(ledger, first - timedelta(microseconds=1), motion="day") is None
        assert word(ledger, day, motion="last") == "submitted"
        assert word(ledger, day, motion="after") is None
        assert ledger.known_at(day) == 4
        assert ledger.known_at(date.fromisoformat(day) - timedelta(days=1)) == 0


@pytest.mark.parametrize(
    ("on", "counts"),
    [
        ("2018-06-27", "2018-06-27"),
        ("../2018-06-27", "2018-06-27"),
        ("2018-06", "2018-06-30"),
        ("2018-02", "2018-02-28"),
        ("../2020-02", "2020-02-29"),
        ("2018", "2018-12-31"),
        ("../2018", "2018-12-31"),
        ("2018-06-27T23:30Z", "2018-06-28"),
    ],
)
def test_an_event_counts_from_the_last_day_on_which_it_can_have_happened(
    ledger: g.Ledger, on: str, counts: str
) -> None:
    ledger.record(g.MotionSubmitted("m2", title="Vague", on=on))
    day = date.fromisoformat(counts)
    assert word(ledger, day, motion="m2") == "submitted"
    assert word(ledger, day - timedelta(days=1), motion="m2") is None


def test_a_mandate_that_nothing_gave_has_no_status(ledger: g.Ledger) -> None:
    ledger.record(g.BlockadeConditionMet("b1", on="2018-11-30"), breaches="flag")
    ledger.record(g.MandateConditionMet("m1.1", on="2018-11-30"), breaches="flag")
    register = ledger.as_of(END)
    assert register.blockades["b1"].status is None
    assert register.mandates["m1.1"].status is None


def test_a_motion_set_aside_twice_returns_to_where_it_stood(ledger: g.Ledger) -> None:
    ledger.record(
        g.MotionSubmitted("m2", title="Second", on="2018-12-01"),
        g.MotionAdmitted("m2", on="2018-12-02"),
        g.MotionVoteDeferred("m2", on="2018-12-03"),
        g.MotionReferred("m2", to="a committee", on="2018-12-04"),
        g.MotionResumed("m2", on="2018-12-05"),
    )
    assert [word(ledger, f"2018-12-0{day}", motion="m2") for day in (2, 3, 4, 5)] == [
        "admitted",
        "vote-deferred",
        "referred",
        "admitted",
    ]


def test_an_adopted_motion_that_was_set_aside_is_followed_again_when_resumed(
    ledger: g.Ledger,
) -> None:
    ledger.record(g.MotionReferred("m1", to="a committee", on="2018-12-01"), breaches="flag")
    ledger.record(g.MotionResumed("m1", on="2018-12-02"))
    motion = ledger.as_of(END).motions["m1"]
    assert (motion.decision, motion.follow_up) == ("adopted", "open")


def test_a_late_change_of_profile_is_told_which_records_it_spoils(ledger: g.Ledger) -> None:
    ledger.record(g.MotionHeldOver("m1", on="2018-12-04"))
    with pytest.raises(g.RuleBreach) as refused:
        ledger.record(g.LedgerProfileChanged(on="2018-12-01", profile="parliament@1"))
    assert [(b.code, b.position) for b in refused.value.problems] == [("not-in-profile", 4)]


def test_another_profile_holds_from_the_first_instant_of_its_day(ledger: g.Ledger) -> None:
    ledger.record(g.LedgerProfileChanged(on="2018-12-05", profile="parliament@1"))
    ledger.record(g.MotionHeldOver("m1", on="2018-12-04"))
    with pytest.raises(g.RuleBreach) as refused:
        ledger.record(g.MotionHeldOver("m1", on="2018-12-05"))
    assert [breach.code for breach in refused.value.problems] == ["not-in-profile"]


def test_a_retracted_meeting_is_not_one_to_come(ledger: g.Ledger) -> None:
    ledger.record(g.MeetingConvened("v1", title="Assembly", on="2018-12-14"))
    ledger.record(g.MotionSubmitted("m2", title="Second", meeting="v1", on="2018-12-01"))
    with pytest.raises(g.RuleBreach) as refused:
        ledger.retract(4, reason="It was never convened")
    assert [(b.code, b.position) for b in refused.value.problems] == [("unknown-reference", 5)]
