#include "select/division.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

using Numbers = std::vector<std::size_t>;

constexpr std::size_t k_none = static_cast<std::size_t>(-1);

// Which tests of a list must be in one shard, and which may be in several.
//
// Tests of one name, and those that hang together by DEPENDS, are one item and never apart: names
// are what a user passes on. The setups and cleanups of a fixture are a unit: each shard that has
// an item which needs the unit has all of the unit. If a unit needs a test that is in no unit,
// nothing of it may be repeated, and it is part of an item.
struct ShardItem {
  Numbers tests;  // ascending
  Numbers units;  // all that it needs, ascending
};

struct Clusters {
  std::vector<Numbers> units;    // tests, ascending; by their first tests
  std::vector<ShardItem> items;  // together they have all tests
  // Items that share units, directly or through others, are a cluster: all items, each in one.
  std::vector<Numbers> clusters;
};

// These members set by set, in the order of the sets' first members.
std::vector<Numbers> grouped(DisjointSets& sets, const Numbers& members) {
  std::vector<Numbers> groups;
  std::map<std::size_t, std::size_t> places;
  for (const std::size_t member : members) {
    const auto [place, is_new] = places.try_emplace(sets.set_of(member), groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(member);
  }
  return groups;
}

// The units of a list, and which of them may be repeated.
class Units {
 public:
  explicit Units(const TestGraph& graph) : of(graph.tests(), k_none), graph_(graph) {
    collect();
    connect();
  }

  // The unit of a fixture that is required; k_none: no test provides it.
  std::size_t of_fixture(std::size_t fixture) const {
    const std::vector<std::size_t>& providers = graph_.fixtures[fixture].providers;
    return providers.empty() ? k_none : of[providers.front()];
  }
  bool may_repeat(std::size_t test) const { return of[test] != k_none && !is_tied[of[test]]; }

  Numbers of;                        // by test: its unit; k_none: it is in none
  std::vector<Numbers> members;      // by unit
  std::vector<Numbers> with_needed;  // by unit: it and all units that it needs, ascending
  std::vector<bool> is_tied;         // by unit: it must not be repeated

 private:
  // A test that provides two fixtures makes one unit of them, and so do two tests of one name.
  void collect() {
    const std::size_t names = graph_.tests();
    DisjointSets sets(names + graph_.named.size());
    TestSet provides(graph_.tests());
    for (const TestGraph::Fixture& fixture : graph_.fixtures) {
      if (!fixture.is_required) continue;
      for (const std::size_t provider : fixture.providers) {
        provides[provider] = true;
        sets.join(provider, fixture.providers.front());
      }
    }
    for (std::size_t name = 0; name < graph_.named.size(); ++name) {
      for (const std::size_t test : graph_.named[name]) {
        if (provides[test]) sets.join(test, names + name);
      }
    }
    members = grouped(sets, places_in(provides));
    for (std::size_t unit = 0; unit < members.size(); ++unit) {
      for (const std::size_t test : members[unit]) of[test] = unit;
    }
  }

  // What needs a unit that must not be repeated must not be repeated either.
  void connect() {
    std::vector<Numbers> needs(members.size());         // by unit: others
    std::vector<bool> has_single_test(members.size());  // it needs a test that is in no unit
    for (const Numbers& named : graph_.named) {
      if (std::ranges::all_of(named, [&](std::size_t test) { return of[test] != k_none; }))
        continue;
      for (const std::size_t test : named) {
        if (of[test] != k_none) has_single_test[of[test]] = true;
      }
    }
    for (std::size_t test = 0; test < of.size(); ++test) {
      const std::size_t unit = of[test];
      if (unit == k_none) continue;
      for (const std::size_t fixture : graph_.required[test]) {
        if (of_fixture(fixture) != k_none) needs[unit].push_back(of_fixture(fixture));
      }
      for (const std::size_t name : graph_.depends[test]) {
        for (const std::size_t other : graph_.named[name]) {
          if (of[other] != k_none) needs[unit].push_back(of[other]);
          if (of[other] == k_none) has_single_test[unit] = true;
        }
      }
    }
    for (std::size_t unit = 0; unit < needs.size(); ++unit) {
      with_needed.push_back(closed(unit, needs));
      is_tied.push_back(std::ranges::any_of(with_needed.back(),
                                            [&](std::size_t one) { return has_single_test[one]; }));
    }
  }

  static Numbers closed(std::size_t unit, const std::vector<Numbers>& needs) {
    std::set<std::size_t> all{unit};
    Numbers open{unit};
    for (std::size_t i = 0; i < open.size(); ++i) {
      for (const std::size_t needed : needs[open[i]]) {
        if (all.insert(needed).second) open.push_back(needed);
      }
    }
    return {all.begin(), all.end()};
  }

  const TestGraph& graph_;
};

// Joins the tests that must be in one shard. A name and a unit are members of the sets, too, so
// that a name that many tests have and many need costs no more than these.
DisjointSets joined(const TestGraph& graph, const Units& units) {
  const std::size_t names = graph.tests();
  const std::size_t first_unit = names + graph.named.size();
  DisjointSets sets(first_unit + units.members.size());
  // Whether the name is that of a test that must not be repeated.
  std::vector<bool> ties(graph.named.size());
  for (std::size_t name = 0; name < ties.size(); ++name) {
    for (const std::size_t test : graph.named[name]) {
      if (units.may_repeat(test)) continue;
      ties[name] = true;
      sets.join(test, names + name);
    }
  }
  for (std::size_t test = 0; test < graph.tests(); ++test) {
    if (units.may_repeat(test)) continue;
    if (units.of[test] != k_none) sets.join(test, first_unit + units.of[test]);
    for (const std::size_t name : graph.depends[test]) {
      if (ties[name]) sets.join(test, names + name);
    }
    for (const std::size_t fixture : graph.required[test]) {
      const std::size_t unit = units.of_fixture(fixture);
      if (unit != k_none && units.is_tied[unit]) sets.join(test, first_unit + unit);
    }
  }
  return sets;
}

// The units that these tests need and that may be repeated, ascending.
Numbers units_for(const TestGraph& graph, const Units& units, const Numbers& tests) {
  Numbers named;
  const auto add = [&](std::size_t unit) {
    if (unit != k_none && !units.is_tied[unit]) named.push_back(unit);
  };
  for (const std::size_t test : tests) {
    for (const std::size_t fixture : graph.required[test]) add(units.of_fixture(fixture));
    for (const std::size_t name : graph.depends[test]) {
      for (const std::size_t other : graph.named[name]) add(units.of[other]);
    }
  }
  make_ascending_set(named);
  Numbers all;
  for (const std::size_t unit : named) {
    all.insert(all.end(), units.with_needed[unit].begin(), units.with_needed[unit].end());
  }
  make_ascending_set(all);
  return all;
}

// Units that only one another need. None of them gets an item if another one's item has it.
void add_left_units(const Units& units, std::vector<ShardItem>& items) {
  const std::size_t count = units.members.size();
  std::vector<bool> has(count);
  for (const ShardItem& item : items) {
    for (const std::size_t unit : item.units) has[unit] = true;
  }
  std::vector<bool> is_needed(count);  // by a left one that it does not need itself
  for (std::size_t unit = 0; unit < count; ++unit) {
    if (has[unit] || units.is_tied[unit]) continue;
    for (const std::size_t one : units.with_needed[unit]) {
      if (!std::ranges::binary_search(units.with_needed[one], unit)) is_needed[one] = true;
    }
  }
  for (std::size_t unit = 0; unit < count; ++unit) {
    if (has[unit] || units.is_tied[unit] || is_needed[unit]) continue;
    items.push_back({{}, units.with_needed[unit]});
    for (const std::size_t one : units.with_needed[unit]) has[one] = true;
  }
}

std::vector<Numbers> clusters_of(const Clusters& all) {
  DisjointSets sets(all.items.size() + all.units.size());
  for (std::size_t i = 0; i < all.items.size(); ++i) {
    for (const std::size_t unit : all.items[i].units) sets.join(i, all.items.size() + unit);
  }
  Numbers items(all.items.size());
  std::iota(items.begin(), items.end(), std::size_t{0});
  return grouped(sets, items);
}

Clusters find_clusters(const TestGraph& graph) {
  const Units units(graph);
  DisjointSets sets = joined(graph, units);
  Numbers own;
  for (std::size_t test = 0; test < graph.tests(); ++test) {
    if (!units.may_repeat(test)) own.push_back(test);
  }
  Clusters all;
  all.units = units.members;
  for (Numbers& tests : grouped(sets, own)) {
    Numbers needed = units_for(graph, units, tests);
    all.items.push_back({std::move(tests), std::move(needed)});
  }
  add_left_units(units, all.items);
  all.clusters = clusters_of(all);
  return all;
}

// Places pieces of work on shards, the longest first.

// Items that go to one shard together.
struct ShardPiece {
  std::vector<std::size_t> items;  // ascending, at least one
  std::vector<std::size_t> units;  // all that they need, ascending
  std::int64_t own = 0;            // the time of the items alone, in milliseconds
  std::int64_t weight = 0;         // with the units
  bool is_whole = false;           // a cluster that may be taken apart
  bool is_known = false;           // the time of one of its tests is known
  std::string_view name = {};      // of the first test of its items; they have none: of its units

  // In the order in which pieces are placed. Two pieces have no item in common, so it is the same
  // order with any library.
  friend bool operator<(const ShardPiece& one, const ShardPiece& other) {
    return std::tuple(!one.is_known, -one.weight, one.name, one.items.front()) <
           std::tuple(!other.is_known, -other.weight, other.name, other.items.front());
  }
};

struct Placement {
  std::vector<std::size_t> shard_of;  // by piece, from 0
  std::vector<std::int64_t> loads;    // by shard, in milliseconds

  // No shard takes much longer than the mean.
  bool is_even() const {
    const std::int64_t slowest = *std::max_element(loads.begin(), loads.end());
    const std::int64_t all = std::accumulate(loads.begin(), loads.end(), std::int64_t{0});
    return slowest * static_cast<std::int64_t>(loads.size()) * 10 <= all * 11;
  }

  // The slowest shard is clearly faster; or if it is about the same, the next one is, and so on.
  bool is_better_than(const Placement& other) const {
    std::vector<std::int64_t> ours = loads;
    std::vector<std::int64_t> theirs = other.loads;
    std::sort(ours.begin(), ours.end(), std::greater<>());
    std::sort(theirs.begin(), theirs.end(), std::greater<>());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      if (ours[i] * 20 < theirs[i] * 19) return true;
      if (theirs[i] * 20 < ours[i] * 19) return false;
    }
    return false;
  }
};

// Of tests or of units.
std::int64_t sum_of(const std::vector<std::size_t>& numbers,
                    const std::vector<std::int64_t>& weights) {
  std::int64_t sum = 0;
  for (const std::size_t number : numbers) sum += weights[number];
  return sum;
}

// Makes pieces of items, and places them. Weights are times in milliseconds.
struct PieceMaker {
  const Clusters& all;
  const std::vector<SelectableTest>& tests;
  const TestTimes& times;
  const std::vector<std::int64_t> weights;       // by test
  const std::vector<std::int64_t> unit_weights;  // by unit

  ShardPiece piece_of(const std::vector<std::size_t>& items) const {
    ShardPiece piece;
    piece.items = items;
    std::size_t first = tests.size();
    const auto is_known = [&](std::size_t test) { return times[test].has_value(); };
    for (const std::size_t item : items) {
      const ShardItem& one = all.items[item];
      if (!one.tests.empty()) first = std::min(first, one.tests.front());
      piece.is_known = piece.is_known || std::ranges::any_of(one.tests, is_known);
      piece.own += sum_of(one.tests, weights);
      piece.units.insert(piece.units.end(), one.units.begin(), one.units.end());
    }
    make_ascending_set(piece.units);
    piece.weight = piece.own + sum_of(piece.units, unit_weights);
    for (const std::size_t unit : piece.units) {
      piece.is_known = piece.is_known || std::ranges::any_of(all.units[unit], is_known);
    }
    // Units are ascending by their first tests.
    if (first == tests.size()) first = all.units[piece.units.front()].front();
    piece.name = tests[first].name;
    return piece;
  }

  // Each piece in turn goes to the shard that is then the least loaded. A unit that the shard has
  // already costs nothing.
  Placement place(const std::vector<ShardPiece>& pieces, std::size_t count) const {
    Placement placement{{}, std::vector<std::int64_t>(count)};
    std::vector<std::set<std::size_t>> has(count);  // by shard: units
    for (const ShardPiece& piece : pieces) {
      std::pair best{std::numeric_limits<std::int64_t>::max(), count};  // its load, and which it is
      for (std::size_t shard = 0; shard < count; ++shard) {
        std::int64_t load = placement.loads[shard] + piece.own;
        for (const std::size_t unit : piece.units) {
          if (!has[shard].contains(unit)) load += unit_weights[unit];
        }
        best = std::min(best, {load, shard});
      }
      const auto [load, shard] = best;
      placement.loads[shard] = load;
      placement.shard_of.push_back(shard);
      has[shard].insert(piece.units.begin(), piece.units.end());
    }
    return placement;
  }
};

// ctest itself takes about so long for a test, and what a test of no time costs is not nothing.
constexpr std::int64_t k_least_time = 1;

std::int64_t median_of(std::vector<std::int64_t> known) {
  if (known.empty()) return k_least_time;
  const auto middle = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2);
  std::nth_element(known.begin(), middle, known.end());
  return *middle;
}

// ctest does not start a disabled test.
std::vector<std::int64_t> weights_of(const std::vector<SelectableTest>& tests,
                                     const TestTimes& times) {
  std::vector<std::int64_t> known;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (times[i] && !tests[i].is_disabled) known.push_back(std::max(*times[i], k_least_time));
  }
  const std::int64_t median = median_of(known);
  std::vector<std::int64_t> weights(tests.size(), 0);
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (tests[i].is_disabled) continue;
    weights[i] = times[i] ? std::max(*times[i], k_least_time) : median;
  }
  return weights;
}

// All clusters, each as one piece, in the order in which they are placed.
std::vector<ShardPiece> pieces_of(const Clusters& all, const PieceMaker& maker) {
  std::vector<ShardPiece> pieces;
  for (const std::vector<std::size_t>& items : all.clusters) {
    pieces.push_back(maker.piece_of(items));
    pieces.back().is_whole = items.size() > 1;
  }
  std::sort(pieces.begin(), pieces.end());
  return pieces;
}

// The heaviest piece of the slowest shard that can be taken apart; the end: there is none.
std::vector<ShardPiece>::iterator heaviest_whole(std::vector<ShardPiece>& pieces,
                                                 const Placement& placement) {
  const auto heaviest = std::max_element(placement.loads.begin(), placement.loads.end());
  const auto slowest = static_cast<std::size_t>(heaviest - placement.loads.begin());
  auto found = pieces.end();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (placement.shard_of[i] != slowest || !pieces[i].is_whole) continue;
    const auto piece = pieces.begin() + static_cast<std::ptrdiff_t>(i);
    if (found == pieces.end() || piece->weight > found->weight) found = piece;
  }
  return found;
}

// So many clusters at most are taken apart: each takes a new placement of all pieces.
constexpr int k_most_rounds = 64;

// Clusters stay whole where that makes no shard much slower. Otherwise their items are placed one
// by one, and what they share is repeated: the heaviest first, as long as the shards get better.
std::vector<ShardPiece> good_pieces(const PieceMaker& maker, std::vector<ShardPiece> pieces,
                                    Placement& placement) {
  for (int round = 0; round < k_most_rounds && !placement.is_even(); ++round) {
    const auto whole = heaviest_whole(pieces, placement);
    if (whole == pieces.end()) break;
    whole->is_whole = false;  // if it stays as it is, it is not tried again
    std::vector<ShardPiece> taken_apart = pieces;
    const auto place = taken_apart.begin() + (whole - pieces.begin());
    const std::vector<std::size_t> items = place->items;
    taken_apart.erase(place);
    const auto middle = static_cast<std::ptrdiff_t>(taken_apart.size());
    for (const std::size_t item : items) taken_apart.push_back(maker.piece_of({item}));
    std::sort(taken_apart.begin() + middle, taken_apart.end());
    std::inplace_merge(taken_apart.begin(), taken_apart.begin() + middle, taken_apart.end());
    Placement other = maker.place(taken_apart, placement.loads.size());
    if (!other.is_better_than(placement)) continue;
    pieces = std::move(taken_apart);
    placement = std::move(other);
  }
  return pieces;
}

std::vector<std::vector<std::size_t>> tests_of(const Clusters& all,
                                               const std::vector<ShardPiece>& pieces,
                                               const Placement& placement) {
  std::vector<std::vector<std::size_t>> shards(placement.loads.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::vector<std::size_t>& shard = shards[placement.shard_of[i]];
    for (const std::size_t item : pieces[i].items) {
      const std::vector<std::size_t>& tests = all.items[item].tests;
      shard.insert(shard.end(), tests.begin(), tests.end());
    }
    for (const std::size_t unit : pieces[i].units) {
      shard.insert(shard.end(), all.units[unit].begin(), all.units[unit].end());
    }
  }
  for (std::vector<std::size_t>& shard : shards) make_ascending_set(shard);
  return shards;
}

// Without paths, numbers and commands, which may differ from machine to machine.
std::string fingerprint_of(const std::vector<SelectableTest>& tests, const TestTimes& times,
                           std::size_t count, SharedFixtures fixtures) {
  Fnv1a hash;
  hash.add(fixtures == SharedFixtures::repeated ? "shards 2" : "shards of one tree 2")
      .end()
      .add(std::to_string(count))
      .end();
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const TestSchedule& schedule = tests[i].schedule;
    hash.add(tests[i].name).end().add(times[i] ? std::to_string(*times[i]) : "").end();
    hash.add(tests[i].is_disabled ? "disabled" : "").end();
    for (const auto* const names :
         {&schedule.depends, &schedule.required, &schedule.setup, &schedule.cleanup}) {
      hash.add(std::to_string(names->size())).end();
      for (const std::string& name : *names) hash.add(name).end();
    }
  }
  return hexadecimal(hash.value(), 16);
}

}  // namespace

Division divide(const std::vector<SelectableTest>& tests, const TestTimes& times, std::size_t count,
                SharedFixtures fixtures) {
  const Clusters all = find_clusters(TestGraph(tests));
  const std::vector<std::int64_t> weights = weights_of(tests, times);
  const auto weight_of = [&](const Numbers& unit) { return sum_of(unit, weights); };
  const PieceMaker maker{all, tests, times, weights, collected(all.units, weight_of)};
  std::vector<ShardPiece> pieces = pieces_of(all, maker);
  Placement placement = maker.place(pieces, count);
  if (fixtures == SharedFixtures::repeated) {
    pieces = good_pieces(maker, std::move(pieces), placement);
  }
  return {tests_of(all, pieces, placement), fingerprint_of(tests, times, count, fixtures)};
}

}  // namespace holdfast
