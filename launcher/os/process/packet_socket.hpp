// Unix sockets that keep the borders of messages (SOCK_SEQPACKET).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::os {

Result<std::pair<UniqueFd, UniqueFd>> packet_pair();

// Why a connection was not had: the caller acts on which it is.
enum class ConnectFailure : std::uint8_t { absent, dead, other };

struct Connected {
  UniqueFd socket;
  ConnectFailure failure = ConnectFailure::other;
  Error error;
};

// Connects to a socket in the file system. `dead`: the file is there and nobody listens.
// Sends and receives on it give up after `patience`.
Connected connect_to(const std::string& path, Milliseconds patience);

// A listener that is there accepts at once, even when its process is stopped.
inline constexpr Milliseconds k_probe_patience{200};

// Removes the socket at `path` if nobody listens there any more. Of those that remove sockets of
// one directory by this function each waits for the other, for that moment: what one has found dead
// is not replaced by another's that listens before it is removed. Fails silently: the socket stays.
void remove_if_dead(const std::string& path);

// Listens at `path`, which appears only once it listens: who finds it can connect. A socket at
// which nobody listens any more gives way. `existed`: somebody else was first, and listens there.
struct Listening {
  UniqueFd socket;
  bool existed = false;
  Error error;
};
Listening listen_at(const std::string& path);

Result<UniqueFd> accept_from(const UniqueFd& listener);

// The user at the other end.
Result<uid_t> peer_user(const UniqueFd& socket);

// Has the process that listened at the other end go on if it is stopped: SIGCONT. False: it is not,
// or cannot be seen from here.
bool continue_peer(int socket);

// One packet; never raises SIGPIPE.
Result<void> send_packet(int socket, std::string_view packet);

// One packet, empty at the end of the connection (or when the patience is over: an error).
Result<std::string> receive_packet(int socket);

// The same with at most k_most_descriptors in it (SCM_RIGHTS), of which the receiver gets
// duplicates.
inline constexpr std::size_t k_most_descriptors = 3;
Result<void> send_descriptors(int socket, std::string_view packet,
                              std::initializer_list<int> descriptors);

// One packet and the descriptor in it, if there is one.
struct PacketWithDescriptor {
  std::string packet;
  UniqueFd descriptor;
};
Result<PacketWithDescriptor> receive_with_descriptor(int socket);

}  // namespace holdfast::os
