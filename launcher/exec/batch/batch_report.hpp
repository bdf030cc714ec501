// One report of a batch, in the form of its framework, where the user wants one. The processes of
// the batch leave their parts of it in a directory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/batch/gtest_merge.hpp"

namespace holdfast::exec {

// The directory for the parts; empty: there is no marker directory.
std::string parts_in(const std::string& markers);

// Moves the file of a process that has ended into that directory. What cannot be kept is missing in
// the report.
void keep_part(const std::string& file, const std::string& parts);

class BatchReport {
 public:
  // `file`: what the report is called; empty: none is wanted.
  BatchReport(std::string file, const std::string& markers);

  bool is_wanted() const { return !file_.empty(); }
  // `some`: only these cases run again. The report that is there has the others.
  enum class Cases : std::uint8_t { all, some };
  void begin(Cases cases);
  // What a case printed that did not pass.
  void add_words(std::string_view name, std::string words) {
    merge_.add_words(name, std::move(words));
  }
  // Writes the report, if it is wanted, and removes the parts.
  Result<void> write(const std::vector<CaseResult>& results);

 private:
  std::string file_;
  std::string parts_;
  std::string began_;  // the time, as GoogleTest writes it
  GtestMerge merge_;
};

}  // namespace holdfast::exec
