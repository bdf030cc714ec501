"""The locks of tests on Slurm's nodes: where they are taken, and what happens to them when something fails."""

import json
import os
import signal
import time
import unittest

import slurm_case
from etcd import EtcdCase
from processes import command_of
from slurm_case import SLURM_PATIENCE_S, SlurmCase, end_cluster, start_cluster
from support import HOLDFAST, wait_until

setUpModule = start_cluster
tearDownModule = end_cluster


class FarLocksTest(SlurmCase):
    def holder_of(self, lock):
        """The pid of the process that has the lock."""
        def look():
            done = self.finish(HOLDFAST, "locks", "--json")
            return [holder["pid"] for one in json.loads(done.stdout)["locks"] if one["name"] == lock
                    for holder in one["holders"]]
        return wait_until(look, "a holder", SLURM_PATIENCE_S)[0]

    def test_locks_of_the_machine_are_taken_on_the_node_and_those_of_the_project_here(self):
        names = {scope: self.lock_name() for scope in ("user", "project")}
        tree = self.suite(self.scripted_test(
            "both", f'HOLDFAST_LOCKS "{names["user"]}@user;{names["project"]}@project"',
            f"echo $$ >> {self.work}/both.pids\nwhile [ ! -e {self.work}/go ]; do sleep 0.02; done"))
        begun = self.start_far(tree)
        self.announced(self.pid_file("both"))
        near = self.near_launcher()
        self.assertEqual(self.holder_of(names["project"]), near)
        far = self.holder_of(names["user"])
        self.assertNotEqual(far, near)
        _, on_node = self.far_sides()
        self.assertIn(far, [one.pid for one in on_node])
        (self.work / "go").touch()
        wait_until(lambda: begun.poll() is not None, "the run's end", SLURM_PATIENCE_S)

    def waits_for_the_lock_of(self, begin, end, grace="1s"):
        """A test on a node has a lock and ignores gentle ends. Another waits for the lock. end() ends the first."""
        lock = self.lock_name()
        first = f"[ $HOLDFAST_ATTEMPT = 2 ] && exit 0\ntrap '' TERM INT HUP\necho $$ >> {self.work}/first.pids\nwhile true; do sleep 0.02; done"
        tree = self.suite(self.scripted_test("first", f"HOLDFAST_LOCKS {lock}@project", first), begin, grace=grace)
        self.start_far(tree, "-j2")
        test, = self.announced(self.pid_file("first"))
        second = self.start(HOLDFAST, "run", "--lock", f"{lock}@project", "--", "sh", "-c",
                            f"if kill -0 {test.pid}; then touch {self.work}/met; fi", cwd=tree)
        wait_until(lambda: lock in self.waited_for(), "the second to wait", SLURM_PATIENCE_S)
        end()
        self.assertEqual(second.wait(SLURM_PATIENCE_S), 0)
        self.assertFalse((self.work / "met").exists(), "both had the lock")
        self.assert_nothing_left(SLURM_PATIENCE_S)
        return tree

    def waited_for(self):
        done = self.finish(HOLDFAST, "locks", "--json")
        return [one["name"] for one in json.loads(done.stdout)["locks"] if one["waiters"]]

    def test_a_lock_is_free_when_the_test_has_ended_and_not_when_its_near_launcher_is_killed(self):
        self.waits_for_the_lock_of("", lambda: os.kill(self.near_launcher(), signal.SIGKILL))

    def test_nor_when_the_process_on_the_node_is_killed_that_stands_for_ctest(self):
        def kill_far():
            far = [one.pid for one in self.processes_named("holdfast-exec") if "--far" in command_of(one.pid)]
            numbers = set(far)
            os.kill(next(pid for pid in far if slurm_case.parent_of(pid) not in numbers), signal.SIGKILL)
        # Longer than a late record is waited for, if nobody counts with the grace.
        tree = self.waits_for_the_lock_of('[[override]]\ntest = "first"\nretry = "node=1"\n', kill_far, grace="7s")
        ends = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual([end["outcome"] for end in ends], ["node_lost", "passed"])
        self.assertEqual({end["node"] for end in ends}, {"n1", "n2"})


class FarClusterLocksTest(SlurmCase, EtcdCase):
    def cluster_suite(self, body):
        return self.suite(self.scripted_test("holds", "HOLDFAST_LOCKS db@cluster", body),
                          f'[cluster]\nendpoints = ["{self.etcd.endpoint}"]\nttl = "{self.ttl}s"\n')

    def test_a_test_on_a_node_knows_the_fence_of_its_lock(self):
        tree = self.cluster_suite(f"echo $HOLDFAST_FENCE_DB > {self.work}/fence")
        done = self.far(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertGreater(int((self.work / "fence").read_text()), 0)
        self.assertEqual(self.etcd.keys(), [])

    def test_only_a_test_with_such_a_lock_has_the_password_on_its_node(self):
        show = 'echo "<$HOLDFAST_CLUSTER_PASSWORD>" > '
        tree = self.suite(self.scripted_test("holds", "HOLDFAST_LOCKS db@cluster", f"{show}{self.work}/holds.said")
                          + self.scripted_test("bare", "", f"{show}{self.work}/bare.said"),
                          f'[cluster]\nendpoints = ["{self.etcd.endpoint}"]\nttl = "{self.ttl}s"\nuser = "ci"\n')
        done = self.far(tree, env=self.environment(HOLDFAST_PROFILE="slurm", HOLDFAST_CLUSTER_PASSWORD="a secret"))
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual((self.work / "holds.said").read_text(), "<a secret>\n")
        self.assertEqual((self.work / "bare.said").read_text(), "<>\n")

    def test_a_command_inside_of_the_test_finds_the_lock_that_the_test_has(self):
        tree = self.cluster_suite(f"{HOLDFAST} run --lock db@cluster --lock-timeout 20s -- touch {self.work}/inner")
        done = self.far(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertTrue((self.work / "inner").exists())

    def test_a_test_on_a_node_is_ended_before_its_lease_is(self):
        ended = self.work / "ended"
        tree = self.cluster_suite(f"trap 'echo >{ended}; exit 0' TERM\necho $$ >> {self.work}/holder.pids\n"
                                  "while true; do sleep 0.02; done")
        self.start_far(tree)
        self.announced(self.pid_file("holder"))
        os.kill(self.etcd.process.pid, signal.SIGSTOP)
        wait_until(ended.exists, "the gentle end", SLURM_PATIENCE_S)
        os.kill(self.etcd.process.pid, signal.SIGCONT)
        end = wait_until(lambda: self.ends(tree).get("holds"), "its record", SLURM_PATIENCE_S)
        self.assertEqual(end["outcome"], "lock_lost", end)
        self.assertIn("its process tree was ended", end["note"])
        self.assert_nothing_left(SLURM_PATIENCE_S)

    def holding(self, on_term, ttl, grace):
        """The tree of a test with the lock, and the test."""
        tree = self.suite(self.scripted_test("holds", "HOLDFAST_LOCKS db@cluster",
                                             f"trap '{on_term}' TERM\necho $$ >> {self.work}/holder.pids\n"
                                             "while true; do sleep 0.02; done"),
                          f'[cluster]\nendpoints = ["{self.etcd.endpoint}"]\nttl = "{ttl}"\n', grace=grace)
        self.start_far(tree)
        test, = self.announced(self.pid_file("holder"))
        return tree, test

    def test_a_test_that_ignores_its_end_is_killed_when_its_lease_is_over(self):
        _, test = self.holding("", "24s", "11s")
        os.kill(self.near_launcher(), signal.SIGTERM)
        key, = self.etcd.keys()
        self.etcd.call("lease/revoke", {"ID": key["lease"]})
        self.assert_gone([test], 10)  # the client learns of it within 8 s
        self.assert_nothing_left(SLURM_PATIENCE_S)

    def test_a_test_that_is_being_ended_has_its_grace_although_its_lease_will_end(self):
        """The news of the lease comes 2.6 to 8 s after its last renewal: while the test uses its grace."""
        ended = self.work / "ended"
        tree, _ = self.holding(f"sleep 6; echo >{ended}; exit 0", "16s", "7s")
        os.kill(self.etcd.process.pid, signal.SIGSTOP)
        time.sleep(2.5)
        os.kill(self.near_launcher(), signal.SIGTERM)
        end = wait_until(lambda: self.ends(tree).get("holds"), "its record", SLURM_PATIENCE_S)
        os.kill(self.etcd.process.pid, signal.SIGCONT)
        self.assertTrue(ended.exists(), end)
        self.assertEqual(end["outcome"], "interrupted", end)
        self.assert_nothing_left(SLURM_PATIENCE_S)


if __name__ == "__main__":
    unittest.main()
