"""Every error has a name, a file that provokes it and a golden output, all in `errors/`;
docs/reference/errors.md is generated from them. `pytest --update-golden` writes both anew."""

import ast
import re
import shutil
import sys
import tracemalloc
from unittest.mock import patch
from contextlib import chdir, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import forgery
import own_extension
import pytest
from click.testing import CliRunner

import govledger
from govledger import (
    Electorate,
    GovledgerError,
    InvalidInput,
    Ledger,
    MotionAdopted,
    MotionSubmitted,
    PersonalDataErased,
    Tally,
    signers,
)
from govledger import dataset as yaml_format
from govledger.cli import Failed, main
from govledger.cli.datasets import read_dataset
from govledger.codec import Entry, decode, decode_state, entry_of
from govledger.dataset import LARGEST_FILE, import_dataset, judge_dataset, ledger_options
from govledger.integrity import checkpoint, merkle, note, personal, proof, tiles, witness
from govledger.integrity.checkpoint import Checkpoint, Policy, sign_checkpoint
from govledger.integrity.note import KeyType, VerifierKey, signing_key, write_signing_key
from govledger.interchange import jsonl
from govledger.interchange.tiles import publish
from govledger.report import page
from govledger.rules import FINDINGS, Breach
from govledger.storage.sqlite import SqliteStore
from govledger.together import interrupted
from govledger.integrity.personal import to_hex
from govledger.values import sealed
from govledger.vocabulary import Vocabulary

ERRORS = Path(__file__).parent / "errors"
SOURCE = Path(govledger.__file__).parent

# --- the corpus -------------------------------------------------------------------------
#
# CODE.yaml provokes that code and no other. CODE.VARIANT.yaml does so in another way, and
# stays out of the catalogue. jsonl-CODE.jsonl has a code that YAML has too.

FILES = {
    path.name.removesuffix(path.suffix): path.name
    for path in sorted(ERRORS.iterdir())
    if path.suffix in (".yaml", ".jsonl")
}

HEAD = "govledger: 1\nrecords:\n"
BINS = HEAD + "  - motion.submitted: bins\n    on: 2024-03-01\n    title: Bigger bins\n"
LINE = (
    '{"type": "motion.submitted", "subject": "motion/bins", "on": "2024-03-01",'
    ' "data": {"title": "Bigger bins"}}\n'
)

MADE = {
    "too-large": ("yaml", "A file of more than 32 MiB.", bytes(LARGEST_FILE + 1)),
    "scalar-too-long": (
        "yaml",
        "A note of some 70,000 characters.",
        BINS + "    note: " + "word " * 14_000 + "\n",
    ),
    "not-utf8": (
        "yaml",
        "A title with an é in Latin-1.",
        BINS.replace("Bigger", "Café").encode("latin-1"),
    ),
    "record-too-large": (
        "yaml",
        "A note of 40,000 characters that take two bytes each.",
        BINS + "    note: " + "é" * 40_000 + "\n",
    ),
    "profile-too-large": (
        "yaml",
        "A profile whose title has 50,000 characters.",
        "govledger: 1\nledger: {profile: {name: club@1, title: " + "long " * 10_000 + "}}\n",
    ),
    "too-many-values": (
        "yaml",
        "A list of half a million values.",
        "govledger: 1\nrecords: [" + "1, " * 500_000 + "1]\n",
    ),
    "jsonl-not-utf8": (
        "jsonl",
        "A title with an é in Latin-1.",
        LINE.replace("Bigger", "Café").encode("latin-1"),
    ),
    "line-too-long": (
        "jsonl",
        "A line of more than 1 MiB.",
        LINE.replace("Bigger", "bigger " * 200_000),
    ),
}
"""Files too large or too binary to keep: stem -> (format, what it is, what it holds)."""

NOTICES = {
    "condition-not-met": "2024-06-05",
    "rests-on-no-decision": "2024-06-05",
    "no-decision": "2024-03-01",
    "overdue": "2024-09-01",
    "quorum-unknown": "2024-03-14",
    "term-passed": "2024-06-02",
}
"""Findings that break nothing: code -> the date on which its file shows it."""

BINDING = {
    "unknown-position",
    "other-subject",
    "already-withdrawn",
    "cannot-withdraw",
    "already-open",
    "unknown-profile",
    "unknown-extension",
    "shipped-profile",
    "other-rules",
}
"""Breaches of the book itself, which cannot be flagged."""

DOCUMENTS = {"document-missing", "span-outside", "span-differs"}
"""What `check --documents documents` finds, and nothing else does."""

CHECK_ONLY = DOCUMENTS | {"expectation-failed"}
"""What an import does not judge: citations and expectations."""

CALLS = {
    "unknown-mode": 'ledger.record(motion, breaches="ignore")',
    "no-events": "ledger.record()",
    "long-key": "ledger.record(motion, key=201 * 'k')",
    "not-an-event": 'ledger.record("motion.adopted")',
    "key-conflict": 'ledger.record(motion, key="mail-17")\nledger.record(adoption, key="mail-17")',
    "not-yet": "with ledger.batch() as batch: print(batch.record(motion).records)",
    "interrupted": "raise interrupted(KeyboardInterrupt())",
    "naive-clock": "Ledger.in_memory(clock=lambda: datetime(2024, 3, 14))",
    "clock-ran-back": "clock.now -= timedelta(hours=1)\nledger.record(motion)",
    "unknown-store": 'Ledger.open("mysql://server/ledger")',
    "same-place": 'with Ledger.open("club.db") as club: club.copy_to("club.db")',
    "not-a-copy": 'Ledger.open("other.db", name="Other").close()\nledger.copy_to("other.db")',
    "not-a-database": 'ledgers("club.db")',
    "not-a-day": 'page(ledger, "2018-06")',
    "no-jinja": "with without_jinja(): page(ledger)",
    "no-driver": 'with undriven(): Ledger.open("postgresql://localhost/club?ledger=vng")',
    "not-opened": """Ledger(SqliteStore.in_memory(Entry(1, "motion/bins", 1, "motion.lapsed@1", b'{"on":"2024","position":1,"recorded_at":"2024-03-14T09:00:00.000000Z"}'))).name""",
    "unreadable-record": 'decode(Entry(2, "motion/bins", 1, "motion.adopted@1", b"{}"))',
    "unknown-record-type": 'decode(Entry(2, "motion/bins", 1, "motion.adjourned@1", b"{}"))',
    "unknown-status": 'ledger.as_of("2024-03-14", status="held over")',
    "unknown-subject": 'ledger.as_of("2024-03-14", after="motion/nobody-spoke-of")',
    "damaged-row": 'decode_state("motion/bins", b"{}")',
    "numbers-and-events": "ledger.import_events([motion], numbers=[1, 2])",
    "lost-record": "ledger.follow(after=12)",
    "not-a-timeout": "ledger.follow(timeout=-1)",
    "unknown-cursor": 'ledger.move_cursor("web", 1)\nledger.move_cursor("wbe", None)',
    "missing-extension": "with kept_without() as kept: kept.record(motion)",
    "not-a-version": 'Extension(name="budget")',
    "unfit-value": "Vocabulary((own.EUROS,)).event(own.EurosPaid, own.WORDS)",
    "comes-back-otherwise": "Ledger.in_memory(extensions=[own.EUROS]).record(own.PAID)",
    "name-clash": "Ledger.in_memory(extensions=[own.GRANTS, attrs.evolve(own.GRANTS, rules={})])",
    "unnamed-subject": "Ledger.in_memory(extensions=[own.NOSY]).record(motion)",
    "twice": 'Extension(name="own@1", subjects=(own.SUBJECT,), events=2 * (own.GrantGiven,))',
    "not-a-type": 'Extension(name="own@1", events=(own.Ours,))',
    "shared-field": 'Extension(name="own@1", subjects=(own.NOTED,))',
    "not-a-kind": 'Extension(name="own@1", subjects=(attrs.evolve(own.SUBJECT, kind="motion"),))',
    "not-plain": 'Extension(name="own@1", events=(own.Slotted,), subjects=(own.SUBJECT,))',
    "half-personal": 'Extension(name="own@1", events=(own.Known,), subjects=(attrs.evolve(own.SUBJECT, kind="guest"),))',
    "no-transition": "attrs.evolve(own.GRANTS, events=(*own.GRANTS.events, own.Mentioned))",
    "no-status": "attrs.evolve(own.GRANTS, subjects=(attrs.evolve(own.SUBJECT, state=own.SubjectState),))",
    "no-converter": 'Extension(name="own@1", events=(own.Careless,), subjects=(own.SUBJECT,))',
    "unfit-field": 'Extension(name="own@1", subjects=(own.SHARE,))',
    "unknown-annotation": 'Extension(name="own@1", subjects=(own.UNREADABLE,))',
    "foreign-transition": 'Extension(name="own@1", transitions=LIFECYCLE[:1])',
    "rule-of-nothing": 'Extension(name="own@1", rules={own.Slotted: own.rests})',
    "unknown-language.extension": 'Extension(name="own@1", labels={"de": {"adopted": "angenommen"}})',
    "unknown-position.known-at": 'ledger.as_of("2024-03-14", known_at=99)',
}
"""Errors that a program provokes, and no file: stem -> statements of which the last raises."""

PROOFS = {
    # keys
    "not-a-key-name": 'new_key(Path("new.key"), "example.org/our ledger", KeyType.ED25519)',
    "not-a-key": 'parse_verifier_key("example.org/ledger")',
    "unknown-key-type": 'parse_verifier_key("example.org/ledger+fd5d63d4+Ag==")',
    "wrong-key-id": 'parse_verifier_key(str(log.public).replace("ledger", "Ledger"))',
    "wrong-key-type": "cosign_checkpoint(note, log, 1_700_000_000)",
    "ambiguous-key": "verify_note(note, [log.public, twin_of(log.public)])",
    "key-exists": 'new_key(key, "example.org/ledger", KeyType.ED25519)',
    "key-exposed": "key.chmod(0o644)\nread_key(key)",
    "no-key": 'read_key(Path("nowhere.key"))',
    "not-found": 'new_key(Path("nowhere/new.key"), "example.org/ledger", KeyType.ED25519)',
    "disk-error": 'read_key(Path("."))',
    # signing and witnessing
    "foreign-origin": "sign_checkpoint(Checkpoint("
    '"example.org/other", 1, ledger.checkpoint().root), log)',
    "inconsistent-tree": "sign(key, ledger.checkpoint(1), ledger.consistency)\n"
    "sign(key, ledger.checkpoint(0), ledger.consistency)",
    "no-memory": 'Path("club.key.memory").unlink()\n'
    "sign(key, ledger.checkpoint(), ledger.consistency)",
    "damaged-memory": 'Path("club.key.memory").write_text("none")\n'
    "sign(key, ledger.checkpoint(), ledger.consistency)",
    "old-memory": "sign(key, ledger.checkpoint(), ledger.consistency)\n"
    "ledger.record(motion)\n"
    "later = sign_checkpoint(ledger.checkpoint(), log)\n"
    "sign(key, ledger.checkpoint(), ledger.consistency, [later])",
    "memory-full": 'fill(Path("ann.key.memory"))\n'
    "cosign(ann, note, policy, ledger.consistency, now)",
    "unsigned-checkpoint": "unsigned = Note(note.text, ())\n"
    "cosign(ann, unsigned, policy, ledger.consistency, now)",
    "no-consistency": "cosign(ann, note, policy, ledger.consistency, now)\n"
    "ledger.record(motion)\n"
    "later = sign_checkpoint(ledger.checkpoint(), log)\n"
    'Path("later.checkpoint").write_bytes(bytes(later))\n'
    'govledger("checkpoint --cosign later.checkpoint --key ann.key --policy logs.policy")',
    "unknown-size": 'Path("now.checkpoint").write_bytes(bytes(note))\n'
    'govledger("checkpoint --since 9 --checkpoint now.checkpoint")',
    "other-old-size": "cosign(ann, note, policy, ledger.consistency, now)\n"
    "ledger.record(motion)\n"
    "later = sign_checkpoint(ledger.checkpoint(), log)\n"
    "cosign(ann, later, policy, consistency_of(Request(0, (), later)), now)",
    "too-many-signatures": "many = Note(note.text, 100 * note.signatures)\n"
    "cosign_checkpoint(many, witness, 1_700_000_000)",
    "not-a-time.signing": "cosign_checkpoint(note, witness, -1)",
    # what comes from outside
    "not-a-note": 'parse_note(b"example.org/ledger\\n5\\n")',
    "not-a-note-text": 'sign_text("a line without an end", log)',
    "not-a-checkpoint": 'parse_checkpoint("example.org/ledger\\n5\\n")',
    "not-a-number": 'parse_checkpoint("example.org/ledger\\n05\\nAA==\\n")',
    "not-base64": 'parse_checkpoint("example.org/ledger\\n5\\nAB==\\n")',
    "not-a-policy": 'parse_policy(b"witness ann\\nquorum ann\\n")',
    "not-a-request": 'parse_request(b"old 5\\n\\n" + bytes(note))',
    "not-a-proof": 'parse_proof(b"index 0\\n\\n" + bytes(note))',
    "not-a-tile": 'parse_tile_path("tile/0/1234")',
    "not-an-entry": 'entry_of(b"an entry of another kind of log")',
    "foreign-checkpoint": "other = Checkpoint(ledger.origin, 1, bytes(32))\n"
    "ledger.prove(1, sign_checkpoint(other, log))",
    "not-covered": "ledger.record(motion)\nledger.prove(2, note)",
    "not-proven": 'prove(0, (), note, b"another entry")',
    # the tree
    "not-a-tree-size": "root_nodes(-1)",
    "not-in-the-tree": "plan_inclusion(5, 5)",
    "not-an-extension": "plan_consistency(5, 4)",
    "not-a-frontier": "Frontier(5, ())",
    "not-a-hash": 'write_hashes(Tile(0, 0, 1), [b"5f3c"])',
    "missing-node": "hashes_of(plan_inclusion(4, 8), {})",
    # publishing
    "not-published": 'Path("public").write_text("mine")\npublish(ledger, note, Path("public"))',
    "published-otherwise": 'Path("checkpoint").write_text("mine")\n'
    'publish(ledger, note, Path("."))',
    "altered": "with altered_ledger() as altered: publish("
    'altered, sign_checkpoint(altered.checkpoint(), log), Path("public"))',
    # personal data
    "nothing-to-erase": 'ledger.erase(name="J. Jansen", basis="GDPR art. 17(1)(a)")',
    "open-texts": "with old_ledger() as old: "
    "old.prove(3, sign_checkpoint(old.checkpoint(), signing_key(old.origin, bytes(32))))",
    "not-erased": "ledger.record(motion_by)\n"
    'ledger.record(PersonalDataErased("ledger/self", on="2024-03-14", count=1, basis="none",'
    " digests=[digest_of_mover(ledger)]))",
    "sealed-text": 'MotionSubmitted("bins", title=sealed({"_sd": 43 * "A"}), on="2024-03-01")',
    "not-a-commitment": 'sealed({"_sd": "5f3c"})',
    "other-name": 'import_dataset(ledger, moved_by("A. Aarts"))\n'
    'import_dataset(ledger, moved_by("E. Evers"))',
    "not-a-disclosure": 'parse_disclosure("5f3c")',
    "damaged-disclosure": "with renamed_ledger() as renamed: list(renamed.log())",
}
"""Errors of proofs, keys and erasing, as above."""

VOTES = {
    "empty-sheet": 'Tally.from_csv("\\n")',
    "not-csv": """Tally.from_csv('member,choice\\n"Anna,yes\\n')""",
    "missing-column": 'Tally.from_csv("member,weight\\nAnna,2\\n")',
    "unknown-column": 'Tally.from_csv("member,choice,wieght\\nAnna,yes,2\\n")',
    "column-twice": 'Tally.from_csv("lid;stem;lid\\nAnna;voor;Bram\\n")',
    "extra-cell": 'Tally.from_csv("lid;stem\\nAnna;voor;2\\n")',
    "not-a-roll-call": 'Tally(in_favour=1, against=1, roll_call={"members": ["Anna"], "choices": "+-"})',
    "member-twice": 'Tally.from_csv("lid;stem\\nAnna;voor\\nAnna;tegen\\n")',
    "unknown-member": 'Tally.from_csv("lid;stem\\nGoess;voor\\n", electorate=Electorate({"Ede": 12, "Goes": 4}))',
    "weight-differs": 'Tally.from_csv("lid;stem;gewicht\\nEde;voor;11\\n", electorate=Electorate({"Ede": 12}))',
    "not-a-period": 'Electorate.from_csv("member,from,until\\nEde,2024-01-01,2023-12-31\\n")',
    "other-electorate": 'tally = Tally.from_csv("member,choice,weight\\nEde,for,11\\n")\n'
    'raise InvalidInput(Electorate({"Ede": 11, "Goes": 4}).differences(tally)[0])',
}
"""Errors of votes and registers of members, as above."""

AGAIN = {"other-name"}
"""What is told of a file that was imported before, and of no other."""

UNPROVOKED = {"disk-full", "no-access"}
"""What only a disk provokes; `test_signers.py` does so."""

JUDGED = [stem for stem in (*FILES, *MADE) if stem not in NOTICES]


def code_of(stem):
    return stem.removeprefix("jsonl-").partition(".")[0]


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture
def at(monkeypatch, tmp_path):
    """Stand in the folder of a case, where its file is; gives the file's name."""
    monkeypatch.delenv("GOVLEDGER_LEDGER", raising=False)

    def stand(stem):
        if stem in FILES:
            monkeypatch.chdir(ERRORS)
            return FILES[stem]
        format_, _, content = MADE[stem]
        monkeypatch.chdir(tmp_path)
        return write(Path(f"{stem}.{format_}"), content).name

    return stand


def run(*words):
    result = CliRunner().invoke(main, [str(word) for word in words], prog_name="govledger")
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception  # a traceback, which no input may cause
    return result


def check(stem, name):
    return run("check", name, *(("--documents", "documents") if stem in DOCUMENTS else ()))


def codes(output):
    return re.findall(r"error\[([a-z0-9-]+)\]", output)


def places(output):
    return [
        (int(line), int(column), code)
        for line, column, code in re.findall(r"^\S+?:(\d+):(\d+): error\[(.+?)\]", output, re.M)
    ]


# --- each error -------------------------------------------------------------------------


@pytest.mark.parametrize("stem", JUDGED)
def test_check_names_the_error(stem, at, golden):
    result = check(stem, at(stem))
    assert set(codes(result.output)) == {code_of(stem)}
    assert result.exit_code == 3
    assert result.output.endswith("1 problem.\n")
    golden(f"tests/errors/{stem}.txt", result.output)


@pytest.mark.parametrize("stem", FILES)
def test_carets_stay_within_their_line(stem, at):
    for problem in judge_dataset(read_dataset(Path(at(stem)))):
        there = problem.place
        end = there.column - 1 + there.width
        assert 1 <= there.column
        assert end <= len(there.excerpt) or there.width == 1, str(problem)
        assert there.excerpt == ERRORS.joinpath(FILES[stem]).read_text().split("\n")[there.line - 1]


MARKED = {
    "not-yaml.quote": (5, '"Bigger bins'),
    "not-json": (2, '"'),
    "jsonl-unknown-choice": (2, '"choice": "no"'),
    "jsonl-not-text": (1, '"title": 5'),
    "half-a-citation": (10, "[45, 103]"),
    "half-an-until": (10, "the next assembly"),
    "span-differs": (11, "[46, 104]"),
    "unknown-field.deep": (12, "wieght"),
    "unknown-choice": (13, "no}"),
    "wrong-kind.field": (8, "motion/bins"),
    "missing-field.deep": (8, "in_favour"),
}
"""stem -> the line that is marked, and what stands there from the first caret on."""


@pytest.mark.parametrize("stem", MARKED)
def test_carets_mark_what_is_wrong(stem, at):
    number, column, _ = places(check(stem, at(stem)).output)[0]
    excerpt = (ERRORS / FILES[stem]).read_text().split("\n")[number - 1]
    line, marked = MARKED[stem]
    assert number == line
    assert excerpt[column - 1 :].startswith(marked)
    assert marked or column > len(excerpt)


def noticed(stem, name):
    with Ledger.in_memory() as ledger:
        import_dataset(ledger, read_dataset(Path(name)))
        found = ledger.findings(as_of=NOTICES[stem])
        before = ledger.findings(as_of="2024-02-29")
    assert before == ()
    return "".join(f"notice[{notice.code}]: {notice.message}\n" for notice in found)


@pytest.mark.parametrize("stem", NOTICES)
def test_notices_break_nothing(stem, at, golden):
    name = at(stem)
    assert check(stem, name).exit_code == 0
    said = noticed(stem, name)
    assert said.startswith(f"notice[{stem}]: ")
    golden(f"tests/errors/{stem}.txt", said)


class Clock:
    now = datetime(2024, 3, 14, 20, tzinfo=UTC)

    def __call__(self):
        return self.now


LOG = signing_key("example.org/ledger", b"log.............................")
WITNESS = signing_key("example.net/ann", b"ann.............................", KeyType.COSIGNATURE)

PROVING = {
    **{"sign_text": note.sign, "Path": Path, "KeyType": KeyType, "Checkpoint": Checkpoint},
    **{"publish": publish, "entry_of": entry_of, "sealed": sealed},
    **{name: getattr(signers, name) for name in ("new_key", "read_key", "sign", "cosign")},
    **{name: vars(note)[name] for name in "Note parse_note parse_verifier_key verify_note".split()},
    **{name: getattr(checkpoint, name) for name in ("parse_checkpoint", "parse_policy")},
    **{name: getattr(checkpoint, name) for name in ("sign_checkpoint", "cosign_checkpoint")},
    **{name: getattr(proof, name) for name in ("prove", "parse_proof")},
    **{name: getattr(tiles, name) for name in ("Tile", "write_hashes", "parse_tile_path")},
    **{name: getattr(witness, name) for name in ("Request", "parse_request", "consistency_of")},
    **{"parse_disclosure": personal.parse_disclosure, "signing_key": signing_key},
    "PersonalDataErased": PersonalDataErased,
    "motion_by": MotionSubmitted("bins", title="Bins", movers="A. Aarts", on="2024-03-01"),
}
"""What programs about proofs import."""


def proving(ledger):
    """Key files of a log and of a witness, and what they may be used for."""
    for name, key in (("club", LOG), ("ann", WITNESS)):
        file = Path(f"{name}.key")
        file.write_text(f"{write_signing_key(key)}\n")
        file.chmod(0o600)
        Path(f"{name}.key.memory").write_text("{}\n")
    Path("logs.policy").write_text(f"log {LOG.public}\nquorum none\n")
    return {
        **{"log": LOG, "key": Path("club.key"), "witness": WITNESS, "ann": Path("ann.key")},
        **{"policy": Policy((LOG.public,)), "now": lambda: 1_700_000_000},
        **{"note": sign_checkpoint(ledger.checkpoint(), LOG), "twin_of": twin_of, "fill": fill},
        **{"altered_ledger": altered_ledger, "govledger": command},
        **{
            "renamed_ledger": renamed_ledger,
            "old_ledger": old_ledger,
            "digest_of_mover": digest_of_mover,
            "MotionSubmitted": MotionSubmitted,
        },
        **{"import_dataset": import_dataset, "moved_by": moved_by},
    }


def twin_of(key):
    """Another key with the same name and id, as nobody can easily make one."""

    class Twin(VerifierKey):
        id = key.id

    return Twin(key.name, key.type, bytes(32))


def fill(memory):
    """Let a key remember as many logs as there is room for."""

    def head(name):
        return f'"{name}":{{"root":"{note.to_base64(bytes(32))}","size":5}},'

    room, each = signers.LARGEST_MEMORY - 3, len(head(200 * "0"))
    heads = [head(f"{number:0200}") for number in range(room // each)]
    rest = room - each * len(heads) - len(head(""))
    heads += [head(rest * "x")] if rest > 0 else []
    memory.write_text("{%s}\n" % "".join(heads).removesuffix(","))


@contextmanager
def altered_ledger(alter=forgery.edit, text="Smaller bins"):
    """A ledger of which somebody altered a record."""
    with Ledger.open("ledger.db", origin=LOG.name) as ledger:
        ledger.record(MotionSubmitted("bins", title="Bins", movers="A. Aarts", on="2024-03-01"))
    alter("ledger.db", 2, text, thorough=False)
    with Ledger.open("ledger.db") as ledger:
        yield ledger


def renamed_ledger():
    """A ledger of which somebody altered what discloses a name."""
    return altered_ledger(forgery.rename, "E. Evers")


def old_ledger():
    """A ledger of an older format, whose records hold names."""
    shutil.copy(Path(__file__).parent / "ledgers" / "format-2" / "balv.db", "old.db")
    return Ledger.open("old.db")


def digest_of_mover(ledger):
    """The digest by which the last record commits to its mover."""
    (record,) = ledger.log(after=ledger.head() - 1, sealed=True)
    return to_hex(record.event.movers[0].digest)


def moved_by(name):
    """A dataset that names somebody."""
    return read_dataset(write(Path("bins.yaml"), f"{BINS}    movers: {name}\n"))


def command(line):
    """Run a command, and let the error of the library out."""
    try:
        main(line.split(), prog_name="govledger", standalone_mode=False)
    except Failed as failed:
        raise failed.error from None


@contextmanager
def in_empty_folder():
    with TemporaryDirectory() as folder, chdir(folder):
        yield


def kept_without():
    """A ledger that is kept with an extension, opened without it."""
    with Ledger.open("club.db", extensions=[own_extension.GRANTS]) as club:
        club.record(MotionSubmitted("lamps", title="Lamps", on="2024-03-01"))
    return Ledger.open("club.db")


def undriven():
    """Where the driver of PostgreSQL is not installed."""
    return patch.dict(sys.modules, {"govledger.storage.postgres.place": None})


def without_jinja():
    """Where Jinja2 is not installed."""
    return patch.dict(sys.modules, {"jinja2": None})


def called(stem):
    clock = Clock()
    with Ledger.in_memory(clock, origin=LOG.name) as ledger, in_empty_folder():
        names = {
            **{"ledger": ledger, "clock": clock, "datetime": datetime, "timedelta": timedelta},
            **{"Ledger": Ledger, "SqliteStore": SqliteStore, "Entry": Entry},
            **{"decode": decode, "decode_state": decode_state, "undriven": undriven},
            **{"Tally": Tally, "Electorate": Electorate, "InvalidInput": InvalidInput},
            "interrupted": interrupted,
            **{"page": page, "without_jinja": without_jinja},
            **{
                "own": own_extension,
                "Vocabulary": Vocabulary,
                "attrs": attrs,
                "Extension": govledger.Extension,
            },
            **{"LedgerExtended": govledger.LedgerExtended, "LIFECYCLE": govledger.LIFECYCLE},
            "kept_without": kept_without,
            "ledgers": govledger.ledgers,
            "motion": MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
            "adoption": MotionAdopted("bins", on="2024-03-14"),
        }
        if stem in PROOFS:
            names = {**vars(merkle), **PROVING, **names, **proving(ledger)}
        *before, last = {**CALLS, **VOTES, **PROOFS}[stem].split("\n")
        for line in before:
            exec(line, names)
        with pytest.raises(GovledgerError) as caught:
            exec(last, names)
        assert ledger.verify()
    return f"{caught.value}\n"


@pytest.mark.parametrize("stem", [*CALLS, *VOTES, *PROOFS])
def test_calls_name_the_error(stem, golden):
    said = called(stem)
    assert codes(said) == [code_of(stem)]
    golden(f"tests/errors/{stem}.txt", said)


# --- the corpus is complete -------------------------------------------------------------


def raised_in(module):
    """The codes that a module names where it raises or describes a problem."""
    found = set()
    for node in ast.walk(ast.parse((SOURCE / module).read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [word.value for word in node.keywords if word.arg == "code"]
            if name in ("invalid", "refused", "_say", "_breach"):
                given += node.args[:1]
            if name in ("_unreadable", "_fault", "fault", "_problem"):
                given += node.args[1:2]
            if name == "one_of":
                given += node.args[2:3]
            found |= {g.value for g in given if isinstance(g, ast.Constant)}
    return found


BELOW = set().union(
    *(
        raised_in(f"{name}.py")
        for name in "values when sheets votes source profiles events codec state ledger erasing recording together drafts following extension vocabulary storage/places storage/copying storage/tables/registers report/page report/shell".split()
    )
)

PROVEN = set().union(
    *(raised_in(path.relative_to(SOURCE)) for path in (SOURCE / "integrity").glob("*.py")),
    *map(raised_in, ["signers.py", "interchange/tiles.py", "cli/proof.py"]),
    {code for code, *_ in signers._FAULTS.values()},
    {"disk-error"},
)


def test_every_code_of_proofs_has_a_case():
    assert len(PROVEN) > 40, "the codes are found"
    cases = {code_of(stem) for stem in PROOFS}
    assert cases >= PROVEN - UNPROVOKED
    assert cases <= PROVEN | BELOW | AGAIN, "a case without an error"
    assert PROVEN >= UNPROVOKED


def test_every_code_has_a_case():
    assert len(BELOW) > 30, "the codes are found"
    plain = {**FILES, **{stem: format_ for stem, (format_, *_) in MADE.items()}}
    plain = {stem: name for stem, name in plain.items() if "." not in stem}
    in_yaml = {code_of(stem) for stem, name in plain.items() if name.endswith("yaml")}
    in_jsonl = {code_of(stem) for stem, name in plain.items() if name.endswith("jsonl")}
    called = {code_of(stem) for stem in (*CALLS, *VOTES, *PROOFS)}
    assert set(yaml_format.PROBLEMS) | set(FINDINGS) <= in_yaml
    assert set(jsonl.PROBLEMS) <= in_jsonl
    assert BELOW | AGAIN <= in_yaml | called
    known = {*yaml_format.PROBLEMS, *jsonl.PROBLEMS, *FINDINGS, *BELOW, *PROVEN, *AGAIN}
    assert in_yaml | in_jsonl | called <= known, "a case without an error"


def test_the_tables_hold_every_code():
    for room in (SOURCE / "dataset").glob("*.py"):
        assert raised_in(f"dataset/{room.name}") <= set(yaml_format.PROBLEMS) | AGAIN
    assert raised_in("interchange/jsonl.py") <= set(jsonl.PROBLEMS)
    assert raised_in("rules.py") <= set(FINDINGS)


def test_every_golden_output_has_a_case():
    assert {path.stem for path in ERRORS.glob("*.txt")} <= {*FILES, *MADE, *CALLS, *VOTES, *PROOFS}


def test_the_corpus_is_small():
    for name in FILES.values():
        assert (ERRORS / name).stat().st_size < 1000, name


# --- nothing is written -----------------------------------------------------------------


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory):
    """Gives a copy of a ledger with one motion, of the profile and zone that are wanted."""
    folder, made = tmp_path_factory.mktemp("ledgers"), {}

    def copy(dataset, path):
        options = ledger_options(dataset)
        known = tuple(sorted(options.items()))
        if known not in made:
            made[known] = folder / f"{len(made)}.db"
            with Ledger.open(made[known], **options) as ledger:
                ledger.record(MotionSubmitted("paths", title="Paths", on="2024-01-01"))
        return shutil.copy(made[known], path)

    return copy


def refuse(name, path):
    """Import a file, which must fail, and leave the ledger byte for byte as it was."""
    before = path.read_bytes()
    result = run("--ledger", path, "import", name)
    assert path.read_bytes() == before
    assert [other.name for other in path.parent.iterdir() if "ledger.db" in other.name] == [
        "ledger.db"
    ]
    assert result.exit_code == 1, result.output
    assert codes(result.output)
    assert run("--ledger", path, "verify").exit_code == 0
    return result.output


# An import counts the values of each record: none of this list is one.
OTHERWISE = {"too-many-values"}

IMPORTED = [stem for stem in JUDGED if code_of(stem) not in CHECK_ONLY | OTHERWISE]


@pytest.mark.parametrize("stem", IMPORTED)
def test_import_refuses(stem, at, ledgers, tmp_path):
    name = at(stem)
    path = ledgers(read_dataset(Path(name)), tmp_path / "ledger.db")
    said = refuse(name, path)
    # Positions of YAML are those of the ledger it comes into, where others hold records.
    assert code_of(stem) in codes(said) or code_of(stem) in BINDING


BREACHES = [
    stem
    for stem, name in FILES.items()
    if name.endswith(".yaml") and code_of(stem) in FINDINGS and stem not in NOTICES
]


OF_HEADS = ("unknown-profile.head", "unknown-profile.extends", "shipped-profile.head")
"""Codes of breaches that are found before anything is recorded."""


@pytest.mark.parametrize("stem", [s for s in BREACHES if s not in OF_HEADS])
def test_breaches_can_be_flagged_unless_they_are_of_the_book(stem, at, ledgers, tmp_path):
    dataset = read_dataset(Path(at(stem)))
    (breach,) = judge_dataset(dataset)
    assert isinstance(breach, Breach)
    assert breach.binding == (stem in BINDING)
    path = ledgers(dataset, tmp_path / "ledger.db")
    result = run("--ledger", path, "import", FILES[stem], "--flag-breaches")
    assert result.exit_code == (1 if breach.binding else 0), result.output
    with Ledger.open(path, create=False) as ledger:
        assert ledger.head() == (2 if breach.binding else 2 + len(dataset.entries))
        found = [finding.code for finding in ledger.findings(as_of="2024-12-31")]
        assert found == ([] if breach.binding else [code_of(stem)])
        assert ledger.verify()


@pytest.mark.parametrize("stem", sorted(CHECK_ONLY))
def test_import_does_not_judge_expectations_and_citations(stem, at, ledgers, tmp_path):
    dataset = read_dataset(Path(at(stem)))
    path = ledgers(dataset, tmp_path / "ledger.db")
    assert run("--ledger", path, "import", FILES[stem]).exit_code == 0


# --- all at once ------------------------------------------------------------------------

WRONG = """\
govledger: 1
ledger: {name: club, timezone: Europe/Amsterdm, profil: general@1}
documents:
  minutes: {sha256: 12}
records:
  - motion.submitted: Bigger Bins
    on: 2024-02-30
    titel: Bigger bins
  - motion.adoptd: bins
  - motion.adopted: bins
    tally: {in_favour: many, against: 12.5}
expect:
  - {as_of: 2024-03-14, motion: bins, state: adopted}
"""


def test_all_problems_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(Path("wrong.yaml"), WRONG)
    expected = [
        (2, 32, "unknown-timezone"),
        (2, 49, "unknown-field"),
        (4, 21, "not-a-digest"),
        (6, 5, "missing-field"),
        (6, 23, "not-a-subject"),
        (7, 9, "impossible-date"),
        (8, 5, "unknown-field"),
        (9, 5, "unknown-type"),
        (10, 5, "missing-field"),
        (11, 24, "not-a-count"),
        (11, 39, "not-a-count"),
        (13, 39, "unknown-field"),
    ]
    checked = run("check", "wrong.yaml")
    assert places(checked.output) == expected
    assert checked.exit_code == 3
    assert checked.output.endswith("\nwrong.yaml; 12 problems.\n")
    imported = run("import", "wrong.yaml")
    assert places(imported.output) == expected
    assert imported.exit_code == 1
    assert imported.output.endswith("\n\n12 problems in 1 file; nothing was imported.\n")
    assert not Path("govledger.db").exists()


def test_all_breaches_and_expectations_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    body = "  - motion.adopted: lids\n    on: 2024-03-02\n    meeting: assembly\n"
    body += "  - motion.completed: bins\n    on: 2024-03-01\n"
    body += "expect:\n  - {as_of: 2024-03-01, motion: bins, status: lapsed, decision: adopted}\n"
    write(Path("wrong.yaml"), BINS + body)
    breaches = [
        (6, 5, "not-on-record"),
        (8, 14, "unknown-reference"),
        (9, 5, "not-adopted"),
    ]
    checked = run("check", "wrong.yaml")
    assert places(checked.output) == [
        *breaches,
        (12, 47, "expectation-failed"),
        (12, 65, "expectation-failed"),
    ]
    assert checked.output.endswith("; 5 problems.\n")
    imported = run("import", "wrong.yaml")
    assert places(imported.output) == breaches
    assert imported.output.endswith("--flag-breaches.\n")
    assert "\n\n3 problems in 1 file; nothing was imported.\n" in imported.output


SORTED = {
    "positions": (
        "wrong.jsonl",
        LINE.replace("{", '{"position": 2, ', 1)
        + LINE
        + LINE.replace("{", '{"position": 3, ', 1).replace("03-01", "02-30"),
        [(2, "some-positions"), (3, "impossible-date")],
    ),
    "citations": (
        "wrong.yaml",
        "govledger: 1\ndocuments:\n  m: {sha256: %s}\nrecords:\n" % ("a" * 64)
        + BINS.removeprefix(HEAD)
        + "    source: {document: m, span: [1, 9], sha256: %s}\n" % ("b" * 64)
        + "expect:\n  - {as_of: 2024-03-01, motion: bins, status: adopted}\n",
        [(8, "document-missing"), (10, "expectation-failed")],
    ),
    "bindings": (
        "wrong.yaml",
        BINS + "    corrects: 99\n  - motion.adopted: lids\n    on: 2024-03-14\n",
        [(6, "unknown-position"), (7, "not-on-record")],
    ),
}
"""Problems of two kinds, which come from two parts of the library."""


@pytest.mark.parametrize("case", SORTED)
def test_problems_of_every_kind_are_sorted(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name, content, expected = SORTED[case]
    write(Path(name), content)
    output = run("check", name, "--documents", ".").output
    assert [(line, code) for line, _, code in places(output)] == expected


# --- hostile input ----------------------------------------------------------------------


def line(**changes):
    """A line of JSON in which some keys have another value, given as JSON."""
    keys = {"type": '"motion.submitted"', "subject": '"motion/bins"', "on": '"2024-03-01"'}
    keys |= {"data": '{"title": "Bigger bins"}'} | changes
    return "{%s}\n" % ", ".join(f'"{key}": {value}' for key, value in keys.items())


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{this}: &{this} [*{last}, *{last}, *{last}, *{last}]\n"
    for last, this in zip("abcdefghi", "bcdefghij", strict=True)
)
MANDATE = """\
  - mandate.given: bins.1
    on: 2024-03-14
    motion: bins
    task: Order the bins
    addressee: Board
    due: {before: WHEN}
"""
IMPOSED = "  - blockade.imposed: contracts\n    on: 2024-03-14\n    by:\n    scope: No contracts\n"
EXPECTED = "expect:\n  - {as_of: 2024-03-01, known_at: %s, motion: bins, status: submitted}\n"
LATER = BINS.removeprefix(HEAD).replace("03-01", "02-30")

HOSTILE = {
    # case: (format, content, line of the first problem or None, the codes that do for it)
    "empty": ("yaml", "", 1, "missing-field"),
    "only comments": ("yaml", "# nothing\n# at all\n", 1, "missing-field"),
    "null": ("yaml", "~\n", 1, "not-a-mapping"),
    "list at the top": ("yaml", "- motion.submitted: bins\n", 1, "not-a-mapping"),
    "text at the top": ("yaml", "Minutes of the assembly\n", 1, "not-a-mapping"),
    "rubbish behind": ("yaml", "{govledger: 1, records: []} rubbish ]\n", 1, "not-yaml"),
    "subject as a key": ("yaml", BINS + "    subject: lids\n", 6, "unknown-field|duplicate-key"),
    "alias": ("yaml", "govledger: *version\n", 1, "anchor"),
    "billion laughs": ("yaml", LAUGHS, 1, "anchor"),
    "merge key": ("yaml", BINS + "    <<: *other\n", 6, "anchor"),
    "deep flow": ("yaml", "[" * 100_000, 1, "too-deep"),
    "deep blocks": ("yaml", "\n".join(" " * n + "a:" for n in range(500)), 13, "too-deep"),
    "NUL": ("yaml", BINS + "    note: a\0b\n", 6, "not-yaml"),
    "escape": ("yaml", BINS + "    note: a\x1b[2Jb\n", 6, "not-yaml"),
    "escaped NUL": ("yaml", BINS + '    note: "a\\0b"\n', 6, "control-character"),
    "surrogate": ("yaml", BINS + '    note: "\\ud800"\n', 6, "not-yaml"),
    "control behind accents": (
        "yaml",
        BINS + f"    note: {'é' * 40}\n    a: \x07\n",
        7,
        "not-yaml",
    ),
    "DOS line ends": ("yaml", (HEAD + LATER).replace("\n", "\r\n"), 4, "impossible-date"),
    "byte order mark": ("yaml", "\ufeff" + HEAD + LATER, 4, "impossible-date"),
    "UTF-16": ("yaml", BINS.encode("utf-16"), None, "not-utf8"),
    "UTF-16 without mark": ("yaml", BINS.encode("utf-16-le"), 1, "not-yaml"),
    "every byte": ("yaml", bytes(range(256)) * 4096, None, "not-utf8"),
    "list for a timezone": (
        "yaml",
        "govledger: 1\nledger: {timezone: [UTC]}\n",
        2,
        "unknown-timezone|not-text",
    ),
    "nothing for a mover": ("yaml", HEAD + IMPOSED, 5, "not-a-subject|missing-field"),
    "position of 5000 digits": ("yaml", BINS + EXPECTED % ("9" * 5000), 7, "not-a-count"),
    "surrogate in text": ("jsonl", line(data=r'{"title": "\ud800"}'), 1, "control-character"),
    "surrogate in type": ("jsonl", line(type=r'"\ud800"'), 1, "unknown-type"),
    "surrogate in subject": ("jsonl", line(subject=r'"\ud800"'), 1, "not-a-subject"),
    "surrogate in key": ("jsonl", line(**{r"\ud800": "1"}), 1, "unknown-field"),
    "raw control in JSON": ("jsonl", line(note='"a\x1bb"'), 1, "not-json"),
    "escaped NUL in JSON": ("jsonl", line(note=r'"a\u0000b"'), 1, "control-character"),
    "Infinity": ("jsonl", line(corrects="Infinity"), 1, "not-an-integer"),
    "exponent": ("jsonl", line(corrects="1e3"), 1, "not-an-integer"),
    "5000 digits": ("jsonl", line(corrects="9" * 5000), 1, "not-an-integer"),
    "negative": ("jsonl", line(corrects="-1"), 1, "not-a-count"),
    "true for a count": ("jsonl", line(corrects="true"), 1, "not-a-count"),
    "number for a type": ("jsonl", line(type="5"), 1, "unknown-type"),
    "list for a type": ("jsonl", line(type='["motion.submitted"]'), 1, "unknown-type"),
    "number for a subject": ("jsonl", line(subject="5"), 1, "not-a-subject"),
    "number for a time": ("jsonl", line(on="2024"), 1, "not-a-time"),
    "number for a mover": (
        "jsonl",
        line(type='"blockade.imposed"', subject='"contracts"', data='{"by": 5, "scope": "x"}'),
        1,
        "not-a-subject",
    ),
    "unknown profile in JSON": (
        "jsonl",
        line(
            type='"ledger.opened"',
            subject='"ledger/self"',
            data='{"name": "club", "timezone": "UTC", "profile": "club@1"}',
        ),
        1,
        "unknown-profile",
    ),
    "deep lists": ("jsonl", "[" * 100_000 + "\n", 1, "not-json"),
    "deep objects": ("jsonl", LINE + '{"a":' * 100_000 + "\n", 2, "not-json"),
    "less deep lists": ("jsonl", line(note="[" * 900 + "]" * 900), 1, "not-text"),
    "line of 5 MB": ("jsonl", LINE + "x" * 5_000_000 + "\n" + LINE, 2, "line-too-long"),
    "UTF-16 in JSON": ("jsonl", LINE.encode("utf-16"), 1, "not-utf8"),
    "picture": ("jsonl", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4096, 1, "not-utf8"),
    "YAML in JSON": ("jsonl", BINS, 1, "not-json"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_input_gets_a_clear_error(case, tmp_path, monkeypatch, ledgers):
    monkeypatch.chdir(tmp_path)
    format_, content, number, code = HOSTILE[case]
    name = write(Path(f"hostile.{format_}"), content).name
    result = run("check", name)
    assert result.exit_code == 3, result.output
    first, _, rest = result.output.partition("\n")
    if number is None:
        assert first.startswith(f"error[{code}]: {name}")
    else:
        assert re.match(rf"{name}:{number}:\d+: error\[({code})\]: .", first), first
        excerpt = re.match(r" *\|\n(\d+) \| (.*)\n", rest)
        if excerpt:
            assert int(excerpt[1]) == number
            assert excerpt[2] or content in ("", "~\n")
    assert " = help: " in rest
    path = ledgers(read_dataset(Path(name)), tmp_path / "ledger.db")
    refuse(name, path)


LINE_ENDS = {
    "line separators": HEAD + "  # one\u2028 # two\u2029 # three\x85\n" + LATER,
    "old line ends": (HEAD + LATER).replace("\n", "\r"),
}


@pytest.mark.parametrize("case", LINE_ENDS)
def test_whatever_ends_lines_the_right_one_is_shown(case, tmp_path):
    path = write(tmp_path / "d.yaml", LINE_ENDS[case])
    (problem,) = read_dataset(path).problems
    assert problem.place.excerpt[problem.place.column - 1 :] == "2024-02-30"


@pytest.mark.parametrize("case", ["9999-12-31T23:59-12:00", "1000-01-01T00:00+14:00"])
def test_the_ends_of_time_give_no_traceback(case, tmp_path):
    path = write(tmp_path / "d.yaml", BINS + MANDATE.replace("WHEN", case))
    assert run("check", path).exit_code in (0, 3)


PRINTED = {"escape": r"\e[2J", "line end": r"\n", "surrogate": r"\ud800"}


@pytest.mark.parametrize("case", PRINTED)
def test_what_is_printed_cannot_forge_a_terminal_or_a_line(case, tmp_path):
    # JSON has no \e; YAML refuses \ud800.
    key = PRINTED[case]
    if case == "surrogate":
        path = write(tmp_path / "d.jsonl", line(**{key: "1"}))
    else:
        path = write(tmp_path / "d.yaml", BINS + f'    "{key}": x\n')
    (problem,) = read_dataset(path).problems
    said = str(problem)
    assert len(said.splitlines()) == 5
    assert all(row.isprintable() for row in said.split("\n"))


# --- bounds -----------------------------------------------------------------------------

MEGABYTE = 1_000_000


def scalar(size):
    return BINS.encode() + b"    note: " + b"x" * size + b"\n"


BOUNDED = {
    # Larger files than 32 MiB are refused by their size: nothing of them is read.
    "scalar of 100 MB": ("yaml", lambda: scalar(100 * MEGABYTE), "too-large", 1),
    "binary of 100 MB": ("yaml", lambda: bytes(100 * MEGABYTE), "too-large", 1),
    # Below that, memory is bounded by some ten times the file, time by its size.
    "scalar of 30 MB": ("yaml", lambda: scalar(30 * MEGABYTE), "scalar-too-long", 400),
    "binary of 30 MB": ("yaml", lambda: b"\xff" * (30 * MEGABYTE), "not-utf8", 100),
    # Of a line that does not end, 1 MiB is read and no more.
    "line of 100 MB": ("jsonl", lambda: b"x" * (100 * MEGABYTE), "line-too-long", 16),
    "zeros of 100 MB": ("jsonl", lambda: bytes(100 * MEGABYTE), "line-too-long", 16),
}
"""case -> (format, what makes the content, code, megabytes of memory that do)."""


@pytest.mark.parametrize("case", BOUNDED)
def test_large_input_is_refused_in_bounded_memory(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    format_, content, code, megabytes = BOUNDED[case]
    name = write(Path(f"large.{format_}"), content()).name
    run("check", "--help")  # so that imports are not counted
    tracemalloc.start()
    try:
        result = run("check", name)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert codes(result.output) == [code]
    assert result.exit_code == 3
    assert len(result.output) < 1000
    assert peak < megabytes * MEGABYTE


SLOW = {
    "keys of which one stands twice": ("jsonl", lambda keys: line(**keys).replace("k0", "k1")),
    "unknown keys": ("jsonl", lambda keys: line(**keys)),
    "unknown fields": (
        "yaml",
        lambda keys: BINS + "".join(f"    {key}: 1\n" for key in [*keys][:5000]),
    ),
}
"""Lines and records of many keys, each of them wrong."""


def calls_made(work):
    """How many functions are called in doing something: a clock that no load disturbs."""
    number = 0

    def count(_frame, event, _argument):
        nonlocal number
        number += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return number


@pytest.mark.parametrize("case", SLOW)
def test_many_problems_take_work_in_proportion(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    format_, content = SLOW[case]
    made = []
    for number in (1_000, 2_000):  # more than patterns that Python keeps compiled
        keys = {f"k{n}": "1" for n in range(number)}
        name = write(Path(f"many-{number}.{format_}"), content(keys)).name
        assert run("check", name).exit_code == 3
        made.append(calls_made(lambda: run("check", name)))
    assert made[1] < 2.5 * made[0], made


# --- the catalogue ----------------------------------------------------------------------

GENERATED = "<!-- generated by tests/test_errors.py: pytest --update-golden -->\n"

INTRODUCTION = """\
An error says where it stands, what is wrong and why, and how to mend it:

```text
not-a-flag.yaml:8:17: error[not-a-flag]: "yes" is neither true nor false
  |
8 |     as_amended: yes
  |                 ^^^
  = help: write true or false
```

First the place (file, line and column, counted from 1 in characters), then the name in
brackets, which never changes, and the reason; below it the line with carets, and the remedy.
All that is wrong with a file is told at once.

`govledger check FILE` exits with 3 where it finds anything. `govledger import FILE` refuses
such a file with exit code 1 and leaves the ledger byte for byte as it was (where a file is
larger than 1,000 records, the batches before the first error stay); breaches of the rules
can be recorded all the same with `--flag-breaches`, and stay findings. In a program,
`GovledgerError.problems` holds the same as values: `code`, `message`, `hint`, `path`, `place`.

Here is every error with a file that provokes it, from `tests/errors/`.
"""

GROUPS = {
    "Values and times": "A value that will not do, wherever it stands.",
    "Datasets in YAML": "The form of a dataset, its citations and its expectations.",
    "JSON Lines": "The form of a line. Values in it have the errors above.",
    "Breaches of the rules": "What did not happen lawfully, or was not recorded in order."
    " Refused, unless `--flag-breaches` lets it in as a finding.",
    "Breaches of the book itself": "Always refused: they would make the log contradict itself.",
    "Notices": "Nothing is broken, but a reader must know. They are never refused;"
    " `govledger check` without a file lists them for a ledger.",
    "In a program": "What only a call can provoke. Nothing is written then.",
    "Votes in CSV": "What a list of votes or a register of members says. They are told all at once,"
    " also by `govledger record --tally`.",
    "Proofs, keys and personal data": "What signing, witnessing, proving, publishing and erasing"
    " refuse, and what is no checkpoint, key or proof. Nothing is signed then. `log` and `witness`"
    " are private keys, `key` and `ann` the files of them, `note` is a signed checkpoint of"
    " `ledger`.",
}


def group_of(stem):
    code = code_of(stem)
    if stem in CALLS:
        return "In a program"
    if stem in VOTES:
        return "Votes in CSV"
    if stem in PROOFS:
        return "Proofs, keys and personal data"
    if "." in stem:
        return None
    if (FILES.get(stem) or MADE[stem][0]).endswith("jsonl"):
        return "JSON Lines" if code in jsonl.PROBLEMS else None
    if code in NOTICES:
        return "Notices"
    if code in BINDING:
        return "Breaches of the book itself"
    if code in FINDINGS:
        return "Breaches of the rules"
    return "Datasets in YAML" if code in yaml_format.PROBLEMS else "Values and times"


def block(language, content):
    return f"```{language}\n{content.rstrip()}\n```\n"


def entry(stem, group, at):
    """What the catalogue says of one error."""
    code = code_of(stem)
    table = jsonl.PROBLEMS if group == "JSON Lines" else {**yaml_format.PROBLEMS, **FINDINGS}
    said = [f"### {code}\n"]
    if stem in CALLS or stem in VOTES or stem in PROOFS:
        return [*said, block("py", {**CALLS, **VOTES, **PROOFS}[stem]), block("text", called(stem))]
    if code in table:
        said.append(f"{table[code]}\n")
    name = at(stem)
    if stem in MADE:
        said.append(f"Provoked by: {MADE[stem][1][0].lower()}{MADE[stem][1][1:]}\n")
    else:
        language = "json" if name.endswith("jsonl") else "yaml"
        said.append(block(language, (ERRORS / name).read_text("utf-8")))
    output = noticed(stem, name) if stem in NOTICES else check(stem, name).output
    return [*said, block("text", output)]


def test_catalogue(at, golden):
    page = ["# Errors", GENERATED, INTRODUCTION]
    stems = [*FILES, *MADE, *CALLS, *VOTES, *PROOFS]
    for group, about in GROUPS.items():
        page += [f"## {group}\n", f"{about}\n"]
        for stem in sorted((s for s in stems if group_of(s) == group), key=code_of):
            page += entry(stem, group, at)
    golden("docs/reference/errors.md", "\n".join(page))
