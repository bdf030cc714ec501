// A cgroup (version 2) around a process tree. Its processes and all processes that they start stay
// in it until they end, whatever they do. See cgroups(7) and the kernel's
// Documentation/admin-guide/cgroup-v2.rst.
//
// The new cgroup lies below the cgroup of the process that makes it. That process must be allowed
// to write there: as root, or because systemd has delegated the upper cgroup to the user. The
// descriptor that make() opens holds a lock (flock(2)) on the cgroup's directory. While any process
// has this descriptor open, the cgroup counts as looked after.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

class Cgroup {
 public:
  // Makes a cgroup with the name `name`. Fails if this process may not do that, or if there is no
  // cgroup2.
  static Result<Cgroup> make(const std::string& name);

  // Fails as make() would, as far as that can be known without making a cgroup.
  static Result<void> may_make();

  // The cgroup with the directory `directory`, which somebody else has opened.
  Cgroup(std::string name, UniqueFd directory)
      : name_(std::move(name)), directory_(std::move(directory)) {}

  const std::string& name() const { return name_; }
  int directory() const { return directory_.get(); }

  // Opens the file into which a process writes "0" to join the cgroup.
  Result<UniqueFd> open_entrance() const;

  // Moves the processes of this cgroup to the cgroup above.
  void let_go() const;

  // Removes this cgroup and the cgroups below it. Waits up to a second for processes that are just
  // ending.
  Result<void> remove() const;

 private:
  std::string name_;
  UniqueFd directory_;
};

// Returns the cgroups that nobody supervises and whose names begin with `prefix`. Looks everywhere
// below the cgroup2 mount. From now on, whoever has the result looks after these cgroups.
std::vector<Cgroup> forsaken_cgroups(const std::string& prefix);

}  // namespace holdfast::os
