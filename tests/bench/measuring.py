"""What the topics measure with. A measurement plans on one stage (an installed Holdfast) what runs in
turn, and makes rows of the samples. Two stages are compared by two such plans (against.py)."""

import pathlib
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field


# Of what the programs say, if one of them fails.
MOST_LINES = 20


class NotMeasured(Exception):
    """What was planned cannot be measured here; the text says why."""


@dataclass
class Row:
    what: str
    ratio: float
    bound: float | None = None
    aim: float | None = None
    measured: str = ""


@dataclass
class Samples:
    """All that one command or one reading has had."""

    wall_us: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    peak_kb: list[int] = field(default_factory=list)
    readings: list[float] = field(default_factory=list)

    @property
    def wall(self):
        return statistics.median(self.wall_us)

    @property
    def cpu(self):
        return statistics.median(self.cpu_us)

    @property
    def peak(self):
        return statistics.median(self.peak_kb)

    @property
    def reading(self):
        return statistics.median(self.readings)


def quietly(command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def ratio(ours, theirs):
    """The median of the rounds' ratios: a machine that is busy for a while slows both runs of a
    round."""
    return statistics.median(mine / other for mine, other in zip(ours, theirs))


@dataclass
class Commands:
    """{name: [KEY=VALUE…, "--", COMMAND…]}, run in turn. With attached_to(tree), a command is a test of a
    ctest in that tree. `pipe`: its output is read as ctest reads it."""

    commands: dict[str, list]
    rounds: int
    pipe: bool = False


@dataclass
class Readings:
    """A function that returns {name: number}, called again and again."""

    read: Callable[[], dict[str, float]]
    rounds: int


ATTACH = "HOLDFAST_ATTACH=@"


def attached_to(tree):
    return f"{ATTACH}{tree}"


# What is compared of a command's samples, and how the table of two stages calls it.
TIME, PROCESSOR_TIME, PEAK, READING = "wall_us", "cpu_us", "peak_kb", "readings"
QUANTITIES = {TIME: "time", PROCESSOR_TIME: "processor time", PEAK: "peak memory", READING: ""}


@dataclass
class Measurement:
    """`ours` has the names of a plan that another stage may make dearer, each with its quantities; none:
    two stages cannot be compared by this, or others show it better. `allowed` is for their ratio."""

    name: str
    plan: Callable[["Bench"], Commands | Readings]
    rows: Callable[["Bench", dict[str, Samples]], list[Row]]
    ours: dict[str, tuple[str, ...]] = field(default_factory=dict)
    allowed: float = 1.03


@dataclass
class Bench:
    stage: pathlib.Path
    programs: pathlib.Path
    work: pathlib.Path

    @property
    def launcher(self):
        return self.stage / "libexec/holdfast/holdfast-launcher"

    @property
    def holdfast(self):
        return self.stage / "bin/holdfast"

    @property
    def launcher_libc(self):
        """Only glibc's start files say which kernel a static program needs."""
        return "glibc" if b".note.ABI-tag" in self.launcher.read_bytes() else "musl"

    @property
    def top_level_include(self):
        return self.stage / "lib/cmake/Holdfast/Holdfast.cmake"

    def missing(self):
        """What an installed Holdfast has and this stage has not, or nothing."""
        for file in (self.holdfast, self.launcher, self.top_level_include):
            if not file.is_file():
                return file.relative_to(self.stage)
        return None

    def install(self):
        """Measures a copy, as a package installs it. What a linker has just written lies in the
        page cache in single pages, which cost more to map at each start of a program."""
        installed = self.fresh_directory("installed")
        shutil.copytree(self.stage, installed, symlinks=True, dirs_exist_ok=True)
        self.stage = installed

    def program(self, name):
        return self.programs / f"bench-{name}"

    def fresh_directory(self, name):
        directory = self.work / name
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        return directory

    def configure(self, source, tree, *options):
        quietly(["cmake", "-S", source, "-B", tree, "-G", "Ninja", *options])
        return tree

    def measure(self, plan):
        """Returns {name: Samples}."""
        if isinstance(plan, Commands):
            return interleave(self.program("interleave"), plan.rounds, plan.commands.items(), plan.pipe)
        samples = {}
        for _ in range(plan.rounds):
            for name, number in plan.read().items():
                samples.setdefault(name, Samples()).readings.append(number)
        return samples


def interleave(program, rounds, commands, pipe):
    """`commands` are pairs of name and command. One name may be there several times: its samples are in
    the order of the executions."""
    call = [program, str(rounds)] + (["--pipe"] if pipe else [])
    for name, command in commands:
        call += ["--next", name, *command]
    samples = {name: Samples() for name, _ in commands}
    # A keeper that is still ending has the file too, and nobody waits for it.
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        done = subprocess.run(call, stdout=subprocess.PIPE, stderr=said, text=True)
        if done.returncode != 0:
            said.seek(0)
            raise NotMeasured("\n".join(said.read().splitlines()[-MOST_LINES:]))
    for line in done.stdout.splitlines():
        name, wall, cpu, peak = line.split("\t")
        samples[name].wall_us.append(float(wall))
        samples[name].cpu_us.append(float(cpu))
        samples[name].peak_kb.append(int(peak))
    for tree in trees_of(commands):
        if not list(tree.glob(".holdfast/runs/*/journal.jsonl")):
            raise NotMeasured(f"no journal was written in {tree}: the tests ran without a keeper")
    return samples


def trees_of(commands):
    words = (str(word) for _, command in commands for word in command)
    return {pathlib.Path(word.removeprefix(ATTACH)) for word in words if word.startswith(ATTACH)}
