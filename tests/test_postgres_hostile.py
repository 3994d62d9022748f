"""Ledgers in PostgreSQL whose owner, server or environment is not as it should be: what others
put into a schema is never run and always told, and an error says what is the matter."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import postgres_server
import psycopg
import pytest
from eventsourcing.persistence import ProgrammingError
from test_postgres import (  # noqa: F401 - fixtures among them
    ask,
    failed,
    files_with,
    filled,
    secret,
    url,
    verified,
)
from test_storage import refused, sound, submitted

from govledger import InvalidInput, Ledger, StorageError
from govledger.storage.postgres import LedgerDatastore, address, store
from govledger.storage.postgres.connections import locking


WRITES = """
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
"""
READS = """
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};
"""


@pytest.fixture
def role(server, url):
    """Makes a role, with grants, and gives its URL of the ledger."""
    name = address(url).ledger

    def made(kind, grants):
        with server.connect() as connection:
            connection.execute(f"CREATE ROLE {name}_{kind} LOGIN PASSWORD 'pw'")
            connection.execute(grants.format(schema=address(url).schema, role=f"{name}_{kind}"))
        return server.url(name, user=f"{name}_{kind}", password="pw")

    return made


def until(condition):
    """Waits for what another process does."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


# --- an owner who lays traps ------------------------------------------------------------

TRAP = """
CREATE FUNCTION {schema}.trap() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    PERFORM set_config('trap.ran', 'yes', false);
    IF current_user <> '{owner}' AND current_setting('transaction_read_only') = 'off' THEN
        EXECUTE 'ALTER ROLE {owner} SUPERUSER';
    END IF;
    RETURN true;
END $$;
"""
TRAPS = {
    "operator": """
CREATE FUNCTION {schema}.same(a oid, b regnamespace) RETURNS boolean LANGUAGE sql
    AS 'SELECT {schema}.trap() AND a OPERATOR(pg_catalog.=) b::oid';
CREATE OPERATOR {schema}.= (LEFTARG = oid, RIGHTARG = regnamespace, FUNCTION = {schema}.same)""",
    "function": """
CREATE FUNCTION {schema}.convert_to(a text, b text) RETURNS bytea LANGUAGE sql
    AS 'SELECT CASE WHEN {schema}.trap() THEN pg_catalog.convert_to(a, ''UTF8'') END'""",
    "view": """
ALTER TABLE {schema}.calendar RENAME TO dates;
CREATE VIEW {schema}.calendar AS SELECT * FROM {schema}.dates WHERE {schema}.trap()""",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_whoever_looks_into_a_ledger_runs_nothing_of_its_owner(server, trap):
    url = server.url()
    ledger = address(url).ledger
    names = {"schema": address(url).schema, "owner": f"{ledger}_owner"}
    with server.connect() as admin:
        admin.execute(f"CREATE ROLE {names['owner']} LOGIN PASSWORD 'pw'")
        admin.execute(f"GRANT CREATE ON DATABASE postgres TO {names['owner']}")
        filled(server.url(ledger, user=names["owner"], password="pw"))
        with server.connect(user=names["owner"], password="pw") as owner:
            owner.execute(TRAP.format(**names) + TRAPS[trap].format(**names))
        for options in ({"read_only": True}, {}):
            with Ledger.open(url, create=False, **options) as looked_at:
                assert not looked_at.verify()
                looked_at.as_of("2024-05-01")
                with looked_at._store._datastore.get_connection() as held:
                    ran = held.execute("SELECT current_setting('trap.ran', true) AS ran")
                    assert ran.fetchone()["ran"] is None
                if not options and trap != "view":
                    looked_at.erase(name="Zoe Zijl", basis="asked")
        (is_super,) = admin.execute(
            "SELECT rolsuper FROM pg_roles WHERE rolname = %s", (names["owner"],)
        ).fetchone()
        assert not is_super


def test_no_policy_is_applied(url, ask, role):
    reader = role("reader", READS)
    ask("CREATE FUNCTION trap() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'ran'; END $$")
    for table in ("calendar", "records"):
        ask(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        ask(f"CREATE POLICY trap ON {table} USING (trap())")
    with refused("no-right"), Ledger.open(reader, create=False, read_only=True) as ledger:
        ledger.head()
    assert failed(verified(url)) == ["file"]


def test_a_view_for_the_log_is_no_ledger(url, ask):
    ask("ALTER TABLE records RENAME TO archive; CREATE VIEW records AS SELECT * FROM archive")
    ask("COMMENT ON VIEW records IS 'govledger, format 3'")
    with refused("not-a-ledger"):
        Ledger.open(url)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER FUNCTION refuse_gap() SET search_path = elsewhere, pg_catalog",
        "ALTER FUNCTION refuse_change() SECURITY DEFINER",
        "CREATE FUNCTION convert_to(a text, b text) RETURNS bytea LANGUAGE sql AS 'SELECT NULL::bytea'",
        "CREATE FUNCTION refuse_gap(a text) RETURNS text LANGUAGE sql AS 'SELECT a'",
        'ALTER TABLE disclosures ALTER COLUMN "array" SET STATISTICS 100',
        'CREATE STATISTICS more ON digest, "array" FROM disclosures',
    ],
)
def test_what_else_an_owner_changes_is_found(url, ask, statement):
    assert not failed(verified(url))
    ask(statement)
    assert failed(verified(url)) == ["append-only"]


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE COLLATION "C" FROM "POSIX"; ALTER TABLE keys ALTER COLUMN value'
        ' TYPE pg_catalog.text COLLATE {schema}."C"',
        "CREATE DOMAIN text AS pg_catalog.text; ALTER TABLE keys ALTER COLUMN value"
        ' TYPE {schema}.text COLLATE pg_catalog."C"',
    ],
)
def test_what_only_bears_the_right_name_is_found(url, ask, statement):
    ask(statement.format(schema=address(url).schema))
    assert failed(verified(url)) == ["file"]


COLUMNS = (
    *(("records", name) for name in ("position", "originator_id", "topic", "state")),
    *(("disclosures", name) for name in ("digest", '"array"')),
    *(("tree", name) for name in ("number", "hash")),
    *(("calendar", name) for name in ("zone", "rules")),
    *(("subjects", name) for name in ("name", "earliest")),
    *(("spans", name) for name in ("since", "status", "state")),
)
VALUES = {
    "numeric": "1.5",
    "uuid": "gen_random_uuid()",
    "bigint[]": "array[1::bigint]",
    "text": "'x'",
    "date": "'infinity'",
}


def test_columns_of_another_type_are_told_and_nothing_crashes(url, ask):
    told = []
    for table, column in COLUMNS:
        for kind, value in VALUES.items():
            ask(f"CREATE TABLE public.{address(url).ledger}_kept AS SELECT * FROM {table}")
            ask("BEGIN; ALTER TABLE records DISABLE TRIGGER USER")
            ask(f"DELETE FROM {table} WHERE ctid <> (SELECT min(ctid) FROM {table})")
            try:
                ask(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} USING {value}")
                ask("COMMIT")
            except psycopg.Error:  # there is no such index, or no change
                ask("ROLLBACK")
            else:
                report = None
                try:
                    with Ledger.open(url, create=False, read_only=True) as ledger:
                        report = ledger.verify()
                        assert not ledger.verify(contents=False)
                except StorageError as error:
                    told.append(error.problems[0].code)
                assert not report, f"{table}.{column} {kind}"
                told.append("verify")
                ask(f"DROP SCHEMA {address(url).schema} CASCADE")
                filled(url)
            ask(f"DROP TABLE public.{address(url).ledger}_kept")
    assert set(told) <= {"verify", "other-calendar"}
    assert told.count("verify") > 30


def test_a_column_more_is_told_and_the_log_can_be_read(url, ask):
    ask("ALTER TABLE records ADD COLUMN more text")
    with Ledger.open(url) as ledger:
        assert len(list(ledger.log())) == 5
        ledger.record(submitted("new"))
        assert failed(ledger.verify()) == ["file"]


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE tree; CREATE SEQUENCE tree",
        "DROP TABLE keys; CREATE TYPE keys AS (n int)",
        "DROP TABLE links; CREATE INDEX links ON subjects (name)",
    ],
)
def test_something_else_in_the_place_of_a_derived_table_is_made_way_with(url, ask, statement):
    ask(statement)
    assert not verified(url)
    with Ledger.open(url) as ledger:
        ledger.rebuild()
        assert ledger.verify()


def test_a_session_that_looks_elsewhere_writes_where_it_should(server, url):
    other = filled(server.url())
    with Ledger.open(url) as ledger:
        with ledger._store._datastore.get_connection() as connection:  # as a pooler might
            connection.execute(f"SET search_path = {address(other).schema}")
        ledger.record(submitted("new"))
        assert ledger.verify()
    sound(url, head=6)
    sound(other, head=5)


def test_an_error_quotes_no_row(url, ask):
    ask('ALTER TABLE disclosures ADD CHECK (length("array") < 9) NOT VALID')
    with Ledger.open(url) as ledger, pytest.raises(StorageError) as caught:
        ledger.record(submitted("new", movers="Yvo Ypma"))
    assert "Ypma" not in str(caught.value)


# --- streams ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_stream_that_is_closed_late_harms_no_other_transaction(url, kind):
    with Ledger.open(url) as ledger:
        with ledger._store.read() as reading:
            connection, nodes = reading.session.connection, reading.kept().nodes()
            next(nodes)  # and it is held, as by the frames of an exception
        for _ in range(20):  # until the pool gives that connection again
            with getattr(ledger._store, kind)() as access:
                if access.session.connection is connection:
                    held = access.kept().nodes()
                    first = next(held)
                    nodes.close()
                    assert len([first, *held]) == 8
                    assert len(access.at([1, 2])) == 2
                    return
        raise AssertionError("no connection was used again")


# --- erasing ----------------------------------------------------------------------------


@contextmanager
def writing_elsewhere(server):
    """Three who write to another table in one short transaction after the other."""
    done = threading.Event()

    def work(number):
        with server.connect() as connection:
            connection.execute(f"CREATE TABLE busy_{number} (n int)")
            while not done.is_set():
                connection.execute("BEGIN")
                connection.execute(f"INSERT INTO busy_{number} VALUES (1)")
                done.wait(0.02)
                connection.execute("COMMIT")
            connection.execute(f"DROP TABLE busy_{number}")

    with ThreadPoolExecutor() as threads:
        workers = [threads.submit(work, number) for number in range(3)]
        try:
            yield
        finally:
            done.set()
        for worker in workers:
            worker.result()


def test_what_is_erased_is_purged_on_a_server_in_use(server, url):
    with Ledger.open(url) as ledger:
        ledger.record(*(submitted(f"s{n}", movers=f"Yvo Ypma {n}") for n in range(4)))
        with writing_elsewhere(server):
            for n in range(4):
                assert ledger.erase(name=f"Yvo Ypma {n}", basis="asked").purged


def test_an_erasure_that_was_held_up_is_finished_by_another_try(server, url, monkeypatch):
    monkeypatch.setattr(store, "PATIENCE", 0.3)
    with Ledger.open(url) as ledger:
        with server.connect() as reader:
            reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
            assert "erased once more" in ledger.erase(name="Zoe Zijl", basis="asked").remains
            with pytest.raises(InvalidInput) as caught:
                ledger.erase(name="Zoe Zijl", basis="asked")
            assert "erased once more" in caught.value.problems[0].hint
            assert files_with(server, url, "Zoe Zijl")
        with pytest.raises(InvalidInput) as caught:
            ledger.erase(name="Zoe Zijl", basis="asked")
        assert "nothing is left" in caught.value.problems[0].hint
        assert files_with(server, url, "Zoe Zijl") == []


def test_who_may_not_purge_is_told_who_may(url, role):
    with Ledger.open(role("writer", WRITES)) as ledger:
        assert "owner of the schema" in ledger.erase(name="Zoe Zijl", basis="asked").remains


def test_names_in_statistics_are_told_until_an_administrator_saw_to_it(server, url, ask):
    ask('ALTER TABLE disclosures ALTER COLUMN "array" SET STATISTICS 100; ANALYZE disclosures')
    with Ledger.open(url) as ledger:
        assert "statistics" in ledger.erase(name="Zoe Zijl", basis="asked").remains
        assert files_with(server, url, "Zoe Zijl")
        ask(
            'ALTER TABLE disclosures ALTER COLUMN "array" SET STATISTICS 0,'
            ' ALTER COLUMN "array" TYPE text COLLATE "C"'
        )
        ask("VACUUM (FULL) pg_statistic")
        with pytest.raises(InvalidInput) as caught:
            ledger.erase(name="Zoe Zijl", basis="asked")
        assert "nothing is left" in caught.value.problems[0].hint
        assert files_with(server, url, "Zoe Zijl") == []
        assert ledger.verify()


def test_an_erasure_that_was_written_is_told_whatever_purging_meets(server, url):
    limited = url + "&options=-cstatement_timeout%3D300ms"
    with Ledger.open(limited) as ledger, server.connect() as reader:
        reader.execute("BEGIN")
        reader.execute(f"SELECT * FROM {address(url).schema}.disclosures")
        erasure = ledger.erase(name="Zoe Zijl", basis="asked")
        assert (erasure.count, erasure.purged) == (3, False)
    sound(url, head=6)


# --- servers and environments -----------------------------------------------------------


def test_a_writer_whose_lock_was_taken_is_told(url, ask):
    with Ledger.open(url) as ledger:
        with refused("busy"), ledger._store.write() as writing:
            run = writing.session.cursor.execute
            (pid,) = run("SELECT pg_backend_pid()").fetchone()
            run("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
            until(lambda: not ask("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,)).rowcount)
            writing.at([1])
        ledger.record(submitted("new"))
    sound(url, head=6)


@pytest.fixture
def standby(server):
    """A server that follows the other, as both are now."""
    with TemporaryDirectory(prefix="govledger-", ignore_cleanup_errors=True) as name:
        following = postgres_server.Server(Path(name), server.programs)
        if following.user:
            os.chown(name, 65534, 65534)
        source = f"host={server.folder} user=owner password={postgres_server.PASSWORD}"
        following.run("pg_basebackup", "-R", "-c", "fast", "--no-sync", "-d", source)
        with (following.folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(f"unix_socket_directories = '{name}'\n")
        following.start()
        try:
            yield following
        finally:
            following.stop()


def test_a_server_that_follows_another_is_read_and_not_written(url, standby):
    with Ledger.open(standby.url(address(url).ledger)) as ledger:
        assert ledger.verify()
        for write in (
            lambda: ledger.record(submitted("new")),
            lambda: ledger.erase(name="Zoe Zijl", basis="asked"),
            ledger.rebuild,
        ):
            with refused("read-only"):
                write()
    with refused("read-only"):
        Ledger.open(standby.url())


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_ledgers_are_made_whatever_isolation_is_the_default(server, isolation):
    url = server.url()
    level = isolation.replace(" ", r"\%20")
    named = f"{url}&options=-cdefault_transaction_isolation%3D{level.replace(chr(92), '%5C')}"
    with server.connect() as admin, ThreadPoolExecutor() as threads:
        admin.execute(f"BEGIN; {locking(address(url).schema)}")
        makers = [threads.submit(Ledger.open, named) for _ in range(2)]
        waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        until(lambda: admin.execute(waiting).rowcount == 2)
        admin.execute("COMMIT")
        for maker in makers:
            maker.result().close()
    sound(url, head=1)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_the_encoding_of_the_environment_is_nobodys_business(url, monkeypatch, encoding):
    monkeypatch.setenv("PGCLIENTENCODING", encoding)
    for named in (url, f"{url}&client_encoding={encoding}"):
        with Ledger.open(named) as ledger:
            ledger.record(submitted(f"m{ledger.head()}", movers="Zoë Žižek €"))
            assert ledger.verify()


def test_what_a_server_says_to_whom_it_refuses_is_told(server, url, role):
    some = role("some", "")
    with server.connect() as admin:
        admin.execute(f"ALTER ROLE {address(url).ledger}_some CONNECTION LIMIT 0")
        with refused("busy"):
            Ledger.open(some)
        admin.execute(f"ALTER ROLE {address(url).ledger}_some CONNECTION LIMIT 5")
        admin.execute("CREATE DATABASE closed")
        admin.execute("REVOKE CONNECT ON DATABASE closed FROM PUBLIC")
        with refused("no-right"):
            Ledger.open(some.replace("/postgres?", "/closed?"))
        admin.execute("DROP DATABASE closed")
    with refused("no-access"):
        Ledger.open(f"{url}&options=-cno_such_setting%3D1")


@pytest.mark.parametrize("schema", ["Club", "my-club", "x; DROP SCHEMA y", "a" * 64])
def test_a_schema_that_is_no_plain_name_is_refused_at_once(schema):
    with pytest.raises(ProgrammingError, match="small letters"):
        LedgerDatastore(schema=schema)


# --- URLs -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql:///club?ledger=vng", {"dbname": "club"}),
        ("postgresql:///club?host=/tmp/x&ledger=vng", {"dbname": "club", "host": "/tmp/x"}),
        ("postgresql://?service=club&ledger=vng", {"service": "club"}),
        ("postgresql://h/c?&ledger=vng&", {"host": "h", "dbname": "c"}),
        ("postgresql://h/c?ledger=%76ng", {"host": "h", "dbname": "c"}),
        ("postgresql://h?password=a%20b&ledger=vng", {"host": "h", "password": "a b"}),
        ("postgresql://h?password=a+b&ledger=vng", {"host": "h", "password": "a+b"}),
        ("postgresql://h?ledger=vng&options=-ca%3D1%20-cb", {"host": "h", "options": "-ca=1 -cb"}),
        ("postgresql://%2Ftmp%2Fx/c?ledger=vng", {"host": "/tmp/x", "dbname": "c"}),
        ("postgresql://j%40n:%2F@h/c%20d?ledger=vng", None),
    ],
)
def test_what_libpq_takes_is_taken_as_it_stands(url, told):
    found = address(url)
    assert found.ledger == "vng"
    assert told is None or found.told == told
    again = address(found.name)  # what a message shows can be opened
    assert again.ledger == "vng"
    assert again.told.items() <= found.told.items()


def test_an_error_about_a_url_keeps_nothing():
    depths = []
    for _ in range(3):
        with pytest.raises(StorageError) as caught:
            address("postgresql://ann:s3cret%@h/club?ledger=vng")
        assert "s3cret" not in secret(caught.value)
        assert caught.value.__context__ is None
        depths.append(len(caught.traceback))
    assert len(set(depths)) == 1
