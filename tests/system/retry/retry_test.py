"""holdfast-exec tries tests again under a real ctest (docs/reference/retries.md)."""

import os
import signal
import subprocess
import unittest
from pathlib import Path

from retrying import Retry, verdicts
from support import CTEST, HOLDFAST, PATIENCE_S, SystemCase, is_alive, keepers_of, process, wait_until


class Attempts(Retry):
    def test_exit_4_4_0_is_three_attempts_as_far_apart_as_told_and_passed(self):
        tree, done = self.ran(
            self.add("f", 'echo "said by $n"; test $n = 3 || exit 4', HOLDFAST_RETRY="exit:4=3"),
            toml='[profile.default]\nbackoff = "300ms"\n')
        self.assertEqual(verdicts(done.text), {"f": "Passed"})
        ends = self.ends(tree, "f")
        self.assertEqual([(r["n"], r["outcome"], r["exit_code"], r["verdict"]) for r in ends],
                         [(1, "failed", 4, "failed"), (2, "failed", 4, "failed"),
                          (3, "passed", 0, "passed")])
        self.assertEqual(len({r["attempt"] for r in ends}), 3)
        starts = self.starts(tree, "f")
        for before, after in zip(ends, starts[1:]):
            self.assertGreaterEqual(after["at"] - before["at"], 0.29)
        self.assertIn('"f": attempt 1: exit 4, tried again in 0.3 s (exit:4=3: 1 of 3)', done.text)
        # ctest gets the output of the last attempt only; the journal says where the others are.
        log = (tree / "Testing/Temporary/LastTest.log").read_text()
        self.assertIn("said by 3\n", log)
        self.assertNotIn("said by 1\n", log)
        kept = [Path(r["log"]).read_text() for r in ends]
        self.assertEqual(kept[:2], ["said by 1\n", "said by 2\n"])
        self.assertTrue(kept[2].startswith("said by 3\n"), kept[2])
        self.assert_nothing_left()

    def test_exit_4_always_spends_its_attempts_and_stays_4(self):
        tree, done = self.ran(self.add("f", "echo out $n; exit 4", HOLDFAST_RETRY="exit:4=2"))
        self.assertEqual(verdicts(done.text), {"f": "***Failed"})
        ends = self.ends(tree, "f")
        self.assertEqual([r["exit_code"] for r in ends], [4, 4, 4])
        self.assertEqual(ends[-1]["retry"],
                         "not tried again: exit:4=2: 2 further attempts are spent")
        self.assertNotIn("out 1\n", done.text)
        self.assertIn("out 3\n", done.text)

    def test_a_signal_of_that_name_is_tried_again_and_another_is_not(self):
        tree, done = self.ran(
            self.add("asked", "kill -SEGV $$", HOLDFAST_RETRY="signal:SIGSEGV=2;any=0"),
            self.add("other", "kill -ABRT $$", HOLDFAST_RETRY="signal:SIGSEGV=2"))
        self.assertEqual([(r["test"], r["n"]) for r in sorted(self.ends(tree), key=lambda r: (r["test"], r["n"]))],
                         [("asked", 1), ("asked", 2), ("asked", 3), ("other", 1)])
        self.assertIn('"asked": attempt 1: crashed (signal 11), tried again at once (signal:SIGSEGV=2: 1 of 2)',
                      done.text)

    def test_what_is_not_asked_for_is_not_tried_again(self):
        tree, done = self.ran(
            self.add("other", "exit 5", HOLDFAST_RETRY="exit:4=2"),
            self.add("skipped", "exit 77", HOLDFAST_RETRY="any=2", SKIP_RETURN_CODE="77"),
            self.add("passed", "exit 0", HOLDFAST_RETRY="any=2"),
            self.add("none", "exit 4"))
        self.assertEqual(verdicts(done.text), {"other": "***Failed", "skipped": "***Skipped",
                                               "passed": "Passed", "none": "***Failed"})
        self.assertEqual([r["n"] for r in self.ends(tree)], [1] * 4)
        self.assertNotIn("log", self.ends(tree, "none")[0])

    def test_each_attempt_and_the_hook_is_where_the_test_is(self):
        place = self.work / "place"
        place.mkdir()
        tree, done = self.ran(
            self.add("f", f"pwd >> {self.work}/f; test $n = 3", HOLDFAST_RETRY="any=2",
                     WORKING_DIRECTORY=str(place)),
            self.add("g", f"pwd >> {self.work}/g; exit 4", HOLDFAST_RETRY="any=1", WORKING_DIRECTORY=str(place)),
            toml=f"[profile.default]\non-failure = 'pwd >> {self.work}/g'\n")
        self.assertEqual(verdicts(done.text), {"f": "Passed", "g": "***Failed"})
        done = self.finish(HOLDFAST, "run", "--retry", "any=2", "--", "sh", "-c",
                           f"pwd >> {self.work}/h; exit 4", cwd=place)
        self.assertEqual(done.returncode, 4)
        for name in "fgh":
            self.assertEqual((self.work / name).read_text(), f"{place}\n" * 3, name)

    def test_locks_are_let_go_while_it_waits(self):
        lock = self.lock_name()
        tree, done = self.ran(
            self.add("f", f"test $n = 2 || {{ echo > {self.work}/failed; exit 4; }}",
                     HOLDFAST_RETRY="exit:4=1", HOLDFAST_LOCKS=f"{lock}@user"),
            # This test gets the lock between the two attempts; otherwise it would wait for too
            # long.
            self.add("g", f"while [ ! -e {self.work}/failed ]; do sleep 0.01; done; "
                          f"{HOLDFAST} run --lock {lock}@user --lock-timeout 20 -- true"),
            toml='[profile.default]\nbackoff = "2s"\n', arguments=("-j2",))
        self.assertEqual(verdicts(done.text), {"f": "Passed", "g": "Passed"})
        g, = self.ends(tree, "g")
        self.assertLess(g["at"], self.starts(tree, "f")[1]["at"])

    def test_a_crash_and_a_timeout_are_tried_again(self):
        tree, done = self.ran(
            self.add("crash", "test $n = 2 || kill -SEGV $$", HOLDFAST_RETRY="crash=1"),
            self.add("slow", "test $n = 2 || sleep 600", HOLDFAST_RETRY="timeout=1"),
            toml='[profile.default]\ntimeout = "1s"\ngrace = 0\n', arguments=("-j2",))
        self.assertEqual(verdicts(done.text), {"crash": "Passed", "slow": "Passed"})
        self.assertEqual([r["outcome"] for r in self.ends(tree, "crash")], ["crashed", "passed"])
        self.assertEqual([r["outcome"] for r in self.ends(tree, "slow")], ["timed_out", "passed"])
        self.assert_nothing_left()

    def test_a_marker_is_of_its_own_attempt_only(self):
        mark = f"{HOLDFAST} mark 'by the first'"
        first = {"exits": (f"{mark}; exit 4", "deliberate_exit"), "slow": (f"{mark}; sleep 600", "timed_out")}
        second = {0: "passed", 3: "failed"}
        tests = [self.add(f"{how}{code}", f"test $n = 2 && exit {code}; {script}", HOLDFAST_RETRY="any=1")
                 for how, (script, _) in first.items() for code in second]
        tree, done = self.ran(*tests, toml='[profile.default]\ntimeout = "5s"\ngrace = 0\n', arguments=("-j4",))
        self.assertEqual(verdicts(done.text), {"exits0": "Passed", "exits3": "***Failed",
                                               "slow0": "Passed", "slow3": "***Failed"})
        for how, (_, outcome) in first.items():
            for code, last_outcome in second.items():
                marked, last = self.ends(tree, f"{how}{code}")
                self.assertEqual((marked["outcome"], marked["marker"]), (outcome, {"reason": "by the first"}))
                self.assertEqual((last["outcome"], last["exit_code"]), (last_outcome, code))
                self.assertEqual({"marker", "orphan_markers"} & last.keys(), set(), last)
        counts = self.report(tree)["counts"]
        self.assertEqual((counts["flaky"], counts["deliberate_exit"], counts["orphan_markers"]), (2, 0, 0))

    def test_each_attempt_has_its_timeout_to_itself(self):
        slow = "test $n = 2 || sleep 600"
        tests = (self.add("own", slow, HOLDFAST_RETRY="timeout=1", TIMEOUT="2"),
                 self.add("holdfasts", slow, HOLDFAST_RETRY="timeout=1", HOLDFAST_TIMEOUT="2"),
                 self.add("ctests", slow, HOLDFAST_RETRY="timeout=1"),
                 self.add("never", "sleep 600", HOLDFAST_RETRY="timeout=1", TIMEOUT="1"))
        tree, done = self.ran(*tests, toml="[profile.default]\ngrace = 0\n",
                              arguments=("-j4", "--timeout", "2"))
        said = verdicts(done.text)
        self.assertEqual({said[name] for name in ("own", "holdfasts", "ctests")}, {"Passed"}, done.text)
        self.assertEqual(said["never"], "***Timeout")
        for name in ("own", "holdfasts", "ctests"):
            self.assertEqual([r["outcome"] for r in self.ends(tree, name)], ["timed_out", "passed"])
        self.assertEqual([r["outcome"] for r in self.ends(tree, "never")], ["timed_out"] * 2)
        # Without a limit of ctest's own.
        tree, done = self.ran(self.add("h", slow, HOLDFAST_RETRY="timeout=1", HOLDFAST_TIMEOUT="1"),
                              toml="[profile.default]\ngrace = 0\n", name="other", build="other.build")
        self.assertEqual(verdicts(done.text), {"h": "Passed"})

    def test_interrupted_while_it_waits_ends_at_once(self):
        source = self.work / "project"
        source.mkdir()
        (source / "holdfast.toml").write_text('[profile.default]\nbackoff = "600s"\n')
        tree = self.project(self.add("f", "echo once; exit 4", HOLDFAST_RETRY="exit:4=1"))
        begun = self.start(CTEST, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wait_until(lambda: any("attempt_ended" in (run / "journal.jsonl").read_text()
                               for run in self.runs(tree) if (run / "journal.jsonl").exists()),
                   "the first attempt's end")
        first, = self.records(self.runs(tree)[-1], "attempt_ended")
        start, = self.records(self.runs(tree)[-1], "attempt_started")
        launcher = process(start["launcher"]["pid"])
        begun.terminate()
        begun.communicate(timeout=30)
        self.settled(tree)
        wait_until(lambda: not is_alive(launcher), "the end of the launcher")
        self.assertIn("tried again in 10 m", first["retry"])
        self.assertEqual(self.ends(tree, "f")[-1]["outcome"], "interrupted")
        self.assert_nothing_left()

    def test_who_kills_launcher_and_guard_of_a_further_attempt_ends_the_test(self):
        tree = self.project(self.add("f", f"test $n = 1 && exit 4; echo $$ > {self.pid_file()}; sleep 600",
                                     HOLDFAST_RETRY="exit:4=2"))
        begun = self.start(CTEST, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        test, = self.announced(self.pid_file())
        second = self.starts(tree, "f")[-1]
        self.assertEqual(second["n"], 2)
        launcher = second["launcher"]["pid"]
        guard = self.guard_of(launcher)
        os.kill(launcher, signal.SIGSTOP)
        os.kill(guard.pid, signal.SIGKILL)
        os.kill(launcher, signal.SIGKILL)
        said = begun.communicate(timeout=60)[0].decode()
        self.settled(tree)
        self.assertIn("***Exception", said)
        self.assert_gone([test])
        self.assertEqual([(r["n"], r["outcome"]) for r in self.ends(tree, "f")],
                         [(1, "failed"), (2, "interrupted")])
        self.assertEqual(self.ends(tree, "f")[-1]["attempt"], second["attempt"])
        self.assert_nothing_left()

    def test_a_killed_keeper_does_not_end_the_attempts(self):
        source = self.work / "project"
        source.mkdir()
        (source / "holdfast.toml").write_text('[profile.default]\nbackoff = "1s"\n')
        tree = self.project(self.add("f", f"echo > {self.work}/$n; while [ ! -e {self.work}/go ]; do sleep 0.01; "
                                          "done; test $n = 3 || exit 4", HOLDFAST_RETRY="exit:4=2"))
        begun = self.start(CTEST, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wait_until((self.work / "1").exists, "the first attempt")
        for keeper in keepers_of(tree):
            os.kill(keeper.pid, signal.SIGKILL)
        (self.work / "go").touch()
        said = begun.communicate(timeout=60)[0].decode()
        self.assertEqual(verdicts(said), {"f": "Passed"}, said)
        self.assertEqual([r["n"] for r in self.ends(tree, "f")], [1, 2, 3])
        self.assert_nothing_left()

    def test_until_fail_still_finds_a_flake(self):
        tree, done = self.ran(
            self.add("f", f"echo >> {self.work}/count; test $(wc -l < {self.work}/count) != 3",
                     HOLDFAST_RETRY="any=3"), arguments=("--repeat", "until-fail:5"))
        self.assertEqual((self.work / "count").read_text(), "\n" * 3)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual([r["outcome"] for r in self.records(self.runs(tree)[-1], "attempt_ended")],
                         ["passed", "passed", "failed"])

    def test_a_last_attempt_alone_has_nothing_beside_it(self):
        busy = "".join(self.add(f"busy{i}", f"echo >> {self.work}/running; sleep 0.3; echo >> "
                                            f"{self.work}/ended") for i in range(6))
        count = f"$(($(wc -l < {self.work}/running) - $(wc -l < {self.work}/ended)))"
        tree, done = self.ran(
            self.add("f", f"touch {self.work}/running {self.work}/ended; "
                          f"test $n = 3 || exit 4; test {count} = 0",
                     HOLDFAST_RETRY="any=2"), busy,
            toml="[profile.default]\nretry-alone = true\n", arguments=("-j4",))
        self.assertEqual(set(verdicts(done.text).values()), {"Passed"})
        self.assertEqual(len(self.ends(tree, "f")), 3)
        self.assertIn("2 of 2, alone", self.ends(tree, "f")[1]["retry"])

    def test_a_last_attempt_alone_inside_a_test_of_the_same_tree(self):
        """The outer test shares the tree with others. The inner one is alone among the tests of its
        own ctest."""
        tree, done = self.ran(
            self.add("outer", f"{CTEST} -j4 --output-on-failure -R '^inner|beside' --output-log {self.work}/log"),
            self.add("inner", f"touch {self.work}/running {self.work}/ended; test $n = 2 || exit 4; "
                              f"test $(wc -l < {self.work}/running) = $(wc -l < {self.work}/ended)",
                     HOLDFAST_RETRY="any=1"),
            "".join(self.add(f"beside{i}", f"echo >> {self.work}/running; sleep 0.2; echo >> {self.work}/ended")
                    for i in range(4)),
            toml="[profile.default]\nretry-alone = true\n", arguments=("-R", "^outer$"))
        self.assertEqual(verdicts(done.text), {"outer": "Passed"}, done.text)
        ends = [r for run in self.runs(tree) for r in self.records(run, "attempt_ended") if r["test"] == "inner"]
        self.assertEqual(sorted(r["outcome"] for r in ends), ["failed", "passed"])


class Streams(SystemCase):
    def test_what_was_held_back_goes_where_it_was_written(self):
        script = ("echo said out $HOLDFAST_ATTEMPT; echo said err $HOLDFAST_ATTEMPT >&2; "
                  "echo said out again; test $HOLDFAST_ATTEMPT = 2 || exit 4")
        done = self.finish(*self.under_ctest("sh", "-c", script),
                           env=self.environment(HOLDFAST_P_RETRY="exit:4=1"))
        self.assertEqual(self.ended_as(), "exit 0", done.stderr)
        self.assertEqual([line for line in done.stdout.splitlines() if b"said" in line],
                         [b"said out 2", b"said out again"])
        self.assertEqual([line for line in done.stderr.splitlines() if b"said" in line], [b"said err 2"])


class Verdicts(Retry):
    """ctest's verdict of an attempt decides about a retry, and the last attempt's verdict is
    ctest's."""

    ROWS = [
        # script, properties, what plain ctest says of the last attempt, attempts
        ("test $n = 2", {}, "Passed", 2),
        ("test $n = 1", {"WILL_FAIL": "ON"}, "Passed", 2),
        ("exit 0", {"WILL_FAIL": "ON"}, "***Failed", 3),
        ("exit 3", {"WILL_FAIL": "ON"}, "Passed", 1),
        ("echo try $n", {"PASS_REGULAR_EXPRESSION": "try 2"}, "Passed", 2),
        ("echo try $n; exit 3", {"PASS_REGULAR_EXPRESSION": "try 2;never"}, "Passed", 2),
        ("echo try $n", {"PASS_REGULAR_EXPRESSION": "never"}, "***Failed", 3),
        ("echo try $n", {"FAIL_REGULAR_EXPRESSION": "try [12]"}, "Passed", 3),
        ("echo try $n", {"FAIL_REGULAR_EXPRESSION": "try"}, "***Failed", 3),
        ("echo try $n; exit 1", {"SKIP_REGULAR_EXPRESSION": "try 2"}, "***Skipped", 2),
        ("echo try $n; exit $((76 + n))", {"SKIP_RETURN_CODE": "78"}, "***Skipped", 2),
        ("echo a b; exit 4", {"PASS_REGULAR_EXPRESSION": "^a b\n$"}, "Passed", 1),
        ("test $n = 2 || kill -ABRT $$", {"WILL_FAIL": "OFF"}, "Passed", 2),
    ]

    def test_each(self):
        tests = [self.add(f"row{i}", script, HOLDFAST_RETRY="any=2", **properties)
                 for i, (script, properties, _, _) in enumerate(self.ROWS)]
        tree, done = self.ran(*tests, arguments=("-j2",))
        said = verdicts(done.text)
        for i, (script, properties, verdict, attempts) in enumerate(self.ROWS):
            with self.subTest(script, **properties):
                ends = self.ends(tree, f"row{i}")
                self.assertTrue(said[f"row{i}"].startswith(verdict), said[f"row{i}"])
                self.assertEqual(len(ends), attempts)
        # The same rows, with the retries in holdfast.toml.
        tests = [self.add(f"row{i}", script, **properties)
                 for i, (script, properties, _, _) in enumerate(self.ROWS)]
        tree, done = self.ran(*tests, toml='[profile.default]\nretry = "any=2"\n',
                                 arguments=("-j2",), name="by_file", build="by_file.build")
        self.assertEqual(verdicts(done.text), said)
        for i, (_, _, _, attempts) in enumerate(self.ROWS):
            self.assertEqual(len(self.ends(tree, f"row{i}")), attempts, self.ROWS[i])


class RunWide(Retry):
    def test_500_failing_tests_stop_at_the_breaker(self):
        tests = "foreach(i RANGE 1 500)\nadd_test(NAME t${i} COMMAND false)\n" \
                "set_tests_properties(t${i} PROPERTIES HOLDFAST_RETRY any=3)\nendforeach()\n"
        tree, done = self.ran(tests, toml="[profile.default]\nretry-budget = 100\n",
                                 arguments=("-j4",), bound=10 * PATIENCE_S)
        attempts = len(self.ends(tree))
        self.assertGreater(attempts, 500)
        self.assertLessEqual(attempts, 600)
        granted = attempts - 500
        self.assertRegex(done.text, rf"holdfast: retries: {granted} further attempts of 100, \d+ refused; "
                                    r"retries stopped: \d+ of \d+ tests have failed \(retry-breaker 0.5\)")
        self.assertIn("have failed (retry-breaker 0.5)", self.ends(tree, "t500")[-1]["retry"])

    def test_what_no_expression_decides_counts_without_being_tried_again(self):
        tests = [self.add(f"t{i}", "exit 1", SKIP_RETURN_CODE="77") for i in range(19)]
        meant = [self.add(f"m{i}", "exit 0", WILL_FAIL="ON") for i in range(3)]
        tree, done = self.ran(*tests, *meant, self.add("f", "exit 1"),
                              toml="[[override]]\ntest = '^f$'\nretry = 'any=1'\n")
        self.assertIn("23 of 23 tests have failed (retry-breaker 0.5)", done.text)
        self.assertEqual(len(self.ends(tree)), 23)

    def test_the_breaker_counts_those_that_passed(self):
        """22 of 62 are no reason to stop. The first 20 failures alone would be, as 20 of 20."""
        tests = ("foreach(i RANGE 1 40)\nadd_test(NAME green${i} COMMAND true)\nendforeach()\n"
                 "foreach(i RANGE 1 22)\nadd_test(NAME red${i} COMMAND false)\n"
                 "set_tests_properties(red${i} PROPERTIES HOLDFAST_RETRY any=1)\nendforeach()\n")
        tree, done = self.ran(tests)  # in order, one at a time
        self.assertNotIn("retries stopped", done.text)
        self.assertIn("holdfast: retries: 22 further attempts\n", done.text)
        self.assertEqual(len(self.ends(tree)), 40 + 2 * 22)

    def test_a_budget_is_of_the_whole_run(self):
        tests = [self.add(f"t{i}", "exit 1", HOLDFAST_RETRY="any=3") for i in range(4)]
        tree, done = self.ran(*tests, toml="[profile.default]\nretry-budget = 5\n")
        self.assertEqual(len(self.ends(tree)), 9)
        self.assertIn("holdfast: retries: 5 further attempts of 5, 3 refused\n", done.text)
        self.assertEqual(self.report(tree)["run"]["retries"], "5 further attempts of 5, 3 refused")


if __name__ == "__main__":
    unittest.main()
