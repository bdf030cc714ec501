#include "cli/affected/used_services.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "cli/listed_test.hpp"
#include "settings/declared_services.hpp"

namespace holdfast::cli {
namespace {

UsedService used(const ServiceSpec& spec) {
  UsedService service{"service " + spec.name, spec.directory, {}};
  for (const ServiceCommand& command :
       {spec.command, spec.init, spec.reset, spec.stop, spec.ready.command, spec.health.command}) {
    service.words.insert(service.words.end(), command.begin(), command.end());
  }
  for (const Variable& variable : spec.environment) {
    service.words.push_back(variable.name + "=" + variable.value);
  }
  return service;
}

// Adds the service and those that have to be there before it.
void add(const std::vector<ServiceSpec>& specs, std::string_view name,
         std::set<std::size_t>& places) {
  const auto spec = std::ranges::find(specs, name, &ServiceSpec::name);
  if (spec == specs.end()) return;
  if (!places.insert(static_cast<std::size_t>(spec - specs.begin())).second) return;
  for (const std::string& below : spec->depends) add(specs, below, places);
}

}  // namespace

Result<UsedServices> used_services(const ProjectSettings& settings, const std::string& tree,
                                   const std::string& configuration) {
  UsedServices all;
  std::vector<ServiceSpec> specs = settings.settings().services;
  HOLDFAST_TRY(std::vector<ServiceSpec> declared, declared_services(tree, configuration));
  std::ranges::move(declared, std::back_inserter(specs));
  if (specs.empty()) return all;
  std::ranges::transform(specs, std::back_inserter(all.services), used);
  HOLDFAST_TRY(const std::vector<ListedTest> tests, list_for_launcher(tree, configuration));
  for (const ListedTest& test : tests) {
    // A test with settings that are refused does not run.
    const auto resolved = settings.resolve(test.name, test.facts, test.said);
    if (!resolved) continue;
    std::set<std::size_t> places;
    for (const ServiceUse& use : resolved->policy.services) add(specs, use.name, places);
    if (places.empty()) continue;
    std::vector<std::size_t>& of_test = all.by_test[test.name];  // others may have its name
    of_test.insert(of_test.end(), places.begin(), places.end());
  }
  return all;
}

}  // namespace holdfast::cli
