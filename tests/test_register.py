"""The register: how each kind of subject is described, which force and which deadlines it
shows on a date, what stands out in it, and what differs between two of them."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from test_codec import EXAMPLES

from govledger import (
    BlockadeConditionMet,
    BlockadeImposed,
    BlockadeLifted,
    BlockadeLiftProposed,
    Change,
    MandateFulfilled,
    MandateGiven,
    MandateProgressed,
    MeetingConvened,
    MotionAdopted,
    MotionAliasNoted,
    MotionCompleted,
    MotionForceExtended,
    MotionHeldOver,
    MotionRejected,
    MotionReopened,
    MotionRescinded,
    MotionSubmitted,
    MotionSuperseded,
    ProposalMade,
    ProposalRejected,
    Record,
    ResponseReceived,
    StatementMade,
)
from govledger.history import replay
from govledger.register import FIELDS, changes, register
from govledger.vocabulary import LISTED
from govledger.when import view_instant

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2018, 12, 1, tzinfo=UTC)


def view(events, day="2018-12-31"):
    """The register on a day, after events."""
    records = [
        Record(position=position, version=1, recorded_at=NOW, event=event)
        for position, event in enumerate(events, start=1)
    ]
    at = view_instant(day, ZONE)
    replayed = replay(records, ZONE, at)
    return register(replayed.states, replayed.findings, as_of=at, known_at=len(records), zone=ZONE)


MEETING = MeetingConvened("v", title="Spring assembly", body="ALV", on="2018-02-01")
M = (
    MotionSubmitted("m", title="Bigger bins", on="2018-01-01", meeting="v", movers=["A", "B"]),
    MotionAdopted("m", meeting="v", on="2018-02-01"),
)
N = (MotionSubmitted("n", title="Fewer", on="2018-01-01"), MotionAdopted("n", on="2018-02-01"))


def mandate(slug, on="2018-02-01", **more):
    return MandateGiven(slug, motion="m", task="Buy bins", addressee="The board", on=on, **more)


def picked(description, *keys):
    return {key: description[key] for key in keys}


def assert_says(description, expected):
    """The description says this; it may say more."""
    assert picked(description, *expected) == expected


# --- descriptions -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("motion", "id title status decision follow_up force since"),
        ("mandate", "id motion task addressee status due deadline"),
        ("blockade", "id status by conditions release_condition conditions_met"),
        ("proposal", "id status by text"),
        ("meeting", "id title body place on"),
    ],
)
def test_the_keys_that_scripts_rely_on(kind, keys):
    assert set(keys.split()) < set(FIELDS[kind])
    assert FIELDS[kind][0] == "id"
    assert FIELDS[kind][-1] == "findings"


def test_every_subject_is_described_by_the_keys_of_its_kind_in_plain_values():
    subjects = view(EXAMPLES, "2019-12-31").subjects()
    assert {subject.split("/")[0] for subject in subjects} > set(FIELDS)
    for day in ("2018-11-29", "2018-11-30", "2018-12-31", "2019-12-31"):
        there = view(EXAMPLES, day)
        for subject in there.subjects():
            described = there.describe(subject)
            assert described["id"] == subject
            assert tuple(described) == FIELDS.get(subject.split("/")[0], tuple(described))
            assert json.loads(json.dumps(described)) == described


def test_a_motion():
    events = (
        *(MEETING, *M, *N),
        MotionAliasNoted("m", alias="Motion 7", on="2018-02-02"),
        MotionHeldOver(
            "m", meeting="v", pending=["an answer"], review_on="2019-03", on="2018-06-01"
        ),
        MotionForceExtended("m", until={"kind": "at-least", "when": "2019-06"}, on="2018-06-01"),
    )
    expected = {
        "id": "motion/m",
        "title": "Bigger bins",
        "status": "held-over",
        "decision": "adopted",
        "follow_up": "held-over",
        "force": {"from": "2018-02-01", "until": "2019-06", "kind": "at-least"},
        "since": "2018-06-01",
        "decided_on": "2018-02-01",
        "meeting": "meeting/v",
        "follow_up_meeting": "meeting/v",
        "movers": ["A", "B"],
        "aliases": ["Motion 7"],
        "pending": ["an answer"],
        "review_on": "2019-03",
        "because": [],
        "in_light_of": None,
        "successor": None,
        "findings": [],
    }
    assert_says(view(events, "2018-06-30").describe("motion/m"), expected)
    completed = MotionCompleted("m", because="motion/n", in_light_of="n", on="2018-07-01")
    described = view((*events, completed)).describe("motion/m")
    assert picked(described, "status", "decision", "follow_up", "pending", "review_on") == {
        "status": "completed",
        "decision": "adopted",
        "follow_up": "completed",
        "pending": [],
        "review_on": None,
    }
    assert picked(described, "because", "in_light_of", "since") == {
        "because": ["motion/n"],
        "in_light_of": "motion/n",
        "since": "2018-07-01",
    }


@pytest.mark.parametrize(
    ("events", "words"),
    [
        (M[:1], ("submitted", "submitted", None)),
        (M, ("adopted", "adopted", "open")),
        ((*M, MotionHeldOver("m", on="2018-03-01")), ("held-over", "adopted", "held-over")),
        ((*M, MotionCompleted("m", on="2018-03-01")), ("completed", "adopted", "completed")),
        (
            (*M, *N, MotionSuperseded("m", by="n", on="2018-03-01")),
            ("superseded", "adopted", "superseded"),
        ),
        ((*M, MotionRescinded("m", on="2018-03-01")), ("rescinded", "rescinded", None)),
        ((M[0], MotionRejected("m", on="2018-03-01")), ("rejected", "rejected", None)),
        (
            (*M, MotionCompleted("m", on="2018-03-01"), MotionReopened("m", on="2018-04-01")),
            ("adopted", "adopted", "open"),
        ),
    ],
)
def test_the_status_of_a_motion_is_its_most_telling_word(events, words):
    described = view(events).describe("motion/m")
    assert (described["status"], described["decision"], described["follow_up"]) == words


def test_a_motion_that_only_an_unlawful_event_made_known_has_no_decision():
    described = view([MotionAliasNoted("m", alias="X", on="2018-02-01")]).describe("motion/m")
    assert picked(described, "title", "status", "decision", "follow_up", "since") == {
        "title": "m",
        "status": None,
        "decision": None,
        "follow_up": None,
        "since": "2018-02-01",
    }
    assert described["findings"] == ["not-on-record"]


def test_a_reopened_motion_no_longer_shows_what_closed_it():
    for closing in (
        MotionSuperseded("m", by="n", on="2018-03-01"),
        MotionCompleted("m", because="motion/n", in_light_of="n", on="2018-03-01"),
    ):
        described = view((*M, *N, closing, MotionReopened("m", on="2018-04-01"))).describe(
            "motion/m"
        )
        assert picked(described, "status", "successor", "because", "in_light_of") == {
            "status": "adopted",
            "successor": None,
            "because": [],
            "in_light_of": None,
        }


@pytest.mark.parametrize(
    ("on", "since"),
    [
        ("2018-06", "2018-06-30"),
        ("../2018-06-27", "2018-06-27"),
        ("2018", "2018-12-31"),
        ("2018-06-27T23:30Z", "2018-06-28"),
    ],
)
def test_since_is_the_last_day_it_can_have_been_in_the_zone_of_the_ledger(on, since):
    described = view([MotionSubmitted("m", title="M", on=on)]).describe("motion/m")
    assert described["since"] == since


def test_a_mandate():
    events = (
        *M,
        mandate(
            "t", due={"before": "2019", "event": "the budget"}, condition="once there is money"
        ),
    )
    expected = {
        "id": "mandate/t",
        "motion": "motion/m",
        "task": "Buy bins",
        "addressee": "The board",
        "status": "waiting",
        "due": "before 2019; the budget",
        "deadline": "open",
        "condition": "once there is money",
        "condition_met": False,
        "evidence": [],
        "since": "2018-02-01",
        "findings": [],
    }
    assert_says(view(events, "2018-02-28").describe("mandate/t"), expected)
    done = MandateFulfilled("t", evidence=["a letter"], on="2018-06-01")
    described = view((*events, done)).describe("mandate/t")
    assert picked(described, "status", "deadline", "evidence", "since") == {
        "status": "fulfilled",
        "deadline": "none",
        "evidence": ["a letter"],
        "since": "2018-06-01",
    }


def test_a_mandate_that_only_an_unlawful_event_made_known():
    described = view([MandateProgressed("t", on="2018-02-01")]).describe("mandate/t")
    assert picked(described, "motion", "status", "due", "deadline", "findings") == {
        "motion": None,
        "status": "in-progress",
        "due": None,
        "deadline": "none",
        "findings": ["not-on-record"],
    }


def test_a_blockade():
    events = (
        *M,
        BlockadeImposed(
            "b", by="m", scope="No bins", release_condition="two answers", on="2018-02-01"
        ),
    )
    imposed = view(events).describe("blockade/b")
    assert picked(imposed, "status", "by", "conditions_met", "condition_state") == {
        "status": "imposed",
        "by": "motion/m",
        "conditions_met": [],
        "condition_state": "unmet",
    }
    events += (
        BlockadeConditionMet("b", part="one answer", on="2018-03-01"),
        BlockadeLifted("b", by="m", conditions=["in writing"], on="2018-04-01"),
    )
    expected = {
        "id": "blockade/b",
        "status": "lifted",
        "by": "motion/m",
        "scope": "No bins",
        "conditions": ["in writing"],
        "release_condition": "two answers",
        "conditions_met": ["one answer"],
        "condition_state": "partly-met",
        "lifted_by": "motion/m",
        "replaced_by": None,
        "since": "2018-04-01",
        "findings": ["condition-not-met"],
    }
    assert_says(view(events).describe("blockade/b"), expected)
    met = view((*events, BlockadeConditionMet("b", on="2018-05-01"))).describe("blockade/b")
    assert picked(met, "conditions_met", "condition_state") == {
        "conditions_met": ["one answer", "two answers"],
        "condition_state": "met",
    }


def test_a_proposal():
    made = ProposalMade("p", by="The board", text="Lift it", regarding="motion/m", on="2018-02-01")
    expected = {
        "id": "proposal/p",
        "status": "made",
        "decision": None,
        "by": "The board",
        "text": "Lift it",
        "regarding": ["motion/m"],
        "since": "2018-02-01",
        "findings": ["no-decision"],
    }
    assert_says(view((*M, made)).describe("proposal/p"), expected)
    rejected = view((*M, made, ProposalRejected("p", on="2018-03-01"))).describe("proposal/p")
    assert picked(rejected, "status", "decision", "since", "findings") == {
        "status": "rejected",
        "decision": "rejected",
        "since": "2018-03-01",
        "findings": [],
    }


def test_a_meeting_and_what_gives_context():
    there = view(
        (
            *(MEETING, *M),
            ResponseReceived("r", sender="A", regarding="motion/m", note="Yes", on="2018-03-01"),
        )
    )
    expected = {
        "id": "meeting/v",
        "title": "Spring assembly",
        "body": "ALV",
        "place": None,
        "on": "2018-02-01",
        "findings": [],
    }
    assert_says(there.describe("meeting/v"), expected)
    expected = {
        "id": "response/r",
        "parties": ["A"],
        "regarding": ["motion/m"],
        "note": "Yes",
        "on": "2018-03-01",
        "findings": [],
    }
    assert_says(there.describe("response/r"), expected)


def test_a_description_is_the_readers_to_change():
    there = view([ProposalMade("p", by="A", text="B", on="2018-02-01")])
    there.describe("proposal/p")["findings"].append("mine")
    assert there.describe("proposal/p")["findings"] == ["no-decision"]


# --- what is in it ----------------------------------------------------------------------


def test_the_register_maps_slugs_to_states():
    there = view(
        (
            *(MEETING, *M, mandate("m.1")),
            BlockadeImposed("b", by="m", scope="All", on="2018-02-01"),
            ProposalMade("p", by="A", text="B", on="2018-02-01"),
            StatementMade("s", by="A", on="2018-02-01"),
            ResponseReceived("s", sender="A", on="2018-02-01"),
        )
    )
    assert [*there.motions, *there.mandates, *there.blockades] == ["m", "m.1", "b"]
    assert [*there.proposals, *there.meetings] == ["p", "v"]
    assert [*there.context] == ["statement/s", "response/s"]
    assert there.subjects() == (
        *("motion/m", "mandate/m.1", "blockade/b", "proposal/p", "meeting/v"),
        *("statement/s", "response/s"),
    )
    for subject in there.subjects():
        assert there.state(subject).subject == subject
    with pytest.raises(TypeError):
        there.motions["m"] = None


@pytest.mark.parametrize(
    "subject",
    [
        *("motion/x", "mandate/m", "statement/m", "ledger/self", "motie/m", "m", "", "/"),
        *("finding/m", "subject/m", "_notice/m"),  # it has attributes of these names
    ],
)
def test_what_is_not_on_record_is_none(subject):
    there = view(M)
    assert there.state(subject) is None
    assert there.describe(subject) is None


def test_listings_are_in_the_order_of_coming_on_record():
    late = MotionSubmitted("a", title="A", on="2017-12-31")
    there = view((MEETING, *M, *N, late))
    assert [row["id"] for row in there.listing("motions")] == ["motion/a", "motion/m", "motion/n"]
    assert [row["id"] for row in there.listing("meetings")] == ["meeting/v"]
    assert [len(there.listing(kind)) for kind in LISTED] == [3, 0, 0, 0, 1]


def test_findings_are_the_breaches_and_the_notices():
    there = view(
        (
            MotionCompleted("n", on="2018-01-01"),
            MEETING,
            *M,
            mandate("t", due="2018-03"),
            ProposalMade("p", by="A", text="B", on="2018-02-01"),
        )
    )
    assert [(finding.code, finding.subject) for finding in there.findings] == [
        ("not-on-record", "motion/n"),
        ("overdue", "mandate/t"),
        ("no-decision", "proposal/p"),
    ]
    assert there.describe("mandate/t")["findings"] == ["overdue"]


# --- force ------------------------------------------------------------------------------


def force(until, day):
    extended = MotionForceExtended("m", until=until, on="2018-03-01")
    there = view((*M, extended), day)
    described = there.describe("motion/m")["force"]
    assert (there.motions["m"].force is None) == (described is None)
    return described


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("2019-06-05", "2019-06-05"),
        ("2019-06", "2019-06-30"),
        ("2019", "2019-12-31"),
        ("../2019-06-05", "2019-06-05"),
    ],
)
def test_an_exact_end_comes_by_itself(until, last):
    end = {"kind": "exact", "when": until}
    shown = {"from": "2018-02-01", "until": until, "kind": "exact"}
    assert force(end, "2018-03-01") == shown
    assert force(end, last) == shown
    assert force(end, f"{last}T23:59:59.999999+02:00") == shown
    following = {"2019-06-05": "2019-06-06", "2019-06-30": "2019-07-01"}.get(last, "2020-01-01")
    assert force(end, following) is None
    assert force(end, "2100-01-01") is None


def test_an_exact_end_may_be_an_instant():
    end = {"kind": "exact", "when": "2019-06-05T12:00+02:00"}
    assert force(end, "2019-06-05T10:00Z")
    assert force(end, "2019-06-05T10:00:00.000001Z") is None


@pytest.mark.parametrize(
    "until",
    [
        {"kind": "at-least", "when": "2018-06"},
        {"kind": "until-event", "event": "the next assembly"},
    ],
)
def test_other_ends_do_not_come_by_themselves(until):
    shown = {
        "from": "2018-02-01",
        "until": until.get("when") or until["event"],
        "kind": until["kind"],
    }
    for day in ("2018-03-01", "2018-07-01", "2100-01-01", "9999-12-30"):
        assert force(until, day) == shown


def test_a_motion_of_which_nothing_was_said_has_no_force():
    assert view(M).describe("motion/m")["force"] is None
    end = {"kind": "exact", "when": "2019"}
    assert force(end, "2018-02-28") is None  # before it was said


# --- deadlines --------------------------------------------------------------------------


def due(day, **dues):
    """The mandates with these deadlines, in the order in which they press on a day."""
    given = [mandate(slug, due=due) for slug, due in dues.items()]
    return [task.subject.removeprefix("mandate/") for task in view((*M, *given), day).due()]


def test_what_presses_most_comes_first():
    dues = {
        "a": "2018-12",  # open
        "b": "2018-11",  # open
        "c": "the next assembly",  # open, no telling when
        "d": "2018-10",  # due this month
        "e": "2018-10-15",  # due today
        "f": "2018-10-14",  # overdue
        "g": "2018-03",  # long overdue
    }
    assert due("2018-10-15", **dues) == ["g", "f", "e", "d", "b", "a", "c"]
    assert due("2018-10-15", **dict(reversed(dues.items()))) == ["g", "f", "e", "d", "b", "a", "c"]


def test_before_presses_sooner_than_by():
    assert due("2018-06-01", a={"by": "2018-12-31"}, b={"before": "2018-12-31"}) == ["b", "a"]
    assert due("2018-06-01", a={"by": "2018-12-30"}, b={"before": "2018-12-31"}) == ["a", "b"]
    assert due("2018-06-01", a={"by": "2019-03"}, b={"before": "2019"}) == ["b", "a"]


def test_what_is_done_or_has_no_deadline_is_not_due():
    given = (mandate("a", due="2018-03"), mandate("b"), mandate("c", due="2018-03"))
    done = MandateFulfilled("a", evidence="a letter", on="2018-02-15")
    there = view((*M, *given, done))
    assert [task.subject for task in there.due()] == ["mandate/c"]
    assert [there.deadline(there.mandates[slug]) for slug in "abc"] == ["none", "none", "overdue"]


# --- differences ------------------------------------------------------------------------


def test_nothing_changes_between_a_register_and_itself():
    assert changes(view(EXAMPLES), view(EXAMPLES)) == ()


def test_what_is_new_or_gone_shows_in_one_line():
    before, after = view((), "2018-12-31"), view((MEETING, *N), "2018-12-31")
    assert changes(before, after) == (
        Change("motion/n", "", None, "adopted"),
        Change("meeting/v", "", None, "on-record"),
    )
    assert changes(after, before) == (
        Change("motion/n", "", "adopted", None),
        Change("meeting/v", "", "on-record", None),
    )


def test_what_changed_shows_field_by_field():
    events = (
        *(MEETING, *M, mandate("t", due="2018-03")),
        BlockadeImposed("b", by="m", scope="All", on="2018-02-01"),
        BlockadeLiftProposed("b", by="motion/m", on="2018-03-15"),
        MotionHeldOver("m", pending="an answer", on="2018-04-01"),
    )
    assert changes(view(events, "2018-02-28"), view(events, "2018-04-01")) == (
        Change("motion/m", "status", "adopted", "held-over"),
        Change("motion/m", "follow_up", "open", "held-over"),
        Change("motion/m", "since", "2018-02-01", "2018-04-01"),
        Change("motion/m", "pending", [], ["an answer"]),
        Change("mandate/t", "deadline", "open", "overdue"),
        Change("mandate/t", "findings", [], ["overdue"]),
        Change("blockade/b", "status", "imposed", "lift-proposed"),
        Change("blockade/b", "since", "2018-02-01", "2018-03-15"),
    )


def test_changes_there_are_the_changes_back():
    first, second = view(EXAMPLES, "2018-11-30T10:00+01:00"), view(EXAMPLES, "2019-12-31")
    there, back = changes(first, second), changes(second, first)
    assert there
    assert {(c.subject, c.field, str(c.before), str(c.after)) for c in there} == {
        (c.subject, c.field, str(c.after), str(c.before)) for c in back
    }
