"""The names of these cases are no identifiers, but none is left out (docs/reference/batches.md)."""

import unittest
import xml.etree.ElementTree as ElementTree

from batches_test import Batch

ODD = {f"Odd names.{name}": "failed" for name in (
    "blank bad", "tab\tbad", "line\nbad", "bad (0 ms)", "bad, where x", "bad  # x", "umlaut ä bad",
    'quote "\\/ bad', "dash-bad", "star*bad", "colon:bad", "what?bad")}
ODD.update({"First.bad": "failed", "Odd names.good": "passed", "Odd names.good too": "passed",
            "Odd names.": "passed", ".no suite": "passed", "Nobad.": "failed",
            "a.DISABLED_b.bad": "failed", "Slash/of a type.bad": "failed"})
WAYS = [("case_names", "none"), ("case_names", "process"), ("case_names", "fork"),
        ("case_names_linked", "none"), ("case_names_linked", "process"), ("case_names_linked", "fork")]


class OddNames(Batch):
    def ran(self, pattern, ways, more):
        tests = {f"{which}.{isolation}": (which, pattern, isolation, more) for which, isolation in ways}
        self.tree = self.batch_project(tests)
        self.done = self.ctest(self.tree, "-j2", "--output-on-failure")
        return tests

    def outcomes_of(self, pattern, ways=WAYS, more=""):
        return {name: self.outcomes(self.tree, name) for name in self.ran(pattern, ways, more)}

    def test_each_runs_and_has_its_result(self):
        for name, outcomes in self.outcomes_of("*-Near.*:Same.*").items():
            with self.subTest(name):
                wanted = dict(ODD)
                if name == "case_names.none":
                    # Holdfast knows only its output, line by line.
                    wanted["Odd names.line"] = wanted.pop("Odd names.line\nbad")
                self.assertEqual(outcomes, wanted)
        counted = self.report(self.tree)["counts"]["cases"]
        self.assertEqual(counted["planned"], len(WAYS) * len(ODD))
        junit = ElementTree.fromstring(self.report(self.tree, "junit"))
        self.assertEqual(len(list(junit.iter("testcase"))), len(WAYS) * len(ODD))

    def test_a_filter_for_one_selects_no_other(self):
        for name, outcomes in self.outcomes_of("Near.*", WAYS[1:]).items():
            self.assertEqual(outcomes, {"Near.a-b": "passed", "Near.aXb": "passed",
                                        "Near.aXb bad": "failed"}, name)

    def test_one_that_no_filter_tells_from_another_is_red_in_words(self):
        for name, outcomes in self.outcomes_of("Same.*:First.*").items():
            with self.subTest(name):
                if name.endswith(".none"):
                    self.assertEqual(outcomes, {"First.bad": "failed", "Same.a-b": "passed",
                                                "Same.a:b": "passed"})
                    continue
                self.assertEqual(outcomes, {"First.bad": "failed", "Same.a-b": "not_run",
                                            "Same.a:b": "not_run"})
        self.assertIn("2 not run (no filter of GoogleTest's tells it from Same.a:b)", self.done.text)
        self.assertEqual(self.done.returncode, 8)

    def test_only_listed_ones_that_cannot_run_are_red_whatever_the_test_says(self):
        self.outcomes_of("Same.*", WAYS[1:2], more="WILL_FAIL ON")
        self.assertEqual(self.done.returncode, 8, self.done.text)

    def test_those_that_failed_are_selected_alone_again(self):
        ways = WAYS[1:2] + WAYS[5:]
        self.ran("Near.*:Odd*dash*", ways, "HOLDFAST_RETRY exit:1=1")
        for which, isolation in ways:
            found = [(r["case"], r["outcome"]) for r in self.case_records(self.runs(self.tree)[-1])
                     if r["test"] == f"{which}.{isolation}"]
            self.assertEqual(sorted(found), sorted([("Near.a-b", "passed"), ("Near.aXb", "passed")] +
                             2 * [("Near.aXb bad", "failed"), ("Odd names.dash-bad", "failed")]))


    def test_a_printed_list_that_may_hide_cases_leaves_them_in_one_process(self):
        for quiet in (None, "1"):
            outcomes = self.outcomes_of("First.*:Odd*", WAYS[1:3], more=f"ENVIRONMENT PRINTED_LIST=1")
            again = self.ctest(self.tree, "-j2", "--output-on-failure",
                               env=self.environment(QUIET=quiet))
            self.assertEqual(again.text.count("its list of cases is unreadable: "), 2,
                             again.text)
            whole = self.outcomes_of("First.*:Odd*", [("case_names", "none")])
            for of_way in outcomes.values():
                self.assertEqual(of_way, whole["case_names.none"])

    def test_a_printed_list_is_enough_where_it_is_plain(self):
        tree = self.batch_project({"plain": ("case_names", "Near.aXb:Same.a-b", "process",
                                             'ENVIRONMENT "QUIET=1;PRINTED_LIST=1"')})
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual(self.outcomes(tree, "plain"), {"Near.aXb": "passed"})


class Listing(Batch):
    def test_a_test_that_lists_its_cases_runs_none(self):
        tests = "\n".join(
            f"add_test(NAME {which}.{isolation} COMMAND @P@/{which} --gtest_list_tests)\n"
            f"set_tests_properties({which}.{isolation} PROPERTIES HOLDFAST_ISOLATION {isolation})"
            for which, isolation in WAYS)
        tree = self.project(tests)
        done = self.ctest(tree, "-V")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual(done.text.count("  dash-bad\n"), len(WAYS))
        self.assertEqual(done.text.count("RUN"), 0)
        for which, isolation in WAYS:
            self.assertEqual(self.outcomes(tree, f"{which}.{isolation}"), {})


if __name__ == "__main__":
    unittest.main()
