// A PID namespace around a process tree. When its first process ends, the kernel ends all others,
// and nobody learns of that end before they are gone. pid_namespaces(7).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"
#include "os/process/process_set.hpp"

namespace holdfast::os {

class PidNamespace {
 public:
  // Forks. The child is the first process of a new PID namespace and has a /proc for that
  // namespace. If that needs a right that we lack, the child also gets a user namespace, in which
  // the user stays the same. Returns in both, 0 in the child, as fork(2) does. Fails, in the parent
  // only, where the machine does not allow it.
  //
  // Others know the child by another number than its own (1), and getppid() is 0 there. The child
  // must reap: every orphan of the namespace becomes its child.
  Result<pid_t> fork();

  // In the child: the number that a process of the namespace has outside it; 0: it is gone.
  pid_t number_outside(pid_t pid) const;

 private:
  enum class UserNamespace : std::uint8_t { ours, made_too };
  Result<void> settle(UserNamespace user_namespace, uid_t user, gid_t group);

  UniqueFd descriptors_;  // /proc/<the child>/fdinfo of the /proc outside
};

// All processes of a PID namespace, by a descriptor (pidfd) of its first one. They can only be
// ended by SIGKILL, because nobody else in it can be reached.
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
