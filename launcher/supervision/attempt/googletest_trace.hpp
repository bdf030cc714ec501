// What the GoogleTest programs of an attempt are asked to leave in its marker directory, and what
// that tells: whether the test's cases were through when it exited, whether there were any.
//
// Programs that the test starts inherit what is asked, and leave the same. So no file alone tells
// of the test itself:
//
//   googletest-runs   a FIFO: each program that begins puts a byte into it, and removes its name
//                     when it is through (TEST_PREMATURE_EXIT_FILE)
//   googletest-began  a link to the report that the test's own program is going to write: it is
//                     there, empty, from when the first program begins (GTEST_SHARD_STATUS_FILE)
//   <program>.xml     written when a program is through, by a name that is not there yet when it
//                     starts (GTEST_OUTPUT): another run of the same program gets another one
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
  bool may_be_empty = false;  // a part of the cases was asked for: it may have none
  std::string own_report;     // the name of the test's own; empty: it is not told from others
  os::UniqueFd beginnings;    // the FIFO; invalid: a file
};

// Asks for it, each where the user has not set the variable himself.
GoogletestTrace ask_for_trace(const Invocation& invocation, const std::string& markers,
                              TestEnvironment& told);

// When the test is over. Takes the names of what was asked for out of `names`.
void weigh_trace(const GoogletestTrace& trace, const Invocation& invocation,
                 const os::ScratchContent& left, std::vector<std::string>& names,
                 Observation& seen);

}  // namespace holdfast::supervision
