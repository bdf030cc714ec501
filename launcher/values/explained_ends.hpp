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

// Which programs can lose rights that they had when they started: by becoming another user, by
// changing their root or their mounts, by limiting themselves. Such a program may not be able to
// leave a file that we ask it for, although it has done nothing wrong.
//
// A program can do so only by a function of the C library, which it or one of its own libraries
// imports by name. What the compiler and the C library bring along does not count: it imports such
// functions for purposes of its own (libstdc++ waits by syscall(2)).

// Whether a function of that name can take rights from the process that calls it.
bool takes_rights_away(std::string_view function);

// Whether a library of that file name belongs to the compiler or the C library: `libm.so.6`.
bool is_of_toolchain(std::string_view library);

}  // namespace holdfast
