"""What batches of GoogleTest cases cost, against one process per case and against the bare
binary."""

import os
import shutil
import statistics
import subprocess

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


def tree(bench, name, cases, call):
    source = bench.fresh_directory(f"batches-{name}")
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "batch_cases.cpp")
    (source / "CMakeLists.txt").write_text(
        PROJECT.format(source=program, filter=cases, call=call))
    quiet = {"check": True, "stdout": subprocess.DEVNULL}
    subprocess.run(["cmake", "-S", source, "-B", source / "tree", "-G", "Ninja",
                    f"-DCMAKE_PREFIX_PATH={bench.stage}"], **quiet)
    subprocess.run(["cmake", "--build", source / "tree"], **quiet)
    return source / "tree"


def fork(bench, name, what, cases, startup_ms, bound, rounds):
    """Compares the cases forked in one test, two at a time, with each case as a test of its own
    under ctest -j2."""
    forked = tree(bench, f"{name}-fork", cases, "BATCH binary ISOLATION fork PROPERTIES PROCESSORS 2")
    alone = tree(bench, f"{name}-alone", cases, "BATCH case")
    startup = f"BENCH_STARTUP_MS={startup_ms}"
    ctest = ["--", "ctest", "-j2", "--test-dir"]
    commands = {"forked": [startup, *ctest, forked],
                "alone": [startup, "HOLDFAST_DISABLE=1", *ctest, alone]}
    parallel = shutil.which("gtest-parallel")
    if parallel:
        commands["parallel"] = [startup, "--", parallel, "--workers=2", f"--gtest_filter={cases}",
                                alone / "cases"]
    samples = bench.interleave(rounds, commands)

    def row(other, title, bound):
        ratio = statistics.median(
            ours / theirs for ours, theirs in zip(samples["forked"].wall_us, samples[other].wall_us))
        measured = f"{samples['forked'].wall / 1e3:.0f} ms / {samples[other].wall / 1e3:.0f} ms"
        return bench.Row(f"{what}: forked / {title}", ratio, bound, None, measured)

    rows = [row("alone", "ctest -j2, a process per case", bound)]
    if parallel:
        rows.append(row("parallel", "gtest-parallel -w2", None))
    else:
        rows[0].measured += " (gtest-parallel is not installed)"
    return rows


def lent(bench):
    """The same without PROCESSORS: one of the two slots is lent, case by case."""
    forked = tree(bench, "lent-fork", "*", "BATCH binary ISOLATION fork")
    alone = tree(bench, "lent-alone", "*", "BATCH case")
    ctest = ["--", "ctest", "-j2", "--test-dir"]
    samples = bench.interleave(5, {
        "lent": [*ctest, forked],
        "reserved": [*ctest[:1], "ctest", "-j1", "--test-dir", forked],
        "alone": ["HOLDFAST_DISABLE=1", *ctest, alone],
    })

    def row(name, title, bound):
        ratio = statistics.median(
            ours / theirs for ours, theirs in zip(samples[name].wall_us, samples["alone"].wall_us))
        measured = f"{samples[name].wall / 1e3:.0f} ms / {samples['alone'].wall / 1e3:.0f} ms"
        return bench.Row(f"500 trivial cases, no PROCESSORS: {title} / ctest -j2, a process per case", ratio,
                         bound, None, measured)

    return [row("lent", "forked, a slot lent", 0.36), row("reserved", "forked, no slot lent", None)]


def light(bench):
    return fork(bench, "light", "500 trivial cases", "*", 0, 0.35, 5)


def slow_start(bench):
    return fork(bench, "slow", "100 cases behind 300 ms of start-up", HUNDRED, 300, 0.05, 2)


def in_one_process(bench):
    attached = tree(bench, "none", "*", "BATCH binary ISOLATION none")
    program = attached / "cases"
    # ctest reads from a pipe. The other row is for comparison: to /dev/null a line costs the bare
    # binary nothing.
    return [one_process(bench, attached, program, pipe) for pipe in (True, False)]


def one_process(bench, attached, program, pipe):
    # The program that ctest starts for tests of holdfast_discover_tests().
    batches = bench.launcher.with_name("holdfast-exec")
    samples = bench.interleave(100, {
        "batch": ["HOLDFAST_ATTACH=@", "HOLDFAST_P_ISOLATION=none", "--", batches, "--", program],
        "bare": ["--", program],
        "launch": ["HOLDFAST_ATTACH=@", "--", bench.launcher, "--", bench.program("true")],
        "true": ["--", bench.program("true")],
    }, attached, pipe)
    # A ratio for each round, because the load of the machine changes within one run.
    ratio = statistics.median(
        batch / (bare + launch - true) for batch, bare, launch, true in zip(
            *(samples[name].wall_us for name in ("batch", "bare", "launch", "true"))))
    launch = samples["launch"].wall - samples["true"].wall
    batch, bare = samples["batch"].wall, samples["bare"].wall
    read = "read from a pipe" if pipe else "to /dev/null"
    # docs/internals/decisions/0021-a-launcher-for-batches.md has the bound for the pipe.
    return bench.Row(f"500 cases in one process, {read}: batch / bare binary and one launch",
                     ratio, 1.35 if pipe else None, None,
                     f"{batch / 1e3:.1f} ms / {bare / 1e3:.1f} + {launch / 1e3:.1f} ms")


MEASUREMENTS = [
    ("forked, light cases", light),
    ("forked, a slot lent", lent),
    ("forked, slow start-up", slow_start),
    ("in one process", in_one_process),
]
