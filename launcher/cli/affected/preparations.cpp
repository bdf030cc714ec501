#include "cli/affected/preparations.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "core/select/test_graph.hpp"

namespace holdfast::cli {
namespace {

using Preparations = std::map<std::string, Preparation>;

std::vector<SelectableTest> selectable(const std::vector<NamedTest>& tests) {
  std::vector<SelectableTest> all;
  for (const auto& [name, test] : tests) {
    TestSchedule schedule;
    schedule.depends = test.depends;
    schedule.setup = test.setups;
    schedule.required = test.fixtures;
    schedule.cleanup = test.cleanups;
    all.push_back({name, all.size() + 1, std::move(schedule)});
  }
  remove_implied_depends(all);
  return all;
}

void move_to(std::vector<Preparation>& all, Preparations& some) {
  for (auto& [name, preparation] : some) all.push_back(std::move(preparation));
}

}  // namespace

std::vector<Preparation> preparations_in(const std::vector<NamedTest>& named) {
  const std::vector<SelectableTest> tests = selectable(named);
  Preparations fixtures;
  Preparations names;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const TestSchedule& schedule = tests[i].schedule;
    for (const std::string& fixture : schedule.setup) fixtures[fixture].providers.push_back(i);
    for (const std::string& fixture : schedule.required) fixtures[fixture].users.push_back(i);
    for (const std::string& name : schedule.depends) names[name].users.push_back(i);
  }
  for (auto& [name, fixture] : fixtures) fixture.shown = "fixture " + name;
  for (auto& [name, depends] : names) depends.shown = "DEPENDS";
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const auto found = names.find(tests[i].name);
    if (found != names.end()) found->second.providers.push_back(i);
  }
  std::vector<Preparation> all;
  move_to(all, names);
  move_to(all, fixtures);
  return all;
}

}  // namespace holdfast::cli
