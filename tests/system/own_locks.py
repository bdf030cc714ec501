"""For tests of a lock whose name the test cannot choose (holdfast-memory@user), which every build
of this user takes. Such a driver gets a user's directory of its own, no directory of the machine,
and a PID namespace. So no other checkout's tests and no build of the user waits for the tests, and
no holder outlives the driver.

The path of a user's directory depends only on the uid (base/names.hpp), so this needs a mount
namespace. Without one, such tests are skipped: they never take the user's own locks."""

import os
import subprocess
import sys
import unittest

from support import USER_DIRECTORY

# The processes of a test do not see it: plain_environment() drops SYSTEM_.
INSIDE = "SYSTEM_TEST_OWN_LOCKS"
# Here root would make the machine's directory (launcher/base/names.hpp).
MACHINES_PARENT = os.path.realpath("/var/lock")
MOUNT = (f'mount -t tmpfs -o mode=0700 none {USER_DIRECTORY} && mount -t tmpfs -o mode=0755 none {MACHINES_PARENT} || exit; '
         '"$@"; exit $?')


def _words(*command):
    """Words that run the command in there, and end all its processes when they end."""
    USER_DIRECTORY.mkdir(mode=0o700, exist_ok=True)
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    after = []
    if os.geteuid() != 0:
        apart += ["--user", "--map-current-user", "--keep-caps"]
        after = ["setpriv", "--ambient-caps=-all"]
    return ["setpriv", "--pdeathsig", "KILL", *apart, "sh", "-c", MOUNT, "sh", *after, *command]


def _are_ours():
    return os.environ.get(INSIDE) == "1" and os.path.ismount(USER_DIRECTORY) and os.path.ismount(MACHINES_PARENT)


def main():
    """Call this in place of unittest.main()."""
    if not _are_ours() and subprocess.run(_words("true"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                          check=False).returncode == 0:
        words = _words(*sys.orig_argv)
        sys.exit(subprocess.run(words, env={**os.environ, INSIDE: "1"}, check=False).returncode)
    unittest.main()


# A decorator for a class or a test.
needed = unittest.skipUnless(
    _are_ours(), f"no {USER_DIRECTORY} of its own: `unshare --mount --pid --fork --mount-proc` fails, or mounting there")
