"""Between our entries and eventsourcing's stored events.

Here: the conversions and `LedgerMapper`, with which an eventsourcing `EventStore`,
`Application` or projection reads records. Not here: any database.
"""

from __future__ import annotations

from typing import Any

from eventsourcing.persistence import Mapper, Notification, StoredEvent

from govledger.codec import Entry, decode_any, encode
from govledger.vocabulary import STANDARD, Vocabulary


def stored_event(entry: Entry) -> StoredEvent:
    """An entry as eventsourcing stores it; the position is the recorder's to give."""
    return StoredEvent(entry.subject, entry.version, entry.type, entry.body)


def entry_of(n: Notification) -> Entry:
    """An entry, from what eventsourcing's notification log gives of it."""
    return Entry(n.id, str(n.originator_id), n.originator_version, n.topic, n.state)


class LedgerMapper(Mapper[str]):
    """Maps `govledger.history.Record` to stored events and back.

    Bytes pass through as they are: a hash must commit to readable bytes, so compressors and
    ciphers are ignored. Records are written through `Ledger`, which knows the rules; use
    this mapper to read a ledger with eventsourcing's own tools. The types of extensions that
    `vocabulary` does not know come as `govledger.UnknownEvent`.
    """

    def __init__(self, *args: Any, vocabulary: Vocabulary = STANDARD, **options: Any) -> None:
        """Arguments of eventsourcing's `Mapper`, and the vocabulary that is known."""
        super().__init__(*args, **options)
        self._vocabulary = vocabulary

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """The stored event of a record."""
        return stored_event(encode(domain_event))

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The record of a stored event."""
        return decode_any(
            Entry(
                getattr(stored_event, "id", 0),
                str(stored_event.originator_id),
                stored_event.originator_version,
                stored_event.topic,
                stored_event.state,
            ),
            self._vocabulary,
        )
