// What the GoogleTest programs of an attempt are asked to leave in its marker directory. These
// files tell whether the test's cases had finished when the test exited, and whether there were
// any.
//
// Programs that the test starts inherit the request and leave the same files. So no single file
// shows how the test itself ended:
//
//   googletest-runs   a FIFO: each program that begins puts a byte into it. A program that is
//                     through removes the file's name (TEST_PREMATURE_EXIT_FILE)
//   googletest-began  a link to the report that the test's own program is going to write. The first
//                     program that begins makes that report, empty (GTEST_SHARD_STATUS_FILE)
//   <program>.xml     a report, written when a program is through (GTEST_OUTPUT). Its name is one
//                     that no file has when the program starts, so each run gets its own report
#pragma once

#include <string>
#include <vector>

#include "core/base/test_environment.hpp"
#include "core/outcome/outcome.hpp"
#include "os/file/scratch_directory.hpp"
#include "os/file/unique_fd.hpp"
#include "supervision/base/invocation.hpp"

namespace holdfast::supervision {

struct GoogletestTrace {
  bool runs_file = false;
  bool reports = false;
  bool may_be_empty = false;  // only some cases were asked for: there may be none
  std::string own_report;     // the name of the test's own report; empty: unknown
  os::UniqueFd beginnings;    // the FIFO; invalid: the runs file is a plain file
};

// Asks for each part whose variable the user has not set.
GoogletestTrace ask_for_trace(const Invocation& invocation, const std::string& markers,
                              TestEnvironment& told);

// To be called when the test is over. Removes from `names` the files that were asked for.
void weigh_trace(const GoogletestTrace& trace, const Invocation& invocation,
                 const os::ScratchContent& left, std::vector<std::string>& names,
                 Observation& seen);

}  // namespace holdfast::supervision
