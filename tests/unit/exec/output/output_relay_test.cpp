#include "exec/output/output_relay.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>

namespace holdfast::exec {
namespace {

TEST(OutputRelay, ForTheLogOfItsReaderKnowsPlacesInIt) {
  testing::internal::CaptureStdout();
  OutputRelay relay = OutputRelay::for_log_of_reader("/the/log");
  EXPECT_EQ(relay.log(), "/the/log");
  relay.write(Stream::output, "four");
  relay.write(Stream::output, "five5");
  relay.finish();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "fourfive5");
  EXPECT_EQ(relay.position(), 9U);
  EXPECT_EQ(relay.text(5), "five5");
}

TEST(OutputRelay, WhatIsHeldBackIsKeptInMemoryIfThereIsNoFileForIt) {
  testing::internal::CaptureStdout();
  rlimit most{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &most), 0);
  rlimit none = most;
  none.rlim_cur = 0;  // no descriptor more
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  OutputRelay relay({}, OutputRelay::Passing::when_released);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &most), 0);
  relay.write(Stream::output, "held back\n");
  relay.release();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "held back\n");
}

TEST(OutputRelay, WithoutALogItKnowsTheEndOfALongOutput) {
  testing::internal::CaptureStdout();
  OutputRelay relay{std::string()};
  const std::string mebibyte(1024UL * 1024, 'x');
  for (int i = 0; i < 2; ++i) relay.write(Stream::output, mebibyte);
  relay.write(Stream::output, mebibyte.substr(4) + "last");
  relay.finish();
  EXPECT_EQ(testing::internal::GetCapturedStdout().size(), 3 * mebibyte.size());
  EXPECT_EQ(relay.text(4), "last");
}

TEST(OutputTurn, WhatWasKeptGoesWhereItWasWritten) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  OutputRelay relay{std::string()};
  ASSERT_FALSE(relay.streams_are_one());
  OutputTurn turn;
  turn.write(nullptr, Stream::output, "one ");
  turn.write(nullptr, Stream::output, "two ");
  turn.write(nullptr, Stream::errors, "trouble");
  turn.write(nullptr, Stream::output, "three");
  turn.begin(relay);
  relay.finish();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "one two three");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "trouble");
}

}  // namespace
}  // namespace holdfast::exec
