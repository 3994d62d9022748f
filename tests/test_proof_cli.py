"""Proof on the command line: keys, checkpoints, witnesses, bundles, tiles, and what is erased.

Whatever is given out here is checked by `tools/check_proof.py`, too, in a process of its own.
"""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import forgery
import pytest
from click.testing import CliRunner

from govledger import Ledger, MandateGiven, MotionAdopted, MotionSubmitted
from govledger.cli import main
from govledger.cli.demo import example

CHECKER = Path(__file__).parent.parent / "tools" / "check_proof.py"
OLD = Path(__file__).parent / "ledgers" / "format-2" / "balv.db"

ORIGIN = "example.org/club"
NAMES = ("Anna Aarts", "Bram Bos", "Carla Cox", "Els Evers")
EVENTS = (
    MotionSubmitted(
        "bins",
        title="Bigger bins",
        movers=["Anna Aarts", "Bram Bos"],
        recorded_by="Carla Cox",
        on="2024-03-01",
    ),
    MotionSubmitted("lamps", title="Lamps", movers="Bram Bos", on="2024-03-01"),
    MotionAdopted("bins", on="2024-03-14"),
    MandateGiven(
        "bins.1",
        motion="bins",
        task="Order the bins",
        addressee="Els Evers",
        due="2024-09",
        on="2024-03-14",
    ),
)
SIZE = 1 + len(EVENTS)
MORE = ["record", "motion.adopted", "lamps", "--on", "2024-04-01"]

"""Take the mark away where a test passes."""

posix = pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A ledger with names in it, the key of its log and that of a witness; to be copied."""
    folder = tmp_path_factory.mktemp("made")
    with Ledger.open(folder / "govledger.db", name="Club", origin=ORIGIN) as ledger:
        ledger.record(*EVENTS)
    return folder


@pytest.fixture
def cli(made, tmp_path, monkeypatch):
    """Runs govledger in a folder with that ledger."""
    home = tmp_path / "home"
    shutil.copytree(made, home)
    monkeypatch.chdir(home)
    monkeypatch.delenv("GOVLEDGER_LEDGER", raising=False)

    def run(*words, exit_code=0, **options):
        result = CliRunner().invoke(main, list(map(str, words)), prog_name="govledger", **options)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return result

    return run


@pytest.fixture
def keys(cli):
    """The keys of the log and of a witness, and policies; the runner."""
    log = cli("checkpoint", "--new-key", "club.key").stdout
    ann = cli("checkpoint", "--new-key", "ann.key", "--witness", "example.net/ann").stdout
    Path("logs.policy").write_text(f"{log}quorum none\n")
    Path("all.policy").write_text(f"{log}{ann}quorum ann\n")
    return cli


@pytest.fixture
def signed(keys):
    """The same, with a signed checkpoint beside the ledger."""
    keys("checkpoint", "--sign", "--key", "club.key")
    return keys


@pytest.fixture
def witnessed(signed):
    """The same, with a witness's word in it."""
    signed(*COSIGN)
    return signed


CHECKPOINT = Path("govledger.db.checkpoint")
SIGN = ["checkpoint", "--sign", "--key", "club.key"]
COSIGN = ["checkpoint", "--cosign", CHECKPOINT, "--key", "ann.key", "--policy", "logs.policy"]


def process(*words, expect=0):
    """Run a program for itself."""
    done = subprocess.run([*map(str, words)], capture_output=True, text=True)
    assert done.returncode == expect, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def govledger(*words, expect=0):
    return process(sys.executable, "-m", "govledger", *words, expect=expect)


def checker(*words, expect=0):
    return process(sys.executable, "-I", CHECKER, *words, expect=expect).stdout


def everything():
    """All files here, and what they hold."""
    return {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def verdict(result):
    """The verdict, without what is said of its limits."""
    said = result.stdout.splitlines()[-1].partition(": ")[2]
    return re.split(", (?=up to |but )", said)[0]


def outcomes(result):
    return {line[6:21].strip(): line[:4].strip() for line in result.stdout.splitlines()[:-1]}


def signers_of(path=CHECKPOINT):
    lines = path.read_text("utf-8").splitlines()
    return [line.split(" ")[1] for line in lines if line.startswith("— ")]


def lines_of(path=CHECKPOINT):
    """The three lines, as somebody copies them into the minutes."""
    return path.read_text("utf-8").split("\n")[:3]


def secret_of(path):
    """What nobody else may know of a private key: its seed in base64."""
    return Path(path).read_text().strip().split("+", 4)[4]


def code_of(result):
    first = result.stderr.splitlines()[0]
    assert " = help: " in result.stderr
    return first.partition("[")[2].partition("]")[0]


# --- keys ---------------------------------------------------------------------------------


def test_a_new_key_is_told_as_a_line_for_a_policy(cli):
    result = cli("checkpoint", "--new-key", "club.key")
    public = Path("club.key.pub").read_text().strip()
    assert result.stdout == f"log {public}\n"
    assert public.startswith(f"{ORIGIN}+")
    assert "keep it to yourself" in result.stderr
    assert Path("club.key").read_text().startswith("PRIVATE+KEY+")
    assert secret_of("club.key")[1:] not in result.output


def test_a_key_of_a_witness_needs_no_ledger(cli):
    Path("govledger.db").unlink()
    result = cli("checkpoint", "--new-key", "ann.key", "--witness", "example.net/ann")
    assert result.stdout == f"witness ann {Path('ann.key.pub').read_text()}"


@posix
@pytest.mark.parametrize("mask", ["000", "022", "077", "777"])
def test_private_keys_are_private_whatever_the_umask(cli, mask):
    line = f"umask {mask}; exec '{sys.executable}' -m govledger checkpoint --new-key club.key"
    process("sh", "-c", line)
    assert stat.S_IMODE(Path("club.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(Path("club.key.memory").stat().st_mode) == 0o600
    assert stat.S_IMODE(Path("club.key.pub").stat().st_mode) == 0o644


@pytest.mark.parametrize("there", ["club.key", "club.key.pub", "club.key.memory"])
def test_keys_are_never_overwritten(cli, there):
    Path(there).write_text("mine")
    before = everything()
    assert code_of(cli("checkpoint", "--new-key", "club.key", exit_code=1)) == "key-exists"
    assert everything() == before


def test_a_key_needs_a_name_that_a_key_can_have(cli):
    before = everything()
    for name in ("", "a b", "a+b"):
        words = ["checkpoint", "--new-key", "ann.key", "--witness", name]
        assert code_of(cli(*words, exit_code=2)) == "not-a-key-name"
    assert everything() == before


def test_the_key_of_a_log_needs_its_ledger(cli):
    result = cli("-l", "nowhere.db", "checkpoint", "--new-key", "club.key", exit_code=1)
    assert "there is no ledger here" in result.stderr
    assert not Path("club.key").exists()


# --- checkpoints --------------------------------------------------------------------------


def test_a_checkpoint_is_three_lines(cli):
    result = cli("checkpoint")
    assert result.output == result.stdout
    origin, size, root = result.stdout.splitlines()
    assert (origin, size, len(root)) == (ORIGIN, str(SIZE), 44)
    assert govledger("checkpoint").stdout == result.stdout
    cli(*MORE)
    assert cli("checkpoint").stdout.splitlines()[1] == str(SIZE + 1)


def test_the_three_lines_go_where_they_are_told_to(cli):
    assert cli("checkpoint", "-o", "three").stdout == ""
    assert Path("three").read_text() == cli("checkpoint").stdout


def test_a_ledger_without_an_origin_has_one_of_its_own(cli):
    for name in ("one.db", "two.db"):
        cli("-l", name, "init", "--name", "Ons Dorp, 3e wijk")
    one, two = (cli("-l", n, "checkpoint").stdout.splitlines()[0] for n in ("one.db", "two.db"))
    assert one.startswith("ons-dorp-3e-wijk/")
    assert two.startswith("ons-dorp-3e-wijk/")
    assert one != two


def test_signing_writes_a_file_beside_the_ledger(keys):
    plain = keys("checkpoint").stdout
    result = keys(*SIGN)
    assert result.stdout == plain
    assert result.stderr.endswith(f"signed {SIZE} records: {CHECKPOINT}\n")
    assert CHECKPOINT.read_text("utf-8").startswith(f"{plain}\n— {ORIGIN} ")
    assert json.loads(Path("club.key.memory").read_text()) == {
        ORIGIN: {"root": plain.splitlines()[2], "size": SIZE}
    }


def test_signing_writes_where_it_is_told_to(keys):
    keys(*SIGN, "-o", "kept.checkpoint")
    assert not CHECKPOINT.exists()
    said = keys(*SIGN, "-o", "-", "--quiet")
    assert said.output == Path("kept.checkpoint").read_text("utf-8")
    keys("-l", "other.db", "init", "--name", "Other", "--origin", ORIGIN)
    assert "part of the ledger" in keys(*SIGN, "-o", "govledger.db", exit_code=2).stderr


def test_signing_again_changes_nothing(signed):
    before = everything()
    signed(*SIGN)
    assert everything() == before


def test_a_later_checkpoint_replaces_an_earlier_one(witnessed):
    witnessed(*MORE)
    witnessed(*SIGN)
    assert lines_of()[1] == str(SIZE + 1)
    assert signers_of() == [ORIGIN]  # what the witness saw was another tree


def test_what_witnesses_signed_survives_signing_the_same_tree_again(witnessed):
    assert signers_of() == [ORIGIN, "example.net/ann"]
    witnessed(*SIGN)
    assert sorted(signers_of()) == ["example.net/ann", ORIGIN]
    kept = witnessed("verify", "--checkpoint", CHECKPOINT, "--policy", "all.policy")
    assert verdict(kept) == "witnessed"


@pytest.mark.parametrize("rubbish", ["", "mine\n", f"{ORIGIN}\n5\n", "\xff"])
def test_a_file_that_is_no_checkpoint_is_replaced(keys, rubbish):
    CHECKPOINT.write_text(rubbish, "latin-1")
    keys(*SIGN)
    assert signers_of() == [ORIGIN]


def test_an_altered_ledger_is_not_signed(signed):
    signed(*MORE)
    forgery.edit("govledger.db", 2, "Smaller bins", thorough=False)
    before = everything()
    result = signed(*SIGN, exit_code=4)
    assert "There is no checkpoint" in result.stderr
    assert verdict(result) == "altered"
    assert everything() == before


def test_a_ledger_that_was_rewritten_is_not_signed(signed):
    forgery.edit("govledger.db", 2, "Smaller bins", thorough=True)
    assert verdict(signed("verify")) == "self-consistent"
    before = everything()
    for more in ([], ["--last", CHECKPOINT]):
        result = signed(*SIGN, *more, exit_code=1)
        assert code_of(result) == "inconsistent-tree"
        assert result.stdout == ""
    after = everything()
    assert after.pop(Path("club.key.lock")) == b""
    before.pop(Path("club.key.lock"))
    assert after == before


def test_an_older_backup_is_not_signed(signed):
    shutil.copy("govledger.db", "backup.db")
    signed(*MORE)
    signed(*SIGN)
    kept = CHECKPOINT.read_bytes()
    shutil.copy("backup.db", "govledger.db")
    assert code_of(signed(*SIGN, exit_code=1)) == "inconsistent-tree"
    signed("record", "motion.rejected", "lamps", "--on", "2024-04-01")
    assert code_of(signed(*SIGN, exit_code=1)) == "inconsistent-tree"
    assert CHECKPOINT.read_bytes() == kept


def test_the_last_checkpoint_restores_a_lost_memory(signed):
    signed(*MORE)
    Path("club.key.memory").unlink()
    lost = signed(*SIGN, exit_code=1)
    assert code_of(lost) == "no-memory"
    signed(*SIGN, "--last", CHECKPOINT)
    assert lines_of()[1] == str(SIZE + 1)
    signed(*SIGN)


def test_only_what_the_key_signed_restores_its_memory(keys):
    keys(*SIGN)
    Path("club.key.memory").unlink()
    text = CHECKPOINT.read_text("utf-8")
    keys("checkpoint", "--new-key", "another.key")
    keys("checkpoint", "--sign", "--key", "another.key", "-o", "another.checkpoint")
    result = keys(*SIGN, "--last", "another.checkpoint", exit_code=2)
    assert code_of(result) == "unsigned-checkpoint"
    Path("three").write_text("\n".join(lines_of()) + "\n")
    assert code_of(keys(*SIGN, "--last", "three", exit_code=2)) == "unsigned-checkpoint"
    assert CHECKPOINT.read_text("utf-8") == text


def test_a_key_of_another_log_does_not_sign(keys):
    keys("-l", "other.db", "init", "--name", "Other", "--origin", "example.org/other")
    result = keys("-l", "other.db", *SIGN, exit_code=2)
    assert code_of(result) == "foreign-origin"
    assert code_of(keys("checkpoint", "--sign", "--key", "ann.key", exit_code=2)) in (
        "foreign-origin",
        "wrong-key-type",
    )
    assert not CHECKPOINT.exists()


@posix
def test_a_key_that_others_may_read_does_not_sign(keys):
    Path("club.key").chmod(0o644)
    result = keys(*SIGN, exit_code=1)
    assert code_of(result) == "key-exposed"
    assert "chmod 600 club.key" in result.stderr


@pytest.mark.parametrize("key", ["nowhere.key", "club.key.pub", "club.key.memory", "govledger.db"])
def test_what_is_no_key_does_not_sign(keys, key):
    if Path(key).exists():
        Path(key).chmod(0o600)
    result = keys("checkpoint", "--sign", "--key", key, exit_code=2 if Path(key).exists() else 1)
    assert code_of(result) in ("not-a-key", "no-key")


def test_a_damaged_key_is_not_shown(keys):
    secret = secret_of("club.key")
    Path("club.key").write_text(Path("club.key").read_text()[:-2])
    result = keys(*SIGN, exit_code=2)
    assert code_of(result) == "not-a-key"
    assert not any(secret[at : at + 6] in result.output for at in range(3, 38))


# --- witnesses ----------------------------------------------------------------------------


def test_a_witness_looks_into_the_ledger(signed):
    result = signed(*COSIGN)
    assert result.stdout.splitlines() == lines_of()
    assert f"witnessed {SIZE} records: {CHECKPOINT}" in result.stderr
    assert signers_of() == [ORIGIN, "example.net/ann"]
    signed(*MORE)
    signed(*SIGN)
    signed(*COSIGN)
    assert signers_of() == [ORIGIN, "example.net/ann"]


def test_a_witness_writes_where_it_is_told_to(signed):
    before = CHECKPOINT.read_bytes()
    signed(*COSIGN, "-o", "ann.checkpoint")
    assert CHECKPOINT.read_bytes() == before
    assert signers_of(Path("ann.checkpoint")) == [ORIGIN, "example.net/ann"]


def test_the_first_checkpoint_that_a_witness_sees_needs_no_ledger(signed):
    Path("govledger.db").unlink()
    signed(*COSIGN)
    assert signers_of() == [ORIGIN, "example.net/ann"]


def test_a_witness_without_ledger_or_request_is_told_what_to_ask_for(witnessed):
    witnessed(*MORE)
    witnessed(*SIGN)
    before = CHECKPOINT.read_bytes()
    Path("govledger.db").rename("theirs.db")
    result = witnessed(*COSIGN, exit_code=2)
    assert code_of(result) == "no-consistency"
    assert f"--since {SIZE} -o FILE" in result.stderr
    assert CHECKPOINT.read_bytes() == before


def test_the_ledger_of_somebody_else_raises_no_alarm(witnessed):
    """It happens to lie where the witness works: it shows nothing of this log, either way."""
    witnessed(*MORE)
    witnessed(*SIGN)
    Path("govledger.db").rename("theirs.db")
    witnessed("init", "--name", "somebody else")
    for _ in range(SIZE + 2):
        witnessed("record", "motion.submitted", f"m{_}", "--on", "2024-01-01", "--set", "title=T")
    result = witnessed(*COSIGN, exit_code=2)
    assert code_of(result) == "no-consistency"


def test_a_witness_without_ledger_is_sent_a_request(witnessed):
    witnessed(*MORE)
    witnessed(*SIGN)
    assert witnessed("checkpoint", "--since", SIZE).stdout.startswith(f"old {SIZE}\n")
    witnessed("checkpoint", "--since", SIZE, "-o", "for-ann.request")
    cosign = ["checkpoint", "--cosign", "for-ann.request", "--key", "ann.key"]
    cosign += ["--policy", "logs.policy"]
    Path("govledger.db").rename("theirs.db")
    result = witnessed(*cosign, "-o", "back.checkpoint")
    assert result.stdout.splitlines() == lines_of()
    assert "No copy of the ledger was looked into" in result.stderr
    kept = [
        "-l",
        "theirs.db",
        "verify",
        "--checkpoint",
        "back.checkpoint",
        "--policy",
        "all.policy",
    ]
    assert verdict(witnessed(*kept)) == "witnessed"


@pytest.mark.parametrize("asked", ["govledger.db.checkpoint", "first.request"])
def test_a_copy_that_is_named_is_looked_into_at_first_sight_too(signed, asked):
    """By a typo, of another ledger, and one that was altered: nothing is signed."""
    signed("checkpoint", "--since", 0, "-o", "first.request")
    signed("-l", "other.db", "init", "--name", "other")
    shutil.copy("govledger.db", "altered.db")
    forgery.edit("altered.db", 2, "Smaller bins", thorough=False)
    signed("checkpoint", "--new-key", "zoe.key", "--witness", "example.org/zoe")
    words = ["checkpoint", "--cosign", asked, "--key", "zoe.key", "--policy", "logs.policy"]
    before = everything()
    for copy, exit_code in (("coyp.db", 1), ("other.db", 2), ("altered.db", 4)):
        signed("-l", copy, *words, exit_code=exit_code)
        assert everything() == before
    signed("-l", "govledger.db", *words, "-o", "back.checkpoint")


def test_a_request_from_another_size_names_the_right_one(witnessed):
    witnessed(*MORE)
    witnessed(*SIGN)
    witnessed("checkpoint", "--since", SIZE - 1, "-o", "for-ann.request")
    words = ["checkpoint", "--cosign", "for-ann.request", "--key", "ann.key"]
    result = witnessed(*words, "--policy", "logs.policy", exit_code=2)
    assert code_of(result) == "other-old-size"
    assert f"from size {SIZE}" in result.stderr


def test_a_request_is_made_of_a_named_checkpoint(signed):
    shutil.move(CHECKPOINT, "kept.checkpoint")
    assert "--sign" in signed("checkpoint", "--since", 2, exit_code=2).stderr
    said = signed("checkpoint", "--since", 2, "--checkpoint", "kept.checkpoint").stdout
    assert said.endswith(Path("kept.checkpoint").read_text("utf-8"))
    assert signed("checkpoint", "--since", 0, "--checkpoint", "kept.checkpoint").stdout[:7] == (
        "old 0\n\n"
    )


@pytest.mark.parametrize("since", [-1, SIZE + 1, 10**30])
def test_no_request_from_a_size_that_never_was(signed, since):
    before = everything()
    result = signed("checkpoint", f"--since={since}", "-o", "x.request", exit_code=2)
    assert code_of(result)
    assert everything() == before


def test_a_witness_does_not_cosign_a_rewritten_ledger(witnessed):
    forgery.edit("govledger.db", 2, "Smaller bins", thorough=True)
    witnessed(*MORE)
    for end in ("", ".pub", ".memory"):
        Path(f"club.key{end}").unlink()
    line = witnessed("checkpoint", "--new-key", "club.key").stdout
    Path("logs.policy").write_text(f"{line}quorum none\n")
    witnessed(*SIGN)
    before = CHECKPOINT.read_bytes()
    result = witnessed(*COSIGN, exit_code=1)
    assert code_of(result) == "inconsistent-tree"
    assert CHECKPOINT.read_bytes() == before


def test_a_witness_wants_the_signature_of_a_log_it_knows(signed):
    Path("logs.policy").write_text("quorum none\n")
    assert code_of(signed(*COSIGN, exit_code=2)) == "foreign-origin"
    other = signed("checkpoint", "--new-key", "other.key").stdout
    Path("logs.policy").write_text(f"{other}quorum none\n")
    assert code_of(signed(*COSIGN, exit_code=2)) == "unsigned-checkpoint"
    assert signers_of() == [ORIGIN]


# --- bundles ------------------------------------------------------------------------------


def test_a_record_is_proven_by_the_checkpoint_beside_the_ledger(witnessed):
    result = witnessed("prove", 4, "-o", "x.tlog-proof")
    assert result.stderr == f"proved record 4 of {SIZE}\n"
    assert witnessed("prove", 4, "-q").output == Path("x.tlog-proof").read_text("utf-8")
    report = witnessed("verify", "--proof", "x.tlog-proof", "--policy", "all.policy")
    assert verdict(report) == "included and witnessed"
    assert "motion.adopted motion/bins on 2024-03-14" in report.stdout
    assert outcomes(report) == {"record": "OK", "inclusion": "OK", "policy": "OK"}


@pytest.mark.parametrize("position", range(1, SIZE + 1))
def test_what_is_proven_others_can_check(witnessed, position):
    witnessed("prove", position, "-o", "x.tlog-proof")
    told = checker("bundle", "x.tlog-proof", "--policy", "all.policy")
    assert told.endswith("verdict: witnessed\n")
    assert f"entry {position - 1} of {SIZE}" in told


def test_a_bundle_is_checked_without_a_ledger_or_a_policy(signed):
    signed("prove", 2, "-o", "x.tlog-proof")
    text = Path("x.tlog-proof").read_text("utf-8")
    Path("govledger.db").unlink()
    report = signed("verify", "--proof", "x.tlog-proof")
    assert verdict(report) == "included in that checkpoint, for which nobody vouches"
    assert outcomes(report)["policy"] == "SKIP"
    signed_by = signed("verify", "--proof", "x.tlog-proof", "--policy", "logs.policy")
    assert verdict(signed_by) == "included and signed"
    too_few = signed("verify", "--proof", "x.tlog-proof", "--policy", "all.policy", exit_code=4)
    assert outcomes(too_few)["policy"] == "FAIL"
    assert not any(name in text for name in NAMES)


def test_a_bundle_of_another_record_proves_nothing(signed):
    signed("prove", 2, "-o", "two")
    signed("prove", 3, "-o", "three")
    two, three = (Path(name).read_text("utf-8").split("\n") for name in ("two", "three"))
    mixed = "\n".join([*two[:1], three[1], *two[2:]])
    Path("mixed").write_text(mixed, "utf-8")
    report = signed("verify", "--proof", "mixed", exit_code=4)
    assert outcomes(report)["inclusion"] == "FAIL"
    assert verdict(report) == "not proven"
    assert "verdict: altered" in checker("bundle", "mixed", "--policy", "logs.policy", expect=4)


def test_a_named_checkpoint_proves_too(signed):
    shutil.copy(CHECKPOINT, "kept.checkpoint")
    signed(*MORE)
    signed(*SIGN)
    assert f" of {SIZE}\n" in signed(
        "prove", 2, "--checkpoint", "kept.checkpoint", "-o", "x.tlog-proof"
    ).stderr  # fmt: skip
    assert f"of the first {SIZE} of" in signed("verify", "--proof", "x.tlog-proof").stdout


@pytest.mark.parametrize("position", [0, -1, SIZE + 1, SIZE + 2, 10**30])
def test_no_proof_of_a_record_that_the_checkpoint_does_not_cover(signed, position):
    signed(*MORE)
    result = signed("prove", "-o", "x.tlog-proof", "--", position, exit_code=2)
    assert code_of(result)
    assert not Path("x.tlog-proof").exists()


def test_no_proof_without_a_checkpoint(keys):
    result = keys("prove", 2, exit_code=2)
    assert f"there is no {CHECKPOINT}" in result.stderr
    assert "--sign" in result.stderr
    assert result.stdout == ""


def test_no_proof_by_the_checkpoint_of_another_ledger(signed):
    forgery.edit("govledger.db", 2, "Smaller bins", thorough=True)
    assert code_of(signed("prove", 2, exit_code=2)) == "foreign-checkpoint"


# --- verifying ----------------------------------------------------------------------------


def test_a_ledger_by_itself_is_self_consistent(cli):
    report = cli("verify")
    assert verdict(report) == "self-consistent"
    assert outcomes(report)["checkpoint"] == "SKIP"
    assert "FAIL" not in report.stdout


def test_a_signed_checkpoint_that_was_kept(signed):
    shutil.copy(CHECKPOINT, "kept.checkpoint")
    signed(*MORE)
    report = signed("verify", "--checkpoint", "kept.checkpoint")
    assert verdict(report) == "extends your checkpoint"
    assert "; 1 came since" in report.stdout
    assert report.stdout.endswith(f", up to record {SIZE} of {SIZE + 1}\n")
    assert outcomes(report)["policy"] == "SKIP"


@pytest.mark.parametrize("end", ["\n", ""], ids=["with a line end", "without one"])
def test_the_three_lines_as_typed_from_the_minutes(cli, end):
    Path("typed").write_text(cli("checkpoint").stdout.removesuffix("\n") + end)
    cli(*MORE)
    assert verdict(cli("verify", "--checkpoint", "typed")) == "extends your checkpoint"
    assert govledger("verify", "--checkpoint", "typed").returncode == 0
    forgery.edit("govledger.db", 2, "Smaller bins", thorough=True)
    assert verdict(cli("verify", "--checkpoint", "typed", exit_code=4)) == "altered"
    assert govledger("verify", "--checkpoint", "typed", expect=4)


@pytest.mark.parametrize(
    "typed",
    ["", "\n", f"{ORIGIN}\n", f"{ORIGIN}\n5\n", f"{ORIGIN}\n5\nnone\n", f"{ORIGIN}\nfive\n", "\xff"]
    + [f"{ORIGIN}\n05\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"],
)
def test_what_is_no_checkpoint_is_no_verdict(cli, typed):
    Path("typed").write_text(typed, "latin-1")
    result = cli("verify", "--checkpoint", "typed", exit_code=2)
    assert code_of(result)
    assert result.stdout == ""


def test_a_mistyped_root_is_found(cli):
    origin, size, root = cli("checkpoint").stdout.splitlines()
    other = root[:5] + ("A" if root[5] != "A" else "B") + root[6:]
    Path("typed").write_text(f"{origin}\n{size}\n{other}\n")
    report = cli("verify", "--checkpoint", "typed", exit_code=4)
    assert outcomes(report)["checkpoint"] == "FAIL"


def test_a_checkpoint_of_more_than_there_is_shows_that_the_end_was_cut_off(signed):
    forgery.truncate("govledger.db", SIZE - 1, thorough=True)
    assert verdict(signed("verify")) == "self-consistent"
    report = signed("verify", "--checkpoint", CHECKPOINT, exit_code=4)
    assert "some were cut off" in report.stdout


def test_several_checkpoints_and_a_policy(witnessed):
    shutil.copy(CHECKPOINT, "first")
    witnessed(*MORE)
    witnessed(*SIGN)
    witnessed(*COSIGN)
    both = ["--checkpoint", "first", "--checkpoint", CHECKPOINT]
    report = witnessed("verify", *both, "--policy", "all.policy")
    assert verdict(report) == "witnessed"
    assert report.stdout.count("OK    checkpoint ") == 2
    assert report.stdout.count("witnessed by ann") == 2
    assert verdict(witnessed("verify", *both)) == "extends your checkpoint"
    Path("other").write_text("\n".join(["example.org/other", *lines_of(Path("first"))[1:]]) + "\n")
    worse = witnessed("verify", *both, "--checkpoint", "other", exit_code=4)
    assert verdict(worse) == "altered"


def test_a_policy_that_is_not_met_is_no_alteration(signed):
    result = signed("verify", "--checkpoint", CHECKPOINT, "--policy", "all.policy", exit_code=4)
    assert outcomes(result)["policy"] == "FAIL"
    assert result.stdout.endswith("extends your checkpoint, but the policy is not met\n")
    other = signed("checkpoint", "--new-key", "other.key").stdout
    Path("other.policy").write_text(f"{other}quorum none\n")
    result = signed("verify", "--checkpoint", CHECKPOINT, "--policy", "other.policy", exit_code=4)
    assert verdict(result) == "self-consistent"
    assert "nobody vouches for it" in result.stdout


def test_the_three_lines_are_signed_by_nobody(signed):
    Path("typed").write_text("\n".join(lines_of()))
    words = ["verify", "--checkpoint", "typed", "--policy", "logs.policy"]
    result = signed(*words, exit_code=4)
    assert outcomes(result)["policy"] == "FAIL"
    assert verdict(result) == "self-consistent"


def test_bytes_alone(witnessed):
    words = ["verify", "--bytes-only", "--checkpoint", CHECKPOINT, "--policy", "all.policy"]
    report = witnessed(*words)
    assert verdict(report) == "witnessed, bytes only"
    assert outcomes(report)["derived data"] == outcomes(report)["append-only"] == "SKIP"
    forgery.edit("govledger.db", 3, "Lights", thorough=False)
    assert verdict(witnessed(*words, exit_code=4)) == "altered"
    assert "record 3" in witnessed("verify", "--bytes-only", exit_code=4).stdout


@pytest.mark.parametrize("format_", ["json", "jsonl", "csv"])
def test_the_report_in_other_formats(witnessed, format_):
    words = ["verify", "--checkpoint", CHECKPOINT, "--policy", "all.policy", "--format", format_]
    said = witnessed(*words, "-q").output
    if format_ == "json":
        rows = json.loads(said)
    elif format_ == "jsonl":
        rows = [json.loads(line) for line in said.splitlines()]
    else:
        head, *lines = (line.split(",", 2) for line in said.splitlines())
        rows = [dict(zip(head, line, strict=True)) for line in lines]
    assert [row["outcome"] for row in rows] == ["OK"] * (len(rows) - 1) + ["witnessed"]
    assert [row["name"] for row in rows][-3:] == ["checkpoint", "policy", "verdict"]
    forgery.edit("govledger.db", 2, "Smaller bins", thorough=False)
    assert "altered" in witnessed(*words, exit_code=4).stdout


def test_the_verdict_in_dutch(witnessed):
    said = [
        witnessed(*words, "--lang", "nl").stdout.splitlines()[-1]
        for words in (
            ["verify"],
            ["verify", "--checkpoint", CHECKPOINT],
            ["verify", "--checkpoint", CHECKPOINT, "--policy", "all.policy"],
        )
    ]
    assert len(set(said)) == 3
    for line in said:
        assert line.startswith("oordeel: ")
        assert not line.endswith(("self-consistent", "extends your checkpoint", ": witnessed"))


def test_a_bundle_is_judged_in_dutch_too(witnessed):
    witnessed("prove", 2, "-o", "x.tlog-proof")
    last = witnessed("verify", "--proof", "x.tlog-proof", "--lang", "nl").stdout.splitlines()[-1]
    assert last.startswith("oordeel: ")
    assert "nobody" not in last


USAGE = {
    # words: what they are told
    "verify --policy all.policy": "give a --checkpoint, too",
    "verify --proof x.tlog-proof --bytes-only": "--policy only",
    "verify --proof x.tlog-proof --rebuild": "--policy only",
    "verify --proof x.tlog-proof --checkpoint govledger.db.checkpoint": "--policy only",
    "verify --checkpoint nowhere": "'nowhere' does not exist",
    "verify --checkpoint .": "is a directory",
    "verify --proof nowhere": "'nowhere' does not exist",
    "checkpoint --sign": "--new-key FILE",
    "checkpoint --cosign x.tlog-proof": "--new-key FILE",
    "checkpoint --cosign govledger.db.checkpoint --key ann.key": "--policy names the keys",
    "checkpoint --sign --cosign x.tlog-proof --key club.key": "one at a time",
    "checkpoint --sign --new-key b.key": "one at a time",
    "checkpoint --since many": "not a valid integer",
    "prove": "Missing argument 'POSITION'",
    "prove rob-i": "not a valid integer",
    "prove 2 --checkpoint nowhere": "'nowhere' does not exist",
    "export --to tiles": "--output names the folder",
    "export --checkpoint govledger.db.checkpoint": "goes with --to tiles",
    "export --to parquet": "'jsonl', 'tiles'",
    "erase bins": "Missing option '--basis'",
}


@pytest.mark.parametrize("words", USAGE)
def test_wrong_usage_says_what_is_right(signed, words):
    Path("x.tlog-proof").write_text("")
    before = everything()
    result = signed(*words.split(), exit_code=2)
    assert USAGE[words] in " ".join(result.stderr.split())
    assert everything() == before


@pytest.mark.parametrize("command", ["checkpoint", "prove 2", "verify", "erase --basis x --name y"])
def test_without_a_ledger_none_is_made(signed, command):
    before = everything()
    words = ["--checkpoint", CHECKPOINT] if command.startswith("prove") else []
    result = signed("-l", "nowhere.db", *command.split(), *words, exit_code=1)
    assert "there is no ledger here" in result.stderr
    assert everything() == before


@pytest.mark.parametrize("command", ["verify", "checkpoint", "prove", "export", "erase"])
def test_help_shows_how_it_is_done(cli, command):
    said = cli(command, "--help").stdout
    _, _, examples = said.partition("Examples:\n")
    shown, _, _ = examples.partition("\n\n")
    assert shown.count(f"govledger {command}") >= 2


# --- tiles --------------------------------------------------------------------------------


def test_tiles_are_published_by_the_checkpoint_beside_the_ledger(witnessed):
    result = witnessed("export", "--to", "tiles", "-o", "public")
    assert result.stderr.endswith("wrote 2 tiles and the checkpoint to public\n")
    assert Path("public/checkpoint").read_bytes() == CHECKPOINT.read_bytes()
    words = ["tiles", "public", "--policy", "all.policy"]
    assert checker(*words).endswith("verdict: witnessed\n")
    published = b"".join(path.read_bytes() for path in Path("public").rglob("*") if path.is_file())
    assert not any(name.encode() in published for name in NAMES)


def test_the_next_publication_writes_what_is_new(signed, tmp_path):
    signed("export", "--to", "tiles", "-o", "public")
    assert "wrote 0 tiles" in signed("export", "--to", "tiles", "-o", "public").stderr
    kept = shutil.copy(CHECKPOINT, tmp_path / "kept")
    before = everything()
    signed(*MORE)
    signed(*SIGN)
    assert "wrote 2 tiles" in signed("export", "--to", "tiles", "-o", "public").stderr
    for path, data in before.items():
        if path.parts[0] == "public" and path.name != "checkpoint":
            assert path.read_bytes() == data
    words = ["tiles", "public", "--policy", "logs.policy", "--checkpoint", kept]
    assert checker(*words).endswith("verdict: extends your checkpoint\n")


def test_tiles_go_by_a_named_checkpoint(signed):
    shutil.move(CHECKPOINT, "kept.checkpoint")
    signed(*MORE)
    assert "--sign" in signed("export", "--to", "tiles", "-o", "public", exit_code=2).stderr
    signed("export", "--to", "tiles", "-o", "public", "--checkpoint", "kept.checkpoint")
    assert checker("tiles", "public").endswith("verdict: self-consistent\n")
    assert Path(f"public/tile/entries/000.p/{SIZE}").exists()


@pytest.mark.parametrize("there", ["", "mine\n", "example.org/other"])
def test_a_folder_of_another_log_is_left_as_it_is(signed, there):
    Path("public").mkdir()
    text = CHECKPOINT.read_text("utf-8").replace(ORIGIN, there) if "/" in there else there
    Path("public/checkpoint").write_text(text, "utf-8")
    before = everything()
    result = signed("export", "--to", "tiles", "-o", "public", exit_code=1)
    assert code_of(result) == "published-otherwise"
    assert everything() == before


def test_an_older_checkpoint_is_not_published_over_a_newer(signed):
    shutil.copy(CHECKPOINT, "kept.checkpoint")
    signed(*MORE)
    signed(*SIGN)
    signed("export", "--to", "tiles", "-o", "public")
    before = everything()
    words = ["export", "--to", "tiles", "-o", "public", "--checkpoint", "kept.checkpoint"]
    assert code_of(signed(*words, exit_code=1)) == "published-otherwise"
    assert everything() == before


def test_altered_records_are_not_published(signed):
    forgery.edit("govledger.db", 2, "Smaller bins", thorough=False)
    result = signed("export", "--to", "tiles", "-o", "public", exit_code=1)
    assert code_of(result) == "altered"
    assert not Path("public").exists() or not any(p.is_file() for p in Path("public").rglob("*"))
    forgery.edit("govledger.db", 2, "Smaller bins", thorough=True)
    words = ["export", "--to", "tiles", "-o", "public"]
    assert code_of(signed(*words, exit_code=2)) == "foreign-checkpoint"


# --- exports, disclosed and not -----------------------------------------------------------


def names_in(text):
    return [name for name in NAMES if name in text]


def test_an_export_tells_no_name_unless_it_is_asked_to(cli):
    sealed = cli("export", "-q").output
    assert names_in(sealed) == []
    assert '"_sd"' in sealed
    told = cli("export", "--disclose", "-q").output
    assert names_in(told) == [*NAMES]
    assert '"_sd"' not in told
    assert len(sealed.splitlines()) == len(told.splitlines()) == SIZE


def test_a_disclosed_export_comes_back(cli):
    cli("export", "--disclose", "-o", "open.jsonl")
    cli("-l", "new.db", "import", "open.jsonl")
    assert verdict(cli("-l", "new.db", "verify")) == "self-consistent"

    def told(path):
        lines = map(json.loads, cli("-l", path, "export", "--disclose", "-q").output.splitlines())
        return [
            {k: v for k, v in line.items() if k not in ("recorded_at", "key")} for line in lines
        ]

    assert told("new.db")[1:] == told("govledger.db")[1:]
    assert names_in(Path("new.db").read_bytes().decode("latin-1")) == [*NAMES]
    assert "nothing was changed" in cli("-l", "new.db", "import", "open.jsonl").stderr


def test_a_sealed_export_comes_in_withheld(cli):
    cli("export", "-o", "sealed.jsonl")
    cli("-l", "new.db", "import", "sealed.jsonl")
    shown = cli("-l", "new.db", "show", "bins").stdout
    assert "[withheld]; [withheld]" in shown
    assert names_in(cli("-l", "new.db", "log").output) == []
    report = cli("-l", "new.db", "verify")
    assert verdict(report) == "self-consistent"
    assert outcomes(report)["personal data"] == "OK"
    again = cli("-l", "new.db", "export", "-q", "--disclose").output
    assert again.count('"withheld":true') == again.count('"_sd"') == 5
    cli("-l", "new.db", "export", "-o", "again.jsonl")
    cli("-l", "third.db", "import", "again.jsonl")
    assert verdict(cli("-l", "third.db", "verify")) == "self-consistent"
    nothing = cli("-l", "new.db", "erase", "bins", "--basis", "a wish", exit_code=2)
    assert code_of(nothing) == "nothing-to-erase"


# --- erasing ------------------------------------------------------------------------------

BASIS = ["--basis", "GDPR art. 17(1)(a)"]


def bytes_here():
    return b"".join(path.read_bytes() for path in Path().glob("govledger.db*"))


def test_a_subject_is_erased(witnessed):
    result = witnessed("erase", "motion/bins", *BASIS, "--on", "2024-05-01")
    assert result.stdout == (
        f"recorded {SIZE + 1}: personal-data.erased motion/bins on 2024-05-01\n"
    )
    assert result.stderr.endswith("erased 3 texts\n")
    assert b"Anna Aarts" not in bytes_here()
    assert b"Carla Cox" not in bytes_here()
    assert b"Bram Bos" in bytes_here()  # he moved the lamps, too
    kept = ["verify", "--checkpoint", CHECKPOINT, "--policy", "all.policy"]
    report = witnessed(*kept)
    assert verdict(report) == "witnessed"
    assert re.search(r"OK    personal data .*\b3 .*erased", report.stdout)


def test_a_name_is_erased_wherever_it_is(signed):
    result = signed("erase", "--name", "Bram Bos", *BASIS)
    assert result.stdout.startswith(f"recorded {SIZE + 1}: personal-data.erased ledger/self on ")
    assert "erased 2 texts" in result.stderr
    assert b"Bram Bos" not in bytes_here()
    assert "Anna Aarts; [erased]" in signed("show", "bins").stdout
    assert verdict(signed("verify", "--checkpoint", CHECKPOINT)) == "extends your checkpoint"


def test_a_name_is_erased_of_one_subject(signed):
    assert "erased 1 text\n" in signed("erase", "lamps", "--name", "Bram Bos", *BASIS).stderr
    assert "[erased]" in signed("show", "lamps").stdout
    assert "Anna Aarts; Bram Bos" in signed("show", "bins").stdout
    assert verdict(signed("verify")) == "self-consistent"


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        ([], 2, "nothing-to-erase"),
        (["--name", "Nobody"], 2, "nothing-to-erase"),
        (["--name", "Bram"], 2, "nothing-to-erase"),  # a text goes as a whole
        (["lamps", "--name", "Anna Aarts"], 2, "nothing-to-erase"),
        (["nobody"], 1, "unknown-subject"),
        (["--name", ""], 2, "empty-text"),
    ],
)
def test_nothing_to_erase_changes_nothing(cli, words, exit_code, code):
    before = Path("govledger.db").read_bytes()
    assert code_of(cli("erase", *words, *BASIS, exit_code=exit_code)) == code
    assert Path("govledger.db").read_bytes() == before


def test_what_was_erased_is_not_erased_again(cli):
    cli("erase", "--name", "Els Evers", *BASIS)
    assert code_of(cli("erase", "--name", "Els Evers", *BASIS, exit_code=2)) == "nothing-to-erase"
    assert code_of(cli("erase", "bins.1", *BASIS, exit_code=2)) == "nothing-to-erase"


def test_nothing_is_erased_without_a_reason(cli):
    before = Path("govledger.db").read_bytes()
    assert code_of(cli("erase", "bins", "--basis", " ", exit_code=2)) == "empty-text"
    assert Path("govledger.db").read_bytes() == before
    assert b"Anna Aarts" in before


def test_an_old_ledger_says_what_it_cannot_erase(cli):
    shutil.copy(OLD, "old.db")
    for words in (["--name", "Groningen"], ["rob-i"]):
        result = cli("-l", "old.db", "erase", *words, *BASIS, exit_code=1)
        assert result.stdout == ""
        assert "erased 0 texts\n" in result.stderr
        assert "not erased: records 5" in result.stderr
    with Ledger.open("old.db") as ledger:
        assert ledger.head() == 56


def test_an_old_ledger_erases_what_came_later(cli):
    shutil.copy(OLD, "old.db")
    cli(
        *"-l old.db record motion.submitted bins --on 2024-01-01 --set title=Bins".split(),
        *["--set", "movers=Groningen"],
    )
    result = cli("-l", "old.db", "erase", "--name", "Groningen", *BASIS, exit_code=1)
    assert result.stdout.startswith("recorded 58: personal-data.erased ledger/self on ")
    assert "erased 1 text\n" in result.stderr
    assert "records 5, " in result.stderr
    assert verdict(cli("-l", "old.db", "verify")) == "self-consistent"


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_what_is_erased_is_shown_as_erased(cli, lang):
    cli("erase", "bins", *BASIS)
    cli("erase", "bins.1", *BASIS)
    gone = {"en": "[erased]", "nl": "[gewist]"}[lang]
    for words in (["show", "bins"], ["list", "mandates"], ["list", "--format", "csv"]):
        said = cli(*words, "--lang", lang).stdout
        assert ("[erased]" if "csv" in words else gone) in said
        assert names_in(said) in ([], ["Bram Bos"])
    log = cli("log", "--lang", lang).stdout
    assert {"en": "personal data erased", "nl": "persoonsgegevens gewist"}[lang] in log
    rows = json.loads(cli("list", "--format", "json", "--lang", lang).stdout)
    assert [row["movers"] for row in rows] == [["[erased]", "[erased]"], ["Bram Bos"]]


def test_names_that_were_never_sealed_leave_only_when_asked(cli):
    """Records of formats 1 and 2 hold them in the log itself."""
    shutil.copy(OLD, "old.db")
    cli("-l", "old.db", "checkpoint", "--new-key", "old.key")
    cli("-l", "old.db", "checkpoint", "--sign", "--key", "old.key", "-o", "old.checkpoint")
    at = ["--checkpoint", "old.checkpoint"]
    where, name = 3, "Groningen"
    refused = cli("-l", "old.db", "export", "--to", "tiles", "-o", "public", *at, exit_code=2)
    assert code_of(refused) == "open-texts"
    assert str(where) in refused.stderr
    refused = cli("-l", "old.db", "prove", where, *at, exit_code=2)
    assert code_of(refused) == "open-texts"
    assert name not in cli("-l", "old.db", "export").stdout
    assert name in cli("-l", "old.db", "export", "--disclose").stdout
    assert "stand in the log itself" in cli("-l", "old.db", "verify").stdout
    cli("-l", "old.db", "export", "--to", "tiles", "-o", "public", *at, "--disclose")
    proof = cli("-l", "old.db", "prove", where, *at, "--disclose").stdout
    assert "c2sp.org/tlog-proof" in proof


# --- slips --------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["", ".pub", ".memory", ".lock"])
def test_a_checkpoint_is_never_written_over_its_key(signed, ending):
    before = everything()
    signed(*SIGN, "-o", f"club.key{ending}", exit_code=2)
    assert everything() == before


@pytest.mark.parametrize(
    "words",
    [
        "checkpoint --witness example.net/ann",
        "checkpoint --key club.key",
        "checkpoint --last govledger.db.checkpoint",
        "checkpoint --policy all.policy",
        "checkpoint --checkpoint govledger.db.checkpoint",
        "checkpoint --sign --key club.key --policy all.policy",
        "checkpoint --new-key b.key -o b",
    ],
)
def test_an_option_that_would_do_nothing_is_refused(signed, words):
    before = everything()
    signed(*words.split(), exit_code=2)
    assert everything() == before


@pytest.mark.parametrize("change", [("\n", "\r\n"), ("\n", " \n"), ("$", "\n"), ("^", "\ufeff")])
def test_the_three_lines_as_editors_and_mail_programs_leave_them(cli, change):
    said = cli("checkpoint").stdout
    marks = {"^": change[1] + said, "$": said + change[1]}
    Path("typed").write_bytes(marks.get(change[0], said.replace(*change)).encode())
    assert verdict(cli("verify", "--checkpoint", "typed")) == "extends your checkpoint"


def test_a_private_key_given_for_a_policy_is_not_shown(signed):
    secret = secret_of("club.key")
    words = ["verify", "--checkpoint", CHECKPOINT, "--policy", "club.key"]
    said = signed(*words, exit_code=2).output
    assert not any(secret[at : at + 6] in said for at in range(3, 38))


@pytest.mark.parametrize("option", ["prove 2 -o", "checkpoint --sign --key club.key -o"])
def test_a_folder_that_is_not_there_is_named(signed, option):
    result = signed(*option.split(), "nowhere/x", exit_code=1)
    assert ".govledger-" not in result.output
    assert "nowhere" in result.output
    assert code_of(result)


def test_a_file_is_no_folder_for_tiles(signed):
    Path("public").write_text("mine")
    result = signed("export", "--to", "tiles", "-o", "public", exit_code=1)
    assert code_of(result)
    assert Path("public").read_text() == "mine"


@pytest.mark.parametrize("name", ["none", "example.net/none", "example.net/"])
def test_the_line_for_a_policy_can_be_read(keys, name):
    line = keys("checkpoint", "--new-key", "b.key", "--witness", name).stdout
    Path("b.policy").write_text(f"{Path('logs.policy').read_text()}{line}")
    keys(*SIGN)
    keys("verify", "--checkpoint", CHECKPOINT, "--policy", "b.policy")


@pytest.mark.parametrize("position", [0, SIZE + 1])
def test_a_record_that_cannot_be_proven_is_counted_as_the_log_counts(signed, position):
    said = signed("prove", position, exit_code=2).stderr
    assert f"record {position}" in said
    assert "leaf" not in said


def test_a_checkpoint_without_signatures_is_told_apart_from_a_broken_one(signed):
    Path("typed").write_text("\n".join(lines_of()) + "\n")
    said = signed("prove", 2, "--checkpoint", "typed", exit_code=2).stderr
    assert "signed" in said.replace("this is not a signed note", "")


# --- from beginning to end ----------------------------------------------------------------


def test_the_whole_way_in_processes_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOVLEDGER_LEDGER", raising=False)
    govledger("import", example())
    log = govledger("checkpoint", "--new-key", "vng.key").stdout
    ann = govledger("checkpoint", "--new-key", "ann.key", "--witness", "example.org/ann").stdout
    Path("logs.policy").write_text(f"{log}quorum none\n")
    Path("all.policy").write_text(f"{log}{ann}quorum ann\n")
    govledger("checkpoint", "--sign", "--key", "vng.key", "-o", "vng.checkpoint")
    words = ["--cosign", "vng.checkpoint", "--key", "ann.key", "--policy", "logs.policy"]
    govledger("checkpoint", *words)
    govledger("prove", 53, "--checkpoint", "vng.checkpoint", "-o", "rob-i.tlog-proof")
    govledger("export", "--to", "tiles", "-o", "public", "--checkpoint", "vng.checkpoint")
    for told in (
        govledger("verify", "--checkpoint", "vng.checkpoint", "--policy", "all.policy").stdout,
        govledger("verify", "--proof", "rob-i.tlog-proof", "--policy", "all.policy").stdout,
        checker("bundle", "rob-i.tlog-proof", "--policy", "all.policy"),
        checker("tiles", "public", "--policy", "all.policy"),
    ):
        assert told.rstrip().endswith("witnessed")
    govledger("erase", "rob-i", *BASIS)
    after = govledger("verify", "--checkpoint", "vng.checkpoint", "--policy", "all.policy")
    assert "verdict: witnessed" in after.stdout
    checker("tiles", "public", "--policy", "all.policy")
