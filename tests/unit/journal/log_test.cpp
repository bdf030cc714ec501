// What spdlog writes is in the form of the launchers' own lines.
#include "journal/log.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "base/text.hpp"
#include "journal/log_reader.hpp"
#include "os/file/clock.hpp"
#include "os/log/log.hpp"
#include "os/scratch.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

using Messages = std::vector<std::string>;

Messages messages_of(const std::vector<LogLine>& lines) {
  Messages messages;
  for (const LogLine& line : lines) messages.push_back(line.message);
  return messages;
}

class Log : public testing::Test {
 protected:
  std::string file() const { return directory_.path("holdfast.log"); }
  std::vector<LogLine> lines() const { return LogReader(directory_.path()).take_lines(); }

  LogTarget target(LogLevel level) const {
    LogTarget target{file(), level};
    target.test = "t";
    target.attempt = "1-x.1";
    return target;
  }

  os::Scratch directory_;
  std::error_code ignored_;
};

TEST_F(Log, TheLinesOfSpdlogAreReadAsTheLaunchersOwn) {
  log_by_spdlog("keeper");
  os::begin_log(target(LogLevel::trace));
  const std::int64_t before = os::unix_now_us();
  for (const LogLevel level :
       {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
    os::log(level, {"mess", "age {} %v\n\t"});
  }
  os::log_about("other", "", LogLevel::info, {"m"});
  const std::vector<LogLine> read = lines();
  ASSERT_EQ(read.size(), 6U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(read[i], (LogLine{read[i].at_us, static_cast<LogLevel>(i), "keeper", ::getpid(), "t",
                                "1-x.1", "message {} %v\\n\\t"}));
    EXPECT_GE(read[i].at_us, before);
    EXPECT_LE(read[i].at_us, os::unix_now_us());
  }
  EXPECT_EQ(read[5].test, "other");
  EXPECT_EQ(read[5].attempt, "");
}

TEST_F(Log, OnlyTheLevelsThatAreWantedAreWritten) {
  log_by_spdlog("keeper");
  os::begin_log(target(LogLevel::warn));
  os::log(LogLevel::info, {"no"});
  os::log(LogLevel::warn, {"yes"});
  EXPECT_FALSE(os::logs(LogLevel::info));
  os::begin_log(target(LogLevel::off));
  os::log(LogLevel::error, {"no"});
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_EQ(lines()[0].message, "yes");
}

// With ctest -S a keeper serves several runs.
TEST_F(Log, TheLevelOfTheNextRunCountsFromThereOn) {
  log_by_spdlog("keeper of several runs");
  for (const LogLevel level : {LogLevel::warn, LogLevel::debug, LogLevel::error}) {
    os::begin_log(target(level));
    const std::string word(name_of(level));
    os::log(LogLevel::error, {"error at ", word});
    os::log(LogLevel::debug, {"debug at ", word});
    os::suspend_log();
  }
  EXPECT_EQ(messages_of(lines()),
            (Messages{"error at warn", "error at debug", "debug at debug", "error at error"}));
}

TEST_F(Log, WhatWasSaidBeforeThePlaceWasKnownComesFirstWithItsTime) {
  log_by_spdlog("cli");
  os::log(LogLevel::warn, {"early"});
  os::log(LogLevel::debug, {"early, and not wanted"});
  const std::int64_t then = os::unix_now_us();
  os::log_as("keeper");
  os::begin_log(target(LogLevel::info));
  os::log(LogLevel::info, {"late"});
  const std::vector<LogLine> read = lines();
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].message, "early");
  EXPECT_EQ(read[0].part, "cli");
  EXPECT_LE(read[0].at_us, then);
  EXPECT_EQ(read[1].part, "keeper");
}

TEST_F(Log, OfWhatWasSaidBeforeThePlaceWasKnownTheFirstThousandLinesAreKept) {
  log_by_spdlog("cli");
  for (int i = 0; i < 1010; ++i) os::log(LogLevel::info, {"early"});
  os::begin_log(target(LogLevel::info));
  EXPECT_EQ(lines().size(), 1000U);
}

TEST_F(Log, WhoRotatesMakesRoomAndKeepsTheLastThreeFiles) {
  log_by_spdlog("keeper");
  LogTarget rotating = target(LogLevel::info);
  rotating.rotates = true;
  os::begin_log(std::move(rotating));
  for (const char* const word : {"first", "second", "third", "fourth"}) {
    os::log(LogLevel::info, {word});
    ASSERT_EQ(::truncate(file().c_str(), os::k_largest_log), 0);
  }
  os::log(LogLevel::info, {"fifth"});
  std::ifstream now(file());
  std::string line;
  std::getline(now, line);
  EXPECT_TRUE(line.ends_with("fifth"));
  EXPECT_TRUE(fs::exists(file() + ".2"));
  EXPECT_FALSE(fs::exists(file() + ".3"));
}

TEST_F(Log, WhoDoesNotRotateFindsTheNewFile) {
  log_by_spdlog("guard");
  os::begin_log(target(LogLevel::info));
  os::log(LogLevel::info, {"one"});
  fs::rename(file(), file() + ".1");
  os::log(LogLevel::info, {"two"});
  const std::vector<LogLine> read = lines();
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[1].message, "two");
  EXPECT_TRUE(fs::exists(file()));
}

TEST_F(Log, WhereNothingCanBeWrittenNothingHappens) {
  log_by_spdlog("keeper");
  LogTarget nowhere = target(LogLevel::trace);
  nowhere.file = directory_.path("missing/holdfast.log");
  os::begin_log(std::move(nowhere));
  os::log(LogLevel::error, {"lost"});
  EXPECT_FALSE(fs::exists(directory_.path("missing")));
}

TEST_F(Log, APartOfAnotherMachineKeepsItsName) {
  LogTarget far = target(LogLevel::debug);
  far.part = "exec@node-3";
  os::begin_log(std::move(far));
  os::log_as("guard");
  EXPECT_EQ(os::log_target().part, "guard@node-3");
}

TEST_F(Log, AReaderFollowsThroughANewFile) {
  log_by_spdlog("keeper");
  os::begin_log(target(LogLevel::info));
  os::log(LogLevel::info, {"one"});
  LogReader reader(directory_.path());
  EXPECT_EQ(reader.take_lines().size(), 1U);
  EXPECT_EQ(reader.take_lines().size(), 0U);
  os::log(LogLevel::info, {"two"});
  fs::rename(file(), file() + ".1");
  os::log(LogLevel::info, {"three"});
  const std::vector<LogLine> read = reader.take_lines();
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].message, "two");
  EXPECT_EQ(read[1].message, "three");
}

TEST_F(Log, AReaderLosesNoLineOfOlderFiles) {
  log_by_spdlog("keeper");
  os::begin_log(target(LogLevel::info));
  os::log(LogLevel::info, {"one"});
  LogReader reader(directory_.path());
  EXPECT_EQ(reader.take_lines().size(), 1U);
  std::ofstream late(file(), std::ios::app);  // opened by somebody before the log is rotated
  for (const char* const word : {"two", "three"}) {
    fs::rename(file(), file() + ".1");
    os::log(LogLevel::info, {word});
    if (std::string_view(word) == "two") fs::rename(file() + ".1", file() + ".2");
  }
  EXPECT_EQ(messages_of(reader.take_lines()), (Messages{"two", "three"}));
  late << text_of(LogLine{6'000'000, LogLevel::info, "cli", 1, "", "", "late"}) << std::flush;
  EXPECT_EQ(messages_of(reader.take_lines()), Messages{"late"});
}

TEST_F(Log, AReaderShowsAnUnfinishedLineOfAFileThatItGivesUp) {
  std::ofstream(file()) << "cut off";
  LogReader reader(directory_.path());
  EXPECT_EQ(messages_of(reader.take_lines()), Messages{});
  for (const char* const word : {"two", "three", "four"}) {
    fs::rename(file() + ".1", file() + ".2", ignored_);
    fs::rename(file(), file() + ".1");
    std::ofstream(file()) << word << '\n';
    Messages expected{word};
    if (std::string_view(word) == "four") expected.emplace_back("cut off");
    EXPECT_EQ(messages_of(reader.take_lines()), expected);
  }
  EXPECT_EQ(messages_of(reader.take_rest()), Messages{});
}

TEST_F(Log, LinesBetweenTwoRunsAreOfTheNextOne) {
  log_by_spdlog("keeper");
  os::begin_log(target(LogLevel::info));
  os::suspend_log();
  os::log(LogLevel::info, {"between"});
  EXPECT_EQ(lines().size(), 0U);
  os::begin_log(target(LogLevel::info));
  EXPECT_EQ(messages_of(lines()), Messages{"between"});
}

TEST_F(Log, WhatWasHeldIsWrittenOnce) {
  log_by_spdlog("keeper");
  os::log(LogLevel::info, {"early"});
  for (const char* const word : {"first", "second"}) {
    os::begin_log(target(LogLevel::info));
    os::log(LogLevel::info, {word});
    os::suspend_log();
  }
  EXPECT_EQ(messages_of(lines()), (Messages{"early", "first", "second"}));
}

TEST_F(Log, AReaderWaitsForTheRestOfALineAndShowsWhatIsNotOurs) {
  const std::string whole = text_of(LogLine{5'000'000, LogLevel::info, "cli", 1, "", "", "ours"});
  std::ofstream out(file());
  out << "not ours\n" << whole.substr(0, 30) << std::flush;
  LogReader reader(directory_.path());
  const std::vector<LogLine> first = reader.take_lines();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].part, "?");
  EXPECT_EQ(first[0].message, "not ours");
  out << whole.substr(30) << std::flush;
  const std::vector<LogLine> second = reader.take_lines();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].message, "ours");
  out << "cut off" << std::flush;
  EXPECT_EQ(reader.take_lines().size(), 0U);
  const std::vector<LogLine> rest = reader.take_rest();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].message, "cut off");
  EXPECT_EQ(rest[0].at_us, 5'000'000);
}

TEST_F(Log, WhatWasSaidOfATestBeforeThePlaceWasKnownKeepsTheTest) {
  log_by_spdlog("cli");
  os::log_about("other", "1-x.7", LogLevel::warn, {"early"});
  os::begin_log(target(LogLevel::info));
  const std::vector<LogLine> read = lines();
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0],
            (LogLine{read[0].at_us, LogLevel::warn, "cli", ::getpid(), "other", "1-x.7", "early"}));
}

TEST_F(Log, AReaderPutsTheLinesOfAllFilesInTheOrderOfTheirTimes) {
  const auto line = [](int second, const char* word) {
    return text_of(LogLine{second * 1'000'000, LogLevel::info, "cli", 1, "", "", word});
  };
  std::ofstream(file() + ".1") << line(1, "one") << line(3, "three");
  std::ofstream(file()) << line(2, "two") << line(3, "another") << line(4, "four");
  EXPECT_EQ(messages_of(lines()), (Messages{"one", "two", "three", "another", "four"}));
}

TEST_F(Log, ALineWithoutATimeHasThatOfTheLineBeforeItOrIsNew) {
  const std::int64_t before = os::unix_now_us();
  std::ofstream(file()) << "not ours\n"
                        << text_of(
                               LogLine{before + 60'000'000, LogLevel::info, "cli", 1, "", "", "m"})
                        << "nor this\n";
  const std::vector<LogLine> read = lines();
  ASSERT_EQ(read.size(), 3U);
  EXPECT_GE(read[0].at_us, before);
  EXPECT_LE(read[0].at_us, os::unix_now_us());
  EXPECT_EQ(read[2].at_us, before + 60'000'000);
}

TEST(ShownLogLine, HasItsTestAndWhichAttemptOfTheRunItWas) {
  testing::internal::CaptureStdout();
  show_log_line({1'000'000, LogLevel::warn, "keeper", 7, "a", "1-x.3", "m"});
  show_log_line({1'500'000, LogLevel::info, "cli", 8, "", "1-x.4", "n\x1b"});
  show_log_line({2'000'000, LogLevel::error, "cli", 8, "a", "", "n"});
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "1970-01-01 00:00:01.000000 warn  keeper[7]: \"a\" (.3): m\n"
            "1970-01-01 00:00:01.500000 info  cli[8]: " +
                printable("n\x1b") +
                "\n"
                "1970-01-01 00:00:02.000000 error cli[8]: \"a\": n\n");
}

}  // namespace
}  // namespace holdfast
