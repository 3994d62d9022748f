"""Many writers at once, for a bounded time: what each was told to be on record is there, once.

The benchmark of many writers does the work (`python -m benchmarks.load` takes longer, and compares);
here nobody looks at the time."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # the benchmarks stand beside the tests

from benchmarks import load  # noqa: E402


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def places(request, tmp_path):
    """Names new places in one of the stores."""
    if request.param == "SQLite":
        return load.files(tmp_path)
    url = request.getfixturevalue("server").url("any")
    return load.schemas(url.replace("&ledger=any", ""))


@pytest.mark.parametrize(
    "case", ["8 threads, one ledger", "8 processes, one ledger", "8 processes, 8 ledgers"]
)
def test_writers_lose_and_double_nothing(case, places):
    ledgers, processes, threads = load.CASES[case]
    chosen = places("govledger", ledgers)
    rate = load.measured(
        "govledger", [chosen[n % ledgers] for n in range(processes)], processes, threads, 1.0
    )
    assert rate > 0
