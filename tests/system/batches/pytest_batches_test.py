"""Runs examples/pytest-batches: one ctest test for each pytest file.

Environment: SYSTEM_TEST_PYTEST, a Python that has pytest, or empty."""

import os
import re
import shutil
import unittest

from support import CMAKE, HOLDFAST, SOURCES, STAGE, ProjectCase, no_keeper_of, verdicts, wait_until

EXAMPLE = SOURCES / "examples/pytest-batches"
PYTHON = os.environ.get("SYSTEM_TEST_PYTEST")


@unittest.skipUnless(PYTHON, "python3-pytest was missing when this was configured")
class PytestBatchesTest(ProjectCase):
    def cmake(self, *words):
        made = self.finish(CMAKE, *words, bound=120)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)

    def test_it_is_as_its_page_says(self):
        source = self.work / "pytest-batches"
        shutil.copytree(EXAMPLE, source)
        tree = self.work / "build"
        self.cmake("-S", source, "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}",
                   f"-DPython3_EXECUTABLE={PYTHON}")
        ran = self.ctest(tree, "-j2")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        promised = re.search(r"`(1 passed[^`]*)`", (EXAMPLE / "README.md").read_text()).group(1)
        self.assertIn(promised, ran.text)
        self.assertEqual(verdicts(ran.text), {"test_words": "Passed", "test_sums": "***Failed",
                                              "test_device": "Passed", "misspelt": "***Failed"})
        ended = {r["test"]: (r["outcome"], r["exit_code"])
                 for r in self.records(self.runs(tree)[0], "attempt_ended")}
        self.assertEqual(ended, {"test_words": ("passed", 0), "test_sums": ("failed", 1),
                                 "test_device": ("no_tests", 5), "misspelt": ("failed", 4)})
        report = self.finish(HOLDFAST, "report", "--tree", tree).stdout.decode()
        self.assertIn("did not understand", report)
        self.assertEqual(sorted(source.rglob("*")), sorted(source / f.relative_to(EXAMPLE)
                                                           for f in EXAMPLE.rglob("*")))
        # The next build turns a new file into a test, and drops a removed one.
        (source / "tests/sub").mkdir()
        (source / "tests/sub/test_new.py").write_text("def test_it(): pass\n")
        (source / "tests/test_sums.py").unlink()
        self.cmake("--build", tree)
        ran = self.ctest(tree, "-j2")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertEqual(verdicts(ran.text), {"test_words": "Passed", "sub/test_new": "Passed",
                                              "test_device": "Passed", "misspelt": "***Failed"})


if __name__ == "__main__":
    unittest.main(verbosity=2)  # verbose: it says why a test is skipped
