"""Wrong requests to `holdfast`, and outputs that cannot be written: one line says what is wrong,
where, and what was expected."""

import subprocess
import unittest

from support import HOLDFAST, LAUNCHER, ProjectCase, SystemCase

FULL = "No space left on device"


class WrongUseTest(SystemCase):
    def refused(self, code, *words, **how):
        """The line that says why."""
        ended = self.finish(HOLDFAST, *words, **how)
        self.assertEqual((ended.returncode, ended.stdout), (code, b""), (words, ended))
        self.assert_our_lines(ended.stderr, 1)
        return ended.stderr.decode()

    def test_a_process_that_is_no_number(self):
        for value in ("x", "0", "-1", "1x", "99999999999999999999"):
            said = self.refused(2, "mark", f"--pid={value}")
            self.assertTrue(said.startswith(f'holdfast: --pid: "{value}": expected a process ID'), said)

    def test_an_empty_word_is_not_the_same_as_none(self):
        for command in (["report"], ["status"], ["reap"], ["config", "--explain", "t"]):
            said = self.refused(2, *command, "--tree", "")
            self.assertTrue(said.startswith('holdfast: --tree: "": expected '), said)
        self.assertIn('--output: "": expected ', self.refused(2, "report", "--output", ""))
        self.assertIn('RUN: "": expected ', self.refused(2, "report", ""))
        self.assertIn("expected a command after `--`", self.refused(125, "run", "--", ""))
        self.assertIn("expected a command after `--`", self.refused(125, "run", "--", "", "argument"))

    def test_variables_of_holdfasts_own(self):
        for name in ("HOLDFAST_RUN_ID", "HOLDFAST_TMPDIR", "HOLDFAST_"):
            said = self.refused(125, "run", "--default-env", f"{name}=x", "--", "true")
            self.assertEqual(said, f'holdfast: --default-env "{name}=x": expected no variable of Holdfast\'s own\n')


    def test_what_nobody_has_handed_over(self):
        """Only Holdfast's own programs use this option."""
        for number in ("77", "none"):
            ended = self.finish(LAUNCHER, f"--handed-over={number}", "--", "true")
            self.assertEqual((ended.returncode, ended.stdout), (125, b""), ended)
            self.assert_our_lines(ended.stderr, 1)


class UnsayableTest(SystemCase):
    """The complaint cannot be written, so only the exit code is left."""

    WRONG = (["frob"], ["mark", "--pid", "x"], ["report", "--tree", "/none"], ["run", "--default-env", "HOLDFAST_X=x"])
    REDIRECTIONS = (">&- 2>&-", ">&- 2>/dev/full", ">/dev/full 2>&1")

    def code(self, redirection, *words):
        done = self.finish("sh", "-c", f'ulimit -c 0; exec "$@" {redirection}', "sh", HOLDFAST, *words)
        self.assertEqual((done.stdout, done.stderr), (b"", b""), (words, redirection))
        return done.returncode

    def test_a_complaint_that_cannot_be_said_is_swallowed(self):
        for words in self.WRONG:
            said = self.finish(HOLDFAST, *words)
            self.assert_our_lines(said.stderr, 1)
            for redirection in self.REDIRECTIONS:
                self.assertEqual(self.code(redirection, *words), said.returncode, (words, redirection))

    def test_that_the_output_was_lost_shows_in_the_exit_code(self):
        for words in (["status"], ["locks"], ["--help"], ["--version"], ["run", "--help"]):
            for redirection in self.REDIRECTIONS:
                self.assertEqual(self.code(redirection, *words), 2, (words, redirection))

    def test_help_that_nobody_gets_is_no_success(self):
        commands = ("run", "report", "config", "reap", "locks", "status", "mark")
        for words in (["--help"], ["--version"], *([command, "--help"] for command in commands)):
            for redirection, why in ((">/dev/full", FULL), (">&-", "Bad file descriptor")):
                done = self.finish("sh", "-c", f'exec "$@" {redirection}', "sh", HOLDFAST, *words)
                self.assertEqual((done.returncode, done.stderr.decode()),
                                 (2, f"holdfast: failed to write to stdout: {why}\n"), (words, redirection))


class OutputTest(ProjectCase):
    def full(self, *words):
        with open("/dev/full", "wb") as stdout:
            ended = self.finish(HOLDFAST, *words, cwd=self.tree, stdout=stdout, stderr=subprocess.PIPE)
        self.assertEqual(ended.returncode, 2, (words, ended))
        self.assert_our_lines(ended.stderr, 1)
        return ended.stderr.decode()

    def test_what_cannot_be_written_is_said_with_the_reason(self):
        # A hundred tests: more than the buffer holds before it is written.
        self.tree = self.project("foreach(i RANGE 99)\n  add_test(NAME a_test_of_some_length_${i} COMMAND true)\n"
                                 "endforeach()\n")
        self.assertEqual(self.ctest(self.tree, "-j4").returncode, 0)
        for form in ("text", "json", "junit", "tap", "trace", "html"):
            for path, why in (("/dev/full", FULL), (self.work / "none/x", "No such file or directory"),
                              (self.work, "Is a directory")):
                ended = self.finish(HOLDFAST, "report", "--format", form, "--output", path, cwd=self.tree)
                self.assertEqual((ended.returncode, ended.stdout), (2, b""))
                self.assertEqual(ended.stderr.decode(), f"holdfast: failed to write {path}: {why}\n")
            self.assertEqual(self.full("report", "--format", form), f"holdfast: failed to write to stdout: {FULL}\n")
        for words in (["config", "--explain", "a_test_of_some_length_1"], ["locks"], ["status", "--json"]):
            self.assertEqual(self.full(*words), f"holdfast: failed to write to stdout: {FULL}\n")

    def test_a_test_that_is_not_there_has_no_settings(self):
        self.tree = self.project("add_test(NAME one COMMAND true)\n")
        ended = self.finish(HOLDFAST, "config", "--explain", "two", cwd=self.tree)
        self.assertEqual(ended.returncode, 2)
        self.assertEqual(ended.stderr.decode(), f'holdfast: --explain "two": expected a test of {self.tree}, '
                         "ctest lists no test of that name\n")


if __name__ == "__main__":
    unittest.main()
