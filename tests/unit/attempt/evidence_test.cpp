#include "attempt/evidence.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "attempt/started.hpp"
#include "os/process/packet_socket.hpp"
#include "os/scratch.hpp"

namespace holdfast::supervision {
namespace {

AttemptResult exited(int code) {
  AttemptResult result;
  result.observation.main = {ProcessEnd::Kind::exited, code};
  return result;
}

AttemptResult weighed(std::vector<std::string> command, int code,
                      NoTests no_tests = NoTests::keep) {
  command.insert(command.begin(), "--");
  Started started(std::move(command), {"HOLDFAST_P_SKIP_RETURN_CODE=77", k_attached});
  const Invocation invocation = started.invocation();
  Grant grant;
  grant.policy.no_tests = no_tests;
  TestEnvironment told(invocation.environment);
  const Evidence evidence = ask_for_evidence(invocation, grant, {}, told);
  AttemptResult result = exited(code);
  weigh_evidence(evidence, invocation, grant, {}, result);
  return result;
}

TEST(Evidence, PytestSaysByItsExitCodeThatItFoundNothing) {
  EXPECT_EQ(weighed({"pytest", "x"}, 5).outcome, Outcome::no_tests);
  EXPECT_EQ(weighed({"/b/t"}, 5).outcome, Outcome::failed);
  EXPECT_EQ(weighed({"pytest"}, 1).outcome, Outcome::failed);
  EXPECT_EQ(weighed({"pytest"}, 0).outcome, Outcome::passed);
  EXPECT_EQ(weighed({"pytest"}, 5, NoTests::fail).observation.no_tests, NoTests::fail);
}

TEST(Evidence, PytestSaysByItsExitCodeThatItDidNotUnderstand) {
  EXPECT_NE(weighed({"pytest", "--nonsense"}, 4).remark, "");
  EXPECT_EQ(weighed({"/b/t"}, 4).remark, "");
  EXPECT_EQ(weighed({"pytest"}, 1).remark, "");
}

TEST(Evidence, TheTestsCodeThatSkipsCounts) {
  EXPECT_EQ(weighed({"/b/t"}, 77).outcome, Outcome::skipped);
}

TEST(Evidence, IsAskedForOnlyWhereThereIsADirectoryForIt) {
  Started started({"--", "/b/t", "--gtest_filter=A.*"}, {"PATH=/bin"});
  const Invocation invocation = started.invocation();
  Grant grant;
  grant.program.is_googletest = true;
  TestEnvironment told(invocation.environment);
  (void)ask_for_evidence(invocation, grant, {}, told);
  char** entries = told.environ();
  EXPECT_STREQ(entries[0], "PATH=/bin");
  EXPECT_EQ(entries[1], nullptr);
}

// `exit(0)` in the middle of a GoogleTest program, as its launcher sees it.
AttemptResult exited_early(const Grant& grant, std::vector<std::string> variables = {},
                           bool rights_changed = false) {
  const os::Scratch scratch;
  const std::string markers = scratch.path(".markers");
  std::filesystem::create_directory(markers);
  Started started({"--", "/b/t"}, std::move(variables));
  const Invocation invocation = started.invocation();
  TestEnvironment told(invocation.environment);
  const Evidence evidence = ask_for_evidence(invocation, grant, scratch.path(""), told);
  std::ofstream(evidence.googletest.runs_file) << '0';
  os::ScratchContent left;
  left.markers = os::UniqueFd(::open(markers.c_str(), O_RDONLY | O_DIRECTORY));
  for (const auto& file : std::filesystem::directory_iterator(markers)) {
    left.marker_files.push_back(file.path().filename());
  }
  AttemptResult result = exited(0);
  result.report.rights_changed = rights_changed;
  weigh_evidence(evidence, invocation, grant, left, result);
  return result;
}

TEST(Evidence, AnExitInTheMiddleIsRedOnlyForAProgramThatCouldHaveToldOtherwise) {
  Grant grant;
  grant.program.is_googletest = true;
  EXPECT_EQ(exited_early(grant).outcome, Outcome::premature_exit);
  EXPECT_EQ(exited_early(grant).remark, "");
  const AttemptResult changed = exited_early(grant, {}, true);
  EXPECT_EQ(changed.outcome, Outcome::passed);
  EXPECT_NE(changed.remark.find("had given up rights"), std::string::npos);
  const AttemptResult preloaded = exited_early(grant, {"LD_PRELOAD=/x.so"});
  EXPECT_EQ(preloaded.outcome, Outcome::passed);
  EXPECT_NE(preloaded.remark.find("LD_PRELOAD"), std::string::npos);
  grant.program.may_lose_rights = "imports setuid";
  const AttemptResult unasked = exited_early(grant);
  EXPECT_EQ(unasked.outcome, Outcome::passed);
  EXPECT_NE(unasked.remark.find("imports setuid"), std::string::npos);
}

TEST(Evidence, TheSettingDecidesWhatAnExitInTheMiddleIs) {
  Grant grant;
  grant.program.is_googletest = true;
  grant.policy.premature_exit = PrematureExit::report;
  const AttemptResult reported = exited_early(grant);
  EXPECT_EQ(reported.outcome, Outcome::passed);
  EXPECT_NE(reported.remark.find("exited with 0 before"), std::string::npos);
  grant.policy.premature_exit = PrematureExit::ignore;
  EXPECT_EQ(exited_early(grant).remark, "");
  grant.program.may_lose_rights = "imports setuid";
  EXPECT_EQ(exited_early(grant).remark, "");
}

// A GoogleTest program that exited with that code: two began in it, and one of them was through.
AttemptResult exited_unclear(int code) {
  const os::Scratch scratch;
  std::filesystem::create_directory(scratch.path(".markers"));
  Started started({"--", "/b/t"});
  const Invocation invocation = started.invocation();
  Grant grant;
  grant.program.is_googletest = true;
  TestEnvironment told(invocation.environment);
  const Evidence evidence = ask_for_evidence(invocation, grant, scratch.path(), told);
  for (int i = 0; i < 2; ++i) std::ofstream(evidence.googletest.runs_file) << '0';
  std::filesystem::remove(evidence.googletest.runs_file);
  AttemptResult result = exited(code);
  weigh_evidence(evidence, invocation, grant, {}, result);
  return result;
}

TEST(Evidence, ThatIsUnclearIsARemarkOnAPassOnly) {
  EXPECT_EQ(exited_unclear(0).outcome, Outcome::passed);
  EXPECT_NE(exited_unclear(0).remark, "");
  EXPECT_EQ(exited_unclear(3).outcome, Outcome::failed);
  EXPECT_EQ(exited_unclear(3).remark, "");
}

// A GoogleTest program whose report has no cases, as one that fails outside of them leaves it, too.
AttemptResult exited_without_cases(int code) {
  const os::Scratch scratch;
  std::filesystem::create_directory(scratch.path(".markers"));
  Started started({"--", "/b/t", "--gtest_filter=A.*"});
  const Invocation invocation = started.invocation();
  Grant grant;
  grant.program.is_googletest = true;
  grant.policy.no_tests = NoTests::fail;
  TestEnvironment told(invocation.environment);
  const Evidence evidence = ask_for_evidence(invocation, grant, scratch.path(), told);
  std::ofstream(scratch.path(".markers/t.xml"))
      << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"0\" failures=\"0\">\n";
  os::ScratchContent left;
  left.markers = os::UniqueFd(::open(scratch.path(".markers").c_str(), O_RDONLY | O_DIRECTORY));
  left.marker_files = {"t.xml"};
  AttemptResult result = exited(code);
  weigh_evidence(evidence, invocation, grant, left, result);
  return result;
}

TEST(Evidence, AProgramRanNothingOnlyIfItSaysThatAllIsWell) {
  EXPECT_EQ(exited_without_cases(0).outcome, Outcome::no_tests);
  EXPECT_EQ(exited_without_cases(1).outcome, Outcome::failed);
}

// A batch judges the markers of its cases itself.
TEST(Evidence, OnlyMarkersAreOrphansOfABatch) {
  const os::Scratch scratch;
  std::ofstream(scratch.path("exit-7")) << "half a marker";
  std::ofstream(scratch.path("cases.xml")) << "<testsuites/>";
  os::ScratchContent left;
  left.markers = scratch.open();
  left.marker_files = {"exit-7", "cases.xml"};
  Grant grant;
  grant.identity.attempt = "r.1";
  AttemptResult result = exited(0);
  note_orphans(grant, left, result);
  ASSERT_EQ(result.orphans.size(), 1U);
  EXPECT_EQ(result.orphans[0].file, "exit-7");
  EXPECT_NE(result.orphans[0].why, "");
}

AttemptResult killed(EndReason reason, int signal, std::uint64_t oom_kills) {
  AttemptResult result;
  result.observation.main = {ProcessEnd::Kind::signalled, signal};
  result.observation.end_reason = reason;
  result.report.oom_kills = oom_kills;
  result.outcome = outcome_of(result.observation);
  KeeperLink none;
  weigh_memory(none, result);
  return result;
}

TEST(Evidence, WantOfMemoryExplainsOnlyASigkillThatNobodySent) {
  EXPECT_EQ(killed(EndReason::none, SIGKILL, 1).outcome, Outcome::oom_killed);
  EXPECT_EQ(killed(EndReason::none, SIGKILL, 0).outcome, Outcome::crashed);
  EXPECT_FALSE(killed(EndReason::none, SIGSEGV, 1).observation.out_of_memory);
  EXPECT_FALSE(killed(EndReason::timeout, SIGKILL, 1).observation.out_of_memory);
}

TEST(Evidence, TheKeeperMayKnowOfWantOfMemory) {
  for (const bool is_sure : {false, true}) {
    auto ends = os::packet_pair();
    ASSERT_TRUE(ends);
    KeeperLink keeper(std::move(ends->first));
    wire::Message::Fields answer{{"question", "1"}};
    if (is_sure) answer.emplace_back("sure", "1");
    ASSERT_TRUE(os::send_message(ends->second.get(),
                                 wire::Message(wire::MemoryQuestion::k_kind, std::move(answer))));
    AttemptResult result;
    result.observation.main = {ProcessEnd::Kind::signalled, SIGKILL};
    result.report.main = 4711;
    weigh_memory(keeper, result);
    EXPECT_EQ(result.outcome, is_sure ? Outcome::oom_killed : Outcome::crashed);
    const os::ReceivedMessage asked = os::receive_message(ends->second.get());
    ASSERT_TRUE(asked.message);
    EXPECT_EQ(asked.message->get("main"), "4711");
  }
}

TEST(Evidence, ABatchOfNoCaseEndsAsItsProgramDid) {
  Started started({"--", "/b/t"}, {"HOLDFAST_P_SKIP_RETURN_CODE=77", k_attached});
  const Invocation invocation = started.invocation();
  for (const auto& [code, outcome] :
       {std::pair(0, Outcome::passed), {3, Outcome::failed}, {77, Outcome::skipped}}) {
    AttemptResult result = exited(code);
    weigh_end(invocation, result);
    EXPECT_EQ(result.outcome, outcome) << code;
  }
}

TEST(Evidence, AMarkerThatIsNotOfTheAttemptIsNamedAndDoesNotCount) {
  const os::Scratch scratch;
  Started started({"--", "/b/t"});
  const Invocation invocation = started.invocation();
  Grant grant;
  grant.identity.attempt = "r.1";
  os::ScratchContent left;
  left.markers = scratch.open();
  left.marker_files = {"exit-7"};
  std::ofstream(scratch.path("exit-7")) << "of another";
  AttemptResult result = exited(3);
  weigh_evidence({}, invocation, grant, left, result);
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_FALSE(result.marker);
  ASSERT_EQ(result.orphans.size(), 1U);
  EXPECT_EQ(result.orphans[0].file, "exit-7");
}

TEST(Evidence, WantOfMemoryDoesNotHideOurOwnFailure) {
  AttemptResult result;
  result.observation.main = {ProcessEnd::Kind::signalled, SIGKILL};
  result.observation.own_failure = true;
  result.report.oom_kills = 1;
  KeeperLink none;
  weigh_memory(none, result);
  EXPECT_FALSE(result.observation.out_of_memory);
}

}  // namespace
}  // namespace holdfast::supervision
