#include "os/lock/flock_holders.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/process/proc_numbers.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

constexpr std::size_t k_longest_command = 100;
constexpr std::size_t k_longest_table = 4UL * 1024 * 1024;

struct FileId {
  dev_t device = 0;
  ino_t inode = 0;

  friend bool operator==(const FileId&, const FileId&) = default;
};

class Search {
 public:
  explicit Search(const std::vector<UniqueFd>& files) {
    for (const UniqueFd& file : files) {
      struct stat info {};
      if (::fstat(file.get(), &info) == 0) wanted_.push_back({info.st_dev, info.st_ino});
    }
  }

  std::vector<FlockHolder> run(FlockSearch how) {
    // The table names the process that took the lock, proc_locks(5). That process may be dead while
    // another one keeps a duplicate of the descriptor. In that case only the processes that have
    // the file open can tell.
    for (pid_t pid : takers()) look_at(pid);
    if (found_.empty() && how == FlockSearch::thorough) {
      for_each_process([&](pid_t pid) { look_at(pid); });
    }
    return std::move(found_);
  }

 private:
  // A line of the table: "3: FLOCK  ADVISORY  WRITE 4711 fe:01:1234 0 EOF"
  std::vector<pid_t> takers() const {
    std::vector<pid_t> pids;
    const Result<std::string> table = read_file(in_proc("locks"), k_longest_table);
    if (!table) return pids;
    for (std::string_view rest = *table; !rest.empty();) {
      const std::string_view line = take_part(rest, '\n');
      if (line.find(" FLOCK ") == std::string_view::npos) continue;
      if (const std::optional<pid_t> pid = taker_in(line)) pids.push_back(*pid);
    }
    return pids;
  }

  std::optional<pid_t> taker_in(std::string_view line) const {
    for (const FileId& file : wanted_) {
      const std::size_t at = line.find(":" + std::to_string(file.inode) + " ");
      if (at == std::string_view::npos) continue;
      const std::size_t blank = line.rfind(' ', at);
      if (blank == std::string_view::npos || blank == 0) continue;
      const std::size_t before = line.rfind(' ', blank - 1);
      const pid_t pid = leading_number<pid_t>(line.substr(before + 1)).value_or(0);
      if (pid > 0) return pid;
    }
    return std::nullopt;
  }

  void look_at(pid_t pid) {
    bool holds = false;
    for_each_number(in_proc(pid, "fd"), [&](int fd) {
      const std::string number = std::to_string(fd);
      struct stat info {};
      if (holds || ::stat(in_proc(pid, "fd/" + number).c_str(), &info) != 0) return;
      const FileId file{info.st_dev, info.st_ino};
      if (std::ranges::find(wanted_, file) == wanted_.end()) return;
      const Result<std::string> details = read_file(in_proc(pid, "fdinfo/" + number));
      holds = details && details->find("FLOCK") != std::string::npos;
    });
    if (holds) found_.push_back({pid, command_line_of(pid, k_longest_command)});
  }

  std::vector<FileId> wanted_;
  std::vector<FlockHolder> found_;
};

}  // namespace

std::vector<FlockHolder> find_flock_holders(const std::vector<UniqueFd>& files, FlockSearch how) {
  return Search(files).run(how);
}

}  // namespace holdfast::os
