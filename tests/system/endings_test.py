"""Nothing of a test survives it, whoever dies first: the table of endings.py, cell by cell.

endings_test.py [SHARD [whole|PLACE]]: the rows of a shard; whole: all of its cells and not a choice;
PLACE: a smaller choice, with ctest somewhere else (places.py).
Held to in each cell: nothing of the test lives after the grace and 2 s; its lock is free then and
not before; its attempt has one outcome; ctest is not green. Where only tags reach, of who has none or
does not stop forking: whoever was there and has a tag is gone, and the lock is free. Contained, all are.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

from contained import Contained
from endings import ALONE, GRACE_S, HOWS, KILL, SHARDS, TERM, cells
from places import PLACES, Here
from support import (CTEST, HOLDFAST, LAUNCHER, PATIENCE_S, ProjectCase, SystemCase, children_of,
                     is_alive, keepers_of, process, processes_of, program, state_of, wait_until)

# grace + 2 s, with room for a machine that is busy with the other tests.
BOUND_S = GRACE_S + 2 + 4

SHARD = "alone"
WHOLE = False
PLACE = Here()


def tag_of(pid):
    """The number in the soft RLIMIT_LOCKS; 0: none (core/attempt_tag.hpp)."""
    try:
        limits = Path(f"/proc/{pid}/limits").read_text()
    except OSError:
        return 0
    soft = limits.partition("Max file locks")[2].split()[0]
    return int(soft) if soft.isdigit() and int(soft) >= 1 << 62 else 0


class EndingsCase(SystemCase):
    def setUp(self):
        super().setUp()
        # Whatever a process of the test does to itself, its program is this file.
        self.hide = self.work / "hide"
        shutil.copy(program("hide"), self.hide)

    def end_everything(self):
        super().end_everything()
        for how in HOWS:
            self.end_hidden(how)
        PLACE.tidy()

    def end_hidden(self, how):
        # Who forks all the time is not to be caught: it is asked.
        Path(f"{self.pid_file(how.target)}.stop").touch()
        until = time.monotonic() + PATIENCE_S
        while (left := processes_of(self.hide)) and time.monotonic() < until:
            for one in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one.pid, KILL)

    def fresh(self, name):
        for file in self.work.glob(f"{name}.*"):
            file.unlink()
        return self.pid_file(name)

    def hidden(self, begun, how, file):
        """The processes of a test that is as it is meant to be."""
        wait_until(lambda: len(self.read_pids(file)) >= how.count or begun.poll() is not None,
                   "the test to hide")
        self.assertIsNone(begun.poll(), "ended before its test began")
        announced = self.announced(file, how.count)
        if "stopped" in how.words:
            wait_until(lambda: any(state_of(one.pid) == "T" for one in announced), "one to stop")
        return announced

    def witness(self, name, lock, file):
        """Waits for the lock; says who lived when it was free."""
        result = self.work / f"{name}.witness"
        pattern = self.lock_file(lock)
        begun = self.start(program("witness_lock"), file, pattern, self.hide, result)
        wait_until(lambda: self.is_waiting(begun.pid), "the witness to wait")
        return begun, result

    @staticmethod
    def is_waiting(pid):
        with open("/proc/locks", encoding="utf-8") as locks:
            return any("-> FLOCK" in line and str(pid) in line.split() for line in locks)

    def with_a_tag(self):
        """Of the test's processes at this moment those that tags can reach, if they stay as they are."""
        return [one for one in processes_of(self.hide) if tag_of(one.pid)]

    def assert_ended(self, who, how, witness, tagged=(), contained=False):
        """Within the bound: nobody lives, the lock is free, and was not while somebody lived."""
        begun, result = witness
        reached = how.tags or not who.by_tags or contained
        try:
            begun.wait(BOUND_S)
        except subprocess.TimeoutExpired:
            self.fail(f"the lock is held after {BOUND_S} s; alive: {processes_of(self.hide)}")
        if reached:
            self.assertEqual(result.read_text(), "free\n")
            self.assertEqual(processes_of(self.hide), [])
        else:
            # Beyond what is promised is who has no tag, and who forks faster than /proc can be read.
            self.assertTrue(tagged)
            self.assert_gone(tagged, 0)
            print(f"{who.name}, {how.name}: when the lock was free, {result.read_text().strip()}")
            self.end_hidden(how)


class TableTest(EndingsCase, ProjectCase, Contained):
    inside = False  # what is announced are numbers of another namespace

    def setUp(self):
        super().setUp()
        self.place_words = PLACE.words(self)
        self.inside = PLACE.inside
        self.user_directory = PLACE.user_directory

    def pid_file(self, name="announced"):
        return self.work / f"{name}.inside" if self.inside else super().pid_file(name)

    def table_project(self, more=""):
        self.locks = {}
        tests = ""
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
        PLACE.own(self.work)
        every = 5 if type(PLACE) is Here else len(HOWS)
        for who, how in cells(SHARDS[SHARD], WHOLE or PLACE.is_plain, every):
            # The first process of a namespace gets no signal that it does not handle.
            if PLACE.ends_with_ctest and "ctest" in who.killed and who.signal != KILL:
                continue
            with self.subTest(who=who.name, how=how.name):
                if PLACE.is_plain:
                    self.plain_cell(who, how)
                else:
                    self.cell(who, how)

    def test_contained(self):
        """Those whom tags do not reach, with something around them that the kernel keeps."""
        self.inside = True
        rows = [who for who in SHARDS[SHARD] if who.by_tags]
        for kind in self.each_kind():
            self.tree = self.table_project(f'containment = "{kind}"\n')
            for who in rows:
                for how in HOWS:
                    if not how.tags:
                        with self.subTest(who=who.name, how=how.name, containment=kind):
                            self.cell(who, how, kind)

    def cell(self, who, how, containment=""):
        file = self.fresh(how.target)
        begun = self.start(*self.place_words, CTEST, "-R", f"^{how.target}$", cwd=self.tree, stdin=-1,
                           stdout=-3, stderr=-3)
        if self.inside:
            wait_until(lambda: len(self.read_pids(file)) >= how.count, "the test to hide")
        else:
            self.hidden(begun, how, file)
        ctest = PLACE.ctest_of(begun)
        launcher = wait_until(lambda: self.launcher_of(ctest), "the launcher")
        keeper, = keepers_of(self.tree)
        all_of_them = {"ctest": ctest, "launcher": launcher, "keeper": keeper,
                       "guard": self.guard_of(launcher.pid)}
        witness = self.witness(how.target, self.locks[how], file)
        tagged = self.with_a_tag()
        who.strike(all_of_them)
        if who.killed == ("keeper",):
            self.assert_goes_on(keeper, witness)
            os.kill(launcher.pid, TERM)
        if PLACE.ends_with_ctest and "ctest" in who.killed:
            # The kernel ends all of them at once, in no order: who has the lock may be gone first.
            wait_until(lambda: not processes_of(self.hide), "the end of all")
            witness[0].wait(BOUND_S)
            begun.wait(PATIENCE_S)
            return
        self.assert_ended(who, how, witness, tagged, bool(containment))
        self.assert_gone(all_of_them.values())
        code = PLACE.end(begun)
        if "ctest" not in who.killed:
            self.assertEqual(code, 8)  # some test failed
        self.assert_recorded(who)

    def plain_cell(self, who, how):
        """Who else is in there is a stranger to us, and ended by the kernel with ctest."""
        file = self.fresh(how.target)
        begun = self.start(*self.place_words, CTEST, "-R", f"^{how.target}$", cwd=self.tree, stdout=-1, stderr=-2)
        wait_until(lambda: len(self.read_pids(file)) >= how.count, "the test to hide")
        ctest = PLACE.ctest_of(begun)
        self.assertIsNone(self.launcher_of(ctest))
        self.assertEqual(keepers_of(self.tree), [])
        who.strike({"ctest": ctest})
        wait_until(lambda: not processes_of(self.hide), "the end of all")
        said, _ = begun.communicate(timeout=PATIENCE_S)
        self.assertIn(b"tests run without Holdfast", said)
        self.assertEqual(self.runs(self.tree), [])

    @staticmethod
    def launcher_of(ctest):
        for pid in children_of(ctest.pid):
            try:
                # Not by its path, which in another mount namespace is another one.
                if os.path.samefile(f"/proc/{pid}/exe", LAUNCHER):
                    return process(pid)
            except OSError:
                continue
        return None

    def assert_goes_on(self, keeper, witness):
        """The keeper's death alone is nothing to a test."""
        self.assert_gone([keeper])
        self.assertIsNone(witness[0].poll())
        self.assertTrue(processes_of(self.hide))

    def assert_recorded(self, who):
        run = self.runs(self.tree)[-1]
        started, = self.records(run, "attempt_started")
        ended, = self.records(run, "attempt_ended")
        self.assertEqual(started["attempt"], ended["attempt"])
        self.assertIn(ended["outcome"], who.outcomes)
        self.assertIn(who.note, ended.get("note", ""))
        complete = [record["complete"] for record in self.records(run, "run_ended")]
        if "keeper" in who.killed:
            self.assertEqual(complete, [])
        else:
            self.assertEqual(complete, ["ctest" not in who.killed])

    def test_a_ctest_that_was_gone_before_the_launcher_looked(self):
        """Whatever the test would have done: it is not begun."""
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
    """`holdfast run` and `holdfast-launcher`, which nobody but themselves looks after."""

    def test_table(self):
        for number, (who, how) in enumerate(cells(ALONE, WHOLE)):
            program_of_it = [HOLDFAST, "run"] if number % 2 else [LAUNCHER]
            with self.subTest(who=who.name, how=how.name, by=program_of_it[0]):
                self.cell(who, how, program_of_it)

    def cell(self, who, how, by):
        file = self.fresh(how.target)
        lock = self.lock_name()
        begun = self.start(*by, "--grace", f"{GRACE_S}s", "--lock", f"{lock}@user", "--",
                           self.hide, file, *how.words.split(), stdout=-3, stderr=-3)
        self.hidden(begun, how, file)
        pair = {"launcher": process(begun.pid), "guard": self.guard_of(begun.pid)}
        witness = self.witness(how.target, lock, file)
        who.strike(pair)
        self.assert_ended(who, how, witness)
        code = begun.wait(PATIENCE_S)
        self.assertEqual(code, 125 if who.killed == ("guard",) else -who.signal)
        self.assert_gone(pair.values())
        self.assertFalse([one for one in pair.values() if is_alive(one)])


def tests_of(shard):
    if shard == "alone":
        return ["AloneTest"]
    if type(PLACE) is not Here:
        return ["TableTest.test_table"]
    if shard == "pair":
        return ["TableTest.test_table", "TableTest.test_contained"]
    return ["TableTest"] if shard == "ctest" else ["TableTest.test_table"]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        SHARD = sys.argv[1]
        WHOLE = "whole" in sys.argv[2:]
        PLACE = next((PLACES[word]() for word in sys.argv[2:] if word in PLACES), PLACE)
    unittest.main(argv=[sys.argv[0], *tests_of(SHARD)])
