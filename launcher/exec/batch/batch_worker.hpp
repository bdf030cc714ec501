// Looks after one process of a batch while it runs. Passes on what the process prints, tells what
// the process says of its cases, and limits the time of each case. Each framework has its own class
// of workers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/batch/batch.hpp"
#include "exec/batch/batch_services.hpp"
#include "exec/batch/worker_link.hpp"
#include "exec/output/output_relay.hpp"
#include "supervision/attempt/capture.hpp"
#include "supervision/attempt/companion.hpp"

namespace holdfast::exec {

// A part of the file that has the batch's output.
struct OutputRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// What a worker is made from. Everything that it refers to must outlive the worker.
struct WorkerOrder {
  // The worker calls this for each event, in order. With case_ended, the range is the case's
  // output; empty: the output's place is not known.
  using Tell = std::function<void(const BatchEvent&, const OutputRange&)>;

  supervision::Capture& capture;
  OutputRelay& relay;
  WorkerLink& link;
  BatchServices& services;
  Milliseconds case_timeout;
  const std::string& own_case;  // the only case of the process; empty: it may run several
  Tell tell;
  // The worker calls this before each wait that has no limit, and every 5 ms while the program
  // works.
  std::function<void()> told;
};

class BatchWorker : public supervision::Companion {
 public:
  virtual ~BatchWorker() = default;

  // To be called when the process is gone; `end` says how it ended. Takes its last output and
  // messages. Returns the output of the case in which it ended, if any.
  virtual OutputRange finish(const ProcessEnd& end) = 0;
};

}  // namespace holdfast::exec
