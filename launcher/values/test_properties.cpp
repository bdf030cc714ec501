#include "values/test_properties.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

std::vector<std::string> decoded_names(std::string_view list) {
  return collected(TextParts{list, ','}, decode_file_name);
}

}  // namespace

bool learn(std::string_view variable, std::string_view value, TestFacts& facts, Values& said) {
  std::string* text = nullptr;
  bool* flag = nullptr;
#define HOLDFAST_TEXT(field, name) \
  if (variable == (name)) text = &facts.field;
#define HOLDFAST_FLAG(field, name) \
  if (variable == (name)) flag = &facts.field;
#include "values/test_properties.def"
  if (text != nullptr) *text = value;
  if (flag != nullptr) *flag = true;
  if (text != nullptr || flag != nullptr) return true;
  const std::optional<Setting> setting = setting_of_property(variable);
  // An empty property counts as not set.
  if (setting && !value.empty()) {
    said.push_back({*setting, Source::property, std::string(value), {}});
  }
  return setting.has_value();
}

bool has_label(std::string_view labels, std::string_view label) {
  return std::ranges::count(decoded_names(labels), label) > 0;
}

std::int64_t processors_of(const TestFacts& facts) {
  return std::clamp<std::int64_t>(parse_number<std::int64_t>(facts.processors).value_or(1), 1,
                                  k_most_slots_of_test);
}

TestFixtures fixtures_of(const TestFacts& facts) {
  return {decoded_names(facts.fixtures_setup), decoded_names(facts.fixtures_required)};
}

TestSchedule schedule_of(const TestFacts& facts) {
  TestSchedule schedule;
  schedule.depends = decoded_names(facts.depends);
  schedule.setup = decoded_names(facts.fixtures_setup);
  schedule.required = decoded_names(facts.fixtures_required);
  schedule.cleanup = decoded_names(facts.fixtures_cleanup);
  schedule.serial = facts.serial;
  schedule.processors = processors_of(facts);
  return schedule;
}

}  // namespace holdfast
