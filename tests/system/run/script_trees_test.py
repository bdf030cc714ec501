"""A script of `ctest -S` may test several build trees, and other runs may want each of them."""

import json
import os
import signal
import subprocess
import unittest

from support import (CTEST, HOLDFAST, PATIENCE_S, ProjectCase, children_of, command_of, keepers_of, no_keeper_of, program,
                     script_step, unfolded, wait_until)


class ScriptCase(ProjectCase):
    def trees(self, text="", count=2):
        """Trees of one project each. The name of a test says its tree."""
        return [self.project(f"add_test(NAME {name} COMMAND true)\n{text.replace('@T@', name)}",
                             name=f"project.{name}", build=name)
                for name in ["one", "two", "three"][:count]]

    def script(self, *trees, between=""):
        """A script that calls ctest_test() in each of the trees, in turn."""
        script = self.work / "script.cmake"
        text = ""
        for i, tree in enumerate(trees):
            text += script_step(self.work / f"project.{tree.name}", tree, f"""
ctest_test(RETURN_VALUE returned{i})
message("returned {tree.name} ${{returned{i}}}")
{between if i + 1 < len(trees) else ""}
""")
        script.write_text(text)
        return script

    def begin(self, name, *words, **how):
        with open(self.work / f"{name}.log", "wb") as log:
            return self.start(*words, stdout=log, stderr=subprocess.STDOUT, **how)

    def log(self, name):
        return (self.work / f"{name}.log").read_text(errors="replace")

    def recorded(self, tree):
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        for run in self.runs(tree):
            self.assertEqual([r["tree"] for r in self.records(run, "run_started")], [str(tree)])
            self.assertEqual([r["complete"] for r in self.records(run, "run_ended")], [True])
        return [sorted(r["test"] for r in self.records(run, "attempt_ended")) for run in self.runs(tree)]


class TwoTreesTest(ScriptCase):
    def test_each_tree_has_the_record_of_its_own_run(self):
        one, two = self.trees()
        ran = self.begin("script", CTEST, "-S", self.script(one, two, one, two, two), "-V")
        self.assertEqual(ran.wait(PATIENCE_S), 0, self.log("script"))
        self.assertEqual(self.log("script").count("returned one 0"), 2, self.log("script"))
        self.assertEqual(self.log("script").count("returned two 0"), 3)
        self.assertEqual(self.recorded(one), [["one"]] * 2)
        self.assertEqual(self.recorded(two), [["two"]] * 3)
        self.assertNotIn("no keeper", self.log("script"))

    def test_settings_are_those_of_the_tree_at_hand(self):
        for name, value in (("one", "first"), ("two", "second")):
            (self.work / f"project.{name}").mkdir()
            (self.work / f"project.{name}/holdfast.toml").write_text(
                f'[profile.default]\nenvironment = {{ WHICH = "{value}" }}\n')
        one, two = self.trees(f'add_test(NAME which COMMAND sh -c "echo $WHICH >>{self.work}/@T@.which")\n')
        ran = self.begin("script", CTEST, "-S", self.script(one, two, one), "-V")
        self.assertEqual(ran.wait(PATIENCE_S), 0, self.log("script"))
        self.assertEqual((self.work / "one.which").read_text().split(), ["first", "first"])
        self.assertEqual((self.work / "two.which").read_text().split(), ["second"])

    def test_a_tree_that_must_be_contained_says_nothing_of_the_next(self):
        """Launchers that find no keeper believe these variables of ctest."""
        one, two = self.trees()
        for name, text in (("one", 'containment-missing = "fail"\n[[override]]\ntest = "none"\ncontainment = "netns"\n'), ("two", "")):
            (self.work / f"project.{name}/holdfast.toml").write_text(f"[profile.default]\n{text}")
        script = self.script(one, two)
        say = 'message("variables \'$ENV{HOLDFAST_P_FILE_MUST_CONTAIN}$ENV{HOLDFAST_P_FILE_SHARES_CONTAINMENT}\'")\n'
        script.write_text(script.read_text().replace('message("returned ', say + 'message("returned '))
        ran = self.begin("script", CTEST, "-S", script, "-V")
        self.assertEqual(ran.wait(PATIENCE_S), 0, self.log("script"))
        self.assertEqual([line for line in self.log("script").splitlines() if line.startswith("variables ")],
                         ["variables '11'", "variables ''"])

    STAYS = "add_test(NAME stays COMMAND @P@/close_output {file}/@T@.pids)\n" \
            "set_tests_properties(stays PROPERTIES WILL_FAIL ON)\n"

    def test_the_tree_at_hand_is_locked_and_the_one_before_is_not(self):
        one, two = self.trees(self.STAYS.format(file=self.work))
        script = self.begin("script", CTEST, "-S", self.script(one, two), "-V")
        self.announced(self.work / "one.pids")
        beside = self.begin("beside", CTEST, "-R", "o", cwd=one)
        wait_until(lambda: "waiting for this build tree" in self.log("beside"), "the wait to be told")
        (self.work / "one.pids.go").touch()
        self.announced(self.work / "two.pids")
        # Only the lock's file is left of the first tree's run, so the waiting run gets the lock.
        self.assertEqual(beside.wait(PATIENCE_S), 0, self.log("beside"))
        after = self.begin("after", CTEST, "-R", "o", cwd=two)
        wait_until(lambda: "waiting for this build tree" in self.log("after"), "the wait to be told")
        self.assertEqual(len(self.read_pids(self.work / "two.pids")), 1)
        (self.work / "two.pids.go").touch()
        self.assertEqual(script.wait(PATIENCE_S), 0, self.log("script"))
        self.assertEqual(after.wait(PATIENCE_S), 0, self.log("after"))

    def test_it_waits_for_the_second_tree_too(self):
        one, two = self.trees(self.STAYS.format(file=self.work))
        (self.work / "one.pids.go").touch()
        first = self.begin("first", CTEST, cwd=two)
        self.announced(self.work / "two.pids")
        script = self.begin("script", CTEST, "-S", self.script(one, two), "-V")
        wait_until(lambda: "waiting for this build tree, taken by" in self.log("script"),
                   lambda: self.log("script"))
        self.assertEqual(len(self.read_pids(self.work / "two.pids")), 1)
        (self.work / "two.pids.go").touch()
        self.assertEqual(first.wait(PATIENCE_S), 0, self.log("first"))
        self.assertEqual(script.wait(PATIENCE_S), 0, self.log("script"))

    def test_what_the_first_left_behind_is_ended_before_the_second_begins(self):
        one, two = self.trees(f"""
add_test(NAME setup COMMAND @P@/leave_child {self.work}/@T@.pids)
set_tests_properties(setup PROPERTIES FIXTURES_SETUP F)
set_tests_properties(@T@ PROPERTIES FIXTURES_REQUIRED F)
""")
        script = self.begin("script", CTEST, "-S", self.script(one, two), "-V")
        self.announced(self.work / "two.pids")
        self.assert_gone(self.announced(self.work / "one.pids"), 0)
        self.assertEqual(script.wait(PATIENCE_S), 0, self.log("script"))


class OneTreeTest(ScriptCase):
    """CMake 3.25 does not read CTestCustom.cmake under -S, so the first test file begins the
    run."""

    def test_a_script_waits_and_is_waited_for(self):
        tree, = self.trees(f"add_test(NAME stays COMMAND @P@/close_output {self.work}/pids)\n"
                           "set_tests_properties(stays PROPERTIES WILL_FAIL ON)\n", count=1)
        script = self.begin("script", CTEST, "-S", self.script(tree), "-V")
        self.announced(self.work / "pids")
        beside = self.begin("beside", CTEST, cwd=tree)
        wait_until(lambda: "waiting for this build tree" in self.log("beside"), lambda: self.log("beside"))
        again = self.begin("again", CTEST, "-S", self.script(tree), "-V")
        wait_until(lambda: "waiting for this build tree" in self.log("again"), lambda: self.log("again"))
        self.assertEqual(len(self.read_pids(self.work / "pids")), 1)
        (self.work / "pids.go").touch()
        self.assertEqual([run.wait(PATIENCE_S) for run in (script, beside, again)], [0] * 3,
                         self.log("again"))

    def test_one_whose_keeper_was_killed_and_who_waits_for_it_come_to_an_end(self):
        """They must not wait for each other: the script wants the tree again for its next
        ctest_test()."""
        tree, = self.trees(f"add_test(NAME stays COMMAND @P@/close_output {self.work}/pids)\n"
                           "set_tests_properties(stays PROPERTIES WILL_FAIL ON)\n", count=1)
        script = self.begin("script", CTEST, "-S", self.script(tree, tree), "-V")
        self.announced(self.work / "pids")
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGKILL)
        beside = self.begin("beside", CTEST, cwd=tree)
        wait_until(lambda: "whose keeper is gone" in unfolded(self.log("beside")), lambda: self.log("beside"))
        (self.work / "pids.go").touch()
        self.assertEqual(beside.wait(PATIENCE_S), 0, self.log("beside"))
        self.assertEqual(script.wait(PATIENCE_S), 0, self.log("script"))
        self.assertEqual(self.log("script").count("returned one 0"), 2, self.log("script"))

    def test_a_run_after_one_whose_keeper_was_killed_is_recorded(self):
        """The keeper is killed while no test runs that could notice it. Only the end of its own run
        is missing."""
        tree, = self.trees(count=1)
        between = self.work / "between"
        script = self.begin("script", CTEST, "-S", self.script(tree, tree, tree, between=f"""
math(EXPR number "${{number}} + 1")
execute_process(COMMAND "{program('close_output')}" "{between}${{number}}")
"""), "-V")
        for number in (1, 2):
            self.announced(f"{between}{number}")
            keeper, = keepers_of(tree)
            os.kill(keeper.pid, signal.SIGKILL)
            self.assert_gone([keeper])
            (self.work / f"between{number}.go").touch()
        self.assertEqual(script.wait(PATIENCE_S), 0, self.log("script"))
        self.assertEqual(self.log("script").count("returned one 0"), 3, self.log("script"))
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        runs = self.runs(tree)
        self.assertEqual([[r["test"] for r in self.records(run, "attempt_ended")] for run in runs], [["one"]] * 3)
        self.assertEqual([[r["complete"] for r in self.records(run, "run_ended")] for run in runs],
                         [[], [], [True]])


class BetweenTwoRunsTest(ScriptCase):
    """A ctest_test() without tests waits until what the one before left behind is ended."""

    def at_the_end_of_a_run(self):
        """Starts the script, and returns while its second ctest_test() waits: the first left a
        process that ignores SIGTERM."""
        (self.work / "project.one").mkdir()
        (self.work / "project.one/holdfast.toml").write_text("[profile.default]\ngrace = 3\n")
        self.tree, = self.trees(f"""
add_test(NAME setup COMMAND sh -c "@P@/ignore {self.pid_file()} >/dev/null 2>&1 </dev/null & until test -s {self.pid_file()}; do sleep 0.01; done")
set_tests_properties(setup PROPERTIES FIXTURES_SETUP F)
set_tests_properties(one PROPERTIES FIXTURES_REQUIRED F)
""", count=1)
        script = self.work / "script.cmake"
        script.write_text(script_step(self.work / "project.one", self.tree, """
ctest_test()
message("between")
ctest_test(INCLUDE nothing)
"""))
        begun = self.begin("script", CTEST, "-V", "-S", script)
        self.left, = self.announced(self.pid_file())
        wait_until(lambda: "between" in self.log("script") and self.begins_below(begun.pid), "the second to wait")
        return begun

    @staticmethod
    def begins_below(pid):
        return [child for child in children_of(pid) if "begin" in command_of(child)]

    def outcomes(self):
        self.assert_gone([self.left])
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        found = []
        for run in self.runs(self.tree):
            done = self.finish(HOLDFAST, "report", run.name, "--format", "json", cwd=self.tree)
            report = json.loads(done.stdout)["run"]
            found.append((report["complete"], report.get("outcome")))
        return found

    def test_it_is_a_run_then(self):
        self.at_the_end_of_a_run().wait(PATIENCE_S)
        self.assertEqual(self.outcomes(), [(True, None), (True, "no_tests")])

    def test_a_ctest_that_is_killed_meanwhile_has_not_come_to_it(self):
        self.at_the_end_of_a_run().kill()
        self.assertEqual(self.outcomes(), [(True, None)])

    def test_a_keeper_that_was_stopped_meanwhile_goes_on(self):
        script = self.at_the_end_of_a_run()
        keeper, = keepers_of(self.tree)
        os.kill(keeper.pid, signal.SIGSTOP)
        script.wait(PATIENCE_S)
        self.assertEqual(self.outcomes(), [(True, None), (True, "no_tests")])


if __name__ == "__main__":
    unittest.main()
