"""The webhook: tells one address of every record, in order, each at least once.

Here: following the ledger in a thread, signing and sending as Standard Webhooks has it. Not here:
names of persons: they stay sealed.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event, Thread
from urllib.parse import urlsplit

from govledger import GovledgerError, Ledger, Record
from govledger.codec import canonical, exported, timestamp
from secretariat.settings import Hook

CURSOR = "webhook"
"""The name under which the ledger keeps how far the webhook has come."""

PAUSES = (1.0, 300.0)
"""Seconds between two tries: the first pause, which doubles, and the longest."""

TIMEOUT = 10.0
"""Seconds that the other side may take to answer."""

_log = logging.getLogger(__name__)


@contextmanager
def sending(ledger: Ledger, hook: Hook) -> Iterator[None]:
    """Send in a thread for as long as the block lasts; its end closes the ledger.

    Of all processes that serve one ledger, one may do it: let one follower at a time use a cursor.
    """
    stopped = Event()
    thread = Thread(target=send_all, args=(ledger, hook, stopped), name=CURSOR)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        ledger.close()  # which ends the wait for the next record
        thread.join()


def send_all(ledger: Ledger, hook: Hook, stopped: Event) -> None:
    """Send every record that was not sent yet, then each new one, until it is stopped.

    A record counts as dealt with once the loop asks for the next, so one that was not taken, or
    whose answer was lost, is sent again: the receiver tells by `webhook-id`.
    """
    pause = PAUSES[0]
    while not stopped.is_set():
        try:
            for record in ledger.follow(cursor=CURSOR, sealed=True):
                while not is_taken(record, ledger.origin, hook):
                    if stopped.wait(pause):
                        return
                    pause = min(2 * pause, PAUSES[1])
                pause = PAUSES[0]
        except GovledgerError:
            _log.exception("the webhook cannot follow the ledger; it tries again")
        stopped.wait(PAUSES[1])


def is_taken(record: Record, origin: str, hook: Hook) -> bool:
    """Send a record; whether the other side took it."""
    said = {
        "type": record.type,
        "timestamp": timestamp(record.recorded_at),
        "data": exported(record),
    }
    body = canonical(said)
    log = hashlib.sha256(origin.encode()).hexdigest()[:12]
    headers = signed(f"rec_{log}_{record.position}", int(time.time()), body, hook)
    try:
        status = _post(hook.address, body, headers)
    except (OSError, HTTPException) as error:
        _log.warning("record %s was not sent: %s", record.position, error)
        return False
    if not 200 <= status < 300:
        _log.warning("record %s was not taken: the answer was %s", record.position, status)
    return 200 <= status < 300


def signed(name: str, now: int, body: bytes, hook: Hook) -> dict[str, str]:
    """The headers that Standard Webhooks gives a message."""
    digest = hmac.digest(hook.key, f"{name}.{now}.".encode() + body, "sha256")
    return {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{b64encode(digest).decode()}",
    }


def _post(address: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer. Redirections are not followed: the address is what was agreed."""
    url = urlsplit(address)
    kind = {"https": HTTPSConnection, "http": HTTPConnection}[url.scheme]
    connection = kind(url.netloc, timeout=TIMEOUT)
    try:
        connection.request(
            "POST", f"{url.path or '/'}{url.query and '?'}{url.query}", body, headers
        )
        status: int = connection.getresponse().status
    finally:
        connection.close()
    return status
