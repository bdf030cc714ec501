"""Plays what Holdfast has for CI sites: .github/actions/holdfast, .gitlab/holdfast.yml, and examples/ci, where shards of
a suite run in jobs of their own."""

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import sqlite3
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

from junit import check_by_schema
from support import CMAKE, CTEST, HOLDFAST, PATIENCE_S, SOURCES, STAGE, WORK, ProjectCase

EXAMPLE = SOURCES / "examples/ci"
FIXTURE = {"database.start", "database.stop"}
USERS = {"database.insert", "database.list", "database.delete"}
TESTS = {*"parser printer search sort compress network install uninstall".split(), *USERS}
SHARDS = {"github.yml": [f"test ({i})" for i in (1, 2, 3)], "gitlab.yml": [f"test {i}/3" for i in (1, 2, 3)]}


WITH_YAML = unittest.skipUnless(importlib.util.find_spec("yaml"), "Python's yaml is not installed (Debian: python3-yaml)")


class CiCase(ProjectCase):
    example = EXAMPLE
    packed = None

    @classmethod
    def setUpClass(cls):
        """A tarball of the stage, in the form that a release has."""
        CiCase.packed = WORK / f"holdfast-{os.getpid()}-linux-x86_64.tar.zst"
        WORK.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "--use-compress-program=zstd -1", "-cf", cls.packed, "-C", STAGE,
                        "--transform=s,^\\.,holdfast-0.1.0-linux-x86_64,",
                        *(f"./{name}" for name in ("bin", "libexec", "lib/cmake/Holdfast"))], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.packed.unlink()

    def play(self, file, *words, code=0, **variables):
        # Holdfast itself is not in PATH: the jobs install it.
        path = f"{os.path.dirname(CTEST)}:{os.path.dirname(CMAKE)}:{os.environ['PATH']}"
        done = self.finish("python3", "-B", self.example / "play.py", self.example / file, "--into", self.work / "ci",
                           "--repository", SOURCES, "--tarball", self.packed, *words,
                           env=self.environment(PATH=path, **variables), bound=4 * PATIENCE_S)
        self.said = done.stdout.decode() + done.stderr.decode()
        self.assertEqual(done.returncode, code, self.said)
        return dict(re.findall(r"^([^|\n]+): (green|red|not started)$", self.said, re.M))


@WITH_YAML
class CiExamples(CiCase):

    def ran(self):
        """By shard: the tests that ctest started there."""
        found = {}
        for job in (self.work / "ci/jobs").glob("test*"):
            if not job.is_dir() or job.suffix == ".tmp":
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
        times, = (self.work / "ci/cache").glob("times*/times.sqlite")
        with contextlib.closing(sqlite3.connect(times)) as history:
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
                ("github.yml", "- run: holdfast", "- timeout-minutes: 1\n        run: a", "timeout-minutes: expected name, id"),
                ("github.yml", "- run: holdfast", "- shell: fish\n        run: a", "shell: fish: expected bash"),
                ("github.yml", "run: false", "retries: 1", "with: retries: expected tarball, sha256"),
                ("github.yml", "tarball: ", "name: ", "with: expected tarball"),
                ("github.yml", "actions/holdfast@", "actions/other@", "other: expected an action below .github/actions/"),
                ("github.yml", "jobs:", "env: {A: b}\njobs:", "github.yml: env: expected name, on, jobs"),
                ("github.yml", "fail-fast: false", "max-parallel: 1", "max-parallel: expected fail-fast, matrix"),
                ("github.yml", "${{ github.run_id }}", "${{ github.sha }}", "github.sha }}: expected github.run_id"),
                ("github.yml", "actions/checkout@v4", "actions/setup@v4", "actions/setup: expected actions/checkout"),
                ("gitlab.yml", "  parallel: 3", "  parallel: 3\n  rules: []", "test: rules: expected stage, needs"),
                ("gitlab.yml", "extends: .holdfast\n", "extends: .other\n", "extends: .other: expected .holdfast-install, .hol"),
                ("gitlab.yml", "/holdfast.yml", "/other.yml", "include: .gitlab/other.yml: expected a file of Holdfast's"),
                ("gitlab.yml", "when: always", "when: on_failure", "on_failure: expected always, or nothing"),
                ("gitlab.yml", "stages: ", "default: ", "default: expected a job with a script")):
            self.copied(**{file.replace(".", "_"): (what, instead)})
            self.play(file, code=2)
            self.assertIn(why, self.said)
            self.assertFalse((self.work / "ci").exists())

    def test_wrong_use_is_refused(self):
        self.play("nosuch.yml", code=2)
        self.assertIn("expected github.yml or gitlab.yml", self.said)
        self.play("gitlab.yml", "--lose", "test (1)", code=2)
        self.assertIn("--lose test (1): expected times, test 1/3, test 2/3, test 3/3, report", self.said)


GITHUB = """
on: push
jobs:
  tests:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: OWNER/holdfast/.github/actions/holdfast@v0.1.0
        id: holdfast
        with:
          tarball: ${{ vars.HOLDFAST_TARBALL }}
          sha256: ${{ vars.HOLDFAST_SHA256 }}
          ctest-args: -j2 -E "^not this$"
          profile: ci
      - run: |
          echo "of the tests: ${{ steps.holdfast.outputs.outcome }}"
          echo "holdfast: $(command -v holdfast), ${{ steps.holdfast.outputs.prefix }}"
        if: always()
"""
GITLAB = """
include:
  - {project: GROUP/holdfast, ref: v0.1.0, file: .gitlab/holdfast.yml}
tests:
  extends: .holdfast
  variables:
    HOLDFAST_CI_CTEST_ARGS: -j2 -E "^not this$"
    HOLDFAST_PROFILE: ci
"""
PROJECT = """cmake_minimum_required(VERSION 3.25)
project({name} NONE)
enable_testing()
find_package(Holdfast REQUIRED)
add_test(NAME green COMMAND true)
add_test(NAME red COMMAND sh "${{CMAKE_SOURCE_DIR}}/red.sh")
add_test(NAME "not this" COMMAND false)
"""
RED = """[ -z "$BROKEN" ] || { echo "/src/cart.cpp:12: Failure"; echo "Value of: cart.empty()"; exit 3; }
"""


@WITH_YAML
class OneJob(CiCase):
    """The action, and the template, in a job of a small project."""

    def setUp(self):
        super().setUp()
        self.shop = self.work / "shop"
        self.shop.mkdir()
        for name, text in (("CMakeLists.txt", PROJECT.format(name=self.project_name)), ("red.sh", RED),
                           ("github.yml", GITHUB), ("gitlab.yml", GITLAB), ("holdfast.toml", "[profile.ci]\ngrace = 3\n")):
            (self.shop / name).write_text(text)

    def job(self, site, *words, code=0, **variables):
        jobs = self.play(self.shop / f"{site}.yml", "--project", self.shop, *words, code=code, **variables)
        self.assertEqual(jobs, {"tests": "red" if code else "green"}, self.said)
        return self.work / "ci/jobs/tests"

    def kept(self, site, ending):
        found, = (self.work / "ci/artifacts").rglob(f"*.{ending}")
        self.assertEqual(found.name, f"{'holdfast' if site == 'github' else 'tests'}.{ending}")
        return found

    def cases(self, site):
        file = self.kept(site, "xml")
        check_by_schema(file)
        return {case.get("name"): [(case.get("file"), one.tag, re.sub(r"[\d.]+ s;", "TIME;", one.get("message"))) for one in case
                                   if one.tag in ("failure", "error")]
                for case in ElementTree.parse(file).iter("testcase")}

    def runs_in_the_cache(self):
        """Of each run in the history, the outcomes by test."""
        found = sorted((self.work / "ci/cache").glob("*/holdfast-history/history.sqlite"), key=os.path.getmtime)
        shown = self.finish(HOLDFAST, "history", "--format", "json", "--tree", self.work / "ci/jobs/tests/build", "red",
                            env=self.environment(HOLDFAST_HISTORY=str(found[-1])))
        self.assertEqual(shown.returncode, 0, shown.stderr)
        test, = json.loads(shown.stdout)["tests"]
        return [run["outcome"] for run in test["runs"]]

    def played(self, site):
        # Green.
        place = self.job(site)
        self.assertEqual(self.cases(site), {"green": [], "red": []})
        self.assertIn("<!doctype html>", self.kept(site, "html").read_text()[:100].lower())
        self.assertEqual(self.runs_in_the_cache(), ["passed"])
        run, = self.runs(place / "build")
        started, = self.records(run, "run_started")
        self.assertEqual(started["command"][1:], ["-j2", "-E", "^not this$"])
        self.assertEqual((place / "build/.holdfast/grace-ci").read_text(), "3000\n")  # of the profile
        entry = re.search(r"^Command: (.*?) ", (place / "build/Testing/Temporary/LastTest.log").read_text(), re.M)
        self.assertIn(entry[1].strip('"'), (f"{place}.tmp/holdfast/libexec/holdfast/holdfast-launcher",
                                            f"{place}/.holdfast-ci/libexec/holdfast/holdfast-launcher"))
        # Red, in the next pipeline: all is kept just the same, and ctest's exit code is the job's.
        self.job(site, code=1, BROKEN="1")
        self.assertIn("tests | exit code 8\n", self.said)
        self.assertEqual(self.cases(site), {"green": [], "red": [("/src/cart.cpp", "failure", "failed: exit code 3 after TIME; /src/cart.cpp:12: Value of: cart.empty()")]})
        self.assertIn("cart.empty()", self.kept(site, "html").read_text())
        self.assertEqual(self.runs_in_the_cache(), ["passed", "failed"])
        bundle = self.finish(HOLDFAST, "report", "--from", self.kept(site, "tar.gz"), "--format", "json")
        report = json.loads(bundle.stdout)
        self.assertEqual({test["name"]: test["verdict"] for test in report["tests"]}, {"green": "passed", "red": "failed"})
        # Green again, with the history of both.
        self.job(site)
        self.assertEqual(self.runs_in_the_cache(), ["passed", "failed", "passed"])
        with contextlib.closing(sqlite3.connect(self.kept(site, "sqlite"))) as history:
            self.assertEqual(history.execute("SELECT count(*) FROM run").fetchone(), (3,))

    def test_the_action(self):
        self.played("github")
        self.assertIn("of the tests: success", self.said)
        prefix = f"{self.work}/ci/jobs/tests.tmp/holdfast"
        self.assertIn(f"holdfast: {prefix}/bin/holdfast, {prefix}\n", self.said)
        self.assertIn("2 planned, 2 run&#58; 2 passed", (self.work / "ci/jobs/tests.md").read_text())
        self.job("github", code=1, BROKEN="1")
        self.assertIn("of the tests: failure", self.said)
        self.assertRegex(self.said, r"tests \| ::error title=red%3A failed,file=/src/cart\.cpp,line=12::Value of: cart\.empty\(\)")
        self.assertIn("cart.empty()", (self.work / "ci/jobs/tests.md").read_text())

    def test_the_template(self):
        self.played("gitlab")
        annotations, = (self.work / "ci/artifacts").rglob("annotations.json")
        link, = json.loads(annotations.read_text())["Holdfast"]
        self.assertEqual(link["external_link"]["label"], "tests.html")
        self.assertRegex(link["external_link"]["url"], r"^https://.*/artifacts/file/holdfast-report/tests\.html$")

    def test_a_tarball_with_another_sum_is_not_unpacked(self):
        for site in ("github", "gitlab"):
            self.job(site, "--sha256", 64 * "0", code=1)
            sums = hashlib.sha256(self.packed.read_bytes()).hexdigest(), 64 * "0"
            self.assertIn(f"tests | holdfast: {self.packed}: the sha256 is {sums[0]}, expected {sums[1]}\n"
                          "tests | exit code 1\n", self.said)
            self.assertNotIn("Test project", self.said)
            self.assertEqual([*(self.work / "ci/jobs").rglob("bin/holdfast"), *(self.work / "ci/artifacts").rglob("*.xml")], [])

    def test_a_tarball_that_is_not_there(self):
        for site in ("github", "gitlab"):
            self.job(site, "--tarball", self.work / "none.tar.zst", "--sha256", 64 * "0", code=1)
            self.assertRegex(self.said, r"tests \| cp: .*none\.tar\.zst.*\ntests \| exit code 1\n")

    def test_a_build_that_fails_is_red_and_has_no_report(self):
        (self.shop / "CMakeLists.txt").write_text("message(FATAL_ERROR no)\n")
        for site in ("github", "gitlab"):
            self.job(site, code=1)
            self.assertNotIn("Test project", self.said)
            self.assertEqual([*(self.work / "ci/artifacts").rglob("*.xml")], [])

    def test_action_and_template_run_the_same_commands(self):
        import yaml  # pylint: disable=import-outside-toplevel
        action = yaml.safe_load((SOURCES / ".github/actions/holdfast/action.yml").read_text())
        template = yaml.safe_load((SOURCES / ".gitlab/holdfast.yml").read_text())
        steps = {step["name"]: step["run"] for step in action["runs"]["steps"] if "run" in step}
        install, job = template[".holdfast-install"], template[".holdfast"]
        self.assertEqual([steps[name] for name in ("Check and unpack the tarball", "Build", "Test", "Report")],
                         [install["before_script"][0], *job["script"], *job["after_script"]])
        self.assertEqual(action["inputs"]["build"]["default"], job["variables"]["HOLDFAST_CI_BUILD"])
        self.assertEqual(action["inputs"]["ctest-args"]["default"], job["variables"]["HOLDFAST_CI_CTEST_ARGS"])


if __name__ == "__main__":
    unittest.main()
