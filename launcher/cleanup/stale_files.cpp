#include "cleanup/stale_files.hpp"

#include <filesystem>
#include <system_error>

#include "base/names.hpp"
#include "base/process_name.hpp"
#include "base/text.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/file/scratch_directory.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_directory.hpp"
#include "os/lock/lock_survey.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/process/tagged_processes.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

fs::path in_user_directory(std::string_view name) {
  return fs::path(os::user_directory_path()) / name;
}

// None if others may put files there.
std::vector<fs::path> entries_of(const fs::path& directory) {
  return collected(os::names_in_own(directory.string()),
                   [&](const std::string& name) { return directory / name; });
}

bool is_of_ours(const NamespacedProcess& name) {
  const std::uint64_t ours = os::own_pid_namespace();
  return name.pid_namespace.value_or(ours) == ours;
}

// What the launcher of a command and its guard left when both were killed may be at work in its
// /tmp. Nobody sees that from another PID namespace, so there it stays for a day.
bool may_use_tmp(const NamespacedProcess& launcher, const fs::path& tmp) {
  if (!fs::exists(tmp)) return false;
  if (!is_of_ours(launcher)) return !os::is_older_than_a_day(tmp.string());
  const ProcessName& process = launcher.process;
  const std::string tag = std::to_string(process.pid) + "-" + std::to_string(process.start);
  return !os::TaggedProcesses(tag).is_empty();
}

// A ctest of another PID namespace cannot be seen from here, and may live. If the socket of its
// keeper were removed, its next launcher would start a second keeper. So the socket stays for as
// long as a run may take.
bool may_be_stale(const fs::path& socket) {
  const std::optional<NamespacedProcess> name = parse_file_name(socket.filename().string());
  if (!name) return false;
  return is_of_ours(*name) ? !os::is_alive(name->process)
                           : os::is_older_than_a_day(socket.string());
}

// Takes a missing directory for one without files.
os::FilesInTmp files_in(const fs::path& path) {
  std::error_code failed;
  for (fs::recursive_directory_iterator it(path, failed), end; !failed && it != end;
       it.increment(failed)) {
    if (it->symlink_status(failed).type() != fs::file_type::directory) {
      return os::FilesInTmp::some;
    }
  }
  const bool is_missing = failed == std::errc::no_such_file_or_directory;
  return !failed || is_missing ? os::FilesInTmp::none : os::FilesInTmp::some;
}

void remove_levels_in(const std::vector<fs::path>& scopes) {
  const Result<os::UniqueFd> user = os::open_user_directory();
  if (!user) return;
  for (const fs::path& scope : scopes) {
    for (const fs::path& lock : entries_of(scope)) {
      for (const fs::path level : os::levels_of(lock.string())) {
        if (level == lock) continue;
        os::remove_level(*user, level.lexically_relative(os::user_directory_path()).string());
      }
    }
  }
}

}  // namespace

void remove_stale_sockets() {
  for (const fs::path& socket : entries_of(in_user_directory(names::k_user_keepers_directory))) {
    if (may_be_stale(socket)) os::remove_if_dead(socket.string());
  }
}

void remove_stale_scratch() {
  for (const fs::path& entry : entries_of(in_user_directory(names::k_user_scratch_directory))) {
    const fs::path scratch = entry.parent_path() / entry.stem();
    const fs::path tmp = scratch.string() + std::string(names::k_private_tmp_suffix);
    const std::optional<NamespacedProcess> launcher = parse_file_name(scratch.filename().string());
    if (!launcher || (is_of_ours(*launcher) && os::is_alive(launcher->process))) continue;
    if (may_use_tmp(*launcher, tmp)) continue;
    if (entry == scratch) os::sweep_empty_scratch(entry.string(), files_in(tmp));
    // People remove a scratch directory, and not the /tmp beside it. A command does so, too, and
    // may live in another PID namespace.
    if (entry == tmp && !fs::exists(scratch) && os::is_older_than_a_day(entry.string())) {
      (void)os::remove_directory(entry.string());
    }
  }
}

void remove_stale_levels(const LockHome& home) {
  const fs::path locks = in_user_directory(names::k_user_locks_directory);
  remove_levels_in({locks / scope_directory(LockScope::build, home),
                    locks / scope_directory(LockScope::project, home)});
}

void remove_all_stale_levels() {
  remove_levels_in(entries_of(in_user_directory(names::k_user_locks_directory)));
}

}  // namespace holdfast
