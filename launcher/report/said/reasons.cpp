#include "report/said/reasons.hpp"

#include "core/base/printable.hpp"
#include "report/describe.hpp"
#include "report/excerpt.hpp"
#include "report/said/skip_words.hpp"

#include <vector>

namespace holdfast {

std::string with_words_of_failure(std::string how, std::string_view output) {
  const std::vector<Excerpt> said = excerpts_of(output, 1);
  if (!said.empty()) how += "\n      " + brief(headline(said.front()));
  return how;
}

std::string skip_reason(const TestReport& test, std::string_view output) {
  std::string why = reason(test);
  const std::string words = brief(skip_words(output));
  if (!words.empty()) why += (why.empty() ? "" : "; ") + words;
  return why;
}

}  // namespace holdfast
