"""Helpers for the tests of orphans: a test that hides its processes, and a way to kill several
processes at once."""

import os
import signal
import sys

from support import children_of, keepers_of, name_of, process, wait_until

# forsaken FILE WAY…: starts one daemon per WAY by double fork, each in a session of its own, writes
# their pids to FILE, and then stays. bare: the daemon has no environment; overwritten: an
# environment of zeros; deaf: it ignores all signals that it can; untagged: it has neither the
# environment nor the limit that tell to which test it belongs.
PROGRAM = r'''
import ctypes, os, resource, signal, sys, time
file = sys.argv[1]
def announce():
    fd = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(fd, b"%d\n" % os.getpid())
    os.close(fd)
def overwrite():
    fields = open("/proc/self/stat").read().rpartition(") ")[2].split()
    start, end = int(fields[47]), int(fields[48])
    ctypes.memset(start, 0, end - start)
def daemon(way):
    if os.fork():
        os.wait()
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(0, 3)
    if way == "untagged":
        locks = 10  # RLIMIT_LOCKS, which the module does not name
        resource.setrlimit(locks, (resource.getrlimit(locks)[1],) * 2)
    if way in ("bare", "untagged"):
        os.execve(sys.argv[2] + "/linger", ["linger", file], {})
    if way == "deaf":
        os.execve(sys.argv[2] + "/ignore", ["ignore", file, "15", "2"], {})
    if way == "overwritten":
        overwrite()
    announce()
    time.sleep(60)
    os._exit(0)
for way in sys.argv[3:]:
    daemon(way)
announce()
time.sleep(60)
'''


def kill_at_once(*victims):
    """Stops all of them first, so that none can act on the death of another, and then sends SIGKILL
    to each."""
    for one in victims:
        os.kill(one.pid, signal.SIGSTOP)
    for one in victims:
        wait_until(lambda one=one: process(one.pid) != one or stopped(one.pid), f"{one} to stop")
    for one in victims:
        os.kill(one.pid, signal.SIGKILL)
    # Until it is gone, its sockets exist and accept connections.
    for one in victims:
        wait_until(lambda one=one: process(one.pid) != one, f"the end of {one}")


def stopped(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
        return stat.read().rpartition(") ")[2][0] == "T"


class Forsaken:
    """A mixin for ProjectCase."""

    def forsaken(self, name="hides", ways=("plain", "bare", "overwritten"), file=None):
        """The add_test() of a test that hides in these ways."""
        script = self.work / "forsaken.py"
        script.write_text(PROGRAM)
        return (f"add_test(NAME {name} COMMAND {sys.executable} {script} {file or self.pid_file()} "
                f"@P@ {' '.join(ways)})\n")

    def launchers_of(self, ctest, count=1):
        def look():
            found = []
            for pid in children_of(ctest.pid):
                if name_of(pid).startswith("holdfast-launch"):
                    found.append(process(pid))
            return found if len(found) == count else None
        return wait_until(look, "the launchers")

    def pair_of(self, ctest):
        launcher, = self.launchers_of(ctest)
        return launcher, self.guard_of(launcher.pid)

    @staticmethod
    def keeper_of(tree):
        keeper, = keepers_of(tree)
        return keeper
