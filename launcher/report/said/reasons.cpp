#include "report/said/reasons.hpp"

#include "core/base/printable.hpp"
#include "report/describe.hpp"
#include "report/excerpt.hpp"
#include "report/said/skip_words.hpp"
#include "report/shown.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace holdfast {

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

}  // namespace holdfast
