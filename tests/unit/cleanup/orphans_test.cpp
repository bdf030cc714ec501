#include "cleanup/orphans.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cleanup/marked_shell.hpp"
#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "os/process/stop_record.hpp"
#include "os/scratch.hpp"
#include "run/fake_supervisors.hpp"
#include "run/heard_stderr.hpp"
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

// What is left of it are processes, too.
class OrphanProcesses : public OrphanRecord {
 protected:
  Connection orphan(Milliseconds grace = 20'000ms) const {
    Connection orphan;
    orphan.attempt = attempt_;
    orphan.test = "t";
    orphan.grace = grace;
    return orphan;
  }
  void look_after(Connection orphan, KilledBy killer = KilledBy::stranger) {
    EXPECT_GT(helpers_.look_after(std::move(orphan), journal_, killer, ctest_.process(), said_), 0);
  }
  AttemptEnded record() {
    helpers_.reap_helpers(OrphanHelpers::Reap::all);
    const Result<Journal> read = read_journal(std::filesystem::path(journal_));
    EXPECT_TRUE(read && read->records.size() == 1);
    return read && !read->records.empty() ? std::get<AttemptEnded>(read->records[0])
                                          : AttemptEnded();
  }

  HeardStderr ctest_;
  RunLines said_{ctest_.process()};
  OrphanHelpers helpers_;
};

TEST_F(OrphanProcesses, AreToldToEndBeforeTheyAreKilled) {
  MarkedShell polite(attempt_, "trap 'exit 3' TERM");
  MarkedShell bystander("");
  look_after(orphan());
  EXPECT_EQ(record().note, note_on_orphan(KilledBy::stranger, 0, {}));
  EXPECT_EQ(polite.child().wait(), 3);
  EXPECT_TRUE(os::is_alive(process_of(bystander.child())));
  MarkedShell deaf(attempt_, "trap '' TERM");
  look_after(orphan(50ms));
  helpers_.reap_helpers(OrphanHelpers::Reap::all);
  EXPECT_EQ(deaf.child().wait(), 1000 + SIGKILL);
}

TEST_F(OrphanProcesses, KeepTheLocksOfTheirAttemptUntilNoneIsLeft) {
  const std::string file = scratch_.path("lock");
  const auto open = [&] {
    return os::UniqueFd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  };
  const auto is_free = [&] { return ::flock(open().get(), LOCK_EX | LOCK_NB) == 0; };
  MarkedShell deaf(attempt_, "trap '' TERM");
  Connection left = orphan();
  left.locks.push_back(open());
  ASSERT_EQ(::flock(left.locks.front().get(), LOCK_EX), 0);
  look_after(std::move(left));
  helpers_.reap_helpers(OrphanHelpers::Reap::those_through);
  EXPECT_FALSE(is_free());
  deaf.child().signal(SIGKILL);
  (void)deaf.child().wait();
  (void)record();
  EXPECT_TRUE(is_free());
}

// ctest would have killed it, too.
TEST_F(OrphanProcesses, OneThatNobodyHasKilledShowsThatAStrangerWasAtWork) {
  MarkedShell left(attempt_);
  look_after(orphan(), KilledBy::ctest_if_all_are_killed);
  const AttemptEnded ended = record();
  EXPECT_EQ(ended.outcome, Outcome::interrupted);
  EXPECT_EQ(ended.note, note_on_orphan(KilledBy::stranger, 0, {}));
  EXPECT_EQ(left.child().wait(), 1000 + SIGTERM);
}

TEST_F(OrphanProcesses, WhoHasTheOutputOpenAndNoTagIsNamedUnlessCtestKilledTheTest) {
  for (const KilledBy killer : {KilledBy::stranger, KilledBy::ctest}) {
    std::filesystem::remove(journal_);
    os::Channel told;
    std::optional<os::Pipe> output = std::move(*os::make_pipe());
    const os::Child holder([&] {
      told.say("there");
      return ::pause();
    });
    ASSERT_EQ(told.hear(), "there");
    Connection left = orphan();
    left.output = os::stream_of(output->write.get());
    output.reset();
    look_after(std::move(left), killer);
    const std::string name = os::read_process_stat(holder.pid())->name;
    EXPECT_EQ(record().note, note_on_orphan(killer, 0, {{holder.pid(), name}}));
    const std::string heard = ctest_.heard();
    if (killer == KilledBy::ctest) {
      EXPECT_EQ(heard, "");
    } else {
      EXPECT_EQ(heard, "holdfast: \"t\": launcher and guard were killed, and ctest waits for " +
                           name + " (pid " + std::to_string(holder.pid()) +
                           "), which has the test's output open and no tag of it\n");
    }
  }
}

TEST_F(OrphanProcesses, OfAServiceLeaveItsStopCommandWhichRunsAndWhoseTroubleIsSaid) {
  os::StopOrder stop;
  stop.service = "db";
  stop.command.words = {"sh", "-c", "echo stopped > stopped; exit 7"};
  stop.command.environment = {"PATH=/usr/bin:/bin"};
  stop.command.directory = scratch_.path();
  stop.command.time = Milliseconds{10'000};
  Connection left = orphan();
  left.stop_record = os::stop_record_path(scratch_.path("db-1.log"));
  ASSERT_TRUE(os::write_stop_record(left.stop_record, stop));
  look_after(std::move(left));
  (void)record();
  EXPECT_TRUE(std::filesystem::exists(scratch_.path("stopped")));
  const std::string heard = ctest_.heard();
  EXPECT_TRUE(heard.starts_with("holdfast: the stop command of service db: ")) << heard;
}

}  // namespace
}  // namespace holdfast
