"""ctest -S scripts, dashboards and nested runs: what ctest tells the launcher about itself."""

import os
import re
import shutil
import unittest

from holdfast_case import CTEST, STAGE, HoldfastCase

# Holdfast leaves a bare name alone that exists only in the test's own directory. So this test sees
# the variable, which the launcher would remove.
SHOW = '#!/bin/sh\necho "attach=$HOLDFAST_ATTACH parent=$PPID"\n'
SHOWN = """
configure_file(show ${CMAKE_BINARY_DIR}/wd/show-attach COPYONLY)
add_test(NAME show COMMAND show-attach)
set_tests_properties(show PROPERTIES WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/wd)
"""

# Each run of the program adds to the counts of its lines.
COVERED = """
int main(int count, char **words) {
  (void)words;
  for (int i = 0; i < 3; ++i) {
    if (count > 2) return 2;
  }
  return count > 1;
}
"""
COVERAGE = """
include(CTest)
add_executable(covered covered.c)
target_compile_options(covered PRIVATE -O0 --coverage)
target_link_options(covered PRIVATE --coverage)
add_test(NAME without COMMAND covered)
add_test(NAME with COMMAND covered word)
set_tests_properties(with PROPERTIES WILL_FAIL ON)
"""


class Scripts(HoldfastCase):
    def shown(self, text):
        """(pid, start, count, key, tree, parent) as each bare test printed them, in our PID
        namespace."""
        own = os.stat("/proc/self/ns/pid").st_ino
        return re.findall(rf"attach=2 (\d+) (\d+) {own} (\d+) (\S+) (.*) parent=(\d+)", text)

    def test_ctest_introduces_itself(self):
        source = self.project(SHOWN, name="a project", files={"show": SHOW})
        (source / "CMakeLists.txt").write_text(
            (source / "CMakeLists.txt").read_text().replace("project(a project",
                                                            "project(\"a%b project\""))
        build = self.configure(source, "the tree")
        run = self.ctest(build, "-V")
        (pid, start, count, key, tree, parent), = self.shown(run.text)
        self.assertEqual(pid, parent)
        self.assertEqual((count, key, tree), ("1", "a%25b%20project", os.path.realpath(build)))
        # Field 22 of /proc/<pid>/stat, in ticks since boot: a moment ago.
        with open("/proc/uptime", encoding="ascii") as file:
            now = float(file.read().split()[0]) * os.sysconf("SC_CLK_TCK")
        self.assertTrue(now - 60_000 < int(start) <= now, f"{start} at {now}")

    def test_each_step_of_a_script_is_counted(self):
        source = self.project("include(CTest)\nadd_test(NAME a COMMAND true)\n" + SHOWN,
                              files={"show": SHOW})
        build = self.configure(source, "build")
        script = self.work / "script.cmake"
        script.write_text(f"""
            set(CTEST_SOURCE_DIRECTORY "{source}")
            set(CTEST_BINARY_DIRECTORY "{build}")
            set(CTEST_CMAKE_GENERATOR "Unix Makefiles")
            ctest_start(Experimental)
            ctest_test(RETURN_VALUE first)
            ctest_test(RETURN_VALUE second)
            ctest_test(RETURN_VALUE third INCLUDE show)
            message("returned ${{first}} ${{second}} ${{third}}")
            """)
        run = self.ctest(self.work, "-VV", "-S", script)
        self.assertIn("returned 0 0 0", run.text)
        self.assertEqual([record[2] for record in self.shown(run.text)], ["1", "2", "3"])
        self.assertEqual(len({record[:2] for record in self.shown(run.text)}), 1)
        self.assertEqual(len(re.findall(r"Test command: .*holdfast-launcher", run.text)), 2)

    def test_a_dashboard_step_runs_through_holdfast(self):
        source = self.project("include(CTest)\nadd_test(NAME a COMMAND true)\n")
        build = self.configure(source, "build")
        run = self.ctest(build, "-V", "-T", "Test")
        self.assert_all_wrapped(run, 1)
        self.assertEqual(run.code, 0, run.text)
        xml, = build.glob("Testing/*/Test.xml")
        self.assertIn("<Name>a</Name>", xml.read_text())
        self.assertRegex(xml.read_text(), r"<FullCommandLine>[^<]*holdfast-launcher[^<]*true[^<]*</FullCommandLine>")

    @unittest.skipUnless(shutil.which("gcov"), "gcov is not installed")
    def test_coverage_is_the_same(self):
        source = self.project(COVERAGE, languages="C", files={"covered.c": COVERED})
        counts = []
        for name, attached in (("plain", False), ("attached", True)):
            build = self.configure(source, name, attached=attached)
            self.command("cmake", "--build", build)
            run = self.ctest(build, "-V", "-T", "Test", "-T", "Coverage")
            self.assertEqual(run.code, 0, run.text)
            self.assertEqual(set(run.wrapped().values()), {attached}, run.text)
            log, = build.glob("Testing/*/CoverageLog-0.xml")
            counts.append(re.findall(r'<Line Number="\d+" Count="(-?\d+)">', log.read_text()))
        self.assertIn("6", counts[0])  # 3 rounds of the loop in each of 2 tests
        self.assertEqual(counts[0], counts[1])

    def test_junit_keeps_names_and_verdicts(self):
        source = self.project("add_test(NAME a COMMAND true)\nadd_test(NAME b COMMAND false)\n")
        build = self.configure(source, "build")
        outputs = []
        for disable in (False, True):
            path = self.work / f"junit-{disable}.xml"
            self.ctest(build, "--output-junit", path, disable=disable)
            outputs.append(re.findall(r'<testcase name="(\S+)" classname="(\S+)".* status="(\S+)"',
                                      path.read_text()))
        self.assertEqual(outputs[0], outputs[1])
        self.assertEqual(outputs[0], [("a", "a", "run"), ("b", "b", "fail")])

    def test_a_nested_ctest_counts_for_itself(self):
        inner = self.configure(self.project(SHOWN, name="inner", files={"show": SHOW}), "inner b")
        source = self.project(
            f'add_test(NAME outer COMMAND "{CTEST}" -V --test-dir "{inner}")\n' + SHOWN,
            name="outer", files={"show": SHOW})
        run = self.ctest(self.configure(source, "outer b"), "-V")
        self.assertEqual(run.code, 0, run.text)
        records = {record[3]: record for record in self.shown(run.text)}
        self.assertEqual(set(records), {"inner", "outer"})
        self.assertEqual(records["inner"][2], "1")
        self.assertNotEqual(records["inner"][0], records["outer"][0])
        self.assertEqual(records["inner"][4], os.path.realpath(inner))

    def test_build_and_test_works(self):
        source = self.project("add_test(NAME a COMMAND true)\n")
        build = self.work / "build"
        run = self.ctest(self.work, "--build-and-test", source, build,
                         "--build-generator", "Unix Makefiles",
                         "--build-options", f"-DCMAKE_PREFIX_PATH={STAGE}",
                         "--test-command", CTEST, "-V")
        self.assertEqual(run.code, 0, run.text)
        self.assertIn("holdfast-launcher", run.text)


if __name__ == "__main__":
    unittest.main()
