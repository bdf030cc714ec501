"""Runs share a build tree, as in an IDE: it starts one ctest for each test, many at once."""

import json
import os
import re
import signal
import unittest
import xml.etree.ElementTree as ElementTree

from shared_trees import WAITS, SharedTreeCase
from support import (CTEST, HOLDFAST, PATIENCE_S, USER_DIRECTORY, ctest_version, is_alive, keepers_of, no_keeper_of,
                     verdicts, wait_until)


def fnv1a(text):
    value = 14695981039346656037
    for byte in text.encode():
        value = (value ^ byte) * 1099511628211 % 2**64
    return value


class SinglesTest(SharedTreeCase):
    def test_runs_that_name_their_tests_run_side_by_side(self):
        tree = self.tree_of("a", "b", "c", "d.1")
        asked = {"a": ("-R", "^a$"), "b": ("-I", "2,2"), "c": ("-T", "test", "-j4", "-R", "^c$"),
                 r"d.1": ("-R", r"^(x|d\.1)$")}
        # An index may mean any test, so runs by index share only with one another.
        for names in (("a", "c", "d.1"), ("b",)):
            runs = [self.begin(tree, name, *asked[name]) for name in names]
            self.running(*names)
            self.let_go(*names)
            self.assert_ended(runs, *names)
            for name in names:
                self.assertNotIn(WAITS, self.log(name))

    def test_who_waits_for_the_tree_says_nothing_to_the_run_that_has_it(self):
        """`holdfast begin` writes files for attach.cmake. They belong to the run that has the tree:
        another profile may have another grace."""
        tree = self.tree_of("a", settings="[profile.default]\ngrace = 20\n[profile.other]\ngrace = 1\n"
                                          "[[profile.other.override]]\ntest = 'x'\nlocks = ['db']\n")
        told, other, locks = (tree / ".holdfast" / name for name in ("grace", "grace-other", "locks.cmake-other"))
        first = self.begin(tree, "first")
        self.running("a")
        second = self.begin(tree, "second", HOLDFAST_PROFILE="other")
        self.assert_waits("second")
        self.assertEqual((told.read_text(), other.exists(), locks.exists()), ("20000\n", False, False))
        self.let_go("a")
        self.assert_ended([first, second], "first", "second")
        self.assertEqual((told.read_text(), other.read_text(), locks.exists()), ("20000\n", "1000\n", True))

    def test_each_has_a_journal_and_verdicts_of_its_own(self):
        """Twelve runs at once, of which every third is red."""
        tree = self.project("".join(f"add_test(NAME t{i} COMMAND @P@/exit_with {int(i % 3 == 0)})\n"
                                    for i in range(12)))
        runs = [self.single(tree, f"t{i}") for i in range(12)]
        for i, run in enumerate(runs):
            self.assertEqual(run.wait(PATIENCE_S) != 0, i % 3 == 0, self.log(f"t{i}"))
        wait_until(lambda: no_keeper_of(tree), "the keepers to end")
        found = {}
        for run in self.runs(tree):
            ended, = self.records(run, "attempt_ended")
            self.assertEqual([one["complete"] for one in self.records(run, "run_ended")], [True])
            report = json.loads(self.finish(HOLDFAST, "report", run.name, "--format", "json", cwd=tree).stdout)
            test, = report["tests"]
            found[ended["test"]] = (ended["outcome"], test["name"], test["verdict"])
        self.assertEqual(found, {f"t{i}": ("passed", f"t{i}", "passed") if i % 3 else ("failed", f"t{i}", "failed")
                                 for i in range(12)})
        for i in range(12):
            self.assertIn("Passed" if i % 3 else "Failed", verdicts(self.log(f"t{i}"))[f"t{i}"])

    def test_what_kept_its_tests_apart_goes_with_the_last_run(self):
        tree = self.project("".join(f"add_test(NAME t{i} COMMAND true)\n" for i in range(6)))
        runs = [self.single(tree, f"t{i}") for i in range(6)]
        self.assert_ended(runs, *(f"t{i}" for i in range(6)))
        wait_until(lambda: no_keeper_of(tree), "the keepers to end")
        locks = USER_DIRECTORY / f"locks/build-{fnv1a(str(tree))}"
        self.assertEqual([lock.name for lock in locks.iterdir()], ["RUN_SERIAL"])

    def test_a_run_that_goes_on_keeps_its_journal_though_twenty_more_end(self):
        tree = self.tree_of("stays", more="add_test(NAME quick COMMAND true)\nadd_test(NAME other COMMAND true)\n")
        first = self.single(tree, "stays")
        self.running("stays")
        for i in range(21):
            self.assert_ended([self.single(tree, "quick" if i % 2 else "other", "quick")], "quick")
        self.let_go("stays")
        self.assert_ended([first], "stays")
        wait_until(lambda: no_keeper_of(tree), "the keepers to end")
        ended = [record["outcome"] for run in self.runs(tree)
                 for record in self.records(run, "attempt_ended") if record["test"] == "stays"]
        self.assertEqual(ended, ["failed"], [run.name for run in self.runs(tree)])

    def test_no_test_twice_at_the_same_time(self):
        tree = self.tree_of("a")
        first = self.single(tree, "a")
        self.running("a")
        second = self.begin(tree, "second", "-R", "^(a|other)$")
        self.assert_waits("second", rf"\(pid {first.pid},")
        self.assertEqual(len(self.read_pids(self.pid_file("a"))), 1)
        self.let_go("a")
        self.assert_ended([first, second], "a", "second")
        self.assertEqual(len(self.read_pids(self.pid_file("a"))), 2)

    def test_a_storm_of_twins_never_overlaps(self):
        tree = self.project(f"add_test(NAME t COMMAND @P@/record_interval {self.work}/spans 20)\n"
                            f"add_test(NAME u COMMAND @P@/record_interval {self.work}/spans.u 20)\n")
        runs = [self.begin(tree, f"{name}{i}", "-R", f"^{name}$") for i in range(6) for name in "tu"]
        self.assertEqual([run.wait(PATIENCE_S) for run in runs], [0] * 12)
        for file in ("spans", "spans.u"):
            spans = self.spans(file)
            self.assertEqual(len(spans), 6)
            for (_, ended, _), (began, _, _) in zip(spans, spans[1:]):
                self.assertLess(ended, began)

    def test_a_whole_run_waits_for_them_and_those_after_it_for_it(self):
        tree = self.tree_of("a", "b")
        first = self.single(tree, "a")
        self.running("a")
        whole = self.begin(tree, "whole")
        self.assert_waits("whole", rf"\(pid {first.pid},")
        late = self.single(tree, "b", "late")
        self.assert_waits("late", rf"\(pid {whole.pid},")
        self.assert_nobody_ran("b")
        self.let_go("a", "b")
        self.assert_ended([first, whole, late], "a", "whole", "late")
        self.assertEqual(len(self.read_pids(self.pid_file("b"))), 2)

    def test_they_wait_for_a_whole_run(self):
        tree = self.tree_of("a", "b")
        whole = self.begin(tree, "whole")
        self.running("a")
        single = self.single(tree, "b")
        self.assert_waits("b", rf"\(pid {whole.pid},")
        self.let_go("a", "b")
        self.assert_ended([whole, single], "whole", "b")

    def test_resource_locks_hold_between_them(self):
        name = self.lock_name()
        tree = self.project("".join(
            f"add_test(NAME t{i} COMMAND @P@/record_interval {self.work}/spans 30)\n"
            f"set_tests_properties(t{i} PROPERTIES RESOURCE_LOCK {name})\n" for i in range(6)))
        runs = [self.single(tree, f"t{i}") for i in range(6)]
        self.assertEqual([run.wait(PATIENCE_S) for run in runs], [0] * 6)
        spans = self.spans("spans")
        self.assertEqual(len(spans), 6)
        for (_, ended, _), (began, _, _) in zip(spans, spans[1:]):
            self.assertLess(ended, began)

    def alone(self, more):
        """`special` needs the tree alone, though its run has a single test."""
        tree = self.tree_of("a", "b", "special", more=more)
        first = self.single(tree, "a")
        self.running("a")
        special = self.single(tree, "special")
        self.assert_waits("special", rf"\(pid {first.pid},")
        late = self.single(tree, "b")
        self.assert_waits("b", rf"\(pid {special.pid},")
        self.assert_nobody_ran("special")
        self.assert_nobody_ran("b")
        return tree, [first, special, late]

    def test_one_that_brings_fixtures_along_is_alone(self):
        _, runs = self.alone(f"""
add_test(NAME up COMMAND @P@/record_interval {self.work}/up 1)
set_tests_properties(up PROPERTIES FIXTURES_SETUP F)
set_tests_properties(special PROPERTIES FIXTURES_REQUIRED F)
""")
        self.assertFalse((self.work / "up").exists())
        self.let_go("a", "special", "b")
        self.assert_ended(runs, "a", "special", "b")
        self.assertTrue((self.work / "up").exists())

    def test_one_with_run_serial_is_alone(self):
        tree, runs = self.alone("set_tests_properties(special PROPERTIES RUN_SERIAL ON)\n")
        self.let_go("a")
        self.running("special")
        # Its keeper has the tree from `holdfast begin`, which took it.
        third = self.single(tree, "a", "third")
        self.assert_waits("third", rf"\(pid {runs[1].pid},")
        self.assertNotIn("whose keeper is gone", self.log("third"))
        self.let_go("special", "b")
        self.assert_ended([*runs, third], "a", "special", "b", "third")

    def test_what_is_said_of_other_tests_is_no_reason_to_be_alone(self):
        tree = self.tree_of("a", "b", more="""
add_test(NAME up COMMAND true)
set_tests_properties(up PROPERTIES FIXTURES_SETUP F)
add_test(NAME other COMMAND true)
set_tests_properties(other PROPERTIES FIXTURES_REQUIRED F RUN_SERIAL ON)
""")
        runs = [self.single(tree, name) for name in "ab"]
        self.running("a", "b")
        self.let_go("a", "b")
        self.assert_ended(runs, "a", "b")

    @unittest.skipIf(ctest_version() < (3, 29), "--tests-from-file came with CMake 3.29")
    def test_a_file_may_name_them(self):
        tree = self.tree_of("a", "b")
        (self.work / "one").write_text("a\n")
        runs = [self.begin(tree, "a", "--tests-from-file", str(self.work / "one")), self.single(tree, "b")]
        self.running("a", "b")
        twin = self.begin(tree, "twin", "--tests-from-file", str(self.work / "one"))
        self.assert_waits("twin")
        self.let_go("a", "b")
        self.assert_ended([*runs, twin], "a", "b", "twin")


class DeathsTest(SharedTreeCase):
    def test_a_killed_ctest_lets_go_of_its_own_share_only(self):
        tree = self.tree_of("a", "b")
        killed, other = self.single(tree, "a"), self.single(tree, "b")
        tests = self.running("a", "b")
        killed.kill()
        killed.wait()
        self.assert_gone([tests[0]])
        whole = self.begin(tree, "whole")
        self.assert_waits("whole", rf"\(pid {other.pid},")
        self.let_go("a", "b")
        self.assert_ended([other, whole], "b", "whole")

    def test_a_killed_ctest_holds_the_tree_until_its_test_is_gone(self):
        tree = self.tree_of("a")
        killed = self.single(tree, "a")
        test, = self.running("a")
        whole = self.begin(tree, "whole")
        self.assert_waits("whole")
        killed.kill()
        self.announced(self.pid_file("a"), 2)
        self.assert_gone([test], 0)
        self.let_go("a")
        self.assert_ended([whole], "whole")

    def test_without_its_keeper_a_run_is_waited_for_by_all(self):
        tree = self.tree_of("a", "b")
        first = self.single(tree, "a")
        self.running("a")
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGKILL)
        self.assert_gone([keeper])
        second = self.single(tree, "b")
        self.assert_waits("b", rf"pid {first.pid}, .* whose keeper is gone")
        whole = self.begin(tree, "whole")
        self.assert_waits("whole")
        self.assert_nobody_ran("b")
        self.let_go("a", "b")
        self.assert_ended([first, second, whole], "a", "b", "whole")

    def test_what_a_killed_run_left_is_ended_and_what_others_have_is_not(self):
        tree = self.tree_of("a", "b", "c")
        other = self.single(tree, "b")
        killed = self.single(tree, "a")
        tests = self.running("b", "a")
        for one in keepers_of(tree):
            os.kill(one.pid, signal.SIGSTOP)
            self.addCleanup(lambda one=one: is_alive(one) and os.kill(one.pid, signal.SIGCONT))
        killed.kill()
        killed.wait()
        self.assert_gone([tests[1]])
        for one in keepers_of(tree):
            os.kill(one.pid, signal.SIGCONT)
        # Until then Holdfast does not know what the killed ctest ran, so a new run has to be alone.
        wait_until(lambda: len(keepers_of(tree)) == 1, "the keeper of the killed run to end")
        third = self.single(tree, "c")
        self.running("c")
        self.assertTrue(is_alive(tests[0]))
        self.let_go("b", "c")
        self.assert_ended([other, third], "b", "c")


class NestedTest(SharedTreeCase):
    def test_a_ctest_inside_a_test_of_a_shared_run(self):
        """With its environment and without it. A test of the inner ctest does not run beside the
        same test of another run."""
        for prefix in ("", "env -i "):
            with self.subTest(prefix=prefix):
                tree = self.tree_of("b", more=f"""
add_test(NAME outer COMMAND {prefix} {CTEST} -R "^(b|inner)$" -j2 WORKING_DIRECTORY ${{CMAKE_BINARY_DIR}})
add_test(NAME inner COMMAND @P@/record_interval {self.work}/inner 1)
""")
                self.pid_file("b").unlink(missing_ok=True)
                (self.work / "b.pids.go").unlink(missing_ok=True)
                (self.work / "inner").unlink(missing_ok=True)
                beside = self.single(tree, "b")
                self.running("b")
                outer = self.single(tree, "outer")
                wait_until((self.work / "inner").exists, "the inner run's other test")
                self.assertEqual(len(self.read_pids(self.pid_file("b"))), 1)
                self.let_go("b")
                self.assert_ended([beside, outer], "b", "outer")
                self.assertEqual(len(self.read_pids(self.pid_file("b"))), 2)
                wait_until(lambda tree=tree: no_keeper_of(tree), "the keepers to end")

    def test_a_whole_run_inside_the_later_of_two_runs_waits_for_neither(self):
        for prefix in ("", "env -i "):
            with self.subTest(prefix=prefix):
                for left in ("b.pids", "b.pids.go"):
                    (self.work / left).unlink(missing_ok=True)
                tree = self.tree_of("b", more=f"""
add_test(NAME outer COMMAND {prefix} {CTEST} -R inner
  WORKING_DIRECTORY ${{CMAKE_BINARY_DIR}})
add_test(NAME inner COMMAND @P@/exit_with 0)
""")
                beside = self.single(tree, "b")
                self.running("b")
                outer = self.begin(tree, "outer", "-V", "-R", "^outer$")
                self.assert_ended([outer], "outer")
                self.assertIn("Passed", self.log("outer"))
                self.assertNotIn("waiting for", self.log("outer"))
                self.let_go("b")
                self.assert_ended([beside], "b")
                wait_until(lambda tree=tree: no_keeper_of(tree), "the keepers to end")

    def test_a_whole_run_that_waits_keeps_none_out_that_it_waits_for(self):
        """Otherwise the two would wait for each other."""
        for prefix in ("", "env -i "):
            with self.subTest(prefix=prefix):
                gate = self.work / "gate"
                gate.unlink(missing_ok=True)
                os.mkfifo(gate)
                tree = self.project(f"""
add_test(NAME outer COMMAND sh -c "read go <{gate}; exec {prefix} {CTEST} -R '^inner$'"
  WORKING_DIRECTORY ${{CMAKE_BINARY_DIR}})
add_test(NAME inner COMMAND @P@/exit_with 0)
""")
                outer = self.single(tree, "outer")
                wait_until(lambda tree=tree: keepers_of(tree), "the run")
                whole = self.begin(tree, "whole", "-R", "inner")
                self.assert_waits("whole")
                gate.write_text("go\n")
                self.assert_ended([outer, whole], "outer", "whole")
                wait_until(lambda tree=tree: no_keeper_of(tree), "the keepers to end")


class SettingsTest(SharedTreeCase):
    def test_refuse_refuses_beside_a_single_too(self):
        tree = self.tree_of("a", "b", settings='[profile.default]\nruns = "refuse"\n')
        first = self.single(tree, "a")
        self.running("a")
        second = self.single(tree, "b")
        self.assertNotEqual(second.wait(PATIENCE_S), 0)
        self.assertIn('expected it free (runs = "refuse")', self.log("b"))
        self.let_go("a")
        self.assert_ended([first], "a")

    def test_share_is_for_whole_runs_too(self):
        """Two whole runs and two of one test: no test runs twice at the same time, and RUN_SERIAL
        runs alone."""
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text('[profile.default]\nruns = "share"\n')
        tree = self.project("".join(
            f"add_test(NAME t{i} COMMAND @P@/record_interval {self.work}/spans 40 t{i})\n" for i in range(5))
            + "set_tests_properties(t4 PROPERTIES RUN_SERIAL ON)\n")
        runs = [self.begin(tree, f"run{i}", "-j2", *arguments)
                for i, arguments in enumerate([(), (), ("-R", "^t0$"), ("-R", "^t4$")])]
        self.assertEqual([run.wait(PATIENCE_S) for run in runs], [0] * 4)
        spans = self.spans("spans")
        self.assertEqual(len(spans), 12)
        for i, (began, ended, name) in enumerate(spans):
            for other_began, _, other in spans[i + 1:]:
                if other == name or "t4" in (name, other):
                    self.assertLess(ended, other_began)
        for i in range(4):
            self.assertNotIn(WAITS, self.log(f"run{i}"))

    def test_then_whole_runs_go_side_by_side(self):
        tree = self.tree_of("a", "b", settings='[profile.default]\nruns = "share"\n')
        first, second = self.begin(tree, "first", "-E", "^b$"), self.begin(tree, "second", "-E", "^a$")
        self.running("a", "b")
        self.let_go("a", "b")
        self.assert_ended([first, second], "first", "second")

    def test_runs_of_two_profiles_schedule_by_their_own_locks(self):
        """The second run begins after the first has begun, but before the first one's ctest has
        read the tests."""
        begun, go = self.work / "begun", self.work / "go"
        (self.work / "pre").write_text(
            f'[ "$HOLDFAST_PROFILE" = .a/b ] || exit 0\n: >{begun}\nuntil test -e {go}; do sleep 0.01; done\n')
        custom = self.work / "build/CTestCustom.cmake"
        custom.parent.mkdir()
        custom.write_text(f'set(CTEST_CUSTOM_PRE_TEST "sh {self.work}/pre")\n')
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(
            '[profile.default]\nruns = "share"\n[profile.".a/b"]\nlocks = ["one"]\n[profile.c]\ngrace = 1\n')
        tree = self.project("".join(f"add_test(NAME {name} COMMAND sleep 0.3)\n" for name in "xy"))
        first = self.begin(tree, "first", "-j2", HOLDFAST_PROFILE=".a/b")
        wait_until(begun.exists, "the first to have begun")
        second = self.begin(tree, "second", "-j2", HOLDFAST_PROFILE="c")
        self.assert_ended([second], "second")
        go.touch()
        self.assert_ended([first], "first")
        # Without the lock both tests start at once. With it the second waits for the end of the
        # first.
        order = r"Start \d: .\n(?:.*\n)*? +Start \d: .\n1/2 Test"
        self.assertRegex(self.log("second"), order)
        self.assertNotRegex(self.log("first"), order)

    def test_each_run_shows_what_its_own_red_tests_printed(self):
        """Two runs at once end one after the other. Which of them `LastTest.log` belongs to matters
        to neither."""
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text('[profile.default]\nruns = "share"\n')
        names = ("one", "two")
        tree = self.project("add_test(NAME both COMMAND sh -c \"echo both in $WHO; exit 3\")\n" + "".join(f"""
add_test(NAME in_{name} COMMAND sh -c "echo in_{name} in $WHO; exec @P@/close_output {self.pid_file(name)}")
""" for name in names))
        for name in names:
            other, = set(names) - {name}
            run = self.begin(tree, name, "-E", f"in_{other}", WHO=name)
            self.running(name)
            self.addCleanup(run.kill)
        journals = {json.loads((run / "journal.jsonl").read_text().splitlines()[0])["ctest"]["pid"]: run.name
                    for run in self.runs(tree)}
        for name, begun in zip(names, self.begun[-2:]):
            self.let_go(name)
            self.assertEqual(begun.wait(PATIENCE_S), 8, self.log(name))
        wait_until(lambda: no_keeper_of(tree), "the keepers to end")
        for name, begun in zip(names, self.begun[-2:]):
            self.assert_shows_outputs(tree, journals[begun.pid], {
                "both": f"both in {name}\n", f"in_{name}": f"in_{name} in {name}\nsaid before closing\n"})

    def assert_shows_outputs(self, tree, run, expected):
        def shown(form):
            done = self.finish(HOLDFAST, "report", "--tree", tree, run, "--format", form)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout.decode()
        self.assertEqual({test["name"]: test["attempts"][-1]["output"] for test in json.loads(shown("json"))["tests"]
                          if test["attempts"]}, expected)
        printed = {case.get("name"): case.find("system-out").text
                    for case in ElementTree.fromstring(shown("junit")).iter("testcase")}
        self.assertEqual(printed, expected)
        text = shown("text")
        for line in "".join(expected.values()).splitlines():
            self.assertIn(line, text)
        self.assertEqual(len(re.findall(" in (?:one|two)$", text, re.MULTILINE)), len(expected), text)

    def test_with_fixtures_such_a_run_is_alone(self):
        tree = self.tree_of("a", settings='[profile.default]\nruns = "share"\n', more="""
add_test(NAME up COMMAND true)
set_tests_properties(up PROPERTIES FIXTURES_SETUP F)
add_test(NAME needs COMMAND true)
set_tests_properties(needs PROPERTIES FIXTURES_REQUIRED F)
""")
        first = self.single(tree, "a")
        self.running("a")
        whole = self.begin(tree, "whole", "-R", "needs")
        self.assert_waits("whole", rf"\(pid {first.pid},")
        self.let_go("a")
        self.assert_ended([first, whole], "a", "whole")


if __name__ == "__main__":
    unittest.main()
