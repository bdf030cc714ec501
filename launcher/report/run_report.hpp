// Makes a run's report, as a pure function of the journal's records.
#pragma once

#include <memory>
#include <vector>

#include "report/model.hpp"
#include "store/journal_reader.hpp"

namespace holdfast {

// Takes the records one by one. A report needs less memory than the records it is made from.
class RunReporter {
 public:
  RunReporter();
  ~RunReporter();
  RunReporter(const RunReporter&) = delete;
  RunReporter& operator=(const RunReporter&) = delete;

  void add(Record&& record);

  // The report of all records so far. The object must not be used afterwards.
  RunReport finish(const JournalFlaws& flaws, RunState state) &&;

 private:
  class Collector;
  std::unique_ptr<Collector> collector_;
};

// The counts of `tests`. Each report has them already.
Counts count(const std::vector<TestReport>& tests);

}  // namespace holdfast
