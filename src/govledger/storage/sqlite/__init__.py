"""SQLite: the embedded store. The public face of its rooms; defines nothing.

`PERSISTENCE_MODULE=govledger.storage.sqlite` lets eventsourcing use `Factory`.
"""

from govledger.storage.sqlite.connections import LedgerDatastore
from govledger.storage.sqlite.layout import APPLICATION_ID
from govledger.storage.sqlite.recorder import Factory, LedgerProcessRecorder, LedgerRecorder
from govledger.storage.sqlite.store import SqliteStore
from govledger.storage.tables.columns import FORMAT

__all__ = [
    "APPLICATION_ID",
    "FORMAT",
    "Factory",
    "LedgerDatastore",
    "LedgerProcessRecorder",
    "LedgerRecorder",
    "SqliteStore",
]
