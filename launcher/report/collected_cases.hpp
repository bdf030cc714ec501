// Collects the cases of a run's batches from their records.
#pragma once

#include "report/model.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace holdfast {

class CollectedCases {
 public:
  // `test`: a number of its own for each test. `is_further`: the attempt is a retry, which runs
  // only the cases that went wrong before.
  void add(std::size_t test, const CasesRecord& record, bool is_further);
  // The cases of the test's last attempt that had any, each once, in the order in which they first
  // came. If that was a retry, the cases of the attempts before it count too.
  std::vector<Case> of(std::size_t test) const;

 private:
  struct Batch {
    void add(const CaseRecord& record, std::int64_t worker);

    std::string attempt;
    std::vector<Case> cases;
    std::unordered_map<std::string, std::size_t> places;
  };
  std::map<std::size_t, Batch> batches_;
};

}  // namespace holdfast
