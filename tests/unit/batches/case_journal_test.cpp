#include "batches/batch_report.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "journal/journal_reader.hpp"
#include "journal/scratch_directory.hpp"

namespace holdfast::exec {
namespace {

class CaseJournalTest : public testing::Test {
 protected:
  CaseJournalTest() {
    identity_.journal = (directory_.path() / "journal.jsonl").string();
    identity_.attempt = "r.1";
    identity_.test = "t";
    identity_.key = "9a";
  }

  // The journal's reader takes every record, whole.
  std::vector<CasesRecord> written() const {
    const Result<Journal> journal = read_journal(std::filesystem::path(identity_.journal));
    std::vector<CasesRecord> records;
    if (!journal) return records;
    EXPECT_EQ(journal->flaws, 0U);
    for (const Record& record : journal->records) records.push_back(std::get<CasesRecord>(record));
    return records;
  }

  ScratchDirectory directory_;
  supervision::AttemptIdentity identity_;
};

CaseResult passed(std::string name, unsigned worker = 1) {
  CaseResult result;
  result.name = std::move(name);
  result.outcome = Outcome::passed;
  result.worker = worker;
  return result;
}

TEST_F(CaseJournalTest, WhatIsAddedIsThereWhenItIsWritten) {
  CaseJournal journal(identity_, identity_.journal);
  ASSERT_TRUE(journal.add(passed("A.a"), "/log", {5, 9}));
  ASSERT_TRUE(journal.add(passed("A.b"), {}, {}));
  EXPECT_TRUE(written().empty());
  ASSERT_TRUE(journal.write());
  ASSERT_TRUE(journal.write());
  const std::vector<CasesRecord> records = written();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].attempt, "r.1");
  EXPECT_EQ(records[0].worker, 1);
  ASSERT_EQ(records[0].cases.size(), 2U);
  EXPECT_EQ(records[0].cases[0].name, "A.a");
  ASSERT_TRUE(records[0].cases[0].output);
  EXPECT_EQ(records[0].cases[0].output->log, "/log");
  EXPECT_EQ(records[0].cases[0].output->length, 4U);
  EXPECT_FALSE(records[0].cases[1].output);
}

TEST_F(CaseJournalTest, ACaseHasAllThatIsKnownOfIt) {
  CaseResult crashed = passed("A.a", 3);
  crashed.outcome = Outcome::crashed;
  crashed.signal = 11;
  crashed.exit_code = 7;
  crashed.wall_us = 1'250'000;
  crashed.note = "before it began";
  CaseResult not_run;
  not_run.name = "A.b";
  not_run.worker = 3;
  not_run.wall_us = 1;
  CaseJournal journal(identity_, identity_.journal);
  ASSERT_TRUE(journal.add(crashed, "/log", {4, 4}));
  ASSERT_TRUE(journal.add(not_run, "", {4, 9}));
  ASSERT_TRUE(journal.write());
  const std::vector<CasesRecord> records = written();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].test, "t");
  EXPECT_EQ(records[0].key, "9a");
  EXPECT_EQ(records[0].worker, 3);
  EXPECT_GT(records[0].at, 1'700'000'000.0);
  ASSERT_EQ(records[0].cases.size(), 2U);
  const CaseRecord& one = records[0].cases[0];
  EXPECT_EQ(one.outcome, Outcome::crashed);
  EXPECT_EQ(one.signal, 11);
  EXPECT_EQ(one.exit_code, 7);
  EXPECT_EQ(one.wall_s, 1.25);
  EXPECT_EQ(one.note, "before it began");
  EXPECT_FALSE(one.output) << "it printed nothing";
  EXPECT_EQ(records[0].cases[1].outcome, Outcome::not_run);
  EXPECT_EQ(records[0].cases[1].wall_s, 0);
  EXPECT_FALSE(records[0].cases[1].output) << "nobody keeps it";
}

TEST_F(CaseJournalTest, WithoutAFileNothingIsWrittenAndNothingFails) {
  CaseJournal journal(identity_, "");
  EXPECT_TRUE(journal.add(passed("A.a"), {}, {}));
  EXPECT_TRUE(journal.write());
}

TEST_F(CaseJournalTest, ARecordIsOfOneWorker) {
  CaseJournal journal(identity_, identity_.journal);
  for (const unsigned worker : {1U, 1U, 2U, 0U}) {
    ASSERT_TRUE(journal.add(passed("A.a", worker), {}, {}));
  }
  ASSERT_TRUE(journal.write());
  const std::vector<CasesRecord> records = written();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].cases.size(), 2U);
  EXPECT_EQ(records[1].worker, 2);
  EXPECT_EQ(records[2].worker, 0);
}

// A line has said that records are lost. Those that come when there is room again are not.
TEST_F(CaseJournalTest, WhatCouldNotBeWrittenCostsNoOther) {
  identity_.journal = (directory_.path() / "no-such" / "journal.jsonl").string();
  CaseJournal journal(identity_, identity_.journal);
  ASSERT_TRUE(journal.add(passed("A.a", 1), {}, {}));
  EXPECT_FALSE(journal.add(passed("A.b", 2), {}, {}));
  std::filesystem::create_directory(directory_.path() / "no-such");
  ASSERT_TRUE(journal.write());
  const std::vector<CasesRecord> records = written();
  ASSERT_EQ(records.size(), 1U);
  ASSERT_EQ(records[0].cases.size(), 1U);
  EXPECT_EQ(records[0].cases[0].name, "A.b");
}

// This holds however many records are added at once, and however short each is.
TEST_F(CaseJournalTest, NoRecordIsTooLargeForItsReader) {
  CaseResult crashed = passed("A.a");
  crashed.outcome = Outcome::crashed;
  crashed.signal = 6;
  crashed.exit_code = 1;
  CaseResult not_run = passed("A.a");
  not_run.outcome.reset();
  for (const CaseResult& result : {passed("A.a"), crashed, not_run}) {
    CaseJournal journal(identity_, identity_.journal);
    std::filesystem::remove(identity_.journal);
    for (int i = 0; i < 3000; ++i) ASSERT_TRUE(journal.add(result, "/l", {0, 1}));
    ASSERT_TRUE(journal.write());
    std::size_t cases = 0;
    for (const CasesRecord& record : written()) cases += record.cases.size();
    EXPECT_EQ(cases, 3000U);
  }
}

std::vector<std::string> names_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  return names;
}

TEST(BatchReportTest, LeavesNothingBesideItsFile) {
  const ScratchDirectory directory;
  const std::filesystem::path out = directory.path() / "out";
  const std::filesystem::path markers = directory.path() / "markers";
  std::filesystem::create_directory(markers);
  BatchReport report((out / "r.xml").string(), markers.string());
  report.begin({});
  EXPECT_EQ(names_in(markers).size(), 1U);
  ASSERT_TRUE(report.write({passed("A.a")}));
  EXPECT_EQ(names_in(out), std::vector<std::string>{"r.xml"});
  EXPECT_TRUE(names_in(markers).empty());
}

// A case has made a directory where the report was to be, or a file where its directory was.
TEST(BatchReportTest, LeavesNothingIfItCannotTakeItsPlace) {
  const ScratchDirectory directory;
  const std::filesystem::path out = directory.path() / "out";
  const std::filesystem::path markers = directory.path() / "markers";
  std::filesystem::create_directories(out / "r.xml");
  std::filesystem::create_directory(markers);
  directory.write("out/file", "");
  for (const auto& file : {out / "r.xml", out / "file" / "r.xml"}) {
    BatchReport report(file.string(), markers.string());
    report.begin({});
    EXPECT_FALSE(report.write({passed("A.a")}));
    EXPECT_EQ(names_in(out), (std::vector<std::string>{"file", "r.xml"}));
    EXPECT_TRUE(names_in(markers).empty());
  }
}

TEST(BatchReportTest, LeavesNoDraftIfTheDiskIsFull) {
  const ScratchDirectory directory;
  const std::filesystem::path markers = directory.path() / "markers";
  std::filesystem::create_directory(markers);
  const std::filesystem::path file = directory.write("out/r.xml", "the earlier one");
  BatchReport report(file.string(), markers.string());
  report.begin({});
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &usual), 0);
  rlimit full = usual;
  full.rlim_cur = 0;
  const auto before = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  const Result<void> written = report.write({passed("A.a")});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &usual), 0);
  (void)::signal(SIGXFSZ, before);
  EXPECT_FALSE(written);
  EXPECT_EQ(names_in(directory.path() / "out"), std::vector<std::string>{"r.xml"});
  EXPECT_EQ(std::filesystem::file_size(file), 15U);
}

// The processes of a batch leave their parts, and an earlier attempt a whole report.
TEST(BatchReportTest, IsMadeOfThePartsAndOfWhatWasThereBefore) {
  const ScratchDirectory directory;
  const std::filesystem::path markers = directory.path() / "markers";
  std::filesystem::create_directory(markers);
  const auto report_of = [](const std::string& name, const std::string& file) {
    return "<testsuites><testsuite name=\"A\"><testcase name=\"" + name + "\" file=\"" + file +
           "\" status=\"run\" result=\"completed\" timestamp=\"2026-01-01T00:00:00\" "
           "classname=\"A\" /></testsuite></testsuites>";
  };
  const std::filesystem::path file = directory.write("r.xml", report_of("before", "f1"));
  for (const bool are_some : {true, false}) {
    BatchReport report(file.string(), markers.string());
    report.begin(are_some ? std::vector<std::string>{"A.a"} : std::vector<std::string>());
    const std::filesystem::path part = directory.write("r.xml.1", report_of("a", "f2"));
    keep_part(part.string(), parts_in(markers.string()));
    EXPECT_FALSE(std::filesystem::exists(part));
    keep_part(part.string(), parts_in(markers.string()));  // it has left none
    report.add_words("A.died", "its last words");
    CaseResult died = passed("A.died");
    died.outcome = Outcome::crashed;
    ASSERT_TRUE(report.write({passed("A.a"), died}));
    std::ifstream in(file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    EXPECT_NE(text.find("file=\"f2\""), std::string::npos) << text;
    EXPECT_NE(text.find("its last words"), std::string::npos) << text;
    EXPECT_EQ(text.find("file=\"f1\"") != std::string::npos, are_some) << text;
    EXPECT_TRUE(names_in(markers).empty());
    std::ofstream(file) << report_of("before", "f1");
  }
}

// An earlier attempt may have been killed before it wrote one.
TEST(BatchReportTest, OfSomeCasesNeedsNoEarlierOne) {
  const ScratchDirectory directory;
  const std::filesystem::path markers = directory.path() / "markers";
  std::filesystem::create_directory(markers);
  BatchReport report((directory.path() / "r.xml").string(), markers.string());
  report.begin({"A.a"});
  EXPECT_TRUE(report.write({passed("A.a")}));
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "r.xml"));
}

}  // namespace
}  // namespace holdfast::exec
