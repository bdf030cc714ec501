"""Four hosts, played by network namespaces, with forty processes that want one lock over machines. Networks are cut
and processes are killed; a guarded resource refuses whoever comes with an older fence."""

import json
import os
import random
import signal
import subprocess
import time
import unittest

from etcd import Etcd, EtcdCase
from needs import need
from processes import command_of, name_of, processes_with
from support import HOLDFAST, PATIENCE_S, not_inside, unfolded, wait_until

HOSTS = 4
LOOPS = 10
SECONDS = 60

# A holder that uses the resource again and again; some for longer than a lease. The resource keeps the highest fence,
# in a file that it locks.
USE = """
import fcntl, os, random, sys, time
place, host, ttl = sys.argv[1], sys.argv[2], float(sys.argv[3])
fence = int(os.environ["HOLDFAST_FENCE_RESOURCE"])
is_long = random.random() < 0.4 and not os.path.exists(place + "/calm")
until = time.monotonic() + (ttl + 2 if is_long else 0.3)
while time.monotonic() < until:
    with open(place + "/resource", "r+") as resource, open(place + "/log", "a") as log:
        fcntl.flock(resource, fcntl.LOCK_EX)
        last = int(resource.read() or 0)
        if fence >= last:
            resource.seek(0)
            resource.write(str(fence))
            resource.flush()
        log.write(f"{host} {fence} {'used' if fence >= last else 'refused'} {time.monotonic()}\\n")
    time.sleep(0.02)
"""


class Host:
    """A network namespace that is joined to a router."""

    def __init__(self, case, number):
        self.case, self.number = case, number
        self.process = case.start("unshare", "--net", "sleep", "infinity")
        wait_until(lambda: name_of(self.process.pid) == "sleep", "a network namespace")

    def inside(self, *words):
        return ["nsenter", "-t", str(self.process.pid), "-n", *map(str, words)]

    def ip(self, *words):
        subprocess.run(self.inside("ip", *words), check=True, capture_output=True)


@not_inside("pidns,netns", "network namespaces of our own")
class ClusterHostsTest(EtcdCase):
    ttl = 6
    grace = "0.5s"

    def setUp(self):
        super().setUp()
        need(self, ["unshare", "--net", "true"], "no network namespaces here")
        need(self, ["ip", "-V"], "no ip(8) here")

    def build_network(self):
        """A router with etcd on it, and hosts at its ports p1 to p4."""
        self.router = Host(self, 0)
        self.router.ip("link", "set", "lo", "up")
        self.router.ip("addr", "add", "10.44.0.100/32", "dev", "lo")
        self.hosts = []
        for number in range(1, HOSTS + 1):
            host = Host(self, number)
            self.router.ip("link", "add", f"p{number}", "type", "veth", "peer", "name", "eth", "netns",
                           str(host.process.pid))
            host.ip("addr", "add", f"10.44.0.{number}/32", "dev", "eth")
            host.ip("link", "set", "lo", "up")
            host.ip("link", "set", "eth", "up")
            host.ip("route", "add", "10.44.0.100", "dev", "eth")
            self.hosts.append(host)
            self.join(host)
        self.etcd.end()
        one = Etcd(self.work / "behind", host="10.44.0.100", before=self.router.inside())
        one.answers = lambda: subprocess.run(
            self.router.inside("etcdctl", "--endpoints", one.endpoint, "endpoint", "health"),
            env={**os.environ, "ETCDCTL_API": "3"}, capture_output=True, check=False).returncode == 0
        need(self, ["etcdctl", "version"], "no etcdctl here")
        self.etcds.append(one)
        self.etcd = one.start()

    def cut(self, host):
        self.router.ip("link", "set", f"p{host.number}", "down")

    def join(self, host):
        self.router.ip("link", "set", f"p{host.number}", "up")
        self.router.ip("route", "replace", f"10.44.0.{host.number}", "dev", f"p{host.number}")

    @staticmethod
    def network_of(pid):
        try:
            return os.readlink(f"/proc/{pid}/ns/net")
        except OSError:
            return None  # it has ended

    @staticmethod
    def signal(one, number):
        try:
            os.kill(one.pid, number)
        except ProcessLookupError:
            pass

    def used(self):
        return [line.split() for line in (self.work / "log").read_text().splitlines()]

    def lost(self):
        """How many locks their holders had to give up."""
        return unfolded((self.work / "said").read_text(errors="replace")).count("lost its lock")

    def test_never_two_holders_whatever_is_cut_and_killed(self):
        self.build_network()
        place = self.place()
        (self.work / "resource").write_text("")
        (self.work / "log").write_text("")
        (self.work / "use.py").write_text(USE)
        stop = self.work / "stop"
        for host in self.hosts:
            for _ in range(LOOPS):
                loop = (f'while [ ! -e "{stop}" ]; do "{HOLDFAST}" run --lock resource@cluster -- '
                        f'python3 "{self.work / "use.py"}" "{self.work}" {host.number} {self.ttl}; done >/dev/null 2>>"{self.work}/said"')
                self.start(*host.inside("sh", "-c", loop), cwd=place)
        wait_until(lambda: len(self.used()) > 20, "the first holders", 4 * PATIENCE_S)
        chance = random.Random(44)
        until = time.monotonic() + SECONDS
        killed = cuts = stops = restarts = 0
        stopped = []
        # The storm goes on until some holder has lost its lock: without a deadline that is reached, it shows nothing.
        while time.monotonic() < until or (not self.lost() and time.monotonic() < until + 2 * SECONDS):
            user = self.hosts[int(self.used()[-1][0]) - 1]
            if chance.random() < 0.3:
                host = chance.choice([user, *self.hosts])
                self.cut(host)
                cuts += 1
                time.sleep(chance.choice([0.5, 2, self.ttl + 1]))
                self.join(host)
            if restarts < 2 and time.monotonic() > until - SECONDS * (2 - restarts) / 3:
                self.etcd.end()
                self.etcd.start()
                restarts += 1
            if chance.random() < 0.3:
                clients = [one for one in self.clients() if self.network_of(one.pid) == self.network_of(user.process.pid)]
                for one in clients:
                    self.signal(one, signal.SIGSTOP)
                stopped += clients
                stops += len(clients)
            # Some are stopped for longer than a lease.
            if chance.random() < 0.15:
                while stopped:
                    self.signal(stopped.pop(), signal.SIGCONT)
            victims = [one for one in processes_with(self.cookie)
                       if name_of(one.pid) in ("holdfast-launch", "holdfast-guard", "holdfast-etcd")]
            if victims:
                self.signal(chance.choice(victims), signal.SIGKILL)
                killed += 1
            time.sleep(chance.random())
        for one in stopped:
            self.signal(one, signal.SIGCONT)
        # Forty that take turns of some seconds would take minutes.
        (self.work / "calm").touch()
        before = len(self.used())
        # Everything is joined again, and somebody of each host has its turn.
        seen = wait_until(lambda: len({line[0] for line in self.used()[before:]}) == HOSTS and self.used(),
                          "a turn of each host", 4 * PATIENCE_S)
        stop.touch()
        fences = [int(line[1]) for line in seen if line[2] == "used"]
        self.assertEqual(fences, sorted(fences))
        refused = [line for line in seen if line[2] == "refused"]
        # Deadlines were reached: without them there would be two holders.
        lost = self.lost()
        print(json.dumps({"accesses": len(seen), "holders": len(set(fences)), "refused": len(refused),
                          "killed": killed, "cuts": cuts, "stops": stops, "restarts": restarts, "lost": lost}))
        self.assertEqual(refused, [])
        self.assertGreater(lost, 0)
        self.assertGreater(len(set(fences)), 10)

    def test_a_host_that_is_cut_off_ends_its_test_before_others_have_the_lock(self):
        self.build_network()
        place = self.place()
        one, two = self.hosts[:2]
        beats, on = self.work / "beats", self.work / "on"
        holder = self.start(*one.inside(HOLDFAST, "run", "--lock", "db@cluster", "--", "sh", "-c",
                                        f'touch "{on}"; while :; do touch "{beats}"; sleep 0.02; done'), cwd=place)
        wait_until(on.exists, "the holder")
        said = self.work / "said"
        with open(said, "wb") as stream:
            waiter = self.start(*two.inside(HOLDFAST, "run", "--lock", "db@cluster", "--", "true"), cwd=place,
                                stderr=stream)
        wait_until(lambda: b"waiting for lock db@cluster" in said.read_bytes(), "the waiter")
        self.cut(one)
        at = time.monotonic()
        self.assertEqual(holder.wait(PATIENCE_S), 125)
        last = beats.stat().st_mtime
        self.assertEqual(waiter.wait(PATIENCE_S), 0)
        free = time.monotonic() - at
        self.assertLess(free, self.ttl + 1)
        self.assertLess(last, time.time() - 0.2)
        print(json.dumps({"free_after_s": round(free, 2), "ttl_s": self.ttl}))
        self.join(one)
        self.assertTrue(command_of(one.process.pid))


if __name__ == "__main__":
    unittest.main()
