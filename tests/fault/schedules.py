"""Which process of Holdfast is killed at which step: random schedules, each from a seed.

A schedule has the form that the program kill_at takes (tests/programs/kill_at.cpp). It also names
the workload against which it is played."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """A first test. A second test takes the same lock after it."""

    name: str
    words: str  # arguments of the program hide
    ended: str = ""  # gets SIGTERM once the test runs; empty: the test ends itself


WORKLOADS = {one.name: one for one in (
    Workload("passes", "for=20"),
    Workload("leaks", "orphan setsid bare for=0"),
    Workload("leaks-deaf", "orphan setsid closed bare deaf for=0"),
    Workload("spawns", "orphan setsid closed spawning for=0"),
    Workload("works", "orphan setsid closed overwritten deaf for=150"),
    Workload("ended-with-ctest", "orphan setsid closed bare", ended="ctest"),
    Workload("ended-by-launcher", "orphan setsid overwritten deaf", ended="launcher"),
)}

ROLES = ("begin", "end", "keeper", "launcher", "guard", "test")
# Who may die at the same moment when a role takes a step, so that still nothing of the test survives.
VICTIMS = {
    "begin": ("begin", "begin+ctest"),
    "end": ("end", "end+ctest", "end+keeper"),
    "keeper": ("keeper", "keeper+ctest", "keeper+launcher", "keeper+guard"),
    "launcher": ("launcher", "launcher+ctest", "launcher+guard", "launcher+keeper", "launcher+guard+ctest"),
    "guard": ("guard", "guard+ctest", "guard+launcher", "guard+keeper", "guard+launcher+ctest"),
    # Its steps are those between fork and exec, and the last three leave it alone there. With ~helper it stays
    # there until the helper, which ends what is left of a test, has ended.
    "test": ("test", "test+guard", "test+launcher", "test+launcher+guard", "test+ctest", "launcher+guard",
             "launcher+guard+ctest", "launcher+guard~helper"),
}
AT_EVERY_STEP = {role: (role,) for role in ROLES} | {"test": ("test", "launcher+guard", "launcher+guard~helper")}


@dataclass(frozen=True)
class Schedule:
    workload: str
    strikes: str

    def __str__(self):
        return f"{self.workload} {self.strikes}"

    @property
    def kills_pair(self):
        """Kills launcher and guard at once: tags do not find a process that forks without end."""
        return any({"launcher", "guard"} <= victims_of(strike) for strike in self.strikes.split(","))


def victims_of(strike):
    return {victim.partition("/")[0] for victim in strike.partition("=")[2].partition("~")[0].split("+")}


def random_schedule(seed, profiles):
    """A schedule that depends only on seed and binaries. `profiles`: the steps of each role, by
    workload."""
    draw = random.Random(seed)
    name = draw.choice(sorted(WORKLOADS))
    steps = profiles[name]
    role = draw.choice([role for role in ROLES if steps.get(role)])
    victims = draw.choice(VICTIMS[role])
    # The start of the programs is long and always the same, so half of the strikes are in the later
    # half.
    step = 1 + int(steps[role] * draw.choice((draw.random(), 0.5 + draw.random() / 2)))
    return Schedule(name, f"{role}:{step}={victims}")


def every_step(role, profiles):
    """Kills at each step of one role, against a test that leaves a daemon behind."""
    name = "leaks"
    return [Schedule(name, f"{role}:{step}={victims}") for victims in AT_EVERY_STEP[role]
            for step in range(1, profiles[name].get(role, 0) + 1)]
