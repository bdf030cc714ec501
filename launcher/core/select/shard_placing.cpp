#include "core/select/shard_placing.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <utility>

namespace holdfast {
namespace {

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

std::int64_t sum_of(const std::vector<std::size_t>& tests,
                    const std::vector<std::int64_t>& weights) {
  std::int64_t sum = 0;
  for (const std::size_t test : tests) sum += weights[test];
  return sum;
}

}  // namespace

bool Placement::is_even() const {
  const std::int64_t slowest = *std::max_element(loads.begin(), loads.end());
  const std::int64_t all = std::accumulate(loads.begin(), loads.end(), std::int64_t{0});
  return slowest * static_cast<std::int64_t>(loads.size()) * 10 <= all * 11;
}

bool Placement::is_better_than(const Placement& other) const {
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

PieceMaker::PieceMaker(const Clusters& all, const std::vector<SelectableTest>& tests,
                       const TestTimes& times, const std::vector<std::int64_t>& weights)
    : all_(all), tests_(tests), times_(times), weights_(weights) {
  for (const auto& unit : all.units) unit_weights_.push_back(sum_of(unit, weights));
}

ShardPiece PieceMaker::piece_of(const std::vector<std::size_t>& items) const {
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
  std::sort(piece.units.begin(), piece.units.end());
  piece.units.erase(std::unique(piece.units.begin(), piece.units.end()), piece.units.end());
  piece.weight = piece.own;
  for (const std::size_t unit : piece.units) {
    piece.is_known = piece.is_known || std::ranges::any_of(all_.units[unit], is_known);
    piece.weight += unit_weights_[unit];
  }
  // Units are ascending by their first tests.
  if (first == tests_.size()) first = all_.units[piece.units.front()].front();
  piece.name = tests_[first].name;
  return piece;
}

Placement PieceMaker::place(const std::vector<ShardPiece>& pieces, std::size_t count) const {
  Shards shards(count, all_.units.size(), unit_weights_);
  Placement placement;
  placement.shard_of.reserve(pieces.size());
  for (const ShardPiece& piece : pieces) placement.shard_of.push_back(shards.place(piece));
  placement.loads = std::move(shards).take_loads();
  return placement;
}

}  // namespace holdfast
