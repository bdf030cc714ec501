"""What a report of a large run takes, against what Python's json takes to read the same journal, and
what it needs of memory. The journal is made up: 50,000 tests, one of 500 red, one of 10 after others."""

import json
import sys

from measuring import PEAK, PROCESSOR_TIME, READING, TIME, Commands, Measurement, Readings, Row, quietly, ratio

TESTS = 50_000
RUN = "1-20261120-084053-1"
BEGAN = 1795163653.0
LIMITS = {"text": 2, "json": 4, "junit": 4, "html": 4, "trace": 4, "github": 4}
MOST_MIB = 128


def records(tests):
    """The records that a run leaves, in the order of a journal."""
    yield {"type": "run_started", "at": BEGAN, "run": RUN, "tree": "/t", "boot": "b", "version": "0.1.0",
           "ctest": {"pid": 1, "start": 1}, "command": ["ctest", "-j8"]}
    names = [f"suite{i // 100}.case_with_a_usual_name_{i}" for i in range(tests)]
    for i, name in enumerate(names):
        ids = {"attempt": f"{RUN}.{i + 1}", "test": name, "key": f"{i:016x}", "n": 1}
        at = BEGAN + i * 0.01
        schedule = {"schedule": {"depends": [names[i - 1]], "required": ["db"]}} if i % 10 == 9 else {}
        yield {"type": "attempt_started", "at": at, **ids, "launcher": {"pid": i + 2, "start": i * 3},
               "locks": ["RUN_SERIAL:shared@build", f"TEST {i:016x}@build"], **schedule}
        red = i % 500 == 7
        yield {"type": "attempt_ended", "at": at + 0.05, **ids, "outcome": "failed" if red else "passed",
               "exit_code": int(red), "wall_s": 0.051234, "user_s": 0.020123, "sys_s": 0.004567,
               "max_rss_kb": 5120, "lock_wait_s": 0.0}
    for i, name in enumerate(names):
        yield {"type": "verdict", "at": BEGAN + tests * 0.01 + 1, "test": name, "index": i + 1,
               "verdict": "failed" if i % 500 == 7 else "passed", "ran": True, "launched": True}
    yield {"type": "run_ended", "at": BEGAN + tests * 0.01 + 2, "run": RUN, "complete": True}


def tree_with(bench, tests):
    tree = bench.fresh_directory(f"records-{tests}")
    run = tree / ".holdfast/runs" / RUN
    run.mkdir(parents=True)
    with open(run / "journal.jsonl", "w", encoding="utf-8") as journal:
        for record in records(tests):
            journal.write(json.dumps({"v": 1, **record}, separators=(",", ":")) + "\n")
    return tree


READS_JOURNAL = "import json, sys\nfor line in open(sys.argv[1], 'rb'): json.loads(line)"


def report(bench, tree, form):
    return [bench.holdfast, "report", "--tree", tree, "--format", form, "--output", tree / f"report.{form}"]


def formats(bench):
    tree = tree_with(bench, TESTS)
    journal = tree / ".holdfast/runs" / RUN / "journal.jsonl"
    commands = {"python": ["--", sys.executable, "-c", READS_JOURNAL, journal]}
    commands.update({form: ["--", *report(bench, tree, form)] for form in LIMITS})
    return Commands(commands, 5)


def formats_rows(_, samples):
    plain = samples["python"]
    for form, limit in LIMITS.items():
        ours = samples[form]
        yield Row(f"report --format {form} of {TESTS} tests / Python's json of the journal",
                  ratio(ours.cpu_us, plain.cpu_us), limit, None, f"{ours.cpu / 1e6:.2f} s / {plain.cpu / 1e6:.2f} s")
    most = max(max(samples[form].peak_kb) for form in LIMITS) / 1024
    yield Row(f"the largest of these reports, of {MOST_MIB} MiB", most / MOST_MIB, 1, None, f"{most:.0f} MiB")


def page(bench):
    tree = tree_with(bench, 2 * TESTS)

    def read():
        quietly(report(bench, tree, "html"))
        return {"size": (tree / "report.html").stat().st_size / 2**20}

    return Readings(read, 1)


def page_rows(_, samples):
    size = samples["size"].reading
    return [Row(f"the page of {2 * TESTS} tests, of 12 MiB", size / 12, 1, None, f"{size:.1f} MiB")]


def ends(bench):
    """`holdfast end` where a history is added to, against one that adds to none: what a run in CI
    pays for HOLDFAST_HISTORY. A ctest of one test, with Holdfast around it."""
    source = bench.fresh_directory("records-ends")
    (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(ends NONE)\nenable_testing()\nfind_package(Holdfast REQUIRED)\n"
        "add_test(NAME one COMMAND true)\n")
    tree = bench.configure(source, source / "build", f"-DCMAKE_PREFIX_PATH={bench.stage}")
    ctest = ["--", "ctest", "--test-dir", tree]
    return Commands({"plain": ctest, "history": [f"HOLDFAST_HISTORY={source}/h.sqlite", *ctest]}, 60, pipe=True)


def ends_rows(_, samples):
    ours, theirs = samples["history"].wall, samples["plain"].wall
    return [Row("ctest of one test with HOLDFAST_HISTORY / without", ours / theirs, None, None,
                f"{ours / 1000:.1f} ms / {theirs / 1000:.1f} ms")]


MEASUREMENTS = [
    Measurement("formats of a large run", formats, formats_rows, {form: (PROCESSOR_TIME, PEAK) for form in LIMITS}),
    Measurement("page of a large run", page, page_rows, {"size": (READING,)}),
    Measurement("history in a file of its own", ends, ends_rows, {"history": (TIME,)}),
]
