"""From CMake 3.27 on, ctest says by SIGUSR1 that a test's limit is over
(docs/reference/timeouts.md)."""

import os
import re
import signal
import subprocess
import unittest
from signal import SIGTERM, SIGUSR1, SIGUSR2

from support import CTEST, children_of, command_of, ctest_version, process, program, wait_until
from timing_out import TIMED_OUT, TimeoutCase


class LauncherTest(TimeoutCase):
    """A stand-in for ctest passes the signal on to the launcher."""

    told = {"HOLDFAST_P_TELLS_LIMIT": "1", "HOLDFAST_P_NATIVE_TIMEOUT": "0.1", "HOLDFAST_P_NATIVE_LIMIT": "60.1"}

    def begin(self, *command, **told):
        ctest = self.start(*self.under_ctest(*command), stderr=subprocess.PIPE,
                           env=self.environment(PATH=self.tools(), **(told or self.told)))
        test, = self.announced(self.pid_file())
        launcher = wait_until(lambda: next(
            (pid for pid in children_of(ctest.pid) if "launcher" in command_of(pid)[0]), None))
        return ctest, test, launcher

    def test_the_limit_is_over_when_ctest_says_so_and_not_before(self):
        ctest, test, _ = self.begin(program("linger"), self.pid_file())
        # The launcher's own limit is over by now, but it waits for the stand-in.
        with self.assertRaises(subprocess.TimeoutExpired):
            ctest.wait(1)
        self.assertTrue(process(test.pid))
        ctest.send_signal(signal.SIGUSR1)
        _, shown = ctest.communicate(timeout=30)
        self.assertEqual(self.ended_as(), "signal 9")
        self.assertIn(b"(linger), by /proc:", shown)
        self.assert_gone([test])
        self.assert_nothing_left()

    def test_the_same_signal_of_somebody_else_is_the_tests(self):
        ctest, _, launcher = self.begin(program("record_signals"), self.pid_file(), "0")
        os.kill(launcher, signal.SIGUSR1)
        seen = self.work / "announced.pids.signals"
        wait_until(lambda: seen.exists() and str(int(signal.SIGUSR1)) in seen.read_text().split())
        self.assertIsNone(ctest.poll())
        os.kill(launcher, signal.SIGTERM)
        ctest.communicate(timeout=30)
        self.assertNotIn("signal 9", self.ended_as())

    def test_of_a_ctest_that_tells_nothing_it_is_the_tests_too(self):
        ctest, _, launcher = self.begin(program("record_signals"), self.pid_file(), "0",
                                        HOLDFAST_P_NATIVE_LIMIT="60")
        ctest.send_signal(signal.SIGUSR1)
        seen = self.work / "announced.pids.signals"
        wait_until(lambda: seen.exists() and str(int(signal.SIGUSR1)) in seen.read_text().split())
        os.kill(launcher, signal.SIGTERM)
        ctest.communicate(timeout=30)


@unittest.skipUnless(ctest_version() >= (3, 27), "this ctest is older than 3.27")
class CtestTest(TimeoutCase):
    def test_a_timed_out_test_is_shown_at_once(self):
        name = self.lock_name()
        quiet = f'ENVIRONMENT "PATH={self.tools()}"'
        tests = {
            "own": ([program("linger"), self.pid_file()], f"TIMEOUT 2 {quiet}"),
            "ours": ([program("linger"), self.pid_file()], f"HOLDFAST_TIMEOUT 1500ms {quiet}"),
            "inverted": ([program("linger"), self.pid_file()], f"TIMEOUT 2 WILL_FAIL ON {quiet}"),
            "locked": ([program("linger"), self.pid_file()], f'TIMEOUT 2 RESOURCE_LOCK "{name}" {quiet}'),
        }
        tree = self.timeout_project(tests, margin=None)
        (self.work / "project/holdfast.toml").write_text("[profile.default]\ngrace = 0\n")
        done = self.ctest(tree, "-j4")
        self.assert_timeouts(done, *tests)
        self.assertEqual(self.outcomes(tree), dict.fromkeys(tests, "timed_out"))
        for test in tests:
            line, = re.findall(TIMED_OUT % test + r" \(SIGUSR1\) +([0-9.]+) sec", done.text)
            limit = 1.5 if test == "ours" else 2
            self.assertGreaterEqual(float(line), limit - 0.1)  # ctest 4.3 is up to 20 ms early
            self.assertLess(float(line), limit + 1.2)
            self.assertIn("(linger), by /proc:", self.output_of(tree, test))
        self.assert_nothing_left()

    def test_a_later_call_takes_the_signal_back(self):
        """ctest must not send its signal to these tests: they would not learn of the limit, and
        ctest would wait a minute for their end."""
        tree = self.timeout_project({}, margin=None, head="set_property(DIRECTORY PROPERTY "
                                    "TEST_INCLUDE_FILES ${CMAKE_SOURCE_DIR}/later.cmake)\n")
        later = {"retried": "HOLDFAST_RETRY timeout=1", "off": "HOLDFAST_ENABLED OFF",
                 "matched": 'TIMEOUT_AFTER_MATCH "1;^never"', "chosen": "TIMEOUT_SIGNAL_NAME SIGUSR2"}
        deaf = f"{program('ignore')} {self.pid_file()} {SIGTERM:d} {SIGUSR1:d} {SIGUSR2:d}"
        (self.work / "project/later.cmake").write_text("".join(f"""
add_test({name} {deaf})
set_tests_properties({name} PROPERTIES TIMEOUT 1 ENVIRONMENT "PATH={self.tools()}")
set_tests_properties({name} PROPERTIES {properties})
""" for name, properties in later.items()))
        (self.work / "project/holdfast.toml").write_text("[profile.default]\ngrace = 0\n")
        done = self.ctest(tree, "-j4", bound=100)
        shown = dict(re.findall(r"Test +#\d+: (\w+) \.*\*\*\*Timeout.* ([0-9.]+) sec", done.text))
        self.assertEqual(sorted(shown), sorted(later), done.text)
        # The project's signal gets two seconds of grace and margin. The rest is for a busy machine.
        self.assertLess(max(map(float, shown.values())), 20, done.text)
        self.assertEqual(self.outcomes(tree), dict.fromkeys(["retried", "matched", "chosen"], "timed_out"))
        self.assert_nothing_left()


class MinuteTest(TimeoutCase):
    """ctest waits at most a minute for the end of a test that it has told. With a longer margin
    ctest tells nothing, as an older ctest."""

    def tree_with_grace(self, command, seconds):
        (self.work / "project").mkdir(exist_ok=True)
        (self.work / "project/holdfast.toml").write_text(f"[profile.default]\ngrace = {seconds}\n")
        return self.timeout_project({"t": (command, f'TIMEOUT 1 ENVIRONMENT "PATH={self.tools()}"')}, margin=None)

    def test_ctest_tells_where_the_margin_is_a_minute_at_most(self):
        for grace, margin in (57, 60), (58, 61):
            tells = ctest_version() >= (3, 27) and margin <= 60
            with self.subTest(margin=margin):
                done = self.ctest(self.tree_with_grace([program("exit_with"), "0"], grace), "-V")
                limit, = re.findall(r"Test timeout computed to be: (\d+)", done.text)
                self.assertEqual(int(limit), 1 if tells else 1 + margin)
                self.assertEqual("HOLDFAST_P_TELLS_LIMIT=set:1" in done.text, tells, done.text)

    def test_with_a_longer_margin_the_launcher_keeps_the_limit(self):
        tree = self.tree_with_grace([program("linger"), self.pid_file()], 58)
        console = self.work / "console"
        with open(console, "wb") as log:
            ctest = self.start(CTEST, cwd=tree, stdout=log, stderr=subprocess.STDOUT)
        self.assert_gone(self.announced(self.pid_file()))  # ctest would wait for more than a minute
        wait_until(lambda: '"t" timed out after 1.0 s; its process tree was ended' in console.read_text(), "the line")
        ctest.kill()
        ctest.wait()
        self.assertNotIn("***Timeout", console.read_text())
        wait_until(lambda: self.outcomes(tree) == {"t": "timed_out"}, "the record of the attempt")
        self.assert_nothing_left()


@unittest.skipUnless(ctest_version() < (3, 27), "from 3.27 on there is no margin")
class MarginTest(TimeoutCase):
    def test_the_margin_is_what_the_longest_grace_needs(self):
        tree = self.timeout_project({"t": ([program("linger"), self.pid_file()],
                                           f'TIMEOUT 2 ENVIRONMENT "PATH={self.tools()}"')}, margin=None)
        toml = self.work / "project/holdfast.toml"
        limits = []
        for text in ("grace = 0", "grace = 0\n[[override]]\ntest = \"x\"\ngrace = \"9.1s\"", ""):
            toml.write_text(f"[profile.default]\n{text}\n")
            done = self.ctest(tree, "-V", "-E", "t")
            limits.append((tree / ".holdfast/grace").read_text().strip())
        self.assertEqual(limits, ["0", "9100", "5000"], done.text)

    def test_the_grace_is_cut_to_what_ctest_leaves(self):
        tree = self.timeout_project({"deaf": ([program("ignore"), self.pid_file()],
                                              f'TIMEOUT 1 ENVIRONMENT "PATH={self.tools()}"')}, margin=3)
        (self.work / "project/holdfast.toml").write_text("[profile.default]\ngrace = 60\n")
        done = self.ctest(tree)
        self.assert_timeouts(done, "deaf")
        # If ctest had killed the launcher, this line would be missing.
        self.assertIn('"deaf" timed out after 1.0 s; its process tree was ended', done.text)
        self.assertEqual(self.outcomes(tree), {"deaf": "timed_out"})
        self.assert_nothing_left()

    def test_a_timed_out_test_without_grace_is_shown_in_three_seconds(self):
        tree = self.timeout_project({"t": ([program("linger"), self.pid_file()],
                                           f'TIMEOUT 2 ENVIRONMENT "PATH={self.tools()}"')}, margin=None)
        (self.work / "project/holdfast.toml").write_text("[profile.default]\ngrace = 0\n")
        for _ in range(3):  # a busy machine may slow ctest down
            done = self.ctest(tree)
            line, = re.findall(TIMED_OUT % "t" + r" +([0-9.]+) sec", done.text)
            if float(line) < 5.5:
                break
        self.assertLess(float(line), 5.5)
        self.assertEqual(self.outcomes(tree), {"t": "timed_out"})
        self.assertIn("(linger), by /proc:", self.output_of(tree, "t"))


if __name__ == "__main__":
    unittest.main()
