// Each row of core/base/launcher_records.def: what the writer writes of it, the reader reads, and
// docs/reference/journal.md has it.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <deque>
#include <fstream>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>

#include "store/json_record.hpp"
#include "supervision/base/record_writer.hpp"

namespace holdfast {
namespace {

using namespace supervision;

// Values that no other field has, as they are given to the writer and as the reader gives them.
class Samples {
 public:
  void give(std::string_view& given, std::string& read) { given = read = text(); }
  void give(std::string_view& given, std::optional<Verdict>& read) {
    read = Verdict::skipped;
    given = name_of(*read);
  }
  void give(written::Texts& given, std::vector<std::string>& read) {
    const auto& views = views_.emplace_back(std::array<std::string_view, 2>{text(), text()});
    given = views;
    read.assign(views.begin(), views.end());
  }
  void give(written::Locks& given, std::vector<std::string>& read) {
    locks_[0].name = text();
    locks_[1].name = text();
    locks_[1].mode = LockMode::shared;
    given = locks_;
    for (const LockSpec& lock : locks_) read.push_back(to_text(lock));
  }
  void give(std::int64_t& given, std::int64_t& read) { given = read = number(); }
  void give(std::int64_t& given, std::optional<std::int64_t>& read) {
    given = number();
    read = given;
  }
  void give(std::optional<int>& given, std::optional<int>& read) {
    given = read = static_cast<int>(number());
  }
  void give(std::chrono::microseconds& given, double& read) {
    given = std::chrono::milliseconds(number() * 500);
    read = std::chrono::duration<double>(given).count();
  }
  void give(bool& given, bool& read) { given = read = !read; }
  void give(Outcome& given, std::optional<Outcome>& read) {
    given = Outcome::crashed;
    read = given;
  }
  void give(ProcessName& given, ProcessName& read) {
    read = {static_cast<int>(number()), static_cast<std::uint64_t>(number())};
    given = read;
  }
  void give(written::Leftovers& given, std::vector<Leftover>& read) {
    given = processes_;
    read = {{7, "sleep"}, {8, "a\"b"}};
  }
  void give(std::optional<std::string_view>& given, std::optional<std::string>& read) {
    read = text();
    given = *read;
  }
  void give(written::Orphans& given, std::vector<OrphanMarker>& read) {
    given = orphans_;
    read.assign(orphans_.begin(), orphans_.end());
  }
  void give(written::Findings& given, std::vector<Finding>& read) {
    given.json = R"({"git":{"text":"clean"},"machine":{"failed":"gone"}})";
    read = {{"git", false, "clean"}, {"machine", true, "gone"}};
  }
  void give(written::Schedule& given, TestSchedule& read) {
    schedule_ = {{"a\"b", "c"}, {"f"}, {"g", "h"}, {"f"}, true, 3};
    given.of = &schedule_;
    read = schedule_;
  }

 private:
  std::int64_t number() { return ++numbers_ * 10; }
  std::string_view text() {
    return texts_.emplace_back("\"" + std::to_string(number()) + "\n\xc3\xa9");
  }

  std::int64_t numbers_ = 0;
  std::deque<std::string> texts_;
  std::deque<std::array<std::string_view, 2>> views_;
  std::array<LockSpec, 2> locks_;
  TestSchedule schedule_;
  const std::array<ListedProcess, 2> processes_{{{7, {"sleep"}}, {8, {"a\"b"}}}};
  const std::array<OrphanMarker, 2> orphans_{{{"exit-7", "is cut off"}, {"x", ""}}};
};

constexpr std::int64_t k_at_ms = 12'500;

bool has(const std::string& line, const std::string& field) {
  return line.find(",\"" + field + "\":") != std::string::npos;
}

// Whether a row is also there where nothing is said.
constexpr bool always = true;    // NOLINT(readability-identifier-naming): a word of the .def file
constexpr bool if_said = false;  // NOLINT(readability-identifier-naming): likewise

template <typename Given, typename Read>
void expect_read_as_written() {
  Samples samples;
  Given given;
  Read expected;
#define HOLDFAST_RECORD_FIELD(Record, name, ...) \
  if constexpr (std::is_same_v<Read, Record>) samples.give(given.name, expected.name);
#include "core/base/launcher_records.def"
  const std::string line = line_of(given, k_at_ms);
  const std::string of_nothing = line_of(Given{}, k_at_ms);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const ParsedLine parsed = parse_record(line);
  EXPECT_EQ(parsed.complaint, "") << line;
  ASSERT_TRUE(parsed.record && std::holds_alternative<Read>(*parsed.record)) << line;
  const auto& read = std::get<Read>(*parsed.record);
  EXPECT_EQ(read.at, 12.5);
#define HOLDFAST_RECORD_FIELD(Record, name, Kind, when, ...)                \
  if constexpr (std::is_same_v<Read, Record>) {                             \
    EXPECT_TRUE(read.name == expected.name) << #name << ": " << line;       \
    EXPECT_TRUE(has(line, #name)) << #name << ": " << line;                 \
    EXPECT_EQ(has(of_nothing, #name), when) << #name << ": " << of_nothing; \
  }
#include "core/base/launcher_records.def"
}

TEST(LauncherRecords, AnAttemptThatStartedIsReadAsItWasWritten) {
  expect_read_as_written<written::AttemptStarted, AttemptStarted>();
}

TEST(LauncherRecords, AnAttemptThatEndedIsReadAsItWasWritten) {
  expect_read_as_written<written::AttemptEnded, AttemptEnded>();
}

TEST(LauncherRecords, ABareTestIsReadAsItWasWritten) {
  expect_read_as_written<written::Bare, Bare>();
}

TEST(LauncherRecords, ABuildStepIsReadAsItWasWritten) {
  expect_read_as_written<written::StepRecord, StepRecord>();
}

// The text below a heading of docs/reference/journal.md.
std::string section(const std::string& heading) {
  std::ifstream file(HOLDFAST_SOURCE_DIRECTORY "/docs/reference/journal.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  const std::size_t begin = page.find("\n## " + heading + "\n");
  if (begin == std::string::npos) return {};
  return page.substr(begin, page.find("\n## ", begin + 1) - begin);
}

TEST(LauncherRecords, ThePageOfTheJournalHasEachField) {
  const auto expect_field = [](const std::string& heading, const std::string& name) {
    EXPECT_NE(section(heading).find('`' + name + '`'), std::string::npos)
        << name << ", below " << heading;
  };
#define HOLDFAST_ATTEMPT_STARTED(name, ...) expect_field("attempt_started", #name);
#define HOLDFAST_ATTEMPT_ENDED(name, ...) expect_field("attempt_ended", #name);
#define HOLDFAST_BARE(name, ...) expect_field("bare", #name);
#define HOLDFAST_STEP(name, ...) expect_field("The build journal", #name);
#include "core/base/launcher_records.def"
}

}  // namespace
}  // namespace holdfast
