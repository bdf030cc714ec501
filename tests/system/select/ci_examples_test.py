"""Plays examples/ci/github.yml and gitlab.yml: shards of a suite in jobs of their own, and one report."""

import contextlib
import importlib.util
import os
import re
import shutil
import sqlite3
import unittest

from support import HOLDFAST, PATIENCE_S, SOURCES, STAGE, ProjectCase

EXAMPLE = SOURCES / "examples/ci"
FIXTURE = {"database.start", "database.stop"}
USERS = {"database.insert", "database.list", "database.delete"}
TESTS = {*"parser printer search sort compress network install uninstall".split(), *USERS}
SHARDS = {"github.yml": [f"test ({i})" for i in (1, 2, 3)], "gitlab.yml": [f"test {i}/3" for i in (1, 2, 3)]}


@unittest.skipUnless(importlib.util.find_spec("yaml"), "Python's yaml is not installed (Debian: python3-yaml)")
class CiExamples(ProjectCase):
    example = EXAMPLE

    def play(self, file, *words, code=0, **variables):
        # A CI site would have them installed.
        path = f"{os.path.dirname(HOLDFAST)}:{os.environ['PATH']}"
        done = self.finish("python3", "-B", self.example / "play.py", self.example / file, "--into", self.work / "ci",
                           *words,
                           env=self.environment(PATH=path, CMAKE_PREFIX_PATH=STAGE, **variables),
                           bound=4 * PATIENCE_S)
        self.said = done.stdout.decode() + done.stderr.decode()
        self.assertEqual(done.returncode, code, self.said)
        return dict(re.findall(r"^([^|\n]+): (green|red|not started)$", self.said, re.M))

    def ran(self):
        """By shard: the tests that ctest started there."""
        found = {}
        for job in (self.work / "ci/jobs").glob("test*"):
            if not job.is_dir():
                continue
            runs = self.runs(job / "build")
            found[job.name] = [r["test"] for r in self.records(runs[-1], "verdict")] if runs else []
        return found

    def assert_divided(self, shards):
        names = [name for tests in shards.values() for name in tests]
        self.assertEqual(sorted(name for name in names if name not in FIXTURE), sorted(TESTS))
        for tests in shards.values():
            self.assertIn(FIXTURE & set(tests), (set(), FIXTURE))

    def pipelines(self, file, report):
        jobs = {"times": "green", **dict.fromkeys(SHARDS[file], "green"), "report": "green"}
        self.assertEqual(self.play(file), jobs)
        self.assert_divided(self.ran())
        self.assertIn("13 planned, 13 run: 13 passed", self.said)
        self.assertIn("<!doctype html>", (self.work / "ci/artifacts" / report).read_text()[:100].lower())
        with contextlib.closing(sqlite3.connect(self.work / "ci/cache/times.sqlite")) as history:
            self.assertEqual(history.execute("SELECT count(*) FROM run").fetchone(), (3,))
            times = dict(history.execute("SELECT name, max(wall_ms) FROM result JOIN test ON test.id=test "
                                         "GROUP BY name"))
        first = set(re.findall(r"of division (\w+)", self.said))
        # A red test, in the next pipeline, which knows the times by now.
        jobs = self.play(file, code=1, BROKEN="network")
        self.assertEqual([jobs["times"], jobs["report"]], ["green", "green"], self.said)
        self.assertEqual(sorted(jobs[one] for one in SHARDS[file]), ["green", "green", "red"])
        self.assertRegex(self.said, r"report \| +network +exit code 1 .*; in shard-[123]")
        self.assert_divided(self.ran())
        second = set(re.findall(r"of division (\w+)", self.said))
        self.assertEqual((len(first), len(second), first & second), (1, 1, set()))
        loads = [sum(times[name] for name in tests) for tests in self.ran().values()]
        together = sum(times[name] for name in FIXTURE | USERS)
        self.assertLessEqual(max(loads), max(1.2 * sum(loads) / len(loads), together))
        # A machine that died: its tests are missing, and the report says so.
        jobs = self.play(file, "--lose", SHARDS[file][1], code=1)
        self.assertEqual((jobs[SHARDS[file][1]], jobs["report"]), ("red", "red"))
        missing = TESTS - {name for tests in self.ran().values() for name in tests}
        line = next(line for line in self.said.splitlines() if "planned and in no shard" in line)
        for name in missing:
            self.assertIn(name, line)
        self.assertTrue((self.work / "ci/artifacts" / report).exists())

    def test_github(self):
        self.pipelines("github.yml", "report/report.html")

    def test_gitlab(self):
        self.pipelines("gitlab.yml", "report/report.html")

    def copied(self, **changes):
        """The example with changes: file.with_dot_as_underscore=(what, instead)."""
        self.example = self.work / "example"
        shutil.copytree(EXAMPLE, self.example, dirs_exist_ok=True)
        for name, (what, instead) in changes.items():
            file = self.example / name.replace("_", ".")
            self.assertIn(what, file.read_text())
            file.write_text(file.read_text().replace(what, instead))

    def test_a_shard_without_tests_is_green(self):
        self.copied()
        (self.example / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(Two LANGUAGES NONE)\nfind_package(Holdfast REQUIRED)\n"
            "enable_testing()\nadd_test(NAME one COMMAND true)\nadd_test(NAME two COMMAND true)\n")
        for file, shards in SHARDS.items():
            jobs = self.play(file)
            self.assertEqual(jobs, {"times": "green", **dict.fromkeys(shards, "green"), "report": "green"})
            self.assertEqual(sorted(self.ran().values()), [[], ["one"], ["two"]])
            self.assertIn("2 planned, 2 run: 2 passed", self.said)

    def test_what_is_not_played_is_refused(self):
        for file, what, instead, why in (
                ("github.yml", "if: always()", "if: failure()", "failure(): expected always(), or nothing"),
                ("github.yml", "- run: cmake", "- env: {A: b}\n        run: cmake", "env: expected uses, with"),
                ("github.yml", "jobs:", "env: {A: b}\njobs:", "github.yml: env: expected name, on, jobs"),
                ("github.yml", "fail-fast: false", "max-parallel: 1", "max-parallel: expected fail-fast, matrix"),
                ("github.yml", "${{ github.run_id }}", "${{ github.sha }}", "github.sha }}: expected github.run_id"),
                ("github.yml", "actions/checkout@v4", "actions/setup@v4", "actions/setup: expected actions/checkout"),
                ("gitlab.yml", "  parallel: 3", "  parallel: 3\n  rules: []", "test: rules: expected stage, needs"),
                ("gitlab.yml", "when: always", "when: on_failure", "on_failure: expected always, or nothing"),
                ("gitlab.yml", "stages: ", "variables: ", "variables: expected a job with a script")):
            self.copied(**{file.replace(".", "_"): (what, instead)})
            self.play(file, code=2)
            self.assertIn(why, self.said)
            self.assertFalse((self.work / "ci").exists())

    def test_wrong_use_is_refused(self):
        self.play("nosuch.yml", code=2)
        self.assertIn("expected github.yml or gitlab.yml", self.said)
        self.play("gitlab.yml", "--lose", "test (1)", code=2)
        self.assertIn("--lose test (1): expected times, test 1/3, test 2/3, test 3/3, report", self.said)


if __name__ == "__main__":
    unittest.main()
