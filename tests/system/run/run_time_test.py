"""The line of a run that tells time, and what else a report says of how tests ended."""

import json
import re
import signal
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

from support import CTEST, HOLDFAST, ProjectCase, no_keeper_of, wait_until

# A run of less than a second has no line of time.
CHAIN = """
add_test(NAME cleanup COMMAND true)
add_test(NAME import COMMAND sleep 1.1)
add_test(NAME setup COMMAND true)
add_test(NAME check COMMAND true)
add_test(NAME other COMMAND true)
set_tests_properties(setup PROPERTIES FIXTURES_SETUP db)
set_tests_properties(import PROPERTIES FIXTURES_REQUIRED db)
set_tests_properties(check PROPERTIES FIXTURES_REQUIRED db DEPENDS import)
set_tests_properties(cleanup PROPERTIES FIXTURES_CLEANUP db)
"""
LOCKS = """
add_test(NAME a COMMAND sleep 0.2)
add_test(NAME b COMMAND sleep 0.2)
add_test(NAME c COMMAND sleep 0.2)
add_test(NAME wide COMMAND sleep 0.2)
set_tests_properties(a b c PROPERTIES HOLDFAST_LOCKS one)
set_tests_properties(wide PROPERTIES PROCESSORS 2)
"""
ENDINGS = r"""
add_test(NAME code COMMAND sh -c "echo begins; echo no network; exit 77")
add_test(NAME words COMMAND sh -c "printf '/s/a.cpp:7: Skipped\\nno GPU\\n\\n[  SKIPPED ] A.b\\n'")
add_test(NAME off COMMAND true)
add_test(NAME gone COMMAND true)
add_test(NAME setup COMMAND sh -c "printf '/s/b.cpp:9: Failure\\nExpected: x\\n'; exit 1")
add_test(NAME needs COMMAND true)
set_tests_properties(code PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties(words PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED")
set_tests_properties(off PROPERTIES DISABLED ON)
set_tests_properties(gone PROPERTIES REQUIRED_FILES /no/such/file)
set_tests_properties(setup PROPERTIES FIXTURES_SETUP f)
set_tests_properties(needs PROPERTIES FIXTURES_REQUIRED f)
"""
TIME_LINE = re.compile(r"^holdfast: \d[\d.]* s.*$", re.MULTILINE)


class RunTime(ProjectCase):
    def report(self, tree, form="json", run="latest", **how):
        done = self.finish(HOLDFAST, "report", run, "--tree", tree, "--format", form, **how)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if form == "json" else done.stdout.decode()

    def time_line(self, text):
        found = TIME_LINE.findall(text)
        self.assertEqual(len(found), 1, text)
        return found[0].removeprefix("holdfast: ")

    def sum_of(self, report, names):
        return sum(test["attempts"][-1]["wall_s"] for test in report["tests"] if test["name"] in names)

    def test_the_chain_of_fixtures_and_depends(self):
        tree = self.project(CHAIN)
        done = self.ctest(tree, "-j2")
        self.assertEqual(done.returncode, 0, done.text)
        line = self.time_line(done.text)
        self.assertIn(" on 2 slots, ", line)
        self.assertIn("(setup \u2192 import \u2192 check \u2192 cleanup)", line)
        report = self.report(tree)
        run = report["run"]
        chain = run["longest_chain"]
        self.assertEqual(chain["tests"], ["setup", "import", "check", "cleanup"])
        self.assertAlmostEqual(chain["seconds"], self.sum_of(report, chain["tests"]), 2)
        wall = run["ended"] - run["started"]
        self.assertLess(chain["seconds"], wall)
        self.assertEqual(run["jobs"], 2)
        used = self.sum_of(report, [test["name"] for test in report["tests"]]) / (2 * wall)
        self.assertAlmostEqual(run["utilisation"], used, 2)
        for form in ("text", "html"):
            self.assertIn(line, self.report(tree, form))

    def test_locks_and_processors(self):
        tree = self.project(LOCKS)
        done = self.ctest(tree, "--parallel", "2")
        self.assertEqual(done.returncode, 0, done.text)
        report = self.report(tree)
        self.assertEqual(sorted(report["run"]["longest_chain"]["tests"]), ["a", "b", "c"])
        wall = report["run"]["ended"] - report["run"]["started"]
        used = (self.sum_of(report, "abc") + 2 * self.sum_of(report, ["wide"])) / (2 * wall)
        self.assertAlmostEqual(report["run"]["utilisation"], used, 2)

    def test_a_test_that_runs_alone(self):
        tree = self.project("""
            add_test(NAME a COMMAND true)
            add_test(NAME alone COMMAND sleep 1.1)
            set_tests_properties(alone PROPERTIES RUN_SERIAL ON)
            """)
        done = self.ctest(tree, "-j2")
        self.assertRegex(self.time_line(done.text), r"\((a \u2192 alone|alone \u2192 a)\)")

    def test_waits_and_time_out(self):
        tree = self.project("""
            add_test(NAME waits COMMAND true)
            add_test(NAME hangs COMMAND sleep 60)
            set_tests_properties(waits PROPERTIES HOLDFAST_LOCKS one)
            set_tests_properties(hangs PROPERTIES TIMEOUT 1.5)
            """)
        held, free = self.work / "held", self.work / "free"
        holder = self.start(HOLDFAST, "run", "--lock", "one", "--", "timeout", "60", "sh", "-c",
                            f"touch '{held}'; until [ -e '{free}' ]; do sleep 0.02; done", cwd=tree)
        wait_until(held.exists, "the lock to be held")
        ctest = self.start(CTEST, "-j2", cwd=tree, stdout=subprocess.PIPE)
        wait_until(lambda: any(self.records(run, "attempt_ended") for run in self.runs(tree)), "the test to time out")
        free.touch()
        holder.wait()
        line = self.time_line(ctest.communicate()[0].decode())
        self.assertRegex(line, r"; waits: locks [\d.]+ s")
        self.assertRegex(line, r"; timed out: [\d.]+ s")
        report = self.report(tree)
        waits, = (test["attempts"][0] for test in report["tests"] if test["name"] == "waits")
        self.assertEqual(report["run"]["waits"], {"locks_s": waits["lock_wait_s"], "services_s": 0})
        self.assertEqual(report["run"]["timed_out_s"], self.sum_of(report, ["hangs"]))

    def test_what_is_not_known_is_left_out(self):
        tree = self.project(CHAIN)
        script = self.work / "run.cmake"
        script.write_text(f'set(CTEST_SOURCE_DIRECTORY "{self.work}/project")\nset(CTEST_BINARY_DIRECTORY "{tree}")\n'
                          "ctest_start(Experimental)\nctest_test(PARALLEL_LEVEL 2)\n")
        done = self.ctest(tree, "-S", script, "-V")
        self.assertNotIn("slots", self.time_line(done.text))
        run = self.report(tree)["run"]
        self.assertEqual((run["jobs"], run["utilisation"]), (None, None))
        self.assertEqual(run["longest_chain"]["tests"], ["setup", "import", "check", "cleanup"])

    def test_a_short_run_says_nothing_of_time(self):
        tree = self.project("add_test(NAME a COMMAND true)\nadd_test(NAME long COMMAND sleep 1.1)\n")
        self.assertNotRegex(self.ctest(tree, "-R", "a").text, TIME_LINE)
        self.assertNotRegex(self.ctest(tree, "-R", "long").text, TIME_LINE)
        self.assertRegex(self.ctest(tree).text, TIME_LINE)

    def test_a_run_that_was_killed(self):
        tree = self.project("""
            add_test(NAME first COMMAND true)
            add_test(NAME second COMMAND sleep 60)
            set_tests_properties(second PROPERTIES DEPENDS first)
            """)
        ctest = self.start(CTEST, "-j2", cwd=tree)
        wait_until(lambda: any(one["test"] == "second" for run in self.runs(tree)
                               for one in self.records(run, "attempt_started")), "the second test")
        ctest.send_signal(signal.SIGKILL)
        ctest.wait()
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        run = self.report(tree)["run"]
        self.assertFalse(run["complete"])
        self.assertEqual(run["longest_chain"]["tests"][0], "first")
        self.report(tree, "text")

    def test_a_journal_of_an_older_version_has_no_order(self):
        tree = self.project(CHAIN)
        self.ctest(tree, "-j2")
        run, = self.runs(tree)
        records = self.records(run)
        for record in records:
            record.pop("schedule", None)
        (run / "journal.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        self.assertEqual(self.report(tree)["run"]["longest_chain"]["tests"], ["import"])

    def test_why_tests_failed_were_skipped_or_did_not_run(self):
        tree = self.project(ENDINGS)
        self.ctest(tree)
        text = self.report(tree, "text")
        self.assertRegex(text, r"\nFailed\n  setup  exit code 1 after .*\n      /s/b.cpp:9: Expected: x\n")
        self.assertIn(f"\nWhole outputs\n  {self.runs(tree)[0]}/output/ctest.log\n    setup\n", text)
        skipped = {"code": r"exit code 77 after .*; skipped by its SKIP_RETURN_CODE; no network",
                   "words": r"exit code 0 after .*; skipped by its SKIP_REGULAR_EXPRESSION; /s/a.cpp:7: no GPU"}
        not_run = {"off": "disabled", "gone": "Unable to find required file: /no/such/file",
                   "needs": "Failed test dependencies: setup"}
        for name, why in (skipped | not_run).items():
            self.assertRegex(text, rf"\n  {name} +{why}\n")
        suite = ElementTree.fromstring(self.report(tree, "junit"))
        for name, why in (skipped | {"off": "disabled"}).items():
            self.assertRegex(suite.find(f".//testcase[@name='{name}']/skipped").get("message"), f"^{why}$")
        page = self.work / "page.md"
        self.report(tree, "github", env=self.environment(GITHUB_STEP_SUMMARY=str(page)))
        self.assertRegex(page.read_text(), r"#### Skipped\n\n- <code>code</code> .*no network\n")

    def test_the_output_of_an_older_run_is_named_where_it_is_kept(self):
        tree = self.project('add_test(NAME red COMMAND sh -c "echo no; exit 1")\nadd_test(NAME green COMMAND true)\n')
        self.ctest(tree)
        self.ctest(tree, "-R", "green")
        first = self.runs(tree)[0]
        text = self.report(tree, "text", run=first.name)
        self.assertIn(f"\nWhole outputs\n  {first}/output/ctest.log\n    red\n", text)
        self.assertNotIn("LastTest.log", text)

    def test_a_plain_test_tells_nothing_and_records_nothing(self):
        tree = self.project("add_test(NAME plain COMMAND sh -c \"tr '\\\\0' '\\\\n' </proc/$PPID/environ\")\n")
        done = self.ctest(tree, "-V")
        self.assertEqual(re.findall("HOLDFAST_P_(?!DEFAULT)[A-Z_]+", done.text), [])
        begun, = self.records(self.runs(tree)[0], "attempt_started")
        self.assertEqual(set(begun), {"v", "type", "at", "attempt", "test", "key", "n", "launcher", "cwd"})


if __name__ == "__main__":
    unittest.main()
