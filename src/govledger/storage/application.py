"""A ledger as an application of eventsourcing, for its projections.

Here: `LedgerApplication`, which reads. Not here: recording, which is `Ledger`'s alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, NoReturn

from eventsourcing.application import Application
from eventsourcing.persistence import ApplicationRecorder, Mapper, PersistenceError

from govledger.errors import Problem, StorageError
from govledger.extension import Extension
from govledger.storage import sqlite
from govledger.storage.mapping import LedgerMapper
from govledger.vocabulary import Vocabulary


class LedgerApplication(Application[str]):
    """A ledger that projections read: `ProjectionRunner(application_class=LedgerApplication, …)`.

    The environment names the ledger: `PERSISTENCE_MODULE` is `govledger.storage.sqlite` or
    `govledger.storage.postgres`, and `SQLITE_DBNAME` the file, or `POSTGRES_SCHEMA` the schema.
    Its events are `govledger.history.Record`, with personal texts sealed. A projection that has
    `topics` names every version of a type: `govledger.codec.stored_types`. Subclass it with
    another `name` where one database tracks several ledgers, and with the `extensions` that the
    ledger is kept with.
    """

    extensions: ClassVar[tuple[Extension, ...]] = ()

    env: ClassVar[dict[str, str]] = {"CREATE_TABLE": "n", "ORIGINATOR_ID_TYPE": "text"}

    def construct_mapper(self) -> Mapper[str]:
        """What turns stored events into records."""
        return LedgerMapper(
            transcoder=self.construct_transcoder(), vocabulary=Vocabulary(self.extensions)
        )

    def construct_recorder(self) -> ApplicationRecorder:
        """What reads the log. Raises `StorageError` where there is no ledger."""
        try:
            if isinstance(self.factory, sqlite.Factory):  # which would make the file
                path = Path(self.factory.datastore.pool.db_name)
                sqlite.SqliteStore.open(path, read_only=True).close()
            recorder = super().construct_recorder()
            recorder.max_notification_id()
        except PersistenceError as error:
            self.factory.close()
            raise _no_ledger() from error
        except BaseException:
            self.factory.close()
            raise
        return recorder

    def save(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: raises `StorageError`."""
        raise StorageError(
            Problem(
                code="read-only",
                message="an application only reads a ledger",
                hint="record with Ledger.record, which knows the rules",
            )
        )


def _no_ledger() -> StorageError:
    return StorageError(
        Problem(
            code="no-ledger",
            message="the environment names no ledger",
            hint="set SQLITE_DBNAME, or POSTGRES_SCHEMA and the server; `govledger init` makes one",
        )
    )
