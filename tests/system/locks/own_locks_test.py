"""own_locks.py: the tests' well-known locks are not those of other processes, and end with the
driver."""

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from support import HERE, HOLDFAST, USER_DIRECTORY, SystemCase, processes_with, program, wait_until

DRIVER = """import os, subprocess, sys, unittest
sys.path.insert(0, "@HERE@")
import own_locks
class Holds(unittest.TestCase):
    @own_locks.needed
    def test_holds(self):
        subprocess.run(["@CLI@", "run", "--lock", "@NAME@@user", "--", "setsid", "@IGNORE@", "@FILE@"])
own_locks.main()
"""


class OwnLocksTest(SystemCase):
    def driver(self, name):
        script = self.work / "driver.py"
        text = DRIVER.replace("@HERE@", str(HERE)).replace("@CLI@", HOLDFAST).replace("@NAME@", name)
        script.write_text(text.replace("@IGNORE@", program("ignore")).replace("@FILE@", str(self.work / "announced")))
        cookie, _, value = self.cookie.partition("=")
        return self.start(sys.executable, "-B", script, stderr=subprocess.PIPE, env={**os.environ, cookie: value})

    def test_a_lock_is_its_own_and_is_free_when_the_driver_is_killed(self):
        for how in (signal.SIGKILL, signal.SIGTERM):
            with self.subTest(how=how):
                name = self.lock_name()
                (self.work / "announced").unlink(missing_ok=True)
                driver = self.driver(name)
                wait_until(lambda: (self.work / "announced").exists() or driver.poll() is not None, "the holder")
                if driver.poll() == 0:
                    self.skipTest(driver.stderr.read().decode())
                self.assertEqual(self.finish(HOLDFAST, "run", "--lock", f"{name}@user", "--lock-timeout", "20", "--",
                                             "true").returncode, 0)
                self.assertEqual(len(list(USER_DIRECTORY.glob(f"locks/user/{name}"))), 1)
                # By its name only: in a chroot the path begins elsewhere.
                self.assertIn("ignore", [Path(os.readlink(f"/proc/{one.pid}/exe")).name
                                         for one in processes_with(self.cookie)])
                driver.send_signal(how)
                driver.wait()
                self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
