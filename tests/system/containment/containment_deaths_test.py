"""With a containment no process survives, even if launcher and guard are killed at once.

The test hides as well as it can: it double-forks, calls setsid, closes its descriptors, and clears
its environment and the limit that is its second tag. Without a containment it would survive."""

import os
import signal
import time
import unittest

from contained import Contained, cgroups_of, cgroups_of_run
from forsaken import Forsaken, kill_at_once
from needs import AS_NOBODY, need_reach
from support import (CTEST, HOLDFAST, PATIENCE_S, ProjectCase, children_of, command_of, name_of, no_keeper_of, process,
                     program, wait_until)

GRACE_S = 5
# The grace and 2 s, and more for a machine that is busy with the other tests.
BOUND_S = GRACE_S + 2 + 3


class DeathsTest(Contained, Forsaken, ProjectCase):
    def begin(self, kind, ways=("untagged", "bare", "plain"), more=""):
        self.fresh()
        self.settings(kind)
        tree = self.project(self.forsaken(ways=ways) + more)
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        launcher, guard = self.pair_of(ctest)
        wait_until(lambda: len(self.read_pids(self.pid_file())) > len(ways), "the test to have hidden")
        return tree, ctest, launcher, guard, self.inside(kind, guard, len(ways) + 1)

    def only_end(self, tree, ctest):
        ctest.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        run = self.runs(tree)[-1]
        self.assertEqual(cgroups_of_run(run), [])
        ended, = self.records(run, "attempt_ended")
        return ended

    def test_without_containment_it_gets_away(self):
        tree = self.project(self.forsaken(ways=("untagged",)))
        ctest = self.start(CTEST, cwd=tree, stdout=-3, stderr=-3)
        hidden, = [one for one in self.announced(self.pid_file(), 2) if "linger" in command_of(one.pid)]
        kill_at_once(*self.pair_of(ctest))
        self.assertEqual(self.only_end(tree, ctest)["outcome"], "interrupted")
        self.assertIsNotNone(process(hidden.pid))

    def test_nobody_survives_launcher_and_guard(self):
        for kind in self.each_kind():
            tree, ctest, launcher, guard, inside = self.begin(kind)
            kill_at_once(launcher, guard)
            self.assert_gone(inside, BOUND_S)
            ended = self.only_end(tree, ctest)
            self.assertEqual(ended["outcome"], "interrupted")
            self.assertIn("launcher and guard", ended["note"])
            self.assert_nothing_left()

    def test_nobody_survives_launcher_guard_and_ctest(self):
        for kind in self.each_kind():
            tree, ctest, launcher, guard, inside = self.begin(kind)
            kill_at_once(process(ctest.pid), launcher, guard)
            self.assert_gone(inside, BOUND_S)
            self.assertEqual(self.only_end(tree, ctest)["outcome"], "interrupted")

    def test_the_lock_is_free_only_when_nobody_is_left(self):
        for kind in self.each_kind():
            name = self.lock_name()
            tree, ctest, launcher, guard, inside = self.begin(
                kind, ("untagged",), f'set_tests_properties(hides PROPERTIES HOLDFAST_LOCKS "{name}@user")\n')
            alive = (f'for p in {" ".join(str(one.pid) for one in inside)}; do '
                     'grep -qs "^State:.[^ZX]" /proc/$p/status && exit 1; done; exit 0')
            errors = self.work / "waiter"
            with open(errors, "wb") as log:
                waiter = self.start(HOLDFAST, "run", "--lock", f"{name}@user", "--", "sh", "-c", alive,
                                    stderr=log)
            wait_until(lambda: b"is held by" in errors.read_bytes(), "the waiter to wait")
            kill_at_once(launcher, guard)
            self.assertEqual(waiter.wait(PATIENCE_S), 0, errors.read_text())
            self.assert_gone(inside, 0)
            self.only_end(tree, ctest)

    def test_the_deaf_in_a_cgroup_are_killed_after_the_grace_and_the_lock_waits_for_them(self):
        self.need("cgroup")
        name = self.lock_name()
        tree, ctest, launcher, guard, inside = self.begin(
            "cgroup", ("deaf",), f'set_tests_properties(hides PROPERTIES HOLDFAST_LOCKS "{name}@user")\n')
        kill_at_once(launcher, guard)
        before = time.monotonic()
        waiter = self.start(HOLDFAST, "run", "--lock", f"{name}@user", "--", "true", stderr=-3)
        waiter.wait(PATIENCE_S)
        self.assertGreater(time.monotonic() - before, GRACE_S - 1)
        self.assert_gone(inside, 0)
        self.only_end(tree, ctest)

    def test_of_a_killed_launcher_the_guard_ends_it_and_writes_the_record(self):
        for kind in self.each_kind():
            tree, ctest, launcher, _, inside = self.begin(kind)
            os.kill(launcher.pid, signal.SIGKILL)
            self.assert_gone(inside, BOUND_S)
            ended = self.only_end(tree, ctest)
            self.assertEqual(ended["outcome"], "interrupted")
            self.assertIn("the launcher of the test was killed", ended["note"])

    def test_of_a_killed_guard_the_launcher_ends_it_and_it_is_our_own_failure(self):
        for kind in self.each_kind():
            tree, ctest, _, guard, inside = self.begin(kind)
            os.kill(guard.pid, signal.SIGKILL)
            self.assert_gone(inside, BOUND_S)
            self.assertEqual(self.only_end(tree, ctest)["outcome"], "internal_error")

    def test_nobody_survives_a_pair_that_has_the_keeper_in_it(self):
        for kind in self.each_kind():
            for victim in (0, 1):
                tree, ctest, *pair, inside = self.begin(kind)
                kill_at_once(pair[victim], self.keeper_of(tree))
                self.assert_gone([*inside, *pair], BOUND_S)
                ctest.wait(PATIENCE_S)

    def test_a_crash_and_an_exit_are_recorded_as_ever(self):
        for kind in self.each_kind():
            self.fresh()
            self.settings(kind)
            tree = self.project("""add_test(NAME crashes COMMAND @P@/die_of 11)
add_test(NAME fails COMMAND @P@/exit_with 4)
add_test(NAME passes COMMAND @P@/exit_with 0)
add_test(NAME late COMMAND @P@/spin)
set_tests_properties(late PROPERTIES HOLDFAST_TIMEOUT 500ms)\n""")
            ran = self.ctest(tree, "-j4")
            self.assertIn("crashes (SEGFAULT)", ran.text)
            self.assertIn("late (Timeout)", ran.text)
            wait_until(lambda tree=tree: no_keeper_of(tree), "the keeper to end")
            run = self.runs(tree)[-1]
            self.assertEqual({r["test"]: (r["outcome"], r.get("signal"), r.get("exit_code"))
                              for r in self.records(run, "attempt_ended")},
                             {"crashes": ("crashed", 11, None), "fails": ("failed", None, 4),
                              "passes": ("passed", None, 0), "late": ("timed_out", 9, None)})
            self.assertEqual(cgroups_of_run(run), [])


class WithoutKeeperTest(Contained, Forsaken, ProjectCase):
    def begin(self, kind, *ways, options=()):
        self.fresh()
        self.forsaken()
        begun = self.start(*self.supervised("python3", self.work / "forsaken.py", self.pid_file(),
                                            program("").rstrip("/"), *ways,
                                            options=["--containment", kind, *options], by="holdfast run"),
                           start_new_session=True)
        guard = self.guard_of(begun.pid)
        wait_until(lambda: len(self.read_pids(self.pid_file())) == len(ways) + 1, "the test to have hidden")
        return process(begun.pid), guard, self.inside(kind, guard, len(ways) + 1)

    def test_nobody_survives_launcher_and_guard(self):
        for kind in self.each_kind():
            launcher, guard, inside = self.begin(kind, "untagged", "deaf", options=["--grace", "1s"])
            kill_at_once(launcher, guard)
            self.assert_gone([*inside, guard], 1 + 2 + 3)
            wait_until(lambda launcher=launcher: not cgroups_of(launcher.pid), "the cgroup to go")
            self.assert_nothing_left()

    def test_their_lock_is_free_only_when_nobody_is_left(self):
        for kind in self.each_kind():
            name = self.lock_name()
            launcher, guard, inside = self.begin(kind, "untagged", options=["--lock", f"{name}@user"])
            alive = (f'for p in {" ".join(str(one.pid) for one in inside)}; do '
                     'grep -qs "^State:.[^ZX]" /proc/$p/status && exit 1; done; exit 0')
            errors = self.work / "waiter"
            with open(errors, "wb") as log:
                waiter = self.start(HOLDFAST, "run", "--lock", f"{name}@user", "--", "sh", "-c", alive,
                                    stderr=log)
            wait_until(lambda errors=errors: b"is held by" in errors.read_bytes(), "the waiter to wait")
            kill_at_once(launcher, guard)
            self.assertEqual(waiter.wait(PATIENCE_S), 0, errors.read_text())
            self.assert_gone(inside, 0)

    def test_a_killed_launchers_guard_has_its_grace(self):
        for kind in self.each_kind():
            launcher, guard, inside = self.begin(kind, "deaf", options=["--grace", "1s"])
            before = time.monotonic()
            os.kill(launcher.pid, signal.SIGKILL)
            self.assert_gone([*inside, guard], 1 + 2 + 3)
            self.assertGreater(time.monotonic() - before, 0.9)
            self.assert_nothing_left()

    def test_a_signal_to_the_launchers_group_leaves_the_warden(self):
        for kind in self.each_kind():
            launcher, guard, inside = self.begin(kind, "untagged", options=["--grace", "1s"])
            group = os.getpgid(launcher.pid)
            self.assertNotEqual(group, os.getpgid(0))
            os.killpg(group, signal.SIGKILL)
            self.assert_gone([*inside, guard], 1 + 2 + 3)
            self.assert_nothing_left()

    def test_the_warden_goes_with_the_launcher(self):
        for kind in self.each_kind():
            launcher, _, _ = self.begin(kind, "plain")
            warden, = [process(pid) for pid in children_of(launcher.pid) if name_of(pid) == "holdfast-warden"]
            os.kill(launcher.pid, signal.SIGTERM)
            self.begun[-1].wait(PATIENCE_S)
            self.assert_gone([warden], 0)

    def test_a_killed_warden_is_missed_by_nobody(self):
        for kind in self.each_kind():
            launcher, guard, inside = self.begin(kind, "untagged")
            warden, = [process(pid) for pid in children_of(launcher.pid) if name_of(pid) == "holdfast-warden"]
            os.kill(warden.pid, signal.SIGKILL)
            os.kill(launcher.pid, signal.SIGTERM)
            self.begun[-1].wait(PATIENCE_S)
            self.assert_gone([*inside, guard], 0)
            self.assertEqual(cgroups_of(launcher.pid), [])

    def test_as_another_user(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to be another user; all other tests have been run as this one")
        user = AS_NOBODY
        self.need("pidns", user)
        self.work.chmod(0o777)
        need_reach(self, user)
        self.forsaken()
        begun = self.start(*user, *self.supervised(
            "python3", self.work / "forsaken.py", self.pid_file(), program("").rstrip("/"), "untagged", "deaf",
            options=["--containment", "pidns"]))
        guard = self.guard_of(begun.pid)
        wait_until(lambda: len(self.read_pids(self.pid_file())) == 3, "the test to have hidden")
        inside = self.inside("pidns", guard, 3)
        kill_at_once(process(begun.pid), guard)
        self.assert_gone([*inside, guard], 3)
        shown = self.finish(*user, *self.supervised("sh", "-c", "id -u; id -g; kill -9 $$",
                                                    options=["--containment", "pidns"]))
        self.assertEqual((shown.returncode, shown.stdout, shown.stderr), (-9, b"65534\n65534\n", b""))


if __name__ == "__main__":
    unittest.main()
