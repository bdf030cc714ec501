#include "exec/worker_marker.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "os/system_call.hpp"
#include "os/unique_fd.hpp"

namespace holdfast::exec {
namespace {

constexpr std::size_t k_longest = 4095;

bool has_line(std::string_view text, const std::string& line) {
  return ("\n" + std::string(text)).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

bool take_marker(const std::string& directory, const std::string& attempt, pid_t pid) {
  if (directory.empty() || pid <= 0) return false;
  const std::string path = directory + "/exit-" + std::to_string(pid);
  const os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (!file.valid() || ::fstat(file.get(), &info) != 0) return false;
  if (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid() || info.st_nlink != 1) return false;
  char bytes[k_longest + 1];
  const ssize_t count = os::retried([&] { return ::read(file.get(), bytes, sizeof bytes); });
  if (count <= 0 || count > static_cast<ssize_t>(k_longest)) return false;
  const std::string_view text(bytes, static_cast<std::size_t>(count));
  constexpr std::string_view k_first = "holdfast-marker 1\n";
  constexpr std::string_view k_last = "\nend\n";
  if (text.substr(0, k_first.size()) != k_first || text.size() < k_last.size() ||
      text.substr(text.size() - k_last.size()) != k_last) {
    return false;
  }
  if (!has_line(text, "attempt " + attempt) || !has_line(text, "pid " + std::to_string(pid))) {
    return false;
  }
  ::unlink(path.c_str());
  return true;
}

}  // namespace holdfast::exec
