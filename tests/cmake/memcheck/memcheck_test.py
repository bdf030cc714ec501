"""A memory check checks the test, not the launcher: valgrind finds the same as without Holdfast."""

import re
import shutil
import unittest

from holdfast_case import HoldfastCase

LEAKY = """
#include <stdlib.h>
int main(void) {
  char *p = malloc(10);
  if (p[3]) return 0;   /* uninitialised */
  p = malloc(20);       /* lost */
  return p == 0;
}
"""
PROJECT = """
include(CTest)
add_executable(leaky leaky.c)
target_compile_options(leaky PRIVATE -g -O0)
add_test(NAME leaky COMMAND leaky)
add_test(NAME clean COMMAND true)
"""


@unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
class Memcheck(HoldfastCase):
    def builds(self):
        source = self.project(PROJECT, languages="C", files={"leaky.c": LEAKY})
        for name, attached in (("plain", False), ("attached", True)):
            build = self.configure(source, name, attached=attached)
            self.command("cmake", "--build", build)
            yield source, build

    def findings(self, run, build):
        """ctest's count, and valgrind's findings without addresses and pids."""
        counted = re.findall(r"^(Memory Leak|Uninit\w* \w+ \w+.*|Uninitialized.*) - (\d+)$",
                             run.stdout, re.M)
        logs = [re.sub(r"==\d+==|0x[0-9A-F]+|at .*|by .*", "", path.read_text())
                for path in sorted(build.glob("Testing/Temporary/MemoryChecker.*.log"))]
        kept = [[line for line in log.splitlines() if "bytes" in line or "uninit" in line]
                for log in logs]
        return counted, kept

    def test_dashboard_step(self):
        results = []
        for _, build in self.builds():
            run = self.ctest(build, "-T", "memcheck", "-V")
            self.assertNotIn("holdfast-launcher", run.text)
            results.append((run.code, *self.findings(run, build)))
        self.assertEqual(results[0], results[1])
        self.assertTrue(results[0][1], "valgrind found nothing at all")
        # Otherwise the same tree still runs through Holdfast.
        self.assert_all_wrapped(self.ctest(build, "-V"), 2)

    def test_in_a_script(self):
        results = []
        for source, build in self.builds():
            script = self.work / "script.cmake"
            script.write_text(f"""
                set(CTEST_SOURCE_DIRECTORY "{source}")
                set(CTEST_BINARY_DIRECTORY "{build}")
                set(CTEST_CMAKE_GENERATOR "Unix Makefiles")
                set(CTEST_MEMORYCHECK_COMMAND "{shutil.which('valgrind')}")
                ctest_start(Experimental)
                ctest_test()
                ctest_memcheck(DEFECT_COUNT defects)
                message("defects ${{defects}}")
                ctest_test()
                """)
            run = self.ctest(self.work, "-VV", "-S", script)
            wrapped = len(re.findall(r"Test command: .*holdfast-launcher", run.text))
            results.append((re.findall(r"defects (\d+)", run.text), *self.findings(run, build)))
            self.assertEqual(wrapped, 0 if build.name == "plain" else 4)
        self.assertEqual(results[0], results[1])
        self.assertGreater(int(results[0][0][0]), 0)


if __name__ == "__main__":
    unittest.main()
