"""One line says what is wrong and where, and nothing hangs. A planted FIFO would hang a plain
open(2)."""

import json
import os
import re
import shutil
import unittest
from pathlib import Path

from support import (HOLDFAST, USER_DIRECTORY, ProjectCase, SystemCase, program)

# Another user, whose directory in /tmp no other process uses.
OTHER = 1_700_000_000 + os.getpid() % 100_000_000
THEIRS = Path(f"/tmp/holdfast-{OTHER}")


class LockFilesTest(SystemCase):
    def directory_of(self, name):
        """The directory of a lock, made by a run that took the lock."""
        self.finish(*self.supervised("true", options=["--lock", name]))
        return self.lock_file(name).parent

    def assert_refused(self, name, what):
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised("echo", "ran", by=by, options=["--lock", name]))
            self.assertEqual((ended.returncode, ended.stdout), (125, b""))
            self.assert_our_lines(ended.stderr, 1)
            self.assertIn(name, ended.stderr.decode())
            self.assertIn(what, ended.stderr.decode().lower())

    def test_a_planted_symlink_is_refused(self):
        name = self.lock_name()
        directory = self.directory_of(name)
        target = self.work / "target"
        target.write_text("precious")
        for file in ("lock", "queue"):
            (directory / file).unlink()
            (directory / file).symlink_to(target)
            # glibc and musl have these words in common.
            self.assert_refused(name, "symbolic link")
            (directory / file).unlink()
            self.directory_of(name)
        self.assertEqual(target.read_text(), "precious")

    def test_a_planted_fifo_is_refused_and_hangs_nobody(self):
        name = self.lock_name()
        directory = self.directory_of(name)
        for file in ("lock", "queue"):
            (directory / file).unlink()
            os.mkfifo(directory / file)
            self.assert_refused(name, "expected a regular file")
            (directory / file).unlink()
            self.directory_of(name)

    def test_a_planted_directory_is_refused(self):
        name = self.lock_name()
        directory = self.directory_of(name)
        (directory / "lock").unlink()
        (directory / "lock").mkdir()
        self.assert_refused(name, "is a directory")

    def test_a_refused_lock_under_ctest_is_red_by_a_signal_and_the_test_does_not_run(self):
        name = self.lock_name()
        directory = self.directory_of(name)
        (directory / "lock").unlink()
        os.mkfifo(directory / "lock")
        # Outside a build tree a project's lock becomes a user's lock; this one says `@user` itself.
        begun = self.finish(*self.under_ctest("touch", self.work / "ran"), env=self.environment(
            HOLDFAST_P_LOCKS=f"{name}@user"))
        self.assertEqual(begun.returncode, 0)
        self.assertRegex(self.ended_as(), "^signal ")
        self.assertFalse((self.work / "ran").exists())


@unittest.skipUnless(os.geteuid() == 0, "needs root, to be another user")
class UserDirectoryTest(SystemCase):
    def setUp(self):
        super().setUp()
        self.remove()
        self.addCleanup(self.remove)

    @staticmethod
    def remove():
        if THEIRS.is_symlink() or THEIRS.is_fifo() or THEIRS.is_file():
            THEIRS.unlink()
        elif THEIRS.exists():
            shutil.rmtree(THEIRS)

    def as_other(self, *words):
        return self.finish("setpriv", f"--reuid={OTHER}", f"--regid={OTHER}",
                           "--clear-groups", *words, cwd="/")

    def run_locked(self):
        if self.as_other("test", "-x", HOLDFAST).returncode != 0:
            self.skipTest(f"another user cannot reach {HOLDFAST}")
        return self.as_other(HOLDFAST, "run", "--lock", "db", "--", "echo", "ran")

    def assert_refused(self, what):
        ended = self.run_locked()
        self.assertEqual((ended.returncode, ended.stdout), (125, b""))
        self.assert_our_lines(ended.stderr, 1)
        self.assertIn(str(THEIRS), ended.stderr.decode())
        self.assertIn(what, ended.stderr.decode())
        # Without a lock, only the scratch directory is missing, and a line says so.
        plain = self.as_other(HOLDFAST, "run", "--", "echo", "ran")
        self.assertEqual((plain.returncode, plain.stdout), (0, b"ran\n"))
        self.assert_our_lines(plain.stderr, 1)
        self.assertIn("no scratch directory", plain.stderr.decode())
        self.assertIn(what, plain.stderr.decode())

    def test_another_user_has_a_directory_of_their_own(self):
        ended = self.run_locked()
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, b"ran\n", b""))
        info = THEIRS.stat()
        self.assertEqual((info.st_uid, info.st_mode & 0o777), (OTHER, 0o700))

    def test_a_planted_directory_of_somebody_else_is_refused(self):
        THEIRS.mkdir(mode=0o700)
        os.chown(THEIRS, 1, 1)
        THEIRS.chmod(0o777)
        self.assert_refused("belongs to user 1")

    def test_one_that_others_may_enter_is_refused(self):
        THEIRS.mkdir()
        os.chown(THEIRS, OTHER, OTHER)
        THEIRS.chmod(0o755)
        self.assert_refused("0700")

    def test_a_planted_symlink_is_refused(self):
        target = self.work / "target"
        target.mkdir()
        os.chown(target, OTHER, OTHER)
        target.chmod(0o700)
        THEIRS.symlink_to(target)
        self.assert_refused("Not a directory")
        self.assertEqual(list(target.iterdir()), [])

    def test_a_planted_fifo_or_file_is_refused(self):
        os.mkfifo(THEIRS)
        self.assert_refused("Not a directory")
        THEIRS.unlink()
        THEIRS.write_text("")
        self.assert_refused("Not a directory")


class CtestTest(ProjectCase):
    def test_bad_properties_are_named_and_leave_the_test_running_where_it_can(self):
        tree = self.project("""
add_test(NAME timeout COMMAND @P@/exit_with 0)
set_tests_properties(timeout PROPERTIES HOLDFAST_TIMEOUT soon)
add_test(NAME leak COMMAND @P@/exit_with 0)
set_tests_properties(leak PROPERTIES HOLDFAST_ON_LEAK maybe)
add_test(NAME lock COMMAND @P@/exit_with 0)
set_tests_properties(lock PROPERTIES HOLDFAST_LOCKS "db:7/4")
""")
        ran = self.ctest(tree)
        self.assertRegex(ran.text, r"timeout \.+ +Passed")
        self.assertRegex(ran.text, r"leak \.+ +Passed")
        self.assertRegex(ran.text, r"lock \.+.*(aborted|Exception)")
        lines = ran.text.splitlines()
        for words in (('"timeout"', "HOLDFAST_TIMEOUT", '"soon"'), ('"leak"', "HOLDFAST_ON_LEAK", '"maybe"'),
                      ('"lock"', "HOLDFAST_LOCKS", "db:7/4")):
            said = [line for line in lines if all(word in line for word in words)]
            self.assertEqual(len(said), 1, (words, ran.text))

    def test_long_values_and_names_are_shown_by_their_beginning(self):
        tree = self.project("""
string(REPEAT x 45000 long)
foreach(property IN ITEMS TIMEOUT ON_LEAK RETRY ISOLATION)
  add_test(NAME ${property} COMMAND true)
  set_tests_properties(${property} PROPERTIES HOLDFAST_${property} ${long})
endforeach()
add_test(NAME leaks-${long} COMMAND sh -c "sleep 600 &")
add_test(NAME red-${long} COMMAND false)
set_tests_properties(red-${long} PROPERTIES HOLDFAST_RETRY any=1)
""")
        ran = self.ctest(tree, "-V")
        # ctest's own lines have the whole names, so only Holdfast's count.
        said = [line for line in ran.text.splitlines() if re.match(r"(\d+: )?holdfast: ", line)]
        for what in ("_TIMEOUT", "_ON_LEAK", "_RETRY", "_ISOLATION", "left 1 process behind", "attempt 1"):
            self.assertTrue([line for line in said if what in line], what)
        self.assertEqual([line[:100] for line in said if len(line) > 1000], [])

    def test_a_journal_that_goes_bad_is_said_once(self):
        spoil = self.work / "spoil"
        spoil.write_text("#!/bin/sh\ncd .holdfast/runs/* && mv journal.jsonl aside && mkdir journal.jsonl\n")
        spoil.chmod(0o755)
        tests = {
            "middle": f'add_test(NAME one COMMAND {spoil})\nadd_test(NAME two COMMAND true)',
            # Here only the end of the run is left to record.
            "end": ('add_test(NAME one COMMAND true)\nfile(WRITE ${CMAKE_BINARY_DIR}/CTestCustom.cmake '
                    f'"set(CTEST_CUSTOM_POST_TEST {spoil})\\n")')}
        for when, text in tests.items():
            tree = self.project(text, name=when, build=f"build-{when}")
            ran = self.ctest(tree)
            self.assertIn("100% tests passed", ran.text)
            said = [line for line in ran.text.splitlines() if "not recorded" in line]
            self.assertEqual(len(said), 1, ran.text)
            self.assertIn(f"{tree}/.holdfast/runs/", said[0])
            self.assertIn("it is a directory", said[0])
            self.assertIn("holdfast: no summary, failed to ", ran.text)

    def test_a_name_of_a_test_does_not_steer_the_terminal(self):
        """ctest's lines and JSON have the name as it is; nothing else does."""
        tree = self.project("""
string(ASCII 27 escape)
add_test(NAME "${escape}[31mred" COMMAND sleep 60)
set_tests_properties("${escape}[31mred" PROPERTIES HOLDFAST_TIMEOUT 0.2)
""")
        ran = self.ctest(tree)
        shown = [line for line in ran.text.splitlines() if r"\x1b[31mred" in line]
        self.assertEqual(sum(line.startswith('holdfast: "') for line in shown), 1, ran.text)
        self.assertFalse([line for line in shown if "\x1b" in line], ran.text)
        for form in ("text", "json", "junit", "tap", "trace", "html"):
            report = self.finish(HOLDFAST, "report", "--tree", tree, "--format", form)
            self.assertIn(b"[31mred", report.stdout)
            self.assertNotIn(b"\x1b", report.stdout)
        report = json.loads(self.finish(HOLDFAST, "report", "--tree", tree, "--format", "json").stdout)
        self.assertEqual(report["tests"][0]["name"], "\x1b[31mred")

    def test_a_test_without_a_name_is_a_test(self):
        """A line break can be a name in CMake. ctest loses it, because a bracket argument drops a
        line break at its beginning."""
        tree = self.project("""
foreach(name "\\n" "\\n\\n")
  add_test(NAME "${name}" COMMAND echo ERROR)
  set_tests_properties("${name}" PROPERTIES FAIL_REGULAR_EXPRESSION ERROR)
endforeach()
add_test(NAME echo COMMAND echo fine)
""")
        ran = self.ctest(tree)
        said = [line for line in ran.text.splitlines() if line.startswith("holdfast: ")]
        # A run of more than a second has a line about its time, too.
        self.assertEqual([line for line in said if not re.match(r"holdfast: [0-9.]+ s on 1 slot, ", line)],
                         ["holdfast: 3 tests through Holdfast: 1 passed, 2 failed"])
        report = json.loads(self.finish(HOLDFAST, "report", "--tree", tree, "--format", "json").stdout)
        self.assertEqual([(test["name"], test["index"], test["verdict"]) for test in report["tests"]],
                         [("", 1, "failed"), ("\n", 2, "failed"), ("echo", 3, "passed")])
        self.assertNotIn("complaints", report)
        text = self.finish(HOLDFAST, "report", "--tree", tree).stdout.decode()
        self.assertNotIn("ignored", text)

    def test_a_tree_that_cannot_be_written_is_said_in_one_line(self):
        # root can write everywhere, so a file stands in place of the directory.
        tree = self.project("add_test(NAME one COMMAND true)\n")
        shutil.rmtree(tree / ".holdfast/runs", ignore_errors=True)
        (tree / ".holdfast/runs").write_text("")
        ran = self.ctest(tree)
        self.assertIn("100% tests passed", ran.text)
        said = [line for line in ran.text.splitlines() if line.startswith("holdfast: ")]
        self.assertEqual(len(said), 1, ran.text)
        self.assertIn(f"{tree}/.holdfast/runs", said[0])

    def test_an_attach_that_is_not_understood_is_ignored_and_said(self):
        for text in ("", "nonsense", "1 1 1 1 p /t", "2 0 1 0 1 p /t", "2 99999999 1 0 1 p /t x", "2 5"):
            ended = self.finish(*self.supervised(program("exit_with"), 3), env=self.environment(
                HOLDFAST_ATTACH=text))
            if text.startswith("2 9999"):  # this one is understood: its ctest is gone
                self.assertNotEqual(ended.returncode, 0)
                continue
            self.assertEqual(ended.returncode, 3, text)
            self.assert_our_lines(ended.stderr, 1)
            self.assertIn(b"HOLDFAST_ATTACH", ended.stderr)

    def test_an_unknown_command_is_named_with_those_there_are(self):
        ended = self.finish(HOLDFAST, "frob", "--tree", self.work)
        self.assertEqual((ended.returncode, ended.stdout), (2, b""))
        self.assert_our_lines(ended.stderr, 1)
        self.assertIn(b'unknown command "frob": expected one of run, report, ', ended.stderr)
        self.assertNotIn(b"keeper", ended.stderr)

    def test_a_report_of_nothing_says_where_it_looked(self):
        for words in (["report"], ["report", "--tree", self.work], ["report", "--format", "odd"]):
            ended = self.finish(HOLDFAST, *words)
            self.assertNotEqual(ended.returncode, 0)
            self.assertEqual(ended.stdout, b"")
            self.assert_our_lines(ended.stderr, 1)


if __name__ == "__main__":
    unittest.main()
