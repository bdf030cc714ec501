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
  std::string_view rest = text;
  if (!take_words(rest, "  Test ") || !trimmed(take_part(rest, '#'), " ").empty()) {
    return std::nullopt;
  }
  const auto number = take_number<std::size_t>(rest);
  if (!number || !take_words(rest, ": ")) return std::nullopt;
  text = rest;
  return number;
}

}  // namespace

std::optional<std::vector<std::size_t>> numbers_shown(std::string_view text,
                                                      const NameOfNumber& name_of) {
  std::vector<std::size_t> numbers;
  while (!text.empty()) {
    std::string_view rest = text;
    if (take_words(rest, "Total Tests: ") && leading_number<std::size_t>(rest) == numbers.size()) {
      return numbers;
    }
    rest = text;
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
  for (std::string_view line : TextParts{text, '\n'}) {
    if (take_words(line, "Test project ")) return std::string(line);
  }
  return {};
}

}  // namespace holdfast
