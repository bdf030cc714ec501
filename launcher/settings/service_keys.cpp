#include "settings/service_keys.hpp"

#include <algorithm>

#include "values/lock_spec.hpp"
#include "values/outcome.hpp"
#include "values/service_state.hpp"

namespace holdfast {
namespace {

constexpr unsigned k_most = 1000;

Result<std::string> service_text_in(const toml::node& node) {
  Result<std::string> text = text_in(node);
  if (text && text->empty()) return ErrorInWords{"an empty text"};
  return text;
}

Result<int> signal_in(const toml::node& node) {
  const Result<std::string> text = text_in(node);
  if (const auto signal = text ? signal_named(*text) : std::nullopt) return *signal;
  return ErrorInWords{describe_value(node)};
}

Result<std::uint64_t> bytes_in(const toml::node& node) {
  const Result<std::string> text = text_in(node);
  if (const auto kb = text ? parse_size_kb(*text) : std::nullopt) return *kb * 1024;
  return ErrorInWords{describe_value(node)};
}

void read_key(const TableReader& table, std::string_view key, std::string& field) {
  field = table.value(key, "a text that is not empty", service_text_in).value_or(field);
}

void read_key(const TableReader& table, std::string_view key, std::vector<std::string>& field) {
  const std::string expected = key == "depends" ? R"(a list of services such as ["db"])"
                                                : R"(a command such as ["server", "--quiet"])";
  field = table.list(key, expected, text_in);
  if (!field.empty() && field.front().empty()) table.complain(key, "an empty text", expected);
}

void read_key(const TableReader& table, std::string_view key, Milliseconds& field) {
  const std::string expected = R"(a duration such as 30, 1.5, "500ms", "5s" or "2m")";
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
    } else if (const Result<std::string> text = text_in(value)) {
      field.push_back({std::string(name.str()), *text});
    } else {
      table.complain(value, key, text.error(), expected);
    }
  }
}

}  // namespace

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
  std::vector<ServiceSpec> services;
  for (const NamedTable& one : tables) {
    services.push_back(read_service(one.table, one.name, directory));
  }
  return services;
}

}  // namespace holdfast
