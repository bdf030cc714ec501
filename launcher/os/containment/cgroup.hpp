// A cgroup (version 2) around a process tree. Its processes and all processes that they start stay
// in it until they end, whatever they do. See cgroups(7) and the kernel's
// Documentation/admin-guide/cgroup-v2.rst.
//
// The new cgroup lies below the cgroup of the process that makes it. That process must be allowed
// to write there: as root, or because systemd has delegated the upper cgroup to the user. The
// descriptor that make() opens holds a lock (flock(2)) on the cgroup's directory. While any process
// has this descriptor open, the cgroup counts as looked after.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/process_tree.hpp"

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

// The files of a cgroup's directory.

// Returns what a file of a cgroup says; empty: it cannot be read (the cgroup was removed).
std::string read_cgroup_file(int directory, const char* name);

// Writes `text` by one write(2). False: the kernel refuses that.
bool write_cgroup_file(int directory, const char* name, std::string_view text);

// Returns the processes in the cgroup and in the cgroups below it, except those that a PID
// namespace hides from us.
std::vector<pid_t> cgroup_members(int directory);

// Returns the most memory that the cgroup's processes had together, in KiB (memory.peak, Linux
// 5.19). 0: the kernel does not say, for example because the memory controller is not enabled.
std::int64_t memory_peak_kb(int directory);

// The processes of a cgroup and of the cgroups below it.
class CgroupProcesses final : public ProcessSet {
 public:
  // How all processes get SIGKILL: at once by `cgroup.kill` (Linux 5.14), or one by one while they
  // are frozen. If that file is missing, always one by one.
  enum class Killing : std::uint8_t { at_once, one_by_one };

  // The processes of the cgroup with the directory `directory`, which must stay open.
  explicit CgroupProcesses(int directory, Killing killing = Killing::at_once);

  void signal_all(int signal) override;
  bool is_empty() override;
  std::vector<NamedProcess> living() override;
  std::vector<int> news() override;
  void hear_news() override;

 private:
  int directory_;
  Killing killing_;
  UniqueFd events_;  // cgroup.events
  UniqueFd changes_;
};

}  // namespace holdfast::os
