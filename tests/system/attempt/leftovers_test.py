"""What is left when the main process has ended.

ctest takes a test for a timeout if it exits with 0 but a child keeps its stdout open."""

import contextlib
import os
import select
import signal
import time
import unittest
from pathlib import Path

from processes import all_pids, stat_of
from support import (HOLDFAST, PATIENCE_S, ProjectCase, SystemCase, is_alive, not_inside, process, program, wait_until)


class LeftoversTest(SystemCase):
    def leave(self, *more, by="holdfast-launcher", options=(), code=0):
        self.pid_file().unlink(missing_ok=True)
        ended = self.finish(*self.supervised(program("leave_child"), self.pid_file(), code, *more,
                                             by=by, options=options))
        left = process(self.read_pids(self.pid_file())[0])
        if left:
            self.watched.append(left)
        return ended, left

    def test_what_is_left_is_ended_and_named_and_the_verdict_is_the_main_processs(self):
        for by in self.each_supervisor():
            for code in (0, 4):
                ended, left = self.leave(by=by, code=code)
                self.assertEqual((ended.returncode, ended.stdout), (code, b""))
                self.assertIsNone(left)
                self.assert_our_lines(ended.stderr, 1)
                self.assertIn(b"left 1 process behind, ended: leave_child (pid ", ended.stderr)

    def test_quiet_says_nothing_of_it_but_ends_it(self):
        ended, left = self.leave("quiet", options=["--quiet"])
        self.assertEqual((ended.returncode, ended.stderr, left), (0, b"", None))

    def late_child(self):
        """Runs a test whose child ends by itself, 30 ms after it. Returns how the test ended, and
        at most how many seconds the child outlived it."""
        file = self.pid_file()
        there = Path(f"{file}.there")
        for one in (file, there):
            one.unlink(missing_ok=True)
        begun = self.start(*self.supervised(program("leave_child"), file, 0, "late",
                                            options=["--on-leak", "fail"]), stdout=-1, stderr=-1)
        pid, = wait_until(lambda: self.read_pids(file), "the child")
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            watched = os.pidfd_open(pid)
            select.select([watched], [], [], PATIENCE_S)
            os.close(watched)
        ended = time.monotonic_ns()
        said = begun.communicate(timeout=PATIENCE_S)
        return (begun.returncode, *said), (ended - int(there.read_text().split()[-1])) / 1e9

    def test_a_child_that_ends_a_moment_after_its_test_is_no_leak(self):
        """The child has 100 ms (docs/reference/outcomes.md). On a busy machine it may take longer;
        such a try says nothing."""
        outlived = []
        while not any(one < 0.1 for one in outlived):
            self.assertLess(len(outlived), 100, f"none had ended in time: {outlived}")
            came_out, seconds = self.late_child()
            outlived.append(seconds)
        self.assertEqual(came_out, (0, b"", b""), f"the child outlived its test by {seconds} s")

    def test_a_leak_fails_the_test_where_that_is_wanted(self):
        ended, left = self.leave(options=["--on-leak", "fail"])
        self.assertEqual((ended.returncode, left), (1, None))
        ended, left = self.leave(options=["--on-leak=fail"], code=4)
        self.assertEqual((ended.returncode, left), (4, None))

    def test_a_process_whose_main_thread_has_ended_is_a_leak_while_another_thread_lives(self):
        for by in self.each_supervisor():
            self.pid_file().unlink(missing_ok=True)
            ended = self.finish(*self.supervised(program("hide"), self.pid_file(), "child", "headless", "for=0",
                                                 by=by, options=["--on-leak", "fail"]))
            self.assertEqual(ended.returncode, 1)
            self.assertIn(b"left 1 process behind, ended: hide (pid ", ended.stderr)
            self.assertEqual([pid for pid in self.read_pids(self.pid_file()) if process(pid)], [])

    @not_inside("tmp", "what lives on keeps its /tmp, and a line says so")
    def test_a_leak_is_let_go_where_that_is_wanted(self):
        ended, left = self.leave("quiet", options=["--on-leak", "ignore"], code=4)
        self.assertEqual((ended.returncode, ended.stderr), (4, b""))
        self.assertTrue(is_alive(left))

    @not_inside("pidns", "the guard is the first process of its namespace, and stays")
    def test_who_lets_go_of_a_leak_has_ended_with_its_locks_before_the_launcher(self):
        # The first attempt leaves a process behind. Its guard must be gone when the second attempt
        # runs.
        launcher = self.start(HOLDFAST, "run", "--on-leak", "ignore", "--retry", "exit:3=1", "--", "sh", "-c",
                              f"""
echo $$ >>{self.pid_file('main')}
[ "$HOLDFAST_ATTEMPT" = 1 ] || exec sleep 600
sleep 600 </dev/null >/dev/null 2>&1 &
echo $! >{self.pid_file('left')}
exit 3""")
        main = self.announced(self.pid_file("main"), 2)[1]
        self.announced(self.pid_file("left"))
        guards = [fields[0] for fields, name in
                  ((stat_of(pid), Path(f"/proc/{pid}/comm")) for pid in all_pids())
                  if fields and int(fields[1]) == launcher.pid and name.read_text() == "holdfast-guard\n"]
        self.assertEqual(len(guards), 1, guards)
        os.kill(main.pid, signal.SIGKILL)
        launcher.wait(30)

    def test_a_deaf_one_is_killed_after_the_grace(self):
        ended, left = self.leave("deaf", options=["--grace", "200ms"])
        self.assertEqual((ended.returncode, left), (0, None))

    def test_a_daemon_that_hides_is_found(self):
        ended = self.finish(*self.supervised(program("vanish"), self.pid_file(),
                                             options=["--grace", "200ms"]))
        self.assertEqual(ended.returncode, 0)
        self.assertEqual([pid for pid in self.read_pids(self.pid_file()) if process(pid)], [])

    def test_a_test_that_closes_its_output_and_lingers_is_waited_for(self):
        begun = self.start(*self.supervised(program("close_output"), self.pid_file()), stdout=-1)
        test, = self.announced(self.pid_file())
        self.assertTrue(is_alive(test))
        (self.work / "announced.pids.go").touch()
        out, _ = begun.communicate(timeout=PATIENCE_S)
        self.assertEqual((begun.returncode, out), (5, b"said before closing\n"))


class CtestTest(ProjectCase):
    def test_a_left_child_that_holds_stdout_neither_holds_up_ctest_nor_survives(self):
        tree = self.project(f"""
add_test(NAME leaks COMMAND @P@/leave_child {self.pid_file()} 0)
add_test(NAME ignored COMMAND @P@/leave_child {self.pid_file()} 0)
set_tests_properties(ignored PROPERTIES HOLDFAST_ON_LEAK ignore)
add_test(NAME next COMMAND @P@/exit_with 0)
set_tests_properties(next PROPERTIES DEPENDS nothing)
""")
        before = time.monotonic()
        ran = self.ctest(tree)
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assertLess(time.monotonic() - before, 30)
        self.assertIn("100% tests passed", ran.text)
        self.assertIn('"leaks" left 1 process behind', ran.text)
        self.assertEqual([p for p in self.read_pids(self.pid_file()) if process(p)], [])
        self.assert_nothing_left()

    def test_the_next_test_starts_after_they_are_gone(self):
        check = (f'for p in $(cat "{self.pid_file()}"); do grep -q "State:.[^Z]" /proc/$p/status '
                 '2>/dev/null && exit 1; done; exit 0')
        (self.work / "check.sh").write_text(check)
        tree = self.project(f"""
add_test(NAME leaks COMMAND @P@/leave_child {self.pid_file()} 0 deaf)
set_tests_properties(leaks PROPERTIES HOLDFAST_ON_LEAK fail)
add_test(NAME next COMMAND sh {self.work}/check.sh)
""")
        ran = self.ctest(tree)
        self.assertRegex(ran.text, r"next \.+ +Passed")
        self.assertRegex(ran.text, r"leaks \.+.*(Exception|aborted)")


if __name__ == "__main__":
    unittest.main()
