"""The launcher's limits under ctest (docs/timeouts.md).

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

from support import CTEST, ProjectCase, children_of, command_of, process, program, wait_until

# Stacks get 2 s of it, as of the usual margin.
MARGIN_S = 6

TIMED_OUT = r"\d+/\d+ Test +#\d+: %s \.*\*\*\*Timeout"


# ctest's limit while a test waits for its locks.
A_DAY_S = 86400


class TimeoutCase(ProjectCase):
    def timeout_project(self, tests, margin=MARGIN_S, head="", **how):
        """`tests`: name -> (command words, properties text); `head` comes before them."""
        text = head + (f'set(HOLDFAST_TIMEOUT_MARGIN {margin})\n' if margin else "")
        for name, (command, properties) in tests.items():
            words = " ".join(f'"{word}"' for word in command)
            text += f"add_test(NAME {name} COMMAND {words})\n"
            if properties:
                text += f"set_tests_properties({name} PROPERTIES {properties})\n"
        # find_package comes first in `project`: the margin is read at the end of the configure step.
        return self.project(text, **how)

    def outcomes(self, tree):
        records = self.records(self.runs(tree)[-1], "attempt_ended")
        return {record["test"]: record["outcome"] for record in records}

    def output_of(self, tree, test):
        log = (tree / "Testing/Temporary/LastTest.log").read_text(errors="replace")
        begin = re.search(rf"\d+/\d+ Testing: {test}\n", log).end()
        return log[begin:log.index("<end of output>", begin)]

    def assert_timeouts(self, done, *names):
        for name in names:
            self.assertRegex(done.text, TIMED_OUT % name)

    def tools(self, **programs):
        """A directory for PATH with these shell scripts and no debugger besides."""
        directory = self.work / "path"
        directory.mkdir(exist_ok=True)
        for name, text in programs.items():
            script = directory / name.replace("_", "-")
            script.write_text(f"#!/bin/sh\n{text}\n")
            script.chmod(0o755)
        return directory


@unittest.skipUnless(shutil.which("gdb"), "gdb is not installed")
class StacksTest(TimeoutCase):
    def test_what_hangs_times_out_with_its_stacks_and_leaves_nothing(self):
        tree = self.timeout_project({
            "spinning": ([program("spin")], "TIMEOUT 1"),
            "sleeping": ([sys.executable, "-c", "import time; time.sleep(50)"], "TIMEOUT 1"),
            "locked": ([program("deadlock")], "HOLDFAST_TIMEOUT 1000ms"),
        })
        # Three debuggers at once, each with two seconds: on a busy machine one may not be done.
        for _ in range(3):
            done = self.ctest(tree, "-j3")
            self.assert_timeouts(done, "spinning", "sleeping", "locked")
            if "by /proc:" not in self.output_of(tree, "spinning") + self.output_of(tree, "sleeping"):
                break
        self.assertRegex(self.output_of(tree, "spinning"),
                         r"holdfast: process \d+ \(spin\), by (gdb|eu-stack):\n(?s:.*)spin_here")
        self.assertRegex(self.output_of(tree, "sleeping"), "#0 .*(sleep|select)")
        locked = self.output_of(tree, "locked")
        threads = len(re.findall(r"#\d+ .*\bwait_for_neighbour\b", locked))
        if "no time for the rest" in locked:  # three debuggers at once, on a busy machine
            self.assertGreater(threads, 0, locked)
        else:
            self.assertEqual(threads, 30, locked)
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

    def test_none_is_none_even_of_the_command_line(self):
        tree = self.timeout_project({"ours": (["sleep", "3"], "HOLDFAST_TIMEOUT 0"),
                                     "ctests": (["sleep", "50"], "TIMEOUT 0")}, margin=1)
        done = self.ctest(tree, "-j2", "--timeout", "1")
        self.assertRegex(done.text, r"ours \.+ +Passed")
        # Where ctest takes its --timeout in place of 0, as 3.25 does.
        if "***Timeout" in done.text:
            self.assert_timeouts(done, "ctests")
            self.assertEqual(self.outcomes(tree), {"ours": "passed", "ctests": "timed_out"})
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
set(CTEST_TEST_TIMEOUT 3)
ctest_start(Experimental)
ctest_test()
""")
        done = self.finish(CTEST, "-S", script, "-V")
        self.assertRegex(done.stdout.decode(), TIMED_OUT % "bare")
        wait_until(lambda: self.runs(tree) and self.outcomes(tree), "the record")
        self.assertEqual(self.outcomes(tree), {"bare": "timed_out"})
        self.assert_nothing_left()


class LimitTest(TimeoutCase):
    """Who is given which limit."""

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
            margin=None)
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
            margin=None, build="plain", attached=False)
        names = [self.ctest(t, "-N").stdout.split(b"\n", 1)[1] for t in (tree, plain)]
        self.assertEqual(*names)
        # With a limit of ctest's own for those that have none.
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
            margin=None)
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


class LockTest(TimeoutCase):
    """A test with a lock and a limit: ctest's clock starts when it has the lock (lock_line.cmake)."""

    def test_a_wait_longer_than_the_limit_is_no_timeout_and_not_the_tests_time(self):
        name = self.lock_name()
        tree = self.timeout_project({
            "own": ([program("exit_with"), "0"], f'TIMEOUT 1 HOLDFAST_LOCKS "{name}@user"'),
            "ours": ([program("exit_with"), "0"],
                     f'HOLDFAST_TIMEOUT 1 HOLDFAST_LOCKS "{name}:shared@user"')}, margin=1)
        holder = self.start(*self.supervised(program("close_output"), self.pid_file(),
                                             options=["--lock", f"{name}@user"]))
        self.announced(self.pid_file())
        begun = self.start(CTEST, "-V", cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wait_until(lambda: any(self.records(journal.parent, "attempt_started") for journal in
                               (tree / ".holdfast/runs").glob("*/journal.jsonl")), "a test to wait")
        time.sleep(4)  # more than limit and margin: what is tested
        (self.work / "announced.pids.go").touch()
        out, _ = begun.communicate(timeout=30)
        holder.wait(30)
        text = out.decode()
        self.assertEqual(begun.returncode, 0, text)
        self.assertEqual(self.outcomes(tree), {"own": "passed", "ours": "passed"})
        self.assertRegex(text, rf"1: holdfast: lock {name} after \d+\.\d s\n")
        for seconds in re.findall(r"Passed +(\d+\.\d+) sec", text):
            self.assertLess(float(seconds), 2)
        self.assertEqual(len(re.findall("Passed", text)), 2)

    def test_what_hangs_with_a_lock_times_out_natively(self):
        name = self.lock_name()
        quiet = f'ENVIRONMENT "PATH={self.tools()}"'
        tree = self.timeout_project({
            "own": ([program("linger"), self.pid_file()],
                    f'TIMEOUT 1 RESOURCE_LOCK "{name}" {quiet}'),
            "ours": ([program("linger"), self.pid_file()],
                     f'HOLDFAST_TIMEOUT 1 HOLDFAST_LOCKS "{name}:shared@user" {quiet}')}, margin=3)
        done = self.ctest(tree, "-j2")
        self.assert_timeouts(done, "own", "ours")
        self.assertEqual(self.outcomes(tree), {"own": "timed_out", "ours": "timed_out"})
        self.assert_nothing_left()

    def test_a_chatty_one_passes_in_the_time_that_it_takes(self):
        """By an expression that may match anywhere ctest would look at the output for minutes."""
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
            "again": (["sleep", "0.7"], f'TIMEOUT 1 HOLDFAST_LOCKS "{name}@user"')}, margin=1)
        done = self.ctest(tree, "--repeat", "until-fail:3")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual(len(self.records(self.runs(tree)[-1], "attempt_ended")), 3)

    def test_what_hangs_again_with_a_lock_is_ended_at_once(self):
        """CTest 3.25 has forgotten the expression: it would end the second attempt after a day."""
        name = self.lock_name()
        tree = self.timeout_project({
            "again": ([program("linger"), self.pid_file()],
                      f'TIMEOUT 1 RESOURCE_LOCK "{name}" ENVIRONMENT "PATH={self.tools()}"')}, margin=3)
        begun = time.monotonic()
        done = self.ctest(tree, "--repeat", "until-pass:2")
        self.assert_timeouts(done, "again")
        self.assertIn("Subprocess killed***Exception", done.text)
        # 4 s and 1 s, and room for a busy machine; it was 30 s more.
        self.assertLess(time.monotonic() - begun, 20)
        ended = self.records(self.runs(tree)[-1], "attempt_ended")
        self.assertEqual([one["outcome"] for one in ended], ["timed_out"] * 2)
        self.assert_nothing_left()

    def test_the_expression_is_anchored_and_the_projects_own_wins(self):
        after = 'TIMEOUT_AFTER_MATCH "5;go"'
        tests = {
            "locked": "TIMEOUT 10 RESOURCE_LOCK db",
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
            margin=None)
        told = self.lock_lines(tree)
        line = "^(holdfast: [^\n]*\n)*holdfast: lock "
        for name, (seconds, expressions, says, limit) in told.items():
            with self.subTest(name):
                if name == "locked":
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
        # --stop-time would be cancelled.
        stop = time.strftime("%H:%M:%S", time.localtime(time.time() + 3000))
        for seconds, expressions, says, limit in self.lock_lines(tree, "--stop-time", stop).values():
            self.assertFalse(says)
            self.assertNotEqual(limit, A_DAY_S)

    def lock_lines(self, tree, *options):
        """Test -> seconds and expressions of TIMEOUT_AFTER_MATCH, whether the launcher says the line, TIMEOUT."""
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
