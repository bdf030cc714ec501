// What follows from the reports of a process that has ended.
#include "batches/report_program.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/scratch.hpp"
#include "output/output_relay.hpp"

namespace holdfast::exec {
namespace {

// A program whose process says what it was made to say, and which keeps what the process has
// printed.
class Says final : public ReportProgram {
 public:
  Says(CaseReport said, std::string& printed)
      : ReportProgram({}, "/nowhere"), said_(std::move(said)), printed_(printed) {
    can_report_ = true;
  }
  CaseReport take_report(const ProcessEnd& /*end*/, const std::string& /*own_case*/,
                         std::string_view printed) const override {
    printed_ = printed;
    return said_;
  }
  const Framework& framework() const override { return doctest(); }
  WorkerCommand running_all() const override { return WorkerCommand(given_); }
  WorkerCommand running(const std::string& /*selection*/, Selected /*selected*/) const override {
    return running_all();
  }
  WorkerCommand listing() const override { return running_all(); }

 private:
  bool read_list(std::string_view /*text*/, int /*code*/, BatchEvent& /*event*/) const override {
    return false;
  }

  CaseReport said_;
  std::string& printed_;
};

class ReportWorkerTest : public testing::Test {
 protected:
  ReportWorkerTest()
      : capture_(std::move(*supervision::Capture::open(false))),
        around_{{}, std::move(*os::SignalQueue::open()), {}},
        services_(plan_, around_) {
    testing::internal::CaptureStdout();
    relay_.emplace(std::string());  // on the stdout of now
  }
  void TearDown() override {
    const std::string printed = testing::internal::GetCapturedStdout();
    if (HasFailure()) std::cout << printed;
  }

  // The events that tell of a process with this report: `announced 1`, `began A.a`, `ended A.a 0`.
  // `printed`: what it prints, part by part.
  std::vector<std::string> told(CaseReport said, const std::string& own_case,
                                const std::vector<std::string>& printed = {}) {
    std::vector<std::string> events;
    const auto tell = [&](const BatchEvent& event, const OutputRange& range) {
      const std::string name(event.name);
      if (event.kind == BatchEvent::Kind::case_ended) {
        words_.push_back(relay_->part(range.begin, range.end));
      }
      if (event.kind == BatchEvent::Kind::announced) {
        events.push_back("announced " + std::to_string(event.count));
      }
      if (event.kind == BatchEvent::Kind::case_began) events.push_back("began " + name);
      if (event.kind == BatchEvent::Kind::case_ended) {
        events.push_back("ended " + name + " " + std::to_string(static_cast<int>(event.said)));
      }
      if (event.kind == BatchEvent::Kind::finished) events.emplace_back("finished");
    };
    const Says program(std::move(said), printed_);
    const std::unique_ptr<BatchWorker> worker = program.worker(
        {capture_, *relay_, link_, services_, Milliseconds{0}, own_case, tell, [] {}});
    for (const std::string& part : printed) {
      EXPECT_EQ(::write(capture_.output(), part.data(), part.size()),
                static_cast<ssize_t>(part.size()));
      worker->look();
    }
    const OutputRange rest = worker->finish({ProcessEnd::Kind::exited, 0});
    words_.push_back(relay_->part(rest.begin, rest.end));
    return events;
  }

  // How the only case of a process ended, of whose name the report has these.
  std::string end_of(std::vector<CaseEnd> ends) {
    CaseReport said;
    said.is_through = true;
    for (const CaseEnd end : ends) said.cases.push_back({"A", end});
    said.cases.push_back({"B", CaseEnd::failed});
    return told(said, own_case_).at(2);
  }

  supervision::AttemptPlan plan_;
  supervision::Capture capture_;
  supervision::Surroundings around_;
  std::optional<OutputRelay> relay_;
  WorkerLink link_;
  BatchServices services_;
  std::string printed_;
  const std::string own_case_ = "A";
  std::vector<std::string> words_;  // of each case that ended, and of the process
};

using Events = std::vector<std::string>;

TEST_F(ReportWorkerTest, CasesOfOneNameEndAsTheWorstOfThem) {
  constexpr CaseEnd k_passed = CaseEnd::passed;
  constexpr CaseEnd k_failed = CaseEnd::failed;
  constexpr CaseEnd k_skipped = CaseEnd::skipped;
  EXPECT_EQ(end_of({k_passed}), "ended A 0");
  EXPECT_EQ(end_of({k_passed, k_failed}), "ended A 1");
  EXPECT_EQ(end_of({k_failed, k_passed, k_skipped}), "ended A 1");
  EXPECT_EQ(end_of({k_skipped, k_failed}), "ended A 1");
  EXPECT_EQ(end_of({k_skipped, k_passed}), "ended A 0");
  EXPECT_EQ(end_of({k_skipped}), "ended A 2");
}

TEST_F(ReportWorkerTest, AProcessThatDidNotComeToItsEndIsInItsCase) {
  CaseReport said;
  EXPECT_EQ(told(said, "A"), (Events{"announced 1", "began A"}));
  said.is_through = true;
  EXPECT_EQ(told(said, "A"), Events{"announced 0"}) << "it has not run the case";
  said.has_begun = false;
  EXPECT_EQ(told(said, "A"), Events{});
}

TEST_F(ReportWorkerTest, AProcessOfSeveralCasesMayDieInOneMore) {
  CaseReport said;
  said.cases = {{"A", CaseEnd::passed}, {"B", CaseEnd::failed}};
  said.died_in = ReportedCase{"C", CaseEnd::failed};
  EXPECT_EQ(told(said, ""),
            (Events{"announced 3", "began A", "ended A 0", "began B", "ended B 1", "began C"}));
  said.died_in.reset();
  said.is_through = true;
  EXPECT_EQ(told(said, ""),
            (Events{"announced 2", "began A", "ended A 0", "began B", "ended B 1", "finished"}));
}

// What the report says is printed where the program would have printed it.
TEST_F(ReportWorkerTest, EachCaseHasItsWordsInTheOutput) {
  const os::Scratch scratch;
  relay_.emplace(scratch.path("log"));
  CaseReport said;
  said.first_words = "first\n";
  said.cases = {{"A", CaseEnd::passed}, {"B", CaseEnd::failed, "b failed\n"}};
  said.died_in = ReportedCase{"C", CaseEnd::failed, "c died\n"};
  said.last_words = "last\n";
  (void)told(said, "", {"printed\n"});
  EXPECT_EQ(words_, (std::vector<std::string>{"", "b failed\n",
                                              "printed\nfirst\nb failed\nc died\nlast\n"}));
  words_.clear();
  said.died_in.reset();
  said.is_through = true;
  capture_ = std::move(*supervision::Capture::open(false));
  (void)told(said, "A", {"of A\n"});
  EXPECT_EQ(words_, (std::vector<std::string>{"of A\n", "of A\n"})) << "it has printed that itself";
}

TEST_F(ReportWorkerTest, AProcessThatRanNothingAnnouncesThat) {
  CaseReport said;
  said.is_through = true;
  EXPECT_EQ(told(said, ""), (Events{"announced 1", "finished"})) << "nobody knows how many";
  said.ran_nothing = true;
  EXPECT_EQ(told(said, ""), (Events{"announced 0", "finished"}));
  said.has_begun = false;
  EXPECT_EQ(told(said, ""), Events{});
}

// Totals are among the last lines.
TEST_F(ReportWorkerTest, TheEndOfALongOutputIsReadForTotals) {
  // The last part is the one for which room has to be made.
  std::vector<std::string> parts(8, std::string(16'000, 'x'));
  parts.push_back(parts.back() + "\nthe totals\n");
  (void)told({}, "A", parts);
  EXPECT_TRUE(printed_.ends_with("\nthe totals\n"));
}

// A case may print there what looks like totals.
TEST_F(ReportWorkerTest, WhatComesOnStderrIsNotReadForTotals) {
  constexpr std::string_view k_forged = "the totals of another\n";
  ASSERT_EQ(::write(capture_.errors(), k_forged.data(), k_forged.size()),
            static_cast<ssize_t>(k_forged.size()));
  (void)told({}, "A", {"the totals\n"});
  EXPECT_EQ(printed_, "the totals\n");
}

}  // namespace
}  // namespace holdfast::exec
