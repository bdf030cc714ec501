#include "os/network/sockets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>

namespace holdfast::os {
namespace {

constexpr int k_kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

Result<UniqueFd> begin(int family, const sockaddr* address, socklen_t size,
                       const std::string& where) {
  UniqueFd socket(::socket(family, k_kind, 0));
  if (!socket.valid()) return system_error("make a socket");
  const int done = retried([&] { return ::connect(socket.get(), address, size); });
  if (done != 0 && errno == EAGAIN && family == AF_UNIX) return UniqueFd();
  if (done != 0 && errno != EINPROGRESS) return system_error("connect to " + where);
  return socket;
}

// `look`: getsockname(2) or getpeername(2).
template <typename Look>
std::optional<AnyAddress> address_by(Look look, int socket) {
  AnyAddress address{};
  socklen_t size = sizeof address;
  if (look(socket, &address.generic, &size) != 0) return std::nullopt;
  return address;
}

std::optional<AnyAddress> other_address(int socket) { return address_by(::getpeername, socket); }

std::uint16_t port_in(const std::optional<AnyAddress>& address) {
  if (!address) return 0;
  return ntohs(address->generic.sa_family == AF_INET ? address->v4.sin_port
                                                     : address->v6.sin6_port);
}

// The kernel's interface, as in its headers linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h
// and linux/unix_diag.h. musl comes without them.
constexpr int k_netlink_sock_diag = 4;
constexpr std::uint16_t k_error = 2;
constexpr std::uint16_t k_by_family = 20;
constexpr std::uint16_t k_request = 1;
constexpr std::uint16_t k_dump = 0x300;
constexpr unsigned k_time_wait = 6;
constexpr unsigned k_close = 7;
constexpr unsigned k_listen = 10;
constexpr std::uint32_t k_any = 0xFFFFFFFF;
// What an answer about a Unix socket is to have.
constexpr std::uint32_t k_show_name = 1;
constexpr std::uint32_t k_show_file = 2;
constexpr std::uint32_t k_show_peer = 4;
constexpr std::uint32_t k_show_user = 0x40;
// The parts of such an answer.
constexpr std::uint16_t k_name = 0;
constexpr std::uint16_t k_file = 1;
constexpr std::uint16_t k_peer = 2;
constexpr std::uint16_t k_user = 7;

struct Header {
  std::uint32_t length;
  std::uint16_t type = k_by_family;
  std::uint16_t flags = k_request;
  std::uint32_t sequence = 0;
  std::uint32_t port = 0;
};

struct SocketId {
  std::uint16_t own_port = 0;  // ports and addresses are in the order of the network
  std::uint16_t other_port = 0;
  std::uint8_t own_address[16] = {};
  std::uint8_t other_address[16] = {};
  std::uint32_t interface = 0;
  std::uint32_t cookie[2] = {k_any, k_any};
};

struct Question {
  Header header{sizeof(Question)};
  std::uint8_t family;
  std::uint8_t protocol = IPPROTO_TCP;
  std::uint8_t extensions = 0;
  std::uint8_t unused = 0;
  std::uint32_t states = k_any;
  SocketId id = {};
};

static_assert(sizeof(Question) == 72);

struct Answer {
  std::uint8_t family;
  std::uint8_t state;
  std::uint8_t timer;
  std::uint8_t retransmissions;
  SocketId id;
  std::uint32_t expires;
  std::uint32_t received;
  std::uint32_t sent;
  std::uint32_t user;
  std::uint32_t inode;
};

static_assert(sizeof(Answer) == 72);

struct UnixQuestion {
  Header header{sizeof(UnixQuestion)};
  std::uint8_t family = AF_UNIX;
  std::uint8_t protocol = 0;
  std::uint16_t unused = 0;
  std::uint32_t states = k_any;
  std::uint32_t inode = 0;  // 0: all sockets
  std::uint32_t show;
  std::uint32_t cookie[2] = {k_any, k_any};
};

static_assert(sizeof(UnixQuestion) == 40);

struct UnixAnswer {
  std::uint8_t family;
  std::uint8_t type;
  std::uint8_t state;
  std::uint8_t unused;
  std::uint32_t inode;
  std::uint32_t cookie[2];
};

static_assert(sizeof(UnixAnswer) == 16);

// Stands before each part after the UnixAnswer.
struct PartHeader {
  std::uint16_t length;  // with this header
  std::uint16_t type;
};

TcpSocket socket_in(const Answer& answer) {
  TcpSocket socket;
  socket.port = ntohs(answer.id.own_port);
  socket.other_port = ntohs(answer.id.other_port);
  socket.listens = answer.state == k_listen;
  socket.user = answer.user;
  socket.inode = answer.inode;
  return socket;
}

enum class Heard : std::uint8_t { more, all, refusal };

// What comes after the header of an answer. It is aligned as the kernel writes it, to 4 bytes.
using Take = std::function<void(std::string_view body)>;

std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

// Hears one packet of messages from the kernel.
Heard hear(const UniqueFd& netlink, const Take& take) {
  alignas(Header) char packet[32 * 1024];
  const auto got = retried([&] { return ::recv(netlink.get(), packet, sizeof packet, 0); });
  if (got <= 0) return Heard::refusal;
  const auto size = static_cast<std::size_t>(got);
  for (std::size_t at = 0; at + sizeof(Header) <= size;) {
    Header header{};
    std::memcpy(&header, packet + at, sizeof header);
    if (header.length < sizeof header || at + header.length > size) return Heard::refusal;
    if (header.type == k_error) return Heard::refusal;
    if (header.type != k_by_family) return Heard::all;
    take({packet + at + sizeof header, header.length - sizeof header});
    at += aligned(header.length);
  }
  return Heard::more;
}

// False: the kernel has refused to answer.
template <typename Asked>
bool ask(const Asked& asked, const Take& take) {
  const UniqueFd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, k_netlink_sock_diag));
  if (!netlink.valid()) return false;
  const auto sent = retried([&] { return ::send(netlink.get(), &asked, sizeof asked, 0); });
  if (sent != static_cast<ssize_t>(sizeof asked)) return false;
  Heard heard = hear(netlink, take);
  const bool is_list = (asked.header.flags & k_dump) != 0;
  while (is_list && heard == Heard::more) heard = hear(netlink, take);
  return heard != Heard::refusal;
}

// Reads what stands at the beginning of `from`. None: it is too short.
template <typename T>
std::optional<T> read(std::string_view from) {
  T value{};
  if (from.size() < sizeof value) return std::nullopt;
  std::memcpy(&value, from.data(), sizeof value);
  return value;
}

bool ask_tcp(const Question& asked, const std::function<void(const Answer&)>& take) {
  return ask(asked, [&](std::string_view body) {
    if (const std::optional<Answer> answer = read<Answer>(body)) take(*answer);
  });
}

// The last socket of the answers that is in one of the states for which `fits` is true.
std::optional<TcpSocket> answered(const Question& asked, bool (*fits)(unsigned state)) {
  std::optional<TcpSocket> found;
  (void)ask_tcp(asked, [&](const Answer& answer) {
    if (fits(answer.state)) found = socket_in(answer);
  });
  return found;
}

// Calls `take` with each part after the UnixAnswer.
void for_each_part(std::string_view body,
                   const std::function<void(std::uint16_t type, std::string_view part)>& take) {
  body.remove_prefix(std::min(body.size(), sizeof(UnixAnswer)));
  while (const std::optional<PartHeader> header = read<PartHeader>(body)) {
    if (header->length < sizeof *header || header->length > body.size()) return;
    take(header->type, body.substr(sizeof *header, header->length - sizeof *header));
    body.remove_prefix(std::min(body.size(), aligned(header->length)));
  }
}

UnixListener unix_listener_in(const UnixAnswer& answer, std::string_view body) {
  UnixListener listener;
  listener.inode = answer.inode;
  for_each_part(body, [&](std::uint16_t type, std::string_view part) {
    if (type == k_name) listener.path = part.substr(0, part.find('\0'));
    if (type == k_user) listener.user = read<std::uint32_t>(part);
    if (type != k_file || part.size() < 2 * sizeof(std::uint32_t)) return;
    listener.file = read<std::uint32_t>(part).value_or(0);
    listener.device = read<std::uint32_t>(part.substr(sizeof listener.file)).value_or(0);
  });
  return listener;
}

// About one socket.
Question question_of(const AnyAddress& place) {
  return {.family = static_cast<std::uint8_t>(place.generic.sa_family)};
}

void take_place(const AnyAddress& place, std::uint16_t& port, std::uint8_t (&address)[16]) {
  if (place.generic.sa_family == AF_INET) {
    port = place.v4.sin_port;
    std::memcpy(address, &place.v4.sin_addr, sizeof place.v4.sin_addr);
  } else {
    port = place.v6.sin6_port;
    std::memcpy(address, &place.v6.sin6_addr, sizeof place.v6.sin6_addr);
  }
}

constexpr std::size_t k_largest_table = std::size_t{16} << 20;

// All sockets are files of the same device.
dev_t sockets_device() {
  static const dev_t k_device = [] {
    const UniqueFd any(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return stream_of(any.get()).device;
  }();
  return k_device;
}

// Returns the sockets that listen, of both versions of IP. None: the kernel does not answer such
// questions, or we may not ask them.
std::optional<std::vector<TcpSocket>> diagnosed_listeners() {
  std::vector<TcpSocket> sockets;
  const auto take = [&](const Answer& answer) { sockets.push_back(socket_in(answer)); };
  Question asked{.family = AF_INET, .states = 1U << k_listen};
  asked.header.flags |= k_dump;
  if (!ask_tcp(asked, take)) return std::nullopt;
  asked.family = AF_INET6;
  // A kernel without IPv6 refuses to answer, and has no such sockets.
  (void)ask_tcp(asked, take);
  return sockets;
}

}  // namespace

Result<UniqueFd> begin_to_connect(const std::string& address, std::uint16_t port) {
  const std::string where = address + " port " + std::to_string(port);
  const std::optional<AnyAddress> to = parse_address(address, port);
  if (!to) return system_error("connect to " + where, EINVAL);
  return begin(to->generic.sa_family, &to->generic, to->size(), where);
}

Result<UniqueFd> connect_to_stream(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  UniqueFd directory;
  std::string place = path;
  const std::size_t slash = path.rfind('/');
  if (place.size() >= sizeof address.sun_path && slash != std::string::npos) {
    // A descriptor makes it shorter.
    directory =
        UniqueFd(::open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory.valid()) return system_error("connect to " + path);
    place = "/proc/self/fd/" + std::to_string(directory.get()) + path.substr(slash);
  }
  if (place.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return system_error("connect to " + path);
  }
  std::memcpy(address.sun_path, place.c_str(), place.size() + 1);
  return begin(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, path);
}

Result<void> look_for_listener(const std::string& path) {
  const Result<UniqueFd> connection = connect_to_stream(path);
  // The kernel looks at the type when it has found the socket, and at the backlog after that.
  if (connection || errno == EPROTOTYPE) return {};
  return connection.error();
}

int connection_error(const UniqueFd& socket) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

std::uint16_t own_port(const UniqueFd& socket) { return port_in(own_address(socket.get())); }

std::uint16_t other_port(const UniqueFd& socket) { return port_in(other_address(socket.get())); }

std::optional<AnyAddress> parse_address(const std::string& address, std::uint16_t port) {
  AnyAddress parsed{};
  if (::inet_pton(AF_INET, address.c_str(), &parsed.v4.sin_addr) == 1) {
    parsed.v4.sin_family = AF_INET;
    parsed.v4.sin_port = htons(port);
    return parsed;
  }
  if (::inet_pton(AF_INET6, address.c_str(), &parsed.v6.sin6_addr) == 1) {
    parsed.v6.sin6_family = AF_INET6;
    parsed.v6.sin6_port = htons(port);
    return parsed;
  }
  return std::nullopt;
}

std::optional<AnyAddress> own_address(int socket) { return address_by(::getsockname, socket); }

std::optional<TcpSocket> diagnosed_listener(const std::string& address, std::uint16_t port) {
  const std::optional<AnyAddress> place = parse_address(address, port);
  if (!place) return std::nullopt;
  // For a connection that nobody has, the kernel names the socket that would get it.
  Question asked = question_of(*place);
  take_place(*place, asked.id.own_port, asked.id.own_address);
  return answered(asked, [](unsigned state) { return state == k_listen; });
}

std::optional<TcpSocket> diagnosed_other_end(const UniqueFd& connection) {
  const std::optional<AnyAddress> own = own_address(connection.get());
  const std::optional<AnyAddress> other = other_address(connection.get());
  if (!own || !other) return std::nullopt;
  Question asked = question_of(*own);
  take_place(*other, asked.id.own_port, asked.id.own_address);
  take_place(*own, asked.id.other_port, asked.id.other_address);
  // If nobody has the connection, the kernel may name the socket that listens.
  return answered(asked, [](unsigned state) {
    return state != k_time_wait && state != k_close && state != k_listen;
  });
}

std::optional<std::vector<UnixListener>> diagnosed_unix_listeners() {
  std::vector<UnixListener> listeners;
  UnixQuestion asked{.states = 1U << k_listen, .show = k_show_name | k_show_file | k_show_user};
  asked.header.flags |= k_dump;
  const bool is_answered = ask(asked, [&](std::string_view body) {
    const std::optional<UnixAnswer> answer = read<UnixAnswer>(body);
    if (!answer) return;
    UnixListener listener = unix_listener_in(*answer, body);
    // The name of a socket without a file begins with a zero.
    if (!listener.path.empty()) listeners.push_back(std::move(listener));
  });
  return is_answered ? std::optional(std::move(listeners)) : std::nullopt;
}

unsigned kernel_form(dev_t device) {
  constexpr unsigned k_minor_bits = 20;
  return major(device) << k_minor_bits | minor(device);
}

std::optional<std::uint64_t> diagnosed_unix_peer(const UniqueFd& connection) {
  struct stat info {};
  if (::fstat(connection.get(), &info) != 0) return std::nullopt;
  const UnixQuestion asked{.inode = static_cast<std::uint32_t>(info.st_ino), .show = k_show_peer};
  std::optional<std::uint64_t> peer;
  (void)ask(asked, [&](std::string_view body) {
    for_each_part(body, [&](std::uint16_t type, std::string_view part) {
      if (type == k_peer) peer = read<std::uint32_t>(part);
    });
  });
  return peer;
}

std::vector<TcpSocket> listening_sockets() {
  if (std::optional<std::vector<TcpSocket>> sockets = diagnosed_listeners()) return *sockets;
  return tcp_sockets();
}

std::optional<TcpSocket> listener_at(const std::vector<std::string>& addresses,
                                     std::uint16_t port) {
  for (const std::string& address : addresses) {
    // This takes a tenth of the time that a list of all sockets takes.
    if (const std::optional<TcpSocket> found = diagnosed_listener(address, port)) return found;
  }
  const std::vector<TcpSocket> sockets = listening_sockets();
  const TcpSocket* const found = listener_on(sockets, port);
  return found != nullptr ? std::optional(*found) : std::nullopt;
}

std::optional<TcpSocket> other_end_of(const UniqueFd& connection) {
  if (const std::optional<TcpSocket> found = diagnosed_other_end(connection)) return found;
  // Either there is no such socket, or the kernel does not answer. Another question tells.
  if (diagnosed_listeners()) return std::nullopt;
  const std::vector<TcpSocket> sockets = tcp_sockets();
  const TcpSocket* const found = server_end(sockets, other_port(connection), own_port(connection));
  return found != nullptr ? std::optional(*found) : std::nullopt;
}

std::vector<TcpSocket> tcp_sockets() {
  std::vector<TcpSocket> sockets;
  for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const Result<std::string> table = read_file(path, k_largest_table);
    if (!table) continue;
    const std::vector<TcpSocket> some = read_tcp_table(*table);
    sockets.insert(sockets.end(), some.begin(), some.end());
  }
  return sockets;
}

Stream stream_of(const TcpSocket& socket) { return stream_of_socket(socket.inode); }

Stream stream_of_socket(std::uint64_t inode) { return {sockets_device(), inode}; }

}  // namespace holdfast::os
