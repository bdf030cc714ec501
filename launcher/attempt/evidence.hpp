// What tells more about a test's end than its exit status: what its program leaves, and what the
// kernel says.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attempt/grant.hpp"
#include "attempt/invocation.hpp"
#include "attempt/records.hpp"
#include "base/environment.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/scratch_directory.hpp"
#include "values/policy.hpp"

namespace holdfast::supervision {

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

// Asks for each part whose variable the user has not set.
GoogletestTrace ask_for_trace(const Invocation& invocation, const Policy& policy,
                              const std::string& markers, TestEnvironment& told);

// To be called when the test is over. Removes from `names` the files that were asked for.
WeighedTrace weigh_trace(const GoogletestTrace& trace, const os::ScratchContent& left,
                         std::vector<std::string>& names);

// Evidence that tells more about a test's end than its exit status: its marker, what a GoogleTest
// program leaves, and what the kernel says about memory. It is gathered here and judged in
// values/outcome.hpp.

// What a test is asked to leave, and what its exit code may mean. Known before the test starts.
struct Evidence {
  GoogletestTrace googletest;
  // Why a GoogleTest program is not asked for anything; empty: it is asked, or is not to be asked.
  std::string not_asked = {};
  bool pytest = false;
};

// Asks the test, by variables in `told`, to leave evidence in `scratch`. If `scratch` is empty, the
// test is asked for nothing. Variables that the user has set keep their values.
Evidence ask_for_evidence(const Invocation& invocation, const Grant& grant,
                          const std::string& scratch, TestEnvironment& told);

// To be called when the test is over, before its directory is settled. Adds the evidence to
// `result` and sets its outcome.
void weigh_evidence(const Evidence& evidence, const Invocation& invocation, const Grant& grant,
                    const os::ScratchContent& left, AttemptResult& result);

// Sets the outcome of a batch in which no case ran, by how its program ended.
void weigh_end(const Invocation& invocation, AttemptResult& result);

// Notes the orphan markers in a result that the runner itself has judged. The runner has removed
// the markers of owners that it knows.
void note_orphans(const Grant& grant, const os::ScratchContent& left, AttemptResult& result);

// Finds out whether memory ran out, if the test died of a SIGKILL whose sender we do not know.
// Changes `result` as weigh_evidence() does.
void weigh_memory(KeeperLink& keeper, AttemptResult& result);

}  // namespace holdfast::supervision
