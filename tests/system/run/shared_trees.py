"""Helpers for the drivers of runs in one build tree: tests that run until they are let go."""

import re
import subprocess

from support import CTEST, PATIENCE_S, ProjectCase, wait_until

WAITS = "waiting for this build tree"


class SharedTreeCase(ProjectCase):
    def tree_of(self, *names, more="", settings=""):
        """A tree of tests that each announce themselves and run until let_go()."""
        (self.work / "project").mkdir(exist_ok=True)
        if settings:
            (self.work / "project/holdfast.toml").write_text(settings)
        return self.project("".join(
            f"add_test(NAME {name} COMMAND @P@/close_output {self.pid_file(name)})\n"
            f"set_tests_properties({name} PROPERTIES WILL_FAIL ON)\n" for name in names) + more)

    def begin(self, tree, name, *arguments, **changes):
        with open(self.work / f"{name}.log", "wb") as log:
            return self.start(CTEST, *arguments, cwd=tree, stdout=log, stderr=subprocess.STDOUT,
                              env=self.environment(**changes))

    def single(self, tree, test, name=""):
        return self.begin(tree, name or test, "-R", f"^{test}$")

    def log(self, name):
        return (self.work / f"{name}.log").read_text(errors="replace")

    def let_go(self, *names):
        for name in names:
            (self.work / f"{name}.pids.go").touch()

    def running(self, *names):
        """Waits until each of these tests has one process."""
        return [self.announced(self.pid_file(name))[0] for name in names]

    def assert_waits(self, name, pattern=""):
        wait_until(lambda: re.search(f"{WAITS}.*{pattern}", self.log(name)),
                   lambda: f"{pattern} in {self.log(name)}")

    def assert_ended(self, runs, *names):
        for run, name in zip(runs, names):
            self.assertEqual(run.wait(PATIENCE_S), 0, self.log(name))

    def assert_nobody_ran(self, name):
        self.assertEqual(self.read_pids(self.pid_file(name)), [])

    def spans(self, file):
        return sorted((int(line.split()[0]), int(line.split()[1]), line.split()[2])
                      for line in (self.work / file).read_text().splitlines())
