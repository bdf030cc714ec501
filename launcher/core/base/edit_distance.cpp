#include "core/base/edit_distance.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/base/ascii_case.hpp"

namespace holdfast {
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
    if (candidate == name || candidate.size() > k_longest_name) continue;
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
  std::vector<std::string> found;
  for (auto& [far, candidate] : near) found.push_back(std::move(candidate));
  return found;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& words) {
  const std::vector<std::string> near = look_alikes(word, words, 1);
  return near.empty() ? std::string() : " (did you mean \"" + near.front() + "\"?)";
}

}  // namespace holdfast
