#include "ctest/shown_tests.hpp"

#include "base/text.hpp"

namespace holdfast {
namespace {

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80U; }

void skip_no_ascii(std::string_view& text) {
  while (!text.empty() && !is_ascii(text.front())) text.remove_prefix(1);
}

// Takes the name off the front. Bytes beyond ASCII match any such bytes.
bool take_name(std::string_view& text, std::string_view name) {
  while (!name.empty()) {
    if (text.empty() || is_ascii(name.front()) != is_ascii(text.front())) return false;
    if (!is_ascii(name.front())) {
      skip_no_ascii(name);
      skip_no_ascii(text);
    } else if (name.front() == text.front()) {
      name.remove_prefix(1);
      text.remove_prefix(1);
    } else {
      return false;
    }
  }
  return true;
}

// Takes `  Test   #7: ` off the front.
std::optional<std::size_t> take_number_of_test(std::string_view& text) {
  constexpr std::string_view k_begin = "  Test ";
  if (!text.starts_with(k_begin)) return std::nullopt;
  std::string_view rest = text.substr(k_begin.size());
  if (!trimmed(take_part(rest, '#'), " ").empty()) return std::nullopt;
  const auto number = take_number<std::size_t>(rest);
  if (!number || !rest.starts_with(": ")) return std::nullopt;
  text = rest.substr(2);
  return number;
}

}  // namespace

std::optional<std::vector<std::size_t>> numbers_shown(std::string_view text,
                                                      const NameOfNumber& name_of) {
  constexpr std::string_view k_total = "Total Tests: ";
  std::vector<std::size_t> numbers;
  while (!text.empty()) {
    if (text.starts_with(k_total) &&
        leading_number<std::size_t>(text.substr(k_total.size())) == numbers.size()) {
      return numbers;
    }
    std::string_view rest = text;
    const std::optional<std::size_t> number = take_number_of_test(rest);
    const std::string* const name = number ? name_of(*number, numbers.size()) : nullptr;
    const bool is_next = numbers.empty() || (number && *number > numbers.back());
    if (name != nullptr && is_next && take_name(rest, *name)) {
      numbers.push_back(*number);
      text = rest;
    }
    take_part(text, '\n');
  }
  return std::nullopt;
}

std::string directory_shown(std::string_view text) {
  constexpr std::string_view k_begin = "Test project ";
  for (const std::string_view line : TextParts{text, '\n'}) {
    if (line.starts_with(k_begin)) return std::string(line.substr(k_begin.size()));
  }
  return {};
}

}  // namespace holdfast
