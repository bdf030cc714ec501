#include "os/memory/free_memory.hpp"

#include <fcntl.h>
#include <algorithm>

#include <cerrno>

#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "os/process/process.hpp"
#include "values/outcome.hpp"

namespace holdfast::os {
namespace {

// In bytes. A limit that is no number ("max") is no limit; in version 1, "no limit" is a number
// that no machine reaches.
std::optional<std::uint64_t> limit_of(const MemoryCgroup& group) {
  const char* file = group.first_version ? "/memory.limit_in_bytes" : "/memory.max";
  return number_in(group.directory + file);
}

// Returns the bytes that the cgroup has left. Unused pages of files count as free, because the
// kernel gives them up before it kills anybody.
std::optional<std::uint64_t> left_in(const MemoryCgroup& group) {
  const bool first = group.first_version;
  const std::string files = group.directory + "/memory.";
  const auto limit = limit_of(group);
  const auto used = number_in(files + (first ? "usage_in_bytes" : "current"));
  if (!limit || !used) return std::nullopt;
  const auto cached = number_in(files + "stat", first ? "total_inactive_file " : "inactive_file ");
  const std::uint64_t kept = *used - std::min(*used, cached.value_or(0));
  return *limit - std::min(*limit, kept);
}

// The number of the machine, or of one of our cgroups if that is less, in KiB.
std::optional<std::uint64_t> least_kb(
    std::string_view key, std::optional<std::uint64_t> (*bytes_of)(const MemoryCgroup&)) {
  std::optional<std::uint64_t> least = number_in("/proc/meminfo", key);
  for (const MemoryCgroup& group : memory_cgroups()) {
    const std::optional<std::uint64_t> bytes = bytes_of(group);
    if (bytes && (!least || *bytes / 1024 < *least)) least = *bytes / 1024;
  }
  return least;
}

struct Seen {
  pid_t pid = 0;
  pid_t parent = 0;
  std::uint64_t start = 0;
  std::uint64_t resident_kb = 0;
};

std::vector<Seen> all_processes() {
  const auto page_kb = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
  std::vector<Seen> all;
  for_each_process([&](pid_t pid) {
    const Result<std::string> stat = read_file(in_proc(pid, "stat"));
    if (!stat) return;
    all.push_back({pid, stat_number<pid_t>(*stat, 4), stat_number<std::uint64_t>(*stat, 22),
                   stat_number<std::uint64_t>(*stat, 24) * page_kb});
  });
  return all;
}

// A line of version 2 is `0::/user.slice/…`, one of version 1 is `4:memory:/docker/…` and may name
// several controllers.
void add_line(std::string_view line, bool first_version, std::vector<MemoryCgroup>& found) {
  (void)take_part(line, ':');
  const std::string controllers = text_of({",", take_part(line, ':'), ","});
  if (!line.starts_with('/')) return;
  if (first_version ? controllers.find(",memory,") == std::string::npos : controllers != ",,")
    return;
  const std::string top = first_version ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
  while (line.size() > 1) {
    found.push_back({top + std::string(line), first_version});
    line = line.substr(0, line.rfind('/'));
  }
  found.push_back({top, first_version});
}

// More than either file has; the line is within its first hundred bytes.
constexpr std::size_t k_longest_events = 1024;

UniqueFd open_file(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
}

// `6,1234,5678901234,-;text`: priority, number, microseconds since boot. The kernel's
// Documentation/ABI/testing/dev-kmsg.
std::optional<std::int64_t> time_of(std::string_view record) {
  for (int field = 0; field < 2; ++field) (void)take_part(record, ',');
  return leading_number<std::int64_t>(record);
}

}  // namespace

std::optional<std::uint64_t> available_memory_kb() { return least_kb("MemAvailable:", left_in); }

std::optional<std::uint64_t> total_memory_kb() { return least_kb("MemTotal:", limit_of); }

std::uint64_t memory_in_use_kb(const std::vector<ProcessName>& roots) {
  if (roots.empty()) return 0;
  const std::vector<Seen> all = all_processes();
  std::vector<const Seen*> found;
  for (const Seen& one : all) {
    if (contains(roots, ProcessName{one.pid, one.start})) found.push_back(&one);
  }
  // For each process that it meets, the loop appends the children to `found`.
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    sum += found[i]->resident_kb;
    for (const Seen& one : all) {
      // A root may be below another one.
      const bool is_new = !contains(found, &one);
      if (one.parent == found[i]->pid && is_new) found.push_back(&one);
    }
  }
  return sum;
}

std::vector<MemoryCgroup> memory_cgroups(std::string_view own_groups) {
  std::vector<MemoryCgroup> found;
  for (const bool first_version : {false, true}) {
    for (const std::string_view line : TextParts{own_groups, '\n'}) {
      add_line(line, first_version, found);
    }
  }
  return found;
}

std::vector<MemoryCgroup> memory_cgroups() {
  const Result<std::string> own = read_file("/proc/self/cgroup");
  return own ? memory_cgroups(*own) : std::vector<MemoryCgroup>{};
}

OomEvents OomEvents::open(const std::string& path) {
  OomEvents events;
  const auto file_of_group = [](const MemoryCgroup& group) {
    return group.directory + (group.first_version ? "/memory.oom_control" : "/memory.events");
  };
  for (const std::string& place :
       path.empty() ? collected(memory_cgroups(), file_of_group) : std::vector{path}) {
    events.file_ = open_file(place);
    if (events.count()) return events;
  }
  events.file_.reset();
  return events;
}

std::optional<std::uint64_t> OomEvents::count() const {
  if (!file_.valid()) return std::nullopt;
  char text[k_longest_events];
  const ssize_t got = retried([&] { return ::pread(file_.get(), text, sizeof text, 0); });
  if (got <= 0) return std::nullopt;
  return oom_kills_in({text, static_cast<std::size_t>(got)});
}

bool kernel_log_names_victim(pid_t pid, Milliseconds age) {
  // In any other namespace numbering_id() has the namespace's name after the boot id.
  if (pid <= 0 || numbering_id() != boot_id()) return false;
  const UniqueFd log = open_file("/dev/kmsg");
  if (!log.valid()) return false;
  const std::int64_t since_us = (monotonic_now() - age).count() * 1000;
  // Each read(2) is one record; EPIPE says that older ones were overwritten meanwhile.
  char record[8192];
  while (true) {
    const ssize_t got = retried([&] { return ::read(log.get(), record, sizeof record); });
    if (got < 0 && errno == EPIPE) continue;
    if (got <= 0) return false;
    const std::string_view text(record, static_cast<std::size_t>(got));
    const std::optional<std::int64_t> time = time_of(text);
    if (time && *time >= since_us && names_oom_victim(text, pid)) return true;
  }
}

}  // namespace holdfast::os
