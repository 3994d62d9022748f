"""Signed notes: what the specification writes is read, and any letter of it counts."""

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from govledger.errors import InvalidInput
from govledger.integrity.note import (
    LARGEST_NOTE,
    LONGEST_LINE,
    MOST_SIGNATURES,
    KeyType,
    Note,
    Signature,
    Signed,
    VerifierKey,
    cosign,
    from_base64,
    key_id,
    key_name,
    parse_note,
    parse_signing_key,
    parse_verifier_key,
    sign,
    signing_key,
    to_base64,
    verify_note,
    with_signature,
    write_signing_key,
)

# --- examples of the specification and of its first implementation ----------------------

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqd"
    "ngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwn"
    "WLox33WWd1RvMc+QQ=\n"
)
OSSI = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMo"
    "uFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
COSIGNED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zh"
    "cyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX"
    "3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)

LOG = signing_key("example.org/ledger", bytes(range(32)))
WITNESS = signing_key("example.org/auditor", bytes(range(32, 64)), KeyType.COSIGNATURE)


def refused(call, *given):
    with pytest.raises(InvalidInput) as caught:
        call(*given)
    return caught.value.problems[0].code


def note_of(*lines, text=TEXT):
    return parse_note(f"{text}\n{''.join(lines)}".encode())


def test_the_example_is_signed_to_the_letter():
    key = parse_signing_key(PETER_SECRET)
    assert str(key.public) == PETER
    assert f"{sign(TEXT, key)}\n" == PETER_LINE
    assert bytes(Note(TEXT, (sign(TEXT, key),))).decode() == f"{TEXT}\n{PETER_LINE}"
    assert write_signing_key(key) == PETER_SECRET


def test_the_examples_are_verified():
    peter, enoch = parse_verifier_key(PETER), parse_verifier_key(ENOCH)
    both = note_of(PETER_LINE, ENOCH_LINE)
    assert verify_note(both, [peter]).signed == (Signed(peter),)
    assert verify_note(both, [enoch, peter]).signed == (Signed(peter), Signed(enoch))
    assert verify_note(both, [peter])
    assert not verify_note(both, [])
    assert not verify_note(note_of(ENOCH_LINE), [peter])
    plain = parse_verifier_key("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")  # fmt: skip
    line = (
        "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mF"
        "XmRKuwHjG1Yu72IneyaQM=\n"
    )
    assert verify_note(note_of(line, text="This is an example message.\n"), [plain])


@pytest.mark.parametrize("data", [OSSI, COSIGNED])
def test_a_note_is_divided_at_its_last_empty_line(data):
    note = parse_note(data.encode())
    assert bytes(note).decode() == data
    assert note.text == data[: data.rindex("\n\n") + 1]
    assert [line.name for line in note.signatures] == [
        line.split()[1] for line in data.splitlines() if line.startswith("— ")
    ]


def test_a_cosignature_holds_its_time():
    made = parse_note(COSIGNED.encode()).signatures[1].made
    assert (len(made), int.from_bytes(made[:8], "big")) == (72, 1679315147)


def test_keys_of_witnesses_have_a_type_of_their_own():
    text = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    key = parse_verifier_key(text)
    assert (key.type, key.id.hex(), str(key)) == (KeyType.COSIGNATURE, "da77ade7", text)
    assert key_id(key.name, KeyType.ED25519, key.public) != key.id


# --- keys -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", [PETER, ENOCH, str(WITNESS.public), PETER_SECRET, write_signing_key(WITNESS)]
)
def test_any_letter_of_a_key_counts(key):
    parse = parse_signing_key if key.startswith("PRIVATE") else parse_verifier_key
    parse(key)
    for at in range(len(key)):
        for wrong in (
            key[:at] + chr(ord(key[at]) ^ 1) + key[at + 1 :],
            key[:at] + key[at].swapcase() + key[at + 1 :] if key[at].isalpha() else key + " ",
            key[:at] + key[at + 1 :],
            key[:at] + " " + key[at:],
            key[:at],
            key[at + 1 :],
        ):
            code = refused(parse, wrong)
            assert code in {
                *("not-a-key", "not-a-key-name", "not-base64", "wrong-key-id"),
                "unknown-key-type",
            }


def test_no_message_shows_a_private_key():
    seed = PETER_SECRET.rpartition("+")[2]
    for wrong in (PETER_SECRET + "A", PETER_SECRET[:-1], "KEY+" + PETER_SECRET, PETER_SECRET + "=" * 9):  # fmt: skip
        with pytest.raises(InvalidInput) as caught:
            parse_signing_key(wrong)
        assert seed[4:12] not in str(caught.value)
    assert "seed" not in repr(parse_signing_key(PETER_SECRET))


def test_keys_of_other_types_and_lengths_are_named():
    unknown = parse_verifier_key(PETER)
    for type_ in (0, 2, 5, 6, 0x63, 0xFF):
        material = bytes([type_]) + unknown.public
        text = f"PeterNeumann+c74f20a3+{to_base64(material)}"
        assert refused(parse_verifier_key, text) == "unknown-key-type"
    for public in (b"", unknown.public[:-1], unknown.public + b"\0"):
        material = to_base64(b"\1" + public)
        assert refused(parse_verifier_key, f"Peter+c74f20a3+{material}") == "not-a-key"
    assert refused(parse_verifier_key, "Peter+C74F20A3" + PETER[21:]) == "not-a-key"
    assert refused(parse_verifier_key, "x" * 1_000_000) == "not-a-key"
    assert refused(parse_verifier_key, "+" * 1_000_000) == "not-a-key"
    assert refused(signing_key, "Peter", b"short") == "not-a-key"


def multiples_of_order_8():
    """The points whose order divides 8, worked out from the curve (RFC 8032, 5.1)."""
    p = 2**255 - 19
    d = -121665 * pow(121666, -1, p) % p

    def roots(a):
        x = pow(a, (p + 3) // 8, p)
        for root in (x, x * pow(2, (p - 1) // 4, p) % p):
            if (root * root - a) % p == 0:
                yield from (root, -root % p)

    heights = {0, 1, p - 1}
    for s in roots(1 + d):
        heights.update(roots((s - 1) * pow(d, -1, p) % p))
    return heights, p


def test_keys_with_which_anything_seems_signed_are_refused():
    heights, p = multiples_of_order_8()
    assert len(heights) == 5
    points = {y + sign for y in heights for sign in (0, 2**255)}
    points |= {y + p + sign for y in range(19) for sign in (0, 2**255)}  # written otherwise
    for point in points:
        public = point.to_bytes(32, "little")
        key = VerifierKey("weak.example", KeyType.ED25519, public)
        assert refused(parse_verifier_key, str(key)) == "not-a-key"


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\tb", "a\nb", "a\u00a0b", "a\u2003b", "a\u2028b", "a\x01b", "\ud800", "é" * 128]
)  # fmt: skip
def test_names_that_no_key_has(name):
    assert refused(key_name, name) == "not-a-key-name"
    assert refused(signing_key, name, bytes(32)) == "not-a-key-name"


def test_names_that_a_key_may_have():
    for name in ("x", "example.org/ledger", "Zoë", "oid/1.2.3", "é" * 127, "-—-"):
        key = signing_key(name, bytes(32)).public
        assert parse_verifier_key(str(key)) == key


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="+"), min_size=1, max_size=60),
    st.binary(min_size=32, max_size=32),
    st.sampled_from(KeyType),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_keys_come_back(name, seed, type_):
    key = signing_key(name, seed, type_)
    assert parse_signing_key(write_signing_key(key)) == key
    assert parse_verifier_key(str(key.public)) == key.public


# --- signing ----------------------------------------------------------------------------


def test_signatures_and_cosignatures_hold():
    text = "example.org/ledger\n1\nx\n"
    note = Note(text, (sign(text, LOG), cosign(text, WITNESS, 1_700_000_000)))
    found = verify_note(parse_note(bytes(note)), [LOG.public, WITNESS.public])
    assert found.signed == (Signed(LOG.public), Signed(WITNESS.public, 1_700_000_000))
    assert found


def test_a_key_does_what_it_is_for():
    assert refused(sign, TEXT, WITNESS) == "wrong-key-type"
    assert refused(cosign, TEXT, LOG, 1) == "wrong-key-type"
    for time_ in (-1, 2**63, 2**64):
        assert refused(cosign, TEXT, WITNESS, time_) == "not-a-time"


@pytest.mark.parametrize("text", ["", "no end", "a\rb\n", "a\tb\n", "\x00\n"])
def test_text_that_cannot_be_signed(text):
    assert refused(sign, text, LOG) == "not-a-note-text"
    assert refused(cosign, text, WITNESS, 1) == "not-a-note-text"


def test_a_signature_of_one_kind_is_none_of_the_other():
    """The same 32 bytes as both kinds of key: what one signs, the other did not."""
    twin = signing_key("twin.example", LOG.seed, KeyType.COSIGNATURE)
    made = cosign(TEXT, twin, 7)
    plain = signing_key("twin.example", LOG.seed)
    assert verify_note(Note(TEXT, (made,)), [twin.public])
    assert not verify_note(Note(TEXT, (made,)), [plain.public])
    as_plain = Signature(plain.name, plain.public.id, made.made[8:])
    forged = verify_note(Note(TEXT, (as_plain,)), [plain.public])
    assert (forged.signed, forged.forged) == ((), (plain.public,))
    for wrong in (made.made[:-1], made.made + b"\0", made.made[8:], sign(TEXT, plain).made):
        note = Note(TEXT, (evolve(made, made=wrong),))
        assert verify_note(note, [twin.public]).forged == (twin.public,)
    late = evolve(made, made=(2**63 + 7).to_bytes(8, "big") + made.made[8:])
    assert verify_note(Note(TEXT, (late,)), [twin.public]).forged == (twin.public,)


def test_one_false_line_of_a_known_key_spoils_the_note():
    peter, enoch = parse_verifier_key(PETER), parse_verifier_key(ENOCH)
    forged = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    for lines in ((forged,), (PETER_LINE, forged), (forged, PETER_LINE), (ENOCH_LINE, forged)):
        assert not verify_note(note_of(*lines), [peter, enoch])
        assert verify_note(note_of(*lines), [peter]).forged == (peter,)
    assert verify_note(note_of(ENOCH_LINE, forged), [enoch]), "lines of unknown keys are ignored"


def test_lines_that_share_a_name_or_an_id_are_ignored():
    peter, (line,) = parse_verifier_key(PETER), note_of(PETER_LINE).signatures
    for other in (evolve(line, name="Peter"), evolve(line, key_id=b"\0\0\0\0")):
        found = verify_note(Note(TEXT, (other,)), [peter])
        assert (found.signed, found.forged) == ((), ())


def test_two_keys_with_one_name_and_id():
    class Twin(VerifierKey):
        id = parse_verifier_key(PETER).id

    peter = parse_verifier_key(PETER)
    twin = Twin(peter.name, peter.type, parse_verifier_key(ENOCH).public)
    assert refused(verify_note, note_of(PETER_LINE), [peter, twin]) == "ambiguous-key"
    assert verify_note(note_of(PETER_LINE), [peter, peter])


def test_a_further_signature_replaces_the_same_keys():
    note = with_signature(note_of(ENOCH_LINE), cosign(TEXT, WITNESS, 1))
    again = with_signature(note, cosign(TEXT, WITNESS, 2))
    assert [line.name for line in again.signatures] == ["EnochRoot", WITNESS.name]
    assert verify_note(again, [WITNESS.public]).signed == (Signed(WITNESS.public, 2),)
    full = Note(TEXT, tuple(Signature(f"k{n}", b"\0" * 4, b"s") for n in range(MOST_SIGNATURES)))
    assert refused(with_signature, full, cosign(TEXT, WITNESS, 2)) == "too-many-signatures"
    same = Signature("k7", b"\0" * 4, b"t")
    assert len(with_signature(full, same).signatures) == MOST_SIGNATURES


# --- forms that are refused -------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        TEXT.encode(),
        f"{TEXT}\n".encode(),
        f"{TEXT}{PETER_LINE}".encode(),
        f"{TEXT}\n{PETER_LINE[:-1]}".encode(),
        f"{TEXT}\n{PETER_LINE}\n".encode(),
        f"\x01{TEXT}\n{PETER_LINE}".encode(),
        f"{TEXT}\n{PETER_LINE}".replace("\n", "\r\n").encode(),
        b"\xff" + f"{TEXT}\n{PETER_LINE}".encode(),
        "\ud800\n\n".encode("utf-8", "surrogatepass") + PETER_LINE.encode(),
        f"{TEXT}\n{PETER_LINE}Unexpected line.\n".encode(),
        f"{TEXT}\nUnexpected line.\n{PETER_LINE}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('PeterNeumann', 'Bad Name')}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('PeterNeumann', 'Bad+Name')}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('PeterNeumann', '')}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('— ', '- ')}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('— ', '—  ')}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('=', '')}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('=', '==')}".encode(),
        f"{TEXT}\n{PETER_LINE.replace('M=', 'N=')}".encode(),
        f"{TEXT}\n{ENOCH_LINE.replace('+', '-')}".encode(),
        f"{TEXT}\n— Peter x08goA==\n".encode(),
        f"{TEXT}\n— Peter \n".encode(),
        f"{TEXT}\n— Peter\n".encode(),
        f"{TEXT}\n— \n".encode(),
    ],
)
def test_what_is_no_note(data):
    assert refused(parse_note, data) == "not-a-note"


def test_the_place_is_named():
    with pytest.raises(InvalidInput, match="line 5 is no signature"):
        note_of(PETER_LINE, "Unexpected line.\n")
    with pytest.raises(InvalidInput, match="byte 7 is not UTF-8"):
        parse_note(b"before\xff\n\n")
    with pytest.raises(InvalidInput, match=r"U\+000D"):
        parse_note(b"a\r\n\n")


def test_the_shortest_signature():
    """Four bytes name the key; what follows is for whoever knows it."""
    assert note_of("— Peter x08goAE=\n").signatures[0].made == b"\x01"


def test_limits():
    assert len(note_of(*[PETER_LINE] * MOST_SIGNATURES).signatures) == MOST_SIGNATURES
    assert refused(note_of, *[PETER_LINE] * (MOST_SIGNATURES + 1)) == "not-a-note"
    quantum = f"— quantum.example {to_base64(bytes(5_000))}\n"
    assert note_of(quantum).signatures[0].made == bytes(4_996)
    assert refused(note_of, f"— x {to_base64(bytes(LONGEST_LINE))}\n") == "not-a-note"
    assert refused(parse_note, b"x" * LARGEST_NOTE + b"\n\n" + PETER_LINE.encode()) == "not-a-note"


def test_hostile_notes_take_bounded_time():
    for data in (
        b"\n" * LARGEST_NOTE,
        b"\n\n" * (LARGEST_NOTE // 2) + b"x\n",
        b"x\n\n" + "— ".encode() * (LARGEST_NOTE // 4),
        b"x\n\n" + "— a \n".encode() * (LARGEST_NOTE // 7),
        b"x" * (100 * LARGEST_NOTE),
        f"x\n\n— {'n' * 500_000} AAAA\n".encode(),
        f"x\n\n— n {'A' * 500_000}\n".encode(),
    ):
        assert refused(parse_note, data) == "not-a-note"
    many = note_of(*[PETER_LINE] * 100)
    assert verify_note(many, [parse_verifier_key(PETER)])


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_bytes_are_a_note_or_refused(data):
    for whole in (data, TEXT.encode() + b"\n" + data, data + b"\n\n" + PETER_LINE.encode()):
        try:
            note = parse_note(whole)
        except InvalidInput:
            continue
        assert bytes(note) == whole


# --- any byte counts --------------------------------------------------------------------

SIGNED = bytes(Note(TEXT, (sign(TEXT, LOG), cosign(TEXT, WITNESS, 1_700_000_000))))


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
@settings(max_examples=400, deadline=None)
def test_any_changed_byte_of_a_note_is_found(at, change):
    changed = SIGNED[:at] + bytes([SIGNED[at] ^ change]) + SIGNED[at + 1 :]
    try:
        found = verify_note(parse_note(changed), [LOG.public, WITNESS.public])
    except InvalidInput:
        return
    assert found.forged or len(found.signed) < 2


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_notes_come_back(data):
    lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
    text = "".join(f"{line}\n" for line in data.draw(st.lists(lines, min_size=1, max_size=5)))
    note = Note(text, (sign(text, LOG), cosign(text, WITNESS, data.draw(st.integers(0, 2**63 - 1)))))  # fmt: skip
    again = parse_note(bytes(note))
    assert again == note
    assert len(verify_note(again, [LOG.public, WITNESS.public]).signed) == 2


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_base64_has_one_writing(text):
    try:
        data = from_base64(text, "this")
    except InvalidInput:
        return
    assert to_base64(data) == text
