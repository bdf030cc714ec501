"""Tests also run without a keeper, and one line says so."""

import json
import os
import pwd
import signal
import socket
import subprocess
import unittest
from pathlib import Path

from needs import AS_NOBODY, need_mounts, need_reach
from support import (CTEST, HOLDFAST, PATIENCE_S, USER_DIRECTORY, ProjectCase, keepers_of, no_keeper_of, process,
                     program, state_of, wait_until)
from wire import packed, packet

LATER = "".join(f"add_test(NAME later{i} COMMAND @P@/exit_with 0)\n"
                f"set_tests_properties(later{i} PROPERTIES DEPENDS first)\n" for i in range(6))


class KeeperLossTest(ProjectCase):
    def begin(self, **how):
        tree = self.project(f"""
add_test(NAME first COMMAND @P@/close_output {self.pid_file()})
set_tests_properties(first PROPERTIES WILL_FAIL ON)
{LATER}""")
        how.setdefault("stdout", subprocess.PIPE)
        ctest = self.start(CTEST, "-V", "-j6", cwd=tree, stderr=subprocess.STDOUT, **how)
        self.announced(self.pid_file())
        keeper, = keepers_of(tree)
        return tree, ctest, keeper

    def finish_run(self, ctest):
        (self.work / "announced.pids.go").touch()
        out, _ = ctest.communicate(timeout=PATIENCE_S)
        text = out.decode()
        self.assertIn("100% tests passed, 0 tests failed out of 7", text)
        return text

    def test_with_a_killed_keeper_tests_run_and_it_is_said_once(self):
        tree, ctest, keeper = self.begin()
        os.kill(keeper.pid, signal.SIGKILL)
        self.assert_gone([keeper])
        text = self.finish_run(ctest)
        self.assertEqual(ctest.returncode, 0, text)
        said = [line for line in text.splitlines() if "no keeper" in line]
        self.assertEqual(len(said), 1, "\n".join(said))
        self.assertIn("holdfast: 7 tests through Holdfast: 7 passed\n", text)
        report = self.finish(HOLDFAST, "report", "--format", "json", "--tree", tree)
        self.assertEqual(report.returncode, 0, report.stderr)
        tests = json.loads(report.stdout)["tests"]
        self.assertEqual([len(test["attempts"]) for test in tests], [1] * 7)

    def test_what_there_is_to_say_of_a_test_comes_in_its_output_then(self):
        tree = self.project(self.scripted_test(
            "leaves", "", f"echo $$ >{self.pid_file()}; until test -e {self.work}/go; do sleep 0.02; done; "
                          f"exec {program('leave_child')} {self.pid_file('child')} 0"))
        ctest = self.start(CTEST, "-V", cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.announced(self.pid_file())
        keeper, = keepers_of(tree)
        os.kill(keeper.pid, signal.SIGKILL)
        self.assert_gone([keeper])
        (self.work / "go").touch()
        said = ctest.communicate(timeout=PATIENCE_S)[0].decode()
        self.assertEqual(ctest.returncode, 0, said)
        self.assertRegex(said, r'(?m)^1: holdfast: "leaves" left 1 process behind, ended: leave_child \(pid \d+\)$')
        self.assert_nothing_left()

    def test_a_stopped_keeper_is_had_go_on_and_fails_no_test(self):
        _, ctest, keeper = self.begin()
        os.kill(keeper.pid, signal.SIGSTOP)
        text = self.finish_run(ctest)
        self.assertNotIn("no keeper", text)
        self.assertIn("holdfast: 7 tests through Holdfast: 7 passed", text)

    def test_a_grant_that_its_launcher_does_not_wait_for_is_no_attempt(self):
        """The launcher runs its test without the keeper, which was stopped for too long."""
        tree, ctest, keeper = self.begin()
        run, = self.runs(tree)
        first, = self.records(run, "attempt_started")
        launcher = process(first["launcher"]["pid"])
        environment = Path(f"/proc/{launcher.pid}/environ").read_text().split("\0")
        attach, = [entry for entry in environment if entry.startswith("HOLDFAST_ATTACH=")]
        path, = (USER_DIRECTORY / "keepers").glob(f"{ctest.pid}-*")
        os.kill(keeper.pid, signal.SIGSTOP)
        wait_until(lambda: state_of(keeper.pid) == "T", "the keeper to stop")
        own = process(os.getpid())
        request = packet("attempt", [("test", "first"), ("key", first["key"]), ("include", attach.split()[4]),
                                     ("launcher", f"{own.pid}:{own.start}"), ("said", packed("count", "0"))])
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as another:
            another.connect(str(path))
            another.send(request)
        os.kill(keeper.pid, signal.SIGCONT)
        self.finish_run(ctest)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        attempts = [one["attempt"] for one in self.records(run, "attempt_started")]
        # The second was granted to nobody.
        self.assertEqual(sorted(attempts), [f"{run.name}.{n}" for n in (1, 3, 4, 5, 6, 7, 8)])
        self.assertEqual(sorted(one["attempt"] for one in self.records(run, "attempt_ended")), sorted(attempts))

    def test_a_keeper_that_dies_while_it_is_asked_fails_no_test(self):
        tree = self.project("".join(f"add_test(NAME t{i} COMMAND @P@/exit_with 0)\n" for i in range(60)))
        ctest = self.start(CTEST, "-j4", cwd=tree, stdout=-1, stderr=subprocess.STDOUT)
        journal = wait_until(lambda: next(tree.glob(".holdfast/runs/*/journal.jsonl"), None), "the journal")
        keeper, = keepers_of(tree)
        wait_until(lambda: journal.read_bytes().count(b"attempt_ended") > 3, "some tests")
        os.kill(keeper.pid, signal.SIGKILL)
        out, _ = ctest.communicate(timeout=PATIENCE_S)
        self.assertIn("100% tests passed", out.decode())


@unittest.skipUnless(os.geteuid() == 0, "needs root, to mount and to be another user")
class TreeTest(ProjectCase):
    """If a tree cannot be written, one line says so, and tests run."""

    TESTS = "".join(f"add_test(NAME t{i} COMMAND @P@/exit_with 0)\n" for i in range(5))

    def in_namespace(self, script, **how):
        need_mounts(self)
        return self.finish("unshare", "-m", "sh", "-ec", script, **how)

    def assert_told_once_and_run(self, ran, count=5):
        text = (ran.stdout + ran.stderr).decode()
        self.assertIn(f"100% tests passed, 0 tests failed out of {count}", text)
        said = [line for line in text.splitlines() if "holdfast: " in line]
        self.assertEqual(len(said), 1, text)
        self.assertIn("record", said[0])
        return said[0]

    def test_a_read_only_tree(self):
        tree = self.project(self.TESTS)
        # ctest itself needs this directory.
        (tree / "Testing/Temporary").mkdir(parents=True)
        ran = self.in_namespace(f'mount --bind "{tree}" "{tree}"; cd "{tree}"; '
                                f'mount --bind Testing Testing; mount -o remount,bind,ro "{tree}"; '
                                f'cd "{tree}"; {CTEST} -j2 || true')
        self.assertIn("Read-only file system", self.assert_told_once_and_run(ran))

    def test_a_full_disk(self):
        tree = self.project(self.TESTS)
        # The disk has room for ctest's own files, but not for the journal.
        ran = self.in_namespace(f'cd "{tree}"; mount -t tmpfs -o size=64k none .holdfast/runs; '
                                f'cat /dev/zero >.holdfast/runs/fill 2>/dev/null || true; '
                                f'{CTEST} -j2 || true', **self.with_runs(tree))
        self.assertIn("No space left on device", self.assert_told_once_and_run(ran))

    def test_a_disk_that_fills_up_during_the_run(self):
        tree = self.project(self.TESTS + 'add_test(NAME fill COMMAND sh -c '
                            '"cat /dev/zero >../../fill 2>/dev/null; true")\n'.replace(
                                "../../fill", ".holdfast/runs/fill"))
        ran = self.in_namespace(f'cd "{tree}"; mount -t tmpfs -o size=64k none .holdfast/runs; '
                                f'{CTEST} || true', **self.with_runs(tree))
        text = (ran.stdout + ran.stderr).decode()
        self.assertIn("100% tests passed", text)
        # The page may have room for one more record.
        said = [line for line in text.splitlines() if "holdfast: " in line and "record" in line]
        self.assertLessEqual(len(said), 1, text)

    @staticmethod
    def with_runs(tree):
        (tree / ".holdfast/runs").mkdir(parents=True, exist_ok=True)
        return {}

    def test_a_tree_of_another_user(self):
        nobody = pwd.getpwnam("nobody")
        tree = self.project(self.TESTS)
        # ctest itself needs its Testing directory.
        (tree / "Testing").mkdir()
        (tree / "Testing").chmod(0o777)
        need_reach(self, AS_NOBODY)
        ran = self.finish(*AS_NOBODY, CTEST, "-j2", cwd=tree)
        try:
            said = self.assert_told_once_and_run(ran)
            self.assertIn("Permission denied", said)
            self.assertIn(f"another may be at work in {tree}: failed to", said)
        finally:
            wait_until(lambda: no_keeper_of(tree), "the keeper to end")
            subprocess.run(["find", f"/tmp/holdfast-{nobody.pw_uid}", "-depth", "-type", "d", "-empty",
                            "-delete"], check=False)

    def test_a_tree_that_was_roots_and_then_a_users(self):
        nobody = pwd.getpwnam("nobody")
        tree = self.project(self.TESTS)
        self.ctest(tree)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.finish("chown", "-R", f"{nobody.pw_uid}:{nobody.pw_gid}", tree)
        self.finish("chown", "-R", "0:0", tree / ".holdfast")
        need_reach(self, AS_NOBODY)
        ran = self.finish(*AS_NOBODY, CTEST, "-j2", cwd=tree)
        self.assert_told_once_and_run(ran)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        subprocess.run(["find", f"/tmp/holdfast-{nobody.pw_uid}", "-depth", "-type", "d", "-empty",
                        "-delete"], check=False)


if __name__ == "__main__":
    unittest.main()
