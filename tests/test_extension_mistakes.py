"""What strangers get wrong in an extension, and what they must not be able to break with it.

Whatever an extension does, a ledger that nobody touched is never called altered.
"""

import attrs
import pytest
from attrs import field, frozen

from own_extension import EUROS, GRANTS, PAID

from govledger import (
    Event,
    Extension,
    InvalidInput,
    Ledger,
    MotionSubmitted,
    Subject,
    SubjectState,
    UnreadableRecord,
    When,
)
from govledger.fields import count, subject_name, text


def thing(value):
    return subject_name(value, "thing")


@frozen(kw_only=True, slots=False)
class Thing(SubjectState):
    status: str | None = None
    held: int = 0


@frozen(kw_only=True, slots=False)
class ThingEvent(Event):
    kind = "thing"
    subject: str = field(converter=thing, kw_only=False)


@frozen(kw_only=True, slots=False)
class ThingMade(ThingEvent):
    type = "thing.made"
    amount: int = field(converter=count)


def made(state, event):
    return Thing(subject=event.subject, since=event.on, status="made", held=event.amount)


def extension(cls=ThingMade, state=Thing, evolve=made, **more):
    things = Subject(kind="thing", state=state, evolve=evolve)
    return Extension(name="things@1", events=(cls,), subjects=(things,), **more)


def refusal(write):
    with pytest.raises(InvalidInput) as refused:
        write()
    return refused.value.problems[0]


# --- what does not come back ------------------------------------------------------------


def with_field(converter, hint=int):
    @frozen(kw_only=True, slots=False)
    class Made(ThingEvent):
        type = "thing.made"
        amount: hint = field(converter=converter)

    return Made


@pytest.mark.parametrize(
    ("converter", "given"),
    [
        (lambda value: int(value) * 100, "3"),
        (float, "1.5"),
        (lambda value: [value], 1),
        (int, 2**53),
        (str, "e\u0301"),
        (str, "\ud800"),
    ],
    ids=["again and again", "float", "list", "large", "not NFC", "surrogate"],
)
def test_a_record_that_would_not_come_back_is_not_written(converter, given, new_ledger):
    cls = with_field(converter)
    same = lambda state, event: Thing(subject=event.subject, since=event.on)  # noqa: E731
    ledger = new_ledger(extensions=[extension(cls, evolve=same)])
    problem = refusal(lambda: ledger.record(cls("a", amount=given, on="2024-01-01")))
    assert problem.code == "comes-back-otherwise"
    assert ledger.head() == 1
    assert ledger.verify()


def test_it_says_which_field():
    with Ledger.in_memory(extensions=[EUROS]) as ledger:
        problem = refusal(lambda: ledger.record(PAID))
    assert '"cents" holds 300, and comes back as 30000' in problem.message


@frozen(kw_only=True, slots=False)
class Twice(SubjectState):
    held: int = field(default=0, converter=lambda value: value * 2)


@frozen(kw_only=True, slots=False)
class Private(SubjectState):
    _held: int = 0


@frozen(kw_only=True, slots=False)
class Dated(SubjectState):
    held: When | None = None


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (Twice, {"held": 3}),
        (Private, {"held": 3}),
        (Dated, {"held": "2024-01-01"}),
        (Thing, {"held": 1.5}),
        (Thing, {"held": [1]}),
    ],
)
def test_a_state_that_would_not_come_back_is_not_written(state, said):
    def evolve(_, event):
        return state(subject=event.subject, since=event.on, **said)

    with Ledger.in_memory(extensions=[extension(state=state, evolve=evolve)]) as ledger:
        problem = refusal(lambda: ledger.record(ThingMade("a", amount=1, on="2024-01-01")))
        assert problem.code == "comes-back-otherwise"
        assert ledger.head() == 1


# --- versions ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["key", "position", "recorded_at", "data", "version", "stored"])
def test_old_versions_have_fields_of_any_name(name, tmp_path):
    """Those that stand in a body, too: they are in its data, and mean nothing there."""

    def cls(*added):
        body = {"type": "thing.made", "__module__": __name__, name: field(converter=text)}
        body |= {each: field(converter=count) for each in added}
        body["__annotations__"] = {name: str, **dict.fromkeys(added, int)}
        body["upcasters"] = tuple((lambda fields: fields | {"more": 1}) for _ in added)
        return frozen(kw_only=True, slots=False)(type("Made", (ThingEvent,), body))

    same = lambda state, event: Thing(subject=event.subject, since=event.on)  # noqa: E731
    old, new = cls(), cls("more")
    with Ledger.open(tmp_path / "l.db", extensions=[extension(old, evolve=same)]) as ledger:
        ledger.record(old("a", on="2024-01-01", **{name: "x"}))
        assert ledger.verify()
    with Ledger.open(tmp_path / "l.db", extensions=[extension(new, evolve=same)]) as ledger:
        (record,) = ledger.log(after=2)
        assert (getattr(record.event, name), record.event.more) == ("x", 1)
        assert ledger.verify(), str(ledger.verify())


# --- retractions ------------------------------------------------------------------------


def test_a_key_that_something_else_was_recorded_under_conflicts():
    with Ledger.in_memory(extensions=[extension()]) as ledger:
        ledger.record(ThingMade("a", amount=1, on="2024-01-01"), key="k")
        with pytest.raises(Exception) as refused:  # noqa: PT011 - its code is what counts
            ledger.retract(3, reason="wrong", key="k")
        assert refused.value.problems[0].code == "key-conflict"


def test_nothing_is_retracted_without_it(tmp_path):
    with Ledger.open(tmp_path / "l.db", extensions=[extension()]) as ledger:
        ledger.record(ThingMade("a", amount=1, on="2024-01-01"))
    with Ledger.open(tmp_path / "l.db") as ledger, pytest.raises(UnreadableRecord) as refused:
        ledger.retract(3, reason="wrong")
    assert refused.value.problems[0].code == "missing-extension"
