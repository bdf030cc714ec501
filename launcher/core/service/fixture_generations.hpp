// On which generations of the services the fixtures of ctest were set up. A fixture fills a
// database, say. A database that is started anew is empty, and a test that requires the fixture
// then fails for a reason that is not its own.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

// What ctest knows of a test's fixtures: their names.
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
  // For a test that had these generations: one sentence for each test that had set up one of its
  // fixtures on an older generation.
  std::vector<std::string> older(const TestFixtures& fixtures,
                                 const std::vector<HadGeneration>& had) const;
  void forget() { by_fixture_.clear(); }

 private:
  // By test and service.
  using Generations = std::map<std::pair<std::string, std::string>, unsigned>;
  std::map<std::string, Generations> by_fixture_;
};

}  // namespace holdfast
