#include "settings/keys.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/names.hpp"
#include "core/base/words.hpp"
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
  switch (value.type()) {
    case toml::node_type::none:
      return "nothing";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return value.is_array_of_tables() ? "an array of tables" : "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time of day";
    case toml::node_type::date_time:
      return "a date and time";
  }
  return "something else";
}

std::optional<std::string> read_text(const NamedTable& named, std::string_view key,
                                     const std::string& expected, Complaints& complaints) {
  const toml::node* value = named.table.get(key);
  if (value == nullptr) return std::nullopt;
  const auto* text = value->as_string();
  if (text != nullptr && !text->get().empty()) return text->get();
  complaints.add(place_of(value->source()), std::string(key) + " in " + named.name,
                 text != nullptr ? "an empty string" : describe_type(*value), expected);
  return std::nullopt;
}

Result<unsigned> count_in(const toml::node& value, unsigned largest) {
  const auto* number = value.as_integer();
  if (number == nullptr) return ErrorInWords{describe_type(value)};
  if (number->get() >= 0 && number->get() <= largest) return static_cast<unsigned>(number->get());
  return ErrorInWords{std::to_string(number->get())};
}

}  // namespace holdfast
