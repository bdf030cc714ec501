#include "base/tcp_table.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_http = "http://";

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

// Checks only the characters: connect(2) finds out whether they are an address.
std::vector<std::string> addresses_of(std::string_view host) {
  if (host == "localhost") return {"127.0.0.1", "::1"};
  if (consists_of(host, "0123456789.")) return {std::string(host)};
  if (!host.starts_with('[') || !host.ends_with(']')) return {};
  const std::string_view inner = host.substr(1, host.size() - 2);
  if (consists_of(inner, "0123456789abcdefABCDEF:.")) return {std::string(inner)};
  return {};
}

std::optional<Endpoint> endpoint_in(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Endpoint endpoint;
  endpoint.host = text.substr(0, colon);
  endpoint.addresses = addresses_of(endpoint.host);
  const std::optional<std::uint16_t> port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (endpoint.addresses.empty() || port.value_or(0) == 0) return std::nullopt;
  endpoint.port = *port;
  return endpoint;
}

constexpr unsigned k_time_wait = 0x06;
constexpr unsigned k_close = 0x07;
constexpr unsigned k_listen = 0x0A;

// Returns 8080 for `0100007F:1F90`.
std::optional<std::uint16_t> port_in(std::string_view word) {
  return parse_number<std::uint16_t>(text_after(word, ":"), 16);
}

// sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode …
std::optional<TcpSocket> read_line(std::string_view line) {
  std::array<std::string_view, 10> words;
  for (std::string_view& word : words) {
    line = trimmed(line, " ");
    word = take_part(line, ' ');
  }
  const std::optional<std::uint16_t> own = port_in(words[1]);
  const std::optional<std::uint16_t> other = port_in(words[2]);
  const std::optional<unsigned> state = parse_number<unsigned>(words[3], 16);
  const std::optional<unsigned> user = parse_number<unsigned>(words[7]);
  const std::optional<std::uint64_t> inode = parse_number<std::uint64_t>(words[9]);
  if (!own || !other || !state || !user || !inode) return std::nullopt;
  if (*state == k_time_wait || *state == k_close) return std::nullopt;
  return TcpSocket{*own, *other, *state == k_listen, *user, *inode};
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  std::optional<Endpoint> endpoint = endpoint_in(text);
  if (endpoint) return std::move(*endpoint);
  return BadValue("\"" + std::string(text) + "\"",
                  "HOST:PORT, with localhost or an address such as 127.0.0.1 or [::1]");
}

Result<Endpoint> parse_http_endpoint(std::string_view url) {
  std::optional<Endpoint> endpoint;
  if (url.starts_with(k_http)) {
    const std::string_view rest = url.substr(k_http.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    endpoint = endpoint_in(rest.substr(0, slash));
    if (endpoint) endpoint->path = slash < rest.size() ? rest.substr(slash) : "/";
  }
  const bool is_sound = endpoint && std::ranges::none_of(endpoint->path, [](unsigned char c) {
                          return c <= ' ' || c == 0x7f;
                        });
  if (is_sound) return std::move(*endpoint);
  return BadValue("\"" + std::string(url) + "\"",
                  "http://HOST:PORT/PATH, with localhost or an address such as 127.0.0.1 or [::1]");
}

std::vector<TcpSocket> read_tcp_table(std::string_view table) {
  std::vector<TcpSocket> sockets;
  for (const std::string_view line : TextParts{table, '\n'}) {
    if (const std::optional<TcpSocket> socket = read_line(line)) sockets.push_back(*socket);
  }
  return sockets;
}

const TcpSocket* listener_on(const std::vector<TcpSocket>& sockets, std::uint16_t port) {
  for (const TcpSocket& socket : sockets) {
    if (socket.listens && socket.port == port) return &socket;
  }
  return nullptr;
}

const TcpSocket* server_end(const std::vector<TcpSocket>& sockets, std::uint16_t port,
                            std::uint16_t client) {
  for (const TcpSocket& socket : sockets) {
    if (!socket.listens && socket.port == port && socket.other_port == client) return &socket;
  }
  return nullptr;
}

}  // namespace holdfast
