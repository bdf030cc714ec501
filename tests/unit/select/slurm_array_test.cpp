// An array job, with scripts in place of Slurm's commands.
#include "select/slurm_array.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/exit_codes.hpp"
#include "journal/records.hpp"
#include "os/child_process.hpp"
#include "os/scratch.hpp"
#include "values/srun_words.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

// A build tree with the tests a, b and c, divided into three shards of which the second has none.
class SlurmArray : public testing::Test {
 protected:
  void SetUp() override {
    tree_ = scratch_.path("tr%ee");
    fs::create_directories(tree_ + "/.holdfast/selections");
    fs::create_directories(tree_ + "/.holdfast/runs");
    fs::create_directories(scratch_.path("bin"));
    fs::create_directories(scratch_.path("runs"));
    write(tree_ + "/.holdfast/attach.cmake", "");
    user_.tree = tree_;
    user_.call = {scratch_.path("bin/ctest"), tree_, {}};
    user_.words.kept = {"-j4", "a b"};
    for (const char* name : {"a", "b", "c"}) {
      chosen_.all.tests.push_back({name, chosen_.all.tests.size() + 1});
      chosen_.all.ranks.push_back(chosen_.all.tests.size());
    }
    chosen_.divided = {0, 1, 2};
    chosen_.division = Division{{{0}, {}, {1, 2}}, "f00"};
    restrictions_.shard = ShardNumber{1, 3};
    restrictions_.fixtures = SharedFixtures::in_one_shard;
    path_ = std::getenv("PATH");
    ::setenv("PATH", (scratch_.path("bin") + ":" + path_).c_str(), 1);
    script("squeue", "exit 0");
    script("sbatch", submitted());
  }
  void TearDown() override { ::setenv("PATH", path_.c_str(), 1); }

  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
  }
  // `{P}` in the text is the test's directory.
  void script(const std::string& name, std::string text) const {
    for (std::size_t at = text.find("{P}"); at != std::string::npos; at = text.find("{P}")) {
      text.replace(at, 3, scratch_.path());
    }
    write(scratch_.path("bin/" + name), "#!/bin/sh\n" + text + "\n");
    fs::permissions(scratch_.path("bin/" + name), fs::perms::owner_all);
  }
  // The tasks leave the runs that the test has made.
  static std::string submitted(const std::string& more = "true") {
    return "printf '%s\\n' \"$@\" >{P}/words; cat >{P}/script; printf 'no disk\\nlast words\\n' "
           ">1.log\nfor run in {P}/runs/*; do test -e \"$run\" && mv \"$run\" "
           "'{P}/tr%ee/.holdfast/runs/'; done\n" +
           more + "\necho '7;cluster'";
  }

  Lines lines(const std::string& file) const {
    std::ifstream in(scratch_.path(file));
    Lines all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  std::string text(const std::string& file) const {
    std::ifstream in(scratch_.path(file));
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // A run of one shard, in which its tests came to these verdicts.
  struct Run {
    std::size_t shard;
    std::vector<std::pair<std::string, Verdict>> verdicts;
    bool complete = true;
    std::string fingerprint = "f00";
  };
  void leave(const std::string& directory, const Run& run) {
    const std::string id = std::to_string(++runs_) + "-20260101-000000-1";
    fs::create_directories(directory + "/" + id);
    std::ofstream journal(directory + "/" + id + "/journal.jsonl");
    RunStarted started;
    started.at = 1000;
    started.run = id;
    started.tree = tree_;
    started.command = {"ctest"};
    journal << line_of(started);
    const std::vector<Lines> tests{{"a"}, {}, {"b", "c"}};
    for (std::size_t i = 0; i < tests.size(); ++i) {
      if (tests[i].empty()) continue;
      PlannedRecord planned;
      planned.at = 1001;
      planned.shard = to_text(ShardNumber{i + 1, 3});
      planned.fingerprint = run.fingerprint;
      planned.is_own = run.shard == i + 1;
      planned.tests = tests[i];
      journal << line_of(planned);
    }
    for (const auto& [name, verdict] : run.verdicts) {
      VerdictRecord record;
      record.at = 1002;
      record.test = name;
      record.verdict = verdict;
      record.ran = true;
      journal << line_of(record);
    }
    RunEnded ended;
    ended.at = 1003;
    ended.run = id;
    ended.complete = run.complete;
    journal << line_of(ended);
  }

  // The exit code, or -1 with the error in said_.
  int run() {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const Result<int> code = run_slurm_array(user_, chosen_, restrictions_);
    printed_ = testing::internal::GetCapturedStdout();
    said_ = testing::internal::GetCapturedStderr();
    if (!code) said_ = to_text(code.error());
    return code ? *code : -1;
  }
  // The files of the tasks are gone, whatever happened.
  bool has_left_files() const {
    return std::ranges::any_of(fs::directory_iterator(tree_ + "/.holdfast/selections"),
                               [](const auto& one) { return one.path().extension() == ".array"; });
  }

  const os::Scratch scratch_;
  std::string tree_;
  std::string path_;
  UserCall user_;
  Chosen chosen_;
  Restrictions restrictions_;
  int runs_ = 0;
  std::string printed_;
  std::string said_;
};

TEST_F(SlurmArray, HasATaskForEachShardWithTests) {
  EXPECT_EQ(run(), exit_codes::k_ctest_failed);
  const Lines words = lines("words");
  const auto has = [&](const std::string& word) { return std::ranges::count(words, word) == 1; };
  for (const char* word : {"--parsable", "--no-requeue", "--export=ALL", "--array=1,3",
                           "--ntasks=1", "--cpus-per-task=4"}) {
    EXPECT_TRUE(has(word)) << word;
  }
  const auto output = std::ranges::find_if(
      words, [](const std::string& word) { return word.starts_with("--output="); });
  ASSERT_NE(output, words.end());
  EXPECT_NE(output->find("/tr%%ee/"), std::string::npos) << *output;
  EXPECT_TRUE(output->ends_with(".array/%a.log")) << *output;
  EXPECT_NE(said_.find("job 7 of Slurm: 2 shards, 3 tests"), std::string::npos) << said_;
  EXPECT_FALSE(has_left_files());
}

TEST_F(SlurmArray, ATaskBecomesTheCtestOfItsShardAndHasItsPlan) {
  script("ctest",
         "printf '%s\\n' \"$@\" >{P}/args-$SLURM_ARRAY_TASK_ID; pwd >{P}/place\n"
         "cat \"$2\" >{P}/numbers-$SLURM_ARRAY_TASK_ID\n"
         "cat \"$HOLDFAST_PLANNED\" >{P}/planned-$SLURM_ARRAY_TASK_ID\n"
         "basename \"$HOLDFAST_PLANNED\" | grep -c \"^$$-[0-9]*[.]planned.jsonl$\" >{P}/name\n"
         "echo $HOLDFAST_ONE_TREE >{P}/one");
  script("sbatch", submitted("for i in 1 3; do SLURM_ARRAY_TASK_ID=$i bash {P}/script; done"));
  user_.words.is_random = true;
  (void)run();
  EXPECT_EQ(text("numbers-1"), value_of_numbers({1}) + "\n");
  EXPECT_EQ(text("numbers-3"), value_of_numbers({2, 3}) + "\n");
  Lines args = lines("args-3");
  ASSERT_GE(args.size(), 2U);
  args.erase(args.begin() + 1);
  EXPECT_EQ(args, (Lines{"-I", "--no-tests=error", "-j4", "a b", "--schedule-random"}));
  EXPECT_EQ(lines("place"), Lines{tree_});
  EXPECT_EQ(text("name"), "1\n") << "only this ctest takes it";
  EXPECT_EQ(text("one"), "1\n");
  const Lines planned = lines("planned-3");
  ASSERT_EQ(planned.size(), 2U);
  EXPECT_NE(planned[0].find("\"own\":false"), std::string::npos) << planned[0];
  EXPECT_NE(planned[1].find("\"own\":true"), std::string::npos) << planned[1];
  EXPECT_NE(planned[1].find("\"shard\":\"3/3\""), std::string::npos) << planned[1];
  // Who says what ctest is to do without tests is asked first.
  user_.words.no_tests = "ignore";
  user_.words.is_random = false;
  (void)run();
  args = lines("args-3");
  ASSERT_EQ(args.size(), 4U);
  EXPECT_EQ(args[2], "-j4");
}

TEST_F(SlurmArray, IsGreenOnlyIfAllOfItIsThereAndGreen) {
  using enum Verdict;
  const Run first{1, {{"a", passed}}};
  const Run third{3, {{"b", passed}, {"c", skipped}}};
  const auto code_of = [&](const std::vector<Run>& left) {
    for (const Run& one : left) leave(scratch_.path("runs"), one);
    const int code = run();
    fs::remove_all(tree_ + "/.holdfast/runs");
    fs::create_directories(tree_ + "/.holdfast/runs");
    return code;
  };
  EXPECT_EQ(code_of({first, third}), exit_codes::k_success) << said_;
  EXPECT_NE(printed_.find("1 skipped"), std::string::npos) << printed_;
  const int red = exit_codes::k_ctest_failed;
  EXPECT_EQ(code_of({first, {3, {{"b", failed}, {"c", passed}}}}), red);
  EXPECT_EQ(code_of({first, {3, {{"b", unknown}, {"c", passed}}}}), red);
  EXPECT_EQ(code_of({first, {3, third.verdicts, false}}), red) << "it was cut off";
  EXPECT_EQ(code_of({first, {3, {{"b", passed}}}}), red) << "c is in no shard";
  EXPECT_NE(said_.find("planned and in no shard"), std::string::npos) << said_;
  EXPECT_EQ(code_of({third}), red);
  EXPECT_NE(said_.find("shard 1/3 has no run: last words\n"), std::string::npos) << said_;
  EXPECT_EQ(code_of({first, {3, third.verdicts, true, "b4d"}}), red) << "of another division";
  EXPECT_NE(said_.find("shard 3/3 has no run\n"), std::string::npos) << said_;
  // The same array may have run before.
  leave(tree_ + "/.holdfast/runs", third);
  EXPECT_EQ(code_of({first}), red);
  EXPECT_NE(said_.find("shard 3/3 has no run\n"), std::string::npos) << said_;
}

TEST_F(SlurmArray, WritesTheReportsOfTheWhole) {
  write(tree_ + "/.holdfast/project", "p\n" + scratch_.path() + "\n");
  write(scratch_.path("holdfast.toml"), "[profile.default]\nreports = [\"json:all.json\"]\n");
  leave(scratch_.path("runs"), {1, {{"a", Verdict::passed}}});
  leave(scratch_.path("runs"), {3, {{"b", Verdict::passed}, {"c", Verdict::passed}}});
  EXPECT_EQ(run(), exit_codes::k_success) << said_;
  EXPECT_TRUE(fs::exists(tree_ + "/all.json"));
}

TEST_F(SlurmArray, IsNotSubmittedIfAShardHasNoTestThatThePresetLeaves) {
  chosen_.all.ranks[0] = 0;
  EXPECT_EQ(run(), -1);
  EXPECT_NE(said_.find("the preset leaves out all tests of shard 1"), std::string::npos) << said_;
  EXPECT_FALSE(fs::exists(scratch_.path("words")));
  EXPECT_FALSE(has_left_files());
}

TEST_F(SlurmArray, IsRefusedIfSlurmTakesNoJob) {
  script("sbatch", "echo no partition >&2; exit 1");
  EXPECT_EQ(run(), -1);
  EXPECT_NE(said_.find("no partition"), std::string::npos) << said_;
  // It says no number, so nobody could wait for the job.
  for (const char* says : {"true", "echo 7; exit 1", "echo"}) {
    script("sbatch", std::string("cat >/dev/null; ") + says);
    EXPECT_EQ(run(), -1) << says;
    EXPECT_FALSE(has_left_files());
  }
  fs::remove(scratch_.path("bin/sbatch"));
  ::setenv("PATH", scratch_.path("bin").c_str(), 1);
  EXPECT_EQ(run(), -1);
  EXPECT_NE(said_.find("no sbatch is found"), std::string::npos) << said_;
  EXPECT_FALSE(has_left_files());
}

TEST_F(SlurmArray, IsAloneInItsTreeWhichIsAttached) {
  const os::UniqueFd lock(::open((tree_ + "/.holdfast/selections/array-lock").c_str(),
                                 O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(run(), -1);
  EXPECT_EQ(said_, "--slurm-array: another one goes on in " + tree_);
  ASSERT_EQ(::flock(lock.get(), LOCK_UN), 0);
  fs::remove(tree_ + "/.holdfast/attach.cmake");
  EXPECT_EQ(run(), -1);
  EXPECT_EQ(said_, "--slurm-array: Holdfast is not attached to " + tree_);
  EXPECT_FALSE(fs::exists(scratch_.path("words")));
}

// What it printed is in `out`, and its lines are in `err`.
int run_in_child(const std::string& out, const std::string& err,
                 const std::function<Result<int>()>& body) {
  os::Child child([&] {
    for (const auto& [file, stream] : {std::pair(&out, STDOUT_FILENO), {&err, STDERR_FILENO}}) {
      const int fd = ::open(file->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      if (fd < 0 || ::dup2(fd, stream) < 0) return 99;
    }
    ::setenv("ARRAY_PID", std::to_string(::getpid()).c_str(), 1);
    const Result<int> code = body();
    return code ? *code : 98;
  });
  return child.wait();
}

TEST_F(SlurmArray, ThatIsEndedBySignalsCancelsItsJobAndReportsWhatRan) {
  script("squeue", "test -e {P}/cancelled && exit 0\nkill -TERM $ARRAY_PID; echo PENDING Priority");
  leave(scratch_.path("runs"), {1, {{"a", Verdict::passed}}});
  leave(scratch_.path("runs"), {3, {{"b", Verdict::passed}, {"c", Verdict::passed}}});
  const auto body = [this] { return run_slurm_array(user_, chosen_, restrictions_); };
  script("scancel", "echo \"$@\" >{P}/cancelled");
  EXPECT_EQ(run_in_child(scratch_.path("out"), scratch_.path("err"), body), 1000 + SIGTERM);
  EXPECT_EQ(text("cancelled"), "7\n");
  const std::string said = text("err");
  EXPECT_NE(said.find("job 7 waits"), std::string::npos) << said;
  EXPECT_NE(said.find("(Priority)"), std::string::npos) << said;
  EXPECT_NE(said.find("cancelled job 7"), std::string::npos) << said;
  EXPECT_NE(text("out").find("2 shards"), std::string::npos) << text("out");
  EXPECT_FALSE(has_left_files());
  // Slurm refuses.
  fs::remove(scratch_.path("cancelled"));
  script("scancel", "touch {P}/cancelled; echo no permission >&2; exit 1");
  EXPECT_EQ(run_in_child(scratch_.path("out"), scratch_.path("err"), body), 1000 + SIGTERM);
  EXPECT_NE(text("err").find("no permission"), std::string::npos) << text("err");
  EXPECT_EQ(text("err").find("cancelled job"), std::string::npos) << text("err");
}

}  // namespace
}  // namespace holdfast::cli
