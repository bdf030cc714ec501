// Reads the keys of a table of holdfast.toml, one by one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "settings/complaints.hpp"
#include "settings/toml.hpp"

namespace holdfast {

// A table and its name in messages: `[profile.ci]`, `[[override]]`.
struct NamedTable {
  const toml::table& table;
  std::string name;
};

Place place_of(const toml::source_region& region);

// "holdfast.toml:12, [profile.ci]"
std::string origin_of(const toml::node& value, const NamedTable& named);

// Takes a number of seconds or a text; the error is what was found.
Result<Milliseconds> duration_of(const toml::node& value);

// The keys that core/settings/table_keys.def has for `table`, such as "[[override]]".
std::vector<std::string> keys_of_table(std::string_view table);

void complain_of_unknown_keys(const NamedTable& named, const std::vector<std::string>& known,
                              Complaints& complaints);

// `a string`, `a table`
std::string describe_type(const toml::node& value);

// `<key> in <table>: found …, expected …`; the table must have the key.
void complain_of(const NamedTable& named, std::string_view key, const std::string& found,
                 const std::string& expected, Complaints& complaints);

// Complains if Pattern::compile() refuses `pattern`, which is under `key`.
void check_pattern(const NamedTable& named, std::string_view key, const std::string& pattern,
                   Complaints& complaints);

// The array, if it is one of tables. For anything else it complains of `key`, which should be
// tables such as `called`, and returns null.
const toml::array* tables_in(const toml::node& node, const std::string& key,
                             const std::string& called, Complaints& complaints);

// A string that is not empty; complains of any other value.
std::optional<std::string> read_text(const NamedTable& named, std::string_view key,
                                     const std::string& expected, Complaints& complaints);

// A whole number up to `largest`; the error is what was found.
Result<unsigned> count_in(const toml::node& value, unsigned largest);

}  // namespace holdfast
