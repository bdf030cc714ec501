// What to do in one attempt, and what looks on.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attempt/attempt_containment.hpp"
#include "attempt/grant.hpp"
#include "attempt/messages.hpp"
#include "attempt/need.hpp"
#include "attempt/records.hpp"
#include "attempt/step_files.hpp"
#include "attempt/surroundings.hpp"
#include "base/duration.hpp"
#include "base/environment.hpp"
#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/execute.hpp"
#include "values/build_step.hpp"
#include "values/policy.hpp"

namespace holdfast::supervision {

// The pipes that are a process's stdout and stderr, and what comes out of them.

// Which of the two a part came from.
enum class Stream : std::uint8_t { output, errors };

class Capture {
 public:
  // Makes one pipe for both streams, or one for each.
  static Result<Capture> open(bool streams_are_one);

  // Return the descriptors for the process: its stdout and its stderr.
  int output() const { return write_[0].get(); }
  int errors() const { return write_[1].valid() ? write_[1].get() : write_[0].get(); }
  // Closes our copies of these descriptors, once the process has its own.
  void close_writing();

  void join(os::Wait& wait) const;
  // Returns how many bytes a pipe holds.
  std::size_t size() const { return size_; }

  // Reads all that is in the pipes at the call, and calls `use(Stream, std::string_view)` for each
  // part. That is at most about a mebibyte from each pipe, because a pipe holds no more. Does not
  // wait for the end of a pipe, because a process may keep it open for ever.
  template <typename Use>
  void read(Use use) {
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t taken = 0; taken < k_most;) {
        const std::string_view part = take(i);
        if (!part.empty()) use(i == 0 ? Stream::output : Stream::errors, part);
        // A short part was all that the pipe had.
        if (part.size() < part_size_) break;
        taken += part.size();
        if (taken >= k_much && part_size_ != k_large_part) {
          part_size_ = k_large_part;
          part_.reset();
        }
      }
    }
  }

 private:
  static constexpr std::size_t k_most = 1024UL * 1024UL;
  static constexpr std::size_t k_much = 48UL * 1024UL;
  // Few programs print more at once, and each page that is touched costs time.
  static constexpr std::size_t k_usual_part = 16UL * 1024UL - 64;
  static constexpr std::size_t k_large_part = 64UL * 1024UL;

  // The result is valid until the next call.
  std::string_view take(std::size_t which);

  std::array<os::UniqueFd, 2> read_;
  std::array<os::UniqueFd, 2> write_;
  std::size_t size_ = 0;
  std::unique_ptr<char[]> part_;
  std::size_t part_size_ = k_usual_part;
};

// This base class is the companion of a plain attempt: it waits for nothing and limits nothing.
class Companion {
 public:
  // Adds the descriptors that the companion waits for, and the time at which look() is to be called
  // even without news. Also called while the test is paused.
  virtual void join(os::Wait& /*wait*/) {}
  // Called after each wait. Must not wait.
  virtual void look() {}
  // True: the companion wants on_main_started() at once. The guard then sends a packet for that.
  virtual bool wants_start() const { return false; }
  // The test's main process runs. `main` is its number; 0: it has no number here (a PID namespace).
  virtual void on_main_started(pid_t /*main*/) {}
  // Returns the time at which the limit of the running part is over, on the clock of
  // monotonic_now(); k_longest: never. Not called while the test is paused.
  virtual Milliseconds deadline() { return k_longest; }
  // Returns how long the wait may be, less than a second, because the companion also waits for
  // something that its descriptors do not show. 0: the companion waits for no such thing.
  virtual std::chrono::nanoseconds rest() const { return std::chrono::nanoseconds{0}; }
  // Called when the deadline has passed. Returns whether the tree is to be ended for that reason.
  // With end_tree, stacks are taken first.
  enum class Verdict : std::uint8_t { go_on, end_tree, end_without_stacks };
  virtual Verdict on_deadline() { return Verdict::go_on; }
  // Called when the whole tree begins to be ended, for whatever reason.
  virtual void on_tree_ends() {}
  // Nothing of the tree is left. The guard is still ending, so work that is done here delays
  // nobody.
  virtual void on_tree_gone() {}
  // The test was paused for `length`.
  virtual void on_pause(Milliseconds /*length*/) {}
  // Puts text of ours (stacks) into the test's output. For a plain attempt that is our stderr. Text
  // that nobody reads within 200 ms is dropped.
  virtual void tell(const std::string& text);

 protected:
  ~Companion() = default;
};

// Returns the companion of plain attempts. It has no state, so any number of attempts may share it.
Companion& no_companion();

struct AttemptPlan {
  os::Command command;
  Policy policy;
  ExitMode mode = ExitMode::command;
  int keeper = -1;  // connection; -1: none
  const AttemptIdentity* identity = nullptr;
  const TestAtHand* test = nullptr;
  Needs needs = {};                     // held for as long as anything of the test lives
  Milliseconds native_end = k_longest;  // when ctest itself ends the test; monotonic clock
  int timeout_signal = 0;               // sent when time is over; 0: SIGTERM, with the usual grace
  Milliseconds timeout_grace{0};
  Milliseconds stop_time = k_longest;  // ctest's --stop-time; monotonic clock
  Loudness loudness = Loudness::normal;
  // True: this process starts nothing for the test but this attempt, and ctest's signal for the
  // limit ends the attempt.
  bool is_plain = true;
  // If this file is there when the main process ends, the guard compares the rights of the process
  // with its own; empty: it does not.
  std::string rights_file = {};
  ContainmentNeeds contained;  // what the policy's containment needs
  Teller* teller = nullptr;
  Companion* companion = &no_companion();
  // The build step; null: the command is a test. Processes that have called setsid(2) do not belong
  // to a build step's tree.
  const BuildStep* step = nullptr;
  const StepOutputs* outputs = nullptr;

  // The descriptors that keep the needs.
  std::vector<int> kept_descriptors() const;
};

// Where the processes of an attempt leave markers, in the attempt's directory.
std::string marker_directory(const std::string& scratch);

// The environment of the test: what it inherits, and what Holdfast adds
// (docs/reference/environment.md). Its needs may also add to `plan`. `scratch`: the attempt's
// directory; empty: it has none. Valid as long as the invocation's environment.
TestEnvironment attempt_environment(const TestAtHand& test, const std::string& scratch,
                                    AttemptPlan& plan);

// Runs the test. Returns when no process of the tree is left, or when the remaining processes were
// let go. A signal, ctest's death or the end of the test's time makes this function end the tree.
AttemptResult run_attempt(const AttemptPlan& plan, Surroundings& around);

}  // namespace holdfast::supervision
