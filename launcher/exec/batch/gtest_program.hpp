// Looks after a program while it lists its cases. Keeps the list, which is not for ctest.
#pragma once

#include <string>
#include <vector>

#include "exec/batch/worker_link.hpp"
#include "exec/output/output_relay.hpp"
#include "os/file/wait.hpp"
#include "supervision/attempt/attempt_plan.hpp"

namespace holdfast::exec {

class Listing final : public CapturedOutput {
 public:
  // `lists_on`: the stream that the list comes on. `limit`: the time after which the program is
  // ended; 0: none. The other arguments must outlive this object.
  Listing(supervision::Capture& capture, OutputRelay& relay, WorkerLink& link, Stream lists_on,
          Milliseconds limit);

  void join(os::Wait& wait) override;
  void look() override;
  bool wants_start() const override { return true; }
  void on_main_started(pid_t main) override;
  Milliseconds deadline() override { return until_; }
  Verdict on_deadline() override { return Verdict::end_tree; }
  void on_pause(Milliseconds length) override;

  // To be called when the program is gone.
  void finish();
  const std::string& text() const { return text_; }

 private:
  void answer();
  // Anything besides the list (a sanitizer's report, stacks) is output of the test.
  void take(Stream stream, std::string_view bytes) override;

  WorkerLink& link_;
  Stream lists_on_;
  pid_t main_ = -1;
  Milliseconds until_;
  std::string text_;
};

}  // namespace holdfast::exec
