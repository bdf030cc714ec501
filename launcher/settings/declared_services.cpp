#include "settings/declared_services.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/own_files.hpp"
#include "os/process/user.hpp"
#include "settings/keys.hpp"
#include "settings/settings_file.hpp"
#include "values/service_state.hpp"

namespace holdfast {
namespace {

// The files of each configuration; an empty name: there are no configurations.
using Files = std::map<std::string, std::vector<std::string>>;

Files files_in(const std::string& directory) {
  Files files;
  const auto add = [&](const std::string& configuration, const std::string& path) {
    if (path.ends_with(".toml")) files[configuration].push_back(path);
  };
  for (const std::string& name : os::names_in_own(directory)) {
    const std::string path = directory + "/" + name;
    add({}, path);
    for (const std::string& inner : os::names_in_own(path)) add(name, path + "/" + inner);
  }
  return files;
}

Result<std::vector<std::string>> files_of(const std::string& tree,
                                          const std::string& configuration) {
  Files files = files_in(tree + "/" + std::string(names::k_declared_services_directory));
  if (files.empty()) return std::vector<std::string>{};
  auto found = files.begin();
  if (files.size() > 1) {
    found = std::ranges::find_if(
        files, [&](const auto& one) { return lower(one.first) == lower(configuration); });
  }
  if (found == files.end()) {
    const std::vector<std::string> known = collected(files, &Files::value_type::first);
    return ErrorInWords{
        "services are declared for each configuration: found " +
        (configuration.empty() ? "no `ctest -C`" : "`ctest -C " + configuration + "`") +
        ", expected " + alternatives(known)};
  }
  std::ranges::sort(found->second);
  return std::move(found->second);
}

// What a generator expression has left stands in an array of its own: it is a list of CMake's. Its
// empty elements are none, as with COMMAND_EXPAND_LISTS.
void expand_lists(toml::array& list) {
  toml::array expanded;
  for (toml::node& element : list) {
    const toml::array* left = element.as_array();
    if (left == nullptr) {
      element.visit([&](auto& value) { expanded.push_back(std::move(value)); });
      continue;
    }
    const auto text = left->get(0) == nullptr ? std::nullopt : left->get(0)->value<std::string>();
    for (const std::string_view part : TextParts{text ? *text : std::string_view(), ';'}) {
      if (!part.empty()) expanded.push_back(std::string(part));
    }
  }
  list = std::move(expanded);
}

std::string text_under(const toml::table& file, std::string_view key) {
  return file[key].value_or(std::string());
}

// The user of a service must be known on this machine, and only root may name another user.
Result<void> find_user(ServiceSpec& service) {
  if (service.user.empty()) return {};
  Result<User> user = os::find_user(service.user);
  if (!user) return ErrorInWords{service.origin + ": " + to_text(user.error())};
  if (user->uid == ::geteuid()) return {};
  if (::geteuid() != 0) {
    return ErrorInWords{service.origin + ": `user` is \"" + service.user +
                        "\", expected who runs ctest, as only root can say another"};
  }
  service.other_user = std::move(*user);
  return {};
}

}  // namespace

Result<ServiceSpec> parse_declared_service(std::string_view text, const std::string& path) {
  toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return ErrorInWords{path + ":" + std::to_string(parsed.error().source().begin.line) + ": " +
                        std::string(parsed.error().description())};
  }
  toml::table& file = parsed.table();
  toml::table* const all = file["service"].as_table();
  toml::table* const table =
      all == nullptr || all->empty() ? nullptr : all->begin()->second.as_table();
  if (table == nullptr) return ErrorInWords{path + ": found no service, expected one"};
  const std::string name(all->begin()->first.str());
  for (auto&& [key, value] : *table) {
    if (toml::array* list = value.as_array()) expand_lists(*list);
  }
  const std::string declared_in = text_under(file, "declared-in");
  Complaints complaints(declared_in, LineTold::no);
  const TableReader reader(*table, "holdfast_add_service(" + name + ")", complaints);
  ServiceSpec service = read_service(reader, name, text_under(file, "directory"));
  if (const std::optional<Error> error = complaints.error()) return *error;
  service.origin = declared_in + ", " + reader.name();
  return service;
}

Result<std::vector<ServiceSpec>> declared_services(const Settings& settings,
                                                   const std::string& tree,
                                                   const std::string& configuration) {
  HOLDFAST_TRY(const std::vector<std::string> paths, files_of(tree, configuration));
  std::vector<ServiceSpec> services = settings.services;
  for (const std::string& path : paths) {
    HOLDFAST_TRY(const std::string text, os::read_own(path, k_largest_settings_file));
    HOLDFAST_TRY(ServiceSpec service, parse_declared_service(text, path));
    services.push_back(std::move(service));
  }
  return services;
}

Result<std::vector<ServiceSpec>> services_of_tree(const Settings& settings, const std::string& tree,
                                                  const std::string& configuration) {
  HOLDFAST_TRY(std::vector<ServiceSpec> services, declared_services(settings, tree, configuration));
  for (ServiceSpec& service : services) {
    HOLDFAST_DO(find_user(service));
  }
  return in_order_of_start(std::move(services));
}

}  // namespace holdfast
