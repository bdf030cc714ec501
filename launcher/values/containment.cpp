#include "values/containment.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_none = "none";
constexpr auto k_words = words_of(Boundary{});

}  // namespace

std::string to_text(Containment containment) {
  std::string text;
  for (const std::string_view word : k_words) {
    if (!containment.has(*named<Boundary>(word))) continue;
    text.append(text.empty() ? "" : ",").append(word);
  }
  return text.empty() ? std::string(k_none) : text;
}

Result<Containment> parse_containment(std::string_view text) {
  if (text == k_none) return Containment();
  const BadValue refused{brief_in_quotes(text), containment_alternatives()};
  Containment containment;
  // A comma at the end would be no harm, but is a slip.
  if (text.empty() || text.ends_with(',')) return refused;
  for (const std::string_view word : TextParts{text, ','}) {
    const std::optional<Boundary> boundary = named<Boundary>(trimmed(word, " "));
    if (!boundary) return refused;
    containment = containment.with(*boundary);
  }
  return containment;
}

std::string containment_alternatives(std::string_view quote) {
  return text_of({quote, k_none, quote, ", or some of ", enumeration(k_words, " and ", quote),
                  " with commas between"});
}

}  // namespace holdfast
