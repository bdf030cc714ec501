"""A ctest that selects no test: an outcome of the run, and what `no-tests` makes of it (docs/outcomes.md)."""

import json
import unittest
import xml.etree.ElementTree as ElementTree

from support import HOLDFAST, ProjectCase, keepers_of, wait_until

LINE = "holdfast: no tests: ctest selected none\n"


class EmptySelection(ProjectCase):
    def ran(self, *arguments, toml="", text="add_test(NAME a COMMAND true)\n"):
        source = self.work / "project"
        source.mkdir(exist_ok=True)
        (source / "holdfast.toml").write_text(toml)
        self.tree = self.project(text)
        done = self.ctest(self.tree, *arguments)
        wait_until(lambda: not keepers_of(self.tree), "the keeper to end")
        return done

    def report(self, form):
        done = self.finish(HOLDFAST, "report", "--tree", self.tree, "--format", form)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def test_it_is_said_in_every_format_and_ctests_code_stays(self):
        done = self.ran("-R", "nothing")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertIn(LINE, done.text)
        self.assertEqual(json.loads(self.report("json"))["run"]["outcome"], "no_tests")
        suite = ElementTree.fromstring(self.report("junit")).find("testsuite")
        properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
        self.assertEqual(properties["holdfast.outcome"], "no_tests")
        self.assertIn("No tests: ctest selected none.\n", self.report("text"))

    def test_a_run_with_a_test_has_no_such_outcome(self):
        done = self.ran("-R", "^a$", toml="[profile.default]\nno-tests = 'fail'\n")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertNotIn("no tests", done.text)
        self.assertNotIn("outcome", json.loads(self.report("json"))["run"])
        self.assertNotIn("holdfast.outcome", self.report("junit").partition("<testcase")[0])

    def test_one_that_is_not_run_through_holdfast_is_a_test(self):
        text = "add_test(NAME b COMMAND true)\nset_tests_properties(b PROPERTIES HOLDFAST_ENABLED OFF)\n"
        done = self.ran(toml="[profile.default]\nno-tests = 'fail'\n", text=text)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertNotIn("ctest selected none", done.text)

    def test_the_profile_says_that_it_is_red(self):
        done = self.ran("-R", "nothing", toml="[profile.default]\nno-tests = 'fail'\n")
        self.assertEqual(done.returncode, 8, done.text)
        self.assertEqual(done.text.count('holdfast: no-tests is "fail": ctest ends with 8\n'), 1)
        for toml in ("[profile.default]\nno-tests = 'pass'\n", "[[override]]\ntest = '.'\nno-tests = 'fail'\n"):
            done = self.ran("-R", "nothing", toml=toml)
            self.assertEqual(done.returncode, 0, done.text)
            self.assertIn(LINE, done.text)


if __name__ == "__main__":
    unittest.main()
