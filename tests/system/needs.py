"""What a test needs of the machine. If it is missing, the test is skipped with the reason."""

import subprocess
import sys

from support import HERE, STAGE, program


def need(case, words, what):
    """Needs this command to succeed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, check=False)
    if done.returncode != 0:
        case.skipTest(f"{what}: {done.stderr.decode().strip()}")


def need_mounts(case):
    """Needs root, and a mount namespace. In a chroot whose top is no mount point there is none, and
    a container may forbid mount(2)."""
    need(case, ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], "no mount namespace to be had")


def need_reach(case, as_user):
    """Needs Holdfast, the test programs and the test's directory to be reachable for another user.
    Below a closed home directory they are not."""
    need(case, [*as_user, "ls", STAGE, program("exit_with"), case.work], "another user does not reach us")


# Words to put before a command.
AS_NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
# And the name of an error and those of system calls after them (without_call.py).
WITHOUT_CALL = [sys.executable, "-B", str(HERE / "without_call.py")]
