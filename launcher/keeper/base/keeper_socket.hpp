// The way to the keeper of a ctest: of one of our own PID namespace, as all are that can be named
// here by their numbers, unless the namespace is said.
#pragma once

#include <string>
#include <string_view>

#include "core/base/duration.hpp"
#include "core/base/process_name.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast {

using os::k_probe_patience;

// Where the keeper of that ctest listens, if there is one.
std::string keeper_socket_path_here(const ProcessName& ctest);

// Whether somebody listens for that ctest, which may be of another PID namespace: `numbering` is
// os::numbering_id() there.
bool is_listened_for(const ProcessName& ctest, std::string_view numbering);

// `patience`: for the connection, and for each packet on it.
os::Connected connect_to_keeper(const ProcessName& ctest, Milliseconds patience);

// Waits for the keeper's answer on such a connection. One that has not begun to answer within a
// second may be stopped: it is made to go on. True: there is an answer, or the keeper is gone.
bool wait_for_answer(int socket, Milliseconds patience);

}  // namespace holdfast
