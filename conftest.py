"""Runs the README, the docs and the docstrings as tests, and keeps golden files.

`pytest --update-golden` writes what is generated (golden files, pages of the docs) instead
of comparing it; read the diff before committing.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

from govledger.cli import main

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
    """Every document runs in a folder of its own, with the examples at hand."""
    import tempfile

    folder = tempfile.TemporaryDirectory()
    namespace["_folder"], namespace["_home"] = folder, os.getcwd()
    os.symlink(ROOT / "examples", Path(folder.name) / "examples")
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


pytest_collect_file = (
    Sybil(
        parsers=[PythonCodeBlockParser(), CodeBlockParser("console", _run_console)],
        patterns=["README.md", "docs/*.md", "docs/**/*.md", "examples/**/*.md"],
        setup=_in_empty_folder,
        teardown=_back_home,
    )
    + Sybil(parsers=[DocTestParser()], patterns=["src/**/*.py"])
).pytest()
