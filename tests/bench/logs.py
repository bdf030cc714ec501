"""What the log of a run costs, by its level."""

from measuring import Commands, Measurement, Row, ratio
from suite import trees

LEVELS = {"info": 1.03, "debug": 1.10, "trace": None}  # with what they may cost, by `off`


def many_tests(bench):
    _, attached = trees(bench, 1000)
    ctest = ["--", "ctest", "-j2", "--test-dir", attached]
    return Commands({level: [f"HOLDFAST_LOG={level}", *ctest] for level in ("off", *LEVELS)}, 7)


def rows(_, samples):
    off = samples["off"]
    return [Row(f"ctest -j2, 1000 tests: time with a log at {level} / without",
                ratio(samples[level].wall_us, off.wall_us), bound, None,
                f"{samples[level].wall / 1e3:.0f} ms / {off.wall / 1e3:.0f} ms") for level, bound in LEVELS.items()]


# Two stages are compared by the topic suite, whose runs have a log at `info`.
MEASUREMENTS = [Measurement("1000 tests with a log", many_tests, rows)]
