#include "keeper/tree/enclosing_run.hpp"

#include <gtest/gtest.h>

#include "core/base/attempt_tag.hpp"

namespace holdfast {
namespace {

AttemptStarted begun(const std::string& attempt) {
  AttemptStarted record;
  record.attempt = attempt;
  return record;
}

AttemptEnded ended(const std::string& attempt) {
  AttemptEnded record;
  record.attempt = attempt;
  return record;
}

TEST(EnclosingRun, HasTheAttemptsThatHaveBegunAndNotEnded) {
  const std::uint64_t tag = tag_number("r.1");
  EXPECT_TRUE(is_attempt_going_on({begun("r.1")}, tag));
  EXPECT_TRUE(is_attempt_going_on({begun("r.2"), begun("r.1"), ended("r.2")}, tag));
  EXPECT_FALSE(is_attempt_going_on({begun("r.1"), ended("r.1")}, tag));
  EXPECT_FALSE(is_attempt_going_on({begun("r.2")}, tag));
  EXPECT_FALSE(is_attempt_going_on({}, tag));
}

}  // namespace
}  // namespace holdfast
