#include "report/render.hpp"

#include "sample_journal.hpp"
#include "scratch_directory.hpp"

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

RunReport with_awkward_text() {
  RunReport report = full_journal().report();
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  for (TestReport& test : report.tests) {
    test.name += every_byte + "]]>";
    for (Attempt& attempt : test.attempts) {
      attempt.output = every_byte + "<![CDATA[ ]]> &amp; \xEF\xBF\xBE\xEF\xBF\xBF";
      attempt.note = every_byte;
      ServiceOutput& printed = attempt.service_outputs.emplace_back();
      printed.name = every_byte;
      printed.output = every_byte + "]]>";
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
  EXPECT_EQ(complaint(scratch, render(full_journal().report(), Format::junit)), "");
  EXPECT_EQ(complaint(scratch, render(RunReport{}, Format::junit)), "");
  EXPECT_EQ(complaint(scratch, render(with_awkward_text(), Format::junit)), "");
}

TEST(JUnit, ItIsValidForAnyJournal) {
  if (!have_xmllint()) GTEST_SKIP() << "xmllint is not installed (package libxml2-utils)";
  const ScratchDirectory scratch;
  for (unsigned seed = 0; seed < 50; ++seed) {
    ASSERT_EQ(complaint(scratch, render(random_journal(seed).report(), Format::junit)), "")
        << "seed " << seed;
  }
}

TEST(JUnit, TheSchemaRefusesWhatIsNotJUnit) {
  if (!have_xmllint()) GTEST_SKIP() << "xmllint is not installed (package libxml2-utils)";
  const ScratchDirectory scratch;
  EXPECT_NE(complaint(scratch, "<testsuites><testsuite name=\"x\"/></testsuites>"), "");
}

TEST(JUnit, FailuresErrorsAndSkipsAreTold) {
  const std::string xml = render(full_journal().report(), Format::junit);
  const auto has = [&](std::string_view text) { return xml.find(text) != std::string::npos; };
  // red | dead, slow, twice, gone, waiter, cut | later, off
  EXPECT_TRUE(has("tests=\"14\" failures=\"1\" errors=\"6\" skipped=\"2\"")) << xml;
  EXPECT_TRUE(has("<failure message=\"failed: exit code 3 after 0.05 s\" type=\"failed\">"));
  EXPECT_TRUE(
      has("<error message=\"crashed: signal 11 (SIGSEGV) after 0.05 s\" type=\"crashed\">"));
  EXPECT_TRUE(has("Unable to find executable: /x"));
  EXPECT_TRUE(has("<skipped message=\"disabled\"/>"));
}

TEST(JUnit, AnUnknownVerdictIsSkippedAndSaysSo) {
  SampleJournal sample;
  sample.attempt("a", Outcome::passed).change_last_attempt([](AttemptEnded& ended) {
    ended.verdict = Verdict::unknown;
  });
  const std::string xml = render(sample.report(), Format::junit);
  EXPECT_NE(xml.find("<skipped message=\"holdfast: verdict unknown\">exit code 0 after 0.05 s; its "
                     "output decides, and what ctest found there is not on record</skipped>"),
            std::string::npos)
      << xml;
  EXPECT_NE(xml.find("failures=\"0\" errors=\"0\" skipped=\"1\""), std::string::npos) << xml;
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
    const std::string xml = render(sample.report(), Format::junit);
    EXPECT_NE(xml.find(row.expected), std::string::npos) << "row " << (&row - rows) << '\n' << xml;
  }
}

TEST(JUnit, AKeptScratchDirectoryIsAProperty) {
  SampleJournal sample;
  sample.attempt("a", Outcome::failed, 1).change_last_attempt([](AttemptEnded& ended) {
    ended.scratch = "/t/.holdfast/runs/1/scratch/2";
  });
  EXPECT_NE(render(sample.report(), Format::junit)
                .find("name=\"holdfast.scratch\" value=\"/t/.holdfast/runs/1/scratch/2\""),
            std::string::npos);
  EXPECT_NE(
      render(sample.report(), Format::json).find("\"scratch\": \"/t/.holdfast/runs/1/scratch/2\""),
      std::string::npos);
  EXPECT_NE(render(sample.report(), Format::text)
                .find("\nScratch directories kept\n  a  /t/.holdfast/runs/1/scratch/2\n"),
            std::string::npos);
}

TEST(JUnit, EarlierAttemptsAreFlakyOrRerunFailures) {
  const std::string xml = render(full_journal().report(), Format::junit);
  EXPECT_NE(
      xml.find("<flakyFailure message=\"attempt 1: exit code 1 after 0.05 s\" type=\"failed\">"),
      std::string::npos)
      << xml;
  EXPECT_NE(
      xml.find("<rerunFailure message=\"attempt 1: exit code 1 after 0.05 s\" type=\"failed\">"),
      std::string::npos);
}

TEST(JUnit, AnIncompleteRunSaysSo) {
  EXPECT_NE(render(RunReport{}, Format::junit).find("incomplete"), std::string::npos);
  EXPECT_EQ(render(full_journal().report(), Format::junit).find("incomplete"), std::string::npos);
}

}  // namespace
}  // namespace holdfast
