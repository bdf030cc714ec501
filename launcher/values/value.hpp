// What was said about settings: one form for holdfast.toml, properties, options and messages.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// The rows of values/table.def.
enum class Setting : std::uint8_t {
#define HOLDFAST_SETTING(id, ...) id,
#define HOLDFAST_RUN_SETTING(id, ...) id,
#define HOLDFAST_STEP_SETTING(id, ...) id,
#include "values/table.def"
};

// The first column of the table.
constexpr auto words_of(Setting) {
  return std::to_array<std::string_view>({
#define HOLDFAST_SETTING(id, ...) #id,
#define HOLDFAST_RUN_SETTING(id, ...) #id,
#define HOLDFAST_STEP_SETTING(id, ...) #id,
#include "values/table.def"
  });
}

// Whether it is a setting of tests, and not of a run or of build steps.
constexpr bool is_of_tests(Setting setting) {
  constexpr std::size_t k_count = 0
#define HOLDFAST_SETTING(...) +1  // NOLINT(bugprone-macro-parentheses): a sum
#include "values/table.def"
      ;
  return static_cast<std::size_t>(setting) < k_count;
}

enum class Source : std::uint8_t { file, property, option };

struct Value {
  Setting setting = {};
  Source source = Source::file;
  std::string text;    // in the form of the setting's kind (values/kinds.hpp)
  std::string origin;  // for a file: "holdfast.toml:12, [profile.ci]"
};

// In the order in which they were said. A later value replaces an earlier one, or adds to it.
using Values = std::vector<Value>;

// The last value of the setting; null: there is none.
const Value* last_of(const Values& values, Setting setting);

// Whether a setting holds for a test that runs under a debugger.
enum class UnderDebugger : std::uint8_t { holds, is_left_out };

// What else the table says of a setting of tests.
struct SettingRow {
  std::string_view property;  // `TIMEOUT` for HOLDFAST_TIMEOUT
  std::string_view option;    // `--timeout`
  UnderDebugger debugged;
};
const SettingRow& row_of(Setting setting);
// That with `text` in a column. None for the empty text.
std::optional<Setting> setting_with(std::string_view SettingRow::*column, std::string_view text);

}  // namespace holdfast
