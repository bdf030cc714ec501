#include "settings/build_step_keys.hpp"

#include <cstdint>
#include <optional>
#include <string>

#include "core/step/memory_slots.hpp"
#include "settings/override_patterns.hpp"
#include "settings/test_values.hpp"

namespace holdfast {
namespace {

constexpr const char* k_called = "[build-steps]";
constexpr std::size_t k_most_signatures = 64;

void read_signatures(const NamedTable& named, BuildStepSettings& settings, Complaints& complaints) {
  const toml::node* value = named.table.get("transient");
  if (value == nullptr) return;
  const std::string what = std::string("transient in ") + k_called;
  const std::string expected = "regular expressions (ECMAScript) for a line of the output";
  const toml::array* entries = value->as_array();
  if (entries == nullptr || entries->size() > k_most_signatures) {
    return complaints.add(place_of(value->source()), what,
                          entries == nullptr ? describe_type(*value) : "too many",
                          "a list of at most 64 " + expected);
  }
  for (const toml::node& entry : *entries) {
    const auto* text = entry.as_string();
    if (text == nullptr || text->get().empty()) {
      complaints.add(place_of(entry.source()), what,
                     text == nullptr ? describe_type(entry) : "an empty text", expected);
      continue;
    }
    const Result<std::regex> compiled = compile_pattern(text->get());
    if (compiled) {
      settings.transient.push_back({text->get(), origin_of(entry, named)});
      continue;
    }
    complaints.add(place_of(entry.source()), what,
                   in_quotes(text->get()) + " with " + compiled.error().message, expected);
  }
}

void read_memory(const NamedTable& named, BuildStepSettings& settings, Complaints& complaints) {
  const std::string expected = R"(a size such as "8GiB" or "512MiB")";
  const std::optional<std::string> text = read_text(named, "memory", expected, complaints);
  if (!text) return;
  const toml::node& value = *named.table.get("memory");
  if (const std::optional<std::uint64_t> size = parse_memory_size(*text)) {
    settings.memory_kb = Said<std::uint64_t>{*size, origin_of(value, named)};
    return;
  }
  complaints.add(place_of(value.source()), std::string("memory in ") + k_called, in_quotes(*text),
                 expected);
}

}  // namespace

BuildStepSettings read_build_steps(const toml::node& node, Complaints& complaints) {
  BuildStepSettings settings;
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    complaints.add(place_of(node.source()), "build-steps", describe_type(node),
                   std::string("a table ") + k_called);
    return settings;
  }
  const NamedTable named{*table, k_called};
  complain_of_unknown_keys(named, {"transient", "memory"}, complaints);
  read_signatures(named, settings, complaints);
  read_memory(named, settings, complaints);
  return settings;
}

}  // namespace holdfast
