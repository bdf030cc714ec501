#include "base/text.hpp"

#include <charconv>
#include <numeric>
#include <system_error>
#include <utility>

namespace holdfast {

std::optional<std::uint64_t> take_digits(std::string_view& text, int base, std::uint64_t largest) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (read.ec != std::errc{} || number > largest) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return number;
}

std::string hexadecimal(std::uint64_t number, std::size_t digits) {
  std::string text(digits, '0');
  for (; digits > 0; number >>= 4U) text[--digits] = "0123456789abcdef"[number & 15U];
  return text;
}

std::string_view trimmed(std::string_view text, std::string_view blanks) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);  // npos + 1 is 0
}

std::string_view text_after(std::string_view text, std::string_view words) {
  const std::size_t at = text.find(words);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + words.size());
}

std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view key) {
  for (const std::string_view line : TextParts{text, '\n'}) {
    if (!line.starts_with(key)) continue;
    return leading_number<std::uint64_t>(trimmed(line.substr(key.size()), " "));
  }
  return std::nullopt;
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

namespace {

// A longer name is no slip of the finger.
constexpr std::size_t k_longest_name = 255;

constexpr std::size_t k_shortest_beginning = 4;

// How many letters of a name may be wrong: about one in three, never more than four, and not all.
std::size_t farthest(std::size_t length) {
  return std::min({std::size_t{4}, length / 3 + 1, length - 1});
}

std::string plain(std::string_view name) {
  std::string text = lower(std::string(name));
  std::ranges::replace(text, '_', '-');
  return text;
}

// Whether one name begins with the other, and the shorter name is long enough to say something.
bool is_prolonged(std::string_view a, std::string_view b) {
  return std::min(a.size(), b.size()) >= k_shortest_beginning &&
         (a.starts_with(b) || b.starts_with(a));
}

// U+0080 to U+009F: C2 80 to C2 9F.
bool is_late_control(std::string_view character) {
  return character.size() == 2 && character[0] == '\xC2' &&
         static_cast<unsigned char>(character[1]) < 0xa0U;
}

// What decides in which direction the text around it is shown (the list is of Unicode's annex 9).
// Bytes of UTF-8 compare as the characters do.
bool is_bidirectional_control(std::string_view character) {
  if (character == "\u061c") return true;
  return (character >= "\u200e" && character <= "\u200f") ||
         (character >= "\u202a" && character <= "\u202e") ||
         (character >= "\u2066" && character <= "\u2069");
}

// Of a character with two or three bytes: \u202e.
void append_code_point(std::string& out, std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  unsigned point = byte(0) & (character.size() == 2 ? 0x1fU : 0x0fU);
  for (std::size_t i = 1; i < character.size(); ++i) point = (point << 6U) | (byte(i) & 0x3fU);
  out += "\\u" + hexadecimal(point, 4);
}

void append_character(std::string& out, std::string_view character) {
  if (character == "\n") {
    out += "\\n";
  } else if (character == "\t") {
    out += "\\t";
  } else if (is_late_control(character) || is_bidirectional_control(character)) {
    append_code_point(out, character);
  } else if (is_control(character.back())) {
    out += "\\x" + hexadecimal(static_cast<unsigned char>(character.back()), 2);
  } else {
    out += character;
  }
}

bool is_plain_for_shell(char c) {
  return is_ascii_alphanumeric(c) ||
         std::string_view("_./:=@%+,-").find(c) != std::string_view::npos;
}

// Between `$'` and `'`.
void append_for_shell(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (is_control(c) || byte >= 0x80) {
    out += "\\x" + hexadecimal(byte, 2);
  } else {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
}

constexpr std::string_view k_ours = "holdfast: ";
constexpr std::size_t k_columns = 160;

// How many columns a text in UTF-8 takes. A character that takes no column, or two columns, counts
// as one.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

unsigned byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

bool is_continuation(std::string_view bytes, std::size_t i) {
  return i < bytes.size() && (byte_at(bytes, i) & 0xC0U) == 0x80U;
}

std::size_t ascii_length(std::string_view bytes) {
  std::size_t length = 0;
  while (length < bytes.size() && byte_at(bytes, length) < 0x80U) ++length;
  return length;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

std::vector<std::string> look_alikes(std::string_view name, const std::vector<std::string>& names,
                                     std::size_t most) {
  if (name.empty() || name.size() > k_longest_name) return {};
  const std::string wanted = plain(name);
  const std::size_t limit = farthest(name.size());
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& candidate : names) {
    if (candidate == name) continue;
    const std::string other = plain(candidate);
    const std::size_t difference =
        other.size() > wanted.size() ? other.size() - wanted.size() : wanted.size() - other.size();
    // The distance is at least the difference of the lengths, so most names need no comparison.
    std::size_t far = difference <= limit ? edit_distance(wanted, other) : limit + 1;
    if (is_prolonged(wanted, other)) far = std::min(far, limit);
    if (far <= limit) near.emplace_back(far, candidate);
  }
  std::sort(near.begin(), near.end());
  if (near.size() > most) near.resize(most);
  return collected(near, [](const auto& one) { return one.second; });
}

std::string suggestion(std::string_view word, const std::vector<std::string>& words) {
  const std::vector<std::string> near = look_alikes(word, words, 1);
  return near.empty() ? std::string() : " (did you mean \"" + near.front() + "\"?)";
}

std::string printable(std::string_view text) {
  const std::string valid = valid_utf8(text);
  std::string shown;
  shown.reserve(valid.size());
  for (std::string_view rest = valid; !rest.empty();) {
    const std::size_t length = utf8_sequence_length(rest);
    append_character(shown, rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return shown;
}

std::string brief(std::string_view text) {
  constexpr std::size_t k_brief = 240;
  if (text.size() <= k_brief) return printable(text);
  return printable(first_bytes(text, k_brief)) + "...";
}

std::string brief_in_quotes(std::string_view text) { return text_of({"\"", brief(text), "\""}); }

std::string for_shell(std::string_view word) {
  if (!word.empty() && std::ranges::all_of(word, is_plain_for_shell)) return std::string(word);
  const bool is_text = printable(word) == word;
  std::string quoted = is_text ? "'" : "$'";
  for (const char c : word) {
    if (!is_text) {
      append_for_shell(quoted, c);
    } else if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string folded(std::string_view text, std::string_view first, std::string_view further,
                   std::size_t columns) {
  std::string lines;
  std::string line(first);
  bool begins = true;  // no word of this line yet
  while (true) {
    const std::size_t blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    if (!begins && columns_of(line) + 1 + columns_of(word) > columns) {
      lines += line + "\n";
      line = further;
      begins = true;
    }
    if (!begins) line += ' ';
    line += word;
    begins = false;
    if (blank == std::string_view::npos) return lines + line + "\n";
    text.remove_prefix(blank + 1);
  }
}

std::string said_line(std::string_view text, Layout layout) {
  const std::string shown = printable(text);
  if (layout == Layout::folded) return folded(shown, k_ours, "holdfast:   ", k_columns);
  return text_of({k_ours, shown, "\n"});
}

std::size_t utf8_sequence_length(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const unsigned lead = byte_at(bytes, 0);
  if (lead < 0x80U) return 1;
  if (lead < 0xC2U || lead > 0xF4U || !is_continuation(bytes, 1)) return 0;
  if (lead < 0xE0U) return 2;
  const unsigned second = byte_at(bytes, 1);
  if (!is_continuation(bytes, 2)) return 0;
  if (lead < 0xF0U) {
    const bool overlong = lead == 0xE0U && second < 0xA0U;
    const bool surrogate = lead == 0xEDU && second >= 0xA0U;
    return overlong || surrogate ? 0 : 3;
  }
  const bool overlong = lead == 0xF0U && second < 0x90U;
  const bool beyond = lead == 0xF4U && second >= 0x90U;
  return overlong || beyond || !is_continuation(bytes, 3) ? 0 : 4;
}

std::string_view first_bytes(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && is_continuation(text, size)) --size;
  return text.substr(0, size);
}

std::string_view last_bytes(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  std::size_t begin = text.size() - size;
  while (is_continuation(text, begin)) ++begin;
  return text.substr(begin);
}

std::string valid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (true) {
    // Usually this is nearly the whole text.
    const std::size_t plain = ascii_length(bytes);
    text.append(bytes.substr(0, plain));
    bytes.remove_prefix(plain);
    if (bytes.empty()) return text;
    const std::size_t length = utf8_sequence_length(bytes);
    text.append(length == 0 ? k_utf8_replacement : bytes.substr(0, length));
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace holdfast
