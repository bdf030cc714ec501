// What is done when a run has ended: its reports, and the history.
#include "history/command.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "journal/scratch_directory.hpp"
#include "report/rendered.hpp"
#include "report/sample_journal.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

// The id of a run with that number.
std::string id_of(int number) { return std::to_string(number) + "-20261120-100000-7"; }

class AtEnd : public testing::Test {
 protected:
  void SetUp() override { forget(); }
  void TearDown() override { forget(); }

  // A run of the tree with one test, which ended well.
  void add_run(const std::string& id, double started) const {
    const auto at = [&](double later) { return std::to_string(started + later); };
    tree_.write(".holdfast/runs/" + id + "/journal.jsonl",
                R"({"v":1,"type":"run_started","at":)" + at(0) + R"(,"run":")" + id + "\"}\n" +
                    R"({"v":1,"type":"attempt_ended","at":)" + at(1) + R"(,"attempt":")" + id +
                    R"(.1","test":"a","key":"k","n":1,"outcome":"passed","exit_code":0})" + "\n" +
                    R"({"v":1,"type":"run_ended","at":)" + at(3) + R"(,"run":")" + id +
                    R"(","complete":true})" + "\n");
  }

  // How many runs the file has; -1: there is none.
  static std::int64_t runs_in(const fs::path& file) {
    Result<History> history = History::open_existing(file);
    if (!history) return -1;
    const Result<std::vector<RunHead>> runs = history->runs();
    return runs ? static_cast<std::int64_t>(runs->size()) : -1;
  }

  fs::path own_history() const { return tree_.path() / ".holdfast/history.sqlite"; }

  ScratchDirectory tree_;

 private:
  static void forget() {
    for (const char* name : {"HOLDFAST_HISTORY", "GITHUB_STEP_SUMMARY", "JENKINS_URL"})
      ::unsetenv(name);
  }
};

LoadedReport loaded_report() {
  SampleJournal sample;
  sample.run_started().attempt("a", Outcome::passed).run_ended();
  return {sample.report(), std::make_unique<Outputs>()};
}

TEST_F(AtEnd, EachReportIsWrittenWhereItIsWantedAndWithoutAFileItIsPrinted) {
  const LoadedReport loaded = loaded_report();
  const fs::path elsewhere = tree_.path() / "else/where.txt";
  const SaidAtEnd said = write_wanted_reports(loaded,
                                              {{ReportFormat::text, ""},
                                               {ReportFormat::json, "out/deep/r.json"},
                                               {ReportFormat::github, ""},
                                               {ReportFormat::text, elsewhere.string()}},
                                              tree_.path());
  EXPECT_EQ(said.trouble, "");
  const std::string text = text_of_report(loaded.report, Format::text);
  EXPECT_EQ(said.text, text + text_of_report(loaded.report, Format::github));
  EXPECT_EQ(content_of(tree_.path() / "out/deep/r.json"),
            text_of_report(loaded.report, Format::json));
  EXPECT_EQ(content_of(elsewhere), text);
}

TEST_F(AtEnd, AReportThatCannotBeWrittenHidesNoOtherAndEachIsNamed) {
  const LoadedReport loaded = loaded_report();
  tree_.write("file", "");
  const SaidAtEnd said = write_wanted_reports(loaded,
                                              {{ReportFormat::json, "file/r.json"},
                                               {ReportFormat::junit, "r.xml"},
                                               {ReportFormat::html, "file/r.html"}},
                                              tree_.path());
  EXPECT_EQ(said.text, "");
  const std::string path = (tree_.path() / "file").string();
  EXPECT_EQ(said.trouble,
            "ignoring that the report json:file/r.json is missing: failed to write " + path +
                "/r.json: Not a directory; ignoring that the report html:file/r.html is missing: "
                "failed to write " +
                path + "/r.html: Not a directory");
  EXPECT_FALSE(content_of(tree_.path() / "r.xml").empty());
}

TEST_F(AtEnd, APageThatCannotBeWrittenIsNamedWithTheReportThatIsPrinted) {
  ::setenv("GITHUB_STEP_SUMMARY", "/dev/full", 1);
  const SaidAtEnd said =
      write_wanted_reports(loaded_report(), {{ReportFormat::github, ""}}, tree_.path());
  EXPECT_TRUE(said.text.starts_with("::notice ")) << said.text;
  EXPECT_TRUE(said.trouble.starts_with("ignoring that the report github is missing: "))
      << said.trouble;
}

TEST_F(AtEnd, TheReportsAreThoseOfTheLastRun) {
  add_run(id_of(1), 1000);
  add_run(id_of(2), 2000);
  const SaidAtEnd said =
      after_runs({tree_.path().string(), id_of(1), id_of(2), {{ReportFormat::json, "r.json"}}});
  EXPECT_EQ(said.trouble, "");
  EXPECT_NE(content_of(tree_.path() / "r.json").find("\"id\":\"" + id_of(2) + "\""),
            std::string::npos);
}

TEST_F(AtEnd, ARunThatCannotBeReadHasNoReportsAndIsNamed) {
  add_run(id_of(1), 1000);
  const SaidAtEnd said =
      after_runs({tree_.path().string(), id_of(7), id_of(7), {{ReportFormat::json, "r.json"}}});
  EXPECT_TRUE(said.trouble.starts_with("ignoring that the report of the run is missing: "))
      << said.trouble;
  EXPECT_FALSE(fs::exists(tree_.path() / "r.json"));
  EXPECT_EQ(after_runs({tree_.path().string(), id_of(7), id_of(7), {}}).trouble, "")
      << "nobody wanted one";
}

TEST_F(AtEnd, TheTreesOwnHistoryTakesRunsInTenAtATime) {
  add_run(id_of(9), 1000);
  add_run(id_of(10), 2000);
  const std::string tree = tree_.path().string();
  EXPECT_EQ(after_runs({tree, id_of(9), id_of(9), {}}).trouble, "");
  EXPECT_EQ(runs_in(own_history()), -1);
  EXPECT_EQ(after_runs({tree, "a-run-without-number", "a-run-without-number", {}}).trouble, "");
  EXPECT_EQ(runs_in(own_history()), -1);
  EXPECT_EQ(after_runs({tree, id_of(10), id_of(10), {}}).trouble, "");
  EXPECT_EQ(runs_in(own_history()), 2);
  // ctest -S has several runs, and the tenth is not the last of them.
  fs::remove(own_history());
  EXPECT_EQ(after_runs({tree, id_of(9), id_of(11), {}}).trouble, "");
  EXPECT_EQ(runs_in(own_history()), 2);
  fs::remove(own_history());
  EXPECT_EQ(after_runs({tree, id_of(11), id_of(19), {}}).trouble, "");
  EXPECT_EQ(runs_in(own_history()), -1);
}

TEST_F(AtEnd, AHistoryThatIsCarriedTakesEachRunInAtOnce) {
  add_run(id_of(3), 1000);
  const fs::path carried = tree_.path() / "carried.sqlite";
  ::setenv("HOLDFAST_HISTORY", carried.c_str(), 1);
  EXPECT_EQ(after_runs({tree_.path().string(), id_of(3), id_of(3), {}}).trouble, "");
  EXPECT_EQ(runs_in(carried), 1);
  EXPECT_FALSE(fs::exists(own_history()));
}

TEST_F(AtEnd, TroubleWithTheReportsAndTroubleWithTheHistoryAreBothTold) {
  add_run(id_of(3), 1000);
  tree_.write("file", "");
  const fs::path text = tree_.write("text", std::string(1000, 'x'));
  ::setenv("HOLDFAST_HISTORY", text.c_str(), 1);
  const SaidAtEnd said = after_runs(
      {tree_.path().string(), id_of(3), id_of(3), {{ReportFormat::json, "file/r.json"}}});
  EXPECT_TRUE(said.trouble.starts_with("ignoring that the report json:file/r.json is missing: "))
      << said.trouble;
  EXPECT_NE(said.trouble.find("; ignoring that the run is not in the history: failed to read " +
                              text.string() + ": damaged, or no history"),
            std::string::npos)
      << said.trouble;
  EXPECT_EQ(content_of(text), std::string(1000, 'x')) << "a file that somebody named stays";
}

TEST_F(AtEnd, TheFileOfAHistoryIsTheNamedOneOrTheTrees) {
  EXPECT_EQ(*history_file("/b"), fs::path("/b/.holdfast/history.sqlite"));
  EXPECT_EQ(to_text(history_file("").error()),
            "no build tree here or above: expected --tree DIR, or HOLDFAST_HISTORY");
  ::setenv("HOLDFAST_HISTORY", "/cache/h", 1);
  EXPECT_EQ(*history_file("/b"), fs::path("/cache/h"));
  EXPECT_EQ(*history_file(""), fs::path("/cache/h"));
  ::setenv("HOLDFAST_HISTORY", "h", 1);
  EXPECT_EQ(to_text(history_file("/b").error()),
            "HOLDFAST_HISTORY \"h\": expected an absolute path");
}

TEST_F(AtEnd, ADamagedHistoryOfTheTreeIsPutAsideAndTheNextOneHasTheRuns) {
  add_run(id_of(1), 1000);
  tree_.write(".holdfast/history.sqlite", std::string(1000, 'x'));
  testing::internal::CaptureStderr();
  Result<History> history = open_history(tree_.path().string());
  const std::string said = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(history) << to_text(history.error());
  EXPECT_EQ(history->runs()->size(), 1U);
  EXPECT_EQ(content_of(own_history().string() + ".damaged"), std::string(1000, 'x'));
  EXPECT_NE(said.find("the history was damaged: it is now "), std::string::npos) << said;
}

TEST_F(AtEnd, AHistoryOfALaterVersionIsLeftAsItIs) {
  add_run(id_of(1), 1000);
  {
    Result<Database> database = Database::open(own_history(), Database::Use::write);
    ASSERT_TRUE(database) << to_text(database.error());
    ASSERT_TRUE(database->execute("PRAGMA application_id=1214673780; PRAGMA user_version=99"));
  }
  const Result<History> history = open_history(tree_.path().string());
  ASSERT_FALSE(history);
  EXPECT_NE(to_text(history.error()).find("a later version of Holdfast"), std::string::npos);
  EXPECT_FALSE(fs::exists(own_history().string() + ".damaged"));
}

}  // namespace
}  // namespace holdfast::cli
