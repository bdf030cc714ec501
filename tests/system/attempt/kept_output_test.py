"""The bounds of the outputs that a run and a build tree keep (docs/reference/reports.md)."""

import unittest
from pathlib import Path

from support import HOLDFAST, ProjectCase

MIB = 1 << 20
NOT_KEPT = "bytes not kept"
DROPPED = "(not kept any more)"


class KeptOutput(ProjectCase):
    def configured(self, settings, tests):
        source = self.work / "project"
        source.mkdir(exist_ok=True)
        (source / "holdfast.toml").write_text("[profile.default]\n" + settings)
        return self.project(tests)

    def prints(self, name, mebibytes, code):
        """A test that prints so much, in one attempt more than it needs to pass or to fail."""
        return self.scripted_test(
            name, "HOLDFAST_RETRY any=1",
            f"yes 0123456789abcde | head -c {mebibytes * MIB}; echo the end; exit {code}")

    def outputs(self, run):
        return sorted(path for path in (run / "output").glob("*.log") if path.name != "ctest.log")

    def report(self, tree, run="latest"):
        done = self.finish(HOLDFAST, "report", run, "--tree", tree)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def test_an_attempt_that_passed_at_once_keeps_none(self):
        tree = self.configured("", self.prints("passes", 1, 0) + self.prints("fails", 1, 3))
        done = self.ctest(tree)
        self.assertEqual(done.returncode, 8, done.text)
        run, = self.runs(tree)
        ended = self.records(run, "attempt_ended")
        self.assertEqual([record["log"] for record in ended if record["test"] == "passes" and "log" in record], [])
        logs = [record["log"] for record in ended if record["test"] == "fails"]
        self.assertEqual(sorted(logs), [str(path) for path in self.outputs(run)])
        self.assertEqual(len(logs), 2)
        for log in logs:
            self.assertTrue(Path(log).read_text().startswith("0123456789abcde\n" * (MIB // 16) + "the end\n"))

    def test_a_run_keeps_no_more_than_its_bound_and_says_so(self):
        tree = self.configured('kept-output = "1MiB"\n', self.prints("fails", 2, 3))
        shown = self.ctest(tree, "-V")
        self.assertEqual(shown.returncode, 8)
        self.assertIn("the end", shown.text)  # ctest has all of it
        self.assertGreater(len(shown.text), 2 * MIB)
        run, = self.runs(tree)
        first, second = self.outputs(run)
        self.assertEqual(first.read_text()[:MIB], "0123456789abcde\n" * (MIB // 16))
        self.assertRegex(first.read_text()[MIB:], rf"^\n\[\.\.\. {MIB + len('the end') + 1} {NOT_KEPT}")
        self.assertLess(len(first.read_text()), MIB + 200)
        self.assertRegex(second.read_text(), rf"^\n\[\.\.\. 209\d+ {NOT_KEPT}")
        text = self.report(tree)
        self.assertIn(f"{first} (its end was not kept)", text)
        self.assertIn(f"{second} (its end was not kept)", text)

    def test_later_runs_take_the_room_of_earlier_ones(self):
        tree = self.configured('kept-output-in-all = "5MiB"\n', self.prints("fails", 1, 3))
        for _ in range(3):
            self.assertEqual(self.ctest(tree).returncode, 8)
        oldest, middle, latest = self.runs(tree)
        self.assertEqual([len(self.outputs(run)) for run in (oldest, middle, latest)], [0, 2, 2])
        self.assertTrue((oldest / "output/dropped").exists())
        self.assertTrue((oldest / "output/ctest.log").exists())
        for run, is_dropped in ((oldest, True), (latest, False)):
            self.assertEqual(self.report(tree, run.name).count(DROPPED), 2 if is_dropped else 0)
        bundle = self.work / "oldest.tar"
        self.assertEqual(self.finish(HOLDFAST, "report", oldest.name, "--tree", tree, "--bundle", bundle).returncode, 0)
        self.assertIn(DROPPED, self.finish(HOLDFAST, "report", "--from", bundle).stdout.decode())


if __name__ == "__main__":
    unittest.main()
