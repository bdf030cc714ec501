// The namespaces(7) around a process tree. The kernel makes all of them by one clone(2).
#pragma once

#include <sys/types.h>

#include <utility>

#include "core/base/result.hpp"
#include "core/settings/containment.hpp"
#include "os/containment/pid_namespace.hpp"
#include "os/containment/private_tmp.hpp"

namespace holdfast::os {

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
  pid_t number_outside(pid_t pid) const { return pids_.number_outside(pid); }

 private:
  pid_t clone(bool& is_new_user);
  pid_t clone_in_network(int question);
  Result<void> settle();

  Containment wanted_;
  PrivateTmp tmp_;
  int network_;
  PidNamespace pids_;
};

}  // namespace holdfast::os
