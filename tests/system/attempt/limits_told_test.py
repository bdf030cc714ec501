"""Which test is given which limit (docs/reference/timeouts.md)."""

import json
import subprocess
import unittest
from pathlib import Path

from support import CTEST, children_of, command_of, program, wait_until
from timing_out import A_DAY_S, TimeoutCase


class LimitTest(TimeoutCase):
    """Which test is given which limit."""

    def told(self, tree):
        told = {}
        shown = self.ctest(tree, "--show-only=json-v1", env=self.environment(HOLDFAST_EXPLAIN="1"))
        for test in json.loads(shown.stdout)["tests"]:
            properties = {p["name"]: p["value"] for p in test["properties"]}
            variables = [v.removeprefix("HOLDFAST_P_") for v in
                         properties.get("ENVIRONMENT_MODIFICATION", [])
                         if "NATIVE" in v or "KEPT" in v]
            told[test["name"]] = (properties.get("TIMEOUT"), *variables)
        return told

    def test_what_ctest_and_the_launcher_are_told(self):
        tests = {
            "plain": "",
            "seconds": "TIMEOUT 10",
            "fraction": "TIMEOUT 2.5",
            "none": "TIMEOUT 0",
            "ours": "HOLDFAST_TIMEOUT 1500ms",
            "minutes": "HOLDFAST_TIMEOUT 2m",
            "both": "TIMEOUT 10 HOLDFAST_TIMEOUT 30",
            "ours_none": "TIMEOUT 10 HOLDFAST_TIMEOUT 0",
            "matched": 'TIMEOUT 10 TIMEOUT_AFTER_MATCH "5;go"',
            "signalled": "TIMEOUT 10 TIMEOUT_SIGNAL_NAME SIGINT",
            "later": "TIMEOUT 10)\nset_tests_properties(later PROPERTIES TIMEOUT 20",
            "off_later": "TIMEOUT 10)\nset_tests_properties(off_later PROPERTIES HOLDFAST_ENABLED OFF",
            "long": "TIMEOUT 1e9",
            "off": "TIMEOUT 10 HOLDFAST_ENABLED OFF",
            "locked": "TIMEOUT 10 RESOURCE_LOCK db",
            "ours_locked": "HOLDFAST_TIMEOUT 10 RESOURCE_LOCK db",
            "odd": "TIMEOUT soon",
        }
        tree = self.timeout_project(
            {name: ([program("show_self")], properties) for name, properties in tests.items()},
            margin=8)
        limit, timeout, kept = "NATIVE_LIMIT=set:", "NATIVE_TIMEOUT=set:", "KEPT_LIMIT=set:"
        self.assertEqual(self.told(tree), {
            "plain": (None,),
            "seconds": (18, limit + "18", timeout + "10"),
            "fraction": (10.5, limit + "10.5", timeout + "2.5"),
            "none": (0, limit + "0"),
            "ours": (10, limit + "10"),
            "minutes": (128, limit + "128"),
            "both": (38, limit + "38"),
            "ours_none": (0, limit + "0"),
            "matched": (10, kept + "5"),
            "signalled": (19, limit + "19", timeout + "10"),
            "later": (28, limit + "28", timeout + "20"),
            "off_later": (10,),
            "long": (1e9, kept + "0"),
            "off": (10,),
            "locked": (A_DAY_S, limit + "18", timeout + "10"),
            "ours_locked": (A_DAY_S, limit + "18"),
            "odd": (0, kept + "0"),
        })
        plain = self.timeout_project(
            {name: ([program("show_self")], properties) for name, properties in tests.items()},
            margin=8, build="plain", attached=False)
        names = [self.ctest(t, "-N").stdout.split(b"\n", 1)[1] for t in (tree, plain)]
        self.assertEqual(*names)
        # Now ctest has a limit for tests that have none.
        (tree / "DartConfiguration.tcl").write_text("TimeOut: 1500\n")
        native = {name: told[0] for name, told in self.told(tree).items()}
        self.assertEqual(native, {
            "plain": 1508, "seconds": 18, "fraction": 10.5, "none": 0, "ours": 10, "minutes": 128,
            "both": 38, "ours_none": A_DAY_S, "matched": 10, "signalled": 19, "later": 28, "off_later": 10,
            "long": 1e9, "off": 10, "locked": A_DAY_S, "ours_locked": A_DAY_S, "odd": 0})

    def test_who_is_told_of_a_signal(self):
        signal_name = "TIMEOUT_SIGNAL_NAME SIGUSR2"
        tests = {
            "usual": f"TIMEOUT 10 {signal_name}",
            "graced": f"TIMEOUT 10 {signal_name} TIMEOUT_SIGNAL_GRACE_PERIOD 2.5",
            "long": f"TIMEOUT 10 {signal_name} TIMEOUT_SIGNAL_GRACE_PERIOD 100",
            "ours": f"HOLDFAST_TIMEOUT 10 {signal_name}",
            "later": f"TIMEOUT 10)\nset_tests_properties(later PROPERTIES {signal_name}",
            "matched": f'TIMEOUT 10 {signal_name} TIMEOUT_AFTER_MATCH "5;go"',
            "odd": "TIMEOUT 10 TIMEOUT_SIGNAL_NAME SIGKILL",
            "off": f"TIMEOUT 10 {signal_name} HOLDFAST_ENABLED OFF",
        }
        tree = self.timeout_project(
            {name: ([program("show_self")], properties) for name, properties in tests.items()},
            margin=8)
        shown = self.ctest(tree, "--show-only=json-v1", env=self.environment(HOLDFAST_EXPLAIN="1"))
        told = {}
        for test in json.loads(shown.stdout)["tests"]:
            properties = {p["name"]: p["value"] for p in test["properties"]}
            signals = [v.partition("=set:")[2] for v in properties.get("ENVIRONMENT_MODIFICATION", [])
                       if "TIMEOUT_SIGNAL" in v or "TIMEOUT_GRACE" in v]
            told[test["name"]] = (properties["TIMEOUT"], *signals)
        usual = (19, "SIGUSR2", "1")
        self.assertEqual(told, {
            "usual": usual, "graced": (21, "SIGUSR2", "2.5"), "long": (78, "SIGUSR2", "60"),
            "ours": usual, "later": usual, "matched": (10,), "odd": (18,), "off": (10,)})

    def test_a_test_without_a_limit_is_not_ended(self):
        tree = self.timeout_project({
            "none": (["sleep", "1.5"], "TIMEOUT 0"),
            "long": (["sleep", "1.5"], "TIMEOUT 1 HOLDFAST_TIMEOUT 0"),
            "ours": (["sleep", "1.5"], "TIMEOUT 1 HOLDFAST_TIMEOUT 60")})
        done = self.ctest(tree, "-j3")
        self.assertEqual(done.returncode, 0, done.text)

    def test_a_limit_of_the_file_alone_ends_the_test_at_once(self):
        tree = self.timeout_project({"filed": ([program("linger"), self.pid_file()], "")}, margin=100)
        (self.work / "project/holdfast.toml").write_text('[profile.default]\ntimeout = "500ms"\n')
        done = self.ctest(tree)
        self.assertRegex(done.text, r"filed \.+Subprocess killed\*\*\*Exception")
        self.assertEqual(self.outcomes(tree), {"filed": "timed_out"})

    def test_the_launcher_reads_nothing_of_a_chatty_test(self):
        tree = self.timeout_project({
            "chatty": (["/bin/sh", "-c", f"yes {'x' * 60} | head -n 200000; "
                        f"exec {program('close_output')} {self.pid_file()}"], "TIMEOUT 50")})
        begun = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        test, = self.announced(self.pid_file())
        launcher = wait_until(lambda: next(
            (pid for pid in children_of(begun.pid) if "launcher" in command_of(pid)[0]), None))
        io = dict(line.split(": ") for line in Path(f"/proc/{launcher}/io").read_text().splitlines())
        self.assertLess(int(io["rchar"]), 100_000)
        Path(f"{self.pid_file()}.go").touch()
        begun.wait(30)


if __name__ == "__main__":
    unittest.main()
