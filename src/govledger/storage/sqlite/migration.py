"""How ledger files of older formats become files of the present one.

Here: one function a step, each in the transaction of `migrate`. Not here: the present
format (`layout`). No record changes: the same entries come out, byte for byte.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from govledger.codec import decode
from govledger.events import LedgerOpened
from govledger.spans import BATCH
from govledger.storage.sqlite import derived
from govledger.storage.sqlite.layout import DERIVED, FORMAT, statements
from govledger.storage.sqlite.log import Log
from govledger.values import batches
from govledger.when import timezone


def migrate(raw: sqlite3.Connection) -> None:
    """Bring a ledger to the present format, in one transaction.

    Raises `UnreadableRecord` where a record cannot be read; nothing is changed then.
    """
    raw.execute("BEGIN IMMEDIATE")
    try:
        (version,) = raw.execute("PRAGMA user_version").fetchone()
        for older in range(version, FORMAT):  # none, where somebody else was faster
            _STEPS[older](raw)
        raw.execute(f"PRAGMA user_version = {FORMAT}")
    except BaseException:
        raw.execute("ROLLBACK")
        raise
    raw.execute("COMMIT")


def _from_1(raw: sqlite3.Connection) -> None:
    """There were links and keys of another form, and no spans; the log was the same."""
    cursor = raw.cursor()
    for table in ("keys", "links"):
        cursor.execute(f"DROP TABLE {table}")
    for statement in statements(DERIVED):
        cursor.execute(statement)
    log = Log(cursor)
    zone = timezone("UTC")
    for records in batches(map(decode, log.everything()), BATCH):
        if isinstance(records[0].event, LedgerOpened):
            zone = timezone(records[0].event.timezone)
        derived.retell(cursor, log, records, zone)


_STEPS: Mapping[int, Callable[[sqlite3.Connection], None]] = {1: _from_1}
