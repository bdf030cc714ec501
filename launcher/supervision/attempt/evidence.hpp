// Evidence that tells more about a test's end than its exit status: its marker, what a GoogleTest
// program leaves, and what the kernel says about memory. It is gathered here and judged in
// core/outcome/outcome.hpp.
#pragma once

#include <string>

#include "core/base/test_environment.hpp"
#include "core/outcome/marker.hpp"
#include "os/file/scratch_directory.hpp"
#include "supervision/attempt/googletest_trace.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/base/records.hpp"
#include "supervision/grant/grant.hpp"

namespace holdfast::supervision {

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
