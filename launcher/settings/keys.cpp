#include "settings/keys.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/base/names.hpp"
#include "core/base/words.hpp"
#include "settings/pattern.hpp"
#include "settings/spelling.hpp"

namespace holdfast {

Result<Milliseconds> duration_of(const toml::node& value) {
  if (const auto* text = value.as_string()) return parse_duration(text->get());
  if (const auto* whole = value.as_integer()) {
    if (whole->get() < 0) return ErrorInWords{std::to_string(whole->get())};
    return parse_duration(std::to_string(whole->get()));
  }
  const auto* number = value.as_floating_point();
  if (number == nullptr) return ErrorInWords{describe_type(value)};
  const double ms = number->get() * 1000;
  if (!std::isfinite(ms) || ms < 0) return ErrorInWords{"a number that is negative or not finite"};
  if (ms >= static_cast<double>(k_longest.count())) return k_longest;
  // Zero means "none", so a tiny positive time becomes the shortest time there is.
  return Milliseconds{ms > 0 ? std::max(1LL, std::llround(ms)) : 0};
}

std::vector<std::string> keys_of_table(std::string_view table) {
  std::vector<std::string> keys;
#define HOLDFAST_TABLE_KEY(in, key, ...) \
  if (table == std::string_view(in)) keys.emplace_back(key);
#include "core/settings/table_keys.def"
  return keys;
}

void complain_of_unknown_keys(const NamedTable& named, const std::vector<std::string>& known,
                              Complaints& complaints) {
  for (const auto& [key, value] : named.table) {
    const std::string_view name = key.str();
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    complaints.add(place_of(key.source()), named.name, "the unknown key " + in_quotes(name),
                   alternatives(known) + suggestion(name, known));
  }
}

Place place_of(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

std::string origin_of(const toml::node& value, const NamedTable& named) {
  return std::string(names::k_settings_file) + ":" + std::to_string(value.source().begin.line) +
         ", " + named.name;
}

std::string describe_type(const toml::node& value) {
  // In the order of toml::node_type.
  constexpr const char* k_words[] = {"nothing",       "a table",        "an array",  "a string",
                                     "an integer",    "a number",       "a boolean", "a date",
                                     "a time of day", "a date and time"};
  static_assert(std::size(k_words) == static_cast<std::size_t>(toml::node_type::date_time) + 1);
  return value.is_array_of_tables() ? "an array of tables"
                                    : k_words[static_cast<std::size_t>(value.type())];
}

void complain_of(const NamedTable& named, std::string_view key, const std::string& found,
                 const std::string& expected, Complaints& complaints) {
  complaints.add(place_of(named.table.get(key)->source()), std::string(key) + " in " + named.name,
                 found, expected);
}

void check_pattern(const NamedTable& named, std::string_view key, const std::string& pattern,
                   Complaints& complaints) {
  const Result<Pattern> compiled = Pattern::compile(pattern);
  if (compiled) return;
  complain_of(named, key, in_quotes(pattern) + " with " + to_text(compiled.error()),
              "a regular expression (RE2)", complaints);
}

const toml::array* tables_in(const toml::node& node, const std::string& key,
                             const std::string& called, Complaints& complaints) {
  const toml::array* array = node.as_array();
  if (array != nullptr && (array->empty() || array->is_array_of_tables())) return array;
  complaints.add(place_of(node.source()), key, describe_type(node), "tables " + called);
  return nullptr;
}

std::optional<std::string> read_text(const NamedTable& named, std::string_view key,
                                     const std::string& expected, Complaints& complaints) {
  const toml::node* value = named.table.get(key);
  if (value == nullptr) return std::nullopt;
  const auto* text = value->as_string();
  if (text != nullptr && !text->get().empty()) return text->get();
  complain_of(named, key, text != nullptr ? "an empty string" : describe_type(*value), expected,
              complaints);
  return std::nullopt;
}

Result<unsigned> count_in(const toml::node& value, unsigned largest) {
  const auto* number = value.as_integer();
  if (number == nullptr) return ErrorInWords{describe_type(value)};
  if (number->get() >= 0 && number->get() <= largest) return static_cast<unsigned>(number->get());
  return ErrorInWords{std::to_string(number->get())};
}

}  // namespace holdfast
