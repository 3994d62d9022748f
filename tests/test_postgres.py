"""Ledgers in PostgreSQL, on a real server: what is refused, what survives, what `verify` finds,
and what processes may do at the same time. What holds for every store stands in the tests of
that; these run there, too."""

import random
import re
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import postgres_server
import psycopg
import pytest
import test_spans
from click.testing import CliRunner
from test_spans import Clock, rows
from test_storage import MANY, Child, refused, sound, submitted, together

from govledger import (
    Ledger,
    MeetingConvened,
    MotionAdopted,
    MotionRejected,
    StorageError,
    recording,
    ledgers,
)
from govledger.dataset import import_dataset, ledger_options
from govledger.cli import main
from govledger.cli.datasets import read_dataset
from govledger.codec import entry_bytes
from govledger.integrity.checkpoint import sign_checkpoint
from govledger.integrity.merkle import completed, leaf_hash, verify_inclusion
from govledger.integrity.note import signing_key
from govledger.integrity.personal import digests_in
from govledger.storage.postgres import address, store

EXAMPLE = Path(__file__).parents[1] / "examples" / "vng_balv_2018" / "balv-2018.yaml"


def filled(url, motions=3):
    """A ledger with an opening, a meeting and motions; closed."""
    with Ledger.open(url, name="spring") as ledger:
        ledger.record(MeetingConvened("spring", title="Spring assembly", on="2024-04-01"))
        for n in range(motions):
            ledger.record(submitted(f"m{n}", meeting="spring", movers="Zoe Zijl"), key=f"key-{n}")
    return url


@pytest.fixture
def url(server):
    return filled(server.url())


@pytest.fixture
def ask(server, url):
    """Runs statements as an administrator would, in the schema of the ledger."""
    with server.connect(options=f"-csearch_path={address(url).schema}") as connection:
        yield lambda *statement: connection.execute(*statement)


def verified(url):
    with Ledger.open(url, create=False) as ledger:
        return ledger.verify()


# --- URLs -------------------------------------------------------------------------------


def secret(error):
    """All that is said of an error, of its causes, and of what was going on."""
    if error is None:
        return ""
    return f"{error!s} {error!r} {secret(error.__cause__)} {secret(error.__context__)}"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://ann:s3cret@localhost:1/club?ledger=vng", "no-server"),
        ("postgres://ann:s3cret@localhost:1/club?ledger=vng", "no-server"),
        ("postgresql://ann:s3cret@localhost:1/club?ledger=VNG", "not-a-ledger-name"),
        ("postgresql://ann:s3cret@localhost:1/club?ledger=", "not-a-ledger-name"),
        ('postgresql://ann:s3cret@localhost:1/club?ledger=v"; DROP', "not-a-ledger-name"),
        (f"postgresql://ann:s3cret@localhost:1/club?ledger={'n' * 54}", "not-a-ledger-name"),
        ("postgresql://ann:s3cret@x@localhost:1/club?ledger=vng", "not-a-url"),
        ("postgresql://ann:s3/cret@localhost:1/club?ledger=vng", "not-a-url"),
        ("postgresql://ann:s3?s3cret@localhost:1/club?ledger=vng", "not-a-url"),
        ("postgresql://ann:s3#s3cret@localhost:1/club?ledger=vng", "not-a-url"),
        ("postgresql://ann:s3cret%@localhost:1/club?ledger=vng", "not-a-url"),
        ("postgresql://ann:s3cret@localhost:port/club?ledger=vng", "no-server"),
        ("postgresql://ann:s3cret@localhost:1/club?ledger=vng&sslmode=never", "no-server"),
        ("postgresql://ann:s3cret@localhost:1/club?ledger=vng&pasword=s3cret", "not-a-url"),
        ("postgresql://ann:s3cret@localhost:1/club?ledger=a&ledger=b", "not-a-url"),
        ("mysql://ann:s3cret@localhost/club", "unknown-store"),
    ],
)
def test_no_error_tells_a_password(url, code):
    with pytest.raises(StorageError) as caught:
        Ledger.open(url)
    assert caught.value.problems[0].code == code
    assert "s3cret" not in secret(caught.value)


def test_no_name_tells_a_password(url):
    with Ledger.open(url) as ledger:
        for text in (repr(ledger), repr(address(url)), ledger._store.name):
            assert "s3cret" not in text
            assert "ledger=test_" in text or "test_" in text


def test_a_ledger_must_be_named_and_those_there_are_listed(server):
    with server.connect() as connection:
        connection.execute("CREATE DATABASE listing")
    Ledger.open(server.url("listed_one", database="listing")).close()
    Ledger.open(server.url("listed_two", database="listing")).close()
    named = server.url("no_such_ledger", database="listing")
    for url in (named.partition("&ledger")[0], named):
        with pytest.raises(StorageError) as caught:
            Ledger.open(url, create=False)
        problem = caught.value.problems[0]
        assert problem.code == ("no-ledger" if "no_such" in url else "which-ledger")
        assert problem.hint.endswith("this database has listed_one, listed_two")
    for n in range(9):
        Ledger.open(server.url(f"more_{n}", database="listing")).close()
    with pytest.raises(StorageError) as caught:
        Ledger.open(named, create=False)
    hint = caught.value.problems[0].hint
    assert "more_7, …: `govledger ledgers` lists them all" in hint
    assert "more_8" not in hint


def test_what_the_server_refuses_is_told(server):
    for url, code in (
        (server.url("vng", password="wrong"), "no-access"),
        (server.url("vng", user="nobody"), "no-access"),
        (server.url("vng", database="none"), "no-database"),
    ):
        with refused(code):
            Ledger.open(url)


def test_another_encoding_is_refused(server):
    with server.connect() as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with refused("other-encoding"):
        Ledger.open(server.url("vng", database="latin"))


# --- schemas ----------------------------------------------------------------------------


def test_a_schema_of_something_else_is_refused_and_left_alone(server):
    url = server.url()
    schema = address(url).schema
    with server.connect() as connection:
        connection.execute(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.records (n int)")
        for options in ({}, {"create": False}, {"read_only": True}):
            with refused("not-a-ledger"):
                Ledger.open(url, **options)
        assert connection.execute(f"SELECT * FROM {schema}.records").fetchall() == []


def test_an_empty_schema_becomes_a_ledger(server):
    url = server.url()
    with server.connect() as connection:
        connection.execute(f"CREATE SCHEMA {address(url).schema}")
    with refused("no-ledger"):
        Ledger.open(url, create=False)
    Ledger.open(url, name="spring").close()
    (opening,) = sound(url)
    assert opening.event.name == "spring"


@pytest.mark.parametrize(
    ("mark", "code"), [("99", "newer-format"), ("2", "damaged"), ("x", "damaged")]
)
def test_another_format_is_refused(url, ask, mark, code):
    ask(f"COMMENT ON TABLE records IS 'govledger, format {mark}'")
    with refused(code):
        Ledger.open(url)


def test_a_new_ledger_is_named_like_its_schema(server):
    with Ledger.open(server.url("named_so")) as ledger:
        assert ledger.name == "named_so"


def test_ledgers_of_one_database_know_nothing_of_each_other(server):
    with Ledger.open(server.url()) as one, Ledger.open(server.url()) as two:
        with one._store.write():  # holds the lock of one
            two.record(submitted("a"))
        one.record(submitted("a"), submitted("b"))
        assert (one.head(), two.head()) == (3, 2)


def test_a_ledger_opened_read_only_is_not_written(url):
    with Ledger.open(url, read_only=True) as ledger:
        assert ledger.verify()
        with refused("read-only"):
            ledger.record(submitted("new"))
    sound(url, head=5)


def test_a_long_call_is_written_in_batches(server, url):
    with Ledger.open(url) as ledger:
        ledger.record(*(submitted(f"n{n}", note="word " * 200) for n in range(3_500)))
        ledger.record(*(submitted(f"large{n}", note="word " * 12_000) for n in range(60)))
        assert ledger.head() == 3_565
    sound(url, head=3_565)


# --- append-only ------------------------------------------------------------------------

ROW = "'motion/x', 1, 'motion.adopted@1', ''::bytea"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET state = '' WHERE position = 3",
        "UPDATE records SET position = 9 WHERE position = 5",
        "DELETE FROM records",
        "DELETE FROM records WHERE position = 5",
        "TRUNCATE records",
        f"INSERT INTO records VALUES (5, {ROW}) ON CONFLICT (position) DO UPDATE SET state = ''",
        f"INSERT INTO records VALUES (5, {ROW})",
        f"INSERT INTO records VALUES (7, {ROW})",
        f"INSERT INTO records VALUES (0, {ROW})",
        f"INSERT INTO records VALUES (-1, {ROW})",
        f"INSERT INTO records VALUES (NULL, {ROW})",
        f"INSERT INTO records VALUES (6, {ROW}), (8, 'motion/y', 1, 'motion.adopted@1', '')",
        "SET session_replication_role = replica; UPDATE records SET state = ''",
    ],
)
def test_plain_sql_cannot_change_the_log(url, ask, statement):
    before = sound(url)
    with pytest.raises(psycopg.IntegrityError):
        ask(statement)
    assert sound(url) == before


def test_an_insert_without_the_lock_leaves_no_gap_either(server, url):
    schema = address(url).schema
    with server.connect() as one, server.connect() as two:
        one.execute(f"BEGIN; INSERT INTO {schema}.records VALUES (6, {ROW})")
        with pytest.raises(psycopg.IntegrityError, match="no gaps"):
            two.execute(f"INSERT INTO {schema}.records VALUES (7, {ROW})".replace("/x", "/y"))
        one.execute("ROLLBACK")
    sound(url, head=5)


# --- what verify finds ------------------------------------------------------------------


@contextmanager
def unguarded(ask):
    """As an owner of the schema who can switch its triggers off."""
    ask("ALTER TABLE records DISABLE TRIGGER USER")
    yield ask
    for name in ("are_never_changed", "are_never_cut_off", "have_no_gaps"):
        ask(f"ALTER TABLE records ENABLE ALWAYS TRIGGER records_{name}")


def failed(report):
    return [check.name for check in report.checks if check.outcome.name == "FAIL"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET state = convert_to(replace(convert_from(state, 'UTF8'), 'On m1', 'On m9'), 'UTF8') WHERE position = 4",
        "DELETE FROM records WHERE position = 4",
        "DELETE FROM records WHERE position = 5",
        "UPDATE records SET topic = 'motion.adjourned@1' WHERE position = 4",
        "UPDATE records SET originator_id = 'motion/zz' WHERE position = 4",
        "TRUNCATE records",
    ],
)
def test_an_altered_log_is_found(url, ask, statement):
    with unguarded(ask):
        ask(statement)
    assert failed(verified(url))
    with Ledger.open(url) as ledger:
        assert not ledger.verify(contents=False)
        before = rows(ledger)
        with pytest.raises(StorageError):
            ledger.rebuild()  # nothing may cover that up
        assert rows(ledger) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE spans SET since = since + 1 WHERE subject = 3",
        "DELETE FROM spans WHERE subject = 3",
        "INSERT INTO links VALUES (1, 2)",
        "DELETE FROM keys",
        "UPDATE subjects SET earliest = NULL WHERE id = 3",
        "UPDATE subjects SET name = 'motion/zz' WHERE id = 3",
        "DELETE FROM calendar",
        "INSERT INTO findings VALUES (3, 3, 3, 0, 0, 9, '')",
        "DELETE FROM tree WHERE number = 2",
        "UPDATE tree SET hash = '' WHERE number = 2",
        "DROP TABLE keys",
        "DROP TABLE tree",
        "DROP TABLE links; CREATE VIEW links AS SELECT 1 AS named, 2 AS naming",
        "DROP INDEX spans_by_status",
        "ALTER TABLE spans ADD COLUMN more text",
        "ALTER TABLE spans ALTER COLUMN since TYPE integer USING 1",
        "ALTER TABLE spans SET UNLOGGED",
        "DELETE FROM spans; ALTER TABLE spans ALTER COLUMN status TYPE text",
    ],
)
def test_what_is_derived_is_compared_and_made_again(url, ask, statement):
    with Ledger.open(url) as ledger:
        before = rows(ledger)
    ask(statement)
    assert failed(verified(url))
    with Ledger.open(url) as ledger:
        altered_leaf = "tree WHERE number = 2" in statement and "UPDATE" in statement
        ledger.rebuild()
        assert ledger.verify() or altered_leaf, str(ledger.verify())
        assert rows(ledger) == before


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER records_have_no_gaps ON records",
        "ALTER TABLE records DISABLE TRIGGER records_are_never_changed",
        "ALTER TABLE records ENABLE REPLICA TRIGGER records_are_never_cut_off",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER more BEFORE INSERT ON records FOR EACH ROW"
        " EXECUTE FUNCTION refuse_change()",
        "CREATE RULE quiet AS ON DELETE TO records DO INSTEAD NOTHING",
        "ALTER TABLE records DROP CONSTRAINT records_pkey",
        "ALTER TABLE records ALTER COLUMN state DROP NOT NULL",
        "ALTER TABLE records ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE disclosures DROP CONSTRAINT disclosures_pkey",
    ],
)
def test_guards_that_are_changed_or_gone_are_found(url, ask, statement):
    assert not failed(verified(url))
    ask(statement)
    assert failed(verified(url)) == ["append-only"]


def test_a_missing_log_is_damage(url, ask):
    ask("ALTER TABLE records RENAME TO archive")
    with refused("not-a-ledger"):
        Ledger.open(url)
    with refused("not-a-ledger"):
        Ledger.open(url, create=False)


def test_a_table_that_goes_while_a_ledger_is_open_is_told(url, ask):
    with Ledger.open(url) as ledger:
        ask("DROP TABLE spans")
        with refused("damaged"):
            ledger.as_of("2024-04-01")
        assert failed(ledger.verify())
        ledger.rebuild()
        assert ledger.verify()


# --- the same in every store ------------------------------------------------------------


def opened_at(server):
    def opened(zone="UTC", profile="general@1"):
        return Ledger.open(server.url(), clock=Clock(), timezone=zone, profile=profile)

    return opened


RANDOM = (
    test_spans.test_any_date_is_told_as_a_replay_tells_it,
    test_spans.test_a_replay_yields_the_states_of_the_register_by_name,
    test_spans.test_a_selection_is_that_part_of_the_register,
    test_spans.test_new_breaches_are_those_that_a_replay_finds_and_did_not_find_before,
    test_spans.test_planned_all_at_once_it_is_the_same_as_call_by_call,
)


@pytest.mark.parametrize("seed", range(30 if MANY else 3))
@pytest.mark.parametrize("test", RANDOM, ids=lambda test: test.__name__[5:])
def test_random_histories(server, monkeypatch, test, seed):
    monkeypatch.setattr(test_spans, "opened", opened_at(server))
    pick = random.Random(seed).choice
    given = {"seed": seed, "calls": 25, "zone": pick(test_spans.ZONES)}
    test.hypothesis.inner_test(**given, profile=pick(test_spans.PROFILES))


@pytest.mark.parametrize("seed", range(30 if MANY else 4))
def test_a_history_leaves_the_same_rows_in_every_store(server, monkeypatch, seed):
    kept = []
    for url in (None, server.url()):
        salts = random.Random(seed)
        monkeypatch.setattr(recording, "new_salt", lambda salts=salts: salts.randbytes(16))
        options = {"clock": Clock(), "timezone": "Europe/Amsterdam", "name": "club"}
        with Ledger.open(url, **options) if url else Ledger.in_memory(**options) as ledger:
            test_spans.tell(ledger, seed, 30)
            assert ledger.verify()
            before = rows(ledger)
            ledger.rebuild()
            assert rows(ledger) == before
            kept.append((before, list(ledger.entries()), ledger.checkpoint()))
    assert kept[0] == kept[1]


def test_the_example_comes_out_the_same(server):
    dataset = read_dataset(EXAMPLE)
    kept = []
    for url in (None, server.url()):
        options = {**ledger_options(dataset), "clock": Clock()}
        with Ledger.open(url, **options) if url else Ledger.in_memory(**options) as ledger:
            import_dataset(ledger, dataset)
            assert import_dataset(ledger, dataset)  # once
            assert ledger.verify()
            day = ledger.as_of("2019-01-01")
            kept.append(
                (
                    {name: day.describe(name) for name in day.states},
                    [record.event for record in ledger.log()],
                    rows(ledger, "links", "keys"),
                    list(ledger.replay("2019-01-01")),
                    ledger.findings(),
                )
            )
    assert kept[0] == kept[1]


# --- personal data ----------------------------------------------------------------------


def files_with(server, url, name):
    """The files of the tables of a ledger that hold a name."""
    schema = address(url).schema
    with server.connect() as connection:
        connection.execute("CHECKPOINT")
        paths = connection.execute(
            "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 'i', 't') AND"
            " (relnamespace = %s::regnamespace OR oid IN (SELECT reltoastrelid FROM pg_class"
            " WHERE relnamespace = %s::regnamespace) OR relname LIKE 'pg_statistic%%')",
            (schema, schema),
        ).fetchall()
    folder = server.folder / "data"
    return [p for (p,) in paths if p and name.encode() in (folder / p).read_bytes()]


def test_an_erased_name_is_in_no_table(server, url):
    with Ledger.open(url) as ledger:
        ledger.record(submitted("late", movers="Yvo Ypma"))
        with server.connect() as connection:
            connection.execute(f"ANALYZE {address(url).schema}.disclosures")
        assert len(files_with(server, url, "Zoe Zijl")) == 1
        erasure = ledger.erase(name="Zoe Zijl", basis="GDPR art. 17(1)(a)")
        assert (erasure.count, erasure.purged) == (3, True)
        assert files_with(server, url, "Zoe Zijl") == []
        assert len(files_with(server, url, "Yvo Ypma")) == 1
        assert ledger.as_of("2024-05-01").motions["late"].movers == ("Yvo Ypma",)
        assert ledger.verify()


@pytest.mark.parametrize("reads", ["disclosures", "records"])
def test_erasing_beside_a_reader_says_that_bytes_remain(server, url, monkeypatch, reads):
    monkeypatch.setattr(store, "PATIENCE", 1)
    with Ledger.open(url) as ledger:
        with server.connect() as reading:
            reading.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            reading.execute(f"SELECT * FROM {address(url).schema}.{reads}").fetchall()
            assert not ledger.erase(name="Zoe Zijl", basis="asked").purged
            assert files_with(server, url, "Zoe Zijl")
            reading.execute("COMMIT")
        ledger.record(submitted("other", movers="Yvo Ypma"))
        assert ledger.erase(name="Yvo Ypma", basis="asked").purged
        assert files_with(server, url, "Zoe Zijl") == []


# --- several processes ------------------------------------------------------------------


def test_four_processes_lose_and_double_nothing(url):
    script = """
with Ledger.open(sys.argv[1]) as ledger:
    begin()
    for n in range(25):
        slug = f"p{sys.argv[2]}-{n}"
        (record,) = ledger.record(MotionSubmitted(slug, title="T", on="2024-04-01"), key=slug)
        print(record.position, record.subject)
"""
    said = together(script, url, processes=4)
    records = sound(url, head=105)
    written = {f"{record.position} {record.subject}" for record in records[5:]}
    assert written == {line for lines in said for line in lines}


def test_of_two_processes_that_decide_a_motion_one_wins(url):
    with Ledger.open(url) as ledger:
        ledger.record(*(submitted(f"race-{n}") for n in range(20)))
    script = """
decision = (MotionAdopted, MotionRejected)[int(sys.argv[2])]
with Ledger.open(sys.argv[1]) as ledger:
    begin()
    for n in range(20):
        try:
            ledger.record(decision(f"race-{n}", on="2024-04-02"))
            print("won")
        except RuleBreach:
            print("lost")
"""
    adopting, rejecting = together(script, url)
    assert all({a, r} == {"won", "lost"} for a, r in zip(adopting, rejecting, strict=True))
    events = [type(record.event) for record in sound(url, head=45)]
    assert events.count(MotionAdopted) == adopting.count("won")
    assert events.count(MotionRejected) == rejecting.count("won")


def test_processes_that_race_with_a_key_write_it_once(url):
    script = """
with Ledger.open(sys.argv[1]) as ledger:
    begin()
    for n in range(20):
        events = [MotionSubmitted(f"new-{n}-{part}", title="N", on="2024-04-02") for part in "ab"]
        print([record.position for record in ledger.record(*events, key=f"new-{n}")])
"""
    first, second = together(script, url)
    assert first == second
    sound(url, head=45)


def test_two_processes_that_make_one_ledger_both_get_it(server):
    url = server.url("both")
    script = """
begin()
for n in range(8):
    with Ledger.open(f"{sys.argv[1]}_{n}") as ledger:
        slug = f"m{sys.argv[2]}"
        print(ledger.record(MotionSubmitted(slug, title="T", on="2024-04-01"))[0].subject)
"""
    assert together(script, url) == [["motion/m0"] * 8, ["motion/m1"] * 8]
    for n in range(8):
        sound(f"{url}_{n}", head=3)


def test_a_reader_sees_what_it_saw_while_all_is_made_again(url, ask):
    with Ledger.open(url) as ledger, Ledger.open(url) as other:
        with ledger._store.read() as reading:
            assert reading.at(range(9))[-1].position == 5
            other.record(submitted("new"))
            other.rebuild()
            seen = reading.session.select("SELECT count(*) FROM subjects")
            assert (seen, reading.at(range(9))[-1].position) == ([(5,)], 5)
        ask("ALTER TABLE spans ADD COLUMN more text")
        waiting = threading.Thread(target=other.rebuild)
        with ledger._store.read() as reading:
            reading.at([1])
            waiting.start()
            time.sleep(0.3)
            assert reading.session.select("SELECT count(*) FROM subjects") == [(6,)]
        waiting.join()
        assert ledger.verify()


# --- roles ------------------------------------------------------------------------------

PAGE = (Path(__file__).parents[1] / "docs" / "how-to" / "postgresql.md").read_text("utf-8")
ROLES, RIGHTS, DEFAULTS, PURGE = re.findall(r"^```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def club(server):
    """A database with a ledger and the roles of the page, made by what stands there.

    Gives the URL of a ledger, as one of them asks for it.
    """

    def url(role, ledger="vng"):
        return server.url(ledger, user=role, password="pw", database="club")

    with server.connect() as connection:
        connection.execute("CREATE DATABASE club")
        connection.execute(ROLES)
        for role in ("keeper", "clerk", "auditor"):
            connection.execute(f"ALTER ROLE {role} PASSWORD 'pw'")
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'pw'")
        connection.execute("GRANT CONNECT ON DATABASE club TO stranger")
    filled(url("keeper"))
    granted(server)
    granted(server)
    return url


def granted(server):
    """Give the roles their rights to all ledgers that there are."""
    with asking(server, "keeper") as ask:
        ask(RIGHTS)


@contextmanager
def asking(server, role, ledger="vng"):
    """Runs statements as a role, in the schema of a ledger."""
    told = {"user": role, "password": "pw", "dbname": "club"}
    with server.connect(**told, options=f"-csearch_path=govledger_{ledger}") as connection:
        yield connection.execute


def test_a_writer_writes_and_answers_for_it(server, club):
    with Ledger.open(club("clerk"), create=False) as ledger:
        head = ledger.head()
        new = submitted("new", meeting="spring", movers="Yvo Ypma")
        (record,) = ledger.record(new, key="new")
        assert ledger.record(new, key="new") == (record,)
        ledger.record(MotionAdopted("new", on="2024-04-02"))
        ledger.record(MotionRejected("new", on="2024-04-01"), breaches="flag")  # late, and wrong
        assert ledger.breaches("2024-05-01")
        ledger.retract(head + 3, reason="misread")
        assert len(list(ledger.follow(cursor="web", timeout=0))) == head + 4
        ledger.move_cursor("web", None)
        erasure = ledger.erase(name="Yvo Ypma", basis="asked")
        assert (erasure.count, erasure.purged) == (1, False)  # only an owner may do that
        assert ledger.verify()
    sound(club("keeper"), head=head + 5)
    with server.connect(dbname="club") as connection:
        connection.execute("CHECKPOINT")
        held = "SELECT pg_relation_filepath('govledger_vng.disclosures')"
        file = lambda: server.folder / "data" / connection.execute(held).fetchone()[0]  # noqa: E731
        assert b"Yvo Ypma" in file().read_bytes()
        with asking(server, "keeper") as ask:
            ask(PURGE)
        connection.execute("CHECKPOINT")
        assert b"Yvo Ypma" not in file().read_bytes()


def test_an_auditor_asks_verifies_and_proves(server, club, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Ledger.open(club("auditor"), create=False) as ledger:
        report = ledger.verify()
        assert report, str(report)
        assert ledger.verify(contents=False)
        assert ledger.as_of("2024-04-01").motions["m0"].movers == ("Zoe Zijl",)
        assert ledger.why("motion/m0").reasons
        kept = ledger.checkpoint()
        (entry,) = ledger.entries(2, 3)
        leaf, hashes = leaf_hash(entry_bytes(entry)), ledger.inclusion(3)
        assert verify_inclusion(leaf, 2, kept.size, hashes, kept.root)
        assert ledger.copy_to("own.db").root == kept.root
    for words in ("verify", "list motions", "log", "export -o all.jsonl", "checkpoint"):
        result = CliRunner().invoke(main, ["-l", club("auditor"), *words.split()])
        assert result.exit_code == 0, result.output
    assert [listed.size for listed in ledgers(club("auditor")) if listed.ledger == "vng"] == [
        kept.size
    ]


def test_a_reader_may_be_let_keep_cursors(server, club):
    filled(club("keeper", "followed"))
    granted(server)
    with Ledger.open(club("auditor", "followed"), create=False) as ledger:
        assert len(list(ledger.follow(timeout=0))) == 5
        with refused("no-right"):
            ledger.follow(cursor="web")
        with asking(server, "keeper", "followed") as ask:
            ask("GRANT INSERT, UPDATE, DELETE ON cursors TO auditor")
        assert len(list(ledger.follow(cursor="web", timeout=0))) == 5
        ledger.move_cursor("web", None)


CALLS = {
    "record": lambda ledger: ledger.record(submitted("one-more")),
    "retract": lambda ledger: ledger.retract(3, reason="misread"),
    "erase": lambda ledger: ledger.erase(name="Zoe Zijl", basis="asked"),
    "rebuild": lambda ledger: ledger.rebuild(),
}


@pytest.mark.parametrize("call", CALLS)
def test_an_auditor_writes_nothing(club, call):
    before = sound(club("keeper"))
    for options, code in (({"create": False}, "no-right"), ({"read_only": True}, "read-only")):
        with Ledger.open(club("auditor"), **options) as ledger, refused(code):
            CALLS[call](ledger)
    assert sound(club("keeper")) == before


def test_neither_makes_a_ledger_or_makes_one_again(club):
    with Ledger.in_memory() as ledger:
        for role in ("clerk", "auditor", "stranger"):
            with refused("no-right"):
                Ledger.open(club(role, "another"))
            with refused("no-right"):
                ledger.copy_to(club(role, "another"))
    with Ledger.open(club("clerk")) as ledger, refused("no-right"):
        ledger.rebuild()


OF_AN_OWNER = [
    "ALTER TABLE records DISABLE TRIGGER records_are_never_changed",
    "ALTER TABLE records DISABLE TRIGGER USER",
    "ALTER TABLE records DROP CONSTRAINT records_pkey",
    "DROP TRIGGER records_have_no_gaps ON records",
    "CREATE TRIGGER more BEFORE INSERT ON records FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE RULE quiet AS ON INSERT TO records DO INSTEAD NOTHING",
    "CREATE OR REPLACE FUNCTION refuse_gap() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RETURN NULL; END'",
    "DROP FUNCTION refuse_change() CASCADE",
    "DROP TABLE records",
    "DROP TABLE spans",
    "DROP SCHEMA govledger_vng CASCADE",
    "ALTER SCHEMA govledger_vng RENAME TO govledger_mine",
    "COMMENT ON TABLE records IS 'mine'",
    "CREATE TABLE more (n int)",
    "CREATE TABLE public.more (n int) INHERITS (records)",
    "SET session_replication_role = replica",
    "SET ROLE keeper",
    "GRANT UPDATE ON records TO clerk, auditor",
]
OF_THE_LOG = [
    "UPDATE records SET state = '' WHERE position = 3",
    "DELETE FROM records WHERE position = 5",
    "DELETE FROM records",
    "TRUNCATE records",
    "TRUNCATE records CASCADE",
    f"INSERT INTO records VALUES (3, {ROW}) ON CONFLICT (position) DO UPDATE SET state = ''",
]
OF_WHAT_IS_DERIVED = [
    "DELETE FROM spans",
    "DELETE FROM tree",
    "UPDATE tree SET hash = '' WHERE number = 3",
    "UPDATE links SET naming = 1",
    "TRUNCATE spans",
    "TRUNCATE disclosures",
    "UPDATE disclosures SET \"array\" = ''",
    "UPDATE calendar SET rules = ''",
]
OF_A_WRITER = [
    "INSERT INTO keys VALUES ('k', 1, 1)",
    "UPDATE spans SET since = 0",
    "DELETE FROM disclosures",
    f"INSERT INTO records SELECT max(position) + 1, {ROW} FROM records",
]


@pytest.mark.parametrize("statement", [*OF_AN_OWNER, *OF_THE_LOG, *OF_WHAT_IS_DERIVED])
def test_the_server_refuses_a_writer_what_is_an_owners(server, club, statement):
    before = sound(club("keeper"))
    with asking(server, "clerk") as ask:
        if statement.startswith("GRANT"):  # which grants nothing, and warns
            ask(statement)
            (may,) = ask("SELECT has_table_privilege('clerk', 'records', 'UPDATE')").fetchone()
            assert not may
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ask(statement)
    assert sound(club("keeper")) == before


@pytest.mark.parametrize("statement", [*OF_AN_OWNER[:-1], *OF_THE_LOG, *OF_A_WRITER])
def test_the_server_refuses_an_auditor_every_change(server, club, statement):
    before = sound(club("keeper"))
    with asking(server, "auditor") as ask:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(statement)
    assert sound(club("keeper")) == before


@pytest.mark.parametrize("statement", OF_THE_LOG)
def test_triggers_refuse_an_owner_to_change_the_log(server, club, statement):
    before = sound(club("keeper"))
    with asking(server, "keeper") as ask:
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
            ask(statement)
    assert sound(club("keeper")) == before


@pytest.mark.parametrize("statement", OF_A_WRITER[1:])
def test_what_a_writer_does_past_the_rules_is_found(server, club, statement):
    name = f"past_{OF_A_WRITER.index(statement)}"
    filled(club("keeper", name))
    granted(server)
    with asking(server, "clerk", name) as ask:
        ask(statement)
    with Ledger.open(club("auditor", name), create=False) as ledger:
        assert failed(ledger.verify())


def test_a_new_ledger_is_the_auditors_at_once_and_the_writers_once_that_is_said(server, club):
    with asking(server, "keeper") as ask:
        ask(DEFAULTS)
    filled(club("keeper", "later"))
    with Ledger.open(club("auditor", "later"), create=False) as ledger:
        assert ledger.verify()
        with refused("no-right"):
            ledger.record(submitted("new"))
    with refused("no-right"):
        Ledger.open(club("clerk", "later"), create=False)
    found = {listed.ledger: listed.problem for listed in ledgers(club("clerk"))}
    assert (found["later"].code, found["vng"]) == ("no-right", None)
    granted(server)
    with Ledger.open(club("clerk", "later"), create=False) as ledger:
        ledger.record(submitted("new"))
        assert ledger.verify()


def test_what_an_owner_does_is_found_by_a_checkpoint_only(server, club):
    """The triggers are off for a moment, and all that is derived is made anew."""
    filled(club("keeper", "forged"))
    granted(server)
    with Ledger.open(club("auditor", "forged"), create=False) as ledger:
        kept = sign_checkpoint(ledger.checkpoint(), signing_key(ledger.origin, bytes(32)))
        assert ledger.verify(checkpoints=[kept])
    with asking(server, "keeper", "forged") as ask, unguarded(ask):
        ((body,),) = ask("DELETE FROM records WHERE position = 5 RETURNING state").fetchall()
        ask("DELETE FROM tree WHERE number >= %s", [completed(4)])
        ask("DELETE FROM disclosures WHERE digest = ANY(%s)", [list(digests_in([body]))])
    with Ledger.open(club("keeper", "forged")) as ledger:
        ledger.rebuild()
        ledger.record(submitted("m2", meeting="spring", title="Something else"))
    with Ledger.open(club("auditor", "forged"), create=False) as ledger:
        report = ledger.verify()
        assert report, str(report)
        assert failed(ledger.verify(checkpoints=[kept])) == ["checkpoint"]


def test_other_rules_of_a_time_zone_wait_for_whoever_may_write_them(server, club):
    filled(club("keeper", "zoned"))
    granted(server)
    with asking(server, "keeper", "zoned") as ask:
        ask("UPDATE calendar SET rules = 'of another year'")
    for role, options in (("keeper", {"read_only": True}), ("clerk", {}), ("auditor", {})):
        with refused("other-calendar"):
            Ledger.open(club(role, "zoned"), **options)
    assert verified(club("keeper", "zoned"))


def test_who_has_no_right_is_told(club):
    with pytest.raises(StorageError) as caught:
        Ledger.open(club("stranger"), create=False)
    assert caught.value.problems[0].code == "no-right"
    assert "docs/how-to/postgresql.md" in caught.value.problems[0].hint
    assert {listed.problem.code for listed in ledgers(club("stranger"))} == {"no-right"}


# --- the command line -------------------------------------------------------------------


def test_commands_work_on_a_url_and_never_show_its_password(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    url, shown = server.url("club"), []

    def govledger(*words, exit_code=0):
        result = CliRunner().invoke(main, ["-l", url, *words], prog_name="govledger")
        assert result.exit_code == exit_code, result.output
        shown.append(result.output + result.stderr)
        return result.output

    govledger("verify", exit_code=1)
    govledger("init", "--name", "Tennis club")
    govledger("init", "--name", "Tennis club", exit_code=1)
    govledger("demo", exit_code=1)  # somebody else's
    govledger("record", "motion.submitted", "bins", "--on", "2024-03-01", "--set", "title=Bins")
    assert "Bins" in govledger("list", "motions")
    assert "bins" in govledger("log")
    assert "self-consistent" in govledger("verify")
    govledger("checkpoint")
    govledger("export", "--to", "jsonl", "-o", "all.jsonl")
    assert address(url).name in "".join(shown)
    assert quote(postgres_server.PASSWORD, safe="") not in "".join(shown)
    assert postgres_server.PASSWORD not in "".join(shown)
    assert [path.name for path in tmp_path.iterdir()] == ["all.jsonl"]
    url = server.url("demo")
    assert "rob" in govledger("demo")
    assert quote(postgres_server.PASSWORD, safe="") not in "".join(shown)


def test_the_driver_is_only_loaded_where_it_is_needed():
    script = """
Ledger.in_memory().close()
assert not [name for name in sys.modules if name.startswith("psycopg")]
sys.modules["psycopg"] = None
try:
    Ledger.open("postgresql://localhost/x?ledger=y")
except StorageError as error:
    print(error.problems[0].code)
"""
    assert Child(script).finish() == ["no-driver"]
