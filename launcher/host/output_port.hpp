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

class OutputPort {
 public:
  // `pattern` is that of `ready-output`.
  explicit OutputPort(Pattern pattern) : pattern_(std::move(pattern)) {}

  // Returns the port that the line names. 0: the line matches, and names no port. None: it does not
  // match.
  std::optional<std::uint16_t> port_in(std::string_view line) const {
    if (!pattern_.is_found_in(line)) return std::nullopt;
    const std::optional<std::string> text = pattern_.group_in(line, "port");
    return text ? parse_number<std::uint16_t>(*text).value_or(0) : std::uint16_t{0};
  }

 private:
  Pattern pattern_;
};

}  // namespace holdfast::host
