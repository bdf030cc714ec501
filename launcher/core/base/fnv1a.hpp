// FNV-1a, 64 bits: names of bounded length for texts of any length. Anyone can build two texts with
// one hash, so FNV-1a is not for texts that an enemy may choose.
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast {

class Fnv1a {
 public:
  Fnv1a& add(std::string_view text) {
    for (char c : text) add_byte(static_cast<unsigned char>(c));
    return *this;
  }
  // Ends a text, so that "ab" + "c" and "a" + "bc" differ.
  Fnv1a& end() {
    add_byte(0);
    return *this;
  }
  std::uint64_t value() const { return hash_; }

 private:
  void add_byte(unsigned char byte) { hash_ = (hash_ ^ byte) * 1099511628211ULL; }
  std::uint64_t hash_ = 14695981039346656037ULL;
};

}  // namespace holdfast
