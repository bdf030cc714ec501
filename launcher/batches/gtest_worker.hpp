// Looks after one process of a GoogleTest program. Reads what the process prints, and passes it on.
// A linked process also says on the worker socket and in the progress log which case it runs.
#pragma once

#include <memory>
#include <string>

#include "batches/test_program.hpp"

namespace holdfast::exec {

// What becomes of the report that the program leaves of its cases.
struct GtestReportFiles {
  std::string tells = {};  // the directory with one that says how the cases ended; empty: none
  std::string part = {};   // the file that is a part of the user's report; empty: none
  std::string parts = {};  // where parts are kept
};

std::unique_ptr<BatchWorker> gtest_worker(WorkerOrder order, GtestReportFiles report);

}  // namespace holdfast::exec
