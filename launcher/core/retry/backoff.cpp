#include "core/retry/backoff.hpp"

#include <algorithm>
#include <cstdint>

#include "core/base/parts.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_exponential = "exponential:";

// SplitMix64 (Steele, Lea, Flood 2014): one step from any seed is well mixed.
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

Milliseconds doubled(Milliseconds length, unsigned times, Milliseconds longest) {
  for (; times > 0 && length < longest; --times) length *= 2;
  return std::min(length, longest);
}

}  // namespace

Result<Backoff> parse_backoff(std::string_view text) {
  const auto refused = [&] {
    return BadValue{text_of({"\"", text, "\""}),
                    "a duration such as 2s, or exponential:500ms..30s"};
  };
  if (!text.starts_with(k_exponential)) {
    const Result<Milliseconds> fixed = parse_duration(text);
    if (!fixed) return refused();
    return Backoff{*fixed, *fixed};
  }
  const std::string_view range = text.substr(k_exponential.size());
  const std::size_t dots = range.find("..");
  if (dots == std::string_view::npos) return refused();
  const Result<Milliseconds> first = parse_duration(range.substr(0, dots));
  const Result<Milliseconds> longest = parse_duration(range.substr(dots + 2));
  if (!first || !longest || first->count() == 0 || *longest < *first) return refused();
  return Backoff{*first, *longest};
}

std::string to_text(const Backoff& backoff) {
  if (backoff.longest <= backoff.first) return to_text(backoff.first);
  return text_of({k_exponential, to_text(backoff.first), "..", to_text(backoff.longest)});
}

Result<PerMille> parse_share(std::string_view text) {
  const Error refused{text_of({"\"", text, "\": expected a number between 0 and 1"})};
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return refused;
  PerMille share = text[0] == '1' ? k_whole : 0;
  text.remove_prefix(1);
  if (text.empty()) return share;
  if (text[0] != '.' || text.size() < 2) return refused;
  text.remove_prefix(1);
  bool is_more = false;
  for (PerMille unit = k_whole / 10; !text.empty(); unit /= 10, text.remove_prefix(1)) {
    if (text[0] < '0' || text[0] > '9') return refused;
    share += unit * static_cast<unsigned>(text[0] - '0');
    is_more = is_more || text[0] != '0';
  }
  if (share > k_whole || (share == k_whole && is_more)) return refused;
  return share;
}

std::string share_to_text(PerMille share) {
  if (share >= k_whole) return "1";
  if (share == 0) return "0";
  std::string digits = std::to_string(k_whole + share).substr(1);
  while (digits.back() == '0') digits.pop_back();
  return "0." + digits;
}

Milliseconds wait_before(unsigned further, const Backoff& backoff, PerMille jitter,
                         std::uint64_t seed) {
  const unsigned times = further == 0 ? 0 : further - 1;
  const Milliseconds whole =
      doubled(backoff.first, times, std::max(backoff.first, backoff.longest));
  // `most` is the part of the wait that may be left out. It is computed in two steps, so that no
  // product overflows.
  const std::int64_t most = whole.count() / 1000 * std::min(jitter, k_whole) +
                            whole.count() % 1000 * std::min(jitter, k_whole) / 1000;
  if (most == 0) return whole;
  const std::uint64_t chance = mixed(mixed(seed) + further);
  return whole -
         Milliseconds{static_cast<std::int64_t>(chance % (static_cast<std::uint64_t>(most) + 1))};
}

}  // namespace holdfast
