#include "settings/signatures.hpp"

#include <algorithm>

#include "settings/override_patterns.hpp"

namespace holdfast {
namespace {

bool is_found(const std::regex& pattern, std::string_view output) {
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    std::string_view line = output.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    line = line.substr(0, k_longest_searched_line);
    if (std::regex_search(line.begin(), line.end(), pattern)) return true;
    output.remove_prefix(std::min(end + 1, output.size()));
  }
  return false;
}

}  // namespace

Result<Signatures> Signatures::of(const std::vector<std::string>& patterns) {
  Signatures signatures;
  for (const std::string& pattern : patterns) {
    Result<std::regex> compiled = compile_pattern(pattern);
    if (!compiled) return Error{"use \"" + pattern + "\": " + compiled.error().message};
    signatures.patterns_.push_back(std::move(*compiled));
  }
  return signatures;
}

std::optional<std::size_t> Signatures::found_in(std::string_view output) const {
  if (output.size() > k_most_searched_output) {
    output.remove_prefix(output.size() - k_most_searched_output);
  }
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    if (is_found(patterns_[i], output)) return i;
  }
  return std::nullopt;
}

}  // namespace holdfast
