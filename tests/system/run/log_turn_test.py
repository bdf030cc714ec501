"""Each of two runs in one build tree has its own log, however close together they begin
(docs/internals/decisions/0028)."""

import contextlib
import json
import os
import subprocess
import time
import unittest
from pathlib import Path

from processes import descriptors_of
from shared_trees import WAITS, SharedTreeCase
from support import CTEST, HOLDFAST, PATIENCE_S, ctest_version, no_keeper_of, program, script_step, wait_until


def inode_of_log(ctest):
    """The inode of the log that the ctest has open. None: it has none."""
    for number, target in descriptors_of(ctest.pid).items():
        with contextlib.suppress(OSError):
            if "/Testing/Temporary/LastTest.log" in target:
                return os.stat(f"/proc/{ctest.pid}/fd/{number}").st_ino
    return None


def report(case, tree, run):
    return json.loads(case.finish(HOLDFAST, "report", run.name, "--format", "json", cwd=tree).stdout)


def told(case, tree, run, what):
    """Maps each test to its "verdict", which is ctest's, or to its "outcome"."""
    return {test["name"]: test[what] for test in report(case, tree, run)["tests"]}


class LogOfOneMomentTest(SharedTreeCase):
    """Before CMake 4.3 ctest removes the name of its log and then makes it anew. A library,
    preloaded into ctest, lets another ctest do the same in between, if it can."""

    def tree_of_two(self, settings=""):
        (self.work / "project").mkdir(exist_ok=True)
        if settings:
            (self.work / "project/holdfast.toml").write_text(settings)
        for name, text in ("red", "echo ERROR of the test"), ("green", "echo all is well"):
            (self.work / name).write_text(f"{text}\nuntil test -e {self.work}/go; do sleep 0.01; done\nexit 1\n")
        return self.project(f"""
add_test(NAME red COMMAND sh {self.work}/red)
set_tests_properties(red PROPERTIES FAIL_REGULAR_EXPRESSION ERROR)
add_test(NAME green COMMAND sh {self.work}/green)
set_tests_properties(green PROPERTIES PASS_REGULAR_EXPRESSION "is well")
""")

    def check(self, tree, *arguments):
        meeting = self.work / "meeting"
        meeting.mkdir()
        runs = [self.begin(tree, name, *arguments, "-R", f"^{name}$", LD_PRELOAD=program("part_log.so"),
                           PART_LOG_DIRECTORY=str(meeting)) for name in ("red", "green")]
        logs = [wait_until(lambda run=run: inode_of_log(run), "ctest's log") for run in runs]
        (self.work / "go").touch()
        self.assertEqual(len(set(logs)), 2, "both have opened one file")
        self.assertEqual([run.wait(PATIENCE_S) for run in runs], [8, 0], self.log("red") + self.log("green"))
        wait_until(lambda: no_keeper_of(tree), "the keepers to end")
        if ctest_version() < (4, 3):
            self.assertEqual(len(list(meeting.iterdir())), 2)  # both have passed that point
        said = {}
        for run in self.runs(tree):
            said.update(told(self, tree, run, "verdict"))
        self.assertEqual(said, {"red": "failed", "green": "passed"})

    def test_each_has_a_log_of_its_own(self):
        self.check(self.tree_of_two())

    def test_so_have_runs_that_are_allowed_beside_each_other(self):
        self.check(self.tree_of_two('[profile.default]\nruns = "allow"\n'), "-j2")

    def test_and_those_whose_project_does_something_before_the_tests(self):
        custom = self.work / "build/CTestCustom.cmake"
        custom.parent.mkdir()
        custom.write_text('set(CTEST_CUSTOM_PRE_TEST "sh -c \\"echo before the tests\\"")\n')
        tree = self.tree_of_two()
        self.check(tree)
        self.assertIn("CTEST_CUSTOM_PRE_TEST", custom.read_text())


@unittest.skipIf(ctest_version() >= (4, 3), "each log has a name of its own")
class OneLogTest(SharedTreeCase):
    """A ctest in a sub-directory opens its log before it waits for the tree, as a script does. So
    two may open the same log."""

    def tree_with_a_test_that_stays(self, more=""):
        """A tree with a test that exits at once the first time, and stays the second time."""
        (self.work / "stays").write_text(f"mkdir {self.work}/again 2>/dev/null && exit 0\n"
                                         f"echo > {self.work}/stays.here\nexec sleep 999\n")
        below = self.work / "project/below"
        below.mkdir(parents=True)
        (below / "CMakeLists.txt").write_text(f"""
add_test(NAME quick COMMAND true)
add_test(NAME stays COMMAND sh {self.work}/stays)
add_test(NAME last COMMAND sh -c "echo ERROR")
set_tests_properties(last PROPERTIES FAIL_REGULAR_EXPRESSION ERROR)
""")
        return self.project("add_subdirectory(below)\n" + more)

    def begin_both(self, tree, **of_two):
        """Starts two ctests that have the same log. `of_two` is more environment for the second."""
        meeting = self.work / "meeting"
        meeting.mkdir()
        return [self.begin(tree / "below", name, LD_PRELOAD=program("part_log.so"), PART_LOG_DIRECTORY=str(meeting), **more)
                for name, more in (("one", {}), ("two", of_two))]

    def test_what_the_run_before_wrote_is_not_the_next_ones(self):
        tree = self.tree_with_a_test_that_stays()
        both = self.begin_both(tree)
        wait_until((self.work / "stays.here").exists, "the second run's test")
        later, = (run for run in both if run.poll() is None)
        self.assertEqual(inode_of_log(later), (tree / "below/Testing/Temporary/LastTest.log").stat().st_ino)
        later.kill()
        wait_until(lambda: no_keeper_of(tree), "the keepers to end")
        first, second = self.runs(tree)
        self.assertEqual(told(self, tree, first, "verdict"), {"quick": "passed", "stays": "passed", "last": "failed"})
        self.assertEqual(told(self, tree, second, "verdict"), {"quick": "passed", "stays": None})

    def tree_of_many_runs(self):
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text('[profile.default]\nruns = "allow"\n')
        return self.tree_with_a_test_that_stays()

    def check_unbelieved(self, tree, both):
        """Checks the reports once the test of one run stays."""
        wait_until((self.work / "stays.here").exists, "the test of one to stay")
        wait_until(lambda: [run.poll() for run in both].count(None) == 1, "the other one's end")
        staying, = (run for run in both if run.poll() is None)
        self.assertEqual(inode_of_log(staying), (tree / "below/Testing/Temporary/LastTest.log").stat().st_ino)
        staying.kill()
        wait_until(lambda: no_keeper_of(tree), "the keepers to end")
        said = [told(self, tree, run, "outcome") for run in self.runs(tree)]
        self.assertIn({"quick": "passed", "stays": "passed", "last": "unknown"}, said)
        self.assertIn({"quick": "passed", "stays": "interrupted"}, said)
        # One run has no log that could say so. The log of the other ends with the first one's last
        # line.
        self.assertEqual([report(self, tree, run)["run"]["complete"] for run in self.runs(tree)], [False, False])

    def test_of_runs_beside_each_other_neither_believes_it(self):
        tree = self.tree_of_many_runs()
        self.check_unbelieved(tree, self.begin_both(tree))

    def test_not_even_where_the_other_one_opens_it_late(self):
        """It removed the name earlier and was then delayed."""
        tree = self.tree_of_many_runs()
        (self.work / "stays").write_text(f"mkdir {self.work}/again 2>/dev/null || exit 0\n"
                                         f"echo > {self.work}/stays.here\nexec sleep 999\n")
        self.check_unbelieved(tree, self.begin_both(tree, PART_LOG_UNTIL=str(self.work / "stays.here")))

    def test_one_of_its_own_is_believed(self):
        tree = self.tree_of_many_runs()
        self.ctest(tree / "below")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        run, = self.runs(tree)
        self.assertEqual(told(self, tree, run, "outcome"), {"quick": "passed", "stays": "passed", "last": "failed"})

    def outcome_of_last(self, tree):
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        return told(self, tree, self.runs(tree)[-1], "outcome")["last"]

    def test_who_reads_it_meanwhile_may_be_a_ctest(self):
        tree = self.tree_of_many_runs()
        (self.work / "stays").write_text(f"echo > {self.work}/stays.here\n"
                                         f"until test -e {self.work}/go; do sleep 0.01; done\n")
        run = self.begin(tree / "below", "run")
        wait_until((self.work / "stays.here").exists, "its test")
        (tree / "below/Testing/Temporary/LastTest.log.tmp").read_bytes()
        (self.work / "go").touch()
        self.assertEqual(run.wait(PATIENCE_S), 8)
        self.assertEqual(self.outcome_of_last(tree), "unknown")

    def test_who_reads_it_when_ctest_is_through_is_nobody(self):
        tree = self.tree_of_many_runs()
        script = self.work / "script.cmake"
        script.write_text(script_step(self.work / "project", tree, f"""ctest_test()
file(GLOB log {tree}/Testing/Temporary/LastTest_*.log)
file(READ "${{log}}" text)
message("read ${{text}}")"""))
        self.assertIn(b"read Start testing", self.finish(CTEST, "-S", script, stderr=subprocess.STDOUT).stdout)
        self.assertEqual(self.outcome_of_last(tree), "failed")

    def test_who_only_reads_it_from_before_the_run_on_is_nobody(self):
        """The reader is `tail -f`. The single test waits for a whole run, so another ctest might
        have opened the log, too."""
        hold = self.work / "hold"
        hold.write_text(f"echo > {hold}.here\nuntil test -e {self.work}/go; do sleep 0.01; done\n")
        tree = self.tree_with_a_test_that_stays(f"add_test(NAME holds COMMAND sh {hold})\n")
        whole = self.begin(tree, "whole", "-R", "holds")
        wait_until(Path(f"{hold}.here").exists, "the whole run's test")
        single = self.begin(tree / "below", "single", "-R", "^last$")
        wait_until(lambda: WAITS in self.log("single"), lambda: self.log("single"))
        # Such as each number that it may have in ctest itself.
        with contextlib.ExitStack() as readers:
            for _ in range(20):
                readers.enter_context(open(tree / "below/Testing/Temporary/LastTest.log.tmp", encoding="utf-8"))
            (self.work / "go").touch()
            self.assertEqual([run.wait(PATIENCE_S) for run in (whole, single)], [0, 8], self.log("single"))
            wait_until(lambda: no_keeper_of(tree), "the keepers to end")
        self.assertEqual(told(self, tree, self.runs(tree)[-1], "outcome"), {"last": "failed"})

    def test_a_file_that_a_scripts_output_is_appended_to_is_no_log(self):
        """The file has a name like a log's, and no log exists: directories are in its place."""
        tree = self.project("add_test(NAME t COMMAND @P@/exit_with 0)\n")
        directory = tree / "Testing/Temporary"
        for minute in range(3):
            tag = time.strftime("%Y%m%d-%H%M", time.gmtime(time.time() + 60 * minute))
            (directory / f"LastTest_{tag}.log.tmp/in the way").mkdir(parents=True)
        console = directory / "LastTest_console.log"
        console.write_text("precious\n")
        script = self.work / "script.cmake"
        script.write_text(script_step(self.work / "project", tree, "ctest_test()"))
        begun = self.start("sh", "-c", f"exec {CTEST} -S '{script}' >>'{console}'", cwd=tree, stderr=subprocess.PIPE)
        self.assertIn(b"Cannot create log file", begun.communicate(timeout=PATIENCE_S)[1])
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertTrue(console.read_text().startswith("precious\n"), console.read_text())


if __name__ == "__main__":
    unittest.main()
