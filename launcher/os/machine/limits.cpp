#include "os/machine/limits.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/memory/memory_cgroups.hpp"
#include "os/process/proc_numbers.hpp"

namespace holdfast::os {
namespace {

std::optional<std::uint64_t> bound_of(rlim_t value) {
  if (value == RLIM_INFINITY) return std::nullopt;
  return value;
}

// `resource` is an enumeration in one C library, and a number in another.
template <typename Resource>
ResourceLimit limit_of(Resource resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return {};
  return {bound_of(limit.rlim_cur), bound_of(limit.rlim_max)};
}

// The number in a file of one line. None: the file is missing, or has no number ("max").
std::optional<std::uint64_t> number_in(const std::string& path) {
  const Result<std::string> text = read_file(path);
  return text ? leading_number<std::uint64_t>(*text) : std::nullopt;
}

}  // namespace

ResourceLimit descriptor_limit() { return limit_of(RLIMIT_NOFILE); }
ResourceLimit process_limit() { return limit_of(RLIMIT_NPROC); }
ResourceLimit core_limit() { return limit_of(RLIMIT_CORE); }

std::uint64_t threads_of_user() {
  const uid_t user = ::getuid();
  std::uint64_t threads = 0;
  for_each_process([&](pid_t pid) {
    struct stat info {};
    const std::string tasks = in_proc(pid, "task");
    if (::stat(tasks.c_str(), &info) != 0 || info.st_uid != user) return;
    for_each_number(tasks, [&](int) { ++threads; });
  });
  return threads;
}

std::optional<CgroupRoom> process_room() {
  std::optional<CgroupRoom> least;
  for (const MemoryCgroup& group : memory_cgroups()) {
    if (group.first_version) continue;
    const auto most = number_in(group.directory + "/pids.max");
    const auto now = number_in(group.directory + "/pids.current");
    if (!most || !now) continue;
    const std::uint64_t left = *most - std::min(*most, *now);
    if (!least || left < least->left) least = CgroupRoom{group.directory, left, *most};
  }
  return least;
}

std::string core_pattern() {
  const Result<std::string> text = read_file("/proc/sys/kernel/core_pattern");
  return text ? std::string(trimmed(*text, "\n")) : std::string();
}

unsigned processors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

}  // namespace holdfast::os
