"""The launcher raises ctest's own limits, and keeps them itself, if it can see them
(docs/reference/timeouts.md)."""

import json
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

from support import CTEST, children_of, command_of, ctest_version, program, script_step, wait_until
from timing_out import TIMED_OUT, TimeoutCase


class NativeTest(TimeoutCase):
    """The launcher raises ctest's own limits, and keeps them itself, if it can see them."""

    def hanging(self, head="", margin=2, more=None, **how):
        """A project of one test that leaves a daemon and hangs. Its PATH has no debugger."""
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
        if ctest_version() >= (4, 0):
            self.assert_kept_by_the_launcher(tree, self.ctest(tree, "--timeout=1"))
        self.assert_kept_by_the_launcher(tree, self.by_preset(tree))

    def by_preset(self, tree, *options):
        """A ctest with a preset of which the limit is a second."""
        (self.work / "project/CMakePresets.json").write_text(json.dumps({
            "version": 3,
            "configurePresets": [{"name": "c", "generator": "Ninja", "binaryDir": str(tree)}],
            "testPresets": [{"name": "base", "hidden": True, "execution": {"timeout": 1}},
                            {"name": "t", "configurePreset": "c", "inherits": ["base"]}]}))
        return self.ctest(self.work / "project", "--preset", "t", *options,
                          env=self.environment(PWD=str(self.work / "project")))

    def test_zero_on_the_command_line_is_none_whatever_the_preset_says(self):
        tree = self.timeout_project({"t": (["sleep", "2"], "")}, margin=1)
        done = self.by_preset(tree, "--timeout", "0")
        self.assertRegex(done.text, r"t \.+ +Passed")
        self.assertEqual(self.outcomes(tree), {"t": "passed"})

    def test_none_is_none_even_of_the_command_line(self):
        tree = self.timeout_project({"ours": (["sleep", "3"], "HOLDFAST_TIMEOUT 0"),
                                     "ctests": (["sleep", "3"], "TIMEOUT 0")}, margin=1)
        # ctest 3.25 uses --timeout in place of a limit of 0, but 3.31 does not. Plain ctest here
        # shows which.
        plain = self.ctest(tree, "-R", "ctests", "--timeout", "1", env=self.environment(HOLDFAST_DISABLE="1"))
        ends = "***Timeout" in plain.text
        if ctest_version() < (3, 26) or ctest_version() >= (3, 31):
            self.assertEqual(ends, ctest_version() < (3, 26), plain.text)
        done = self.ctest(tree, "-j2", "--timeout", "1")
        self.assertRegex(done.text, r"ours \.+ +Passed")
        self.assertEqual("***Timeout" in done.text, ends, done.text)
        self.assertEqual(self.outcomes(tree), {"ours": "passed", "ctests": "timed_out" if ends else "passed"})
        self.assert_nothing_left()

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
        # ctest 4.3 says that the stop time has come only if that leaves tests out.
        tree = self.hanging(more={"short": (["sleep", "0.1"], ""), "late": (["true"], "DEPENDS bare")})
        # The launcher takes the stacks within 4 s before the stop time. On a busy machine the test
        # may begin later than that.
        for seconds in 6, 12, 24:
            self.pid_file().unlink(missing_ok=True)
            stop = int(time.time()) + seconds
            done = self.ctest(tree, "-j2", "--stop-time", time.strftime("%H:%M:%S", time.localtime(stop)))
            if self.pid_file().exists() and self.pid_file().stat().st_mtime < stop - 4:
                break
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
        """TIMEOUT_SIGNAL_NAME is from CMake 3.27; an older ctest ignores it."""
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

    def test_ctest_dead_after_the_limit_has_not_ended_the_test_for_it(self):
        tree = self.timeout_project({
            "matched": ([program("linger"), self.pid_file()], 'TIMEOUT_AFTER_MATCH "1;^never"')})
        begun = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.announced(self.pid_file())
        since = time.monotonic()
        launcher = wait_until(lambda: next(
            (pid for pid in children_of(begun.pid) if "launcher" in command_of(pid)[0]), None))
        guard, = children_of(launcher)
        wait_until(lambda: time.monotonic() > since + 1.5, "the limit to be over")
        for pid in (launcher, guard):
            os.kill(pid, signal.SIGSTOP)
        begun.kill()
        begun.wait()
        for pid in (guard, launcher):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.outcomes(tree), "the record")
        self.assertEqual(self.outcomes(tree), {"matched": "interrupted"})
        self.assert_nothing_left()

    def test_so_is_the_limit_of_a_script(self):
        self.assert_timed_out_in_a_script(self.hanging())

    def test_even_where_what_ctest_has_killed_takes_its_time_to_die(self):
        self.assert_timed_out_in_a_script(self.timeout_project(
            {"bare": ([program("swell"), self.pid_file(), "1024"], "")}, margin=1))

    def assert_timed_out_in_a_script(self, tree):
        script = self.work / "script.cmake"
        script.write_text(script_step(self.work / "project", tree, "set(CTEST_TEST_TIMEOUT 3)\nctest_test()"))
        done = self.finish(CTEST, "-S", script, "-V")
        self.assertRegex(done.stdout.decode(), TIMED_OUT % "bare")
        wait_until(lambda: self.runs(tree) and self.outcomes(tree), "the record")
        self.assertEqual(self.outcomes(tree), {"bare": "timed_out"})
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
