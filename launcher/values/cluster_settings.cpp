#include "values/cluster_settings.hpp"

#include <algorithm>

#include "base/environment.hpp"
#include "base/text.hpp"

namespace holdfast {

std::string describe_party(const ClusterParty& party) {
  if (party.host.empty()) return "the key " + brief(party.key) + ", which is not Holdfast's";
  std::string text = text_of(
      {"\"", brief(party.test), "\" (pid ", std::to_string(party.pid), " on ", brief(party.host)});
  if (!party.tree.empty()) text += ", tree " + brief(party.tree);
  return text + ")";
}

namespace {

constexpr std::string_view k_expected =
    "an address such as http://127.0.0.1:2379 or https://host:2379";

// An `@` means that there is a password, which must not get into a message.
bool has_password(std::string_view text) { return text.find('@') != text.npos; }

Error password_in_address() {
  return BadValue{"an address with `@`",
                  text_of({k_expected, "; `user` and HOLDFAST_CLUSTER_PASSWORD say who we are"})};
}

Error bad_endpoint(std::string_view text) { return BadValue{brief_in_quotes(text), k_expected}; }

// `host`, `host:port`, `[address]` or `[address]:port`.
bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos || end == 1) return false;
    host.remove_prefix(end + 1);
    if (!host.empty() && host.front() != ':') return false;
  } else if (host.find_first_of("[]%") != std::string_view::npos || host.starts_with(':')) {
    return false;
  }
  const std::size_t colon = host.find(':');
  if (colon == std::string_view::npos) return true;
  const auto port = parse_number<std::uint16_t>(host.substr(colon + 1));
  return port && *port != 0;
}

bool is_in_address(char c) {
  return is_ascii_alphanumeric(c) || std::string_view(".-_:[]/%").find(c) != std::string_view::npos;
}

// Reads several addresses, with commas or blanks between them.
Result<std::vector<std::string>> parse_etcd_addresses(std::string_view text) {
  // This looks at the whole text, because a password may have commas and blanks.
  if (has_password(text)) return password_in_address();
  std::vector<std::string> endpoints;
  while (!text.empty()) {
    const std::string_view part = take_part(text, text.find(',') < text.find(' ') ? ',' : ' ');
    if (part.empty()) continue;
    HOLDFAST_TRY(std::string endpoint, parse_etcd_address(part));
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

}  // namespace

Result<std::string> parse_etcd_address(std::string_view text) {
  if (has_password(text)) return password_in_address();
  std::string_view host = text;
  const bool is_plain = host.starts_with("http://");
  if (!is_plain && !host.starts_with("https://")) return bad_endpoint(text);
  host.remove_prefix(is_plain ? 7 : 8);
  while (host.ends_with('/')) host.remove_suffix(1);
  if (host.empty() || host.front() == '/' || !is_host(host.substr(0, host.find('/')))) {
    return bad_endpoint(text);
  }
  if (!std::ranges::all_of(host, is_in_address)) return bad_endpoint(text);
  return text_of({is_plain ? "http://" : "https://", host});
}

Result<ClusterSettings> with_environment(ClusterSettings settings, const char* variable) {
  if (variable == nullptr || *variable == '\0') return settings;
  Result<std::vector<std::string>> endpoints = parse_etcd_addresses(variable);
  if (!endpoints) return ErrorInWords{to_text(environment::k_cluster_endpoints, endpoints.error())};
  if (endpoints->empty()) return settings;
  settings.endpoints = std::move(*endpoints);
  settings.endpoints_from = environment::k_cluster_endpoints;
  return settings;
}

}  // namespace holdfast
