"""Personal fields: a record commits to a text, tells nothing of it, and every hole that an
erasure leaves is accounted for."""

import copy
import json
import pickle
from base64 import urlsafe_b64encode
from collections import Counter
from hashlib import sha256
from itertools import count
from pathlib import Path

import msgspec
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from test_codec import arguments, events, examples, records_of

from govledger import (
    AgreementReached,
    MandateGiven,
    MotionAdopted,
    MotionReferred,
    MotionSubmitted,
    MotionWithdrawn,
    StatementMade,
)
from govledger.codec import (
    canonical,
    decode,
    decode_state,
    encode,
    encode_state,
    fields_of,
    payload,
    recall,
)
from govledger.errors import InvalidInput, StorageError
from govledger.events import VOCABULARY
from govledger.integrity.personal import (
    LARGEST_DISCLOSURE,
    account,
    digest_of,
    digests_in,
    disclose,
    disclosure_of,
    from_hex,
    parse_disclosure,
    personal_texts,
    same,
    seal,
    text_in,
    to_hex,
    unseal,
    without_texts,
)
from govledger.state import fold
from govledger.values import Sealed, line, personal, personals, sealed, text
from govledger.values import digest as hex_digest

RFC = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
"""The disclosure of RFC 9901, section 4.2.1, with spaces as its writer happens to put them."""

RFC_DIGEST = "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
SALT = bytes(range(16))


def salts():
    """Salts that are never the same, for a test."""
    numbers = iter(range(10**6))
    return lambda: sha256(b"%d" % next(numbers)).digest()[:16]


def encoded(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def by_digest(disclosures):
    return {each.digest: each.array for each in disclosures}


def refused(call, *given):
    with pytest.raises(InvalidInput) as caught:
        call(*given)
    return caught.value.problems[0].code


# --- disclosures ------------------------------------------------------------------------


def test_the_example_of_the_specification():
    given_ = parse_disclosure(RFC)
    assert (given_.salt, given_.name, given_.value) == (
        *("_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"),
    )
    assert given_.digest == digest_of(RFC) == RFC_DIGEST


def test_the_letters_are_hashed_as_they_are():
    """Other spaces, another disclosure: so the letters are kept, never written anew."""
    tight = encoded(b'["_26bc4LT-ac6q2KI6cBW5es","family_name","M\xc3\xb6bius"]')
    assert parse_disclosure(tight).value == "Möbius"
    assert digest_of(tight) != RFC_DIGEST
    loose = '["_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"]'
    assert disclosure_of(loose).digest == RFC_DIGEST
    assert disclosure_of(loose).array == loose


def test_a_disclosure_is_an_array_in_base64url():
    made = disclose("by", "Zoë", SALT)
    assert made.array == '["AAECAwQFBgcICQoLDA0ODw","by","Zoë"]'
    assert made.encoded == encoded(made.array.encode())
    assert made.digest == encoded(sha256(made.encoded.encode()).digest())
    assert parse_disclosure(made.encoded) == disclosure_of(made.array) == made


@pytest.mark.parametrize(
    "text",
    [
        "",
        "é",
        "====",
        RFC + "=",
        RFC + "\n",
        RFC[:-1],
        RFC.replace("W", "/", 1),
        RFC[:-1] + "1",
        encoded(b"[1"),
        encoded(b"\xff"),
        encoded({"salt": "x" * 22, "name": "by", "value": "x"}),
        encoded(["x" * 22, "by"]),
        encoded(["x" * 22, "by", "x", "y"]),
        encoded(["x" * 22, "by", 1]),
        encoded(["x" * 22, "by", None]),
        encoded(["x" * 22, "by", ["x"]]),
        encoded(["x" * 22, 1, "x"]),
        encoded(["x" * 21, "by", "x"]),
        encoded(["", "by", "x"]),
        encoded(["x" * 22, "_sd", "x"]),
        encoded(["x" * 22, "...", "x"]),
        encoded(["x" * 22, "", "x"]),
        encoded(["x" * 22, "by", "\ud800"]),
        encoded(b"[" * 50_000),
        encoded(b"[" + b"9" * 90_000 + b"]"),
        encoded(["x" * 22, "by", "x" * LARGEST_DISCLOSURE]),
    ],
)
def test_what_is_no_disclosure(text):
    assert refused(parse_disclosure, text) == "not-a-disclosure"


@pytest.mark.parametrize("array", ["", "[", "5", "\ud800", '["x","by","x"]', RFC, "[" * 50_000])
def test_what_is_no_array_of_a_disclosure(array):
    assert refused(disclosure_of, array) == "not-a-disclosure"


def test_what_cannot_be_disclosed():
    assert refused(disclose, "by", "Zoë", SALT[:-1]) == "not-a-disclosure"
    assert refused(disclose, "_sd", "Zoë", SALT) == "not-a-disclosure"
    assert refused(disclose, "by", "\ud800", SALT) == "not-a-disclosure"


@pytest.mark.parametrize("size", [1, 65_535, 98_260, 98_280, 98_300, 98_320, 200_000])
def test_what_can_be_disclosed_can_be_read_again(size):
    try:
        made = disclose("by", "x" * size, SALT)
    except InvalidInput:
        assert size > 65_535
    else:
        assert parse_disclosure(made.encoded) == made


def test_no_message_tells_the_text():
    for text in (encoded(["short", "by", "Zoë Jansen"]), encoded(["x" * 22, "", "Zoë Jansen"])):
        with pytest.raises(InvalidInput) as caught:
            parse_disclosure(text)
        assert "Jansen" not in str(caught.value)
        assert text not in str(caught.value)
    assert "Jansen" not in repr(disclose("by", "Zoë Jansen", SALT))


@given(st.integers(0, len(RFC) - 1), st.characters(max_codepoint=127))
@examples(200)
def test_any_changed_letter_is_found(at, letter):
    changed = RFC[:at] + letter + RFC[at + 1 :]
    try:
        other = parse_disclosure(changed)
    except InvalidInput:
        return
    assert (other.digest == RFC_DIGEST) == (changed == RFC)


# --- what stands for a text -------------------------------------------------------------

ONE, TWO = Sealed(digest_of("one")), Sealed(digest_of("two"))


def test_digests_have_two_writings():
    digits = to_hex(RFC_DIGEST)
    assert digits == sha256(RFC.encode()).hexdigest() == hex_digest(digits)
    assert from_hex(digits) == RFC_DIGEST


@pytest.mark.parametrize(
    "digest", ["", RFC_DIGEST[:-1], RFC_DIGEST + "=", RFC_DIGEST[:-1] + "1", RFC_DIGEST + "\n", "é" * 43, "+" * 43, 5, None, ["x"], {}]
)  # fmt: skip
def test_what_is_no_digest(digest):
    assert refused(Sealed, digest) == "not-a-commitment"
    assert refused(sealed, {"_sd": digest}) == "not-a-commitment"
    assert refused(personal, {"_sd": digest}) == "not-a-commitment"


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"place": "here"},
        {"_sd": RFC_DIGEST, "x": 1},
        {"_sd": RFC_DIGEST, "withheld": False},
        {"_sd": RFC_DIGEST, "withheld": 1},
        {"_sd": RFC_DIGEST, "withheld": "true"},
        {"_sd": RFC_DIGEST, "withheld": True, "x": 1},
        {"withheld": True},
    ],
    ids=str,
)
def test_what_is_no_commitment(value):
    assert refused(sealed, value) == "not-a-commitment"
    assert refused(personal, value) == "not-a-commitment"
    assert refused(lambda: MotionSubmitted("a", title="A", on="2024", movers=[value])) == (
        "not-a-commitment"
    )


def test_a_sealed_text_reads_as_erased():
    assert str(ONE) == f"{ONE}" == "[erased]"
    assert ONE
    assert repr(ONE) == f"Sealed({ONE.digest!r})"
    assert json.dumps([ONE]) == '["[erased]"]'


@pytest.mark.parametrize(
    "one", [ONE, TWO, Sealed(RFC_DIGEST, withheld=True)], ids=["one", "two", "withheld"]
)
@pytest.mark.parametrize("other", [ONE, TWO, "[erased]", "Ann", None, {"_sd": ONE.digest}], ids=["one", "two", "erased", "Ann", "None", "said"])  # fmt: skip
def test_sealed_texts_are_equal_where_they_say_the_same(one, other):
    alike = one is other
    assert (one == other, other == one) == (alike, alike)
    assert (one != other, other != one) == (not alike, not alike)
    assert len({one, Sealed(one.digest, withheld=one.withheld)}) == 1


def test_a_sealed_text_is_written_as_a_commitment_and_read_again():
    for one in (ONE, Sealed(TWO.digest, withheld=True)):
        assert sealed(one.said) == personal(one.said) == one
        assert sealed(one.said).withheld is one.withheld
        assert personals([one.said, "Ann", one]) == (one, "Ann", one)
        assert personals(one.said) == personals(one) == (one,)
        assert personal(one) is one


def test_only_personal_fields_can_be_sealed():
    for convert in (line, text):
        assert refused(convert, ONE) == "sealed-text"
    for fields in ({"title": ONE}, {"title": "A", "note": ONE}):
        assert refused(lambda given=fields: MotionSubmitted("a", on="2024", **given)) == (
            "sealed-text"
        )
    for fields in ({"title": ONE.said}, {"title": "A", "note": ONE.said}):
        assert refused(lambda given=fields: MotionSubmitted("a", on="2024", **given)) == "not-text"


def test_a_sealed_text_can_be_copied():
    event = MotionReferred("a", on="2024", to=Sealed(ONE.digest, withheld=True))
    assert copy.copy(event) == copy.deepcopy(event) == event
    assert pickle.loads(pickle.dumps(event)) == event


# --- sealing ----------------------------------------------------------------------------

PATHS = {}
for row in (Path(__file__).parent / "golden/personal-fields.txt").read_text("utf-8").splitlines():
    PATHS.setdefault(row.split(": ")[0], []).append(row.split(": ")[1].split("."))


def put(said, path, change):
    """Change what stands at a path in JSON, in every item of the lists on the way."""
    if isinstance(said, list):
        return [put(item, path, change) for item in said]
    if not path:
        return change(said)
    step, *rest = path
    return {**said, step: put(said[step], rest, change)} if step in said else said


def renamed(event, change):
    """An event with other personal texts, by way of JSON."""
    said = fields_of(payload(event, packed=False))
    for path in PATHS[event.type]:
        said = put(said, path, change)
    return type(event)(event.subject, **said)


def texts_of(event):
    """The personal texts of an event with the names of their fields, by way of JSON."""
    found, said = [], fields_of(payload(event, packed=False))
    for path in PATHS[event.type]:
        put(said, path, lambda text, path=path: found.append((path[-1], text)))
    return Counter(found)


FULL = {cls: arguments(cls, every=True).map(lambda given, cls=cls: cls(**given)) for cls in VOCABULARY}  # fmt: skip
each_class = pytest.mark.parametrize("cls", VOCABULARY, ids=lambda cls: cls.type)
any_event = events | st.sampled_from(VOCABULARY).flatmap(FULL.__getitem__)


def test_every_event_has_a_personal_field():
    assert PATHS.keys() == {cls.type for cls in VOCABULARY}


@each_class
@given(data=st.data())
@examples(10)
def test_what_is_sealed_is_unsealed(cls, data):
    event = data.draw(FULL[cls])
    closed, disclosures = seal(event, salts())
    assert Counter((each.name, each.value) for each in disclosures) == texts_of(event)
    assert Counter(personal_texts(event)) == texts_of(event)
    found = [text for _, text in personal_texts(closed)]
    assert [text.digest for text in found] == [each.digest for each in disclosures]
    assert not any(text.withheld for text in found)
    assert unseal(closed, by_digest(disclosures)) == event
    assert unseal(event, by_digest(disclosures)) is event
    assert unseal(closed, {}) == closed != event
    assert closed == renamed(closed, dict)  # what stands there is a commitment, and nothing else


@each_class
@given(data=st.data())
@examples(10)
def test_a_sealed_record_is_read_again_byte_for_byte(cls, data):
    record = data.draw(records_of(FULL[cls]))
    closed, disclosures = seal(record.event, salts())
    entry = encode(evolve(record, event=closed))
    again = decode(entry)
    assert again.event == closed
    assert encode(again) == entry
    assert canonical(msgspec.json.decode(entry.body)) == entry.body
    assert unseal(again.event, by_digest(disclosures)) == record.event
    assert sorted(digests_in([entry.body])) == sorted(each.digest for each in disclosures)


@given(any_event)
@examples(100)
def test_nothing_of_a_text_is_left(event):
    """The names are none that are drawn, for a text may be drawn twice."""
    numbers = count()
    event = renamed(event, lambda _: f"{next(numbers)} ŻĦŁŊ" * (1 + next(numbers) % 9))
    closed, disclosures = seal(event, salts())
    body = json.dumps(payload(closed), ensure_ascii=False)
    for each in disclosures:
        assert each.value in json.dumps(payload(event), ensure_ascii=False)
        assert each.value not in body
        assert each.encoded not in body
        assert each.salt not in body
        assert each.value not in repr(closed)


@given(any_event)
@examples(100)
def test_no_two_seals_look_alike(event):
    salt = salts()
    one, two = (by_digest(seal(event, salt)[1]) for _ in range(2))
    assert len(one) == len(two) == texts_of(event).total()
    assert not one.keys() & two.keys()


@given(any_event, st.data())
@examples(100)
def test_some_are_erased_and_some_are_not(event, data):
    closed, disclosures = seal(event, salts())
    kept = by_digest(each for each in disclosures if data.draw(st.booleans()))
    shown = dict(enumerate(text for _, text in personal_texts(unseal(closed, kept))))
    for number, each in enumerate(disclosures):
        assert shown[number] == (each.value if each.digest in kept else Sealed(each.digest))


@given(any_event)
@examples(100)
def test_a_state_is_sealed_as_its_events_are(event):
    """Folding and unsealing may come in either order, and so may storing."""
    closed, disclosures = seal(event, salts())
    state, hidden = fold(None, [event]), fold(None, [closed])
    if state is None:
        assert hidden is None
        return
    assert unseal(hidden, by_digest(disclosures)) == state
    body = encode_state(hidden)
    stored = decode_state(event.subject, body)
    assert stored == hidden
    assert encode_state(stored) == body
    held = {text.digest for _, text in personal_texts(stored)}
    assert digests_in([body]) == held <= by_digest(disclosures).keys()


@given(records_of(any_event))
@examples(100)
def test_a_sealed_entry_is_folded_as_it_is_read(record):
    entry = encode(evolve(record, event=seal(record.event, salts())[0]))
    assert fold(None, [recall(entry).event]) == fold(None, [decode(entry).event])


def test_what_holds_no_text_is_left_as_it_is():
    for event in (
        MotionWithdrawn("a", on="2024"),
        MotionSubmitted("a", title="A", on="2024"),
        MotionAdopted("a", on="2024", tally={"in_favour": 1, "against": 0}),
    ):
        assert seal(event, salts()) == (event, ())
        assert seal(event, salts())[0] is event
        assert list(personal_texts(event)) == []


def test_what_came_sealed_is_withheld():
    event = AgreementReached(
        "a", on="2024", parties=["Ann", ONE, Sealed(TWO.digest, withheld=True)]
    )
    closed, disclosures = seal(event, salts())
    ann, one, two = closed.parties
    assert [each.value for each in disclosures] == ["Ann"]
    assert (one.digest, two.digest) == (ONE.digest, TWO.digest)
    assert (ann.withheld, one.withheld, two.withheld) == (False, True, True)
    assert digests_in([canonical(payload(closed))]) == {ann.digest}
    assert type(closed)(closed.subject, **fields_of(payload(closed))) == closed


def test_texts_that_look_like_commitments_are_none():
    said = '{"_sd":"%s"}' % ONE.digest
    event = StatementMade("a", on="2024", by=said, note=said)
    assert digests_in([canonical(payload(event))]) == set()
    closed, (given_,) = seal(event, salts())
    assert digests_in([canonical(payload(closed))]) == {given_.digest}
    assert unseal(closed, by_digest([given_])) == event


def test_a_text_is_shown_where_the_array_has_its_digest():
    made = disclose("to", "Zoë Jansen", SALT)
    loose = made.array.replace(",", ", ")
    assert text_in(made.array, made.digest) == "Zoë Jansen"
    assert text_in(loose, disclosure_of(loose).digest) == "Zoë Jansen"
    for array in (loose, "", "[", made.array.encode(), "\ud800", made.array.replace("Zoë", "Eve")):
        for show in (
            lambda array=array: text_in(array, made.digest),
            lambda array=array: unseal(
                MotionReferred("a", on="2024", to=Sealed(made.digest)), {made.digest: array}
            ),
        ):
            with pytest.raises(StorageError) as caught:
                show()
            assert caught.value.problems[0].code == "damaged-disclosure"
            assert "Jansen" not in str(caught.value)


@given(any_event)
@examples(100)
def test_an_event_without_texts_says_the_rest(event):
    bare = without_texts(event)
    assert {text for _, text in personal_texts(bare)} <= {"-"}
    assert texts_of(bare).total() == texts_of(event).total()
    assert renamed(bare, lambda _: ONE) == renamed(event, lambda _: ONE)
    assert without_texts(seal(event, salts())[0]) == bare


def test_a_salt_for_each_text():
    given_ = count()
    event = MotionSubmitted("a", title="A", on="2024", movers=["Ann", "Ann"], recorded_by="Ann")
    _, disclosures = seal(event, lambda: next(given_).to_bytes(16))
    assert next(given_) == len(disclosures) == len({each.salt for each in disclosures}) == 3
    assert refused(seal, event, lambda: b"short") == "not-a-disclosure"


# --- the same ---------------------------------------------------------------------------


@given(any_event, st.data())
@examples(100)
def test_an_event_is_the_same_whatever_is_sealed_of_it(event, data):
    def hidden(_=None):
        closed, disclosures = seal(event, salts())
        return unseal(closed, by_digest(each for each in disclosures if data.draw(st.booleans())))

    one, other = hidden(), hidden()
    assert same(payload(one), payload(other))
    assert same(payload(event), payload(one))
    assert same(payload(one), payload(event))


@given(any_event, any_event)
@examples(100)
def test_events_are_the_same_that_say_the_same_in_json(one, other):
    assert same(payload(one), payload(other)) == (payload(one) == payload(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"title": "A"}, {"title": "B"}),
        ({"movers": [ONE, "Ann"]}, {"movers": [ONE, "Bob"]}),
        ({"movers": [ONE, "Ann"]}, {"movers": ["Bob"]}),
        ({"movers": [ONE, "Ann"]}, {"movers": ["Bob", "Ann", "Cleo"]}),
        ({"movers": [ONE]}, {}),
        ({"movers": [ONE], "recorded_by": TWO}, {"movers": [ONE]}),
        ({"recorded_by": "Ann"}, {"recorded_by": "Bob"}),
        ({"note": "A", "recorded_by": ONE}, {"note": "B", "recorded_by": "Ann"}),
        ({"meeting": "spring", "movers": [ONE]}, {"movers": [ONE]}),
    ],
)
def test_other_events_are_not_the_same(one, other):
    one, other = (
        payload(MotionSubmitted("a", on="2024", **{"title": "A", **fields}))
        for fields in (one, other)
    )
    assert same(one, one)
    assert same(other, other)
    assert not same(one, other)
    assert not same(other, one)


def test_a_vote_is_not_the_same_where_the_choice_is_another():
    def adopted(member, choice):
        vote = {"member": member, "choice": choice}
        counted = {"in_favour": 1, "against": 0, "roll_call": [vote]}
        return payload(MotionAdopted("a", on="2024", tally=counted))

    assert same(adopted(ONE, "in-favour"), adopted("Ann", "in-favour"))
    assert not same(adopted(ONE, "in-favour"), adopted("Ann", "against"))


# --- the account ------------------------------------------------------------------------

MADE = [disclose(name, value, SALT) for name in ("by", "to") for value in ("Zoë", "Åsa", "Bob")]
A, B, C, D, E, F = sorted(MADE, key=lambda each: each.digest)


def accounted(texts, kept, gone):
    """The account of texts (disclosure, position), of what is kept, and of what is gone."""
    return account(
        sorted((each.digest, position, each.name) for each, position in texts),
        sorted((each.digest, each.array) for each in kept),
        sorted(each.digest for each in gone),
    )


def test_all_is_in_order():
    assert accounted([], [], [])
    assert accounted([(A, 2), (B, 3)], [B, A], [])
    found = accounted([(A, 2), (B, 3), (C, 3)], [B], [A, C])
    assert found
    assert (found.sealed, found.erased) == (3, 2)


def test_what_is_withheld_is_counted_and_needs_nothing():
    assert account((), (), (), 3).withheld == 3
    assert account((), (), (), 3)
    assert accounted([(A, 2)], [A], []).withheld == 0


def test_what_was_erased_elsewhere_is_no_hole():
    found = accounted([(A, 2)], [A], [B])
    assert found
    assert (found.sealed, found.erased) == (1, 0)


@pytest.mark.parametrize(
    ("texts", "kept", "gone", "problem"),
    [
        ([(A, 2), (B, 3)], [B], [], f'record 2: the text of "{A.name}" is gone'),
        ([(A, 2), (B, 3)], [A, B], [B], f'record 3: the text of "{B.name}" is kept'),
        ([(A, 2)], [A, B], [], "to which no record commits"),
        ([(A, 2)], [A, B], [B], "to which no record commits"),
        ([(A, 2), (A, 3)], [A], [], f'record 2: the text of "{A.name}" is sealed by a commitment'),
        ([(A, 2), (A, 3)], [], [A], f'record 2: the text of "{A.name}" is sealed by a commitment'),
        ([(A, 7), (B, 3)], [], [], f'record 3: the text of "{B.name}" is gone'),
    ],
)
def test_what_is_not_in_order_is_named(texts, kept, gone, problem):
    found = accounted(texts, kept, gone)
    assert not found
    assert problem in found.problem


@pytest.mark.parametrize(
    "array",
    [
        B.array,
        "",
        "[",
        "[" * 60_000,
        A.array + " ",
        A.array.replace(",", ", "),
        A.array.replace(f'"{A.name}"', '"movers"'),
        b"",
        A.array.encode(),
    ],
    ids=["other", "empty", "open", "deep", "blank", "blanks", "field", "no bytes", "bytes"],
)
def test_another_text_is_found(array):
    """A damaged row may hold anything."""
    found = account([(A.digest, 2, A.name)], [(A.digest, array)], [])
    assert found.problem == f'record 2: the text of "{A.name}" is not the one that was sealed'


def test_a_field_of_another_name_is_found():
    found = account([(A.digest, 2, "movers")], [(A.digest, A.array)], [])
    assert found.problem == 'record 2: the text of "movers" is not the one that was sealed'


def naive(texts, kept, gone):
    """The number of sealed texts and of holes, and the position of the first that is wrong."""
    wrong, holes = [], 0
    places = {}
    for digest, position, name in texts:
        places.setdefault(digest, []).append((position, name))
    for digest, several in places.items():
        (position, name), *more = sorted(several)
        if more or (digest in kept) == (digest in gone):
            wrong.append(position)
        elif digest in gone:
            holes += 1
        else:
            told = next((each for each in MADE if each.array == kept[digest]), None)
            if told is None or (told.digest, told.name) != (digest, name):
                wrong.append(position)
    wrong += [0 for digest in kept if digest not in places]
    return len(places), holes, min(wrong, default=None)


digests = st.sampled_from([each.digest for each in MADE])
told_names = {each.digest: each.name for each in MADE}
arrays = {each.digest: each.array for each in MADE}


@given(
    st.lists(
        st.tuples(digests, st.integers(2, 9)).flatmap(
            lambda at: st.tuples(st.just(at[0]), st.just(at[1]), st.sampled_from([told_names[at[0]]] * 9 + ["movers"]))
        ),
        max_size=6,
        unique_by=lambda told: told[0],
    ),
    st.lists(st.tuples(digests, st.integers(2, 9), st.sampled_from(["by", "to"])), max_size=1),
    st.sets(digests),
    st.dictionaries(digests, st.sampled_from(["", "[", *arrays.values()]), max_size=1),
    st.lists(digests, unique=True, max_size=2),
    st.lists(digests, unique=True, max_size=1),
)  # fmt: skip
@examples(500)
def test_the_account_is_that_of_a_dictionary(texts, twice, gone, changed, strange, forgotten):
    """Mostly what is not gone is kept; now and then something is wrong."""
    texts = texts + twice
    kept = {digest: arrays[digest] for digest, _, _ in texts if digest not in gone}
    kept |= {digest: array for digest, array in changed.items() if digest in kept}
    kept |= {digest: arrays[digest] for digest in strange[1:]}
    kept = {digest: array for digest, array in kept.items() if digest not in forgotten}
    found = account(sorted(texts), sorted(kept.items()), sorted(gone))
    number, holes, wrong = naive(texts, kept, gone)
    assert (found.sealed, found.erased, bool(found)) == (number, holes, wrong is None)
    if wrong:
        assert found.problem.startswith(f"record {wrong}: ")
    for each in MADE:
        assert each.value not in found.problem


def test_many_are_accounted_for_in_bounded_time():
    many = [f"{n:06}" for n in range(200_000)]
    texts = ((digest, n, "by") for n, digest in enumerate(many))
    found = account(texts, (), many)
    assert (found.sealed, found.erased, found.problem) == (200_000, 200_000, "")
    for text in ("A" * 10_000_000, encoded(b"[" * 90_000), encoded(b'"' + b"\\u0041" * 15_000)):
        refused(parse_disclosure, text)


def test_many_texts_are_sealed_in_bounded_time():
    votes = [{"member": f"Member {n}", "choice": "in-favour"} for n in range(20_000)]
    counted = {"in_favour": 20_000, "against": 0, "roll_call": votes}
    event = MotionAdopted("a", on="2024", tally=counted)
    closed, disclosures = seal(event, salts())
    assert len(disclosures) == 20_000
    assert unseal(closed, by_digest(disclosures)) == event
    assert len(digests_in([canonical(payload(closed))])) == 20_000


def test_personal_fields_of_states_are_unsealed_under_their_names():
    told = {
        "referred_to": MotionReferred("a", on="2024", to="Ann"),
        "addressee": MandateGiven("a.1", on="2024", motion="a", task="T", addressee="Ann"),
        "parties": StatementMade("a", on="2024", by="Ann"),
    }
    for name, event in told.items():
        closed, disclosures = seal(event, salts())
        state = unseal(fold(None, [closed]), by_digest(disclosures))
        assert getattr(state, name) in ("Ann", ("Ann",))
