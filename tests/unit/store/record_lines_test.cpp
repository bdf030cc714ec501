// Each row of core/journal/records.def: what is written of it is read again, and
// docs/reference/journal.md has it.
#include "core/journal/record_lines.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <type_traits>
#include <variant>

#include "store/json_record.hpp"

namespace holdfast {
namespace {

// Values that no other field has.
class Samples {
 public:
  void give(std::string& field) { field = text(); }
  void give(std::int64_t& field) { field = number(); }
  void give(double& field) { field = static_cast<double>(number()) * 0.5; }
  void give(bool& field) { field = !field; }
  void give(Outcome& field) { field = Outcome::crashed; }
  void give(Verdict& field) { field = Verdict::skipped; }
  void give(std::optional<int>& field) { field = static_cast<int>(number()); }
  template <typename T>
  void give(std::optional<T>& field) {
    give(field.emplace());
  }
  void give(ProcessName& field) {
    field = {static_cast<int>(number()), static_cast<std::uint64_t>(number())};
  }
  void give(OutputPlace& field) { field = {"/log", natural(), natural()}; }
  void give(std::vector<std::string>& field) { field = {text(), text()}; }
  void give(std::vector<Leftover>& field) { field = {{7, "sleep"}, {8, text()}}; }
  void give(std::vector<OrphanMarker>& field) { field = {{"exit-7", "is cut off"}, {"x", ""}}; }
  void give(std::vector<Finding>& field) {
    field = {{"git", false, text()}, {"machine", true, "gone"}};
  }
  void give(std::vector<OutputPlace>& field) { field = {{"/log", natural(), natural()}, {"/log"}}; }
  void give(std::vector<WrittenFile>& field) {
    field = {{text(), false, 12.25}, {.file = "gone", .is_removed = true}};
  }
  void give(TestSchedule& field) { field = {{"a\"b", "c"}, {"f"}, {"g", "h"}, {"f"}, true, 3}; }

 private:
  std::int64_t number() { return ++numbers_ * 10; }
  std::uint64_t natural() { return static_cast<std::uint64_t>(number()); }
  std::string text() { return "\"" + std::to_string(number()) + "\n\xc3\xa9"; }

  std::int64_t numbers_ = 0;
};

bool has(const std::string& line, const std::string& field) {
  return line.find(",\"" + field + "\":") != std::string::npos;
}

// Whether a row is also there where nothing is said.
constexpr bool always = true;    // NOLINT(readability-identifier-naming): a word of the .def file
constexpr bool if_said = false;  // NOLINT(readability-identifier-naming): likewise

// Without a value there is nothing to write.
template <typename T>
bool is_something(const T& value) {
  if constexpr (requires { value.has_value(); }) return value.has_value();
  return true;
}

template <typename Written, typename Read = Written>
void expect_read_as_written() {
  Samples samples;
  Written written;
  written.at = 12.5;
#define HOLDFAST_RECORD_FIELD(Record, member, ...) \
  if constexpr (std::is_same_v<Written, Record>) samples.give(written.member);
#include "core/journal/records.def"
  const std::string line = line_of(written);
  const std::string of_nothing = line_of(Written{});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const ParsedLine parsed = parse_record(line);
  EXPECT_EQ(parsed.complaint, "") << line;
  ASSERT_TRUE(parsed.record && std::holds_alternative<Read>(*parsed.record)) << line;
  const auto& read = std::get<Read>(*parsed.record);
  EXPECT_EQ(read.at, 12.5);
#define HOLDFAST_RECORD_FIELD(Record, member, name, Kind, when, absent)        \
  if constexpr (std::is_same_v<Written, Record>) {                             \
    const bool is_said = (when) && is_something<kinds::Kind>(absent);          \
    EXPECT_TRUE(read.member == written.member) << (name) << ": " << line;      \
    EXPECT_TRUE(has(line, name)) << (name) << ": " << line;                    \
    EXPECT_EQ(has(of_nothing, name), is_said) << (name) << ": " << of_nothing; \
  }
#include "core/journal/records.def"
}

template <typename Record>
class RecordLines : public testing::Test {};

using WrittenRecords =
    testing::Types<RunStarted, AttemptStarted, AttemptEnded, Bare, StepRecord, Stale, VerdictRecord,
                   ServiceRecord, LogWordRecord, PlannedRecord, SourcesRecord, RunEnded>;
TYPED_TEST_SUITE(RecordLines, WrittenRecords);

TYPED_TEST(RecordLines, AreReadAsTheyAreWritten) { expect_read_as_written<TypeParam>(); }

TEST(RecordLine, OfALostAttemptIsReadAsAnEnd) {
  expect_read_as_written<LostAttempt, AttemptEnded>();
}

TEST(RecordLine, CutsALongFinding) {
  AttemptEnded ended{.test = "t", .outcome = Outcome::failed};
  ended.forensics = {{"git", false, std::string(100'000, 'x')}};
  EXPECT_LT(line_of(ended).size(), 5000U);
}

TEST(RecordLine, HasAFindingWhateverItsBytesAre) {
  AttemptEnded ended{.test = "t", .outcome = Outcome::failed};
  ended.forensics = {{"directory", false, "a\x1b[2Jb\rc\x7f\xff\"\\"}};
  const ParsedLine parsed = parse_record(line_of(ended));
  ASSERT_TRUE(parsed.record);
  const auto& read = std::get<AttemptEnded>(*parsed.record);
  ASSERT_EQ(read.forensics.size(), 1U);
  EXPECT_EQ(read.forensics[0].text, "a\x1b[2Jb\rc\x7f\xef\xbf\xbd\"\\");
}

TEST(RecordLine, TellsPlacesInOneFileOnly) {
  VerdictRecord verdict{.test = "t"};
  verdict.earlier = {{"/a", 1, 0}, {"/b", 2, 3}, {"/c", 4, 5}};
  const ParsedLine parsed = parse_record(line_of(verdict));
  const std::vector<OutputPlace> expected = {{"/b", 0, 0}, {"/b", 2, 3}, {"/b", 0, 0}};
  EXPECT_EQ(std::get<VerdictRecord>(*parsed.record).earlier, expected);
}

// The text below a heading of docs/reference/journal.md.
std::string section(const std::string& heading) {
  std::ifstream file(HOLDFAST_SOURCE_DIRECTORY "/docs/reference/journal.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  const std::size_t begin = page.find("\n## " + heading + "\n");
  if (begin == std::string::npos) return {};
  return page.substr(begin, page.find("\n## ", begin + 1) - begin);
}

TEST(RecordLine, ThePageOfTheJournalHasEachField) {
  std::map<std::string, std::string> sections;
#define HOLDFAST_RECORD(Record, type) sections[#Record] = section(type);
#include "core/journal/records.def"
  sections["StepRecord"] = section("The build journal");
  sections["LostAttempt"] = sections["AttemptEnded"];
#define HOLDFAST_RECORD_FIELD(Record, member, name, ...) \
  EXPECT_NE(sections[#Record].find("`" name "`"), std::string::npos) << (name) << " of " #Record;
#include "core/journal/records.def"
}

}  // namespace
}  // namespace holdfast
