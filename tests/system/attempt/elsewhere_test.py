"""A run is in another PID namespace. Its processes cannot be looked up, so its lock and its keeper
tell whether it goes on."""

import json
import os
import signal
import unittest

from needs import need
from places import OWN_PROC, AsUnknownUser, need_namespace
from processes import children_of
from support import CTEST, HOLDFAST, PATIENCE_S, ProjectCase, no_keeper_of, wait_until

NOTHING = b"nothing is left of earlier runs\n"
READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && shift && exec "$@"'


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

    def report(self, *before):
        shown = self.finish(*before, HOLDFAST, "report", "--format", "json", cwd=self.tree)
        self.assertEqual(shown.returncode, 0, shown)
        return json.loads(shown.stdout)

    def outcome(self, *before):
        return self.report(*before)["tests"][0]["outcome"]

    def begin_and_kill(self):
        begun = self.begin("")
        for first in children_of(begun.pid):
            os.kill(first, signal.SIGKILL)  # this ends all others there, the keeper too
        begun.wait(PATIENCE_S)
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")

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
        """The run has no lock on the tree."""
        self.check_that_it_is_let_be('[profile.default]\nruns = "allow"\n')

    def test_one_that_was_killed_is_tidied_in_words_that_claim_no_more_than_is_known(self):
        self.begin_and_kill()
        self.assertEqual(self.outcome(), "interrupted")
        self.assertIn(b"tidied 1 run: 1 attempt recorded as interrupted", self.reap().stdout)
        attempt, run = self.ended()
        self.assertEqual((attempt["outcome"], run["complete"]), ("interrupted", False))
        self.assertIn("of its processes nothing is known in this PID namespace", attempt["note"])

    def those_who_may_not_write(self):
        another = AsUnknownUser().words(self)
        read_only = ["unshare", "-m", "--propagation", "private", "sh", "-c", READ_ONLY, "sh", str(self.tree)]
        need(self, [*read_only, "true"], "no mount namespace to be had")
        return {"another user": another, "a read-only mount": read_only}

    def test_who_may_not_write_is_told_that_it_goes_on(self):
        ctest = self.begin("")
        for who, words in self.those_who_may_not_write().items():
            self.assertEqual(self.outcome(*words), "unknown", who)
        (self.work / "go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)

    def test_who_may_not_write_is_told_that_it_was_killed(self):
        self.begin_and_kill()
        for who, words in self.those_who_may_not_write().items():
            self.assertEqual(self.outcome(*words), "interrupted", who)

    def test_a_lock_that_may_not_be_looked_at_is_no_witness(self):
        self.begin_and_kill()
        another = self.those_who_may_not_write()["another user"]
        lock = self.tree / ".holdfast/run-lock/lock"
        lock.chmod(0o600)
        need(self, [*another, "test", "!", "-r", str(lock)], "who is another user may read all the same")
        self.assertEqual(self.outcome(*another), "interrupted")

    def test_one_of_an_earlier_boot_is_over_whatever_its_keeper_says(self):
        ctest = self.begin("")
        journal = self.run_there / "journal.jsonl"
        boot = self.records(self.run_there, "run_started")[0]["boot"].partition("/")[0]
        with open(journal, "r+b") as file:
            at = file.read().index(boot.encode())
            file.seek(at)
            file.write(b"0" * len(boot))
        self.assertEqual(self.outcome(), "interrupted")
        (self.work / "go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)


if __name__ == "__main__":
    unittest.main()
