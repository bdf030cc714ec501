"""Batches of Catch2 cases (docs/reference/batches.md): version 2 or 3, as it is installed, and a program
of our own that speaks version 3. An argument names the class to run.
"""

import re
import unittest
from collections import Counter
from pathlib import Path

from batches_test import Batch as GoogletestBatch
from support import PATIENCE_S, program

ENDS = {
    "passes": "passed", "fails": "failed", "fails twice": "failed", "throws": "failed",
    "segfaults": "crashed", "aborts": "crashed", "is killed": "crashed",
    "exits with 0": "premature_exit", "exits with 3": "failed", "is skipped": "skipped",
}
NAMES = {"a,[b] \"c\" \\d": "passed", "-dash, #2 & <xml>": "passed", "#hash": "passed",
         "exclude:this": "passed",
         "Twin": "not_run", "twin": "not_run"}


class Catch2Batch(GoogletestBatch):
    """Of one program; the classes below say which."""

    name = None
    version = None

    def setUp(self):
        super().setUp()
        if not Path(program(self.name)).exists():
            self.skipTest("catch2 was missing when this was configured")
        self.version = self.version or self.installed_version()
        # SKIP() is there from 3.3 on.
        listed = self.finish(program(self.name), "--list-tests", "--reporter", "xml").stdout.decode()
        self.ends = {k: v for k, v in ENDS.items() if k != "is skipped" or k in listed}

    def installed_version(self):
        said = self.finish(program(self.name), "--libidentify").stdout.decode()
        return int(re.search(r"version: +(\d)", said).group(1))

    def catch2_project(self, tests, **how):
        """`tests`: name -> (words of the command, isolation, more properties)."""
        text = ""
        for name, (words, isolation, more) in tests.items():
            command = " ".join(f"[==[{word}]==]" for word in words)
            text += f"add_test(NAME {name} COMMAND @P@/{self.name} {command})\n"
            text += f"set_tests_properties({name} PROPERTIES HOLDFAST_ISOLATION {isolation} {more})\n"
        return self.project(text, **how)

    def test_each_case_with_a_process_of_its_own_is_what_it_is(self):
        tree = self.catch2_project({"all": ([], "process", "")})
        done = self.ctest(tree)
        self.assertEqual(self.outcomes(tree, "all"), self.ends)
        cases = self.cases(tree, "all")
        self.assertEqual(cases["segfaults"]["signal"], 11)
        self.assertEqual(cases["exits with 3"]["exit_code"], 3)
        self.assertIn("exited with code 0 in the middle", cases["exits with 0"]["note"])
        self.assertRegex(done.text, r"\*\*\*Exception: SegFault")
        self.assertRegex(done.text, r"cases in batches: 1 passed, 4 failed, 3 crashed")
        junit = self.report(tree, "junit")
        self.assertEqual(junit.count("<testcase "), len(self.ends))
        self.assertIn('name="segfaults" classname="all"', junit)
        self.assert_nothing_left()

    def test_the_output_of_a_case_is_its_own(self):
        tree = self.catch2_project({"says": (["[.says]"], "process", "")})
        self.ctest(tree)
        cases = self.cases(tree, "says")
        self.assertEqual({n: c["outcome"] for n, c in cases.items()},
                         {"prints": "passed", "prints and segfaults": "crashed"})
        for name, said in (("prints", "said by prints"),
                           ("prints and segfaults", "said before the end")):
            plain = self.finish(program(self.name), name).stdout.decode()
            self.assertIn(said, plain)
            self.assertEqual(self.without_seed(self.printed(cases[name])),
                             self.without_seed(plain), name)

    def without_seed(self, text):
        return re.sub(r"Randomness seeded to: \d+", "", text)

    def test_odd_names_select_their_cases_alone(self):
        tree = self.catch2_project({"names": (["[.names]"], "process", "")})
        self.ctest(tree)
        self.assertEqual(self.outcomes(tree, "names"), NAMES)
        self.assertIn("tells it from", self.cases(tree, "names")["Twin"]["note"])

    def test_a_case_has_its_own_time(self):
        tree = self.catch2_project({"slow": (["hangs,passes"], "process", "HOLDFAST_TIMEOUT 1")})
        self.ctest(tree)
        self.assertEqual(self.outcomes(tree, "slow"), {"hangs": "timed_out", "passes": "passed"})
        self.assertIn("said by hangs", self.printed(self.cases(tree, "slow")["hangs"]))

    def test_a_process_that_counts_as_one_test_has_the_time_of_a_case(self):
        if self.version != 2:
            self.skipTest("this version tells of each case beside the user's reporter")
        tree = self.catch2_project({"slow": (["--out", str(self.work / "own"), "hangs,passes"], "none", "HOLDFAST_TIMEOUT 1")})
        done = self.ctest(tree)
        self.assertIn('"slow": it runs as one test', done.text)
        attempt = self.attempts(tree)["slow"]
        self.assertEqual(attempt["outcome"], "timed_out")
        self.assertLess(attempt["wall_s"], PATIENCE_S / 2)

    def test_fork_is_a_process_for_each_and_a_line_says_so(self):
        tree = self.catch2_project({"forked": (["passes,fails"], "fork", "")})
        done = self.ctest(tree)
        self.assertIn('"forked": cannot fork its cases, each gets a process of its own', done.text)
        self.assertEqual(self.outcomes(tree, "forked"), {"passes": "passed", "fails": "failed"})

    def test_green_is_green_and_one_that_matches_nothing_is_as_without_holdfast(self):
        tree = self.catch2_project({"good": (["passes"], "process", ""),
                                    "empty": (["no such"], "process", "")})
        done = self.ctest(tree, "-V")
        self.assertRegex(done.text, r"good \.+ +Passed")
        self.assertIn("0 cases: the filter matches none", done.text)
        code = self.finish(program(self.name), "no such").returncode
        self.assertEqual(self.attempts(tree)["empty"]["exit_code"], code)

    def test_only_what_went_wrong_is_tried_again(self):
        tests = {"process": (["passes,fails"], "process", "HOLDFAST_RETRY any=1"),
                 "none": (["passes,fails"], "none", "HOLDFAST_RETRY any=1")}
        if self.version == 2:
            del tests["none"]
        tree = self.catch2_project(tests)
        self.ctest(tree)
        ran = Counter((record["test"], record["case"])
                      for record in self.case_records(self.runs(tree)[-1]))
        self.assertEqual(ran, {(test, case): times for test in tests
                               for case, times in (("passes", 1), ("fails", 2))})

    def test_a_retry_of_a_run_that_ended_at_its_first_failure_loses_no_case(self):
        tree = self.catch2_project({"aborts": (["-a", "passes,fails,exits with 3"], "none", "HOLDFAST_RETRY any=1")})
        self.ctest(tree)
        # What the first attempt has not run is no reason to be green.
        attempts = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual([attempt["outcome"] for attempt in attempts], ["failed", "failed"])
        self.assertEqual(self.case_records(self.runs(tree)[-1]), [])

    def test_the_users_reporter_stays(self):
        file = self.work / "own.txt"
        words = (["--reporter", "compact", "--out", str(file), "passes,fails,exits with 3"]
                 if self.version == 2 else
                 ["--reporter", f"compact::out={file}", "passes,fails,exits with 3"])
        tree = self.catch2_project({"own": (words, "process", "")})
        self.ctest(tree)
        self.assertEqual(self.outcomes(tree, "own"),
                         {"passes": "passed", "fails": "failed", "exits with 3": "failed"})
        self.assertTrue(file.exists())
        # It prints nothing then, and so does the case.
        self.assertNotIn("output", self.cases(tree, "own")["fails"])

    def test_a_list_is_no_batch(self):
        words = ["--list-tests", "--reporter", "xml"] if self.version == 3 else ["--list-test-names-only"]
        tree = self.catch2_project({"lists": (words, "process", "")})
        self.ctest(tree)
        self.assertEqual(self.cases(tree, "lists"), {})
        code = self.finish(program(self.name), *words).returncode
        self.assertEqual(self.attempts(tree)["lists"]["exit_code"], code)
        self.assertEqual(self.attempts(tree)["lists"]["outcome"], "failed" if code else "passed")

    def test_cases_that_share_a_process_are_told_apart_where_that_costs_no_output(self):
        tree = self.catch2_project({"shared": (["passes,fails"], "none", ""),
                                    "more": (["passes"], "none", "")})
        done = self.ctest(tree, "-V")
        if self.version == 2:
            self.assertEqual(self.cases(tree, "shared"), {})
            self.assertIn('"shared": it runs as one test', done.text)
            self.assertIn("holdfast: run as one test", done.text)
        else:
            self.assertEqual(self.outcomes(tree, "shared"), {"passes": "passed", "fails": "failed"})
            self.assertIn("holdfast: 2 cases: 1 passed, 1 failed", done.text)
        self.assertRegex(done.text, r"shared \.+\*\*\*Failed")
        self.assertRegex(done.text, r"more \.+ +Passed")

    def test_no_case_is_lost_when_a_shared_process_ends_early(self):
        tree = self.catch2_project({"all": ([], "none", ""),
                                    "exit": (["passes,exits with 0"], "none", "WILL_FAIL ON")})
        done = self.ctest(tree)
        self.assertRegex(done.text, r"exit \.+Subprocess aborted\*\*\*Exception")
        if self.version == 2:
            self.assertEqual(self.attempts(tree)["all"]["outcome"], "crashed")
            return
        self.assertEqual(self.outcomes(tree, "all"), self.ends)
        self.assertEqual(self.outcomes(tree, "exit"),
                         {"passes": "passed", "exits with 0": "premature_exit"})


    def test_a_shard_that_makes_no_sense_has_the_verdict_of_plain_ctest(self):
        words = ["passes", "--shard-count", "many"]
        tree = self.catch2_project({isolation: (words, isolation, "") for isolation in ("none", "process")})
        self.ctest(tree)
        plain = self.finish(program(self.name), *words).returncode
        for isolation, attempt in self.attempts(tree).items():
            self.assertEqual((isolation, attempt["outcome"] == "passed"), (isolation, plain == 0))


class Installed(Catch2Batch):
    name = "catch2_cases"


class Three(Catch2Batch):
    name = "catch2_three_cases"
    version = 3


del GoogletestBatch, Catch2Batch


if __name__ == "__main__":
    unittest.main(verbosity=2)  # which says why something is skipped
