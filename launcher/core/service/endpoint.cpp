#include "core/service/endpoint.hpp"

#include <algorithm>
#include <optional>

#include "core/base/number.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_http = "http://";

bool is_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

// Checks only the characters: connect(2) finds out whether they are an address.
std::vector<std::string> addresses_of(std::string_view host) {
  if (host == "localhost") return {"127.0.0.1", "::1"};
  if (is_of(host, "0123456789.")) return {std::string(host)};
  if (!host.starts_with('[') || !host.ends_with(']')) return {};
  const std::string_view inner = host.substr(1, host.size() - 2);
  if (is_of(inner, "0123456789abcdefABCDEF:.")) return {std::string(inner)};
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
  const bool is_sound =
      endpoint && std::none_of(endpoint->path.begin(), endpoint->path.end(),
                               [](unsigned char c) { return c <= ' ' || c == 0x7f; });
  if (is_sound) return std::move(*endpoint);
  return BadValue("\"" + std::string(url) + "\"",
                  "http://HOST:PORT/PATH, with localhost or an address such as 127.0.0.1 or [::1]");
}

}  // namespace holdfast
