"""Runs examples/flaky-test and examples/retry-exit-code as their pages say."""

import re
import unittest

from retrying import Retry, verdicts
from support import CMAKE, SOURCES, STAGE

EXAMPLES = SOURCES / "examples"


class Examples(Retry):
    def example(self, name, **environment):
        tree = self.work / f"{name}{len(environment)}"
        made = self.finish(CMAKE, "-S", EXAMPLES / name, "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}")
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        done = self.ctest(tree, "--output-on-failure", env=self.environment(**environment))
        self.settled(tree)
        promised = re.search(r"The summary: `([^`]*)`", (EXAMPLES / name / "README.md").read_text()).group(1)
        return tree, done, promised

    def test_flaky_test(self):
        tree, done, promised = self.example("flaky-test")
        self.assertIn(promised, done.text)
        self.assertEqual(verdicts(done.text),
                         {"race": "Passed", "net.upload": "Passed", "net.checksum": "***Failed"})
        self.assertEqual([r["n"] for r in self.ends(tree)], [1, 1, 2, 1, 2])
        _, strict, _ = self.example("flaky-test", HOLDFAST_PROFILE="strict")
        self.assertIn("0% tests passed, 3 tests failed out of 3", strict.text)

    def test_retry_exit_code(self):
        tree, done, promised = self.example("retry-exit-code")
        self.assertIn(promised, done.text)
        self.assertEqual([r["exit_code"] for r in self.ends(tree, "license.soon")], [75, 75, 0])
        self.assertEqual([r["exit_code"] for r in self.ends(tree, "license.never")], [75] * 4)
        self.assertEqual([r["exit_code"] for r in self.ends(tree, "wrong")], [1])
        ends, starts = self.ends(tree, "license.soon"), self.starts(tree, "license.soon")
        self.assertGreaterEqual(starts[2]["at"] - ends[1]["at"], 0.39)
        self.assertIn("holdfast:   machine", done.text)


if __name__ == "__main__":
    unittest.main()
