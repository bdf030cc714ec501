"""Locks whose files are missing or planted or belong to another user, and full disks."""

import os
import shutil
import subprocess
import unittest
from pathlib import Path

from needs import need_mounts, need_reach
from support import (HOLDFAST, LAUNCHER, PATIENCE_S, USER_DIRECTORY, SystemCase, program, unfolded,
                     wait_until)

MACHINE = Path("/var/lock/holdfast")


@unittest.skipUnless(os.geteuid() == 0, "only root can become another user and mount")
class LockRobustnessTest(SystemCase):
    def setUp(self):
        super().setUp()
        # Another user, whose directory in /tmp no other process uses.
        self.user = 1_800_000_000 + os.getpid() % 100_000_000
        self.directory = Path(f"/tmp/holdfast-{self.user}")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.work.chmod(0o777)

    def as_user(self, *command, user=None):
        user = user or self.user
        words = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
        need_reach(self, words)
        return [*words, *command]

    def refused(self, ended, *words):
        self.assertEqual(ended.returncode, 125, ended.stderr)
        self.assert_our_lines(ended.stderr, 1)
        for word in words:
            self.assertIn(word, ended.stderr.decode())

    def hold(self, spec, words=(), **how):
        begun = self.start(*words, *self.supervised(program("linger"), self.pid_file(),
                                                    options=["--lock", spec, "--name", "holder"]), **how)
        self.announced(self.pid_file())
        return begun

    # --- Removed files ---------------------------------------------------------------------

    def test_a_removed_file_is_put_back_and_still_excludes(self):
        name = self.lock_name()
        holder = self.hold(name)
        self.lock_file(name).unlink()
        ended = self.finish(*self.supervised("true", options=["--lock", name, "--lock-timeout", "0.1"]))
        self.assertEqual(ended.returncode, 75, ended.stderr)
        self.assertTrue(self.lock_file(name).exists())
        holder.terminate()
        self.assertEqual(holder.wait(PATIENCE_S), -15)

    def test_a_lock_lost_with_its_directory_is_the_outcome(self):
        words = self.as_user()
        log = self.work / "holder.err"
        gate = self.work / "gate"
        os.mkfifo(gate)
        gate.chmod(0o666)
        with open(log, "wb") as stream:
            holder = self.start(*words, *self.supervised(
                "sh", "-c", f'echo $$ >"{self.pid_file()}"; read go <"{gate}"', options=["--lock", "x"]),
                stderr=stream)
        self.announced(self.pid_file())
        shutil.rmtree(self.directory)
        # A later run makes a new file. Then two runs have the lock, and the first says so.
        self.assertEqual(self.finish(*words, *self.supervised("true", options=["--lock", "x"])).returncode, 0)
        gate.write_text("go\n")
        self.assertEqual(holder.wait(PATIENCE_S), 125)
        self.assertIn('"sh": the file of its lock x@user was removed while it had it', log.read_text())

    def test_a_cleaner_of_tmp_is_kept_off_while_a_lock_is_held(self):
        holder = self.hold("x", self.as_user())
        # systemd-tmpfiles(8) asks so before it enters a directory.
        cleaner = ["flock", "-n", "-x", self.directory, "true"]
        self.assertEqual(self.finish(*cleaner).returncode, 1)
        holder.terminate()
        holder.wait(PATIENCE_S)
        self.assertEqual(self.finish(*cleaner).returncode, 0)

    def test_a_slot_removed_while_it_is_held_is_the_outcome(self):
        """The lock's own file is there, but another run makes a new file for the slot, and both
        have the slot."""
        gate = self.work / "gate"
        os.mkfifo(gate)
        name = self.lock_name()
        log = self.work / "holder.err"
        with open(log, "wb") as stream:
            holder = self.start(*self.supervised("sh", "-c", f'echo $$ >"{self.pid_file()}"; read go <"{gate}"',
                                                 options=["--lock", f"{name}:1/2"]), stderr=stream)
        self.announced(self.pid_file())
        for file in self.lock_file(name).parent.glob("slot.0*"):
            file.unlink()
        slot = self.finish(*self.supervised("sh", "-c", "env | grep HOLDFAST_SLOT", options=["--lock", f"{name}:1/2"]))
        self.assertTrue(slot.stdout.endswith(b"=0\n"), slot)
        gate.write_text("go\n")
        self.assertEqual(holder.wait(PATIENCE_S), 125)
        self.assertIn("was removed while it had it", log.read_text())

    # --- Hidden processes, another clock ---------------------------------------------------

    def test_locks_that_may_not_be_looked_at_are_not_called_free(self):
        locks = self.directory / "locks"
        locks.mkdir(parents=True)
        os.chown(self.directory, int(self.user), int(self.user))
        self.directory.chmod(0o700)
        locks.chmod(0o700)  # and it is root's
        ended = self.finish(*self.as_user(HOLDFAST, "locks"))
        self.assertEqual((ended.returncode, ended.stdout), (0, b"no lock is held, as far as it may be seen\n"))
        self.assert_our_lines(ended.stderr, 1)
        self.assertIn(f"failed to look into {locks}: Permission denied", ended.stderr.decode())
        locks.chmod(0o755)
        self.assertEqual(self.finish(*self.as_user(HOLDFAST, "locks")).stderr, b"")

    def test_the_directory_of_somebody_else_is_named(self):
        self.directory.mkdir(mode=0o700)
        ended = self.finish(*self.as_user(HOLDFAST, "locks"))
        self.assertEqual((ended.returncode, ended.stdout), (2, b""))
        self.assert_our_lines(ended.stderr, 1)
        self.assertIn(f"use {self.directory}: it belongs to user 0", ended.stderr.decode())

    @unittest.skipUnless(subprocess.run(["unshare", "-T", "--fork", "--monotonic", "1000", "true"], check=False,
                                        stderr=subprocess.DEVNULL).returncode == 0, "no time namespaces here")
    def test_who_heads_the_queue_with_a_later_clock_is_waited_for(self):
        name, order = self.lock_name(), self.work / "order"
        holder = self.hold(name)
        later = ["unshare", "-T", "--fork", "--monotonic", "100000"]
        waiting = []
        for which, words in (("first", later), ("second", []), ("third", later), ("fourth", [])):
            log = self.work / f"{which}.err"
            with open(log, "wb") as stream:
                waiting.append(self.start(*words, *self.supervised(
                    "sh", "-c", f"echo {which} >>{order}", options=["--lock", name]), stderr=stream))
            wait_until(lambda log=log: log.read_bytes(), f"the {which} to say that it waits")
            self.assertIn("waiting for lock", log.read_text())
        holder.terminate()
        self.assertEqual([one.wait(PATIENCE_S) for one in waiting], [0, 0, 0, 0])
        self.assertEqual(order.read_text().split(), ["first", "second", "third", "fourth"])

    # --- Limits of file systems ----------------------------------------------------------------

    def in_namespace(self, mount, *command):
        """Runs the command with mounts that no other process sees. They must not hide /tmp, because
        this checkout may be there."""
        need_mounts(self)
        USER_DIRECTORY.mkdir(mode=0o700, exist_ok=True)
        return self.finish("unshare", "-m", "sh", "-c", f'set -e; {mount}; exec "$@"', "sh", *command)

    def test_a_full_disk_is_refused_for_a_new_lock(self):
        run = self.supervised("true", options=["--lock", "x"])
        # The disk has room for the directories and one file.
        self.refused(self.in_namespace(f"mount -t tmpfs -o mode=0700,nr_inodes=5 none {USER_DIRECTORY}", *run),
                     "lock x@user: failed to", "No space left on device")

    def test_a_full_disk_is_no_matter_for_a_lock_that_is_there(self):
        fill = f"dd if=/dev/zero of={USER_DIRECTORY}/fill bs=4k 2>/dev/null || true"
        run = " ".join(map(str, self.supervised("true", options=["--lock", "x"])))
        nested = self.in_namespace(f"mount -t tmpfs -o mode=0700,size=64k none {USER_DIRECTORY}; {run}; {fill}",
                                   *self.supervised("true", options=["--lock", "x"]))
        self.assertEqual((nested.returncode, nested.stderr), (0, b""))

    def test_a_read_only_disk_is_refused(self):
        read_only = "mount --rbind /tmp /tmp; mount -o remount,bind,ro /tmp"
        run = self.as_user(*self.supervised("true", options=["--lock", "x"]))
        self.refused(self.in_namespace(read_only, *run), f"make {self.directory}", "Read-only file system")
        self.assertEqual(self.finish(*run).returncode, 0)
        self.refused(self.in_namespace(read_only, *run),
                     f"Read-only file system (in {self.directory}/locks/user/x)")

    @unittest.skipUnless(shutil.which("strace"), "strace makes flock(2) fail")
    def test_without_flock_it_is_refused_saying_why(self):
        name = self.lock_name()
        # musl and glibc have these words in common.
        for call, error, text in (("flock", "ENOLCK", "No locks available"),
                                  ("flock", "EOPNOTSUPP", "upported"),
                                  ("fcntl", "EINVAL", "Invalid argument")):
            ended = self.finish("strace", "-qq", "-o", "/dev/null", "-e", f"inject={call}:error={error}",
                                *self.supervised(program("exit_with"), 3, options=["--lock", name]))
            if ended.returncode == 1 and b"ptrace" in ended.stderr.lower():
                self.skipTest("strace may not trace here")
            self.refused(ended, f"lock {name}@user: failed to", text, f"(in {self.lock_file(name).parent})")

    @unittest.skipUnless(shutil.which("strace"), "strace makes pidfd_open(2) fail")
    def test_what_cannot_watch_processes_runs_nothing_without_its_lock(self):
        def run(options, error):
            ended = self.finish("strace", "-qq", "-o", "/dev/null", "-e", f"inject=pidfd_open:error={error}",
                                *self.supervised(program("exit_with"), 3, options=options))
            if ended.returncode == 1 and b"ptrace" in ended.stderr.lower():
                self.skipTest("strace may not trace here")
            return ended
        self.refused(run(["--lock", self.lock_name()], "ENOSYS"), "the command is not run without its locks")
        self.refused(run(["--ports", 1], "ENOSYS"), "the command is not run without its locks")
        bare = run([], "ENOSYS")
        self.assertEqual(bare.returncode, 3)
        self.assertIn(b"running the command by itself", bare.stderr)
        # This error does not come from the kernel's version.
        for options in ([], ["--lock", self.lock_name()]):
            ended = run(options, "EMFILE")
            self.assertNotIn(b"this kernel cannot", ended.stderr)

    def test_any_umask(self):
        for mask in ("0777", "0077", "0000"):
            shutil.rmtree(self.directory, ignore_errors=True)
            (self.work / f"spans{mask}").touch()
            (self.work / f"spans{mask}").chmod(0o666)
            runs = [self.start(*self.as_user("sh", "-c", f'umask {mask}; exec "$@"', "sh", *self.supervised(
                program("record_interval"), f"{self.work}/spans{mask}", 5,
                options=["--quiet", "--lock", "x", "--lock", "g:1/2"])), stderr=subprocess.PIPE)
                for _ in range(8)]
            for run in runs:
                self.assertEqual((run.wait(PATIENCE_S), run.stderr.read()), (0, b""), mask)
            modes = {path.stat().st_mode & 0o7777 for path in self.directory.rglob("*") if path.is_file()}
            self.assertEqual(modes, {0o600})
            self.assertEqual(self.directory.stat().st_mode & 0o7777, 0o700)

    def test_the_umask_of_the_test_is_the_callers(self):
        name = self.lock_name()
        ended = self.finish("sh", "-c", 'umask 027; exec "$@"', "sh",
                            *self.supervised("sh", "-c", "umask", options=["--lock", name]))
        self.assertEqual(ended.stdout.decode().strip()[-3:], "027")

    # --- Users -----------------------------------------------------------------------------

    def machine_lock(self):
        name = self.lock_name()
        self.addCleanup(shutil.rmtree, MACHINE / "locks/machine" / name, ignore_errors=True)
        return name

    def test_two_users_share_a_lock_of_the_machine(self):
        name = self.machine_lock()
        holder = self.hold(f"{name}@machine")
        log = self.work / "waiter.err"
        with open(log, "wb") as stream:
            waiter = self.start(*self.as_user(*self.supervised(
                "true", options=["--lock", f"{name}@machine"]), user=65534), stderr=stream)
        wait_until(lambda: b"waiting for lock" in log.read_bytes(), "nobody to wait for root")
        self.assertIn(f'held by "holder" (pid {holder.pid})', unfolded(log.read_text()))
        holder.terminate()
        self.assertEqual(waiter.wait(PATIENCE_S), 0)

    def test_and_the_slots_of_one(self):
        name = self.machine_lock()
        self.hold(f"{name}:1/2@machine")
        variable = "HOLDFAST_SLOT_" + name.upper().replace("-", "_")
        ended = self.finish(*self.as_user(*self.supervised(
            "sh", "-c", f"echo ${variable}", options=["--lock", f"{name}:1/2@machine"]), user=65534))
        self.assertEqual((ended.returncode, ended.stdout), (0, b"1\n"), ended.stderr)

    def test_a_nested_run_of_a_user_takes_a_lock_of_the_machine_below(self):
        name = self.machine_lock()
        self.finish(*self.supervised("true", options=["--lock", f"{name}@machine"]))
        inner = self.supervised("true", options=["--lock", f"{name}@machine"])
        ended = self.finish(*self.as_user(*self.supervised(*inner, options=["--lock", f"{name}@machine"])))
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))

    def test_two_users_do_not_share_a_lock_of_the_user(self):
        name = self.lock_name()
        self.hold(f"{name}@user")
        ended = self.finish(*self.as_user(*self.supervised("true", options=["--lock", f"{name}@user"])))
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))

    def test_a_lock_of_the_machine_that_root_did_not_make_is_refused(self):
        name = self.lock_name()
        ended = self.finish(*self.as_user(*self.supervised("true", options=["--lock", f"{name}@machine"])))
        if MACHINE.exists():
            self.refused(ended, f"{name}: expected a directory that root made, by taking the lock once")
        else:
            self.refused(ended, "install -d /var/lock/holdfast")

    # --- Planted files -----------------------------------------------------------------------

    def test_anothers_directory_under_our_name_is_refused(self):
        run = self.as_user(*self.supervised("true", options=["--lock", "x"]))
        self.directory.mkdir(mode=0o755)
        self.refused(self.finish(*run), f"it belongs to user 0; expected user {self.user}")
        self.directory.rmdir()
        target = self.work / "target"
        target.mkdir()
        os.chown(target, self.user, self.user)
        target.chmod(0o700)
        self.directory.symlink_to(target)
        self.addCleanup(self.directory.unlink)
        self.refused(self.finish(*run), f"open the directory {self.directory}")
        self.assertEqual(list(target.iterdir()), [])

    def test_a_fifo_or_a_link_in_place_of_a_file_is_refused_at_once(self):
        name = self.lock_name()
        self.finish(*self.supervised("true", options=["--lock", f"{name}:1/1"]))
        secret = self.work / "secret"
        secret.write_text("secret\n")
        for file in ("lock", "queue", "slot.0"):
            path = self.lock_file(name).with_name(file)
            run = self.supervised("true", options=["--lock", f"{name}:1/1"])
            path.rename(path.with_name("kept"))
            spare = path.with_name(file + ".spare")
            if spare.exists():
                spare.rename(path.with_name("kept.spare"))
            os.mkfifo(path)
            self.refused(self.finish(*run), f"use {file}: expected a regular file")
            path.unlink()
            path.symlink_to(secret)
            self.refused(self.finish(*run), f"open {file}: ", "ymbolic link")
            path.unlink()
            path.with_name(file + ".spare").unlink(missing_ok=True)
            path.with_name("kept").rename(path)
            if path.with_name("kept.spare").exists():
                path.with_name("kept.spare").rename(spare)
            self.assertEqual(secret.read_text(), "secret\n")
        self.assertEqual(self.finish(LAUNCHER, "--lock", f"{name}:1/1", "--", "true").returncode, 0)

    def test_a_strange_record_is_nobodys(self):
        name = self.lock_name()
        self.finish(*self.supervised("true", options=["--lock", name]))
        file = self.lock_file(name)
        file.write_bytes(b"v=1\nprocess=2:1\ntest=forged\n" + bytes(990) + b"\xff" * 4096)
        self.hold(name)
        log = self.work / "waiter.err"
        with open(log, "wb") as stream:
            self.start(*self.supervised("true", options=["--lock", name]), stderr=stream)
        wait_until(lambda: b"waiting for lock" in log.read_bytes(), "the wait to be told")
        self.assertNotIn("forged", log.read_text())
        self.assertIn('"holder"', log.read_text())


if __name__ == "__main__":
    unittest.main()
