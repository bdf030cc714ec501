// The cases of a GoogleTest program, as it lists them, and which of them are to run.
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

// In the program's order, those of DISABLED_ names, too: GoogleTest lists what its filter matches.
struct GtestList {
  std::vector<ListedCase> cases;
  // Not empty: there may be cases that are not among them, and why.
  std::string trouble;
};

// From the file that `--gtest_list_tests --gtest_output=json:FILE` makes: GoogleTest 1.10 and
// later. None where that is no such file, or not all of one.
std::optional<GtestList> parse_gtest_json_list(std::string_view json);

// From what `--gtest_list_tests` prints. What else the program prints is passed over, unless cases
// may be hidden in it: names are words there (a suite's may have blanks behind a `/`), lines are
// lines, and a suite begins one.
GtestList parse_gtest_list(std::string_view text);

// As GoogleTest has it, of a suite's or a test's name.
bool is_disabled_name(std::string_view part);

// GTEST_TOTAL_SHARDS and GTEST_SHARD_INDEX.
struct GtestShard {
  std::uint64_t total = 1;
  std::uint64_t index = 0;
};
// None where they do not make one, as GoogleTest has it; it ends such a program with an error.
std::optional<GtestShard> gtest_shard(std::string_view total, std::string_view index);

enum class Disabled : std::uint8_t { left_out, run_too };

// What of a list a run would run, in its order, and what it could run and leaves to other shards.
struct Runnable {
  std::vector<std::string> cases;
  std::vector<std::string> others;
};
Runnable runnable(std::vector<ListedCase> listed, Disabled disabled,
                  const std::optional<GtestShard>& shard);

}  // namespace holdfast
