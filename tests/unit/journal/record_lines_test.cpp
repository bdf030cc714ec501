// Each row of journal/records.def: what is written of it is read again, and
// docs/reference/journal.md has it.
#include "journal/records.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <type_traits>
#include <variant>

#include "journal/journal_reader.hpp"

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

// Without a value there is nothing to write.
template <typename T>
bool is_something(const T& value) {
  if constexpr (requires { value.has_value(); }) return value.has_value();
  return true;
}

template <typename Record>
Record sample() {
  Samples samples;
  Record record;
  record.at = 12.5;
  FieldsOf<Record>::each([&](auto, auto member, When) { samples.give(record.*member); });
  return record;
}

template <typename Record>
void expect_fields_in(const std::string& line) {
  const std::string of_nothing = line_of(Record{});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  FieldsOf<Record>::each([&](const std::string& name, auto member, When when) {
    const bool is_always = when == When::always || when == When::whose;
    EXPECT_TRUE(has(line, name)) << name << ": " << line;
    EXPECT_EQ(has(of_nothing, name), is_always && is_something(Record{}.*member))
        << name << ": " << of_nothing;
  });
}

template <typename Record>
Record read_from(const std::string& line) {
  const ParsedLine parsed = parse_record(line);
  EXPECT_EQ(parsed.complaint, "") << line;
  const auto* read = parsed.record ? std::get_if<Record>(&*parsed.record) : nullptr;
  EXPECT_NE(read, nullptr) << line;
  return read == nullptr ? Record{} : *read;
}

template <typename Record>
class RecordLines : public testing::Test {};

using WrittenRecords =
    testing::Types<RunStarted, AttemptStarted, AttemptEnded, Bare, StepRecord, Stale, VerdictRecord,
                   ServiceRecord, LogWordRecord, PlannedRecord, SourcesRecord, RunEnded>;
TYPED_TEST_SUITE(RecordLines, WrittenRecords);

TYPED_TEST(RecordLines, AreReadAsTheyAreWritten) {
  const auto written = sample<TypeParam>();
  const std::string line = line_of(written);
  expect_fields_in<TypeParam>(line);
  const auto read = read_from<TypeParam>(line);
  EXPECT_EQ(read.at, 12.5);
  FieldsOf<TypeParam>::each([&](const char* name, auto member, When) {
    EXPECT_TRUE(read.*member == written.*member) << name << ": " << line;
  });
}

TEST(RecordLine, OfALostAttemptIsReadAsAnEnd) {
  const auto written = sample<LostAttempt>();
  expect_fields_in<LostAttempt>(line_of(written));
  const auto read = read_from<AttemptEnded>(line_of(written));
  EXPECT_EQ(read.at, 12.5);
  EXPECT_EQ(read.attempt, written.attempt);
  EXPECT_EQ(read.test, written.test);
  EXPECT_EQ(read.key, written.key);
  EXPECT_EQ(read.n, written.n);
  EXPECT_EQ(read.outcome, written.outcome);
  EXPECT_EQ(read.note, written.note);
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

template <typename Record>
void expect_on_page(const std::string& heading = std::string(Record::k_type)) {
  const std::string text = section(heading);
  FieldsOf<Record>::each([&](const std::string& name, auto, When) {
    EXPECT_NE(text.find('`' + name + '`'), std::string::npos) << name << " of " << heading;
  });
}

TYPED_TEST(RecordLines, HaveEachFieldOnThePageOfTheJournal) {
  const bool is_step = std::is_same_v<TypeParam, StepRecord>;
  expect_on_page<TypeParam>(is_step ? "The build journal" : std::string(TypeParam::k_type));
}

TEST(RecordLine, OfCasesHasEachFieldOnThePageOfTheJournal) { expect_on_page<CasesRecord>(); }

}  // namespace
}  // namespace holdfast
