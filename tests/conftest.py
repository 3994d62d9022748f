"""What the tests of all stores share: one server of PostgreSQL for all of them."""

import postgres_server
import pytest


@pytest.fixture(scope="session")
def server():
    """A server of PostgreSQL, started when it is first asked for."""
    with postgres_server.running() as running:
        yield running
