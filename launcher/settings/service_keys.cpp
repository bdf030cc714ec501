#include "settings/service_keys.hpp"

#include <algorithm>

#include "core/lock/lock_spec.hpp"
#include "core/outcome/signal_names.hpp"
#include "core/service/service_state.hpp"

namespace holdfast {
namespace {

constexpr unsigned k_most = 1000;

class ServiceReader {
 public:
  ServiceReader(const NamedTable& named, const std::string& directory, Complaints& complaints)
      : named_(named), directory_(directory), complaints_(complaints) {}

  ServiceSpec read(std::string name) {
    std::vector<std::string> known;
#define HOLDFAST_SERVICE_KEY(field, key, ...) known.emplace_back(key);
#include "core/service/service_keys.def"
    const std::size_t before = complaints_.size();
    complain_of_unknown_keys(named_, known, complaints_);
    ServiceSpec service;
    service.name = std::move(name);
    service.origin = origin_of(named_.table, named_);
#define HOLDFAST_SERVICE_KEY(field, key, ...) \
  if (const toml::node* node = named_.table.get(key)) read_key(key, *node, service.field);
#include "core/service/service_keys.def"
    if (const std::string& pattern = service.ready.output; !pattern.empty()) {
      check_pattern(named_, "ready-output", pattern, complaints_);
    }
    // `{dir}` stands for an absolute path (service_words.hpp).
    if (!service.directory.starts_with('/') && !service.directory.starts_with("{dir}")) {
      service.directory = directory_ + (service.directory.empty() ? "" : "/") + service.directory;
    }
    // What was not understood is missing here, and that has been said.
    if (complaints_.size() != before) return service;
    if (Result<void> checked = check(service); !checked) {
      complaints_.add(place_of(named_.table.source()),
                      named_.name + ": " + to_text(checked.error()));
    }
    return service;
  }

 private:
  void complain(std::string_view key, const std::string& found, const std::string& expected) {
    complain_of(named_, key, found, expected, complaints_);
  }

  // A text is free of NUL bytes.
  std::optional<std::string> text_in(std::string_view key, const toml::node& node,
                                     const std::string& expected) {
    const auto* text = node.as_string();
    if (text != nullptr && text->get().find('\0') == std::string::npos) return text->get();
    complain(key, text != nullptr ? in_quotes(text->get()) : describe_type(node), expected);
    return std::nullopt;
  }

  void read_key(std::string_view key, const toml::node& node, std::string& field) {
    const std::optional<std::string> text = text_in(key, node, "a text that is not empty");
    if (text && text->empty()) return complain(key, "an empty text", "a text that is not empty");
    if (text) field = *text;
  }

  void read_key(std::string_view key, const toml::node& node, std::vector<std::string>& field) {
    const std::string expected = key == "depends" ? R"(a list of services such as ["db"])"
                                                  : R"(a command such as ["server", "--quiet"])";
    const toml::array* list = node.as_array();
    if (list == nullptr) return complain(key, describe_type(node), expected);
    for (const toml::node& entry : *list) {
      if (const std::optional<std::string> text = text_in(key, entry, expected)) {
        field.push_back(*text);
      }
    }
    if (!field.empty() && field.front().empty()) complain(key, "an empty text", expected);
  }

  void read_key(std::string_view key, const toml::node& node, Milliseconds& field) {
    const Result<Milliseconds> time = duration_of(node);
    if (time) {
      field = *time;
    } else {
      const auto* text = node.as_string();
      complain(key, text != nullptr ? in_quotes(text->get()) : to_text(time.error()),
               R"(a duration such as 30, 1.5, "500ms", "5s" or "2m")");
    }
  }

  void read_key(std::string_view key, const toml::node& node, bool& field) {
    const auto* flag = node.as_boolean();
    if (flag == nullptr) return complain(key, describe_type(node), "true or false");
    field = flag->get();
  }

  // The number of a signal, or a count.
  void read_key(std::string_view key, const toml::node& node, int& field) {
    const std::string expected = R"(the name of a signal such as "SIGINT")";
    const std::optional<std::string> text = text_in(key, node, expected);
    if (!text) return;
    const std::optional<int> signal = signal_named(*text);
    if (!signal) return complain(key, in_quotes(*text), expected);
    field = *signal;
  }

  void read_key(std::string_view key, const toml::node& node, unsigned& field) {
    const unsigned least = key == "instances" ? 1 : 0;
    const unsigned most = key == "ports" ? k_most_service_ports : k_most;
    const Result<unsigned> count = count_in(node, most);
    if (count && *count >= least) {
      field = *count;
    } else {
      complain(key, count ? std::to_string(*count) : to_text(count.error()),
               "a number, " + std::to_string(least) + " to " + std::to_string(most));
    }
  }

  // Bytes.
  void read_key(std::string_view key, const toml::node& node, std::uint64_t& field) {
    const std::string expected = R"(a size such as "16MiB" or "1GiB")";
    const std::optional<std::string> text = text_in(key, node, expected);
    if (!text) return;
    const std::optional<std::uint64_t> kb = parse_size_kb(*text);
    if (!kb) return complain(key, in_quotes(*text), expected);
    field = *kb * 1024;
  }

  void read_key(std::string_view key, const toml::node& node, std::vector<Variable>& field) {
    const std::string expected = "a table of variables and their values";
    const toml::table* table = node.as_table();
    if (table == nullptr) return complain(key, describe_type(node), expected);
    for (const auto& [name, value] : *table) {
      if (name.str().empty() || name.str().find('=') != std::string_view::npos) {
        complain(key, in_quotes(name.str()), "names of variables");
      } else if (const std::optional<std::string> text = text_in(key, value, expected)) {
        field.push_back({std::string(name.str()), *text});
      }
    }
  }

  NamedTable named_;
  const std::string& directory_;
  Complaints& complaints_;
};

}  // namespace

ServiceSpec read_service(const NamedTable& table, std::string name, const std::string& directory,
                         Complaints& complaints) {
  return ServiceReader(table, directory, complaints).read(std::move(name));
}

std::vector<ServiceSpec> read_services(const toml::node& node, const std::string& directory,
                                       Complaints& complaints) {
  std::vector<std::pair<Place, ServiceSpec>> found;
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    complaints.add(place_of(node.source()), "service", describe_type(node),
                   "tables [service.NAME]");
    return {};
  }
  for (const auto& [key, value] : *table) {
    const std::string name(key.str());
    const toml::table* one = value.as_table();
    if (one == nullptr) {
      complaints.add(place_of(key.source()), "service." + in_quotes(name), describe_type(value),
                     "a table [service.NAME]");
      continue;
    }
    const NamedTable named{*one, "[service." + name + "]"};
    found.emplace_back(place_of(one->source()), read_service(named, name, directory, complaints));
  }
  // toml++ sorts tables by name.
  std::ranges::stable_sort(found, {}, [](const auto& one) { return one.first.line; });
  std::vector<ServiceSpec> services;
  for (auto& [place, service] : found) services.push_back(std::move(service));
  return services;
}

}  // namespace holdfast
