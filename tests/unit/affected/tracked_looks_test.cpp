// Which files changed while tests ran, with a script in git's place.
#include "affected/tracked_files.hpp"

#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <variant>
#include <vector>

#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

// The sources are in the directory `sub` of the repository. The run is this process's.
class TrackedLooks : public testing::Test {
 protected:
  void SetUp() override {
    tree_ = scratch_.path("tree");
    source_ = scratch_.path("source");
    fs::create_directories(tree_ + "/.holdfast/runs/1-x");
    fs::create_directories(source_);
    std::ofstream(tree_ + "/.holdfast/project") << "p\n" << source_ << "\n";
    RunStarted started;
    started.at = 1000;
    started.run = "1-x";
    started.ctest = ctest_;
    started.boot = os::numbering_id();
    std::ofstream(journal()) << line_of(started);
    fs::create_directory(scratch_.path("bin"));
    git("*--show-prefix*) echo sub/;; *status*) cat " + scratch_.path("status") +
        ";; *diff*) cat " + scratch_.path("diff") + ";;");
    path_ = std::getenv("PATH");
    ::setenv("PATH", (scratch_.path("bin") + ":" + path_).c_str(), 1);
    status("c1", {});
  }
  void TearDown() override { ::setenv("PATH", path_.c_str(), 1); }

  void git(const std::string& answers) const {
    std::ofstream(scratch_.path("bin/git")) << "#!/bin/sh\ncase \"$*\" in " << answers << " esac\n";
    fs::permissions(scratch_.path("bin/git"), fs::perms::owner_all);
  }
  void status(const std::string& commit, const Strings& changed) const {
    std::ofstream out(scratch_.path("status"), std::ios::binary);
    out << "# branch.oid " << commit << '\0';
    for (const std::string& file : changed) {
      out << "1 .M N... 100644 100644 100644 aa bb sub/" << file << '\0';
    }
  }
  void diff(const Strings& files) const {
    std::ofstream out(scratch_.path("diff"), std::ios::binary);
    for (const std::string& file : files) out << "sub/" << file << '\0';
  }
  void write(const std::string& file) const { std::ofstream(source_ + "/" + file) << "x\n"; }
  std::string journal() const { return tree_ + "/.holdfast/runs/1-x/journal.jsonl"; }
  bool is_remembered() const { return fs::exists(tree_ + "/.holdfast/tracked-files"); }
  std::string looked() const {
    const Result<void> done = look_at_tracked_files(tree_, ctest_);
    return done ? "" : to_text(done.error());
  }
  std::string recorded() const {
    const Result<void> done = record_changed_files(tree_, ctest_);
    return done ? "" : to_text(done.error());
  }
  // `a, -gone`: what is on record; the last one is gone.
  std::string on_record() const {
    const Result<Journal> read = read_journal(fs::path(journal()));
    if (!read) return "none";
    std::string text;
    for (const Record& record : read->records) {
      const auto* const sources = std::get_if<SourcesRecord>(&record);
      if (sources == nullptr) continue;
      for (const WrittenFile& file : sources->changed) {
        text += (text.empty() ? "" : ", ") + std::string(file.is_removed ? "-" : "") + file.file;
        EXPECT_EQ(file.written.has_value(), !file.is_removed) << file.file;
      }
    }
    return text;
  }
  // Until the clock that stamps files has gone on.
  static void wait_for_a_tick() {
    timespec since{};
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &since);
    do {
      ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    } while (now.tv_sec == since.tv_sec && now.tv_nsec == since.tv_nsec);
  }

  const os::Scratch scratch_;
  const ProcessName ctest_ = os::own_name();
  std::string tree_;
  std::string source_;
  std::string path_;
};

TEST_F(TrackedLooks, WhatWasWrittenMeanwhileIsOnRecord) {
  write("before");
  write("committed before");
  wait_for_a_tick();
  status("c1", {"before"});
  EXPECT_EQ(looked(), "");
  EXPECT_TRUE(is_remembered());
  write("now");
  write("committed");
  status("c2", {"before", "now"});
  diff({"committed before", "committed", "gone"});
  EXPECT_EQ(recorded(), "");
  EXPECT_EQ(on_record(), "committed, -gone, now");
  EXPECT_FALSE(is_remembered());
  EXPECT_EQ(recorded(), "") << "nobody has looked since";
}

TEST_F(TrackedLooks, WithoutAnotherCommitNobodyAsksForADifference) {
  git("*--show-prefix*) echo sub/;; *status*) cat " + scratch_.path("status") + ";; *) exit 1;;");
  EXPECT_EQ(looked(), "");
  EXPECT_EQ(recorded(), "");
  EXPECT_EQ(on_record(), "");
  EXPECT_EQ(looked(), "");
  status("c2", {});
  EXPECT_NE(recorded(), "") << "which files the other commit has is not known";
  EXPECT_FALSE(is_remembered());
}

TEST_F(TrackedLooks, WithoutGitAnOldLookIsForgotten) {
  EXPECT_EQ(looked(), "");
  for (const char* answers : {"*--show-prefix*) exit 1;;", "*status*) exit 1;;"}) {
    git(answers);
    EXPECT_NE(looked(), "") << answers;
    EXPECT_FALSE(is_remembered()) << answers;
  }
  git("*--show-prefix*) echo sub/;; *status*) cat " + scratch_.path("status") + ";;");
  EXPECT_EQ(looked(), "");
  git("*status*) exit 1;;");
  EXPECT_NE(recorded(), "");
  fs::remove(tree_ + "/.holdfast/project");
  EXPECT_EQ(looked(), "") << "the tree has no sources";
  EXPECT_FALSE(is_remembered());
}

TEST_F(TrackedLooks, TheLookOfAnotherCtestIsLeftToIt) {
  EXPECT_EQ(looked(), "");
  status("c1", {"now"});
  write("now");
  EXPECT_TRUE(record_changed_files(tree_, {ctest_.pid, ctest_.start + 1}));
  EXPECT_TRUE(is_remembered());
  EXPECT_EQ(on_record(), "");
  EXPECT_EQ(recorded(), "");
  EXPECT_EQ(on_record(), "now");
}

}  // namespace
}  // namespace holdfast::cli
