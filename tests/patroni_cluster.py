"""Three real PostgreSQL servers under Patroni, with etcd, on this machine.

Their configuration is the one in docs/how-to/cluster.md; only addresses, folders and passwords are put
in. Patroni is no dependency of the tests: `missing` tells what is not there, and how it comes."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from base64 import b64encode
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import postgres_server
import psycopg
import yaml

DOCS = Path(__file__).parents[1] / "docs" / "how-to" / "cluster.md"
PASSWORD = "s3cret"

numbers = count(1)


def patroni():
    """The program: the one that is named, or the one on the path."""
    named = os.environ.get("GOVLEDGER_TEST_PATRONI") or shutil.which("patroni")
    return named and Path(named)


def user():
    """Who runs all of it: PostgreSQL refuses to run as root."""
    return {"user": 65534, "group": 65534, "extra_groups": []} if not os.geteuid() else {}


def missing():
    """What a cluster lacks here, with the commands that install it."""
    lacking = []
    if postgres_server.programs() is None:
        lacking.append("PostgreSQL: apt-get install postgresql")
    if not shutil.which("etcd"):
        lacking.append("etcd: apt-get install etcd-server")
    hint = (
        "/usr/bin/python3 -m venv /opt/patroni && /opt/patroni/bin/pip install"
        " 'patroni[etcd3,psycopg3]'; GOVLEDGER_TEST_PATRONI=/opt/patroni/bin/patroni"
    )
    try:
        subprocess.run([patroni() or "patroni", "--version"], check=True, cwd="/", **user())
    except FileNotFoundError:
        lacking.append(f"Patroni: {hint}")
    except PermissionError:
        lacking.append(f"a Patroni that user nobody may run (tests run as root): {hint}")
    return lacking


def parts_of_docs(language):
    """The blocks of one language in the page on clusters."""
    blocks = DOCS.read_text("utf-8").split("```")[1::2]
    return [b.removeprefix(language) for b in blocks if b.startswith(f"{language}\n")]


def free_ports(number):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_until(true, seconds=120):
    """Wait for a condition; gives what it gave."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"never came true: {true}"
        time.sleep(0.05)
    return found


class Node:
    """One machine of the cluster."""

    def __init__(self, cluster, name, port, rest):
        self.cluster, self.name, self.port, self.rest = cluster, name, port, rest
        self.folder = cluster.folder / name
        self.process = None

    def configure(self):
        (told,) = (yaml.safe_load(part) for part in parts_of_docs("yaml"))
        told["name"] = self.name
        rest, address = f"127.0.0.1:{self.rest}", f"127.0.0.1:{self.port}"
        told["restapi"] |= {"listen": rest, "connect_address": rest}
        told["etcd3"]["hosts"] = [f"127.0.0.1:{self.cluster.etcd_port}"]
        logins = told["postgresql"]["authentication"].values()
        for login in (told["restapi"]["authentication"], *logins):
            login["password"] = PASSWORD
        told["postgresql"] |= {
            "listen": address,
            "connect_address": address,
            "data_dir": str(self.folder / "data"),
            "bin_dir": str(postgres_server.programs()),
            "pgpass": str(self.folder / "pgpass"),
            "parameters": {"unix_socket_directories": str(self.folder), "shared_buffers": "32MB"},
            "pg_hba": [
                rule.replace("10.0.0.0/24", "127.0.0.1/32") for rule in told["postgresql"]["pg_hba"]
            ],
        }
        (self.folder / "patroni.yml").write_text(yaml.safe_dump(told))

    def start(self):
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [patroni(), self.folder / "patroni.yml"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
                **user(),
            )

    def connect(self):
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=PASSWORD,
            dbname="postgres",
            autocommit=True,
        )

    def url(self, several):
        """A URL for all nodes, as one for this node alone, whatever it is."""
        login, _, rest = several.partition("@")
        path = rest.partition("/")[2].partition("&")[0]
        return f"{login}@127.0.0.1:{self.port}/{path}"

    def kill(self):
        """Kill Patroni and PostgreSQL, as a machine does that loses its power."""
        connection = self.connect()
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        self.process.kill()
        postgres_server.kill_all(postmaster, connection)
        self.process.wait()
        self.process = None

    def stop(self):
        """End both in good order, or at once."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                with suppress(Exception):
                    self.kill()


class Cluster:
    """Three nodes, and one etcd: enough here, where its loss is not what is tested."""

    def __init__(self, folder):
        self.folder = folder
        self.etcd_port, peers, *ports = free_ports(8)
        self.peers = f"http://127.0.0.1:{peers}"
        self.nodes = {f"db{n}": Node(self, f"db{n}", *ports[2 * n - 2 : 2 * n]) for n in (1, 2, 3)}

    def start(self):
        for folder in (self.folder, *(node.folder for node in self.nodes.values())):
            folder.mkdir(exist_ok=True)
            if user():
                os.chown(folder, 65534, 65534)
        clients = f"http://127.0.0.1:{self.etcd_port}"
        with (self.folder / "etcd.log").open("ab") as log:
            self.etcd = subprocess.Popen(
                [
                    *("etcd", "--data-dir", self.folder / "etcd", "--name", "one"),
                    *("--listen-client-urls", clients, "--advertise-client-urls", clients),
                    *("--listen-peer-urls", self.peers),
                    *("--initial-advertise-peer-urls", self.peers),
                    *("--initial-cluster", f"one={self.peers}"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **user(),
            )
        for node in self.nodes.values():
            node.configure()
            node.start()
        wait_until(self.is_whole, 180)

    def stop(self):
        for node in self.nodes.values():
            node.stop()
        self.etcd.terminate()
        self.etcd.wait(timeout=60)

    def members(self):
        """What a Patroni that can be asked says of all nodes."""
        for node in self.nodes.values():
            if node.process:
                with suppress(OSError, ValueError):
                    url = f"http://127.0.0.1:{node.rest}/cluster"
                    with urllib.request.urlopen(url, timeout=5) as answer:
                        return json.load(answer)["members"]
        return []

    def is_whole(self):
        """Whether there is one leader, one replica that has everything, and one more replica."""
        members = self.members()
        roles = sorted((member["role"], member["state"]) for member in members)
        return (
            roles
            == [("leader", "running"), ("replica", "streaming"), ("sync_standby", "streaming")]
            and len({member.get("timeline") for member in members}) == 1
        )

    def leader(self):
        """The node that is written to, now; None while there is none."""
        for member in self.members():
            if member["role"] == "leader" and self.nodes[member["name"]].process:
                return self.nodes[member["name"]]
        return None

    def hand_over(self):
        """Let the leader hand over to another node, in good order."""
        node = self.leader()
        request = urllib.request.Request(
            f"http://127.0.0.1:{node.rest}/switchover",
            data=json.dumps({"leader": node.name}).encode(),
            headers={
                "Authorization": f"Basic {b64encode(f'patroni:{PASSWORD}'.encode()).decode()}"
            },
        )
        urllib.request.urlopen(request, timeout=120).close()

    def url(self):
        """The URL of a new ledger, at whichever node is written to."""
        places = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes.values())
        return (
            f"postgresql://postgres:{PASSWORD}@{places}/postgres"
            f"?ledger=test_{next(numbers)}&target_session_attrs=read-write"
        )


@contextmanager
def running():
    """A cluster for as long as the block lasts."""
    with TemporaryDirectory(prefix="govledger-", ignore_cleanup_errors=True) as name:
        cluster = Cluster(Path(name))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
