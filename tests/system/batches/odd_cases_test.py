"""Batches whose cases do unusual things (docs/reference/batches.md)."""

import subprocess
import unittest
from collections import Counter

from batches_test import Batch
from processes import children_of
from support import CTEST, wait_until

ODD = {
    "Odd.long_line": "passed", "Odd.nul_bytes": "passed", "Odd.forks_and_exits": "passed",
    "Odd.detaches": "passed", "Odd.forges_others": "passed",
    "Odd.leaves_by_quick_exit": "premature_exit", "Odd.leaves_by__exit": "premature_exit",
    "Odd.ends_itself": "crashed", "Odd.exits_in_a_thread": "failed",
    "Odd.fails_and_returns": "failed", "Odd.last": "passed",
}
WAYS = [("case_odd", "none"), ("case_odd", "process"), ("case_odd_linked", "none"),
        ("case_odd_linked", "process"), ("case_odd_linked", "fork")]


class OddCases(Batch):
    def cases(self, tree, test):
        """As in Batch; but if a case has two records (--gtest_repeat), the later one counts."""
        return {record["case"]: record for record in self.case_records(self.runs(tree)[-1])
                if record["test"] == test}

    def outcomes_of(self, pattern, ways=WAYS, more="", options="", **environment):
        """Maps each way to the outcomes of the matching cases, which it has once each."""
        tests = {f"{which}.{isolation}": (which, pattern + options, isolation, more)
                 for which, isolation in ways}
        tree = self.batch_project(tests)
        self.done = self.ctest(tree, "-j2", "--output-on-failure", env=self.environment(**environment))
        self.assert_nothing_left()
        self.tree = tree
        return {name: self.outcomes(tree, name) for name in tests}

    def test_each_has_its_one_result(self):
        for name, outcomes in self.outcomes_of("Odd.*").items():
            with self.subTest(name):
                self.assertEqual(outcomes, ODD)
                long = self.cases(self.tree, name)["Odd.long_line"]
                self.assertGreaterEqual(long["output"][1], 1 << 20)
                records = self.case_records(self.runs(self.tree)[-1])
                self.assertEqual(len([r for r in records if r["test"] == name]), len(ODD))
        counted = self.report(self.tree)["counts"]["cases"]
        self.assertEqual(counted["planned"], len(WAYS) * len(ODD))
        self.assertEqual(self.report(self.tree, "junit").count("<testcase "), len(WAYS) * len(ODD))

    def test_names_may_have_blanks(self):
        for name, outcomes in self.outcomes_of("Named*").items():
            self.assertEqual(outcomes, {"Named/char, of one byte.runs": "passed",
                                        "Named/pair<int, int>.runs": "failed"}, name)

    def test_a_case_may_close_its_output(self):
        linked = [way for way in WAYS if way[0] != "case_odd"]
        for name, outcomes in self.outcomes_of("Closes.*", linked).items():
            self.assertEqual(outcomes, {"Closes.stdout_and_stderr": "passed",
                                        "Closes.then_fails": "failed",
                                        "Closes.then_passes": "passed"}, name)

    def test_those_after_one_that_closes_the_output_are_in_googletests_report(self):
        for name, outcomes in self.outcomes_of("Closes.*", WAYS[:2]).items():
            self.assertEqual(outcomes, {"Closes.stdout_and_stderr": "passed",
                                        "Closes.then_fails": "failed", "Closes.then_passes": "passed"}, name)

    def test_without_a_report_of_its_own_one_that_closes_the_output_is_never_green(self):
        outcomes = self.outcomes_of("Closes.*", WAYS[:1], options='" "--gtest_output=xml:own.xml')["case_odd.none"]
        self.assertEqual(outcomes, {"Closes.stdout_and_stderr": "failed",
                                    "Closes.then_fails": "failed", "Closes.then_passes": "passed"})

    def test_a_case_that_kills_the_server_costs_no_other(self):
        outcomes = self.outcomes_of("Kills.*:Odd.last:Odd.nul_bytes", [("case_odd_linked", "fork")])
        self.assertEqual(outcomes["case_odd_linked.fork"],
                         {"Kills.who_has_forked_it": "crashed", "Odd.last": "passed",
                          "Odd.nul_bytes": "passed"}, self.done.text)
        self.assertIn("Exception", self.done.text)

    def test_all_that_a_case_prints_is_its_own_however_much_all_print(self):
        for name, outcomes in self.outcomes_of("So/Much.*", WAYS[:1] + WAYS[2:]).items():
            self.assertEqual(Counter(outcomes.values()), {"passed": 220}, name)
            for case, record in self.cases(self.tree, name).items():
                text = self.printed(record)
                self.assertIn(f"[       OK ] {case} (", text)
                self.assertEqual(text.count("x" * 4096), 1)
                self.assertLess(len(text), 2 * 4096)  # including the program's own lines

    def test_what_ctest_does_not_take_yet_is_no_worse_known(self):
        """It prints more than Holdfast keeps for ctest, so the program ends before ctest reads its
        output."""
        wanted = {f"So/Steady.is_printed/{number}": "passed" for number in range(240)}
        for which in ("case_odd", "case_odd_linked"):
            name = f"{which}.late"
            tree = self.batch_project({name: (which, "So/Steady.*", "none", "")},
                                      name=which, build=f"{which}.build")
            ctest = self.start(CTEST, "-V", cwd=tree, stdout=subprocess.PIPE)
            wait_until(lambda: self.runs(tree) and sum(
                log.stat().st_size for log in self.runs(tree)[-1].glob("output/*")) > 1 << 20, "a mebibyte")
            launcher = self.records(self.runs(tree)[-1], "attempt_started")[0]["launcher"]["pid"]
            wait_until(lambda: not children_of(launcher), "the program's end")
            ctest.communicate(timeout=30)
            self.assertEqual(ctest.returncode, 0)
            self.assertEqual(self.outcomes(tree, name), wanted)
            for case, record in self.cases(tree, name).items():
                self.assertIn(f"[       OK ] {case} (", self.printed(record))
            self.assert_nothing_left()

    def test_what_a_case_prints_at_its_end_is_there_although_nobody_reads(self):
        """It runs beside another, and prints more than the pipes and Holdfast hold."""
        tree = self.batch_project({"loud": ("case_odd", "Loud.*", "process", "PROCESSORS 2")})
        ctest = self.start(CTEST, "-V", cwd=tree, stdout=subprocess.PIPE)
        wait_until(lambda: self.runs(tree) and sum(
            log.stat().st_size for log in self.runs(tree)[-1].glob("output/*")) > 1 << 20, "a mebibyte")
        out, _ = ctest.communicate(timeout=30)
        self.assertEqual(ctest.returncode, 0)
        self.assertIn(b"x" * 4096 + b"the end of it\n", out)
        self.assertIn("the end of it\n[       OK ] Loud.at_its_end", self.printed(self.cases(tree, "loud")["Loud.at_its_end"]))
        self.assert_nothing_left()

    def test_a_name_may_be_too_long_to_be_said(self):
        wanted = {f"Very/Long.name/{letter * 17000}": outcome for letter, outcome in
                  (("a", "passed"), ("b", "failed"), ("c", "passed"))}
        for name, outcomes in self.outcomes_of("*Long.*:Odd.last").items():
            self.assertEqual(outcomes, {**wanted, "Odd.last": "passed"}, name)

    def test_in_a_process_of_its_own_nobody_is_another(self):
        ways = [way for way in WAYS if way[1] != "none"]
        for name, outcomes in self.outcomes_of("Forges.*", ways).items():
            self.assertEqual(outcomes, {"Forges.another": "passed", "Forges.b": "failed",
                                        "Forges.c": "passed"}, name)

    def test_repeated_and_shuffled_each_has_one_result_the_worst(self):
        tests = WAYS[:1] + WAYS[2:3]
        outcomes = self.outcomes_of("Repeated.*:Odd.last", tests,
                                    options='" "--gtest_repeat=3" "--gtest_shuffle')
        self.assertEqual(self.report(self.tree)["counts"]["cases"]["planned"], 3 * len(tests))
        for name, cases in outcomes.items():
            self.assertEqual(cases, {"Repeated.fails_the_second_time": "failed",
                                     "Repeated.passes": "passed", "Odd.last": "passed"}, name)

    def test_variables_of_googletest_select_as_ever(self):
        tests = "\n".join(
            f"add_test(NAME {which}.{isolation} COMMAND @P@/{which})\n"
            f"set_tests_properties({which}.{isolation} PROPERTIES HOLDFAST_ISOLATION {isolation})"
            for which, isolation in WAYS)
        tree = self.project(tests)
        self.ctest(tree, "-j2", env=self.environment(GTEST_FILTER="Odd.*-*exit*:Odd.ends*:*long*",
                                                     GTEST_SHUFFLE="1", GTEST_RANDOM_SEED="7"))
        for which, isolation in WAYS:
            counted = Counter(self.outcomes(tree, f"{which}.{isolation}").values())
            self.assertEqual(counted, {"passed": 4, "failed": 1}, (which, isolation))


if __name__ == "__main__":
    unittest.main()
