#include "values/value.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast {
namespace {

// Indexed by the number of the setting.
constexpr SettingRow k_rows[] = {
#define HOLDFAST_SETTING(id, field, kind, toml, since, nothing, meaning, property, option, word, \
                         help, debugged)                                                         \
  {property, option, UnderDebugger::debugged},
#include "values/table.def"
};

}  // namespace

const Value* last_of(const Values& values, Setting setting) {
  const auto found = std::ranges::find(values.rbegin(), values.rend(), setting, &Value::setting);
  return found == values.rend() ? nullptr : &*found;
}

std::optional<Setting> setting_with(std::string_view SettingRow::*column, std::string_view text) {
  const auto* const found = std::ranges::find(k_rows, text, column);
  if (text.empty() || found == std::end(k_rows)) return std::nullopt;
  return static_cast<Setting>(found - std::begin(k_rows));
}
const SettingRow& row_of(Setting setting) { return k_rows[static_cast<std::size_t>(setting)]; }

}  // namespace holdfast
