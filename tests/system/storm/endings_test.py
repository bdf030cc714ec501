"""Nothing of a test survives it, whoever dies first: the table of endings.py, cell by cell.

endings_test.py [SHARD [PLACE] [whole]]: SHARD names the rows, PLACE where ctest runs (places.py).
`whole` takes all cells instead of a choice, which is smaller elsewhere than here.

In each cell nothing of the test lives after the grace and 2 s. Its lock is free then, but not
before. Its attempt has one outcome, which the report gives, and ctest is not green.
If only tags can find the processes, this holds for those that have a tag and do not fork all the
time. In a containment it holds for all. If ctest is the first process and dies, the kernel ends all
processes, and Holdfast finds out later what it could no longer write."""

import itertools
import json
import os
import sys
import unittest

from contained import Contained
from endings import ALONE, GRACE_S, HOWS, KILL, KILL_OF_LAUNCHER, SHARDS, TERM, cells
from endings_case import EndingsCase
from places import PLACES, Here
from support import (CTEST, HOLDFAST, LAUNCHER, ProjectCase, children_of, keepers_of, process,
                     processes_of, program, wait_until)

SHARD = "alone"
WHOLE = False

# Reasons in the record of an attempt whose processes all died. Nothing is known of processes in
# another PID namespace. But a new namespace may get the number of one that has ended; from inside
# it, Holdfast then knows that they are gone.
FOUND_OUT = ("its run has neither the tree nor a keeper any more", "launcher, guard and keeper were killed")


def chosen(rows):
    every = 5 if type(EndingsCase.place) is Here else len(HOWS)
    return cells(rows, WHOLE, every)


class TableTest(EndingsCase, ProjectCase, Contained):
    def table_project(self, more=""):
        self.locks = {}
        tests = f"add_test(NAME next COMMAND {program('exit_with')} 0)\n"
        for how in HOWS:
            self.locks[how] = self.lock_name()
            tests += (f"add_test(NAME {how.target} COMMAND {self.hide} {self.pid_file(how.target)} "
                      f"{how.words})\nset_tests_properties({how.target} PROPERTIES HOLDFAST_LOCKS "
                      f"{self.locks[how]}@user)\n")
        tree = self.project(tests)
        (self.work / "project/holdfast.toml").write_text(f"[profile.default]\ngrace = {GRACE_S}\n{more}")
        return tree

    def test_table(self):
        self.tree = self.table_project()
        self.place.own(self.work)
        self.ways_to_find_out = itertools.cycle((self.reap, self.run_next, self.run_next_there))
        for who, how in chosen(SHARDS[SHARD]):
            with self.a_cell(who, how):
                if self.place.is_plain:
                    self.plain_cell(who, how)
                else:
                    self.cell(who, how)

    def test_contained(self):
        """The processes that tags do not find, in a containment."""
        self.inside = True
        rows = [who for who in SHARDS[SHARD] if who.by_tags]
        for kind in self.each_kind():
            self.tree = self.table_project(f'containment = "{kind}"\n')
            for who in rows:
                for how in HOWS:
                    if not how.tags:
                        with self.a_cell(who, how, containment=kind):
                            self.cell(who, how, kind)

    def cell(self, who, how, containment=""):
        file = self.fresh(how.target)
        begun = self.begin(how, CTEST, "-R", f"^{how.target}$", cwd=self.tree)
        ctest = self.place.started(begun, CTEST)
        launcher = wait_until(lambda: self.launcher_of(ctest), "the launcher")
        keeper, = keepers_of(self.tree)
        all_of_them = {"ctest": ctest, "launcher": launcher, "keeper": keeper,
                       "guard": self.guard_of(launcher.pid)}
        witness = self.witness(how.target, self.locks[how], file)
        tagged = self.with_a_tag()
        who.strike(all_of_them)
        if self.place.is_first and "ctest" in who.killed:
            self.end_as_first(who, begun, all_of_them, witness)
            return
        if who.killed == ("keeper",):
            self.assert_goes_on(keeper, witness)
            os.kill(launcher.pid, TERM)
        self.assert_ended(who, how, witness, tagged, bool(containment))
        self.assert_gone(all_of_them.values())
        code = self.place.end(begun)
        # ctest exits with 8 when a test failed.
        self.assertEqual(code, self.place.code_of(who.signal) if "ctest" in who.killed else 8)
        run = self.runs(self.tree)[-1]
        self.assert_recorded(who, run, who.note)
        self.assert_reported(who, run)

    def end_as_first(self, who, begun, all_of_them, witness):
        """ctest is the first process. Its death makes the kernel end all others, and it gets no
        signal that it does not handle."""
        if who.signal != KILL:
            self.assert_dropped(who.signal, all_of_them["ctest"], all_of_them.values())
            self.assertIsNone(witness[0].poll())
            os.kill(all_of_them["ctest"].pid, KILL)
        self.assert_all_ended_with_the_first(begun, all_of_them.values(), witness)
        self.assertNotIn("holdfast: ctest has ended", self.said.read_text())
        run = self.runs(self.tree)[-1]
        note = who.note if self.records(run, "attempt_ended") else FOUND_OUT
        self.assert_reported(who, run)
        self.assert_reported(who, run, self.place_words)
        next(self.ways_to_find_out)()
        self.assert_recorded(who, run, note, is_found_out=True)
        self.assert_reported(who, run)
        self.assertEqual(self.reap(), "nothing is left of earlier runs\n")

    def holdfast(self, *words, place=()):
        done = self.finish(*place, HOLDFAST, *words, cwd=self.tree)
        self.assertEqual((done.returncode, done.stderr), (0, b""), done)
        return done.stdout.decode()

    def reap(self):
        return self.holdfast("reap")

    def run_next(self, *place_words):
        # By an expression, because a run of single tests by name shares the tree and tidies
        # nothing.
        done = self.finish(*place_words, CTEST, "-R", "next", cwd=self.tree)
        self.assertEqual(done.returncode, 0, done)

    def run_next_there(self):
        self.run_next(*self.place_words)

    def plain_cell(self, who, how):
        """Holdfast stays out: the test's processes are strangers to it, and the kernel ends them
        with ctest."""
        self.fresh(how.target)
        begun = self.begin(how, CTEST, "-R", f"^{how.target}$", cwd=self.tree)
        ctest = self.place.started(begun, CTEST)
        self.assertIsNone(self.launcher_of(ctest))
        self.assertEqual(keepers_of(self.tree), [])
        who.strike({"ctest": ctest})
        if who.signal != KILL:
            self.assert_dropped(who.signal, ctest)
            os.kill(ctest.pid, KILL)
        self.assert_all_ended_with_the_first(begun, [ctest])
        self.assertEqual(self.said.read_text().count("holdfast: "), 1)
        self.assertIn("tests run without Holdfast", self.said.read_text())
        self.assertEqual(self.runs(self.tree), [])
        self.assertEqual(list(self.user_directory.glob(f"locks/*/{self.locks[how]}")), [])

    @staticmethod
    def launcher_of(ctest):
        for pid in children_of(ctest.pid):
            try:
                # Not by its path, which differs in another mount namespace.
                if os.path.samefile(f"/proc/{pid}/exe", LAUNCHER):
                    return process(pid)
            except OSError:
                continue
        return None

    def assert_goes_on(self, keeper, witness):
        """The keeper's death alone does not touch a test."""
        self.assert_gone([keeper])
        self.assertIsNone(witness[0].poll())
        self.assertTrue(processes_of(self.hide))

    def assert_recorded(self, who, run, notes, is_found_out=False):
        """The attempt has one end in the journal, whose note is one of `notes`."""
        started, = self.records(run, "attempt_started")
        ended, = self.records(run, "attempt_ended")
        self.assertEqual(started["attempt"], ended["attempt"])
        self.assertIn(ended["outcome"], who.outcomes)
        notes = (notes,) if isinstance(notes, str) else notes
        self.assertTrue(any(note in ended.get("note", "") for note in notes), ended)
        complete = [record["complete"] for record in self.records(run, "run_ended")]
        if is_found_out:
            self.assertEqual(complete, [False])
        elif {"keeper", "ctest"} <= set(who.killed):
            self.assertEqual(complete, [])
        else:  # without a keeper, `holdfast end` records the end
            self.assertEqual(complete, ["ctest" not in who.killed])

    def assert_reported(self, who, run, place=()):
        """The report says that the test has ended, whether or not there is a record of its end."""
        report = json.loads(self.holdfast("report", run.name, "--format", "json", place=place))
        test, = report["tests"]
        self.assertIn(test["outcome"], who.outcomes)
        self.assertEqual([one["outcome"] for one in test["attempts"]], [test["outcome"]])
        self.assertEqual((report["counts"]["run"], report["counts"][test["outcome"]]), (1, 1))
        self.assertEqual(report["run"]["complete"], "ctest" not in who.killed)

    def test_a_ctest_that_was_gone_before_the_launcher_looked(self):
        """Whatever the test would have done, it does not begin."""
        gone = self.start("sleep", "60")
        attach = f"2 {gone.pid} {process(gone.pid).start} 0 1 system-test {self.work}"
        gone.kill()
        gone.wait()
        ended = self.finish(LAUNCHER, "--name", "late", "--lock", f"{self.lock_name()}@user", "--",
                            self.hide, self.pid_file(), "child",
                            env=self.environment(HOLDFAST_ATTACH=attach))
        self.assertEqual(ended.returncode, -TERM, ended.stderr)
        self.assertIn(b"ctest had ended before the test began", ended.stderr)
        self.assertEqual(self.read_pids(self.pid_file()), [])


class AloneTest(EndingsCase):
    """Only `holdfast run`, which becomes a launcher, or a launcher: no ctest and no keeper look
    after the test."""

    def test_table(self):
        self.place.own(self.work)
        for number, (who, how) in enumerate(chosen(ALONE)):
            words = [HOLDFAST, "run"] if number % 2 else [LAUNCHER]
            with self.a_cell(who, how, by=words[0]):
                if self.place.is_plain:
                    self.plain_cell(who, how, words)
                else:
                    self.cell(who, how, words)

    def cell(self, who, how, words):
        file = self.fresh(how.target)
        lock = self.lock_name()
        begun = self.begin(how, *words, "--grace", f"{GRACE_S}s", "--lock", f"{lock}@user", "--",
                           self.hide, file, *how.words.split())
        launcher = self.place.started(begun, LAUNCHER)
        pair = {"launcher": launcher, "guard": self.guard_of(launcher.pid)}
        witness = self.witness(how.target, lock, file)
        who.strike(pair)
        if self.place.is_first and who == KILL_OF_LAUNCHER:
            self.assert_all_ended_with_the_first(begun, pair.values(), witness)
            return
        self.assert_ended(who, how, witness)
        self.assert_gone(pair.values())
        self.assertEqual(self.place.end(begun),
                         125 if who.killed == ("guard",) else self.place.code_of(who.signal))

    def plain_cell(self, who, how, words):
        """The command takes the launcher's place: there is no other process, and the kernel ends
        all with it."""
        if who.killed == ("guard",):
            return
        file = self.fresh(how.target)
        begun = self.begin(how, *words, "--grace", f"{GRACE_S}s", "--", self.hide, file, *how.words.split())
        first = self.place.started(begun, LAUNCHER)
        self.assertTrue(os.path.samefile(f"/proc/{first.pid}/exe", self.hide))
        who.strike({"launcher": first})
        if who.signal != KILL:
            self.assert_dropped(who.signal, first)
            os.kill(first.pid, KILL)
        self.assert_all_ended_with_the_first(begun, [first])
        self.assertEqual(self.said.read_text().count("holdfast: "), 1, self.said.read_text())


def tests_of(shard):
    if shard == "alone":
        return ["AloneTest"]
    if type(EndingsCase.place) is not Here:
        return ["TableTest.test_table"]
    if shard == "pair":
        return ["TableTest.test_table", "TableTest.test_contained"]
    return ["TableTest"] if shard == "ctest" else ["TableTest.test_table"]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        SHARD = sys.argv[1]
        WHOLE = "whole" in sys.argv[2:]
        EndingsCase.place = next((PLACES[word]() for word in sys.argv[2:] if word in PLACES), Here())
    unittest.main(argv=[sys.argv[0], *tests_of(SHARD)])
