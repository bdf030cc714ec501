// Reads the tables of holdfast.toml, key by key. Whatever is not understood becomes a complaint.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "values/service_spec.hpp"
#include "values/value.hpp"

// toml++ (https://marzer.github.io/tomlplusplus), without exceptions and formatters.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace holdfast {

// What is wrong in a settings file.

using Place = toml::source_position;

// Whether a complaint names the line. It does not if the file is not the one that people wrote.
enum class LineTold : std::uint8_t { yes, no };

class Complaints {
 public:
  explicit Complaints(std::string path, LineTold line = LineTold::yes)
      : path_(std::move(path)), line_(line) {}

  // `<path>:<line>: <what>: found <found>, expected <expected>`
  void add(Place at, const std::string& what, const std::string& found,
           const std::string& expected);
  // `<path>:<line>: <sentence>`
  void add(Place at, const std::string& sentence);

  // Of several at one place, only the first counts: the others follow from it.
  std::size_t size() const { return sentences_.size(); }
  // The complaints by their places, each a line, and at most k_most: then a line says how many more
  // there are. None: there is no complaint.
  std::optional<Error> error() const;

  static constexpr std::size_t k_most = 20;

 private:
  std::string path_;
  LineTold line_;
  std::map<Place, std::string> sentences_;
};

// The same error, with `; ` in place of ends of lines.
Error in_one_line(Error error);

// A name or text of the user's, quoted and shortened, on one line.
std::string in_quotes(std::string_view text);

// `a string`, `a table`
std::string describe_type(const toml::node& value);
// A string in quotes; of anything else the type.
std::string describe_value(const toml::node& value);

// The error of each of these is what was found.

// Takes a number of seconds or a text.
Result<Milliseconds> duration_of(const toml::node& value);
// A whole number.
Result<unsigned> number_in(const toml::node& value, unsigned least, unsigned most);
Result<bool> flag_in(const toml::node& value);
// A string without NUL bytes.
Result<std::string> text_in(const toml::node& value);

// The keys that values/table_keys.def has for `table`, such as "[[override]]".
std::vector<std::string> keys_of_table(std::string_view table);

// One table. It and the complaints must outlive the reader. A function that reads a key returns
// nothing if the table does not have the key, and complains of a value that it does not understand.
class TableReader {
  template <typename Read>
  using Content = std::remove_cvref_t<decltype(*std::declval<Read>()(std::declval<toml::node&>()))>;

 public:
  // `name` as in messages: `[profile.ci]`, `[[override]]`.
  TableReader(const toml::table& table, std::string name, Complaints& complaints)
      : table_(&table), name_(std::move(name)), complaints_(&complaints) {}

  const std::string& name() const { return name_; }
  Complaints& complaints() const { return *complaints_; }
  Place place() const { return table_->source().begin; }
  // "holdfast.toml:12, [profile.ci]"
  std::string origin() const { return origin_of(*table_); }
  std::string origin_of(const toml::node& value) const;

  bool has(std::string_view key) const { return get(key) != nullptr; }
  // Null: the table does not have the key.
  const toml::node* get(std::string_view key) const { return table_->get(key); }

  // `<key> in <table>: found …, expected …`; the table must have the key.
  void complain(std::string_view key, const std::string& found, const std::string& expected) const;
  // The same, but at another place than the key's.
  void complain(Place at, std::string_view key, const std::string& found,
                const std::string& expected) const;
  // Of `value`, which is under the key. An error of Form::value is what was found and what was
  // expected, any other only what was found.
  void complain(const toml::node& value, std::string_view key, const Error& error,
                const std::string& expected) const;
  // `<table>: found …, expected …`
  void complain_of_table(const std::string& found, const std::string& expected) const;
  void complain_of_unknown_keys(const std::vector<std::string>& known) const;
  // Complains if Pattern::compile() refuses `pattern`, which is under `key`.
  void check_pattern(std::string_view key, const std::string& pattern) const;

  // A string that is not empty.
  std::optional<std::string> text(std::string_view key, const std::string& expected) const;
  // One such string, or a list of them.
  enum class Empty : std::uint8_t { refused, allowed };
  std::vector<std::string> texts(std::string_view key, const std::string& expected,
                                 Empty empty = Empty::refused) const;

  // What `read` makes of the value. The error of its Result is what was found.
  template <typename Read>
  auto value(std::string_view key, const std::string& expected, Read read) const
      -> std::optional<Content<Read>> {
    if (!has(key)) return std::nullopt;
    auto one = read(*get(key));
    if (one) return std::move(*one);
    complain(*get(key), key, one.error(), expected);
    return std::nullopt;
  }
  // A list, without the elements for which the Result of `read` is an error. The table must have
  // the key.
  template <typename Read>
  auto list(std::string_view key, const std::string& expected, Read read) const {
    std::vector<Content<Read>> all;
    const toml::array* const array = array_at(key, expected);
    if (array == nullptr) return all;
    for (const toml::node& element : *array) {
      auto one = read(element);
      if (one) {
        all.push_back(std::move(*one));
      } else {
        complain(element, key, one.error(), expected);
      }
    }
    return all;
  }

 private:
  const toml::array* array_at(std::string_view key, const std::string& expected) const;

  const toml::table* table_;
  std::string name_;
  Complaints* complaints_;
};

// These complain of a value that is no such table. `key` is where it stands in the file.

// [key]; none: it is no table.
std::optional<TableReader> table_in(const toml::node& node, const std::string& key,
                                    Complaints& complaints);
// [[key]], each of which is `called` in messages.
std::vector<TableReader> tables_in(const toml::node& node, const std::string& key,
                                   const std::string& called, Complaints& complaints);
// [key.NAME], sorted by their names.
struct NamedTable {
  std::string name;
  Place name_at;
  TableReader table;
};
std::vector<NamedTable> named_tables_in(const toml::node& node, const std::string& key,
                                        Complaints& complaints);

// --- Tables of settings: values/table.def -----------------------------------------------------

// Bytes of all variables in a file: a grant must fit into one message (settings/wire.hpp).
inline constexpr std::size_t k_most_environment = 32 * 1024;

enum class TableOf : std::uint8_t {
  tests,        // [[override]]
  profile,      // [profile.NAME]: settings of tests and of the run
  build_steps,  // [build-steps]
};

// Reads what is right and complains of the rest, even of a key that is neither a setting of that
// table nor one of `other_keys`.
Values read_settings(const TableReader& table, TableOf of,
                     const std::vector<std::string>& other_keys);

// Reads [service.NAME] of holdfast.toml, and of the files of holdfast_add_service().

// `node` is the table of all services, `directory` that of the file: a relative working directory
// is relative to it. Complains of everything that it does not understand, patterns included.
std::vector<ServiceSpec> read_services(const toml::node& node, const std::string& directory,
                                       Complaints& complaints);

// One service, from its own table.
ServiceSpec read_service(const TableReader& table, std::string name, const std::string& directory);

}  // namespace holdfast
