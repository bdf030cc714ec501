// What the near side of an attempt hears of srun. A script is srun.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attempt/started.hpp"
#include "base/names.hpp"
#include "journal/scratch_directory.hpp"
#include "os/child_process.hpp"
#include "os/file/clock.hpp"
#include "os/process/process.hpp"
#include "slurm/near_run.hpp"

namespace holdfast::exec {
namespace {

class NearAttemptTest : public testing::Test {
 protected:
  NearAttemptTest() {
    identity_.test = "t";
    plan_.identity = &identity_;
    plan_.teller = &teller_;
  }

  NearEnd end_of(const std::string& script) {
    Result<SrunProcess> srun =
        SrunProcess::start({"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin"}, 0, {});
    EXPECT_TRUE(srun);
    return follow(plan_, policy_, around_, relay_, files_, std::move(*srun));
  }

  std::string record_of_end() const {
    supervision::AttemptResult result;
    result.note = std::string(100'000, 'x');  // longer than a frame
    return to_text(result);
  }
  // A script of what srun prints.
  std::string prints(const std::string& bytes) const {
    return "cat '" + directory_.write("bytes", bytes).string() + "'; ";
  }
  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  // Part of a script: puts the record of the end where this side looks for it.
  std::string put_record() const {
    return "cp '" + directory_.write("record", record_of_end()).string() + "' '" +
           path("far/7.put") + "'; mv '" + path("far/7.put") + "' '" + path("far/7.ended") + "'; ";
  }
  void start_on_node() const {
    ASSERT_TRUE(files_.put(names::k_far_started_suffix, to_text(FarStart{"n1", "1", "x86_64"})));
  }
  // The same as end_of(), in a process that has all signals blocked, as a launcher has. Returns the
  // signal of the end; 100 and more: the lease was lost.
  int signal_of_end(const std::string& script, const std::function<void()>& before = {}) {
    os::Child child([&] {
      (void)os::take_signals();
      if (before) before();
      const NearEnd end = end_of(script);
      return end.signal + (end.lease_lost ? 100 : 0);
    });
    return child.wait();
  }

  const ScratchDirectory directory_;
  supervision::AttemptIdentity identity_;
  supervision::Teller teller_{nullptr, Loudness::quiet};
  Policy policy_;
  supervision::AttemptPlan plan_;
  supervision::Surroundings around_{{}, std::move(*os::SignalQueue::open()), {}};
  OutputRelay relay_{std::string()};
  FarFiles files_{(directory_.path() / "far").string(), "7"};
};

// A controller that is busy makes srun say so again and again.
TEST_F(NearAttemptTest, TheFirstAndTheLastWordsOfALongComplaintAreHeard) {
  const NearEnd end = end_of(
      "exec >&2; echo 'srun: error: Unable to create step for job 7: More processors requested "
      "than permitted'; i=0; while [ $i -lt 2000 ]; do echo 'srun: Job 7 step creation is still "
      "disabled'; i=$((i + 1)); done; echo 'srun: error: the last word'; exit 1");
  EXPECT_FALSE(end.start);
  EXPECT_EQ(end.record, "");
  EXPECT_EQ(end.said.last, "the last word");
  EXPECT_NE(end.said.refusal, "");
  EXPECT_EQ(end.signal, 0);
}

// The disk of the run may be full.
TEST_F(NearAttemptTest, TheRecordOfTheEndMayComeInFramesAlone) {
  ASSERT_TRUE(files_.begin("job"));
  std::string frames;
  add_frames(FarChannel::ended, record_of_end(), frames);
  EXPECT_EQ(end_of(prints(frames)).record, "") << "its end was cut off";
  add_frames(FarChannel::ended, {}, frames);
  EXPECT_EQ(end_of(prints(frames)).record, record_of_end());
  // The file is whole whenever it is there.
  ASSERT_TRUE(files_.put(names::k_far_ended_suffix, "of the file"));
  EXPECT_EQ(end_of(prints(frames)).record, "of the file");
}

TEST_F(NearAttemptTest, AStartIsSeenWhateverSrunPrints) {
  ASSERT_TRUE(files_.begin("job"));
  start_on_node();
  ASSERT_TRUE(files_.put(names::k_far_ended_suffix, record_of_end()));
  const NearEnd end = end_of("exit 1");
  ASSERT_TRUE(end.start);
  EXPECT_EQ(end.start->node, "n1");
  EXPECT_FALSE(end.abandoned);
  EXPECT_TRUE(files_.told().empty());
}

// srun was killed, and Slurm may let the step go on.
TEST_F(NearAttemptTest, ATestWhoseSrunIsGoneIsEndedAndItsRecordAwaited) {
  ASSERT_TRUE(files_.begin("job"));
  start_on_node();
  const NearEnd end =
      end_of("(n=0; until grep -q '^15$' '" + path("far/7.control") +
             "' || [ $n = 5000 ]; do n=$((n + 1)); done; " + put_record() + ") >/dev/null 2>&1 &");
  EXPECT_TRUE(end.abandoned);
  EXPECT_EQ(end.signal, 0);
  EXPECT_EQ(end.record, record_of_end());
  EXPECT_EQ(files_.told(), std::vector<int>{SIGTERM});
}

TEST_F(NearAttemptTest, NobodyWaitsForTheRecordOfWhatNeverBegan) {
  ASSERT_TRUE(files_.begin("job"));
  plan_.policy.grace = Milliseconds{60'000};  // and as long it would be awaited
  const Milliseconds before = os::monotonic_now();
  const NearEnd none = end_of("echo 'srun: error: Unable to create step' >&2; exit 1");
  EXPECT_FALSE(none.said.launches);
  const NearEnd unable = end_of(
      "echo 'srun: launching StepId=7.0 on host n1, 1 tasks: 0' >&2; "
      "echo 'holdfast: failed to open /x' >&2; exit 1");
  EXPECT_TRUE(unable.said.launches);
  EXPECT_NE(unable.said.trouble, "");
  EXPECT_FALSE(none.abandoned || unable.abandoned);
  EXPECT_TRUE(files_.told().empty());
  EXPECT_LT(os::monotonic_now() - before, plan_.policy.grace);
}

// There is nothing yet that could end gently.
TEST_F(NearAttemptTest, AStepThatDoesNotExistYetIsGivenUpAtOnceAndByForceIfNeedBe) {
  ASSERT_TRUE(files_.begin("job"));
  const std::string heard = path("heard");
  EXPECT_EQ(signal_of_end("trap 'echo TERM >>" + heard +
                          "' TERM; kill -INT $PPID; while true; do sleep 0.05; done"),
            SIGINT);
  std::ifstream file(heard);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "TERM\n");
  EXPECT_EQ(files_.told(), std::vector<int>{SIGINT});
}

TEST_F(NearAttemptTest, TwoSignalsOfOneEventAreToldOnce) {
  ASSERT_TRUE(files_.begin("job"));
  EXPECT_EQ(signal_of_end("trap 'exit 1' TERM; while true; do sleep 0.05; done",
                          [] {
                            ::kill(::getpid(), SIGINT);
                            ::kill(::getpid(), SIGTERM);
                          }),
            SIGINT);
  EXPECT_EQ(files_.told(), std::vector<int>{SIGINT});
}

TEST_F(NearAttemptTest, ASignalThatEndsNothingIsForTheTestUnlessTheCallerIgnoresIt) {
  ASSERT_TRUE(files_.begin("job"));
  const std::string waits =
      "until grep -q '^12$' '" + path("far/7.control") + "'; do sleep 0.01; done";
  EXPECT_EQ(signal_of_end(waits,
                          [&] {
                            around_.callers.ignored = os::signal_bit(SIGHUP);
                            around_.parent_tells = true;  // but not this process
                            for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2}) {
                              ::kill(::getpid(), signal);
                            }
                          }),
            0);
  EXPECT_EQ(files_.told(), (std::vector<int>{SIGUSR1, SIGUSR2}));
}

TEST_F(NearAttemptTest, TheDeathOfCtestEndsTheTestOnce) {
  ASSERT_TRUE(files_.begin("job"));
  EXPECT_EQ(signal_of_end("trap 'exit 1' TERM; while true; do sleep 0.05; done",
                          [&] {
                            const pid_t ctest = ::fork();
                            if (ctest == 0) ::_exit(0);
                            around_.parent = os::watch_living(ctest);
                          }),
            SIGTERM);
  EXPECT_EQ(files_.told(), std::vector<int>{SIGTERM});
}

// Says its news one after the other, a look later than the one that has found the file.
class Lost final : public supervision::Need {
 public:
  Lost(std::vector<News> news, std::string file) : news_(std::move(news)), file_(std::move(file)) {}
  std::optional<supervision::AttemptResult> acquire(supervision::TestAtHand& /*test*/) override {
    return std::nullopt;
  }
  void join(os::Wait& wait) override {
    if (next_ < news_.size()) wait.until(os::monotonic_now() + Milliseconds{5});
  }
  News look(const os::Wait& /*wait*/) override {
    const bool may_say = is_there_;
    is_there_ = is_there_ || std::filesystem::exists(file_);
    return may_say && next_ < news_.size() ? news_[next_++] : News::none;
  }

 private:
  std::vector<News> news_;
  std::string file_;
  bool is_there_ = false;
  std::size_t next_ = 0;
};

TEST_F(NearAttemptTest, ALostLockEndsTheTestAndItsEndMakesHaste) {
  using News = supervision::Need::News;
  const struct {
    std::vector<News> news;
    std::vector<int> told;
  } rows[] = {
      // Within its grace it ends as it likes.
      {{News::lost}, {SIGTERM}},
      {{News::lost, News::over}, {SIGTERM, SIGTERM}},
  };
  plan_.policy.grace = Milliseconds{60'000};
  for (const auto& row : rows) {
    ASSERT_TRUE(files_.begin("job"));
    start_on_node();
    const bool hastens = row.told.size() > 1;
    std::string frame;
    add_frames(FarChannel::started, {}, frame);
    const std::string begins = prints(frame) + "touch '" + path("begun") + "'; ";
    const std::string ends = put_record() + "exit 1";
    const std::string waits =
        "until grep -q '^15$' '" + path("far/7.control") + "'; do sleep 0.01; done; ";
    const int signal = signal_of_end(
        hastens ? "trap \"" + ends + "\" TERM; " + begins + "while true; do sleep 0.05; done"
                : begins + waits + ends,
        [&] {
          static Lost lost(row.news, path("begun"));
          static supervision::Need* const needs[] = {&lost};
          plan_.needs = needs;
        });
    EXPECT_EQ(signal, SIGTERM + 100);
    EXPECT_EQ(files_.told(), row.told);
    files_.remove();
    std::filesystem::remove(path("begun"));
  }
}

TEST_F(NearAttemptTest, WithoutARunsDirectoryNoTestGoesToANode) {
  supervision::Started started({"--test=t", "/bin/t"}, {supervision::k_attached, "SLURM_JOB_ID=7"});
  const supervision::TestAtHand test{
      started.invocation(), {{}, std::move(*os::SignalQueue::open()), {}}, {}, {}, {}};
  plan_.test = &test;
  const supervision::AttemptResult refused = run_on_node(plan_, policy_, around_, relay_, {});
  EXPECT_EQ(refused.outcome, Outcome::internal_error);
  EXPECT_NE(refused.remark.find("no directory for this run"), std::string::npos) << refused.remark;
}

}  // namespace
}  // namespace holdfast::exec
