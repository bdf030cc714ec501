#include "supervision/attempt/scratch.hpp"

#include <gtest/gtest.h>

namespace holdfast::supervision {
namespace {

TEST(AttemptsScratch, OfAGoodTestGoesAndOfAFailedOneStaysUnlessSettingsSayOtherwise) {
  const struct {
    Outcome outcome;
    bool goes;
  } rows[] = {
      {Outcome::passed, true},          {Outcome::skipped, true},
      {Outcome::no_tests, true},        {Outcome::failed, false},
      {Outcome::crashed, false},        {Outcome::timed_out, false},
      {Outcome::interrupted, false},    {Outcome::deliberate_exit, false},
      {Outcome::internal_error, false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(goes(Scratch::keep_failed, row.outcome), row.goes) << name_of(row.outcome);
    EXPECT_FALSE(goes(Scratch::keep, row.outcome));
    EXPECT_TRUE(goes(Scratch::remove, row.outcome));
  }
}

TEST(AttemptsScratch, WithoutADirectoryNothingStays) {
  AttemptScratch none{std::string()};
  EXPECT_EQ(none.settle(Scratch::keep, Outcome::failed, {}), "");
  EXPECT_EQ(none.trouble(), "");
}

TEST(AttemptsScratch, IsLentAgainOnlyIfItIsAsNew) {
  os::ScratchContent untouched;
  untouched.is_as_made = true;
  AttemptScratch lent{"/proc/no-such-directory"};
  EXPECT_EQ(lent.state(), LentScratch::used);
  EXPECT_EQ(lent.settle(Scratch::keep_failed, Outcome::failed, untouched), "");
  EXPECT_EQ(lent.state(), LentScratch::reusable);
}

}  // namespace
}  // namespace holdfast::supervision
