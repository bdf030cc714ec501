#include "settings/settings.hpp"

#include <algorithm>
#include <iterator>

#include "values/kinds.hpp"
#include "values/policy.hpp"

namespace holdfast {
namespace {

// Whether `is_it` holds for a value of any profile or override.
template <typename IsIt>
bool any_value(const Settings& settings, IsIt is_it) {
  const auto has_it = [&](const auto& part) { return std::ranges::any_of(part.said, is_it); };
  return std::ranges::any_of(settings.layers, has_it) ||
         std::ranges::any_of(settings.overrides, has_it);
}

Milliseconds length_of(const Value& value) {
  const Result<Milliseconds> length = parse_duration(value.text);
  return length ? *length : k_default_grace;
}

}  // namespace

Values said_in_profiles(const Settings& settings) {
  Values said;
  for (const ProfileLayer& layer : settings.layers)
    std::ranges::copy(layer.said, std::back_inserter(said));
  return said;
}

Milliseconds longest_grace(const Settings& settings) {
  const Values said = said_in_profiles(settings);
  const Value* of_profiles = last_of(said, Setting::grace);
  Milliseconds longest = of_profiles == nullptr ? k_default_grace : length_of(*of_profiles);
  for (const SettingsOverride& one : settings.overrides) {
    const Value* grace = last_of(one.said, Setting::grace);
    if (grace != nullptr) longest = std::max(longest, length_of(*grace));
  }
  const bool has_hook =
      any_value(settings, [](const Value& value) { return value.setting == Setting::before_kill; });
  return has_hook ? std::max(longest, k_default_grace) : longest;
}

bool is_said(const Settings& settings, Setting setting, std::string_view text) {
  return any_value(
      settings, [&](const Value& value) { return value.setting == setting && value.text == text; });
}

// read() cannot fail here and below: the file was read strictly.
RunSettings run_settings(const Settings& settings) {
  RunSettings run;
  for (const Value& value : said_in_profiles(settings)) {
#define HOLDFAST_RUN_SETTING(id, field, Kind, ...) \
  if (value.setting == Setting::id) (void)kind::Kind::read(value.text, run.field);
#include "values/table.def"
  }
  return run;
}

BuildStepSettings build_step_settings(const Settings& settings) {
  BuildStepSettings steps;
  for (const Value& value : settings.build_steps) {
#define HOLDFAST_STEP_SETTING(id, field, Kind, ...) \
  if (value.setting == Setting::id) (void)kind::Kind::read(value.text, steps.field);
#include "values/table.def"
  }
  return steps;
}

Values values_of(const Settings& settings, const std::vector<std::size_t>& overrides) {
  Values said = said_in_profiles(settings);
  for (const std::size_t index : overrides) {
    std::ranges::copy(settings.overrides[index].said, std::back_inserter(said));
  }
  std::erase_if(said, [](const Value& value) { return !is_of_tests(value.setting); });
  return said;
}

void PreflightNeeds::replace_by(const PreflightNeeds& later) {
#define HOLDFAST_PREFLIGHT_KEY(field, ...) \
  if (later.field) field = later.field;
#include "values/table_keys.def"
}

bool PreflightNeeds::is_empty() const {
  return true
#define HOLDFAST_PREFLIGHT_KEY(field, ...) &&(!field || field->all.empty())
#include "values/table_keys.def"
      ;
}

void Preflight::replace_by(const Preflight& later) {
  fail.replace_by(later.fail);
  warn.replace_by(later.warn);
}

}  // namespace holdfast
