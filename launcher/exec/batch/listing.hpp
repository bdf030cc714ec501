// A program that lists its cases: what it prints is kept, not passed on.
#pragma once

#include <string>

#include "exec/batch/worker_link.hpp"
#include "exec/output/capture.hpp"
#include "exec/output/output_relay.hpp"
#include "supervision/attempt/companion.hpp"

namespace holdfast::exec {

class Listing final : public supervision::Companion {
 public:
  // `limit`: it is ended after that; 0: never. The others must outlive this object.
  Listing(Capture& capture, OutputRelay& relay, WorkerLink& link, Milliseconds limit);

  void add_descriptors(std::vector<pollfd>& fds) override;
  void look() override;
  bool wants_start() const override { return true; }
  void on_main_started(pid_t main) override;
  Milliseconds deadline() override { return until_; }
  Verdict on_deadline() override { return Verdict::end_tree; }
  void on_pause(Milliseconds length) override;
  // What it says beside the list (a sanitizer, stacks) is the test's output.
  void tell(const std::string& text) override { relay_.write(Stream::errors, text); }

  // It is gone.
  void finish();
  const std::string& text() const { return text_; }

 private:
  void answer();

  Capture& capture_;
  OutputRelay& relay_;
  WorkerLink& link_;
  pid_t main_ = -1;
  Milliseconds until_;
  std::string text_;
};

}  // namespace holdfast::exec
