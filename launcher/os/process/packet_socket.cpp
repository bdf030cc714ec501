#include "os/process/packet_socket.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "os/file/trusted_directory.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

constexpr int k_backlog = 1024;

std::optional<ucred> peer_of(int socket) {
  ucred peer{};
  socklen_t length = sizeof peer;
  const int failed = ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length);
  return failed == 0 ? std::optional(peer) : std::nullopt;
}

bool set_path(sockaddr_un& address, const std::string& path) {
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return true;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

UniqueFd new_socket(int flags = 0) {
  return UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0));
}

void set_patience(const UniqueFd& socket, Milliseconds patience) {
  const timeval time{patience.count() / 1000, patience.count() % 1000 * 1000};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

// `socket` may be invalid.
Connected connect(UniqueFd socket, const std::string& path) {
  ConnectFailure failure = ConnectFailure::other;
  if (!socket.valid()) return {{}, failure, system_error("make a socket")};
  sockaddr_un address{};
  if (!set_path(address, path)) {
    return {{}, failure, system_error("connect to " + path, ENAMETOOLONG)};
  }
  if (retried([&] { return ::connect(socket.get(), generic(address), sizeof address); }) == 0) {
    return {std::move(socket), failure, {}};
  }
  const int error = errno;
  if (error == ENOENT) failure = ConnectFailure::absent;
  if (error == ECONNREFUSED) failure = ConnectFailure::dead;
  return {{}, failure, system_error("connect to " + path, error)};
}

msghdr message_with(iovec& content, char* control, std::size_t size) {
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = static_cast<socklen_t>(size);
  return message;
}

// ECONNRESET means that the other end closed with a packet of ours unread. It comes once, before
// the last packets that the other end sent.
template <typename Receive>
ssize_t received(Receive receive) {
  const ssize_t got = retried(receive);
  return got < 0 && errno == ECONNRESET ? retried(receive) : got;
}

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> packet_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return system_error("make a socket pair");
  }
  return std::pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Connected connect_to(const std::string& path, Milliseconds patience) {
  UniqueFd socket = new_socket();
  if (socket.valid()) set_patience(socket, patience);
  return connect(std::move(socket), path);
}

Connected connect_at_once(const std::string& path) {
  return connect(new_socket(SOCK_NONBLOCK), path);
}

void remove_if_dead(const std::string& path) {
  const std::string parent = path.substr(0, path.rfind('/') + 1);
  const UniqueFd directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || retried([&] { return ::flock(directory.get(), LOCK_EX); }) != 0) return;
  if (connect_to(path, k_probe_patience).failure == ConnectFailure::dead) ::unlink(path.c_str());
}

Listening listen_at(const std::string& path) {
  // The socket first gets another name. It gets its final name, by a link, when it listens. So
  // nobody finds it half done, and of two processes that try at once exactly one gets the final
  // name.
  const std::string draft = path + "." + std::to_string(::getpid());
  sockaddr_un address{};
  if (!set_path(address, draft)) {
    return {{}, false, system_error("listen at " + path, ENAMETOOLONG)};
  }
  UniqueFd socket = new_socket();
  ::unlink(draft.c_str());
  if (!socket.valid() || ::bind(socket.get(), generic(address), sizeof address) != 0 ||
      ::chmod(draft.c_str(), 0600) != 0 || ::listen(socket.get(), k_backlog) != 0) {
    Error error = system_error("listen at " + path);
    ::unlink(draft.c_str());
    return {{}, false, std::move(error)};
  }
  const auto has_name = [&] { return ::link(draft.c_str(), path.c_str()) == 0; };
  bool is_first = has_name();
  if (!is_first && errno == EEXIST) {
    remove_if_dead(path);
    is_first = has_name();
  }
  Listening result{std::move(socket), false, {}};
  if (!is_first) result = {{}, errno == EEXIST, system_error("listen at " + path)};
  ::unlink(draft.c_str());
  return result;
}

Result<UniqueFd> accept_from(const UniqueFd& listener) {
  UniqueFd socket(retried(
      [&] { return ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); }));
  if (!socket.valid()) return system_error("accept a connection");
  return socket;
}

bool is_peer_trusted(const UniqueFd& socket) {
  const std::optional<ucred> peer = peer_of(socket.get());
  return peer && is_trusted_owner(peer->uid);
}

pid_t peer_process(int socket) { return peer_of(socket).value_or(ucred{}).pid; }

bool continue_peer(int socket) {
  const pid_t peer = peer_process(socket);
  const UniqueFd held = watch_living(peer);
  return held.valid() && is_stopped(peer) && send_signal(held.get(), SIGCONT);
}

Result<void> send_packet(int socket, std::string_view packet) {
  const ssize_t sent =
      retried([&] { return ::send(socket, packet.data(), packet.size(), MSG_NOSIGNAL); });
  if (sent == static_cast<ssize_t>(packet.size())) return {};
  return system_error("send a message");
}

Result<void> send_descriptors(int socket, std::string_view packet,
                              std::initializer_list<int> descriptors) {
  if (descriptors.size() > k_most_descriptors) return system_error("send descriptors", EINVAL);
  iovec content{const_cast<char*>(packet.data()), packet.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * k_most_descriptors)] = {};
  // socklen_t, because some C library's msghdr has no wider type.
  const auto size = static_cast<socklen_t>(sizeof(int) * descriptors.size());
  msghdr message = message_with(content, control, CMSG_SPACE(size));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = static_cast<socklen_t>(CMSG_LEN(size));
  std::memcpy(CMSG_DATA(header), descriptors.begin(), size);
  const ssize_t sent = retried([&] { return ::sendmsg(socket, &message, MSG_NOSIGNAL); });
  if (sent == static_cast<ssize_t>(packet.size())) return {};
  return system_error("send descriptors");
}

Result<PacketWithDescriptor> receive_with_descriptor(int socket) {
  // We ask for the length first. Room for the longest message would cost each test 16 fresh pages.
  const ssize_t length = received([&] { return ::recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC); });
  if (length < 0) return system_error("receive a message");
  if (length > static_cast<ssize_t>(wire::k_longest_message)) {
    // The message must leave the queue; otherwise we would receive it again for ever.
    (void)retried([&] { return ::recv(socket, nullptr, 0, 0); });
    return system_error("receive a message", EMSGSIZE);
  }
  PacketWithDescriptor result;
  result.packet.resize(static_cast<std::size_t>(length));
  iovec content{result.packet.data(), result.packet.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = message_with(content, control, sizeof control);
  const ssize_t got = received([&] { return ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC); });
  if (got < 0) return system_error("receive a message");
  result.packet.resize(static_cast<std::size_t>(got));
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    // The padding has room for a second descriptor. Nobody sends one, but it must not leak.
    int descriptors[2] = {-1, -1};
    const std::size_t size = std::min(header->cmsg_len - CMSG_LEN(0), sizeof descriptors);
    std::memcpy(descriptors, CMSG_DATA(header), size);
    result.descriptor = UniqueFd(descriptors[0]);
    const UniqueFd surplus(descriptors[1]);
  }
  return result;
}

Result<std::string> receive_packet(int socket) {
  HOLDFAST_TRY(PacketWithDescriptor received, receive_with_descriptor(socket));
  return std::move(received.packet);
}

std::string last_words(int socket) {
  std::array<char, 1024> words{};
  // An error of the connection comes first if that program has left packets unread.
  for (int i = 0; i < 3; ++i) {
    const ssize_t count =
        retried([&] { return ::recv(socket, words.data(), words.size(), MSG_DONTWAIT); });
    if (count == 0) return {};
    if (count < 0) continue;
    std::string text(words.data(), static_cast<std::size_t>(count));
    if (const Result<wire::Message> message = wire::decode(text)) text = message->get("why");
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }
  return {};
}

Result<void> send_message(int socket, const wire::Message& message,
                          std::initializer_list<int> descriptors) {
  if (descriptors.size() == 0) return send_packet(socket, wire::encode(message));
  return send_descriptors(socket, wire::encode(message), descriptors);
}

ReceivedMessage receive_message(int socket) {
  Result<PacketWithDescriptor> received = receive_with_descriptor(socket);
  if (!received) return {received.error(), {}, true};
  if (received->packet.empty())
    return {Error{"hear the other process: the connection has ended"}, {}, true};
  return {wire::decode(received->packet), std::move(received->descriptor), false};
}

void ask_for_senders(int socket) {
  const int on = 1;
  (void)::setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
}

ssize_t receive_at_once(int socket, char* packet, std::size_t room, pid_t& sender) {
  sender = 0;
  iovec content{packet, room};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))] = {};
  msghdr message = message_with(content, control, sizeof control);
  const ssize_t count =
      received([&] { return ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC); });
  const cmsghdr* header = count > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header != nullptr && header->cmsg_type == SCM_CREDENTIALS) {
    ucred who{};
    std::memcpy(&who, CMSG_DATA(header), sizeof who);
    sender = who.pid;
  }
  return count;
}

}  // namespace holdfast::os
