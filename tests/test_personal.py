"""Personal fields: a record commits to a text, tells nothing of it, and every hole that an
erasure leaves is accounted for."""

import json
import time
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from govledger.codec import canonical
from govledger.errors import InvalidInput
from govledger.integrity.personal import (
    LARGEST_DISCLOSURE,
    account,
    commitments,
    committed,
    conceal,
    digest_of,
    disclose,
    from_hex,
    parse_disclosure,
    reveal,
    to_hex,
)
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


def test_a_disclosure_is_an_array_in_base64url():
    made = disclose("by", "Zoë", SALT)
    assert made.encoded == encoded('["AAECAwQFBgcICQoLDA0ODw","by","Zoë"]'.encode())
    assert made.digest == encoded(sha256(made.encoded.encode()).digest())
    assert parse_disclosure(made.encoded) == made


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


def test_what_cannot_be_disclosed():
    assert refused(disclose, "by", "Zoë", SALT[:-1]) == "not-a-disclosure"
    assert refused(disclose, "_sd", "Zoë", SALT) == "not-a-disclosure"
    assert refused(disclose, "by", "\ud800", SALT) == "not-a-disclosure"
    assert refused(conceal, {"by": 5}, {"by"}, salts()) == "not-a-disclosure"
    assert refused(conceal, {"by": [None]}, {"by"}, salts()) == "not-a-disclosure"


def test_no_message_tells_the_text():
    for text in (encoded(["short", "by", "Zoë Jansen"]), encoded(["x" * 22, "", "Zoë Jansen"])):
        with pytest.raises(InvalidInput) as caught:
            parse_disclosure(text)
        assert "Jansen" not in str(caught.value)
        assert text not in str(caught.value)
    assert "Jansen" not in repr(disclose("by", "Zoë Jansen", SALT))


# --- digests ----------------------------------------------------------------------------


def test_digests_have_two_writings():
    digits = to_hex(RFC_DIGEST)
    assert digits == sha256(RFC.encode()).hexdigest() == hex_digest(digits)
    assert from_hex(digits) == RFC_DIGEST


@pytest.mark.parametrize(
    "digest", ["", RFC_DIGEST[:-1], RFC_DIGEST + "=", RFC_DIGEST[:-1] + "1", "é" * 43, "+" * 43, 5, None, ["x"], {}]
)  # fmt: skip
def test_what_is_no_digest(digest):
    assert refused(committed, {"_sd": digest}) == "not-a-commitment"


def test_what_is_a_commitment():
    assert committed({"_sd": RFC_DIGEST}) == RFC_DIGEST
    for value in ("text", "_sd", 5, None, [], ["_sd"], {}, {"place": "here"}):
        assert committed(value) is None
    assert refused(committed, {"_sd": RFC_DIGEST, "x": 1}) == "not-a-commitment"


# --- fields -----------------------------------------------------------------------------

FIELDS = {"title": "Bigger bins", "movers": ("Zoë", "Åsa", "Zoë"), "by": "Zoë", "count": 5}
PERSONAL = {"movers", "by", "sender"}


def test_fields_are_concealed_and_revealed():
    hidden = conceal(FIELDS, PERSONAL, salts())
    assert hidden.fields["title"] == "Bigger bins"
    assert hidden.fields["by"].keys() == {"_sd"}
    assert [each.keys() for each in hidden.fields["movers"]] == [{"_sd"}] * 3
    assert [(d.name, d.value) for d in hidden.disclosures] == [
        *(("movers", "Zoë"), ("movers", "Åsa"), ("movers", "Zoë"), ("by", "Zoë")),
    ]
    stored = json.loads(canonical(hidden.fields))
    shown = reveal(stored, {each.digest: each for each in hidden.disclosures})
    assert shown.fields == {**FIELDS, "movers": list(FIELDS["movers"])}
    assert shown.erased == ()


def test_nothing_of_a_text_is_left_and_no_two_look_alike():
    hidden = conceal(FIELDS, PERSONAL, salts())
    body = canonical(hidden.fields).decode()
    assert "Zo" not in body
    assert len(set(commitments(hidden.fields))) == 4
    assert {len(digest) for digest in commitments(hidden.fields)} == {43}


def test_one_person_is_erased_from_a_list():
    hidden = conceal(FIELDS, PERSONAL, salts())
    kept = {each.digest: each for each in hidden.disclosures if each.value != "Zoë"}
    shown = reveal(hidden.fields, kept)
    assert shown.fields["movers"][1] == "Åsa"
    assert shown.fields["movers"][0] == hidden.fields["movers"][0]
    assert shown.fields["by"] == hidden.fields["by"]
    assert len(shown.erased) == 3
    assert set(shown.erased) == set(commitments(shown.fields))


def test_a_disclosure_of_another_field_shows_nothing():
    hidden = conceal({"by": "Zoë"}, {"by"}, salts())
    (given_,) = hidden.disclosures
    for wrong in (
        evolve(given_, name="sender"),
        disclose("by", "Åsa", SALT),
        evolve(given_, encoded=RFC),
    ):
        assert refused(reveal, hidden.fields, {given_.digest: wrong}) == "not-a-disclosure"
    same = {"a": hidden.fields["by"], "b": hidden.fields["by"]}
    assert refused(reveal, same, {}) == "not-a-commitment"


def test_commitments_are_found_however_deep():
    value = {"data": {"by": {"_sd": RFC_DIGEST}, "x": [1, [{"_sd": to_b("y")}]]}, "on": "2024"}
    assert list(commitments(value)) == [RFC_DIGEST, to_b("y")]
    deep = value
    for _ in range(100_000):
        deep = [deep]
    assert len(list(commitments(deep))) == 2
    while isinstance(deep, list):  # taken apart, for Python frees it by recursion
        (deep,) = deep


def to_b(text):
    return digest_of(text)


@given(
    st.dictionaries(
        st.sampled_from(["by", "to", "title", "movers"]),
        st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.lists(st.text("aé", max_size=3), max_size=4)),
    ),
    st.sets(st.sampled_from(["by", "to", "movers", "sender"])),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_fields_come_back(fields, personal):
    hidden = conceal(fields, personal, salts())
    known = {each.digest: parse_disclosure(each.encoded) for each in hidden.disclosures}
    assert list(commitments(hidden.fields)) == list(known)
    assert reveal(json.loads(canonical(hidden.fields)), known).fields == fields
    assert reveal(hidden.fields, {}).fields == hidden.fields
    assert list(reveal(hidden.fields, {}).erased) == list(known)


@given(st.integers(0, len(RFC) - 1), st.characters(max_codepoint=127))
@settings(max_examples=200, deadline=None)
def test_any_changed_letter_is_found(at, letter):
    changed = RFC[:at] + letter + RFC[at + 1 :]
    try:
        other = parse_disclosure(changed)
    except InvalidInput:
        return
    assert (other.digest == RFC_DIGEST) == (changed == RFC)


# --- the account ------------------------------------------------------------------------

ONE, TWO, THREE, FOUR = (digest_of(word) for word in ("one", "two", "three", "four"))


def test_all_is_in_order():
    assert account([], [], [])
    assert account([ONE, TWO], [TWO, ONE], [])
    found = account([ONE, TWO, THREE], [TWO], [ONE, THREE])
    assert found
    assert found.erased == tuple(sorted([ONE, THREE]))


@pytest.mark.parametrize(
    ("disclosed", "erased", "field", "named"),
    [
        ([TWO], [], "unaccounted", ONE),
        ([ONE, TWO], [ONE], "kept", ONE),
        ([ONE, TWO, THREE], [], "foreign", THREE),
        ([ONE, TWO], [FOUR], "unknown", FOUR),
        ([ONE, TWO, THREE], [THREE], "kept", THREE),
    ],
)
def test_what_is_not_in_order_is_named(disclosed, erased, field, named):
    found = account([ONE, TWO], disclosed, erased)
    assert not found
    assert getattr(found, field) == (named,)


def test_no_commitment_stands_in_the_log_twice():
    assert refused(account, [ONE, ONE], [ONE], []) == "not-a-commitment"


def test_many_are_accounted_for_in_bounded_time():
    begin = time.perf_counter()
    many = [str(n) for n in range(200_000)]
    assert account(many, many[::2], many[1::2])
    for text in ("A" * 10_000_000, encoded(b"[" * 90_000), encoded(b'"' + b"\\u0041" * 15_000)):
        refused(parse_disclosure, text)
    assert time.perf_counter() - begin < 3
