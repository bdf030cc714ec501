"""GoogleTest programs and pytest run under plain add_test(): they exit in the middle, or have
nothing to run."""

import json
import unittest
from pathlib import Path

from support import HOLDFAST, ProjectCase, SystemCase, no_keeper_of, program, wait_until

CASES = program("googletest_cases")

# name: arguments, environment, outcome, ctest's words for its end.
TESTS = {
    "passes": (["--gtest_filter=Case.Passes"], {}, "passed", "Passed"),
    "fails": (["--gtest_filter=Case.Fails"], {}, "failed", "***Failed"),
    "skips": (["--gtest_filter=Case.IsSkipped"], {}, "passed", "Passed"),
    "disabled": (["--gtest_filter=Case.DISABLED_IsNotRun"], {}, "passed", "Passed"),
    "exits_0": (["--gtest_filter=Case.ExitsWithZero"], {}, "premature_exit", "Subprocess aborted"),
    "exits_3": (["--gtest_filter=Case.ExitsWithThree"], {}, "failed", "***Failed"),
    "aborts": (["--gtest_filter=Case.Aborts"], {}, "crashed", "Subprocess aborted"),
    # Only where a setting wants a verdict is a program asked whether it had anything to run.
    "no_match": (["--gtest_filter=No.Such"], {}, "passed", "Passed"),
    "no_match_fails": (["--gtest_filter=No.Such"], {}, "no_tests", "Subprocess aborted"),
    "no_match_skips": (["--gtest_filter=No.Such"], {}, "no_tests", "***Skipped"),
    "lists": (["--gtest_filter=No.Such", "--gtest_list_tests"], {}, "passed", "Passed"),
    "own_report": (["--gtest_filter=No.Such", "--gtest_output=xml:own.xml"], {}, "passed", "Passed"),
    # No argument says that this is GoogleTest, so Holdfast looks into the program's file.
    "all_exit_0": ([], {}, "premature_exit", "Subprocess aborted"),
    "filter_in_environment": ([], {"GTEST_FILTER": "No.Such"}, "passed", "Passed"),
    "filter_in_environment_fails": ([], {"GTEST_FILTER": "No.Such"}, "no_tests", "Subprocess aborted"),
    "shard": (["--gtest_filter=Case.Passes"],
              {"GTEST_TOTAL_SHARDS": "3", "GTEST_SHARD_INDEX": "2"}, "passed", "Passed"),
    "own_file": (["--gtest_filter=Case.ExitsWithZero"], {"TEST_PREMATURE_EXIT_FILE": "own.file"},
                 "passed", "Passed"),
    "starts_another": (["--gtest_filter=Case.StartsAnotherThatExits"], {"GOOGLETEST_CASES": CASES},
                       "passed", "Passed"),
    # Another program inherits the variable and removes the file. Nobody knows then whether the
    # test's own cases were through.
    "another_then_exits": (["--gtest_filter=Another.Starts*:Afterwards.*"],
                           {"GOOGLETEST_CASES": program("case_ends")}, "passed", "Passed"),
    "itself_then_exits": (["--gtest_filter=Another.Starts*:Afterwards.*"],
                          {"GOOGLETEST_CASES": CASES}, "passed", "Passed"),
    "reported": (["--gtest_filter=Case.ExitsWithZero"], {}, "passed", "Passed"),
    "ignored": (["--gtest_filter=Case.ExitsWithZero"], {}, "passed", "Passed"),
    "another_then_passes": (["--gtest_filter=Another.Starts*"],
                            {"GOOGLETEST_CASES": program("case_ends")}, "passed", "Passed"),
    "itself_then_passes": (["--gtest_filter=Another.Starts*"], {"GOOGLETEST_CASES": CASES},
                           "passed", "Passed"),
    "will_fail": (["--gtest_filter=Case.ExitsWithZero"], {}, "premature_exit", "Subprocess aborted"),
}
SETTINGS = '''
[[override]]
test = "^(no_match|filter_in_environment)_fails$"
no-tests = "fail"
[[override]]
test = "^reported$"
premature-exit = "report"
[[override]]
test = "^ignored$"
premature-exit = "ignore"
[[override]]
test = "^no_match_skips$"
no-tests = "skip"
'''


class GoogletestTest(ProjectCase):
    def run_project(self, text, settings=""):
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(settings)
        tree = self.project(text)
        ran = self.ctest(tree, "-j4", env=self.environment(GTEST_COLOR="no"))
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        return tree, ran, {r["test"]: r for r in self.records(self.runs(tree)[0], "attempt_ended")}

    def test_a_test_that_had_nothing_to_run_is_named_though_none_is_red(self):
        tree, ran, ended = self.run_project(f"add_test(NAME no_match COMMAND {CASES} --gtest_filter=No.Such)\n")
        self.assertEqual((ran.returncode, ended["no_match"]["outcome"]), (0, "passed"))
        report = json.loads(self.finish(HOLDFAST, "report", "--format", "json", "--tree", tree).stdout)
        self.assertEqual(report["run"]["ran_nothing"], ["no_match"])

    def test_each_end_has_its_outcome(self):
        text = ""
        for name, (arguments, environment, *_) in TESTS.items():
            text += f"add_test(NAME {name} COMMAND {CASES} {' '.join(arguments)})\n"
            if environment:
                pairs = ";".join(f"{k}={v}" for k, v in environment.items())
                text += f'set_tests_properties({name} PROPERTIES ENVIRONMENT "{pairs}")\n'
        text += "set_tests_properties(no_match_skips PROPERTIES SKIP_RETURN_CODE 77)\n"
        text += "set_tests_properties(will_fail PROPERTIES WILL_FAIL ON)\n"
        # A script gets no variable: its children would inherit it, and the file would speak of
        # them.
        text += "add_test(NAME script COMMAND sh -c \"env; : --gtest_\")\n"
        tree, ran, ended = self.run_project(text, SETTINGS)
        for name, (_, _, outcome, status) in TESTS.items():
            with self.subTest(name):
                self.assertEqual(ended[name]["outcome"], outcome, ended[name])
                self.assertNotIn("orphan_markers", ended[name])
                line, = [l for l in ran.text.splitlines() if f": {name} ." in l]
                self.assertIn(status, line)
        self.assertIn("not all its GoogleTest cases", ended["exits_3"]["note"])
        self.assertIn('"exits_0" exited with 0 before', ran.text)
        self.assertIn("premature-exit", ran.text)  # the line names the setting
        self.assertIn('"no_match_fails" found nothing to run', ran.text)
        self.assertIn("exited with 0 before", ended["reported"]["note"])
        self.assertNotIn("note", ended["ignored"])
        self.assertIn("several GoogleTest programs", ended["another_then_exits"]["note"])
        log = (tree / "Testing/Temporary/LastTest.log").read_text()
        self.assertNotIn("TEST_PREMATURE_EXIT_FILE", log)
        self.assertNotIn("GTEST_OUTPUT", log)
        self.assertTrue((tree / "own.xml").exists())
        # The files that Holdfast asked for are gone.
        self.assertFalse((self.runs(tree)[0] / "scratch").exists())
        report = json.loads(self.finish(HOLDFAST, "report", "latest", "--format", "json", "--tree",
                                        tree).stdout)
        # What a test prints is no outcome, but the report says so.
        self.assertEqual(sorted(report["run"]["ran_nothing"]), ["disabled", "filter_in_environment", "no_match", "own_report", "shard"])
        counts = report["counts"]
        self.assertEqual(counts["premature_exit"], 3)
        self.assertEqual(counts["no_tests"], 3)
        self.assertEqual(counts["crashed"], 1)

    def test_a_script_is_asked_for_nothing_whatever_its_arguments(self):
        # It may do anything between its programs, `su` included.
        script = self.work / "script.sh"
        script.write_text("#!/bin/sh\nenv\n")
        script.chmod(0o755)
        tree, ran, ended = self.run_project(f"add_test(NAME script COMMAND {script} --gtest_filter=A.*)\n",
                                            '[profile.default]\nno-tests = "fail"\n')
        self.assertEqual(ended["script"]["outcome"], "passed", ran.text)
        log = (tree / "Testing/Temporary/LastTest.log").read_text()
        self.assertIn("HOLDFAST_MARKER_DIR", log)
        self.assertNotIn("TEST_PREMATURE_EXIT_FILE", log)
        self.assertNotIn("GTEST_OUTPUT", log)

    def test_a_program_that_changes_is_looked_at_again(self):
        target = self.work / "changing"
        text = f"""
add_test(NAME one COMMAND {target} --unknown)
add_test(NAME change COMMAND sh -c "cp {CASES} {target}.new && mv {target}.new {target}")
add_test(NAME two COMMAND {target})
set_tests_properties(change PROPERTIES DEPENDS one)
set_tests_properties(two PROPERTIES DEPENDS change)
"""
        target.write_bytes(Path("/bin/true").read_bytes())
        target.chmod(0o755)
        _, _, ended = self.run_project(text)
        self.assertEqual(ended["one"]["outcome"], "passed")
        self.assertEqual(ended["two"]["outcome"], "premature_exit")

    def test_pytests_exit_5_is_no_tests_and_its_code_stays(self):
        fake = self.work / "pytest"
        fake.write_text("#!/bin/sh\nexit $1\n")
        fake.chmod(0o755)
        text = (f"add_test(NAME five COMMAND {fake} 5)\nadd_test(NAME four COMMAND {fake} 4)\n"
                f"add_test(NAME other COMMAND @P@/exit_with 5)\nadd_test(NAME pass COMMAND {fake} 5)\n")
        _, ran, ended = self.run_project(text, '[[override]]\ntest = "^pass$"\nno-tests = "pass"\n')
        self.assertEqual({n: r["outcome"] for n, r in ended.items()},
                         {"five": "no_tests", "four": "failed", "other": "failed", "pass": "no_tests"})
        self.assertEqual(ended["five"]["exit_code"], 5)
        self.assertIn("25% tests passed, 3 tests failed", ran.text)

    def test_a_run_inside_a_googletest_case_asks_nothing_of_its_own_for_the_outer(self):
        text = (f'add_test(NAME outer COMMAND {CASES} --gtest_filter=Case.StartsAnotherThatExits)\n'
                f'set_tests_properties(outer PROPERTIES ENVIRONMENT '
                f'"GOOGLETEST_CASES={HOLDFAST} run -- env")\n')
        # `env --gtest_filter=…` would fail, but only the environment that it gets matters here.
        text = text.replace("run -- env", f"run -- sh {self.work}/show.sh")
        (self.work / "show.sh").write_text(f"env >{self.work}/env\n")
        _, _, ended = self.run_project(text)
        self.assertEqual(ended["outer"]["outcome"], "passed")
        seen = dict(l.split("=", 1) for l in (self.work / "env").read_text().splitlines() if "=" in l)
        self.assertIn("/scratch/", seen["HOLDFAST_MARKER_DIR"])
        self.assertNotIn("TEST_PREMATURE_EXIT_FILE", seen)


class RunCommandTest(SystemCase):
    def test_a_command_is_known_by_its_arguments(self):
        for arguments, code in ((["--gtest_filter=Case.ExitsWithZero"], 1),
                                (["--gtest_filter=Case.Passes"], 0),
                                (["--gtest_filter=No.Such"], 0)):
            ran = self.finish(HOLDFAST, "run", "--", CASES, *arguments)
            self.assertEqual(ran.returncode, code, ran.stderr)
        ran = self.finish(HOLDFAST, "run", "--no-tests=fail", "--", CASES, "--gtest_filter=No.Such")
        self.assertEqual(ran.returncode, 1, ran.stderr)
        self.assert_our_lines(ran.stderr, 1)


if __name__ == "__main__":
    unittest.main()
