"""Options and the bench of `python -m pytest benchmarks --benchmark-only`."""

from contextlib import closing

import pytest

from benchmarks.bench import Bench


def pytest_addoption(parser):
    parser.addoption("--size", type=int, default=10_000, help="records in the history")
    parser.addoption("--seed", type=int, default=1, help="seed of the history")


@pytest.fixture(scope="session")
def bench(request, tmp_path_factory):
    """Everything that is measured, made once."""
    size, seed = (request.config.getoption(name) for name in ("--size", "--seed"))
    with closing(Bench(tmp_path_factory.mktemp("bench"), size, seed)) as bench:
        yield bench
