"""Batches of doctest and Boost.Test cases (docs/reference/batches.md). An argument names the class to run."""

import re
import shutil
import unittest
from collections import Counter
from pathlib import Path

from batches_test import Batch as GoogletestBatch
from support import HOLDFAST, program

P, F = "passed", "failed"
GDB = shutil.which("gdb")


class ReportBatch(GoogletestBatch):
    """Of one program; the classes below say which."""

    name = None
    ends = {}  # of all cases, without DIES
    none_ends = {}  # where isolation none tells less
    dying = "dies"
    of_death = {}  # DIES: the outcome of that case
    told_at_death = ()  # those before which a shared process has told of its cases
    select = None  # the argument that selects {passes, last}
    green = None  # the one that selects {passes}
    nothing = None  # the one that selects none
    own_report = None  # a word that makes isolation none tell of nothing
    one_case = None  # what a run of one case prints
    words = ()  # in the words of a failed case
    options = ()  # commands; each has to have its verdict

    def setUp(self):
        super().setUp()
        if not Path(program(self.name)).exists():
            self.skipTest("the framework was missing when this was configured")

    def batches(self, tests, **how):
        """`tests`: name -> (words of the command, isolation, more properties)."""
        text = ""
        for name, (words, isolation, more) in tests.items():
            command = " ".join(f"[==[{word}]==]" for word in words)
            text += f"add_test(NAME {name} COMMAND @P@/{self.name} {command})\n"
            text += f"set_tests_properties({name} PROPERTIES HOLDFAST_ISOLATION {isolation} {more})\n"
        return self.project(text, **how)

    def test_each_case_is_what_it_is(self):
        tests = {isolation: ([], isolation, "") for isolation in ("none", "process", "fork")}
        tree = self.batches(tests)
        done = self.ctest(tree, "-j3")
        for isolation in ("process", "fork"):
            self.assertEqual(self.outcomes(tree, isolation), self.ends)
        self.assertEqual(self.outcomes(tree, "none"), {**self.ends, **self.none_ends})
        self.assertIn('"fork": cannot fork its cases, each gets a process of its own', done.text)
        self.assert_nothing_left()

    def test_a_case_that_dies_takes_no_other_with_it(self):
        tests = {f"{isolation}.{how}": ([], isolation, f"ENVIRONMENT DIES={how}")
                 for isolation in ("none", "process") for how in self.of_death}
        tree = self.batches(tests)
        self.ctest(tree, "-j4")
        for name in tests:
            isolation, _, how = name.partition(".")
            told = self.none_ends if isolation == "none" and how in self.told_at_death else {}
            self.assertEqual(self.outcomes(tree, name),
                             {**self.ends, **told, self.dying: self.of_death[how]}, name)

    def test_the_words_of_a_failed_case_are_its_own(self):
        tree = self.batches({"all": ([], "process", "")})
        self.ctest(tree)
        for case, words in self.words:
            self.assertIn(words, self.printed(self.cases(tree, "all")[case]))

    def test_the_selection_of_the_user_holds(self):
        tests = {isolation: ([self.select], isolation, "") for isolation in ("none", "process")}
        tree = self.batches(tests)
        self.ctest(tree)
        for isolation in tests:
            self.assertEqual(self.outcomes(tree, isolation), {"passes": P, "last": F})

    def test_only_what_went_wrong_is_tried_again(self):
        tests = {isolation: ([self.select], isolation, "HOLDFAST_RETRY any=1")
                 for isolation in ("none", "process")}
        tree = self.batches(tests)
        self.ctest(tree)
        ran = Counter((record["test"], record["case"])
                      for record in self.case_records(self.runs(tree)[-1]))
        self.assertEqual(ran, {(test, case): times for test in tests
                               for case, times in (("passes", 1), ("last", 2))})

    def test_green_is_green_and_nothing_is_as_without_holdfast(self):
        tests = {f"{what}.{isolation}": ([getattr(self, what)], isolation, "")
                 for what in ("green", "nothing") for isolation in ("none", "process")}
        tree = self.batches(tests)
        self.ctest(tree)
        attempts = self.attempts(tree)
        for isolation in ("none", "process"):
            self.assertEqual(attempts[f"green.{isolation}"]["outcome"], P)
            plain = self.finish(program(self.name), self.nothing).returncode
            self.assertEqual(attempts[f"nothing.{isolation}"]["exit_code"], plain)

    def test_options_about_all_cases_give_the_verdict_of_plain_ctest(self):
        tests = {f"{number}.{isolation}": (words, isolation, "")
                 for number, words in enumerate(self.options) for isolation in ("none", "process", "fork")}
        tree = self.batches(tests)
        self.ctest(tree, "-j4", bound=60)
        attempts = self.attempts(tree)
        for number, words in enumerate(self.options):
            plain = self.finish(program(self.name), *words).returncode
            for isolation in ("none", "process", "fork"):
                seen = attempts[f"{number}.{isolation}"]["outcome"]
                self.assertEqual((words, isolation, seen == P), (words, isolation, plain == 0))

    @unittest.skipUnless(GDB, "gdb is not installed")
    def test_the_debugger_gets_one_case(self):
        tree = self.batches({"two": ([self.select], "process", "")})
        self.ctest(tree)
        done = self.finish(HOLDFAST, "debug", "passes", "--", "-nx", "-batch", "-ex", "run", cwd=tree)
        self.assertRegex(done.stdout.decode() + done.stderr.decode(), self.one_case)

    def test_a_report_of_the_users_stays(self):
        file = self.work / "own.xml"
        tree = self.batches({isolation: ([self.select, self.own_report.format(file)], isolation, "")
                             for isolation in ("none", "process")})
        done = self.ctest(tree)
        self.assertIn('"none": it runs as one test', done.text)
        self.assertEqual(self.cases(tree, "none"), {})
        self.assertEqual(self.outcomes(tree, "process"), {"passes": P, "last": F})
        self.assertTrue(file.exists())


class Doctest(ReportBatch):
    name = "doctest_batch_cases"
    ends = {"passes": P, 'fails, badly <a> & "b" *': F, "fails in a part": F, "throws": F,
            "may fail": P, "should fail": F, "fails as it should": P, "typed<int>": F,
            "fails twice, not once": F, "fails once": P, "throws something else": F, "throws without a word": F,
            "  Scenario: parts without names": F,
            "typed<char>": P, "Twin": "not_run", "twin": "not_run", "dies": P, "last": F}
    none_ends = {"Twin": P, "twin": P}
    of_death = {"killed": "crashed", "aborts": "crashed", "exits": "premature_exit"}
    told_at_death = tuple(of_death)
    select = "--test-case=passes,last"
    green = "-tc=passes"
    nothing = "-tc=none such"
    own_report = "--out={}"
    one_case = r"test cases: +1 "
    options = (["-f=2", "-l=4", "-tc=*t*"], ["-ns", "-tc=passes,is skipped"], ["-aa=1"], ["-ne"],
               ["-fc", "-tc=passes"], ["-fc", "-tc=last"], ["--no-run", "-tc=last"], ["-s", "-tc=last"],
               ["-dt-tc=passes"], ["---tc=passes"])
    words = (("last", "FATAL ERROR: no"), ("fails in a part", "CHECK_EQ( 1, 2 )"))

    def test_a_program_that_reads_no_command_line_has_the_verdict_of_plain_ctest(self):
        codes = {"green": ("", 0), "red": ("FAILS=1", 1), "early": ("RETURNS=0", 0), "code": ("RETURNS=7", 7)}
        text = ""
        for name, (variable, _) in codes.items():
            for isolation in ("none", "process"):
                text += (f"add_test(NAME {name}.{isolation} COMMAND @P@/doctest_own_main)\n"
                         f"set_tests_properties({name}.{isolation} PROPERTIES HOLDFAST_ISOLATION {isolation}"
                         f' ENVIRONMENT "A=1;{variable}")\n')
        tree = self.project(text)
        self.ctest(tree, "-j3")
        attempts = self.attempts(tree)
        for name, (_, code) in codes.items():
            for isolation in ("none", "process"):
                self.assertEqual((name, isolation, attempts[f"{name}.{isolation}"]["exit_code"]),
                                 (name, isolation, code))
                self.assertEqual(self.cases(tree, f"{name}.{isolation}"), {})

    def test_what_doctest_would_print_is_printed(self):
        tree = self.batches({"none": ([], "none", "")})
        shown = self.ctest(tree, "-V").text
        shown = "".join(re.findall(r"^1: (.*\n)", shown, re.M))
        plain = self.finish(program(self.name)).stdout.decode()
        self.assertIn(plain, shown)
        failed = self.cases(tree, "none")["throws"]
        self.assertIn("test case THREW exception: thrown", self.printed(failed))
        self.assertNotIn("CHECK_EQ", self.printed(failed))

    def test_a_case_that_starts_a_linked_program_does_not_wait_for_us(self):
        starts = f"{program('case_ends_linked')} --gtest_filter=Ends.pass"
        ways = ("none", "process")
        tree = self.batches({way: ([], way, f'ENVIRONMENT "STARTS={starts}"') for way in ways})
        self.ctest(tree, "-j2")
        for way in ways:
            case = self.cases(tree, way)["passes"]
            self.assertEqual(case["outcome"], P)
            self.assertLess(case["wall_s"], 5)  # the program would wait for 10 s


class Boost(ReportBatch):
    name = "boost_batch_cases"
    ends = {"passes": P, "inner/fails": F, "inner/throws": F, "inner/is_skipped": "skipped",
            "inner/data/_0": P, "inner/data/_1": F, "inner/typed<int>": P,
            "inner/typed<long double>": F, "expecting/fails": P, "depends": F, "dies": P, "last": F}
    # The log does not tell that the failure is expected. In its own process, a case runs those that
    # it depends on, and their failures count.
    none_ends = {"expecting/fails": F, "depends": "skipped"}
    # With a second logger, exit() in a case makes Boost.Test's library crash.
    of_death = {"killed": "crashed", "aborts": F, "exits": "crashed"}
    told_at_death = ("aborts",)  # Boost.Test handles this one itself
    select = "--run_test=passes:last"
    green = "--run_test=passes"
    nothing = "--run_test=nonesuch"
    own_report = "--logger=XML,all,{}"
    one_case = "Running 1 test case"
    options = (["--run_test=last", "--run_test=passes"], ["--run_test=inner/is_disabled:passes"],
               ["--run_test=!passes"], ["--run_test=passes", "--", "mine"], ["--run=passes"], ["--run=last"],
               ["-t", "passes"], ["--run_test=passes", "--log_level=all"], ["--run_test=passes", "--log_l=all"],
               ["--run_test=passes", "--log_sink=a:b.log"], ["--run_test=passes", "--color_output=no"],
               ["--log_level", "all"], ["-l"], ["-l=all"], ["--run_test=passes", "-l"],
               ["--run_test=passes", "--logger"], ["--run_test=last", "--random=7", "--report_level=detailed"])
    words = (("last", "no"), ("inner/fails", "check a == 3 has failed"))


del GoogletestBatch, ReportBatch


if __name__ == "__main__":
    unittest.main(verbosity=2)  # which says why something is skipped
