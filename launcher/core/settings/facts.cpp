#include "core/settings/facts.hpp"

#include "core/base/file_name.hpp"
#include "core/base/parts.hpp"

namespace holdfast {

bool learn(std::string_view variable, std::string_view value, TestFacts& facts, Values& said) {
  struct Text {
    std::string_view variable;
    std::string TestFacts::*field;
  };
  struct Flag {
    std::string_view variable;
    bool TestFacts::*field;
  };
  static constexpr Text k_texts[] = {
#define HOLDFAST_TEXT(field, variable) {variable, &TestFacts::field},
#define HOLDFAST_FLAG(...)
#define HOLDFAST_OWN_FLAG(...)
#include "core/settings/facts.def"
  };
  static constexpr Flag k_flags[] = {
#define HOLDFAST_FLAG(field, variable) {variable, &TestFacts::field},
#define HOLDFAST_TEXT(...)
#define HOLDFAST_OWN_TEXT(...)
#include "core/settings/facts.def"
  };
  for (const Text& text : k_texts) {
    if (text.variable != variable) continue;
    facts.*text.field = value;
    return true;
  }
  for (const Flag& flag : k_flags) {
    if (flag.variable != variable) continue;
    facts.*flag.field = true;
    return true;
  }
  const std::optional<Setting> setting = setting_of_property(variable);
  // An empty property counts as not set.
  if (setting && !value.empty()) {
    said.push_back({*setting, Source::property, std::string(value), {}});
  }
  return setting.has_value();
}

bool has_label(std::string_view labels, std::string_view label) {
  while (!labels.empty()) {
    if (decode_file_name(take_part(labels, ',')) == label) return true;
  }
  return false;
}

}  // namespace holdfast
