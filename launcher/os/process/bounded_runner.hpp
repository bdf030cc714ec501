// The order for bounded work (os/process/bounded_work.hpp), its end, and the process that is forked
// for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"

namespace holdfast::os {

struct BoundedOrder {
  // The work is either this command, whose [0] is looked up in our own PATH.
  std::vector<std::string> words;
  // Or the work is this function, which runs in a process of its own. The function must not need
  // threads. Its result is the output. If it fails, the output is the error's text, and the exit
  // code is 1.
  std::function<Result<std::string>()> work;
  std::vector<std::string> environment;  // `NAME=VALUE`, complete; for a command
  std::string directory;                 // empty: ours; for a command
  std::string input;                     // what a command reads on stdin; empty: /dev/null
  Milliseconds time{0};
  std::size_t most_output = 64 * 1024;  // more is read and dropped
  bool errors_apart = false;            // stderr goes to `errors` instead of the output
};

struct BoundedEnd {
  enum class Kind : std::uint8_t {
    exited,
    signalled,
    too_late,     // the time was over, and the work was ended
    not_started,  // `code` is errno
  };
  Kind kind = Kind::not_started;
  int code = 0;
  std::string output;
  std::string errors;       // its first 4 KiB
  bool output_cut = false;  // there was more
};

// What the runner reports when nothing of the work is left.
struct BoundedReport {
  BoundedEnd::Kind kind = BoundedEnd::Kind::not_started;
  int code = 0;
};

struct BoundedPipes {
  int output = -1;  // for writing
  int errors = -1;  // -1: with the output
  int report = -1;  // SOCK_SEQPACKET; a hang-up: the parent died or does not wait
  int input = -1;   // for reading; -1: there is nothing to read
};

// To be called in a freshly forked process. Never returns.
[[noreturn]] void be_bounded_runner(const BoundedOrder& order, const BoundedPipes& pipes);

}  // namespace holdfast::os
