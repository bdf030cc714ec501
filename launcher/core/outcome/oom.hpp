// Whether the kernel killed a test for want of memory. A death by SIGKILL alone says nothing: an
// administrator, a container's manager or a script may have sent it. docs/reference/outcomes.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast {

// How many processes it has killed in a cgroup: the line `oom_kill N` of memory.events (version 2)
// or of memory.oom_control (version 1). None: the text has no such line.
std::optional<std::uint64_t> oom_kills_in(std::string_view text);

// A line of the kernel's log that says that it killed this process: `Out of memory: Killed process
// 17 (name) …`, `Memory cgroup out of memory: Killed process 17 (name) …`.
bool names_oom_victim(std::string_view line, int pid);

// The counter of a whole run's cgroup, as evidence for one test: a rise in the lifetime of an
// attempt that died of SIGKILL explains that death, and each rise only one. A rise may have been a
// helper process of another test at the same time: docs/reference/outcomes.md.
class OomClaims {
 public:
  struct Start {
    std::optional<std::uint64_t> kills;  // as the counter was; none: nobody counts
    std::uint64_t claims = 0;            // deaths that had been explained by then
  };

  // Of an attempt that begins now.
  Start start(std::optional<std::uint64_t> kills) const { return {kills, claims_}; }

  // That attempt has died of SIGKILL, which nobody we know of sent.
  bool explains_death(const Start& start, std::optional<std::uint64_t> kills);

 private:
  std::uint64_t claims_ = 0;
};

}  // namespace holdfast
