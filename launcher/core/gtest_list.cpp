#include "core/gtest_list.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast {
namespace {

// Well below the limit: the program may hand it on.
constexpr std::size_t k_longest_filter = 96 * 1024;

constexpr std::string_view k_of_filters = ":-*?";
constexpr std::string_view k_comment = "  # ";

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return number;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// A name is an argument of a command later on, and one of a journal's.
bool is_word(std::string_view text) {
  return !text.empty() && !has_control_character(text) && text.find(' ') == std::string_view::npos;
}

}  // namespace

bool is_suite_name(std::string_view text) {
  if (text.empty() || has_control_character(text) || text.back() == ' ') return false;
  const std::size_t blank = text.find(' ');
  return blank == std::string_view::npos ||
         text.substr(0, blank).find('/') != std::string_view::npos;
}

std::vector<std::string> parse_gtest_list(std::string_view text) {
  std::vector<std::string> names;
  std::string suite;  // with its dot; empty: not in one
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);  // printed on a terminal
    line = line.substr(0, line.find(k_comment));
    if (line.substr(0, 2) == "  ") {
      if (!suite.empty() && is_word(line.substr(2)))
        names.push_back(suite + std::string(line.substr(2)));
    } else if (is_suite_name(line) && line.size() > 1 && line.back() == '.') {
      suite = line;
    } else {
      suite.clear();
    }
  }
  return names;
}

bool is_disabled(std::string_view name) {
  // Its pattern is "DISABLED_*:*/DISABLED_*", of the suite's name or the test's.
  const auto matches = [](std::string_view part) {
    return part.substr(0, 9) == "DISABLED_" || part.find("/DISABLED_") != std::string_view::npos;
  };
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return matches(name);
  return matches(name.substr(0, dot)) || matches(name.substr(dot + 1));
}

std::optional<GtestShard> gtest_shard(std::string_view total, std::string_view index) {
  const std::optional<std::uint64_t> of = whole_number(total);
  const std::optional<std::uint64_t> which = whole_number(index);
  if (!of || !which || *which >= *of || *of < 2) return std::nullopt;
  return GtestShard{*of, *which};
}

std::vector<std::string> runnable(std::vector<std::string> listed, Disabled disabled,
                                  const std::optional<GtestShard>& shard) {
  if (disabled == Disabled::left_out) {
    std::erase_if(listed, [](const std::string& name) { return is_disabled(name); });
  }
  if (!shard) return listed;
  std::vector<std::string> mine;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (i % shard->total == shard->index) mine.push_back(std::move(listed[i]));
  }
  return mine;
}

std::size_t filter_length(const std::vector<std::string>& names) {
  std::size_t length = 0;
  std::size_t count = 0;
  for (const std::string& name : names) {
    length += name.size() + 1;
    if (count > 0 && length > k_longest_filter) break;
    ++count;
  }
  return count;
}

std::string filter_of(const std::vector<std::string>& names, std::size_t count) {
  std::string filter;
  for (std::size_t i = 0; i < std::min(count, names.size()); ++i) {
    if (i > 0) filter += ':';
    for (const char c : names[i]) {
      // Names of types may hold what has a meaning in a filter: any character stands for it there.
      filter += k_of_filters.find(c) == std::string_view::npos ? c : '?';
    }
  }
  return filter;
}

}  // namespace holdfast
