"""What Holdfast costs.

Without --against: ratios of two things that are measured in turn on this machine, in one table that
asserts nothing: the bounds are the project's own aims, and a busy machine may miss them.
With --against: what this checkout costs, by what another stage costs (against.py). Ends with 1 if
something is dearer, 2 on wrong use, and 3 if something could not be measured.

Each topic is a file beside this one with a list MEASUREMENTS. FILTER selects by topic or name."""

import argparse
import pathlib
import subprocess
import sys

import against
import batches
import build_steps
import command_cost
import containment
import ending
import locks
import logs
import memory
import output
import records
import selecting
import services
import singles
import suite
from measuring import Bench, NotMeasured

TOPICS = [command_cost, containment, suite, singles, output, memory, ending, locks, batches, build_steps,
          services, records, selecting, logs]


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"bench: {message} (./dev --help)", file=sys.stderr)
        sys.exit(2)


def path(text):
    return pathlib.Path(text).resolve()


def seconds(text):
    number = float(text)
    if not number >= 0:
        raise ValueError
    return number


def parse(words):
    parser = Parser(prog="./dev bench", allow_abbrev=False)
    for name in ("stage", "programs", "work"):
        parser.add_argument(f"--{name}", type=path, required=True, help=argparse.SUPPRESS)
    # Says what is wrong with the other words, before anything is built, and measures nothing.
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--against", type=path, metavar="STAGE", help="an installed Holdfast")
    parser.add_argument("--seconds", type=seconds, metavar="N", help="with --against: the time for each measurement,"
                        " after its least number of rounds (60)")
    parser.add_argument("filter", nargs="?", default="", metavar="FILTER")
    options = parser.parse_args(words)
    if options.against:
        missing = Bench(options.against, options.programs, options.work).missing()
        if missing:
            parser.error(f"--against {options.against}: no installed Holdfast: it has no {missing}")
    elif options.seconds is not None:
        parser.error("--seconds: only with --against")
    options.picked = picked(options.filter, bool(options.against))
    if not options.picked:
        parser.error(f"nothing is called '{options.filter}'" +
                     (" that two stages can be compared by" if options.against else ""))
    return options


def picked(wanted, is_against):
    return [measurement for topic in TOPICS for measurement in topic.MEASUREMENTS
            if wanted in f"{topic.__name__}: {measurement.name}" and (measurement.ours or not is_against)]


def not_measured(measurement, why):
    print(f"bench: {measurement.name}: not measured: {why}", file=sys.stderr)


def print_table(table, lefts):
    """`lefts` are the columns whose text begins at their left edge."""
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        print("  ".join(f"{cell:{'<' if column in lefts else '>'}{widths[column]}}"
                        for column, cell in enumerate(line)).rstrip())


def show_costs(options):
    bench = Bench(options.stage, options.programs, options.work)
    bench.install()
    table = [["what", "ratio", "bound", "aim", "measured"]]
    for measurement in options.picked:
        print(f"measuring: {measurement.name}", file=sys.stderr)
        try:
            rows = list(measurement.rows(bench, bench.measure(measurement.plan(bench))))
        except (subprocess.CalledProcessError, NotMeasured) as failure:
            not_measured(measurement, failure)
            continue
        for row in rows:
            limits = ["-" if limit is None else f"{limit:.2f}" for limit in (row.bound, row.aim)]
            table.append([row.what, f"{row.ratio:.2f}", *limits, row.measured])
    print_table(table, lefts=(0, 4))
    print(f"(the launcher is built with {bench.launcher_libc})")
    return 0


def compare_stages(options):
    def sides():
        # Paths of the same length: they are in environments, command lines and files.
        return [Bench(stage, options.programs, options.work / name)
                for name, stage in (("new", options.stage), ("old", options.against))]

    rows = []
    for measurement in options.picked:
        print(f"measuring: {measurement.name}", file=sys.stderr)
        compared, why = against.judged(measurement, sides, 60 if options.seconds is None else options.seconds)
        if why:
            not_measured(measurement, why)
        for row in compared:
            print("  " + "  ".join(against.cells(row)), file=sys.stderr)
        rows += compared
    print_table(against.table_of(rows), lefts=(0, 5))
    print(f"(new: {options.stage}, old: {options.against}; from, to: {against.interval.CONFIDENCE:.0%} confidence)")
    return against.exit_code(rows)


def main():
    options = parse(sys.argv[1:])
    if options.check:
        return 0
    return compare_stages(options) if options.against else show_costs(options)


if __name__ == "__main__":
    sys.exit(main())
