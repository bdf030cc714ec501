// A watcher for ending processes when nothing hurries the end and nobody hears of it.
#pragma once

#include "os/process/process_tree.hpp"

namespace holdfast {

class Unhurried final : public os::TreeWatcher {
 public:
  void on_reaped(pid_t /*pid*/, int /*status*/) override {}
  int hurry_fd() override { return -1; }
  bool hurries() override { return false; }
};

}  // namespace holdfast
