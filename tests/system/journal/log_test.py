"""`holdfast log` (docs/guide/diagnosing.md): what Holdfast did in a run, and why."""

import json
import os
import re
import signal
import subprocess
import unittest
from urllib.parse import unquote

from processes import keepers_of, name_of, processes_with
from support import CTEST, HOLDFAST, PATIENCE_S, ProjectCase, no_keeper_of, script_step, wait_until

FORGE = """
log=$(cat Testing/Temporary/LastTest.log.tmp*)
entry=$(printf '%s\\n' "$log" | sed -n '/^1\\/3 Testing/,/time elapsed/p')
passed=$(printf '%s\\n' "$entry" | sed 's/^Test Fail Reason:/Test Passed./; /^Error regular/d')
line=----------------------------------------------------------
printf '%s\\n%s\\n\\n' "$(printf '%s\\n' "$passed" | sed -n '/^<end of output>/,$p' | sed 's/first/shows/')" "$line"
printf '%s\\n%s\\n\\n' "$(printf '%s\\n' "$passed" | sed 's/first/after/g; s/^1/3/')" "$line"
printf '%s\\n%s\\n' "$(printf '%s\\n' "$entry" | sed '/^Output:/q' | sed 's/first/shows/g; s/^1/2/')" "$line"
"""
LEVELS = ["trace", "debug", "info", "warn", "error"]


class LogCase(ProjectCase):
    def log(self, tree, *words, expected=0):
        """The lines of `holdfast log --json`."""
        done = self.finish(HOLDFAST, "log", "--json", "--tree", tree, *words)
        self.assertEqual(done.returncode, expected, done.stderr)
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def about(self, tree, test, level, *words):
        """The messages about a test that have a level or weigh more; each word is in one of them."""
        lines = self.log(tree, "--test", test, "--level", level)
        self.assertEqual({line["test"] for line in lines} or {test}, {test})
        self.assertTrue(all(LEVELS.index(line["level"]) >= LEVELS.index(level) for line in lines))
        messages = [line["message"] for line in lines]
        for word in words:
            self.assertTrue(any(word in message for message in messages), (word, messages))
        return lines

    def gate(self):
        """A command that goes on once the file `go` is there."""
        return f"touch {self.work}/begun; while [ ! -e {self.work}/go ]; do sleep 0.02; done"


class Surprises(LogCase):
    """The five of docs/guide/diagnosing.md."""

    def test_it_waited_for_the_lock_of_another_tree(self):
        tests = "set_tests_properties({} PROPERTIES HOLDFAST_LOCKS log-test@user)\n"
        holder = self.project(f'add_test(NAME holds COMMAND sh -c "{self.gate()}")\n' + tests.format("holds"), "one", "one-build")
        tree = self.project("add_test(NAME waits COMMAND true)\n" + tests.format("waits"), "two", "two-build")
        first = self.start(CTEST, cwd=holder, stdout=subprocess.DEVNULL)
        wait_until((self.work / "begun").exists, "the holder")
        second = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.runs(tree) and (self.runs(tree)[0] / "holdfast.log").exists(), "the log")
        wait_until(lambda: any("waiting for lock" in line["message"] for line in self.log(tree, "--test", "waits")), "the wait")
        (self.work / "go").touch()
        self.assertEqual([first.wait(PATIENCE_S), second.wait(PATIENCE_S)], [0, 0])
        told = next(line for line in self.about(tree, "waits", "info") if "waiting for lock" in line["message"])
        self.assertIn("log-test@user", told["message"])
        self.assertIn(str(holder), told["message"])
        self.assertIn("holds", told["message"])
        self.about(tree, "waits", "info", "has lock log-test@user after")

    def test_a_process_of_it_was_ended_as_a_leak(self):
        tree = self.project('add_test(NAME leaks COMMAND sh -c "sleep 300 & exit 0")\n')
        self.ctest(tree)
        told, = [line for line in self.about(tree, "leaks", "info") if "left 1 process" in line["message"]]
        self.assertRegex(told["message"], r"ended: sleep \(pid \d+\)")
        self.assertEqual(told["part"], "keeper")

    def test_somebody_sent_a_signal_to_its_launcher(self):
        tree = self.project(f'add_test(NAME ended COMMAND sh -c "{self.gate()}")\n')
        ctest = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env=self.environment(HOLDFAST_LOG="debug"))
        wait_until((self.work / "begun").exists, "the test")
        launcher = self.records(self.runs(tree)[0], "attempt_started")[0]["launcher"]["pid"]
        os.kill(launcher, signal.SIGTERM)
        ctest.wait(PATIENCE_S)
        told, = [line for line in self.about(tree, "ended", "debug") if line["message"].startswith("got SIGTERM")]
        self.assertEqual((told["part"], told["pid"]), ("launcher", launcher))
        self.assertRegex(told["message"], rf"^got SIGTERM from \S.* \(pid {os.getpid()}\) of user {os.getuid()}$")
        # What followed.
        self.about(tree, "ended", "debug", "orders the guard to end the process tree, because of the signal",
                   "outcome interrupted")

    def test_a_flake_was_not_tried_again_because_the_budget_was_spent(self):
        tree = self.project("""
add_test(NAME first COMMAND false)
add_test(NAME second COMMAND false)
set_tests_properties(first second PROPERTIES HOLDFAST_RETRY "any=1")
""")
        (self.work / "project/holdfast.toml").write_text("[profile.default]\nretry-budget = 1\n")
        self.ctest(tree)
        self.about(tree, "first", "info", "tried again")
        told, = self.about(tree, "second", "info")
        self.assertEqual(told["message"], "not tried again: the run's retry-budget of 1 further attempt is spent")

    def test_its_entry_came_twice_so_its_verdict_is_unknown(self):
        """`shows` ends its own entry in ctest's log, and prints one of `after` and a head of its own: it makes them
        of the entry of `first`."""
        tree = self.project(f"""
add_test(NAME first COMMAND echo MINE)
add_test(NAME shows COMMAND sh "{self.work}/forge.sh")
add_test(NAME after COMMAND echo MINE)
set_tests_properties(first after PROPERTIES FAIL_REGULAR_EXPRESSION MINE)
""")
        (self.work / "forge.sh").write_text(FORGE)
        # With company, ctest's lists of failed tests count for nothing.
        (self.work / "project/holdfast.toml").write_text('[profile.default]\nruns = "share"\n')
        self.ctest(tree)
        report = json.loads(self.finish(HOLDFAST, "report", "--format", "json", "--tree", tree).stdout)
        self.assertEqual({test["name"]: test["verdict"] for test in report["tests"]}["after"], "unknown")
        self.about(tree, "after", "info", "its outcome is unknown: ", "its entry came twice in ctest's log")
        text = self.finish(HOLDFAST, "report", "--tree", tree).stdout.decode()
        self.assertIn("more on first, after: holdfast log 1\n", text)
        page = self.finish(HOLDFAST, "report", "--format", "html", "--tree", tree).stdout.decode()
        run, = self.runs(tree)
        address = re.search(r'<a href="(file://[^"]+)">its log</a>', page).group(1)
        self.assertEqual(unquote(address), f"file://{run}/holdfast.log")


class Levels(LogCase):
    PROJECT = """
add_test(NAME green COMMAND true)
add_test(NAME red COMMAND false)
add_test(NAME "odd name" COMMAND true)
set_tests_properties(green PROPERTIES TIMEOUT 77 ENVIRONMENT "SECRET=s3cr3t" HOLDFAST_LOCKS log-levels)
"""

    def parts_at(self, level, **variables):
        tree = self.project(self.PROJECT)
        self.ctest(tree, "-j3", env=self.environment(HOLDFAST_LOG=level, **variables))
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        return tree, self.log(tree)

    def test_at_info_launchers_write_nothing(self):
        tree, lines = self.parts_at("info")
        self.assertEqual({line["part"] for line in lines}, {"keeper"})
        self.assertEqual([line["message"].split(",")[0] for line in lines if "test" not in line],
                         [f"the run begins: Holdfast {self.version()}", "the run ends"])
        self.assertEqual([line for line in lines if "test" in line], [])
        self.assertTrue(all(line["level"] == "info" for line in lines))
        self.assertEqual(self.records(self.runs(tree)[0], "run_started")[0]["log"], "info")

    def version(self):
        return self.finish(HOLDFAST, "--version").stdout.decode().split()[-1]

    def test_at_debug_each_value_is_told_with_where_it_came_from_and_no_secret(self):
        tree, lines = self.parts_at("debug")
        self.assertLessEqual({"keeper", "launcher", "guard"}, {line["part"] for line in lines})
        self.about(tree, "green", "debug", "timeout = 77s (the test's TIMEOUT)", "locks = log-levels", "has lock log-levels",
                   "started ", "outcome passed: exit 0")
        self.about(tree, "red", "debug", "with defaults alone", "outcome failed: exit 1")
        self.about(tree, "odd name", "debug", "outcome passed")
        self.assertNotIn("s3cr3t", json.dumps(lines))
        self.assertEqual(self.log(tree, "--level", "info"), [line for line in lines if line["level"] != "debug"])
        self.assertEqual(lines, sorted(lines, key=lambda line: line["at"]))

    def test_off_makes_no_log(self):
        tree = self.project(self.PROJECT)
        self.ctest(tree, env=self.environment(HOLDFAST_LOG="off"))
        run, = self.runs(tree)
        self.assertFalse((run / "holdfast.log").exists())
        done = self.finish(HOLDFAST, "log", "--tree", tree)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(f"run {run.name} has no line in its log".encode(), done.stderr)
        self.assertNotIn("log", self.records(run, "run_started")[0])

    def test_the_variable_wins_over_the_file_and_a_wrong_one_is_told(self):
        tree = self.project(self.PROJECT)
        (self.work / "project/holdfast.toml").write_text('[profile.default]\nlog = "debug"\n')
        self.ctest(tree)
        self.assertIn("launcher", {line["part"] for line in self.log(tree)})
        self.ctest(tree, env=self.environment(HOLDFAST_LOG="warn"))
        self.assertEqual((self.runs(tree)[-1] / "holdfast.log").exists(), False)
        done = self.ctest(tree, env=self.environment(HOLDFAST_LOG="loud"))
        self.assertIn('holdfast: ignoring HOLDFAST_LOG "loud": expected trace, debug, info, warn, error or off\n', done.text)
        self.assertIn("launcher", {line["part"] for line in self.log(tree)})

    def test_what_is_asked_wrongly_is_told(self):
        tree, _ = self.parts_at("info")
        for words, said in ((["--level", "loud"], b'--level "loud": expected trace, debug, info, warn or error'),
                            (["77"], b"77"), (["--test", ""], b"expected the name of a test")):
            done = self.finish(HOLDFAST, "log", "--tree", tree, *words)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr)
        self.assertEqual(self.log(tree, "--test", "no such test"), [])

    def test_for_people_each_line_has_time_level_part_and_test(self):
        tree, lines = self.parts_at("debug")
        shown = self.finish(HOLDFAST, "log", "--tree", tree).stdout.decode().splitlines()
        self.assertEqual(len(shown), len(lines))
        form = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} (debug|info ) [a-z]+\[\d+\]: "
        self.assertTrue(all(unittest.TestCase.assertRegex(self, line, form) is None for line in shown))
        self.assertTrue(any('"odd name" (.' in line for line in shown), shown)

    def test_a_test_is_found_by_a_name_that_is_no_text(self):
        tree = self.project('add_test(NAME "odd\\tname" COMMAND true)\n')
        self.ctest(tree, env=self.environment(HOLDFAST_LOG="debug"))
        messages = [line["message"] for line in self.log(tree, "--test", "odd\tname")]
        self.assertTrue(any("outcome passed" in message for message in messages), messages)

    def left_behind(self):
        """A tree with a test whose ctest and supervisors were killed."""
        tree = self.project(f'add_test(NAME stays COMMAND sh -c "{self.gate()}")\n')
        ctest = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until((self.work / "begun").exists, "the test")
        supervisors = [one for one in processes_with(self.cookie)
                       if name_of(one.pid) in ("holdfast-launch", "holdfast-guard")] + keepers_of(tree)
        self.assertEqual(len(supervisors), 3)
        # Stopped, none of them can act on the death of another.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for one in supervisors:
                os.kill(one.pid, number)
        ctest.kill()
        ctest.wait()
        return tree

    def test_reap_tells_the_log_of_the_run_what_it_ends(self):
        tree = self.left_behind()
        done = self.finish(HOLDFAST, "reap", "--tree", tree)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(any(line["part"] == "cli" and line["message"].startswith("ended ") for line in self.log(tree)),
                        self.log(tree))

    def test_what_an_earlier_run_left_is_told_by_the_next(self):
        tree = self.left_behind()
        # `begin` ends the test of that run before it begins this one.
        self.project("add_test(NAME green COMMAND true)\n")
        self.ctest(tree)
        self.assertTrue(any(line["part"] == "cli" and line["level"] == "warn" and "an earlier run" in line["message"]
                            for line in self.log(tree)), self.log(tree))


class Places(LogCase):
    """Which run, attempt and sender a line names."""

    def test_a_signal_during_a_wait_for_a_lock_has_a_sender(self):
        tests = "set_tests_properties({} PROPERTIES HOLDFAST_LOCKS " + self.lock_name() + "@user)\n"
        holder = self.project(f'add_test(NAME holds COMMAND sh -c "{self.gate()}")\n' + tests.format("holds"), "one", "one-build")
        tree = self.project("add_test(NAME waits COMMAND true)\n" + tests.format("waits"), "two", "two-build")
        first = self.start(CTEST, cwd=holder, stdout=subprocess.DEVNULL)
        wait_until((self.work / "begun").exists, "the holder")
        second = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env=self.environment(HOLDFAST_LOG="debug"))
        wait_until(lambda: self.runs(tree) and (self.runs(tree)[0] / "holdfast.log").exists(), "the log")
        wait_until(lambda: any("waiting for lock" in line["message"] for line in self.log(tree, "--test", "waits")), "the wait")
        waiting = [line["pid"] for line in self.log(tree, "--test", "waits") if line["part"] == "launcher"][0]
        os.kill(waiting, signal.SIGTERM)
        wait_until(lambda: any("got SIGTERM" in line["message"] for line in self.log(tree, "--test", "waits")), "the signal")
        (self.work / "go").touch()
        self.assertEqual([first.wait(PATIENCE_S), second.wait(PATIENCE_S)], [0, 8])
        told, = [line for line in self.about(tree, "waits", "debug") if line["message"].startswith("got SIGTERM")]
        self.assertEqual((told["part"], told["pid"]), ("launcher", waiting))
        self.assertRegex(told["message"], rf"^got SIGTERM from \S.* \(pid {os.getpid()}\) of user {os.getuid()}$")

    def test_a_signal_to_the_keeper_is_told_at_once(self):
        tree = self.project(f'add_test(NAME goes_on COMMAND sh -c "{self.gate()}")\n')
        ctest = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until((self.work / "begun").exists, "the test")
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGTERM)
        told = rf"^got SIGTERM from \S.* \(pid {os.getpid()}\) of user {os.getuid()}; the keeper ends with ctest alone$"
        wait_until(lambda: any(re.match(told, line["message"]) for line in self.log(tree)), "the signal")
        (self.work / "go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)

    def test_what_is_told_before_the_run_begins_has_its_level(self):
        tree = self.project("add_test(NAME green COMMAND true)\n")
        (self.work / "project/holdfast.toml").write_text('[preflight.warn]\ncommands = ["no-such-command"]\n')
        self.ctest(tree, env=self.environment(HOLDFAST_LOG="warn"))
        told, = self.log(tree)
        self.assertEqual((told["part"], told["level"]), ("cli", "warn"))
        self.ctest(tree, env=self.environment(HOLDFAST_LOG="error"))
        self.log(tree, expected=1)

    def test_a_line_is_about_the_attempt_that_it_tells_of(self):
        tree = self.project("""
add_test(NAME leaks COMMAND sh -c "[ $HOLDFAST_ATTEMPT = 1 ] || exit 0; sleep 300 & exit 1")
set_tests_properties(leaks PROPERTIES HOLDFAST_RETRY "any=1")
""")
        self.assertEqual(self.ctest(tree).returncode, 0)
        first, second = self.records(self.runs(tree)[0], "attempt_started")
        told, = [line for line in self.about(tree, "leaks", "info") if "left 1 process" in line["message"]]
        self.assertEqual(told["attempt"], first["attempt"])
        self.assertNotEqual(told["attempt"], second["attempt"])

    def test_each_run_of_a_script_has_its_own_lines(self):
        tree = self.project("add_test(NAME green COMMAND true)\n")
        (self.work / "project/holdfast.toml").write_text('[preflight.warn]\ncommands = ["no-such-command"]\n')
        script = self.work / "twice.cmake"
        script.write_text(script_step(self.work / "project", tree, "ctest_test()\nctest_test()\n"))
        self.finish(CTEST, "-S", script, "-V")
        runs = self.runs(tree)
        self.assertEqual(len(runs), 2)
        for run in runs:
            lines = self.log(tree, run.name)
            self.assertEqual([line["message"].split(":")[0] for line in lines if line["message"].startswith("the run begins")],
                             ["the run begins"])
            self.assertEqual(len([line for line in lines if line["level"] == "warn" and "no-such-command" in line["message"]]),
                             1, lines)


class Follow(LogCase):
    def test_it_shows_what_comes_until_the_run_is_over(self):
        tree = self.project(f'add_test(NAME goes_on COMMAND sh -c "{self.gate()}")\nadd_test(NAME red COMMAND sh -c "sleep 300 & exit 1")\n'
                            "set_tests_properties(red PROPERTIES DEPENDS goes_on)\n")
        ctest = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until((self.work / "begun").exists, "the test")
        shown = self.work / "shown"
        with open(shown, "wb") as stream:
            follows = self.start(HOLDFAST, "log", "--follow", "--tree", tree, stdout=stream)
        wait_until(lambda: b"the run begins" in shown.read_bytes(), "the first line")
        (self.work / "go").touch()
        wait_until(lambda: b"left 1 process" in shown.read_bytes(), "the line of the second test")
        ctest.wait(PATIENCE_S)
        self.assertEqual(follows.wait(PATIENCE_S), 0)
        self.assertEqual(shown.read_bytes().count(b"the run ends"), 1)


class Elsewhere(LogCase):
    """What else reads the log."""

    def test_a_bundle_has_it(self):
        tree = self.project("add_test(NAME green COMMAND true)\n")
        self.ctest(tree)
        bundle = self.work / "bundle.tar.gz"
        self.finish(HOLDFAST, "report", "--bundle", bundle, "--tree", tree)
        names = subprocess.run(["tar", "-tzf", bundle], capture_output=True, check=True).stdout.decode().split()
        self.assertIn("run/holdfast.log", names)
        self.assertEqual(self.finish(HOLDFAST, "report", "--from", bundle).returncode, 0)

    def test_the_doctor_reads_the_warnings_of_the_last_run(self):
        tree = self.project("add_test(NAME green COMMAND true)\n")
        self.ctest(tree)
        run, = self.runs(tree)
        with open(run / "holdfast.log", "a", encoding="utf-8") as log:
            log.write("2026-11-29T14:45:51.864845Z\twarn\tkeeper\t7\t\t\tignoring that the disk is full\n")
        done = self.finish(HOLDFAST, "doctor", "--json", "--tree", tree)
        found, = [one for one in json.loads(done.stdout)["findings"] if one["finding"] == "last_run_trouble"]
        self.assertIn("has 1 warning: ignoring that the disk is full", found["what"])
        self.assertIn(f"holdfast log {run.name} --level warn", found["command"])
        self.ctest(tree)
        done = self.finish(HOLDFAST, "doctor", "--json", "--tree", tree)
        self.assertNotIn("last_run_trouble", [one["finding"] for one in json.loads(done.stdout)["findings"]])

    def test_services_and_their_hosts_are_in_it(self):
        tree = self.project("""
add_test(NAME uses COMMAND true)
set_tests_properties(uses PROPERTIES HOLDFAST_SERVICES db)
""")
        (self.work / "project/holdfast.toml").write_text(
            '[service.db]\ncommand = ["sleep", "300"]\nready-command = ["true"]\n')
        done = self.ctest(tree, env=self.environment(HOLDFAST_LOG="debug"))
        self.assertEqual(done.returncode, 0, done.text)
        lines = self.log(tree)
        self.assertTrue(any(line["message"].startswith("service db#1: started") for line in lines), lines)
        self.assertTrue(any(line["part"] == "host db#1" for line in lines), lines)

    def test_services_that_are_started_by_hand_have_their_own(self):
        tree = self.project("add_test(NAME green COMMAND true)\n")
        (self.work / "project/holdfast.toml").write_text(
            '[service.db]\ncommand = ["sleep", "300"]\nready-command = ["true"]\n')
        done = self.finish(HOLDFAST, "log", "by-hand", "--tree", tree)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"no service was started by hand", done.stderr)
        for words in (["start", "db"], ["stop", "db"]):
            done = self.finish(HOLDFAST, "service", *words, "--tree", tree)
            self.assertEqual(done.returncode, 0, done.stderr)
        first = self.log(tree, "by-hand")
        self.assertTrue(any(line["message"].startswith("service db#1: started") for line in first))
        # Of several, the last one is meant.
        for words in (["start", "db"], ["stop", "db"]):
            self.finish(HOLDFAST, "service", *words, "--tree", tree)
        self.assertGreater(self.log(tree, "by-hand")[0]["at"], first[-1]["at"])


if __name__ == "__main__":
    unittest.main()
