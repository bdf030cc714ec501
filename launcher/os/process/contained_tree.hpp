#pragma once

#include <signal.h>

#include <vector>

#include "os/process/process_set.hpp"

namespace holdfast::os {

// A tree and the containment around it. Signals other than SIGKILL go to the tree alone, so that a
// process in both does not get them twice.
class ContainedTree final : public ProcessSet {
 public:
  ContainedTree(ProcessSet& tree, ProcessSet& around) : tree_(tree), around_(around) {}

  void signal_all(int signal) override {
    if (signal == SIGKILL) around_.signal_all(signal);
    tree_.signal_all(signal);
  }
  // The gentle signal goes to the tree alone, in the tree's own way.
  void ask_to_end(int signal) override { tree_.ask_to_end(signal); }
  bool is_empty() override {
    const bool reaped = tree_.is_empty();
    return around_.is_empty() && reaped;
  }
  std::vector<NamedProcess> living() override {
    std::vector<NamedProcess> living = tree_.living();
    return living.empty() ? around_.living() : living;
  }
  std::vector<int> news() override {
    std::vector<int> news = tree_.news();
    for (int fd : around_.news()) news.push_back(fd);
    return news;
  }
  void hear_news() override {
    tree_.hear_news();
    around_.hear_news();
  }

 private:
  ProcessSet& tree_;
  ProcessSet& around_;
};

}  // namespace holdfast::os
