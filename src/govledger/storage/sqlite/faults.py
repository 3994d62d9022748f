"""Faults of the database and the disk, in words that say what to do.

Here: one table of what SQLite reports, and `explained`, which turns it into `StorageError`.
Not here: what is wrong with a record.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from eventsourcing.persistence import (
    ConnectionPoolClosedError,
    ConnectionUnavailableError,
    PersistenceError,
)

from govledger.storage.faults import BUSY, CLOSED, FORKED, fault
from govledger.storage.forks import Forked

_FORKED = (
    *FORKED,
    'close it before the fork, or start processes that are not forked (multiprocessing: "spawn")',
)
_FAULTS = {
    "SQLITE_READONLY": (
        "read-only",
        "the ledger cannot be written",
        "check the file's rights, or open it for writing",
    ),
    "SQLITE_BUSY": BUSY,
    "SQLITE_FULL": ("disk-full", "the disk is full", "make room; nothing was recorded"),
    "SQLITE_CORRUPT": ("damaged", "the file is damaged", "restore it from a backup"),
    "SQLITE_NOTADB": ("damaged", "the file is damaged", "restore it from a backup"),
    "SQLITE_CANTOPEN": ("not-readable", "the file cannot be opened", "check path and rights"),
    "SQLITE_IOERR": ("disk-error", "the disk gave an error", "check the disk"),
}


_SIGNS_OF_DAMAGE = ("unsupported file format", "malformed", "no such table", "no such column")
"""What SQLite says of a damaged file without an error code of its own."""


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn faults of the database into errors that say what to do."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise fault(name, *_FAULTS["SQLITE_CORRUPT"]) from error
    except ConnectionPoolClosedError as error:
        raise fault(name, *CLOSED) from error
    except Forked as error:
        raise fault(name, *_FORKED) from error
    except ConnectionUnavailableError as error:
        raise fault(name, *_FAULTS["SQLITE_BUSY"]) from error
    except (sqlite3.Error, PersistenceError) as error:
        cause = error if isinstance(error, sqlite3.Error) else error.__cause__
        symbol = getattr(cause, "sqlite_errorname", "")
        for prefix, (code, message, hint) in _FAULTS.items():
            if symbol.startswith(prefix):
                raise fault(name, code, message, hint) from error
        if any(sign in str(error) for sign in _SIGNS_OF_DAMAGE):
            raise fault(name, *_FAULTS["SQLITE_CORRUPT"]) from error
        told = f"{error} ({symbol})" if symbol else str(error)
        raise fault(name, "storage", told, "this should not happen: see the cause") from error
