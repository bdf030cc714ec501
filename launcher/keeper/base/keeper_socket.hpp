// How to reach the keeper of a ctest, and what the keeper is told. ctest must be in our PID
// namespace, because its pid means nothing elsewhere. Only functions that take a PID namespace
// accept another one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/duration.hpp"
#include "core/base/process_name.hpp"
#include "core/settings/message.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast {

using os::k_probe_patience;

// Returns a message of that kind without fields.
inline wire::Message message_of(std::string_view kind) { return {std::string(kind), {}}; }

// Returns the path on which the keeper of `ctest` listens, if there is one.
std::string keeper_socket_path_here(const ProcessName& ctest);

// True: somebody listens for `ctest`, which may be in another PID namespace. `numbering` is
// os::numbering_id() there.
bool is_listened_for(const ProcessName& ctest, std::string_view numbering);

// Returns the PID namespace that `numbering` (os::numbering_id()) names; 0: it is not understood.
std::uint64_t pid_namespace_in(std::string_view numbering);

// `patience` is the limit for the connection, and for each packet afterwards.
os::Connected connect_to_keeper(const ProcessName& ctest, Milliseconds patience);

// Waits for the keeper's answer. If a keeper has not answered after a second, it may be stopped, so
// it gets SIGCONT. True: there is an answer, or the keeper is gone.
bool wait_for_answer(int socket, Milliseconds patience);

}  // namespace holdfast
