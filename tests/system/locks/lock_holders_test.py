"""A lock is free the moment its holder's processes are gone, never before: every duplicate of the
descriptor holds flock(2)."""

import os
import signal
import subprocess
import unittest

from support import PATIENCE_S, SystemCase, is_alive, process, program, state_of, wait_until


class LockHoldersTest(SystemCase):
    def hold(self, *command, grace="10m"):
        self.name = self.lock_name()
        begun = self.start(*self.supervised(*command, options=["--lock", self.name, "--grace", grace]),
                           stderr=-3)
        test, = self.announced(self.pid_file())
        return begun, self.guard_of(begun.pid), test

    def held(self):
        return subprocess.run(["flock", "--nonblock", self.lock_file(self.name), "true"],
                              check=False).returncode != 0

    def waiter(self):
        log = self.work / "waiter.err"
        with open(log, "wb") as stream:
            begun = self.start(*self.supervised("true", options=["--lock", self.name]), stderr=stream)
        wait_until(lambda: b"waiting for lock" in log.read_bytes(), "the wait to be told")
        return begun

    def test_a_killed_launcher_frees_it_only_when_its_processes_are_gone(self):
        begun, guard, test = self.hold(program("ignore"), self.pid_file())
        waiter = self.waiter()
        begun.kill()
        begun.wait()
        self.assertTrue(is_alive(test) and is_alive(guard))
        self.assertTrue(self.held())
        self.assertIsNone(waiter.poll())
        os.kill(test.pid, signal.SIGKILL)
        self.assertEqual(waiter.wait(PATIENCE_S), 0)
        self.assert_gone([guard])

    def test_a_killed_guard_frees_it_only_when_its_processes_are_gone(self):
        begun, guard, test = self.hold(program("ignore"), self.pid_file())
        waiter = self.waiter()
        os.kill(guard.pid, signal.SIGKILL)
        self.assert_gone([guard])
        self.assertTrue(is_alive(test))
        self.assertTrue(self.held())
        self.assertIsNone(waiter.poll())
        os.kill(test.pid, signal.SIGKILL)
        self.assertEqual(waiter.wait(PATIENCE_S), 0)
        self.assertEqual(begun.wait(PATIENCE_S), 125)

    def test_when_launcher_guard_and_test_are_all_dead_it_is_free_at_once(self):
        begun, guard, test = self.hold(program("linger"), self.pid_file())
        waiter = self.waiter()
        for pid in (begun.pid, guard.pid, test.pid):  # stopped, so none can react to a death
            os.kill(pid, signal.SIGSTOP)
        for pid in (begun.pid, guard.pid, test.pid):
            os.kill(pid, signal.SIGKILL)
        begun.wait()
        self.assertEqual(waiter.wait(PATIENCE_S), 0)

    def test_a_leaking_holder_keeps_it_until_the_leftovers_are_ended(self):
        self.name = self.lock_name()
        begun = self.start(*self.supervised(program("leave_child"), self.pid_file(), 0, "deaf",
                                            options=["--lock", self.name, "--grace", "10m"]), stderr=-3)
        left, = self.announced(self.pid_file())
        waiter = self.waiter()
        self.assertTrue(is_alive(left))
        os.kill(left.pid, signal.SIGKILL)
        self.assertEqual(waiter.wait(PATIENCE_S), 0)
        self.assertEqual(begun.wait(PATIENCE_S), 0)

    def test_a_stopped_holder_still_holds(self):
        begun, _, _ = self.hold(program("linger"), self.pid_file(), grace="1s")
        begun.send_signal(signal.SIGSTOP)
        wait_until(lambda: state_of(begun.pid) == "T", "the holder to stop")
        self.assertTrue(self.held())
        begun.send_signal(signal.SIGCONT)

    def test_a_recycled_number_is_never_shown_as_holder(self):
        begun, _, _ = self.hold(program("linger"), self.pid_file(), grace="1s")
        begun.terminate()
        begun.wait(PATIENCE_S)
        # The file still names the last holder, but flock(1) holds the lock now.
        self.start("flock", "-x", "-o", self.lock_file(self.name), program("linger"),
                   self.pid_file("script"))
        self.announced(self.pid_file("script"))
        self.waiter()
        log = (self.work / "waiter.err").read_text()
        self.assertNotIn(f"pid {begun.pid}", log)
        self.assertIn("left no record", log)
        self.assertIsNone(process(begun.pid))


if __name__ == "__main__":
    unittest.main()
