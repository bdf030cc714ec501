"""How much more a whole ctest run costs if its tests are attached."""

from measuring import PEAK, TIME, Commands, Measurement, Row, ratio


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
    return plain_and_attached(bench, source)


def plain_and_attached(bench, source, *options):
    attach = f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={bench.top_level_include}"
    return (bench.configure(source, source / "plain", *options),
            bench.configure(source, source / "attached", *options, attach))


def compared(bench, tests, rounds, *arguments, command="", properties=""):
    plain, attached = trees(bench, tests, command, properties)
    ctest = ["--", "ctest", *arguments, "--test-dir"]
    return Commands({"plain": [*ctest, plain], "attached": [*ctest, attached]}, rounds)


def time_row(what, samples, bound=None, aim=None):
    plain, attached = samples["plain"], samples["attached"]
    measured = f"{attached.wall / 1e3:.0f} ms / {plain.wall / 1e3:.0f} ms"
    return Row(what, ratio(attached.wall_us, plain.wall_us), bound, aim, measured)


def timed(what, plan, bound=None, aim=None, ours=(TIME,), allowed=1.03):
    """A measurement whose plan has the commands `plain` and `attached`."""
    def rows(_, samples):
        return [time_row(f"{what}: time attached / plain", samples, bound, aim)]

    return Measurement(what, plan, rows, {"attached": ours} if ours else {}, allowed)


def memory_row(what, samples, bound=1.05):
    plain, attached = samples["plain"].peak, samples["attached"].peak
    measured = f"{attached / 1024:.1f} MiB / {plain / 1024:.1f} MiB"
    return Row(f"{what}: ctest's peak memory attached / plain", attached / plain, bound, None, measured)


def many_tests(tests, jobs, rounds, ours=()):
    what = f"ctest -j{jobs}, {tests} tests"

    def plan(bench):
        return compared(bench, tests, rounds, f"-j{jobs}")

    def rows(_, samples):
        return [time_row(f"{what}: time attached / plain", samples, 1.30, 1.15), memory_row(what, samples)]

    return Measurement(what, plan, rows, {"attached": ours} if ours else {})


def one_test(bench):
    return compared(bench, 1, 15)


def parse(bench):
    # This matches no test: ctest reads all of them and runs none.
    return compared(bench, 20000, 5, "--no-tests=ignore", "-R", "^no-such-test$")


def empty_selection(tests, command, arguments, bound, ours=()):
    """The cost of reading tests: each has properties for the launcher, and none is run."""
    what = f"nothing selected by {arguments[0]} of {tests} tests with TIMEOUT and a lock"
    if command:
        what += f", COMMAND {command}"

    def plan(bench):
        return compared(bench, tests, 7, "--no-tests=ignore", *arguments, command=command,
                        properties="TIMEOUT 30 RESOURCE_LOCK db")

    def rows(_, samples):
        # A limit and a lock take some 700 bytes of each test: 1.05 to 1.14 on Debian 12, 1.07 to
        # 1.22 on 13.
        return [time_row(f"{what}: time attached / plain", samples, bound), memory_row(what, samples, 1.25)]

    return Measurement(f"empty selection, {what}", plan, rows, {"attached": ours} if ours else {})


# Only ctest knows which tests a label leaves out, but -R is known beforehand.
BY_LABEL, BY_NAME = ("-L", "^no-such-label$"), ("-R", "^no-such-test$")
BOTH = (TIME, PEAK)

MEASUREMENTS = [
    timed("ctest, one test", one_test),
    many_tests(1000, 2, 5, BOTH),
    many_tests(1000, 8, 5, BOTH),
    # Two stages are compared by fewer tests, and by those that ctest only reads: it compares each
    # property with the name of every test, so a cost that grows faster shows here and there.
    many_tests(5000, 2, 5),
    many_tests(5000, 8, 5),
    many_tests(10000, 2, 3),
    # The place of a test takes some 130 bytes, of 3,300 (docs/internals/decisions/0051).
    timed("ctest reads 20000 tests", parse, ours=BOTH, allowed=1.04),
    empty_selection(5000, "", BY_LABEL, 3, BOTH),
    empty_selection(5000, "", BY_NAME, 1.5),
    empty_selection(10000, "", BY_LABEL, 3),
    # A command that is no path may be another file in another directory, so each test asks for
    # ctest's directory.
    empty_selection(5000, "sh -c true", BY_LABEL, None, BOTH),
    empty_selection(5000, "sh -c true", BY_NAME, None),
]
