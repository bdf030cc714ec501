// A pause is no part of the time of a case, nor of a list, whoever follows the process.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "batches/test_program.hpp"
#include "os/file/clock.hpp"
#include "output/output_relay.hpp"

namespace holdfast::exec {
namespace {

constexpr Milliseconds k_limit{3'600'000};
constexpr Milliseconds k_pause{3};

class Pause : public testing::Test {
 protected:
  Pause()
      : capture_(std::move(*supervision::Capture::open(false))),
        around_{{}, std::move(*os::SignalQueue::open()), {}},
        services_(plan_, around_) {
    plan_.policy.timeout = k_limit;
  }

  WorkerOrder order(const std::string& own_case, Milliseconds limit = k_limit) {
    return {capture_, relay_, link_, services_, limit, own_case, [](const auto&, const auto&) {},
            [] {}};
  }

  std::unique_ptr<BatchWorker> report_worker(const std::string& own_case,
                                             Milliseconds limit = k_limit) {
    return program_->worker(order(own_case, limit));
  }

  // By how much a pause after at least `k_pause` moves its deadline.
  static Milliseconds moved(supervision::Companion& by) {
    const Milliseconds before = by.deadline();
    const Milliseconds since = os::monotonic_now();
    while (os::monotonic_now() < since + k_pause) {
    }
    by.on_pause(k_pause);
    return by.deadline() - before;
  }

  supervision::AttemptPlan plan_;
  supervision::Capture capture_;
  supervision::Surroundings around_;
  OutputRelay relay_{std::string()};
  WorkerLink link_;
  BatchServices services_;
  char* no_words_[2] = {nullptr, nullptr};
  char* nothing_[1] = {nullptr};
  // It has no name, and its processes leave reports of their cases.
  const std::unique_ptr<TestProgram> program_ =
      doctest_program({.arguments = no_words_, .environment = nothing_}, "/nowhere");
  const std::string none_;
  const std::string case_ = "A.a";
};

TEST_F(Pause, MovesTheLimitOfACase) {
  EXPECT_EQ(moved(*report_worker(case_)), k_pause);
  EXPECT_EQ(moved(*gtest_worker(order(none_), {})), k_pause);
  Listing listing(capture_, relay_, link_, Stream::output, k_limit);
  EXPECT_EQ(moved(listing), k_pause);
}

TEST_F(Pause, MakesNoLimitWhereThereIsNone) {
  for (const auto& worker : {report_worker(none_), report_worker(case_, Milliseconds{0})}) {
    EXPECT_EQ(moved(*worker), Milliseconds{0});
    EXPECT_EQ(worker->deadline(), k_longest);
  }
  EXPECT_EQ(moved(*gtest_worker(order(none_, Milliseconds{0}), {})), Milliseconds{0});
  Listing listing(capture_, relay_, link_, Stream::output, Milliseconds{0});
  EXPECT_EQ(moved(listing), Milliseconds{0});
}

// We may learn late that the test goes on.
TEST_F(Pause, DoesNotMoveTheLimitOfACaseThatBeganAfterIt) {
  const auto worker = gtest_worker(order(none_), {});
  const Milliseconds before = worker->deadline();
  worker->on_pause(k_limit);
  EXPECT_EQ(worker->deadline(), before);
}

TEST_F(Pause, MovesTheLimitOfATestThatHasAHookBeforeItsEnd) {
  const supervision::AttemptIdentity identity;
  plan_.identity = &identity;
  plan_.policy.hooks.before_kill = "true";
  const auto inner = report_worker(none_);
  BeforeKill hook(*inner, plan_, relay_);
  EXPECT_EQ(hook.plan().policy.timeout, Milliseconds{0});
  EXPECT_EQ(moved(hook), k_pause);
  plan_.policy.timeout = Milliseconds{0};
  BeforeKill without(*inner, plan_, relay_);
  EXPECT_EQ(without.plan().policy.timeout, Milliseconds{0});
  EXPECT_EQ(moved(without), Milliseconds{0});
}

}  // namespace
}  // namespace holdfast::exec
