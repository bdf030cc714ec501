// One process of a batch, looked after while it runs: what it prints is passed on, what it says of
// its cases is told, and each of them has its time. How a case is followed differs by framework.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/batch/batch.hpp"
#include "exec/batch/worker_link.hpp"
#include "exec/output/capture.hpp"
#include "exec/output/output_relay.hpp"
#include "supervision/attempt/companion.hpp"

namespace holdfast::exec {

// A part of the captured file.
struct OutputRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// What a worker is made for. All that it refers to must outlive the worker.
struct WorkerOrder {
  // The worker calls this for each event, in order. With case_ended, the range is the case's
  // output; it is empty where that is not known.
  using Tell = std::function<void(const BatchEvent&, const OutputRange&)>;

  Capture& capture;
  OutputRelay& relay;
  WorkerLink& link;
  Milliseconds case_timeout;
  const std::string& own_case;  // the process is started for that one alone; empty: it is not
  Tell tell;
  // The worker calls this before each wait that has no limit, and every 5 ms while the program
  // works.
  std::function<void()> told;
};

class BatchWorker : public supervision::Companion {
 public:
  virtual ~BatchWorker() = default;

  // The process is gone; `end` says how it ended. Takes its last output and messages. Returns the
  // output of the case that it was in, if any.
  virtual OutputRange finish(const ProcessEnd& end) = 0;
};

}  // namespace holdfast::exec
