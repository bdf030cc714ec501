#include "core/service/fixture_generations.hpp"

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"

namespace holdfast {

void FixtureGenerations::set_up(const TestFixtures& fixtures, const std::string& test,
                                const std::vector<HadGeneration>& had) {
  for (const std::string& fixture : fixtures.sets_up) {
    for (const HadGeneration& one : had) {
      by_fixture_[fixture][{test, one.service}] = one.generation;
    }
  }
}

std::vector<std::string> FixtureGenerations::older(const TestFixtures& fixtures,
                                                   const std::vector<HadGeneration>& had) const {
  std::vector<std::string> sentences;
  for (const std::string& fixture : fixtures.required) {
    const auto found = by_fixture_.find(fixture);
    if (found == by_fixture_.end()) continue;
    for (const auto& [setter, generation] : found->second) {
      const auto& [test, service] = setter;
      for (const HadGeneration& one : had) {
        if (one.service != service || generation >= one.generation) continue;
        sentences.push_back(text_of(
            {"its fixture ", brief_in_quotes(fixture), " was set up by ", brief_in_quotes(test),
             " on generation ", std::to_string(generation), " of service ", service,
             ", and the test had generation ", std::to_string(one.generation)}));
      }
    }
  }
  return sentences;
}

}  // namespace holdfast
