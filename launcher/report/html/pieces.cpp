#include "report/html/pieces.hpp"

#include "base/text.hpp"
#include "report/describe.hpp"
#include "report/excerpt.hpp"
#include "report/shown.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

constexpr std::size_t k_longest = 400;

// At most some bytes of it, and no half of a character.
std::string cut(std::string text) {
  if (text.size() <= k_longest) return text;
  return std::string(first_bytes(text, k_longest)) + "...";
}

std::string words_in(std::string_view output) {
  const std::vector<Excerpt> said = excerpts_of(output, 1);
  return said.empty() ? std::string() : cut(printable(headline(said.front())));
}

std::string words_of_cases(const TestReport& test, const std::vector<const Case*>& red,
                           Outputs& outputs) {
  constexpr std::size_t k_cases = 5;
  std::string text =
      fmt::format("{} of {} cases: {}", red.size(), test.cases.size(),
                  bounded_list(red, k_cases, [](const Case* one) { return printable(one->name); }));
  if (const std::string words = words_in(outputs.of(*red.front())); !words.empty())
    text += "; " + words;
  return text;
}

}  // namespace

std::string line_html(std::string_view text) { return xml_attribute(printable(text)); }

// A reader of HTML drops a line break that follows the tag at once.
std::string printed_html(std::string_view text) {
  return fmt::format("<pre tabindex=\"0\">\n{}</pre>\n", xml_text(text));
}

std::string folded_html(std::string_view summary, std::string_view inside) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", summary, inside);
}

std::string_view class_of(Outcome outcome) {
  if (is_red(outcome)) return "red";
  return outcome == Outcome::passed ? "good" : "other";
}

std::string term_html(std::string_view term, std::string_view inside) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", term, inside);
}

std::vector<std::string> used_by(const Attempt& attempt) {
  std::vector<std::string> used = attempt.locks;
  used.insert(used.end(), attempt.services.begin(), attempt.services.end());
  return used;
}

std::vector<const Case*> red_cases(const TestReport& test) {
  std::vector<const Case*> red;
  for (const Case& one : test.cases) {
    if (is_red(one.outcome)) red.push_back(&one);
  }
  return red;
}

std::string words_of_failure(const TestReport& test, Outputs& outputs) {
  if (!went_wrong(test)) return reason(test);
  const std::vector<const Case*> red = red_cases(test);
  if (!red.empty()) return words_of_cases(test, red, outputs);
  const std::string words = words_in(outputs.of(test).text);
  return words.empty() ? reason(test) : words;
}

}  // namespace holdfast
