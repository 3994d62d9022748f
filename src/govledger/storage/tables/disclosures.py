"""What the sealed texts of the log say, for as long as it may be kept.

Here: writing, finding and erasing disclosures. Not here: how texts are sealed
(`govledger.integrity.personal`), who may erase what, or how each database is made to let go of
the bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from govledger.codec import canonical
from govledger.errors import StorageError
from govledger.integrity.personal import Disclosure, text_in
from govledger.storage.tables.session import Session


def write(session: Session, disclosures: Iterable[Disclosure]) -> None:
    """Keep disclosures."""
    rows = sorted((each.digest, each.array) for each in disclosures)
    if rows:
        session.run("INSERT INTO disclosures VALUES (?,?)", rows)


def find(session: Session, digests: Iterable[str]) -> dict[str, str]:
    """The arrays of those disclosures that are kept, by digest."""
    rows = session.some(f"{_all(session)} WHERE digest {{}}", digests)
    return {digest: _text(array) for digest, array in rows}


def disclosing(session: Session, text: str) -> list[str]:
    """The digests of the disclosures of a text, and of damaged ones that end like them."""
    array = session.OCTETS.format(_ARRAY)
    rows = session.select(
        f"{_all(session)} WHERE substr({array}, length({array}) - length(:end) + 1) = :end",
        {"end": canonical(text) + b"]"},
    )
    return [digest for digest, array in rows if _may_be(_text(array), digest, text)]


def _may_be(array: str, digest: str, text: str) -> bool:
    try:
        return text_in(array, digest) == text
    except StorageError:
        return True


def everything(session: Session) -> Iterator[tuple[str, str]]:
    """The digests and the arrays of all disclosures, by digest."""
    rows = session.stream(f"{_all(session)} ORDER BY digest")
    return ((digest, _text(array)) for digest, array in rows)


def _all(session: Session) -> str:
    return f"SELECT digest, {session.OCTETS.format(_ARRAY)} FROM disclosures"


_ARRAY = '"array"'
"""The column; its name is a word of SQL."""


def _text(array: bytes) -> str:
    """What a row holds; were it not Unicode, the database's error would tell the text."""
    return array.decode(errors="replace")


def erase(session: Session, digests: Iterable[str]) -> None:
    """Forget disclosures."""
    session.run("DELETE FROM disclosures WHERE digest = ?", [(each,) for each in digests])
