"""The keeper of a run is killed at a random moment. The run's summary, JSON, JUnit and `holdfast
failed` say of each test what ctest said on its console, or name it as unknown; none is missing.

  lost_keeper_test.py SEED [ROUNDS]"""

import json
import os
import random
import signal
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree as ElementTree
from collections import Counter

from storm import BARE_TESTS, KINDS, TOLD_BY_A_LIST, kinds_text
from storm_console import NOT_STARTED, Said, each_said, each_summary, outcome_of, verdict_of
from support import CTEST, HOLDFAST, ProjectCase, keepers_of, no_keeper_of, wait_until

SEED = 1
ROUNDS = 3
JOBS = 4


class LostKeeperTest(ProjectCase):
    def test_each_test_is_told_as_on_the_console(self):
        (self.work / "project").mkdir()
        # Without a grace, tests end sooner at their limits.
        (self.work / "project/holdfast.toml").write_text("[profile.default]\ngrace = 0\n")
        tree = self.project(kinds_text(self.lock_name()))
        chance = random.Random(SEED)
        began = time.monotonic()
        self.round(tree, None, "undisturbed")
        length = time.monotonic() - began
        met = Counter()
        for number in range(ROUNDS):
            delay = chance.uniform(0, length)
            met += self.round(tree, delay, f"round {number} of seed {SEED}, killed after {delay:.3f} s")
        print(f"seed {SEED}: {ROUNDS} rounds of {length:.1f} s, {dict(met)}")
        self.assertGreater(met["killed"], 0)

    def round(self, tree, delay, where):
        """One run. Its keeper is killed after `delay` seconds, unless it has ended."""
        ctest = self.start(CTEST, f"-j{JOBS}", cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        killed = False
        if delay is not None:
            keeper = wait_until(lambda: keepers_of(tree), "the keeper")[0]
            time.sleep(delay)  # the moment of the kill is what is random here
            try:
                os.kill(keeper.pid, signal.SIGKILL)
                killed = True
            except ProcessLookupError:
                pass
        text = ctest.communicate()[0].decode(errors="replace")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        where = f"{where}\n{text}"
        said, = each_said(text)
        report = self.report(tree, where)
        self.compare(said, report, killed, where)
        self.summary_agrees(said, text, where)
        self.junit_agrees(tree, report, where)
        self.failed_agrees(tree, said, report, where)
        unknown = Counter(f"unknown: {test['name']}" for test in report["tests"] if test["outcome"] == "unknown")
        return Counter(killed=killed, tests=len(said.words)) + unknown

    def report(self, tree, where):
        done = self.finish(HOLDFAST, "report", "--tree", tree, "--format", "json")
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1 if report["counts"]["unknown"] else 0, where)
        return report

    def compare(self, said, report, killed, where):
        told = {test["name"]: test for test in report["tests"]}
        self.assertEqual(sorted(told), sorted(said.words), where)
        self.assertTrue(report["run"]["complete"], where)
        for name, words in said.words.items():
            test = told[name]
            if test["outcome"] == "unknown":
                self.assertIn(name, TOLD_BY_A_LIST, f"{test} in {where}")
                continue
            is_unseen = name in BARE_TESTS or (killed and not test["attempts"])
            self.assertEqual(test["outcome"], outcome_of(words, is_unseen), f"{test} in {where}")
            self.assertEqual(test["verdict"], verdict_of(words), f"{test} in {where}")

    def summary_agrees(self, said, text, where):
        summary, = each_summary(text)
        through = [name for name, words in said.words.items()
                   if name not in BARE_TESTS and words not in NOT_STARTED]
        self.assertEqual(summary.through + summary.not_through, len(said.words), where)
        self.assertLessEqual(summary.through, len(through), where)

    def junit_agrees(self, tree, report, where):
        done = self.finish(HOLDFAST, "report", "--tree", tree, "--format", "junit")
        root = ElementTree.fromstring(done.stdout)
        red = {case.get("name") for case in root.iter("testcase")
               if case.find("failure") is not None or case.find("error") is not None}
        expected = {test["name"] for test in report["tests"]
                    if test["verdict"] == "failed" or test["outcome"] == "unknown"}
        self.assertEqual(red, expected, where)

    def failed_agrees(self, tree, said, report, where):
        done = self.finish(HOLDFAST, "failed", "--tree", tree, "--format", "json")
        # A test that an earlier run left there does not count.
        listed = {row["test"] for row in json.loads(done.stdout)["failed"] if row["run"] == report["run"]["id"]}
        red = {name for name, words in said.words.items() if verdict_of(words) == "failed"}
        unknown = {test["name"] for test in report["tests"] if test["outcome"] == "unknown"}
        self.assertEqual(listed - unknown, red - unknown, where)


if __name__ == "__main__":
    words = sys.argv[1:]
    if words:
        SEED = int(words[0])
    if len(words) > 1:
        ROUNDS = int(words[1])
    unittest.main(argv=sys.argv[:1])
