"""Two paths lead to one build tree. Runs by both paths exclude each other, but locks of scope
`build` do not."""

import os
import re
import subprocess
import unittest

from needs import need
from support import CTEST, PATIENCE_S, ProjectCase, no_keeper_of, wait_until

MOUNT = 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"'
READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
SHARE = '[profile.default]\nruns = "share"\n'


@unittest.skipUnless(os.geteuid() == 0, "needs root, to mount")
class BindMountedTreeTest(ProjectCase):
    def setUp(self):
        super().setUp()
        self.other = self.work / "other"
        self.other.mkdir()

    def tree_of_two(self, settings=""):
        """A tree of two tests that share a lock of scope `build` and run until they are let go."""
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(settings)
        return self.project("".join(
            f"add_test(NAME {name} COMMAND @P@/close_output {self.pid_file(name)})\n"
            f"set_tests_properties({name} PROPERTIES WILL_FAIL ON HOLDFAST_LOCKS db@build)\n"
            for name in ("one", "two")))

    def begin(self, name, *words, **how):
        with open(self.work / f"{name}.log", "wb") as log:
            return self.start(*words, stdout=log, stderr=subprocess.STDOUT, **how)

    def begin_by_other_path(self, tree, name, *arguments):
        words = ["unshare", "-m", "--propagation", "private", "sh", "-c", MOUNT, "sh", tree, self.other]
        need(self, [*words, "true"], "no mount namespace to be had")
        return self.begin(name, *words, CTEST, *arguments)

    def log(self, name):
        return (self.work / f"{name}.log").read_text(errors="replace")

    def let_go(self, name):
        (self.work / f"{name}.pids.go").touch()

    def check(self, tree, first, second):
        """The run `second`, by the other path, starts no test before the run `first` has ended."""
        runs = [self.begin("first", CTEST, *first, cwd=tree)]
        self.announced(self.pid_file("one"))
        runs.append(self.begin_by_other_path(tree, "second", *second))
        wait_until(lambda: re.search("waiting for this build tree, taken by", self.log("second")),
                   lambda: self.log("second"))
        self.assertEqual(len(self.read_pids(self.pid_file("one"))), 1)
        self.assertEqual(self.read_pids(self.pid_file("two")), [])
        for name in "one", "two":
            self.let_go(name)
        for run, name in zip(runs, ("first", "second")):
            self.assertEqual(run.wait(PATIENCE_S), 0, self.log(name))
        wait_until(lambda: no_keeper_of(tree) and no_keeper_of(self.other), "the keepers to end")
        self.assert_nothing_left()

    def test_singles_by_two_paths_take_turns(self):
        self.check(self.tree_of_two(), ["-R", "^one$"], ["-R", "^two$"])

    def test_runs_that_share_by_two_paths_take_turns(self):
        self.check(self.tree_of_two(SHARE), ["-R", "one"], ["-R", "one|two"])

    def test_where_no_run_can_be_made_the_tests_run_without_a_record(self):
        tree = self.project("add_test(NAME passes COMMAND @P@/exit_with 0)\n")
        runs = tree / ".holdfast/runs"
        runs.mkdir(parents=True, exist_ok=True)
        words = ["unshare", "-m", "--propagation", "private", "sh", "-c", READ_ONLY, "sh", runs]
        need(self, [*words, "true"], "no mount namespace to be had")
        done = self.finish(*words, CTEST, "--test-dir", tree)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stderr, rb"ignoring that this run cannot be recorded: failed to .*: Read-only file system")
        self.assertEqual(list(runs.iterdir()), [])
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
