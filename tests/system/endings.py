"""The table {who is killed} x {how the test hides}: its rows, its columns, what each cell is held to.

A row is who gets which signal; a column the words of the program `hide` (tests/programs/hide.cpp).
"""

import os
import signal
from dataclasses import dataclass

from forsaken import kill_at_once

INT, TERM, HUP, QUIT, KILL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT,
                              signal.SIGKILL)

# Grace of every test of the table, by its holdfast.toml.
GRACE_S = 0.3


@dataclass(frozen=True)
class How:
    name: str
    words: str
    count: int = 2  # processes that announce themselves
    tags: bool = True  # reached by tags, where ancestry is lost
    normal: bool = False  # in every row of the short table

    @property
    def target(self):
        return self.name.replace(" ", "-")


HOWS = [
    How("forks", "child"),
    How("calls setsid", "child setsid"),
    How("double-forks", "orphan"),
    How("holds stdout as a daemon", "orphan setsid"),
    How("closes its descriptors", "orphan setsid closed"),
    How("clears its environment", "orphan setsid bare"),
    How("overwrites its environment", "orphan setsid overwritten"),
    How("forges its tags", "orphan setsid forged"),
    How("ignores TERM", "deaf", count=1),
    How("is stopped", "stopped", count=1),
    How("keeps spawning", "spawning", count=1, tags=False),
    How("is a stopped daemon", "orphan setsid closed bare stopped"),
    How("is a deaf daemon without anything", "orphan setsid closed bare deaf", normal=True),
    How("spawns as a daemon without anything", "orphan setsid closed bare spawning", tags=False),
    How("is a daemon without any tag", "orphan setsid closed untagged", tags=False),
]


@dataclass(frozen=True)
class Who:
    """`killed` get `signal` at once: of launcher, guard, keeper, ctest."""

    killed: tuple
    signal: int = KILL
    outcomes: tuple = ("interrupted",)
    note: str = ""  # in the record of the attempt
    by_tags: bool = False  # nothing but tags can find what is left

    @property
    def name(self):
        return f"{signal.Signals(self.signal).name} to {' and '.join(self.killed)}"

    def strike(self, processes):
        victims = [processes[name] for name in self.killed]
        if self.signal == KILL and len(victims) > 1:
            return kill_at_once(*victims)
        for one in victims:
            os.kill(one.pid, self.signal)
        return None


# A guard that was killed takes the knowledge of how the test ended with it.
GUARD_LOST = ("internal_error",)
GUARD_OR_CTEST = ("internal_error", "interrupted")

SIGNALS_TO_LAUNCHER = [Who(("launcher",), number) for number in (INT, TERM, HUP, QUIT)]
SIGNALS_TO_CTEST = [Who(("ctest",), number) for number in (INT, TERM, HUP, QUIT, KILL)]
KILLS = [
    Who(("launcher",), note="the launcher of the test was killed"),
    Who(("guard",), outcomes=GUARD_LOST, note="the guard was killed"),
    Who(("keeper",)),  # ends nothing: what is struck next is the launcher
]
TWO_KILLS = [
    Who(("launcher", "keeper")),
    Who(("guard", "keeper"), outcomes=GUARD_LOST),
    Who(("launcher", "ctest")),
    Who(("guard", "ctest"), outcomes=GUARD_OR_CTEST),
    Who(("keeper", "ctest")),
]
KILLS_OF_THE_PAIR = [
    Who(("launcher", "guard"), note="launcher and guard", by_tags=True),
    Who(("launcher", "guard", "ctest"), note="launcher and guard", by_tags=True),
]
# Without ctest (and so without a keeper).
KILL_OF_LAUNCHER = Who(("launcher",))
ALONE = [*SIGNALS_TO_LAUNCHER, KILL_OF_LAUNCHER, Who(("guard",))]

SHARDS = {
    "launcher": SIGNALS_TO_LAUNCHER,
    "ctest": SIGNALS_TO_CTEST,
    "one": KILLS,
    "two": TWO_KILLS,
    "pair": KILLS_OF_THE_PAIR,
}


def cells(rows, whole, every=5):
    """(who, how) of a shard: all, or every fifth and in each row the worst."""
    for i, who in enumerate(rows):
        for j, how in enumerate(HOWS):
            if whole or how.normal or (i + j) % every == 0:
                yield who, how
