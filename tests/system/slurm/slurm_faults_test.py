"""Whatever dies: no process is left on a node, each test has one outcome, and the run ends."""

import os
import random
import signal
import time
import unittest

import slurm_case
from processes import command_of
from slurm_case import SLURM_PATIENCE_S, SlurmCase, end_cluster, start_cluster
from support import wait_until

setUpModule = start_cluster
tearDownModule = end_cluster

GRACE_S = 1  # of SlurmCase.suite()


class SlurmFaultsTest(SlurmCase):
    def run_with_a_long_test(self, settings=""):
        """A run whose one test is running on its node, and ignores gentle ends. Returns its tree."""
        tree = self.suite(self.scripted_test(
            "long", "", f"trap '' TERM INT\necho $$ >> {self.work}/long.pids\nwhile true; do sleep 0.05; done"), settings)
        self.start_far(tree, "-j1")
        self.test, = self.announced(self.pid_file("long"))
        return tree

    def only(self, word, place=1):
        return wait_until(lambda: self.processes_named(word, place), word, SLURM_PATIENCE_S)[0]

    def outcome(self, tree, test="long"):
        def look():
            try:
                return self.ends(tree).get(test)
            except IndexError:
                return None
        return wait_until(look, "an end on record", SLURM_PATIENCE_S)

    def assert_ended(self, tree, outcome, bound):
        """The test's processes are gone within `bound` seconds, and it has that outcome."""
        since = time.monotonic()
        self.assert_gone([self.test], bound)
        self.assertLess(time.monotonic() - since, bound)
        end = self.outcome(tree)
        self.assertIn(end["outcome"], [outcome] if isinstance(outcome, str) else outcome, end)
        self.assert_nothing_left(SLURM_PATIENCE_S)
        run = self.runs(tree)[-1]
        self.assertEqual(len(self.records(run, "attempt_ended")), 1)
        return end

    def test_srun_is_killed(self):
        tree = self.run_with_a_long_test()
        os.kill(self.only("srun").pid, signal.SIGKILL)
        self.assert_ended(tree, "node_lost", GRACE_S + 2)

    def test_srun_and_the_process_that_watches_it_are_killed(self):
        """Slurm then lets the step go on."""
        tree = self.run_with_a_long_test()
        self.only("srun")
        both = [one.pid for one in self.processes_named("srun")]
        self.assertEqual(len(both), 2)
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in both:
                os.kill(pid, number)
        self.assert_ended(tree, "node_lost", GRACE_S + 2)

    def test_slurmstepd_is_killed(self):
        tree = self.run_with_a_long_test()
        os.kill(self.slurmstepd(), signal.SIGKILL)
        end = self.assert_ended(tree, "node_lost", GRACE_S + 2)
        self.assertIn("slurmstepd was killed", end["note"])

    def test_slurmstepd_is_killed_after_a_signal_that_ends_nothing(self):
        tree = self.run_with_a_long_test()
        near = slurm_case.parent_of(self.only("srun").pid)
        control, = (self.runs(tree)[-1] / "far").glob("*.control")
        os.kill(near, signal.SIGWINCH)
        wait_until(lambda: control.read_text() == f"{int(signal.SIGWINCH)}\n", "the signal", SLURM_PATIENCE_S)
        os.kill(self.slurmstepd(), signal.SIGKILL)
        end = self.assert_ended(tree, "node_lost", GRACE_S + 2)
        self.assertIn("slurmstepd was killed", end["note"])

    def test_a_node_that_has_lost_a_test_gets_no_other(self):
        body = (f"echo $$ > {self.work}/one.pids\n[ $HOLDFAST_ATTEMPT = 2 ] && exit 0\n"
                "while true; do sleep 0.05; done")
        tree = self.suite(self.scripted_test("one", "", body), '[[override]]\ntest = "one"\nretry = "node=1"\n')
        self.start_far(tree, "-j1")
        self.announced(self.pid_file("one"))
        os.kill(self.slurmstepd(), signal.SIGKILL)
        run = self.runs(tree)[-1]
        ends = wait_until(lambda: self.records(run, "attempt_ended")[1:] and self.records(run, "attempt_ended"),
                          "two ends", SLURM_PATIENCE_S)
        self.assertEqual([end["outcome"] for end in ends], ["node_lost", "passed"])
        self.assertEqual({end["node"] for end in ends}, {"n1", "n2"})
        self.assert_nothing_left(SLURM_PATIENCE_S)

    def test_the_far_side_is_killed(self):
        tree = self.run_with_a_long_test()
        parent, _ = self.far_sides()
        os.kill(parent.pid, signal.SIGKILL)
        self.assert_ended(tree, "node_lost", GRACE_S + 2)

    def test_the_far_side_of_a_test_that_ends_at_once_is_killed(self):
        """The record of its end is there before srun has ended."""
        body = f"echo $$ > {self.work}/one.pids\n[ $HOLDFAST_ATTEMPT = 2 ] && exit 0\nexec sleep 100"
        tree = self.suite(self.scripted_test("one", "", body), '[[override]]\ntest = "one"\nretry = "node=1"\n')
        self.start_far(tree, "-j1")
        self.announced(self.pid_file("one"))
        parent, _ = self.far_sides()
        os.kill(parent.pid, signal.SIGKILL)
        run = self.runs(tree)[-1]
        ends = wait_until(lambda: self.records(run, "attempt_ended")[1:] and self.records(run, "attempt_ended"),
                          "two ends", SLURM_PATIENCE_S)
        self.assertEqual([end["outcome"] for end in ends], ["node_lost", "passed"], ends)
        self.assertIn("its step ended before it did", ends[0]["note"])

    def test_the_far_launcher_is_killed(self):
        tree = self.run_with_a_long_test()
        parent, children = self.far_sides()
        launcher = [one for one in children if slurm_case.parent_of(one.pid) == parent.pid][0]
        os.kill(launcher.pid, signal.SIGKILL)
        end = self.assert_ended(tree, "internal_error", GRACE_S + 2)
        self.assertIn("was killed", end["note"])

    def test_the_near_launcher_is_killed(self):
        tree = self.run_with_a_long_test()
        near = slurm_case.parent_of(self.only("srun").pid)
        os.kill(near, signal.SIGKILL)
        end = self.assert_ended(tree, "interrupted", GRACE_S + 2)
        self.assertIn("were killed", end["note"])  # as the keeper says of a launcher beside ctest

    def test_ctest_is_killed(self):
        tree = self.run_with_a_long_test()
        ctest = slurm_case.parent_of(slurm_case.parent_of(self.only("srun").pid))
        os.kill(ctest, signal.SIGKILL)
        self.assert_ended(tree, "interrupted", GRACE_S + 2)

    def test_the_job_is_cancelled(self):
        tree = self.run_with_a_long_test()
        slurm_case.CLUSTER.ask("scancel", "--user=root")
        self.assert_ended(tree, "node_lost", 10)

    def test_a_test_goes_on_without_the_controller(self):
        tree = self.suite(self.scripted_test(
            "goes_on", "", f"echo $$ > {self.work}/one.pids\nwhile [ ! -e {self.work}/go ]; do sleep 0.02; done"))
        self.start_far(tree, "-j1")
        self.announced(self.pid_file("one"))
        daemon = slurm_case.CLUSTER.daemons["slurmctld"]
        daemon.kill()
        daemon.wait()
        try:
            (self.work / "go").touch()
            self.assertEqual(self.outcome(tree, "goes_on")["outcome"], "passed")
        finally:
            slurm_case.CLUSTER.start("slurmctld", "-D")
        self.assert_nothing_left(SLURM_PATIENCE_S)

    def test_a_node_without_slurmd_is_left_out_after_a_step_for_it_was_lost(self):
        daemon = slurm_case.CLUSTER.daemons["slurmd-n2"]
        # Eight tests of one node's processors each: without n1 alone they would meet.
        tree = self.suite("".join(f"add_test(NAME t{i} COMMAND sleep 1)\n"
                                  f"set_tests_properties(t{i} PROPERTIES PROCESSORS 4)\n" for i in range(4)),
                          settings='[[override]]\ntest = "t"\nretry = "node=2"\n')
        daemon.kill()
        daemon.wait()
        done = self.far(tree, "-j8")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual({end["node"] for end in self.ends(tree).values()}, {"n1"})
        ends = self.records(self.runs(tree)[-1], "attempt_ended")
        lost = [end for end in ends if end["outcome"] == "node_lost"]
        self.assertGreater(len(lost), 0, done.text)
        self.assertEqual({end["node"] for end in lost}, {"n2"})

    def test_two_hundred_tests_and_something_dies_all_the_time(self):
        count = 200
        tree = self.suite("".join(
            self.scripted_test(f"t{i}", "TIMEOUT 60", f"echo $$ >> {self.work}/all.pids\nsleep 0.4\nsleep 0.2 &\nwait")
            for i in range(count)))
        self.start_far(tree, "-j8")
        chance = random.Random(7)
        kinds = ["srun", "slurmstepd", "far", "near"]
        killed = {kind: 0 for kind in kinds}
        run = wait_until(lambda: self.runs(tree), "a run", SLURM_PATIENCE_S)[-1]
        end = time.monotonic() + 600
        while len(self.records(run, "attempt_ended")) < count - 8 and time.monotonic() < end:
            # Slurm never gives back the processors of a step whose slurmstepd was killed, or whose srun was killed
            # before the step's task began.
            kind = chance.choice([one for one in kinds if one != "slurmstepd" or killed[one] < 3])
            far = [one for one in self.processes_named("holdfast-exec") if "--far" in command_of(one.pid)]
            begun = [command_of(one.pid)[2:] for one in far]
            srun = [one for one in self.processes_named("srun") if command_of(one.pid)[-1:] in begun]
            victims = {"srun": [one.pid for one in srun],
                       "near": [slurm_case.parent_of(one.pid) for one in srun],
                       "far": [one.pid for one in far],
                       "slurmstepd": [slurm_case.parent_of(one.pid) for one in far]}[kind]
            # No process that is none of this cluster's.
            victims = [pid for pid in victims if pid > 1 and (
                pid in slurm_case.CLUSTER.steps() if kind == "slurmstepd" else slurm_case.has(pid, self.cookie))]
            if victims:
                try:
                    os.kill(chance.choice(victims), signal.SIGKILL)
                    killed[kind] += 1
                except ProcessLookupError:
                    pass
            time.sleep(0.05)
        wait_until(lambda: self.begun[-1].poll() is not None, "the run's end", SLURM_PATIENCE_S)
        self.assert_nothing_left(SLURM_PATIENCE_S)
        ended = self.records(run, "attempt_ended")
        tests = [record["test"] for record in ended]
        self.assertEqual(len(tests), len(set(tests)))
        self.assertEqual(len(tests), count)
        self.assertGreater(sum(killed.values()), 20)
        outcomes = {record["outcome"] for record in ended}
        self.assertIn("passed", outcomes)
        self.assertLessEqual(outcomes, {"passed", "node_lost", "internal_error", "interrupted"})


if __name__ == "__main__":
    unittest.main()
