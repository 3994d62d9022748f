"""The codec: what is written is read again, in bytes that are canonical and never change,
and what cannot be read is refused with one kind of error."""

import json
import unicodedata
from datetime import UTC, date, datetime, timedelta
from datetime import timezone as fixed

import attrs
import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govledger import codec
from govledger import events as ev
from govledger.codec import (
    ENTRY_LIMIT,
    Entry,
    decode,
    encode,
    entry_bytes,
    exported,
    fields_of,
    payload,
    stored_type,
    timestamp,
)
from govledger.errors import InvalidInput, UnreadableRecord
from govledger.events import VOCABULARY
from govledger.history import Record
from govledger.profiles import Profile
from govledger.source import Assertion
from govledger.values import LARGEST_INTEGER, line, structure
from govledger.votes import Choice

NOW = datetime(2018, 12, 1, 9, 30, tzinfo=UTC)
SHA = "0123456789abcdef" * 4


def examples(count):
    """So many examples, however slow the machine that draws them."""
    slow = [HealthCheck.too_slow]
    return settings(max_examples=count, deadline=None, suppress_health_check=slow)


# --- any event whatever -----------------------------------------------------------------

TELLING = st.sampled_from(
    [
        "Zo\u0065\u0308",  # decomposed
        "A\u030angstro\u0308m",
        "\u212bngstr\u00f6m",  # a sign that NFC replaces
        "\u1100\u1161\u11a8",  # jamo
        "\u0915\u093c",  # excluded from composition
        "q\u0323\u0307 q\u0307\u0323",  # marks to be put in order
        "🗳️ 👩‍⚖️ 🇳🇱",
        '"quotes" \\ and / slashes',
        "\u202bright to left\u202c \u00a0 \u200b \ufeff",
        "true",
        "0",
        "2018-11-30",
        "  trimmed  ",
    ]
)
characters = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
lines = TELLING | st.text(characters, min_size=1, max_size=30).filter(str.strip)
texts = lines | st.lists(lines, min_size=2, max_size=4).map("\n\r\n".join)
counts = st.integers(0, 100) | st.sampled_from([2**31, 2**32, LARGEST_INTEGER])
flags = st.booleans()
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
whens = st.dates(min_value=date(1000, 1, 1)).flatmap(
    lambda day: st.sampled_from(
        [
            str(day),
            str(day)[:7],
            str(day)[:4],
            f"../{day}",
            f"../{str(day)[:7]}",
            f"{day}T14:30+01:00",
            f"{day}T23:59:59.000001Z",
            day,
        ]
    )
)
slugs = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}", fullmatch=True)


def several(values):
    return st.lists(values, max_size=3)


def subject(*kinds):
    some = [kind for kind in kinds or ev.KINDS if kind != "ledger"]
    named = st.builds("{}/{}".format, st.sampled_from(some), slugs) if some else st.nothing()
    return named if kinds and "ledger" not in kinds else named | st.just(ev.LEDGER)


def mappings(required, **optional):
    return st.fixed_dictionaries(required, optional=optional)


votes = mappings({"member": lines, "choice": st.sampled_from(Choice)}, weight=st.just(1) | counts)
tallies = mappings(
    {"in_favour": counts, "against": counts},
    abstained=counts,
    absent=counts,
    unit=st.just("votes") | lines,
    electorate=counts,
    roll_call=several(votes),
    called_twice=counts,
)
untils = st.one_of(
    mappings({"kind": st.sampled_from(["exact", "at-least"]), "when": whens}),
    mappings({"kind": st.just("until-event"), "event": lines}),
)
edges = whens.filter(lambda value: not str(value).startswith("../"))
dues = st.one_of(
    edges.map(str),
    mappings({"by": edges}, event=lines),
    mappings({"before": edges}, event=lines),
    mappings({"event": lines}),
)
spans = st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)).map(lambda s: (s[0], s[0] + s[1]))
sources = st.one_of(
    mappings(
        {"document": lines, **quoted},
        assertion=st.sampled_from(Assertion),
        title=lines,
        url=lines,
        document_sha256=digests,
    )
    for quoted in ({}, {"span": spans, "sha256": digests})
)

words = st.from_regex(r"[a-z][a-z0-9.-]{0,9}", fullmatch=True)
shares = st.builds(
    "{} {}/{}".format, st.sampled_from(["more than", "at least"]), st.just(1), st.integers(2, 99)
)
majorities = mappings(
    {},
    share=shares,
    of=st.sampled_from(["votes cast", "those present", "electorate"]),
    quorum=shares,
) | mappings({}, tie=st.sampled_from(["adopted", "rejected", "undecided"]), quorum=shares)
terms = st.builds("{} {}s".format, st.integers(1, 999), st.sampled_from(["day", "week", "month"]))
definitions = mappings(
    {
        "name": st.builds("{}@{}".format, slugs, st.integers(1, 99)),
        "title": lines,
        "majorities": st.builds(
            lambda ordinary, rest: {**rest, "ordinary": ordinary},
            majorities,
            st.dictionaries(words, majorities, max_size=3),
        ),
    },
    weights=mappings({}, unit=lines, equal=st.booleans()),
    discharge=mappings({}, only=several(lines), never=several(lines)),
    held_over=st.just("kept-open"),
    lapse=mappings({}, undecided=terms, vote_deferred=terms, held_over=terms),
    labels=st.dictionaries(
        st.sampled_from(["nl", "en"]), st.dictionaries(words, lines, max_size=3), max_size=2
    ),
)
"""What `Profile.from_definition` takes."""

MOTIONS, MEETINGS = subject("motion"), subject("meeting")
FIELDS = {
    "on": whens,
    "source": sources,
    "note": texts,
    "corrects": counts,
    "recorded_by": lines,
    "name": lines,
    "timezone": st.sampled_from(["UTC", "Europe/Amsterdam", "America/Sao_Paulo"]),
    "profile": lines | definitions | definitions.map(Profile.from_definition),
    "extension": st.from_regex(r"[a-z]{1,9}@[1-9]", fullmatch=True),
    "origin": st.from_regex(r"[a-z]{1,9}[.][a-z]{2,3}/[a-z0-9é-]{1,20}", fullmatch=True),
    "title": lines,
    "body": lines,
    "place": lines,
    "meeting": MEETINGS | slugs,
    "movers": several(lines),
    "text_digest": digests,
    "alias": lines,
    "to": lines,
    "tally": tallies,
    "as_amended": flags,
    "by_acclamation": flags,
    "majority": lines,
    "pending": several(texts),
    "review_on": whens,
    "because": several(subject()),
    "in_light_of": MOTIONS | slugs,
    "motion": MOTIONS | slugs,
    "task": texts,
    "addressee": lines,
    "due": dues,
    "condition": texts,
    "evidence": several(texts),
    "scope": texts,
    "release_condition": texts,
    "part": texts,
    "conditions": several(texts),
    "replaced_by": subject("blockade") | slugs,
    "text": texts,
    "regarding": several(subject()),
    "sender": lines,
    "parties": several(lines),
    "position": counts,
    "reason": texts,
    "count": counts,
    "digests": several(digests),
    "basis": texts,
}
"""What a field of that name may be given, in every event that has it."""

SPECIAL = {
    (ev.MotionVoteDeferred, "until"): whens,
    (ev.MotionForceExtended, "until"): untils,
    (ev.MotionReplaced, "by"): MOTIONS | slugs,
    (ev.MotionSuperseded, "by"): MOTIONS | slugs,
    (ev.BlockadeImposed, "by"): subject() | slugs,
    (ev.BlockadeLiftProposed, "by"): subject() | slugs,
    (ev.BlockadeLiftOrdered, "by"): subject() | slugs,
    (ev.BlockadeLifted, "by"): subject() | slugs,
    (ev.ProposalMade, "by"): lines,
    (ev.StatementMade, "by"): lines,
}


def arguments(cls, *, every=False):
    """Arguments of an event class: what it requires, and some or all of what it may have."""
    required, optional = {}, {}
    for field in attrs.fields(cls):
        if field.name == "subject":
            values = subject(*([cls.kind] if cls.kind else ()))
            if cls.kind == "ledger":
                values = st.just(ev.LEDGER)
            required["subject"] = values
            continue
        values = SPECIAL[cls, field.name] if (cls, field.name) in SPECIAL else FIELDS[field.name]
        (required if every or field.default is attrs.NOTHING else optional)[field.name] = values
    return st.fixed_dictionaries(required, optional=optional)


def events_of(cls):
    return arguments(cls).map(lambda given: cls(**given))


events = st.sampled_from(VOCABULARY).flatmap(events_of)


def records_of(events):
    offsets = st.integers(-720, 840).map(lambda minutes: fixed(timedelta(minutes=minutes)))
    return st.builds(
        Record,
        position=st.integers(1, LARGEST_INTEGER),
        version=st.integers(1, LARGEST_INTEGER),
        recorded_at=st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=offsets),
        event=events,
        key=st.none() | lines.map(line),
    )


records = records_of(events)

# --- one example of each ----------------------------------------------------------------

EXAMPLES = (
    ev.LedgerOpened(
        on="2018-11-01",
        name="vng",
        timezone="Europe/Amsterdam",
        profile="vng@1",
        origin="example.org/vng",
    ),
    ev.LedgerProfileChanged(
        on="2019-01-01",
        profile={
            "name": "sportbond@2",
            "title": "de sportbond",
            "majorities": {
                "ordinary": {"tie": "undecided"},
                "statutes": {
                    "share": "at least 4/6",
                    "of": "those present",
                    "quorum": "more than 1/2",
                },
            },
            "weights": {"unit": "inwoners", "equal": True},
            "discharge": {"only": "ALV", "never": ["Bestuur", "commissie"]},
            "lapse": {"undecided": "2 years", "vote_deferred": "6 weeks", "held_over": "1 months"},
            "labels": {"nl": {"held-over": "aangehouden – na aanneming"}},
        },
    ),
    ev.MeetingConvened(
        "balv-2018", on="2018-11-30", title="Buitengewone ALV", body="ALV", place="Nieuwegein"
    ),
    ev.MotionSubmitted(
        "rob-ii",
        on="2018-11-30",
        title="Advies “Raad Openbaar Bestuur” Ⅱ",
        meeting="balv-2018",
        movers=["Zoe\u0308 Ångström", "gemeente ’s-Gravenhage"],
        text_digest=SHA,
        source={
            "document": "besluiten-balv",
            "assertion": "inferred",
            "title": "Besluiten BALV",
            "url": "https://example.org/besluiten?balv=2018&deel=1",
            "document_sha256": SHA,
            "span": [269, 334],
            "sha256": SHA[::-1],
        },
        note='First line\r\nSecond line, with "quotes", a \\ and 🗳️',
        recorded_by="the registrar",
    ),
    ev.MotionAliasNoted("rob-ii", on="2018-12", alias="motie 2 (ROB)"),
    ev.MotionAdmitted("rob-ii", on="2018-11-30T10:00+01:00", text_digest=SHA),
    ev.MotionAmended("rob-ii", on="2018-11-30T10:05:30+01:00", text_digest=SHA),
    ev.MotionVoteDeferred("rob-ii", on="2018-11-30T10:10:00.5+01:00", until="2019-06"),
    ev.MotionReferred("rob-ii", on="../2018-06-27", to="commissie Bestuur"),
    ev.MotionAdopted(
        "rob-ii",
        on="2018-11-30",
        meeting="balv-2018",
        tally={
            "in_favour": LARGEST_INTEGER,
            "against": 0,
            "abstained": 1,
            "absent": 2,
            "unit": "inwoners",
            "electorate": LARGEST_INTEGER,
            "roll_call": [
                {"member": "gemeente Súdwest-Fryslân", "choice": "in-favour", "weight": 89_999},
                {"member": "gemeente Utrecht", "choice": "abstained"},
            ],
        },
        as_amended=True,
        by_acclamation=True,
        majority="statutes",
    ),
    ev.MotionRejected(
        "rob-iii",
        on="2018",
        meeting="balv-2018",
        tally={"in_favour": 1, "against": 2},
        majority="statutes",
    ),
    ev.MotionWithdrawn("rob-iii", on="../2018"),
    ev.MotionReplaced("rob-i", on="2018-11-30", by="rob-ii"),
    ev.MotionLapsed("rob-i", on="2018-11-30"),
    ev.MotionHeldOver(
        "rob-ii",
        on="2018-11-30",
        meeting="balv-2018",
        pending=["the answer of the cabinet", "the budget"],
        review_on="2019-06-05",
    ),
    ev.MotionResumed("rob-ii", on="2018-11-30"),
    ev.MotionCompleted(
        "rob-i",
        on="2018-11-30",
        meeting="balv-2018",
        because=["agreement/ibp", "proposal/bestuur-1"],
        in_light_of="rob-ii",
    ),
    ev.MotionSuperseded("rob-i", on="2018-11-30", by="rob-ii"),
    ev.MotionRescinded("rob-i", on="2018-11-30", meeting="balv-2018"),
    ev.MotionReopened("rob-i", on="2018-11-30"),
    ev.MotionForceExtended(
        "rob-ii", on="2018-11-30", until={"kind": "at-least", "when": "2019-06-05"}
    ),
    ev.MandateGiven(
        "rob-ii.2",
        on="2018-11-30",
        motion="rob-ii",
        task="Agree with the cabinet\non following up all recommendations",
        addressee="VNG",
        due={"before": "2019-06-05", "event": "the spring assembly"},
        condition="once the board has agreed",
    ),
    ev.MandateProgressed("rob-ii.2", on="2018-12-10", note="A first meeting was held."),
    ev.MandateConditionMet("rob-ii.2", on="2018-12-11", evidence="minutes of the board"),
    ev.MandateFulfilled("rob-ii.2", on="2019-02-01", evidence=["a letter", "an annex"]),
    ev.MandatePartlyFulfilled("rob-ii.2", on="2019-01-01", evidence="a draft"),
    ev.MandateNotFulfilled("rob-ii.2", on="2019-02-01", evidence="a letter"),
    ev.MandateWaived("rob-ii.2", on="2019-02-01", corrects=27),
    ev.BlockadeImposed(
        "deelakkoorden",
        on="2018-06-27",
        by="rob-i",
        scope="No part agreements with the cabinet",
        release_condition="all recommendations are followed up",
    ),
    ev.BlockadeConditionMet(
        "deelakkoorden", on="2018-11-15", part="the first recommendation", evidence="a letter"
    ),
    ev.BlockadeLiftProposed("deelakkoorden", on="2018-11-20", by="bestuur-1"),
    ev.BlockadeLiftOrdered("deelakkoorden", on="2018-11-30", by="rob-ii"),
    ev.BlockadeLifted(
        "deelakkoorden",
        on="2018-11-30",
        by="meeting/balv-2018",
        conditions=["the cabinet keeps its word"],
        replaced_by="deelakkoorden-ii",
    ),
    ev.ProposalMade(
        "bestuur-1",
        on="2018-11-15",
        by="het bestuur",
        text="Lift the blockade",
        regarding=["blockade/deelakkoorden", "motion/rob-i"],
    ),
    ev.ProposalAccepted("bestuur-1", on="2018-11-30", meeting="balv-2018"),
    ev.ProposalRejected("bestuur-1", on="2018-11-30", meeting="balv-2018"),
    ev.ResponseReceived(
        "kabinet", on="2018-11-14", sender="minister of the Interior", regarding="motion/rob-i"
    ),
    ev.AgreementReached(
        "ibp", on="2018-02-14", parties=["VNG", "Rijk", "IPO", "UvW"], regarding=["motion/rob-i"]
    ),
    ev.StatementMade("toelichting", on="2018-11-30", by="the chair", regarding=["motion/rob-i"]),
    ev.RecordRetracted(
        "motion/rob-i", on="2018-12-01", position=13, reason="Read in the wrong row"
    ),
    ev.PersonalDataErased(
        "motion/rob-ii", on="2018-12-01", count=2, digests=[SHA], basis="art. 17 GDPR"
    ),
    ev.LedgerExtended(on="2019-01-01", extension="budget@1"),
)
"""One event of each type, with all that it may say of its own."""


def written(event, position=1, **more):
    return encode(Record(position=position, version=1, recorded_at=NOW, event=event, **more))


def test_there_is_an_example_of_each_type_with_all_its_own_fields():
    assert [type(example) for example in EXAMPLES] == list(VOCABULARY)
    for example in EXAMPLES:
        for field in ev.own_fields(type(example)):
            assert getattr(example, field.name) != field.default, (example.type, field.name)


def test_the_bytes_never_change_unnoticed(golden):
    rows = []
    for position, example in enumerate(EXAMPLES, start=1):
        entry = written(example, position, key="balv-2018" if position % 2 else None)
        head = f'{{"subject":"{entry.subject}","type":"{entry.type}","body":'
        rows.append(f"{head}{entry.body.decode()}}}\n")
    golden("tests/golden/canonical.jsonl", "".join(rows))


# --- there and back ---------------------------------------------------------------------


@pytest.mark.parametrize("cls", VOCABULARY, ids=lambda cls: cls.type)
@examples(12)
@given(data=st.data())
def test_what_is_written_is_read_again(cls, data):
    record = data.draw(records_of(events_of(cls)))
    entry = encode(record)
    again = decode(entry)
    assert again == record
    assert encode(again) == entry


@pytest.mark.parametrize("cls", VOCABULARY, ids=lambda cls: cls.type)
@examples(4)
@given(data=st.data())
def test_every_field_at_once_is_read_again(cls, data):
    event = cls(**data.draw(arguments(cls, every=True)))
    assert decode(written(event)).event == event


@examples(250)
@given(records)
def test_the_bytes_are_those_of_rfc_8785(record):
    body = encode(record).body
    assert body == rfc8785.dumps(json.loads(body))


def _no_float(text):
    raise AssertionError(f"a float: {text}")


def _walk(value, key=""):
    yield key, value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _walk(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item)


@examples(200)
@given(records)
def test_the_bytes_keep_to_the_restricted_form(record):
    body = encode(record).body
    said = json.loads(body, parse_float=_no_float, parse_constant=_no_float)
    assert said["position"] == record.position
    assert set(said) <= {
        *("on", "data", "source", "note", "recorded_by", "corrects"),
        *("position", "recorded_at", "key"),
    }
    for key, value in _walk(said):
        assert key.isascii()
        assert value is not None
        if isinstance(value, int):
            assert 0 <= value <= LARGEST_INTEGER
        if isinstance(value, str):
            assert value == unicodedata.normalize("NFC", value)
            assert value


@examples(200)
@given(events)
def test_fields_at_their_default_are_left_out(event):
    data = payload(event).get("data", {})
    for field in ev.own_fields(type(event)):
        assert (field.name in data) == (getattr(event, field.name) != field.default)


def test_saying_the_default_is_saying_nothing():
    plain = ev.MotionAdopted("bins", on="2018", tally={"in_favour": 2, "against": 1})
    spelt_out = ev.MotionAdopted(
        "motion/bins",
        on="2018",
        meeting=None,
        tally={
            "in_favour": "2",
            "against": 1,
            "abstained": 0,
            "absent": 0,
            "unit": "votes",
            "electorate": None,
            "roll_call": [],
        },
        as_amended=False,
        by_acclamation="false",
        source=None,
        note=None,
        corrects=None,
    )
    assert plain == spelt_out
    assert payload(plain) == {"on": "2018", "data": {"tally": {"in_favour": 2, "against": 1}}}
    assert written(plain) == written(spelt_out)
    assert payload(ev.MotionWithdrawn("bins", on="2018")) == {"on": "2018"}


def test_text_is_stored_in_nfc():
    composed = ev.MotionAliasNoted("bins", on="2018", alias="Zo\u00eb")
    assert ev.MotionAliasNoted("bins", on="2018", alias=" Zoe\u0308 ") == composed
    assert "Zo\u00eb".encode() in written(composed).body


@examples(250)
@given(events)
def test_a_line_of_json_is_read_again(event):
    said = json.loads(json.dumps(payload(event)))
    assert structure(type(event), {"subject": event.subject, **fields_of(said)}) == event


def test_an_exported_line():
    record = decode(written(ev.MotionAliasNoted("bins", on="2018", alias="Bins"), key="k"))
    assert exported(record) == {
        "position": 1,
        "recorded_at": "2018-12-01T09:30:00.000000Z",
        "type": "motion.alias-noted",
        "subject": "motion/bins",
        "on": "2018",
        "data": {"alias": "Bins"},
    }


@examples(100)
@given(records)
def test_moments_of_recording_sort_as_text(record):
    written = timestamp(record.recorded_at)
    assert len(written) == 27
    assert datetime.fromisoformat(written) == record.recorded_at
    later = timestamp(record.recorded_at + timedelta(microseconds=1))
    assert written < later


def test_the_bytes_of_an_entry_begin_with_a_header():
    entry = Entry(7, "motion/bins", 2, "motion.withdrawn@1", b"{}")
    assert entry_bytes(entry) == b"govledger/1\nmotion/bins\n2\nmotion.withdrawn@1\n{}"


# --- too large --------------------------------------------------------------------------


def _noted(note):
    return ev.MotionWithdrawn("bins", on="2018", note=note)


ROOM = ENTRY_LIMIT - len(entry_bytes(written(_noted("x")))) + 1
"""How many bytes the note of such an event may take."""


@pytest.mark.parametrize(
    "note", ["x" * ROOM, "é" * (ROOM // 2), "\n".join(["x"] * (ROOM // 3))], ids=("x", "é", "lines")
)
def test_the_largest_entry_is_written_and_read(note):
    entry = written(_noted(note))
    assert ENTRY_LIMIT - 4 <= len(entry_bytes(entry)) <= ENTRY_LIMIT
    assert decode(entry).event.note == note


@pytest.mark.parametrize(
    "note", ["x" * (ROOM + 1), "é" * (ROOM // 2 + 1), "x" * 10**6], ids=("x", "é", "million")
)
def test_a_larger_entry_is_refused(note):
    with pytest.raises(InvalidInput) as error:
        written(_noted(note))
    (problem,) = error.value.problems
    assert problem.code == "record-too-large"
    assert str(ENTRY_LIMIT) in problem.message


# --- unreadable -------------------------------------------------------------------------

GOOD = b'{"on":"2018","position":1,"recorded_at":"2018-12-01T09:30:00.000000Z"}'


def entry(body=GOOD, type="motion.withdrawn@1", subject="motion/bins"):
    return Entry(1, subject, 1, type, body)


def test_the_good_entry_is_readable():
    assert encode(decode(entry())) == entry()


@pytest.mark.parametrize(
    "type",
    [
        "motion.withdrwan@1",
        "Motion.withdrawn@1",
        "motion.withdrawn",
        "motion.withdrawn@",
        "motion.withdrawn@0",
        "motion.withdrawn@2",
        "motion.withdrawn@-1",
        "motion.withdrawn@1.0",
        "motion.withdrawn@1@1",
        "motion.withdrawn@01",
        "motion.withdrawn@\uff11",  # a fullwidth digit
        pytest.param("motion.withdrawn@" + "1" * 5_000, id="5000 digits"),
        "@1",
        "",
    ],
)
def test_an_unknown_type_or_version_is_unreadable(type):
    with pytest.raises(UnreadableRecord) as error:
        decode(entry(type=type))
    (problem,) = error.value.problems
    assert problem.code in ("unreadable-record", "unknown-record-type")
    assert "record 1 (motion/bins)" in problem.message


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", GOOD[:-1], GOOD + b"x", b"\xff", GOOD.replace(b"2018-12", b"\xc3\x28")),
        *(b"null", b"1", b'"text"', b"[]", b"{}"),
        GOOD.replace(b"}", b',"note":"\\ud800"}'),
        pytest.param(GOOD.replace(b":1,", b":" + b"9" * 5_000 + b","), id="a huge number"),
        pytest.param(GOOD.replace(b"1,", b"[" * 30_000 + b"]" * 30_000 + b","), id="very deep"),
    ],
    ids=repr,
)
def test_broken_bytes_are_unreadable(body):
    with pytest.raises(UnreadableRecord):
        decode(entry(body))


@pytest.mark.parametrize(
    "said",
    [
        {"on": None},
        {"on": 2018},
        {"on": "2018-02-30"},
        {"colour": "red"},
        {"data": {"colour": "red"}},
        {"data": []},
        {"data": None},
        {"data": "text"},
        {"subject": "motion/lamps"},
        {"corrects": 1.0},
        {"corrects": -1},
        {"corrects": 2**53},
        {"position": None},
        {"position": "1"},
        {"position": 1.5},
        {"position": True},
        {"key": 5},
        {"recorded_at": None},
        {"recorded_at": 0},
        {"recorded_at": "yesterday"},
        {"recorded_at": "2018-12-01"},
        {"recorded_at": "2018-12-01T09:30:00.000000"},  # in which time zone?
    ],
    ids=repr,
)
def test_a_body_that_says_what_it_cannot_is_unreadable(said):
    with pytest.raises(UnreadableRecord):
        decode(entry(json.dumps({**json.loads(GOOD), **said}).encode()))


@pytest.mark.parametrize("missing", ["on", "position", "recorded_at"])
def test_a_body_that_says_too_little_is_unreadable(missing):
    said = json.loads(GOOD)
    del said[missing]
    with pytest.raises(UnreadableRecord):
        decode(entry(json.dumps(said).encode()))


@examples(200)
@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_any_other_bytes_are_unreadable(body):
    with pytest.raises(UnreadableRecord):
        decode(entry(body))


@examples(200)
@given(st.sampled_from(EXAMPLES), st.data())
def test_changed_bytes_do_not_pass_for_what_was_written(event, data):
    good = written(event)
    index = data.draw(st.integers(0, len(good.body) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != good.body[index]))
    changed = attrs.evolve(good, body=good.body[:index] + bytes([byte]) + good.body[index + 1 :])
    try:
        record = decode(changed)
    except UnreadableRecord:
        return
    assert record != decode(good) or encode(record) != changed


@pytest.mark.parametrize("subject", ["mandate/bins", "motie/bins", "motion/", "motion/Bins", ""])
def test_another_subject_is_unreadable(subject):
    with pytest.raises(UnreadableRecord):
        decode(entry(subject=subject))


# --- upcasting --------------------------------------------------------------------------


def test_an_old_version_is_read_as_the_new_one(monkeypatch):
    steps = (
        lambda fields: {**fields, "name": fields["alias"]},
        lambda fields: {k: v for k, v in fields.items() if k != "name"} | {"alias": fields["name"]},
    )
    event = ev.MotionAliasNoted("bins", on="2018", alias="Bins", note="as the minutes say")
    first = written(event)
    assert first.type == "motion.alias-noted@1"
    monkeypatch.setattr(ev.MotionAliasNoted, "upcasters", steps)
    codec.readable_types.cache_clear()
    assert stored_type(event) == "motion.alias-noted@3"
    assert decode(first).event == event
    second = attrs.evolve(
        first,
        type="motion.alias-noted@2",
        body=first.body.replace(b'"alias"', b'"name"'),
    )
    assert decode(second).event == event
    with pytest.raises(UnreadableRecord):
        decode(attrs.evolve(first, type="motion.alias-noted@4"))
