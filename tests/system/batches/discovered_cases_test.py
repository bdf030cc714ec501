"""Runs holdfast_discover_tests() with programs whose case names do not fit into a list of lines,
and with cases that no longer exist."""

import json
import unittest

from odd_names_test import ODD
from support import HOLDFAST, ProjectCase

ALL = dict(ODD, **{"Near.a-b": "passed", "Near.aXb bad": "failed", "Near.aXb": "passed", "Same.a-b": "passed",
                   "Same.a:b": "passed"})
# ctest shows a line break in a name as two characters.
ALL["Odd names.line\\nbad"] = ALL.pop("Odd names.line\nbad")
NOWHERE = "Gone.case"


class DiscoveredCases(ProjectCase):
    def discovered(self, *arguments, which="case_names", **environment):
        """A tree with the cases of the program `which`, discovered by its first ctest."""
        call = " ".join(arguments)
        name = f"{which}{abs(hash((call, *environment.items())))}"
        tree = self.project(f"""
add_executable(program IMPORTED)
set_target_properties(program PROPERTIES IMPORTED_LOCATION @P@/{which})
holdfast_discover_tests(program DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 {call})
""", name=name, build=f"{name}.build")
        self.list = tree / "CMakeFiles/holdfast/program-1-tests.cmake"
        done = self.ctest(tree, "-N", env=self.environment(**environment))
        self.assertEqual(done.returncode, 0, done.text)
        self.assertTrue(self.list.exists(), done.text)
        return tree

    def outcomes(self, tree, *arguments, **environment):
        self.done = self.ctest(tree, "-j2", *arguments, env=self.environment(**environment))
        report = self.finish(HOLDFAST, "report", "--tree", tree, "--format", "json")
        return {t["name"]: t["outcome"] for t in json.loads(report.stdout)["tests"]}

    def failed_without_us(self, tree, **environment):
        log = tree / "Testing/Temporary/LastTestsFailed.log"
        log.unlink(missing_ok=True)  # ctest leaves the old file if nothing failed
        self.ctest(tree, "-j2", env=self.environment(HOLDFAST_DISABLE="1", **environment))
        return {line.partition(":")[2] for line in log.read_text().splitlines()} if log.exists() else set()

    def test_each_case_is_a_test_whatever_its_name_and_what_is_printed_before(self):
        tree = self.discovered()
        self.assertEqual(self.outcomes(tree), ALL)
        self.assertEqual(self.failed_without_us(tree), {n for n, o in ALL.items() if o == "failed"})

    def test_a_shard_is_no_choice_of_what_is_listed(self):
        tree = self.discovered(GTEST_TOTAL_SHARDS="2", GTEST_SHARD_INDEX="1")
        self.assertEqual(set(self.outcomes(tree, "-R", "Near")), {n for n in ALL if n.startswith("Near")})

    def test_each_suite_is_a_test(self):
        for isolation in ("none", "process", "fork"):
            with self.subTest(isolation):
                tree = self.discovered(f"BATCH suite ISOLATION {isolation}", which="case_names_linked")
                outcomes = self.outcomes(tree)
                same = "passed" if isolation == "none" else "failed"  # one case cannot run alone
                self.assertEqual(outcomes, {
                    "First": "failed", "Odd names": "failed", "(no name)": "passed", "Nobad": "failed",
                    "a.DISABLED_b": "failed", "Slash/of a type": "failed", "Near": "failed", "Same": same})

    def test_a_number_of_cases_whose_filter_goes_into_a_file(self):
        tree = self.discovered("BATCH 100 ISOLATION process")
        text = self.list.read_text()
        self.assertIn("Odd names.line?bad", text)
        self.assertEqual(self.outcomes(tree), {"program.1": "failed"})

    def test_a_release_that_writes_no_list_is_read_as_it_prints(self):
        tree = self.discovered("TEST_FILTER Near.*:First.*", PRINTED_LIST="1", QUIET="1")
        self.assertEqual(set(self.outcomes(tree)), {"First.bad", "Near.a-b", "Near.aXb", "Near.aXb bad"})

    def test_what_hides_in_a_printed_list_is_red_with_us_and_without(self):
        for call, name in (("TEST_FILTER First.*", "Starting up... First.bad"),
                           ("TEST_FILTER First.* BATCH suite ISOLATION none", "Starting up... First"),
                           ("TEST_FILTER First.* BATCH suite ISOLATION process", "Starting up... First")):
            with self.subTest(call):
                tree = self.discovered(call, PRINTED_LIST="1")
                self.outcomes(tree)
                self.assertEqual(self.done.returncode, 8, self.done.text)
                self.assertEqual(self.failed_without_us(tree), {name})

    def gone(self, *arguments, which="case_names_linked", **environment):
        """A tree with one test, whose case the program no longer has."""
        tree = self.discovered("TEST_FILTER Near.aXb", *arguments, which=which, **environment)
        text = self.list.read_text()
        self.assertIn("--gtest_filter=Near.aXb", text)
        self.list.write_text(text.replace("--gtest_filter=Near.aXb", f"--gtest_filter={NOWHERE}"))
        return tree

    def test_a_case_that_is_gone_is_red_with_us_and_without(self):
        for arguments in ("", "BATCH suite ISOLATION none", "BATCH suite ISOLATION process",
                          "BATCH suite ISOLATION fork", "PROPERTIES WILL_FAIL ON",
                          "BATCH suite PROPERTIES WILL_FAIL ON"):
            with self.subTest(arguments):
                tree = self.gone(arguments)
                outcomes = self.outcomes(tree)
                self.assertEqual(self.done.returncode, 8, self.done.text)
                self.assertNotIn("passed", outcomes.values())
                for colours in ("no", "yes"):
                    self.assertEqual(len(self.failed_without_us(tree, GTEST_COLOR=colours)), 1)

    def test_a_flag_that_googletest_does_not_know_is_red_with_us_and_without(self):
        """The program then prints its help and exits with 0."""
        for arguments in ("", "BATCH suite ISOLATION none", "BATCH suite ISOLATION process", "BATCH suite ISOLATION fork"):
            with self.subTest(arguments):
                tree = self.discovered(f"TEST_FILTER Near.aXb {arguments} EXTRA_ARGS --gtest_typo",
                                       which="case_names_linked")
                self.outcomes(tree)
                self.assertEqual(self.done.returncode, 8, self.done.text)
                for colours in ("no", "yes"):
                    self.assertEqual(len(self.failed_without_us(tree, GTEST_COLOR=colours)), 1)

    def test_a_shard_may_have_none(self):
        for arguments in ("", "BATCH suite ISOLATION none", "BATCH suite ISOLATION process", "BATCH suite ISOLATION fork"):
            with self.subTest(arguments):
                tree = self.discovered("TEST_FILTER Near.aXb", arguments, which="case_names_linked")
                shard = {"GTEST_TOTAL_SHARDS": "2", "GTEST_SHARD_INDEX": "1"}
                self.outcomes(tree, **shard)
                self.assertEqual(self.done.returncode, 0, self.done.text)
                self.assertEqual(self.failed_without_us(tree, **shard), set())

    def test_a_shard_is_that_of_the_tests_also_where_the_list_is_made_before_them(self):
        tree = self.discovered("TEST_FILTER Near.*", "BATCH suite ISOLATION none", which="case_names_linked")
        shard = {"GTEST_TOTAL_SHARDS": "4", "GTEST_SHARD_INDEX": "3"}
        self.outcomes(tree, **shard)
        ran = {record["case"] for record in self.case_records(self.runs(tree)[-1])}
        self.list.unlink()
        self.outcomes(tree, **shard)
        again = {record["case"] for record in self.case_records(self.runs(tree)[-1])}
        self.assertEqual(again, ran)


if __name__ == "__main__":
    unittest.main()
