"""Which processes the keeper ends when launcher and guard are both killed, and which it leaves
alone. endings_test.py has the ways in which a test may hide."""

import os
import shutil
import signal
import subprocess
import time
import unittest

from forsaken import Forsaken, kill_at_once
from support import (CTEST, HOLDFAST, PATIENCE_S, ProjectCase, children_of, command_of, is_alive,
                     keepers_of, no_keeper_of, process, program, stat_of, wait_until)

GRACE_S = 5
# The grace and 2 s, and more for a machine that is busy with the other tests.
BOUND_S = GRACE_S + 2 + 3


class OrphansTest(Forsaken, ProjectCase):
    def begin(self, ways=("plain", "bare", "overwritten"), more=""):
        tree = self.project(self.forsaken(ways=ways) + more)
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        return tree, ctest, self.announced(self.pid_file(), len(ways) + 1)

    def only_end(self, tree):
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        ended, = self.records(self.runs(tree)[-1], "attempt_ended")
        return ended

    def graces(self, text):
        (self.work / "project").mkdir(exist_ok=True)
        (self.work / "project/holdfast.toml").write_text(f'[profile.default]\ngrace = "{text}"\n')

    def test_the_grace_is_the_tests_own(self):
        self.graces("500ms")
        tree, ctest, left = self.begin(("deaf",))
        before = time.monotonic()
        kill_at_once(*self.pair_of(ctest))
        self.assert_gone(left)
        self.assertLess(time.monotonic() - before, GRACE_S - 1)
        ctest.wait(PATIENCE_S)
        self.only_end(tree)

    def test_a_stopped_guard_does_not_keep_the_test_of_a_killed_launcher(self):
        self.graces("500ms")
        tree, ctest, left = self.begin()
        launcher, guard = self.pair_of(ctest)
        os.kill(guard.pid, signal.SIGSTOP)
        os.kill(launcher.pid, signal.SIGKILL)
        # A guard may take up to 7 s to act.
        self.assert_gone([*left, guard], 0.5 + 7 + BOUND_S)
        ctest.wait(PATIENCE_S)
        ended = self.only_end(tree)
        self.assertEqual(ended["outcome"], "interrupted")
        self.assert_nothing_left()

    @unittest.skipUnless(shutil.which("strace"), "strace keeps the keeper from its next step")
    def test_nor_if_the_launcher_died_before_the_keeper_took_its_next_step(self):
        """The keeper's answer lets the launcher go on."""
        self.graces("500ms")
        tree = self.project(f"""
add_test(NAME before COMMAND @P@/close_output {self.pid_file("before")})
set_tests_properties(before PROPERTIES WILL_FAIL ON)
add_test(NAME lingers COMMAND @P@/linger {self.pid_file()})
set_tests_properties(lingers PROPERTIES DEPENDS before)""")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        self.announced(self.pid_file("before"))
        strace = self.start("strace", "-o", "/dev/null", "-e", "inject=sendto:delay_exit=5000000", "-p",
                            self.keeper_of(tree).pid, stderr=subprocess.PIPE)
        if b" attached" not in strace.stderr.readline():
            self.skipTest("strace may not trace here")
        (self.work / "before.pids.go").touch()
        left = self.announced(self.pid_file())
        launcher, guard = self.pair_of(ctest)
        os.kill(guard.pid, signal.SIGSTOP)
        os.kill(launcher.pid, signal.SIGKILL)
        strace.terminate()
        self.assert_gone([*left, guard], 0.5 + 7 + BOUND_S)
        ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        outcomes = {r["test"]: r["outcome"] for r in self.records(self.runs(tree)[-1], "attempt_ended")}
        self.assertEqual(outcomes, {"before": "failed", "lingers": "interrupted"})
        self.assert_nothing_left()

    def test_nor_does_one_that_keeps_a_server_until_the_end_of_the_run(self):
        self.graces("500ms")
        tree = self.project(f"""
add_test(NAME server COMMAND @P@/vanish {self.pid_file()})
set_tests_properties(server PROPERTIES FIXTURES_SETUP f)
add_test(NAME waits COMMAND @P@/close_output {self.pid_file("w")})
set_tests_properties(waits PROPERTIES FIXTURES_REQUIRED f WILL_FAIL ON)""")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        server, = self.announced(self.pid_file())
        self.announced(self.pid_file("w"))
        guard = process(int(stat_of(server.pid)[1]))
        os.kill(guard.pid, signal.SIGSTOP)
        (self.work / "w.pids.go").touch()
        self.assert_gone([server, guard])
        ctest.wait(PATIENCE_S)
        self.assert_nothing_left()

    def test_a_stopped_launcher_does_not_keep_the_test_of_a_killed_ctest(self):
        self.graces("500ms")
        tree, ctest, left = self.begin()
        launcher, guard = self.pair_of(ctest)
        os.kill(launcher.pid, signal.SIGSTOP)
        ctest.kill()
        ctest.wait()
        self.assert_gone([*left, launcher, guard])
        self.assertEqual(self.only_end(tree)["outcome"], "interrupted")
        self.assert_nothing_left()

    def test_an_attempt_inside_an_attempt_is_found_by_what_is_held_around_it(self):
        tree = self.project(f"add_test(NAME outer COMMAND {HOLDFAST} run -- "
                            f"@P@/linger {self.pid_file()})\n")
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        left = self.announced(self.pid_file())
        launcher, guard = self.pair_of(ctest)
        inner = process(children_of(guard.pid)[0])
        kill_at_once(launcher, guard, inner, self.guard_of(inner.pid))
        self.assert_gone(left, BOUND_S)
        ctest.wait(PATIENCE_S)
        self.assertEqual(self.only_end(tree)["outcome"], "interrupted")

    def test_so_is_an_attempt_of_a_ctest_on_the_same_tree(self):
        tree = self.project(f"""
add_test(NAME outer COMMAND {CTEST} -R ^inner$ WORKING_DIRECTORY ${{CMAKE_BINARY_DIR}})
add_test(NAME inner COMMAND @P@/linger {self.pid_file()})""")
        ctest = self.start(CTEST, "-R", "outer", cwd=tree, stdout=-3, stderr=-3)
        left = self.announced(self.pid_file())
        launcher, guard = self.pair_of(ctest)
        inner = process(children_of(guard.pid)[0])
        keeper, = [one for one in keepers_of(tree)
                   if any(word.startswith(f"{inner.pid}:") for word in command_of(one.pid))]
        # The outer ones are killed last, because their keeper is not stopped, and acts.
        kill_at_once(keeper, *self.pair_of(inner), inner, guard, launcher)
        self.assert_gone(left, BOUND_S)

    def test_bystanders_are_left_alone(self):
        bystander = self.start(program("linger"), self.pid_file("bystander"), start_new_session=True)
        self.announced(self.pid_file("bystander"))
        other_tree = self.project(f"add_test(NAME w COMMAND @P@/close_output {self.pid_file('other')})\n"
                                  "set_tests_properties(w PROPERTIES WILL_FAIL ON)\n",
                                  name="other", build="otherbuild")
        other = self.start(CTEST, cwd=other_tree, stdout=-3, stderr=-3)
        other_test, = self.announced(self.pid_file("other"))
        tree, ctest, left = self.begin()
        kill_at_once(*self.pair_of(ctest))
        self.assert_gone(left, BOUND_S)
        ctest.wait(PATIENCE_S)
        self.only_end(tree)
        self.assertTrue(is_alive(other_test))
        self.assertIsNone(bystander.poll())
        (self.work / "other.pids.go").touch()
        self.assertEqual(other.wait(PATIENCE_S), 0)

    def test_another_attempt_of_the_same_run_is_left_alone(self):
        tree = self.project(self.forsaken() +
                            f"add_test(NAME w COMMAND @P@/close_output {self.pid_file('other')})\n"
                            "set_tests_properties(w PROPERTIES WILL_FAIL ON)\n")
        ctest = self.start(CTEST, "-j2", cwd=tree, stdout=-3, stderr=-3)
        left = self.announced(self.pid_file(), 4)
        other, = self.announced(self.pid_file("other"))
        for launcher in self.launchers_of(ctest, 2):
            guard = self.guard_of(launcher.pid)
            if other.pid not in children_of(guard.pid):
                kill_at_once(launcher, guard)
        self.assert_gone(left, BOUND_S)
        self.assertTrue(is_alive(other))
        (self.work / "other.pids.go").touch()
        ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        outcomes = {r["test"]: r["outcome"] for r in self.records(self.runs(tree)[-1], "attempt_ended")}
        self.assertEqual(outcomes, {"hides": "interrupted", "w": "failed"})


if __name__ == "__main__":
    unittest.main()
