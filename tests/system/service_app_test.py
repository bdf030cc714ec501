"""Runs examples/service-app: a server that tests share, and that one of them breaks."""

import unittest
from pathlib import Path

from support import CMAKE, STAGE, ProjectCase, verdicts

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/service-app"
TESTS = ("keeps_a_note", "forgets_a_note", "survives_a_hang", "begins_without_notes")


class ServiceAppTest(ProjectCase):
    def test_the_server_is_there_for_each_test_and_gone_after_the_last(self):
        tree = self.work / "build"
        made = self.finish(CMAKE, "-S", EXAMPLE, "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}")
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        done = self.ctest(tree, "-j4")
        self.assertEqual(verdicts(done.text), {name: "Passed" for name in TESTS}, done.text)
        died, = [one for one in self.records(self.runs(tree)[-1], "service") if one["event"] == "died"]
        self.assertEqual(died["users"], ["survives_a_hang"])
        logs = sorted((tree / ".holdfast/runs").glob("*/services/*"))
        self.assertEqual([log.name for log in logs], ["notes-1.log", "notes-2.log"])
        self.assert_nothing_left()

    def test_without_holdfast_its_tests_fail(self):
        tree = self.work / "build"
        self.finish(CMAKE, "-S", EXAMPLE, "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}")
        done = self.ctest(tree, env=self.environment(HOLDFAST_DISABLE="1"))
        self.assertEqual(done.returncode, 8, done.text)
        self.assertIn("holdfast: HOLDFAST_DISABLE is set: services are not started", done.text)


if __name__ == "__main__":
    unittest.main()
