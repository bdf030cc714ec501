#include "doctor/machine/limits.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/program_identity.hpp"
#include "base/text.hpp"
#include "doctor/base/silent_paths.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
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

constexpr std::uint64_t k_few_inodes = 1000;

// Returns why it cannot be looked at.
std::string look_at(Place& place, Milliseconds patience) {
  if (is_silent(place.path, patience)) return say_silent(place.path, patience);
  struct stat info {};
  if (::stat(place.path.c_str(), &info) != 0) {
    place.is_missing = errno == ENOENT;
    return to_text(os::system_error("look at " + place.path));
  }
  if (!S_ISDIR(info.st_mode)) return place.path + " is no directory";
  place.device = info.st_dev;
  if (::access(place.path.c_str(), W_OK | X_OK) != 0) {
    place.no_writing = errno == EROFS ? "its file system is read-only" : "this user may not";
  }
  const Result<os::DiskSpace> space = os::disk_space(place.path);
  if (!space) return to_text(space.error());
  place.space = *space;
  return {};
}

void look_at_user_directory(Places& places) {
  places.user_directory = os::user_directory_path();
  struct stat info {};
  const bool is_there = ::lstat(places.user_directory.c_str(), &info) == 0;
  places.user_directory_is_ours = is_there && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid();
  places.all.push_back({"the directory of Holdfast's locks",
                        is_there ? places.user_directory : std::string("/tmp")});
  if (!is_there) return;  // opening it would make it
  const Result<os::UniqueFd> opened = os::open_user_directory();
  if (!opened) places.user_directory_trouble = to_text(opened.error());
}

Finding finding_of_user_directory(const Places& places) {
  const std::string& path = places.user_directory;
  const bool is_ours = places.user_directory_is_ours;
  // If it were removed while somebody has locks in it, two could have the same lock.
  return {Kind::directory_refused, "no test can take a lock: " + places.user_directory_trouble,
          path,
          is_ours ? "let nobody else in"
                  : "find out who made it, and why; nobody but this user may have this path",
          is_ours ? "chmod 700 " + for_shell(path) : ""};
}

Finding finding_of_trouble(const Place& place) {
  const bool is_variable = place.use == "TMPDIR";
  std::string advice = place.is_missing ? "make it" : "see what is there";
  if (is_variable)
    advice = "unset TMPDIR, or " + (place.is_missing ? "make the directory" : advice);
  return {Kind::directory_missing, fmt::format("{} cannot be used: {}", place.use, place.trouble),
          place.path, advice, place.is_missing ? "mkdir -p " + for_shell(place.path) : ""};
}

std::string free_of(const Place& place) { return describe_size(place.space.free_kb * 1024); }

void check_space(const Place& place, Findings& all) {
  const os::DiskSpace& space = place.space;
  const std::string size = describe_size(space.size_kb * 1024);
  const std::string what =
      fmt::format("{} has {} of {} left: {}", place.use, free_of(place), size, place.path);
  const Supply supply = supply_of(space.free_kb, space.size_kb);
  if (supply != Supply::enough) {
    all.push_back({supply == Supply::out ? Kind::disk_full : Kind::disk_low, what, place.path,
                   "remove what is not needed", "df -h " + for_shell(place.path)});
  }
  if (space.inodes > 0 && space.free_inodes < k_few_inodes) {
    all.push_back(
        {Kind::no_inodes,
         fmt::format("{} has room for {} more files: {}", place.use, space.free_inodes, place.path),
         place.path, "remove files that are not needed", "df -i " + for_shell(place.path)});
  }
}

void check_place(const Place& place, Findings& all) {
  if (!place.no_writing.empty()) {
    all.push_back({Kind::read_only,
                   fmt::format("nothing can be written to {}, {}: {}", place.use, place.path,
                               place.no_writing),
                   place.path, "make it writable, or choose another directory"});
  }
  if (place.has_programs && place.space.forbids_execution) {
    all.push_back({Kind::no_execution,
                   fmt::format("no program can be started from {}: its file system is mounted "
                               "with noexec",
                               place.use),
                   place.path, "build elsewhere, or mount it without noexec"});
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
  return pattern.starts_with('|') ? pattern.substr(1, pattern.find(' ') - 1) : std::string();
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
  const auto scope = os::number_in("/proc/sys/kernel/yama/ptrace_scope");
  limits.ptrace_scope = static_cast<unsigned>(scope.value_or(0));
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
  // With 1, a launcher lets gdb look at its test. With 2, root may look.
  if (limits.ptrace_scope >= (limits.is_root ? 3U : 2U)) {
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

Places look_at_places(const std::string& tree, Milliseconds patience) {
  Places places;
  if (!tree.empty()) places.all.push_back({"the build tree", tree, true});
  const char* own = std::getenv("TMPDIR");
  if (own != nullptr && *own != '\0') places.all.push_back({"TMPDIR", own});
  look_at_user_directory(places);
  for (Place& place : places.all) place.trouble = look_at(place, patience);
  return places;
}

Findings check_places(const Places& places) {
  Findings all;
  std::vector<dev_t> seen;
  for (const Place& place : places.all) {
    if (!place.trouble.empty()) {
      all.push_back(finding_of_trouble(place));
      continue;
    }
    check_place(place, all);
    // Several directories on one file system are full together.
    if (std::ranges::find(seen, place.device) == seen.end()) check_space(place, all);
    seen.push_back(place.device);
  }
  if (!places.user_directory_trouble.empty()) {
    all.push_back(finding_of_user_directory(places));
  }
  return all;
}

std::string describe(const Places& places) {
  std::string text;
  std::vector<std::string> said;
  for (const Place& place : places.all) {
    if (!place.trouble.empty() || std::ranges::find(said, place.path) != said.end()) continue;
    said.push_back(place.path);
    text += fmt::format("{}{} has {} free", text.empty() ? "" : ", ", place.path, free_of(place));
  }
  return text;
}

}  // namespace holdfast::doctor
