"""Any three of launcher, guard, keeper and ctest are killed or stopped at the same time. Nothing of
the test survives the next `holdfast reap` or the next run of the tree.

triples_test.py [whole]: `whole` takes all cells instead of a choice.

A cell is a triple and what each of its processes gets: K (SIGKILL) or S (SIGSTOP). The test is a
daemon that has called setsid, has forked twice, has neither environment nor descriptors, and
ignores every signal that it can. Its main process holds the output, and it has a lock."""

import itertools
import os
import signal
import sys
import unittest

from endings import GRACE_S, How
from endings_case import EndingsCase
from forsaken import stopped
from support import (CTEST, HOLDFAST, ProjectCase, children_of, is_alive, keepers_of, name_of, process, processes_of,
                     program, wait_until)

WHOLE = False

HIDES = How("is a deaf daemon without anything", "orphan setsid closed bare deaf")
NAMES = ("launcher", "guard", "keeper", "ctest")
# How long reap or the next run may take: the grace of the test, the 7 s that a launcher may need
# after it, and more for a busy machine.
BOUND_S = 2 * GRACE_S + 7 + 15


def all_cells():
    for triple in itertools.combinations(NAMES, 3):
        for fates in itertools.product("KS", repeat=3):
            yield dict(zip(triple, fates))


def name_of_cell(fate):
    return " ".join(f"{name}:{fate[name]}" for name in fate)


# A run is suspended (Ctrl-Z), and not over, as long as its ctest is stopped and its launcher lives.
def is_suspended(fate):
    return fate.get("ctest") == "S" and fate.get("launcher") != "K"


# Launcher and guard are continued while ctest runs, so they look after their test again.
def goes_on(fate):
    return "ctest" not in fate and fate["launcher"] == fate["guard"] == "S"


# Of each triple all killed, all stopped, and the worst of the others.
CHOSEN = ("launcher:K guard:K keeper:K", "launcher:S guard:S keeper:S", "launcher:K guard:S keeper:K",
          "launcher:S guard:K keeper:S", "launcher:K guard:K ctest:K", "launcher:S guard:S ctest:S",
          "launcher:S guard:S ctest:K", "launcher:S keeper:K ctest:K", "launcher:S keeper:S ctest:S",
          "launcher:S keeper:S ctest:K", "guard:S keeper:K ctest:K", "guard:S keeper:S ctest:S")


def cells():
    return [fate for fate in all_cells() if WHOLE or name_of_cell(fate) in CHOSEN]


class TriplesTest(EndingsCase, ProjectCase):
    def setUp(self):
        super().setUp()
        self.lock = self.lock_name()
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(f"[profile.default]\ngrace = {GRACE_S}\n")
        self.tree = self.project(
            f"add_test(NAME next COMMAND {program('exit_with')} 0)\n"
            f"add_test(NAME hides COMMAND {self.hide} {self.pid_file(HIDES.target)} {HIDES.words})\n"
            f"set_tests_properties(hides PROPERTIES HOLDFAST_LOCKS {self.lock}@user)\n")

    def test_nothing_survives_the_next_reap(self):
        for fate in cells():
            with self.subTest(name_of_cell(fate)), self.struck(fate):
                if is_suspended(fate):
                    self.assert_left_alone(fate)
                    self.end_suspended()
                self.reap()
                self.end_what_goes_on(fate)
                self.assert_nothing_survives()

    def test_nothing_survives_the_next_run(self):
        for fate in cells():
            if fate.get("ctest") == "S":
                continue  # it has the tree, and the next run waits for it
            with self.subTest(name_of_cell(fate)), self.struck(fate):
                after = self.start(CTEST, "-R", "next", cwd=self.tree, stdout=-3, stderr=-3)
                self.end_what_goes_on(fate)
                self.assertEqual(after.wait(2 * BOUND_S), 0)
                self.assert_nothing_survives()

    def test_who_is_continued_later_ends_the_test_as_if_nothing_had_been(self):
        for triple in itertools.combinations(NAMES, 3):
            with self.subTest(triple), self.struck(dict.fromkeys(triple, "S")):
                for name in triple:
                    os.kill(self.four[name].pid, signal.SIGCONT)
                os.kill(self.four["launcher"].pid, signal.SIGTERM)
                self.assertEqual(self.ran.wait(BOUND_S), 8)
                self.assert_all_gone()
                ended, = self.records(self.runs(self.tree)[-1], "attempt_ended")
                self.assertEqual(ended["outcome"], "interrupted")

    def struck(self, fate):
        case = self

        class Cell:
            def __enter__(self):
                case.begin_cell()
                case.strike(fate)

            def __exit__(self, *failure):
                if failure[0] is not None:
                    print(f"{name_of_cell(fate)}: " + " ".join(
                        f"{name}={case.describe(one)}" for name, one in case.four.items()))
                case.clear()

        return Cell()

    def begin_cell(self):
        file = self.fresh(HIDES.target)
        self.ran = begun = self.begin(HIDES, CTEST, "-R", "^hides$", cwd=self.tree)
        ctest = process(begun.pid)
        launcher = wait_until(lambda: next((process(pid) for pid in children_of(begun.pid)
                                            if name_of(pid).startswith("holdfast-launch")), None), "the launcher")
        keeper, = keepers_of(self.tree)
        self.four = {"launcher": launcher, "guard": self.guard_of(launcher.pid), "keeper": keeper, "ctest": ctest}
        self.left = [process(pid) for pid in self.read_pids(file)]

    def strike(self, fate):
        """All are stopped before one is killed, so that none acts on another's death."""
        for name in fate:
            os.kill(self.four[name].pid, signal.SIGSTOP)
        for name in fate:
            wait_until(lambda name=name: stopped(self.four[name].pid), f"{name} to stop")
        killed = [self.four[name] for name in fate if fate[name] == "K"]
        for one in killed:
            os.kill(one.pid, signal.SIGKILL)
        for one in killed:
            wait_until(lambda one=one: not is_alive(one), f"the end of {one}")

    def reap(self):
        done = self.finish(HOLDFAST, "reap", "--tree", self.tree, bound=BOUND_S)
        self.assertEqual((done.returncode, done.stderr), (0, b""), done)

    def assert_left_alone(self, fate):
        """Only who gave the launcher's and ctest's stop may end it. A launcher that is alone ends its
        test once its guard is killed, and a guard once its launcher is."""
        self.reap()
        for name, what in fate.items():
            if what == "S" and name in ("launcher", "ctest"):
                self.assertTrue(stopped(self.four[name].pid), name)

    def end_suspended(self):
        os.kill(self.four["ctest"].pid, signal.SIGKILL)
        self.ran.wait(BOUND_S)

    def end_what_goes_on(self, fate):
        if goes_on(fate):
            for name in ("launcher", "guard"):
                wait_until(lambda name=name: not stopped(self.four[name].pid), f"{name} to go on", BOUND_S)
            self.assertTrue(is_alive(self.left[0]))
            os.kill(self.four["launcher"].pid, signal.SIGTERM)

    def assert_nothing_survives(self):
        # A launcher, guard or keeper that was not struck acts by itself, within its time.
        wait_until(lambda: not processes_of(self.hide), lambda: f"the end of {processes_of(self.hide)}", BOUND_S)
        if self.ran.poll() is None:
            self.ran.send_signal(signal.SIGCONT)
            self.ran.wait(BOUND_S)
        self.assert_all_gone()

    def assert_all_gone(self):
        for name, one in self.four.items():
            wait_until(lambda one=one: not is_alive(one), f"the end of the {name}", BOUND_S)
        self.assert_gone(self.left, 0)
        free = self.finish(HOLDFAST, "run", "--lock", f"{self.lock}@user", "--lock-timeout", "5s", "--", "true")
        self.assertEqual(free.returncode, 0, free)

    def describe(self, one):
        if not is_alive(one):
            return "gone"
        return "stopped" if stopped(one.pid) else "alive"

    def clear(self):
        for one in self.four.values():
            if is_alive(one):
                os.kill(one.pid, signal.SIGKILL)
        self.end_hidden(HIDES)
        if self.ran.poll() is None:
            self.ran.kill()
            self.ran.wait()


if __name__ == "__main__":
    WHOLE = "whole" in sys.argv[1:]
    unittest.main(argv=[sys.argv[0], *(word for word in sys.argv[1:] if word != "whole")])
