"""Many ctests on two build trees at once: whole runs, runs inside tests of the other tree, scripts with
several ctest_test(), single tests, listings, and kill -9 of ctests and keepers. Whatever a run's report says of a
test is what its own ctest said, or `unknown` where nobody can know.

    storm_test.py SEED [SECONDS]
"""

import contextlib
import enum
import json
import re
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from storm import JUDGED_BY_OUTPUT, SCRIPT, WRAPPER, Storm, name_of, project_text
from support import (HOLDFAST, Process, ProjectCase, all_pids, command_of, ctest_version, is_alive, keepers_of,
                     script_step, wait_until)

SEED = 1
SECONDS = 5.0

# What ctest says of an expression may have a line break in it.
LINE = re.compile(r"^ *(?:\d+/\d+)? +Test +#(\d+): (\S+) \.*([\s\S]*?) +[\d.]+ sec$", re.MULTILINE)
SUMMARY = re.compile(r"^holdfast: (\d+) tests? through Holdfast(?:: (.*))?$", re.MULTILINE)
GREEN = {"passed"}
NEUTRAL = {"skipped", "not_run", "unknown"}


def grade_of_line(said):
    """What ctest's line says: passed, failed, skipped or not_run."""
    if "***Not Run" in said:
        return "not_run"
    if "***Skipped" in said:
        return "skipped"
    return "passed" if said.strip(" .*").startswith("Passed") else "failed"


def grade_of_outcome(outcome):
    return outcome if outcome in GREEN | NEUTRAL else "failed"


def consoles_of(text):
    """One list of {name: grade} for each ctest_test() of a console; --repeat shows a test several times."""
    found = [{}]
    for chunk in re.split(r"^Test project .*$", text, flags=re.MULTILINE)[1:] or [text]:
        found.append({name: grade_of_line(said) for _, name, said in LINE.findall(chunk)})
    return found[1:]


class Ended(enum.Enum):
    perhaps = 0
    for_certain = 1


@dataclass
class CollectedRun:
    tree: Path
    name: str
    ctest: str  # storm.name_of()
    json: dict
    junit: str


class Collector:
    """Takes the reports of runs as soon as they are through: a tree keeps its last 20 runs only."""

    def __init__(self, case, trees):
        self.case = case
        self.trees = trees
        self.runs = {}

    def look(self, ended=Ended.perhaps):
        for tree in self.trees:
            for run in sorted((tree / ".holdfast/runs").glob("*")):
                if run not in self.runs and (ended is Ended.for_certain or self.is_through(run)):
                    self.collect(tree, run)

    @staticmethod
    def first_record(run):
        try:
            with open(run / "journal.jsonl", encoding="utf-8") as journal:
                return json.loads(journal.readline())
        except (OSError, ValueError):
            return None

    def is_through(self, run):
        first = self.first_record(run)
        if not first or is_alive(Process(first["ctest"]["pid"], str(first["ctest"]["start"]))):
            return False
        with contextlib.suppress(OSError):
            return '"type":"run_ended"' in (run / "journal.jsonl").read_text().splitlines()[-1]
        return False

    def collect(self, tree, run):
        first = self.first_record(run)
        if not first:
            return  # killed before its first record
        reports = [self.case.finish(HOLDFAST, "report", run.name, "--tree", tree, "--format", form)
                   for form in ("json", "junit")]
        if not run.exists():
            return  # a later run has removed it meanwhile
        for report in reports:
            self.case.assertEqual(report.returncode, 0, report.stderr)
        ctest = name_of(Process(first["ctest"]["pid"], first["ctest"]["start"]))
        self.runs[run] = CollectedRun(tree, run.name, ctest, json.loads(reports[0].stdout), reports[1].stdout.decode())


class StormTest(ProjectCase):
    def setUp(self):
        super().setUp()
        self.consoles = self.work / "consoles"
        self.consoles.mkdir()
        self.wrapper = self.work / "wrapper.sh"
        self.wrapper.write_text(WRAPPER)
        self.lock = self.lock_name()
        self.unexplained = {}  # unknown in runs of which nobody was killed, by the run

    def tree(self, name, other):
        text = project_text(self.work / f"{other}-build", self.wrapper, self.consoles, self.lock)
        return self.project(text, name=name, build=f"{name}-build")

    def script(self, name):
        file = self.work / f"{name}.cmake"
        file.write_text(script_step(self.work / name, self.work / f"{name}-build", SCRIPT))
        return file

    def no_ctest_is_left(self):
        """Those inside tests may outlive the one that was killed around them for a moment."""
        return not any(str(self.work) in " ".join(command_of(pid)) and "ctest" in command_of(pid)[0]
                       for pid in all_pids() if command_of(pid))

    def test_a_report_says_what_its_own_ctest_said_or_unknown(self):
        names = ["one", "two"]
        trees = [self.tree(*pair) for pair in (("one", "two"), ("two", "one"))]
        storm = Storm(self, trees, [self.script(name) for name in names], self.wrapper, self.consoles, SEED, SECONDS)
        collector = Collector(self, trees)
        storm.blow(collector.look)
        wait_until(self.no_ctest_is_left, "the end of all ctests", 300)
        for tree in trees:
            wait_until(lambda tree=tree: not keepers_of(tree), "the end of keepers", 300)
        collector.look(Ended.for_certain)
        compared = sum((self.compare(run, storm.killed) for run in collector.runs.values()), Counter())
        print(f"seed {SEED}: {dict(compared)}, {len(storm.killed)} killed, {len(self.unexplained)} without a reason")
        # A script opens its log before it says anything of itself: with another ctest that opens one at the
        # same moment it may have one file (docs/decisions/0028). Once in thousands of runs.
        self.assertLessEqual(len(self.unexplained), 1 if ctest_version() < (4, 3) else 0,
                             "\n".join(self.unexplained.values()))
        self.assertGreater(compared["runs"], 2)
        self.assertGreater(compared["tests"], 20)

    def compare(self, run, killed):
        """One run with the console of its ctest."""
        text = (self.consoles / f"{run.ctest}.log").read_text(errors="replace")
        number = int((re.search(r"-\d{8}-\d{6}-\d+-(\d+)$", run.name) or [0, 1])[1])
        said = consoles_of(text)
        said = said[number - 1] if number <= len(said) else {}
        disturbed = self.is_disturbed(run.ctest, killed)
        where = f"{run.name} of {run.tree.name}, seed {SEED}, killed: {disturbed}\n{text}"
        told = {test["name"]: grade_of_outcome(test["outcome"]) for test in run.json["tests"]}
        for name, grade in said.items():
            if name not in told:
                # What began, or was not started, after the keeper's death.
                self.assertTrue(disturbed and not run.json["run"]["complete"], f"{name} is missing in {where}")
            elif told[name] == "unknown":
                self.assertIn(name, JUDGED_BY_OUTPUT, where)
                if not disturbed:
                    self.unexplained[run.name] = f"{name} is unknown in {where}"
            else:
                self.assertEqual(told[name], grade, f"{name} in {where}")
        if not disturbed:
            self.assertEqual(set(told), set(said), where)
            self.assertTrue(run.json["run"]["complete"], where)
            self.summary_agrees(run, text, number, where)
        self.junit_agrees(run.junit, told, where)
        unknown = sum(grade == "unknown" for grade in told.values())
        return Counter({"runs": 1, "tests": len(said), "disturbed runs": disturbed, "unknown": unknown})

    def is_disturbed(self, ctest, killed):
        """Whoever is inside a test of a killed ctest ends with it."""
        if ctest in killed:
            return True
        text = (self.consoles / f"{ctest}.log").read_text(errors="replace")
        if text.startswith("inside run-"):
            return True  # in a test without a keeper: it was killed
        around = re.match(r"inside \d+-\d{8}-\d{6}-(\d+)", text)
        # A run's name has no start: any of that pid.
        return bool(around) and any(self.is_disturbed(console.stem, killed)
                                    for console in self.consoles.glob(f"{around[1]}-*.log"))

    def summary_agrees(self, run, text, number, where):
        """The line at the end has the same number of passes."""
        lines = SUMMARY.findall(text)
        self.assertGreaterEqual(len(lines), number, where)
        count, parts = lines[number - 1]
        through = [test for test in run.json["tests"] if test["attempts"]]
        self.assertEqual(int(count), len(through), where)
        passes = re.search(r"(\d+) passed", parts)
        self.assertEqual(int(passes[1]) if passes else 0,
                         sum(test["outcome"] == "passed" for test in through), where)

    def junit_agrees(self, text, told, where):
        for case in ElementTree.fromstring(text).iter("testcase"):
            grade = told[case.get("name")]
            skipped = case.find("skipped")
            if grade == "unknown":
                self.assertIn("verdict unknown", skipped.get("message"), where)
            elif grade == "passed":
                self.assertIsNone(skipped if skipped is not None else case.find("failure"), where)
                self.assertIsNone(case.find("error"), where)
            elif grade == "failed":
                self.assertTrue(case.find("failure") is not None or case.find("error") is not None, where)


if __name__ == "__main__":
    words = sys.argv[1:]
    if words:
        SEED = int(words[0])
    if len(words) > 1:
        SECONDS = float(words[1])
    unittest.main(argv=sys.argv[:1])
