"""The rules: the lifecycle table against what `evolve` does, state by state; each guard with
an example that trips it and one that does not; majorities, profiles, deadlines, terms."""

import ast
from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_codec import EXAMPLES

from govledger import events as ev
from govledger import rules
from govledger.events import VOCABULARY, Due, Tally
from govledger.profiles import GENERAL, PROFILES, Base, Majority, Outcome, Profile, profile_named
from govledger.register import FIELDS
from govledger.rules import (
    FINDINGS,
    LIFECYCLE,
    UNBOUND,
    Axis,
    Case,
    Breach,
    Deadline,
    Notice,
    Stays,
    deadline,
    judge,
    judge_book,
    judge_version,
    judge_withdrawal,
    notices,
    on_record,
    present,
    too_large,
    withdraws,
)
from govledger.source import Assertion
from govledger.state import (
    EVOLVE,
    Blockade,
    BlockadeStatus,
    Decision,
    FollowUp,
    Mandate,
    MandateStatus,
    Meeting,
    Motion,
    Proposal,
    ProposalStatus,
    Status,
    evolve,
)
from govledger.terms import LANGUAGES, TERMS, label
from govledger.vocabulary import STANDARD
from govledger.when import When, instant_of

ON = When("2018-11-30")
GENERAL_, VNG, PARLIAMENT = PROFILES
EXAMPLE = {type(event): event for event in EXAMPLES}
OF_KIND = {
    kind: tuple(EXAMPLE[cls] for cls in VOCABULARY if cls.kind == kind)
    for kind in ("motion", "mandate", "blockade", "proposal", "meeting", "response")
}
LIFECYCLE_CODES = {
    "not-on-record",
    "already-on-record",
    "not-adopted",
    "illegal-transition",
    "not-in-profile",
}
ANYTHING = Motion(subject="motion/x", title="x", since=ON, decision=Decision.ADOPTED)


def lifecycle_breaches(event, state, profile=GENERAL):
    """The codes of the lifecycle's breaches alone, in a world where every name is known."""
    found = judge(Case(event, 9, state, lambda name: ANYTHING, (), profile))
    return [breach.code for breach in found if breach.code in LIFECYCLE_CODES]


# --- the table and the fold -------------------------------------------------------------


def at(axis, leaf):
    """A state that stands at `leaf` on an axis."""
    match axis:
        case Axis.DECISION:
            return Motion(
                subject="motion/m",
                title="M",
                since=ON,
                decision=leaf,
                follow_up=FollowUp.OPEN if leaf is Decision.ADOPTED else None,
                before=Decision.ADMITTED,
            )
        case Axis.FOLLOW_UP:
            return attrs.evolve(at(Axis.DECISION, Decision.ADOPTED), follow_up=leaf)
        case Axis.MANDATE:
            return Mandate(subject="mandate/m", since=ON, task="Do it", progress=leaf)
        case Axis.BLOCKADE:
            return Blockade(subject="blockade/b", since=ON, status=leaf)
        case Axis.PROPOSAL:
            return Proposal(subject="proposal/p", since=ON, text="Let us", status=leaf)
    raise AssertionError(axis)


@pytest.mark.parametrize(
    ("row", "leaf"),
    [(row, leaf) for row in LIFECYCLE for leaf in row.leaves],
    ids=lambda value: getattr(getattr(value, "event", None), "type", value and str(value)),
)
def test_each_row_of_the_table_is_what_the_fold_does(row, leaf):
    event = EXAMPLE[row.event]
    if row.event is ev.BlockadeLifted:
        event = attrs.evolve(event, replaced_by=None)
    before = None if leaf is None else at(row.axis, leaf)
    assert present(row.axis, before) == leaf
    assert lifecycle_breaches(event, before) == []
    after = present(row.axis, evolve(before, event))
    match row.reaches:
        case Stays.SAME:
            assert after == leaf
        case Stays.RETURNS:
            assert after == before.before
        case _:
            assert after == row.reaches
    if row.axis is Axis.FOLLOW_UP:
        assert present(Axis.DECISION, evolve(before, event)) is Decision.ADOPTED


def test_a_blockade_that_another_replaces_is_called_replaced():
    lifted = EXAMPLE[ev.BlockadeLifted]
    assert lifted.replaced_by
    after = evolve(at(Axis.BLOCKADE, BlockadeStatus.IMPOSED), lifted)
    assert after.status is BlockadeStatus.REPLACED


def _axes(state):
    """Where a state stands, without its texts."""
    names = ("decision", "follow_up", "before", "progress", "status", "condition_met")
    return (state is None, on_record(state), *(getattr(state, name, None) for name in names))


def spread(kind, lawful):
    """Every state that events can bring about, by lawful moves only or by any whatever."""
    found = {_axes(None): None}
    todo = [None]
    while todo:
        state = todo.pop()
        for event in OF_KIND[kind]:
            if lawful and lifecycle_breaches(event, state):
                continue
            after = evolve(state, event)
            if _axes(after) not in found:
                found[_axes(after)] = after
                todo.append(after)
    return tuple(found.values())


def fits(event, state):
    """Whether the table has a row for the event in that state."""
    rows = [row for row in LIFECYCLE if row.event is type(event)]
    if rows[0].leaves == (None,):
        return not on_record(state)
    return any(present(row.axis, state) in row.leaves for row in rows)


@pytest.mark.parametrize("kind", OF_KIND)
def test_whatever_is_not_in_the_table_is_a_breach(kind):
    states = spread(kind, lawful=False)
    for state in states:
        for event in OF_KIND[kind]:
            codes = lifecycle_breaches(event, state)
            assert len(codes) == (0 if fits(event, state) else 1), (event.type, state, codes)
    assert len(states) > 1


def test_motions_reach_every_combination_that_is_tried():
    tried = {(s.decision, s.follow_up) for s in spread("motion", lawful=False) if s}
    every = {(d, f) for d in Decision for f in (None, *FollowUp)}
    assert tried >= every - {(Decision.ADOPTED, None)}  # what is adopted is followed
    lawful = {(s.decision, s.follow_up) for s in spread("motion", lawful=True) if s}
    assert lawful == {
        *((decision, None) for decision in Decision if decision is not Decision.ADOPTED),
        *((Decision.ADOPTED, follow_up) for follow_up in FollowUp),
    }


def test_the_other_kinds_reach_every_status_that_is_tried():
    for lawful in (True, False):
        assert {s.progress for s in spread("mandate", lawful) if s} >= {
            status for status in MandateStatus if status is not MandateStatus.WAITING
        }
        assert {s.status for s in spread("blockade", lawful) if s} >= {
            status for status in BlockadeStatus if status is not BlockadeStatus.LIFTED
        }
        assert {s.status for s in spread("proposal", lawful) if s} >= set(ProposalStatus)


UNDECIDED = set(
    "alias-noted amended vote-deferred referred adopted rejected withdrawn replaced lapsed".split()
)
FOLLOWED = set("alias-noted rescinded force-extended held-over completed superseded lapsed".split())
CLOSED = {"alias-noted", "rescinded", "force-extended", "reopened"}
WORKING = set("progressed condition-met fulfilled partly-fulfilled not-fulfilled waived".split())
MAY_FOLLOW = {
    "motion": {
        None: {"submitted"},
        ("submitted", None): {*UNDECIDED, "admitted"},
        ("admitted", None): UNDECIDED,
        ("vote-deferred", None): {*UNDECIDED, "resumed"},
        ("referred", None): {*UNDECIDED, "resumed"},
        ("rejected", None): {"alias-noted"},
        ("withdrawn", None): {"alias-noted"},
        ("replaced", None): {"alias-noted"},
        ("lapsed", None): {"alias-noted"},
        ("rescinded", None): {"alias-noted"},
        ("adopted", "open"): FOLLOWED,
        ("adopted", "held-over"): {*FOLLOWED, "resumed"},
        ("adopted", "completed"): CLOSED,
        ("adopted", "superseded"): CLOSED,
        ("adopted", "lapsed"): CLOSED,
    },
    "mandate": {
        None: {"given"},
        "waiting": WORKING,
        "given": WORKING,
        "in-progress": WORKING,
        "partly-fulfilled": WORKING,
        "fulfilled": set(),
        "not-fulfilled": set(),
        "waived": set(),
    },
    "blockade": {
        None: {"imposed"},
        "imposed": {"condition-met", "lift-proposed", "lift-ordered", "lifted"},
        "lift-proposed": {"condition-met", "lift-proposed", "lift-ordered", "lifted"},
        "lift-ordered": {"condition-met", "lifted"},
        "replaced": {"condition-met"},
    },
    "proposal": {None: {"made"}, "made": {"accepted", "rejected"}, "accepted": {}, "rejected": {}},
    "meeting": {None: {"convened"}, "there": set()},
    "response": {None: {"received"}, "there": set()},
}
"""What may happen next, told the other way round than the table, for every lawful state."""


@pytest.mark.parametrize("kind", MAY_FOLLOW)
def test_what_may_follow_each_lawful_state(kind):
    seen = {}
    for state in spread(kind, lawful=True):
        match state:
            case None:
                word = None
            case Motion():
                word = (state.decision, state.follow_up)
            case _:
                word = getattr(state, "status", "there")
        allowed = {e.type.split(".")[1] for e in OF_KIND[kind] if not lifecycle_breaches(e, state)}
        assert seen.setdefault(word, allowed) == allowed
    assert seen == {word: set(allowed) for word, allowed in MAY_FOLLOW[kind].items()}


def test_a_motion_that_is_adopted_is_never_said_not_to_be():
    for state in spread("motion", lawful=False):
        if state is not None and state.decision is Decision.ADOPTED:
            for event in OF_KIND["motion"]:
                assert "not-adopted" not in lifecycle_breaches(event, state), (event.type, state)


def test_a_breach_says_what_why_and_how_to_mend_it():
    for kind, events in OF_KIND.items():
        for state in spread(kind, lawful=False):
            for event in events:
                for breach in judge(Case(event, 7, state, lambda name: ANYTHING, (), GENERAL)):
                    assert breach.subject == event.subject
                    assert breach.position == 7
                    assert str(event.on) in breach.message
                    if isinstance(breach, Breach):
                        assert event.type in breach.message
                        assert breach.hint
                        assert not breach.binding


def test_every_event_type_has_its_place():
    bound = {row.event for row in LIFECYCLE}
    assert bound | set(UNBOUND) == set(VOCABULARY)
    assert not bound & set(UNBOUND)
    assert set(VOCABULARY) - set(EVOLVE) == {
        ev.LedgerOpened,
        ev.LedgerProfileChanged,
        ev.LedgerExtended,
        ev.RecordRetracted,
        ev.PersonalDataErased,
    }


@pytest.mark.parametrize("cls", UNBOUND, ids=lambda cls: cls.type)
def test_what_is_about_the_book_moves_no_subject(cls):
    event = EXAMPLE[cls]
    for state in (None, ANYTHING):
        assert evolve(state, event) is state
        assert lifecycle_breaches(event, state) == []


# --- guards -----------------------------------------------------------------------------


def submitted(slug, on="2018-01-01"):
    return ev.MotionSubmitted(slug, title=slug, on=on)


def adopted(slug, on="2018-01-02", **more):
    return ev.MotionAdopted(slug, on=on, **more)


def imposed(**more):
    return ev.BlockadeImposed("b", by="m", scope="All", on="2018-01-03", **more)


def given_(**more):
    return ev.MandateGiven("t", motion="m", task="Do", addressee="X", on="2018-01-03", **more)


def fold(events):
    states = {}
    for event in events:
        states[event.subject] = evolve(states.get(event.subject), event)
    return states


def found(before, event, profile=GENERAL):
    """What is found on an event after the others."""
    states = fold(before)
    return tuple(judge(Case(event, 9, states.get(event.subject), states.get, states, profile)))


M = (submitted("m"), adopted("m"))
N = (submitted("n"), adopted("n"))
BOARD = ev.MeetingConvened("b-1", title="Board", body="Bestuur", on="2018-01-01")
ALV = ev.MeetingConvened("alv", title="ALV", body="ALV", on="2018-01-01")
BODILESS = ev.MeetingConvened("x", title="A meeting", on="2018-01-01")


def tallied(in_favour, against, majority=None, **more):
    count = {"in_favour": in_favour, "against": against, **more}
    return adopted("m", tally=count, majority=majority)


def lifted(**more):
    return ev.BlockadeLifted("b", by="m", on="2018-02-01", **more)


ROLL_CALL = (
    {"member": "A", "choice": "in-favour", "weight": 3},
    {"member": "B", "choice": "against"},
    {"member": "C", "choice": "against"},
    {"member": "D", "choice": "abstained", "weight": 4},
    {"member": "E", "choice": "absent"},
)

CLUB = Profile(
    name="club@1",
    title="a club",
    majorities={
        "ordinary": {},
        "statutes": {"share": "at least 2/3", "quorum": "more than 1/2"},
    },
    weights={"unit": "members", "equal": True},
    discharge={"only": ["ALV"]},
    lapse={"undecided": "1 year", "held_over": "18 months", "vote_deferred": "2 weeks"},
)

GUARDS = [
    # code, profile, what came before, what trips the guard, what does not
    ("not-on-record", GENERAL, (), adopted("m"), submitted("m")),
    ("not-on-record", GENERAL, (), ev.MandateWaived("t", on="2018"), BOARD),
    ("already-on-record", GENERAL, M, submitted("m"), submitted("n")),
    ("already-on-record", GENERAL, (ALV,), ALV, BOARD),
    (
        "not-adopted",
        GENERAL,
        M[:1],
        ev.MotionHeldOver("m", on="2018"),
        ev.MotionVoteDeferred("m", on="2018"),
    ),
    (
        "illegal-transition",
        GENERAL,
        M,
        ev.MotionRejected("m", on="2018"),
        ev.MotionRescinded("m", on="2018"),
    ),
    (
        "not-in-profile",
        PARLIAMENT,
        M,
        ev.MotionHeldOver("m", on="2018"),
        ev.MotionCompleted("m", on="2018"),
    ),
    (
        "unknown-reference",
        GENERAL,
        M[:1],
        adopted("m", meeting="alv"),
        adopted("m"),
    ),
    (
        "unknown-reference",
        GENERAL,
        (*M, *N),
        ev.MotionCompleted("m", because=["motion/n", "agreement/x"], on="2018"),
        ev.MotionCompleted("m", because=["motion/n"], on="2018"),
    ),
    (
        "unknown-reference",
        GENERAL,
        (*M, imposed()),
        lifted(replaced_by="c"),
        lifted(),
    ),
    (
        "self-reference",
        GENERAL,
        (*M, *N),
        ev.MotionSuperseded("m", by="m", on="2018"),
        ev.MotionSuperseded("m", by="n", on="2018"),
    ),
    (
        "successor-not-adopted",
        GENERAL,
        (*M, *N, ev.MotionRescinded("n", on="2018"), submitted("o"), adopted("o")),
        ev.MotionSuperseded("m", by="n", on="2018"),
        ev.MotionSuperseded("m", by="o", on="2018"),
    ),
    (
        "successor-not-adopted",
        GENERAL,
        (*M, *N[:1]),
        ev.MotionSuperseded("m", by="n", on="2018"),
        ev.MotionCompleted("m", in_light_of="n", on="2018"),
    ),
    (
        "no-condition",
        GENERAL,
        (*M, given_(), attrs.evolve(given_(condition="money"), subject="u")),
        ev.MandateConditionMet("t", on="2018"),
        ev.MandateConditionMet("u", on="2018"),
    ),
    (
        "no-condition",
        GENERAL,
        (*M, imposed(), attrs.evolve(imposed(release_condition="an answer"), subject="c")),
        ev.BlockadeConditionMet("b", on="2018"),
        ev.BlockadeConditionMet("c", on="2018"),
    ),
    (
        "no-evidence",
        GENERAL,
        (*M, given_()),
        ev.MandateFulfilled("t", on="2018"),
        ev.MandateFulfilled("t", on="2018", evidence="a letter"),
    ),
    (
        "no-evidence",
        GENERAL,
        (*M, given_()),
        ev.MandateFulfilled("t", on="2018", evidence=[]),
        ev.MandatePartlyFulfilled("t", on="2018"),
    ),
    (
        "may-not-discharge",
        VNG,
        (*M, BOARD, ALV),
        ev.MotionCompleted("m", meeting="b-1", on="2018"),
        ev.MotionCompleted("m", meeting="alv", on="2018"),
    ),
    (
        "may-not-discharge",
        VNG,
        (*M, attrs.evolve(ALV, body="COMMITTEE"), BODILESS),
        ev.MotionCompleted("m", meeting="alv", on="2018"),
        ev.MotionCompleted("m", meeting="x", on="2018"),
    ),
    ("tally-against-outcome", GENERAL, M[:1], tallied(1, 2), tallied(2, 1)),
    ("tally-against-outcome", GENERAL, M[:1], tallied(2, 2), tallied(3, 2, abstained=99)),
    (
        "tally-against-outcome",
        GENERAL,
        M[:1],
        ev.MotionRejected("m", on="2018", tally={"in_favour": 2, "against": 1}),
        ev.MotionRejected("m", on="2018", tally={"in_favour": 2, "against": 2}),
    ),
    (
        "tally-against-outcome",
        PARLIAMENT,
        M[:1],
        ev.MotionRejected("m", on="2018", tally={"in_favour": 2, "against": 2}),
        ev.MotionRejected("m", on="2018", tally={"in_favour": 2, "against": 3}),
    ),
    (
        "tally-over-electorate",
        GENERAL,
        M[:1],
        tallied(5, 3, abstained=1, absent=2, electorate=10),
        tallied(5, 3, abstained=1, absent=1, electorate=10),
    ),
    (
        "roll-call-mismatch",
        GENERAL,
        M[:1],
        tallied(3, 2, abstained=4, absent=2, roll_call=ROLL_CALL),
        tallied(3, 2, abstained=4, absent=1, roll_call=ROLL_CALL),
    ),
    (
        "roll-call-mismatch",
        GENERAL,
        M[:1],
        tallied(3, 2, abstained=1, absent=1, roll_call=ROLL_CALL),
        tallied(3, 2),
    ),
    (
        "called-twice",
        GENERAL,
        M[:1],
        tallied(3, 2, abstained=4, absent=1, roll_call=ROLL_CALL, called_twice=1),
        tallied(3, 2, abstained=4, absent=1, roll_call=ROLL_CALL),
    ),
    (
        "unknown-majority",
        CLUB,
        M[:1],
        adopted("m", majority="statues"),
        adopted("m", majority="statutes"),
    ),
    (
        "tally-against-outcome",
        CLUB,
        M[:1],
        tallied(3, 2, electorate=6, majority="statutes"),
        tallied(3, 2, electorate=6),
    ),
    (
        "no-quorum",
        CLUB,
        M[:1],
        tallied(4, 0, electorate=9, majority="statutes"),
        tallied(4, 0, abstained=1, electorate=9, majority="statutes"),
    ),
    (
        "quorum-unknown",
        CLUB,
        M[:1],
        tallied(4, 0, majority="statutes"),
        tallied(4, 0),
    ),
    (
        "other-unit",
        CLUB,
        M[:1],
        tallied(4, 0, unit="inhabitants"),
        tallied(4, 0),
    ),
    ("other-unit", CLUB, M[:1], tallied(4, 0, unit="heads"), tallied(4, 0, unit="Members")),
    (
        "unequal-votes",
        CLUB,
        M[:1],
        tallied(3, 2, abstained=4, absent=1, roll_call=ROLL_CALL),
        tallied(1, 0, roll_call=[{"member": "A", "choice": "in-favour"}]),
    ),
    (
        "may-not-discharge",
        CLUB,
        (*M, BOARD),
        ev.MotionCompleted("m", meeting="b-1", on="2018"),
        ev.MotionCompleted("m", on="2018"),
    ),
    ("condition-not-met", GENERAL, (*M, imposed(release_condition="an answer")), lifted(), BOARD),
    ("rests-on-no-decision", GENERAL, M[:1], imposed(), BOARD),
    (
        "condition-not-met",
        GENERAL,
        (
            *(*M, imposed(release_condition="two answers")),
            ev.BlockadeConditionMet("b", part="one answer", on="2018-01-10"),
        ),
        lifted(),
        ev.BlockadeLiftOrdered("b", by="m", on="2018"),
    ),
]


NOTED = ("condition-not-met", "rests-on-no-decision", "quorum-unknown")


@pytest.mark.parametrize(
    ("code", "profile", "before", "trips", "passes"), GUARDS, ids=[row[0] for row in GUARDS]
)
def test_guards(code, profile, before, trips, passes):
    findings = found(before, trips, profile)
    assert [finding.code for finding in findings] == [code]
    assert isinstance(findings[0], Notice if code in NOTED else Breach)
    assert (findings[0].subject, findings[0].position) == (trips.subject, 9)
    assert found(before, passes, profile) == ()


def test_a_blockade_whose_condition_is_wholly_met_is_lifted_without_notice():
    before = (
        *(*M, imposed(release_condition="two answers")),
        ev.BlockadeConditionMet("b", part="one answer", on="2018-01-10"),
    )
    (notice,) = found(before, lifted())
    assert "in part (one answer)" in notice.message
    assert found((*before, ev.BlockadeConditionMet("b", on="2018-01-11")), lifted()) == ()
    assert found((*M, imposed()), lifted()) == ()


def test_each_choice_of_the_roll_call_is_counted_by_itself():
    trips = tallied(9, 8, abstained=7, absent=6, roll_call=ROLL_CALL)
    assert Counter(f.code for f in found(M[:1], trips)) == {"roll-call-mismatch": 4}


def test_a_general_association_lets_a_board_declare_completion():
    completed = ev.MotionCompleted("m", meeting="b-1", on="2018")
    assert found((*M, BOARD), completed, GENERAL) == ()


def test_everything_that_is_wrong_is_found_at_once():
    event = ev.MotionSuperseded("m", by="m", on="2018")
    codes = {finding.code for finding in found(M[:1], event)}
    assert codes >= {"not-adopted", "self-reference"}


BINS = ev.MotionWithdrawn("bins", on="2018")
OPENED = EXAMPLE[ev.LedgerOpened]


def retraction(position, subject="motion/bins", **more):
    return ev.RecordRetracted(subject, position=position, reason="Wrong", on="2018", **more)


BOOK = [
    ("unknown-position", [*judge_withdrawal(retraction(5), 9, 5, None, None)]),
    ("unknown-position", [*judge_withdrawal(attrs.evolve(BINS, corrects=5), 9, 5, None, None)]),
    ("other-subject", [*judge_withdrawal(retraction(5, "motion/lamps"), 9, 5, BINS, None)]),
    ("already-withdrawn", [*judge_withdrawal(retraction(5), 9, 5, BINS, (7, BINS))]),
    ("cannot-withdraw", [*judge_withdrawal(retraction(1, ev.LEDGER), 9, 1, OPENED, None)]),
    ("already-open", [*judge_book(OPENED, 2)]),
    ("unknown-profile", [*judge_book(attrs.evolve(OPENED, profile="vng@9"), 1)]),
    ("record-too-large", [too_large(BINS, 5, "it takes 70000 bytes", "cite a document")]),
    ("unknown-profile", [*judge_book(ev.LedgerProfileChanged(profile="vng", on="2018"), 5)]),
    (
        "unknown-extension",
        [*judge_book(ev.LedgerExtended(extension="it@1", on="2018"), 5, ["it@2"])],
    ),
    (
        "cannot-withdraw",
        [*judge_withdrawal(retraction(2, ev.LEDGER), 9, 2, EXAMPLE[ev.LedgerExtended], None)],
    ),
    (
        "shipped-profile",
        [
            *judge_book(
                ev.LedgerProfileChanged(profile={"name": "vng@1", "title": "X"}, on="2018"), 5
            )
        ],
    ),
    (
        "other-rules",
        [
            *judge_version(
                ev.LedgerProfileChanged(profile=attrs.evolve(CLUB, title="X"), on="2018"),
                5,
                [(1, "general@1"), (3, CLUB), (4, CLUB)],
            )
        ],
    ),
]


@pytest.mark.parametrize(("code", "breaches"), BOOK, ids=[code for code, _ in BOOK])
def test_breaches_of_the_book_are_binding(code, breaches):
    (breach,) = breaches
    assert breach.code == code
    assert breach.binding
    assert breach.hint


def test_what_is_right_with_the_book():
    assert not [*judge_withdrawal(retraction(5), 9, 5, BINS, None)]
    assert not [*judge_withdrawal(attrs.evolve(BINS, corrects=5), 9, 5, BINS, None)]
    assert not [*judge_book(OPENED, 1)]
    assert not [*judge_book(ev.LedgerProfileChanged(profile="vng@1", on="2018"), 5)]
    assert not [*judge_book(BINS, 5)]
    assert not [*judge_book(ev.LedgerExtended(extension="it@1", on="2018"), 5, ["it@1"])]
    club = ev.LedgerProfileChanged(profile=CLUB, on="2018")
    assert not [*judge_book(club, 5)]
    assert not [*judge_version(club, 5, [(1, "general@1"), (2, CLUB)])]
    assert not [*judge_version(club, 5, [(1, attrs.evolve(CLUB, name="club@2", title="X"))])]


def test_what_a_record_withdraws():
    assert withdraws(BINS) == ()
    assert withdraws(attrs.evolve(BINS, corrects=5)) == (5,)
    assert withdraws(retraction(6)) == (6,)
    assert withdraws(retraction(6, corrects=5)) == (5, 6)


def mandate(due, progress=MandateStatus.GIVEN, **more):
    return Mandate(
        subject="mandate/t",
        since=ON,
        motion="motion/m",
        task="Do",
        addressee="X",
        due=due if due is None else ev.due(due),
        progress=progress,
        **more,
    )


AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def instant(text):
    return instant_of(datetime.fromisoformat(text))


NOTICES = [
    ("overdue", mandate("2018"), "2019-01-01T00:00+01:00"),
    (
        "no-decision",
        Proposal(subject="proposal/p", since=ON, text="Let us", status=ProposalStatus.MADE),
        "2019-01-01T00:00+01:00",
    ),
    (
        "term-passed",
        Motion(
            subject="motion/m",
            title="M",
            since=ON,
            submitted_on=When("2018-01"),
            decision=Decision.SUBMITTED,
        ),
        "2019-02-01T00:00+01:00",
    ),
    (
        "term-passed",
        Motion(
            subject="motion/m",
            title="M",
            since=When("2018-08-31"),
            decision=Decision.ADOPTED,
            follow_up=FollowUp.HELD_OVER,
        ),
        "2020-03-01T00:00+01:00",
    ),
]


@pytest.mark.parametrize(("code", "state", "on"), NOTICES, ids=[row[0] for row in NOTICES])
def test_notices(code, state, on):
    (notice,) = notices(state, instant(on), AMSTERDAM, CLUB)
    assert not [*notices(state, instant(on) - 1, AMSTERDAM, CLUB)] or code == "no-decision"
    assert isinstance(notice, Notice)
    assert (notice.code, notice.subject, notice.position) == (code, state.subject, None)
    assert "on record" in notice.message  # the absence of evidence, never failure
    assert "fail" not in notice.message


@pytest.mark.parametrize(
    "state",
    [
        mandate("2018", MandateStatus.FULFILLED),
        mandate("2019-01-02"),
        mandate(None),
        Proposal(subject="proposal/p", since=ON, text="X", status=ProposalStatus.REJECTED),
        Meeting(subject="meeting/m", since=ON, title="M"),
        ANYTHING,
    ],
    ids=["fulfilled", "open", "no deadline", "decided", "meeting", "motion"],
)
def test_nothing_to_notice(state):
    assert not [*notices(state, instant("2019-01-01T00:00+01:00"), AMSTERDAM)]


def test_every_finding_has_an_example_here():
    tried = {row[0] for rows in (GUARDS, BOOK, NOTICES) for row in rows}
    assert tried == set(FINDINGS)


def test_the_findings_are_the_codes_that_the_source_uses():
    tree = ast.parse(Path(rules.__file__).read_text("utf-8"))
    texts = Counter(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    assert {code for code in FINDINGS if texts[code] < 2} == set()  # used, beside the table
    used = set()
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="code", value=ast.Constant(value=code)):
                used.add(code)
            case ast.Call(
                func=ast.Name(id="_breach" | "invalid") | ast.Attribute(attr="breach" | "notice"),
                args=[ast.Constant(value=code), *_],
            ):
                used.add(code)
            case ast.Assign(
                targets=[ast.Tuple(elts=[ast.Name(id="code"), _])],
                value=ast.Tuple(elts=[ast.Constant(value=code), _]),
            ):
                used.add(code)
    assert used == set(FINDINGS)
    assert all(meaning.endswith(".") for meaning in FINDINGS.values())


# --- majorities -------------------------------------------------------------------------

ELECTORATE = Majority(of=Base.ELECTORATE)
TWO_THIRDS = Majority(share="more than 2/3")
HUGE = 2**52


@pytest.mark.parametrize(
    ("majority", "counts", "outcome"),
    [
        (Majority(), {"in_favour": 2, "against": 1}, "adopted"),
        (Majority(), {"in_favour": 1, "against": 2}, "rejected"),
        (Majority(), {"in_favour": 2, "against": 1, "abstained": 50, "absent": 50}, "adopted"),
        (Majority(), {"in_favour": 1, "against": 0, "electorate": 400}, "adopted"),
        # ties follow the profile
        (Majority(), {"in_favour": 2, "against": 2}, "rejected"),
        (Majority(), {"in_favour": 0, "against": 0, "abstained": 9}, "rejected"),
        (Majority(tie=Outcome.UNDECIDED), {"in_favour": 2, "against": 2}, "undecided"),
        (Majority(tie=Outcome.ADOPTED), {"in_favour": 2, "against": 2}, "adopted"),
        (Majority(tie=Outcome.UNDECIDED), {"in_favour": 2, "against": 3}, "rejected"),
        # of the electorate
        (ELECTORATE, {"in_favour": 50, "against": 10, "electorate": 100}, "rejected"),
        (ELECTORATE, {"in_favour": 51, "against": 10, "electorate": 100}, "adopted"),
        (ELECTORATE, {"in_favour": 3, "against": 1, "abstained": 1, "absent": 1}, "rejected"),
        (ELECTORATE, {"in_favour": 4, "against": 1, "abstained": 1, "absent": 1}, "adopted"),
        # more than the share, not the share itself
        (TWO_THIRDS, {"in_favour": 4, "against": 2}, "rejected"),
        (TWO_THIRDS, {"in_favour": 5, "against": 2}, "adopted"),
        (TWO_THIRDS, {"in_favour": 3, "against": 2}, "rejected"),
        # weights are exact, however large
        (Majority(), {"in_favour": HUGE, "against": HUGE - 1}, "adopted"),
        (Majority(), {"in_favour": HUGE - 1, "against": HUGE}, "rejected"),
        (
            TWO_THIRDS,
            {"in_favour": 6_004_799_503_160_661, "against": 3_002_399_751_580_330},
            "adopted",
        ),
        (
            TWO_THIRDS,
            {"in_favour": 6_004_799_503_160_660, "against": 3_002_399_751_580_330},
            "rejected",
        ),
    ],
)
def test_majorities(majority, counts, outcome):
    assert majority.outcome(Tally(**counts)) == outcome


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**12), st.integers(0, 10**12), st.sampled_from([*range(1, 10)]))
def test_a_majority_of_votes_cast_does_not_change_with_the_unit(in_favour, against, times):
    for majority in (Majority(), TWO_THIRDS, ELECTORATE):
        once = majority.outcome(Tally(in_favour=in_favour, against=against))
        scaled = Tally(in_favour=in_favour * times, against=against * times)
        assert majority.outcome(scaled) is once


# --- profiles ---------------------------------------------------------------------------


def test_profiles_are_found_by_name_and_version():
    for profile in PROFILES:
        assert profile_named(profile.name) is profile
    assert GENERAL_ is GENERAL
    with pytest.raises(ValueError, match='did you mean "vng@1"') as error:
        profile_named("vng@2")
    assert error.value.problems[0].code == "unknown-profile"


def test_a_parliament_that_holds_over_means_that_the_vote_is_deferred():
    (breach,) = found(M, ev.MotionHeldOver("m", on="2018"), PARLIAMENT)
    assert breach.code == "not-in-profile"
    assert "parliament@1" in breach.message
    assert "motion.vote-deferred" in breach.hint
    assert found(M[:1], ev.MotionVoteDeferred("m", on="2018"), PARLIAMENT) == ()


def test_the_vng_holds_over_adopted_motions_and_its_board_cannot_discharge():
    assert found(M, ev.MotionHeldOver("m", on="2018"), VNG) == ()
    (breach,) = found((*M, BOARD), ev.MotionCompleted("m", meeting="b-1", on="2018"), VNG)
    assert breach.code == "may-not-discharge"
    assert "Bestuur" in breach.message
    assert "vng@1" in breach.message


def test_a_tie_in_a_parliament_decides_nothing():
    for event in (tallied(2, 2), ev.MotionRejected("m", on="2018", tally=tallied(2, 2).tally)):
        (breach,) = found(M[:1], event, PARLIAMENT)
        assert breach.code == "tally-against-outcome"
        assert "undecided" in breach.message


# --- deadlines --------------------------------------------------------------------------

NONE, OPEN, DUE, OVERDUE = Deadline


@pytest.mark.parametrize(
    ("due", "opens", "closes"),
    [
        # the first instant on which it is due, and the last
        ("2019-02-28", "2019-02-27T23:00Z", "2019-02-28T22:59:59.999999Z"),
        ({"by": "2018-10-28"}, "2018-10-27T22:00Z", "2018-10-28T22:59:59.999999Z"),
        ("2019-02", "2019-01-31T23:00Z", "2019-02-28T22:59:59.999999Z"),
        ("2019", "2018-12-31T23:00Z", "2019-12-31T22:59:59.999999Z"),
        ("2019-02-28T12:00+01:00", "2019-02-27T11:00:00.000001Z", "2019-02-28T11:00Z"),
        ({"before": "2019-06-05"}, "2019-06-03T22:00Z", "2019-06-04T21:59:59.999999Z"),
        ({"before": "2019-06"}, "2019-05-30T22:00Z", "2019-05-31T21:59:59.999999Z"),
        ({"before": "2019"}, "2018-12-30T23:00Z", "2018-12-31T22:59:59.999999Z"),
        (
            {"before": "2019-06-05T12:00+02:00"},
            *("2019-06-04T10:00Z", "2019-06-05T09:59:59.999999Z"),
        ),
        (  # an event beside a time does not move it
            {"by": "2019-02-28", "event": "the spring assembly"},
            *("2019-02-27T23:00Z", "2019-02-28T22:59:59.999999Z"),
        ),
    ],
)
def test_deadlines(due, opens, closes):
    task = mandate(due)
    assert deadline(task, instant(opens) - 1, AMSTERDAM) is OPEN
    assert deadline(task, instant(opens), AMSTERDAM) is DUE
    assert deadline(task, instant(closes), AMSTERDAM) is DUE
    assert deadline(task, instant(closes) + 1, AMSTERDAM) is OVERDUE


FAR = instant("2100-01-01T00:00Z")


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (mandate(None), NONE),
        (mandate("once the cabinet has fallen"), OPEN),
        (mandate("2019", condition="money"), OPEN),  # it waits
        (mandate("2019", condition="money", condition_met=True), OVERDUE),
        (mandate("2019", MandateStatus.IN_PROGRESS, condition="money"), OVERDUE),  # it began
        (mandate("2019", MandateStatus.IN_PROGRESS), OVERDUE),
        (mandate("2019", MandateStatus.PARTLY_FULFILLED), OVERDUE),
        (mandate("2019", MandateStatus.FULFILLED), NONE),
        (mandate("2019", MandateStatus.NOT_FULFILLED), NONE),
        (mandate("2019", MandateStatus.WAIVED), NONE),
        (mandate("once", MandateStatus.WAIVED), NONE),
        (Mandate(subject="mandate/t", since=ON), NONE),
    ],
)
def test_deadlines_long_past(task, expected):
    assert deadline(task, FAR, AMSTERDAM) is expected


_days = st.dates(datetime(1990, 1, 1).date(), datetime(2037, 1, 1).date())
_edges = _days.flatmap(
    lambda day: st.sampled_from([f"{day}", f"{day:%Y-%m}", f"{day:%Y}", f"{day}T12:30+05:45"])
)
_zones = st.sampled_from(["UTC", "Europe/Amsterdam", "America/Sao_Paulo", "Africa/Cairo"])


@settings(max_examples=300, deadline=None)
@given(_edges, st.booleans(), _zones.map(ZoneInfo), st.lists(st.integers(-(10**15), 10**15)))
def test_a_deadline_only_grows_more_pressing(edge, before, zone, offsets):
    task = mandate(Due(before=edge) if before else Due(by=edge))
    last = When(edge).earliest(zone) - 1 if before else When(edge).latest(zone)
    assert deadline(task, last, zone) is DUE
    assert deadline(task, last + 1, zone) is OVERDUE
    assert deadline(task, last - 400 * 86_400 * 10**6, zone) is OPEN
    told = [deadline(task, last + offset, zone) for offset in sorted(offsets)]
    assert told == sorted(told, key=(OPEN, DUE, OVERDUE).index)


def test_a_day_is_due_from_its_beginning_where_midnight_is_skipped():
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    start = instant("2018-11-04T03:00Z")
    assert deadline(mandate("2018-11-04"), start - 1, sao_paulo) is OPEN
    assert deadline(mandate("2018-11-04"), start, sao_paulo) is DUE
    length = timedelta(hours=23) // timedelta(microseconds=1)
    assert deadline(mandate("2018-11-04"), start + length, sao_paulo) is OVERDUE


# --- terms ------------------------------------------------------------------------------

STATUS_WORDS = (
    *(*Status, *Decision, *FollowUp, *MandateStatus, *BlockadeStatus, *ProposalStatus),
    *(*Deadline, *ev.UntilKind, *Assertion),
    *("unmet", "partly-met", "met"),  # how a release condition stands
)


@pytest.mark.parametrize("term", sorted({*map(str, STATUS_WORDS), *STANDARD.types}))
def test_every_status_and_event_type_has_a_term_in_each_language(term):
    words = [label(term, language) for language in LANGUAGES]
    assert list(TERMS[term]) == words
    assert all(word.strip() for word in words)


def test_the_terms_of_a_profile_come_first():
    for profile in PROFILES:
        for language, words in profile.labels.items():
            assert language in LANGUAGES
            for term, word in words.items():
                assert term in TERMS
                assert label(term, language, profile.labels) == word
    assert label("vote-deferred", "nl", PARLIAMENT.labels) == "aangehouden"
    assert label("held-over", "nl", VNG.labels) == "aangehouden"
    assert label("adopted", "nl", VNG.labels) == "aangenomen"
    assert label("held-over", "en", VNG.labels) == "held over"
    assert label("no such term", "nl") == "no such term"


def test_status_words_are_those_of_the_axes():
    assert set(Status) == {*map(str, Decision), *map(str, FollowUp)} - {"open"}
    assert set(FIELDS) == {"motion", "mandate", "blockade", "proposal", "meeting"}
