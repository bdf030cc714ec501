#include "core/select/division.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <tuple>

#include "core/base/fnv1a.hpp"
#include "core/base/number.hpp"
#include "core/base/printable.hpp"
#include "core/ctest/disjoint_sets.hpp"
#include "core/select/clusters.hpp"

namespace holdfast {
namespace {

// Places pieces of work on shards, the longest first.

// Items that go to one shard together.
struct ShardPiece {
  std::vector<std::size_t> items;  // ascending, at least one
  std::vector<std::size_t> units;  // all that they need, ascending
  std::int64_t own = 0;            // the time of the items alone, in milliseconds
  std::int64_t weight = 0;         // with the units
  bool is_whole = false;           // a cluster that may be taken apart
  bool is_known = false;           // the time of one of its tests is known
  std::string_view name = {};      // of the first test of its items; they have none: of its units

  // In the order in which pieces are placed. Two pieces have no item in common, so it is the same
  // order with any library.
  friend bool operator<(const ShardPiece& one, const ShardPiece& other) {
    return std::tuple(!one.is_known, -one.weight, one.name, one.items.front()) <
           std::tuple(!other.is_known, -other.weight, other.name, other.items.front());
  }
};

struct Placement {
  std::vector<std::size_t> shard_of;  // by piece, from 0
  std::vector<std::int64_t> loads;    // by shard, in milliseconds

  // No shard takes much longer than the mean.
  bool is_even() const {
    const std::int64_t slowest = *std::max_element(loads.begin(), loads.end());
    const std::int64_t all = std::accumulate(loads.begin(), loads.end(), std::int64_t{0});
    return slowest * static_cast<std::int64_t>(loads.size()) * 10 <= all * 11;
  }

  // The slowest shard is clearly faster; or if it is about the same, the next one is, and so on.
  bool is_better_than(const Placement& other) const {
    std::vector<std::int64_t> ours = loads;
    std::vector<std::int64_t> theirs = other.loads;
    std::sort(ours.begin(), ours.end(), std::greater<>());
    std::sort(theirs.begin(), theirs.end(), std::greater<>());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      if (ours[i] * 20 < theirs[i] * 19) return true;
      if (theirs[i] * 20 < ours[i] * 19) return false;
    }
    return false;
  }
};

// The shards while pieces are placed.
class Shards {
 public:
  Shards(std::size_t count, std::size_t units, const std::vector<std::int64_t>& unit_weights)
      : loads_(count), has_(count), holders_(units), unit_weights_(unit_weights) {
    for (std::size_t shard = 0; shard < count; ++shard) by_load_.emplace(0, shard);
  }

  std::size_t place(const ShardPiece& piece) {
    const auto least = by_load_.begin();
    std::size_t best = least->second;
    std::int64_t load = load_with(piece, best);
    // Besides the least loaded shard, only one that has some of the units already can be better.
    for (const std::size_t unit : piece.units) {
      for (const std::size_t shard : holders_[unit]) {
        const std::int64_t other = load_with(piece, shard);
        if (std::pair(other, shard) >= std::pair(load, best)) continue;
        best = shard;
        load = other;
      }
    }
    by_load_.erase({loads_[best], best});
    loads_[best] = load;
    by_load_.emplace(load, best);
    for (const std::size_t unit : piece.units) {
      if (has_[best].insert(unit).second) holders_[unit].push_back(best);
    }
    return best;
  }

  std::vector<std::int64_t> take_loads() && { return std::move(loads_); }

 private:
  std::int64_t load_with(const ShardPiece& piece, std::size_t shard) const {
    std::int64_t load = loads_[shard] + piece.own;
    for (const std::size_t unit : piece.units) {
      if (has_[shard].count(unit) == 0) load += unit_weights_[unit];
    }
    return load;
  }

  std::vector<std::int64_t> loads_;
  std::set<std::pair<std::int64_t, std::size_t>> by_load_;
  std::vector<std::set<std::size_t>> has_;         // by shard: units
  std::vector<std::vector<std::size_t>> holders_;  // by unit: shards
  const std::vector<std::int64_t>& unit_weights_;
};

// Of tests or of units.
std::int64_t sum_of(const std::vector<std::size_t>& numbers,
                    const std::vector<std::int64_t>& weights) {
  std::int64_t sum = 0;
  for (const std::size_t number : numbers) sum += weights[number];
  return sum;
}

class PieceMaker {
 public:
  // What it is given must outlive it.
  PieceMaker(const Clusters& all, const std::vector<SelectableTest>& tests, const TestTimes& times,
             const std::vector<std::int64_t>& weights)
      : all_(all), tests_(tests), times_(times), weights_(weights) {
    for (const auto& unit : all.units) unit_weights_.push_back(sum_of(unit, weights));
  }

  ShardPiece piece_of(const std::vector<std::size_t>& items) const {
    ShardPiece piece;
    piece.items = items;
    std::size_t first = tests_.size();
    const auto is_known = [&](std::size_t test) { return times_[test].has_value(); };
    for (const std::size_t item : items) {
      const ShardItem& one = all_.items[item];
      if (!one.tests.empty()) first = std::min(first, one.tests.front());
      piece.is_known = piece.is_known || std::ranges::any_of(one.tests, is_known);
      piece.own += sum_of(one.tests, weights_);
      piece.units.insert(piece.units.end(), one.units.begin(), one.units.end());
    }
    make_ascending_set(piece.units);
    piece.weight = piece.own + sum_of(piece.units, unit_weights_);
    for (const std::size_t unit : piece.units) {
      piece.is_known = piece.is_known || std::ranges::any_of(all_.units[unit], is_known);
    }
    // Units are ascending by their first tests.
    if (first == tests_.size()) first = all_.units[piece.units.front()].front();
    piece.name = tests_[first].name;
    return piece;
  }

  // Each piece in turn goes to the shard that is then the least loaded. A unit that the shard has
  // already costs nothing.
  Placement place(const std::vector<ShardPiece>& pieces, std::size_t count) const {
    Shards shards(count, all_.units.size(), unit_weights_);
    Placement placement;
    placement.shard_of.reserve(pieces.size());
    for (const ShardPiece& piece : pieces) placement.shard_of.push_back(shards.place(piece));
    placement.loads = std::move(shards).take_loads();
    return placement;
  }

 private:
  const Clusters& all_;
  const std::vector<SelectableTest>& tests_;
  const TestTimes& times_;
  const std::vector<std::int64_t>& weights_;
  std::vector<std::int64_t> unit_weights_;
};

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
  for (const std::vector<std::size_t>& items : all.clusters) {
    pieces.push_back(maker.piece_of(items));
    pieces.back().is_whole = items.size() > 1;
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
  for (std::vector<std::size_t>& shard : shards) make_ascending_set(shard);
  return shards;
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
  return hexadecimal(hash.value(), 16);
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
