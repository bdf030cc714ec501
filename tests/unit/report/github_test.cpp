#include "report/rendered.hpp"
#include "report/sample_journal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {
namespace {

constexpr std::size_t k_plenty = 1U << 20U;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t number_of(const std::string& text, std::string_view kind) {
  const std::vector<std::string> lines = lines_of(text);
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(),
      [&](const std::string& line) { return line.starts_with("::" + std::string(kind) + " "); }));
}

std::string summary_of(const RunReport& report, std::map<std::string, std::string> outputs = {},
                       std::size_t room = k_plenty) {
  MadeUpOutputs made_up(std::move(outputs));
  return github_summary(report, made_up, room);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(GithubReport, AFailureIsAnErrorAtItsFileAndLine) {
  SampleJournal sample;
  sample.run_started().attempt("a, b: c", Outcome::failed, 1).run_ended();
  const std::string text =
      text_of_report(sample.report(), Format::github,
                     {{"a, b: c",
                       "/s/x,y.cpp:12: Failure\nExpected: 100%\nActual: 99%\n\nmore\n"
                       "../src/b.cpp:3: Failure\nother\n"}});
  EXPECT_EQ(
      lines_of(text),
      (std::vector<std::string>{
          "::error title=a%2C b%3A c%3A failed,file=/s/x%2Cy.cpp,line=12::Expected: 100%25"
          "%0AActual: 99%25%0Aexit code 1 after 0.05 s",
          "::error title=a%2C b%3A c%3A failed,file=/home/a/src/b.cpp,line=3::other",
          "::notice title=holdfast::1 planned, 1 run: 1 failed%0A1 through Holdfast, 0 not"}));
}

TEST(GithubReport, AFailureWithoutWordsOfItsOwnHasTheEndOfItsOutput) {
  SampleJournal sample;
  sample.run_started().attempt("a", Outcome::crashed, 11).run_ended();
  const std::string text = text_of_report(
      sample.report(), Format::github, {{"a", std::string(3000, 'x') + "\n::set-env::\n\x1b[1m"}});
  EXPECT_TRUE(
      text.starts_with("::error title=a%3A crashed::signal 11 (SIGSEGV) after 0.05 s%0A"
                       "::set-env::%0A\n"))
      << text;
}

TEST(GithubReport, AFlakyTestIsAWarningAtThePlaceOfItsFirstFailure) {
  SampleJournal sample;
  sample.run_started();
  for (const char* log : {"1.log", "2.log"}) {
    sample.attempt("a", Outcome::failed, 1).change_last_attempt([&](AttemptEnded& ended) {
      ended.log = log;
    });
  }
  sample.attempt("a", Outcome::passed).run_ended();
  const std::string text = text_of_report(sample.report(), Format::github,
                                          {{"1.log", "/s/a.cpp:7: Failure\nExpected: x\n"},
                                           {"2.log", "/s/b.cpp:9: Failure\nExpected: y\n"}});
  EXPECT_EQ(lines_of(text).at(0),
            "::warning title=a%3A flaky,file=/s/a.cpp,line=7::exit code 0 after 0.05 s; attempt 3"
            "%0Aattempt 1: exit code 1 after 0.05 s: /s/a.cpp:7: Expected: x"
            "%0Aattempt 2: exit code 1 after 0.05 s: /s/b.cpp:9: Expected: y");
}

TEST(GithubReport, ThereAreNoMoreOfAKindThanGithubShows) {
  SampleJournal sample;
  sample.run_started();
  for (int i = 0; i < 30; ++i) {
    sample.attempt("red" + std::to_string(i), Outcome::failed, 1);
    const std::string flaky = "flaky" + std::to_string(i);
    sample.attempt(flaky, Outcome::failed, 1).attempt(flaky, Outcome::passed);
  }
  sample.run_ended(false);
  const std::string text = text_of_report(sample.report(), Format::github);
  EXPECT_EQ(number_of(text, "error"), 10U) << text;
  EXPECT_EQ(number_of(text, "warning"), 10U) << text;
  EXPECT_EQ(number_of(text, "notice"), 1U) << text;
  EXPECT_TRUE(text.starts_with("::error title=holdfast::incomplete")) << text;
  EXPECT_TRUE(has(text, "::error title=22 more went wrong::red8: failed, red9, "));
  EXPECT_TRUE(has(text, "::warning title=21 more::"));
  for (int i = 0; i < 28; ++i) EXPECT_TRUE(has(text, "red" + std::to_string(i))) << i;
}

TEST(GithubReport, EachTestHasItsFirstWordsBeforeAnyHasItsSecond) {
  SampleJournal sample;
  sample.run_started();
  std::map<std::string, std::string> outputs;
  for (const char* name : {"a", "b", "c", "d"}) {
    sample.attempt(name, Outcome::failed, 1);
    for (const char* line : {"1", "2", "3", "4"})
      outputs[name] +=
          std::string("/s/") + name + ".cpp:" + line + ": Failure\nno " + line + "\n\n";
  }
  const std::string text =
      text_of_report(sample.run_ended().report(), Format::github, std::move(outputs));
  EXPECT_EQ(number_of(text, "error"), 10U) << text;
  EXPECT_TRUE(has(lines_of(text).at(3), "file=/s/d.cpp,line=1:")) << text;
  EXPECT_TRUE(has(lines_of(text).at(9), "file=/s/b.cpp,line=3:")) << text;
}

TEST(GithubReport, OfAFlakyTestOnlyTheAttemptsThatFailedAreTold) {
  SampleJournal sample;
  sample.run_started().attempt("a", Outcome::passed);
  sample.attempt("a", Outcome::failed, 1).attempt("a", Outcome::passed).run_ended();
  const std::string text = text_of_report(sample.report(), Format::github);
  EXPECT_FALSE(has(text, "attempt 1: ")) << text;
  EXPECT_TRUE(has(text, "%0Aattempt 2: exit code 1 after 0.05 s\n")) << text;
}

TEST(GithubReport, AStaleTestIsAWarning) {
  RunReport report = full_journal().report();
  report.tests.at(0).stale = true;
  report.tests.at(0).stale_why = "its program was rebuilt";
  EXPECT_TRUE(has(text_of_report(report, Format::github),
                  "::warning title=ok%3A stale::its program was rebuilt\n"));
}

TEST(GithubReport, CasesOfABatchAreNamedWithTheirBatch) {
  RunReport report;
  report.run.complete = true;
  TestReport& test = report.tests.emplace_back();
  test.name = "batch";
  test.outcome = Outcome::failed;
  test.attempts.emplace_back();
  test.cases = {{"Net.A", Outcome::passed}, {"Net.B", Outcome::failed}};
  const std::string text = text_of_report(report, Format::github);
  EXPECT_TRUE(has(text, "::error title=batch%3A Net.B%3A failed")) << text;
  EXPECT_EQ(number_of(text, "error"), 1U) << text;
}

TEST(GithubReport, EachAnnotationIsOneLineForAnyJournal) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    for (const std::string& line :
         lines_of(text_of_report(random_journal(seed).report(), Format::github))) {
      ASSERT_TRUE(line.starts_with("::error title=") || line.starts_with("::warning title=") ||
                  line.starts_with("::notice title="))
          << "seed " << seed << ": " << line;
    }
  }
}

TEST(GithubSummary, TheFailuresComeFirstWithTheirWordsAndTheEndOfTheirOutput) {
  const std::string text = summary_of(full_journal().report(),
                                      {{"red", "/s/a.cpp:7: Failure\nExpected: x\n\n```\nlast\n"}});
  EXPECT_TRUE(text.starts_with("### :x: 7 went wrong\n\n14 planned, 12 run, ")) << text;
  EXPECT_TRUE(has(text,
                  "<details><summary><code>red</code>: failed: <code>/s/a.cpp&#58;7&#58; "
                  "Expected&#58; x</code></summary>\n"))
      << text;
  EXPECT_TRUE(has(text, "\n````text\n/s/a.cpp:7: Failure\nExpected: x\n\n```\nlast\n````\n"));
  EXPECT_TRUE(has(text, "\n#### Flaky\n\n- <code>wobbly</code> "));
  EXPECT_TRUE(has(text, "\n#### Not run\n\n- <code>gone</code> Unable to find executable&#58; /x"));
}

TEST(GithubSummary, LeftProcessesAndLostServicesAreNamed) {
  RunReport report = full_journal().report();
  report.services.push_back({.name = "db", .generation = 2, .deaths = {{1, {"red"}, 1002}}});
  const std::string text = summary_of(report);
  EXPECT_TRUE(has(text, "\n#### Left processes behind\n\n- <code>leaky</code> exit code 0 "))
      << text;
  EXPECT_TRUE(has(text, "\n#### Services lost\n\n- db died during red ")) << text;
}

TEST(GithubSummary, ItSaysThatARunIsIncompleteOrHadNoTests) {
  EXPECT_TRUE(summary_of(SampleJournal().run_started().run_ended(false).report())
                  .starts_with("### :warning: incomplete\n"));
  EXPECT_TRUE(summary_of(SampleJournal().run_started().run_ended().report())
                  .starts_with("### :warning: no tests"));
  EXPECT_TRUE(
      summary_of(SampleJournal().run_started().attempt("a", Outcome::passed).run_ended().report())
          .starts_with("### :white_check_mark: all is well\n"));
}

TEST(GithubSummary, NamesAreNoMarkup) {
  SampleJournal sample;
  const std::string name = "</code></summary><script>alert(1)</script> **a** [b](c) `d`\n## e";
  sample.run_started().attempt(name, Outcome::failed, 1).run_ended();
  const std::string text = summary_of(sample.report());
  EXPECT_FALSE(has(text, "<script")) << text;
  EXPECT_FALSE(has(text, "**a**")) << text;
  EXPECT_FALSE(has(text, "](")) << text;
  EXPECT_FALSE(has(text, "\n## e")) << text;
}

TEST(GithubSummary, ItFitsIntoTheRoomAndNamesWhatIsLeftOut) {
  SampleJournal sample;
  sample.run_started();
  std::map<std::string, std::string> outputs;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "red" + std::to_string(i);
    sample.attempt(name, Outcome::failed, 1);
    outputs[name] = std::string(4000, 'x');
  }
  const RunReport report = sample.run_ended().report();
  for (const std::size_t room : {std::size_t{0}, std::size_t{100}, std::size_t{50'000}, k_plenty}) {
    EXPECT_LE(summary_of(report, outputs, room).size(), room);
  }
  const std::string text = summary_of(report, outputs);
  EXPECT_GT(text.size(), k_plenty - 30'000);
  EXPECT_TRUE(has(text, "\n#### More that went wrong\n\n- <code>red")) << text.size();
}

TEST(GithubSummary, AfterTheFirstThatDoesNotFitAllAreOnlyNamed) {
  SampleJournal sample;
  sample.run_started().attempt("large", Outcome::failed, 1).attempt("small", Outcome::failed, 1);
  const std::string text =
      summary_of(sample.run_ended().report(), {{"large", std::string(4000, 'x')}}, 19'000);
  EXPECT_FALSE(has(text, "<details>")) << text;
  EXPECT_TRUE(
      has(text, "\n#### More that went wrong\n\n- <code>large</code>\n- <code>small</code>"))
      << text;
}

TEST(GithubSummary, ListsThatDoNotFitAreLeftOut) {
  SampleJournal sample;
  sample.run_started();
  for (int i = 0; i < 50; ++i)
    sample.attempt("skipped " + std::string(150, 'x') + std::to_string(i), Outcome::skipped);
  const RunReport report = sample.run_ended().report();
  EXPECT_TRUE(has(summary_of(report), "\n#### Skipped\n"));
  const std::string text = summary_of(report, {}, 5000);
  EXPECT_TRUE(text.starts_with("### :white_check_mark: all is well\n")) << text;
  EXPECT_FALSE(has(text, "Skipped")) << text;
}

TEST(GithubSummary, ShardsAndTheTimeOfAShortRunAreSaid) {
  RunReport report =
      SampleJournal().run_started().attempt("a", Outcome::passed).run_ended().report();
  EXPECT_TRUE(has(summary_of(report), "\ntook 1 min 0 s\n")) << summary_of(report);
  report.shards = {{"one", report.run}, {"two", report.run}};
  EXPECT_TRUE(has(summary_of(report), "\n2 shards&#58; one ")) << summary_of(report);
}

TEST(GithubReport, WithoutATreeAPlaceIsAsTheCompilerSaidIt) {
  SampleJournal sample;
  sample.run_started().attempt("a", Outcome::failed, 1).run_ended();
  RunReport report = sample.report();
  report.run.tree.clear();  // the shards of a suite had several
  EXPECT_TRUE(
      has(text_of_report(report, Format::github, {{"a", "../src/b.cpp:3: Failure\nother\n"}}),
          ",file=../src/b.cpp,line=3::"));
}

}  // namespace
}  // namespace holdfast
