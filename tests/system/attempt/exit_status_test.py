"""The launcher ends as the test did, or says that it failed itself.

ctest inverts exit codes (WILL_FAIL) and turns them into skips, but never a death by a signal."""

import os
import re
import resource
import shutil
import signal
import unittest
from pathlib import Path

from support import (HOLDFAST, LAUNCHER, STAGE, SUPERVISORS, SystemCase, ProjectCase, program)

# Signals that by default neither stop a process nor are ignored.
DEADLY = [n for n in range(1, 32) if n not in (
    signal.SIGCHLD, signal.SIGCONT, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN,
    signal.SIGTTOU, signal.SIGURG, signal.SIGWINCH)]


class ExitStatusTest(SystemCase):
    def test_every_exit_code_comes_back_unchanged(self):
        for code in range(256):
            ended = self.finish(LAUNCHER, "--", program("exit_with"), code)
            self.assertEqual(ended.returncode, code)

    def test_holdfast_run_ends_as_the_launcher_does(self):
        for code in (0, 1, 75, 124, 125, 126, 127, 128, 143, 255):
            ended = self.finish(*SUPERVISORS["holdfast run"], "--", program("exit_with"), code)
            self.assertEqual((ended.returncode, ended.stderr), (code, b""))

    def test_every_exit_code_comes_back_unchanged_under_ctest(self):
        for code in (0, 1, 2, 75, 77, 124, 125, 126, 127, 128, 134, 139, 255):
            self.finish(*self.under_ctest(program("exit_with"), code))
            self.assertEqual(self.ended_as(), f"exit {code}")

    def test_the_launcher_dies_of_the_signal_the_test_died_of(self):
        for number in [*DEADLY, signal.SIGRTMIN, signal.SIGRTMAX]:
            ended = self.finish(LAUNCHER, "--", program("die_of"), int(number))
            self.assertEqual(ended.returncode, -number)

    def test_under_ctest_too(self):
        for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGABRT):
            self.finish(*self.under_ctest(program("die_of"), int(number)))
            self.assertEqual(self.ended_as(), f"signal {int(number)}")

    def test_who_dies_of_writing_to_a_ctest_that_is_gone_is_interrupted(self):
        """ctest's end of the pipe closes before the launcher can see ctest's death."""
        reading, writing = os.pipe()
        self.finish(*self.under_ctest(program("die_of"), 13), stdout=writing)
        self.assertEqual(self.ended_as(), "signal 13")  # the pipe has a reader, so this is a crash
        os.close(reading)
        self.finish(*self.under_ctest("cat", "/dev/zero"), stdout=writing)
        self.assertEqual(self.ended_as(), "signal 15")
        # Without ctest, the launcher ends as the command did.
        ended = self.finish(LAUNCHER, "--", "cat", "/dev/zero", stdout=writing)
        self.assertEqual(ended.returncode, -13)
        os.close(writing)

    def test_a_shell_sees_128_and_the_signal(self):
        ended = self.finish("sh", "-c", f'"{LAUNCHER}" -- "{program("die_of")}" 15; echo $?')
        self.assertEqual(ended.stdout, b"143\n")

    def test_a_test_that_dumps_core_leaves_one_core_and_the_launcher_adds_none(self):
        pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
        if pattern != "core" or resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
            self.skipTest(f"needs core_pattern `core` and a hard limit above 0; it is {pattern!r}")

        def allow():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        before = {f for f in os.listdir("/") if f.startswith("core")}
        ended = self.finish(*self.under_ctest(program("die_of"), 11), preexec_fn=allow)
        self.assertEqual(ended.returncode, 0)
        self.assertEqual(self.ended_as(), "signal 11")  # no "core" is said
        self.assertEqual(len(list(self.work.glob("core*"))), 1)
        self.assertEqual({f for f in os.listdir("/") if f.startswith("core")}, before)

    @unittest.skipUnless(shutil.which("strace"), "strace shows the calls")
    def test_a_launcher_that_dies_has_ruled_out_a_core_before(self):
        """A core_pattern that is a pipe ignores the limit, so both calls are needed."""
        for words in (self.supervised(program("die_of"), 11), self.under_ctest(program("die_of"), 11)):
            trace = self.work / "trace"
            ended = self.finish("strace", "-f", "-qq", "-o", trace, "-e", "trace=execve,prctl,setrlimit,prlimit64,kill",
                                *words)
            if ended.returncode == 1 and b"ptrace" in ended.stderr.lower():
                self.skipTest("strace may not trace here")
            text = trace.read_text()
            launcher, = re.findall(rf'^(\d+) +execve\("{re.escape(LAUNCHER)}"', text, re.MULTILINE)
            calls = re.findall(rf"^{launcher} +(.*)", text, re.MULTILINE)
            before, kill, _ = "\n".join(calls).partition(f"kill({launcher}, SIGSEGV")
            self.assertTrue(kill, text)
            self.assertRegex(before, r"(setrlimit\(|prlimit64\(0, )RLIMIT_CORE, \{rlim_cur=0, rlim_max=0\}")
            self.assertIn("prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE", before)

    def test_a_script_whose_interpreter_is_missing_says_so(self):
        script = self.work / "script"
        script.write_text("#! /nonexistent/interpreter -x\n")
        script.chmod(0o755)
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised(script, by=by))
            self.assertEqual(ended.returncode, 127)
            self.assertEqual(ended.stderr.decode(), f"holdfast: failed to execute {script}: No such file or directory "
                             "(its interpreter /nonexistent/interpreter is missing)\n")
        bare = self.finish(*self.supervised(script), env=self.environment(HOLDFAST_P_ENABLED="OFF"))
        self.assertIn(b"interpreter is missing)", bare.stderr)

    def test_a_missing_command_is_127_with_path_and_reason(self):
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised("./no-such-command", by=by))
            self.assertEqual(ended.returncode, 127)
            self.assert_our_lines(ended.stderr, 1)
            self.assertIn(b"./no-such-command: No such file or directory", ended.stderr)

    def test_a_command_that_cannot_be_executed_is_126_with_path_and_reason(self):
        plain = self.work / "plain"
        plain.write_text("no program")
        for command in (plain, self.work):
            ended = self.finish(*self.supervised(command))
            self.assertEqual(ended.returncode, 126)
            self.assert_our_lines(ended.stderr, 1)
            self.assertIn(f"{command}: Permission denied".encode(), ended.stderr)

    def test_without_its_launcher_holdfast_run_fails_itself_with_path_and_reason(self):
        holdfast, launcher = (self.work / "stage" / Path(name).relative_to(STAGE) for name in (HOLDFAST, LAUNCHER))
        holdfast.parent.mkdir(parents=True)
        shutil.copy(HOLDFAST, holdfast)
        launcher.parent.mkdir(parents=True)
        for there, reason in ((False, "No such file or directory"), (True, "Permission denied")):
            if there:
                shutil.copy(LAUNCHER, launcher)
                launcher.chmod(0)
            ended = self.finish(holdfast, "run", "--", "touch", self.work / "ran")
            self.assertEqual(ended.returncode, 125)
            self.assertEqual(ended.stderr.decode(), f"holdfast: failed to execute {launcher}: {reason}\n")
        self.assertFalse((self.work / "ran").exists())

    def test_a_script_without_an_interpreter_line_runs_as_with_execvp(self):
        script = self.work / "script"
        script.write_text("exit 9\n")
        script.chmod(0o755)
        self.assertEqual(self.finish(*self.supervised(script)).returncode, 9)

    def test_a_command_is_found_in_the_path(self):
        self.assertEqual(self.finish(*self.supervised("true")).returncode, 0)
        self.assertEqual(self.finish(*self.supervised("false")).returncode, 1)

    def test_under_ctest_own_failures_end_by_a_signal(self):
        for words in ((["./no-such-command"], ()), ([self.work], ()), (["true"], ("--nonsense",)),
                      (["true"], ("--timeout", "soon"))):
            command, options = words
            self.finish(*self.under_ctest(*command, options=options))
            self.assertRegex(self.ended_as(), "^signal ")


class VerdictTest(ProjectCase):
    def test_no_property_turns_an_own_failure_or_a_death_by_signal_green(self):
        tree = self.project("""
add_test(NAME crash COMMAND @P@/die_of 11)
add_test(NAME badlock COMMAND true)
set_tests_properties(badlock PROPERTIES HOLDFAST_LOCKS "db:nonsense")
add_test(NAME inverted COMMAND false)
set_tests_properties(crash badlock inverted PROPERTIES WILL_FAIL TRUE)
add_test(NAME skipped COMMAND true)
set_tests_properties(skipped PROPERTIES HOLDFAST_LOCKS ":" SKIP_RETURN_CODE 125)
""")
        ran = self.ctest(tree)
        self.assertRegex(ran.text, r"crash .*\*\*\*Exception: SegFault")
        self.assertRegex(ran.text, r"badlock .*\*\*\*Exception|badlock .*Subprocess aborted")
        self.assertRegex(ran.text, r"inverted .* +Passed")
        self.assertRegex(ran.text, r"skipped .*\*\*\*Exception|skipped .*Subprocess aborted")
        self.assertNotEqual(ran.returncode, 0)

    def test_a_command_ctest_would_not_find_stays_not_run(self):
        tree = self.project("""
add_test(NAME gone COMMAND ${CMAKE_CURRENT_BINARY_DIR}/gone)
add_test(NAME setsid COMMAND setsid false)
""")
        ran = self.ctest(tree)
        self.assertRegex(ran.text, r"gone .*\*\*\*Not Run")
        # If the test were the leader of a process group, setsid would fork and return 0.
        self.assertRegex(ran.text, r"setsid .*\*\*\*Failed")


if __name__ == "__main__":
    unittest.main()
