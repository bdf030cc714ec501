// What launchers write of an attempt and of a build step, to the byte.
#include "attempt/records.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "attempt/step_files.hpp"
#include "base/names.hpp"
#include "journal/scratch_directory.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::supervision {
namespace {

constexpr ProcessEnd k_exited_3{ProcessEnd::Kind::exited, 3};
constexpr ProcessEnd k_killed_by_9{ProcessEnd::Kind::signalled, 9};

class RecordsTest : public testing::Test {
 protected:
  RecordsTest() {
    identity_.journal = (directory_.path() / "journal.jsonl").string();
    identity_.attempt = "r.1";
    identity_.test = "t";
    identity_.key = "9a";
    identity_.n = 2;
    identity_.launcher = {1240, 56790};
  }

  static std::string whole(const std::filesystem::path& journal) {
    std::ifstream file(journal);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // One record without its time.
  std::string written() const { return written_to(identity_.journal); }
  static std::string written_to(const std::filesystem::path& journal) {
    std::string text = whole(journal);
    const std::size_t at = text.find(R"(,"at":)");
    text.erase(at, text.find(',', at + 1) - at);
    return text;
  }

  static AttemptResult full_result() {
    AttemptResult result;
    result.outcome = Outcome::crashed;
    result.observation.leaked = true;
    result.observation.main = k_killed_by_9;
    result.wall_us = 1'500'000;
    result.report.user_us = 20'000;
    result.report.system_us = 4;
    result.report.max_rss_kb = 5120;
    result.report.memory_peak_kb = 9000;
    result.lock_wait = Milliseconds(4500);
    result.lent_us = 250'000;
    result.service_wait = Milliseconds(250);
    result.slurm_wait = Milliseconds(1250);
    result.node = "n1";
    result.services = {"db#3", "web#1"};
    result.lost_services = {"db"};
    result.is_flaky = true;
    result.report.leftovers = 2;
    result.report.leftover_list = {{{1250, {"sleep"}}, {1251, {"a\"b"}}}};
    result.scratch = "/s";
    result.marker = "why\n";
    result.orphans.assign(17, {"exit-7", "is cut off"});
    result.verdict = "failed";
    result.retry = "no rule fits";
    result.log = "/l";
    result.forensics = {{"git", false, "clean"}};
    result.note = "one";
    result.remark = "two";
    result.older_fixtures = "three";
    return result;
  }

  ScratchDirectory directory_;
  AttemptIdentity identity_;
};

TEST_F(RecordsTest, AStartSaysWhoseItIsAndWhichLocksItNeeds) {
  LockSpec shared;
  shared.name = "db";
  shared.mode = LockMode::shared;
  ASSERT_TRUE(record_start(identity_, {LockSpec{.name = "port"}, shared}, {}));
  EXPECT_EQ(written(), R"({"v":1,"type":"attempt_started","attempt":"r.1","test":"t","key":"9a",)"
                       R"("n":2,"launcher":{"pid":1240,"start":56790},"cwd":")" +
                           std::filesystem::current_path().string() + R"(","locks":[")" +
                           to_text(LockSpec{.name = "port"}) + R"(",")" + to_text(shared) +
                           "\"]}\n");
}

TEST_F(RecordsTest, AStartWithoutLocksHasNoListOfThem) {
  ASSERT_TRUE(record_start(identity_, {}, {}));
  EXPECT_EQ(written(), R"({"v":1,"type":"attempt_started","attempt":"r.1","test":"t","key":"9a",)"
                       R"("n":2,"launcher":{"pid":1240,"start":56790},"cwd":")" +
                           std::filesystem::current_path().string() + "\"}\n");
}

TEST_F(RecordsTest, AnEndSaysAllThatIsKnown) {
  ASSERT_TRUE(record_end(identity_, full_result()));
  std::string orphans = R"({"file":"exit-7","why":"is cut off"})";
  for (int i = 1; i < 16; ++i) orphans += R"(,{"file":"exit-7","why":"is cut off"})";
  EXPECT_EQ(
      written(),
      R"({"v":1,"type":"attempt_ended","attempt":"r.1","test":"t","key":"9a","n":2,)"
      R"("outcome":"crashed","signal":9,"wall_s":1.500000,"user_s":0.020000,"sys_s":0.000004,)"
      R"("max_rss_kb":5120,"memory_peak_kb":9000,"lock_wait_s":4.500000,)"
      R"("service_wait_s":0.250000,"slurm_wait_s":1.250000,"node":"n1","lent_s":0.250000,"services":["db#3","web#1"],)"
      R"("flags":["leaked","flaky","service_lost"],)"
      R"("leftovers":[{"pid":1250,"name":"sleep"},{"pid":1251,"name":"a\"b"}],"scratch":"/s",)"
      R"("marker":{"reason":"why\n"},"orphan_markers":[)" +
          orphans +
          R"(],"verdict":"failed","retry":"no rule fits","log":"/l",)"
          R"("forensics":{"git":{"text":"clean"}},"note":"one; two; three"})"
          "\n");
}

TEST_F(RecordsTest, AnEndOfWhichNothingIsKnownHasTheFieldsThatEveryEndHas) {
  AttemptResult result;
  result.report.leftovers = 1;  // they were let go
  ASSERT_TRUE(record_end(identity_, result));
  EXPECT_EQ(written(),
            R"({"v":1,"type":"attempt_ended","attempt":"r.1","test":"t","key":"9a","n":2,)"
            R"("outcome":"internal_error","wall_s":0.000000,"user_s":0.000000,"sys_s":0.000000,)"
            R"("max_rss_kb":0,"lock_wait_s":0.000000})"
            "\n");
}

TEST_F(RecordsTest, ABareTestSaysWhyItIs) {
  ASSERT_TRUE(record_bare(identity_.journal, "t", "9a", "why", MaySkip::no));
  EXPECT_EQ(written(),
            R"({"v":1,"type":"bare","test":"t","key":"9a","why":"why","may_be_skipped":false})"
            "\n");
  std::filesystem::remove(identity_.journal);
  ASSERT_TRUE(record_bare(identity_.journal, "t", "9a", "why", MaySkip::yes));
  EXPECT_EQ(written(), R"({"v":1,"type":"bare","test":"t","key":"9a","why":"why"})"
                       "\n");
}

TEST_F(RecordsTest, WithoutAJournalNothingIsRecordedAndNothingFails) {
  identity_.journal.clear();
  EXPECT_TRUE(record_start(identity_, {}, {}));
  EXPECT_TRUE(record_end(identity_, full_result()));
  EXPECT_TRUE(record_bare(identity_.journal, "t", "9a", "why", MaySkip::no));
}

// Several steps may find it full at once, and only one of them may move it.
TEST_F(RecordsTest, AFullJournalOfStepsIsMovedByTheOneThatHasLockedIt) {
  BuildStep step;
  step.kind = StepKind::link;
  step.tree = directory_.path().string();
  const std::filesystem::path journal = directory_.path() / names::k_build_journal;
  const std::string older = journal.string() + std::string(names::k_older_suffix);
  std::filesystem::create_directories(journal.parent_path());
  std::ofstream(journal).close();
  constexpr std::uintmax_t k_full = 16UL * 1024 * 1024;
  std::filesystem::resize_file(journal, k_full - 1);
  record_step(step, full_result());
  EXPECT_FALSE(std::filesystem::exists(older)) << "it was not full yet";
  EXPECT_GT(std::filesystem::file_size(journal), k_full);
  os::UniqueFd other(::open(journal.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
  record_step(step, full_result());
  EXPECT_FALSE(std::filesystem::exists(older));
  other.reset();
  const std::uintmax_t full = std::filesystem::file_size(journal);
  record_step(step, full_result());
  ASSERT_TRUE(std::filesystem::exists(older));
  EXPECT_EQ(std::filesystem::file_size(older), full);
  EXPECT_LT(std::filesystem::file_size(journal), 1000U) << "the next one has the last step";
}

TEST_F(RecordsTest, AStepIsRecordedWithItsEarlierAttempts) {
  BuildStep step;
  step.kind = StepKind::link;
  step.tree = directory_.path().string();
  const std::filesystem::path journal = directory_.path() / names::k_build_journal;
  std::filesystem::create_directories(journal.parent_path());
  AttemptResult result = full_result();
  record_step(step, result);
  EXPECT_EQ(written_to(journal),
            R"({"v":1,"type":"step","kind":"link","outcome":"crashed","signal":9,)"
            R"("wall_s":1.500000,"user_s":0.020000,"sys_s":0.000004,"max_rss_kb":5120,)"
            R"("slot_wait_s":4.500000,"attempts":1,"note":"one"})"
            "\n");
  std::filesystem::remove(journal);
  step.target = "app";
  step.output = "bin/app";
  step.program = "c++";
  step.language = "CXX";
  step.earlier = {1, 500'000, 1, 2, 6000, 500, "was killed"};
  result.observation.main = k_exited_3;
  record_step(step, result);
  EXPECT_EQ(written_to(journal),
            R"({"v":1,"type":"step","kind":"link","target":"app","output":"bin/app",)"
            R"("program":"c++","language":"CXX","outcome":"crashed","exit_code":3,)"
            R"("wall_s":2.000000,"user_s":0.020001,"sys_s":0.000006,"max_rss_kb":6000,)"
            R"("slot_wait_s":5.000000,"attempts":2,"note":"attempt 1 was killed; one"})"
            "\n");
}

// A row of journal/records.def has a place where its value comes from.
TEST_F(RecordsTest, WhereAllIsKnownNoFieldIsMissing) {
  AttemptResult result = full_result();
  TestSchedule schedule;
  schedule.serial = true;
  ASSERT_TRUE(record_start(identity_, {LockSpec{}}, schedule));
  ASSERT_TRUE(record_end(identity_, result));
  result.observation.main = k_exited_3;
  ASSERT_TRUE(record_end(identity_, result));
  ASSERT_TRUE(record_bare(identity_.journal, "t", "9a", "why", MaySkip::no));
  BuildStep step{.tree = directory_.path().string(),
                 .target = "app",
                 .output = "bin/app",
                 .language = "CXX",
                 .program = "c++"};
  const std::filesystem::path steps = directory_.path() / names::k_build_journal;
  std::filesystem::create_directories(steps.parent_path());
  record_step(step, result);
  result.observation.main = k_killed_by_9;
  record_step(step, result);
  const std::string text = whole(identity_.journal) + whole(steps);
  const auto expect_field = [&](const std::string& type, const std::string& name) {
    bool is_there = false;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      is_there = is_there || (line.find(R"("type":")" + type + '"') != std::string::npos &&
                              line.find(",\"" + name + "\":") != std::string::npos);
    }
    EXPECT_TRUE(is_there) << name << " of " << type;
  };
  const auto expect_all = [&]<typename Record>(const Record& /*of*/) {
    FieldsOf<Record>::each(
        [&](const char* name, auto, When) { expect_field(std::string(Record::k_type), name); });
  };
  expect_all(AttemptStarted{});
  expect_all(AttemptEnded{});
  expect_all(Bare{});
  expect_all(StepRecord{});
}

}  // namespace
}  // namespace holdfast::supervision
