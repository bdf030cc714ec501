"""What a test needs of the machine. Where it is not to be had, the test is skipped with the reason."""

import subprocess

from support import STAGE, program


def need(case, words, what):
    """That this command succeeds."""
    done = subprocess.run([str(word) for word in words], capture_output=True, check=False)
    if done.returncode != 0:
        case.skipTest(f"{what}: {done.stderr.decode().strip()}")


def need_mounts(case):
    """As root. A chroot whose top is no mount point has no namespace for them; a container may forbid mount(2)."""
    need(case, ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], "no mount namespace to be had")


def need_reach(case, as_user):
    """That another user reaches Holdfast, the test programs and the test's directory. Below a closed home he does not."""
    need(case, [*as_user, "ls", STAGE, program("exit_with"), case.work], "another user does not reach us")


# Before a command.
AS_NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
