"""Backups of both stores, by the commands of docs/how-to/back-up.md: what is restored opens, has the same
root, verifies and goes on, and whoever kept a newer checkpoint is not deceived by an older one."""

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import postgres_server
import psycopg
import pytest
from click.testing import CliRunner
from test_faults import WRITER
from test_storage import Child, filled, posix, refused, sound, submitted

from govledger import Ledger, Verdict
from govledger.cli import main
from govledger.storage.postgres import address

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "back-up.md"
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
(ONLINE,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def test_every_command_of_the_page_is_run():
    named = re.findall(r'(?:documented|by_shell)\("([^"]+)"\)', Path(__file__).read_text("utf-8"))
    assert not [command for command in COMMANDS if not any(name in command for name in named)]


def documented(start):
    """The command of the page that begins so."""
    (command,) = (command for command in COMMANDS if start in command)
    return command


def shell(command, folder, **variables):
    """Run a command of the page, with the programs that the tests' server comes with."""
    path = os.pathsep.join(
        filter(None, [str(postgres_server.programs() or ""), os.environ["PATH"]])
    )
    done = subprocess.run(
        ["sh", "-euc", command],
        cwd=folder,
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def govledger(place, *words, exit_code=0):
    result = CliRunner().invoke(main, ["-l", str(place), *map(str, words)], prog_name="govledger")
    assert result.exit_code == exit_code, result.output
    return result.output


# --- files ------------------------------------------------------------------------------


def by_python(folder):
    code = ONLINE.replace('"govledger.db"', "source").replace('"backup.db"', "target")
    exec(code, {"source": folder / "govledger.db", "target": folder / "backup.db"})


def by_shell(command):
    def copy(folder):
        if not shutil.which("sqlite3"):
            pytest.skip("sqlite3, the program, is not installed")
        shell(documented(command), folder)

    return copy


WAYS = {
    "Connection.backup": by_python,
    ".backup": by_shell(".backup"),
    "VACUUM INTO": by_shell("VACUUM INTO"),
}


@posix
@pytest.mark.parametrize("way", WAYS)
def test_a_file_is_copied_while_somebody_writes(tmp_path, way):
    path, copied = filled(tmp_path / "govledger.db"), tmp_path / "backup.db"
    with Child(WRITER, path, "run") as writer:
        acknowledged = [writer.line() for _ in range(20)]
        WAYS[way](tmp_path)
        writer.line()
    with Ledger.open(copied, create=False) as backup, Ledger.open(path) as ledger:
        held = {f"{record.position} {record.subject}" for record in backup.log()}
        assert held.issuperset(acknowledged)
        assert backup.checkpoint() == ledger.checkpoint(backup.head())
        report = backup.verify(checkpoints=[bytes_of(ledger.checkpoint(25))])
        assert report.verdict is Verdict.EXTENDS, str(report)
        backup.record(submitted("new"))
        assert backup.verify()


def bytes_of(checkpoint):
    return str(checkpoint).encode()


@posix
def test_a_copy_of_the_file_alone_lacks_what_was_acknowledged(tmp_path):
    """And says nothing of it: only a checkpoint does."""
    path, copied = filled(tmp_path / "govledger.db"), tmp_path / "copied.db"
    with Child(WRITER, path, "run") as writer:
        writer.line()
        with closing(sqlite3.connect(path)) as reading:  # keeps the log from being put away
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM records").fetchone()
            acknowledged = [writer.line() for _ in range(20)]
            shutil.copy(path, copied)  # this process holds no lock that matters
    with Ledger.open(copied) as cut, Ledger.open(path) as ledger:
        last = int(acknowledged[-1].split()[0])
        assert cut.head() < last <= ledger.head()
        assert cut.verify().verdict is Verdict.SELF_CONSISTENT
        assert not cut.verify(checkpoints=[bytes_of(ledger.checkpoint(last))])


# --- PostgreSQL -------------------------------------------------------------------------


@pytest.fixture
def database(server):
    """A database of its own, and another to restore into: their URLs, without a ledger."""
    urls = {}
    with server.connect() as connection:
        for name in ("DATABASE", "OTHER"):
            created = f"{name.lower()}_{next(postgres_server.numbers)}"
            connection.execute(f"CREATE DATABASE {created} TEMPLATE template0")
            urls[name] = server.url(database=created).partition("&ledger=")[0]
    return urls


@posix
def test_a_schema_is_dumped_while_somebody_writes_and_restored(server, database, tmp_path):
    url, restored = (f"{database[name]}&ledger=vng" for name in ("DATABASE", "OTHER"))
    filled(url)
    with Child(WRITER, url, "run") as writer:
        acknowledged = [writer.line() for _ in range(20)]
        shell(documented("pg_dump"), tmp_path, **database)
        writer.line()
    shell(documented("pg_restore"), tmp_path, **database)
    with psycopg.connect(database["OTHER"]) as connection:
        (mark,) = connection.execute(
            "SELECT obj_description('govledger_vng.records'::regclass, 'pg_class')"
        ).fetchone()
        assert mark == "govledger, format 3"
    with Ledger.open(restored, create=False) as backup, Ledger.open(url) as ledger:
        held = {f"{record.position} {record.subject}" for record in backup.log()}
        assert held.issuperset(acknowledged)
        assert backup.checkpoint() == ledger.checkpoint(backup.head())
        assert backup.verify()
        backup.record(submitted("new"))
        assert backup.verify()


def test_a_schema_without_its_mark_is_refused(server, database, tmp_path):
    restored = f"{database['OTHER']}&ledger=vng"
    filled(f"{database['DATABASE']}&ledger=vng")
    shell(documented("pg_dump"), tmp_path, **database)
    shell(documented("pg_restore").replace("--exit", "--no-comments --exit"), tmp_path, **database)
    with refused("not-a-ledger"):
        Ledger.open(restored)
    with psycopg.connect(database["OTHER"]) as connection:
        connection.execute("COMMENT ON TABLE govledger_vng.records IS 'govledger, format 3'")
    sound(restored, head=5)


@posix
def test_a_copy_of_the_whole_server_is_a_standby_and_then_a_server(server, tmp_path):
    url = filled(server.url())
    copy = postgres_server.Server(server.folder / "copy", server.programs)
    copy.folder.mkdir()
    DATABASE = url.partition("&ledger=")[0]
    shell(documented("pg_basebackup"), copy.folder, DATABASE=DATABASE)
    (copy.folder / "server-copy").rename(copy.folder / "data")
    if copy.user:
        for file in (copy.folder, *copy.folder.rglob("*")):
            shutil.chown(file, 65534, 65534)
    with (copy.folder / "data" / "postgresql.conf").open("a") as file:
        file.write(f"unix_socket_directories = '{copy.folder}'\n")
    (copy.folder / "data" / "standby.signal").touch()
    copy.start()
    try:
        with Ledger.open(copy.url(address(url).ledger), create=False) as backup:
            with Ledger.open(url) as ledger:
                assert backup.checkpoint() == ledger.checkpoint()
            assert backup.verify()
            with refused("read-only"):
                backup.record(submitted("new"))
            copy.run("pg_ctl", "promote", "-w")
            backup.record(submitted("new"))
            assert backup.verify()
    finally:
        copy.stop()


# --- an older backup --------------------------------------------------------------------


class Files:
    """A ledger in a file, which is saved and put back as the page says."""

    def __init__(self, folder):
        self.folder, self.place = folder, folder / "govledger.db"

    def save(self):
        by_python(self.folder)

    def restore(self):
        shutil.copy(self.folder / "backup.db", self.place)


class Schemas:
    """The same of a ledger in PostgreSQL."""

    def __init__(self, folder, database):
        self.folder, self.database = folder, database
        self.place = f"{database['DATABASE']}&ledger=vng"

    def save(self):
        shell(documented("pg_dump"), self.folder, **self.database)

    def restore(self):
        with psycopg.connect(self.database["DATABASE"]) as connection:
            connection.execute("DROP SCHEMA govledger_vng CASCADE")
        urls = {"OTHER": self.database["DATABASE"]}
        shell(documented("pg_restore"), self.folder, **urls)


@pytest.fixture(params=["file", "postgres"])
def kept(request, tmp_path, monkeypatch):
    """A ledger that can be saved and restored."""
    monkeypatch.chdir(tmp_path)
    if request.param == "file":
        return Files(tmp_path)
    return Schemas(tmp_path, request.getfixturevalue("database"))


RECORD = ("record", "motion.submitted", "--on", "2024-03-01", "--set")


def test_an_older_backup_is_not_taken_for_the_ledger(kept):
    place = kept.place
    sign = ("checkpoint", "--sign", "--key", "club.key", "-o", "new.checkpoint")
    govledger(place, "init", "--name", "club")
    govledger(place, *RECORD, "title=Bins", "bins")
    govledger(place, "checkpoint", "--new-key", "club.key")
    govledger(place, *sign[:-1], "old.checkpoint")
    kept.save()
    govledger(place, *RECORD, "title=Lamps", "lamps")
    govledger(place, *sign)
    kept.restore()

    assert "self-consistent" in govledger(place, "verify")
    assert "extends" in govledger(place, "verify", "--checkpoint", "old.checkpoint")
    verify = ("verify", "--checkpoint", "new.checkpoint")
    assert "it speaks of 3 records, and there are 2" in govledger(place, *verify, exit_code=4)
    assert "inconsistent-tree" in govledger(place, *sign[:-1], "again.checkpoint", exit_code=1)
    govledger(place, *RECORD, "title=Others", "others")  # nor once it is as long
    assert "altered" in govledger(place, *verify, exit_code=4)
    assert "inconsistent-tree" in govledger(place, *sign[:-1], "again.checkpoint", exit_code=1)
    assert not Path("again.checkpoint").exists()


def test_an_erased_name_comes_back_with_a_backup_and_is_erased_again(kept):
    with Ledger.open(kept.place, name="club") as ledger:
        ledger.record(submitted("bins", movers="Zoe Zijl"))
        kept.save()
        ledger.erase("motion/bins", basis="GDPR art. 17(1)(b)")
        assert ledger.as_of("2024-05-01").motions["bins"].movers != ("Zoe Zijl",)
        checkpoint = bytes_of(ledger.checkpoint())
    kept.restore()
    with Ledger.open(kept.place, create=False) as ledger:
        assert ledger.as_of("2024-05-01").motions["bins"].movers == ("Zoe Zijl",)
        assert ledger.verify()
        assert not ledger.verify(checkpoints=[checkpoint])
        assert ledger.erase("motion/bins", basis="GDPR art. 17(1)(b)").count == 1
        assert ledger.as_of("2024-05-01").motions["bins"].movers != ("Zoe Zijl",)
        assert ledger.verify()
