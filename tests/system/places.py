"""Where ctest may be at work: PID namespaces (as root, or in a user namespace of one's own), another user."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from processes import children_of, process
from support import PATIENCE_S, USER_DIRECTORY, wait_until

# A /proc of its own, as a container has; without, it shows the numbers of the namespace outside.
OWN_PROC = ("--mount-proc",)
OUTER_PROC = ()
# A user whom /etc/passwd does not know, and no other driver is.
UNKNOWN_USER = 1_700_000_000 + os.getpid()


def words_for(proc):
    """The words that put a command in a PID namespace as its first process."""
    user = () if os.geteuid() == 0 else ("-Ur",)
    return ["unshare", *user, "--pid", "--fork", "--kill-child", *proc]


def need(case, words, what):
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode != 0:
        case.skipTest(f"{what}: {done.stderr.decode().strip()}")


def need_namespace(case, proc=OWN_PROC):
    words = words_for(proc)
    need(case, [*words, "true"], "no PID namespace to be had")
    return words


class Here:
    """Where the driver is."""

    inside = False  # what is announced are numbers of another namespace
    user_directory = USER_DIRECTORY
    ends_with_ctest = False  # so does everybody in there, by the kernel, the keeper too
    is_plain = False  # Holdfast stays out and says so: there is nobody else to be killed

    def words(self, case):
        """To be put before ctest, or the test is skipped."""
        del case
        return []

    def own(self, path):
        """Makes all of this its user's."""

    def tidy(self):
        """Leaves nothing behind."""

    def ctest_of(self, begun):
        return process(begun.pid)

    def end(self, begun):
        """ctest's exit code, when all that is to be seen in there was seen."""
        return begun.wait(PATIENCE_S)


class AsFirstProcess(Here):
    inside = True
    ends_with_ctest = True

    def words(self, case):
        return need_namespace(case)

    def ctest_of(self, begun):
        return wait_until(lambda: next(iter(map(process, children_of(begun.pid))), None), "ctest")


class BesideAnothersProc(AsFirstProcess):
    """With the /proc of the namespace outside."""

    is_plain = True

    def words(self, case):
        return need_namespace(case, OUTER_PROC)


class ThreeLevelsDown(Here):
    inside = True

    def words(self, case):
        words = 3 * need_namespace(case)
        need(case, [*words, "true"], "no three PID namespaces to be had")
        # The first one in there stays until its stdin ends: with it ends everybody.
        return [*words, "sh", "-c", '"$@" </dev/null; code=$?; read -r _; exit $code', "sh"]

    def ctest_of(self, begun):
        def look():
            below = [begun.pid]
            for pid in below:
                below += children_of(pid)
                with contextlib.suppress(OSError):
                    if Path(f"/proc/{pid}/comm").read_text() == "ctest\n":
                        return process(pid)
            return None
        return wait_until(look, "ctest")

    def end(self, begun):
        begun.stdin.close()
        return super().end(begun)


class AsUnknownUser(Here):
    user_directory = Path(f"/tmp/holdfast-{UNKNOWN_USER}")

    def words(self, case):
        if os.geteuid() != 0:
            case.skipTest("needs root, to be another user")
        words = ["setpriv", f"--reuid={UNKNOWN_USER}", f"--regid={UNKNOWN_USER}", "--clear-groups"]
        need(case, [*words, "ls", str(case.work)], "our directory is nothing to another user")
        return words

    def own(self, path):
        subprocess.run(["chown", "-R", f"{UNKNOWN_USER}:{UNKNOWN_USER}", path], check=True)

    def tidy(self):
        shutil.rmtree(self.user_directory, ignore_errors=True)


PLACES = {"here": Here, "first": AsFirstProcess, "foreign": BesideAnothersProc, "levels": ThreeLevelsDown,
          "user": AsUnknownUser}
