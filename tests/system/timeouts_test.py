"""The launcher's limits under ctest (M13, behaviours 20-24, docs/timeouts.md).

HOLDFAST_TIMEOUT_MARGIN shortens what ctest waits beyond a limit. Most tests share one project and
one ctest, which spends most of its time in those margins.
"""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

from support import CTEST, process, program, wait_until
from timeout_case import TIMED_OUT, TimeoutCase


@unittest.skipUnless(shutil.which("gdb"), "gdb is not installed")
class StacksTest(TimeoutCase):
    def test_what_hangs_times_out_with_its_stacks_and_leaves_nothing(self):
        tree = self.timeout_project({
            "spinning": ([program("spin")], "TIMEOUT 1"),
            "sleeping": ([sys.executable, "-c", "import time; time.sleep(50)"], "TIMEOUT 1"),
            "locked": ([program("deadlock")], "HOLDFAST_TIMEOUT 1000ms"),
        }, margin=15)  # three debuggers at once, one with 31 threads to show, on a busy machine
        done = self.ctest(tree, "-j3")
        self.assert_timeouts(done, "spinning", "sleeping", "locked")
        self.assertRegex(self.output_of(tree, "spinning"),
                         r"holdfast: process \d+ \(spin\), by (gdb|eu-stack):\n(?s:.*)spin_here")
        self.assertRegex(self.output_of(tree, "sleeping"), "#0 .*(sleep|select)")
        locked = self.output_of(tree, "locked")
        self.assertEqual(len(re.findall(r"#\d+ .*\bwait_for_neighbour\b", locked)), 30, locked)
        self.assertEqual(set(self.outcomes(tree).values()), {"timed_out"})
        self.assertEqual(done.text.count(" timed out after 1.0 s; its process tree was ended"), 3)
        self.assert_nothing_left()

    def test_holdfast_run_shows_them_too_and_quiet_does_not(self):
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised(program("spin"), by=by,
                                                 options=["--timeout", "500ms", "--grace", "0"]))
            self.assertEqual(ended.returncode, 124)
            self.assertIn(b"spin_here", ended.stderr)
            quiet = self.finish(*self.supervised(
                program("spin"), by=by, options=["--timeout", "100ms", "--grace", "0", "--quiet"]))
            self.assertEqual(quiet.returncode, 124)
            self.assert_our_lines(quiet.stderr, 1)


class EndTest(TimeoutCase):
    def test_every_kind_of_test_times_out_and_leaves_nothing(self):
        path = self.tools()
        quiet = f'TIMEOUT 1 ENVIRONMENT "PATH={path}"'
        file = self.pid_file()
        tree = self.timeout_project({
            "deaf": ([program("ignore"), file], quiet),
            "polite": ([program("record_signals"), file, "0"], quiet),
            "late": ([program("record_signals"), file, "0", "500"], quiet),
            "parent": (["/bin/sh", "-c", f"{program('linger')} {file} & wait"], quiet),
            "orphans": (["/bin/sh", "-c",
                         f"(setsid {program('ignore')} {file} &) ; exec {program('linger')} {file}"],
                        "TIMEOUT 1"),
            "inverted": ([program("linger"), file], quiet + " WILL_FAIL ON"),
        })
        done = self.ctest(tree, "-j6")
        names = ("deaf", "polite", "late", "parent", "orphans", "inverted")
        self.assert_timeouts(done, *names)
        self.assertEqual(self.outcomes(tree), dict.fromkeys(names, "timed_out"))
        self.assert_gone([one for one in map(process, self.read_pids(file)) if one])
        self.assert_nothing_left()

    def test_the_locks_are_free_while_ctest_still_waits(self):
        name = self.lock_name()
        tree = self.timeout_project({
            "holder": ([program("linger"), self.pid_file()],
                       f'TIMEOUT 1 HOLDFAST_LOCKS "{name}:shared@user"')})
        begun = self.start(CTEST, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        test, = self.announced(self.pid_file())
        self.assert_gone([test])
        ended = self.finish(*self.supervised("true", options=["--lock", f"{name}@user"]))
        self.assertEqual(ended.returncode, 0)
        self.assertIsNone(begun.poll())
        out, _ = begun.communicate(timeout=30)
        self.assertRegex(out.decode(), TIMED_OUT % "holder")

    def test_ctest_killed_in_the_margin_leaves_no_launcher(self):
        tree = self.timeout_project({"waits": ([program("linger"), self.pid_file()], "TIMEOUT 1")},
                                    margin=40)
        begun = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        test, = self.announced(self.pid_file())
        self.assert_gone([test])
        wait_until(lambda: self.outcomes(tree), "the record")
        self.assertIsNone(begun.poll())
        begun.kill()
        begun.wait()
        self.assert_nothing_left()


class ToolTest(TimeoutCase):
    def test_without_a_debugger_proc_tells(self):
        tree = self.timeout_project({
            "told": ([program("deadlock"), self.pid_file()],
                     f'TIMEOUT 1 ENVIRONMENT "PATH={self.tools()}"')})
        self.assert_timeouts(self.ctest(tree), "told")
        output = self.output_of(tree, "told")
        self.assertRegex(output, r"holdfast: process \d+ \(deadlock\), by /proc:\n")
        self.assertEqual(len(re.findall(r"holdfast:   thread \d+ \"deadlock\": state S", output)), 31)
        self.assertRegex(output, r"holdfast:   file 1: pipe:")
        self.assert_nothing_left()

    def test_a_debugger_that_hangs_delays_the_end_by_its_bound_at_most(self):
        path = self.tools(gdb="exec /bin/sleep 50", eu_stack="/bin/sleep 50; echo never")
        options = ["--timeout", "200ms", "--grace", "0", "--quiet"]
        begun = time.monotonic()
        self.finish(*self.supervised(program("spin"), options=options))
        without = time.monotonic() - begun
        begun = time.monotonic()
        ended = self.finish(*self.supervised(program("spin"), options=options[:-1]),
                            env=self.environment(PATH=path))
        self.assertEqual(ended.returncode, 124)
        self.assertGreater(time.monotonic() - begun, 2)
        # The bound is 2 s; the rest is for a machine that is busy.
        self.assertLess(time.monotonic() - begun - without, 6)
        self.assertRegex(ended.stderr, rb"process \d+ \(spin\), by /proc:")
        self.assert_nothing_left()

    def test_a_launcher_killed_meanwhile_leaves_no_debugger(self):
        path = self.tools(gdb=f"echo $$ >> {self.pid_file('tool')}; exec /bin/sleep 50")
        begun = self.start(*self.supervised(program("linger"), self.pid_file(),
                                            options=["--timeout", "100ms"]),
                           env=self.environment(PATH=path), stderr=subprocess.DEVNULL)
        tool, = self.announced(self.pid_file("tool"))
        test, = self.announced(self.pid_file())
        begun.kill()
        begun.wait()
        self.assert_gone([tool, test])

    def test_a_signal_while_the_debugger_works_ends_the_test_at_once(self):
        path = self.tools(gdb=f"echo $$ >> {self.pid_file('tool')}; exec /bin/sleep 50")
        begun = self.start(*self.supervised(program("linger"), self.pid_file(),
                                            options=["--timeout", "100ms"]),
                           env=self.environment(PATH=path), stderr=subprocess.DEVNULL)
        tool, = self.announced(self.pid_file("tool"))
        begun.send_signal(signal.SIGTERM)
        self.assertEqual(begun.wait(30), 124)
        self.assert_gone([tool])
        self.assert_nothing_left()


class NativeTest(TimeoutCase):
    """Limits that are ctest's own: raised and kept by the launcher where they can be seen."""

    def hanging(self, head="", margin=2, more=None, **how):
        """A project of one test that leaves a daemon and hangs, without a debugger."""
        command = f"(/usr/bin/setsid {program('linger')} {self.pid_file()} &); /bin/sleep 50"
        tests = {"bare": (["/bin/sh", "-c", command], f'ENVIRONMENT "PATH={self.tools()}"')}
        return self.timeout_project({**tests, **(more or {})}, margin=margin, head=head, **how)

    def assert_kept_by_the_launcher(self, tree, done):
        self.assert_timeouts(done, "bare")
        self.assertIn('"bare" timed out after 1.0 s', done.text)
        self.assertIn("1 test through Holdfast: 1 timed out", done.text)
        self.assertIn(" (sh), by /proc:", self.output_of(tree, "bare"))
        self.assertEqual(self.outcomes(tree), {"bare": "timed_out"})
        self.assert_nothing_left()

    def test_of_the_command_line_and_a_preset(self):
        tree = self.hanging()
        self.assert_kept_by_the_launcher(tree, self.ctest(tree, "--timeout", "1"))
        (self.work / "project/CMakePresets.json").write_text(json.dumps({
            "version": 3,
            "configurePresets": [{"name": "c", "generator": "Ninja", "binaryDir": str(tree)}],
            "testPresets": [{"name": "base", "hidden": True, "execution": {"timeout": 1}},
                            {"name": "t", "configurePreset": "c", "inherits": ["base"]}]}))
        done = self.ctest(self.work / "project", "--preset", "t",
                          env=self.environment(PWD=str(self.work / "project")))
        self.assert_kept_by_the_launcher(tree, done)

    def test_of_the_configuration_and_with_repeat(self):
        tree = self.hanging("set(DART_TESTING_TIMEOUT 1)\ninclude(CTest)\n")
        self.assert_kept_by_the_launcher(tree, self.ctest(tree, "--timeout", "0"))
        done = self.ctest(tree, "--repeat", "after-timeout:2")
        self.assertEqual(done.text.count("***Timeout"), 2, done.text)
        self.assertEqual(len(self.records(self.runs(tree)[-1], "attempt_ended")), 2)

    def test_a_shorter_one_of_the_file_wins_and_a_longer_one_does_not(self):
        tree = self.hanging(margin=20)
        toml = self.work / "project/holdfast.toml"
        toml.write_text('[profile.default]\ntimeout = "500ms"\n')
        done = self.ctest(tree, "--timeout", "100")
        self.assertRegex(done.text, r"bare \.+Subprocess killed\*\*\*Exception")
        self.assertEqual(self.outcomes(tree), {"bare": "timed_out"})
        toml.write_text('[profile.default]\ntimeout = "100s"\n')
        self.hanging()
        self.assert_kept_by_the_launcher(tree, self.ctest(tree, "--timeout", "1"))

    def test_before_stop_time_the_stacks_are_taken_of_what_it_ends(self):
        tree = self.hanging(more={"short": (["sleep", "0.1"], "")})
        stop = time.strftime("%H:%M:%S", time.localtime(time.time() + 6))
        done = self.ctest(tree, "-j2", "--stop-time", stop)
        self.assert_timeouts(done, "bare")
        self.assertIn("The stop time has been passed.", done.text)
        self.assertRegex(self.output_of(tree, "bare"),
                         r"holdfast: at its --stop-time ctest will end:\n"
                         r"holdfast: process \d+ \(sh\), by /proc:")
        self.assertNotIn("holdfast: ", self.output_of(tree, "short").split("Output:")[1])
        self.assertEqual(self.outcomes(tree), {"bare": "timed_out", "short": "passed"})
        self.assertIn("1 timed out", done.text)
        self.assert_nothing_left()

    def test_the_signal_of_the_projects_choice_ends_its_time_after_the_stacks(self):
        """TIMEOUT_SIGNAL_NAME, of CMake 3.27, which an older ctest passes by."""
        quiet = f'ENVIRONMENT "PATH={self.tools()}"'
        tree = self.timeout_project({
            "goes": ([program("record_signals"), self.pid_file("goes"), "0"],
                     f"TIMEOUT 1 TIMEOUT_SIGNAL_NAME SIGINT {quiet}"),
            "stays": ([program("record_signals"), self.pid_file("stays")],
                      f"TIMEOUT 1 TIMEOUT_SIGNAL_NAME SIGUSR1 TIMEOUT_SIGNAL_GRACE_PERIOD 0.5 {quiet}")},
            margin=3)
        done = self.ctest(tree, "-j2")
        self.assert_timeouts(done, "goes", "stays")
        self.assertEqual(self.outcomes(tree), {"goes": "timed_out", "stays": "timed_out"})
        for name, seen in (("goes", [str(int(signal.SIGINT)), "clean"]), ("stays", [str(int(signal.SIGUSR1))])):
            self.assertIn("(record_signals), by /proc:", self.output_of(tree, name))
            signals = Path(f"{self.pid_file(name)}.signals").read_text().split()
            self.assertEqual([one for one in signals if one != str(int(signal.SIGCONT))], seen)
        self.assert_nothing_left()

    def test_what_only_ctest_knows_is_a_timeout_all_the_same(self):
        tree = self.timeout_project({
            "matched": (["/bin/sh", "-c", "echo go; sleep 50"], 'TIMEOUT_AFTER_MATCH "2;^go"')})
        self.assert_timeouts(self.ctest(tree), "matched")
        self.assertEqual(self.outcomes(tree), {"matched": "timed_out"})
        self.assert_nothing_left()

    def test_so_is_the_limit_of_a_script(self):
        tree = self.hanging()
        script = self.work / "script.cmake"
        script.write_text(f"""
set(CTEST_SOURCE_DIRECTORY "{self.work}/project")
set(CTEST_BINARY_DIRECTORY "{tree}")
set(CTEST_TEST_TIMEOUT 1)
ctest_start(Experimental)
ctest_test()
""")
        done = self.finish(CTEST, "-S", script, "-V")
        self.assertRegex(done.stdout.decode(), TIMED_OUT % "bare")
        wait_until(lambda: self.outcomes(tree), "the record")
        self.assertEqual(self.outcomes(tree), {"bare": "timed_out"})
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
