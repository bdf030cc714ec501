#include "keeper/left/stale_sockets.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "core/base/keeper_address.hpp"
#include "core/base/names.hpp"
#include "os/file/clock.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"

namespace holdfast {
namespace {

// Counts from when the socket was made. After a clock is set back the socket seems younger.
bool is_older_than_a_day(int keepers, const char* entry) {
  constexpr std::time_t k_day = 24 * 60 * 60;
  struct stat status {};
  return ::fstatat(keepers, entry, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         os::unix_now_ms() / 1000 - status.st_mtim.tv_sec > k_day;
}

// A ctest of another PID namespace cannot be seen from here. It may live while its keeper is dead.
// A launcher of it that finds no socket would start a second keeper. So the socket stays for as
// long as a run may take.
bool may_be_stale(int keepers, const char* entry) {
  const std::optional<KeeperSocketName> socket = parse_keeper_socket_name(entry);
  if (!socket) return false;
  const std::uint64_t ours = os::own_pid_namespace();
  return socket->pid_namespace.value_or(ours) == ours ? !os::is_alive(socket->ctest)
                                                      : is_older_than_a_day(keepers, entry);
}

}  // namespace

void remove_stale_sockets(const os::UniqueFd& keepers) {
  const int copy = ::openat(keepers.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = copy >= 0 ? ::fdopendir(copy) : nullptr;
  if (entries == nullptr) return;
  const std::string path =
      os::user_directory_path() + "/" + std::string(names::k_user_keepers_directory) + "/";
  while (const dirent* entry = ::readdir(entries)) {
    if (may_be_stale(keepers.get(), entry->d_name)) os::remove_if_dead(path + entry->d_name);
  }
  ::closedir(entries);
}

}  // namespace holdfast
