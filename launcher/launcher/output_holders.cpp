#include "launcher/output_holders.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <string>

namespace holdfast::launcher {
namespace {

bool is_stream(const struct stat& info) { return S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode); }

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

}  // namespace

bool holds_output(pid_t pid, int output, int errors) {
  struct stat ours[2] = {};
  const int fds[2] = {output, errors};
  for (int i = 0; i < 2; ++i) {
    if (::fstat(fds[i], &ours[i]) != 0 || !is_stream(ours[i])) ours[i] = {};
  }
  const std::string directory = "/proc/" + std::to_string(pid) + "/fd";
  DIR* entries = ::opendir(directory.c_str());
  if (entries == nullptr) return false;
  bool holds = false;
  while (const dirent* entry = ::readdir(entries)) {
    struct stat theirs {};
    if (::stat((directory + "/" + entry->d_name).c_str(), &theirs) != 0) continue;
    for (const struct stat& our : ours) holds = holds || (our.st_ino != 0 && is_same(our, theirs));
  }
  ::closedir(entries);
  return holds;
}

}  // namespace holdfast::launcher
