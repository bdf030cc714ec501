
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "journal/kept_output.hpp"
#include "journal/scratch_directory.hpp"
#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "output/output_relay.hpp"

namespace holdfast::exec {
namespace {

class KeptRoom : public testing::Test {
 protected:
  std::string log(const std::string& attempt) const {
    return (directory_.path() / ".holdfast/runs/1/output" / (attempt + ".log")).string();
  }
  // What is left of an attempt that printed `text`.
  std::string kept(const std::string& attempt, const std::string& text, std::uint64_t limit) const {
    testing::internal::CaptureStdout();
    OutputRelay relay(log(attempt));
    relay.write(Stream::output, text);
    relay.finish();
    EXPECT_EQ(testing::internal::GetCapturedStdout(), text);
    relay.cut_log(limit);
    std::ifstream stream(log(attempt));
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  ScratchDirectory directory_;
};

TEST_F(KeptRoom, TheAttemptsOfARunShareIt) {
  directory_.write(".holdfast/runs/1/journal.jsonl", "");
  EXPECT_EQ(kept("a", "123456", 10), "123456");
  EXPECT_EQ(kept("b", "abcdefg", 10), "abcd" + mark_of_left_out(3));
  EXPECT_EQ(kept("c", "xyz", 10), mark_of_left_out(3));
  EXPECT_EQ(kept("d", "", 10), "");
}

TEST_F(KeptRoom, NoByteOfItIsGivenTwice) {
  constexpr std::uint64_t k_limit = 1000;
  directory_.write(".holdfast/runs/1/output/x.log", "");
  std::uint64_t taken[4] = {};
  std::vector<std::thread> threads;
  for (std::uint64_t& mine : taken) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) mine += take_room(log("x"), 7, k_limit);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken[0] + taken[1] + taken[2] + taken[3], k_limit);
}

TEST_F(KeptRoom, APartThatIsTooLongIsItsEnd) {
  testing::internal::CaptureStdout();
  OutputRelay relay(log("a"));
  relay.write(Stream::output, "begin" + std::string(64UL * 1024, 'x') + "end");
  relay.finish();
  (void)testing::internal::GetCapturedStdout();
  EXPECT_EQ(relay.part(0, 6), "beginx");
  const std::string most = relay.part(0, relay.position());
  EXPECT_EQ(most.size(), 64UL * 1024);
  EXPECT_TRUE(most.ends_with("xend"));
}

TEST_F(KeptRoom, WhatCannotBeCountedIsKept) {
  EXPECT_EQ(take_room((directory_.path() / "no-such/x.log").string(), 7, 3), 7U);
}

TEST_F(KeptRoom, APartThatHasNoPlaceIsEmpty) {
  testing::internal::CaptureStdout();
  OutputRelay relay(log("a"));
  OutputRelay without{std::string()};
  for (OutputRelay* const one : {&relay, &without}) {
    one->write(Stream::output, "printed");
    EXPECT_EQ(one->part(3, 3), "");
    EXPECT_EQ(one->part(5, 3), "");
  }
  EXPECT_EQ(without.part(0, 3), "");
  (void)testing::internal::GetCapturedStdout();
}

TEST_F(KeptRoom, ALogThatCannotBeMadeIsNotNamedAndSaysWhy) {
  directory_.write(".holdfast/runs/1/output/a.log", "of an attempt of that name");
  testing::internal::CaptureStdout();
  OutputRelay relay(log("a"));
  relay.write(Stream::output, "printed");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "printed");
  EXPECT_EQ(relay.log(), "");
  EXPECT_NE(relay.take_trouble().find("a.log"), std::string::npos);
  EXPECT_EQ(relay.take_trouble(), "") << "it is said once";
}

// Somebody cleans up while the attempt runs.
TEST_F(KeptRoom, ALogThatWasCutShortEndsTheOutputThatWasHeldBack) {
  for (const std::string& left : {std::string("pri"), std::string()}) {
    testing::internal::CaptureStdout();
    OutputRelay relay(log("a" + left), OutputRelay::Passing::when_released);
    relay.write(Stream::output, "printed");
    std::filesystem::resize_file(log("a" + left), left.size());
    relay.release();
    EXPECT_EQ(testing::internal::GetCapturedStdout(), left);
  }
}

TEST_F(KeptRoom, ALogThatGoesIsNotNamed) {
  directory_.write(".holdfast/runs/1/journal.jsonl", "");
  OutputRelay relay(log("a"));
  EXPECT_EQ(relay.log(), log("a"));
  relay.remove_log();
  EXPECT_EQ(relay.log(), "");
  EXPECT_FALSE(std::filesystem::exists(log("a")));
}

// RLIMIT_FSIZE stands in for a full disk.
TEST_F(KeptRoom, AFullDiskIsToldOnceAndNoOutputIsLost) {
  directory_.write(".holdfast/runs/1/output/x.log", "");
  for (const auto passing : {OutputRelay::Passing::at_once, OutputRelay::Passing::when_released}) {
    const bool is_held = passing == OutputRelay::Passing::when_released;
    const std::string name = is_held ? "held" : "passed";
    Result<os::Pipe> pipe = os::make_pipe();
    ASSERT_TRUE(pipe);
    const os::UniqueFd usual(::dup(STDOUT_FILENO));
    (void)::dup2(pipe->write.get(), STDOUT_FILENO);
    OutputRelay relay(log(name), passing);
    (void)::dup2(usual.get(), STDOUT_FILENO);
    rlimit most{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &most), 0);
    rlimit room = most;
    room.rlim_cur = 3;
    auto* const before = ::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &room), 0);
    relay.write(Stream::output, "printed");
    relay.write(Stream::output, " more");
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &most), 0);
    (void)::signal(SIGXFSZ, before);
    if (is_held) {
      EXPECT_EQ(relay.text(100), "printed more");
    }
    is_held ? relay.release() : relay.finish();
    // All of it is in the pipe by now.
    ASSERT_TRUE(os::readable(pipe->read.get(), Milliseconds{0}));
    char came[64] = {};
    const ssize_t size = ::read(pipe->read.get(), came, sizeof came);
    EXPECT_EQ(std::string_view(came, static_cast<std::size_t>(std::max<ssize_t>(size, 0))),
              "printed more");
    EXPECT_EQ(relay.position(), 3U);
    EXPECT_EQ(std::filesystem::file_size(log(name)), 3U);
    const std::string directory = (directory_.path() / ".holdfast/runs/1/output").string();
    EXPECT_EQ(relay.take_trouble(),
              "ignoring that the output of cases is not kept: failed to write to " + directory +
                  ": File too large");
    EXPECT_EQ(relay.take_trouble(), "");
  }
}

}  // namespace
}  // namespace holdfast::exec
