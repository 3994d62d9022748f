"""What the tests of all stores share: one server of PostgreSQL, and ledgers anywhere."""

from contextlib import ExitStack

import postgres_server
import pytest

from govledger import Ledger


@pytest.fixture(scope="session")
def server():
    """A server of PostgreSQL, started when it is first asked for."""
    with postgres_server.running() as running:
        yield running


@pytest.fixture(params=postgres_server.WHERE)
def where(request):
    """The kind of store that a ledger is in."""
    return request.param


@pytest.fixture
def new_ledger(request, where, tmp_path):
    """Opens new ledgers in that kind of store, which are closed at the end."""
    with ExitStack() as stack:

        def new(**options):
            if where == "memory":
                ledger = Ledger.in_memory(**options)
            elif where == "file":
                count = len(list(tmp_path.glob("new-*.db")))
                ledger = Ledger.open(tmp_path / f"new-{count}.db", **options)
            else:
                ledger = Ledger.open(request.getfixturevalue("server").url(), **options)
            return stack.enter_context(ledger)

        yield new
