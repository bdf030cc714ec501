"""Stops and continues launchers and tests."""

import itertools
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

from support import PATIENCE_S, SUPERVISORS, SystemCase, is_alive, program, state_of, wait_until


class PauseTest(SystemCase):
    def stop(self, begun, *processes, number=signal.SIGTSTP):
        begun.send_signal(number)
        for pid in (begun.pid, *(p.pid for p in processes)):
            wait_until(lambda pid=pid: state_of(pid) == "T", f"{pid} to stop")

    def in_a_job(self, *command, options=(), by="holdfast-launcher", **how):
        # It has a process group of its own that is not orphaned, as a shell's job: the kernel
        # discards the stop signals of orphaned groups.
        return self.start(*self.supervised(*command, options=options, by=by),
                          preexec_fn=lambda: os.setpgid(0, 0), **how)

    def test_each_stopping_signal_stops_test_and_launcher_and_cont_resumes_both(self):
        for by in self.each_supervisor():
            self.pid_file().unlink(missing_ok=True)
            begun = self.in_a_job(program("linger"), self.pid_file(), by=by, stderr=subprocess.DEVNULL)
            test, = self.announced(self.pid_file())
            for number in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
                self.stop(begun, test, number=number)
                begun.send_signal(signal.SIGCONT)
                for pid in (begun.pid, test.pid):
                    wait_until(lambda pid=pid: state_of(pid) == "S", f"{pid} to go on after {number.name}")
            begun.send_signal(signal.SIGTERM)
            self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGTERM)

    def test_a_pause_is_not_counted_by_the_timeout(self):
        begun = self.in_a_job(program("close_output"), self.pid_file(),
                              options=["--timeout", "1500ms"], stdout=subprocess.DEVNULL)
        test, = self.announced(self.pid_file())
        self.stop(begun, test)
        # The pause itself is tested; its length is no synchronisation.
        time.sleep(2)
        begun.send_signal(signal.SIGCONT)
        (self.work / "announced.pids.go").touch()
        self.assertEqual(begun.wait(PATIENCE_S), 5)

    def test_a_stop_while_the_launcher_starts_never_hangs(self):
        for by, round_ in itertools.product(SUPERVISORS, range(20)):
            began = time.monotonic()
            self.in_a_job(program("exit_with"), 3, by=by).wait(PATIENCE_S)
            whole = time.monotonic() - began
            begun = self.in_a_job(program("exit_with"), 3, by=by)
            # A moment of varying length, to hit each point of the start.
            until = time.monotonic() + whole * round_ / 20
            while time.monotonic() < until:
                pass
            begun.send_signal(signal.SIGTSTP)
            # It may stop before it can take signals, stop itself later, or be done already. So CONT
            # is sent until it has ended.
            def ended(begun=begun):
                begun.send_signal(signal.SIGCONT)
                return begun.poll() is not None
            wait_until(ended, f"the end of {by} that was stopped")
            self.assertEqual(begun.returncode, 3)

    def test_who_is_told_to_go_on_at_once_is_never_left_stopped(self):
        name = self.lock_name()
        holder = self.start(*self.supervised(program("linger"), self.pid_file("holder"),
                                             options=["--lock", name]), stderr=subprocess.DEVNULL)
        self.announced(self.pid_file("holder"))
        for options in ([], ["--lock", name], ["--lock", name + ":1/1"]):
            log = self.work / f"said{len(self.begun)}"
            with self.subTest(options), open(log, "wb") as stream:
                pids = self.pid_file(f"test{len(self.begun)}")
                begun = self.in_a_job(program("linger"), pids, options=options, stderr=stream)
                if options:
                    wait_until(lambda log=log: b"waiting for lock" in log.read_bytes(), "the wait")
                else:
                    self.announced(pids)
                for round_ in range(300):
                    begun.send_signal(signal.SIGTSTP)
                    # A moment of varying length, to hit each point between the two signals.
                    until = time.monotonic() + 1e-6 * (round_ * 7 % 400)
                    while time.monotonic() < until:
                        pass
                    begun.send_signal(signal.SIGCONT)
                    wait_until(lambda pid=begun.pid: has_gone_on(pid), "it to go on")
                begun.send_signal(signal.SIGTERM)
                self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGTERM)
        holder.terminate()
        holder.wait(PATIENCE_S)

    def test_a_test_that_stops_itself_is_waited_for(self):
        begun = self.in_a_job(program("stop_self"), self.pid_file())
        test, = self.announced(self.pid_file())
        wait_until(lambda: state_of(test.pid) == "T", "the test to stop itself")
        self.assertIsNone(begun.poll())
        os.kill(test.pid, signal.SIGCONT)
        self.assertEqual(begun.wait(PATIENCE_S), 6)

    def test_a_stopped_launcher_killed_still_ends_the_test(self):
        begun = self.in_a_job(program("linger"), self.pid_file())
        test, = self.announced(self.pid_file())
        self.stop(begun, test)
        begun.kill()
        begun.wait()
        self.assert_gone([test])
        self.assertFalse(is_alive(test))


def has_gone_on(pid):
    """Whether the process sleeps and has taken the signal that was to stop it."""
    status = Path(f"/proc/{pid}/status").read_text()
    pending = next(line for line in status.splitlines() if line.startswith("ShdPnd:"))
    return not int(pending.split()[1], 16) >> (signal.SIGTSTP - 1) & 1 and state_of(pid) == "S"


if __name__ == "__main__":
    unittest.main()
