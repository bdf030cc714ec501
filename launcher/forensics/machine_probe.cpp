#include "forensics/machine_probe.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/base/file_name.hpp"
#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "core/base/program_identity.hpp"
#include "os/file/file_text.hpp"
#include "os/lock/lock_survey.hpp"

namespace holdfast::forensics {
namespace {

constexpr std::size_t k_locks_named = 10;

// Reads a line such as `MemTotal:       16311348 kB`.
std::optional<std::uint64_t> bytes_of(std::string_view meminfo, std::string_view key) {
  const std::string lines = "\n" + std::string(meminfo);
  std::size_t at = lines.find("\n" + std::string(key) + ":");
  if (at != std::string::npos) at = lines.find_first_of("0123456789", at);
  if (at == std::string::npos) return std::nullopt;
  return leading_number<std::uint64_t>(lines.substr(at)).value_or(0) * 1024;
}

// The first three numbers of `0.52 0.58 0.59 1/1190 4711`.
std::string_view loads_of(std::string_view loadavg) {
  std::size_t end = 0;
  for (int number = 0; number < 3 && end != std::string_view::npos; ++number) {
    end = loadavg.find(' ', number == 0 ? 0 : end + 1);
  }
  return loadavg.substr(0, end);
}

std::string describe_lock(const os::SurveyedLock& lock) {
  std::string text = lock.name + "@" + lock.scope_directory + ":";
  if (lock.holders.empty() && lock.strangers.empty()) text += " held by nobody who left a record";
  const char* before = " held by ";
  for (const LockParty& holder : lock.holders) {
    text += before + describe_party(holder);
    before = ", ";
  }
  if (lock.tickets > 0) text += "; " + std::to_string(lock.tickets) + " waiting";
  return text;
}

}  // namespace

Result<std::string> describe_machine(std::string_view meminfo, std::string_view loadavg,
                                     long processors) {
  const auto total = bytes_of(meminfo, "MemTotal");
  const auto available = bytes_of(meminfo, "MemAvailable");
  if (!total || !available) return Error{"understand /proc/meminfo"};
  std::string text =
      "memory " + describe_size(*available) + " of " + describe_size(*total) + " available";
  const auto swap = bytes_of(meminfo, "SwapTotal");
  const auto free_swap = bytes_of(meminfo, "SwapFree");
  if (swap && free_swap && *swap > 0) {
    text += ", swap " + describe_size(*free_swap) + " of " + describe_size(*swap);
  }
  return text + ", load " + std::string(loads_of(loadavg)) + " on " +
         counted(processors, "processor");
}

Result<std::string> look_at_machine() {
  const Result<std::string> meminfo = os::read_file("/proc/meminfo");
  if (!meminfo) return meminfo.error();
  const Result<std::string> loadavg = os::read_file("/proc/loadavg");
  if (!loadavg) return loadavg.error();
  return describe_machine(*meminfo, *loadavg, ::sysconf(_SC_NPROCESSORS_ONLN));
}

Result<std::string> look_at_locks(const std::vector<std::string>& places) {
  const std::vector<os::SurveyedLock> locks = os::survey_locks(os::Strangers::leave_out);
  const auto is_asked_for = [&](const os::SurveyedLock& lock) {
    const std::string place = lock.scope_directory + "/" + encode_file_name(lock.name);
    return std::find(places.begin(), places.end(), place) != places.end();
  };
  std::string text;
  std::size_t used = 0;
  for (const os::SurveyedLock& lock : locks) {
    if (!is_asked_for(lock) || !lock.is_in_use() || ++used > k_locks_named) continue;
    text += (text.empty() ? "" : "\n") + describe_lock(lock);
  }
  if (used == 0) return std::string("none in use");
  if (used > k_locks_named) text += "\n… and " + std::to_string(used - k_locks_named) + " more";
  return text;
}

}  // namespace holdfast::forensics
