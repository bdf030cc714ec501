// The boundaries around an attempt: a set, because each keeps something else apart.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/text.hpp"

namespace holdfast {

enum class Boundary : std::uint8_t {
  cgroup,  // no process of the attempt gets away
  pidns,   // the same, and its processes see only each other
  netns,   // a loopback interface of its own, and no other
  tmp,     // its own /tmp, /var/tmp and /dev/shm
};

constexpr auto words_of(Boundary) { return word_list("cgroup", "pidns", "netns", "tmp"); }

class Containment {
 public:
  constexpr Containment() = default;
  constexpr Containment(std::initializer_list<Boundary> boundaries) {
    for (const Boundary one : boundaries) bits_ |= bit(one);
  }

  constexpr bool has(Boundary one) const { return (bits_ & bit(one)) != 0; }
  constexpr bool has_any() const { return bits_ != 0; }
  constexpr Containment with(Boundary one) const { return Containment(bits_ | bit(one)); }
  // Those of both.
  constexpr Containment among(Containment other) const { return Containment(bits_ & other.bits_); }
  constexpr Containment without(Containment other) const {
    return Containment(bits_ & ~other.bits_);
  }

  friend bool operator==(const Containment&, const Containment&) = default;

 private:
  explicit constexpr Containment(unsigned bits) : bits_(bits) {}
  static constexpr unsigned bit(Boundary one) { return 1U << static_cast<unsigned>(one); }

  unsigned bits_ = 0;
};

// The boundaries that are namespaces(7). The kernel makes them together, by one clone(2).
inline constexpr Containment k_namespaces{Boundary::pidns, Boundary::netns, Boundary::tmp};

// `none`, or the words with commas between them, in the order of the enumeration.
std::string to_text(Containment containment);
// Reads such a text; the words may have any order.
Result<Containment> parse_containment(std::string_view text);
// What parse_containment() expects, in words.
std::string containment_alternatives(std::string_view quote = {});

// What becomes of an attempt where the machine does not allow a boundary that it wants.
enum class ContainmentMissing : std::uint8_t {
  warn,  // it runs without, and one line per run says so
  fail,  // it does not run, and fails
};

constexpr auto words_of(ContainmentMissing) { return word_list("warn", "fail"); }

}  // namespace holdfast
