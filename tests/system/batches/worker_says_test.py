"""If a batch's worker says something wrong, its output is read instead, and no process spins."""

import json
import subprocess
import sys
import unittest
from pathlib import Path

from processes import stat_of
from support import CTEST, ProjectCase, wait_until

WORKER = Path(__file__).with_name("worker_says.py")
# User and system time in proc(5), counted from the third field.
USER, SYSTEM = 11, 12


class WorkerSays(ProjectCase):
    WRONG = ("packet", "record", "empty", "nameless", "end", "size", "silent", "late", "version", "forged")

    def setUp(self):
        super().setUp()
        self.tree = self.project("".join(
            f'add_test(NAME {what} COMMAND "{sys.executable}" "{WORKER}" {what} "{self.go(what)}")\n'
            f"set_tests_properties({what} PROPERTIES HOLDFAST_ISOLATION none)\n"
            for what in (*self.WRONG, "times", "another")))

    def go(self, what):
        return self.work / f"go-{what}"

    def begin(self, what):
        """Starts this test alone. Returns ctest and the run."""
        before = self.runs(self.tree)
        ctest = self.start(CTEST, "-R", f"^{what}$", cwd=self.tree, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        run, = wait_until(lambda: [run for run in self.runs(self.tree) if run not in before], "the run")
        return ctest, run

    def test_what_is_not_understood_is_read_from_the_output(self):
        for what in self.WRONG:
            with self.subTest(what):
                outcome = "failed" if what == "forged" else "passed"
                ctest, run = self.begin(what)
                wait_until(lambda run=run: b"RUN      ] Says.wrong" in b"".join(
                    f.read_bytes() for f in run.glob("output/*")), "the case")
                launcher = self.records(run, "attempt_started")[0]["launcher"]["pid"]
                self.assert_waits_idly(launcher)
                self.go(what).touch()
                self.assertEqual(ctest.wait(30) == 0, outcome == "passed")
                records = self.case_records(run)
                self.assertEqual([(r["case"], r["outcome"]) for r in records],
                                 [("Says.wrong", outcome)], json.dumps(records))
                self.assert_nothing_left()

    def test_a_case_takes_no_longer_than_its_test_whatever_times_are_said(self):
        self.go("times").touch()
        ctest, run = self.begin("times")
        self.assertEqual(ctest.wait(30), 0)
        case, = self.case_records(run)
        attempt, = self.records(run, "attempt_ended")
        self.assertTrue(0 <= case["wall_s"] <= attempt["wall_s"], case)
        self.assert_nothing_left()

    def test_the_last_line_of_another_program_does_not_hide_an_early_exit(self):
        ctest, run = self.begin("another")
        wait_until(lambda: self.case_records(run), "the record of the case")
        self.go("another").touch()
        self.assertNotEqual(ctest.wait(30), 0)
        case, = self.case_records(run)
        attempt, = self.records(run, "attempt_ended")
        self.assertEqual((case["outcome"], attempt["outcome"]), ("passed", "premature_exit"))
        self.assert_nothing_left()

    def assert_waits_idly(self, pid):
        """The process uses few of the next fifty clock ticks. A process that spins uses nearly
        all."""
        def used():
            fields = stat_of(pid)
            return int(fields[USER]) + int(fields[SYSTEM])
        before = used()
        spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            def ours():
                fields = stat_of(spinning.pid)
                return int(fields[USER]) + int(fields[SYSTEM])
            wait_until(lambda: ours() >= 50, "half a second of somebody else's time")
        finally:
            spinning.kill()
            spinning.wait()
        self.assertLess(used() - before, 10)


if __name__ == "__main__":
    unittest.main()
