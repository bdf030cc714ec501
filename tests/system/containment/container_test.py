"""Runs examples/container: ctest as the first process of a container, by namespaces and by podman.
Checks a seccomp filter that does not know the newer system calls, and each kind of cgroups that a
container may have."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from needs import WITHOUT_CALL, need, need_mounts
from support import CMAKE, CTEST, PATIENCE_S, SOURCES, STAGE, ProjectCase, no_keeper_of, wait_until

EXAMPLE = SOURCES / "examples/container"
# podman raises these limits, which root in a container may not do. runc works with any cgroups.
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
        # The container has its own /tmp, and the checkout may be below the host's /tmp.
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
        need(self, ["unshare", "--mount", "--pid", "--net", "--fork", "true"], "no namespaces to be had")
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

    def test_what_is_no_build_tree_is_refused_and_stays_its_owners(self):
        for words in ([str(self.work)], ["podmn", str(self.tree)]):
            done = self.finish(EXAMPLE / "in-container.sh", *words, cwd=self.work)
            self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
            self.assertIn(b"in-container.sh: ", done.stderr)
        self.assertEqual(self.work.stat().st_uid, os.geteuid())

    def test_where_newer_system_calls_are_refused(self):
        for error in ("EPERM", "ENOSYS"):
            with self.subTest(error):
                newer = "close_range,openat2,pidfd_getfd,pidfd_send_signal,faccessat2,epoll_pwait2"
                # The newest ctest itself starts nothing if clone3 fails with EPERM.
                if self.finish(*WITHOUT_CALL, error, "clone3", CTEST, "-R", "one", cwd=self.tree,
                               env=self.environment(HOLDFAST_DISABLE="1")).returncode == 0:
                    newer += ",clone3"
                ran = self.finish(*WITHOUT_CALL, error, newer, CTEST, "-E", "no-name|read-only|terminal", cwd=self.tree)
                said = (ran.stdout + ran.stderr).decode()
                self.assertEqual(ran.returncode, 0, said)
                self.assertIn("4 tests through Holdfast: 4 passed; 1 left processes behind", said)

    def test_without_pidfds_tests_run_by_themselves_and_it_is_said(self):
        ran = self.finish(*WITHOUT_CALL, "EPERM", "pidfd_open", CTEST, "-R", "one|other", cwd=self.tree)
        said = (ran.stdout + ran.stderr).decode()
        self.assertEqual(ran.returncode, 0, said)
        self.assertIn("holdfast: this kernel cannot watch processes (pidfd_open): tests run without Holdfast", said)

    def test_a_ctest_that_lives_and_cannot_be_watched_has_not_ended(self):
        ran = self.finish(*WITHOUT_CALL, "EMFILE", "pidfd_open", CTEST, "-V", "-R", "one", cwd=self.tree)
        said = (ran.stdout + ran.stderr).decode()
        self.assertEqual(ran.returncode, 8, said)
        self.assertRegex(said, "holdfast: .*watch process [0-9]+: Too many open files")
        self.assertNotIn("ctest had ended", said)


# Each is mounted in place of the present cgroups.
CGROUPS = {
    "version 2": "mount -t cgroup2 none /sys/fs/cgroup",
    "hybrid": "mount -t tmpfs none /sys/fs/cgroup; mkdir /sys/fs/cgroup/unified /sys/fs/cgroup/memory; "
              "mount -t cgroup2 none /sys/fs/cgroup/unified; mount -t cgroup -o memory none /sys/fs/cgroup/memory",
    "version 1": "mount -t tmpfs none /sys/fs/cgroup; mkdir /sys/fs/cgroup/memory; "
                 "mount -t cgroup -o memory none /sys/fs/cgroup/memory",
    "none": "true",
}


@unittest.skipUnless(os.geteuid() == 0, "needs root, to mount")
class CgroupsTest(ProjectCase):
    def settings(self, text):
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(text)

    def check(self, kind, contained):
        """Tests run with each kind of cgroups. Without version 2 they run without a cgroup of their
        own, and a line says so."""
        need_mounts(self)
        words = ["unshare", "--mount", "sh", "-ec", f'umount -l /sys/fs/cgroup; {CGROUPS[kind]}; exec "$@"', "sh"]
        need(self, [*words, "true"], f"no such cgroups to be had ({kind})")
        self.settings('[profile.default]\ncontainment = "cgroup"\n')
        tree = self.project("add_test(NAME passes COMMAND cat /proc/self/cgroup)\n"
                            "add_test(NAME leaves COMMAND sh -c "
                            "  \"setsid sleep 60 & until grep -qx sleep /proc/$!/comm; do sleep 0.01; done\")\n")
        ran = self.finish(*words, CTEST, "-V", cwd=tree)
        said = (ran.stdout + ran.stderr).decode()
        self.assertEqual(ran.returncode, 0, said)
        self.assertIn("2 tests through Holdfast: 2 passed; 1 left processes behind (leaves: sleep)", said)
        self.assertEqual(len(re.findall(r"(?m)^1: 0::.*/holdfast-", said)), int(contained), said)
        self.assertEqual(said.count('holdfast: ignoring containment = "cgroup": '), int(not contained), said)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")

    def test_version_2(self):
        self.check("version 2", True)

    def test_hybrid(self):
        self.check("hybrid", True)

    def test_version_1(self):
        self.check("version 1", False)

    def test_none(self):
        self.check("none", False)


if __name__ == "__main__":
    unittest.main()
