// Divides tests into shards: `holdfast shard`.
//
// The division depends on nothing but the list, the known times and the number of shards, so each
// machine makes the same one for itself. Docs: docs/reference/selecting.md, decision 38. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ctest/test_graph.hpp"

namespace holdfast {

struct Division {
  // The tests of each shard as places in the list, ascending. A shard may have none.
  std::vector<std::vector<std::size_t>> shards;
  // 16 hexadecimal digits. Divisions of other tests, times or counts have others.
  std::string fingerprint;
};

// Whether a fixture's setups and cleanups may be in several shards, or all tests that need it are
// in one: shards in one build tree would meet.
enum class SharedFixtures : std::uint8_t { repeated, in_one_shard };

// Every test is in one shard. Setups and cleanups of fixtures are in each shard that needs them
// (select/division.hpp). A test whose time is not known counts as one of median time, and a
// disabled test takes none.
Division divide(const std::vector<SelectableTest>& tests, const TestTimes& times, std::size_t count,
                SharedFixtures fixtures = SharedFixtures::repeated);

}  // namespace holdfast
