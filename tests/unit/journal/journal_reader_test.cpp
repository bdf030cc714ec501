#include "journal/journal_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

#include "journal/scratch_directory.hpp"

namespace holdfast {
namespace {

Journal read(const std::string& text) {
  std::istringstream stream(text);
  return read_journal(stream);
}

// The example of docs/reference/journal.md.
const std::string k_example =
    R"({"v":1,"type":"run_started","at":1795163653.120,"run":"20261120-084053-1234","tree":"/home/a/build","boot":"5f0c","version":"0.1.0","ctest":{"pid":1234,"start":56789},"command":["ctest","-j8"]}
{"v":1,"type":"attempt_started","at":1795163653.131,"attempt":"20261120-084053-1234.1","test":"db.insert","key":"9ae16a3b2f90404f","n":1,"launcher":{"pid":1240,"start":56790},"locks":["db@project"]}
{"v":1,"type":"attempt_ended","at":1795163653.190,"attempt":"20261120-084053-1234.1","test":"db.insert","key":"9ae16a3b2f90404f","n":1,"outcome":"failed","exit_code":1,"wall_s":0.051,"user_s":0.020,"sys_s":0.004,"max_rss_kb":5120,"lock_wait_s":0.000,"flags":["leaked"],"leftovers":[{"pid":1250,"name":"sleep"}]}
{"v":1,"type":"verdict","at":1795163653.400,"test":"db.insert","verdict":"failed","index":7,"log":"/home/a/build/Testing/Temporary/LastTest.log","output":[8123,240]}
{"v":1,"type":"run_ended","at":1795163653.401,"run":"20261120-084053-1234","complete":true}
)";

TEST(JournalReader, TheExampleOfThePageIsReadWithoutAComplaint) {
  const Journal journal = read(k_example);
  EXPECT_EQ(journal.records.size(), 5U);
  EXPECT_EQ(journal.flaws, 0U);
  EXPECT_FALSE(journal.cut_off);
}

TEST(JournalReader, AJournalCutAtAnyByteYieldsTheRecordsBeforeTheCut) {
  for (std::size_t size = 0; size <= k_example.size(); ++size) {
    const std::string part = k_example.substr(0, size);
    const Journal journal = read(part);
    const auto whole_lines = static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
    // A last line that lacks nothing but its newline is a record too.
    ASSERT_GE(journal.records.size(), whole_lines) << size;
    ASSERT_LE(journal.records.size(), whole_lines + 1) << size;
    ASSERT_EQ(journal.cut_off, !part.empty() && part.back() != '\n') << size;
    ASSERT_LE(journal.flaws, 1U) << size;
  }
}

TEST(JournalReader, BadLinesAreCountedWithTheirNumbersAndCostNoOtherLine) {
  const Journal journal =
      read("garbage\n" + k_example + "\n{\"v\":1,\"type\":\"tomorrow\"}\n" + k_example);
  EXPECT_EQ(journal.records.size(), 10U);
  EXPECT_EQ(journal.flaws, 2U);
  ASSERT_EQ(journal.complaints.size(), 2U);
  EXPECT_EQ(journal.complaints[0].line, 1U);
  EXPECT_EQ(journal.complaints[1].line, 8U);
}

TEST(JournalReader, ALineLongerThanAnyRecordIsPassedOver) {
  const std::string absurd(2 * k_max_journal_line, 'x');
  const Journal journal = read(k_example + absurd + "\n" + k_example + absurd);
  EXPECT_EQ(journal.records.size(), 10U);
  EXPECT_EQ(journal.flaws, 2U);
  EXPECT_TRUE(journal.cut_off);
}

TEST(JournalReader, OnlyTheFirstComplaintsAreKept) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "?\n";
  const Journal journal = read(text);
  EXPECT_EQ(journal.flaws, 1000U);
  EXPECT_EQ(journal.complaints.size(), k_max_complaints);
}

TEST(JournalReader, RandomGarbageNeverBreaksTheReader) {
  std::mt19937 random(20261120);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 300; ++round) {
    std::string text(static_cast<std::size_t>(byte(random)) * 16U, '\0');
    for (char& c : text) c = static_cast<char>(byte(random));
    const Journal journal = read(text + "\n" + k_example);
    // It costs nothing but its own lines.
    EXPECT_EQ(journal.records.size(), 5U);
    EXPECT_EQ(journal.flaws > 0, text.find_first_not_of('\n') != std::string::npos);
    EXPECT_LE(journal.flaws,
              static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1);
    EXPECT_FALSE(journal.cut_off);
  }
}

TEST(JournalReader, AnyByteOfAJournalMayBeWrong) {
  std::mt19937 random(7);
  std::uniform_int_distribution<std::size_t> place(0, k_example.size() - 1);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 3000; ++round) {
    std::string text = k_example;
    for (int i = 0; i < 3; ++i) text[place(random)] = static_cast<char>(byte(random));
    EXPECT_LE(read(text).records.size(), 8U);
  }
}

TEST(JournalReader, OfTwoEndsThatCountsWhichKnowsThatCtestFinished) {
  const ScratchDirectory directory;
  const std::string cut_short =
      R"({"v":1,"type":"run_ended","at":1795163654.0,"run":"x","complete":false})"
      "\n";
  for (const std::string& text : {k_example + cut_short, cut_short + k_example}) {
    const std::optional<RunEnded> end = end_record(directory.write("journal.jsonl", text));
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->complete);
  }
}

TEST(JournalReader, ARecordThatOnlyNamesTheEndIsNone) {
  const ScratchDirectory directory;
  const std::string named = R"({"v":1,"type":"tomorrow","about":"run_ended"})"
                            "\n";
  const std::string verdict = R"({"v":1,"type":"verdict","test":"run_ended","verdict":"failed"})"
                              "\n";
  EXPECT_FALSE(end_record(directory.write("journal.jsonl", verdict + named)));
  EXPECT_TRUE(end_record(directory.write("journal.jsonl", k_example + verdict + named)));
}

TEST(JournalReader, AnEndWithManyNamesIsFound) {
  const ScratchDirectory directory;
  std::string names;
  for (int i = 0; i < 10'000; ++i) {
    names += (names.empty() ? "\"" : ",\"") + std::string(100, 'x') + '"';
  }
  const auto file = directory.write(
      "journal.jsonl",
      R"({"v":1,"type":"run_ended","at":1,"run":"x","complete":true,"ran_nothing":[)" + names +
          "]}\n");
  const std::optional<RunEnded> end = end_record(file);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->ran_nothing.size(), 10'000U);
}

TEST(JournalReader, AFileThatIsNotThereIsAnErrorWithItsPath) {
  const Result<Journal> journal = read_journal(std::filesystem::path("/nonexistent/journal.jsonl"));
  ASSERT_FALSE(journal);
  EXPECT_NE(journal.error().message.find("/nonexistent/journal.jsonl"), std::string::npos);
}

}  // namespace
}  // namespace holdfast
