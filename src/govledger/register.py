"""`Register`: the association's state on a date, and the questions asked of it.

Here: the register, how its subjects are described as plain values (what `list`, `diff` and
the expectations of datasets all speak of), and the difference between two of them. Not
here: how the states came to be (`history`), or any printing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from attrs import asdict, field, fields, frozen, has
from attrs import evolve as replace

from govledger.events import UntilKind, kind_of, slug_of
from govledger.profiles import GENERAL, Profile
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
    SubjectState,
    UnknownState,
)
from govledger.values import COMMITMENT
from govledger.vocabulary import STANDARD, Vocabulary
from govledger.votes import Tally
from govledger.when import When, timezone

S = TypeVar("S", bound=State)
R = TypeVar("R")


@frozen(kw_only=True)
class Register:
    """What the association's register said at an instant, as known at a log position.

    `states` maps the names of subjects to their states, in the order in which the log first
    mentions them, and `statuses` to the words for these. `as_of` is an instant (microseconds
    since 1970-01-01T00:00Z), `known_at` a position; `zone` is where days begin; `judged` is what a
    replay found on the way, `profile` the one whose rules hold then, `vocabulary` what is known. A
    state that was stored is decoded once it is asked for.

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
    profile: Profile = field(default=GENERAL, eq=False, repr=False)
    vocabulary: Vocabulary = field(default=STANDARD, eq=False, repr=False)

    def of(self, state: type[S]) -> Mapping[str, S]:
        """The subjects whose `state` is of a class, such as that of an extension, by slug.

        By their whole names where subjects of several kinds have states of that class.

        >>> from govledger import Ledger, Motion, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     _ = ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"))
        ...     ledger.as_of("2024-03-01").of(Motion)["bins"].title
        'Bigger bins'
        """
        kinds = [str(kind) for kind, cls in self.vocabulary.states.items() if cls is state]
        return self._of(*kinds)

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
        return self.of(Context)

    @cached_property
    def unknown(self) -> Mapping[str, UnknownState]:
        """The subjects of extensions that are not here, by their whole names.

        >>> from attrs import frozen
        >>> from govledger import Event, Extension, Ledger, Subject, SubjectState
        >>> @frozen(kw_only=True, slots=False)
        ... class CommitteeFormed(Event):
        ...     type, kind = "committee.formed", "committee"
        >>> def formed(state, event):
        ...     return SubjectState(subject=event.subject, since=event.on)
        >>> committee = Subject(kind="committee", state=SubjectState, evolve=formed)
        >>> club = Extension(name="club@1", events=(CommitteeFormed,), subjects=(committee,))
        >>> with Ledger.open("formed.db", extensions=[club]) as ledger:
        ...     _ = ledger.record(CommitteeFormed("committee/finance", on="2024-03-14"))
        >>> with Ledger.open("formed.db") as ledger:
        ...     list(ledger.as_of("2024-03-14").unknown)
        ['committee/finance']
        """
        known = self.vocabulary.kinds
        return _View(
            {name: name for name in self.states if kind_of(name) not in known}, self.states
        )

    def _of(self, *kinds: str) -> Mapping[str, Any]:
        """The subjects of kinds: by slug those of one, by name those of several."""
        names = [name for name in self.states if kind_of(name) in kinds]
        called = slug_of if len(kinds) == 1 else str
        return _View({called(name): name for name in names}, self.states)

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
                yield from notices(state, self.as_of, self.zone, self.profile)

    def subjects(self) -> tuple[str, ...]:
        """The names of all subjects, kind by kind."""
        listed: dict[str, list[str]] = {kind: [] for kind in self.vocabulary.listed.values()}
        others: list[str] = []
        for name in self.states:
            listed.get(kind_of(name), others).append(name)
        return (*(name for names in listed.values() for name in names), *others)

    def describe(self, subject: str) -> dict[str, Any] | None:
        """A `subject` (`kind/slug`) as plain values: text, numbers, lists, objects and None.

        None where nothing was on record. The keys are part of the interface; see
        `govledger list --format json`.
        """
        state = self.state(subject)
        return None if state is None else _described(self, state)

    def listing(self, kind: str) -> tuple[dict[str, Any], ...]:
        """All subjects of a `kind` that can be listed ("motions"), in the register's order."""
        subjects = self._of(self.vocabulary.listed[kind])
        return tuple(_described(self, state) for state in subjects.values())

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
    profile: Profile = GENERAL,
    vocabulary: Vocabulary = STANDARD,
) -> Register:
    """The register made of the states of all subjects, `kind/slug` -> state.

    Where they are stored, `restore` makes the state of a subject of what is stored, and
    `statuses` gives their words. `profile` is the one whose rules hold at that instant.
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
        profile=profile,
        vocabulary=vocabulary,
    )


def merged(parts: Sequence[Register]) -> Register:
    """One register of the same moment, of several that have other subjects each."""
    first, *rest = parts
    if not rest:
        return first
    return replace(
        first,
        states={name: state for part in parts for name, state in part.states.items()},
        statuses={name: word for part in parts for name, word in part.statuses.items()},
        judged=tuple(finding for part in parts for finding in part.judged),
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
    describe = _DESCRIBE.get(type(state), _describe_other)
    return {**describe(register, state), "findings": list(codes)}


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
        "tally": count_of(motion.tally),
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


def count_of(tally: Tally | None) -> dict[str, Any] | None:
    """A tally as plain values, without its roll call."""
    if tally is None:
        return None
    said = asdict(tally, filter=lambda field, _: field.name not in ("roll_call", "called_twice"))
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


def _describe_other(register: Register, state: SubjectState) -> dict[str, Any]:
    """A subject of an extension: its fields, as they are."""
    if isinstance(state, UnknownState):
        said = {name: as_stored(state.said[name]) for name in state.said if name not in _OURS}
    else:
        said = {name: as_plain(getattr(state, name)) for name in _fields_of(type(state))}
    described = {"id": state.subject, "status": getattr(state, "status", None), **said}
    return {**described, "since": register.day(state.since)}


_OURS = ("id", "since")


def as_stored(value: Any) -> Any:
    """JSON of a state that is not known, where whoever reads it sees that a text is sealed."""
    if isinstance(value, dict):
        is_sealed = COMMITMENT in value
        return "[sealed]" if is_sealed else {k: as_stored(v) for k, v in value.items()}
    return [as_stored(each) for each in value] if isinstance(value, list) else value


def as_plain(value: Any) -> Any:
    """A value of a state or an event as text, numbers, lists, objects and None."""
    if isinstance(value, When):
        return value.text
    if isinstance(value, tuple):
        return [as_plain(each) for each in value]
    if has(type(value)):
        return {f.name: as_plain(getattr(value, f.name)) for f in fields(type(value))}
    return value


def plain_row(row: Any) -> dict[str, Any]:
    """What a projection gives for one row, a mapping or an attrs value, as plain values.

    Raises `TypeError` for anything else.
    """
    if isinstance(row, Mapping):
        return {str(name): as_plain(value) for name, value in row.items()}
    if has(type(row)):
        return {f.name: as_plain(getattr(row, f.name)) for f in fields(type(row))}
    raise TypeError(f"{type(row).__name__} is no row")


def _fields_of(cls: type[Any]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cls) if f.name not in ("subject", "since"))


def fields_of(kind: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The keys of the description of a kind of subject; none where it is not described by any."""
    if kind in vocabulary.subjects:
        names = _fields_of(vocabulary.states[kind])
        return tuple(dict.fromkeys(("id", "status", *names, "since", "findings")))
    return FIELDS.get(kind, ())


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
"""The keys of the descriptions of our subjects, kind by kind."""


# --- projections ------------------------------------------------------------------------


@frozen(kw_only=True)
class Projection(Generic[R]):
    """A named question to a register, such as totals by year: `of(register)` is the answer.

    It is asked of the register of any date, as known at any time (`Ledger.project`), so it needs
    no table of its own, and agrees with a replay as the register does. `kinds` are those of the
    subjects that it looks at: only these are read; all, where there are none. `govledger list`
    knows it by its `name`, and prints what it comes to, where that is a list of mappings or of
    attrs values.

    >>> from govledger import Ledger, MotionSubmitted, Projection
    >>> count = Projection(name="motion-count", kinds=("motion",), of=lambda r: len(r.motions))
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"))
    ...     ledger.project(count, "2024-02-29"), ledger.project(count, "2024-03-01")
    (0, 1)
    """

    name: str
    of: Callable[[Register], R]
    kinds: tuple[str, ...] = ()


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
        for name in dict.fromkeys((*new, *old)):
            if new.get(name) != old.get(name):
                yield Change(subject, name, old.get(name), new.get(name))
