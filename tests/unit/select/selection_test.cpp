// What `holdfast ctest` leaves for the ctest that it becomes.
#include "select/selection.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "journal/journal_reader.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"
#include "values/test_order.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class Selections : public testing::Test {
 protected:
  void SetUp() override {
    tree_ = scratch_.path("tree");
    selections_ = tree_ + "/.holdfast/selections";
    fs::create_directory(tree_);
    forget_variables();  // `holdfast ctest` may have started this test
  }
  void TearDown() override { forget_variables(); }

  static void forget_variables() {
    for (const char* name : {"HOLDFAST_PLANNED", "HOLDFAST_TEST_ORDER"}) ::unsetenv(name);
  }

  std::vector<PlannedRecord> read(const std::string& lines) const {
    const fs::path file = scratch_.path("planned.jsonl");
    std::ofstream(file) << lines;
    const Result<Journal> journal = read_journal(file);
    std::vector<PlannedRecord> records;
    if (!journal) return records;
    EXPECT_EQ(journal->flaws, 0U);
    for (const Record& record : journal->records) {
      records.push_back(std::get<PlannedRecord>(record));
    }
    return records;
  }

  const os::Scratch scratch_;
  std::string tree_;
  std::string selections_;
};

// A process of another PID namespace looks as if it had ended.
TEST_F(Selections, OfProcessesThatEndedLongAgoAreRemoved) {
  using std::chrono::hours;
  ASSERT_TRUE(prefix_of_selection_files(tree_));
  const std::string own = begin_of_selected_file(os::own_name());
  const struct {
    std::string name;
    hours age;
    bool stays;
  } files[] = {
      {"1-1.numbers", hours{2}, false},      {"1-1.planned.jsonl", hours{2}, false},
      {"1-1.order.cmake", hours{0}, true},   {own + "numbers", hours{2}, true},
      {"array-lock", hours{2}, true},        {"1-1.array", hours{2}, true},
      {"1-2.array", hours{31 * 24}, false},  {"1-3.array", hours{29 * 24}, true},
      {own + "array", hours{31 * 24}, true},
  };
  for (const auto& file : files) {
    const fs::path path = selections_ + "/" + file.name;
    if (path.extension() == ".array") {
      fs::create_directory(path);
      std::ofstream(path / "1.numbers") << "1\n";
    } else {
      std::ofstream(path) << "x\n";
    }
    fs::last_write_time(path, fs::file_time_type::clock::now() - file.age);
  }
  const Result<std::string> prefix = prefix_of_selection_files(tree_);
  ASSERT_TRUE(prefix);
  EXPECT_EQ(*prefix, selections_ + "/" + own);
  for (const auto& file : files) {
    EXPECT_EQ(fs::exists(selections_ + "/" + file.name), file.stays) << file.name;
  }
}

TEST_F(Selections, NeedADirectoryOfTheirOwn) {
  std::ofstream(tree_ + "/.holdfast") << "no directory\n";
  const Result<std::string> prefix = prefix_of_selection_files(tree_);
  ASSERT_FALSE(prefix);
  EXPECT_NE(to_text(prefix.error()).find(tree_ + "/.holdfast"), std::string::npos)
      << to_text(prefix.error());
}

TEST_F(Selections, APlanIsLeftOnlyForAKeeper) {
  const Result<std::string> prefix = prefix_of_selection_files(tree_);
  ASSERT_TRUE(prefix);
  const std::string file = *prefix + "planned.jsonl";
  EXPECT_TRUE(leave_plan(tree_, *prefix, "x\n"));
  EXPECT_FALSE(fs::exists(file));
  EXPECT_EQ(std::getenv("HOLDFAST_PLANNED"), nullptr) << "tests would see it";
  std::ofstream(tree_ + "/.holdfast/attach.cmake") << "";
  EXPECT_TRUE(leave_plan(tree_, *prefix, "x\n"));
  ASSERT_NE(std::getenv("HOLDFAST_PLANNED"), nullptr);
  EXPECT_EQ(std::getenv("HOLDFAST_PLANNED"), file);
  std::string line;
  std::getline(std::ifstream(file), line);
  EXPECT_EQ(line, "x");
  EXPECT_FALSE(leave_plan(tree_, tree_ + "/nowhere/1-1.", "x\n")) << "the run would have no plan";
}

// A line of a journal has a bound.
TEST_F(Selections, APlanHasAsManyRecordsAsItTakes) {
  std::vector<SelectableTest> tests;
  for (std::size_t i = 0; i < 2500; ++i) tests.push_back({"t" + std::to_string(i), i + 1});
  std::vector<PlannedRecord> records = read(planned_lines(tests));
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].tests.size(), 1000U);
  EXPECT_EQ(records[2].tests.size(), 500U);
  EXPECT_EQ(records[2].tests.back(), "t2499");
  for (const PlannedRecord& record : records) {
    EXPECT_TRUE(record.is_own);
    EXPECT_TRUE(record.keys.empty()) << "no two tests have one name";
    EXPECT_GT(record.at, 0);
    EXPECT_EQ(record.shard, "");
  }
  tests.clear();
  for (std::size_t i = 0; i < 20; ++i) tests.push_back({std::string(100'000, 'n'), i + 1});
  records = read(planned_lines(tests));
  std::size_t count = 0;
  for (const PlannedRecord& record : records) {
    count += record.tests.size();
    EXPECT_LE(record.tests.size(), 6U) << "a line has less than 1 MiB";
  }
  EXPECT_EQ(count, tests.size());
  EXPECT_EQ(planned_lines(std::vector<SelectableTest>()), "");
}

TEST_F(Selections, APlanOfTestsWithOneNameTellsThemApart) {
  std::vector<SelectableTest> tests{{"a", 1}, {"a", 2}};
  tests[1].key = "9f";
  const std::vector<PlannedRecord> records = read(planned_lines(tests));
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].tests, (Names{"a", "a"}));
  EXPECT_EQ(records[0].keys, (Names{"", "9f"}));
}

TEST_F(Selections, APlanOfAShardTellsOfTheOthersToo) {
  Chosen chosen;
  chosen.all.tests = {{"left out", 1}, {"a", 2}, {"b", 3}, {"c", 4}};
  chosen.divided = {1, 2, 3};
  chosen.division = Division{{{0, 2}, {1}, {}}, "f00"};
  chosen.tests = {2};
  Restrictions restrictions;
  restrictions.shard = ShardNumber{2, 3};
  const std::vector<PlannedRecord> records = read(planned_lines(chosen, restrictions));
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].tests, (Names{"a", "c"}));
  EXPECT_EQ(records[0].shard, "1/3");
  EXPECT_FALSE(records[0].is_own);
  EXPECT_EQ(records[1].tests, Names{"b"});
  EXPECT_EQ(records[1].shard, "2/3");
  EXPECT_TRUE(records[1].is_own);
  for (const PlannedRecord& record : records) EXPECT_EQ(record.fingerprint, "f00");
  chosen.division.reset();
  const std::vector<PlannedRecord> undivided = read(planned_lines(chosen, restrictions));
  ASSERT_EQ(undivided.size(), 1U);
  EXPECT_EQ(undivided[0].tests, Names{"b"});
  EXPECT_EQ(undivided[0].fingerprint, "");
}

// What earlier runs left out, by their journals; a script that lists the tests a, b and c answers
// in ctest's place.
class LeftOutTests : public Selections {
 protected:
  void SetUp() override {
    Selections::SetUp();
    ::unsetenv("HOLDFAST_HISTORY");
    fs::create_directories(tree_ + "/.holdfast/runs");
    tree_ = fs::canonical(tree_).string();
    const std::string ctest = scratch_.path("ctest");
    std::ofstream(tree_ + "/CMakeCache.txt") << "CMAKE_CTEST_COMMAND:INTERNAL=" << ctest << "\n";
    list("");
    std::ofstream(ctest) << "#!/bin/sh\ncase \"$*\" in *\"-R b\"*) cat " << scratch_.path("json-b")
                         << ";; *) cat " << scratch_.path("json") << ";; esac\n";
    std::ofstream(scratch_.path("json-b"))
        << "{\n\"tests\": [{\"name\": \"b\", \"properties\": []}]}\n";
    fs::permissions(ctest, fs::perms::owner_all);
  }
  // With these properties of c.
  void list(const std::string& properties) const {
    const auto one = [](const std::string& name, const std::string& has) {
      return "{\"name\": \"" + name + "\", \"properties\": [" + has + "]}";
    };
    std::ofstream(scratch_.path("json")) << "{\n\"tests\": [" << one("a", "") << ", "
                                         << one("b", "") << ", " << one("c", properties) << "]}\n";
  }

  // A run of ctest with these words, and what else its journal has.
  struct Run {
    std::vector<std::string> words = {};
    std::vector<std::string> lines = {};
    bool complete = false;
    std::int64_t unrecorded = 0;
    bool has_log = true;
    std::string inside = {};
  };
  void leave(Run run) {
    const std::string id = std::to_string(++runs_) + "-20260101-000000-1";
    fs::create_directories(tree_ + "/.holdfast/runs/" + id);
    std::ofstream journal(tree_ + "/.holdfast/runs/" + id + "/journal.jsonl");
    RunStarted started;
    started.at = 1000 + runs_;
    started.run = id;
    started.tree = started.directory = tree_;
    started.command = std::move(run.words);
    started.command.insert(started.command.begin(), "ctest");
    started.inside = run.inside;
    journal << line_of(started);
    for (const std::string& line : run.lines) journal << line;
    RunEnded ended;
    ended.at = 1100 + runs_;
    ended.run = id;
    ended.complete = run.complete;
    ended.unrecorded = run.unrecorded;
    ended.has_log = run.has_log;
    journal << line_of(ended);
  }
  static std::string judged(const std::string& name, Verdict verdict = Verdict::passed) {
    VerdictRecord record;
    record.at = 1002;
    record.test = name;
    record.verdict = verdict;
    record.ran = true;
    return line_of(record);
  }
  static std::string attempt(const std::string& name, Verdict verdict) {
    AttemptEnded record;
    record.at = 1002;
    record.test = name;
    record.attempt = "1";
    record.outcome = verdict == Verdict::failed ? Outcome::failed : Outcome::passed;
    record.verdict = verdict;
    return line_of(record);
  }
  static std::string planned(std::vector<std::string> tests, bool is_own) {
    PlannedRecord record;
    record.at = 1001;
    record.is_own = is_own;
    record.tests = std::move(tests);
    return line_of(record);
  }

  // The names of what `holdfast ctest --failed` chooses now, and why; what it says is in said_.
  std::string failed(const std::vector<std::string>& words = {}) {
    const Result<UserCall> user = user_call(tree_, words);
    if (!user) return to_text(user.error());
    Restrictions restrictions;
    restrictions.failed = true;
    testing::internal::CaptureStderr();
    const Result<Chosen> chosen = choose(*user, restrictions);
    said_ = testing::internal::GetCapturedStderr();
    if (!chosen) return to_text(chosen.error());
    std::string text;
    for (const std::size_t place : chosen->tests) text += chosen->all.tests[place].name + " ";
    return text + "(" + chosen->why + ")";
  }
  // As if there had been no run.
  void forget() const {
    fs::remove_all(tree_ + "/.holdfast/runs");
    fs::create_directories(tree_ + "/.holdfast/runs");
    for (const auto& file : fs::directory_iterator(tree_ + "/.holdfast")) {
      if (file.path().filename().string().starts_with("history")) fs::remove(file.path());
    }
  }

  int runs_ = 0;
  std::string said_;
};

TEST_F(LeftOutTests, AreThoseThatARunThatWasCutOffHadNotBegun) {
  EXPECT_EQ(failed(), "(0 red when last seen, 0 not begun)");
  leave({{}, {judged("a")}});
  EXPECT_EQ(failed(), "b c (0 red when last seen, 2 not begun)");
  EXPECT_EQ(said_, "");
  list(R"({"name": "DISABLED", "value": true})");
  EXPECT_EQ(failed(), "b (0 red when last seen, 1 not begun)") << "c would not start";
  list("");
  leave({{"-R", "b"}, {judged("b")}, true});
  EXPECT_EQ(failed(), "c (0 red when last seen, 1 not begun)") << "a later run has begun it";
  leave({{}, {judged("a"), judged("b"), judged("c")}, true});
  EXPECT_EQ(failed(), "(0 red when last seen, 0 not begun)");
}

TEST_F(LeftOutTests, AreOnlyThoseThatARunWasToRun) {
  leave({{"-R", "b"}, {}});
  EXPECT_EQ(failed(), "b (0 red when last seen, 1 not begun)") << "ctest is asked";
  forget();
  leave({{}, {planned({"a", "b"}, true), planned({"c"}, false), judged("a")}});
  EXPECT_EQ(failed(), "b (0 red when last seen, 1 not begun)") << "it was a shard";
  forget();
  leave({{}, {judged("a")}, false, 0, true, "9-outer"});
  EXPECT_EQ(failed(), "(0 red when last seen, 0 not begun)")
      << "a test of another run has started it";
}

TEST_F(LeftOutTests, OfARunThatStopsOnAFailureAreThoseAfterIt) {
  const std::vector<std::string> words{"--stop-on-failure"};
  leave({words, {judged("a")}, true});
  EXPECT_EQ(failed(), "(0 red when last seen, 0 not begun)") << "nothing has failed";
  forget();
  leave({words, {judged("a", Verdict::failed)}, true});
  EXPECT_EQ(failed(), "a b c (1 red when last seen, 2 not begun)");
  forget();
  leave({words, {attempt("a", Verdict::failed)}, true});
  EXPECT_TRUE(failed().starts_with("a b c (")) << "its log is lost: " << failed();
  forget();
  leave({{"--stop-time=10:00"}, {judged("a")}, true});
  EXPECT_EQ(failed(), "b c (0 red when last seen, 2 not begun)");
}

TEST_F(LeftOutTests, AreSaidToBeUnknownWhereTheyAre) {
  leave({{"--rerun-failed"}, {judged("a")}});
  EXPECT_EQ(failed(), "(0 red when last seen, 0 not begun)");
  EXPECT_EQ(said_,
            "holdfast: run 1-20260101-000000-1 ended too early, and what it left out is not "
            "known\n");
  leave({{"--rerun-failed"}, {judged("a")}, true, 1});
  (void)failed();
  EXPECT_EQ(said_.substr(0, said_.find('\n') + 1),
            "holdfast: run 2-20260101-000000-1 could not record all of its tests, and which is not "
            "known\n");
  leave({{}, {judged("a"), judged("b"), judged("c")}, true});
  (void)failed();
  EXPECT_EQ(said_, "") << "no older run can say more";
}

TEST_F(LeftOutTests, MayBeAnyOfARunThatCouldNotRecordAllOfItsTests) {
  leave({{}, {judged("a")}, true, 1});
  EXPECT_EQ(failed(), "b c (0 red when last seen, 2 not begun)");
}

// Their last attempt has no end on record.
TEST_F(LeftOutTests, AreThoseOfWhichItIsNotKnownHowTheyEnded) {
  AttemptStarted begun;
  begun.at = 1002;
  begun.test = "b";
  begun.attempt = "1";
  leave({{"-R", "nothing"}, {judged("a"), line_of(begun)}, true});
  leave({{"-R", "nothing"}, {judged("a")}, false});
  EXPECT_TRUE(failed().starts_with("b ")) << failed();
}

}  // namespace
}  // namespace holdfast::cli
