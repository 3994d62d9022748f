"""What the sealed texts of the log say, for as long as it may be kept.

Here: writing, finding and erasing disclosures, and erasing so that nothing is left in the file.
Not here: how texts are sealed (`govledger.integrity.personal`), or who may erase what.

Bytes that SQLite no longer needs stay in the file unless `secure_delete` is on, which it is on
every connection of ours; but in the unused room of pages that were split or merged they stay all
the same, so erasing writes the table anew. In the write-ahead log they stay until that is cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from govledger.codec import canonical
from govledger.errors import StorageError
from govledger.integrity.personal import Disclosure, text_in
from govledger.storage.sqlite.log import slices
from govledger.storage.sqlite.recorder import marks


def write(cursor: Any, disclosures: Iterable[Disclosure]) -> None:
    """Keep disclosures."""
    rows = sorted((each.digest, each.array) for each in disclosures)
    if rows:
        cursor.executemany("INSERT INTO disclosures VALUES (?,?)", rows)


def find(cursor: Any, digests: Iterable[str]) -> dict[str, str]:
    """The arrays of those disclosures that are kept, by digest."""
    found: dict[str, str] = {}
    for some in slices(digests):
        cursor.execute(f"{_SELECT} WHERE digest IN ({marks(some)})", some)
        found.update((digest, _text(array)) for digest, array in cursor.fetchall())
    return found


def disclosing(cursor: Any, text: str) -> list[str]:
    """The digests of the disclosures of a text, and of damaged ones that end like them."""
    cursor.execute(
        f"{_SELECT} WHERE substr(CAST(array AS BLOB), -length(?1)) = ?1", (canonical(text) + b"]",)
    )
    return [digest for digest, array in cursor.fetchall() if _may_be(_text(array), digest, text)]


def _may_be(array: str, digest: str, text: str) -> bool:
    try:
        return text_in(array, digest) == text
    except StorageError:
        return True


def everything(cursor: Any) -> Iterator[tuple[str, str]]:
    """The digests and the arrays of all disclosures, by digest; `cursor` is used up."""
    cursor.execute(f"{_SELECT} ORDER BY digest")
    return ((digest, _text(array)) for digest, array in cursor)


_SELECT = "SELECT digest, CAST(array AS BLOB) FROM disclosures"


def _text(array: bytes) -> str:
    """What a row holds; were it not Unicode, SQLite's error would tell the text."""
    return array.decode(errors="replace")


def erase(cursor: Any, digests: Iterable[str]) -> None:
    """Forget disclosures; `Store.purge` then cuts off the write-ahead log."""
    cursor.executemany("DELETE FROM disclosures WHERE digest = ?", ((each,) for each in digests))
    for statement in _ANEW:
        cursor.execute(statement)


_ANEW = (
    "CREATE TABLE remaining AS SELECT * FROM disclosures",
    "DELETE FROM disclosures",
    "INSERT OR FAIL INTO disclosures SELECT * FROM remaining",  # in order, as they came out
    "DELETE FROM remaining",
    "DROP TABLE remaining",  # were it not empty, its pages would go through a temporary file
)
"""Every page of the table is freed, and so overwritten; nothing goes to a temporary file."""
