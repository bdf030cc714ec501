"""Batches of programs whose main() does more in a real run than for a list, or returns before it."""

import unittest

from batches_test import Batch

UNLINKED = [("start_up", "none"), ("start_up", "process")]
LINKED = [("start_up_linked", isolation) for isolation in ("none", "process", "fork")]
WAYS = [*UNLINKED, *LINKED, ("start_up_in_library", "fork")]


class StartUp(Batch):
    def run_all(self, ways=WAYS, more="", **environment):
        self.names = [f"{program}.{isolation}" for program, isolation in ways]
        self.tree = self.batch_project({f"{program}.{isolation}": (program, "*", isolation, more)
                                        for program, isolation in ways})
        self.done = self.ctest(self.tree, "-j2", env=self.environment(**environment))
        self.assert_nothing_left()

    def test_each_case_finds_what_a_real_run_sets_up(self):
        self.run_all()
        for name in self.names:
            self.assertEqual(self.outcomes(self.tree, name),
                             {"StartUp.was_there": "passed", "StartUp.finds_a_fault": "failed"}, name)
        self.assertRegex(self.done.text, 'holdfast: .*"start_up_in_library.fork": .*wrap does not reach')

    def test_what_main_does_after_the_cases_happens_for_each_of_them(self):
        after = self.work / "after"
        self.run_all([("start_up_linked", "fork")], AFTER=str(after))
        # Two cases, and the process that has forked them.
        self.assertEqual(after.read_text(), 3 * "after\n")

    def test_a_program_that_returns_before_its_cases_decides_by_its_exit_code(self):
        for code, said, outcome in (0, "Passed", "passed"), (77, "Skipped", "skipped"), (3, "Failed", "failed"):
            with self.subTest(code=code):
                self.run_all(more="SKIP_RETURN_CODE 77", EARLY=str(code))
                tests = {test["name"]: test for test in self.report(self.tree)["tests"]}
                for name in self.names:
                    self.assertRegex(self.done.text, rf"{name} \.+[ *]*{said}")
                    self.assertEqual((tests[name]["outcome"], self.outcomes(self.tree, name)), (outcome, {}), name)


if __name__ == "__main__":
    unittest.main()
