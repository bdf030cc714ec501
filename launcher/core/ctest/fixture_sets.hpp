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
