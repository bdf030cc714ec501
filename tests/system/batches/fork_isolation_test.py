"""Isolation of GoogleTest cases under a real ctest: which cases share a process, and what a crash
costs."""

import os
import shutil
import signal
import subprocess
import unittest

from contained import trouble_with
from support import CTEST, PATIENCE_S, ProjectCase, command_of, process, stat_of, wait_until

TEST = """
add_test(NAME batch COMMAND "@P@/{program}" "--gtest_filter={cases}")
set_tests_properties(batch PROPERTIES HOLDFAST_ISOLATION {isolation} {properties})
"""


class ForkIsolation(ProjectCase):
    def batch(self, cases, isolation="fork", properties="", program="gtest_cases", tree="build", **env):
        """Runs one batch under ctest and returns {case: outcome} of its journal."""
        text = TEST.format(program=program, cases=cases, isolation=isolation, properties=properties)
        self.tree = self.project(text, build=tree)
        variables = self.environment(ANNOUNCE=str(self.work / "announced"), **env)
        self.ctested = self.ctest(self.tree, "-V", env=variables)
        records = self.case_records(self.runs(self.tree)[-1])
        outcomes = {record["case"]: record["outcome"] for record in records}
        self.assertEqual(len(outcomes), len(records), records)
        return outcomes

    def said(self):
        """Holdfast's lines in the batch's output."""
        return [line.partition("holdfast: ")[2] for line in self.ctested.text.splitlines()
                if line.startswith("1: holdfast: ")]

    def test_a_crash_costs_one_case(self):
        outcomes = self.batch("Ends.passes:Ends.crashes:Ends.exits_0:State.*")
        self.assertEqual(outcomes, {
            "Ends.passes": "passed", "Ends.crashes": "crashed", "Ends.exits_0": "premature_exit",
            "State.first": "passed", "State.second": "passed"}, self.ctested.text)
        self.assertIn("SEGFAULT", self.ctested.text)
        self.assertIn("5 cases: 3 passed, 1 crashed (Ends.crashes), 1 premature exit", self.said()[-1])
        self.assert_nothing_left()

    def test_cases_that_leak_state_pass_where_they_share_no_process(self):
        for isolation, second in (("none", "failed"), ("fork", "passed"), ("process", "passed")):
            with self.subTest(isolation):
                outcomes = self.batch("State.*", isolation, tree=isolation)
                self.assertEqual(outcomes, {"State.first": "passed", "State.second": second},
                                 self.ctested.text)

    @unittest.skipUnless(shutil.which("gdb"), "gdb is not installed")
    def test_a_case_that_hangs_has_stacks(self):
        for containment in ("none", "pidns"):
            if containment != "none" and trouble_with(containment):
                continue
            with self.subTest(containment):
                outcomes = self.batch("Ends.passes:Ends.hangs", tree=containment,
                                      properties=f"HOLDFAST_CONTAINMENT {containment} HOLDFAST_TIMEOUT 3s")
                self.assertEqual(outcomes, {"Ends.passes": "passed", "Ends.hangs": "timed_out"}, self.ctested.text)
                self.assertRegex(self.ctested.text, r"holdfast: process \d+ \(\S+\), by \S+:\n")

    def test_as_many_run_at_a_time_as_ctest_keeps_slots_for(self):
        outcomes = self.batch("Meet.*", properties="PROCESSORS 2")
        self.assertEqual(outcomes, {"Meet.one": "passed", "Meet.other": "passed"}, self.ctested.text)

    def test_death_tests_of_both_styles_and_parameters(self):
        outcomes = self.batch("DeathTest.fast:DeathTest.threadsafe:All/*:Typed*")
        self.assertEqual(outcomes, {
            "DeathTest.fast": "passed", "DeathTest.threadsafe": "passed",
            "All/Values.is_small/0": "passed", "All/Values.is_small/1": "passed",
            "All/Values.is_small/2": "failed", "Typed/std::char-*.runs": "passed",
            "Typed/std::int-*.runs": "passed"}, self.ctested.text)

    def test_what_a_case_leaves_behind_is_ended(self):
        outcomes = self.batch("Ends.leaves_a_process:Ends.passes")
        self.assertEqual(set(outcomes.values()), {"passed"}, self.ctested.text)
        self.assertEqual(len(self.read_pids(self.pid_file())), 1)
        self.assertIn("1 left processes behind", self.ctested.text)
        self.assertRegex(self.ctested.text, r"left 1 process behind, ended: \S+ \(pid \d+\)")
        self.assert_nothing_left()

    def test_a_case_that_kills_who_looks_after_it_costs_itself(self):
        for processors in (1, 3):
            outcomes = self.batch("Ends.pass:Kills.*:State.*:Ends.fail", program="case_ends_linked",
                                  properties=f"PROCESSORS {processors}", tree=f"build-{processors}")
            self.assertEqual(outcomes.pop("Kills.who_looks_after_it"), "internal_error")
            self.assertEqual(outcomes, {"Ends.pass": "passed", "State.first": "passed",
                                        "State.second": "passed", "Ends.fail": "failed"},
                             self.ctested.text)
            self.assert_nothing_left()

    def lose_the_anchor(self, case, properties, is_at):
        """Kills the anchor of `case` once `is_at` is true of it, and returns the outcomes."""
        cases = f"{case}:Lost.is_beside_nobody"
        self.tree = self.project(TEST.format(program="gtest_cases", cases=cases, isolation="fork",
                                             properties=properties), build=case)
        variables = self.environment(ANNOUNCE=str(self.work / case))
        ctest = self.start(CTEST, cwd=self.tree, env=variables, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        one, = self.announced(self.work / f"{case}.pids")
        anchor = process(int(stat_of(one.pid)[1]))
        wait_until(lambda: is_at(anchor.pid), "the anchor to be there")
        os.kill(anchor.pid, signal.SIGKILL)
        ctest.wait(PATIENCE_S)
        self.assert_nothing_left()
        return {record["case"]: record["outcome"] for record in self.case_records(self.runs(self.tree)[-1])}

    def test_no_case_begins_beside_one_that_nobody_looks_after(self):
        """A case whose anchor was killed goes on until it is ended with the server."""
        outcomes = self.lose_the_anchor("Lost.closes_all_and_hangs", "", lambda pid: True)
        self.assertEqual(outcomes, {"Lost.closes_all_and_hangs": "internal_error",
                                    "Lost.is_beside_nobody": "passed"})

    def test_nor_beside_one_whose_anchor_is_lost_while_it_ends_it(self):
        """The anchor becomes `holdfast-launcher --anchor` when it is told to end the case, which
        ignores SIGTERM."""
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text("[profile.default]\ngrace = 2\n")
        outcomes = self.lose_the_anchor("Ends.ignores_term", "HOLDFAST_TIMEOUT 1",
                                        lambda pid: "--anchor" in command_of(pid))
        self.assertEqual(outcomes, {"Ends.ignores_term": "timed_out", "Lost.is_beside_nobody": "passed"})

    def test_a_case_that_hangs_is_ended_and_the_others_go_on(self):
        outcomes = self.batch("Ends.hangs:Ends.passes", properties="HOLDFAST_TIMEOUT 1")
        self.assertEqual(outcomes, {"Ends.hangs": "timed_out", "Ends.passes": "passed"},
                         self.ctested.text)
        self.assert_nothing_left()

    def test_a_program_that_is_not_linked_falls_back_and_it_is_said(self):
        outcomes = self.batch("State.*:Ends.crashes", program="gtest_cases_not_linked")
        self.assertEqual(outcomes, {"State.first": "passed", "State.second": "passed",
                                    "Ends.crashes": "crashed"}, self.ctested.text)
        self.assertRegex(self.ctested.text, "holdfast: .*(linked|gtest_main)")

    def test_threads_before_the_first_case_fall_back_and_it_is_said(self):
        outcomes = self.batch("State.*", START="thread")
        self.assertEqual(outcomes, {"State.first": "passed", "State.second": "passed"},
                         self.ctested.text)
        self.assertRegex(self.ctested.text, "holdfast: .*2 threads before its first case")


if __name__ == "__main__":
    unittest.main()
