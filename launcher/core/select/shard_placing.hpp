// Places pieces of work on shards, the longest first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/select/clusters.hpp"
#include "core/select/test_graph.hpp"

namespace holdfast {

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
  bool is_even() const;
  // The slowest shard is clearly faster; or if it is about the same, the next one is, and so on.
  bool is_better_than(const Placement& other) const;
};

class PieceMaker {
 public:
  // What it is given must outlive it.
  PieceMaker(const Clusters& all, const std::vector<SelectableTest>& tests, const TestTimes& times,
             const std::vector<std::int64_t>& weights);

  ShardPiece piece_of(const std::vector<std::size_t>& items) const;
  // Each piece in turn goes to the shard that is then the least loaded. A unit that the shard has
  // already costs nothing.
  Placement place(const std::vector<ShardPiece>& pieces, std::size_t count) const;

 private:
  const Clusters& all_;
  const std::vector<SelectableTest>& tests_;
  const TestTimes& times_;
  const std::vector<std::int64_t>& weights_;
  std::vector<std::int64_t> unit_weights_;
};

}  // namespace holdfast
