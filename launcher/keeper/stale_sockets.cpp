#include "keeper/stale_sockets.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "core/attach.hpp"
#include "os/process.hpp"

namespace holdfast {
namespace {

bool is_stale(std::string name) {
  name = name.substr(0, name.find('.'));
  std::replace(name.begin(), name.end(), '-', ':');
  const Result<ProcessName> ctest = parse_process_name(name);
  return ctest && !os::is_alive(*ctest);
}

}  // namespace

void remove_stale_sockets(const os::UniqueFd& keepers) {
  const int copy = ::openat(keepers.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = copy >= 0 ? ::fdopendir(copy) : nullptr;
  if (entries == nullptr) return;
  while (const dirent* entry = ::readdir(entries)) {
    if (is_stale(entry->d_name)) ::unlinkat(keepers.get(), entry->d_name, 0);
  }
  ::closedir(entries);
}

}  // namespace holdfast
