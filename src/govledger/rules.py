"""The rules: the lifecycle table, the guards, and what profiles choose among them.

Here: everything that decides whether an event is legal, as pure functions that return
`Breach` values, and what the register must say honestly, as `Notice` values. Not here:
profiles themselves (`profiles`), the order of events, what is visible at a time (`history`),
or raising anything.

A breach is refused by default and can be flagged instead; a notice is never refused.
Neither is stored in the log: a replay finds them again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from govledger.errors import Problem, brief, did_you_mean
from govledger.events import (
    AgreementReached,
    BlockadeConditionMet,
    BlockadeImposed,
    BlockadeLifted,
    BlockadeLiftOrdered,
    BlockadeLiftProposed,
    Due,
    Event,
    LedgerExtended,
    LedgerOpened,
    LedgerProfileChanged,
    MandateConditionMet,
    MandateFulfilled,
    MandateGiven,
    MandateNotFulfilled,
    MandatePartlyFulfilled,
    MandateProgressed,
    MandateWaived,
    MeetingConvened,
    MotionAdmitted,
    MotionAdopted,
    MotionAliasNoted,
    MotionAmended,
    MotionCompleted,
    MotionForceExtended,
    MotionHeldOver,
    MotionLapsed,
    MotionReferred,
    MotionRejected,
    MotionReopened,
    MotionReplaced,
    MotionRescinded,
    MotionResumed,
    MotionSubmitted,
    MotionSuperseded,
    MotionVoteDeferred,
    MotionWithdrawn,
    PersonalDataErased,
    ProposalAccepted,
    ProposalMade,
    ProposalRejected,
    RecordRetracted,
    ResponseReceived,
    StatementMade,
    UntilKind,
    references,
)
from govledger.profiles import (
    GENERAL,
    ORDINARY,
    PROFILES,
    HeldOver,
    Lapse,
    Majority,
    Named,
    Outcome,
    Profile,
    Term,
    attending,
    name_of,
    other_rules,
    resolved,
    shipped,
)
from govledger.state import (
    OPEN_MANDATE,
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
    State,
    SubjectState,
)
from govledger.votes import Choice, Tally, called
from govledger.when import MICROSECONDS_A_DAY, When, day_end, day_of, day_start

# --- findings ---------------------------------------------------------------------------


@frozen(kw_only=True)
class Finding(Problem):
    """Something a replay finds: about which `subject`, at which `position` (None: no single one).

    `code` is a stable name, `message` and `hint` are for people.

    >>> from govledger import Breach, Finding, Notice
    >>> issubclass(Breach, Finding), issubclass(Notice, Finding)
    (True, True)
    """

    subject: str


@frozen(kw_only=True)
class Breach(Finding):
    """A rule is broken. Refused by default; flagged on request.

    `binding` breaches are about the book itself, not the association (a correction of
    nothing, a second opening): they are always refused.

    >>> from govledger import Breach, Ledger, MotionAdopted
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(MotionAdopted("bins", on="2024-03-14"), breaches="flag")
    ...     (breach,) = ledger.breaches("2024-03-14")
    >>> isinstance(breach, Breach), breach.code, breach.subject, breach.position, breach.binding
    (True, 'not-on-record', 'motion/bins', 2, False)
    """

    binding: bool = False


@frozen(kw_only=True)
class Notice(Finding):
    """Nothing is broken, but a reader of the register must know.

    >>> from govledger import Ledger, Notice, ProposalMade
    >>> made = ProposalMade("board-1", by="Board", text="Buy benches", on="2024-03-14")
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(made)
    ...     (notice,) = ledger.findings("2024-03-14")
    >>> isinstance(notice, Notice), notice.code
    (True, 'no-decision')
    """

    word = "notice"


_F = TypeVar("_F", bound=Finding)
E = TypeVar("E", bound=Event)
S = TypeVar("S")

FINDINGS: Mapping[str, str] = {
    # breaches
    "not-on-record": "The event is about a subject of which nothing is on record by then.",
    "already-on-record": "The subject was brought on record before.",
    "not-adopted": "Only an adopted motion can be held over, completed or superseded.",
    "illegal-transition": "The lifecycle does not lead from the present state to this event.",
    "not-in-profile": "The association's profile does not know this event.",
    "unknown-reference": "A field names a subject that is not on record by then.",
    "self-reference": "A field names the subject itself.",
    "successor-not-adopted": "Only an adopted motion can supersede another.",
    "no-condition": "A condition is said to be met that was never set.",
    "no-evidence": "A mandate is fulfilled only with evidence.",
    "may-not-discharge": "The body of that meeting cannot declare motions completed.",
    "tally-against-outcome": "The count and the announced result disagree under the profile.",
    "unknown-majority": "The association's profile has no majority of that name.",
    "no-quorum": "Too few were present for the vote to be valid under the profile.",
    "other-unit": "The tally counts something else than the profile does.",
    "unequal-votes": "Members have more or less than the one vote that the profile gives them.",
    "tally-over-electorate": "More votes are counted than the electorate has.",
    "roll-call-mismatch": "The roll call does not add up to the tally.",
    "called-twice": "A member is called twice in one roll call.",
    # breaches of the book itself, never written
    "unknown-position": "A correction or retraction names a position that holds no record.",
    "other-subject": "A correction or retraction names a record of another subject.",
    "already-withdrawn": "The record was retracted or corrected before.",
    "record-too-large": "A record takes more bytes than an entry may.",
    "cannot-withdraw": "The first record of a ledger stands for ever.",
    "already-open": "A ledger is opened once, at position 1.",
    "unknown-profile": "No profile of that name and version is known here.",
    "unknown-extension": "No extension of that name and version is known here.",
    "shipped-profile": "Other rules are recorded under the name of a profile that ships.",
    "other-rules": "Other rules are on record under the same name and version.",
    # notices
    "condition-not-met": "A blockade was lifted before its release condition was wholly met.",
    "rests-on-no-decision": "A mandate or blockade rests on a motion that is not adopted by then.",
    "no-decision": "No decision on the proposal is on record.",
    "quorum-unknown": "The profile asks a quorum, and the tally does not say of how many.",
    "term-passed": "A term of the profile has passed and no decision is on record.",
    "overdue": "The deadline has passed and no completion is on record.",
}
"""Every finding there is: code -> what it means. The error catalogue prints it."""


# --- the lifecycle ----------------------------------------------------------------------


class Axis(StrEnum):
    """What a transition moves.

    >>> from govledger import LIFECYCLE, Axis
    >>> {row.event.kind for row in LIFECYCLE if row.axis is Axis.FOLLOW_UP}
    {'motion'}
    """

    DECISION = "decision"
    FOLLOW_UP = "follow-up"
    MANDATE = "mandate"
    BLOCKADE = "blockade"
    PROPOSAL = "proposal"
    PRESENCE = "presence"
    STATUS = "status"
    """The status of a subject of an extension: the only axis it has."""


class Presence(StrEnum):
    """The only state of a subject without a lifecycle."""

    ON_RECORD = "on record"


class Stays(StrEnum):
    """Where a transition leads that does not lead to one fixed state.

    >>> from govledger import Stays
    >>> str(Stays.SAME)
    'the same state'
    """

    SAME = "the same state"
    RETURNS = "the state before"


@frozen
class Transition:
    """One row of the lifecycle: the `event` may leave these states and `reaches` that one.

    None among `leaves` means that nothing is on record yet. `axis` is what it moves.

    >>> from govledger import LIFECYCLE, Transition
    >>> isinstance(LIFECYCLE[0], Transition), LIFECYCLE[0].event.type, str(LIFECYCLE[0].reaches)
    (True, 'motion.submitted', 'submitted')
    """

    event: type[Event]
    axis: Axis
    leaves: tuple[StrEnum | None, ...]
    reaches: StrEnum


_UNDECIDED = (Decision.SUBMITTED, Decision.ADMITTED, Decision.VOTE_DEFERRED, Decision.REFERRED)
_FOLLOWED = (FollowUp.OPEN, FollowUp.HELD_OVER)
_CLOSED = (FollowUp.COMPLETED, FollowUp.SUPERSEDED, FollowUp.LAPSED)
_WORKING = OPEN_MANDATE
_BLOCKING = (BlockadeStatus.IMPOSED, BlockadeStatus.LIFT_PROPOSED, BlockadeStatus.LIFT_ORDERED)
_NOTHING = (None,)

LIFECYCLE: tuple[Transition, ...] = (
    Transition(MotionSubmitted, Axis.DECISION, _NOTHING, Decision.SUBMITTED),
    Transition(MotionAliasNoted, Axis.DECISION, tuple(Decision), Stays.SAME),
    Transition(MotionAdmitted, Axis.DECISION, (Decision.SUBMITTED,), Decision.ADMITTED),
    Transition(MotionAmended, Axis.DECISION, _UNDECIDED, Stays.SAME),
    Transition(MotionVoteDeferred, Axis.DECISION, _UNDECIDED, Decision.VOTE_DEFERRED),
    Transition(MotionReferred, Axis.DECISION, _UNDECIDED, Decision.REFERRED),
    Transition(
        MotionResumed,
        Axis.DECISION,
        (Decision.VOTE_DEFERRED, Decision.REFERRED),
        Stays.RETURNS,
    ),
    Transition(MotionAdopted, Axis.DECISION, _UNDECIDED, Decision.ADOPTED),
    Transition(MotionRejected, Axis.DECISION, _UNDECIDED, Decision.REJECTED),
    Transition(MotionWithdrawn, Axis.DECISION, _UNDECIDED, Decision.WITHDRAWN),
    Transition(MotionReplaced, Axis.DECISION, _UNDECIDED, Decision.REPLACED),
    Transition(MotionLapsed, Axis.DECISION, _UNDECIDED, Decision.LAPSED),
    Transition(MotionRescinded, Axis.DECISION, (Decision.ADOPTED,), Decision.RESCINDED),
    Transition(MotionForceExtended, Axis.DECISION, (Decision.ADOPTED,), Stays.SAME),
    Transition(MotionHeldOver, Axis.FOLLOW_UP, _FOLLOWED, FollowUp.HELD_OVER),
    Transition(MotionResumed, Axis.FOLLOW_UP, (FollowUp.HELD_OVER,), FollowUp.OPEN),
    Transition(MotionCompleted, Axis.FOLLOW_UP, _FOLLOWED, FollowUp.COMPLETED),
    Transition(MotionSuperseded, Axis.FOLLOW_UP, _FOLLOWED, FollowUp.SUPERSEDED),
    Transition(MotionLapsed, Axis.FOLLOW_UP, _FOLLOWED, FollowUp.LAPSED),
    Transition(MotionReopened, Axis.FOLLOW_UP, _CLOSED, FollowUp.OPEN),
    Transition(MandateGiven, Axis.MANDATE, _NOTHING, MandateStatus.GIVEN),
    Transition(MandateProgressed, Axis.MANDATE, _WORKING, MandateStatus.IN_PROGRESS),
    Transition(MandateConditionMet, Axis.MANDATE, _WORKING, Stays.SAME),
    Transition(MandateFulfilled, Axis.MANDATE, _WORKING, MandateStatus.FULFILLED),
    Transition(MandatePartlyFulfilled, Axis.MANDATE, _WORKING, MandateStatus.PARTLY_FULFILLED),
    Transition(MandateNotFulfilled, Axis.MANDATE, _WORKING, MandateStatus.NOT_FULFILLED),
    Transition(MandateWaived, Axis.MANDATE, _WORKING, MandateStatus.WAIVED),
    Transition(BlockadeImposed, Axis.BLOCKADE, _NOTHING, BlockadeStatus.IMPOSED),
    Transition(BlockadeConditionMet, Axis.BLOCKADE, tuple(BlockadeStatus), Stays.SAME),
    Transition(
        BlockadeLiftProposed,
        Axis.BLOCKADE,
        (BlockadeStatus.IMPOSED, BlockadeStatus.LIFT_PROPOSED),
        BlockadeStatus.LIFT_PROPOSED,
    ),
    Transition(
        BlockadeLiftOrdered,
        Axis.BLOCKADE,
        (BlockadeStatus.IMPOSED, BlockadeStatus.LIFT_PROPOSED),
        BlockadeStatus.LIFT_ORDERED,
    ),
    Transition(BlockadeLifted, Axis.BLOCKADE, _BLOCKING, BlockadeStatus.LIFTED),
    Transition(ProposalMade, Axis.PROPOSAL, _NOTHING, ProposalStatus.MADE),
    Transition(ProposalAccepted, Axis.PROPOSAL, (ProposalStatus.MADE,), ProposalStatus.ACCEPTED),
    Transition(ProposalRejected, Axis.PROPOSAL, (ProposalStatus.MADE,), ProposalStatus.REJECTED),
    Transition(MeetingConvened, Axis.PRESENCE, _NOTHING, Presence.ON_RECORD),
    Transition(ResponseReceived, Axis.PRESENCE, _NOTHING, Presence.ON_RECORD),
    Transition(AgreementReached, Axis.PRESENCE, _NOTHING, Presence.ON_RECORD),
    Transition(StatementMade, Axis.PRESENCE, _NOTHING, Presence.ON_RECORD),
)
"""Every legal move. A lifted blockade with a successor is called replaced.

Events about the ledger and its records move no subject and stand in no row.

>>> from govledger import LIFECYCLE, MotionRescinded
>>> [[str(leaf) for leaf in row.leaves] for row in LIFECYCLE if row.event is MotionRescinded]
[['adopted']]
"""

Rows = Mapping[type[Event], tuple[Transition, ...]]
"""The rows of a lifecycle, by event type."""


def rows_of(transitions: Iterable[Transition]) -> Rows:
    """The transitions of each event type."""
    rows: dict[type[Event], tuple[Transition, ...]] = {}
    for row in transitions:
        rows[row.event] = (*rows.get(row.event, ()), row)
    return rows


UNBOUND = (LedgerOpened, LedgerProfileChanged, LedgerExtended, RecordRetracted, PersonalDataErased)
"""Events that no lifecycle binds: they are about the book."""


# --- under a profile --------------------------------------------------------------------


def transitions(profile: Profile) -> tuple[Transition, ...]:
    """The lifecycle under a profile."""
    return tuple(chain(*rows(profile).values()))


def rows(profile: Profile) -> Rows:
    """The lifecycle under a profile, by event type."""
    return _ROWS[profile.held_over]


def _rows(without: tuple[type[Event], ...]) -> Rows:
    """The transitions of each event type, but for some."""
    return rows_of(row for row in LIFECYCLE if row.event not in without)


_ROWS = {HeldOver.KEPT_OPEN: _rows(()), HeldOver.VOTE_POSTPONED: _rows((MotionHeldOver,))}

_INSTEAD: Mapping[type[Event], str] = {
    MotionHeldOver: "there 'aangehouden' postpones the vote: record motion.vote-deferred"
}
"""What to record where a profile does not know an event."""


# --- judgement --------------------------------------------------------------------------


@frozen
class Case(Generic[E, S]):
    """What is judged: an `event` at a `position`, in its surroundings.

    `state` is that of its subject just before it (None: nothing is on record), `world` gives
    that of any other subject; `coming` holds the meetings of the log, whenever they are convened;
    `profile` is the one whose rules hold then. To a rule of an extension `world` gives only what
    the event names, and raises `InvalidInput` for any other.

    >>> from govledger import Case, Extension, Ledger, MotionSubmitted
    >>> def moved(case: Case):
    ...     if not case.event.movers:
    ...         yield case.breach("no-mover", "nobody moves it", "name who does", "movers")
    ...     elif len(case.event.movers) < 2:
    ...         yield case.notice("one-mover", "nobody supports who moves it")
    >>> club = Extension(name="club@1", rules={MotionSubmitted: moved})
    >>> with Ledger.in_memory(extensions=[club]) as ledger:
    ...     _ = ledger.record(
    ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
    ...         MotionSubmitted("trees", title="Trees", movers="Zoe Zijl", on="2024-03-01"),
    ...         breaches="flag",
    ...     )
    ...     [finding.code for finding in ledger.findings("2024-03-01")]
    ['no-mover', 'one-mover']
    """

    event: E
    position: int
    state: S | None
    world: Callable[[str], State | None]
    coming: Container[str]
    profile: Profile

    def breach(self, code: str, message: str, hint: str, *path: str) -> Breach:
        """A breach by this event, for a rule to yield.

        `code` is its stable name, `message` says what is wrong, `hint` how to mend it; `path`
        names the field at fault.
        """
        return _breach(code, self.event, self.position, message, hint, *path)

    def notice(self, code: str, message: str) -> Notice:
        """A notice on this event, for a rule to yield.

        `code` is its stable name, `message` says what a reader must know.
        """
        return Notice(
            code=code,
            message=f"{_named(self.event)}: {message}",
            subject=self.event.subject,
            position=self.position,
        )


Judging = Case[Any, Any]
"""A case as those who judge any event take it."""

NO_ROWS: Rows = {}


def judge(case: Judging, others: Rows = NO_ROWS) -> Iterator[Finding]:
    """Every finding on an event in its surroundings.

    `others` are the rows of the lifecycles of extensions; an event type of theirs that stands in
    none may follow anything.
    """
    event = type(case.event)
    table = others.get(event) if event in others else rows(case.profile).get(event)
    if table:
        yield from _lifecycle(case, table, others)
    elif event not in others and event not in UNBOUND:
        yield case.breach(
            "not-in-profile",
            f"{case.profile.name} does not know this event",
            _INSTEAD.get(event, "choose an event that the profile knows"),
        )
    yield from _references(case)
    guard = _GUARDS.get(event)
    if guard is not None:
        yield from guard(case)


def _named(event: Event) -> str:
    return f"{event.subject}, {event.type} on {event.on}"


def _breach(code: str, event: Event, position: int, message: str, hint: str, *path: str) -> Breach:
    return Breach(
        code=code,
        message=f"{_named(event)}: {message}",
        hint=hint,
        path=path,
        subject=event.subject,
        position=position,
    )


def on_record(state: State | None) -> bool:
    """Whether the event that brings such a subject on record has been."""
    match state:
        case None:
            return False
        case Motion():
            return state.submitted_on is not None
        case Mandate():
            return bool(state.task)
        case Blockade():
            return bool(state.scope)
        case Proposal():
            return bool(state.text)
        case SubjectState():
            return getattr(state, "status", state) is not None
        case _:
            return True


def present(axis: Axis, state: State | None) -> StrEnum | None:
    """Where a subject stands on an axis; None where nothing put it there."""
    if state is None:
        return None
    moved = _MOVED.get(axis)
    return Presence.ON_RECORD if moved is None else getattr(state, moved)


_MOVED = {
    Axis.DECISION: "decision",
    Axis.FOLLOW_UP: "follow_up",
    Axis.MANDATE: "progress",
    Axis.BLOCKADE: "status",
    Axis.PROPOSAL: "status",
    Axis.STATUS: "status",
}
"""The fields in which states keep where they stand on an axis."""


def _lifecycle(case: Judging, rows: Sequence[Transition], others: Rows) -> Iterator[Breach]:
    event, state = case.event, case.state
    now = state.status if isinstance(state, Motion) else present(rows[0].axis, state)
    if rows[0].leaves == _NOTHING:
        if on_record(state):
            yield case.breach(
                "already-on-record",
                f"the {event.kind} is on record already ({now})",
                "to change what was said, record it with corrects=POSITION",
            )
    elif any(present(row.axis, state) in row.leaves for row in rows):
        return
    elif now is None:
        yield case.breach(
            "not-on-record",
            f"nothing on record says that there is such a {event.kind} by then",
            f"record {_creator(event, others)} first, dated on or before that day"
            f" (../{event.on.last} if only the latest possible day is known)",
        )
    elif rows[0].axis is Axis.FOLLOW_UP and present(Axis.FOLLOW_UP, state) is None:
        yield case.breach(
            "not-adopted",
            f"the motion is {now} then, not adopted",
            "record motion.adopted first; if the vote was postponed, that is motion.vote-deferred",
        )
    else:
        allowed = ", ".join(str(leaf) for row in rows for leaf in row.leaves)
        yield case.breach(
            "illegal-transition", f'it cannot follow "{now}"', f"it may follow: {allowed}"
        )


def _creator(event: Event, others: Rows) -> str:
    """The type of the event that brings such a subject on record."""
    table = chain(LIFECYCLE, *others.values())
    found = (row.event for row in table if row.leaves == _NOTHING and row.event.kind == event.kind)
    return next((cls.type for cls in found), "what brings it on record")


def _references(case: Judging) -> Iterator[Breach]:
    event = case.event
    for name, subject in references(event):
        # A motion may be submitted to a meeting that is still to come.
        ahead = isinstance(event, MotionSubmitted) and subject in case.coming
        if subject == event.subject:
            yield case.breach(
                "self-reference", f'"{name}" names the subject itself', "name another", name
            )
        elif case.world(subject) is None and not ahead:
            yield case.breach(
                "unknown-reference",
                f'"{name}" names {subject}, of which nothing is on record by then',
                f"check the name, or record {subject} first, dated on or before {event.on.last}",
                name,
            )


def _count(case: Judging) -> Iterator[Finding]:
    event, tally, profile = case.event, case.event.tally, case.profile
    majority = profile.majorities.get(event.majority or ORDINARY)
    if majority is None:
        yield case.breach(
            "unknown-majority",
            f"{profile.name} has no majority {brief(event.majority)}",
            did_you_mean(event.majority, profile.majorities),
            "majority",
        )
    if tally is None:
        return
    if majority is not None:
        yield from _announced(case, majority, tally)
    total = attending(tally) + tally.absent
    if tally.electorate is not None and total > tally.electorate:
        yield case.breach(
            "tally-over-electorate",
            f"{total} {tally.unit} counted, and the electorate has {tally.electorate}",
            "check the count and the electorate of that day",
            "tally",
        )
    if tally.roll_call:
        yield from _roll_call(case, tally)
    if majority is not None and majority.quorum is not None:
        yield from _quorum(case, majority, tally)
    yield from _weights(case, tally)


def _announced(case: Judging, majority: Majority, tally: Tally) -> Iterator[Breach]:
    outcome = majority.outcome(tally)
    announced = Outcome.ADOPTED if isinstance(case.event, MotionAdopted) else Outcome.REJECTED
    if outcome is not announced:
        name = case.event.majority
        rule = f" ({name}: {majority.share} of {majority.of})" if name else ""
        yield case.breach(
            "tally-against-outcome",
            f"{tally.in_favour} in favour and {tally.against} against come to {outcome}"
            f" under {case.profile.name}{rule}, and {announced} was announced",
            "check the count; if that is what was announced, flag the breach (--flag-breaches)",
            "tally",
        )


def _quorum(case: Judging, majority: Majority, tally: Tally) -> Iterator[Finding]:
    there, asked = attending(tally), f"{case.profile.name} asks {majority.quorum}"
    match majority.has_quorum(tally):
        case False:
            yield case.breach(
                "no-quorum",
                f"{there} of {tally.electorate} {tally.unit} were present, and {asked}"
                " for a valid vote",
                "check the count and the electorate of that day; if it was decided all the same,"
                " flag the breach (--flag-breaches)",
                "tally",
            )
        case None:
            yield case.notice(
                "quorum-unknown",
                f"{there} {tally.unit} were present; {asked} of the electorate,"
                " which is not on record",
            )
        case _:
            pass


def _weights(case: Judging, tally: Tally) -> Iterator[Breach]:
    weights = case.profile.weights
    units = (_ANY_UNIT, (weights.unit or tally.unit).casefold())
    if tally.unit.casefold() not in units:
        yield case.breach(
            "other-unit",
            f"the tally counts {tally.unit}, and {case.profile.name} {weights.unit}",
            "give the count by which it was decided; if it was decided by another,"
            " flag the breach (--flag-breaches)",
            "tally",
        )
    unequal = sum(vote.weight != 1 for vote in tally.roll_call)
    if weights.equal and unequal:
        members = "1 member has" if unequal == 1 else f"{unequal} members have"
        yield case.breach(
            "unequal-votes",
            f"by the roll call {members} more or less than one vote,"
            f" and {case.profile.name} gives each one",
            "check the weights",
            "tally",
        )


_ANY_UNIT = "votes"
"""The unit of a tally that does not say what it counts."""


def _roll_call(case: Judging, tally: Tally) -> Iterator[Breach]:
    counted = {
        Choice.IN_FAVOUR: tally.in_favour,
        Choice.AGAINST: tally.against,
        Choice.ABSTAINED: tally.abstained,
        Choice.ABSENT: tally.absent,
    }
    for choice, number in called(tally.roll_call).items():
        if number != counted[choice]:
            yield case.breach(
                "roll-call-mismatch",
                f"the roll call gives {number} {choice}, the tally {counted[choice]}",
                "check the members' choices and weights",
                "tally",
            )
    if tally.called_twice:
        yield case.breach(
            "called-twice",
            f"{tally.called_twice} of {len(tally.roll_call)} votes are by a member who was called"
            " before",
            "keep one of them; tell namesakes apart by an initial or a place",
            "tally",
        )


def _completion(case: Judging) -> Iterator[Breach]:
    name = case.event.meeting
    meeting = case.world(name) if name else None
    body = meeting.body if isinstance(meeting, Meeting) else None
    if body is not None and not case.profile.discharge.allows(body):
        yield case.breach(
            "may-not-discharge",
            f'{name} is a meeting of "{body}", which cannot declare motions completed'
            f" under {case.profile.name}",
            "name the assembly that did; a board or committee can only propose it",
            "meeting",
        )


def _supersession(case: Judging) -> Iterator[Breach]:
    successor = case.world(case.event.by)
    if isinstance(successor, Motion) and successor.decision is not Decision.ADOPTED:
        yield case.breach(
            "successor-not-adopted",
            f"{case.event.by} is {successor.decision} then",
            "record its adoption first; completed in_light_of needs only a submitted one",
            "by",
        )


def _fulfilment(case: Judging) -> Iterator[Breach]:
    if not case.event.evidence:
        yield case.breach("no-evidence", "no evidence is given", "say in `evidence` what shows it")


def _condition(case: Judging) -> Iterator[Breach]:
    blockade = isinstance(case.state, Blockade)
    field = "release_condition" if blockade else "condition"
    if on_record(case.state) and getattr(case.state, field) is None:
        yield case.breach(
            "no-condition",
            f"the {case.event.kind} has no {field.replace('_', ' ')}",
            f"check which {case.event.kind} is meant",
        )


def _footing(case: Judging) -> Iterator[Notice]:
    by = case.event.motion if isinstance(case.event, MandateGiven) else case.event.by
    motion = case.world(by)
    if isinstance(motion, Motion) and motion.decision is not Decision.ADOPTED:
        yield case.notice(
            "rests-on-no-decision", f"{by}, on which it rests, is {motion.decision} then"
        )


def _lifting(case: Judging) -> Iterator[Notice]:
    yield from _footing(case)
    state = case.state
    if isinstance(state, Blockade) and state.release_condition and not state.wholly_met:
        met = "; ".join(state.conditions_met)
        how = f"met on record only in part ({met})" if met else "not met on record"
        yield case.notice("condition-not-met", f"its release condition was {how}")


_GUARDS: Mapping[type[Event], Callable[[Judging], Iterator[Finding]]] = {
    MotionAdopted: _count,
    MotionRejected: _count,
    MotionCompleted: _completion,
    MotionSuperseded: _supersession,
    MandateGiven: _footing,
    MandateConditionMet: _condition,
    MandateFulfilled: _fulfilment,
    BlockadeImposed: _footing,
    BlockadeConditionMet: _condition,
    BlockadeLiftOrdered: _footing,
    BlockadeLifted: _lifting,
}

_LIFECYCLE_CODES = frozenset(
    {"not-on-record", "already-on-record", "not-adopted", "illegal-transition", "not-in-profile"}
)


def rule_of(code: str) -> str:
    """The rule that a breach is of: all breaches of the lifecycle are of one."""
    return "lifecycle" if code in _LIFECYCLE_CODES else code


# --- the book itself --------------------------------------------------------------------


def withdraws(event: Event) -> tuple[int, ...]:
    """The positions that a record withdraws: what it corrects, what it retracts."""
    corrected = () if event.corrects is None else (event.corrects,)
    return (*corrected, event.position) if isinstance(event, RecordRetracted) else corrected


def judge_withdrawal(
    event: Event,
    position: int,
    target: int,
    holds: Event | None,
    before: tuple[int, Event] | None,
) -> Iterator[Breach]:
    """What is wrong with withdrawing the record at `target`.

    `holds` is the event there, if any; `before` the record that withdrew it already.
    """
    verb = "retract" if isinstance(event, RecordRetracted) else "correct"
    if holds is None:
        code, message = "unknown-position", f"there is no record {target} to {verb}"
        hint = "`govledger log` of the ledger that it is meant for lists the positions"
    elif isinstance(holds, LedgerOpened):
        code, message = "cannot-withdraw", f"record {target} opens the ledger and stands for ever"
        hint = "to change the rules that hold, record ledger.profile-changed"
    elif isinstance(holds, LedgerExtended):
        code, message = "cannot-withdraw", f"record {target} says what later records are read with"
        hint = "leave it: an extension that is not used says nothing"
    elif holds.subject != event.subject:
        code, message = "other-subject", f"record {target} is about {holds.subject}"
        hint = "retract it there, then record the fact anew here"
    elif before is not None:
        by, withdrew = before
        code, message = "already-withdrawn", f"record {by} withdrew record {target} before"
        if isinstance(withdrew, RecordRetracted):
            hint = f"there is nothing left to do; to bring it back, retract record {by}"
        else:
            hint = f"record {by} says the same fact better: {verb} that one"
    else:
        return
    field = "position" if isinstance(event, RecordRetracted) else "corrects"
    yield evolve(_breach(code, event, position, message, hint, field), binding=True)


def judge_book(event: Event, position: int, extensions: Collection[str] = ()) -> Iterator[Breach]:
    """What is wrong with an event about the ledger itself.

    `extensions` are the names of those that are given.
    """
    if isinstance(event, LedgerExtended) and event.extension not in extensions:
        yield evolve(
            _breach(
                "unknown-extension",
                event,
                position,
                f'"{event.extension}" is not an extension known here',
                "install it, or give it to the ledger as one of its `extensions`",
                "extension",
            ),
            binding=True,
        )
    if isinstance(event, LedgerOpened) and position != 1:
        yield evolve(
            _breach(
                "already-open",
                event,
                position,
                "this ledger is open already",
                "name, time zone and profile are said once: at the top of a dataset, to"
                " `govledger init` or to Ledger.open",
            ),
            binding=True,
        )
    if isinstance(event, LedgerOpened | LedgerProfileChanged):
        yield from _judge_profile(event, position)


def _judge_profile(event: LedgerOpened | LedgerProfileChanged, position: int) -> Iterator[Breach]:
    name = name_of(event.profile)
    ours = shipped(name)
    if ours is None and isinstance(event.profile, str):
        breach = _breach(
            "unknown-profile",
            event,
            position,
            f'"{name}" is not a profile known here',
            "one that does not ship is given whole, with its rules; "
            + did_you_mean(name, (profile.name for profile in PROFILES)),
            "profile",
        )
    elif ours is not None and event.profile not in (name, ours):
        breach = _breach("shipped-profile", event, position, *other_rules(name), "profile", "name")
    else:
        return
    yield evolve(breach, binding=True)


def judge_version(
    event: LedgerOpened | LedgerProfileChanged, position: int, before: Iterable[tuple[int, Named]]
) -> Iterator[Breach]:
    """What is wrong with the rules of a profile, after those that records held `before`."""
    name = name_of(event.profile)
    for earlier, held in before:
        if name_of(held) == name and not _same_rules(held, event.profile):
            breach = _breach(
                "other-rules",
                event,
                position,
                f'record {earlier} holds other rules under "{name}"',
                "a change of rules is a new version: raise the number behind @",
                "profile",
                "name",
            )
            yield evolve(breach, binding=True)
            return


def _same_rules(one: Named, other: Named) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return True
    return resolved(one) == resolved(other)


def pointed(finding: _F, head: int) -> _F:
    """A finding that says which record it is about, where that is in the log up to `head`."""
    if finding.position is None or finding.position > head:
        return finding
    return evolve(finding, message=f"record {finding.position} of this ledger: {finding.message}")


def too_large(event: Event, position: int, message: str, hint: str) -> Breach:
    """The breach of an event whose record would be larger than an entry may be."""
    return evolve(_breach("record-too-large", event, position, message, hint), binding=True)


# --- deadlines, and what stands out on a date -------------------------------------------


class Deadline(StrEnum):
    """How a mandate stands to its deadline; about evidence on record, never about failure.

    >>> from govledger import Deadline
    >>> [str(word) for word in Deadline]
    ['none', 'open', 'due', 'overdue']
    """

    NONE = "none"
    """It has none, or nothing is left to do."""
    OPEN = "open"
    """It lies ahead, or hangs on an event that the ledger cannot see."""
    DUE = "due"
    """Its last day, month or year is running."""
    OVERDUE = "overdue"
    """It has passed, and no completion is on record."""


def closing(due: Due, zone: ZoneInfo) -> tuple[int, int] | None:
    """When a deadline begins to press, and the last instant that meets it.

    It presses from the beginning of its last day, month or year; for an instant, a day
    before. None where it hangs on an event alone.
    """
    edge = due.by or due.before
    if edge is None:
        return None
    opens = edge.earliest(zone)
    assert opens is not None  # noqa: S101 - Due refuses a time without beginning
    closes = edge.latest(zone)
    if due.before is not None:
        closes = opens - 1
        opens = day_start(day_of(closes, zone), zone)
    if edge.instant is not None:
        opens = min(opens, closes + 1 - MICROSECONDS_A_DAY)
    return opens, closes


def deadline(mandate: Mandate, instant: int, zone: ZoneInfo) -> Deadline:
    """How a mandate stands to its deadline at an instant, in the ledger's time zone."""
    if mandate.due is None or not mandate.is_open:
        return Deadline.NONE
    edges = closing(mandate.due, zone)
    if edges is None or mandate.status is MandateStatus.WAITING or instant < edges[0]:
        return Deadline.OPEN
    return Deadline.OVERDUE if instant > edges[1] else Deadline.DUE


def notices(
    state: State, instant: int, zone: ZoneInfo, profile: Profile = GENERAL
) -> Iterator[Notice]:
    """What a reader must know of a state at an instant, though nothing is broken.

    `profile` is the one whose terms run then.
    """
    match state:
        case Mandate() if deadline(state, instant, zone) is Deadline.OVERDUE:
            yield Notice(
                code="overdue",
                message=f"{state.subject} was due {state.due}: no completion on record",
                subject=state.subject,
            )
        case Proposal(status=ProposalStatus.MADE):
            yield Notice(
                code="no-decision",
                message=f"{state.subject}: no decision on record",
                subject=state.subject,
            )
        case Motion() if profile.lapse != _NO_TERMS:
            for term, since, standing in _terms(state, profile.lapse):
                if term is not None and instant > day_end(term.after(since.day(zone)), zone):
                    yield Notice(
                        code="term-passed",
                        message=f"{state.subject}: {standing} {since}, for longer than {term},"
                        " and no decision on record",
                        subject=state.subject,
                    )
        case _:
            pass


def turns(state: State, zone: ZoneInfo, profile: Profile = GENERAL) -> tuple[int, ...]:
    """The instants from which something else is said of a state, though nothing happened.

    Its deadline opens or passes, a term of the `profile` or an exact end of force has come.
    """
    found: list[int] = []
    match state:
        case Mandate(due=Due() as due) if edges := closing(due, zone):
            found += (edges[0], edges[1] + 1)
        case Motion():
            until = state.force and state.force.until
            if until and until.kind is UntilKind.EXACT and until.when:
                found.append(until.when.latest(zone) + 1)
            for term, since, _ in _terms(state, profile.lapse):
                if term is not None:
                    found.append(day_end(term.after(since.day(zone)), zone) + 1)
        case _:
            pass
    return tuple(sorted(set(found)))


def _terms(motion: Motion, lapse: Lapse) -> Iterator[tuple[Term | None, When, str]]:
    """The terms that run for a motion: how long, since when, and what it is since then."""
    if motion.decision in _UNDECIDED and motion.submitted_on is not None:
        yield lapse.undecided, motion.submitted_on, "undecided since"
    if motion.decision is Decision.VOTE_DEFERRED:
        yield lapse.vote_deferred, motion.since, "its vote deferred since"
    if motion.follow_up is FollowUp.HELD_OVER:
        yield lapse.held_over, motion.since, "held over since"


_NO_TERMS = Lapse()
