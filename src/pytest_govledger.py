"""The plugin for pytest: a `ledger` fixture over every store, its clock and its options.

Here: options and fixtures. Not here: how ledgers are opened and dropped (`govledger.testing`).
pytest imports this at every start, also where no test asks for a ledger: so it stands beside the
package, and imports nothing of it before a fixture is used.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from govledger import Extension, Ledger
    from govledger.testing import FixedClock

STORES = ("memory", "file", "postgres")
_URL = "postgresql://user:password@host:port/database"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where ledgers may be made on a server, and in which stores tests make them."""
    parser.getgroup("govledger").addoption(
        "--govledger-postgres",
        metavar="URL",
        help=f"a database in which tests may make ledgers, {_URL}; each is dropped after its test"
        " (GOVLEDGER_POSTGRES in the environment, govledger_postgres in the configuration)",
    )
    parser.addini("govledger_postgres", f"a database in which tests may make ledgers: {_URL}")
    parser.addini(
        "govledger_stores",
        f"the stores of the ledger fixture, some of: {', '.join(STORES)}",
        type="args",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse stores that there are not, before anything runs."""
    if unknown := sorted(set(config.getini("govledger_stores")) - set(STORES)):
        raise pytest.UsageError(
            f"govledger_stores: {', '.join(unknown)} is no store; take some of {', '.join(STORES)}"
        )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whoever asks for a ledger once for each store."""
    name = "ledger_store"
    marks = metafunc.definition.iter_markers("parametrize")
    is_told = any(name in mark.args[0] for mark in marks if mark.args)  # where it runs, by the test
    if name in metafunc.fixturenames and not is_told:
        metafunc.parametrize(name, _stores(metafunc.config), indirect=True)


def _stores(config: pytest.Config) -> list[str]:
    """The stores that are configured: without a word those that are there."""
    stores: list[str] = config.getini("govledger_stores")
    return stores or [name for name in STORES if name != "postgres" or _url(config)]


def _url(config: pytest.Config) -> str | None:
    told: Sequence[Any] = (
        config.getoption("--govledger-postgres"),
        os.environ.get("GOVLEDGER_POSTGRES"),
        config.getini("govledger_postgres"),
    )
    return next((url for url in told if url), None)


@pytest.fixture(scope="session")
def govledger_postgres(pytestconfig: pytest.Config) -> str:
    """The URL of a database in which ledgers may be made. Override it to start a server."""
    url = _url(pytestconfig)
    if url is None:
        pytest.skip(f"no PostgreSQL is configured: --govledger-postgres {_URL}")
    return url


@pytest.fixture
def ledger_store(request: pytest.FixtureRequest) -> str:
    """The store that ledgers are made in: "memory", "file" or "postgres".

    Memory where pytest cannot run a test more than once, as in a class of unittest.
    """
    store: str = getattr(request, "param", "memory")
    return store


@pytest.fixture
def ledger_clock() -> FixedClock:
    """The clock of the ledgers of a test: it stands at 2024-01-01, until the test moves it."""
    from govledger.testing import FixedClock  # noqa: PLC0415 - only where it is used

    return FixedClock()


@pytest.fixture
def ledger_options() -> Mapping[str, Any]:
    """What ledgers are opened with: `name`, `timezone`, `profile`. Override it to choose."""
    return {}


@pytest.fixture
def ledger_extensions() -> Sequence[Extension]:
    """The extensions that ledgers are opened with. Override it to give yours."""
    return ()


@pytest.fixture
def ledger_factory(
    request: pytest.FixtureRequest,
    ledger_store: str,
    ledger_clock: FixedClock,
    ledger_options: Mapping[str, Any],
    ledger_extensions: Sequence[Extension],
    tmp_path: Path,
) -> Iterator[Callable[..., Ledger]]:
    """Makes new ledgers in a store, as many as a test needs; its arguments go before the fixtures'.

    All are closed after the test, and those on a server dropped.
    """
    from govledger.testing.stores import new_ledger  # noqa: PLC0415 - only where it is used

    with ExitStack() as stack:

        def make(**options: Any) -> Ledger:
            told: dict[str, Any] = {
                "clock": ledger_clock,
                "extensions": ledger_extensions,
                **ledger_options,
                **options,
            }
            if ledger_store == "postgres":
                told["postgres"] = request.getfixturevalue("govledger_postgres")
            return stack.enter_context(new_ledger(ledger_store, folder=tmp_path, **told))

        yield make


@pytest.fixture
def ledger(ledger_factory: Callable[..., Ledger]) -> Ledger:
    """A new ledger, once in every store."""
    return ledger_factory()
