"""Many ctests run on two build trees at once: whole runs, runs inside tests of the other tree,
scripts with several ctest_test(), single tests, two listings every 50 ms, and kill -9 of ctests and
keepers. What a run's summary, JSON and JUnit say of a test is what its own ctest said, or `unknown`
if Holdfast cannot know.

  storm_test.py SEED [SECONDS]"""

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

from storm import BARE_TESTS, KINDS, MAY_BE_UNKNOWN, SCRIPT, TOLD_BY_A_LIST, WRAPPER, Storm, name_of, project_text
from storm_console import (KILLED, NOT_STARTED, TERMINATED, Said, Summary, each_said, each_summary, element_of,
                           outcome_of, verdict_of)
from support import (HOLDFAST, Process, ProjectCase, all_pids, command_of, is_alive, no_keeper_of,
                     script_step, wait_until)

SEED = 1
SECONDS = 5.0
RUNS_KEPT = 20  # in each tree


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
    """Takes the reports of runs as soon as they have ended, because a tree keeps only its last 20
    runs."""

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

    def reports_of_one_moment(self, tree, run):
        """As JSON and as JUnit. None: a guard that outlived all others, or a later run, has written meanwhile."""
        reports, sizes = [], set()
        for form in ("json", "junit"):
            reports.append(self.case.finish(HOLDFAST, "report", run.name, "--tree", tree, "--format", form))
            with contextlib.suppress(OSError):
                sizes.add((run / "journal.jsonl").stat().st_size)
        return reports if len(sizes) < 2 else None

    def collect(self, tree, run):
        first = self.first_record(run)
        if not first:
            return  # killed before its first record
        reports = wait_until(lambda: self.reports_of_one_moment(tree, run), "a journal to stay as it is")
        if not run.exists():
            return  # a later run has removed it meanwhile
        for report in reports:
            self.case.assertIn(report.returncode, (0, 1), report.stderr)
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

    def tree(self, name, other):
        text = project_text(self.work / f"{other}-build", self.wrapper, self.consoles, self.lock)
        (self.work / name).mkdir()
        # Without a grace, tests end sooner at their limits.
        (self.work / name / "holdfast.toml").write_text("[profile.default]\ngrace = 0\n")
        return self.project(text, name=name, build=f"{name}-build")

    def script(self, name):
        file = self.work / f"{name}.cmake"
        file.write_text(script_step(self.work / name, self.work / f"{name}-build", SCRIPT))
        return file

    def no_ctest_is_left(self):
        """A ctest inside a test may outlive the killed ctest around it for a moment."""
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
            wait_until(lambda tree=tree: no_keeper_of(tree), "the end of keepers", 300)
        collector.look(Ended.for_certain)
        compared = sum((self.compare(run, storm.killed) for run in collector.runs.values()), Counter())
        undisturbed = sum(self.compare_console(console, storm.killed) for console in self.consoles.iterdir())
        missing = undisturbed - (compared["runs"] - compared["disturbed runs"])
        # A tree keeps only its last runs. If one is gone before its report was taken, only its
        # lines are compared.
        if all(len(list((tree / ".holdfast/runs").iterdir())) < RUNS_KEPT for tree in trees):
            self.assertEqual(missing, 0)
        print(f"seed {SEED}: {dict(compared)}, {missing} missing, {len(storm.killed)} killed, {dict(storm.listed)}")
        self.assertGreater(compared["runs"], 2)
        self.assertGreater(compared["tests"], 20)

    def compare(self, run, killed):
        """Compares one run with the console of its ctest."""
        text = (self.consoles / f"{run.ctest}.log").read_text(errors="replace")
        disturbed = self.is_disturbed(run.ctest, killed)
        where = f"{run.name} of {run.tree.name}, seed {SEED}, killed: {disturbed}\n{text}"
        number = int((re.search(r"-\d{8}-\d{6}-\d+-(\d+)$", run.name) or [0, 1])[1])
        said = each_said(text)
        if disturbed:
            said = self.agreeing(run, said or [Said()], where)
        else:
            said = said[number - 1]
            self.compare_tests(run, said, disturbed, where)
            self.run_is_whole(run, said, where)
        self.counts_agree(run.json, where)
        self.junit_agrees(run, where)
        self.summary_agrees(run, text, None if disturbed else number - 1, where)
        unknown = [test["name"] for test in run.json["tests"] if test["outcome"] == "unknown"]
        return Counter({"runs": 1, "tests": len(said.words), "disturbed runs": disturbed,
                        "empty runs": not said.words, "unknown": len(unknown),
                        "unknown by a list": not disturbed and len(TOLD_BY_A_LIST.intersection(unknown))})

    def agreeing(self, run, all_said, where):
        """After its keeper was killed a script gets another keeper, which counts its runs from 1
        again. So the run's number does not tell which ctest_test() it is, but one of them must
        agree with the run."""
        trouble = AssertionError(f"nothing was said of {where}")
        for said in all_said:
            # A part without a test agrees with every run. It may be this run's only if the run has
            # no test, or if ctest died in it.
            if not said.words and run.json["tests"] and said is not all_said[-1]:
                continue
            try:
                self.compare_tests(run, said, True, where)
                return said
            except AssertionError as error:
                trouble = error
        raise trouble

    def compare_tests(self, run, said, disturbed, where):
        told = {test["name"]: test for test in run.json["tests"]}
        self.assertEqual(len(told), len(run.json["tests"]), where)
        for name, words in said.words.items():
            self.ctest_says_what_it_should(name, words, disturbed, where)
            if name not in told:
                # The test began, or was not started, after the keeper's death. The next keeper may
                # see ctest finish, but says that it has not seen the log.
                is_said = not run.json["run"]["complete"] or run.json["run"].get("log") is False
                self.assertTrue(disturbed and is_said, f"{name} is missing in {where}")
            elif disturbed and 0 < len(told[name]["attempts"]) != said.times[name]:
                # With --repeat, ctest or the journal may not know of the last time.
                is_unseen = len(told[name]["attempts"]) < said.times[name]
                self.is_how_it_ends(told[name], where, is_unseen)
            else:
                self.is_what_ctest_said(told[name], said, disturbed, where)
        for name in set(told) - set(said.words):
            self.assertTrue(disturbed, f"{name} is not ctest's in {where}")
            self.is_how_it_ends(told[name], where)

    def ctest_says_what_it_should(self, name, words, disturbed, where):
        """Checks that ctest says the same as without Holdfast, so that the comparison means
        something."""
        if name not in KINDS:
            return  # a ctest inside a test: it may be killed
        expected = {KINDS[name].words}
        if expected == {"Timeout"}:
            expected.add("Timeout (SIGUSR1)")
        if disturbed:
            expected |= {KILLED, TERMINATED}  # killed with the ctest around it
        self.assertIn(words, expected, f"{name} in {where}")

    def is_what_ctest_said(self, test, said, disturbed, where):
        name = test["name"]
        words = said.words[name]
        where = f"{name}, {words}, in {test} of {where}"
        # Without a keeper a launcher leaves no record, as if there were no launcher.
        is_unseen = disturbed and not test["attempts"]
        if test["outcome"] == "unknown":
            self.assertEqual(test["verdict"], "unknown", where)
            # As far as Holdfast knows, such a test may have a SKIP_RETURN_CODE.
            may_be_skipped = is_unseen and words in {"Passed", "Skipped"}
            self.assertTrue(may_be_skipped or name in (MAY_BE_UNKNOWN if disturbed else TOLD_BY_A_LIST), where)
            return
        outcome = outcome_of(words, name in BARE_TESTS or is_unseen)
        expected = {outcome}
        if disturbed and words in {KILLED, TERMINATED}:
            expected.add("interrupted")
        self.assertIn(test["outcome"], expected, where)
        if test["outcome"] == outcome:
            self.assertEqual(test["verdict"], verdict_of(words), where)
        if words in NOT_STARTED:
            why = test.get("why", "")
            self.assertTrue(why.startswith(KINDS[name].why) and bool(why) == bool(KINDS[name].why), where)
            self.assertIn(why.replace("not started: ", "not started "), said.text, where)

    def is_how_it_ends(self, test, where, is_unseen=False):
        """Checks a test whose end ctest did not live to say, or its keeper to hear."""
        name = test["name"]
        if name in KINDS:
            words = KINDS[name].words
            known = {outcome_of(words, name in BARE_TESTS or as_bare) for as_bare in {False, is_unseen}}
            if name in MAY_BE_UNKNOWN or (is_unseen and words in {"Passed", "Skipped"}):
                known.add("unknown")
            self.assertIn(test["outcome"], known | {"interrupted"}, f"{name} in {test} of {where}")

    def run_is_whole(self, run, said, where):
        """The report of an undisturbed run has all that its ctest said."""
        self.assertTrue(run.json["run"]["complete"], where)
        self.assertNotIn("log", run.json["run"], where)
        self.assertNotIn("unrecorded", run.json["run"], where)
        self.assertEqual(run.json["run"].get("outcome"), None if said.words else "no_tests", where)
        tests = run.json["tests"]
        for test in tests:
            if test["attempts"]:
                self.assertEqual(len(test["attempts"]), said.times[test["name"]], f"{test['name']} in {where}")
        through = {test["name"] for test in tests if test["attempts"]}
        self.assertEqual(through, {name for name, words in said.words.items()
                                   if name not in BARE_TESTS and words not in NOT_STARTED}, where)
        # The numbers that ctest itself printed.
        verdicts = Counter(test["verdict"] for test in tests)
        self.assertEqual((verdicts["failed"], len(tests) - verdicts["disabled"]), (said.failed, said.total), where)

    def counts_agree(self, report, where):
        """The numbers of the JSON report fit its tests."""
        tests, counts = report["tests"], report["counts"]
        outcomes = Counter(test["outcome"] for test in tests)
        flags = Counter(flag for test in tests for flag in test["flags"])
        expected = dict.fromkeys(counts, 0)
        expected |= outcomes | {name: flags[name] for name in ("flaky", "leaked", "stale", "bare")}
        expected |= {"planned": len(tests), "run": len(tests) - outcomes["not_run"],
                     "through_holdfast": sum(bool(test["attempts"]) for test in tests), "cases": counts["cases"]}
        self.assertEqual(counts, expected, where)
        self.assertEqual(set(counts["cases"].values()), {0}, where)

    def summary_agrees(self, run, text, index, where):
        """The numbers in the lines at the end are those of the JSON report, which fit ctest's
        words. `index` tells which lines are this run's; without it, one of the summaries must
        be. If a keeper of a script was killed after its run, that run has no summary, and nothing
        tells which run it was."""
        tests, counts = run.json["tests"], run.json["counts"]
        through = [test for test in tests if test["attempts"]]
        extras = {"left_processes_behind": counts["leaked"], "flaky": counts["flaky"], "stale": counts["stale"]}
        expected = Summary(len(through), Counter(test["outcome"] for test in through), +Counter(extras),
                           len(tests) - len(through))
        summaries = each_summary(text)
        if index is not None:
            self.assertEqual(summaries[index], expected, where)
        elif len(summaries) == len(each_said(text)) and run.json["run"]["complete"]:
            self.assertIn(expected, summaries, where)

    def compare_console(self, console, killed):
        """For an undisturbed ctest, each ctest_test() has its lines, even if its run is no longer
        kept, and each number in them fits ctest's words. Returns how many there are."""
        if self.is_disturbed(console.stem, killed):
            return 0
        text = console.read_text(errors="replace")
        where = f"{console.name}, seed {SEED}\n{text}"
        all_said, summaries = each_said(text), each_summary(text)
        self.assertEqual(len(summaries), len(all_said), where)
        for said, summary in zip(all_said, summaries):
            through = [outcome_of(words, False) for name, words in said.words.items()
                       if name not in BARE_TESTS and words not in NOT_STARTED]
            self.assertEqual(summary.outcomes, Counter(through), where)
            self.assertEqual((summary.through, summary.not_through), (len(through), len(said.words) - len(through)),
                             where)
        return len(all_said)

    def junit_agrees(self, run, where):
        """JUnit has each test once, with the element that fits its outcome, and its numbers fit the
        elements."""
        root = ElementTree.fromstring(run.junit)
        told = {test["name"]: test for test in run.json["tests"]}
        cases = list(root.iter("testcase"))
        self.assertEqual(sorted(case.get("name") for case in cases), sorted(told), where)
        elements = Counter()
        for case in cases:
            test = told[case.get("name")]
            found = [one for one in case if one.tag in ("failure", "error", "skipped")]
            expected = element_of(test)
            self.assertEqual([one.tag for one in found], [expected] if expected else [], f"{test} in {where}")
            elements.update(one.tag for one in found)
            if found:
                self.element_says_why(found[0], test, where)
            properties = {one.get("name"): one.get("value") for one in case.iter("property")}
            self.assertEqual(properties.get("holdfast.outcome", "passed"), test["outcome"], where)
        numbers = {"tests": len(cases), "failures": elements["failure"], "errors": elements["error"]}
        for suite, expected in (root, numbers), (root.find("testsuite"), numbers | {"skipped": elements["skipped"]}):
            self.assertEqual({name: int(suite.get(name)) for name in expected}, expected, where)

    def element_says_why(self, element, test, where):
        where = f"{ElementTree.tostring(element)} of {test} in {where}"
        message = element.get("message")
        if test["outcome"] == "unknown":
            self.assertTrue(message.startswith("holdfast: verdict unknown: "), where)
            return
        if element.tag != "skipped":
            self.assertEqual(element.get("type"), test["outcome"], where)
            label = test["outcome"].replace("_", " ") + ": "
            self.assertTrue(message.startswith(label), where)
            message = message.removeprefix(label)
        last = test["attempts"][-1] if test["attempts"] else None
        if last and last["signal"]:
            self.assertRegex(message, rf"^signal {last['signal']} \(SIG[A-Z]+\) after ", where)
        elif last and last["exit_code"] is not None:
            self.assertRegex(message, rf"^exit code {last['exit_code']} after ", where)
            is_by_rule = test["outcome"] == "failed" and last["exit_code"] == 0
            self.assertEqual("; failed by ctest's rules for it" in message, is_by_rule, where)
        elif test["verdict"] == "disabled":
            self.assertEqual(message, "disabled", where)
        elif not last:
            self.assertEqual(message, test.get("why", ""), where)

    def is_disturbed(self, ctest, killed):
        """Whether this ctest was killed, or runs inside a test of a killed one and ends with it."""
        if ctest in killed:
            return True
        text = (self.consoles / f"{ctest}.log").read_text(errors="replace")
        if text.startswith("inside run-"):
            return True  # the keeper around it was killed
        around = re.match(r"inside \d+-\d{8}-\d{6}-(\d+)", text)
        # A run's name does not have ctest's start, so any ctest with that pid counts.
        return bool(around) and any(self.is_disturbed(console.stem, killed)
                                    for console in self.consoles.glob(f"{around[1]}-*.log"))


if __name__ == "__main__":
    words = sys.argv[1:]
    if words:
        SEED = int(words[0])
    if len(words) > 1:
        SECONDS = float(words[1])
    unittest.main(argv=sys.argv[:1])
