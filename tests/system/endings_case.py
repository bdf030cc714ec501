"""Helpers for the cells of the table of endings: a test that hides, a place where it runs, and a
process that waits for its lock."""

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from endings import GRACE_S, HOWS, KILL
from places import Here
from support import PATIENCE_S, SystemCase, is_alive, processes_of, program, state_of, wait_until

# The grace and 2 s, and more for a machine that is busy with the other tests.
BOUND_S = GRACE_S + 2 + 4


def tag_of(pid):
    """The number in the soft RLIMIT_LOCKS (base/process_name.hpp). 0: none."""
    try:
        limits = Path(f"/proc/{pid}/limits").read_text()
    except OSError:
        return 0
    # The kernel gives an empty file for a process that ends while it is read.
    soft = (limits.partition("Max file locks")[2].split() or [""])[0]
    return int(soft) if soft.isdigit() and int(soft) >= 1 << 62 else 0


def has_signal(pid, number, *fields):
    """Whether the signal is set in any of these fields of /proc/<pid>/status."""
    lines = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return any(int(lines[field], 16) >> (number - 1) & 1 for field in fields)


class EndingsCase(SystemCase):
    place = Here()
    inside = False  # the announced pids are numbers of another namespace

    def setUp(self):
        super().setUp()
        # Every process of the test runs this file, whatever else it does to itself.
        self.hide = self.work / "hide"
        shutil.copy(program("hide"), self.hide)
        self.place_words = self.place.words(self)
        self.inside = self.place.inside
        self.user_directory = self.place.user_directory

    def pid_file(self, name="announced"):
        return self.work / f"{name}.inside" if self.inside else super().pid_file(name)

    def end_everything(self):
        super().end_everything()
        for how in HOWS:
            self.end_hidden(how)
        self.place.tidy()

    def end_hidden(self, how):
        # A process that forks all the time cannot be caught, so this file asks it to stop.
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

    @contextlib.contextmanager
    def a_cell(self, who, how, **more):
        """A cell that fails leaves no process to the next cell."""
        with self.subTest(who=who.name, how=how.name, **more):
            try:
                yield
            except BaseException:
                for begun in self.begun:
                    if begun.poll() is None:
                        begun.kill()
                self.end_hidden(how)
                raise

    def begin(self, how, *words, **options):
        """Starts the command, whose output goes to self.said. Returns once the test has hidden
        itself."""
        self.said = self.work / "said"
        with open(self.said, "wb") as said:
            begun = self.start(*self.place_words, *words, stdin=-1, stdout=said, stderr=said, **options)
        file = self.pid_file(how.target)
        wait_until(lambda: len(self.read_pids(file)) >= how.count or begun.poll() is not None, "the test to hide")
        self.assertIsNone(begun.poll(), f"ended before its test began: {self.said.read_text()}")
        # A plain test may be the first process itself, which cannot stop.
        if "stopped" in how.words and not self.place.is_plain:
            wait_until(lambda: any(state_of(one.pid) == "T" for one in processes_of(self.hide)), "one to stop")
        return begun

    def witness(self, name, lock, file):
        """Starts a process that waits for the lock and then says which processes of the test
        live."""
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
        """The processes of the test that have a tag at this moment."""
        return [one for one in processes_of(self.hide) if tag_of(one.pid)]

    def assert_ended(self, who, how, witness, tagged=(), contained=False):
        """Within the bound no process lives and the lock is free. It was not free while a process
        lived."""
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
            # Holdfast does not promise to end a process without a tag, or one that forks faster
            # than /proc can be read.
            self.assertTrue(tagged)
            self.assert_gone(tagged, 0)
            print(f"{who.name}, {how.name}: when the lock was free, {result.read_text().strip()}")
            self.end_hidden(how)

    # --- As the first process ---------------------------------------------------------------

    def assert_dropped(self, number, first, others=()):
        """The kernel has dropped the signal: the first process has no handler for it. All processes
        go on."""
        self.assertFalse(has_signal(first.pid, number, "SigCgt"))
        # While ctest starts a child it blocks the signal, which then stays pending.
        wait_until(lambda: not has_signal(first.pid, number, "SigBlk", "SigPnd", "ShdPnd"), "it to be dropped")
        for one in (first, *others):
            self.assertTrue(is_alive(one), one)
        self.assertTrue(processes_of(self.hide))

    def assert_all_ended_with_the_first(self, begun, ours, witness=None):
        """The kernel has killed all of them, in no particular order: the process with the lock may
        go first."""
        self.assert_gone(ours, BOUND_S)
        wait_until(lambda: not processes_of(self.hide), "the end of all", BOUND_S)
        if witness:
            witness[0].wait(BOUND_S)
        self.assertNotEqual(begun.wait(PATIENCE_S), 0)
