#include "report/said/reasons.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "core/batch/gtest_output.hpp"
#include "report/describe.hpp"
#include "report/excerpt.hpp"
#include "report/shown.hpp"

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

std::string with_words_of_failure(std::string how, std::string_view output) {
  const std::vector<Excerpt> said = excerpts_of(output, 1);
  if (!said.empty()) how += "\n      " + brief(headline(said.front()));
  return how;
}

bool has_failed(const Attempt& earlier) {
  return earlier.verdict ? *earlier.verdict == Verdict::failed : earlier.outcome != Outcome::passed;
}

Excerpt words_of(const Attempt& earlier, Outputs& outputs) {
  constexpr std::size_t k_last_words = 400;
  const std::string output = outputs.of(earlier);
  std::vector<Excerpt> said = excerpts_of(output, 1);
  if (!said.empty()) return std::move(said.front());
  std::string last = shown(last_of(output, k_last_words));
  while (!last.empty() && (last.back() == '\n' || last.back() == ' ')) last.pop_back();
  return {std::move(last), {}, 0};
}

std::string with_words(const Attempt& earlier, Outputs& outputs) {
  std::string text = fmt::format("attempt {}: {}", earlier.n, ending(earlier));
  const std::string words = brief(headline(words_of(earlier, outputs)));
  if (!words.empty()) text += ": " + words;
  return text;
}

std::string skip_reason(const TestReport& test, std::string_view output) {
  std::string why = reason(test);
  const std::string words = brief(skip_words(output));
  if (!words.empty()) why += (why.empty() ? "" : "; ") + words;
  return why;
}

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
