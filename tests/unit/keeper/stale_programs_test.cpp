#include "keeper/attempt_grants.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <variant>

#include "journal/journal_reader.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

class StaleProgramsTest : public testing::Test {
 protected:
  StaleProgramsTest() {
    std::string made = testing::TempDir() + "holdfast-stale-XXXXXX";
    place_ = ::mkdtemp(made.data());
    write("t.sh", "exit 0");
    write("data.txt", "1");
  }
  ~StaleProgramsTest() override { fs::remove_all(place_); }

  std::string path(const std::string& name) const { return place_ + "/" + name; }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    fs::permissions(path(name), fs::perms::owner_all);
  }

  // Of one attempt, in a run of its own.
  std::string fingerprint(const std::string& program, const std::vector<std::string>& required = {},
                          std::uint64_t command_sum = 1,
                          const std::vector<std::string>& named = {}) const {
    StalePrograms programs({place_, place_ + "/b"});
    Connection connection;
    connection.program = program;
    connection.inputs.required = required;
    connection.inputs.named = named;
    connection.command_sum = command_sum;
    programs.look(StalePrograms::Point::start, connection, "");
    return programs.fingerprint(connection);
  }

  std::string place_;
};

TEST_F(StaleProgramsTest, OneProgramWithOneCommandHasOneFingerprint) {
  const std::string first = fingerprint(path("t.sh"));
  EXPECT_EQ(first.size(), 16U);
  EXPECT_EQ(fingerprint(path("t.sh")), first);
  EXPECT_NE(fingerprint(path("t.sh"), {}, 2), first);
  EXPECT_NE(fingerprint(path("t.sh"), {path("data.txt")}), first);
  write("t.sh", "exit 1 # longer");
  EXPECT_NE(fingerprint(path("t.sh")), first);
}

TEST_F(StaleProgramsTest, AnInputIsPartOfTheFingerprintWhoeverNamesIt) {
  const std::vector<std::string> data{path("data.txt")};
  const std::string required = fingerprint("/bin/sh", data);
  const std::string named = fingerprint("/bin/sh", {}, 1, data);
  EXPECT_EQ(named.size(), 16U);
  EXPECT_EQ(fingerprint("/bin/sh", {}, 1, data), named);
  write("data.txt", "longer");
  EXPECT_NE(fingerprint("/bin/sh", data), required);
  EXPECT_NE(fingerprint("/bin/sh", {}, 1, data), named);
}

TEST_F(StaleProgramsTest, NothingIsKnownOfProgramsOfOthersAndOfWhatIsNotThere) {
  EXPECT_EQ(fingerprint("/bin/sh"), "");
  EXPECT_EQ(fingerprint("/bin/sh", {path("data.txt")}).size(), 16U);
  EXPECT_EQ(fingerprint(path("nothing")), "");
  EXPECT_EQ(fingerprint(""), "");
}

TEST_F(StaleProgramsTest, AChangeDuringTheRunLeavesNone) {
  StalePrograms programs({place_, place_ + "/b"});
  Connection connection;
  connection.program = path("t.sh");
  programs.look(StalePrograms::Point::start, connection, "");
  write("t.sh", "exit 1 # longer");
  programs.look(StalePrograms::Point::end, connection, "");
  EXPECT_TRUE(connection.is_stale);
  EXPECT_EQ(programs.fingerprint(connection), "");
}

TEST_F(StaleProgramsTest, AChangeIsOnRecordOnceWithWhatHasChanged) {
  StalePrograms programs({place_, place_ + "/b"});
  Connection connection;
  connection.attempt = "r.1";
  connection.test = "t";
  connection.key = "key";
  connection.program = path("t.sh");
  connection.inputs.required = {path("data.txt")};
  programs.look(StalePrograms::Point::start, connection, path("journal"));
  EXPECT_FALSE(fs::exists(path("journal")));
  write("data.txt", "longer");
  for (int look = 0; look < 2; ++look)
    programs.look(StalePrograms::Point::end, connection, path("journal"));
  const Result<Journal> read = read_journal(fs::path(path("journal")));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->records.size(), 1U);
  const auto& stale = std::get<Stale>(read->records[0]);
  EXPECT_EQ(stale.attempt, "r.1");
  EXPECT_EQ(stale.test, "t");
  EXPECT_EQ(stale.key, "key");
  EXPECT_EQ(stale.program, path("data.txt"));
  EXPECT_TRUE(stale.why.starts_with("its input " + path("data.txt") + " changed while it ran: "))
      << stale.why;
}

TEST_F(StaleProgramsTest, ASecondTestOfAChangedProgramIsStaleToo) {
  StalePrograms programs({place_, place_ + "/b"});
  Connection first;
  first.program = path("t.sh");
  programs.look(StalePrograms::Point::start, first, "");
  write("t.sh", "exit 1 # longer");
  Connection second;
  second.program = path("t.sh");
  second.test = "second";
  programs.look(StalePrograms::Point::start, second, path("journal"));
  EXPECT_TRUE(second.is_stale);
  const Result<Journal> read = read_journal(fs::path(path("journal")));
  ASSERT_TRUE(read && read->records.size() == 1);
  EXPECT_TRUE(std::get<Stale>(read->records[0])
                  .why.starts_with("its program changed since the run began: "));
  programs.forget();
  Connection of_next_run;
  of_next_run.program = path("t.sh");
  programs.look(StalePrograms::Point::start, of_next_run, "");
  EXPECT_FALSE(of_next_run.is_stale);
}

// It is an input for being executable, which nobody can see any more.
TEST_F(StaleProgramsTest, AnInputThatIsGoneIsAChangeToo) {
  fs::create_directory(path("b"));
  write("b/tool", "exit 0");
  StalePrograms programs({place_, place_ + "/b"});
  Connection connection;
  connection.program = "/bin/sh";
  connection.inputs.named = {path("b/tool")};
  programs.look(StalePrograms::Point::start, connection, "");
  fs::remove(path("b/tool"));
  programs.look(StalePrograms::Point::end, connection, "");
  EXPECT_TRUE(connection.is_stale);
}

// A fixture may build it.
TEST_F(StaleProgramsTest, AProgramIsKnownFromWhenItIsThere) {
  StalePrograms programs({place_, place_ + "/b"});
  Connection connection;
  connection.program = path("late.sh");
  programs.look(StalePrograms::Point::start, connection, "");
  write("late.sh", "exit 0");
  programs.look(StalePrograms::Point::end, connection, "");
  EXPECT_FALSE(connection.is_stale);
  EXPECT_EQ(programs.fingerprint(connection).size(), 16U);
  write("late.sh", "exit 1 # longer");
  programs.look(StalePrograms::Point::end, connection, "");
  EXPECT_TRUE(connection.is_stale);
}

}  // namespace
}  // namespace holdfast
