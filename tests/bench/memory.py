"""How much memory the two processes around a test hold while it runs."""

import os
import pathlib
import subprocess
import sys
import time

import suite

LIMIT_KB = 1024


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
                        return launcher, guard
        time.sleep(0.01)
    raise subprocess.CalledProcessError(1, "a test under launcher and guard was not seen")


def smaps(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    raise ValueError(f"no {field} in smaps_rollup")


def around_a_test(bench):
    sleeper = bench.program("sleeper")
    _, attached = suite.trees(bench, 1, f'"{sleeper}"')
    ctest = subprocess.Popen(["ctest", "--test-dir", attached], stdout=subprocess.DEVNULL)
    try:
        pids = dict(zip(("launcher", "guard"), find(bench, ctest.pid)))
        held = {
            (name, field): smaps(pid, field)
            for name, pid in pids.items()
            for field in ("Rss", "Pss")
        }
    except PermissionError:
        # The kernel hides the memory of a process whose program its user may not read (prctl(2),
        # PR_SET_DUMPABLE).
        print("bench: the memory of launcher and guard is readable by root only", file=sys.stderr)
        return []
    finally:
        ctest.terminate()
        ctest.wait()
    return [
        bench.Row(f"{name}, while a test runs: {field} / 1 MiB", kb / LIMIT_KB, 1.00, None, f"{kb} kB")
        for (name, field), kb in held.items()
    ]


MEASUREMENTS = [("memory of launcher and guard", around_a_test)]
