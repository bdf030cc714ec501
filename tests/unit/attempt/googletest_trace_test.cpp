#include "attempt/evidence.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "attempt/started.hpp"
#include "os/scratch.hpp"

namespace holdfast::supervision {
namespace {

struct Asked {
  GoogletestTrace trace;
  std::vector<std::string> variables;  // what the test is told
};

class GoogletestTraceTest : public testing::Test {
 protected:
  Asked asked(std::vector<std::string> command, std::vector<std::string> inherited = {}) {
    (void)::unlink(runs().c_str());
    command.insert(command.begin(), "--");
    Started started(std::move(command), std::move(inherited));
    const Invocation invocation = started.invocation();
    TestEnvironment told(invocation.environment);
    Asked result{ask_for_trace(invocation, policy_, scratch_.path(""), told), {}};
    for (char** entry = told.environ(); *entry != nullptr; ++entry) {
      result.variables.emplace_back(*entry);
    }
    return result;
  }

  std::string runs() const { return scratch_.path("/googletest-runs"); }

  // What a program does when its cases begin, and when they are through (gtest.cc,
  // ScopedPrematureExitFile).
  void begin() const { std::ofstream(runs()) << '0'; }
  void be_through() const { (void)::unlink(runs().c_str()); }

  // What is seen of these events: `b` begins, `t` is through.
  GoogletestEnd seen(const std::string& events) {
    const Asked program = asked({"/b/t"});
    for (const char event : events) event == 'b' ? begin() : be_through();
    std::vector<std::string> names;
    if (::access(runs().c_str(), F_OK) == 0) names.emplace_back("googletest-runs");
    os::ScratchContent left;
    left.markers = scratch_.open();
    return weigh_trace(program.trace, left, names).end;
  }

  // Whether these reports, by their names, show that the test had no cases.
  bool ran_nothing(const std::vector<std::pair<std::string, std::string>>& reports,
                   std::size_t other_files = 0) const {
    std::vector<std::string> names;
    for (const auto& [name, text] : reports) {
      std::ofstream(scratch_.path(name)) << text;
      names.push_back(name);
    }
    for (std::size_t i = 0; i < other_files; ++i) names.push_back("exit-" + std::to_string(i + 1));
    GoogletestTrace trace;
    trace.reports = true;
    os::ScratchContent left;
    left.markers = scratch_.open();
    return weigh_trace(trace, left, names).ran_nothing;
  }

  os::Scratch scratch_;
  Policy policy_;
};

bool has(const Asked& asked, const std::string& beginning) {
  return std::ranges::any_of(asked.variables,
                             [&](const std::string& v) { return v.starts_with(beginning); });
}

TEST_F(GoogletestTraceTest, AsksOnlyForWhatASettingNeeds) {
  const Asked plain = asked({"/b/t", "--gtest_filter=A.*"});
  EXPECT_TRUE(has(plain, "TEST_PREMATURE_EXIT_FILE=" + scratch_.path("/googletest-runs")));
  EXPECT_FALSE(has(plain, "GTEST_OUTPUT="));
  EXPECT_FALSE(has(plain, "GTEST_SHARD_STATUS_FILE="));
  policy_.no_tests = NoTests::fail;
  EXPECT_TRUE(has(asked({"/b/t", "--gtest_filter=A.*"}), "GTEST_OUTPUT=xml:"));
  EXPECT_FALSE(has(asked({"/b/t"}), "GTEST_OUTPUT="));
  policy_.premature_exit = PrematureExit::ignore;
  EXPECT_FALSE(has(asked({"/b/t"}), "TEST_PREMATURE_EXIT_FILE="));
}

TEST_F(GoogletestTraceTest, AsksForNothingThatTheUserHasForHimself) {
  policy_.no_tests = NoTests::fail;
  const std::vector<std::string> command{"/b/t", "--gtest_filter=A.*"};
  const Asked own_runs = asked(command, {"TEST_PREMATURE_EXIT_FILE=/x"});
  EXPECT_EQ(own_runs.trace.runs_file, "");
  EXPECT_TRUE(own_runs.trace.reports);
  const Asked own_report = asked(command, {"GTEST_OUTPUT=xml:mine"});
  EXPECT_NE(own_report.trace.runs_file, "");
  EXPECT_FALSE(own_report.trace.reports);
  EXPECT_FALSE(asked({"/b/t", "--gtest_filter=A.*", "--gtest_output=json"}).trace.reports);
  EXPECT_FALSE(asked({"/b/t", "--gtest_filter=A.*", "--gtest_list_tests"}).trace.reports);
}

TEST_F(GoogletestTraceTest, OnlyAProgramThatBeganAloneAndRemovedNothingIsUnfinished) {
  EXPECT_EQ(seen(""), GoogletestEnd::through);  // as with --help
  EXPECT_EQ(seen("b"), GoogletestEnd::unfinished);
  EXPECT_EQ(seen("bt"), GoogletestEnd::through);
  EXPECT_EQ(seen("bb"), GoogletestEnd::unfinished);
  // Some program was through: perhaps an inner one, and the test's own was not.
  EXPECT_EQ(seen("bbt"), GoogletestEnd::unclear);
  EXPECT_EQ(seen("bbtt"), GoogletestEnd::unclear);
  EXPECT_EQ(seen("btb"), GoogletestEnd::unclear);
}

TEST_F(GoogletestTraceTest, APlaceInWhichNothingCanBeMadeIsNotAskedFor) {
  Started started({"--", "/b/t"});
  const Invocation invocation = started.invocation();
  TestEnvironment told(invocation.environment);
  EXPECT_EQ(ask_for_trace(invocation, policy_, "/proc/no-such-directory", told).runs_file, "");
  EXPECT_EQ(told.environ()[0], nullptr);
}

// An earlier test may have left it in a directory that is lent again.
TEST_F(GoogletestTraceTest, AFileThatIsThereAlreadyIsNotAskedFor) {
  std::ofstream(runs()) << "of another";
  Started started({"--", "/b/t"});
  const Invocation invocation = started.invocation();
  TestEnvironment told(invocation.environment);
  EXPECT_EQ(ask_for_trace(invocation, policy_, scratch_.path(), told).runs_file, "");
  EXPECT_EQ(told.environ()[0], nullptr);
}

TEST_F(GoogletestTraceTest, HadNoCasesOnlyIfEachProgramsReportSaysSo) {
  const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=";
  const std::string none = head + "\"0\" failures=\"0\">\n";
  const std::string some = head + "\"1\" failures=\"0\">\n";
  EXPECT_FALSE(ran_nothing({}));
  EXPECT_TRUE(ran_nothing({{"a.xml", none}}));
  EXPECT_TRUE(ran_nothing({{"a.xml", none}, {"b.xml", none}}));
  EXPECT_FALSE(ran_nothing({{"a.xml", none}, {"b.xml", some}}));
  EXPECT_FALSE(ran_nothing({{"a.xml", some}, {"b.xml", none}}));
  // Of a program that died there is no whole report.
  EXPECT_TRUE(ran_nothing({{"a.xml", none}, {"b.xml", ""}}));
  EXPECT_FALSE(ran_nothing({{"b.xml", head}}));
}

TEST_F(GoogletestTraceTest, SaysNothingOfCasesIfTheDirectoryHasMoreFilesThanAreRead) {
  const std::string none = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"0\">\n";
  EXPECT_TRUE(ran_nothing({{"a.xml", none}}, os::k_most_marker_files - 2));
  EXPECT_FALSE(ran_nothing({{"a.xml", none}}, os::k_most_marker_files - 1));
}

TEST_F(GoogletestTraceTest, TakesItsOwnFilesOutOfTheMarkersAndNoOthers) {
  const std::vector<std::string> all{"googletest-runs", "exit-1", "t.xml"};
  std::vector<std::string> names = all;
  (void)weigh_trace({}, {}, names);
  EXPECT_EQ(names, all);
  GoogletestTrace trace;
  trace.runs_file = "/m/googletest-runs";
  trace.reports = true;
  EXPECT_FALSE(weigh_trace(trace, {}, names).ran_nothing);
  EXPECT_EQ(names, std::vector<std::string>{"exit-1"});
}

}  // namespace
}  // namespace holdfast::supervision
