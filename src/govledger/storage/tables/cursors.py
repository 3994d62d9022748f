"""How far those who follow a ledger have come, by name.

Here: keeping, moving and listing cursors. Not here: following (`govledger.following`). They are
no part of the log, and nothing is derived from them or for them.
"""

from __future__ import annotations

from govledger.storage.tables.session import Session


class Cursors:
    """The cursors of a ledger, in one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, name: str, position: int) -> None:
        """Let a cursor be at a position, unless it is beyond."""
        self._session.run(f"{_PUT} WHERE excluded.position > cursors.position", [(name, position)])

    def move(self, name: str, position: int) -> None:
        """Let a cursor be at a position, wherever it was."""
        self._session.run(_PUT, [(name, position)])

    def forget(self, name: str) -> None:
        """Let there be no cursor of that name."""
        self._session.run("DELETE FROM cursors WHERE name = ?", [(name,)])


def cursors(session: Session) -> dict[str, int]:
    """The positions of all cursors, by name; no file has the table before it is needed."""
    if not session.has("cursors"):
        return {}
    return dict(session.select("SELECT name, position FROM cursors ORDER BY name"))


_PUT = (
    "INSERT INTO cursors VALUES (?,?) ON CONFLICT (name) DO UPDATE SET position = excluded.position"
)
