// Which tests keep apart by a lock that does not reach from one node to another.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/select/test_graph.hpp"

namespace holdfast::cli {

// Locks of the scopes build and project, RESOURCE_LOCK among them, hold on one machine, and shards
// of one tree run on several. Makes each such lock, which not all of its tests share, a fixture
// that its tests need, so that they are one shard. `tests` are tests of the tree.
Result<void> make_fixtures_of_locks(const std::string& tree, const std::string& configuration,
                                    std::vector<SelectableTest>& tests);

}  // namespace holdfast::cli
