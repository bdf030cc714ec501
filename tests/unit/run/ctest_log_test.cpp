// ctest's log while ctest has it open: which it is, who else writes it, and what a run believes of
// it. This process is in the place of ctest.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/names.hpp"
#include "ctest/log_lines.hpp"
#include "journal/journal_reader.hpp"
#include "journal/records.hpp"
#include "os/child_process.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"
#include "run/fake_supervisors.hpp"
#include "run/keeper_socket.hpp"
#include "run/nowhere.hpp"
#include "run/run_lock.hpp"
#include "run/run_log.hpp"
#include "settings/wire.hpp"
#include "values/attach.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

class CtestLogTest : public testing::Test {
 protected:
  CtestLogTest() {
    fs::create_directories(temporary_);
    origin_.tree = tree_.path();
    origin_.ctest = os::own_name();
  }

  std::string path(const std::string& name = "LastTest.log.tmp") const {
    return (temporary_ / name).string();
  }
  os::UniqueFd open(int flags, const std::string& name = "LastTest.log.tmp") const {
    os::UniqueFd log(::open(path(name).c_str(), flags | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_TRUE(log.valid());
    return log;
  }
  static void write(const os::UniqueFd& file, const std::string& text) {
    EXPECT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // What ctest has written so far, and then what another ctest wrote that opened the same file.
  os::UniqueFd opened_with_foreign_end(const std::string& name = "LastTest.log.tmp") const {
    os::UniqueFd log = open(O_WRONLY, name);
    write(log, "own");
    write(open(O_WRONLY | O_APPEND, name), "foreign");
    return log;
  }
  static std::optional<RunLog> log_of_ctest() {
    std::optional<LogPlace> place = find_log_of(os::own_name());
    return place ? RunLog::open(*std::move(place)) : std::nullopt;
  }
  // A run that has the log that is open now, before its first test.
  holdfast::Run settled() const {
    holdfast::Run run = begun(origin_);
    std::optional<RunLog> log = log_of_ctest();
    EXPECT_TRUE(log);
    if (log) run.keep_log(*std::move(log));
    run.settle_log();
    return run;
  }

  os::Scratch tree_;
  fs::path temporary_ = fs::path(tree_.path()) / "Testing/Temporary";
  RunOrigin origin_;
};

TEST_F(CtestLogTest, IsAFileThatIsWrittenAndNotAppendedTo) {
  for (const int other : {O_RDONLY, O_WRONLY | O_APPEND, O_RDWR | O_APPEND}) {
    const os::UniqueFd no_log = open(other);
    EXPECT_FALSE(find_log_of(os::own_name())) << other;
  }
  for (const int flags : {O_WRONLY, O_RDWR}) {
    const os::UniqueFd log = open(flags);
    const std::optional<LogPlace> found = find_log_of(os::own_name());
    ASSERT_TRUE(found) << flags;
    EXPECT_EQ(found->id, os::file_of(log.get()));
    EXPECT_EQ(found->file.process, ::getpid());
    EXPECT_EQ(found->name.directory, fs::canonical(temporary_).string());
  }
  EXPECT_FALSE(find_log_of(os::own_name())) << "it is closed";
  const os::UniqueFd log = open(O_WRONLY);
  EXPECT_TRUE(find_log_of(os::own_name()));
  EXPECT_FALSE(find_log_of({::getpid(), os::own_name().start + 1})) << "another process's pid";
}

TEST_F(CtestLogTest, OfTwoTheYoungerIsItsOwn) {
  const os::UniqueFd inherited = open(O_WRONLY, "LastTest_outer.log.tmp");
  os::UniqueFd own;
  std::optional<LogPlace> found;
  // Of two that were made in one tick of the clock it is not certain.
  const bool is_certain = os::becomes_true([&] {
    own.reset();
    fs::remove(path());
    own = open(O_WRONLY);
    found = find_log_of(os::own_name());
    return found.has_value();
  });
  if (!is_certain) GTEST_SKIP() << "the file system does not say when a file was made";
  EXPECT_EQ(found->id, os::file_of(own.get()));
}

TEST_F(CtestLogTest, EndsWhereCtestIsAndWhatIsBeyondIsOfAnother) {
  const os::UniqueFd ctest = opened_with_foreign_end();
  const std::optional<RunLog> log = log_of_ctest();
  ASSERT_TRUE(log);
  EXPECT_TRUE(log->has_foreign_end());
  EXPECT_TRUE(log->cut_foreign_end());
  EXPECT_FALSE(log->has_foreign_end());
  EXPECT_EQ(fs::file_size(path()), 3U);
  write(ctest, "more");
  EXPECT_FALSE(log->has_foreign_end());
}

TEST_F(CtestLogTest, OfARunWithoutCompanyLosesWhatAnotherWrote) {
  const os::UniqueFd ctest = opened_with_foreign_end();
  EXPECT_TRUE(settled().believes_log());
  EXPECT_EQ(fs::file_size(path()), 3U);
}

TEST_F(CtestLogTest, OfARunInCompanyIsNotTouchedAndNotBelievedIfAnotherWrote) {
  origin_.has_company = true;
  const os::UniqueFd ctest = opened_with_foreign_end();
  const holdfast::Run run = settled();
  EXPECT_FALSE(run.log());
  EXPECT_FALSE(run.believes_log());
  EXPECT_EQ(fs::file_size(path()), 10U);
}

TEST_F(CtestLogTest, OfARunInCompanyIsBelievedUntilAnotherOpensIt) {
  origin_.has_company = true;
  const os::UniqueFd ctest = open(O_WRONLY);
  write(ctest, "own");
  const holdfast::Run run = settled();
  EXPECT_TRUE(run.believes_log());
  EXPECT_TRUE(run.believes_log());
  write(open(O_WRONLY), "o");
  EXPECT_FALSE(run.believes_log());
  EXPECT_FALSE(run.believes_log()) << "it stays so";
}

// At its end ctest gives the file its last name. Readers come after that.
TEST_F(CtestLogTest, OfARunInCompanyMayBeReadWhenItHasItsLastName) {
  origin_.has_company = true;
  const os::UniqueFd ctest = open(O_WRONLY);
  const holdfast::Run run = settled();
  fs::rename(path(), path("LastTest.log"));
  (void)open(O_RDONLY, "LastTest.log");
  EXPECT_TRUE(run.believes_log());
}

TEST_F(CtestLogTest, OfANameThatNoOtherCtestUsesIsBelievedAsItIs) {
  for (const bool has_company : {false, true}) {
    origin_.has_company = has_company;
    const os::UniqueFd ctest = opened_with_foreign_end("LastTest.log.tmp3f");
    EXPECT_TRUE(settled().believes_log());
    EXPECT_EQ(fs::file_size(path("LastTest.log.tmp3f")), 10U);
    fs::remove(path("LastTest.log.tmp3f"));
  }
}

// Two processes beside each other have it open, and this one is none of them.
TEST_F(CtestLogTest, IsWrittenElsewhereIfAnotherThanCtestAndItsDescendantsHasIt) {
  os::Channel told;
  const auto writer = [&](int flags) {
    os::Child child([&, flags] {
      const os::UniqueFd log(::open(path().c_str(), flags | O_CREAT | O_CLOEXEC, 0600));
      told.say(log.valid() ? "open" : "not open");
      return ::pause();
    });
    EXPECT_EQ(told.hear(), "open");
    return child;
  };
  const os::Child ctest = writer(O_WRONLY);
  std::optional<LogPlace> place = find_log_of(process_of(ctest));
  ASSERT_TRUE(place);
  const std::optional<RunLog> log = RunLog::open(*std::move(place));
  ASSERT_TRUE(log);
  EXPECT_FALSE(log->is_written_elsewhere(process_of(ctest)));
  const os::Child reader = writer(O_RDONLY);
  EXPECT_FALSE(log->is_written_elsewhere(process_of(ctest)));
  const os::Child other = writer(O_WRONLY);
  EXPECT_TRUE(log->is_written_elsewhere(process_of(ctest)));
  EXPECT_FALSE(log->is_written_elsewhere(os::own_name())) << "they are its children";
}

// Several ctest_test() of a script: each has a log of its own.
TEST_F(CtestLogTest, AnotherOneIsOfAnotherRunAndTheSameOneIsNot) {
  RunLines lines(k_no_ctest);
  CurrentRun run(origin_, lines);
  const auto yes = [] { return true; };
  run.take_log(yes);
  EXPECT_EQ(run.current(), nullptr) << "ctest has none open";
  os::UniqueFd first = open(O_WRONLY);
  run.take_log([] { return false; });
  EXPECT_EQ(run.current(), nullptr) << "nobody asks any more";
  run.take_log(yes);
  ASSERT_NE(run.current(), nullptr);
  EXPECT_TRUE(run.current()->log());
  EXPECT_FALSE(run.may_have_log());
  const std::string id = run.id();
  run.take_log(yes);
  EXPECT_EQ(run.id(), id);
  first.reset();
  const os::UniqueFd second = open(O_WRONLY, "LastTest_2.log.tmp");
  run.take_log([] { return false; });
  EXPECT_EQ(run.id(), id);
  run.take_log(yes);
  EXPECT_NE(run.id(), id);
  EXPECT_EQ(run.last_closed(), id);
  EXPECT_TRUE(run.current()->log());
}

TEST_F(CtestLogTest, ARunThatHadNoneGetsTheOneThatIsThere) {
  RunLines lines(k_no_ctest);
  CurrentRun run(origin_, lines);
  const std::string id = run.at(1).id();
  const os::UniqueFd log = open(O_WRONLY);
  run.take_log([] { return true; });
  EXPECT_EQ(run.id(), id);
  EXPECT_TRUE(run.current()->log());
}

TEST_F(CtestLogTest, ItsLastLineShowsThatAllTestsHaveEnded) {
  RunLines lines(k_no_ctest);
  CurrentRun run(origin_, lines);
  const os::UniqueFd log = open(O_WRONLY);
  run.take_log([] { return true; });
  write(log, k_head);
  EXPECT_FALSE(run.has_all_tests());
  write(log, k_foot);
  EXPECT_TRUE(run.has_all_tests());
  ASSERT_TRUE(run.current()->log());
  EXPECT_TRUE(run.current()->believes_log());
}

const std::string k_key = key_of("t", {"."});

// The records of a run that has ended, whose log tells that `t` passed.
std::vector<Record> recorded(holdfast::Run run) {
  EXPECT_TRUE(run.note_word(k_word));
  (void)run.next_attempt();
  (void)run.begin_attempt_of(k_key);
  std::ofstream(run.journal(), std::ios::app)
      << R"({"v":1,"type":"attempt_ended","at":1,"attempt":")" << run.id()
      << R"(.1","test":"t","key":")" << k_key << R"(","n":1,"outcome":"passed"})"
      << "\n";
  run.note_program(k_key, "00000000000000ff");
  EXPECT_NE(run.finish(holdfast::Run::Completeness::complete), "");
  const Result<Journal> read = read_journal(fs::path(run.journal()));
  EXPECT_TRUE(read);
  return read ? read->records : std::vector<Record>();
}

TEST_F(CtestLogTest, TellsTheVerdictsAtTheEndOfTheRun) {
  const os::UniqueFd log = open(O_WRONLY);
  holdfast::Run run = settled();
  write(log, k_head + entry(1, 1, "t", "text\n") + k_foot);
  const std::vector<Record> records = recorded(std::move(run));
  const auto verdict = std::ranges::find_if(
      records, [](const Record& one) { return std::holds_alternative<VerdictRecord>(one); });
  ASSERT_NE(verdict, records.end());
  EXPECT_EQ(std::get<VerdictRecord>(*verdict).test, "t");
  EXPECT_EQ(std::get<VerdictRecord>(*verdict).program, "00000000000000ff");
  EXPECT_GT(std::get<VerdictRecord>(*verdict).at, 1'700'000'000);
  EXPECT_TRUE(std::get<RunEnded>(records.back()).has_log);
  EXPECT_EQ(std::get<RunEnded>(records.back()).unrecorded, 0);
}

TEST_F(CtestLogTest, TellsNothingIfAnotherHasOpenedIt) {
  origin_.has_company = true;
  const os::UniqueFd log = open(O_WRONLY);
  holdfast::Run run = settled();
  write(log, k_head + entry(1, 1, "t", "text\n") + k_foot);
  (void)open(O_WRONLY);
  const std::vector<Record> records = recorded(std::move(run));
  EXPECT_TRUE(std::ranges::none_of(
      records, [](const Record& one) { return std::holds_alternative<VerdictRecord>(one); }));
  EXPECT_FALSE(std::get<RunEnded>(records.back()).has_log);
}

TEST_F(CtestLogTest, WithoutItsLastLineTellsNothingAtTheEndOfTheRun) {
  const os::UniqueFd log = open(O_WRONLY);
  holdfast::Run run = settled();
  write(log, k_head + entry(1, 1, "t", "text\n"));
  EXPECT_FALSE(std::get<RunEnded>(recorded(std::move(run)).back()).has_log);
}

// --- The turn to open it ---------------------------------------------------------------------

class TakenLogTurn : public CtestLogTest {
 protected:
  // This process is the keeper of `ctest`, too.
  void listen(const ProcessName& ctest) {
    const Result<os::UniqueFd> user = os::open_user_directory();
    EXPECT_TRUE(user && os::open_below(*user, std::string(names::k_user_keepers_directory), 0700));
    os::Listening made = os::listen_at(keeper_socket_path_here(ctest));
    EXPECT_TRUE(made.socket.valid());
    keeper_ = std::move(made.socket);
    socket_ = keeper_socket_path_here(ctest);
  }
  ~TakenLogTurn() override {
    if (!socket_.empty()) fs::remove(socket_);
  }

  os::UniqueFd keeper_;
  std::string socket_;
};

TEST_F(TakenLogTurn, IsHandedToTheKeeperWhichHasItUntilItLetsGo) {
  const os::Child ctest([] { return ::pause(); });
  listen(process_of(ctest));
  ASSERT_TRUE(take_log_turn(tree_.path(), process_of(ctest)));
  const Result<os::UniqueFd> from = os::accept_from(keeper_);
  ASSERT_TRUE(from);
  os::ReceivedMessage got = os::receive_message(from->get());
  ASSERT_TRUE(got.message);
  EXPECT_EQ(got.message->kind, wire::k_log);
  ASSERT_TRUE(got.descriptor.valid());
  const auto free = [&] {
    Result<os::LockRequest> turn = open_tree_lock(tree_.path(), names::k_log_lock_directory,
                                                  {.name = "log", .scope = LockScope::build});
    return turn && turn->try_take().value_or(false);
  };
  EXPECT_FALSE(free());
  got.descriptor.reset();
  EXPECT_TRUE(free());
}

TEST_F(TakenLogTurn, IsNoneWithoutAKeeperAndAnErrorInATreeThatCannotBeWrittenTo) {
  const os::Child ctest([] { return ::pause(); });
  EXPECT_TRUE(take_log_turn(k_tree_nowhere, process_of(ctest)));
  listen(process_of(ctest));
  const Result<void> failed = take_log_turn(k_tree_nowhere, process_of(ctest));
  ASSERT_FALSE(failed);
  EXPECT_TRUE(to_text(failed.error()).starts_with("failed to open ")) << to_text(failed.error());
}

TEST_F(TakenLogTurn, IsNotWaitedForWhenCtestHasEnded) {
  os::Channel told;
  const os::Child before([&] {
    Result<os::LockRequest> turn = open_tree_lock(tree_.path(), names::k_log_lock_directory,
                                                  {.name = "log", .scope = LockScope::build});
    if (!turn || !turn->try_take().value_or(false)) return 1;
    told.say("has it");
    return ::pause();
  });
  ASSERT_EQ(told.hear(), "has it");
  os::Child ctest([] { return ::pause(); });
  const ProcessName name = process_of(ctest);
  listen(name);
  os::Child begin([&] {
    const Result<void> failed = take_log_turn(tree_.path(), name);
    told.say(failed ? "had it" : to_text(failed.error()));
    return 0;
  });
  EXPECT_TRUE(os::becomes_true([&] {
    const auto turn = os::survey_lock(tree_.path(std::string(names::k_log_lock_directory)),
                                      os::Strangers::leave_out);
    return turn && turn->tickets > 0;
  }));
  ctest.signal(SIGKILL);
  (void)ctest.wait();
  EXPECT_EQ(told.hear(), "failed to wait for its turn: ctest has ended");
  EXPECT_EQ(begin.wait(), 0);
}

}  // namespace
}  // namespace holdfast
