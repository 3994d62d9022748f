"""`Register`: the association's state on a date, and the questions asked of it.

Here: the register, how its subjects are described as plain values (what `list`, `diff` and
the expectations of datasets all speak of), and the difference between two of them. Not
here: how the states came to be (`history`), or any printing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from attrs import asdict, field, frozen
from attrs import evolve as replace

from govledger.events import Tally, UntilKind, slug_of
from govledger.rules import Deadline, Finding, Notice, closing, deadline, notices
from govledger.state import (
    STATES,
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

LISTED = ("motions", "mandates", "blockades", "proposals", "meetings")
"""What can be listed, in the order of the register."""


@frozen(kw_only=True)
class Register:
    """What the association's register said at an instant, as known at a log position.

    `states` maps the names of subjects to their states, in the order in which the log first
    mentions them, and `statuses` to the words for these. `as_of` is an instant (microseconds
    since 1970-01-01T00:00Z), `known_at` a position; `zone` is where days begin; `judged` is what a
    replay found on the way. A state that was stored is decoded once it is asked for.

    >>> from govledger import Ledger, MandateGiven, MotionAdopted, MotionSubmitted, Register
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(
    ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
    ...         MotionAdopted("bins", on="2024-03-14"),
    ...         MandateGiven(
    ...             "bins.1",
    ...             motion="bins",
    ...             task="Order",
    ...             addressee="Board",
    ...             due="2024-09",
    ...             on="2024-03-14",
    ...         ),
    ...     )
    ...     register = ledger.as_of("2024-10-01")
    >>> isinstance(register, Register), register.subjects()
    (True, ('motion/bins', 'mandate/bins.1'))
    >>> str(register.motions["bins"].status), register.mandates["bins.1"].task
    ('adopted', 'Order')
    >>> list(register.blockades), list(register.proposals), list(register.meetings)
    ([], [], [])
    >>> dict(register.context)
    {}

    What is due, and what a reader must know:

    >>> [(mandate.subject, str(register.deadline(mandate))) for mandate in register.due()]
    [('mandate/bins.1', 'overdue')]
    >>> [finding.code for finding in register.findings]
    ['overdue']

    Subjects as plain values, for JSON or a page:

    >>> register.state("motion/benches"), register.describe("motion/bins")["since"]
    (None, '2024-03-14')
    >>> [described["id"] for described in register.listing("mandates")]
    ['mandate/bins.1']
    >>> register.day(register.motions["bins"].since)
    '2024-03-14'
    """

    as_of: int
    known_at: int
    zone: ZoneInfo
    states: Mapping[str, State]
    statuses: Mapping[str, str | None] = field(eq=False, repr=False)
    judged: tuple[Finding, ...] = ()

    @cached_property
    def motions(self) -> Mapping[str, Motion]:
        """The motions, by slug."""
        return self._of("motion")

    @cached_property
    def mandates(self) -> Mapping[str, Mandate]:
        """The mandates, by slug."""
        return self._of("mandate")

    @cached_property
    def blockades(self) -> Mapping[str, Blockade]:
        """The blockades, by slug."""
        return self._of("blockade")

    @cached_property
    def proposals(self) -> Mapping[str, Proposal]:
        """The proposals, by slug."""
        return self._of("proposal")

    @cached_property
    def meetings(self) -> Mapping[str, Meeting]:
        """The meetings, by slug."""
        return self._of("meeting")

    @cached_property
    def context(self) -> Mapping[str, Context]:
        """The responses, agreements and statements, by their whole names."""
        kinds = {f"{name}/" for name, cls in STATES.items() if cls is Context}
        names = {name: name for name in self.states if name[: name.index("/") + 1] in kinds}
        return _View(names, self.states)

    def _of(self, kind: str) -> Mapping[str, Any]:
        prefix = f"{kind}/"
        names = {slug_of(name): name for name in self.states if name.startswith(prefix)}
        return _View(names, self.states)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The breaches on the books, and notices for a reader though nothing is broken."""
        return (*self.judged, *self._notices())

    def state(self, subject: str) -> State | None:
        """The state of a `subject` (`kind/slug`); None where nothing was on record."""
        return self.states.get(subject)

    def deadline(self, mandate: Mandate) -> Deadline:
        """How a `mandate` of this register stands to its deadline."""
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
        """A `subject` (`kind/slug`) as plain values: text, numbers, lists, objects and None.

        None where nothing was on record. The keys are part of the interface; see
        `govledger list --format json`.
        """
        state = self.state(subject)
        return None if state is None else _described(self, state)

    def listing(self, kind: str) -> tuple[dict[str, Any], ...]:
        """All subjects of a `kind` ("motions"), one of `LISTED`, in the register's order."""
        return tuple(_described(self, state) for state in getattr(self, kind).values())

    @cached_property
    def _codes(self) -> Mapping[str, list[str]]:
        codes: dict[str, list[str]] = {}
        for finding in self.findings:
            codes.setdefault(finding.subject, []).append(finding.code)
        return codes

    def day(self, when: When) -> str:
        """The last day, in the ledger's time zone, on which `when` can have been; in ISO 8601."""
        return when.day(self.zone).isoformat()


_PRESSING = (Deadline.NONE, Deadline.OPEN, Deadline.DUE, Deadline.OVERDUE)


def register(
    states: Mapping[str, Any],
    judged: Iterable[Finding] = (),
    *,
    as_of: int,
    known_at: int,
    zone: ZoneInfo,
    statuses: Mapping[str, str | None] | None = None,
    restore: Callable[[str, Any], State] = lambda _, state: state,
) -> Register:
    """The register made of the states of all subjects, `kind/slug` -> state.

    Where they are stored, `restore` makes the state of a subject of what is stored, and
    `statuses` gives their words.
    """
    if statuses is None:
        statuses = {name: getattr(state, "status", None) for name, state in states.items()}
    return Register(
        as_of=as_of,
        known_at=known_at,
        zone=zone,
        states=_States(states, lambda name, held: _settled(restore(name, held), as_of, zone)),
        statuses=statuses,
        judged=tuple(judged),
    )


class _States(Mapping[str, State]):
    """States by name; each is made once it is asked for."""

    def __init__(self, held: Mapping[str, Any], make: Callable[[str, Any], State]) -> None:
        self._held = held
        self._make = make
        self._made: dict[str, State] = {}

    def __getitem__(self, name: str) -> State:
        if name not in self._made:
            self._made[name] = self._make(name, self._held[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        return repr(dict(self))


class _View(Mapping[str, Any]):
    """Some of the states, under other names."""

    def __init__(self, names: Mapping[str, str], states: Mapping[str, State]) -> None:
        self._names = names
        self._states = states

    def __getitem__(self, name: str) -> Any:
        return self._states[self._names[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return repr(dict(self))


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

    `subject` and `field` say which, `before` and `after` are its values, as `Register.describe`
    gives them. `field` is empty where the subject is new or gone: then one side is None, and the
    other its status, or "on-record" where it has none.

    >>> from govledger import Change, Ledger, MotionSubmitted
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"))
    ...     (change,) = ledger.diff("2024-02-29", "2024-03-01")
    >>> change == Change("motion/bins", "", None, "submitted")
    True
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
