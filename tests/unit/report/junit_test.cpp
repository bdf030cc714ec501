
#include "journal/scratch_directory.hpp"
#include "report/rendered.hpp"
#include "report/sample_journal.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace holdfast {
namespace {

bool have_xmllint() { return std::system("xmllint --version > /dev/null 2>&1") == 0; }

// What xmllint says of the file; empty: it is valid.
std::string complaint(const ScratchDirectory& scratch, const std::string& xml) {
  const auto file = scratch.write("report.xml", xml);
  const std::string said = (scratch.path() / "said.txt").string();
  const std::string command = "xmllint --noout --schema '" + std::string(HOLDFAST_JUNIT_SCHEMA) +
                              "' '" + file.string() + "' > '" + said + "' 2>&1";
  if (std::system(command.c_str()) == 0) return {};
  std::ostringstream text;
  text << std::ifstream(said).rdbuf();
  return text.str();
}

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

RunReport with_awkward_text() {
  RunReport report = full_journal().report();
  const std::string every_byte = all_bytes();
  for (TestReport& test : report.tests) {
    test.name += every_byte + "]]>";
    for (Attempt& attempt : test.attempts) {
      attempt.note = every_byte;
      attempt.service_outputs.emplace_back().name = every_byte;
      attempt.wall_s = 1e300;
    }
    test.cases.push_back({every_byte, Outcome::failed});
    test.flags.push_back(every_byte);
  }
  return report;
}

TEST(JUnit, ItIsValidWhateverNamesAndOutputHold) {
  if (!have_xmllint()) GTEST_SKIP() << "xmllint is not installed (package libxml2-utils)";
  const ScratchDirectory scratch;
  EXPECT_EQ(complaint(scratch, text_of_report(full_journal().report(), Format::junit)), "");
  EXPECT_EQ(complaint(scratch, text_of_report(RunReport{}, Format::junit)), "");
  MadeUpOutputs awkward({}, all_bytes() + "<![CDATA[ ]]> &amp; \xEF\xBF\xBE\xEF\xBF\xBF]]>");
  EXPECT_EQ(complaint(scratch, text_of_report(with_awkward_text(), Format::junit, awkward)), "");
}

TEST(JUnit, ItIsValidForAnyJournal) {
  if (!have_xmllint()) GTEST_SKIP() << "xmllint is not installed (package libxml2-utils)";
  const ScratchDirectory scratch;
  for (unsigned seed = 0; seed < 50; ++seed) {
    ASSERT_EQ(complaint(scratch, text_of_report(random_journal(seed).report(), Format::junit)), "")
        << "seed " << seed;
  }
}

TEST(JUnit, TheSchemaRefusesWhatIsNotJUnit) {
  if (!have_xmllint()) GTEST_SKIP() << "xmllint is not installed (package libxml2-utils)";
  const ScratchDirectory scratch;
  EXPECT_NE(complaint(scratch, "<testsuites><testsuite name=\"x\"/></testsuites>"), "");
}

TEST(JUnit, FailuresErrorsAndSkipsAreTold) {
  const std::string xml = text_of_report(full_journal().report(), Format::junit);
  const auto has = [&](std::string_view text) { return xml.find(text) != std::string::npos; };
  // red | dead, slow, twice, gone, waiter, cut | later, off
  EXPECT_TRUE(has("tests=\"14\" failures=\"1\" errors=\"6\" skipped=\"2\"")) << xml;
  EXPECT_TRUE(has("<failure message=\"failed: exit code 3 after 0.05 s\" type=\"failed\">"));
  EXPECT_TRUE(
      has("<error message=\"crashed: signal 11 (SIGSEGV) after 0.05 s\" type=\"crashed\">"));
  EXPECT_TRUE(has("Unable to find executable: /x"));
  EXPECT_TRUE(has("<skipped message=\"disabled\"/>"));
}

TEST(JUnit, AnUnknownVerdictIsAnErrorAndSaysWhy) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).change_last_attempt([](AttemptEnded& ended) {
    ended.verdict = Verdict::unknown;
  });
  const std::string xml = text_of_report(sample.report(), Format::junit);
  EXPECT_NE(
      xml.find("<error message=\"holdfast: verdict unknown: exit code 0 after 0.05 s; its output "
               "decides, and what ctest found there is not on record\" type=\"unknown\">"),
      std::string::npos)
      << xml;
  EXPECT_NE(xml.find("failures=\"0\" errors=\"1\" skipped=\"0\""), std::string::npos) << xml;
}

TEST(JUnit, WhatRanNothingIsAnErrorWhereItIsRedAndSkippedWhereItIsNot) {
  struct Row {
    std::optional<Verdict> ctest;
    std::optional<Verdict> own;
    const char* expected;
  };
  const Row rows[] = {
      {Verdict::failed, std::nullopt, "<error message=\"no tests: "},
      {Verdict::passed, std::nullopt, "<skipped message=\"exit code 5"},
      {Verdict::skipped, std::nullopt, "<skipped message=\"exit code 5"},
      {std::nullopt, Verdict::failed, "<error message=\"no tests: "},
      {std::nullopt, Verdict::passed, "<skipped message=\"exit code 5"},
      {std::nullopt, std::nullopt, "<error message=\"no tests: "},
  };
  for (const Row& row : rows) {
    SampleJournal sample;
    sample.attempt("a", Outcome::no_tests, 5).change_last_attempt([&](AttemptEnded& ended) {
      ended.verdict = row.own;
    });
    if (row.ctest) sample.verdict("a", *row.ctest, 1, true);
    const std::string xml = text_of_report(sample.report(), Format::junit);
    EXPECT_NE(xml.find(row.expected), std::string::npos) << "row " << (&row - rows) << '\n' << xml;
  }
}

TEST(JUnit, AKeptScratchDirectoryIsAProperty) {
  SampleJournal sample;
  sample.attempt("a", Outcome::failed, 1).change_last_attempt([](AttemptEnded& ended) {
    ended.scratch = "/t/.holdfast/runs/1/scratch/2";
  });
  EXPECT_NE(text_of_report(sample.report(), Format::junit)
                .find("name=\"holdfast.scratch\" value=\"/t/.holdfast/runs/1/scratch/2\""),
            std::string::npos);
  EXPECT_NE(text_of_report(sample.report(), Format::json)
                .find("\"scratch\":\"/t/.holdfast/runs/1/scratch/2\""),
            std::string::npos);
  EXPECT_NE(text_of_report(sample.report(), Format::text)
                .find("\nScratch directories kept\n  a  /t/.holdfast/runs/1/scratch/2\n"),
            std::string::npos);
}

TEST(JUnit, ATestThatPassedWithoutFlagsIsOneElement) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed);
  const std::string xml = text_of_report(sample.report(), Format::junit, {{"a", "all is well"}});
  EXPECT_NE(xml.find("    <testcase name=\"a\" classname=\"a\" time=\"0.050\"/>\n"),
            std::string::npos)
      << xml;
  EXPECT_EQ(xml.find("all is well"), std::string::npos);
}

TEST(JUnit, ATestThatPassedAndFoundMarkersOrKeptAFileIsNotOneElement) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).change_last_attempt([](AttemptEnded& ended) {
    ended.orphan_markers = {{"exit-7", "is of another attempt"}};
  });
  sample.attempt("b", Outcome::passed).change_last_attempt([](AttemptEnded& ended) {
    ended.scratch = "/scratch/2";
  });
  const std::string xml = text_of_report(sample.report(), Format::junit);
  EXPECT_NE(xml.find("name=\"holdfast.orphan_marker\" value=\"exit-7 is of another attempt\""),
            std::string::npos)
      << xml;
  EXPECT_NE(xml.find("name=\"holdfast.scratch\" value=\"/scratch/2\""), std::string::npos) << xml;
}

// The names of the cases, and `HOST: ` before those of each suite.
std::string suites_in(const std::string& xml) {
  std::string found;
  std::istringstream lines(xml);
  for (std::string line; std::getline(lines, line);) {
    const auto value = [&](const std::string& name) {
      const std::size_t begin = line.find(" " + name + "=\"");
      if (begin == std::string::npos) return std::string();
      const std::size_t from = begin + name.size() + 3;
      return line.substr(from, line.find('"', from) - from);
    };
    if (line.find("<testsuite ") != std::string::npos) found += value("hostname") + ": ";
    if (line.find("<testcase ") != std::string::npos) found += value("name") + " ";
  }
  return found;
}

TEST(JUnit, TheTestsOfEachNodeAreASuite) {
  RunReport report;
  for (const auto& [name, node] : {std::pair("a", "n2"), {"b", ""}, {"c", "n1"}, {"d", "n2"}}) {
    TestReport& test = report.tests.emplace_back();
    test.name = name;
    test.outcome = Outcome::passed;
    test.attempts.emplace_back().node = node;
  }
  EXPECT_EQ(suites_in(text_of_report(report, Format::junit)), ": b n1: c n2: a d ");
}

TEST(JUnit, WhatAServicePrintedStandsWithTheFirstCaseThatWentWrong) {
  RunReport report;
  TestReport& batch = report.tests.emplace_back();
  batch.name = "batch";
  batch.outcome = Outcome::failed;
  batch.attempts.emplace_back().service_outputs = {{"db", 0, 1, "/db.log"}};
  batch.cases = {
      {"A.good", Outcome::passed}, {"A.red", Outcome::failed}, {"A.too", Outcome::failed}};
  const std::string xml = text_of_report(report, Format::junit, {{"db", "oops\n"}});
  EXPECT_EQ(suites_in(xml), ": A.good A.red A.too ");
  const std::size_t words = xml.find("output of service db");
  EXPECT_GT(words, xml.find("name=\"A.red\""));
  EXPECT_LT(words, xml.find("name=\"A.too\""));
  EXPECT_EQ(words, xml.rfind("output of service db"));
}

TEST(JUnit, AFailureHasItsPlaceItsWordsAndTheEndOfTheOutput) {
  SampleJournal sample;
  sample.attempt("a", Outcome::failed, 1);
  std::string output = "the very first line\n/s/a.cpp:7: Failure\nExpected: x\n\n";
  for (int i = 0; i < 500; ++i) output += "line " + std::to_string(i) + " of it\n";
  const std::string xml = text_of_report(sample.report(), Format::junit, {{"a", output}});
  EXPECT_NE(xml.find(" file=\"/s/a.cpp\" line=\"7\">"), std::string::npos) << xml;
  EXPECT_NE(xml.find("<failure message=\"failed: exit code 1 after 0.05 s; /s/a.cpp:7: Expected: "
                     "x\" type=\"failed\">"),
            std::string::npos);
  const std::size_t begin = xml.find("<failure");
  const std::string failure = xml.substr(begin, xml.find("</failure>") - begin);
  EXPECT_NE(failure.find("[... the end of the output ...]\nline "), std::string::npos);
  EXPECT_TRUE(failure.ends_with("line 499 of it\n"));
  EXPECT_LT(failure.size(), 5000U);
  EXPECT_NE(xml.find("<system-out>the very first line"), std::string::npos);
}

TEST(JUnit, AFailureHasTheEndOfALineThatIsLongerThanWhatItShows) {
  for (const char* end : {"", "\n"}) {
    SampleJournal sample;
    sample.attempt("a", Outcome::failed, 1);
    std::string output = "first\n";
    for (int i = 0; i < 3000; ++i) output += "é";
    const std::string xml = text_of_report(sample.report(), Format::junit, {{"a", output + end}});
    const std::size_t begin = xml.find("<failure");
    const std::string failure = xml.substr(begin, xml.find("</failure>") - begin);
    EXPECT_NE(failure.find("[... the end of the output ...]\né"), std::string::npos) << failure;
    EXPECT_TRUE(failure.ends_with(std::string("éé") + end)) << failure;
    EXPECT_LT(failure.size(), 5000U);
  }
}

TEST(JUnit, TestsOfOneNameAreToldApart) {
  RunReport report;
  for (int i = 0; i < 3; ++i) report.tests.emplace_back().name = "same";
  report.tests.emplace_back().name = "other";
  const std::string xml = text_of_report(report, Format::junit);
  for (const char* name : {"\"same\"", "\"same #2\"", "\"same #3\"", "\"other\""}) {
    EXPECT_NE(xml.find(std::string("<testcase name=") + name), std::string::npos) << name;
  }
}

TEST(JUnit, ATestHasItsNumberWithoutTheOthersOfItsName) {
  RunReport report;
  report.tests.emplace_back().name = "same";
  report.tests.back().nth = 3;
  EXPECT_NE(text_of_report(report, Format::junit).find("<testcase name=\"same #3\""),
            std::string::npos);
}

TEST(JUnit, ANumberMakesNoNameThatAnotherTestHas) {
  RunReport report;
  for (const char* name : {"same", "same", "same #2", "same", "batch"})
    report.tests.emplace_back().name = name;
  for (const char* name : {"case", "case", "case #2"})
    report.tests.back().cases.emplace_back().name = name;
  const std::string xml = text_of_report(report, Format::junit);
  std::string names;
  for (std::size_t at = 0; (at = xml.find("<testcase name=", at)) != std::string::npos; ++at) {
    names += xml.substr(at + 15, xml.find(" classname", at) - at - 15) + ' ';
  }
  EXPECT_EQ(names,
            "\"same\" \"same #3\" \"same #2\" \"same #4\" \"case\" \"case #3\" \"case #2\" ");
}

TEST(JUnit, EarlierAttemptsAreFlakyOrRerunFailures) {
  const std::string xml = text_of_report(full_journal().report(), Format::junit);
  EXPECT_NE(
      xml.find("<flakyFailure message=\"attempt 1: exit code 1 after 0.05 s\" type=\"failed\">"),
      std::string::npos)
      << xml;
  EXPECT_NE(
      xml.find("<rerunFailure message=\"attempt 1: exit code 1 after 0.05 s\" type=\"failed\">"),
      std::string::npos);
}

TEST(JUnit, AnEarlierAttemptThatDidNotFailIsNoRerun) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).attempt("a", Outcome::failed, 1);  // --repeat until-fail
  sample.attempt("b", Outcome::failed, 1).change_last_attempt([](AttemptEnded& ended) {
    ended.verdict = Verdict::passed;  // WILL_FAIL
  });
  sample.attempt("b", Outcome::passed).change_last_attempt([](AttemptEnded& ended) {
    ended.verdict = Verdict::failed;
  });
  const std::string xml = text_of_report(sample.report(), Format::junit);
  EXPECT_NE(xml.find("failures=\"2\""), std::string::npos) << xml;
  EXPECT_EQ(xml.find("rerunFailure"), std::string::npos) << xml;
}

TEST(JUnit, ACaseThatDidNotRunSaysWhyAndNoMore) {
  RunReport report;
  TestReport& batch = report.tests.emplace_back();
  batch.name = "batch";
  batch.outcome = Outcome::failed;
  batch.attempts.emplace_back();
  batch.cases = {{"A.red", Outcome::failed}, {"A.left", Outcome::not_run}};
  batch.cases[1].note = "the batch was ended";
  const std::string xml = text_of_report(report, Format::junit);
  EXPECT_NE(xml.find("message=\"not run: the batch was ended\""), std::string::npos) << xml;
}

TEST(JUnit, AnIncompleteRunSaysSo) {
  EXPECT_NE(text_of_report(RunReport{}, Format::junit).find("incomplete"), std::string::npos);
  EXPECT_EQ(text_of_report(full_journal().report(), Format::junit).find("incomplete"),
            std::string::npos);
}

TEST(JUnit, WhatPassedAgainstTheOddsIsNotFlaky) {
  SampleJournal sample;
  sample.attempt("a", Outcome::failed, 1).attempt("a", Outcome::passed);
  RunReport report = sample.report();
  report.tests.at(0).flaky = false;
  report.tests.at(0).flags.clear();
  const std::string xml = text_of_report(report, Format::junit);
  EXPECT_EQ(xml.find("flakyFailure"), std::string::npos) << xml;
  EXPECT_NE(xml.find("<property name=\"holdfast.attempts\" value=\"2\"/>"), std::string::npos);
}

TEST(JUnit, TheOutputsOfServicesAreToldApart) {
  SampleJournal sample;
  RunReport report = sample.attempt("a", Outcome::failed, 1).report();
  report.tests.at(0).attempts.back().service_outputs = {
      {"db", 0, 1, "/db.log"}, {"silent", 0, 1, "/s.log"}, {"web", 1, 2, "/web.log"}};
  const std::string xml =
      text_of_report(report, Format::junit, {{"db", "no line feed"}, {"web", "line\n"}});
  EXPECT_NE(xml.find("<system-err>holdfast: output of service db, generation 1, while the test "
                     "ran:\nno line feed\nholdfast: output of service web (instance 2), "
                     "generation 2, while the test ran:\nline\n</system-err>"),
            std::string::npos)
      << xml;
}

TEST(JUnit, ForJenkinsPropertiesAreLinesAndNoPlaceIsTold) {
  SampleJournal sample;
  sample.attempt("a", Outcome::failed, 1);
  MadeUpOutputs outputs(
      std::map<std::string, std::string>{{"a", "/s/a.cpp:7: Failure\nExpected: x\n"}});
  const std::string xml =
      text_of_report(sample.report(), Format::junit, outputs, JunitReader::jenkins);
  EXPECT_EQ(xml.find(" file="), std::string::npos) << xml;
  EXPECT_EQ(xml.find("name=\"holdfast.outcome\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("<system-err>holdfast.outcome: failed\nholdfast.attempts: 1\n</system-err>"),
            std::string::npos)
      << xml;
}

TEST(JUnit, AFailureWithoutAPlaceHasNone) {
  SampleJournal sample;
  sample.attempt("a", Outcome::failed, 1);
  const std::string xml =
      text_of_report(sample.report(), Format::junit, {{"a", "error: no such file\n"}});
  EXPECT_NE(xml.find("no such file"), std::string::npos);
  EXPECT_EQ(xml.find(" file=\""), std::string::npos) << xml;
  EXPECT_EQ(xml.find(" line=\""), std::string::npos) << xml;
}

TEST(JUnit, WhatAServicePrintedStandsWithNoCaseThatDidNotRun) {
  RunReport report;
  TestReport& batch = report.tests.emplace_back();
  batch.name = "batch";
  batch.outcome = Outcome::failed;
  batch.attempts.emplace_back().service_outputs = {{"db", 0, 1, "/db.log"}};
  batch.cases = {{"A.none", Outcome::not_run}, {"A.red", Outcome::failed}};
  const std::string xml = text_of_report(report, Format::junit, {{"db", "oops\n"}});
  const std::size_t words = xml.find("output of service db");
  ASSERT_NE(words, std::string::npos) << xml;
  EXPECT_GT(words, xml.find("name=\"A.red\""));
}

}  // namespace
}  // namespace holdfast
