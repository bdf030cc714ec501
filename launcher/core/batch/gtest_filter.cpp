#include "core/batch/gtest_filter.hpp"

#include <algorithm>

namespace holdfast {
namespace {

constexpr std::string_view k_special = ":-*?";

}  // namespace

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
