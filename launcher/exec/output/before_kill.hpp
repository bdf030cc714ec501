// The user's hook before-kill, around whoever looks after an attempt: when the time of the test, or
// of a case of its batch, is over, the hook runs first; then what is over is ended, as ever.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "exec/output/output_relay.hpp"
#include "os/process/bounded_work.hpp"
#include "supervision/attempt/attempt.hpp"
#include "supervision/attempt/companion.hpp"

namespace holdfast::exec {

class BeforeKill final : public supervision::Companion {
 public:
  // The processes whose cases have no time left, by the limit of a case.
  using Overdue = std::function<std::vector<pid_t>()>;

  // All must outlive this object. Without a hook it does nothing. `overdue` none: the main process,
  // at each deadline of `inner`.
  BeforeKill(supervision::Companion& inner, const supervision::AttemptPlan& plan,
             const OutputRelay& relay, Overdue overdue = {});

  // What is to be run instead of the plan: the time of the test is kept here.
  supervision::AttemptPlan plan();
  // Whether the tree was ended for the time of the whole test. The result says that it was for a
  // companion.
  bool ended_for_whole() const { return ends_for_whole_; }

  void add_descriptors(std::vector<pollfd>& fds) override;
  void look() override;
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
  // One whose time is over and for which the hook has not run; 0: none.
  pid_t next_overdue();
  void start(pid_t process);
  // False: it goes on.
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
  std::vector<pid_t> seen_;  // by the hook, of those that are overdue
};

}  // namespace holdfast::exec
