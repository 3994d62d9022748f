"""Waiting for what others write, without a thread.

Here: `Watch`, a connection that listens. Not here: what is read when something was written.

Hazards met: a server that others copy (a standby) lets nobody listen; there it is looked for. A
connection that no packet passes any more is silent like one on which nothing happens; so it is
looked without being told, too.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock
from time import monotonic
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

LOOK = 5.0
"""Seconds after which it is looked whether something was written, though nobody told."""

LOOK_UNTOLD = 0.2
"""The same, where nobody can tell."""

STEP = 0.1
"""Seconds after which it is noticed that the ledger was closed."""


class Watch:
    """Waits until somebody tells on a channel that something was written."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], channel: str) -> None:
        self._connect = connect
        self._channel = channel
        self._closed = Event()
        self._lock = Lock()
        self._raw: psycopg.Connection[Any] | None = None
        self._told = True

    def wait(self, seconds: float) -> None:
        """Wait, at most so many seconds; where it has to begin to listen, not at all.

        Raises psycopg's errors where the server cannot be reached.
        """
        until = monotonic() + min(seconds, LOOK if self._told else LOOK_UNTOLD)
        while (left := until - monotonic()) > 0 and not self._step(min(left, STEP)):
            pass

    def close(self) -> None:
        """Wait no longer; whoever is waiting in another thread returns."""
        self._closed.set()
        with self._lock:
            self._stop()

    def _step(self, seconds: float) -> bool:
        """Wait for a moment; whether it is time to look."""
        if not self._told:
            return self._closed.wait(seconds)
        with self._lock:
            if self._closed.is_set():
                return True
            if self._raw is None:
                self._listen()
                return True
            try:
                told = list(self._raw.notifies(timeout=seconds, stop_after=1))
                told += self._raw.notifies(timeout=0)  # what else has come: one look will do
            except psycopg.OperationalError:
                self._stop()  # whoever looks now will find out why
                return True
            return bool(told)

    def _listen(self) -> None:
        raw = self._connect()
        try:
            raw.execute(SQL("LISTEN {}").format(Identifier(self._channel)))
        except psycopg.errors.ReadOnlySqlTransaction:
            raw.close()
            self._told = False
        except BaseException:
            raw.close()
            raise
        else:
            self._raw = raw

    def _stop(self) -> None:
        if self._raw is not None:
            self._raw.close()
            self._raw = None
