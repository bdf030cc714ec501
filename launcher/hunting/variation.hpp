// What a hunt changes on purpose around the runs of a test. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/text.hpp"

namespace holdfast {

enum class Vary : std::uint8_t {
  load,   // other processes keep all processors busy
  order,  // of the cases of GoogleTest and Catch2
  cpus,   // all on one processor, as a batch job, with another nice value
  delay,  // small stops; they can make red what is right
  seed,   // what malloc() leaves in memory and how it shares it out, time zone, locale
};
inline constexpr std::size_t k_varies = 5;

constexpr auto words_of(Vary) { return word_list("load", "order", "cpus", "delay", "seed"); }

// Which kinds of variation are on.
class VarySet {
 public:
  bool has(Vary one) const { return (bits_ >> static_cast<unsigned>(one) & 1U) != 0; }
  void add(Vary one) { bits_ |= 1U << static_cast<unsigned>(one); }
  bool has_all(const VarySet& others) const { return (others.bits_ & ~bits_) == 0; }
  bool is_empty() const { return bits_ == 0; }
  friend auto operator<=>(const VarySet&, const VarySet&) = default;

 private:
  unsigned bits_ = 0;
};

// `load,cpus`, as --vary takes it; `nothing`.
std::string to_text(const VarySet& set);

// Which kinds a hunt may use.
enum class Use : std::uint8_t { never, sometimes, always };
using VaryRules = std::array<Use, k_varies>;

// All but `delay`, sometimes.
VaryRules usual_rules();
// Reads `load,cpus=on`: the one sometimes, the other always, and nothing else ever. `none`: nothing
// is varied.
Result<VaryRules> parse_vary(std::string_view text);

// How one round of runs is varied.
struct Variation {
  VarySet on = {};
  std::uint64_t seed = 0;  // of all that is chosen at random
};

// The variation of a round, from 0. The first round has only what is always on, so that there is
// something to compare with.
Variation variation_of(const VaryRules& rules, std::uint64_t seed, std::uint64_t round);

// A number made from a seed: the same on every machine.
std::uint64_t random_of(std::uint64_t seed, std::uint64_t which);

// Where and with which weight the processes of a round run.
struct Placing {
  std::size_t processor = 0;  // an index among those that are allowed
  bool is_batch = false;      // SCHED_BATCH
  int nice = 0;
};
Placing placing_of(const Variation& variation, std::size_t processors);

// `NAME=VALUE` for ctest's own environment. A test's own properties win. `locales`: those that the
// machine has.
std::vector<std::string> environment_of(const Variation& variation,
                                        const std::vector<std::string>& locales);

}  // namespace holdfast
