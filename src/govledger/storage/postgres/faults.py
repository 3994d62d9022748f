"""Faults of the database and the server, in words that say what to do.

Here: one table of what PostgreSQL reports, and `explained`, which turns it into `StorageError`.
Not here: what is wrong with a record. No message holds what libpq says of a URL: it may quote
a password.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from eventsourcing.persistence import PersistenceError
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from govledger.storage.faults import BUSY, CLOSED, FORKED, fault
from govledger.storage.forks import Forked
from govledger.storage.postgres.connections import CommitLost

DAMAGED = ("damaged", "its tables are not those of a ledger", "restore it from a backup")
"""What is said where the catalogue, or a row, is not as it can have been made."""

_AWAY = (
    "no-server",
    "the server cannot be reached, or ended the connection",
    "check address and port, and whether it runs; nothing was recorded",
)
_COMMIT_LOST = (
    "outcome-unknown",
    "the connection was lost before the server said whether all was recorded",
    "repeat the call with its key, which writes once; without a key, look at the log first",
)

READ_ONLY = (
    "read-only",
    "the ledger cannot be written",
    "open it for writing, at the primary (of several: target_session_attrs=read-write)",
)
_NO_CONNECTION = (
    "busy",
    "no connection to the server became free",
    "try again; look whether the server runs",
)

_SILENT = (
    "busy",
    "this writer was silent for so long that the server took its lock",
    "nothing was recorded: try again, or record less at once",
)

_FAULTS = {
    "08": _AWAY,  # connection
    "08004": (
        "no-access",
        "the server refuses this connection",
        "check what the URL asks of it, its options too",
    ),
    "22021": DAMAGED,  # bytes that are no text
    "0A000": READ_ONLY,  # a server that follows another begins no transaction that writes
    "25006": READ_ONLY,
    "25P03": _SILENT,
    "25P04": _SILENT,
    "28": ("no-access", "the server refuses this user", "check user and password"),
    "3D000": ("no-database", "there is no such database", "check its name, or make it"),
    "40001": (  # our transactions never clash; so it is recovery that did
        "busy",
        "the replica gave up this question to keep up with its primary",
        "ask again; or let it wait longer (max_standby_streaming_delay)",
    ),
    "40003": (
        "unconfirmed",
        "this is written, but the wait for a replica was broken off",
        "repeat the call with its key: it returns when a replica has it",
    ),
    "40P01": BUSY,  # deadlock
    "42501": (
        "no-right",
        "this user may not do that",
        "let the owner of the schema grant what docs/how-to/postgresql.md lists",
    ),
    "42804": DAMAGED,  # another type
    "42883": DAMAGED,  # no operator for such a type
    "42710": DAMAGED,  # a type of that name
    "42P01": DAMAGED,  # no such table
    "42703": DAMAGED,  # no such column
    "42809": DAMAGED,  # something else of that name
    "42P10": DAMAGED,  # no such key
    "53100": ("disk-full", "the disk of the server is full", "make room; nothing was recorded"),
    "53300": ("busy", "the server has no connection left", "try again, or let it have more"),
    "53": ("busy", "the server is short of something", "see its log"),
    "55P03": BUSY,  # lock timeout
    "57014": ("busy", "the server cancelled this: it took too long", "see its statement_timeout"),
    "57": _AWAY,  # shut down
    "58030": ("disk-error", "the disk of the server gave an error", "check the disk"),
    "XX001": ("damaged", "the data of the server is damaged", "restore it from a backup"),
    "XX002": ("damaged", "an index of the server is damaged", "REINDEX, or restore it"),
    "XX": ("damaged", "the server met what cannot be", "see its log; restore it from a backup"),
}
"""Codes of PostgreSQL, or how they begin, and what to say of them."""


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn faults of the database into errors that say what to do."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise fault(name, *_FAULTS["22021"]) from error
    except Forked as error:
        raise fault(name, *FORKED, "open it again after the fork") from error
    except (psycopg.Error, PersistenceError) as error:
        cause = error if isinstance(error, psycopg.Error) else error.__cause__ or error
        if isinstance(cause, CommitLost):
            raise fault(name, *_COMMIT_LOST) from error
        if isinstance(cause, PoolClosed):
            raise fault(name, *CLOSED) from error
        if isinstance(cause, PoolTimeout | TooManyRequests):
            raise fault(name, *_NO_CONNECTION) from error
        code = getattr(cause, "sqlstate", None) or _unspoken(cause)
        for start in (code, code[:2]):
            if start in _FAULTS:
                raise fault(name, *_FAULTS[start]) from error
        # What else the server says of a fault may quote a row, and with it a name.
        said = getattr(getattr(cause, "diag", None), "message_primary", None) or str(cause)
        told = f"{said} ({code})" if code else said
        raise fault(name, "storage", told, "this should not happen: see the cause") from error


def _unspoken(cause: BaseException) -> str:
    """The code of a fault that libpq found itself, and gave none."""
    if not isinstance(cause, psycopg.OperationalError):
        return ""
    said = str(cause)
    if "does not exist" in said and "database" in said:
        return "3D000"
    return next((code for sign, code in _SIGNS if sign in said), "08006")


_SIGNS = (
    ("authentication failed", "28000"),
    ("no password", "28000"),
    ("pg_hba.conf", "28000"),
    ('FATAL:  role "', "28000"),
    ("too many", "53300"),
    ("connection slots", "53300"),
    ("permission denied for", "42501"),
    ("starting up", "57P03"),
    ("shutting down", "57P03"),
    ("recovery", "57P03"),
    ("not accepting connections", "57P03"),
    ("FATAL:", "08004"),
)
"""What servers say to those whom they let in no further, and the codes for it."""
