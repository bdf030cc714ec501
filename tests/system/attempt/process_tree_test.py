"""Ends trees that resist.

A stopped process keeps a SIGTERM pending, and scans of /proc miss a process that forks and calls
setsid all the time."""

import os
import signal
import time
import unittest

from support import PATIENCE_S, SystemCase, is_alive, process, program, wait_until


class ProcessTreeTest(SystemCase):
    def test_a_hundred_orphans_are_all_ended_and_reaped(self):
        for by in self.each_supervisor():
            self.pid_file().unlink(missing_ok=True)
            ended = self.finish(*self.supervised(program("orphans"), self.pid_file(), 100, by=by))
            self.assertEqual(ended.returncode, 3)
            pids = self.read_pids(self.pid_file())
            # A process may have ended before it could announce itself.
            self.assertLessEqual(len(pids), 100)
            self.assertGreater(len(pids), 0)
            self.assertEqual([pid for pid in pids if process(pid)], [])
            self.assert_nothing_left(0)

    def test_a_hundred_orphans_are_ended_by_a_signal(self):
        script = f'"{program("orphans")}" "{self.pid_file()}" 100; "{program("linger")}" main.pids'
        begun = self.start(*self.supervised("sh", "-c", script), stderr=-3)
        orphans = self.announced(self.pid_file(), 100)
        self.announced(self.work / "main.pids")
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGTERM)
        self.assertFalse([one for one in orphans if is_alive(one)])
        self.assert_nothing_left(0)

    def test_kill_ends_a_test_that_keeps_spawning(self):
        begun = self.start(*self.supervised(program("hide"), self.pid_file(), "spawning",
                                            options=["--grace", "0"]), stderr=-3)
        wait_until(lambda: self.read_pids(self.pid_file()), "the chains to run")
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGTERM)
        self.assert_nothing_left(0)

    def test_a_timed_out_test_with_a_sleeping_grandchild_ends_at_once(self):
        script = f'"{program("linger")}" "{self.pid_file()}"; true'
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised("sh", "-c", script, by=by, options=[
                "--timeout", "300ms", "--grace", "10m"]))
            self.assertEqual(ended.returncode, 124)
            self.assertTrue(ended.stderr.endswith(
                b'"sh" timed out after 0.3 s; its process tree was ended\n'), ended.stderr)
            self.assert_nothing_left(0)

    def test_a_test_that_ends_with_0_after_its_time_is_still_timed_out(self):
        ended = self.finish(*self.supervised(program("record_signals"), self.pid_file(), 0,
                                             options=["--timeout", "300ms"]))
        self.assertEqual(ended.returncode, 124)

    def test_output_until_the_timeout_is_kept(self):
        ended = self.finish(*self.supervised(program("close_output"), self.pid_file(),
                                             options=["--timeout", "300ms"]))
        self.assertEqual((ended.returncode, ended.stdout), (124, b"said before closing\n"))

    def test_no_timeout_is_0_and_huge_ones_never_come(self):
        for limit in ("0", "0s", "99999999999999999999h", "1000000h", "0.5h"):
            ended = self.finish(*self.supervised(program("exit_with"), 3, options=["--timeout", limit]))
            self.assertEqual((ended.returncode, ended.stderr), (3, b""), limit)

    def test_children_of_the_shell_that_execd_the_launcher_are_not_the_tests(self):
        # The launcher has a child from before its own start.
        for by in self.each_supervisor():
            self.pid_file().unlink(missing_ok=True)
            words = " ".join(f'"{w}"' for w in self.supervised(program("exit_with"), 8, by=by))
            script = (f'"{program("linger")}" "{self.pid_file()}" >/dev/null 2>&1 & '
                      f'while ! [ -s "{self.pid_file()}" ]; do :; done; exec {words}')
            ended = self.finish("sh", "-c", script)
            self.assertEqual((ended.returncode, ended.stderr), (8, b""))
            other = process(int(self.pid_file().read_text()))  # it is outside of any containment
            self.assertTrue(is_alive(other))

    def test_they_live_on_when_the_tree_is_ended_in_the_guards_place(self):
        main = self.work / "main.pids"
        for by in self.each_supervisor():
            for file in (main, self.pid_file()):
                file.unlink(missing_ok=True)
            words = " ".join(f'"{w}"' for w in self.supervised(program("linger"), main, by=by))
            script = (f'"{program("linger")}" "{self.pid_file()}" >/dev/null 2>&1 & '
                      f'while ! [ -s "{self.pid_file()}" ]; do :; done; exec {words}')
            begun = self.start("sh", "-c", script, stderr=-3)
            test, = self.announced(main)
            other, = self.announced(self.pid_file())
            os.kill(self.guard_of(begun.pid).pid, signal.SIGKILL)
            self.assertEqual(begun.wait(PATIENCE_S), 125)
            self.assertFalse(is_alive(test))
            self.assertTrue(is_alive(other))

    def test_launcher_and_guard_keep_no_working_directory_busy(self):
        begun = self.start(*self.supervised(program("linger"), self.pid_file()))
        self.announced(self.pid_file())
        for pid in (begun.pid, self.guard_of(begun.pid).pid):
            self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")

    def test_a_hundred_launchers_at_once_all_end_right(self):
        before = time.monotonic()
        begun = [self.start(*self.supervised(program("exit_with"), i)) for i in range(100)]
        self.assertEqual([one.wait(PATIENCE_S) for one in begun], list(range(100)))
        self.assertLess(time.monotonic() - before, PATIENCE_S)


if __name__ == "__main__":
    unittest.main()
