#include "values/test_properties.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace holdfast {

std::vector<std::string> decoded_names(std::string_view list) {
  return collected(TextParts{list, ','}, decode_file_name);
}

bool learn(std::string_view variable, std::string_view value, TestProperties& properties,
           Values& said) {
  std::string* text = nullptr;
  bool* flag = nullptr;
#define HOLDFAST_TEXT(field, name) \
  if (variable == (name)) text = &properties.field;
#define HOLDFAST_FLAG(field, name) \
  if (variable == (name)) flag = &properties.field;
#include "values/test_properties.def"
  if (text != nullptr) *text = value;
  if (flag != nullptr) *flag = true;
  if (text != nullptr || flag != nullptr) return true;
  const std::optional<Setting> setting = setting_with(&SettingRow::property, variable);
  // An empty property counts as not set.
  if (setting && !value.empty()) {
    said.push_back({*setting, Source::property, std::string(value), {}});
  }
  return setting.has_value();
}

bool has_label(std::string_view labels, std::string_view label) {
  return std::ranges::count(decoded_names(labels), label) > 0;
}

std::int64_t processors_of(const TestProperties& properties) {
  return std::clamp<std::int64_t>(parse_number<std::int64_t>(properties.processors).value_or(1), 1,
                                  k_most_slots_of_test);
}

TestSchedule schedule_of(const TestProperties& properties) {
  TestSchedule schedule;
  schedule.depends = decoded_names(properties.depends);
  schedule.setup = decoded_names(properties.fixtures_setup);
  schedule.required = decoded_names(properties.fixtures_required);
  schedule.cleanup = decoded_names(properties.fixtures_cleanup);
  schedule.serial = properties.serial;
  schedule.processors = processors_of(properties);
  return schedule;
}

}  // namespace holdfast
