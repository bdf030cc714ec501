"""How much more a whole ctest run costs if its tests are attached."""

import statistics
import subprocess


def trees(bench, tests, command="", properties=""):
    """Two build trees (plain, attached) of the same tests, which run `command`, or a program that
    ends at once."""
    source = bench.fresh_directory(f"suite-{tests}-{len(command)}-{len(properties)}")
    if not command:
        ends_at_once = bench.program("true")
        command = f'"{ends_at_once}"'
    set_properties = f"  set_tests_properties(t.${{n}} PROPERTIES {properties})\n" if properties else ""
    (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\n"
        "project(Suite LANGUAGES NONE)\n"
        "enable_testing()\n"
        f"foreach(n RANGE 1 {tests})\n"
        f"  add_test(NAME t.${{n}} COMMAND {command})\n"
        + set_properties
        + "endforeach()\n"
    )
    attach = f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={bench.top_level_include}"
    for tree, extra in (("plain", []), ("attached", [attach])):
        call = ["cmake", "-S", source, "-B", source / tree, "-G", "Ninja", *extra]
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
    return source / "plain", source / "attached"


def compare(bench, tests, rounds, *arguments, command="", properties=""):
    plain, attached = trees(bench, tests, command, properties)
    ctest = ["--", "ctest", *arguments, "--test-dir"]
    commands = {"plain": [*ctest, plain], "attached": [*ctest, attached]}
    return bench.interleave(rounds, commands)


def time_row(bench, what, samples, bound=None, aim=None):
    plain, attached = samples["plain"], samples["attached"]
    # The median of the rounds' ratios: a machine that is busy for a while slows both runs of a
    # round.
    ratio = statistics.median(ours / theirs for ours, theirs in zip(attached.wall_us, plain.wall_us))
    measured = f"{attached.wall / 1e3:.0f} ms / {plain.wall / 1e3:.0f} ms"
    return bench.Row(what, ratio, bound, aim, measured)


def many_tests(tests, jobs, rounds):
    def measure(bench):
        samples = compare(bench, tests, rounds, f"-j{jobs}")
        what = f"ctest -j{jobs}, {tests} tests"
        return [
            time_row(bench, f"{what}: time attached / plain", samples, 1.30, 1.15),
            memory_row(bench, what, samples),
        ]

    return (f"ctest -j{jobs}, {tests} tests", measure)


def one_test(bench):
    return [time_row(bench, "ctest, one test: time attached / plain", compare(bench, 1, 15))]


def parse(bench):
    # This matches no test: ctest reads all of them and runs none.
    samples = compare(bench, 20000, 5, "--no-tests=ignore", "-R", "^no-such-test$")
    return [time_row(bench, "ctest reads 20000 tests: time attached / plain", samples)]


def memory_row(bench, what, samples, bound=1.05):
    plain, attached = samples["plain"].peak, samples["attached"].peak
    measured = f"{attached / 1024:.1f} MiB / {plain / 1024:.1f} MiB"
    return bench.Row(f"{what}: ctest's peak memory attached / plain", attached / plain, bound, None, measured)


def empty_selection(bench):
    """The cost of reading tests: each has properties for the launcher, and none is run."""
    rows = []
    # Only ctest knows which tests a label leaves out, but -R is known beforehand.
    by_label, by_name = ("-L", "^no-such-label$"), ("-R", "^no-such-test$")
    for tests, command, arguments, bound in (
        (5000, "", by_label, 3),
        (5000, "", by_name, 1.5),
        (10000, "", by_label, 3),
        # A command that is no path may be another file in another directory, so each test asks for
        # ctest's directory.
        (5000, "sh -c true", by_label, None),
        (5000, "sh -c true", by_name, None),
    ):
        samples = compare(
            bench, tests, 7, "--no-tests=ignore", *arguments, command=command, properties="TIMEOUT 30 RESOURCE_LOCK db"
        )
        what = f"nothing selected by {arguments[0]} of {tests} tests with TIMEOUT and a lock"
        if command:
            what += f", COMMAND {command}"
        rows.append(time_row(bench, f"{what}: time attached / plain", samples, bound))
        # A limit and a lock take some 700 bytes of each test: 1.05 to 1.14 on Debian 12, 1.07 to
        # 1.22 on 13.
        rows.append(memory_row(bench, what, samples, 1.25))
    return rows


MEASUREMENTS = [
    ("one test", one_test),
    many_tests(1000, 2, 5),
    many_tests(1000, 8, 5),
    many_tests(5000, 2, 5),
    many_tests(5000, 8, 5),
    # ctest compares each property with the name of every test, so a cost that grows faster shows
    # here.
    many_tests(10000, 2, 3),
    ("parse 20000 tests", parse),
    ("empty selection", empty_selection),
]
