#include "settings/preflight_keys.hpp"

#include "core/lock/lock_spec.hpp"
#include "settings/keys.hpp"

namespace holdfast {
namespace {

constexpr unsigned k_most_port = 65535;

Error as_found(const toml::node& node) {
  const auto* number = node.as_integer();
  return ErrorInWords{number != nullptr ? std::to_string(number->get()) : describe_value(node)};
}

Result<std::uint16_t> port_in(const toml::node& node) {
  const Result<unsigned> number = number_in(node, 1, k_most_port);
  if (!number) return as_found(node);
  return static_cast<std::uint16_t>(*number);
}

Result<std::string> word_in(const toml::node& node) {
  Result<std::string> text = text_in(node);
  if (!text || text->empty()) return as_found(node);
  return text;
}

void read_key(const TableReader& table, std::string_view key, Needed<std::uint16_t>& needed) {
  needed.all = table.list(key, "a list of TCP ports such as [5432, 8080]", port_in);
}

void read_key(const TableReader& table, std::string_view key, Needed<std::string>& needed) {
  const std::string expected = key == "sockets"
                                   ? R"(a list of paths such as ["/run/docker.sock"])"
                                   : R"(a list of programs such as ["docker", "/opt/bin/psql"])";
  needed.all = table.list(key, expected, word_in);
}

void read_key(const TableReader& table, std::string_view key, Needed<DiskNeed>& needed) {
  const std::string expected =
      R"(a table of directories and sizes such as { "." = "2GiB", "/tmp" = "500MiB" })";
  const toml::table* sizes = table.get(key)->as_table();
  if (sizes == nullptr) return table.complain(key, describe_type(*table.get(key)), expected);
  for (const auto& [directory, size] : *sizes) {
    const std::string name(directory.str());
    if (name.empty() || name.find('\0') != std::string::npos) {
      return table.complain(key, in_quotes(name), expected);
    }
    const Result<std::string> text = word_in(size);
    const std::optional<std::uint64_t> kb = text ? parse_size_kb(*text) : std::nullopt;
    if (!kb) return table.complain(key, as_found(size), expected);
    needed.all.push_back({name, *kb});
  }
}

PreflightNeeds read_needs(const TableReader& table, const std::vector<std::string>& other_keys) {
  std::vector<std::string> known;
#define HOLDFAST_PREFLIGHT_KEY(field, key, ...) known.emplace_back(key);
#include "core/settings/table_keys.def"
  known.insert(known.end(), other_keys.begin(), other_keys.end());
  table.complain_of_unknown_keys(known);
  PreflightNeeds needs;
#define HOLDFAST_PREFLIGHT_KEY(field, key, ...)            \
  if (const toml::node* node = table.get(key)) {           \
    needs.field.emplace().origin = table.origin_of(*node); \
    read_key(table, key, *needs.field);                    \
  }
#include "core/settings/table_keys.def"
  return needs;
}

}  // namespace

Preflight read_preflight(const toml::node& node, const std::string& key, Complaints& complaints) {
  Preflight preflight;
  const std::optional<TableReader> table = table_in(node, key, complaints);
  if (!table) return preflight;
  preflight.fail = read_needs(*table, {"warn"});
  const toml::node* warn = table->get("warn");
  if (warn == nullptr) return preflight;
  if (const auto only_warn = table_in(*warn, key + ".warn", complaints)) {
    preflight.warn = read_needs(*only_warn, {});
  }
  return preflight;
}

}  // namespace holdfast
