"""On a terminal a command behaves as it does without Holdfast."""

import itertools
import json
import os
import re
import signal
import unittest

from contained import trouble_with
from support import (CTEST, HOLDFAST, LAUNCHER, PATIENCE_S, SUPERVISORS, ProjectCase, command_of, no_keeper_of,
                     number_outside, process, processes_with, program, stat_of, state_of, wait_until)
from terminal import PROMPT, TerminalCase


# Ctrl-C and Ctrl-\\, and the signals that a terminal sends for them.
KEYS = (("\x03", "2"), ("\x1c", "3"))


class ShellTest(TerminalCase):
    def test_a_shell_has_job_control_and_its_exit_status(self):
        for terminal in self.each_shell():
            terminal.type(f"echo $-; {program('linger')} {self.pid_file()}\n")
            self.assertIn("m", terminal.expect("\n.*m.*\n") or "m")
            test, = self.announced(self.pid_file())
            terminal.type("\x1a")
            terminal.expect(r"Stopped")
            terminal.expect(PROMPT)
            wait_until(lambda: state_of(test.pid) == "T", "the job to stop")
            terminal.type("bg\n")
            terminal.expect(PROMPT)
            wait_until(lambda: state_of(test.pid) == "S", "the job to go on")
            terminal.type("fg\n")
            terminal.expect("linger")
            # The shell prints the job before it gives it the terminal.
            wait_until(lambda t=terminal, p=test.pid: os.tcgetpgrp(t.fd) == os.getpgid(p), "fg")
            terminal.type("\x03")
            terminal.expect(PROMPT)
            self.assert_gone([test])
            terminal.type("exit 42\n")
            self.assertEqual(terminal.wait(), 42)
            self.pid_file().unlink()

    def test_ctrl_c_at_a_prompt_is_the_shells(self):
        for terminal in self.each_shell():
            terminal.type("half a comm\x03")
            terminal.expect(PROMPT)
            terminal.type("echo still $((6*7))\n")
            terminal.expect("still 42")
            terminal.type("\x04")
            self.assertEqual(terminal.wait(), 0)

    def test_nothing_of_ours_is_printed(self):
        def transcript(*prefix):
            terminal = self.shell(*prefix)
            terminal.type("tty -s && echo terminal; exit 3\n")
            self.assertEqual(terminal.wait(), 3)
            return terminal.seen
        self.assertEqual(transcript(HOLDFAST, "run", "--"), transcript())


class JobTest(TerminalCase):
    """`holdfast run` is a job of an outer shell."""

    def test_ctrl_z_and_fg_stop_and_continue_the_whole(self):
        terminal = self.shell()
        terminal.type(f"{HOLDFAST} run -- cat\n")
        terminal.type("one\n")
        terminal.expect("one\none\n")
        terminal.type("\x1a")
        terminal.expect("Stopped")
        terminal.expect(PROMPT)
        # The shell prints its prompt once the launcher has stopped. A cat that has not run since
        # would still take the next line.
        cat = next(one for one in processes_with(self.cookie) if command_of(one.pid) == ["cat"])
        wait_until(lambda: state_of(cat.pid) == "T", "cat to stop")
        terminal.type("fg\n")
        terminal.expect("cat\n")
        terminal.type("two\n")
        terminal.expect("two\ntwo\n")
        terminal.type("\x04")
        terminal.expect(PROMPT)
        terminal.type("echo code $?\n")
        terminal.expect("code 0\n")
        terminal.type("exit\n")
        terminal.wait()

    def test_ctrl_c_ends_it_as_the_bare_command(self):
        for prefix in ("", f"{HOLDFAST} run -- "):
            terminal = self.shell()
            terminal.type(f"{prefix}{program('linger')} {self.pid_file()}\n")
            test, = self.announced(self.pid_file())
            terminal.type("\x03")
            terminal.expect(PROMPT)
            terminal.type("echo code $?\n")
            terminal.expect("code 130\n")
            self.assert_gone([test])
            self.pid_file().unlink()

    def test_what_the_terminal_sent_is_not_sent_twice(self):
        for key, number in KEYS:
            terminal = self.shell()
            # The grace is 0: a test that is left to answer the key gets all the time that it needs.
            terminal.type(f"{HOLDFAST} run --grace 0 -- {program('record_signals')} {self.pid_file()} 9 300\n")
            self.announced(self.pid_file())
            terminal.type(key)
            terminal.expect(PROMPT)
            record = self.work / "announced.pids.signals"
            self.assertEqual(record.read_text().split(), [number, "clean"])
            terminal.type("echo code $?\n")
            terminal.expect("code 9\n")
            self.pid_file().unlink()
            record.unlink()

    def test_what_ends_after_a_key_is_not_tried_again(self):
        # linger dies of the signal and record_signals exits. Either way the user wanted the end.
        for key, number in KEYS:
            for command, code in ((f"linger {self.pid_file()}", 128 + int(number)),
                                  (f"record_signals {self.pid_file()} 9", 9)):
                terminal = self.shell()
                terminal.type("ulimit -c 0\n")
                terminal.type(f"{HOLDFAST} run --retry crash=2 --retry any=2 -- {program(command)}\n")
                self.announced(self.pid_file())
                terminal.type(key)
                # A second attempt would announce itself, and linger.
                terminal.expect(PROMPT)
                terminal.type("echo code $?\n")
                terminal.expect(f"code {code}\n")
                self.assertEqual(len(self.read_pids(self.pid_file())), 1)
                self.pid_file().unlink()

    def test_a_key_that_came_before_the_launcher_looked_is_seen_too(self):
        for (key, number), (command, code) in itertools.product(KEYS, (("linger", None), ("record_signals", 9))):
            terminal = self.open("sh", "-c", f'ulimit -c 0; exec {HOLDFAST} run --retry crash=2 --retry any=2 -- '
                                 f'{program(command)} {self.pid_file()} {code}')
            test, = self.announced(self.pid_file())
            guard = process(int(stat_of(test.pid)[1]))
            os.kill(terminal.pid, signal.SIGSTOP)
            terminal.type(key)
            wait_until(lambda one=guard: state_of(one.pid) == "Z", "the guard's end")
            os.kill(terminal.pid, signal.SIGCONT)
            self.assertEqual(terminal.wait(), code or -int(number))
            self.assertEqual(len(self.read_pids(self.pid_file())), 1)
            self.pid_file().unlink()

    def test_a_background_job_that_reads_stops_and_fg_continues_it(self):
        terminal = self.shell()
        terminal.type(f"{HOLDFAST} run -- cat &\n")
        terminal.expect(r"\[1\]")
        terminal.type("wait %1; echo wai''ted\n")
        terminal.expect("waited")
        terminal.expect(PROMPT)
        terminal.type("fg\n")
        terminal.expect("fg\n.*cat\n")
        terminal.type("three\n")
        terminal.expect("three\nthree\n")
        terminal.type("\x04")
        terminal.expect(PROMPT)

    def test_a_hung_up_terminal_ends_it(self):
        terminal = self.open(HOLDFAST, "run", "--", program("linger"), self.pid_file())
        test, = self.announced(self.pid_file())
        launcher = process(terminal.pid)
        os.close(terminal.fd)
        terminal.fd = os.open("/dev/null", os.O_RDONLY)
        self.assertEqual(terminal.wait(), -signal.SIGHUP)
        self.assert_gone([test, launcher])


class ProgramTest(TerminalCase):
    def test_the_terminal_and_its_group_are_the_same(self):
        seen = []
        for prefix in ([], [LAUNCHER, "--"], [HOLDFAST, "run", "--"]):
            terminal = self.open(*prefix, program("show_self"))
            terminal.wait()
            terminal.read(0.1)
            one = json.loads(terminal.seen)
            self.assertEqual((one["pgid"], one["sid"], one["tpgid"]), (terminal.pid,) * 3)
            self.assertTrue(one["stdin_is_terminal"] and one["stdout_is_terminal"])
            # The driver's own ends of the terminals do not count.
            seen.append({fd: re.sub(r"\d+", "N", t) for fd, t in one["fds"].items()
                         if t != "/dev/ptmx"})
        self.assertEqual(seen[1:], seen[:1] * 2)

    def test_a_test_that_grabs_the_terminal_stops_neither(self):
        # The test is a child of the session leader, which may not change its own process group.
        for prefix in ("", f"{HOLDFAST} run -- ", f"{LAUNCHER} -- "):
            terminal = self.open("sh", "-c", f"{prefix}{program('grab_terminal')}; echo code $?")
            terminal.expect("grabbed")
            terminal.expect("code 0")
            self.assertEqual(terminal.wait(), 0)

    def test_a_grandchild_that_keeps_the_terminal_stops_neither(self):
        # The launcher is in the background then, and writes lines while the test lives and after it.
        go, script = self.work / "go", self.work / "script"
        script.write_text(f'{program("grab_terminal")} {self.pid_file()} <&2 &\n'
                          f'until [ -e {go} ]; do sleep 0.01; done\nexit $1\n')
        for by, (options, code, said) in itertools.product(SUPERVISORS, (
                ((), 7, "left 1 process behind"), (("--timeout", "3s"), 124, "timed out after 3.0 s"))):
            for file in (go, self.pid_file()):
                file.unlink(missing_ok=True)
            terminal = self.shell()
            terminal.type(" ".join(self.supervised("sh", script, code, by=by, options=options)) + "\n")
            keeper, = self.announced(self.pid_file())
            self.assertEqual(os.tcgetpgrp(terminal.fd), keeper.pid)
            if not options:
                go.touch()
            terminal.expect(said)
            terminal.expect(PROMPT)
            terminal.type("echo code $?\n")
            terminal.expect(f"code {code}\n")
            self.assert_gone([keeper])


class CtestTest(TerminalCase, ProjectCase):
    def test_ctrl_c_of_ctest_is_no_second_signal(self):
        """The key press kills ctest a moment after its tests got the signal. The tests keep their
        grace."""
        for key, number in KEYS:
            with self.subTest(key=key):
                self.assert_no_second_signal(key, number)

    def assert_no_second_signal(self, key, number):
        for file in self.work.glob("announced.*"):
            file.unlink()
        (self.work / "go").unlink(missing_ok=True)
        file = self.pid_file()
        tree = self.project(f"""
add_test(NAME slow-to-end COMMAND @P@/record_signals {file} 0 600)""")
        # This session leader survives Ctrl-C, so the terminal does not hang up.
        terminal = self.open("sh", "-c", f'trap ":" INT QUIT; ulimit -c 0; cd "{tree}" && {CTEST}; echo ctest ended; '
                             f'while ! [ -e "{self.work}/go" ]; do sleep 0.05; done')
        test, = self.announced(file)
        terminal.type(key)
        self.assert_gone([test])
        self.assertEqual((self.work / "announced.pids.signals").read_text().split(), [number, "clean"])
        (self.work / "go").touch()
        terminal.wait()
        self.assert_nothing_left()

    def test_a_test_that_died_of_the_key_before_its_launcher_looked_was_interrupted(self):
        for kind in ("none", "pidns"):
            if kind != "none" and (trouble := trouble_with(kind)):
                print(f"not shown here inside {kind}: {trouble}", flush=True)
                continue
            for key, number in KEYS:
                with self.subTest(key=key, containment=kind):
                    self.assert_interrupted(kind, key, number)

    def assert_interrupted(self, kind, key, number):
        self.pid_file().unlink(missing_ok=True)
        go = self.work / f"go-{kind}-{number}"
        tree = self.project(f"add_test(NAME dies COMMAND @P@/linger {self.pid_file()})\n"
                            f"set_tests_properties(dies PROPERTIES HOLDFAST_CONTAINMENT {kind})\n")
        terminal = self.open("sh", "-c", f'trap ":" INT QUIT; ulimit -c 0; cd "{tree}"; {CTEST}; '
                             f'while ! [ -e "{go}" ]; do sleep 0.05; done')
        said = int(wait_until(lambda: self.pid_file().exists() and self.pid_file().read_text().strip(), "the test"))
        test = process(number_outside(said, self.cookie) or said)
        guard = process(int(stat_of(test.pid)[1]))
        launcher = process(int(stat_of(guard.pid)[1]))
        os.kill(launcher.pid, signal.SIGSTOP)
        terminal.type(key)
        wait_until(lambda: state_of(guard.pid) == "Z", "the guard's end")
        os.kill(launcher.pid, signal.SIGCONT)
        self.assert_gone([launcher])
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        ended, = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual((ended["outcome"], ended["signal"]), ("interrupted", int(number)))
        go.touch()
        terminal.wait()

    def test_ctrl_c_of_ctest_reaches_what_left_the_terminals_group(self):
        """The terminal signals only its foreground group. Holdfast sends the other processes the
        gentle signal."""
        file = self.pid_file()
        tree = self.project(f"""
add_test(NAME daemon COMMAND sh -c "setsid @P@/record_signals {file} 0 & wait")""")
        terminal = self.open("sh", "-c", f'trap ":" INT; cd "{tree}" && {CTEST}; echo ctest ended; '
                             f'while ! [ -e "{self.work}/go" ]; do sleep 0.05; done')
        daemon, = self.announced(file)
        terminal.type("\x03")
        self.assert_gone([daemon])
        heard = (self.work / "announced.pids.signals").read_text().split()
        self.assertEqual(heard, ["2", "clean"])
        (self.work / "go").touch()
        terminal.wait()
        self.assert_nothing_left()


ENDED = r'holdfast: ctest has ended before its tests; ending (?:"\w"(?:, | and )?){3} with all they started\n'


class InterruptedRunTest(TerminalCase, ProjectCase):
    """The run gets one line, wherever ctest's stderr was, and the line delays nothing."""

    def tree_of_three(self):
        tree = self.project("".join(
            f"add_test(NAME {name} COMMAND @P@/linger {self.pid_file()})\n" for name in "abc") +
            "add_test(NAME quick COMMAND @P@/exit_with 0)\n")
        return tree, lambda: self.announced(self.pid_file(), 3)

    def running_ctest(self):
        return next(one for one in processes_with(self.cookie)
                    if os.readlink(f"/proc/{one.pid}/exe") == os.path.realpath(CTEST))

    def assert_one_line(self, text):
        self.assertRegex(text, ENDED)
        self.assertEqual(text.count("holdfast: "), 1, text)

    def finish_clean(self, terminal, tree):
        """The shell has its prompt. A second ctest has nothing to wait for and nothing to end."""
        self.pid_file().unlink()
        terminal.type("echo pro''mpt\n")
        said = terminal.expect("prompt\n")  # the shell's own prompt may come first
        terminal.type(f"{HOLDFAST} reap --tree {tree}; {CTEST} -R quick\n")
        terminal.expect("nothing is left of earlier runs\nTest project")
        self.assertIn("Start 4: quick\n1/1 Test #4: quick", terminal.expect("1 test through").replace("    ", ""))
        terminal.expect(PROMPT)
        return said

    def test_ctrl_c_says_once_what_is_ended(self):
        tree, tests = self.tree_of_three()
        terminal = self.shell()
        terminal.type(f"cd {tree}; {CTEST} -j3 -E quick\n")
        left = tests()
        terminal.type("\x03")
        self.assert_gone(left)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assert_one_line(self.finish_clean(terminal, tree))
        outcomes = [r["outcome"] for r in self.records(self.runs(tree)[0], "attempt_ended")]
        self.assertEqual(outcomes, ["interrupted"] * 3)

    def test_so_does_sigterm_to_ctest(self):
        tree, tests = self.tree_of_three()
        terminal = self.shell()
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            terminal.type(f"cd {tree}; {CTEST} -j3 -E quick\n")
            left = tests()
            os.kill(self.running_ctest().pid, signal_number)
            self.assert_gone(left)
            wait_until(lambda: no_keeper_of(tree), "the keeper to end")
            self.assert_one_line(self.finish_clean(terminal, tree))

    def test_it_reaches_a_file_and_a_pipe_that_a_script_has_too(self):
        tree, tests = self.tree_of_three()
        out, go = self.work / "out", self.work / "go"
        for script in (f"{CTEST} -j3 -E quick >{out} 2>&1; :",
                       f"{{ {CTEST} -j3 -E quick; until test -e {go}; do sleep 0.01; done; echo after; }} 2>&1 | cat >{out}",
                       f"{{ {CTEST} -j3 -E quick; echo after; }} >{out} 2>&1"):
            with self.subTest(script=script):
                for file in (self.pid_file(), go):
                    file.unlink(missing_ok=True)
                shell = self.start("bash", "-c", script, cwd=tree, stderr=-3)
                left = tests()
                os.kill(self.running_ctest().pid, signal.SIGTERM)
                self.assert_gone(left)
                wait_until(lambda: no_keeper_of(tree), "the keeper to end")
                go.touch()
                shell.wait(PATIENCE_S)
                self.assert_one_line(out.read_text())
                self.assertEqual("after" in script, "after\n" in out.read_text())

    def test_it_goes_to_no_file_that_has_taken_the_name_of_the_first(self):
        tree, tests = self.tree_of_three()
        out = self.work / "out"
        shell = self.start("bash", "-c", f"{CTEST} -j3 -E quick >{out} 2>&1; :", cwd=tree, stderr=-3)
        left = tests()
        out.rename(self.work / "out.1")  # as logrotate does
        out.touch()
        os.kill(self.running_ctest().pid, signal.SIGTERM)
        self.assert_gone(left)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        shell.wait(PATIENCE_S)
        self.assertEqual(out.read_text(), "")

    def test_a_test_that_is_interrupted_alone_says_so_itself(self):
        tree, tests = self.tree_of_three()
        terminal = self.shell()
        terminal.type(f"cd {tree}; {CTEST} -j3 -E quick\n")
        left = tests()
        for one in left:
            guard = process(int(stat_of(one.pid)[1]))
            os.kill(int(stat_of(guard.pid)[1]), signal.SIGTERM)
            # While ctest lives, the line comes as soon as it is clear that ctest goes on.
            terminal.expect('holdfast: "[abc]" interrupted by SIGTERM')
        terminal.expect("3 tests through Holdfast: 3 interrupted")
        terminal.expect(PROMPT)


if __name__ == "__main__":
    unittest.main()
