"""With every property of CTest, each test has the same verdict with and without Holdfast."""

import unittest
from pathlib import Path

from holdfast_case import HoldfastCase

PROJECT = (Path(__file__).parent / "properties.cmake").read_text()

RESOURCES = """{"version": {"major": 1, "minor": 0},
 "local": [{"gpus": [{"id": "0", "slots": 2}]}]}"""


class PropertyVerdicts(HoldfastCase):
    def test_every_property_gives_the_verdict_it_gave(self):
        source = self.project(PROJECT, files={"resources.json": RESOURCES})
        attached = self.assert_same_verdicts(
            source, "--resource-spec-file", source / "resources.json", count=55)
        # The comparison means something only if the launcher ran them.
        run = self.ctest(attached, "-V", "-R", "^(pass|signal_11|will_fail_fails)$")
        self.assert_all_wrapped(run, 3)

    def test_repeat_modes_count_as_before(self):
        source = self.project("""
            set(once ${CMAKE_BINARY_DIR}/once)
            add_test(NAME second_time COMMAND sh -c "test -e ${once} || { touch ${once}; false; }")
            add_test(NAME never COMMAND false)
            add_test(NAME always COMMAND true)
            """)
        plain = self.configure(source, "plain", attached=False)
        attached = self.configure(source, "attached")
        for mode in ("until-pass:3", "until-fail:2", "after-timeout:2"):
            runs = []
            for build in (plain, attached):
                (build / "once").unlink(missing_ok=True)
                runs.append(self.ctest(build, "--repeat", mode))
            self.assertEqual(runs[1].verdicts(), runs[0].verdicts(), mode)
            self.assertEqual(runs[1].code, runs[0].code, mode)

    def test_rerun_failed_runs_the_failed_ones(self):
        source = self.project("add_test(NAME a COMMAND true)\nadd_test(NAME b COMMAND false)\n")
        build = self.configure(source, "build")
        self.ctest(build)
        again = self.ctest(build, "--rerun-failed", "-V")
        self.assertEqual(again.verdicts(), {2: ("b", "***Failed", "Failed")})
        self.assert_all_wrapped(again, 1)

    def test_a_test_disabled_by_property_runs_bare_in_effect(self):
        source = self.project("""
            add_test(NAME off COMMAND sh -c "echo via=$HOLDFAST_TEST_NAME")
            add_test(NAME on COMMAND sh -c "echo via=$HOLDFAST_TEST_NAME")
            set_tests_properties(off PROPERTIES HOLDFAST_ENABLED OFF)
            """)
        run = self.ctest(self.configure(source, "build"), "-V")
        self.assertEqual(run.output(1), ["via="])
        self.assertEqual(run.output(2), ["via=on"])


if __name__ == "__main__":
    unittest.main()
