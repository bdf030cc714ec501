#include "settings/signatures.hpp"

#include <algorithm>

namespace holdfast {
namespace {

bool is_found(const Pattern& pattern, std::string_view output) {
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    std::string_view line = output.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (pattern.is_found_in(line)) return true;
    output.remove_prefix(std::min(end + 1, output.size()));
  }
  return false;
}

}  // namespace

Result<Signatures> Signatures::of(const std::vector<std::string>& patterns) {
  Signatures signatures;
  for (const std::string& pattern : patterns) {
    Result<Pattern> compiled = Pattern::compile(pattern);
    if (!compiled) return ErrorInWords{to_text("\"" + pattern + "\"", compiled.error())};
    signatures.patterns_.push_back(std::move(*compiled));
  }
  return signatures;
}

std::optional<std::size_t> Signatures::found_in(std::string_view output) const {
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    if (is_found(patterns_[i], output)) return i;
  }
  return std::nullopt;
}

}  // namespace holdfast
