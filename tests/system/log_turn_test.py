"""Each of two runs in one build tree has a log of its own, however close they begin (docs/decisions/0028)."""

import contextlib
import json
import os
import unittest

from shared_trees import SharedTreeCase
from support import HOLDFAST, PATIENCE_S, ctest_version, keepers_of, program, wait_until


class LogOfOneMomentTest(SharedTreeCase):
    """Below CMake 4.3 ctest removes its log's name and then makes it anew. A library preloaded into ctest has
    another do the same in between, if it can."""

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

    @staticmethod
    def log_of(ctest):
        for number in os.listdir(f"/proc/{ctest.pid}/fd"):
            link = f"/proc/{ctest.pid}/fd/{number}"
            with contextlib.suppress(OSError):
                if "/Testing/Temporary/LastTest.log" in os.readlink(link):
                    return os.stat(link).st_ino
        return None

    def check(self, tree, *arguments):
        meeting = self.work / "meeting"
        meeting.mkdir()
        runs = [self.begin(tree, name, *arguments, "-R", f"^{name}$", LD_PRELOAD=program("part_log.so"),
                           PART_LOG_DIRECTORY=str(meeting)) for name in ("red", "green")]
        logs = [wait_until(lambda run=run: self.log_of(run), "ctest's log") for run in runs]
        (self.work / "go").touch()
        self.assertEqual(len(set(logs)), 2, "both have opened one file")
        self.assertEqual([run.wait(PATIENCE_S) for run in runs], [8, 0], self.log("red") + self.log("green"))
        wait_until(lambda: not keepers_of(tree), "the keepers to end")
        if ctest_version() < (4, 3):
            self.assertEqual(len(list(meeting.iterdir())), 2)  # both have parted it
        said = {}
        for run in self.runs(tree):
            report = json.loads(self.finish(HOLDFAST, "report", run.name, "--format", "json", cwd=tree).stdout)
            test, = report["tests"]
            said[test["name"]] = test["verdict"]
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


if __name__ == "__main__":
    unittest.main()
