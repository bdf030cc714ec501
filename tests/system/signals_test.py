"""What happens to a signal sent to the launcher."""

import os
import resource
import signal
import time
import unittest

from support import (PATIENCE_S, SystemCase, ProjectCase, children_of, is_alive, program, state_of,
                     wait_until)

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
PASSED_ON = [n for n in range(1, 32) if n not in ENDING and n not in (
    signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)]


class SignalsTest(SystemCase):
    def record(self):
        try:
            return (self.work / "announced.pids.signals").read_text().split()
        except FileNotFoundError:
            return []

    def recording(self, *arguments, options=(), by="holdfast-launcher", **how):
        begun = self.start(*self.supervised(program("record_signals"), self.pid_file(), *arguments,
                                            options=options, by=by), **how)
        self.test, = self.announced(self.pid_file())
        return begun

    def test_every_catchable_signal_reaches_the_test_once(self):
        for by in self.each_supervisor():
            self.pid_file().unlink(missing_ok=True)
            begun = self.recording(by=by)
            before = len(self.record())
            for number in PASSED_ON:
                begun.send_signal(number)
                wait_until(lambda: len(self.record()) > before, f"signal {number}")
                self.assertEqual(self.record()[before:], [str(int(number))])
                before += 1
            begun.kill()
            begun.wait()
            self.assert_gone([self.test])

    def test_each_distinct_pending_signal_is_delivered_once(self):
        begun = self.recording()
        begun.send_signal(signal.SIGSTOP)
        wait_until(lambda: state_of(begun.pid) == "T", "the launcher to stop")
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR1, signal.SIGWINCH):
            begun.send_signal(number)
        begun.send_signal(signal.SIGCONT)
        wait_until(lambda: len(self.record()) >= 4, "the signals")
        self.assertEqual(sorted(self.record()),
                         sorted(str(int(n)) for n in (signal.SIGUSR1, signal.SIGUSR2,
                                                      signal.SIGWINCH, signal.SIGCONT)))

    def test_the_launcher_ends_by_the_signal_that_ended_the_test_with_one_line(self):
        for number in ENDING:
            self.pid_file().unlink(missing_ok=True)
            begun = self.start(*self.supervised(program("linger"), self.pid_file(), by="holdfast run"),
                               stderr=-1)
            test, = self.announced(self.pid_file())
            begun.send_signal(number)
            _, err = begun.communicate(timeout=PATIENCE_S)
            self.assertEqual(begun.returncode, -number)
            self.assert_our_lines(err, 1)
            self.assertIn(f"interrupted by {signal.Signals(number).name}".encode(), err)
            self.assert_gone([test])

    def test_a_shell_with_a_sleeping_grandchild_ends_whole_of_term_usr1_and_usr2(self):
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
            self.pid_file().unlink(missing_ok=True)
            script = f'"{program("linger")}" "{self.pid_file()}" & wait'
            begun = self.start(*self.supervised("sh", "-c", script), stderr=-3)
            grandchild, = self.announced(self.pid_file())
            begun.send_signal(number)
            self.assertEqual(begun.wait(PATIENCE_S), -number)
            self.assert_gone([grandchild])

    def test_an_alarm_that_the_caller_set_before_ends_the_test(self):
        # As in `perl -e 'alarm 9; exec @ARGV'`. Again and again: the first may come too early.
        def wind_up():
            signal.setitimer(signal.ITIMER_REAL, 0.3, 0.3)
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised(program("linger"), self.pid_file(), by=by),
                                preexec_fn=wind_up)
            self.assertEqual(ended.returncode, -signal.SIGALRM)

    def assert_only_what_is_sent_comes(self, *, by, **how):
        """Though a line of ours could not be written before the test began."""
        self.pid_file().unlink(missing_ok=True)
        (self.work / "announced.pids.signals").unlink(missing_ok=True)
        script = f'ulimit -S -f unlimited; exec "{program("record_signals")}" "{self.pid_file()}"'
        begun = self.start(*self.supervised("sh", "-c", script, by=by), env=self.environment(
            HOLDFAST_ATTACH="nonsense"), **how)
        test, = self.announced(self.pid_file())
        before = len(self.record())
        begun.send_signal(signal.SIGWINCH)  # the highest number: what was pending comes before
        wait_until(lambda: len(self.record()) > before, "the signal")
        self.assertEqual(self.record()[before:], [str(int(signal.SIGWINCH))])
        begun.kill()
        begun.wait()
        self.assert_gone([test])

    def test_a_line_nobody_reads_raises_no_signal_in_the_test(self):
        reader, writer = os.pipe()
        os.close(reader)
        self.addCleanup(os.close, writer)
        self.assert_only_what_is_sent_comes(by="holdfast-launcher", stderr=writer)

    def test_a_line_beyond_the_limit_of_files_raises_no_signal_in_the_test(self):
        def limit():
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        with open(self.work / "stderr", "w", encoding="utf-8") as file:
            self.assert_only_what_is_sent_comes(by="holdfast-launcher", stderr=file,
                                                preexec_fn=limit)

    def test_the_process_tree_gets_the_signal_also_when_the_direct_child_ignores_it(self):
        other = self.work / "child.pids"
        script = (f'trap "" USR1; "{program("record_signals")}" "{other}" & '
                  f'"{program("linger")}" "{self.pid_file()}"; wait')
        begun = self.start(*self.supervised("bash", "-c", script), stderr=-3)
        self.announced(self.pid_file())
        self.announced(other)
        begun.send_signal(signal.SIGUSR1)
        record = self.work / "child.pids.signals"
        wait_until(lambda: record.exists() and record.read_text(), "the signal")
        self.assertEqual(record.read_text(), "10\n")

    def test_a_test_that_ends_in_the_grace_is_interrupted_and_keeps_its_code_in_the_record(self):
        begun = self.start(*self.under_ctest(program("record_signals"), self.pid_file(), 7, 50))
        self.announced(self.pid_file())
        launcher = children_of(begun.pid)[0]
        os.kill(launcher, signal.SIGTERM)
        begun.wait(PATIENCE_S)
        self.assertEqual(self.ended_as(), "signal 15")
        journal, = (self.work / "tree").glob(".holdfast/runs/*/journal.jsonl")
        ended, = ProjectCase.records(journal.parent, "attempt_ended")
        self.assertEqual((ended["outcome"], ended["exit_code"]), ("interrupted", 7))
        self.assertIn("clean", self.record())

    def test_a_test_that_ends_with_0_after_term_has_not_passed(self):
        for by in self.each_supervisor():
            self.pid_file().unlink(missing_ok=True)
            begun = self.recording(0, by=by, stderr=-3)
            begun.send_signal(signal.SIGTERM)
            self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGTERM)

    def test_a_test_that_ignores_term_is_killed_after_the_grace(self):
        begun = self.start(*self.supervised(program("ignore"), self.pid_file(),
                                            options=["--grace", "300ms"]), stderr=-3)
        test, = self.announced(self.pid_file())
        before = time.monotonic()
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGTERM)
        self.assertGreaterEqual(time.monotonic() - before, 0.3)
        self.assertFalse(is_alive(test))

    def test_with_no_grace_the_test_gets_kill_and_no_term(self):
        begun = self.recording(0, 100_000, options=["--grace", "0"], stderr=-3)
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGTERM)
        self.assertEqual(self.record(), [])

    def test_a_second_signal_during_the_grace_means_kill_now(self):
        begun = self.recording(0, 100_000, options=["--grace", "10m"], stderr=-3)
        begun.send_signal(signal.SIGTERM)
        first = time.monotonic()
        wait_until(lambda: "15" in self.record(), "the first TERM")
        # Two within 2 ms are one sender's: timeout(1) signals its child, then its group.
        wait_until(lambda: time.monotonic() - first > 0.02, "a second of its own")
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGTERM)
        self.assert_gone([self.test])

    def test_the_launcher_does_not_wait_out_the_grace(self):
        begun = self.recording(3, options=["--grace", "10m"], stderr=-3)
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGTERM)

    def test_of_nested_launchers_both_end(self):
        begun = self.start(*self.supervised(*self.supervised(program("record_signals"),
                                                             self.pid_file(), 4)), stderr=-3)
        test, = self.announced(self.pid_file())
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGTERM)
        self.assert_gone([test])
        self.assert_nothing_left()
        self.assertIn("15", self.record())

    def test_term_reaches_a_stopped_test(self):
        begun = self.start(*self.supervised(program("stop_self"), self.pid_file(),
                                            options=["--grace", "10m"]), stderr=-3)
        test, = self.announced(self.pid_file())
        wait_until(lambda: state_of(test.pid) == "T", "the test to stop itself")
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGTERM)
        self.assert_gone([test])

    def test_what_the_caller_ignored_ends_nothing(self):
        # As with nohup: the terminal's HUP is not for this command.
        for number in ENDING:
            self.pid_file().unlink(missing_ok=True)
            begun = self.start(*self.supervised(program("linger"), self.pid_file()),
                               preexec_fn=lambda n=number: signal.signal(n, signal.SIG_IGN))
            self.announced(self.pid_file())
            begun.send_signal(number)
            # Read after the other one, whose number is lower or which is long pending.
            begun.send_signal(signal.SIGXFSZ)
            self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGXFSZ)


if __name__ == "__main__":
    unittest.main()
