// The cases of a run's batches, as their records come in.
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
  // `test`: a number of its own for each test. `is_further`: the attempt is a retry, which has the
  // cases that went wrong before.
  void add(std::size_t test, const CasesRecord& record, bool is_further);
  // Of its last attempt that had any (with those that it is a retry of), each once, in the order in
  // which they first came.
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
