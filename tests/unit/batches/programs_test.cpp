// What is known of a batch's program before it is started.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "batches/report_program.hpp"
#include "batches/test_program.hpp"
#include "os/scratch.hpp"

namespace holdfast::exec {
namespace {

// A command whose words live as long as it does.
class Given {
 public:
  explicit Given(std::vector<std::string> options, std::vector<std::string> variables = {})
      : words_(std::move(options)), variables_(std::move(variables)) {
    words_.insert(words_.begin(), "/bin/true");
    for (std::string& word : words_) arguments_.push_back(word.data());
    for (std::string& variable : variables_) environment_.push_back(variable.data());
    arguments_.push_back(nullptr);
    environment_.push_back(nullptr);
    command_.arguments = arguments_.data();
    command_.environment = environment_.data();
  }
  const os::Command& command() const { return command_; }

 private:
  std::vector<std::string> words_;
  std::vector<std::string> variables_;
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
  os::Command command_;
};

// Whether a process of several cases tells of each, in that directory.
bool tells(const std::unique_ptr<TestProgram>& program) {
  return program->start(Isolation::none).why.empty();
}

TEST(Programs, ReportIntoADirectoryThatTheirOptionsCanName) {
  const Given given({});
  const auto of_catch2 = [&](const std::string& markers) {
    return catch2_program(given.command(), markers, FrameworkKind::catch2_three);
  };
  const auto of_boost = [&](const std::string& markers) {
    return boost_program(given.command(), markers);
  };
  EXPECT_TRUE(tells(of_catch2("/a:b,c/m")));
  EXPECT_FALSE(tells(of_catch2("/a::b/m"))) << "`::` ends the name of a file";
  EXPECT_TRUE(tells(of_boost("/a/m")));
  EXPECT_FALSE(tells(of_boost("/a:b/m")));
  EXPECT_FALSE(tells(of_boost("/a,b/m")));
  EXPECT_TRUE(tells(doctest_program(given.command(), "/a::b,c/m")));
  EXPECT_FALSE(tells(doctest_program(given.command(), "")));
}

std::string report_of(std::vector<std::string> options, std::vector<std::string> variables = {}) {
  const Given given(std::move(options), std::move(variables));
  return googletest_program(given.command(), "/nowhere/m", false)->wanted_report();
}

TEST(Programs, OfGoogletestHaveOneReportWhereEachProcessWouldHaveWrittenIts) {
  const std::string here = std::filesystem::current_path().string();
  EXPECT_EQ(report_of({"--gtest_output=xml"}), here + "/test_detail.xml");
  EXPECT_EQ(report_of({"--gtest_output=xml:out/"}), here + "/out/true.xml");
  EXPECT_EQ(report_of({}, {"GTEST_OUTPUT=xml:/nowhere/r.xml"}), "/nowhere/r.xml");
  EXPECT_EQ(report_of({"--gtest_output=json:/nowhere/r"}, {"GTEST_OUTPUT=xml:/nowhere/r.xml"}), "");
  EXPECT_EQ(report_of({"--gtest_output=xml:/nowhere/r.xml", "--gtest_list_tests"}), "");
  EXPECT_EQ(report_of({}), "");
}

using Words = std::vector<std::string>;

Words words_of(WorkerCommand made) {
  const os::Command command = made.command();
  Words words;
  for (char** word = command.arguments; *word != nullptr; ++word) words.emplace_back(*word);
  return words;
}

WorkerEnd with_code(int code) {
  WorkerEnd end;
  end.main = {ProcessEnd::Kind::exited, code};
  return end;
}

// What a GoogleTest program with a disabled case runs, and what other shards run.
BatchEvent listed_by(Words options, Words variables = {}) {
  const Given given(std::move(options), std::move(variables));
  return googletest_program(given.command(), "", false)
      ->listed("A.\n  a\n  b\n  DISABLED_c\n", with_code(0));
}

TEST(Programs, OfGoogletestReadAFlagAsGoogletestDoes) {
  const std::string flag = "--gtest_also_run_disabled_tests";
  const Words some{"A.a", "A.b"};
  const Words all{"A.a", "A.b", "A.DISABLED_c"};
  for (const char* yes : {"", "=1", "=t", "=yes"}) {
    EXPECT_EQ(listed_by({flag + yes}).cases, all) << yes;
  }
  for (const char* no : {"=0", "=f", "=F", "=false", "_too"}) {
    EXPECT_EQ(listed_by({flag + no}).cases, some) << no;
  }
  EXPECT_EQ(listed_by({flag, flag + "=0"}).cases, some) << "the last one counts";
  EXPECT_EQ(listed_by({flag + "=0"}, {"GTEST_ALSO_RUN_DISABLED_TESTS=1"}).cases, some);
  EXPECT_EQ(listed_by({"--gtest_flagfile=/nowhere/flags"}).cases, some);
  EXPECT_EQ(report_of({"--gtest_output=xml:/nowhere/r.xml", "--gtest_list_tests=0"}),
            "/nowhere/r.xml");
}

TEST(Programs, OfGoogletestHaveTheirShardInFlagsToo) {
  const Words options{"--gtest_total_shards=2", "--gtest_shard_index=1"};
  const BatchEvent listed = listed_by(options, {"GTEST_SHARD_INDEX=0"});
  EXPECT_EQ(listed.cases, Words{"A.b"});
  EXPECT_EQ(listed.others, Words{"A.a"});
  const Given given(options);
  const auto program = googletest_program(given.command(), "", false);
  EXPECT_TRUE(program->is_shard());
  const Words words = words_of(program->running("A.a", TestProgram::Selected::one_case));
  ASSERT_GE(words.size(), 2U);
  EXPECT_EQ(words[words.size() - 2], "--gtest_total_shards=-1") << "its cases are chosen already";
  EXPECT_EQ(words.back(), "--gtest_shard_index=-1");
}

bool boost_tells(Words options, Words variables = {}) {
  const Given given(std::move(options), std::move(variables));
  return tells(boost_program(given.command(), "/m"));
}

TEST(Programs, OfBoostTellBesideLoggersOfTheirOwn) {
  EXPECT_TRUE(boost_tells({"--logger=HRF,all,stdout"}));
  EXPECT_FALSE(boost_tells({"--logger=XML,all,r.xml"})) << "it has one logger of each format";
  EXPECT_TRUE(boost_tells({"--log_format=CLF"}));
  EXPECT_FALSE(boost_tells({"--log_format=XML"}));
  EXPECT_FALSE(boost_tells({}, {"BOOST_TEST_LOG_FORMAT=JUNIT"}));
  const Given given({"--log_format=CLF"});
  EXPECT_EQ(words_of(boost_program(given.command(), "/m")->running_all()).back(),
            "--logger=CLF,error,stdout:XML,test_suite,/m/boost-cases.xml");
}

BatchEvent listed_by_boost(Words options, std::string_view printed, const WorkerEnd& end) {
  const Given given(std::move(options));
  return boost_program(given.command(), "/nowhere/m")->listed(printed, end);
}

TEST(Programs, OfBoostAreNotPartedByAFilterThatChangesWhatIsEnabled) {
  constexpr std::string_view k_list =
      "digraph G {rankdir=LR;\ntu1[color=green,label=\"m\"];\n{\n"
      "tu65536[color=green,label=\"a|f(1)\"];\n}\n}\n";
  EXPECT_EQ(listed_by_boost({}, k_list, with_code(0)).cases, Words{"a"});
  const BatchEvent filtered = listed_by_boost({"--run_test=!a"}, k_list, with_code(0));
  EXPECT_TRUE(filtered.cases.empty());
  EXPECT_NE(filtered.why, "");
}

TEST(Programs, ThatPrintNoListHaveNoneOrCannotBeAsked) {
  using Kind = BatchEvent::Kind;
  const BatchEvent none = listed_by_boost({}, "Hello", with_code(0));
  EXPECT_EQ(none.kind, Kind::listed);
  EXPECT_NE(none.why, "");
  EXPECT_EQ(listed_by_boost({}, "Hello", with_code(1)).kind, Kind::not_listed);
  WorkerEnd late = with_code(0);
  late.by = EndedBy::case_limit;
  EXPECT_EQ(listed_by_boost({}, "Hello", late).kind, Kind::not_listed);
  const Given given({});
  const auto catch2 = catch2_program(given.command(), "/nowhere/m", FrameworkKind::catch2_three);
  EXPECT_EQ(catch2->listed("Hello", with_code(0)).kind, Kind::not_listed) << "it always has one";
}

TEST(Programs, WithoutADirectoryThatTheyCanNameGetNoOther) {
  const Given given({});
  const auto program = doctest_program(given.command(), "");
  program->use("/m");
  EXPECT_FALSE(tells(program));
  for (const std::string& word : words_of(program->listing())) {
    EXPECT_FALSE(word.starts_with("--out")) << word;
  }
}

CaseReport report_by(const TestProgram& program, const ProcessEnd& end,
                     const std::string& own_case) {
  return static_cast<const ReportProgram&>(program).take_report(end, own_case, "");
}

// Such a process has a logger or a reporter of its own in place of ours.
TEST(Programs, ThatTellNothingAreJudgedByTheEndOfTheProcessOfACase) {
  const Given boost({"--logger=XML,all,r.xml"});
  const Given doctest({"--reporters=junit"});
  const std::unique_ptr<TestProgram> programs[] = {boost_program(boost.command(), "/nowhere/m"),
                                                   doctest_program(doctest.command(), "/nowhere")};
  for (const auto& program : programs) {
    const CaseReport failed = report_by(*program, {ProcessEnd::Kind::exited, 1}, "a");
    EXPECT_TRUE(failed.is_through);
    ASSERT_EQ(failed.cases.size(), 1U);
    EXPECT_EQ(failed.cases[0].end, CaseEnd::failed);
    const CaseReport died = report_by(*program, {ProcessEnd::Kind::signalled, SIGSEGV}, "a");
    EXPECT_FALSE(died.is_through);
    EXPECT_TRUE(died.cases.empty());
  }
}

TEST(Programs, OfBoostThatLeftNoReportHaveNotBegun) {
  const Given given({});
  const auto program = boost_program(given.command(), "/nowhere/m");
  EXPECT_FALSE(report_by(*program, {ProcessEnd::Kind::exited, 0}, "a").has_begun);
}

TEST(Programs, OfCatch2ThatCrashedDiedInTheirLastCaseIfThatHasFailed) {
  const os::Scratch scratch;
  const Given given({});
  const auto program = catch2_program(given.command(), scratch.path(), FrameworkKind::catch2_three);
  const auto died_in = [&](const std::string& cases, const ProcessEnd& end) {
    std::ofstream(scratch.path("catch2-cases")) << cases;
    std::ofstream(scratch.path("catch2-totals"))
        << "t.cpp:1: failed: fatal error condition with message: 'SIGSEGV'\nFailed 1 test case\n";
    const CaseReport said = report_by(*program, end, "");
    return said.died_in ? said.died_in->name : "none of " + std::to_string(said.cases.size());
  };
  const ProcessEnd crash{ProcessEnd::Kind::signalled, SIGSEGV};
  EXPECT_EQ(died_in(":test-result: PASS a\n:test-result: FAIL b\n", crash), "b");
  EXPECT_EQ(died_in(":test-result: FAIL a\n:test-result: PASS b\n", crash), "none of 2");
  EXPECT_EQ(died_in("", crash), "none of 0");
  EXPECT_EQ(died_in(":test-result: FAIL b\n", {ProcessEnd::Kind::exited, 1}), "none of 1");
}

}  // namespace
}  // namespace holdfast::exec
