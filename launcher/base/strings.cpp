#include "base/strings.hpp"

namespace holdfast {

std::string_view trimmed(std::string_view text, std::string_view blanks) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);  // npos + 1 is 0
}

std::string_view text_after(std::string_view text, std::string_view words) {
  const std::size_t at = text.find(words);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + words.size());
}

std::string text_of(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::string text;
  text.reserve(size);
  for (const std::string_view part : parts) text += part;
  return text;
}

std::string padded(std::string text, std::size_t width, char fill) {
  return text.insert(0, width - std::min(width, text.size()), fill);
}

std::string counted(std::uint64_t number, std::string_view noun) {
  return text_of({std::to_string(number), " ", noun, number == 1 ? "" : "s"});
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return text_of({std::to_string(number), " ", number == 1 ? one : many});
}

std::string and_more(std::uint64_t more) {
  return more == 0 ? std::string() : text_of({" and ", std::to_string(more), " more"});
}

}  // namespace holdfast
