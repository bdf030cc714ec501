"""How tests that passed after a retry appear in the summary, the reports and ctest's own records
(issue 6, docs/reference/retries.md)."""

import re
import unittest
import xml.etree.ElementTree as xml

from junit import cases_by_junitparser, check_by_schema
from retrying import Retry, verdicts
from support import CTEST, HOLDFAST


class Flaky(Retry):
    def flaky_run(self, *more, **how):
        return self.ran(
            self.add("f", 'echo "out $n"; test $n = 3 || exit 4', HOLDFAST_RETRY="exit:4=3"),
            self.add("g", "exit 4", HOLDFAST_RETRY="exit:4=2"), self.add("h", "exit 0"), *more, **how)

    def test_it_is_in_the_journal_the_summary_and_every_report(self):
        tree, done = self.flaky_run()
        self.assertEqual(verdicts(done.text), {"f": "Passed", "g": "***Failed", "h": "Passed"})
        self.assertEqual([r.get("flags") for r in self.ends(tree, "f")], [None, None, ["flaky"]])
        self.assertIn("; 1 flaky (f)\n", done.text)
        report = self.report(tree)
        self.assertEqual(report["counts"]["flaky"], 1)
        by_name = {test["name"]: test for test in report["tests"]}
        self.assertEqual((by_name["f"]["outcome"], by_name["f"]["flags"]), ("passed", ["flaky"]))
        self.assertEqual([a["verdict"] for a in by_name["f"]["attempts"]],
                         ["failed", "failed", "passed"])
        text = self.report(tree, "text")
        self.assertIn("tried again at once (exit:4=3: 2 of 3)", text)
        self.assertIn(self.ends(tree, "f")[0]["log"], text)

    def test_junit_is_valid_and_read_as_it_is_meant(self):
        tree, _ = self.flaky_run()
        file = self.work / "junit.xml"
        file.write_text(self.report(tree, "junit"))
        cases = {c.get("name"): c for c in xml.parse(file).iter("testcase")}
        self.assertEqual(len(cases["f"].findall("flakyFailure")), 2)
        self.assertEqual(len(cases["g"].findall("rerunFailure")), 2)
        self.assertEqual(len(cases["g"].findall("failure")), 1)
        self.assertIn("exit code 4", cases["f"].find("flakyFailure").get("message"))
        with self.subTest("xmllint"):
            check_by_schema(file)
        with self.subTest("junitparser"):
            self.assertEqual([(case["name"], case["result"], case["flaky"], case["rerun"])
                              for case in cases_by_junitparser(file)[:3]],
                             [("f", [], 2, 0), ("g", ["Failure"], 0, 2), ("h", [], 0, 0)])

    def assert_words(self, tree, name):
        """Each report shows by which words the first attempt failed."""
        words = "x.cpp:7: the socket was busy"
        case, = (c for c in xml.fromstring(self.report(tree, "junit")).iter("testcase") if c.get("name") == name)
        failure = case.find("flakyFailure")
        self.assertIn(words, failure.get("message"))
        self.assertIn("x.cpp:7: Failure\nthe socket was busy", failure.text)
        self.assertNotIn("CTestMeasurement", self.report(tree, "junit"))
        warning, = re.findall(f"^::warning title={name}%3A flaky.*$", self.report(tree, "github"), re.MULTILINE)
        self.assertIn(",file=x.cpp,line=7::", warning)
        self.assertIn(words, warning)
        text = self.report(tree, "text")
        self.assertIn(words, text[text.index("Flaky"):])
        self.assertIn(words, self.report(tree, "html"))

    def test_every_report_has_the_words_of_the_attempt_that_failed(self):
        tree, _ = self.ran(self.add("f", "echo x.cpp:7: Failure; echo the socket was busy; test $n = 2",
                                    HOLDFAST_RETRY="any=2"))
        self.assert_words(tree, "f")

    def test_so_it_is_if_ctest_repeats_the_test(self):
        tree, done = self.ran(self.add("f", "test -e ran || { touch ran; echo x.cpp:7: Failure; "
                                            "echo the socket was busy; exit 1; }"),
                              self.add("h", "exit 0"), arguments=("--repeat", "until-pass:3"))
        self.assertEqual(done.returncode, 0, done.text)
        self.assert_words(tree, "f")
        self.ctest(tree, "-R", "h")  # ctest's log is that of another run
        run = self.runs(tree)[0].name
        self.assertIn("x.cpp:7: the socket was busy", self.finish(
            HOLDFAST, "report", "--tree", tree, run).stdout.decode())

    def test_ctest_has_a_label_and_a_measurement_of_it(self):
        tree, _ = self.flaky_run()
        done = self.ctest(tree, "-T", "Test", "--no-compress-output")
        self.settled(tree)
        self.assertIn("flaky", done.text[done.text.index("Label Time Summary"):])
        tag = (tree / "Testing/TAG").read_text().split()[0]
        tests = {t.findtext("Name"): t for t in xml.parse(tree / f"Testing/{tag}/Test.xml").iter("Test")
                 if t.get("Status")}
        self.assertEqual([l.text for l in tests["f"].iter("Label")], ["flaky"])
        self.assertEqual(list(tests["h"].iter("Label")), [])
        named = {m.get("name"): m.findtext("Value") for m in tests["f"].iter("NamedMeasurement")}
        self.assertEqual(named["holdfast.attempts"], "3")

    def test_what_is_for_ctest_does_not_decide_about_the_verdict(self):
        tree, done = self.ran(
            self.add("f", "echo a; test $n = 2", HOLDFAST_RETRY="any=2",
                     FAIL_REGULAR_EXPRESSION="CTestMeasurement"),
            self.add("g", "echo a; exit 3", HOLDFAST_RETRY="any=1",
                     PASS_REGULAR_EXPRESSION="memory|attempt"))
        self.assertEqual(verdicts(done.text), {"f": "Passed", "g": "***Failed"})
        self.assertEqual(self.ends(tree, "f")[-1]["flags"], ["flaky"])

    def test_flaky_result_fail_is_red_whatever_the_properties(self):
        tree, done = self.ran(
            self.add("f", "test $n = 2", HOLDFAST_RETRY="any=2"),
            self.add("g", "test $n = 1", HOLDFAST_RETRY="any=2", WILL_FAIL="ON"),
            self.add("h", "echo try $n", HOLDFAST_RETRY="any=2", PASS_REGULAR_EXPRESSION="try 2"),
            toml='[profile.default]\nflaky-result = "fail"\n')
        for name, verdict in verdicts(done.text).items():
            self.assertIn(verdict, ("***Exception", "Subprocess aborted***Exception", "***Failed"), name)
        self.assertEqual(done.returncode, 8)
        self.assertIn('"f": passed on attempt 2, and flaky-result is fail', done.text)
        self.assertEqual(self.report(tree)["counts"]["flaky"], 3)
        self.assertEqual(self.report(tree)["counts"]["failed"], 3)


class Known(Retry):
    TOML = """
[[known-flaky]]
tests = "^net"
signature = "reset by peer"
issue = "PROJ-12"
expires = {expires}
attempts = 2
"""

    def test_only_what_matches_is_tried_again(self):
        tree, done = self.ran(
            self.add("net.a", "echo connection reset by peer; test $n = 3"),
            self.add("net.b", "echo something else; exit 1"),
            self.add("disk", "echo connection reset by peer; exit 1"),
            toml=self.TOML.format(expires="2999-12-31"))
        self.assertEqual(verdicts(done.text),
                         {"net.a": "Passed", "net.b": "***Failed", "disk": "***Failed"})
        self.assertEqual({name: len(self.ends(tree, name)) for name in ("net.a", "net.b", "disk")},
                         {"net.a": 3, "net.b": 1, "disk": 1})
        self.assertIn("known flaky, PROJ-12: 1 of 2", self.ends(tree, "net.a")[0]["retry"])

    def test_an_expired_entry_is_said_once_and_not_applied(self):
        tree, done = self.ran(
            self.add("net.a", "echo connection reset by peer; exit 1"),
            self.add("net.b", "echo connection reset by peer; exit 1"),
            toml=self.TOML.format(expires="2020-01-31"))
        self.assertEqual(len(self.ends(tree)), 2)
        self.assertEqual(done.text.count("ignoring known-flaky \"^net\" (PROJ-12), which expired on "
                                         "2020-01-31"), 1)


if __name__ == "__main__":
    unittest.main()
