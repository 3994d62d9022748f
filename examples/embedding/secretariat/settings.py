"""What the environment says: where the ledger is, and how the application is to run.

Here: reading settings, and the secret that signs sessions. Not here: anything that uses them.
"""

from __future__ import annotations

import os
import secrets
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from attrs import field, frozen


@frozen
class Hook:
    """Where the webhook sends, and the secret that both sides share (Standard Webhooks)."""

    address: str
    secret: str = field(repr=False)

    def __attrs_post_init__(self) -> None:
        if urlsplit(self.address).scheme not in ("https", "http"):
            raise ValueError(f"SECRETARIAT_WEBHOOK is no http address: {self.address}")
        if not self.secret.startswith("whsec_") or len(self.key) < SHORTEST_KEY:
            raise ValueError(
                "SECRETARIAT_WEBHOOK_SECRET must be whsec_ and at least 24 random bytes in base64"
            )

    @property
    def key(self) -> bytes:
        """What messages are signed with."""
        return b64decode(self.secret.removeprefix("whsec_"))


SHORTEST_KEY = 24
"""Bytes (Standard Webhooks, signature scheme)."""


@frozen(kw_only=True)
class Settings:
    """How the application runs.

    `ledger` is a path or a `postgresql://` URL, and `folder` holds what is the application's own
    (users, the secret). `hosts` are the names under which it may be asked for; `https` says that
    browsers reach it over HTTPS only, so cookies go no other way. `hook` is told every record.
    """

    ledger: str
    folder: Path
    secret: str = field(repr=False)
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    https: bool = False
    hook: Hook | None = None

    @property
    def users(self) -> Path:
        """The file that says who may sign in."""
        return self.folder / "users.json"


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that environment variables give; the README lists them."""
    folder = Path(environment.get("SECRETARIAT_FOLDER", "secretariat-data"))
    hosts = environment.get("SECRETARIAT_HOSTS", "127.0.0.1,localhost")
    address = environment.get("SECRETARIAT_WEBHOOK")
    return Settings(
        ledger=environment.get("GOVLEDGER_LEDGER", str(folder / "govledger.db")),
        folder=folder,
        secret=environment.get("SECRETARIAT_SECRET") or kept_secret(folder / "secret"),
        hosts=tuple(hosts.split(",")),
        https=environment.get("SECRETARIAT_HTTPS") == "1",
        hook=Hook(address, environment.get("SECRETARIAT_WEBHOOK_SECRET", "")) if address else None,
    )


def kept_secret(path: Path) -> str:
    """The secret in a file that only its owner can read; a new one where there is no file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text()
