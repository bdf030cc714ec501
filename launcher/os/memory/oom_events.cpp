#include "os/memory/oom_events.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "core/outcome/oom.hpp"
#include "os/file/clock.hpp"
#include "os/file/system_call.hpp"
#include "os/memory/memory_cgroups.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

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

OomEvents OomEvents::open(const std::string& path) {
  OomEvents events;
  std::vector<std::string> places{path};
  if (path.empty()) {
    places.clear();
    for (const MemoryCgroup& group : memory_cgroups()) {
      places.push_back(group.directory +
                       (group.first_version ? "/memory.oom_control" : "/memory.events"));
    }
  }
  for (const std::string& place : places) {
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
