// A test whose output goes through our hands: one process tree, as ever.
#pragma once

#include <optional>

#include "exec/capture.hpp"
#include "exec/output_relay.hpp"
#include "launcher/attempt.hpp"
#include "launcher/companion.hpp"
#include "os/bounded_work.hpp"

namespace holdfast::exec {

class CapturedTest final : public launcher::Companion {
 public:
  // All must outlive this object. With a hook before-kill it is this that keeps the test's time.
  CapturedTest(Capture& capture, OutputRelay& relay, const launcher::AttemptPlan& plan);

  void add_descriptors(std::vector<pollfd>& fds) override;
  void look() override;
  void on_main_started(pid_t main) override { main_ = main; }
  Milliseconds deadline() override { return until_; }
  Verdict on_deadline() override;
  void on_tree_ends() override { hook_.reset(); }
  void on_pause(Milliseconds length) override;
  void tell(const std::string& text) override;

  // It is gone: takes what it has left.
  void finish();

 private:
  void read();
  void start_hook();

  Capture& capture_;
  OutputRelay& relay_;
  const launcher::AttemptPlan& plan_;
  pid_t main_ = 0;
  Milliseconds until_ = k_longest;
  std::optional<os::BoundedWork> hook_;  // while it runs
};

// One attempt, with its output in `relay`.
launcher::AttemptResult run_captured(const launcher::AttemptPlan& plan,
                                     launcher::Surroundings& around, OutputRelay& relay);

}  // namespace holdfast::exec
