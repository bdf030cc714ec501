// Texts by chance, the same in every run.
#pragma once

#include <random>
#include <string>

namespace holdfast {

class RandomText {
 public:
  explicit RandomText(unsigned seed) : engine_(seed) {}

  unsigned below(unsigned limit) { return static_cast<unsigned>(engine_() % limit); }

  // Any bytes, NUL among them.
  std::string bytes(unsigned longest) {
    std::string text(below(longest + 1), '\0');
    for (char& c : text) c = static_cast<char>(below(256));
    return text;
  }

  // Characters of `alphabet` only: hits the borders of a grammar more often than any bytes do.
  std::string of(std::string_view alphabet, unsigned longest) {
    std::string text(below(longest + 1), '\0');
    for (char& c : text) c = alphabet[below(static_cast<unsigned>(alphabet.size()))];
    return text;
  }

 private:
  std::mt19937 engine_;
};

}  // namespace holdfast
