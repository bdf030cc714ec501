#include "settings/spelling.hpp"

#include <algorithm>

#include "core/base/edit_distance.hpp"

namespace holdfast {
namespace {

// A longer word is no slip of the finger, and the distance costs the product of both lengths.
constexpr std::size_t k_longest_word = 64;

// `lock_timeout` and `Timeout` are the most frequent slips.
std::string plain(std::string_view word) {
  std::string text(word);
  for (char& c : text) {
    if (c == '_') c = '-';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > k_longest_word) return {};
  // A part of the word must be right.
  std::size_t nearest = std::min(word.size(), std::max<std::size_t>(1, word.size() / 3) + 1);
  const std::string* best = nullptr;
  for (const std::string& candidate : candidates) {
    const std::size_t far = edit_distance(plain(word), plain(candidate));
    if (far >= nearest) continue;
    nearest = far;
    best = &candidate;
  }
  return best == nullptr ? std::string{} : " (did you mean \"" + *best + "\"?)";
}

}  // namespace holdfast
