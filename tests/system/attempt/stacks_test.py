"""The stacks of a test whose limit is over: by which tool, and what happens if that takes too long
(docs/reference/timeouts.md)."""

import os
import re
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

from needs import AS_NOBODY, need_reach
from support import LAUNCHER, not_inside, program
from timing_out import TimeoutCase

YAMAS_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")


def said_of_spin(case, *before, **how):
    """Runs spin until its limit is over. A debugger has two seconds, which may be too short on a busy machine."""
    words = case.supervised(program("spin"), options=["--timeout", "500ms", "--grace", "0"])
    for _ in range(3):
        ended = case.finish(*before, *words, **how)
        case.assertEqual(ended.returncode, 124, ended.stderr)
        case.assert_nothing_left()
        if b"spin_here" in ended.stderr:
            break
    return ended.stderr.decode()


@unittest.skipUnless(shutil.which("gdb"), "gdb is not installed")
class StacksTest(TimeoutCase):
    def test_what_hangs_times_out_with_its_stacks_and_leaves_nothing(self):
        tree = self.timeout_project({
            "spinning": ([program("spin")], "TIMEOUT 1"),
            "sleeping": (["sleep", "50"], "TIMEOUT 1"),
            "locked": ([program("deadlock")], "HOLDFAST_TIMEOUT 1000ms"),
        })
        # Three debuggers run at once, and each has two seconds. On a busy machine one may not
        # finish.
        for _ in range(3):
            done = self.ctest(tree, "-j3")
            self.assert_timeouts(done, "spinning", "sleeping", "locked")
            if "by /proc:" not in self.output_of(tree, "spinning") + self.output_of(tree, "sleeping"):
                break
        self.assertRegex(self.output_of(tree, "spinning"),
                         r"holdfast: process \d+ \(spin\), by (gdb|eu-stack):\n(?s:.*)spin_here")
        # From glibc 2.41 on, all system calls at which a thread may be cancelled have the same
        # innermost frame.
        self.assertRegex(self.output_of(tree, "sleeping"), "#[01] .*(sleep|select)")
        locked = self.output_of(tree, "locked")
        threads = len(re.findall(r"#\d+ .*\bwait_for_neighbour\b", locked))
        if "no time for the rest" in locked:  # three debuggers run on a busy machine
            self.assertGreater(threads, 0, locked)
        else:
            self.assertEqual(threads, 30, locked)
        self.assertEqual(set(self.outcomes(tree).values()), {"timed_out"})
        self.assertEqual(done.text.count(" timed out after 1.0 s; its process tree was ended"), 3)
        self.assert_nothing_left()

    def test_holdfast_run_shows_them_too_and_quiet_does_not(self):
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised(program("spin"), by=by,
                                                 options=["--timeout", "500ms", "--grace", "0"]))
            self.assertEqual(ended.returncode, 124)
            self.assertIn(b"spin_here", ended.stderr)
            quiet = self.finish(*self.supervised(
                program("spin"), by=by, options=["--timeout", "100ms", "--grace", "0", "--quiet"]))
            self.assertEqual(quiet.returncode, 124)
            self.assert_our_lines(quiet.stderr, 1)


class ToolTest(TimeoutCase):
    def test_without_a_debugger_proc_tells(self):
        tree = self.timeout_project({
            "told": ([program("deadlock"), self.pid_file()],
                     f'TIMEOUT 1 ENVIRONMENT "PATH={self.tools()}"')})
        self.assert_timeouts(self.ctest(tree), "told")
        output = self.output_of(tree, "told")
        self.assertRegex(output, r"holdfast: process \d+ \(deadlock\), by /proc:\n")
        self.assertEqual(len(re.findall(r"holdfast:   thread \d+ \"deadlock\": state S", output)), 31)
        self.assertRegex(output, r"holdfast:   file 1: pipe:")
        self.assert_nothing_left()

    @unittest.skipUnless(shutil.which("eu-stack"), "eu-stack is not installed")
    def test_without_gdb_eu_stack_tells(self):
        path = self.tools()
        (path / "eu-stack").symlink_to(shutil.which("eu-stack"))
        said = said_of_spin(self, env=self.environment(PATH=path))
        self.assertRegex(said, r"holdfast: process \d+ \(spin\), by eu-stack:\n(?s:.*)#\d+ .*spin_here")

    def test_a_debugger_that_hangs_delays_the_end_by_its_bound_at_most(self):
        path = self.tools(gdb="exec /bin/sleep 50", eu_stack="/bin/sleep 50; echo never")
        options = ["--timeout", "200ms", "--grace", "0", "--quiet"]
        begun = time.monotonic()
        self.finish(*self.supervised(program("spin"), options=options))
        without = time.monotonic() - begun
        begun = time.monotonic()
        ended = self.finish(*self.supervised(program("spin"), options=options[:-1]),
                            env=self.environment(PATH=path))
        self.assertEqual(ended.returncode, 124)
        self.assertGreater(time.monotonic() - begun, 2)
        # The bound is 2 s. The rest is for a busy machine.
        self.assertLess(time.monotonic() - begun - without, 6)
        self.assertRegex(ended.stderr, rb"process \d+ \(spin\), by /proc:")
        self.assert_nothing_left()

    def test_what_a_slow_debugger_has_said_so_far_is_shown(self):
        path = self.tools(gdb="echo '#0  0x1 in spin_here ()'; exec /bin/sleep 50")
        ended = self.finish(*self.supervised(program("spin"), options=["--timeout", "200ms", "--grace", "0"]),
                            env=self.environment(PATH=path))
        self.assertEqual(ended.returncode, 124)
        self.assertRegex(ended.stderr, rb"process \d+ \(spin\), by gdb:\n#0  0x1 in spin_here \(\)\n"
                                       rb"holdfast: there was no time for the rest of it\n")
        self.assert_nothing_left()

    def test_if_gdb_is_too_slow_eu_stack_has_the_rest_of_the_time(self):
        path = self.tools(gdb="exec /bin/sleep 50", eu_stack="echo '#0  0x1 spin_here'")
        ended = self.finish(*self.supervised(program("spin"), options=["--timeout", "200ms", "--grace", "0"]),
                            env=self.environment(PATH=path))
        self.assertEqual(ended.returncode, 124)
        self.assertRegex(ended.stderr, rb"process \d+ \(spin\), by eu-stack:\n#0  0x1 spin_here\n")
        self.assert_nothing_left()

    def test_a_launcher_killed_meanwhile_leaves_no_debugger(self):
        path = self.tools(gdb=f"echo $$ >> {self.pid_file('tool')}; exec /bin/sleep 50")
        begun = self.start(*self.supervised(program("linger"), self.pid_file(),
                                            options=["--timeout", "100ms"]),
                           env=self.environment(PATH=path), stderr=subprocess.DEVNULL)
        tool, = self.announced(self.pid_file("tool"))
        test, = self.announced(self.pid_file())
        begun.kill()
        begun.wait()
        self.assert_gone([tool, test])

    def test_a_signal_while_the_debugger_works_ends_the_test_at_once(self):
        path = self.tools(gdb=f"echo $$ >> {self.pid_file('tool')}; exec /bin/sleep 50")
        begun = self.start(*self.supervised(program("linger"), self.pid_file(),
                                            options=["--timeout", "100ms"]),
                           env=self.environment(PATH=path), stderr=subprocess.DEVNULL)
        tool, = self.announced(self.pid_file("tool"))
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(30), 124)
        self.assert_gone([tool])
        self.assert_nothing_left()


class PermissionTest(TimeoutCase):
    """Yama may let a process be traced only by its ancestors. The debugger is none: the launcher starts it."""

    @not_inside("pidns", "the launcher has no number there, and needs no permission")
    @unittest.skipUnless(shutil.which("strace"), "strace shows the call")
    def test_the_test_permits_its_launcher_before_its_program_begins(self):
        trace = self.work / "trace"
        ended = self.finish("strace", "-f", "-qq", "-o", trace, "-e", "trace=prctl,execve",
                            *self.supervised(program("exit_with"), 3))
        if ended.returncode == 1 and b"ptrace" in ended.stderr.lower():
            self.skipTest("strace may not trace here")
        self.assertEqual(ended.returncode, 3, ended.stderr)
        calls = trace.read_text()
        launcher, = re.findall(rf'^(\d+) +execve\("{re.escape(LAUNCHER)}"', calls, re.MULTILINE)
        test, = re.findall(rf'^(\d+) +execve\("{re.escape(program("exit_with"))}"', calls, re.MULTILINE)
        before = "\n".join(re.findall(rf"^{test} +(.*)", calls, re.MULTILINE)).partition("execve(")[0]
        self.assertRegex(before, rf"prctl\(PR_SET_PTRACER, {launcher}\b", calls)

    @not_inside("cgroup,pidns,netns,tmp", "another user may have none")
    @unittest.skipUnless(shutil.which("gdb") or shutil.which("eu-stack"), "no debugger is installed")
    def test_where_only_ancestors_may_trace_the_debugger_may(self):
        scope = YAMAS_SCOPE.read_text().strip() if YAMAS_SCOPE.exists() else "absent"
        if scope != "1":
            self.skipTest(f"needs 1 in {YAMAS_SCOPE}; it is {scope}")
        user = []
        if os.geteuid() == 0:  # root may trace all
            user = AS_NOBODY
            need_reach(self, user)
        said = said_of_spin(self, *user)
        self.assertRegex(said, r"process \d+ \(spin\), by (gdb|eu-stack):\n(?s:.*)spin_here")


if __name__ == "__main__":
    unittest.main()
