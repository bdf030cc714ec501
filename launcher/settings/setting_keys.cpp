#include "settings/keys.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <filesystem>
#include <type_traits>

#include "base/environment.hpp"
#include "settings/pattern.hpp"
#include "settings/settings.hpp"
#include "values/kinds.hpp"
#include "values/lock_spec.hpp"
#include "values/outcome.hpp"
#include "values/policy.hpp"
#include "values/service_state.hpp"

namespace holdfast {

namespace {

constexpr std::size_t k_most_patterns = 64;

// One key of a table, and where its values go.
struct Key {
  const TableReader& table;
  const toml::node& node;
  Setting setting;
  std::string_view name;
  Values& values;

  void add(const toml::node& at, std::string text) const {
    values.push_back({setting, Source::file, std::move(text), table.origin_of(at)});
  }
};

// The value in holdfast.toml as the text of its kind; the error is what was found.
Result<std::string> text_of_string(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  return ErrorInWords{describe_type(node)};
}

Result<std::string> text_in(kind::Duration /*kind*/, const toml::node& node) {
  if (node.is_string()) return text_of_string(node);
  HOLDFAST_TRY(const Milliseconds length, duration_of(node));
  return to_text(length);
}

Result<std::string> text_in(kind::Wait /*kind*/, const toml::node& node) {
  const Result<std::string> text = text_in(kind::Duration{}, node);
  return text ? text : ErrorInWords{describe_type(node)};
}

Result<std::string> text_in(kind::Share /*kind*/, const toml::node& node) {
  const std::optional<double> number = node.value<double>();
  if (!node.is_number() || !number) return ErrorInWords{describe_type(node)};
  if (!(*number >= 0 && *number <= 1)) return ErrorInWords{"a number outside of it"};
  return share_to_text(static_cast<PerMille>(std::lround(*number * k_whole)));
}

Result<std::string> text_in(kind::Flag /*kind*/, const toml::node& node) {
  HOLDFAST_TRY(const bool flag, flag_in(node));
  return kind::Flag::print(flag);
}

template <unsigned Most>
Result<std::string> text_in(kind::UpTo<Most> /*kind*/, const toml::node& node) {
  HOLDFAST_TRY(const unsigned count, number_in(node, 0, Most));
  return std::to_string(count);
}

Result<std::string> text_in(kind::Command /*kind*/, const toml::node& node) {
  return holdfast::text_in(node);
}

Result<std::string> text_in(kind::Path /*kind*/, const toml::node& node) {
  Result<std::string> text = text_of_string(node);
  if (text && !text->starts_with('/')) return ErrorInWords{in_quotes(*text)};
  return text;
}

template <typename Kind>
requires(!std::derived_from<Kind, kind::Duration> && !std::derived_from<Kind, kind::Command>)
    Result<std::string> text_in(Kind /*kind*/, const toml::node& node) {
  return text_of_string(node);
}

// The words after "expected" of kinds that do not have them as one text.
std::string expected_of(kind::Boundaries /*kind*/) { return containment_alternatives("\""); }
template <unsigned Most>
std::string expected_of(kind::UpTo<Most> /*kind*/) {
  return "a number, 0 to " + std::to_string(Most);
}

template <typename Kind, typename Field>
std::string expected() {
  if constexpr (requires { words_of(Field{}); }) {
    return alternatives(words_of(Field{}), "\"");
  } else if constexpr (requires { words_of(typename Field::value_type{}); }) {
    return alternatives(words_of(typename Field::value_type{}), "\"");
  } else if constexpr (requires { Kind::k_expected; }) {
    return std::string(Kind::k_expected);
  } else {
    return expected_of(Kind{});
  }
}

// Reads a key whose value is one text.
template <typename Kind, typename Field>
void read_as(Kind /*kind*/, const Field& /*of*/, const Key& key) {
  const auto text_of_value = [](const toml::node& node) -> Result<std::string> {
    HOLDFAST_TRY(std::string text, text_in(Kind{}, node));
    Field field{};
    const Result<void> understood = Kind::read(text, field);
    if (understood) return text;
    // The error about such a text names the part that is wrong.
    const bool names_part =
        std::is_same_v<Kind, kind::Rules> || std::is_same_v<Kind, kind::SrunOptions>;
    return names_part ? understood.error() : ErrorInWords{in_quotes(text)};
  };
  const auto text = key.table.value(key.name, expected<Kind, Field>(), text_of_value);
  if (text) key.add(key.node, *text);
}

// Whether a list is wrong as a whole, which is complained of.
bool is_wrong(const Key& key, const std::vector<LockSpec>& locks) {
  const Result<std::vector<LockSpec>> canonical = canonical_locks(locks);
  if (canonical) return false;
  key.table.complain(key.name, to_text(canonical.error()), std::string(kind::Locks::k_expected));
  return true;
}

bool is_wrong(const Key& /*key*/, const std::vector<ServiceUse>& /*uses*/) { return false; }

// In one file, the later report would replace the other. /dev/stdout takes both.
bool is_wrong(const Key& key, const std::vector<ReportRequest>& requests) {
  std::map<std::filesystem::path, const ReportRequest*> of_file;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].file.empty() || requests[i].file.starts_with("/dev/")) continue;
    const std::filesystem::path file = std::filesystem::path(requests[i].file).lexically_normal();
    const auto [found, is_first] = of_file.try_emplace(file, &requests[i]);
    if (is_first) continue;
    key.table.complain(*key.node.as_array()->get(i), key.name,
                       ErrorInWords{in_quotes(to_text(requests[i]))},
                       "another file than that of " + in_quotes(to_text(*found->second)));
    return true;
  }
  return false;
}

template <typename Kind, typename Field>
requires requires { Kind::k_parse; }
void read_as(Kind /*kind*/, const Field& /*of*/, const Key& key) {
  Field all;
  const auto one_in = [&](const toml::node& entry) -> Result<std::string> {
    HOLDFAST_TRY(std::string text, text_of_string(entry));
    auto one = Kind::k_parse(text);
    if (!one) return ErrorInWords{in_quotes(text)};
    all.push_back(std::move(*one));
    return text;
  };
  const auto texts = key.table.list(key.name, std::string(Kind::k_expected), one_in);
  const toml::array* const list = key.node.as_array();
  if (list == nullptr || texts.size() != list->size() || is_wrong(key, all)) return;
  key.add(key.node, separated(texts, ","));
}

std::string trouble_with_variable(std::string_view name) {
  const auto has = [name](char c) { return name.find(c) != std::string_view::npos; };
  if (name.empty() || has('=') || has('\0')) return "the name of a variable";
  return is_holdfasts_own(name) ? "no variable of Holdfast's own" : "";
}

void read_as(kind::Variables /*kind*/, const std::vector<Variable>& /*of*/, const Key& key) {
  const toml::table* table = key.node.as_table();
  if (table == nullptr) {
    return key.table.complain(key.name, describe_type(key.node),
                              "a table of variables and their values");
  }
  for (const auto& [name, entry] : *table) {
    if (const std::string expected = trouble_with_variable(name.str()); !expected.empty()) {
      key.table.complain(name.source().begin, key.name, in_quotes(name.str()), expected);
      continue;
    }
    const Result<std::string> text = text_in(kind::Command{}, entry);
    if (text) {
      key.add(entry, std::string(name.str()) + "=" + *text);
    } else {
      key.table.complain(entry, std::string(name.str()) + " in " + std::string(key.name),
                         text.error(), "a string (an empty one takes the variable out)");
    }
  }
}

void read_as(kind::Patterns /*kind*/, const std::vector<std::string>& /*of*/, const Key& key) {
  const std::string expected = "regular expressions (RE2) for a line of the output";
  const toml::array* entries = key.node.as_array();
  if (entries == nullptr || entries->size() > k_most_patterns) {
    return key.table.complain(key.name, entries == nullptr ? describe_type(key.node) : "too many",
                              "a list of at most 64 " + expected);
  }
  (void)key.table.list(key.name, expected, [&](const toml::node& entry) -> Result<std::string> {
    HOLDFAST_TRY(const std::string text, text_of_string(entry));
    if (text.empty()) return ErrorInWords{"an empty text"};
    const Result<Pattern> compiled = Pattern::compile(text);
    if (!compiled) return ErrorInWords{in_quotes(text) + " with " + to_text(compiled.error())};
    key.add(entry, text);
    return text;
  });
}

void read_as(kind::Paths /*kind*/, const std::vector<std::string>& /*of*/, const Key& key) {
  const auto path_in = [&](const toml::node& entry) -> Result<std::string> {
    HOLDFAST_TRY(const std::string path, text_in(kind::Path{}, entry));
    if (path.find('\0') != std::string::npos) return ErrorInWords{in_quotes(path)};
    key.add(entry, path);
    return path;
  };
  (void)key.table.list(key.name, std::string(kind::Paths::k_expected), path_in);
}

// `[profile.ci.engine]`; in an override, `engine in [[override]]`.
std::string name_of_inner_table(const Key& key) {
  const std::string& above = key.table.name();
  if (above.starts_with("[[")) return std::string(key.name) + " in " + above;
  return above.substr(0, above.size() - 1) + "." + std::string(key.name) + "]";
}

// One word, or a table of the three settings of an engine.
void read_as(kind::EngineKind /*kind*/, Engine of, const Key& key) {
  const toml::table* table = key.node.as_table();
  if (table == nullptr) return read_as(kind::Word{}, of, key);
  const TableReader inner(*table, name_of_inner_table(key), key.table.complaints());
  inner.complain_of_unknown_keys(keys_of_table("[profile.NAME.engine]"));
  const auto read = [&](auto as, const auto& field, std::string_view name, Setting setting) {
    const toml::node* node = inner.get(name);
    if (node != nullptr) read_as(as, field, Key{inner, *node, setting, name, key.values});
  };
  read(kind::Word{}, of, "kind", Setting::engine);
  read(kind::SrunOptions{}, std::string(), "options", Setting::engine_options);
  read(kind::Label{}, std::string(), "local-label", Setting::local_label);
}

// Known flakes have a section of their own (settings/settings_file.cpp).
void read_as(kind::KnownFlakes /*kind*/, const std::vector<KnownFlake>& /*of*/,
             const Key& /*key*/) {}

struct Row {
  Setting setting;
  std::string_view key;
  TableOf of;
  void (*read)(const Key& key);
};

constexpr Row k_rows[] = {
#define HOLDFAST_SETTING(id, field, Kind, toml, ...) \
  {Setting::id, toml, TableOf::tests,                \
   [](const Key& key) { read_as(kind::Kind{}, Policy{}.field, key); }},
#define HOLDFAST_RUN_SETTING(id, field, Kind, toml, ...) \
  {Setting::id, toml, TableOf::profile,                  \
   [](const Key& key) { read_as(kind::Kind{}, RunSettings{}.field, key); }},
#define HOLDFAST_STEP_SETTING(id, field, Kind, toml, ...) \
  {Setting::id, toml, TableOf::build_steps,               \
   [](const Key& key) { read_as(kind::Kind{}, BuildStepSettings{}.field, key); }},
#include "values/table.def"
};

bool stands_in(const Row& row, TableOf of) {
  return !row.key.empty() && (row.of == of || (row.of == TableOf::tests && of == TableOf::profile));
}

constexpr unsigned k_most = 1000;

Result<std::string> service_text_in(const toml::node& node) {
  Result<std::string> text = holdfast::text_in(node);
  if (text && text->empty()) return ErrorInWords{"an empty text"};
  return text;
}

Result<int> signal_in(const toml::node& node) {
  const Result<std::string> text = holdfast::text_in(node);
  if (const auto signal = text ? signal_named(*text) : std::nullopt) return *signal;
  return ErrorInWords{describe_value(node)};
}

Result<std::uint64_t> bytes_in(const toml::node& node) {
  const Result<std::string> text = holdfast::text_in(node);
  if (const auto kb = text ? parse_size_kb(*text) : std::nullopt) return *kb * 1024;
  return ErrorInWords{describe_value(node)};
}

void read_key(const TableReader& table, std::string_view key, std::string& field) {
  field = table.value(key, "a text that is not empty", service_text_in).value_or(field);
}

void read_key(const TableReader& table, std::string_view key, std::vector<std::string>& field) {
  const std::string expected = key == "depends" ? R"(a list of services such as ["db"])"
                                                : R"(a command such as ["server", "--quiet"])";
  field = table.list(key, expected, holdfast::text_in);
  if (!field.empty() && field.front().empty()) table.complain(key, "an empty text", expected);
}

void read_key(const TableReader& table, std::string_view key, Milliseconds& field) {
  const std::string expected(kind::Duration::k_expected);
  field = table.value(key, expected, duration_of).value_or(field);
}

void read_key(const TableReader& table, std::string_view key, bool& field) {
  field = table.value(key, "true or false", flag_in).value_or(field);
}

void read_key(const TableReader& table, std::string_view key, int& field) {
  const std::string expected = R"(the name of a signal such as "SIGINT")";
  field = table.value(key, expected, signal_in).value_or(field);
}

void read_key(const TableReader& table, std::string_view key, unsigned& field) {
  const unsigned least = key == "instances" ? 1 : 0;
  const unsigned most = key == "ports" ? k_most_service_ports : k_most;
  const auto read = [&](const toml::node& node) { return number_in(node, least, most); };
  const std::string expected = "a number, " + std::to_string(least) + " to " + std::to_string(most);
  field = table.value(key, expected, read).value_or(field);
}

void read_key(const TableReader& table, std::string_view key, std::uint64_t& field) {
  field = table.value(key, R"(a size such as "16MiB" or "1GiB")", bytes_in).value_or(field);
}

void read_key(const TableReader& table, std::string_view key, std::vector<Variable>& field) {
  const std::string expected = "a table of variables and their values";
  const toml::table* variables = table.get(key)->as_table();
  if (variables == nullptr) return table.complain(key, describe_type(*table.get(key)), expected);
  for (const auto& [name, value] : *variables) {
    if (name.str().empty() || name.str().find('=') != std::string_view::npos) {
      table.complain(key, in_quotes(name.str()), "names of variables");
    } else if (const Result<std::string> text = holdfast::text_in(value)) {
      field.push_back({std::string(name.str()), *text});
    } else {
      table.complain(value, key, text.error(), expected);
    }
  }
}

}  // namespace

Values read_settings(const TableReader& table, TableOf of,
                     const std::vector<std::string>& other_keys) {
  std::vector<std::string> known;
  for (const Row& row : k_rows) {
    if (stands_in(row, of)) known.emplace_back(row.key);
  }
  known.insert(known.end(), other_keys.begin(), other_keys.end());
  table.complain_of_unknown_keys(known);
  Values values;
  for (const Row& row : k_rows) {
    const toml::node* node = stands_in(row, of) ? table.get(row.key) : nullptr;
    if (node != nullptr) row.read({table, *node, row.setting, row.key, values});
  }
  return values;
}

ServiceSpec read_service(const TableReader& table, std::string name, const std::string& directory) {
  std::vector<std::string> known;
#define HOLDFAST_SERVICE_KEY(field, key, ...) known.emplace_back(key);
#include "values/service_keys.def"
  const std::size_t before = table.complaints().size();
  table.complain_of_unknown_keys(known);
  ServiceSpec service;
  service.name = std::move(name);
  service.origin = table.origin();
#define HOLDFAST_SERVICE_KEY(field, key, ...) \
  if (table.has(key)) read_key(table, key, service.field);
#include "values/service_keys.def"
  if (const std::string& pattern = service.ready.output; !pattern.empty()) {
    table.check_pattern("ready-output", pattern);
  }
  // `{dir}` stands for an absolute path.
  if (!service.directory.starts_with('/') && !service.directory.starts_with("{dir}")) {
    service.directory = directory + (service.directory.empty() ? "" : "/") + service.directory;
  }
  // What was not understood is missing here, and that has been said.
  if (table.complaints().size() != before) return service;
  if (Result<void> checked = check(service); !checked) {
    table.complaints().add(table.place(), table.name() + ": " + to_text(checked.error()));
  }
  return service;
}

std::vector<ServiceSpec> read_services(const toml::node& node, const std::string& directory,
                                       Complaints& complaints) {
  std::vector<NamedTable> tables = named_tables_in(node, "service", complaints);
  // toml++ sorts tables by name.
  std::ranges::stable_sort(tables, {}, [](const auto& one) { return one.table.place().line; });
  return collected(
      tables, [&](const NamedTable& one) { return read_service(one.table, one.name, directory); });
}

}  // namespace holdfast
