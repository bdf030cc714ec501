"""The list of tests changes after tests were chosen from it: ctest runs others, and that is red."""

import unittest

from selecting import ODD, SelectCase, adding
from support import HOLDFAST

CHANGED = "holdfast: the list of tests has changed since tests were chosen"


class ChangedListTest(SelectCase):
    def changing(self, late="", early=""):
        """Code for a project: there are these tests only while ctest reads the tests that it runs, or only until
        then."""
        script = self.work / "changing.cmake"
        # A list, too, shows the tests as launchers get them, and says so by HOLDFAST_EXPLAIN.
        code = "if(DEFINED ENV{HOLDFAST_ATTACH} AND NOT DEFINED ENV{HOLDFAST_EXPLAIN})\n%s\nelse()\n%s\nendif()\n"
        script.write_text(code % tuple(text.replace("NAME ", "").replace("COMMAND ", "") for text in (late, early)))
        return f'set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "{script}")\n'

    def red(self, tree, *words, says, command="ctest", cwd=None):
        ended = self.ours(command, *words, cwd=cwd or tree, code=8)
        self.over(tree)
        said = [line for line in ended.text.splitlines() if line.startswith(CHANGED)]
        self.assertEqual(said, [f"{CHANGED}; {says}; start it again"], ended.text)
        return ended

    def test_a_further_test_takes_the_place_of_the_one_that_was_red(self):
        ran = self.work / "ran"
        tree = self.project(self.changing(late=adding("z", command=f"touch {ran}")) + self.failing("a", "b"))
        self.flag("a").touch()
        self.run_all(tree, "-E", "z", code=8)
        ended = self.red(tree, "--failed", says='not run: "a"; not chosen, but started: "z"')
        self.assertEqual(self.names(tree), ["z"])
        self.assertFalse(ran.exists())
        self.assertIn('holdfast: "z": this test was not chosen: the list of tests has changed since tests were chosen\n',
                      ended.text)
        self.assertIn("1 test (1 red when last seen, 0 not begun)", ended.text)

    def test_a_shard_and_a_run_that_is_run_again(self):
        tree = self.project(self.changing(late=adding("z")) + adding("a", "b", "c"))
        self.run_all(tree, "-R", "^a$")
        self.red(tree, "--shard", "1/1", "--", "-j3", says='not run: "c"; not chosen, but started: "z"')
        self.red(tree, "1-", command="rerun", says='not run: "a"; not chosen, but started: "z"')

    def test_what_cannot_be_refused_is_red_too(self):
        for properties in ("WILL_FAIL TRUE", "HOLDFAST_ENABLED OFF"):
            late = adding("z") + f"set_tests_properties(z PROPERTIES {properties})\n"
            tree = self.project(self.changing(late=late) + adding("a"), build=f"build {properties}")
            self.red(tree, "--shard", "1/1", says='not run: "a"; not chosen, but started: "z"')

    def test_a_test_is_gone(self):
        tree = self.project(self.changing(early=adding("early")) + adding("a", "b"))
        self.red(tree, "--shard", "1/1", says='not run: "early"')
        self.assertEqual(self.names(tree), ["a", "b"])
        # There is no third test any more.
        self.red(tree, "--shard", "1/1", "--", "-R", "b", says='not run: "b"')

    def test_in_a_directory_of_the_tree(self):
        (self.work / "project/sub").mkdir(parents=True)
        (self.work / "project/sub/CMakeLists.txt").write_text(
            self.changing(late=adding("z"), early=adding("x", "y")) + adding("a"))
        tree = self.project("add_subdirectory(sub)\n")
        self.red(tree, "--shard", "1/1", cwd=tree / "sub",
                 says='not run: "x", "y"; not chosen, but started: "z"')
        self.red(tree, "--shard", "1/1", "--", "-R", "a", cwd=tree / "sub", says='not run: "a"')

    def test_what_did_not_run_for_another_reason_is_no_change(self):
        tree = self.project(adding("off", properties="DISABLED TRUE") + adding("missing", command="/no/program")
                            + self.failing("set", "user", properties="LABELS l") + adding("later", *ODD) + """
set_tests_properties(set PROPERTIES FIXTURES_SETUP F)
set_tests_properties(user PROPERTIES FIXTURES_REQUIRED F)
""")
        self.flag("set").touch()
        for words in ((), ("-j4",), ("--stop-on-failure",), ("--repeat", "until-pass:2")):
            ended = self.ours("ctest", "--shard", "1/1", "--", *words, cwd=tree, code=8)
            self.over(tree)
            self.assertNotIn("the list of tests", ended.text, words)
        self.ours("rerun", cwd=tree, code=8)
        self.over(tree)
        self.flag("set").unlink()
        ended = self.finish(HOLDFAST, "ctest", "--shard", "1/1", "--", "-E", "missing", cwd=tree)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.over(tree)


if __name__ == "__main__":
    unittest.main()
