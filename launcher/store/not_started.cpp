#include "store/not_started.hpp"

#include "os/process/execution_error.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

namespace holdfast {
namespace {

// MAX_ARG_STRLEN of execve(2), less the byte that ends the argument.
std::size_t longest_argument() {
  return 32 * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) - 1;
}

// The inode's change time covers both the file's mode and its bytes.
bool is_unchanged_since(const struct stat& file, double at) {
  return static_cast<double>(file.st_ctim.tv_sec) +
             static_cast<double>(file.st_ctim.tv_nsec) * 1e-9 <
         at;
}

// In the words of libuv, which starts processes for ctest.
std::string_view refusal_of(const LogEntry& entry, double run_started) {
  if (entry.command.longest > longest_argument()) return "argument list too long";
  // A program that is gone now may have been there then.
  const std::string& program = entry.command.program;
  struct stat file {};
  if (::stat(program.c_str(), &file) != 0 || !is_unchanged_since(file, run_started)) return {};
  if (S_ISDIR(file.st_mode) || ::access(program.c_str(), X_OK) != 0) return "permission denied";
  if (!os::missing_interpreter(program).empty()) return "no such file or directory";
  return {};
}

}  // namespace

std::string why_not_started(const LogEntry& entry, double run_started) {
  const bool is_silent = entry.output_begin == entry.output_end;
  if (!entry.started || entry.result != LoggedResult::failed || !is_silent || !entry.took_no_time) {
    return {};
  }
  const std::string_view refusal = refusal_of(entry, run_started);
  if (refusal.empty()) return {};
  return fmt::format("Process not started: {} [{}]", entry.command.program, refusal);
}

}  // namespace holdfast
