#include "values/shard_number.hpp"

#include "base/number.hpp"
#include "base/strings.hpp"
#include "base/text.hpp"

namespace holdfast {

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

}  // namespace holdfast
