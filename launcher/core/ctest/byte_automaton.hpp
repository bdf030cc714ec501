// Tells whether a text holds a match of a regular expression. It follows all ways of matching at
// once, so the time is at most proportional to the length of the text times that of the expression.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace holdfast {

using ByteSet = std::bitset<256>;
inline std::size_t index_of(char byte) { return static_cast<unsigned char>(byte); }

// `first` and `second` are relative to the instruction, so that pieces can be put in a row.
struct MatchStep {
  enum class Kind : std::uint8_t {
    byte,        // one of `set`, then the next instruction
    split,       // both `first` and `second`
    jump,        // `first`
    text_start,  // continues only before the first byte
    text_end,    // continues only after the last byte
  };
  Kind kind = Kind::byte;
  std::int32_t first = 0;
  std::int32_t second = 0;
  ByteSet set = {};
};

using MatchSteps = std::vector<MatchStep>;

class ByteAutomaton {
 public:
  // Matches nothing but the empty text, which is found everywhere.
  ByteAutomaton() : ByteAutomaton(MatchSteps{}) {}
  // To get to the end of `steps` is a match.
  explicit ByteAutomaton(MatchSteps steps);

  bool is_found_in(std::string_view text) const;

 private:
  MatchSteps steps_;
  ByteSet beginnings_;            // what a match that is not empty may begin with
  bool begins_anywhere_ = false;  // a match may be empty: no byte can be skipped
};

}  // namespace holdfast
