"""What batches of GoogleTest cases cost, against one process per case and against the bare
binary."""

import pathlib
import shutil
import statistics

from measuring import TIME, Commands, Measurement, Row, attached_to, quietly, ratio

# Each tree links the program with the installed Holdfast::gtest_main.
PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(Batches LANGUAGES CXX)
enable_testing()
set(CMAKE_BUILD_TYPE Release)
find_package(GTest REQUIRED)
find_package(Holdfast REQUIRED)
add_executable(cases "{source}")
target_link_libraries(cases PRIVATE Holdfast::gtest_main)
holdfast_discover_tests(cases TEST_FILTER "{filter}" DISCOVERY_TIMEOUT 60 {call})
"""
# The first hundred of the 500 cases.
HUNDRED = ":".join(f"All/Trivial.holds/{number}" for number in range(100))


PROGRAM = pathlib.Path(__file__).resolve().with_name("batch_cases.cpp")


def tree(bench, name, cases, call):
    source = bench.fresh_directory(f"batches-{name}")
    (source / "CMakeLists.txt").write_text(PROJECT.format(source=PROGRAM, filter=cases, call=call))
    built = bench.configure(source, source / "tree", f"-DCMAKE_PREFIX_PATH={bench.stage}")
    quietly(["cmake", "--build", built])
    return built


CTEST = ["--", "ctest", "-j2", "--test-dir"]
BARE = "HOLDFAST_DISABLE=1"


def row(what, samples, ours, theirs, bound=None, note=""):
    mine, other = samples[ours], samples[theirs]
    return Row(what, ratio(mine.wall_us, other.wall_us), bound, None,
               f"{mine.wall / 1e3:.0f} ms / {other.wall / 1e3:.0f} ms{note}")


def forked(name, what, cases, startup_ms, bound, rounds):
    """Compares the cases forked in one test, two at a time, with each case as a test of its own
    under ctest -j2."""
    def plan(bench):
        one_test = tree(bench, f"{name}-fork", cases, "BATCH binary ISOLATION fork PROPERTIES PROCESSORS 2")
        alone = tree(bench, f"{name}-alone", cases, "BATCH case")
        startup = f"BENCH_STARTUP_MS={startup_ms}"
        commands = {"forked": [startup, *CTEST, one_test], "alone": [startup, BARE, *CTEST, alone]}
        parallel = shutil.which("gtest-parallel")
        if parallel:
            commands["parallel"] = [startup, "--", parallel, "--workers=2", f"--gtest_filter={cases}",
                                    alone / "cases"]
        return Commands(commands, rounds)

    def rows(_, samples):
        has_parallel = "parallel" in samples
        yield row(f"{what}: forked / ctest -j2, a process per case", samples, "forked", "alone", bound,
                  "" if has_parallel else " (gtest-parallel is not installed)")
        if has_parallel:
            yield row(f"{what}: forked / gtest-parallel -w2", samples, "forked", "parallel")

    return Measurement(f"forked, {what}", plan, rows, {"forked": (TIME,)})


def lent(bench):
    """The same without PROCESSORS: one of the two slots is lent, case by case."""
    one_test = tree(bench, "lent-fork", "*", "BATCH binary ISOLATION fork")
    alone = tree(bench, "lent-alone", "*", "BATCH case")
    return Commands({
        "lent": [*CTEST, one_test],
        "reserved": ["--", "ctest", "-j1", "--test-dir", one_test],
        "alone": [BARE, *CTEST, alone],
    }, 5)


def lent_rows(_, samples):
    for name, title, bound in (("lent", "forked, a slot lent", 0.36), ("reserved", "forked, no slot lent", None)):
        yield row(f"500 trivial cases, no PROCESSORS: {title} / ctest -j2, a process per case", samples, name,
                  "alone", bound)


def case_by_case(bench):
    alone = tree(bench, "case-alone", HUNDRED, "BATCH case")
    return Commands({"attached": [*CTEST, alone], "bare": [BARE, *CTEST, alone]}, 7)


def case_by_case_rows(_, samples):
    return [row("100 trivial cases, a test each, ctest -j2: time attached / bare", samples, "attached", "bare")]


def in_one_process(read, pipe, bound):
    def plan(bench):
        attached = tree(bench, f"none-{int(pipe)}", "*", "BATCH binary ISOLATION none")
        program = attached / "cases"
        # The program that ctest starts for tests of holdfast_discover_tests().
        batches = bench.launcher.with_name("holdfast-exec")
        return Commands({
            "batch": [attached_to(attached), "HOLDFAST_P_ISOLATION=none", "--", batches, "--", program],
            "bare": ["--", program],
            "launch": [attached_to(attached), "--", bench.launcher, "--", bench.program("true")],
            "true": ["--", bench.program("true")],
        }, 100, pipe)

    def rows(_, samples):
        # A ratio for each round, because the load of the machine changes within one run.
        times = (samples[name].wall_us for name in ("batch", "bare", "launch", "true"))
        of_rounds = statistics.median(batch / (bare + launch - true) for batch, bare, launch, true in zip(*times))
        batch, bare = samples["batch"].wall, samples["bare"].wall
        launch = samples["launch"].wall - samples["true"].wall
        yield Row(f"500 cases in one process, {read}: batch / bare binary and one launch", of_rounds, bound, None,
                  f"{batch / 1e3:.1f} ms / {bare / 1e3:.1f} + {launch / 1e3:.1f} ms")

    return Measurement(f"in one process, {read}", plan, rows, {"batch": (TIME,)} if pipe else {})


MEASUREMENTS = [
    forked("light", "500 trivial cases", "*", 0, 0.35, 5),
    Measurement("forked, a slot lent", lent, lent_rows, {"lent": (TIME,)}),
    forked("slow", "100 cases behind 300 ms of start-up", HUNDRED, 300, 0.05, 2),
    Measurement("100 cases, a test each", case_by_case, case_by_case_rows, {"attached": (TIME,)}),
    # ctest reads from a pipe; docs/internals/decisions/0021-a-launcher-for-batches.md has the bound. The
    # other one is for comparison: to /dev/null a line costs the bare binary nothing.
    in_one_process("read from a pipe", True, 1.35),
    in_one_process("to /dev/null", False, None),
]
