// A PID namespace around a process tree. When its first process ends, the kernel ends all others.
// The parent hears of the first process's end only when the others are gone. See pid_namespaces(7).
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
  // Fails as fork() would. Makes a namespace whose first process ends at once.
  static Result<void> may_make();

  // Forks. The child is the first process of a new PID namespace and has a /proc for that
  // namespace. If we lack the right for that, the child also gets a user namespace, in which the
  // user stays the same. Returns in both processes as fork(2) does. Fails if the machine does not
  // allow this; it returns only in the parent then.
  //
  // The child sees itself as number 1, and getppid() is 0 there. Processes outside see another
  // number. The child must reap, because every orphan of the namespace becomes its child.
  Result<pid_t> fork();

  // To be called in the child. Returns the number that a process of the namespace has outside of
  // the namespace; 0: the process is gone.
  pid_t number_outside(pid_t pid) const;

 private:
  enum class UserNamespace : std::uint8_t { ours, made_too };
  Result<void> settle(UserNamespace user_namespace, uid_t user, gid_t group);

  UniqueFd descriptors_;  // /proc/<the child>/fdinfo of the /proc outside
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
