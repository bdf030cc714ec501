// Which tests are connected by fixtures: a test connects all fixtures that it sets up, requires or
// cleans up. DEPENDS connects nothing.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// Where a test stands among them.
struct InFixtureSet {
  std::optional<std::size_t> set;  // none: the test has no fixtures that the notes know
  bool cleans_up = false;          // it has FIXTURES_CLEANUP
};

class FixtureSets {
 public:
  // Reads the notes that ctest-integration/fixture_notes.cmake writes: lines of a letter, a test
  // and a list of names with commas between, with blanks between. Names are encoded as file names.
  // `F`: fixtures that the test sets up or requires; `C`: fixtures that it cleans up; `S`: services
  // that it uses. Other lines do not count.
  static FixtureSets read(std::string_view notes);

  // The set of these fixtures; none: the notes have none of them.
  std::optional<std::size_t> set_of(const std::vector<std::string>& fixtures) const;

  std::size_t count() const { return sets_.size(); }
  // How many tests clean up fixtures of the set.
  std::size_t cleanups(std::size_t set) const { return sets_[set].cleanups; }
  // Whether a test of the set uses services.
  bool uses_services(std::size_t set) const { return sets_[set].uses_services; }

 private:
  struct Set {
    std::size_t cleanups = 0;
    bool uses_services = false;
  };

  std::map<std::string, std::size_t, std::less<>> set_of_;  // by fixture
  std::vector<Set> sets_;
};

}  // namespace holdfast
