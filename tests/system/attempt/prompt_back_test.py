"""How an end looks to a person at a terminal: the prompt is back in time, one line says what was
ended, and the next ctest starts clean. No process looks at a clock to learn of an end.

The kernel sends Ctrl-C to every process of the foreground group, and ctest is gone 1.6 ms later."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
import unittest
from pathlib import Path

from support import (CTEST, PATIENCE_S, ProjectCase, children_of, is_alive, keepers_of, no_keeper_of, process,
                     state_of, wait_until)

# More time for a machine that is busy with the other tests.
SLACK_S = 4


class PromptCase(ProjectCase):
    def attached(self, text, grace=None):
        tree = self.project(text)
        if grace is not None:
            (self.work / "project/holdfast.toml").write_text(f"[profile.default]\ngrace = {grace}\n")
        return tree

    def shell(self, script, tree):
        """Starts sh -c `script` in the tree. time_to_end() reads its output to the end."""
        return self.start("sh", "-c", script, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def ctest_below(self, shell):
        def look():
            for pid in [shell.pid, *children_of(shell.pid)]:
                for one in [pid, *children_of(pid)]:
                    name = Path(f"/proc/{one}/comm")
                    if name.exists() and name.read_text().strip() == "ctest":
                        return process(one)
            return None
        return wait_until(look, "ctest")

    def assert_next_is_clean(self, tree, name):
        ran = self.ctest(tree, "-R", f"^{name}$")
        self.assertEqual(ran.returncode, 0, ran.text)
        said = [line for line in ran.text.splitlines() if line.startswith("holdfast: ")]
        self.assertEqual(said, ["holdfast: 1 test through Holdfast: 1 passed"], ran.text)


class PipesTest(PromptCase):
    """A process that reads ctest's output to the end waits for ctest only."""

    SHELLS = {"pipe": f"{CTEST} | cat", "substitution": f'out=$({CTEST}); echo "$out"'}
    # Lives for a minute, holds stdout, and ignores the gentle signal.
    DEAF = "add_test(NAME deaf COMMAND @P@/leave_child {} 0 deaf)\n"

    def test_a_leftover_that_holds_stdout_delays_nobody_and_is_named(self):
        for name, script in self.SHELLS.items():
            with self.subTest(name):
                file = self.pid_file(name)
                tree = self.attached(self.DEAF.format(file), grace=0.2)
                before = time.monotonic()
                out, _ = self.shell(script, tree).communicate(timeout=PATIENCE_S)
                self.assertLess(time.monotonic() - before, 0.2 + 2 + SLACK_S)
                self.assertIn(b"100% tests passed", out)
                self.assertIn(b'"deaf" left 1 process behind, ended: leave_child', out)
                self.assertRegex(out, rb"holdfast: 1 test through Holdfast: 1 passed; 1 left processes "
                                      rb"behind \(deaf: leave_child\)")

    def test_a_kept_leftover_delays_nobody(self):
        for name, script in self.SHELLS.items():
            with self.subTest(name):
                file = self.pid_file(name)
                tree = self.attached(f"add_test(NAME kept COMMAND @P@/leave_child {file} 0 quiet)\n"
                                     "set_tests_properties(kept PROPERTIES HOLDFAST_ON_LEAK ignore)\n")
                out, _ = self.shell(script, tree).communicate(timeout=PATIENCE_S)
                self.assertIn(b"100% tests passed", out)
                left, = self.announced(file)
                self.assertTrue(is_alive(left))
                os.kill(left.pid, signal.SIGKILL)

    def test_what_is_still_being_ended_after_a_killed_ctest_delays_nobody(self):
        for name, script in self.SHELLS.items():
            with self.subTest(name):
                file = self.pid_file(name)
                tree = self.attached(f"add_test(NAME deaf COMMAND @P@/ignore {file})\n", grace=PATIENCE_S)
                shell = self.shell(script, tree)
                test, = self.announced(file)
                os.kill(self.ctest_below(shell).pid, signal.SIGKILL)
                shell.communicate(timeout=PATIENCE_S)
                self.assertTrue(is_alive(test))
                os.kill(test.pid, signal.SIGKILL)
                wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assert_nothing_left()


class TerminalTest(PromptCase):
    """ctest runs in the foreground of a terminal whose shell lives on."""

    GRACE_S = 1

    def begin(self, tree):
        """Starts ctest as the foreground job of a session leader. Returns our end of the terminal,
        and the shell."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)

        def own_terminal():
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
        # The session leader survives Ctrl-C, as an interactive shell does.
        script = f'trap : INT; {CTEST}; echo prompt; read go'
        shell = self.start("sh", "-c", script, cwd=tree, stdin=theirs, stdout=theirs, stderr=theirs,
                           preexec_fn=own_terminal)
        os.close(theirs)
        return ours, shell

    @staticmethod
    def read_until(fd, text, bound=PATIENCE_S):
        seen = ""
        until = time.monotonic() + bound
        while text not in seen:
            if time.monotonic() > until:
                raise AssertionError(f"{text!r} did not come; there is {seen!r}")
            if select.select([fd], [], [], 0.05)[0]:
                seen += os.read(fd, 65536).decode(errors="replace").replace("\r", "")
        return seen

    def deaf_and_next(self, file):
        return self.attached(f"add_test(NAME deaf COMMAND @P@/ignore {file} 15 2 1 3)\n"
                             "add_test(NAME next COMMAND @P@/exit_with 0)\n", grace=self.GRACE_S)

    def lines_of_ending(self, fd, shell, test):
        """Holdfast's lines, up to the moment when nothing of the test is left and the shell has
        ended."""
        seen = self.read_until(fd, "prompt")
        self.assert_gone([test], self.GRACE_S + 2 + SLACK_S)
        if "holdfast: " not in seen:
            seen += self.read_until(fd, "\n", SLACK_S)
        os.write(fd, b"\n")
        shell.wait(PATIENCE_S)
        return [line for line in seen.splitlines() if "holdfast: " in line]

    def assert_ended_with_one_line(self, strike):
        file = self.pid_file()
        tree = self.deaf_and_next(file)
        fd, shell = self.begin(tree)
        test, = self.announced(file)
        struck = time.monotonic()
        strike(fd, shell)
        said = self.lines_of_ending(fd, shell, test)
        self.assertLess(time.monotonic() - struck, self.GRACE_S + 2 + SLACK_S)
        self.assertEqual(len(said), 1, said)
        # The terminal may echo ^C before it.
        self.assertRegex(said[0], 'holdfast: ctest has ended before its tests; ending "deaf" with all it started$')
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assert_next_is_clean(tree, "next")
        return struck

    def test_ctrl_c(self):
        self.assert_ended_with_one_line(lambda fd, _: os.write(fd, b"\x03"))

    def test_term_to_ctest(self):
        self.assert_ended_with_one_line(
            lambda _, shell: os.kill(self.ctest_below(shell).pid, signal.SIGTERM))

    def test_ctrl_c_gives_the_full_grace(self):
        file = self.pid_file()
        tree = self.deaf_and_next(file)
        fd, shell = self.begin(tree)
        test, = self.announced(file)
        struck = time.monotonic()
        os.write(fd, b"\x03")
        self.assert_gone([test], self.GRACE_S + 2 + SLACK_S)
        # The kernel's SIGINT to all, and ctest's death of it, are one event and not two signals.
        self.assertGreaterEqual(time.monotonic() - struck, self.GRACE_S)
        os.write(fd, b"\n")
        shell.wait(PATIENCE_S)


class NoPollingTest(PromptCase):
    """While a test runs, no process around it wakes up."""

    @staticmethod
    def wake_ups(one):
        status = Path(f"/proc/{one.pid}/status").read_text()
        return [int(count) for count in re.findall(r"ctxt_switches:\s*(\d+)", status)]

    def wake_ups_in_a_second(self, processes):
        before = [self.wake_ups(one) for one in processes]
        self.finish("sleep", "1")  # the second itself is what matters
        return sum(sum(now) - sum(then) for now, then in zip(map(self.wake_ups, processes), before))

    def test_launcher_guard_and_keeper_sleep_until_something_happens(self):
        file = self.pid_file()
        tree = self.attached(f"add_test(NAME waits COMMAND @P@/close_output {file})\n"
                             "set_tests_properties(waits PROPERTIES WILL_FAIL ON HOLDFAST_LOCKS "
                             f"{self.lock_name()}@user)\n")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        test, = self.announced(file)
        launcher = process(next(pid for pid in children_of(ctest.pid)))
        three = [launcher, self.guard_of(launcher.pid), *keepers_of(tree)]
        self.assertEqual(len(three), 3)
        wait_until(lambda: all(state_of(one.pid) == "S" for one in three), "all to sleep")
        wait_until(lambda: self.wake_ups_in_a_second(three) == 0, "a second without a wake-up", 10)
        Path(f"{file}.go").touch()
        self.assert_gone([test])
        ended = time.monotonic()
        ctest.wait(PATIENCE_S)
        self.assertLess(time.monotonic() - ended, SLACK_S)
        self.assertEqual(ctest.returncode, 0)


if __name__ == "__main__":
    unittest.main()
