// What a GoogleTest program is asked to leave in the attempt's marker directory, so that its end
// can be told from an exit in the middle, and an empty selection from a pass.
//
//   googletest-runs   a FIFO: each program that begins puts a byte into it. A program that is
//                     through removes the file's name (TEST_PREMATURE_EXIT_FILE)
//   <program>.xml     a report, written when a program is through (GTEST_OUTPUT). It is asked for
//                     only if a setting gives a verdict to an empty selection
//
// GoogleTest aborts a program that cannot write the report, and a program that cannot remove the
// file looks as if it were not through. So only programs are asked that cannot lose the right to do
// either (TestProgram::may_lose_rights). Programs that the test starts inherit the request.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/test_environment.hpp"
#include "core/outcome/outcome.hpp"
#include "core/settings/policy.hpp"
#include "os/file/scratch_directory.hpp"
#include "os/file/unique_fd.hpp"
#include "supervision/base/invocation.hpp"

namespace holdfast::supervision {

struct GoogletestTrace {
  std::string runs_file;    // empty: the program is not asked for it
  bool reports = false;     // of a program that may have selected nothing
  os::UniqueFd beginnings;  // the FIFO
};

enum class GoogletestEnd : std::uint8_t {
  not_asked,
  through,
  unfinished,  // it began, and was not through
  unclear,     // more programs than one began, and not each has removed the file
};

struct WeighedTrace {
  GoogletestEnd end = GoogletestEnd::not_asked;
  bool ran_nothing = false;  // by its report
};

// True: a setting gives a verdict to an empty selection, and this may be one.
bool wants_report(const Policy& policy, const Invocation& invocation);

// Asks for each part whose variable the user has not set.
GoogletestTrace ask_for_trace(const Invocation& invocation, const Policy& policy,
                              const std::string& markers, TestEnvironment& told);

// To be called when the test is over. Removes from `names` the files that were asked for.
WeighedTrace weigh_trace(const GoogletestTrace& trace, const os::ScratchContent& left,
                         std::vector<std::string>& names);

}  // namespace holdfast::supervision
