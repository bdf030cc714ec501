#include "core/ctest/early_end.hpp"

#include <string_view>

namespace holdfast {

Stops stops_of(const std::vector<std::string>& command) {
  Stops stops = Stops::never;
  for (const std::string_view word : command) {
    if (word.starts_with("--stop-time")) return Stops::at_any_time;
    if (word == "--stop-on-failure" || word == "--preset" || word.starts_with("--preset="))
      stops = Stops::at_a_failure;
  }
  return stops;
}

}  // namespace holdfast
