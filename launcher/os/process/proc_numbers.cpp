#include "os/process/proc_numbers.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "core/base/proc_status.hpp"
#include "os/file/file_text.hpp"

namespace holdfast::os {
namespace {

// No /proc/self has an entry of that name.
constexpr std::string_view k_nowhere = "/proc/self/of-another-pid-namespace/";

// The line is in the first 300 bytes of `status`, unless the user is in very many groups. So one
// read(2) is usually enough.
constexpr std::size_t k_usual_status = 512;
constexpr std::size_t k_longest_list = 1024UL * 1024UL;

// A mounted /proc has no /proc/self for us unless we are in its namespace or in one below.
bool look_at_proc() {
  const char* const path = "/proc/self/status";
  Result<std::string> status = read_file(path, k_usual_status);
  const bool may_be_cut = status && status->size() == k_usual_status;
  if (may_be_cut && numbers_in_namespaces(*status) == 0) status = read_file(path, k_longest_list);
  return status && numbers_in_namespaces(*status) <= 1;
}

}  // namespace

bool proc_has_our_numbers() {
  static const bool ours = look_at_proc();
  return ours;
}

std::string in_proc(std::string_view entry) {
  std::string path(proc_has_our_numbers() ? "/proc/" : k_nowhere);
  path += entry;
  return path;
}

std::string in_proc(pid_t pid, std::string_view entry) {
  std::string path = in_proc(std::to_string(pid));
  path += '/';
  path += entry;
  return path;
}

bool append_numbers_in(const std::string& path, std::vector<pid_t>& numbers) {
  const Result<std::string> read = read_file(path, k_longest_list);
  if (!read) return false;
  std::string_view text = *read;
  while (const std::optional<pid_t> pid = take_number<pid_t>(text)) {
    numbers.push_back(*pid);
    while (!text.empty() && (text[0] == ' ' || text[0] == '\n')) text.remove_prefix(1);
  }
  return true;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  const std::string tasks = in_proc(pid, "task/");
  const auto append = [&](pid_t task) {
    (void)append_numbers_in(tasks + std::to_string(task) + "/children", children);
  };
  // Most processes have one thread. The directory has two links of its own and one for each thread.
  struct stat info {};
  if (::stat(tasks.c_str(), &info) == 0 && info.st_nlink == 3) {
    append(pid);
  } else {
    for_each_number(tasks, append);
  }
  return children;
}

}  // namespace holdfast::os
