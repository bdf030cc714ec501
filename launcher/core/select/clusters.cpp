#include "core/select/clusters.hpp"

#include <algorithm>
#include <map>

#include "core/ctest/disjoint_sets.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_none = static_cast<std::size_t>(-1);

// The units of a list, before it is known which of them may be repeated.
class Units {
 public:
  explicit Units(const TestGraph& graph) : of_(graph.tests(), k_none), graph_(graph) {
    collect();
    connect();
    tie();
  }

  // The unit of a test that may be repeated; k_none: it must not be, or it is in no unit.
  std::size_t repeated(std::size_t test) const {
    const std::size_t unit = of_[test];
    return unit != k_none && !is_tied_[unit] ? unit : k_none;
  }
  // The unit of a test, whether it may be repeated or not.
  std::size_t of(std::size_t test) const { return of_[test]; }
  // The unit of a fixture that is required and that some test provides; k_none for any other.
  std::size_t of_fixture(std::size_t fixture) const {
    const TestGraph::Fixture& one = graph_.fixtures()[fixture];
    return one.is_required && !one.providers.empty() ? of_[one.providers.front()] : k_none;
  }
  const std::vector<std::vector<std::size_t>>& members() const { return members_; }

  // Adds all units that these need. `units` are ascending, then and now.
  void close(std::vector<std::size_t>& units) const {
    std::vector<std::size_t> open = units;
    while (!open.empty()) {
      const std::size_t unit = open.back();
      open.pop_back();
      for (const std::size_t needed : needs_[unit]) {
        const auto place = std::lower_bound(units.begin(), units.end(), needed);
        if (place != units.end() && *place == needed) continue;
        units.insert(place, needed);
        open.push_back(needed);
      }
    }
  }

 private:
  // A test that provides two fixtures makes one unit of them, and so do two tests of one name.
  void collect() {
    DisjointSets sets(graph_.tests());
    std::vector<bool> provides(graph_.tests());
    for (const TestGraph::Fixture& fixture : graph_.fixtures()) {
      if (!fixture.is_required) continue;
      for (const std::size_t provider : fixture.providers) {
        provides[provider] = true;
        sets.join(provider, fixture.providers.front());
      }
    }
    for (const std::vector<std::size_t>& named : graph_.named()) {
      std::size_t before = k_none;
      for (const std::size_t test : named) {
        if (provides[test] && before != k_none) sets.join(test, before);
        if (provides[test]) before = test;
      }
    }
    for (std::size_t test = 0; test < graph_.tests(); ++test) {
      if (!provides[test]) continue;
      const std::size_t first = sets.set_of(test);
      if (first == test) {
        of_[test] = members_.size();
        members_.emplace_back();
      }
      of_[test] = of_[first];
      members_[of_[test]].push_back(test);
    }
  }

  void connect() {
    needs_.resize(members_.size());
    is_tied_.resize(members_.size());
    for (std::size_t unit = 0; unit < members_.size(); ++unit) {
      for (const std::size_t test : members_[unit]) connect(unit, test);
      make_ascending_set(needs_[unit]);
    }
    for (const std::vector<std::size_t>& named : graph_.named()) {
      if (std::ranges::none_of(named, [&](std::size_t test) { return of_[test] == k_none; }))
        continue;
      for (const std::size_t test : named) {
        if (of_[test] != k_none) is_tied_[of_[test]] = true;
      }
    }
  }

  void connect(std::size_t unit, std::size_t test) {
    for (const std::size_t fixture : graph_.required(test)) {
      const std::size_t needed = of_fixture(fixture);
      if (needed != k_none && needed != unit) needs_[unit].push_back(needed);
    }
    for (const std::size_t name : graph_.depends(test)) {
      for (const std::size_t other : graph_.named()[name]) {
        if (of_[other] == k_none) is_tied_[unit] = true;
        if (of_[other] != k_none && of_[other] != unit) needs_[unit].push_back(of_[other]);
      }
    }
  }

  // What needs a unit that must not be repeated must not be repeated either.
  void tie() {
    std::vector<std::vector<std::size_t>> needed_by(members_.size());
    std::vector<std::size_t> open;
    for (std::size_t unit = 0; unit < members_.size(); ++unit) {
      for (const std::size_t needed : needs_[unit]) needed_by[needed].push_back(unit);
      if (is_tied_[unit]) open.push_back(unit);
    }
    while (!open.empty()) {
      const std::size_t unit = open.back();
      open.pop_back();
      for (const std::size_t other : needed_by[unit]) {
        if (is_tied_[other]) continue;
        is_tied_[other] = true;
        open.push_back(other);
      }
    }
  }

  std::vector<std::size_t> of_;                    // by test
  std::vector<std::vector<std::size_t>> members_;  // by unit
  std::vector<std::vector<std::size_t>> needs_;    // by unit: other units
  std::vector<bool> is_tied_;                      // by unit
  const TestGraph& graph_;
};

// Joins the tests that must be in one shard. A name and a unit are members of the sets, too, so
// that a name that many tests have and many need costs no more than these.
DisjointSets joined(const TestGraph& graph, const Units& units) {
  const std::size_t names = graph.tests();
  const std::size_t first_unit = names + graph.named().size();
  DisjointSets sets(first_unit + units.members().size());
  // Whether the name is that of a test that must not be repeated.
  std::vector<bool> ties(graph.named().size());
  for (std::size_t name = 0; name < ties.size(); ++name) {
    for (const std::size_t test : graph.named()[name]) {
      if (units.repeated(test) != k_none) continue;
      ties[name] = true;
      sets.join(test, names + name);
    }
  }
  for (std::size_t test = 0; test < graph.tests(); ++test) {
    if (units.repeated(test) != k_none) continue;
    if (units.of(test) != k_none) sets.join(test, first_unit + units.of(test));
    for (const std::size_t name : graph.depends(test)) {
      if (ties[name]) sets.join(test, names + name);
    }
    for (const std::size_t fixture : graph.required(test)) {
      const std::size_t unit = units.of_fixture(fixture);
      if (unit != k_none && units.repeated(units.members()[unit].front()) == k_none) {
        sets.join(test, first_unit + unit);
      }
    }
  }
  return sets;
}

// The units that a test needs and that may be repeated.
void add_units(const TestGraph& graph, const Units& units, std::size_t test,
               std::vector<std::size_t>& to) {
  const auto add = [&](std::size_t unit) {
    if (unit != k_none) to.push_back(unit);
  };
  for (const std::size_t fixture : graph.required(test)) {
    const std::size_t unit = units.of_fixture(fixture);
    if (unit != k_none) add(units.repeated(units.members()[unit].front()));
  }
  for (const std::size_t name : graph.depends(test)) {
    for (const std::size_t other : graph.named()[name]) add(units.repeated(other));
  }
}

// Units that only one another need. None of them gets an item if another one's item has it.
void add_left_units(const Units& units, std::vector<ShardItem>& items) {
  std::vector<bool> has(units.members().size());
  for (const ShardItem& item : items) {
    for (const std::size_t unit : item.units) has[unit] = true;
  }
  const std::size_t others = items.size();
  std::vector<std::size_t> item_for(has.size(), k_none);  // by unit: the item that begins with it
  for (std::size_t unit = 0; unit < has.size(); ++unit) {
    if (has[unit] || units.repeated(units.members()[unit].front()) == k_none) continue;
    ShardItem item{{}, {unit}};
    units.close(item.units);
    for (const std::size_t one : item.units) {
      has[one] = true;
      if (item_for[one] != k_none) items[item_for[one]].units.clear();
    }
    item_for[unit] = items.size();
    items.push_back(std::move(item));
  }
  const auto first = items.begin() + static_cast<std::ptrdiff_t>(others);
  items.erase(
      std::remove_if(first, items.end(), [](const ShardItem& item) { return item.units.empty(); }),
      items.end());
}

std::vector<std::vector<std::size_t>> clusters_of(const Clusters& all) {
  DisjointSets sets(all.items.size() + all.units.size());
  for (std::size_t i = 0; i < all.items.size(); ++i) {
    for (const std::size_t unit : all.items[i].units) sets.join(i, all.items.size() + unit);
  }
  std::vector<std::vector<std::size_t>> clusters;
  std::vector<std::size_t> places(all.items.size(), k_none);
  for (std::size_t i = 0; i < all.items.size(); ++i) {
    std::size_t& place = places[sets.set_of(i)];
    if (place == k_none) {
      place = clusters.size();
      clusters.emplace_back();
    }
    clusters[place].push_back(i);
  }
  return clusters;
}

}  // namespace

Clusters find_clusters(const TestGraph& graph) {
  const Units units(graph);
  DisjointSets sets = joined(graph, units);
  Clusters all;
  all.units = units.members();
  std::map<std::size_t, std::size_t> places;
  for (std::size_t test = 0; test < graph.tests(); ++test) {
    if (units.repeated(test) != k_none) continue;
    const auto [place, is_new] = places.try_emplace(sets.set_of(test), all.items.size());
    if (is_new) all.items.emplace_back();
    all.items[place->second].tests.push_back(test);
    add_units(graph, units, test, all.items[place->second].units);
  }
  for (ShardItem& item : all.items) {
    make_ascending_set(item.units);
    units.close(item.units);
  }
  add_left_units(units, all.items);
  all.clusters = clusters_of(all);
  return all;
}

}  // namespace holdfast
