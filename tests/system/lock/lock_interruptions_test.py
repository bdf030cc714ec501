"""Signals to a launcher that waits for a lock: in flock(2) itself, or beside a helper that does
(for slots, and when ctest is not its parent; behaviours 6, 8, 14, 16, 25)."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

from support import (LAUNCHER, PATIENCE_S, SystemCase, children_of, is_alive, process, program,
                     state_of, wait_until)

# Maps each way to wait to the mode of the lock.
WAYS = {"by itself": "", "beside a helper": ":1/1"}


class LockInterruptionsTest(SystemCase):
    def hold(self, name):
        pids = self.pid_file(f"holder{len(self.begun)}")
        begun = self.start(*self.supervised(program("linger"), pids, options=["--lock", name]),
                           stderr=subprocess.DEVNULL)
        self.announced(pids)
        return begun

    def each_way(self):
        for mode in WAYS.values():
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

    def test_only_who_must_has_a_helper(self):
        for name, _ in self.each_way():
            waiter, _ = self.wait_for(name)
            self.assertEqual(len(children_of(waiter.pid)), 1 if ":" in name else 0)

    def test_each_signal_that_ends_tests_ends_a_wait_at_any_moment(self):
        for name, _ in self.each_way():
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
        for name, holder in self.each_way():
            waiter, log = self.wait_for(
                name, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
            waiter.send_signal(signal.SIGHUP)
            self.told(log, 2)
            self.release(holder)
            self.assertEqual(waiter.wait(PATIENCE_S), 0)

    def test_a_signal_for_the_test_that_is_not_there_yet_goes_nowhere(self):
        for name, holder in self.each_way():
            waiter, _ = self.wait_for(name)
            waiter.send_signal(signal.SIGUSR1)
            self.release(holder)
            self.assertEqual(waiter.wait(PATIENCE_S), 0)

    def test_a_pause_keeps_the_place_and_is_not_counted(self):
        for name, holder in self.each_way():
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
        # A launcher that waits by itself uses SIGTTOU to notice a SIGCONT that came too early
        # (os/signal/signals.hpp), so that signal does not stop it.
        stops = [signal.SIGTSTP, signal.SIGTTIN] + [signal.SIGTTOU] * (":" in name)
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
        for name, holder in self.each_way():
            waiter, _ = self.wait_for(name, preexec_fn=lambda: os.setpgid(0, 0))
            waiter.send_signal(signal.SIGTSTP)
            wait_until(lambda pid=waiter.pid: state_of(pid) == "T", "the waiter to stop")
            self.release(holder)
            self.assertIsNone(waiter.poll())
            waiter.send_signal(signal.SIGCONT)
            self.assertEqual(waiter.wait(PATIENCE_S), 0)

    @unittest.skipUnless(shutil.which("strace"), "strace sends a signal into flock(2)")
    def test_what_interrupts_at_the_very_moment_the_lock_is_had_loses_nothing(self):
        """The signal comes while flock(2) succeeds, as the lock is free by then. SIGCHLD is the
        clock."""
        for number, ends in ((signal.SIGTERM, True), (signal.SIGCHLD, False)):
            with self.subTest(signal.Signals(number).name):
                name, ran = self.lock_name(), self.work / f"ran-{number}"
                holder = self.hold(name)
                # Another waiter, which is stopped, comes before it, so it waits in the queue and
                # not yet in flock(2).
                first, _ = self.wait_for(name)
                first.send_signal(signal.SIGSTOP)
                wait_until(lambda pid=first.pid: state_of(pid) == "T", "the first to stop")
                # Its first flock(2) is on the directory.
                traced = ["strace", "-qq", "-o", self.work / "trace", "-e", "trace=flock",
                          "-e", f"inject=flock:signal={number}:when=2"]
                waiter, log = self.wait_for(name, "touch", ran, before=traced)
                self.release(holder)
                first.kill()
                code = waiter.wait(PATIENCE_S)
                trace = (self.work / "trace").read_text()
                self.assertRegex(trace, r"LOCK_EX\) += 0[^\n]*\n(.*\n)*--- SIG", trace)
                self.assertEqual((code, ran.exists()), (-number if ends else 0, not ends), log.read_text())
                free = self.finish(*self.supervised("true", options=["--lock", name, "--lock-timeout", "0.1"]))
                self.assertEqual((free.returncode, free.stderr), (0, b""))

    def test_the_death_of_ctest_ends_a_wait(self):
        for name, holder in self.each_way():
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
        self.assertEqual(len(children_of(launcher.pid)), 1 if through_shell or ":" in name else 0)
        return ctest, launcher

    def test_a_lock_that_was_waited_for_is_the_launchers_in_lslocks(self):
        name = self.lock_name()
        holder = self.hold(name)
        waiter, _ = self.wait_for(name, program("linger"), self.pid_file("second"))
        self.release(holder)
        self.announced(self.pid_file("second"))
        listed = json.loads(subprocess.run(["lslocks", "-J", "-o", "PID,TYPE,PATH"], check=True,
                                           stdout=subprocess.PIPE).stdout)["locks"]
        self.assertIn((waiter.pid, "FLOCK"),
                      [(int(one["pid"]), one["type"]) for one in listed
                       if one["path"] == str(self.lock_file(name))])
        waiter.terminate()
        self.assertEqual(waiter.wait(PATIENCE_S), -signal.SIGTERM)

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
    """Whether the process takes the signal: it blocks it, or is in flock(2) with a handler for
    it."""
    text = Path(f"/proc/{pid}/status").read_text()
    status = dict(line.split(":", 1) for line in text.splitlines())
    bit = 1 << (number - 1)
    return bool((int(status["SigBlk"], 16) | int(status["SigCgt"], 16)) & bit)


if __name__ == "__main__":
    unittest.main()
