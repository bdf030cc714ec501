#include "base/result.hpp"

#include <gtest/gtest.h>

#include "base/duration.hpp"

namespace holdfast {
namespace {

TEST(Error, ItsFormSaysHowItReads) {
  const Error tried{"open /x: Permission denied"};
  EXPECT_EQ(to_text(tried), "failed to open /x: Permission denied");
  EXPECT_EQ(to_text("lock \"db\"", tried), "lock \"db\": failed to open /x: Permission denied");
  const Error value = BadValue{"\"5y\"", "a time"};
  EXPECT_EQ(to_text(value), "\"5y\": expected a time");
  EXPECT_EQ(to_text("--timeout", value), "--timeout \"5y\": expected a time");
  const Error words = ErrorInWords{"ctest has ended"};
  EXPECT_EQ(to_text(words), "ctest has ended");
  EXPECT_EQ(to_text("its tree", words), "its tree: ctest has ended");
}

TEST(Error, AValueHasTwoPartsWhateverIsInIt) {
  const Error error = BadValue{"\"a: expected b\"", "c: expected d"};
  EXPECT_EQ(found_in(error), "\"a: expected b\"");
  EXPECT_EQ(expected_by(error), "c: expected d");
}

TEST(Result, HasAnotherValueForCallersThatDoNotCareWhatWentWrong) {
  EXPECT_EQ(parse_duration("5s").value_or(Milliseconds{1}), Milliseconds{5000});
  EXPECT_EQ(parse_duration("soon").value_or(Milliseconds{1}), Milliseconds{1});
}

TEST(Error, KeepsItsFormOnTheWayUp) {
  const Result<Milliseconds> time = parse_duration("soon");
  ASSERT_FALSE(time);
  const Result<int> above = time.error();
  EXPECT_EQ(above.error().form, Error::Form::value);
  EXPECT_EQ(found_in(above.error()), "\"soon\"");
}

}  // namespace
}  // namespace holdfast
