// Which of the cases or tests before one make it fail: in as few runs as there are logarithms. Pure
// but for the probe.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "base/result.hpp"
#include "base/text.hpp"

namespace holdfast {

// Runs those with these indexes, ascending, and then the one in question. True: that one fails.
using Probe = std::function<Result<bool>(const std::vector<std::size_t>& before)>;

struct Culprits {
  enum class Kind : std::uint8_t {
    found,
    alone,     // it fails without any other
    never,     // it passes after all of them, too
    unstable,  // it does now this and now that
  };
  Kind kind = Kind::found;
  std::vector<std::size_t> indexes = {};  // of the shortest list, ascending
  std::size_t runs = 0;
};

// First the one in question runs alone and after all of them, three times each. Then the shortest
// beginning of the list that makes it fail ends with a culprit. If that one alone does not make it
// fail, it needs another one: the shortest beginning is sought again, before the culprits so far.
// At last, each of the culprits is left out once: all are needed. A list of n with k culprits takes
// 6 + k (log2(n) + 2) + 2 runs at most.
Result<Culprits> find_culprits(std::size_t count, const Probe& probe);

}  // namespace holdfast
