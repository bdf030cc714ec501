"""What becomes of a signal to the launcher."""

import os
import resource
import signal
import time
import unittest

from support import (CTEST, HOLDFAST, PATIENCE_S, SystemCase, ProjectCase, children_of, is_alive,
                     not_inside, process, program, stat_of, state_of, wait_until)

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
# The C library keeps the numbers between 31 and SIGRTMIN for itself.
PASSED_ON = [n for n in (*range(1, 32), *range(signal.SIGRTMIN, signal.SIGRTMAX + 1))
             if n not in ENDING and n not in (
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
        # As in `perl -e 'alarm 9; exec @ARGV'`. The alarm repeats, because the first may come too
        # early.
        def wind_up():
            signal.setitimer(signal.ITIMER_REAL, 0.3, 0.3)
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised(program("linger"), self.pid_file(), by=by),
                                preexec_fn=wind_up)
            self.assertEqual(ended.returncode, -signal.SIGALRM)

    def assert_only_what_is_sent_comes(self, *, by, **how):
        """Checks that no other signal comes, though the launcher failed to write a line before the
        test began."""
        self.pid_file().unlink(missing_ok=True)
        (self.work / "announced.pids.signals").unlink(missing_ok=True)
        script = f'ulimit -S -f unlimited; exec "{program("record_signals")}" "{self.pid_file()}"'
        begun = self.start(*self.supervised("sh", "-c", script, by=by), env=self.environment(
            HOLDFAST_ATTACH="nonsense"), **how)
        test, = self.announced(self.pid_file())
        before = len(self.record())
        begun.send_signal(signal.SIGWINCH)  # the highest number: pending signals come first
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
        for number in ENDING:
            self.pid_file().unlink(missing_ok=True)
            begun = self.start(*self.under_ctest(program("record_signals"), self.pid_file(), 0))
            self.announced(self.pid_file())
            os.kill(children_of(begun.pid)[0], number)
            begun.wait(PATIENCE_S)
            self.assertEqual(self.ended_as(), f"signal {number}")

    def test_a_command_that_exits_after_a_signal_that_was_passed_on_has_its_own_code(self):
        # As below tini and dumb-init: `docker stop` is no failure of a server that ends well.
        for by in self.each_supervisor():
            for number in ENDING:
                for code in (0, 3):
                    self.pid_file().unlink(missing_ok=True)
                    begun = self.recording(code, by=by, stderr=-3)
                    begun.send_signal(number)
                    self.assertEqual(begun.wait(PATIENCE_S), code)

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
        # Two signals within 2 ms count as one sender's: timeout(1) signals its child and then its
        # group.
        wait_until(lambda: time.monotonic() - first > 0.02, "a second of its own")
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGTERM)
        self.assert_gone([self.test])

    @not_inside("pidns", "all in its namespace dies with the guard")
    def test_so_it_does_if_the_guard_was_killed(self):
        begun = self.recording(0, 100_000, options=["--grace", "10m"], stderr=-3)
        os.kill(self.guard_of(begun.pid).pid, signal.SIGKILL)
        wait_until(lambda: "15" in self.record(), "the launcher's own TERM")
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), 125)
        self.assert_gone([self.test])

    def test_the_launcher_does_not_wait_out_the_grace(self):
        begun = self.recording(3, options=["--grace", "10m"], stderr=-3)
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), 3)

    def test_of_nested_launchers_both_end(self):
        begun = self.start(*self.supervised(*self.supervised(program("record_signals"),
                                                             self.pid_file(), 4)), stderr=-3)
        test, = self.announced(self.pid_file())
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), 4)
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
        # As with nohup: the terminal's HUP is not meant for this command.
        for number in ENDING:
            self.pid_file().unlink(missing_ok=True)
            begun = self.start(*self.supervised(program("linger"), self.pid_file()),
                               preexec_fn=lambda n=number: signal.signal(n, signal.SIG_IGN))
            self.announced(self.pid_file())
            begun.send_signal(number)
            # The launcher reads it after the other signal, which has a lower number or has been
            # pending for long.
            begun.send_signal(signal.SIGXFSZ)
            self.assertEqual(begun.wait(PATIENCE_S), -signal.SIGXFSZ)



class NestedTest(SystemCase):
    """A launcher in the tree of another one gets the signal, but ends its own tree itself."""

    def nested(self, levels, *command, by, options=()):
        words = command
        for level in range(levels):
            words = self.supervised(*words, by=by, options=options if level == levels - 1 else ())
        return words

    def heard(self, number):
        """How often the innermost test got the signal, and whether its grace was long enough."""
        record = (self.work / "announced.pids.signals").read_text().split()
        return record.count(str(int(number))), "clean" in record

    def test_a_signal_to_the_outermost_comes_once_to_the_innermost_which_has_its_grace(self):
        # It takes longer to end than a second signal would take to arrive.
        for by in self.each_supervisor():
            for levels in (2, 3, 4):
                for number in ENDING:
                    self.pid_file().unlink(missing_ok=True)
                    (self.work / "announced.pids.signals").unlink(missing_ok=True)
                    begun = self.start(*self.nested(
                        levels, program("record_signals"), self.pid_file(), 4, 100, by=by), stderr=-3)
                    self.announced(self.pid_file())
                    begun.send_signal(number)
                    self.assertEqual(begun.wait(PATIENCE_S), 4)
                    self.assertEqual(self.heard(number), (1, True), (by, levels, number))
        self.assert_nothing_left()

    def test_so_do_a_timeout_of_the_outermost_and_what_is_only_passed_on(self):
        begun = self.start(*self.nested(3, program("record_signals"), self.pid_file(), 4, 100,
                                        by="holdfast run", options=["--timeout", "1s"]), stderr=-3)
        self.announced(self.pid_file())
        begun.send_signal(signal.SIGUSR1)
        self.assertEqual(begun.wait(PATIENCE_S), 124)
        self.assertEqual(self.heard(signal.SIGTERM), (1, True))
        self.assertEqual(self.heard(signal.SIGUSR1), (1, True))

    def test_who_left_the_session_hears_it_once_too(self):
        script = f'setsid "{program("record_signals")}" "{self.pid_file()}" 0 100 & wait'
        begun = self.start(*self.nested(3, "sh", "-c", script, by="holdfast run"), stderr=-3)
        self.announced(self.pid_file())
        begun.send_signal(signal.SIGTERM)
        begun.wait(PATIENCE_S)
        self.assertEqual(self.heard(signal.SIGTERM), (1, True))

    def test_a_second_signal_to_the_outermost_still_kills_all_at_once(self):
        begun = self.start(*self.nested(3, program("record_signals"), self.pid_file(), 0, 100_000,
                                        by="holdfast run", options=["--grace", "10m"]), stderr=-3)
        test, = self.announced(self.pid_file())
        begun.send_signal(signal.SIGTERM)
        first = time.monotonic()
        record = self.work / "announced.pids.signals"
        wait_until(lambda: record.exists() and "15" in record.read_text().split(), "the first TERM")
        wait_until(lambda: time.monotonic() - first > 0.02, "a second of its own")
        begun.send_signal(signal.SIGTERM)
        begun.wait(PATIENCE_S)
        self.assert_gone([test])
        self.assert_nothing_left()

    def test_launchers_that_were_killed_leave_their_trees_to_the_next_one_out(self):
        """A process whose launcher is gone is ended like any other."""
        begun = self.start(*self.nested(3, program("record_signals"), self.pid_file(), 0, 100,
                                        by="holdfast run"), stderr=-3)
        test, = self.announced(self.pid_file())
        guard = process(int(stat_of(test.pid)[1]))
        launcher = process(int(stat_of(guard.pid)[1]))
        for one in (launcher, guard):
            os.kill(one.pid, signal.SIGSTOP)
        for one in (launcher, guard):
            os.kill(one.pid, signal.SIGKILL)
        self.assert_gone([launcher, guard])
        begun.wait(PATIENCE_S)
        self.assert_gone([test])
        self.assert_nothing_left()


class NestedCtestTest(ProjectCase):
    def test_a_ctest_in_a_command_whose_time_is_over_has_tests_with_a_grace(self):
        tree = self.project(f"""
add_test(NAME inner COMMAND {HOLDFAST} run -- @P@/record_signals {self.pid_file()} 4 100)
add_test(NAME plain COMMAND @P@/record_signals {self.pid_file("plain")} 4 100)""")
        begun = self.start(HOLDFAST, "run", "--timeout", "3s", "--", CTEST, "-j2", cwd=tree,
                           stdout=-3, stderr=-3)
        self.announced(self.pid_file())
        self.announced(self.pid_file("plain"))
        self.assertEqual(begun.wait(PATIENCE_S), 124)
        self.assert_nothing_left()
        for name in ("announced", "plain"):
            record = (self.work / f"{name}.pids.signals").read_text().split()
            self.assertEqual((record.count("15"), "clean" in record), (1, True), name)


class GroupTest(SystemCase):
    """All processes of a group have got a signal that was sent to the group."""

    def in_group(self, *command, options=(), by="holdfast run"):
        return self.start(*self.supervised(*command, options=options, by=by), stderr=-3,
                          start_new_session=True)

    def test_it_comes_once_to_the_command_and_once_to_who_left_the_group(self):
        for by in self.each_supervisor():
            for number in (*ENDING, signal.SIGUSR1):
                for file in self.work.glob("*.pids*"):
                    file.unlink()
                script = (f'setsid "{program("record_signals")}" "{self.pid_file("away")}" 0 100 & '
                          f'exec "{program("record_signals")}" "{self.pid_file()}" 6 100')
                begun = self.in_group("sh", "-c", script, by=by)
                self.announced(self.pid_file())
                self.announced(self.pid_file("away"))
                os.killpg(begun.pid, number)
                if number == signal.SIGUSR1:
                    begun.send_signal(signal.SIGWINCH)  # the higher number comes later
                    for name in ("announced", "away"):
                        record = self.work / f"{name}.pids.signals"
                        wait_until(lambda r=record: r.exists() and "28" in r.read_text().split(), "WINCH")
                    begun.send_signal(signal.SIGTERM)
                self.assertEqual(begun.wait(PATIENCE_S), 6)
                for name in ("announced", "away"):
                    record = (self.work / f"{name}.pids.signals").read_text().split()
                    self.assertEqual(record.count(str(int(number))), 1, (by, number, name, record))
                    self.assertIn("clean", record)

    def test_of_nested_launchers_each_had_it_and_none_passes_it_on(self):
        begun = self.in_group(*self.supervised(*self.supervised(
            program("record_signals"), self.pid_file(), 6, 100)))
        self.announced(self.pid_file())
        os.killpg(begun.pid, signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), 6)
        record = (self.work / "announced.pids.signals").read_text().split()
        self.assertEqual((record.count("15"), "clean" in record), (1, True))

    def test_one_that_the_launcher_alone_is_sent_later_is_passed_on(self):
        begun = self.in_group(program("record_signals"), self.pid_file(), 6, 100)
        self.announced(self.pid_file())
        record = self.work / "announced.pids.signals"
        for count in (1, 2, 3, 4):
            if count % 2:
                os.killpg(begun.pid, signal.SIGUSR1)
            else:
                begun.send_signal(signal.SIGUSR1)
            begun.send_signal(signal.SIGWINCH)
            wait_until(lambda c=count: record.exists() and record.read_text().split().count("28") == c, "WINCH")
            self.assertEqual(record.read_text().split().count("10"), count)
        begun.kill()
        begun.wait()

    def test_a_command_that_signals_its_own_group_answers_it_itself(self):
        for script, code in (('trap "exit 7" TERM; kill 0', 7), ("trap 'exit 8' INT; kill -INT 0", 8),
                             ("kill 0", -signal.SIGTERM), ('trap "exit 9" TERM; kill 0; sleep 9', 9)):
            begun = self.in_group("bash", "-c", script)
            self.assertEqual(begun.wait(PATIENCE_S), code, script)

    @not_inside("pidns", "its process group is outside")
    def test_one_that_lives_on_after_it_is_not_ended(self):
        script = (f'trap : TERM; trap "echo >{self.work}/winch" WINCH; kill 0; '
                  f'while ! [ -e {self.work}/go ]; do sleep 0.01; done; exit 5')
        begun = self.in_group("bash", "-c", f"echo $$ >{self.pid_file()}; {script}",
                              options=["--grace", "0"])
        self.announced(self.pid_file())
        wait_until(lambda: (self.send_winch(begun), (self.work / "winch").exists())[1], "WINCH")
        (self.work / "go").touch()
        self.assertEqual(begun.wait(PATIENCE_S), 5)

    @staticmethod
    def send_winch(begun):
        begun.send_signal(signal.SIGWINCH)

    @not_inside("pidns", "the sender has a number of another namespace")
    def test_a_shell_that_passes_term_on_to_its_group_is_no_second_signal(self):
        script = (f'trap "trap : TERM; kill 0; sleep 0.2; echo clean >{self.work}/clean; exit 6" TERM; '
                  f'echo $$ >{self.pid_file()}; while :; do sleep 0.01; done')
        begun = self.in_group("bash", "-c", script)
        self.announced(self.pid_file())
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(PATIENCE_S), 6)
        self.assertTrue((self.work / "clean").exists())


if __name__ == "__main__":
    unittest.main()
