"""Checkpoints and policies: their forms are those of the specifications, whose word counts is
worked out from them, and no verdict is stronger than it is true."""

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from govledger.errors import InvalidInput
from govledger.integrity.checkpoint import (
    LARGEST_POLICY,
    MOST_NAMES,
    NONE,
    Checkpoint,
    Cosigned,
    Group,
    Policy,
    cosign_checkpoint,
    decimal,
    evaluate,
    has_quorum,
    open_checkpoint,
    parse_checkpoint,
    parse_policy,
    sign_checkpoint,
)
from govledger.integrity.merkle import EMPTY_ROOT, LARGEST_SIZE
from govledger.integrity.note import (
    KeyType,
    Note,
    cosign,
    sign,
    signing_key,
    to_base64,
    with_signature,
)

EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ROOT = bytes(range(32))
HEAD = Checkpoint("example.org/ledger", 56, ROOT)
LOG = signing_key("example.org/ledger", b"log.............................")
NOW = 1_700_000_000


def witness(name):
    return signing_key(f"{name}.example", name.encode().ljust(32, b"."), KeyType.COSIGNATURE)


A, B, C, D = (witness(name) for name in "abcd")
POLICY = f"""\
# The association's log, and who has to have seen it.
log {LOG.public} https://example.org/ledger/

witness a {A.public} https://a.example/
witness b {B.public}
\twitness \t c  {C.public}  \n\
witness d {D.public}
group members 2 a b c
group all-of-it all members d
quorum all-of-it
"""


def refused(call, *given):
    with pytest.raises(InvalidInput) as caught:
        call(*given)
    return caught.value.problems[0].code


def seen_by(*witnesses, head=HEAD, log=LOG):
    note = sign_checkpoint(head, log)
    for key in witnesses:
        note = cosign_checkpoint(note, key, NOW)
    return note


# --- the text ---------------------------------------------------------------------------


def test_the_example_is_read_and_written():
    head = parse_checkpoint(EXAMPLE)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    assert to_base64(head.root) == EXAMPLE.split("\n")[2]
    assert str(head) == EXAMPLE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        EXAMPLE[:-1],
        EXAMPLE + "\n",
        EXAMPLE + "extension\n",
        EXAMPLE + "extension",
        "\n" + EXAMPLE,
        EXAMPLE.replace("20852163\n", ""),
        EXAMPLE.replace("example.com/behind-the-sofa", ""),
        EXAMPLE.replace("example.com/behind-the-sofa", "behind the sofa"),
        EXAMPLE.replace("example.com/behind-the-sofa", "behind+the+sofa"),
        EXAMPLE.replace("20852163", ""),
        EXAMPLE.replace("20852163", "020852163"),
        EXAMPLE.replace("20852163", "+20852163"),
        EXAMPLE.replace("20852163", "-20852163"),
        EXAMPLE.replace("20852163", " 20852163"),
        EXAMPLE.replace("20852163", "20_852_163"),
        EXAMPLE.replace("20852163", "2.0"),
        EXAMPLE.replace("20852163", "٢٠"),
        EXAMPLE.replace("20852163", "00"),
        EXAMPLE.replace("20852163", "0"),
        EXAMPLE.replace("20852163", str(2**63)),
        EXAMPLE.replace("20852163", "9" * 100_000),
        EXAMPLE.replace("=", ""),
        EXAMPLE.replace("2I=", "2J="),
        EXAMPLE.replace("CsUY", ""),
        EXAMPLE.replace("CsUY", "CsUYCsUY"),
        EXAMPLE.replace("\n", "\r\n"),
    ],
)
def test_what_is_no_checkpoint(text):
    assert refused(parse_checkpoint, text) in {
        *("not-a-checkpoint", "not-a-number", "not-base64", "not-a-key-name"),
    }


def test_a_log_without_entries():
    empty = Checkpoint("example.org/ledger", 0, EMPTY_ROOT)
    assert parse_checkpoint(str(empty)) == empty
    assert refused(Checkpoint, "example.org/ledger", 0, ROOT) == "not-a-checkpoint"


def test_what_cannot_be_written():
    assert refused(Checkpoint, "evil\n999", 1, ROOT) == "not-a-key-name"
    assert refused(Checkpoint, "x", -1, ROOT) == "not-a-checkpoint"
    assert refused(Checkpoint, "x", 2**63, ROOT) == "not-a-checkpoint"
    assert refused(Checkpoint, "x", 1, ROOT[:-1]) == "not-a-checkpoint"


@given(st.integers(1, LARGEST_SIZE), st.binary(min_size=32, max_size=32))
@settings(max_examples=60, deadline=None)
def test_checkpoints_come_back(size, root):
    head = Checkpoint("example.org/ledger", size, root)
    assert parse_checkpoint(str(head)) == head
    assert open_checkpoint(bytes(seen_by(A, head=head)))[0] == head


@given(st.text("0123456789 +-_x\n", max_size=21))
@settings(max_examples=200, deadline=None)
def test_a_number_has_one_writing(text):
    try:
        assert str(decimal(text, "this")) == text
    except InvalidInput:
        assert not text.isdigit() or text != str(int(text)) or int(text) > LARGEST_SIZE


# --- signing ----------------------------------------------------------------------------


def test_only_its_own_key_signs_for_a_log():
    other = signing_key("example.org/other", bytes(32))
    assert refused(sign_checkpoint, HEAD, other) == "foreign-origin"
    assert refused(sign_checkpoint, HEAD, evolve(A, name=HEAD.origin)) == "wrong-key-type"
    assert refused(cosign_checkpoint, seen_by(), LOG, NOW) == "wrong-key-type"


def test_witnesses_cosign_nothing_but_checkpoints():
    letter = Note("Dear auditor\n", (sign("Dear auditor\n", LOG),))
    assert refused(cosign_checkpoint, letter, A, NOW) == "not-a-checkpoint"
    assert refused(evaluate, Policy(), letter) == "not-a-checkpoint"
    assert refused(open_checkpoint, bytes(letter)) == "not-a-checkpoint"


# --- policies ---------------------------------------------------------------------------


def test_a_policy_is_read():
    policy = parse_policy(POLICY.encode())
    assert policy.logs == (LOG.public,)
    assert [(w.name, w.key, w.url) for w in policy.witnesses] == [
        ("a", A.public, "https://a.example/"),
        ("b", B.public, ""),
        ("c", C.public, ""),
        ("d", D.public, ""),
    ]
    assert policy.groups == (
        Group("members", 2, ("a", "b", "c")),
        Group("all-of-it", 2, ("members", "d")),
    )
    assert policy.quorum == "all-of-it"


def test_the_smallest_policies():
    assert parse_policy(b"quorum none") == Policy()
    assert parse_policy(f"witness w {A.public}\nquorum w\n".encode()).quorum == "w"
    words = f"witness all {A.public}\nwitness any {B.public}\ngroup group 2 all any\nquorum group\n"
    assert parse_policy(words.encode()).groups == (Group("group", 2, ("all", "any")),)


def test_names_are_octets():
    for one, other in (("K", "\u212a"), ("é", "e\u0301")):
        text = f"witness {one} {A.public}\nwitness {other} {B.public}\nquorum {other}\n"
        assert parse_policy(text.encode()).witnesses[1].name == other
    raw = b"witness w\x80 %s\nwitness w\x81 %s\ngroup g any w\x80\n" % (
        str(A.public).encode(),
        str(B.public).encode(),
    )
    policy = parse_policy(raw + b"quorum w\x81\n")
    assert has_quorum(policy, [policy.witnesses[1].name])
    assert not has_quorum(policy, [policy.witnesses[0].name])
    assert refused(parse_policy, raw + b"quorum w\x82\n") == "not-a-policy"


def lines(*given):
    return "\n".join([f"witness a {A.public}", f"witness b {B.public}", *given, ""])


TWIN = signing_key("twin.example", A.seed, KeyType.COSIGNATURE)
SELF = signing_key("self.example", LOG.seed, KeyType.COSIGNATURE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no quorum"),
        (lines(), "no quorum"),
        (lines("quorum a", "quorum a"), "line 4.*a quorum already"),
        (lines("quorum none", "quorum none"), "line 4"),
        (lines("quorum c"), 'line 3.*"c"'),
        ("quorum a\n" + lines(), 'line 1.*"a"'),
        (lines("quorum"), "written as: quorum NAME"),
        (lines("quorum a b"), "written as"),
        (lines("qourum a"), 'did you mean "quorum"'),
        ("quorum none\x01\n", "0x01"),
        ("quorum none\r\n", "0x0d"),
        ("quorum none\x7f\n", "0x7f"),
        ("quorum\u00a0none\n", "no keyword"),
        ("log\nquorum none\n", "written as: log KEY"),
        ("log garbage\nquorum none\n", "line 1.*not a key"),
        (f"log {A.public}\nquorum none\n", "key of a log has type 1, not 4"),
        (f"log {LOG.public}\nlog {LOG.public} url\nquorum none\n", "line 2.*key of a log"),
        (f"log {LOG.public} url # why\nquorum none\n", "written as"),
        (f"witness a {LOG.public}\nquorum a\n", "key of a witness has type 4, not 1"),
        (f"witness none {A.public}\nquorum none\n", '"none" is taken'),
        (f"witness a\nquorum {NONE}\n", "written as: witness"),
        (lines(f"witness a {C.public}", "quorum a"), '"a" is taken'),
        (lines(f"witness c {TWIN.public}", "quorum a"), "line 3.*key of a witness already"),
        (f"log {LOG.public}\nwitness a {SELF.public}\nquorum a\n", "key of a log already"),
        (lines("group a any b", "quorum a"), '"a" is taken'),
        (lines("group none any b", "quorum none"), '"none" is taken'),
        (lines("group g any", "quorum g"), "written as: group"),
        (lines("group g 1", "quorum g"), "written as: group"),
        (lines("group g 0 a", "quorum g"), "0 of 1"),
        (lines("group g 2 a", "quorum g"), "2 of 1"),
        (lines("group g -1 a", "quorum g"), "whole number"),
        (lines("group g 01 a", "quorum g"), "whole number"),
        (lines("group g some a", "quorum g"), "whole number"),
        (lines("group g any c", "quorum g"), 'line 3.*"c"'),
        (lines("group g any g", "quorum g"), '"g"'),
        (lines("group g any none a", "quorum g"), '"none"'),
        (lines("group g any a a", "quorum g"), "counts once"),
        (lines("group g any a", "group h any a b", "quorum h"), "line 4.*counts once"),
        ("group g any a\n" + lines("quorum g"), "line 1"),
    ],
)
def test_what_is_no_policy(text, reason):
    with pytest.raises(InvalidInput, match=reason) as caught:
        parse_policy(text.encode())
    assert caught.value.problems[0].code == "not-a-policy"


def test_limits_of_a_policy():
    keys = [signing_key("w", bytes([n // 250, n % 250]) * 16, KeyType.COSIGNATURE) for n in range(MOST_NAMES + 1)]  # fmt: skip
    every = [f"witness w{n} {key.public}\n" for n, key in enumerate(keys)]
    nested = "group g0 any w0\n" + "".join(f"group g{n} all g{n - 1}\n" for n in range(1, 100))
    policy = parse_policy(("".join(every[:-1]) + nested + "quorum g99").encode())
    assert (len(policy.witnesses), len(policy.groups)) == (100, 100)
    assert has_quorum(policy, ["w0"])
    assert not has_quorum(policy, ["w1"])
    for hostile in (
        "".join(every) + "quorum none",
        "".join(every[:-1]) + nested + "group g100 any g99\nquorum none",
        "# " + "x" * LARGEST_POLICY,
        "\n" * LARGEST_POLICY,
        "quorum " * (LARGEST_POLICY // 8),
        "group g any" + " a" * (LARGEST_POLICY // 2 - 9),
    ):
        assert refused(parse_policy, hostile.encode()) == "not-a-policy"


@given(st.binary(max_size=120))
@settings(max_examples=200, deadline=None)
def test_bytes_are_a_policy_or_refused(data):
    for whole in (data, lines().encode() + data):
        try:
            parse_policy(whole)
        except InvalidInput as error:
            assert {problem.code for problem in error.problems} == {"not-a-policy"}


@pytest.mark.parametrize(
    ("cosigned", "enough"),
    [("", 0), ("d", 0), ("ab", 0), ("abc", 0), ("ad", 0), ("abd", 1), ("bcd", 1), ("abcd", 1), ("xyd", 0)],
)  # fmt: skip
def test_the_quorum(cosigned, enough):
    policy = parse_policy(POLICY.encode())
    assert has_quorum(policy, cosigned) == bool(enough)
    assert not has_quorum(policy, ["members", "all-of-it", *cosigned]) or enough


# --- what a checkpoint is worth ---------------------------------------------------------


@pytest.fixture(scope="module")
def policy():
    return parse_policy(POLICY.encode())


def test_a_checkpoint_that_the_policy_trusts(policy):
    found = evaluate(policy, seen_by(A, B, D))
    assert found
    assert (found.log, found.quorum, found.forged, found.problems) == (LOG.public, True, (), ())
    assert found.cosigned == (Cosigned("a", NOW), Cosigned("b", NOW), Cosigned("d", NOW))


def test_too_few_witnesses(policy):
    found = evaluate(policy, seen_by(A, D))
    assert not found
    assert found.log
    assert found.problems == ('the quorum "all-of-it" is not met: cosigned by a, d',)


def test_a_log_that_the_policy_does_not_know(policy):
    elsewhere = Checkpoint("example.org/other", 56, ROOT)
    other = signing_key("example.org/other", bytes(32))
    found = evaluate(policy, seen_by(A, B, D, head=elsewhere, log=other))
    assert not found
    assert found.problems == ('the policy knows no log "example.org/other"',)


def test_a_log_key_signs_for_its_own_origin_only():
    """A policy may name several logs: none of them speaks for another."""
    other = signing_key("example.org/other", bytes(32))
    both = Policy((LOG.public, other.public))
    assert evaluate(both, seen_by()).log == LOG.public
    foreign = Note(str(HEAD), (sign(str(HEAD), other),))
    assert evaluate(both, foreign).problems == ('no key of "example.org/ledger" signed it',)


def test_witnesses_alone_do_not_sign_for_the_log(policy):
    note = Note(str(HEAD), tuple(cosign(str(HEAD), key, NOW) for key in (A, B, D)))
    found = evaluate(policy, note)
    assert (found.quorum, found.log, bool(found)) == (True, None, False)


def test_a_forged_line_spoils_the_checkpoint(policy):
    note = seen_by(A, B, C, D)
    last = note.signatures[-1]
    forged = evolve(last, made=last.made[:-1] + bytes([last.made[-1] ^ 1]))
    found = evaluate(policy, with_signature(note, forged))
    assert (found.forged, bool(found)) == (("d.example",), False)
    spoiled = with_signature(seen_by(A, B, D, C), evolve(note.signatures[3], made=b"x" * 72))
    found = evaluate(policy, spoiled)
    assert found.quorum
    assert found.problems == ('a signature does not hold: "c.example"',)


def test_one_witness_counts_once_whatever_it_signs(policy):
    note = seen_by(D)
    twice = Note(note.text, (*note.signatures, *(cosign(note.text, A, NOW + n) for n in (1, 2))))
    found = evaluate(policy, twice)
    assert [each.time for each in found.cosigned if each.name == "a"] == [NOW + 1, NOW + 2]
    assert not found.quorum


WHOLE = bytes(seen_by(A, B, D))


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
@settings(max_examples=400, deadline=None)
def test_any_changed_byte_of_a_checkpoint_is_found(at, change):
    changed = WHOLE[:at] + bytes([WHOLE[at] ^ change]) + WHOLE[at + 1 :]
    try:
        head, note = open_checkpoint(changed)
    except InvalidInput:
        return
    policy = parse_policy(POLICY.encode())
    assert head != HEAD or not evaluate(policy, note)
