// The process that os/process/bounded_work.hpp forks.
#pragma once

#include "os/process/bounded_order.hpp"

namespace holdfast::os {

// What the runner reports when all is over.
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

// In a freshly forked process; never returns.
[[noreturn]] void be_bounded_runner(const BoundedOrder& order, const BoundedPipes& pipes);

}  // namespace holdfast::os
