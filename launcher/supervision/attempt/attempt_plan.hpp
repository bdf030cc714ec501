// What to do in one attempt.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/settings/policy.hpp"
#include "core/step/build_step.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/wait.hpp"
#include "os/lock/lock_file.hpp"
#include "os/process/execute.hpp"
#include "supervision/attempt/attempt_containment.hpp"
#include "supervision/attempt/companion.hpp"
#include "supervision/base/records.hpp"
#include "supervision/base/step_files.hpp"
#include "supervision/base/surroundings.hpp"
#include "supervision/base/teller.hpp"
#include "supervision/locks/cluster_locks.hpp"

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
        if (taken >= k_much) make_parts_larger();
      }
    }
  }

 private:
  static constexpr std::size_t k_most = 1024UL * 1024UL;
  static constexpr std::size_t k_much = 48UL * 1024UL;
  // Few programs print more at once, and each page that is touched costs time.
  static constexpr std::size_t k_usual_part = 16UL * 1024UL - 64;
  static constexpr std::size_t k_large_part = 64UL * 1024UL;

  void make_parts_larger();

  // The result is valid until the next call.
  std::string_view take(std::size_t which);

  std::array<os::UniqueFd, 2> read_;
  std::array<os::UniqueFd, 2> write_;
  std::size_t size_ = 0;
  std::unique_ptr<char[]> part_;
  std::size_t part_size_ = k_usual_part;
};

struct Grant;
struct Invocation;

// What an attempt on another machine has besides the plan (exec/far).
struct FarOrder {
  const Invocation& invocation;
  const Grant& grant;
  const Policy& policy;  // for the node: take_far_share()
};

struct AttemptPlan {
  os::Command command;
  Policy policy;
  ExitMode mode = ExitMode::command;
  int keeper = -1;  // connection; -1: none
  const AttemptIdentity* identity = nullptr;
  std::vector<os::LockRequest>* locks = nullptr;  // held for as long as anything of the test lives
  ClusterLocks* cluster = nullptr;                // likewise; null: it has no locks over machines
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
  // True: the program is of GoogleTest and may be asked for a report of its cases.
  bool may_ask_for_cases = false;
  std::string_view required_files = {};  // as TestFacts has them
  ContainmentNeeds contained;            // what the policy's containment needs
  Teller* teller = nullptr;
  Companion* companion = &no_companion();
  // The build step; null: the command is a test. Processes that have called setsid(2) do not belong
  // to a build step's tree.
  const BuildStep* step = nullptr;
  const StepOutputs* outputs = nullptr;
  const FarOrder* far = nullptr;  // null: the attempt runs here

  // The descriptors that keep the locks.
  std::vector<int> lock_descriptors() const;
};

}  // namespace holdfast::supervision
