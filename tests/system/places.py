"""Places where ctest and `holdfast run` may run: PID namespaces (as root, or in a user namespace of
one's own), and as another user."""

import os
import shutil
import subprocess
from pathlib import Path

from needs import need, need_reach
from processes import children_of, process
from support import PATIENCE_S, USER_DIRECTORY, name_of, wait_until

# With a /proc of its own, as a container has. Without it, /proc shows the pids of the outer
# namespace.
OWN_PROC = ("--mount-proc",)
OUTER_PROC = ()
# A user without an entry in /etc/passwd, whom no other driver uses.
UNKNOWN_USER = 1_700_000_000 + os.getpid()


# A user other than root needs a user namespace. There he is himself, with the same locks, or root,
# with the rights of root.
HIMSELF = "--map-current-user"
ROOT_THERE = "--map-root-user"


def words_for(proc, who=HIMSELF):
    """The words that run a command as the first process of a PID namespace."""
    user = () if os.geteuid() == 0 else ("--user", who)
    return ["unshare", *user, "--pid", "--fork", "--kill-child", *proc]


def need_namespace(case, proc=OWN_PROC, who=HIMSELF):
    words = words_for(proc, who)
    need(case, [*words, "true"], "no PID namespace to be had")
    return words


class Here:
    """The place of the driver itself. The program is ctest or `holdfast run`."""

    inside = False  # the announced pids are numbers of another namespace
    user_directory = USER_DIRECTORY
    # The program is the first process there. Its death makes the kernel end all others, the keeper
    # too, and it gets no signal that it does not handle.
    is_first = False
    is_plain = False  # Holdfast stays out and says so: only ctest can be killed

    def words(self, case):
        """The words to put before the program. Skips the test if the place cannot be made."""
        del case
        return []

    def own(self, path):
        """Gives the path and all below it to the user of this place."""

    def tidy(self):
        """Removes what the place has left."""

    def started(self, begun, program):
        """The process of the program, once it exists."""
        del program
        return process(begun.pid)

    def end(self, begun):
        """The program's exit code. No process of the place is needed any more."""
        return begun.wait(PATIENCE_S)

    def code_of(self, number):
        """The exit code with which this place says that a signal ended the program."""
        return -number


class AsFirstProcess(Here):
    inside = True
    is_first = True

    def words(self, case):
        return need_namespace(case)

    def started(self, begun, program):
        return wait_until(lambda: next(iter(map(process, children_of(begun.pid))), None), program)

    def code_of(self, number):
        return 128 + number


class BesideAnothersProc(AsFirstProcess):
    """With the /proc of the outer namespace."""

    is_plain = True

    def words(self, case):
        return need_namespace(case, OUTER_PROC)


class ThreeLevelsDown(Here):
    inside = True

    def words(self, case):
        words = 3 * need_namespace(case)
        need(case, [*words, "true"], "no three PID namespaces to be had")
        # The first process there stays until its stdin ends, and all others end with it.
        return [*words, "sh", "-c", '"$@" </dev/null; code=$?; read -r _; exit $code', "sh"]

    def started(self, begun, program):
        name = Path(program).name[:15]  # the kernel keeps only this much

        def look():
            below = [begun.pid]
            for pid in below:
                below += children_of(pid)
                if name_of(pid) == name:
                    return process(pid)
            return None
        return wait_until(look, program)

    def end(self, begun):
        begun.stdin.close()
        return super().end(begun)

    def code_of(self, number):
        return 128 + number


class AsUnknownUser(Here):
    user_directory = Path(f"/tmp/holdfast-{UNKNOWN_USER}")

    def words(self, case):
        if os.geteuid() != 0:
            case.skipTest("needs root, to be another user")
        words = ["setpriv", f"--reuid={UNKNOWN_USER}", f"--regid={UNKNOWN_USER}", "--clear-groups"]
        need_reach(case, words)
        return words

    def own(self, path):
        subprocess.run(["chown", "-R", f"{UNKNOWN_USER}:{UNKNOWN_USER}", path], check=True)

    def tidy(self):
        shutil.rmtree(self.user_directory, ignore_errors=True)


PLACES = {"here": Here, "first": AsFirstProcess, "foreign": BesideAnothersProc, "levels": ThreeLevelsDown,
          "user": AsUnknownUser}
