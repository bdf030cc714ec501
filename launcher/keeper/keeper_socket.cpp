#include "keeper/keeper_socket.hpp"

#include "core/keeper_address.hpp"
#include "os/process.hpp"
#include "os/trusted_directory.hpp"

namespace holdfast {

std::string keeper_socket_path_here(const ProcessName& ctest) {
  return keeper_socket_path(os::user_directory_path(), ctest, os::own_pid_namespace());
}

os::Connected connect_to_keeper(const ProcessName& ctest, Milliseconds patience) {
  return os::connect_to(keeper_socket_path_here(ctest), patience);
}

}  // namespace holdfast
