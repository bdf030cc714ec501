"""Exclusive locks of `holdfast run` and of the launcher."""

import os
import signal
import subprocess
import unittest

from processes import descriptors_of
from support import (LAUNCHER, PATIENCE_S, SystemCase, is_alive, process, processes_with, program,
                     unfolded, wait_until)


class LocksTest(SystemCase):
    def hold(self, name, file="holder", by="holdfast-launcher", options=(), **how):
        begun = self.start(*self.supervised(program("linger"), self.pid_file(file), by=by,
                                            options=["--lock", name, *options]), **how)
        return begun, self.announced(self.pid_file(file))[0]

    def wait_for(self, name, *command, options=(), **how):
        """Starts a run that waits for the lock. Returns once it has said so."""
        log = self.work / f"waiter{len(self.begun)}.err"
        with open(log, "wb") as stream:
            begun = self.start(*self.supervised(*(command or ["true"]),
                                                options=["--lock", name, *options]),
                               stderr=stream, **how)
        wait_until(lambda: b"waiting for lock" in log.read_bytes(), "the wait to be told")
        return begun, log

    def held(self, name):
        return subprocess.run(["flock", "--nonblock", self.lock_file(name), "true"],
                              check=False).returncode != 0

    def test_never_two_at_a_time(self):
        name, file = self.lock_name(), self.work / "intervals"
        begun = [self.start(*self.supervised(program("record_interval"), file, 10, by=by,
                                             options=["--quiet", "--lock", name]))
                 for by in ("holdfast run", "holdfast-launcher") * 8]
        self.assertEqual([one.wait(PATIENCE_S) for one in begun], [0] * 16)
        spans = sorted(tuple(map(int, line.split()[:2])) for line in file.read_text().splitlines())
        self.assertEqual(len(spans), 16)
        for (_, ended), (began, _) in zip(spans, spans[1:]):
            self.assertLess(ended, began)

    def test_who_waits_is_told_who_holds(self):
        name = self.lock_name()
        tree = self.work / "tree"
        (tree / ".holdfast").mkdir(parents=True)
        (tree / ".holdfast/project").write_text("lock-test\n")
        how = {"cwd": tree}
        holder, _ = self.hold(name, options=["--name", "the holder"], **how)
        waiter, log = self.wait_for(name, options=["--name", "the waiter"], **how)
        self.assertLessEqual(max(map(len, log.read_text().splitlines())), 160)
        line = unfolded(log.read_text()).splitlines()[0]
        self.assertRegex(line, rf'^holdfast: "the waiter" waiting for lock {name}.* \([0-9.]+ m?s\): '
                         rf'{name}.* is held by "the holder" \(pid {holder.pid}, tree {tree}\) for ')
        holder.terminate()
        self.assertEqual(waiter.wait(PATIENCE_S), 0)
        self.assertIn(f'"the waiter" has lock {name}', log.read_text().splitlines()[-1])

    def test_quiet_waits_without_a_word(self):
        name = self.lock_name()
        holder, _ = self.hold(name)
        waiter = self.start(*self.supervised("true", options=["--quiet", "--lock", name]), stderr=-1)
        wait_until(lambda: processes_with(self.cookie)[3:], "the waiter")
        holder.terminate()
        self.assertEqual((waiter.communicate(timeout=PATIENCE_S)[1], waiter.returncode), (b"", 0))

    def test_a_lock_not_had_in_time_is_75_with_one_line(self):
        name = self.lock_name()
        self.hold(name)
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised("true", by=by, options=[
                "--quiet", "--lock", name, "--lock-timeout", "0.3"]))
            self.assertEqual(ended.returncode, 75, ended.stderr)
            self.assert_our_lines(ended.stderr, 1)
            self.assertIn(b"gave up waiting for lock " + name.encode(), ended.stderr)
        short = self.finish(*self.supervised("true", options=[
            "--lock", name, "--lock-timeout", "0.1"]))
        self.assertEqual(short.returncode, 75, short.stderr)
        self.assert_our_lines(short.stderr, 1)

    def test_who_gave_up_leaves_the_queue(self):
        name = self.lock_name()
        holder, _ = self.hold(name)
        self.finish(*self.supervised("true", options=["--lock", name, "--lock-timeout", "0.1"]))
        waiter, _ = self.wait_for(name)
        holder.terminate()
        self.assertEqual(waiter.wait(PATIENCE_S), 0)
        self.assertFalse(self.held(name))

    def test_a_signal_ends_a_wait(self):
        name = self.lock_name()
        self.hold(name)
        waiter, _ = self.wait_for(name, program("linger"), self.pid_file("never"))
        waiter.send_signal(signal.SIGINT)
        self.assertEqual(waiter.wait(PATIENCE_S), -signal.SIGINT)
        self.assertEqual(self.read_pids(self.pid_file("never")), [])

    def test_a_killed_waiter_leaves_nothing_and_keeps_nobody_waiting(self):
        name = self.lock_name()
        holder, _ = self.hold(name)
        first, _ = self.wait_for(name)
        second, _ = self.wait_for(name)
        first.kill()
        holder.terminate()
        self.assertEqual(second.wait(PATIENCE_S), 0)
        self.assert_nothing_left()

    def test_waiters_are_served_in_the_order_they_came(self):
        name, order = self.lock_name(), self.work / "order"
        holder, _ = self.hold(name)
        waiters = [self.wait_for(name, "sh", "-c", f'echo {i} >> "{order}"')[0] for i in range(5)]
        # A stopped waiter keeps its place.
        waiters[1].send_signal(signal.SIGSTOP)
        holder.terminate()
        self.assertEqual(waiters[0].wait(PATIENCE_S), 0)
        waiters[1].send_signal(signal.SIGCONT)
        self.assertEqual([one.wait(PATIENCE_S) for one in waiters[1:]], [0] * 4)
        self.assertEqual(order.read_text().split(), list("01234"))

    def test_a_lock_is_not_inherited_by_the_tests_processes(self):
        name = self.lock_name()
        _, test = self.hold(name)
        # The test may not have closed the file with its number yet.
        wait_until(lambda: sorted(descriptors_of(test.pid)) == [0, 1, 2], lambda: descriptors_of(test.pid))

    def test_what_was_let_go_holds_no_lock(self):
        name = self.lock_name()
        ended = self.finish(*self.supervised(program("leave_child"), self.pid_file(), 0, "quiet",
                                             options=["--lock", name, "--on-leak", "ignore"]))
        self.assertEqual(ended.returncode, 0)
        self.assertTrue(is_alive(process(self.read_pids(self.pid_file())[0])))
        self.assertFalse(self.held(name))

    def test_a_nested_run_does_not_wait_for_its_own_ancestor(self):
        name = self.lock_name()
        inner = self.supervised("true", by="holdfast run", options=["--lock", name])
        ended = self.finish(*self.supervised(*inner, by="holdfast run", options=["--lock", name]))
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))

    def test_nested_runs_of_one_ancestor_exclude_one_another(self):
        name, file = self.lock_name(), self.work / "intervals"
        inner = " ".join(f'"{w}"' for w in self.supervised(
            program("record_interval"), file, 20, by="holdfast run",
            options=["--quiet", "--lock", name]))
        ended = self.finish(*self.supervised(
            "sh", "-c", f"{inner} & {inner} & {inner} & {inner} & wait", options=["--lock", name]))
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        spans = sorted(tuple(map(int, line.split()[:2])) for line in file.read_text().splitlines())
        self.assertEqual(len(spans), 4)
        for (_, finished), (began, _) in zip(spans, spans[1:]):
            self.assertLess(finished, began)

    def test_flock_of_a_script_excludes_a_run_and_a_run_a_flock(self):
        name = self.lock_name()
        self.finish(*self.supervised("true", options=["--lock", name]))
        file = self.lock_file(name)
        script = self.start("flock", "-x", "-o", file, program("linger"), self.pid_file())
        self.announced(self.pid_file())
        waiter, log = self.wait_for(name)
        self.assertIn("left no record", log.read_text())
        os.kill(self.read_pids(self.pid_file())[0], signal.SIGKILL)
        self.assertEqual(waiter.wait(PATIENCE_S), 0)
        script.wait(PATIENCE_S)
        self.hold(name, "second")
        self.assertTrue(self.held(name))

    def test_locks_in_different_order_do_not_deadlock(self):
        one, two = self.lock_name(), self.lock_name()
        begun = [self.start(LAUNCHER, "--quiet", "--lock", a, "--lock", b, "--", "true")
                 for a, b in [(one, two), (two, one)] * 10]
        self.assertEqual([run.wait(PATIENCE_S) for run in begun], [0] * 20)

    def test_the_time_waited_does_not_count_against_the_timeout(self):
        name = self.lock_name()
        holder, _ = self.hold(name)
        waiter, _ = self.wait_for(name, options=["--timeout", "5s"])
        holder.terminate()
        self.assertEqual(waiter.wait(PATIENCE_S), 0)

    def test_a_removed_lock_file_does_not_give_two_holders(self):
        name = self.lock_name()
        holder, _ = self.hold(name)
        waiter, _ = self.wait_for(name, program("linger"), self.pid_file("second"))
        self.lock_file(name).unlink()
        holder.terminate()
        self.announced(self.pid_file("second"))
        self.assertTrue(self.held(name))
        waiter.terminate()
        waiter.wait(PATIENCE_S)


if __name__ == "__main__":
    unittest.main()
