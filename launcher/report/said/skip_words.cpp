#include "report/said/skip_words.hpp"

#include <cstddef>
#include <optional>
#include <utility>

#include "core/base/parts.hpp"
#include "core/batch/gtest_output.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_lines_of_a_message = 5;

std::string_view take_line(std::string_view& rest) {
  return trimmed(take_part(rest, '\n'), " \t\r");
}

// The place in `/s/a.cpp:12: Skipped` (GoogleTest) and `/s/a.cpp:12: SKIPPED:` (Catch2).
std::optional<std::string_view> place_of_skip(std::string_view line) {
  for (const std::string_view end : {": Skipped", ": SKIPPED:"}) {
    if (line.ends_with(end)) return line.substr(0, line.size() - end.size());
  }
  return std::nullopt;
}

std::string message_in(std::string_view rest) {
  std::string message;
  std::string_view last;
  for (std::size_t i = 0; i < k_lines_of_a_message && !rest.empty(); ++i) {
    const std::string_view line = take_line(rest);
    if (line == "explicitly with message:") continue;
    if (line.empty() || is_googletest_line(line) || line.starts_with("====")) break;
    // GoogleTest prints the words of a global environment twice.
    if (line == std::exchange(last, line)) continue;
    if (!message.empty()) message += "; ";
    message += line;
  }
  return message;
}

}  // namespace

std::string skip_words(std::string_view output) {
  std::string_view last;
  while (!output.empty()) {
    const std::string_view line = take_line(output);
    if (const std::optional<std::string_view> place = place_of_skip(line)) {
      const std::string message = message_in(output);
      return std::string(*place) + ": " + (message.empty() ? "skipped" : message);
    }
    if (!line.empty() && !line.starts_with("holdfast: ")) last = line;
  }
  return std::string(last);
}

}  // namespace holdfast
