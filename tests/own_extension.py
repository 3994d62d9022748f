"""An extension of the tests' own: grants, which name motions and people, with rules on motions;
and parts of extensions that are wrong."""

import attrs
from attrs import field, frozen

from govledger import (
    Axis,
    Event,
    Extension,
    Motion,
    MotionAdopted,
    MotionSubmitted,
    Subject,
    SubjectState,
    Transition,
    When,
)
from govledger.fields import PERSONAL, REFERENCE, count, motion, personal, subject_name, when


@frozen(kw_only=True, slots=False)
class Instalment:
    amount: int
    on: When = field(converter=when)


def instalments(values):
    return tuple(v if isinstance(v, Instalment) else Instalment(**v) for v in values)


@frozen(kw_only=True, slots=False)
class Grant(SubjectState):
    status: str | None = None
    motion: str | None = None
    holder: str = field(default="", metadata=PERSONAL)
    last: When | None = None
    paid: tuple[Instalment, ...] = ()


def grant(value: str) -> str:
    return subject_name(value, "grant")


@frozen(kw_only=True, slots=False)
class GrantEvent(Event):
    kind = "grant"
    subject: str = field(converter=grant, kw_only=False)


@frozen(kw_only=True, slots=False)
class GrantGiven(GrantEvent):
    type = "grant.given"
    motion: str = field(converter=motion, metadata=REFERENCE)
    holder: str = field(converter=personal, metadata=PERSONAL)


@frozen(kw_only=True, slots=False)
class GrantPaid(GrantEvent):
    type = "grant.paid"
    instalments: tuple[Instalment, ...] = field(converter=instalments)


@frozen(kw_only=True, slots=False)
class MotionCosted(Event):
    """An event of an extension about a subject of ours: it says nothing of its state."""

    type = "motion.costed"
    kind = "motion"
    subject: str = field(converter=motion, kw_only=False)
    amount: int = field(converter=count)


def granted(state, event):
    now = state or Grant(subject=event.subject, since=event.on)
    match event:
        case GrantGiven():
            return attrs.evolve(now, status="given", motion=event.motion, holder=event.holder)
        case GrantPaid():
            paid = (*now.paid, *event.instalments)
            return attrs.evolve(now, status="paid", last=event.on, paid=paid)


def rests(case):
    found = case.world(case.event.motion)
    if isinstance(found, Motion) and found.decision != "adopted":
        yield case.breach("grant-without-decision", "its motion is not adopted", "adopt it first")


def titled(case):
    if case.state is not None and not case.state.title[0].isupper():
        yield case.breach("small-title", "titles begin with a capital", "correct the title")


def noted(case):
    yield case.notice("costed", "somebody said what it costs")


GRANTS = Extension(
    name="grants@1",
    events=(GrantGiven, GrantPaid, MotionCosted),
    subjects=(Subject(kind="grant", state=Grant, evolve=granted),),
    transitions=(
        Transition(GrantGiven, Axis.STATUS, (None,), "given"),
        Transition(GrantPaid, Axis.STATUS, ("given", "paid"), "paid"),
    ),
    rules={GrantGiven: rests, MotionAdopted: titled, MotionCosted: noted},
)
STRICTER = attrs.evolve(GRANTS, name="grants@2", rules={**GRANTS.rules, MotionSubmitted: noted})


# --- what is wrong ----------------------------------------------------------------------

SUBJECT = Subject(kind="grant", state=Grant, evolve=granted)


def curious(case):
    yield case.notice("seen", str(case.world("meeting/alv")))


NOSY = Extension(name="nosy@1", rules={MotionSubmitted: curious})


@frozen(kw_only=True)
class Slotted(Event):
    type = "grant.slotted"
    kind = "grant"
    amount: int = field(converter=count)


@frozen(kw_only=True, slots=False)
class Known(Event):
    type = "guest.known"
    kind = "guest"
    name: str = field(converter=personal)


@frozen(kw_only=True, slots=False)
class Mentioned(GrantEvent):
    type = "grant.mentioned"


@frozen(kw_only=True, slots=False)
class Careless(Event):
    type = "grant.careless"
    kind = "grant"
    amount: int


@frozen(kw_only=True, slots=False)
class Floating(SubjectState):
    share: float = 0.5


@frozen(kw_only=True, slots=False)
class Ours(Event):
    type = "motion.adopted"
    kind = "motion"


SHARE = Subject(kind="share", state=Floating, evolve=granted)


@frozen(kw_only=True, slots=False)
class Unreadable(SubjectState):
    what: "NotHere" = None  # noqa: F821


UNREADABLE = Subject(kind="riddle", state=Unreadable, evolve=granted)


def euros(value):
    return int(value) * 100


@frozen(kw_only=True, slots=False)
class EurosPaid(Event):
    """An event whose converter changes what it gave, once more at each reading."""

    type = "motion.paid"
    kind = "motion"
    subject: str = field(converter=motion, kw_only=False)
    cents: int = field(converter=euros)


EUROS = Extension(name="euros@1", events=(EurosPaid,))
PAID = EurosPaid("bins", cents="3", on="2024-03-01")
WORDS = {"subject": "bins", "cents": "three", "on": "2024-03-01"}


@frozen(kw_only=True, slots=False)
class Noted(SubjectState):
    findings: str = ""


NOTED = Subject(kind="note", state=Noted, evolve=granted)
