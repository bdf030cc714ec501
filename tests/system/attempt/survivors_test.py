"""Processes that a launcher cannot end, because they are another user's; and those that it can, though they are
stopped for whoever traces them."""

import ctypes
import os
import shutil
import signal
import unittest

from contained import NOBODY
from needs import AS_NOBODY, need, need_reach
from places import UNKNOWN_USER
from support import (CTEST, HOLDFAST, LAUNCHER, PATIENCE_S, ProjectCase, SystemCase, is_alive, no_keeper_of, program, verdicts,
                     wait_until)

PTRACE_SEIZE, PTRACE_INTERRUPT, WALL = 0x4206, 0x4207, 0x40000000


@unittest.skipUnless(os.geteuid() == 0, "needs root, to make a program that becomes another user")
class ForeignTest(ProjectCase):
    """The launcher is a plain user's."""

    def setUp(self):
        super().setUp()
        self.work.chmod(0o777)
        self.foreign = self.work / "become_owner"
        shutil.copy(program("become_owner"), self.foreign)
        try:
            os.chown(self.foreign, UNKNOWN_USER, UNKNOWN_USER)
        except OSError as error:
            self.skipTest(f"no file of another user can be made: {error}")
        self.foreign.chmod(0o4711)
        need_reach(self, AS_NOBODY)
        need(self, [*AS_NOBODY, self.foreign], "set-user-ID programs get no other user here")
        self.addCleanup(self.finish, "find", f"/tmp/holdfast-{NOBODY}", "-depth", "-type", "d", "-empty", "-delete")

    def test_what_is_left_is_named_and_recorded_and_the_next_test_starts(self):
        leave = f"{self.foreign} {self.pid_file()} >/dev/null 2>&1 & until test -s {self.pid_file()}; do sleep 0.02; done"
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text('[profile.default]\ngrace = "100ms"\n')
        tree = self.project(f'add_test(NAME leaves COMMAND sh -c "{leave}")\nadd_test(NAME next COMMAND true)\n')
        self.finish("chown", "-R", "nobody", tree)
        ran = self.finish(*AS_NOBODY, CTEST, cwd=tree)
        left, = self.announced(self.pid_file())
        self.assertTrue(is_alive(left))
        self.assertEqual((ran.returncode, verdicts(ran.stdout.decode())), (0, {"leaves": "Passed", "next": "Passed"}))
        name = f"become_owner (pid {left.pid})"
        note = f'"leaves" left 1 process behind: {name}; could not be ended: {name}'
        self.assertIn(f"holdfast: {note}\n", ran.stderr.decode())
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        ended = self.records(self.runs(tree)[-1], "attempt_ended")[0]
        self.assertEqual((ended["outcome"], ended["flags"], ended["note"]), ("passed", ["leaked"], note))
        self.assertEqual(ended["leftovers"], [{"pid": left.pid, "name": "become_owner"}])

    def test_what_is_left_of_a_service_kept_by_hand_fails_a_reap(self):
        """The reap may look into processes of other users and not end them. It is a person's, whose .holdfast is gone."""
        start = f"{self.foreign} {self.pid_file()} >/dev/null 2>&1 & exec sleep 1000"
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(
            f'[service.db]\ncommand = ["sh", "-c", "{start}"]\nready-command = ["test", "-s", "{self.pid_file()}"]\n'
            'grace = "100ms"\n')
        tree = self.project("")
        self.finish("chown", "-R", "nobody", tree)
        started = self.finish(*AS_NOBODY, HOLDFAST, "service", "start", "db", "--tree", tree)
        self.assertEqual(started.returncode, 0, started.stderr)
        left, = self.announced(self.pid_file())
        shutil.rmtree(tree / ".holdfast")
        looking = "+sys_ptrace,+dac_read_search"
        reaped = self.finish(*AS_NOBODY, f"--inh-caps={looking}", f"--ambient-caps={looking}",
                             HOLDFAST, "reap", "--tree", tree)
        self.assertEqual((reaped.returncode, reaped.stderr.decode()),
                         (1, f"holdfast: failed to end become_owner (pid {left.pid})\n"))
        self.assertTrue(is_alive(left))

    def test_a_main_process_is_named_too_and_nobody_waits_for_it(self):
        ended = self.finish(*AS_NOBODY, LAUNCHER, "--grace", "100ms", "--timeout", "500ms", "--", "sh", "-c",
                            f"exec {self.foreign} {self.pid_file()} >/dev/null 2>&1")
        main, = self.announced(self.pid_file())
        self.assertTrue(is_alive(main))
        self.assertEqual(ended.returncode, 124)
        self.assertIn(f'holdfast: "sh" timed out after 0.5 s; its process tree was ended; could not be ended: '
                      f"become_owner (pid {main.pid})\n", ended.stderr.decode())


class TracedTest(SystemCase):
    """The test traces what is left, as a debugger that somebody has attached."""

    def ptrace(self, request, pid):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(request, pid, None, None) != 0:
            self.skipTest(f"no process may be traced here: {os.strerror(ctypes.get_errno())}")

    def test_a_process_that_is_stopped_for_its_tracer_is_ended(self):
        go = self.work / "go"
        begun = self.start(*self.supervised("sh", "-c", f"{program('linger')} {self.pid_file()} & until test -e {go}; do "
                                            "sleep 0.02; done", options=["--grace", "100ms"]), stderr=-1)
        left, = self.announced(self.pid_file())
        self.ptrace(PTRACE_SEIZE, left.pid)
        self.ptrace(PTRACE_INTERRUPT, left.pid)
        self.assertTrue(os.WIFSTOPPED(os.waitpid(left.pid, WALL)[1]))
        go.touch()
        _, status = wait_until(lambda: (told := os.waitpid(left.pid, WALL | os.WNOHANG))[0] and told, "its end")
        self.assertEqual(os.waitstatus_to_exitcode(status), -signal.SIGKILL)
        said = begun.communicate(timeout=PATIENCE_S)[1]
        self.assertEqual(begun.returncode, 0)
        self.assertIn(f'holdfast: "sh" left 1 process behind, ended: linger (pid {left.pid})\n', said.decode())


if __name__ == "__main__":
    unittest.main()
