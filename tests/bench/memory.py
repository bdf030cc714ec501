"""How much memory the two processes around a test hold while it runs."""

import os
import pathlib
import subprocess
import time

import suite
from measuring import READING, Measurement, NotMeasured, Readings, Row

LIMIT_KB = 1024
HELD = [(name, field) for name in ("launcher", "guard") for field in ("Rss", "Pss")]
BOTH = "both, Rss"


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def find(bench, ctest, deadline_s=10):
    """The pids of launcher and guard, once the test itself runs."""
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        for launcher in children(ctest):
            for guard in children(launcher):
                for test in children(guard):
                    if os.readlink(f"/proc/{test}/exe") == str(bench.program("sleeper")):
                        return {"launcher": launcher, "guard": guard}
        time.sleep(0.01)
    raise NotMeasured("a test under launcher and guard was not seen")


def smaps(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    raise ValueError(f"no {field} in smaps_rollup")


def held(bench, tree):
    ctest = subprocess.Popen(["ctest", "--test-dir", tree], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    try:
        pids = find(bench, ctest.pid)
        read = {f"{name}, {field}": smaps(pids[name], field) for name, field in HELD}
        return read | {BOTH: read["launcher, Rss"] + read["guard, Rss"]}
    except PermissionError as failure:
        # The kernel hides the memory of a process whose program its user may not read (prctl(2),
        # PR_SET_DUMPABLE).
        raise NotMeasured("the memory of launcher and guard is readable by root only") from failure
    finally:
        ctest.terminate()
        ctest.wait()


def around_a_test(bench):
    sleeper = bench.program("sleeper")
    _, attached = suite.trees(bench, 1, f'"{sleeper}"')
    return Readings(lambda: held(bench, attached), 1)


def rows(_, samples):
    for name, field in HELD:
        kb = samples[f"{name}, {field}"].reading
        yield Row(f"{name}, while a test runs: {field} / 1 MiB", kb / LIMIT_KB, 1.00, None, f"{kb} kB")


# The share of memory that others map too (Pss) differs with who runs at that moment. Which of the two
# first touches a page of their program differs with every change of it.
MEASUREMENTS = [Measurement("memory of launcher and guard", around_a_test, rows, {BOTH: (READING,)})]
