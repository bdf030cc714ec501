// Evidence that tells more about a test's end than its exit status: its marker, what a GoogleTest
// program leaves, the kernel's word on memory. It is gathered here and judged in
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
  bool pytest = false;
};

// If `scratch` is empty, the test has no directory for evidence, and is asked for none. Variables
// that the user has set stay.
Evidence ask_for_evidence(const Invocation& invocation, const Grant& grant,
                          const std::string& scratch, TestEnvironment& told);

// To be called when the test is over, before its directory is settled. Adds the evidence to
// `result` and sets its outcome.
void weigh_evidence(const Evidence& evidence, const Invocation& invocation, const Grant& grant,
                    const os::ScratchContent& left, AttemptResult& result);

// For a result that somebody else has judged, who has removed the markers of known owners: notes
// the other markers.
void note_orphans(const Grant& grant, const os::ScratchContent& left, AttemptResult& result);

// As weigh_evidence(), for a test that died of a SIGKILL from no sender that we know of.
void weigh_memory(KeeperLink& keeper, AttemptResult& result);

}  // namespace holdfast::supervision
