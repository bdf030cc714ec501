"""The C library of Holdfast's own launcher and holdfast-exec."""

import os
import unittest

from holdfast_case import EXEC, LAUNCHER, STAGE
from launcher_libc_test import is_glibcs


class OwnLauncher(unittest.TestCase):
    @unittest.skipUnless(os.environ["HOLDFAST_TEST_TRIES_MUSL"] == "TRUE", "Holdfast was configured to take glibc")
    def test_it_is_musl(self):
        """It is not where the launcher uses a source that is listed as NOT_FOR_LAUNCHERS."""
        for program in (LAUNCHER, EXEC):
            with self.subTest(program):
                self.assertFalse(is_glibcs(STAGE / program))


if __name__ == "__main__":
    unittest.main()
