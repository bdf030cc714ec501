"""Helpers for the tests of one run at a time on a build tree."""

import re
import subprocess

from support import CTEST, ProjectCase, children_of, command_of, process, wait_until

HELD_BY = r'holdfast: waiting for this build tree, taken by "[^"]*ctest[^"]*" \(pid {pid}, for [\d.]+ m?s\)'


def waiting_begin(ctest):
    """The `holdfast begin` of a waiting ctest, and its helper."""
    for pid in children_of(ctest.pid):
        if "begin" in command_of(pid)[:2]:
            return process(pid)
    return None


class RunLockCase(ProjectCase):
    def waiting_tree(self, settings=""):
        """A tree of one test, which runs until let_go()."""
        source = self.work / "project"
        (source / "sub").mkdir(parents=True)
        (source / "sub/CMakeLists.txt").write_text("add_test(NAME below COMMAND true)\n")
        if settings:
            (source / "holdfast.toml").write_text(settings)
        return self.project(f"""
add_test(NAME waits COMMAND @P@/close_output {self.pid_file()})
set_tests_properties(waits PROPERTIES WILL_FAIL ON)
add_subdirectory(sub)
""")

    def begin(self, where, name, *arguments):
        with open(self.work / name, "wb") as log:
            return self.start(CTEST, *arguments, cwd=where, stdout=log, stderr=subprocess.STDOUT)

    def log(self, name):
        return (self.work / name).read_text(errors="replace")

    def begin_first(self, tree):
        ctest = self.begin(tree, "first")
        return ctest, self.announced(self.pid_file())[0]

    def begin_second(self, tree, first, *arguments, where=""):
        ctest = self.begin(tree / where, "second", *arguments)
        self.assert_told("second", HELD_BY.format(pid=first.pid))
        return ctest

    def assert_told(self, name, pattern):
        wait_until(lambda: re.search(pattern, self.log(name)), lambda: f"{pattern} in {self.log(name)}")

    def let_go(self):
        (self.work / "announced.pids.go").touch()

    def assert_first_alone(self):
        self.assertEqual(len(self.read_pids(self.pid_file())), 1)
