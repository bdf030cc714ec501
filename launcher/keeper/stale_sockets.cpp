#include "keeper/stale_sockets.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "core/attach.hpp"
#include "core/names.hpp"
#include "os/packet_socket.hpp"
#include "os/process.hpp"
#include "os/trusted_directory.hpp"

namespace holdfast {
namespace {

constexpr Milliseconds k_probe_patience{1000};

// A keeper in another PID namespace has a ctest that we cannot see, or take for another process:
// so it is asked whether it listens.
bool is_listened_at(const std::string& name) {
  const std::string path =
      os::user_directory_path() + "/" + std::string(names::k_user_keepers_directory) + "/" + name;
  return os::connect_to(path, k_probe_patience).socket.valid();
}

bool is_stale(const std::string& entry) {
  const std::string name = entry.substr(0, entry.find('.'));
  std::string pid_and_start = name;
  std::replace(pid_and_start.begin(), pid_and_start.end(), '-', ':');
  const Result<ProcessName> ctest = parse_process_name(pid_and_start);
  return ctest && !os::is_alive(*ctest) && !is_listened_at(name);
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
