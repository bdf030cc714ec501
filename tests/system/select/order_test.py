"""The order in which ctest starts tests: `holdfast ctest --order`, and the setting `order`."""

import contextlib
import sqlite3
import unittest

from selecting import ODD, SelectCase, adding

SLEEPS = {"t1": "0.05", "t2": "0.4", "t3": "0.1", "t4": "0.2"}


class OrderTest(SelectCase):
    def sleeping(self):
        return "".join(adding(name, command=f"sleep {time}") for name, time in SLEEPS.items())

    def setting(self, order):
        (self.work / "project/holdfast.toml").write_text(f'[profile.default]\norder = "{order}"\n')

    def forget_costs(self, tree):
        """ctest's own memory of times and failures."""
        (tree / "Testing/Temporary/CTestCostData.txt").unlink(missing_ok=True)

    def test_the_longest_first(self):
        tree = self.project(self.sleeping())
        self.run_all(tree)
        self.assertEqual(self.starts(tree), ["t1", "t2", "t3", "t4"])
        for jobs in ("1", "2"):
            self.forget_costs(tree)
            self.select(tree, "--order", "longest-first", "--", "-j", jobs)
            # With two jobs, the two first ones may be on record in any order.
            order = self.starts(tree)
            self.assertEqual(sorted(order[:2]) + order[2:] if jobs == "2" else order, ["t2", "t4", "t3", "t1"])
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
            self.assertEqual(sorted(self.starts(tree)[:len(red)]), sorted(red))

    def test_the_order_of_chosen_tests(self):
        tree = self.project(self.sleeping())
        self.run_all(tree)
        self.select(tree, "--shard", "1/1", "--order", "longest-first", "--", "-E", "t4")
        self.assertEqual(self.starts(tree), ["t2", "t3", "t1"])

    def test_a_setting_reaches_plain_ctest(self):
        tree = self.project(self.sleeping())
        self.setting("longest-first")
        self.run_all(tree)
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
                    history.execute("INSERT INTO result SELECT run + ?, test, outcome, grade, 1, 1, 0 FROM result "
                                    "JOIN test ON test.id=test WHERE run=1 AND name='t2'", (number,))
            self.assertEqual(self.select(tree, "--failed", "--", "-N"), "holdfast: 1 test (1 red when last seen, 0 not begun)\n")
            self.select(tree, "--order", "failed-first", code=8)
            self.assertEqual(self.starts(tree), order, runs)

    def test_a_cost_of_the_project_wins(self):
        tree = self.project(self.sleeping() + "set_tests_properties(t1 PROPERTIES COST 5000)\n")
        self.run_all(tree)
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
