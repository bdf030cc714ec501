// Processes known only by the tags of their attempt. This is the last resort, when launcher and
// guard are both dead and nobody owns what they left.
//
// Hazards. A scan of /proc is not a snapshot and can miss a process that forks all the time. So an
// empty set is believed after several empty scans in a row, and even that is no proof. Between fork
// and exec a child may still have its parent's environment, but it always has its limits.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "os/file/unique_fd.hpp"
#include "os/process/process_set.hpp"

namespace holdfast::os {

// What a process shows of the attempt it belongs to (core/base/attempt_tag.hpp).
struct ProcessMarks {
  pid_t pid = 0;
  std::uint64_t number = 0;      // its soft RLIMIT_LOCKS; 0: unlimited or unreadable
  std::string_view environment;  // as in /proc/<pid>/environ; empty: cleared or unreadable
};

class TaggedProcesses final : public ProcessSet {
 public:
  // The processes of one attempt and of attempts inside it, and their untagged descendants.
  explicit TaggedProcesses(const std::string& attempt);
  // The processes for which `belongs` is true, so that one look serves any number of attempts.
  // Every scan asks it anew.
  using Belongs = std::function<bool(const ProcessMarks&)>;
  explicit TaggedProcesses(Belongs belongs);
  // This process and its ancestors are never members, whatever their environment says.

  void signal_all(int signal) override;
  void ask_to_end(int signal) override;
  bool is_empty() override;
  std::vector<NamedProcess> living() override;
  std::vector<int> news() override;
  void hear_news() override {}

 private:
  // A process as a scan met it.
  struct Seen {
    pid_t pid;
    pid_t parent;
    std::uint64_t start;
    bool operator==(const Seen& other) const { return pid == other.pid && start == other.start; }
  };
  struct Member {
    NamedProcess process;
    UniqueFd held;  // pidfd: the number cannot come to mean another process
  };
  void scan(std::initializer_list<int> signals = {});
  bool is_own(pid_t pid) const;
  bool is_tagged(pid_t pid) const;
  void meet(pid_t pid, UniqueFd held, std::initializer_list<int> signals);
  void note_kin_of(pid_t pid, const std::vector<Seen>& all);
  void meet_kin(std::initializer_list<int> signals);

  Belongs belongs_;
  bool with_kin_ = false;
  std::vector<Seen> kin_;  // descendants of members at a scan; parents may be gone
  std::vector<pid_t> own_line_;
  std::vector<Member> members_;
};

}  // namespace holdfast::os
