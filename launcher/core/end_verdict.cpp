#include "core/end_verdict.hpp"

#include <algorithm>

namespace holdfast {

std::string_view verdict_by_end(std::string_view properties, const Exit& end) {
  // No property changes what is no exit code.
  if (end.kind == Exit::Kind::signal) return "failed";
  bool success = end.value == 0;
  while (!properties.empty()) {
    const std::string_view part = properties.substr(0, properties.find(','));
    properties.remove_prefix(std::min(properties.size(), part.size() + 1));
    const std::string_view name = part.substr(0, part.find('='));
    if (part == "will-fail") {
      success = !success;
    } else if (!part.empty() && name != "code") {
      return {};
    }
  }
  return success ? "passed" : "failed";
}

}  // namespace holdfast
