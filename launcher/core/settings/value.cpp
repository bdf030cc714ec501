#include "core/settings/value.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast {
namespace {

struct Names {
  std::string_view id;
  std::string_view property;
  std::string_view option;
};

// Indexed by the number of the setting.
constexpr Names k_names[] = {
#define HOLDFAST_SETTING(id, field, kind, toml, since, nothing, meaning, property, option, ...) \
  {#id, property, option},
#include "core/settings/table.def"
};

std::optional<Setting> find(std::string_view name, std::string_view Names::*column) {
  if (name.empty()) return std::nullopt;
  const auto* const found = std::ranges::find(k_names, name, column);
  if (found == std::end(k_names)) return std::nullopt;
  return static_cast<Setting>(found - std::begin(k_names));
}

const Names& names_of(Setting setting) { return k_names[static_cast<std::size_t>(setting)]; }

}  // namespace

const Value* last_of(const Values& values, Setting setting) {
  const auto found = std::find_if(values.rbegin(), values.rend(),
                                  [&](const Value& value) { return value.setting == setting; });
  return found == values.rend() ? nullptr : &*found;
}

std::optional<Setting> setting_of_id(std::string_view id) { return find(id, &Names::id); }
std::optional<Setting> setting_of_property(std::string_view property) {
  return find(property, &Names::property);
}
std::optional<Setting> setting_of_option(std::string_view option) {
  return find(option, &Names::option);
}
std::string_view id_of(Setting setting) { return names_of(setting).id; }
std::string_view property_of(Setting setting) { return names_of(setting).property; }
std::string_view option_of(Setting setting) { return names_of(setting).option; }

}  // namespace holdfast
