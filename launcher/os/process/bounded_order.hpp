// What bounded work is to be done (os/process/bounded_work.hpp), and how it ended.
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
  // Either a command, [0] looked up in our own PATH,
  std::vector<std::string> words;
  // or this, in a process of its own: what it returns is the output; of an error the message, and
  // the exit code is 1. Must not count on threads.
  std::function<Result<std::string>()> work;
  std::vector<std::string> environment;  // `NAME=VALUE`, all of it; of a command
  std::string directory;                 // empty: ours; of a command
  Milliseconds time{0};
  std::size_t most_output = 64 * 1024;  // more is read and dropped
  bool errors_apart = false;            // stderr into `errors`, not among the output
};

struct BoundedEnd {
  enum class Kind : std::uint8_t {
    exited,
    signalled,
    too_late,     // the time was over; it has been ended
    not_started,  // `code` is errno
  };
  Kind kind = Kind::not_started;
  int code = 0;
  std::string output;
  std::string errors;       // its first 4 KiB
  bool output_cut = false;  // there was more
};

}  // namespace holdfast::os
