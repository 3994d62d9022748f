"""Hostile input to everything that reads what comes from outside: proofs, checkpoints, policies,
requests, keys, disclosures, tiles, entries, commitments.

Whatever is given, it is understood, or refused with a clear error; in bounded time and memory,
and without showing a secret. What is understood comes back byte for byte.

More of the same, slowly: GOVLEDGER_TEST_PROFILE=thorough.
"""

import json
import os
import signal
import tracemalloc
from base64 import b64encode, urlsafe_b64encode
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govledger import audit, codec
from govledger.errors import GovledgerError, InvalidInput
from govledger.integrity.checkpoint import (
    LARGEST_POLICY,
    Checkpoint,
    Policy,
    cosign_checkpoint,
    open_checkpoint,
    parse_checkpoint,
    parse_policy,
    read_checkpoint,
    sign_checkpoint,
)
from govledger.integrity.merkle import (
    LONGEST_PROOF,
    Frontier,
    append,
    hashes_of,
    leaf_hash,
    plan_consistency,
    plan_inclusion,
    root_over,
)
from govledger.integrity.note import (
    LARGEST_NOTE,
    MOST_SIGNATURES,
    KeyType,
    Note,
    parse_note,
    parse_signing_key,
    parse_verifier_key,
    signing_key,
    to_base64,
    write_signing_key,
)
from govledger.integrity.personal import disclose, disclosure_of, parse_disclosure
from govledger.integrity.proof import LARGEST_PROOF, Proof, parse_proof, prove, verify_proof
from govledger.integrity.tiles import (
    ENTRIES,
    LARGEST_ENTRY,
    Tile,
    parse_entries,
    parse_hashes,
    parse_tile_path,
    write_entries,
    write_hashes,
)
from govledger.integrity.witness import LARGEST_REQUEST, Request, parse_request
from govledger.values import COMMITMENT, WITHHELD, Sealed, sealed

THOROUGH = os.environ.get("GOVLEDGER_TEST_PROFILE") == "thorough"

"""Take the mark away where a test passes."""


def examples(count):
    return settings(max_examples=count * (50 if THOROUGH else 1), deadline=None)


# --- what is right ------------------------------------------------------------------------

LOG = signing_key("example.org/ledger", b"log.............................")
WITNESS = signing_key("auditor.example", b"auditor.........................", KeyType.COSIGNATURE)
TEXTS = [
    b'govledger/1\nmotion/m%d\n1\nmotion.adopted@1\n{"on":"2024-01-01","position":%d,'
    b'"recorded_at":"2024-03-14T09:00:00.000000Z"}' % (n, n)
    for n in range(1, 6)
]
LEAVES = [leaf_hash(entry) for entry in TEXTS]
STORED = dict(append(Frontier(), LEAVES)[1])
HEAD = Checkpoint(LOG.name, len(LEAVES), root_over(LEAVES))
NOTE = cosign_checkpoint(sign_checkpoint(HEAD, LOG), WITNESS, 1_700_000_000)
PROOF = prove(2, hashes_of(plan_inclusion(2, 5), STORED), NOTE, TEXTS[2])
REQUEST = Request(3, hashes_of(plan_consistency(3, 5), STORED), NOTE)
DISCLOSED = disclose("movers", "J. Jansen", b"a salt of 16 ...")
BUNDLE, TILE = Tile(ENTRIES, 0, 3), Tile(0, 0, 3)
POLICY = f"""\
# whose word counts
log {LOG.public} https://example.org/ledger
witness auditor {WITNESS.public}
group any-of-them 1 auditor
quorum any-of-them
""".encode()
SEED = write_signing_key(LOG).rpartition("+")[2]


def text(data):
    """Any bytes as text, nothing lost: what is not UTF-8 becomes surrogates."""
    return data.decode("utf-8", "surrogateescape")


PARSERS = {
    # name: (what reads, an example, what writes it again or None)
    "note": (parse_note, bytes(NOTE), bytes),
    "checkpoint": (lambda data: open_checkpoint(data)[1], bytes(NOTE), bytes),
    "checkpoint text": (lambda data: parse_checkpoint(text(data)), str(HEAD).encode(), str),
    "kept checkpoint": (read_checkpoint, str(HEAD).encode(), None),
    "policy": (parse_policy, POLICY, None),
    "proof": (parse_proof, bytes(PROOF), bytes),
    "request": (parse_request, bytes(REQUEST), bytes),
    "disclosure": (
        lambda data: parse_disclosure(text(data)),
        DISCLOSED.encoded.encode(),
        lambda found: found.encoded,
    ),
    "disclosed array": (
        lambda data: disclosure_of(text(data)),
        DISCLOSED.array.encode(),
        lambda found: found.array,
    ),
    "verifier key": (lambda data: parse_verifier_key(text(data)), str(LOG.public).encode(), str),
    "signing key": (
        lambda data: parse_signing_key(text(data)),
        write_signing_key(LOG).encode(),
        write_signing_key,
    ),
    "tile path": (lambda data: parse_tile_path(text(data)), b"tile/entries/x001/234.p/5", str),
    "entries": (
        lambda data: parse_entries(BUNDLE, data),
        write_entries(BUNDLE, TEXTS[:3]),
        lambda found: write_entries(BUNDLE, found),
    ),
    "hashes": (
        lambda data: parse_hashes(TILE, data),
        write_hashes(TILE, LEAVES[:3]),
        lambda found: write_hashes(TILE, found),
    ),
    "entry": (codec.entry_of, TEXTS[0], codec.entry_bytes),
    "record": (lambda data: codec.decode(codec.entry_of(data)), TEXTS[0], None),
}

each_parser = pytest.mark.parametrize("name", PARSERS)


@contextmanager
def in_time(seconds=10):
    """A guard against hanging, and no measure: what it lets run usually takes milliseconds."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_):
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def understood(name, data):
    """What a parser makes of bytes; None where it refuses them, as it should."""
    read, _, write = PARSERS[name]
    try:
        with in_time():
            found = read(data)
    except GovledgerError as error:
        said = str(error)
        for problem in error.problems:
            assert problem.code
            assert problem.message
            assert problem.hint
        assert not any(SEED[at : at + 8] in said for at in range(len(SEED) - 8)), said
        return None
    if write is not None:
        again = write(found)
        assert (again if isinstance(again, bytes) else again.encode()) == data
    return found


def refused(name, data):
    """The code with which a parser refuses bytes."""
    assert understood(name, data) is None
    with pytest.raises(GovledgerError) as caught:
        PARSERS[name][0](data)
    return caught.value.problems[0].code


@each_parser
def test_what_is_right_is_understood(name):
    assert understood(name, PARSERS[name][1]) is not None


# --- what no text holds -------------------------------------------------------------------

SPOILED = {
    "nothing": lambda data: b"",
    "NUL before": lambda data: b"\0" + data,
    "NUL behind": lambda data: data + b"\0",
    "NUL within": lambda data: data[:9] + b"\0" + data[9:],
    "CRLF": lambda data: data.replace(b"\n", b"\r\n") + b"\r\n",
    "CR": lambda data: data.replace(b"\n", b"\r") + b"\r",
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: data.decode("latin-1").encode("utf-16"),
    "overlong slash": lambda data: b"\xc0\xaf" + data,
    "overlong line end": lambda data: data + b"\xc0\x8a",
    "surrogate": lambda data: data[:8] + b"\xed\xa0\x80" + data[8:],
    "beyond Unicode": lambda data: data + b"\xf4\x90\x80\x80",
    "cut in two": lambda data: data[: len(data) // 2],
    "without its end": lambda data: data[:-1],
    "twice": lambda data: data + data,
    "space before": lambda data: b" " + data,
    "space behind": lambda data: data + b" ",
    "tab behind": lambda data: data + b"\t",
    "line separator": lambda data: data + "\u2028".encode(),
    "next line": lambda data: data + "\x85".encode(),
}

HARMLESS = {
    # A policy is made of words: its spaces, and octets in comments, mean nothing.
    ("policy", "space before"),
    ("policy", "space behind"),
    ("policy", "tab behind"),
    ("policy", "without its end"),
    ("policy", "surrogate"),
    # The text of a note is anybody's.
    ("note", "byte order mark"),
    ("note", "space before"),
    ("note", "twice"),
    # Names of keys may hold what cannot be seen: this is the checkpoint of another log.
    ("checkpoint", "byte order mark"),
    ("checkpoint text", "byte order mark"),
    ("kept checkpoint", "byte order mark"),
    # The three lines of a checkpoint may lack the last line end.
    ("kept checkpoint", "without its end"),
    # Whoever typed them may have left blanks.
    ("kept checkpoint", "CRLF"),
    ("kept checkpoint", "space before"),
    ("kept checkpoint", "space behind"),
    ("kept checkpoint", "tab behind"),
    # JSON may have spaces around it; whether they belong there `verify` tells.
    ("entry", "space behind"),
    ("entry", "tab behind"),
    ("record", "space behind"),
    ("record", "tab behind"),
    ("entry", "CR"),
    ("entry", "CRLF"),
    ("disclosed array", "space before"),
    ("disclosed array", "space behind"),
    ("disclosed array", "tab behind"),
    ("disclosed array", "CR"),
    ("disclosed array", "CRLF"),
}
"""What is understood all the same."""


@pytest.mark.parametrize("how", SPOILED)
@each_parser
def test_spoiled_input_is_refused(name, how):
    data = SPOILED[how](PARSERS[name][1])
    found = understood(name, data)
    assert found is None or (name, how) in HARMLESS


LARGE = {
    "zeros": bytes(4_000_000),
    "line ends": b"\n" * 4_000_000,
    "blanks": b" " * 4_000_000,
    "nines": b"9" * 1_000_000,
    "brackets": b"[" * 1_000_000,
    "braces": b'{"a":' * 400_000,
    "dashes": "— x AAAA\n".encode() * 400_000,
    "plus signs": b"+" * 1_000_000,
    "slashes": b"/x000" * 400_000,
    "base64": b"A" * 4_000_000,
    "no UTF-8": b"\xff" * 4_000_000,
}


@pytest.mark.parametrize("what", LARGE)
@each_parser
def test_large_input_takes_bounded_memory(name, what):
    _, example, _ = PARSERS[name]
    for data in (LARGE[what], example + LARGE[what]):
        tracemalloc.start()
        try:
            assert understood(name, data) is None or (name, what) in WHITE
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 16 * len(data) + 8_000_000


WHITE = {("entry", "blanks"), ("entry", "line ends"), ("record", "blanks"), ("record", "line ends")}
"""JSON with white space behind it."""


# --- limits -------------------------------------------------------------------------------


def lines_of_hashes(count):
    return "".join(f"{to_base64(bytes([n] * 32))}\n" for n in range(count))


@pytest.mark.parametrize("more", range(4))
def test_a_proof_has_63_hashes_at_most(more):
    count = LONGEST_PROOF - 1 + more
    bundle = f"c2sp.org/tlog-proof@v1\nindex 0\n{lines_of_hashes(count)}\n".encode() + bytes(NOTE)
    request = f"old 3\n{lines_of_hashes(count)}\n".encode() + bytes(NOTE)
    for name, data, code in (
        ("proof", bundle, "not-a-proof"),
        ("request", request, "not-a-request"),
    ):
        if count <= LONGEST_PROOF:
            assert len(understood(name, data).hashes) == count
        else:
            assert refused(name, data) == code


def signatures(count):
    made = [f"— s{n}.example {to_base64(bytes(5))}\n" for n in range(count)]
    return f"{HEAD}\n{''.join(made)}".encode()


@pytest.mark.parametrize("more", range(4))
def test_a_note_has_100_signatures_at_most(more):
    count = MOST_SIGNATURES - 1 + more
    top = bytes(PROOF).partition(b"\n\n")[0] + b"\n\n"
    old = bytes(REQUEST).partition(b"\n\n")[0] + b"\n\n"
    for name, data in (
        ("note", signatures(count)),
        ("checkpoint", signatures(count)),
        ("kept checkpoint", signatures(count)),
        ("proof", top + signatures(count)),
        ("request", old + signatures(count)),
    ):
        if count <= MOST_SIGNATURES:
            assert understood(name, data) is not None
        else:
            assert refused(name, data) == "not-a-note"


SIZES = {
    # name: (the largest, what is as large as that)
    "note": (LARGEST_NOTE, lambda size: grown(bytes(NOTE), size)),
    "checkpoint": (LARGEST_NOTE, lambda size: grown(bytes(NOTE), size)),
    "policy": (LARGEST_POLICY, lambda size: POLICY + b"#" * (size - len(POLICY))),
    "proof": (LARGEST_PROOF, lambda size: grown(bytes(PROOF), size)),
    "request": (LARGEST_REQUEST, lambda size: grown(bytes(REQUEST), size)),
}


def grown(data, size):
    return data.removesuffix(b"\n") + b"A" * (size - len(data)) + b"\n"


@pytest.mark.parametrize("name", SIZES)
def test_the_largest_there_may_be(name):
    largest, make = SIZES[name]
    at, above = make(largest), make(largest + 1)
    assert (len(at), len(above)) == (largest, largest + 1)
    if name == "policy":
        assert understood(name, at) is not None
    refused(name, above)
    with pytest.raises(GovledgerError) as caught:
        PARSERS[name][0](above)
    assert f"larger than {largest} bytes" in str(caught.value) or name == "proof"


@pytest.mark.parametrize("size", [LARGEST_ENTRY, LARGEST_ENTRY + 1, 10 * LARGEST_ENTRY])
def test_an_entry_has_a_largest_size(size):
    lines = bytes(PROOF).split(b"\n")
    data = b"\n".join([lines[0], b"extra " + b64encode(b"x" * size), *lines[2:]])
    if size == LARGEST_ENTRY:
        assert len(understood("proof", data).extra) == size
    else:
        assert refused("proof", data) == "not-a-proof"


def test_no_entry_is_longer_than_what_is_there():
    whole = PARSERS["entries"][1]
    for at in range(len(whole)):
        assert understood("entries", whole[:at]) is None
    for length in (b"\xff\xff", b"\0\0", b"\0\1"):
        assert understood("entries", length + whole[2:]) is None
    assert understood("entries", whole + b"\0\0") is None


# --- base64 and numbers -------------------------------------------------------------------

ROOT = to_base64(HEAD.root)

SIX = b"\xfb\xff\xbf" * 10 + b"\xfb\xef"  # as base64 +/+/…, and one digit that says two bits more
STRICT = {
    "as it is written": b64encode(SIX).decode(),
    "for URLs": urlsafe_b64encode(SIX).decode(),
    "without padding": b64encode(SIX).decode().rstrip("="),
    "with more padding": b64encode(SIX).decode() + "=",
    "with bits that do not count": b64encode(SIX).decode().replace("8=", "9="),
    "with a space": b64encode(SIX).decode().replace("+", " "),
    "with a space behind": b64encode(SIX).decode() + " ",
    "with a tab": b64encode(SIX).decode()[:8] + "\t" + b64encode(SIX).decode()[8:],
    "in two lines": b64encode(SIX).decode()[:20] + "\n" + b64encode(SIX).decode()[20:],
    "with padding within": b64encode(SIX[:16]).decode() + b64encode(SIX[16:]).decode(),
    "with wide letters": b64encode(SIX).decode().replace("+", "\uff0b"),
    "empty": "",
}


def with_root(root):
    return f"{LOG.name}\n5\n{root}\n\n— x {to_base64(bytes(68))}\n".encode()


PLACES = {
    # what base64 stands for: (parser, how it stands there)
    "root": ("checkpoint", with_root),
    "root alone": ("kept checkpoint", lambda root: f"{LOG.name}\n5\n{root}\n".encode()),
    "hash": (
        "proof",
        lambda made: f"c2sp.org/tlog-proof@v1\nindex 0\n{made}\n\n".encode() + bytes(NOTE),
    ),
    "extra": (
        "proof",
        lambda made: f"c2sp.org/tlog-proof@v1\nextra {made}\nindex 0\n\n".encode() + bytes(NOTE),
    ),
    "hash of a request": ("request", lambda made: f"old 3\n{made}\n\n".encode() + bytes(NOTE)),
    "signature": ("note", lambda made: f"{HEAD}\n— x {made}\n".encode()),
}


@pytest.mark.parametrize("how", STRICT)
@pytest.mark.parametrize("where", PLACES)
def test_base64_is_written_in_one_way(where, how):
    name, place = PLACES[where]
    found = understood(name, place(STRICT[how]))
    right = how == "as it is written" or (how, where) == ("empty", "extra")
    typed = where == "root alone" and how == "with a space behind"
    assert (found is not None) == (right or typed)


NUMBERS = ["", "-1", "+1", "00", "05", "5.0", "5e0", "0x5", "5 ", " 5", "٥", "５", "5_0", "1,0"]
NUMBERS += [str(2**63), "9" * 19, "9" * 20, "9" * 10**6, "NaN", "Infinity", "1\n"]


@pytest.mark.parametrize("digits", NUMBERS, ids=lambda digits: repr(digits[:24]))
def test_numbers_are_written_in_one_way(digits):
    root = to_base64(bytes(32))
    for name, data in (
        ("checkpoint", f"{LOG.name}\n{digits}\n{root}\n\n— x {to_base64(bytes(68))}\n"),
        ("kept checkpoint", f"{LOG.name}\n{digits}\n{root}\n"),
        ("proof", f"c2sp.org/tlog-proof@v1\nindex {digits}\n\n{NOTE.text}\n— x AAAAAAA=\n"),
        ("request", f"old {digits}\n\n{NOTE.text}\n— x AAAAAAA=\n"),
        ("policy", f"witness a {WITNESS.public}\ngroup g {digits} a\nquorum g\n"),
        ("entry", TEXTS[0].decode().replace("\n1\n", f"\n{digits}\n")),
        ("tile path", f"tile/{digits}/000"),
        ("tile path", f"tile/0/000.p/{digits}"),
    ):
        if name == "kept checkpoint" and digits in ("5 ", " 5", "1\n"):
            continue  # typed by hand, with blanks
        large = name == "entry" and digits.isascii() and len(digits) == 19  # told by `verify`
        assert understood(name, data.encode()) is None or large, name


@pytest.mark.parametrize(
    "origin", ["", " ", "a b", "a+b", "a\tb", "a\u2003b", "é" * 128, "a" * 256]
)
def test_an_origin_is_a_name_that_keys_may_have(origin):
    assert understood("kept checkpoint", f"{origin}\n5\n{ROOT}\n".encode()) is None
    assert (
        understood("checkpoint", with_root(ROOT).replace(LOG.name.encode(), origin.encode()))
        is None
    )


def test_a_proof_of_another_log_is_read_and_never_trusted():
    foreign = Note(NOTE.text.replace(LOG.name, "example.org/other"), NOTE.signatures)
    shown = verify_proof(
        parse_proof(bytes(Proof(2, PROOF.hashes, foreign, TEXTS[2]))), parse_policy(POLICY)
    )
    assert not shown
    assert "knows no log" in shown.problems[0]


# --- JSON ---------------------------------------------------------------------------------

HEADER = b"govledger/1\nmotion/m1\n1\nmotion.adopted@1\n"
RECORDED = '"recorded_at":"2024-03-14T09:00:00.000000Z"'

BODIES = {
    "nothing": "",
    "null": "null",
    "number": "1",
    "text": '"position"',
    "list": "[1]",
    "deep list": "[" * 60_000,
    "deep object": '{"position":' * 5_000,
    "deep and closed": '{"position":1,"data":' + "[" * 20_000 + "]" * 20_000 + "}",
    "no position": "{%s}" % RECORDED,
    "position is text": '{"position":"1"}',
    "position is true": '{"position":true}',
    "position is a float": '{"position":1.0}',
    "position is a large float": '{"position":1e400}',
    "position is null": '{"position":null}',
    "position of a million digits": '{"position":%s}' % ("9" * 10**6),
    "position that is NaN": '{"position":NaN}',
    "lone surrogate": '{"position":1,"note":"\\ud800"}',
    "half": '{"position":1',
    "rubbish behind": '{"position":1} rubbish',
    "two objects": '{"position":1}{"position":1}',
    "comment": '{"position":1 /* one */}',
    "single quotes": "{'position':1}",
    "comma behind": '{"position":1,}',
}


@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_record_is_refused(body):
    data = HEADER + BODIES[body].encode()
    assert understood("record", data) is None
    understood("entry", data)


VALUES = [
    '"data":{"tally":{"in_favour":1e999,"against":0}}',
    '"data":{"tally":{"in_favour":%s,"against":0}}' % ("9" * 50_000),
    '"data":{"tally":{"in_favour":1.5,"against":0}}',
    '"data":{"tally":%s1%s}' % ("[" * 500, "]" * 500),
    '"data":[]',
    '"data":{"subject":"motion/other"}',
    '"data":{"position":7}',
    '"data":{"":1}',
    '"data":{"self":1}',
    '"data":{"meeting":{"_sd":"%s"}}' % ("A" * 43),
    '"recorded_by":{"_sd":"%s"}' % ("A" * 42),
    '"recorded_by":{"_sd":"%s","_sd_alg":"sha-256"}' % ("A" * 43),
    '"recorded_by":{"_sd":["%s"]}' % ("A" * 43),
    '"recorded_by":["a"]',
    '"corrects":-1',
    '"corrects":18446744073709551616',
    '"corrects":true',
    '"note":""',
    '"note":"a\\u0000b"',
    '"note":"\\ud83d"',
    '"note":{"_sd":"%s"}' % ("A" * 43),
    '"key":5',
    '"key":""',
    '"source":7',
    '"on":[]',
    '"on":"2024-13"',
    '"on":%s' % ("[" * 1000 + "]" * 1000),
    '"recorded_at":"2024-03-14T09:00:00.000000Z "',
    '"recorded_at":"2024-02-30T09:00:00.000000Z"',
    '"recorded_at":null',
]


@pytest.mark.parametrize("said", VALUES, ids=lambda said: said[:50])
def test_values_that_no_record_has_are_refused(said):
    fields = {
        '"on"': '"on":"2024-01-01"',
        '"position"': '"position":1',
        '"recorded_at"': RECORDED,
        said.partition(":")[0]: said,
    }
    data = HEADER + "{{{}}}".format(",".join(fields.values())).encode()
    understood("entry", data)
    assert understood("record", data) is None


ARRAYS = {
    "nothing": "",
    "object": '{"salt":"a"}',
    "one": '["only"]',
    "two": f'["{DISCLOSED.salt}","movers"]',
    "four": f'["{DISCLOSED.salt}","movers","J. Jansen","more"]',
    "number": f'["{DISCLOSED.salt}","movers",5]',
    "float": f'["{DISCLOSED.salt}","movers",5.0]',
    "digits": f'["{DISCLOSED.salt}","movers",{"9" * 70_000}]',
    "null": f'["{DISCLOSED.salt}","movers",null]',
    "deep": f'["{DISCLOSED.salt}","movers",{"[" * 90_000}]',
    "object for a text": f'["{DISCLOSED.salt}","movers",{{"a":1}}]',
    "short salt": '["c2FsdA","movers","J. Jansen"]',
    "reserved name": f'["{DISCLOSED.salt}","_sd","J. Jansen"]',
    "dots": f'["{DISCLOSED.salt}","...","J. Jansen"]',
    "no name": f'["{DISCLOSED.salt}","","J. Jansen"]',
    "escaped surrogate": f'["{DISCLOSED.salt}","movers","\\ud800"]',
    "NaN": f'["{DISCLOSED.salt}","movers",NaN]',
    "single quotes": f"['{DISCLOSED.salt}','movers','J. Jansen']",
    "line end in a text": f'["{DISCLOSED.salt}","movers","J.\nJansen"]',
}


@pytest.mark.parametrize("array", ARRAYS)
def test_what_is_no_disclosure_is_refused_and_not_quoted(array):
    encoded = urlsafe_b64encode(ARRAYS[array].encode()).rstrip(b"=")
    for name, data in (("disclosure", encoded), ("disclosed array", ARRAYS[array].encode())):
        assert refused(name, data) == "not-a-disclosure"
        with pytest.raises(InvalidInput) as caught:
            PARSERS[name][0](data)
        assert "Jansen" not in str(caught.value)


@pytest.mark.parametrize("how", ["=", "==", "\n", " ", "+", "/"])
def test_a_disclosure_is_written_in_one_way(how):
    encoded = DISCLOSED.encoded
    assert understood("disclosure", (encoded + how).encode()) is None
    assert understood("disclosure", (encoded[:8] + how + encoded[8:]).encode()) is None


DIGEST = DISCLOSED.digest

MAPPINGS = {
    "nothing": {},
    "no digest": {WITHHELD: True},
    "other keys": {COMMITMENT: DIGEST, "more": 1},
    "algorithm": {COMMITMENT: DIGEST, "_sd_alg": "sha-256"},
    "many keys": {COMMITMENT: DIGEST, **{str(n): n for n in range(100_000)}},
    "not withheld": {COMMITMENT: DIGEST, WITHHELD: False},
    "withheld by one": {COMMITMENT: DIGEST, WITHHELD: 1},
    "withheld by a list": {COMMITMENT: DIGEST, WITHHELD: [True]},
    "withheld by a word": {COMMITMENT: DIGEST, WITHHELD: "true"},
    "null": {COMMITMENT: None},
    "number": {COMMITMENT: 10**10_000},
    "list": {COMMITMENT: [DIGEST]},
    "deeper": {COMMITMENT: {COMMITMENT: DIGEST}},
    "bytes": {COMMITMENT: DIGEST.encode()},
    "empty": {COMMITMENT: ""},
    "padded": {COMMITMENT: DIGEST + "="},
    "line end": {COMMITMENT: DIGEST + "\n"},
    "shorter": {COMMITMENT: DIGEST[:-1]},
    "longer": {COMMITMENT: DIGEST + "A"},
    "huge": {COMMITMENT: "A" * 10**7},
    "other base64": {COMMITMENT: "+/" + DIGEST[2:]},
    "bits that do not count": {COMMITMENT: DIGEST[:-1] + "B"},
    "wide digits": {COMMITMENT: "１" + DIGEST[1:]},
    "NUL": {COMMITMENT: "\0" + DIGEST[1:]},
    "surrogate": {COMMITMENT: "\ud800" + DIGEST[1:]},
    "other keys of other types": {COMMITMENT: DIGEST, 5: True},
}


@pytest.mark.parametrize("case", MAPPINGS)
def test_what_is_no_commitment_is_refused(case):
    with pytest.raises(InvalidInput) as caught, in_time():
        sealed(MAPPINGS[case])
    (problem,) = caught.value.problems
    assert problem.code == "not-a-commitment"
    assert problem.message
    assert problem.hint
    assert len(str(caught.value)) < 300


def test_a_commitment_is_understood():
    assert sealed({COMMITMENT: DIGEST}) == Sealed(DIGEST)
    assert sealed({COMMITMENT: DIGEST, WITHHELD: True}).withheld


@given(
    st.dictionaries(
        st.sampled_from([COMMITMENT, WITHHELD, "other"]) | st.integers(),
        st.text(max_size=50) | st.none() | st.booleans() | st.just(DIGEST) | st.floats(),
    )
)
@examples(300)
def test_any_mapping_is_a_commitment_or_refused(value):
    try:
        found = sealed(value)
    except InvalidInput:
        return
    assert found.said == value


# --- keys ---------------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(len(write_signing_key(LOG))))
def test_no_refusal_shows_a_private_key(at):
    whole = write_signing_key(LOG).encode()
    for put in (b"", b"\0", b" ", b"\n", b"+", b"\xff", b"="):
        understood("signing key", whole[:at] + put + whole[at + 1 :])
        for name in ("verifier key", "note", "checkpoint", "kept checkpoint", "proof", "request"):
            understood(name, whole[:at] + put + whole[at + 1 :])


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"log ",
        b"witness a ",
        b"group g 1 ",
        b"quorum ",
    ],
)
def test_a_private_key_in_a_policy_is_not_shown(before):
    short = write_signing_key(signing_key("a", LOG.seed)).encode()
    for key in (short, write_signing_key(LOG).encode()):
        understood("policy", before + key)
        understood("policy", before + key + b"\n")


# --- reports ------------------------------------------------------------------------------


def reported_of(body, header=HEADER):
    """What is printed of a bundle whose entry is this, in the tree of somebody's own."""
    entry = header + body.encode()
    note = sign_checkpoint(Checkpoint(LOG.name, 1, leaf_hash(entry)), LOG)
    return str(audit.verify_bundle(parse_proof(bytes(prove(0, (), note, entry)))))


FORGED = "x\nOK    policy         signed by example.org/ledger; witnessed by auditor\n"


@pytest.mark.parametrize(
    "said",
    [
        {"data": {FORGED: 1}},
        {"data": {"tally": {"in_favour": FORGED, "against": 0}}},
        {"note": FORGED, "on": FORGED},
        {"note": FORGED},
    ],
    ids=["key", "value", "time", "note"],
)
def test_no_record_can_forge_a_line_of_a_report(said):
    body = {"on": "2024-01-01", "position": 1, "recorded_at": "2024-03-14T09:00:00.000000Z"}
    lines = reported_of(json.dumps(body | said)).split("\n")
    assert len(lines) == 4
    assert [line[6:15] for line in lines[:-1]] == ["record   ", "inclusion", "policy   "]


def test_a_report_of_one_record_stays_short():
    votes = ",".join(["1"] * 30_000)
    body = '{"data":{"tally":{"against":0,"in_favour":1,"roll_call":[%s]}}' % votes
    assert len(reported_of(f'{body},"on":"2024","position":1,{RECORDED}}}')) < 10_000


@pytest.mark.parametrize(
    "body",
    [
        '{"on":"2024-01-01","on":"2025-01-01","position":1,%s}' % RECORDED,
        '{"position":1,"on":"2024-01-01",%s}' % RECORDED,
        '{"on":"2024-01-01","position":1,%s }' % RECORDED,
        '{"on":"2024-\\u00301-01","position":1,%s}' % RECORDED,
    ],
    ids=["duplicate key", "order", "space", "escape"],
)
def test_bytes_that_others_may_read_otherwise_are_not_found_fine(body):
    assert not reported_of(body).startswith("OK    record")


# --- anything whatever --------------------------------------------------------------------


@each_parser
@given(
    data=st.binary(max_size=400) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
)
@examples(40)
def test_any_bytes_are_understood_or_refused(name, data):
    understood(name, data)


ALPHABET = st.sampled_from([*b'\n\r\0 \t+/=-_.x0159AZaz"{}[]:,\\', 0x80, 0xC0, 0xED, 0xFF])


@st.composite
def mutated(draw, whole):
    """A right example, and what accidents and attackers do to it."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.sampled_from([1, 1, 2, 8, 64])))
        match draw(st.sampled_from(["flip", "insert", "delete", "splice", "repeat", "swap"])):
            case "flip" if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "insert":
                data[at:at] = bytes([draw(ALPHABET)]) * draw(st.sampled_from([1, 1, 2, 70]))
            case "delete":
                del data[at:end]
            case "splice":
                # Private keys in the wrong place have a test of their own.
                other = PARSERS[draw(st.sampled_from([n for n in PARSERS if n != "signing key"]))][
                    1
                ]
                start = draw(st.integers(0, len(other)))
                data[at:end] = other[start : start + draw(st.integers(0, 100))]
            case "repeat":
                lines = bytes(data).split(b"\n")
                line = draw(st.integers(0, len(lines) - 1))
                lines[line:line] = [lines[line]] * draw(st.sampled_from([1, 2, 63, 101]))
                data = bytearray(b"\n".join(lines))
            case "swap":
                lines = bytes(data).split(b"\n")
                one, two = (draw(st.integers(0, len(lines) - 1)) for _ in "ab")
                lines[one], lines[two] = lines[two], lines[one]
                data = bytearray(b"\n".join(lines))
    return bytes(data)


@each_parser
@given(st.data())
@examples(60)
def test_what_is_done_to_right_input_is_understood_or_refused(name, data):
    found = understood(name, data.draw(mutated(PARSERS[name][1])))
    if isinstance(found, Proof):
        verify_proof(found, Policy())
        assert str(audit.verify_bundle(found, parse_policy(POLICY)))


@each_parser
def test_every_single_bit_counts_or_is_refused(name):
    """Nothing raises anything else, whichever bit is flipped; what is read comes back."""
    _, whole, _ = PARSERS[name]
    step = 1 if THOROUGH else 3
    for at in range(0, len(whole), step):
        for bit in range(8):
            changed = bytearray(whole)
            changed[at] ^= 1 << bit
            understood(name, bytes(changed))
