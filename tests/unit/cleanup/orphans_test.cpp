#include "cleanup/orphans.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "os/scratch.hpp"
#include "run/nowhere.hpp"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

TEST(Orphan, WasKilledByCtestOnlyIfItsTimeWasOverAndCtestLives) {
  const struct {
    Milliseconds age;
    Milliseconds soonest_end;
    CtestIs ctest;
    KilledBy killer;
  } rows[] = {
      {30'000ms, 30'000ms, CtestIs::alive, KilledBy::ctest},
      {29'000ms, 30'000ms, CtestIs::alive, KilledBy::ctest},  // ctest's clock may be behind
      {28'999ms, 30'000ms, CtestIs::alive, KilledBy::stranger},
      {30'000ms, 30'000ms, CtestIs::dead, KilledBy::stranger},
      {3'600'000ms, k_longest, CtestIs::alive, KilledBy::stranger},
      {10ms, 0ms, CtestIs::alive, KilledBy::ctest_if_all_are_killed},  // `ctest -S`
      {10ms, 0ms, CtestIs::dead, KilledBy::stranger},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(killer_of(row.age, row.soonest_end, row.ctest), row.killer)
        << "row " << (&row - rows);
  }
}

TEST(Orphan, IsOnRecordWithWhoKilledItAndWhatIsLeft) {
  EXPECT_EQ(note_on_orphan(KilledBy::stranger, 0, {}),
            "launcher and guard of the test were killed; what it left was ended");
  EXPECT_EQ(note_on_orphan(KilledBy::ctest, 0, {}),
            "ctest ended the test when its time was over; what it left was ended");
  EXPECT_EQ(note_on_orphan(KilledBy::ctest_if_all_are_killed, 2, {}),
            "ctest ended the test when its time was over; what it left was ended, but for 2 "
            "processes");
  EXPECT_EQ(note_on_orphan(KilledBy::stranger, 0, {{7, "sleep"}, {8, "cat"}}),
            "launcher and guard of the test were killed; what it left was ended; sleep (pid 7), "
            "cat (pid 8) may be its own and lives");
}

// Nothing is left of the attempt but its connection.
class OrphanRecord : public testing::Test {
 protected:
  std::vector<Record> records_after(KilledBy killer) {
    Connection orphan;
    orphan.attempt = attempt_;
    orphan.test = "t";
    orphan.key = "key";
    orphan.n = 3;
    OrphanHelpers helpers;
    EXPECT_GT(helpers.look_after(std::move(orphan), journal_, killer, k_no_ctest, lines_), 0);
    helpers.reap_helpers(OrphanHelpers::Reap::all);
    const Result<Journal> read = read_journal(std::filesystem::path(journal_));
    return read ? read->records : std::vector<Record>();
  }

  os::Scratch scratch_;
  std::string journal_ = scratch_.path("journal.jsonl");
  std::string attempt_ = "orphan-" + std::to_string(::getpid()) + ".7";
  RunLines lines_{k_no_ctest};
};

TEST_F(OrphanRecord, SaysWhichAttemptItWasAndWhatBecameOfIt) {
  const std::vector<Record> records = records_after(KilledBy::ctest);
  ASSERT_EQ(records.size(), 1U);
  const auto& ended = std::get<AttemptEnded>(records[0]);
  EXPECT_EQ(ended.attempt, attempt_);
  EXPECT_EQ(ended.test, "t");
  EXPECT_EQ(ended.key, "key");
  EXPECT_EQ(ended.n, 3);
  EXPECT_EQ(ended.outcome, Outcome::timed_out);
  EXPECT_EQ(ended.note, note_on_orphan(KilledBy::ctest, 0, {}));
}

TEST_F(OrphanRecord, OnlyWhatCtestEndedIsATimeout) {
  const struct {
    KilledBy killer;
    Outcome outcome;
  } rows[] = {
      {KilledBy::stranger, Outcome::interrupted},
      {KilledBy::ctest, Outcome::timed_out},
      {KilledBy::ctest_if_all_are_killed, Outcome::timed_out},
  };
  for (const auto& row : rows) {
    std::filesystem::remove(journal_);
    const std::vector<Record> records = records_after(row.killer);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(std::get<AttemptEnded>(records[0]).outcome, row.outcome);
    EXPECT_EQ(std::get<AttemptEnded>(records[0]).note, note_on_orphan(row.killer, 0, {}));
  }
}

TEST_F(OrphanRecord, IsWrittenThoughAnotherAttemptHasOne) {
  AttemptEnded other;
  other.attempt = attempt_ + "1";
  other.test = "t";
  std::ofstream(journal_) << line_of(other);
  EXPECT_EQ(records_after(KilledBy::stranger).size(), 2U);
}

TEST_F(OrphanRecord, IsNotWrittenWhereTheAttemptHasOneWhoeverWroteAfterIt) {
  std::ofstream(journal_) << R"({"v":1,"type":"attempt_ended","at":1,"attempt":")" << attempt_
                          << R"(","test":"t","key":"key","n":3,"outcome":"passed"})"
                          << "\n"
                          << line_of(LogWordRecord{2, "word", false});
  const std::vector<Record> records = records_after(KilledBy::stranger);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(std::get<AttemptEnded>(records[0]).outcome, Outcome::passed);
}

}  // namespace
}  // namespace holdfast
