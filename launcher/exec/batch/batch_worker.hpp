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
  // Told in order, of what happens in the worker; the range is the case's, with case_ended. It is
  // empty where it is not known.
  using Tell = std::function<void(const BatchEvent&, const OutputRange&)>;

  Capture& capture;
  OutputRelay& relay;
  WorkerLink& link;
  Milliseconds case_timeout;
  const std::string& own_case;  // the process is started for that one alone; empty: it is not
  Tell tell;
  // Called before anything is waited for without end, and every 5 ms while the program is at work.
  std::function<void()> told;
};

class BatchWorker : public supervision::Companion {
 public:
  virtual ~BatchWorker() = default;

  // It is gone, and has ended like that: takes what it has left to say. Returns the output of the
  // case it was in, if any.
  virtual OutputRange finish(const ProcessEnd& end) = 0;
};

}  // namespace holdfast::exec
