"""One XML report of GoogleTest's for a batch, in each isolation (docs/reference/batches.md)."""

import unittest
import xml.etree.ElementTree as ElementTree

from batches_test import Batch as GoogletestBatch

FILTER = "--gtest_filter=Ends.passes:Ends.fails:Ends.skips:Ends.exits_3:Ends.crashes:State.*:Typed*:All*"
CASES = {"Ends.passes", "Ends.fails", "Ends.skips", "Ends.exits_3", "Ends.crashes", "State.first", "State.second",
         "Typed/std::char-*.runs", "Typed/std::int-*.runs",
         *(f"All/Values.is_small/{number}" for number in range(3))}
RED = {"Ends.fails", "Ends.exits_3", "Ends.crashes", "All/Values.is_small/2"}
LINKED = {"linked": "gtest_cases", "not": "gtest_cases_not_linked"}


class XmlReport(GoogletestBatch):
    def cases_in(self, file):
        """{name: element}; each case is in it once, and the sums are right."""
        root = ElementTree.parse(file).getroot()
        elements = root.findall(".//testcase")
        found = {f"{one.get('classname')}.{one.get('name')}": one for one in elements}
        self.assertEqual(len(found), len(elements), file)
        for group in (root, *root.findall("testsuite")):
            inside = group.findall(".//testcase")
            self.assertEqual(int(group.get("tests")), len(inside))
            self.assertEqual(int(group.get("failures")), sum(one.find("failure") is not None for one in inside))
        return found

    def batches(self, tests):
        """`tests`: name -> (program, words, isolation, more properties)."""
        text = ""
        for name, (program, words, isolation, more) in tests.items():
            text += (f'add_test(NAME {name} COMMAND @P@/{program} {words})\n'
                     f"set_tests_properties({name} PROPERTIES HOLDFAST_ISOLATION {isolation} {more})\n")
        return self.project(text)

    def test_all_cases_are_in_it_once(self):
        tests = {f"{which}.{isolation}": (name, f'"{FILTER}" --gtest_output=xml:out/{which}.{isolation}.xml',
                                          isolation, "PROCESSORS 2")
                 for which, name in LINKED.items() for isolation in ("none", "process", "fork")}
        tree = self.batches(tests)
        self.ctest(tree, "-j2")
        for name in tests:
            with self.subTest(name=name):
                found = self.cases_in(tree / "out" / f"{name}.xml")
                self.assertEqual(set(found), CASES)
                red = {case for case, one in found.items() if one.find("failure") is not None}
                # With isolation none, State.second meets what State.first has left.
                self.assertEqual(red - {"State.second"}, RED)
                self.assertIsNotNone(found["Ends.skips"].find("skipped"))
                self.assertIn("crashed", found["Ends.crashes"].find("failure").get("message"))
                self.assertIn("on purpose", found["Ends.fails"].find("failure").get("message"))
                if name != "linked.fork":
                    # GoogleTest's own elements say more.
                    self.assertEqual(found["All/Values.is_small/0"].get("value_param"), "1")
        self.assertEqual(sorted(path.name for path in (tree / "out").iterdir()),
                         sorted(f"{name}.xml" for name in tests))
        self.assert_nothing_left()

    def test_a_variable_and_a_directory_name_it_too(self):
        out = self.work / "out of it"
        tests = {"variable": ("gtest_cases", f'"{FILTER}"', "process", f'ENVIRONMENT "GTEST_OUTPUT=xml:{out}/"'),
                 "list": ("gtest_cases", "--gtest_list_tests", "process",
                          f'ENVIRONMENT "GTEST_OUTPUT=xml:{out}/list.xml"'),
                 "bazel": ("gtest_cases", f'"{FILTER}"', "process", f'ENVIRONMENT "XML_OUTPUT_FILE={out}/bazel.xml"')}
        tree = self.batches(tests)
        self.ctest(tree)
        for name in ("gtest_cases", "bazel"):
            self.assertEqual(set(self.cases_in(out / f"{name}.xml")), CASES)

    def test_a_variable_that_is_empty_counts_as_set(self):
        """In plain ctest an empty file name stands for the directory, and an empty GTEST_OUTPUT for no report."""
        ways = {"bazel": "XML_OUTPUT_FILE=", "no_name": "GTEST_OUTPUT=xml:",
                "none": "GTEST_OUTPUT=;XML_OUTPUT_FILE=unwanted.xml"}
        tests = {}
        for way, environment in ways.items():
            for isolation in ("none", "process"):
                place = self.work / f"{way}.{isolation}"
                place.mkdir()
                tests[place.name] = ("gtest_cases", '"--gtest_filter=Ends.passes"', isolation,
                                     f'WORKING_DIRECTORY "{place}" ENVIRONMENT "{environment}"')
        tree = self.batches(tests)
        self.assertEqual(self.ctest(tree).returncode, 0)
        for name in tests:
            with self.subTest(name=name):
                made = sorted(path.name for path in (self.work / name).iterdir())
                self.assertEqual(made, [] if name.startswith("none") else ["gtest_cases.xml"])

    def test_a_retry_changes_the_cases_that_it_ran(self):
        tree = self.batches({"retried": ("gtest_cases", f'"{FILTER}" --gtest_output=xml:retried.xml', "process",
                                         "HOLDFAST_RETRY any=1")})
        self.ctest(tree)
        found = self.cases_in(tree / "retried.xml")
        self.assertEqual(set(found), CASES)
        self.assertEqual(found["All/Values.is_small/0"].get("value_param"), "1")

    def test_what_is_no_file_is_left_to_the_processes(self):
        """A report of Holdfast's would take the place of a link, a pipe or a device."""
        (self.work / "real.xml").write_text("")
        (self.work / "link.xml").symlink_to("real.xml")
        tests = {name: ("gtest_cases", f"--gtest_filter=Ends.passes --gtest_output=xml:{path}", "process", "")
                 for name, path in (("link", self.work / "link.xml"), ("device", "/dev/null"),
                                    ("descriptor", "/proc/self/fd/1"))}
        tree = self.batches(tests)
        self.assertEqual(self.ctest(tree).returncode, 0)
        self.assertTrue((self.work / "link.xml").is_symlink())
        self.assertEqual(set(self.cases_in(self.work / "real.xml")), {"Ends.passes"})


del GoogletestBatch


if __name__ == "__main__":
    unittest.main()
