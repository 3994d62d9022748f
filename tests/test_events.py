"""The vocabulary: how subjects are named, that values never change, what they refuse, which
fields are personal, and which other subjects an event names."""

import types
import typing
from datetime import UTC, date, datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_codec import EXAMPLES, examples

import govledger as g
from govledger import events as ev
from govledger.errors import InvalidInput, Place, Problem
from govledger.events import KINDS, VOCABULARY, Due, Until, references, subject_name
from govledger.source import Source
from govledger.state import Force, State, evolve
from govledger.values import structure
from govledger.vocabulary import STANDARD
from govledger.votes import Tally, Vote
from govledger.when import When

EXAMPLE = {type(event): event for event in EXAMPLES}
by_type = pytest.mark.parametrize("cls", VOCABULARY, ids=lambda cls: cls.type)


def refused(call, *arguments, **more):
    """The problems of a call that is refused."""
    with pytest.raises(InvalidInput) as error:
        call(*arguments, **more)
    return error.value.problems


# --- subjects ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kind", "name"),
    [
        ("motion/rob-ii", None, "motion/rob-ii"),
        ("motion/rob-ii", "motion", "motion/rob-ii"),
        ("rob-ii", "motion", "motion/rob-ii"),
        ("rob-ii.2", "mandate", "mandate/rob-ii.2"),
        ("2018", "meeting", "meeting/2018"),
        ("a", "motion", "motion/a"),
        ("a.-", "motion", "motion/a.-"),
        ("x" * 100, "motion", "motion/" + "x" * 100),
        ("motion", "motion", "motion/motion"),
    ],
)
def test_names_of_subjects(given, kind, name):
    assert subject_name(given, kind) == name
    assert (ev.kind_of(name), ev.slug_of(name)) == tuple(name.split("/"))


@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        ("rob-ii", None, "not-a-subject"),
        ("", "motion", "not-a-subject"),
        ("", None, "not-a-subject"),
        ("/", "motion", "not-a-subject"),
        ("/rob-ii", "motion", "not-a-subject"),
        ("motion/", "motion", "not-a-subject"),
        ("motion/rob/ii", "motion", "not-a-subject"),
        ("motion//rob", "motion", "not-a-subject"),
        ("Rob-ii", "motion", "not-a-subject"),
        ("rob_ii", "motion", "not-a-subject"),
        ("rob ii", "motion", "not-a-subject"),
        (" rob-ii", "motion", "not-a-subject"),
        ("rob-ii\n", "motion", "not-a-subject"),
        ("-rob", "motion", "not-a-subject"),
        (".rob", "motion", "not-a-subject"),
        ("zoë", "motion", "not-a-subject"),
        ("٢", "motion", "not-a-subject"),
        ("ｒob", "motion", "not-a-subject"),
        ("x" * 101, "motion", "not-a-subject"),
        (None, "motion", "not-a-subject"),
        (2, "motion", "not-a-subject"),
        (["rob-ii"], "motion", "not-a-subject"),
        (b"rob-ii", "motion", "not-a-subject"),
        ("motie rob/ii", None, "not-a-subject"),
        ("Motion/rob-ii", "motion", "not-a-subject"),
        ("mandate/rob-ii", "motion", "wrong-kind"),
        ("ledger/self", "motion", "wrong-kind"),
    ],
)
def test_what_names_no_subject(given, kind, code):
    (problem,) = refused(subject_name, given, kind)
    assert problem.code == code
    assert problem.hint


def test_an_unknown_kind_gets_the_nearest():
    (problem,) = refused(STANDARD.kind_name, "mandat")
    assert problem.hint == 'did you mean "mandate"?'


@by_type
def test_an_event_takes_the_name_of_its_kind_or_the_slug_alone(cls):
    example = EXAMPLE[cls]
    said = {f.name: getattr(example, f.name) for f in attrs.fields(cls) if f.name != "subject"}
    if cls.kind is None:  # about any record
        names = [ev.LEDGER if kind == "ledger" else f"{kind}/x" for kind in KINDS]
        assert [cls(name, **said).subject for name in names] == names
        assert refused(cls, "x", **said)[0].code == "not-a-subject"
        return
    slug = example.subject.split("/")[1]
    assert cls(slug, **said) == cls(example.subject, **said) == example
    for kind in set(KINDS) - {cls.kind}:
        assert [problem.code for problem in refused(cls, f"{kind}/x", **said)] == ["wrong-kind"]


def test_what_decides_names_a_subject_of_any_kind_and_a_slug_is_a_motion():
    for cls in (ev.BlockadeImposed, ev.BlockadeLiftOrdered, ev.BlockadeLifted):
        more = {"scope": "All"} if cls is ev.BlockadeImposed else {}
        assert cls("b", by="rob-ii", on="2018", **more).by == "motion/rob-ii"
        assert cls("b", by="meeting/balv", on="2018", **more).by == "meeting/balv"
    assert ev.BlockadeLiftProposed("b", by="bestuur-1", on="2018").by == "proposal/bestuur-1"
    assert ev.BlockadeLiftProposed("b", by="motion/rob-ii", on="2018").by == "motion/rob-ii"


def test_a_ledger_speaks_of_itself_by_one_name():
    assert ev.LedgerProfileChanged(profile="vng@1", on="2018").subject == ev.LEDGER
    assert refused(ev.LedgerProfileChanged, "ledger/other", profile="vng@1", on="2018")


# --- the vocabulary ---------------------------------------------------------------------


def test_type_names_are_fixed_and_their_own():
    assert len(STANDARD.types) == len(VOCABULARY)
    for cls in VOCABULARY:
        kind, _, _ = cls.type.partition(".")
        assert cls.kind in (kind, None)
        assert STANDARD.event_type(cls.type) is cls
        assert getattr(g, cls.__name__) is cls
        assert attrs.fields(cls).subject.kw_only is False
        assert cls.__name__ == "".join(map(str.title, cls.type.replace(".", "-").split("-")))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("motion.adoptd", 'did you mean "motion.adopted"?'),
        ("motion.adopted@1", 'did you mean "motion.adopted"?'),
        ("zebra", "use one of: ledger.opened, "),
        ("", "use one of: ledger.opened, "),
        (None, "use one of: ledger.opened, "),
        ([], "use one of: ledger.opened, "),
    ],
)
def test_an_unknown_type_gets_the_nearest(name, hint):
    (problem,) = refused(STANDARD.event_type, name)
    assert problem.code == "unknown-type"
    assert problem.hint.startswith(hint)


@by_type
def test_every_event_has_the_shared_fields_and_says_what_it_is(cls):
    names = [field.name for field in attrs.fields(cls)]
    assert set(ev.SHARED_FIELDS) <= set(names)
    assert {f.name for f in ev.own_fields(cls)} == set(names) - set(ev.SHARED_FIELDS)
    assert cls.__doc__.partition("\n")[0].endswith(".")


MOTION = evolve(None, EXAMPLE[ev.MotionSubmitted])
SOURCE = EXAMPLE[ev.MotionSubmitted].source
RECORD = g.Record(
    position=1, version=1, recorded_at=datetime(2018, 1, 1, tzinfo=UTC), event=EXAMPLES[0]
)
UNTIL = EXAMPLE[ev.MotionForceExtended].until
VALUES = (
    *EXAMPLES,
    *(When("2018"), SOURCE, RECORD, g.Reason(record=RECORD), UNTIL),
    *(EXAMPLE[ev.MandateGiven].due, EXAMPLE[ev.MotionAdopted].tally),
    EXAMPLE[ev.MotionAdopted].tally.roll_call[0],
    *(evolve(None, event) for event in EXAMPLES if event.kind not in ("ledger", None)),
    Force(since=When("2018"), until=UNTIL),
    *(Problem(code="x", message="y"), Place("file", 1, 1)),
    g.Breach(code="x", message="y", subject="motion/m"),
    g.Change("motion/m", "status", "submitted", "adopted"),
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_are_frozen_and_slotted_but_for_events_and_states(value):
    name = attrs.fields(type(value))[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(value, name, None)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        delattr(value, name)
    with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
        value.colour = "red"
    # which are read and copied through their `vars`
    assert hasattr(value, "__dict__") == isinstance(value, ev.Event | State)
    assert hash(value) == hash(attrs.evolve(value))
    assert value == attrs.evolve(value)


# --- values -----------------------------------------------------------------------------


def test_text_is_trimmed_and_composed():
    event = ev.StatementMade("s", on="2018", by=" Zoe\u0308 ", note="\n one\r\n two \n")
    assert (event.by, event.note) == ("Zo\u00eb", "one\n two")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("title", "", "empty-text"),
        ("title", " \t\n", "empty-text"),
        ("title", "two\nlines", "control-character"),
        ("title", "a\tb", "control-character"),
        ("title", "a\x00b", "control-character"),
        ("title", "a\x7fb", "control-character"),
        ("title", "a\x85b", "control-character"),
        ("title", "a\u2028b", "control-character"),
        ("title", "a\ud800b", "control-character"),
        ("title", 5, "not-text"),
        ("title", None, "empty-text"),
        ("title", b"bytes", "not-text"),
        ("note", "a\rb", "control-character"),
        ("note", "a\u2029b", "control-character"),
        ("note", "", "empty-text"),
        ("movers", ["A", ""], "empty-text"),
        ("text_digest", "abc", "not-a-digest"),
        ("text_digest", "g" * 64, "not-a-digest"),
        ("corrects", -1, "not-a-count"),
        ("corrects", True, "not-a-count"),
        ("corrects", 1.0, "not-a-count"),
        ("corrects", "1.0", "not-a-count"),
        ("corrects", "１", "not-a-count"),
        ("corrects", 2**53, "not-a-count"),
        ("source", {"document": "d", "span": [1, 2]}, "half-a-citation"),
        ("source", {"document": "d", "sha256": "a" * 64}, "half-a-citation"),
        ("source", {"document": "d", "span": [2, 2], "sha256": "a" * 64}, "not-a-span"),
        ("source", {"document": "d", "span": 2, "sha256": "a" * 64}, "not-a-span"),
        ("source", {"document": "d", "assertion": "guessed"}, "unknown-assertion"),
        ("source", "a document", "not-a-mapping"),
        ("on", "2018-02-30", "impossible-date"),
    ],
)
def test_values_that_are_refused(field, value, code):
    said = {"subject": "m", "title": "M", "on": "2018", field: value}
    problems = refused(structure, ev.MotionSubmitted, said)
    assert [problem.code for problem in problems] == [code]
    assert problems[0].path[0] == field
    assert [problem.code for problem in refused(ev.MotionSubmitted, **said)] == [code]


@pytest.mark.parametrize(
    ("given", "due"),
    [
        ("2019-02", Due(by="2019-02")),
        ("2019-02-01T12:00Z", Due(by="2019-02-01T12:00Z")),
        ("the spring assembly", Due(event="the spring assembly")),
        ({"before": "2019"}, Due(before="2019")),
        ({"by": "2019", "event": "the budget"}, Due(by="2019", event="the budget")),
        (When("2019"), Due(by="2019")),
        (date(2019, 2, 1), Due(by="2019-02-01")),
        (datetime(2019, 2, 1, 12, tzinfo=UTC), Due(by="2019-02-01T12:00Z")),
        (Due(event="x"), Due(event="x")),
    ],
)
def test_deadlines_are_written_in_several_ways(given, due):
    event = ev.MandateGiven("t", on="2018", motion="m", task="Do", addressee="X", due=given)
    assert event.due == due


def test_deadlines_and_ends_print_as_people_write_them():
    assert str(Due(by="2019-02")) == "2019-02"
    assert str(Due(before="2019", event="the budget")) == "before 2019; the budget"
    assert str(Due(event="the budget")) == "the budget"
    assert str(Until(kind="exact", when="2019")) == "2019"
    assert str(Until(kind="until-event", event="the budget")) == "the budget"


@pytest.mark.parametrize(
    ("cls", "said", "code"),
    [
        (Due, {}, "empty-deadline"),
        (Due, {"by": None}, "empty-deadline"),
        (Due, {"by": "2019", "before": "2020"}, "two-deadlines"),
        (Due, {"by": "../2019"}, "not-a-deadline"),
        (Due, {"before": "../2019"}, "not-a-deadline"),
        (Until, {"kind": "exact"}, "half-an-until"),
        (Until, {"kind": "exact", "event": "x"}, "half-an-until"),
        (Until, {"kind": "at-least", "when": "2019", "event": "x"}, "half-an-until"),
        (Until, {"kind": "until-event", "when": "2019"}, "half-an-until"),
        (Until, {"kind": "until-event"}, "half-an-until"),
        (Until, {"kind": "for ever", "when": "2019"}, "unknown-until"),
        (Tally, {"in_favour": 1}, "missing-field"),
        (Vote, {"member": "A", "choice": "yes"}, "unknown-choice"),
        (Source, {}, "empty-source"),
    ],
)
def test_values_that_say_too_little_or_too_much(cls, said, code):
    assert [problem.code for problem in refused(structure, cls, said)] == [code]


def test_a_repeated_field_takes_one_or_several():
    one = ev.MandateFulfilled("t", on="2018", evidence="a letter")
    assert one == ev.MandateFulfilled("t", on="2018", evidence=["a letter"])
    assert one.evidence == ("a letter",)
    assert ev.MandateFulfilled("t", on="2018", evidence=iter("ab")).evidence == ("a", "b")


# --- structure --------------------------------------------------------------------------


def test_structure_tells_all_that_is_wrong_at_once_and_where():
    problems = refused(
        structure,
        ev.MotionAdopted,
        {
            "subject": "Bins",
            "on": "2018-13",
            "meetng": "balv",
            "tally": {
                "in_favor": 1,
                "against": "many",
                "roll_call": [
                    {"member": "A", "choice": "agains"},
                    {"member": "", "choice": "against", "wieght": 2},
                    "B",
                ],
            },
            "as_amended": "yes",
        },
    )
    assert [(problem.path, problem.code, problem.hint) for problem in problems] == [
        (("subject",), "not-a-subject", problems[0].hint),
        (("on",), "impossible-date", problems[1].hint),
        (("meetng",), "unknown-field", 'did you mean "meeting"?'),
        (("tally", "in_favor"), "unknown-field", 'did you mean "in_favour"?'),
        (("tally", "against"), "not-a-count", "write digits only"),
        (("tally", "roll_call", 0, "choice"), "unknown-choice", 'did you mean "against"?'),
        (("tally", "roll_call", 1, "member"), "empty-text", "leave the field out instead"),
        (("tally", "roll_call", 1, "wieght"), "unknown-field", 'did you mean "weight"?'),
        (("tally", "roll_call", 2), "not-a-mapping", problems[8].hint),
        (("tally",), "missing-field", 'add "in_favour"'),
        (("as_amended",), "not-a-flag", "write true or false"),
    ]
    assert all(problem.hint for problem in problems)
    shown = str(InvalidInput(*problems))
    assert "tally.roll_call.1.wieght: " in shown
    assert shown.count("error[") == len(problems)


def test_structure_names_every_field_that_is_missing():
    problems = refused(structure, ev.MandateGiven, {})
    assert {problem.code for problem in problems} == {"missing-field"}
    assert [problem.hint for problem in problems] == [
        f'add "{name}"' for name in ("on", "subject", "motion", "task", "addressee")
    ]


def test_structure_takes_what_is_one_already():
    tally = Tally(in_favour=1, against=0)
    assert structure(Tally, tally) is tally


@by_type
def test_structure_builds_every_event_from_its_fields(cls):
    example = EXAMPLE[cls]
    said = {f.name: getattr(example, f.name) for f in attrs.fields(cls)}
    assert structure(cls, said) == example


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["motion/m", "m", "/", "2018", "..", "a" * 64, "adopted", "exact"])
)
JUNK = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["kind", "when", "by", "document", "against"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@by_type
@examples(20)
@given(data=st.data())
def test_whatever_a_field_is_given_structure_takes_it_or_says_why_not(cls, data):
    example = EXAMPLE[cls]
    said = {f.name: getattr(example, f.name) for f in attrs.fields(cls)}
    name = data.draw(st.sampled_from([*said]))
    try:
        structure(cls, {**said, name: data.draw(JUNK, name)})
    except InvalidInput as error:
        assert error.problems
        assert all(problem.path[:1] == (name,) for problem in error.problems)


@by_type
def test_no_field_chokes_on_a_value_of_another_type(cls):
    example = EXAMPLE[cls]
    said = {f.name: getattr(example, f.name) for f in attrs.fields(cls)}
    for name in said:
        for value in (None, 5, 1.5, True, [], {}, ["m"], {"by": "m"}):
            try:
                structure(cls, {**said, name: value})
            except InvalidInput as error:
                assert error.problems


# --- personal fields --------------------------------------------------------------------


def _parts(hint):
    """The attrs classes that an annotation speaks of."""
    if typing.get_origin(hint) in (tuple, typing.Union, types.UnionType):
        for part in typing.get_args(hint):
            yield from _parts(part)
    elif attrs.has(hint):
        yield hint


def personal(cls, path=()):
    """The paths of the fields that may hold a natural person's name, nested ones too."""
    hints = typing.get_type_hints(cls)
    for field in attrs.fields(cls):
        here = (*path, field.name)
        if field.metadata.get("personal"):
            yield ".".join(here)
        for part in _parts(hints[field.name]):
            yield from personal(part, here)


def test_personal_fields_are_declared(golden):
    rows = [f"{cls.type}: {path}\n" for cls in VOCABULARY for path in personal(cls)]
    golden("tests/golden/personal-fields.txt", "".join(rows))


# --- references -------------------------------------------------------------------------

NAMED = {
    "motion.submitted": [("meeting", "meeting/balv-2018")],
    "motion.adopted": [("meeting", "meeting/balv-2018")],
    "motion.rejected": [("meeting", "meeting/balv-2018")],
    "motion.replaced": [("by", "motion/rob-ii")],
    "motion.held-over": [("meeting", "meeting/balv-2018")],
    "motion.completed": [
        ("meeting", "meeting/balv-2018"),
        ("because", "agreement/ibp"),
        ("because", "proposal/bestuur-1"),
        ("in_light_of", "motion/rob-ii"),
    ],
    "motion.superseded": [("by", "motion/rob-ii")],
    "motion.rescinded": [("meeting", "meeting/balv-2018")],
    "mandate.given": [("motion", "motion/rob-ii")],
    "blockade.imposed": [("by", "motion/rob-i")],
    "blockade.lift-proposed": [("by", "proposal/bestuur-1")],
    "blockade.lift-ordered": [("by", "motion/rob-ii")],
    "blockade.lifted": [
        ("by", "meeting/balv-2018"),
        ("replaced_by", "blockade/deelakkoorden-ii"),
    ],
    "proposal.made": [("regarding", "blockade/deelakkoorden"), ("regarding", "motion/rob-i")],
    "proposal.accepted": [("meeting", "meeting/balv-2018")],
    "proposal.rejected": [("meeting", "meeting/balv-2018")],
    "response.received": [("regarding", "motion/rob-i")],
    "agreement.reached": [("regarding", "motion/rob-i")],
    "statement.made": [("regarding", "motion/rob-i")],
}


@by_type
def test_an_event_tells_which_other_subjects_it_names(cls):
    assert list(references(EXAMPLE[cls])) == NAMED.get(cls.type, [])


def test_what_is_left_out_is_not_named():
    assert references(ev.MotionCompleted("m", on="2018")) == ()
    assert references(ev.BlockadeLifted("b", by="m", on="2018")) == (("by", "motion/m"),)
    assert references(ev.ProposalMade("p", by="motion/m", text="X", on="2018")) == ()
