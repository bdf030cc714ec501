"""What `holdfast report` shows of a real run in each format (docs/reference/report-formats.md)."""

import json
import os
import shutil
import unittest
import xml.etree.ElementTree as ElementTree

from support import HOLDFAST, ProjectCase, no_keeper_of, wait_until

PROJECT = """
add_test(NAME plain COMMAND true)
add_test(NAME says_why COMMAND sh -c "seq 2000; printf '/s/a.cpp:7: Failure\\\\nExpected: x\\\\n'; exit 1")
foreach(name one other)
  add_test(NAME ${name} COMMAND sleep 0.3)
  set_tests_properties(${name} PROPERTIES HOLDFAST_LOCKS "db:shared")
endforeach()
"""


class ReportFormats(ProjectCase):
    def setUp(self):
        super().setUp()
        self.tree = self.project(PROJECT)
        self.assertEqual(self.ctest(self.tree, "-j4").returncode, 8)
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")

    def report(self, form, run="latest"):
        done = self.finish(HOLDFAST, "report", run, "--tree", self.tree, "--format", form)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    @unittest.skipIf(os.geteuid() != 0, "only root can make links of others")
    def test_a_link_of_somebody_else_is_not_followed(self):
        link, target = self.work / "link", self.work / "target"
        link.symlink_to(target)
        words = (HOLDFAST, "report", "--tree", self.tree, "--output", link)
        os.lchown(link, 65534, 65534)
        done = self.finish(*words)
        self.assertEqual((done.returncode, target.exists()), (2, False))
        self.assertIn(f"failed to write {link}: found a link of user 65534, expected one of this user", done.stderr.decode())
        os.lchown(link, os.geteuid(), -1)
        self.assertEqual(self.finish(*words).returncode, 0)
        self.assertIn("says_why", target.read_text())

    def test_junit_tells_a_failure_in_its_own_words(self):
        cases = {case.get("name"): case for case in ElementTree.fromstring(self.report("junit")).iter("testcase")}
        self.assertEqual(set(cases), {"plain", "says_why", "one", "other"})
        self.assertEqual(list(cases["plain"]), [])
        red = cases["says_why"]
        self.assertEqual((red.get("file"), red.get("line")), ("/s/a.cpp", "7"))
        failure = red.find("failure")
        self.assertTrue(failure.get("message").endswith("; /s/a.cpp:7: Expected: x"), failure.get("message"))
        self.assertTrue(failure.text.endswith("\n/s/a.cpp:7: Failure\nExpected: x\n"), failure.text)
        self.assertNotIn("\n100\n", failure.text)
        self.assertIn("\n100\n", red.find("system-out").text)

    def test_perls_prove_reads_tap(self):
        if shutil.which("prove") is None:
            self.skipTest("prove of Perl is not installed")
        file = self.work / "r.tap"
        file.write_text(self.report("tap"))
        done = self.finish("prove", "--exec", "cat", file)
        said = done.stdout.decode() + done.stderr.decode()
        self.assertEqual(done.returncode, 1, said)
        self.assertIn("Failed 1/4 subtests", said)
        self.assertNotIn("Parse error", said)

    def test_the_trace_has_each_test_at_its_time(self):
        tests = {test["name"]: test for test in json.loads(self.report("json"))["tests"]}
        trace = json.loads(self.report("trace"))
        self.assertTrue(trace["otherData"]["complete"])
        slices = {one["name"]: one for one in trace["traceEvents"] if one.get("cat") == "test"}
        self.assertEqual(set(slices), set(tests))
        first = min(test["attempts"][0]["started"] for test in tests.values())
        for name, one in slices.items():
            attempt = tests[name]["attempts"][0]
            self.assertEqual(one["args"]["outcome"], attempt["outcome"])
            self.assertAlmostEqual((one["ts"] + one["dur"]) / 1e6, attempt["ended"] - first, places=2)
        # They ran at the same time, so they have lanes of their own.
        self.assertNotEqual(slices["one"]["tid"], slices["other"]["tid"])

    def test_github_gets_annotations_and_a_page_for_the_job(self):
        page = self.work / "page.md"
        page.write_text("# of an earlier step\n")
        done = self.finish(HOLDFAST, "report", "--tree", self.tree, "--format", "github",
                           env=self.environment(GITHUB_STEP_SUMMARY=str(page)))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        error, notice = done.stdout.decode().splitlines()
        self.assertEqual(error, "::error title=says_why%3A failed,file=/s/a.cpp,line=7::Expected: x%0A"
                         + error.partition("%0A")[2])
        self.assertTrue(notice.startswith("::notice title=holdfast::4 planned, 4 run: 3 passed, 1 failed%0A"), notice)
        text = page.read_text()
        self.assertTrue(text.startswith("# of an earlier step\n### :x: 1 went wrong\n"), text)
        self.assertIn("\n2000\n/s/a.cpp:7: Failure\nExpected: x\n```\n", text)
        self.assertLess(len(text), 8000)
        notes = self.work / "notes"
        again = self.finish(HOLDFAST, "report", "--tree", self.tree, "--format", "github", "--output", notes,
                            env=self.environment(GITHUB_STEP_SUMMARY=str(page)))
        self.assertEqual((again.returncode, again.stdout, again.stderr), (0, b"", b""))
        self.assertEqual(notes.read_bytes(), done.stdout)
        self.assertEqual(page.read_text(), text + text.removeprefix("# of an earlier step\n"))

    def test_a_page_that_cannot_be_written_is_named(self):
        full = self.work / "full.md"
        full.write_text("x" * (1 << 20))
        for page, why in ((self.tree, "Is a directory"), ("/dev/full", "No space left on device"),
                          (full, "it has 1048576 bytes already, and GitHub takes 1048576")):
            with self.subTest(page=page):
                done = self.finish(HOLDFAST, "report", "--tree", self.tree, "--format", "github",
                                   env=self.environment(GITHUB_STEP_SUMMARY=str(page)))
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stderr.decode(), f"holdfast: failed to write the job's summary to {page}: {why}\n")

    def test_a_file_beside_that_of_stdout_is_another_one(self):
        report, other = self.work / "report.txt", self.work / "other.txt"
        report.write_text("from an earlier run")
        with open(other, "wb") as stdout:
            done = self.finish(HOLDFAST, "report", "--tree", self.tree, "--output", report, stdout=stdout)
        self.assertEqual((done.returncode, done.stderr, other.read_bytes()), (0, b"", b""))
        self.assertTrue(report.read_text().startswith("Run "))

    def printed(self, run, test):
        cases = ElementTree.fromstring(self.report("junit", run)).iter("testcase")
        return [case.find("system-out").text for case in cases if case.get("name") == test][0]

    def test_the_output_of_a_red_test_stays_with_its_run(self):
        run = json.loads(self.report("json"))["run"]["id"]
        before = self.printed(run, "says_why")
        self.assertTrue(before.endswith("\n2000\n/s/a.cpp:7: Failure\nExpected: x\n"), before[-100:])
        for _ in range(5):
            self.assertEqual(self.ctest(self.tree, "-R", "plain").returncode, 0)
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        self.assertEqual(self.printed(run, "says_why"), before)


if __name__ == "__main__":
    unittest.main()
