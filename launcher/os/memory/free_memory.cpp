#include "os/memory/free_memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/memory/memory_cgroups.hpp"
#include "os/process/proc_numbers.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

constexpr std::size_t k_longest_file = 16UL * 1024;

// Returns the number that follows `key` at the beginning of a line.
std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = take_part(text, '\n');
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    return leading_number<std::uint64_t>(line);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number_behind(const Result<std::string>& text, std::string_view key) {
  return text ? number_behind(std::string_view(*text), key) : std::nullopt;
}

// In bytes. A limit that is no number ("max") is no limit; in version 1, "no limit" is a number
// that no machine reaches.
std::optional<std::uint64_t> limit_of(const MemoryCgroup& group) {
  const char* file = group.first_version ? "/memory.limit_in_bytes" : "/memory.max";
  return number_behind(read_file(group.directory + file), "");
}

// Returns the memory that the cgroup has left. Unused pages of files count as free, because the
// kernel gives them up before it kills anybody.
std::optional<std::uint64_t> left_in_cgroup_kb(const MemoryCgroup& group) {
  const bool first = group.first_version;
  const std::string files = group.directory + "/memory.";
  const auto limit = limit_of(group);
  const auto used = number_behind(read_file(files + (first ? "usage_in_bytes" : "current")), "");
  if (!limit || !used) return std::nullopt;
  const auto cached =
      number_behind(read_file(files + "stat"), first ? "total_inactive_file " : "inactive_file ");
  const std::uint64_t kept = *used - std::min(*used, cached.value_or(0));
  return (*limit - std::min(*limit, kept)) / 1024;
}

struct Seen {
  pid_t pid = 0;
  pid_t parent = 0;
  std::uint64_t start = 0;
  std::uint64_t resident_kb = 0;
};

std::optional<Seen> look_at(pid_t pid) {
  const Result<std::string> stat = read_file(in_proc(pid, "stat"));
  if (!stat) return std::nullopt;
  static const auto page_kb = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
  return Seen{pid, stat_number<pid_t>(*stat, 4), stat_number<std::uint64_t>(*stat, 22),
              stat_number<std::uint64_t>(*stat, 24) * page_kb};
}

std::vector<Seen> all_processes() {
  std::vector<Seen> all;
  for_each_process([&](pid_t pid) {
    if (const std::optional<Seen> seen = look_at(pid)) all.push_back(*seen);
  });
  return all;
}

}  // namespace

std::optional<std::uint64_t> available_memory_kb() {
  std::optional<std::uint64_t> least =
      number_behind(read_file("/proc/meminfo", k_longest_file), "MemAvailable:");
  for (const MemoryCgroup& group : memory_cgroups()) {
    const std::optional<std::uint64_t> left = left_in_cgroup_kb(group);
    if (left && (!least || *left < *least)) least = left;
  }
  return least;
}

std::optional<std::uint64_t> total_memory_kb() {
  std::optional<std::uint64_t> least =
      number_behind(read_file("/proc/meminfo", k_longest_file), "MemTotal:");
  for (const MemoryCgroup& group : memory_cgroups()) {
    const std::optional<std::uint64_t> limit = limit_of(group);
    if (limit && (!least || *limit / 1024 < *least)) least = *limit / 1024;
  }
  return least;
}

std::uint64_t memory_in_use_kb(const std::vector<ProcessName>& roots) {
  if (roots.empty()) return 0;
  const std::vector<Seen> all = all_processes();
  std::vector<const Seen*> found;
  for (const Seen& one : all) {
    const bool is_root = std::ranges::any_of(roots, [&](const ProcessName& root) {
      return root.pid == one.pid && root.start == one.start;
    });
    if (is_root) found.push_back(&one);
  }
  // For each process that it meets, the loop appends the children to `found`.
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    sum += found[i]->resident_kb;
    for (const Seen& one : all) {
      if (one.parent == found[i]->pid) found.push_back(&one);
    }
  }
  return sum;
}

}  // namespace holdfast::os
