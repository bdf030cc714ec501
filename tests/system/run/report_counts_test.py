"""Every format tells the same of a run that has failures, crashes, a timeout, flaky tests, waits, a lost
service and a batch."""

import json
import re
import unittest
from collections import Counter, defaultdict
from html import unescape
from xml.etree import ElementTree

from junit import cases_by_junitparser, check_by_schema
from report_example import ExampleCase
from support import HOLDFAST

# What JUnit calls an outcome. Every other outcome of the example is a passed test.
RESULTS = {"failed": "Failure", "crashed": "Error", "timed_out": "Error", "skipped": "Skipped"}


class ReportCounts(ExampleCase):
    def test_all_formats_agree(self):
        """One run, because it takes its time."""
        self.tree = self.example()
        self.json = json.loads(self.report(self.tree, "json"))
        self.counts = self.json["counts"]
        for kind in ("failed", "crashed", "timed_out", "skipped", "not_run", "flaky", "leaked"):
            self.assertGreater(self.counts[kind], 0, kind)
        self.assertGreater(self.counts["cases"]["failed"], 0)
        self.assertEqual([len(service["deaths"]) for service in self.json["services"]], [1])
        for check in (self.json_adds_up, self.the_words_are_the_same, self.junit_is_read_by_others,
                      self.the_trace_has_no_overlap, self.the_trace_has_all_attempts):
            with self.subTest(check.__name__):
                check()

    def json_adds_up(self):
        found = Counter(test["outcome"] for test in self.json["tests"])
        for outcome, number in found.items():
            self.assertEqual(self.counts[outcome], number, outcome)
        self.assertEqual(sum(found.values()), self.counts["planned"])
        self.assertEqual(self.counts["run"] + self.counts["not_run"], self.counts["planned"])
        cases = Counter(case["outcome"] for test in self.json["tests"] for case in test["cases"])
        self.assertEqual(cases, Counter({outcome: number for outcome, number in self.counts["cases"].items()
                                         if outcome != "planned" and number}))

    def the_words_are_the_same(self):
        """The line with all counts."""
        line = next(line for line in self.report(self.tree, "text").splitlines() if " planned, " in line)
        for number, label in re.findall(r"(\d+) ([a-z][a-z ]*[a-z])", line):
            name = {"left processes behind": "leaked"}.get(label, label.replace(" ", "_"))
            self.assertEqual(self.counts[name], int(number), line)
        notice = self.report(self.tree, "github").splitlines()[-1]
        self.assertIn(f"::{line}%0A", notice)
        page = self.report(self.tree, "html")
        terms = dict(re.findall(r"<dt>([^<]*)</dt><dd>(\d+)</dd>", unescape(page)))
        for label in ("planned", "run", "passed", "failed", "crashed", "timed out", "skipped", "not run", "flaky"):
            self.assertEqual(int(terms[label]), self.counts[label.replace(" ", "_")], label)

    def junit_is_read_by_others(self):
        plain = self.junit("plain.xml")
        for_jenkins = self.junit("jenkins.xml", JENKINS_URL="https://ci.example/")
        self.assertEqual(cases_by_junitparser(plain), cases_by_junitparser(for_jenkins))
        self.its_cases_are_those_of_the_run(plain)
        root = ElementTree.parse(for_jenkins).getroot()
        # The xUnit plugin of Jenkins refuses more than this.
        for case in root.iter("testcase"):
            self.assertLessEqual(set(case.attrib), {"name", "classname", "time", "group"})
            self.assertIsNone(case.find("properties"))
        aside = {case.get("name"): case.findtext("system-err") for case in root.iter("testcase")}
        self.assertTrue(aside["daemon.starts"].startswith("holdfast.outcome: passed\nholdfast.attempts: 1\n"
                                                          "holdfast.flag: leaked\nholdfast.leftovers: leave_child"))
        self.assertIn("holdfast: output of service db, generation 1, while the test ran:\n", aside["orders.drop"])
        places = {case.get("name"): (case.get("file"), case.get("line"))
                  for case in ElementTree.parse(plain).getroot().iter("testcase") if case.get("file")}
        self.assertEqual(places["journal.recovery"], ("journal/recovery_test.cpp", "214"))

    def junit(self, name, **variables):
        file = self.work / name
        done = self.finish(HOLDFAST, "report", "--tree", self.tree, "--format", "junit", "--output", file,
                           env=self.environment(**variables))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        check_by_schema(file)
        return file

    def its_cases_are_those_of_the_run(self, file):
        found = cases_by_junitparser(file)
        keys = [(case["classname"], case["name"]) for case in found]
        self.assertEqual(len(keys), len(set(keys)))
        # A batch stands in JUnit by its cases and by itself.
        expected = Counter()
        for test in self.json["tests"]:
            own = {"not_run": "Skipped" if test["verdict"] == "disabled" else "Error"}.get(
                test["outcome"], RESULTS.get(test["outcome"]))
            if not test["cases"]:
                expected[own] += 1
            expected.update(RESULTS.get(case["outcome"]) for case in test["cases"])
        self.assertEqual(Counter(case["result"][0] if case["result"] else None for case in found), expected)
        self.assertEqual(sum(case["flaky"] > 0 for case in found), self.counts["flaky"])

    def slices(self):
        return [one for one in json.loads(self.report(self.tree, "trace"))["traceEvents"] if one["ph"] == "X"]

    def the_trace_has_no_overlap(self):
        lanes = defaultdict(list)
        for one in self.slices():
            lanes[one["pid"], one["tid"]].append((one["ts"], one["ts"] + one["dur"], one["name"]))
        self.assertGreater(len(lanes), 6)
        for lane in lanes.values():
            lane.sort()
            for (_, end, before), (begin, _, after) in zip(lane, lane[1:]):
                self.assertLessEqual(end, begin, (before, after))

    def the_trace_has_all_attempts(self):
        slices = self.slices()
        shown = Counter((one["name"], one["args"]["attempt"]) for one in slices if one["cat"] == "test")
        self.assertEqual(shown, Counter((test["name"], attempt["n"]) for test in self.json["tests"]
                                        for attempt in test["attempts"]))
        waits = [one for one in slices if one["cat"] == "wait"]
        self.assertTrue({"waits for locks: database@project", "waits for services: db#1", "waits for services: db#2"}
                        <= {one["name"] for one in waits}, waits)


if __name__ == "__main__":
    unittest.main()
