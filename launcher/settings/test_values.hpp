// The keys of a table of holdfast.toml that say something about tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/settings.hpp"
#include "settings/complaints.hpp"
#include "settings/toml.hpp"

namespace holdfast {

// Of all variables in one file together: a grant must fit into one message (core/wire.hpp).
inline constexpr std::size_t k_most_environment = 32 * 1024;

// A table and what it is called in messages: `[profile.ci]`, `[[override]]`.
struct NamedTable {
  const toml::table& table;
  std::string name;
};

Place place_of(const toml::source_region& region);

// "holdfast.toml:12, [profile.ci]"
std::string origin_of(const toml::node& value, const NamedTable& named);

// A number of seconds or a text; the error is what was found.
Result<Milliseconds> duration_of(const toml::node& value);

void complain_of_unknown_keys(const NamedTable& named, const std::vector<std::string>& known,
                              Complaints& complaints);

// `a string`, `a table`
std::string describe_type(const toml::node& value);

// A string that is not empty; complains of anything else that is there.
std::optional<std::string> read_text(const NamedTable& named, std::string_view key,
                                     const std::string& expected, Complaints& complaints);

// The absolute path of a file, whether it is there or not; complains of anything else.
std::optional<Said<std::string>> read_file_name(const NamedTable& named, std::string_view key,
                                                Complaints& complaints);

// Reads what is right and complains of the rest: of every key, too, that is neither its own nor one
// of `other_keys`.
TestValues read_test_values(const NamedTable& named, const std::vector<std::string>& other_keys,
                            Complaints& complaints);

// One of some words, by the function that knows them.
template <typename Named>
std::optional<Said<Named>> read_word(const NamedTable& named, std::string_view key,
                                     std::optional<Named> (*word)(std::string_view),
                                     const std::string& expected, Complaints& complaints) {
  const toml::node* value = named.table.get(key);
  if (value == nullptr) return std::nullopt;
  const auto* text = value->as_string();
  if (text != nullptr) {
    if (const std::optional<Named> found = word(text->get())) {
      return Said<Named>{*found, origin_of(*value, named)};
    }
  }
  complaints.add(place_of(value->source()), std::string(key) + " in " + named.name,
                 text != nullptr ? in_quotes(text->get()) : describe_type(*value), expected);
  return std::nullopt;
}

}  // namespace holdfast
