// Where the keeper of a ctest listens. The path follows from that ctest alone, so nobody has to be
// told. The PID namespace is part of the path: containers that share /tmp may have ctests that have
// the same pid and began within one clock tick. The build tree is no part of the path, because a
// script goes from tree to tree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/names.hpp"
#include "base/process_name.hpp"
#include "base/strings.hpp"

namespace holdfast {

inline std::string keeper_socket_path(std::string_view user_directory, const ProcessName& ctest,
                                      std::uint64_t pid_namespace) {
  return text_of({user_directory, "/", names::k_user_keepers_directory, "/",
                  file_name_of(ctest, pid_namespace)});
}

// A file beside the socket. A launcher that got no answer makes the file, so that the warning comes
// once per run and later tests do not wait again. The file is removed with the stale sockets.
inline std::string keeperless_flag(const std::string& socket) { return socket + ".said"; }

}  // namespace holdfast
