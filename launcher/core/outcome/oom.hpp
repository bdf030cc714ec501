// Whether the kernel killed a test because memory ran out. A death by SIGKILL alone proves nothing:
// an administrator, a container's manager or a script may have sent it. docs/reference/outcomes.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast {

// How many processes the kernel has killed in a cgroup: the line `oom_kill N` of memory.events
// (version 2) or memory.oom_control (version 1). None: the text has no such line.
std::optional<std::uint64_t> oom_kills_in(std::string_view text);

// Whether a line of the kernel's log says that the kernel killed this process: `Out of memory:
// Killed process 17 (name) …`, `Memory cgroup out of memory: Killed process 17 (name) …`.
bool names_oom_victim(std::string_view line, int pid);

// Takes the counter of a whole run's cgroup as evidence for one test. If an attempt dies of SIGKILL
// and the counter rose during the attempt, the rise explains this death and no other. The kernel
// may in fact have killed a helper process of another test: docs/reference/outcomes.md.
class OomClaims {
 public:
  struct Start {
    std::optional<std::uint64_t>
        kills;                 // the counter when the attempt began; none: there is no counter
    std::uint64_t claims = 0;  // how many deaths had been explained by then
  };

  // Call this when an attempt begins.
  Start start(std::optional<std::uint64_t> kills) const { return {kills, claims_}; }

  // Call this when that attempt died of a SIGKILL that nobody we know of sent.
  bool explains_death(const Start& start, std::optional<std::uint64_t> kills);

 private:
  std::uint64_t claims_ = 0;
};

}  // namespace holdfast
