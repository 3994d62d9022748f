"""What a URL says: which server, which database, and which ledger in it.

Here: reading URLs, and names for messages. Not here: connecting. A password stands in no name
and in no message; so whatever may hold a piece of one is refused without being quoted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import zip_longest
from urllib.parse import quote, unquote, urlencode

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
    place, _, query = url.partition("?")
    options = [option.partition("=") for option in query.split("&") if option]
    ledgers = [unquote(value) for key, _, value in options if key == "ledger"]
    others = "&".join("".join(option) for option in options if option[0] != "ledger")
    told = _told(f"{place}?{others}")
    server = place.partition("://")[2].partition("/")[0]
    if told is None or url.count("@") > ("@" in server) or "#" in url or len(ledgers) > 1:
        raise _not_a_url()
    ledger = "".join(ledgers)
    if ledgers and not _NAME.fullmatch(ledger):
        raise StorageError(
            Problem(
                code="not-a-ledger-name",
                message="?ledger= does not name a ledger",
                hint="small letters a to z, digits and _, at most 53",
            )
        )
    return Address(_shown(told, ledger), ledger, told)


def _told(url: str) -> dict[str, str] | None:
    """What libpq reads in a URL; what it says of one that it cannot read may hold a password."""
    try:
        return {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except (ValueError, psycopg.Error):
        return None


def _not_a_url() -> StorageError:
    return StorageError(
        Problem(
            code="not-a-url",
            message="this is no URL of a PostgreSQL database",
            hint="postgresql://user:password@host:port/database?ledger=NAME, with %40 for an @ in"
            " the password, %2F for a slash, %3F for a question mark",
        )
    )


def _shown(told: Mapping[str, str], ledger: str) -> str:
    """A URL without what is secret."""
    host, port, database, user = (told.get(key, "") for key in _SHOWN)
    hosts, ports = host.split(","), port.split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    names = [""] * len(hosts) if "/" in host else [f"[{h}]" if ":" in h else h for h in hosts]
    pairs = zip_longest(names, ports, fillvalue="")
    place = f"{quote(user, safe='')}@" * bool(user)
    place += ",".join(name + f":{p}" * bool(p) for name, p in pairs)
    options = {"host": host} if "/" in host else {}
    options |= {"ledger": ledger} if ledger else {}
    return f"postgresql://{place}/{quote(database, safe='')}" + (
        "?" + urlencode(options, safe="/,", quote_via=quote) if options else ""
    )
