"""Batches: what happens outside of cases, and what copies of the program print."""

import unittest

from batches_test import Batch

WAYS = [("outside_cases", "none"), ("outside_cases", "process"), ("outside_cases_linked", "none"),
        ("outside_cases_linked", "process"), ("outside_cases_linked", "fork")]
CASES = ("Board.leds", "Board.fan", "Bus.scan")


class EachWay(Batch):
    PATTERN = ""

    def setUp(self):
        super().setUp()
        self.names = [f"{which}.{isolation}" for which, isolation in WAYS]
        self.tree = self.batch_project({f"{which}.{isolation}": (which, self.PATTERN, isolation, "")
                                        for which, isolation in WAYS})

    def run_all(self, **environment):
        self.done = self.ctest(self.tree, "-j2", env=self.environment(**environment))
        self.assert_nothing_left()

    def found(self, name):
        """Of a case that has two records, the later one counts."""
        return {record["case"]: record["outcome"] for record in self.case_records(self.runs(self.tree)[-1])
                if record["test"] == name}


class OutsideCases(EachWay):
    PATTERN = "Board.*:Bus.*"

    def words_of(self, form, words):
        """The lines of the report that have these words."""
        return [line for line in self.report(self.tree, form).splitlines() if words in line]

    def test_what_an_environment_skips_is_skipped_with_its_words(self):
        self.run_all(SET_UP="skip")
        self.assertEqual(self.done.returncode, 0, self.done.text)
        for name in self.names:
            self.assertEqual(self.found(name), dict.fromkeys(CASES, "skipped"), name)
        tests = {test["name"]: test for test in self.report(self.tree)["tests"]}
        self.assertEqual({tests[name]["outcome"] for name in self.names}, {"passed"})

    def test_a_failure_of_an_environment_has_its_own_words(self):
        for environment, words in (({"SET_UP": "fail"}, "the licence server is down"),
                                   ({"TEAR_DOWN": "fail"}, "two sockets are open"),
                                   ({"SUITE": "fail"}, "rows are left")):
            with self.subTest(words):
                self.run_all(**environment)
                for name in self.names:
                    self.assertRegex(self.done.text, rf"{name} \.+\**Failed")
                for form in ("text", "junit", "github"):
                    said = self.words_of(form, words)
                    self.assertTrue(said, form)
                    if form == "text":
                        # In each test, or in each of its cases.
                        self.assertGreaterEqual(len([line for line in said if "outside_cases.cpp" in line]), 5)
                        self.assertFalse([line for line in said if "[---" in line or "[===" in line], said)


    def test_an_environment_may_start_the_program_anew(self):
        self.run_all(SET_UP="anew")
        for name in self.names:
            if not name.endswith(".fork"):  # there it would be a process for one case that does it
                self.assertEqual(self.found(name), dict.fromkeys(CASES, "passed"), name)


class Copies(EachWay):
    PATTERN = "Copy.*"

    def test_only_the_main_process_speaks(self):
        for copy in ("fail", "abort", "exit", "skip"):
            with self.subTest(copy):
                self.run_all(COPY=copy)
                self.assertEqual(self.done.returncode, 0, self.done.text)
                for name in self.names:
                    self.assertEqual(self.found(name), dict.fromkeys(
                        ("Copy.forks", "Copy.next", "Copy.last"), "passed"), name)


if __name__ == "__main__":
    unittest.main()
