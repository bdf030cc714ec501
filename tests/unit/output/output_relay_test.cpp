#include "output/output_relay.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "os/file/descriptors.hpp"

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

// ctest reads slowly, and each stream has a pipe of its own.
TEST(OutputRelay, WhatWaitsGoesToItsOwnStreamInItsOrder) {
  Result<os::Pipe> pipes[] = {os::make_pipe(), os::make_pipe()};
  ASSERT_TRUE(pipes[0] && pipes[1]);
  const os::UniqueFd usual[] = {os::UniqueFd(::dup(STDOUT_FILENO)),
                                os::UniqueFd(::dup(STDERR_FILENO))};
  (void)::dup2(pipes[0]->write.get(), STDOUT_FILENO);
  (void)::dup2(pipes[1]->write.get(), STDERR_FILENO);
  OutputRelay relay{std::string()};
  (void)::dup2(usual[0].get(), STDOUT_FILENO);
  (void)::dup2(usual[1].get(), STDERR_FILENO);
  const std::string much(200'000, 'x');
  relay.write(Stream::output, much);
  relay.write(Stream::errors, "trouble");
  relay.write(Stream::output, "end");
  std::string came[2];
  const auto read = [&](int which) {
    char part[4096];
    if (!os::is_readable(pipes[which]->read.get())) return;
    const ssize_t count = ::read(pipes[which]->read.get(), part, sizeof part);
    came[which].append(part, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  };
  read(1);
  EXPECT_EQ(came[1], "") << "what came before it waits";
  for (int round = 0; round < 1000; ++round) {
    read(0);
    read(1);
    relay.pass_on();
  }
  EXPECT_EQ(came[0], much + "end");
  EXPECT_EQ(came[1], "trouble");
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
