"""What a URL says: which server, which database, and which ledger in it.

Here: reading URLs, and names for messages. Not here: connecting. A password stands in no name
and in no message; so whatever may hold a piece of one is refused without being quoted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import zip_longest
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg
from attrs import field, frozen
from psycopg.conninfo import conninfo_to_dict

from govledger.errors import Problem, StorageError

PREFIX = "govledger_"
"""What the names of schemas begin with; the name of the ledger follows."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,52}")
_SHOWN = ("host", "port", "dbname", "user")


@frozen
class Address:
    """Where a ledger is. `ledger` is empty where the URL does not say which one it is.

    `told` goes to libpq, password and all; `name` is for messages.
    """

    name: str
    ledger: str
    told: Mapping[str, str] = field(repr=False)

    @property
    def place(self) -> tuple[str, ...]:
        """Which ledger it is, whoever asks."""
        return (*(self.told.get(key, "") for key in ("host", "port", "dbname")), self.ledger)

    @property
    def schema(self) -> str:
        """The schema that holds the ledger."""
        return PREFIX + self.ledger


def address(url: str) -> Address:
    """What a URL says. Raises `StorageError` where it is none, or names no possible ledger."""
    try:
        parts = urlsplit(url)
        options = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        ledger = dict(options).get("ledger", "")
        others = [(key, value) for key, value in options if key != "ledger"]
        told = conninfo_to_dict(f"{url.partition('?')[0]}?{urlencode(others)}")
    except (ValueError, psycopg.ProgrammingError):
        raise _NOT_A_URL from None
    if url.count("@") > ("@" in parts.netloc) or parts.fragment or len(options) > len(others) + 1:
        raise _NOT_A_URL
    if len(options) > len(others) and not _NAME.fullmatch(ledger):
        raise StorageError(
            Problem(
                code="not-a-ledger-name",
                message="?ledger= does not name a ledger",
                hint="small letters a to z, digits and _, at most 53",
            )
        )
    return Address(_shown(told, ledger), ledger, {key: str(told[key]) for key in told})


_NOT_A_URL = StorageError(
    Problem(
        code="not-a-url",
        message="this is no URL of a PostgreSQL database",
        hint="postgresql://user:password@host:port/database?ledger=NAME, with %40 for an @ in"
        " the password, %2F for a slash, %3F for a question mark",
    )
)


def _shown(told: Mapping[str, object], ledger: str) -> str:
    """A URL without what is secret."""
    host, port, database, user = (str(told.get(key) or "") for key in _SHOWN)
    hosts, ports = host.split(","), port.split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    names = [""] * len(hosts) if "/" in host else [f"[{h}]" if ":" in h else h for h in hosts]
    pairs = zip_longest(names, ports, fillvalue="")
    place = f"{user}@" * bool(user) + ",".join(name + f":{p}" * bool(p) for name, p in pairs)
    options = {"host": host} if "/" in host else {}
    options |= {"ledger": ledger} if ledger else {}
    return f"postgresql://{place}/{database}" + (
        "?" + urlencode(options, safe="/,") if options else ""
    )
