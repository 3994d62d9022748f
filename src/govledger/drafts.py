"""From events to the records that they make, and from entries back to records that can be shown.

Here: numbering, sealing and encoding what is to be written, and opening what is read. Not here:
whether it may be written (`rules`, `spans`), clocks, random numbers, or a store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from unicodedata import is_normalized

import msgspec
from attrs import evolve, fields

from govledger.codec import Entry, decode, decode_any, decode_state, encode, encode_state, payload
from govledger.errors import GovledgerError, InvalidInput, brief, invalid
from govledger.events import Event, RecordRetracted, kind_of
from govledger.history import Record
from govledger.integrity.personal import Disclosure, digests_in, personal_texts, same, seal, unseal
from govledger.rules import Breach, too_large, withdraws
from govledger.state import State
from govledger.values import LARGEST_INTEGER, UNFIT, Sealed
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


def encoded(
    records: Iterable[Record], vocabulary: Vocabulary = STANDARD
) -> tuple[list[Entry], list[Breach]]:
    """The entries of records, and a breach for each that is too large.

    Raises `InvalidInput` for one of an extension that would say something else when it is read.
    """
    entries: list[Entry] = []
    oversized: list[Breach] = []
    for record in records:
        try:
            entry = encode(record)
        except InvalidInput as error:
            (problem,) = error.problems
            oversized.append(
                too_large(record.event, record.position, problem.message, problem.hint)
            )
            continue
        except UNFIT as error:  # a field holds what is no JSON
            raise _comes_back_otherwise(record.type, str(error)) from error
        if record.type in vocabulary.added:
            _refuse_to_lose(entry, record, vocabulary)
        entries.append(entry)
    return entries, oversized


def _refuse_to_lose(entry: Entry, record: Record, vocabulary: Vocabulary) -> None:
    """Raise `InvalidInput` where an entry, read again, is not the record that it was made of.

    A converter that changes what it gave once (euros into cents, again and again) would make of
    an honest record an altered one, and nobody could mend it.
    """
    try:
        read: Any = decode(entry, vocabulary).event
    except GovledgerError as error:
        raise _comes_back_otherwise(record.type, error.problems[0].message) from error
    _compare(record.type, record.event, read)
    if not _is_canonical(msgspec.json.decode(entry.body)):
        raise _comes_back_otherwise(record.type, "a text is not in NFC, or a number too large")


def refuse_to_lose(states: Iterable[State], vocabulary: Vocabulary) -> None:
    """Raise `InvalidInput` where the state of an extension's subject would not come back."""
    for state in states:
        kind = kind_of(state.subject)
        if kind in vocabulary.subjects:
            try:
                read = decode_state(state.subject, encode_state(state), vocabulary)
            except GovledgerError as error:
                told = error.problems[0].message
                raise _comes_back_otherwise(f"the state of {state.subject}", told) from error
            except UNFIT as error:
                raise _comes_back_otherwise(f"the state of {state.subject}", str(error)) from error
            _compare(f"the state of {state.subject}", state, read)


def _compare(what: str, held: Any, read: Any) -> None:
    if read == held:
        return
    for each in fields(type(held)):
        before, after = getattr(held, each.name), getattr(read, each.name)
        if before != after:
            told = (
                f'the field "{each.name}" holds {brief(before)}, and comes back as {brief(after)}'
            )
            raise _comes_back_otherwise(what, told)


def _is_canonical(value: Any) -> bool:
    if isinstance(value, str):
        return is_normalized("NFC", value)
    if isinstance(value, dict | list):
        return all(map(_is_canonical, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, int) or abs(value) <= LARGEST_INTEGER


def _comes_back_otherwise(what: str, told: str) -> InvalidInput:
    return invalid(
        "comes-back-otherwise",
        f"{what}, written and read again, would not be the same: {told}",
        "let fields hold what they are declared to, and converters leave alone what they gave:"
        " they also read what is stored",
    )


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
