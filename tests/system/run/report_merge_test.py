"""One report of the shards of a suite, each run somewhere else (docs/guide/reports.md)."""

import json
import unittest
import xml.etree.ElementTree as ElementTree

from report_example import BundleCase
from support import CTEST, HOLDFAST, no_keeper_of, wait_until

FORMATS = ("text", "json", "junit", "html", "trace", "github")

PROJECT = """
add_test(NAME both COMMAND sh -c "echo 'both of @SHARD@'; exit 3")
add_test(NAME only_@SHARD@ COMMAND timeout 60 sh -c "touch only; until [ -e also ]; do sleep 0.02; done; echo 'only of @SHARD@'")
add_test(NAME also_@SHARD@ COMMAND timeout 60 sh -c "touch also; until [ -e only ]; do sleep 0.02; done")
add_test(NAME cases_@SHARD@ COMMAND @P@/case_ends "--gtest_filter=Ends.pass:Ends.fail")
set_tests_properties(cases_@SHARD@ PROPERTIES HOLDFAST_ISOLATION process)
"""


class ReportMerge(BundleCase):
    def shard(self, name):
        """The bundle of a run of its own project."""
        tree = self.project(PROJECT.replace("@SHARD@", name), f"project-{name}", f"build-{name}")
        self.ctest(tree, "-j4")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        bundle = self.work / f"{name}.tar.gz"
        self.bundled(tree, file=bundle)
        return bundle

    def died(self):
        """The bundle of a run that was killed."""
        tree = self.project("add_test(NAME long COMMAND sleep 60)\n", "project-died", "build-died")
        run = self.start(CTEST, cwd=tree)
        wait_until(lambda: list(tree.glob(".holdfast/runs/*/journal.jsonl")), "the run to begin")
        wait_until(lambda: self.records(self.runs(tree)[-1], "attempt_started"), "the test to start")
        run.kill()
        run.wait()
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        bundle = self.work / "died.zip"
        self.bundled(tree, file=bundle)
        return bundle

    def merged(self, form, *bundles):
        return self.shown("merge", *bundles, form=form)

    def test_all_formats_have_all_tests_of_all_shards(self):
        bundles = [self.shard("linux"), self.shard("mac"), self.died()]
        self.the_json(json.loads(self.merged("json", *bundles)),
                      [json.loads(self.shown("--from", bundle, form="json")) for bundle in bundles])
        self.the_text(self.merged("text", *bundles))
        self.the_junit(ElementTree.fromstring(self.merged("junit", *bundles)))
        self.the_trace(json.loads(self.merged("trace", *bundles)))
        page = self.merged("html", *bundles)
        self.assertIn("3 shards: linux (run ", page)
        self.assertIn("INCOMPLETE: ctest did not finish (or has not yet) in died;", page)
        notes = self.merged("github", *bundles).splitlines()
        self.assertEqual(notes[0], "::error title=holdfast::incomplete: ctest did not finish")
        self.assertIn("3 shards: linux", notes[-1])
        output = self.work / "all.json"
        self.assertEqual(self.shown("--output", output, "merge", *bundles, form="json"), "")
        self.assertEqual(output.read_text(), self.merged("json", *bundles))
        self.assertEqual(list(self.temporary.iterdir()), [])

    def the_json(self, report, shards):
        self.assertEqual(report["run"]["complete"], False)
        self.assertEqual([(one["name"], one["complete"], one["run"]) for one in report["run"]["shards"]],
                         [(name, name != "died", shard["run"]["id"])
                          for name, shard in zip(("linux", "mac", "died"), shards)])
        self.assertEqual(report["run"]["in_several_shards"], ["both"])
        for name, count in report["counts"].items():
            if name != "cases":
                self.assertEqual(count, sum(shard["counts"][name] for shard in shards), name)
        self.assertEqual(report["counts"]["cases"]["planned"], 4)
        self.assertEqual(report["counts"]["planned"], len(report["tests"]))
        # Each test is as in its shard, with its own output.
        of_shards = [{**test, "shard": name} for name, shard in zip(("linux", "mac", "died"), shards)
                     for test in shard["tests"]]
        self.assertEqual(report["tests"], of_shards)
        self.assertEqual([test["attempts"][0]["output"] for test in report["tests"] if test["name"] == "both"],
                         ["both of linux\n", "both of mac\n"])
        self.assertEqual([run["started"] for run in (report["run"], shards[0]["run"])][0],
                         min(shard["run"]["started"] for shard in shards))

    def the_text(self, text):
        lines = text.splitlines()
        self.assertEqual(lines[0], "One suite")
        self.assertRegex(text, r"\n3 shards: linux \(run \S+\), mac \(run \S+\), died \(run \S+, incomplete\)\n"
                               r"1 test ran in more than one shard: both\n"
                               r"INCOMPLETE: ctest did not finish \(or has not yet\) in died;")
        self.assertIn("9 planned, 9 run: 4 passed, 4 failed, 1 interrupted\n", text)
        self.assertRegex(text, r"\n  both +exit code 3 after \S+ s; in linux\n")
        self.assertRegex(text, r"\n  both +exit code 3 after \S+ s; in mac\n")
        self.assertIn("\n  | both of linux\n", text)
        self.assertIn("\n  | both of mac\n", text)

    def the_junit(self, suites):
        self.assertEqual([suite.get("name") for suite in suites], ["linux", "mac", "died"])
        for number in ("tests", "failures", "errors"):
            self.assertEqual(int(suites.get(number)), sum(int(suite.get(number)) for suite in suites), number)
        self.assertEqual(int(suites.get("tests")), len(list(suites.iter("testcase"))))
        complete = {suite.get("name"): one.get("value") for suite in suites for one in suite.iter("property")
                    if one.get("name") == "holdfast.complete"}
        self.assertEqual(complete, {"linux": "true", "mac": "true", "died": "false"})
        names = [(case.get("classname"), case.get("name")) for case in suites.iter("testcase")]
        self.assertEqual(len(names), len(set(names)), names)

    def the_trace(self, trace):
        self.assertEqual(trace["otherData"]["shards"], ["linux", "mac", "died"])
        lanes = {one["tid"]: one["args"]["name"] for one in trace["traceEvents"] if one["name"] == "thread_name"}
        slices = [one for one in trace["traceEvents"] if one.get("cat") == "test"]
        self.assertEqual(len(slices), 9)
        for one in slices:
            for shard in ("linux", "mac"):
                if one["name"].endswith("_" + shard):
                    self.assertTrue(lanes[one["tid"]].startswith(shard + ": job "), lanes[one["tid"]])
        for first in slices:
            for other in slices:
                if first is not other and first["tid"] == other["tid"]:
                    self.assertTrue(first["ts"] + first["dur"] <= other["ts"] or other["ts"] + other["dur"] <= first["ts"])

    def test_names_of_shards(self):
        first = self.shard("one")
        (self.work / "a").mkdir()
        second = self.shard("two").rename(self.work / "a/one.tar.gz")
        shards = json.loads(self.merged("json", first, second))["run"]["shards"]
        self.assertEqual([shard["name"] for shard in shards], [str(first), str(second)])
        shards = json.loads(self.merged("json", first))["run"]["shards"]
        self.assertEqual([shard["name"] for shard in shards], ["one"])

    def test_what_cannot_be_merged(self):
        one = self.shard("one")
        copy = self.work / "copy.tar.gz"
        copy.write_bytes(one.read_bytes())
        run = json.loads(self.shown("--from", one, form="json"))["run"]["id"]
        self.assertEqual(self.refused("merge", one, copy), f"failed to merge one and copy: both are run {run}")
        copy.write_bytes(one.read_bytes()[:300])
        self.assertTrue(self.refused("merge", one, copy).startswith(f"failed to read {copy}: "))
        self.assertEqual(self.refused("merge", one, self.work / "no"),
                         f"failed to read {self.work}/no: No such file or directory")
        self.assertIn("FILE is required", self.refused("merge"))
        nothing_else = "report merge: expected bundles, --format and --output, and nothing else"
        for words in (("--bundle", "b"), ("--from", one), ("--tree", self.work)):
            self.assertEqual(self.refused("merge", one, *words), nothing_else)
        self.assertIn("expected text, json", self.refused("merge", one, "--format", "x"))

    def test_a_verdict_that_nobody_knows_is_in_the_exit_code(self):
        self.bundle = self.shard("one")
        files = self.entries()
        lines = [line for line in files["run/journal.jsonl"].splitlines(keepends=True)
                 if b'"test":"both"' not in line or b'"attempt_started"' in line]
        self.pack({**files, "run/journal.jsonl": b"".join(lines)})
        for words in (("--from", self.bundle), ("merge", self.bundle)):
            done = self.finish(HOLDFAST, "report", *words, "--format", "json")
            self.assertEqual((done.returncode, done.stderr), (1, b""))
            self.assertEqual([test["outcome"] for test in json.loads(done.stdout)["tests"] if test["name"] == "both"],
                             ["unknown"])

    def test_help_names_the_word(self):
        done = self.finish(HOLDFAST, "report", "--help")
        self.assertIn(b"merge", done.stdout)
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
