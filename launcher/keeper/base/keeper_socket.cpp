#include "keeper/base/keeper_socket.hpp"

#include <poll.h>

#include <algorithm>

#include "core/base/keeper_address.hpp"
#include "core/base/number.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/process.hpp"

namespace holdfast {

std::string keeper_socket_path_here(const ProcessName& ctest) {
  return keeper_socket_path(os::user_directory_path(), ctest, os::own_pid_namespace());
}

// os::numbering_id() omits the first PID namespace.
std::uint64_t pid_namespace_in(std::string_view numbering) {
  constexpr std::string_view k_beginning = "/pid:[";
  const std::size_t at = numbering.find(k_beginning);
  if (at == std::string_view::npos) return os::k_first_pid_namespace;
  return leading_number<std::uint64_t>(numbering.substr(at + k_beginning.size())).value_or(0);
}

bool is_listened_for(const ProcessName& ctest, std::string_view numbering) {
  const std::string path =
      keeper_socket_path(os::user_directory_path(), ctest, pid_namespace_in(numbering));
  return os::connect_to(path, k_probe_patience).socket.valid();
}

bool wait_for_answer(int socket, Milliseconds patience) {
  constexpr Milliseconds k_stopped_patience{1'000};
  pollfd answer{socket, POLLIN, 0};
  const Milliseconds first = std::min(patience, k_stopped_patience);
  if (::poll(&answer, 1, static_cast<int>(first.count())) == 1) return true;
  (void)os::continue_peer(socket);
  return ::poll(&answer, 1, static_cast<int>((patience - first).count())) == 1;
}

os::Connected connect_to_keeper(const ProcessName& ctest, Milliseconds patience) {
  return os::connect_to(keeper_socket_path_here(ctest), patience);
}

}  // namespace holdfast
