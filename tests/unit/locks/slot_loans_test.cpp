#include "locks/slot_lending.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace holdfast {
namespace {

using Borrowers = std::vector<SlotLoans::Borrower>;

constexpr Milliseconds k_start{1000};
constexpr Milliseconds k_later = k_start + k_slot_rest;

// Loans of a run whose tests have had `taken` slots for a while.
SlotLoans loans(std::size_t slots, std::size_t taken) {
  SlotLoans made(slots);
  made.tests_take(taken, k_start);
  (void)made.lend(k_later);
  return made;
}

TEST(SlotLoans, WhatTestsDoNotHaveIsLentAndNoMore) {
  SlotLoans some = loans(4, 2);
  some.want(1, 10);
  EXPECT_EQ(some.lend(k_later), (Borrowers{1, 1}));
  EXPECT_EQ(some.lend(k_later), Borrowers());
  EXPECT_EQ(some.lent(), 2U);
}

TEST(SlotLoans, ALoanIsForOneCaseAndIsAskedForAnew) {
  SlotLoans some = loans(2, 1);
  some.want(1, 10);
  EXPECT_EQ(some.lend(k_later), Borrowers{1});
  some.give_back(1, 1);
  EXPECT_EQ(some.lent(), 0U);
  EXPECT_EQ(some.lend(k_later), Borrowers{1});
}

TEST(SlotLoans, NothingIsLentUntilTestsAndLoansFitAgain) {
  SlotLoans some = loans(4, 1);
  some.want(1, 10);
  EXPECT_EQ(some.lend(k_later).size(), 3U);
  some.tests_take(3, k_later);  // ctest has started tests: five are at work
  some.give_back(1, 1);
  EXPECT_EQ(some.lend(k_later), Borrowers()) << "four of four are at work";
  some.give_back(1, 1);
  EXPECT_EQ(some.lend(k_later), Borrowers()) << "three tests and one loan";
  some.give_back(1, 1);
  EXPECT_EQ(some.lend(k_later), Borrowers{1});
}

TEST(SlotLoans, ASlotThatATestHasLeftIsCtestsForAMoment) {
  SlotLoans some = loans(2, 2);
  some.want(1, 10);
  EXPECT_EQ(some.due(), k_longest);
  some.tests_take(1, k_later);
  EXPECT_EQ(some.lend(k_later), Borrowers());
  EXPECT_EQ(some.due(), k_later + k_slot_rest);
  some.want(1, 0);
  EXPECT_EQ(some.due(), k_longest) << "nobody waits for it";
  some.want(1, 10);
  some.tests_take(2, k_later + Milliseconds{1});  // ctest has used it
  some.tests_take(1, k_later + Milliseconds{5});
  EXPECT_EQ(some.lend(k_later + k_slot_rest), Borrowers()) << "the rest has begun anew";
  EXPECT_EQ(some.lend(k_later + k_slot_rest + Milliseconds{5}), Borrowers{1});
}

TEST(SlotLoans, AllSlotsAreCtestsWhenARunIsFirstLookedAt) {
  SlotLoans some(4);
  some.want(1, 10);
  some.tests_take(1, k_start);
  EXPECT_EQ(some.lend(k_start), Borrowers());
  EXPECT_EQ(some.due(), k_later);
  EXPECT_EQ(some.lend(k_later).size(), 3U);
}

TEST(SlotLoans, BorrowersAreServedInTurnInTheOrderOfTheirWants) {
  SlotLoans some = loans(7, 2);
  some.want(1, 10);
  some.want(2, 1);
  some.want(3, 10);
  EXPECT_EQ(some.lend(k_later), (Borrowers{1, 2, 3, 1, 3}));
  some.give_back(3, 1);
  some.want(3, 9);
  EXPECT_EQ(some.lend(k_later), Borrowers{1}) << "it has waited longer";
}

TEST(SlotLoans, WhoLeavesGivesAllBackAndWantsNothing) {
  SlotLoans some = loans(3, 1);
  some.want(1, 10);
  (void)some.lend(k_later);
  some.leave(1);
  EXPECT_EQ(some.lent(), 0U);
  EXPECT_FALSE(some.is_wanted());
  some.give_back(1, 7);  // too late, and too much
  some.want(2, 1);
  EXPECT_EQ(some.lend(k_later), Borrowers{2});
}

TEST(SlotLoans, ATestThatWantsMoreThanThereIsHasAllOfThem) {
  SlotLoans some = loans(2, 100);
  some.want(1, 1);
  EXPECT_EQ(some.lend(k_later), Borrowers());
  some.tests_take(0, k_later);
  EXPECT_EQ(some.lend(k_later + k_slot_rest), Borrowers{1});
}

TEST(SlotLoans, WithoutANumberNothingIsLent) {
  SlotLoans none(0);
  none.want(1, 3);
  none.tests_take(0, k_start);
  EXPECT_EQ(none.lend(k_later), Borrowers());
}

// A ctest with batches, at random. Keeps an account of its own.
class Walk {
 public:
  explicit Walk(unsigned seed)
      : random_(seed),
        slots_(std::uniform_int_distribution<std::size_t>(1, 8)(random_)),
        loans_(slots_) {}

  void step() {
    now_ += Milliseconds{below(15)};
    switch (below(6)) {
      case 0:
        start_test();
        break;
      case 1:
        if (!tests_.empty()) tests_.erase(tests_.begin() + static_cast<long>(below(tests_.size())));
        break;
      case 2:
      case 3:
        end_case();
        break;
      case 4:
        loans_.want(some_borrower(), below(5));
        break;
      case 5:
        if (below(10) == 0) leave();
        break;
    }
    loans_.tests_take(taken(), now_);
    const std::size_t before = running();
    const Borrowers lucky = loans_.lend(now_);
    for (const SlotLoans::Borrower who : lucky) ++cases_[who];
    EXPECT_EQ(loans_.lent(), running());
    EXPECT_EQ(running(), before + lucky.size());
    if (!lucky.empty()) {
      EXPECT_LE(taken() + running(), slots_) << "lent while it was short";
    }
  }

 private:
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }
  SlotLoans::Borrower some_borrower() { return static_cast<SlotLoans::Borrower>(below(4)); }
  std::size_t taken() const {
    std::size_t sum = 0;
    for (const std::size_t test : tests_) sum += test;
    return sum;
  }
  std::size_t running() const {
    std::size_t sum = 0;
    for (const auto& [who, count] : cases_) sum += count;
    return sum;
  }
  // ctest knows nothing of loans.
  void start_test() {
    const std::size_t processors = std::min(slots_, below(4) + 1);
    if (taken() + processors <= slots_) tests_.push_back(processors);
  }
  void end_case() {
    const SlotLoans::Borrower who = some_borrower();
    if (cases_[who] == 0) return;
    --cases_[who];
    loans_.give_back(who, 1);
  }
  void leave() {
    const SlotLoans::Borrower who = some_borrower();
    cases_.erase(who);
    loans_.leave(who);
  }

  std::mt19937 random_;
  std::size_t slots_;
  SlotLoans loans_;
  Milliseconds now_{1};
  std::vector<std::size_t> tests_;
  std::map<SlotLoans::Borrower, std::size_t> cases_;
};

TEST(SlotLoans, WhateverHappensNothingIsLentBeyondTheNumber) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Walk walk(seed);
    for (int i = 0; i < 300 && !::testing::Test::HasFailure(); ++i) walk.step();
  }
}

}  // namespace
}  // namespace holdfast
