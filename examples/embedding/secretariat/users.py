"""Who may sign in: users, what is kept of their passwords, and whose session a request is of.

Here: the file of users. Not here: signing in, or what a role may do (`access`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from enum import StrEnum
from pathlib import Path

from attrs import asdict, field, frozen
from starlette.requests import Request


class Role(StrEnum):
    """What a user is; whoever has not signed in is a reader."""

    SECRETARY = "secretary"
    AUDITOR = "auditor"


@frozen
class User:
    """Somebody who may sign in. `name` stands in the records that they make."""

    login: str
    name: str
    role: Role = field(converter=Role)
    password: str = field(repr=False)

    @property
    def stamp(self) -> str:
        """What a session keeps of the password: it ends with a new one, or another role."""
        said = f"{self.login} {self.role} {self.password}"
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def read_users(path: Path) -> dict[str, User]:
    """The users in a file, by the name with which they sign in; none where there is no file."""
    if not path.exists():
        return {}
    return {user["login"]: User(**user) for user in json.loads(path.read_text("utf-8"))}


def keep_user(path: Path, user: User) -> None:
    """Write a user into the file, in the place of one of that login."""
    users = read_users(path) | {user.login: user}
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump([asdict(one) for one in users.values()], file, indent=1)
    fresh.replace(path)


COST = "16384:8:5"
"""What scrypt takes, as n, r and p: 16 MiB, and a fifth of a second."""


def hashed(password: str, cost: str = COST, salt: str | None = None) -> str:
    """What is kept of a password: the cost, a salt, and what scrypt makes of all three."""
    salt = secrets.token_hex(16) if salt is None else salt
    n, r, p = map(int, cost.split(":"))
    digest = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=n, r=r, p=p, dklen=32)
    return f"{cost}:{salt}:{digest.hex()}"


def is_password(password: str, kept: str) -> bool:
    """Whether a password is the one of which this was kept."""
    cost, salt, _ = kept.rsplit(":", 2)
    return hmac.compare_digest(hashed(password, cost, salt), kept)


NOBODY = f"{COST}:{'00' * 16}:{'00' * 32}"
"""The password of nobody: to look at it takes as long as to look at one of somebody."""


def signed_in(request: Request) -> User | None:
    """Who has signed in; the file is asked each time, so whoever is struck out is out."""
    login = request.session.get("user")
    user = read_users(request.state.settings.users).get(login) if login else None
    return user if user and user.stamp == request.session.get("stamp") else None
