"""A place in a PostgreSQL database: what `govledger.storage.places` finds for a URL.

Here: `schema_at`. Not here: what URLs say (`urls`), or what is done there (`store`).
"""

from __future__ import annotations

from attrs import frozen

from govledger.codec import Entry
from govledger.storage import Store
from govledger.storage.places import Place
from govledger.storage.postgres.store import PostgresStore
from govledger.storage.postgres.urls import Address, address
from govledger.vocabulary import Vocabulary


@frozen
class _Schema:
    """A schema of a database."""

    address: Address
    vocabulary: Vocabulary

    @property
    def name(self) -> str:
        return self.address.name

    @property
    def title(self) -> str:
        return self.address.ledger

    def is_free(self) -> bool:
        return PostgresStore.is_free(self.address)

    def create(self, first: Entry) -> Store:
        return PostgresStore.create(self.address, first, self.vocabulary)

    def open(self, *, read_only: bool = False) -> Store:
        return PostgresStore.open(self.address, self.vocabulary, read_only=read_only)

    def is_of(self, store: Store) -> bool:
        return isinstance(store, PostgresStore) and store.address.place == self.address.place


def schema_at(url: str, vocabulary: Vocabulary) -> Place:
    """The schema that a URL means. Raises `StorageError` where it means none."""
    return _Schema(address(url), vocabulary)
