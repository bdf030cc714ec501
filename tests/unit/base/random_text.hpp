// Random texts, the same in every run.
#pragma once

#include <random>
#include <string>

namespace holdfast {

class RandomText {
 public:
  explicit RandomText(unsigned seed) : engine_(seed) {}

  unsigned below(unsigned limit) { return static_cast<unsigned>(engine_() % limit); }

  // Any bytes, including NUL.
  std::string bytes(unsigned longest) {
    std::string text(below(longest + 1), '\0');
    for (char& c : text) c = static_cast<char>(below(256));
    return text;
  }

  // Only characters of `alphabet`: these hit the borders of a grammar more often than random bytes
  // do.
  std::string of(std::string_view alphabet, unsigned longest) {
    std::string text(below(longest + 1), '\0');
    for (char& c : text) c = alphabet[below(static_cast<unsigned>(alphabet.size()))];
    return text;
  }

 private:
  std::mt19937 engine_;
};

}  // namespace holdfast
