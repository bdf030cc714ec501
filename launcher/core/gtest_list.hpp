// The cases of a GoogleTest program, from what `--gtest_list_tests` prints, and which of them are
// to run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// `Suite.Name` of each, in order, those of DISABLED_ names, too: GoogleTest lists what its filter
// matches. What else the program prints is passed over.
std::vector<std::string> parse_gtest_list(std::string_view text);

// No control character; a blank only behind a `/`, in the name that a typed suite has given its
// type.
bool is_suite_name(std::string_view text);

// As GoogleTest has it: of a suite or a test of that name.
bool is_disabled(std::string_view name);

// GTEST_TOTAL_SHARDS and GTEST_SHARD_INDEX.
struct GtestShard {
  std::uint64_t total = 1;
  std::uint64_t index = 0;
};
// None where they do not make one, as GoogleTest has it; it ends such a program with an error.
std::optional<GtestShard> gtest_shard(std::string_view total, std::string_view index);

enum class Disabled : std::uint8_t { left_out, run_too };

// Those that a run would run, in their order.
std::vector<std::string> runnable(std::vector<std::string> listed, Disabled disabled,
                                  const std::optional<GtestShard>& shard);

// As many of `names` from the first on as one `--gtest_filter=` may have, which is one argument of
// at most 128 KiB (MAX_ARG_STRLEN of execve(2)); at least one.
std::size_t filter_length(const std::vector<std::string>& names);
// The first `count` of them, for `--gtest_filter=`.
std::string filter_of(const std::vector<std::string>& names, std::size_t count);

}  // namespace holdfast
