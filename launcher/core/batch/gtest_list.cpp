#include "core/batch/gtest_list.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "core/base/printable.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_comment = "  # ";

// Reads a number as GoogleTest does, by strtol(3). None if it is negative or does not fit into an
// int32.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n\v\f\r"), text.size()));
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::optional<std::uint64_t> number = parse_number<std::uint64_t>(text);
  return number && *number <= std::numeric_limits<std::int32_t>::max() ? number : std::nullopt;
}

bool has_control_character(std::string_view text) { return std::ranges::any_of(text, is_control); }

bool is_word(std::string_view text) {
  return !text.empty() && !has_control_character(text) && text.find(' ') == std::string_view::npos;
}

// A suite's name has no control character. It may have blanks after a `/` and nowhere else: a typed
// suite may give such a name to its type.
bool is_suite_name(std::string_view text) {
  if (text.empty() || has_control_character(text) || text.back() == ' ') return false;
  const std::size_t blank = text.find(' ');
  return blank == std::string_view::npos ||
         text.substr(0, blank).find('/') != std::string_view::npos;
}

class ListReader {
 public:
  void read(std::string_view line) {
    if (line.starts_with("  ")) {
      read_case(line);
    } else if (line.size() > 1 && line.back() == '.' && is_suite_name(line)) {
      suite_ = line;
      may_be_suite_ = true;
    } else {
      suite_.clear();
      // The program printed text before the line of a suite, or the suite's name is no word.
      may_be_suite_ = !line.empty() && line.back() == '.';
    }
  }

  GtestList take() { return std::move(list_); }

 private:
  void read_case(std::string_view line) {
    const std::string_view name = line.substr(2);
    if (!suite_.empty() && is_word(name)) {
      const std::string_view suite = std::string_view(suite_).substr(0, suite_.size() - 1);
      list_.cases.push_back(
          {suite_ + std::string(name), is_disabled_name(suite) || is_disabled_name(name)});
    } else if (may_be_suite_ || !list_.cases.empty()) {
      if (list_.trouble.empty()) list_.trouble = text_of({"\"", line, "\" names no case"});
    }
  }

  GtestList list_;
  std::string suite_;          // with its dot; empty: we are in no suite that we understand
  bool may_be_suite_ = false;  // the line above an indented line may name a suite
};

constexpr std::string_view k_special = ":-*?";

}  // namespace

GtestList parse_gtest_list(std::string_view text) {
  ListReader reader;
  while (!text.empty()) {
    std::string_view line = take_part(text, '\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);  // printed on a terminal
    reader.read(line.substr(0, line.find(k_comment)));
  }
  return reader.take();
}

bool is_disabled_name(std::string_view part) {
  // GoogleTest's pattern is "DISABLED_*:*/DISABLED_*".
  return part.starts_with("DISABLED_") || part.find("/DISABLED_") != std::string_view::npos;
}

std::optional<GtestShard> gtest_shard(std::string_view total, std::string_view index) {
  const std::optional<std::uint64_t> of = whole_number(total);
  const std::optional<std::uint64_t> which = whole_number(index);
  if (!of || !which || *which >= *of || *of < 2) return std::nullopt;
  return GtestShard{*of, *which};
}

Runnable runnable(std::vector<ListedCase> listed, Disabled disabled,
                  const std::optional<GtestShard>& shard) {
  Runnable found;
  std::uint64_t number = 0;
  for (ListedCase& one : listed) {
    if (one.is_disabled && disabled == Disabled::left_out) continue;
    const bool is_mine = !shard || number % shard->total == shard->index;
    (is_mine ? found.cases : found.others).push_back(std::move(one.name));
    ++number;
  }
  return found;
}

bool is_literal_in_filter(std::string_view name) {
  return name.find_first_of(k_special) == std::string_view::npos;
}

std::string filter_pattern(std::string_view name) {
  std::string pattern(name);
  for (char& c : pattern) {
    if (k_special.find(c) != std::string_view::npos) c = '?';
  }
  return pattern;
}

bool filter_selects(std::string_view name, std::string_view other) {
  return std::equal(name.begin(), name.end(), other.begin(), other.end(), [](char wanted, char c) {
    return wanted == c || k_special.find(wanted) != std::string_view::npos;
  });
}

std::optional<std::string> filter_without(std::string_view name,
                                          const std::vector<std::string_view>& others) {
  std::string filter = filter_pattern(name);
  char before = '-';  // the names after a `-` are left out
  for (const std::string_view other : others) {
    if (filter_selects(other, name)) return std::nullopt;
    filter += before + filter_pattern(other);
    before = ':';
  }
  return filter;
}

}  // namespace holdfast
