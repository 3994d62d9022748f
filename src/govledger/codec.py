"""Records as canonical bytes, and back: what is stored is what is later hashed.

Here: `Entry` (a stored row), encoding and decoding, upcasting of old versions; and the JSON
of states and findings, which are derived. Not here: the vocabulary itself (`events`) or
where the bytes are kept (`storage`).

The bytes are RFC 8785 (JCS) JSON, restricted so that a fast encoder produces exactly that:
ASCII keys, no floats, integers below 2^53, text in NFC. Fields at their default are left
out. Position and time of recording are inside the bytes; subject, version and type stand
beside them, and `entry_bytes` puts them in front. Personal texts that are sealed stand there
as commitments, and come back as `Sealed`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache, partial
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import attrs
import msgspec
from attrs import frozen

from govledger.errors import (
    InvalidInput,
    Problem,
    StorageError,
    UnreadableRecord,
    brief,
    invalid,
)
from govledger.events import TERSER, Event, UnknownEvent, kind_of, own_fields
from govledger.history import Record, Told
from govledger.profiles import Profile, named
from govledger.rules import Breach, Finding, Notice
from govledger.state import State, UnknownState
from govledger.values import PERSONAL, UNFIT, Sealed, line, sealed, structure
from govledger.vocabulary import STANDARD, Vocabulary
from govledger.when import When, when

ENTRY_LIMIT = 65_535
"""The largest entry, in bytes: the length field of a C2SP tile entry has 16 bits."""

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


def current_version(cls: type[Event]) -> int:
    """The version in which events of a type are written today.

    >>> from govledger import MotionAdopted, MotionWithdrawn
    >>> current_version(MotionAdopted), current_version(MotionWithdrawn)
    (2, 1)
    """
    return len(cls.upcasters) + 1


def stored_types(cls: type[Event]) -> tuple[str, ...]:
    """The stored names of a type in all its versions, for whoever picks records by them.

    >>> from govledger import MotionAdopted
    >>> stored_types(MotionAdopted)
    ('motion.adopted@1', 'motion.adopted@2')
    """
    return tuple(f"{cls.type}@{version}" for version in range(1, current_version(cls) + 1))


@lru_cache(maxsize=64)
def readable_types(vocabulary: Vocabulary = STANDARD) -> Mapping[str, tuple[type[Event], int]]:
    """The stored names of the types that can be read: name -> (class, version)."""
    return {
        name: (cls, version)
        for cls in vocabulary.types.values()
        for version, name in enumerate(stored_types(cls), start=1)
    }


def stored_type(event: Event) -> str:
    """The stored name of an event's type, with the version that is written today."""
    if isinstance(event, UnknownEvent):
        return event.stored
    return f"{event.type}@{current_version(type(event))}"


Columns = tuple[int, str, int, str, bytes]
"""The fields of an entry, for who reads very many: see `column_bytes`."""


def column_bytes(columns: Columns) -> bytes:
    """The bytes that stand for an entry in a proof: a header of four lines, then the body."""
    _, subject, version, stored, body = columns
    return f"govledger/1\n{subject}\n{version}\n{stored}\n".encode() + body


def entry_bytes(entry: Entry) -> bytes:
    """The bytes that stand for an entry in a proof."""
    return column_bytes((entry.position, entry.subject, entry.version, entry.type, entry.body))


def entry_of(data: bytes) -> Entry:
    """The entry of which these are the bytes: the inverse of `entry_bytes`.

    Raises `InvalidInput` where they begin otherwise; the body is not read but for its position.
    """
    version, subject, number, stored, body = (data.split(b"\n", 4) + [b""] * 5)[:5]
    try:
        if version != b"govledger/1" or not number.isdigit() or number.startswith(b"0"):
            raise ValueError
        position = _position(msgspec.json.decode(body)["position"])
        entry = Entry(position, subject.decode(), int(number[:19]), stored.decode(), body)
        if entry_bytes(entry) != data:
            raise ValueError
    except UNFIT:
        raise invalid(
            "not-an-entry",
            "these are not the bytes of a record of govledger",
            "it may be the entry of another kind of log",
        ) from None
    return entry


def canonical(value: object) -> bytes:
    """`value` as canonical JSON (RFC 8785) for the restricted values used here."""
    return msgspec.json.encode(value, order="sorted")


def plain(value: Any) -> Any:
    """A field's value as JSON: text, integers, booleans, lists and objects."""
    cls = type(value)
    if cls in _PLAIN:
        return value
    if cls is When:
        return value.text
    if cls is tuple:
        return [plain(item) for item in value]
    if cls is Sealed:
        return value.said
    if cls is Profile:
        return value.definition()
    return value.value if isinstance(value, StrEnum) else plain_fields(value)


_PLAIN = frozenset({str, int, bool, NoneType})


def plain_fields(value: Any) -> dict[str, Any]:
    """The fields of an attrs value as JSON, those at their default left out."""
    return _of(cast("Hashable", type(value))).plain(value)


@frozen
class _Fields:
    """Fields of a class, got all at once."""

    names: tuple[str, ...]
    defaults: tuple[object, ...]
    get: Callable[[Any], Any]

    def plain(self, value: Any) -> dict[str, Any]:
        given = zip(self.names, self.get(value), self.defaults, strict=True)
        return {n: plain(v) for n, v, default in given if v is not default and v != default}


def _fields(fields: Sequence[attrs.Attribute[Any]]) -> _Fields:
    names = tuple(f.name for f in fields)
    defaults = tuple(f.default for f in fields)
    if len(names) < 2:  # attrgetter of one name gives no tuple
        return _Fields(names, defaults, lambda value: [getattr(value, name) for name in names])
    return _Fields(names, defaults, attrgetter(*names))


@cache
def _of(cls: Hashable) -> _Fields:
    return _fields(attrs.fields(cast("Any", cls)))


@cache
def _own(cls: Hashable) -> _Fields:
    return _fields(own_fields(cast("Any", cls)))


def payload(event: Event, *, packed: bool = True) -> dict[str, Any]:
    """What an event says, as JSON, without subject and type.

    `data` holds the fields of its own type, as they are stored; where not `packed`, each
    by itself. The shared ones stand beside it.
    """
    said: dict[str, Any] = {"on": event.on.text}
    data: Mapping[str, Any]
    if isinstance(event, UnknownEvent):
        data = event.data
    else:
        data = _own(cast("Hashable", type(event))).plain(event)
        terser = TERSER.get(type(event)) if packed else None
        data = data if terser is None else terser(data)
    if data:
        said["data"] = data
    if event.source is not None:
        said["source"] = plain_fields(event.source)
    for name in _SHARED:
        value = getattr(event, name)
        if value is not None:
            said[name] = plain(value)
    return said


def fields_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an event from its payload: the inverse of `payload`."""
    fields = dict(said)
    return {**fields.pop("data", {}), **fields}


@lru_cache(maxsize=16)
def timestamp(moment: datetime) -> str:
    """A moment of recording as text: UTC, microseconds, always 27 characters."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def _body(record: Record) -> dict[str, Any]:
    """What the body of a record says."""
    body = payload(record.event)
    body["position"] = record.position
    body["recorded_at"] = timestamp(record.recorded_at)
    if record.key is not None:
        body["key"] = record.key
    return body


def encode(record: Record) -> Entry:
    """A record as it is stored. Raises `InvalidInput` where it is too large."""
    body = canonical(_body(record))
    stored = stored_type(record.event)
    entry = Entry(record.position, record.subject, record.version, stored, body)
    size = len(entry_bytes(entry))
    if size > ENTRY_LIMIT:
        raise invalid(
            "record-too-large",
            f"the record takes {size} bytes, and at most {ENTRY_LIMIT} are stored",
            "keep long texts in a document and cite it by its digest",
        )
    return entry


def decode(entry: Entry, vocabulary: Vocabulary = STANDARD) -> Record:
    """The record of a stored entry; `UnreadableRecord` where this vocabulary cannot read it."""
    known = readable_types(vocabulary).get(entry.type)
    if known is None:
        raise _unreadable(
            entry,
            "unknown-record-type",
            f"its type {brief(entry.type)} is not known here",
            "open the ledger with the extension, or the newer govledger, that wrote it",
        )
    cls, version = known

    def event(fields: dict[str, Any]) -> Event:
        return cls(entry.subject, **_of_today(cls, version, fields))

    return _decoded(entry, cls.type, event)


def decode_any(entry: Entry, vocabulary: Vocabulary = STANDARD) -> Record:
    """As `decode`; the event is an `UnknownEvent` where an extension's type is not known here.

    For whoever shows records. Raises `UnreadableRecord` for a newer version of a type that is
    known: of what it says nothing is known, and there is no extension to install.
    """
    named = _STORED.fullmatch(entry.type) if isinstance(entry.type, str) else None
    if named is None or named[1] in vocabulary.types:
        return decode(entry, vocabulary)

    def event(fields: dict[str, Any]) -> Event:
        shared = {name: fields.pop(name) for name in _BESIDE if name in fields}
        return UnknownEvent(entry.subject, stored=entry.type, data=fields, **shared)

    return _decoded(entry, named[1], event)


_STORED = re.compile(r"([a-z][a-z0-9-]*\.[a-z][a-z0-9-]*)@[1-9][0-9]{0,8}", re.ASCII)
"""The stored name of a type, whosever it is."""

_BESIDE = frozenset({"on", "source", *_SHARED})


def _decoded(entry: Entry, name: str, event: Callable[[dict[str, Any]], Event]) -> Record:
    """The record of an entry, with the event made of the fields that its bytes hold."""
    try:
        said = msgspec.json.decode(entry.body)
        return Record(
            position=_position(said.pop("position")),
            version=entry.version,
            recorded_at=_moment(said.pop("recorded_at")),
            key=line(said.pop("key")) if "key" in said else None,
            event=event(fields_of(said)),
        )
    except UNFIT as error:
        raise _malformed(entry, name, error) from error


def _of_today(cls: type[Event], version: int, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of an event in the version of today, from those of an older one."""
    for upcast in cls.upcasters[version - 1 :]:
        fields = upcast(fields)
    return fields


def of_version(cls: type[Event], version: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of an event in the version of today, from those of another that is named.

    Raises `InvalidInput` where there is no such version of the type, or these are not its fields.

    >>> from govledger import MotionWithdrawn
    >>> of_version(MotionWithdrawn, "1", {"on": "2024-03-14"})
    {'on': '2024-03-14'}
    """
    newest = current_version(cls)
    if not version.isdecimal() or len(version) > 9 or not 1 <= int(version) <= newest:
        raise invalid(
            "unknown-version",
            f"{cls.type} has no version {brief(version)}",
            f"versions run from 1 to {newest}; without one it is {newest}",
        )
    try:
        return _of_today(cls, int(version), fields)
    except UNFIT as error:
        raise invalid(
            "unknown-version",
            f"these are no fields of version {version} of {cls.type}: {error}",
            "check which version of the type the line is of",
        ) from None


def is_canonical(entry: Entry, record: Record) -> bool:
    """Whether an entry has the one form of bytes that says what its record does.

    Of a version that is no longer written it is asked that the bytes are canonical JSON, that
    every field stands where it belongs, and that brought up to today they say what the
    record says: none at its default, none written otherwise than it would be today.
    """
    if entry.type == stored_type(record.event):
        try:
            return encode(record) == entry
        except InvalidInput:  # larger than any record may be
            return False
    cls, version = type(record.event), int(entry.type.rpartition("@")[2])
    said = msgspec.json.decode(entry.body)
    if canonical(said) != entry.body or len(entry_bytes(entry)) > ENTRY_LIMIT:
        return False
    body = _body(record)
    own = said.get("data")
    if not said.keys() <= _TOP or own == {} or not _BESIDE.isdisjoint(own or ()):
        return False
    told = [{name: part.pop(name, None) for name in _OF_THE_BOOK} for part in (said, body)]
    return (
        (entry.position, entry.subject, entry.version)
        == (record.position, record.subject, record.version)
        and told[0] == told[1]
        and _of_today(cls, version, fields_of(said)) == fields_of(body)
    )


_OF_THE_BOOK = ("position", "recorded_at", "key")
_TOP = frozenset({"data", *_BESIDE, *_OF_THE_BOOK})


def recall(entry: Entry, vocabulary: Vocabulary = STANDARD) -> Told:
    """The record of an entry that is taken to be sound, as far as a fold asks for it.

    Little is checked, unlike in `decode`, and what a fold does not ask for is left out: for
    folding very many entries, which `verify` checks. Raises `UnreadableRecord` where there
    is no event to be made of an entry at all.
    """
    known = _of_today_by_name(vocabulary).get(entry.type)
    if known is None:
        return Told(entry.position, decode_any(entry, vocabulary).event)
    cls, blank, restored = known
    try:
        said = _SAID.decode(entry.body)
        data = said.data
        for name, restore in restored:
            if name in data:
                data[name] = restore(data[name])
        event = object.__new__(cls)
        vars(event).update(
            {
                **blank,
                "subject": entry.subject,
                "on": when(said.on),
                "corrects": said.corrects,
                "note": said.note,
                **data,
            }
        )
    except UNFIT as error:
        raise _malformed(entry, cls.type, error) from error
    return Told(entry.position, event)


class _Said(msgspec.Struct):
    """What a fold asks of a body."""

    on: str
    data: dict[str, Any] = {}
    corrects: int | None = None
    note: str | None = None


_SAID = msgspec.json.Decoder(_Said)


def _malformed(entry: Entry, name: str, error: Exception) -> UnreadableRecord:
    return _unreadable(
        entry,
        "unreadable-record",
        f"its bytes do not hold a {name}: {error}",
        "`govledger verify` tells what changed",
    )


def recorded_at(entry: Entry) -> datetime:
    """When an entry was recorded; `UnreadableRecord` where it does not say."""
    try:
        return _moment(msgspec.json.decode(entry.body)["recorded_at"])
    except UNFIT as error:
        raise _unreadable(
            entry,
            "unreadable-record",
            f"it does not say when it was recorded: {error}",
            "`govledger verify` tells what changed",
        ) from error


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


# --- what is derived --------------------------------------------------------------------


def encode_state(state: State) -> bytes:
    """A state as JSON, its subject and all fields at their default left out."""
    return canonical(_of_a_state(cast("Hashable", type(state))).plain(state))


def decode_state(subject: str, body: bytes, vocabulary: Vocabulary = STANDARD) -> State:
    """The state of a subject, as `encode_state` wrote it; of a kind not known an `UnknownState`.

    Raises `StorageError` where it is none.
    """
    try:
        cls = vocabulary.states.get(kind_of(subject))
        said = msgspec.json.decode(body)
        if cls is None:
            return UnknownState(
                subject=subject, since=said["since"], status=said.get("status"), said=said
            )
        for name, restore in _restored(cast("Hashable", cls)):
            if name in said:
                said[name] = restore(said[name])
        state: State = cls(subject=subject, **said)
    except UNFIT as error:
        raise damaged_row(subject, error) from error
    return state


def damaged_row(subject: str, error: object) -> StorageError:
    """The error on a derived row about a subject that is none."""
    return StorageError(
        Problem(
            code="damaged-row",
            message=f"what is derived of {subject} cannot be read: {error}",
            hint="`govledger verify --rebuild` makes it again; no record changes",
        )
    )


@cache
def _of_a_state(cls: Any) -> _Fields:
    return _fields([f for f in attrs.fields(cls) if f.name != "subject" and f.init])


_Restore = Callable[[Any], Any]


def _restore(hint: Any) -> _Restore | None:
    """How a value of a type comes back from JSON; None where it is one already."""
    if Profile in get_args(hint):
        return named
    if get_origin(hint) in (UnionType, Union):
        (hint,) = (part for part in get_args(hint) if part is not NoneType)
        within = _restore(hint)
        return within and (lambda value: None if value is None else within(value))
    if get_origin(hint) is tuple:
        each = _restore(get_args(hint)[0])
        return tuple if each is None else (lambda several: tuple(map(each, several)))
    if hint is When:
        return when
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {str(word): word for word in hint}.__getitem__
    return partial(_made, hint) if attrs.has(hint) else None


def _made(cls: Any, said: Mapping[str, Any]) -> Any:
    """A value of a class from its fields; those with a converter take what JSON has."""
    restored = dict(_restored(cls))
    converted = {f.name for f in attrs.fields(cls) if f.converter is not None}
    given = {
        name: restored[name](value) if name in restored and name not in converted else value
        for name, value in said.items()
    }
    return structure(cls, given)


def _restore_personal(hint: Any) -> _Restore:
    """How a personal text, or several, come back from JSON."""

    def one(value: Any) -> str:
        return value if isinstance(value, str) else sealed(value)

    return (lambda several: tuple(map(one, several))) if get_origin(hint) is tuple else one


@cache
def _restored(cls: Any) -> tuple[tuple[str, _Restore], ...]:
    """The fields of a class that come back from JSON as something else, and how."""
    hints = get_type_hints(cls)
    restored = (
        (f.name, (_restore_personal if f.metadata == PERSONAL else _restore)(hints[f.name]))
        for f in attrs.fields(cls)
    )
    return tuple((name, restore) for name, restore in restored if restore is not None)


_Today = tuple[Any, Mapping[str, Any], tuple[tuple[str, _Restore], ...]]


@lru_cache(maxsize=64)
def _of_today_by_name(vocabulary: Vocabulary) -> Mapping[str, _Today]:
    """What a fold needs of the types that are written today, by their stored names.

    The class, its defaults, and how the fields come back that JSON has as something else.
    """
    return {stored_types(cls)[-1]: _today(cls) for cls in vocabulary.types.values()}


def _today(cls: Any) -> _Today:
    blank = {f.name: f.default for f in attrs.fields(cls) if f.default is not attrs.NOTHING}
    return cls, blank, _restored(cls)


def encode_finding(finding: Finding) -> bytes:
    """A finding as JSON, without the subject and the position of its record."""
    said = {name: getattr(finding, name) for name in _OF_A_FINDING}
    return canonical({name: value for name, value in said.items() if value} | _KIND[type(finding)])


def decode_finding(subject: str, position: int, body: bytes) -> Finding:
    """The finding on a record, as `encode_finding` wrote it.

    Raises `StorageError` where it is none.
    """
    try:
        said = msgspec.json.decode(body)
        cls = Breach if said.pop("kind") == "breach" else Notice
        said["path"] = tuple(said.get("path", ()))
        return cls(subject=subject, position=position, **said)
    except UNFIT as error:
        raise damaged_row(subject, error) from error


_OF_A_FINDING = ("code", "message", "hint", "path")
_KIND: Mapping[type[Finding], dict[str, Any]] = {
    Breach: {"kind": "breach"},
    Notice: {"kind": "notice"},
}


def exported(record: Record) -> dict[str, Any]:
    """A record as one object of a JSON Lines export, every field spelt out.

    So it reads the same whatever the version of the type, to other programs, too.
    """
    return {
        "position": record.position,
        "recorded_at": timestamp(record.recorded_at),
        "type": record.type,
        "subject": record.subject,
        **payload(record.event, packed=False),
    }
