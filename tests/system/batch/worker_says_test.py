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
    def test_what_is_not_understood_is_read_from_the_output(self):
        for what in ("packet", "record", "empty", "nameless", "end", "size", "silent", "late", "version", "forged"):
            with self.subTest(what):
                outcome = "failed" if what == "forged" else "passed"
                go = self.work / f"go-{what}"
                tree = self.project(
                    f'add_test(NAME t COMMAND "{sys.executable}" "{WORKER}" {what} "{go}")\n'
                    "set_tests_properties(t PROPERTIES HOLDFAST_ISOLATION none)\n",
                    name=what, build=f"build-{what}")
                ctest = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
                wait_until(lambda: self.runs(tree) and b"RUN      ] Says.wrong" in b"".join(
                    f.read_bytes() for f in self.runs(tree)[-1].glob("output/*")), "the case")
                launcher = self.records(self.runs(tree)[-1], "attempt_started")[0]["launcher"]["pid"]
                self.assert_waits_idly(launcher)
                go.touch()
                self.assertEqual(ctest.wait(30) == 0, outcome == "passed")
                records = self.case_records(self.runs(tree)[-1])
                self.assertEqual([(r["case"], r["outcome"]) for r in records],
                                 [("Says.wrong", outcome)], json.dumps(records))
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
