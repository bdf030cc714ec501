"""What Holdfast costs, as ratios of two things that are measured in turn on this machine.

Prints one table and asserts nothing: the bounds are the project's own aims, and a busy machine may
miss them. Each topic is a file beside this one with a list `MEASUREMENTS` of (name, function); a
function gets the Bench and returns rows. FILTER selects by topic or name."""

import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass

import batches
import build_steps
import command_cost
import containment
import ending
import locks
import memory
import output
import records
import selecting
import services
import singles
import suite

TOPICS = [command_cost, containment, suite, singles, output, memory, ending, locks, batches, build_steps,
          services, records, selecting]


@dataclass
class Row:
    what: str
    ratio: float
    bound: float | None = None
    aim: float | None = None
    measured: str = ""


@dataclass
class Samples:
    """All executions of one command in an interleaved run."""

    wall_us: list[float]
    peak_kb: list[int]

    @property
    def wall(self):
        return statistics.median(self.wall_us)

    @property
    def peak(self):
        return statistics.median(self.peak_kb)


@dataclass
class Bench:
    stage: pathlib.Path
    programs: pathlib.Path
    work: pathlib.Path

    Row = Row

    @property
    def launcher(self):
        return self.stage / "libexec/holdfast/holdfast-launcher"

    @property
    def launcher_libc(self):
        """Only glibc's start files say which kernel a static program needs."""
        return "glibc" if b".note.ABI-tag" in self.launcher.read_bytes() else "musl"

    @property
    def top_level_include(self):
        return self.stage / "lib/cmake/Holdfast/Holdfast.cmake"

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

    def interleave(self, rounds, commands, attach=None, pipe=False):
        """`commands` is {name: [KEY=VALUE…, "--", COMMAND…]}. Returns {name: Samples}."""
        call = [self.program("interleave"), str(rounds)]
        if attach:
            call += ["--attach", attach]
        if pipe:
            call.append("--pipe")
        for name, command in commands.items():
            call += ["--next", name, *command]
        printed = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout
        samples = {name: Samples([], []) for name in commands}
        for line in printed.splitlines():
            name, wall, peak = line.split("\t")
            samples[name].wall_us.append(float(wall))
            samples[name].peak_kb.append(int(peak))
        return samples


def print_table(rows):
    table = [["what", "ratio", "bound", "aim", "measured"]]
    for row in rows:
        limits = ["-" if limit is None else f"{limit:.2f}" for limit in (row.bound, row.aim)]
        table.append([row.what, f"{row.ratio:.2f}", *limits, row.measured])
    widths = [max(len(line[column]) for line in table) for column in range(5)]
    for what, ratio, bound, aim, measured in table:
        print(
            f"{what:<{widths[0]}}  {ratio:>{widths[1]}}  {bound:>{widths[2]}}"
            f"  {aim:>{widths[3]}}  {measured}".rstrip()
        )


def main():
    parser = argparse.ArgumentParser()
    for name in ("stage", "programs", "work"):
        parser.add_argument(f"--{name}", type=lambda text: pathlib.Path(text).resolve(), required=True)
    parser.add_argument("filter", nargs="?", default="")
    options = parser.parse_args()
    bench = Bench(options.stage, options.programs, options.work)
    bench.install()

    picked = [
        (name, measure)
        for topic in TOPICS
        for name, measure in topic.MEASUREMENTS
        if options.filter in f"{topic.__name__}: {name}"
    ]
    if not picked:
        sys.exit(f"bench: nothing is called '{options.filter}'")
    rows = []
    for name, measure in picked:
        print(f"measuring: {name}", file=sys.stderr)
        try:
            rows += measure(bench)
        except subprocess.CalledProcessError as failure:
            print(f"bench: {name}: not measured: {failure}", file=sys.stderr)
    print_table(rows)
    print(f"(the launcher is built with {bench.launcher_libc})")


if __name__ == "__main__":
    main()
