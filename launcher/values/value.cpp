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

std::optional<Setting> find(std::string_view name, std::string_view SettingRow::*column) {
  if (name.empty()) return std::nullopt;
  const auto* const found = std::ranges::find(k_rows, name, column);
  if (found == std::end(k_rows)) return std::nullopt;
  return static_cast<Setting>(found - std::begin(k_rows));
}

}  // namespace

const Value* last_of(const Values& values, Setting setting) {
  const auto found = std::find_if(values.rbegin(), values.rend(),
                                  [&](const Value& value) { return value.setting == setting; });
  return found == values.rend() ? nullptr : &*found;
}

std::optional<Setting> setting_of_property(std::string_view property) {
  return find(property, &SettingRow::property);
}
std::optional<Setting> setting_of_option(std::string_view option) {
  return find(option, &SettingRow::option);
}
const SettingRow& row_of(Setting setting) { return k_rows[static_cast<std::size_t>(setting)]; }

}  // namespace holdfast
