"""Everything of a run is killed at once, at random moments. Each format of its report is then valid,
says that the run is incomplete, and counts nothing twice."""

import contextlib
import json
import os
import random
import re
import signal
import unittest
import xml.etree.ElementTree as ElementTree

from junit import check_by_schema
from processes import process, processes_with
from report_page import Page
from support import CTEST, HOLDFAST, ProjectCase, keepers_of, no_keeper_of, wait_until

MOMENTS = int(os.environ.get("HOLDFAST_MOMENTS", "20"))
PROJECT = """
foreach(n RANGE 1 16)
  add_test(NAME plain${n} COMMAND sh -c "echo said; sleep 0.0${n}; exit $((${n} % 3 / 2))")
endforeach()
foreach(n RANGE 1 4)
  add_test(NAME again${n} COMMAND sh -c "echo why; exit 7")
  set_tests_properties(again${n} PROPERTIES HOLDFAST_RETRY "exit:7=2")
endforeach()
add_test(NAME batch COMMAND @P@/case_ends --gtest_filter=*pass*:*fail*)
set_tests_properties(batch PROPERTIES HOLDFAST_ISOLATION process)
"""
NAMES = {f"plain{n}" for n in range(1, 17)} | {f"again{n}" for n in range(1, 5)} | {"batch"}


class ReportKilled(ProjectCase):
    def report(self, form):
        done = self.finish(HOLDFAST, "report", "--tree", self.tree, "--format", form)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def kill_after(self, records):
        """Starts a run, and kills all of it when its journal has so many lines. False: it came to its
        end before that."""
        begun = set(self.runs(self.tree))
        ctest = self.start(CTEST, "-j4", cwd=self.tree, stdout=-3, stderr=-3)

        def is_time():
            if ctest.poll() is not None:
                return True
            fresh = set(self.runs(self.tree)) - begun
            return any((run / "journal.jsonl").read_bytes().count(b"\n") >= records for run in fresh
                       if (run / "journal.jsonl").exists())
        wait_until(is_time, "the moment")
        if ctest.poll() is not None:
            return False
        own = [one for one in processes_with(self.cookie) if one.pid != os.getpid()]
        victims = {one.pid: one for one in [process(ctest.pid), *keepers_of(self.tree), *own] if one}
        # First all are stopped, so that none acts on the death of another.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for one in victims.values():
                with contextlib.suppress(ProcessLookupError):  # it ended by itself meanwhile
                    os.kill(one.pid, number)
        ctest.wait()
        self.end_everything()
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        # The run's end may be on record while ctest itself still ends.
        return not any(b'"run_ended"' in journal.read_bytes() for run in set(self.runs(self.tree)) - begun
                       for journal in run.glob("journal.jsonl"))

    def check(self):
        report = json.loads(self.report("json"))
        self.assertFalse(report["run"]["complete"])
        names = [test["name"] for test in report["tests"]]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual(set(names), NAMES)
        counts = report["counts"]
        self.assertEqual(counts["planned"], len(names))
        outcomes = [test["outcome"] for test in report["tests"]]
        for outcome in set(outcomes):
            self.assertEqual(counts[outcome], outcomes.count(outcome), outcome)
        for test in report["tests"]:
            numbers = [attempt["n"] for attempt in test["attempts"]]
            self.assertEqual(numbers, sorted(set(numbers)), test["name"])
        self.check_others(report)

    def check_others(self, report):
        counts = report["counts"]
        planned = f'{counts["planned"]} planned, {counts["run"]} run'
        text = self.report("text")
        self.assertIn("INCOMPLETE: ", text)
        self.assertIn(f"\n{planned}", text)
        file = self.work / "results.xml"
        file.write_text(self.report("junit"))
        check_by_schema(file)
        suite = ElementTree.parse(file).getroot()
        cases = [(case.get("classname"), case.get("name")) for case in suite.iter("testcase")]
        self.assertEqual(len(cases), len(set(cases)))
        self.assertEqual(int(suite.get("tests")), len(cases))
        self.assertIn("incomplete", suite.find("testsuite/system-err").text)
        trace = json.loads(self.report("trace"))
        self.assertFalse(trace["otherData"]["complete"])
        self.assertLessEqual({one["name"] for one in trace["traceEvents"] if one.get("cat") == "test"}, NAMES)
        annotations = self.report("github").splitlines()
        self.assertTrue(annotations[0].startswith("::error title=holdfast::incomplete"), annotations)
        self.assertIn(planned, annotations[-1])
        page = Page(self.report("html"))
        self.assertIn("INCOMPLETE", page.words)
        self.assertIn(f'planned{counts["planned"]}', re.sub(r"\s+", "", page.words))
        self.assertEqual(page.names(), [test["name"] for test in report["tests"]])

    def test_at_random_moments(self):
        seed = random.randrange(2**32)
        moments = random.Random(seed)
        self.tree = self.project(PROJECT)
        killed = 0
        for _ in range(3 * MOMENTS):
            records = moments.randrange(1, 60)
            if not self.kill_after(records):
                continue
            with self.subTest(seed=seed, records=records):
                self.check()
            killed += 1
            if killed == MOMENTS:
                break
        self.assertGreaterEqual(killed, MOMENTS, f"seed {seed}")


if __name__ == "__main__":
    unittest.main()
