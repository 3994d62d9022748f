"""The examples of `--help` are run: each command's, in their order, in a folder made for them."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_docs import help_of

from govledger.cli import PARTS, main

DATASET = """\
govledger: 1
records:
  - motion.submitted: bins
    on: 2024-03-01
    title: Bigger bins
    movers: [J. Jansen]
"""
FILES = {
    "minutes-2024.yaml": DATASET,
    "more.yaml": DATASET.replace("bins", "benches"),
    "rules.yaml": "govledger_profile: 1\nname: club@1\ntitle: a club\n",
    "votes.csv": "member,choice\nGoes,against\nEde,in favour\n",
    "members.csv": "member,weight\nEde,12\nGoes,4\n",
}
"""The files that examples name."""

NOT_RUN = {
    'govledger follow | while read -r line; do echo "$line"; done': "it waits for ever",
    'govledger copy vng.db "postgresql://keeper@db.example.org/club?ledger=vng"': "no such server",
    'govledger ledgers "postgresql://clerk@db.example.org/club"': "no such server",
    "govledger ledgers --format jsonl": "it asks the server that GOVLEDGER_LEDGER names",
}
"""Examples that are not run, and why."""

EXIT_CODES = {"govledger diff 2018-11-30 2019-03-01 --exit-code": 3}
"""What an example ends with, where that is not 0."""

SIGNED = (
    "checkpoint --new-key log.key",
    "checkpoint --sign --key log.key -o vng.checkpoint",
    "checkpoint --new-key bob.key --witness example.org/bob",
)
BEFORE = {
    "record": ("init --name club",),
    "import": (
        "-l other.db demo",
        "-l other.db export --to jsonl --disclose -o other-ledger.jsonl",
    ),
    "retract": ("demo",),
    "erase": ("import minutes-2024.yaml", "import more.yaml"),
    "list": ("demo",),
    "due": ("demo",),
    "show": ("demo",),
    "log": ("demo",),
    "diff": ("demo",),
    "timeline": ("demo",),
    "report": ("demo",),
    "check": ("demo",),
    "verify": (
        "demo",
        *SIGNED,
        "checkpoint --cosign vng.checkpoint --key bob.key --policy logs.policy",
        "prove 53 --checkpoint vng.checkpoint -o rob-i.tlog-proof",
    ),
    "checkpoint": ("demo",),
    "prove": ("demo", *SIGNED, "checkpoint --sign --key log.key"),
    "export": ("demo", *SIGNED),
    "follow": ("demo",),
    "copy": ("-l vng.db demo",),
}
"""What is done before the examples of a command."""


def examples(command):
    text = help_of([command]).partition("Examples:\n")[2].partition("\n\n")[0]
    return re.sub(r"\s*\\\n\s*", " ", text).strip().split("\n")


def run(line, exit_code=0):
    """Run an example; what stands behind a pipe or an arrow is the shell's."""
    words = shlex.split(re.split(r" (?:\||>>) ", line.strip())[0])
    result = CliRunner().invoke(main, words, prog_name="govledger")
    assert result.exit_code == exit_code, f"{line}: {result.output}"
    write_policies()


def write_policies():
    """The policies that examples name, once the keys are there that they name."""
    keys = {path.name: path.read_text("utf-8").strip() for path in Path().glob("*.key.pub")}
    logs = [f"log {key}" for name, key in keys.items() if name in ("log.key.pub", "vng.key.pub")]
    Path("logs.policy").write_text("\n".join([*logs, "quorum none", ""]), "utf-8")
    if "bob.key.pub" in keys:
        lines = [*logs, f"witness bob {keys['bob.key.pub']}", "quorum bob", ""]
        Path("witnesses.policy").write_text("\n".join(lines), "utf-8")
    if Path("vng.checkpoint").exists():
        shutil.copy("vng.checkpoint", "kept-in-2019.checkpoint")


def test_every_command_is_on_the_page():
    assert sorted(c for part in PARTS.values() for c in part) == sorted(main.list_commands(None))


@pytest.mark.parametrize("command", [c for part in PARTS.values() for c in part])
def test_the_examples_of_help_run(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("archive", "backup"):
        (tmp_path / folder).mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    for line in BEFORE.get(command, ()):
        run(line)
    found = examples(command)
    assert found and found[0], command
    for line in found:
        assert line.strip().startswith("govledger "), line
        if line.strip() not in NOT_RUN:
            run(line.strip().removeprefix("govledger "), EXIT_CODES.get(line.strip(), 0))


def test_what_is_not_run_is_there():
    told = {line.strip() for part in PARTS.values() for c in part for line in examples(c)}
    assert told >= NOT_RUN.keys() | EXIT_CODES.keys()
