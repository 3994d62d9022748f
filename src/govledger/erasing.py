"""Erasing personal texts: which they are, what is put on record, and what it comes to.

Here: finding them in one transaction, and the events that say that they are gone. Not here:
sealing (`govledger.integrity.personal`), or making a database let go of bytes (the stores).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from attrs import frozen

from govledger.codec import Entry, canonical, decode_any
from govledger.errors import invalid
from govledger.events import LEDGER, PersonalDataErased
from govledger.history import Record
from govledger.integrity.personal import (
    digests_in,
    has_open_texts,
    personal_texts,
    text_in,
    to_hex,
)
from govledger.storage import Reading
from govledger.values import Sealed, batches
from govledger.vocabulary import STANDARD, Vocabulary
from govledger.when import When

MOST_ERASED = 900
"""How many digests one record of an erasure lists: as many as an entry has room for."""


@frozen(kw_only=True)
class Erasure:
    """What an erasure came to.

    `count` texts were erased, and `records` say which. `in_the_log` are the positions of records
    that hold such texts in the log itself, where nothing can be erased: those made before there
    were seals. Where not `purged`, bytes of what was erased remain, and `remains` says for how long
    and what is to be done: as a rule, to erase the same once more when nobody else is at the
    database.

    >>> from govledger import Erasure, Ledger, MotionSubmitted
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(MotionSubmitted("bins", title="Bins", movers="Jo", on="2024-03-01"))
    ...     erasure = ledger.erase(name="Jo", basis="GDPR art. 17(1)(b)")
    >>> isinstance(erasure, Erasure), erasure.count, erasure.purged
    (True, 1, True)
    """

    records: tuple[Record, ...] = ()
    count: int = 0
    in_the_log: tuple[int, ...] = ()
    remains: str = ""

    @property
    def purged(self) -> bool:
        """Whether nothing is left of what was erased, as far as that is in the store's hands."""
        return not self.remains


def erasures(
    digests: Sequence[str], subject: str | None, *, on: When | str | date, basis: str
) -> list[PersonalDataErased]:
    """The events that say that texts are erased, of a subject or of any."""
    return [
        PersonalDataErased(
            subject or LEDGER,
            on=on,
            count=len(some),
            digests=[to_hex(digest) for digest in some],
            basis=basis,
        )
        for some in batches(digests, MOST_ERASED)
    ]


def to_erase(
    reading: Reading, subject: str | None, name: str | None, vocabulary: Vocabulary = STANDARD
) -> tuple[list[str], tuple[int, ...]]:
    """The digests of what is to be erased, and where it stands in the log, unsealed."""
    if subject is None:
        needle = canonical(name)
        held: Iterable[Entry] = (e for e in reading.everything() if needle in e.body)
        digests = reading.disclosing(name or "")
    else:
        held = reading.about([subject])
        kept = reading.disclosed(digests_in(entry.body for entry in held))
        digests = [d for d, array in kept.items() if name is None or text_in(array, d) == name]
    plain = tuple(
        entry.position
        for entry in held
        if any(
            not isinstance(text, Sealed) and name in (None, text)
            for _, text in personal_texts(decode_any(entry, vocabulary).event)
        )
    )
    return sorted(digests), plain


def refuse_open_texts(entries: Iterable[Entry], vocabulary: Vocabulary = STANDARD) -> None:
    """Raise `InvalidInput` where personal texts stand in records themselves, not sealed."""
    records = (decode_any(entry, vocabulary) for entry in entries)
    found = [record.position for record in records if has_open_texts(record.event)]
    if found:
        where = ", ".join(map(str, found[:10])) + (", …" if len(found) > 10 else "")
        raise invalid(
            "open-texts",
            f"personal texts can be read in records {where}, made before there were seals",
            "if they may be handed on, say so: --disclose (`disclose=True`)",
        )
