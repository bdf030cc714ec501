"""A real etcd for drivers, and processes that share its locks. See cluster/."""

import base64
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import unittest
import urllib.request
from pathlib import Path

from etcd_between import Between
from processes import name_of, processes_with
from support import HOLDFAST, PATIENCE_S, ProjectCase, wait_until

LOCKS = "holdfast/locks/"


def need_etcd(case):
    if not shutil.which("etcd"):
        raise unittest.SkipTest(f"{case}: no etcd here (Debian's etcd-server)")


def free_ports(count):
    """Below the ephemeral ones, of which the kernel gives some to anybody meanwhile. Somebody else may take them all
    the same."""
    found = []
    for port in random.sample(range(20000, 32000), 1000):
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free port")


def decoded(text):
    return base64.b64decode(text).decode()


class Etcd:
    """An etcd of one member. The caller has to end it: see EtcdCase."""

    def __init__(self, directory, host="127.0.0.1", before=(), options=(), scheme="http"):
        self.directory = Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.host, self.before, self.options, self.scheme = host, list(before), list(options), scheme
        self.port, self.peer = free_ports(2)
        self.process = None
        self.context = None  # of TLS, for our own calls
        self.token = None  # for the same, if there are users

    @property
    def endpoint(self):
        return f"{self.scheme}://{self.host}:{self.port}"

    def start(self):
        """Returns when it serves. It gets other ports if somebody has taken ours, unless it had them before."""
        had_ports = (self.directory / "data").exists()
        for _ in range(1 if had_ports else 5):
            self.begin()
            wait_until(lambda: self.process.poll() is not None or self.serves(), "etcd")
            if self.process.poll() is None:
                wait_until(self.answers, "etcd")
                return self
            self.port, self.peer = free_ports(2)
            shutil.rmtree(self.directory / "data", ignore_errors=True)
        raise AssertionError("etcd has ended: " + (self.directory / "log").read_text()[-2000:])

    def begin(self):
        peer = f"http://127.0.0.1:{self.peer}"
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen(
                [*self.before, "etcd", "--data-dir", self.directory / "data", "--listen-client-urls", self.endpoint,
                 "--advertise-client-urls", self.endpoint, "--listen-peer-urls", peer,
                 "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}", *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def serves(self):
        """By its own word: another etcd may answer at this address."""
        return "ready to serve client requests" in (self.directory / "log").read_text(errors="replace")

    def answers(self):
        try:
            return self.call("kv/range", {"key": "YQ=="}) is not None
        except OSError:
            return False

    def end(self, how=signal.SIGKILL):
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, how)
        if self.process:
            self.process.wait()

    def call(self, path, body, bound=5):
        asked = urllib.request.Request(f"{self.endpoint}/v3/{path}", json.dumps(body).encode(),
                                       {"Authorization": self.token} if self.token else {})
        with urllib.request.urlopen(asked, timeout=bound, context=self.context) as answer:
            return json.loads(answer.read())

    def keys(self, name=""):
        """The keys of a lock, or of all locks, with their values, by create revision."""
        prefix = LOCKS + (f"{name}/" if name else "")
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        found = self.call("kv/range", {"key": base64.b64encode(prefix.encode()).decode(),
                                       "range_end": base64.b64encode(end.encode()).decode(),
                                       "sort_order": "ASCEND", "sort_target": "CREATE"}).get("kvs", [])
        return [{"key": decoded(kv["key"]), "revision": int(kv["create_revision"]), "lease": kv.get("lease"),
                 **json.loads(decoded(kv["value"]))} for kv in found]


class EtcdCase(ProjectCase):
    """Tests with an etcd of their own, and settings that name it."""

    ttl = 4
    grace = "0.5s"

    @classmethod
    def setUpClass(cls):
        need_etcd(cls.__name__)

    def setUp(self):
        super().setUp()
        self.etcds = []
        self.betweens = []
        self.etcd = self.start_etcd()

    def end_everything(self):
        super().end_everything()
        for one in self.betweens:
            one.end()
        for one in self.etcds:
            one.end()

    def stand_between(self, **how):
        one = Between(self.etcd, **how)
        self.betweens.append(one)
        return one

    def start_etcd(self, name="etcd", **how):
        one = Etcd(self.work / name, **how)
        self.etcds.append(one)
        return one.start()

    def start_members(self, count):
        """Members of one etcd, which need more than half of them."""
        members = [Etcd(self.work / f"member{i}") for i in range(count)]
        all_of_them = ",".join(f"m{i}=http://127.0.0.1:{one.peer}" for i, one in enumerate(members))
        for i, one in enumerate(members):
            one.options = ["--name", f"m{i}", "--initial-cluster", all_of_them]
            self.etcds.append(one)
            one.begin()
        for one in members:
            wait_until(lambda one=one: one.serves() and one.answers(), "a member", 2 * PATIENCE_S)
        return members

    def settings(self, more="", endpoints=None, cluster=""):
        endpoints = endpoints or [self.etcd.endpoint]
        return (f'[cluster]\nendpoints = {json.dumps(endpoints)}\nttl = "{self.ttl}s"\n{cluster}\n'
                f'[profile.default]\ngrace = "{self.grace}"\n{more}\n')

    def place(self, name="here", **settings):
        """A directory with a holdfast.toml, for commands of `holdfast run`."""
        place = self.work / name
        place.mkdir(exist_ok=True)
        (place / ".git").mkdir(exist_ok=True)
        (place / "holdfast.toml").write_text(self.settings(**settings))
        return place

    def with_lock(self, spec, *command, options=(), **how):
        """Starts a command of `holdfast run` that has the lock."""
        how.setdefault("cwd", self.place())
        specs = [spec] if isinstance(spec, str) else spec
        locks = [word for one in specs for word in ("--lock", one)]
        return self.start(HOLDFAST, "run", *locks, *options, "--", *command, **how)

    def wait_for_keys(self, count, name="", what=None):
        return wait_until(lambda: (keys := self.etcd.keys(name)) is not None and len(keys) == count and [keys],
                          what or f"{count} keys of {name or 'all locks'}")[0]

    def let_a_lease_end(self):
        """Returns when a lease is over that began now, is as long as those of locks, and is not renewed."""
        lease = self.etcd.call("lease/grant", {"TTL": self.ttl})["ID"]
        key = base64.b64encode(f"a lease/{lease}".encode()).decode()
        self.etcd.call("kv/put", {"key": key, "value": "", "lease": lease})
        wait_until(lambda: "kvs" not in self.etcd.call("kv/range", {"key": key}), "the end of a lease")

    def clients(self):
        """The pids of holdfast-etcd that belong to this test."""
        return [one for one in processes_with(self.cookie) if name_of(one.pid) == "holdfast-etcd"]
