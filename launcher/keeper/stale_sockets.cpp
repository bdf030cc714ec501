#include "keeper/stale_sockets.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "core/base/names.hpp"
#include "core/base/process_name.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"

namespace holdfast {
namespace {

// `<pid>-<start>-<PID namespace>` (core/base/keeper_address.hpp), or without the last of an older
// version.
struct SocketName {
  ProcessName ctest;
  bool is_of_our_namespace = true;
};

std::optional<SocketName> parse_name(const std::string& name) {
  const std::size_t second = name.find('-', name.find('-') + 1);
  std::string process = name.substr(0, second);
  std::replace(process.begin(), process.end(), '-', ':');
  const Result<ProcessName> ctest = parse_process_name(process);
  if (!ctest) return std::nullopt;
  if (second == std::string::npos) return SocketName{*ctest};
  const std::string pid_namespace = name.substr(second + 1);
  if (pid_namespace.empty() || pid_namespace.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return SocketName{*ctest, pid_namespace == std::to_string(os::own_pid_namespace())};
}

// A keeper in another PID namespace has a ctest that we cannot see, or take for another process:
// so only its socket tells.
bool may_be_stale(const std::string& entry) {
  const std::optional<SocketName> socket = parse_name(entry.substr(0, entry.find('.')));
  return socket && !(socket->is_of_our_namespace && os::is_alive(socket->ctest));
}

}  // namespace

void remove_stale_sockets(const os::UniqueFd& keepers) {
  const int copy = ::openat(keepers.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = copy >= 0 ? ::fdopendir(copy) : nullptr;
  if (entries == nullptr) return;
  const std::string path =
      os::user_directory_path() + "/" + std::string(names::k_user_keepers_directory) + "/";
  while (const dirent* entry = ::readdir(entries)) {
    if (may_be_stale(entry->d_name)) os::remove_if_dead(path + entry->d_name);
  }
  ::closedir(entries);
}

}  // namespace holdfast
