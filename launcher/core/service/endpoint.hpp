// Where a service answers: `HOST:PORT`, or `http://HOST:PORT/PATH`. The host is this machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast {

struct Endpoint {
  // Addresses to try in turn, as inet_pton(3) reads them. No name except `localhost` is looked up,
  // because a look-up may take long, and a service is on this machine.
  std::vector<std::string> addresses;
  std::uint16_t port = 0;
  std::string host;  // as it was written
  std::string path;  // only a URL has one; it begins with `/`
};

Result<Endpoint> parse_endpoint(std::string_view text);
Result<Endpoint> parse_http_endpoint(std::string_view url);

}  // namespace holdfast
