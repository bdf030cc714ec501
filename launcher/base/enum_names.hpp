// Enumerations whose values people write by name. Such an enumeration lists its names in the order
// of its values:
//
//   constexpr std::array<std::string_view, 3> words_of(OnLeak) { return {"kill", "fail", "ignore"};
//   }
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

template <typename E>
concept Worded = requires(E value) {
  words_of(value)[0];
};

template <Worded E>
std::string_view name_of(E value) {
  return words_of(value)[static_cast<std::size_t>(value)];
}

template <Worded E>
std::optional<E> named(std::string_view name) {
  constexpr auto k_words = words_of(E{});
  for (std::size_t i = 0; i < k_words.size(); ++i) {
    if (k_words[i] == name) return static_cast<E>(i);
  }
  return std::nullopt;
}

// `kill, fail or ignore` if `last` is " or ". A `quote` is put before and after each word.
template <typename Words>
std::string enumeration(const Words& words, std::string_view last, std::string_view quote = {}) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? last : ", ";
    text.append(quote).append(words[i]).append(quote);
  }
  return text;
}

template <typename Words>
std::string alternatives(const Words& words, std::string_view quote = {}) {
  return enumeration(words, " or ", quote);
}

}  // namespace holdfast
