// A test in one process tree whose output we capture.
#pragma once

#include <optional>

#include "exec/output/capture.hpp"
#include "exec/output/output_relay.hpp"
#include "os/process/bounded_work.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/attempt/companion.hpp"

namespace holdfast::exec {

class CapturedTest final : public supervision::Companion {
 public:
  // Both must outlive this object.
  CapturedTest(Capture& capture, OutputRelay& relay) : capture_(capture), relay_(relay) {}

  void add_descriptors(std::vector<pollfd>& fds) override;
  void look() override;
  void tell(const std::string& text) override;

  // Call it when the test has ended: it takes the output that is left.
  void finish();

 private:
  void read();

  Capture& capture_;
  OutputRelay& relay_;
};

// Runs one attempt, with its output in `relay`.
supervision::AttemptResult run_captured(const supervision::AttemptPlan& plan,
                                        supervision::Surroundings& around, OutputRelay& relay);

}  // namespace holdfast::exec
