"""Reports that holdfast.toml wants (`reports = […]`) are written when a run has ended."""

import json
import os
import signal
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

from processes import children_of, command_of, keepers_of
from support import CTEST, HOLDFAST, PATIENCE_S, ProjectCase, no_keeper_of, script_step, wait_until

PROJECT = """
add_test(NAME green COMMAND true)
add_test(NAME red COMMAND sh -c "printf '/s/a.cpp:7: Failure\\\\nExpected: x\\\\n'; exit 1")
add_test(NAME hangs COMMAND sh -c "while [ -e ${CMAKE_SOURCE_DIR}/hang ]; do sleep 0.02; done")
"""
REPORTS = '["json:out/r.json", "junit:r.xml", "html:r.html", "text:r.txt", "github"]'


class WantedReports(ProjectCase):
    def setUp(self):
        super().setUp()
        self.tree = self.project(PROJECT)
        self.source = self.work / "project"
        self.want(REPORTS)

    def want(self, reports, more=""):
        (self.source / "holdfast.toml").write_text(f"[profile.default]\nreports = {reports}\n{more}")

    def json(self):
        return json.loads((self.tree / "out/r.json").read_text())

    def test_each_is_written_and_what_has_no_file_is_printed(self):
        page = self.work / "page.md"
        done = self.ctest(self.tree, env=self.environment(GITHUB_STEP_SUMMARY=str(page)))
        self.assertEqual(done.returncode, 8)
        self.assertTrue(self.json()["run"]["complete"])
        self.assertEqual(self.json()["counts"]["failed"], 1)
        suite = ElementTree.parse(self.tree / "r.xml").getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("3", "1"))
        self.assertIn("<!DOCTYPE html>", (self.tree / "r.html").read_text())
        self.assertIn("3 planned, 3 run: 2 passed, 1 failed", (self.tree / "r.txt").read_text())
        self.assertIn("::error title=red%3A failed,file=/s/a.cpp,line=7::Expected: x%0A", done.text)
        self.assertTrue(page.read_text().startswith("### :x: 1 went wrong\n"))
        self.assertEqual([file.name for file in self.tree.glob("*.tmp")], [])

    def test_the_keeper_does_not_write_them_again(self):
        pipe = self.tree / "r.xml"
        os.mkfifo(pipe)
        ctest = self.start(CTEST, "-R", "green", cwd=self.tree, stdout=subprocess.DEVNULL)
        ElementTree.fromstring(pipe.read_text())  # of `holdfast end`
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        # Who writes again waits for a reader.
        self.addCleanup(lambda: os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)))
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")

    def test_a_profile_has_its_own(self):
        self.want("[]", '[profile.ci]\nreports = ["json:out/r.json"]\n')
        self.ctest(self.tree)
        self.assertFalse((self.tree / "out").exists())
        self.ctest(self.tree, env=self.environment(HOLDFAST_PROFILE="ci"))
        self.assertTrue(self.json()["run"]["complete"])

    def begin(self, stdout=subprocess.DEVNULL):
        (self.source / "hang").touch()
        ctest = self.start(CTEST, "-j3", cwd=self.tree, stdout=stdout, stderr=subprocess.DEVNULL)
        wait_until(lambda: any(one["test"] == "hangs" for run in self.runs(self.tree)
                               for one in self.records(run, "attempt_started")), "the test to start")
        return ctest

    def test_a_run_that_died_has_its_reports_and_they_say_so(self):
        ctest = self.begin()
        ctest.kill()
        ctest.wait()
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        self.assertFalse(self.json()["run"]["complete"])
        self.assertIn("INCOMPLETE", (self.tree / "r.txt").read_text())

    def test_a_run_whose_keeper_died_has_its_reports(self):
        ctest = self.begin()
        keeper, = keepers_of(self.tree)
        os.kill(keeper.pid, signal.SIGKILL)
        self.assert_gone([keeper])
        (self.source / "hang").unlink()
        self.assertEqual(ctest.wait(PATIENCE_S), 8)
        self.assertTrue(self.json()["run"]["complete"])
        self.assertIn("keeper_until", self.json()["run"])
        self.assertEqual({test["name"]: test["verdict"] for test in self.json()["tests"]},
                         {"green": "passed", "red": "failed", "hangs": "passed"})

    def test_and_if_nobody_can_tell_which_are_wanted_it_has_its_summary(self):
        ctest = self.begin(subprocess.PIPE)
        keeper, = keepers_of(self.tree)
        os.kill(keeper.pid, signal.SIGKILL)
        self.assert_gone([keeper])
        (self.source / "holdfast.toml").write_text("x = 1\n[profile.default]\ny = 2\n")
        (self.source / "hang").unlink()
        said, _ = ctest.communicate(timeout=PATIENCE_S)
        self.assertEqual(ctest.returncode, 8)
        self.assertRegex(said.decode(), rf"holdfast: no reports: {self.source}/holdfast.toml:1: .*; {self.source}/holdfast.toml:3: ")

    def test_a_run_whose_end_was_killed_has_its_reports_once(self):
        (self.tree / "out").mkdir()
        os.mkfifo(self.tree / "out/r.json")  # `holdfast end` waits for its reader
        ctest = self.start(CTEST, "-R", "green", cwd=self.tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True)
        wait_until(lambda: any(self.records(run, "run_ended") for run in self.runs(self.tree)), "the end of the run")
        end, = [pid for pid in children_of(ctest.pid) if "end" in command_of(pid)]
        (self.tree / "out/r.json").unlink()
        os.kill(end, signal.SIGKILL)
        said, _ = ctest.communicate(timeout=PATIENCE_S)
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        self.assertTrue(self.json()["run"]["complete"])
        self.assertEqual(said.count("holdfast: 1 test through Holdfast"), 1)
        self.assertEqual(said.count("::notice") + said.count("1 planned"), 0)

    def test_a_script_and_a_run_without_post_test_have_them_too(self):
        script = self.work / "script.cmake"
        script.write_text(script_step(self.source, self.tree, "ctest_test()"))
        self.finish(CTEST, "-S", script, "-V")
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        self.assertEqual(self.json()["counts"]["planned"], 3)

    def test_what_cannot_be_written_is_one_line_and_fails_no_run(self):
        self.want('["json:/proc/nowhere/r.json", "text:out/r.txt"]')
        done = self.ctest(self.tree, "-R", "green")
        self.assertEqual(done.returncode, 0)
        self.assertEqual([line for line in done.text.splitlines() if "report" in line],
                         ['holdfast: ignoring that the report json:/proc/nowhere/r.json is missing: failed to write '
                          '/proc/nowhere/r.json: No such file or directory'])
        self.assertTrue((self.tree / "out/r.txt").exists())
        logged = self.finish(HOLDFAST, "log", "--tree", self.tree)
        self.assertIn(b"the report json:/proc/nowhere/r.json is missing", logged.stdout)

    def test_wrong_entries_are_refused(self):
        for entry in ('"xml:a"', '"junit"', '"junit:"', '"html:a,b"', "7"):
            self.want(f"[{entry}]")
            done = self.ctest(self.tree, "-R", "green")
            self.assertEqual(done.returncode, 8)
            self.assertIn("holdfast.toml:2: reports in [profile.default]: found ", done.text)
            self.assertIn('expected a list of reports such as "junit:results.xml" or "html:report.html"', done.text)


if __name__ == "__main__":
    unittest.main()
