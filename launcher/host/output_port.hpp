// The line of output by which a service says that it is ready, and on which port.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/number.hpp"
#include "core/base/result.hpp"
#include "settings/pattern.hpp"

namespace holdfast::host {

// What one line says.
struct LineOfOutput {
  bool is_ready = false;     // the line matches
  std::uint16_t port = 0;    // 0: the line names no port
  std::string no_port = {};  // what stands in the place of the port, if that makes it no match
};

// `ready`: the pattern of `ready-output`. A line whose group `port` is no port does not match:
// nobody could reach the service there. A group without a name may be the port, or may be there for
// an alternative, such as `(up|ready)`.
inline LineOfOutput read_line(const Pattern& ready, std::string_view line) {
  if (!ready.is_found_in(line)) return {};
  const std::optional<std::string> text = ready.group_in(line, "port");
  if (!text) return {true};
  const bool is_number =
      !text->empty() && text->find_first_not_of("0123456789") == std::string::npos;
  if (!is_number && !ready.names_group("port")) return {true};
  const std::uint16_t port = parse_number<std::uint16_t>(*text).value_or(0);
  return port != 0 ? LineOfOutput{true, port} : LineOfOutput{false, 0, *text};
}

}  // namespace holdfast::host
