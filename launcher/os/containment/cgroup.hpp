// A cgroup (version 2) around a process tree: whatever its processes do to themselves, they and all
// that they start are in it until they end. cgroups(7), and the kernel's
// Documentation/admin-guide/cgroup-v2.rst.
//
// It lies below the cgroup of the process that makes it, which must be writable: root's, or one
// that was delegated (a user's service of systemd). It is looked after for as long as anybody has
// the descriptor that it was made with: a lock (flock(2)) on its directory says so, and goes with
// the last process that holds it.
#pragma once

#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

class Cgroup {
 public:
  // Makes a cgroup of that name. Fails where this process may not, or there is no cgroup2.
  static Result<Cgroup> make(const std::string& name);

  // The one whose directory that is, opened by somebody else.
  Cgroup(std::string name, UniqueFd directory)
      : name_(std::move(name)), directory_(std::move(directory)) {}

  const std::string& name() const { return name_; }
  int directory() const { return directory_.get(); }

  // Opens the file through which a process joins, by writing "0".
  Result<UniqueFd> open_entrance() const;

  // Takes its processes out, to the cgroup above.
  void let_go() const;

  // Removes it and those below it. Waits up to a second for processes that are just ending.
  Result<void> remove() const;

 private:
  std::string name_;
  UniqueFd directory_;
};

// Cgroups below the cgroup2 mount whose name begins with `prefix` and that nobody looks after.
// Whoever has the result does.
std::vector<Cgroup> forsaken_cgroups(const std::string& prefix);

}  // namespace holdfast::os
