"""Locks over two build trees of one project, and what ctest itself schedules beside them."""

import os
import re
import signal
import subprocess
import unittest

from support import (CTEST, PATIENCE_S, ProjectCase, children_of, command_of, no_keeper_of, process,
                     program, unfolded, wait_until)


class TwoTreesTest(ProjectCase):
    def trees(self, text):
        return [self.project(text, name="source", build=build) for build in ("one", "two")]

    def begin(self, tree, *arguments):
        log = open(self.work / f"{tree.name}.log", "wb")
        self.addCleanup(log.close)
        return self.start(CTEST, *(arguments or ["-j4"]), cwd=tree, stdout=log, stderr=subprocess.STDOUT)

    def log(self, tree):
        return (self.work / f"{tree.name}.log").read_text(errors="replace")

    def spans(self, file):
        return sorted(tuple(map(int, line.split()[:2])) for line in file.read_text().splitlines())

    def test_tests_with_one_resource_lock_never_overlap(self):
        name, file = self.lock_name(), self.work / "spans"
        trees = self.trees("".join(
            f"add_test(NAME t{i} COMMAND @P@/record_interval {file} 10)\n"
            f"set_tests_properties(t{i} PROPERTIES {prop} {name})\n"
            for i, prop in enumerate(["RESOURCE_LOCK", "HOLDFAST_LOCKS"] * 5)))
        begun = [self.begin(tree) for tree in trees]
        # The tests run one after another, on a machine that may be busy.
        self.assertEqual([one.wait(4 * PATIENCE_S) for one in begun], [0, 0],
                         self.log(trees[0]) + self.log(trees[1]))
        spans = self.spans(file)
        self.assertEqual(len(spans), 20)
        for (_, ended), (began, _) in zip(spans, spans[1:]):
            self.assertLess(ended, began)
        # Both ran at the same time, so the check means something.
        for tree in trees:
            self.assertIn("100% tests passed", self.log(tree))

    def holding(self):
        name = self.lock_name()
        tests = f"""
add_test(NAME "the test" COMMAND @P@/close_output ${{CMAKE_BINARY_DIR}}/test.pids)
set_tests_properties("the test" PROPERTIES RESOURCE_LOCK {name} WILL_FAIL ON)"""
        one, two = self.trees(tests)
        holder = self.begin(one)
        test, = self.announced(one / "test.pids")
        waiter = self.begin(two)
        wait_until(lambda: "waiting for lock" in self.log(two), "the wait to be told")
        return name, one, two, holder, waiter, test

    def launcher_of(self, ctest):
        return next(process(pid) for pid in children_of(ctest.pid)
                    if command_of(pid)[0].endswith("holdfast-launcher"))

    def finish_waiter(self, two, waiter):
        self.announced(two / "test.pids")
        (two / "test.pids.go").touch()
        self.assertEqual(waiter.wait(PATIENCE_S), 0, self.log(two))

    def test_who_waits_names_the_holder_its_test_and_its_tree(self):
        name, one, two, holder, waiter, _ = self.holding()
        launcher = self.launcher_of(holder)
        self.assertRegex(unfolded(self.log(two)), f'holdfast: "the test" waiting for lock {name}.*: '
                         f'{name}.* is held by "the test" \\(pid {launcher.pid}, tree {re.escape(str(one))}\\)')
        self.assertEqual(self.read_pids(two / "test.pids"), [])
        (one / "test.pids.go").touch()
        self.assertEqual(holder.wait(PATIENCE_S), 0)
        self.finish_waiter(two, waiter)
        # The line is on ctest's stderr, not in the test's output.
        self.assertNotIn("waiting for lock", (two / "Testing/Temporary/LastTest.log").read_text())

    def test_a_killed_launcher_frees_it(self):
        _, one, two, holder, waiter, test = self.holding()
        os.kill(self.launcher_of(holder).pid, signal.SIGKILL)
        self.finish_waiter(two, waiter)
        self.assert_gone([test])
        holder.wait(PATIENCE_S)

    def test_a_killed_ctest_frees_it(self):
        _, one, two, holder, waiter, test = self.holding()
        holder.kill()
        self.finish_waiter(two, waiter)
        self.assert_gone([test])
        wait_until(lambda: no_keeper_of(one), "the keeper to end")

    def test_a_killed_waiting_ctest_leaves_nobody(self):
        _, one, two, holder, waiter, _ = self.holding()
        waiter.kill()
        waiter.wait()
        wait_until(lambda: no_keeper_of(two), "the keeper to end")
        (one / "test.pids.go").touch()
        self.assertEqual(holder.wait(PATIENCE_S), 0)
        self.assert_nothing_left()
        self.assertEqual(self.read_pids(two / "test.pids"), [])

    def test_the_wait_is_recorded_and_not_counted_as_the_tests_time(self):
        _, one, two, holder, waiter, _ = self.holding()
        (one / "test.pids.go").touch()
        holder.wait(PATIENCE_S)
        self.finish_waiter(two, waiter)
        wait_until(lambda: no_keeper_of(two), "the keeper to end")
        ended, = self.records(self.runs(two)[-1], "attempt_ended")
        self.assertGreaterEqual(ended["lock_wait_s"], 0.1)

    def test_a_run_command_inside_a_tree_shares_the_locks_of_its_tests(self):
        name, one, _, holder, _, _ = self.holding()
        ended = self.finish(*self.supervised("true", by="holdfast run", options=[
            "--lock", name, "--lock-timeout", "100ms"]), cwd=one)
        (one / "test.pids.go").touch()
        holder.wait(PATIENCE_S)
        self.assertEqual(ended.returncode, 75, ended.stderr)

    def test_a_run_inside_a_test_that_holds_the_lock_does_not_wait_for_it(self):
        name = self.lock_name()
        run = " ".join(self.supervised(program("exit_with"), 0, by="holdfast run",
                                       options=["--lock", name]))
        tree = self.project(f"add_test(NAME outer COMMAND {run})\n"
                            f"set_tests_properties(outer PROPERTIES RESOURCE_LOCK {name})")
        ran = self.ctest(tree)
        self.assertEqual(ran.returncode, 0, ran.text)
        self.assertNotIn("waiting", ran.text)


if __name__ == "__main__":
    unittest.main()
