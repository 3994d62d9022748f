"""The public interface as type checkers see it in somebody else's project: mypy and pyright.

The programs in tests/typed are copied out of the project, with the extension that a page of the
docs shows; what they import is found as any installed package is, by its marker `py.typed`. Both
checkers come from PyPI; pyright's wheel holds its program and its extra brings node, so that it
runs without a network.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_extension import MODULE

PROGRAMS = Path(__file__).parent / "typed"
RIGHT = ("right.py", "extending.py")
WRONG = ("wrong.py", "extending_wrong.py")


def mypy(folder, names):
    """The places in which mypy finds something wrong, and all that it says."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", *names]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    found = re.findall(r"^(\S+\.py):(\d+): error:", done.stdout, re.MULTILINE)
    return {(name, int(line)) for name, line in found}, done.stdout


def pyright(folder, names):
    """The places in which pyright, in its strict mode, finds something wrong, and what it says."""
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run([*command, *names], cwd=folder, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(names)
    found = [each for each in report["generalDiagnostics"] if each["severity"] == "error"]
    places = {(Path(e["file"]).name, e["range"]["start"]["line"] + 1) for e in found}
    return places, done.stdout


each_checker = pytest.mark.parametrize("checker", [mypy, pyright], ids=lambda each: each.__name__)


@pytest.fixture
def folder(tmp_path):
    """The programs, out of the project, beside the module that docs/how-to/extend.md shows."""
    (tmp_path / "budget.py").write_text(MODULE, "utf-8")
    return shutil.copytree(PROGRAMS, tmp_path, dirs_exist_ok=True)


@each_checker
def test_right_programs_are_right(folder, checker):
    found, said = checker(folder, ["budget.py", *RIGHT])
    assert found == set(), said


@each_checker
def test_every_mistake_is_seen_and_nothing_else(folder, checker):
    marked = {
        (name, number)
        for name in WRONG
        for number, line in enumerate((folder / name).read_text("utf-8").splitlines(), 1)
        if "# wrong" in line
    }
    found, said = checker(folder, WRONG)
    assert found == marked, said


def test_right_programs_run(folder):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    done = subprocess.run([*command, *RIGHT], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout
