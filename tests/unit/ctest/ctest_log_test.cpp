// What a log and the lists beside it say of a run, and what is kept of its outputs.
#include "ctest/ctest_log.hpp"

#include "ctest/log_lines.hpp"
#include "ctest/opened_log.hpp"
#include "journal/scratch_directory.hpp"
#include "os/file/descriptors.hpp"
#include "values/attach.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>

namespace holdfast {
namespace {

std::string not_started(int index, int total, const std::string& name, const std::string& why) {
  const std::string number = std::to_string(index) + "/" + std::to_string(total);
  return why + number + " Testing: " + name + "\n" + number + " Test: " + name +
         "\nCommand: \"\"\nDirectory: /t\n\"" + name + "\" start time: \nOutput:\n" + k_dashes +
         "\n" + end_of(name);
}

class CtestFiles : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& content, int age_s = 0) {
    auto file = tree_.write("Testing/Temporary/" + name, content);
    std::filesystem::last_write_time(
        file, std::filesystem::file_time_type::clock::now() - std::chrono::seconds(age_s));
    return file;
  }
  static double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  // What is in a log that has lost its name since it was opened.
  Result<std::vector<VerdictRecord>> read(const std::string& content, const std::string& tag = "") {
    const auto file = write("LastTest" + tag + ".log", content);
    const OpenedLog log(file);
    std::filesystem::remove(file);
    auto records =
        read_ctest_log({log.descriptor(), file.parent_path(), tag}, {k_word}, now() - 60);
    write("LastTest" + tag + ".log", content);
    return records;
  }
  std::string verdicts(const std::string& content, const std::string& tag = "") {
    const auto result = read(content, tag);
    if (!result) return result.error().message;
    std::string text;
    for (const VerdictRecord& record : *result) {
      text += record.test + "=" + std::string(name_of(record.verdict));
      text += record.or_skipped ? "? " : " ";
    }
    return text;
  }
  ScratchDirectory tree_;
};

TEST_F(CtestFiles, WhatWasNotStartedIsDisabledOrExplained) {
  const std::string long_why =
      "Insufficient resources for test c:\n" + std::string(3000, '.') + "\n";
  const std::string log = k_head + not_started(1, 4, "a", "") +
                          not_started(2, 4, "b", "Unable to find executable: /x\n") +
                          not_started(3, 4, "c", long_why) + entry(4, 4, "d", "x\n") + k_foot;
  write("LastTestsFailed.log", "2:b\n3:c\n");
  write("LastTestsDisabled.log", "1:a\n");
  EXPECT_EQ(verdicts(log), "a=disabled b=failed c=failed d=passed ");
  const auto records = read(log);
  EXPECT_EQ((*records)[0].note, "");
  EXPECT_EQ((*records)[1].note, "Unable to find executable: /x");
  EXPECT_TRUE((*records)[2].note.starts_with("Insufficient resources for test c:"));
  EXPECT_EQ((*records)[2].note.size(), 300U);
}

TEST_F(CtestFiles, ASkipByExitCodeIsInTheListOnly) {
  const std::string log = k_head + entry(1, 2, "a", "x\n") + entry(2, 2, "b", "x\n") + k_foot;
  EXPECT_EQ(verdicts(log), "a=passed b=passed ");
  write("LastTestsDisabled.log", "2:b\n", 100);  // of an earlier run
  EXPECT_EQ(verdicts(log), "a=passed b=passed ");
  for (const char* list : {"2:b\n", "9\n2:b\n"}) {
    write("LastTestsDisabled.log", list);
    EXPECT_EQ(verdicts(log), "a=passed b=skipped ") << list;
  }
}

TEST_F(CtestFiles, ListsThatSayAnythingElseThanTheLogAreNoWitness) {
  const std::string log = k_head + entry(1, 4, "a", "x\n") +
                          entry(2, 4, "b", "x\n", "Test Failed.") + not_started(3, 4, "c", "") +
                          entry(4, 4, "d", "x\n") + k_foot;
  struct Row {
    const char* failed;
    const char* disabled;
    const char* expected;
  };
  const char* const k_not_known = "a=passed? b=failed c=disabled d=passed? ";
  const Row rows[] = {
      {"2:b\n", "3:c\n", "a=passed b=failed c=disabled d=passed "},
      {"2:b\n", "3:c\n4:d\n", "a=passed b=failed c=disabled d=skipped "},
      {"", "3:c\n", k_not_known},            // b has failed
      {"2:b\n4:d\n", "3:c\n", k_not_known},  // d has not
      {"2:b\n9:z\n", "3:c\n", k_not_known},  // nor was there any z
      {"2:b\n", "", k_not_known},            // c was not started
      {"2:b\n", "2:b\n3:c\n", k_not_known},  // b was
      {"2:b\n", "3:c\n9:z\n", k_not_known},
  };
  for (const Row& row : rows) {
    write("LastTestsFailed.log", row.failed);
    write("LastTestsDisabled.log", row.disabled);
    EXPECT_EQ(verdicts(log), row.expected) << "row " << (&row - rows);
  }
}

// The one test has printed an end of its own, the other its neighbour's end.
TEST_F(CtestFiles, WhereTheLogIsInDoubtTheListsDecide) {
  const std::string log = k_head + entry(6, 6, "f", "") + entry(1, 6, "a", "x\n", "Test Failed.") +
                          bare(2, 6, "b", end_of("a") + "y\n") + bare(3, 6, "c", "") +
                          entry(4, 6, "d", end_of("d", "Test Failed.") + entry(5, 6, "e", "")) +
                          entry(5, 6, "e", "z\n", "Test Failed.") + k_foot;
  const auto are_listed = [&] {
    std::string names;
    for (const VerdictRecord& record : *read(log)) names += record.listed ? record.test : "";
    return names;
  };
  EXPECT_EQ(are_listed(), "");  // tests have failed, and no list says so
  write("LastTestsFailed.log", "1:a\n2:b\n5:e\n");
  EXPECT_EQ(verdicts(log), "f=passed a=failed b=failed c=passed d=passed e=failed ");
  EXPECT_EQ(are_listed(), "abcde");
  write("LastTestsDisabled.log", "3:c\n");
  EXPECT_EQ(verdicts(log), "f=passed a=failed b=failed c=skipped d=passed e=failed ");
}

// The head that follows its entry is that of a repeated test, and may be printed.
TEST_F(CtestFiles, ATestThatDidNotRunIsDisabledWhereTheListsDecide) {
  const std::string log = k_head + not_started(1, 3, "a", "") +
                          entry(2, 3, "b", "x\n", "Test Failed.") + entry(3, 3, "c", "z\n") +
                          entry(2, 3, "b", "y\n") + k_foot;
  write("LastTestsDisabled.log", "1:a\n");
  const auto records = read(log);
  ASSERT_TRUE(records);
  EXPECT_TRUE(records->front().listed);
  EXPECT_EQ(verdicts(log), "a=disabled b=passed c=passed ");
}

// The lists may be those of another ctest that ran beside this one.
TEST_F(CtestFiles, NoListSaysThatWhatCouldNotBeStartedHasPassed) {
  const std::string command = "\"/bin/x\" \"" + std::string(200'000, 'x') + "\"";
  std::string end = end_of("a", "Test Failed.");
  end.replace(end.find("0.03"), 4, "0.00");
  const std::string log = k_head + head_of(1, 3, "a", command) + end +
                          entry(2, 3, "b", "x\n", "Test Failed.") + entry(3, 3, "c", "z\n") +
                          entry(2, 3, "b", "y\n", "Test Failed.") + k_foot;
  write("LastTestsFailed.log", "2:b\n");
  const auto records = read(log);
  ASSERT_TRUE(records);
  EXPECT_EQ(records->front().note, "Process not started: /bin/x [argument list too long]");
  EXPECT_FALSE(records->front().listed);
  EXPECT_EQ(records->front().verdict, Verdict::failed);
}

// Only what has not changed since the run began shows why ctest could not start it.
TEST_F(CtestFiles, AProgramThatMayHaveBeenGoodWasStarted) {
  std::string end = end_of("a", "Test Failed.");
  const std::string end_after_some_time = end;
  end.replace(end.find("0.03"), 4, "0.00");
  const auto record_of = [&](const std::string& program, double run_started) {
    const auto file =
        write("LastTest.log", k_head + head_of(1, 1, "a", "\"" + program + "\"") + end + k_foot);
    const OpenedLog log(file);
    return read_ctest_log({log.descriptor(), file.parent_path(), ""}, {k_word}, run_started)
        ->front();
  };
  const std::string fresh = write("program", "x").string();
  ::chmod(fresh.c_str(), 0600);
  EXPECT_TRUE(*record_of(fresh, now() - 60).ran);
  EXPECT_EQ(record_of(fresh, now() + 60).note,
            "Process not started: " + fresh + " [permission denied]");
  EXPECT_TRUE(*record_of(fresh + ".gone", now() + 60).ran);
  EXPECT_EQ(record_of("/usr", now() + 60).note, "Process not started: /usr [permission denied]");
  end = end_after_some_time;
  EXPECT_TRUE(*record_of("/usr", now() + 60).ran);
}

// One has printed the entry of a test that does not exist.
TEST_F(CtestFiles, WhereThereAreMoreTestsThanCtestRanNoneIsSure) {
  const std::string log =
      k_head + bare(1, 2, "a", "x\n") + bare(2, 2, "b", "y\n") + bare(9, 2, "z", "") + k_foot;
  write("LastTestsFailed.log", "");
  write("LastTestsDisabled.log", "");
  EXPECT_EQ(verdicts(log), "a=passed? b=passed? z=passed? ");
  const auto records = read(log);
  ASSERT_TRUE(records);
  for (const VerdictRecord& record : *records) EXPECT_TRUE(record.doubtful) << record.test;
}

TEST_F(CtestFiles, ListsOfARunThatWasCutOffAreNoWitness) {
  write("LastTestsDisabled.log", "1:a\n");
  const std::string log = k_head + entry(1, 2, "a", "");
  EXPECT_EQ(verdicts(log), "a=passed? ");
}

// Otherwise a log would seem to end where the disk is broken.
TEST_F(CtestFiles, ALogThatCannotBeReadIsAnError) {
  const auto file = write("LastTest.log", k_head + entry(1, 1, "a", "") + k_foot);
  const os::UniqueFd log(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  const auto records = read_ctest_log({log.get(), file.parent_path(), ""}, {k_word}, now() - 60);
  ASSERT_FALSE(records);
  EXPECT_EQ(to_text(records.error()),
            "failed to read ctest's log, " + file.string() + ": Bad file descriptor");
}

// Such as a FIFO, at which a reader would hang.
TEST_F(CtestFiles, AListThatIsNoFileIsNone) {
  const std::string log = k_head + entry(1, 2, "a", "x\n") + entry(2, 2, "b", "x\n") + k_foot;
  const auto list = write("LastTestsDisabled.log", "");
  std::filesystem::remove(list);
  ASSERT_EQ(::mkfifo(list.c_str(), 0600), 0);
  EXPECT_EQ(verdicts(log), "a=passed b=passed ");
}

TEST_F(CtestFiles, ADashboardsListsHaveItsTag) {
  write("LastTestsDisabled_20261120-0854.log", "1:a\n");
  write("LastTestsDisabled.log", "");
  EXPECT_EQ(verdicts(k_head + entry(1, 1, "a", "x\n") + k_foot, "_20261120-0854"), "a=skipped ");
}

TEST_F(CtestFiles, HowOftenATestRanIsCounted) {
  const auto records =
      read(k_head + entry(1, 1, "a", "x\n", "Test Failed.") +
           entry(1, 1, "a", "x\n", "Test Failed.") + entry(1, 1, "a", "y\n") + k_foot);
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ((*records)[0].times, 3);
  EXPECT_EQ((*records)[0].verdict, Verdict::passed);
}

TEST_F(CtestFiles, OfVeryManyExecutionsTheFirstHundredHaveAPlaceForTheirOutput) {
  std::string log = k_head;
  for (int i = 0; i < 103; ++i) log += entry(1, 1, "a", std::to_string(i), "Test Failed.");
  const auto records = read(log + k_foot);
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ((*records)[0].times, 103);
  EXPECT_EQ((*records)[0].earlier.size(), 100U);
  EXPECT_EQ((*records)[0].earlier.back().length, 2U);  // of "99"
  EXPECT_EQ((*records)[0].output->length, 3U);
}

TEST_F(CtestFiles, OnlyALogWithItsLastLineIsWhole) {
  EXPECT_TRUE(is_whole_log(OpenedLog(write("LastTest.log", k_head + k_foot)).descriptor()));
  const std::string log = k_head + entry(1, 1, "a", "End testing: no\n") + k_foot;
  for (std::size_t size = 0; size <= log.size(); ++size) {
    const OpenedLog opened(write("LastTest.log", log.substr(0, size)));
    ASSERT_EQ(is_whole_log(opened.descriptor()), size == log.size()) << size;
  }
  // A test has printed that, and ctest was killed.
  const std::string printed = begin_of(1, 1, "a") + std::string(1000, 'x') + "\n" + k_foot;
  EXPECT_FALSE(is_whole_log(OpenedLog(write("LastTest.log", k_head + printed)).descriptor()));
}

TEST_F(CtestFiles, ASummaryOfLabelsMayFollowTheLastLine) {
  std::string labels;
  for (int i = 0; i < 1000; ++i) labels += "\nlabel " + std::to_string(i) + " =   0.03 sec*proc\n";
  labels += "\n";
  for (const std::string& tests : {std::string(), entry(1, 1, "a", "x\n")}) {
    const std::string log = k_head + tests + k_foot;
    EXPECT_TRUE(is_whole_log(OpenedLog(write("LastTest.log", log + labels)).descriptor()));
    for (const char* rest : {"other", "other sec*proc\n\n"}) {
      EXPECT_FALSE(is_whole_log(OpenedLog(write("LastTest.log", log + rest)).descriptor())) << rest;
    }
    EXPECT_FALSE(
        is_whole_log(OpenedLog(write("LastTest.log", k_head + tests + labels)).descriptor()));
  }
}

TEST_F(CtestFiles, OutputsOfWhatDidNotPassAreKeptElsewhere) {
  const auto file =
      write("LastTest.log",
            k_head + entry(1, 3, "a", "green\n") + entry(2, 3, "b", "first\n", "Test Failed.") +
                entry(2, 3, "b", "green\n") + entry(2, 3, "b", "red\n", "Test Failed.") +
                entry(3, 3, "c", std::string(499, 'x') + "\n", "Test Failed.") + k_foot);
  const OpenedLog log(file);
  const CtestLogFile place{log.descriptor(), file.parent_path(), ""};
  auto records = read_ctest_log(place, {k_word}, now() - 60);
  ASSERT_TRUE(records);
  const auto kept = tree_.path() / ".holdfast/runs/1/output/ctest.log";
  ASSERT_TRUE(keep_outputs(place, *records, kept, {200, 1000}));
  EXPECT_EQ((*records)[0].output->log, file);
  EXPECT_EQ((*records)[1].output->log, kept);
  std::ifstream stream(kept);
  EXPECT_EQ(read_bounded(stream, *(*records)[1].output, 1000), "red\n");
  const std::vector<OutputPlace>& earlier = (*records)[1].earlier;
  ASSERT_EQ(earlier.size(), 2U);
  EXPECT_EQ(earlier[0].log, kept);
  EXPECT_EQ(read_bounded(stream, earlier[0], 1000), "first\n");
  EXPECT_EQ(earlier[1].length, 0U);
  // A report that shows as much cuts nothing again.
  const std::string cut = read_bounded(stream, *(*records)[2].output, 200);
  EXPECT_NE(cut.find("396 of 500 bytes left out"), std::string::npos) << cut;
  EXPECT_LE(cut.size(), 200U);
}

TEST_F(CtestFiles, WhatIsKeptOfOutputsIsBounded) {
  constexpr std::uint64_t k_each = 8U << 10U;
  const auto file = write("LastTest.log", std::string(k_each * 40, 'x'));
  const OpenedLog log(file);
  const CtestLogFile place{log.descriptor(), file.parent_path(), ""};
  const auto kept = tree_.path() / ".holdfast/runs/1/output/ctest.log";
  const auto keep = [&](std::uint64_t count, const KeptSizes& sizes) {
    std::vector<VerdictRecord> records(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      records[i].verdict = Verdict::failed;
      records[i].output = OutputPlace{file.string(), i * k_each, k_each};
    }
    EXPECT_TRUE(keep_outputs(place, records, kept, sizes));
    return std::count_if(records.begin(), records.end(),
                         [&](const VerdictRecord& one) { return one.output->log == kept; });
  };
  EXPECT_EQ(keep(4, {k_each, 4 * k_each}), 4);
  EXPECT_EQ(std::filesystem::file_size(kept), 4 * k_each);
  // Equal shares, each with a line that says what is left out.
  EXPECT_EQ(keep(8, {k_each, 4 * k_each}), 8);
  EXPECT_LE(std::filesystem::file_size(kept), 4 * k_each);
  // A share is a KiB at least, so there is no room for all.
  EXPECT_GE(keep(40, {k_each, 2 * k_each}), 14);
  EXPECT_LE(std::filesystem::file_size(kept), 2 * k_each);
}

// With that much more address space than it has now. For a child process: it ends there.
[[noreturn]] void keep_outputs_within(rlim_t more, const CtestLogFile& log,
                                      std::vector<VerdictRecord>& records,
                                      const std::filesystem::path& kept, std::size_t limit) {
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  statm >> pages;
  const rlim_t space = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + more;
  const rlimit bound{space, space};
  ::setrlimit(RLIMIT_AS, &bound);
  std::exit(keep_outputs(log, records, kept, {limit, 64U << 20U}) ? 0 : 1);
}

// Of a run with very many red tests: here 64 MiB, by a process that gets no 48 more.
TEST_F(CtestFiles, OutputIsKeptInLittleMemory) {
  constexpr std::uint64_t k_each = 64U << 10U;
  constexpr std::uint64_t k_count = 1024;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need more address space than this test gives";
#endif
  const auto file = write("LastTest.log", "");
  std::filesystem::resize_file(file, k_each * k_count);
  const OpenedLog log(file);
  std::vector<VerdictRecord> records(k_count);
  for (std::uint64_t i = 0; i < k_count; ++i) {
    records[i].verdict = Verdict::failed;
    records[i].output = OutputPlace{file.string(), i * k_each, k_each};
  }
  const CtestLogFile place{log.descriptor(), file.parent_path(), ""};
  const auto kept = tree_.path() / ".holdfast/runs/1/output/ctest.log";
  EXPECT_EXIT(keep_outputs_within(48U << 20U, place, records, kept, k_each),
              ::testing::ExitedWithCode(0), "");
  EXPECT_EQ(std::filesystem::file_size(kept), k_each * k_count);
}

// For a child process: it ends there. 0: the failure is told, and no output is said to be in the
// file.
[[noreturn]] void keep_outputs_in_files_of(rlim_t most, const CtestLogFile& log,
                                           std::vector<VerdictRecord>& records,
                                           const std::filesystem::path& kept) {
  const rlimit bound{most, most};
  ::setrlimit(RLIMIT_FSIZE, &bound);
  ::signal(SIGXFSZ, SIG_IGN);
  const bool has_kept = static_cast<bool>(keep_outputs(log, records, kept, {100, 1000}));
  std::exit(has_kept || std::any_of(records.begin(), records.end(), [&](const VerdictRecord& one) {
              return one.output->log == kept;
            }));
}

TEST_F(CtestFiles, OutputsThatCannotBeWrittenAreLeftWhereTheyAre) {
  const auto file = write("LastTest.log", std::string(200, 'x'));
  const OpenedLog log(file);
  std::vector<VerdictRecord> records(2);
  for (std::uint64_t i = 0; i < records.size(); ++i) {
    records[i].verdict = Verdict::failed;
    records[i].output = OutputPlace{file.string(), 100 * i, 100};
  }
  // The first one has room.
  EXPECT_EXIT(keep_outputs_in_files_of(150, {log.descriptor(), file.parent_path(), ""}, records,
                                       tree_.path() / ".holdfast/runs/1/output/ctest.log"),
              ::testing::ExitedWithCode(0), "");
}

TEST_F(CtestFiles, OutputIsReadBackWholeOrItsBeginningAndEnd) {
  const std::string long_output = "first\n" + std::string(10'000, 'x') + "\nlast\n";
  const auto records =
      read(k_head + entry(1, 2, "a", "x\n") + entry(2, 2, "b", long_output) + k_foot);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2U);
  const auto small = LoggedOutputs(now() - 60, now() + 60).read(*(*records)[0].output, "a", 1000);
  ASSERT_TRUE(small);
  EXPECT_EQ(*small, "x\n");
  const auto large = LoggedOutputs(now() - 60, now() + 60).read(*(*records)[1].output, "b", 1000);
  ASSERT_TRUE(large);
  EXPECT_TRUE(large->starts_with("first\nxxx"));
  EXPECT_TRUE(large->ends_with("xxx\nlast\n"));
  EXPECT_NE(large->find("[... 9012 of 10012 bytes left out by holdfast ...]"), std::string::npos);
}

TEST_F(CtestFiles, OutputsOfTwoLogsAreReadInAnyOrder) {
  const auto one = read(k_head + entry(1, 1, "a", "of one\n") + k_foot);
  const auto other = read(k_head + entry(1, 1, "a", "of other\n") + k_foot, "_20261120-0854");
  ASSERT_TRUE(one && other);
  LoggedOutputs outputs(now() - 60, now() + 60);
  const auto printed = [&](const std::vector<VerdictRecord>& records) {
    Result<std::string> output = outputs.read(*records.front().output, "a", 1000);
    return output ? *std::move(output) : to_text(output.error());
  };
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(printed(*one), "of one\n");
    EXPECT_EQ(printed(*other), "of other\n");
  }
}

// As CMake 4.3 and later write it.
TEST_F(CtestFiles, OutputIsReadFromALogThatHasNotItsLastNameYet) {
  const auto file = write("LastTest.log.tmp1a2b3", k_head + entry(1, 1, "a", "x\n") + k_foot);
  const OpenedLog opened(file);
  const CtestLogFile log{opened.descriptor(), file.parent_path(), ""};
  const auto records = read_ctest_log(log, {k_word}, now() - 60);
  ASSERT_TRUE(records);
  const OutputPlace& place = *records->front().output;
  LoggedOutputs by_name(now() - 60, now() + 60);
  LoggedOutputs by_descriptor(log);
  for (LoggedOutputs* outputs : {&by_name, &by_descriptor}) {
    const auto output = outputs->read(place, "a", 1000);
    ASSERT_TRUE(output);
    EXPECT_EQ(*output, "x\n");
  }
}

TEST_F(CtestFiles, OutputOfAnotherRunIsNeverShown) {
  const auto records = read(k_head + entry(1, 1, "a", "x\n") + k_foot);
  ASSERT_TRUE(records);
  OutputPlace place = *records->front().output;
  const auto other = LoggedOutputs(now() - 60, now() + 60).read(place, "b", 1000);
  ASSERT_FALSE(other) << "it is another test's";
  EXPECT_EQ(to_text(other.error()),
            "failed to read the output of b: " + place.log + " is gone or belongs to a later run");
  EXPECT_FALSE(
      LoggedOutputs(now() + 60, now() + 120).read(place, "a", 1000));  // written before the run
  EXPECT_FALSE(LoggedOutputs(now() - 120, now() - 60).read(place, "a", 1000));  // written after it
  OutputPlace moved = place;
  ++moved.offset;
  EXPECT_FALSE(LoggedOutputs(now() - 60, now() + 60).read(moved, "a", 1000));
  moved = place;
  moved.length = ~std::uint64_t{0};
  EXPECT_FALSE(LoggedOutputs(now() - 60, now() + 60).read(moved, "a", 1000));
  moved = place;
  moved.offset = ~std::uint64_t{0} - 5;
  EXPECT_FALSE(LoggedOutputs(now() - 60, now() + 60).read(moved, "a", 1000));
  std::filesystem::remove(place.log);
  EXPECT_FALSE(LoggedOutputs(now() - 60, now() + 60).read(place, "a", 1000));
}

TEST_F(CtestFiles, ListsOfAnyRunAreNoWitness) {
  const auto file =
      write("LastTest.log", k_head + entry(1, 2, "a", "x\n") + entry(2, 2, "b", "x\n") + k_foot);
  write("LastTestsDisabled.log", "2:b\n");
  const OpenedLog log(file);
  for (const ListsOf lists : {ListsOf::this_run, ListsOf::any_run}) {
    const bool count = lists == ListsOf::this_run;
    const auto records =
        read_ctest_log({log.descriptor(), file.parent_path(), ""}, {k_word}, now() - 60, lists);
    ASSERT_TRUE(records);
    ASSERT_EQ(records->size(), 2U);
    EXPECT_EQ((*records)[1].verdict, count ? Verdict::skipped : Verdict::passed);
    EXPECT_EQ((*records)[0].or_skipped, !count);
  }
}

TEST_F(CtestFiles, ALogThatTestsHavePrintedTooOftenIsAnError) {
  std::string printed;
  for (int i = 0; i < 21'000; ++i) printed += entry(2, 2, "b", "");
  const auto file =
      write("LastTest.log", k_head + entry(1, 2, "a", printed) + entry(2, 2, "b", "") + k_foot);
  const OpenedLog log(file);
  const auto records =
      read_ctest_log({log.descriptor(), file.parent_path(), ""}, {k_word, 2}, now() - 60);
  ASSERT_FALSE(records);
  EXPECT_EQ(to_text(records.error()),
            "read ctest's log, " + file.string() + ": tests have printed too much like it");
}

TEST_F(CtestFiles, ALogIsOfTheRunWhoseWordItHas) {
  const OpenedLog log(write("LastTest.log", k_head + entry(1, 1, "a", "x\n") + k_foot));
  EXPECT_TRUE(has_word(log.descriptor(), k_word));
  EXPECT_FALSE(has_word(log.descriptor(), k_word.substr(1)));
  EXPECT_FALSE(has_word(log.descriptor(), k_word.substr(0, 3)));
}

TEST_F(CtestFiles, WhichOfItsNameATestIsIsInItsRecord) {
  const std::string head = head_of(
      1, 1, "a", "\"/a b/holdfast-launcher\" \"--test:" + k_word + ":sub:2:3=a\" \"/bin/x\"");
  const auto records = read(k_head + head + end_of("a") + k_foot);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ((*records)[0].key, key_of("a", TestPlace{"sub", 2, 3}));
  EXPECT_EQ((*records)[0].nth, 3);
  EXPECT_EQ((*records)[0].index, 1);
}

TEST_F(CtestFiles, WhereNoFileCanBeMadeOutputsStayInTheLog) {
  const auto file = write("LastTest.log", std::string(100, 'x'));
  const OpenedLog log(file);
  const auto keep = [&](const std::string& kept) {
    std::vector<VerdictRecord> records(1);
    records[0].verdict = Verdict::failed;
    records[0].output = OutputPlace{file.string(), 0, 100};
    const Result<void> done =
        keep_outputs({log.descriptor(), file.parent_path(), ""}, records, tree_.path() / kept);
    EXPECT_EQ(records[0].output->log, file);
    return done ? std::string("kept") : done.error().message;
  };
  const std::string first = tree_.write(".holdfast/runs/1/output", "a file").string();
  EXPECT_EQ(keep(".holdfast/runs/1/output/ctest.log"),
            "use " + first + ": it is a file; expected a directory that Holdfast made");
  const std::filesystem::path second = tree_.path() / ".holdfast/runs/2/output/ctest.log";
  std::filesystem::create_directories(second);
  EXPECT_EQ(keep(".holdfast/runs/2/output/ctest.log"),
            "use " + second.string() + ": it is a directory; expected a file that Holdfast made");
}

}  // namespace
}  // namespace holdfast
