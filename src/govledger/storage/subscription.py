"""Subscriptions of eventsourcing that miss nothing.

Here: looking for what was written without anybody being woken. Not here: who wakes whom, which
each database does in its own way.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from eventsourcing.persistence import ApplicationRecorder, ListenNotifySubscription

_R = TypeVar("_R", bound=ApplicationRecorder, covariant=True)  # noqa: PLC0105 - as the stock one


class LookingSubscription(ListenNotifySubscription[_R], Generic[_R]):
    """Looks for new events when it is woken, and every now and then without that."""

    INTERVAL = 1.0

    def _loop_on_pull(self) -> None:
        try:
            while not self._has_been_stopped:
                self._pull()
                self._has_been_notified.wait(self.INTERVAL)
        except BaseException as error:  # noqa: BLE001 - handed to the consuming thread
            self._thread_error = self._thread_error or error
            self.stop()
