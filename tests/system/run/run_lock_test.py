"""One run at a time uses a build tree.

Two at once would write the same LastTest.log.tmp."""

import contextlib
import fcntl
import os
import signal
import time
import unittest

from contained import Contained, apart
from needs import WITHOUT_CALL, need_mounts
from run_locks import HELD_BY, RunLockCase, waiting_begin
from support import (CTEST, PATIENCE_S, children_of, is_alive, keepers_of, no_keeper_of, process, program, unfolded,
                     wait_until)

class TwoRunsTest(RunLockCase):
    def test_the_second_waits_says_for_whom_and_starts_when_the_first_ends(self):
        tree = self.waiting_tree()
        first, _ = self.begin_first(tree)
        second = self.begin_second(tree, first)
        self.assert_first_alone()
        self.let_go()
        self.assertEqual(first.wait(PATIENCE_S), 0, self.log("first"))
        before = time.monotonic()
        self.announced(self.pid_file(), 2)
        self.assertLess(time.monotonic() - before, 3)
        self.assertEqual(second.wait(PATIENCE_S), 0, self.log("second"))
        self.assertRegex(self.log("second"), r"holdfast: this build tree is free after ")

    def test_a_short_wait_is_silent(self):
        """The keeper of a ctest that has just ended may still be tidying up."""
        tree = self.waiting_tree()
        lock = tree / ".holdfast/run-lock/lock"
        self.assertEqual(self.begin(tree, "once", "-R", "below").wait(PATIENCE_S), 0)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        for _ in range(30):
            with open(lock, "rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                second = self.begin(tree, "second", "-R", "below")
                begin = wait_until(lambda second=second: waiting_begin(second), "begin")
                wait_until(lambda begin=begin: children_of(begin.pid), "its helper, which waits")
                # From the start of `begin`, which is before it waits. The clock ticks every 10 ms.
                waited = time.clock_gettime(time.CLOCK_BOOTTIME) - int(begin.start) / os.sysconf("SC_CLK_TCK")
            self.assertEqual(second.wait(PATIENCE_S), 0, self.log("second"))
            if waited < 0.15:
                self.assertNotIn("waiting for this build tree", self.log("second"))
                return
        self.skipTest("this machine is too busy: to begin took it 0.2 s in 30 of 30 tries")

    def test_it_repeats_itself(self):
        tree = self.waiting_tree()
        first, _ = self.begin_first(tree)
        self.begin_second(tree, first)
        self.assert_told("second", r"holdfast: still waiting \(2\.\d s\) for this build tree, taken by ")
        self.let_go()

    def test_it_starts_when_the_first_is_killed(self):
        tree = self.waiting_tree()
        first, test = self.begin_first(tree)
        second = self.begin_second(tree, first)
        first.kill()
        self.announced(self.pid_file(), 2)
        # The lock is free only once nothing of the first run is left.
        self.assert_gone([test], 0)
        self.let_go()
        self.assertEqual(second.wait(PATIENCE_S), 0, self.log("second"))

    def kill_keeper(self, tree):
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGKILL)
        self.assert_gone([keeper])

    def test_without_its_keeper_the_first_still_has_the_tree(self):
        tree = self.waiting_tree()
        first, _ = self.begin_first(tree)
        self.kill_keeper(tree)
        second = self.begin(tree, "second")
        self.assert_told("second", HELD_BY.format(pid=first.pid) + ", whose keeper is gone")
        self.assert_first_alone()
        self.let_go()
        self.assertEqual(first.wait(PATIENCE_S), 0, self.log("first"))
        self.announced(self.pid_file(), 2)
        self.assertEqual(second.wait(PATIENCE_S), 0, self.log("second"))

    def test_a_keeper_killed_while_another_run_waits_lets_nobody_in(self):
        tree = self.waiting_tree()
        first, _ = self.begin_first(tree)
        second = self.begin_second(tree, first)
        self.kill_keeper(tree)
        self.assert_told("second", f"pid {first.pid}, .* whose keeper is gone")
        self.assert_first_alone()
        first.kill()
        self.announced(self.pid_file(), 2)
        self.let_go()
        self.assertEqual(second.wait(PATIENCE_S), 0, self.log("second"))

    def test_in_a_sub_directory_it_waits_too(self):
        tree = self.waiting_tree()
        first, _ = self.begin_first(tree)
        second = self.begin_second(tree, first, where="sub")
        self.assertIsNone(second.poll())
        self.assertNotIn("Passed", self.log("second"))
        self.let_go()
        self.assertEqual(second.wait(PATIENCE_S), 0, self.log("second"))
        self.assertIn("100% tests passed, 0 tests failed out of 1", self.log("second"))

    def test_a_run_of_a_sub_directory_has_the_whole_tree(self):
        source = self.work / "project/sub"
        source.mkdir(parents=True)
        (source / "CMakeLists.txt").write_text(
            f"add_test(NAME waits COMMAND {program('close_output')} {self.pid_file()})\n"
            "set_tests_properties(waits PROPERTIES WILL_FAIL ON)\n")
        tree = self.project("add_subdirectory(sub)")
        first = self.begin(tree / "sub", "first")
        self.announced(self.pid_file())
        second = self.begin_second(tree, first)
        self.let_go()
        self.assertEqual((first.wait(PATIENCE_S), second.wait(PATIENCE_S)), (0, 0))

    # A SIGTERM or SIGINT to ctest alone is lost: CTest 3.25 catches both while a PRE_TEST command
    # runs, and does nothing. From a terminal, and from timeout(1), they reach `begin` as well.
    def ended_while_waiting(self, number, to_group):
        tree = self.waiting_tree()
        first, _ = self.begin_first(tree)
        with open(self.work / "second", "wb") as log:
            second = self.start(CTEST, cwd=tree, stdout=log, stderr=log, start_new_session=True)
        self.assert_told("second", HELD_BY.format(pid=first.pid))
        begin = wait_until(lambda: waiting_begin(second), "begin")
        helpers = [process(pid) for pid in children_of(begin.pid)]
        self.assertEqual(len(helpers), 1)
        if to_group:
            os.killpg(second.pid, number)
        else:
            second.send_signal(number)
        self.assertNotEqual(second.wait(PATIENCE_S), 0)
        self.assert_gone([begin, *helpers], 5)
        self.assertNotIn("Passed", self.log("second"))
        # It no longer has a place in the queue.
        self.let_go()
        self.assertEqual(first.wait(PATIENCE_S), 0, self.log("first"))
        third = self.begin(tree, "third", "-R", "below")
        self.assertEqual(third.wait(PATIENCE_S), 0, self.log("third"))

    def test_a_waiting_ctest_that_is_killed_leaves_nobody(self):
        self.ended_while_waiting(signal.SIGKILL, to_group=False)

    def test_a_waiting_ctest_that_is_hung_up_leaves_nobody(self):
        self.ended_while_waiting(signal.SIGHUP, to_group=False)

    def test_a_waiting_ctest_that_is_terminated_with_its_group_leaves_nobody(self):
        self.ended_while_waiting(signal.SIGTERM, to_group=True)

    def test_a_waiting_ctest_that_is_interrupted_with_its_group_leaves_nobody(self):
        self.ended_while_waiting(signal.SIGINT, to_group=True)


class SettingsTest(RunLockCase):
    def test_allow_runs_beside_the_first(self):
        tree = self.waiting_tree('[profile.default]\nruns = "allow"\n')
        first, _ = self.begin_first(tree)
        second = self.begin(tree, "second")
        self.announced(self.pid_file(), 2)
        self.let_go()
        self.assertEqual((first.wait(PATIENCE_S), second.wait(PATIENCE_S)), (0, 0))
        self.assertNotIn("waiting for", self.log("second"))

    def test_refuse_ends_the_second_with_one_line_and_no_test_run(self):
        tree = self.waiting_tree('[profile.default]\nruns = "refuse"\n')
        first, _ = self.begin_first(tree)
        for where in (tree, tree / "sub"):
            second = self.begin(where, "second")
            self.assertNotEqual(second.wait(PATIENCE_S), 0)
            said = [line for line in self.log("second").splitlines() if line.startswith("holdfast: ")]
            self.assertEqual(len(said), 1, self.log("second"))
            self.assertRegex(said[0], rf'taken by "[^"]*ctest[^"]*" \(pid {first.pid}, for .*; '
                                      r'expected it free \(runs = "refuse"\)')
            self.assertNotIn("Passed", self.log("second"))
            self.assert_first_alone()
        self.let_go()
        self.assertEqual(first.wait(PATIENCE_S), 0, self.log("first"))
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        third = self.begin(tree, "third")
        self.assertEqual(third.wait(PATIENCE_S), 0, self.log("third"))

    def test_refuse_refuses_beside_a_run_whose_keeper_was_killed(self):
        tree = self.waiting_tree('[profile.default]\nruns = "refuse"\n')
        first, _ = self.begin_first(tree)
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGKILL)
        self.assert_gone([keeper])
        second = self.begin(tree, "second")
        self.assertNotEqual(second.wait(PATIENCE_S), 0)
        self.assertRegex(self.log("second"), rf'taken by "[^"]*ctest[^"]*" \(pid {first.pid}, for .*; '
                                             r'expected it free \(runs = "refuse"\)')
        self.assertNotIn("Passed", self.log("second"))
        self.assert_first_alone()
        self.let_go()
        self.assertEqual(first.wait(PATIENCE_S), 0, self.log("first"))

    def test_refuse_waits_for_what_a_dead_ctest_left_to_tidy(self):
        tree = self.waiting_tree('[profile.default]\nruns = "refuse"\n')
        first, test = self.begin_first(tree)
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGSTOP)
        self.addCleanup(lambda: is_alive(keeper) and os.kill(keeper.pid, signal.SIGCONT))
        first.kill()
        first.wait()
        self.assert_gone([test])
        second = self.begin(tree, "second", "-R", "below")
        begin = wait_until(lambda: waiting_begin(second), "begin")
        # On a busy machine it may have said that it waits, which makes the keeper go on.
        wait_until(lambda: children_of(begin.pid) or second.poll() is not None, "its helper, which waits")
        with contextlib.suppress(ProcessLookupError):  # by then it may have ended
            os.kill(keeper.pid, signal.SIGCONT)
        self.assertEqual(second.wait(PATIENCE_S), 0, self.log("second"))


class NestedTest(RunLockCase, Contained):
    def nested_tree(self, prefix=""):
        return self.project(f"""
foreach(i 1 2)
  add_test(NAME outer${{i}} COMMAND {prefix} {CTEST} --output-on-failure -R inner${{i}}
    --output-log {self.work}/log${{i}} WORKING_DIRECTORY ${{CMAKE_BINARY_DIR}})
  add_test(NAME inner${{i}} COMMAND @P@/record_interval {self.work}/spans 300)
endforeach()
""")

    def intervals(self):
        lines = (self.work / "spans").read_text().splitlines()
        return sorted((int(line.split()[0]), int(line.split()[1])) for line in lines)

    def test_a_ctest_inside_a_test_does_not_wait_for_the_run_around_it(self):
        for prefix in ("", "env -i", "setsid -w"):
            with self.subTest(prefix=prefix):
                tree = self.nested_tree(prefix)
                ran = self.ctest(tree, "-R", "^outer1$", "--output-on-failure")
                self.assertEqual(ran.returncode, 0, ran.text)
                self.assertNotIn("waiting for", ran.text + self.log("log1"))
                wait_until(lambda tree=tree: no_keeper_of(tree), "the keeper to end")

    def test_two_nested_siblings_exclude_one_another(self):
        for prefix in ("", "env -i", "env -i setsid -w"):
            with self.subTest(prefix=prefix):
                (self.work / "spans").unlink(missing_ok=True)
                tree = self.nested_tree(prefix)
                ran = self.ctest(tree, "-j2", "-R", "^outer", "--output-on-failure")
                self.assertEqual(ran.returncode, 0, ran.text)
                one, two = self.intervals()
                self.assertLess(one[1], two[0])

    def test_in_a_pid_namespace_too(self):
        """In there the outer ctest cannot be seen."""
        self.need("pidns")
        self.settings("pidns")
        tree = self.nested_tree("env -i")
        ran = self.finish(*apart(CTEST, "-j2", "-R", "^outer", "--output-on-failure"), cwd=tree)
        text = (ran.stdout + ran.stderr).decode()
        self.assertEqual(ran.returncode, 0, text)
        one, two = self.intervals()
        self.assertLess(one[1], two[0])

    def test_so_do_one_with_its_environment_and_one_without(self):
        tree = self.project(f"""
foreach(i 1 2)
  set(prefix)
  if(i EQUAL 2)
    set(prefix env -i)
  endif()
  add_test(NAME outer${{i}} COMMAND ${{prefix}} {CTEST} -R inner${{i}}
    --output-log {self.work}/log${{i}} WORKING_DIRECTORY ${{CMAKE_BINARY_DIR}})
  add_test(NAME inner${{i}} COMMAND @P@/record_interval {self.work}/spans 300)
endforeach()
""")
        ran = self.ctest(tree, "-j2", "-R", "^outer", "--output-on-failure")
        self.assertEqual(ran.returncode, 0, ran.text)
        one, two = self.intervals()
        self.assertLess(one[1], two[0])


@unittest.skipUnless(os.geteuid() == 0, "needs root, to mount")
class ReadOnlyTest(RunLockCase):
    def test_a_read_only_tree_is_one_warning_and_tests_run(self):
        need_mounts(self)
        tree = self.project("".join(f"add_test(NAME t{i} COMMAND true)\n" for i in range(4)))
        (tree / "Testing/Temporary").mkdir(parents=True)
        ran = self.finish("unshare", "-m", "sh", "-ec",
                          f'mount --bind "{tree}" "{tree}"; cd "{tree}"; mount --bind Testing Testing; '
                          f'mount -o remount,bind,ro "{tree}"; cd "{tree}"; {CTEST} -j2')
        text = (ran.stdout + ran.stderr).decode()
        self.assertIn("100% tests passed, 0 tests failed out of 4", text)
        said = [line for line in text.splitlines() if "holdfast: " in line]
        self.assertEqual(len(said), 1, text)
        self.assertIn("another may be at work", said[0])
        self.assertIn("Read-only file system", said[0])


class WithoutLocksTest(RunLockCase):
    def test_a_file_system_without_locks_is_one_warning_and_tests_run(self):
        tree = self.project("add_test(NAME t COMMAND true)\n")
        ran = self.finish(*WITHOUT_CALL, "ENOLCK", "flock", CTEST, cwd=tree)
        text = unfolded((ran.stdout + ran.stderr).decode())
        self.assertEqual(ran.returncode, 0, text)
        self.assertIn("100% tests passed, 0 tests failed out of 1", text)
        said, = [line for line in text.splitlines() if line.startswith("holdfast: ignoring ")]
        self.assertIn(f"ignoring that another run may be at work in {tree}: failed to ", said)
        self.assertIn("No locks available", said)


if __name__ == "__main__":
    unittest.main()
