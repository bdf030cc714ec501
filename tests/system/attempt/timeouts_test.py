"""What happens when a test's limit is over (docs/reference/timeouts.md)."""

import subprocess
import time
import unittest

from support import CTEST, INSIDE, process, program, wait_until
from timing_out import TIMED_OUT, TimeoutCase


class EndTest(TimeoutCase):
    def test_every_kind_of_test_times_out_and_leaves_nothing(self):
        path = self.tools()
        quiet = f'TIMEOUT 1 ENVIRONMENT "PATH={path}"'
        file = self.pid_file()
        tree = self.timeout_project({
            "deaf": ([program("ignore"), file], quiet),
            "polite": ([program("record_signals"), file, "0"], quiet),
            "late": ([program("record_signals"), file, "0", "500"], quiet),
            "parent": (["/bin/sh", "-c", f"{program('linger')} {file} & wait"], quiet),
            "orphans": (["/bin/sh", "-c",
                         f"(setsid {program('ignore')} {file} &) ; exec {program('linger')} {file}"],
                        "TIMEOUT 1"),
            "inverted": ([program("linger"), file], quiet + " WILL_FAIL ON"),
        })
        done = self.ctest(tree, "-j6")
        names = ("deaf", "polite", "late", "parent", "orphans", "inverted")
        self.assert_timeouts(done, *names)
        self.assertEqual(self.outcomes(tree), dict.fromkeys(names, "timed_out"))
        if "pidns" not in INSIDE.split(","):
            notes = {r["test"]: r["note"] for r in self.records(self.runs(tree)[-1], "attempt_ended")}
            self.assertRegex(notes["orphans"], r"; ignore \(pid \d+\) had lost its parent")
            self.assertNotIn("had lost its parent", notes["parent"])
        self.assert_gone([one for one in map(process, self.read_pids(file)) if one])
        self.assert_nothing_left()

    def test_the_locks_are_free_while_ctest_still_waits(self):
        name = self.lock_name()
        tree = self.timeout_project({
            "holder": ([program("linger"), self.pid_file()],
                       f'TIMEOUT 1 HOLDFAST_LOCKS "{name}:shared@user"')})
        begun = self.start(CTEST, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        test, = self.announced(self.pid_file())
        self.assert_gone([test])
        ended = self.finish(*self.supervised("true", options=["--lock", f"{name}@user"]))
        self.assertEqual(ended.returncode, 0)
        self.assertIsNone(begun.poll())
        out, _ = begun.communicate(timeout=30)
        self.assertRegex(out.decode(), TIMED_OUT % "holder")

    def test_ctest_killed_in_the_margin_leaves_no_launcher(self):
        tree = self.timeout_project({"waits": ([program("linger"), self.pid_file()], "TIMEOUT 1")},
                                    margin=40)
        begun = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        test, = self.announced(self.pid_file())
        self.assert_gone([test])
        wait_until(lambda: self.outcomes(tree), "the record")
        self.assertIsNone(begun.poll())
        begun.kill()
        begun.wait()
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
