"""ctest's expressions see the output of the test. It has no line of Holdfast's that is not needed
(docs/reference/reports.md)."""

import re
import unittest

from support import PROGRAMS, ProjectCase

# Each test has expressions that would match Holdfast's lines.
TESTS = """
add_test(NAME green COMMAND @P@/exit_with 0)
add_test(NAME red COMMAND @P@/exit_with 3)
add_test(NAME crashes COMMAND @P@/die_of 11)
add_test(NAME leaks COMMAND sh -c "sleep 100 >/dev/null 2>&1 &")
add_test(NAME leaks_and_is_red COMMAND sh -c "sleep 100 >/dev/null 2>&1 & exit 3")
add_test(NAME nothing COMMAND @P@/gtest_cases --gtest_filter=Nothing.*)
add_test(NAME locks COMMAND @P@/exit_with 0)
add_test(NAME locks_and_is_silent COMMAND @P@/exit_with 0)
add_test(NAME locks_and_crashes COMMAND @P@/die_of 11)
add_test(NAME inverted COMMAND @P@/exit_with 0)
add_test(NAME inverted_red COMMAND @P@/exit_with 3)
set_tests_properties(inverted inverted_red PROPERTIES WILL_FAIL ON)
"""

EXPRESSIONS = """
set(all green red crashes leaks leaks_and_is_red nothing locks locks_and_crashes inverted inverted_red)
foreach(name IN LISTS all)
  set_tests_properties(${name} PROPERTIES FAIL_REGULAR_EXPRESSION "dead;holdfast|lock [a-z]|after")
endforeach()
set_tests_properties(locks_and_is_silent PROPERTIES PASS_REGULAR_EXPRESSION "lock [a-z]")
"""

# Launchers of tests with a limit and a lock print a line about it, in a place that no expression
# sees.
LOCKS = """
set_tests_properties(locks locks_and_is_silent locks_and_crashes inverted PROPERTIES TIMEOUT 60 HOLDFAST_LOCKS one)
"""


class JudgedOutput(ProjectCase):
    @staticmethod
    def words(text):
        """The line of each test on ctest's console, without number and time."""
        return dict(re.findall(r"^ *\d+/\d+ Test +#\d+: (\S+) \.+ *(\S.*?)(?: +[\d.]+ sec)?$", text, re.MULTILINE))

    def test_verdicts_and_their_reasons_are_those_without_holdfast(self):
        self.assert_verdicts_and_reasons_in(self.project(TESTS + EXPRESSIONS + LOCKS))

    def test_they_are_where_the_expressions_come_first(self):
        self.assert_verdicts_and_reasons_in(self.written(TESTS + EXPRESSIONS + LOCKS))

    def test_they_are_where_the_locks_come_first(self):
        self.assert_verdicts_and_reasons_in(self.written(TESTS + LOCKS + EXPRESSIONS))

    def written(self, text):
        """A project whose tests ctest reads as they are written here. CMake would write one call
        for each test, in the order of the alphabet."""
        tests = self.work / "tests.cmake"
        tests.write_text(re.sub(r"add_test\(NAME (\S+) COMMAND", r"add_test(\1", text).replace("@P@", str(PROGRAMS)))
        return self.project(f"set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES {tests})\n")

    def assert_verdicts_and_reasons_in(self, tree):
        plain = self.ctest(tree, env=self.environment(HOLDFAST_DISABLE="1"))
        done = self.ctest(tree)
        self.assertEqual(len(self.words(done.text)), 11, done.text)
        self.assertEqual(self.words(done.text), self.words(plain.text))
        log = (tree / "Testing/Temporary/LastTest.log").read_text()
        printed = re.findall(r"^Output:\n-+\n(.*?)<end of output>", log, re.MULTILINE | re.DOTALL)
        self.assertEqual(len(printed), 11)
        for output in printed:
            self.assertNotIn("holdfast", output)


if __name__ == "__main__":
    unittest.main()
