// Tells holdfast-exec things without a system call: docs/internals/worker-protocol.md.
#pragma once

#include <stdint.h>

#include "packets.hpp"

namespace holdfast {
namespace gtest_support {

// The log stays mapped as long as the process lives.
class ProgressLog {
 public:
  // The result is not valid if `file` cannot be mapped.
  static ProgressLog map(Descriptor file);

  bool valid() const { return start_ != nullptr; }

  // Waits for room in the log, ten seconds at most. Wakes the reader, through the socket, only if
  // the reader has asked for that. False: the message is too long, or exec does not hear us.
  bool say(int socket, const Message& message);

 private:
  uint32_t* written() const { return reinterpret_cast<uint32_t*>(start_); }
  uint32_t* wants_news() const { return written() + 1; }

  char* start_ = nullptr;
};

}  // namespace gtest_support
}  // namespace holdfast
