"""Signals to a launcher that waits for a lock beside its helper, which waits in flock(2), or for slots in several
threads (behaviours 6, 8, 14, 16, 25)."""

import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

from support import (LAUNCHER, PATIENCE_S, SystemCase, children_of, is_alive, process, program,
                     state_of, wait_until)

MODES = ["", ":1/1"]


class LockInterruptionsTest(SystemCase):
    def hold(self, name):
        pids = self.pid_file(f"holder{len(self.begun)}")
        begun = self.start(*self.supervised(program("linger"), pids, options=["--lock", name]),
                           stderr=subprocess.DEVNULL)
        self.announced(pids)
        return begun

    def each_mode(self):
        for mode in MODES:
            name = self.lock_name() + mode
            yield name, self.hold(name)

    def wait_for(self, name, *command, options=(), told=1, before=(), **how):
        """Starts a run that waits. Returns it, and the log in which it has said so `told` times."""
        log = self.work / f"waiter{len(self.begun)}.err"
        with open(log, "wb") as stream:
            begun = self.start(*before, *self.supervised(*(command or ["true"]),
                                                         options=["--lock", name, *options]),
                               stderr=stream, **how)
        self.told(log, told)
        return begun, log

    @staticmethod
    def told(log, times=1):
        wait_until(lambda: log.read_bytes().count(b"waiting for lock") >= times, "the wait to be told")

    def release(self, holder):
        holder.terminate()
        holder.wait(PATIENCE_S)

    def test_each_signal_that_ends_tests_ends_a_wait_at_any_moment(self):
        for name, _ in self.each_mode():
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
                for told in (0, 1, 2):
                    waiter, log = self.wait_for(name, "touch", self.work / "ran", told=told)
                    if told == 0:
                        # The signal comes at any moment after the launcher takes signals.
                        wait_until(lambda pid=waiter.pid, number=number: takes(pid, number), "it to begin")
                    waiter.send_signal(number)
                    self.assertEqual(waiter.wait(PATIENCE_S), -number, log.read_text())
                    if number != signal.SIGTERM:
                        break
        self.assertFalse((self.work / "ran").exists())

    def test_a_signal_its_caller_ignored_ends_no_wait(self):
        for name, holder in self.each_mode():
            waiter, log = self.wait_for(
                name, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
            waiter.send_signal(signal.SIGHUP)
            self.told(log, 2)
            self.release(holder)
            self.assertEqual(waiter.wait(PATIENCE_S), 0)

    def test_a_signal_for_the_test_that_is_not_there_yet_goes_nowhere(self):
        for name, holder in self.each_mode():
            waiter, _ = self.wait_for(name)
            waiter.send_signal(signal.SIGUSR1)
            self.release(holder)
            self.assertEqual(waiter.wait(PATIENCE_S), 0)

    def test_a_pause_keeps_the_place_and_is_not_counted(self):
        for name, holder in self.each_mode():
            # On a busy machine more time than the pause may pass between two looks. Then it tries
            # again with more time.
            limit = PATIENCE_S / 5
            while self.pause_longer_than(limit, name, holder) > limit / 2:
                limit *= 2
                self.assertLess(limit, 5 * PATIENCE_S)
                holder = self.hold(name)

    def pause_longer_than(self, limit, name, holder):
        """For how many seconds the waiter was not paused. If that is less than half of its time, it
        has waited to the end."""
        order = self.work / f"order{len(self.begun)}"
        begun = time.monotonic()
        # It has a process group of its own that is not orphaned, as a shell's job.
        waiter, log = self.wait_for(name, "sh", "-c", f'echo 1 >>"{order}"', options=["--lock-timeout", str(limit)],
                                    preexec_fn=lambda: os.setpgid(0, 0))
        stops = [signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU]
        # The pause itself is tested; its length is no synchronisation. All pauses together are
        # longer than the lock's time.
        pause, paused = 1.1 * limit / len(stops), 0
        for number in stops:
            waiter.send_signal(number)
            wait_until(lambda: state_of(waiter.pid) in "TZ", "the waiter to stop")
            if state_of(waiter.pid) == "Z":
                break  # its time is over
            _, how = os.waitpid(waiter.pid, os.WUNTRACED)
            self.assertEqual(os.WSTOPSIG(how), number)
            time.sleep(pause)
            paused += pause
            waiter.send_signal(signal.SIGCONT)
            wait_until(lambda: state_of(waiter.pid) in "SZ", "the waiter to go on")
        later, _ = self.wait_for(name, "sh", "-c", f'echo 2 >>"{order}"')
        running = time.monotonic() - begun - paused
        if running <= limit / 2:
            self.assertIsNone(waiter.poll(), log.read_text())
        self.release(holder)
        if running <= limit / 2:
            self.assertEqual(waiter.wait(PATIENCE_S), 0, log.read_text())
            self.assertEqual(later.wait(PATIENCE_S), 0)
            self.assertEqual(order.read_text().split(), ["1", "2"])
        return running

    def test_a_stop_that_meets_the_hand_over_loses_nothing(self):
        for name, holder in self.each_mode():
            waiter, _ = self.wait_for(name, preexec_fn=lambda: os.setpgid(0, 0))
            waiter.send_signal(signal.SIGTSTP)
            wait_until(lambda pid=waiter.pid: state_of(pid) == "T", "the waiter to stop")
            self.release(holder)
            self.assertIsNone(waiter.poll())
            waiter.send_signal(signal.SIGCONT)
            self.assertEqual(waiter.wait(PATIENCE_S), 0)

    def test_a_signal_that_meets_the_hand_over_ends_the_wait_and_frees_the_lock(self):
        for name, holder in self.each_mode():
            waiter, log = self.wait_for(name, "touch", self.work / "ran")
            waiter.send_signal(signal.SIGSTOP)
            wait_until(lambda pid=waiter.pid: state_of(pid) == "T", "the waiter to stop")
            self.release(holder)
            helper, = map(process, children_of(waiter.pid))
            later, _ = self.wait_for(name, "true")  # so its helper has the lock
            self.assertTrue(is_alive(helper))
            waiter.send_signal(signal.SIGTERM)
            waiter.send_signal(signal.SIGCONT)
            self.assertEqual(waiter.wait(PATIENCE_S), -signal.SIGTERM, log.read_text())
            self.assertEqual(later.wait(PATIENCE_S), 0)
        self.assertFalse((self.work / "ran").exists())

    def test_the_death_of_ctest_ends_a_wait(self):
        for name, holder in self.each_mode():
            for through_shell in (False, True):
                ctest, launcher = self.wait_under_ctest(name, through_shell)
                ctest.kill()
                self.assert_gone([launcher])
            self.release(holder)
        self.assertFalse((self.work / "ran").exists())
        self.assert_nothing_left()

    def wait_under_ctest(self, name, through_shell):
        """Starts our stand-in for ctest. Returns it and the launcher below it that waits."""
        log = self.work / f"under_ctest{len(self.begun)}.err"
        pids = self.pid_file(f"launcher{len(self.begun)}")
        # The shell becomes the launcher, or is its parent.
        shell = (f'"$@" & echo $! >"{pids}"; wait $!' if through_shell else
                 f'echo $$ >"{pids}"; exec "$@"')
        tree = self.work / "tree"
        tree.mkdir(exist_ok=True)
        with open(log, "wb") as stream:
            ctest = self.start(program("act_as_ctest"), tree, self.work / "status", "/bin/sh", "-c",
                               shell, "sh", LAUNCHER, "--name", "a test", "--lock", f"{name}@user", "--",
                               "touch", self.work / "ran", stderr=stream)
        launcher, = self.announced(pids)
        self.told(log)
        return ctest, launcher

    def test_a_killed_helper_is_told_and_never_a_lock(self):
        name = self.lock_name() + ":1/1"
        self.hold(name)
        waiter, log = self.wait_for(name, "touch", self.work / "ran")
        helper = process(children_of(waiter.pid)[0])
        os.kill(helper.pid, signal.SIGKILL)
        self.assertEqual(waiter.wait(PATIENCE_S), 125)
        self.assertIn("the waiting process was killed", log.read_text())
        self.assertFalse((self.work / "ran").exists() or is_alive(helper))


def takes(pid, number):
    """Whether the process blocks the signal, and so takes it from its queue."""
    text = Path(f"/proc/{pid}/status").read_text()
    status = dict(line.split(":", 1) for line in text.splitlines())
    return bool(int(status["SigBlk"], 16) & 1 << (number - 1))


if __name__ == "__main__":
    unittest.main()
