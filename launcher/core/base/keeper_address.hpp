// Where the keeper of a ctest listens: known from that ctest alone, so that nobody has to be told.
// From its PID namespace too: containers that share /tmp have ctests of one pid, and two of them
// may begin within one clock tick. Not from its tree: a script goes on from one to the next.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/names.hpp"
#include "core/base/process_name.hpp"

namespace holdfast {

inline std::string keeper_socket_path(std::string_view user_directory, const ProcessName& ctest,
                                      std::uint64_t pid_namespace) {
  std::string path(user_directory);
  path += '/';
  path += names::k_user_keepers_directory;
  path += '/';
  path += std::to_string(ctest.pid) + "-" + std::to_string(ctest.start) + "-" +
          std::to_string(pid_namespace);
  return path;
}

// Beside the socket: made once a launcher got no answer, so that it is said once per run and the
// tests after it do not wait as long again. Removed with the stale sockets.
inline std::string keeperless_flag(const std::string& socket) { return socket + ".said"; }

}  // namespace holdfast
