"""The programs run on any Linux: on kernel 5.3, without glibc, and where libcurl is not installed."""

import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from support import CTEST, HOLDFAST, STAGE, ProjectCase

WITHOUT_CALL = Path(__file__).resolve().parents[1] / "without_call.py"
TESTS = """
add_test(NAME green COMMAND sh -c "echo $HOLDFAST_TEST_NAME")
add_test(NAME leaks COMMAND sh -c "sleep 300 & exit 0")
add_test(NAME flaky COMMAND sh -c "[ $HOLDFAST_ATTEMPT = 2 ]")
set_tests_properties(flaky PROPERTIES HOLDFAST_RETRY any=1)
set_tests_properties(green PROPERTIES HOLDFAST_LOCKS db)
"""


class Anywhere(ProjectCase):
    def test_with_the_system_calls_of_linux_5_3(self):
        tree = self.project(TESTS)
        done = self.finish(sys.executable, WITHOUT_CALL, "ENOSYS", "newer", CTEST, "-V", cwd=tree)
        text = done.stdout.decode() + done.stderr.decode()
        self.assertEqual(done.returncode, 0, text)
        self.assertIn("holdfast: 3 tests through Holdfast: 3 passed; 1 left processes behind (leaks: sleep); 1 flaky (flaky)", text)
        for words in (["report"], ["doctor"], ["log"], ["locks"], ["report", "--bundle", self.work / "run.tar.zst"],
                      ["run", "--lock", "db", "--", "true"]):
            done = self.finish(sys.executable, WITHOUT_CALL, "ENOSYS", "newer", HOLDFAST, *words, cwd=tree)
            self.assertIn(done.returncode, (0, 1), (words, done.stderr))
        # The filter is one: close_range(2), of Linux 5.9, is refused.
        asked = ("import ctypes, errno, sys\nlibc = ctypes.CDLL(None, use_errno=True)\n"
                 "sys.exit(libc.syscall(436, 900, 901, 0) != -1 or ctypes.get_errno() != errno.ENOSYS)")
        self.assertEqual(self.finish(sys.executable, WITHOUT_CALL, "ENOSYS", "newer", sys.executable, "-c", asked).returncode, 0)

    def test_in_a_root_with_nothing_but_busybox(self):
        if shutil.which("busybox") is None or os.geteuid() != 0:
            self.skipTest("needs busybox (package busybox-static) and root, to change the root directory")
        root = self.work / "root"
        for directory in ("bin", "tmp", "proc", "dev", "opt"):
            (root / directory).mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), root / "bin/busybox")
        for name in ("sh", "sleep", "echo", "true", "false", "kill"):
            (root / "bin" / name).symlink_to("busybox")
        for part in ("bin", "libexec"):
            shutil.copytree(Path(STAGE) / part, root / "opt" / part)
        self.assertEqual([path for path in root.rglob("*.so*")], [])
        script = ("mount -t proc proc $1/proc; mount --bind /dev $1/dev; exec chroot $1 /opt/bin/holdfast run --lock db@user "
                  "--retry exit:3=1 --name t -- /bin/sh -c 'sleep 300 & echo attempt $HOLDFAST_ATTEMPT; "
                  "[ $HOLDFAST_ATTEMPT = 2 ] || exit 3'")
        done = self.finish("unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh", root)
        text = done.stdout.decode() + done.stderr.decode()
        self.assertEqual(done.returncode, 0, text)
        self.assertIn("attempt 1\n", text)
        self.assertIn("attempt 2\n", text)
        self.assertIn("left 1 process behind, ended: sleep", text)
        for words in (["--version"], ["help", "retry"], ["locks"]):
            done = self.finish("chroot", root, "/opt/bin/holdfast", *words)
            self.assertIn(done.returncode, (0, 2), done.stderr)
        self.assertEqual(subprocess.run(["chroot", root, "/opt/bin/holdfast", "--version"], capture_output=True, check=True).stdout,
                         self.finish(HOLDFAST, "--version").stdout)

    def test_a_missing_libcurl_is_said_in_one_line(self):
        """The directory of the libraries has nothing but those of glibc."""
        if os.geteuid() != 0:
            self.skipTest("needs root, to hide a library")
        needed = [line.split() for line in subprocess.run(["ldd", Path(STAGE) / "libexec/holdfast/holdfast-etcd"],
                  capture_output=True, text=True, check=True).stdout.splitlines()]
        place, = {Path(words[2]).resolve().parent for words in needed if words[0] == "libcurl.so.4"}
        libraries = self.work / "libraries"
        libraries.mkdir()
        for file in ("libc.so.6", "libm.so.6", *[path.name for path in place.glob("ld-linux*")]):
            shutil.copy(place / file, libraries)
        hide = f"mount --bind '{libraries}' {place}; exec \"$@\""
        done = self.finish("unshare", "--mount", "--propagation", "private", "sh", "-ec", hide, "sh", HOLDFAST, "run", "--lock", "db@cluster",
                           "--", "true", env=self.environment(HOLDFAST_CLUSTER_ENDPOINTS="http://127.0.0.1:9"))
        self.assertEqual(done.returncode, 125, done.stderr)
        self.assertIn(b"holdfast-etcd needs libcurl, which is not installed (Debian: libcurl4)", done.stderr)
        self.assert_our_lines(done.stderr, 1)


if __name__ == "__main__":
    unittest.main()
