#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "os/log/log.hpp"
#include "os/scratch.hpp"

namespace holdfast::os {
namespace {

TEST(LogFiles, AnEmptyLevelIsNone) {
  Child child([] {
    ::setenv("HOLDFAST_LOG", "", 1);
    const Result<std::optional<LogLevel>> none = log_level_of_environment();
    if (!none || none->has_value()) return 1;
    ::setenv("HOLDFAST_LOG", "debug", 1);
    const Result<std::optional<LogLevel>> level = log_level_of_environment();
    if (!level || *level != LogLevel::debug) return 2;
    ::setenv("HOLDFAST_LOG", "loud", 1);
    return log_level_of_environment() ? 3 : 0;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(LogFiles, OnlyALogThatIsThereIsContinued) {
  const Scratch scratch;
  Child child([&] {
    continue_log(scratch.path("journal"));
    if (!log_target().file.empty()) return 1;
    if (!append_line(log_beside(scratch.path("journal")), "begun\n")) return 2;
    continue_log(scratch.path("journal"));
    return log_target().file == log_beside(scratch.path("journal")) ? 0 : 3;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(LogFiles, OlderLinesMoveOnFromFileToFile) {
  const Scratch scratch;
  const std::string file = scratch.path("holdfast.log");
  // The place of the log belongs to the whole process.
  Child keeper([&] {
    LogTarget place{file, LogLevel::info};
    place.rotates = true;
    begin_log(std::move(place));
    for (const char* const line : {"1\n", "2\n", "3\n", "4\n"}) {
      append_to_log(line);
      if (::truncate(file.c_str(), k_largest_log) != 0) return 1;
    }
    append_to_log("5\n");
    return 0;
  });
  EXPECT_EQ(keeper.wait(), 0);
  for (const auto& [number, line] : {std::pair{0U, "5"}, {1U, "4"}, {2U, "3"}}) {
    const Result<std::string> begin = read_file(older_log(file, number), 1);
    ASSERT_TRUE(begin) << number;
    EXPECT_EQ(*begin, line) << number;
  }
}

TEST(LogFiles, WhoDoesNotRotateLeavesAFullFileInItsPlace) {
  const Scratch scratch;
  const std::string file = scratch.path("holdfast.log");
  Child launcher([&] {
    begin_log({file, LogLevel::info});
    append_to_log("1\n");
    if (::truncate(file.c_str(), k_largest_log) != 0) return 1;
    append_to_log("2\n");
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0 || info.st_size != k_largest_log + 2) return 2;
    return file_at(older_log(file, 1)) ? 3 : 0;
  });
  EXPECT_EQ(launcher.wait(), 0);
}

TEST(LogFiles, ALevelThatIsNoneIsSaidAndTheOtherOneCounts) {
  Child child([] {
    ::unsetenv("HOLDFAST_LOG");
    if (log_level_or(LogLevel::warn) != LogLevel::warn) return 1;
    ::setenv("HOLDFAST_LOG", "trace", 1);
    if (log_level_or(LogLevel::warn) != LogLevel::trace) return 2;
    ::setenv("HOLDFAST_LOG", "loud", 1);
    if (log_level_or(LogLevel::warn) != LogLevel::warn) return 3;
    const Error error = log_level_of_environment().error();
    if (found_in(error) != "\"loud\"") return 4;
    return expected_by(error).find("trace") == std::string::npos ? 5 : 0;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(LogFiles, OneThatIsContinuedHasTheLevelOfTheEnvironment) {
  const Scratch scratch;
  Child child([&] {
    if (!append_line(log_beside(scratch.path("journal")), "begun\n")) return 1;
    ::setenv("HOLDFAST_LOG", "error", 1);
    continue_log(scratch.path("journal"));
    return log_target().level == LogLevel::error ? 0 : 2;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(LogFiles, WithoutAFileNothingIsLogged) {
  Child child([] {
    begin_log({{}, LogLevel::trace});
    return logs(LogLevel::error) ? 1 : 0;
  });
  EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace holdfast::os
