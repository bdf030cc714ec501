"""Kills launchers at odd moments, and checks deaths that must end nothing: a shell that exits
leaves its background jobs alone. endings_test.py has the table of who dies and how the test
hides."""

import os
import signal
import time
import unittest

from support import (CTEST, PATIENCE_S, ProjectCase, SystemCase, children_of, is_alive, no_keeper_of,
                     process, processes_with, program, state_of, wait_until)

GRACE = ["--grace", "500ms"]
# The grace and 2 s, and more for a machine that is busy with the other tests.
BOUND_S = 0.5 + 2 + 3


class PairTest(SystemCase):
    """The worst case is a deaf daemon: double fork, setsid, no environment, no descriptors."""

    def vanish(self, by):
        self.pid_file().unlink(missing_ok=True)
        if by == "under ctest":
            begun = self.start(*self.under_ctest(program("vanish"), self.pid_file(), "stay",
                                                 options=GRACE), stderr=-3)
            daemon, = self.announced(self.pid_file())
            launcher = process(children_of(begun.pid)[0])
        else:
            begun = self.start(*self.supervised(program("vanish"), self.pid_file(), "stay",
                                                options=GRACE, by=by), stderr=-3)
            daemon, = self.announced(self.pid_file())
            launcher = process(begun.pid)
        return begun, launcher, daemon

    def test_a_killed_guard_is_our_own_failure(self):
        begun, launcher, _ = self.vanish("holdfast-launcher")
        os.kill(self.guard_of(launcher.pid).pid, signal.SIGKILL)
        self.assertEqual(begun.wait(PATIENCE_S), 125)
        begun, launcher, _ = self.vanish("under ctest")
        os.kill(self.guard_of(launcher.pid).pid, signal.SIGKILL)
        begun.wait(PATIENCE_S)
        self.assertRegex(self.ended_as(), "^signal ")

    def test_the_test_ends_whenever_the_launcher_is_killed(self):
        # The kill comes anywhere from before the guard exists until after the test has begun.
        for step in range(40):
            begun = self.start(*self.supervised(program("linger"), self.pid_file()))
            until = time.monotonic() + step * 0.0002
            while time.monotonic() < until:
                pass
            begun.kill()
            begun.wait()
        self.assert_nothing_left()

    def test_a_guard_that_was_stopped_ends_a_killed_launchers_test_when_it_goes_on(self):
        """endings_test.py has the guard that nobody continues, where a keeper ends the test."""
        begun, launcher, daemon = self.vanish("holdfast-launcher")
        guard = self.guard_of(launcher.pid)
        os.kill(guard.pid, signal.SIGSTOP)
        wait_until(lambda: state_of(guard.pid) == "T", "the guard to stop")
        begun.kill()
        begun.wait(PATIENCE_S)
        self.assertTrue(is_alive(daemon) and is_alive(guard))  # both are alive before the check
        os.kill(guard.pid, signal.SIGCONT)
        self.assert_gone([daemon, guard], BOUND_S)

    def test_a_run_in_the_background_outlives_its_shell(self):
        words = " ".join(f'"{w}"' for w in self.supervised(program("linger"), self.pid_file(),
                                                          by="holdfast run"))
        shell = self.start("sh", "-c", words + " >/dev/null 2>&1 & echo $!", stdout=-1)
        test, = self.announced(self.pid_file())
        out, _ = shell.communicate(timeout=PATIENCE_S)
        launcher = process(int(out))
        self.assertIsNotNone(launcher)
        # The launcher answers the signal, so it would have noticed its parent's death by now.
        os.kill(launcher.pid, signal.SIGTERM)
        self.assert_gone([launcher, test])

    def test_a_run_in_the_background_is_not_ended_by_its_shells_end(self):
        go = self.work / "announced.pids.go"
        words = " ".join(f'"{w}"' for w in self.supervised(program("close_output"), self.pid_file()))
        self.finish("sh", "-c", f'({words}; echo $? >"{self.work}/code") >/dev/null 2>&1 &')
        test, = self.announced(self.pid_file())
        go.touch()
        wait_until(lambda: (self.work / "code").exists() and (self.work / "code").read_text(),
                   "the end of the run")
        self.assertEqual((self.work / "code").read_text(), "5\n")
        self.assert_gone([test])

    def test_the_end_of_the_thread_that_started_the_launcher_ends_nothing(self):
        attach = ('HOLDFAST_ATTACH="2 $PPID $(cut -d" " -f22 /proc/$PPID/stat) '
                  f'$(readlink /proc/self/ns/pid | tr -dc 0-9) 1 system-test {self.work}"')
        words = " ".join(f'"{w}"' for w in self.supervised(program("close_output"), self.pid_file()))
        for script in (f"exec {words}", f"export {attach}; exec {words}"):
            with self.subTest(script=script):
                for file in self.work.glob("*.pids*"):
                    file.unlink()
                begun = self.start(program("start_from_thread"), self.pid_file(), "sh", "-c", script, stdout=-3)
                self.announced(self.pid_file())
                wait_until(lambda pid=begun.pid: len(os.listdir(f"/proc/{pid}/task")) == 1, "the end of the thread")
                (self.work / "announced.pids.go").touch()
                self.assertEqual(begun.wait(PATIENCE_S), 5)


class CtestTest(ProjectCase):
    def test_the_tree_stays_taken_for_as_long_as_a_long_grace(self):
        """The grace is longer than usual, and the next run must not meet the test that still
        ends."""
        file = self.pid_file()
        tree = self.project(f"add_test(NAME slow COMMAND @P@/record_signals {file} 0 7600)\n")
        (self.work / "project/holdfast.toml").write_text("[profile.default]\ngrace = 20\n")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        test, = self.announced(file)
        ctest.kill()
        ctest.wait()
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertFalse(is_alive(test))
        types = [record["type"] for record in self.records(self.runs(tree)[-1])]
        self.assertEqual(types[-1], "run_ended")


    def test_nothing_survives_ctests_own_timeout_kill(self):
        file = self.pid_file()
        tree = self.project(f"""
add_test(NAME vanish COMMAND @P@/vanish {file} stay)
set_tests_properties(vanish PROPERTIES TIMEOUT 1)""")
        ran = self.ctest(tree)
        self.assertIn("***Timeout", ran.text)
        self.assert_gone([process(pid) for pid in self.read_pids(file)], PATIENCE_S)
        wait_until(lambda: not processes_with(self.cookie), "the end of everything")


if __name__ == "__main__":
    unittest.main()
