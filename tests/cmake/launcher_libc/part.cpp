// Uses the parts of the C++ library that the launcher uses: strings that grow and are joined,
// vectors, sorting. With -DASKS_THE_LIBRARY it also uses a function that is not in the headers.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

int part_length(const std::string& text) {
  std::vector<std::string> words{text, "more than fits into the string object itself"};
  words[0].replace(0, 1, words[1]).insert(0, "a").append(3, 'b').erase(2, 1);
  words.push_back(words[0] + std::to_string(words[1].size()));
  std::sort(words.begin(), words.end());
#ifdef ASKS_THE_LIBRARY
  words.push_back(std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
#endif
  const std::optional<std::size_t> size = words.back().size();
  return static_cast<int>(size.value_or(0));
}
