"""Runs the README, the docs and the docstrings as tests, and keeps golden files.

A block that is not to be run says why in a comment before it: `<!-- not run: the reason -->`.
A YAML or JSON block whose first line is a comment with a file name (`# minutes.yaml`) is that
file from there on.

`pytest --update-golden` writes what is generated (golden files, pages of the docs) instead
of comparing it; read the diff before committing.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

from govledger import dataset
from govledger.cli import main
from govledger.interchange import jsonl

ROOT = Path(__file__).parent

pytest_plugins = ("pytester",)  # runs test-suites of embedders


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


@pytest.fixture
def golden(request):
    """Compare text with a file below the project, or write it with --update-golden."""

    def compare(path: str, text: str) -> None:
        file = ROOT / path
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"{path} is missing: run pytest --update-golden"
        assert text == file.read_text(encoding="utf-8"), f"{path} is out of date"

    return compare


def _in_empty_folder(namespace):
    """Every document runs in a folder of its own, with the examples and the tools at hand."""
    import tempfile

    folder = tempfile.TemporaryDirectory()
    namespace["_folder"], namespace["_home"] = folder, os.getcwd()
    for name in ("examples", "tools"):
        os.symlink(ROOT / name, Path(folder.name) / name)
    os.chdir(folder.name)


def _back_home(namespace):
    os.chdir(namespace["_home"])
    namespace["_folder"].cleanup()


def _run_console(example):
    """Run the `$ govledger …` lines of a console block; compare what is shown under them."""
    commands = re.split(r"^\$ ", example.parsed, flags=re.MULTILINE)[1:]
    for command in commands:
        line, _, shown = command.partition("\n")
        words = shlex.split(line, comments=True)
        assert words[0] == "govledger", f"only govledger runs here: {line}"
        result = CliRunner().invoke(main, words[1:], prog_name="govledger")
        if shown.strip():
            assert _lines(result.output) == _lines(shown)
        else:
            assert result.exit_code == 0, result.output


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _run_shell(example):
    """Run a block of commands, as a shell does that stops at the first that fails."""
    for line in example.parsed.splitlines():
        assert line.startswith(("govledger ", "python tools/")), f"say why it is not run: {line}"
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["sh", "-euc", example.parsed],
        env={**os.environ, "PATH": programs},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _read_yaml(example):
    """Read a block as what it is: a dataset or a profile, with no problems, or any mapping."""
    path = _file(example, "block.yaml")
    assert isinstance(yaml.safe_load(example.parsed), dict)
    if re.search(r"^govledger:", example.parsed, re.MULTILINE):
        assert not dataset.load(path).problems
    elif re.search(r"^govledger_profile:", example.parsed, re.MULTILINE):
        result = CliRunner().invoke(main, ["check", str(path)], prog_name="govledger")
        assert result.exit_code == 0, result.output


def _read_json(example):
    """Read a block as JSON Lines with no problems or, if it is another object, as JSON."""
    path = _file(example, "block.jsonl")
    if example.parsed.startswith('{"type"'):
        assert not jsonl.load(path).problems
    else:
        json.loads(example.parsed)


def _file(example, name):
    """The file that a block is written to."""
    named = re.match(r"# ([\w.-]+)\n", example.parsed)
    path = Path(named[1] if named else name)
    path.write_text(example.parsed, encoding="utf-8")
    return path


ELSEWHERE = {
    ("docs/how-to/back-up.md", "sh"): "tests/test_backup.py",
    ("docs/how-to/cluster.md", "yaml"): "tests/patroni_cluster.py",
    ("docs/how-to/extend.md", "console"): "tests/test_extension.py",
    ("docs/how-to/extend.md", "python"): "tests/test_extension.py",
    ("docs/how-to/extend.md", "toml"): "tests/test_extension.py",
    ("docs/how-to/postgresql.md", "sql"): "tests/test_postgres.py",
    ("docs/reference/errors.md", "json"): "tests/test_errors.py",
    ("docs/reference/errors.md", "py"): "tests/test_errors.py",
    ("docs/reference/errors.md", "yaml"): "tests/test_errors.py",
    ("docs/reference/events.md", "yaml"): "tests/test_docs.py",
    **{
        (f"docs/reference/{page}.md", "python"): "tests/test_docs.py"  # made of docstrings
        for page in ("api", "events", "fields", "report", "testing")
    },
}
"""Pages whose blocks in a language are run by tests of their own."""

NOT_RUN = re.compile(r"<!-- not run: [^>]+ -->\n+\Z")


class _Parser:
    """A parser of blocks that leaves out those that are run elsewhere, or say why they are not."""

    def __init__(self, language, parser):
        self.language, self.parser = language, parser

    def __call__(self, document):
        page = Path(document.path).relative_to(ROOT).as_posix()
        if (page, self.language) in ELSEWHERE:
            return
        for region in self.parser(document):
            if not NOT_RUN.search(document.text, 0, region.start):
                yield region


PAGES = Sybil(
    parsers=[
        _Parser("python", PythonCodeBlockParser()),
        _Parser("console", CodeBlockParser("console", _run_console)),
        _Parser("sh", CodeBlockParser("sh", _run_shell)),
        _Parser("yaml", CodeBlockParser("yaml", _read_yaml)),
        _Parser("json", CodeBlockParser("json", _read_json)),
    ],
    patterns=["README.md", "docs/*.md", "docs/**/*.md", "examples/**/*.md", "benchmarks/*.md"],
    setup=_in_empty_folder,
    teardown=_back_home,
)
DOCSTRINGS = Sybil(
    parsers=[DocTestParser()],
    patterns=["src/*/*.py", "src/*/*/*.py", "src/*/*/*/*.py"],  # ** is one level here
    setup=_in_empty_folder,
    teardown=_back_home,
)

pytest_collect_file = (PAGES + DOCSTRINGS).pytest()
