"""What IDEs do: they start one ctest for each test, many at once in one build tree."""

import statistics
import subprocess
import time

from suite import trees

AT_ONCE = 12
ROUNDS = 9


def together(tree):
    begun = time.monotonic()
    runs = [subprocess.Popen(["ctest", "-R", f"^t\\.{n}$"], cwd=tree, stdout=subprocess.DEVNULL)
            for n in range(1, AT_ONCE + 1)]
    for run in runs:
        if run.wait() != 0:
            raise subprocess.CalledProcessError(run.returncode, "ctest")
    return time.monotonic() - begun


def at_once(bench, what, command, bound=None, aim=None):
    plain, attached = trees(bench, AT_ONCE, command)
    together(attached)  # makes the locks' files, which stay
    rounds = [(together(plain), together(attached)) for _ in range(ROUNDS)]
    theirs, ours = (statistics.median(one[i] for one in rounds) for i in (0, 1))
    ratio = statistics.median(ours / theirs for theirs, ours in rounds)
    return bench.Row(f"{AT_ONCE} ctest of one test each, at once, {what}: attached / plain", ratio, bound, aim,
                     f"{ours * 1e3:.0f} ms / {theirs * 1e3:.0f} ms")


def singles(bench):
    # Tests of 0.3 s, as when such runs were found to wait for one another (3.86 s in place of 0.39
    # s).
    return [at_once(bench, "of 0.3 s", "sleep 0.3", bound=1.50), at_once(bench, "of none", "", aim=1.50)]


MEASUREMENTS = [("one ctest for each test, at once", singles)]
