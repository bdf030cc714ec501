"""Runs and tests wait for one another in a circle: of build trees, or of build trees and locks.

Plain ctest passes all of these tests."""

import os
import signal
import unittest

from contained import Contained, apart
from run_locks import RunLockCase
from support import CTEST, HOLDFAST, PATIENCE_S, keepers_of, no_keeper_of, unfolded, wait_until

GOES_ON = "goes on beside"


class CircleCase(RunLockCase):
    def meets(self, which, other):
        """A shell command that ends once the command of `other` has begun, too."""
        return f"touch {self.work}/{which}.there; until [ -e {self.work}/{other}.there ]; do sleep 0.02; done"

    def a_test(self, name, command, *properties):
        text = f'add_test(NAME {name} COMMAND /bin/sh -c [=[{command}]=])\n'
        if properties:
            text += f"set_tests_properties({name} PROPERTIES {' '.join(properties)})\n"
        return text

    def nested_ctest(self, tree, log, *arguments, prefix=""):
        return f"cd {self.work}/{tree} && {prefix} {CTEST} {' '.join(arguments)} >{self.work}/{log} 2>&1"

    def trees_that_meet(self, names, prefix=""):
        """Each tree has a test that runs ctest in the next tree, once all of these tests run. Those
        are whole runs, because runs of single tests share a tree."""
        trees = []
        for i, name in enumerate(names):
            to = names[(i + 1) % len(names)]
            meets = "; ".join(self.meets(name, other) for other in names if other != name)
            nested = self.nested_ctest(to, f"in-{to}", "-R", "inner", prefix=prefix)
            trees.append(self.project(self.a_test("outer", f"{meets}; {nested}") +
                                      self.a_test("inner", ":"), name=f"source-{name}", build=name))
        return trees

    def run_outer(self, trees):
        return [self.begin(tree, f"out-{tree.name}", "-R", "outer", "--output-on-failure") for tree in trees]

    def assert_all_passed(self, trees, began):
        for tree, ctest in zip(trees, began):
            self.assertEqual(ctest.wait(PATIENCE_S), 0,
                             self.log(f"out-{tree.name}") + self.log(f"in-{tree.name}"))
            wait_until(lambda tree=tree: no_keeper_of(tree), "the keepers to end")

    def who_went_on(self, trees):
        return [tree.name for tree in trees if GOES_ON in self.log(f"in-{tree.name}")]

    def assert_tests_recorded(self, tree, *expected):
        """The passed tests of each run of the tree, whatever the order of the runs."""
        found = sorted(sorted(ended["test"] for ended in self.records(run, "attempt_ended")
                              if ended["outcome"] == "passed") for run in self.runs(tree))
        self.assertEqual(found, sorted(expected))


class TreesTest(CircleCase, Contained):
    def mutual(self, names=("A", "B"), prefix=""):
        trees = self.trees_that_meet(names, prefix)
        self.assert_all_passed(trees, self.run_outer(trees))
        went_on = self.who_went_on(trees)
        self.assertEqual(len(went_on), 1, [self.log(f"in-{name}") for name in names])
        log = unfolded(self.log(f"in-{went_on[0]}"))
        for tree in trees:
            self.assertIn(f"waits for the build tree {tree}, ", log)
            self.assert_tests_recorded(tree, ["inner"], ["outer"])

    def test_two_that_run_ctest_in_one_another(self):
        self.mutual()

    def test_three(self):
        self.mutual(("A", "B", "C"))

    def test_with_a_cleared_environment(self):
        self.mutual(prefix="env -i")

    def test_in_pid_namespaces(self):
        """In there the outer ctests cannot be seen."""
        self.need("pidns")
        for name in ("A", "B"):
            self.settings("pidns", name=f"source-{name}")
        trees = self.trees_that_meet(("A", "B"))
        both = "; ".join(f'{CTEST} --test-dir {tree} -R outer >{self.work}/out-{tree.name} 2>&1 & '
                         f"{tree.name}=$!" for tree in trees)
        ended = self.finish(*apart("sh", "-c", f"{both}; wait $A && wait $B"))
        self.assertEqual(ended.returncode, 0, [self.log(f"{way}-{name}") for way in ("out", "in") for name in "AB"])
        self.assertEqual(len(self.who_went_on(trees)), 1)

    def test_a_keeper_that_was_killed_hides_no_circle(self):
        """Without its keeper, the tree still belongs to its ctest."""
        trees = self.trees_that_meet(("A", "B"))
        began = [self.begin(trees[0], "out-A", "-R", "outer")]
        wait_until((self.work / "A.there").exists, "the first")
        keeper, = keepers_of(trees[0])
        os.kill(keeper.pid, signal.SIGKILL)
        self.assert_gone([keeper])
        began.append(self.begin(trees[1], "out-B", "-R", "outer"))
        self.assert_all_passed(trees, began)
        self.assertEqual(len(self.who_went_on(trees)), 1)


class TreesAndLocksTest(CircleCase):
    def busy_tree(self, lock):
        """A tree whose test `first` runs until let_go(); then `second` wants the lock."""
        text = self.a_test("first", f"touch {self.work}/first.there; "
                              f"until [ -e {self.work}/go ]; do sleep 0.02; done")
        text += self.a_test("second", ":", f'HOLDFAST_LOCKS "{lock}@user"', "DEPENDS first")
        text += self.a_test("other", f"touch {self.work}/other.ran") 
        text += self.a_test("wants", f"touch {self.work}/wants.ran", f'HOLDFAST_LOCKS "{lock}@user"')
        return self.project(text, build="B")

    def begin_busy(self, tree):
        busy = self.begin(tree, "busy", "-R", "first|second")
        wait_until((self.work / "first.there").exists, "the first test")
        return busy

    def let_first_go(self):
        (self.work / "go").touch()

    def begin_holder(self, tree, lock, selection):
        with open(self.work / "holder", "wb") as log:
            holder = self.start(HOLDFAST, "run", "--lock", f"{lock}@user", "--", CTEST, "-R", selection,
                                cwd=tree, stdout=log, stderr=log)
        self.assert_told("holder", "waiting for this build tree")
        return holder

    def test_a_command_with_a_lock_that_runs_ctest_beside_one_whose_test_wants_it(self):
        lock = self.lock_name()
        tree = self.busy_tree(lock)
        busy = self.begin_busy(tree)
        holder = self.begin_holder(tree, lock, "^(other|wants)$")
        self.let_first_go()
        self.assertEqual(holder.wait(PATIENCE_S), 0, self.log("holder"))
        self.assertEqual(busy.wait(PATIENCE_S), 0, self.log("busy"))
        self.assertEqual(self.log("holder").count(GOES_ON), 1, self.log("holder"))
        self.assertNotIn(GOES_ON, self.log("busy"))
        said = unfolded(self.log("holder"))
        self.assertRegex(said, rf'waits for the build tree {tree}, held by "[^"]*ctest[^"]*" \(pid {busy.pid}, '
                               rf'tree {tree}\), in which "second" \(pid \d+, tree {tree}\) waits for '
                               rf'{lock}@user, held by "ctest" \(pid {holder.pid}')
        self.assert_tests_recorded(tree, ["first", "second"], ["other", "wants"])

    def test_a_test_with_a_lock_that_runs_ctest_in_a_tree_whose_test_wants_it(self):
        lock = self.lock_name()
        tree = self.busy_tree(lock)
        nested = self.nested_ctest("B", "nested", "-R", "^wants$")
        outer_tree = self.project(self.a_test("outer", nested, f'HOLDFAST_LOCKS "{lock}@user"'),
                                  name="source-A", build="A")
        busy = self.begin_busy(tree)
        outer = self.begin(outer_tree, "outer")
        wait_until((self.work / "nested").exists, "the nested run")
        self.assert_told("nested", "waiting for this build tree")
        self.let_first_go()
        self.assertEqual(outer.wait(PATIENCE_S), 0, self.log("outer") + self.log("nested"))
        self.assertEqual(busy.wait(PATIENCE_S), 0, self.log("busy"))
        self.assertIn(GOES_ON, self.log("nested"))
        self.assert_tests_recorded(tree, ["first", "second"], ["wants"])

    def test_who_only_has_to_be_patient_does_not_go_on(self):
        lock = self.lock_name()
        tree = self.busy_tree(lock)
        busy = self.begin_busy(tree)
        holder = self.begin_holder(tree, lock, "^other$")
        self.assert_told("holder", r"still waiting \(([5-9]|\d\d)\.\d s\)")
        self.assertFalse((self.work / "other.ran").exists())
        self.assertNotIn(GOES_ON, self.log("holder"))
        busy.kill()
        self.assertEqual(holder.wait(PATIENCE_S), 0, self.log("holder"))
        self.assertNotIn(GOES_ON, self.log("holder"))


class LocksTest(CircleCase):
    def test_nobody_goes_on_without_a_lock(self):
        """Each of two tests holds the lock that a test of the ctest inside the other one wants."""
        names = ("A", "B")
        locks = [self.lock_name() for _ in names]
        trees = []
        for i, name in enumerate(names):
            inner = self.project(self.a_test("inner", f"touch {self.work}/{name}.ran",
                                                f'HOLDFAST_LOCKS "{locks[1 - i]}@user"'),
                                 name=f"source-in-{name}", build=f"inside-{name}")
            nested = self.nested_ctest(inner.name, f"in-{name}")
            trees.append(self.project(
                self.a_test("outer", f"{self.meets(name, names[1 - i])}; {nested}",
                               f'HOLDFAST_LOCKS "{locks[i]}@user"'), name=f"source-{name}", build=name))
        began = [self.begin(tree, f"out-{tree.name}") for tree in trees]
        ends = [ctest.wait(PATIENCE_S) for ctest in began]
        self.assertEqual(sorted(map(bool, ends)), [False, True], [self.log(f"in-{name}") for name in names])
        gave_up = names[0 if ends[0] else 1]
        self.assertFalse((self.work / f"{gave_up}.ran").exists())
        said = unfolded(self.log(f"in-{gave_up}"))
        self.assertRegex(said, r'"inner": gave up waiting for lock \S+ after [\d.]+ m?s; circle: "inner" .* waits '
                               r'for \S+@user, held by "outer" .*, in which "inner" .* waits for \S+@user, held by '
                               r'"outer" .*, which is around "inner"')
        run, = self.runs(self.work / f"inside-{gave_up}")
        ended, = self.records(run, "attempt_ended")
        self.assertEqual(ended["outcome"], "lock_timeout")


if __name__ == "__main__":
    unittest.main()
