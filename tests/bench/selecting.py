"""What it takes to choose among many tests, against what ctest takes to list them (`ctest
--show-only=json-v1`). The project has tests with fixtures and DEPENDS; its runs are made up: a whole
one, and before it several that were killed, each with a choice of its own."""

import json
import subprocess

import records
from measuring import TIME, Commands, Measurement, Row, ratio

TESTS = 100_000
DIRECTORIES = 100
KILLED = 10
LIMIT = 2


def write_run(tree, run, lines):
    place = tree / ".holdfast/runs" / run
    place.mkdir(parents=True)
    with open(place / "journal.jsonl", "w", encoding="utf-8") as journal:
        for record in lines:
            journal.write(json.dumps({"v": 1, **record}, separators=(",", ":")) + "\n")


def project(bench):
    source = bench.fresh_directory("selecting")
    names = [record["test"] for record in records.records(TESTS) if record["type"] == "verdict"]
    text = ("cmake_minimum_required(VERSION 3.25)\nproject(many NONE)\nenable_testing()\n"
            "find_package(Holdfast REQUIRED)\n")
    each = TESTS // DIRECTORIES
    for number in range(DIRECTORIES):
        here = names[number * each:(number + 1) * each]
        (source / f"d{number}").mkdir()
        (source / f"d{number}/CMakeLists.txt").write_text(
            "".join(f"add_test(NAME {name} COMMAND true)\n" for name in here) +
            f"set_tests_properties({here[0]} PROPERTIES FIXTURES_SETUP f{number})\n"
            f"set_tests_properties({here[1]} {here[2]} PROPERTIES FIXTURES_REQUIRED f{number})\n"
            f"set_tests_properties({here[3]} PROPERTIES DEPENDS {here[4]})\n")
        text += f"add_subdirectory(d{number})\n"
    (source / "CMakeLists.txt").write_text(text)
    tree = source / "build"
    for number in range(KILLED):
        killed = f"20261119-08405{number}-1"
        write_run(tree, killed, [
            {"type": "run_started", "at": records.BEGAN - 86400 + number, "run": killed, "tree": str(tree),
             "directory": str(tree), "boot": "b", "version": "0.1.0", "ctest": {"pid": 1, "start": 1},
             "command": ["ctest", "-E", str(number)]},
            {"type": "attempt_started", "at": records.BEGAN - 86400 + number, "attempt": f"{killed}.1", "test": names[0],
             "key": "0", "n": 1, "launcher": {"pid": 2, "start": 1}}])
    write_run(tree, records.RUN, records.records(TESTS))
    return bench.configure(source, tree, f"-DCMAKE_PREFIX_PATH={bench.stage}")


def choices(holdfast, times):
    return {
        "shard": [holdfast, "shard", "3/16"],
        "shard with --timings": [holdfast, "shard", "3/16", "--timings", times],
        # One of 500 is red. ctest itself then lists them once more.
        "ctest --failed -- -N": [holdfast, "ctest", "--failed", "--", "-N"],
        "ctest --order longest-first -- --show-only=json-v1":
            [holdfast, "ctest", "--order", "longest-first", "--", "--show-only=json-v1"],
        "ctest --order failed-first -- --show-only=json-v1":
            [holdfast, "ctest", "--order", "failed-first", "--", "--show-only=json-v1"],
    }


NAMES = list(choices("", ""))
LISTING = "ctest's list"


def choosing(bench):
    tree = project(bench)
    times = tree / "times.sqlite"
    subprocess.run([bench.holdfast, "history", "export", times], check=True, cwd=tree)
    commands = {LISTING: ["ctest", "--show-only=json-v1"], **choices(bench.holdfast, times)}
    inside = ["--", "sh", "-c", 'cd "$0" && exec "$@" 2>/dev/null', tree]
    return Commands({name: [*inside, *command] for name, command in commands.items()}, 3)


def rows(_, samples):
    plain = samples[LISTING]
    for name in NAMES:
        ours = samples[name]
        yield Row(f"holdfast {name} of {TESTS} tests / ctest's list of them", ratio(ours.wall_us, plain.wall_us),
                  LIMIT, None, f"{ours.wall / 1e6:.2f} s / {plain.wall / 1e6:.2f} s")


MEASUREMENTS = [Measurement("choosing among many tests", choosing, rows, {name: (TIME,) for name in NAMES})]
