#include "settings/preflight_keys.hpp"

#include "core/lock/lock_spec.hpp"
#include "settings/keys.hpp"

namespace holdfast {
namespace {

constexpr unsigned k_most_port = 65535;
constexpr std::string_view k_warn = "warn";

std::optional<std::uint16_t> port_in(const toml::node& node) {
  const Result<unsigned> number = count_in(node, k_most_port);
  if (!number || *number == 0) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

// A text that is not empty and has no NUL byte.
std::optional<std::string> text_in(const toml::node& node) {
  const auto* text = node.as_string();
  if (text == nullptr || text->get().empty()) return std::nullopt;
  if (text->get().find('\0') != std::string::npos) return std::nullopt;
  return text->get();
}

std::string describe_value(const toml::node& node) {
  if (const auto* text = node.as_string()) return in_quotes(text->get());
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  return describe_type(node);
}

class PreflightReader {
 public:
  PreflightReader(const NamedTable& named, Complaints& complaints)
      : named_(named), complaints_(complaints) {}

  PreflightNeeds read(const std::vector<std::string>& other_keys) {
    std::vector<std::string> known;
#define HOLDFAST_PREFLIGHT_KEY(field, key, ...) known.emplace_back(key);
#include "core/settings/table_keys.def"
    known.insert(known.end(), other_keys.begin(), other_keys.end());
    complain_of_unknown_keys(named_, known, complaints_);
    PreflightNeeds needs;
#define HOLDFAST_PREFLIGHT_KEY(field, key, ...) \
  if (const toml::node* node = named_.table.get(key)) read_key(key, *node, needs.field.emplace());
#include "core/settings/table_keys.def"
    return needs;
  }

 private:
  void complain(std::string_view key, const std::string& found, const std::string& expected) {
    complain_of(named_, key, found, expected, complaints_);
  }

  // Reads a list; `read_element` returns nothing for an element that is not as expected.
  template <typename T, typename ReadElement>
  void read_list(std::string_view key, const toml::node& node, const std::string& expected,
                 ReadElement read_element, Needed<T>& needed) {
    needed.origin = origin_of(node, named_);
    const toml::array* list = node.as_array();
    if (list == nullptr) return complain(key, describe_type(node), expected);
    for (const toml::node& element : *list) {
      const std::optional<T> value = read_element(element);
      if (!value) return complain(key, describe_value(element), expected);
      needed.all.push_back(*value);
    }
  }

  void read_key(std::string_view key, const toml::node& node, Needed<std::uint16_t>& needed) {
    read_list(key, node, "a list of TCP ports such as [5432, 8080]", port_in, needed);
  }

  void read_key(std::string_view key, const toml::node& node, Needed<std::string>& needed) {
    const std::string expected = key == "sockets"
                                     ? R"(a list of paths such as ["/run/docker.sock"])"
                                     : R"(a list of programs such as ["docker", "/opt/bin/psql"])";
    read_list(key, node, expected, text_in, needed);
  }

  void read_key(std::string_view key, const toml::node& node, Needed<DiskNeed>& needed) {
    const std::string expected =
        R"(a table of directories and sizes such as { "." = "2GiB", "/tmp" = "500MiB" })";
    needed.origin = origin_of(node, named_);
    const toml::table* table = node.as_table();
    if (table == nullptr) return complain(key, describe_type(node), expected);
    for (const auto& [directory, size] : *table) {
      const std::string name(directory.str());
      if (name.empty() || name.find('\0') != std::string::npos) {
        return complain(key, in_quotes(name), expected);
      }
      const std::optional<std::string> text = text_in(size);
      const std::optional<std::uint64_t> kb = text ? parse_size_kb(*text) : std::nullopt;
      if (!kb) return complain(key, describe_value(size), expected);
      needed.all.push_back({name, *kb});
    }
  }

  NamedTable named_;
  Complaints& complaints_;
};

// The table that `node` is. Null, with a complaint: it is none.
const toml::table* table_in(const toml::node& node, const std::string& key,
                            Complaints& complaints) {
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    complaints.add(place_of(node.source()), key, describe_type(node), "a table [" + key + "]");
  }
  return table;
}

}  // namespace

Preflight read_preflight(const toml::node& node, const std::string& key, Complaints& complaints) {
  Preflight preflight;
  const toml::table* table = table_in(node, key, complaints);
  if (table == nullptr) return preflight;
  preflight.fail =
      PreflightReader({*table, "[" + key + "]"}, complaints).read({std::string(k_warn)});
  const toml::node* warn = table->get(k_warn);
  if (warn == nullptr) return preflight;
  const std::string key_of_warn = key + "." + std::string(k_warn);
  if (const toml::table* only_warn = table_in(*warn, key_of_warn, complaints)) {
    preflight.warn = PreflightReader({*only_warn, "[" + key_of_warn + "]"}, complaints).read({});
  }
  return preflight;
}

}  // namespace holdfast
