// A cgroup (version 2) around a process tree. Its processes and all that they start stay in it
// until they end, whatever they do. cgroups(7), and the kernel's
// Documentation/admin-guide/cgroup-v2.rst.
//
// It lies below the cgroup of the process that makes it, and that process must be allowed to write
// there: as root, or because systemd delegated the upper cgroup to the user. The descriptor that
// make() opens holds a lock (flock(2)) on the cgroup's directory. While any process has that
// descriptor open, the cgroup counts as looked after.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

class Cgroup {
 public:
  // Makes a cgroup of that name. Fails where this process may not, or there is no cgroup2.
  static Result<Cgroup> make(const std::string& name);

  // The cgroup of a directory that somebody else has opened.
  Cgroup(std::string name, UniqueFd directory)
      : name_(std::move(name)), directory_(std::move(directory)) {}

  const std::string& name() const { return name_; }
  int directory() const { return directory_.get(); }

  // Opens the file through which a process joins, by writing "0".
  Result<UniqueFd> open_entrance() const;

  // Moves its processes to the cgroup above.
  void let_go() const;

  // Removes it and the cgroups below it. Waits up to a second for processes that are just ending.
  Result<void> remove() const;

 private:
  std::string name_;
  UniqueFd directory_;
};

// Cgroups below the cgroup2 mount whose name begins with `prefix` and that nobody looks after. From
// then on, whoever has the result looks after them.
std::vector<Cgroup> forsaken_cgroups(const std::string& prefix);

}  // namespace holdfast::os
