// Whether memory, the limits of this user and the room on disks are enough for tests.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "doctor/base/finding.hpp"
#include "os/machine/limits.hpp"

namespace holdfast::doctor {

// When memory, or the room on a disk, is so scarce that tests fail for it.
enum class Supply : std::uint8_t { enough, low, out };

// Out: less than 64 MiB are free. Low: less than 512 MiB, and less than 5 % of the whole.
constexpr Supply supply_of(std::uint64_t free_kb, std::uint64_t size_kb) {
  if (free_kb < 64 * 1024) return Supply::out;
  return free_kb < 512 * 1024 && free_kb < size_kb / 20 ? Supply::low : Supply::enough;
}

// Whether enough memory is available.

// In KiB. Both take the limits of our cgroups into account. None: the system does not say.
struct Memory {
  std::optional<std::uint64_t> available_kb;
  std::optional<std::uint64_t> size_kb;
};

Memory look_at_memory();
Findings check_memory(const Memory& memory);
// A text such as `2.1 GiB of 3.9 GiB available`.
std::string describe(const Memory& memory);

struct Limits {
  unsigned processors = 1;  // as many tests are thought to run at once
  os::ResourceLimit descriptors = {};
  os::ResourceLimit processes = {};
  std::uint64_t threads = 0;  // of this user
  bool is_root = false;       // `processes` does not hold for root
  std::optional<os::CgroupRoom> room = {};
  os::ResourceLimit core = {};
  std::string core_pattern = {};
  std::string core_trouble = {};  // why core files are lost; empty: they are not, or nobody knows
  unsigned ptrace_scope = 0;      // kernel.yama.ptrace_scope
};

Limits look_at_limits();
Findings check_limits(const Limits& limits);

// A text such as `1024 open files, 7700 threads, no core files`.
std::string describe(const Limits& limits);

// The program to which the kernel gives core files, by core_pattern (core(5)); empty: it writes
// files. And the directory of such files; empty: that in which the process works.
std::string core_program(const std::string& pattern);
std::string core_directory(const std::string& pattern);

// Whether the directories that tests and Holdfast write to have room, and may be written to.

struct Place {
  std::string use;  // "the build tree"
  std::string path;
  bool has_programs = false;    // tests are started from there
  std::string trouble = {};     // why it cannot be looked at; empty: the rest counts
  bool is_missing = false;      // the trouble is that it does not exist
  std::string no_writing = {};  // why nobody can write there; empty: this user can
  dev_t device = 0;
  os::DiskSpace space = {};
};

struct Places {
  std::vector<Place> all;
  std::string user_directory = {};
  std::string user_directory_trouble = {};  // why Holdfast refuses it; empty: it does not
  bool user_directory_is_ours = false;      // it is a directory of this user
};

// `tree` is the build tree; empty: there is none. `patience`: how long a file system may take to
// answer.
Places look_at_places(const std::string& tree, Milliseconds patience);
Findings check_places(const Places& places);

// A text such as `/b has 12.0 GiB free, /tmp has 1.9 GiB free`.
std::string describe(const Places& places);

}  // namespace holdfast::doctor
