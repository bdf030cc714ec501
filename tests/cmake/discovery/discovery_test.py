"""Tests that are discovered after the configure step run through the launcher like all others."""

import unittest

from holdfast_case import HoldfastCase

# Answers as a GoogleTest program would, without the time to build one.
GTEST_LIKE = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--gtest_list_tests") == 0) {
      printf("Suite.\\n  Passes\\n  Fails\\nTyped/0.  # TypeParam = int\\n  Case\\n"
             "Values/P.\\n  One/0  # GetParam() = \\"[a;b]\\"\\n");
      return 0;
    }
    if (strcmp(argv[i], "--gtest_filter=Suite.Fails") == 0) return 1;
  }
  const char *name = getenv("HOLDFAST_TEST_NAME");
  printf("via=%s\\n", name ? name : "");
  return 0;
}
"""
PROJECT = """
include(GoogleTest)
add_executable(prog prog.c)
gtest_discover_tests(prog DISCOVERY_MODE ${MODE} TEST_PREFIX pre.
  PROPERTIES HOLDFAST_LOCKS db LABELS unit TIMEOUT 60)
"""

# Stands in for the command of CMake 4.4. It only shows its arguments.
DISCOVER_TESTS = """
function(discover_tests)
  set(i 0)
  while(i LESS ARGC)
    message(NOTICE "given <${ARGV${i}}>")
    math(EXPR i "${i} + 1")
  endwhile()
endfunction()
"""


class Discovery(HoldfastCase):
    def test_gtest_discover_tests_in_both_modes(self):
        for mode in ("POST_BUILD", "PRE_TEST"):
            source = self.project(PROJECT, name=mode.lower(), languages="C CXX",
                                  files={"prog.c": GTEST_LIKE})
            runs = []
            for attached in (False, True):
                build = self.configure(source, f"{mode}-{attached}", f"-DMODE={mode}",
                                       attached=attached)
                self.command("cmake", "--build", build)
                runs.append(self.ctest(build, "-V"))
            self.assertEqual(runs[1].verdicts(), runs[0].verdicts())
            self.assert_all_wrapped(runs[1], 4)
            self.assertIn("via=pre.Suite.Passes", runs[1].output(1))
            for number in range(1, 5):
                self.assertIn("HOLDFAST_P_LOCKS=set:db", runs[1].modifications()[number])

    def given(self, call, name):
        """The arguments that the built-in discover_tests() gets for a call in a
        CTestTestfile.cmake."""
        source = self.project("add_test(NAME a COMMAND true)\n", name=name)
        build = self.configure(source, f"{name}-build")
        testfile = build / "CTestTestfile.cmake"
        testfile.write_text(DISCOVER_TESTS + testfile.read_text() + call)
        run = self.ctest(build)
        self.assertEqual(run.code, 0, run.text)
        return [part.split(">\n")[0] for part in run.stderr.split("given <")[1:]]

    def test_discover_tests_lists_by_exec_and_runs_by_name(self):
        given = self.given(r"""
            discover_tests(COMMAND "/usr/bin/env" "-i" "a;b" ""
              DISCOVERY_ARGS "--list" DISCOVERY_MATCH "^([^,]+),(.*)$"
              DISCOVERY_PROPERTIES "TIMEOUT" "9"
              TEST_NAME "DT.\\1" TEST_ARGS "--run" "\\1"
              TEST_PROPERTIES "LABELS" "\\2" "HOLDFAST_LOCKS" "db;n:1/2" "RESOURCE_LOCK" "\\1"
              _BACKTRACE_TRIPLES "/a/CMakeLists.txt;1;x")
            """, "wrapped")
        launcher = given[1]
        self.assertTrue(launcher.endswith("libexec/holdfast/holdfast-launcher"))
        self.assertEqual(given, [
            "COMMAND", launcher,
            "DISCOVERY_ARGS", "--", "/usr/bin/env", "-i", "a;b", "", "--list",
            "DISCOVERY_MATCH", "^([^,]+),(.*)$",
            "DISCOVERY_PROPERTIES", "TIMEOUT", "9",
            "ENVIRONMENT_MODIFICATION", "HOLDFAST_P_ENABLED=set:OFF",
            "TEST_NAME", "DT.\\1",
            "TEST_ARGS", "--name", "DT.\\1", "--", "/usr/bin/env", "-i", "a;b", "",
            "--run", "\\1",
            "TEST_PROPERTIES", "LABELS", "\\2", "HOLDFAST_LOCKS", "db;n:1/2",
            "RESOURCE_LOCK", "\\1",
            "RESOURCE_LOCK", "db",
            "ENVIRONMENT_MODIFICATION", "HOLDFAST_P_LOCKS=set:db,n:1/2",
            "ENVIRONMENT_MODIFICATION", "HOLDFAST_P_RESOURCE_LOCK=set:\\1",
            "ENVIRONMENT_MODIFICATION", "HOLDFAST_P_KEPT_LIMIT=set:0",
            "_BACKTRACE_TRIPLES", "/a/CMakeLists.txt;1;x"])

    def test_discover_tests_is_left_alone_where_it_cannot_be_wrapped(self):
        for name, command in (("missing", '"/nonexistent/prog"'), ("relative", '"env"'),
                              ("reference", r'"/usr/bin/env" "a\\1"')):
            given = self.given(f"""discover_tests(COMMAND {command} DISCOVERY_ARGS "-l"
                DISCOVERY_MATCH "(.*)" TEST_NAME "x" TEST_ARGS "y")""", name)
            self.assertEqual(given[0], "COMMAND")
            self.assertNotIn("holdfast-launcher", " ".join(given))
            self.assertEqual(given[-8:], ["DISCOVERY_ARGS", "-l", "DISCOVERY_MATCH", "(.*)",
                                          "TEST_NAME", "x", "TEST_ARGS", "y"])


if __name__ == "__main__":
    unittest.main()
