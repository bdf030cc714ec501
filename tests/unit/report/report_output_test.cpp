#include "report/report_output.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "journal/scratch_directory.hpp"
#include "report/rendered.hpp"
#include "report/sample_journal.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_piece = 64U << 10U;  // of what is written at once

// A variable of the environment, until the test has ended.
class SetVariable {
 public:
  SetVariable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name_, value.c_str(), 1);
  }
  ~SetVariable() { ::unsetenv(name_); }
  SetVariable(const SetVariable&) = delete;
  SetVariable& operator=(const SetVariable&) = delete;

 private:
  const char* name_;
};

std::ptrdiff_t files_in(const fs::path& directory) {
  const fs::directory_iterator files(directory);
  return std::distance(begin(files), end(files));
}

Produce producing(const std::string& text) {
  return [text](const Take& take) {
    (void)take(text);
    return Result<void>();
  };
}

TEST(WriteWhole, AFileIsReplacedWithAllPieces) {
  const ScratchDirectory directory;
  const fs::path file = directory.write("r.txt", "old and longer than what is new");
  std::string expected;
  const Result<void> written = write_whole(file, [&](const Take& take) {
    for (const std::size_t size : {std::size_t{3}, k_piece - 1, std::size_t{5}, 2 * k_piece}) {
      const std::string piece(size, static_cast<char>('a' + expected.size() % 26));
      expected += piece;
      EXPECT_TRUE(take(piece));
    }
    return Result<void>();
  });
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_TRUE(content_of(file) == expected);
  EXPECT_EQ(files_in(directory.path()), 1);
}

TEST(WriteWhole, IfItCannotBeMadeTheOldFileStaysAndNothingBesideIt) {
  const ScratchDirectory directory;
  const fs::path file = directory.write("r.txt", "old");
  const Result<void> written = write_whole(file, [&](const Take& take) -> Result<void> {
    (void)take(std::string(2 * k_piece, 'x'));
    return Error{"make it"};
  });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "make it");
  EXPECT_EQ(content_of(file), "old");
  EXPECT_EQ(files_in(directory.path()), 1);
}

TEST(WriteWhole, WhereALinkLeadsIsWritten) {
  const ScratchDirectory directory;
  const fs::path file = directory.write("in/r.txt", "old");
  const fs::path link = directory.path() / "link";
  fs::create_symlink(file, link);
  ASSERT_TRUE(write_whole(link, producing("new")));
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(content_of(file), "new");
  fs::remove(file);  // now it leads nowhere
  ASSERT_TRUE(write_whole(link, producing("again")));
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(content_of(file), "again");
  EXPECT_EQ(files_in(directory.path()), 2);
}

TEST(WriteWhole, ADeviceIsWrittenIntoAndStaysOne) {
  ASSERT_TRUE(write_whole("/dev/null", producing("x")));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  std::size_t taken = 0;
  const Result<void> written = write_whole("/dev/full", [&](const Take& take) -> Result<void> {
    while (taken < 10 && take(std::string(k_piece, 'x'))) ++taken;
    return Error{"make it"};
  });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "write /dev/full: No space left on device");
  EXPECT_EQ(taken, 0U) << "nothing more could be taken";
}

TEST(WriteWhole, WhatFitsIntoOnePieceFailsToo) {
  const Result<void> written = write_whole("/dev/full", producing("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "write /dev/full: No space left on device");
}

TEST(WriteWhole, ADirectoryAndAPlaceThatIsNotThereAreRefused) {
  const ScratchDirectory directory;
  const std::string path = directory.path().string();
  const Result<void> of_directory = write_whole(path, producing("x"));
  ASSERT_FALSE(of_directory);
  EXPECT_EQ(of_directory.error().message, "write " + path + ": Is a directory");
  const Result<void> nowhere = write_whole(path + "/no/r.txt", producing("x"));
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().message, "write " + path + "/no/r.txt: No such file or directory");
}

LoadedReport red_report() {
  SampleJournal sample;
  sample.run_started().attempt("a", Outcome::failed, 1).run_ended();
  return {sample.report(), std::make_unique<MadeUpOutputs>(std::map<std::string, std::string>{
                               {"a", "/s/a.cpp:7: Failure\nExpected: x\n"}})};
}

class WriteReport : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"GITHUB_STEP_SUMMARY", "JENKINS_URL"}) ::unsetenv(name);
  }
};

TEST_F(WriteReport, TheFormatThatIsWantedIsWrittenForTheReaderThatTheEnvironmentTells) {
  const ScratchDirectory directory;
  const fs::path file = directory.path() / "r";
  const LoadedReport loaded = red_report();
  for (const Format format : {Format::text, Format::json, Format::junit}) {
    ASSERT_TRUE(write_report(loaded, format, file));
    EXPECT_EQ(content_of(file), text_of_report(loaded.report, format, *loaded.outputs));
  }
  EXPECT_NE(content_of(file).find("<properties>"), std::string::npos);
  const SetVariable jenkins("JENKINS_URL", "https://ci.example/");
  ASSERT_TRUE(write_report(loaded, Format::junit, file));
  EXPECT_EQ(content_of(file),
            text_of_report(loaded.report, Format::junit, *loaded.outputs, JunitReader::jenkins));
}

TEST_F(WriteReport, TheReportForGithubIsAddedToThePageOfTheJob) {
  const ScratchDirectory directory;
  const fs::path page = directory.write("page.md", "before\n");
  const fs::path file = directory.path() / "r";
  const LoadedReport loaded = red_report();
  ASSERT_TRUE(write_report(loaded, Format::github, file)) << "there need not be a page";
  const SetVariable variable("GITHUB_STEP_SUMMARY", page.string());
  ASSERT_TRUE(write_report(loaded, Format::text, file));
  EXPECT_EQ(content_of(page), "before\n");
  ASSERT_TRUE(write_report(loaded, Format::github, file));
  EXPECT_EQ(content_of(page),
            "before\n" + github_summary(loaded.report, *loaded.outputs, 1U << 20U));
  EXPECT_EQ(content_of(file), text_of_report(loaded.report, Format::github, *loaded.outputs));
}

TEST_F(WriteReport, WhatAPageHasAlreadyTakesTheRoom) {
  const ScratchDirectory directory;
  const fs::path page = directory.write("page.md", std::string((1U << 20U) - 3000, 'x'));
  const SetVariable variable("GITHUB_STEP_SUMMARY", page.string());
  LoadedReport loaded = red_report();
  loaded.outputs = std::make_unique<MadeUpOutputs>(std::map<std::string, std::string>(),
                                                   std::string(4000, 'y') + "\n");
  ASSERT_TRUE(add_to_page(loaded, Format::github));
  EXPECT_LE(fs::file_size(page), 1U << 20U);
  EXPECT_GT(fs::file_size(page), (1U << 20U) - 3000);
  std::ofstream(page, std::ios::app) << std::string(3000, 'x');
  const std::uintmax_t full = fs::file_size(page);
  const Result<void> added = add_to_page(loaded, Format::github);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message, "write the job's summary to " + page.string() + ": it has " +
                                       std::to_string(full) +
                                       " bytes already, and GitHub takes 1048576");
  EXPECT_EQ(fs::file_size(page), full);
}

TEST_F(WriteReport, APageThatCannotBeWrittenIsAnErrorThoughTheReportIsThere) {
  const ScratchDirectory directory;
  const fs::path file = directory.path() / "r";
  const LoadedReport loaded = red_report();
  for (const std::string& page : {directory.path().string(), std::string("/dev/full")}) {
    const SetVariable variable("GITHUB_STEP_SUMMARY", page);
    const Result<void> written = write_report(loaded, Format::github, file);
    ASSERT_FALSE(written) << page;
    EXPECT_TRUE(written.error().message.starts_with("write the job's summary to " + page + ": "));
    EXPECT_FALSE(content_of(file).empty());
    fs::remove(file);
  }
}

}  // namespace
}  // namespace holdfast::cli
