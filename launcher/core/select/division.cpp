#include "core/select/division.hpp"

#include <algorithm>
#include <utility>

#include "core/base/fnv1a.hpp"
#include "core/base/number.hpp"
#include "core/base/printable.hpp"
#include "core/select/clusters.hpp"
#include "core/select/shard_placing.hpp"

namespace holdfast {
namespace {

// ctest itself takes about so long for a test, and what a test of no time costs is not nothing.
constexpr std::int64_t k_least_time = 1;

std::int64_t median_of(std::vector<std::int64_t> known) {
  if (known.empty()) return k_least_time;
  const auto middle = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2);
  std::nth_element(known.begin(), middle, known.end());
  return *middle;
}

// ctest does not start a disabled test.
std::vector<std::int64_t> weights_of(const std::vector<SelectableTest>& tests,
                                     const TestTimes& times) {
  std::vector<std::int64_t> known;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (times[i] && !tests[i].is_disabled) known.push_back(std::max(*times[i], k_least_time));
  }
  const std::int64_t median = median_of(known);
  std::vector<std::int64_t> weights(tests.size(), 0);
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (tests[i].is_disabled) continue;
    weights[i] = times[i] ? std::max(*times[i], k_least_time) : median;
  }
  return weights;
}

// All clusters, each as one piece, in the order in which they are placed.
std::vector<ShardPiece> pieces_of(const Clusters& all, const PieceMaker& maker) {
  std::vector<ShardPiece> pieces;
  pieces.reserve(all.clusters.size());
  for (std::size_t i = 0; i < all.clusters.size(); ++i) {
    pieces.push_back(maker.piece_of(all.clusters[i]));
    pieces.back().is_whole = all.clusters[i].size() > 1;
  }
  std::sort(pieces.begin(), pieces.end());
  return pieces;
}

// The heaviest piece of the slowest shard that can be taken apart; the end: there is none.
std::vector<ShardPiece>::iterator heaviest_whole(std::vector<ShardPiece>& pieces,
                                                 const Placement& placement) {
  const auto heaviest = std::max_element(placement.loads.begin(), placement.loads.end());
  const auto slowest = static_cast<std::size_t>(heaviest - placement.loads.begin());
  auto found = pieces.end();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (placement.shard_of[i] != slowest || !pieces[i].is_whole) continue;
    const auto piece = pieces.begin() + static_cast<std::ptrdiff_t>(i);
    if (found == pieces.end() || piece->weight > found->weight) found = piece;
  }
  return found;
}

// So many clusters at most are taken apart: each takes a new placement of all pieces.
constexpr int k_most_rounds = 64;

// Clusters stay whole where that makes no shard much slower. Otherwise their items are placed one
// by one, and what they share is repeated: the heaviest first, as long as the shards get better.
std::vector<ShardPiece> good_pieces(const PieceMaker& maker, std::vector<ShardPiece> pieces,
                                    Placement& placement) {
  for (int round = 0; round < k_most_rounds && !placement.is_even(); ++round) {
    const auto whole = heaviest_whole(pieces, placement);
    if (whole == pieces.end()) break;
    whole->is_whole = false;  // if it stays as it is, it is not tried again
    std::vector<ShardPiece> taken_apart = pieces;
    const auto place = taken_apart.begin() + (whole - pieces.begin());
    const std::vector<std::size_t> items = place->items;
    taken_apart.erase(place);
    const auto middle = static_cast<std::ptrdiff_t>(taken_apart.size());
    for (const std::size_t item : items) taken_apart.push_back(maker.piece_of({item}));
    std::sort(taken_apart.begin() + middle, taken_apart.end());
    std::inplace_merge(taken_apart.begin(), taken_apart.begin() + middle, taken_apart.end());
    Placement other = maker.place(taken_apart, placement.loads.size());
    if (!other.is_better_than(placement)) continue;
    pieces = std::move(taken_apart);
    placement = std::move(other);
  }
  return pieces;
}

std::vector<std::vector<std::size_t>> tests_of(const Clusters& all,
                                               const std::vector<ShardPiece>& pieces,
                                               const Placement& placement) {
  std::vector<std::vector<std::size_t>> shards(placement.loads.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::vector<std::size_t>& shard = shards[placement.shard_of[i]];
    for (const std::size_t item : pieces[i].items) {
      const std::vector<std::size_t>& tests = all.items[item].tests;
      shard.insert(shard.end(), tests.begin(), tests.end());
    }
    for (const std::size_t unit : pieces[i].units) {
      shard.insert(shard.end(), all.units[unit].begin(), all.units[unit].end());
    }
  }
  for (std::vector<std::size_t>& shard : shards) {
    std::sort(shard.begin(), shard.end());
    shard.erase(std::unique(shard.begin(), shard.end()), shard.end());
  }
  return shards;
}

std::string hexadecimal(std::uint64_t value) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = text.size(); i-- > 0; value >>= 4U) text[i] = k_digits[value & 15U];
  return text;
}

// Without paths, numbers and commands, which may differ from machine to machine.
std::string fingerprint_of(const std::vector<SelectableTest>& tests, const TestTimes& times,
                           std::size_t count, SharedFixtures fixtures) {
  Fnv1a hash;
  hash.add(fixtures == SharedFixtures::repeated ? "shards 2" : "shards of one tree 2")
      .end()
      .add(std::to_string(count))
      .end();
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const TestSchedule& schedule = tests[i].schedule;
    hash.add(tests[i].name).end().add(times[i] ? std::to_string(*times[i]) : "").end();
    hash.add(tests[i].is_disabled ? "disabled" : "").end();
    for (const auto* const names :
         {&schedule.depends, &schedule.required, &schedule.setup, &schedule.cleanup}) {
      hash.add(std::to_string(names->size())).end();
      for (const std::string& name : *names) hash.add(name).end();
    }
  }
  return hexadecimal(hash.value());
}

}  // namespace

Result<ShardNumber> parse_shard(std::string_view text) {
  std::string_view rest = text;
  const auto number = take_number<std::size_t>(rest);
  const bool has_slash = number && rest.starts_with('/');
  if (has_slash) rest.remove_prefix(1);
  const auto count = has_slash ? parse_number<std::size_t>(rest) : std::nullopt;
  if (count && *number >= 1 && *number <= *count && *count <= k_most_shards) {
    return ShardNumber{*number, *count};
  }
  return BadValue(brief_in_quotes(text), "I/N, shard I of N, with 1 <= I <= N <= 10000");
}

std::string to_text(const ShardNumber& shard) {
  return std::to_string(shard.number) + "/" + std::to_string(shard.count);
}

Division divide(const std::vector<SelectableTest>& tests, const TestTimes& times, std::size_t count,
                SharedFixtures fixtures) {
  const Clusters all = find_clusters(TestGraph(tests));
  const std::vector<std::int64_t> weights = weights_of(tests, times);
  const PieceMaker maker(all, tests, times, weights);
  std::vector<ShardPiece> pieces = pieces_of(all, maker);
  Placement placement = maker.place(pieces, count);
  if (fixtures == SharedFixtures::repeated) {
    pieces = good_pieces(maker, std::move(pieces), placement);
  }
  return {tests_of(all, pieces, placement), fingerprint_of(tests, times, count, fixtures)};
}

}  // namespace holdfast
