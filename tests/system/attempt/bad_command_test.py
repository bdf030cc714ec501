"""Commands that ctest cannot find or start are "not run" in every report, in ctest's own words."""

import json
import re
import unittest
import xml.etree.ElementTree as ElementTree

from support import CTEST, HOLDFAST, ProjectCase, verdicts

# Each test exists as it is and with WILL_FAIL. WORDS has ctest's words for each; "": ctest starts
# the test, and the test fails.
TESTS = r"""
set(d ${CMAKE_BINARY_DIR}/commands)
file(MAKE_DIRECTORY ${d}/directory)
foreach(name IN ITEMS locked script left)
  file(WRITE ${d}/${name} "#!/bin/sh\nexit 1\n")
  file(CHMOD ${d}/${name} PERMISSIONS OWNER_READ)
endforeach()
file(WRITE ${d}/script "#!/nonexistent/interpreter\n")
file(CHMOD ${d}/script PERMISSIONS OWNER_READ OWNER_EXECUTE)
file(WRITE ${d}/red "#!/bin/sh\nexit 1\n")
file(CHMOD ${d}/red PERMISSIONS OWNER_READ OWNER_EXECUTE)
string(REPEAT y 131072 long)
foreach(inverted IN ITEMS "" _inverted)
  add_test(NAME missing${inverted} COMMAND ${d}/missing)
  add_test(NAME nowhere${inverted} COMMAND no-such-program)
  add_test(NAME directory${inverted} COMMAND ${d}/directory)
  add_test(NAME locked${inverted} COMMAND ${d}/locked)
  add_test(NAME script${inverted} COMMAND ${d}/script)
  add_test(NAME long${inverted} COMMAND ${d}/red ${long})
  add_test(NAME skips${inverted} COMMAND ${d}/locked)
  set_tests_properties(skips${inverted} PROPERTIES SKIP_RETURN_CODE 77)
  add_test(NAME prints${inverted} COMMAND ${d}/locked)
  set_tests_properties(prints${inverted} PROPERTIES PASS_REGULAR_EXPRESSION x)
  add_test(NAME left${inverted} COMMAND ${d}/left)
  set_tests_properties(left${inverted} PROPERTIES HOLDFAST_ENABLED OFF)
endforeach()
add_test(NAME red COMMAND ${d}/red)
add_test(NAME bare_red COMMAND ${d}/red)
set_tests_properties(bare_red PROPERTIES HOLDFAST_ENABLED OFF)
foreach(name IN ITEMS missing nowhere directory locked script long skips prints left)
  set_tests_properties(${name}_inverted PROPERTIES WILL_FAIL ON)
endforeach()
"""
WORDS = {
    "missing": "Unable to find executable: @D@/missing",
    "nowhere": "Unable to find executable: no-such-program",
    "directory": "Unable to find executable: @D@/directory",
    "locked": "Process not started: @D@/locked [permission denied]",
    "script": "Process not started: @D@/script [no such file or directory]",
    "long": r"Process not started: \S+/holdfast-launcher [argument list too long]",
    "skips": "Process not started: @D@/locked [permission denied]",
    "prints": "Process not started: @D@/locked [permission denied]",
    "left": "Process not started: @D@/left [permission denied]",
}
# A fixture may still make a missing program, so ctest looks for it only when its test starts.
MADE = """
add_test(NAME setup COMMAND true)
set_tests_properties(setup PROPERTIES FIXTURES_SETUP made)
add_test(NAME needs COMMAND ${d}/missing)
set_tests_properties(needs PROPERTIES FIXTURES_REQUIRED made)
"""


class BadCommand(ProjectCase):
    def report(self, tree, form):
        done = self.finish(HOLDFAST, "report", "--tree", tree, "--format", form)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def assert_not_run(self, tree, console, expected):
        """`expected`: name -> a pattern for ctest's words."""
        told = verdicts(console)
        self.assertEqual({n for n, word in told.items() if word == "***Not Run"}, set(expected), console)
        report = json.loads(self.report(tree, "json"))
        tests = {t["name"]: t for t in report["tests"]}
        self.assertEqual(len(tests), len(report["tests"]))
        self.assertEqual({n for n, t in tests.items() if t["outcome"] == "not_run"}, set(expected))
        self.assertEqual(report["counts"]["not_run"], len(expected))
        self.assertEqual(report["counts"]["planned"], len(told))
        suite = ElementTree.fromstring(self.report(tree, "junit")).find("testsuite")
        cases = {case.get("name"): case for case in suite.iter("testcase")}
        for name, words in expected.items():
            self.assertEqual((tests[name]["verdict"], tests[name]["attempts"]), ("failed", []), name)
            self.assertRegex(tests[name]["why"], f"^{words}$")
            self.assertEqual(cases[name].find("error").get("type"), "not_run")
            self.assertRegex(cases[name].find("error").get("message"), words)
        return tests

    def test_all_ways(self):
        tree = self.project(TESTS)
        done = self.ctest(tree)
        expected = {}
        for name, words in WORDS.items():
            words = words.replace("@D@", f"{tree}/commands").replace("[", r"\[").replace("]", r"\]")
            expected |= {name: words, name + "_inverted": words}
        tests = self.assert_not_run(tree, done.text, expected)
        self.assertEqual((tests["red"]["outcome"], tests["bare_red"]["outcome"]), ("failed", "failed"))
        summary = re.search(r"^holdfast: (\d+) not through Holdfast: (.*)$", done.text, re.MULTILINE)
        self.assertEqual(int(summary[1]), len(expected) + 1)
        self.assertNotIn("left no record", done.text)
        self.assertRegex(summary[2], r"locked[^;()]* \(not run: Process not started: ")

    def test_one_that_a_fixture_could_have_made(self):
        tree = self.project(TESTS.partition("foreach(name IN ITEMS locked")[0] + MADE)
        done = self.ctest(tree)
        self.assert_not_run(tree, done.text, {"needs": f"Unable to find required file: {tree}/commands/missing"})

    def test_an_environment_that_is_too_large_for_the_test_alone_is_said(self):
        """The environments of these tests grow past the limit of execve(2), a quarter of the stack.
        For one of them ctest can start the launcher, but the launcher cannot start the test."""
        for retry in ("", 'HOLDFAST_RETRY "any=1;launch=1"'):
            with self.subTest(retry=retry):
                values = "".join(f"V{i}={'x' * 50000};" for i in range(5))
                tree = self.project("".join(
                    f"add_test(NAME t{size} COMMAND true)\n"
                    f'set_tests_properties(t{size} PROPERTIES ENVIRONMENT "{values}W={"x" * size}" {retry})\n'
                    for size in range(4000, 13000, 250)))
                done = self.finish("sh", "-c", f"ulimit -s 1024; exec {CTEST}", cwd=tree, env={"PATH": "/usr/bin:/bin"})
                tests = json.loads(self.report(tree, "json"))["tests"]
                outcomes = [test["outcome"] for test in sorted(tests, key=lambda test: int(test["name"][1:]))]
                # One environment may be just too large for holdfast-exec, which gets a few words
                # more than the launcher.
                kinds = [kind for kind in dict.fromkeys(outcomes) if not (retry and kind == "internal_error")]
                self.assertEqual(kinds, ["passed", "launch_failed", "failed"], done.stdout)
                attempts = [test["attempts"] for test in tests if test["outcome"] == "launch_failed"]
                self.assertEqual({len(one) for one in attempts}, {1})
                self.assertIn(b"/true: Argument list too long", done.stderr)

    def test_a_program_that_became_so_while_the_run_was_on_is_left_to_ctests_word(self):
        """Its entry in ctest's log looks the same whether the program was started or not."""
        tree = self.project("""
set(d ${CMAKE_BINARY_DIR})
file(WRITE ${d}/once "#!/bin/sh\\nexit 1\\n")
file(CHMOD ${d}/once PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
add_test(NAME first COMMAND ${d}/once)
set_tests_properties(first PROPERTIES HOLDFAST_ENABLED OFF)
add_test(NAME locks COMMAND chmod a-x ${d}/once)
set_tests_properties(locks PROPERTIES DEPENDS first)
""")
        self.ctest(tree)
        tests = {t["name"]: t for t in json.loads(self.report(tree, "json"))["tests"]}
        self.assertEqual((tests["first"]["outcome"], tests["locks"]["outcome"]), ("failed", "passed"))


if __name__ == "__main__":
    unittest.main()
