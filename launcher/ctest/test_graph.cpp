#include "ctest/test_graph.hpp"

#include <unordered_map>
#include <unordered_set>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "ctest/cmake_expression.hpp"

namespace holdfast {

namespace {

using Places = std::unordered_map<std::string_view, std::size_t>;

// Adds what the tests of the set need, by their fixtures and, if it is asked for, by DEPENDS.
TestSet closed(const TestGraph& graph, TestSet wanted, bool by_depends) {
  std::vector<std::size_t> open = places_in(wanted);
  std::vector<bool> has_names(graph.named.size());
  std::vector<bool> has_fixtures(graph.fixtures.size());
  const auto add_all = [&](const std::vector<std::size_t>& tests) {
    for (const std::size_t test : tests) {
      if (wanted[test]) continue;
      wanted[test] = true;
      open.push_back(test);
    }
  };
  for (std::size_t i = 0; i < open.size(); ++i) {
    const std::size_t test = open[i];
    for (const std::size_t name : graph.depends[test]) {
      if (!by_depends || has_names[name]) continue;
      has_names[name] = true;
      add_all(graph.named[name]);
    }
    for (const std::size_t fixture : graph.required[test]) {
      if (has_fixtures[fixture]) continue;
      has_fixtures[fixture] = true;
      add_all(graph.fixtures[fixture].providers);
    }
  }
  return wanted;
}

// For each test, one that is selectable and has it brought along; its own place: there is none, or
// it is selectable itself.
std::vector<std::size_t> users_of_all(const TestGraph& graph, const TestSet& selectable) {
  std::vector<std::size_t> users(graph.tests());
  std::iota(users.begin(), users.end(), std::size_t{0});
  std::vector<bool> has_fixtures(graph.fixtures.size());
  std::vector<std::size_t> open;
  for (std::size_t first = 0; first < users.size(); ++first) {
    if (!selectable[first]) continue;
    open.push_back(first);
    while (!open.empty()) {
      const std::size_t test = open.back();
      open.pop_back();
      for (const std::size_t fixture : graph.required[test]) {
        if (has_fixtures[fixture]) continue;
        has_fixtures[fixture] = true;
        for (const std::size_t provider : graph.fixtures[fixture].providers) {
          if (selectable[provider] || users[provider] != provider) continue;
          users[provider] = first;
          open.push_back(provider);
        }
      }
    }
  }
  return users;
}

void remove_matching(const std::string& expression, std::vector<SelectableTest>& tests,
                     std::vector<std::string> TestSchedule::*fixtures) {
  if (expression.empty()) return;
  const Result<CMakeExpression> matcher = CMakeExpression::compile(expression);
  if (!matcher) return;
  for (SelectableTest& test : tests) {
    std::erase_if(test.schedule.*fixtures,
                  [&](const std::string& name) { return matcher->is_found_in(name); });
  }
}

// What the notes say of one test.
struct Noted {
  std::vector<std::string> fixtures;
  bool uses_services = false;
};

std::map<std::string, Noted> read_notes(std::string_view notes) {
  std::map<std::string, Noted> tests;
  for (std::string_view line : TextParts{notes, '\n'}) {
    const std::string_view kind = take_part(line, ' ');
    if (kind != "F" && kind != "S") continue;
    Noted& test = tests[decode_file_name(take_part(line, ' '))];
    test.uses_services = test.uses_services || kind == "S";
    while (kind != "S" && !line.empty()) {
      const std::string_view name = take_part(line, ',');
      if (!name.empty()) test.fixtures.push_back(decode_file_name(name));
    }
  }
  return tests;
}

}  // namespace

void remove_implied_depends(std::vector<SelectableTest>& tests) {
  using Names = std::unordered_set<std::string_view>;
  std::unordered_map<std::string_view, Names> setups;
  std::unordered_map<std::string_view, Names> users;
  for (const SelectableTest& test : tests) {
    for (const std::string& fixture : test.schedule.setup) setups[fixture].insert(test.name);
    for (const std::string& fixture : test.schedule.required) users[fixture].insert(test.name);
  }
  for (SelectableTest& test : tests) {
    const TestSchedule& schedule = test.schedule;
    std::erase_if(test.schedule.depends, [&](const std::string& name) {
      const auto is_setup = [&](const std::string& one) { return setups[one].contains(name); };
      const auto is_user = [&](const std::string& one) { return users[one].contains(name); };
      return std::ranges::any_of(schedule.required, is_setup) ||
             std::ranges::any_of(schedule.cleanup, is_setup) ||
             std::ranges::any_of(schedule.cleanup, is_user);
    });
  }
}

std::size_t size_of(const TestSet& set) {
  return static_cast<std::size_t>(std::count(set.begin(), set.end(), true));
}

std::vector<std::size_t> places_in(const TestSet& set) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i]) places.push_back(i);
  }
  return places;
}

TestGraph::TestGraph(const std::vector<SelectableTest>& tests)
    : required(tests.size()), depends(tests.size()) {
  Places names;
  Places fixture_places;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const auto [name, is_new] = names.try_emplace(tests[i].name, named.size());
    if (is_new) named.emplace_back();
    named[name->second].push_back(i);
  }
  const auto fixture_of = [&](std::string_view name) {
    const auto [fixture, is_new] = fixture_places.try_emplace(name, fixtures.size());
    if (is_new) fixtures.emplace_back();
    return fixture->second;
  };
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const TestSchedule& schedule = tests[i].schedule;
    for (const std::string& depended : schedule.depends) {
      if (const auto name = names.find(depended); name != names.end()) {
        depends[i].push_back(name->second);
      }
    }
    for (const std::string& fixture : schedule.required) {
      required[i].push_back(fixture_of(fixture));
      fixtures[required[i].back()].is_required = true;
    }
    for (const auto* const provided : {&schedule.setup, &schedule.cleanup}) {
      for (const std::string& fixture : *provided) {
        fixtures[fixture_of(fixture)].providers.push_back(i);
      }
    }
  }
}

TestSet with_needed(const TestGraph& graph, TestSet wanted) {
  return closed(graph, std::move(wanted), true);
}

TestSet with_users(const TestGraph& graph, TestSet wanted, const TestSet& selectable) {
  TestSet brought(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) brought[i] = wanted[i] && selectable[i];
  brought = closed(graph, std::move(brought), false);
  const std::vector<std::size_t> users = users_of_all(graph, selectable);
  for (std::size_t i = 0; i < users.size(); ++i) {
    if (wanted[i] && !brought[i]) wanted[users[i]] = true;
  }
  return wanted;
}

void apply(const FixtureFilter& filter, std::vector<SelectableTest>& tests) {
  remove_matching(filter.any, tests, &TestSchedule::required);
  remove_matching(filter.setup, tests, &TestSchedule::setup);
  remove_matching(filter.cleanup, tests, &TestSchedule::cleanup);
}

FixtureSets FixtureSets::read(std::string_view notes) {
  const std::map<std::string, Noted> tests = read_notes(notes);
  FixtureSets all;
  for (const auto& [name, test] : tests) {
    for (const std::string& fixture : test.fixtures) {
      all.set_of_.try_emplace(fixture, all.set_of_.size());
    }
  }
  DisjointSets connected(all.set_of_.size());
  for (const auto& [name, test] : tests) {
    for (const std::string& fixture : test.fixtures) {
      connected.join(all.set_of_[fixture], all.set_of_[test.fixtures.front()]);
    }
  }
  for (auto& [fixture, set] : all.set_of_) set = connected.set_of(set);
  all.uses_services_.resize(all.set_of_.size());
  for (const auto& [name, test] : tests) {
    const std::optional<std::size_t> set = all.set_of(test.fixtures);
    if (set && test.uses_services) all.note_services(*set);
  }
  return all;
}

std::optional<std::size_t> FixtureSets::set_of(const std::vector<std::string>& fixtures) const {
  for (const std::string& fixture : fixtures) {
    if (const auto found = set_of_.find(fixture); found != set_of_.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace holdfast
