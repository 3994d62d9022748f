"""Connections stay in the process that opened them: a forked one may not share them.

Here: `Home`, which tells the two apart. Not here: what a database does about it (its
`connections`).
"""

from __future__ import annotations

import os

from attrs import field, frozen
from eventsourcing.persistence import PersistenceError


class Forked(PersistenceError):  # noqa: N818 - it names what happened
    """A connection was asked for by a child of the process that it belongs to."""


@frozen
class Home:
    """The process that something was opened in."""

    process: int = field(factory=os.getpid, init=False)

    def is_here(self) -> bool:
        """Whether this is that process."""
        return os.getpid() == self.process

    def check(self) -> None:
        """Raise `Forked` where it is not."""
        if not self.is_here():
            raise Forked
