"""`holdfast doctor`: limits, disks, memory and rights."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import own_locks
from contained import Contained
from doctor_case import DoctorCase, on_silent_disk
from limited_cgroup import limited_cgroup
from needs import AS_NOBODY, WITHOUT_CALL, need, need_mounts, need_reach
from support import HOLDFAST, USER_DIRECTORY, wait_until


class MachineTest(Contained, DoctorCase):
    def limited(self, *words):
        """Words that run a command under other limits."""
        return ["sh", "-c", " && ".join(words) + ' && exec "$@"', "sh"]

    def test_without_a_tree_only_the_machine_is_looked_at(self):
        done = self.finish(HOLDFAST, "doctor", cwd="/")
        self.assertEqual(done.stdout.splitlines()[0],
                         b"no build tree here or above: only the machine is checked")
        self.assertIn(done.returncode, (0, 1))
        self.look(None, cwd="/")
        self.assertIsNone(self.said["tree"])
        self.assertIn("cmake", [tool["name"] for tool in self.said["machine"]["tools"]])

    def test_wrong_use_is_one_line_and_exit_code_2(self):
        for options in (["--tree", "/"], ["--tree", ""], ["--patience", "soon"], ["--patience", "0"], ["--bogus"], ["stray"]):
            done = self.finish(HOLDFAST, "doctor", *options, cwd="/")
            self.assertEqual((done.returncode, done.stdout), (2, b""), options)
            self.assert_our_lines(done.stderr, 1)

    def test_a_cmake_that_is_too_old(self):
        place = self.work / "bin"
        place.mkdir()
        cmake = self.program_in(place, "#!/bin/sh\necho cmake version 3.16.3\n", "cmake")
        found = self.look(None, cwd="/", env=self.environment(PATH=f"{place}:{os.environ['PATH']}"))
        self.assert_found(found, "tool_too_old", f"^{cmake} has version 3.16.3, and Holdfast needs 3.25$")

    def test_a_machine_where_no_process_can_be_watched(self):
        found = self.look(self.project(), before=[*WITHOUT_CALL, "EPERM", "pidfd_open"])
        self.assert_found(found, "cannot_supervise", "^tests run without Holdfast: .*pidfd_open")

    def test_few_descriptors(self):
        found = self.look(self.project(), before=self.limited("ulimit -n 40"))
        self.assert_only(found, "few_descriptors", "^a process may have 40 files open, and ctest -j")

    def test_few_processes(self):
        need(self, [*AS_NOBODY, "true"], "not root")
        tree = self.project()
        need_reach(self, AS_NOBODY)
        subprocess.run(["chown", "-R", "nobody", self.work], check=True)
        for most in (12, 1):  # with 1, doctor itself gets no thread
            found = self.look(tree, before=[*AS_NOBODY, "prlimit", f"--nproc={most}:{most}"])
            self.assert_found(found, "few_processes", rf"^this user has \d+ of the {most} processes that it may have")

    def test_few_processes_in_a_cgroup(self):
        words = self.in_cgroup("pids.max", 12)
        self.assert_only(self.look(self.project(), before=words), "few_processes",
                         r"^the cgroup has room for \d+ of its 12 processes")

    def in_cgroup(self, file, value):
        own = next((line.split("::", 1)[1] for line in Path("/proc/self/cgroup").read_text().splitlines()
                    if line.startswith("0::")), "/")
        group = Path(f"/sys/fs/cgroup{own}/holdfast-doctor-{os.getpid()}")
        try:
            group.mkdir()
        except OSError as error:
            self.skipTest(f"no cgroup can be made: {error}")

        def remove():
            group.rmdir()
            return True
        self.addCleanup(lambda: wait_until(lambda: not group.exists() or remove(), "the cgroup's end"))
        if not (group / file).exists():
            self.skipTest(f"{group} has no {file}")
        (group / file).write_text(str(value))
        return ["sh", "-c", f'echo 0 >{group}/cgroup.procs && exec "$@"', "sh"]

    def test_little_memory(self):
        if "ASAN_OPTIONS" in os.environ:
            self.skipTest("a sanitized program does not start in so little memory")
        tree = self.project()
        words = limited_cgroup(self, 60 << 20)
        self.assert_found(self.look(tree, before=words), "memory_out", "^of the memory, .* of 60.0 MiB available$")

    def mounted(self, options, command="exec \"$@\"", kind="tmpfs"):
        need_mounts(self)
        return ["unshare", "--mount", "sh", "-c", f"mount -t {kind} {options} && {command}", "sh"]

    def test_a_full_disk(self):
        tree = self.project()
        full = self.work / "full"
        full.mkdir()
        words = self.mounted(f"-o size=70m none {full}", f'head -c 20000000 /dev/zero >{full}/data && exec "$@"')
        found = self.look(tree, before=words, env=self.environment(TMPDIR=str(full)))
        self.assert_only(found, "disk_full", rf"^TMPDIR has 5\d.\d MiB of 70.0 MiB left: {full}$",
                         command=f"^df -h {full}$")

    def test_a_disk_without_inodes(self):
        tree = self.project()
        full = self.work / "full"
        full.mkdir()
        words = self.mounted(f"-o size=700m,nr_inodes=500 none {full}")
        found = self.look(tree, before=words, env=self.environment(TMPDIR=str(full)))
        self.assert_only(found, "no_inodes", r"^TMPDIR has room for \d+ more files: ")

    def test_a_read_only_tree_from_which_nothing_can_be_started(self):
        tree = self.project()
        words = self.mounted(f"{tree} {tree}", f'mount -o remount,bind,ro,noexec {tree} && exec "$@"', "none -o bind")
        found = self.look(tree, before=words)
        self.assertIn("read_only", found, self.said["findings"])
        self.assertRegex(found["read_only"]["what"], "its file system is read-only$")
        self.assertIn("no_execution", found)

    def test_a_tmpdir_that_does_not_exist(self):
        found = self.look(self.project(), env=self.environment(TMPDIR="/no/where"))
        self.assert_only(found, "directory_missing", "^TMPDIR cannot be used: .*/no/where")

    def test_a_tmpdir_that_is_no_directory(self):
        file = self.program_in(self.work)
        found = self.look(self.project(), env=self.environment(TMPDIR=str(file)))
        self.assert_only(found, "directory_missing", f"^TMPDIR cannot be used: {file} is no directory$")
        self.assertIsNone(found["directory_missing"]["command"])

    def test_a_tmpdir_that_this_user_may_not_write_to(self):
        """It is on the same file system as the tree, which is writable."""
        words = AS_NOBODY if os.geteuid() == 0 else []
        need_reach(self, words)
        tree = self.project()
        closed = self.work / "closed"
        closed.mkdir()
        self.finish("chown", "-R", "nobody", self.work)  # does nothing if this is a plain user
        closed.chmod(0o555)
        found = self.look(tree, before=words, env=self.environment(TMPDIR=str(closed)))
        self.assert_found(found, "read_only", f"^nothing can be written to TMPDIR, {closed}: this user may not$")

    def test_a_disk_that_does_not_answer(self):
        silent = self.work / "silent"
        words = on_silent_disk(self, silent)
        tree = self.project(f"add_test(NAME t COMMAND true)\nset_tests_properties(t PROPERTIES REQUIRED_FILES {silent}/x)\n")
        found = self.look(tree, "--patience", "10s", before=words, env=self.environment(TMPDIR=str(silent)))
        self.assert_only(found, "directory_missing", f"^TMPDIR cannot be used: {silent} gave no answer within 10.0 s$")
        self.assertEqual(self.said["not_looked_at"],
                         [f"what tests start and need: {silent}/x gave no answer within 10.0 s"])

    def test_core_files_that_are_lost(self):
        pattern = self.work / "core_pattern"
        pattern.write_text("|/no/such/program %p\n")
        words = self.mounted(f"{pattern} /proc/sys/kernel/core_pattern", 'ulimit -c unlimited && exec "$@"', "none -o bind")
        tree = self.project()
        found = self.look(tree, before=["sh", "-c", 'echo /no/such/core.%p >"$0" && exec "$@"', pattern, *words], code=0)
        self.assert_only(found, "cores_lost", "this user cannot write to /no/such$", severity="worth_knowing")
        pattern.write_text("|/no/such/program %p\n")
        # In a container, nobody knows which programs the machine has.
        self.assertNotIn("cores_lost", self.look(tree, before=[*words, "unshare", "--pid", "--fork"]))
        if os.stat("/proc/self/ns/pid").st_ino == 0xEFFFFFFC:
            self.assert_only(self.look(tree, before=words, code=0), "cores_lost", "/no/such/program cannot be executed$",
                             severity="worth_knowing")

    @own_locks.needed
    def test_a_directory_for_locks_that_others_may_enter(self):
        mode = stat.S_IMODE(USER_DIRECTORY.stat().st_mode)
        USER_DIRECTORY.chmod(0o755)
        self.addCleanup(USER_DIRECTORY.chmod, mode)
        found = self.look(self.project())
        self.assert_only(found, "directory_refused", f"^no test can take a lock: .*{USER_DIRECTORY}: others may enter",
                         command=f"^chmod 700 {USER_DIRECTORY}$")

    @own_locks.needed
    def test_a_directory_for_locks_of_somebody_else(self):
        words = self.mounted(f"-o mode=0700,uid=65534 none {USER_DIRECTORY}")
        need(self, [*words, "true"], "not root")
        found = self.look(self.project(), before=words)
        self.assert_only(found, "directory_refused", f"^no test can take a lock: .*{USER_DIRECTORY}: ")
        self.assertIsNone(found["directory_refused"]["command"])

    def test_a_containment_that_this_user_may_not_have(self):
        need(self, [*AS_NOBODY, "true"], "not root")
        self.toml('[profile.default]\ncontainment = "cgroup"\n')
        tree = self.project()
        need_reach(self, AS_NOBODY)
        subprocess.run(["chown", "-R", "nobody", self.work], check=True)
        found = self.look(tree, before=AS_NOBODY)
        self.assert_found(found, "containment_denied", '^"t" would run without containment = "cgroup": failed to ',
                          command="^systemd-run ")

    def test_a_containment_that_has_no_rights(self):
        for words in self.each_user("netns"):
            self.fresh()
            self.toml('[profile.default]\ncontainment = "netns"\n')
            tree = self.project()
            self.finish("chown", "-R", "nobody", self.work)  # does nothing if this is a plain user
            found = self.look(tree, before=[*WITHOUT_CALL, "EPERM", "mount", *words])
            self.assert_found(found, "containment_denied", '^"t" would run without containment = "netns": failed to '
                              "keep mounts apart: Operation not permitted$")
            self.assertIn("kernel.apparmor_restrict_unprivileged_userns", found["containment_denied"]["advice"])

    @own_locks.needed
    def test_locks_that_this_user_may_not_look_at(self):
        words = AS_NOBODY if os.geteuid() == 0 else []
        need_reach(self, words)
        locks = Path(own_locks.MACHINES_PARENT, "holdfast/locks")
        locks.mkdir(parents=True)
        self.addCleanup(shutil.rmtree, locks.parent)
        locks.chmod(0)
        self.addCleanup(locks.chmod, 0o700)
        tree = self.project()
        self.finish("chown", "-R", "nobody", self.work)  # does nothing if this is a plain user
        self.assert_found(self.look(tree, before=words), "locks_unseen",
                          "^failed to look into /var/lock/holdfast/locks: Permission denied$", severity="worth_knowing")

    @own_locks.needed
    def test_a_lock_of_the_machine_that_this_user_may_not_make(self):
        need(self, [*AS_NOBODY, "true"], "not root")
        name = self.lock_name()
        tree = self.project(f"add_test(NAME t COMMAND true)\nset_tests_properties(t PROPERTIES HOLDFAST_LOCKS {name}@machine)\n")
        self.assertNotIn("machine_locks_denied", self.look(tree))
        self.assertFalse(Path(own_locks.MACHINES_PARENT, "holdfast").exists())  # root would make it, and doctor only looks
        need_reach(self, AS_NOBODY)
        subprocess.run(["chown", "-R", "nobody", self.work], check=True)
        found = self.look(tree, before=AS_NOBODY)
        self.assert_found(found, "machine_locks_denied", rf'^"t" cannot take the lock {name}@machine: failed to ',
                          command=f"^sudo holdfast run --lock {name}@machine -- true$")


if __name__ == "__main__":
    own_locks.main()
