"""PostgreSQL: the store for many writers. The public face of its rooms; defines nothing.

`PERSISTENCE_MODULE=govledger.storage.postgres` lets eventsourcing use `Factory`. Needs the
extra `govledger[postgres]`.
"""

from govledger.storage.postgres.connections import LedgerDatastore
from govledger.storage.postgres.recorder import Factory, LedgerProcessRecorder, LedgerRecorder
from govledger.storage.postgres.store import PostgresStore
from govledger.storage.postgres.urls import Address, address

__all__ = [
    "Address",
    "Factory",
    "LedgerDatastore",
    "LedgerProcessRecorder",
    "LedgerRecorder",
    "PostgresStore",
    "address",
]
