// Finds processes that are not below this one, by what /proc shows of them: a test's output that
// they have open, or the tag of their attempt.
//
// Hazards. A scan of /proc is not a snapshot and can miss a process that forks all the time. So a
// set counts as empty after several empty scans in a row, and even that is no proof. Between fork
// and exec a test's main process shows the environment of its guard. Until take_tag() (execute.hpp)
// it also shows the limits of its guard, and so nothing of its attempt. Until exec it has the
// guard's connection to the keeper open, and a keeper ends what an attempt has left only when that
// connection has ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "os/file/descriptors.hpp"
#include "os/process/process_tree.hpp"

namespace holdfast::os {

// --- By an open output ----------------------------------------------------------------------
//
// Whoever reads a test's output to its end waits for the processes that have it open.

// A pipe or a socket. Different descriptors can lead to the same one. Not there: there is no
// stream, or it is a file, whose end nobody waits for.
using Stream = FileId;

Stream stream_of(int fd);
// Returns the stream that `process` has as `fd`.
Stream stream_of(pid_t process, int fd);

// True: the process has one of the streams open.
bool holds_stream(pid_t process, const std::vector<Stream>& streams);

// True: we may not look at what the process has open, and it runs as `user` (uid, of any kind). The
// kernel hides that of processes that are not dumpable, prctl(2): their files have capabilities, or
// they protect a secret, as ssh-agent does.
bool may_hold_unseen(pid_t process, unsigned user);

// Returns all processes except `but` that have the stream open, as far as we may look at them.
std::vector<NamedProcess> holders_of(const Stream& stream, const std::vector<pid_t>& but);

// --- By a tag -------------------------------------------------------------------------------
//
// This is the last resort, when launcher and guard are both dead and nobody supervises what they
// left.

// What a process shows of the attempt to which it belongs (base/process_name.hpp).
struct ProcessMarks {
  pid_t pid = 0;
  std::uint64_t number = 0;      // its soft RLIMIT_LOCKS; 0: unlimited or unreadable
  std::string_view environment;  // as in /proc/<pid>/environ; empty: cleared or unreadable
};

class TaggedProcesses final : public ProcessSet {
 public:
  // The processes of one attempt and of attempts inside it, and their untagged descendants.
  explicit TaggedProcesses(const std::string& attempt);
  // The processes for which `belongs` returns true, so that one scan serves any number of attempts.
  // Every scan calls `belongs` anew.
  using Belongs = std::function<bool(const ProcessMarks&)>;
  explicit TaggedProcesses(Belongs belongs);
  // With both constructors, this process and its ancestors are never members, whatever they show.

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
    UniqueFd held;  // pidfd, because another process can get the number
  };
  void scan(std::initializer_list<int> signals = {});
  bool is_tagged(pid_t pid) const;
  void meet(pid_t pid, UniqueFd held, std::initializer_list<int> signals);
  void note_children_of(pid_t pid, const std::vector<Seen>& all);
  void meet_kin(std::initializer_list<int> signals);

  Belongs belongs_;
  bool with_kin_ = false;
  std::vector<Seen> kin_;  // descendants of members, as a scan saw them; their parents may be gone
  std::vector<pid_t> own_line_;
  std::vector<Member> members_;
};

}  // namespace holdfast::os
