#include "run/enclosing_run.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/process_name.hpp"
#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
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

}  // namespace
}  // namespace holdfast
