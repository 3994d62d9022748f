"""The contents of a page as JSON, small: what `files/data.js` reads.

Here: the form. Not here: what is in it (`contents`).

What every question needs comes first: of each subject its rows, each with its status. All else
that is said of subjects, and their records, stands in parts of a few hundred subjects each,
compressed: a browser reads one once it is asked for. In each part, names of fields and values
stand once, and are referred to by number; a row has what it says otherwise than the row before
it. A day is a number, an open end is 0, and numbers in rows count from those of the row before.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from itertools import chain, pairwise
from typing import Any

from attrs import field, frozen

from govledger.events import (
    Due,
    Event,
    UnknownEvent,
    Until,
    kind_of,
    own_fields,
    references,
    slug_of,
)
from govledger.history import Record
from govledger.profiles import Profile
from govledger.register import as_plain, as_stored, count_of, fields_of
from govledger.report.contents import NOTICES, Contents, Held, tells
from govledger.report.days import Day, Days
from govledger.report.tellings import Telling
from govledger.rules import Breach
from govledger.spans import NEVER
from govledger.values import batches
from govledger.votes import Tally

PART = 400
"""Subjects in a part."""


@frozen
class Table:
    """Different values, each once; others refer to them by number. The first is None."""

    values: list[Any] = field(factory=lambda: [None])
    _numbers: dict[str | tuple[str], int] = field(factory=dict)

    def number(self, value: Any) -> int:
        """The number of a value."""
        if value is None:
            return 0
        value = str(value) if isinstance(value, str) else value
        key = value if isinstance(value, str) else (json.dumps(value),)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.values)
            self.values.append(value)
        return found


@frozen
class Tables:
    """The names of fields and the values that a part refers to."""

    fields: Table = field(factory=Table)
    values: Table = field(factory=Table)

    def pairs(self, said: Mapping[str, Any]) -> list[int]:
        """What is said, as the numbers of fields and values in turn."""
        told = ((self.fields.number(n), self.values.number(v)) for n, v in said.items())
        return list(chain.from_iterable(told))

    def written(self) -> dict[str, Any]:
        """The tables themselves."""
        return {"fields": self.fields.values, "values": self.values.values}


def packed(contents: Contents) -> tuple[str, list[str]]:
    """The contents as text: JSON of what every question needs, and the parts in base64."""
    numbers = {held.name: count for count, held in enumerate(contents.subjects)}
    parts = [_part(some, contents, numbers) for some in batches(contents.subjects, PART)]
    return compact(_first(contents, numbers)), [_deflated(part) for part in parts]


def compact(value: object) -> str:
    """JSON without a space too many."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _deflated(value: object) -> str:
    return b64encode(zlib.compress(compact(value).encode(), 9)).decode()


def _first(contents: Contents, numbers: Mapping[str, int]) -> dict[str, Any]:
    words = Table()
    plurals = {kind: plural for plural, kind in contents.vocabulary.listed.items()}
    kinds = list(dict.fromkeys((*plurals, *(kind_of(held.name) for held in contents.subjects))))
    judged = [
        [
            numbers[judged.finding.subject],
            words.number(judged.finding.code),
            words.number(judged.finding.message),
            judged.finding.position,
            contents.days.first(judged.since),
            judged.known_from,
            _open_end(judged.known_until),
            int(isinstance(judged.finding, Breach)),
        ]
        for judged in contents.judged
    ]
    return {
        "known": contents.known,
        "part": PART,
        "kinds": [
            [kind, plurals.get(kind), list(fields_of(kind, contents.vocabulary))] for kind in kinds
        ],
        "subjects": [
            [slug_of(held.name), kinds.index(kind_of(held.name)), *_rows(held, words)]
            for held in contents.subjects
        ],
        "judged": judged,
        "noticed": [
            numbers[held.name]
            for kind in kinds
            for held in contents.subjects
            if kind_of(held.name) == kind and _has_notices(held)
        ],
        "turns": sorted(_turns(contents)),
        "learned": contents.learned,
        "words": words.values,
    }


def _has_notices(held: Held) -> bool:
    return any(said.get(NOTICES, ()) for row in held.rows for _, said in row.phases)


def _turns(contents: Contents) -> set[Day]:
    """The days on which something is said that was not said the day before."""
    found = {contents.days.first(judged.since) for judged in contents.judged}
    for held in contents.subjects:
        found.update(day for row in held.rows for day, _ in row.phases)
    return found


def _rows(held: Held, words: Table) -> Iterator[int | list[list[int]]]:
    """Of each row when it holds and is known, its status and, where it has some, its phases.

    Four numbers: the days and the records since the row before began, how long it is known, and
    the status; then, where there are phases, one array: of each its day and its notices.
    """
    day = known_from = 0
    for row in held.rows:
        status = words.number(row.phases[0][1].get("status"))
        known_for = _open_end(row.known_until, row.known_from)
        yield from (row.day - day, row.known_from - known_from, known_for, status)
        day, known_from = row.day, row.known_from
        phases = [
            [since - day, *(words.number(code) for code, _ in said.get(NOTICES, ()))]
            for since, said in row.phases
        ]
        if phases != [[0]]:
            yield phases


def _open_end(known_until: int, known_from: int = 0) -> int:
    return 0 if known_until == NEVER else known_until - known_from


# --- a part -----------------------------------------------------------------------------


def _part(some: list[Held], contents: Contents, numbers: Mapping[str, int]) -> dict[str, Any]:
    tables = Tables()
    return {
        "said": [list(_said(held, tables)) for held in some],
        "naming": [[numbers[name] for name in held.named_by] for held in some],
        "tellings": [[_telling(telling) for telling in held.tellings] for held in some],
        "records": [
            _record(record, numbers, contents.days, tables)
            for held in some
            for record in contents.records_of(held.name)
        ],
        **tables.written(),
    }


def _said(held: Held, tables: Tables) -> Iterator[list[list[int]]]:
    """Of each row what it says otherwise than the row before, and so on with its phases."""
    before: Mapping[str, Any] = {}
    for row in held.rows:
        phases = [before, *(said for _, said in row.phases)]
        yield [tables.pairs(_changes(one, other)) for one, other in pairwise(phases)]
        before = phases[1]


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What is said otherwise; None is what is no longer said."""
    names = dict.fromkeys((*after, *before))
    return {name: after.get(name) for name in names if after.get(name) != before.get(name)}


def _telling(telling: Telling) -> list[Any]:
    return [
        telling.known_from,
        [[t.position, t.day, int(t.moves), *_given(t.late_from)] for t in telling.standing],
        [[t.position, t.day, t.by, int(t.corrects)] for t in telling.taken],
    ]


def _given(value: int | None) -> list[int]:
    return [] if value is None else [value]


def _record(record: Record, numbers: Mapping[str, int], days: Days, tables: Tables) -> list[Any]:
    value = tables.values.number
    return [
        record.position,
        value(record.type),
        value(record.on.text),
        *days.between(record.on),
        value(record.recorded_at.strftime("%Y-%m-%d %H:%M UTC")),
        value(_source(record)),
        tables.pairs(said_by(record.event)),
        [numbers[name] for _, name in references(record.event) if name in numbers],
    ]


def _source(record: Record) -> list[Any] | None:
    cited = record.event.source
    if cited is None:
        return None
    return [cited.named, str(cited.assertion), cited.url, cited.title, cited.span]


def said_by(event: Event) -> dict[str, Any]:
    """What an event says besides its time and source, as plain values; of a roll call nothing."""
    if isinstance(event, UnknownEvent):
        own = {name: as_stored(value) for name, value in event.data.items()}
    else:
        own = {f.name: _plain(getattr(event, f.name)) for f in own_fields(type(event))}
    told = {**own, "note": event.note, "corrects": event.corrects}
    return {name: value for name, value in told.items() if tells(value)}


def _plain(value: Any) -> Any:
    match value:
        case Tally():
            return count_of(value)
        case Due():
            return str(value)
        case Until():
            return {"until": str(value), "kind": str(value.kind)}
        case Profile():
            return value.name
        case _:
            return as_plain(value)
