"""The wheel: what a plain install brings, the example among it.

It is built from a copy of the sources without isolation, so that no network is needed.
"""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    code = "import hatchling.build as b, sys; print(b.build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


def test_it_holds_the_example_and_the_marker_of_types(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "govledger/examples/vng_balv_2018/balv-2018.yaml" in names
    assert "govledger/examples/vng_balv_2018/README.md" in names
    assert "govledger/py.typed" in names
    unfit = ("tests", "conftest", "secretariat")
    assert not [name for name in names if any(word in name for word in unfit)]


def test_it_holds_the_plugin_of_pytest(wheel):
    archive = zipfile.ZipFile(wheel)
    assert "pytest_govledger.py" in archive.namelist()
    (points,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
    assert "[pytest11]\ngovledger = pytest_govledger\n" in archive.read(points).decode()


def test_the_demo_works_from_it(wheel, tmp_path):
    site, work = tmp_path / "site", tmp_path / "work"
    work.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}
    code = "import govledger, sys; sys.exit(govledger.__file__)"
    where = subprocess.run(
        [sys.executable, "-c", code], cwd=work, env=environment, capture_output=True, text=True
    )
    assert str(site) in where.stderr
    done = subprocess.run(
        [sys.executable, "-m", "govledger", "demo"],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "motion/rob-i" in done.stdout
    assert (work / "govledger.db").exists()
