"""200 cases end in every way, in batches of 1 to 200. Each has one result, the right one. The
journal, ctest's output, and the reports (text, JSON, JUnit) have the same numbers."""

import json
import random
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree
from collections import Counter
from itertools import accumulate
from pathlib import Path

from support import CTEST, HOLDFAST, ProjectCase

# The outcome for each letter of tests/programs/cases/case_mix.cpp.
OUTCOMES = {
    "p": "passed", "f": "failed", "k": "skipped", "0": "premature_exit", "1": "failed", "a": "crashed",
    "s": "crashed", "e": "deliberate_exit", "c": "crashed", "t": "timed_out", "F": "passed", "G": "passed",
    "E": "passed", "X": "premature_exit", "d": "passed", "D": "failed",
}
LABELS = {"premature exit": "premature_exit", "timed out": "timed_out"}
NUMBERS = re.compile(r"(\d+) (passed|failed|crashed|premature exit|timed out|skipped|not run)\b")
CASES = 200
WAYS = [("case_mix", "none"), ("case_mix", "process"), ("case_mix_linked", "none"),
        ("case_mix_linked", "process"), ("case_mix_linked", "fork")]
# Far more than a case takes on a busy machine, but also the time that each hang costs.
LIMIT_S = 3
BOUND_S = 900

SEED = 1
WHOLE = False


def counted(text):
    """The numbers of one of Holdfast's lines, without the names of cases."""
    text = re.sub(r"\([^)]*\)", "", text)
    return Counter({LABELS.get(label, label): int(number) for number, label in NUMBERS.findall(text)})


class MixTest(ProjectCase):
    def letters(self, chance):
        """One letter for each case. Few cases hang, because each of them takes its limit."""
        hang = 4 if WHOLE else 1
        others = [letter for letter in OUTCOMES if letter != "t"]
        letters = ["t"] * hang + [others[i % len(others)] for i in range(CASES - hang)]
        chance.shuffle(letters)
        return letters

    @staticmethod
    def cuts(chance):
        """The first and last case of each batch. The batches have all sizes: few large ones and
        many small ones."""
        sizes = [1, 1]
        while sum(sizes) < CASES:
            most = CASES - sum(sizes)
            sizes.append(min(most, chance.choice([2, 7, 20, 60, most] if WHOLE else [20, 60, most])))
        chance.shuffle(sizes)
        return [range(end - size, end) for end, size in zip(accumulate(sizes), sizes)]

    def batches(self, chance):
        """Maps each name to (program, isolation, indices of its cases)."""
        found = {}
        for number, (which, isolation) in enumerate(WAYS):
            cuts = self.cuts(chance)
            if WHOLE:
                cuts.append(range(CASES))
                if number == SEED % len(WAYS):
                    cuts += [range(i, i + 1) for i in range(CASES)]
            for cut in cuts:
                found[f"{which}.{isolation}.{cut.start}-{cut.stop}"] = (which, isolation, cut)
        return found

    def run_mix(self, batches, letters, chance):
        text = ""
        for name, (which, isolation, cut) in batches.items():
            pattern = ":".join(f"All/Mix.ends/{i}" for i in cut)
            shuffle = f" --gtest_shuffle --gtest_random_seed={SEED}" if chance.random() < 0.3 else ""
            text += (f'add_test(NAME {name} COMMAND @P@/{which} "--gtest_filter={pattern}"{shuffle})\n'
                     f"set_tests_properties({name} PROPERTIES HOLDFAST_ISOLATION {isolation} "
                     f"HOLDFAST_TIMEOUT {LIMIT_S} PROCESSORS {chance.choice([1, 2, 4])})\n")
        tree = self.project(text)
        begun = self.start(CTEST, "-j4", cwd=tree, env=self.environment(MIX="".join(letters)),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # Apart, because ctest writes a line in pieces, and a line of Holdfast's may come between
        # them.
        of_ctest, of_ours = begun.communicate(timeout=BOUND_S)
        return tree, of_ctest.decode(), of_ours.decode()

    def report(self, tree, form):
        done = self.finish(HOLDFAST, "report", "--tree", tree, "--format", form)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def test_each_case_has_one_result_and_the_sums_agree(self):
        chance = random.Random(SEED)
        letters = self.letters(chance)
        batches = self.batches(chance)
        tree, of_ctest, of_ours = self.run_mix(batches, letters, chance)
        self.assert_nothing_left()
        # Maps (batch, case) to its outcome.
        wanted = {(name, f"All/Mix.ends/{i}"): OUTCOMES[letters[i]]
                  for name, (_, _, cut) in batches.items() for i in cut}
        records = self.case_records(self.runs(tree)[-1])
        self.assertEqual({(r["test"], r["case"]): r["outcome"] for r in records}, wanted)
        self.assertEqual(len(records), len(wanted))
        for record in records:
            self.own_output_only(record)
        self.verdicts(of_ctest, batches, letters)
        self.sums(tree, of_ctest + of_ours, wanted)

    # What a run says at its end is heard, also when it comes after its last line.
    def test_cases_that_close_all_descriptors_pass_however_late_their_run_ends(self):
        tree = self.project('add_test(NAME t COMMAND @P@/case_mix_linked "--gtest_filter=All/Mix.ends/?")\n'
                            "set_tests_properties(t PROPERTIES HOLDFAST_ISOLATION process)\n")
        done = self.finish(CTEST, cwd=tree, env=self.environment(MIX="dpdDdddddp".ljust(CASES, "p"), MIX_LATE="1"))
        self.assertEqual(done.returncode, 8, done.stdout.decode())
        outcomes = {r["case"]: r["outcome"] for r in self.case_records(self.runs(tree)[-1])}
        self.assertEqual(outcomes, {f"All/Mix.ends/{i}": "failed" if i == 3 else "passed" for i in range(10)})

    def own_output_only(self, record):
        begin, length = record["output"]
        printed = Path(record["log"]).read_bytes()[begin:begin + length].decode()
        index = record["case"].rpartition("/")[2]
        self.assertEqual(re.findall(r"case (\d+) is to end", printed), [index], printed)

    def verdicts(self, said, batches, letters):
        found = dict(re.findall(r"Test +#\d+: (\S+) \.*(?: |)*(\*\*\*|Subprocess|Passed)", said))
        for name, (_, _, cut) in batches.items():
            good = all(OUTCOMES[letters[i]] in ("passed", "skipped") for i in cut)
            self.assertEqual(found[name] == "Passed", good, (name, said))

    def sums(self, tree, said, wanted):
        exact = Counter(wanted.values())
        # The summaries count cases that exited on purpose as failed.
        shown = exact.copy()
        shown["failed"] += shown.pop("deliberate_exit", 0)
        log = (tree / "Testing/Temporary/LastTest.log").read_text(errors="replace")
        ends = re.findall(r"^holdfast: (\d+) cases?: (.*)$", log, re.MULTILINE)
        self.assertEqual(sum(int(number) for number, _ in ends), len(wanted))
        self.assertEqual(sum((counted(text) for _, text in ends), Counter()), shown)
        for text, pattern in ((said, r"^holdfast: (\d+) cases in batches: (.*)$"),
                              (self.report(tree, "text"), r"^(\d+) cases: (.*)$")):
            (number, line), = re.findall(pattern, text, re.MULTILINE)
            self.assertEqual((int(number), counted(line)), (len(wanted), shown), text)
        self.sums_of_json(tree, exact, shown)
        self.sums_of_junit(tree, exact, wanted)

    def sums_of_json(self, tree, exact, shown):
        report = json.loads(self.report(tree, "json"))
        counts = report["counts"]["cases"]
        self.assertEqual(counts.pop("planned"), sum(exact.values()))
        # JSON counts these cases in `failed`, too.
        self.assertEqual(counts.pop("deliberate_exit"), exact["deliberate_exit"])
        self.assertEqual(+Counter(counts), shown)
        listed = Counter(case["outcome"] for test in report["tests"] for case in test["cases"])
        self.assertEqual(listed, exact)

    def sums_of_junit(self, tree, exact, wanted):
        suite = ElementTree.fromstring(self.report(tree, "junit")).find("testsuite")
        found = {}
        for case in suite.iter("testcase"):
            outcome = "passed"
            for said in case:
                if said.tag in ("failure", "error", "skipped"):
                    outcome = said.get("type", said.tag)
            key = case.get("classname"), case.get("name")
            self.assertNotIn(key, found)
            found[key] = outcome
        self.assertEqual(found, wanted)
        failures = exact["failed"] + exact["deliberate_exit"]
        errors = exact["crashed"] + exact["premature_exit"] + exact["timed_out"]
        self.assertEqual([int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped")],
                         [len(wanted), failures, errors, exact["skipped"]])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        SEED = int(sys.argv[1])
        WHOLE = "whole" in sys.argv[2:]
    unittest.main(argv=[sys.argv[0]])
