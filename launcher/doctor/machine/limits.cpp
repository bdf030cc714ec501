#include "doctor/machine/limits.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>

#include "base/number.hpp"
#include "base/program_identity.hpp"
#include "base/strings.hpp"
#include "os/file/file_text.hpp"
#include "os/memory/free_memory.hpp"
#include "os/process/execute.hpp"

namespace holdfast::doctor {
namespace {

// What ctest needs besides its tests: its logs, its pipes, the files that it reads.
constexpr std::uint64_t k_descriptors_of_ctest = 64;
// ctest has the output of each running test open, and the keeper two connections and some locks.
constexpr std::uint64_t k_descriptors_of_test = 2;
// Launcher, guard, the test, and what the test starts.
constexpr std::uint64_t k_processes_of_test = 8;

std::string bounded(const std::optional<std::uint64_t>& limit, std::string_view noun) {
  return limit ? counted(*limit, noun) : fmt::format("any number of {}s", noun);
}

void check_descriptors(const Limits& limits, Findings& all) {
  const std::uint64_t needed =
      k_descriptors_of_ctest + k_descriptors_of_test * std::uint64_t{limits.processors};
  if (!limits.descriptors.soft || *limits.descriptors.soft >= needed) return;
  const std::uint64_t wanted = std::max<std::uint64_t>(1024, needed);
  const std::uint64_t most = limits.descriptors.hard.value_or(wanted);
  all.push_back({Kind::few_descriptors,
                 fmt::format("a process may have {} open, and ctest -j{} needs about {}",
                             counted(*limits.descriptors.soft, "file"), limits.processors, needed),
                 "RLIMIT_NOFILE", "raise the limit in the shell that starts ctest",
                 most >= needed ? fmt::format("ulimit -n {}", std::min(wanted, most)) : ""});
}

void check_processes(const Limits& limits, Findings& all) {
  const std::uint64_t needed = k_processes_of_test * std::uint64_t{limits.processors};
  const std::string by =
      fmt::format(", and ctest -j{} needs about {} more", limits.processors, needed);
  if (!limits.is_root && limits.processes.soft &&
      *limits.processes.soft < limits.threads + needed) {
    all.push_back({Kind::few_processes,
                   fmt::format("this user has {} of the {} processes that it may have{}",
                               limits.threads, *limits.processes.soft, by),
                   "RLIMIT_NPROC", "end what is not needed, or raise the limit (ulimit -u)"});
  }
  if (limits.room && limits.room->left < needed) {
    all.push_back({Kind::few_processes,
                   fmt::format("the cgroup has room for {} of its {} processes{}",
                               limits.room->left, limits.room->most, by),
                   limits.room->directory + "/pids.max",
                   "end what is not needed, or raise the limit (of the container, of the unit)"});
  }
}

}  // namespace

Memory look_at_memory() { return {os::available_memory_kb(), os::total_memory_kb()}; }

Findings check_memory(const Memory& memory) {
  if (!memory.available_kb || !memory.size_kb) return {};
  const Supply supply = supply_of(*memory.available_kb, *memory.size_kb);
  if (supply == Supply::enough) return {};
  return {{supply == Supply::out ? Kind::memory_out : Kind::memory_low,
           fmt::format("of the memory, {}", describe(memory)), "",
           "end what is not needed, run fewer tests at once (ctest -j), or raise the limit of the "
           "cgroup",
           "ps --sort=-rss -eo pid,rss,args | head"}};
}

std::string describe(const Memory& memory) {
  if (!memory.available_kb || !memory.size_kb) return "not known";
  return fmt::format("{} of {} available", describe_size(*memory.available_kb * 1024),
                     describe_size(*memory.size_kb * 1024));
}

std::string core_program(const std::string& pattern) {
  if (!pattern.starts_with('|')) return {};
  std::string_view rest = std::string_view(pattern).substr(1);
  return std::string(take_part(rest, ' '));
}

std::string core_directory(const std::string& pattern) {
  if (!pattern.starts_with('/')) return {};
  const std::string directory = pattern.substr(0, std::max<std::size_t>(1, pattern.rfind('/')));
  return directory.find('%') == std::string::npos ? directory : std::string();
}

Limits look_at_limits() {
  Limits limits;
  limits.processors = os::processors();
  limits.descriptors = os::descriptor_limit();
  limits.processes = os::process_limit();
  limits.is_root = ::geteuid() == 0;
  if (!limits.is_root && limits.processes.soft) limits.threads = os::threads_of_user();
  limits.room = os::process_room();
  limits.core = os::core_limit();
  limits.core_pattern = os::core_pattern();
  const std::string program = core_program(limits.core_pattern);
  const std::string directory = core_directory(limits.core_pattern);
  if (!program.empty()) {
    // The kernel starts it at the top of the machine.
    if (os::is_at_top_of_machine() && !os::is_program(program)) {
      limits.core_trouble = program + " cannot be executed";
    }
  } else if (!directory.empty() && ::access(directory.c_str(), W_OK) != 0) {
    limits.core_trouble = "this user cannot write to " + directory;
  }
  const Result<std::string> scope = os::read_file("/proc/sys/kernel/yama/ptrace_scope");
  limits.ptrace_scope = scope ? leading_number<unsigned>(*scope).value_or(0) : 0;
  limits.may_trace = limits.ptrace_scope < 3 && limits.is_root;
  return limits;
}

Findings check_limits(const Limits& limits) {
  Findings all;
  check_descriptors(limits, all);
  check_processes(limits, all);
  const bool wants_cores = !limits.core.soft || *limits.core.soft > 0;
  if (wants_cores && !limits.core_trouble.empty()) {
    all.push_back({Kind::cores_lost,
                   fmt::format("core files are lost: core_pattern is \"{}\", and {}",
                               limits.core_pattern, limits.core_trouble),
                   "/proc/sys/kernel/core_pattern", "as root, choose where core files go",
                   "sysctl -w kernel.core_pattern=core.%p"});
  }
  // With 1, a launcher lets gdb look at its test.
  if (limits.ptrace_scope >= 2 && !limits.may_trace) {
    all.push_back({Kind::tracing_forbidden,
                   fmt::format("gdb may not look at tests: kernel.yama.ptrace_scope is {}",
                               limits.ptrace_scope),
                   "/proc/sys/kernel/yama/ptrace_scope",
                   "as root, allow it, if you want whole stacks of tests that took too long",
                   "sysctl -w kernel.yama.ptrace_scope=1"});
  }
  return all;
}

std::string describe(const Limits& limits) {
  const bool has_cores = !limits.core.soft || *limits.core.soft > 0;
  return fmt::format("{}, {}, {}", bounded(limits.descriptors.soft, "open file"),
                     bounded(limits.is_root ? std::nullopt : limits.processes.soft, "thread"),
                     has_cores ? "core files by \"" + limits.core_pattern + "\"" : "no core files");
}

}  // namespace holdfast::doctor
