"""From events to the records that they make, and from entries back to records that can be shown.

Here: numbering, sealing and encoding what is to be written, and opening what is read. Not here:
whether it may be written (`rules`, `spans`), clocks, random numbers, or a store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from attrs import evolve

from govledger.codec import Entry, decode_any, encode, payload
from govledger.errors import InvalidInput, invalid
from govledger.events import Event, RecordRetracted
from govledger.history import Record
from govledger.integrity.personal import Disclosure, digests_in, personal_texts, same, seal, unseal
from govledger.rules import Breach, too_large, withdraws
from govledger.values import Sealed
from govledger.vocabulary import STANDARD, Vocabulary


def says(record: Record, event: Event) -> bool:
    """Whether a record says of an event what was given; what was erased is not compared."""
    held = record.event
    return held == event or (
        (type(held), held.subject) == (type(event), event.subject)
        and same(payload(held), payload(event))
    )


def names(record: Record, event: Event) -> bool:
    """Whether a record has the personal texts of an event, as far as they are not sealed."""
    held, given = (list(personal_texts(one)) for one in (record.event, event))
    return len(held) == len(given) and all(
        one == other or isinstance(one[1], Sealed) or isinstance(other[1], Sealed)
        for one, other in zip(held, given, strict=True)
    )


def renumbered(
    events: Sequence[Event],
    numbers: Sequence[int] | None,
    earlier: Callable[[int], int | None] | None,
    head: int,
) -> Sequence[Event]:
    """Let corrections and retractions name positions of this ledger.

    Arguments and errors as for `Ledger.import_events`; `head` is the newest position.
    """
    if numbers is None:
        return events
    here = {number: head + at for at, number in enumerate(numbers, start=1)}
    if len(here) != len(events):
        raise invalid(
            "numbers-and-events",
            f"{len(here)} numbers are given for {len(events)} events",
            "give every event a number of its own",
        )
    here.setdefault(1, 1)  # both ledgers are opened by their first record
    targets = {target for event in events for target in withdraws(event)} - here.keys()
    found = {target: earlier(target) for target in targets} if earlier else {}
    here |= {target: position for target, position in found.items() if position is not None}
    missing = sorted(targets - here.keys())
    if missing:
        raise invalid(
            "unknown-position",
            f"record {missing[0]} is withdrawn, and is not among the numbers",
            "give all events up to it, or withdraw it where it is",
        )
    return [_pointing(event, here) for event in events]


def _pointing(event: Event, here: Mapping[int, int]) -> Event:
    if event.corrects is not None:
        event = evolve(event, corrects=here[event.corrects])
    if isinstance(event, RecordRetracted):
        event = evolve(event, position=here[event.position])
    return event


def numbered(
    events: Sequence[Event],
    versions: Mapping[str, int],
    head: int,
    now: datetime,
    key: str | None,
) -> tuple[Record, ...]:
    """The records that events make, numbered in the log and within their subjects."""
    newest = dict(versions)
    drafts = []
    for position, event in enumerate(events, start=head + 1):
        version = newest[event.subject] = newest.get(event.subject, 0) + 1
        drafts.append(
            Record(position=position, version=version, recorded_at=now, event=event, key=key)
        )
    return tuple(drafts)


def encoded(records: Iterable[Record]) -> tuple[list[Entry], list[Breach]]:
    """The entries of records, and a breach for each that is too large."""
    entries: list[Entry] = []
    oversized: list[Breach] = []
    for record in records:
        try:
            entries.append(encode(record))
        except InvalidInput as error:
            (problem,) = error.problems
            oversized.append(
                too_large(record.event, record.position, problem.message, problem.hint)
            )
    return entries, oversized


def sealed(
    events: Iterable[Event], salt: Callable[[], bytes]
) -> tuple[list[Event], list[Disclosure]]:
    """Events with their personal texts sealed, and what discloses these."""
    closed, disclosures = list[Event](), list[Disclosure]()
    for event in events:
        event, some = seal(event, salt)
        closed.append(event)
        disclosures += some
    return closed, disclosures


Find = Callable[[Collection[str]], Mapping[str, str]]
"""Finds the arrays of disclosures by their digests."""


def opened(records: Iterable[Record], disclosed: Mapping[str, str]) -> tuple[Record, ...]:
    """Records with the texts that are disclosed (see `integrity.personal.unseal`)."""
    if not disclosed:
        return tuple(records)
    return tuple(_opened(record, disclosed) for record in records)


def _opened(record: Record, disclosed: Mapping[str, str]) -> Record:
    event = unseal(record.event, disclosed)
    return record if event is record.event else evolve(record, event=event)


def told(entries: Sequence[Entry], find: Find, vocabulary: Vocabulary = STANDARD) -> list[Record]:
    """The records of entries, with the personal texts that are still kept."""
    records = [decode_any(entry, vocabulary) for entry in entries]
    digests = digests_in(entry.body for entry in entries)
    return list(opened(records, find(digests))) if digests else records
