// What is said to holdfast-exec without a system call: docs/internals/worker-protocol.md.
#pragma once

#include <stdint.h>

#include "packets.hpp"

namespace holdfast {
namespace gtest_support {

// Mapped for as long as the process lives.
class ProgressLog {
 public:
  ProgressLog() : start_(nullptr) {}

  // Not valid where that cannot be mapped.
  static ProgressLog map(Descriptor file);

  bool valid() const { return start_ != nullptr; }

  // Wakes the reader, by the socket, only if it wants to be; waits for room, ten seconds at most.
  // False when nobody hears us.
  bool say(int socket, const std::string& message);

 private:
  uint32_t* written() const { return reinterpret_cast<uint32_t*>(start_); }
  uint32_t* wants_news() const { return written() + 1; }

  char* start_;
};

}  // namespace gtest_support
}  // namespace holdfast
