// Which tests belong together: what ctest runs besides the tests that are asked for.
//
// ctest brings the setups and cleanups of fixtures along by itself. It leaves out what a DEPENDS
// names (facts of ctest 3.25 to 4.3), so all that a test needs is found here. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "values/test_order.hpp"

namespace holdfast {

// A test in ctest's list.
struct SelectableTest {
  std::string name;        // other tests may have it too
  std::size_t number = 0;  // ctest's, from 1
  TestSchedule schedule = {};
  bool is_disabled = false;
  std::string key = {};  // values/attach.hpp; empty: it is not known
};

// In ctest's list, the DEPENDS of a test also has what fixtures imply (CMake 3.25 to 4.3): a test
// starts after the setups of the fixtures that it requires, and a cleanup after all tests of its
// fixture. Removes that: such a test does not need the others.
void remove_implied_depends(std::vector<SelectableTest>& tests);

// How long the tests of a list take, in milliseconds; empty: not known.
using TestTimes = std::vector<std::optional<std::int64_t>>;

// For each test of a list, whether it is in the set.
using TestSet = std::vector<bool>;

std::size_t size_of(const TestSet& set);
// The places of its tests in the list, ascending.
std::vector<std::size_t> places_in(const TestSet& set);

// What the tests of a list need. Names and fixtures stand between tests, because many tests may
// need one that many tests have.
struct TestGraph {
  // What the list does not have, nothing needs.
  explicit TestGraph(const std::vector<SelectableTest>& tests);

  struct Fixture {
    std::vector<std::size_t> providers;  // the tests that set it up or clean it up
    bool is_required = false;
  };

  std::size_t tests() const { return depends.size(); }

  std::vector<Fixture> fixtures;
  std::vector<std::vector<std::size_t>> named;     // by name: the tests that have it
  std::vector<std::vector<std::size_t>> required;  // by test: places in `fixtures`
  std::vector<std::vector<std::size_t>> depends;   // by test: places in `named`
};

// The tests and all that they need: what their DEPENDS names, the setups and cleanups of the
// fixtures that they require, and what these need.
TestSet with_needed(const TestGraph& graph, TestSet wanted);

// ctest can be told to run the tests that are `selectable`, and brings the setups and cleanups of
// their fixtures along. Adds such tests, so that it runs all others of the set, too. They may need
// more. A test that no selectable one needs stays without one.
TestSet with_users(const TestGraph& graph, TestSet wanted, const TestSet& selectable);

// The tests of a list that a run left out because it ended too early, and that no later run has
// begun. The runs come newest first.
class NotBegun {
 public:
  // `ignored`: for each test of the list, whether nobody asks for it.
  explicit NotBegun(TestSet ignored) : open_(ignored.size()), is_decided_(std::move(ignored)) {}

  // The tests that a run has begun.
  void see_begun(const TestSet& begun) { decide(begun, false); }
  // Of the same run, if it ended too early: the tests that it was to run.
  void see_planned(const TestSet& planned) { decide(planned, true); }
  // No older run can say more.
  bool is_done() const { return size_of(is_decided_) == is_decided_.size(); }
  const TestSet& tests() const { return open_; }

 private:
  void decide(const TestSet& some, bool are_open) {
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (!some[i] || is_decided_[i]) continue;
      is_decided_[i] = true;
      open_[i] = are_open;
    }
  }

  TestSet open_;
  TestSet is_decided_;
};

// ctest's options that keep fixtures out: -FA, -FS and -FC.

// Expressions for names of fixtures, in CMake's dialect. An empty one, or one that ctest does not
// compile, matches none.
struct FixtureFilter {
  std::string any = {};      // whose tests are not brought along
  std::string setup = {};    // whose setups are not
  std::string cleanup = {};  // whose cleanups are not
};

// Removes from the tests what would bring others along against the filter.
void apply(const FixtureFilter& filter, std::vector<SelectableTest>& tests);

// Which tests are connected by fixtures: a test connects all fixtures that it sets up, requires or
// cleans up. DEPENDS connects nothing. Pure.

// Sets of numbers: one as an ascending vector, and many that are joined.

// Sorts the numbers, and leaves each in once.
inline void make_ascending_set(std::vector<std::size_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

// Sets that are joined until all that hangs together is in one (union-find).
class DisjointSets {
 public:
  explicit DisjointSets(std::size_t count) : above_(count) {
    std::iota(above_.begin(), above_.end(), std::size_t{0});
  }

  // A member that stands for the set; the same for all members.
  std::size_t set_of(std::size_t member) {
    while (above_[member] != member) member = above_[member] = above_[above_[member]];
    return member;
  }

  void join(std::size_t one, std::size_t other) {
    one = set_of(one);
    other = set_of(other);
    // The first member stands for the set, so the result does not depend on the order of joins.
    if (one < other) above_[other] = one;
    if (other < one) above_[one] = other;
  }

 private:
  std::vector<std::size_t> above_;
};

class FixtureSets {
 public:
  // Reads the notes that ctest-integration/fixture_notes.cmake writes, with blanks between the
  // words of a line. `F`, a test and a list of names with commas between: fixtures that the test
  // sets up, requires or cleans up. `S` and a test: it uses services. Names are encoded as file
  // names. Other lines do not count.
  static FixtureSets read(std::string_view notes);

  // The set of these fixtures, by a number; none: the notes have none of them.
  std::optional<std::size_t> set_of(const std::vector<std::string>& fixtures) const;

  // Whether a test of the set uses services.
  bool uses_services(std::size_t set) const { return uses_services_[set]; }
  // A test of the set uses services, and the notes do not say so.
  void note_services(std::size_t set) { uses_services_[set] = true; }

 private:
  std::map<std::string, std::size_t, std::less<>> set_of_;  // by fixture
  std::vector<bool> uses_services_;                         // by set
};

}  // namespace holdfast
