"""The order in which ctest starts tests: `holdfast ctest --order`, and the setting `order`."""

import contextlib
import re
import sqlite3
import unittest

from selecting import ODD, SelectCase, adding

TIMES_MS = {"t1": 50, "t2": 400, "t3": 100, "t4": 200}


class OrderTest(SelectCase):
    def remember_times(self, tree):
        """As if the tests had taken these times in all runs."""
        self.ours("history", "t1", cwd=tree)  # puts the runs into the history
        self.write_times(tree / ".holdfast/history.sqlite", TIMES_MS)

    def timed(self, properties=""):
        """A tree with a run on record."""
        tree = self.project(adding(*TIMES_MS) + properties)
        self.run_all(tree)
        self.remember_times(tree)
        return tree

    def setting(self, order):
        (self.work / "project/holdfast.toml").write_text(f'[profile.default]\norder = "{order}"\n')

    def forget_costs(self, tree):
        """ctest's own memory of times and failures."""
        (tree / "Testing/Temporary/CTestCostData.txt").unlink(missing_ok=True)

    def test_the_longest_first(self):
        tree = self.timed()
        self.assertEqual(self.starts(tree), ["t1", "t2", "t3", "t4"])
        for jobs in ("1", "2"):
            self.forget_costs(tree)
            # With two jobs, tests that begin together may be on record in any order.
            said = self.ours("ctest", "--order", "longest-first", "--", "-j", jobs, cwd=tree).stdout.decode()
            self.over(tree)
            self.assertEqual(re.findall(r"Start +\d+: (\S+)", said), ["t2", "t4", "t3", "t1"])
            if jobs == "1":
                self.assertEqual(self.starts(tree), ["t2", "t4", "t3", "t1"])
            self.remember_times(tree)
        self.select(tree, "--order", "as-is")
        self.assertEqual(self.starts(tree), ["t1", "t2", "t3", "t4"])

    def test_what_failed_first(self):
        names = ["t1", "t2", "t3", "t4", "dep", "base"]
        text = self.failing(*names) + adding(*ODD, command="false") + "set_tests_properties(dep PROPERTIES DEPENDS base)\n"
        tree = self.project(text)
        self.flag("t3").touch()
        self.flag("dep").touch()
        self.run_all(tree, code=8)
        red = ["base", "dep", "t3", *ODD]
        for jobs in ("1", "2"):
            self.run_all(tree, "-R", "t1")  # ctest forgets what failed
            self.forget_costs(tree)
            self.select(tree, "--order", "failed-first", "--", "-j", jobs, code=8)
            # Tests that begin together may be on record in any order.
            self.assertLessEqual(set(red), set(self.starts(tree)[:len(red) + int(jobs) - 1]))

    def test_the_order_of_chosen_tests(self):
        tree = self.timed()
        self.select(tree, "--shard", "1/1", "--order", "longest-first", "--", "-E", "t4")
        self.assertEqual(self.starts(tree), ["t2", "t3", "t1"])

    def test_a_setting_reaches_plain_ctest(self):
        tree = self.timed()
        self.setting("longest-first")
        self.run_all(tree)
        self.assertEqual(self.starts(tree), ["t2", "t4", "t3", "t1"])
        self.assertTrue((tree / ".holdfast/order.cmake").exists())
        self.select(tree, "--order", "as-is")
        self.assertEqual(self.starts(tree), ["t1", "t2", "t3", "t4"])
        self.setting("as-is")
        self.run_all(tree)
        self.assertEqual(self.starts(tree), ["t1", "t2", "t3", "t4"])
        self.assertFalse((tree / ".holdfast/order.cmake").exists())

    def test_failures_first_by_the_setting(self):
        tree = self.project(self.failing("t1", "t2", "t3"))
        self.setting("failed-first")
        self.flag("t3").touch()
        self.run_all(tree, code=8)
        self.run_all(tree, code=8)
        self.assertEqual(self.starts(tree), ["t3", "t1", "t2"])

    def test_an_order_reads_no_more_results_than_20_runs_of_all_tests_have(self):
        self.flag("t3").touch()
        for runs, order in ((58, ["t3", "t1", "t2"]), (70, ["t1", "t2", "t3"])):
            tree = self.project(self.failing("t1", "t2", "t3"), f"project {runs}", f"build {runs}")
            self.run_all(tree, code=8)
            self.ours("history", "t1", cwd=tree)
            # Later runs of the test in the middle.
            with contextlib.closing(sqlite3.connect(tree / ".holdfast/history.sqlite")) as history, history:
                for number in range(1, runs + 1):
                    history.execute("INSERT INTO run SELECT id + ?1, name || ?1, started + ?1 / 1e6, ended, complete "
                                    "FROM run WHERE id=1", (number,))
                    history.execute("INSERT INTO result SELECT run + ?, test, outcome, grade, 1, 1, 0, 0 FROM result "
                                    "JOIN test ON test.id=test WHERE run=1 AND name='t2'", (number,))
            self.assertEqual(self.select(tree, "--failed", "--", "-N"), "holdfast: 1 test (1 red when last seen, 0 not begun)\n")
            self.select(tree, "--order", "failed-first", code=8)
            self.assertEqual(self.starts(tree), order, runs)

    def test_a_cost_of_the_project_wins(self):
        tree = self.timed("set_tests_properties(t1 PROPERTIES COST 5000)\n")
        self.select(tree, "--order", "longest-first")
        self.assertEqual(self.starts(tree), ["t1", "t2", "t4", "t3"])

    def test_a_wrong_setting_is_said(self):
        tree = self.project(adding("t"))
        self.setting("random")
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 8)
        self.assertIn('order in [profile.default]: found "random", expected "as-is", "failed-first" or "longest-first"',
                      done.text)

    def test_an_order_that_cannot_be_known_does_not_stop_a_run(self):
        tree = self.project(adding("t"))
        self.setting("longest-first")
        done = self.ctest(tree, env=self.environment(HOLDFAST_HISTORY="relative"))
        self.over(tree)
        self.assertEqual(done.returncode, 0, done.text)
        self.assertIn("holdfast: ignoring the order of tests: HOLDFAST_HISTORY", done.text)


if __name__ == "__main__":
    unittest.main()
