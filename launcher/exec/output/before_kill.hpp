// Runs the user's hook before-kill, around the companion of an attempt. When the time of the test
// or of a case of its batch is over, the hook runs first. Then the test or case is ended as usual.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "exec/output/output_relay.hpp"
#include "os/process/bounded_work.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/attempt/companion.hpp"

namespace holdfast::exec {

class BeforeKill final : public supervision::Companion {
 public:
  // The processes whose cases have reached the limit of a case.
  using Overdue = std::function<std::vector<pid_t>()>;

  // All arguments must outlive this object. If the user has no hook, this object does nothing.
  // Without `overdue`, the hook runs for the main process, at each deadline of `inner`.
  BeforeKill(supervision::Companion& inner, const supervision::AttemptPlan& plan,
             const OutputRelay& relay, Overdue overdue = {});

  // Returns the plan to run in place of the given one. It has no time limit, because this object
  // keeps the time of the test.
  supervision::AttemptPlan plan();
  // True: the tree was ended because the time of the whole test was over. The result itself says
  // only that a companion ended it.
  bool ended_for_whole() const { return ends_for_whole_; }

  void add_descriptors(std::vector<pollfd>& fds) override;
  void look() override;
  bool wants_start() const override { return true; }
  void on_main_started(pid_t main) override;
  Milliseconds deadline() override;
  Milliseconds look_at() override { return inner_.look_at(); }
  std::chrono::nanoseconds rest() const override { return inner_.rest(); }
  Verdict on_deadline() override;
  void on_tree_ends() override;
  void on_tree_gone() override { inner_.on_tree_gone(); }
  void on_pause(Milliseconds length) override;
  void tell(const std::string& text) override { inner_.tell(text); }

 private:
  // Returns a process whose time is over and for which the hook has not run; 0: none.
  pid_t next_overdue();
  void start(pid_t process);
  // False: the hook still runs.
  bool is_done();

  supervision::Companion& inner_;
  const supervision::AttemptPlan& plan_;
  const OutputRelay& relay_;
  Overdue overdue_;
  pid_t main_ = 0;
  Milliseconds until_ = k_longest;       // of the whole test
  std::optional<os::BoundedWork> hook_;  // while it runs
  Milliseconds hook_time_{0};
  bool hook_is_for_whole_ = false;
  bool ends_for_whole_ = false;
  std::vector<pid_t> seen_;  // overdue processes for which the hook has run
};

}  // namespace holdfast::exec
