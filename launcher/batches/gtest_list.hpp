// The cases of a GoogleTest program, as it lists them, and which of them run. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct ListedCase {
  std::string name;  // `Suite.Name`, any bytes
  bool is_disabled = false;
};

struct GtestList {
  std::vector<ListedCase> cases;  // in the program's order, with those of DISABLED_ names
  std::string trouble;            // why some cases may be missing; empty: none is
};

// Reads the file that `--gtest_list_tests --gtest_output=json:FILE` makes (GoogleTest 1.10 and
// later). None: `json` is not such a file, or is cut off.
std::optional<GtestList> parse_gtest_json_list(std::string_view json);

// Reads what `--gtest_list_tests` prints. Other text of the program is passed over. If a case may
// be hidden in such text, that is the trouble. The name of a suite begins a line. A name is one
// word, but in a suite's name blanks may follow a `/`.
GtestList parse_gtest_list(std::string_view text);

// Whether GoogleTest takes a suite or a test of that name as disabled.
bool is_disabled_name(std::string_view part);

// GTEST_TOTAL_SHARDS and GTEST_SHARD_INDEX.
struct GtestShard {
  std::uint64_t total = 1;
  std::uint64_t index = 0;
};
// None: these values make no shard. GoogleTest then ends the program with an error.
std::optional<GtestShard> gtest_shard(std::string_view total, std::string_view index);

enum class Disabled : std::uint8_t { left_out, run_too };

// Both are in the order of the list.
struct Runnable {
  std::vector<std::string> cases;   // this run runs them
  std::vector<std::string> others;  // other shards run them
};
Runnable runnable(std::vector<ListedCase> listed, Disabled disabled,
                  const std::optional<GtestShard>& shard);

// GoogleTest's filters (`--gtest_filter=`) that select what is wanted and nothing else. In a
// filter, the characters `:`, `-`, `*` and `?` have a meaning and cannot be escaped. Yet names may
// contain them.

// The name, with each character that has a meaning replaced by `?`, which stands for any one
// character.
std::string filter_pattern(std::string_view name);

}  // namespace holdfast
