"""What the tests of all stores share: one server of PostgreSQL, in which the plugin's ledgers are
made, too. Which stores there are stands in pyproject.toml."""

import postgres_server
import pytest


@pytest.fixture(scope="session")
def server():
    """A server of PostgreSQL, started when it is first asked for."""
    with postgres_server.running() as running:
        yield running


@pytest.fixture(scope="session")
def govledger_postgres(server):
    """Where the plugin makes ledgers."""
    return server.url()


@pytest.fixture
def ledger_clock():
    """The system's: here most tests that want another one make it themselves."""
    return None


@pytest.fixture
def where(ledger_store):
    """The kind of store that a ledger is in."""
    return ledger_store


@pytest.fixture
def new_ledger(ledger_factory):
    """Opens new ledgers in that kind of store, which are closed at the end."""
    return ledger_factory
