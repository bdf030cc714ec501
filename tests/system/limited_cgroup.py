"""A cgroup of version 2 or 1 with a limit of memory, in which a test can run a command."""

import os
import unittest
from pathlib import Path

from support import wait_until

UNIFIED = Path("/sys/fs/cgroup")
V1 = UNIFIED / "memory"


def _removed(group):
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _make(test, above, limit, size):
    """A cgroup with that limit, and one below it for the command."""
    group = above / f"holdfast-test-{os.getpid()}-{test.id().rpartition('.')[2]}"
    group.mkdir()
    test.addCleanup(lambda: wait_until(lambda: _removed(group), f"{group} to be empty"))
    if not (group / limit).exists():
        raise OSError(f"{group} has no {limit}")
    (group / limit).write_text(str(size))
    for swap, most in (("memory.swap.max", 0), ("memory.memsw.limit_in_bytes", size)):
        if (group / swap).exists():
            (group / swap).write_text(str(most))
    inner = group / "inner"
    inner.mkdir()
    test.addCleanup(lambda: wait_until(lambda: _removed(inner), f"{inner} to be empty"))
    return ["sh", "-c", f'echo 0 >{inner}/cgroup.procs && exec "$@"', "sh"]


def limited_cgroup(test, size):
    """Words that put a command into a cgroup below one with that limit, in bytes. Skips the test if
    no such cgroup can be made."""
    own = {line.split(":", 2)[1]: line.split(":", 2)[2] for line in Path("/proc/self/cgroup").read_text().splitlines()}
    troubles = []
    for above, limit in ((Path(f"{UNIFIED}{own.get('', '')}"), "memory.max"),
                         (Path(f"{V1}{own.get('memory', '')}"), "memory.limit_in_bytes"),
                         (V1, "memory.limit_in_bytes")):
        try:
            return _make(test, above, limit, size)
        except OSError as error:
            troubles.append(str(error))
    raise unittest.SkipTest("no cgroup with a limit of memory can be made: " + "; ".join(troubles))
