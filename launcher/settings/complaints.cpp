#include "settings/complaints.hpp"

#include <string_view>
#include <tuple>

namespace holdfast {
namespace {

constexpr std::size_t k_longest_quote = 80;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

void Complaints::add(Place at, const std::string& what, const std::string& found,
                     const std::string& expected) {
  add(at, what + ": found " + found + ", expected " + expected);
}

void Complaints::add(Place at, const std::string& sentence) {
  if (first_ && std::tie(place_.line, place_.column) <= std::tie(at.line, at.column)) return;
  place_ = at;
  const std::string line = line_ == LineTold::yes ? ":" + std::to_string(at.line) : "";
  first_ = ErrorInWords{path_ + line + ": " + sentence};
}

std::string in_quotes(std::string_view text) {
  const bool is_long = text.size() > k_longest_quote;
  std::string quote = "\"";
  for (char c : text.substr(0, k_longest_quote)) quote += is_control(c) ? '?' : c;
  return quote + (is_long ? "\"..." : "\"");
}

}  // namespace holdfast
