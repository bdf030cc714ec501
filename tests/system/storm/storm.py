"""The storm of storm_test.py: many ctests on two build trees at once. The console of each is
kept."""

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from storm_console import ABORTED, DISABLED, FOUND, KILLED, NOT_FOUND, SEGFAULT, TERMINATED
from support import CTEST, is_alive, keepers_of, process

LIST_INTERVAL_S = 0.05
CTESTS_PER_KILL = 1  # so that most survive on any machine
MOST_LISTS = 8  # at a time, for each form of a list


@dataclass(frozen=True)
class Kind:
    """The parts of a test, and ctest's words for it."""

    command: str
    properties: str
    words: str
    why: str = ""  # why it was not started, as reports say

    @property
    def is_bare(self):
        return "HOLDFAST_ENABLED OFF" in self.properties


BARE = "HOLDFAST_ENABLED OFF"
EXITS_77 = "sh -c \"exit 77\""
WELL = "sh -c \"echo all is well; exit 1\""
KINDS = {
    "passes": Kind("true", "", "Passed"),
    "fails": Kind("false", "", "Failed"),
    "fails_as_wanted": Kind("false", "WILL_FAIL ON", "Passed"),
    "passes_unwanted": Kind("true", "WILL_FAIL yes", "Failed"),
    "exits_with_3": Kind("sh -c \"exit 3\"", "", "Failed"),
    "crashes": Kind("sh -c \"kill -SEGV $$\"", "", SEGFAULT),
    "crashes_unwanted": Kind("sh -c \"kill -SEGV $$\"", "WILL_FAIL ON", SEGFAULT),
    "aborts": Kind("sh -c \"kill -ABRT $$\"", "", ABORTED),
    "is_killed": Kind("sh -c \"kill -KILL $$\"", "", KILLED),
    "is_terminated": Kind("sh -c \"kill -TERM $$\"", "", TERMINATED),
    "times_out": Kind("sleep 300", "TIMEOUT 0.5", "Timeout"),
    "leaves_a_process": Kind("sh -c \"sleep 300 & true\"", "", "Passed"),
    "skips_by_code": Kind(EXITS_77, "SKIP_RETURN_CODE 77", "Skipped"),
    "skips_by_output": Kind("echo nothing to do here", "SKIP_REGULAR_EXPRESSION \"nothing to do\"", "Skipped"),
    "red_by_output": Kind("echo ERROR of the test", "FAIL_REGULAR_EXPRESSION ERROR", FOUND),
    "green_by_output": Kind(WELL, "PASS_REGULAR_EXPRESSION \"is well\"", "Passed"),
    "red_by_no_output": Kind("echo silence", "PASS_REGULAR_EXPRESSION \"is well\"", NOT_FOUND),
    "disabled": Kind("true", "DISABLED ON", DISABLED),
    # A fixture may make the program, so to ctest it is one more required file.
    "has_no_program": Kind("/nowhere/at/all", "", "Not Run", "Unable to find required file: /nowhere/at/all"),
    "may_not_run": Kind("${CMAKE_CURRENT_LIST_FILE}", "", "Not Run", "Process not started: "),
    "lacks_a_file": Kind("true", "REQUIRED_FILES /nowhere/at/all", "Not Run",
                         "Unable to find required file: /nowhere/at/all"),
    "takes_the_lock": Kind("true", "HOLDFAST_LOCKS @LOCK@@user", "Passed"),
    "takes_the_resource": Kind("true", "RESOURCE_LOCK thing", "Passed"),
    "sets_up": Kind("true", "FIXTURES_SETUP place", "Passed"),
    "needs_the_place": Kind("true", "FIXTURES_REQUIRED place", "Passed"),
    "sets_up_in_vain": Kind("false", "FIXTURES_SETUP ruin", "Failed"),
    "needs_the_ruin": Kind("true", "FIXTURES_REQUIRED ruin", "Not Run", "Failed test dependencies: sets_up_in_vain"),
    "bare_passes": Kind("true", BARE, "Passed"),
    "bare_fails": Kind("false", BARE, "Failed"),
    "bare_crashes": Kind("sh -c \"kill -SEGV $$\"", BARE, SEGFAULT),
    "bare_fails_as_wanted": Kind("false", BARE + " WILL_FAIL ON", "Passed"),
    "bare_red_by_output": Kind("echo ERROR", BARE + " FAIL_REGULAR_EXPRESSION ERROR", FOUND),
    "bare_green_by_output": Kind(WELL, BARE + " PASS_REGULAR_EXPRESSION \"is well\"", "Passed"),
    "bare_skips_by_output": Kind("echo nothing to do", BARE + " SKIP_REGULAR_EXPRESSION nothing", "Skipped"),
    "bare_skips_by_code": Kind(EXITS_77, BARE + " SKIP_RETURN_CODE 77", "Skipped"),
    "bare_skips_not": Kind("true", BARE + " SKIP_RETURN_CODE 77", "Passed"),
    "bare_fails_beside_a_code": Kind("false", BARE + " SKIP_RETURN_CODE 77", "Failed"),
}
BARE_TESTS = {name for name, kind in KINDS.items() if kind.is_bare}
# Only the output decides these, so only ctest can judge them.
JUDGED_BY_OUTPUT = {"skips_by_output", "red_by_output", "green_by_output", "red_by_no_output"}
# These may be unknown if ctest or its keeper was killed: only ctest sees how a bare test ends.
MAY_BE_UNKNOWN = JUDGED_BY_OUTPUT | BARE_TESTS
# These may be unknown even if none was killed. ctest's log calls both "Test Passed.", and its list
# of skipped tests has the same name for every ctest in the tree (docs/internals/decisions/0024).
TOLD_BY_A_LIST = {"bare_skips_by_code", "bare_skips_not"}
SINGLES = ["passes", "fails", "red_by_output", "skips_by_output", "takes_the_lock", "crashes", "may_not_run",
           "needs_the_place", "needs_the_ruin", "times_out", "bare_passes", "bare_red_by_output",
           "bare_skips_by_code", "bare_fails_beside_a_code", "no_such_test"]
# It takes some seconds, so not every run has it.
IN_TIME = ["-E", "^times_out$"]
IN_TIME_ALONE = ["-E", "nested|^times_out$"]

# $1 is the directory of consoles; the rest is the command. A console is named by ctest's pid and
# start, because a pid may come again within a minute of storm.
WRAPPER = """#!/bin/sh
console=$1/$$-$(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20).log; shift
echo "inside ${HOLDFAST_RUN_ID-nothing}" >"$console"
exec "$@" >>"$console" 2>&1 </dev/null
"""


def name_of(ctest):
    """The name of the ctest's console."""
    return f"{ctest.pid}-{ctest.start}"


SCRIPT = """
ctest_test(INCLUDE "^(passes|red_by_output|skips_by_code|fails|bare_.*)$")
ctest_test(INCLUDE "^no_such_test$")
ctest_test(EXCLUDE "nested|^times_out$")
"""


def kinds_text(lock):
    """A test of each kind."""
    text = ""
    for name, kind in KINDS.items():
        command = kind.command.replace("$$", chr(92) + "$" + chr(92) + "$")
        text += f"add_test(NAME {name} COMMAND {command})\n"
        if kind.properties:
            text += f"set_tests_properties({name} PROPERTIES {kind.properties.replace('@LOCK@', lock)})\n"
    return text


def project_text(other_tree, wrapper, consoles, lock):
    """The tests of one tree. Two of them run ctest in the other tree, and one in its own."""
    text = kinds_text(lock)
    nested = {"nested_there": (other_tree, "-E nested|^times_out$"),
              "nested_single": (other_tree, "-R ^red_by_output$"),
              "nested_here": ("${CMAKE_BINARY_DIR}", "-R ^(passes|skips_by_output)$")}
    for name, (tree, arguments) in nested.items():
        words = " ".join(f'"{word}"' for word in arguments.split())
        text += (f'add_test(NAME {name} COMMAND sh "{wrapper}" "{consoles}" "{CTEST}" --test-dir "{tree}" {words})\n'
                 f'set_tests_properties({name} PROPERTIES WILL_FAIL ON)\n')
    return text


@dataclass
class Storm:
    """Runs for `seconds`, then waits until all of its ctests are gone."""

    case: object  # the SystemCase
    trees: list
    scripts: list
    wrapper: Path
    consoles: Path
    seed: int
    seconds: float
    killed: set = field(default_factory=set)  # ctests that were killed, or whose keeper was
    listed: Counter = field(default_factory=Counter)  # the number of lists, by form

    def __post_init__(self):
        self.until = time.monotonic() + self.seconds
        self.live = []
        self.begun = 0  # ctests since the last kill
        self.guard = threading.Lock()
        self.complaints = []

    def blow(self, collect):
        """Runs the storm and calls `collect` again and again meanwhile."""
        actors = [self.whole_runs, self.whole_runs, self.singles, self.singles, self.scripted, self.killer,
                  partial(self.lists, "-N"), partial(self.lists, "--show-only=json-v1")]
        threads = [threading.Thread(target=self.guarded, args=(actor, random.Random(f"{self.seed} {i}")))
                   for i, actor in enumerate(actors)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            collect()
            time.sleep(0.02)  # the interval of the calls
        if self.complaints:
            raise self.complaints[0]

    def guarded(self, actor, chance):
        try:
            while time.monotonic() < self.until:
                actor(chance)
        except BaseException as error:  # of a thread: blow() raises it
            self.complaints.append(error)

    def ctest(self, tree, *arguments, bound=300):
        with self.guard:
            begun = self.case.start("sh", self.wrapper, self.consoles, CTEST, *arguments, cwd=tree)
            one = (process(begun.pid), tree)
            self.live.append(one)
            self.begun += 1
        try:
            begun.wait(bound)
        finally:
            with self.guard:
                self.live.remove(one)

    def whole_runs(self, chance):
        arguments = chance.choice([["-j3"], ["-j4", *IN_TIME, "--repeat", "until-pass:2"], ["-j1", "-R", "bare|_run$"],
                                   ["-j2", "-R", "nested|by_|place"], ["-j2", *IN_TIME_ALONE, "--schedule-random"]])
        self.ctest(chance.choice(self.trees), *arguments)

    def singles(self, chance):
        tree = chance.choice(self.trees)
        names = {chance.choice(SINGLES) for _ in range(3)}
        threads = [threading.Thread(target=self.ctest, args=(tree, *self.single(name, chance)))
                   for name in sorted(names)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @staticmethod
    def single(name, chance):
        """Selects the test by its name, or by its number in ctest."""
        if name not in KINDS or chance.random() < 0.7:
            return ["-R", f"^{name}$"]
        number = list(KINDS).index(name) + 1
        return ["-I", f"{number},{number}"]

    def scripted(self, chance):
        number = chance.randrange(len(self.trees))
        self.ctest(self.trees[number], "-V", "-S", self.scripts[number])

    def lists(self, how, chance):
        """Starts a list every 50 ms, as a polling IDE does, whether or not the one before has
        ended."""
        alive = []
        due = time.monotonic()
        while time.monotonic() < self.until or alive:
            if time.monotonic() < self.until and len(alive) < MOST_LISTS:
                alive.append(self.case.start(CTEST, how, cwd=chance.choice(self.trees), stdout=subprocess.DEVNULL,
                                             stderr=subprocess.DEVNULL))
                self.listed[how] += 1
            due = max(due + LIST_INTERVAL_S, time.monotonic())
            time.sleep(max(due - time.monotonic(), 0.005))  # their rate, not a wait
            for one in [one for one in alive if one.poll() is not None]:
                alive.remove(one)
                assert one.returncode == 0, (how, one.returncode)

    def killer(self, chance):
        time.sleep(chance.uniform(0.1, 1.0))  # the rate of kills, not a wait
        with self.guard:
            if not self.live or self.begun < CTESTS_PER_KILL:
                return
            # Most ctests wait for their tree, and leave no run if killed then.
            at_work = [one for one in self.live if self.has_begun_a_test(one[0])]
            ctest, tree = chance.choice(at_work if at_work and chance.random() < 0.8 else self.live)
            if not is_alive(ctest):
                return
            victims = [ctest]
            if chance.random() < 0.5:
                victims = [one for one in keepers_of(tree)
                           if any(word.startswith(f"{ctest.pid}:") for word in self.command(one.pid))] or victims
            for victim in victims:
                self.killed.add(name_of(ctest))
                self.begun = 0
                try:
                    os.kill(victim.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def has_begun_a_test(self, ctest):
        try:
            return "  Start " in (self.consoles / f"{name_of(ctest)}.log").read_text(errors="replace")
        except OSError:
            return False

    @staticmethod
    def command(pid):
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            return []
