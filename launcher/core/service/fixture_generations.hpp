// Remembers on which generations of the services the fixtures of ctest were set up. A fixture may
// fill a database. If the database is then started anew, it is empty, and a test that requires the
// fixture fails for a reason that is not its own.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

// The names of a test's fixtures, as ctest knows them.
struct TestFixtures {
  std::vector<std::string> sets_up;   // FIXTURES_SETUP
  std::vector<std::string> required;  // FIXTURES_REQUIRED
};

struct HadGeneration {
  std::string service;  // the name of an instance, such as `db`
  unsigned generation = 0;
};

class FixtureGenerations {
 public:
  // `test` sets up its fixtures on these generations. The last call for a test and service counts.
  void set_up(const TestFixtures& fixtures, const std::string& test,
              const std::vector<HadGeneration>& had);
  // Returns one sentence for each test that set up one of these fixtures on an older generation
  // than `had`.
  std::vector<std::string> older(const TestFixtures& fixtures,
                                 const std::vector<HadGeneration>& had) const;
  void forget() { by_fixture_.clear(); }

 private:
  // The key is the test and the service.
  using Generations = std::map<std::pair<std::string, std::string>, unsigned>;
  std::map<std::string, Generations> by_fixture_;
};

}  // namespace holdfast
