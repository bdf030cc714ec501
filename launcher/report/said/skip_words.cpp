#include "report/said/skip_words.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace holdfast {
namespace {

constexpr std::size_t k_lines_of_a_message = 5;

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view k_blank = " \t\r";
  const std::size_t first = line.find_first_not_of(k_blank);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(k_blank) + 1 - first);
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
  for (std::size_t i = 0; i < k_lines_of_a_message && !rest.empty(); ++i) {
    const std::string_view line = trimmed(take_line(rest));
    if (line == "explicitly with message:") continue;
    if (line.empty() || line.starts_with("[  SKIPPED ]") || line.starts_with("====")) break;
    if (!message.empty()) message += "; ";
    message += line;
  }
  return message;
}

}  // namespace

std::string skip_words(std::string_view output) {
  std::string_view last;
  while (!output.empty()) {
    const std::string_view line = trimmed(take_line(output));
    if (const std::optional<std::string_view> place = place_of_skip(line)) {
      const std::string message = message_in(output);
      return std::string(*place) + ": " + (message.empty() ? "skipped" : message);
    }
    if (!line.empty() && !line.starts_with("holdfast: ")) last = line;
  }
  return std::string(last);
}

}  // namespace holdfast
