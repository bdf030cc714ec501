// The stacks of a test that is about to be ended, taken while it still lives and told in its own
// output, where ctest keeps it.
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
  // Both must outlive this object.
  AttemptStacks(const AttemptPlan& plan, const GuardProcess& guard) : plan_(plan), guard_(guard) {}

  // Starts taking those of the whole tree, by a debugger that is our child and not of the tree: to
  // be called before anything is sent to the tree. Tells those that were being taken. False when
  // there is no time for them, or nobody wants them.
  bool take();
  bool are_being_taken() const { return dump_.has_value(); }
  // Stops where it is and tells what there is, if they are being taken.
  void tell();
  // The same, and tells nothing.
  void drop() { dump_.reset(); }

  // For the poll loop, while they are being taken.
  int fd() const { return dump_ ? dump_->fd() : -1; }
  Milliseconds deadline() const { return dump_ ? dump_->deadline() : k_longest; }
  // True when they are whole.
  bool go_on() { return dump_ && dump_->go_on(); }

  // Writes into the test's output; what nobody reads is dropped.
  void tell_in_output(const std::string& text) const;

 private:
  const AttemptPlan& plan_;
  const GuardProcess& guard_;
  std::optional<os::StackDump> dump_;
};

}  // namespace holdfast::supervision
