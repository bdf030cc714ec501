// Processes known only by the tags of their attempt: the last resort, when launcher and guard are
// both dead and what they left belongs to nobody.
//
// Hazards. A scan of /proc is not a snapshot: a process that forks all the time can be missed by
// it, so an empty set is believed after several empty scans in a row, and even that is no proof.
// Between fork and exec a child has its parent's environment but always its limits.
#pragma once

#include <string>

#include "os/process_set.hpp"
#include "os/unique_fd.hpp"

namespace holdfast::os {

class TaggedProcesses final : public ProcessSet {
 public:
  explicit TaggedProcesses(std::string attempt);
  // This process and its ancestors are never members, whatever their environment says.

  void signal_all(int signal) override;
  bool is_empty() override;
  std::vector<NamedProcess> living() override;
  std::vector<int> news() override;
  void hear_news() override {}

 private:
  struct Member {
    NamedProcess process;
    UniqueFd held;  // pidfd: the number cannot come to mean another process
  };
  void scan();
  bool is_member(pid_t pid) const;

  std::string attempt_;
  std::uint64_t tag_;
  std::vector<pid_t> own_line_;
  std::vector<Member> members_;
};

}  // namespace holdfast::os
