"""How ledger files of older formats become files of the present one.

Here: one function a step, each in the transaction of `migrate`. Not here: the present
format (`layout`). No record changes: the same entries come out, byte for byte.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from govledger.storage.sqlite.layout import DISCLOSURES, statements
from govledger.storage.sqlite.session import SqliteSession
from govledger.storage.tables.columns import FORMAT
from govledger.storage.tables.log import Log
from govledger.storage.tables.rebuild import rebuild


def migrate(raw: sqlite3.Connection) -> None:
    """Bring a ledger to the present format, in one transaction.

    Raises `UnreadableRecord` where a record cannot be read; nothing is changed then.
    """
    raw.execute("BEGIN IMMEDIATE")
    try:
        (version,) = raw.execute("PRAGMA user_version").fetchone()
        for older in range(version, FORMAT):  # none, where somebody else was faster
            _STEPS[older](raw.cursor())
            raw.execute(f"PRAGMA user_version = {older + 1}")
    except BaseException:
        raw.execute("ROLLBACK")
        raise
    raw.execute("COMMIT")


def _from_1(_: sqlite3.Cursor) -> None:
    """There were links and keys of another form, and no spans; the next step makes them."""


def _from_2(cursor: sqlite3.Cursor) -> None:
    """There was no tree, and all personal texts stood in the log, where they stay."""
    for statement in statements(DISCLOSURES):
        cursor.execute(statement)
    rebuild(Log(SqliteSession(cursor)))


_STEPS: Mapping[int, Callable[[sqlite3.Cursor], None]] = {1: _from_1, 2: _from_2}
