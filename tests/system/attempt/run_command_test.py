"""The command line of `holdfast run` and of the launcher."""

import json
import unittest

from support import HOLDFAST, SystemCase, program


class RunCommandTest(SystemCase):
    def assert_usage_error(self, options, said, separator=("--",), command=("true",)):
        for by in self.each_supervisor():
            words = self.supervised(by=by)[:-1]
            ended = self.finish(*words, *options, *separator, *command)
            self.assertNotEqual(ended.returncode, 0, options)
            self.assertEqual(ended.stdout, b"")
            self.assert_our_lines(ended.stderr, 1)
            self.assertIn(said, ended.stderr.decode(), options)

    def test_help_is_on_stdout_and_no_error(self):
        for word in ("--help", "-h"):
            ended = self.finish(*self.supervised(by="holdfast run")[:-1], word)
            self.assertEqual((ended.returncode, ended.stderr), (0, b""))
            self.assertIn(b"usage: holdfast run", ended.stdout)
            for option in ("--name", "--lock", "--lock-timeout", "--timeout", "--grace", "--on-leak",
                           "--scratch", "--default-env", "--quiet", "75", "124", "125", "126", "127"):
                self.assertIn(option.encode(), ended.stdout)
            self.assertLessEqual(max(map(len, ended.stdout.splitlines())), 100)
            # The launcher of each test does not contain that text.
            ended = self.finish(*self.supervised(by="holdfast-launcher")[:-1], word)
            self.assertEqual((ended.returncode, ended.stderr), (0, b""))
            self.assertEqual(ended.stdout, b"holdfast: `holdfast run --help` says what there is\n")

    def test_help_after_the_separator_is_the_commands(self):
        ended = self.finish(*self.supervised("sh", "--help"))
        self.assertNotIn(b"usage: holdfast run", ended.stdout)

    def test_an_unknown_option_is_refused(self):
        self.assert_usage_error(["--nonsense"], '"--nonsense"')
        self.assert_usage_error(["-j4"], '"-j4"')
        self.assert_usage_error(["true"], '"true"')
        self.assert_usage_error(["--quiet=1"], "--quiet")

    def test_a_command_is_needed(self):
        self.assert_usage_error([], "COMMAND", separator=(), command=())
        self.assert_usage_error([], "command", command=())
        self.assert_usage_error(["--name"], "--name", separator=(), command=())

    def test_nonsense_values_are_refused_and_named(self):
        for option in ("--timeout", "--grace", "--lock-timeout"):
            for value in ("", "soon", "-1", "5x", "5 s", "1e3", "0x10", "inf", "nan", "."):
                self.assert_usage_error([option, value], option)
        for value in ("", "Kill", "maybe"):
            self.assert_usage_error(["--on-leak", value], "--on-leak")
            self.assert_usage_error(["--scratch", value], "--scratch")
        for value in ("", "NAME", "=value"):
            self.assert_usage_error(["--default-env", value], "--default-env")
        for value in ("", ":", "db:", "db:2", "db:0/4", "db:5/4", "db@", "db@moon", "a/b", "a,b",
                      "db:shared:shared", "x" * 300, "new\nline"):
            self.assert_usage_error(["--lock", value], "lock")

    def test_a_value_may_stand_after_an_equals_sign(self):
        ended = self.finish(*self.supervised(program("exit_with"), 3, options=[
            "--timeout=9s", "--grace=100ms", "--on-leak=kill", "--name=x", "--quiet"]))
        self.assertEqual((ended.returncode, ended.stderr), (3, b""))

    def test_options_count_under_ctest_too(self):
        self.finish(*self.under_ctest(program("linger"), self.pid_file(), options=[
            "--timeout", "200ms", "--grace", "100ms"]))
        self.assertEqual(self.ended_as(), "signal 9")
        self.finish(*self.under_ctest("sh", "-c", f'echo $HOLDFAST_HELD >"{self.work}/held"',
                                      options=["--lock", "of-the-option@user"]))
        self.assertIn("of-the-option", (self.work / "held").read_text())
        self.lock_names.append("of-the-option")

    def test_fractions_count(self):
        ended = self.finish(*self.supervised(program("linger"), self.pid_file(), options=[
            "--timeout", "0.25", "--grace", ".1"]))
        self.assertEqual(ended.returncode, 124)

    def test_all_after_the_separator_goes_to_the_command(self):
        for by in self.each_supervisor():
            ended = self.finish(*self.supervised(program("show_self"), "--", "--timeout", "x", "-h",
                                                 "--", by=by))
            self.assertEqual(json.loads(ended.stdout)["argv"][1:],
                             ["--", "--timeout", "x", "-h", "--"])

    def test_the_name_is_the_commands_or_the_given_one(self):
        for options, name in (([], "exit_with"), (["--name", "my test"], "my test")):
            ended = self.finish(*self.supervised(program("show_self").replace("show_self", "exit_with"), 0,
                                                 options=options))
            self.assertEqual(ended.returncode, 0)
            late = self.finish(*self.supervised("sh", "-c", "sleep 60", options=[
                *options, "--timeout", "50ms"]))
            self.assertIn(f'"{name if options else "sh"}" timed out', late.stderr.decode())

    def test_holdfast_itself_refuses_what_it_does_not_know(self):
        for words in (["nonsense"], ["--nonsense"], [], ["report", "--nonsense"]):
            ended = self.finish(HOLDFAST, *words)
            self.assertEqual((ended.returncode, ended.stdout), (2, b""), words)
            self.assert_our_lines(ended.stderr, 1)
        for words in (["--help"], ["--version"], ["report", "--help"]):
            ended = self.finish(HOLDFAST, *words)
            self.assertEqual((ended.returncode, ended.stderr), (0, b""), words)
            self.assertNotEqual(ended.stdout, b"")


if __name__ == "__main__":
    unittest.main()
