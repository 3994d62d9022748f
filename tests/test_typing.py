"""The public interface as type checkers see it in somebody else's project: mypy and pyright.

The programs in tests/typed are copied out of the project; what they import is found as any
installed package is, by its marker `py.typed`. Both checkers come from PyPI; pyright's wheel
holds its program, and its extra brings node.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "typed"


def mypy(program):
    """The lines in which mypy finds something wrong, and all that it says."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", program.name]
    done = subprocess.run(command, cwd=program.parent, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    lines = re.findall(r"^\S+\.py:(\d+): error:", done.stdout, re.MULTILINE)
    return {int(line) for line in lines}, done.stdout


def pyright(program):
    """The lines in which pyright, in its strict mode, finds something wrong, and what it says."""
    (program.parent / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    command.append(program.name)
    done = subprocess.run(command, cwd=program.parent, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == 1
    found = [each for each in report["generalDiagnostics"] if each["severity"] == "error"]
    return {each["range"]["start"]["line"] + 1 for each in found}, done.stdout


each_checker = pytest.mark.parametrize("checker", [mypy, pyright], ids=lambda each: each.__name__)


@pytest.fixture
def program(tmp_path):
    """Copies a program out of the project."""
    return lambda name: Path(shutil.copy(PROGRAMS / name, tmp_path))


@each_checker
def test_a_right_program_is_right(program, checker):
    found, said = checker(program("right.py"))
    assert found == set(), said


@each_checker
def test_every_mistake_is_seen_and_nothing_else(program, checker):
    copy = program("wrong.py")
    marked = [n for n, line in enumerate(copy.read_text().splitlines(), 1) if "# wrong" in line]
    found, said = checker(copy)
    assert found == set(marked), said


def test_a_right_program_runs(program):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    copy = program("right.py")
    done = subprocess.run([*command, copy.name], cwd=copy.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
