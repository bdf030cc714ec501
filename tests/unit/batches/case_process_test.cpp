// What the process of one case says in shared memory, and which batches may have several at once.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "batches/side_by_side.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/scratch_directory.hpp"
#include "os/scratch.hpp"
#include "values/held_locks.hpp"

namespace holdfast::exec {
namespace {

TEST(CaseProcessReport, CutsATextOffWhereItWouldNotEnd) {
  const auto report = std::make_unique<CaseProcessReport>();
  CaseProcessReport::write(std::string(3000, 'x'), report->note);
  EXPECT_EQ(::strnlen(report->note.data(), report->note.size()), report->note.size() - 1);
  CaseProcessReport::write("short", report->note);
  EXPECT_STREQ(report->note.data(), "short");
}

TEST(CaseProcessReport, HasAllThatIsKnownOfTheCase) {
  const auto report = std::make_unique<CaseProcessReport>();
  report->outcome = Outcome::failed;
  report->exit_code = 3;
  report->signal = 11;
  report->wall_us = 250'000;
  report->leak_failed = true;
  report->untold = true;
  CaseProcessReport::write("why", report->note);
  const CaseResult result = report->result("A.a");
  EXPECT_EQ(result.name, "A.a");
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.signal, 11);
  EXPECT_EQ(result.wall_us, 250'000);
  EXPECT_TRUE(result.leak_failed);
  EXPECT_TRUE(result.untold);
  EXPECT_EQ(result.note, "why");
}

TEST(Markers, AreTakenFromTheProcessThatLeftThem) {
  const os::Scratch scratch;
  const MarkerOwner owner{"r.1", 7, 100, 110};
  const auto file = scratch.path(marker_file_name(7));
  EXPECT_FALSE(take_marker(scratch.path(), owner)) << "there is none";
  for (const Marker& foreign : {Marker{"r.2", {7, 105}, "why"}, Marker{"r.1", {7, 99}, "why"}}) {
    ASSERT_TRUE(os::leave_marker(scratch.path(), foreign));
    EXPECT_FALSE(take_marker(scratch.path(), owner));
    EXPECT_TRUE(std::filesystem::remove(file)) << "it stays, as an orphan";
  }
  ASSERT_TRUE(os::leave_marker(scratch.path(), {"r.1", {7, 105}, "why"}));
  EXPECT_FALSE(take_marker(scratch.path(), {"r.1", 0, 0, 0})) << "nobody knows the process";
  EXPECT_TRUE(take_marker(scratch.path(), owner));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(Markers, AndReportsAreNowhereWithoutADirectory) {
  EXPECT_FALSE(take_marker("", {"r.1", 7, 100, 110}));
  EXPECT_EQ(take_report_file("", "cases.xml"), std::nullopt);
  EXPECT_EQ(report_file_in("", "cases.xml"), "");
}

TEST(SideBySide, IsForCasesThatNeedNothingForThemselves) {
  EXPECT_TRUE(allows_side_by_side({}));
  Policy policy;
  policy.services = {{"db", ServiceMode::shared}};
  EXPECT_FALSE(allows_side_by_side(policy));
  policy = {};
  policy.containment = {Boundary::pidns};
  EXPECT_FALSE(allows_side_by_side(policy));
  policy = {};
  policy.needed_by_others = true;
  EXPECT_FALSE(allows_side_by_side(policy)) << "what stays is handed over once";
  policy = {};
  policy.locks = {retry_alone_lock()};
  EXPECT_TRUE(allows_side_by_side(policy));
  have_to_itself(policy.locks);
  EXPECT_FALSE(allows_side_by_side(policy)) << "the attempt has nothing beside it";
}

// Cases that run side by side, in processes of the test.
class RunCases : public testing::Test {
 protected:
  RunCases() { plan_.policy.processors = 2; }

  SideBySideEnd run(std::vector<std::string> cases, const CaseProcess::Work& work) {
    LentSlots slots(plan_);
    std::deque<std::string> left(cases.begin(), cases.end());
    const auto next = [&]() -> std::optional<BatchAction> {
      if (left.empty()) return std::nullopt;
      BatchAction action{BatchAction::Kind::run_cases};
      action.cases = {left.front()};
      left.pop_front();
      ++begun_;
      return action;
    };
    const auto act = [&](const BatchAction& action, CaseProcessReport& report) {
      // It ends with the test, and waits for another one that has failed no longer than this.
      ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
      ::alarm(60);
      name_ = action.cases.front();
      work(report);
    };
    const auto ended = [&](const CaseProcess& one, const OutputRange& range) {
      ended_.push_back(one.name() + (one.report().is_whole ? " told " : " lost ") +
                       std::to_string(one.report().exit_code.value_or(-1)) + ": " +
                       relay_.part(range.begin, range.end));
    };
    return run_cases({around_, relay_, slots, Milliseconds{0}, next, [&] { return left.size(); },
                      act, ended, [](Milliseconds) {}});
  }

  const os::Scratch scratch_;
  supervision::AttemptPlan plan_;
  supervision::Surroundings around_{{}, std::move(*os::SignalQueue::open()), {}};
  OutputRelay relay_{scratch_.path("log"), OutputRelay::Passing::when_released};
  std::string name_;  // of the case of this process
  int begun_ = 0;
  std::vector<std::string> ended_;
};

void tell(CaseProcessReport& report, const std::string& text, int code) {
  (void)::write(STDOUT_FILENO, text.data(), text.size());
  report.exit_code = code;
  report.is_whole = true;
}

TEST_F(RunCases, OneThatIsKilledHasNoWholeReportAndCostsNoOther) {
  (void)run({"A", "B"}, [&](CaseProcessReport& report) {
    if (name_ == "A") ::raise(SIGKILL);
    tell(report, "", 0);
  });
  EXPECT_EQ(ended_, (std::vector<std::string>{"A lost -1: ", "B told 0: "}));
}

TEST_F(RunCases, NoneBeginsAfterCtestHasDiedAndThoseThatRunAreEnded) {
  plan_.policy.processors = 1;
  Result<os::Pipe> life = os::make_pipe();
  ASSERT_TRUE(life);
  around_.parent = std::move(life->read);
  life->write.reset();
  const SideBySideEnd end = run({"A", "B"}, [](CaseProcessReport&) { ::pause(); });
  EXPECT_EQ(end.reason, EndReason::parent_gone);
  EXPECT_EQ(end.signal, SIGTERM);
  EXPECT_EQ(begun_, 1);
  EXPECT_EQ(ended_, std::vector<std::string>{"A lost -1: "});
}

// There are no more descriptors, for example.
TEST_F(RunCases, OneThatCannotBeStartedSaysWhy) {
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  rlimit none = usual;
  none.rlim_cur = 3;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const CaseProcess one("A", true, [](CaseProcessReport&) {});
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
  EXPECT_TRUE(one.is_over());
  EXPECT_FALSE(one.report().is_whole);
  EXPECT_NE(one.report().note.front(), '\0');
}

}  // namespace
}  // namespace holdfast::exec
