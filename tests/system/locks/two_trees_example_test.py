"""Runs examples/two-trees as its page says: the same lock over two build trees."""

import fcntl
import re
import subprocess

import own_locks
from support import CMAKE, CTEST, PATIENCE_S, SOURCES, STAGE, ProjectCase, unfolded, verdicts

EXAMPLE = SOURCES / "examples/two-trees"
TESTS = ("import", "query", "export")


@own_locks.needed
class TwoTreesExampleTest(ProjectCase):
    def tree(self, name):
        tree = self.work / name
        made = self.finish(CMAKE, "-S", EXAMPLE, "-B", tree,
                           f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={STAGE}/lib/cmake/Holdfast/Holdfast.cmake")
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        return tree

    def test_all_six_pass_one_at_a_time_and_each_that_waits_says_for_whom(self):
        trees = [self.tree(name) for name in ("a", "b")]
        begun = []
        for tree in trees:
            with open(tree / "log", "wb") as log:
                begun.append(self.start(CTEST, "--test-dir", tree, "-j4", stdout=log, stderr=subprocess.STDOUT))
        codes = [one.wait(4 * PATIENCE_S) for one in begun]
        logs = [(tree / "log").read_text() for tree in trees]
        self.assertEqual(codes, [0, 0], "".join(logs))
        waits = 0
        for log, tree, other in zip(logs, trees, reversed(trees)):
            # A test fails if it meets another one in the database.
            self.assertEqual(verdicts(log), {name: "Passed" for name in TESTS}, log)
            told = re.findall(r'^holdfast: "(\w+)" waiting for lock database.*: database.* is held by '
                              rf'"(?:{"|".join(TESTS)})" \(pid \d+, tree {re.escape(str(other))}\)', unfolded(log),
                              re.MULTILINE)
            # A wait is told after 0.2 s. On a busy machine it may end before that is done.
            waited = [one["test"] for one in self.records(self.runs(tree)[-1], "attempt_ended")
                      if one["lock_wait_s"] > 0.7]
            self.assertLessEqual(set(waited), set(told), log)
            waits += len(waited)
        # Both ran at the same time, so the check means something.
        self.assertGreater(waits, 0, "".join(logs))
        self.assert_nothing_left()

    def test_a_test_that_meets_another_one_in_the_database_fails(self):
        tree = self.tree("a")
        with open(self.work / "database", "wb") as database:
            fcntl.flock(database, fcntl.LOCK_EX)
            done = self.ctest(tree, "--output-on-failure")
        self.assertEqual(verdicts(done.text), {name: "***Failed" for name in TESTS}, done.text)
        self.assertEqual(done.text.count("database is in use by another test"), len(TESTS), done.text)


if __name__ == "__main__":
    own_locks.main()
