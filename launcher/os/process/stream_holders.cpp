#include "os/process/stream_holders.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

Stream stream_in(int failed, const struct stat& info) {
  if (failed != 0 || !(S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode))) return {};
  return {info.st_dev, info.st_ino};
}

}  // namespace

Stream stream_of(int fd) {
  struct stat info {};
  return stream_in(::fstat(fd, &info), info);
}

Stream stream_of(pid_t process, int fd) {
  struct stat info {};
  return stream_in(::stat(in_proc(process, "fd/" + std::to_string(fd)).c_str(), &info), info);
}

bool holds_stream(pid_t process, const std::vector<Stream>& streams) {
  bool holds = false;
  for_each_number(in_proc(process, "fd"), [&](int fd) {
    const Stream theirs = stream_of(process, fd);
    holds = holds || (theirs.is_there() && std::ranges::find(streams, theirs) != streams.end());
  });
  return holds;
}

bool may_hold_unseen(pid_t process, unsigned user) {
  // The kernel asks for the same right for all links of a process.
  char first = 0;
  if (::readlink(in_proc(process, "cwd").c_str(), &first, 1) >= 0 || errno != EACCES) return false;
  const Result<std::string> status = read_process_status(process);
  if (!status) return false;
  // Real, effective, saved, of the file system.
  std::string_view line = rest_of_line(*status, "\nUid:");
  while (!line.empty()) {
    if (parse_number<unsigned>(take_part(line, '\t')) == user) return true;
  }
  return false;
}

std::vector<NamedProcess> holders_of(const Stream& stream, const std::vector<pid_t>& but) {
  std::vector<NamedProcess> found;
  if (!stream.is_there()) return found;
  for_each_process([&](pid_t pid) {
    if (std::ranges::find(but, pid) != but.end()) return;
    if (!holds_stream(pid, {stream})) return;
    const Result<ProcessStat> stat = read_process_stat(pid);
    if (stat) found.push_back({pid, stat->name});
  });
  return found;
}

}  // namespace holdfast::os
