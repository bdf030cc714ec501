// The way to the keeper of a ctest: of one of our own PID namespace, as all are that can be named
// here by their numbers.
#pragma once

#include <string>

#include "core/attach.hpp"
#include "core/duration.hpp"
#include "os/packet_socket.hpp"

namespace holdfast {

// A keeper that is there accepts at once, even when it is stopped.
inline constexpr Milliseconds k_probe_patience{200};

// Where the keeper of that ctest listens, if there is one.
std::string keeper_socket_path_here(const ProcessName& ctest);

// `patience`: for the connection, and for each packet on it.
os::Connected connect_to_keeper(const ProcessName& ctest, Milliseconds patience);

}  // namespace holdfast
