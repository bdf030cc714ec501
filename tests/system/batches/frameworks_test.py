"""Runs Catch2, doctest, Boost.Test and pytest under plain add_test(): the outcome of each way to
end, and ctest's verdict with Holdfast and without. An argument names the class to run.

Environment: SYSTEM_TEST_PYTEST, a Python that has pytest, or empty."""

import os
import re
import unittest
from pathlib import Path

from support import ProjectCase, no_keeper_of, program, verdicts, wait_until

# Enough for a dozen pytests on a busy machine.
BOUND_S = 100
PYTHON = os.environ.get("SYSTEM_TEST_PYTEST")
GREEN, RED, SKIPPED = "Passed", "***Failed", "***Skipped"
SEGFAULT = "***Exception: SegFault"
ABORTED, KILLED = "Subprocess aborted***Exception:", "Subprocess killed***Exception:"


class FrameworkCase(ProjectCase):
    """`tests` of compare() is name: (words of the command, properties, outcome, verdict)."""

    def compare(self, tests):
        text = ""
        for name, (words, properties, *_) in tests.items():
            command = " ".join(f'"{word}"' for word in words)
            text += f"add_test(NAME {name} COMMAND {command})\n"
            for key, value in properties.items():
                text += f'set_property(TEST {name} PROPERTY {key} "{value}")\n'
        tree = self.project(text, "attached", "attached-build")
        ran = self.ctest(tree, "-j2", bound=BOUND_S)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        plain = self.ctest(self.project(text, "plain", "plain-build", attached=False), "-j2",
                           bound=BOUND_S)
        self.assertEqual(verdicts(plain.text), {n: t[3] for n, t in tests.items()}, plain.text)
        self.assertEqual(verdicts(ran.text), verdicts(plain.text), ran.text)
        self.assertEqual(ran.returncode, plain.returncode)
        ended = {r["test"]: r for r in self.records(self.runs(tree)[0], "attempt_ended")}
        self.assertEqual({n: r["outcome"] for n, r in ended.items()},
                         {n: t[2] for n, t in tests.items()})
        return {n: r.get("exit_code") for n, r in ended.items()}, ended

    def assert_codes(self, seen, expected):
        """The exit codes of docs/reference/outcomes.md."""
        self.assertEqual({name: seen[name] for name in expected}, expected)

    def cases(self, name, package):
        """The program with the cases of that framework."""
        path = program(name)
        if not Path(path).exists():
            self.skipTest(f"{package} was missing when this was configured")
        return path


class Catch2(FrameworkCase):
    def test_each_end_is_what_it_is_without_holdfast(self):
        cases = self.cases("catch2_cases", "catch2")
        both = {
            "passes": ([cases, "passes"], {}, "passed", GREEN),
            "fails": ([cases, "fails"], {}, "failed", RED),
            "throws": ([cases, "throws"], {}, "failed", RED),
            "segfaults": ([cases, "segfaults"], {}, "crashed", SEGFAULT),
            "aborts": ([cases, "aborts"], {}, "crashed", ABORTED),
            "is_killed": ([cases, "is killed"], {}, "crashed", KILLED),
            "exits_0": ([cases, "exits with 0"], {}, "passed", GREEN),
            "exits_3": ([cases, "exits with 3"], {}, "failed", RED),
            "skips": ([cases, "exits with 3"], {"SKIP_RETURN_CODE": 3}, "skipped", SKIPPED),
            "will_fail": ([cases, "fails"], {"WILL_FAIL": "ON"}, "failed", GREEN),
            "will_segfault": ([cases, "segfaults"], {"WILL_FAIL": "ON"}, "crashed", SEGFAULT),
            "wrong_use": ([cases, "--no-such-option"], {}, "failed", RED),
            "fails_twice": ([cases, "fails twice"], {}, "failed", RED),
        }
        if re.search(rb"version: +2[.]", self.finish(cases, "--libidentify").stdout):
            codes, _ = self.compare({
                **both,
                "no_match": ([cases, "no such"], {}, "passed", GREEN),
                # Two failed checks exit with 2 as well, so the code does not tell.
                "no_match_is_wrong": ([cases, "-w", "NoTests", "no such"], {}, "failed", RED),
            })
            expected = {"fails": 1, "throws": 1, "fails_twice": 2, "exits_3": 3, "wrong_use": 255, "no_match": 0,
                        "no_match_is_wrong": 2}
        else:
            codes, _ = self.compare({
                **both,
                "skips_all": ([cases, "is skipped"], {}, "failed", RED),
                "skips_all_and_says_so": ([cases, "is skipped"], {"SKIP_RETURN_CODE": 4}, "skipped", SKIPPED),
                "no_match": ([cases, "no such"], {}, "failed", RED),
                "no_match_is_right": ([cases, "--allow-running-no-tests", "no such"], {}, "passed", GREEN),
            })
            expected = {"fails": 42, "throws": 42, "fails_twice": 42, "exits_3": 3, "wrong_use": 1, "skips_all": 4,
                        "no_match": 2, "no_match_is_right": 0}
        self.assert_codes(codes, expected)


class Doctest(FrameworkCase):
    def test_each_end_is_what_it_is_without_holdfast(self):
        cases = self.cases("doctest_cases", "doctest")
        codes, _ = self.compare({
            "passes": ([cases, "-tc=passes"], {}, "passed", GREEN),
            "fails": ([cases, "-tc=fails"], {}, "failed", RED),
            "throws": ([cases, "-tc=throws"], {}, "failed", RED),
            "segfaults": ([cases, "-tc=segfaults"], {}, "crashed", SEGFAULT),
            "aborts": ([cases, "-tc=aborts"], {}, "crashed", ABORTED),
            "is_killed": ([cases, "-tc=is killed"], {}, "crashed", KILLED),
            "exits_0": ([cases, "-tc=exits with 0"], {}, "passed", GREEN),
            "exits_3": ([cases, "-tc=exits with 3"], {}, "failed", RED),
            "skips": ([cases, "-tc=exits with 3"], {"SKIP_RETURN_CODE": 3}, "skipped", SKIPPED),
            "will_fail": ([cases, "-tc=fails"], {"WILL_FAIL": "ON"}, "failed", GREEN),
            "will_segfault": ([cases, "-tc=segfaults"], {"WILL_FAIL": "ON"}, "crashed", SEGFAULT),
            "skips_all": ([cases, "-tc=is skipped"], {}, "passed", GREEN),
            "no_match": ([cases, "-tc=no such"], {}, "passed", GREEN),
            "wrong_use": ([cases, "--no-such-option", "-tc=passes"], {}, "passed", GREEN),
        })
        self.assert_codes(codes, {"fails": 1, "throws": 1, "exits_3": 3})


class BoostTest(FrameworkCase):
    def test_each_end_is_what_it_is_without_holdfast(self):
        cases = self.cases("boost_cases", "Boost.Test")
        leave = "BOOST_TEST_CATCH_SYSTEM_ERRORS=no"
        codes, _ = self.compare({
            "passes": ([cases, "-t", "passes"], {}, "passed", GREEN),
            "fails": ([cases, "-t", "fails"], {}, "failed", RED),
            "throws": ([cases, "-t", "throws"], {}, "failed", RED),
            # doctest catches this signal, prints a line and exits with 201.
            "segfaults": ([cases, "-t", "segfaults"], {}, "failed", RED),
            "aborts": ([cases, "-t", "aborts"], {}, "failed", RED),
            "segfaults_uncaught": ([cases, "-t", "segfaults"], {"ENVIRONMENT": leave}, "crashed",
                                   SEGFAULT),
            "aborts_uncaught": ([cases, "--catch_system_errors=no", "-t", "aborts"], {}, "crashed",
                                ABORTED),
            "is_killed": ([cases, "-t", "is_killed"], {}, "crashed", KILLED),
            "exits_0": ([cases, "-t", "exits_with_0"], {}, "passed", GREEN),
            "exits_3": ([cases, "-t", "exits_with_3"], {}, "failed", RED),
            "skips": ([cases, "-t", "exits_with_3"], {"SKIP_RETURN_CODE": 3}, "skipped", SKIPPED),
            "will_fail": ([cases, "-t", "fails"], {"WILL_FAIL": "ON"}, "failed", GREEN),
            "skips_all": ([cases, "-t", "is_skipped"], {}, "passed", GREEN),
            "wrong_use": ([cases, "--no_such_option"], {}, "failed", RED),
            # Any other error in its set-up exits with 200 as well.
            "no_match": ([cases, "-t", "no_such"], {}, "failed", RED),
        })
        self.assert_codes(codes, {"fails": 201, "throws": 201, "segfaults": 201, "aborts": 201,
                                  "exits_3": 3, "wrong_use": 200, "no_match": 200})


PYTEST_FILE = '''
import os, signal, sys
import pytest

def test_passes(): pass
def test_fails(): assert 1 + 1 == 3
def test_exits_0(): sys.exit(0)
def test_leaves_0(): os._exit(0)
def test_leaves_3(): os._exit(3)
def test_segfaults(): os.kill(os.getpid(), signal.SIGSEGV)
def test_aborts(): os.abort()
def test_is_killed(): os.kill(os.getpid(), signal.SIGKILL)
def test_skips(): pytest.skip("nothing here")
def test_stops_with_77(): pytest.exit("no device", returncode=77)
def test_interrupts(): raise KeyboardInterrupt
'''


@unittest.skipUnless(PYTHON, "python3-pytest was missing when this was configured")
class Pytest(FrameworkCase):
    def setUp(self):
        super().setUp()
        self.file = self.work / "test_ends.py"
        self.file.write_text(PYTEST_FILE)
        (self.work / "pytest.ini").write_text("[pytest]\n")

    def pytest(self, *words):
        return [PYTHON, "-B", "-m", "pytest", "-p", "no:cacheprovider", *words]

    def only(self, case):
        return self.pytest(f"{self.file}::test_{case}")

    def test_how_a_case_ends(self):
        codes, _ = self.compare({
            "passes": (self.only("passes"), {}, "passed", GREEN),
            "fails": (self.only("fails"), {}, "failed", RED),
            "exits_0": (self.only("exits_0"), {}, "failed", RED),
            "leaves_0": (self.only("leaves_0"), {}, "passed", GREEN),
            "leaves_3": (self.only("leaves_3"), {}, "failed", RED),
            "segfaults": (self.only("segfaults"), {}, "crashed", SEGFAULT),
            "aborts": (self.only("aborts"), {}, "crashed", ABORTED),
            "is_killed": (self.only("is_killed"), {}, "crashed", KILLED),
            "skips": (self.only("skips"), {}, "passed", GREEN),
            "stops": (self.only("stops_with_77"), {"SKIP_RETURN_CODE": 77}, "skipped", SKIPPED),
            "will_segfault": (self.only("segfaults"), {"WILL_FAIL": "ON"}, "crashed", SEGFAULT),
        })
        self.assert_codes(codes, {"fails": 1, "exits_0": 1, "leaves_3": 3, "stops": 77})

    def test_what_its_exit_codes_mean(self):
        broken = self.work / "test_broken.py"
        broken.write_text("import no_such_module\n")
        for name, text in (("conftest", "import no_such_module\n"),
                           ("plugin", "def pytest_collection_modifyitems(): raise RuntimeError\n")):
            (self.work / name).mkdir()
            (self.work / name / "conftest.py").write_text(text)
        none = self.pytest(self.file, "-k", "no_such")
        codes, ended = self.compare({
            "interrupts": (self.only("interrupts"), {}, "failed", RED),
            "broken": (self.pytest(broken), {}, "failed", RED),
            "internal": (self.pytest(self.work / "plugin"), {}, "failed", RED),
            "wrong_option": (self.pytest("--no-such-option"), {}, "failed", RED),
            "wrong_file": (self.pytest(self.work / "test_gone.py"), {}, "failed", RED),
            "wrong_conftest": (self.pytest(self.work / "conftest"), {}, "failed", RED),
            "no_match": (none, {}, "no_tests", RED),
            "no_match_skips": (none, {"SKIP_RETURN_CODE": 5}, "no_tests", SKIPPED),
            "will_not_match": (none, {"WILL_FAIL": "ON"}, "no_tests", GREEN),
        })
        self.assert_codes(codes, {
            "broken": 2, "interrupts": 2, "internal": 3, "wrong_option": 4, "wrong_file": 4,
            "wrong_conftest": 4, "no_match": 5, "no_match_skips": 5, "will_not_match": 5})
        for name, record in ended.items():
            said = "did not understand what it was given" in record.get("note", "")
            self.assertEqual(said, name.startswith("wrong_"), record)


if __name__ == "__main__":
    unittest.main(verbosity=2)  # verbose: it says why a test is skipped
