"""What a ledger holds of its process: no thread and no file once it is closed, and nothing that a
forked process could share."""

import os
from pathlib import Path

import pytest
from test_storage import Child, filled, posix, sound


linux = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="lists files in /proc")


@pytest.fixture
def place(request, tmp_path, where):
    """Where a ledger of five records is, or is to be: `memory`, a path or a URL."""
    if where == "memory":
        return where
    return filled(
        tmp_path / "ledger.db" if where == "file" else request.getfixturevalue("server").url()
    )


OPENED = """
def opened(**options):
    if sys.argv[1] == "memory":
        return Ledger.in_memory()
    return Ledger.open(sys.argv[1], **options)
def motion(slug):
    return MotionSubmitted(slug, title="T", movers="Zoe Zijl", on="2024-04-01")
"""

# --- what is left of a closed ledger ----------------------------------------------------


@linux
def test_nothing_is_left_of_a_closed_ledger(place):
    script = """
import gc, threading
def held():
    gc.collect()
    names = (f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd"))
    return sorted(os.readlink(name) for name in names if os.path.islink(name)), threading.enumerate()
def refused(*arguments, **options):
    try:
        Ledger.open(*arguments, **options)
    except StorageError as error:
        print(error.problems[0].code)
def used():
    with opened() as ledger:
        ledger.record(motion(f"m{ledger.head()}"))
        next(ledger.log())
        readers = [threading.Thread(target=ledger.verify) for _ in range(4)]
        [reader.start() for reader in readers]
        [reader.join() for reader in readers]
        ledger.erase(name="Zoe Zijl", basis="asked")
    if sys.argv[1] != "memory":
        opened(read_only=True).close()
        refused(sys.argv[1] + "_none", create=False)
used()  # loads what is loaded late
before = held()
used()
assert held() == before, (held(), before)
"""
    said = Child(OPENED + script, place, options=["-X", "dev", "-W", "error"]).finish()
    assert said == ([] if place == "memory" else ["no-ledger"] * 2)


@linux
def test_nothing_is_left_of_a_file_that_cannot_be_opened(tmp_path):
    script = """
import gc
path = sys.argv[1]
Ledger.open(path).close()
with open(path, "r+b") as file:
    file.truncate(5000)
try:
    Ledger.open(path)
except StorageError as error:
    print(error.problems[0].code)
gc.collect()
links = (f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd"))
assert not [name for name in links if os.path.islink(name) and path in os.readlink(name)]
"""
    options = ["-X", "dev", "-W", "error"]
    assert Child(script, tmp_path / "l.db", options=options).finish() == ["damaged"]


# --- forks ------------------------------------------------------------------------------

FORK = (
    OPENED
    + """
import gc, signal, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of 3.12, of threads beside a fork
def forked(act):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(30)  # a lock that nobody lets go of
        try:
            said = act()
        except StorageError as error:
            said = error.problems[0].code
        os.write(write, str(said).encode())
        os._exit(0)
    os.close(write)
    with open(read) as told:
        said = told.read()
    os.waitpid(child, 0)
    return said
def refused(act, ledger):
    said = forked(lambda: act(ledger))
    assert said == "forked", said
def held(ledger, append=False):
    got, done = threading.Event(), threading.Event()
    def hold():
        with ledger._store.write() as writing:
            if append:
                writing.session.run("INSERT INTO keys VALUES (?,?,?)", [("spilled", 1, 1)])
            got.set()
            done.wait()
            if append:
                writing.session.run("DELETE FROM keys WHERE value = ?", [("spilled",)])
    thread = threading.Thread(target=hold)
    thread.start()
    got.wait()
    return lambda: (done.set(), thread.join())
def goes_on(ledger):
    head = ledger.head()
    (record,) = ledger.record(motion(f"on-{head}"), key=f"on-{head}")
    assert record.position == head + 1
    assert ledger.verify()
"""
)


def run(script, place):
    said = Child(FORK + script, place).finish()
    if place != "memory":
        sound(place)
    return said


@posix
def test_a_forked_process_is_refused_whatever_it_asks(place):
    script = """
with opened() as ledger:
    goes_on(ledger)
    for act in (
        lambda ledger: ledger.head(),
        lambda ledger: list(ledger.log()),
        lambda ledger: list(ledger.entries()),
        lambda ledger: ledger.as_of("2024-04-01"),
        lambda ledger: ledger.verify(),
        lambda ledger: ledger.checkpoint(),
        lambda ledger: ledger.record(motion("new")),
        lambda ledger: ledger.retract(2, reason="R"),
        lambda ledger: ledger.erase(name="Zoe Zijl", basis="asked"),
        lambda ledger: ledger.rebuild(),
        lambda ledger: ledger._store.purge(),
    ):
        refused(act, ledger)
    goes_on(ledger)
"""
    assert run(script, place) == []


@posix
def test_a_forked_process_waits_for_no_lock_of_its_parent(place):
    script = """
with opened() as ledger:
    goes_on(ledger)
    let_go = held(ledger)
    refused(lambda ledger: ledger.record(motion("new")), ledger)
    refused(lambda ledger: ledger.head(), ledger)
    def batch(ledger):
        with ledger.batch() as batch:
            batch.record(motion("new"))
    refused(batch, ledger)
    assert forked(ledger.close) == "None"
    writer = threading.Thread(target=ledger.record, args=[motion("waits")])
    writer.start()  # waits for its turn, so that others have to wait for theirs
    while not ledger._together._is_served:
        time.sleep(0.001)
    refused(lambda ledger: ledger.record(motion("new")), ledger)
    refused(batch, ledger)
    let_go()
    writer.join()
    goes_on(ledger)
"""
    assert run(script, place) == []


@posix
@pytest.mark.parametrize("writing", [False, True], ids=["idle", "writing"])
def test_whatever_becomes_of_it_in_a_child_the_parent_goes_on(place, writing):
    """Closed, collected, or there when the child ends: neither locks nor sessions of the parent
    go, nor its write-ahead log."""
    script = """
def collect():
    global ledger
    del ledger
    gc.collect()
def ended(act=lambda: None):
    child = os.fork()
    if not child:
        act()
        sys.exit()
    assert os.waitpid(child, 0)[1] == 0
def sessions():
    if sys.argv[1].startswith("postgres") and not sys.argv[2]:
        ask = ledger._store._datastore.ask
        return {ask("SELECT pg_backend_pid()")[0] for _ in range(10)}
ledger = opened()
goes_on(ledger)
before = sessions()
let_go = held(ledger, append=True) if sys.argv[2] else lambda: None
assert forked(ledger.close) == forked(collect) == "None"
forked(lambda: [ledger.close(), ledger.close(), collect()])
ended()
ended(ledger.close)
ended(collect)
ended(lambda: setattr(ledger, "itself", ledger))
assert sessions() == before
print("ready", flush=True)
sys.stdin.readline()
let_go()
goes_on(ledger)
print("going on", flush=True)
sys.stdin.readline()
goes_on(ledger)
ledger.close()
"""
    with Child(FORK + script, place, "writing" if writing else "") as parent:
        assert parent.line() == "ready"
        if place != "memory":
            sound(place, head=6)  # the last to close it, were the parent's locks gone
        parent.say("on")
        assert parent.line() == "going on"
        if place != "memory":
            sound(place, head=7)
        parent.say("on")
        assert parent.finish() == []
    if place != "memory":
        sound(place, head=8)


@posix
def test_a_child_that_ends_takes_no_write_ahead_log_along(tmp_path):
    """What it inherited is not closed: that would delete the log of whoever came later."""
    script = """
ledger = opened()
read, write = os.pipe()
child = os.fork()
if not child:
    os.read(read, 1)
    sys.exit()
ledger.close()
print("closed", flush=True)
sys.stdin.readline()
os.write(write, b"x")
assert os.waitpid(child, 0)[1] == 0
"""
    killed = """
with opened() as ledger:
    print(ledger.record(motion("new"))[0].position, flush=True)
    sys.stdin.readline()
"""
    path = filled(tmp_path / "ledger.db")
    with Child(FORK + script, path) as parent:
        assert parent.line() == "closed"
        with Child(OPENED + killed, path) as writer:
            assert writer.line() == "6"
        parent.say("on")
        assert parent.finish() == []
    sound(path, head=6)


@posix
def test_a_transaction_is_ended_by_the_process_that_began_it(place):
    script = """
with opened() as ledger:
    goes_on(ledger)
    try:
        with ledger._store.write() as writing:
            child = os.fork()
    except StorageError as error:
        print(error.problems[0].code, flush=True)
        os._exit(0)
    assert child and os.waitpid(child, 0)[1] == 0
    goes_on(ledger)
"""
    assert run(script, place) == ["forked"]


@posix
def test_a_file_that_was_open_at_the_fork_is_not_opened_again(tmp_path):
    """SQLite believes that a child holds its parent's locks: what the child records is lost
    once the parent has closed the file."""
    script = """
import pathlib
path = sys.argv[1]
other = path + "-other.db"
with opened() as ledger:
    for again in (path, pathlib.Path(path).parent / "." / "link.db"):
        for options in ({}, {"read_only": True}):
            assert forked(lambda: Ledger.open(again, **options)) == "forked"
    def elsewhere():
        with Ledger.open(other) as ledger:
            return ledger.record(motion("new"))[0].position
    assert forked(elsewhere) == "2"
    goes_on(ledger)
def afterwards():
    with Ledger.open(path) as ledger:
        return ledger.record(motion("new"))[0].position
assert forked(afterwards) == "7"
assert forked(lambda: forked(afterwards)) == "8"
"""
    path = filled(tmp_path / "ledger.db")
    (tmp_path / "link.db").symlink_to(path)
    assert run(script.replace('motion("new")', 'motion(f"new-{ledger.head()}")'), path) == []
    sound(path, head=8)


@posix
def test_a_ledger_of_a_server_is_opened_again_after_a_fork(server):
    script = """
def again():
    with opened() as ledger:
        return ledger.record(motion("again"))[0].position
with opened() as ledger:
    goes_on(ledger)
    assert forked(again) == "7"
    goes_on(ledger)
"""
    url = filled(server.url())
    assert run(script, url) == []
    sound(url, head=8)


@posix
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
def test_the_error_says_what_to_do(place):
    script = """
with opened() as ledger:
    def said():
        try:
            ledger.head()
        except StorageError as error:
            return error
    print(forked(said))
"""
    problem, hint = run(script, place)
    assert problem.startswith("error[forked]: ")
    assert "this ledger was opened in another process" in problem
    assert "the fork" in hint
