// A PID namespace around a process tree: with its first process ends every other one, by the
// kernel, and nobody learns of that end before they are gone. pid_namespaces(7).
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
  // Forks, the child as the first process of a new PID namespace that sees /proc as its processes
  // do. Where that needs a right we have not, in a user namespace in which the user stays who he
  // is. Returns in both, 0 in the child, as fork(2) does; fails, in the parent only, where the
  // machine does not let us.
  //
  // The child's number for others is not its own (1), and getppid() is 0 there. It must reap:
  // every orphan of the namespace is its child.
  Result<pid_t> fork();

  // In the child: the number that a process of the namespace has for those outside; 0: it is gone.
  pid_t number_outside(pid_t pid) const;

 private:
  enum class UserNamespace : std::uint8_t { ours, made_too };
  Result<void> settle(UserNamespace user_namespace, uid_t user, gid_t group);

  UniqueFd descriptors_;  // /proc/<the child>/fdinfo, as it is outside
};

// Everybody in a PID namespace, known by a descriptor (pidfd) of its first process: to be ended by
// SIGKILL only, for nobody else in it can be reached.
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
