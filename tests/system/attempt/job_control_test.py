"""Ctrl-Z, fg, bg: the launcher stops when the test does, and a shell sees what it would see of the
bare command."""

import os
import signal
import sys
import time
import unittest

from support import (CTEST, HOLDFAST, ProjectCase, command_of, ctest_version, processes_with, stat_of,
                     state_of, wait_until)
from terminal import PROMPT, TerminalCase

RUN = f"{HOLDFAST} run -- "

# Each script prints READY once its handlers are set and GONE-ON when it is continued, and exits at
# the end of its input.
HEAD = f"""
import os, signal, subprocess, sys, time
def say(text):
    os.write(1, text.encode() + b"\\n")  # a handler may come in the middle of print()
def announce():
    with open(sys.argv[1], "a") as file:
        file.write("%d\\n" % os.getpid())
    say("REA" + "DY")
def go_on(*_):
    say("GONE-" + "ON")
signal.signal(signal.SIGCONT, go_on)
def read_to_end():
    while True:
        try:
            if not os.read(0, 100):
                sys.exit(7)
        except InterruptedError:
            pass
"""

# Reads nothing, so it can go on in the background. It blocks the signal while it waits: pause(2)
# would miss one that comes just before.
WAITS = HEAD + """
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCONT])
announce()
while True:
    go_on(signal.sigwait([signal.SIGCONT]))
"""

# Tidies up before it stops, as an editor does, until there is a file FILE.go.
TIDIES_UP = HEAD + """
def stop(*_):
    open(sys.argv[1] + ".asked", "w").close()
    while not os.path.exists(sys.argv[1] + ".go"):
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGSTOP)
signal.signal(signal.SIGTSTP, stop)
announce()
read_to_end()
"""

REFUSES = HEAD + """
def no(*_):
    say("I WILL" + " NOT")
signal.signal(signal.SIGTSTP, no)
announce()
read_to_end()
"""

# Its child sets the terminal's modes from the background and is stopped for that; the parent is
# not.
SETS_MODES = HEAD + """
for one in (signal.SIGTTOU, signal.SIGTTIN):
    signal.signal(one, lambda *_: None)
if sys.argv[2] == "group":
    child = subprocess.Popen(["stty", "-echo"])
else:
    child = subprocess.Popen(["stty", "-echo"], preexec_fn=lambda: os.setpgid(0, 0))
announce()
while True:
    try:
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        break
    except InterruptedError:
        pass
print("STOP" + "PED BY", os.WSTOPSIG(status) if os.WIFSTOPPED(status) else "nothing", flush=True)
child.kill()
os.waitpid(child.pid, 0)
sys.exit(8)
"""


def blocks(pid, number):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        blocked = next(line for line in status if line.startswith("SigBlk:"))
    return int(blocked.split()[1], 16) >> (number - 1) & 1


def naps(pid):
    """How often the process has slept or stopped, by its own count (proc_pid_status(5)). None: it
    is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            return int(next(line.split()[1] for line in status if line.startswith("voluntary_ctxt_switches:")))
    except (OSError, StopIteration):
        return None


def have_gone_on(before):
    """Whether each process of {pid: naps} has run since, and sleeps again, or is gone."""
    return all(naps(pid) is None or (naps(pid) > count and state_of(pid) == "S") for pid, count in before.items())


class JobControlCase(TerminalCase):
    def script(self, text, name="script"):
        file = self.work / f"{name}.py"
        file.write_text(text)
        return f"{sys.executable} {file} {self.pid_file()}"

    def each_way(self):
        """A shell, and the words before a command: with Holdfast, and without."""
        for prefix in ("", RUN):
            with self.subTest(prefix=prefix):
                yield self.shell(), prefix
            for file in self.work.glob("announced.pids*"):
                file.unlink()

    def begin(self, terminal, line):
        terminal.type(line + "\n")
        terminal.expect("READY")
        return self.announced(self.pid_file())[0]

    def end_job(self, terminal, group):
        """Ends the job that is there. bash 5.3 may forget a job that ends between two commands of a
        line, so that `kill %1; wait %1` waits for none."""
        terminal.type("\nfg %1; echo code $?\n")
        terminal.expect(r"code \$\?\n.*script\.py")
        os.killpg(group, signal.SIGTERM)
        terminal.expect("code 143\n")

    def job_of(self, test):
        """The test and its launcher; only the test if it runs bare."""
        guard = int(stat_of(test.pid)[1])
        if "holdfast" not in " ".join(command_of(guard)):
            return [test.pid]
        return [test.pid, int(stat_of(guard)[1])]


class StopTest(JobControlCase):
    def test_the_shell_sees_what_stopped_the_command(self):
        for line, code in ((self.script(HEAD + "announce()\nread_to_end()\n"), 128 + signal.SIGTSTP),
                           (self.script(HEAD + "announce()\nos.kill(os.getpid(), signal.SIGSTOP)\n"
                                        "read_to_end()\n", "self"), 128 + signal.SIGSTOP)):
            for terminal, prefix in self.each_way():
                test = self.begin(terminal, prefix + line)
                if code == 128 + signal.SIGTSTP:
                    terminal.type("\x1a")
                terminal.expect("Stopped")
                terminal.expect(PROMPT)
                self.assertEqual(set(map(state_of, self.job_of(test))), {"T"})
                terminal.type("echo code $?\n")
                terminal.expect(f"code {code}\n")
                terminal.type("fg\n")
                terminal.expect("GONE-ON")
                terminal.type("\x04")
                terminal.expect(PROMPT)
                terminal.type("echo code $?\n")
                terminal.expect("code 7\n")

    def test_the_launcher_stops_when_the_test_has_stopped_and_not_before(self):
        line = self.script(TIDIES_UP)
        for terminal, prefix in self.each_way():
            test = self.begin(terminal, prefix + line)
            job = self.job_of(test)
            terminal.type("\x1a")
            wait_until((self.work / "announced.pids.asked").exists, "the test to be asked")
            for pid in job:
                self.assertNotEqual(state_of(pid), "T")
            (self.work / "announced.pids.go").touch()
            terminal.expect("Stopped")
            self.assertEqual(set(map(state_of, job)), {"T"})
            terminal.expect(PROMPT)
            terminal.type("fg\n")
            terminal.expect("GONE-ON")
            terminal.type("\x04")
            terminal.expect(PROMPT)

    def test_who_refuses_to_stop_is_not_stopped_and_nor_are_we(self):
        line = self.script(REFUSES)
        for terminal, prefix in self.each_way():
            test = self.begin(terminal, prefix + line)
            for _ in range(3):
                terminal.type("\x1a")
                terminal.expect("I WILL NOT")
            self.assertNotIn("T", set(map(state_of, self.job_of(test))))
            terminal.type("\x04")
            terminal.expect(PROMPT)
            terminal.type("echo code $?\n")
            terminal.expect("code 7\n")

    def test_stopped_and_continued_many_times_in_a_row(self):
        line = self.script(HEAD + "announce()\nread_to_end()\n")
        terminal = self.shell()
        _, launcher = self.job_of(self.begin(terminal, RUN + line))
        for _ in range(20):
            terminal.type("\x1a")
            terminal.expect("Stopped")
            terminal.expect(PROMPT)
            terminal.type("fg\n")
            terminal.expect("GONE-ON")
            # Until the launcher has been scheduled once, the terminal stops it directly.
            wait_until(lambda: blocks(launcher, signal.SIGTSTP), "the launcher to go on")
        terminal.type("\x04")
        terminal.expect(PROMPT)

    def test_a_continued_launcher_continues_the_test(self):
        terminal = self.shell()
        test = self.begin(terminal, RUN + self.script(WAITS))
        job = self.job_of(test)
        terminal.type("\x1a")
        terminal.expect("Stopped")
        os.kill(job[1], signal.SIGCONT)
        terminal.expect("GONE-ON")
        self.end_job(terminal, os.getpgid(job[1]))

    def test_a_continued_test_continues_the_launcher(self):
        terminal = self.shell()
        test = self.begin(terminal, RUN + self.script(WAITS))
        job = self.job_of(test)
        for number in (signal.SIGSTOP, signal.SIGTSTP):
            os.kill(test.pid, number)
            wait_until(lambda: state_of(job[1]) == "T", "the launcher to stop")
            before = {job[1]: naps(job[1])}
            os.kill(test.pid, signal.SIGCONT)
            terminal.expect("GONE-ON")
            # The shell hears of it when the launcher runs, not when it is allowed to.
            wait_until(lambda before=before: have_gone_on(before), "the launcher to go on")
        self.end_job(terminal, os.getpgid(job[1]))

    def test_terminal_modes_set_from_the_background_stop_only_who_sets_them(self):
        line = self.script(SETS_MODES)
        for group in ("group", "own"):
            for terminal, prefix in self.each_way():
                terminal.type(f"{prefix}{line} {group} &\n")
                terminal.expect(f"STOPPED BY {int(signal.SIGTTOU)}\n")
                terminal.type("wait $!; echo code $?\n")
                terminal.expect("code 8\n")


class CtestTest(JobControlCase, ProjectCase):
    def test_ctrl_z_of_ctest_pauses_everything_and_times_nothing_out(self):
        file = self.pid_file()
        # From 3.27 on ctest keeps the limit, and its clock does not stop.
        limit = 20 if ctest_version() >= (3, 27) else 2
        tree = self.project(f"""
add_test(NAME paused COMMAND @P@/close_output {file})
set_tests_properties(paused PROPERTIES HOLDFAST_TIMEOUT {limit} WILL_FAIL ON)""")
        terminal = self.shell()
        terminal.type(f"cd '{tree}'; {CTEST}\n")
        test, = self.announced(file)
        terminal.type("\x1a")
        terminal.expect("Stopped")
        launcher = self.job_of(test)[1]
        wait_until(lambda: state_of(test.pid) == "T" and state_of(launcher) == "T", "both to stop")
        # The pause itself is tested: longer than the limit, shorter than limit and margin.
        time.sleep(3)
        terminal.type("fg\n")
        (self.work / "announced.pids.go").touch()
        terminal.expect("100% tests passed")
        ended, = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual((ended["outcome"], ended["exit_code"]), ("failed", 5))
        self.assertLess(ended["wall_s"], 2)
        terminal.expect(PROMPT)
        self.assert_nothing_left_but(terminal)

    def test_ctrl_z_longer_than_a_cases_limit_times_no_case_out(self):
        for which, isolation in (("case_ends", "none"), ("case_ends", "process"),
                                 ("case_ends_linked", "none"), ("case_ends_linked", "fork")):
            with self.subTest(f"{which}.{isolation}"):
                name = f"{which}-{isolation}"
                go = self.work / f"go-{name}"
                tree = self.project(f"""
add_test(NAME paused COMMAND @P@/{which} "--gtest_filter=Pace.waits:Pace.second")
set_tests_properties(paused PROPERTIES HOLDFAST_ISOLATION {isolation} HOLDFAST_TIMEOUT 3
  ENVIRONMENT "GO={go}")""", name=name, build=f"build-{name}")
                terminal = self.shell()
                terminal.type(f"cd '{tree}'; {CTEST}\n")
                wait_until(lambda t=tree: self.runs(t) and any(
                    b"RUN      ] Pace.waits" in log.read_bytes()
                    for log in self.runs(t)[-1].glob("output/*")), "the case")
                terminal.type("\x1a")
                terminal.expect("Stopped")
                programs = [p for p in processes_with(self.cookie) if command_of(p.pid)[0].endswith(which)]
                self.assertTrue(programs)
                for one in programs:
                    wait_until(lambda pid=one.pid: state_of(pid) == "T", "it to stop")
                # The pause itself is tested: longer than the limit.
                time.sleep(4)
                stopped = {p.pid: naps(p.pid) for p in processes_with(self.cookie) if state_of(p.pid) == "T"}
                terminal.type("fg\n")
                # Each process that was stopped has looked at the clock again, and sleeps.
                wait_until(lambda before=stopped: have_gone_on(before), "them to go on")
                go.touch()
                terminal.expect("100% tests passed")
                cases = self.case_records(self.runs(tree)[-1])
                self.assertEqual([(case["case"], case["outcome"]) for case in cases],
                                 [("Pace.waits", "passed"), ("Pace.second", "passed")])
                terminal.expect(PROMPT)
                self.assert_nothing_left_but(terminal)

    def test_a_test_that_stops_itself_under_ctest_times_out(self):
        tree = self.project(f"""set(HOLDFAST_TIMEOUT_MARGIN 4)
add_test(NAME stops COMMAND @P@/stop_self {self.pid_file()})
set_tests_properties(stops PROPERTIES TIMEOUT 1)""")
        terminal = self.shell()
        terminal.type(f"cd '{tree}'; {CTEST}\n")
        terminal.expect(r"\*\*\*Timeout")
        terminal.expect(PROMPT)
        ended, = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual(ended["outcome"], "timed_out")

    def assert_nothing_left_but(self, terminal):
        terminal.type("exit\n")
        terminal.wait()
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
