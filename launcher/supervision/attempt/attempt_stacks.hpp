// Takes the stacks of a test that is about to be ended, while the test still lives. The stacks go
// to the test's output, which ctest keeps.
#pragma once

#include <optional>
#include <string>

#include "core/base/duration.hpp"
#include "os/stack/stack_dump.hpp"
#include "supervision/attempt/attempt_plan.hpp"
#include "supervision/attempt/guard_process.hpp"

namespace holdfast::supervision {

class AttemptStacks {
 public:
  // Both arguments must outlive this object.
  AttemptStacks(const AttemptPlan& plan, const GuardProcess& guard) : plan_(plan), guard_(guard) {}

  // Starts to take the stacks of the whole tree. The debugger is our child and does not belong to
  // the tree. To be called before any signal is sent to the tree. If stacks are already being
  // taken, writes those to the output first. False: there is no time for stacks, or nobody wants
  // them.
  bool take();
  bool are_being_taken() const { return dump_.has_value(); }
  // If stacks are being taken, stops now and writes what there is to the output.
  void tell();
  // Stops now and writes nothing.
  void drop() { dump_.reset(); }

  // For the poll loop, while stacks are being taken.
  int fd() const { return dump_ ? dump_->fd() : -1; }
  Milliseconds deadline() const { return dump_ ? dump_->deadline() : k_longest; }
  // True: the stacks are complete.
  bool go_on() { return dump_ && dump_->go_on(); }

  // Writes into the test's output; drops what nobody reads.
  void tell_in_output(const std::string& text) const;

 private:
  const AttemptPlan& plan_;
  const GuardProcess& guard_;
  std::optional<os::StackDump> dump_;
};

}  // namespace holdfast::supervision
