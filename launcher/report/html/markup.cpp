#include "report/html/markup.hpp"

#include "core/base/text.hpp"
#include "report/describe.hpp"
#include "report/shown.hpp"

#include <fmt/format.h>

namespace holdfast {

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

}  // namespace holdfast
