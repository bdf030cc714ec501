"""What it takes to choose among many tests, against what ctest takes to list them (`ctest
--show-only=json-v1`). The project has tests with fixtures and DEPENDS; its runs are made up: a whole
one, and before it several that were killed, each with a choice of its own."""

import json
import statistics
import subprocess
import time

import records

TESTS = 100_000
DIRECTORIES = 100
ROUNDS = 3
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
    subprocess.run(["cmake", "-S", source, "-B", tree, f"-DCMAKE_PREFIX_PATH={bench.stage}"], check=True,
                   stdout=subprocess.DEVNULL)
    return tree


def choosing(bench):
    tree = project(bench)
    holdfast = str(bench.stage / "bin/holdfast")
    times = tree / "times.sqlite"
    subprocess.run([holdfast, "history", "export", times], check=True, cwd=tree)
    listing = ["ctest", "--show-only=json-v1"]
    commands = {
        "shard": [holdfast, "shard", "3/16"],
        "shard with --timings": [holdfast, "shard", "3/16", "--timings", times],
        # One of 500 is red. ctest itself then lists them once more.
        "ctest --failed -- -N": [holdfast, "ctest", "--failed", "--", "-N"],
        "ctest --order longest-first -- --show-only=json-v1":
            [holdfast, "ctest", "--order", "longest-first", "--", "--show-only=json-v1"],
        "ctest --order failed-first -- --show-only=json-v1":
            [holdfast, "ctest", "--order", "failed-first", "--", "--show-only=json-v1"],
    }

    def seconds(command):
        begun = time.monotonic()
        subprocess.run(command, check=True, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.monotonic() - begun

    seconds(listing)
    plain, taken = [], {name: [] for name in commands}
    for _ in range(ROUNDS):
        plain.append(seconds(listing))
        for name, command in commands.items():
            taken[name].append(seconds(command))
    return [bench.Row(f"holdfast {name} of {TESTS} tests / ctest's list of them",
                      statistics.median(ours / theirs for ours, theirs in zip(taken[name], plain)), LIMIT, None,
                      f"{statistics.median(taken[name]):.2f} s / {statistics.median(plain):.2f} s")
            for name in commands]


MEASUREMENTS = [("choosing among many tests", choosing)]
