#include "settings/keys.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/names.hpp"
#include "base/text.hpp"
#include "settings/pattern.hpp"

namespace holdfast {

namespace {

constexpr std::size_t k_longest_quote = 80;

// A string that is not empty; the error is what was found.
Result<std::string> filled_text_in(const toml::node& value) {
  const auto* text = value.as_string();
  if (text == nullptr) return ErrorInWords{describe_type(value)};
  if (text->get().empty()) return ErrorInWords{"an empty string"};
  return text->get();
}

}  // namespace

void Complaints::add(Place at, const std::string& what, const std::string& found,
                     const std::string& expected) {
  add(at, what + ": found " + found + ", expected " + expected);
}

void Complaints::add(Place at, const std::string& sentence) { sentences_.emplace(at, sentence); }

std::optional<Error> Complaints::error() const {
  if (sentences_.empty()) return std::nullopt;
  std::string lines;
  std::size_t count = 0;
  for (const auto& [at, sentence] : sentences_) {
    if (count++ == k_most) break;
    const std::string line = line_ == LineTold::yes ? ":" + std::to_string(at.line) : "";
    lines += (lines.empty() ? "" : "\n") + path_ + line + ": " + sentence;
  }
  if (count > k_most) {
    lines += "\n" + path_ + ": " + counted(sentences_.size() - k_most, "more mistake");
  }
  return ErrorInWords{lines};
}

Error in_one_line(Error error) {
  for (std::size_t at; (at = error.message.find('\n')) != std::string::npos;) {
    error.message.replace(at, 1, "; ");
  }
  return error;
}

std::string in_quotes(std::string_view text) {
  const bool is_long = text.size() > k_longest_quote;
  std::string quote = "\"";
  for (char c : text.substr(0, k_longest_quote)) quote += is_control(c) ? '?' : c;
  return quote + (is_long ? "\"..." : "\"");
}

Result<Milliseconds> duration_of(const toml::node& value) {
  if (const auto* text = value.as_string()) {
    const Result<Milliseconds> length = parse_duration(text->get());
    return length ? length : ErrorInWords{in_quotes(text->get())};
  }
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
#include "values/table_keys.def"
  return keys;
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

std::string describe_value(const toml::node& value) {
  const auto* text = value.as_string();
  return text != nullptr ? in_quotes(text->get()) : describe_type(value);
}

Result<unsigned> number_in(const toml::node& value, unsigned least, unsigned most) {
  const auto* number = value.as_integer();
  if (number == nullptr) return ErrorInWords{describe_type(value)};
  if (number->get() < least || number->get() > most) {
    return ErrorInWords{std::to_string(number->get())};
  }
  return static_cast<unsigned>(number->get());
}

Result<bool> flag_in(const toml::node& value) {
  if (const auto* flag = value.as_boolean()) return flag->get();
  return ErrorInWords{describe_type(value)};
}

Result<std::string> text_in(const toml::node& value) {
  const auto* text = value.as_string();
  if (text != nullptr && text->get().find('\0') == std::string::npos) return text->get();
  return ErrorInWords{describe_value(value)};
}

std::string TableReader::origin_of(const toml::node& value) const {
  return std::string(names::k_settings_file) + ":" + std::to_string(value.source().begin.line) +
         ", " + name_;
}

void TableReader::complain(std::string_view key, const std::string& found,
                           const std::string& expected) const {
  complain(get(key)->source().begin, key, found, expected);
}

void TableReader::complain(const toml::node& value, std::string_view key, const Error& error,
                           const std::string& expected) const {
  const bool is_whole = error.form == Error::Form::value;
  complain(value.source().begin, key, is_whole ? found_in(error) : to_text(error),
           is_whole ? expected_by(error) : expected);
}

void TableReader::complain(Place at, std::string_view key, const std::string& found,
                           const std::string& expected) const {
  complaints_->add(at, std::string(key) + " in " + name_, found, expected);
}

void TableReader::complain_of_table(const std::string& found, const std::string& expected) const {
  complaints_->add(place(), name_, found, expected);
}

void TableReader::complain_of_unknown_keys(const std::vector<std::string>& known) const {
  for (const auto& [key, value] : *table_) {
    const std::string_view name = key.str();
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    complaints_->add(key.source().begin, name_, "the unknown key " + in_quotes(name),
                     alternatives(known) + suggestion(name, known));
  }
}

void TableReader::check_pattern(std::string_view key, const std::string& pattern) const {
  const Result<Pattern> compiled = Pattern::compile(pattern);
  if (compiled) return;
  complain(key, in_quotes(pattern) + " with " + to_text(compiled.error()),
           "a regular expression (RE2)");
}

std::optional<std::string> TableReader::text(std::string_view key,
                                             const std::string& expected) const {
  return value(key, expected, filled_text_in);
}

std::vector<std::string> TableReader::texts(std::string_view key, const std::string& expected,
                                            Empty empty) const {
  if (!has(key)) return {};
  const toml::array* const array = get(key)->as_array();
  if (array == nullptr) {
    const std::optional<std::string> one = text(key, expected);
    return one ? std::vector<std::string>{*one} : std::vector<std::string>{};
  }
  if (array->empty() && empty == Empty::refused) complain(key, "an empty list", expected);
  return list(key, expected, filled_text_in);
}

const toml::array* TableReader::array_at(std::string_view key, const std::string& expected) const {
  const toml::array* const array = get(key)->as_array();
  if (array == nullptr) complain(key, describe_type(*get(key)), expected);
  return array;
}

std::optional<TableReader> table_in(const toml::node& node, const std::string& key,
                                    Complaints& complaints) {
  const std::string name = "[" + key + "]";
  if (const toml::table* table = node.as_table()) return TableReader(*table, name, complaints);
  complaints.add(node.source().begin, key, describe_type(node), "a table " + name);
  return std::nullopt;
}

std::vector<TableReader> tables_in(const toml::node& node, const std::string& key,
                                   const std::string& called, Complaints& complaints) {
  std::vector<TableReader> tables;
  const toml::array* array = node.as_array();
  if (array == nullptr || (!array->empty() && !array->is_array_of_tables())) {
    complaints.add(node.source().begin, key, describe_type(node), "tables " + called);
    return tables;
  }
  for (const toml::node& entry : *array) tables.emplace_back(*entry.as_table(), called, complaints);
  return tables;
}

std::vector<NamedTable> named_tables_in(const toml::node& node, const std::string& key,
                                        Complaints& complaints) {
  std::vector<NamedTable> tables;
  const std::string called = "[" + key + ".NAME]";
  const toml::table* all = node.as_table();
  if (all == nullptr) {
    complaints.add(node.source().begin, key, describe_type(node), "tables " + called);
    return tables;
  }
  for (const auto& [name, value] : *all) {
    const std::string text(name.str());
    const Place at = name.source().begin;
    if (const toml::table* one = value.as_table()) {
      tables.push_back({text, at, TableReader(*one, "[" + key + "." + text + "]", complaints)});
    } else {
      complaints.add(at, key + "." + in_quotes(text), describe_type(value), "a table " + called);
    }
  }
  return tables;
}

}  // namespace holdfast
