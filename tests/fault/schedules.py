"""Which process of Holdfast is killed at which step: random schedules, each from a seed.

A schedule is what the program kill_at understands (tests/programs/kill_at.cpp), and the workload it
is played against.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """A first test; the second one takes the same lock after it."""

    name: str
    words: str  # of the program hide
    ended: str = ""  # who gets SIGTERM when the test is there; nobody: it ends by itself


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
# Who may die besides, at the same moment, with nothing of the test surviving it.
ALSO = {
    "begin": ("", "ctest"),
    "end": ("", "ctest", "keeper"),
    "keeper": ("", "ctest", "launcher", "guard"),
    "launcher": ("", "ctest", "guard", "keeper", "guard+ctest"),
    "guard": ("", "ctest", "launcher", "keeper", "launcher+ctest"),
    "test": ("", "guard", "launcher", "launcher+guard", "ctest"),
}


@dataclass(frozen=True)
class Schedule:
    workload: str
    strikes: str

    def __str__(self):
        return f"{self.workload} {self.strikes}"

    @property
    def kills_pair(self):
        """Launcher and guard at once: what forks without end is beyond the reach of tags."""
        return any({"launcher", "guard"} <= victims_of(strike) for strike in self.strikes.split(","))


def victims_of(strike):
    return {victim.partition("/")[0] for victim in strike.partition("=")[2].split("+")}


def random_schedule(seed, profiles):
    """The same for the same seed and binaries. `profiles`: steps of each role, by workload."""
    draw = random.Random(seed)
    name = draw.choice(sorted(WORKLOADS))
    steps = profiles[name]
    role = draw.choice([role for role in ROLES if steps.get(role)])
    also = draw.choice(ALSO[role])
    # The programs' own start is long and all alike: half of the strikes are in the later half.
    step = 1 + int(steps[role] * draw.choice((draw.random(), 0.5 + draw.random() / 2)))
    return Schedule(name, f"{role}:{step}={'+'.join(filter(None, (role, also)))}")


def every_step(role, profiles):
    """One role, killed at each of its steps, against a test that leaves a daemon behind."""
    name = "leaks"
    return [Schedule(name, f"{role}:{step}={role}") for step in range(1, profiles[name].get(role, 0) + 1)]
