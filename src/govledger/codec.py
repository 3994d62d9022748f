"""Records as canonical bytes, and back: what is stored is what is later hashed.

Here: `Entry` (a stored row), encoding and decoding, upcasting of old versions. Not here:
the vocabulary itself (`events`) or where the bytes are kept (`storage`).

The bytes are RFC 8785 (JCS) JSON, restricted so that a fast encoder produces exactly that:
ASCII keys, no floats, integers below 2^53, text in NFC. Fields at their default are left
out. Position and time of recording are inside the bytes; subject, version and type stand
beside them, and `entry_bytes` puts them in front.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs
import msgspec
from attrs import frozen

from govledger.errors import Problem, UnreadableRecord, brief, invalid
from govledger.events import VOCABULARY, Event, own_fields
from govledger.history import Record
from govledger.values import line
from govledger.when import When

ENTRY_LIMIT = 65_535
"""The largest entry, in bytes: the length field of a C2SP tile entry has 16 bits."""

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the fields of one version of an event type into those of the next."""

UPCASTERS: Mapping[str, tuple[Upcaster, ...]] = {}
"""Per type name, how to get from version 1 to 2, from 2 to 3, and so on."""

_SHARED = ("note", "recorded_by", "corrects")


@frozen
class Entry:
    """A record as it is stored: `body` holds its canonical bytes.

    `type` is the stored name with its version, `motion.adopted@1`.
    """

    position: int
    subject: str
    version: int
    type: str
    body: bytes


def current_version(name: str) -> int:
    """The version in which events of a type are written today."""
    return len(UPCASTERS.get(name, ())) + 1


def readable_types() -> Mapping[object, tuple[type[Event], int]]:
    """The stored names of the types that can be read: name -> (class, version)."""
    return {
        f"{cls.type}@{version}": (cls, version)
        for cls in VOCABULARY
        for version in range(1, current_version(cls.type) + 1)
    }


_READABLE = readable_types()


def stored_type(event: Event) -> str:
    """The stored name of an event's type, with the version that is written today."""
    return f"{event.type}@{current_version(event.type)}"


def entry_bytes(entry: Entry) -> bytes:
    """The bytes that stand for an entry in a proof: a header of four lines, then the body."""
    header = f"govledger/1\n{entry.subject}\n{entry.version}\n{entry.type}\n"
    return header.encode() + entry.body


def canonical(value: object) -> bytes:
    """`value` as canonical JSON (RFC 8785) for the restricted values used here."""
    return msgspec.json.encode(value, order="sorted")


def plain(value: object) -> Any:
    """A field's value as JSON: text, integers, booleans, lists and objects."""
    if isinstance(value, str | int | bool):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, When):
        return value.text
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return plain_fields(value)


def plain_fields(value: Any) -> dict[str, Any]:
    """The fields of an attrs value as JSON, those at their default left out."""
    return _plain_attributes(value, attrs.fields(type(value)))


def _plain_attributes(value: object, fields: Iterable[attrs.Attribute[Any]]) -> dict[str, Any]:
    given = ((f, getattr(value, f.name)) for f in fields)
    return {f.name: plain(v) for f, v in given if v != f.default}


_OWN_FIELDS = {cls: own_fields(cls) for cls in VOCABULARY}


def payload(event: Event) -> dict[str, Any]:
    """What an event says, as JSON, without subject and type.

    `data` holds the fields of its own type; the shared ones stand beside it.
    """
    said: dict[str, Any] = {"on": event.on.text}
    data = _plain_attributes(event, _OWN_FIELDS[type(event)])
    if data:
        said["data"] = data
    if event.source is not None:
        said["source"] = plain_fields(event.source)
    for name in _SHARED:
        value = getattr(event, name)
        if value is not None:
            said[name] = value
    return said


def fields_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an event from its payload: the inverse of `payload`."""
    fields = dict(said)
    return {**fields.pop("data", {}), **fields}


def timestamp(moment: datetime) -> str:
    """A moment of recording as text: UTC, microseconds, always 27 characters."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def encode(record: Record) -> Entry:
    """A record as it is stored. Raises `InvalidInput` where it is too large."""
    body = payload(record.event)
    body["position"] = record.position
    body["recorded_at"] = timestamp(record.recorded_at)
    if record.key is not None:
        body["key"] = record.key
    entry = Entry(
        record.position, record.subject, record.version, stored_type(record.event), canonical(body)
    )
    size = len(entry_bytes(entry))
    if size > ENTRY_LIMIT:
        raise invalid(
            "record-too-large",
            f"the record takes {size} bytes, and at most {ENTRY_LIMIT} are stored",
            "keep long texts in a document and cite it by its digest",
        )
    return entry


def decode(entry: Entry) -> Record:
    """The record of a stored entry; `UnreadableRecord` where this version cannot read it."""
    known = _READABLE.get(entry.type)
    if known is None:
        raise _unreadable(
            entry,
            "unknown-record-type",
            f"its type {brief(entry.type)} is not known here",
            "open the ledger with the extension, or the newer govledger, that wrote it",
        )
    cls, version = known
    try:
        said = msgspec.json.decode(entry.body)
        position = _position(said.pop("position"))
        recorded_at = _moment(said.pop("recorded_at"))
        key = line(said.pop("key")) if "key" in said else None
        fields = fields_of(said)
        for upcast in UPCASTERS.get(cls.type, ())[version - 1 :]:
            fields = upcast(fields)
        return Record(
            position=position,
            version=entry.version,
            recorded_at=recorded_at,
            event=cls(entry.subject, **fields),
            key=key,
        )
    except _MALFORMED as error:
        raise _unreadable(
            entry,
            "unreadable-record",
            f"its bytes do not hold a {cls.type}: {error}",
            "`govledger verify` tells what changed",
        ) from error


_MALFORMED = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
_TIMESTAMP = len("2018-11-30T13:30:00.000000Z")


def _position(value: object) -> int:
    if type(value) is not int:
        raise TypeError("the position is not a whole number")
    return value


def _moment(value: str) -> datetime:
    if len(value) != _TIMESTAMP or value[-1] != "Z":
        raise ValueError("the time of recording is not written as it should be")
    return datetime.fromisoformat(value)


def _unreadable(entry: Entry, code: str, message: str, hint: str) -> UnreadableRecord:
    return UnreadableRecord(
        Problem(
            code=code,
            message=f"record {entry.position} ({entry.subject}) cannot be read: {message}",
            hint=hint,
        )
    )


def exported(record: Record) -> dict[str, Any]:
    """A record as one object of a JSON Lines export."""
    return {
        "position": record.position,
        "recorded_at": timestamp(record.recorded_at),
        "type": record.type,
        "subject": record.subject,
        **payload(record.event),
    }
