// Unix sockets that keep messages apart (SOCK_SEQPACKET).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/duration.hpp"
#include "base/message.hpp"
#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::os {

Result<std::pair<UniqueFd, UniqueFd>> packet_pair();

// Why a connection failed; the caller decides by it what to do.
enum class ConnectFailure : std::uint8_t { absent, dead, other };

struct Connected {
  UniqueFd socket;
  ConnectFailure failure = ConnectFailure::other;
  Error error;
};

// Connects to a socket in the file system. `dead`: the file exists and nobody listens. Sending and
// receiving give up after `patience`.
Connected connect_to(const std::string& path, Milliseconds patience);
// Does the same without waiting, and its socket never waits. Fails where too many wait already.
Connected connect_at_once(const std::string& path);

// A short patience is enough to connect, because the kernel accepts even for a stopped process.
inline constexpr Milliseconds k_probe_patience{200};

// Removes the socket at `path` if nobody listens there any more. Processes that call this for one
// directory take turns, so no live socket takes the place of the dead one between the check and the
// removal. Fails silently; the socket stays then.
void remove_if_dead(const std::string& path);

// Listens at `path`. The file appears only when the socket listens, so whoever finds the file can
// connect. Replaces a socket at which nobody listens any more. `existed`: somebody else already
// listens there.
struct Listening {
  UniqueFd socket;
  bool existed = false;
  Error error;
};
Listening listen_at(const std::string& path);

Result<UniqueFd> accept_from(const UniqueFd& listener);

// True: this user or root is at the other end.
bool is_peer_trusted(const UniqueFd& socket);

// Returns the process that made the connection at the other end, or listened there; 0: it cannot be
// seen from here.
pid_t peer_process(int socket);

// Sends SIGCONT to the process that listened at the other end, if it is stopped. False: the process
// is not stopped, or cannot be seen from here.
bool continue_peer(int socket);

// Sends one packet; never raises SIGPIPE.
Result<void> send_packet(int socket, std::string_view packet);

// Receives one packet; empty at the end of the connection. It is an error if no packet comes within
// the socket's patience.
Result<std::string> receive_packet(int socket);

// What the program at the other end has said before it ended: a text, without its line breaks at
// the end, or `why` of a message. Empty: nothing. Does not wait.
std::string last_words(int socket);

// Sends a packet with at most k_most_descriptors (SCM_RIGHTS); the receiver gets duplicates.
inline constexpr std::size_t k_most_descriptors = 3;
Result<void> send_descriptors(int socket, std::string_view packet,
                              std::initializer_list<int> descriptors);

// A packet, and the descriptor in it if there is one.
struct PacketWithDescriptor {
  std::string packet;
  UniqueFd descriptor;
};
Result<PacketWithDescriptor> receive_with_descriptor(int socket);

// A message as one packet, with at most k_most_descriptors.
Result<void> send_message(int socket, const wire::Message& message,
                          std::initializer_list<int> descriptors = {});

struct ReceivedMessage {
  Result<wire::Message> message;  // an error: what came is none, or nothing came
  UniqueFd descriptor;            // invalid: none came with it
  // Nothing came that can be a message: the connection has ended, its patience is over, or what
  // came is too long.
  bool is_over = false;
};
ReceivedMessage receive_message(int socket);

// From now on each packet says who has sent it (SO_PASSCRED, unix(7)).
void ask_for_senders(int socket);
// Receives without waiting, as recv(2) does. `sender`: its number here, in whatever PID namespace
// it is; 0: it is not known.
ssize_t receive_at_once(int socket, char* packet, std::size_t room, pid_t& sender);

}  // namespace holdfast::os
