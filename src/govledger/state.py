"""What is known of one subject, and `evolve(state, event)`, which folds an event into it.

Here: frozen states and one pure function per event type, which tells what the event
changes. Not here: whether an event is legal; `evolve` takes whatever happened and says
where it leaves the subject.

A motion has several axes that move separately: decision, follow-up (once adopted) and
force. `status` is the one word computed from them for people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from attrs import NOTHING, field, fields, frozen
from attrs import evolve as evolved

from govledger.events import (
    AgreementReached,
    BlockadeConditionMet,
    BlockadeImposed,
    BlockadeLifted,
    BlockadeLiftOrdered,
    BlockadeLiftProposed,
    Due,
    Event,
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
    ProposalAccepted,
    ProposalMade,
    ProposalRejected,
    ResponseReceived,
    StatementMade,
    Until,
    UntilKind,
    slug_of,
    until,
)
from govledger.values import PERSONAL
from govledger.votes import Tally
from govledger.when import When, when


class Decision(StrEnum):
    """Axis A: what was decided of a motion.

    >>> from govledger import Decision
    >>> Decision("adopted")
    <Decision.ADOPTED: 'adopted'>
    """

    SUBMITTED = "submitted"
    ADMITTED = "admitted"
    VOTE_DEFERRED = "vote-deferred"
    REFERRED = "referred"
    ADOPTED = "adopted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    LAPSED = "lapsed"
    RESCINDED = "rescinded"


class FollowUp(StrEnum):
    """Axis B: how an adopted motion is followed.

    >>> from govledger import FollowUp
    >>> FollowUp.HELD_OVER == "held-over"
    True
    """

    OPEN = "open"
    HELD_OVER = "held-over"
    COMPLETED = "completed"
    SUPERSEDED = "superseded"
    LAPSED = "lapsed"


class Status(StrEnum):
    """The most telling word for a motion, from both axes.

    >>> from govledger import Status
    >>> str(Status.HELD_OVER)
    'held-over'
    """

    SUBMITTED = "submitted"
    ADMITTED = "admitted"
    VOTE_DEFERRED = "vote-deferred"
    REFERRED = "referred"
    ADOPTED = "adopted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    LAPSED = "lapsed"
    RESCINDED = "rescinded"
    HELD_OVER = "held-over"
    COMPLETED = "completed"
    SUPERSEDED = "superseded"


class MandateStatus(StrEnum):
    """Axis D: how far a mandate has come. `waiting` while its condition is unmet.

    >>> from govledger import MandateStatus
    >>> str(MandateStatus.WAITING)
    'waiting'
    """

    GIVEN = "given"
    WAITING = "waiting"
    IN_PROGRESS = "in-progress"
    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly-fulfilled"
    NOT_FULFILLED = "not-fulfilled"
    WAIVED = "waived"


class BlockadeStatus(StrEnum):
    """Axis E: whether a blockade stands.

    >>> from govledger import BlockadeStatus
    >>> BlockadeStatus("lifted") is BlockadeStatus.LIFTED
    True
    """

    IMPOSED = "imposed"
    LIFT_PROPOSED = "lift-proposed"
    LIFT_ORDERED = "lift-ordered"
    LIFTED = "lifted"
    REPLACED = "replaced"


class ProposalStatus(StrEnum):
    """What became of a proposal; `made` means that no decision is on record.

    >>> from govledger import ProposalStatus
    >>> [str(word) for word in ProposalStatus]
    ['made', 'accepted', 'rejected']
    """

    MADE = "made"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


STATUSES: tuple[type[StrEnum], ...] = (Status, MandateStatus, BlockadeStatus, ProposalStatus)
"""The words for the states of our subjects."""


@frozen(kw_only=True)
class Force:
    """Axis C: the validity of a motion, as far as anything was said of it.

    `until` is its end, an `Until`. `since` is the day of adoption, for what is kept in force was in
    force; unless it had come to an exact end on an earlier day than it was extended. Raises
    `InvalidInput` for a value that will not do.

    >>> from govledger import Force
    >>> str(Force(since="2018-06-27", until={"kind": "at-least", "when": "2019-06-05"}).until)
    '2019-06-05'
    """

    since: When = field(converter=when)
    until: Until = field(converter=until)


@frozen(kw_only=True, slots=False)
class Motion:
    """A motion on its axes, as a register has it. `since` is the time of its present status.

    `subject` and `title` name it, `aliases` are its other names, `movers` (personal) who submitted
    it, `submitted_on` when, to which `meeting` (or which one decided it), `text_digest` the digest
    of its text. `decision` is axis A, since `decided_on`, with its `tally`, `as_amended` and
    `by_acclamation`; of one that was referred or deferred `referred_to` and `deferred_until`, and
    `before`, where it returns to. `follow_up` is axis B, of `follow_up_meeting`, with what is
    `pending`, `review_on`, `because`, `in_light_of` and a `successor`. `force` is axis C.

    >>> from govledger import Ledger, Motion, MotionAdopted, MotionHeldOver, MotionSubmitted
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(
    ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
    ...         MotionAdopted("bins", on="2024-03-14"),
    ...         MotionHeldOver("bins", on="2024-06-20", pending=["an offer"]),
    ...     )
    ...     motion = ledger.as_of("2024-06-30").motions["bins"]
    >>> isinstance(motion, Motion), str(motion.decision), str(motion.follow_up), str(motion.status)
    (True, 'adopted', 'held-over', 'held-over')
    """

    subject: str
    title: str
    since: When
    decision: Decision | None = None
    follow_up: FollowUp | None = None
    force: Force | None = None
    before: Decision | None = None
    """Where a deferred or referred motion returns to."""
    submitted_on: When | None = None
    meeting: str | None = None
    movers: tuple[str, ...] = field(default=(), metadata=PERSONAL)
    aliases: tuple[str, ...] = ()
    text_digest: str | None = None
    decided_on: When | None = None
    tally: Tally | None = None
    as_amended: bool = False
    by_acclamation: bool = False
    referred_to: str | None = field(default=None, metadata=PERSONAL)
    deferred_until: When | None = None
    pending: tuple[str, ...] = ()
    review_on: When | None = None
    because: tuple[str, ...] = ()
    in_light_of: str | None = None
    successor: str | None = None
    follow_up_meeting: str | None = None

    @property
    def status(self) -> Status | None:
        """The most telling word; None where only an unlawful event made it known."""
        followed = self.follow_up is not None and self.follow_up is not FollowUp.OPEN
        word = self.follow_up if followed else self.decision
        return None if word is None else _STATUS[word]


_STATUS: Mapping[str, Status] = {str(status): status for status in Status}


@frozen(kw_only=True, slots=False)
class Mandate:
    """A task given by a motion, as a register has it.

    `subject` names it, `since` is the time of its present status, `motion` is that motion, `task`
    what is to be done, by `addressee` (personal), until `due`. `condition` must come first, and
    `condition_met` says whether it has. `progress` is how far it has come, `evidence` what shows
    it.

    >>> from govledger import Mandate, MandateStatus
    >>> mandate = Mandate(
    ...     subject="mandate/bins.1",
    ...     since="2024-03-14",
    ...     progress=MandateStatus.GIVEN,
    ...     condition="two offers",
    ... )
    >>> str(mandate.status), mandate.is_open
    ('waiting', True)
    """

    subject: str
    since: When
    motion: str = ""
    task: str = ""
    addressee: str = field(default="", metadata=PERSONAL)
    due: Due | None = None
    condition: str | None = None
    condition_met: bool = False
    progress: MandateStatus | None = None
    evidence: tuple[str, ...] = ()

    @property
    def status(self) -> MandateStatus | None:
        """How far it has come; `waiting` before its condition is met.

        None where only an unlawful event made it known.
        """
        if self.progress is MandateStatus.GIVEN and self.condition and not self.condition_met:
            return MandateStatus.WAITING
        return self.progress

    @property
    def is_open(self) -> bool:
        """Whether anything is still to be done, as far as the record goes."""
        return self.progress in OPEN_MANDATE


OPEN_MANDATE = (
    MandateStatus.GIVEN,
    MandateStatus.IN_PROGRESS,
    MandateStatus.PARTLY_FULFILLED,
)
"""How far a mandate may have come with something still to be done."""


@frozen(kw_only=True, slots=False)
class Blockade:
    """Something an association forbids itself, as a register has it.

    `subject` names it, `since` is the time of its present `status`, `by` which motion imposed it,
    `scope` what is forbidden. `release_condition` ends it; `conditions_met` are the parts of that
    which are met, and `wholly_met` all of it. `lifted_by` is what lifted it, `conditions` are those
    of its lifting, `replaced_by` is the blockade that took its place.

    >>> from govledger import Blockade, BlockadeStatus
    >>> imposed = BlockadeStatus.IMPOSED
    >>> stop = Blockade(subject="blockade/spending", since="2024-03-14", status=imposed)
    >>> str(stop.status), stop.wholly_met
    ('imposed', False)
    """

    subject: str
    since: When
    status: BlockadeStatus | None = None
    by: str | None = None
    scope: str = ""
    release_condition: str | None = None
    conditions_met: tuple[str, ...] = ()
    wholly_met: bool = False
    lifted_by: str | None = None
    conditions: tuple[str, ...] = ()
    replaced_by: str | None = None


@frozen(kw_only=True, slots=False)
class Proposal:
    """A decision somebody proposes, as a register has it.

    `subject` names it, `since` is the time of its present `status`, `by` (personal) who made it,
    `text` what is proposed, `regarding` the subjects that it is about.

    >>> from govledger import Proposal
    >>> Proposal(subject="proposal/board-1", since="2024-05-02", text="Lift it").text
    'Lift it'
    """

    subject: str
    since: When
    by: str = field(default="", metadata=PERSONAL)
    text: str = ""
    regarding: tuple[str, ...] = ()
    status: ProposalStatus | None = None


@frozen(kw_only=True, slots=False)
class Meeting:
    """A meeting of the association or one of its bodies, as a register has it.

    `subject` names it, `since` is when it is, `title` what it is called, `body` which body meets,
    `place` where.

    >>> from govledger import Meeting
    >>> Meeting(subject="meeting/agm-2024", since="2024-03-14", title="Annual meeting").title
    'Annual meeting'
    """

    subject: str
    since: When
    title: str
    body: str | None = None
    place: str | None = None


@frozen(kw_only=True, slots=False)
class Context:
    """A response, agreement or statement: it decides nothing, and belongs to its subjects.

    `subject` names it, `since` is when it was, `parties` (personal) are who, `regarding` the
    subjects that it is about, `note` what was said.

    >>> from govledger import Context
    >>> said = Context(subject="statement/chair-1", since="2024-03-14", parties=("Chair",))
    >>> said.parties
    ('Chair',)
    """

    subject: str
    since: When
    parties: tuple[str, ...] = field(metadata=PERSONAL)
    regarding: tuple[str, ...] = ()
    note: str | None = None


@frozen(kw_only=True, slots=False)
class SubjectState:
    """What the states of an extension's subjects have in common, to be inherited from.

    `subject` names it, `since` is the time of its present `status`, where it has one: a field or
    property of that name. Raises `InvalidInput` for a `since` that is no time. See
    `govledger.Extension`.

    >>> from attrs import frozen
    >>> from govledger import SubjectState
    >>> @frozen(kw_only=True, slots=False)
    ... class Committee(SubjectState):
    ...     chair: str = ""
    >>> Committee(subject="committee/finance", since="2024-01-01", chair="treasurer").chair
    'treasurer'
    """

    subject: str
    since: When = field(converter=when)


@frozen(kw_only=True, slots=False)
class UnknownState(SubjectState):
    """The state of a subject of a kind not known here, as it was stored.

    `status` is its word, where it has one; `said` all else, as JSON.

    >>> from govledger import UnknownState
    >>> stored = {"year": 2024, "amount": 40_000}
    >>> UnknownState(subject="budget/roof", since="2024-03-14", said=stored).said["amount"]
    40000
    """

    status: str | None = None
    said: Mapping[str, Any]


State = Motion | Mandate | Blockade | Proposal | Meeting | Context | SubjectState

STATES: Mapping[str | None, type[Any]] = {
    "motion": Motion,
    "mandate": Mandate,
    "blockade": Blockade,
    "proposal": Proposal,
    "meeting": Meeting,
    "response": Context,
    "agreement": Context,
    "statement": Context,
}
"""The state that our subjects of a kind have; extensions add theirs."""

Changes = dict[str, Any]
"""Fields of a state, and their new values."""

Step = Callable[[Any, Any], Changes]


def evolve(state: State | None, event: Event) -> State | None:
    """The state after an event; `state` is None before anything is known.

    Total: every event of ours may follow every state, for a ledger also holds what happened
    against the rules; any other changes nothing. `since` moves only when the status changes.
    """
    return fold(state, (event,))


def fold(state: State | None, events: Iterable[Event]) -> State | None:
    """The state after several events, in their order: `evolve` over all of them."""
    after: Any = None
    for event in events:
        step = EVOLVE.get(type(event))
        if step is None:
            continue
        if after is None:
            # One copy, which the events change in turn before anybody else sees it.
            after = object.__new__(STATES[event.kind])
            said = vars(after)
            said.update(_unheard_of(event) if state is None else vars(state))
            known = state is not None
            before = getattr(after, "status", None)
        said.update(step(after, event))
        status = getattr(after, "status", None)
        if status is not before and known:
            said["since"] = event.on
        before, known = status, True
    return state if after is None else after


def _unheard_of(event: Event) -> Changes:
    """The fields of a subject of which nothing was known before an event."""
    said = {**_BLANK[STATES[event.kind]], "subject": event.subject, "since": event.on}
    if "title" in said:
        said["title"] = slug_of(event.subject)
    return said


_BLANK: Mapping[type[State], Changes] = {
    cls: {f.name: None if f.default is NOTHING else f.default for f in fields(cls)}
    for cls in STATES.values()
}


def _decided(decision: Decision, **also: Any) -> Changes:
    """Move axis A; what stood on axes B and C ends with the decision they rested on."""
    return {**_UNFOLLOWED, "decision": decision, "force": None, **also}


def _followed(follow_up: FollowUp, **also: Any) -> Changes:
    """Move axis B; what was said of its last state is not said of the next."""
    return {**_UNFOLLOWED, "follow_up": follow_up, **also}


_UNFOLLOWED: Mapping[str, Any] = {
    "follow_up": None,
    "follow_up_meeting": None,
    "pending": (),
    "review_on": None,
    "because": (),
    "in_light_of": None,
    "successor": None,
    "referred_to": None,
    "deferred_until": None,
}


def _submitted(_: Motion, event: MotionSubmitted) -> Changes:
    return _decided(
        Decision.SUBMITTED,
        title=event.title,
        submitted_on=event.on,
        meeting=event.meeting,
        movers=event.movers,
        text_digest=event.text_digest,
    )


def _alias_noted(motion: Motion, event: MotionAliasNoted) -> Changes:
    return {"aliases": tuple(dict.fromkeys((*motion.aliases, event.alias)))}


def _admitted(motion: Motion, event: MotionAdmitted) -> Changes:
    return _decided(Decision.ADMITTED, text_digest=event.text_digest or motion.text_digest)


def _amended(motion: Motion, event: MotionAmended) -> Changes:
    return {"text_digest": event.text_digest or motion.text_digest}


_ASIDE = (Decision.VOTE_DEFERRED, Decision.REFERRED)


def _set_aside(motion: Motion, decision: Decision, **also: Any) -> Changes:
    before = motion.before if motion.decision in _ASIDE else motion.decision
    return _decided(decision, before=before, **also)


def _vote_deferred(motion: Motion, event: MotionVoteDeferred) -> Changes:
    return _set_aside(motion, Decision.VOTE_DEFERRED, deferred_until=event.until)


def _referred(motion: Motion, event: MotionReferred) -> Changes:
    return _set_aside(motion, Decision.REFERRED, referred_to=event.to)


def _adopted(motion: Motion, event: MotionAdopted) -> Changes:
    return _decided(
        Decision.ADOPTED,
        follow_up=FollowUp.OPEN,
        meeting=event.meeting or motion.meeting,
        decided_on=event.on,
        tally=_counted(event.tally),
        as_amended=event.as_amended,
        by_acclamation=event.by_acclamation,
    )


def _rejected(motion: Motion, event: MotionRejected) -> Changes:
    return _decided(
        Decision.REJECTED,
        meeting=event.meeting or motion.meeting,
        decided_on=event.on,
        tally=_counted(event.tally),
    )


def _counted(tally: Tally | None) -> Tally | None:
    """A tally without its roll call: that stays in its record, with the names it holds."""
    if tally is None or not (tally.roll_call or tally.called_twice):
        return tally
    return evolved(tally, roll_call=(), called_twice=0)


def _withdrawn(_: Motion, __: MotionWithdrawn) -> Changes:
    return _decided(Decision.WITHDRAWN)


def _replaced(_: Motion, event: MotionReplaced) -> Changes:
    return _decided(Decision.REPLACED, successor=event.by)


def _lapsed(motion: Motion, _: MotionLapsed) -> Changes:
    if motion.follow_up is not None:
        return _followed(FollowUp.LAPSED)
    return _decided(Decision.LAPSED)


def _held_over(_: Motion, event: MotionHeldOver) -> Changes:
    return _followed(
        FollowUp.HELD_OVER,
        follow_up_meeting=event.meeting,
        pending=event.pending,
        review_on=event.review_on,
    )


def _resumed(motion: Motion, _: MotionResumed) -> Changes:
    if motion.decision in _ASIDE:
        resumed = motion.before or Decision.SUBMITTED
        followed = FollowUp.OPEN if resumed is Decision.ADOPTED else None
        return _decided(resumed, follow_up=followed)
    return {} if motion.follow_up is None else _followed(FollowUp.OPEN)


def _completed(_: Motion, event: MotionCompleted) -> Changes:
    return _followed(
        FollowUp.COMPLETED,
        follow_up_meeting=event.meeting,
        because=event.because,
        in_light_of=event.in_light_of,
    )


def _superseded(_: Motion, event: MotionSuperseded) -> Changes:
    return _followed(FollowUp.SUPERSEDED, successor=event.by)


def _rescinded(_: Motion, __: MotionRescinded) -> Changes:
    return _decided(Decision.RESCINDED)


def _reopened(_: Motion, __: MotionReopened) -> Changes:
    return _followed(FollowUp.OPEN)


def _force_extended(motion: Motion, event: MotionForceExtended) -> Changes:
    since = motion.decided_on or event.on
    before = motion.force
    if before is not None:
        end = before.until.when if before.until.kind is UntilKind.EXACT else None
        since = event.on if end is not None and end.last < event.on.first else before.since
    return {"force": Force(since=since, until=event.until)}


def _given(_: Mandate, event: MandateGiven) -> Changes:
    return {
        "motion": event.motion,
        "task": event.task,
        "addressee": event.addressee,
        "due": event.due,
        "condition": event.condition,
        "progress": MandateStatus.GIVEN,
    }


def _mandate_condition_met(_: Mandate, __: MandateConditionMet) -> Changes:
    return {"condition_met": True}


def _progress(status: MandateStatus) -> Step:
    def step(mandate: Mandate, event: Event) -> Changes:
        evidence: tuple[str, ...] = getattr(event, "evidence", ())
        return {"progress": status, "evidence": mandate.evidence + evidence}

    return step


def _imposed(_: Blockade, event: BlockadeImposed) -> Changes:
    return {
        "status": BlockadeStatus.IMPOSED,
        "by": event.by,
        "scope": event.scope,
        "release_condition": event.release_condition,
    }


def _blockade_condition_met(blockade: Blockade, event: BlockadeConditionMet) -> Changes:
    part = event.part or blockade.release_condition or ""
    return {
        "conditions_met": tuple(dict.fromkeys((*blockade.conditions_met, part))),
        "wholly_met": blockade.wholly_met or event.part is None,
    }


def _lift_proposed(_: Blockade, __: BlockadeLiftProposed) -> Changes:
    return {"status": BlockadeStatus.LIFT_PROPOSED}


def _lift_ordered(_: Blockade, __: BlockadeLiftOrdered) -> Changes:
    return {"status": BlockadeStatus.LIFT_ORDERED}


def _lifted(_: Blockade, event: BlockadeLifted) -> Changes:
    return {
        "status": BlockadeStatus.LIFTED if event.replaced_by is None else BlockadeStatus.REPLACED,
        "lifted_by": event.by,
        "conditions": event.conditions,
        "replaced_by": event.replaced_by,
    }


def _made(_: Proposal, event: ProposalMade) -> Changes:
    return {
        "by": event.by,
        "text": event.text,
        "regarding": event.regarding,
        "status": ProposalStatus.MADE,
    }


def _proposal_decided(status: ProposalStatus) -> Step:
    return lambda _, __: {"status": status}


def _convened(_: Meeting, event: MeetingConvened) -> Changes:
    return {
        "since": event.on,
        "title": event.title,
        "body": event.body,
        "place": event.place,
    }


def _context(_: Context, event: ResponseReceived | AgreementReached | StatementMade) -> Changes:
    match event:
        case ResponseReceived():
            parties: tuple[str, ...] = (event.sender,)
        case AgreementReached():
            parties = event.parties
        case StatementMade():
            parties = (event.by,)
    return {
        "since": event.on,
        "parties": parties,
        "regarding": event.regarding,
        "note": event.note,
    }


EVOLVE: Mapping[type[Event], Step] = {
    MeetingConvened: _convened,
    MotionSubmitted: _submitted,
    MotionAliasNoted: _alias_noted,
    MotionAdmitted: _admitted,
    MotionAmended: _amended,
    MotionVoteDeferred: _vote_deferred,
    MotionReferred: _referred,
    MotionAdopted: _adopted,
    MotionRejected: _rejected,
    MotionWithdrawn: _withdrawn,
    MotionReplaced: _replaced,
    MotionLapsed: _lapsed,
    MotionHeldOver: _held_over,
    MotionResumed: _resumed,
    MotionCompleted: _completed,
    MotionSuperseded: _superseded,
    MotionRescinded: _rescinded,
    MotionReopened: _reopened,
    MotionForceExtended: _force_extended,
    MandateGiven: _given,
    MandateProgressed: _progress(MandateStatus.IN_PROGRESS),
    MandateConditionMet: _mandate_condition_met,
    MandateFulfilled: _progress(MandateStatus.FULFILLED),
    MandatePartlyFulfilled: _progress(MandateStatus.PARTLY_FULFILLED),
    MandateNotFulfilled: _progress(MandateStatus.NOT_FULFILLED),
    MandateWaived: _progress(MandateStatus.WAIVED),
    BlockadeImposed: _imposed,
    BlockadeConditionMet: _blockade_condition_met,
    BlockadeLiftProposed: _lift_proposed,
    BlockadeLiftOrdered: _lift_ordered,
    BlockadeLifted: _lifted,
    ProposalMade: _made,
    ProposalAccepted: _proposal_decided(ProposalStatus.ACCEPTED),
    ProposalRejected: _proposal_decided(ProposalStatus.REJECTED),
    ResponseReceived: _context,
    AgreementReached: _context,
    StatementMade: _context,
}
"""How each event type moves the state of its subject; the others say nothing of one."""
