"""`holdfast run -- ctest` is told to end while tests resist. When the grace is over, it kills the
tests first, and the processes that look after them end by themselves."""

import os
import signal
import unittest

from endings import GRACE_S, HOWS, TERM
from endings_case import EndingsCase
from support import (CTEST, HOLDFAST, PATIENCE_S, ProjectCase, keepers_of, process, stat_of, wait_until)

NEEDS_KILL = [how for how in HOWS if {"deaf", "spawning", "stopped"} & set(how.words.split())]


class RunAroundCtestTest(EndingsCase, ProjectCase):
    # The grace of the outermost, and one that it cuts short.
    GRACES_OF_TESTS_S = (GRACE_S, 100 * GRACE_S)

    def begin_around(self, how, grace_of_tests, grace=GRACE_S):
        self.lock = self.lock_name()
        tree = self.project(f"add_test(NAME t COMMAND {self.hide} {self.pid_file(how.target)} {how.words})\n"
                            f"set_tests_properties(t PROPERTIES HOLDFAST_LOCKS {self.lock}@user)\n")
        (self.work / "project/holdfast.toml").write_text(f"[profile.default]\ngrace = {grace_of_tests}\n")
        return tree, self.begin(how, HOLDFAST, "run", "--grace", f"{grace}s", "--", CTEST, cwd=tree)

    def test_each_test_has_its_record_and_its_lock_to_its_end(self):
        for how in NEEDS_KILL:
            for grace in self.GRACES_OF_TESTS_S:
                with self.subTest(how=how.name, grace=grace):
                    file = self.fresh(how.target)
                    tree, begun = self.begin_around(how, grace)
                    keeper, = keepers_of(tree)
                    witness, result = self.witness(how.target, self.lock, file)
                    begun.send_signal(TERM)
                    self.assertEqual(begun.wait(PATIENCE_S), -TERM)
                    witness.wait(PATIENCE_S)
                    self.assertEqual(result.read_text(), "free\n")
                    self.assert_nothing_left()
                    self.assert_gone([keeper])
                    run = self.runs(tree)[-1]
                    ended, = self.records(run, "attempt_ended")
                    self.assertEqual(ended["outcome"], "interrupted")
                    self.assertEqual([r["complete"] for r in self.records(run, "run_ended")], [False])
                    self.assertEqual(self.finish(HOLDFAST, "reap", cwd=tree).stdout,
                                     b"nothing is left of earlier runs\n")

    def test_who_does_not_come_to_an_end_then_is_killed_too(self):
        how = next(how for how in NEEDS_KILL if how.words == "deaf")
        grace = 10 * GRACE_S
        tree, begun = self.begin_around(how, grace, grace)
        test, = self.announced(self.pid_file(how.target))
        guard = process(int(stat_of(test.pid)[1]))
        launcher = process(int(stat_of(guard.pid)[1]))
        keeper, = keepers_of(tree)
        begun.send_signal(TERM)
        # By then all processes have got the signal, and the stopped ones were continued.
        wait_until(lambda: "ctest has ended" in self.said.read_text(), "the keeper to see it")
        for one in launcher, guard, keeper:
            os.kill(one.pid, signal.SIGSTOP)
        self.assertEqual(begun.wait(PATIENCE_S), -TERM)
        self.assert_gone([launcher, guard, keeper, test], 0)


if __name__ == "__main__":
    unittest.main()
