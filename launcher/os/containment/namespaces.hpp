// A PID namespace around a process tree. When its first process ends, the kernel ends all others.
// The parent hears of the first process's end only when the others are gone. See pid_namespaces(7).
#pragma once

#include <sys/types.h>

#include <utility>
#include <vector>

#include "base/result.hpp"
#include "os/containment/private_tmp.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/process_tree.hpp"
#include "values/containment.hpp"

namespace holdfast::os {

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

// The namespaces(7) around a process tree. The kernel makes all of them by one clone(2).
class Namespaces {
 public:
  // Fails as fork() would. Makes the namespaces, and ends their first process at once.
  static Result<void> may_make(Containment wanted);

  // `wanted`: what of it is a namespace counts. `tmp`: for Boundary::tmp; its directories are there
  // already. `network`: for Boundary::netns, the descriptor of a network that others have too,
  // which must stay open until fork() has returned; -1: a network of its own.
  explicit Namespaces(Containment wanted, PrivateTmp tmp = {}, int network = -1)
      : wanted_(wanted.among(k_namespaces)), tmp_(std::move(tmp)), network_(network) {}

  // Forks. The child is the first process in the new namespaces. If we lack the right to make them,
  // the child also gets a user namespace, in which the user stays the same. Returns in both
  // processes as fork(2) does. Fails if the machine does not allow this; it returns only in the
  // parent then.
  //
  // In a PID namespace the child sees itself as number 1, and getppid() is 0 there. Processes
  // outside see another number. The child must reap, because every orphan of the namespace becomes
  // its child.
  Result<pid_t> fork();

  // To be called in the child, if it has a PID namespace.
  // Returns the number that a process of the namespace has outside of the namespace; 0: the process
  // is gone.
  pid_t number_outside(pid_t pid) const;

 private:
  pid_t clone(bool& is_new_user);
  pid_t clone_in_network(int question);
  Result<void> settle();
  // Mounts the /proc of the new PID namespace, and chooses the numbers of its processes.
  Result<void> enter_pid_namespace();

  Containment wanted_;
  PrivateTmp tmp_;
  int network_;
  // Of a PID namespace.
  unsigned greatest_number_ = 0;  // of a process, and one more; 0: not known
  UniqueFd descriptors_;          // /proc/<the child>/fdinfo of the /proc outside
};

// Joins the network with this descriptor (of /proc/<pid>/ns/net), and before that the user
// namespace that it belongs to, if that is another one. Only the user who made that user namespace
// may do so.
Result<void> join_network(int network);

}  // namespace holdfast::os
