// The processes of a cgroup and of the cgroups below it.
#pragma once

#include <cstdint>
#include <string>

#include "os/file/unique_fd.hpp"
#include "os/process/process_set.hpp"

namespace holdfast::os {

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
