"""In a PID namespace without its own /proc (`unshare --pid --fork`), the numbers in /proc belong to
other processes. Holdfast must not act on such a number, and must say what it cannot do without
/proc."""

import os
import re
import signal
import sys
import unittest
from pathlib import Path

from places import OUTER_PROC, ROOT_THERE, need_namespace
from support import (CTEST, HOLDFAST, SUPERVISORS, ProjectCase, processes_of,
                     program, verdicts, wait_until)

WORDS = "/proc is of another PID namespace, not of ours"

# The first process of the namespace. It runs a command, then a second one with the pid that it is
# told, sends SIGTERM to the first, and says whether the second lives.
INSIDE = r'''
import os, subprocess, sys
begun = subprocess.Popen(sys.argv[1:])
number = int(sys.stdin.readline())
with open("/proc/sys/kernel/ns_last_pid", "w") as last:
    last.write(str(number - 1))
innocent = subprocess.Popen(["sleep", "300"])
print("innocent" if innocent.pid == number else f"number {innocent.pid}", flush=True)
begun.terminate()
print("ended", begun.wait(), flush=True)
sys.stdin.readline()
print("lives" if innocent.poll() is None else "killed", flush=True)
innocent.kill()
innocent.wait()
'''


class ForeignProcTest(ProjectCase):
    def setUp(self):
        super().setUp()
        self.inside = need_namespace(self, OUTER_PROC, ROOT_THERE)  # this allows it to choose pids

    def test_nobody_is_ended_by_a_number_of_another_namespace(self):
        if not os.access("/proc/sys/kernel/ns_last_pid", os.W_OK):
            self.skipTest("no number can be chosen: /proc/sys/kernel/ns_last_pid is not writable")
        linger = self.work / "linger"
        linger.write_bytes(Path(program("linger")).read_bytes())
        linger.chmod(0o755)
        for by, words in SUPERVISORS.items():
            with self.subTest(by=by):
                errors = open(self.work / "errors", "w+b")
                self.addCleanup(errors.close)
                # Not a `.pids` file: support.py would end processes of our namespace by these
                # numbers.
                begun = self.start(*self.inside, sys.executable, "-c", INSIDE, *words, "--", linger,
                                   self.work / "announced", stdin=-1, stdout=-1, stderr=errors)
                test = wait_until(lambda: next(iter(processes_of(linger)), None), "the command")
                begun.stdin.write(b"%d\n" % test.pid)
                begun.stdin.flush()
                self.assertEqual(begun.stdout.readline(), b"innocent\n")
                self.assertEqual(begun.stdout.readline(), b"ended %d\n" % -signal.SIGTERM)
                out, _ = begun.communicate(b"\n", timeout=30)
                self.assertEqual(out, b"lives\n")
                self.assert_gone([test])
                self.assert_our_lines((self.work / "errors").read_bytes(), 1)
                self.assertIn(WORDS, (self.work / "errors").read_text())

    def test_ctest_there_is_plain_ctest_and_one_line(self):
        below = self.work / "project/below"
        below.mkdir(parents=True)
        (below / "CMakeLists.txt").write_text(
            f"add_test(NAME deeper COMMAND {program('exit_with')} 0)\n")
        tree = self.project("add_subdirectory(below)\n"
                            "add_test(NAME good COMMAND @P@/exit_with 0)\n"
                            "add_test(NAME bad COMMAND @P@/exit_with 3)\n"
                            "set_tests_properties(good PROPERTIES HOLDFAST_LOCKS db)\n")
        done = self.finish(*self.inside, CTEST, cwd=tree)
        text = (done.stdout + done.stderr).decode()
        self.assertEqual(done.returncode, 8, text)
        self.assertEqual(verdicts(text), {"good": "Passed", "bad": "***Failed", "deeper": "Passed"})
        self.assertEqual(re.findall("holdfast:.*", text), [f"holdfast: {WORDS}: tests run without Holdfast"])
        self.assertEqual(self.runs(tree), [])
        # Outside the namespace it works as usual.
        self.assertEqual(verdicts(self.ctest(tree).text)["bad"], "***Failed")
        self.assertEqual(len(self.runs(tree)), 1)

    def test_a_lock_is_refused_and_a_launcher_that_attach_did_not_see_is_bare(self):
        done = self.finish(*self.inside, HOLDFAST, "run", "--lock", f"{self.lock_name()}@user", "--",
                           "touch", self.work / "ran")
        self.assertEqual(done.returncode, 125, done)
        self.assertEqual(done.stderr.decode(),
                         f"holdfast: {WORDS}: the command is not run without its locks\n")
        self.assertFalse((self.work / "ran").exists())
        done = self.finish(*self.inside, *SUPERVISORS["holdfast-launcher"], "--name", "t", "--",
                           program("exit_with"), "3",
                           env=self.environment(HOLDFAST_ATTACH=f"2 1 1 0 1 key {self.work}"))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (3, b"", b""))

    def test_reap_ends_nobody_and_says_why(self):
        tree = self.project("add_test(NAME good COMMAND @P@/exit_with 0)\n")
        done = self.finish(*self.inside, HOLDFAST, "reap", "--tree", tree)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.decode(), f"holdfast: failed to reap: {WORDS}\n")


if __name__ == "__main__":
    unittest.main()
