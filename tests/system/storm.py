"""The storm of storm_test.py: many ctests on two build trees at once, each with its console kept."""

import os
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from support import CTEST, PATIENCE_S, is_alive, keepers_of, process

# What each test is made of: its command, its properties.
TESTS = {
    "passes": ("true", ""),
    "fails": ("false", ""),
    "fails_as_wanted": ("false", "WILL_FAIL ON"),
    "passes_unwanted": ("true", "WILL_FAIL yes"),
    "exits_with_3": ("sh -c \"exit 3\"", ""),
    "crashes": ("sh -c \"kill -SEGV $$\"", ""),
    "skips_by_code": ("sh -c \"exit 77\"", "SKIP_RETURN_CODE 77"),
    "skips_by_output": ("echo nothing to do here", "SKIP_REGULAR_EXPRESSION \"nothing to do\""),
    "red_by_output": ("echo ERROR of the test", "FAIL_REGULAR_EXPRESSION ERROR"),
    "green_by_output": ("sh -c \"echo all is well; exit 1\"", "PASS_REGULAR_EXPRESSION \"is well\""),
    "red_by_no_output": ("echo silence", "PASS_REGULAR_EXPRESSION \"is well\""),
    "disabled": ("true", "DISABLED ON"),
    "has_no_program": ("/nowhere/at/all", ""),
    "takes_the_lock": ("true", "HOLDFAST_LOCKS @LOCK@@user"),
    "takes_the_resource": ("true", "RESOURCE_LOCK thing"),
    "sets_up": ("true", "FIXTURES_SETUP place"),
    "needs_the_place": ("true", "FIXTURES_REQUIRED place"),
}
# What only the output tells: ctest alone can judge it.
JUDGED_BY_OUTPUT = {"skips_by_output", "red_by_output", "green_by_output", "red_by_no_output"}
SINGLES = ["passes", "fails", "red_by_output", "skips_by_output", "takes_the_lock", "crashes"]

# $1 is the directory of consoles; the rest is the command. The console is named by ctest's pid and start: a
# pid comes again within a minute of storm.
WRAPPER = """#!/bin/sh
console=$1/$$-$(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20).log; shift
echo "inside ${HOLDFAST_RUN_ID-nothing}" >"$console"
exec "$@" >>"$console" 2>&1 </dev/null
"""


def name_of(ctest):
    """As its console is called."""
    return f"{ctest.pid}-{ctest.start}"


SCRIPT = """
ctest_test(INCLUDE "^(passes|red_by_output|skips_by_code|fails)$")
ctest_test(EXCLUDE "nested")
"""


def project_text(other_tree, wrapper, consoles, lock):
    """The tests of one tree; two of them run ctest in the other tree, and one in their own."""
    text = ""
    for name, (command, properties) in TESTS.items():
        text += f"add_test(NAME {name} COMMAND {command.replace('$', chr(92) + '$')})\n"
        if properties:
            text += f"set_tests_properties({name} PROPERTIES {properties.replace('@LOCK@', lock)})\n"
    nested = {"nested_there": (other_tree, "-E nested"),
              "nested_single": (other_tree, "-R ^red_by_output$"),
              "nested_here": ("${CMAKE_BINARY_DIR}", "-R ^(passes|skips_by_output)$")}
    for name, (tree, arguments) in nested.items():
        words = " ".join(f'"{word}"' for word in arguments.split())
        text += (f'add_test(NAME {name} COMMAND sh "{wrapper}" "{consoles}" "{CTEST}" --test-dir "{tree}" {words})\n'
                 f'set_tests_properties({name} PROPERTIES WILL_FAIL ON)\n')
    return text


@dataclass
class Storm:
    """Blows for `seconds`, then waits until all of its ctests are gone."""

    case: object  # the SystemCase
    trees: list
    scripts: list
    wrapper: Path
    consoles: Path
    seed: int
    seconds: float
    killed: set = field(default_factory=set)  # names of ctests that were killed, or whose keeper was

    def __post_init__(self):
        self.until = time.monotonic() + self.seconds
        self.live = []
        self.guard = threading.Lock()
        self.complaints = []

    def blow(self, collect):
        """`collect` is called again and again meanwhile."""
        actors = [self.whole_runs, self.whole_runs, self.singles, self.scripted, self.listers, self.killer]
        threads = [threading.Thread(target=self.guarded, args=(actor, random.Random(f"{self.seed} {i}")))
                   for i, actor in enumerate(actors)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            collect()
            time.sleep(0.02)  # how often it looks
        if self.complaints:
            raise self.complaints[0]

    def guarded(self, actor, chance):
        try:
            while time.monotonic() < self.until:
                actor(chance)
        except BaseException as error:  # of a thread: told by blow()
            self.complaints.append(error)

    def ctest(self, tree, *arguments, bound=300):
        with self.guard:
            begun = self.case.start("sh", self.wrapper, self.consoles, CTEST, *arguments, cwd=tree)
            one = (process(begun.pid), tree)
            self.live.append(one)
        try:
            begun.wait(bound)
        finally:
            with self.guard:
                self.live.remove(one)

    def whole_runs(self, chance):
        arguments = chance.choice([["-j3"], ["-j1", "-E", "nested"], ["-j4", "--repeat", "until-pass:2"],
                                   ["-j2", "--schedule-random"]])
        self.ctest(chance.choice(self.trees), *arguments)

    def singles(self, chance):
        name = chance.choice(SINGLES)
        tree = chance.choice(self.trees)
        threads = [threading.Thread(target=self.ctest, args=(tree, "-R", f"^{one}$"))
                   for one in {name, chance.choice(SINGLES), chance.choice(SINGLES)}]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def scripted(self, chance):
        number = chance.randrange(len(self.trees))
        self.ctest(self.trees[number], "-V", "-S", self.scripts[number])

    def listers(self, chance):
        arguments = chance.choice([["-N"], ["--show-only=json-v1"]])
        done = self.case.finish(CTEST, *arguments, cwd=chance.choice(self.trees), bound=PATIENCE_S)
        assert done.returncode == 0, (arguments, done)
        time.sleep(0.05)  # the rate of an IDE that polls, not a wait

    def killer(self, chance):
        time.sleep(chance.uniform(0.1, 1.0))  # the rate of kills, not a wait
        with self.guard:
            if not self.live:
                return
            ctest, tree = chance.choice(self.live)
            if not is_alive(ctest):
                return
            victims = [ctest]
            if chance.random() < 0.5:
                victims = [one for one in keepers_of(tree)
                           if any(str(ctest.pid) + ":" in word for word in self.command(one.pid))]
            for victim in victims:
                self.killed.add(name_of(ctest))
                try:
                    os.kill(victim.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    @staticmethod
    def command(pid):
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            return []
