"""examples/container: ctest as the first process of a container, by namespaces and by podman; and where a container's
seccomp filter knows no newer system calls."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import CMAKE, CTEST, PATIENCE_S, STAGE, ProjectCase

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/container"
WITHOUT_CALL = [sys.executable, "-B", str(Path(__file__).with_name("without_call.py"))]
# podman raises these limits, which root of a container may not; runc is content with any cgroups.
SETTINGS = """
[containers]
default_ulimits = ["nofile=1000:1000", "nproc=1000:1000"]
[engine]
runtime = "runc"
"""
ALL_PASS = "100% tests passed, 0 tests failed out of 7"
ENDED = "holdfast: 7 tests through Holdfast: 7 passed; 1 left processes behind (leaves-a-daemon: sleep)"


class ContainerTest(ProjectCase):
    def setUp(self):
        super().setUp()
        # The container has a /tmp of its own, and a checkout may be below ours.
        self.place = Path(tempfile.mkdtemp(prefix="holdfast-container-", dir="/var/tmp"))
        self.addCleanup(lambda: shutil.rmtree(self.place))
        self.place.chmod(0o755)
        shutil.copytree(STAGE, self.place / "prefix", symlinks=True)
        self.tree = self.place / "tree"
        made = self.finish(CMAKE, "-S", EXAMPLE, "-B", self.tree, "-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES="
                           f"{self.place}/prefix/lib/cmake/Holdfast/Holdfast.cmake")
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)

    def contained(self, by, **environment):
        done = self.finish(EXAMPLE / "in-container.sh", by, self.tree, "-j4", bound=4 * PATIENCE_S,
                           env=self.environment(**environment))
        return done.returncode, (done.stdout + done.stderr).decode()

    def check(self, by, **environment):
        code, said = self.contained(by, **environment)
        self.assertIn(ALL_PASS, said)
        self.assertIn(ENDED, said)
        self.assertEqual(code, 0, said)
        code, said = self.contained(by, HOLDFAST_DISABLE="1", **environment)
        self.assertIn("finds-no-daemon (Failed)", said)
        self.assertNotIn("holdfast", said.replace(str(self.place), ""))

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_by_namespaces(self):
        probe = subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "true"], capture_output=True, check=False)
        if probe.returncode != 0:
            self.skipTest(probe.stderr.decode().strip())
        self.check("unshare")

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("podman"), "needs root and podman")
    def test_by_podman(self):
        settings = self.work / "containers.conf"
        settings.write_text(SETTINGS)
        probe = subprocess.run(["podman", "run", "--rm", "--network", "none", "--rootfs", "/:O", "true"],
                               env=self.environment(CONTAINERS_CONF=str(settings)), capture_output=True, check=False)
        if probe.returncode != 0:
            self.skipTest(probe.stderr.decode().strip())
        self.check("podman", CONTAINERS_CONF=str(settings))

    def test_where_newer_system_calls_are_refused(self):
        newer = "clone3,close_range,openat2,pidfd_getfd,pidfd_send_signal,faccessat2,epoll_pwait2"
        for error in ("EPERM", "ENOSYS"):
            with self.subTest(error):
                ran = self.finish(*WITHOUT_CALL, error, newer, CTEST, "-E", "no-name|read-only|terminal", cwd=self.tree)
                said = (ran.stdout + ran.stderr).decode()
                self.assertEqual(ran.returncode, 0, said)
                self.assertIn("4 tests through Holdfast: 4 passed; 1 left processes behind", said)

    def test_without_pidfds_tests_run_by_themselves_and_it_is_said(self):
        ran = self.finish(*WITHOUT_CALL, "EPERM", "pidfd_open", CTEST, "-R", "one|other", cwd=self.tree)
        said = (ran.stdout + ran.stderr).decode()
        self.assertEqual(ran.returncode, 0, said)
        self.assertIn("holdfast: this kernel cannot watch processes (pidfd_open): tests run without Holdfast", said)


if __name__ == "__main__":
    unittest.main()
