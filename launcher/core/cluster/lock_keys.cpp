#include "core/cluster/lock_keys.hpp"

#include "core/base/file_name.hpp"
#include "core/base/parts.hpp"

namespace holdfast::cluster {
namespace {

constexpr std::string_view k_top = "top";
// Stands before the name of an attempt, so that no attempt's level is called `top`.
constexpr std::string_view k_below = "below-";

}  // namespace

std::string prefix_of_lock(std::string_view name) {
  return text_of({k_locks_prefix, encode_file_name(name), "/"});
}

std::string prefix_of_level(std::string_view name, std::string_view level) {
  const std::string lock = prefix_of_lock(name);
  if (level.empty()) return text_of({lock, k_top, "/"});
  return text_of({lock, k_below, encode_file_name(level), "/"});
}

std::string range_end(std::string prefix) {
  // No byte of our keys is 0xff.
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

std::optional<LockKey> parse_lock_key(std::string_view key) {
  if (!key.starts_with(k_locks_prefix)) return std::nullopt;
  key.remove_prefix(k_locks_prefix.size());
  LockKey found;
  found.name = decode_file_name(take_part(key, '/'));
  const std::string_view level = take_part(key, '/');
  if (level.starts_with(k_below)) {
    found.level = decode_file_name(level.substr(k_below.size()));
  } else if (level != k_top) {
    return std::nullopt;
  }
  if (found.name.empty() || key.empty()) return std::nullopt;
  return found;
}

}  // namespace holdfast::cluster
