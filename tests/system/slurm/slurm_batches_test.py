"""Batches run on Slurm's nodes: each case has its result and its output, and is counted once."""

import json
import os
import re
import signal
import unittest
from pathlib import Path

from processes import stat_of
from slurm_case import SLURM_PATIENCE_S, SlurmCase, end_cluster, parent_of, start_cluster
from support import CTEST, HOLDFAST, verdicts, wait_until

setUpModule = start_cluster
tearDownModule = end_cluster

ENDS = "passes:fails:skips:exits_3:crashes:leaves_a_process:uses_a_thread:hangs"
BATCH = """
foreach(isolation none process fork)
  add_test(NAME ${isolation} COMMAND @P@/gtest_cases "--gtest_filter=@FILTER@")
  set_tests_properties(${isolation} PROPERTIES HOLDFAST_ISOLATION ${isolation} HOLDFAST_TIMEOUT 2s
    ENVIRONMENT "ANNOUNCE=@A@" PROCESSORS 2)
endforeach()
add_test(NAME over COMMAND @P@/gtest_cases --gtest_filter=Ends.passes:Ends.hangs:Ends.skips)
set_tests_properties(over PROPERTIES HOLDFAST_ISOLATION none TIMEOUT 2 ENVIRONMENT "ANNOUNCE=@A@")
"""


class SlurmBatchesTest(SlurmCase):
    def results(self, tree):
        """Of the last run, the outcome, signal and code of each case of each test, which has one record."""
        found = {}
        for record in self.case_records(self.runs(tree)[-1]):
            key = (record["test"], record["case"])
            self.assertNotIn(key, found)
            note = re.sub(r"pid \d+", "pid", record.get("note", ""))
            found[key] = (note, *(record.get(name) for name in ("outcome", "signal", "exit_code")))
        return found

    def report(self, tree, *arguments):
        return self.finish(HOLDFAST, "report", "--tree", tree, *arguments).stdout.decode()

    def test_each_case_ends_as_it_does_beside_ctest(self):
        cases = ":".join(f"Ends.{name}" for name in ENDS.split(":"))
        tree = self.suite(BATCH.replace("@FILTER@", cases).replace("@A@", str(self.work / "hangs")))
        here = self.finish(CTEST, "-j8", cwd=tree, bound=SLURM_PATIENCE_S, env=self.environment())
        at_home, said_here = self.results(tree), self.report(tree)
        there = self.far(tree, "-j8")
        self.assertEqual(self.results(tree), at_home, there.text)
        self.assertEqual(verdicts(there.text), verdicts(here.stdout.decode()))
        for end in self.ends(tree).values():
            self.assertIn(end["node"], ("n1", "n2"))
        # The output of a case is found, and only that of this case.
        said = self.report(tree)
        for text in (said_here, said):
            self.assertIn("on purpose", text)
        found = json.loads(self.report(tree, "--format", "json"))
        self.assertEqual(sum(len(test.get("cases", [])) for test in found["tests"]), len(at_home))
        parts = 0
        for record in self.records(self.runs(tree)[-1], "cases"):
            log = Path(record["log"]).read_bytes()
            for case in record["cases"]:
                if case["case"] != "Ends.fails":
                    continue
                begin, length = case["output"]
                parts += 1
                self.assertIn(b"on purpose", log[begin:begin + length])
                self.assertNotIn(b"printf of", log[begin:begin + length])
        self.assertEqual(parts, 3)
        self.assertEqual(os.listdir(self.runs(tree)[-1] / "far"), [])

    def test_only_what_failed_is_tried_again(self):
        text = ('add_test(NAME t COMMAND @P@/gtest_cases "--gtest_filter=Ends.passes:Ends.fails:Ends.skips")\n'
                "set_tests_properties(t PROPERTIES HOLDFAST_ISOLATION none HOLDFAST_RETRY any=1)\n")
        tree = self.suite(text)
        done = self.far(tree)
        self.assertEqual(done.returncode, 8, done.text)
        first, second = self.records(self.runs(tree)[-1], "attempt_ended")
        cases = {n: [case["case"] for case in self.case_records(self.runs(tree)[-1]) if case["attempt"] == end["attempt"]]
                 for n, end in ((1, first), (2, second))}
        self.assertEqual(cases, {1: ["Ends.passes", "Ends.fails", "Ends.skips"], 2: ["Ends.fails"]}, done.text)

    def test_as_many_cases_run_at_once_as_it_has_processors_and_no_more(self):
        tree = self.suite("".join(
            f'add_test(NAME {name} COMMAND @P@/gtest_cases --gtest_filter=Meet.*)\n'
            f"set_tests_properties({name} PROPERTIES HOLDFAST_ISOLATION {isolation} PROCESSORS {processors}\n"
            f'  HOLDFAST_TIMEOUT 2s ENVIRONMENT "ANNOUNCE={self.work}/{name}")\n'
            for name, isolation, processors in (("narrow", "process", 1), ("wide", "process", 2), ("forked", "fork", 2))))
        done = self.far(tree, "-j8")
        ends = self.ends(tree)
        self.assertEqual({name: end["outcome"] for name, end in ends.items()},
                         {"narrow": "timed_out", "wide": "passed", "forked": "passed"}, done.text)
        self.assertFalse([end for end in ends.values() if "lent_s" in end])

    def test_an_attempt_that_runs_alone_has_no_cases_side_by_side(self):
        tree = self.suite(
            'add_test(NAME t COMMAND @P@/gtest_cases "--gtest_filter=Ends.hangs:Lost.closes_all_and_hangs")\n'
            "set_tests_properties(t PROPERTIES HOLDFAST_ISOLATION process PROCESSORS 2 HOLDFAST_TIMEOUT 2s\n"
            f'  HOLDFAST_RETRY any=1 ENVIRONMENT "ANNOUNCE={self.work}/t")\n', settings="[profile.slurm]\nretry-alone = true\n")
        done = self.far(tree, "-j8")
        _, alone = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertGreaterEqual(alone["wall_s"], 4, done.text)

    def lose_the_node(self, pid_to_kill):
        """The records of both attempts at a batch whose second case hangs until the node of the first is lost, and is
        killed in the second attempt."""
        tree = self.suite(
            'add_test(NAME t COMMAND @P@/gtest_cases "--gtest_filter=Ends.passes:Ends.hangs:Ends.uses_a_thread")\n'
            f'set_tests_properties(t PROPERTIES HOLDFAST_ISOLATION none ENVIRONMENT "ANNOUNCE={self.work}/hangs"\n'
            "  HOLDFAST_RETRY node=1)\n")
        begun = self.start_far(tree)
        first, = self.announced(self.work / "hangs.pids")
        for pid in pid_to_kill():
            os.kill(pid, signal.SIGKILL)
        _, second = self.announced(self.work / "hangs.pids", 2)
        self.assert_gone([first], 0.1)
        os.kill(second.pid, signal.SIGKILL)
        begun.wait(SLURM_PATIENCE_S)
        lost, last = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual((lost["outcome"], last["outcome"]), ("node_lost", "crashed"))
        found = [{case["case"]: case["outcome"] for case in self.case_records(self.runs(tree)[-1])
                  if case["attempt"] == end["attempt"]} for end in (lost, last)]
        # In the report each counts once.
        test, = json.loads(self.report(tree, "--format", "json"))["tests"]
        self.assertEqual({case["name"]: case["outcome"] for case in test["cases"]},
                         {"Ends.passes": "passed", "Ends.hangs": "crashed", "Ends.uses_a_thread": "passed"})
        self.assertEqual(len(test["cases"]), 3)
        self.assertEqual(found[0]["Ends.passes"], "passed")
        self.assertNotIn("passed", {found[0].get("Ends.hangs"), found[0].get("Ends.uses_a_thread")})
        return found

    def test_a_lost_node_that_says_what_was_left_has_only_this_tried_again(self):
        _, again = self.lose_the_node(lambda: [self.slurmstepd()])
        self.assertEqual(again, {"Ends.hangs": "crashed", "Ends.uses_a_thread": "passed"})

    def test_a_lost_node_that_says_nothing_has_all_tried_again(self):
        def both():
            parent, below = self.far_sides()
            pids = [parent.pid, *(one.pid for one in below if parent_of(one.pid) == parent.pid)]  # not the guard
            # None of the two must have time to see the other die.
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
                wait_until(lambda pid=pid: stat_of(pid)[0] == "T", "the stop")
            # The parent is the last to be killed: a stopped process whose parent dies gets SIGHUP.
            return pids[::-1]
        _, again = self.lose_the_node(both)
        self.assertEqual(again, {"Ends.passes": "passed", "Ends.hangs": "crashed", "Ends.uses_a_thread": "passed"})

    def test_a_far_side_that_is_killed_while_cases_run_side_by_side_is_a_lost_node(self):
        tree = self.suite(
            'add_test(NAME t COMMAND @P@/gtest_cases "--gtest_filter=Ends.hangs:Lost.closes_all_and_hangs")\n'
            "set_tests_properties(t PROPERTIES HOLDFAST_ISOLATION process PROCESSORS 2\n"
            f'  ENVIRONMENT "ANNOUNCE={self.work}/t")\n')
        begun = self.start_far(tree)
        both = self.announced(self.work / "t.pids", 2)
        os.kill(self.far_sides()[0].pid, signal.SIGKILL)
        begun.wait(SLURM_PATIENCE_S)
        self.assert_gone(both, 0.1)
        self.assertEqual(self.ends(tree)["t"]["outcome"], "node_lost")

    def test_ctrl_c_ends_the_batch_gently_on_its_node(self):
        tree = self.suite(
            'add_test(NAME t COMMAND @P@/gtest_cases "--gtest_filter=Ends.passes:Ends.hangs:Ends.uses_a_thread")\n'
            f'set_tests_properties(t PROPERTIES HOLDFAST_ISOLATION none ENVIRONMENT "ANNOUNCE={self.work}/hangs")\n')
        begun = self.start_far(tree)
        case = self.announced(self.work / "hangs.pids")
        # Its first case is in the journal while it runs.
        wait_until(lambda: self.records(self.runs(tree)[-1], "cases"), "the record of a case")
        ctest, = self.processes_named(CTEST)
        os.kill(ctest.pid, signal.SIGINT)
        begun.wait(SLURM_PATIENCE_S)
        self.assert_gone(case, 0.1)
        end = self.ends(tree)["t"]
        self.assertEqual((end["outcome"], end["node"] in ("n1", "n2")), ("interrupted", True))
        results = {case: found[1] for (_, case), found in self.results(tree).items()}
        self.assertEqual(results["Ends.passes"], "passed")
        self.assertEqual(set(results), {"Ends.passes", "Ends.hangs", "Ends.uses_a_thread"})
        self.assertNotIn("passed", (results["Ends.hangs"], results["Ends.uses_a_thread"]))


if __name__ == "__main__":
    unittest.main()
