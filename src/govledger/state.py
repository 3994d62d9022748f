"""What is known of one subject, and `evolve(state, event)`, which folds an event into it.

Here: frozen states and one pure function per event type. Not here: whether an event is
legal; `evolve` takes whatever happened and says where it leaves the subject.

A motion has several axes that move separately: decision, follow-up (once adopted) and
force. `status` is the one word computed from them for people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from attrs import evolve as replace
from attrs import frozen

from govledger.events import (
    AgreementReached,
    BlockadeConditionMet,
    BlockadeImposed,
    BlockadeLifted,
    BlockadeLiftOrdered,
    BlockadeLiftProposed,
    Due,
    Event,
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
    Tally,
    Until,
    UntilKind,
    slug_of,
)
from govledger.when import When


class Decision(StrEnum):
    """Axis A: what was decided of a motion."""

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
    """Axis B: how an adopted motion is followed."""

    OPEN = "open"
    HELD_OVER = "held-over"
    COMPLETED = "completed"
    SUPERSEDED = "superseded"
    LAPSED = "lapsed"


class Status(StrEnum):
    """The most telling word for a motion, from both axes."""

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
    """Axis D: how far a mandate has come. `waiting` while its condition is unmet."""

    GIVEN = "given"
    WAITING = "waiting"
    IN_PROGRESS = "in-progress"
    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly-fulfilled"
    NOT_FULFILLED = "not-fulfilled"
    WAIVED = "waived"


class BlockadeStatus(StrEnum):
    """Axis E: whether a blockade stands."""

    IMPOSED = "imposed"
    LIFT_PROPOSED = "lift-proposed"
    LIFT_ORDERED = "lift-ordered"
    LIFTED = "lifted"
    REPLACED = "replaced"


class ProposalStatus(StrEnum):
    """What became of a proposal; `made` means that no decision is on record."""

    MADE = "made"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@frozen(kw_only=True)
class Force:
    """Axis C: the validity of a motion, as far as anything was said of it.

    `since` is the day of adoption, for what is kept in force was in force; unless it had
    come to an exact end on an earlier day than it was extended.
    """

    since: When
    until: Until


@frozen(kw_only=True)
class Motion:
    """A motion on its axes. `since` is the time of its present status."""

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
    movers: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    text_digest: str | None = None
    decided_on: When | None = None
    tally: Tally | None = None
    as_amended: bool = False
    by_acclamation: bool = False
    referred_to: str | None = None
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
        if self.follow_up is not None and self.follow_up is not FollowUp.OPEN:
            return Status(self.follow_up)
        return None if self.decision is None else Status(self.decision)


@frozen(kw_only=True)
class Mandate:
    """A task given by a motion."""

    subject: str
    since: When
    motion: str = ""
    task: str = ""
    addressee: str = ""
    due: Due | None = None
    condition: str | None = None
    condition_met: bool = False
    progress: MandateStatus | None = None
    evidence: tuple[str, ...] = ()

    @property
    def status(self) -> MandateStatus | None:
        """How far it has come; None where only an unlawful event made it known."""
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


@frozen(kw_only=True)
class Blockade:
    """Something an association forbids itself. `conditions` are those of its lifting."""

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


@frozen(kw_only=True)
class Proposal:
    """A decision somebody proposes."""

    subject: str
    since: When
    by: str = ""
    text: str = ""
    regarding: tuple[str, ...] = ()
    status: ProposalStatus | None = None


@frozen(kw_only=True)
class Meeting:
    """A meeting of the association or one of its bodies."""

    subject: str
    since: When
    title: str
    body: str | None = None
    place: str | None = None


@frozen(kw_only=True)
class Context:
    """A response, agreement or statement: it decides nothing, and belongs to its subjects."""

    subject: str
    since: When
    parties: tuple[str, ...]
    regarding: tuple[str, ...] = ()
    note: str | None = None


State = Motion | Mandate | Blockade | Proposal | Meeting | Context


def evolve(state: State | None, event: Event) -> State | None:
    """The state after an event; `state` is None before anything is known.

    Total: every event of the vocabulary may follow every state, for a ledger also holds
    what happened against the rules. `since` moves only when the status changes.
    """
    step = EVOLVE[type(event)]
    after = step(state, event)
    if state is None or after is None or after is state:
        return after
    if getattr(after, "status", None) != getattr(state, "status", None):
        return replace(after, since=event.on)
    return after


Step = Callable[[Any, Any], State | None]


def _motion(state: Motion | None, event: Event) -> Motion:
    if state is not None:
        return state
    return Motion(subject=event.subject, title=slug_of(event.subject), since=event.on)


def _decided(motion: Motion, decision: Decision, **also: Any) -> Motion:
    """Move axis A; what stood on axes B and C ends with the decision they rested on."""
    return replace(motion, **{**_UNFOLLOWED, "decision": decision, "force": None, **also})


def _followed(motion: Motion, follow_up: FollowUp, **also: Any) -> Motion:
    """Move axis B; what was said of its last state is not said of the next."""
    return replace(motion, **{**_UNFOLLOWED, "follow_up": follow_up, **also})


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


def _submitted(state: Motion | None, event: MotionSubmitted) -> Motion:
    return _decided(
        _motion(state, event),
        Decision.SUBMITTED,
        title=event.title,
        submitted_on=event.on,
        meeting=event.meeting,
        movers=event.movers,
        text_digest=event.text_digest,
    )


def _alias_noted(state: Motion | None, event: MotionAliasNoted) -> Motion:
    motion = _motion(state, event)
    if event.alias in motion.aliases:
        return motion
    return replace(motion, aliases=(*motion.aliases, event.alias))


def _admitted(state: Motion | None, event: MotionAdmitted) -> Motion:
    motion = _motion(state, event)
    return _decided(motion, Decision.ADMITTED, text_digest=event.text_digest or motion.text_digest)


def _amended(state: Motion | None, event: MotionAmended) -> Motion:
    motion = _motion(state, event)
    return replace(motion, text_digest=event.text_digest or motion.text_digest)


def _set_aside(motion: Motion, decision: Decision) -> Motion:
    aside = motion.decision in (Decision.VOTE_DEFERRED, Decision.REFERRED)
    return _decided(motion, decision, before=motion.before if aside else motion.decision)


def _vote_deferred(state: Motion | None, event: MotionVoteDeferred) -> Motion:
    motion = _set_aside(_motion(state, event), Decision.VOTE_DEFERRED)
    return replace(motion, deferred_until=event.until)


def _referred(state: Motion | None, event: MotionReferred) -> Motion:
    motion = _set_aside(_motion(state, event), Decision.REFERRED)
    return replace(motion, referred_to=event.to)


def _adopted(state: Motion | None, event: MotionAdopted) -> Motion:
    motion = _motion(state, event)
    adopted = _decided(
        motion,
        Decision.ADOPTED,
        meeting=event.meeting or motion.meeting,
        decided_on=event.on,
        tally=event.tally,
        as_amended=event.as_amended,
        by_acclamation=event.by_acclamation,
    )
    return _followed(adopted, FollowUp.OPEN)


def _rejected(state: Motion | None, event: MotionRejected) -> Motion:
    motion = _motion(state, event)
    return _decided(
        motion,
        Decision.REJECTED,
        meeting=event.meeting or motion.meeting,
        decided_on=event.on,
        tally=event.tally,
    )


def _withdrawn(state: Motion | None, event: MotionWithdrawn) -> Motion:
    return _decided(_motion(state, event), Decision.WITHDRAWN)


def _replaced(state: Motion | None, event: MotionReplaced) -> Motion:
    return _decided(_motion(state, event), Decision.REPLACED, successor=event.by)


def _lapsed(state: Motion | None, event: MotionLapsed) -> Motion:
    motion = _motion(state, event)
    if motion.follow_up is not None:
        return _followed(motion, FollowUp.LAPSED)
    return _decided(motion, Decision.LAPSED)


def _held_over(state: Motion | None, event: MotionHeldOver) -> Motion:
    return _followed(
        _motion(state, event),
        FollowUp.HELD_OVER,
        follow_up_meeting=event.meeting,
        pending=event.pending,
        review_on=event.review_on,
    )


def _resumed(state: Motion | None, event: MotionResumed) -> Motion:
    motion = _motion(state, event)
    if motion.decision in (Decision.VOTE_DEFERRED, Decision.REFERRED):
        resumed = _decided(motion, motion.before or Decision.SUBMITTED)
        is_adopted = resumed.decision is Decision.ADOPTED
        return _followed(resumed, FollowUp.OPEN) if is_adopted else resumed
    return motion if motion.follow_up is None else _followed(motion, FollowUp.OPEN)


def _completed(state: Motion | None, event: MotionCompleted) -> Motion:
    return _followed(
        _motion(state, event),
        FollowUp.COMPLETED,
        follow_up_meeting=event.meeting,
        because=event.because,
        in_light_of=event.in_light_of,
    )


def _superseded(state: Motion | None, event: MotionSuperseded) -> Motion:
    return _followed(_motion(state, event), FollowUp.SUPERSEDED, successor=event.by)


def _rescinded(state: Motion | None, event: MotionRescinded) -> Motion:
    return _decided(_motion(state, event), Decision.RESCINDED)


def _reopened(state: Motion | None, event: MotionReopened) -> Motion:
    return _followed(_motion(state, event), FollowUp.OPEN)


def _force_extended(state: Motion | None, event: MotionForceExtended) -> Motion:
    motion = _motion(state, event)
    since = motion.decided_on or event.on
    before = motion.force
    if before is not None:
        end = before.until.when if before.until.kind is UntilKind.EXACT else None
        since = event.on if end is not None and end.last < event.on.first else before.since
    return replace(motion, force=Force(since=since, until=event.until))


def _mandate(state: Mandate | None, event: Event) -> Mandate:
    return state or Mandate(subject=event.subject, since=event.on)


def _given(state: Mandate | None, event: MandateGiven) -> Mandate:
    return replace(
        _mandate(state, event),
        motion=event.motion,
        task=event.task,
        addressee=event.addressee,
        due=event.due,
        condition=event.condition,
        progress=MandateStatus.GIVEN,
    )


def _mandate_condition_met(state: Mandate | None, event: MandateConditionMet) -> Mandate:
    return replace(_mandate(state, event), condition_met=True)


def _progress(status: MandateStatus) -> Step:
    def step(state: Mandate | None, event: Event) -> Mandate:
        mandate = _mandate(state, event)
        evidence: tuple[str, ...] = getattr(event, "evidence", ())
        return replace(mandate, progress=status, evidence=mandate.evidence + evidence)

    return step


def _blockade(state: Blockade | None, event: Event) -> Blockade:
    return state or Blockade(subject=event.subject, since=event.on)


def _imposed(state: Blockade | None, event: BlockadeImposed) -> Blockade:
    return replace(
        _blockade(state, event),
        status=BlockadeStatus.IMPOSED,
        by=event.by,
        scope=event.scope,
        release_condition=event.release_condition,
    )


def _blockade_condition_met(state: Blockade | None, event: BlockadeConditionMet) -> Blockade:
    blockade = _blockade(state, event)
    part = event.part or blockade.release_condition or ""
    return replace(
        blockade,
        conditions_met=tuple(dict.fromkeys((*blockade.conditions_met, part))),
        wholly_met=blockade.wholly_met or event.part is None,
    )


def _lift_proposed(state: Blockade | None, event: BlockadeLiftProposed) -> Blockade:
    return replace(_blockade(state, event), status=BlockadeStatus.LIFT_PROPOSED)


def _lift_ordered(state: Blockade | None, event: BlockadeLiftOrdered) -> Blockade:
    return replace(_blockade(state, event), status=BlockadeStatus.LIFT_ORDERED)


def _lifted(state: Blockade | None, event: BlockadeLifted) -> Blockade:
    return replace(
        _blockade(state, event),
        status=BlockadeStatus.LIFTED if event.replaced_by is None else BlockadeStatus.REPLACED,
        lifted_by=event.by,
        conditions=event.conditions,
        replaced_by=event.replaced_by,
    )


def _made(state: Proposal | None, event: ProposalMade) -> Proposal:
    return replace(
        _proposal(state, event),
        by=event.by,
        text=event.text,
        regarding=event.regarding,
        status=ProposalStatus.MADE,
    )


def _proposal(state: Proposal | None, event: Event) -> Proposal:
    return state or Proposal(subject=event.subject, since=event.on)


def _proposal_decided(status: ProposalStatus) -> Step:
    def step(state: Proposal | None, event: Event) -> Proposal:
        return replace(_proposal(state, event), status=status)

    return step


def _convened(_: Meeting | None, event: MeetingConvened) -> Meeting:
    return Meeting(
        subject=event.subject,
        since=event.on,
        title=event.title,
        body=event.body,
        place=event.place,
    )


def _context(
    _: Context | None, event: ResponseReceived | AgreementReached | StatementMade
) -> Context:
    match event:
        case ResponseReceived():
            parties: tuple[str, ...] = (event.sender,)
        case AgreementReached():
            parties = event.parties
        case StatementMade():
            parties = (event.by,)
    return Context(
        subject=event.subject,
        since=event.on,
        parties=parties,
        regarding=event.regarding,
        note=event.note,
    )


def _unmoved(state: State | None, _: Event) -> State | None:
    return state


EVOLVE: Mapping[type[Event], Step] = {
    LedgerOpened: _unmoved,
    LedgerProfileChanged: _unmoved,
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
    RecordRetracted: _unmoved,
    PersonalDataErased: _unmoved,
}
"""How each event type moves the state of its subject."""
