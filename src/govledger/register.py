"""`Register`: the association's state on a date, and the questions asked of it.

Here: the register, how its subjects are described as plain values (what `list`, `diff` and
the expectations of datasets all speak of), and the difference between two of them. Not
here: how the states came to be (`history`), or any printing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from attrs import asdict, frozen
from attrs import evolve as replace

from govledger.events import Tally, UntilKind, kind_of, slug_of
from govledger.rules import Deadline, Finding, Notice, closing, deadline, notices
from govledger.state import (
    Blockade,
    Context,
    Mandate,
    Meeting,
    Motion,
    Proposal,
    ProposalStatus,
    State,
)
from govledger.when import When, timezone

_S = TypeVar("_S", Motion, Mandate, Blockade, Proposal, Meeting, Context)

LISTED = ("motions", "mandates", "blockades", "proposals", "meetings")
"""What can be listed, in the order of the register."""


@frozen(kw_only=True)
class Register:
    """What the association's register said at an instant, as known at a log position.

    `motions`, `mandates`, `blockades`, `proposals`, `meetings` and `context` map slugs to
    states; those of `context` are whole names, for it holds several kinds. `as_of` is an
    instant (microseconds since 1970-01-01T00:00Z), `known_at` a position; `judged` is what
    the replay found on the way.
    """

    as_of: int
    known_at: int
    zone: ZoneInfo
    motions: Mapping[str, Motion]
    mandates: Mapping[str, Mandate]
    blockades: Mapping[str, Blockade]
    proposals: Mapping[str, Proposal]
    meetings: Mapping[str, Meeting]
    context: Mapping[str, Context]
    judged: tuple[Finding, ...] = ()

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Breaches on the books, and notices that a reader must know though nothing is broken."""
        return (*self.judged, *self._notices())

    def state(self, subject: str) -> State | None:
        """The state of `kind/slug`; None where nothing was on record."""
        kind = kind_of(subject) + "s"
        if kind not in LISTED:
            return self.context.get(subject)
        named: Mapping[str, State] = getattr(self, kind)
        return named.get(slug_of(subject))

    def deadline(self, mandate: Mandate) -> Deadline:
        """How a mandate of this register stands to its deadline."""
        return deadline(mandate, self.as_of, self.zone)

    def due(self) -> tuple[Mandate, ...]:
        """The mandates whose deadline is open, due or overdue, most pressing first."""
        with_deadline = [m for m in self.mandates.values() if self.deadline(m) is not Deadline.NONE]
        return tuple(sorted(with_deadline, key=self._urgency))

    def _urgency(self, mandate: Mandate) -> tuple[int, int, str]:
        edges = mandate.due and closing(mandate.due, self.zone)
        last = edges[1] if edges else sys.maxsize
        return -_PRESSING.index(self.deadline(mandate)), last, mandate.subject

    def _notices(self) -> Iterator[Notice]:
        for subject in self.subjects():
            state = self.state(subject)
            if state is not None:
                yield from notices(state, self.as_of, self.zone)

    def subjects(self) -> tuple[str, ...]:
        """The names of all subjects, kind by kind."""
        listed = (state.subject for name in LISTED for state in getattr(self, name).values())
        return (*listed, *self.context)

    def describe(self, subject: str) -> dict[str, Any] | None:
        """A subject as plain values: text, numbers, lists, objects and None.

        None where nothing was on record. The keys are part of the interface; see
        `govledger list --format json`.
        """
        state = self.state(subject)
        return None if state is None else _described(self, state)

    def listing(self, kind: str) -> tuple[dict[str, Any], ...]:
        """All subjects of one of `LISTED`, described, in the order they came on record."""
        return tuple(_described(self, state) for state in getattr(self, kind).values())

    @cached_property
    def _codes(self) -> Mapping[str, list[str]]:
        codes: dict[str, list[str]] = {}
        for finding in self.findings:
            codes.setdefault(finding.subject, []).append(finding.code)
        return codes

    def day(self, when: When) -> str:
        """The last day, in the ledger's time zone, on which a time can have been."""
        return when.day(self.zone).isoformat()


_PRESSING = (Deadline.NONE, Deadline.OPEN, Deadline.DUE, Deadline.OVERDUE)


def register(
    states: Mapping[str, State],
    judged: tuple[Finding, ...] = (),
    *,
    as_of: int,
    known_at: int,
    zone: ZoneInfo,
) -> Register:
    """The register made of the states of all subjects, `kind/slug` -> state."""
    now = {name: _settled(state, as_of, zone) for name, state in states.items()}

    def of(kind: type[_S]) -> Mapping[str, _S]:
        return MappingProxyType({slug_of(n): s for n, s in now.items() if isinstance(s, kind)})

    return Register(
        as_of=as_of,
        known_at=known_at,
        zone=zone,
        motions=of(Motion),
        mandates=of(Mandate),
        blockades=of(Blockade),
        proposals=of(Proposal),
        meetings=of(Meeting),
        context=MappingProxyType({n: s for n, s in now.items() if isinstance(s, Context)}),
        judged=judged,
    )


def _settled(state: State, instant: int, zone: ZoneInfo) -> State:
    """A state as it is at an instant: an exact end of force comes without an event."""
    if isinstance(state, Motion) and state.force is not None:
        until = state.force.until
        if until.kind is UntilKind.EXACT and until.when and instant > until.when.latest(zone):
            return replace(state, force=None)
    return state


# --- descriptions -----------------------------------------------------------------------


def _described(register: Register, state: State) -> dict[str, Any]:
    codes = register._codes.get(state.subject, ())  # noqa: SLF001 - the same module
    return {**_DESCRIBE[type(state)](register, state), "findings": list(codes)}


def _describe_motion(register: Register, motion: Motion) -> dict[str, Any]:
    force = motion.force
    return {
        "id": motion.subject,
        "title": motion.title,
        "status": motion.status,
        "decision": motion.decision,
        "follow_up": motion.follow_up,
        "force": None
        if force is None
        else {
            "from": register.day(force.since),
            "until": str(force.until),
            "kind": force.until.kind,
        },
        "since": register.day(motion.since),
        "submitted_on": motion.submitted_on and motion.submitted_on.text,
        "decided_on": motion.decided_on and motion.decided_on.text,
        "meeting": motion.meeting,
        "follow_up_meeting": motion.follow_up_meeting,
        "tally": _count(motion.tally),
        "by_acclamation": motion.by_acclamation,
        "as_amended": motion.as_amended,
        "referred_to": motion.referred_to,
        "deferred_until": motion.deferred_until and motion.deferred_until.text,
        "movers": list(motion.movers),
        "aliases": list(motion.aliases),
        "pending": list(motion.pending),
        "review_on": motion.review_on and motion.review_on.text,
        "because": list(motion.because),
        "in_light_of": motion.in_light_of,
        "successor": motion.successor,
    }


def _count(tally: Tally | None) -> dict[str, Any] | None:
    """A tally as plain values, without its roll call."""
    if tally is None:
        return None
    said = asdict(tally, filter=lambda field, _: field.name != "roll_call")
    return {name: value for name, value in said.items() if value is not None}


def _describe_mandate(register: Register, mandate: Mandate) -> dict[str, Any]:
    return {
        "id": mandate.subject,
        "motion": mandate.motion or None,
        "task": mandate.task,
        "addressee": mandate.addressee,
        "status": mandate.status,
        "due": mandate.due and str(mandate.due),
        "deadline": register.deadline(mandate),
        "condition": mandate.condition,
        "condition_met": mandate.condition_met,
        "evidence": list(mandate.evidence),
        "since": register.day(mandate.since),
    }


def _describe_blockade(register: Register, blockade: Blockade) -> dict[str, Any]:
    condition = (
        "met" if blockade.wholly_met else "partly-met" if blockade.conditions_met else "unmet"
    )
    return {
        "id": blockade.subject,
        "status": blockade.status,
        "by": blockade.by,
        "scope": blockade.scope,
        "conditions": list(blockade.conditions),
        "release_condition": blockade.release_condition,
        "conditions_met": list(blockade.conditions_met),
        "condition_state": condition if blockade.release_condition else None,
        "lifted_by": blockade.lifted_by,
        "replaced_by": blockade.replaced_by,
        "since": register.day(blockade.since),
    }


def _describe_proposal(register: Register, proposal: Proposal) -> dict[str, Any]:
    return {
        "id": proposal.subject,
        "status": proposal.status,
        "decision": None if proposal.status is ProposalStatus.MADE else proposal.status,
        "by": proposal.by,
        "text": proposal.text,
        "regarding": list(proposal.regarding),
        "since": register.day(proposal.since),
    }


def _describe_meeting(register: Register, meeting: Meeting) -> dict[str, Any]:
    return {
        "id": meeting.subject,
        "title": meeting.title,
        "body": meeting.body,
        "place": meeting.place,
        "on": register.day(meeting.since),
    }


def _describe_context(register: Register, context: Context) -> dict[str, Any]:
    return {
        "id": context.subject,
        "parties": list(context.parties),
        "regarding": list(context.regarding),
        "note": context.note,
        "on": register.day(context.since),
    }


_DESCRIBE: Mapping[type[State], Any] = {
    Motion: _describe_motion,
    Mandate: _describe_mandate,
    Blockade: _describe_blockade,
    Proposal: _describe_proposal,
    Meeting: _describe_meeting,
    Context: _describe_context,
}


_ANY_DAY = When("2000-01-01")

_BLANK: Mapping[str, State] = {
    "motion": Motion(subject="", title="", since=_ANY_DAY),
    "mandate": Mandate(subject="", since=_ANY_DAY),
    "blockade": Blockade(subject="", since=_ANY_DAY),
    "proposal": Proposal(subject="", since=_ANY_DAY),
    "meeting": Meeting(subject="", since=_ANY_DAY, title=""),
}

FIELDS: Mapping[str, tuple[str, ...]] = {
    kind: tuple(_described(register({}, as_of=0, known_at=0, zone=timezone("UTC")), blank))
    for kind, blank in _BLANK.items()
}
"""The keys of the descriptions, kind by kind."""


# --- differences ------------------------------------------------------------------------


@frozen
class Change:
    """One field of one subject that differs.

    `field` is empty where the subject is new or gone: then one side is None, and the other
    its status, or "on-record" where it has none.
    """

    subject: str
    field: str
    before: Any
    after: Any


def changes(before: Register, after: Register) -> tuple[Change, ...]:
    """What differs between two registers, subject by subject, field by field."""
    return tuple(_changes(before, after))


def _standing(description: Mapping[str, Any] | None) -> str | None:
    return None if description is None else str(description.get("status") or "on-record")


def _changes(before: Register, after: Register) -> Iterator[Change]:
    for subject in dict.fromkeys((*before.subjects(), *after.subjects())):
        old, new = before.describe(subject), after.describe(subject)
        if old is None or new is None:
            yield Change(subject, "", _standing(old), _standing(new))
            continue
        for name, value in new.items():
            if value != old[name]:
                yield Change(subject, name, old[name], value)
