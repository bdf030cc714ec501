#include "settings/spelling.hpp"

#include <algorithm>
#include <numeric>

namespace holdfast {
namespace {

// What is longer is no slip of the finger, and the distance costs the product of both lengths.
constexpr std::size_t k_longest_word = 64;

// Levenshtein's: insertions, deletions and replacements from one to the other.
std::size_t distance(std::string_view a, std::string_view b) {
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

// `lock_timeout` and `Timeout` are the commonest slips.
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
  // Some of the word must be right.
  std::size_t nearest = std::min(word.size(), std::max<std::size_t>(1, word.size() / 3) + 1);
  const std::string* best = nullptr;
  for (const std::string& candidate : candidates) {
    const std::size_t far = distance(plain(word), candidate);
    if (far >= nearest) continue;
    nearest = far;
    best = &candidate;
  }
  return best == nullptr ? std::string{} : " (did you mean \"" + *best + "\"?)";
}

std::string alternatives(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace holdfast
