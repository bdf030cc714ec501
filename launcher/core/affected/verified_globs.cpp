#include "core/affected/verified_globs.hpp"

#include <algorithm>
#include <optional>

#include "core/affected/path_pattern.hpp"
#include "core/base/parts.hpp"

namespace holdfast {
namespace {

// Takes the last argument in quotes off the line.
std::optional<std::string_view> quoted_at_end(std::string_view line) {
  const std::size_t last = line.rfind('"');
  const std::size_t first = last == std::string_view::npos || last == 0 ? std::string_view::npos
                                                                        : line.rfind('"', last - 1);
  if (first == std::string_view::npos) return std::nullopt;
  return line.substr(first + 1, last - first - 1);
}

// `[abc]` may be any byte: then the pattern is too wide.
std::string pattern_of(std::string_view glob, bool is_recursive) {
  std::string pattern;
  for (std::size_t at = 0; at < glob.size(); ++at) {
    const std::size_t end = glob[at] == '[' ? glob.find(']', at + 1) : std::string_view::npos;
    if (end != std::string_view::npos) {
      pattern += k_one;
      at = end;
    } else {
      pattern += glob[at] == '*' ? k_star : glob[at] == '?' ? k_one : glob[at];
    }
  }
  const std::size_t slash = pattern.rfind('/');
  if (is_recursive && slash != std::string::npos) pattern.insert(slash, 1, k_unknown);
  return pattern;
}

}  // namespace

bool VerifiedGlobs::would_add(std::string_view path) const {
  const auto fits = [&](const std::string& pattern) { return fits_pattern(pattern, path); };
  return std::ranges::any_of(patterns, fits) && listed.find(path) == listed.end();
}

VerifiedGlobs read_verified_globs(std::string_view text) {
  VerifiedGlobs globs;
  bool is_list = false;
  while (!text.empty()) {
    const std::string_view line = take_part(text, '\n');
    const std::optional<std::string_view> quoted = quoted_at_end(line);
    if (line.starts_with("set(OLD_GLOB")) {
      is_list = true;
    } else if (is_list && quoted) {
      globs.listed.emplace(*quoted);
    } else {
      is_list = false;
      if (line.starts_with("file(GLOB") && quoted) {
        globs.patterns.push_back(pattern_of(*quoted, line.starts_with("file(GLOB_RECURSE")));
      }
    }
  }
  return globs;
}

}  // namespace holdfast
