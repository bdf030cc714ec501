#include "values/kinds.hpp"

#include <algorithm>
#include <span>

#include "values/srun_words.hpp"

namespace holdfast::kind {
namespace {

Error refused(std::string_view text, std::string_view expected) {
  return BadValue{brief_in_quotes(text), expected};
}

}  // namespace

Result<std::size_t> read_word(std::string_view text, const std::string_view* words,
                              std::size_t count) {
  const std::string_view* const found = std::find(words, words + count, text);
  if (found != words + count) return static_cast<std::size_t>(found - words);
  return refused(text, alternatives(std::span(words, count)));
}

Result<void> Flag::read(std::string_view text, bool& field) {
  const bool is_on = text == "true" || text == "ON";
  if (!is_on && text != "false" && text != "OFF") return refused(text, "true or false");
  field = is_on;
  return {};
}

Result<unsigned> read_number(std::string_view text, unsigned most) {
  const std::optional<unsigned> number = parse_number<unsigned>(text);
  if (number && *number <= most) return *number;
  return refused(text, "a number, 0 to " + std::to_string(most));
}

Result<void> Size::read(std::string_view text, std::optional<std::uint64_t>& field) {
  const std::optional<std::uint64_t> size = parse_size_kb(text);
  if (!size) return refused(text, "a size such as 8GiB or 512MiB");
  field = size;
  return {};
}

Result<void> Size::read(std::string_view text, std::uint64_t& field) {
  std::optional<std::uint64_t> size;
  HOLDFAST_DO(Size::read(text, size));
  field = *size;
  return {};
}

std::string Size::print(const std::optional<std::uint64_t>& field) {
  return field ? size_text(*field) : std::string();
}

Result<void> Mask::read(std::string_view text, std::optional<unsigned>& field) {
  std::string_view digits = text;
  if (digits.size() == 4 && digits.starts_with('0')) digits.remove_prefix(1);
  const bool is_octal =
      digits.size() == 3 && digits.find_first_not_of("01234567") == std::string_view::npos;
  if (!is_octal) return refused(text, "three octal digits such as 022");
  field = 0;
  for (const char digit : digits) field = *field * 8 + static_cast<unsigned>(digit - '0');
  return {};
}

std::string Mask::print(std::optional<unsigned> field) {
  std::string text;
  for (const unsigned shift : {6U, 3U, 0U}) {
    if (field) text += static_cast<char>('0' + (*field >> shift) % 8);
  }
  return text;
}

Result<void> Command::read(std::string_view text, std::string& field) {
  field = text;
  return {};
}

Result<void> SrunOptions::read(std::string_view text, std::string& field) {
  if (const Result<std::vector<std::string>> words = srun_words(text); !words) return words.error();
  field = text;
  return {};
}

Result<void> Variables::read(std::string_view text, std::vector<Variable>& field) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) return refused(text, "NAME=VALUE");
  const std::string_view name = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  if (is_holdfasts_own(name)) return refused(text, "no variable of Holdfast's own");
  const auto same = std::ranges::find(field, name, &Variable::name);
  if (value.empty()) {
    if (same != field.end()) field.erase(same);
  } else if (same != field.end()) {
    same->value = value;
  } else {
    field.push_back({std::string(name), std::string(value)});
  }
  return {};
}

Result<void> Patterns::read(std::string_view text, std::vector<std::string>& field) {
  field.emplace_back(text);
  return {};
}

Result<void> Paths::read(std::string_view text, std::vector<std::string>& field) {
  if (text.empty()) {
    field.clear();
  } else if (text.starts_with('/')) {
    field.emplace_back(text);
  } else {
    return refused(text, "an absolute path");
  }
  return {};
}

Result<void> KnownFlakes::read(std::string_view text, std::vector<KnownFlake>& field) {
  const std::string_view whole = text;
  const std::optional<unsigned> attempts = take_number<unsigned>(text);
  if (text.starts_with(' ')) text.remove_prefix(1);
  const std::optional<std::size_t> length = take_number<std::size_t>(text);
  if (!attempts || *attempts > k_most_further_attempts || !length || !text.starts_with(' ') ||
      *length >= text.size()) {
    return refused(whole, "attempts, the length of the issue, the issue and a signature");
  }
  text.remove_prefix(1);
  field.push_back(
      {std::string(text.substr(*length)), std::string(text.substr(0, *length)), *attempts});
  return {};
}

std::string KnownFlakes::print(const KnownFlake& one) {
  return text_of({std::to_string(one.attempts), " ", std::to_string(one.issue.size()), " ",
                  one.issue, one.signature});
}

}  // namespace holdfast::kind
