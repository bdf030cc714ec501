#include "history/history.hpp"

#include "history/answers.hpp"
#include "history/database.hpp"

#include "journal/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace holdfast {
namespace {

PastRun run_at(double started, std::vector<PastResult> results = {}) {
  PastRun run{{"run-" + std::to_string(static_cast<int>(started)), started, started + 1.5, true},
              std::move(results)};
  if (run.results.empty()) run.results = {{{"a"}, "passed", Grade::passed, 12, 1}};
  return run;
}

PastResult red(const std::string& name, const std::string& signature) {
  return {{name}, "failed", Grade::failure, 30, 1, false, {{1, "failed", signature}}};
}

class HistoryFile : public ::testing::Test {
 protected:
  History opened(const std::string& name = "h.sqlite") {
    Result<History> history = History::open(directory_.path() / name);
    EXPECT_TRUE(history) << to_text(history.error());
    return std::move(*history);
  }

  ScratchDirectory directory_;
};

// `b 12;` for each result: the test's name and its time.
std::string told(const std::vector<NumberedTest>& tests, const BriefResult& result) {
  for (const auto& [number, test] : tests) {
    if (number == result.test) return test.name + " " + std::to_string(result.wall_ms) + ";";
  }
  return "?;";
}

TEST_F(HistoryFile, ResultsAreReadFromTheNewestRunToTheFirstThatNobodyAsksFor) {
  const auto passed = [](const std::string& name, std::int64_t wall_ms) {
    return PastResult{{name}, "passed", Grade::passed, wall_ms, 1};
  };
  History history = opened();
  ASSERT_TRUE(history.add({run_at(300, {passed("a", 1), passed("b", 2), passed("c", 3)})}));
  ASSERT_TRUE(history.add({run_at(100, {passed("a", 7)})}));
  ASSERT_TRUE(history.add({run_at(200, {passed("a", 4), passed("b", 5), red("c", "s")})}));
  const Result<std::vector<NumberedTest>> tests = history.tests();
  ASSERT_TRUE(tests);
  ASSERT_EQ(tests->size(), 3U);
  std::string seen;
  std::vector<std::optional<NumberRange>> wanted{
      NumberRange{(*tests)[0].number, 1000}, NumberRange{(*tests)[1].number, 1000}, std::nullopt};
  std::size_t next = 0;
  const auto see = [&](const BriefResult& result) {
    seen += told(*tests, result);
    EXPECT_EQ(is_red(result.grade), result.wall_ms == 30);
    EXPECT_EQ(result.attempts, 1);
  };
  ASSERT_TRUE(history.read_back([&] { return wanted[next++]; }, see));
  EXPECT_EQ(seen, "a 1;b 2;c 3;b 5;c 30;");
  seen.clear();
  const NumberRange first{(*tests)[0].number, (*tests)[0].number};
  ASSERT_TRUE(history.read_back([&] { return first; }, see));
  EXPECT_EQ(seen, "a 1;a 4;a 7;");
}

TEST_F(HistoryFile, WhatIsAddedIsReadBack) {
  const PastRun run =
      run_at(100.123456,
             {{{"b", "", 2}, "passed", Grade::passed, 12, 2, true, {{1, "crashed", "s"}}, "0123"},
              red("a\xC3\xA4 'x'; --", "why"),
              {{"case", "batch"}, "skipped", Grade::skipped, 0, 1},
              {{"later"}, "skipped", Grade::skipped, 5, 2, false, {{1, "failed", "s"}}}});
  opened("new/h.sqlite");
  History history = opened("new/h.sqlite");
  ASSERT_TRUE(history.add({run}));
  ASSERT_TRUE(history.add({run_at(50)}));
  const Result<std::vector<RunHead>> runs = history.runs();
  ASSERT_TRUE(runs);
  ASSERT_EQ(runs->size(), 2U);
  EXPECT_EQ((*runs)[0], run_at(50).head);
  EXPECT_EQ((*runs)[1], run.head);
  const Result<PastRun> loaded = history.load((*runs)[1]);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->results, run.results);
  const Result<PastRun> one = history.load((*runs)[1], "case");
  ASSERT_TRUE(one);
  ASSERT_EQ(one->results.size(), 1U);
  EXPECT_EQ(one->results[0], run.results[2]);
}

TEST_F(HistoryFile, WhatFailsInTheMiddleLeavesNothingAndNobodyIsKeptOut) {
  History history = opened();
  ASSERT_TRUE(history.add({run_at(50)}));
  Result<Database> other = Database::open(directory_.path() / "h.sqlite", Database::Use::write);
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->execute("CREATE UNIQUE INDEX once ON result(wall_ms)"));
  // The second result has the time of the first one.
  EXPECT_FALSE(history.add({run_at(100, {red("a", "s"), red("b", "s")})}));
  const Result<std::vector<RunHead>> runs = history.runs();
  ASSERT_TRUE(runs);
  EXPECT_EQ(runs->size(), 1U);
  ASSERT_TRUE(other->execute("DROP INDEX once"));
  EXPECT_TRUE(history.add({run_at(100, {red("a", "s"), red("b", "s")})}));
}

std::string told(History& history) {
  std::string text;
  const Result<std::vector<RunHead>> runs = history.runs();
  EXPECT_TRUE(runs);
  for (const RunHead& head : *runs) {
    const Result<PastRun> run = history.load(head);
    EXPECT_TRUE(run);
    for (const PastResult& one : run->results) {
      text += one.test.name + "#" + std::to_string(one.test.nth) + one.test.key +
              (one.is_red() ? "-" : "+");
    }
    text += ";";
  }
  return text;
}

PastResult green(const TestId& test) { return {test, "passed", Grade::passed, 1, 1}; }

TEST_F(HistoryFile, TestsOfOneNameAreToldApartByTheirKeys) {
  History history = opened();
  ASSERT_TRUE(history.add({run_at(1, {green({"a", "", 2, "y"})})}));
  ASSERT_TRUE(history.add({run_at(2, {green({"a", "", 1, "x"}), green({"a", "", 2, "y"})})}));
  // In a directory of the tree, the test is the first of its name.
  ASSERT_TRUE(history.add({run_at(3, {green({"a", "", 1, "y"})})}));
  ASSERT_TRUE(history.add({run_at(4, {green({"a", "", 1, "z"})})}));
  EXPECT_EQ(told(history), "a#2y+;a#2y+a#1x+;a#2y+;a#3z+;");
}

TEST_F(HistoryFile, ATestWhoseKeyWasNotKnownIsFoundAgain) {
  History history = opened();
  ASSERT_TRUE(history.add({run_at(1, {green({"a"}), green({"b", "", 1}), green({"b", "", 2})})}));
  // Of two tests with one name, it may be either.
  ASSERT_TRUE(history.add({run_at(2, {green({"b", "", 2, "t"})})}));
  ASSERT_TRUE(history.add(
      {run_at(3, {green({"a", "", 1, "k"}), green({"b", "", 1, "s"}), green({"b", "", 2, "t"})})}));
  // ctest starts it without the launcher.
  ASSERT_TRUE(history.add({run_at(4, {green({"a"})})}));
  EXPECT_EQ(told(history), "a#1k+b#1s+b#2+;b#3t+;a#1k+b#1s+b#3t+;a#1k+;");
}

TEST_F(HistoryFile, TestsWithoutAKeyAreCounted) {
  History history = opened();
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(history.add({run_at(i, {green({"a", "", 1}), green({"a", "", 2})})}));
  EXPECT_EQ(told(history), "a#1+a#2+;a#1+a#2+;");
}

TEST_F(HistoryFile, TestsWithoutAKeyStayAsManyAsARunHas) {
  History history = opened();
  const auto both = [](const std::string& key) {
    return std::vector<PastResult>{green({"a", "", 1, key + (key.empty() ? "" : "1")}),
                                   green({"a", "", 2, key + (key.empty() ? "" : "2")})};
  };
  int at = 0;
  for (const char* key : {"k", "", "", "k", ""})
    ASSERT_TRUE(history.add({run_at(++at, both(key))}));
  ASSERT_TRUE(history.add({run_at(++at, {green({"a"})})}));
  EXPECT_EQ(history.tests()->size(), 4U);
}

TEST_F(HistoryFile, AHistoryOfVersion1IsCarriedOver) {
  const std::string file = (directory_.path() / "old.sqlite").string();
  {
    History history = opened("old.sqlite");
    ASSERT_TRUE(history.add({run_at(1, {red("a", "s")})}));
    Result<Database> database = Database::open(file, Database::Use::write);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute(
        "ALTER TABLE test DROP COLUMN key; ALTER TABLE result DROP COLUMN program; "
        "PRAGMA user_version=1"));
  }
  Result<History> read = History::open_existing(file);
  ASSERT_TRUE(read) << to_text(read.error());
  EXPECT_EQ(told(*read), "a#1-;");
  ASSERT_EQ(read->tests()->size(), 1U);
  History history = opened("old.sqlite");
  ASSERT_TRUE(history.add({run_at(2, {green({"a", "", 1, "k"})})}));
  EXPECT_EQ(told(history), "a#1k-;a#1k+;");
}

TEST_F(HistoryFile, ARunIsAddedOnce) {
  History history = opened();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(history.add({run_at(100)}));
  EXPECT_EQ(history.runs()->size(), 1U);
  History other = opened("other.sqlite");
  for (const double at : {100.0, 300.0, 200.0}) ASSERT_TRUE(other.add({run_at(at)}));
  EXPECT_EQ(*history.add_all_of(other), 2U);
  EXPECT_EQ(*history.add_all_of(other), 0U);
  EXPECT_EQ(history.runs()->size(), 3U);
}

TEST_F(HistoryFile, OldRunsGoAndTheirWordsWithThem) {
  History history = opened();
  for (int i = 0; i < 10; ++i) {
    PastResult result = red("t" + std::to_string(i), "why" + std::to_string(i));
    result.program = "program" + std::to_string(i);
    ASSERT_TRUE(history.add({run_at(100 * i, {std::move(result)})}));
  }
  ASSERT_TRUE(history.prune(1000, {350, 1 << 30}));
  EXPECT_EQ(history.runs()->size(), 4U);
  EXPECT_EQ(history.runs()->front().started, 600);
  EXPECT_EQ(history.load(history.runs()->front())->results[0].failures[0].signature, "why6");
  EXPECT_EQ(history.load(history.runs()->front())->results[0].program, "program6");
  // The last run always stays, whatever its size.
  ASSERT_TRUE(history.prune(1000, {1e9, 1}));
  EXPECT_EQ(history.runs()->size(), 1U);
  EXPECT_EQ(history.runs()->front().started, 900);
}

TEST_F(HistoryFile, NothingOfARunThatIsTooOldStaysInTheFile) {
  History history = opened();
  ASSERT_TRUE(history.add({run_at(100, {red("old", "why once")})}));
  ASSERT_TRUE(history.add({run_at(900, {red("new", "why now")})}));
  ASSERT_TRUE(history.prune(1000, {350, 1 << 30}));
  Result<Database> file = Database::open(directory_.path() / "h.sqlite", Database::Use::read);
  ASSERT_TRUE(file);
  const auto rows_of = [&](const std::string& table) {
    Result<Statement> rows = file->prepare("SELECT count(*) FROM " + table);
    return rows && rows->run() ? rows->number(0) : -1;
  };
  for (const char* table : {"run", "test", "result", "failure"})
    EXPECT_EQ(rows_of(table), 1) << table;
  EXPECT_EQ(rows_of("word"), 2);  // "failed" and "why now"
}

TEST_F(HistoryFile, TheWordsOfAFailureStayAsLongAsItsRun) {
  History history = opened();
  const PastRun kept = run_at(
      900, {{{"a"}, "passed", Grade::passed, 12, 2, true, {{1, "crashed", "only in this failure"}}},
            green({"b"})});
  ASSERT_TRUE(history.add({run_at(100)}));
  ASSERT_TRUE(history.add({kept}));
  ASSERT_TRUE(history.prune(1000, {350, 1 << 30}));
  EXPECT_EQ(history.load(kept.head)->results, kept.results);
}

TEST_F(HistoryFile, ARunOfAWrongClockMakesNoOtherRunOld) {
  History history = opened();
  for (const double at : {100.0, 500.0, 900.0, 9e9}) ASSERT_TRUE(history.add({run_at(at)}));
  ASSERT_TRUE(history.prune(1000, {500, 1 << 30}));
  EXPECT_EQ(history.runs()->size(), 3U);
  EXPECT_EQ(history.runs()->front().started, 500);
  ASSERT_TRUE(history.prune(50, {500, 1 << 30}));
  EXPECT_EQ(history.runs()->size(), 3U);
}

TEST_F(HistoryFile, ItsSizeStaysWithinItsLimit) {
  History history = opened();
  constexpr std::int64_t k_limit = 256 << 10;
  for (int i = 0; i < 60; ++i) {
    std::vector<PastResult> results;
    for (int n = 0; n < 500; ++n) {
      results.push_back({{"test" + std::to_string(n)}, "passed", Grade::passed, n, 1});
    }
    ASSERT_TRUE(history.add({run_at(i, results)}));
    ASSERT_TRUE(history.prune(1000, {1e9, k_limit}));
  }
  EXPECT_LT(std::filesystem::file_size(directory_.path() / "h.sqlite"), 2 * k_limit);
  EXPECT_GT(history.runs()->size(), 5U);
  EXPECT_EQ(history.runs()->back().started, 59);
}

TEST_F(HistoryFile, ACopyHasAllOfIt) {
  History history = opened();
  for (const double at : {1.0, 2.0}) ASSERT_TRUE(history.add({run_at(at, {red("x", "y")})}));
  ASSERT_TRUE(history.copy_to(directory_.path() / "copy"));
  Result<History> copy = History::open_existing(directory_.path() / "copy");
  ASSERT_TRUE(copy);
  EXPECT_EQ(*copy->runs(), *history.runs());
  EXPECT_FALSE(copy->add({run_at(3)})) << "it is only to be read";
  EXPECT_FALSE(history.copy_to(directory_.path() / "copy")) << "it is there";
}

TEST_F(HistoryFile, WhatIsNoHistoryIsRefusedAndStaysAsItIs) {
  const auto text =
      directory_.write("text", "this is no database, but long enough to look like one\n");
  for (const auto& opened : {History::open(text), History::open_existing(text)}) {
    ASSERT_FALSE(opened);
    EXPECT_NE(to_text(opened.error()).find("damaged, or no history"), std::string::npos);
  }
  EXPECT_EQ(std::filesystem::file_size(text), 54U);
  const auto other = directory_.path() / "other.db";
  {
    Result<Database> database = Database::open(other, Database::Use::write);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("CREATE TABLE run(x)"));
  }
  ASSERT_FALSE(History::open(other));
  EXPECT_EQ(to_text(History::open(other).error()),
            other.string() + ": expected a history of Holdfast");
  opened("later.sqlite");
  {
    Result<Database> database =
        Database::open(directory_.path() / "later.sqlite", Database::Use::write);
    ASSERT_TRUE(database->execute("PRAGMA user_version=99"));
  }
  EXPECT_TRUE(
      to_text(History::open(directory_.path() / "later.sqlite").error()).find("a later version") !=
      std::string::npos);
  EXPECT_FALSE(History::open_existing(directory_.path() / "missing"));
  EXPECT_FALSE(History::open(directory_.path()));
}

TEST_F(HistoryFile, NothingThatAForeignFileSaysIsExecuted) {
  History history = opened();
  ASSERT_TRUE(history.add({run_at(100)}));
  Result<Database> file = Database::open(directory_.path() / "h.sqlite", Database::Use::write);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->execute("CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM result; END"));
  ASSERT_TRUE(history.add({run_at(200, {red("b", "s")})}));
  EXPECT_EQ(history.load(run_at(100).head)->results, run_at(100).results);
  ASSERT_TRUE(file->execute(
      "DROP TABLE run; CREATE VIEW run AS SELECT 1 AS id, 'x' AS name, 1 AS started, 2 AS ended, "
      "1 AS complete"));
  EXPECT_FALSE(history.runs());
}

TEST_F(HistoryFile, NumbersOfAForeignFileAreBounded) {
  for (const char* number : {"-5", "9223372036854775807"}) {
    History history = opened();
    ASSERT_TRUE(history.add({run_at(100, {red("t", "why")})}));
    Result<Database> database =
        Database::open(directory_.path() / "h.sqlite", Database::Use::write);
    ASSERT_TRUE(database->execute(std::string("UPDATE result SET attempts=") + number +
                                  ", wall_ms=" + number));
    const PastResult result = history.load(history.runs()->front())->results.at(0);
    EXPECT_TRUE(result.wall_ms >= 0 && result.wall_ms < 40'000'000'000) << result.wall_ms;
    EXPECT_TRUE(result.attempts >= 0 && result.attempts <= 1'000'000) << result.attempts;
    TestHistory answer;
    answer.add(*history.load(history.runs()->front()));
    EXPECT_FALSE(history_text(answer, Charset::unicode).empty());
  }
}

// It would need two more files beside it, which others could have put there. Bytes 18 and 19 of the
// file say so (sqlite.org/fileformat.html).
TEST_F(HistoryFile, OneWithAWriteAheadLogIsRefusedAndGetsNoFilesBesideIt) {
  const auto path = directory_.path() / "h.sqlite";
  ASSERT_TRUE(opened().add({run_at(100)}));
  std::fstream(path, std::ios::binary | std::ios::in | std::ios::out).seekp(18).write("\2\2", 2);
  EXPECT_FALSE(History::open_existing(path));
  EXPECT_FALSE(History::open(path));
  const std::filesystem::directory_iterator files(directory_.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(HistoryFile, ALinkIsFollowed) {
  const auto link = directory_.path() / "link.sqlite";
  std::filesystem::create_symlink(directory_.path() / "h.sqlite", link);
  History history = opened("h.sqlite");
  ASSERT_TRUE(opened("link.sqlite").add({run_at(100)}));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(history.runs()->size(), 1U);
}

TEST_F(HistoryFile, ADirectoryIsNone) {
  const std::string directory = directory_.path().string();
  const std::string said =
      "failed to use " + directory + ": it is a directory; expected a file that Holdfast made";
  EXPECT_EQ(to_text(History::open(directory).error()), said);
  EXPECT_EQ(to_text(History::open_existing(directory).error()), said);
}

TEST_F(HistoryFile, WritersWaitForEachOther) {
  constexpr int k_writers = 8;
  std::vector<std::thread> writers;
  for (int i = 0; i < k_writers; ++i) {
    writers.emplace_back([&, i] {
      Result<History> history = History::open(directory_.path() / "shared.sqlite");
      ASSERT_TRUE(history) << to_text(history.error());
      for (int n = 0; n < 5; ++n) {
        const Result<std::size_t> added = history->add({run_at(100 * i + n)});
        ASSERT_TRUE(added) << to_text(added.error());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(opened("shared.sqlite").runs()->size(), 5U * k_writers);
}

TEST_F(HistoryFile, ATestWithAnotherKeyIsAnotherTest) {
  History history = opened();
  ASSERT_TRUE(history.add({run_at(1, {green({"a", "", 1, "x"})})}));
  ASSERT_TRUE(history.add({run_at(2, {green({"a", "", 1, "y"})})}));
  EXPECT_EQ(told(history), "a#1x+;a#2y+;");
}

TEST_F(HistoryFile, ADatabaseWithoutTablesMayStillBeOfSomebodyElse) {
  int number = 0;
  for (const char* const sql :
       {"PRAGMA application_id=5", "PRAGMA user_version=7", "PRAGMA application_id=1214673780"}) {
    const auto file = directory_.path() / (std::to_string(++number) + ".db");
    {
      Result<Database> database = Database::open(file, Database::Use::write);
      ASSERT_TRUE(database);
      ASSERT_TRUE(database->execute(sql));
    }
    const Result<History> opened = History::open(file);
    ASSERT_FALSE(opened) << sql;
    EXPECT_TRUE(to_text(opened.error()).ends_with("expected a history of Holdfast")) << sql;
  }
}

TEST_F(HistoryFile, AnEmptyFileIsNoneToReadAndANewOneToWrite) {
  const auto file = directory_.write("empty", "");
  const Result<History> read = History::open_existing(file);
  ASSERT_FALSE(read);
  EXPECT_EQ(to_text(read.error()), file.string() + ": expected a history of Holdfast");
  Result<History> history = History::open(file);
  ASSERT_TRUE(history) << to_text(history.error());
  EXPECT_TRUE(history->add({run_at(100)}));
  EXPECT_TRUE(History::open_existing(file));
}

TEST_F(HistoryFile, OfAFileThatIsDamagedInTheMiddleNoRunIsAdded) {
  History history = opened();
  ASSERT_TRUE(history.add({run_at(50)}));
  History other = opened("other.sqlite");
  for (const double at : {100.0, 200.0}) ASSERT_TRUE(other.add({run_at(at, {red("a", "s")})}));
  Result<Database> file = Database::open(directory_.path() / "other.sqlite", Database::Use::write);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->execute("ALTER TABLE failure RENAME TO gone"));
  EXPECT_FALSE(history.add_all_of(other));
  EXPECT_EQ(history.runs()->size(), 1U);
  ASSERT_TRUE(file->execute("ALTER TABLE gone RENAME TO failure"));
  EXPECT_EQ(*history.add_all_of(other), 2U);
}

// Both machines began their first run at the same moment, or a run got the id of another.
TEST_F(HistoryFile, RunsOfOneMomentOrOneIdAreTwo) {
  History history = opened();
  PastRun one = run_at(100);
  PastRun other = run_at(100);
  other.head.id = "another";
  PastRun later = run_at(200);
  later.head.id = one.head.id;
  other.results[0].wall_ms = 77;
  EXPECT_EQ(*history.add({one, other, later}), 3U);
  EXPECT_EQ(history.load(one.head)->results, one.results);
  EXPECT_EQ(history.load(other.head)->results, other.results);
}

TEST_F(HistoryFile, ARunThatIsTwiceAmongThoseToAddIsAddedOnce) {
  History history = opened();
  EXPECT_EQ(*history.add({run_at(100), run_at(100), run_at(200)}), 2U);
  EXPECT_EQ(history.runs()->size(), 2U);
}

TEST_F(HistoryFile, OneInMemoryTakesWhatAFileHasAndLeavesTheFile) {
  History file = opened();
  ASSERT_TRUE(file.add({run_at(100, {red("a", "s")})}));
  Result<History> memory = History::in_memory();
  ASSERT_TRUE(memory);
  EXPECT_EQ(*memory->add_all_of(file), 1U);
  ASSERT_TRUE(memory->add({run_at(200)}));
  EXPECT_EQ(memory->runs()->size(), 2U);
  EXPECT_EQ(memory->load(run_at(100).head)->results, file.load(run_at(100).head)->results);
  EXPECT_EQ(file.runs()->size(), 1U);
}

// A second test or a case of a batch may have the name of a test.
TEST_F(HistoryFile, AFailureIsThatOfItsTestAndOfNoNamesake) {
  PastResult test = red("a", "of the test");
  PastResult second = red("a", "of the second");
  second.test.nth = 2;
  PastResult one = red("a", "of the case");
  one.test.batch = "net";
  History history = opened();
  const PastRun run = run_at(100, {test, second, one});
  ASSERT_TRUE(history.add({run}));
  EXPECT_EQ(history.load(run.head)->results, run.results);
  EXPECT_EQ(history.load(run.head, "a")->results, run.results);
  EXPECT_TRUE(history.load(run.head, "net")->results.empty());
}

}  // namespace
}  // namespace holdfast
