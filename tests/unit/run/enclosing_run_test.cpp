#include "run/enclosing_run.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "base/process_name.hpp"
#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "os/child_process.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"

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

// A process of another PID namespace may have the number of our ancestor.
TEST(EnclosingRun, IsThatOfAnAncestorInOurPidNamespace) {
  const os::Scratch tree;
  const std::vector<ProcessName> ancestors = os::ancestors_of(os::own_name());
  if (ancestors.empty()) GTEST_SKIP() << "this process has no ancestor that it can see";
  const ProcessName& above = ancestors.front();
  const std::string numbering = os::numbering_id();
  EXPECT_EQ(run_around_us(tree.path(), above, numbering), to_text(above));
  EXPECT_EQ(run_around_us(tree.path(), above, numbering + "/elsewhere"), "");
  EXPECT_EQ(run_around_us(tree.path(), {above.pid, above.start + 1}, numbering), "");
  EXPECT_EQ(run_around_us(tree.path(), os::own_name(), numbering), "");
  const std::string id = "1-20261120-085400-7";
  const std::filesystem::path run = std::filesystem::path(tree.path()) / ".holdfast/runs" / id;
  std::filesystem::create_directories(run);
  RunStarted started;
  started.at = 1'700'000'000;
  started.run = id;
  started.tree = tree.path();
  started.boot = numbering;
  started.ctest = above;
  std::ofstream(run / "journal.jsonl") << line_of(started);
  EXPECT_EQ(run_around_us(tree.path(), above, numbering), id);
  EXPECT_EQ(runs_of(tree.path(), above, numbering), std::vector<std::string>{id});
  EXPECT_EQ(runs_of(tree.path(), above, numbering + "/elsewhere"), std::vector<std::string>{});
}

// A PID namespace of our own hides ctest. The tag is inherited.
TEST(EnclosingRun, OutOfSightIsThatOfTheAttemptWhoseTagWeHave) {
  const os::Scratch tree;
  const std::string id = "1-20261120-085400-7";
  const std::filesystem::path run = std::filesystem::path(tree.path()) / ".holdfast/runs" / id;
  std::filesystem::create_directories(run);
  RunStarted started;
  started.at = 1'700'000'000;
  started.run = id;
  started.tree = tree.path();
  started.boot = os::numbering_id() + "/elsewhere";
  started.ctest = {4'000'001, 99};
  const std::string begin = line_of(started) + line_of(begun(id + ".1"));
  const auto around_us = [&](const std::string& attempt) {
    os::Child child([&] {
      rlimit limit{};
      ::getrlimit(RLIMIT_LOCKS, &limit);
      limit.rlim_cur = tag_number(attempt);
      if (::setrlimit(RLIMIT_LOCKS, &limit) != 0) return 2;
      const std::string found = run_around_us(tree.path(), started.ctest, started.boot);
      return found == id ? 1 : found.empty() ? 0 : 3;
    });
    return child.wait();
  };
  std::ofstream(run / "journal.jsonl") << begin;
  EXPECT_EQ(around_us(id + ".1"), 1);
  EXPECT_EQ(around_us(id + ".2"), 0);
  std::ofstream(run / "journal.jsonl") << begin << line_of(LostAttempt{.attempt = id + ".1"});
  EXPECT_EQ(around_us(id + ".1"), 0) << "the attempt is over";
}

}  // namespace
}  // namespace holdfast
