"""A run in another PID namespace: its processes cannot be looked up, so its lock and its keeper tell whether it goes on."""

import json
import os
import signal
import unittest

from places import OWN_PROC, need_namespace
from processes import children_of
from support import CTEST, HOLDFAST, PATIENCE_S, ProjectCase, keepers_of, wait_until

NOTHING = b"nothing is left of earlier runs\n"


@unittest.skipUnless(os.geteuid() == 0, "needs root, to be the same user in there")
class ElsewhereTest(ProjectCase):
    def begin(self, settings):
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(settings)
        script = self.work / "script"
        script.write_text(f"touch {self.work}/begun\nuntil test -e {self.work}/go; do sleep 0.02; done\n")
        self.tree = self.project(f"add_test(NAME stays COMMAND sh {script})\n")
        begun = self.start(*need_namespace(self, OWN_PROC), CTEST, cwd=self.tree, stdout=-3, stderr=-3)
        wait_until((self.work / "begun").exists, "the test to begin")
        self.run_there, = self.runs(self.tree)
        return begun

    def reap(self):
        return self.finish(HOLDFAST, "reap", "--tree", self.tree)

    def report(self):
        shown = self.finish(HOLDFAST, "report", "--format", "json", cwd=self.tree)
        return json.loads(shown.stdout)

    def ended(self):
        return self.records(self.run_there, "attempt_ended", "run_ended")

    def check_that_it_is_let_be(self, settings):
        ctest = self.begin(settings)
        self.assertEqual(self.reap().stdout, NOTHING)
        self.assertEqual(self.ended(), [])
        self.assertEqual(self.report()["tests"][0]["outcome"], "unknown")
        self.assertIn(b"still running", self.finish(HOLDFAST, "report", cwd=self.tree).stdout)
        (self.work / "go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        self.assertEqual([(r["type"], r.get("outcome")) for r in self.ended()],
                         [("attempt_ended", "passed"), ("run_ended", None)])

    def test_it_goes_on_while_it_has_the_tree(self):
        self.check_that_it_is_let_be("")

    def test_it_goes_on_while_its_keeper_listens(self):
        """It has no lock on the tree."""
        self.check_that_it_is_let_be('[profile.default]\nruns = "allow"\n')

    def test_one_that_was_killed_is_tidied_in_words_that_claim_no_more_than_is_known(self):
        begun = self.begin("")
        for first in children_of(begun.pid):
            os.kill(first, signal.SIGKILL)  # with it go all, the keeper too
        begun.wait(PATIENCE_S)
        wait_until(lambda: not keepers_of(self.tree), "the keeper to end")
        self.assertEqual(self.report()["tests"][0]["outcome"], "interrupted")
        self.assertIn(b"tidied 1 run: 1 attempt recorded as interrupted", self.reap().stdout)
        attempt, run = self.ended()
        self.assertEqual((attempt["outcome"], run["complete"]), ("interrupted", False))
        self.assertIn("of its processes nothing is known in this PID namespace", attempt["note"])


if __name__ == "__main__":
    unittest.main()
