// Forms that bytes take elsewhere: Base64, file names, hash values.
//
// Base64 with padding (https://www.rfc-editor.org/rfc/rfc4648#section-4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

std::string to_base64(std::string_view bytes);
// Returns none if the text is no base64 with padding.
std::optional<std::string> from_base64(std::string_view text);

// FNV-1a, 64 bits: names of bounded length for texts of any length. Anyone can build two texts with
// one hash, so FNV-1a is not for texts that an enemy may choose.
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

// Any text as the name of a file, and back.

// Keeps letters, digits, `_`, `.`, `+` and `-`; other bytes become %XX. Never gives `.` or `..`.
std::string encode_file_name(std::string_view text);
// The inverse. Returns ill-formed text as it is.
std::string decode_file_name(std::string_view text);

}  // namespace holdfast
