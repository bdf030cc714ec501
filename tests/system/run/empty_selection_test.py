"""A ctest that selects no test has an outcome of its own, and the setting `no-tests` says what
follows (docs/reference/outcomes.md)."""

import json
import unittest
import xml.etree.ElementTree as ElementTree

from support import CTEST, HOLDFAST, ProjectCase, no_keeper_of, script_step, wait_until

LINE = "holdfast: no tests: ctest selected none"


class EmptySelectionCase(ProjectCase):
    def ran(self, *arguments, toml="", text="add_test(NAME a COMMAND true)\n"):
        source = self.work / "project"
        source.mkdir(exist_ok=True)
        (source / "holdfast.toml").write_text(toml)
        self.tree = self.project(text)
        done = self.ctest(self.tree, *arguments)
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        return done

    def report(self, form, *run):
        done = self.finish(HOLDFAST, "report", *run, "--tree", self.tree, "--format", form)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def reported(self, *run):
        """The run's outcome, if it has one, and the outcomes of its tests."""
        report = json.loads(self.report("json", *run))
        return report["run"].get("outcome"), {test["name"]: test["outcome"] for test in report["tests"]}


class EmptySelection(EmptySelectionCase):
    def test_it_is_said_in_every_format_and_ctests_code_stays(self):
        done = self.ran("-R", "nothing")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertIn(LINE + " by -R nothing\n", done.text)
        self.assertEqual(json.loads(self.report("json"))["run"]["outcome"], "no_tests")
        suite = ElementTree.fromstring(self.report("junit")).find("testsuite")
        properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
        self.assertEqual(properties["holdfast.outcome"], "no_tests")
        self.assertIn("No tests: ctest selected none by -R nothing.\n", self.report("text"))

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


class WithoutPreTest(EmptySelectionCase):
    """If ctest runs no `holdfast begin`, the first test file begins the run, whatever ctest
    selects."""

    TESTS = """
add_test(NAME a COMMAND true)
set_tests_properties(a PROPERTIES LABELS "one;another") # ctest's summary of them stands at the end of its log
add_test(NAME bare COMMAND false)
set_tests_properties(bare PROPERTIES HOLDFAST_ENABLED OFF)
"""

    def script(self, commands, toml=""):
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(toml)
        self.tree = self.project(self.TESTS)
        self.script_file = self.work / "script.cmake"
        self.script_file.write_text(script_step(self.work / "project", self.tree, commands))
        done = self.finish(CTEST, "-V", "-S", self.script_file, cwd=self.work)
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        for run in self.runs(self.tree):
            self.assertEqual([(r["complete"], r.get("log", True)) for r in self.records(run, "run_ended")],
                             [(True, True)], run)
        return done.returncode, (done.stdout + done.stderr).decode()

    def test_a_script_that_selects_none_has_a_run(self):
        code, said = self.script("ctest_test(INCLUDE nothing)", toml="[profile.default]\nno-tests = 'fail'\n")
        self.assertEqual(said.count(LINE), 1, said)
        self.assertEqual(self.reported(), ("no_tests", {}))
        plain = self.finish(CTEST, "-V", "-S", self.script_file, cwd=self.work,
                            env=self.environment(HOLDFAST_DISABLE="1"))
        self.assertEqual(code, plain.returncode, said)

    def test_each_of_a_scripts_has_its_own(self):
        # The last test has labels: after that ctest ends.
        selections = ["nothing", "^a$", "nothing", "nothing", "bare", "nothing", "^a$"]
        _, said = self.script("\n".join(f'ctest_test(INCLUDE "{one}")' for one in selections))
        empty, passed, failed = ("no_tests", {}), (None, {"a": "passed"}), (None, {"bare": "failed"})
        expected = [empty, passed, empty, empty, failed, empty, passed]
        self.assertEqual([self.reported(run.name) for run in self.runs(self.tree)], expected)
        self.assertEqual(said.count(LINE), 4, said)
        self.assertEqual(said.count("holdfast: 1 test through Holdfast: 1 passed"), 2, said)

    def test_a_sub_directory_whose_tests_have_labels_comes_to_its_end(self):
        source = self.work / "project/below"
        source.mkdir(parents=True)
        (source / "CMakeLists.txt").write_text("add_test(NAME b COMMAND true)\n"
                                               "set_property(TEST b PROPERTY LABELS one another)\n")
        tree = self.project("add_subdirectory(below)\n")
        self.ctest(tree / "below")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        run, = self.runs(tree)
        self.assertEqual([(r["complete"], r.get("log", True)) for r in self.records(run, "run_ended")], [(True, True)])

    def test_a_sub_directory_that_selects_none_has_a_run(self):
        source = self.work / "project/below"
        source.mkdir(parents=True)
        (source / "CMakeLists.txt").write_text("add_test(NAME b COMMAND true)\n")
        done = self.ran(text=self.TESTS + "add_subdirectory(below)\n")
        self.assertEqual(done.returncode, 8, done.text)
        done = self.ctest(self.tree / "below", "-R", "^a$")
        self.assertEqual(done.returncode, 0, done.text)
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        self.assertEqual(done.text.count(LINE), 1, done.text)
        self.assertEqual(self.reported(), ("no_tests", {}))
        self.assertEqual(len(self.runs(self.tree)), 2)


if __name__ == "__main__":
    unittest.main()
