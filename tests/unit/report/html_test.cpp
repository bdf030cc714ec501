#include "base/encoding.hpp"
#include "journal/kept_output.hpp"
#include "report/html/data.hpp"
#include "report/rendered.hpp"

#include "report/sample_journal.hpp"
#include "report/shown.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view k_hostile = "</script><img src=x onerror=alert(1)>\"'&";

std::string gunzipped(std::string bytes) {
  z_stream stream{};
  if (::inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) throw std::runtime_error("inflateInit2");
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::array<char, 4096> buffer{};
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    state = ::inflate(&stream, Z_NO_FLUSH);
    text.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  ::inflateEnd(&stream);
  if (state != Z_STREAM_END) throw std::runtime_error("no whole stream of gzip");
  return text;
}

// What a block of the page has.
json block_of(const std::string& page, const std::string& id) {
  const std::string tag = "<script type=\"application/octet-stream\" id=\"" + id + "\">";
  const std::size_t begin = page.find(tag);
  if (begin == std::string::npos) return nullptr;
  const std::size_t end = page.find('<', begin + tag.size());
  const auto data = std::string_view(page).substr(begin + tag.size(), end - begin - tag.size());
  return json::parse(gunzipped(from_base64(data).value_or("")));
}

// The page up to the data: what is there without a script.
std::string plain_part(const std::string& page) {
  const std::size_t style = page.find("<style>");
  const std::size_t body = page.find("</style>");
  return page.substr(0, style) + page.substr(body, page.find("<script") - body);
}

std::string page_of(const RunReport& report, std::map<std::string, std::string> outputs = {}) {
  return text_of_report(report, Format::html, std::move(outputs));
}

std::vector<std::string> names_in(const json& columns) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < columns.at("rest").size(); ++i) {
    std::string before = names.empty() ? std::string() : names.back();
    before.resize(columns.at("shared").at(i));
    names.push_back(before + columns.at("rest").at(i).get<std::string>());
  }
  return names;
}

TEST(HtmlReport, CountsAreThoseOfJsonInThePlainPartAndInTheData) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    const RunReport report = random_journal(seed).report();
    const json counts = json::parse(text_of_report(report, Format::json)).at("counts");
    const std::string page = page_of(report);
    const json columns = block_of(page, "columns");
    std::map<std::string, std::size_t> in_data;
    for (const std::size_t outcome : columns.at("outcome")) {
      std::string name = columns.at("outcomes").at(outcome).at(0);
      ++in_data[name == "deliberate_exit" ? "failed" : name];
    }
    ASSERT_EQ(columns.at("outcome").size(), counts.at("planned")) << "seed " << seed;
    for (const OutcomeFacts& row : k_outcome_table) {
      if (row.outcome == Outcome::deliberate_exit) continue;
      const std::size_t number = counts.at(std::string(row.name));
      ASSERT_EQ(in_data[std::string(row.name)], number) << "seed " << seed;
      if (number == 0) continue;
      ASSERT_THAT(page, HasSubstr("<dt>" + label(row.outcome) + "</dt><dd>" +
                                  std::to_string(number) + "</dd>"))
          << "seed " << seed;
    }
    ASSERT_THAT(page, HasSubstr("<dt>planned</dt><dd>" + counts.at("planned").dump() + "</dd>"));
  }
}

TEST(HtmlReport, EachTestIsInTheColumnsWithItsName) {
  const RunReport report = full_journal().report();
  const json columns = block_of(page_of(report), "columns");
  std::vector<std::string> names;
  for (const TestReport& test : report.tests) names.push_back(test.name);
  EXPECT_EQ(names_in(columns), names);
  EXPECT_EQ(columns.at("number").at(2), 3);
  EXPECT_EQ(columns.at("lock_wait").at(1), 4'200'000);
  EXPECT_EQ(columns.at("wall").at(4), 61'000'000);
  EXPECT_EQ(columns.at("uses").at(columns.at("use").at(0).get<std::size_t>()), "db@project");
}

TEST(HtmlReport, TheNumbersInTheColumnsAreThoseOfTheLastAttempt) {
  RunReport report;
  TestReport& test = report.tests.emplace_back();
  test.attempts.resize(2);
  test.attempts[0].user_s = 9;
  Attempt& last = test.attempts[1];
  last.has_ended = true;
  last.started = 100;
  last.ended = 103;
  last.wall_s = 2;
  last.user_s = 1;
  last.sys_s = 0.5;
  last.max_rss_kb = 100;
  last.memory_peak_kb = 300;
  last.lock_wait_s = 0.5;
  last.service_wait_s = 0.25;
  last.locks = {"db@project"};
  last.services = {"web#1"};
  const json columns = block_of(page_of(report), "columns");
  EXPECT_EQ(columns.at("attempts"), json::array({2}));
  EXPECT_EQ(columns.at("begin"), json::array({0}));
  EXPECT_EQ(columns.at("wall"), json::array({2'000'000}));
  EXPECT_EQ(columns.at("cpu"), json::array({1'500'000}));
  EXPECT_EQ(columns.at("memory_kb"), json::array({300}));
  EXPECT_EQ(columns.at("lock_wait"), json::array({500'000}));
  EXPECT_EQ(columns.at("service_wait"), json::array({250'000}));
  EXPECT_EQ(columns.at("uses"), json::array({"", "db@project, web#1"}));
  EXPECT_EQ(columns.at("use"), json::array({1}));
}

TEST(HtmlReport, NamesThatShareTheirStartAreWhole) {
  RunReport report;
  for (const char* name :
       {"suite.caf\xC3\xA9", "suite.caf\xC3\xA8", "suite.x", "suite.x", "a\xff\n"})
    report.tests.emplace_back().name = name;
  const json columns = block_of(page_of(report), "columns");
  // No number counts part of a character, whatever a language counts its strings in.
  EXPECT_EQ(columns.at("shared"), json({0, 9, 6, 7, 0}));
  EXPECT_EQ(names_in(columns).at(1), "suite.caf\xC3\xA8");
  EXPECT_EQ(names_in(columns).at(4), "a\xEF\xBF\xBD\\n");
}

TEST(HtmlReport, TheWordsOfAFailureStandBeforeItsOutputAndInTheData) {
  SampleJournal sample;
  sample.run_started().attempt("red", Outcome::failed, 1).verdict("red", Verdict::failed, 1);
  sample.attempt("ok", Outcome::passed).verdict("ok", Verdict::passed, 2).run_ended();
  const std::string page = page_of(
      sample.report(),
      {{"red",
        "\x1b[31mnoise\x1b[0m\n\x1b[1m/s/a.cpp:7: Failure\x1b[m\nExpected: <x>\n\nthe end"}});
  const std::string plain = plain_part(page);
  const std::size_t words = plain.find("Expected: &lt;x&gt;");
  ASSERT_NE(words, std::string::npos);
  EXPECT_LT(words, plain.find("exit code 1 after 0.05 s"));
  EXPECT_LT(words, plain.find("noise\n/s/a.cpp:7: Failure\n"));
  EXPECT_THAT(plain, HasSubstr("/s/a.cpp:7</code>"));
  EXPECT_THAT(plain, HasSubstr("<h1>1 of 2 tests went wrong</h1>"));
  const json said = block_of(page, "words");
  EXPECT_EQ(said.at("of"), json({0}));
  EXPECT_EQ(said.at("words"), json({"/s/a.cpp:7: Expected: <x>"}));
  EXPECT_EQ(said.at("blocks"), json({0}));
  const json details = block_of(page, "details-0").at("0");
  EXPECT_EQ(details.at("endings"), json({"exit code 1 after 0.05 s"}));
  EXPECT_THAT(details.at("test").at("attempts").at(0).at("output").get<std::string>(),
              testing::StartsWith("noise\n/s/a.cpp"));
}

TEST(HtmlReport, TheEndOfAnOutputWithoutWordsIsBounded) {
  const std::string plain =
      plain_part(page_of(full_journal().report(), {{"dead", std::string(5000, 'x') + "\n"}}));
  const std::size_t begin = plain.find("the end of its output");
  ASSERT_NE(begin, std::string::npos);
  const std::string said = plain.substr(begin, plain.find("</div>", begin) - begin);
  EXPECT_THAT(said, HasSubstr(std::string(1900, 'x')));
  EXPECT_THAT(said, Not(HasSubstr(std::string(2001, 'x'))));
}

TEST(HtmlReport, CasesAreCountedWhereThereAreSome) {
  SampleJournal sample;
  sample.run_started().attempt("a", Outcome::passed).run_ended();
  EXPECT_THAT(plain_part(page_of(sample.report())), Not(HasSubstr("id=\"cases\"")));
  RunReport report = sample.report();
  report.counts.cases = 2;
  EXPECT_THAT(plain_part(page_of(report)), HasSubstr("<p id=\"cases\">2 cases in batches"));
}

TEST(HtmlReport, WithoutWordsTheReasonIsLeft) {
  const std::string page = page_of(full_journal().report(), {{"dead", "nothing of interest"}});
  EXPECT_THAT(plain_part(page), HasSubstr("signal 11 (SIGSEGV) after 0.05 s"));
  const json words = block_of(page, "words").at("words");
  EXPECT_THAT(words.dump(), HasSubstr("signal 11 (SIGSEGV) after 0.05 s"));
}

TEST(HtmlReport, TheReasonOfASkipHasNoColours) {
  SampleJournal sample;
  sample.attempt("a", Outcome::skipped, 77);
  sample.verdict("a", Verdict::skipped, 1);
  const std::string page = page_of(sample.report(), {{"a", "\x1b[33mno network\x1b[0m\n"}});
  EXPECT_THAT(page, HasSubstr("no network"));
  EXPECT_THAT(page, Not(HasSubstr("\\x1b[33m")));
}

TEST(HtmlReport, WhatAReaderMustKnowIsSaidOnTop) {
  SampleJournal sample;
  sample.run_started().attempt_started("cut");
  sample.journal().flaws = 2;
  RunReport report = sample.report();
  report.run.unrecorded = 3;
  std::string plain = plain_part(page_of(report));
  plain.resize(plain.find("<main>"));
  EXPECT_THAT(plain, HasSubstr("<h1>INCOMPLETE: 1 of 1 test went wrong"));
  EXPECT_THAT(plain, HasSubstr("INCOMPLETE: ctest did not finish"));
  EXPECT_THAT(plain, HasSubstr("<title>INCOMPLETE: "));
  EXPECT_THAT(plain, HasSubstr("3 more ran through Holdfast and could not be recorded"));
  EXPECT_THAT(plain, HasSubstr("2 lines of the journal ignored"));
  EXPECT_THAT(page_of(SampleJournal().run_started().run_ended().report()),
              HasSubstr("No tests: ctest selected none."));
  const std::string whole =
      page_of(SampleJournal().run_started().attempt("a", Outcome::passed).run_ended().report());
  EXPECT_THAT(whole, Not(HasSubstr("INCOMPLETE: ")));
  EXPECT_THAT(whole, HasSubstr("The test passed"));
}

TEST(HtmlReport, TheVerdictIsThatOfAllTests) {
  const auto verdict = [](const std::vector<Outcome>& outcomes) {
    RunReport report;
    for (const Outcome outcome : outcomes) report.tests.emplace_back().outcome = outcome;
    report.counts = count(report.tests);
    report.run.complete = true;
    const std::string page = page_of(report);
    const std::size_t begin = page.find("<h1>") + 4;
    return page.substr(begin, page.find("</h1>") - begin);
  };
  EXPECT_EQ(verdict({}), "No tests");
  EXPECT_EQ(verdict({Outcome::passed, Outcome::passed}), "All 2 tests passed");
  EXPECT_EQ(verdict({Outcome::passed, Outcome::skipped}), "No test went wrong; 1 of 2 passed");
  EXPECT_EQ(verdict({Outcome::passed, Outcome::not_run}), "No test went wrong; 1 of 2 passed");
  EXPECT_EQ(verdict({Outcome::passed, Outcome::unknown}), "1 of 2 tests went wrong");
}

TEST(HtmlReport, TheTenSlowestTestsComeFirst) {
  RunReport report;
  for (int i = 1; i <= 12; ++i) {
    TestReport& test = report.tests.emplace_back();
    test.name = fmt::format("t{}", i);
    test.outcome = Outcome::passed;
    test.attempts.emplace_back().has_ended = true;
    test.attempts[0].wall_s = i;
  }
  const std::string html = page_of(report);
  EXPECT_LT(html.find(">t12<"), html.find(">t11<"));
  EXPECT_LT(html.find(">t11<"), html.find(">t3<"));
  EXPECT_THAT(html, HasSubstr(">t3<"));
  EXPECT_THAT(html, Not(HasSubstr(">t2<")));
}

TEST(HtmlReport, ATestIsToldOnceWhateverItDid) {
  SampleJournal sample;
  sample.run_started().attempt("a", Outcome::failed, 1).attempt("a", Outcome::passed);
  sample.change_last_attempt([](AttemptEnded& ended) { ended.leftovers = {{7, "sleep"}}; });
  const RunReport report = sample.run_ended().report();
  ASSERT_TRUE(report.tests.at(0).flaky && report.tests[0].leaked);
  const std::string page = page_of(report);
  ASSERT_THAT(page, HasSubstr("<article>"));
  EXPECT_EQ(page.find("<article>"), page.rfind("<article>"));
}

// A later run has overwritten all outputs.
class GoneOutputs final : public Outputs {
 public:
  Printed of(const TestReport& /*test*/) override { return {{}, "it is gone"}; }
  std::string of(const Case& /*one*/) override { return {}; }
  std::string of(const Attempt& /*earlier*/) override { return {}; }
  std::string of(const ServiceOutput& /*part*/) override { return {}; }
};

TEST(HtmlReport, AnOutputThatIsGoneIsNotSaidToHaveBeenEmpty) {
  GoneOutputs outputs;
  SampleJournal sample;
  sample.run_started().attempt("a", Outcome::failed, 1).run_ended();
  const std::string page = text_of_report(sample.report(), Format::html, outputs);
  EXPECT_THAT(page, HasSubstr("No output: it is gone."));
  EXPECT_THAT(page, Not(HasSubstr("It printed nothing.")));
}

TEST(HtmlReport, NothingFromOutsideIsMarkup) {
  const std::string hostile(k_hostile);
  SampleJournal sample;
  sample.run_started()
      .attempt(hostile, Outcome::failed, 1)
      .change_last_attempt([&](AttemptEnded& ended) {
        ended.note = ended.scratch = ended.log = ended.retry = hostile;
        ended.leftovers = {{1, hostile}};
        ended.orphan_markers = {{hostile, hostile}};
        ended.forensics.push_back({hostile, false, hostile});
        ended.flags = {hostile, "leaked"};
        ended.services = {hostile};
        ended.marker = hostile;
      });
  sample.verdict(hostile, Verdict::failed, 1);
  sample.bare(hostile + "2", hostile).verdict(hostile + "3", Verdict::failed, 3, false, hostile);
  RunReport report = sample.report();
  report.run.id = report.run.tree = report.run.version = report.run.retries = hostile;
  report.run.command = {hostile};
  report.tests[0].attempts[0].service_outputs = {{hostile, 0, 1, hostile}};
  report.tests[0].cases = {{hostile, Outcome::failed}};
  report.services.push_back(
      {.name = hostile, .generation = 2, .started = 1, .deaths = {{1, {hostile}}}});
  report.services.back().generations = {{1, 1, 1.5, 2}};
  report.steps.emplace_back().kind = hostile;
  MadeUpOutputs outputs({}, "a.cpp:1: Failure\n" + hostile);
  const std::string page = text_of_report(report, Format::html, outputs);
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  // All scripts are data, but the last.
  const std::string last = "<script>";
  EXPECT_EQ(page.find(last), page.rfind(last));
  EXPECT_EQ(names_in(block_of(page, "columns")).at(0), hostile);
  EXPECT_THAT(page, HasSubstr("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
}

TEST(HtmlReport, ManyFailuresAreAllNamedAndTakeLittleRoom) {
  SampleJournal sample;
  sample.run_started();
  for (int i = 0; i < 3000; ++i) sample.attempt(fmt::format("red_{}", i), Outcome::failed, 1);
  MadeUpOutputs outputs({}, std::string(10'000, 'x') + "\n");
  const std::string page = text_of_report(sample.run_ended().report(), Format::html, outputs);
  const std::string plain = plain_part(page);
  EXPECT_LT(plain.size(), 1'500'000U);
  for (const int i : {0, 49, 50, 1049, 1050, 2999})
    EXPECT_THAT(plain, HasSubstr(fmt::format(">red_{}<", i)));
  // Each test is in the block that the list says.
  const std::vector<std::size_t> blocks = block_of(page, "words").at("blocks");
  ASSERT_GT(blocks.size(), 2U);
  EXPECT_TRUE(block_of(page, "details-1").contains(std::to_string(blocks[1])));
  EXPECT_FALSE(block_of(page, "details-0").contains(std::to_string(blocks[1])));
}

// As much as deflate can do nothing about, for each test another.
class RandomOutputs final : public Outputs {
 public:
  Printed of(const TestReport& test) override {
    std::string text = "begins\n";
    std::uint64_t state = std::hash<std::string>()(test.name) | 1U;
    while (text.size() < k_output_limit - 100) {
      state ^= state << 13U;
      state ^= state >> 7U;
      state ^= state << 17U;
      text += k_digits[state % k_digits.size()];
    }
    return {text + "\nends\n", {}};
  }
  std::string of(const Case& /*one*/) override { return {}; }
  std::string of(const Attempt& /*earlier*/) override { return {}; }
  std::string of(const ServiceOutput& /*part*/) override { return {}; }

 private:
  static constexpr std::string_view k_digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
};

TEST(HtmlReport, OutputsAreShortenedWhenThePageBecomesLarge) {
  constexpr int k_tests = 300;
  SampleJournal sample;
  sample.run_started();
  for (int i = 0; i < k_tests; ++i) sample.attempt(fmt::format("red_{}", i), Outcome::failed, 1);
  RandomOutputs outputs;
  const std::string page = text_of_report(sample.run_ended().report(), Format::html, outputs);
  EXPECT_LT(page.size(), 16U << 20U);
  const std::vector<std::size_t> blocks = block_of(page, "words").at("blocks");
  const auto output_of = [&](int test) {
    const auto after = std::upper_bound(blocks.begin(), blocks.end(), std::size_t(test));
    const json block = block_of(page, fmt::format("details-{}", after - blocks.begin() - 1));
    return block.at(std::to_string(test))
        .at("test")
        .at("attempts")
        .at(0)
        .at("output")
        .get<std::string>();
  };
  EXPECT_THAT(output_of(0), testing::StartsWith("begins\n"));
  EXPECT_THAT(output_of(0), testing::EndsWith("\nends\n"));
  EXPECT_THAT(output_of(k_tests - 1), Not(HasSubstr("begins")));
  EXPECT_THAT(output_of(k_tests - 1), testing::EndsWith("ends\n"));
  EXPECT_LT(output_of(k_tests - 1).size(), 4096U);
}

TEST(HtmlReport, TheTimelineHasTheAttemptsAndLanesOfTheTrace) {
  const RunReport report = full_journal().report();
  const json timeline = block_of(page_of(report), "timeline");
  std::vector<int> attempts;
  std::vector<int> lanes;
  const json trace = json::parse(text_of_report(report, Format::trace));
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") != "X" || event.at("cat") != "test") continue;
    attempts.push_back(event.at("args").at("attempt").get<int>() - 1);
    lanes.push_back(event.at("tid"));
  }
  EXPECT_EQ(timeline.at("tests").at("attempt"), json(attempts));
  EXPECT_EQ(timeline.at("tests").at("lane"), json(lanes));
  EXPECT_EQ(timeline.at("tests").at("jobs"), lanes.size());
  EXPECT_EQ(timeline.at("steps").at("jobs"), 0);
}

TEST(HtmlReport, TheTimelineHasTheOutcomeOfEachAttempt) {
  SampleJournal sample;
  sample.run_started().attempt("a", Outcome::failed, 1).attempt("a", Outcome::passed).run_ended();
  EXPECT_EQ(block_of(page_of(sample.report()), "timeline").at("tests").at("outcome"),
            json({static_cast<int>(Outcome::failed), static_cast<int>(Outcome::passed)}));
}

TEST(HtmlReport, TheTimelineHasTheBuildStepsAndTheirWaits) {
  RunReport report = full_journal().report();
  StepRecord step;
  step.kind = "link";
  step.output = "app";
  step.at = *report.run.started - 1;
  step.wall_s = 2;
  step.slot_wait_s = 0.5;
  step.outcome = Outcome::passed;
  report.steps = {step};
  const json steps = block_of(page_of(report), "timeline").at("steps");
  EXPECT_EQ(steps.at("jobs"), 1);
  EXPECT_EQ(steps.at("name"), json({"link app"}));
  EXPECT_EQ(steps.at("wait"), json({500'000}));
  EXPECT_EQ(steps.at("work"), json({2'000'000}));
}

TEST(HtmlReport, ItIsTheSameEachTime) {
  const RunReport report = full_journal().report();
  EXPECT_EQ(page_of(report), page_of(report));
}

TEST(ShownOutput, LeavesOutWhatOnlyATerminalObeys) {
  EXPECT_EQ(shown("\x1b[1;31mred\x1b[0m \x1b]0;title\aplain\x1b(B\x1b=\n"), "red plain\n");
  EXPECT_EQ(shown("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\"), "link");
  EXPECT_EQ(shown("10%\r20%\r\nend\r"), "10%\n20%\nend\n");
  EXPECT_EQ(shown("a\x08 \x01\tb\xff"), "a\\x08 \\x01\tb\xEF\xBF\xBD");
  EXPECT_EQ(shown("\x1b"), "");
  EXPECT_EQ(shown("\x1b[31"), "");
  EXPECT_EQ(shown("\x1b]not a title\nnext"), "not a title\nnext");
}

TEST(ShownOutput, ATailBeginsWithAWholeLineAndSaysWhatIsMissing) {
  EXPECT_EQ(tail_of("one\ntwo\n", 8), "one\ntwo\n");
  EXPECT_EQ(tail_of("one\ntwo\nthree\n", 8), "[... 8 bytes left out ...]\nthree\n");
  EXPECT_EQ(tail_of("\xC3\xA9\xC3\xA9", 3), "[... 2 bytes left out ...]\n\xC3\xA9");
  EXPECT_EQ(tail_of("abc", 0), "[... 3 bytes left out ...]\n");
}

TEST(ShownOutput, OfAPageIsBoundedAndGoodCasesHaveNone) {
  MadeUpOutputs made_up(
      std::map<std::string, std::string>{{"red", "\x1b[31mone\ntwo\n"}, {"good", "fine"}});
  ShownOutputs outputs(made_up);
  TestReport test;
  test.name = "red";
  EXPECT_EQ(outputs.of(test).text, "one\ntwo\n");
  EXPECT_EQ(outputs.of(Case{"good", Outcome::passed}), "");
  outputs.limit(5);
  EXPECT_EQ(outputs.of(test).text, "[... 4 bytes left out ...]\ntwo\n");
  EXPECT_EQ(outputs.of(Case{"red", Outcome::failed}), "[... 4 bytes left out ...]\ntwo\n");
}

TEST(HtmlReport, OfBuildStepsAloneNothingIsSaidOfTests) {
  RunReport report;
  report.run.tree = "/b";
  StepRecord& step = report.steps.emplace_back();
  step.kind = "compile";
  step.output = "a.o";
  step.outcome = Outcome::passed;
  step.at = 2;
  step.wall_s = 1;
  const std::string page = plain_part(page_of(report));
  EXPECT_THAT(page, HasSubstr("<h1>Build steps; no run of the tests is recorded</h1>"));
  EXPECT_THAT(page, HasSubstr("<title>Build steps; no run of the tests is recorded - /b</title>"));
  EXPECT_THAT(page, Not(HasSubstr("INCOMPLETE")));
}

TEST(HtmlReport, ACaseOrServiceThatPrintedNothingHasNoOutput) {
  SampleJournal sample;
  sample.run_started().attempt("batch", Outcome::failed, 1).run_ended();
  RunReport report = sample.report();
  report.tests[0].cases = {{"A.silent", Outcome::failed}, {"A.loud", Outcome::failed}};
  report.tests[0].attempts[0].service_outputs = {{"quiet", 0, 1, "q.log"}, {"db", 0, 1, "d.log"}};
  const std::string plain =
      plain_part(page_of(report, {{"A.loud", "oops\n"}, {"db", "words of db\n"}}));
  const std::string title = "Output of the case";
  EXPECT_EQ(plain.find(title), plain.rfind(title));
  EXPECT_NE(plain.find(title), std::string::npos);
  EXPECT_THAT(plain, Not(HasSubstr("Output of service quiet")));
  EXPECT_THAT(plain, HasSubstr("Output of service db"));
}

TEST(HtmlReport, OfManyRedCasesTheFirstAreToldAndTheOthersNamed) {
  SampleJournal sample;
  sample.run_started().attempt("batch", Outcome::failed, 1).run_ended();
  RunReport report = sample.report();
  report.tests[0].cases = {{"A.good", Outcome::passed}};
  for (int i = 0; i < 22; ++i)
    report.tests[0].cases.push_back({fmt::format("A.c{}", i), Outcome::failed});
  const std::string plain = plain_part(page_of(report));
  EXPECT_THAT(plain, HasSubstr("<p>22 of 23 cases went wrong:</p>"));
  EXPECT_THAT(plain, HasSubstr("<b class=\"name\">A.c19</b>"));
  EXPECT_THAT(plain, Not(HasSubstr("<b class=\"name\">A.c20</b>")));
  EXPECT_THAT(plain, HasSubstr("<p>And 2 more: A.c20, A.c21</p>"));
  report.tests[0].cases.resize(21);
  EXPECT_THAT(plain_part(page_of(report)), Not(HasSubstr("<p>And ")));
}

// What is wrong with earlier attempts' files is in their outputs.
class EarlierOutputs final : public Outputs {
 public:
  using Outputs::of;
  std::string of(const Attempt& earlier) override {
    return earlier.n == 1 ? std::string(k_output_dropped) : "a.cpp:7: Failure\nno\n";
  }
};

TEST(HtmlReport, AnEarlierAttemptHasItsWordsOrWhyItHasNone) {
  SampleJournal sample;
  sample.run_started();
  for (const char* log : {"/r/1.log", "/r/2.log", "/r/3.log"}) {
    sample.attempt("a", Outcome::failed, 1).change_last_attempt([&](AttemptEnded& ended) {
      ended.log = log;
    });
  }
  EarlierOutputs outputs;
  const std::string plain =
      plain_part(text_of_report(sample.run_ended().report(), Format::html, outputs));
  EXPECT_THAT(plain, HasSubstr("<summary>3 attempts</summary>"));
  EXPECT_THAT(plain, HasSubstr("<code>/r/1.log</code> (not kept any more)"));
  EXPECT_THAT(plain,
              HasSubstr("exit code 1 after 0.05 s: a.cpp:7: no<br><code>/r/2.log</code></li>"));
  EXPECT_THAT(plain, HasSubstr("exit code 1 after 0.05 s<br><code>/r/3.log</code></li>"));
}

TEST(HtmlReport, TheLogOfARunIsALinkOnItsMachine) {
  RunReport report =
      SampleJournal().run_started().attempt("a", Outcome::passed).run_ended().report();
  EXPECT_THAT(page_of(report), Not(HasSubstr("its log")));
  report.run.log = "debug";
  report.run.tree = "/b d";
  report.run.id = "7-x";
  EXPECT_THAT(page_of(report),
              HasSubstr("<a href=\"file:///b%20d/%2Eholdfast/runs/7-x/holdfast.log\">its log</a>"));
}

}  // namespace
}  // namespace holdfast
