"""Tests with a lock and a limit (docs/reference/timeouts.md)."""

import json
import re
import subprocess
import time
import unittest

from support import CTEST, program, wait_until
from timing_out import A_DAY_S, TimeoutCase


class LockTest(TimeoutCase):
    """ctest's clock for a test with a lock and a limit starts when the test has the lock
    (lock_line.cmake)."""

    def test_a_wait_longer_than_the_limit_is_no_timeout_and_not_the_tests_time(self):
        name = self.lock_name()
        tree = self.timeout_project({
            "own": ([program("exit_with"), "0"], f'TIMEOUT 1 HOLDFAST_LOCKS "{name}@user"'),
            "ours": ([program("exit_with"), "0"],
                     f'HOLDFAST_TIMEOUT 1 HOLDFAST_LOCKS "{name}:shared@user"'),
            "default": ([program("exit_with"), "0"], f'HOLDFAST_LOCKS "{name}:shared@user"')}, margin=1)
        holder = self.start(*self.supervised(program("close_output"), self.pid_file(),
                                             options=["--lock", f"{name}@user"]))
        self.announced(self.pid_file())
        begun = self.start(CTEST, "-V", "-j3", "--timeout", "1", cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wait_until(lambda: any(len(self.records(journal.parent, "attempt_started")) == 3 for journal in
                               (tree / ".holdfast/runs").glob("*/journal.jsonl")), "the tests to wait")
        time.sleep(4)  # more than limit and margin, on purpose
        (self.work / "announced.pids.go").touch()
        out, _ = begun.communicate(timeout=30)
        holder.wait(30)
        text = out.decode()
        self.assertEqual(begun.returncode, 0, text)
        self.assertEqual(self.outcomes(tree), {"own": "passed", "ours": "passed", "default": "passed"})
        for number in "123":
            self.assertRegex(text, rf"{number}: holdfast: lock {name} after ([3-9]|\d\d)\.\d s\n")
        for seconds in re.findall(r"Passed +(\d+\.\d+) sec", text):
            self.assertLess(float(seconds), 2)
        self.assertEqual(len(re.findall("Passed", text)), 3)

    def test_what_hangs_with_a_lock_times_out_natively(self):
        name = self.lock_name()
        quiet = f'ENVIRONMENT "PATH={self.tools()}"'
        tree = self.timeout_project({
            "own": ([program("linger"), self.pid_file()],
                    f'TIMEOUT 1 RESOURCE_LOCK "{name}" {quiet}'),
            "ours": ([program("linger"), self.pid_file()],
                     f'HOLDFAST_TIMEOUT 1 HOLDFAST_LOCKS "{name}:shared@user" {quiet}'),
            "default": ([program("linger"), self.pid_file()], f'HOLDFAST_LOCKS "{name}:shared@user" {quiet}')},
            margin=3)
        done = self.ctest(tree, "-j3", "--timeout", "1")
        self.assert_timeouts(done, "own", "ours", "default")
        self.assertEqual(self.outcomes(tree), dict.fromkeys(("own", "ours", "default"), "timed_out"))
        self.assert_nothing_left()

    def test_a_chatty_one_passes_in_the_time_that_it_takes(self):
        """With an expression that may match anywhere, ctest would search the output for minutes."""
        name = self.lock_name()
        tree = self.timeout_project({
            "chatty": (["/bin/sh", "-c", f"yes {'x' * 60} | head -n 200000"],
                       f'TIMEOUT 20 RESOURCE_LOCK "{name}"')})
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual(self.outcomes(tree), {"chatty": "passed"})
        self.assertRegex(self.output_of(tree, "chatty"), rf"holdfast: lock {name} after ")

    def test_repeated_attempts_have_their_clock_too(self):
        name = self.lock_name()
        tree = self.timeout_project({
            "again": (["sleep", "2.2"], f'TIMEOUT 4 HOLDFAST_LOCKS "{name}@user"')}, margin=1)
        done = self.ctest(tree, "--repeat", "until-fail:3")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual(len(self.records(self.runs(tree)[-1], "attempt_ended")), 3)

    def test_a_test_that_is_tried_again_tells_of_its_lock_once(self):
        """Only holdfast.toml says that it is, so ctest's clock starts at the line and runs for all attempts."""
        name = self.lock_name()
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text('[[override]]\ntest = "again"\nretry = "any=1"\n')
        tree = self.timeout_project({
            "again": (["/bin/sh", "-c", "test $HOLDFAST_ATTEMPT = 2"], f'TIMEOUT 20 RESOURCE_LOCK "{name}"')})
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual(len(self.records(self.runs(tree)[-1], "attempt_ended")), 2)
        self.assertEqual(self.output_of(tree, "again").count(f"holdfast: lock {name} after "), 1)

    def test_what_hangs_again_with_a_lock_is_ended_at_once(self):
        """CTest 3.25 forgets the expression on a repeat, and would end the second attempt after a
        day."""
        name = self.lock_name()
        tree = self.timeout_project({
            "again": ([program("linger"), self.pid_file()],
                      f'TIMEOUT 1 RESOURCE_LOCK "{name}" ENVIRONMENT "PATH={self.tools()}"')}, margin=3)
        begun = time.monotonic()
        done = self.ctest(tree, "--repeat", "until-pass:2")
        self.assert_timeouts(done, "again")
        self.assertIn("Subprocess killed***Exception", done.text)
        # It takes 4 s and 1 s; the rest is for a busy machine. With the fault it took 30 s more.
        self.assertLess(time.monotonic() - begun, 20)
        ended = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual([one["outcome"] for one in ended], ["timed_out"] * 2)
        self.assert_nothing_left()

    def test_the_expression_is_anchored_and_the_projects_own_wins(self):
        after = 'TIMEOUT_AFTER_MATCH "5;go"'
        tests = {
            "locked": "TIMEOUT 10 RESOURCE_LOCK db",
            "served": "TIMEOUT 10 HOLDFAST_SERVICES db",
            "unlocked": "TIMEOUT 10",
            "no_limit": "RESOURCE_LOCK db",
            "none": "TIMEOUT 0 RESOURCE_LOCK db",
            "own": f"TIMEOUT 10 RESOURCE_LOCK db {after}",
            "own_later": f"TIMEOUT 10 RESOURCE_LOCK db)\nset_tests_properties(own_later PROPERTIES {after}",
            "compares": 'TIMEOUT 10 RESOURCE_LOCK db PASS_REGULAR_EXPRESSION "^value"',
            "compares_later": "TIMEOUT 10 RESOURCE_LOCK db)\nset_tests_properties(compares_later "
                              'PROPERTIES FAIL_REGULAR_EXPRESSION "x;^y"',
            "off": "TIMEOUT 10 RESOURCE_LOCK db HOLDFAST_ENABLED OFF",
        }
        tree = self.timeout_project(
            {name: ([program("show_self")], properties) for name, properties in tests.items()},
            margin=8)
        told = self.lock_lines(tree)
        line = "^(holdfast: [^\n]*\n)*holdfast: (lock|service) "
        for name, (seconds, expressions, says, limit) in told.items():
            with self.subTest(name):
                if name in ("locked", "served"):
                    self.assertEqual((seconds, expressions, says, limit), (18, [line], True, A_DAY_S))
                    continue
                self.assertFalse(says)
                self.assertNotEqual(limit, A_DAY_S)
                if name.startswith("own"):
                    self.assertEqual((seconds, expressions[-1], limit), (5, "go", 10))
                elif name.startswith("compares"):
                    self.assertEqual(limit, 18)
        for one in told.values():
            for expression in one[1]:
                self.assertTrue(expression.startswith("^") or expression == "go")
        # With ctest's default limit, which a test without one of its own has.
        by_default = self.lock_lines(tree, "--timeout", "20")
        self.assertEqual(by_default["no_limit"], (28, [line], True, A_DAY_S))
        self.assertEqual(by_default["locked"], told["locked"])
        self.assertEqual(by_default["off"], told["off"])
        # The lock line would cancel --stop-time.
        stop = time.strftime("%H:%M:%S", time.localtime(time.time() + 3000))
        for seconds, expressions, says, limit in self.lock_lines(tree, "--stop-time", stop).values():
            self.assertFalse(says)
            self.assertNotEqual(limit, A_DAY_S)

    def lock_lines(self, tree, *options):
        """Maps each test to the seconds and expressions of TIMEOUT_AFTER_MATCH, whether the
        launcher says the line, and TIMEOUT."""
        shown = self.ctest(tree, "--show-only=json-v1", *options,
                           env=self.environment(HOLDFAST_EXPLAIN="1"))
        told = {}
        for test in json.loads(shown.stdout)["tests"]:
            properties = {p["name"]: p["value"] for p in test["properties"]}
            after = properties.get("TIMEOUT_AFTER_MATCH", {"timeout": None, "regex": []})
            says = False
            for change in properties.get("ENVIRONMENT_MODIFICATION", []):
                if change.startswith("HOLDFAST_P_LOCK_LINE="):
                    says = change.endswith("set:1")
            told[test["name"]] = (after["timeout"], after["regex"], says, properties.get("TIMEOUT"))
        return told


if __name__ == "__main__":
    unittest.main()
