// Runs the cases of a batch with isolation `process`, as many at once as there are slots. A case
// that runs alone costs a fork more than without this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "core/batch/batch_event.hpp"
#include "core/settings/policy.hpp"
#include "exec/batch/batch_worker.hpp"
#include "exec/batch/case_process.hpp"
#include "exec/batch/lent_slots.hpp"
#include "exec/output/output_relay.hpp"
#include "supervision/base/surroundings.hpp"

namespace holdfast::exec {

// True: processes of the test's cases may run at once. A service and a containment are for one
// process of the batch at a time. What stays for other tests is handed to the keeper on the one
// connection of the attempt. In the attempt that runs alone no case runs beside another.
bool allows_side_by_side(const Policy& policy);

class SideBySide {
 public:
  struct Parts {
    supervision::Surroundings& around;
    OutputRelay& relay;
    LentSlots& slots;
    Milliseconds grace;
    // Returns the action for the next case, which then counts as begun; none: no case waits.
    std::function<std::optional<BatchAction>()> next;
    std::function<std::size_t()> waiting;  // how many more wait
    // Called in the process of the case.
    std::function<void(const BatchAction&, CaseProcessReport&)> work;
    // Called when a case and all before it are over, in the order of their begins.
    std::function<void(const CaseProcess&, const OutputRange&)> ended;
  };
  explicit SideBySide(Parts parts) : parts_(std::move(parts)) {}

  // Why no more cases began: a signal that ends tests, or ctest's death.
  struct End {
    EndReason reason = EndReason::none;
    int signal = 0;  // the first such signal; SIGTERM if ctest died
  };
  // Returns when no case runs or waits. Passes signals that end tests on to the cases, and ends
  // them when ctest dies; then no more cases begin.
  End run();

 private:
  std::size_t running() const;
  void start_cases();
  void wait();
  void look();
  void read_signals();
  enum class Passing : std::uint8_t { needed, done };
  void end_all(End end, Passing passing);

  Parts parts_;
  std::deque<std::unique_ptr<CaseProcess>> cases_;  // the output of the first is passed on
  std::uint64_t first_from_ = 0;                    // where that begins in the file
  End end_;                                         // a reason: no more cases begin
  bool is_parent_watched_ = true;
  Milliseconds kill_at_ = k_longest;
};

}  // namespace holdfast::exec
