#include "report/load.hpp"

#include "ctest/ctest_log.hpp"
#include "ctest/opened_log.hpp"
#include "journal/kept_output.hpp"
#include "journal/records.hpp"
#include "journal/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace holdfast {
namespace {

const std::string k_dashes(58, '-');
const std::string k_log =
    "Start testing: Nov 20 08:54 UTC\n" + k_dashes +
    "\n1/1 Testing: a\n1/1 Test: a\nCommand: \"/bin/x\"\nDirectory: /t\n\"a\" start time: Nov 20 "
    "08:54 UTC\nOutput:\n" +
    k_dashes + "\nwhat it printed\n<end of output>\nTest time =   0.03 sec\n" + k_dashes +
    "\nTest Failed.\n\"a\" end time: Nov 20 08:54 UTC\n\"a\" time elapsed: 00:00:00\n" + k_dashes +
    "\n\nEnd testing: Nov 20 08:54 UTC\n";

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Adds a run as the launcher, ctest and `holdfast end` leave it. The log is written now.
void add_run(const ScratchDirectory& tree, const std::string& id, double at, double ended = now()) {
  const auto log = tree.write("Testing/Temporary/LastTest.log", k_log);
  std::string journal = line_of(RunStarted{at, id, tree.path().string(), "", "", {}, {}});
  journal += R"({"v":1,"type":"attempt_started","at":1,"attempt":"x.1","test":"a","key":"k","n":1})"
             "\n";
  journal +=
      R"({"v":1,"type":"attempt_ended","at":2,"attempt":"x.1","test":"a","key":"k","n":1,"outcome":"failed","exit_code":1})"
      "\n";
  const OpenedLog opened(log);
  const auto verdicts = read_ctest_log({opened.descriptor(), log.parent_path(), ""}, {}, at);
  ASSERT_TRUE(verdicts) << verdicts.error().message;
  for (const VerdictRecord& verdict : *verdicts) journal += line_of(verdict);
  journal += line_of(RunEnded{ended, id, true});
  tree.write(".holdfast/runs/" + id + "/journal.jsonl", journal);
}

TEST(LoadReport, OutputComesFromCtestsLog) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  const RunEntry run = *find_run(tree.path(), "latest");
  const Result<RunReport> report = load_report(run);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->tests.size(), 1U);
  EXPECT_EQ(outputs_of(*report, run)->of(report->tests[0]).text, "what it printed\n");
}

TEST(LoadReport, NumbersForCtestAreNoOutputWhereverItIs) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  const std::string text =
      "before\n<CTestMeasurement type=\"numeric/integer\" "
      "name=\"n\">3</CTestMeasurement>\nbehind\n";
  tree.write(".holdfast/runs/one/output/ctest.log", text);
  const RunEntry run = *find_run(tree.path(), "latest");
  Result<RunReport> report = load_report(run);
  ASSERT_TRUE(report);
  report->tests[0].output_place = OutputPlace{"/elsewhere/output/ctest.log", 0, text.size()};
  EXPECT_EQ(outputs_of(*report, run)->of(report->tests[0]).text, "before\nbehind\n");
  // One that is not whole is what the test printed.
  const std::string cut = "<CTestMeasurement type=\"text/string\" name=\"n\">one\ntwo\n";
  tree.write(".holdfast/runs/one/output/ctest.log", cut);
  report->tests[0].output_place = OutputPlace{"/elsewhere/output/ctest.log", 0, cut.size()};
  EXPECT_EQ(outputs_of(*report, run)->of(report->tests[0]).text, cut);
}

Case case_at(std::uint64_t offset, std::uint64_t length,
             const std::string& log = "/elsewhere/x.1.log") {
  Case one;
  one.outcome = Outcome::failed;
  one.output = OutputPlace{log, offset, length};
  return one;
}

Attempt attempt_with_log() {
  Attempt attempt;
  attempt.log = "/elsewhere/x.1.log";
  return attempt;
}

TEST(LoadReport, AnOutputThatWasCutIsNamedAsSuch) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  const std::string mark = mark_of_left_out(14);
  tree.write(".holdfast/runs/one/output/x.1.log", "0123456789" + mark);
  const RunEntry run = *find_run(tree.path(), "latest");
  const std::unique_ptr<Outputs> outputs = outputs_of(*load_report(run), run);
  EXPECT_EQ(outputs->of(case_at(0, 4)), "0123");
  EXPECT_EQ(outputs->of(case_at(6, 4)), "6789");
  EXPECT_EQ(outputs->of(case_at(8, 4)), "89" + mark_of_left_out(2));
  EXPECT_EQ(outputs->of(case_at(12, 5)), mark_of_left_out(5));
  EXPECT_EQ(outputs->of(case_at(17, 0)), "");
  EXPECT_EQ(outputs->of(attempt_with_log()), "0123456789" + mark);
}

TEST(LoadReport, EachCaseIsReadFromTheFileOfItsAttempt) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  tree.write(".holdfast/runs/one/output/x.1.log", "first");
  tree.write(".holdfast/runs/one/output/x.2.log", "other");
  const RunEntry run = *find_run(tree.path(), "latest");
  const std::unique_ptr<Outputs> outputs = outputs_of(*load_report(run), run);
  EXPECT_EQ(outputs->of(case_at(0, 5)), "first");
  EXPECT_EQ(outputs->of(case_at(0, 5, "x.2.log")), "other");
  EXPECT_EQ(outputs->of(case_at(0, 5, "gone.log")), "");
  EXPECT_EQ(outputs->of(ServiceOutput{"db", 0, 1, "gone.log"}), "");
  EXPECT_EQ(outputs->of(case_at(0, 5)), "first");
}

TEST(LoadReport, ATestWhosePlaceInTheLogIsNotKnownHasANote) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  const RunEntry run = *find_run(tree.path(), "latest");
  Result<RunReport> report = load_report(run);
  ASSERT_TRUE(report);
  TestReport& test = report->tests.at(0);
  test.output_place.reset();
  const std::unique_ptr<Outputs> outputs = outputs_of(*report, run);
  EXPECT_EQ(outputs->of(test).text, "");
  EXPECT_NE(outputs->of(test).note, "");
  test.attempts.clear();  // it did not run
  EXPECT_EQ(outputs->of(test).note, "");
}

TEST(LoadReport, ARunWhoseFirstRecordIsLostHasTheIdOfItsDirectory) {
  const ScratchDirectory tree;
  tree.write(".holdfast/runs/one/journal.jsonl",
             R"({"v":1,"type":"attempt_started","at":1,"attempt":"x.1","test":"a","key":"k","n":1})"
             "\n");
  const Result<RunReport> report = load_report(*find_run(tree.path(), "one"));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->run.id, "one");
  EXPECT_EQ(report->tests.size(), 1U);
}

TEST(LoadReport, AnOutputThatWasDroppedIsNamedAsSuch) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  tree.write(".holdfast/runs/one/output/dropped", "");
  const RunEntry run = *find_run(tree.path(), "latest");
  const std::unique_ptr<Outputs> outputs = outputs_of(*load_report(run), run);
  EXPECT_EQ(outputs->of(case_at(0, 4)), k_output_dropped);
  EXPECT_EQ(outputs->of(case_at(0, 0)), "");
  EXPECT_EQ(outputs->of(attempt_with_log()), k_output_dropped);
}

// What a generation printed from byte `from` to byte `to`, of which `log` keeps 10 bytes at either
// end.
std::string printed(const std::string& log, std::int64_t from, std::optional<std::int64_t> to) {
  const ScratchDirectory tree;
  ServiceRecord use;
  use.event = "red_use";
  use.service = "db";
  use.user = "x.1";
  use.log = "/moved/db-1.log";
  use.log_from = from;
  use.log_to = to;
  use.log_head = 10;
  tree.write(".holdfast/runs/one/services/db-1.log", log);
  tree.write(
      ".holdfast/runs/one/journal.jsonl",
      line_of(RunStarted{now(), "one", tree.path().string(), "", "", {}, {}}) +
          R"({"v":1,"type":"attempt_started","at":1,"attempt":"x.1","test":"a","key":"k","n":1})"
          "\n" +
          line_of(use));
  const RunEntry run = *find_run(tree.path(), "one");
  const Result<RunReport> report = load_report(run);
  if (!report) return "no report";
  return outputs_of(*report, run)->of(report->tests.at(0).attempts.at(0).service_outputs.at(0));
}

TEST(LoadReport, TheOutputOfAServiceIsReadAroundItsGap) {
  const std::string gap = mark_of_gap(80);
  const std::string log = "0123456789" + gap + "abcdefghij";
  EXPECT_EQ(printed(log, 2, 5), "234");
  EXPECT_EQ(printed(log, 8, 92), "89" + gap + "ab");
  EXPECT_EQ(printed(log, 20, 30), gap);
  EXPECT_EQ(printed(log, 95, std::nullopt), "fghij");
  EXPECT_EQ(printed("0123456789abcde", 8, 12), "89ab");
  // The service still runs, and the rest is in files beside this one.
  EXPECT_EQ(printed("0123456789", 8, 12), "89\n[... 2 bytes are not in db-1.log ...]\n");
  EXPECT_EQ(printed(std::string(10, 'x') + std::string(40 << 10, 'y'), 10, std::nullopt).size(),
            (16U << 10) + std::string("\n[... 24576 bytes left out ...]\n").size());
}

TEST(LoadReport, OutputThatALaterRunOverwroteIsSaidToBeGone) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  add_run(tree, "two", now() - 0.1);
  const RunEntry run = *find_run(tree.path(), "one");
  const Result<RunReport> report = load_report(run);
  ASSERT_TRUE(report);
  const Printed printed = outputs_of(*report, run)->of(report->tests[0]);
  EXPECT_EQ(printed.text, "");
  EXPECT_NE(printed.note.find("later run"), std::string::npos);
}

TEST(LoadReport, TheStepsOfAnEarlierBuildAreNotThisRuns) {
  const ScratchDirectory tree;
  const double start = now();
  add_run(tree, "1-20261120-100000-7", start - 100);
  add_run(tree, "2-20261120-100100-7", start + 100);
  const auto step = [](double at, const std::string& output) {
    return R"({"v":1,"type":"step","kind":"compile","output":")" + output +
           R"(","outcome":"passed","at":)" + std::to_string(at) + "}\n";
  };
  tree.write(".holdfast/build/journal.jsonl", step(start - 200, "a.o") + step(start + 50, "b.o"));
  const auto steps = [&](const char* run) {
    const RunEntry entry = *find_run(tree.path(), run);
    Result<RunReport> report = load_report(entry);
    load_steps(*report, entry);
    std::string outputs;
    for (const StepRecord& one : report->steps) outputs += one.output;
    return outputs;
  };
  EXPECT_EQ(steps("1"), "a.ob.o");  // up to the next run's start
  EXPECT_EQ(steps("2"), "b.o");
  // A bundle gets the same ones.
  const auto bundled = [&](const char* run) { return step_lines(*find_run(tree.path(), run)); };
  EXPECT_EQ(bundled("1"), step(start - 200, "a.o") + step(start + 50, "b.o"));
  EXPECT_EQ(bundled("2"), step(start + 50, "b.o"));
  // Of the journal that was full.
  tree.write(".holdfast/build/journal.jsonl.old", step(start + 40, "o.o"));
  EXPECT_EQ(steps("2"), "o.ob.o");
  EXPECT_EQ(bundled("2"), step(start + 40, "o.o") + step(start + 50, "b.o"));
  add_run(tree, "3-20261120-100200-7", start + 200);
  EXPECT_EQ(steps("3"), "");
  EXPECT_EQ(bundled("3"), "");
}

TEST(LoadReport, AJournalThatCannotBeOpenedIsAnError) {
  EXPECT_FALSE(load_report(RunEntry{"x", "/nonexistent/x", "/nonexistent/x/journal.jsonl"}));
}

TEST(LoadReport, TheStepsOfARunBeginWhereTheRunBeforeItEnded) {
  const ScratchDirectory tree;
  const double start = now();
  add_run(tree, "1-20261120-100000-7", start - 100);  // and it ends now
  add_run(tree, "2-20261120-100100-7", start + 200);
  const auto step = [](double at, const std::string& output) {
    return R"({"v":1,"type":"step","kind":"compile","output":")" + output +
           R"(","outcome":"passed","at":)" + std::to_string(at) + "}\n";
  };
  const std::string during = step(start - 50, "during.o");
  const std::string between = step(start + 150, "between.o");
  tree.write(".holdfast/build/journal.jsonl",
             during + "torn\n" + between + step(start + 250, "after.o"));
  EXPECT_EQ(step_lines(*find_run(tree.path(), "2")), between + step(start + 250, "after.o"));
  EXPECT_EQ(step_lines(*find_run(tree.path(), "1")), during + between);
}

TEST(LoadReport, ALogThatWasWrittenLongAfterTheRunIsNotTheRuns) {
  const auto printed = [](double ended_ago_s) {
    const ScratchDirectory tree;
    add_run(tree, "one", now() - 300, now() - ended_ago_s);
    const RunEntry run = *find_run(tree.path(), "latest");
    const Result<RunReport> report = load_report(run);
    return report ? outputs_of(*report, run)->of(report->tests.at(0)) : Printed{};
  };
  EXPECT_EQ(printed(100).text, "");
  EXPECT_NE(printed(100).note, "");
  // ctest writes its last line behind `holdfast end`.
  EXPECT_EQ(printed(1).text, "what it printed\n");
}

// From CMake 4.3 on, ctest's log has another name until ctest ends.
TEST(LoadReport, WhileItIsOpenALogIsReadWhateverItsName) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  const RunEntry run = *find_run(tree.path(), "latest");
  const Result<RunReport> report = load_report(run);
  ASSERT_TRUE(report);
  const auto log = tree.path() / "Testing/Temporary/LastTest.log";
  const OpenedLog opened(log);
  std::filesystem::rename(log, tree.path() / "elsewhere");
  tree.write("Testing/Temporary/LastTest.log", "of another ctest\n");
  const std::unique_ptr<Outputs> outputs =
      outputs_of(run, CtestLogFile{opened.descriptor(), log.parent_path(), ""});
  EXPECT_EQ(outputs->of(report->tests.at(0)).text, "what it printed\n");
  EXPECT_EQ(outputs_of(*report, run)->of(report->tests[0]).text, "");
}

TEST(LoadReport, AnOutputThatTheRunDoesNotHaveAnyMoreHasANote) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  const RunEntry run = *find_run(tree.path(), "latest");
  Result<RunReport> report = load_report(run);
  ASSERT_TRUE(report);
  TestReport& test = report->tests.at(0);
  test.output_place = OutputPlace{"/elsewhere/output/ctest.log", 0, 10};
  const Printed printed = outputs_of(*report, run)->of(test);
  EXPECT_EQ(printed.text, "");
  EXPECT_NE(printed.note, "");
  test.output_place->length = 0;
  EXPECT_EQ(outputs_of(*report, run)->of(test).note, "") << "it printed nothing";
}

TEST(LoadReport, OfATestThatPassedLessIsShown) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  const std::size_t size = 200U << 10U;
  for (const char* name : {"ctest.log", "x.1.log"})
    tree.write(std::string(".holdfast/runs/one/output/") + name, std::string(size, 'x'));
  const RunEntry run = *find_run(tree.path(), "latest");
  Result<RunReport> report = load_report(run);
  ASSERT_TRUE(report);
  const std::unique_ptr<Outputs> outputs = outputs_of(*report, run);
  TestReport& test = report->tests.at(0);
  test.output_place = OutputPlace{"/elsewhere/output/ctest.log", 0, size};
  Case one = case_at(0, size);
  constexpr std::size_t k_of_the_line = 100;  // it says what is left out
  for (const Outcome outcome : {Outcome::passed, Outcome::failed}) {
    test.outcome = one.outcome = outcome;
    const std::size_t limit = outcome == Outcome::passed ? k_output_limit_passed : k_output_limit;
    for (const std::size_t shown : {outputs->of(test).text.size(), outputs->of(one).size(),
                                    outputs->of(as_test(test, one)).text.size()}) {
      EXPECT_GE(shown, limit);
      EXPECT_LT(shown, limit + k_of_the_line);
    }
  }
}

TEST(LoadReport, AnEarlierExecutionIsReadWhereCtestsLogHasIt) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  tree.write(".holdfast/runs/one/output/ctest.log", "0123456789");
  const RunEntry run = *find_run(tree.path(), "latest");
  const std::unique_ptr<Outputs> outputs = outputs_of(*load_report(run), run);
  Attempt earlier;
  EXPECT_EQ(outputs->of(earlier), "");
  earlier.printed = {{"/elsewhere/output/ctest.log", 2, 3}};
  EXPECT_EQ(outputs->of(earlier), "234");
  // In ctest's own log the test must have this name.
  const std::string printed = "what it printed\n";
  earlier.printed = {{(tree.path() / "Testing/Temporary/LastTest.log").string(),
                      k_log.find(printed), printed.size()}};
  earlier.test = "a";
  EXPECT_EQ(outputs->of(earlier), printed);
  earlier.test = "b";
  EXPECT_EQ(outputs->of(earlier), "");
}

TEST(LoadReport, AFileOfCasesThatCannotBeReadHidesNoOther) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  tree.write(".holdfast/runs/one/output/x.2.log", "other");
  const RunEntry run = *find_run(tree.path(), "latest");
  const std::unique_ptr<Outputs> outputs = outputs_of(*load_report(run), run);
  EXPECT_EQ(outputs->of(case_at(0, 5, "gone.log")), "");
  EXPECT_EQ(outputs->of(case_at(0, 5, "x.2.log")), "other");
  EXPECT_EQ(outputs->of(case_at(0, 5, "gone.log")), "");
}

TEST(LoadReport, TheStepsOfARunBeginWhereARunBeforeItBeganThatDied) {
  const ScratchDirectory tree;
  const double start = now();
  tree.write(".holdfast/runs/1-20261120-100000-7/journal.jsonl",
             line_of(RunStarted{
                 start - 100, "1-20261120-100000-7", tree.path().string(), "", "", {}, {}}));
  add_run(tree, "2-20261120-100100-7", start);
  const auto step = [](double at, const std::string& output) {
    return R"({"v":1,"type":"step","kind":"compile","output":")" + output +
           R"(","outcome":"passed","at":)" + std::to_string(at) + "}\n";
  };
  const std::string before = step(start - 150, "before.o");
  const std::string since = step(start - 50, "since.o");
  tree.write(".holdfast/build/journal.jsonl", before + since);
  EXPECT_EQ(step_lines(*find_run(tree.path(), "2")), since);
  EXPECT_EQ(step_lines(*find_run(tree.path(), "1")), before + since);
}

TEST(LoadReport, AWholeReportHasTheStepsAndTheOutputs) {
  const ScratchDirectory tree;
  add_run(tree, "one", now() - 1);
  tree.write(".holdfast/build/journal.jsonl",
             R"({"v":1,"type":"step","kind":"compile","output":"a.o","at":)" +
                 std::to_string(now() - 2) + "}\n");
  const Result<LoadedReport> loaded =
      load_whole_report(*find_run(tree.path(), "one"), RunState::over);
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->report.steps.size(), 1U);
  EXPECT_EQ(loaded->report.steps[0].output, "a.o");
  EXPECT_EQ(loaded->outputs->of(loaded->report.tests.at(0)).text, "what it printed\n");
  EXPECT_FALSE(load_whole_report(RunEntry{"x", "/nonexistent", "/nonexistent/j"}, RunState::over));
}

TEST(LoadReport, ATreeWithoutARunHasTheStepsOfItsBuildOrNoReport) {
  const ScratchDirectory tree;
  EXPECT_FALSE(load_builds(tree.path()));
  tree.write(".holdfast/build/journal.jsonl.old",
             R"({"v":1,"type":"step","kind":"compile","output":"a.o","at":1})"
             "\n");
  const std::optional<RunReport> builds = load_builds(tree.path());
  ASSERT_TRUE(builds);
  EXPECT_EQ(builds->run.tree, tree.path().string());
  EXPECT_EQ(builds->steps.size(), 1U);
}

}  // namespace
}  // namespace holdfast
