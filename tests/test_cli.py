"""The command line: output as golden files, exit codes, both languages.

Golden files stand in `golden/`; `pytest --update-golden` writes them anew.
"""

import json
import re

import pytest
from click.testing import CliRunner

from govledger.cli import PARTS, main
from govledger.cli.demo import example
from govledger.cli.words import WORDS
from govledger.terms import TERMS


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """Runs govledger in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOVLEDGER_LEDGER", raising=False)

    def run(*words, exit_code=0, **options):
        result = CliRunner().invoke(main, words, prog_name="govledger", **options)
        assert result.exit_code == exit_code, result.output
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def demo(cli):
    cli("demo")
    return cli


GOLDEN = {
    "demo": ["demo"],
    "list": ["list", "--as-of", "2018-11-30"],
    "list-before": ["list", "--as-of", "2018-06-26"],
    "list-held-over": ["list", "motions", "--as-of", "2018-11-30", "--status", "held-over"],
    "list-mandates": ["list", "mandates", "--as-of", "2019-03-01"],
    "list-blockades": ["list", "blockades", "--as-of", "2018-11-29"],
    "list-proposals": ["list", "proposals", "--as-of", "2018-11-30"],
    "list-meetings": ["list", "meetings", "--as-of", "2019-06-05"],
    "list-known": ["list", "--as-of", "2018-11-30", "--known-at", "20"],
    "list-instant": ["list", "--as-of", "2018-11-30T12:00+01:00"],
    "due": ["due", "--as-of", "2019-03-01"],
    "show-motion": ["show", "motion/ssa-i", "--as-of", "2018-11-30"],
    "show-slug": ["show", "rob-i", "--as-of", "2018-11-30"],
    "show-nothing": ["show", "motion/ssa-ii", "--as-of", "2018-11-29"],
    "show-blockade": ["show", "blockade/deelakkoorden", "--as-of", "2018-11-30"],
    "diff": ["diff", "2018-11-29", "2018-11-30"],
    "diff-nothing": ["diff", "2018-12-01", "2018-12-02"],
}


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("name", GOLDEN)
def test_output(name, lang, demo, golden):
    golden(f"tests/golden/{name}.{lang}.txt", demo(*GOLDEN[name], "--lang", lang).output)


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
@pytest.mark.parametrize("kind", ["motions", "blockades"])
def test_other_formats(kind, form, demo, golden):
    result = demo("list", kind, "--as-of", "2018-11-30", "--format", form)
    golden(f"tests/golden/{kind}.{form}", result.stdout)


def test_log_tells_every_record(demo):
    lines = demo("log", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["position"] for line in lines] == list(range(1, 57))
    assert demo("export", "--to", "jsonl", "--disclose", "-q").stdout.count("\n") == 56
    by_day = demo("log", "--by", "on", "--from", "2018-11-06", "--to", "2018-11-29").stdout
    assert len(re.findall(r"^ \d+ ", by_day, re.MULTILINE)) == 12
    assert "motie afgedaan" in demo("log", "motion/rob-i", "--lang", "nl").stdout


def test_exports_are_the_same_as_the_log(demo):
    log = [json.loads(line) for line in demo("log", "--format", "jsonl").stdout.splitlines()]
    lines = demo("export", "--to", "jsonl", "--disclose", "-q").stdout.splitlines()
    assert [json.loads(line) for line in lines] == log


def test_the_demo_is_told_on_one_screen(demo):
    lines = demo("demo").output.splitlines()
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 120
    for part in ("Changed on that day", "Why is rob-i completed?", "no completion on record"):
        assert any(part in line for line in lines)


def test_the_demo_wants_a_fresh_ledger(cli):
    cli("record", "motion.submitted", "bins", "--on", "2024-01-01", "--set", "title=Bins")
    cli("record", "motion.adopted", "bins", "--on", "2024-01-02")
    result = cli("demo", exit_code=1)
    assert "somebody else's" in result.stderr
    assert "--ledger" in result.stderr


def test_a_life_on_the_command_line(cli):
    cli("init", "--name", "Club", "--timezone", "Europe/Amsterdam")
    cli("record", "motion.submitted", "bins", "--on", "2024-03-01", "--set", "title=Bins")
    cli(
        *"record motion.adopted bins --on 2024-03-14 --set tally.in_favour=31".split(),
        *"--set tally.against=12 --set as_amended=true --key vote-1".split(),
    )
    again = cli(
        *"record motion.adopted bins --on 2024-03-14 --set tally.in_favour=31".split(),
        *"--set tally.against=12 --set as_amended=true --key vote-1".split(),
    )
    assert again.stdout == "recorded 3: motion.adopted motion/bins on 2024-03-14\n"
    cli(
        *"record mandate.given bins.1 --on 2024-03-14 --set motion=bins --set".split(),
        "task=Order them",
        *"--set addressee=Board --set due.before=2024-09-01".split(),
    )
    (row,) = json.loads(cli("due", "--as-of", "2024-09-01", "--format", "json").stdout)
    assert (row["due"], row["deadline"]) == ("before 2024-09-01", "overdue")
    cli("retract", "4", "--reason", "Never given")
    assert json.loads(cli("due", "--format", "json").stdout) == []
    known = cli("due", "--as-of", "2024-09-01", "--known-at", "4", "--format", "json")
    assert len(json.loads(known.stdout)) == 1
    assert "retracted by 5: Never given" in cli("log").stdout
    assert "verdict: self-consistent" in cli("verify").stdout
    assert "no problems" in cli("check").stdout


def test_flagged_breaches_are_told_in_every_later_view(cli):
    cli("init", "--name", "Club")
    refused = cli("record", "motion.completed", "bins", "--on", "2024-03-01", exit_code=1)
    assert "error[not-on-record]" in refused.stderr
    assert "Nothing was recorded." in refused.stderr
    cli("record", "motion.completed", "bins", "--on", "2024-03-01", "--flag-breaches")
    listed = cli("list")
    assert "on the books: 1." in listed.stderr
    assert json.loads(cli("list", "--format", "json").stdout)[0]["findings"] == ["not-on-record"]
    assert "not-on-record" in cli("show", "motion/bins").stdout
    assert "error[not-on-record]" in cli("check", exit_code=3).stdout


@pytest.mark.parametrize(
    "words",
    [
        ["lst"],
        ["list", "motion"],
        ["list", "--as-of", "2018-02-30"],
        ["list", "--as-of", "2018-11"],
        ["list", "--format", "xml"],
        ["record", "motion.adopted", "bins"],
        ["record", "motion.adopted", "bins", "--on", "2024-01-01", "--set", "meeting"],
        ["import", "nowhere.yaml"],
        ["diff", "2018-11-30"],
        ["check", "--documents", "."],
        ["list", "--status", "heldover"],
        ["record", "motion.adopted", "x", "--on", "2024-01-01", "--set", "on=2025"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(words, demo):
    assert "Error" in demo(*words, exit_code=2).stderr


@pytest.mark.parametrize("command", ["list", "due", "log", "verify", "check", "export --to jsonl"])
def test_asking_without_a_ledger_makes_none(command, cli, tmp_path):
    result = cli(*command.split(), exit_code=1)
    assert "there is no ledger here" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_exit_codes_of_diff_check_and_verify(demo, tmp_path):
    assert demo("diff", "2018-11-29", "2018-11-30", "--exit-code", exit_code=3)
    assert demo("diff", "2018-12-01", "2018-12-02", "--exit-code")
    assert demo("check", str(example()))
    raw = bytearray((tmp_path / "govledger.db").read_bytes())
    at = raw.find(b"Maastricht")
    raw[at : at + 1] = b"\xff"
    (tmp_path / "govledger.db").write_bytes(raw)
    result = demo("verify", exit_code=4)
    assert "verdict: " in result.stdout
    assert "verdict: self-consistent" not in result.stdout


def test_shared_options_stand_before_or_after_the_command(cli, monkeypatch):
    cli("-l", "one.db", "init", "--name", "One")
    cli("init", "-l", "two.db", "--name", "Two")
    cli("record", "motion.submitted", "a", "--on", "2024-01-01", "--set", "title=A", "-l", "two.db")
    monkeypatch.setenv("GOVLEDGER_LEDGER", "two.db")
    assert "motion/a" in cli("list").stdout
    assert "motion/a" not in cli("-l", "one.db", "list").stdout
    assert "motion/a" not in cli("list", "-l", "one.db").stdout
    assert "Moties" in cli("--lang", "nl", "list").stdout
    assert "Moties" in cli("list", env={"GOVLEDGER_LANG": "nl"}).stdout


def test_init_never_writes_over_a_file(cli, tmp_path):
    (tmp_path / "govledger.db").write_text("mine")
    assert "already" in cli("init", "--name", "Club", exit_code=1).stderr
    assert (tmp_path / "govledger.db").read_text() == "mine"


def test_import_says_what_it_did(cli):
    path = str(example())
    assert "imported 55 records" in cli("import", path).stderr
    assert "nothing was changed" in cli("import", path).stderr
    assert cli("import", path, "--quiet").output == ""
    other = cli("--ledger", "utc.db", "init", "--name", "Other")
    assert other.stderr.startswith("opened utc.db")
    notes = cli("--ledger", "utc.db", "import", path).stderr
    assert "note: the dataset says timezone Europe/Amsterdam; this ledger keeps UTC" in notes


def test_an_import_with_problems_leaves_no_ledger(cli, tmp_path):
    (tmp_path / "bad.yaml").write_text("govledger: 1\nrecords:\n  - motion.adoptd: x\n")
    result = cli("import", "bad.yaml", exit_code=1)
    assert 'did you mean "motion.adopted"?' in result.stderr
    assert "1 problem in 1 file; nothing was imported." in result.stderr
    (tmp_path / "breach.yaml").write_text(
        "govledger: 1\nrecords:\n  - motion.adopted: x\n    on: 2024-01-01\n"
    )
    assert (
        "breach.yaml:3:5: error[not-on-record]" in cli("import", "breach.yaml", exit_code=1).stderr
    )
    cli("record", "motion.adopted", "x", "--on", "2024-01-01", exit_code=1)
    cli("record", "motion.adoptd", "x", "--on", "2024-01-01", exit_code=2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.yaml", "breach.yaml"]


def test_spreadsheets_get_text_not_formulas(cli):
    cli("record", "motion.submitted", "a", "--on", "2024-01-01", "--set", "title==1+1")
    assert "'=1+1" in cli("list", "--format", "csv").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell, demo):
    script = CliRunner().invoke(
        main, [], prog_name="govledger", env={"_GOVLEDGER_COMPLETE": f"{shell}_source"}
    )
    assert "_GOVLEDGER_COMPLETE" in script.output


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("govledger ver", "verify"),
        ("govledger show motion/ro", "motion/rob-ii"),
        ("govledger record motion.ad", "motion.adopted"),
        ("govledger list bl", "blockades"),
        ("govledger list --lang n", "nl"),
    ],
)
def test_what_completes(words, found, demo):
    parts = words.split()
    result = CliRunner().invoke(
        main,
        [],
        prog_name="govledger",
        env={
            "_GOVLEDGER_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(parts) - 1),
        },
    )
    assert found in result.output


def test_both_languages_have_every_word():
    for table in (TERMS, WORDS):
        for name, words in table.items():
            assert len(words) == 2, name
            assert all(words), name
            fields = [sorted(re.findall(r"\{(\w+)\}", word)) for word in words]
            assert fields[0] == fields[1], name


def test_every_heading_is_in_the_table(demo):
    from govledger.cli.ask import COLUMNS
    from govledger.register import FIELDS

    for names in (*COLUMNS.values(), *FIELDS.values()):
        assert set(names) <= set(WORDS), set(names) - set(WORDS)


def test_the_parts_list_every_command_there_is():
    import click

    context = click.Context(main)
    for commands in PARTS.values():
        for command in commands:
            assert main.get_command(context, command).name == command
