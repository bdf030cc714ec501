// Whole attempts at a shell's commands, with needs and companions of the test's own.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attempt/attempt_plan.hpp"
#include "base/text.hpp"
#include "os/child_process.hpp"
#include "os/file/clock.hpp"
#include "os/process/execute.hpp"
#include "os/scratch.hpp"

namespace holdfast::supervision {
namespace {

namespace fs = std::filesystem;

using Words = std::function<std::string(const AttemptResult&)>;

// How an attempt came out: the outcome, how the main process ended, and the note.
std::string in_short(const AttemptResult& result) {
  const ProcessEnd& main = result.observation.main;
  std::string text(name_of(result.outcome));
  if (const auto code = main.exit_code()) text += " code " + std::to_string(*code);
  if (const auto signal = main.signal()) text += " signal " + std::to_string(*signal);
  if (!result.note.empty()) text += ": " + result.note;
  return text;
}

// Runs `script` in a process of its own, because launcher and guard take all signals and children
// there are.
std::string tried(const std::string& script, const std::function<void(AttemptPlan&)>& change,
                  const Words& say = in_short) {
  os::Channel said;
  os::Child child([&] {
    const os::CallersSignals callers = os::take_signals();
    Surroundings around{callers, std::move(*os::SignalQueue::open()), {}};
    const std::vector<std::string> words{"/bin/sh", "-c", script};
    const std::vector<std::string> variables{"PATH=/usr/bin:/bin"};
    std::vector<char*> arguments = os::pointers_to(words);
    std::vector<char*> environment = os::pointers_to(variables);
    AttemptIdentity identity;
    identity.test = "t";
    identity.attempt = "1-2";
    Teller teller(nullptr, Loudness::quiet);
    AttemptPlan plan;
    plan.command = {arguments.data(), environment.data()};
    plan.identity = &identity;
    plan.teller = &teller;
    plan.loudness = Loudness::quiet;  // no stacks
    change(plan);
    said.say(say(run_attempt(plan, around)));
    return 0;
  });
  return said.hear();
}

void change_nothing(AttemptPlan& /*plan*/) {}

constexpr const char* k_forever = "while true; do sleep 0.02; done";

TEST(AnAttempt, EndsAsItsMainProcessDoes) {
  EXPECT_EQ(tried("exit 0", change_nothing), "passed code 0");
  EXPECT_EQ(tried("exit 3", change_nothing), "failed code 3");
  EXPECT_EQ(tried("kill -SEGV $$", change_nothing), "crashed signal 11");
}

TEST(AnAttempt, AtWhatCannotBeExecutedHasNoEndOfAProcess) {
  std::string missing = "/no/such/program";
  char* words[] = {missing.data(), nullptr};
  const auto change = [&](AttemptPlan& plan) { plan.command.arguments = words; };
  EXPECT_EQ(
      tried("", change,
            [](const AttemptResult& result) {
              return text_of({in_short(result), " ", std::to_string(result.report.exec_error)});
            }),
      "launch_failed " + std::to_string(ENOENT));
}

// Whoever needs more than its descriptors to be watched is asked first.
class Watched final : public Need {
 public:
  std::optional<AttemptResult> acquire(TestAtHand& /*test*/) override { return std::nullopt; }
  Result<void> begin_watch() override {
    if (!watchable) return ErrorInWords{"there is no clock"};
    return {};
  }
  void join(os::Wait& wait) override {
    if (!file.empty()) wait.until(os::monotonic_now() + Milliseconds{5});
  }
  News look(const os::Wait& /*wait*/) override {
    if (file.empty() || !fs::exists(file)) return News::none;
    file.clear();
    return news;
  }
  Milliseconds time_left() const override { return left; }

  bool watchable = true;
  std::string file;  // there is news when this file is there
  News news = News::lost;
  Milliseconds left = k_longest;
};

TEST(AnAttempt, IsNotBegunIfANeedCannotBeWatched) {
  const os::Scratch scratch;
  Watched first;
  Watched second;
  second.watchable = false;
  Need* const needs[] = {&first, &second};
  const auto change = [&](AttemptPlan& plan) { plan.needs = needs; };
  EXPECT_EQ(tried("touch " + scratch.path("ran"), change), "internal_error: there is no clock");
  EXPECT_FALSE(fs::exists(scratch.path("ran")));
}

TEST(AnAttempt, IsEndedGentlyForALockThatWillBeLostAndAtOnceForOneThatIs) {
  const os::Scratch scratch;
  Watched need;
  need.file = scratch.path("begun");
  Need* const needs[] = {&need};
  const auto change = [&](AttemptPlan& plan) {
    plan.needs = needs;
    plan.policy.grace = Milliseconds{60'000};
  };
  const std::string begins = "touch " + scratch.path("begun") + "; " + k_forever;
  EXPECT_EQ(tried("trap 'exit 7' TERM; " + begins, change), "lock_lost code 7");
  fs::remove(scratch.path("begun"));
  need.news = Need::News::over;
  EXPECT_EQ(tried("trap '' TERM; " + begins, change), "lock_lost signal 9");
}

// The launcher may be stopped then.
TEST(AnAttempt, IsEndedByItsGuardWhenItsLeaseIsOver) {
  Watched need;
  need.left = Milliseconds{0};
  Need* const needs[] = {&need};
  EXPECT_EQ(tried(k_forever, [&](AttemptPlan& plan) { plan.needs = needs; }), "lock_lost signal 9");
}

// Its time is over when a file is there.
class Limit final : public Companion {
 public:
  explicit Limit(std::string file) : file_(std::move(file)) {}
  void join(os::Wait& wait) override { wait.until(os::monotonic_now() + Milliseconds{5}); }
  Milliseconds deadline() override { return fs::exists(file_) ? os::monotonic_now() : k_longest; }
  Verdict on_deadline() override { return Verdict::end_without_stacks; }

 private:
  std::string file_;
};

TEST(AnAttempt, IsEndedAtItsLimitByTheSignalThatCtestWouldSend) {
  const os::Scratch scratch;
  Limit limit(scratch.path("begun"));
  const auto at_limit = [&](const std::string& traps, int signal, Milliseconds grace) {
    fs::remove(scratch.path("begun"));
    return tried(traps + " touch " + scratch.path("begun") + "; " + k_forever,
                 [&](AttemptPlan& plan) {
                   plan.companion = &limit;
                   plan.policy.grace = Milliseconds{60'000};
                   plan.timeout_signal = signal;
                   plan.timeout_grace = grace;
                 });
  };
  const std::string both = "trap 'exit 7' USR1; trap 'exit 8' TERM;";
  EXPECT_EQ(at_limit(both, 0, Milliseconds{0}), "timed_out code 8");
  EXPECT_EQ(at_limit(both, SIGUSR1, Milliseconds{60'000}), "timed_out code 7");
  // Its own grace counts then, and not the policy's.
  EXPECT_EQ(at_limit("trap '' USR1;", SIGUSR1, Milliseconds{0}), "timed_out signal 9");
}

TEST(AnAttempt, ThatDiesBecauseCtestReadsNoMoreHasNotCrashed) {
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    const auto loses_its_reader = [&](AttemptPlan& plan) {
      Result<os::Pipe> pipe = os::make_pipe();
      ::dup2(pipe->write.get(), stream);
      ::signal(SIGPIPE, SIG_DFL);
      plan.mode = ExitMode::ctest;
    };
    EXPECT_EQ(tried("kill -PIPE $$", loses_its_reader), "interrupted signal 13") << stream;
    EXPECT_EQ(tried("kill -SEGV $$", loses_its_reader), "crashed signal 11") << stream;
    EXPECT_EQ(tried("kill -PIPE $$",
                    [&](AttemptPlan& plan) {
                      loses_its_reader(plan);
                      plan.mode = ExitMode::command;
                    }),
              "crashed signal 13");
  }
  EXPECT_EQ(tried("kill -PIPE $$", [](AttemptPlan& plan) { plan.mode = ExitMode::ctest; }),
            "crashed signal 13");
}

// A shell that becomes the launcher may have children.
TEST(AnAttempt, WhoseGuardIsKilledIsEndedAndNothingElse) {
  pid_t earlier = -1;
  const std::string came_out = tried(
      "kill -9 $PPID; " + std::string(k_forever),
      [&](AttemptPlan& /*plan*/) {
        earlier = ::fork();
        if (earlier != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);  // even if the launcher fails
        while (true) ::pause();
      },
      [&](const AttemptResult& result) {
        const bool lives = ::waitpid(earlier, nullptr, WNOHANG) == 0;
        ::kill(earlier, SIGKILL);
        (void)::waitpid(earlier, nullptr, 0);
        const bool is_alone = ::waitpid(-1, nullptr, WNOHANG) == -1;
        return text_of({name_of(result.outcome), lives ? " lives" : " was ended",
                        is_alone ? "" : ", and something is left"});
      });
  EXPECT_EQ(came_out, "internal_error lives");
}

TEST(AnAttempt, ThatIsEndedWithAnOrphanNamesIt) {
  const os::Scratch scratch;
  Watched need;
  need.file = scratch.path("begun");
  Need* const needs[] = {&need};
  const auto change = [&](AttemptPlan& plan) { plan.needs = needs; };
  const auto orphan = [](const AttemptResult& result) {
    return std::string(result.report.orphan.pid > 0 ? "orphan" : "none");
  };
  EXPECT_EQ(
      tried("(sleep 1000 &); touch " + scratch.path("begun") + "; " + k_forever, change, orphan),
      "orphan");
  fs::remove(scratch.path("begun"));
  EXPECT_EQ(tried("touch " + scratch.path("begun") + "; " + k_forever, change, orphan), "none");
}

// Notes what it is told, a letter for each.
class Told final : public Companion {
 public:
  bool wants_start() const override { return true; }
  void on_main_started(pid_t main) override { told += main > 0 ? "s" : "?"; }
  Milliseconds deadline() override {
    return told.find('s') == std::string::npos ? k_longest : os::monotonic_now();
  }
  Verdict on_deadline() override {
    told += "d";
    return told.ends_with("dd") ? Verdict::end_without_stacks : Verdict::go_on;
  }
  void on_tree_ends() override { told += "e"; }
  void on_tree_gone() override { told += "g"; }

  std::string told;
};

TEST(AnAttempt, TellsItsCompanionWhatHappensInOrder) {
  Told told;
  const auto change = [&](AttemptPlan& plan) { plan.companion = &told; };
  EXPECT_EQ(tried(k_forever, change,
                  [&](const AttemptResult& result) {
                    return text_of({name_of(result.outcome), " ", told.told,
                                    result.ended_for_companion ? " for it" : ""});
                  }),
            "timed_out sddeg for it");
}

TEST(AnAttempt, ThatEndsByItselfIsNotSaidToBeEnded) {
  class Silent final : public Companion {
   public:
    void on_tree_ends() override { told += "e"; }
    void on_tree_gone() override { told += "g"; }
    std::string told;
  } silent;
  EXPECT_EQ(tried(
                "exit 0", [&](AttemptPlan& plan) { plan.companion = &silent; },
                [&](const AttemptResult& result) {
                  return silent.told + (result.ended_for_companion ? " for it" : "");
                }),
            "g");
}

}  // namespace
}  // namespace holdfast::supervision
