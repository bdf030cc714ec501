#include "hunting/variation.hpp"

#include <algorithm>

namespace holdfast {
namespace {

constexpr auto k_names = words_of(Vary{});

// Parts of a seed's numbers, so that none of them follows from another.
enum Part : std::uint64_t {
  is_on,
  processor,
  batch,
  nice,
  shuffle,
  perturb,
  tunable,
  zone,
  locale
};

std::uint64_t one_of(const Variation& variation, Part part, std::uint64_t many) {
  return random_of(variation.seed, part) % many;
}

}  // namespace

std::string to_text(const VarySet& set) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < k_varies; ++i) {
    if (set.has(static_cast<Vary>(i))) names.push_back(k_names.at(i));
  }
  return names.empty() ? "nothing" : separated(names, ",");
}

VaryRules usual_rules() {
  VaryRules rules;
  rules.fill(Use::sometimes);
  rules[static_cast<std::size_t>(Vary::delay)] = Use::never;
  return rules;
}

Result<VaryRules> parse_vary(std::string_view text) {
  VaryRules rules{};
  if (text == "none") return rules;
  for (std::string_view word : TextParts{text, ','}) {
    const std::string whole(word);
    const bool is_always = word.ends_with("=on");
    if (is_always) word.remove_suffix(3);
    const std::optional<Vary> one = named<Vary>(word);
    if (!one) {
      return BadValue(whole, "none, or with commas between " + enumeration(k_names, " and ") +
                                 ", each with =on behind it if it is to be on always");
    }
    rules[static_cast<std::size_t>(*one)] = is_always ? Use::always : Use::sometimes;
  }
  return rules;
}

// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
std::uint64_t random_of(std::uint64_t seed, std::uint64_t which) {
  std::uint64_t mixed = seed + (which + 1) * 0x9e3779b97f4a7c15U;
  mixed = (mixed ^ mixed >> 30U) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ mixed >> 27U) * 0x94d049bb133111ebU;
  return mixed ^ mixed >> 31U;
}

Variation variation_of(const VaryRules& rules, std::uint64_t seed, std::uint64_t round) {
  Variation variation{{}, random_of(seed, round)};
  const std::uint64_t coins = random_of(variation.seed, is_on);
  for (std::size_t i = 0; i < k_varies; ++i) {
    const bool is_chosen = round > 0 && (coins >> i & 1U) != 0;
    if (rules.at(i) == Use::always || (rules.at(i) == Use::sometimes && is_chosen)) {
      variation.on.add(static_cast<Vary>(i));
    }
  }
  return variation;
}

Placing placing_of(const Variation& variation, std::size_t processors) {
  constexpr std::uint64_t k_nicest = 10;
  Placing placing;
  placing.processor = one_of(variation, processor, std::max<std::size_t>(1, processors));
  placing.is_batch = one_of(variation, batch, 2) == 1;
  placing.nice =
      static_cast<int>(one_of(variation, nice, 2) * one_of(variation, shuffle, k_nicest));
  return placing;
}

std::vector<std::string> environment_of(const Variation& variation,
                                        const std::vector<std::string>& locales) {
  // Each changes how memory is shared out, and not what a right program does.
  constexpr auto k_tunables =
      word_list("glibc.malloc.tcache_count=0", "glibc.malloc.arena_max=1",
                "glibc.malloc.mmap_threshold=4096", "glibc.malloc.top_pad=1048576");
  constexpr auto k_zones =
      word_list("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Europe/Berlin");
  std::vector<std::string> entries;
  if (variation.on.has(Vary::order)) {
    entries.emplace_back("GTEST_SHUFFLE=1");
    entries.push_back("GTEST_RANDOM_SEED=" + std::to_string(1 + one_of(variation, shuffle, 99999)));
  }
  if (variation.on.has(Vary::seed)) {
    entries.push_back("MALLOC_PERTURB_=" + std::to_string(1 + one_of(variation, perturb, 255)));
    entries.push_back("GLIBC_TUNABLES=" +
                      std::string(k_tunables.at(one_of(variation, tunable, k_tunables.size()))));
    entries.push_back("TZ=" + std::string(k_zones.at(one_of(variation, zone, k_zones.size()))));
    if (!locales.empty()) {
      entries.push_back("LC_ALL=" + locales.at(one_of(variation, locale, locales.size())));
    }
  }
  return entries;
}

}  // namespace holdfast
