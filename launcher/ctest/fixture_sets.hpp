// Which tests are connected by fixtures: a test connects all fixtures that it sets up, requires or
// cleans up. DEPENDS connects nothing. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

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

  // The set of these fixtures; none: the notes have none of them.
  std::optional<std::size_t> set_of(const std::vector<std::string>& fixtures) const;

  std::size_t count() const { return uses_services_.size(); }
  // Whether a test of the set uses services.
  bool uses_services(std::size_t set) const { return uses_services_[set]; }
  // A test of the set uses services, and the notes do not say so.
  void note_services(std::size_t set) { uses_services_[set] = true; }

 private:
  std::map<std::string, std::size_t, std::less<>> set_of_;  // by fixture
  std::vector<bool> uses_services_;                         // by set
};

}  // namespace holdfast
