"""The table {who is killed} x {how the test hides}: its rows, its columns, and what holds in each
cell.

A row says which processes get which signal. A column is the arguments of the program `hide`
(tests/programs/hide.cpp)."""

import os
import signal
from dataclasses import dataclass

from forsaken import kill_at_once

INT, TERM, HUP, QUIT, KILL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT,
                              signal.SIGKILL)

# The grace of every test of the table, set by its holdfast.toml.
GRACE_S = 0.3


@dataclass(frozen=True)
class How:
    name: str
    words: str
    count: int = 2  # processes that write their pids to the file
    tags: bool = True  # tags find them when ancestry does not
    normal: bool = False  # part of every row of the short table

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
    How("ends its main thread", "orphan setsid closed headless"),
    How("keeps spawning", "spawning", count=1, tags=False),
    How("is a stopped daemon", "orphan setsid closed bare stopped"),
    How("is a deaf daemon without anything", "orphan setsid closed bare deaf", normal=True),
    How("spawns as a daemon without anything", "orphan setsid closed bare spawning", tags=False),
    How("is a daemon without any tag", "orphan setsid closed untagged", tags=False),
]


@dataclass(frozen=True)
class Who:
    """The processes `killed` (of launcher, guard, keeper, ctest) get `signal` at the same time."""

    killed: tuple
    signal: int = KILL
    outcomes: tuple = ("interrupted",)
    note: str = ""  # expected in the record of the attempt
    by_tags: bool = False  # only tags can find what is left

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


# Only the guard knew how the test ended.
GUARD_LOST = ("internal_error",)
GUARD_OR_CTEST = ("internal_error", "interrupted")

SIGNALS_TO_LAUNCHER = [Who(("launcher",), number) for number in (INT, TERM, HUP, QUIT)]
SIGNALS_TO_CTEST = [Who(("ctest",), number) for number in (INT, TERM, HUP, QUIT, KILL)]
KILLS = [
    Who(("launcher",), note="the launcher of the test was killed"),
    Who(("guard",), outcomes=GUARD_LOST, note="the guard was killed"),
    Who(("keeper",)),  # this ends nothing, so the launcher is killed next
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
# A launcher without ctest, and so without a keeper.
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
    """The (who, how) of a shard: all of them, or every fifth and the worst of each row."""
    for i, who in enumerate(rows):
        for j, how in enumerate(HOWS):
            if whole or how.normal or (i + j) % every == 0:
                yield who, how
