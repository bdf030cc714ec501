// The number of a shard, as people write it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace holdfast {

inline constexpr std::size_t k_most_shards = 10'000;

struct ShardNumber {
  std::size_t number = 1;  // from 1
  std::size_t count = 1;
};

// Reads `I/N`. The error is a bad value.
Result<ShardNumber> parse_shard(std::string_view text);
std::string to_text(const ShardNumber& shard);

}  // namespace holdfast
