#include "core/framework/catch2_list.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/ascii_case.hpp"
#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "core/batch/framework.hpp"
#include "core/batch/unique_names.hpp"
#include "core/batch/xml.hpp"

namespace holdfast {
namespace {

// How names of Catch2's cases are written on the command line, to select them. Catch2 ignores upper
// and lower case in names, and blanks around them. A `*` at an end of a name stands for any text,
// even after a `\`. A name that begins with `exclude:` gets a `*` in front, because Catch2 takes
// that word as its own. Source: TestSpecParser and WildcardPattern of versions 2.13 and 3.

// Each of these has a meaning in a selection, unless there is a `\` before it.
constexpr std::string_view k_with_meaning = "\\,[]\"~";
constexpr std::string_view k_blanks = "\t\n\r ";
constexpr std::string_view k_exclude = "exclude:";

// Catch2's programs run in the locale "C", tolower(3).
bool are_same(char one, char other) { return lower(one) == lower(other); }

bool is_begin_of(std::string_view part, std::string_view text) {
  return part.size() <= text.size() && std::equal(part.begin(), part.end(), text.begin(), are_same);
}

bool is_in(std::string_view part, std::string_view text) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), are_same) != text.end();
}

constexpr std::string_view k_list = "<MatchingTests>";
constexpr std::string_view k_empty_list = "<MatchingTests/>";
constexpr std::string_view k_end_of_list = "</MatchingTests>";
constexpr std::string_view k_name = "<Name>";
constexpr std::string_view k_end_of_name = "</Name>";
constexpr std::string_view k_indent = "  ";  // of a name in the list for people

// Version 2 puts quotes around a name that begins with `#`.
std::string_view without_quotes(std::string_view line) {
  if (line.size() < 3 || !line.starts_with("\"#") || line.back() != '"') return line;
  return line.substr(1, line.size() - 2);
}

std::string_view take_line(std::string_view& text) {
  std::string_view line = take_part(text, '\n');
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);  // printed on a terminal
  return line;
}

bool begins_list(std::string_view line) {
  return line.ends_with("All available test cases:") || line.ends_with("Matching test cases:");
}

// The number in `3 test cases` or `1 matching test case`.
std::optional<std::size_t> count_in(std::string_view line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view rest = line.substr(end);
  const bool is_count = rest == " test cases" || rest == " test case" ||
                        rest == " matching test cases" || rest == " matching test case";
  return is_count ? parse_number<std::size_t>(line.substr(0, end)) : std::nullopt;
}

// The exit code of version 3.3 and later when every case of the process was skipped.
constexpr int k_all_skipped = 4;

class Catch2 final : public Framework {
 public:
  explicit constexpr Catch2(Telling tells)
      : Framework({"Catch2", "--list-tests", {}, ','}, tells) {}

  // Catch2 ignores upper and lower case in names, so any selection may select another case too.
  bool is_exact(std::string_view /*name*/) const override { return false; }
  bool selects(std::string_view name, std::string_view other) const override {
    std::string_view wanted = trimmed(name, k_blanks);
    const std::string_view text = trimmed(other, k_blanks);
    const bool from_any = wanted.starts_with('*') || wanted.starts_with(k_exclude);
    if (wanted.starts_with('*')) wanted.remove_prefix(1);
    const bool to_any = wanted.ends_with('*');
    if (to_any) wanted.remove_suffix(1);
    if (wanted.size() > text.size()) return false;
    if (from_any && to_any) return is_in(wanted, text);
    if (from_any) return is_begin_of(wanted, text.substr(text.size() - wanted.size()));
    return is_begin_of(wanted, text) && (to_any || wanted.size() == text.size());
  }
  // None also if the name consists of blanks.
  std::optional<std::string> selection_without(
      std::string_view name, const std::vector<std::string_view>& others) const override {
    const std::string_view bare = trimmed(name, k_blanks);
    if (bare.empty() || !others.empty()) return std::nullopt;
    std::string text;
    if (bare.starts_with(k_exclude)) text = "*";
    for (const char c : bare) {
      // An argument that begins with `-` is an option.
      const bool is_option = c == '-' && text.empty();
      if (is_option || k_with_meaning.find(c) != std::string_view::npos) text += '\\';
      text += c;
    }
    return text;
  }
  std::vector<char*> without_selection(char* const* arguments) const override {
    return catch2_words(arguments).without(
        {Catch2Word::selection, Catch2Word::shard_count, Catch2Word::shard_index});
  }
  bool is_usual_exit(CaseEnd said, int code) const override {
    return code == 0 || (said == CaseEnd::skipped && code == k_all_skipped);
  }
};

constinit const Catch2 k_catch2(Telling::ends);
constinit const Catch2 k_silent_catch2(Telling::nothing);

}  // namespace

const Framework& catch2(FrameworkKind version, Telling tells) {
  const bool is_silent = version == FrameworkKind::catch2_two || tells == Telling::nothing;
  return is_silent ? k_silent_catch2 : k_catch2;
}

std::optional<Catch2List> parse_catch2_xml_list(std::string_view xml) {
  if (xml.find(k_empty_list) != std::string_view::npos) return Catch2List{};
  const std::size_t begin = xml.find(k_list);
  const std::size_t end = xml.rfind(k_end_of_list);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return std::nullopt;
  }
  xml = xml.substr(begin, end - begin);
  UniqueNames names;
  for (std::size_t at = xml.find(k_name); at != std::string_view::npos; at = xml.find(k_name, at)) {
    at += k_name.size();
    const std::size_t name_end = xml.find(k_end_of_name, at);
    if (name_end == std::string_view::npos) return std::nullopt;
    names.add(without_entities(xml.substr(at, name_end - at)));
    at = name_end;
  }
  return Catch2List{names.take(), {}};
}

std::optional<Catch2List> parse_catch2_name_list(std::string_view text) {
  // What the program printed before may stand in the same line.
  std::string_view line;
  while (!text.empty() && !begins_list(line)) line = take_line(text);
  std::vector<std::string_view> shown;
  std::optional<std::size_t> count;
  while (!text.empty() && !count) {
    line = take_line(text);
    count = count_in(line);
    if (!count && line.starts_with(k_indent)) shown.push_back(line.substr(k_indent.size()));
  }
  if (!count || !take_line(text).empty()) return std::nullopt;
  UniqueNames names;
  for (std::size_t i = 0; i < *count && !text.empty(); ++i) {
    names.add(std::string(without_quotes(take_line(text))));
  }
  Catch2List list{names.take(), {}};
  while (!text.empty() && list.trouble.empty()) {
    line = take_line(text);
    if (std::ranges::find(shown, line) != shown.end()) list.trouble = "a name has several lines";
  }
  return list;
}

std::vector<std::string> take_other_shards(std::vector<std::string>& cases,
                                           const Catch2Shard& shard) {
  std::vector<std::string> others;
  if (shard.count < 2 || shard.index >= shard.count) return others;
  const std::size_t size = cases.size() / shard.count;
  const std::size_t more = cases.size() % shard.count;  // how many shards have one case more
  const std::size_t begin = shard.index * size + std::min(shard.index, more);
  const std::size_t end = (shard.index + 1) * size + std::min(shard.index + 1, more);
  std::vector<std::string> mine;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    (i >= begin && i < end ? mine : others).push_back(std::move(cases[i]));
  }
  cases = std::move(mine);
  return others;
}

}  // namespace holdfast
