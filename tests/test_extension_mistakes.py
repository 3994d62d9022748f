"""What strangers get wrong in an extension, and what they must not be able to break with it.

Whatever an extension does, a ledger that nobody touched is never called altered.
"""

import attrs
import sys
from decimal import Decimal
from enum import StrEnum
from importlib.metadata import EntryPoint

from zoneinfo import ZoneInfo

import pytest
from attrs import field, frozen
from click.testing import CliRunner

from own_extension import EUROS, GRANTS, PAID

from govledger import (
    Breach,
    Event,
    Extension,
    InvalidInput,
    Ledger,
    Projection,
    Subject,
    SubjectState,
    UnreadableRecord,
    When,
)
from govledger.cli import extensions as discovery
from govledger.cli import main
from govledger.codec import decode_state
from govledger.fields import count, subject_name, text

from govledger.register import register


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


# --- values that will not do ------------------------------------------------------------

Word = StrEnum("Word", ["good", "bad"])
CONVERTERS = {
    "a word": Word,
    "a number": int,
    "decimals": lambda value: int(Decimal(value)),
    "a choice": {"good": "good"}.__getitem__,
    "a text": lambda value: value.nothing_of_the_kind(),
    "a sum": lambda value: 1 + value,
}


def worded(converter):
    @frozen(kw_only=True, slots=False)
    class Named(ThingEvent):
        type = "thing.named"
        word: str = field(converter=converter)

    return extension(Named, evolve=lambda _, event: Thing(subject=event.subject, since=event.on))


@pytest.fixture(params=CONVERTERS)
def careless(request, monkeypatch):
    """An extension whose converter raises errors of its own, installed."""
    monkeypatch.setattr(discovery, "_loaded", lambda _: [worded(CONVERTERS[request.param])])
    monkeypatch.setattr(discovery, "_installed", lambda: [None])
    discovery.vocabulary.cache_clear()
    yield
    discovery.vocabulary.cache_clear()


@pytest.mark.usefixtures("careless")
def test_a_value_is_refused_where_it_stands(tmp_path):
    (tmp_path / "d.yaml").write_text(
        "govledger: 1\nledger: {name: x}\nrecords:\n"
        "  - thing.named: a\n    on: 2024-01-01\n    word: ugly\n"
    )
    (tmp_path / "d.jsonl").write_text(
        '{"type":"thing.named","subject":"thing/a","on":"2024-01-01","data":{"word":"ugly"}}\n'
    )
    record = ["record", "thing.named", "a", "--on", "2024-01-01", "--set", "word=ugly"]
    for words, place in (
        (["check", str(tmp_path / "d.yaml")], "d.yaml:6:11: error[unfit-value]"),
        (["check", str(tmp_path / "d.jsonl")], "d.jsonl:1:"),
        (record, "error[unfit-value]: word: "),
    ):
        done = CliRunner().invoke(main, ["-l", str(tmp_path / "l.db"), *words])
        assert place in done.output, done.output
        assert isinstance(done.exception, SystemExit)


# --- packages that misbehave ------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("raise SystemExit(7)", "note: the extension odd (odd_package:X) is left out: SystemExit"),
        ("print('hello')\nX = ()", "hello"),
    ],
)
def test_a_package_spoils_no_output(program, said, tmp_path, monkeypatch, capsys):
    (tmp_path / "odd_package.py").write_text(program)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "odd_package", raising=False)
    point = EntryPoint("odd", "odd_package:X", discovery.GROUP)
    monkeypatch.setattr(discovery, "_installed", lambda: [point])
    discovery.vocabulary.cache_clear()
    assert discovery.vocabulary().extensions == ()
    discovery.vocabulary.cache_clear()
    told = capsys.readouterr()
    assert said in told.err
    assert not told.out


# --- what is stored ---------------------------------------------------------------------


def test_what_is_stored_says_nothing_of_its_name():
    body = b'{"since":"2024-01-01","id":"thing/b","held":1}'
    state = decode_state("thing/a", body)
    now = {"as_of": 2**62, "known_at": 1, "zone": ZoneInfo("UTC")}
    described = register({"thing/a": state}, **now).describe("thing/a")
    assert (described["id"], described["held"]) == ("thing/a", 1)


# --- projections ------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Ask for what a projection comes to; gives the exit code, and what is said of it."""

    def ask(of, *words):
        projected = Extension(name="odd@1", projections=(Projection(name="rows", of=of),))
        monkeypatch.setattr(discovery, "_loaded", lambda _: [projected])
        monkeypatch.setattr(discovery, "_installed", lambda: [None])
        discovery.vocabulary.cache_clear()
        Ledger.open(tmp_path / "l.db").close()
        done = CliRunner().invoke(main, ["-l", str(tmp_path / "l.db"), "list", "rows", *words])
        assert isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stderr

    yield ask
    discovery.vocabulary.cache_clear()


@pytest.mark.parametrize("found", [None, 3, "abc", {"a": 1}, [(1, 2)], [{"a": object()}]])
@pytest.mark.parametrize("style", ["table", "json", "jsonl", "csv"])
def test_what_cannot_be_printed_is_said(found, style, asked):
    code, told = asked(lambda _: found, "--format", style)
    assert code == 1
    assert "the projection rows gives no list of rows that can be printed: " in told


@pytest.mark.parametrize("option", [("--status", "x"), ("--limit", "1"), ("--after", "motion/a")])
def test_a_projection_is_not_narrowed_down(option, asked):
    """It would be told whole, as if it were not."""
    code, told = asked(lambda _: [{"a": 1}, {"a": 2}], *option)
    assert code == 2
    assert "rows is a projection" in told


# --- what an extension may not be -------------------------------------------------------


@frozen(kw_only=True, slots=False)
class Renoted(ThingEvent):
    type = "thing.noted"
    note: int = field(converter=count)


@frozen(kw_only=True, slots=False)
class ByName(Event):
    type = "thing.named"
    kind = "thing"
    subject: str = field(converter=thing)


@frozen(kw_only=True, slots=False)
class Since(SubjectState):
    since: str = ""


@frozen(kw_only=True, slots=False)
class Called(SubjectState):
    id: str = ""


@frozen(kw_only=True, slots=False)
class Tree:
    branches: "tuple[Tree, ...]" = ()


@frozen(kw_only=True, slots=False)
class Nested(SubjectState):
    tree: Tree = Tree()


@frozen(kw_only=True, slots=False)
class Empty(SubjectState):
    none: tuple[()] = ()


@frozen(kw_only=True, slots=False)
class Leaf:
    of: "NotHere"  # noqa: F821


@frozen(kw_only=True, slots=False)
class Leafy(SubjectState):
    leaf: Leaf | None = None


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("shared-field", {"cls": Renoted}),
        ("shared-field", {"state": Since}),
        ("shared-field", {"state": Called}),
        ("not-plain", {"cls": ByName}),
        ("not-plain", {"cls": 3}),
        ("not-plain", {"cls": Thing}),
        ("not-plain", {"state": 3}),
        ("unfit-field", {"state": Nested}),
        ("unfit-field", {"state": Empty}),
        ("unknown-annotation", {"state": Leafy}),
    ],
)
def test_it_is_said_at_once(code, wrong):
    assert refusal(lambda: extension(**wrong)).code == code


@pytest.mark.parametrize(
    "gives",
    [
        lambda case: None,
        lambda case: ["odd"],
        lambda case: [Breach(code="odd", message="m", subject="thing/b", position=case.position)],
        lambda case: [Breach(code="odd", message="m", subject="thing/a", position=2)],
    ],
    ids=["nothing", "text", "on another", "elsewhere"],
)
def test_a_rule_gives_findings_on_its_case(gives):
    with Ledger.in_memory(extensions=[extension(rules={ThingMade: gives})]) as ledger:
        with pytest.raises(TypeError, match=r"the rule of things@1 for thing.made gave"):
            ledger.record(ThingMade("a", amount=1, on="2024-01-01"))
        assert ledger.head() == 1
