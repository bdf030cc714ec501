// One XML report in GoogleTest's form, of all cases of a batch, made of the reports of its
// processes.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch/case_result.hpp"

namespace holdfast {

class GtestMerge {
 public:
  // Takes the elements of the cases that ran, and of what failed outside of cases. A case that is
  // known is replaced. Ignores what is no such report.
  void add(std::string_view xml);
  // What a case printed that did not pass. It stands in the report if the case has no element that
  // tells of a failure: its process died, or did not write a report.
  void add_words(std::string_view name, std::string words);

  // Each result once, then the other cases that are known. `timestamp`: when the batch began, in
  // GoogleTest's form.
  std::string text(const std::vector<CaseResult>& results, std::string_view timestamp) const;

 private:
  struct Known {
    std::string name;
    std::string element;
    std::string words;
  };
  Known& known(std::string_view name);
  const Known* find(std::string_view name) const;

  std::vector<Known> cases_;
  std::map<std::string, std::size_t, std::less<>> places_;  // in cases_, by name
  std::vector<std::string> outside_;
};

}  // namespace holdfast
