"""A retry of a batch runs only those cases again that went wrong (issue 6,
docs/reference/batches.md)."""

import unittest

from retrying import Retry, verdicts
from support import PROGRAMS

WAYS = [("case_ends", "none"), ("case_ends", "process"), ("case_ends_linked", "none"),
        ("case_ends_linked", "process"), ("case_ends_linked", "fork")]


class Batches(Retry):
    def batch(self, name, which, isolation, pattern, retry):
        return (f'add_test(NAME {name} COMMAND @P@/{which} "--gtest_filter={pattern}")\n'
                f"set_tests_properties({name} PROPERTIES HOLDFAST_ISOLATION {isolation} "
                f"HOLDFAST_RETRY {retry})\n")

    def cases(self, tree, test):
        """The recorded cases of each attempt."""
        found = {}
        for record in self.case_records(self.runs(tree)[-1]):
            if record["test"] == test:
                found.setdefault(record["attempt"], {})[record["case"]] = record["outcome"]
        return [found[r["attempt"]] for r in self.ends(tree, test) if r["attempt"] in found]

    def test_only_those_that_went_wrong_are_run_again(self):
        tree, done = self.ran(*(self.batch(f"{which}.{isolation}", which, isolation, "Again.*", "any=2")
                                for which, isolation in WAYS), arguments=("-j2",))
        report = {test["name"]: test for test in self.report(tree)["tests"]}
        for which, isolation in WAYS:
            name = f"{which}.{isolation}"
            with self.subTest(name):
                self.assertEqual(verdicts(done.text)[name], "Passed")
                self.assertEqual(self.cases(tree, name), [
                    {"Again.passes": "passed", "Again.fails_first": "failed",
                     "Again.crashes_first": "crashed", "Again.passes_too": "passed"},
                    {"Again.fails_first": "passed", "Again.crashes_first": "passed"}])
                shown = report[name]
                self.assertEqual({c["name"]: c["outcome"] for c in shown["cases"]}, dict.fromkeys(
                    ("Again.passes", "Again.fails_first", "Again.crashes_first", "Again.passes_too"),
                    "passed"))
                self.assertEqual((shown["outcome"], shown["flags"]), ("passed", ["flaky"]))
        self.assert_nothing_left()

    def test_a_batch_that_crashed_is_tried_again_by_the_signal(self):
        tree, done = self.ran(self.batch("hit", "case_ends", "process", "Ends.segfault", "signal:SIGSEGV=1"),
                              self.batch("missed", "case_ends", "process", "Ends.abort", "signal:SIGSEGV=1"))
        self.assertEqual({test: len(self.ends(tree, test)) for test in ("hit", "missed")},
                         {"hit": 2, "missed": 1}, done.text)

    def test_one_that_stays_wrong_is_wrong_in_the_end(self):
        tree, done = self.ran(self.batch("f", "case_ends", "process", "Again.passes:Ends.fail", "any=1"))
        self.assertEqual(verdicts(done.text), {"f": "***Failed"})
        self.assertEqual(self.cases(tree, "f"), [{"Again.passes": "passed", "Ends.fail": "failed"},
                                                 {"Ends.fail": "failed"}])
        counts = self.report(tree)["counts"]["cases"]
        self.assertEqual((counts["planned"], counts["passed"], counts["failed"]), (2, 1, 1))

    def test_all_are_run_again_if_the_program_could_not_say_which_there_are(self):
        wrapped = self.work / "wrapped"
        wrapped.write_text(f'#!/bin/sh\ncase "$*" in *--gtest_list_tests*) exit 3;; esac\nexec {PROGRAMS}/case_ends "$@"\n')
        wrapped.chmod(0o755)
        tree, done = self.ran(f'add_test(NAME t COMMAND "{wrapped}" "--gtest_filter=Again.*")\n'
                              "set_tests_properties(t PROPERTIES HOLDFAST_ISOLATION none HOLDFAST_RETRY any=1)\n")
        first, second = self.cases(tree, "t")
        self.assertEqual(first, {"Again.passes": "passed", "Again.fails_first": "failed", "Again.crashes_first": "crashed"})
        self.assertEqual(second, dict.fromkeys(("Again.passes", "Again.fails_first", "Again.crashes_first",
                                                "Again.passes_too"), "passed"), done.text)


if __name__ == "__main__":
    unittest.main()
