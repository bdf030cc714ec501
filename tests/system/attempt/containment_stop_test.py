"""A contained test that stops also stops its launcher, and goes on with it, as an uncontained one
does. This holds in a PID namespace too, where no process may signal the launcher."""

import os
import signal
import unittest

from contained import Contained
from job_control_test import HEAD, WAITS, JobControlCase
from support import HOLDFAST, process, state_of, wait_until
from terminal import PROMPT


class ContainedStopTest(JobControlCase, Contained):
    def pid_file(self, name="announced"):
        return Contained.pid_file(self, name)

    def begin_job(self, kind, text):
        """Starts a shell, the launcher of its job, and the test."""
        for file in self.work.glob("announced.*"):
            file.unlink()
        terminal = self.shell()
        terminal.type(f"{HOLDFAST} run --containment {kind} -- {self.script(text)} & echo job $!-\n")
        terminal.expect(r"job (?=\d)")
        launcher = process(int(terminal.expect("-")))
        self.watched.append(launcher)
        wait_until(lambda: self.read_pids(self.pid_file()), "the test")
        test, = self.inside(kind, self.guard_of(launcher.pid), 1)
        return terminal, launcher, test

    def state_becomes(self, one, *states):
        wait_until(lambda: state_of(one.pid) in states, lambda: f"{states}, not {state_of(one.pid)}")

    def test_one_that_stops_by_itself_stops_its_launcher_and_goes_on_with_it(self):
        for kind in self.each_kind():
            terminal, launcher, test = self.begin_job(
                kind, HEAD + "announce()\nos.kill(os.getpid(), signal.SIGSTOP)\nread_to_end()\n")
            self.state_becomes(launcher, "T")
            terminal.type("fg\n")
            terminal.expect("GONE-ON")
            self.state_becomes(launcher, "S")
            terminal.type("\x04")
            terminal.expect(PROMPT)
            terminal.type("echo code $?\n")
            terminal.expect("code 7\n")
            self.assert_gone([test, launcher])

    def test_one_that_is_stopped_and_continued_alone_takes_its_launcher_with_it_each_time(self):
        for kind in self.each_kind():
            terminal, launcher, test = self.begin_job(kind, WAITS)
            for number in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGSTOP):
                os.kill(test.pid, number)
                self.state_becomes(test, "T")
                self.state_becomes(launcher, "T")
                os.kill(test.pid, signal.SIGCONT)
                self.state_becomes(test, "S")
                self.state_becomes(launcher, "S")
            terminal.type("kill %1; wait $!; echo code $?\n")
            terminal.expect("code 143\n")
            self.assert_gone([test, launcher])


if __name__ == "__main__":
    unittest.main()
