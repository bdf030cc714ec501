#include "attempt/scratch.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "os/scratch.hpp"

namespace holdfast::supervision {
namespace {

namespace fs = std::filesystem;

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

// A scratch directory whose test had a /tmp of its own, with a file in it.
class TmpOfATest : public testing::Test {
 protected:
  TmpOfATest() {
    fs::create_directories(directories_.path("own"));
    needs_.tmp = os::PrivateTmp::prepare(tmp(), {});
    EXPECT_TRUE(needs_.tmp);
    std::ofstream(tmp() + "/tmp/file") << "x";
    result_.outcome = Outcome::passed;
    left_.is_as_made = true;
  }

  std::string tmp() const { return directories_.path("own.tmp"); }
  std::string link() const { return directories_.path("own/.tmp"); }
  Scratch settled() { return scratch_.settle_tmp(needs_, policy_, result_, left_); }
  void expect_kept() {
    EXPECT_EQ(settled(), Scratch::keep);
    EXPECT_TRUE(fs::exists(tmp() + "/tmp/file"));
    EXPECT_EQ(fs::read_symlink(link()).string(), tmp());
    EXPECT_TRUE(left_.holds_files);
    EXPECT_FALSE(left_.is_as_made);
    EXPECT_EQ(scratch_.trouble(), "");
  }

  os::Scratch directories_;
  AttemptScratch scratch_{directories_.path("own")};
  ContainmentNeeds needs_;
  Policy policy_;
  AttemptResult result_;
  os::ScratchContent left_;
};

TEST_F(TmpOfATest, GoesAfterAPass) {
  EXPECT_EQ(settled(), Scratch::keep_failed);
  EXPECT_FALSE(fs::exists(tmp()));
  EXPECT_FALSE(fs::is_symlink(link()));
  EXPECT_TRUE(left_.is_as_made);
}

TEST_F(TmpOfATest, StaysAfterAFailure) {
  result_.outcome = Outcome::failed;
  expect_kept();
}

TEST_F(TmpOfATest, StaysWhateverTheSettingWhileAProcessUsesIt) {
  policy_.scratch = Scratch::remove;
  result_.report.survivors = 1;
  expect_kept();
}

TEST_F(TmpOfATest, ThatIsSharedStaysAlsoWhereThereIsNoPlaceForALink) {
  needs_.tmp_is_shared = true;
  result_.outcome = Outcome::failed;
  AttemptScratch none{std::string()};
  EXPECT_EQ(none.settle_tmp(needs_, policy_, result_, left_), Scratch::keep);
  EXPECT_TRUE(fs::exists(tmp() + "/tmp/file"));
  EXPECT_EQ(none.trouble(), "");
  EXPECT_TRUE(left_.is_as_made);
}

TEST_F(TmpOfATest, ThatIsSharedStaysIfWhatUsesItMayOutliveTheRun) {
  needs_.tmp_is_shared = true;
  result_.report.kept = true;
  EXPECT_EQ(settled(), Scratch::keep_failed) << "what later tests need ends with the run";
  EXPECT_FALSE(fs::is_symlink(link()));
  policy_.on_leak = OnLeak::ignore;
  expect_kept();
}

}  // namespace
}  // namespace holdfast::supervision
