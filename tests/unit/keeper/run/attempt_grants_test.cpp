#include "keeper/run/attempt_grants.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "nowhere.hpp"

namespace holdfast {
namespace {

class AttemptGrants : public testing::Test {
 protected:
  AttemptGrants() {
    request_.test = "t";
    request_.key = "key";
  }
  wire::AttemptGrant grant(Company company = Company::none) {
    return grant_attempt(request_, settings_, company, run_, lines_);
  }
  static std::vector<std::string> texts_of(const std::vector<LockSpec>& locks) {
    std::vector<std::string> texts;
    for (const LockSpec& lock : locks) texts.push_back(to_text(lock));
    return texts;
  }

  wire::AttemptRequest request_;
  Result<ProjectSettings> settings_ = ProjectSettings{};
  RunLines lines_{k_no_ctest};
  holdfast::Run run_ = begun();
};

using Texts = std::vector<std::string>;

TEST_F(AttemptGrants, GiveEachAttemptANameOfItsOwn) {
  const wire::AttemptGrant first = grant();
  EXPECT_EQ(first.run, run_.id());
  EXPECT_EQ(first.attempt, run_.id() + ".1");
  EXPECT_FALSE(first.is_again);
  request_.key = "other";
  EXPECT_FALSE(grant().is_again);
  request_.key = "key";
  const wire::AttemptGrant again = grant();
  EXPECT_EQ(again.attempt, run_.id() + ".3");
  EXPECT_TRUE(again.is_again);
}

TEST_F(AttemptGrants, RefuseATestWhoseSettingsAreWrong) {
  settings_ = ErrorInWords{"holdfast.toml:1: no"};
  const wire::AttemptGrant refused = grant();
  EXPECT_EQ(refused.refusal, "holdfast.toml:1: no");
  EXPECT_EQ(refused.attempt, run_.id() + ".1");
}

TEST_F(AttemptGrants, RefuseATestWhoseLockIsNotUnderstood) {
  request_.said = {{Setting::locks, Source::property, "db:often", {}}};
  EXPECT_NE(grant().refusal, "");
}

TEST_F(AttemptGrants, SayOnceWhatOfAPropertyIsNotUnderstood) {
  request_.said = {{Setting::nice, Source::property, "very", {}}};
  EXPECT_EQ(grant().refusal, "");
  EXPECT_EQ(grant().refusal, "");
  const std::string summary = lines_.take_summary("");
  EXPECT_TRUE(summary.starts_with("holdfast: \"t\": ")) << summary;
  EXPECT_EQ(std::count(summary.begin(), summary.end(), '\n'), 1) << summary;
}

TEST_F(AttemptGrants, KeepTestsApartOnlyInCompany) {
  EXPECT_EQ(grant().policy.locks.size(), 0U);
  EXPECT_EQ(texts_of(grant(Company::possible).policy.locks),
            (Texts{"RUN_SERIAL:shared@build", "TEST key@build"}));
  request_.facts.serial = true;
  EXPECT_EQ(texts_of(grant(Company::possible).policy.locks),
            (Texts{"RUN_SERIAL@build", "TEST key@build"}));
}

TEST_F(AttemptGrants, InCompanyATestsOwnLocksStay) {
  request_.said = {{Setting::locks, Source::property, "db", {}}};
  EXPECT_EQ(texts_of(grant(Company::possible).policy.locks),
            (Texts{"RUN_SERIAL:shared@build", "TEST key@build", "db@project"}));
}

}  // namespace
}  // namespace holdfast
