"""Whatever tests print, reports say what ctest's console said.

`log_fuzz_test.py SEED [TESTS]`: so many tests, 300 if it is not there. Their outputs are pieces of ctest's logs, of this
run and of an earlier one, of test frameworks, of terminals and of binary files: cut, doubled and shuffled."""

import json
import random
import re
import sys
import unittest
import xml.etree.ElementTree as ElementTree

from support import CTEST, HOLDFAST, ProjectCase, no_keeper_of, wait_until

DASHES = "-" * 58
CONSOLE = re.compile(r"^ *\d+/\d+ Test +#\d+: t(\d+) \.+ *(Passed|\*\*\*\w+) ", re.MULTILINE)
VERDICTS = {"Passed": "passed", "***Failed": "failed", "***Skipped": "skipped"}
FRAMEWORKS = ["[==========] Running 2 tests from 1 test suite.\n", "[ RUN      ] A.b\n", "[       OK ] A.b (0 ms)\n",
              "[  FAILED  ] A.b (0 ms)\n", "x.cpp:5: Failure\nExpected: 1\n", "[  PASSED  ] 2 tests.\n",
              "All tests passed (3 assertions in 2 test cases)\n", "test cases: 1 | 1 failed\n", "TAP version 13\n1..2\n",
              "not ok 1 - x\n", "ok 2 # SKIP y\n", "*** 1 failure is detected in the test module \"x\"\n",
              "[doctest] test cases: 1 | 0 passed | 1 failed\n"]
NOISE = ["\x1b[31mred\x1b[0m\r\n", "\x1b[2J\x1b]0;t\a", "\0\0\xff\xfe", "\xc3", "\n", "\n\n", "\r", "a" * 300, "%PDF-1.4\n", "\x7fELF\x02\x01"]


def head(index, total, name, command):
    return (f"{index}/{total} Testing: {name}\n{index}/{total} Test: {name}\nCommand: {command}\nDirectory: /t\n"
            f'"{name}" start time: Nov 20 08:54 UTC\nOutput:\n{DASHES}\n')


def tail(name, status):
    return (f"<end of output>\nTest time =   0.00 sec\n{DASHES}\n{status}\n\"{name}\" end time: Nov 20 08:54 UTC\n"
            f'"{name}" time elapsed: 00:00:00\n{DASHES}\n\n')


class LogFuzz(ProjectCase):
    seed, tests = 1, 300

    def piece(self, number):
        numbers, total = self.numbers, self.tests
        other = numbers.choice((number, number + 1, number - 1, numbers.randint(1, total)))
        name = f"t{other}"
        kind = numbers.random()
        if kind < 0.25:
            command = numbers.choice((f'"/x/holdfast-launcher" "--test:{self.word}:.={name}" "/bin/x"', '"/bin/x"'))
            return head(other, total, name, command)
        if kind < 0.5:
            return tail(name, numbers.choice(("Test Passed.", "Test Failed.", "Test Pass Reason:\nSkip regular expression found")))
        if kind < 0.65 and self.old_log:
            at = numbers.randrange(len(self.old_log))
            return self.old_log[at:at + numbers.randint(1, 3000)]
        if kind < 0.8:
            return "".join(numbers.choices(FRAMEWORKS, k=numbers.randint(1, 5)))
        if kind < 0.85:
            return numbers.choice((f"{DASHES}\n\nEnd testing: Nov 20 08:54 UTC\n", "Label Time Summary:\na = 0.1 sec*proc\n\n"))
        return "".join(numbers.choices(NOISE, k=numbers.randint(1, 5)))

    def output(self, number):
        pieces = [self.piece(number) for _ in range(self.numbers.randint(0, 6))]
        if pieces and self.numbers.random() < 0.3:
            pieces += pieces[:self.numbers.randint(1, len(pieces))]
        if self.numbers.random() < 0.3:
            self.numbers.shuffle(pieces)
        text = "".join(pieces)
        if self.numbers.random() < 0.4:
            at = self.numbers.randint(0, len(text))
            text = text[at:] if self.numbers.random() < 0.5 else text[:at]
        return text.encode("latin-1")

    def write_tests(self, tree):
        numbers, lines = self.numbers, []
        log = f"{tree}/Testing/Temporary/LastTest.log.tmp*"
        self.only_in_log = set()
        (self.work / "outputs").mkdir(exist_ok=True)
        for number in range(1, self.tests + 1):
            file = self.work / "outputs" / str(number)
            file.write_bytes(self.output(number))
            code = numbers.choice((0, 0, 1, 77))
            script = f"cat {file}; "
            if numbers.random() < 0.005:  # of its own run
                script += f"tail -c {numbers.randint(1, 3000)} {log} | head -c {numbers.randint(1, 3000)}; "
            name = f"t{number}"
            # Few are started without the launcher, so they have no word.
            command = "__add_test" if numbers.random() < 0.02 else "add_test"
            if command == "__add_test":
                self.only_in_log.add(number)
            lines.append(f'{command}([=[{name}]=] "/bin/sh" "-c" "{script}exit {code}")')
            kind = numbers.random()
            properties = {0: "", 1: "WILL_FAIL ON", 2: 'SKIP_RETURN_CODE 77', 3: 'PASS_REGULAR_EXPRESSION "PASSED|Test Pass"',
                          4: 'FAIL_REGULAR_EXPRESSION "FAILED|Test Fail"', 5: 'SKIP_REGULAR_EXPRESSION "SKIP|doctest"'}[
                              0 if kind < 0.4 else numbers.randint(1, 5)]
            if "EXPRESSION" in properties:
                self.only_in_log.add(number)
            if properties:
                lines.append(f"set_tests_properties([=[{name}]=] PROPERTIES {properties})")
        (self.work / "project/tests.cmake").write_text("\n".join(lines) + "\n")

    def test_reports_say_what_the_console_said(self):
        self.numbers, self.old_log, self.word = random.Random(self.seed), "", "0123456789abcdef"
        (self.work / "project").mkdir()
        tree = self.project('set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${CMAKE_SOURCE_DIR}/tests.cmake")\n')
        unknown = 0
        for _ in range(2):
            self.write_tests(tree)
            unknown += self.run_all(tree)
            text = (tree / "Testing/Temporary/LastTest.log").read_bytes().decode("latin-1")
            self.old_log = text[:200_000]
            self.word = re.search(r'"--test:([0-9a-f]+):', text).group(1)
        # Where a test has printed the word, or has one beside it that has none, ctest's lists decide, unless they
        # contradict the log about any other test.
        self.assertLessEqual(unknown, max(1, 2 * self.tests / 1000))

    def run_all(self, tree):
        """Returns how many verdicts are unknown of tests that the launcher started."""
        ctest = self.finish(CTEST, "-j4", cwd=tree, bound=3000)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end", bound=300)
        console = {int(number): VERDICTS[word] for number, word in CONSOLE.findall(ctest.stdout.decode())}
        self.assertEqual(len(console), self.tests)
        report = json.loads(self.finish(HOLDFAST, "report", "--format", "json", cwd=tree, bound=300).stdout)
        self.assertEqual(len(report["tests"]), self.tests)
        told = {test["index"]: test["verdict"] for test in report["tests"]}
        unknown = {number for number, verdict in told.items() if verdict == "unknown"}
        self.assertEqual({n: (v, console[n]) for n, v in told.items() if n not in unknown and v != console[n]}, {})
        self.assertLessEqual(unknown, self.only_in_log)
        launched = {test["index"] for test in report["tests"] if test["attempts"]}
        suite = ElementTree.fromstring(self.finish(HOLDFAST, "report", "--format", "junit", cwd=tree, bound=300).stdout)
        words = {case.get("name"): "failed" if case.find("failure") is not None else "unknown" if case.find("error") is not None
                 else "skipped" if case.find("skipped") is not None else "passed" for case in suite.iter("testcase")}
        self.assertEqual(words, {f"t{number}": verdict for number, verdict in told.items()})
        failed = self.finish(HOLDFAST, "failed", "--format", "names", cwd=tree, bound=300).stdout.decode().split()
        # What was red before and is skipped now is still red.
        self.assertEqual({name for name in failed if words[name] != "skipped"},
                         {name for name, word in words.items() if word in ("failed", "unknown")})
        return len(unknown & launched)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        LogFuzz.seed = int(sys.argv.pop(1))
    if len(sys.argv) > 1:
        LogFuzz.tests = int(sys.argv.pop(1))
    unittest.main()
