"""Where ctest and `holdfast run` may be at work: PID namespaces (as root, or in a user namespace of one's own),
another user."""

import os
import shutil
import subprocess
from pathlib import Path

from needs import need, need_reach
from processes import children_of, process
from support import PATIENCE_S, USER_DIRECTORY, name_of, wait_until

# A /proc of its own, as a container has; without, it shows the numbers of the namespace outside.
OWN_PROC = ("--mount-proc",)
OUTER_PROC = ()
# A user whom /etc/passwd does not know, and no other driver is.
UNKNOWN_USER = 1_700_000_000 + os.getpid()


# Who else than root needs a user namespace, and in there is himself, whose locks are the same; or a root who
# may do there what only root may.
HIMSELF = "--map-current-user"
ROOT_THERE = "--map-root-user"


def words_for(proc, who=HIMSELF):
    """The words that put a command in a PID namespace as its first process."""
    user = () if os.geteuid() == 0 else ("--user", who)
    return ["unshare", *user, "--pid", "--fork", "--kill-child", *proc]


def need_namespace(case, proc=OWN_PROC, who=HIMSELF):
    words = words_for(proc, who)
    need(case, [*words, "true"], "no PID namespace to be had")
    return words


class Here:
    """Where the driver is. What is started there is ctest, or `holdfast run`: the program."""

    inside = False  # what is announced are numbers of another namespace
    user_directory = USER_DIRECTORY
    # It is the first process there: with it the kernel ends everybody, the keeper too, and it gets no signal
    # that it does not handle.
    is_first = False
    is_plain = False  # Holdfast stays out and says so: there is nobody else to be killed

    def words(self, case):
        """To be put before the program, or the test is skipped."""
        del case
        return []

    def own(self, path):
        """Makes all of this its user's."""

    def tidy(self):
        """Leaves nothing behind."""

    def started(self, begun, program):
        """The process of the program, once it is there."""
        del program
        return process(begun.pid)

    def end(self, begun):
        """The program's exit code, when all that is to be seen in there was seen."""
        return begun.wait(PATIENCE_S)

    def code_of(self, number):
        """By which one there is told that a signal ended the program."""
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

    def started(self, begun, program):
        name = Path(program).name[:15]  # all that the kernel keeps of it

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
