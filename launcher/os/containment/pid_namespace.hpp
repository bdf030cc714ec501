// A PID namespace around a process tree. When its first process ends, the kernel ends all others.
// The parent hears of the first process's end only when the others are gone. See pid_namespaces(7).
#pragma once

#include <sys/types.h>

#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"
#include "os/process/process_set.hpp"

namespace holdfast::os {

class PidNamespace {
 public:
  // To be called in the parent: asks what would cost more in the namespace.
  void prepare();
  // To be called in the namespace's first process, in a mount namespace of its own: mounts the
  // /proc of this namespace, and chooses the numbers of its processes.
  Result<void> enter();

  // Returns the number that a process of the namespace has outside of the namespace; 0: the process
  // is gone.
  pid_t number_outside(pid_t pid) const;

 private:
  unsigned greatest_number_ = 0;  // of a process, and one more; 0: not known
  UniqueFd descriptors_;          // /proc/<the child>/fdinfo of the /proc outside
};

// All processes of a PID namespace, by a descriptor (pidfd) of the first one. We can reach only the
// first process, so SIGKILL for it is the only way to end the others.
class NamespaceProcesses final : public ProcessSet {
 public:
  // `first` must stay open.
  explicit NamespaceProcesses(int first) : first_(first) {}

  void signal_all(int signal) override;
  bool is_empty() override;
  std::vector<NamedProcess> living() override;
  std::vector<int> news() override { return {first_}; }
  void hear_news() override {}

 private:
  int first_;
};

}  // namespace holdfast::os
