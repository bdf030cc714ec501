// The log's structure, with texts of our own: what a test prints must never be taken for it.
#include "ctest/ctest_log_entries.hpp"

#include "ctest/log_lines.hpp"
#include "os/file/descriptors.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <ctime>

namespace holdfast {
namespace {

LogEntries log_entries(const std::string& log, std::uint64_t begin = 0) {
  const Result<os::UniqueFd> file = os::memory_file(log);
  return file ? read_log_entries(file->get(), {k_word}, begin) : LogEntries{};
}

std::vector<LogEntry> entries_of(const std::string& log) { return log_entries(log).entries; }

std::string shape(const std::string& log) {
  std::string text;
  for (const LogEntry& e : entries_of(log)) {
    text += std::to_string(e.index) + ":" + e.name + "=[" +
            log.substr(e.output_begin, e.output_end - e.output_begin) + "]" +
            (e.result == Verdict::passed   ? "P"
             : e.result == Verdict::failed ? "F"
                                           : "S") +
            (e.heads > 1 ? std::to_string(e.heads) : "") +
            (e.next_with_several != 0 ? "<" + std::to_string(e.next_with_several) : "") + " ";
  }
  return text;
}

TEST(CtestLog, EachEntryHasItsNameItsOutputAndItsResult) {
  EXPECT_EQ(shape(k_head + entry(1, 3, "a", "one\ntwo\n") + entry(2, 3, "b", "", "Test Failed.") +
                  entry(3, 3, "c", "x\n",
                        "Test Pass Reason:\nSkip regular expression found in output. Regex=[x]") +
                  k_foot),
            "1:a=[one\ntwo\n]P 2:b=[]F 3:c=[x\n]S ");
}

TEST(CtestLog, TheProgramAndTheLongestArgumentAreKnown) {
  const auto command_of = [](const std::string& command) {
    return entries_of(k_head + head_of(1, 1, "a", command) + end_of("a") + k_foot).at(0).command;
  };
  EXPECT_EQ(command_of("\"/a b/x\" \"12\" \"1234567\" \"1\"").program, "/a b/x");
  EXPECT_EQ(command_of("\"/x\" \"12\" \"1234567\" \"1\"").longest, 7U);
  EXPECT_EQ(command_of("\"/x\" \"\" \"1\n3\nDirectory: /t\"").longest, 17U);
  // ctest marks no quotes: no argument is taken for longer than it is.
  EXPECT_EQ(command_of("\"/x\" \"12\" \"45\"").longest, 2U);
  EXPECT_EQ(command_of("\"\"").program, "");
  EXPECT_EQ(command_of("x").program, "");
}

TEST(CtestLog, WhatTookNoTimeIsKnown) {
  std::string log = k_head + entry(1, 1, "a", "") + k_foot;
  EXPECT_FALSE(entries_of(log).at(0).took_no_time);
  log.replace(log.find("0.03 sec"), 4, "0.00");
  EXPECT_TRUE(entries_of(log).at(0).took_no_time);
}

TEST(CtestLog, NamesMayHoldNewlinesQuotesAndColons) {
  const std::string name = "a: \"b\"\nc\" end time: d";
  EXPECT_EQ(shape(k_head + entry(1, 2, name, "x\n") + entry(2, 2, "b", "y\n") + k_foot),
            "1:" + name + "=[x\n]P 2:b=[y\n]P ");
}

TEST(CtestLog, ALogCutOffAnywhereYieldsTheEntriesBefore) {
  const std::string log = k_head + entry(1, 2, "a", "x\n") + entry(2, 2, "b", "y\n") + k_foot;
  const std::size_t first_ends = (k_head + entry(1, 2, "a", "x\n")).size();
  const std::size_t second_ends = log.size() - k_foot.size();
  const std::size_t second_begins = first_ends + begin_of(2, 2, "b").size();
  for (std::size_t size = 0; size <= log.size(); ++size) {
    const std::size_t found = entries_of(log.substr(0, size)).size();
    // What follows may be the first test's output, up to the next head.
    if ((size > first_ends && size < second_begins) || size > second_ends) {
      ASSERT_LE(found, size > second_ends ? 2U : 1U) << size;
      continue;
    }
    ASSERT_EQ(found, size < first_ends ? 0U : size < second_ends ? 1U : 2U) << size;
  }
  EXPECT_EQ(entries_of(log).size(), 2U);
}

TEST(CtestLog, ATestThatShowsANestedRunsLogIsOneEntry) {
  const std::string nested = k_head + entry(1, 9, "a", "n\n", "Test Passed.", "Inne") +
                             entry(2, 9, "outer", "n\n", "Test Failed.", "Inne") + k_foot;
  EXPECT_EQ(shape(k_head + entry(1, 3, "outer", nested) + entry(2, 3, "a", "x\n") + k_foot),
            "1:outer=[" + nested + "]P 2:a=[x\n]P ");
}

TEST(CtestLog, ATestThatShowsTheLogOfThisVeryTreeIsOneEntry) {
  const std::string before = k_head + entry(1, 3, "a", "old\n", "Test Failed.", "Old1") +
                             entry(2, 3, "show", "old\n", "Test Failed.", "Old1") +
                             entry(3, 3, "z", "old\n", "Test Failed.", "Old1") + k_foot;
  EXPECT_EQ(shape(k_head + entry(1, 3, "a", "x\n") + entry(2, 3, "show", before) +
                  entry(3, 3, "z", "y\n") + k_foot),
            "1:a=[x\n]P 2:show=[" + before + "]P 3:z=[y\n]P ");
}

TEST(CtestLog, ATestThatPrintsTheTailOfALogEndsNobodysEntry) {
  const std::string tail = "old\n" + end_of("a", "Test Failed.") + k_foot;
  EXPECT_EQ(shape(k_head + entry(1, 2, "a", "x\n") + entry(2, 2, "b", tail) + k_foot),
            "1:a=[x\n]P 2:b=[" + tail + "]P ");
}

TEST(CtestLog, ATestThatPrintsItsOwnEndGoesOnUntilTheRealOne) {
  const std::string fake = end_of("a", "Test Failed.") + "more\n" + std::string(2000, '.') + "\n";
  EXPECT_EQ(shape(k_head + entry(1, 2, "a", fake) + entry(2, 2, "b", "y\n") + k_foot),
            "1:a=[" + fake + "]P 2:b=[y\n]P ");
}

TEST(CtestLog, ATestThatPrintsAnotherOnesBeginningIsNotThatOne) {
  const std::string fake = begin_of(2, 2, "b", "Old1") + "fake\n";
  EXPECT_EQ(shape(k_head + entry(1, 2, "a", fake) + entry(2, 2, "b", "y\n") + k_foot),
            "1:a=[" + fake + "]P 2:b=[y\n]P ");
}

TEST(CtestLog, SingleLinesOfTheFormMeanNothing) {
  const std::string lines = "<end of output>\n2/2 Testing: b\n2/2 Test: b\nOutput:\n" + k_dashes +
                            "\nTest time =   1 sec\nTest Failed.\n";
  EXPECT_EQ(shape(k_head + entry(1, 2, "a", lines) + entry(2, 2, "b", "y\n") + k_foot),
            "1:a=[" + lines + "]P 2:b=[y\n]P ");
}

TEST(CtestLog, AnArgumentThatLooksLikeTheStartOfTheOutputIsNone) {
  std::string log = k_head + entry(1, 1, "a", "x\n") + k_foot;
  log.insert(log.find("\" \"y\""), "\n\"a\" start time: now\nOutput:\n");
  EXPECT_EQ(shape(log), "1:a=[x\n]P ");
}

TEST(CtestLog, RepeatedTestsGiveAnEntryEach) {
  EXPECT_EQ(shape(k_head + entry(1, 2, "a", "1\n", "Test Failed.") + entry(2, 2, "b", "x\n") +
                  entry(1, 2, "a", "2\n") + k_foot),
            "1:a=[1\n]F2 2:b=[x\n]P<1 1:a=[2\n]P2 ");
}

TEST(CtestLog, NamesakesAreToldApartByNumber) {
  EXPECT_EQ(
      shape(k_head + entry(1, 2, "a", "1\n") + entry(2, 2, "a", "2\n", "Test Failed.") + k_foot),
      "1:a=[1\n]P 2:a=[2\n]F ");
}

TEST(CtestLog, OutputLargerThanTheWindowIsPassedOver) {
  std::string big;
  for (int i = 0; i < 300'000; ++i) big += "line " + std::to_string(i) + " of a chatty test\n";
  std::string one_line("x\n");
  one_line.insert(one_line.begin(), 9'000'000, 'x');
  const std::string log = k_head + entry(1, 3, "a", big) + entry(2, 3, "b", one_line) +
                          entry(3, 3, "c", "y\n") + k_foot;
  const std::vector<LogEntry> entries = entries_of(log);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].output_end - entries[0].output_begin, big.size());
  EXPECT_EQ(entries[1].output_end - entries[1].output_begin, one_line.size());
  EXPECT_EQ(log.substr(entries[2].output_begin, 2), "y\n");
}

TEST(CtestLog, NamesAndCommandsMayBeAsLongAsTheyCanBe) {
  const std::string name(200'000, 'n');
  std::string with_arguments = begin_of(2, 2, "b");
  with_arguments.replace(with_arguments.find("\"y\""), 3,
                         "\"" + std::string(6U << 20U, 'y') + "\"");
  EXPECT_EQ(
      shape(k_head + entry(1, 2, name, "x\n") + with_arguments + "z\n" + end_of("b") + k_foot),
      "1:" + name + "=[x\n]P 2:b=[z\n]P ");
}

TEST(CtestLog, LongMarksAreFoundHoweverMany) {
  std::string log = k_head;
  for (int i = 1; i <= 5000; ++i) log += entry(i, 5000, "a" + std::to_string(i), "x\n");
  const std::string argument(70'000, 'y');
  std::string::size_type at = 0;
  std::string longer;
  for (auto next = log.find("\"y\""); next != log.npos; next = log.find("\"y\"", at)) {
    longer.append(log, at, next - at).append(argument);
    at = next + 3;
  }
  longer.append(log, at);
  EXPECT_EQ(entries_of(longer).size(), 5000U);
}

TEST(CtestLog, AnotherRunsHeadsAreText) {
  const std::string other = begin_of(2, 2, "b", "Old1") + "old\n" + end_of("b", "Test Failed.");
  for (const std::string& output :
       {other, end_of("a") + other, end_of("a", "Test Failed.") + bare(2, 2, "b", "x\n")}) {
    EXPECT_EQ(shape(k_head + entry(1, 2, "a", output) + entry(2, 2, "b", "y\n") + k_foot),
              "1:a=[" + output + "]P 2:b=[y\n]P ");
  }
}

TEST(CtestLog, ATestThatShowsThisRunsLogIsOneEntry) {
  const std::string first = k_head + entry(1, 3, "a", "x\n", "Test Failed.");
  // It has the word of this run. So the entries of the log that it shows are not certain.
  EXPECT_EQ(shape(first + entry(2, 3, "show", first) + entry(3, 3, "z", "y\n") + k_foot),
            "1:a=[x\n]F2 2:show=[" + first + "]P 3:z=[y\n]P ");
}

TEST(CtestLog, AHeadThatIsForgedMakesWhatItTouchesUncertain) {
  // `a` has read the word, and prints its own end and an entry of a later test.
  const std::string forged = end_of("a") + begin_of(3, 3, "c") + "forged\n";
  const std::string log = k_head + entry(1, 3, "a", forged, "Test Failed.") +
                          entry(2, 3, "b", "y\n") + entry(3, 3, "c", "z\n", "Test Failed.") +
                          k_foot;
  for (const LogEntry& one : entries_of(log)) {
    const bool is_touched = one.heads > 1 || one.next_with_several != 0;
    EXPECT_TRUE(is_touched || one.name == "b") << one.name;
  }
}

TEST(CtestLog, TestsWithoutTheWordCountBetweenTwoEntries) {
  EXPECT_EQ(shape(k_head + bare(1, 4, "p", "1\n") + entry(2, 4, "a", "x\n") +
                  bare(3, 4, "q", "2\n", "Test Failed.") + bare(4, 4, "r", "") + k_foot),
            "1:p=[1\n]P 2:a=[x\n]P 3:q=[2\n]F 4:r=[]P ");
  const std::string own = end_of("q", "Test Failed.") + "more\n";
  EXPECT_EQ(shape(k_head + bare(1, 2, "q", own) + entry(2, 2, "a", "x\n") + k_foot),
            "1:q=[" + own + "]P 2:a=[x\n]P ");
}

TEST(CtestLog, ANamesakeWithoutTheWordIsAnEntryOfItsOwn) {
  const std::vector<LogEntry> entries =
      entries_of(k_head + entry(1, 3, "t", "ERROR\n", "Test Failed.") + bare(2, 3, "t", "") +
                 entry(3, 3, "b", "y\n") + k_foot);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].result, Verdict::failed);
  EXPECT_EQ(entries[1].index, 2U);
  // The first test may have printed all that.
  EXPECT_TRUE(entries[0].is_doubtful);
}

TEST(CtestLog, ANameMayHoldTheWordsOfAHead) {
  const std::string name = "Unit Testing: foo Test: bar";
  EXPECT_EQ(
      shape(k_head + entry(1, 2, "a", "x\n", "Test Failed.") + entry(2, 2, name, "y\n") + k_foot),
      "1:a=[x\n]F 2:" + name + "=[y\n]P ");
}

TEST(CtestLog, AHeadThatLeadsNowhereLeavesDoubt) {
  const std::string forged = end_of("a") + begin_of(99, 3, "ghost") + "z\n";
  const std::vector<LogEntry> entries = entries_of(
      k_head + entry(1, 3, "a", forged, "Test Failed.") + entry(2, 3, "b", "y\n") + k_foot);
  for (const LogEntry& one : entries) EXPECT_TRUE(one.name == "b" || one.is_doubtful) << one.name;
}

TEST(CtestLog, AClosingLineInTheMiddleIsNone) {
  const std::string forged = end_of("a") + "End testing: x\nmore\n" + std::string(500, 'x');
  EXPECT_TRUE(entries_of(k_head + begin_of(1, 1, "a") + forged).empty());
}

TEST(CtestLog, TheFirstEntryTellsTheWord) {
  const std::string output = end_of("b") + bare(1, 2, "a", "");
  const Result<os::UniqueFd> file = os::memory_file(
      k_head + entry(1, 2, "a", "x\n") + entry(2, 2, "b", output, "Test Failed.") + k_foot);
  ASSERT_TRUE(file);
  const std::vector<LogEntry> entries = read_log_entries(file->get(), {}).entries;
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].result, Verdict::failed);
}

// A project may start the launcher by itself.
TEST(CtestLog, AFirstEntryWithoutAWordTellsNone) {
  const std::string log = k_head + head_of(1, 2, "a", "\"/b/holdfast-launcher\" \"/bin/x\"") +
                          end_of("a") + bare(2, 2, "b", "", "Test Failed.") + k_foot;
  const Result<os::UniqueFd> file = os::memory_file(log);
  ASSERT_TRUE(file);
  const std::vector<LogEntry> entries = read_log_entries(file->get(), {}).entries;
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].result, Verdict::failed);
}

TEST(CtestLog, TheWordBehindAnotherProgramStartsNoLauncher) {
  const std::string command = "\"/bin/x\" \"--test:" + k_word + ":.=a\"";
  const std::vector<LogEntry> entries =
      entries_of(k_head + head_of(1, 1, "a", command) + end_of("a") + k_foot);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_FALSE(entries[0].launched);
}

TEST(CtestLog, BlanksBeforeAHeadExplainNothing) {
  const std::vector<LogEntry> entries =
      entries_of(k_head + entry(1, 2, "a", "x\n") + " \n \n" + entry(2, 2, "b", "y\n") + k_foot);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_FALSE(entries[1].explained);
  EXPECT_EQ(entries[1].preamble, "");
}

TEST(CtestLog, AnEndWithAnUnknownResultIsPrinted) {
  const std::string printed = end_of("a", "Test Maybe.");
  EXPECT_EQ(shape(k_head + entry(1, 1, "a", printed) + k_foot), "1:a=[" + printed + "]P ");
}

TEST(CtestLog, ALogIsReadInPartsWhileItGrows) {
  const std::string first = k_head + entry(1, 3, "a", "x\n");
  EXPECT_EQ(log_entries(first).read, first.size());
  EXPECT_EQ(log_entries(first + begin_of(2, 3, "b") + "y\n").read, first.size());
  const std::string second = entry(2, 3, "b", "y\n") + entry(3, 3, "c", "z\n");
  const LogEntries rest = log_entries(first + second, first.size());
  ASSERT_EQ(rest.entries.size(), 2U);
  EXPECT_EQ(rest.entries[0].name, "b");
  EXPECT_EQ(rest.read, (first + second).size());
  EXPECT_EQ(log_entries(first + second, (first + second).size()).read, (first + second).size());
}

// How often the text fits into `bytes`.
std::string filled(const std::string& text, std::size_t bytes) {
  std::string all;
  all.reserve(bytes + text.size());
  while (all.size() < bytes) all += text;
  return all;
}

// Of this thread. Other processes do not count.
double processor_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Each takes well under a second, because the time grows with the size alone: with its square, each
// would take minutes.
TEST(CtestLog, WhateverATestPrintsTheTimeToReadGrowsWithItsSize) {
  constexpr std::size_t k_size = 4U << 20U;
  for (const std::string& text :
       {std::string("1/2 Testing: a\n"),
        std::string("1/2 Testing: a\n1/2 Test: a\nCommand: \n"),
        std::string("<end of output>\nTest time = \n"),
        std::string("x\" end time: \n"),
        std::string("\"a\" time elapsed: \n"),
        std::string("\n"),
        begin_of(1, 2, "a"),
        begin_of(2, 2, "b"),
        end_of("a"),
        end_of("b"),
        end_of("a") + begin_of(2, 2, "b"),
        end_of("a") + bare_of(2, 2, "b"),
        bare(2, 2, "b", ""),
        bare_of(1, 2, "a"),
        k_dashes + "\n\n",
        k_dashes + "\n\n" + begin_of(1, 2, "a"),
        "\nCommand: \"/a b/holdfast-launcher\" \"--test:" + k_word + ":.=a\" \"/bin/x\"\n",
        end_of("a") + "1/2 Testing: a\n1/2 Test: a\nCommand: \n",
        "\"/a b/holdfast-launcher\" \"--test:" + k_word + ":",
        "\"--test:" + k_word + ":"}) {
    const std::string output = filled(text, k_size) + "\n";
    const std::string log = k_head + entry(1, 2, "a", output) + entry(2, 2, "b", "y\n") + k_foot;
    const double began = processor_time();
    const LogEntries found = log_entries(log);
    const std::vector<LogEntry>& entries = found.entries;
    EXPECT_LT(processor_time() - began, 10) << text;
    if (found.has_given_up) {
      EXPECT_NE(text.find(k_word), std::string::npos) << text;  // which the test has read
      continue;
    }
    ASSERT_GE(entries.size(), 1U) << text;
    EXPECT_EQ(entries.back().name, "b") << text;
  }
}

TEST(CtestLog, ATestWithoutTheWordThatPrintsItsNeighboursEndIsAnEntry) {
  const std::string printed = end_of("c") + "x\n" + end_of("a") + "y\n";
  const std::string log = k_head + entry(1, 3, "a", "1\n") + bare(2, 3, "b", printed) +
                          entry(3, 3, "c", "3\n") + k_foot;
  const std::vector<LogEntry> entries = entries_of(log);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].name, "b");
  EXPECT_EQ(entries[1].output_end - entries[1].output_begin, printed.size());
  EXPECT_EQ(entries[0].output_end - entries[0].output_begin, 2U);
}

TEST(CtestLog, ATestWithoutTheWordThatPrintsItsEndAndNeighbourIsAnEntry) {
  const std::string printed = end_of("b") + bare_of(3, 3, "c") + "x\n";
  const std::string log = k_head + entry(1, 3, "a", "1\n") + bare(2, 3, "b", printed) +
                          entry(3, 3, "c", "3\n") + k_foot;
  const std::vector<LogEntry> entries = entries_of(log);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].output_end - entries[1].output_begin, printed.size());
  for (const LogEntry& entry : entries) EXPECT_FALSE(entry.is_doubtful) << entry.name;
}

TEST(CtestLog, ATestWithoutTheWordEndsWithItsLastTailBeforeTheNextHead) {
  const std::string own = end_of("q", "Test Failed.") + "more\n";
  EXPECT_EQ(shape(k_head + bare(1, 3, "q", own) + bare(2, 3, "r", own) + entry(3, 3, "a", "x\n") +
                  k_foot),
            "1:q=[" + own + "]P 2:r=[" + own + "]P 3:a=[x\n]P ");
}

// The head that `q` prints after an end of its own leads nowhere.
TEST(CtestLog, ATestWithoutTheWordThatPrintsItsEndAndAHeadIsAnEntry) {
  const std::string own = end_of("q", "Test Failed.") + bare_of(7, 4, "z") + "more\n";
  for (const std::string& first : {std::string(), entry(4, 4, "b", "")}) {
    EXPECT_EQ(shape(k_head + first + bare(1, 4, "q", own) + bare(2, 4, "r", "") +
                    entry(3, 4, "a", "x\n") + k_foot),
              (first.empty() ? "" : "4:b=[]P ") + ("1:q=[" + own + "]P 2:r=[]P 3:a=[x\n]P "));
  }
}

// The rest of the head stands in an old log that another test prints.
TEST(CtestLog, AHeadWithTheWordThatIsCutShortCostsNoEntry) {
  const std::string cut = begin_of(2, 4, "b").substr(0, begin_of(2, 4, "b").find("\nDirectory"));
  const std::string log = k_head + entry(1, 4, "a", end_of("a") + cut + "\n") +
                          entry(2, 4, "b", "") + bare(3, 4, "c", bare_of(2, 4, "b") + "x\n") +
                          entry(4, 4, "d", "") + k_foot;
  EXPECT_EQ(entries_of(log).size(), 4U);
}

// Where the entry of `a` ends is open: after any of the tails.
TEST(CtestLog, NoTestWithoutTheWordIsLostWhenAnotherPrintsItsNeighboursEnd) {
  for (const std::string& printed :
       {end_of("a") + "x\n", end_of("a") + end_of("a"), end_of("a") + "x\n" + end_of("a") + "y\n",
        end_of("a").substr(12) + end_of("z")}) {
    const std::string log = k_head + entry(1, 4, "a", "1\n") + bare(2, 4, "b", printed) +
                            bare(3, 4, "c", "") + entry(4, 4, "d", "") + k_foot;
    const std::vector<LogEntry> entries = entries_of(log);
    ASSERT_EQ(entries.size(), 4U) << printed;
    EXPECT_EQ(entries[1].name, "b");
    EXPECT_TRUE(entries[0].is_doubtful && entries[1].is_doubtful && entries[2].is_doubtful);
    EXPECT_FALSE(entries[3].is_doubtful);
  }
}

TEST(CtestLog, AfterTooManyHeadsTheRestIsNotRead) {
  std::string printed;
  for (int i = 0; i < 50'000; ++i) printed += entry(2, 2, "b", "");
  const std::string log = k_head + entry(1, 2, "a", printed) + entry(2, 2, "b", "") + k_foot;
  const Result<os::UniqueFd> file = os::memory_file(log);
  ASSERT_TRUE(file);
  EXPECT_TRUE(read_log_entries(file->get(), {k_word, 2}).has_given_up);
  // ctest has repeated a test that often.
  const std::string real = k_head + entry(1, 2, "a", "") + printed + k_foot;
  const Result<os::UniqueFd> other = os::memory_file(real);
  ASSERT_TRUE(other);
  EXPECT_FALSE(read_log_entries(other->get(), {k_word, 50'001}).has_given_up);
}

// A head may be as long as a command, but it ends before the next one that has the word.
TEST(CtestLog, HeadsThatAreCutShortCostNoLaterTestItsEntry) {
  constexpr int k_pairs = 300;
  const std::string cut =
      "7/600 Testing: t7\n7/600 Test: t7\nCommand: \"/bin/x\"\nDirectory: /t\n\"t7\x7f";
  std::string log = k_head;
  for (int i = 1; i <= 2 * k_pairs; i += 2) {
    log +=
        entry(i, 2 * k_pairs, "t" + std::to_string(i), cut + "\n" + bare_of(7, 2 * k_pairs, "t7"));
    log += bare(i + 1, 2 * k_pairs, "t" + std::to_string(i + 1), cut);
  }
  EXPECT_EQ(entries_of(log + k_foot).size(), 2U * k_pairs);
}

}  // namespace
}  // namespace holdfast
