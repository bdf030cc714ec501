// Which tests of a list must be in one shard, and which may be in several.
//
// Tests of one name, and those that hang together by DEPENDS, are one item and never apart: names
// are what a user passes on. The setups and cleanups of a fixture are a unit: each shard that has
// an item which needs the unit has all of the unit. If a unit needs a test that is in no unit,
// nothing of it may be repeated, and it is part of an item.
#pragma once

#include <cstddef>
#include <vector>

#include "core/select/test_graph.hpp"

namespace holdfast {

struct ShardItem {
  std::vector<std::size_t> tests;  // ascending
  std::vector<std::size_t> units;  // all that it needs, ascending
};

struct Clusters {
  std::vector<std::vector<std::size_t>> units;  // tests, ascending; by their first tests
  std::vector<ShardItem> items;                 // together they have all tests
  // Items that share units, directly or through others, are a cluster: all items, each in one.
  std::vector<std::vector<std::size_t>> clusters;
};

Clusters find_clusters(const TestGraph& graph);

}  // namespace holdfast
