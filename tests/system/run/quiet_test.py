"""`ctest --quiet` prints nothing: only its exit code and the record matter."""

import unittest

from support import HOLDFAST, ProjectCase, ctest_version, no_keeper_of, wait_until


class QuietTest(ProjectCase):
    def test_nothing_is_said_and_all_is_recorded(self):
        tree = self.project("""
add_test(NAME passes COMMAND true)
add_test(NAME fails COMMAND false)
add_test(NAME leaves COMMAND sh -c "sleep 600 &")
add_test(NAME late COMMAND sleep 600)
set_tests_properties(late PROPERTIES HOLDFAST_TIMEOUT 0.2)
""")
        for option in ("-Q", "--quiet"):
            plain = self.ctest(tree, option, "-R", "passes|fails", env=self.environment(HOLDFAST_DISABLE="1"))
            ran = self.ctest(tree, option, "-R", "passes|fails")
            self.assertEqual((ran.returncode, ran.text), (plain.returncode, plain.text))
            # Here attach.cmake begins the run, and the keeper would say the summary itself.
            (tree / "CTestCustom.cmake").rename(tree / "away")
            ran = self.ctest(tree, option)
            self.assertEqual((ran.returncode, ran.text), (8, ""))
            wait_until(lambda: no_keeper_of(tree), "the keeper to end")
            (tree / "away").rename(tree / "CTestCustom.cmake")
            report = self.finish(HOLDFAST, "report", "--tree", tree).stdout.decode()
            self.assertIn("2 passed, 1 failed", report)
        # This -Q is a value. From 4.0 on ctest takes such a value only in the same word.
        words = ["-R=-Q|passes"] if ctest_version() >= (4, 0) else ["-R", "-Q|passes"]
        self.assertIn("holdfast: ", self.ctest(tree, *words).text)


if __name__ == "__main__":
    unittest.main()
