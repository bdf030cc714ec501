"""Launcher, guard or keeper is stopped, or killed with the others. Who then ends their tests, or
says that they live?

orphans_test.py has what the keeper ends if launcher and guard are both dead."""

import os
import re
import signal
import sys
import unittest

from forsaken import Forsaken, kill_at_once
from support import (CTEST, HOLDFAST, PATIENCE_S, SUPERVISORS, ProjectCase, is_alive, no_keeper_of, process,
                     program, state_of, verdicts, wait_until)

GRACE_S = 0.5
# The grace, the 7 s that launcher or guard may take to act, and more for a busy machine.
STUCK_S = GRACE_S + 7 + 12

# untagged FILE LINGER [alone]: has a child without any tag of the test. alone: the child is an
# orphan and holds the test's output.
UNTAGGED = r'''
import os, resource, sys, time
def announce():
    fd = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(fd, b"%d\n" % os.getpid())
    os.close(fd)
alone = sys.argv[3:] == ["alone"]
if os.fork() == 0:
    if alone:
        os.setsid()
        if os.fork():
            os._exit(0)
    else:
        null = os.open("/dev/null", os.O_RDWR)
        for fd in 0, 1, 2:
            os.dup2(null, fd)
    locks = 10  # RLIMIT_LOCKS, which the module does not name
    resource.setrlimit(locks, (resource.getrlimit(locks)[1],) * 2)
    os.execve(sys.argv[2], ["linger", sys.argv[1]], {})
if alone:
    os.wait()
announce()
time.sleep(60)
'''


class UnattendedCase(Forsaken, ProjectCase):
    def attached(self, text):
        (self.work / "project").mkdir(exist_ok=True)
        (self.work / "project/holdfast.toml").write_text(f"[profile.default]\ngrace = {GRACE_S}\n")
        return self.project(text)

    def ctest_to_file(self, tree, *words):
        log = self.work / "log"
        with open(log, "wb") as stream:
            return self.start(CTEST, *words, cwd=tree, stdout=stream, stderr=stream), log

    def stop(self, *processes):
        for one in processes:
            os.kill(one.pid, signal.SIGSTOP)
            wait_until(lambda one=one: state_of(one.pid) == "T", f"{one} to stop")

    def run_of(self, ctest, tree):
        run, = tree.glob(f".holdfast/runs/*-{ctest.pid}")
        return run


class StoppedTest(UnattendedCase):
    def test_a_stopped_guard_is_taken_over_when_the_time_is_over(self):
        """The launcher ends the test itself: no other process is there."""
        for by, words in SUPERVISORS.items():
            with self.subTest(by=by):
                ended = self.finish(*words, "--timeout", "0.5s", "--grace", f"{GRACE_S}s", "--", "sh", "-c",
                                    f'kill -STOP $PPID; exec {program("linger")} {self.pid_file()}',
                                    bound=0.5 + STUCK_S)
                self.assertEqual(ended.returncode, 124, ended)
                self.assert_nothing_left(bound=5)

    def test_a_stopped_launcher_does_not_keep_the_test_of_a_killed_guard(self):
        lock = self.lock_name()
        tree = self.attached(self.forsaken() + f"set_tests_properties(hides PROPERTIES HOLDFAST_LOCKS "
                             f"{lock}@user)\nadd_test(NAME next COMMAND @P@/exit_with 0)\n"
                             "set_tests_properties(next PROPERTIES DEPENDS hides HOLDFAST_LOCKS "
                             f"{lock}@user)\n")
        ctest, log = self.ctest_to_file(tree)
        left = self.announced(self.pid_file(), 4)
        launcher, guard = self.pair_of(ctest)
        self.stop(launcher)
        os.kill(guard.pid, signal.SIGKILL)
        self.assert_gone([*left, launcher], STUCK_S)
        ctest.wait(PATIENCE_S)
        self.assertIn("Passed", verdicts(log.read_text())["next"])
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        ended = {record["test"]: record for record in self.records(self.run_of(ctest, tree), "attempt_ended")}
        self.assertEqual(ended["hides"]["outcome"], "interrupted")
        self.assert_nothing_left()

    def test_a_stopped_launcher_whose_ctest_is_stopped_too_is_left_alone(self):
        """Ctrl-Z stops them all, and says nothing about any of them."""
        tree = self.attached(self.forsaken())
        ctest, _ = self.ctest_to_file(tree)
        self.announced(self.pid_file(), 4)
        launcher, guard = self.pair_of(ctest)
        keeper = self.keeper_of(tree)
        self.stop(process(ctest.pid), launcher)
        before = self.wake_ups_of(keeper)
        os.kill(guard.pid, signal.SIGKILL)
        # The keeper looks for the guard after a second, hears of its death, and looks at the
        # launcher when grace and patience are over.
        wait_until(lambda: self.wake_ups_of(keeper) >= before + 2, "the keeper's looks", STUCK_S)
        wait_until(lambda: state_of(keeper.pid) == "S", "the keeper to sleep again")
        self.assertTrue(is_alive(launcher))
        os.kill(launcher.pid, signal.SIGCONT)
        os.kill(ctest.pid, signal.SIGCONT)
        ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        ended, = self.records(self.run_of(ctest, tree), "attempt_ended")
        self.assertEqual(ended["outcome"], "internal_error")  # its launcher has ended the test
        self.assert_nothing_left()

    def test_a_stopped_keeper_keeps_neither_lock_nor_tree_when_the_launcher_is_killed(self):
        lock = self.lock_name()
        tree = self.attached(self.forsaken() + f"set_tests_properties(hides PROPERTIES HOLDFAST_LOCKS "
                             f"{lock}@user)\nadd_test(NAME next COMMAND @P@/exit_with 0)\n"
                             "set_tests_properties(next PROPERTIES DEPENDS hides HOLDFAST_LOCKS "
                             f"{lock}@user)\n")
        ctest, log = self.ctest_to_file(tree)
        left = self.announced(self.pid_file(), 4)
        launcher, guard = self.pair_of(ctest)
        self.stop(self.keeper_of(tree))
        os.kill(launcher.pid, signal.SIGKILL)
        self.assert_gone([*left, guard])
        ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertEqual(verdicts(log.read_text())["next"], "Passed")
        self.assertNotIn("no keeper", log.read_text())
        types = [record["type"] for record in self.records(self.run_of(ctest, tree))]
        self.assertEqual(types.count("attempt_ended"), 2)
        self.assertEqual(types[-1], "run_ended")

    def test_nor_the_tree_when_ctest_is_killed(self):
        tree = self.attached(f"add_test(NAME lingers COMMAND @P@/linger {self.pid_file()})\n"
                             "add_test(NAME next COMMAND @P@/exit_with 0)\n")
        # By expressions, because runs of single tests by name share the tree.
        ctest, _ = self.ctest_to_file(tree, "-R", "linger")
        left = self.announced(self.pid_file())
        self.stop(self.keeper_of(tree))
        ctest.kill()
        ctest.wait()
        self.assert_gone(left)
        ran = self.ctest(tree, "-R", "next")
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assertIn("this build tree is free", ran.text)

    @staticmethod
    def wake_ups_of(one):
        with open(f"/proc/{one.pid}/status", encoding="utf-8") as status:
            return int(re.search(r"\nvoluntary_ctxt_switches:\s*(\d+)", status.read())[1])


class KilledTest(UnattendedCase):
    @staticmethod
    def words_of(one):
        with open(f"/proc/{one.pid}/cmdline", "rb") as words:
            return words.read().split(b"\0")

    def test_what_launcher_guard_and_keeper_left_is_ended_by_reap_while_ctest_waits_for_it(self):
        tree = self.attached(self.forsaken())
        ctest, _ = self.ctest_to_file(tree)
        left = self.announced(self.pid_file(), 4)
        kill_at_once(self.keeper_of(tree), *self.pair_of(ctest))
        self.assertTrue(all(is_alive(one) for one in left))
        listed = self.finish(HOLDFAST, "reap", "--tree", tree, "--dry-run")
        self.assertEqual(len(listed.stdout.splitlines()), len(left), listed)
        self.assertIsNone(ctest.poll())
        reaped = self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertEqual(reaped.returncode, 0, reaped)
        self.assert_gone(left, 0)
        ctest.wait(PATIENCE_S)
        self.assert_nothing_left()

    def test_and_at_the_end_of_the_run_and_said(self):
        # The hidden process does not hold the output, so ctest comes to its end while it lives.
        tree = self.attached(self.forsaken(ways=("plain",)).replace("COMMAND", "COMMAND sh -c \"exec \\\"$0\\\" "
                             "\\\"$@\\\" >/dev/null 2>&1\""))
        ctest, log = self.ctest_to_file(tree)
        left = self.announced(self.pid_file(), 2)
        kill_at_once(self.keeper_of(tree), *self.pair_of(ctest))
        ctest.wait(PATIENCE_S)
        self.assert_gone(left, 0)
        self.assertIn("ended what a test whose launcher, guard and keeper were killed left", log.read_text())

    def test_reap_leaves_the_tests_of_a_living_run_alone(self):
        """Only the keeper is killed, and the launchers look after their tests."""
        tree = self.attached(f"add_test(NAME t COMMAND @P@/close_output {self.pid_file()})\n"
                             "set_tests_properties(t PROPERTIES WILL_FAIL ON)\n"
                             "add_test(NAME server COMMAND @P@/vanish " f"{self.pid_file('server')})\n"
                             "set_tests_properties(server PROPERTIES FIXTURES_SETUP f)\n"
                             "set_tests_properties(t PROPERTIES FIXTURES_REQUIRED f)\n")
        ctest, log = self.ctest_to_file(tree)
        test, = self.announced(self.pid_file())
        server, = self.announced(self.pid_file("server"))
        keeper = self.keeper_of(tree)
        os.kill(keeper.pid, signal.SIGKILL)
        self.assert_gone([keeper])
        self.assertEqual(self.finish(HOLDFAST, "reap", "--tree", tree).returncode, 0)
        self.assertTrue(is_alive(test) and is_alive(server))
        (self.work / "announced.pids.go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0, log.read_text())

    def untagged(self, *words):
        script = self.work / "untagged.py"
        script.write_text(UNTAGGED)
        return self.attached(f"add_test(NAME t COMMAND {sys.executable} {script} {self.pid_file()} "
                             f"{program('linger')} {' '.join(words)})\n")

    def test_who_has_no_tag_and_is_below_one_that_has_is_ended_with_it(self):
        tree = self.untagged()
        ctest, _ = self.ctest_to_file(tree)
        left = self.announced(self.pid_file(), 2)
        kill_at_once(*self.pair_of(ctest))
        self.assert_gone(left)
        ctest.wait(PATIENCE_S)

    def test_who_has_no_tag_and_is_nobodys_child_is_named_when_ctest_waits_for_it(self):
        self.check_who_is_named()

    def test_and_to_a_quiet_ctest_nothing_is_said(self):
        self.check_who_is_named("-Q")

    def check_who_is_named(self, *quiet):
        tree = self.untagged("alone")
        ctest, log = self.ctest_to_file(tree, *quiet)
        pids = self.read_pids(self.pid_file()) if self.announced(self.pid_file(), 2) else []
        alone, = [pid for pid in pids if b"linger" in self.words_of(process(pid))]
        kill_at_once(*self.pair_of(ctest))
        line = (f'holdfast: "t": launcher and guard were killed, and ctest waits for linger (pid {alone}), '
                "which has the test's output open and no tag of it")
        if quiet:
            wait_until(lambda: self.records(self.run_of(ctest, tree), "attempt_ended"), "the record")
        else:
            wait_until(lambda: line in log.read_text(), lambda: f"{line} in {log.read_text()}")
        self.assertIsNone(ctest.poll())
        os.kill(alone, signal.SIGKILL)
        ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        ended, = self.records(self.run_of(ctest, tree), "attempt_ended")
        self.assertIn(f"linger (pid {alone}) may be its own and lives", ended["note"])
        if quiet:
            self.assertEqual(log.read_text(), "")


if __name__ == "__main__":
    unittest.main()
